//! What providers report, in one shape: a row an object and day, money in micros of the account's currency.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a row is about, in the provider's own tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The provider's campaigns. Their rows add up to all that was spent.
    Campaign,
    /// Ad sets or ad groups.
    AdSet,
    /// Ads or e-mails.
    Ad,
}

impl Level {
    /// As it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Campaign => "campaign",
            Self::AdSet => "ad_set",
            Self::Ad => "ad",
        }
    }
}

/// What to ask for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InsightsQuery {
    /// What rows are to be about.
    pub level: Level,
    /// First day, days since 1970-01-01 on the account's calendar.
    pub from_day: i64,
    /// Last day, included.
    pub to_day: i64,
}

/// A row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InsightsRow {
    /// Days since 1970-01-01 on the account's calendar.
    pub local_day: i64,
    /// What it is about.
    pub level: Level,
    /// That object's id at the provider: [`crate::publish::Remote::external_id`] where it is ours.
    pub external_id: String,
    /// Its name there.
    pub name: String,
    /// Times shown; e-mail: delivered.
    pub impressions: i64,
    /// Clicks on links.
    pub clicks: i64,
    /// E-mail only: openings, by distinct recipients.
    pub opens: i64,
    /// Millionths of `currency`, whatever its minor unit.
    pub spend_micros: i64,
    /// ISO 4217, the account's.
    pub currency: String,
    /// Purchases as the provider claims them; may be a fraction.
    pub conversions: f64,
    /// Their value, in millionths of `currency`.
    pub conversion_value_micros: i64,
}

/// Rows of one answer.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct InsightsPage {
    /// The rows.
    pub rows: Vec<InsightsRow>,
    /// Where to go on; `None` at the end.
    pub next: Option<String>,
    /// What could not be read, in words: parts of the answer that were left out.
    pub skipped: Vec<String>,
}

/// Micros of a decimal amount in major units, whether the provider sends it as a string (`"12.34"`) or as a number.
/// Rounded half away from zero; `None` when it is neither or out of range.
#[must_use]
pub fn micros(amount: &Value) -> Option<i64> {
    let text = match amount {
        // serde_json prints the shortest decimal that reads back as the same number: what the sender wrote.
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return None,
    };
    event::money::decimal(&text, 6)
}

/// An integer that a provider sends as a number or, being 64 bits wide, as a string.
#[must_use]
pub fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| {
            let float = number.as_f64()?;
            (float.fract() == 0.0 && float.abs() < 9e15).then_some(float as i64)
        }),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A count that may be a fraction, sent as a number or a string.
#[must_use]
pub fn double(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
    .filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn amounts_become_micros_however_they_are_written() {
        for (amount, expected) in [
            (json!("12.34"), Some(12_340_000)),
            (json!(12.34), Some(12_340_000)),
            (json!(210.255), Some(210_255_000)),
            (json!("0.0000005"), Some(1)),
            (json!("0.0000004"), Some(0)),
            (json!("-1.5"), Some(-1_500_000)),
            (json!(1e3), Some(1_000_000_000)),
            (json!("1e-7"), Some(0)),
            (json!("5e-7"), Some(1)),
            (json!(""), None),
            (json!("12,34"), None),
            (json!("1e99"), None),
            (json!(null), None),
        ] {
            assert_eq!(micros(&amount), expected, "{amount}");
        }
    }

    #[test]
    fn wide_integers_come_as_strings() {
        assert_eq!(integer(&json!("9007199254740993")), Some(9_007_199_254_740_993));
        assert_eq!(integer(&json!(7)), Some(7));
        assert_eq!(integer(&json!(7.0)), Some(7));
        assert_eq!(integer(&json!(7.5)), None);
        assert_eq!(integer(&json!("seven")), None);
        assert_eq!(double(&json!("3.5")), Some(3.5));
        assert_eq!(double(&json!("NaN")), None);
    }

    proptest! {
        #[test]
        fn what_is_written_in_micros_is_read_in_micros(whole in 0_i64..9_000_000_000, fraction in 0_i64..1_000_000) {
            let text = format!("{whole}.{fraction:06}");
            prop_assert_eq!(micros(&json!(text)), Some(whole * 1_000_000 + fraction));
        }
    }
}
