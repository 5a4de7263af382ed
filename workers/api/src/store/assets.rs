//! Uploaded images: their rows here, their bytes in R2.

use platform::{Statement, TenantDb};
use serde::Deserialize;

/// A row of `ad_assets`.
#[derive(Clone, Debug, Deserialize)]
pub struct AssetRecord {
    /// Stable id.
    pub id: String,
    /// Site key.
    pub site: String,
    /// image.
    #[serde(rename = "type")]
    pub kind: String,
    /// For people.
    pub title: String,
    /// Alternative text.
    pub text: String,
    /// Where the bytes are.
    pub object_key: String,
    /// As sniffed.
    pub media_type: String,
    /// Pixels.
    pub width: i64,
    /// Pixels.
    pub height: i64,
    /// Size.
    pub bytes: i64,
    /// SHA-256, hex.
    pub sha256: String,
    /// Who.
    pub created_by: String,
    /// UTC ms.
    pub created_at: i64,
}

const COLUMNS: &str =
    "id, site, type, title, text, object_key, media_type, width, height, bytes, sha256, created_by, created_at";

/// The most images that are listed.
const MAX_LISTED: i64 = 500;

/// Where an image stands in R2.
#[must_use]
pub fn object_key(tenant: &str, id: &str) -> String {
    format!("assets/{tenant}/{id}")
}

/// The statement that stores an image's row.
#[must_use]
pub fn insert(asset: &AssetRecord) -> Statement {
    Statement::new(
        "INSERT INTO ad_assets (id, tenant_id, site, type, title, text, object_key, media_type, width, height, bytes, \
         sha256, created_by, created_at) VALUES (?2, ?1, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        vec![
            asset.id.as_str().into(),
            asset.site.as_str().into(),
            asset.kind.as_str().into(),
            asset.title.as_str().into(),
            asset.text.as_str().into(),
            asset.object_key.as_str().into(),
            asset.media_type.as_str().into(),
            asset.width.into(),
            asset.height.into(),
            asset.bytes.into(),
            asset.sha256.as_str().into(),
            asset.created_by.as_str().into(),
            asset.created_at.into(),
        ],
    )
}

/// The latest 500 images, newest first; an empty `site` is any.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn all(database: &TenantDb, site: &str) -> platform::Result<Vec<AssetRecord>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM ad_assets WHERE tenant_id = ?1 AND (?2 = '' OR site = ?2) AND deleted_at IS NULL \
         ORDER BY created_at DESC, id DESC LIMIT {MAX_LISTED}"
    );
    database.rows(&sql, &[site.into()]).await
}

/// The image of this id that is not deleted.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn find(database: &TenantDb, id: &str) -> platform::Result<Option<AssetRecord>> {
    let sql = format!("SELECT {COLUMNS} FROM ad_assets WHERE tenant_id = ?1 AND id = ?2 AND deleted_at IS NULL");
    database.first(&sql, &[id.into()]).await
}

/// What a campaign that is not over and shows an image is called, `None` where there is none. A document that was live
/// counts, too: a rollback may need its images.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn used_by(database: &TenantDb, id: &str) -> platform::Result<Option<String>> {
    #[derive(Deserialize)]
    struct Name {
        name: String,
    }
    // An id is a UUID, so it stands in a text only where it is meant.
    let sql = "SELECT c.name FROM campaigns c WHERE c.tenant_id = ?1 AND c.status <> 'ended' AND (EXISTS \
               (SELECT 1 FROM ads a WHERE a.tenant_id = ?1 AND a.campaign_id = c.id AND instr(a.creative_json, ?2) > 0) \
               OR EXISTS (SELECT 1 FROM campaign_snapshots s WHERE s.tenant_id = ?1 AND s.campaign_id = c.id \
               AND instr(s.document, ?2) > 0)) LIMIT 1";
    let row: Option<Name> = database.first(sql, &[id.into()]).await?;
    Ok(row.map(|row| row.name))
}

/// The statements that delete an image, and only one that is there.
#[must_use]
pub fn delete(id: &str, now: i64) -> Vec<Statement> {
    vec![
        Statement::require(
            "SELECT 1 FROM ad_assets WHERE tenant_id = ?1 AND id = ?2 AND deleted_at IS NULL",
            vec![id.into()],
        ),
        Statement::new(
            "UPDATE ad_assets SET deleted_at = ?3 WHERE tenant_id = ?1 AND id = ?2",
            vec![id.into(), now.into()],
        ),
    ]
}
