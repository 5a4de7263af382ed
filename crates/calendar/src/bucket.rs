//! The buckets of a chart. A bucket's key is an integer that SQL computes from `local_hour` in the same way.

use std::ops::Range;

use chrono::Datelike;

use crate::{CalendarError, DateRange, Zone, range::date_of};

/// The most buckets one answer may have; about what a wide chart can still tell apart.
pub const MAX_BUCKETS: i64 = 2_000;

/// How long a bucket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Granularity {
    /// An hour of the wall clock.
    Hour,
    /// A day of the wall clock.
    Day,
    /// Monday to Sunday.
    Week,
    /// A calendar month.
    Month,
}

impl Granularity {
    /// All four, finest first.
    pub const ALL: [Self; 4] = [Self::Hour, Self::Day, Self::Week, Self::Month];

    /// The granularity of `h`, `d`, `w` or `m`.
    ///
    /// # Errors
    /// [`CalendarError::BadGranularity`] for anything else.
    pub fn parse(text: &str) -> Result<Self, CalendarError> {
        Self::ALL
            .into_iter()
            .find(|gran| gran.code() == text)
            .ok_or_else(|| CalendarError::BadGranularity { text: text.chars().take(40).collect() })
    }

    /// `h`, `d`, `w` or `m`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Hour => "h",
            Self::Day => "d",
            Self::Week => "w",
            Self::Month => "m",
        }
    }

    /// The key of the bucket that holds a local hour: the local hour itself, the local day, the week number (weeks
    /// since Monday 1969-12-29), or the month number (months since 1970-01).
    #[must_use]
    pub fn key(self, local_hour: i64) -> i64 {
        let day = local_hour.div_euclid(24);
        match self {
            Self::Hour => local_hour,
            Self::Day => day,
            // 1970-01-01 was a Thursday: three days into its week.
            Self::Week => (day + 3).div_euclid(7),
            Self::Month => {
                date_of(day).map_or(0, |date| (i64::from(date.year()) - 1970) * 12 + i64::from(date.month0()))
            }
        }
    }

    /// The local hours of a bucket, end excluded.
    #[must_use]
    pub fn local_hours(self, key: i64) -> Range<i64> {
        match self {
            Self::Hour => key..key + 1,
            Self::Day => key * 24..(key + 1) * 24,
            Self::Week => (key * 7 - 3) * 24..(key * 7 + 4) * 24,
            Self::Month => first_day_of_month(key) * 24..first_day_of_month(key + 1) * 24,
        }
    }
}

fn first_day_of_month(month: i64) -> i64 {
    i32::try_from(1970 + month.div_euclid(12))
        .ok()
        .and_then(|year| {
            let month = u32::try_from(month.rem_euclid(12)).ok()? + 1;
            chrono::NaiveDate::from_ymd_opt(year, month, 1)
        })
        .map_or(0, |date| (date - chrono::NaiveDate::default()).num_days())
}

/// One bucket of a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// What SQL groups by: see [`Granularity::key`].
    pub key: i64,
    /// The first instant of the whole bucket, UTC ms (of the whole week or month, though the range may cut it).
    pub start_ms: i64,
    /// The local hours of the bucket that the range covers, end excluded.
    pub local_hours: Range<i64>,
    /// True when the range covers only part of the bucket.
    pub partial: bool,
}

impl DateRange {
    /// Every bucket of the range in order, whether or not anything happened in it. Hours that the wall clock skips
    /// are left out: nothing can happen in them.
    ///
    /// # Errors
    /// [`CalendarError::TooManyBuckets`] above [`MAX_BUCKETS`].
    pub fn buckets(&self, granularity: Granularity) -> Result<Vec<Bucket>, CalendarError> {
        let hours = self.local_hours();
        let keys = granularity.key(hours.start)..=granularity.key(hours.end - 1);
        let count = keys.end() - keys.start() + 1;
        if count > MAX_BUCKETS {
            return Err(CalendarError::TooManyBuckets { buckets: count });
        }
        Ok(keys.filter_map(|key| bucket(self.zone(), granularity, key, &hours)).collect())
    }
}

fn bucket(zone: Zone, granularity: Granularity, key: i64, range: &Range<i64>) -> Option<Bucket> {
    let whole = granularity.local_hours(key);
    let start_ms = zone.hour_start_ms(whole.start);
    if start_ms == zone.hour_start_ms(whole.end) {
        return None;
    }
    let local_hours = whole.start.max(range.start)..whole.end.min(range.end);
    Some(Bucket { key, start_ms, partial: local_hours != whole, local_hours })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn range(zone: &str, from: &str, to: &str) -> DateRange {
        DateRange::parse(Zone::parse(zone).unwrap(), Some(from), Some(to), 0).unwrap()
    }

    fn starts(buckets: &[Bucket]) -> Vec<String> {
        buckets
            .iter()
            .map(|bucket| {
                chrono::DateTime::from_timestamp_millis(bucket.start_ms)
                    .unwrap()
                    .to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
            })
            .collect()
    }

    #[test]
    fn weeks_start_on_monday_and_say_when_they_are_cut() {
        let buckets = range("UTC", "2026-11-01", "2026-11-20").buckets(Granularity::Week).unwrap();
        assert_eq!(
            starts(&buckets),
            ["2026-10-26T00:00:00Z", "2026-11-02T00:00:00Z", "2026-11-09T00:00:00Z", "2026-11-16T00:00:00Z"]
        );
        let partial: Vec<bool> = buckets.iter().map(|bucket| bucket.partial).collect();
        assert_eq!(partial, [true, false, false, true]);
    }

    #[test]
    fn months_start_on_the_first_of_the_sites_month() {
        let buckets = range("America/New_York", "2026-02-10", "2026-04-02").buckets(Granularity::Month).unwrap();
        assert_eq!(starts(&buckets), ["2026-02-01T05:00:00Z", "2026-03-01T05:00:00Z", "2026-04-01T04:00:00Z"]);
    }

    #[test]
    fn a_spring_day_has_23_hours_and_an_autumn_day_24_of_which_one_is_double() {
        let spring = range("Europe/Berlin", "2026-03-29", "2026-03-29").buckets(Granularity::Hour).unwrap();
        assert_eq!(spring.len(), 23);
        let autumn = range("Europe/Berlin", "2026-10-25", "2026-10-25").buckets(Granularity::Hour).unwrap();
        assert_eq!(autumn.len(), 24);
        let lengths: Vec<i64> = autumn.windows(2).map(|pair| pair[1].start_ms - pair[0].start_ms).collect();
        assert_eq!(lengths.iter().filter(|ms| **ms == 7_200_000).count(), 1);
    }

    #[test]
    fn the_day_samoa_skipped_has_no_bucket() {
        let days = range("Pacific/Apia", "2011-12-28", "2012-01-01").buckets(Granularity::Day).unwrap();
        assert_eq!(days.len(), 4);
    }

    #[test]
    fn too_many_buckets_are_refused_with_the_way_out() {
        let year = range("UTC", "2026-01-01", "2026-12-31");
        let refusal = year.buckets(Granularity::Hour).unwrap_err();
        assert_eq!(refusal.field(), "gran");
        assert!(refusal.to_string().contains("8760 buckets"));
        assert_eq!(year.buckets(Granularity::Day).unwrap().len(), 365);
    }

    #[test]
    fn codes_parse_back_and_nothing_else_does() {
        for gran in Granularity::ALL {
            assert_eq!(Granularity::parse(gran.code()), Ok(gran));
        }
        assert!(Granularity::parse("D").is_err());
    }

    proptest! {
        #[test]
        fn buckets_tile_the_range(
            first in 400_i64..80_000, days in 1_i64..400, pick in 0_usize..chrono_tz::TZ_VARIANTS.len()
        ) {
            let zone = Zone::parse(chrono_tz::TZ_VARIANTS[pick].name()).unwrap();
            let range = DateRange::new(zone, first, first + days - 1).unwrap();
            for gran in Granularity::ALL {
                let Ok(buckets) = range.buckets(gran) else {
                    prop_assert!(gran == Granularity::Hour && days > 80);
                    continue;
                };
                prop_assert!(buckets.windows(2).all(|pair| pair[0].start_ms < pair[1].start_ms));
                for bucket in &buckets {
                    for hour in [bucket.local_hours.start, bucket.local_hours.end - 1] {
                        prop_assert_eq!(gran.key(hour), bucket.key);
                    }
                }
                // Every instant of the range has its bucket.
                let instants = range.utc_ms();
                let mut t = instants.start;
                while t < instants.end {
                    let key = gran.key(zone.local_hour(t));
                    prop_assert!(buckets.iter().any(|bucket| bucket.key == key));
                    t += 47 * 60_000 * days;
                }
            }
        }
    }
}
