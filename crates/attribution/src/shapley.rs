//! Shapley values over sets of channels (Shapley, "A value for n-person games", 1953), in closed form.
//!
//! The *count* form, v(S) = conversions of journeys whose channels all lie in S, needs no enumeration: each journey is a
//! unanimity game of its own, so it is divided equally among its distinct channels. That is [`crate::Rule::Channels`];
//! it is never negative and sums to the conversions.
//!
//! The *rate* form here, v(S) = conversions / journeys of the journeys whose channels all lie in S, is a game of averages.
//! A set that gains a channel can convert at a lower rate than before, so a marginal contribution, and with it a
//! channel's value, may be negative: the channel brings journeys that convert below the rate of those without it. Such a
//! figure ranks channels by conversion rate; as a division of conversions it is not to be trusted.

use rustc_hash::FxHashMap;

use crate::{
    AttributionError,
    path::{ChannelCredit, Outcome, Path, Tally, entry},
};

/// Most channels of the rate form: it holds a figure for each of their 2^20 sets.
pub const MAX_RATE_CHANNELS: usize = 20;

/// Journeys by their set of channels, for the rate form.
#[derive(Debug, Clone, Default)]
pub struct ShapleyRateTally {
    sets: FxHashMap<u32, Outcome>,
    channels: usize,
}

impl ShapleyRateTally {
    /// Nothing counted yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// v(S) for every set S, a bit a channel: the rate of `counted` among the journeys inside S.
    fn rates(&self, counted: impl Fn(&Outcome) -> f64) -> Vec<f64> {
        let mut of: Vec<[f64; 2]> = vec![[0.0; 2]; 1 << self.channels];
        for (set, outcome) in &self.sets {
            if let Some(of) = of.get_mut(*set as usize) {
                *of = [counted(outcome), outcome.conversions + outcome.nulls];
            }
        }
        // Sums over subsets, one channel after the other: the upper half of each block takes up the lower.
        for channel in 0..self.channels {
            for block in of.chunks_exact_mut(2 << channel) {
                let (without, with) = block.split_at_mut(1 << channel);
                for (with, without) in with.iter_mut().zip(without) {
                    *with = [with[0] + without[0], with[1] + without[1]];
                }
            }
        }
        of.into_iter().map(|[counted, journeys]| if journeys > 0.0 { counted / journeys } else { 0.0 }).collect()
    }

    /// The Shapley value of each channel in the game `v`.
    fn values(&self, v: &[f64]) -> Vec<f64> {
        let count = self.channels;
        // s! (n − 1 − s)! / n! for a set of s channels that a channel joins; nobody joins the set of all.
        let mut joins = vec![0.0; count + 1];
        let mut weight = 1.0 / count.max(1) as f64;
        for (size, join) in joins.iter_mut().enumerate().take(count) {
            *join = weight;
            weight *= (size + 1) as f64 / (count - 1 - size).max(1) as f64;
        }
        (0..count)
            .map(|channel| {
                let mut sum = 0.0;
                for (block, first) in v.chunks_exact(2 << channel).zip((0_usize..).step_by(2 << channel)) {
                    let (without, with) = block.split_at(1 << channel);
                    for ((with, without), set) in with.iter().zip(without).zip(first..) {
                        let join = joins.get(set.count_ones() as usize).copied().unwrap_or(0.0);
                        sum += join * (with - without);
                    }
                }
                sum
            })
            .collect()
    }
}

impl Tally for ShapleyRateTally {
    fn add(&mut self, path: Path<'_>, outcome: Outcome) -> Result<(), AttributionError> {
        if path.touches.is_empty() || outcome.conversions + outcome.nulls <= 0.0 {
            return Ok(());
        }
        let mut set = 0_u32;
        for &channel in path.touches {
            if usize::from(channel) >= MAX_RATE_CHANNELS {
                return Err(AttributionError::TooManySets { max: MAX_RATE_CHANNELS });
            }
            set |= 1 << channel;
            self.channels = self.channels.max(usize::from(channel) + 1);
        }
        let sum = self.sets.entry(set).or_default();
        *sum = sum.plus(outcome);
        Ok(())
    }

    fn credits(&self) -> Result<Vec<ChannelCredit>, AttributionError> {
        let total = self.sets.values().fold(Outcome::default(), |sum, one| sum.plus(*one));
        let mut credits: Vec<ChannelCredit> = vec![ChannelCredit::default(); self.channels];
        let divided = |counted: fn(&Outcome) -> f64| -> Vec<f64> {
            let rates = self.rates(counted);
            let overall = rates.last().copied().unwrap_or(0.0);
            let scale = if overall == 0.0 { 0.0 } else { counted(&total) / overall };
            self.values(&rates).into_iter().map(|value| value * scale).collect()
        };
        for (at, conversions) in divided(|outcome| outcome.conversions).into_iter().enumerate() {
            if let Some(credit) = entry(&mut credits, at) {
                credit.conversions = conversions;
            }
        }
        for (at, value) in divided(|outcome| outcome.value).into_iter().enumerate() {
            if let Some(credit) = entry(&mut credits, at) {
                credit.value = value;
            }
        }
        Ok(credits)
    }
}
