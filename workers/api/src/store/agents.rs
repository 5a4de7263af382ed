//! Agent runs and what happened in them. The Run object fills in what they found.

use platform::{Param, Statement, TenantDb};
use serde::Deserialize;

/// A row of `agent_runs`.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct RunRecord {
    /// Stable id.
    pub id: String,
    /// Site key.
    pub site: String,
    /// Which agent.
    pub agent: String,
    /// queued, running, succeeded, failed or cancelled.
    pub status: String,
    /// A JSON object.
    pub input: String,
    /// JSON, empty until it succeeded.
    pub output: String,
    /// More about the status.
    pub detail: String,
    /// The campaign it is about, empty for none.
    pub campaign_id: String,
    /// The conversation it belongs to, empty for none.
    pub context_id: String,
    /// Who asked for it.
    pub requested_by: String,
    /// The model that answered last.
    pub model: String,
    /// Tokens read.
    pub tokens_in: i64,
    /// Tokens written.
    pub tokens_out: i64,
    /// Millionths of a US dollar.
    pub cost_micros: i64,
    /// Failures.
    pub attempts: i64,
    /// UTC ms.
    pub created_at: i64,
    /// UTC ms.
    pub started_at: Option<i64>,
    /// UTC ms.
    pub ended_at: Option<i64>,
}

/// A row of `agent_run_events`.
#[derive(Clone, Debug, Deserialize)]
pub struct EventRecord {
    /// Its number in the run.
    pub number: i64,
    /// Its type.
    pub r#type: String,
    /// A JSON object.
    pub data: String,
    /// UTC ms.
    pub at: i64,
}

/// Which runs; empty texts are any.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// About this campaign.
    pub campaign_id: String,
    /// This agent's.
    pub agent: String,
    /// In this status.
    pub status: String,
    /// Of this conversation.
    pub context_id: String,
}

/// Every status.
pub const STATES: [&str; 5] = ["queued", "running", "succeeded", "failed", "cancelled"];

const COLUMNS: &str = "id, site, agent, status, input, output, detail, campaign_id, context_id, requested_by, model, \
     tokens_in, tokens_out, cost_micros, attempts, created_at, started_at, ended_at";

/// The latest runs, newest first.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn latest(database: &TenantDb, wanted: &Wanted, limit: i64) -> platform::Result<Vec<RunRecord>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM agent_runs WHERE tenant_id = ?1 AND (?2 = '' OR campaign_id = ?2) \
         AND (?3 = '' OR agent = ?3) AND (?4 = '' OR status = ?4) AND (?5 = '' OR context_id = ?5) \
         ORDER BY created_at DESC, id DESC LIMIT ?6"
    );
    let text = |text: &str| Param::from(text);
    let Wanted { campaign_id, agent, status, context_id } = wanted;
    database.rows(&sql, &[text(campaign_id), text(agent), text(status), text(context_id), limit.into()]).await
}

/// The run of this id.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn find(database: &TenantDb, id: &str) -> platform::Result<Option<RunRecord>> {
    let sql = format!("SELECT {COLUMNS} FROM agent_runs WHERE tenant_id = ?1 AND id = ?2");
    database.first(&sql, &[Param::from(id)]).await
}

/// What happened in a run after a number, in order, at most 2,000 things.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn events(database: &TenantDb, id: &str, after: i64) -> platform::Result<Vec<EventRecord>> {
    let sql = "SELECT number, type, data, at FROM agent_run_events WHERE tenant_id = ?1 AND run_id = ?2 \
               AND number > ?3 ORDER BY number LIMIT 2000";
    database.rows(sql, &[id.into(), after.into()]).await
}

/// The statements that queue a failed run again, and only a failed one.
#[must_use]
pub fn requeue(id: &str) -> Vec<Statement> {
    vec![
        Statement::require(
            "SELECT 1 FROM agent_runs WHERE tenant_id = ?1 AND id = ?2 AND status = 'failed'",
            vec![id.into()],
        ),
        Statement::new(
            "UPDATE agent_runs SET status = 'queued', detail = '', ended_at = NULL WHERE tenant_id = ?1 AND id = ?2",
            vec![id.into()],
        ),
    ]
}
