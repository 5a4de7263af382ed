//! The object's SQLite tables and every statement over them. Callers see values, never SQL.

use super::job::Job;
use connector::publish::{Machine, Remote};
use platform::publication_object::Nudge;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use worker::{Error, Result, SqlStorage, SqlStorageValue};

/// One statement a line; a new column is added by a further line, never by changing one.
const TABLES: &str = "
CREATE TABLE IF NOT EXISTS campaign (one INTEGER PRIMARY KEY CHECK (one = 1), body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS job (one INTEGER PRIMARY KEY CHECK (one = 1), body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS machine (one INTEGER PRIMARY KEY CHECK (one = 1), phase INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS machines (phase INTEGER PRIMARY KEY, body TEXT NOT NULL);
INSERT OR IGNORE INTO machines (phase, body) SELECT phase, body FROM machine;
DELETE FROM machine;
CREATE TABLE IF NOT EXISTS remotes (channel_id TEXT PRIMARY KEY, body TEXT NOT NULL);
";

/// See the module.
pub(super) struct Store(SqlStorage);

#[derive(Deserialize)]
struct Body {
    body: String,
}
#[derive(Deserialize)]
struct Held {
    channel_id: String,
    body: String,
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

    pub(super) fn campaign(&self) -> Result<Option<Nudge>> {
        self.one("SELECT body FROM campaign")
    }

    pub(super) fn set_campaign(&self, nudge: &Nudge) -> Result<()> {
        self.put("INSERT OR REPLACE INTO campaign VALUES (1, ?)", vec![text(nudge)?])
    }

    pub(super) fn job(&self) -> Result<Option<Job>> {
        self.one("SELECT body FROM job")
    }

    pub(super) fn set_job(&self, job: &Job) -> Result<()> {
        self.put("INSERT OR REPLACE INTO job VALUES (1, ?)", vec![text(job)?])
    }

    pub(super) fn forget_job(&self) -> Result<()> {
        self.put("DELETE FROM job", Vec::new())?;
        self.put("DELETE FROM machines", Vec::new())
    }

    /// The machine of a phase, if one was begun.
    pub(super) fn machine(&self, phase: usize) -> Result<Option<Machine>> {
        let rows: Vec<Body> =
            self.0.exec("SELECT body FROM machines WHERE phase = ?", vec![number(phase)])?.to_array()?;
        rows.first().map(|row| serde_json::from_str(&row.body).map_err(Error::from)).transpose()
    }

    pub(super) fn set_machine(&self, phase: usize, machine: &Machine) -> Result<()> {
        self.put("INSERT OR REPLACE INTO machines VALUES (?, ?)", vec![number(phase), text(machine)?])
    }

    /// Lets a phase begin anew.
    pub(super) fn forget_machine(&self, phase: usize) -> Result<()> {
        self.put("DELETE FROM machines WHERE phase = ?", vec![number(phase)])
    }

    /// Channels where something of the campaign is.
    pub(super) fn channels(&self) -> Result<Vec<String>> {
        let rows: Vec<Held> =
            self.0.exec("SELECT channel_id, body FROM remotes ORDER BY channel_id", None)?.to_array()?;
        Ok(rows.into_iter().filter(|row| row.body != "[]").map(|row| row.channel_id).collect())
    }

    pub(super) fn remotes(&self, channel_id: &str) -> Result<Vec<Remote>> {
        let sql = "SELECT body FROM remotes WHERE channel_id = ?";
        let rows: Vec<Body> = self.0.exec(sql, vec![SqlStorageValue::from(channel_id.to_owned())])?.to_array()?;
        rows.first().map_or(Ok(Vec::new()), |row| Ok(serde_json::from_str(&row.body)?))
    }

    pub(super) fn set_remotes(&self, channel_id: &str, remotes: &[Remote]) -> Result<()> {
        let channel = SqlStorageValue::from(channel_id.to_owned());
        self.put("INSERT OR REPLACE INTO remotes VALUES (?, ?)", vec![channel, text(&remotes)?])
    }

    fn one<T: DeserializeOwned>(&self, sql: &str) -> Result<Option<T>> {
        let rows: Vec<Body> = self.0.exec(sql, None)?.to_array()?;
        rows.first().map(|row| serde_json::from_str(&row.body).map_err(Error::from)).transpose()
    }

    fn put(&self, sql: &str, values: Vec<SqlStorageValue>) -> Result<()> {
        self.0.exec(sql, values).map(|_| ())
    }
}

fn number(phase: usize) -> SqlStorageValue {
    SqlStorageValue::Integer(i64::try_from(phase).unwrap_or(i64::MAX))
}

fn text<T: serde::Serialize>(value: &T) -> Result<SqlStorageValue> {
    Ok(SqlStorageValue::from(serde_json::to_string(value)?))
}
