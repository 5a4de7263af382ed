//! A figure: whole where sums and counts are, real where ratios are.

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::MetricsError;

/// A metric's value. Serialises as a JSON number; whole values without a decimal point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Figure {
    /// A count, or money in minor units.
    Whole(i64),
    /// A ratio; for money per something, minor units with a fraction.
    Real(f64),
}

impl Figure {
    /// As a float; exact up to 2^53.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        match self {
            Self::Whole(whole) => whole as f64,
            Self::Real(real) => real,
        }
    }

    /// Rounded to a whole number, halves away from zero.
    #[must_use]
    pub fn rounded(self) -> i64 {
        match self {
            Self::Whole(whole) => whole,
            Self::Real(real) => real.round() as i64,
        }
    }
}

impl Serialize for Figure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Whole(whole) => serializer.serialize_i64(*whole),
            Self::Real(real) => serializer.serialize_f64(*real),
        }
    }
}

/// A whole number as either engine may write it: a JSON number (D1 may send `3.0`), ClickHouse's quoted 64-bit
/// integer, or null for a sum over nothing.
pub(crate) fn whole(value: Option<&Value>) -> Result<i64, MetricsError> {
    let unreadable = || {
        MetricsError::bad_answer(format!(
            "expected a whole number, found {}",
            value.map_or("nothing".to_owned(), |value| value.to_string().chars().take(60).collect())
        ))
    };
    match value {
        Some(Value::Null) => Ok(0),
        Some(Value::String(text)) => text.parse().map_err(|_| unreadable()),
        Some(Value::Number(number)) => number
            .as_i64()
            .or_else(|| {
                let real = number.as_f64()?;
                // Above 2^53 a float no longer tells one whole number from the next.
                (real.fract() == 0.0 && real.abs() <= 9_007_199_254_740_992.0).then_some(real as i64)
            })
            .ok_or_else(unreadable),
        _ => Err(unreadable()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn whole_numbers_are_read_as_either_engine_writes_them() {
        for value in [json!(42), json!(42.0), json!("42")] {
            assert_eq!(whole(Some(&value)), Ok(42));
        }
        assert_eq!(whole(Some(&Value::Null)), Ok(0));
        for value in [json!("x"), json!(1.5), json!(true), json!(1e300)] {
            assert!(whole(Some(&value)).is_err(), "{value}");
        }
        assert!(whole(None).is_err());
    }

    #[test]
    fn whole_figures_have_no_decimal_point() {
        assert_eq!(json!(Figure::Whole(120)).to_string(), "120");
        assert_eq!(json!(Figure::Real(0.25)).to_string(), "0.25");
    }
}
