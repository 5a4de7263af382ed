//! Reading the instants people send: ISO 8601 text, or Unix seconds or milliseconds.

use serde_json::Value;
use speedate::{Date, DateTime};

/// Numbers below this are Unix seconds, from here on milliseconds: 10¹¹ s is the year 5138, 10¹¹ ms is March 1973.
const MILLISECONDS_FROM: i64 = 100_000_000_000;

/// Reads a JSON value as an instant, UTC ms. Text without an offset is taken as UTC.
///
/// `None` when it is no instant between the years 1970 and 9999.
#[must_use]
pub fn parse(value: &Value) -> Option<i64> {
    let ms = match value {
        Value::Number(n) => n.as_i64().map(from_whole).or_else(|| n.as_f64().map(from_fraction))?,
        Value::String(text) => from_text(text.trim())?,
        _ => return None,
    };
    (0..=253_402_300_799_999).contains(&ms).then_some(ms)
}

fn from_whole(n: i64) -> i64 {
    if n.unsigned_abs() < MILLISECONDS_FROM.unsigned_abs() { n.saturating_mul(1000) } else { n }
}

/// Seconds may carry a fraction.
#[expect(clippy::cast_possible_truncation, reason = "`as` saturates and the caller bounds the result")]
#[expect(clippy::cast_precision_loss, reason = "the bound is far below 2^53")]
fn from_fraction(n: f64) -> i64 {
    if n.abs() < MILLISECONDS_FROM as f64 { (n * 1000.0).round() as i64 } else { n.round() as i64 }
}

fn from_text(text: &str) -> Option<i64> {
    if let Ok(number) = text.parse::<i64>() {
        return Some(from_whole(number));
    }
    if let Ok(instant) = DateTime::parse_str_rfc3339(text) {
        let ms = instant.timestamp_tz().checked_mul(1000)?;
        return ms.checked_add(i64::from(instant.time.microsecond / 1000));
    }
    Date::parse_str_rfc3339(text).ok()?.timestamp().checked_mul(1000)
}

#[cfg(test)]
mod tests {
    use super::parse;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn the_forms_people_send_mean_the_same_instant() {
        let expected = Some(1_793_059_200_000);
        for form in [
            json!("2026-10-27T00:00:00Z"),
            json!("2026-10-27T02:00:00.000+02:00"),
            json!("2026-10-27 00:00:00"),
            json!("2026-10-27T00:00"),
            json!("2026-10-27"),
            json!(1_793_059_200),
            json!(1_793_059_200_000_i64),
            json!("1793059200"),
        ] {
            assert_eq!(parse(&form), expected, "{form}");
        }
    }

    #[test]
    fn what_is_no_instant_is_none() {
        for form in [json!(null), json!(true), json!("yesterday"), json!(-5), json!(1e300), json!("NaN"), json!({})] {
            assert_eq!(parse(&form), None, "{form}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in ".{0,40}") {
            let _ = parse(&json!(text));
        }
    }
}
