//! Rows of `publications`: work for a campaign's Publication object.

use serde::Deserialize;

use crate::database::{Statement, TenantDb};
use crate::error::Result;

/// Makes a campaign live for the first time.
pub const PUBLISH: &str = "publish";
/// Makes another document live.
pub const CHANGE: &str = "change";
/// Lets it rest.
pub const PAUSE: &str = "pause";
/// Lets it run again.
pub const RESUME: &str = "resume";
/// Ends it for good.
pub const END: &str = "end";
/// Makes live what was live before, or takes it back where nothing was.
pub const ROLLBACK: &str = "rollback";

/// Waits for the object.
pub const QUEUED: &str = "queued";
/// The object is at it.
pub const RUNNING: &str = "running";
/// Carried out.
pub const DONE: &str = "done";
/// Not carried out; `detail` says why.
pub const FAILED: &str = "failed";

/// A row of `publications`.
#[derive(Clone, Debug, Deserialize)]
pub struct PublicationRow {
    /// Stable id.
    pub id: String,
    /// Site key.
    pub site: String,
    /// The campaign.
    pub campaign_id: String,
    /// [`PUBLISH`], [`CHANGE`], [`PAUSE`], [`RESUME`], [`END`] or [`ROLLBACK`].
    pub action: String,
    /// What is to be live, or is paused, resumed or ended. Empty for a rollback to nothing.
    pub snapshot_id: String,
    /// Its hash, '' where there is no snapshot.
    pub snapshot_hash: String,
    /// What it rests on; '' for what cannot raise spend.
    pub approval_id: String,
    /// [`QUEUED`], [`RUNNING`], [`DONE`] or [`FAILED`].
    pub status: String,
    /// JSON list of `{channel_id, step, of, text}`.
    pub progress: String,
    /// Why it failed.
    pub detail: String,
    /// Who asked.
    pub requested_by: String,
    /// UTC ms.
    pub created_at: i64,
    /// UTC ms.
    pub finished_at: Option<i64>,
}

impl PublicationRow {
    /// Whether it is not over.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(&*self.status, QUEUED | RUNNING)
    }

    /// Whether it changes which document is live.
    #[must_use]
    pub fn moves_document(&self) -> bool {
        matches!(&*self.action, PUBLISH | CHANGE | ROLLBACK)
    }
}

/// The most publications of one campaign that are read.
const MAX_READ: i64 = 200;

/// The latest publications of these campaigns, each campaign's oldest first.
pub(super) async fn of_campaigns<'a>(
    database: &TenantDb,
    ids: impl Iterator<Item = &'a str>,
) -> Result<Vec<PublicationRow>> {
    let sql = format!(
        "SELECT p.id, p.site, p.campaign_id, p.action, p.snapshot_id, COALESCE(s.hash, '') AS snapshot_hash, \
         p.approval_id, p.status, p.progress, p.detail, p.requested_by, p.created_at, p.finished_at \
         FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY campaign_id ORDER BY created_at DESC, id DESC) AS latest \
         FROM publications WHERE tenant_id = ?1 AND campaign_id IN (SELECT value FROM json_each(?2))) p \
         LEFT JOIN campaign_snapshots s ON s.tenant_id = ?1 AND s.id = p.snapshot_id \
         WHERE p.latest <= {MAX_READ} ORDER BY p.created_at, p.id"
    );
    database.rows(&sql, &[super::id_list(ids)]).await
}

/// A new one.
pub(super) struct New<'a> {
    pub(super) id: &'a str,
    pub(super) site: &'a str,
    pub(super) campaign_id: &'a str,
    pub(super) action: &'a str,
    pub(super) snapshot_id: &'a str,
    pub(super) approval_id: &'a str,
    pub(super) requested_by: &'a str,
    pub(super) now: i64,
}

pub(super) fn insert(new: &New<'_>) -> Statement {
    Statement::new(
        "INSERT INTO publications (id, tenant_id, site, campaign_id, action, snapshot_id, approval_id, status, \
         requested_by, created_at) VALUES (?2, ?1, ?3, ?4, ?5, ?6, ?7, 'queued', ?8, ?9)",
        vec![
            new.id.into(),
            new.site.into(),
            new.campaign_id.into(),
            new.action.into(),
            new.snapshot_id.into(),
            new.approval_id.into(),
            new.requested_by.into(),
            new.now.into(),
        ],
    )
}

/// The statements that close an open publication, and only an open one.
pub(super) fn close(id: &str, done: bool, detail: &str, now: i64) -> Vec<Statement> {
    vec![
        Statement::require(
            "SELECT 1 FROM publications WHERE tenant_id = ?1 AND id = ?2 AND status IN ('queued', 'running')",
            vec![id.into()],
        ),
        Statement::new(
            "UPDATE publications SET status = ?3, detail = ?4, finished_at = ?5 WHERE tenant_id = ?1 AND id = ?2",
            vec![id.into(), if done { DONE } else { FAILED }.into(), detail.into(), now.into()],
        ),
    ]
}
