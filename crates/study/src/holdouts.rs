//! Incrementality tests: a channel is switched off in some regions, or everywhere for a while, and what is sold
//! meanwhile is held against what would have been. The question, the plan of a test that has not begun, what a test says,
//! and attribution calibrated by those that are done. The maths is crate `attribution`'s (`incrementality`,
//! `calibrated`); orders are read by whom the answer is asked of.
//!
//! Regions sell very different amounts, and what moves a market moves it in proportion. So every region is read as an
//! index, its day over its own mean before the test, and effects are shares of what a region sold before.

use std::collections::{BTreeMap, BTreeSet};

use attribution::{
    ChannelCredit, DIRECT_CHANNEL, Estimate, IncrementalityError, Measured, Stacked, Stacking, UNASSIGNED_CHANNEL,
    before_and_after, difference_in_differences, synthetic_control,
};
use calendar::{format_day, parse_day};
use problem::{FieldError, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What the intervals of a test hold.
pub const LEVEL: f64 = 0.9;
/// Days before a regional test that regions are compared over: eight weeks.
pub const BEFORE: i64 = 56;
/// Fewest of them.
const LEAST_BEFORE: i64 = 14;
/// Days before a test of time, and most of a plan's: windows of the past are what chance is read from.
pub const HISTORY: i64 = 364;
/// Days right before a test whose attribution says what the channel is credited with.
pub const CLAIMED: i64 = 28;
/// Longest test, in days.
const MOST_DAYS: i64 = 92;
/// Most regions of one side.
const MOST_REGIONS: usize = 60;
/// Longest name of a region or channel, in characters.
const MOST_TEXT: usize = 128;
/// Furthest ahead and back that a test may lie, in days.
const FURTHEST: i64 = 730;
/// Earlier windows that a plan tries its test on.
const WINDOWS: i64 = 6;
/// Regions on each side from which the interval of a difference in differences is of use: with fewer, Student's
/// distribution has so few degrees of freedom that it holds nearly anything.
const REGIONS_FOR_DIFFERENCE: usize = 3;
/// Regions that make a twin and its chance, if there are too few for a difference.
const REGIONS_FOR_TWIN: usize = 5;
/// Standard errors that a true effect must be away from nothing to be found four times in five: the quantile of 0.8.
const POWER: f64 = 0.841_621_233_572_914_3;
/// The methods' ids.
const DIFFERENCE: &str = "difference_in_differences";
const TWIN: &str = "synthetic_control";
const PAST: &str = "before_and_after";
/// The draws of a calibration: the same tests, the same answer.
const SEED: u64 = 1;

/// What is switched off for whom.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = HoldoutKind)]
pub enum Kind {
    /// Off in some regions, on in others.
    #[default]
    Region,
    /// Off everywhere, for a while.
    Time,
}

/// What a region is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = HoldoutRegions)]
pub enum By {
    /// A country: `DE`.
    #[default]
    Country,
    /// A region of a country: `DE/Bavaria`.
    Region,
}

/// What is counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = HoldoutOutcome)]
pub enum Outcome {
    /// Orders.
    #[default]
    Orders,
    /// Their value.
    Revenue,
}

/// A test as it is laid out. All days are the site's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = HoldoutDesign)]
pub struct Design {
    /// The channel that is switched off, such as `Paid Search`.
    pub channel: String,
    /// For whom.
    pub kind: Kind,
    /// What a region is; a country when missing.
    #[serde(default)]
    pub by: By,
    /// Regions it is off in; none for a test of time.
    #[serde(default)]
    pub treated: Vec<String>,
    /// Regions that go on as they were; none for a test of time.
    #[serde(default)]
    pub control: Vec<String>,
    /// First day it is off, YYYY-MM-DD. May be past: a test that was done elsewhere, a time when ads were off.
    pub from: String,
    /// Last day it is off, included; 92 days at most.
    pub to: String,
    /// Days at the start that are not counted, because ads of the days before still work: 0 to 28.
    #[serde(default)]
    pub settle_days: i64,
    /// What is counted first; the other is read beside it.
    #[serde(default)]
    pub outcome: Outcome,
    /// What was not spent on the channel because of the test, minor units of the site's currency.
    pub spend: Option<i64>,
}

/// A test's days, since 1970 on the site's wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    /// The first.
    pub first: i64,
    /// The last, included.
    pub last: i64,
}

impl Days {
    fn count(self) -> i64 {
        self.last - self.first + 1
    }
}

/// How would it do?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = HoldoutPlanQuestion)]
pub struct PlanQuestion {
    /// Site key; the tenant's first site when missing.
    pub site: Option<String>,
    /// The test. Regions may be missing: then the plan says which there are.
    pub design: Design,
}

/// Another test of the site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Other {
    /// Its name.
    pub name: String,
    /// Its layout.
    pub design: Design,
}

/// A question about a test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The test.
    pub design: Design,
    /// The site's other tests, stopped ones left out.
    pub others: Vec<Other>,
    /// Days before an order in which touches count.
    pub window_days: i64,
    /// Whether all must be there for the test to begin.
    pub complete: bool,
}

/// A figure with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = HoldoutFigure)]
pub struct Figure {
    /// The estimate.
    pub value: f64,
    /// Lower end of its interval.
    pub low: f64,
    /// Upper end; null where there is none.
    pub high: Option<f64>,
}

impl From<Estimate> for Figure {
    fn from(estimate: Estimate) -> Self {
        Self { value: estimate.value, low: estimate.low, high: Some(estimate.high) }
    }
}

/// Something to be known of a plan or a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = HoldoutNote)]
pub struct Note {
    /// Whether it puts the result in doubt.
    pub warning: bool,
    /// In words.
    pub words: String,
}

fn warning(words: String) -> Note {
    Note { warning: true, words }
}

/// A region and what it sells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = HoldoutRegion)]
pub struct Region {
    /// Its name, as a test takes it.
    pub id: String,
    /// Orders a day in the weeks before.
    pub orders_a_day: f64,
    /// Their value a day, minor units.
    pub value_a_day: f64,
    /// Its part of all orders whose place is known.
    pub share: f64,
}

/// The least effect that a test finds four times in five.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = HoldoutDetectable)]
pub struct Detectable {
    /// Orders, over the days that count.
    pub orders: f64,
    /// Revenue, minor units, over the days that count.
    pub value: f64,
    /// Part of the orders that would have been.
    pub orders_share: f64,
    /// Part of the revenue that would have been.
    pub value_share: f64,
}

/// What attribution credits the channel with where it is switched off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = HoldoutClaim)]
pub struct Claim {
    /// Id of the model.
    pub model: String,
    /// Part of the orders.
    pub orders_share: f64,
    /// Part of the revenue.
    pub value_share: f64,
    /// Orders over the test's days that count.
    pub orders: f64,
    /// Revenue over these days, minor units.
    pub value: f64,
}

/// A test that has not begun.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = HoldoutPlan)]
pub struct Plan {
    /// ISO 4217 code of amounts.
    pub currency: String,
    /// Days of history there are, at most 364.
    pub history_days: i64,
    /// Days of the test that count.
    pub days: i64,
    /// The regions that had orders in the eight weeks before, most orders first; none for a test of time.
    pub regions: Vec<Region>,
    /// Orders a day where it is off.
    pub treated_a_day: f64,
    /// Orders a day where it goes on.
    pub control_a_day: f64,
    /// How it will be read; null while regions are missing.
    pub method: Option<String>,
    /// The least effect it finds four times in five, from the same test tried on earlier weeks; null where that cannot be
    /// said.
    pub detectable: Option<Detectable>,
    /// Earlier windows it was tried on.
    pub windows: usize,
    /// What attribution credits the channel with there, by the default model.
    pub claimed: Option<Claim>,
    /// What should be known before it begins.
    pub notes: Vec<Note>,
}

/// What one method says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = HoldoutMethod)]
pub struct Method {
    /// `difference_in_differences`, `synthetic_control` or `before_and_after`.
    pub id: String,
    /// What the channel added: orders, or minor units.
    pub incremental: Figure,
    /// The same over what would have been sold with it: a fraction.
    pub share: Figure,
    /// What its interval holds.
    pub holds: f64,
    /// Probability of so large an effect where there is none.
    pub p_value: f64,
    /// The same method where nothing was switched off.
    pub placebo: Placebo,
}

/// A test of the method where there is nothing to find.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = HoldoutPlacebo)]
pub struct Placebo {
    /// Whether it found nothing, as it should.
    pub passed: bool,
    /// In words.
    pub words: String,
}

/// An outcome by all methods that can be used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = HoldoutMeasured)]
pub struct Read {
    /// What the channel added, by the first of the methods.
    pub incremental: Figure,
    /// The same over what would have been sold with it.
    pub share: Figure,
    /// Sold meanwhile where it was off.
    pub seen: f64,
    /// The least effect that would have been found four times in five.
    pub detectable: f64,
    /// The first counts; which it is follows from the layout, not from the result.
    pub methods: Vec<Method>,
}

/// A day of the chart: where it was off, and what would have been.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = HoldoutDay)]
pub struct Day {
    /// YYYY-MM-DD.
    pub date: String,
    /// `before`, `settling` or `off`.
    pub phase: String,
    /// Sold, as a part of an average day before the test.
    pub seen: f64,
    /// What would have been sold.
    pub expected: Option<f64>,
}

/// Conversions a model credited, for calibration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = HoldoutCredit)]
pub struct Credit {
    /// Id of the model.
    pub model: String,
    /// Conversions that it would have credited the channel with during the test.
    pub conversions: f64,
}

/// What a test says, up to the last day that is over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = HoldoutReadout)]
pub struct Readout {
    /// Last day read, YYYY-MM-DD.
    pub through: String,
    /// Days read that count.
    pub days: i64,
    /// Days that will have counted at the end.
    pub of_days: i64,
    /// Days before that it is compared with.
    pub before_days: i64,
    /// ISO 4217 code of amounts.
    pub currency: String,
    /// What was counted first.
    pub outcome: Outcome,
    /// Orders.
    pub orders: Read,
    /// Revenue, minor units.
    pub revenue: Read,
    /// Spend withheld by incremental orders, minor units; null where nothing is known of spend, or of an effect.
    pub cost_per_order: Option<Figure>,
    /// Incremental revenue by spend withheld.
    pub iroas: Option<Figure>,
    /// What attribution would have credited the channel with, by the default model.
    pub claimed: Option<Claim>,
    /// Incremental orders by credited ones: what credit is worth.
    pub factor: Option<Figure>,
    /// The same by model.
    pub credits: Vec<Credit>,
    /// Standard error of the incremental orders, for calibration.
    pub standard_error: f64,
    /// The days of the chart, by the outcome counted first.
    pub series: Vec<Day>,
    /// What should be known of the result.
    pub notes: Vec<Note>,
}

/// Sold on a day.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sold {
    /// Orders.
    pub orders: f64,
    /// Minor units.
    pub value: f64,
}

/// Days by region, each from `first` on and all as long; one region without a name for a test of time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rows {
    first: i64,
    days: usize,
    regions: BTreeMap<String, Vec<Sold>>,
}

impl Rows {
    /// Days from `first` to `last`, included.
    #[must_use]
    pub fn new(first: i64, last: i64) -> Self {
        Self { first, days: usize::try_from(last - first + 1).unwrap_or(0), regions: BTreeMap::new() }
    }

    /// Adds what a region sold on a day; other days are passed over.
    pub fn add(&mut self, region: &str, day: i64, orders: f64, value: f64) {
        let days = self.days;
        let rows = self.regions.entry(region.to_owned()).or_insert_with(|| vec![Sold::default(); days]);
        if let Some(sold) = usize::try_from(day - self.first).ok().and_then(|at| rows.get_mut(at)) {
            sold.orders += orders;
            sold.value += value;
        }
    }

    /// The first day on which anything was sold: before it nobody counted.
    fn begins(&self) -> Option<i64> {
        let sold = |sold: &Sold| sold.orders > 0.0;
        let first = self.regions.values().filter_map(|days| days.iter().position(sold)).min()?;
        Some(self.first + first as i64)
    }

    /// A region's figures, `days` included.
    fn of(&self, region: &str, days: Days, outcome: Outcome) -> Vec<f64> {
        let rows = self.regions.get(region);
        (days.first..=days.last)
            .map(|day| {
                let at = usize::try_from(day - self.first).ok();
                let sold = rows.zip(at).and_then(|(rows, at)| rows.get(at)).copied().unwrap_or_default();
                match outcome {
                    Outcome::Orders => sold.orders,
                    Outcome::Revenue => sold.value,
                }
            })
            .collect()
    }
}

/// What every model credited the channel with, among the orders where it was to be off, in the days of [`claim_days`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Claims {
    /// Orders there.
    pub orders: f64,
    /// Their value, minor units.
    pub value: f64,
    /// By model, in the catalog's order.
    pub by_model: Vec<(String, ChannelCredit)>,
}

impl Design {
    /// Its days.
    ///
    /// # Errors
    /// 422 naming the day that is none.
    pub fn days(&self) -> Result<Days, Problem> {
        let day = |field: &'static str, text: &str| {
            parse_day(field, text).map_err(|error| Problem::invalid_field(field, error.to_string()))
        };
        Ok(Days { first: day("/design/from", &self.from)?, last: day("/design/to", &self.to)? })
    }

    fn treated(&self) -> Vec<&str> {
        match self.kind {
            Kind::Region => self.treated.iter().map(String::as_str).collect(),
            Kind::Time => vec![""],
        }
    }

    /// Whether a region's orders count as those the channel was kept from.
    #[must_use]
    pub fn treats(&self, region: &str) -> bool {
        self.kind == Kind::Time || self.treated.iter().any(|treated| treated == region)
    }
}

/// The days to read for a plan (`complete` or not) or a readout, and those whose touches say what is claimed. `today` is
/// not over and is left out.
///
/// # Errors
/// As [`Design::days`].
pub fn reads(design: &Design, today: i64) -> Result<(Days, Days), Problem> {
    let days = design.days()?;
    let before = days.first.min(today) - 1;
    let history = match design.kind {
        Kind::Region => (BEFORE + WINDOWS * days.count().max(1)).min(HISTORY),
        Kind::Time => HISTORY,
    };
    let read = Days { first: before - history + 1, last: days.last.min(today - 1).max(before) };
    Ok((read, Days { first: before - CLAIMED + 1, last: before }))
}

/// Whether a test makes sense, as far as no orders are needed to tell.
///
/// # Errors
/// 422 naming every field that is wrong.
pub fn check(question: &Question, today: i64) -> Result<Days, Problem> {
    let design = &question.design;
    let days = design.days()?;
    let mut wrong: Vec<FieldError> = Vec::new();
    let mut refuse = |field: String, why: &str| wrong.push(FieldError::new(field, why));
    let channel = design.channel.trim();
    if channel.is_empty() || channel.chars().count() > MOST_TEXT {
        refuse("/design/channel".into(), "name the channel that is switched off, such as Paid Search");
    } else if [DIRECT_CHANNEL, UNASSIGNED_CHANNEL].contains(&channel) {
        refuse("/design/channel".into(), "is nothing a shop can switch off");
    }
    if days.last < days.first {
        refuse("/design/to".into(), "lies before the first day");
    } else if days.count() > MOST_DAYS {
        refuse("/design/to".into(), "a test lasts 92 days at most");
    }
    if (days.first - today).abs() > FURTHEST {
        refuse("/design/from".into(), "lies more than two years from today");
    }
    if !(0..=28).contains(&design.settle_days) || design.settle_days >= days.count().max(1) {
        refuse("/design/settle_days".into(), "must be 0 to 28, and leave a day of the test to count");
    }
    if design.spend.is_some_and(|spend| spend < 0) {
        refuse("/design/spend".into(), "must not be negative");
    }
    let mut named: BTreeSet<&str> = BTreeSet::new();
    for (side, regions) in [("treated", &design.treated), ("control", &design.control)] {
        if design.kind == Kind::Time && !regions.is_empty() {
            refuse(format!("/design/{side}"), "a test of time has no regions: the channel is off everywhere");
            continue;
        }
        if regions.len() > MOST_REGIONS {
            refuse(format!("/design/{side}"), "has more than 60 regions");
        }
        for (at, region) in regions.iter().enumerate() {
            if region.is_empty() || region.chars().count() > MOST_TEXT {
                refuse(format!("/design/{side}/{at}"), "is no region");
            } else if !named.insert(region) {
                refuse(format!("/design/{side}/{at}"), "is named twice: a region is either off or goes on");
            }
        }
    }
    if design.kind == Kind::Region && question.complete {
        let (off, on) = (design.treated.len(), design.control.len());
        if off == 0 {
            refuse("/design/treated".into(), "choose at least one region to switch the channel off in");
        } else if on < 2 || (off < 2 && on < 3) {
            let why = "too few to compare with: at least two, and three if the channel is off in a single region";
            refuse("/design/control".into(), why);
        }
    }
    if let Some(other) = question.others.iter().find(|other| meets(design, days, &other.design)) {
        let why = format!("the test `{}` runs in these days and the same regions; neither could be read", other.name);
        refuse("/design/from".into(), &why);
    }
    if wrong.is_empty() { Ok(days) } else { Err(Problem::invalid(wrong)) }
}

/// Whether two tests would disturb each other.
fn meets(design: &Design, days: Days, other: &Design) -> bool {
    let Ok(theirs) = other.days() else { return false };
    if days.first > theirs.last || theirs.first > days.last {
        return false;
    }
    if design.kind == Kind::Time || other.kind == Kind::Time {
        return true;
    }
    // A country holds its regions.
    let holds = |one: &str, another: &str| {
        one == another || another.strip_prefix(one).is_some_and(|rest| rest.starts_with('/'))
    };
    let all = |design: &'_ Design| design.treated.iter().chain(&design.control).cloned().collect::<Vec<String>>();
    let touched =
        |off: &[String], all: &[String]| off.iter().any(|off| all.iter().any(|one| holds(off, one) || holds(one, off)));
    touched(&design.treated, &all(other)) || touched(&other.treated, &all(design))
}

/// Plans a test over what the shop sold before it.
///
/// # Errors
/// 422 as [`check`], and naming a region that had no orders.
pub fn plan(question: &Question, currency: &str, today: i64, rows: &Rows, claims: &Claims) -> Result<Plan, Problem> {
    let design = &question.design;
    let days = check(question, today)?;
    let end = days.first.min(today) - 1;
    let begins = rows.begins().unwrap_or(end + 1).max(end - HISTORY + 1);
    let lately = Days { first: begins.max(end - BEFORE + 1), last: end };
    let mut regions = Vec::new();
    if design.kind == Kind::Region {
        regions = selling(rows, lately);
        unknown(design, &regions)?;
    }
    let of = |ids: &[String]| -> f64 {
        // The sum of nothing is −0.
        0.0 + regions.iter().filter(|region| ids.contains(&region.id)).map(|region| region.orders_a_day).sum::<f64>()
    };
    let length = days.count() - design.settle_days;
    let treated_a_day = match design.kind {
        Kind::Region => of(&design.treated),
        Kind::Time => mean(&rows.of("", lately, Outcome::Orders)),
    };
    let control_a_day = of(&design.control);
    let ready = match design.kind {
        Kind::Region => check(&Question { complete: true, ..question.clone() }, today).is_ok(),
        Kind::Time => true,
    };
    let mut notes = Vec::new();
    let (detectable, windows) = if ready { tried(design, rows, begins, end, length) } else { (None, 0) };
    let claimed = claim(claims, treated_a_day * length as f64, value_a_day(design, rows, lately) * length as f64);
    if ready && detectable.is_none() {
        notes.push(warning(format!(
            "There are {} days of orders before the test: too few to try it on earlier weeks, so nobody knows what it would find.",
            (end - begins + 1).max(0)
        )));
    }
    if let (Some(detectable), Some(claimed)) = (&detectable, &claimed) {
        notes.extend(weak(design, detectable.orders_share, detectable.value_share, claimed, "finds"));
    }
    if claimed.as_ref().is_some_and(|claimed| claimed.orders_share == 0.0) {
        notes.push(warning(format!(
            "Attribution credits {} with no order there in the four weeks before. Is it the right channel?",
            design.channel
        )));
    }
    let small: Vec<&str> = regions
        .iter()
        .filter(|region| design.treated.contains(&region.id) || design.control.contains(&region.id))
        .filter(|region| region.orders_a_day < 0.5)
        .map(|region| region.id.as_str())
        .collect();
    if !small.is_empty() {
        notes.push(warning(format!(
            "{} sell less than an order every other day: chance moves them a lot, and every region counts alike. The test is surer without them.",
            small.join(", ")
        )));
    }
    Ok(Plan {
        currency: currency.to_owned(),
        history_days: (end - begins + 1).max(0),
        days: length,
        treated_a_day,
        control_a_day,
        method: ready.then(|| headline(design).to_owned()),
        detectable,
        windows,
        claimed,
        regions,
        notes,
    })
}

/// The regions that sold something, most orders first.
fn selling(rows: &Rows, days: Days) -> Vec<Region> {
    let mut regions: Vec<Region> = rows
        .regions
        .keys()
        .map(|id| Region {
            id: id.clone(),
            orders_a_day: mean(&rows.of(id, days, Outcome::Orders)),
            value_a_day: mean(&rows.of(id, days, Outcome::Revenue)),
            share: 0.0,
        })
        .filter(|region| region.orders_a_day > 0.0)
        .collect();
    let all: f64 = regions.iter().map(|region| region.orders_a_day).sum();
    regions.iter_mut().for_each(|region| region.share = region.orders_a_day / all);
    regions.sort_by(|a, b| b.orders_a_day.total_cmp(&a.orders_a_day).then_with(|| a.id.cmp(&b.id)));
    regions
}

/// Refuses regions that sold nothing.
fn unknown(design: &Design, regions: &[Region]) -> Result<(), Problem> {
    let mut wrong = Vec::new();
    for (side, named) in [("treated", &design.treated), ("control", &design.control)] {
        for (at, id) in named.iter().enumerate() {
            if !regions.iter().any(|region| region.id == *id) {
                let detail = format!("`{id}` had no orders in the eight weeks before the test");
                wrong.push(FieldError::new(format!("/design/{side}/{at}"), detail));
            }
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(Problem::invalid(wrong)) }
}

fn value_a_day(design: &Design, rows: &Rows, days: Days) -> f64 {
    design.treated().into_iter().map(|region| mean(&rows.of(region, days, Outcome::Revenue))).sum()
}

/// The claim of the default model over so many orders and so much revenue.
fn claim(claims: &Claims, orders: f64, value: f64) -> Option<Claim> {
    let (model, credit) = claims.by_model.iter().find(|(model, _)| model == attribution::DEFAULT_MODEL)?;
    if claims.orders <= 0.0 {
        return None;
    }
    let orders_share = credit.conversions / claims.orders;
    let value_share = if claims.value > 0.0 { credit.value / claims.value } else { 0.0 };
    Some(Claim {
        model: model.clone(),
        orders_share,
        value_share,
        orders: orders_share * orders,
        value: value_share * value,
    })
}

/// A warning that even what attribution claims could not be told from nothing.
fn weak(design: &Design, orders: f64, value: f64, claimed: &Claim, finds: &str) -> Option<Note> {
    let (found, claim, what) = match design.outcome {
        Outcome::Orders => (orders, claimed.orders_share, "orders"),
        Outcome::Revenue => (value, claimed.value_share, "revenue"),
    };
    (claim > 0.0 && found > claim).then(|| {
        warning(format!(
            "Attribution credits {} with {} of the {what} there; this test {finds} an effect only from {} on. It takes more days, or more regions, to tell.",
            design.channel,
            percent(claim),
            percent(found),
        ))
    })
}

fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent.abs() < 10.0 { format!("{percent:.1}%") } else { format!("{percent:.0}%") }
}

/// The same test on earlier windows: the least effect it would find, from the width of its intervals there.
fn tried(design: &Design, rows: &Rows, begins: i64, end: i64, length: i64) -> (Option<Detectable>, usize) {
    let mut halves: Vec<[f64; 4]> = Vec::new();
    for window in 0..WINDOWS {
        let last = end - window * length;
        let off = Days { first: last - length - design.settle_days + 1, last };
        let by = |outcome| measured(design, rows, begins, off, outcome, Methods::Counting);
        let (Ok(orders), Ok(revenue)) = (by(Outcome::Orders), by(Outcome::Revenue)) else { break };
        let (Some(orders), Some(value)) = (least(&orders.read), least(&revenue.read)) else { break };
        halves.push([orders.0, value.0, orders.1, value.1]);
    }
    let count = halves.len();
    let typical = |at: usize| {
        let squares: f64 = halves.iter().filter_map(|found| found.get(at)).map(|found| found * found).sum();
        (squares / count as f64).sqrt()
    };
    let detectable = (count > 0).then(|| Detectable {
        orders: typical(0),
        value: typical(1),
        orders_share: typical(2),
        value_share: typical(3),
    });
    (detectable, count)
}

/// The least effect a readout would have found, total and share.
fn least(read: &Read) -> Option<(f64, f64)> {
    let would_have_been = read.seen + read.incremental.value;
    (would_have_been > 0.0).then(|| (read.detectable, read.detectable / would_have_been))
}

/// An outcome, and the lines of its chart.
struct Found {
    read: Read,
    before: i64,
    /// From the first day before to the last of the test: sold and expected, over an average day before.
    lines: Vec<(f64, Option<f64>)>,
}

/// Reads an outcome for a test whose channel was off on the days `off`, the first `settle_days` of them not counted.
fn measured(
    design: &Design,
    rows: &Rows,
    begins: i64,
    off: Days,
    outcome: Outcome,
    methods: Methods,
) -> Result<Found, Problem> {
    let most = match design.kind {
        Kind::Region => BEFORE,
        Kind::Time => HISTORY,
    };
    let first = begins.max(off.first - most).max(rows.first);
    let before = off.first - first;
    if before < LEAST_BEFORE {
        return Err(Problem::conflict(format!(
            "there are orders of {} days before the test; it takes at least {LEAST_BEFORE} to know what would have been",
            before.max(0)
        )));
    }
    let read = Days { first, last: off.last };
    let (start, gap) = (usize::try_from(before).unwrap_or(0), usize::try_from(design.settle_days).unwrap_or(0));
    let raw = |regions: &[&str]| -> Vec<Vec<f64>> { regions.iter().map(|id| rows.of(id, read, outcome)).collect() };
    let treated = raw(&design.treated());
    let seen: f64 = treated.iter().flat_map(|row| row.iter().skip(start + gap)).sum();
    let (mut said, lines) = match design.kind {
        Kind::Time => against_time(treated.first().map_or(&[], Vec::as_slice), start, start + gap, seen)?,
        Kind::Region => {
            let control = raw(&design.control.iter().map(String::as_str).collect::<Vec<&str>>());
            against_regions(design, methods, &treated, &control, (start, gap), seen)?
        }
    };
    said.retain(|method| method.incremental.value.is_finite() && method.incremental.low.is_finite());
    let Some(counts) = said.first() else {
        return Err(Problem::conflict("there is too little to compare with"));
    };
    // Half the interval in standard errors of a normal, and with the power on top.
    let z = quantile(counts.holds);
    let detectable = (counts.incremental.value - counts.incremental.low) * (z + POWER) / z;
    Ok(Found {
        read: Read { incremental: counts.incremental, share: counts.share, seen, detectable, methods: said },
        before,
        lines,
    })
}

/// Which methods are asked: a twin of many regions takes seconds, and a plan tries a dozen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Methods {
    /// The one that counts.
    Counting,
    /// All that can be computed.
    All,
}

/// What the methods say, the one that counts first, and the chart's lines by that one.
type Said = (Vec<Method>, Vec<(f64, Option<f64>)>);

/// How many standard errors the ends of an interval are from its middle, if errors were normal.
fn quantile(level: f64) -> f64 {
    let unit = Estimate { value: 0.0, low: -1.0, high: 1.0 };
    unit.deviation(level).map_or(f64::INFINITY, |deviation| 1.0 / deviation)
}

/// The method that counts. It follows from the layout, before anybody has seen a result: with at least three regions on
/// each side the difference in differences, whose interval holds what it says however errors persist; else the twin, if
/// there are five regions to build it from and to read chance off; else whatever of the two can be computed.
fn headline(design: &Design) -> &'static str {
    let (off, on) = (design.treated.len(), design.control.len());
    match design.kind {
        Kind::Time => PAST,
        Kind::Region if off.min(on) >= REGIONS_FOR_DIFFERENCE => DIFFERENCE,
        Kind::Region if on >= REGIONS_FOR_TWIN || off < 2 => TWIN,
        Kind::Region => DIFFERENCE,
    }
}

/// A method's answer from what treatment did (switching off: less), over the mean before.
fn method(id: &str, added: Estimate, seen: f64, holds: f64, p_value: f64, placebo: Placebo) -> Method {
    // What was lost is what the channel adds.
    let incremental = added.times(-1.0);
    // Over what would have been: the ends of the share belong to the ends of the effect.
    let share = |lost: f64| if seen + lost > 0.0 { lost / (seen + lost) } else { 0.0 };
    let share =
        Figure { value: share(incremental.value), low: share(incremental.low), high: Some(share(incremental.high)) };
    Method { id: id.to_owned(), incremental: incremental.into(), share, holds, p_value, placebo }
}

/// `start` days are before, then come `gap` that settle.
fn against_regions(
    design: &Design,
    asked: Methods,
    treated: &[Vec<f64>],
    control: &[Vec<f64>],
    (start, gap): (usize, usize),
    seen: f64,
) -> Result<Said, Problem> {
    let base = |row: &Vec<f64>| mean(row.get(..start).unwrap_or_default());
    for (side, names, rows) in [("treated", &design.treated, treated), ("control", &design.control, control)] {
        for (at, (name, row)) in names.iter().zip(rows).enumerate() {
            if base(row) <= 0.0 {
                let detail = format!("`{name}` sold nothing in the days before the test; it cannot be compared");
                return Err(Problem::invalid_field(format!("/design/{side}/{at}"), detail));
            }
        }
    }
    let index = |row: &Vec<f64>| -> Vec<f64> { row.iter().map(|sold| sold / base(row)).collect() };
    // Days that settle are compared with nothing.
    let counted = |row: &Vec<f64>| -> Vec<f64> {
        row.iter().enumerate().filter(|(at, _)| !(start..start + gap).contains(at)).map(|(_, sold)| *sold).collect()
    };
    let (ours, others): (Vec<Vec<f64>>, Vec<Vec<f64>>) =
        (treated.iter().map(index).collect(), control.iter().map(index).collect());
    let all: f64 = treated.iter().map(base).sum();
    let after = treated.first().map_or(0, |row| row.len().saturating_sub(start + gap)) as f64;
    // One unit out of all regions it is off in.
    let together: Vec<f64> = (0..ours.first().map_or(0, Vec::len))
        .map(|day| treated.iter().filter_map(|row| row.get(day)).sum::<f64>() / all)
        .collect();

    let mut methods = Vec::new();
    let mut expected: Vec<f64> = Vec::new();
    let mut drawn = Vec::new();
    let rows = |rows: &[Vec<f64>]| -> Vec<Vec<f64>> { rows.iter().map(counted).collect() };
    let wanted = |id: &str| asked == Methods::All || id == headline(design);
    if ours.len() >= 2 && others.len() >= 2 && wanted(DIFFERENCE) {
        let found = difference_in_differences(&rows(&ours), &rows(&others), start, LEVEL).map_err(refused)?;
        let placebo = found.before.map_or_else(
            || Placebo { passed: true, words: "There is too little time before to try it on.".to_owned() },
            |apart| {
                let passed = apart.low <= 0.0 && 0.0 <= apart.high;
                let verdict = if passed { "no more than chance" } else { "more than chance: they do not move alike" };
                let words = format!(
                    "Before anything was switched off the two groups moved apart by {} ({} to {}), {verdict}.",
                    percent(apart.value),
                    percent(apart.low),
                    percent(apart.high)
                );
                Placebo { passed, words }
            },
        );
        let added = found.effect.times(all * after);
        methods.push(method(DIFFERENCE, added, seen, LEVEL, found.p_value, placebo));
        drawn.push((mean_of(&ours), mean_of(&others)));
    }
    if others.len() >= 3 && wanted(TWIN) {
        let found = synthetic_control(&counted(&together), &rows(&others), start, LEVEL).map_err(refused)?;
        let units = others.len() as f64;
        let holds = LEVEL.min(units / (units + 1.0)).max(0.5);
        let deviation = found.deviation_before;
        let passed = deviation < 0.5;
        let words = format!(
            "Before, the twin missed a day by {} on average. Of {} regions, this one included, {} deviate as much.",
            percent(deviation),
            others.len() + 1,
            (found.p_value * (units + 1.0)).round(),
        );
        let added = found.effect.times(all * after);
        expected.clone_from(&mixed(&others, &found.weights));
        methods.push(method(TWIN, added, seen, holds, found.p_value, Placebo { passed, words }));
        drawn.push((together.clone(), expected));
    }
    let first = methods.iter().position(|method| method.id == headline(design)).unwrap_or(0);
    methods.rotate_left(first);
    let (seen, expected) = drawn.into_iter().nth(first).unwrap_or_default();
    Ok((methods, seen.into_iter().zip(expected.into_iter().map(Some)).collect()))
}

fn against_time(row: &[f64], start: usize, read: usize, seen: f64) -> Result<Said, Problem> {
    let found = before_and_after(row, start, read, 7, LEVEL).map_err(|error| match error {
        IncrementalityError::TooFew { field: "windows", .. } => Problem::conflict(
            "there is too little history: it takes at least four weeks and three windows as long as the test before it",
        ),
        error => refused(error),
    })?;
    let off = (found.misses.iter().map(|miss| miss * miss).sum::<f64>() / found.misses.len() as f64).sqrt();
    let drift = mean(&found.misses);
    // A mean as far from nothing as this many windows would have by chance one time in ten.
    let passed = drift.abs() <= 1.645 * off / (found.misses.len() as f64).sqrt();
    let verdict =
        if passed { "" } else { " in the same direction: the shop grew or shrank, and the result leans that way" };
    let words = format!(
        "In {} earlier windows as long, with nothing switched off, the same expectation missed by {} on average{verdict}.",
        found.misses.len(),
        percent(if passed { off } else { drift }),
    );
    let base = mean(row.get(..start).unwrap_or_default());
    let over = |figure: f64| if base > 0.0 { figure / base } else { 0.0 };
    let lines = row
        .iter()
        .enumerate()
        .map(|(at, sold)| {
            let expected = at.checked_sub(found.offset).and_then(|at| found.expected.get(at));
            (over(*sold), expected.map(|expected| over(*expected)))
        })
        .collect();
    let method = method(PAST, found.total, seen, LEVEL, found.p_value, Placebo { passed, words });
    Ok((vec![method], lines))
}

fn refused(error: IncrementalityError) -> Problem {
    Problem::conflict(format!("the test cannot be read: {error}"))
}

/// Rows' mean, day by day.
fn mean_of(rows: &[Vec<f64>]) -> Vec<f64> {
    mixed(rows, &vec![1.0 / rows.len().max(1) as f64; rows.len()])
}

/// Rows' weighted sum, day by day.
fn mixed(rows: &[Vec<f64>], weights: &[f64]) -> Vec<f64> {
    (0..rows.first().map_or(0, Vec::len))
        .map(|day| rows.iter().zip(weights).filter_map(|(row, weight)| row.get(day).map(|sold| sold * weight)).sum())
        .collect()
}

fn mean(figures: &[f64]) -> f64 {
    figures.iter().sum::<f64>() / figures.len().max(1) as f64
}

/// Days of the chart before the test.
const DRAWN: usize = 56;

/// What a test says so far; `None` until a day of it counts and is over.
///
/// # Errors
/// 409 where there is too little to compare with, 422 naming a region that sold nothing before.
pub fn readout(
    question: &Question,
    currency: &str,
    today: i64,
    rows: &Rows,
    claims: &Claims,
) -> Result<Option<Readout>, Problem> {
    let design = &question.design;
    let days = design.days()?;
    let off = Days { first: days.first, last: days.last.min(today - 1) };
    let counted = off.count() - design.settle_days;
    if counted < 1 {
        return Ok(None);
    }
    let Some(begins) = rows.begins() else {
        return Err(Problem::conflict("there are no orders whose place is known"));
    };
    let by = |outcome| measured(design, rows, begins, off, outcome, Methods::All);
    let (orders, revenue) = (by(Outcome::Orders)?, by(Outcome::Revenue)?);
    let of_days = days.count() - design.settle_days;
    let would_have = |read: &Read| (read.seen + read.incremental.value).max(0.0);
    let claimed = claim(claims, would_have(&orders.read), would_have(&revenue.read));
    let credits: Vec<Credit> = claims
        .by_model
        .iter()
        .filter(|_| claims.orders > 0.0)
        .map(|(model, credit)| Credit {
            model: model.clone(),
            conversions: credit.conversions / claims.orders * would_have(&orders.read),
        })
        .collect();
    // Of a test that runs, the part of the spend that its days have.
    let spend = design.spend.filter(|spend| *spend > 0).map(|spend| spend as f64 * counted as f64 / of_days as f64);
    let added = orders.read.incremental;
    let cost_per_order = spend.filter(|_| added.value > 0.0).map(|spend| Figure {
        value: spend / added.value,
        low: added.high.map_or(0.0, |high| spend / high),
        high: (added.low > 0.0).then(|| spend / added.low),
    });
    let per = |figure: Figure, by: f64| Figure {
        value: figure.value / by,
        low: figure.low / by,
        high: figure.high.map(|high| high / by),
    };
    let iroas = spend.map(|spend| per(revenue.read.incremental, spend));
    let factor = claimed.as_ref().filter(|claimed| claimed.orders > 0.0).map(|claimed| per(added, claimed.orders));
    let counts = orders.read.methods.first();
    let standard_error = counts.map_or(0.0, |counts| (added.value - added.low) / quantile(counts.holds));
    let shown = match design.outcome {
        Outcome::Orders => &orders,
        Outcome::Revenue => &revenue,
    };
    let mut notes: Vec<Note> = Vec::new();
    for method in shown.read.methods.iter().take(1).filter(|method| !method.placebo.passed) {
        notes.push(warning(method.placebo.words.clone()));
    }
    if let Some(claimed) = &claimed {
        let least = |read: &Read| least(read).map_or(0.0, |(_, share)| share);
        notes.extend(weak(design, least(&orders.read), least(&revenue.read), claimed, "could find"));
    }
    if counted < of_days {
        notes.push(Note { warning: false, words: format!("{counted} of {of_days} days have been read so far.") });
    }
    Ok(Some(Readout {
        through: format_day(off.last),
        days: counted,
        of_days,
        before_days: orders.before,
        currency: currency.to_owned(),
        outcome: design.outcome,
        series: drawn(shown, off, design.settle_days),
        orders: orders.read,
        revenue: revenue.read,
        cost_per_order,
        iroas,
        claimed,
        factor,
        credits,
        standard_error,
        notes,
    }))
}

/// The chart's days.
fn drawn(found: &Found, off: Days, settle_days: i64) -> Vec<Day> {
    let first = off.first - found.before;
    let skipped = usize::try_from(found.before).unwrap_or(0).saturating_sub(DRAWN);
    (first..)
        .zip(&found.lines)
        .skip(skipped)
        .map(|(day, (seen, expected))| {
            let phase = match day {
                day if day < off.first => "before",
                day if day < off.first + settle_days => "settling",
                _ => "off",
            };
            Day { date: format_day(day), phase: phase.to_owned(), seen: *seen, expected: *expected }
        })
        .collect()
}

/// What a test that is done says for calibration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Done {
    /// The channel.
    pub channel: String,
    /// Orders it added.
    pub increment: f64,
    /// Standard error of that.
    pub standard_error: f64,
    /// What models would have credited it with.
    pub credits: Vec<Credit>,
}

/// Attribution of some days, and the tests to calibrate it by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Calibrating {
    /// The tests.
    pub tests: Vec<Done>,
    /// Ids of the models, in the order of the credits.
    pub models: Vec<String>,
    /// The channels, in the order of the credits.
    pub channels: Vec<String>,
    /// By model, then channel: conversions and minor units.
    pub credits: Vec<Vec<[f64; 2]>>,
    /// What the intervals are to hold.
    pub level: f64,
}

/// A channel, calibrated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CalibratedChannel {
    /// Which.
    pub channel: String,
    /// Tests of it.
    pub tests: u32,
    /// Orders it added: value, low, high.
    pub conversions: [f64; 3],
    /// Their value, minor units.
    pub value: [f64; 3],
    /// Orders added by the mean of what the models credit; `None` where they credit nothing.
    pub factor: Option<[f64; 3]>,
}

/// Attribution, calibrated.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Calibrated {
    /// Tests that were learnt from.
    pub tests: u32,
    /// As asked.
    pub channels: Vec<CalibratedChannel>,
}

/// Calibrates the credits of some days by tests: see [`Stacked`]. Models that some test knows nothing of are left out, as
/// the Markov chain is: it learns from all journeys, and those of a few regions are not all. A test without credit or
/// without an error is left out, too; where none is left, nothing is calibrated.
///
/// # Errors
/// 422 where figures are no figures.
pub fn calibrate(question: &Calibrating) -> Result<Calibrated, Problem> {
    let usable = |test: &&Done| {
        test.standard_error > 0.0
            && test.standard_error.is_finite()
            && test.credits.iter().any(|one| one.conversions > 0.0)
    };
    let tests: Vec<&Done> = question.tests.iter().filter(usable).collect();
    let credited = |test: &Done, model: &str| {
        test.credits.iter().find(|credit| credit.model == model).map(|credit| credit.conversions)
    };
    let models: Vec<usize> = (0..question.models.len())
        .filter(|at| {
            let id = question.models.get(*at).map_or("", String::as_str);
            tests.iter().all(|test| credited(test, id).is_some())
        })
        .collect();
    if tests.is_empty() || models.is_empty() {
        return Ok(Calibrated::default());
    }
    // A channel that no touch of these days is of stands behind them all, credited with nothing.
    let channel = |name: &str| question.channels.iter().position(|one| one == name);
    let behind = question.channels.len();
    let mut elsewhere: Vec<&str> = Vec::new();
    let learnt: Vec<Measured> = tests
        .iter()
        .map(|test| Measured {
            channel: channel(&test.channel).unwrap_or_else(|| {
                let at = elsewhere.iter().position(|one| *one == test.channel).unwrap_or_else(|| {
                    elsewhere.push(&test.channel);
                    elsewhere.len() - 1
                });
                behind + at
            }),
            increment: test.increment,
            standard_error: test.standard_error,
            credits: models
                .iter()
                .map(|at| question.models.get(*at).and_then(|id| credited(test, id)).unwrap_or(0.0))
                .collect(),
        })
        .collect();
    let credits: Vec<Vec<ChannelCredit>> = models
        .iter()
        .map(|at| {
            let own = question.credits.get(*at).map(Vec::as_slice).unwrap_or_default();
            own.iter().map(|[conversions, value]| ChannelCredit { conversions: *conversions, value: *value }).collect()
        })
        .collect();
    let baseline: Vec<usize> = channel(DIRECT_CHANNEL).into_iter().collect();
    let found = Stacked::learn(&learnt, Stacking::default())
        .and_then(|stacked| stacked.apply(&credits, &baseline, question.level, SEED))
        .map_err(|error| Problem::conflict(format!("attribution cannot be calibrated: {error}")))?;
    let three = |estimate: Estimate| [estimate.value, estimate.low, estimate.high];
    let channels = question
        .channels
        .iter()
        .zip(found)
        .enumerate()
        .map(|(at, (name, found))| {
            let credit =
                mean(&credits.iter().filter_map(|own| own.get(at)).map(|own| own.conversions).collect::<Vec<f64>>());
            CalibratedChannel {
                channel: name.clone(),
                tests: tests.iter().filter(|test| test.channel == *name).count() as u32,
                conversions: three(found.conversions),
                value: three(found.value),
                factor: (credit > 0.0 && !baseline.contains(&at)).then(|| three(found.conversions.times(1.0 / credit))),
            }
        })
        .collect();
    Ok(Calibrated { tests: tests.len() as u32, channels })
}
