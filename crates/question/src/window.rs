//! The days a question is about, relative to the day it is asked on.

use calendar::{CalendarError, DateRange, Granularity, Zone, format_day, parse_day};
use serde::{Deserialize, Serialize};

/// A span of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Span {
    /// Monday to Sunday.
    Week,
    /// A calendar month.
    Month,
    /// Three calendar months from January, April, July or October.
    Quarter,
    /// A calendar year.
    Year,
}

impl Span {
    /// What it is called.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }
}

/// Which days, as seen from today in the site's zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Window {
    /// `days` whole days, the last of them `back` days before today: `{30, 1}` are the last 30 days up to yesterday,
    /// `{1, 0}` is today.
    Days {
        /// How many.
        days: i64,
        /// How many days before today the last one lies.
        back: i64,
    },
    /// `count` spans of the calendar, the last of them `back` spans before this one; the one that runs ends today.
    Spans {
        /// Which span.
        span: Span,
        /// How many.
        count: i64,
        /// How many spans before this one the last one lies.
        back: i64,
    },
    /// The latest month of this number (1 to 12) that has begun, or that of a year.
    Month {
        /// 1 is January.
        month: i64,
        /// The year, if one was named.
        year: Option<i64>,
    },
    /// A calendar year.
    Year {
        /// The year.
        year: i64,
    },
    /// From one local day to another, both included.
    Between {
        /// Days since 1970-01-01.
        first: i64,
        /// Days since 1970-01-01.
        last: i64,
    },
    /// From a local day to today.
    Since {
        /// Days since 1970-01-01.
        first: i64,
    },
}

impl Window {
    /// The last 30 whole days, up to yesterday: today is not over and would make every figure look bad.
    pub const LAST_30_DAYS: Self = Self::Days { days: 30, back: 1 };
    /// The 30 days before the last 30 days.
    pub const THE_30_DAYS_BEFORE: Self = Self::Days { days: 30, back: 31 };

    /// The days, seen from `today` (days since 1970-01-01 in the site's zone).
    ///
    /// # Errors
    /// [`CalendarError`] for days that do not exist, run backwards or are too many.
    pub fn range(self, zone: Zone, today: i64) -> Result<DateRange, CalendarError> {
        let (first, last) = match self {
            Self::Days { days, back } => (today - back - days + 1, today - back),
            Self::Spans { span: Span::Week, count, back } => {
                let monday = (today + 3).div_euclid(7) * 7 - 3;
                let last = monday - back * 7 + 6;
                (last - count * 7 + 1, last.min(today))
            }
            Self::Spans { span, count, back } => {
                let months = match span {
                    Span::Quarter => 3,
                    Span::Year => 12,
                    Span::Week | Span::Month => 1,
                };
                let this = month_of(today).div_euclid(months) - back;
                let first = first_day((this - count + 1) * months);
                (first, (first_day((this + 1) * months) - 1).min(today))
            }
            Self::Month { month, year } => {
                let this = month_of(today);
                let key = match year {
                    Some(year) => (year - 1970) * 12 + month - 1,
                    None => {
                        let of_this_year = this.div_euclid(12) * 12 + month - 1;
                        if of_this_year > this { of_this_year - 12 } else { of_this_year }
                    }
                };
                (first_day(key), first_day(key + 1) - 1)
            }
            Self::Year { year } => (first_day((year - 1970) * 12), first_day((year - 1969) * 12) - 1),
            Self::Between { first, last } => (first, last),
            Self::Since { first } => (first, today),
        };
        // The calendar's own bounds on dates: the names are checked as if they had been typed in.
        parse_day("from", &format_day(first))?;
        parse_day("to", &format_day(last))?;
        DateRange::new(zone, first, last)
    }

    /// The days this is compared with: as many before, or the same span before.
    ///
    /// # Errors
    /// As [`Self::range`].
    pub fn previous(self, zone: Zone, today: i64) -> Result<DateRange, CalendarError> {
        match self {
            // A week, month, quarter or year that is over is compared with the whole one before it.
            Self::Spans { span, count, back } if back > 0 => {
                Self::Spans { span, count, back: back + count }.range(zone, today)
            }
            Self::Month { .. } => {
                let key = month_of(self.range(zone, today)?.local_days().start) - 1;
                DateRange::new(zone, first_day(key), first_day(key + 1) - 1)
            }
            Self::Year { year } => Self::Year { year: year - 1 }.range(zone, today),
            // What is not over is compared with the same days of the one before.
            Self::Spans { span, count, .. } => {
                let days = self.range(zone, today)?.days();
                let before = Self::Spans { span, count, back: count }.range(zone, today)?.local_days();
                DateRange::new(zone, before.start, (before.start + days - 1).min(before.end - 1))
            }
            Self::Days { .. } | Self::Between { .. } | Self::Since { .. } => Ok(self.range(zone, today)?.previous()),
        }
    }

    /// The same days a year before.
    ///
    /// # Errors
    /// As [`Self::range`].
    pub fn a_year_before(self, zone: Zone, today: i64) -> Result<DateRange, CalendarError> {
        let days = self.range(zone, today)?.local_days();
        let back = |day: i64| {
            let month = month_of(day);
            // 29 February falls on the 28th.
            (first_day(month - 12) + day - first_day(month)).min(first_day(month - 11) - 1)
        };
        DateRange::new(zone, back(days.start), back(days.end - 1))
    }

    /// Whether these days are one such span, so that the span before is the period before.
    #[must_use]
    pub fn is_one(self, span: Span) -> bool {
        match self {
            Self::Days { days, .. } => days == 7 && span == Span::Week,
            Self::Spans { span: own, count, .. } => count == 1 && own == span,
            Self::Month { .. } => span == Span::Month,
            Self::Year { .. } => span == Span::Year,
            Self::Between { .. } | Self::Since { .. } => false,
        }
    }

    /// In words, as a question names these days.
    #[must_use]
    pub fn asked(self) -> String {
        match self {
            Self::Days { days, back } if back > 1 && !(days == 1 && back == 2) => {
                let many = |count: i64| if count == 1 { "1 day".to_owned() } else { format!("{count} days") };
                format!("the {} before the last {}", many(days), many(back - 1))
            }
            Self::Month { .. } | Self::Year { .. } => format!("in {}", self.words()),
            Self::Between { first, last } if first == last => format!("on {}", format_day(first)),
            Self::Between { first, last } => format!("between {} and {}", format_day(first), format_day(last)),
            Self::Days { .. } | Self::Spans { .. } | Self::Since { .. } => self.words(),
        }
    }

    /// In words, to finish a title.
    #[must_use]
    pub fn words(self) -> String {
        let many = |count: i64, word: &str| if count == 1 { word.to_owned() } else { format!("{count} {word}s") };
        match self {
            Self::Days { days: 1, back: 0 } => "today".to_owned(),
            Self::Days { days: 1, back: 1 } => "yesterday".to_owned(),
            Self::Days { days: 1, back: 2 } => "the day before yesterday".to_owned(),
            Self::Days { days, back: 1 } => format!("last {}", many(days, "day")),
            Self::Days { days, back } if back == days + 1 => {
                format!("the {} before the last {}", many(days, "day"), many(days, "day"))
            }
            Self::Days { days, back } => format!("{} up to {back} days ago", many(days, "day")),
            Self::Spans { span, count, back } => {
                let word = span.word();
                match back {
                    0 => format!("this {word}"),
                    1 => format!("last {}", many(count, word)),
                    back => format!("the {} before the last {}", many(count, word), many(back - 1, word)),
                }
            }
            Self::Month { month, year } => {
                let name = usize::try_from(month - 1).ok().and_then(|at| MONTHS.get(at)).copied().unwrap_or("month");
                let mut name = name.to_owned();
                if let Some(first) = name.get_mut(..1) {
                    first.make_ascii_uppercase();
                }
                year.map_or(name.clone(), |year| format!("{name} {year}"))
            }
            Self::Year { year } => year.to_string(),
            Self::Between { first, last } if first == last => format_day(first),
            Self::Between { first, last } => format!("{} to {}", format_day(first), format_day(last)),
            Self::Since { first } => format!("since {}", format_day(first)),
        }
    }
}

/// The months' names.
pub(crate) const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Months since 1970-01 of a local day.
fn month_of(day: i64) -> i64 {
    Granularity::Month.key(day * 24)
}

/// The first local day of a month.
fn first_day(month: i64) -> i64 {
    Granularity::Month.local_hours(month).start.div_euclid(24)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(window: Window, today: &str) -> (String, String) {
        let range = window.range(Zone::UTC, parse_day("", today).unwrap()).unwrap();
        (range.from(), range.to())
    }

    fn before(window: Window, today: &str) -> (String, String) {
        let range = window.previous(Zone::UTC, parse_day("", today).unwrap()).unwrap();
        (range.from(), range.to())
    }

    fn pair(a: &str, b: &str) -> (String, String) {
        (a.to_owned(), b.to_owned())
    }

    #[test]
    fn the_last_30_days_end_yesterday_and_the_30_before_them_touch_them() {
        assert_eq!(days(Window::LAST_30_DAYS, "2026-11-20"), pair("2026-10-21", "2026-11-19"));
        assert_eq!(days(Window::THE_30_DAYS_BEFORE, "2026-11-20"), pair("2026-09-21", "2026-10-20"));
        assert_eq!(before(Window::LAST_30_DAYS, "2026-11-20"), pair("2026-09-21", "2026-10-20"));
    }

    #[test]
    fn spans_of_the_calendar() {
        let span = |span, count, back| Window::Spans { span, count, back };
        // 2026-11-20 is a Friday.
        for (window, expected) in [
            (span(Span::Week, 1, 0), pair("2026-11-16", "2026-11-20")),
            (span(Span::Week, 1, 1), pair("2026-11-09", "2026-11-15")),
            (span(Span::Week, 4, 1), pair("2026-10-19", "2026-11-15")),
            (span(Span::Month, 1, 0), pair("2026-11-01", "2026-11-20")),
            (span(Span::Month, 1, 1), pair("2026-10-01", "2026-10-31")),
            (span(Span::Month, 3, 1), pair("2026-08-01", "2026-10-31")),
            (span(Span::Quarter, 1, 0), pair("2026-10-01", "2026-11-20")),
            (span(Span::Quarter, 1, 1), pair("2026-07-01", "2026-09-30")),
            (span(Span::Year, 1, 1), pair("2025-01-01", "2025-12-31")),
            (Window::Month { month: 12, year: None }, pair("2025-12-01", "2025-12-31")),
            (Window::Month { month: 2, year: Some(2024) }, pair("2024-02-01", "2024-02-29")),
            (Window::Year { year: 2024 }, pair("2024-01-01", "2024-12-31")),
        ] {
            assert_eq!(days(window, "2026-11-20"), expected, "{window:?}");
        }
    }

    #[test]
    fn what_is_over_is_compared_whole_and_what_runs_as_far_as_it_is() {
        let span = |span, count, back| Window::Spans { span, count, back };
        assert_eq!(before(span(Span::Month, 1, 1), "2026-11-20"), pair("2026-09-01", "2026-09-30"));
        assert_eq!(before(span(Span::Month, 1, 0), "2026-11-20"), pair("2026-10-01", "2026-10-20"));
        assert_eq!(before(span(Span::Month, 1, 0), "2026-03-31"), pair("2026-02-01", "2026-02-28"));
        assert_eq!(before(span(Span::Week, 1, 1), "2026-11-20"), pair("2026-11-02", "2026-11-08"));
        assert_eq!(before(Window::Month { month: 3, year: None }, "2026-11-20"), pair("2026-02-01", "2026-02-28"));
        let range =
            Window::Between { first: parse_day("", "2024-02-01").unwrap(), last: parse_day("", "2024-02-29").unwrap() }
                .a_year_before(Zone::UTC, 0)
                .unwrap();
        assert_eq!((range.from(), range.to()), pair("2023-02-01", "2023-02-28"));
    }

    #[test]
    fn days_that_cannot_be_are_refused() {
        assert!(Window::Days { days: 100_000, back: 1 }.range(Zone::UTC, 20_000).is_err());
        assert!(Window::Year { year: 9_999 }.range(Zone::UTC, 20_000).is_err());
        assert!(Window::Since { first: 20_001 }.range(Zone::UTC, 20_000).is_err());
    }
}
