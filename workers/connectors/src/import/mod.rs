//! Imports: an uploaded file is read from R2 and its rows are stored, a chunk a transaction. Doing it again stores the
//! same rows under the same keys, so a crash in the middle costs nothing.

pub(crate) mod ad_spend;
mod shopify;

use connector::ad_spend::RowError;
use connector::shopify::Kind;
use control::audit::{Entry, SYSTEM};
use platform::{Error, Param, Result, Statement, TenantDb, clock};
use serde::Deserialize;
use serde_json::json;
use worker::{Env, Range};

/// R2 binding of uploaded files.
const FILES: &str = "FILES";
/// Row errors kept; the count is always whole.
const ERRORS: i64 = 500;

/// A message of the `imports` queue.
#[derive(Debug, Deserialize)]
pub(crate) struct Request {
    pub(crate) import_id: String,
    pub(crate) tenant_id: String,
}

/// A stored import with its site's settings.
#[derive(Deserialize)]
struct Import {
    site: String,
    kind: String,
    object_key: String,
    status: String,
    bytes_done: u64,
    lines_done: i64,
    currency: String,
    time_zone: String,
}

/// How an import ended.
enum Ending {
    Done,
    /// What is wrong with the file, for a person.
    Failed(String),
}

/// Runs an import unless it has ended.
///
/// # Errors
/// A store that did not answer: trying again is right.
pub(crate) async fn run(env: &Env, request: &Request) -> Result<()> {
    let database = TenantDb::new(env, &request.tenant_id)?;
    let import: Option<Import> = database
        .first(
            "SELECT i.site, i.kind, i.object_key, i.status, i.bytes_done, i.lines_done, s.currency, s.time_zone \
             FROM imports i JOIN sites s ON s.tenant_id = i.tenant_id AND s.key = i.site \
             WHERE i.tenant_id = ?1 AND i.id = ?2",
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
    let outcome = match import.kind.strip_prefix("shopify_").and_then(Kind::parse) {
        Some(kind) => shopify::load(env, &database, &import, request, kind).await,
        None => ad_spend::load(env, &database, &import, request).await,
    };
    match outcome {
        Ok(Ending::Done) => {
            finish(&database, request, "done", "").await?;
            // What people will ask of the new data is made ready; if that fails, the first question does it.
            if let Err(error) = platform::questions::prepare_site(env, &database, &import.site).await {
                platform::log::error("connectors", &request.tenant_id, "preparing questions failed", &error);
            }
            Ok(())
        }
        Ok(Ending::Failed(detail)) => finish(&database, request, "failed", &detail).await,
        // Another delivery of this message is at work, and further than we are.
        Err(Error::Stale { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Bytes of an upload from `offset` on, at most `length`; `None` when the file is gone, empty past its end.
async fn bytes(env: &Env, key: &str, offset: u64, length: u64) -> Result<Option<Vec<u8>>> {
    let failed = |e: worker::Error| Error::unavailable("reading an upload", e);
    let bucket = env.bucket(FILES).map_err(|e| Error::setting(FILES, e))?;
    let Some(object) = bucket.head(key).await.map_err(failed)? else {
        return Ok(None);
    };
    if offset >= object.size() {
        return Ok(Some(Vec::new()));
    }
    let length = length.min(object.size() - offset);
    let range = Range::OffsetWithLength { offset, length };
    let object = bucket.get(key).range(range).execute().await.map_err(failed)?;
    match object.as_ref().and_then(worker::Object::body) {
        Some(body) => body.bytes().await.map(Some).map_err(failed),
        None => Ok(None),
    }
}

/// What the uploader is told when R2 no longer has the file.
fn gone() -> Ending {
    Ending::Failed("the uploaded file is gone: upload it again".to_owned())
}

/// The statement that keeps what was wrong with rows, up to [`ERRORS`] of an import.
fn keep_errors(request: &Request, errors: &[RowError]) -> Result<Statement> {
    let errors = serde_json::to_string(errors).map_err(|e| Error::corrupt("row errors", e))?;
    Ok(Statement::new(
        "INSERT OR REPLACE INTO import_errors (tenant_id, import_id, row, field, reason) \
         SELECT ?1, ?2, value ->> 'row', value ->> 'field', value ->> 'reason' FROM json_each(?3) \
         LIMIT max(0, ?4 - (SELECT count(*) FROM import_errors WHERE tenant_id = ?1 AND import_id = ?2))",
        vec![request.import_id.as_str().into(), Param::Text(errors), ERRORS.into()],
    ))
}

/// Writes how it ended and the audit entry, both or none.
async fn finish(database: &TenantDb, request: &Request, status: &str, detail: &str) -> Result<()> {
    let now = clock::now_ms();
    let entry = Entry {
        actor: SYSTEM.to_owned(),
        action: "import.finish",
        entity: format!("import:{}", request.import_id),
        before: None,
        after: Some(json!({ "status": status, "detail": detail })),
        at: now,
    };
    let end = Statement::new(
        "UPDATE imports SET status = ?3, detail = ?4, finished_at = ?5 WHERE tenant_id = ?1 AND id = ?2",
        vec![request.import_id.as_str().into(), status.into(), detail.into(), now.into()],
    );
    database.commit("the import", &[end], &[entry]).await
}
