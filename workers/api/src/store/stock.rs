//! How a site's shop orders, and whether there is anything to learn its stock from.

use ::study::stock::Terms;
use platform::{Error, Statement, TenantDb};
use serde::Deserialize;

#[derive(Deserialize)]
struct Row {
    terms: String,
}

#[derive(Deserialize)]
struct Found {}

/// The site's terms; the usual ones where it has set none.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn terms(database: &TenantDb, site: &str) -> platform::Result<Terms> {
    let sql = "SELECT terms FROM stock_settings WHERE tenant_id = ?1 AND site = ?2";
    let Some(row) = database.first::<Row>(sql, &[site.into()]).await? else { return Ok(Terms::default()) };
    serde_json::from_str(&row.terms).map_err(|error| Error::corrupt("stock terms", error))
}

/// The statement that stores terms in place of those before.
///
/// # Errors
/// Never: terms are numbers.
pub fn store(site: &str, terms: &Terms, by: &str, now: i64) -> platform::Result<Statement> {
    let text = serde_json::to_string(terms).map_err(|error| Error::corrupt("stock terms", error))?;
    Ok(Statement::new(
        "INSERT INTO stock_settings (tenant_id, site, terms, updated_by, updated_at) VALUES (?1, ?2, ?3, ?4, ?5) \
         ON CONFLICT (tenant_id, site) DO UPDATE SET terms = excluded.terms, updated_by = excluded.updated_by, \
         updated_at = excluded.updated_at",
        vec![site.into(), text.into(), by.into(), now.into()],
    ))
}

/// Whether orders with lines were imported.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn has_orders(database: &TenantDb, site: &str) -> platform::Result<bool> {
    let sql = "SELECT 1 FROM shop_order_lines WHERE tenant_id = ?1 AND site = ?2 LIMIT 1";
    Ok(!database.rows::<Found>(sql, &[site.into()]).await?.is_empty())
}
