//! How values are spoken: `12,345.67 EUR`, `1,234`, `2.45`, `3.1 %`.

use event::money;
use metrics::Unit;

/// A value in its unit; money is minor units, rates are fractions.
pub(crate) fn spoken(unit: Unit, value: Option<f64>, currency: &str) -> String {
    let Some(value) = value else {
        return "nothing".to_owned();
    };
    match unit {
        Unit::Money => {
            let digits = money::exponent(currency);
            let scale = 10_f64.powi(i32::try_from(digits).unwrap_or(2));
            format!("{} {currency}", grouped(value / scale, usize::try_from(digits).unwrap_or(2)))
        }
        Unit::Count => grouped(value, 0),
        Unit::Ratio => grouped(value, 2),
        Unit::Percent => percent(value),
    }
}

/// An amount in minor units.
pub(crate) fn amount(minor: i64, currency: &str) -> String {
    spoken(Unit::Money, Some(minor as f64), currency)
}

pub(crate) fn percent(fraction: f64) -> String {
    format!("{} %", grouped(fraction * 100.0, 1))
}

/// A small rate, with the two digits that tell ads apart.
pub(crate) fn rate(fraction: f64) -> String {
    format!("{} %", grouped(fraction * 100.0, 2))
}

/// A number with `,` between thousands.
pub(crate) fn grouped(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut result = String::from(sign);
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place) % 3 == 0 {
            result.push(',');
        }
        result.push(digit);
    }
    if !fraction.is_empty() {
        result.push('.');
        result.push_str(fraction);
    }
    result
}

pub(crate) const fn unit_name(unit: Unit) -> &'static str {
    match unit {
        Unit::Money => "money",
        Unit::Count => "count",
        Unit::Ratio => "ratio",
        Unit::Percent => "percent",
    }
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!(
            [grouped(1_234_567.891, 2), grouped(999.0, 0), grouped(-1_000.0, 0)],
            ["1,234,567.89", "999", "-1,000"]
        );
    }
}
