//! Studies: rows of what is being computed and of what was.

use platform::study_object::Kind;
use platform::{Result, TenantDb};
use serde::Deserialize;

/// A row of `studies`.
#[derive(Clone, Debug, Deserialize)]
pub struct StudyRecord {
    /// Its id.
    pub id: String,
    /// running, done or failed.
    pub status: String,
    /// The kind's question, JSON.
    pub question: String,
    /// 0 to 1.
    pub progress: f64,
    /// What it is at, or why it failed.
    pub detail: String,
    /// The kind's answer, JSON; empty unless done.
    pub answer: String,
    /// UTC ms.
    pub requested_at: i64,
    /// UTC ms.
    pub ended_at: Option<i64>,
}

/// A site's latest study of a kind, and the latest that was done: one row where they are the same.
///
/// # Errors
/// The database fails.
pub async fn latest(database: &TenantDb, site: &str, kind: Kind) -> Result<Vec<StudyRecord>> {
    let sql = "SELECT id, status, question, progress, detail, answer, requested_at, ended_at FROM studies \
               WHERE tenant_id = ?1 AND site = ?2 AND kind = ?3 AND requested_at >= COALESCE((SELECT MAX(requested_at) \
               FROM studies WHERE tenant_id = ?1 AND site = ?2 AND kind = ?3 AND status = 'done'), 0) \
               ORDER BY requested_at DESC";
    database.rows(sql, &[site.into(), kind.as_str().into()]).await
}
