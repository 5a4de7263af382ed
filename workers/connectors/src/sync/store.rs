//! What a pull stores.

use super::Sync;
use crate::import::ad_spend;
use campaign::ChannelType;
use connector::ad_spend::Spend;
use connector::{InsightsRow, Level};
use event::channel::{self, Touch};
use event::{money, source};
use platform::clickhouse::ClickHouse;
use platform::{Error, Param, Result, Statement, TenantDb, clock, random};
use serde_json::{Value, json};
use worker::Env;

/// `ad_spend.import_id` of what pulls wrote.
const SYNC: &str = "sync";
/// Rows stored in one transaction.
const CHUNK: usize = 500;

/// Stores rows, each with what it is of ours.
pub(super) async fn rows(database: &TenantDb, sync: &Sync, rows: &[InsightsRow], pulled_at: i64) -> Result<()> {
    for chunk in rows.chunks(CHUNK) {
        let rows: Vec<Value> = chunk
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
        let statement = Statement::new(
            INSERT,
            vec![
                sync.channel_id.as_str().into(),
                sync.site.as_str().into(),
                Value::Array(rows).to_string().into(),
                pulled_at.into(),
            ],
        );
        database.transaction(&[statement]).await?;
    }
    Ok(())
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

/// Forgets rows of these days that this pull did not bring.
pub(super) async fn forget_older(database: &TenantDb, sync: &Sync, level: Level, pulled_at: i64) -> Result<()> {
    let sql = "DELETE FROM channel_insights WHERE tenant_id = ?1 AND channel_id = ?2 AND level = ?3 \
               AND local_day BETWEEN ?4 AND ?5 AND pulled_at < ?6";
    let values = [
        sync.channel_id.as_str().into(),
        level.as_str().into(),
        sync.from_day.into(),
        sync.to_day.into(),
        pulled_at.into(),
    ];
    database.run(sql, &values).await.map(|_| ())
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
            let source = source::normalise(kind.utm_source());
            let medium = source::normalise_medium(kind.utm_medium());
            let channel = channel::group(&Touch { source: &source, medium: &medium, campaign: "" });
            json!({ "type": kind.as_str(), "source": source, "medium": medium, "channel": channel })
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
pub(super) async fn note_skipped(database: &TenantDb, site: &str, channel_id: &str, what: &str) -> Result<()> {
    let sql = "INSERT INTO events_inbox (id, tenant_id, site, source, field, reason, payload, received_at) \
               VALUES (?2, ?1, ?3, 'connector', 'insights', ?4, ?5, ?6)";
    let payload = json!({ "channel_id": channel_id }).to_string();
    let values = [random::uuid().into(), site.into(), what.into(), payload.into(), clock::now_ms().into()];
    database.run(sql, &values).await.map(|_| ())
}

/// Writes how a pull ended.
pub(super) async fn finish(database: &TenantDb, id: &str, status: &str, rows: i64, detail: &str) -> Result<()> {
    let sql = "UPDATE sync_runs SET status = ?3, rows = ?4, detail = ?5, finished_at = ?6 \
               WHERE tenant_id = ?1 AND id = ?2 AND status IN ('queued', 'running')";
    let values = [id.into(), status.into(), rows.into(), detail.into(), clock::now_ms().into()];
    database.run(sql, &values).await.map(|_| ()).map_err(|e| Error::unavailable("ending a pull", e))
}
