//! From the decimal amounts people write to exact integer minor units. No floats on the way.

use iso_currency::Currency;
use serde_json::Value;

/// Largest amount accepted, in minor units: 2⁵³ − 1, the widest integer that every store and browser keeps exactly.
pub const MAX_MINOR: i64 = 9_007_199_254_740_991;

/// The ISO 4217 code in upper case if `code` names a currency.
#[must_use]
pub fn currency(code: &str) -> Option<&'static str> {
    Currency::from_code(&code.trim().to_ascii_uppercase()).map(|c| c.code())
}

/// Digits behind the decimal point of a currency (ISO 4217 minor unit): EUR 2, JPY 0, KWD 3; 2 where undefined.
#[must_use]
pub fn exponent(code: &str) -> u32 {
    Currency::from_code(code).and_then(|c| c.exponent()).map_or(2, u32::from)
}

/// Minor units of an amount in major units (`129.0`, `"129,00"` is not accepted, `"1e3"` is).
///
/// Digits beyond the currency's exponent are rounded half away from zero, as on an invoice. `None` when it is no
/// finite decimal number or exceeds [`MAX_MINOR`].
#[must_use]
pub fn minor_units(amount: &Value, code: &str) -> Option<i64> {
    match amount {
        // serde_json prints the shortest decimal that reads back as the same number: what the sender wrote.
        Value::Number(n) => decimal(&n.to_string(), exponent(code)),
        Value::String(text) => decimal(text.trim(), exponent(code)),
        _ => None,
    }
}

/// A decimal number times 10^`exponent`, as a whole number: `"12.34"` with 2 is 1,234. Rounded half away from zero.
///
/// `None` when it is no finite decimal number or exceeds [`MAX_MINOR`].
#[must_use]
pub fn decimal(text: &str, exponent: u32) -> Option<i64> {
    let (mantissa, power) = match text.split_once(['e', 'E']) {
        Some((mantissa, power)) => (mantissa, power.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (negative, digits) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    // The value is `all` × 10^-scale minor units; walk the digits and keep those left of the minor unit's point.
    let scale = i32::try_from(fraction.len()).ok()?.checked_sub(power)?.checked_sub(i32::try_from(exponent).ok()?)?;
    let count = i32::try_from(whole.len().checked_add(fraction.len())?).ok()?;
    let keep = count.checked_sub(scale)?;
    let mut minor: i64 = 0;
    let mut round_up = false;
    for (place, byte) in (0_i32..).zip(whole.bytes().chain(fraction.bytes())) {
        if !byte.is_ascii_digit() {
            return None;
        }
        let digit = i64::from(byte - b'0');
        if place < keep {
            minor = minor.checked_mul(10)?.checked_add(digit)?;
            if minor > MAX_MINOR {
                return None;
            }
        } else if place == keep {
            round_up = digit >= 5;
        }
    }
    if minor != 0 {
        for _ in count..keep {
            minor = minor.checked_mul(10).filter(|m| *m <= MAX_MINOR)?;
        }
    }
    if round_up {
        minor = minor.checked_add(1).filter(|m| *m <= MAX_MINOR)?;
    }
    Some(if negative { -minor } else { minor })
}

#[cfg(test)]
mod tests {
    use super::{currency, minor_units};
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn amounts_become_the_minor_units_of_their_currency() {
        for (amount, code, minor) in [
            (json!(129.0), "EUR", 12_900),
            (json!(129), "EUR", 12_900),
            (json!("129.00"), "EUR", 12_900),
            (json!(0.1), "EUR", 10),
            (json!(19.999), "EUR", 2_000),
            (json!(-5.5), "EUR", -550),
            (json!(1200), "JPY", 1_200),
            (json!("1.2345"), "KWD", 1_235),
            (json!("1e3"), "EUR", 100_000),
            (json!("12.5e-1"), "EUR", 125),
            (json!(".5"), "EUR", 50),
            (json!("0.005"), "EUR", 1),
            (json!("0.0049"), "EUR", 0),
        ] {
            assert_eq!(minor_units(&amount, code), Some(minor), "{amount} {code}");
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for amount in [json!("12,50"), json!("1.2.3"), json!(""), json!("-"), json!("1e99"), json!(true), json!("€5")]
        {
            assert_eq!(minor_units(&amount, "EUR"), None, "{amount}");
        }
    }

    #[test]
    fn currencies_are_read_in_any_case() {
        assert_eq!(currency(" eur"), Some("EUR"));
        assert_eq!(currency("EURO"), None);
    }

    proptest! {
        #[test]
        fn minor_units_read_back_what_was_written(minor in -1_000_000_000_i64..1_000_000_000) {
            let text = format!("{}{}.{:02}", if minor < 0 { "-" } else { "" }, minor.abs() / 100, minor.abs() % 100);
            prop_assert_eq!(minor_units(&json!(text), "EUR"), Some(minor));
            let float: f64 = text.parse().unwrap();
            prop_assert_eq!(minor_units(&json!(float), "EUR"), Some(minor));
        }

        #[test]
        fn any_text_is_read_without_panic(text in ".{0,60}") {
            let _ = minor_units(&json!(text), "EUR");
        }
    }
}
