//! Experiments: what one says so far, and how long one would take. The statistics are crate `experiment`'s; counts come
//! from the experiment's object, corrected there for conversions that are still to come (crate `bandit`, `delay`).

use ::experiment::plan::{Design, Looks, Metric, duration};
use ::experiment::readout::{Measured, Outcome, Role, Settings, read_out};
use ::experiment::sequential::TUNING;
use ::experiment::split::{self, THRESHOLD};
use ::experiment::statistic::{Proportion, Statistic};
use ::experiment::{Interval, Refused, rate};
use calendar::format_day;
use problem::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// False alarms a readout allows; its intervals hold 1 − this.
pub const ALPHA: f64 = 0.05;
/// Days whose visitors and buyers a plan takes for the shop's own rate.
pub const BASELINE_DAYS: i64 = 28;
/// The event whose rate the catalog knows.
pub const KNOWN_EVENT: &str = "purchase";
/// Most variants of a plan.
const MOST_VARIANTS: u32 = 10;
/// Lifts of a plan's table, as multiples of the one asked for.
const LIFTS: [f64; 6] = [0.5, 0.75, 1.0, 1.5, 2.0, 3.0];
/// Weeks for which the least lift is told.
const WEEKS: [u32; 4] = [1, 2, 4, 8];
const DAY_MS: i64 = 86_400_000;
/// Rates at which a posterior's curve is told.
const CURVE_POINTS: usize = 64;
/// Most days whose curves are told.
const MOST_CURVES: usize = 32;

/// How long would it take?
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ExperimentPlanQuestion)]
pub struct PlanQuestion {
    /// Site key; the tenant's first site when missing.
    pub site: Option<String>,
    /// The event that counts.
    #[serde(default = "purchase")]
    pub event: String,
    /// Share of visitors who do it now, between 0 and 1; the shop's own of the last 28 days when missing, which is known
    /// for `purchase`.
    pub rate: Option<f64>,
    /// Instead of a rate, what a visitor is worth now on average; with `sd`.
    pub mean: Option<f64>,
    /// Its standard deviation between visitors.
    pub sd: Option<f64>,
    /// New visitors a day who would take part; the shop's own of the last 28 days when missing.
    pub visitors_a_day: Option<f64>,
    /// The least relative lift worth finding: 0.1 for ten per cent.
    #[serde(default = "tenth")]
    pub lift: f64,
    /// Probability to find it where it exists: 0.8 when missing.
    #[serde(default = "power")]
    pub power: f64,
    /// False alarms allowed: 0.05 when missing.
    #[serde(default = "alpha")]
    pub alpha: f64,
    /// Variants, the control among them: 2 to 10.
    #[serde(default = "two")]
    pub variants: u32,
    /// Whether the result is watched and may be acted on any day, which takes longer than one look at the end.
    #[serde(default)]
    pub always_valid: bool,
}

fn purchase() -> String {
    KNOWN_EVENT.to_owned()
}
fn tenth() -> f64 {
    0.1
}
fn power() -> f64 {
    0.8
}
fn alpha() -> f64 {
    ALPHA
}
fn two() -> u32 {
    2
}

/// What the shop's own figures say.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Baseline {
    /// Different visitors in [`BASELINE_DAYS`].
    pub visitors: f64,
    /// Of these, who bought.
    pub customers: f64,
}

/// How long it would take.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = ExperimentPlan)]
pub struct Plan {
    /// The rate planned with, a fraction; null for a mean.
    pub rate: Option<f64>,
    /// Whether the rate is the shop's own of the last 28 days.
    pub rate_is_own: bool,
    /// Visitors a day planned with; null when it is not known.
    pub visitors_a_day: Option<f64>,
    /// Whether they are the shop's own of the last 28 days.
    pub visitors_are_own: bool,
    /// What the lift asked for needs.
    pub needed: Needed,
    /// What other lifts need, the smallest first.
    pub lifts: Vec<Needed>,
    /// The least lift found in so many weeks; empty when visitors a day are not known.
    pub within: Vec<Within>,
}

/// What finding a lift needs.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Needed {
    /// The relative lift.
    pub lift: f64,
    /// Visitors each variant needs; null when no number finds it, because no rate is above 1.
    pub units: Option<u64>,
    /// Visitors in all.
    pub total: Option<u64>,
    /// Days until they have come; null when visitors a day are not known.
    pub days: Option<u64>,
    /// Whole weeks to run, so that every weekday counts alike.
    pub weeks: Option<u64>,
}

/// What so many weeks find.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Within {
    /// Weeks.
    pub weeks: u32,
    /// The least relative lift; null when they find none.
    pub lift: Option<f64>,
}

/// Plans an experiment. Visitors are shared out evenly in a plan; one that moves visitors to the better variant loses
/// fewer sales on the way, and needs about as many in all.
///
/// # Errors
/// 422 naming the field.
pub fn plan(question: &PlanQuestion, own: Baseline) -> Result<Plan, Problem> {
    if !(2..=MOST_VARIANTS).contains(&question.variants) {
        let found = question.variants;
        return Err(Problem::invalid_field("/variants", format!("must be 2 to {MOST_VARIANTS}, found {found}")));
    }
    let (metric, rate, rate_is_own) = match (question.rate, question.mean, question.sd) {
        (Some(rate), None, None) => (Metric::Proportion { rate }, Some(rate), false),
        (None, Some(mean), Some(sd)) => (Metric::Mean { mean, sd }, None, false),
        (None, None, None) => {
            let rate = own_rate(&question.event, own)?;
            (Metric::Proportion { rate }, Some(rate), true)
        }
        (Some(_), ..) => return Err(Problem::invalid_field("/mean", "give a rate, or a mean and its sd, not both")),
        (None, None, Some(_)) => return Err(Problem::invalid_field("/mean", "is missing beside `sd`")),
        (None, Some(_), None) => return Err(Problem::invalid_field("/sd", "is missing beside `mean`")),
    };
    let own_visitors = (own.visitors > 0.0).then(|| own.visitors / BASELINE_DAYS as f64);
    let visitors_a_day = question.visitors_a_day.or(own_visitors);
    let looks = if question.always_valid { Looks::Any { tuning: TUNING } } else { Looks::Once };
    let design = Design {
        metric,
        alpha: question.alpha,
        power: question.power,
        variants: question.variants,
        looks,
        method: ::experiment::plan::Method::Unpooled,
    };
    let needed = needed(&design, question.lift, visitors_a_day).map_err(refused)?;
    let lifts = LIFTS.map(|times| question.lift * times);
    // A lift beyond a rate of 1 is no mistake in the table, as it is in the question.
    let lifts = lifts.map(|lift| needed_or_none(&design, lift, visitors_a_day));
    let within = visitors_a_day.map_or_else(Vec::new, |visitors| {
        let lift = |weeks: u32| {
            let units = visitors * f64::from(weeks) * 7.0 / f64::from(question.variants);
            design.detectable(units).ok()
        };
        WEEKS.iter().map(|weeks| Within { weeks: *weeks, lift: lift(*weeks) }).collect()
    });
    Ok(Plan {
        rate,
        rate_is_own,
        visitors_a_day,
        visitors_are_own: question.visitors_a_day.is_none() && visitors_a_day.is_some(),
        needed,
        lifts: lifts.into(),
        within,
    })
}

fn own_rate(event: &str, own: Baseline) -> Result<f64, Problem> {
    if event != KNOWN_EVENT {
        let detail =
            format!("the shop's own rate is known for {KNOWN_EVENT} only: say what share of visitors does {event}");
        return Err(Problem::invalid_field("/rate", detail));
    }
    let rate = own.customers / own.visitors;
    if rate > 0.0 && rate < 1.0 {
        return Ok(rate);
    }
    let detail = format!(
        "the shop's own rate is not known yet: of {} visitors in {BASELINE_DAYS} days {} bought; say what share does",
        own.visitors, own.customers
    );
    Err(Problem::invalid_field("/rate", detail))
}

fn needed(design: &Design, lift: f64, visitors_a_day: Option<f64>) -> Result<Needed, Refused> {
    // At one visitor a day, days are visitors.
    let found = duration(design, lift, visitors_a_day.unwrap_or(1.0), 1.0)?;
    let known = |days: u64| visitors_a_day.map(|_| days);
    Ok(Needed {
        lift,
        units: Some(found.units),
        total: Some(found.total),
        days: known(found.days),
        weeks: known(found.weeks),
    })
}

fn needed_or_none(design: &Design, lift: f64, visitors_a_day: Option<f64>) -> Needed {
    needed(design, lift, visitors_a_day).unwrap_or(Needed { lift, units: None, total: None, days: None, weeks: None })
}

/// A refusal as a problem of the body's field.
fn refused(refused: Refused) -> Problem {
    let field = match &refused {
        Refused::OutOfBounds { field, .. } => format!("/{field}"),
        Refused::BaselineZero => "/mean".to_owned(),
        _ => "/lift".to_owned(),
    };
    Problem::invalid_field(field, refused.to_string())
}

/// What does an experiment say? Its counts come along; its days are read where it is answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReadoutQuestion {
    /// The experiment.
    pub id: String,
    /// UTC ms; none before it begins.
    pub started_at: Option<i64>,
    /// UTC ms; none while it runs.
    pub ended_at: Option<i64>,
    /// Days within which a conversion comes.
    pub window_days: f64,
    /// The variants, the control first.
    pub variants: Vec<Standing>,
    /// What other policies would have brought; none once the experiment has ended, and its log with it.
    pub policies: Option<Policies>,
    /// Which variant whom, where the experiment has a context; none once it has ended.
    #[serde(default)]
    pub segments: Option<Vec<SegmentReadout>>,
}

/// A variant as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// What the page is told.
    pub key: String,
    /// active, paused or winner.
    pub status: String,
    /// Visitors it was shown to.
    pub exposures: u64,
    /// Of these, who did what counts.
    pub rewards: u64,
    /// Exposures corrected for conversions to come; none: as of the last snapshot.
    pub trials: Option<f64>,
    /// Conversions still to come.
    pub awaited: f64,
    /// Share of the visitors who come next.
    pub share: f64,
    /// Probability that it is the best.
    pub probability_best: Option<f64>,
    /// Expected gap to the best, in points of the rate.
    pub expected_loss: Option<f64>,
    /// Logged decisions for it.
    pub decided: u64,
    /// The sum of the probabilities it was decided for with.
    pub expected: f64,
}

/// A line of `experiment_snapshots`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Snapshot {
    /// UTC days since 1970-01-01.
    pub day: i64,
    /// Variant.
    pub variant: String,
    /// active, paused or winner.
    pub status: String,
    /// Visitors.
    pub exposures: f64,
    /// Visitors.
    pub rewards: f64,
    /// Exposures corrected for conversions to come.
    pub trials: f64,
    /// A fraction.
    pub probability_best: Option<f64>,
    /// Share of the visitors who come next.
    pub share: f64,
}

/// What an experiment says.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = ExperimentReadout)]
pub struct Readout {
    /// Key of the variant the others are compared with: the first.
    pub control: String,
    /// Whole days it has run, the one that runs included.
    pub days: i64,
    /// Days within which a conversion comes: until then a visitor counts only as far as they are known not to convert.
    pub window_days: f64,
    /// What the intervals hold, a fraction.
    pub level: f64,
    /// The variants, the control first.
    pub variants: Vec<VariantReadout>,
    /// Whether visitors were shared out as decided.
    pub split: SplitReadout,
    /// How the variants stood at the end of each day (UTC), earliest first.
    pub history: Vec<DayReadout>,
    /// How likely each rate is, by variant and day.
    pub densities: Densities,
    /// What other policies would have brought; null once the experiment has been stopped, and its log with it.
    pub policies: Option<Policies>,
    /// Which variant is the best for whom, by the levels of each feature the experiment looks at; null where it looks at
    /// none, and once it has been stopped.
    pub segments: Option<Vec<SegmentReadout>>,
}

/// The posteriors of the rates as curves over one axis.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = ExperimentDensities)]
pub struct Densities {
    /// The rates at which the curves are told, ascending.
    pub rates: Vec<f64>,
    /// Days, the earliest first and the last as of now; at most 32, spread evenly over what there are.
    pub days: Vec<DayDensities>,
}

/// The curves at the end of a day.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct DayDensities {
    /// `YYYY-MM-DD`, UTC.
    pub date: String,
    /// Its variants, in the readout's order.
    pub variants: Vec<VariantDensity>,
}

/// How likely each rate of the axis is for a variant.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct VariantDensity {
    /// What the page is told.
    pub key: String,
    /// The posterior's density at each rate, as a part of the highest any variant has that day: 0 to 1.
    pub heights: Vec<f64>,
}

/// Visitors who have one level of a feature in common.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ExperimentSegment)]
pub struct SegmentReadout {
    /// device, country, visitor, channel or hour.
    pub feature: String,
    /// Its level, such as `mobile`, `DE` or `returning`; `other` for what is not known or rare.
    pub level: String,
    /// Visitors whose outcome is known, those who may still convert counted in part.
    pub visitors: f64,
    /// Key of the variant most likely the best for them; null where none is shown.
    pub best: Option<String>,
    /// Each variant, in the readout's order.
    pub variants: Vec<SegmentVariant>,
}

/// What a variant brings a visitor of a segment, by the experiment's linear model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ExperimentSegmentVariant)]
pub struct SegmentVariant {
    /// What the page is told.
    pub key: String,
    /// Rewards a visitor.
    pub rate: f64,
    /// Bounds that hold 95 %.
    pub low: f64,
    /// See `low`.
    pub high: f64,
    /// Probability that it is the best for them; null for one that is not shown.
    pub probability_best: Option<f64>,
}

/// What is known of a variant.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct VariantReadout {
    /// What the page is told.
    pub key: String,
    /// active, paused or winner.
    pub status: String,
    /// Visitors it was shown to.
    pub exposures: u64,
    /// Of these, who did what counts.
    pub rewards: u64,
    /// Visitors whose outcome is known, those who may still convert counted in part.
    pub trials: f64,
    /// Conversions still to come from those who were shown it.
    pub awaited: f64,
    /// Share of the visitors who come next, a fraction.
    pub share: f64,
    /// Rewards by trials; null before the first trial.
    pub rate: Option<f64>,
    /// Bounds of the rate: quantiles of its Beta posterior from a uniform prior.
    pub rate_low: f64,
    /// See `rate_low`.
    pub rate_high: f64,
    /// Probability that it is the best of the variants shown; null for one that is not.
    pub probability_best: Option<f64>,
    /// What showing it instead of the best costs, in points of the rate.
    pub expected_loss: Option<f64>,
    /// Against the control; null for the control itself, and where nothing can be said.
    pub against: Option<Against>,
    /// Why nothing can be said against the control; empty where something can.
    pub refused: String,
}

/// A variant against the control.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Against {
    /// Relative lift of the rate: 0.1 is ten per cent more.
    pub lift: f64,
    /// Bounds if one looks once, at the planned end (Welch).
    pub low: Option<f64>,
    /// See `low`.
    pub high: Option<f64>,
    /// Bounds that hold however often one looks.
    pub always_low: Option<f64>,
    /// See `always_low`.
    pub always_high: Option<f64>,
    /// Probability of so great a difference where there is none, looked at once.
    pub p_value: f64,
    /// The same, however often one looks, corrected for the number of variants (Holm).
    pub always_p_value: f64,
    /// Probability that it is better than the control.
    pub chance_to_win: f64,
    /// What is lost on average by taking it instead of the control, as a relative lift.
    pub risk: f64,
    /// `better`, `worse` or `undecided`, by the p-value that holds at any look.
    pub outcome: String,
}

/// Whether visitors were shared out as decided.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SplitReadout {
    /// Probability of so uneven a split by chance; null when too few decisions are known.
    pub p_value: Option<f64>,
    /// Whether it is broken.
    pub mismatch: bool,
    /// What was tested, in words.
    pub detail: String,
}

/// How the variants stood at the end of a day.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct DayReadout {
    /// `YYYY-MM-DD`, UTC.
    pub date: String,
    /// Its variants, in the readout's order.
    pub variants: Vec<DayVariant>,
}

/// How a variant stood at the end of a day.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct DayVariant {
    /// What the page is told.
    pub key: String,
    /// Rewards by trials; null before the first trial.
    pub rate: Option<f64>,
    /// As a readout's.
    pub rate_low: f64,
    /// As a readout's.
    pub rate_high: f64,
    /// Probability that it is the best.
    pub probability_best: Option<f64>,
    /// Share of the visitors who came next.
    pub share: f64,
    /// Visitors it had been shown to.
    pub exposures: f64,
    /// Of these, who had done what counts.
    pub rewards: f64,
}

/// What other policies would have brought, from the log of decisions and the probabilities they were made with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ExperimentPolicies)]
pub struct Policies {
    /// Decisions evaluated.
    pub settled: u64,
    /// Decisions too young to know what came of them.
    pub unsettled: u64,
    /// Each policy.
    pub rows: Vec<Policy>,
}

/// What a policy would have brought.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ExperimentPolicy)]
pub struct Policy {
    /// Key of the variant that alone is shown; null for all evenly.
    pub only: Option<String>,
    /// Rewards a visitor, by inverse propensity.
    pub ips: f64,
    /// Its standard error.
    pub ips_error: f64,
    /// Rewards a visitor, self-normalised.
    pub snips: f64,
    /// Its standard error.
    pub snips_error: f64,
    /// Rewards a visitor, doubly robust.
    pub robust: f64,
    /// Its standard error.
    pub robust_error: f64,
    /// What the log really brought a visitor.
    pub logged: f64,
    /// So many visitors of this policy the log is worth.
    pub effective_visitors: f64,
}

/// Reads an experiment out, with the days it has had.
///
/// # Errors
/// 409 before it has begun.
pub fn readout(question: &ReadoutQuestion, now: i64, snapshots: &[Snapshot]) -> Result<Readout, Problem> {
    let Some(started_at) = question.started_at else {
        return Err(Problem::conflict("it has not begun; start it first"));
    };
    let Some(control) = question.variants.first() else {
        return Err(Problem::conflict("it has no variants"));
    };
    let trials: Vec<f64> = question.variants.iter().map(|variant| known_trials(variant, snapshots)).collect();
    let statistics = question
        .variants
        .iter()
        .zip(&trials)
        .map(|(variant, trials)| {
            Statistic::Proportion(Proportion {
                n: (trials.round() as u64).max(variant.rewards),
                sum: variant.rewards as f64,
            })
        })
        .collect();
    let goal = Measured { key: "goal".to_owned(), role: Role::Goal, lower_is_better: false, statistics };
    let exposures: Vec<u64> = question.variants.iter().map(|variant| variant.exposures).collect();
    let internal = |refused: Refused| Problem::internal(refused.to_string());
    let even = vec![1.0; exposures.len()];
    let settings = Settings { alpha: ALPHA, ..Settings::default() };
    let found = read_out(&exposures, &even, &[goal], &settings).map_err(internal)?;
    let variants = question.variants.iter().zip(&trials).enumerate().map(|(place, (variant, trials))| {
        let finding = found.findings.iter().find(|finding| finding.variant == place);
        let against = finding.and_then(|finding| {
            let (effect, fixed, always) = (finding.effect?, finding.fixed?, finding.always?);
            let posterior = finding.posterior?;
            Some(Against {
                lift: effect.estimate,
                low: fixed.interval.low,
                high: fixed.interval.high,
                always_low: always.interval.low,
                always_high: always.interval.high,
                p_value: fixed.p_value,
                always_p_value: finding.adjusted_p.unwrap_or(always.p_value),
                chance_to_win: posterior.chance_to_win,
                risk: posterior.risk_of_shipping,
                outcome: match finding.outcome {
                    Outcome::Better => "better",
                    Outcome::Worse => "worse",
                    Outcome::Undecided => "undecided",
                }
                .to_owned(),
            })
        });
        let (rate, rate_low, rate_high) = rate_of(variant.rewards as f64, *trials);
        VariantReadout {
            key: variant.key.clone(),
            status: variant.status.clone(),
            exposures: variant.exposures,
            rewards: variant.rewards,
            trials: *trials,
            awaited: variant.awaited,
            share: variant.share,
            rate,
            rate_low,
            rate_high,
            probability_best: variant.probability_best,
            expected_loss: variant.expected_loss,
            refused: finding.and_then(|finding| finding.refused.clone()).unwrap_or_default(),
            against,
        }
    });
    let until = question.ended_at.unwrap_or(now);
    let days = history(question, snapshots);
    let counted: Vec<_> = question
        .variants
        .iter()
        .zip(&trials)
        .map(|(one, trials)| (one.key.as_str(), one.rewards as f64, *trials))
        .collect();
    Ok(Readout {
        densities: densities(&counted, until, snapshots),
        segments: question.segments.clone(),
        control: control.key.clone(),
        days: (until - started_at).max(0).div_euclid(DAY_MS) + 1,
        window_days: question.window_days,
        level: 1.0 - ALPHA,
        variants: variants.collect(),
        split: split_of(&question.variants),
        history: days,
        policies: question.policies.clone(),
    })
}

/// A variant's trials: those of this moment, else the last that were kept, else everybody who was shown it.
fn known_trials(variant: &Standing, snapshots: &[Snapshot]) -> f64 {
    let kept = || snapshots.iter().rev().find(|snapshot| snapshot.variant == variant.key).map(|last| last.trials);
    let all = variant.exposures as f64;
    variant.trials.or_else(kept).unwrap_or(all).clamp((variant.rewards as f64).min(all), all)
}

/// A rate with the bounds of its posterior Beta(1 + s, 1 + n − s), which is Jeffreys' of half a success and a trial more.
fn rate_of(successes: f64, trials: f64) -> (Option<f64>, f64, f64) {
    let trials = trials.max(successes);
    let interval = rate::jeffreys(successes + 0.5, trials + 1.0, ALPHA).unwrap_or(Interval { low: None, high: None });
    let rate = (trials > 0.0).then(|| successes / trials);
    (rate, interval.low.unwrap_or(0.0), interval.high.unwrap_or(1.0))
}

/// Tests what was shown against what was decided. Shares move with what is known, so there is no fixed split to hold it
/// to; the probability of every decision is logged, and their sums are what is to be expected.
fn split_of(variants: &[Standing]) -> SplitReadout {
    let decided: Vec<u64> = variants.iter().map(|variant| variant.decided).collect();
    let expected: Vec<f64> = variants.iter().map(|variant| variant.expected).collect();
    match split::test(&decided, &expected) {
        Ok(split) if split.enough => SplitReadout {
            p_value: Some(split.p_value),
            mismatch: split.mismatch,
            detail: format!(
                "Shares move with what is known, so there is no fixed split to check. Instead, how often each variant was \
                 shown is held against the probabilities it was drawn with; below {THRESHOLD} something is broken."
            ),
        },
        _ => SplitReadout {
            p_value: None,
            mismatch: false,
            detail:
                "Shares move with what is known, so there is no fixed split to check; and too few decisions are logged \
                     with their probabilities to hold against those."
                    .to_owned(),
        },
    }
}

/// The posteriors' curves: as of now from what is `counted` (variant, successes, trials), before that from the snapshots.
/// The axis holds what is likely now, and of the days before as much as leaves now readable.
fn densities(counted: &[(&str, f64, f64)], now: i64, snapshots: &[Snapshot]) -> Densities {
    let today = now.div_euclid(DAY_MS);
    let mut days: Vec<i64> = snapshots.iter().map(|snapshot| snapshot.day).filter(|day| *day < today).collect();
    days.sort_unstable();
    days.dedup();
    // Evenly over all of them; the first is among them, and today follows the last.
    let picked = days.len().min(MOST_CURVES - 1);
    let days = (0..picked).filter_map(|place| days.get(place * days.len() / picked)).copied();
    let before = days.map(|day| {
        let of = |key: &str| snapshots.iter().find(|one| one.day == day && one.variant == key);
        let rows = counted.iter().filter_map(|(key, ..)| of(key).map(|found| (*key, found.rewards, found.trials)));
        (day, rows.collect::<Vec<_>>())
    });
    let days: Vec<_> = before.chain([(today, counted.to_vec())]).collect();
    let bounds = |rows: &[(&str, f64, f64)]| {
        let of = |bounds: (f64, f64), row: &(&str, f64, f64)| {
            let (_, low, high) = rate_of(row.1, row.2);
            (bounds.0.min(low), bounds.1.max(high))
        };
        rows.iter().fold((1.0, 0.0), of)
    };
    let (low, high) = bounds(counted);
    let (first, last) = days.iter().map(|day| bounds(&day.1)).fold((low, high), |a, b| (a.0.min(b.0), a.1.max(b.1)));
    // Intervals hold 95 %; a curve has ended after another half of them.
    let span = (high - low).max(0.0);
    let from = first.clamp(low - span, low - 0.5 * span).max(0.0);
    let to = last.clamp(high + 0.5 * span, high + span).min(1.0);
    let step = (to - from) / (CURVE_POINTS - 1) as f64;
    let rates: Vec<f64> = (0..CURVE_POINTS).map(|place| from + step * place as f64).collect();
    let curves = |(day, rows): (i64, Vec<(&str, f64, f64)>)| {
        let curves: Vec<(&str, Vec<f64>)> =
            rows.into_iter().map(|(key, s, n)| (key, rate::density(s, n.max(s), &rates))).collect();
        let top = curves.iter().flat_map(|(_, curve)| curve).copied().filter(|at| at.is_finite()).fold(0.0, f64::max);
        let height = |density: &f64| if top > 0.0 { (density / top * 1e4).round() / 1e4 } else { 0.0 };
        DayDensities {
            date: format_day(day),
            variants: curves
                .iter()
                .map(|(key, curve)| VariantDensity {
                    key: (*key).to_owned(),
                    heights: curve.iter().map(height).collect(),
                })
                .collect(),
        }
    };
    Densities { days: days.into_iter().map(curves).collect(), rates }
}

fn history(question: &ReadoutQuestion, snapshots: &[Snapshot]) -> Vec<DayReadout> {
    let mut days: Vec<i64> = snapshots.iter().map(|snapshot| snapshot.day).collect();
    days.sort_unstable();
    days.dedup();
    let of = |day: i64| {
        let variants = question.variants.iter().filter_map(|variant| {
            let found = snapshots.iter().find(|snapshot| snapshot.day == day && snapshot.variant == variant.key)?;
            let (rate, rate_low, rate_high) = rate_of(found.rewards, found.trials);
            Some(DayVariant {
                key: variant.key.clone(),
                rate,
                rate_low,
                rate_high,
                probability_best: found.probability_best,
                share: found.share,
                exposures: found.exposures,
                rewards: found.rewards,
            })
        });
        DayReadout { date: format_day(day), variants: variants.collect() }
    };
    days.into_iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(change: impl FnOnce(&mut PlanQuestion)) -> PlanQuestion {
        let mut question: PlanQuestion = serde_json::from_str("{}").unwrap();
        change(&mut question);
        question
    }

    fn standing(key: &str, rewards: u64, exposures: u64, trials: Option<f64>) -> Standing {
        Standing {
            key: key.to_owned(),
            status: "active".to_owned(),
            exposures,
            rewards,
            trials,
            awaited: 0.0,
            share: 0.5,
            probability_best: None,
            expected_loss: None,
            decided: exposures,
            expected: exposures as f64,
        }
    }

    fn asked(variants: Vec<Standing>) -> ReadoutQuestion {
        ReadoutQuestion {
            id: "e".to_owned(),
            started_at: Some(0),
            ended_at: None,
            window_days: 7.0,
            variants,
            policies: None,
            segments: None,
        }
    }

    #[test]
    fn a_plan_of_textbook_numbers_is_the_textbooks() {
        // z 1.959964 and 0.841621, rates 2 % and 2.2 %: ((z₁ + z₂)² (p q + p' q')) / 0.002² = 80 678.6.
        let plan = plan(
            &question(|q| {
                q.rate = Some(0.02);
                q.visitors_a_day = Some(4_000.0);
            }),
            Baseline::default(),
        )
        .unwrap();
        assert_eq!((plan.needed.units, plan.needed.total), (Some(80_679), Some(161_358)));
        assert_eq!((plan.needed.days, plan.needed.weeks), (Some(41), Some(6)));
        assert!(!plan.rate_is_own && !plan.visitors_are_own);
        let units: Vec<_> = plan.lifts.iter().map(|row| row.units.unwrap()).collect();
        assert!(units.windows(2).all(|pair| pair[0] > pair[1]) && units[2] == 80_679, "{units:?}");
        let lifts: Vec<_> = plan.within.iter().map(|row| row.lift.unwrap()).collect();
        assert!(lifts.windows(2).all(|pair| pair[0] > pair[1]) && lifts[3] < 0.1 && lifts[2] > 0.1, "{lifts:?}");
    }

    #[test]
    fn a_plan_takes_the_shops_own_rate_and_says_so() {
        let own = Baseline { visitors: 28_000.0, customers: 700.0 };
        let plan = plan(&question(|_| {}), own).unwrap();
        assert_eq!((plan.rate, plan.rate_is_own), (Some(0.025), true));
        assert_eq!((plan.visitors_a_day, plan.visitors_are_own), (Some(1_000.0), true));
        let watched = super::plan(&question(|q| q.always_valid = true), own).unwrap();
        assert!(watched.needed.units > plan.needed.units);
    }

    #[test]
    fn what_a_plan_cannot_take_is_named() {
        let field = |change: fn(&mut PlanQuestion)| {
            let refused = plan(&question(change), Baseline::default()).unwrap_err();
            (refused.status, refused.errors[0].field.clone())
        };
        assert_eq!(field(|_| {}), (422, "/rate".to_owned()));
        assert_eq!(field(|q| q.event = "signup".to_owned()), (422, "/rate".to_owned()));
        assert_eq!(field(|q| q.rate = Some(1.5)), (422, "/rate".to_owned()));
        assert_eq!(field(|q| q.mean = Some(1.0)), (422, "/sd".to_owned()));
        for (name, change) in [
            ("/lift", (|q: &mut PlanQuestion| q.lift = 0.0) as fn(&mut PlanQuestion)),
            ("/power", |q| q.power = 1.0),
            ("/alpha", |q| q.alpha = 0.0),
            ("/variants", |q| q.variants = 11),
            ("/visitors_a_day", |q| q.visitors_a_day = Some(0.0)),
        ] {
            let mut wrong = question(change);
            wrong.rate = Some(0.02);
            let refused = plan(&wrong, Baseline::default()).unwrap_err();
            assert_eq!((refused.status, refused.errors[0].field.as_str()), (422, name));
        }
    }

    #[test]
    fn a_readout_says_what_the_experiment_crate_says() {
        let found =
            readout(&asked(vec![standing("a", 1_000, 20_000, None), standing("b", 1_250, 20_000, None)]), 5, &[])
                .unwrap();
        assert_eq!((found.control.as_str(), found.days), ("a", 1));
        assert!(found.variants[0].against.is_none());
        let against = found.variants[1].against.as_ref().unwrap();
        // gbstats on the same counts: a lift of a quarter.
        assert!((against.lift - 0.25).abs() < 1e-12 && against.outcome == "better", "{against:?}");
        let proportion = |sum| Statistic::Proportion(Proportion { n: 20_000, sum });
        let effect =
            ::experiment::effect(&proportion(1_000.0), &proportion(1_250.0), ::experiment::Difference::Relative)
                .unwrap();
        let fixed =
            ::experiment::frequentist::test(&effect, ::experiment::frequentist::Tail::TwoSided, 0.05, 0.0).unwrap();
        assert_eq!((against.low, against.p_value), (fixed.interval.low, fixed.p_value));
        assert!(against.always_low < against.low && against.always_high > against.high);
        assert!(found.split.p_value.unwrap() > 0.99 && !found.split.mismatch);
    }

    #[test]
    fn who_may_still_convert_counts_in_part() {
        let found =
            readout(&asked(vec![standing("a", 20, 1_000, Some(400.0)), standing("b", 20, 500, Some(400.0))]), 5, &[])
                .unwrap();
        assert_eq!(found.variants[0].rate, found.variants[1].rate);
        assert_eq!(found.variants[1].against.as_ref().unwrap().lift, 0.0);
        // Stopped, it stands as it was last judged.
        let line = |variant: &str, trials| Snapshot {
            day: 3,
            variant: variant.to_owned(),
            status: "active".to_owned(),
            exposures: 1_000.0,
            rewards: 20.0,
            trials,
            probability_best: Some(0.5),
            share: 0.5,
        };
        let stopped = asked(vec![standing("a", 20, 1_000, None), standing("b", 20, 500, None)]);
        let found = readout(&stopped, 5, &[line("a", 400.0), line("b", 450.0)]).unwrap();
        assert_eq!((found.variants[0].trials, found.variants[1].trials), (400.0, 450.0));
        assert_eq!(found.history.len(), 1);
        assert_eq!((found.history[0].date.as_str(), found.history[0].variants[0].rate), ("1970-01-04", Some(0.05)));
    }

    #[test]
    fn curves_narrow_as_days_pass_and_are_highest_where_the_rate_is() {
        let line = |day: i64, variant: &str, rewards: f64, trials: f64| Snapshot {
            day,
            variant: variant.to_owned(),
            status: "active".to_owned(),
            exposures: trials,
            rewards,
            trials,
            probability_best: None,
            share: 0.5,
        };
        let snapshots: Vec<Snapshot> = (0..60)
            .flat_map(|day| {
                let n = (day + 1) as f64 * 100.0;
                [line(day, "a", 0.1 * n, n), line(day, "b", 0.2 * n, n)]
            })
            .collect();
        let question = asked(vec![standing("a", 600, 6_000, None), standing("b", 1_200, 6_000, None)]);
        let found = readout(&question, 60 * DAY_MS, &snapshots).unwrap().densities;
        assert_eq!((found.rates.len(), found.days.len()), (64, 32));
        assert_eq!((found.days[0].date.as_str(), found.days[31].date.as_str()), ("1970-01-01", "1970-03-02"));
        assert!(found.rates[0] > 0.02 && found.rates[63] < 0.32, "{:?}", found.rates);
        let width = |day: &DayDensities, place: usize| day.variants[place].heights.iter().filter(|h| **h > 0.1).count();
        assert!(width(&found.days[0], 0) > 2 * width(&found.days[31], 0));
        for (place, rate) in [(0, 0.1), (1, 0.2)] {
            let heights = &found.days[31].variants[place].heights;
            let top = (0..64).max_by(|x, y| heights[*x].total_cmp(&heights[*y])).unwrap();
            assert!((found.rates[top] - rate).abs() < 2.0 * (found.rates[1] - found.rates[0]), "{top}");
            assert!(heights.iter().all(|height| (0.0..=1.0).contains(height)));
        }
        // Before anything is known every rate is as likely as any other.
        let nothing = readout(&asked(vec![standing("a", 0, 0, None), standing("b", 0, 0, None)]), 5, &[]).unwrap();
        assert_eq!((nothing.densities.rates[0], nothing.densities.rates[63]), (0.0, 1.0));
        assert!(nothing.densities.days[0].variants[0].heights.iter().all(|height| *height == 1.0));
    }

    #[test]
    fn nothing_is_said_where_nothing_is_known() {
        let found = readout(&asked(vec![standing("a", 0, 10, None), standing("b", 2, 9, None)]), 5, &[]).unwrap();
        assert!(found.variants[1].against.is_none() && !found.variants[1].refused.is_empty());
        let mut draft = asked(vec![standing("a", 0, 0, None)]);
        draft.started_at = None;
        assert_eq!(readout(&draft, 5, &[]).unwrap_err().status, 409);
    }

    #[test]
    fn a_split_that_is_not_what_was_decided_is_told() {
        let mut variants = vec![standing("a", 10, 1_000, None), standing("b", 10, 1_300, None)];
        variants[1].expected = 1_150.0;
        variants[0].expected = 1_150.0;
        assert!(readout(&asked(variants), 5, &[]).unwrap().split.mismatch);
    }
}
