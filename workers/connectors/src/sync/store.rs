//! What a pull stores.

use super::Sync;
use crate::import::ad_spend;
use campaign::ChannelType;
use connector::ad_spend::{Place, Spend};
use connector::pull::{Pull, Taken};
use connector::{InsightsPage, InsightsRow, Level};
use event::money;
use platform::clickhouse::ClickHouse;
use platform::{Error, Param, Result, Statement, TenantDb, clock, random};
use serde_json::{Value, json};
use worker::Env;

/// `ad_spend.import_id` of what pulls wrote.
const SYNC: &str = "sync";
/// Rows stored in one transaction.
const CHUNK: usize = 500;

/// Takes a pull for one consumer alone. False when another is at it.
pub(super) async fn claim(database: &TenantDb, id: &str, until_ms: i64, now_ms: i64) -> Result<bool> {
    let sql = "UPDATE sync_runs SET status = 'running', lease_until = ?3 WHERE tenant_id = ?1 AND id = ?2 \
               AND status IN ('queued', 'running') AND lease_until <= ?4";
    Ok(database.run(sql, &[id.into(), until_ms.into(), now_ms.into()]).await? > 0)
}

/// Says that the consumer is still at it.
pub(super) async fn hold(database: &TenantDb, id: &str, until_ms: i64) -> Result<()> {
    let sql = "UPDATE sync_runs SET lease_until = ?3 WHERE tenant_id = ?1 AND id = ?2 AND status = 'running'";
    database.run(sql, &[id.into(), until_ms.into()]).await.map(|_| ())
}

/// Lets others take it up.
pub(super) async fn release(database: &TenantDb, id: &str) -> Result<()> {
    hold(database, id, 0).await
}

/// Stores a page: its rows, each with what it is of ours, and in the last of the transactions what could not be read,
/// what follows from a level's end, and where the pull is now. Whoever asks for the same page again, after a crash
/// between two of them, replaces rows by the same rows.
pub(super) async fn page(
    database: &TenantDb,
    sync: &Sync,
    page: &InsightsPage,
    stamp_ms: i64,
    taken: Taken,
    pull: &Pull,
    lease_until_ms: i64,
) -> Result<()> {
    let mut chunks: Vec<Statement> = page.rows.chunks(CHUNK).map(|chunk| insert(sync, chunk, stamp_ms)).collect();
    let mut last: Vec<Statement> = chunks.pop().into_iter().collect();
    for chunk in chunks {
        database.transaction(&[chunk]).await?;
    }
    last.extend(page.skipped.iter().map(|skipped| note_skipped(sync, skipped)));
    if let Taken::Complete(level) = taken {
        last.push(forget_older(sync, level, stamp_ms));
    }
    let position = serde_json::to_string(pull).map_err(|e| Error::corrupt("a pull's position", e))?;
    last.push(Statement::new(
        "UPDATE sync_runs SET position = ?3, rows = ?4, failures = 0, lease_until = ?5 \
         WHERE tenant_id = ?1 AND id = ?2 AND status = 'running'",
        vec![sync.id.as_str().into(), Param::Text(position), pull.rows().into(), lease_until_ms.into()],
    ));
    database.transaction(&last).await
}

fn insert(sync: &Sync, rows: &[InsightsRow], stamp_ms: i64) -> Statement {
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({
                "day": row.local_day, "level": row.level.as_str(), "id": row.external_id, "name": row.name,
                "impressions": row.impressions, "clicks": row.clicks, "opens": row.opens,
                "spend": row.spend_micros, "currency": row.currency, "conversions": row.conversions,
                "value": row.conversion_value_micros,
            })
        })
        .collect();
    Statement::new(
        INSERT,
        vec![
            sync.channel_id.as_str().into(),
            sync.site.as_str().into(),
            Value::Array(rows).to_string().into(),
            stamp_ms.into(),
        ],
    )
}

const INSERT: &str = "INSERT OR REPLACE INTO channel_insights (tenant_id, site, channel_id, local_day, level, \
     external_id, name, campaign_id, ad_set_id, ad_id, impressions, clicks, opens, spend_micros, currency, conversions, \
     conversion_value_micros, pulled_at) \
     SELECT ?1, ?3, ?2, j.value ->> 'day', j.value ->> 'level', j.value ->> 'id', j.value ->> 'name', \
     COALESCE(r.campaign_id, ''), \
     CASE j.value ->> 'level' WHEN 'ad_set' THEN COALESCE(r.local_id, '') WHEN 'ad' THEN COALESCE(a.ad_set_id, '') ELSE '' END, \
     CASE j.value ->> 'level' WHEN 'ad' THEN COALESCE(r.local_id, '') ELSE '' END, \
     j.value ->> 'impressions', j.value ->> 'clicks', j.value ->> 'opens', j.value ->> 'spend', j.value ->> 'currency', \
     j.value ->> 'conversions', j.value ->> 'value', ?5 \
     FROM json_each(?4) j \
     LEFT JOIN remote_objects r ON r.tenant_id = ?1 AND r.channel_id = ?2 AND r.external_id = j.value ->> 'id' \
       AND r.kind = j.value ->> 'level' \
     LEFT JOIN ads a ON a.tenant_id = ?1 AND a.id = r.local_id";

/// What the provider no longer reports is no longer so: rows of these days that this pull did not bring.
fn forget_older(sync: &Sync, level: Level, stamp_ms: i64) -> Statement {
    Statement::new(
        "DELETE FROM channel_insights WHERE tenant_id = ?1 AND channel_id = ?2 AND level = ?3 \
         AND local_day BETWEEN ?4 AND ?5 AND pulled_at < ?6",
        vec![
            sync.channel_id.as_str().into(),
            level.as_str().into(),
            sync.from_day.into(),
            sync.to_day.into(),
            stamp_ms.into(),
        ],
    )
}

/// Makes the site's `ad_spend` of these days what its channels report. A campaign of ours stands under its
/// `utm_campaign`, which is where its visits and orders stand, any other under its own name. Where an account is in
/// another currency than the site there is no spend to compare, so there is none.
pub(super) async fn spend(
    env: &Env,
    database: &TenantDb,
    site: &str,
    currency: &str,
    from_day: i64,
    to_day: i64,
) -> Result<()> {
    let types: Vec<Value> = ChannelType::ALL
        .into_iter()
        .map(|kind| {
            let place = Place::of(kind);
            json!({ "type": kind.as_str(), "source": place.source, "medium": place.medium, "channel": place.channel })
        })
        .collect();
    let micros_per_minor = 10_i64.pow(6_u32.saturating_sub(money::exponent(currency)));
    let days = || -> Vec<Param> { vec![site.into(), from_day.into(), to_day.into()] };
    let mut values = days();
    values.extend([
        Param::Text(Value::Array(types).to_string()),
        currency.into(),
        micros_per_minor.into(),
        SYNC.into(),
    ]);
    let mut old = days();
    old.push(SYNC.into());
    database
        .transaction(&[
            Statement::new(
                "DELETE FROM ad_spend WHERE tenant_id = ?1 AND site = ?2 AND local_day BETWEEN ?3 AND ?4 \
                 AND import_id = ?5",
                old.clone(),
            ),
            Statement::new(SPEND, values),
        ])
        .await?;
    if let Some(server) = ClickHouse::configured(env)? {
        let sql = "SELECT local_day, channel, source, medium, campaign, impressions, clicks, spend_minor, currency \
                   FROM ad_spend WHERE tenant_id = ?1 AND site = ?2 AND local_day BETWEEN ?3 AND ?4 AND import_id = ?5";
        let rows: Vec<Spend> = database.rows(sql, &old).await?;
        for chunk in rows.chunks(CHUNK) {
            ad_spend::store_columns(&server, database.tenant(), site, SYNC, chunk).await?;
        }
    }
    Ok(())
}

const SPEND: &str = "INSERT INTO ad_spend (tenant_id, site, local_day, channel, source, medium, campaign, impressions, \
     clicks, spend_minor, currency, import_id) \
     SELECT ?1, ?2, i.local_day, t.value ->> 'channel', t.value ->> 'source', t.value ->> 'medium', \
     COALESCE(c.utm_campaign, i.name) AS label, SUM(i.impressions), SUM(i.clicks), \
     CAST(round(SUM(i.spend_micros) * 1.0 / ?7) AS INTEGER), ?6, ?8 \
     FROM channel_insights i JOIN channels h ON h.tenant_id = ?1 AND h.id = i.channel_id \
     JOIN json_each(?5) t ON t.value ->> 'type' = h.type \
     LEFT JOIN campaigns c ON c.tenant_id = ?1 AND c.id = i.campaign_id \
     WHERE i.tenant_id = ?1 AND i.site = ?2 AND i.level = 'campaign' AND i.local_day BETWEEN ?3 AND ?4 \
     AND i.currency = ?6 \
     GROUP BY i.local_day, t.value ->> 'source', t.value ->> 'medium', label \
     ON CONFLICT (tenant_id, site, local_day, source, medium, campaign) DO UPDATE SET channel = excluded.channel, \
     impressions = excluded.impressions, clicks = excluded.clicks, spend_minor = excluded.spend_minor, \
     currency = excluded.currency, import_id = excluded.import_id";

/// Notes how far a channel's figures go.
pub(super) async fn note_pulled(database: &TenantDb, channel_id: &str, to_day: i64) -> Result<()> {
    let sql = "UPDATE channels SET last_sync_at = ?3, synced_through_day = max(COALESCE(synced_through_day, 0), ?4) \
               WHERE tenant_id = ?1 AND id = ?2";
    database.run(sql, &[channel_id.into(), clock::now_ms().into(), to_day.into()]).await.map(|_| ())
}

/// Puts a part of an answer that could not be read into the inbox.
fn note_skipped(sync: &Sync, what: &str) -> Statement {
    let payload = json!({ "channel_id": sync.channel_id }).to_string();
    Statement::new(
        "INSERT INTO events_inbox (id, tenant_id, site, source, field, reason, payload, received_at) \
         VALUES (?2, ?1, ?3, 'connector', 'insights', ?4, ?5, ?6)",
        vec![random::uuid().into(), sync.site.as_str().into(), what.into(), payload.into(), clock::now_ms().into()],
    )
}

/// Writes how a pull ended.
pub(super) async fn finish(database: &TenantDb, id: &str, status: &str, rows: i64, detail: &str) -> Result<()> {
    let sql = "UPDATE sync_runs SET status = ?3, rows = ?4, detail = ?5, finished_at = ?6 \
               WHERE tenant_id = ?1 AND id = ?2 AND status IN ('queued', 'running')";
    let values = [id.into(), status.into(), rows.into(), detail.into(), clock::now_ms().into()];
    database.run(sql, &values).await.map(|_| ()).map_err(|e| Error::unavailable("ending a pull", e))
}
