//! Rows of `calendar_entries`.

use campaign::calendar::Kind;
use serde::Deserialize;

use crate::database::{Statement, TenantDb};
use crate::error::Result;

/// A row of `calendar_entries`, with the name and status of its campaign.
#[derive(Clone, Debug, Deserialize)]
pub struct EntryRow {
    /// Stable id.
    pub id: String,
    /// Site key.
    pub site: String,
    /// The campaign it is about, '' for none.
    pub campaign_id: String,
    /// [`Kind`].
    pub kind: String,
    /// For people.
    pub title: String,
    /// UTC ms.
    pub at: i64,
    /// planned, done, failed or cancelled.
    pub status: String,
    /// Why it failed.
    pub detail: String,
    /// Who made it.
    pub created_by: String,
    /// UTC ms.
    pub created_at: i64,
    /// The campaign's name, '' for none.
    pub campaign_name: String,
    /// The campaign's status, '' for none.
    pub campaign_status: String,
}

const SELECT: &str = "SELECT e.id, e.site, e.campaign_id, e.kind, e.title, e.at, e.status, e.detail, e.created_by, \
     e.created_at, COALESCE(c.name, '') AS campaign_name, COALESCE(c.status, '') AS campaign_status \
     FROM calendar_entries e LEFT JOIN campaigns c ON c.tenant_id = ?1 AND c.id = e.campaign_id \
     WHERE e.tenant_id = ?1";

/// The most entries that are read at once.
const MAX_READ: i64 = 1_000;

/// A site's entries from one instant up to another, in order; cancelled ones are left out.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn between(database: &TenantDb, site: &str, from: i64, to: i64) -> Result<Vec<EntryRow>> {
    let sql = format!(
        "{SELECT} AND e.site = ?2 AND e.at >= ?3 AND e.at < ?4 AND e.status <> 'cancelled' \
         ORDER BY e.at, e.id LIMIT {MAX_READ}"
    );
    database.rows(&sql, &[site.into(), from.into(), to.into()]).await
}

/// The entry of this id.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn find(database: &TenantDb, id: &str) -> Result<Option<EntryRow>> {
    database.first(&format!("{SELECT} AND e.id = ?2"), &[id.into()]).await
}

/// What is to be carried out and whose time has come, in order.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn due(database: &TenantDb, now: i64) -> Result<Vec<EntryRow>> {
    let sql = format!(
        "{SELECT} AND e.status = 'planned' AND e.kind <> 'note' AND e.at <= ?2 ORDER BY e.at, e.id LIMIT {MAX_READ}"
    );
    database.rows(&sql, &[now.into()]).await
}

/// The planned entry of this kind of a campaign.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn planned(database: &TenantDb, campaign_id: &str, kind: Kind) -> Result<Option<EntryRow>> {
    let sql = format!("{SELECT} AND e.campaign_id = ?2 AND e.kind = ?3 AND e.status = 'planned' ORDER BY e.at LIMIT 1");
    database.first(&sql, &[campaign_id.into(), kind.as_str().into()]).await
}

/// A new entry.
#[derive(Clone, Debug)]
pub struct New<'a> {
    /// Fresh.
    pub id: &'a str,
    /// Site key.
    pub site: &'a str,
    /// '' for none.
    pub campaign_id: &'a str,
    /// What happens then.
    pub kind: Kind,
    /// For people.
    pub title: &'a str,
    /// UTC ms.
    pub at: i64,
    /// Who.
    pub created_by: &'a str,
    /// UTC ms.
    pub now: i64,
}

/// The statement that stores a planned entry.
#[must_use]
pub fn insert(new: &New<'_>) -> Statement {
    Statement::new(
        "INSERT INTO calendar_entries (id, tenant_id, site, campaign_id, kind, title, at, status, created_by, created_at) \
         VALUES (?2, ?1, ?3, ?4, ?5, ?6, ?7, 'planned', ?8, ?9)",
        vec![
            new.id.into(),
            new.site.into(),
            new.campaign_id.into(),
            new.kind.as_str().into(),
            new.title.into(),
            new.at.into(),
            new.created_by.into(),
            new.now.into(),
        ],
    )
}

/// The statements that move or rename a planned entry, and only a planned one.
#[must_use]
pub fn change(id: &str, title: &str, at: i64) -> Vec<Statement> {
    vec![
        still_planned(id),
        Statement::new(
            "UPDATE calendar_entries SET title = ?3, at = ?4 WHERE tenant_id = ?1 AND id = ?2",
            vec![id.into(), title.into(), at.into()],
        ),
    ]
}

/// The statements that close a planned entry, and only a planned one.
#[must_use]
pub fn close(id: &str, status: &str, detail: &str) -> Vec<Statement> {
    vec![
        still_planned(id),
        Statement::new(
            "UPDATE calendar_entries SET status = ?3, detail = ?4 WHERE tenant_id = ?1 AND id = ?2",
            vec![id.into(), status.into(), detail.into()],
        ),
    ]
}

fn still_planned(id: &str) -> Statement {
    Statement::require(
        "SELECT 1 FROM calendar_entries WHERE tenant_id = ?1 AND id = ?2 AND status = 'planned'",
        vec![id.into()],
    )
}

/// The statement that closes a campaign's planned launches.
pub(super) fn close_launches(campaign_id: &str, status: &str, detail: &str) -> Statement {
    Statement::new(
        "UPDATE calendar_entries SET status = ?3, detail = ?4 \
         WHERE tenant_id = ?1 AND campaign_id = ?2 AND kind = 'launch' AND status = 'planned'",
        vec![campaign_id.into(), status.into(), detail.into()],
    )
}

/// The statement that cancels everything planned for a campaign but one entry.
pub(super) fn cancel_others(campaign_id: &str, entry: &str) -> Statement {
    Statement::new(
        "UPDATE calendar_entries SET status = 'cancelled' \
         WHERE tenant_id = ?1 AND campaign_id = ?2 AND id <> ?3 AND kind <> 'note' AND status = 'planned'",
        vec![campaign_id.into(), entry.into()],
    )
}
