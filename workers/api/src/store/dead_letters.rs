//! Messages that failed for good.

use platform::{Param, Statement, TenantDb};
use serde::Deserialize;

/// A row of `dead_letters`.
#[derive(Clone, Debug, Deserialize)]
pub struct DeadLetterRecord {
    /// Stable id.
    pub id: String,
    /// What it was for.
    pub queue: String,
    /// A JSON object.
    pub message: String,
    /// Why it failed.
    pub reason: String,
    /// How often it was tried.
    pub attempts: i64,
    /// UTC ms.
    pub failed_at: i64,
    /// open, replayed or dismissed.
    pub status: String,
    /// Who decided, empty while open.
    pub decided_by: String,
    /// UTC ms.
    pub decided_at: Option<i64>,
}

/// Every status.
pub const STATES: [&str; 3] = ["open", "replayed", "dismissed"];

const COLUMNS: &str = "id, queue, message, reason, attempts, failed_at, status, decided_by, decided_at";

/// The latest, newest first; an empty status is any.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn latest(database: &TenantDb, status: &str, limit: i64) -> platform::Result<Vec<DeadLetterRecord>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM dead_letters WHERE tenant_id = ?1 AND (?2 = '' OR status = ?2) \
         ORDER BY failed_at DESC, id DESC LIMIT ?3"
    );
    database.rows(&sql, &[status.into(), limit.into()]).await
}

/// The one of this id.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn find(database: &TenantDb, id: &str) -> platform::Result<Option<DeadLetterRecord>> {
    let sql = format!("SELECT {COLUMNS} FROM dead_letters WHERE tenant_id = ?1 AND id = ?2");
    database.first(&sql, &[Param::from(id)]).await
}

/// The statements that decide an open one, and only an open one.
#[must_use]
pub fn decide(id: &str, status: &str, by: &str, now: i64) -> Vec<Statement> {
    vec![
        Statement::require(
            "SELECT 1 FROM dead_letters WHERE tenant_id = ?1 AND id = ?2 AND status = 'open'",
            vec![id.into()],
        ),
        Statement::new(
            "UPDATE dead_letters SET status = ?3, decided_by = ?4, decided_at = ?5 WHERE tenant_id = ?1 AND id = ?2",
            vec![id.into(), status.into(), by.into(), now.into()],
        ),
    ]
}
