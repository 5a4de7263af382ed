//! Reading the audit log. It is written by [`TenantDb::commit`], in the change's own transaction.

use platform::TenantDb;
use serde::Deserialize;

/// A stored change.
#[derive(Debug, Deserialize)]
pub struct AuditRecord {
    /// Stable id.
    pub id: String,
    /// Who.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// To what.
    pub entity: String,
    /// JSON, or empty.
    pub before_json: String,
    /// JSON, or empty.
    pub after_json: String,
    /// UTC ms.
    pub at: i64,
}

/// At most `limit` rows, newest first, after the last one of the page before (its time and id).
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn page(database: &TenantDb, after: Option<(i64, String)>, limit: i64) -> platform::Result<Vec<AuditRecord>> {
    let (t, id) = after.unwrap_or((i64::MAX >> 11, String::new()));
    let sql = "SELECT id, actor, action, entity, before_json, after_json, at FROM audit_logs \
               WHERE tenant_id = ?1 AND (at < ?2 OR (at = ?2 AND id < ?3)) ORDER BY at DESC, id DESC LIMIT ?4";
    database.rows(sql, &[t.into(), id.into(), limit.into()]).await
}
