//! Hourly rollups: dirty hours that have ended are counted anew from their events.

use platform::{Param, Result, Statement, TenantDb, clock, directory};
use serde::Deserialize;
use serde_json::json;
use warehouse::embedded::{DIRTY_HOURS, ROLL_UP};
use worker::Env;

/// Hours counted in one transaction.
const HOURS: i64 = 100;
/// Transactions for one site in one run; what is left waits for the next hour and is read from the events meanwhile.
const ROUNDS: usize = 20;

#[derive(Deserialize)]
struct Hour {
    local_hour: i64,
}

/// Rolls up every site.
pub(crate) async fn run(env: &Env) -> Result<()> {
    for site in directory::sites(env).await? {
        let outcome = roll_up(env, &site).await;
        match outcome {
            Ok(0) => {}
            Ok(hours) => platform::log::info(
                "cron",
                &site.tenant_id,
                "rolled up",
                &[("site", json!(site.key)), ("hours", json!(hours))],
            ),
            Err(error) => platform::log::error("cron", &site.tenant_id, "rolling up failed", &error),
        }
    }
    Ok(())
}

async fn roll_up(env: &Env, site: &directory::SiteRow) -> Result<usize> {
    let zone = calendar::Zone::parse(&site.time_zone).map_err(|e| platform::Error::corrupt("site time zone", e))?;
    let this_hour = zone.local_hour(clock::now_ms());
    let database = TenantDb::new(env, &site.tenant_id)?;
    let mut done = 0;
    for _ in 0..ROUNDS {
        let key = || Param::from(site.key.as_str());
        let hours: Vec<Hour> = database.rows(DIRTY_HOURS, &[key(), this_hour.into(), HOURS.into()]).await?;
        if hours.is_empty() {
            break;
        }
        done += hours.len();
        let list = json!(hours.iter().map(|hour| hour.local_hour).collect::<Vec<_>>()).to_string();
        let statements = ROLL_UP.map(|sql| Statement::new(sql, vec![key(), Param::Text(list.clone())]));
        database.transaction(&statements).await?;
    }
    Ok(done)
}
