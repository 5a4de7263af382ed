//! Where the live feed stands.

use platform::TenantDb;
use serde::Deserialize;

#[derive(Deserialize)]
struct Head {
    seq: i64,
}

/// The highest cursor stored so far over all tenants, 0 when nothing is stored. It is a position, nobody's data.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn head(database: &TenantDb) -> platform::Result<i64> {
    let sql = "SELECT seq FROM events WHERE ?1 <> '' ORDER BY seq DESC LIMIT 1";
    Ok(database.first::<Head>(sql, &[]).await?.map_or(0, |head| head.seq))
}
