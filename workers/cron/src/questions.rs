//! Questions made ready: after a deploy that changed the schema the KPI queries are made anew before anybody asks, and
//! cached questions past their time go.

use platform::{Result, TenantDb, clock, directory, questions};
use worker::Env;

/// Prepares every site.
pub(crate) async fn run(env: &Env) -> Result<()> {
    for site in directory::sites(env).await? {
        if let Err(error) = prepare(env, &site).await {
            platform::log::error("cron", &site.tenant_id, "preparing questions failed", &error);
        }
    }
    Ok(())
}

async fn prepare(env: &Env, site: &directory::SiteRow) -> Result<()> {
    let database = TenantDb::new(env, &site.tenant_id)?;
    questions::forget(&database, &site.key, clock::now_ms()).await?;
    questions::prepare_site(env, &database, &site.key).await.map(|_| ())
}
