//! The object's SQLite tables and every statement over them. Callers see values, never SQL.

use bandit::{Arm, ArmStatus};
use platform::bandit_object::Begin;
use serde::Deserialize;
use worker::{Error, Result, SqlStorage, SqlStorageValue};

/// One statement a line; a new column is added by a further line, never by changing one.
const TABLES: &str = "
CREATE TABLE IF NOT EXISTS begun (one INTEGER PRIMARY KEY CHECK (one = 1), body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS arm (key TEXT PRIMARY KEY, place INTEGER NOT NULL, status TEXT NOT NULL, exposures INTEGER NOT NULL DEFAULT 0, rewards INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS visitor (id TEXT PRIMARY KEY, arm TEXT NOT NULL, shown_at INTEGER NOT NULL, rewarded INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
";

/// See the module.
pub(super) struct Store(SqlStorage);

#[derive(Deserialize)]
struct Body {
    body: String,
}
#[derive(Deserialize)]
struct ArmRow {
    key: String,
    status: ArmStatus,
    exposures: u64,
    rewards: u64,
}
#[derive(Deserialize)]
struct Held {
    arm: String,
    shown_at: i64,
    rewarded: i64,
}

impl Store {
    /// Over the object's storage.
    pub(super) fn new(sql: SqlStorage) -> Result<Self> {
        let store = Self(sql);
        for statement in TABLES.lines().filter(|line| !line.is_empty()) {
            store.0.exec(statement, None)?;
        }
        Ok(store)
    }

    pub(super) fn begin(&self, begin: &Begin) -> Result<()> {
        let body = serde_json::to_string(begin)?;
        self.0.exec("INSERT OR REPLACE INTO begun VALUES (1, ?)", vec![SqlStorageValue::from(body)])?;
        for (key, place) in begin.variants.iter().zip(0_i64..) {
            self.0.exec(
                "INSERT INTO arm (key, place, status) VALUES (?, ?, 'active') ON CONFLICT (key) DO UPDATE SET place = excluded.place",
                vec![text(key), SqlStorageValue::Integer(place)],
            )?;
        }
        Ok(())
    }

    pub(super) fn begun(&self) -> Result<Option<Begin>> {
        let rows: Vec<Body> = self.0.exec("SELECT body FROM begun", None)?.to_array()?;
        rows.first().map(|row| serde_json::from_str(&row.body).map_err(Error::from)).transpose()
    }

    pub(super) fn arms(&self) -> Result<Vec<Arm>> {
        let sql = "SELECT key, status, exposures, rewards FROM arm ORDER BY place, key";
        let rows: Vec<ArmRow> = self.0.exec(sql, None)?.to_array()?;
        let arm =
            |row: ArmRow| Arm { key: row.key, status: row.status, exposures: row.exposures, rewards: row.rewards };
        Ok(rows.into_iter().map(arm).collect())
    }

    pub(super) fn set_status(&self, key: &str, status: &str) -> Result<()> {
        self.0.exec("UPDATE arm SET status = ? WHERE key = ?", vec![text(status), text(key)]).map(|_| ())
    }

    /// The variant a visitor has.
    pub(super) fn assigned(&self, visitor: &str) -> Result<Option<String>> {
        Ok(self.held(visitor)?.map(|held| held.arm))
    }

    /// Gives a visitor a variant: they count for it from now on.
    pub(super) fn assign(&self, visitor: &str, arm: &str, now: i64) -> Result<()> {
        self.0.exec(
            "INSERT OR REPLACE INTO visitor (id, arm, shown_at) VALUES (?, ?, ?)",
            vec![text(visitor), text(arm), SqlStorageValue::Integer(now)],
        )?;
        self.0.exec("UPDATE arm SET exposures = exposures + 1 WHERE key = ?", vec![text(arm)]).map(|_| ())
    }

    /// Counts a visitor's first reward after they were shown their variant. True when it counted.
    pub(super) fn reward(&self, visitor: &str, at: i64) -> Result<bool> {
        let Some(held) = self.held(visitor)?.filter(|held| held.rewarded == 0 && held.shown_at <= at) else {
            return Ok(false);
        };
        self.0.exec("UPDATE visitor SET rewarded = 1 WHERE id = ?", vec![text(visitor)])?;
        self.0.exec("UPDATE arm SET rewards = rewards + 1 WHERE key = ?", vec![text(&held.arm)])?;
        Ok(true)
    }

    fn held(&self, visitor: &str) -> Result<Option<Held>> {
        let sql = "SELECT arm, shown_at, rewarded FROM visitor WHERE id = ?";
        let rows: Vec<Held> = self.0.exec(sql, vec![text(visitor)])?.to_array()?;
        Ok(rows.into_iter().next())
    }
}

fn text(value: &str) -> SqlStorageValue {
    SqlStorageValue::from(value.to_owned())
}
