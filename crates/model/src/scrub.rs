//! Personal data out of whatever is sent to a model.

use std::collections::BTreeMap;

use crate::Request;

/// How many of each kind of personal data were taken out.
pub type Scrubbed = BTreeMap<&'static str, usize>;

/// The request as it may leave the house.
#[must_use]
pub fn scrub_request(request: &Request) -> (Request, Scrubbed) {
    let mut clean = request.clone();
    let mut scrubbed = Scrubbed::new();
    for message in &mut clean.messages {
        message.text = scrub(&message.text, &mut scrubbed);
        for call in &mut message.tool_calls {
            call.arguments = scrub(&call.arguments, &mut scrubbed);
        }
    }
    (clean, scrubbed)
}

/// Takes e-mail addresses, card numbers (Luhn), IBANs (mod 97) and telephone numbers out of a text.
pub fn scrub(text: &str, scrubbed: &mut Scrubbed) -> String {
    let text = scrub_words(text, "email", "[e-mail]", scrubbed, email_in);
    let text = scrub_runs(&text, "iban", "[IBAN]", scrubbed, |c| c.is_ascii_alphanumeric(), is_iban);
    let text = scrub_runs(&text, "card", "[card]", scrubbed, |c| c.is_ascii_digit(), is_card);
    scrub_runs(
        &text,
        "phone",
        "[phone]",
        scrubbed,
        |c| c.is_ascii_digit() || matches!(c, '+' | '(' | ')' | '/'),
        is_phone,
    )
}

fn scrub_words(
    text: &str,
    kind: &'static str,
    mark: &str,
    scrubbed: &mut Scrubbed,
    find: fn(&str) -> Option<(usize, usize)>,
) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((start, end)) = find(rest) {
        result.push_str(rest.get(..start).unwrap_or_default());
        result.push_str(mark);
        *scrubbed.entry(kind).or_default() += 1;
        rest = rest.get(end..).unwrap_or_default();
    }
    result.push_str(rest);
    result
}

/// The first e-mail address: something, `@`, a host with a dot.
fn email_in(text: &str) -> Option<(usize, usize)> {
    for (at, _) in text.match_indices('@') {
        let (before, after) = (text.get(..at)?, text.get(at + 1..)?);
        let local = |c: char| c.is_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c);
        let start = before.char_indices().rev().take_while(|(_, c)| local(*c)).last().map(|(place, _)| place);
        let host: usize =
            after.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '.' | '-')).map(char::len_utf8).sum();
        let host = after.get(..host)?.trim_end_matches(['.', '-']);
        if let (Some(start), Some((name, top))) = (start, host.rsplit_once('.'))
            && !name.is_empty()
            && top.chars().count() >= 2
        {
            return Some((start, at + 1 + host.len()));
        }
    }
    None
}

/// Replaces runs of characters (single blanks, dots and hyphens may stand between them) that a test recognises.
fn scrub_runs(
    text: &str,
    kind: &'static str,
    mark: &str,
    scrubbed: &mut Scrubbed,
    part: fn(char) -> bool,
    is: fn(&str) -> bool,
) -> String {
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    let mut result = String::with_capacity(text.len());
    let mut copied = 0;
    let mut place = 0;
    let glue = |c: char| matches!(c, ' ' | '-' | '.' | '\u{a0}');
    while let Some((start, c)) = chars.get(place).copied() {
        let word_before = place > 0 && chars.get(place - 1).is_some_and(|(_, c)| c.is_alphanumeric());
        if !part(c) || word_before {
            place += 1;
            continue;
        }
        // The longest run from here, and every shorter one that ends at a gap.
        let mut ends = Vec::new();
        let mut end = place;
        while let Some((at, c)) = chars.get(end).copied() {
            let next_is_part = chars.get(end + 1).is_some_and(|(_, c)| part(*c));
            if part(c) {
                if !next_is_part {
                    ends.push((end + 1, at + c.len_utf8()));
                }
                end += 1;
            } else if glue(c) && next_is_part {
                end += 1;
            } else {
                break;
            }
        }
        let hit = ends.iter().rev().find(|(next, stop)| {
            let alone = !chars.get(*next).is_some_and(|(_, c)| c.is_alphanumeric());
            alone && text.get(start..*stop).is_some_and(is)
        });
        if let Some((next, stop)) = hit {
            result.push_str(text.get(copied..start).unwrap_or_default());
            result.push_str(mark);
            *scrubbed.entry(kind).or_default() += 1;
            copied = *stop;
            place = *next;
        } else {
            // Past the first group only: a later one may begin something.
            place = ends.first().map_or(place + 1, |(next, _)| *next);
        }
    }
    result.push_str(text.get(copied..).unwrap_or_default());
    result
}

fn digits(text: &str) -> Vec<u32> {
    text.chars().filter_map(|c| c.to_digit(10)).collect()
}

/// 13 to 19 digits that pass the Luhn check (ISO/IEC 7812).
fn is_card(text: &str) -> bool {
    let digits = digits(text);
    if !(13..=19).contains(&digits.len()) || text.contains('.') {
        return false;
    }
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit * 2) {
            (0, _) => *digit,
            (_, double) if double > 9 => double - 9,
            (_, double) => double,
        })
        .sum();
    sum.is_multiple_of(10) && digits.iter().any(|digit| *digit != 0)
}

/// Two letters, two digits, 11 to 30 more characters, and 1 modulo 97 (ISO 13616).
fn is_iban(text: &str) -> bool {
    let text: String = text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase();
    let (Some(head), Some(tail)) = (text.get(..4), text.get(4..)) else { return false };
    let country =
        head.chars().take(2).all(|c| c.is_ascii_alphabetic()) && head.chars().skip(2).all(|c| c.is_ascii_digit());
    if !country || !(11..=30).contains(&tail.len()) {
        return false;
    }
    let mut rest = 0;
    for c in tail.chars().chain(head.chars()) {
        let Some(value) = c.to_digit(36) else { return false };
        rest = (rest * if value > 9 { 100 } else { 10 } + value) % 97;
    }
    rest == 1
}

/// 8 to 15 digits that begin as telephone numbers do. Amounts, dates and ids with as many digits do not.
fn is_phone(text: &str) -> bool {
    let count = digits(text).len();
    let dialled = text.starts_with('+') || text.starts_with("00") || text.starts_with('(') || text.starts_with('0');
    let grouped = text.chars().any(|c| matches!(c, ' ' | '-' | '(' | '/'));
    (8..=15).contains(&count) && dialled && (grouped || text.starts_with('+')) && !text.contains("00-0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn personal_data_is_taken_out_and_counted() {
        let mut scrubbed = Scrubbed::new();
        let text = scrub(
            "Ask anna.meier+shop@mail.example.co.uk or +49 (0)89 1234-5678, card 4111 1111 1111 1111, IBAN DE89 3704 0044 0532 0130 00, tel 030 901820-11.",
            &mut scrubbed,
        );
        assert_eq!(text, "Ask [e-mail] or [phone], card [card], IBAN [IBAN], tel [phone].");
        assert_eq!(scrubbed, Scrubbed::from([("email", 1), ("phone", 2), ("card", 1), ("iban", 1)]));
    }

    #[test]
    fn figures_dates_and_ids_stay() {
        let text = "12,345.67 EUR, 1234567890123 visits, 2026-11-09 to 2026-11-15, order 4111111111111112, 0.031, \
                    01990f2e-7c1b-7000-8000-000000000001, 100 200 300 orders";
        let mut scrubbed = Scrubbed::new();
        assert_eq!(scrub(text, &mut scrubbed), text);
        assert!(scrubbed.is_empty());
    }
}
