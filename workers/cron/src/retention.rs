//! Retention: raw events past their site's term go, once they are rolled up. Touchpoints, purchases and refunds stay,
//! and so do sessions and rollups. The raw log's term is a lifecycle rule of its bucket.

use control::audit::{Entry, SYSTEM};
use platform::{Result, TenantDb, clock, directory};
use serde_json::json;
use warehouse::embedded::RETIRE;
use worker::Env;

/// Rows removed in one statement.
const ROWS: i64 = 5_000;
/// Statements for one site in one run; the rest waits for the next night.
const ROUNDS: usize = 40;

/// Removes what is past its term, site by site.
pub(crate) async fn run(env: &Env) -> Result<()> {
    for site in directory::sites(env).await? {
        if let Err(error) = retire(env, &site).await {
            platform::log::error("cron", &site.tenant_id, "retention failed", &error);
        }
    }
    Ok(())
}

async fn retire(env: &Env, site: &directory::SiteRow) -> Result<()> {
    let zone = calendar::Zone::parse(&site.time_zone).map_err(|e| platform::Error::corrupt("site time zone", e))?;
    let now = clock::now_ms();
    let before = zone.local_hour(now) - site.retention_days * 24;
    let database = TenantDb::new(env, &site.tenant_id)?;
    let mut removed = 0;
    for _ in 0..ROUNDS {
        let rows = database.run(RETIRE, &[site.key.as_str().into(), before.into(), ROWS.into()]).await?;
        removed += rows;
        if rows == 0 {
            break;
        }
    }
    if removed == 0 {
        return Ok(());
    }
    let after = json!({ "removed": removed, "before_local_hour": before, "retention_days": site.retention_days });
    let entry = Entry {
        actor: SYSTEM.to_owned(),
        action: "events.retire",
        entity: format!("site:{}", site.key),
        before: None,
        after: Some(after),
        at: now,
    };
    database.commit("retention", &[], &[entry]).await
}
