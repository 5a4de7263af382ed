//! The object's SQLite tables: the job it works at, and the last state of the study done last. Callers see values, never SQL.

use platform::study_object::Job;
use serde::Deserialize;
use worker::{Error, Result, SqlStorage, SqlStorageValue};

/// Bytes of a state kept in one row: SQLite rows in an object hold at most 2 MB.
const PIECE: usize = 1_000_000;

/// One statement a line; a new column is added by a further line, never by changing one.
const TABLES: &str = "
CREATE TABLE IF NOT EXISTS job (one INTEGER PRIMARY KEY CHECK (one = 1), body TEXT NOT NULL, failures INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS state (place INTEGER PRIMARY KEY, piece TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS done (id TEXT NOT NULL, place INTEGER NOT NULL, piece TEXT NOT NULL, PRIMARY KEY (id, place));
";

/// See the module.
pub(super) struct Store(SqlStorage);

#[derive(Deserialize)]
struct JobRow {
    body: String,
    failures: i64,
}
#[derive(Deserialize)]
struct IdRow {
    id: String,
}
#[derive(Deserialize)]
struct PieceRow {
    piece: String,
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

    /// Takes a job up; the one it has already is left as it is, another one's state is forgotten.
    pub(super) fn begin(&self, job: &Job) -> Result<()> {
        if self.job()?.is_some_and(|(known, _)| known.id == job.id) {
            return Ok(());
        }
        self.keep("")?;
        let body = SqlStorageValue::from(serde_json::to_string(job)?);
        self.0.exec("INSERT OR REPLACE INTO job (one, body) VALUES (1, ?)", vec![body]).map(|_| ())
    }

    /// The job, and how often its present step has failed.
    pub(super) fn job(&self) -> Result<Option<(Job, i64)>> {
        let rows: Vec<JobRow> = self.0.exec("SELECT body, failures FROM job", None)?.to_array()?;
        let job = |row: &JobRow| Ok((serde_json::from_str(&row.body).map_err(Error::from)?, row.failures));
        rows.first().map(job).transpose()
    }

    /// What the next step goes on from; empty for the first.
    pub(super) fn state(&self) -> Result<String> {
        let rows: Vec<PieceRow> = self.0.exec("SELECT piece FROM state ORDER BY place", None)?.to_array()?;
        Ok(rows.into_iter().map(|row| row.piece).collect())
    }

    /// Keeps what the next step goes on from: the present one has worked.
    pub(super) fn keep(&self, state: &str) -> Result<()> {
        self.0.exec("DELETE FROM state", None)?;
        let mut rest = state;
        let mut place = 0_i64;
        while !rest.is_empty() {
            let end = rest.floor_char_boundary(PIECE);
            let (piece, after) = rest.split_at(end);
            let values = vec![SqlStorageValue::Integer(place), SqlStorageValue::from(piece.to_owned())];
            self.0.exec("INSERT INTO state VALUES (?, ?)", values)?;
            (rest, place) = (after, place + 1);
        }
        self.0.exec("UPDATE job SET failures = 0", None).map(|_| ())
    }

    /// The present step has failed.
    pub(super) fn failed(&self) -> Result<()> {
        self.0.exec("UPDATE job SET failures = failures + 1", None).map(|_| ())
    }

    /// Keeps the last state for questions to come, in the place of the one before. Done again it is the same.
    pub(super) fn done(&self, id: &str) -> Result<()> {
        self.0.exec("DELETE FROM done", None)?;
        self.0.exec("INSERT INTO done SELECT ?, place, piece FROM state", vec![id.into()]).map(|_| ())
    }

    /// Id of the study done last; empty for none.
    pub(super) fn done_id(&self) -> Result<String> {
        let rows: Vec<IdRow> = self.0.exec("SELECT id FROM done LIMIT 1", None)?.to_array()?;
        Ok(rows.into_iter().next().map(|row| row.id).unwrap_or_default())
    }

    /// The last state of the study done last; empty for none.
    pub(super) fn done_state(&self) -> Result<String> {
        let rows: Vec<PieceRow> = self.0.exec("SELECT piece FROM done ORDER BY place", None)?.to_array()?;
        Ok(rows.into_iter().map(|row| row.piece).collect())
    }

    /// The job is over, and what it went on from forgotten.
    pub(super) fn end(&self) -> Result<()> {
        self.0.exec("DELETE FROM state", None)?;
        self.0.exec("DELETE FROM job", None).map(|_| ())
    }
}
