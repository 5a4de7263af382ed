//! How often customers will buy again: BG/NBD (Fader, Hardie & Lee, *"Counting Your Customers" the Easy Way*, Marketing
//! Science 24, 2005).
//!
//! While alive a customer buys at a rate of their own (gamma over customers), after each purchase drops out with a
//! probability of their own (beta over customers). Who never bought again counts as alive: the model lets nobody drop out
//! before a second purchase.

use std::collections::BTreeMap;

use rand::Rng;
use rand_distr::{Beta, Distribution as _, Exp1, Gamma};
use serde::Serialize;
use statrs::function::gamma::ln_gamma;

use crate::fit::Fitted;
use crate::{Error, Summary};

/// Terms after which the hypergeometric series is cut; it has converged by far.
const TERMS: u32 = 20_000;
/// Most purchases of one customer in a draw: a bound on the work that parameters far off can ask for.
const MOST: usize = 10_000;
/// Fewest customers with a repeat purchase to learn from.
const FEWEST: usize = 10;

/// The model's parameters, in the unit of time of the summaries.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BgNbd {
    /// Shape of the purchase rates.
    pub r: f64,
    /// Scale of the purchase rates: `r / alpha` is their mean.
    pub alpha: f64,
    /// Of the drop-out probabilities: `a / (a + b)` is their mean.
    pub a: f64,
    /// Of the drop-out probabilities.
    pub b: f64,
}

impl From<[f64; 4]> for BgNbd {
    fn from([r, alpha, a, b]: [f64; 4]) -> Self {
        Self { r, alpha, a, b }
    }
}

impl BgNbd {
    /// Learns the parameters by maximum likelihood. Customers with the same figures are counted once.
    ///
    /// # Errors
    /// Fewer than ten customers bought again.
    pub fn fit(summaries: impl IntoIterator<Item = Summary>) -> Result<Fitted<Self, 4>, Error> {
        let mut counts: BTreeMap<(u32, u64, u64), f64> = BTreeMap::new();
        for summary in summaries {
            *counts.entry((summary.repeats, summary.recency.to_bits(), summary.age.to_bits())).or_default() += 1.0;
        }
        let repeaters: f64 = counts.iter().filter(|((repeats, ..), _)| *repeats > 0).map(|(_, count)| count).sum();
        if repeaters < FEWEST as f64 {
            return Err(Error::TooLittle { needed: "ten customers who bought again" });
        }
        let rows: Vec<(f64, f64, f64, f64)> = counts
            .into_iter()
            .map(|((x, recency, age), count)| (f64::from(x), f64::from_bits(recency), f64::from_bits(age), count))
            .collect();
        Ok(Fitted::least([1.0; 4], |model: Self| {
            -rows.iter().map(|(x, recency, age, count)| count * model.log_likelihood(*x, *recency, *age)).sum::<f64>()
        }))
    }

    /// The log-likelihood of one customer (equation 6 of the paper, in logarithms).
    fn log_likelihood(&self, x: f64, recency: f64, age: f64) -> f64 {
        let Self { r, alpha, a, b } = *self;
        let bought = ln_gamma(r + x) - ln_gamma(r) + r * alpha.ln();
        let stayed = ln_gamma(a + b) + ln_gamma(b + x) - ln_gamma(b) - ln_gamma(a + b + x);
        let alive = -(r + x) * (alpha + age).ln();
        if x == 0.0 {
            return bought + stayed + alive;
        }
        let gone = a.ln() - (b + x - 1.0).ln() - (r + x) * (alpha + recency).ln();
        let larger = alive.max(gone);
        bought + stayed + larger + ((alive - larger).exp() + (gone - larger).exp()).ln()
    }

    /// The odds of having dropped out against being alive.
    fn odds_gone(&self, summary: &Summary) -> f64 {
        if summary.repeats == 0 {
            return 0.0;
        }
        let x = f64::from(summary.repeats);
        let longer = (self.alpha + summary.age) / (self.alpha + summary.recency);
        self.a / (self.b + x - 1.0) * longer.powf(self.r + x)
    }

    /// The probability that a customer will buy again at all: a fraction. One minus it is the probability of churn.
    #[must_use]
    pub fn alive(&self, summary: &Summary) -> f64 {
        1.0 / (1.0 + self.odds_gone(summary))
    }

    /// Purchases a customer is expected to make in the next `time` (equation 10 of the paper).
    #[must_use]
    pub fn expected(&self, summary: &Summary, time: f64) -> f64 {
        let x = f64::from(summary.repeats);
        self.growth(x, summary.age, time) / (1.0 + self.odds_gone(summary))
    }

    /// Repeat purchases a new customer is expected to make in their first `time` (equation 9 of the paper).
    #[must_use]
    pub fn expected_of_new(&self, time: f64) -> f64 {
        self.growth(0.0, 0.0, time)
    }

    /// (a+b+x−1)/(a−1) · (1 − ((α+T)/(α+T+t))^(r+x) · ₂F₁(r+x, b+x; a+b+x−1; t/(α+T+t))).
    fn growth(&self, x: f64, age: f64, time: f64) -> f64 {
        let Self { r, alpha, b, .. } = *self;
        // At a = 1 the formula has a removable gap.
        let a = if (self.a - 1.0).abs() < 1e-6 { 1.0 + 1e-6 } else { self.a };
        let (from, to) = (alpha + age, alpha + age + time.max(0.0));
        let series = hypergeometric(r + x, b + x, a + b + x - 1.0, time.max(0.0) / to);
        (a + b + x - 1.0) / (a - 1.0) * (1.0 - (from / to).powf(r + x) * series)
    }

    /// The probability that a customer buys at least once in the next `time`: alive, and not waiting longer than that
    /// (rates given the customer's history are gamma with shape r + x and scale α + T while alive).
    #[must_use]
    pub fn orders_within(&self, summary: &Summary, time: f64) -> f64 {
        let from = self.alpha + summary.age;
        let waits = (from / (from + time.max(0.0))).powf(self.r + f64::from(summary.repeats));
        self.alive(summary) * (1.0 - waits)
    }

    /// The time within which the next purchase comes with probability `chance`, from the end of the observation on: the
    /// inverse of [`Self::orders_within`]. `None` where it is not as likely as that to come at all.
    #[must_use]
    pub fn next_order(&self, summary: &Summary, chance: f64) -> Option<f64> {
        let waits = 1.0 - chance / self.alive(summary);
        let longer = waits.powf(-1.0 / (self.r + f64::from(summary.repeats))) - 1.0;
        (chance >= 0.0 && waits > 0.0 && longer.is_finite()).then_some((self.alpha + summary.age) * longer)
    }

    /// Draws the times of a customer's purchases in the next `time` from what the history leaves open: whether they are
    /// alive and, if so, their rate, gamma(r + x, α + T), and their chance to drop out, beta(a, b + x).
    pub(crate) fn draw(&self, summary: &Summary, time: f64, numbers: &mut impl Rng, mut bought: impl FnMut(f64)) {
        if numbers.random::<f64>() >= self.alive(summary) {
            return;
        }
        let x = f64::from(summary.repeats);
        let rate = Gamma::new(self.r + x, 1.0 / (self.alpha + summary.age)).map(|rate| rate.sample(numbers));
        let Ok(rate) = rate else { return };
        let mut at = 0.0;
        let mut drops = None;
        for _ in 0..MOST {
            let step: f64 = Exp1.sample(numbers);
            at += step / rate;
            if at.is_nan() || at > time {
                return;
            }
            bought(at);
            // Drawn only for those who buy at all.
            let drops =
                *drops.get_or_insert_with(|| Beta::new(self.a, self.b + x).map_or(1.0, |beta| beta.sample(numbers)));
            if numbers.random::<f64>() < drops {
                return;
            }
        }
    }
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
