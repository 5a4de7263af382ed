//! What customers are worth, who they are and who is about to leave: the question, and the answer in three parts. What
//! was is counted (cohorts, RFM); how well three models of repeat purchases would have foretold the past is looked at
//! first, see [`look_back`]; what comes is foretold by the best of them and Gamma-Gamma. The methods are crate
//! `customer`'s.

mod look_back;

use std::collections::HashMap;

use calendar::format_day;
use customer::outlook::{Drawing, outlooks};
use customer::repeat::{BgNbd, MbgNbd, ParetoNbd, Repeat};
use customer::value::{GammaGamma, Horizon, correlation, lifetime_value};
use customer::{Fitted, NaiveDate, Purchase, Summary, cohort, rfm, summaries};
use problem::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use look_back::{Holdout, HoldoutGroup, HoldoutModel, Learnt};

/// Most purchases that are read, latest first.
pub const MOST_PURCHASES: usize = 200_000;
/// Days of history that are read at most: ten years.
pub const MOST_DAYS: i64 = 3_640;
/// Fewest customers anything is said of.
const FEWEST: usize = 10;
/// Draws times customers: what a step's time is bounded by.
const MOST_DRAWN: usize = 6_000_000;
/// Draws where there is time for them, and where there is not.
const DRAWS: (usize, usize) = (50, 400);
/// The models count time in weeks.
const WEEK: f64 = 7.0;
/// Weeks in a month.
const WEEKS_PER_MONTH: f64 = 365.25 / 12.0 / 7.0;
/// Cohorts shown, and months of each.
const COHORTS: usize = 24;
/// Customers in a list.
const LISTED: usize = 100;
/// Days over which the chance that somebody is still a customer is compared.
const BEFORE_DAYS: i64 = 28;
/// Who is about to leave is less likely than this to come back.
const LEAVING: f64 = 0.8;
/// Of a correlation above this the two models do not go together well.
const CORRELATED: f64 = 0.3;
/// An interval that ends at more than this many times the mean says that nothing is known.
const WIDEST: f64 = 20.0;

/// How far ahead, and how it is counted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = CustomersQuestion)]
pub struct Question {
    /// Months ahead, 1 to 60.
    pub months: u32,
    /// What money is worth less a year later: a fraction, 0 to 1.
    pub discount_per_year: f64,
    /// How much the intervals are to hold: a fraction, 0.5 to 0.99.
    pub level: f64,
}

impl Default for Question {
    fn default() -> Self {
        Self { months: 12, discount_per_year: 0.1, level: 0.8 }
    }
}

impl Question {
    /// Whether it can be asked.
    ///
    /// # Errors
    /// 422 naming `/months`, `/discount_per_year` or `/level`.
    pub fn check(&self) -> Result<(), Problem> {
        let wrong = |field, wanted: &str| Err(Problem::invalid_field(field, format!("must be {wanted}")));
        match *self {
            Self { months, .. } if !(1..=60).contains(&months) => wrong("/months", "1 to 60"),
            Self { discount_per_year, .. } if !(0.0..=1.0).contains(&discount_per_year) => {
                wrong("/discount_per_year", "0 to 1")
            }
            Self { level, .. } if !(0.5..=0.99).contains(&level) => wrong("/level", "0.5 to 0.99"),
            _ => Ok(()),
        }
    }

    fn horizon(&self) -> Horizon {
        Horizon {
            months: self.months,
            units_per_month: WEEKS_PER_MONTH,
            monthly_discount: (1.0 + self.discount_per_year).powf(1.0 / 12.0) - 1.0,
        }
    }
}

/// Purchases as they were read: who, when and for how much. Compact, since they are kept between two steps.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Purchases {
    persons: Vec<String>,
    /// Place in `persons`, local day, value in minor units.
    rows: Vec<(u32, i64, i64)>,
    /// First local day that was read, where the history is longer than what is read.
    cut: Option<i64>,
    #[serde(skip)]
    places: HashMap<String, u32>,
}

impl Purchases {
    /// Takes a purchase up.
    pub fn push(&mut self, person: &str, local_day: i64, value_minor: i64) {
        let place = self.places.get(person).copied().unwrap_or_else(|| {
            let place = u32::try_from(self.persons.len()).unwrap_or(u32::MAX);
            self.persons.push(person.to_owned());
            self.places.insert(person.to_owned(), place);
            place
        });
        self.rows.push((place, local_day, value_minor));
    }

    /// Purchases so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Leaves out what was before a day, for there is more than can be read.
    pub fn cut(&mut self, first_day: i64) {
        self.rows.retain(|(_, day, _)| *day >= first_day);
        self.cut = Some(first_day);
    }

    /// In the order of the customers' names, as `customer::summaries` gives them.
    fn sorted(&self) -> Vec<Purchase> {
        let mut purchases: Vec<Purchase> = self
            .rows
            .iter()
            .filter_map(|(place, day, value)| {
                let customer = self.persons.get(usize::try_from(*place).ok()?)?.clone();
                Some(Purchase { customer, day: date(*day)?, value: *value as f64 })
            })
            .collect();
        purchases.sort_by(|one, other| one.customer.cmp(&other.customer).then(one.day.cmp(&other.day)));
        purchases
    }

    fn first_day(&self) -> Option<i64> {
        self.rows.iter().map(|(_, day, _)| *day).min()
    }
}

fn date(local_day: i64) -> Option<NaiveDate> {
    format_day(local_day).parse().ok()
}

/// A model of repeat purchases: all let customers buy at a rate of their own, and differ in how they leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RepeatModel)]
pub enum Model {
    /// BG/NBD: after an order that is not the first one.
    BgNbd,
    /// MBG/NBD: after any order, the first one included.
    MbgNbd,
    /// Pareto/NBD: at any time.
    ParetoNbd,
}

impl Model {
    /// All of them; of two that foretell as well the earlier one is used.
    pub const ALL: [Self; 3] = [Self::BgNbd, Self::MbgNbd, Self::ParetoNbd];

    /// As people write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BgNbd => "BG/NBD",
            Self::MbgNbd => "MBG/NBD",
            Self::ParetoNbd => "Pareto/NBD",
        }
    }

    /// Its parameters, as the papers name them.
    const fn parameters(self) -> [&'static str; 4] {
        match self {
            Self::BgNbd | Self::MbgNbd => ["r", "alpha", "a", "b"],
            Self::ParetoNbd => ["r", "alpha", "s", "beta"],
        }
    }

    /// Customers it learns from at most: every so many-th. Parameters of more do not get better by much. One look at a
    /// customer costs Pareto/NBD about four times as much, for two series are summed.
    const fn most_learnt_from(self) -> usize {
        match self {
            Self::BgNbd | Self::MbgNbd => 20_000,
            Self::ParetoNbd => 8_000,
        }
    }

    /// The customers it learns from.
    fn sample(self, known: &[Summary]) -> impl Iterator<Item = Summary> + Clone {
        known.iter().step_by(known.len().div_ceil(self.most_learnt_from()).max(1)).copied()
    }
}

/// Calls a function of a model's type.
macro_rules! by_model {
    ($model:expr, $function:ident($($argument:expr),*)) => {
        match $model {
            Model::BgNbd => $function::<BgNbd>($($argument),*),
            Model::MbgNbd => $function::<MbgNbd>($($argument),*),
            Model::ParetoNbd => $function::<ParetoNbd>($($argument),*),
        }
    };
}
use by_model;

/// What a study has come to between two of its steps: read, then looked back at model by model, then answered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Working {
    /// What was read.
    pub purchases: Purchases,
    /// The models that have learnt from what is looked back at.
    #[serde(default)]
    pub learnt: Vec<Learnt>,
    /// The look back; none before it was done.
    pub looked: Option<Looked>,
}

impl Working {
    /// What was read, nothing looked back at yet.
    #[must_use]
    pub fn new(purchases: Purchases) -> Self {
        Self { purchases, ..Self::default() }
    }

    /// One step of the look back: a model learns, or once all have, they are compared. Each fits into a call of an object.
    pub fn look_back(&mut self, question: &Question, today: i64) {
        match Model::ALL.get(self.learnt.len()) {
            Some(model) if look_back::is_long_enough(&self.purchases, today) => {
                self.learnt.push(look_back::learn(*model, &self.purchases, today));
            }
            _ => {
                let holdout = look_back::compare(&self.learnt, &self.purchases, question, today);
                self.looked = Some(Looked { holdout });
            }
        }
    }

    /// The model that the look back speaks for; the first one where there is nothing to look back at.
    fn chosen(&self) -> Model {
        let holdout = self.looked.as_ref().and_then(|looked| looked.holdout.as_ref());
        let chosen = holdout.and_then(|holdout| holdout.models.iter().find(|tried| tried.chosen));
        chosen.map_or(Model::ALL[0], |tried| tried.model)
    }
}

/// The look back was done; there is nothing in it where the history is too short.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Looked {
    /// What it showed.
    pub holdout: Option<Holdout>,
}

/// What customers are worth.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Customers)]
pub struct Answer {
    /// ISO 4217 code of amounts, which are in minor units.
    pub currency: String,
    /// First day with a purchase, `YYYY-MM-DD`.
    pub since: String,
    /// The last day looked at, `YYYY-MM-DD`.
    pub until: String,
    /// First day that was read, where there is more than is read: earlier purchases are not in any figure.
    pub cut: Option<String>,
    /// Months ahead.
    pub months: u32,
    /// What money is worth less a year later: a fraction.
    pub discount_per_year: f64,
    /// How much the intervals hold: a fraction.
    pub level: f64,
    /// What was.
    pub totals: Totals,
    /// By month of the first purchase, earliest first: the last 24.
    pub cohorts: Vec<Cohort>,
    /// Customers of earlier cohorts.
    pub earlier_customers: usize,
    /// Groups by recency, frequency and money, best first; each customer is in one.
    pub segments: Vec<Segment>,
    /// What is to come; null where too few have bought again to tell.
    pub outlook: Option<Outlook>,
    /// Why there is no outlook, in words; empty where there is one.
    pub why_no_outlook: String,
    /// How the models would have done before, and which did best; null where the history is too short.
    pub holdout: Option<Holdout>,
}

/// What was.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = CustomersTotals)]
pub struct Totals {
    /// Persons who bought.
    pub customers: usize,
    /// Their orders.
    pub orders: usize,
    /// What they paid, minor units.
    pub revenue: i64,
    /// Those with more than one order.
    pub returned: usize,
    /// Their share: a fraction.
    pub return_rate: f64,
    /// Half of those who came back did so within so many days.
    pub median_days: Option<f64>,
}

/// Those whose first order was in one month.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = CustomerCohort)]
pub struct Cohort {
    /// `YYYY-MM`.
    pub month: String,
    /// Customers.
    pub customers: usize,
    /// The share of them that bought in each month since, their first month first: fractions.
    pub retention: Vec<f64>,
    /// What a customer had spent by the end of each month, minor units.
    pub value: Vec<i64>,
}

/// A group of customers.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = CustomerSegment)]
pub struct Segment {
    /// Stable name: `champions`, `loyal`, `new`, `undecided`, `slipping`, `sleeping` or `gone`.
    pub id: String,
    /// Its name for people.
    pub label: String,
    /// Who is in it, in words.
    pub rule: String,
    /// Customers.
    pub customers: usize,
    /// What they have paid, minor units.
    pub revenue: i64,
    /// Its share of all: a fraction.
    pub revenue_share: f64,
    /// What one of them is expected to spend within the months asked for, minor units; null without outlook.
    pub expected_value: Option<i64>,
}

/// A number that is not known for sure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = CustomersEstimate)]
pub struct Estimate {
    /// Its mean.
    pub mean: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

/// An amount that is not known for sure, minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = CustomersAmount)]
pub struct Amount {
    /// Its mean. Of one customer it can lie outside the interval: most will spend nothing, a few a lot.
    pub mean: i64,
    /// Lower end of the interval.
    pub low: i64,
    /// Upper end of the interval.
    pub high: i64,
}

impl Amount {
    fn of(mean: f64, range: customer::outlook::Range, parts: f64) -> Self {
        let minor = |value: f64| (value / parts).round() as i64;
        Self { mean: minor(mean), low: minor(range.lower), high: minor(range.upper) }
    }
}

/// What is to come of those who have bought already.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = CustomerOutlook)]
pub struct Outlook {
    /// Orders within the months asked for (several on one day are one).
    pub orders: Estimate,
    /// What they are worth, discounted.
    pub value: Amount,
    /// The same for the mean customer.
    pub value_per_customer: Amount,
    /// Tenths of the customers, those worth most first.
    pub tenths: Vec<Tenth>,
    /// Those worth most.
    pub best: Vec<Customer>,
    /// Those who have spent much and are less and less likely to come back, by what is being lost.
    pub leaving: Vec<Customer>,
    /// The models.
    pub models: Models,
}

/// A tenth of the customers.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = CustomerTenth)]
pub struct Tenth {
    /// Customers.
    pub customers: usize,
    /// What they are expected to spend together, minor units.
    pub value: i64,
    /// Its share of all: a fraction.
    pub share: f64,
    /// What the least of them is expected to spend, minor units.
    pub least: i64,
}

/// A customer, and what is expected of them.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = CustomerValue)]
pub struct Customer {
    /// Key of the person, as in journeys.
    pub person: String,
    /// Orders so far.
    pub orders: u32,
    /// What they have paid, minor units.
    pub spent: i64,
    /// Day of the last order, `YYYY-MM-DD`.
    pub last_day: String,
    /// Stable name of the segment.
    pub segment: String,
    /// The probability that they are still a customer.
    pub alive: f64,
    /// The same four weeks ago; null for who was no customer then.
    pub alive_before: Option<f64>,
    /// Orders within the months asked for.
    pub expected_orders: Estimate,
    /// What these are worth, discounted.
    pub value: Amount,
}

/// The models, as they were learnt.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = CustomerModels)]
pub struct Models {
    /// Customers they have learnt from.
    pub learnt_from: usize,
    /// Draws behind the intervals.
    pub draws: usize,
    /// The model of repeat purchases: the one that the look back speaks for, BG/NBD without one.
    #[schema(required = false)]
    pub model: Model,
    /// Its parameters, time in weeks: r, alpha, a, b, or of Pareto/NBD r, alpha, s, beta.
    pub repeat: Vec<Parameter>,
    /// Of Gamma-Gamma: p, q, v; money in minor units.
    pub value: Vec<Parameter>,
    /// Pearson's correlation of how often and how much; null where one of them never varies.
    pub correlation: Option<f64>,
    /// Whether that is so strong that expected values are to be doubted: the models take the two as independent.
    pub correlated: bool,
}

/// A parameter of a model.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = FittedParameter)]
pub struct Parameter {
    /// As the paper names it.
    pub name: String,
    /// Its value.
    pub value: f64,
    /// Standard error of its logarithm: 0.1 is about 10 %.
    pub log_error: f64,
}

/// The models of how often and of how much, and how many customers the first has learnt from.
type Both<R> = (Fitted<R, 4>, Fitted<GammaGamma, 3>, usize);

/// Learns the models; why not, in words.
fn learn<R: Repeat>(model: Model, known: &[Summary]) -> Result<Both<R>, String> {
    let sample = model.sample(known);
    let learnt = R::fit(sample.clone()).and_then(|repeat| Ok((repeat, GammaGamma::fit(sample.clone())?)));
    let (repeat, value) = learnt.map_err(|error| error.to_string())?;
    let found: [f64; 4] = repeat.model.into();
    if found.iter().chain(&[value.model.p, value.model.q, value.model.v]).any(|found| !found.is_finite()) {
        return Err("the models do not fit these orders".to_owned());
    }
    Ok((repeat, value, sample.count()))
}

fn draws(customers: usize) -> usize {
    (MOST_DRAWN / customers.max(1)).clamp(DRAWS.0, DRAWS.1)
}

/// The same day draws the same.
fn seed(today: i64) -> u64 {
    today.unsigned_abs()
}

/// Answers over what was read.
///
/// # Errors
/// 409 in words: fewer than ten customers, or none of them has bought twice.
pub fn answer(question: &Question, currency: &str, working: &Working, today: i64) -> Result<Answer, Problem> {
    let until = date(today).ok_or_else(|| Problem::internal("the day is out of the calendar"))?;
    let purchases = working.purchases.sorted();
    let returns = cohort::returns(&purchases);
    let scores = rfm::scores(&purchases, until);
    if scores.len() < FEWEST {
        let known = scores.len();
        return Err(Problem::conflict(format!(
            "there are {known} customers so far, and at least {FEWEST} are needed to say anything of them"
        )));
    }
    let returned = scores.iter().filter(|(_, scores)| scores.purchases > 1).count();
    if returned == 0 {
        let detail = "nobody has bought twice yet; what customers are worth shows when they come back";
        return Err(Problem::conflict(detail));
    }
    let chosen = working.chosen();
    let foretold = by_model!(chosen, foretell(chosen, question, &purchases, &scores, today, until));
    let (outlook, values, why_no_outlook) = match foretold {
        Ok((outlook, values)) => (Some(outlook), Some(values), String::new()),
        Err(why) => (None, None, why),
    };
    let revenue: f64 = scores.iter().map(|(_, scores)| scores.value).sum();
    let mut cohorts = cohort::cohorts(&purchases, COHORTS);
    let mut earlier_customers = 0;
    while cohorts.len() > COHORTS {
        earlier_customers += cohorts.pop_first().map_or(0, |(_, cohort)| cohort.size);
    }
    Ok(Answer {
        currency: currency.to_owned(),
        since: working.purchases.first_day().map(format_day).unwrap_or_default(),
        until: format_day(today),
        cut: working.purchases.cut.map(format_day),
        months: question.months,
        discount_per_year: question.discount_per_year,
        level: question.level,
        totals: Totals {
            customers: scores.len(),
            orders: purchases.len(),
            revenue: revenue.round() as i64,
            returned,
            return_rate: returns.rate,
            median_days: returns.median_days,
        },
        cohorts: cohorts
            .into_iter()
            .map(|(month, cohort)| Cohort {
                month,
                customers: cohort.size,
                retention: cohort.retention,
                value: cohort.value.into_iter().map(|value| value.round() as i64).collect(),
            })
            .collect(),
        earlier_customers,
        segments: segments(&scores, values.as_deref(), revenue),
        outlook,
        why_no_outlook,
        holdout: working.looked.as_ref().and_then(|looked| looked.holdout.clone()),
    })
}

/// A segment: id, label and rule, best first. Which is whose: [`segment_of`].
const SEGMENTS: [(&str, &str, &str); 7] = [
    ("champions", "Champions", "Came back, bought lately (the latest 40 %) and are among the 40 % who spent most"),
    ("loyal", "Loyal", "Came back, and their last order is among the latest 60 %"),
    ("new", "New", "One order, among the latest 40 %"),
    ("undecided", "Undecided", "One order, neither lately nor long ago (the middle fifth)"),
    (
        "slipping",
        "Slipping away",
        "Came back and are among the 40 % who spent most, but have not bought for long (the earliest 40 %)",
    ),
    ("sleeping", "Asleep", "Came back, spent less, and have not bought for long (the earliest 40 %)"),
    ("gone", "Once only", "One order, long ago (the earliest 40 %)"),
];

/// Place in [`SEGMENTS`]. Scores are fifths, 5 the best. How often is taken as it is: where most have bought once, fifths
/// of it would divide equals.
fn segment_of(scores: &rfm::Scores) -> usize {
    match (scores.purchases > 1, scores.recency, scores.money) {
        (true, 4.., 4..) => 0,
        (true, 3.., _) => 1,
        (false, 4.., _) => 2,
        (false, 3, _) => 3,
        (true, _, 4..) => 4,
        (true, ..) => 5,
        (false, ..) => 6,
    }
}

fn segments(scores: &[(&str, rfm::Scores)], values: Option<&[f64]>, revenue: f64) -> Vec<Segment> {
    SEGMENTS
        .iter()
        .enumerate()
        .map(|(at, (id, label, rule))| {
            let of_it = || scores.iter().enumerate().filter(move |(_, (_, scores))| segment_of(scores) == at);
            let customers = of_it().count();
            let paid: f64 = of_it().map(|(_, (_, scores))| scores.value).sum();
            let expected = values.filter(|_| customers > 0).map(|values| {
                let sum: f64 = of_it().filter_map(|(place, _)| values.get(place)).sum();
                (sum / customers as f64).round() as i64
            });
            Segment {
                id: (*id).to_owned(),
                label: (*label).to_owned(),
                rule: (*rule).to_owned(),
                customers,
                revenue: paid.round() as i64,
                revenue_share: if revenue > 0.0 { paid / revenue } else { 0.0 },
                expected_value: expected,
            }
        })
        .collect()
}

/// The outlook, and each customer's expected value in the order of `scores`; why there is none, in words.
fn foretell<R: Repeat>(
    model: Model,
    question: &Question,
    purchases: &[Purchase],
    scores: &[(&str, rfm::Scores)],
    today: i64,
    until: NaiveDate,
) -> Result<(Outlook, Vec<f64>), String> {
    let summaries_now = summaries(purchases, until, WEEK);
    let before = date(today - BEFORE_DAYS).map(|day| summaries(purchases, day, WEEK)).unwrap_or_default();
    let known: Vec<Summary> = summaries_now.values().copied().collect();
    let (repeat, value, learnt_from) = learn::<R>(model, &known)?;
    let horizon = question.horizon();
    let values: Option<Vec<f64>> =
        known.iter().map(|summary| lifetime_value(&repeat.model, &value.model, summary, &horizon)).collect();
    let values = values.filter(|values| values.iter().all(|value| value.is_finite())).ok_or(
        "a few orders are so much larger than the others that no mean can be told from these; \
         what customers will spend shows when more have come back",
    )?;
    let draws = draws(known.len());
    let drawing = Drawing { level: question.level, draws: u32::try_from(draws).unwrap_or(1), seed: seed(today) };
    let (of_each, of_all) = outlooks(&repeat, &value, &known, &horizon, &drawing).map_err(|error| error.to_string())?;
    let total: f64 = values.iter().sum();
    if of_all.value.upper > WIDEST * total {
        return Err(
            "too few have come back to tell what customers will spend: it could be many times as much".to_owned()
        );
    }
    let weeks = f64::from(question.months) * WEEKS_PER_MONTH;
    let orders: Vec<f64> = known.iter().map(|summary| repeat.model.expected(summary, weeks)).collect();
    let customer = |at: usize| {
        let ((person, scores), summary, outlook) = (scores.get(at)?, known.get(at)?, of_each.get(at)?);
        Some(Customer {
            person: (*person).to_owned(),
            orders: scores.purchases,
            spent: scores.value.round() as i64,
            last_day: format_day(today - scores.days),
            segment: SEGMENTS.get(segment_of(scores)).map_or("", |segment| segment.0).to_owned(),
            alive: repeat.model.alive(summary),
            alive_before: before.get(person).map(|summary| repeat.model.alive(summary)),
            expected_orders: Estimate {
                mean: orders.get(at).copied().unwrap_or_default(),
                low: outlook.purchases.lower,
                high: outlook.purchases.upper,
            },
            value: Amount::of(values.get(at).copied().unwrap_or_default(), outlook.value, 1.0),
        })
    };
    let mut by_value: Vec<(f64, usize)> = values.iter().copied().zip(0..).collect();
    by_value.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
    // What is being lost: what somebody has spent, times how much less likely they have become to come back.
    let mut by_loss: Vec<(f64, usize)> = summaries_now
        .iter()
        .zip(scores)
        .zip(0..)
        .filter_map(|(((person, summary), (_, scores)), at)| {
            let (alive, earlier) = (repeat.model.alive(summary), repeat.model.alive(before.get(person)?));
            (alive < LEAVING && alive < earlier).then_some((scores.value * (earlier - alive), at))
        })
        .collect();
    by_loss.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
    let listed = |ranked: &[(f64, usize)]| ranked.iter().take(LISTED).filter_map(|(_, at)| customer(*at)).collect();
    let count = known.len() as f64;
    let correlation = correlation(known.iter().copied());
    let parameters = |names: &[&str], values: &[f64], errors: &[f64]| {
        let each = names.iter().zip(values).zip(errors);
        each.map(|((name, value), error)| Parameter { name: (*name).to_owned(), value: *value, log_error: *error })
            .collect()
    };
    let (found, v): ([f64; 4], _) = (repeat.model.into(), value.model);
    let outlook = Outlook {
        orders: Estimate { mean: orders.iter().sum(), low: of_all.purchases.lower, high: of_all.purchases.upper },
        value: Amount::of(total, of_all.value, 1.0),
        value_per_customer: Amount::of(total, of_all.value, count),
        tenths: tenths(&by_value, total),
        best: listed(&by_value),
        leaving: listed(&by_loss),
        models: Models {
            learnt_from,
            draws,
            model,
            repeat: parameters(&model.parameters(), &found, &repeat.log_errors()),
            value: parameters(&["p", "q", "v"], &[v.p, v.q, v.v], &value.log_errors()),
            correlation,
            correlated: correlation.is_some_and(|correlation| correlation.abs() > CORRELATED),
        },
    };
    Ok((outlook, values))
}

/// Tenths of the customers, who are ordered by what they are worth.
fn tenths(by_value: &[(f64, usize)], total: f64) -> Vec<Tenth> {
    let count = by_value.len();
    (0..10)
        .filter_map(|tenth| {
            let tenth = by_value.get(tenth * count / 10..(tenth + 1) * count / 10)?;
            let value: f64 = tenth.iter().map(|(value, _)| value).sum();
            Some(Tenth {
                customers: tenth.len(),
                value: value.round() as i64,
                share: if total > 0.0 { value / total } else { 0.0 },
                least: tenth.last()?.0.round() as i64,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: i64 = 20_700;

    /// Numbers between 0 and 1 that look random and are the same every time (Knuth's MMIX generator).
    struct Numbers(u64);

    impl Numbers {
        fn next(&mut self) -> f64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((self.0 >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
        }

        fn wait(&mut self, mean: f64) -> f64 {
            -mean * self.next().ln()
        }
    }

    /// A shop whose customers buy at rates of their own, drop out, and spend around means of their own.
    fn shop(customers: usize) -> Purchases {
        let mut numbers = Numbers(7);
        let mut purchases = Purchases::default();
        for customer in 0..customers {
            let person = format!("v:{customer:05}");
            let (pause, drops) = (20.0 + numbers.wait(60.0), 0.5 * numbers.next());
            let purse = 2_000.0 + numbers.wait(3_000.0);
            let mut day = (numbers.next() * 500.0).floor();
            while day < 700.0 {
                let value = purse * (0.5 + numbers.next());
                purchases.push(&person, TODAY - 700 + day as i64, value.round() as i64);
                if numbers.next() < drops {
                    break;
                }
                day += 1.0 + numbers.wait(pause).floor();
            }
        }
        purchases
    }

    fn studied(purchases: Purchases) -> Result<Answer, Problem> {
        let question = Question::default();
        let mut working = Working::new(purchases);
        while working.looked.is_none() {
            working.look_back(&question, TODAY);
            // As the steps of a job do: what was found goes through JSON.
            working = serde_json::from_str(&serde_json::to_string(&working).unwrap()).unwrap();
        }
        answer(&question, "EUR", &working, TODAY)
    }

    #[test]
    fn every_customer_is_in_one_cohort_and_one_segment_and_every_sum_is_the_same() {
        let purchases = shop(800);
        let paid: i64 = purchases.rows.iter().map(|row| row.2).sum();
        let orders = purchases.len();
        let answer = studied(purchases).unwrap();
        let Totals { customers, revenue, .. } = answer.totals;
        assert_eq!((customers, answer.totals.orders, revenue), (800, orders, paid));
        assert_eq!(answer.cohorts.iter().map(|cohort| cohort.customers).sum::<usize>() + answer.earlier_customers, 800);
        for cohort in &answer.cohorts {
            assert!((cohort.retention[0] - 1.0).abs() < 1e-12);
            assert!(cohort.value.is_sorted());
        }
        // What the cohorts have spent is what was paid, to the rounding of a mean.
        let spent: f64 =
            answer.cohorts.iter().map(|one| *one.value.last().unwrap() as f64 * one.customers as f64).sum();
        assert!((spent - paid as f64).abs() < 400.0 + 1.0, "{spent} of {paid}");
        assert_eq!(answer.segments.iter().map(|segment| segment.customers).sum::<usize>(), 800);
        assert_eq!(answer.segments.iter().map(|segment| segment.revenue).sum::<i64>(), paid);
        let share: f64 = answer.segments.iter().map(|segment| segment.revenue_share).sum();
        assert!((share - 1.0).abs() < 1e-9);
        let outlook = answer.outlook.unwrap();
        let share: f64 = outlook.tenths.iter().map(|tenth| tenth.share).sum();
        assert!((share - 1.0).abs() < 1e-9);
        let value: i64 = outlook.tenths.iter().map(|tenth| tenth.value).sum();
        assert!((value - outlook.value.mean).abs() <= 10);
        let by_segment: f64 =
            answer.segments.iter().map(|one| one.expected_value.unwrap_or(0) as f64 * one.customers as f64).sum();
        assert!((by_segment / outlook.value.mean as f64 - 1.0).abs() < 1e-3);
        assert!(outlook.value.low < outlook.value.mean && outlook.value.mean < outlook.value.high);
        let per_customer = outlook.value_per_customer.mean * 800;
        assert!((per_customer - outlook.value.mean).abs() <= 400);
    }

    #[test]
    fn the_worth_most_come_first_and_the_leaving_are_less_likely_than_before() {
        let outlook = studied(shop(800)).unwrap().outlook.unwrap();
        assert_eq!(outlook.best.len(), LISTED);
        assert!(outlook.best.windows(2).all(|pair| pair[0].value.mean >= pair[1].value.mean));
        assert!(!outlook.leaving.is_empty());
        let loss = |one: &Customer| one.spent as f64 * (one.alive_before.unwrap() - one.alive);
        for one in &outlook.leaving {
            assert!(one.alive < LEAVING && one.alive < one.alive_before.unwrap() && one.orders > 1);
        }
        assert!(outlook.leaving.windows(2).all(|pair| loss(&pair[0]) >= loss(&pair[1]) - 1.0));
    }

    #[test]
    fn the_look_back_foretells_about_what_came() {
        let holdout = studied(shop(800)).unwrap().holdout.unwrap();
        assert_eq!(holdout.customers, holdout.groups.iter().map(|group| group.customers).sum::<usize>());
        let came: f64 = holdout.groups.iter().map(|group| group.came * group.customers as f64).sum();
        assert!((came - holdout.came as f64).abs() < 1e-6);
        assert!(holdout.came > 100 && holdout.off.unwrap().abs() < 0.25, "{holdout:?}");
        assert!(holdout.foretold.low < holdout.foretold.mean && holdout.foretold.mean < holdout.foretold.high);
    }

    /// A shop whose customers may leave after an order that is not their first one.
    fn after_a_return(customers: usize) -> Purchases {
        let mut numbers = Numbers(5);
        let mut purchases = Purchases::default();
        for customer in 0..customers {
            let (pause, drops) = (10.0 + numbers.wait(30.0), 0.6 * numbers.next());
            let mut day = (numbers.next() * 500.0).floor();
            for order in 0.. {
                if day >= 700.0 || (order > 1 && numbers.next() < drops) {
                    break;
                }
                purchases.push(&format!("v:{customer:05}"), TODAY - 700 + day as i64, 2_000 + day as i64);
                day += 1.0 + numbers.wait(pause).floor();
            }
        }
        purchases
    }

    #[test]
    fn the_model_that_foretells_best_is_used_and_the_first_where_it_is_as_good() {
        let chosen = |answer: &Answer| {
            let holdout = answer.holdout.as_ref().unwrap();
            assert_eq!(holdout.models.iter().map(|tried| tried.model).collect::<Vec<_>>(), Model::ALL);
            let [chosen] = holdout.models.iter().filter(|tried| tried.chosen).collect::<Vec<_>>()[..] else {
                panic!("{holdout:?}")
            };
            assert_eq!((chosen.foretold, chosen.off), (holdout.foretold.mean, holdout.off));
            let models = &answer.outlook.as_ref().unwrap().models;
            assert_eq!(models.model, chosen.model);
            let names: Vec<&str> = models.repeat.iter().map(|parameter| parameter.name.as_str()).collect();
            assert_eq!(names, chosen.model.parameters());
            chosen.clone()
        };
        // Here customers may leave after their first order, as MBG/NBD has it.
        let left = chosen(&studied(shop(800)).unwrap());
        assert!(left.model == Model::MbgNbd && left.better > left.better_error, "{left:?}");
        // Here customers leave as BG/NBD has it.
        let usual = chosen(&studied(after_a_return(400)).unwrap());
        assert_eq!((usual.model, usual.better, usual.better_error), (Model::BgNbd, 0.0, 0.0), "{usual:?}");
    }

    #[test]
    fn what_cannot_be_said_is_told_in_words() {
        let status = |purchases| studied(purchases).map(|_| ()).unwrap_err();
        let mut few = Purchases::default();
        for (person, day) in [("a", 0), ("a", 9), ("b", 3)] {
            few.push(person, TODAY - 200 + day, 1_000);
        }
        assert_eq!(status(few).status, 409);
        let mut once = Purchases::default();
        (0..30).for_each(|at| once.push(&format!("v:{at}"), TODAY - at, 1_000));
        let problem = status(once.clone());
        assert_eq!(problem.status, 409);
        assert!(problem.detail.contains("bought twice"), "{}", problem.detail);
        // Three have come back: what was is told, what comes is not.
        (0..3).for_each(|at| once.push(&format!("v:{at}"), TODAY, 1_000));
        let answer = studied(once).unwrap();
        assert_eq!((answer.totals.returned, answer.outlook, answer.holdout), (3, None, None));
        assert!(answer.why_no_outlook.contains("ten customers"), "{}", answer.why_no_outlook);
    }

    #[test]
    fn odd_shops_are_answered_too() {
        // One price for everything; nothing paid at all; everybody on one day; a single enormous order.
        let odd = |value: fn(usize) -> i64, day: fn(usize) -> i64| {
            let mut purchases = Purchases::default();
            (0..400).for_each(|at| purchases.push(&format!("v:{:03}", at % 97), TODAY - day(at), value(at)));
            studied(purchases).unwrap()
        };
        let day = |at: usize| 360 - at as i64 * 9 / 10;
        let one_price = odd(|_| 1_000, day);
        if let Some(outlook) = &one_price.outlook {
            let each = outlook.value.mean as f64 / outlook.orders.mean;
            assert!((800.0..=1_000.0).contains(&each), "{each}");
        }
        assert!(odd(|_| 0, day).outlook.is_none());
        let _ = odd(|at| 500 + at as i64, |_| 0);
        let _ = odd(|at| if at == 99 { 900_000_000 } else { 1_000 + at as i64 }, day);
    }

    #[test]
    fn more_than_can_be_read_is_cut_at_a_day_and_told() {
        let mut purchases = shop(200);
        purchases.cut(TODAY - 400);
        let answer = studied(purchases).unwrap();
        assert_eq!(answer.cut, Some(format_day(TODAY - 400)));
        assert!(answer.since >= format_day(TODAY - 400));
    }

    #[test]
    fn questions_out_of_bounds_name_their_field() {
        let field = |question: Question| question.check().unwrap_err().errors[0].field.clone();
        let fine = Question::default();
        assert!(fine.check().is_ok());
        assert_eq!(field(Question { months: 0, ..fine }), "/months");
        assert_eq!(field(Question { discount_per_year: f64::NAN, ..fine }), "/discount_per_year");
        assert_eq!(field(Question { level: 1.0, ..fine }), "/level");
    }
}
