//! A file of ad spend: small enough to be read whole, because rows of the same day and campaign are added up.

use super::{Ending, Import, Request, bytes, gone, keep_errors};
use connector::ad_spend;
use platform::clickhouse::ClickHouse;
use platform::{Error, Param, Result, Statement, TenantDb, clock};
use serde::Serialize;
use worker::Env;

/// Rows stored in one transaction.
const CHUNK: usize = 500;
/// The largest file that is read, in bytes: the API takes no larger one.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// Loads the file.
pub(super) async fn load(env: &Env, database: &TenantDb, import: &Import, request: &Request) -> Result<Ending> {
    let Some(file) = bytes(env, &import.object_key, 0, MAX_BYTES).await? else {
        return Ok(gone());
    };
    let report = match ad_spend::read(&file, &import.currency) {
        Ok(report) => report,
        Err(error) => return Ok(Ending::Failed(error.to_string())),
    };
    let clickhouse = ClickHouse::configured(env)?;
    for chunk in report.spend.chunks(CHUNK) {
        store(database, &import.site, &request.import_id, chunk).await?;
        if let Some(server) = &clickhouse {
            store_columns(server, &request.tenant_id, &import.site, &request.import_id, chunk).await?;
        }
    }
    let rejected = i64::try_from(report.errors.len()).unwrap_or(i64::MAX);
    let counts = Statement::new(
        "UPDATE imports SET rows_total = ?3, rows_loaded = ?4, rows_rejected = ?5 WHERE tenant_id = ?1 AND id = ?2",
        vec![request.import_id.as_str().into(), report.rows.into(), (report.rows - rejected).into(), rejected.into()],
    );
    database.transaction(&[counts, keep_errors(request, &report.errors)?]).await?;
    Ok(Ending::Done)
}

/// Stores spend in D1; of the same day, source, medium and campaign the latest stands.
///
/// # Errors
/// As [`TenantDb::transaction`].
pub(crate) async fn store(database: &TenantDb, site: &str, import_id: &str, rows: &[ad_spend::Spend]) -> Result<()> {
    let rows = serde_json::to_string(rows).map_err(|e| Error::corrupt("ad spend", e))?;
    database.transaction(&[Statement::new(UPSERT, vec![Param::Text(rows), site.into(), import_id.into()])]).await
}

/// Stores spend in ClickHouse.
///
/// # Errors
/// [`Error::Unavailable`] when the server fails.
pub(crate) async fn store_columns(
    server: &ClickHouse,
    tenant_id: &str,
    site: &str,
    import_id: &str,
    rows: &[ad_spend::Spend],
) -> Result<()> {
    let version = clock::now_ms();
    let rows: Vec<ColumnarRow<'_>> =
        rows.iter().map(|spend| ColumnarRow { tenant_id, site, import_id, version, spend }).collect();
    let ndjson = warehouse::clickhouse::rows(&rows).map_err(|e| Error::corrupt("ad spend", e))?;
    server.insert(warehouse::clickhouse::AD_SPEND, &warehouse::clickhouse::token(&ndjson), &ndjson).await
}

const UPSERT: &str = "INSERT INTO ad_spend (tenant_id, site, local_day, channel, source, medium, campaign, impressions, \
     clicks, spend_minor, currency, import_id) \
     SELECT ?1, ?3, value ->> 'local_day', value ->> 'channel', value ->> 'source', value ->> 'medium', \
     value ->> 'campaign', value ->> 'impressions', value ->> 'clicks', value ->> 'spend_minor', value ->> 'currency', ?4 \
     FROM json_each(?2) WHERE true \
     ON CONFLICT (tenant_id, site, local_day, source, medium, campaign) DO UPDATE SET channel = excluded.channel, \
     impressions = excluded.impressions, clicks = excluded.clicks, spend_minor = excluded.spend_minor, \
     currency = excluded.currency, import_id = excluded.import_id";

#[derive(Serialize)]
struct ColumnarRow<'a> {
    tenant_id: &'a str,
    site: &'a str,
    import_id: &'a str,
    version: i64,
    #[serde(flatten)]
    spend: &'a ad_spend::Spend,
}
