//! Studies whose object was not told of them, or broke off: begun again here.

use platform::{Error, Result, clock, directory, study_object};
use study::{Asked, Job, Shop};
use worker::Env;

/// A study that was last told of longer ago than this is begun again, ms. Beginning one that is at work does no harm.
const FORGOTTEN_MS: i64 = 120_000;

/// Begins again what was forgotten.
pub(crate) async fn sweep(env: &Env) -> Result<()> {
    for forgotten in directory::forgotten_studies(env, clock::now_ms() - FORGOTTEN_MS).await? {
        let tenant_id = forgotten.tenant_id.clone();
        match job(forgotten) {
            Ok(job) => study_object::begin(env, &job).await,
            Err(error) => platform::log::error("cron", &tenant_id, "a study cannot be begun again", &error),
        }
    }
    Ok(())
}

fn job(row: directory::ForgottenStudy) -> Result<Job> {
    let question = serde_json::from_str(&row.question).map_err(|e| Error::corrupt("study's question", e))?;
    let shop = Shop { tenant_id: row.tenant_id, site: row.site, currency: row.currency, time_zone: row.time_zone };
    Ok(Job { id: row.id, kind: row.kind, asked: Asked { shop, now: row.requested_at, question } })
}
