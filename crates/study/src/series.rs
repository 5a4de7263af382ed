//! A metric by day or by week, as the science crates take it.

use calendar::{DateRange, Granularity, Zone, format_day};
use metrics::{Metric, Point};
use problem::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Days of history that are read for days: two years and the weekdays around them.
const DAYS: i64 = 735;
/// Weeks of history that are read for weeks: what the longest range holds.
const WEEKS: i64 = 520;

/// How long a period is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum Grain {
    /// A day of the wall clock.
    #[serde(rename = "d")]
    Day,
    /// Monday to Sunday.
    #[serde(rename = "w")]
    Week,
}

impl Grain {
    /// As the calendar's bucket.
    #[must_use]
    pub fn bucket(self) -> Granularity {
        match self {
            Self::Day => Granularity::Day,
            Self::Week => Granularity::Week,
        }
    }

    /// Days of one period.
    #[must_use]
    pub fn days(self) -> i64 {
        match self {
            Self::Day => 1,
            Self::Week => 7,
        }
    }

    /// Periods after which the pattern repeats.
    #[must_use]
    pub fn season(self) -> usize {
        match self {
            Self::Day => 7,
            Self::Week => 52,
        }
    }

    /// The last day of the last week that is over.
    #[must_use]
    pub fn last_sunday(today: i64) -> i64 {
        // The day before this week's Monday; see `Granularity::key`.
        today - (today + 3).rem_euclid(7) - 1
    }

    /// The periods that are over, as far back as is read.
    ///
    /// # Errors
    /// Never for a clock within the calendar's years.
    pub fn history(self, zone: Zone, now: i64) -> Result<DateRange, Problem> {
        let today = zone.local_day(now);
        let (first, last) = match self {
            Self::Day => (today - DAYS, today - 1),
            Self::Week => {
                let sunday = Self::last_sunday(today);
                (sunday - 7 * WEEKS + 1, sunday)
            }
        };
        DateRange::new(zone, first, last).map_err(|error| Problem::internal(error.to_string()))
    }
}

/// A metric over the periods that are over, from the first that had any on.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// How long a period is.
    pub grain: Grain,
    /// The zone the days are of.
    pub zone: Zone,
    /// First local day of the first period.
    pub first_day: i64,
    /// A value for each period, in the metric's unit; none where a ratio has no divisor.
    pub values: Vec<Option<f64>>,
}

impl Series {
    /// Of the catalog's points over [`Grain::history`], earliest first. What lies before the first period that had any is
    /// no zero: the shop was not there yet.
    #[must_use]
    pub fn of(grain: Grain, zone: Zone, points: &[Point]) -> Self {
        let value = |point: &Point| point.value.map(metrics::Figure::as_f64);
        let begins = points.iter().position(|point| value(point).is_some_and(|value| value != 0.0));
        let points = begins.and_then(|begins| points.get(begins..)).unwrap_or_default();
        let first_day = points.first().map_or(0, |point| zone.local_day(point.t));
        Self { grain, zone, first_day, values: points.iter().map(value).collect() }
    }

    /// First local day of a period, those to come included.
    #[must_use]
    pub fn day(&self, at: usize) -> i64 {
        self.first_day + i64::try_from(at).unwrap_or(i64::MAX / 8) * self.grain.days()
    }

    /// Start of a period, UTC ms.
    #[must_use]
    pub fn t(&self, at: usize) -> i64 {
        self.zone.day_start_ms(self.day(at))
    }

    /// First day of a period, `YYYY-MM-DD`.
    #[must_use]
    pub fn date(&self, at: usize) -> String {
        format_day(self.day(at))
    }

    /// Which period a local day falls in, if one of the first `periods`.
    #[must_use]
    pub fn place(&self, local_day: i64, periods: usize) -> Option<usize> {
        let at = (local_day - self.first_day).div_euclid(self.grain.days());
        usize::try_from(at).ok().filter(|at| *at < periods)
    }
}

/// A metric of the catalog that a series can be made of.
///
/// # Errors
/// 422 naming `metric`.
pub fn metric(id: &str) -> Result<&'static Metric, Problem> {
    metrics::catalog::metric(id).map_err(|error| Problem::invalid_field("metric", error.to_string()))
}

/// What a metric counts, in the API's word.
pub(crate) fn unit(metric: &Metric) -> &'static str {
    match metric.unit {
        metrics::Unit::Money => "money",
        metrics::Unit::Count => "count",
        metrics::Unit::Ratio => "ratio",
        metrics::Unit::Percent => "percent",
    }
}
