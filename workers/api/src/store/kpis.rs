//! The KPI queries that were made ahead. [`platform::questions`] makes them.

use platform::TenantDb;
use serde::Deserialize;

/// A row of `kpi_queries`.
#[derive(Clone, Debug, Deserialize)]
pub struct KpiRecord {
    /// Stable id.
    pub id: String,
    /// What to call it.
    pub title: String,
    /// The question it answers.
    pub question: String,
    /// What it says, in words.
    pub definition: String,
    /// money, count, ratio or percent.
    pub unit: String,
    /// The SQL.
    pub sql: String,
    /// JSON: the days, and what the parameters stand for.
    pub window: String,
    /// What it was made for.
    pub schema_version: String,
}

/// A site's KPI queries, in the order people should see them.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn all(database: &TenantDb, site: &str) -> platform::Result<Vec<KpiRecord>> {
    let sql = "SELECT id, title, question, definition, unit, sql, window, schema_version FROM kpi_queries \
               WHERE tenant_id = ?1 AND site = ?2 ORDER BY position";
    database.rows(sql, &[site.into()]).await
}
