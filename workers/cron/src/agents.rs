//! Agents that nobody starts by hand: each night the pacer and the optimizer for every live campaign, Mondays the analyst
//! for every site; and the sweep that wakes runs whose object was not told of them.

use control::audit::SYSTEM;
use platform::run_object::{self, NewRun};
use platform::{Result, TenantDb, clock, directory, random};
use serde::Deserialize;
use serde_json::{Value, json};
use worker::Env;

/// Runs that began longer ago than this and have not ended are woken, ms. Waking one that is at work does no harm.
const FORGOTTEN_MS: i64 = 60_000;
/// Runs of a tenant woken in one sweep.
const MOST_WOKEN: i64 = 50;
/// Agents that look after what is live.
const NIGHTLY: [&str; 2] = ["pacer", "optimizer"];

#[derive(Deserialize)]
struct Id {
    id: String,
}

/// Asks the pacer and the optimizer for every live campaign.
pub(crate) async fn nightly(env: &Env) -> Result<()> {
    for site in directory::sites(env).await? {
        if let Err(error) = look_after(env, &site).await {
            platform::log::error("cron", &site.tenant_id, "asking for the night's runs failed", &error);
        }
    }
    Ok(())
}

async fn look_after(env: &Env, site: &directory::SiteRow) -> Result<()> {
    let database = TenantDb::new(env, &site.tenant_id)?;
    let sql = "SELECT id FROM campaigns WHERE tenant_id = ?1 AND site = ?2 AND status = 'live' ORDER BY id";
    for campaign in database.rows::<Id>(sql, &[site.key.as_str().into()]).await? {
        for agent in NIGHTLY {
            ask(env, &database, site, agent, &campaign.id).await?;
        }
    }
    Ok(())
}

/// Asks the analyst for every site's last week.
pub(crate) async fn weekly(env: &Env) -> Result<()> {
    for site in directory::sites(env).await? {
        let asked = match TenantDb::new(env, &site.tenant_id) {
            Ok(database) => ask(env, &database, &site, "analyst", "").await,
            Err(error) => Err(error),
        };
        if let Err(error) = asked {
            platform::log::error("cron", &site.tenant_id, "asking for the week's summary failed", &error);
        }
    }
    Ok(())
}

async fn ask(env: &Env, database: &TenantDb, site: &directory::SiteRow, agent: &str, campaign_id: &str) -> Result<()> {
    let id = random::uuid();
    let input: Value = match campaign_id {
        "" => json!({ "site": site.key }),
        id => json!({ "site": site.key, "campaign_id": id }),
    };
    let run = NewRun {
        id: &id,
        site: &site.key,
        agent,
        input: &input,
        campaign_id,
        context_id: "",
        requested_by: SYSTEM,
        now: clock::now_ms(),
    };
    let (statement, entry) = run.stored();
    database.commit("the run", &[statement], &[entry]).await?;
    run_object::wake(env, &site.tenant_id, &id).await;
    Ok(())
}

/// Wakes runs that have not ended and may have been forgotten.
pub(crate) async fn sweep(env: &Env) -> Result<()> {
    let mut last = String::new();
    for site in directory::sites(env).await? {
        // Sites come ordered by tenant; a tenant with several is swept once.
        if site.tenant_id == last {
            continue;
        }
        last.clone_from(&site.tenant_id);
        let database = TenantDb::new(env, &site.tenant_id)?;
        let sql = format!(
            "SELECT id FROM agent_runs WHERE tenant_id = ?1 AND status IN ('queued', 'running') AND created_at < ?2 \
             ORDER BY created_at LIMIT {MOST_WOKEN}"
        );
        let forgotten: Vec<Id> = database.rows(&sql, &[(clock::now_ms() - FORGOTTEN_MS).into()]).await?;
        for run in forgotten {
            run_object::wake(env, &site.tenant_id, &run.id).await;
        }
    }
    Ok(())
}
