//! A pull of figures: where it is, and what the next answer means for it.
//!
//! A [`Pull`] is a value. Its host asks for the page it names, stores the page's rows **with** the pull as it is after
//! them, and goes on. Whoever takes it up later, after a wait, in another process or after a crash, goes on at the page
//! after the last one stored, so a large account never begins again.
//!
//! ```text
//! while let Some(query) = pull.query(levels, from_day, to_day) {
//!     // wait for the account's budget, then send
//!     match provider.read_insights(access, &query, pull.cursor(), &answer) {
//!         Ok(page) => { let stamp = pull.stamp_ms(); let taken = pull.take(&page, now); store(page.rows, stamp, taken, &pull) }
//!         Err(fault) => match pull.stumble(&fault, now) { … }
//!     }
//! }
//! ```

use crate::insights::{InsightsPage, InsightsQuery, Level};
use crate::outcome::Fault;
use serde::{Deserialize, Serialize};

/// Tries of one page that brought nothing, without the provider saying when to come again.
const TRIES: u32 = 4;
/// First pause between two of them, ms; it doubles.
const BACKOFF_MS: i64 = 1_000;
/// The most pages of one level: far beyond any account, so that a provider that never ends does not run us for ever.
const MAX_PAGES: u32 = 2_000;
/// The longest wait that is sat out, ms; longer ones are left to whoever wakes the host.
const SHORT_WAIT_MS: i64 = 10_000;
/// How long the host may be at it in one go, ms: a queue's consumer may run for 15 minutes.
const TURN_MS: i64 = 8 * 60_000;
/// The longest the host is told to stay away, s: limits may end sooner than the provider thinks.
const LONGEST_S: i64 = 3_600;

/// Where a pull is. Stored as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pull {
    /// Which of the provider's levels it is at.
    level: usize,
    /// Where that level goes on; `None` at its beginning.
    cursor: Option<String>,
    /// Pages taken of that level.
    pages: u32,
    /// Rows taken of that level.
    level_rows: i64,
    /// Rows taken of the levels before.
    rows: i64,
    /// When that level was begun, UTC ms.
    stamp_ms: i64,
    /// Whether that level was begun a second time, its cursor having been refused.
    begun_again: bool,
    /// Answers in a row that brought nothing.
    tries: u32,
    /// Whether the token was renewed for the page that is due.
    renewed: bool,
}

/// What a page was for its level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// More of the level is to come.
    More,
    /// The level is complete: rows of these days older than [`Pull::stamp_ms`] was are no longer reported.
    Complete(Level),
    /// The level does not end: the pull failed.
    Endless,
}

/// What to do after an answer without figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Then {
    /// Ask again at that time, UTC ms; see [`sit`].
    At(i64),
    /// Renew the token, then ask again.
    Renew,
    /// Ask for what [`Pull::query`] names now.
    Again,
    /// Nothing useful came, often enough in a row: come back later.
    BreakOff,
    /// The pull failed.
    Fail,
}

/// Where a wait is spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sit {
    /// Where we are, so many ms.
    Here(i64),
    /// Elsewhere: the pull is stored and taken up again in so many seconds.
    Away(u32),
}

impl Pull {
    /// A pull at its beginning.
    #[must_use]
    pub const fn begin(now_ms: i64) -> Self {
        Self {
            level: 0,
            cursor: None,
            pages: 0,
            level_rows: 0,
            rows: 0,
            stamp_ms: now_ms,
            begun_again: false,
            tries: 0,
            renewed: false,
        }
    }

    /// What is to be asked for next, of these levels and days (days since 1970-01-01 on the account's calendar, the last
    /// included); `None` when the pull is over.
    #[must_use]
    pub fn query(&self, levels: &[Level], from_day: i64, to_day: i64) -> Option<InsightsQuery> {
        levels.get(self.level).map(|level| InsightsQuery { level: *level, from_day, to_day })
    }

    /// Where the level goes on.
    #[must_use]
    pub fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref()
    }

    /// What rows of the level are stored with, UTC ms: when it was begun.
    #[must_use]
    pub const fn stamp_ms(&self) -> i64 {
        self.stamp_ms
    }

    /// Rows taken so far.
    #[must_use]
    pub const fn rows(&self) -> i64 {
        self.rows.saturating_add(self.level_rows)
    }

    /// Takes the page that was asked for. Its rows are to be stored together with the pull as it is now.
    pub fn take(&mut self, query: &InsightsQuery, page: &InsightsPage, now_ms: i64) -> Taken {
        self.tries = 0;
        self.renewed = false;
        self.pages = self.pages.saturating_add(1);
        self.level_rows = self.level_rows.saturating_add(i64::try_from(page.rows.len()).unwrap_or(i64::MAX));
        if let Some(next) = &page.next {
            self.cursor = Some(next.clone());
            return if self.pages >= MAX_PAGES { Taken::Endless } else { Taken::More };
        }
        *self = Self { level: self.level.saturating_add(1), rows: self.rows(), ..Self::begin(now_ms) };
        Taken::Complete(query.level)
    }

    /// What to do after a fault in place of the page.
    pub fn stumble(&mut self, fault: &Fault, now_ms: i64) -> Then {
        match fault {
            Fault::Reauth { .. } if !self.renewed => {
                self.renewed = true;
                Then::Renew
            }
            // A limit is nothing that went wrong.
            Fault::Retry { after_ms: Some(wait), .. } => Then::At(now_ms.saturating_add((*wait).max(1))),
            Fault::Retry { .. } | Fault::Ambiguous { .. } => {
                self.tries = self.tries.saturating_add(1);
                if self.tries >= TRIES {
                    self.tries = 0;
                    return Then::BreakOff;
                }
                Then::At(now_ms.saturating_add(BACKOFF_MS << self.tries.saturating_sub(1).min(10)))
            }
            // Cursors do not last for ever: a pull that had to wait may find its own gone.
            Fault::FixInput { .. } | Fault::Gone { .. } if self.cursor.is_some() && !self.begun_again => {
                let (level, rows) = (self.level, self.rows);
                *self = Self { level, rows, begun_again: true, ..Self::begin(now_ms) };
                Then::Again
            }
            _ => Then::Fail,
        }
    }
}

/// Where a wait until `until_ms` is spent by a host that has been at it since `since_ms`; UTC ms.
#[must_use]
pub fn sit(until_ms: i64, since_ms: i64, now_ms: i64) -> Sit {
    let wait = until_ms.saturating_sub(now_ms).max(0);
    if wait <= SHORT_WAIT_MS && !is_tired(since_ms, now_ms) {
        return Sit::Here(wait);
    }
    let seconds = wait.saturating_add(999).div_euclid(1_000).clamp(1, LONGEST_S);
    Sit::Away(u32::try_from(seconds).unwrap_or(1))
}

/// Whether a host that has been at it since `since_ms` is to store the pull and let it be taken up anew.
#[must_use]
pub const fn is_tired(since_ms: i64, now_ms: i64) -> bool {
    now_ms.saturating_sub(since_ms) >= TURN_MS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insights::InsightsRow;

    const LEVELS: [Level; 2] = [Level::Campaign, Level::Ad];

    fn page(rows: usize, next: Option<&str>) -> InsightsPage {
        let row = InsightsRow {
            local_day: 1,
            level: Level::Ad,
            external_id: "x".to_owned(),
            name: String::new(),
            impressions: 0,
            clicks: 0,
            opens: 0,
            spend_micros: 0,
            currency: "EUR".to_owned(),
            conversions: 0.0,
            conversion_value_micros: 0,
        };
        InsightsPage { rows: vec![row; rows], next: next.map(str::to_owned), skipped: Vec::new() }
    }

    fn take(pull: &mut Pull, page: &InsightsPage, now_ms: i64) -> Taken {
        let query = pull.query(&LEVELS, 1, 2).unwrap();
        pull.take(&query, page, now_ms)
    }

    #[test]
    fn a_pull_goes_page_by_page_and_level_by_level() {
        let mut pull = Pull::begin(10);
        assert_eq!(pull.query(&LEVELS, 1, 2), Some(InsightsQuery { level: Level::Campaign, from_day: 1, to_day: 2 }));
        assert_eq!(take(&mut pull, &page(3, Some("b")), 20), Taken::More);
        assert_eq!((pull.cursor(), pull.stamp_ms(), pull.rows()), (Some("b"), 10, 3));
        assert_eq!(take(&mut pull, &page(2, None), 30), Taken::Complete(Level::Campaign));
        assert_eq!((pull.cursor(), pull.stamp_ms(), pull.rows()), (None, 30, 5));
        assert_eq!(take(&mut pull, &page(0, None), 40), Taken::Complete(Level::Ad));
        assert_eq!((pull.query(&LEVELS, 1, 2), pull.rows()), (None, 5));
    }

    #[test]
    fn what_is_stored_goes_on_where_it_was() {
        let mut pull = Pull::begin(10);
        take(&mut pull, &page(3, Some("b")), 20);
        let stored = serde_json::to_string(&pull).unwrap();
        let format = r#"{"level":0,"cursor":"b","pages":1,"level_rows":3,"rows":0,"stamp_ms":10,"begun_again":false,"tries":0,"renewed":false}"#;
        assert_eq!(stored, format, "a change needs a plan for pulls that are stored");
        assert_eq!(serde_json::from_str::<Pull>(&stored).unwrap(), pull);
    }

    #[test]
    fn a_told_wait_is_no_failure_and_silence_is_one_in_the_end() {
        let mut pull = Pull::begin(0);
        for _ in 0..100 {
            assert_eq!(pull.stumble(&Fault::retry(Some(2_000), "slow down"), 5), Then::At(2_005));
        }
        let silence = Fault::retry(None, "no answer");
        let waits: Vec<Then> = (0..4).map(|_| pull.stumble(&silence, 0)).collect();
        assert_eq!(waits, [Then::At(1_000), Then::At(2_000), Then::At(4_000), Then::BreakOff]);
        assert_eq!(pull.stumble(&silence, 0), Then::At(1_000), "whoever comes back later tries anew");
    }

    #[test]
    fn a_token_is_renewed_once_a_page() {
        let refused = Fault::Reauth { reason: "expired".to_owned() };
        let mut pull = Pull::begin(0);
        assert_eq!(pull.stumble(&refused, 0), Then::Renew);
        assert_eq!(pull.stumble(&refused, 0), Then::Fail);
        let mut pull = Pull::begin(0);
        pull.stumble(&refused, 0);
        take(&mut pull, &page(1, Some("b")), 0);
        assert_eq!(pull.stumble(&refused, 0), Then::Renew);
    }

    #[test]
    fn a_cursor_that_is_gone_begins_its_level_again_once() {
        let gone = Fault::fix("cursor", "invalid", "the cursor has expired");
        let mut pull = Pull::begin(0);
        assert_eq!(pull.stumble(&gone, 0), Then::Fail, "there is no cursor to blame");
        take(&mut pull, &page(1, None), 5);
        take(&mut pull, &page(7, Some("b")), 6);
        assert_eq!(pull.stumble(&gone, 9), Then::Again);
        assert_eq!((pull.cursor(), pull.rows(), pull.stamp_ms()), (None, 1, 9));
        take(&mut pull, &page(7, Some("b")), 10);
        assert_eq!(pull.stumble(&gone, 11), Then::Fail, "it is not the cursor");
    }

    #[test]
    fn a_level_without_end_is_given_up() {
        let mut pull = Pull::begin(0);
        for _ in 1..MAX_PAGES {
            assert_eq!(take(&mut pull, &page(0, Some("same")), 0), Taken::More);
        }
        assert_eq!(take(&mut pull, &page(0, Some("same")), 0), Taken::Endless);
    }

    #[test]
    fn short_waits_are_sat_out_and_long_ones_are_not() {
        assert_eq!(sit(9_000, 0, 0), Sit::Here(9_000));
        assert_eq!(sit(0, 0, 5), Sit::Here(0), "over already");
        assert_eq!(sit(10_001, 0, 0), Sit::Away(11));
        assert_eq!(sit(TURN_MS + 10, 0, TURN_MS), Sit::Away(1), "it has been at it for long");
        assert_eq!(sit(100_000_000, 0, 0), Sit::Away(3_600));
    }
}
