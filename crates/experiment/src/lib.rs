//! Experiments: was the variant better, by how much, how sure is that, and was the experiment sound.
//!
//! Sums come in, never visitors: a [`Statistic`] is what a metric added up to in one variant. [`effect()`] compares two of
//! them, in points or relative to the control ([`Difference`] says which: their tests differ, so every result carries it).
//! An [`Effect`] is then judged by whichever school is wanted: [`frequentist`] (Welch), [`sequential`] (valid however
//! often one looks), [`bayesian`] (posterior, chance to win, expected loss). Around it: [`split`] (was the traffic split as
//! planned), [`correction`] (many metrics), [`guardrail`] (did something else get worse), [`segment`] (who it worked for,
//! shrunk), [`plan`] (how many visitors and days before), [`rate`] (one or two rates alone), and [`readout`], which puts
//! them together.
//!
//! Pure: no clock, no randomness. Distributions are those of `statrs`. Formulas follow GrowthBook's `gbstats` where it has
//! one, and agree with it to 1e-6; the sources are named where they stand.

pub mod bayesian;
pub mod correction;
mod density;
pub mod effect;
pub mod frequentist;
pub mod guardrail;
pub mod plan;
pub mod rate;
pub mod readout;
pub mod segment;
pub mod sequential;
pub mod split;
pub mod statistic;

pub use effect::{Difference, Effect, effect};
pub use statistic::Statistic;

use serde::{Deserialize, Serialize};

/// Bounds of an estimate; `None` is unbounded.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower bound.
    pub low: Option<f64>,
    /// Upper bound.
    pub high: Option<f64>,
}

impl Interval {
    /// `middle` ± `half`.
    #[must_use]
    pub fn around(middle: f64, half: f64) -> Self {
        Self { low: Some(middle - half), high: Some(middle + half) }
    }

    /// Whether a value lies within.
    #[must_use]
    pub fn contains(&self, value: f64) -> bool {
        self.low.is_none_or(|low| low <= value) && self.high.is_none_or(|high| value <= high)
    }
}

/// Why nothing can be said.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refused {
    /// A variant had nobody.
    #[error("{0} has no units")]
    Empty(&'static str),
    /// A relative difference needs something to be relative to.
    #[error("the control's mean is 0: a relative difference to it does not exist; ask for the absolute one")]
    BaselineZero,
    /// Nothing varied, or too little was seen for its variance to be known.
    #[error("the variance of {0} is 0 or not known yet")]
    NoVariance(&'static str),
    /// The variants were measured differently.
    #[error("the control is measured as {control}, the variant as {variant}; both must be of one kind")]
    KindsDiffer {
        /// Kind of the control's statistic.
        control: &'static str,
        /// Kind of the variant's.
        variant: &'static str,
    },
    /// A number is out of bounds.
    #[error("{field} is {found}, it must be {wanted}")]
    OutOfBounds {
        /// Which.
        field: &'static str,
        /// What it is.
        found: f64,
        /// What it may be.
        wanted: &'static str,
    },
}

/// `found`, where it lies strictly between `low` and `high`.
pub(crate) fn between(
    field: &'static str,
    found: f64,
    low: f64,
    high: f64,
    wanted: &'static str,
) -> Result<f64, Refused> {
    if found.is_finite() && found > low && found < high {
        Ok(found)
    } else {
        Err(Refused::OutOfBounds { field, found, wanted })
    }
}

/// An error rate, such as 0.05.
pub(crate) fn error_rate(alpha: f64) -> Result<f64, Refused> {
    between("alpha", alpha, 0.0, 1.0, "between 0 and 1")
}
