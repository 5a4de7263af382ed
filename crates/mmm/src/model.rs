//! What is modelled: the outcome of each period as a baseline (level, trend, season, controls) plus what each channel's
//! spend adds, with its carry-over and its saturation.
//!
//! A [`Model`] is the spec and the data, checked once and laid out for the sampler. It decides nothing by itself.

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use crate::transform::{WeibullCurve, carry_over, geometric, weibull_weights};

/// Fewest periods of a fit.
pub const MIN_PERIODS: usize = 26;
/// Most periods: about four years of days.
pub const MAX_PERIODS: usize = 1_500;
/// Most channels.
pub const MAX_CHANNELS: usize = 30;
/// Most columns of the baseline.
pub const MAX_COLUMNS: usize = 100;
/// Longest carry-over of a Weibull adstock, in periods.
pub const MAX_WINDOW: usize = 60;

/// How a channel's spend works on after its period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Adstock {
    /// It fades by a fixed share a period.
    #[default]
    Geometric,
    /// Weibull's density: the effect may come late.
    WeibullPdf,
    /// Weibull's survival: it fades at a rate that changes.
    WeibullCdf,
}

/// How a channel's effect levels off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Saturation {
    /// Hill: an S where its shape is above 1.
    #[default]
    Hill,
    /// Michaelis and Menten: Hill with shape 1, always concave.
    MichaelisMenten,
    /// Logistic: concave, sooner full.
    Logistic,
}

/// A channel and the family of its curve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    /// Its name.
    pub name: String,
    /// Its carry-over.
    #[serde(default)]
    pub adstock: Adstock,
    /// Its saturation.
    #[serde(default)]
    pub saturation: Saturation,
    /// Periods after which a Weibull carry-over ends, 2 to [`MAX_WINDOW`].
    #[serde(default = "window")]
    pub window: usize,
}

const fn window() -> usize {
    13
}

/// Something besides marketing that moves the outcome: a holiday, a promotion, a price.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// Its name.
    pub name: String,
    /// The value at which it contributes nothing: 0 for a holiday, the usual price for a price.
    #[serde(default)]
    pub reference: f64,
}

/// A pattern that repeats, as a sum of `order` sines and cosines.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Season {
    /// Periods until it repeats: 52.18 for a year of weeks.
    pub period: f64,
    /// Pairs of sine and cosine: the more, the sharper its turns.
    pub order: usize,
}

/// What an experiment measured of one channel: its spend was other than it would have been, and the outcome, too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Experiment {
    /// The channel's name.
    pub channel: String,
    /// First period of the difference, counted from 0.
    pub from: usize,
    /// The period after the last one of the difference.
    pub to: usize,
    /// The period after the last one in which the outcome was measured; `to` unless given.
    #[serde(default)]
    pub until: Option<usize>,
    /// What it is compared with: the recorded spend times this. 0 compares with no spend at all.
    #[serde(default)]
    pub scale: f64,
    /// Outcome with the recorded spend less outcome with the other one, over the periods measured; outcome's unit.
    pub lift: f64,
    /// Standard error of `lift`, above 0.
    pub standard_error: f64,
}

/// What is asked of a fit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// The channels, 1 to [`MAX_CHANNELS`].
    pub channels: Vec<Channel>,
    /// The controls.
    #[serde(default)]
    pub controls: Vec<Control>,
    /// The seasons.
    #[serde(default)]
    pub seasons: Vec<Season>,
    /// How often the trend may turn; 0 is a straight line.
    #[serde(default)]
    pub turns: usize,
    /// The experiments that calibrate it.
    #[serde(default)]
    pub experiments: Vec<Experiment>,
}

/// What was seen: one value a period, in order, without gaps.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Data {
    /// The outcome: revenue, orders.
    pub outcome: Vec<f64>,
    /// Spend by channel, in the spec's order; any one unit, none below 0.
    pub spend: Vec<Vec<f64>>,
    /// Values by control, in the spec's order.
    pub controls: Vec<Vec<f64>>,
}

/// Why nothing is fitted.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// A count is out of bounds.
    #[error("{what}: {found}, it must be {wanted}")]
    Count {
        /// Of what.
        what: String,
        /// How many there are.
        found: usize,
        /// How many there may be.
        wanted: String,
    },
    /// A number is out of bounds.
    #[error("{what} is {found}, it must be {wanted}")]
    Number {
        /// Which one.
        what: String,
        /// What it says.
        found: f64,
        /// What it may say.
        wanted: &'static str,
    },
    /// A column has another length than the outcome.
    #[error("{what} has {found} periods, the outcome has {required}")]
    Length {
        /// Which column.
        what: String,
        /// Its length.
        found: usize,
        /// The outcome's.
        required: usize,
    },
    /// A column never changes, so that nothing can be learnt of it.
    #[error("{what} never changes, so nothing can be learnt of it")]
    Constant {
        /// Which column.
        what: String,
    },
    /// An experiment names a channel that is not there.
    #[error("the experiment's channel {channel:?} is not in the spec")]
    NoChannel {
        /// The name.
        channel: String,
    },
    /// The state or the draws are not of this model.
    #[error("the state is not of this model and these settings")]
    Foreign,
}

/// What a column of the baseline stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Level,
    Trend,
    Season,
    /// By place in the spec.
    Control(usize),
}

/// An experiment with its channel found and its lift scaled.
#[derive(Clone, Debug)]
pub(crate) struct Lift {
    pub(crate) channel: usize,
    pub(crate) until: usize,
    pub(crate) other: Vec<f64>,
    pub(crate) lift: f64,
    pub(crate) standard_error: f64,
}

/// A spec with its data, checked.
#[derive(Clone, Debug)]
pub struct Model {
    spec: Spec,
    data: Data,
    /// Mean of the outcome's absolute values: what one is, inside.
    pub(crate) unit: f64,
    /// Mean spend a period, by channel.
    pub(crate) mean_spend: Vec<f64>,
    pub(crate) outcome: DVector<f64>,
    pub(crate) columns: DMatrix<f64>,
    pub(crate) parts: Vec<Part>,
    /// What each column of the baseline is divided by, after its reference is taken off.
    spread: Vec<f64>,
    /// Prior precision of each coefficient, in periods of a standardised column.
    pub(crate) precision: Vec<f64>,
    pub(crate) lifts: Vec<Lift>,
}

impl Model {
    /// Checks a spec and its data.
    ///
    /// # Errors
    /// What is out of bounds, by name.
    pub fn new(spec: Spec, data: Data) -> Result<Self, Error> {
        check(&spec, &data)?;
        let periods = data.outcome.len();
        let unit = data.outcome.iter().map(|value| value.abs()).sum::<f64>() / periods as f64;
        let mean_spend = data.spend.iter().map(|spend| spend.iter().sum::<f64>() / periods as f64).collect();
        let lifts = spec
            .experiments
            .iter()
            .map(|experiment| {
                let channel = spec.channels.iter().position(|channel| channel.name == experiment.channel);
                let channel = channel.ok_or_else(|| Error::NoChannel { channel: experiment.channel.clone() })?;
                let mut other = data.spend.get(channel).cloned().unwrap_or_default();
                for value in other.get_mut(experiment.from..experiment.to).unwrap_or_default() {
                    *value *= experiment.scale;
                }
                let (lift, standard_error) = (experiment.lift / unit, experiment.standard_error / unit);
                let until = experiment.until.unwrap_or(experiment.to);
                Ok(Lift { channel, until, other, lift, standard_error })
            })
            .collect::<Result<_, Error>>()?;
        let outcome = DVector::from_iterator(periods, data.outcome.iter().map(|value| value / unit));
        let mut model = Self {
            spec,
            data,
            unit,
            mean_spend,
            outcome,
            columns: DMatrix::zeros(0, 0),
            parts: Vec::new(),
            spread: Vec::new(),
            precision: Vec::new(),
            lifts,
        };
        model.lay_out();
        Ok(model)
    }

    /// The spec.
    #[must_use]
    pub const fn spec(&self) -> &Spec {
        &self.spec
    }

    /// The data.
    #[must_use]
    pub const fn data(&self) -> &Data {
        &self.data
    }

    /// Periods of the data.
    #[must_use]
    pub const fn periods(&self) -> usize {
        self.data.outcome.len()
    }

    fn lay_out(&mut self) {
        self.parts = vec![Part::Level];
        self.parts.extend((0..=self.spec.turns).map(|_| Part::Trend));
        let waves: usize = self.spec.seasons.iter().map(|season| 2 * season.order).sum();
        self.parts.extend((0..waves).map(|_| Part::Season));
        self.parts.extend((0..self.spec.controls.len()).map(Part::Control));
        self.spread = vec![1.0; self.parts.len()];
        let periods = self.periods();
        let raw = self.baseline(&self.data.controls, 0, periods);
        // A control's weight in the prior must not depend on its unit.
        for (place, part) in self.parts.iter().enumerate() {
            if let (Part::Control(_), Some(spread)) = (part, self.spread.get_mut(place)) {
                let variance = raw.column(place).variance();
                *spread = if variance > 0.0 { variance.sqrt() } else { 1.0 };
            }
        }
        self.columns = self.baseline(&self.data.controls, 0, periods);
        // The level is free; the rest is drawn to 0 by as much as a thousandth of the data would weigh, and each turn of the
        // trend, which could follow anything, by a fiftieth.
        let mut trends = 0;
        self.precision = self
            .parts
            .iter()
            .map(|part| {
                trends += usize::from(*part == Part::Trend);
                let weight = match part {
                    Part::Level => 1e-9,
                    Part::Trend if trends > 1 => 0.02,
                    _ => 0.001,
                };
                weight * periods as f64
            })
            .collect();
    }

    /// The baseline's columns for the periods `from..from + count`; `controls` are of these.
    pub(crate) fn baseline(&self, controls: &[Vec<f64>], from: usize, count: usize) -> DMatrix<f64> {
        let length = self.periods() as f64;
        let waves: Vec<(f64, bool)> = self
            .spec
            .seasons
            .iter()
            .flat_map(|season| {
                (1..=season.order).flat_map(|wave| {
                    let turn = std::f64::consts::TAU * wave as f64 / season.period;
                    [(turn, false), (turn, true)]
                })
            })
            .collect();
        let (mut turn, mut wave) = (0_usize, 0_usize);
        let mut columns = DMatrix::zeros(count, self.parts.len());
        for (place, part) in self.parts.iter().enumerate() {
            let value: Box<dyn Fn(usize) -> f64> = match part {
                Part::Level => Box::new(|_| 1.0),
                Part::Trend => {
                    // The line through 0 in the middle; then hinges, evenly spaced.
                    let hinge = turn as f64 / (self.spec.turns as f64 + 1.0);
                    turn += 1;
                    let first = turn == 1;
                    Box::new(move |row| {
                        let now = (from + row) as f64 / length;
                        if first { 2.0 * now - 1.0 } else { 2.0 * (now - hinge).max(0.0) }
                    })
                }
                Part::Season => {
                    let (speed, cosine) = waves.get(wave).copied().unwrap_or_default();
                    wave += 1;
                    Box::new(move |row| {
                        let angle = speed * (from + row) as f64;
                        if cosine { angle.cos() } else { angle.sin() }
                    })
                }
                Part::Control(at) => {
                    let values = controls.get(*at);
                    let reference = self.spec.controls.get(*at).map_or(0.0, |control| control.reference);
                    let spread = self.spread.get(place).copied().unwrap_or(1.0);
                    Box::new(move |row| {
                        values.and_then(|values| values.get(row)).map_or(0.0, |value| (value - reference) / spread)
                    })
                }
            };
            columns.column_mut(place).iter_mut().enumerate().for_each(|(row, slot)| *slot = value(row));
        }
        columns
    }
}

impl Channel {
    /// How many numbers describe its carry-over.
    pub(crate) const fn carries(&self) -> usize {
        match self.adstock {
            Adstock::Geometric => 1,
            Adstock::WeibullPdf | Adstock::WeibullCdf => 2,
        }
    }

    /// Spend with its carry-over. `carry` is θ, or Weibull's shape and scale (periods).
    pub(crate) fn adstock(&self, spend: &[f64], carry: &[f64]) -> Vec<f64> {
        let of = |place: usize| carry.get(place).copied().unwrap_or_default();
        match self.weibull() {
            None => geometric(spend, of(0)),
            Some(curve) => carry_over(spend, &weibull_weights(curve, of(0), of(1), self.window)),
        }
    }

    /// What a spend kept up for good adds up to, for each unit of it.
    pub(crate) fn gain(&self, carry: &[f64]) -> f64 {
        let of = |place: usize| carry.get(place).copied().unwrap_or_default();
        match self.weibull() {
            None => 1.0 / (1.0 - of(0)),
            Some(curve) => weibull_weights(curve, of(0), of(1), self.window).iter().sum(),
        }
    }

    const fn weibull(&self) -> Option<WeibullCurve> {
        match self.adstock {
            Adstock::Geometric => None,
            Adstock::WeibullPdf => Some(WeibullCurve::Pdf),
            Adstock::WeibullCdf => Some(WeibullCurve::Cdf),
        }
    }
}

fn check(spec: &Spec, data: &Data) -> Result<(), Error> {
    let within = |what: &str, found: usize, low: usize, high: usize| {
        let wanted = || format!("{low} to {high}");
        if (low..=high).contains(&found) {
            Ok(())
        } else {
            Err(Error::Count { what: what.to_owned(), found, wanted: wanted() })
        }
    };
    let number = |what: String, found: f64, good: bool, wanted: &'static str| {
        if good && found.is_finite() { Ok(()) } else { Err(Error::Number { what, found, wanted }) }
    };
    let periods = data.outcome.len();
    within("channels", spec.channels.len(), 1, MAX_CHANNELS)?;
    within("spend columns", data.spend.len(), spec.channels.len(), spec.channels.len())?;
    within("control columns", data.controls.len(), spec.controls.len(), spec.controls.len())?;
    for season in &spec.seasons {
        within("order of a season", season.order, 1, 20)?;
        number("period of a season".to_owned(), season.period, season.period >= 2.0, "2 or more")?;
    }
    let waves: usize = spec.seasons.iter().map(|season| 2 * season.order).sum();
    let columns = 2 + spec.turns.min(MAX_COLUMNS) + waves + spec.controls.len();
    within("columns of the baseline", columns, 0, MAX_COLUMNS)?;
    // As many periods as the baseline and the channels have free numbers leave nothing to learn from.
    within("periods", periods, MIN_PERIODS.max(columns + 4 * spec.channels.len()), MAX_PERIODS)?;
    for value in &data.outcome {
        number("the outcome".to_owned(), *value, true, "a number")?;
    }
    let changes = |values: &[f64]| values.iter().zip(values.iter().skip(1)).any(|(one, next)| one != next);
    let same = |what: &str, values: &[f64]| {
        if values.len() != periods {
            return Err(Error::Length { what: what.to_owned(), found: values.len(), required: periods });
        }
        if changes(values) { Ok(()) } else { Err(Error::Constant { what: what.to_owned() }) }
    };
    same("the outcome", &data.outcome)?;
    for (channel, spend) in spec.channels.iter().zip(&data.spend) {
        let what = format!("the spend of {}", channel.name);
        for value in spend {
            number(what.clone(), *value, *value >= 0.0, "0 or more")?;
        }
        same(&what, spend)?;
        within("window of a carry-over", channel.window, 2, MAX_WINDOW)?;
    }
    for (control, values) in spec.controls.iter().zip(&data.controls) {
        number(format!("the reference of {}", control.name), control.reference, true, "a number")?;
        for value in values {
            number(control.name.clone(), *value, true, "a number")?;
        }
        same(&control.name, values)?;
    }
    for experiment in &spec.experiments {
        let what = |field: &str| format!("the experiment on {}: {field}", experiment.channel);
        let until = experiment.until.unwrap_or(experiment.to);
        within(&what("to"), experiment.to, experiment.from + 1, periods)?;
        within(&what("until"), until, experiment.to, periods)?;
        number(what("scale"), experiment.scale, experiment.scale >= 0.0, "0 or more")?;
        number(what("lift"), experiment.lift, true, "a number")?;
        let error = experiment.standard_error;
        number(what("standard_error"), error, error > 0.0, "above 0")?;
    }
    Ok(())
}
