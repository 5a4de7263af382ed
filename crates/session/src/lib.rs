//! Sessionization: which visit an event belongs to, which of a visit's events are touchpoints, and how a visitor's
//! touchpoints are numbered.
//!
//! Everything here gives the same answer whatever order events arrive in; the tests hold it against a naive
//! reference that sorts first. Storage, clocks and ids are the Session object's business, not this crate's.

pub mod ledger;
pub mod touch;

pub use ledger::{Ledger, Placement, Session};
pub use touch::{Step, Touch, touches};

/// Inactivity that ends a session unless the site says otherwise, ms: 30 minutes, the field's convention
/// (Google Analytics, Segment, Snowplow).
pub const DEFAULT_TIMEOUT_MS: i64 = 30 * 60_000;
