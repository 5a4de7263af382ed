//! Sites as the API shows them.

use platform::{Param, TenantDb};
use serde::Deserialize;

/// What the API needs of a row of `sites`.
#[derive(Clone, Debug, Deserialize)]
pub struct SiteRecord {
    /// Public key.
    pub key: String,
    /// Name.
    pub name: String,
    /// ISO 4217.
    pub currency: String,
    /// IANA zone.
    pub time_zone: String,
    /// JSON list of origins.
    pub origins: String,
    /// Inactivity that ends a session, ms.
    pub session_timeout_ms: i64,
    /// Days before a conversion in which touchpoints count.
    pub lookback_days: i64,
}

const COLUMNS: &str = "key, name, currency, time_zone, origins, session_timeout_ms, lookback_days";

/// The tenant's sites, oldest first.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn all(database: &TenantDb) -> platform::Result<Vec<SiteRecord>> {
    let sql = format!("SELECT {COLUMNS} FROM sites WHERE tenant_id = ?1 ORDER BY created_at, key");
    database.rows(&sql, &[]).await
}

/// The tenant's site of this key, or its first one when no key is given.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn find(database: &TenantDb, key: Option<&str>) -> platform::Result<Option<SiteRecord>> {
    match key {
        Some(key) => {
            let sql = format!("SELECT {COLUMNS} FROM sites WHERE tenant_id = ?1 AND key = ?2");
            database.first(&sql, &[Param::from(key)]).await
        }
        None => {
            let sql = format!("SELECT {COLUMNS} FROM sites WHERE tenant_id = ?1 ORDER BY created_at, key LIMIT 1");
            database.first(&sql, &[]).await
        }
    }
}

#[derive(Deserialize)]
struct Sealed {
    secret_sealed: String,
}

/// The sealed signing secret of the tenant's site.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn sealed_secret(database: &TenantDb, key: &str) -> platform::Result<Option<String>> {
    let sql = "SELECT secret_sealed FROM sites WHERE tenant_id = ?1 AND key = ?2";
    let sealed: Option<Sealed> = database.first(sql, &[Param::from(key)]).await?;
    Ok(sealed.map(|sealed| sealed.secret_sealed))
}
