//! Each night every site's figures are looked at for what is not as usual.

use control::audit::SYSTEM;
use platform::study_object::{self, Asked, LookNow, Shop};
use platform::{Error, Result, clock, directory};
use worker::Env;

/// Looks at every site, one after the other; one that fails keeps no other from its look.
pub(crate) async fn run(env: &Env) -> Result<()> {
    for site in directory::sites(env).await? {
        if let Err(error) = look(env, &site).await {
            platform::log::error("cron", &site.tenant_id, "looking for anomalies failed", &error);
        }
    }
    Ok(())
}

async fn look(env: &Env, site: &directory::SiteRow) -> Result<()> {
    let question = LookNow { requested_by: SYSTEM.to_owned() };
    let asked = Asked { shop: Shop::from(site), now: clock::now_ms(), question };
    let answer = study_object::ask(env, study_object::ANOMALIES, &asked).await?;
    match answer.status {
        200 => Ok(()),
        status => Err(Error::unavailable("a study object", format!("answered {status}: {}", answer.body))),
    }
}
