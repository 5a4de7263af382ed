//! When people come and buy: hours of the day, days of the week, the shopping year.

use crate::DAY_MS;
use crate::dice::Dice;

/// Visits by hour of the day (UTC, a Central European shop): quiet nights, a lunch bump, an evening peak.
const HOURS: [f64; 24] = [
    0.9, 0.5, 0.3, 0.2, 0.3, 0.8, 1.9, 3.2, 4.1, 4.6, 5.0, 5.6, 5.5, 5.0, 4.8, 4.9, 5.4, 6.2, 7.3, 8.2, 8.0, 6.4, 4.0,
    2.0,
];
/// Visits by weekday, Monday first: Sundays and Mondays are strong in e-commerce, Saturdays weak.
const WEEKDAYS: [f64; 7] = [1.08, 1.0, 0.98, 0.99, 0.92, 0.87, 1.16];
/// Demand by month, January first, of an outdoor shop: spring and the weeks before Christmas are high.
const MONTHS: [f64; 12] = [0.82, 0.84, 0.95, 1.06, 1.10, 1.04, 1.0, 0.95, 0.98, 1.02, 1.12, 1.18];

/// 0 is Monday. 1 January 1970 was a Thursday.
pub(crate) fn weekday(day: i64) -> i64 {
    (day + 3).rem_euclid(7)
}

fn at(table: &[f64], index: i64) -> f64 {
    usize::try_from(index).ok().and_then(|index| table.get(index)).copied().unwrap_or(1.0)
}

/// How many visitors that day brings, relative to an average day.
pub(crate) fn traffic(day: i64) -> f64 {
    // Months are a twelfth of the year here, blended into each other so that no month begins with a step.
    #[expect(clippy::cast_precision_loss, reason = "a day number is far below 2^52")]
    let position = (day.rem_euclid(1461) as f64 % 365.25) / 365.25 * 12.0 - 0.5;
    let (before, share) = (position.floor(), position - position.floor());
    #[expect(clippy::cast_possible_truncation, reason = "between -1 and 12")]
    let month = before as i64;
    let season = at(&MONTHS, month.rem_euclid(12)) * (1.0 - share) + at(&MONTHS, (month + 1).rem_euclid(12)) * share;
    at(&WEEKDAYS, weekday(day)) * season * sale(day)
}

/// The sale's pull on visits and on conversion: the week that ends with the fourth Friday of November, about.
pub(crate) fn sale(day: i64) -> f64 {
    // Day of a 365.25-day year: 323 to 331 is 20 to 28 November.
    #[expect(clippy::cast_precision_loss, reason = "a day number is far below 2^52")]
    let of_year = day.rem_euclid(1461) as f64 % 365.25;
    if (323.0..=331.0).contains(&of_year) { 1.35 } else { 1.0 }
}

/// An instant of that day by the hours people are awake, UTC ms.
pub(crate) fn instant(day: i64, dice: &mut Dice) -> i64 {
    let hours: Vec<(i64, f64)> = (0..24).zip(HOURS).collect();
    let hour = dice.pick(&hours, |(_, weight)| *weight).map_or(12, |(hour, _)| *hour);
    #[expect(clippy::cast_possible_truncation, reason = "below an hour in ms")]
    let within = dice.between(0.0, 3_600_000.0) as i64;
    day * DAY_MS + hour * 3_600_000 + within
}

/// The next day after `day` on which the newsletter goes out: Tuesdays and Thursdays.
pub(crate) fn next_newsletter(day: i64) -> i64 {
    (day + 1..day + 8).find(|day| matches!(weekday(*day), 1 | 3)).unwrap_or(day + 1)
}

#[cfg(test)]
mod tests {
    use super::{next_newsletter, traffic, weekday};

    #[test]
    fn dates_and_weekdays_are_those_of_the_calendar() {
        for (day, text, of_week) in
            [(0, "1970-01-01", 3), (20_777, "2026-11-20", 4), (11_016, "2000-02-29", 1), (-1, "1969-12-31", 2)]
        {
            assert_eq!((calendar::format_day(day).as_str(), weekday(day)), (text, of_week));
        }
        assert_eq!(calendar::format_day(next_newsletter(20_777)), "2026-11-24");
    }

    #[test]
    fn traffic_stays_near_an_average_day() {
        for day in 20_000..21_500 {
            assert!((0.5..2.2).contains(&traffic(day)), "{} {}", calendar::format_day(day), traffic(day));
        }
    }
}
