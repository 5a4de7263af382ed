//! Markov removal effects, exact.
//!
//! Journeys are walks over states; a state is the last `order` touches (a journey with fewer touches is one state of its
//! own). What share of conversions is lost when every walk through a channel ends there with nothing is the channel's
//! removal effect; credit goes by removal effect (Anderl, Becker, von Wangenheim & Schumann, "Mapping the customer
//! journey", International Journal of Research in Marketing 33, 2016). Others simulate the walks; here each removal is a
//! system of linear equations, solved to rounding (see `chain`).
//!
//! Order 1 forgets all but the last touch. Higher orders remember more and see fewer journeys per state, so their
//! figures lean more on chance; a bootstrap shows how much.

use std::ops::Range;

use rustc_hash::FxHashMap;
use serde::Serialize;

use crate::{
    AttributionError,
    chain::{Chain, Step},
    path::{ChannelCredit, ChannelId, Channels, Outcome, Path, SEPARATOR, Tally},
};

/// The highest order.
pub const MAX_ORDER: usize = 4;

/// Most states held in memory.
pub const MAX_STATES: usize = 500_000;

/// Most transitions held in memory.
pub const MAX_EDGES: usize = 2_000_000;

/// Bits a channel takes in the key of a state: as many as a [`ChannelId`] has.
const LANE: u32 = ChannelId::BITS;

/// Whether journeys without a conversion count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nulls {
    /// They do: the chain's probability to convert is the share of journeys that converted.
    Counted,
    /// Only journeys that converted count. Every walk then converts, and common channels look more necessary than they
    /// are.
    LeftOut,
}

/// How long a walk may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Walk {
    /// As long as it takes.
    Unlimited,
    /// At most two draws more than the longest journey has states; a longer walk counts as not converted. What the
    /// R and Python package ChannelAttribution simulates.
    Capped,
}

#[derive(Debug, Clone, Copy, Default)]
struct State {
    key: u64,
    starts: f64,
    end: Outcome,
}

#[derive(Debug, Clone, Copy)]
struct Edge {
    from: u32,
    to: u32,
    weight: f64,
}

/// The transitions of the journeys seen so far.
#[derive(Debug, Clone)]
pub struct MarkovTally {
    order: usize,
    nulls: Nulls,
    walk: Walk,
    states: Vec<State>,
    state_of: FxHashMap<u64, u32>,
    edges: Vec<Edge>,
    /// By state and channel.
    edge_of: FxHashMap<u64, u32>,
    total: Outcome,
    longest: usize,
}

/// What a chain answers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Markov {
    /// Probability that a walk converts; with nulls counted, the share of journeys that converted.
    pub p_conversion: f64,
    /// What a walk earns on average.
    pub value_per_journey: f64,
    /// Share of conversions lost without each channel, by number.
    pub removal_conversions: Vec<f64>,
    /// Share of value lost without each channel, by number.
    pub removal_value: Vec<f64>,
    /// Transient states, the start not counted.
    pub states: usize,
    /// Transitions between them.
    pub transitions: usize,
}

/// A transition of the chain, for drawing it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Transition {
    /// State, or `(start)`.
    pub from: String,
    /// State, `(conversion)` or `(null)`.
    pub to: String,
    /// How likely it is next.
    pub probability: f64,
}

fn lane(channel: ChannelId) -> u64 {
    u64::from(channel) + 1
}

fn channels_of(key: u64) -> impl Iterator<Item = usize> {
    (0..MAX_ORDER as u32).rev().filter_map(move |at| {
        let lane = (key >> (at * LANE)) & u64::from(ChannelId::MAX);
        usize::try_from(lane).ok()?.checked_sub(1)
    })
}

impl MarkovTally {
    /// Nothing counted yet.
    ///
    /// # Errors
    /// [`AttributionError::OrderOutOfBounds`].
    pub fn new(order: usize, nulls: Nulls, walk: Walk) -> Result<Self, AttributionError> {
        if !(1..=MAX_ORDER).contains(&order) {
            return Err(AttributionError::OrderOutOfBounds { found: order, max: MAX_ORDER });
        }
        Ok(Self {
            order,
            nulls,
            walk,
            states: Vec::new(),
            state_of: FxHashMap::default(),
            edges: Vec::new(),
            edge_of: FxHashMap::default(),
            total: Outcome::default(),
            longest: 0,
        })
    }

    fn state(&mut self, key: u64) -> Result<u32, AttributionError> {
        if let Some(&state) = self.state_of.get(&key) {
            return Ok(state);
        }
        if self.states.len() >= MAX_STATES {
            return Err(AttributionError::TooVaried { order: self.order, what: "states", max: MAX_STATES });
        }
        let state = self.states.len() as u32;
        self.states.push(State { key, ..State::default() });
        self.state_of.insert(key, state);
        Ok(state)
    }

    /// Where a state goes with the next channel, counted `weight` times; the state itself when nothing changes.
    fn step(&mut self, from: u32, channel: ChannelId, weight: f64) -> Result<u32, AttributionError> {
        let at = (u64::from(from) << LANE) | u64::from(channel);
        if let Some(edge) = self.edge_of.get(&at).and_then(|&edge| self.edges.get_mut(edge as usize)) {
            edge.weight += weight;
            return Ok(edge.to);
        }
        let key = self.states.get(from as usize).map_or(0, |state| state.key);
        let mask = u64::MAX >> (u64::BITS - LANE * self.order as u32);
        let next = ((key << LANE) | lane(channel)) & mask;
        if next == key {
            return Ok(from);
        }
        let to = self.state(next)?;
        if self.edges.len() >= MAX_EDGES {
            return Err(AttributionError::TooVaried { order: self.order, what: "transitions", max: MAX_EDGES });
        }
        self.edge_of.insert(at, self.edges.len() as u32);
        self.edges.push(Edge { from, to, weight });
        Ok(to)
    }

    /// Solves the chain: whole, and once without each channel.
    #[must_use]
    pub fn solve(&self) -> Markov {
        let Built { chain, keys } = Built::of(self);
        let channels = keys.iter().flat_map(|key| channels_of(*key)).max().map_or(0, |most| most + 1);
        let holds = |state: usize, range: &Range<usize>| {
            keys.get(state).is_some_and(|key| channels_of(*key).any(|channel| range.contains(&channel)))
        };
        let (whole, without) = match self.walk {
            Walk::Unlimited => chain.without_each(channels, &holds),
            Walk::Capped => {
                let within = |removed: &Range<usize>| {
                    let removed: Vec<bool> = (0..keys.len()).map(|state| holds(state, removed)).collect();
                    chain.earned_within(self.longest + 2, &removed)
                };
                (within(&(0..0)), (0..channels).map(|channel| within(&(channel..channel + 1))).collect())
            }
        };
        let lost = |left: f64, whole: f64| if whole == 0.0 { 0.0 } else { 1.0 - left / whole };
        Markov {
            p_conversion: whole[0],
            value_per_journey: whole[1],
            removal_conversions: without.iter().map(|left| lost(left[0], whole[0])).collect(),
            removal_value: without.iter().map(|left| lost(left[1], whole[1])).collect(),
            states: self.states.len(),
            transitions: self.edges.len(),
        }
    }

    /// Credit by removal effect: the effects' shares of what was counted.
    #[must_use]
    pub fn credits_of(&self, markov: &Markov) -> Vec<ChannelCredit> {
        let shares = |effects: &[f64], total: f64| -> Vec<f64> {
            let sum: f64 = effects.iter().sum();
            effects.iter().map(|effect| if sum == 0.0 { 0.0 } else { effect / sum * total }).collect()
        };
        let conversions = shares(&markov.removal_conversions, self.total.conversions);
        let values = shares(&markov.removal_value, self.total.value);
        conversions.into_iter().zip(values).map(|(conversions, value)| ChannelCredit { conversions, value }).collect()
    }

    /// Every transition of the chain with its probability.
    #[must_use]
    pub fn transitions(&self, channels: &Channels) -> Vec<Transition> {
        let label = |state: u32| -> String {
            let key = self.states.get(state as usize).map_or(0, |state| state.key);
            let names: Vec<&str> =
                channels_of(key).filter_map(|at| channels.names().get(at)).map(String::as_str).collect();
            names.join(SEPARATOR)
        };
        let out = self.out();
        let started: f64 = self.states.iter().map(|state| state.starts).sum();
        let mut found = Vec::new();
        let mut push = |from: String, to: String, weight: f64, all: f64| {
            if weight > 0.0 {
                found.push(Transition { from, to, probability: weight / all });
            }
        };
        for (state, &all) in (0_u32..).zip(&out) {
            let Some(counted) = self.states.get(state as usize) else { continue };
            push("(start)".to_owned(), label(state), counted.starts, started);
            push(label(state), "(conversion)".to_owned(), counted.end.conversions, all);
            push(label(state), "(null)".to_owned(), counted.end.nulls, all);
        }
        for edge in &self.edges {
            let all = out.get(edge.from as usize).copied().unwrap_or(0.0);
            push(label(edge.from), label(edge.to), edge.weight, all);
        }
        found
    }

    /// What leaves each state, by transition or at a journey's end.
    fn out(&self) -> Vec<f64> {
        let mut out: Vec<f64> = self.states.iter().map(|state| state.end.conversions + state.end.nulls).collect();
        for edge in &self.edges {
            if let Some(out) = out.get_mut(edge.from as usize) {
                *out += edge.weight;
            }
        }
        out
    }
}

impl Tally for MarkovTally {
    fn add(&mut self, path: Path<'_>, outcome: Outcome) -> Result<(), AttributionError> {
        let outcome = match self.nulls {
            Nulls::Counted => outcome,
            Nulls::LeftOut => Outcome { nulls: 0.0, ..outcome },
        };
        let weight = outcome.conversions + outcome.nulls;
        if path.touches.is_empty() || weight <= 0.0 {
            return Ok(());
        }
        let (first, rest) = path.touches.split_at(self.order.min(path.touches.len()));
        let key = first.iter().fold(0, |key, channel| (key << LANE) | lane(*channel));
        let mut state = self.state(key)?;
        if let Some(state) = self.states.get_mut(state as usize) {
            state.starts += weight;
        }
        let mut length = 1;
        for &channel in rest {
            let next = self.step(state, channel, weight)?;
            length += usize::from(next != state);
            state = next;
        }
        if let Some(state) = self.states.get_mut(state as usize) {
            state.end = state.end.plus(outcome);
        }
        self.total = self.total.plus(outcome);
        self.longest = self.longest.max(length);
        Ok(())
    }

    fn credits(&self) -> Result<Vec<ChannelCredit>, AttributionError> {
        Ok(self.credits_of(&self.solve()))
    }
}

/// The chain of a tally, its states in post-order: what can follow a state comes before it, except around circles.
struct Built {
    chain: Chain,
    keys: Vec<u64>,
}

impl Built {
    fn of(tally: &MarkovTally) -> Self {
        // Transitions grouped by the state they leave.
        let mut from = vec![0_usize; tally.states.len() + 1];
        for edge in &tally.edges {
            if let Some(count) = from.get_mut(edge.from as usize + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for count in &mut from {
            sum += *count;
            *count = sum;
        }
        let mut grouped: Vec<Step> = vec![Step { to: 0, probability: 0.0 }; tally.edges.len()];
        let mut free = from.clone();
        for edge in &tally.edges {
            if let Some(at) = free.get_mut(edge.from as usize) {
                if let Some(slot) = grouped.get_mut(*at) {
                    *slot = Step { to: edge.to, probability: edge.weight };
                }
                *at += 1;
            }
        }
        let row = |state: u32| -> &[Step] {
            let range = from.get(state as usize).zip(from.get(state as usize + 1));
            range.and_then(|(&begin, &end)| grouped.get(begin..end)).unwrap_or_default()
        };

        let order = post_order(tally.states.len(), row);
        let mut number = vec![0_u32; tally.states.len()];
        for (at, &state) in (0_u32..).zip(&order) {
            if let Some(number) = number.get_mut(state as usize) {
                *number = at;
            }
        }
        let journeys = tally.total.conversions + tally.total.nulls;
        let mut chain = Chain::default();
        let mut keys = Vec::with_capacity(order.len());
        let mut visits = 0.0;
        for &state in &order {
            let counted = tally.states.get(state as usize).copied().unwrap_or_default();
            let leaves = counted.end.conversions + counted.end.nulls;
            let out = row(state).iter().map(|step| step.probability).sum::<f64>() + leaves;
            visits += out;
            chain.steps.extend(row(state).iter().map(|step| Step {
                to: number.get(step.to as usize).copied().unwrap_or(0),
                probability: step.probability / out,
            }));
            chain.ends.push(chain.steps.len());
            // Value without a conversion was earned by nobody's conversion: a walk cannot earn it.
            let value = if counted.end.conversions > 0.0 { counted.end.value } else { 0.0 };
            chain.earns.push([counted.end.conversions / out, value / out]);
            chain.leaves.push(leaves / out);
            chain.starts.push(counted.starts / journeys);
            keys.push(counted.key);
        }
        // What flows into a state flows out of it, so the counts are the chain's own expectations.
        chain.mean_steps = visits / journeys;
        chain.whole = [tally.total.conversions / journeys, tally.total.value / journeys];
        Self { chain, keys }
    }
}

fn post_order<'a>(states: usize, row: impl Fn(u32) -> &'a [Step]) -> Vec<u32> {
    let mut seen = vec![false; states];
    let mut order = Vec::with_capacity(states);
    let mut open: Vec<(u32, usize)> = Vec::new();
    for root in 0..states as u32 {
        let mut visit = |state: u32, open: &mut Vec<(u32, usize)>| {
            if let Some(seen) = seen.get_mut(state as usize)
                && !*seen
            {
                *seen = true;
                open.push((state, 0));
            }
        };
        visit(root, &mut open);
        while let Some((state, next)) = open.last_mut() {
            let (this, at) = (*state, *next);
            *next += 1;
            match row(this).get(at) {
                Some(step) => visit(step.to, &mut open),
                None => {
                    order.push(this);
                    open.pop();
                }
            }
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::Matrix;

    #[test]
    fn sweeping_and_eliminating_find_the_same_for_every_channel() {
        let mut channels = Channels::default();
        let ids: Vec<ChannelId> = (0..7).map(|at| channels.id(&format!("channel {at}")).unwrap()).collect();
        let mut draw = 99_u64;
        let mut below = |most: u64| {
            draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (draw >> 33) % most
        };
        for order in 1..=3 {
            let mut tally = MarkovTally::new(order, Nulls::Counted, Walk::Unlimited).unwrap();
            for _ in 0..400 {
                let touches: Vec<ChannelId> = (0..=below(9)).map(|_| ids[below(7) as usize]).collect();
                let conversions = below(3) as f64;
                let outcome = Outcome { conversions, value: conversions * below(50) as f64, nulls: below(5) as f64 };
                tally.add(Path { channels: &channels, touches: &touches }, outcome).unwrap();
            }
            let Built { chain, keys } = Built::of(&tally);
            let holds = |state: usize, range: &Range<usize>| channels_of(keys[state]).any(|one| range.contains(&one));
            let mut eliminated = Vec::new();
            Matrix::of(&chain).without_each(&(0..7), &holds, &mut eliminated);
            for (channel, eliminated) in eliminated.into_iter().enumerate() {
                let removed: Vec<bool> = (0..keys.len()).map(|state| holds(state, &(channel..channel + 1))).collect();
                let swept = chain.sweep(&removed, 10_000);
                assert!(swept.sweeps < 1_000 && eliminated[0] > 0.0, "order {order}, channel {channel}");
                for (swept, eliminated) in swept.earned.iter().zip(&eliminated) {
                    assert!((swept - eliminated).abs() <= 1e-12 * eliminated.abs(), "{swept} {eliminated}");
                }
            }
        }
    }
}
