//! What was not as usual on the days that are over: main figures watched day by day, each finding with its usual range,
//! since when, and which channel, source, campaign or device moved it. The methods are crate `anomaly`'s.

use std::collections::BTreeMap;

use anomaly::change::{Change, changes};
use anomaly::contribution::{Segment, contributions};
use anomaly::{Budget, Judgement, Notice, Options, Scale, Usual, watch};
use calendar::{Zone, format_day};
use metrics::{Definition, Dimension, Figure, Metric};
use problem::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Series;
use crate::series;

/// The figures that are watched.
pub const METRICS: [&str; 8] = ["revenue", "orders", "aov", "sessions", "cvr", "bounce_rate", "spend", "cpc"];
/// What a finding is split by.
pub const DIMENSIONS: [Dimension; 4] = [Dimension::Channel, Dimension::Source, Dimension::Campaign, Dimension::Device];
/// Days back within which findings are raised and kept right.
pub const WINDOW: i64 = 14;
/// Weeks before a day whose same weekday is the usual that its segments are compared with.
pub const WEEKS_BEFORE: i64 = 4;
/// How far from the usual is told as a share of it: ten times.
const MOST_AWAY: f64 = 10.0;
/// Days of a week.
const WEEK: i64 = 7;
/// A figure raises at most two alerts in a fortnight; those beyond are counted.
const BUDGET: Budget = Budget { alerts: 2, periods: 14 };
/// Fewest days of a level that has changed.
const SHORTEST_LEVEL: usize = 7;
/// Days a change of level may lie beside the first unusual day.
const BESIDE: usize = 3;
/// Days shown before a finding.
const SHOWN_BEFORE: usize = 28;
/// Days shown after its first.
const SHOWN_AFTER: usize = 14;
/// Days in which a figure must have been there on at least every other one: what is rarer has no usual day.
const RECENT: usize = 56;
/// Segments told of a dimension.
const TOLD: usize = 4;

/// A figure that was not as usual.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// Id of the metric.
    pub metric: &'static str,
    /// `money`, `count`, `ratio` or `percent`.
    pub unit: &'static str,
    /// The first unusual day, local.
    pub local_day: i64,
    /// Unusual days in a row.
    pub days: i64,
    /// What the first day came to.
    pub value: f64,
    /// What would have been usual.
    pub expected: f64,
    /// The least that would have been usual.
    pub lower: f64,
    /// The most that would have been usual.
    pub upper: f64,
    /// Robust standard deviations from the usual; negative below.
    pub score: f64,
    /// The change of level that began with it.
    pub shift: Option<Shift>,
    /// What moved it; empty until [`Finding::moved_by`].
    pub moved: Vec<Mover>,
    /// The days around it.
    pub around: Vec<Day>,
    /// Local days before it that are like it and were usual.
    pub usual_days: Vec<i64>,
}

/// A level that changed.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = LevelShift)]
pub struct Shift {
    /// First day of the new level, `YYYY-MM-DD`.
    pub since: String,
    /// Mean of a day before, in the metric's unit, without the week's rhythm.
    pub before: f64,
    /// Mean of a day since.
    pub after: f64,
}

/// A segment's part in a finding.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Mover {
    /// `channel`, `source`, `campaign` or `device`.
    pub dimension: &'static str,
    /// The segment.
    pub name: String,
    /// What it adds to the whole's change against usual days, in the metric's unit; all segments' make up the change.
    pub change: f64,
    /// For a sum, the change beyond the segment's usual share of the whole's; for a rate, as `change`.
    pub surprise: f64,
}

/// A day beside a finding.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = WatchedDay)]
pub struct Day {
    /// `YYYY-MM-DD`.
    pub date: String,
    /// The figure; null for a ratio without divisor.
    pub value: Option<f64>,
    /// The least that is usual; null where nothing could be judged yet.
    pub lower: Option<f64>,
    /// The most that is usual.
    pub upper: Option<f64>,
}

/// What was looked at.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
#[schema(as = AnomalyLook)]
pub struct Look {
    /// When, UTC ms.
    pub looked_at: i64,
    /// Days back that were looked at.
    pub window_days: i64,
    /// Values judged in these days.
    pub values: usize,
    /// Values judged over the whole history.
    pub values_ever: usize,
    /// How many of those were unusual.
    pub unusual_ever: usize,
    /// Unusual days in the window that are not told of: their figure had raised two alerts in a fortnight already.
    pub over_budget: usize,
    /// The figures.
    pub metrics: Vec<Watched>,
}

/// A figure that was looked at, or why not.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = WatchedMetric)]
pub struct Watched {
    /// Id of the metric.
    pub metric: &'static str,
    /// Days judged in the window; 0 where it is not watched.
    pub values: usize,
    /// Why it is not watched; null when it is.
    pub reason: Option<String>,
}

/// Watches one figure.
///
/// # Errors
/// The options are out of bounds, which they are not.
pub fn watched(metric: &'static Metric, series: &Series, today: i64, look: &mut Look) -> Result<Vec<Finding>, Problem> {
    let options = Options { scale: scale(metric), budget: Some(BUDGET), ..Options::default() };
    let internal = |error: anomaly::Error| Problem::internal(error.to_string());
    let values = &series.values;
    let not = |reason: &str| Watched { metric: metric.id, values: 0, reason: Some(reason.to_owned()) };
    let mut usual = Usual::new(options.season, options.scale, options.threshold).map_err(internal)?;
    if values.len() <= usual.learns_from() {
        let reason = if values.is_empty() {
            "it has had no value yet".to_owned()
        } else {
            format!("it has {} days; what is usual is learnt from {}", values.len(), usual.learns_from())
        };
        look.metrics.push(not(&reason));
        return Ok(Vec::new());
    }
    let recent = values.iter().rev().take(RECENT);
    let there = recent.clone().filter(|value| value.is_some_and(|value| value != 0.0)).count();
    if 2 * there < recent.len() {
        look.metrics.push(not("it is nothing on most days: too rare to have a usual day"));
        return Ok(Vec::new());
    }
    let judged_as = |found: Judgement| Judgement { lower: bounded(metric, found.lower), ..found };
    let judgements: Vec<Option<Judgement>> = values.iter().map(|value| usual.see(*value).map(judged_as)).collect();
    let judged = watch(values, &[], &options).map_err(internal)?;
    let since = today - WINDOW;
    let within = |at: usize| series.day(at) >= since;
    let in_window = judgements.iter().enumerate().filter(|(at, found)| found.is_some() && within(*at)).count();
    look.values += in_window;
    look.values_ever += judged.judged;
    look.unusual_ever += judged.anomalies.len();
    look.metrics.push(Watched { metric: metric.id, values: in_window, reason: None });
    let levels = changes(values, options.season, SHORTEST_LEVEL).map_err(internal)?;

    let mut findings: Vec<Finding> = Vec::new();
    // Whether the run that is read is told of: what continues belongs to the alert before it.
    let mut told = false;
    for anomaly in &judged.anomalies {
        match anomaly.notice {
            Notice::Raised => {
                told = true;
                findings.push(Finding {
                    metric: metric.id,
                    unit: series::unit(metric),
                    local_day: series.day(anomaly.at),
                    days: 1,
                    value: anomaly.value,
                    expected: anomaly.expected,
                    lower: bounded(metric, anomaly.lower),
                    upper: anomaly.upper,
                    score: anomaly.score,
                    shift: shift(&levels, anomaly.at, anomaly.score, series),
                    moved: Vec::new(),
                    around: around(series, &judgements, anomaly.at),
                    usual_days: usual_days(series, &judgements, anomaly.at),
                });
            }
            Notice::Continues => {
                if let Some(last) = findings.last_mut().filter(|_| told) {
                    last.days += 1;
                }
            }
            Notice::OverBudget => told = false,
        }
        if !told && within(anomaly.at) {
            look.over_budget += 1;
        }
    }
    findings.retain(|finding| finding.last_day() >= since);
    Ok(findings)
}

/// A share is not negative, whatever differences say.
fn bounded(metric: &Metric, lower: f64) -> f64 {
    if metric.unit == metrics::Unit::Percent { lower.max(0.0) } else { lower }
}

/// Money and counts grow and fall by shares; a share of something by differences.
fn scale(metric: &Metric) -> Scale {
    if metric.unit == metrics::Unit::Percent { Scale::Difference } else { Scale::Ratio }
}

fn shift(levels: &[Change], at: usize, score: f64, series: &Series) -> Option<Shift> {
    let same = |change: &&Change| change.at.abs_diff(at) <= BESIDE && (change.after > change.before) == (score > 0.0);
    let change = levels.iter().find(same)?;
    Some(Shift { since: series.date(change.at), before: change.before, after: change.after })
}

fn around(series: &Series, judgements: &[Option<Judgement>], at: usize) -> Vec<Day> {
    let values = series.values.iter().zip(judgements).enumerate();
    values
        .skip(at.saturating_sub(SHOWN_BEFORE))
        .take_while(|(place, _)| *place <= at + SHOWN_AFTER)
        .map(|(place, (value, judgement))| Day {
            date: series.date(place),
            value: *value,
            lower: judgement.map(|judgement| judgement.lower),
            upper: judgement.map(|judgement| judgement.upper),
        })
        .collect()
}

fn usual_days(series: &Series, judgements: &[Option<Judgement>], at: usize) -> Vec<i64> {
    let day = series.day(at);
    (1..=WEEKS_BEFORE)
        .map(|weeks| day - weeks * WEEK)
        .filter(|day| {
            let place = series.place(*day, at);
            place.is_some_and(|place| !judgements.get(place).copied().flatten().is_some_and(|found| found.unusual))
        })
        .collect()
}

impl Finding {
    /// The last unusual day of the run, local.
    #[must_use]
    pub fn last_day(&self) -> i64 {
        self.local_day + self.days - 1
    }

    /// Its id: the same whenever it is found. Keys of sites are unique over all tenants.
    #[must_use]
    pub fn id(&self, site: &str) -> String {
        format!("{}-{}-{site}", self.metric, format_day(self.local_day))
    }

    /// Adds what the segments of a dimension did to it: their figures on the day against the mean of the usual days.
    pub fn moved_by(&mut self, dimension: Dimension, parts: &[Part]) {
        if self.usual_days.is_empty() {
            return;
        }
        let days = self.usual_days.len() as f64;
        let segments: Vec<Segment> = parts
            .iter()
            .map(|part| {
                let of = |day: &i64| part.days.get(day).copied().unwrap_or_default();
                let before = self.usual_days.iter().map(of).fold((0.0, 0.0), |sum, day| (sum.0 + day.0, sum.1 + day.1));
                Segment {
                    name: part.name.clone(),
                    before: (before.0 / days, before.1 / days),
                    after: of(&self.local_day),
                }
            })
            .collect();
        let moved = contributions(&segments).into_iter().filter(|found| found.change != 0.0).take(TOLD);
        self.moved.extend(moved.map(|found| Mover {
            dimension: dimension.column(),
            name: found.name,
            change: found.change,
            surprise: found.surprise,
        }));
    }

    /// In plain words, without amounts.
    #[must_use]
    pub fn words(&self) -> String {
        let label = metrics::catalog::metric(self.metric).map_or(self.metric, |metric| metric.label);
        let day = format_day(self.local_day);
        let side = if self.score < 0.0 { "below" } else { "above" };
        let away = (self.value / self.expected - 1.0).abs();
        // Of nearly nothing everything is thousands of percent.
        let far =
            if away < MOST_AWAY { format!("{:.0} % {side} usual", 100.0 * away) } else { format!("far {side} usual") };
        let mut words = format!("{label}: {far} on {day}");
        if self.days > 1 {
            words += &format!(" and stayed {side} for {} days", self.days);
        }
        if let Some(mover) = self.moved.first() {
            words += &format!("; {} moved it most", mover.name);
        }
        if let Some(shift) = &self.shift {
            words += &format!("; a new level since {}", shift.since);
        }
        words + "."
    }
}

/// A segment's figure day by day.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The segment.
    pub name: String,
    /// By local day: numerator and denominator; the latter is zero for a sum.
    pub days: BTreeMap<i64, (f64, f64)>,
}

/// What a figure's segments are read from: itself and, for a ratio, its divisor, which is a metric of its own.
#[must_use]
pub fn read_for(metric: &'static Metric) -> Vec<&'static Metric> {
    std::iter::once(metric).chain(divisor(metric)).collect()
}

fn divisor(metric: &Metric) -> Option<&'static Metric> {
    match metric.definition {
        Definition::Ratio { under, .. } => metrics::catalog::metric(under.id).ok(),
        Definition::Base(_) | Definition::Difference(..) => None,
    }
}

/// A figure's segments out of an answer by day and one dimension that holds [`read_for`] it.
#[must_use]
pub fn parts(answer: &metrics::Answer, metric: &'static Metric, zone: Zone) -> Vec<Part> {
    let divisor = divisor(metric);
    let number = |value: Option<Figure>| value.map_or(0.0, Figure::as_f64);
    let part = |key: &Vec<String>| {
        let key: Vec<&str> = key.iter().map(String::as_str).collect();
        let under = divisor.map(|divisor| answer.points(divisor, &key)).unwrap_or_default();
        let over = answer.points(metric, &key);
        let days = over.iter().enumerate().map(|(at, point)| {
            let under = number(under.get(at).and_then(|point| point.value));
            // A ratio times its divisor is its numerator.
            let over = number(point.value) * if divisor.is_some() { under } else { 1.0 };
            (zone.local_day(point.t), (over, under))
        });
        Part { name: key.first().map_or_else(String::new, |name| (*name).to_owned()), days: days.collect() }
    };
    answer.keys(divisor.unwrap_or(metric)).iter().map(part).collect()
}

/// A finding that is stored.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Kept {
    /// Its id.
    pub id: String,
    /// `open` or `dismissed`.
    pub status: String,
    /// The first unusual day, local.
    pub local_day: i64,
    /// Unusual days in a row.
    pub days: i64,
    /// As [`Finding::value`].
    pub value: f64,
    /// As [`Finding::expected`].
    pub expected: f64,
}

/// What is to be done so that what is stored says what was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Changes {
    /// New ones.
    pub raised: Vec<Finding>,
    /// Those whose days or figures have changed by late data.
    pub updated: Vec<Finding>,
    /// Ids of open ones that are unusual no more.
    pub withdrawn: Vec<String>,
}

impl Changes {
    /// Whether anybody's list changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.raised.is_empty() && self.updated.is_empty() && self.withdrawn.is_empty()
    }
}

/// Compares what is stored with what was found. What was dismissed is never raised again, nor withdrawn; what lies before
/// the window stays as it was said.
#[must_use]
pub fn reconcile(site: &str, today: i64, kept: &[Kept], found: Vec<Finding>) -> Changes {
    let mut changes = Changes::default();
    let known: BTreeMap<&str, &Kept> = kept.iter().map(|kept| (kept.id.as_str(), kept)).collect();
    let ids: Vec<String> = found.iter().map(|finding| finding.id(site)).collect();
    let gone =
        |kept: &&Kept| kept.status == "open" && kept.local_day + kept.days > today - WINDOW && !ids.contains(&kept.id);
    changes.withdrawn = kept.iter().filter(gone).map(|kept| kept.id.clone()).collect();
    for (finding, id) in found.into_iter().zip(&ids) {
        match known.get(id.as_str()) {
            None => changes.raised.push(finding),
            Some(kept) => {
                let near = |one: f64, other: f64| (one - other).abs() <= 1e-9 * one.abs().max(other.abs());
                if kept.days != finding.days
                    || !near(kept.value, finding.value)
                    || !near(kept.expected, finding.expected)
                {
                    changes.updated.push(finding);
                }
            }
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use metrics::Point;

    use super::*;
    use crate::Grain;

    const DAY: i64 = 86_400_000;
    const FIRST: i64 = 20_000;

    /// Orders of a shop with a week's rhythm and a little noise, its last day yesterday.
    fn days(length: usize) -> Vec<f64> {
        let week = [90.0, 30.0, 35.0, 33.0, 45.0, 60.0, 80.0];
        (0..length).map(|day| week[day % 7] + ((day * 37 % 11) as f64 - 5.0) * 0.4).collect()
    }

    fn series(values: &[f64]) -> (Series, i64) {
        let points: Vec<Point> = values
            .iter()
            .zip(FIRST..)
            .map(|(value, day)| Point { t: day * DAY, value: Some(Figure::Real(*value)) })
            .collect();
        (Series::of(Grain::Day, Zone::parse("UTC").unwrap(), &points), FIRST + values.len() as i64)
    }

    fn look_at(values: &[f64]) -> (Vec<Finding>, Look) {
        let (series, today) = series(values);
        let mut look = Look::default();
        let found = watched(series::metric("orders").unwrap(), &series, today, &mut look).unwrap();
        (found, look)
    }

    #[test]
    fn a_collapse_is_found_with_what_was_usual() {
        let mut values = days(90);
        values[87] = 6.0;
        let (found, look) = look_at(&values);
        assert_eq!(found.len(), 1, "{found:?}");
        let finding = &found[0];
        assert_eq!((finding.local_day, finding.days, finding.value), (FIRST + 87, 1, 6.0));
        assert!(finding.upper >= finding.expected && finding.lower > 6.0 && finding.score < -4.0);
        assert!((finding.expected - 33.0).abs() < 4.0, "{}", finding.expected);
        assert_eq!(finding.usual_days, [80, 73, 66, 59].map(|day| FIRST + day));
        assert_eq!(finding.around.first().unwrap().date, format_day(FIRST + 59));
        assert_eq!(finding.around.last().unwrap().date, format_day(FIRST + 89));
        assert!(finding.words().contains("below usual on"), "{}", finding.words());
        assert_eq!((look.values, look.values_ever), (14, 62));
        assert_eq!(finding.id("shop"), format!("orders-{}-shop", format_day(FIRST + 87)));
    }

    #[test]
    fn a_quiet_shop_raises_nothing() {
        let (found, look) = look_at(&days(120));
        assert_eq!((found, look.unusual_ever, look.values), (Vec::new(), 0, 14));
    }

    #[test]
    fn what_was_long_ago_is_not_raised() {
        let mut values = days(120);
        values[80] = 4.0;
        let (found, look) = look_at(&values);
        assert_eq!((found.len(), look.unusual_ever), (0, 1));
    }

    #[test]
    fn a_run_of_days_is_one_finding_with_its_new_level() {
        let mut values = days(120);
        for value in values.iter_mut().skip(108) {
            *value *= 0.4;
        }
        let (found, _) = look_at(&values);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].local_day, found[0].days), (FIRST + 108, 12));
        let shift = found[0].shift.clone().unwrap();
        let since = calendar::parse_day("since", &shift.since).unwrap() - FIRST;
        assert!((107..=109).contains(&since), "{shift:?}");
        assert!(shift.after < 0.6 * shift.before, "{shift:?}");
    }

    #[test]
    fn what_is_rare_or_young_is_not_watched() {
        let rare: Vec<f64> = (0..120).map(|day| if day % 3 == 0 { 5.0 } else { 0.0 }).collect();
        for (values, says) in [(rare, "too rare"), (days(20), "it has 20 days")] {
            let (found, look) = look_at(&values);
            assert!(found.is_empty());
            let reason = look.metrics[0].reason.clone().unwrap();
            assert!(reason.contains(says), "{reason}");
        }
    }

    fn part(name: &str, finding: &Finding, before: (f64, f64), after: (f64, f64)) -> Part {
        let usual = finding.usual_days.iter().map(|day| (*day, before));
        Part { name: name.into(), days: usual.chain([(finding.local_day, after)]).collect() }
    }

    #[test]
    fn the_segment_that_moved_it_stands_first() {
        let mut values = days(90);
        values[87] = 6.0;
        let mut finding = look_at(&values).0.remove(0);
        let parts = [
            part("Direct", &finding, (5.0, 0.0), (5.0, 0.0)),
            part("Paid Search", &finding, (27.0, 0.0), (0.0, 0.0)),
            part("Email", &finding, (1.0, 0.0), (1.0, 0.0)),
        ];
        finding.moved_by(Dimension::Channel, &parts);
        assert_eq!(finding.moved.len(), 1, "{:?}", finding.moved);
        assert_eq!((finding.moved[0].name.as_str(), finding.moved[0].change), ("Paid Search", -27.0));
        assert!(finding.words().contains("Paid Search moved it most"), "{}", finding.words());
    }

    #[test]
    fn a_rates_parts_make_up_its_change() {
        let mut values = days(90);
        values[87] = 6.0;
        let mut finding = look_at(&values).0.remove(0);
        let parts = [
            part("Direct", &finding, (10.0, 100.0), (10.0, 100.0)),
            part("Paid Search", &finding, (20.0, 100.0), (5.0, 200.0)),
        ];
        finding.moved_by(Dimension::Channel, &parts);
        let sum: f64 = finding.moved.iter().map(|mover| mover.change).sum();
        assert!((sum - (15.0 / 300.0 - 30.0 / 200.0)).abs() < 1e-12, "{sum}");
        assert_eq!(finding.moved[0].name, "Paid Search");
    }

    #[test]
    fn looking_again_changes_nothing_and_late_data_only_what_it_changes() {
        let mut values = days(90);
        values[87] = 6.0;
        let found = look_at(&values).0;
        let today = FIRST + 90;
        let first = reconcile("shop", today, &[], found.clone());
        assert_eq!((first.raised.len(), first.updated.len(), first.withdrawn.len()), (1, 0, 0));
        let kept = |status: &str| Kept {
            id: found[0].id("shop"),
            status: status.into(),
            local_day: found[0].local_day,
            days: found[0].days,
            value: found[0].value,
            expected: found[0].expected,
        };
        for status in ["open", "dismissed"] {
            assert!(reconcile("shop", today, &[kept(status)], found.clone()).is_empty());
            values[87] = 8.0;
            let later = reconcile("shop", today, &[kept(status)], look_at(&values).0);
            assert_eq!((later.raised.len(), later.updated.len(), later.withdrawn.len()), (0, 1, 0));
        }
        // The missing orders came in late: the day was ordinary after all.
        let withdrawn = |status: &str, today: i64| reconcile("shop", today, &[kept(status)], Vec::new()).withdrawn;
        assert_eq!(withdrawn("open", today), [found[0].id("shop")]);
        assert!(withdrawn("dismissed", today).is_empty());
        assert!(withdrawn("open", today + WINDOW).is_empty());
    }
}
