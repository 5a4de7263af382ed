//! Brand guidelines, one row a site.

use campaign::Brand;
use platform::{Error, Statement, TenantDb};
use serde::Deserialize;

/// A site's guidelines with their version; 0 while there are none.
#[derive(Clone, Debug, Default)]
pub struct BrandRecord {
    /// Raised by every change.
    pub version: i64,
    /// The guidelines.
    pub guidelines: Brand,
    /// Who changed them last.
    pub updated_by: String,
    /// UTC ms.
    pub updated_at: i64,
}

#[derive(Deserialize)]
struct Row {
    version: i64,
    guidelines: String,
    updated_by: String,
    updated_at: i64,
}

/// The site's guidelines; empty ones where it has none.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn find(database: &TenantDb, site: &str) -> platform::Result<BrandRecord> {
    let sql = "SELECT version, guidelines, updated_by, updated_at FROM brand_guidelines \
               WHERE tenant_id = ?1 AND site = ?2";
    let Some(row) = database.first::<Row>(sql, &[site.into()]).await? else { return Ok(BrandRecord::default()) };
    Ok(BrandRecord {
        version: row.version,
        guidelines: serde_json::from_str(&row.guidelines).map_err(|error| Error::corrupt("brand guidelines", error))?,
        updated_by: row.updated_by,
        updated_at: row.updated_at,
    })
}

/// The statements that store guidelines in place of those of `version`, and only of those.
///
/// # Errors
/// Never: guidelines are texts.
pub fn store(site: &str, brand: &Brand, version: i64, by: &str, now: i64) -> platform::Result<Vec<Statement>> {
    let text = serde_json::to_string(brand).map_err(|error| Error::corrupt("brand guidelines", error))?;
    let condition = if version == 0 {
        let none = "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM brand_guidelines WHERE tenant_id = ?1 AND site = ?2)";
        Statement::require(none, vec![site.into()])
    } else {
        let this = "SELECT 1 FROM brand_guidelines WHERE tenant_id = ?1 AND site = ?2 AND version = ?3";
        Statement::require(this, vec![site.into(), version.into()])
    };
    Ok(vec![
        condition,
        Statement::new(
            "INSERT INTO brand_guidelines (tenant_id, site, version, guidelines, updated_by, updated_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (tenant_id, site) DO UPDATE SET version = excluded.version, \
             guidelines = excluded.guidelines, updated_by = excluded.updated_by, updated_at = excluded.updated_at",
            vec![site.into(), (version + 1).into(), text.into(), by.into(), now.into()],
        ),
    ])
}
