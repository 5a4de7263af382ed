//! What trend and season expect of a series.

use anofox_forecast::seasonality::STL;

use crate::accuracy;

/// Rounds in which STL learns which values are outliers.
const ROBUST: usize = 10;
/// Fewest seasons from which a pattern is told.
const FEWEST_SEASONS: usize = 3;
/// Values to either side that make the level of a series without season.
const AROUND: usize = 7;

/// Trend and season of each period by robust STL; the running median where there is no season.
pub(crate) fn expected(values: &[f64], season: usize) -> Vec<f64> {
    if season > 1
        && values.len() >= FEWEST_SEASONS * season
        && let Some(split) = STL::new(season).robust().with_outer_iterations(ROBUST).decompose(values)
    {
        return split.trend.iter().zip(&split.seasonal).map(|(trend, part)| trend + part).collect();
    }
    (0..values.len())
        .map(|at| {
            let around = values.get(at.saturating_sub(AROUND)..(at + AROUND + 1).min(values.len()));
            around.and_then(accuracy::median).unwrap_or_default()
        })
        .collect()
}
