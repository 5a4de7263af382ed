//! What can be wrong with a date, a zone or a granularity that a person gave, and in which field.

use crate::{MAX_BUCKETS, MAX_DAYS};

/// A refusal, worded for the person who sent the value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// The name is not in the IANA time-zone database.
    #[error("`{name}` is not an IANA time zone; use a name such as `Europe/Berlin` or `UTC`")]
    UnknownZone {
        /// The name as given.
        name: String,
    },
    /// The text is not a calendar date.
    #[error("`{text}` is not a date; write it as YYYY-MM-DD, for example 2026-11-20")]
    BadDate {
        /// `from` or `to`.
        field: &'static str,
        /// The text as given.
        text: String,
    },
    /// The date is real but outside the years the product keeps.
    #[error("`{text}` is out of range; dates run from 1971-01-01 to 2199-12-31")]
    DateOutOfRange {
        /// `from` or `to`.
        field: &'static str,
        /// The text as given.
        text: String,
    },
    /// The range ends before it begins.
    #[error("the range begins on {from}, after its end {to}; `from` must not be later than `to`")]
    Reversed {
        /// First day, YYYY-MM-DD.
        from: String,
        /// Last day, YYYY-MM-DD.
        to: String,
    },
    /// The range is longer than ten years.
    #[error("the range has {days} days; at most {MAX_DAYS} (10 years) can be asked for at once")]
    TooLong {
        /// Days asked for.
        days: i64,
    },
    /// The range would give more points than a chart can show.
    #[error(
        "{buckets} buckets were asked for; at most {MAX_BUCKETS} can be drawn: shorten the range or use a coarser `gran`"
    )]
    TooManyBuckets {
        /// Buckets asked for.
        buckets: i64,
    },
    /// The granularity is not one of the four.
    #[error("`{text}` is not a granularity; use `h` (hour), `d` (day), `w` (week) or `m` (month)")]
    BadGranularity {
        /// The text as given.
        text: String,
    },
}

impl CalendarError {
    /// The request field at fault.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::UnknownZone { .. } => "time_zone",
            Self::BadDate { field, .. } | Self::DateOutOfRange { field, .. } => field,
            Self::Reversed { .. } | Self::TooLong { .. } => "from",
            Self::TooManyBuckets { .. } | Self::BadGranularity { .. } => "gran",
        }
    }
}
