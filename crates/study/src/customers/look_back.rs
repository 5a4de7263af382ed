//! How the models would have foretold the last third of the history from what was known before it, and which of them did
//! best.
//!
//! What counts is the mean of the squared errors of a customer's orders: it is least for who foretells the mean, which is
//! what a customer's value is built on. Another model takes the place of BG/NBD only where it is better by more than the
//! standard error of the difference, customer by customer: less than that is chance (the one-standard-error rule of
//! Breiman, Friedman, Olshen and Stone, *Classification and Regression Trees*, 1984).

use std::collections::BTreeMap;

use customer::outlook::{Drawing, outlooks};
use customer::repeat::{BgNbd, MbgNbd, ParetoNbd, Repeat};
use customer::value::Horizon;
use customer::{Summary, summaries};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Estimate, Model, Purchases, Question, WEEK, by_model, date, draws, seed};

/// Shortest history that is looked back at, days.
const SHORTEST: i64 = 120;
/// Longest time foretold when looking back, days.
const LONGEST_BACK: i64 = 182;
/// From here on customers who have come back are one group.
const MOST_RETURNS: u32 = 4;

/// The models at an earlier day, on nothing but what was known then. All but `models` is of the one that did best.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = CustomerHoldout)]
pub struct Holdout {
    /// The last day learnt from, `YYYY-MM-DD`.
    pub learnt_until: String,
    /// Days after it.
    pub days: i64,
    /// Customers known then.
    pub customers: usize,
    /// Orders foretold of them for those days.
    pub foretold: Estimate,
    /// Orders that came.
    pub came: usize,
    /// Foretold less came, over the latter; null where nothing came.
    pub off: Option<f64>,
    /// By how often they had come back before.
    pub groups: Vec<HoldoutGroup>,
    /// Every model that could be learnt, in the order BG/NBD, MBG/NBD, Pareto/NBD; one of them is chosen.
    #[serde(default)]
    pub models: Vec<HoldoutModel>,
}

/// Customers who had come back as often.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = CustomersHoldoutGroup)]
pub struct HoldoutGroup {
    /// How often, or at least as often for the last group.
    pub returns: u32,
    /// Whether it is "at least".
    pub or_more: bool,
    /// Customers.
    pub customers: usize,
    /// Orders foretold of one of them.
    pub foretold: f64,
    /// Orders that one of them made.
    pub came: f64,
}

/// How one model would have done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = CustomersHoldoutModel)]
pub struct HoldoutModel {
    /// Which one.
    pub model: Model,
    /// Orders foretold of all.
    pub foretold: f64,
    /// Foretold less came, over the latter; null where nothing came.
    pub off: Option<f64>,
    /// Root of the mean squared error of one customer's orders: less is better.
    pub error: f64,
    /// By how much its mean squared error is less than BG/NBD's, a fraction of that: below 0 it is worse.
    pub better: f64,
    /// Standard error of `better`, customer by customer: a `better` within it is chance.
    pub better_error: f64,
    /// Whether it is the one in use.
    pub chosen: bool,
}

/// A model that has learnt from the first part of the history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Learnt {
    /// Which one.
    pub model: Model,
    /// Its parameters; none where they cannot be told.
    pub parameters: Option<[f64; 4]>,
}

/// The history in two parts.
struct Parts {
    /// The last day of the first part.
    cut: customer::NaiveDate,
    /// Days of the second.
    days: i64,
    /// The customers of the first part, in the order of their names.
    known: Vec<Summary>,
    /// The orders each made in the second.
    came: Vec<f64>,
}

impl Parts {
    fn of(purchases: &Purchases, today: i64) -> Option<Self> {
        let days = (today - purchases.first_day()?) / 3;
        let days = days.min(LONGEST_BACK);
        let (cut, end) = (date(today - days)?, date(today)?);
        let purchases = purchases.sorted();
        let (before, after) = (summaries(&purchases, cut, WEEK), summaries(&purchases, end, WEEK));
        let came = before.iter().map(|(name, summary)| {
            after.get(name).map_or(0.0, |later| f64::from(later.repeats.saturating_sub(summary.repeats)))
        });
        Some(Self { cut, days, came: came.collect(), known: before.values().copied().collect() })
    }

    fn weeks(&self) -> f64 {
        self.days as f64 / WEEK
    }
}

/// Whether the history is long enough to be looked back at.
pub(super) fn is_long_enough(purchases: &Purchases, today: i64) -> bool {
    purchases.first_day().is_some_and(|first| today - first >= SHORTEST)
}

/// A model learns from the first part.
pub(super) fn learn(model: Model, purchases: &Purchases, today: i64) -> Learnt {
    fn parameters<R: Repeat>(model: Model, known: &[Summary]) -> Option<[f64; 4]> {
        let found: [f64; 4] = R::fit(model.sample(known)).ok()?.model.into();
        found.iter().all(|found| found.is_finite()).then_some(found)
    }
    let parts = Parts::of(purchases, today);
    let parameters = parts.and_then(|parts| by_model!(model, parameters(model, &parts.known)));
    Learnt { model, parameters }
}

/// What a model foretells of each customer.
fn foretold<R: Repeat>(parameters: [f64; 4], known: &[Summary], weeks: f64) -> Vec<f64> {
    let model = R::from(parameters);
    known.iter().map(|summary| model.expected(summary, weeks)).collect()
}

/// Compares what the models foretold with what came. None where the history is too short, or BG/NBD cannot be told:
/// too few had bought again by then.
pub(super) fn compare(learnt: &[Learnt], purchases: &Purchases, question: &Question, today: i64) -> Option<Holdout> {
    if !is_long_enough(purchases, today) {
        return None;
    }
    let parts = Parts::of(purchases, today)?;
    let tried: Vec<(Model, Vec<f64>)> = learnt
        .iter()
        .filter_map(|learnt| {
            let parameters = learnt.parameters?;
            let foretold = by_model!(learnt.model, foretold(parameters, &parts.known, parts.weeks()));
            foretold.iter().all(|orders| orders.is_finite()).then_some((learnt.model, foretold))
        })
        .collect();
    let models = judged(&tried, &parts.came)?;
    let place = models.iter().position(|tried| tried.chosen)?;
    let (model, foretold) = tried.get(place)?;
    by_model!(*model, holdout(*model, &parts, foretold, models, question, today))
}

/// How the models did, one of them chosen. None without BG/NBD.
fn judged(tried: &[(Model, Vec<f64>)], came: &[f64]) -> Option<Vec<HoldoutModel>> {
    let (first, _) = tried.first()?;
    if *first != Model::ALL[0] {
        return None;
    }
    let customers = came.len().max(1) as f64;
    let all: f64 = came.iter().sum();
    let squares = |foretold: &[f64]| -> Vec<f64> {
        foretold.iter().zip(came).map(|(foretold, came)| (foretold - came).powi(2)).collect()
    };
    let mean = |values: &[f64]| values.iter().sum::<f64>() / customers;
    let usual = squares(tried.first().map_or(&[][..], |(_, foretold)| foretold));
    let unit = mean(&usual).max(f64::MIN_POSITIVE);
    let mut models: Vec<HoldoutModel> = tried
        .iter()
        .map(|(model, foretold)| {
            let own = squares(foretold);
            let less: Vec<f64> = usual.iter().zip(&own).map(|(usual, own)| usual - own).collect();
            let better = mean(&less);
            let spread: Vec<f64> = less.iter().map(|less| (less - better).powi(2)).collect();
            let total: f64 = foretold.iter().sum();
            HoldoutModel {
                model: *model,
                foretold: total,
                off: (all > 0.0).then(|| total / all - 1.0),
                error: mean(&own).sqrt(),
                better: better / unit,
                better_error: (mean(&spread) / customers).sqrt() / unit,
                chosen: false,
            }
        })
        .collect();
    let sure = models.iter_mut().filter(|tried| tried.better > tried.better_error);
    match sure.min_by(|one, other| one.error.total_cmp(&other.error)) {
        Some(best) => best.chosen = true,
        None => models.first_mut()?.chosen = true,
    }
    Some(models)
}

/// What the model that did best foretold, with its interval.
fn holdout<R: Repeat>(
    model: Model,
    parts: &Parts,
    foretold: &[f64],
    models: Vec<HoldoutModel>,
    question: &Question,
    today: i64,
) -> Option<Holdout> {
    let (repeat, value, _) = super::learn::<R>(model, &parts.known).ok()?;
    let horizon = Horizon { months: 1, units_per_month: parts.weeks(), monthly_discount: 0.0 };
    let drawn = u32::try_from(draws(parts.known.len())).unwrap_or(1);
    let drawing = Drawing { level: question.level, draws: drawn, seed: seed(today) };
    let (_, all) = outlooks(&repeat, &value, &parts.known, &horizon, &drawing).ok()?;
    let mut groups: BTreeMap<u32, (usize, f64, f64)> = BTreeMap::new();
    for ((summary, foretold), came) in parts.known.iter().zip(foretold).zip(&parts.came) {
        let group = groups.entry(summary.repeats.min(MOST_RETURNS)).or_default();
        group.0 += 1;
        group.1 += foretold;
        group.2 += came;
    }
    let (mean, came): (f64, f64) = (foretold.iter().sum(), parts.came.iter().sum());
    Some(Holdout {
        learnt_until: parts.cut.to_string(),
        days: parts.days,
        customers: parts.known.len(),
        foretold: Estimate { mean, low: all.purchases.lower, high: all.purchases.upper },
        came: came as usize,
        off: (came > 0.0).then(|| mean / came - 1.0),
        groups: groups
            .into_iter()
            .map(|(returns, (customers, foretold, came))| HoldoutGroup {
                returns,
                or_more: returns == MOST_RETURNS,
                customers,
                foretold: foretold / customers as f64,
                came: came / customers as f64,
            })
            .collect(),
        models,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which model is chosen, where the others than the first foretell so.
    fn chosen(second: &[f64], third: &[f64]) -> Vec<HoldoutModel> {
        let came = [0.0, 2.0, 4.0, 2.0];
        let tried = [vec![1.0, 1.0, 3.0, 1.0], second.to_vec(), third.to_vec()];
        judged(&Model::ALL.into_iter().zip(tried).collect::<Vec<_>>(), &came).unwrap()
    }

    fn name(models: &[HoldoutModel]) -> &'static str {
        models.iter().find(|tried| tried.chosen).unwrap().model.name()
    }

    #[test]
    fn errors_are_squared_and_compared_customer_by_customer() {
        // Errors 1, 1, 1, 1 against 0, 1, 1, 0 and 0, 0, 0, 1.
        let models = chosen(&[0.0, 3.0, 3.0, 2.0], &[0.0, 2.0, 4.0, 1.0]);
        assert_eq!(models.iter().map(|tried| tried.error).collect::<Vec<_>>(), [1.0, 0.5_f64.sqrt(), 0.5]);
        assert_eq!(models.iter().map(|tried| tried.better).collect::<Vec<_>>(), [0.0, 0.5, 0.75]);
        // Differences 1, 1, 1, 0 around 0.75: variance 3/16, over four customers.
        assert!((models[2].better_error - (3.0_f64 / 16.0 / 4.0).sqrt()).abs() < 1e-12);
        assert_eq!((models[0].off, models[2].off), (Some(-0.25), Some(-0.125)));
        assert_eq!(name(&models), "Pareto/NBD");
        assert_eq!(name(&chosen(&[0.0, 2.0, 4.0, 1.0], &[0.0, 3.0, 3.0, 2.0])), "MBG/NBD");
    }

    #[test]
    fn a_difference_within_its_error_is_chance() {
        // One customer's error gone, another's new.
        assert_eq!(name(&chosen(&[1.0, 1.0, 3.0, 1.0], &[1.0, 1.0, 3.0, 1.0])), "BG/NBD");
        assert_eq!(name(&chosen(&[0.0, 0.7, 3.0, 1.0], &[1.0, 1.0, 3.0, 0.0])), "BG/NBD");
        assert_eq!(judged(&[(Model::MbgNbd, vec![1.0])], &[1.0]), None);
    }
}
