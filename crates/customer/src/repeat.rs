//! How often customers will buy again: buy till you die.
//!
//! While alive a customer buys at a rate of their own (gamma over customers); when they die nobody sees. The models differ
//! in how: [`BgNbd`] and [`MbgNbd`] let them drop out after a purchase, with a probability of their own, [`ParetoNbd`] at
//! any time, at a rate of their own. What they have in common, learning included, is [`Repeat`].

mod beta_geometric;
mod pareto;

use std::collections::BTreeMap;

use rand::Rng;

pub use beta_geometric::{BgNbd, MbgNbd};
pub use pareto::ParetoNbd;

use crate::fit::Fitted;
use crate::{Error, Summary};

/// Terms after which the hypergeometric series is cut; it has converged by far.
const TERMS: u32 = 20_000;
/// Most purchases of one customer in a draw: a bound on the work that parameters far off can ask for.
const MOST: usize = 10_000;
/// Fewest customers with a repeat purchase to learn from.
const FEWEST: usize = 10;

/// A model of repeat purchases with four positive parameters, in the unit of time of the summaries. As an array they are
/// in the order of the model's fields.
pub trait Repeat: Copy + From<[f64; 4]> + Into<[f64; 4]> {
    /// Learns the parameters by maximum likelihood. Customers with the same figures are counted once.
    ///
    /// # Errors
    /// Fewer than ten customers bought again.
    fn fit(summaries: impl IntoIterator<Item = Summary>) -> Result<Fitted<Self, 4>, Error> {
        let mut counts: BTreeMap<(u32, u64, u64), f64> = BTreeMap::new();
        for summary in summaries {
            *counts.entry((summary.repeats, summary.recency.to_bits(), summary.age.to_bits())).or_default() += 1.0;
        }
        let repeaters: f64 = counts.iter().filter(|((repeats, ..), _)| *repeats > 0).map(|(_, count)| count).sum();
        if repeaters < FEWEST as f64 {
            return Err(Error::TooLittle { needed: "ten customers who bought again" });
        }
        let rows: Vec<(Summary, f64)> = counts
            .into_iter()
            .map(|((repeats, recency, age), count)| {
                let (recency, age) = (f64::from_bits(recency), f64::from_bits(age));
                (Summary { repeats, recency, age, mean_value: 0.0 }, count)
            })
            .collect();
        Ok(Fitted::least([1.0; 4], |model: Self| {
            -rows.iter().map(|(summary, count)| count * model.log_likelihood(summary)).sum::<f64>()
        }))
    }

    /// The logarithm of the likelihood of one customer's number and last time of purchases.
    fn log_likelihood(&self, summary: &Summary) -> f64;

    /// The probability that a customer will buy again at all: a fraction. One minus it is the probability of churn.
    fn alive(&self, summary: &Summary) -> f64;

    /// Purchases a customer is expected to make in the next `time`.
    fn expected(&self, summary: &Summary, time: f64) -> f64;

    /// Repeat purchases a new customer is expected to make in their first `time`.
    fn expected_of_new(&self, time: f64) -> f64 {
        self.expected(&Summary { repeats: 0, recency: 0.0, age: 0.0, mean_value: 0.0 }, time)
    }

    /// The probability that a customer buys at least once in the next `time`.
    fn orders_within(&self, summary: &Summary, time: f64) -> f64;

    /// The time within which the next purchase comes with probability `chance`, from the end of the observation on: the
    /// inverse of [`Self::orders_within`]. `None` where it is not as likely as that to come at all.
    fn next_order(&self, summary: &Summary, chance: f64) -> Option<f64>;

    /// Draws the times of a customer's purchases in the next `time` from what the history leaves open.
    fn draw(&self, summary: &Summary, time: f64, numbers: &mut impl Rng, bought: impl FnMut(f64));
}

/// ₂F₁(a, b; c; z) for 0 ≤ z < 1 by its series.
fn hypergeometric(a: f64, b: f64, c: f64, z: f64) -> f64 {
    let (mut term, mut sum) = (1.0, 1.0);
    for n in (0..TERMS).map(f64::from) {
        term *= (a + n) * (b + n) / ((c + n) * (n + 1.0)) * z;
        sum += term;
        if term.abs() < 1e-14 * sum.abs() {
            break;
        }
    }
    sum
}
