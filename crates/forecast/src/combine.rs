//! The forecast of one series: which models its kind allows, their median, what a backtest says of it, and the interval
//! that follows from the backtest's own errors.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF as _, StudentsT};

use crate::accuracy;
use crate::history::{History, Kind};
use crate::member::{Found, Member, Prepared, has_season};

/// Origins of a backtest.
const ORIGINS: usize = 6;
/// Origins below which the backtest's errors are too few for an interval of their own.
const FEWEST_ORIGINS: usize = 3;
/// A backtest is no shorter than this part of what is asked: a day ahead tells nothing of a quarter.
const SHORTEST: usize = 4;
/// What part of the models' error the season before must stay below to be taken instead.
const CLEARLY: f64 = 0.9;
/// Values a backtest leaves to fit on.
const FIT_ON: usize = 12;
/// The mean size the models see: their tolerances are absolute.
const SCALE: f64 = 100.0;

/// One forecast before the backtest's past: where it started, what it said, what came.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Origin {
    /// Values of the history it was made from.
    pub at: usize,
    /// What was forecast.
    pub forecast: Vec<f64>,
    /// What came.
    pub actual: Vec<f64>,
}

/// How the method would have done on the history itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Backtest {
    /// The origins, earliest first; empty where the history is too short for one.
    pub origins: Vec<Origin>,
    /// Symmetric mean absolute percentage error over all of it, 0 to 200.
    pub smape: Option<f64>,
    /// Mean absolute scaled error over all of it, the step one period back.
    pub mase: Option<f64>,
    /// Each model's own mean absolute error over the same points, best first.
    pub members: Vec<(Member, f64)>,
}

/// An interval for each period ahead.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// How much of what comes it is to hold: a fraction.
    pub level: f64,
    /// Lower ends.
    pub lower: Vec<f64>,
    /// Upper ends.
    pub upper: Vec<f64>,
}

/// What a path is made of.
pub(crate) struct Combined {
    pub(crate) members: Vec<Member>,
    pub(crate) mean: Vec<f64>,
    pub(crate) intervals: Vec<Interval>,
    pub(crate) backtest: Backtest,
}

pub(crate) fn combine(history: &History, season: usize, horizon: usize, levels: &[f64]) -> Combined {
    let size = accuracy::mean(history.values.iter().map(|value| value.abs())).unwrap_or_default();
    let unit = if size > 0.0 && size.is_finite() { size / SCALE } else { 1.0 };
    let values: Vec<f64> = history.values.iter().map(|value| value / unit).collect();
    let floor = if values.iter().all(|value| *value >= 0.0) { Some(0.0) } else { None };
    let bounded = |value: f64| floor.map_or(value, |floor: f64| value.max(floor));

    let prepared = Prepared::new(&values, season);
    let searched: Vec<(Member, Found, Vec<f64>)> = pool(history.kind, &values, season)
        .into_iter()
        .filter_map(|member| prepared.search(member, horizon).map(|(found, path)| (member, found, path)))
        .collect();
    let last = vec![values.last().copied().unwrap_or_default(); horizon];
    let mut chosen =
        if searched.is_empty() { vec![(Member::Naive, Found::Plain(Member::Naive), last)] } else { searched };
    let (mut backtest, mut errors) = backtest(&values, season, horizon, &chosen, bounded);
    if history.kind == Kind::Regular
        && let Some((found, path)) = prepared.search(Member::SeasonalNaive, horizon)
    {
        let alone = vec![(Member::SeasonalNaive, found, path)];
        let (other, its) = self::backtest(&values, season, horizon, &alone, bounded);
        let better = matches!((other.mase, backtest.mase), (Some(other), Some(mase)) if other < CLEARLY * mase);
        if better && other.origins.len() == backtest.origins.len() {
            (chosen, backtest, errors) = (alone, other, its);
        }
    }
    let members = chosen.iter().map(|(member, ..)| *member).collect();
    let paths: Vec<&[f64]> = chosen.iter().map(|(_, _, path)| path.as_slice()).collect();
    let mean: Vec<f64> = middle(&paths).into_iter().map(bounded).collect();

    let spread = Spread::of(&values, &errors, history.kind);
    let intervals = levels
        .iter()
        .map(|level| {
            let (lower, upper) = mean
                .iter()
                .enumerate()
                .map(|(at, mean)| {
                    let (below, above) = spread.at(*level, at + 1, *mean);
                    (bounded(below) * unit, bounded(above) * unit)
                })
                .unzip();
            Interval { level: *level, lower, upper }
        })
        .collect();
    Combined {
        members,
        mean: mean.into_iter().map(|value| value * unit).collect(),
        intervals,
        backtest: backtest.scaled(unit),
    }
}

fn pool(kind: Kind, values: &[f64], season: usize) -> Vec<Member> {
    match kind {
        Kind::Constant => vec![Member::Naive],
        Kind::Short => vec![Member::Mean, Member::Naive],
        Kind::Intermittent => vec![Member::Croston, Member::Tsb, Member::Mean],
        Kind::Regular if has_season(values, season) => {
            vec![Member::Arima, Member::StlArima, Member::StlEts, Member::Mfles]
        }
        Kind::Regular => vec![Member::Ets, Member::Arima, Member::Theta],
    }
}

/// The median of the paths, period by period.
fn middle(paths: &[&[f64]]) -> Vec<f64> {
    let horizon = paths.iter().map(|path| path.len()).min().unwrap_or_default();
    (0..horizon)
        .map(|at| {
            let values: Vec<f64> = paths.iter().filter_map(|path| path.get(at)).copied().collect();
            accuracy::median(&values).unwrap_or_default()
        })
        .collect()
}

/// Fits what was found again at earlier origins, on nothing but what was known there. Only the models' form is chosen
/// with later values in sight.
fn backtest(
    values: &[f64],
    season: usize,
    horizon: usize,
    searched: &[(Member, Found, Vec<f64>)],
    bounded: impl Fn(f64) -> f64 + Copy,
) -> (Backtest, Vec<Vec<f64>>) {
    let fewest = FIT_ON.max(if has_season(values, season) { 2 * season + 4 } else { 0 });
    let horizon = tried(horizon, values.len().saturating_sub(fewest));
    let step = (horizon / 2).max(1);
    let mut origins = Vec::new();
    let mut totals: Vec<(Member, f64, f64)> = searched.iter().map(|(member, ..)| (*member, 0.0, 0.0)).collect();
    let cuts =
        (0..ORIGINS).map_while(|back| values.len().checked_sub(horizon + back * step)).filter(|at| *at >= fewest);
    for at in cuts {
        let (Some(known), Some(actual)) = (values.get(..at), values.get(at..at + horizon)) else { continue };
        let prepared = Prepared::new(known, season);
        let mut paths = Vec::new();
        for ((_, found, _), total) in searched.iter().zip(&mut totals) {
            if let Some(path) = prepared.refit(found, horizon) {
                total.1 += accuracy::mae(actual, &path).unwrap_or_default();
                total.2 += 1.0;
                paths.push(path);
            }
        }
        if paths.is_empty() {
            continue;
        }
        let forecast: Vec<f64> =
            middle(&paths.iter().map(Vec::as_slice).collect::<Vec<_>>()).into_iter().map(bounded).collect();
        origins.push(Origin { at, forecast, actual: actual.to_vec() });
    }
    origins.reverse();
    let errors =
        origins.iter().map(|origin| origin.actual.iter().zip(&origin.forecast).map(|(y, f)| y - f).collect()).collect();
    let actual: Vec<f64> = origins.iter().flat_map(|origin| origin.actual.iter().copied()).collect();
    let forecast: Vec<f64> = origins.iter().flat_map(|origin| origin.forecast.iter().copied()).collect();
    let mut members: Vec<(Member, f64)> =
        totals.iter().filter(|total| total.2 > 0.0).map(|(member, sum, count)| (*member, sum / count)).collect();
    members.sort_by(|one, other| one.1.total_cmp(&other.1));
    let (smape, mase) = (accuracy::smape(&actual, &forecast), accuracy::mase(values, 1, &actual, &forecast));
    (Backtest { origins, smape, mase, members }, errors)
}

/// How far ahead the backtest forecasts: as far as is asked, or less far where `left` values are too few for
/// [`FEWEST_ORIGINS`] such forecasts. What is learnt from shorter ones says more of the longer than one long one does.
fn tried(horizon: usize, left: usize) -> usize {
    // Origins stand half a horizon apart.
    let furthest = 2 * left / (FEWEST_ORIGINS + 1);
    if furthest * SHORTEST < horizon { horizon } else { horizon.min(furthest) }
}

impl Backtest {
    fn scaled(mut self, unit: f64) -> Self {
        for value in self.origins.iter_mut().flat_map(|origin| origin.forecast.iter_mut().chain(&mut origin.actual)) {
            *value *= unit;
        }
        for (_, error) in &mut self.members {
            *error *= unit;
        }
        self
    }
}

/// How far values stray from the forecast, by periods ahead.
enum Spread {
    /// Not at all.
    None,
    /// Quantiles of the history itself: demand that is mostly zero has no symmetric error.
    Demand(Vec<f64>),
    /// Sizes of the backtest's errors, sorted, each divided by its periods ahead to the power of `growth`.
    Errors { sizes: Vec<f64>, growth: f64, origins: usize },
    /// The standard deviation of one step, growing with the root of the periods, from `steps` steps.
    Steps { deviation: f64, steps: f64 },
}

impl Spread {
    fn of(values: &[f64], errors: &[Vec<f64>], kind: Kind) -> Self {
        match kind {
            Kind::Constant => Self::None,
            Kind::Intermittent => {
                let mut sorted = values.to_vec();
                sorted.sort_by(f64::total_cmp);
                Self::Demand(sorted)
            }
            Kind::Short | Kind::Regular if errors.len() >= FEWEST_ORIGINS => Self::learnt(errors),
            Kind::Short | Kind::Regular => {
                let steps: Vec<f64> = values.iter().zip(values.iter().skip(1)).map(|(one, next)| next - one).collect();
                let square = accuracy::mean(steps.iter().map(|step| step * step)).unwrap_or_default();
                Self::Steps { deviation: square.sqrt(), steps: steps.len() as f64 }
            }
        }
    }

    fn learnt(errors: &[Vec<f64>]) -> Self {
        let growth = growth(errors);
        let mut sizes: Vec<f64> = errors
            .iter()
            .flat_map(|path| path.iter().enumerate().map(|(at, error)| error.abs() / ((at + 1) as f64).powf(growth)))
            .collect();
        sizes.sort_by(f64::total_cmp);
        Self::Errors { sizes, growth, origins: errors.len() }
    }

    fn at(&self, level: f64, ahead: usize, mean: f64) -> (f64, f64) {
        let half = match self {
            Self::None => 0.0,
            Self::Demand(sorted) => {
                let end = |level| accuracy::sorted_quantile(sorted, level).unwrap_or(mean);
                return (end((1.0 - level) / 2.0), end((1.0 + level) / 2.0));
            }
            Self::Errors { sizes, growth, origins } => {
                let quantile = accuracy::sorted_quantile(sizes, level).unwrap_or_default();
                quantile * widened(level, *origins) * (ahead as f64).powf(*growth)
            }
            Self::Steps { deviation, steps } => student(level, steps.max(1.0)) * deviation * (ahead as f64).sqrt(),
        };
        (mean - half, mean + half)
    }
}

/// The power of the periods ahead with which errors grow: the slope of log mean |error| on log periods, within 0 and 1.
fn growth(errors: &[Vec<f64>]) -> f64 {
    let horizon = errors.iter().map(Vec::len).min().unwrap_or_default();
    let points: Vec<(f64, f64)> = (0..horizon)
        .filter_map(|at| {
            let size = accuracy::mean(errors.iter().filter_map(|path| path.get(at)).map(|error| error.abs()))?;
            (size > 0.0).then(|| (((at + 1) as f64).ln(), size.ln()))
        })
        .collect();
    let (Some(x), Some(y)) = (accuracy::mean(points.iter().map(|p| p.0)), accuracy::mean(points.iter().map(|p| p.1)))
    else {
        return 0.5;
    };
    let across: f64 = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
    let along: f64 = points.iter().map(|p| (p.0 - x).powi(2)).sum();
    if along > 0.0 { (across / along).clamp(0.0, 1.0) } else { 0.5 }
}

/// The quantile of a few errors is itself uncertain, the more the farther out it lies: as much as Student's with as many
/// degrees of freedom as origins is wider than the normal, relative to the middle half.
fn widened(level: f64, origins: usize) -> f64 {
    let wider = |level: f64| student(level, origins.max(1) as f64) / student(level, 1e6);
    wider(level) / wider(0.5)
}

fn student(level: f64, freedom: f64) -> f64 {
    StudentsT::new(0.0, 1.0, freedom).map_or(f64::NAN, |student| student.inverse_cdf(f64::midpoint(1.0, level)))
}
