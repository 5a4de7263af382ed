//! What agents propose.

use platform::{Param, Statement, TenantDb};
use serde::Deserialize;

/// A row of `agent_proposals`.
#[derive(Clone, Debug, Deserialize)]
pub struct ProposalRecord {
    /// Stable id.
    pub id: String,
    /// Site key.
    pub site: String,
    /// The run that made it.
    pub run_id: String,
    /// The campaign it is about, empty for a new one or none.
    pub campaign_id: String,
    /// Its kind.
    pub kind: String,
    /// A headline.
    pub title: String,
    /// JSON `agent::Proposal`.
    pub payload: String,
    /// open, accepted or dismissed.
    pub status: String,
    /// The request it became, empty for none.
    pub approval_id: String,
    /// UTC ms.
    pub created_at: i64,
    /// Who decided, empty while open.
    pub decided_by: String,
    /// UTC ms.
    pub decided_at: Option<i64>,
}

/// Every status.
pub const STATES: [&str; 3] = ["open", "accepted", "dismissed"];

const COLUMNS: &str = "id, site, run_id, campaign_id, kind, title, payload, status, approval_id, created_at, decided_by, \
     decided_at";

/// The latest proposals, newest first; empty texts are any.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn latest(
    database: &TenantDb,
    status: &str,
    campaign_id: &str,
    limit: i64,
) -> platform::Result<Vec<ProposalRecord>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM agent_proposals WHERE tenant_id = ?1 AND (?2 = '' OR status = ?2) \
         AND (?3 = '' OR campaign_id = ?3) ORDER BY created_at DESC, id DESC LIMIT ?4"
    );
    database.rows(&sql, &[status.into(), campaign_id.into(), limit.into()]).await
}

/// A run's proposals.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn of_run(database: &TenantDb, run_id: &str) -> platform::Result<Vec<ProposalRecord>> {
    let sql = format!("SELECT {COLUMNS} FROM agent_proposals WHERE tenant_id = ?1 AND run_id = ?2 ORDER BY id");
    database.rows(&sql, &[run_id.into()]).await
}

/// The proposal of this id.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn find(database: &TenantDb, id: &str) -> platform::Result<Option<ProposalRecord>> {
    let sql = format!("SELECT {COLUMNS} FROM agent_proposals WHERE tenant_id = ?1 AND id = ?2");
    database.first(&sql, &[Param::from(id)]).await
}

/// The campaign that holds an ad set, if it was made already.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn campaign_of_ad_set(database: &TenantDb, ad_set_id: &str) -> platform::Result<Option<String>> {
    #[derive(Deserialize)]
    struct Row {
        campaign_id: String,
    }
    let sql = "SELECT campaign_id FROM ad_sets WHERE tenant_id = ?1 AND id = ?2";
    Ok(database.first::<Row>(sql, &[ad_set_id.into()]).await?.map(|row| row.campaign_id))
}

/// The request a run has already led to.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn request_of_run(database: &TenantDb, run_id: &str) -> platform::Result<Option<String>> {
    #[derive(Deserialize)]
    struct Row {
        id: String,
    }
    let sql = "SELECT id FROM approvals WHERE tenant_id = ?1 AND run_id = ?2 AND status <> 'void' \
               ORDER BY requested_at DESC LIMIT 1";
    Ok(database.first::<Row>(sql, &[run_id.into()]).await?.map(|row| row.id))
}

/// The statement that clears a campaign's flags.
#[must_use]
pub fn clear_flags(campaign_id: &str) -> Statement {
    Statement::new(
        "UPDATE ads SET policy_flags = '[]' WHERE tenant_id = ?1 AND campaign_id = ?2",
        vec![campaign_id.into()],
    )
}

/// The statements that decide an open proposal, and only an open one.
#[must_use]
pub fn decide(id: &str, status: &str, campaign_id: &str, approval_id: &str, by: &str, now: i64) -> Vec<Statement> {
    vec![
        Statement::require(
            "SELECT 1 FROM agent_proposals WHERE tenant_id = ?1 AND id = ?2 AND status = 'open'",
            vec![id.into()],
        ),
        Statement::new(
            "UPDATE agent_proposals SET status = ?3, campaign_id = ?4, approval_id = ?5, decided_by = ?6, decided_at = ?7 \
             WHERE tenant_id = ?1 AND id = ?2",
            vec![id.into(), status.into(), campaign_id.into(), approval_id.into(), by.into(), now.into()],
        ),
    ]
}
