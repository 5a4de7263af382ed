//! Agents that nobody starts by hand: each night the pacer and the optimizer for every live campaign, Mondays the analyst
//! for every site; and the sweep that wakes runs whose object was not told of them.
//!
//! A timetable's trigger may fire more than once. What it asks for is therefore named by what it is about and the
//! timetable's day, so that a second firing finds the run and asks for nothing.

use control::audit::SYSTEM;
use platform::run_object::{self, NewRun};
use platform::{Error, Result, Statement, TenantDb, clock, directory};
use serde::Deserialize;
use serde_json::{Value, json};
use worker::Env;

/// Runs that began longer ago than this and have not ended are woken, ms. Waking one that is at work does no harm.
const FORGOTTEN_MS: i64 = 60_000;
/// Runs of a tenant woken in one sweep.
const MOST_WOKEN: i64 = 50;
const DAY_MS: i64 = 86_400_000;
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

/// Asks for a run, once a day.
async fn ask(env: &Env, database: &TenantDb, site: &directory::SiteRow, agent: &str, campaign_id: &str) -> Result<()> {
    let now = clock::now_ms();
    let id = run_id(agent, if campaign_id.is_empty() { &site.key } else { campaign_id }, now);
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
        now,
    };
    let (statement, entry) = run.stored();
    let unasked = Statement::require(
        "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM agent_runs WHERE tenant_id = ?1 AND id = ?2)",
        vec![id.as_str().into()],
    );
    match database.commit("the run", &[unasked, statement], &[entry]).await {
        Ok(()) => {
            run_object::wake(env, &site.tenant_id, &id).await;
            Ok(())
        }
        // Asked for already; should its nudge have been lost, the sweep makes up for it.
        Err(Error::Stale { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// The id of a run of the timetable. Ids of campaigns and keys of sites are unique over all tenants. The day is the
/// timetable's, UTC: a site's own may have two nights, when its clocks go back.
fn run_id(agent: &str, about: &str, now_ms: i64) -> String {
    format!("{agent}-{about}-{}", ::calendar::format_day(now_ms.div_euclid(DAY_MS)))
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

#[cfg(test)]
mod tests {
    use super::run_id;

    #[test]
    fn a_run_of_the_timetable_is_named_by_what_it_is_about_and_its_day() {
        let night = 1_795_232_400_000; // 2026-11-21T03:40Z
        assert_eq!(run_id("pacer", "c-1", night), "pacer-c-1-2026-11-21");
        assert_eq!(run_id("pacer", "c-1", night + 59_000), run_id("pacer", "c-1", night));
        let others = [("optimizer", "c-1", night), ("pacer", "c-2", night), ("pacer", "c-1", night + 86_400_000)];
        for (agent, about, at) in others {
            assert_ne!(run_id(agent, about, at), run_id("pacer", "c-1", night));
        }
    }
}
