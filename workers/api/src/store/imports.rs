//! Uploads of ad spend: their rows here, their files in R2. The consumer of the queue fills in the rest.

use platform::{Param, Statement, TenantDb};
use serde::Deserialize;

/// A row of `imports`.
#[derive(Clone, Debug, Deserialize)]
pub struct ImportRecord {
    /// Stable id.
    pub id: String,
    /// ad_spend, shopify_orders, shopify_customers or shopify_products.
    pub kind: String,
    /// What the file was called.
    pub file_name: String,
    /// queued, running, done or failed.
    pub status: String,
    /// Rows read.
    pub rows_total: i64,
    /// Rows stored.
    pub rows_loaded: i64,
    /// Rows refused.
    pub rows_rejected: i64,
    /// Size of the file.
    pub bytes_total: i64,
    /// How much of it is stored.
    pub bytes_done: i64,
    /// More about the status.
    pub detail: String,
    /// UTC ms.
    pub created_at: i64,
    /// UTC ms.
    pub finished_at: Option<i64>,
}

/// A refused field of a row.
#[derive(Clone, Debug, Deserialize)]
pub struct ImportErrorRecord {
    /// Line of the file.
    pub row: i64,
    /// Column.
    pub field: String,
    /// What was wrong.
    pub reason: String,
}

/// The kind of an upload of ad spend.
pub const AD_SPEND: &str = "ad_spend";

const COLUMNS: &str = "id, kind, file_name, status, rows_total, rows_loaded, rows_rejected, bytes_total, bytes_done, detail, \
     created_at, finished_at";

/// Most refused fields that are answered.
const MAX_ERRORS: i64 = 500;

/// Most imports that are listed.
const MAX_LISTED: i64 = 200;

/// Where an import's file stands in R2.
#[must_use]
pub fn object_key(tenant: &str, id: &str) -> String {
    format!("imports/{tenant}/{id}.csv")
}

/// The statement that stores a queued import.
#[must_use]
pub fn insert(tenant: &str, site: &str, import: &ImportRecord) -> Statement {
    Statement::new(
        "INSERT INTO imports (id, tenant_id, site, kind, file_name, object_key, status, created_at, \
         bytes_total) VALUES (?2, ?1, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        vec![
            import.id.as_str().into(),
            site.into(),
            import.kind.as_str().into(),
            import.file_name.as_str().into(),
            object_key(tenant, &import.id).into(),
            import.status.as_str().into(),
            import.created_at.into(),
            import.bytes_total.into(),
        ],
    )
}

/// The latest 200 imports, newest first; an empty `site` is any.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn all(database: &TenantDb, site: &str) -> platform::Result<Vec<ImportRecord>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM imports WHERE tenant_id = ?1 AND (?2 = '' OR site = ?2) \
         ORDER BY created_at DESC, id DESC LIMIT {MAX_LISTED}"
    );
    database.rows(&sql, &[Param::from(site)]).await
}

/// The import of this id.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn find(database: &TenantDb, id: &str) -> platform::Result<Option<ImportRecord>> {
    let sql = format!("SELECT {COLUMNS} FROM imports WHERE tenant_id = ?1 AND id = ?2");
    database.first(&sql, &[Param::from(id)]).await
}

/// What an import refused, by line.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn errors(database: &TenantDb, id: &str) -> platform::Result<Vec<ImportErrorRecord>> {
    let sql = format!(
        "SELECT row, field, reason FROM import_errors WHERE tenant_id = ?1 AND import_id = ?2 \
         ORDER BY row, field LIMIT {MAX_ERRORS}"
    );
    database.rows(&sql, &[Param::from(id)]).await
}
