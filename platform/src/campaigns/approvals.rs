//! Rows of `approvals`.

use campaign::approval::{Kind, POLICY, State};
use campaign::diff::Diff;
use serde::Deserialize;

use super::unreadable;
use crate::database::{Statement, TenantDb};
use crate::error::Result;

/// A row of `approvals`.
#[derive(Clone, Debug, Deserialize)]
pub struct ApprovalRow {
    /// Stable id.
    pub id: String,
    /// Site key.
    pub site: String,
    /// [`Kind`].
    pub kind: String,
    /// The campaign.
    pub campaign_id: String,
    /// What would be live.
    pub snapshot_id: String,
    /// Hash of what would be live.
    pub snapshot_hash: String,
    /// What is live, '' for nothing.
    pub base_snapshot_id: String,
    /// JSON [`Diff`].
    pub diff: String,
    /// The campaign's name at the time.
    pub title: String,
    /// Why it is wanted.
    pub reason: String,
    /// [`State`].
    pub status: String,
    /// A user's id, `key:<id>` or `agent:<name>`.
    pub requested_by: String,
    /// The person who answers for the request: whoever made it, or made the API key that did. Without this an admin could
    /// ask through a key and approve it.
    pub answerable: String,
    /// The agent run that proposed it, '' for none.
    pub run_id: String,
    /// UTC ms.
    pub requested_at: i64,
    /// A user's id or `policy`, '' while pending.
    pub decided_by: String,
    /// UTC ms.
    pub decided_at: Option<i64>,
    /// The decider's.
    pub comment: String,
}

const COLUMNS: &str = "id, site, kind, campaign_id, snapshot_id, snapshot_hash, base_snapshot_id, diff, title, reason, \
     status, requested_by, run_id, requested_at, decided_by, decided_at, comment, \
     COALESCE((SELECT k.created_by FROM api_keys k WHERE k.tenant_id = ?1 AND approvals.requested_by LIKE 'key:%' \
       AND k.id = substr(approvals.requested_by, 5)), requested_by) AS answerable";

/// The most requests that are listed.
const MAX_LISTED: i64 = 200;

impl ApprovalRow {
    /// How it stands.
    ///
    /// # Errors
    /// [`crate::Error::Corrupt`] when the stored state is unknown.
    pub fn state(&self) -> Result<State> {
        State::parse(&self.status).ok_or_else(|| unreadable(format!("approval state {}", self.status)))
    }

    /// What it asks to make different.
    ///
    /// # Errors
    /// [`crate::Error::Corrupt`] when the stored difference is unreadable.
    pub fn difference(&self) -> Result<Diff> {
        serde_json::from_str(&self.diff).map_err(unreadable)
    }
}

/// The request of this id; an empty id is none.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn find(database: &TenantDb, id: &str) -> Result<Option<ApprovalRow>> {
    if id.is_empty() {
        return Ok(None);
    }
    let sql = format!("SELECT {COLUMNS} FROM approvals WHERE tenant_id = ?1 AND id = ?2");
    database.first(&sql, &[id.into()]).await
}

/// The requests of these ids.
pub(super) async fn of_ids<'a>(database: &TenantDb, ids: impl Iterator<Item = &'a str>) -> Result<Vec<ApprovalRow>> {
    let sql =
        format!("SELECT {COLUMNS} FROM approvals WHERE tenant_id = ?1 AND id IN (SELECT value FROM json_each(?2))");
    database.rows(&sql, &[super::id_list(ids)]).await
}

/// The latest 200 requests, newest first. An empty `site`, `status` or `campaign_id` is any.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn list(database: &TenantDb, site: &str, status: &str, campaign_id: &str) -> Result<Vec<ApprovalRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM approvals WHERE tenant_id = ?1 AND (?2 = '' OR site = ?2) AND (?3 = '' OR status = ?3) \
         AND (?4 = '' OR campaign_id = ?4) ORDER BY requested_at DESC, id DESC LIMIT {MAX_LISTED}"
    );
    database.rows(&sql, &[site.into(), status.into(), campaign_id.into()]).await
}

/// The approval in force for a document of this hash: the latest that was granted and not voided since.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn in_force(database: &TenantDb, campaign_id: &str, hash: &str) -> Result<Option<ApprovalRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM approvals WHERE tenant_id = ?1 AND campaign_id = ?2 AND snapshot_hash = ?3 \
         AND status = 'approved' ORDER BY decided_at DESC, id DESC LIMIT 1"
    );
    database.first(&sql, &[campaign_id.into(), hash.into()]).await
}

/// When the policy last let something of a campaign spend more, UTC ms.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn last_raise_by_policy(database: &TenantDb, campaign_id: &str) -> Result<Option<i64>> {
    #[derive(Deserialize)]
    struct Last {
        at: Option<i64>,
    }
    let sql = "SELECT MAX(a.decided_at) AS at FROM approvals a WHERE a.tenant_id = ?1 AND a.campaign_id = ?2 \
               AND a.decided_by = ?3 AND EXISTS (SELECT 1 FROM json_each(a.diff, '$.channels') p, \
               json_each(p.value, '$.changes') c WHERE json_extract(c.value, '$.spends') = 1)";
    let last: Option<Last> = database.first(sql, &[campaign_id.into(), POLICY.into()]).await?;
    Ok(last.and_then(|last| last.at))
}

/// A new request.
pub(super) struct Request<'a> {
    pub(super) id: &'a str,
    pub(super) site: &'a str,
    pub(super) kind: Kind,
    pub(super) campaign_id: &'a str,
    pub(super) snapshot_id: &'a str,
    pub(super) snapshot_hash: &'a str,
    pub(super) base_snapshot_id: &'a str,
    pub(super) diff: &'a Diff,
    pub(super) title: &'a str,
    pub(super) reason: &'a str,
    pub(super) requested_by: &'a str,
    pub(super) run_id: &'a str,
    pub(super) now: i64,
}

pub(super) fn insert(request: &Request<'_>) -> Result<Statement> {
    let diff = serde_json::to_string(request.diff).map_err(unreadable)?;
    Ok(Statement::new(
        "INSERT INTO approvals (id, tenant_id, site, kind, campaign_id, snapshot_id, snapshot_hash, base_snapshot_id, \
         diff, title, reason, status, requested_by, run_id, requested_at) \
         VALUES (?2, ?1, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 'pending', ?12, ?13, ?14)",
        vec![
            request.id.into(),
            request.site.into(),
            request.kind.as_str().into(),
            request.campaign_id.into(),
            request.snapshot_id.into(),
            request.snapshot_hash.into(),
            request.base_snapshot_id.into(),
            diff.into(),
            request.title.into(),
            request.reason.into(),
            request.requested_by.into(),
            request.run_id.into(),
            request.now.into(),
        ],
    ))
}

/// The statements that decide a pending request, and only a pending one.
pub(super) fn decide(id: &str, approve: bool, by: &str, comment: &str, now: i64) -> Vec<Statement> {
    let state = if approve { State::Approved } else { State::Rejected };
    vec![
        Statement::require(
            "SELECT 1 FROM approvals WHERE tenant_id = ?1 AND id = ?2 AND status = 'pending'",
            vec![id.into()],
        ),
        Statement::new(
            "UPDATE approvals SET status = ?3, decided_by = ?4, decided_at = ?5, comment = ?6 \
             WHERE tenant_id = ?1 AND id = ?2",
            vec![id.into(), state.as_str().into(), by.into(), now.into(), comment.into()],
        ),
    ]
}

/// The statement that voids what was requested or approved for a campaign and not used. An approval is used once a
/// publication that rests on it is queued, runs or is done; one that failed leaves it unused.
pub(super) fn void(campaign_id: &str) -> Statement {
    Statement::new(
        "UPDATE approvals SET status = 'void' WHERE tenant_id = ?1 AND campaign_id = ?2 \
         AND (status = 'pending' OR (status = 'approved' AND NOT EXISTS (SELECT 1 FROM publications p \
         WHERE p.tenant_id = ?1 AND p.approval_id = approvals.id AND p.status <> 'failed')))",
        vec![campaign_id.into()],
    )
}
