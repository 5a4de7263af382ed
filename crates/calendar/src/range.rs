//! Inclusive date ranges in a site's zone: parsing, the default, the period before, and their bounds.

use std::ops::Range;

use chrono::{Datelike, NaiveDate};

use crate::{CalendarError, Zone};

/// The longest range that can be asked for: ten years with their leap days.
pub const MAX_DAYS: i64 = 3_653;

/// Days of the range nobody chose: the last 30 including today.
pub const DEFAULT_DAYS: i64 = 30;

/// Years a date may lie in. The lower bound keeps every local hour positive, so that integer division means the same
/// in Rust and in SQL; the upper one is far inside what both warehouses' calendars know.
const YEARS: std::ops::RangeInclusive<i32> = 1971..=2199;

/// Whole local days, both ends included, of one site's zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateRange {
    zone: Zone,
    first_day: i64,
    last_day: i64,
}

impl DateRange {
    /// The range of two optional `YYYY-MM-DD` texts: a missing `to` is today (the local day of `now_ms`), a missing
    /// `from` is [`DEFAULT_DAYS`] − 1 days before `to`. Empty texts count as missing.
    ///
    /// # Errors
    /// Names the field: a text that is no date, a date out of range, a reversed range, more than [`MAX_DAYS`] days.
    pub fn parse(zone: Zone, from: Option<&str>, to: Option<&str>, now_ms: i64) -> Result<Self, CalendarError> {
        let given = |field, text: Option<&str>| {
            text.filter(|text| !text.is_empty()).map(|text| parse_day(field, text)).transpose()
        };
        let last_day = given("to", to)?.unwrap_or_else(|| zone.local_day(now_ms));
        let first_day = given("from", from)?.unwrap_or(last_day - (DEFAULT_DAYS - 1));
        Self::new(zone, first_day, last_day)
    }

    /// The last [`DEFAULT_DAYS`] days including the local day of `now_ms`.
    #[must_use]
    pub fn last_30_days(zone: Zone, now_ms: i64) -> Self {
        let last_day = zone.local_day(now_ms);
        Self { zone, first_day: last_day - (DEFAULT_DAYS - 1), last_day }
    }

    /// The range from one local day (days since 1970-01-01) to another, both included.
    ///
    /// # Errors
    /// [`CalendarError::Reversed`] or [`CalendarError::TooLong`].
    pub fn new(zone: Zone, first_day: i64, last_day: i64) -> Result<Self, CalendarError> {
        if first_day > last_day {
            return Err(CalendarError::Reversed { from: format_day(first_day), to: format_day(last_day) });
        }
        let days = last_day.saturating_sub(first_day).saturating_add(1);
        if days > MAX_DAYS {
            return Err(CalendarError::TooLong { days });
        }
        Ok(Self { zone, first_day, last_day })
    }

    /// The zone the days are of.
    #[must_use]
    pub fn zone(&self) -> Zone {
        self.zone
    }

    /// First day, `YYYY-MM-DD`.
    #[must_use]
    pub fn from(&self) -> String {
        format_day(self.first_day)
    }

    /// Last day, `YYYY-MM-DD`; it belongs to the range.
    #[must_use]
    pub fn to(&self) -> String {
        format_day(self.last_day)
    }

    /// How many days.
    #[must_use]
    pub fn days(&self) -> i64 {
        self.last_day - self.first_day + 1
    }

    /// Local days, end excluded.
    #[must_use]
    pub fn local_days(&self) -> Range<i64> {
        self.first_day..self.last_day + 1
    }

    /// Local hours, end excluded.
    #[must_use]
    pub fn local_hours(&self) -> Range<i64> {
        self.first_day * 24..(self.last_day + 1) * 24
    }

    /// Instants (UTC ms), end excluded.
    #[must_use]
    pub fn utc_ms(&self) -> Range<i64> {
        self.zone.day_start_ms(self.first_day)..self.zone.day_start_ms(self.last_day + 1)
    }

    /// As many days, ending on the day before this range begins.
    #[must_use]
    pub fn previous(&self) -> Self {
        Self { zone: self.zone, first_day: self.first_day - self.days(), last_day: self.first_day - 1 }
    }
}

/// The local day (days since 1970-01-01) of a `YYYY-MM-DD` text; `field` names where it stood.
///
/// # Errors
/// [`CalendarError::BadDate`] or [`CalendarError::DateOutOfRange`].
pub fn parse_day(field: &'static str, text: &str) -> Result<i64, CalendarError> {
    let bad = || CalendarError::BadDate { field, text: text.chars().take(40).collect() };
    // `parse_from_str` is lenient about padding and signs; the contract is exactly ten characters.
    let well_formed = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if !well_formed {
        return Err(bad());
    }
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| bad())?;
    if !YEARS.contains(&date.year()) {
        return Err(CalendarError::DateOutOfRange { field, text: text.to_owned() });
    }
    Ok((date - NaiveDate::default()).num_days())
}

/// A local day as `YYYY-MM-DD`.
#[must_use]
pub fn format_day(local_day: i64) -> String {
    date_of(local_day).map_or_else(|| format!("day {local_day}"), |date| date.format("%Y-%m-%d").to_string())
}

/// The calendar date of a local day; `None` beyond what `chrono` represents.
pub(crate) fn date_of(local_day: i64) -> Option<NaiveDate> {
    // `NaiveDate::default()` is 1970-01-01.
    let delta = chrono::TimeDelta::try_days(local_day)?;
    NaiveDate::default().checked_add_signed(delta)
}

#[cfg(test)]
mod tests {
    use super::*;

    // 2026-11-20T20:10:00Z.
    const NOW: i64 = 1_795_205_400_000;

    fn utc(from: Option<&str>, to: Option<&str>) -> Result<DateRange, CalendarError> {
        DateRange::parse(Zone::UTC, from, to, NOW)
    }

    #[test]
    fn nothing_given_means_the_last_30_days_with_today() {
        let range = utc(None, None).unwrap();
        assert_eq!((range.from().as_str(), range.to().as_str(), range.days()), ("2026-10-22", "2026-11-20", 30));
        assert_eq!(range, DateRange::last_30_days(Zone::UTC, NOW));
        assert_eq!(utc(Some(""), Some("")).unwrap(), range);
    }

    #[test]
    fn today_is_the_sites_today() {
        let auckland = Zone::parse("Pacific/Auckland").unwrap();
        let range = DateRange::parse(auckland, None, None, NOW).unwrap();
        assert_eq!(range.to(), "2026-11-21");
    }

    #[test]
    fn bounds_are_half_open_and_follow_the_wall_clock() {
        let berlin = Zone::parse("Europe/Berlin").unwrap();
        let range = DateRange::parse(berlin, Some("2026-03-29"), Some("2026-03-29"), NOW).unwrap();
        let hours = range.local_hours();
        assert_eq!(hours.end - hours.start, 24);
        let instants = range.utc_ms();
        assert_eq!(instants.end - instants.start, 23 * crate::HOUR_MS);
        assert_eq!(berlin.local_hour(instants.start), hours.start);
        assert_eq!(berlin.local_hour(instants.end - 1), hours.end - 1);
        assert_eq!(berlin.local_hour(instants.end), hours.end);
    }

    #[test]
    fn the_period_before_is_as_long_and_adjacent() {
        let range = utc(Some("2026-11-01"), Some("2026-11-20")).unwrap();
        let before = range.previous();
        assert_eq!((before.from().as_str(), before.to().as_str()), ("2026-10-12", "2026-10-31"));
        assert_eq!(before.local_hours().end, range.local_hours().start);
        assert_eq!(before.days(), range.days());
    }

    #[test]
    fn what_is_wrong_is_named_with_its_field() {
        for (from, to, field) in [
            (Some("2026-13-01"), None, "from"),
            (Some("2026-2-1"), None, "from"),
            (Some("+026-02-01"), None, "from"),
            (None, Some("yesterday"), "to"),
            (None, Some("2026-02-30"), "to"),
            (None, Some("１２３４"), "to"),
            (Some("1969-12-31"), None, "from"),
            (None, Some("2200-01-01"), "to"),
            (Some("2026-11-21"), Some("2026-11-20"), "from"),
            (Some("2010-01-01"), Some("2026-11-20"), "from"),
        ] {
            let refusal = utc(from, to).unwrap_err();
            assert_eq!(refusal.field(), field, "{from:?} {to:?}: {refusal}");
        }
        assert!(utc(Some("2016-11-21"), Some("2026-11-20")).is_ok());
    }
}
