//! The single models, each from a crate, behind one shape: search once on the whole history, then refit what was found
//! at the origins of a backtest.

use std::cell::OnceCell;

use anofox_forecast::core::TimeSeries;
use anofox_forecast::models::Forecaster;
use anofox_forecast::models::arima::{ARIMA, AutoARIMA, AutoARIMAConfig};
use anofox_forecast::models::exponential::{AutoETS, AutoETSConfig, ETS, ETSSpec};
use anofox_forecast::models::inspect::Explanation;
use anofox_forecast::models::intermittent::{Croston, TSB};
use anofox_forecast::models::mfles::MFLES;
use anofox_forecast::models::theta::Theta;
use anofox_forecast::seasonality::STL;
use chrono::{DateTime, TimeDelta};
use serde::Serialize;

use crate::accuracy;

/// Most values the models without season read: levels of years ago say nothing about the next quarter, and ARIMA's time
/// grows with them. Three years of weeks; more than 150, from where the search for orders takes conditional sums of
/// squares instead of the exact likelihood.
const RECENT: usize = 156;
/// Most values the seasonal models read.
const SEASONAL: usize = 730;
/// Values the seasonal models read at the least, where there are as many.
const LEAST_SEASONAL: usize = 260;
/// Seasons the seasonal models read.
const SEASONS: usize = 8;
/// Highest orders of ARIMA tried.
const ORDER: usize = 2;
/// Rounds in which STL learns which values are outliers.
const ROBUST: usize = 3;
/// Observations beyond two seasons before a season is believed.
const BEYOND_TWO_SEASONS: usize = 4;

/// A single model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Member {
    /// The mean of what there is.
    Mean,
    /// The last value.
    Naive,
    /// The value one season ago.
    SeasonalNaive,
    /// The theta method (Assimakopoulos & Nikolopoulos 2000).
    Theta,
    /// Exponential smoothing, error and trend chosen by AICc (Hyndman et al. 2002).
    Ets,
    /// ARIMA, orders chosen stepwise by AICc (Hyndman & Khandakar 2008).
    Arima,
    /// Robust STL, ETS on the seasonally adjusted series (Cleveland et al. 1990; Bandara et al. 2021).
    StlEts,
    /// Robust STL, ARIMA on the seasonally adjusted series.
    StlArima,
    /// Gradient-boosted trend, Fourier season and level (MFLES, Blume 2023).
    Mfles,
    /// Croston's method with the Syntetos–Boylan correction (2005).
    Croston,
    /// Teunter, Syntetos & Babai (2011): demand may die out.
    Tsb,
}

/// What a search found; enough to fit the same model again at another origin without searching.
#[derive(Clone, Debug)]
pub(crate) enum Found {
    Plain(Member),
    Ets(ETSSpec, Smoothing),
    Arima(Coefficients),
    StlEts(ETSSpec, Smoothing),
    StlArima(Coefficients),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Smoothing {
    alpha: f64,
    beta: Option<f64>,
    phi: Option<f64>,
}

/// An ARIMA model's orders and coefficients. Whether its differenced series has a mean is kept, the mean itself is
/// taken where the model is fitted.
#[derive(Clone, Debug)]
pub(crate) struct Coefficients {
    differences: usize,
    ar: Vec<f64>,
    ma: Vec<f64>,
    mean: bool,
}

/// A history as the models read it; split into season and rest once.
pub(crate) struct Prepared<'a> {
    values: &'a [f64],
    season: usize,
    adjusted: OnceCell<Option<Adjusted>>,
}

impl<'a> Prepared<'a> {
    pub(crate) fn new(values: &'a [f64], season: usize) -> Self {
        Self { values, season, adjusted: OnceCell::new() }
    }

    fn adjusted(&self) -> Option<&Adjusted> {
        self.adjusted.get_or_init(|| Adjusted::of(self.values, self.season)).as_ref()
    }

    /// Chooses the form of `member` and forecasts. `None` where the model does not apply or finds nothing.
    pub(crate) fn search(&self, member: Member, horizon: usize) -> Option<(Found, Vec<f64>)> {
        match member {
            Member::Ets => {
                let (spec, smoothing, path) = search_ets(recent(self.values), horizon)?;
                Some((Found::Ets(spec, smoothing), path))
            }
            Member::Arima => {
                let (found, path) = search_arima(recent(self.values), horizon)?;
                Some((Found::Arima(found), path))
            }
            Member::StlEts => {
                let adjusted = self.adjusted()?;
                let (spec, smoothing, path) = search_ets(recent(&adjusted.values), horizon)?;
                Some((Found::StlEts(spec, smoothing), adjusted.seasoned(path)))
            }
            Member::StlArima => {
                let adjusted = self.adjusted()?;
                let (found, path) = search_arima(recent(&adjusted.values), horizon)?;
                Some((Found::StlArima(found), adjusted.seasoned(path)))
            }
            plain => Some((Found::Plain(plain), self.plain(plain, horizon)?)),
        }
    }

    /// Fits the form found and forecasts.
    pub(crate) fn refit(&self, found: &Found, horizon: usize) -> Option<Vec<f64>> {
        match found {
            Found::Plain(member) => self.plain(*member, horizon),
            Found::Ets(spec, smoothing) => refit_ets(*spec, *smoothing, recent(self.values), horizon),
            Found::Arima(found) => refit_arima(found, recent(self.values), horizon),
            Found::StlEts(spec, smoothing) => {
                let adjusted = self.adjusted()?;
                Some(adjusted.seasoned(refit_ets(*spec, *smoothing, recent(&adjusted.values), horizon)?))
            }
            Found::StlArima(found) => {
                let adjusted = self.adjusted()?;
                Some(adjusted.seasoned(refit_arima(found, recent(&adjusted.values), horizon)?))
            }
        }
    }

    fn plain(&self, member: Member, horizon: usize) -> Option<Vec<f64>> {
        let (values, season) = (self.values, self.season);
        match member {
            Member::Mean => accuracy::mean(recent(values).iter().copied()).map(|mean| vec![mean; horizon]),
            Member::Naive => values.last().map(|last| vec![*last; horizon]),
            Member::SeasonalNaive => {
                let year = values.get(values.len().checked_sub(season)?..)?;
                (season > 1).then(|| year.iter().copied().cycle().take(horizon).collect())
            }
            Member::Theta => path(Theta::new(), recent(values), horizon),
            Member::Mfles if has_season(values, season) => {
                path(MFLES::new(vec![season]), seasonal(values, season), horizon)
            }
            Member::Croston => path(Croston::new().sba(), values, horizon),
            Member::Tsb => path(TSB::new().with_params(0.1, 0.1), values, horizon),
            Member::Mfles | Member::Ets | Member::Arima | Member::StlEts | Member::StlArima => None,
        }
    }
}

fn search_ets(values: &[f64], horizon: usize) -> Option<(ETSSpec, Smoothing, Vec<f64>)> {
    let mut model = AutoETS::with_config(AutoETSConfig::non_seasonal());
    model.fit(&series(values)?).ok()?;
    let found = finite(model.predict(horizon).ok()?.primary().to_vec())?;
    let Explanation::Ets(fitted) = Forecaster::explanation(&model).ok()? else { return None };
    let smoothing = Smoothing { alpha: fitted.alpha, beta: fitted.beta, phi: fitted.phi };
    Some((model.selected_spec()?, smoothing, found))
}

fn refit_ets(spec: ETSSpec, smoothing: Smoothing, values: &[f64], horizon: usize) -> Option<Vec<f64>> {
    path(ETS::with_params(spec, 1, smoothing.alpha, smoothing.beta, None, smoothing.phi), values, horizon)
}

fn search_arima(values: &[f64], horizon: usize) -> Option<(Coefficients, Vec<f64>)> {
    let mut model = AutoARIMA::with_config(AutoARIMAConfig::default().with_max_orders(ORDER, 2, ORDER));
    model.fit(&series(values)?).ok()?;
    let found = finite(model.predict(horizon).ok()?.primary().to_vec())?;
    let Explanation::Arima(fitted) = Forecaster::explanation(&model).ok()? else { return None };
    let (p, differences, q) = fitted.order;
    let ar = fitted.coefficients.get(..p)?.to_vec();
    let ma = fitted.coefficients.get(p..p + q)?.to_vec();
    // The search does not say whether it kept a mean: the model with the nearer path is the one it found.
    let off = |mean: bool| {
        let candidate = Coefficients { differences, ar: ar.clone(), ma: ma.clone(), mean };
        let error = refit_arima(&candidate, values, horizon).and_then(|path| accuracy::mae(&found, &path));
        (error.unwrap_or(f64::INFINITY), candidate)
    };
    let (without, with) = (off(false), off(true));
    Some((if with.0 < without.0 { with.1 } else { without.1 }, found))
}

fn refit_arima(found: &Coefficients, values: &[f64], horizon: usize) -> Option<Vec<f64>> {
    let mean = if found.mean {
        let mut steps = values.to_vec();
        for _ in 0..found.differences {
            steps = steps.iter().zip(steps.iter().skip(1)).map(|(one, next)| next - one).collect();
        }
        accuracy::mean(steps.into_iter())?
    } else {
        0.0
    };
    let (ar, ma) = (found.ar.clone(), found.ma.clone());
    path(ARIMA::with_coefficients(ar.len(), found.differences, ma.len(), ar, ma, mean), values, horizon)
}

fn path(mut model: impl Forecaster, values: &[f64], horizon: usize) -> Option<Vec<f64>> {
    finite(model.fit_predict(&series(values)?, horizon).ok()?.primary().to_vec())
}

fn finite(path: Vec<f64>) -> Option<Vec<f64>> {
    path.iter().all(|value| value.is_finite()).then_some(path)
}

/// The models ask for times; they are equally spaced here, so any will do.
fn series(values: &[f64]) -> Option<TimeSeries> {
    let mut at = DateTime::UNIX_EPOCH;
    let mut times = Vec::with_capacity(values.len());
    for _ in values {
        times.push(at);
        at = at.checked_add_signed(TimeDelta::days(1))?;
    }
    TimeSeries::univariate(times, values.to_vec()).ok()
}

fn last(values: &[f64], count: usize) -> &[f64] {
    values.get(values.len().saturating_sub(count)..).unwrap_or(values)
}

fn recent(values: &[f64]) -> &[f64] {
    last(values, RECENT)
}

fn seasonal(values: &[f64], season: usize) -> &[f64] {
    last(values, (SEASONS * season).clamp(LEAST_SEASONAL, SEASONAL.max(3 * season)))
}

/// Whether there is enough of `values` to tell a season from noise.
pub(crate) fn has_season(values: &[f64], season: usize) -> bool {
    season > 1 && values.len() >= 2 * season + BEYOND_TWO_SEASONS
}

/// A series without its season.
pub(crate) struct Adjusted {
    pub(crate) values: Vec<f64>,
    cycle: Vec<f64>,
}

impl Adjusted {
    /// Splits the last seasons of `values` by robust STL; `None` where there are fewer than two.
    pub(crate) fn of(values: &[f64], season: usize) -> Option<Self> {
        if !has_season(values, season) {
            return None;
        }
        let values = seasonal(values, season);
        let split = STL::new(season).robust().with_outer_iterations(ROBUST).decompose(values)?;
        let adjusted = values.iter().zip(&split.seasonal).map(|(value, part)| value - part).collect();
        let cycle = last(&split.seasonal, season).to_vec();
        Some(Self { values: adjusted, cycle })
    }

    /// Puts the last season seen onto a forecast.
    fn seasoned(&self, path: Vec<f64>) -> Vec<f64> {
        path.into_iter().zip(self.cycle.iter().cycle()).map(|(value, part)| value + part).collect()
    }
}
