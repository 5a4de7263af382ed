//! What holidays, promotions and prices add: taken out before a series is forecast, put back where they are known to come.

use std::collections::HashMap;

use anofox_forecast::utils::ols::ols_fit;
use serde::Serialize;

use crate::combine::Combined;
use crate::history::History;
use crate::split;

/// Rounds of backfitting; the effects move by less than a hundredth after three.
const ROUNDS: usize = 5;

/// Something known of each period, past and coming: 1 on a holiday and 0 else, a price, a discount.
#[derive(Clone, Debug, PartialEq)]
pub struct Regressor {
    /// Its name.
    pub name: String,
    /// A value for each period of the history and then for each period ahead.
    pub values: Vec<f64>,
}

/// What a regressor adds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Effect {
    /// The regressor's name.
    pub name: String,
    /// Units of the series per unit of the regressor.
    pub per_unit: f64,
}

/// The effects, and what they add in each period.
#[derive(Clone, Debug, Default)]
pub(crate) struct Regression {
    pub(crate) effects: Vec<Effect>,
    /// From the first period of the history on; empty without regressors.
    adds: Vec<f64>,
    skipped: usize,
}

/// Backfitting (Hastie & Tibshirani 1990): trend and season of the series without the effects, then the effects by least
/// squares on what trend and season leave, again until they stay. A regressor that never changes, or that others make up,
/// has no effect of its own: then none is taken out.
pub(crate) fn fit(recent: &[Option<f64>], skipped: usize, season: usize, regressors: &[Regressor]) -> Regression {
    let nothing = Regression::default();
    if regressors.is_empty() {
        return nothing;
    }
    let columns: HashMap<String, Vec<f64>> = regressors
        .iter()
        .enumerate()
        .map(|(at, regressor)| (at.to_string(), regressor.values.iter().skip(skipped).copied().collect()))
        .collect();
    let seen: Vec<usize> =
        (0..recent.len()).filter(|at| recent.get(*at).copied().flatten().is_some_and(f64::is_finite)).collect();
    if seen.len() < 2 * regressors.len() + 8 {
        return nothing;
    }
    let pick = |values: &[f64]| -> Vec<f64> { seen.iter().filter_map(|at| values.get(*at)).copied().collect() };
    let known: HashMap<String, Vec<f64>> = columns.iter().map(|(name, values)| (name.clone(), pick(values))).collect();
    let mut fitted = Regression { skipped, ..Regression::default() };
    for _ in 0..ROUNDS {
        let Some(history) = History::of(&fitted.without(recent)) else { return nothing };
        let leading = recent.len() - history.values.len();
        let mut expected = vec![0.0; leading];
        expected.extend(split::expected(&history.values, season));
        let left: Vec<f64> =
            seen.iter().filter_map(|at| Some(recent.get(*at).copied().flatten()? - expected.get(*at)?)).collect();
        let Ok(effects) = ols_fit(&left, &known) else { return nothing };
        let of = |at: usize| effects.coefficient_for(&at.to_string()).filter(|value| value.is_finite());
        let Some(per_unit) = (0..regressors.len()).map(of).collect::<Option<Vec<f64>>>() else { return nothing };
        let periods = regressors.iter().map(|regressor| regressor.values.len()).min().unwrap_or_default();
        fitted.adds = (skipped..periods)
            .map(|at| regressors.iter().zip(&per_unit).filter_map(|(x, b)| Some(x.values.get(at)? * b)).sum())
            .collect();
        fitted.effects = regressors
            .iter()
            .zip(per_unit)
            .map(|(regressor, per_unit)| Effect { name: regressor.name.clone(), per_unit })
            .collect();
    }
    fitted
}

impl Regression {
    /// The series without the effects.
    pub(crate) fn without(&self, recent: &[Option<f64>]) -> Vec<Option<f64>> {
        let adds = self.adds.iter().copied().chain(std::iter::repeat(0.0));
        recent.iter().zip(adds).map(|(value, add)| value.map(|value| value - add)).collect()
    }

    /// Puts the effects onto a forecast of the series without them. `leading` periods of the history had no value before
    /// the first.
    pub(crate) fn put_back(&self, combined: &mut Combined, leading: usize, periods: usize) {
        let put = |from: usize, path: &mut Vec<f64>| {
            let adds = self.adds.iter().skip(from.saturating_sub(self.skipped));
            path.iter_mut().zip(adds).for_each(|(value, add)| *value += add);
        };
        put(periods, &mut combined.mean);
        for interval in &mut combined.intervals {
            put(periods, &mut interval.lower);
            put(periods, &mut interval.upper);
        }
        for origin in &mut combined.backtest.origins {
            put(leading + origin.at, &mut origin.forecast);
            put(leading + origin.at, &mut origin.actual);
            origin.at += leading;
        }
    }
}
