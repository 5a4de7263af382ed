//! From words to a plan over the metric catalog.
//!
//! 1. Words: the normal form is cut into words; what stands in quotes is one word.
//! 2. Days: "last 30 days", "the 30 days before the last 30 days", "in March", "between … and …".
//! 3. Phrases: the longest known phrase at each place says a metric, a dimension, a value, a grain, a comparison or a
//!    ranking.
//! 4. Together: what was said becomes one [`Plan`].
//!
//! Every word must be understood. A word that is not is named; nothing is guessed.

use calendar::{Granularity, parse_day};
use metrics::{Better, Condition, Definition, Dimension, Metric, MetricsError, Order, Outline, Test, catalog};

use crate::lexicon::{LEXICON, LONGEST, Meaning};
use crate::normal::{MAX_QUESTION, normalise};
use crate::plan::{Compare, DEFAULT_LIMIT, Plan};
use crate::window::{MONTHS, Span, Window};

/// Names that occur in the site's data, so that they are known without quotes.
#[derive(Debug, Clone, Default)]
pub struct Vocabulary {
    /// Campaigns.
    pub campaigns: Vec<String>,
    /// Sources.
    pub sources: Vec<String>,
}

/// Why a question has no plan.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NotUnderstood {
    /// Words that mean nothing here.
    #[error("not understood: {}", words.join(", "))]
    Words {
        /// The words.
        words: Vec<String>,
        /// Questions that can be answered and are near.
        suggestions: Vec<String>,
    },
    /// The words are understood but not together.
    #[error("{reason}")]
    Together {
        /// What does not go together.
        reason: String,
        /// Questions that can be answered and are near.
        suggestions: Vec<String>,
    },
}

impl NotUnderstood {
    /// Questions that can be answered and are near.
    #[must_use]
    pub fn suggestions(&self) -> &[String] {
        match self {
            Self::Words { suggestions, .. } | Self::Together { suggestions, .. } => suggestions,
        }
    }

    /// The words that mean nothing here.
    #[must_use]
    pub fn words(&self) -> &[String] {
        match self {
            Self::Words { words, .. } => words,
            Self::Together { .. } => &[],
        }
    }
}

#[derive(Debug, Clone)]
struct Word {
    text: String,
    quoted: bool,
}

/// What stands at a place after phrases were found.
#[derive(Debug, Clone)]
enum Part {
    Said(Meaning),
    Window(Window),
    Number(u32),
    Named(String, bool),
}

/// Understands a question asked on the local day `today`.
///
/// # Errors
/// [`NotUnderstood`] names what was not understood and suggests what can be asked.
pub fn understand(question: &str, vocabulary: &Vocabulary, today: i64) -> Result<Plan, NotUnderstood> {
    let normal = normalise(question);
    if normal.is_empty() {
        return Err(together("the question is empty", &normal));
    }
    if normal.chars().count() > MAX_QUESTION {
        return Err(together(&format!("the question is longer than {MAX_QUESTION} characters"), ""));
    }
    plan(hear(&normal, vocabulary, today)?, &normal)
}

/// Words that lead a question which only makes sense after another one.
const LINKS: [&str; 12] = [
    "and ",
    "what about ",
    "how about ",
    "only ",
    "just ",
    "now ",
    "but ",
    "then ",
    "instead ",
    "same ",
    "the same ",
    "also ",
];

/// The whole question that somebody means who asks `question` after `before`: "and by device" after "revenue last week"
/// is "revenue, by device, last week". `None` when the question stands by itself, or when nothing is known of the one
/// before.
///
/// It is an edit of the question before: what is newly said takes the place of what was said of the same kind (figures,
/// breakdown, days, comparison, ranking, and conditions on the same dimension), and what cannot stand beside it goes.
///
/// # Errors
/// [`NotUnderstood`] as [`understand`], and where the two together cannot be said in one question.
pub fn follow_up(
    before: &str,
    question: &str,
    vocabulary: &Vocabulary,
    today: i64,
) -> Result<Option<String>, NotUnderstood> {
    let normal = normalise(question);
    if normal.is_empty() || normal.chars().count() > MAX_QUESTION {
        return Ok(None);
    }
    let Ok(known) = understand(before, vocabulary, today) else { return Ok(None) };
    let linked = LINKS.iter().any(|link| normal.starts_with(link));
    let heard = hear(&normal, vocabulary, today)?;
    let names_a_figure = !heard.metrics.is_empty() || heard.event.is_some() || heard.overview;
    if !linked && (names_a_figure || heard.is_silent()) {
        return Ok(None);
    }
    let plan = plan(edited(&known, heard), &normal)?;
    match plan.question() {
        // What is asked in its stead must mean the same; a name with a quotation mark in it cannot be said, for one.
        Some(whole) if understand(&whole, vocabulary, today).is_ok_and(|again| again.means(&plan)) => Ok(Some(whole)),
        _ => Err(together("this cannot be asked after the question before; ask it in full", &normal)),
    }
}

/// A question that is known, with what was newly heard in place of what it said before.
fn edited(known: &Plan, new: Heard) -> Heard {
    let outline = &known.outline;
    let cut_anew = !new.by.is_empty() || new.bucket.is_some() || new.over_time;
    let ranked_anew = new.order.is_some();
    let compared_anew = new.versus || new.compare.is_some();
    let mut heard = Heard {
        metrics: outline.metrics.clone(),
        event: outline.event.clone(),
        by: outline.by.clone(),
        bucket: outline.bucket,
        bucket_ranked: outline.order.is_some() && outline.by.is_empty(),
        conditions: outline.conditions.clone(),
        windows: vec![known.window],
        compare: known.compare,
        order: outline.order.map(|order| if order == Order::Largest { Rank::Largest } else { Rank::Smallest }),
        number: outline.order.map(|_| outline.limit),
        unit_before: new.unit_before,
        ..Heard::default()
    };
    if !new.metrics.is_empty() || new.overview || new.event.is_some() {
        heard.metrics = new.metrics;
        heard.event = new.event;
        heard.overview = new.overview;
    }
    if cut_anew {
        heard.by = new.by;
        heard.bucket = new.bucket;
        heard.over_time = new.over_time;
        heard.bucket_ranked = new.bucket_ranked;
        heard.singular = new.singular;
        // The ranking was one of what is not shown any more.
        (heard.order, heard.number) = (None, None);
        if heard.bucket.is_some() || heard.over_time {
            heard.compare = None;
        }
    }
    if ranked_anew {
        heard.order = new.order;
        heard.number = new.number;
        heard.bucket_ranked = heard.bucket.is_some() && heard.by.is_empty();
    }
    for condition in new.conditions {
        heard.conditions.retain(|known| known.dimension != condition.dimension);
        // Broken down by what is the same in every row says nothing.
        if !cut_anew && matches!(&condition.test, Test::Is(values) if values.len() == 1) {
            heard.by.retain(|dimension| *dimension != condition.dimension);
            if heard.by.is_empty() && heard.bucket.is_none() {
                (heard.order, heard.number) = (None, None);
            }
        }
        heard.conditions.push(condition);
    }
    if compared_anew {
        heard.versus = new.versus;
        heard.compare = new.compare;
        if !cut_anew {
            heard.bucket = None;
            if heard.by.is_empty() {
                (heard.order, heard.number) = (None, None);
            }
        }
        // "compared with last month" names the days to compare with, not the days asked for.
        heard.windows.extend(new.windows);
    } else if !new.windows.is_empty() {
        heard.windows = new.windows;
        if matches!(heard.compare, Some(Compare::With(_))) {
            heard.compare = None;
        }
    }
    heard
}

/// What was said in a normal form.
fn hear(normal: &str, vocabulary: &Vocabulary, today: i64) -> Result<Heard, NotUnderstood> {
    let words = words(normal);
    let parts = parts(&words, vocabulary, today);
    assemble(&parts, normal)
}

/// Cuts a normal form into words.
fn words(normal: &str) -> Vec<Word> {
    let mut words = Vec::new();
    for (at, piece) in normal.split('"').enumerate() {
        // Between an odd and an even quotation mark.
        if at % 2 == 1 {
            let text = piece.trim();
            if !text.is_empty() {
                words.push(Word { text: text.to_owned(), quoted: true });
            }
            continue;
        }
        for raw in piece.split(' ') {
            let trimmed = raw.trim_matches(|char: char| ",;:()?!.'[]&/".contains(char));
            let trimmed = trimmed.strip_suffix("'s").unwrap_or(trimmed);
            if trimmed.is_empty() {
                continue;
            }
            // 1,000 is one number.
            let joined = trimmed.replace(',', "");
            let is_number = joined.bytes().all(|byte| byte.is_ascii_digit())
                && trimmed.split(',').skip(1).all(|part| part.len() == 3);
            let trimmed = if is_number { joined.as_str() } else { trimmed };
            let is_date = trimmed.len() == 10 && parse_day("", trimmed).is_ok();
            let mut plain = |text: &str| words.push(Word { text: text.to_owned(), quoted: false });
            if is_date {
                plain(trimmed);
            } else {
                match trimmed {
                    "e-mail" => plain("email"),
                    "e-mails" => plain("emails"),
                    _ => trimmed.split(['-', '/', '&', ',']).filter(|text| !text.is_empty()).for_each(plain),
                }
            }
        }
    }
    words
}

fn count_of(word: &str) -> Option<i64> {
    const NAMES: [&str; 13] =
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    if let Some(at) = NAMES.iter().position(|name| *name == word) {
        return i64::try_from(at).ok();
    }
    (word.len() <= 4 && word.bytes().all(|byte| byte.is_ascii_digit())).then(|| word.parse().ok()).flatten()
}

/// A reader of words from a place on.
struct Reader<'a> {
    words: &'a [Word],
    at: usize,
    today: i64,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> &'a str {
        self.words.get(self.at).filter(|word| !word.quoted).map_or("", |word| word.text.as_str())
    }

    fn next(&mut self) -> &'a str {
        let word = self.peek();
        self.at += 1;
        word
    }

    fn eat(&mut self, one_of: &[&str]) -> bool {
        let found = one_of.contains(&self.peek());
        if found {
            self.at += 1;
        }
        found
    }

    /// Tries a reading; on failure nothing is read.
    fn attempt<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let from = self.at;
        let got = read(self);
        if got.is_none() {
            self.at = from;
        }
        got
    }

    fn window(&mut self) -> Option<Window> {
        self.attempt(Self::before_the_last)
            .or_else(|| self.attempt(Self::last))
            .or_else(|| self.attempt(Self::named))
            .or_else(|| self.attempt(Self::between))
            .or_else(|| self.attempt(Self::since))
            .or_else(|| self.attempt(Self::single))
    }

    /// A unit of time: how many days it has, or the span it is.
    fn unit(&mut self) -> Option<Result<i64, Span>> {
        Some(match self.next() {
            "day" | "days" => Ok(1),
            "week" | "weeks" => Err(Span::Week),
            "month" | "months" => Err(Span::Month),
            "quarter" | "quarters" => Err(Span::Quarter),
            "year" | "years" => Err(Span::Year),
            _ => return None,
        })
    }

    fn some(&mut self) -> Option<i64> {
        let count = count_of(self.peek()).filter(|count| (1..=3_650).contains(count))?;
        self.at += 1;
        Some(count)
    }

    /// "30 days before the last 30 days", "the month before last", "the day before yesterday".
    fn before_the_last(&mut self) -> Option<Window> {
        self.eat(&["the"]);
        self.eat(&["last", "previous"]);
        let count = self.some().unwrap_or(1);
        let unit = self.unit()?;
        if !(self.eat(&["before", "preceding"]) || (self.eat(&["prior"]) && self.eat(&["to"]))) {
            return None;
        }
        self.eat(&["the", "those"]);
        if count == 1 && unit == Ok(1) && self.eat(&["yesterday"]) {
            return Some(Window::Days { days: 1, back: 2 });
        }
        if !self.eat(&["last", "past", "previous"]) {
            return None;
        }
        let again = self.attempt(|reader| {
            let count = reader.some().unwrap_or(1);
            Some((count, reader.unit()?))
        });
        let (after, unit_after) = again.unwrap_or((count, unit));
        match (unit, unit_after) {
            (Ok(_), Ok(_)) => Some(Window::Days { days: count, back: after + 1 }),
            (Err(a), Err(b)) if a == b => Some(Window::Spans { span: a, count, back: after + 1 }),
            _ => None,
        }
    }

    /// "last 30 days", "past week", "this month", "month to date".
    fn last(&mut self) -> Option<Window> {
        self.eat(&["the"]);
        let this = |span| Window::Spans { span, count: 1, back: 0 };
        match self.next() {
            "last" | "past" | "previous" | "trailing" | "recent" => {
                let count = self.some().unwrap_or(1);
                Some(match self.unit()? {
                    Ok(_) => Window::Days { days: count, back: 1 },
                    Err(span) => Window::Spans { span, count, back: 1 },
                })
            }
            "this" | "current" => match self.unit()? {
                Ok(_) => Some(Window::Days { days: 1, back: 0 }),
                Err(span) => Some(this(span)),
            },
            "mtd" => Some(this(Span::Month)),
            "ytd" => Some(this(Span::Year)),
            "wtd" => Some(this(Span::Week)),
            "qtd" => Some(this(Span::Quarter)),
            word @ ("month" | "year" | "week" | "quarter") if self.eat(&["to"]) && self.eat(&["date"]) => {
                Some(this(match word {
                    "month" => Span::Month,
                    "year" => Span::Year,
                    "week" => Span::Week,
                    _ => Span::Quarter,
                }))
            }
            _ => None,
        }
    }

    fn named(&mut self) -> Option<Window> {
        match self.next() {
            "today" => Some(Window::Days { days: 1, back: 0 }),
            "yesterday" => Some(Window::Days { days: 1, back: 1 }),
            _ => None,
        }
    }

    /// "between 2026-01-01 and 2026-01-31", "from 1 March to 15 March".
    fn between(&mut self) -> Option<Window> {
        if !self.eat(&["between", "from"]) {
            return None;
        }
        let first = self.day(false)?;
        if !self.eat(&["and", "to", "until", "till", "through", "up"]) {
            return None;
        }
        self.eat(&["to", "and"]);
        let last = if self.eat(&["today", "now"]) { self.today } else { self.day(true)? };
        Some(Window::Between { first, last })
    }

    fn since(&mut self) -> Option<Window> {
        if !self.eat(&["since", "after"]) {
            return None;
        }
        self.eat(&["the"]);
        let first = if self.eat(&["yesterday"]) { self.today - 1 } else { self.day(false)? };
        Some(Window::Since { first })
    }

    fn single(&mut self) -> Option<Window> {
        let led = self.eat(&["in", "on", "during", "for"]);
        if let Some(day) = self.attempt(Self::exact_day) {
            return Some(Window::Between { first: day, last: day });
        }
        if let Some((month, year)) = self.attempt(|reader| reader.month(led)) {
            return Some(Window::Month { month, year });
        }
        if led {
            self.eat(&["the"]);
            self.eat(&["year"]);
        }
        let year = self.year()?;
        led.then_some(Window::Year { year })
    }

    fn year(&mut self) -> Option<i64> {
        let word = self.next();
        let year = (word.len() == 4).then(|| count_of(word)).flatten()?;
        (1990..=2199).contains(&year).then_some(year)
    }

    /// A month's name with a year or without. "may" is a verb unless something shows otherwise.
    fn month(&mut self, led: bool) -> Option<(i64, Option<i64>)> {
        let word = self.next();
        let at = MONTHS.iter().position(|name| {
            *name == word || (word.len() == 3 && name.starts_with(word)) || (word == "sept" && *name == "september")
        })?;
        let year = self.attempt(Self::year);
        if word == "may" && !led && year.is_none() {
            return None;
        }
        Some((i64::try_from(at).ok()? + 1, year))
    }

    /// A day that is written out: `2026-03-01`, "1 March 2026", "March 1st".
    fn exact_day(&mut self) -> Option<i64> {
        let word = self.peek();
        if let Ok(day) = parse_day("", word) {
            self.at += 1;
            return Some(day);
        }
        let ordinal = |word: &str| {
            let digits = word.trim_end_matches(|char: char| char.is_ascii_alphabetic());
            let suffix = word.get(digits.len()..).unwrap_or_default();
            let day: i64 = digits.parse().ok()?;
            (matches!(suffix, "" | "st" | "nd" | "rd" | "th") && (1..=31).contains(&day)).then_some(day)
        };
        let (day, (month, year)) = self
            .attempt(|reader| {
                let day = ordinal(reader.next())?;
                reader.eat(&["of"]);
                Some((day, reader.month(true)?))
            })
            .or_else(|| {
                self.attempt(|reader| {
                    let (month, year) = reader.month(true)?;
                    if year.is_some() {
                        return None;
                    }
                    let day = ordinal(reader.next())?;
                    Some((day, (month, reader.attempt(Self::year))))
                })
            })?;
        let written = |year: i64| parse_day("", &format!("{year:04}-{month:02}-{day:02}")).ok();
        match year {
            Some(year) => written(year),
            // Without a year the latest one that has come.
            None => {
                let this = calendar::format_day(self.today).get(..4)?.parse::<i64>().ok()?;
                written(this).filter(|day| *day <= self.today).or_else(|| written(this - 1))
            }
        }
    }

    /// A day, or the first or last day of a month.
    fn day(&mut self, at_end: bool) -> Option<i64> {
        if let Some(day) = self.attempt(Self::exact_day) {
            return Some(day);
        }
        let (month, year) = self.month(true)?;
        let days = Window::Month { month, year }.range(calendar::Zone::UTC, self.today).ok()?.local_days();
        Some(if at_end { days.end - 1 } else { days.start })
    }
}

/// The longest phrase at a place and how many words it has.
fn phrase(words: &[Word], at: usize) -> Option<(Meaning, usize)> {
    (1..=*LONGEST).rev().find_map(|length| {
        let span = words.get(at..at + length)?;
        if span.iter().any(|word| word.quoted) {
            return None;
        }
        let phrase: Vec<&str> = span.iter().map(|word| word.text.as_str()).collect();
        LEXICON.get(&phrase).map(|meaning| (*meaning, length))
    })
}

/// Finds windows, phrases, numbers and names, each place with the words it takes.
fn parts(words: &[Word], vocabulary: &Vocabulary, today: i64) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        if word.quoted {
            parts.push(Part::Named(word.text.clone(), true));
            at += 1;
            continue;
        }
        let mut reader = Reader { words, at, today };
        if let Some(window) = reader.window() {
            parts.push(Part::Window(window));
            at = reader.at;
            continue;
        }
        let longest = phrase(words, at);
        let known = |names: &[String]| {
            let mut best: Option<(usize, String)> = None;
            for name in names {
                let cut = self::words(&normalise(name));
                let fits = !cut.is_empty()
                    && words
                        .get(at..at + cut.len())
                        .is_some_and(|span| span.iter().zip(&cut).all(|(a, b)| !a.quoted && a.text == b.text));
                if fits && best.as_ref().is_none_or(|(length, _)| cut.len() > *length) {
                    best = Some((cut.len(), name.clone()));
                }
            }
            best
        };
        // A name of the site's own is taken where nothing else is meant by the words.
        let named = known(&vocabulary.campaigns)
            .map(|(length, name)| (length, Part::Named(name, false)))
            .filter(|(length, _)| longest.is_none_or(|(_, phrase)| *length > phrase));
        let sourced =
            known(&vocabulary.sources).filter(|(length, _)| longest.is_none_or(|(_, phrase)| *length > phrase));
        if let Some((length, part)) = named {
            parts.push(part);
            at += length;
        } else if let Some((length, name)) = sourced {
            parts.push(Part::Said(Meaning::Dimension(Dimension::Source, false)));
            parts.push(Part::Named(name, true));
            at += length;
        } else if let Some((meaning, length)) = longest {
            // "source newsletter": after the name of a free dimension comes its value, whatever else the word means.
            let led = matches!(parts.last(), Some(Part::Said(Meaning::By)));
            let free = matches!(
                meaning,
                Meaning::Dimension(Dimension::Source | Dimension::Medium | Dimension::Campaign, false)
            );
            parts.push(Part::Said(meaning));
            at += length;
            if free && !led {
                let value = phrase(words, at).filter(|(next, _)| matches!(next, Meaning::Value(..)));
                if let Some((_, length)) = value {
                    let name: Vec<&str> = words.iter().skip(at).take(length).map(|word| word.text.as_str()).collect();
                    parts.push(Part::Named(name.join(" "), true));
                    at += length;
                }
            }
        } else if let Some(number) = count_of(&word.text).and_then(|number| u32::try_from(number).ok()) {
            parts.push(Part::Number(number));
            at += 1;
        } else {
            parts.push(Part::Named(word.text.clone(), false));
            at += 1;
        }
    }
    parts
}

#[derive(Default)]
struct Heard {
    metrics: Vec<&'static Metric>,
    by: Vec<Dimension>,
    singular: bool,
    conditions: Vec<Condition>,
    bucket: Option<Granularity>,
    over_time: bool,
    bucket_ranked: bool,
    windows: Vec<Window>,
    versus: bool,
    compare: Option<Compare>,
    /// "the week before": the period before, if that is a week.
    unit_before: Option<Span>,
    order: Option<Rank>,
    number: Option<u32>,
    overview: bool,
    average: bool,
    event: Option<String>,
    unknown: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Rank {
    Largest,
    Smallest,
    Best,
    Worst,
}

impl Heard {
    /// Whether nothing was said that a question could be edited by.
    fn is_silent(&self) -> bool {
        self.by.is_empty()
            && self.conditions.is_empty()
            && self.bucket.is_none()
            && !self.over_time
            && self.windows.is_empty()
            && !self.versus
            && self.compare.is_none()
            && self.order.is_none()
    }

    fn metric(&mut self, id: &str) {
        if let Ok(metric) = catalog::metric(id)
            && !self.metrics.iter().any(|known| known.id == metric.id)
        {
            self.metrics.push(metric);
        }
    }

    /// Adds values; "google or facebook" is one condition.
    fn values(&mut self, dimension: Dimension, values: &[&str], negated: bool) {
        let values: Vec<&str> = values.iter().map(|value| spelled(dimension, value)).collect();
        let same = self
            .conditions
            .iter_mut()
            .find(|condition| condition.dimension == dimension && matches!(condition.test, Test::Not(_)) == negated);
        if let Some(Condition { test: Test::Is(known) | Test::Not(known), .. }) = same {
            for value in values {
                if !known.iter().any(|known| known.eq_ignore_ascii_case(value)) {
                    known.push(value.to_owned());
                }
            }
            return;
        }
        let list = values.into_iter().map(str::to_owned).collect();
        let test = if negated { Test::Not(list) } else { Test::Is(list) };
        // A named campaign says more than any campaign.
        self.conditions.retain(|condition| !(condition.dimension == dimension && condition.test == Test::Given));
        self.conditions.push(Condition { dimension, test });
    }

    fn given(&mut self, dimension: Dimension) {
        if !self.conditions.iter().any(|condition| condition.dimension == dimension) {
            self.conditions.push(Condition { dimension, test: Test::Given });
        }
    }
}

/// A value as the warehouse spells it, where that is known.
fn spelled(dimension: Dimension, value: &str) -> &str {
    let known = LEXICON.values().find_map(|meaning| match meaning {
        Meaning::Value(of, values) if *of == dimension => values.iter().find(|known| known.eq_ignore_ascii_case(value)),
        _ => None,
    });
    known.copied().unwrap_or(value)
}

/// What was said before a place, fillers left out.
fn led_by(parts: &[Part], at: usize) -> Option<&Part> {
    parts.get(..at)?.iter().rev().find(|part| !matches!(part, Part::Said(Meaning::Filler)))
}

fn assemble(parts: &[Part], normal: &str) -> Result<Heard, NotUnderstood> {
    let mut heard = Heard::default();
    let mut negated = false;
    let mut skip = 0;
    let ranking = parts.iter().any(|part| {
        matches!(part, Part::Said(Meaning::Best | Meaning::Worst | Meaning::Largest | Meaning::Smallest | Meaning::By))
    });
    for (at, part) in parts.iter().enumerate() {
        if skip > 0 {
            skip -= 1;
            continue;
        }
        let next = parts.get(at + 1);
        let was_negated = negated;
        match part {
            Part::Window(window) => heard.windows.push(*window),
            Part::Number(number) => {
                let ranked = matches!(
                    led_by(parts, at),
                    Some(Part::Said(Meaning::Best | Meaning::Worst | Meaning::Largest | Meaning::Smallest))
                ) || matches!(
                    next,
                    Some(Part::Said(Meaning::Best | Meaning::Worst | Meaning::Largest | Meaning::Smallest))
                );
                if ranked && heard.number.is_none() && (1..=1_000).contains(number) {
                    heard.number = Some(*number);
                } else {
                    heard.unknown.push(number.to_string());
                }
            }
            Part::Named(name, quoted) => {
                // Quoted events may be named before the word: `"signup" events`.
                let of_events = matches!(next, Some(Part::Said(Meaning::Metric("events") | Meaning::Event)));
                if of_events && (*quoted || name.contains('_')) {
                    heard.event = Some(name.clone());
                    heard.metric("events");
                    skip = 1;
                } else if *quoted || parts_name_campaign(parts, at, name) {
                    heard.values(Dimension::Campaign, &[name], was_negated);
                } else {
                    heard.unknown.push(name.clone());
                }
                negated = false;
            }
            Part::Said(meaning) => match meaning {
                Meaning::Metric("email_clicks" | "email_ctr" | "email_delivered") => {
                    if let Meaning::Metric(id) = meaning {
                        heard.metric(id);
                    }
                }
                // "revenue from Safari users": the users only carry the browser.
                Meaning::Metric("visitors" | "customers")
                    if !heard.metrics.is_empty()
                        && matches!(
                            at.checked_sub(1).and_then(|at| parts.get(at)),
                            Some(Part::Said(Meaning::Value(..)))
                        ) => {}
                Meaning::Metric(id) => {
                    heard.metric(id);
                    if *id == "events"
                        && let Some(Part::Named(name, quoted)) = next
                        && (*quoted || name.contains('_'))
                    {
                        heard.event = Some(name.clone());
                        skip = 1;
                    }
                }
                Meaning::Event => {
                    heard.metric("events");
                    if let Some(Part::Named(name, _)) = next {
                        heard.event = Some(name.clone());
                        skip = 1;
                    }
                }
                Meaning::Dimension(dimension, plural) => match next {
                    Some(Part::Named(name, quoted))
                        if *quoted
                            || !matches!(dimension, Dimension::Campaign)
                            || name.contains(|char: char| char == '_' || char.is_ascii_digit()) =>
                    {
                        heard.values(*dimension, &[name], was_negated);
                        negated = false;
                        skip = 1;
                    }
                    Some(Part::Named(name, false)) if *dimension == Dimension::Campaign && !plural => {
                        heard.values(*dimension, &[name], was_negated);
                        negated = false;
                        skip = 1;
                    }
                    Some(Part::Said(Meaning::Value(of, _))) if of == dimension => {}
                    _ => {
                        let before = led_by(parts, at);
                        let labels_value = matches!(before, Some(Part::Said(Meaning::Value(of, _))) if of == dimension);
                        let of_all = matches!(before, Some(Part::Said(Meaning::All)))
                            || (matches!(before, Some(Part::Said(Meaning::Value(..))))
                                && (!ranking || parts.iter().any(|part| matches!(part, Part::Said(Meaning::All)))));
                        if labels_value {
                            // "mobile devices": said already.
                        } else if *dimension == Dimension::Campaign && (of_all || from(parts, at, normal)) {
                            heard.given(Dimension::Campaign);
                        } else if !heard.by.contains(dimension) {
                            heard.by.push(*dimension);
                            heard.singular |= !plural;
                        }
                    }
                },
                Meaning::Value(dimension, values) => {
                    heard.values(*dimension, values, was_negated);
                    // "without email and sms" excludes both.
                    negated = was_negated
                        && matches!(next, Some(Part::Said(Meaning::Filler)))
                        && matches!(parts.get(at + 2), Some(Part::Said(Meaning::Value(..))));
                }
                Meaning::Bucket(granularity) => heard.bucket = Some(*granularity),
                Meaning::OverTime => heard.over_time = true,
                Meaning::RankedBucket(granularity, plural) => {
                    heard.bucket = Some(*granularity);
                    heard.bucket_ranked = true;
                    heard.singular |= !plural;
                }
                Meaning::ComparePrevious => heard.compare = Some(Compare::Previous),
                Meaning::CompareBefore(span) => {
                    heard.compare = Some(Compare::Previous);
                    heard.unit_before = Some(*span);
                }
                Meaning::CompareYear => heard.compare = Some(Compare::YearBefore),
                Meaning::Versus => heard.versus = true,
                Meaning::Not => negated = true,
                Meaning::Largest => heard.order = Some(Rank::Largest),
                Meaning::Smallest => heard.order = Some(Rank::Smallest),
                Meaning::Best => heard.order = heard.order.or(Some(Rank::Best)),
                Meaning::Worst => heard.order = heard.order.or(Some(Rank::Worst)),
                Meaning::Overview => heard.overview = true,
                Meaning::AnyCampaign => heard.given(Dimension::Campaign),
                Meaning::Average => heard.average = true,
                Meaning::By | Meaning::All | Meaning::Filler => {}
            },
        }
        if was_negated && !matches!(part, Part::Said(Meaning::Filler)) && skip == 0 && negated == was_negated {
            // "not" must be followed by a value.
            if !matches!(part, Part::Said(Meaning::Value(..) | Meaning::Dimension(..) | Meaning::Not)) {
                heard.unknown.push("not".to_owned());
                negated = false;
            }
        }
    }
    if negated {
        heard.unknown.push("not".to_owned());
    }
    if heard.average && heard.metrics.iter().any(|metric| !matches!(metric.definition, Definition::Ratio { .. })) {
        heard.unknown.push("average".to_owned());
    }
    if !heard.unknown.is_empty() {
        let words = std::mem::take(&mut heard.unknown);
        let suggestions = suggest(normal, &words);
        return Err(NotUnderstood::Words { words, suggestions });
    }
    Ok(heard)
}

/// Whether a name that nobody quoted is a campaign: it follows the word, or is known to be one.
fn parts_name_campaign(parts: &[Part], at: usize, name: &str) -> bool {
    // Known campaigns keep their own spelling; unknown words are in lower case and have no `_`.
    let known = name.contains(['_', '-', ' ']) || name.chars().any(|char| char.is_uppercase() || char.is_ascii_digit());
    known || matches!(led_by(parts, at), Some(Part::Said(Meaning::Dimension(Dimension::Campaign, false))))
}

/// Whether "campaigns" follows a word like "from": then they are what is counted, not what is compared.
fn from(parts: &[Part], at: usize, normal: &str) -> bool {
    let led = parts.get(..at).and_then(|parts| parts.last());
    matches!(led, Some(Part::Said(Meaning::Filler)))
        && [
            "from campaigns",
            "through campaigns",
            "via campaigns",
            "from marketing campaigns",
            "from ad campaigns",
            "from our campaigns",
            "from campaign",
        ]
        .iter()
        .any(|phrase| normal.contains(phrase))
}

fn plan(mut heard: Heard, normal: &str) -> Result<Plan, NotUnderstood> {
    // Which days, and which to compare with.
    let mut windows = std::mem::take(&mut heard.windows);
    windows.dedup();
    if let (Some(span), Some(window)) = (heard.unit_before, windows.first().copied().or(Some(Window::LAST_30_DAYS)))
        && heard.compare == Some(Compare::Previous)
        && !window.is_one(span)
    {
        let reason = format!("the {} before is asked for, but the days are {}", span.word(), window.words());
        return Err(together(&reason, normal));
    }
    let (window, other) = match windows.as_slice() {
        [] => (Window::LAST_30_DAYS, None),
        [one] => (*one, None),
        [one, two] if heard.versus => (*one, Some(*two)),
        _ => return Err(together("more than one range of days, without saying that they are compared", normal)),
    };
    let compare = match (other, heard.compare, heard.versus) {
        // "this year vs last year" names both.
        (Some(other), ..) => Some(Compare::With(other)),
        (None, Some(compare), _) => Some(compare),
        (None, None, true) if windows.len() == 1 && heard.by.is_empty() && heard.conditions.is_empty() => {
            Some(Compare::Previous)
        }
        // "compare google and facebook": by what they are.
        (None, None, true) => {
            if heard.by.is_empty() && heard.bucket.is_none() {
                let several = heard
                    .conditions
                    .iter()
                    .find(|condition| matches!(&condition.test, Test::Is(values) if values.len() > 1));
                match several {
                    Some(condition) => heard.by.push(condition.dimension),
                    None => return Err(together("it is not said what is compared with what", normal)),
                }
            }
            None
        }
        (None, None, false) => None,
    };

    // What the e-mail metrics say already.
    if heard.metrics.iter().any(|metric| metric.id.starts_with("email_")) {
        heard.metrics.retain(|metric| metric.id != "ctr" && metric.id != "clicks");
        heard.conditions.retain(|condition| {
            let of_email =
                condition.dimension == Dimension::Channel && condition.test == Test::Is(vec!["Email".to_owned()]);
            let of_campaigns = condition.dimension == Dimension::Campaign && condition.test == Test::Given;
            !of_email && !of_campaigns
        });
    }
    // "revenue per session" beside its parts is said once.
    if heard.metrics.is_empty() {
        if heard.event.is_some() {
            heard.metric("events");
        } else if heard.order.is_some() && !heard.overview {
            heard.metric("revenue");
        } else if heard.overview || !heard.by.is_empty() || !heard.conditions.is_empty() {
            let wanted = ["revenue", "orders", "sessions", "cvr", "aov", "spend", "roas"];
            for id in wanted {
                if catalog::metric(id).is_ok_and(|metric| fits(metric, &heard)) {
                    heard.metric(id);
                }
            }
        } else {
            return Err(together("no figure is named", normal));
        }
    }
    let Some(first) = heard.metrics.first().copied() else {
        return Err(together("no figure is named", normal));
    };

    let order = match heard.order {
        None => None,
        Some(Rank::Largest) => Some(Order::Largest),
        Some(Rank::Smallest) => Some(Order::Smallest),
        Some(Rank::Best) if first.better == Better::Down => Some(Order::Smallest),
        Some(Rank::Best) => Some(Order::Largest),
        Some(Rank::Worst) if first.better == Better::Down => Some(Order::Largest),
        Some(Rank::Worst) => Some(Order::Smallest),
    };
    let mut bucket = heard.bucket;
    if heard.over_time && bucket.is_none() {
        bucket = Some(over_time(window));
    }
    if heard.bucket_ranked && order.is_none() {
        return Err(together("it is not said whether the highest or the lowest is asked for", normal));
    }
    if order.is_some() && heard.by.is_empty() && bucket.is_none() {
        return Err(together("it is not said what is ranked: channels, campaigns, days, …", normal));
    }
    if compare.is_some() && bucket.is_some() {
        return Err(together("a comparison of two periods cannot be shown over time as well", normal));
    }
    // Ranked days are no line: they are sorted by the figure.
    let ranked = order.filter(|_| !heard.by.is_empty() || heard.bucket_ranked);
    let limit = match (ranked, heard.number) {
        (None, Some(number)) => return Err(together(&format!("{number} of what is not said"), normal)),
        (None, None) => {
            if bucket.is_some() {
                2_000
            } else {
                DEFAULT_LIMIT
            }
        }
        (Some(_), Some(number)) => number,
        (Some(_), None) if heard.singular => 1,
        (Some(_), None) => 10,
    };
    let mut outline = Outline::new(heard.metrics);
    outline.bucket = bucket;
    outline.by = heard.by;
    outline.conditions = heard.conditions;
    outline.event = heard.event;
    outline.previous = compare.is_some();
    outline.order = ranked;
    outline.limit = limit;
    // The catalog says whether these go together.
    if let Err(error) = metrics::Template::new(&outline, metrics::Dialect::D1) {
        return Err(together(&explain(&error), normal));
    }
    Ok(Plan { outline, window, compare })
}

fn fits(metric: &Metric, heard: &Heard) -> bool {
    heard
        .by
        .iter()
        .chain(heard.conditions.iter().map(|condition| &condition.dimension))
        .all(|dimension| metric.knows(*dimension))
}

fn explain(error: &MetricsError) -> String {
    error.to_string()
}

/// A grain that a chart of the window can show.
fn over_time(window: Window) -> Granularity {
    match window {
        Window::Days { days: 1, .. } => Granularity::Hour,
        Window::Days { days, .. } if days > 370 => Granularity::Month,
        Window::Days { days, .. } if days > 92 => Granularity::Week,
        Window::Spans { span: Span::Year, .. } | Window::Year { .. } => Granularity::Month,
        Window::Spans { span: Span::Quarter, count, .. } if count > 4 => Granularity::Month,
        Window::Spans { span: Span::Quarter, count, .. } if count > 1 => Granularity::Week,
        Window::Spans { span: Span::Month, count, .. } if count > 3 => Granularity::Week,
        Window::Spans { span: Span::Week, count, .. } if count > 13 => Granularity::Week,
        Window::Between { first, last } if last - first > 370 => Granularity::Month,
        Window::Between { first, last } if last - first > 92 => Granularity::Week,
        _ => Granularity::Day,
    }
}

fn together(reason: &str, normal: &str) -> NotUnderstood {
    NotUnderstood::Together { reason: reason.to_owned(), suggestions: suggest(normal, &[]) }
}

/// Three questions that can be answered: about the metrics whose names are nearest to the words, else the nearest of
/// the common ones.
#[must_use]
pub fn suggest(normal: &str, unknown: &[String]) -> Vec<String> {
    let mut suggestions: Vec<String> = Vec::new();
    for word in unknown {
        let mut near: Vec<(f64, &Metric)> = catalog::metrics()
            .iter()
            .map(|metric| {
                let label = metric.label.to_lowercase();
                let whole = strsim::jaro_winkler(word, &label).max(strsim::jaro_winkler(word, metric.id));
                let part = label.split(' ').map(|part| strsim::jaro_winkler(word, part) - 0.02).fold(0.0, f64::max);
                (whole.max(part), metric)
            })
            .filter(|(score, _)| *score >= 0.82)
            .collect();
        near.sort_by(|a, b| b.0.total_cmp(&a.0));
        for (_, metric) in near.into_iter().take(2) {
            let question = format!("What was the {} in the last 30 days?", metric.label.to_lowercase());
            if !suggestions.contains(&question) {
                suggestions.push(question);
            }
        }
    }
    let mut common: Vec<(f64, &str)> =
        COMMON.iter().map(|question| (strsim::sorensen_dice(normal, &normalise(question)), *question)).collect();
    common.sort_by(|a, b| b.0.total_cmp(&a.0));
    suggestions.extend(common.into_iter().map(|(_, question)| question.to_owned()));
    suggestions.dedup();
    suggestions.truncate(3);
    suggestions
}

/// Questions whose SQL is made ahead, beside those of the KPIs.
pub static COMMON: [&str; 16] = [
    "What was the revenue by channel in the last 30 days?",
    "Which campaigns had the highest revenue in the last 30 days?",
    "Which channel has the highest ROAS?",
    "Revenue by day in the last 30 days",
    "Orders by country last month",
    "Conversion rate by device in the last 30 days",
    "How did revenue change compared to the previous period?",
    "Top 10 campaigns by ROAS in the last 30 days",
    "Ad spend by channel this month",
    "Sessions by source in the last 7 days",
    "Revenue this month vs last month",
    "New customers by month this year",
    "Bounce rate by device in the last 30 days",
    "Cost per click by campaign in the last 30 days",
    "Which day had the most orders in the last 30 days?",
    "How are our channels performing?",
];
