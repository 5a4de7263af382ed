//! Numbers in a text against the figures it may quote.
//!
//! A number passes when it is one of the figures rounded to the digits it is written with, in its unit: what stands
//! beside a currency must be an amount, what stands before `%` a rate or a change, anything else a count or ratio. Dates
//! and their parts pass when they are the period's. Everything else is refused: a text that says a number nobody
//! measured is not published, whoever wrote it.

use std::collections::BTreeSet;

use event::money;

/// What a text may quote.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Quotable {
    /// ISO 4217 of the amounts.
    pub currency: String,
    /// Amounts in minor units.
    pub money: Vec<f64>,
    /// Counts and ratios.
    pub plain: Vec<f64>,
    /// Fractions people read as percentages.
    pub percent: Vec<f64>,
    /// Dates, `YYYY-MM-DD`.
    pub dates: Vec<String>,
    /// Names that may hold digits: of the shop, of channels.
    pub names: Vec<String>,
}

/// How a number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Written {
    Money,
    Percent,
    Plain,
}

/// A number of a text.
#[derive(Clone, Debug)]
struct Number {
    text: String,
    /// What it may mean, and within what: `1.234` is one and a bit, or twelve hundred and thirty-four.
    readings: Vec<(f64, f64)>,
    written: Written,
}

/// Checks every number of a text; returns those it may not say, as written.
#[must_use]
pub fn unverified(text: &str, quotable: &Quotable) -> Vec<String> {
    let mut named = text.to_owned();
    for name in quotable.names.iter().filter(|name| name.chars().any(|c| c.is_ascii_digit())) {
        named = replace_whole(&named, name);
    }
    let without_dates = remove_dates(&named, &quotable.dates);
    let mut refused: Vec<String> = numbers(&without_dates, &quotable.currency)
        .into_iter()
        .filter(|number| !passes(number, quotable))
        .map(|number| number.text)
        .collect();
    refused.extend(
        words(&without_dates).into_iter().filter(|(_, value)| !is_counted(*value, quotable)).map(|(word, _)| word),
    );
    refused.extend(
        multiples(&without_dates).into_iter().filter(|(_, change)| !is_change(*change, quotable)).map(|(word, _)| word),
    );
    let mut seen = BTreeSet::new();
    refused.retain(|number| seen.insert(number.clone()));
    refused
}

/// ISO dates of the period, and the ways people write them in English.
fn remove_dates(text: &str, dates: &[String]) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let mut result = text.to_owned();
    let mut years = BTreeSet::new();
    for date in dates {
        result = result.replace(date.as_str(), " ");
        let mut parts = date.split('-');
        let (Some(year), Some(month), Some(day)) = (parts.next(), parts.next(), parts.next()) else { continue };
        years.insert(year.to_owned());
        let name = month.parse::<usize>().ok().and_then(|month| MONTHS.get(month.checked_sub(1)?));
        let day = day.trim_start_matches('0');
        if let Some(name) = name {
            let short: String = name.chars().take(3).collect();
            for month in [*name, short.as_str()] {
                for form in [format!("{month} {day}"), format!("{day} {month}"), format!("{day}. {month}")] {
                    result = replace_whole(&result, &form);
                }
            }
        }
    }
    for year in years {
        result = replace_whole(&result, &year);
    }
    result
}

/// Blanks out a phrase where no digit stands directly before or after it.
fn replace_whole(text: &str, phrase: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(phrase) {
        let (before, from) = rest.split_at(at);
        let after = from.get(phrase.len()..).unwrap_or_default();
        let glued = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit() || matches!(c, '.' | ','));
        let decimal = after.starts_with(['.', ',']) && after.chars().nth(1).is_some_and(|c| c.is_ascii_digit());
        let free = !glued(before.chars().next_back()) && !after.starts_with(|c: char| c.is_ascii_digit()) && !decimal;
        // A year is a date only where it is not an amount.
        let amount = phrase.chars().all(|c| c.is_ascii_digit())
            && (after.trim_start().starts_with(|c: char| c == '%' || c.is_ascii_uppercase())
                || before.trim_end().ends_with(['€', '$', '£']));
        result.push_str(before);
        result.push_str(if free && !amount { " " } else { phrase });
        rest = after;
    }
    result.push_str(rest);
    result
}

const SYMBOLS: [char; 6] = ['€', '$', '£', '¥', '₹', '₩'];

fn numbers(text: &str, currency: &str) -> Vec<Number> {
    let chars: Vec<char> = text.chars().collect();
    let at = |place: usize| chars.get(place).copied();
    let mut found = Vec::new();
    let mut place = 0;
    while let Some(c) = at(place) {
        if !c.is_ascii_digit() {
            place += 1;
            continue;
        }
        let start = place;
        let mut end = place;
        // Digits, and separators between digits.
        while let Some(c) = at(end) {
            let separator = matches!(c, '.' | ',' | '\'' | '’' | '\u{a0}' | '\u{202f}' | ' ');
            let group_of_three = (1..=3).all(|d| at(end + d).is_some_and(|c| c.is_ascii_digit()))
                && !at(end + 4).is_some_and(|c| c.is_ascii_digit());
            let joins = separator
                && at(end + 1).is_some_and(|c| c.is_ascii_digit())
                && (c != ' ' || (group_of_three && end - start <= 3));
            if !(c.is_ascii_digit() || joins) {
                break;
            }
            end += 1;
        }
        let raw: String = chars.get(start..end).unwrap_or_default().iter().collect();
        place = end;
        // `v2`, `P1` and the like are names, not numbers; so are `#1` ranks, which say something, and are kept.
        if start > 0 && at(start - 1).is_some_and(char::is_alphabetic) {
            continue;
        }
        let mut after = end;
        while at(after).is_some_and(|c| matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '-')) {
            after += 1;
        }
        let word: String =
            chars.get(after..).unwrap_or_default().iter().take_while(|c| c.is_alphabetic() || **c == '%').collect();
        let before: String =
            chars.get(..start).unwrap_or_default().iter().rev().take(5).collect::<Vec<_>>().into_iter().rev().collect();
        let symbol_before = before.trim_end().chars().next_back().is_some_and(|c| SYMBOLS.contains(&c))
            || (!currency.is_empty() && before.trim_end().ends_with(currency));
        let symbol_after =
            at(after).is_some_and(|c| SYMBOLS.contains(&c)) || (!currency.is_empty() && word == currency);
        let lower = word.to_lowercase();
        let scale = match lower.as_str() {
            "k" | "thousand" => 1e3,
            "m" | "mn" | "million" => 1e6,
            "bn" | "billion" => 1e9,
            _ => 1.0,
        };
        let written = if word.starts_with('%') || lower == "percent" || lower == "pp" || lower == "percentage" {
            Written::Percent
        } else if symbol_before
            || symbol_after
            || (scale > 1.0 && currency_follows(&chars, after + word.chars().count(), currency))
        {
            Written::Money
        } else {
            Written::Plain
        };
        let readings = readings(&raw).into_iter().map(|(value, half)| (value * scale, half * scale)).collect();
        let shown = if word.starts_with('%') { format!("{raw} %") } else { raw.clone() };
        found.push(Number { text: shown, readings, written });
    }
    found
}

fn currency_follows(chars: &[char], from: usize, currency: &str) -> bool {
    let rest: String = chars.get(from..).unwrap_or_default().iter().take(5).collect();
    let rest = rest.trim_start();
    rest.starts_with(&SYMBOLS[..]) || (!currency.is_empty() && rest.starts_with(currency))
}

/// What a written number may mean, and half the worth of its last digit.
fn readings(raw: &str) -> Vec<(f64, f64)> {
    let mut readings = Vec::new();
    let mut add = |thousands: &[char], point: Option<char>| {
        let text: String =
            raw.chars().filter(|c| !thousands.contains(c)).map(|c| if Some(c) == point { '.' } else { c }).collect();
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(fraction) {
            return;
        }
        let half = 0.5 * 10_f64.powi(-i32::try_from(fraction.len()).unwrap_or(0));
        if let Ok(value) = text.parse::<f64>()
            && !readings.contains(&(value, half))
        {
            readings.push((value, half));
        }
    };
    let blanks = [' ', '\u{a0}', '\u{202f}', '\'', '’'];
    let with = |c: char| [blanks.as_slice(), &[c]].concat();
    // 1,234.5 — 1.234,5 — 1 234.5 — 1 234,5
    let groups =
        |c: char| raw.split(c).skip(1).all(|group| group.chars().take_while(char::is_ascii_digit).count() == 3);
    if groups(',') {
        add(&with(','), Some('.'));
    }
    if groups('.') {
        add(&with('.'), Some(','));
    }
    if !raw.contains(',') {
        add(&blanks, Some('.'));
    }
    if !raw.contains('.') {
        add(&blanks, Some(','));
    }
    readings
}

/// Whether a written value is the figure, rounded to the digits it is written with.
fn rounds_to(figure: f64, value: f64, half: f64) -> bool {
    (figure.abs() - value).abs() <= half * (1.0 + 1e-9) + 1e-9
}

fn passes(number: &Number, quotable: &Quotable) -> bool {
    let scale = 10_f64.powi(i32::try_from(money::exponent(&quotable.currency)).unwrap_or(2));
    number.readings.iter().any(|(value, half)| {
        let any = |figures: &[f64], factor: f64| figures.iter().any(|figure| rounds_to(figure * factor, *value, *half));
        match number.written {
            Written::Money => any(&quotable.money, 1.0 / scale),
            Written::Percent => any(&quotable.percent, 100.0),
            Written::Plain => any(&quotable.plain, 1.0),
        }
    })
}

fn is_counted(value: f64, quotable: &Quotable) -> bool {
    quotable.plain.iter().any(|figure| rounds_to(*figure, value, 0.5))
}

/// Number words from two on. `one` is an article as often as a number.
fn words(text: &str) -> Vec<(String, f64)> {
    const WORDS: [(&str, f64); 18] = [
        ("two", 2.0),
        ("three", 3.0),
        ("four", 4.0),
        ("five", 5.0),
        ("six", 6.0),
        ("seven", 7.0),
        ("eight", 8.0),
        ("nine", 9.0),
        ("ten", 10.0),
        ("eleven", 11.0),
        ("twelve", 12.0),
        ("fifteen", 15.0),
        ("twenty", 20.0),
        ("thirty", 30.0),
        ("fifty", 50.0),
        ("hundred", 100.0),
        ("hundreds", 100.0),
        ("dozens", 12.0),
    ];
    each_word(text)
        .filter_map(|word| WORDS.iter().find(|(name, _)| *name == word).map(|(_, value)| (word, *value)))
        .collect()
}

/// Words that say a change: doubled is +100 %.
fn multiples(text: &str) -> Vec<(String, f64)> {
    const WORDS: [(&str, f64); 8] = [
        ("doubled", 1.0),
        ("doubling", 1.0),
        ("twofold", 1.0),
        ("tripled", 2.0),
        ("tripling", 2.0),
        ("threefold", 2.0),
        ("halved", -0.5),
        ("quadrupled", 3.0),
    ];
    each_word(text)
        .filter_map(|word| WORDS.iter().find(|(name, _)| *name == word).map(|(_, change)| (word, *change)))
        .collect()
}

/// A change within a tenth of what the word says.
fn is_change(change: f64, quotable: &Quotable) -> bool {
    quotable.percent.iter().any(|figure| (figure - change).abs() <= 0.1 * (1.0 + change.abs()))
}

fn each_word(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wording::{amount, grouped, percent};
    use proptest::prelude::*;

    fn quotable() -> Quotable {
        Quotable {
            currency: "EUR".into(),
            money: vec![1_234_567.0, 4_550.0],
            plain: vec![271.0, 12_345.0, 2.45, 7.0],
            percent: vec![0.0312, -0.254, 1.02],
            dates: vec!["2026-11-09".into(), "2026-11-15".into()],
            names: vec!["Shop 24".into()],
        }
    }

    #[test]
    fn figures_pass_however_they_are_written() {
        for text in [
            "Revenue of 12,345.67 EUR from 271 orders and 12,345 visits.",
            "EUR 12.345,67 — or €12,346, about 12.3k EUR — at an average of 45.50 €.",
            "Conversion was 3.1 %, 3.12% to be exact; ROAS 2.45, down 25.4 percent.",
            "In the seven days from 2026-11-09 to November 15, 2026, revenue doubled.",
            "12 345 visits, 12\u{a0}345 visits",
            "Shop 24 took 271 orders",
        ] {
            assert_eq!(unverified(text, &quotable()), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn what_nobody_measured_is_refused() {
        for (text, refused) in [
            ("Revenue of 12,354.67 EUR", vec!["12,354.67"]),
            ("272 orders", vec!["272"]),
            ("3.4 % converted", vec!["3.4 %"]),
            ("271 % more", vec!["271 %"]),
            ("12,345 EUR", vec!["12,345"]),
            ("orders tripled", vec!["tripled"]),
            ("twelve orders", vec!["twelve"]),
            ("on 2025-11-09", vec!["2025", "11", "09"]),
            ("2026 EUR", vec!["2026"]),
            ("€13k", vec!["13"]),
        ] {
            assert_eq!(unverified(text, &quotable()), refused, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_changed_digit_is_caught(revenue in 0_i64..10_000_000_000, orders in 0_i64..5_000_000, rate in 0.0_f64..1.0, place in 0_usize..64, digit in 1_u8..10) {
            let quotable = Quotable {
                currency: "EUR".into(),
                money: vec![revenue as f64],
                plain: vec![orders as f64],
                percent: vec![rate],
                dates: Vec::new(),
                names: Vec::new(),
            };
            let parts = [amount(revenue, "EUR"), format!("{} orders", grouped(orders as f64, 0)), percent(rate)];
            for (index, part) in parts.iter().enumerate() {
                prop_assert_eq!(unverified(part, &quotable), Vec::<String>::new());
                let digits: Vec<usize> = part.char_indices().filter(|(_, c)| c.is_ascii_digit()).map(|(at, _)| at).collect();
                let at = digits[place % digits.len()];
                let mut changed = part.clone().into_bytes();
                changed[at] = b'0' + ((changed[at] - b'0') + digit) % 10;
                let mut texts = parts.clone();
                texts[index] = String::from_utf8(changed).unwrap();
                prop_assert_eq!(unverified(&texts.join(" · "), &quotable).len(), 1, "{:?}", texts);
            }
        }
    }
}
