//! What happens to campaigns by themselves: entries of the calendar that are due, campaigns whose end has passed, and
//! what still runs behind the kill switch.
//!
//! Everything is done as the API would do it, in the name of [`SYSTEM`]. What the rules refuse becomes a failed entry
//! with the reason; what only failed for the moment stays planned, and the next round tries again.

use campaign::Status;
use campaign::calendar::{Kind, is_missed};
use control::audit::{Entry, SYSTEM};
use platform::campaigns::calendar::{self, EntryRow};
use platform::campaigns::{self, By, Campaign, Refusal, limits};
use platform::{Result, TenantDb, clock, directory, log};
use serde_json::json;
use worker::Env;

/// Carries out what is due, tenant by tenant.
pub(crate) async fn run(env: &Env) -> Result<()> {
    for tenant in directory::tenants_with_due_campaigns(env, clock::now_ms()).await? {
        if let Err(error) = of_tenant(env, &tenant).await {
            log::error("cron", &tenant, "what is due on the calendar failed", &error);
        }
    }
    Ok(())
}

async fn of_tenant(env: &Env, tenant: &str) -> Result<()> {
    let database = TenantDb::new(env, tenant)?;
    for entry in calendar::due(&database, clock::now_ms()).await? {
        if let Err(error) = carry_out(env, &database, &entry).await {
            log::error("cron", tenant, &format!("calendar entry {} failed", entry.id), &error);
        }
    }
    for id in campaigns::over_ids(&database, clock::now_ms()).await? {
        tell(tenant, "ending a campaign failed", each(env, &database, &id, Kind::End).await);
    }
    if limits::load(&database).await?.guardrails.spending_stopped {
        for id in campaigns::live_ids(&database).await? {
            tell(tenant, "pausing a campaign failed", each(env, &database, &id, Kind::Pause).await);
        }
    }
    Ok(())
}

fn tell(tenant: &str, what: &str, outcome: std::result::Result<(), Refusal>) {
    if let Err(error) = outcome {
        log::error("cron", tenant, what, &error);
    }
}

/// Pauses or ends a campaign that no entry asks for.
async fn each(env: &Env, database: &TenantDb, id: &str, kind: Kind) -> std::result::Result<(), Refusal> {
    let Some(campaign) = campaigns::load(database, id).await? else { return Ok(()) };
    let by = By::new(SYSTEM, clock::now_ms());
    match kind {
        Kind::Pause => campaigns::pause(env, database, &campaign, &by).await.map(drop),
        Kind::End => campaigns::end(env, database, &campaign, &by).await.map(drop),
        Kind::Launch | Kind::Note => Ok(()),
    }
}

async fn carry_out(env: &Env, database: &TenantDb, entry: &EntryRow) -> Result<()> {
    let now = clock::now_ms();
    let by = By { actor: SYSTEM, now, entry: Some(&entry.id) };
    let Some(kind) = Kind::parse(&entry.kind) else {
        return fail(database, entry, "this version knows no such entry", now).await;
    };
    let Some(campaign) = campaigns::load(database, &entry.campaign_id).await? else {
        return fail(database, entry, "the campaign is gone", now).await;
    };
    if is_missed(kind, entry.at, now) {
        let words =
            "nothing ran at that time, and more than a day later nobody may want it any more; schedule it again";
        return give_up(database, entry, &campaign, words, now).await;
    }
    let outcome = match kind {
        Kind::Launch => campaigns::publish(env, database, &campaign, &by).await,
        Kind::Pause if campaign.status == Status::Paused => {
            return close(database, entry, "done", "it was paused already", now).await;
        }
        Kind::Pause => campaigns::pause(env, database, &campaign, &by).await,
        Kind::End if campaign.status == Status::Ended => {
            return close(database, entry, "done", "it had ended already", now).await;
        }
        Kind::End => campaigns::end(env, database, &campaign, &by).await,
        Kind::Note => return Ok(()),
    };
    match outcome {
        Ok(_) => Ok(()),
        Err(Refusal::Platform(error)) => Err(error),
        Err(refusal) => give_up(database, entry, &campaign, &refusal.to_string(), now).await,
    }
}

/// Closes an entry that cannot be carried out. A campaign that waited for it is approved and no longer scheduled, and
/// says why.
async fn give_up(database: &TenantDb, entry: &EntryRow, campaign: &Campaign, why: &str, now: i64) -> Result<()> {
    if entry.kind == Kind::Launch.as_str() && campaign.status == Status::Scheduled {
        let by = By::new(SYSTEM, now);
        return match campaigns::unschedule(database, campaign, "failed", why, &by).await {
            Ok(()) => Ok(()),
            Err(Refusal::Platform(error)) => Err(error),
            Err(refusal) => fail(database, entry, &refusal.to_string(), now).await,
        };
    }
    fail(database, entry, why, now).await
}

async fn fail(database: &TenantDb, entry: &EntryRow, why: &str, now: i64) -> Result<()> {
    close(database, entry, "failed", why, now).await
}

async fn close(database: &TenantDb, entry: &EntryRow, status: &str, detail: &str, now: i64) -> Result<()> {
    let audited = Entry {
        actor: SYSTEM.to_owned(),
        action: "calendar.close",
        entity: format!("calendar:{}", entry.id),
        before: Some(json!({ "status": entry.status, "kind": entry.kind, "at": entry.at })),
        after: Some(json!({ "status": status, "detail": detail })),
        at: now,
    };
    database.commit("the calendar", &calendar::close(&entry.id, status, detail), &[audited]).await
}
