//! What the variant changed, with its standard error.

use crate::Refused;
use crate::statistic::{Moments, Statistic, pair};
use serde::{Deserialize, Serialize};

/// What a difference is counted in. The two are different tests: near a small baseline the relative one knows less,
/// because it does not know the baseline either.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    /// Of the control's (unadjusted) mean: 0.1 is ten per cent more.
    Relative,
    /// In the metric's own unit: points of a rate, money a visitor.
    Absolute,
}

impl Difference {
    /// As it is sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Relative => "relative",
            Self::Absolute => "absolute",
        }
    }
}

/// What the variant changed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// What it is counted in.
    pub difference: Difference,
    /// Variant less control.
    pub estimate: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Degrees of freedom of its t (Welch and Satterthwaite, on the absolute variances).
    pub degrees: f64,
    /// Units of both.
    pub n: f64,
    /// The control's unadjusted mean.
    pub baseline: f64,
}

/// Compares a variant with the control. Relative: (b − a) / |a₀| with a₀ the unadjusted mean of the control, its variance
/// by the delta method with the covariance of the adjusted and the unadjusted mean.
///
/// # Errors
/// One of [`Refused`], when nothing can be said.
pub fn effect(control: &Statistic, variant: &Statistic, difference: Difference) -> Result<Effect, Refused> {
    let (a, b) = pair(control, variant)?;
    of_moments(&a, &b, difference)
}

/// As [`effect`], of means and variances that are known.
///
/// # Errors
/// One of [`Refused`], when nothing can be said.
pub fn of_moments(a: &Moments, b: &Moments, difference: Difference) -> Result<Effect, Refused> {
    for (who, moments) in [("the control", a), ("the variant", b)] {
        if moments.n <= 0.0 {
            return Err(Refused::Empty(who));
        }
        for (field, found) in [("mean", moments.mean), ("variance", moments.variance)] {
            if !found.is_finite() {
                return Err(Refused::OutOfBounds { field, found, wanted: "a number" });
            }
        }
        if moments.variance <= 0.0 || moments.n <= 1.0 {
            return Err(Refused::NoVariance(who));
        }
    }
    let (of_a, of_b) = (a.variance / a.n, b.variance / b.n);
    let degrees = (of_a + of_b).powi(2) / (of_b * of_b / (b.n - 1.0) + of_a * of_a / (a.n - 1.0));
    let baseline = a.unadjusted_mean;
    let (estimate, variance) = match difference {
        Difference::Absolute => (b.mean - a.mean, of_a + of_b),
        Difference::Relative => {
            if baseline == 0.0 {
                return Err(Refused::BaselineZero);
            }
            // The gradient of (b − a) / a₀ in the control's unadjusted mean is −k / a₀ with k = b₀ / a₀, in its mean
            // before θ / a₀.
            let k = b.unadjusted_mean / baseline;
            let control =
                a.unadjusted_variance * k * k - 2.0 * a.theta * a.covariance * k + a.theta * a.theta * a.pre_variance;
            ((b.mean - a.mean) / baseline.abs(), (of_b + control / a.n) / (baseline * baseline))
        }
    };
    if variance <= 0.0 || !variance.is_finite() {
        return Err(Refused::NoVariance("the difference"));
    }
    Ok(Effect { difference, estimate, standard_error: variance.sqrt(), degrees, n: a.n + b.n, baseline })
}
