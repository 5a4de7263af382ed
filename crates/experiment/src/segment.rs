//! Dimensions: whom it worked for. The best of twenty segments looks good by chance, so each is drawn towards what all
//! have in common, the more the less is known of it and the less the segments differ beyond chance.

use crate::density::{chi_square_above, normal_quantile};
use crate::{Effect, Interval, Refused, error_rate};
use serde::{Deserialize, Serialize};

/// A segment's effect, shrunk.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shrunk {
    /// As it was measured.
    pub raw: f64,
    /// Its standard error.
    pub raw_error: f64,
    /// Drawn towards the common mean.
    pub estimate: f64,
    /// Its posterior standard deviation.
    pub sd: f64,
    /// Interval at 1 − alpha.
    pub interval: Interval,
    /// How much of the raw distance to the mean is kept: 0 (none) to 1.
    pub kept: f64,
}

/// All segments of a dimension.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dimension {
    /// Mean effect over segments.
    pub mean: f64,
    /// Its standard error.
    pub mean_error: f64,
    /// Standard deviation of true effects between segments, beyond chance: its posterior's median.
    pub spread: f64,
    /// Probability of such differences where all segments respond alike (Cochran's Q).
    pub p_alike: f64,
    /// The segments, in order.
    pub segments: Vec<Shrunk>,
}

/// Points at which the spread between segments is taken.
const POINTS: u32 = 200;

/// What is believed of the effects if their true spread is this.
struct Level {
    spread: f64,
    weight: f64,
    mean: f64,
    mean_variance: f64,
}

/// Shrinks the effects of disjoint segments: the normal hierarchical model, flat in the common mean, with a half-Cauchy
/// prior on the spread of the scale of a typical standard error (Gelman, "Prior distributions for variance parameters in
/// hierarchical models", 2006), the spread integrated over and not estimated: it is hardly known from a few segments,
/// and intervals that take it as known are too narrow.
///
/// # Errors
/// No segments, effects in different units, or `alpha` not between 0 and 1.
pub fn shrink(effects: &[Effect], alpha: f64) -> Result<Dimension, Refused> {
    let alpha = error_rate(alpha)?;
    let Some(first) = effects.first() else {
        return Err(Refused::Empty("the dimension"));
    };
    if let Some(other) = effects.iter().find(|effect| effect.difference != first.difference) {
        return Err(Refused::KindsDiffer { control: first.difference.as_str(), variant: other.difference.as_str() });
    }
    let levels = levels(effects);
    let over = |of: &dyn Fn(&Level) -> f64| levels.iter().map(|level| level.weight * of(level)).sum::<f64>();
    let mean = over(&|level| level.mean);
    let mean_variance = over(&|level| level.mean_variance + (level.mean - mean).powi(2));
    let z = normal_quantile(1.0 - alpha / 2.0);
    let segments = effects
        .iter()
        .map(|effect| {
            let square = effect.standard_error * effect.standard_error;
            let kept = |level: &Level| level.spread / (level.spread + square);
            let middle = |level: &Level| level.mean + kept(level) * (effect.estimate - level.mean);
            let estimate = over(&middle);
            let variance = over(&|level| {
                kept(level) * square
                    + (1.0 - kept(level)).powi(2) * level.mean_variance
                    + (middle(level) - estimate).powi(2)
            });
            Shrunk {
                raw: effect.estimate,
                raw_error: effect.standard_error,
                estimate,
                sd: variance.sqrt(),
                interval: Interval::around(estimate, z * variance.sqrt()),
                kept: over(&kept),
            }
        })
        .collect();
    let mut below = 0.0;
    let median = levels.iter().find(|level| {
        below += level.weight;
        below >= 0.5
    });
    Ok(Dimension {
        mean,
        mean_error: mean_variance.sqrt(),
        spread: median.map_or(0.0, |level| level.spread.sqrt()),
        p_alike: alike(effects),
        segments,
    })
}

/// The posterior of the spread, at the middles of equal shares of its prior; weights add up to 1.
fn levels(effects: &[Effect]) -> Vec<Level> {
    let mut errors: Vec<f64> = effects.iter().map(|effect| effect.standard_error).collect();
    errors.sort_by(f64::total_cmp);
    let scale = errors.get(errors.len() / 2).copied().unwrap_or(1.0);
    let mut levels: Vec<Level> = (0..POINTS)
        .map(|point| {
            let share = (f64::from(point) + 0.5) / f64::from(POINTS);
            let spread = (scale * (std::f64::consts::FRAC_PI_2 * share).tan()).powi(2);
            let variance = |effect: &Effect| effect.standard_error * effect.standard_error + spread;
            let total: f64 = effects.iter().map(|effect| 1.0 / variance(effect)).sum();
            let mean = effects.iter().map(|effect| effect.estimate / variance(effect)).sum::<f64>() / total;
            let fit = |effect: &Effect| variance(effect).ln() + (effect.estimate - mean).powi(2) / variance(effect);
            let log = -0.5 * (total.ln() + effects.iter().map(fit).sum::<f64>());
            Level { spread, weight: log, mean, mean_variance: 1.0 / total }
        })
        .collect();
    let highest = levels.iter().map(|level| level.weight).fold(f64::NEG_INFINITY, f64::max);
    levels.iter_mut().for_each(|level| level.weight = (level.weight - highest).exp());
    let total: f64 = levels.iter().map(|level| level.weight).sum();
    levels.iter_mut().for_each(|level| level.weight /= total);
    levels
}

/// Cochran's Q.
fn alike(effects: &[Effect]) -> f64 {
    let weight = |effect: &Effect| effect.standard_error.powi(-2);
    let total: f64 = effects.iter().map(weight).sum();
    let mean = effects.iter().map(|effect| weight(effect) * effect.estimate).sum::<f64>() / total;
    let q: f64 = effects.iter().map(|effect| weight(effect) * (effect.estimate - mean).powi(2)).sum();
    if effects.len() < 2 { 1.0 } else { chi_square_above(q, effects.len() as f64 - 1.0) }
}
