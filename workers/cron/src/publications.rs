//! Nudging what was forgotten: a publication whose nudge got lost is taken up here.

use platform::{Result, clock, directory, publication_object};
use worker::Env;

/// A publication that was asked for longer ago than this and is not over gets another nudge, ms.
const FORGOTTEN_MS: i64 = 60_000;

/// Nudges the objects of campaigns with open publications.
pub(crate) async fn run(env: &Env) -> Result<()> {
    for open in directory::open_publications(env, clock::now_ms() - FORGOTTEN_MS).await? {
        if let Err(error) = publication_object::nudge(env, &open.tenant_id, &open.campaign_id).await {
            platform::log::error("cron", &open.tenant_id, "nudging a publication failed", &error);
        }
    }
    Ok(())
}
