//! Levels that changed for good.

use anofox_forecast::changepoint::{CostFunction, PeltConfig, pelt_detect};
use anofox_forecast::seasonality::STL;
use serde::Serialize;

use crate::usual::{MAD, median};
use crate::{Error, MAX_SEASON};

/// Most values that are read: the last ones.
pub const MAX_HISTORY: usize = 2_000;
/// Penalty of a change, in variances times the logarithm of the length: a change costs its place and its level, and
/// neighbours that are alike (autocorrelation 0.3) make runs seem levels: 2 · (1 + 0.3) / (1 − 0.3) ≈ 4.
const PENALTY: f64 = 4.0;
/// Seasons below which none is told from noise.
const FEWEST_SEASONS: usize = 3;
/// Deviations from the median of its neighbours at which a value is cut: one day is no level.
const CUT: f64 = 3.0;
/// Neighbours to each side whose median that is.
const AROUND: usize = 3;

/// A level that changed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Change {
    /// The first period of the new level.
    pub at: usize,
    /// The mean before, back to the change before that, in the series' unit and without its season.
    pub before: f64,
    /// The mean after, on to the next change.
    pub after: f64,
}

/// Finds changes of level in the series without its season (robust STL; Cleveland et al. 1990): PELT (Killick, Fearnhead &
/// Eckley 2012) with squared error, levels of at least `shortest` periods. Gaps take the value before.
///
/// # Errors
/// `season` is not 1 to [`MAX_SEASON`], or `shortest` less than two.
pub fn changes(observed: &[Option<f64>], season: usize, shortest: usize) -> Result<Vec<Change>, Error> {
    if !(1..=MAX_SEASON).contains(&season) {
        return Err(Error { field: "season", found: season as f64, wanted: "1 to 366" });
    }
    if shortest < 2 {
        return Err(Error { field: "shortest", found: shortest as f64, wanted: "2 or more" });
    }
    let skipped = observed.len().saturating_sub(MAX_HISTORY);
    let mut before = None;
    let values: Vec<f64> = observed
        .iter()
        .skip(skipped)
        .filter_map(|value| {
            before = value.filter(|value| value.is_finite()).or(before);
            before
        })
        .collect();
    let first = observed.len() - values.len();
    let adjusted = without_outliers(&without_season(&values, season));
    let steps: Vec<f64> = adjusted.iter().zip(adjusted.iter().skip(1)).map(|(one, next)| (next - one).abs()).collect();
    // A step is the difference of two values: its deviation is √2 times theirs.
    let deviation = MAD * median(&steps).unwrap_or_default() / std::f64::consts::SQRT_2;
    let size = adjusted.iter().fold(0.0_f64, |size, value| size.max(value.abs()));
    // Where most values equal their neighbours there is no noise to speak of: any other step counts.
    let deviation = deviation.max(1e-6 * size);
    if adjusted.len() < 2 * shortest || deviation <= 0.0 || !deviation.is_finite() {
        return Ok(Vec::new());
    }
    let scaled: Vec<f64> = adjusted.iter().map(|value| value / deviation).collect();
    let config = PeltConfig {
        cost_fn: CostFunction::L2,
        penalty: PENALTY * (scaled.len() as f64).ln(),
        min_segment_length: shortest,
    };
    let segments = pelt_detect(&scaled, &config).segments;
    let level = |(start, end): &(usize, usize)| {
        let level = adjusted.get(*start..*end).unwrap_or_default();
        level.iter().sum::<f64>() / level.len().max(1) as f64
    };
    Ok(segments
        .iter()
        .zip(segments.iter().skip(1))
        .map(|(before, after)| Change { at: after.0 + first, before: level(before), after: level(after) })
        .collect())
}

fn without_season(values: &[f64], season: usize) -> Vec<f64> {
    if season > 1
        && values.len() >= FEWEST_SEASONS * season
        && let Some(split) = STL::new(season).robust().decompose(values)
    {
        return values.iter().zip(&split.seasonal).map(|(value, part)| value - part).collect();
    }
    values.to_vec()
}

fn without_outliers(values: &[f64]) -> Vec<f64> {
    let around: Vec<f64> = (0..values.len())
        .map(|at| {
            let around = values.get(at.saturating_sub(AROUND)..(at + AROUND + 1).min(values.len()));
            around.and_then(median).unwrap_or_default()
        })
        .collect();
    let away: Vec<f64> = values.iter().zip(&around).map(|(value, middle)| (value - middle).abs()).collect();
    let most = CUT * MAD * median(&away).unwrap_or_default();
    values.iter().zip(&around).map(|(value, middle)| value.clamp(middle - most, middle + most)).collect()
}
