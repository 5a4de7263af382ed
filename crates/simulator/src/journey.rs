//! One person's way: visits over days, what is looked at, what is bought, what comes back.
//!
//! The causal structure behind [`crate::Truth`]: every later visit is a consequence of the earlier ones, so when a
//! channel that caused one visit falls away, the rest of the journey does too.

use crate::audience;
use crate::channel::{self, CHANNELS, Channel, Landing, SHOP};
use crate::dice::{Dice, Purpose};
use crate::panel::{Bought, Cells, Person as Seen, Visit};
use crate::products::{self, Cart};
use crate::{Config, DAY_MS, season};
use event::id::uuid_v7;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Most visits of one person: beyond it journeys add bulk, not variety.
const MOST_VISITS: usize = 9;
/// Machines per person.
const MACHINES: f64 = 0.02;
/// Refunded orders.
const REFUNDED: f64 = 0.04;
/// Orders that both the page and the shop's server report.
const TOLD_TWICE: f64 = 0.06;

/// The instants that are observed, UTC ms, both inclusive.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    pub(crate) start_ms: i64,
    pub(crate) end_ms: i64,
}

impl Window {
    fn holds(self, t: i64) -> bool {
        (self.start_ms..=self.end_ms).contains(&t)
    }
}

/// One `sid` with what it sent, in the order in which it happened.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    /// Names the streams of chance that belong to it.
    pub(crate) key: u64,
    /// A crawler, not a person.
    pub(crate) machine: bool,
    pub(crate) events: Vec<Value>,
}

/// An order, with what stands behind it.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    /// UTC ms.
    pub(crate) t: i64,
    pub(crate) value_minor: i64,
    /// Channel of the visit it was made in.
    pub(crate) channel: &'static str,
    /// Channels without which it would not have been made.
    pub(crate) caused_by: BTreeSet<&'static str>,
}

/// Day, channel, campaign.
pub(crate) type CampaignDay = (i64, &'static str, &'static str);

/// What is to be written down, and what is kept from whom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Telling<'a> {
    pub(crate) window: Window,
    /// Whether events are written: they take most of the time.
    pub(crate) events: bool,
    /// Who is kept from which channel.
    pub(crate) cells: Option<&'a Cells>,
}

/// What came out.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Their events, where they are written.
    pub(crate) visitors: Vec<Visitor>,
    /// People as the shop sees them, where there are cells.
    pub(crate) people: Vec<Seen>,
    pub(crate) orders: Vec<Order>,
    /// Observed landings by channel.
    pub(crate) visits: BTreeMap<&'static str, u64>,
    /// Observed landings by day and campaign, for the channels that cost money.
    pub(crate) clicks: BTreeMap<CampaignDay, u64>,
}

/// Follows everybody whose first visit falls on that day.
pub(crate) fn day(config: &Config, day: i64, telling: Telling<'_>, outcome: &mut Outcome) {
    let day_key = u64::try_from(day).unwrap_or(0);
    let mut dice = Dice::new(config.seed, day_key, Purpose::Day);
    // What weather and chance add to a day.
    let mood = dice.around(1.0, 0.08);
    let people = dice.count(config.visitors_per_day * season::traffic(day) * mood);
    let machines = dice.count(config.visitors_per_day * MACHINES);
    for index in 0..people {
        // Room for a million people a day, and for two devices each.
        let key = (day_key << 24) | (index << 2);
        Person::new(config.seed, key, day, telling).live(outcome);
    }
    if telling.events {
        for index in 0..machines {
            machine(config.seed, (day_key << 24) | (index << 2) | 3, day, telling.window, outcome);
        }
    }
}

/// A browser with what it remembers.
struct Device {
    key: u64,
    sid: String,
    anonymous_id: String,
    user_agent: &'static str,
    /// The page before, which is the next page's referrer.
    last_url: String,
    events: Vec<Value>,
    /// Somebody logged in on it.
    known: bool,
    visits: Vec<Visit>,
    orders: Vec<Bought>,
}

impl Device {
    /// A device that sends no events needs no ids.
    fn new(key: u64, t: i64, mobile: f64, events: bool, dice: &mut Dice) -> Self {
        let id = |bytes: [u8; 10]| if events { uuid_v7(t, bytes) } else { String::new() };
        Self {
            key,
            sid: id(dice.bytes()),
            anonymous_id: id(dice.bytes()),
            user_agent: audience::browser_of(dice, mobile),
            last_url: String::new(),
            events: Vec::new(),
            known: false,
            visits: Vec::new(),
            orders: Vec::new(),
        }
    }
}

struct Person<'a> {
    dice: Dice,
    telling: Telling<'a>,
    /// Which audience cell they are in, where there are cells.
    cell: usize,
    day: i64,
    key: u64,
    place: &'static audience::Place,
    devices: Vec<Device>,
    user_id: Option<String>,
    subscribed: bool,
    cart: Cart,
    orders: u32,
    caused_by: BTreeSet<&'static str>,
    /// How keen this person is; mean 1.
    intent: f64,
}

impl<'a> Person<'a> {
    fn new(seed: u64, key: u64, day: i64, telling: Telling<'a>) -> Self {
        let mut dice = Dice::new(seed, key, Purpose::Journey);
        let place = audience::place_of(&mut dice);
        // Divided by the mean of this law, exp(0.5² / 2).
        let intent = dice.around(1.0, 0.5) / 1.133;
        Self {
            dice,
            telling,
            cell: telling.cells.map_or(0, |_| Cells::of(seed, key)),
            day,
            key,
            place,
            devices: Vec::new(),
            user_id: None,
            subscribed: false,
            cart: Cart::default(),
            orders: 0,
            caused_by: BTreeSet::new(),
            intent,
        }
    }

    fn live(mut self, outcome: &mut Outcome) {
        let mut t = season::instant(self.day, &mut self.dice);
        let Some(mut channel) = self.dice.pick(&CHANNELS, |channel| channel.first) else { return };
        self.devices.push(Device::new(self.key, t, channel.mobile, self.telling.events, &mut self.dice));
        let mut campaign = String::new();
        for visit in 0..MOST_VISITS {
            if t > self.telling.window.end_ms {
                break;
            }
            let Some((ended_at, bought)) = self.visit(channel, &campaign, t, visit, outcome) else { break };
            let Some(next) = self.next_visit(ended_at, bought) else { break };
            (t, channel, campaign) = next;
            if self.devices.len() == 1 && self.dice.chance(0.05) {
                let device = Device::new(self.key | 1, t, 1.0 - channel.mobile, self.telling.events, &mut self.dice);
                self.devices.push(device);
            }
        }
        if self.telling.cells.is_some() {
            self.seen(outcome);
        }
        let visitors = self.devices.into_iter().filter(|device| !device.events.is_empty());
        outcome.visitors.extend(visitors.map(|device| Visitor {
            key: device.key,
            machine: false,
            events: device.events,
        }));
    }

    /// Writes down whom the shop takes for one person: devices that were logged in on are joined, others are visitors
    /// of their own.
    fn seen(&mut self, outcome: &mut Outcome) {
        let mut joined: Option<usize> = None;
        for device in &mut self.devices {
            let (visits, orders) = (std::mem::take(&mut device.visits), std::mem::take(&mut device.orders));
            if visits.is_empty() {
                continue;
            }
            match joined.filter(|_| device.known).and_then(|at| outcome.people.get_mut(at)) {
                Some(person) => {
                    person.visits.extend(visits);
                    person.orders.extend(orders);
                }
                None => {
                    if device.known {
                        joined = Some(outcome.people.len());
                    }
                    outcome.people.push(Seen { cell: self.cell, visits, orders });
                }
            }
        }
    }

    /// Whether, when and by which way the person comes back.
    fn next_visit(&mut self, after: i64, bought: bool) -> Option<(i64, &'static Channel, String)> {
        let carted = !self.cart.is_empty();
        let returns = if bought {
            0.2
        } else {
            (0.25 + 0.2 * f64::from(u8::from(carted)) + 0.14 * f64::from(u8::from(self.subscribed))).min(0.55)
        };
        if !self.dice.chance(returns) {
            return None;
        }
        let days = if bought { self.dice.around(15.0, 0.6) } else { self.dice.around(1.7, 1.0) };
        #[expect(clippy::cast_possible_truncation, reason = "a few weeks in ms")]
        let mut t = after + (days.min(80.0) * 86_400_000.0) as i64;
        let (subscribed, customer) = (self.subscribed, self.orders > 0);
        let channel = self.dice.pick(&CHANNELS, |channel| {
            let bend = match channel.id {
                channel::FLOW if !subscribed => 0.0,
                channel::FLOW if carted => 3.0,
                channel::NEWSLETTER if !subscribed => 0.0,
                channel::NEWSLETTER if customer => 2.0,
                channel::RETARGETING if bought => 0.2,
                channel::RETARGETING if carted => 1.6,
                _ => 1.0,
            };
            channel.back * bend
        })?;
        let mut campaign = String::new();
        match channel.id {
            channel::NEWSLETTER => {
                let day = season::next_newsletter(t.div_euclid(DAY_MS));
                t = day * DAY_MS + self.minutes(8.0 * 60.0, 13.0 * 60.0);
            }
            channel::FLOW if carted => {
                t = after + self.minutes(60.0, 24.0 * 60.0);
                channel::ABANDONED_CART.clone_into(&mut campaign);
            }
            _ => {
                // At an hour when people are awake, and not before the visit that it follows.
                t = season::instant(t.div_euclid(DAY_MS), &mut self.dice).max(after + self.minutes(31.0, 200.0));
            }
        }
        Some((t, channel, campaign))
    }

    fn minutes(&mut self, from: f64, to: f64) -> i64 {
        #[expect(clippy::cast_possible_truncation, reason = "a day in ms")]
        let ms = (self.dice.between(from, to) * 60_000.0) as i64;
        ms
    }

    /// One visit; says when it ended and whether something was bought. `None`: it did not happen, because a channel it
    /// needed was kept from this person.
    fn visit(
        &mut self,
        channel: &'static Channel,
        campaign: &str,
        t: i64,
        visit: usize,
        outcome: &mut Outcome,
    ) -> Option<(i64, bool)> {
        let campaign_of_link = self.campaign(channel, campaign, t);
        let mut landing = channel.landing(&campaign_of_link, &mut self.dice);
        let caused = self.dice.chance(channel.caused);
        let mut seen_as = channel.id;
        if self.telling.cells.is_some_and(|cells| cells.keep_from(self.cell, channel.id, t)) {
            if caused {
                return None;
            }
            // It comes all the same, by its own way.
            seen_as = channel::DIRECT;
            landing = Landing { url: format!("{SHOP}/"), referrer: "" };
        }
        if caused {
            self.caused_by.insert(channel.id);
        }
        if self.telling.window.holds(t) {
            *outcome.visits.entry(seen_as).or_default() += 1;
            if let Some(device) = self.devices.last_mut().filter(|_| self.telling.cells.is_some()) {
                device.visits.push(Visit { t, channel: seen_as });
            }
        }
        if self.telling.window.holds(t) && seen_as == channel.id && channel.ads.is_some() {
            let name =
                channel.campaigns.iter().find(|(name, _)| *name == campaign_of_link).map_or("", |(name, _)| *name);
            *outcome.clicks.entry((t.div_euclid(DAY_MS), channel.id, name)).or_default() += 1;
        }
        let experience = 1.0 + 0.35 * f64::from(u8::try_from(visit.min(3)).unwrap_or(3));
        let probability = channel.conversion * self.intent * experience * season::sale(t.div_euclid(DAY_MS));
        let buys = self.dice.chance(probability);
        if let Some(device) = self.devices.last_mut() {
            landing.referrer.clone_into(&mut device.last_url);
        }
        let mut t = t;
        self.page(t, landing.url, "landing");
        if !buys && self.dice.chance(channel.bounce) {
            return Some((t, false));
        }
        for _ in 0..=self.dice.below(4) {
            t += self.pause();
            self.look(&mut t);
        }
        if self.user_id.is_none() && self.dice.chance(0.1) {
            t += self.pause();
            self.subscribed = true;
            self.identify();
            self.send("newsletter_signup", t, Map::new());
            self.send("identify", t + 40, props(json!({ "newsletter": true })));
        }
        if !buys && !self.dice.chance(0.16) {
            return Some((t, false));
        }
        self.fill_cart(&mut t);
        t += self.pause();
        self.page(t, format!("{SHOP}/cart"), "Cart");
        if !buys && !self.dice.chance(0.4) {
            return Some((t, false));
        }
        t += self.pause();
        self.page(t, format!("{SHOP}/checkout"), "Checkout");
        let mut checkout = props(json!({ "items": self.cart.items() }));
        checkout.insert("cart_value".to_owned(), products::major(self.cart.goods()));
        self.send("checkout_started", t + 60, checkout);
        if !buys {
            return Some((t, false));
        }
        t += self.minutes(1.0, 5.0);
        self.order(&mut t, (channel, seen_as), visit, outcome);
        Some((t, true))
    }

    /// The campaign a link of this visit names: newsletters are dated, flows that a cart set off are their own.
    fn campaign(&mut self, channel: &Channel, given: &str, t: i64) -> String {
        if !given.is_empty() {
            return given.to_owned();
        }
        let campaign = channel.campaign(&mut self.dice);
        if channel.id == channel::NEWSLETTER {
            return format!("{campaign}-{}", calendar::format_day(t.div_euclid(DAY_MS)));
        }
        campaign.to_owned()
    }

    fn pause(&mut self) -> i64 {
        #[expect(clippy::cast_possible_truncation, reason = "at most a quarter of an hour in ms")]
        let ms = self.dice.around(28_000.0, 0.8).clamp(2_000.0, 900_000.0) as i64;
        ms
    }

    fn look(&mut self, t: &mut i64) {
        if self.dice.chance(0.3) {
            let category =
                products::CATEGORIES.get(self.dice.below(products::CATEGORIES.len())).copied().unwrap_or_default();
            self.page(*t, format!("{SHOP}/c/{category}"), category);
            return;
        }
        let product = products::any(&mut self.dice);
        self.page(*t, format!("{SHOP}/p/{}", product.slug), product.name);
        self.send("product_view", *t + 30, props(json!({
            "sku": product.sku, "name": product.name, "category": product.category, "price": products::major(product.price),
        })));
    }

    fn fill_cart(&mut self, t: &mut i64) {
        let lines = if self.dice.chance(0.14) { 2 } else { 1 };
        for _ in 0..lines {
            *t += self.pause();
            let product = products::any(&mut self.dice);
            let quantity = if product.price < 4_000 && self.dice.chance(0.2) { 2 } else { 1 };
            self.cart.add(product, quantity);
            self.send("add_to_cart", *t, props(json!({
                "sku": product.sku, "name": product.name, "price": products::major(product.price), "quantity": quantity,
            })));
        }
    }

    fn identify(&mut self) {
        if self.user_id.is_none() {
            self.user_id = Some(format!("c-{}-{}", self.day, (self.key >> 2) & 0x3f_ffff));
        }
    }

    fn order(
        &mut self,
        t: &mut i64,
        (channel, seen_as): (&'static Channel, &'static str),
        visit: usize,
        outcome: &mut Outcome,
    ) {
        // Some check out as guests and stay unknown.
        if self.dice.chance(0.85) {
            self.identify();
            self.subscribed = self.subscribed || self.dice.chance(0.7);
            self.send("identify", *t, props(json!({ "customer": true })));
            *t += 400;
        }
        let coupon = (channel.id == "affiliate" || channel.medium == "email")
            .then_some(("DANKE10", 10))
            .filter(|_| self.dice.chance(0.5));
        let value_minor = self.cart.total(coupon.map_or(0, |(_, percent)| percent));
        let order_id = format!("NP-{}-{}-{visit}", self.day, (self.key >> 2) & 0x3f_ffff);
        self.page(*t, format!("{SHOP}/checkout/thank-you"), "Thank you");
        let mut purchase = props(json!({ "order_id": order_id, "items": self.cart.items() }));
        if let Some((code, _)) = coupon {
            purchase.insert("coupon".to_owned(), json!(code));
        }
        let money =
            [("value", products::major(value_minor)), ("currency", json!("EUR")), ("props", Value::Object(purchase))];
        self.raw("purchase", *t + 80, true, money);
        let observed = self.telling.window.holds(*t + 80);
        if observed {
            let order = Order { t: *t + 80, value_minor, channel: seen_as, caused_by: self.caused_by.clone() };
            if let Some(device) = self.devices.last_mut().filter(|_| self.telling.cells.is_some()) {
                device.orders.push(Bought { t: order.t, value_minor });
            }
            outcome.orders.push(order);
        }
        let server =
            |value: i64| [("value", products::major(value)), ("currency", json!("EUR")), ("order_id", json!(order_id))];
        if self.dice.chance(TOLD_TWICE) && observed {
            let told_at = *t + self.minutes(0.05, 0.5);
            self.raw("purchase", told_at, false, server(value_minor));
        }
        // A refund of an order from before the window would hang in the air.
        if self.dice.chance(REFUNDED) && observed {
            let returned_at = *t + self.minutes(2.0 * 1440.0, 12.0 * 1440.0);
            let share = if self.dice.chance(0.7) { 100 } else { 40 };
            self.raw("refund", returned_at, false, server(value_minor * share / 100));
        }
        self.cart = Cart::default();
        self.orders += 1;
    }

    fn page(&mut self, t: i64, url: String, title: &str) {
        let Some(device) = self.devices.last_mut() else { return };
        let referrer = std::mem::replace(&mut device.last_url, url.clone());
        self.raw(
            "pageview",
            t,
            true,
            [("url", json!(url)), ("ref", json!(referrer)), ("props", json!({ "title": title }))],
        );
    }

    /// An event of the page that is open.
    fn send(&mut self, name: &str, t: i64, props: Map<String, Value>) {
        self.raw(name, t, true, [("props", Value::Object(props))]);
    }

    /// Writes an event down, if it is observed. `page`: the pixel sends it, so it names the page and the browser.
    fn raw<const N: usize>(&mut self, name: &str, t: i64, page: bool, fields: [(&str, Value); N]) {
        let bytes = self.dice.bytes();
        let Some(device) = self.devices.last_mut() else { return };
        device.known |= self.user_id.is_some();
        if !self.telling.events || !self.telling.window.holds(t) {
            return;
        }
        let id = uuid_v7(t, bytes);
        let mut event = props(json!({
            "id": id, "event": name, "ts": t, "sid": device.sid,
            "country": self.place.country, "region": self.place.region, "user_agent": device.user_agent,
        }));
        if page {
            event.insert("anonymous_id".to_owned(), json!(device.anonymous_id));
            event.insert("url".to_owned(), json!(device.last_url));
        }
        if let Some(user_id) = &self.user_id {
            event.insert("user_id".to_owned(), json!(user_id));
        }
        event.extend(fields.into_iter().map(|(field, value)| (field.to_owned(), value)));
        device.events.push(Value::Object(event));
    }
}

/// A crawler's visit: a handful of pages in quick succession.
fn machine(seed: u64, key: u64, day: i64, window: Window, outcome: &mut Outcome) {
    let mut dice = Dice::new(seed, key, Purpose::Journey);
    let mut t = season::instant(day, &mut dice);
    let (sid, user_agent) = (uuid_v7(t, dice.bytes()), audience::machine(&mut dice));
    let mut events = Vec::new();
    for _ in 0..=dice.below(8) {
        let id = uuid_v7(t, dice.bytes());
        let url = format!("{SHOP}/p/{}", products::any(&mut dice).slug);
        if window.holds(t) {
            events.push(json!({
                "id": id, "event": "pageview", "ts": t, "sid": sid, "url": url, "country": "US", "user_agent": user_agent,
            }));
        }
        #[expect(clippy::cast_possible_truncation, reason = "a few seconds in ms")]
        let pause = dice.between(300.0, 9_000.0) as i64;
        t += pause;
    }
    if !events.is_empty() {
        outcome.visitors.push(Visitor { key, machine: true, events });
    }
}

fn props(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
