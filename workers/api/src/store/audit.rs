//! Reading the audit log. It is written by [`TenantDb::commit`], in the change's own transaction.

use control::audit::{Head, Link};
use platform::TenantDb;

const COLUMNS: &str = "number, id, actor, action, entity, before_json, after_json, at, hash";

/// At most `limit` entries, newest first, before that number; from the end when there is none.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn page(database: &TenantDb, before: Option<i64>, limit: i64) -> platform::Result<Vec<Link>> {
    let sql =
        format!("SELECT {COLUMNS} FROM audit_logs WHERE tenant_id = ?1 AND number < ?2 ORDER BY number DESC LIMIT ?3");
    // D1 keeps 53 bits of a whole number.
    database.rows(&sql, &[before.unwrap_or(i64::MAX >> 11).into(), limit.into()]).await
}

/// At most `limit` entries in the chain's order, after that number.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn chain(database: &TenantDb, after: i64, limit: i64) -> platform::Result<Vec<Link>> {
    let sql = format!("SELECT {COLUMNS} FROM audit_logs WHERE tenant_id = ?1 AND number > ?2 ORDER BY number LIMIT ?3");
    database.rows(&sql, &[after.into(), limit.into()]).await
}

/// Where the chain is recorded to end.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn head(database: &TenantDb) -> platform::Result<Head> {
    let sql = "SELECT number, hash FROM audit_heads WHERE tenant_id = ?1";
    Ok(database.first(sql, &[]).await?.unwrap_or_default())
}
