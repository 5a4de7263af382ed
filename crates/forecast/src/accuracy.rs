//! How far forecasts were from what happened (Hyndman & Koehler 2006; Makridakis et al., the M4 competition, 2020).

/// Symmetric mean absolute percentage error, 0 to 200: mean of 200·|y − f| / (|y| + |f|). A point where both are zero
/// counts as exact. `None` without points.
#[must_use]
pub fn smape(actual: &[f64], forecast: &[f64]) -> Option<f64> {
    mean(actual.iter().zip(forecast).map(|(y, f)| {
        let size = y.abs() + f.abs();
        if size > 0.0 { 200.0 * (y - f).abs() / size } else { 0.0 }
    }))
}

/// Mean absolute error. `None` without points.
#[must_use]
pub fn mae(actual: &[f64], forecast: &[f64]) -> Option<f64> {
    mean(actual.iter().zip(forecast).map(|(y, f)| (y - f).abs()))
}

/// Mean absolute scaled error: the mean absolute error over the history's own mean step |y_t − y_{t−lag}|; below 1 it
/// beats the (seasonal) naive forecast's errors one step ahead. `None` where the history has no step other than zero.
#[must_use]
pub fn mase(history: &[f64], lag: usize, actual: &[f64], forecast: &[f64]) -> Option<f64> {
    let step = mean(history.iter().zip(history.iter().skip(lag.max(1))).map(|(before, after)| (after - before).abs()))?;
    if step > 0.0 { Some(mae(actual, forecast)? / step) } else { None }
}

/// Weighted absolute percentage error: sum |y − f| over sum |y|; a fraction. `None` where nothing happened.
#[must_use]
pub fn wape(actual: &[f64], forecast: &[f64]) -> Option<f64> {
    let size: f64 = actual.iter().map(|y| y.abs()).sum();
    let error: f64 = actual.iter().zip(forecast).map(|(y, f)| (y - f).abs()).sum();
    if size > 0.0 { Some(error / size) } else { None }
}

/// The share of points inside their interval, ends included. `None` without points.
#[must_use]
pub fn coverage(actual: &[f64], lower: &[f64], upper: &[f64]) -> Option<f64> {
    mean(
        actual
            .iter()
            .zip(lower.iter().zip(upper))
            .map(|(y, (low, high))| if low <= y && y <= high { 1.0 } else { 0.0 }),
    )
}

pub(crate) fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    if count > 0.0 { Some(sum / count) } else { None }
}

/// The middle value; of an even number, the mean of the middle two. `None` without values; `NaN`s sort last.
#[must_use]
pub fn median(values: &[f64]) -> Option<f64> {
    quantile(values, 0.5)
}

/// The quantile at `level` (a fraction), linear between neighbours (type 7 of Hyndman & Fan 1996). `None` without
/// values.
#[must_use]
pub fn quantile(values: &[f64], level: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted_quantile(&sorted, level)
}

pub(crate) fn sorted_quantile(sorted: &[f64], level: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = level.clamp(0.0, 1.0) * last as f64;
    let below = place.floor();
    let low = sorted.get(below as usize)?;
    let high = sorted.get((below as usize + 1).min(last))?;
    Some(low + (high - low) * (place - below))
}
