//! What the draws say of the weeks that were.

use calendar::format_day;
use mmm::budget::Bounds;
use mmm::{Kind, Posterior};
use problem::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use super::budget::{Budget, BudgetQuestion, Goal};
use super::{By, Fitting, LEVEL, Outcome};

/// Last weeks whose mean is the present spend.
const PRESENT: usize = 8;
/// Points of a response curve.
const POINTS: usize = 40;
/// A curve is shown, and money recommended, up to this many times the highest week: beyond what was tried it is guessed.
const REACH: f64 = 2.0;
/// Standard errors to either side that hold [`LEVEL`] of a normal distribution: its quantile at 0.95.
const NORMAL: f64 = 1.644_853_626_951_472_7;

/// A figure with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
#[schema(as = MixFigure)]
pub struct Figure {
    /// Mean of the draws.
    pub mean: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl From<mmm::Figure> for Figure {
    fn from(figure: mmm::Figure) -> Self {
        Self { mean: figure.mean, low: figure.low, high: figure.high }
    }
}

/// What each channel brought, and what the next money would. Amounts are minor units.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Mix)]
pub struct Answer {
    /// What counts.
    pub outcome: Outcome,
    /// What the spend is told apart by.
    pub by: By,
    /// ISO 4217 code of amounts.
    pub currency: String,
    /// First day of the first week, `YYYY-MM-DD`.
    pub from: String,
    /// Last day of the last week.
    pub to: String,
    /// How much of the draws an interval holds: a fraction.
    pub level: f64,
    /// What the outcome is made of: level, trend, season, promotions, channels.
    pub parts: Vec<Part>,
    /// The channels, largest spend first.
    pub channels: Vec<Brought>,
    /// What was, and what the model says of it, by week.
    pub weeks: Vec<Week>,
    /// How far it can be relied on.
    pub quality: Quality,
    /// What experiments measured, beside what the fit makes of it, in the question's order.
    #[schema(required = false)]
    pub experiments: Vec<Measured>,
    /// The best division of the present weekly spend.
    pub budget: Budget,
}

/// A part of the outcome.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = MixPart)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// `level`, `trend`, `season`, `control` or `channel`.
    pub kind: String,
    /// What it brought over all weeks.
    pub total: Figure,
    /// Of all that is fitted: a fraction.
    pub share: Figure,
}

/// What a channel did with its money.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = MixChannel)]
pub struct Brought {
    /// Its name.
    pub name: String,
    /// What was put together under it; itself where nothing was.
    pub merged: Vec<String>,
    /// All its spend.
    pub spend: i64,
    /// Of all spend: a fraction.
    pub spend_share: f64,
    /// What it brought over all weeks.
    pub brought: Figure,
    /// Of all outcome fitted: a fraction.
    pub share: Figure,
    /// Outcome brought for each minor unit of spend; for revenue that is the return on ad spend.
    pub return_on_spend: Figure,
    /// Spend for each unit of outcome brought: for orders, minor units an order.
    pub cost_per_outcome: Figure,
    /// Spend a week at present.
    pub present: i64,
    /// What the next minor unit a week would bring at the present spend.
    pub marginal_return: Figure,
    /// What is left of an effect a week later: a fraction.
    pub carry: Figure,
    /// The highest weekly spend seen: beyond it the curve is mostly assumed.
    pub highest: i64,
    /// The most a week that is recommended unless asked otherwise.
    pub most: i64,
    /// What a weekly spend kept up brings a week; the band holds for the whole curve at once.
    pub curve: Vec<CurvePoint>,
}

/// A point of a response curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
#[schema(as = MixCurvePoint)]
pub struct CurvePoint {
    /// Spend a week.
    pub spend: i64,
    /// What it brings a week.
    pub response: Figure,
}

/// What an experiment measured of a channel, and what the fit makes of it. The fit has learnt from it: that they agree is
/// no proof, that they do not says that the weeks speak against the experiment.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = MixMeasured)]
pub struct Measured {
    /// The channel's name.
    pub channel: String,
    /// First day, `YYYY-MM-DD`.
    pub from: String,
    /// The last one.
    pub to: String,
    /// What it was compared with: the recorded spend times this.
    pub scale: f64,
    /// As it was measured, with the interval that its standard error gives: minor units or orders.
    pub measured: Figure,
    /// As the fit has it.
    pub fitted: Figure,
}

/// A week that is over.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = MixWeek)]
pub struct Week {
    /// Its Monday, `YYYY-MM-DD`.
    pub date: String,
    /// What was.
    pub actual: f64,
    /// What the model says.
    pub fitted: f64,
    /// That without any channel.
    pub baseline: f64,
}

/// How far it can be relied on.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = MixQuality)]
pub struct Quality {
    /// Weeks learnt from.
    pub weeks: usize,
    /// Share of the outcome's variance that is fitted.
    pub r_squared: f64,
    /// Draws.
    pub draws: usize,
    /// Greatest split R-hat: near 1 where the chains agree.
    pub r_hat: f64,
    /// Fewest independent draws that the draws of a figure are worth.
    pub effective_draws: f64,
    /// What to keep in mind before believing it, in words.
    pub warnings: Vec<String>,
}

impl Fitting {
    /// The answer, once everything is drawn.
    ///
    /// # Errors
    /// There are no draws.
    pub fn answer(&self) -> Result<Answer, Problem> {
        let model = self.model()?;
        let posterior = self.posterior(&model)?;
        let decomposition = posterior.decomposition(LEVEL);
        let present = self.present();
        let all: f64 = self.data.spend.iter().flatten().sum();
        let parts = decomposition.parts.iter().filter(|part| part.kind == Kind::Channel);
        let channels = posterior
            .channels(LEVEL)
            .into_iter()
            .zip(parts)
            .zip(&self.merged)
            .enumerate()
            .map(|(at, ((report, part), merged))| {
                let now = present.get(at).copied().unwrap_or_default();
                let most = self.most(at);
                let spends: Vec<f64> =
                    (0..POINTS).map(|point| (most as f64 * point as f64 / (POINTS - 1) as f64).round()).collect();
                let next = posterior.response(at, &[now as f64], LEVEL);
                let point =
                    |point: &mmm::CurvePoint| CurvePoint { spend: point.spend as i64, response: point.response.into() };
                let back = report.return_on_spend;
                Brought {
                    name: report.name,
                    merged: merged.clone(),
                    spend: report.spend as i64,
                    spend_share: report.spend / all,
                    brought: part.total.into(),
                    share: part.share.into(),
                    return_on_spend: back.into(),
                    cost_per_outcome: Figure { mean: 1.0 / back.mean, low: 1.0 / back.high, high: 1.0 / back.low },
                    present: now,
                    marginal_return: next.first().map(|next| next.marginal).unwrap_or_default().into(),
                    carry: report.carry.into(),
                    highest: self.highest(at) as i64,
                    most,
                    curve: posterior.response(at, &spends, LEVEL).iter().map(point).collect(),
                }
            })
            .collect();
        let baseline = |week: usize| -> f64 {
            let parts = decomposition.parts.iter().filter(|part| part.kind != Kind::Channel);
            parts.filter_map(|part| part.by_period.get(week)).sum()
        };
        let weeks = self.data.outcome.iter().zip(&decomposition.fitted).enumerate();
        let weeks: Vec<Week> = weeks
            .map(|(at, (actual, fitted))| Week {
                date: format_day(self.day(at)),
                actual: *actual,
                fitted: *fitted,
                baseline: baseline(at),
            })
            .collect();
        let diagnostics = posterior.diagnostics();
        let mut warnings = diagnostics.warnings;
        warnings.extend(self.silence());
        let quality = Quality {
            weeks: weeks.len(),
            r_squared: decomposition.r_squared,
            draws: diagnostics.draws,
            r_hat: diagnostics.r_hat,
            effective_draws: diagnostics.effective_draws,
            warnings,
        };
        let parts = decomposition
            .parts
            .iter()
            .map(|part| Part {
                name: part.name.clone(),
                kind: kind(part.kind).to_owned(),
                total: part.total.into(),
                share: part.share.into(),
            })
            .collect();
        let same = BudgetQuestion { goal: Goal::Spend { total_minor: present.iter().sum() }, bounds: Vec::new() };
        Ok(Answer {
            outcome: self.question.outcome,
            by: self.question.by,
            currency: self.currency.clone(),
            from: format_day(self.first_day),
            to: format_day(self.day(self.data.outcome.len()) - 1),
            level: LEVEL,
            parts,
            channels,
            weeks,
            quality,
            experiments: self.measured(&posterior),
            budget: self.divide(&posterior, &same)?,
        })
    }

    /// The experiments, beside what the fit makes of them.
    fn measured(&self, posterior: &Posterior<'_>) -> Vec<Measured> {
        let lifts = self.question.experiments.iter().zip(posterior.lifts(LEVEL));
        lifts
            .map(|(lift, fitted)| {
                let half = NORMAL * lift.standard_error;
                Measured {
                    channel: lift.channel.clone(),
                    from: lift.from.clone(),
                    to: lift.to.clone(),
                    scale: lift.scale,
                    measured: Figure { mean: lift.lift, low: lift.lift - half, high: lift.lift + half },
                    fitted: fitted.into(),
                }
            })
            .collect()
    }

    /// First local day of a week, counted from the first one that was learnt from.
    pub(super) fn day(&self, week: usize) -> i64 {
        self.first_day + 7 * i64::try_from(week).unwrap_or_default()
    }

    /// Spend a week at present, by channel: the mean of the last weeks, or of all where nothing was spent in these.
    pub(super) fn present(&self) -> Vec<i64> {
        let mean = |last: usize| -> Vec<i64> {
            let spend = self.data.spend.iter();
            spend.map(|spend| (spend.iter().rev().take(last).sum::<f64>() / last as f64).round() as i64).collect()
        };
        let weeks = self.data.outcome.len().max(1);
        let last = mean(PRESENT.min(weeks));
        if last.iter().any(|spend| *spend > 0) { last } else { mean(weeks) }
    }

    /// The highest weekly spend seen.
    pub(super) fn highest(&self, channel: usize) -> f64 {
        self.data.spend.get(channel).map_or(0.0, |spend| spend.iter().copied().fold(0.0, f64::max))
    }

    /// The most a week that is recommended unless asked otherwise.
    pub(super) fn most(&self, channel: usize) -> i64 {
        (REACH * self.highest(channel)).round() as i64
    }

    /// The bounds where none are given.
    pub(super) fn reach(&self, channel: usize) -> Bounds {
        Bounds { low: 0.0, high: self.most(channel) as f64 }
    }

    /// Spend that stopped being recorded looks like spend that stopped.
    fn silence(&self) -> Option<String> {
        let weeks = self.data.outcome.len();
        let spent = |at: &usize| self.data.spend.iter().any(|spend| spend.get(*at).is_some_and(|value| *value > 0.0));
        let last = (0..weeks).rev().find(spent)?;
        (last + 2 < weeks).then(|| {
            format!(
                "no spend is recorded since {}; if it was only not imported yet, import it and compute again",
                format_day(self.day(last + 1))
            )
        })
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Level => "level",
        Kind::Trend => "trend",
        Kind::Season => "season",
        Kind::Control => "control",
        Kind::Channel => "channel",
    }
}
