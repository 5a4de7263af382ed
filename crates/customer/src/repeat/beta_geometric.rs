//! BG/NBD (Fader, Hardie & Lee, *"Counting Your Customers" the Easy Way*, Marketing Science 24, 2005) and MBG/NBD (Batislam,
//! Denizel & Filiztekin, *Empirical validation and comparison of models for customer base analysis*, International Journal
//! of Research in Marketing 24, 2007).
//!
//! After a purchase a customer drops out with a probability of their own, beta over customers. In BG/NBD the first purchase
//! does not count for it: who never bought again is alive for good. In MBG/NBD it does. With k chances to have dropped
//! out, x or x + 1, the formulas of both are the same.

use rand::Rng;
use rand_distr::{Beta, Distribution as _, Exp1, Gamma};
use serde::Serialize;
use statrs::function::gamma::ln_gamma;

use super::{MOST, Repeat, hypergeometric};
use crate::Summary;

/// Beta-geometric/NBD: drop-out after each repeat purchase.
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

/// Modified beta-geometric/NBD: drop-out after each purchase, the first one included.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MbgNbd {
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

impl From<BgNbd> for [f64; 4] {
    fn from(BgNbd { r, alpha, a, b }: BgNbd) -> Self {
        [r, alpha, a, b]
    }
}

impl From<[f64; 4]> for MbgNbd {
    fn from([r, alpha, a, b]: [f64; 4]) -> Self {
        Self { r, alpha, a, b }
    }
}

impl From<MbgNbd> for [f64; 4] {
    fn from(MbgNbd { r, alpha, a, b }: MbgNbd) -> Self {
        [r, alpha, a, b]
    }
}

/// Either model.
trait BetaGeometric: Copy + Into<[f64; 4]> {
    /// Whether somebody may drop out after the first purchase: 1, else 0.
    const FIRST: f64;
}

impl BetaGeometric for BgNbd {
    const FIRST: f64 = 0.0;
}

impl BetaGeometric for MbgNbd {
    const FIRST: f64 = 1.0;
}

/// The odds of having dropped out against being alive.
fn odds_gone<M: BetaGeometric>(model: &M, summary: &Summary) -> f64 {
    let [r, alpha, a, b] = (*model).into();
    let x = f64::from(summary.repeats);
    let chances = x + M::FIRST;
    if chances == 0.0 {
        return 0.0;
    }
    let longer = (alpha + summary.age) / (alpha + summary.recency);
    a / (b + chances - 1.0) * longer.powf(r + x)
}

impl<M: BetaGeometric + From<[f64; 4]>> Repeat for M {
    /// Equation 6 of the paper on BG/NBD, in logarithms.
    fn log_likelihood(&self, summary: &Summary) -> f64 {
        let [r, alpha, a, b] = (*self).into();
        let x = f64::from(summary.repeats);
        let chances = x + M::FIRST;
        let bought = ln_gamma(r + x) - ln_gamma(r) + r * alpha.ln();
        let stayed = ln_gamma(a + b) + ln_gamma(b + chances) - ln_gamma(b) - ln_gamma(a + b + chances);
        let alive = -(r + x) * (alpha + summary.age).ln();
        if chances == 0.0 {
            return bought + stayed + alive;
        }
        let gone = a.ln() - (b + chances - 1.0).ln() - (r + x) * (alpha + summary.recency).ln();
        let larger = alive.max(gone);
        bought + stayed + larger + ((alive - larger).exp() + (gone - larger).exp()).ln()
    }

    fn alive(&self, summary: &Summary) -> f64 {
        1.0 / (1.0 + odds_gone(self, summary))
    }

    /// Equation 10 of the paper on BG/NBD: (a+b+k−1)/(a−1) · (1 − ((α+T)/(α+T+t))^(r+x) · ₂F₁(r+x, b+k; a+b+k−1;
    /// t/(α+T+t))) of those alive.
    fn expected(&self, summary: &Summary, time: f64) -> f64 {
        let [r, alpha, a, b] = (*self).into();
        let x = f64::from(summary.repeats);
        let chances = x + M::FIRST;
        // At a = 1 the formula has a removable gap.
        let a = if (a - 1.0).abs() < 1e-6 { 1.0 + 1e-6 } else { a };
        let (from, to) = (alpha + summary.age, alpha + summary.age + time.max(0.0));
        let series = hypergeometric(r + x, b + chances, a + b + chances - 1.0, time.max(0.0) / to);
        (a + b + chances - 1.0) / (a - 1.0) * (1.0 - (from / to).powf(r + x) * series)
            / (1.0 + odds_gone(self, summary))
    }

    /// Alive, and not waiting longer than that: rates given the history are gamma with shape r + x and scale α + T while
    /// alive.
    fn orders_within(&self, summary: &Summary, time: f64) -> f64 {
        let [r, alpha, ..] = (*self).into();
        let from = alpha + summary.age;
        let waits = (from / (from + time.max(0.0))).powf(r + f64::from(summary.repeats));
        self.alive(summary) * (1.0 - waits)
    }

    fn next_order(&self, summary: &Summary, chance: f64) -> Option<f64> {
        let [r, alpha, ..] = (*self).into();
        let waits = 1.0 - chance / self.alive(summary);
        let longer = waits.powf(-1.0 / (r + f64::from(summary.repeats))) - 1.0;
        (chance >= 0.0 && waits > 0.0 && longer.is_finite()).then_some((alpha + summary.age) * longer)
    }

    /// Open are whether they are alive and, if so, their rate, gamma(r + x, α + T), and their chance to drop out,
    /// beta(a, b + k).
    fn draw(&self, summary: &Summary, time: f64, numbers: &mut impl Rng, mut bought: impl FnMut(f64)) {
        if numbers.random::<f64>() >= self.alive(summary) {
            return;
        }
        let [r, alpha, a, b] = (*self).into();
        let x = f64::from(summary.repeats);
        let rate = Gamma::new(r + x, 1.0 / (alpha + summary.age)).map(|rate| rate.sample(numbers));
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
                *drops.get_or_insert_with(|| Beta::new(a, b + x + M::FIRST).map_or(1.0, |beta| beta.sample(numbers)));
            if numbers.random::<f64>() < drops {
                return;
            }
        }
    }
}
