//! Agent runs. The consumer of the queue fills in what they found.

use platform::{Param, Statement, TenantDb};
use serde::Deserialize;

/// A row of `agent_runs`.
#[derive(Clone, Debug, Deserialize)]
pub struct RunRecord {
    /// Stable id.
    pub id: String,
    /// Which agent.
    pub agent: String,
    /// queued, running, succeeded or failed.
    pub status: String,
    /// A JSON object.
    pub input: String,
    /// JSON, empty until it succeeded.
    pub output: String,
    /// More about the status.
    pub detail: String,
    /// UTC ms.
    pub created_at: i64,
    /// UTC ms.
    pub started_at: Option<i64>,
    /// UTC ms.
    pub ended_at: Option<i64>,
}

const COLUMNS: &str = "id, agent, status, input, output, detail, created_at, started_at, ended_at";

/// The statement that stores a queued run.
#[must_use]
pub fn insert(site: &str, requested_by: &str, run: &RunRecord) -> Statement {
    Statement::new(
        "INSERT INTO agent_runs (id, tenant_id, site, agent, input, status, requested_by, created_at) \
         VALUES (?2, ?1, ?3, ?4, ?5, ?6, ?7, ?8)",
        vec![
            run.id.as_str().into(),
            site.into(),
            run.agent.as_str().into(),
            run.input.as_str().into(),
            run.status.as_str().into(),
            requested_by.into(),
            run.created_at.into(),
        ],
    )
}

/// The latest runs, newest first.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn latest(database: &TenantDb, limit: i64) -> platform::Result<Vec<RunRecord>> {
    let sql =
        format!("SELECT {COLUMNS} FROM agent_runs WHERE tenant_id = ?1 ORDER BY created_at DESC, id DESC LIMIT ?2");
    database.rows(&sql, &[limit.into()]).await
}

/// The run of this id.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn find(database: &TenantDb, id: &str) -> platform::Result<Option<RunRecord>> {
    let sql = format!("SELECT {COLUMNS} FROM agent_runs WHERE tenant_id = ?1 AND id = ?2");
    database.first(&sql, &[Param::from(id)]).await
}
