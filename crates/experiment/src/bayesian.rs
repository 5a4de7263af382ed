//! The posterior of the effect: normal likelihood, flat or normal prior.

use crate::density::{expected_positive, normal_below, normal_quantile};
use crate::{Difference, Effect, Interval, Refused, between, error_rate};
use serde::{Deserialize, Serialize};

/// What is believed of the relative effect beforehand.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prior {
    /// Nothing.
    Flat,
    /// Normal on the relative lift; an absolute difference takes it times the baseline.
    Normal {
        /// Mean: 0.02 expects two per cent more.
        mean: f64,
        /// Standard deviation: 0.1 is surprised by more than ± 20 %.
        sd: f64,
    },
}

/// The posterior.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Posterior {
    /// Mean of the difference.
    pub mean: f64,
    /// Its standard deviation.
    pub sd: f64,
    /// Interval of the difference that holds 1 − alpha of the posterior, as much left out on either side.
    pub interval: Interval,
    /// Probability that the variant is better.
    pub chance_to_win: f64,
    /// What is lost on average by keeping the control, in the effect's unit.
    pub risk_of_keeping: f64,
    /// What is lost on average by shipping the variant, in the effect's unit.
    pub risk_of_shipping: f64,
}

/// The posterior of an effect. `lower_is_better` turns winning and risks around, as for a bounce rate.
///
/// # Errors
/// `alpha` is not between 0 and 1, or the prior's deviation not above 0.
pub fn posterior(effect: &Effect, prior: Prior, alpha: f64, lower_is_better: bool) -> Result<Posterior, Refused> {
    let alpha = error_rate(alpha)?;
    let variance = effect.standard_error * effect.standard_error;
    let (mean, sd) = match prior {
        Prior::Flat => (effect.estimate, effect.standard_error),
        Prior::Normal { mean, sd } => {
            between("the prior's sd", sd, 0.0, f64::INFINITY, "above 0")?;
            between("the prior's mean", mean, f64::NEG_INFINITY, f64::INFINITY, "a number")?;
            let scale = match effect.difference {
                Difference::Relative => 1.0,
                Difference::Absolute => effect.baseline.abs(),
            };
            // Relative to nothing there is no belief in points.
            between("the control's mean", scale, 0.0, f64::INFINITY, "other than 0 with a prior on the relative lift")?;
            let (mean, precision) = (mean * scale, 1.0 / (sd * scale).powi(2));
            let total = 1.0 / variance + precision;
            ((effect.estimate / variance + mean * precision) / total, (1.0 / total).sqrt())
        }
    };
    let sign = if lower_is_better { -1.0 } else { 1.0 };
    Ok(Posterior {
        mean,
        sd,
        interval: Interval::around(mean, normal_quantile(1.0 - alpha / 2.0) * sd),
        chance_to_win: normal_below(sign * mean / sd),
        risk_of_keeping: expected_positive(sign * mean, sd),
        risk_of_shipping: expected_positive(-sign * mean, sd),
    })
}
