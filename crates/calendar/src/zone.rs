//! An IANA zone and its two directions: instant → wall clock, wall clock → first instant.

use chrono::{DateTime, LocalResult, NaiveDateTime, Offset, TimeZone};
use chrono_tz::Tz;

use crate::{CalendarError, DAY_MS, HOUR_MS};

/// A site's time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zone(Tz);

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self(Tz::UTC);

    /// The zone of an IANA name such as `Europe/Berlin`.
    ///
    /// # Errors
    /// [`CalendarError::UnknownZone`] when the database has no such name.
    pub fn parse(name: &str) -> Result<Self, CalendarError> {
        name.parse::<Tz>().map(Self).map_err(|_| CalendarError::UnknownZone { name: name.to_owned() })
    }

    /// The IANA name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// Hours since 1970-01-01T00:00 on this zone's wall clock at the instant `t_ms` (UTC ms).
    ///
    /// In the hour that a clock is set back, two real hours share one local hour; the hour it skips never occurs.
    #[must_use]
    pub fn local_hour(self, t_ms: i64) -> i64 {
        self.wall_ms(t_ms).div_euclid(HOUR_MS)
    }

    /// Days since 1970-01-01 on this zone's wall clock at the instant `t_ms` (UTC ms).
    #[must_use]
    pub fn local_day(self, t_ms: i64) -> i64 {
        self.wall_ms(t_ms).div_euclid(DAY_MS)
    }

    /// The first instant (UTC ms) of a local hour. Where the clock skips that hour, the instant of the skip.
    #[must_use]
    pub fn hour_start_ms(self, local_hour: i64) -> i64 {
        self.first_instant_ms(local_hour.saturating_mul(HOUR_MS))
    }

    /// The first instant (UTC ms) of a local day. Where the clock skips midnight, the instant of the skip.
    #[must_use]
    pub fn day_start_ms(self, local_day: i64) -> i64 {
        self.first_instant_ms(local_day.saturating_mul(DAY_MS))
    }

    /// The wall clock as if it were UTC ms. Instants beyond what `chrono` represents (±262,000 years) count as UTC.
    fn wall_ms(self, t_ms: i64) -> i64 {
        let offset_s = DateTime::from_timestamp_millis(t_ms)
            .map_or(0, |instant| self.0.offset_from_utc_datetime(&instant.naive_utc()).fix().local_minus_utc());
        t_ms.saturating_add(i64::from(offset_s) * 1_000)
    }

    fn first_instant_ms(self, wall_ms: i64) -> i64 {
        let Some(wall) = naive(wall_ms) else {
            return wall_ms;
        };
        match self.0.from_local_datetime(&wall) {
            LocalResult::Single(instant) => instant.timestamp_millis(),
            LocalResult::Ambiguous(first, second) => first.timestamp_millis().min(second.timestamp_millis()),
            LocalResult::None => self.end_of_gap_ms(wall_ms),
        }
    }

    /// The instant a gap in the wall clock ends, for a wall time inside it. No zone ever skipped more than 24 hours
    /// (Samoa, 30 December 2011), so the skip lies between the offsets in force a day before and a day after.
    fn end_of_gap_ms(self, wall_ms: i64) -> i64 {
        let before = self.wall_ms(wall_ms - DAY_MS) - (wall_ms - DAY_MS);
        let after = self.wall_ms(wall_ms + DAY_MS) - (wall_ms + DAY_MS);
        // Local time is below `wall_ms` at `low` and at or above it at `high`, with the one skip between them.
        let (mut low, mut high) = (wall_ms - before.max(after), wall_ms - before.min(after));
        while low + 1 < high {
            let middle = low + (high - low) / 2;
            if self.wall_ms(middle) >= wall_ms {
                high = middle;
            } else {
                low = middle;
            }
        }
        high
    }
}

fn naive(wall_ms: i64) -> Option<NaiveDateTime> {
    DateTime::from_timestamp_millis(wall_ms).map(|at| at.naive_utc())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn zone(name: &str) -> Zone {
        Zone::parse(name).unwrap()
    }

    fn ms(text: &str) -> i64 {
        DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis()
    }

    #[test]
    fn utc_hours_are_plain_division_even_before_1970() {
        assert_eq!(Zone::UTC.local_hour(0), 0);
        assert_eq!(Zone::UTC.local_hour(HOUR_MS - 1), 0);
        assert_eq!(Zone::UTC.local_hour(-1), -1);
        assert_eq!(Zone::UTC.local_day(-1), -1);
        assert_eq!(Zone::UTC.local_hour(i64::MAX), i64::MAX / HOUR_MS);
    }

    #[test]
    fn an_unknown_zone_is_refused_by_its_field() {
        let refusal = Zone::parse("Mars/Olympus").unwrap_err();
        assert_eq!(refusal.field(), "time_zone");
        assert!(refusal.to_string().contains("Mars/Olympus"));
    }

    #[test]
    fn the_hour_berlin_skips_in_spring_starts_where_the_next_one_does() {
        let berlin = zone("Europe/Berlin");
        let three = berlin.local_hour(ms("2026-03-29T03:00:00+02:00"));
        assert_eq!(berlin.local_hour(ms("2026-03-29T01:59:59+01:00")), three - 2);
        assert_eq!(berlin.hour_start_ms(three - 1), ms("2026-03-29T01:00:00+00:00"));
        assert_eq!(berlin.hour_start_ms(three), ms("2026-03-29T01:00:00+00:00"));
    }

    #[test]
    fn the_hour_berlin_repeats_in_autumn_is_one_local_hour_two_hours_long() {
        let berlin = zone("Europe/Berlin");
        let two = berlin.local_hour(ms("2026-10-25T02:00:00+02:00"));
        assert_eq!(berlin.local_hour(ms("2026-10-25T02:59:59+01:00")), two);
        assert_eq!(berlin.hour_start_ms(two + 1) - berlin.hour_start_ms(two), 2 * HOUR_MS);
    }

    #[test]
    fn zones_off_the_full_hour_keep_their_own_hours() {
        let kolkata = zone("Asia/Kolkata");
        assert_eq!(kolkata.local_hour(ms("2026-01-01T18:29:59Z")), kolkata.local_hour(ms("2026-01-01T18:30:00Z")) - 1);
        // Lord Howe moves by half an hour: the local hour 2 of the skip is half an hour long, and real.
        let howe = zone("Australia/Lord_Howe");
        let two = howe.local_hour(ms("2026-10-04T02:30:00+11:00"));
        assert_eq!(howe.hour_start_ms(two), ms("2026-10-03T15:30:00Z"));
        assert_eq!(howe.hour_start_ms(two + 1) - howe.hour_start_ms(two), HOUR_MS / 2);
    }

    #[test]
    fn midnight_that_does_not_exist_starts_at_the_skip() {
        // São Paulo skipped 00:00–01:00 on 4 November 2018.
        let paulo = zone("America/Sao_Paulo");
        let day = paulo.local_day(ms("2018-11-04T12:00:00Z"));
        assert_eq!(paulo.day_start_ms(day), ms("2018-11-04T03:00:00Z"));
        // Samoa had no 30 December 2011 at all.
        let apia = zone("Pacific/Apia");
        let day = apia.local_day(ms("2011-12-31T12:00:00+14:00"));
        assert_eq!(apia.day_start_ms(day - 1), apia.day_start_ms(day));
        assert_eq!(apia.day_start_ms(day), ms("2011-12-30T10:00:00Z"));
    }

    proptest! {
        #[test]
        fn every_instant_lies_in_its_own_local_day(
            t in 0_i64..7_000_000_000_000, pick in 0_usize..chrono_tz::TZ_VARIANTS.len()
        ) {
            let zone = Zone(chrono_tz::TZ_VARIANTS[pick]);
            let day = zone.local_day(t);
            prop_assert!(zone.day_start_ms(day) <= t);
            prop_assert_eq!(zone.local_hour(t).div_euclid(24), day);
            let start = zone.hour_start_ms(zone.local_hour(t));
            prop_assert!(start <= t);
            prop_assert!(zone.local_hour(start) == zone.local_hour(t));
        }
    }
}
