//! API keys.

use platform::{Param, Statement, TenantDb};
use serde::Deserialize;

/// A key without what it is made of.
#[derive(Clone, Debug, Deserialize)]
pub struct KeyRecord {
    /// Stable id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What it may do at most.
    pub role: String,
    /// JSON list of permissions.
    pub scopes: String,
    /// Its first characters.
    pub prefix: String,
    /// Who made it.
    pub created_by: String,
    /// UTC ms.
    pub created_at: i64,
    /// UTC ms; `None`: never.
    pub expires_at: Option<i64>,
    /// UTC ms.
    pub last_used_at: Option<i64>,
    /// UTC ms.
    pub revoked_at: Option<i64>,
}

const COLUMNS: &str = "id, name, role, scopes, prefix, created_by, created_at, expires_at, last_used_at, revoked_at";

/// The latest 200 keys, newest first.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn all(database: &TenantDb) -> platform::Result<Vec<KeyRecord>> {
    let sql =
        format!("SELECT {COLUMNS} FROM api_keys WHERE tenant_id = ?1 ORDER BY created_at DESC, id DESC LIMIT 200");
    database.rows(&sql, &[]).await
}

/// The key of this id.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn find(database: &TenantDb, id: &str) -> platform::Result<Option<KeyRecord>> {
    database.first(&format!("SELECT {COLUMNS} FROM api_keys WHERE tenant_id = ?1 AND id = ?2"), &[id.into()]).await
}

/// Stores a key.
#[must_use]
pub fn insert(record: &KeyRecord, secret_hash: &str) -> Statement {
    Statement::new(
        "INSERT INTO api_keys (id, tenant_id, name, role, scopes, prefix, secret_hash, created_by, created_at, \
         expires_at) VALUES (?2, ?1, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        vec![
            Param::from(record.id.as_str()),
            record.name.as_str().into(),
            record.role.as_str().into(),
            record.scopes.as_str().into(),
            record.prefix.as_str().into(),
            secret_hash.into(),
            record.created_by.as_str().into(),
            record.created_at.into(),
            record.expires_at.into(),
        ],
    )
}

/// The statements that revoke a key, once.
#[must_use]
pub fn revoke(id: &str, now: i64) -> Vec<Statement> {
    vec![
        Statement::require(
            "SELECT 1 FROM api_keys WHERE tenant_id = ?1 AND id = ?2 AND revoked_at IS NULL",
            vec![id.into()],
        ),
        Statement::new(
            "UPDATE api_keys SET revoked_at = ?3 WHERE tenant_id = ?1 AND id = ?2",
            vec![id.into(), now.into()],
        ),
    ]
}

/// Writes down that a key was used. This tells of reading, changes nothing a person set, and so has no audit entry.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn note_use(database: &TenantDb, id: &str, now: i64) -> platform::Result<()> {
    let sql = "UPDATE api_keys SET last_used_at = ?3 WHERE tenant_id = ?1 AND id = ?2";
    database.run(sql, &[id.into(), now.into()]).await.map(|_| ())
}
