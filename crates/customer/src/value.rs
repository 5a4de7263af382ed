//! What purchases are worth: Gamma-Gamma (Fader & Hardie, *The Gamma-Gamma Model of Monetary Value*, 2013), and with
//! [`Repeat`] the lifetime value.
//!
//! A customer's purchases vary around a mean of their own, the means vary over customers; how often somebody buys says
//! nothing about how much. Look at the correlation of the two before believing it.

use rand::Rng;
use rand_distr::{Distribution as _, Gamma};
use serde::Serialize;
use statrs::function::gamma::ln_gamma;

use crate::fit::Fitted;
use crate::repeat::Repeat;
use crate::{Error, Summary};

/// Fewest customers with a repeat purchase to learn from.
const FEWEST: usize = 10;

/// The model's parameters.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct GammaGamma {
    /// Shape of a customer's purchases.
    pub p: f64,
    /// Shape of their scales over customers.
    pub q: f64,
    /// Scale of their scales, in the unit of money.
    pub v: f64,
}

impl From<[f64; 3]> for GammaGamma {
    fn from([p, q, v]: [f64; 3]) -> Self {
        Self { p, q, v }
    }
}

impl GammaGamma {
    /// Learns the parameters by maximum likelihood from those who bought again.
    ///
    /// # Errors
    /// Fewer than ten customers bought again for more than zero.
    pub fn fit(summaries: impl IntoIterator<Item = Summary>) -> Result<Fitted<Self, 3>, Error> {
        let rows: Vec<(f64, f64)> = summaries
            .into_iter()
            .filter(|summary| summary.repeats > 0 && summary.mean_value > 0.0)
            .map(|summary| (f64::from(summary.repeats), summary.mean_value))
            .collect();
        if rows.len() < FEWEST {
            return Err(Error::TooLittle { needed: "ten customers who bought again for more than zero" });
        }
        // In units of the mean value the search starts near the answer for any currency.
        let unit = rows.iter().map(|row| row.1).sum::<f64>() / rows.len() as f64;
        Ok(Fitted::least([1.0, 1.0, unit], |model: Self| {
            -rows.iter().map(|(x, mean)| model.log_likelihood(*x, mean / unit)).sum::<f64>()
        }))
    }

    fn log_likelihood(&self, x: f64, mean: f64) -> f64 {
        let Self { p, q, v } = *self;
        ln_gamma(p * x + q) - ln_gamma(p * x) - ln_gamma(q) + q * v.ln() + (p * x - 1.0) * mean.ln() + p * x * x.ln()
            - (p * x + q) * (x * mean + v).ln()
    }

    /// The mean value of a customer's future purchases: their own mean, drawn to everybody's the more the fewer
    /// purchases there are. `None` where the model has no mean (q ≤ 1) and the customer has no history to stand in.
    #[must_use]
    pub fn expected(&self, summary: &Summary) -> Option<f64> {
        let Self { p, q, v } = *self;
        let x = f64::from(summary.repeats);
        let weight = p * x + q - 1.0;
        if weight > 0.0 { Some(p * (v + x * summary.mean_value) / weight) } else { None }
    }

    /// Draws a customer's scale from what the history leaves open, gamma(q + p·x, v + x·m); their purchases are
    /// gamma(p, scale).
    pub(crate) fn purse(&self, summary: &Summary, numbers: &mut impl Rng) -> Purse {
        let Self { p, q, v } = *self;
        // A history that is worth nothing says nothing of what purchases are worth.
        let x = if summary.mean_value > 0.0 { f64::from(summary.repeats) } else { 0.0 };
        let scale = Gamma::new(q + p * x, 1.0 / (v + x * summary.mean_value)).map(|scale| scale.sample(numbers));
        Purse(scale.ok().and_then(|scale| Gamma::new(p, 1.0 / scale).ok()))
    }
}

/// A customer's purchases, with what is not known of their mean drawn.
pub(crate) struct Purse(Option<Gamma<f64>>);

impl Purse {
    pub(crate) fn draw(&self, numbers: &mut impl Rng) -> f64 {
        self.0.map_or(0.0, |gamma| gamma.sample(numbers))
    }
}

/// How lifetime value is counted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Horizon {
    /// Months ahead.
    pub months: u32,
    /// The summaries' units of time in a month: 4.345 for weeks.
    pub units_per_month: f64,
    /// What money is worth less a month later: a fraction.
    pub monthly_discount: f64,
}

/// What a customer is expected to spend within the horizon, each month's purchases discounted from its end. `None` where
/// the value of a purchase is not known.
#[must_use]
pub fn lifetime_value(repeat: &impl Repeat, value: &GammaGamma, summary: &Summary, horizon: &Horizon) -> Option<f64> {
    let each = value.expected(summary)?;
    let mut before = 0.0;
    let mut sum = 0.0;
    for month in 1..=horizon.months {
        let until = repeat.expected(summary, f64::from(month) * horizon.units_per_month);
        sum +=
            each * (until - before) / (1.0 + horizon.monthly_discount).powi(i32::try_from(month).unwrap_or(i32::MAX));
        before = until;
    }
    Some(sum)
}

/// Pearson's correlation of how often and how much, over those who bought again: near zero, else the two models do not go
/// together. `None` where one of them never varies.
#[must_use]
pub fn correlation(summaries: impl IntoIterator<Item = Summary>) -> Option<f64> {
    let rows: Vec<(f64, f64)> = summaries
        .into_iter()
        .filter(|summary| summary.repeats > 0)
        .map(|summary| (f64::from(summary.repeats), summary.mean_value))
        .collect();
    let count = rows.len() as f64;
    let (x, y) = (rows.iter().map(|r| r.0).sum::<f64>() / count, rows.iter().map(|r| r.1).sum::<f64>() / count);
    let both: f64 = rows.iter().map(|r| (r.0 - x) * (r.1 - y)).sum();
    let (one, other): (f64, f64) =
        (rows.iter().map(|r| (r.0 - x).powi(2)).sum(), rows.iter().map(|r| (r.1 - y).powi(2)).sum());
    let size = (one * other).sqrt();
    if size > 0.0 { Some(both / size) } else { None }
}
