//! One import: the uploaded file is read from R2 and its rows are stored, a chunk a transaction. Doing it again stores
//! the same rows under the same keys, so a crash in the middle costs nothing.

use connector::ad_spend::{self, Report, RowError};
use control::audit::{Entry, SYSTEM};
use platform::clickhouse::ClickHouse;
use platform::{Error, Param, Result, Statement, TenantDb, clock};
use serde::{Deserialize, Serialize};
use serde_json::json;
use worker::Env;

/// R2 binding of uploaded files.
const FILES: &str = "FILES";
/// Rows stored in one transaction.
const CHUNK: usize = 500;
/// Row errors kept; the count is always whole.
const ERRORS: usize = 500;

/// A message of the `imports` queue.
#[derive(Debug, Deserialize)]
pub(crate) struct Request {
    pub(crate) import_id: String,
    pub(crate) tenant_id: String,
}

#[derive(Deserialize)]
struct Import {
    site: String,
    object_key: String,
    status: String,
    currency: String,
}

/// Runs an import unless it has ended.
pub(crate) async fn run(env: &Env, request: &Request) -> Result<()> {
    let database = TenantDb::new(env, &request.tenant_id)?;
    let import: Option<Import> = database
        .first(
            "SELECT i.site, i.object_key, i.status, s.currency FROM imports i \
             JOIN sites s ON s.tenant_id = i.tenant_id AND s.key = i.site WHERE i.tenant_id = ?1 AND i.id = ?2",
            &[request.import_id.as_str().into()],
        )
        .await?;
    let Some(import) = import.filter(|import| import.status != "done" && import.status != "failed") else {
        return Ok(());
    };
    database
        .run(
            "UPDATE imports SET status = 'running' WHERE tenant_id = ?1 AND id = ?2",
            &[request.import_id.as_str().into()],
        )
        .await?;
    let Some(bytes) = file(env, &import.object_key).await? else {
        return finish(&database, request, "failed", "the uploaded file is gone: upload it again", &Report::default())
            .await;
    };
    match ad_spend::read(&bytes, &import.currency) {
        Err(error) => finish(&database, request, "failed", &error.to_string(), &Report::default()).await,
        Ok(report) => {
            store(env, &database, &import, request, &report).await?;
            finish(&database, request, "done", "", &report).await
        }
    }
}

async fn file(env: &Env, key: &str) -> Result<Option<Vec<u8>>> {
    let bucket = env.bucket(FILES).map_err(|e| Error::setting(FILES, e))?;
    let object = bucket.get(key).execute().await.map_err(|e| Error::unavailable("reading an upload", e))?;
    match object.as_ref().and_then(worker::Object::body) {
        Some(body) => body.bytes().await.map(Some).map_err(|e| Error::unavailable("reading an upload", e)),
        None => Ok(None),
    }
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

async fn store(env: &Env, database: &TenantDb, import: &Import, request: &Request, report: &Report) -> Result<()> {
    let clickhouse = ClickHouse::configured(env)?;
    let mut done = 0;
    for chunk in report.spend.chunks(CHUNK) {
        let rows = serde_json::to_string(chunk).map_err(|e| Error::corrupt("ad spend", e))?;
        let id = || Param::from(request.import_id.as_str());
        done += chunk.len();
        database
            .transaction(&[
                Statement::new(UPSERT, vec![Param::Text(rows), import.site.as_str().into(), id()]),
                Statement::new(
                    "UPDATE imports SET rows_total = ?3, rows_loaded = ?4 WHERE tenant_id = ?1 AND id = ?2",
                    vec![id(), report.rows.into(), i64::try_from(done).unwrap_or(i64::MAX).into()],
                ),
            ])
            .await?;
        if let Some(server) = &clickhouse {
            let version = clock::now_ms();
            let rows: Vec<ColumnarRow<'_>> = chunk
                .iter()
                .map(|spend| ColumnarRow {
                    tenant_id: &request.tenant_id,
                    site: &import.site,
                    import_id: &request.import_id,
                    version,
                    spend,
                })
                .collect();
            let ndjson = warehouse::clickhouse::rows(&rows).map_err(|e| Error::corrupt("ad spend", e))?;
            server.insert(warehouse::clickhouse::AD_SPEND, &warehouse::clickhouse::token(&ndjson), &ndjson).await?;
        }
    }
    Ok(())
}

/// Writes how it ended, the rows left out and the audit entry, all at once.
async fn finish(database: &TenantDb, request: &Request, status: &str, detail: &str, report: &Report) -> Result<()> {
    let rejected = i64::try_from(report.errors.len()).unwrap_or(i64::MAX);
    let loaded = report.rows - rejected;
    let kept: Vec<&RowError> = report.errors.iter().take(ERRORS).collect();
    let errors = serde_json::to_string(&kept).map_err(|e| Error::corrupt("row errors", e))?;
    let id = || Param::from(request.import_id.as_str());
    let now = clock::now_ms();
    let entry = Entry {
        actor: SYSTEM.to_owned(),
        action: "import.finish",
        entity: format!("import:{}", request.import_id),
        before: None,
        after: Some(json!({ "status": status, "rows_loaded": loaded, "rows_rejected": rejected })),
        at: now,
    };
    let statements = [
        Statement::new(
            "UPDATE imports SET status = ?3, detail = ?4, rows_total = ?5, rows_loaded = ?6, rows_rejected = ?7, \
                 finished_at = ?8 WHERE tenant_id = ?1 AND id = ?2",
            vec![id(), status.into(), detail.into(), report.rows.into(), loaded.into(), rejected.into(), now.into()],
        ),
        Statement::new(
            "INSERT OR REPLACE INTO import_errors (tenant_id, import_id, row, field, reason) \
                 SELECT ?1, ?2, value ->> 'row', value ->> 'field', value ->> 'reason' FROM json_each(?3)",
            vec![id(), Param::Text(errors)],
        ),
    ];
    database.commit("the import", &statements, &[entry]).await
}
