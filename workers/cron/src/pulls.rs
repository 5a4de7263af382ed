//! Pulling channels' figures: every hour the last days, every night as far back as the provider corrects itself.

use calendar::Zone;
use campaign::ChannelType;
use connector::provider;
use platform::directory::{self, ChannelRow};
use platform::{Error, Result, Statement, TenantDb, clock, queue, random};
use serde::Deserialize;
use serde_json::json;
use worker::Env;

/// Binding of the queue.
const QUEUE: &str = "SYNCS";
/// Days before today that are pulled every hour: yesterday's figures settle within hours everywhere.
const RECENT_DAYS: i64 = 2;

/// A pull may take a day (Worker `connectors`); an older one that is open was forgotten.
const LONGEST_MS: i64 = 86_400_000;

/// A pull under way.
#[derive(Deserialize)]
struct Open {
    id: String,
}

/// How far back to pull.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The last days.
    Recent,
    /// Everything that may still change.
    Restated,
}

/// Queues a pull for every connected channel, or the one that is under way again.
pub(crate) async fn run(env: &Env, reach: Reach) -> Result<()> {
    for channel in directory::connected_channels(env).await? {
        if let Err(error) = pull(env, &channel, reach).await {
            platform::log::error("cron", &channel.tenant_id, "queueing a pull of figures failed", &error);
        }
    }
    Ok(())
}

async fn pull(env: &Env, channel: &ChannelRow, reach: Reach) -> Result<()> {
    let days = match reach {
        Reach::Recent => RECENT_DAYS,
        Reach::Restated => restated_days(&channel.channel_type),
    };
    let zone = Zone::parse(&channel.time_zone).map_err(|e| Error::corrupt("site time zone", e))?;
    let now = clock::now_ms();
    let today = zone.local_day(now);
    let database = TenantDb::new(env, &channel.tenant_id)?;
    // One at a time: a provider that is slow does not get more to do every hour.
    let open = "SELECT id FROM sync_runs WHERE tenant_id = ?1 AND channel_id = ?2 AND status IN ('queued', 'running') \
                AND from_day <= ?3 AND created_at > ?4 ORDER BY created_at DESC LIMIT 1";
    let values = [channel.id.as_str().into(), (today - days).into(), (now - LONGEST_MS).into()];
    let sync = match database.first::<Open>(open, &values).await? {
        // Its message may be lost; one too many finds somebody at work, or nothing to do.
        Some(open) => open.id,
        None => {
            let id = random::uuid();
            let forgotten = "UPDATE sync_runs SET status = 'failed', detail = 'it was forgotten', finished_at = ?3 \
                             WHERE tenant_id = ?1 AND channel_id = ?2 AND status IN ('queued', 'running') \
                             AND created_at <= ?4";
            let queued = "INSERT INTO sync_runs (tenant_id, id, channel_id, from_day, to_day, status, created_at) \
                          VALUES (?1, ?2, ?3, ?4, ?5, 'queued', ?6)";
            let of = channel.id.as_str();
            let (from, before) = (today - days, now - LONGEST_MS);
            database
                .transaction(&[
                    Statement::new(forgotten, vec![of.into(), now.into(), before.into()]),
                    Statement::new(queued, vec![id.as_str().into(), of.into(), from.into(), today.into(), now.into()]),
                ])
                .await?;
            id
        }
    };
    queue::send(env, QUEUE, &json!({ "sync_id": sync, "tenant_id": channel.tenant_id })).await
}

fn restated_days(channel_type: &str) -> i64 {
    let restated = |kind: &ChannelType| {
        provider::catalog().into_iter().find(|known| known.channel == *kind).map(|known| known.restated_days)
    };
    ChannelType::ALL
        .iter()
        .find(|kind| kind.as_str() == channel_type)
        .and_then(restated)
        .map_or(RECENT_DAYS, |days| days.max(RECENT_DAYS))
}
