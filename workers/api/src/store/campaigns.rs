//! What stands around campaigns: the accounts and images they may name, what is ours at providers, who changed what.
//! Campaigns themselves are read and changed by [`platform::campaigns`].

use platform::{Param, TenantDb};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

/// A row of `remote_objects`.
#[derive(Clone, Debug, Deserialize)]
pub struct RemoteObjectRecord {
    /// The account.
    pub channel_id: String,
    /// What it is there.
    pub kind: String,
    /// Our id.
    pub local_id: String,
    /// The provider's id.
    pub external_id: String,
    /// Its name there.
    pub name: String,
    /// paused, active or removed.
    pub status: String,
    /// UTC ms.
    pub updated_at: i64,
}

/// What of a campaign is at providers; at most 1000.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn remote_objects(database: &TenantDb, campaign_id: &str) -> platform::Result<Vec<RemoteObjectRecord>> {
    let sql = "SELECT channel_id, kind, local_id, external_id, name, status, updated_at FROM remote_objects \
               WHERE tenant_id = ?1 AND campaign_id = ?2 ORDER BY channel_id, kind, local_id LIMIT 1000";
    database.rows(sql, &[campaign_id.into()]).await
}

/// A change of a campaign.
#[derive(Clone, Debug, Deserialize)]
pub struct HistoryRecord {
    /// UTC ms.
    pub at: i64,
    /// Who.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// JSON, or empty.
    pub before_json: String,
    /// JSON, or empty.
    pub after_json: String,
}

/// The latest 200 changes of a campaign, newest first.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn history(database: &TenantDb, campaign_id: &str) -> platform::Result<Vec<HistoryRecord>> {
    let sql = "SELECT at, actor, action, before_json, after_json FROM audit_logs \
               WHERE tenant_id = ?1 AND entity = ?2 ORDER BY number DESC LIMIT 200";
    database.rows(sql, &[format!("campaign:{campaign_id}").into()]).await
}

#[derive(Deserialize)]
struct Named {
    id: String,
    name: String,
}

/// The names of the tenant's people, by user id.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn names(database: &TenantDb) -> platform::Result<BTreeMap<String, String>> {
    let sql = "SELECT u.id, u.name FROM memberships m JOIN users u ON u.id = m.user_id WHERE m.tenant_id = ?1";
    let rows: Vec<Named> = database.rows(sql, &[]).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
}

/// What checks need to know of an image.
#[derive(Clone, Debug, Deserialize)]
pub struct AssetFactsRecord {
    /// Stable id.
    pub id: String,
    /// As sniffed.
    pub media_type: String,
    /// Pixels.
    pub width: i64,
    /// Pixels.
    pub height: i64,
    /// Size.
    pub bytes: i64,
}

/// The site's images of these ids that are not deleted.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn assets(database: &TenantDb, site: &str, ids: &[&str]) -> platform::Result<Vec<AssetFactsRecord>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let sql = "SELECT id, media_type, width, height, bytes FROM ad_assets WHERE tenant_id = ?1 AND site = ?2 \
               AND deleted_at IS NULL AND id IN (SELECT value FROM json_each(?3))";
    database.rows(sql, &[site.into(), json!(ids).to_string().into()]).await
}

/// A campaign's time.
#[derive(Clone, Debug, Deserialize)]
pub struct FlightRecord {
    /// The campaign.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its status.
    pub status: String,
    /// UTC ms.
    pub start_at: Option<i64>,
    /// UTC ms.
    pub end_at: Option<i64>,
}

/// A site's campaigns whose planned time touches a stretch of time; at most 200. Those with no start and no end are left
/// out: there is nothing to draw.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn flights(database: &TenantDb, site: &str, from: i64, to: i64) -> platform::Result<Vec<FlightRecord>> {
    let sql = "SELECT id, name, status, start_at, end_at FROM campaigns WHERE tenant_id = ?1 AND site = ?2 \
               AND (start_at IS NOT NULL OR end_at IS NOT NULL) AND COALESCE(start_at, ?3) < ?4 \
               AND COALESCE(end_at, ?3) >= ?3 ORDER BY COALESCE(start_at, 0), id LIMIT 200";
    let params: [Param; 3] = [site.into(), from.into(), to.into()];
    database.rows(sql, &params).await
}
