//! Mondays: the analyst is asked for each site's last week.

use control::audit::{Entry, SYSTEM};
use platform::{Param, Result, Statement, TenantDb, clock, directory, queue, random};
use serde_json::json;
use worker::Env;

/// Binding of the queue.
const QUEUE: &str = "AGENT_RUNS";

/// Queues a run for every site.
pub(crate) async fn run(env: &Env) -> Result<()> {
    for site in directory::sites(env).await? {
        if let Err(error) = ask(env, &site).await {
            platform::log::error("cron", &site.tenant_id, "asking for the week's summary failed", &error);
        }
    }
    Ok(())
}

async fn ask(env: &Env, site: &directory::SiteRow) -> Result<()> {
    let run = random::uuid();
    let now = clock::now_ms();
    let database = TenantDb::new(env, &site.tenant_id)?;
    let text = |text: &str| Param::from(text);
    database
        .commit(
            "the run",
            &[Statement::new(
                "INSERT INTO agent_runs (id, tenant_id, site, agent, input, status, requested_by, created_at) \
                 VALUES (?2, ?1, ?3, 'analyst', '{}', 'queued', 'system', ?4)",
                vec![text(&run), text(&site.key), now.into()],
            )],
            &[Entry {
                actor: SYSTEM.to_owned(),
                action: "agent_run.request",
                entity: format!("agent_run:{run}"),
                before: None,
                after: None,
                at: now,
            }],
        )
        .await?;
    queue::send(env, QUEUE, &json!({ "run_id": run, "tenant_id": site.tenant_id })).await
}
