//! Site-local time: which hour and day of a site's wall clock an instant falls in, which instants a date range
//! covers, and which buckets a chart of that range has.
//!
//! Two integers carry local time everywhere: `local_hour` (hours since 1970-01-01T00:00 on the site's own wall
//! clock) and `local_day` (days since 1970-01-01 there; `local_hour / 24`, floored). Both are plain arithmetic for
//! days and weeks, in Rust and in SQL alike.
//!
//! There is no clock here: "now" is always an argument. SQL and HTTP do not belong here either.

mod bucket;
mod error;
mod range;
mod zone;

pub use bucket::{Bucket, Granularity, MAX_BUCKETS};
pub use error::CalendarError;
pub use range::{DEFAULT_DAYS, DateRange, MAX_DAYS, format_day, parse_day};
pub use zone::Zone;

/// Milliseconds in an hour.
pub const HOUR_MS: i64 = 3_600_000;

/// Milliseconds in a day of 24 hours (a local day may be longer or shorter: use [`Zone::day_start_ms`]).
pub const DAY_MS: i64 = 24 * HOUR_MS;
