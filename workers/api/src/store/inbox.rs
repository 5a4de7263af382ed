//! Refused events.

use platform::{Param, Statement, TenantDb};
use serde::Deserialize;

/// The states a refused event can be in.
pub const STATES: [&str; 3] = ["open", "replayed", "dismissed"];

/// A row of `events_inbox`.
#[derive(Clone, Debug, Deserialize)]
pub struct InboxRecord {
    /// Stable id.
    pub id: String,
    /// Site key.
    pub site: String,
    /// Who refused it.
    pub source: String,
    /// Field at fault.
    pub field: String,
    /// What was wrong.
    pub reason: String,
    /// What was sent.
    pub payload: String,
    /// UTC ms.
    pub received_at: i64,
    /// One of [`STATES`].
    pub status: String,
}

const COLUMNS: &str = "id, site, source, field, reason, payload, received_at, status";

/// At most `limit` rows, newest first, after the last one of the page before (its time and id). An empty `site` or
/// `status` is any.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn page(
    database: &TenantDb,
    status: &str,
    site: &str,
    after: Option<(i64, String)>,
    limit: i64,
) -> platform::Result<Vec<InboxRecord>> {
    let (t, id) = after.unwrap_or((i64::MAX >> 11, String::new()));
    let sql = format!(
        "SELECT {COLUMNS} FROM events_inbox WHERE tenant_id = ?1 AND (?2 = '' OR status = ?2) \
         AND (?3 = '' OR site = ?3) AND (received_at < ?4 OR (received_at = ?4 AND id < ?5)) \
         ORDER BY received_at DESC, id DESC LIMIT ?6"
    );
    let params = [status.into(), site.into(), t.into(), id.into(), limit.into()];
    database.rows(&sql, &params).await
}

/// The row of this id.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn find(database: &TenantDb, id: &str) -> platform::Result<Option<InboxRecord>> {
    let sql = format!("SELECT {COLUMNS} FROM events_inbox WHERE tenant_id = ?1 AND id = ?2");
    database.first(&sql, &[Param::from(id)]).await
}

/// The statement that moves an open row to another state; it changes nothing when the row is no longer open.
#[must_use]
pub fn close(id: &str, status: &str, now: i64) -> Statement {
    Statement::new(
        "UPDATE events_inbox SET status = ?3, processed_at = ?4 WHERE tenant_id = ?1 AND id = ?2 AND status = 'open'",
        vec![id.into(), status.into(), now.into()],
    )
}

/// The statement that keeps a row open with the reason of its latest refusal.
#[must_use]
pub fn refuse_again(id: &str, field: &str, reason: &str, now: i64) -> Statement {
    Statement::new(
        "UPDATE events_inbox SET field = ?3, reason = ?4, processed_at = ?5 WHERE tenant_id = ?1 AND id = ?2",
        vec![id.into(), field.into(), reason.into(), now.into()],
    )
}
