//! What the draws say: what brought the outcome, what a channel's money brings, and how sure that is.

use nalgebra::DVector;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};
use serde::{Deserialize, Serialize};

use crate::budget::Response;
use crate::fit::{Draw, PER_CHANNEL, saturation};
use crate::model::{Error, Lift, Model, Part, Saturation};

/// A figure with its interval: the mean and the middle part of the draws.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// Mean of the draws.
    pub mean: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Figure {
    /// Mean and middle `level` (a fraction) of the draws.
    #[must_use]
    pub fn of(mut draws: Vec<f64>, level: f64) -> Self {
        let mean = draws.iter().sum::<f64>() / draws.len().max(1) as f64;
        draws.sort_by(f64::total_cmp);
        Self { mean, low: quantile(&draws, (1.0 - level) / 2.0), high: quantile(&draws, f64::midpoint(1.0, level)) }
    }
}

/// A band that holds `level` of the draws over their whole length: draws go by how far out they come anywhere, the most
/// extreme first (the global rank envelope of Myllymäki et al., JRSS B 79, 2017). One row of draws for each place.
fn band(rows: Vec<Vec<f64>>, level: f64) -> Vec<Figure> {
    let count = rows.first().map_or(0, Vec::len);
    let mut depth = vec![usize::MAX; count];
    for row in &rows {
        let mut order: Vec<(usize, f64)> = row.iter().copied().enumerate().collect();
        order.sort_by(|one, other| one.1.total_cmp(&other.1));
        for (rank, (draw, _)) in order.iter().enumerate() {
            if let Some(depth) = depth.get_mut(*draw) {
                *depth = (*depth).min(rank).min(count - 1 - rank);
            }
        }
    }
    let mut depths = depth;
    depths.sort_unstable();
    let out = ((1.0 - level) * count as f64).floor() as usize;
    let cut = depths.get(out.min(count.saturating_sub(1))).copied().unwrap_or_default();
    rows.into_iter()
        .map(|mut row| {
            let mean = row.iter().sum::<f64>() / count.max(1) as f64;
            row.sort_by(f64::total_cmp);
            let at = |place: usize| row.get(place).copied().unwrap_or_default();
            Figure { mean, low: at(cut), high: at(count.saturating_sub(cut + 1)) }
        })
        .collect()
}

fn quantile(sorted: &[f64], level: f64) -> f64 {
    let place = level * (sorted.len() as f64 - 1.0).max(0.0);
    let at = |place: f64| sorted.get(place as usize).copied().unwrap_or_default();
    at(place.floor()) + place.fract() * (at(place.ceil()) - at(place.floor()))
}

/// What a part of the outcome is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// What there would be without anything else.
    Level,
    /// The trend.
    Trend,
    /// The seasons.
    Season,
    /// A control, against its reference.
    Control,
    /// A channel.
    Channel,
}

/// What one part of the model brought.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Contribution {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Over all periods, in the outcome's unit.
    pub total: Figure,
    /// Of all that is fitted: a fraction.
    pub share: Figure,
    /// Mean of the draws by period; over the parts these are [`Decomposition::fitted`].
    pub by_period: Vec<f64>,
}

/// The outcome, taken apart.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Decomposition {
    /// The parts: level, trend, season, controls, channels.
    pub parts: Vec<Contribution>,
    /// Mean of the draws by period, in the outcome's unit.
    pub fitted: Vec<f64>,
    /// Share of the outcome's variance that is fitted.
    pub r_squared: f64,
    /// Root of the mean squared error over the outcome's range (Robyn's NRMSE).
    pub nrmse: f64,
}

/// A channel's effect a period, of a spend kept up for good: the steady state.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// What a spend kept up adds up to, for each unit of it.
    pub gain: f64,
    /// Adstocked spend at which half of the effect is reached.
    pub half: f64,
    /// Hill's shape.
    pub shape: f64,
    /// Greatest effect a period, in the outcome's unit.
    pub effect: f64,
    /// Which curve.
    pub saturation: Saturation,
}

impl Response for Curve {
    fn value(&self, spend: f64) -> f64 {
        self.effect * saturation(self.saturation, self.gain * spend, self.shape, self.half)
    }

    fn slope(&self, spend: f64) -> f64 {
        // Below one a shape's slope at 0 has no end; a spend far below any that is asked for stands for 0.
        let x = (self.gain * spend).max(self.half * 1e-12);
        let full = saturation(self.saturation, x, self.shape, self.half);
        let slope = match self.saturation {
            Saturation::Hill => self.shape * full * (1.0 - full) / x,
            Saturation::MichaelisMenten => full * (1.0 - full) / x,
            Saturation::Logistic => 3.0_f64.ln() / self.half * (1.0 - full * full) / 2.0,
        };
        self.effect * self.gain * slope
    }
}

/// What a channel's curve is over the draws: the mean of its draws' curves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mean(pub Vec<Curve>);

impl Response for Mean {
    fn value(&self, spend: f64) -> f64 {
        self.0.iter().map(|curve| curve.value(spend)).sum::<f64>() / self.0.len().max(1) as f64
    }

    fn slope(&self, spend: f64) -> f64 {
        self.0.iter().map(|curve| curve.slope(spend)).sum::<f64>() / self.0.len().max(1) as f64
    }
}

/// A channel's curve at one spend.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CurvePoint {
    /// Spend a period.
    pub spend: f64,
    /// What it brings a period, kept up for good.
    pub response: Figure,
    /// What the next unit brings.
    pub marginal: Figure,
}

/// What a channel did with its money.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ChannelReport {
    /// Its name.
    pub name: String,
    /// All its spend.
    pub spend: f64,
    /// Outcome brought for each unit of spend.
    pub return_on_spend: Figure,
    /// What the next unit would bring at the mean spend.
    pub marginal_return: Figure,
    /// What is retained of the effect after a period (geometric), or Weibull's shape.
    pub carry: Figure,
    /// Adstocked spend at which half of the effect is reached.
    pub half: Figure,
    /// Hill's shape.
    pub shape: Figure,
}

/// How far the draws can be relied on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Diagnostics {
    /// Draws.
    pub draws: usize,
    /// Greatest split R̂ over the channels' contributions and σ: near 1 where the chains agree (Gelman et al. 2013).
    pub r_hat: f64,
    /// Fewest independent draws that the draws of one of these are worth.
    pub effective_draws: f64,
    /// What to keep in mind before believing it, in words.
    pub warnings: Vec<String>,
}

/// Draws that belong to a model.
#[derive(Clone, Debug)]
pub struct Posterior<'a> {
    model: &'a Model,
    draws: &'a [Draw],
}

/// Spend and controls of periods to come, or of the same periods again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// By channel, in the spec's order, then by period.
    pub spend: Vec<Vec<f64>>,
    /// By control, in the spec's order, then by period.
    #[serde(default)]
    pub controls: Vec<Vec<f64>>,
}

/// What a plan would bring.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outlook {
    /// Expected outcome by period, with the interval of what is seen: errors counted.
    pub by_period: Vec<Figure>,
    /// Over all periods.
    pub total: Figure,
    /// What each channel's plan brings within the periods, by channel; what was spent before is not counted.
    pub brought: Vec<Figure>,
    /// What these bring together.
    pub brought_together: Figure,
}

/// Two plans, draw by draw.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Expected outcome of the second less that of the first.
    pub difference: Figure,
    /// Probability that the second brings more; half of that where they bring the same, so that of two that are equal it
    /// is ½.
    pub probability: f64,
}

impl<'a> Posterior<'a> {
    /// Joins draws and their model.
    ///
    /// # Errors
    /// There are none, or they are not of this model.
    pub fn new(model: &'a Model, draws: &'a [Draw]) -> Result<Self, Error> {
        let numbers = model.spec().channels.len() * PER_CHANNEL + 2 + model.parts.len();
        if draws.is_empty() || draws.iter().any(|draw| draw.numbers.0.len() != numbers) {
            return Err(Error::Foreign);
        }
        Ok(Self { model, draws })
    }

    fn number(draw: &Draw, place: usize) -> f64 {
        draw.numbers.0.get(place).copied().unwrap_or_default()
    }

    fn carry(draw: &Draw, channel: usize) -> [f64; 2] {
        [Self::number(draw, channel * PER_CHANNEL), Self::number(draw, channel * PER_CHANNEL + 1)]
    }

    fn baseline(&self, draw: &Draw) -> DVector<f64> {
        let from = self.errors_at() + 2;
        DVector::from_iterator(
            self.model.parts.len(),
            (from..from + self.model.parts.len()).map(|place| Self::number(draw, place)),
        )
    }

    fn errors_at(&self) -> usize {
        self.model.spec().channels.len() * PER_CHANNEL
    }

    fn curve(&self, draw: &Draw, channel: usize) -> Option<Curve> {
        let kind = self.model.spec().channels.get(channel)?;
        let of = |place: usize| Self::number(draw, channel * PER_CHANNEL + place);
        let gain = kind.gain(&Self::carry(draw, channel));
        Some(Curve { gain, half: of(2), shape: of(3), effect: of(4), saturation: kind.saturation })
    }

    /// What a channel's `spend` adds in each period of it.
    fn added(&self, draw: &Draw, channel: usize, spend: &[f64]) -> Vec<f64> {
        self.added_since(draw, channel, spend, 0)
    }

    /// The same, of the periods from `since` on alone.
    fn added_since(&self, draw: &Draw, channel: usize, spend: &[f64], since: usize) -> Vec<f64> {
        let (Some(kind), Some(curve)) = (self.model.spec().channels.get(channel), self.curve(draw, channel)) else {
            return vec![0.0; spend.len().saturating_sub(since)];
        };
        let stock = kind.adstock(spend, &Self::carry(draw, channel));
        let stock = stock.iter().skip(since);
        stock.map(|x| curve.effect * saturation(kind.saturation, *x, curve.shape, curve.half)).collect()
    }

    /// What the draws say of each experiment of the spec, in its order: outcome with the recorded spend less outcome with
    /// the other one, as the experiment measured it.
    #[must_use]
    pub fn lifts(&self, level: f64) -> Vec<Figure> {
        let over = |lift: &Lift| {
            let spend = self.model.data().spend.get(lift.channel).map_or(&[][..], Vec::as_slice);
            let sum = |draw: &Draw, spend: &[f64]| -> f64 {
                self.added(draw, lift.channel, spend).iter().take(lift.until).sum()
            };
            let draws = self.draws.iter().map(|draw| sum(draw, spend) - sum(draw, &lift.other));
            Figure::of(draws.collect(), level)
        };
        self.model.lifts.iter().map(over).collect()
    }

    /// A channel's curves, `most` draws of them, evenly taken.
    #[must_use]
    pub fn curves(&self, channel: usize, most: usize) -> Mean {
        let step = self.draws.len().div_ceil(most.max(1)).max(1);
        Mean(self.draws.iter().step_by(step).filter_map(|draw| self.curve(draw, channel)).collect())
    }

    /// Takes the outcome apart. The parts' means add up to what is fitted, period by period.
    #[must_use]
    pub fn decomposition(&self, level: f64) -> Decomposition {
        let spec = self.model.spec();
        let mut parts: Vec<(String, Kind)> = vec![("level".to_owned(), Kind::Level), ("trend".to_owned(), Kind::Trend)];
        if !spec.seasons.is_empty() {
            parts.push(("season".to_owned(), Kind::Season));
        }
        let controls_at = parts.len();
        parts.extend(spec.controls.iter().map(|control| (control.name.clone(), Kind::Control)));
        let channels_at = parts.len();
        parts.extend(spec.channels.iter().map(|channel| (channel.name.clone(), Kind::Channel)));
        let periods = self.model.periods();
        let mut totals: Vec<Vec<f64>> = vec![Vec::new(); parts.len()];
        let mut shares = totals.clone();
        let mut means = vec![DVector::<f64>::zeros(periods); parts.len()];
        for draw in self.draws {
            let mut series = vec![DVector::<f64>::zeros(periods); parts.len()];
            let coefficients = self.baseline(draw);
            for ((part, column), coefficient) in
                self.model.parts.iter().zip(self.model.columns.column_iter()).zip(coefficients.iter())
            {
                let place = match part {
                    Part::Level => 0,
                    Part::Trend => 1,
                    Part::Season => 2,
                    Part::Control(control) => controls_at + control,
                };
                if let Some(series) = series.get_mut(place) {
                    series.axpy(*coefficient, &column, 1.0);
                }
            }
            for (at, spend) in self.model.data().spend.iter().enumerate() {
                if let Some(series) = series.get_mut(channels_at + at) {
                    *series = DVector::from_vec(self.added(draw, at, spend));
                }
            }
            let all: f64 = series.iter().map(|series| series.sum()).sum();
            for (((series, mean), totals), shares) in series.iter().zip(&mut means).zip(&mut totals).zip(&mut shares) {
                mean.axpy(1.0 / self.draws.len() as f64, series, 1.0);
                totals.push(series.sum());
                shares.push(series.sum() / all);
            }
        }
        let fitted = means.iter().fold(DVector::zeros(periods), |sum, mean| sum + mean);
        let (r_squared, nrmse) = fit(&self.model.data().outcome, fitted.as_slice());
        let parts = parts
            .into_iter()
            .zip(totals)
            .zip(shares)
            .zip(means)
            .map(|((((name, kind), totals), shares), mean)| Contribution {
                name,
                kind,
                total: Figure::of(totals, level),
                share: Figure::of(shares, level),
                by_period: mean.as_slice().to_vec(),
            })
            .collect();
        Decomposition { parts, fitted: fitted.as_slice().to_vec(), r_squared, nrmse }
    }

    /// What each channel did with its money.
    #[must_use]
    pub fn channels(&self, level: f64) -> Vec<ChannelReport> {
        let spends = self.model.data().spend.iter().zip(&self.model.mean_spend);
        self.model
            .spec()
            .channels
            .iter()
            .zip(spends)
            .enumerate()
            .map(|(at, (channel, (spend, mean)))| {
                let all: f64 = spend.iter().sum();
                let over = |of: &dyn Fn(&Draw) -> f64| Figure::of(self.draws.iter().map(of).collect(), level);
                let number = |place: usize| over(&|draw| Self::number(draw, at * PER_CHANNEL + place));
                ChannelReport {
                    name: channel.name.clone(),
                    spend: all,
                    return_on_spend: over(&|draw| self.added(draw, at, spend).iter().sum::<f64>() / all),
                    marginal_return: over(&|draw| self.curve(draw, at).map_or(0.0, |curve| curve.slope(*mean))),
                    carry: number(0),
                    half: number(2),
                    shape: number(3),
                }
            })
            .collect()
    }

    /// A channel's curve at the spends given, with a band for the whole of it: `level` of the draws' curves lie within
    /// at all of these spends.
    #[must_use]
    pub fn response(&self, channel: usize, spends: &[f64], level: f64) -> Vec<CurvePoint> {
        let curves: Vec<Curve> = self.draws.iter().filter_map(|draw| self.curve(draw, channel)).collect();
        let over = |of: &dyn Fn(&Curve, f64) -> f64| {
            let rows = spends.iter().map(|spend| curves.iter().map(|curve| of(curve, *spend)).collect()).collect();
            band(rows, level)
        };
        let points = over(&|curve, spend| curve.value(spend)).into_iter().zip(over(&|curve, spend| curve.slope(spend)));
        let with_spend = spends.iter().zip(points);
        with_spend.map(|(spend, (response, marginal))| CurvePoint { spend: *spend, response, marginal }).collect()
    }

    /// What one division of money brings a period more than another, both kept up for good.
    #[must_use]
    pub fn gain(&self, from: &[f64], to: &[f64], level: f64) -> Comparison {
        let value = |draw: &Draw, spends: &[f64]| -> f64 {
            let curves = spends.iter().enumerate().map(|(at, spend)| (self.curve(draw, at), spend));
            curves.map(|(curve, spend)| curve.map_or(0.0, |curve| curve.value(*spend))).sum()
        };
        compare(self.draws.iter().map(|draw| value(draw, to) - value(draw, from)).collect(), level)
    }

    /// Whether the chains agree, and what else stands in the way of believing the figures.
    #[must_use]
    pub fn diagnostics(&self) -> Diagnostics {
        let spends = &self.model.data().spend;
        let mut followed: Vec<Vec<f64>> = spends
            .iter()
            .enumerate()
            .map(|(at, spend)| self.draws.iter().map(|draw| self.added(draw, at, spend).iter().sum::<f64>()).collect())
            .collect();
        followed.push(self.draws.iter().map(|draw| Self::number(draw, self.errors_at())).collect());
        let (mut r_hat, mut effective_draws) = (1.0_f64, self.draws.len() as f64);
        for numbers in &followed {
            let (own, worth) = agreement(&halves(self.draws, numbers));
            (r_hat, effective_draws) = (r_hat.max(own), effective_draws.min(worth));
        }
        let mut warnings = Vec::new();
        if r_hat > 1.05 {
            warnings.push(format!("the chains do not agree yet (R-hat {r_hat:.3}); give it more sweeps"));
        }
        for (at, (channel, spend)) in self.model.spec().channels.iter().zip(spends).enumerate() {
            let variation = DVector::from_column_slice(spend).variance().sqrt()
                / self.model.mean_spend.get(at).copied().unwrap_or(1.0);
            if variation < 0.1 {
                warnings.push(format!("the spend of {} hardly varies, so its effect is mostly assumed", channel.name));
            }
            for (other, others) in self.model.spec().channels.iter().zip(spends).skip(at + 1) {
                let alike = correlation(spend, others);
                if alike > 0.9 {
                    warnings.push(format!(
                        "the spends of {} and {} move together ({alike:.2}), so what is whose is mostly assumed",
                        channel.name, other.name
                    ));
                }
            }
        }
        Diagnostics { draws: self.draws.len(), r_hat, effective_draws, warnings }
    }

    /// What a plan for the periods after the data would bring. The carry-over of what was spent before is in it; the seed
    /// is for the errors to come.
    ///
    /// # Errors
    /// The plan's columns are not the spec's, or of different lengths.
    pub fn outlook(&self, plan: &Plan, level: f64, seed: u64) -> Result<Outlook, Error> {
        let count = self.check(plan)?;
        let mut by_period = vec![Vec::new(); count];
        let mut totals = Vec::new();
        let mut brought = vec![Vec::new(); plan.spend.len()];
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let columns = self.model.baseline(&plan.controls, self.model.periods(), count);
        for draw in self.draws {
            let expected = self.expected(draw, plan, &columns, count, &mut brought);
            let sigma = Self::number(draw, self.errors_at());
            let rho = Self::number(draw, self.errors_at() + 1);
            // The errors are stationary: the first one carries all that came before.
            let mut error = 0.0;
            let mut total = 0.0;
            for (row, (expected, seen)) in expected.iter().zip(&mut by_period).enumerate() {
                let normal: f64 = StandardNormal.sample(&mut random);
                error = if row == 0 { sigma * normal / (1.0 - rho * rho).sqrt() } else { rho * error + sigma * normal };
                total += expected + error;
                seen.push(expected + error);
            }
            totals.push(total);
        }
        let together = (0..self.draws.len()).map(|at| brought.iter().filter_map(|draws| draws.get(at)).sum()).collect();
        let figures = |draws: Vec<Vec<f64>>| draws.into_iter().map(|draws| Figure::of(draws, level)).collect();
        Ok(Outlook {
            by_period: figures(by_period),
            total: Figure::of(totals, level),
            brought: figures(brought),
            brought_together: Figure::of(together, level),
        })
    }

    /// What `second` would bring more than `first`, in expectation, draw by draw.
    ///
    /// # Errors
    /// A plan's columns are not the spec's, or the plans are of different lengths.
    pub fn compare(&self, first: &Plan, second: &Plan, level: f64) -> Result<Comparison, Error> {
        let count = self.check(first)?;
        let found = self.check(second)?;
        if found != count {
            return Err(Error::Length { what: "the second plan".to_owned(), found, required: count });
        }
        let totals = |plan: &Plan| -> Vec<f64> {
            let columns = self.model.baseline(&plan.controls, self.model.periods(), count);
            self.draws.iter().map(|draw| self.expected(draw, plan, &columns, count, &mut []).iter().sum()).collect()
        };
        Ok(compare(totals(second).iter().zip(totals(first)).map(|(second, first)| second - first).collect(), level))
    }

    fn check(&self, plan: &Plan) -> Result<usize, Error> {
        let spec = self.model.spec();
        let count = plan.spend.first().map_or(0, Vec::len);
        let columns = |what: &str, found: usize, required: usize| {
            if found == required {
                Ok(())
            } else {
                Err(Error::Count { what: what.to_owned(), found, wanted: required.to_string() })
            }
        };
        columns("channels of the plan", plan.spend.len(), spec.channels.len())?;
        columns("controls of the plan", plan.controls.len(), spec.controls.len())?;
        if !(1..=crate::model::MAX_PERIODS).contains(&count) {
            return Err(Error::Count {
                what: "periods of the plan".to_owned(),
                found: count,
                wanted: format!("1 to {}", crate::model::MAX_PERIODS),
            });
        }
        for values in plan.spend.iter().chain(&plan.controls) {
            if values.len() != count {
                let what = "a column of the plan".to_owned();
                return Err(Error::Length { what, found: values.len(), required: count });
            }
            if let Some(found) = values.iter().find(|value| !value.is_finite()) {
                return Err(Error::Number { what: "the plan".to_owned(), found: *found, wanted: "a number" });
            }
        }
        match plan.spend.iter().flatten().find(|value| **value < 0.0) {
            Some(found) => {
                Err(Error::Number { what: "a spend of the plan".to_owned(), found: *found, wanted: "0 or more" })
            }
            None => Ok(count),
        }
    }

    fn expected(
        &self,
        draw: &Draw,
        plan: &Plan,
        columns: &nalgebra::DMatrix<f64>,
        count: usize,
        brought: &mut [Vec<f64>],
    ) -> Vec<f64> {
        let mut expected: Vec<f64> = (columns * self.baseline(draw)).as_slice().to_vec();
        for (at, (before, planned)) in self.model.data().spend.iter().zip(&plan.spend).enumerate() {
            let path = |planned: &mut dyn Iterator<Item = f64>| -> Vec<f64> {
                let spend: Vec<f64> = before.iter().copied().chain(planned).collect();
                self.added_since(draw, at, &spend, before.len())
            };
            let with = path(&mut planned.iter().copied());
            if let Some(brought) = brought.get_mut(at) {
                let without = path(&mut std::iter::repeat_n(0.0, count));
                brought.push(with.iter().sum::<f64>() - without.iter().sum::<f64>());
            }
            expected.iter_mut().zip(&with).for_each(|(expected, with)| *expected += with);
        }
        expected
    }
}

fn compare(differences: Vec<f64>, level: f64) -> Comparison {
    let more = differences.iter().filter(|difference| **difference > 0.0).count();
    let same = differences.iter().filter(|difference| **difference == 0.0).count();
    let probability = (more as f64 + same as f64 / 2.0) / differences.len().max(1) as f64;
    Comparison { difference: Figure::of(differences, level), probability }
}

fn fit(seen: &[f64], fitted: &[f64]) -> (f64, f64) {
    let mean = seen.iter().sum::<f64>() / seen.len() as f64;
    let squares: f64 = seen.iter().zip(fitted).map(|(seen, fitted)| (seen - fitted).powi(2)).sum();
    let spread: f64 = seen.iter().map(|seen| (seen - mean).powi(2)).sum();
    let (low, high) =
        seen.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |range, seen| (range.0.min(*seen), range.1.max(*seen)));
    (1.0 - squares / spread, (squares / seen.len() as f64).sqrt() / (high - low))
}

fn correlation(one: &[f64], other: &[f64]) -> f64 {
    let centred = |values: &[f64]| {
        let values = DVector::from_column_slice(values);
        let mean = values.mean();
        values.add_scalar(-mean)
    };
    let (one, other) = (centred(one), centred(other));
    one.dot(&other) / (one.norm() * other.norm()).max(f64::MIN_POSITIVE)
}

/// Each chain's numbers, in two halves.
fn halves(draws: &[Draw], numbers: &[f64]) -> Vec<Vec<f64>> {
    let mut chains: std::collections::BTreeMap<u32, Vec<f64>> = std::collections::BTreeMap::new();
    for (draw, number) in draws.iter().zip(numbers) {
        chains.entry(draw.chain).or_default().push(*number);
    }
    chains
        .into_values()
        .flat_map(|mut chain| {
            let second = chain.split_off(chain.len() / 2);
            [chain, second]
        })
        .filter(|half| half.len() > 1)
        .collect()
}

/// Split R̂ and effective draws (Gelman et al., Bayesian Data Analysis, 3rd ed., 11.4 and 11.5; Geyer's initial positive
/// pairs).
fn agreement(chains: &[Vec<f64>]) -> (f64, f64) {
    let length = chains.iter().map(Vec::len).min().unwrap_or_default();
    if length < 4 || chains.len() < 2 {
        return (f64::NAN, 0.0);
    }
    let count = chains.len() as f64;
    let n = length as f64;
    let chains: Vec<DVector<f64>> =
        chains.iter().map(|chain| DVector::from_iterator(length, chain.iter().copied().take(length))).collect();
    let means = DVector::from_iterator(chains.len(), chains.iter().map(DVector::mean));
    let sample = |vector: &DVector<f64>| vector.variance() * vector.len() as f64 / (vector.len() as f64 - 1.0);
    let within = chains.iter().map(sample).sum::<f64>() / count;
    let pooled = (n - 1.0) / n * within + sample(&means);
    if within <= 0.0 {
        return (1.0, count * n);
    }
    let lagged = |lag: usize| {
        let squares: f64 = chains
            .iter()
            .map(|chain| chain.iter().zip(chain.iter().skip(lag)).map(|(now, then)| (now - then).powi(2)).sum::<f64>())
            .sum();
        1.0 - squares / (count * (n - lag as f64)) / (2.0 * pooled)
    };
    let mut time = 1.0;
    for lag in (1..length - 1).step_by(2) {
        let pair = lagged(lag) + lagged(lag + 1);
        if pair < 0.0 {
            break;
        }
        time += 2.0 * pair;
    }
    ((pooled / within).sqrt(), (count * n / time).min(count * n))
}
