//! Retention: raw events past their site's term go, once they are rolled up. Touchpoints, purchases and refunds stay,
//! and so do sessions and rollups, which are closed by it: what was counted is not counted anew from what is left. The raw log's term is a lifecycle rule of its bucket. Answers that were kept under an
//! `Idempotency-Key` go after their day.

use control::audit::{Entry, SYSTEM};
use platform::{Param, Result, Statement, TenantDb, clock, directory};
use serde_json::json;
use std::collections::BTreeSet;
use warehouse::embedded;
use worker::Env;

/// Rows removed in one statement.
const ROWS: i64 = 5_000;
/// Statements for one site in one run; the rest waits for the next night.
const ROUNDS: usize = 40;

/// Removes what is past its term, site by site and tenant by tenant.
pub(crate) async fn run(env: &Env) -> Result<()> {
    let mut tenants = BTreeSet::new();
    for site in directory::sites(env).await? {
        if tenants.insert(site.tenant_id.clone())
            && let Err(error) = forget_answers(env, &site.tenant_id).await
        {
            platform::log::error("cron", &site.tenant_id, "forgetting kept answers failed", &error);
        }
        if let Err(error) = retire(env, &site).await {
            platform::log::error("cron", &site.tenant_id, "retention failed", &error);
        }
    }
    Ok(())
}

async fn forget_answers(env: &Env, tenant: &str) -> Result<()> {
    let before = clock::now_ms() - control::idempotency::KEPT_MS;
    let sql = "DELETE FROM idempotency_keys WHERE tenant_id = ?1 AND created_at < ?2";
    TenantDb::new(env, tenant)?.run(sql, &[before.into()]).await.map(|_| ())
}

async fn retire(env: &Env, site: &directory::SiteRow) -> Result<()> {
    let zone = calendar::Zone::parse(&site.time_zone).map_err(|e| platform::Error::corrupt("site time zone", e))?;
    let now = clock::now_ms();
    let before = zone.local_hour(now) - site.retention_days * 24;
    let database = TenantDb::new(env, &site.tenant_id)?;
    let values = || vec![Param::from(site.key.as_str()), before.into()];
    database.transaction(&embedded::close().map(|sql| Statement::new(sql, values()))).await?;
    let retire = embedded::retire();
    let mut removed = 0;
    for _ in 0..ROUNDS {
        let rows = database.run(&retire, &[values(), vec![ROWS.into()]].concat()).await?;
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
