//! The demo shop: a seeded, deterministic stream of visits, orders and ad spend with known true channel effects.
//!
//! A visitor's whole journey depends on the seed, the calendar day of the first visit and a running number only, so
//! the same day looks the same whenever the simulation is run; `now_ms` merely cuts it off. Events come out as the
//! wire's JSON objects, in the order in which they would be sent.
//!
//! Not here: a clock, any I/O, and the rules of the product (channels, sessions, credits): the simulator writes what
//! browsers and servers would send, messy spellings included, and never what Adroit should make of it.

mod audience;
mod channel;
mod dice;
mod journey;
mod panel;
mod products;
mod season;
mod spend;
mod truth;

use serde_json::Value;
use std::collections::BTreeSet;

pub use channel::{CHANNELS, Channel, DIRECT};
pub use panel::{Bought, CELLS, Holdout, Panel, Person, UnknownChannel, Visit};
pub use spend::{SpendRow, spend_csv};
pub use truth::{ChannelTruth, Truth};

/// One day, ms.
pub(crate) const DAY_MS: i64 = 86_400_000;
/// Journeys that began this many days before the window are followed too, so that the window's first days have
/// returning visitors; repeat purchases come up to six weeks later, most returns within ten days.
const WARM_UP_DAYS: i64 = 21;
/// Share of the events that reach the collector after everything else, with their original time.
const LATE_SHARE: f64 = 0.006;
/// Share of the events that a client sends twice, with the same id.
const RETRIED_SHARE: f64 = 0.004;

/// What to simulate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Config {
    /// Another seed is another shop history of the same kind.
    pub seed: u64,
    /// The moment the stream ends, UTC ms.
    pub now_ms: i64,
    /// Calendar days (UTC) the stream covers, the day of `now_ms` included.
    pub days: u32,
    /// New visitors on an average day.
    pub visitors_per_day: f64,
}

impl Config {
    /// The demo's size: 60 days, so that the last 30 have a comparison period, and as many visitors as the local runtime
    /// takes within a minute (each is an object with files of its own, some 10 ms on two cores).
    #[must_use]
    pub fn demo(now_ms: i64) -> Self {
        Self { seed: 2, now_ms, days: 60, visitors_per_day: 56.0 }
    }

    /// The first and the last day, from 1 January 1970.
    fn span(&self) -> (i64, i64) {
        let last = self.now_ms.div_euclid(DAY_MS);
        (last - i64::from(self.days) + 1, last)
    }

    fn window(&self) -> journey::Window {
        journey::Window { start_ms: self.span().0 * DAY_MS, end_ms: self.now_ms }
    }
}

/// Follows everybody whose first visit falls into the stream, or not long before it.
fn lived(config: &Config, telling: journey::Telling<'_>) -> journey::Outcome {
    let (first_day, last_day) = config.span();
    let mut outcome = journey::Outcome::default();
    for day in first_day - WARM_UP_DAYS..=last_day {
        journey::day(config, day, telling, &mut outcome);
    }
    outcome
}

/// A simulated shop history.
#[derive(Debug, Clone, PartialEq)]
pub struct Shop {
    events: Vec<Value>,
    distinct: usize,
    distinct_of_people: usize,
    visitors: usize,
    days: (String, String),
    spend: Vec<SpendRow>,
    truth: Truth,
}

impl Shop {
    /// Runs the simulation.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let (first_day, last_day) = config.span();
        let window = config.window();
        let telling = journey::Telling { window, events: true, cells: None };
        let outcome = lived(&config, telling);
        let spend = spend::rows(config.seed, first_day, last_day, &outcome);
        let orders: Vec<&journey::Order> = outcome.orders.iter().collect();
        let truth = truth::count(&orders, &outcome.visits);
        let visitors = outcome.visitors.len();
        let of_people = outcome.visitors.iter().filter(|visitor| !visitor.machine);
        let distinct_of_people = of_people.map(|visitor| visitor.events.len()).sum();
        let events = deliver(config.seed, outcome.visitors);
        let ids: BTreeSet<&str> = events.iter().filter_map(|event| event.get("id")?.as_str()).collect();
        let distinct = ids.len();
        let days = (calendar::format_day(first_day), calendar::format_day(last_day));
        Self { events, distinct, distinct_of_people, visitors, days, spend, truth }
    }

    /// The events as they are sent, a few of them twice, a few of them late.
    #[must_use]
    pub fn events(&self) -> &[Value] {
        &self.events
    }

    /// How many different event ids the stream holds: what a store should end up with.
    #[must_use]
    pub fn distinct_events(&self) -> usize {
        self.distinct
    }

    /// How many of those people sent, not machines.
    #[must_use]
    pub fn distinct_events_of_people(&self) -> usize {
        self.distinct_of_people
    }

    /// The first and the last day, `YYYY-MM-DD`, UTC.
    #[must_use]
    pub fn days(&self) -> (String, String) {
        self.days.clone()
    }

    /// How many visitors (`sid`s) the stream holds, machines included.
    #[must_use]
    pub fn visitors(&self) -> usize {
        self.visitors
    }

    /// What the ad platforms would report, one row a day and campaign.
    #[must_use]
    pub fn spend(&self) -> &[SpendRow] {
        &self.spend
    }

    /// What the channels truly caused.
    #[must_use]
    pub fn truth(&self) -> &Truth {
        &self.truth
    }
}

impl IntoIterator for Shop {
    type Item = Value;
    type IntoIter = std::vec::IntoIter<Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.events.into_iter()
    }
}

/// Puts the visitors' events into sending order: visitor after visitor, some pairs swapped, some events repeated at
/// once, some held back to the end.
fn deliver(seed: u64, visitors: Vec<journey::Visitor>) -> Vec<Value> {
    let mut late = Vec::new();
    let mut sent = Vec::new();
    for visitor in visitors {
        let mut dice = dice::Dice::new(seed, visitor.key, dice::Purpose::Delivery);
        let from = sent.len();
        for event in visitor.events {
            if dice.chance(LATE_SHARE) {
                late.push(event);
            } else if dice.chance(RETRIED_SHARE) {
                sent.push(event.clone());
                sent.push(event);
            } else {
                sent.push(event);
            }
        }
        let count = sent.len() - from;
        if count > 1 && dice.chance(0.1) {
            let at = from + dice.below(count - 1);
            sent.swap(at, at + 1);
        }
    }
    sent.append(&mut late);
    sent
}
