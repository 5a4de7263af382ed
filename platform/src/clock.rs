//! The clock. The domain never reads it: what needs the time is handed it.

/// UTC ms. Inside a Worker the clock stands still between I/O operations.
#[must_use]
pub fn now_ms() -> i64 {
    i64::try_from(worker::Date::now().as_millis()).unwrap_or(i64::MAX)
}
