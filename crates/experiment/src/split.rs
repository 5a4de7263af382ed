//! Was the traffic split as planned? If not (sample ratio mismatch), something decided who is counted, and no other
//! figure of the experiment can be trusted.

use crate::Refused;
use crate::density::chi_square_above;
use serde::{Deserialize, Serialize};

/// Below this probability the split is taken as broken; usual, because it is tested daily.
pub const THRESHOLD: f64 = 0.001;
/// Fewest visitors expected in each variant for the test to hold.
pub const MIN_EXPECTED: f64 = 5.0;

/// What the test of the split says.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Split {
    /// Probability of so uneven a split by chance.
    pub p_value: f64,
    /// Whether enough visitors were expected in each variant for it to mean anything.
    pub enough: bool,
    /// Whether it is broken: improbable, and enough.
    pub mismatch: bool,
}

/// Pearson's chi-square test of visitors by variant against their planned weights (any positive scale). A variant of
/// weight 0 is left out of the sum, as `gbstats` does; degrees are the variants less one.
///
/// # Errors
/// Fewer than two variants, a list that is not as long as the other, a weight below 0 or none above.
pub fn test(visitors: &[u64], weights: &[f64]) -> Result<Split, Refused> {
    if visitors.len() != weights.len() || visitors.len() < 2 {
        return Err(Refused::OutOfBounds {
            field: "weights",
            found: weights.len() as f64,
            wanted: "one for each variant, of which there are two or more",
        });
    }
    let total: f64 = weights.iter().sum();
    if let Some(bad) = weights.iter().find(|weight| !weight.is_finite() || **weight < 0.0) {
        return Err(Refused::OutOfBounds { field: "weights", found: *bad, wanted: "0 or more" });
    }
    if total <= 0.0 {
        return Err(Refused::OutOfBounds { field: "weights", found: total, wanted: "above 0 in sum" });
    }
    let seen: u64 = visitors.iter().sum();
    let mut enough = true;
    let mut square = 0.0;
    for (visitors, weight) in visitors.iter().zip(weights).filter(|(_, weight)| **weight > 0.0) {
        let expected = weight / total * seen as f64;
        enough &= expected >= MIN_EXPECTED;
        if expected > 0.0 {
            square += (*visitors as f64 - expected).powi(2) / expected;
        }
    }
    let p_value = if seen == 0 { 1.0 } else { chi_square_above(square, visitors.len() as f64 - 1.0) };
    Ok(Split { p_value, enough, mismatch: enough && p_value < THRESHOLD })
}
