//! Welch's t test: valid when it is looked at once, at the planned end. Whoever looks before takes [`crate::sequential`].

use crate::density::{student, student_quantile};
use crate::{Effect, Interval, Refused, error_rate};
use serde::{Deserialize, Serialize};
use statrs::distribution::ContinuousCDF as _;

/// What is held against no difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tail {
    /// Any difference.
    TwoSided,
    /// The variant is greater; the interval has no upper bound.
    Greater,
    /// The variant is lesser; the interval has no lower bound.
    Lesser,
}

/// What a test says.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Test {
    /// Probability of so great a difference where there is none.
    pub p_value: f64,
    /// Interval of the difference at 1 − alpha.
    pub interval: Interval,
}

/// Tests whether the effect differs from `null` (0, or a margin), at error rate `alpha`.
///
/// # Errors
/// `alpha` is not between 0 and 1.
pub fn test(effect: &Effect, tail: Tail, alpha: f64, null: f64) -> Result<Test, Refused> {
    let alpha = error_rate(alpha)?;
    let t = student(effect.degrees)?;
    let score = (effect.estimate - null) / effect.standard_error;
    let reach = |quantile: f64| student_quantile(&t, quantile) * effect.standard_error;
    Ok(match tail {
        Tail::TwoSided => Test {
            p_value: (2.0 * t.sf(score.abs())).min(1.0),
            interval: Interval::around(effect.estimate, reach(1.0 - alpha / 2.0)),
        },
        Tail::Greater => Test {
            p_value: t.sf(score),
            interval: Interval { low: Some(effect.estimate - reach(1.0 - alpha)), high: None },
        },
        Tail::Lesser => Test {
            p_value: t.cdf(score),
            interval: Interval { low: None, high: Some(effect.estimate + reach(1.0 - alpha)) },
        },
    })
}
