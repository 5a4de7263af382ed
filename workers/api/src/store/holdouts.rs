//! Incrementality tests and what they showed.

use platform::{Result, Statement, TenantDb};
use serde::Deserialize;

/// A row of `holdouts`.
#[derive(Clone, Debug, Deserialize)]
pub struct HoldoutRecord {
    /// Stable id.
    pub id: String,
    /// Site key.
    pub site: String,
    /// For people.
    pub name: String,
    /// First day, local.
    pub first_day: i64,
    /// Last day, local, included.
    pub last_day: i64,
    /// JSON `study::holdouts::Design`.
    pub design: String,
    /// open, done, stopped.
    pub status: String,
    /// JSON `study::holdouts::Readout`; empty unless done.
    pub readout: String,
    /// UTC ms.
    pub created_at: i64,
    /// UTC ms.
    pub ended_at: Option<i64>,
}

const COLUMNS: &str = "id, site, name, first_day, last_day, design, status, readout, created_at, ended_at";

/// A site's latest 200 tests, the one that begins last first.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn of_site(database: &TenantDb, site: &str) -> Result<Vec<HoldoutRecord>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM holdouts WHERE tenant_id = ?1 AND site = ?2 \
         ORDER BY first_day DESC, created_at DESC, id LIMIT 200"
    );
    database.rows(&sql, &[site.into()]).await
}

/// The test of this id.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn find(database: &TenantDb, id: &str) -> Result<Option<HoldoutRecord>> {
    let sql = format!("SELECT {COLUMNS} FROM holdouts WHERE tenant_id = ?1 AND id = ?2");
    database.first(&sql, &[id.into()]).await
}

/// The statement that stores a test.
#[must_use]
pub fn insert(record: &HoldoutRecord, channel: &str, kind: &str, created_by: &str) -> Statement {
    Statement::new(
        "INSERT INTO holdouts (tenant_id, id, site, name, channel, kind, first_day, last_day, design, created_by, created_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        vec![
            record.id.as_str().into(),
            record.site.as_str().into(),
            record.name.as_str().into(),
            channel.into(),
            kind.into(),
            record.first_day.into(),
            record.last_day.into(),
            record.design.as_str().into(),
            created_by.into(),
            record.created_at.into(),
        ],
    )
}

/// The statements that end a test that is open; they fail when it no longer is.
#[must_use]
pub fn ended(id: &str, status: &str, readout: &str, by: &str, now: i64) -> [Statement; 2] {
    [
        Statement::require(
            "SELECT 1 FROM holdouts WHERE tenant_id = ?1 AND id = ?2 AND status = 'open'",
            vec![id.into()],
        ),
        Statement::new(
            "UPDATE holdouts SET status = ?3, readout = ?4, ended_by = ?5, ended_at = ?6 WHERE tenant_id = ?1 AND id = ?2",
            vec![id.into(), status.into(), readout.into(), by.into(), now.into()],
        ),
    ]
}
