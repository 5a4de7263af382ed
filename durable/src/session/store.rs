//! The object's SQLite tables and every statement over them. Callers see rows and values, never SQL.

use event::Hit;
use platform::session_object::Ack;
use serde::{Deserialize, Serialize};
use session::Session;
use worker::{Error, Result, SqlStorage, SqlStorageValue};

/// `event.state`: kept, not yet placed in a session.
const ARRIVED: i64 = 0;
/// `event.state`: placed, and the sinks do not hold this revision yet.
const UNSTORED: i64 = 1;
/// `event.state`: the sinks hold it; the body is gone, what numbering and merging need stays.
const STORED: i64 = 2;

/// One statement a line; a new column is added by a further line, never by changing one.
const TABLES: &str = "
CREATE TABLE IF NOT EXISTS visitor (one INTEGER PRIMARY KEY CHECK (one = 1), body TEXT NOT NULL, recalled INTEGER NOT NULL DEFAULT 0, touch_base INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS session (id TEXT PRIMARY KEY, started_at INTEGER NOT NULL, ended_at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS event (id TEXT PRIMARY KEY, t INTEGER NOT NULL, received_at INTEGER NOT NULL, state INTEGER NOT NULL, session TEXT NOT NULL DEFAULT '', moved_from TEXT NOT NULL DEFAULT '', pageview INTEGER NOT NULL DEFAULT 0, signal TEXT NOT NULL DEFAULT '', touch INTEGER NOT NULL DEFAULT 0, number INTEGER NOT NULL DEFAULT 0, revision INTEGER NOT NULL DEFAULT 0, sent_at INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0, body TEXT NOT NULL);
";

/// Who this object stands for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Visitor {
    pub(super) tenant_id: String,
    pub(super) site: String,
    pub(super) visitor: String,
    pub(super) session_timeout_ms: i64,
}

/// A hit that waits to be placed.
#[derive(Debug, Deserialize)]
pub(super) struct Arrived {
    pub(super) id: String,
    pub(super) t: i64,
    pub(super) body: String,
}

/// What touchpoint rules look at.
#[derive(Debug, Deserialize)]
pub(super) struct StepRow {
    pub(super) id: String,
    pub(super) t: i64,
    pub(super) pageview: i64,
    pub(super) signal: String,
    /// 0 none, 1 by its own signal, 2 direct.
    pub(super) touch: i64,
}

/// An event to hand to the sinks.
#[derive(Debug, Deserialize)]
pub(super) struct Unstored {
    pub(super) id: String,
    pub(super) session: String,
    /// Ids of the sessions it has left, separated by spaces.
    pub(super) moved_from: String,
    pub(super) signal: String,
    pub(super) touch: i64,
    pub(super) number: u32,
    pub(super) revision: u32,
    /// The event as JSON; `""` when the sinks hold an earlier revision of it.
    pub(super) body: String,
}

/// An event as the warehouse remembers it.
#[derive(Debug, Deserialize)]
pub(super) struct Remembered {
    pub(super) id: String,
    pub(super) t: i64,
    pub(super) received_at: i64,
    pub(super) session_id: String,
    pub(super) pageview: i64,
    pub(super) signal: String,
    pub(super) touch: i64,
    pub(super) touch_number: i64,
    pub(super) revision: i64,
}

#[derive(Deserialize)]
struct Text {
    value: String,
}

#[derive(Deserialize)]
struct Number {
    value: Option<i64>,
}

/// The tables.
pub(super) struct Store(SqlStorage);

impl Store {
    pub(super) fn new(sql: SqlStorage) -> Self {
        Self(sql)
    }

    fn run(&self, sql: &str, values: Vec<SqlStorageValue>) -> Result<usize> {
        let cursor = self.0.exec(sql, values)?;
        Ok(cursor.rows_written())
    }

    fn rows<T: serde::de::DeserializeOwned>(&self, sql: &str, values: Vec<SqlStorageValue>) -> Result<Vec<T>> {
        self.0.exec(sql, values)?.to_array()
    }

    fn number(&self, sql: &str, values: Vec<SqlStorageValue>) -> Result<Option<i64>> {
        Ok(self.rows::<Number>(sql, values)?.into_iter().next().and_then(|row| row.value))
    }

    pub(super) fn create(&self) -> Result<()> {
        self.run(TABLES, Vec::new()).map(|_| ())
    }

    pub(super) fn set_visitor(&self, visitor: &Visitor) -> Result<()> {
        let body = serde_json::to_string(visitor)?;
        // Unchanged is the common case of a returning visitor, and then costs no write.
        self.run(
            "INSERT INTO visitor (one, body) VALUES (1, ?) ON CONFLICT DO UPDATE SET body = excluded.body WHERE body <> excluded.body",
            vec![body.into()],
        )
        .map(|_| ())
    }

    pub(super) fn visitor(&self) -> Result<Option<Visitor>> {
        match self.rows::<Text>("SELECT body AS value FROM visitor", Vec::new())?.into_iter().next() {
            Some(row) => Ok(Some(serde_json::from_str(&row.value)?)),
            None => Ok(None),
        }
    }

    pub(super) fn is_recalled(&self) -> Result<bool> {
        Ok(self.number("SELECT recalled AS value FROM visitor", Vec::new())? == Some(1))
    }

    /// Takes up what the warehouse knows. Events that arrived meanwhile stay as they are.
    pub(super) fn recalled(&self, sessions: &[Session], events: &[Remembered], touch_base: i64) -> Result<()> {
        for session in sessions {
            self.put_session(session)?;
        }
        for event in events {
            self.run(
                "INSERT OR IGNORE INTO event (id, t, received_at, state, session, pageview, signal, touch, number, revision, body) VALUES (?, ?, ?, 2, ?, ?, ?, ?, ?, ?, '')",
                vec![
                    event.id.clone().into(),
                    event.t.into(),
                    event.received_at.into(),
                    event.session_id.clone().into(),
                    event.pageview.into(),
                    event.signal.clone().into(),
                    event.touch.into(),
                    event.touch_number.into(),
                    event.revision.into(),
                ],
            )?;
        }
        self.run("UPDATE visitor SET recalled = 1, touch_base = ?", vec![touch_base.into()]).map(|_| ())
    }

    /// Keeps a hit; says whether its id is new.
    pub(super) fn insert(&self, hit: &Hit) -> Result<bool> {
        let body = serde_json::to_string(hit)?;
        let written = self.run(
            "INSERT OR IGNORE INTO event (id, t, received_at, state, body) VALUES (?, ?, ?, ?, ?)",
            vec![hit.id.clone().into(), hit.t.into(), hit.received_at.into(), ARRIVED.into(), body.into()],
        )?;
        Ok(written > 0)
    }

    pub(super) fn arrived(&self) -> Result<Vec<Arrived>> {
        self.rows("SELECT id, t, body FROM event WHERE state = ? ORDER BY t, id", vec![ARRIVED.into()])
    }

    /// Earliest and latest time among the hits that wait, `None` when none does.
    pub(super) fn arrived_span(&self) -> Result<Option<(i64, i64)>> {
        let first = self.number("SELECT MIN(t) AS value FROM event WHERE state = ?", vec![ARRIVED.into()])?;
        let last = self.number("SELECT MAX(t) AS value FROM event WHERE state = ?", vec![ARRIVED.into()])?;
        Ok(first.zip(last))
    }

    pub(super) fn sessions(&self) -> Result<Vec<Session>> {
        self.rows("SELECT id, started_at, ended_at FROM session", Vec::new())
    }

    pub(super) fn put_session(&self, session: &Session) -> Result<()> {
        self.run(
            "INSERT OR REPLACE INTO session (id, started_at, ended_at) VALUES (?, ?, ?)",
            vec![session.id.clone().into(), session.started_at.into(), session.ended_at.into()],
        )
        .map(|_| ())
    }

    /// Moves the events of an absorbed session. Every session an event has left since the sinks last confirmed it is
    /// remembered, because any of them may be the one under which they hold it.
    pub(super) fn absorb(&self, absorbed: &str, into: &str) -> Result<()> {
        self.run(
            "UPDATE event SET session = ?1, moved_from = LTRIM(moved_from || ' ' || ?2), state = ?3, revision = revision + 1, sent_at = 0, attempts = 0 WHERE session = ?2",
            vec![into.into(), absorbed.into(), UNSTORED.into()],
        )?;
        self.run("DELETE FROM session WHERE id = ?", vec![absorbed.into()]).map(|_| ())
    }

    /// Places a hit; `body` is the enriched event.
    pub(super) fn place(&self, id: &str, session: &str, pageview: bool, signal: &str, body: &str) -> Result<()> {
        self.run(
            "UPDATE event SET state = ?, session = ?, pageview = ?, signal = ?, revision = 1, body = ? WHERE id = ?",
            vec![UNSTORED.into(), session.into(), i64::from(pageview).into(), signal.into(), body.into(), id.into()],
        )
        .map(|_| ())
    }

    /// The events of a session that can be touchpoints: those with a signal and the first page view, and those that
    /// are touchpoints now.
    pub(super) fn steps(&self, session: &str) -> Result<Vec<StepRow>> {
        self.rows(
            "SELECT id, t, pageview, signal, touch FROM event WHERE session = ?1 AND (signal <> '' OR touch <> 0 OR id = (SELECT id FROM event WHERE session = ?1 AND pageview = 1 ORDER BY t, id LIMIT 1))",
            vec![session.into()],
        )
    }

    pub(super) fn set_touch(&self, id: &str, touch: i64) -> Result<()> {
        self.run(
            &format!(
                "UPDATE event SET touch = ?, number = CASE WHEN ? = 0 THEN 0 ELSE number END, {CHANGED} WHERE id = ?"
            ),
            vec![touch.into(), touch.into(), id.into()],
        )
        .map(|_| ())
    }

    /// Numbers the touchpoints by time, from the base that lies before what was recalled.
    pub(super) fn number_touches(&self) -> Result<()> {
        self.run(
            &format!(
                "UPDATE event SET number = ranked.place, {CHANGED} FROM (SELECT id AS key, (SELECT touch_base FROM visitor) + ROW_NUMBER() OVER (ORDER BY t, id) AS place FROM event WHERE touch <> 0) AS ranked WHERE event.id = ranked.key AND event.number <> ranked.place"
            ),
            Vec::new(),
        )
        .map(|_| ())
    }

    /// Events due to be handed over, oldest first, at most `most`.
    pub(super) fn due(&self, now: i64, most: i64) -> Result<Vec<Unstored>> {
        self.rows(
            &format!("SELECT id, session, moved_from, signal, touch, number, revision, body FROM event WHERE state = ? AND {DUE} <= ? ORDER BY t, id LIMIT ?"),
            vec![UNSTORED.into(), now.into(), most.into()],
        )
    }

    /// When the next hand-over is due, UTC ms; `None` when the sinks hold everything.
    pub(super) fn next_due(&self) -> Result<Option<i64>> {
        self.number(&format!("SELECT MIN({DUE}) AS value FROM event WHERE state = ?"), vec![UNSTORED.into()])
    }

    pub(super) fn has_unstored(&self) -> Result<bool> {
        Ok(self.number("SELECT 1 AS value FROM event WHERE state < ? LIMIT 1", vec![STORED.into()])?.is_some())
    }

    pub(super) fn sent(&self, ids: &[String], now: i64) -> Result<()> {
        self.run(
            "UPDATE event SET sent_at = ?, attempts = attempts + 1 WHERE id IN (SELECT value FROM json_each(?))",
            vec![now.into(), serde_json::to_string(ids)?.into()],
        )
        .map(|_| ())
    }

    pub(super) fn acknowledge(&self, ack: &Ack) -> Result<()> {
        self.run(
            "UPDATE event SET state = ?, body = '', moved_from = '' WHERE state = ? AND (id, revision) IN (SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?))",
            vec![STORED.into(), UNSTORED.into(), serde_json::to_string(&ack.stored)?.into()],
        )
        .map(|_| ())
    }

    pub(super) fn last_arrival(&self) -> Result<i64> {
        self.number("SELECT MAX(received_at) AS value FROM event", Vec::new())?.map_or_else(|| Ok(0), Ok::<i64, Error>)
    }
}

/// What every later change of a placed event does: the sinks must hear of it, now.
const CHANGED: &str = "state = 1, revision = revision + (state = 2 OR sent_at > 0), sent_at = 0, attempts = 0";

/// When an unstored event is due: at once, then a minute after each hand-over, doubling up to about half an hour. A
/// shorter first wait would make a queue that is behind by more than that receive everything twice.
const DUE: &str = "(CASE WHEN attempts = 0 THEN 0 ELSE sent_at + 60000 * (1 << MIN(attempts - 1, 5)) END)";
