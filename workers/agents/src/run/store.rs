//! The object's SQLite tables and every statement over them. Callers see rows and values, never SQL.

use agent::{Answer, Brief, Entry, Need, RunEvent, Transcript};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use worker::{Error, Result, SqlStorage, SqlStorageValue};

/// One statement a line; a new column is added by a further line, never by changing one.
const TABLES: &str = "
CREATE TABLE IF NOT EXISTS run (one INTEGER PRIMARY KEY CHECK (one = 1), tenant_id TEXT NOT NULL, run_id TEXT NOT NULL, plan TEXT NOT NULL DEFAULT '', failures INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0, cancelled_by TEXT NOT NULL DEFAULT '', ended_at INTEGER NOT NULL DEFAULT 0, last_event INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS step (number INTEGER PRIMARY KEY, need TEXT NOT NULL, answer TEXT, tries INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS event (number INTEGER PRIMARY KEY, type TEXT NOT NULL, data TEXT NOT NULL, at INTEGER NOT NULL, mirrored INTEGER NOT NULL DEFAULT 0);
";

/// Which run this is and how far it is.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Standing {
    pub(super) tenant_id: String,
    pub(super) run_id: String,
    /// JSON [`Plan`], empty until the row was read.
    plan: String,
    /// Failures since the last step that succeeded.
    pub(super) failures: i64,
    /// All failures.
    pub(super) attempts: i64,
    /// Who wants it to stop, empty for nobody.
    pub(super) cancelled_by: String,
    /// UTC ms, 0 until it has.
    pub(super) ended_at: i64,
}

impl Standing {
    pub(super) fn plan(&self) -> Result<Option<Plan>> {
        if self.plan.is_empty() { Ok(None) } else { Ok(Some(serde_json::from_str(&self.plan)?)) }
    }
}

/// What the run was asked, as it was when it began.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Plan {
    pub(super) agent: String,
    pub(super) campaign_id: String,
    pub(super) brief: Brief<Value>,
}

/// A step that is asked for and has no answer yet.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Open {
    pub(super) number: i64,
    need: String,
    /// How often it was begun.
    pub(super) tries: i64,
}

impl Open {
    pub(super) fn need(&self) -> Result<Need> {
        Ok(serde_json::from_str(&self.need)?)
    }
}

/// An event as it is stored and streamed.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct EventRow {
    pub(crate) number: i64,
    pub(crate) r#type: String,
    /// JSON [`RunEvent`].
    pub(crate) data: String,
    pub(crate) at: i64,
}

#[derive(Deserialize)]
struct StepRow {
    need: String,
    answer: String,
}

/// The tables.
pub(super) struct Store(SqlStorage);

impl Store {
    pub(super) fn new(sql: SqlStorage) -> Self {
        Self(sql)
    }

    fn run(&self, sql: &str, values: Vec<SqlStorageValue>) -> Result<()> {
        self.0.exec(sql, values).map(|_| ())
    }

    fn rows<T: serde::de::DeserializeOwned>(&self, sql: &str, values: Vec<SqlStorageValue>) -> Result<Vec<T>> {
        self.0.exec(sql, values)?.to_array()
    }

    pub(super) fn create(&self) -> Result<()> {
        self.run(TABLES, Vec::new())
    }

    pub(super) fn identify(&self, tenant_id: &str, run_id: &str) -> Result<()> {
        self.run(
            "INSERT INTO run (one, tenant_id, run_id) VALUES (1, ?, ?) ON CONFLICT DO NOTHING",
            vec![tenant_id.into(), run_id.into()],
        )?;
        match self.standing()? {
            Some(standing) if standing.tenant_id == tenant_id && standing.run_id == run_id => Ok(()),
            _ => Err(Error::RustError("this object stands for another run".to_owned())),
        }
    }

    pub(super) fn standing(&self) -> Result<Option<Standing>> {
        let sql = "SELECT tenant_id, run_id, plan, failures, attempts, cancelled_by, ended_at FROM run";
        Ok(self.rows(sql, Vec::new())?.into_iter().next())
    }

    pub(super) fn set_plan(&self, plan: &Plan) -> Result<()> {
        self.run("UPDATE run SET plan = ?", vec![serde_json::to_string(plan)?.into()])
    }

    pub(super) fn set_cancelled(&self, by: &str) -> Result<()> {
        self.run("UPDATE run SET cancelled_by = ? WHERE cancelled_by = ''", vec![by.into()])
    }

    pub(super) fn set_ended(&self, at: i64) -> Result<()> {
        self.run("UPDATE run SET ended_at = ?", vec![at.into()])
    }

    /// Notes a failure.
    pub(super) fn failed(&self) -> Result<()> {
        self.run("UPDATE run SET failures = failures + 1, attempts = attempts + 1", Vec::new())
    }

    /// Forgets an ended or failed run's end, so that it may begin anew with what it already knows.
    pub(super) fn reopen(&self) -> Result<()> {
        self.run("UPDATE run SET failures = 0, cancelled_by = '', ended_at = 0", Vec::new())?;
        // What a model failed to answer, and what came of that, is asked again.
        self.run(
            "DELETE FROM step WHERE answer IS NULL OR number >= (SELECT MIN(number) FROM step WHERE answer LIKE '{\"answer\":\"model_failed\"%')",
            Vec::new(),
        )
    }

    /// The step that waits for an answer.
    pub(super) fn open_step(&self) -> Result<Option<Open>> {
        let sql = "SELECT number, need, tries FROM step WHERE answer IS NULL ORDER BY number LIMIT 1";
        Ok(self.rows(sql, Vec::new())?.into_iter().next())
    }

    /// Asks for something.
    pub(super) fn open(&self, need: &Need) -> Result<()> {
        self.run(
            "INSERT INTO step (number, need) VALUES ((SELECT COALESCE(MAX(number), 0) + 1 FROM step), ?)",
            vec![serde_json::to_string(need)?.into()],
        )
    }

    /// Notes that a step is begun.
    pub(super) fn begin(&self, number: i64) -> Result<()> {
        self.run("UPDATE step SET tries = tries + 1 WHERE number = ?", vec![number.into()])
    }

    /// Notes that a step that was begun ended without an answer, by a failure we saw.
    pub(super) fn give_back(&self, number: i64) -> Result<()> {
        self.run("UPDATE step SET tries = tries - 1 WHERE number = ?", vec![number.into()])
    }

    /// Stores an answer.
    pub(super) fn answer(&self, number: i64, answer: &Answer) -> Result<()> {
        self.run(
            "UPDATE step SET answer = ? WHERE number = ?",
            vec![serde_json::to_string(answer)?.into(), number.into()],
        )?;
        self.run("UPDATE run SET failures = 0", Vec::new())
    }

    pub(super) fn transcript(&self) -> Result<Transcript> {
        let rows: Vec<StepRow> =
            self.rows("SELECT need, answer FROM step WHERE answer IS NOT NULL ORDER BY number", Vec::new())?;
        let entries = rows
            .into_iter()
            .map(|row| Ok(Entry { need: serde_json::from_str(&row.need)?, answer: serde_json::from_str(&row.answer)? }))
            .collect::<Result<_>>()?;
        Ok(Transcript { entries })
    }

    /// Tells what happened. Numbers are never used again, also where pieces of text were taken back.
    pub(super) fn tell(&self, event: &RunEvent, at: i64) -> Result<()> {
        self.run("UPDATE run SET last_event = last_event + 1", Vec::new())?;
        self.run(
            "INSERT INTO event (number, type, data, at) VALUES ((SELECT last_event FROM run), ?, ?, ?)",
            vec![event.name().into(), serde_json::to_string(event)?.into(), at.into()],
        )
    }

    /// Tells what happens once in a run.
    pub(super) fn tell_once(&self, event: &RunEvent, at: i64) -> Result<()> {
        #[derive(Deserialize)]
        struct Count {
            told: i64,
        }
        let told: Vec<Count> =
            self.rows("SELECT COUNT(*) AS told FROM event WHERE type = ?", vec![event.name().into()])?;
        if told.first().is_some_and(|count| count.told > 0) { Ok(()) } else { self.tell(event, at) }
    }

    /// Number of the last event there ever was.
    pub(super) fn last_event(&self) -> Result<i64> {
        #[derive(Deserialize)]
        struct Last {
            last: Option<i64>,
        }
        let last: Vec<Last> = self.rows("SELECT last_event AS last FROM run", Vec::new())?;
        Ok(last.first().and_then(|last| last.last).unwrap_or(0))
    }

    /// Takes back pieces of text of a call that will be repeated: whoever joins later sees the whole once.
    pub(super) fn forget_deltas(&self) -> Result<()> {
        self.run("DELETE FROM event WHERE type = 'text_delta'", Vec::new())
    }

    pub(super) fn events_after(&self, after: i64, most: i64) -> Result<Vec<EventRow>> {
        self.rows(
            "SELECT number, type, data, at FROM event WHERE number > ? ORDER BY number LIMIT ?",
            vec![after.into(), most.into()],
        )
    }

    /// What D1 does not have yet. Pieces of text stay here: the answer has them whole.
    pub(super) fn unmirrored(&self) -> Result<Vec<EventRow>> {
        self.rows(
            "SELECT number, type, data, at FROM event WHERE mirrored = 0 AND type <> 'text_delta' ORDER BY number LIMIT 200",
            Vec::new(),
        )
    }

    pub(super) fn mirrored(&self, through: i64) -> Result<()> {
        self.run("UPDATE event SET mirrored = 1 WHERE number <= ?", vec![through.into()])
    }
}
