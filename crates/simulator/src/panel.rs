//! The shop's people without their events: who came when by which channel and bought what, and what happens when some of
//! them are kept from a channel.
//!
//! People fall into [`CELLS`] audience cells of equal expected size, as an ad platform splits an audience by a hash of
//! the person. A [`Holdout`] keeps some cells from a channel for some days: a visit that the channel would have caused does
//! not happen, nor anything after it; one it would not have caused comes by itself, and looks direct. Nobody tells which
//! visits did not happen, so what a holdout found has to be read off the cells' orders.
//!
//! Not here: any evaluation. What a shop could know is in [`Panel::people`] and [`Panel::held_out`]; [`Panel::truth`] is for
//! whoever judges its conclusions.

use crate::channel::CHANNELS;
use crate::dice::{Dice, Purpose};
use crate::journey::{self, Order};
use crate::truth::{self, Truth};
use crate::{Config, DAY_MS, lived};
use std::collections::BTreeMap;

/// Audience cells. With two hundred, a fifth kept from each of several channels at once, the channels' cells overlap as
/// chance has it.
pub const CELLS: usize = 200;

/// Keeps some of the people from a channel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Holdout {
    /// Id as in [`CHANNELS`].
    pub channel: &'static str,
    /// Share of the cells that are kept from it, 0 to 1.
    pub share: f64,
    /// Days of the stream before it begins.
    pub from_day: u32,
    /// Days of the stream before it ends.
    pub to_day: u32,
}

/// A visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visit {
    /// When, UTC ms.
    pub t: i64,
    /// Id as in [`CHANNELS`].
    pub channel: &'static str,
}

/// An order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bought {
    /// When, UTC ms.
    pub t: i64,
    /// Cents.
    pub value_minor: i64,
}

/// Whom the shop takes for one person: a device, or all devices that a customer logged in on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Audience cell, below [`CELLS`].
    pub cell: usize,
    /// Visits within the stream; a joined device's after those of the one before.
    pub visits: Vec<Visit>,
    /// Orders within the stream.
    pub orders: Vec<Bought>,
}

/// A holdout of a channel that the shop does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownChannel(pub &'static str);

/// Who is kept from which channel, and when.
#[derive(Debug, Clone)]
pub(crate) struct Cells {
    kept: Vec<Kept>,
}

#[derive(Debug, Clone)]
struct Kept {
    channel: &'static str,
    from_ms: i64,
    to_ms: i64,
    cells: Vec<bool>,
}

impl Cells {
    fn new(config: &Config, holdouts: &[Holdout]) -> Self {
        let start = config.window().start_ms;
        let kept = (0_u64..).zip(holdouts).map(|(number, holdout)| Kept {
            channel: holdout.channel,
            from_ms: start + i64::from(holdout.from_day) * DAY_MS,
            to_ms: start + i64::from(holdout.to_day) * DAY_MS,
            cells: drawn(config.seed, number, holdout.share),
        });
        Self { kept: kept.collect() }
    }

    /// The cell of a person: the same whatever is held out.
    pub(crate) fn of(seed: u64, key: u64) -> usize {
        Dice::new(seed, key, Purpose::Cell).below(CELLS)
    }

    pub(crate) fn keep_from(&self, cell: usize, channel: &str, t: i64) -> bool {
        self.kept.iter().any(|kept| {
            kept.channel == channel
                && (kept.from_ms..kept.to_ms).contains(&t)
                && kept.cells.get(cell).copied().unwrap_or(false)
        })
    }
}

/// A share of the cells, by lot.
fn drawn(seed: u64, number: u64, share: f64) -> Vec<bool> {
    let mut dice = Dice::new(seed, number, Purpose::Holdout);
    #[expect(clippy::cast_precision_loss, reason = "a few hundred cells")]
    let all = CELLS as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most the number of cells")]
    let mut wanted = (all * share.clamp(0.0, 1.0)).round() as usize;
    // One after the other, each with the chance that leaves as many as are still wanted (Knuth's algorithm S).
    (0..CELLS)
        .map(|at| {
            let taken = dice.below(CELLS - at) < wanted;
            wanted -= usize::from(taken);
            taken
        })
        .collect()
}

/// People, what they did, and who was kept from what.
#[derive(Debug, Clone)]
pub struct Panel {
    start_ms: i64,
    people: Vec<Person>,
    orders: Vec<Order>,
    cells: Cells,
}

impl Panel {
    /// Runs the simulation: the shop of [`crate::Shop::new`], with some people kept from some channels.
    ///
    /// # Errors
    /// [`UnknownChannel`].
    pub fn new(config: Config, holdouts: &[Holdout]) -> Result<Self, UnknownChannel> {
        let unknown = |id: &str| !CHANNELS.iter().any(|channel| channel.id == id);
        if let Some(holdout) = holdouts.iter().find(|holdout| unknown(holdout.channel)) {
            return Err(UnknownChannel(holdout.channel));
        }
        let cells = Cells::new(&config, holdouts);
        let telling = journey::Telling { window: config.window(), events: false, cells: Some(&cells) };
        let outcome = lived(&config, telling);
        Ok(Self { start_ms: config.window().start_ms, people: outcome.people, orders: outcome.orders, cells })
    }

    /// The first instant, UTC ms.
    #[must_use]
    pub fn start_ms(&self) -> i64 {
        self.start_ms
    }

    /// Everybody who came.
    #[must_use]
    pub fn people(&self) -> &[Person] {
        &self.people
    }

    /// Whether each cell is kept from the channel of that holdout, by its place in the list; empty beyond the list.
    #[must_use]
    pub fn held_out(&self, holdout: usize) -> &[bool] {
        self.cells.kept.get(holdout).map_or(&[], |kept| &kept.cells)
    }

    /// What the channels truly caused of the orders between two instants, UTC ms, the first one included.
    #[must_use]
    pub fn truth(&self, from_ms: i64, to_ms: i64) -> Truth {
        let within = |t: i64| (from_ms..to_ms).contains(&t);
        let orders: Vec<&Order> = self.orders.iter().filter(|order| within(order.t)).collect();
        let mut visits: BTreeMap<&'static str, u64> = BTreeMap::new();
        for visit in self.people.iter().flat_map(|person| &person.visits).filter(|visit| within(visit.t)) {
            *visits.entry(visit.channel).or_default() += 1;
        }
        truth::count(&orders, &visits)
    }
}
