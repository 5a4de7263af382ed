//! Many tests at once: adjusted p values, to be held against the same alpha.

use serde::{Deserialize, Serialize};

/// What is kept at alpha.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Correction {
    /// Nothing is done.
    None,
    /// The probability of any false alarm (Holm 1979, uniformly better than Bonferroni).
    HolmBonferroni,
    /// The share of false ones among the alarms (Benjamini and Hochberg 1995).
    BenjaminiHochberg,
}

/// Adjusted p values, in the order given. What is not a number counts as 1.
#[must_use]
pub fn adjust(p_values: &[f64], correction: Correction) -> Vec<f64> {
    let p_values: Vec<f64> = p_values.iter().map(|p| if p.is_nan() { 1.0 } else { p.clamp(0.0, 1.0) }).collect();
    let count = p_values.len() as f64;
    let mut places: Vec<(usize, f64)> = p_values.iter().copied().enumerate().collect();
    let mut adjusted: Vec<(usize, f64)> = match correction {
        Correction::None => return p_values,
        Correction::HolmBonferroni => {
            // From the smallest up, never below the one before.
            places.sort_by(|a, b| a.1.total_cmp(&b.1));
            let step = |highest: &mut f64, (rank, (place, p)): (usize, (usize, f64))| {
                *highest = highest.max((p * (count - rank as f64)).min(1.0));
                Some((place, *highest))
            };
            places.into_iter().enumerate().scan(0.0, step).collect()
        }
        Correction::BenjaminiHochberg => {
            // From the greatest down, never above the one before.
            places.sort_by(|a, b| b.1.total_cmp(&a.1));
            let step = |lowest: &mut f64, (rank, (place, p)): (usize, (usize, f64))| {
                *lowest = lowest.min(p * (count / (count - rank as f64)));
                Some((place, *lowest))
            };
            places.into_iter().enumerate().scan(1.0, step).collect()
        }
    };
    adjusted.sort_by_key(|(place, _)| *place);
    adjusted.into_iter().map(|(_, p)| p).collect()
}
