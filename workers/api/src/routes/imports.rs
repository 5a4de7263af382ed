//! Uploading files: the file goes to R2, a row to D1, a message to the queue; the rest happens there.

use axum::Json;
use axum::extract::FromRequestParts as _;
use axum::extract::Request;
use connector::shopify::{self, Kind};
use control::audit::Entry;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use platform::{Error, queue, random};
use problem::Problem as Failure;
use serde::Serialize;
use serde_json::json;

use super::scope;
use crate::answer::Answer;
use crate::extract::{Params, Segment, media_type, read_body};
use crate::gate::Caller;
use crate::store;
use crate::store::imports::{AD_SPEND, ImportErrorRecord, ImportRecord};
use crate::wire::imports::{Import, ImportDetail, ImportError, Imports, ImportsQuery, ShopifyQuery, UploadQuery};
use crate::wire::problem::Problem;

/// The bucket of uploads.
const FILES: &str = "FILES";

/// The queue that takes them on.
const QUEUE: &str = "IMPORTS";

/// The largest upload in bytes: a row takes some 60 bytes, so about 160,000 rows.
const MAX_BYTES: usize = 10 * 1024 * 1024;

/// The largest export in bytes: some 75,000 orders. It is held in memory once, on its way to R2.
const MAX_EXPORT_BYTES: usize = 32 * 1024 * 1024;

/// Where a header has ended at the latest, in bytes.
const HEADER_BYTES: usize = 64 * 1024;

/// The longest file name that is kept, in characters.
const MAX_FILE_NAME: usize = 200;

/// What the queue carries.
#[derive(Debug, Serialize)]
struct Queued<'a> {
    import_id: &'a str,
    tenant_id: &'a str,
    site: &'a str,
}

/// Uploads a CSV of ad spend.
///
/// 1. Not CSV → 415; too large → 413; empty or not UTF-8 → 422. 2. Store the file. 3. Store the import and its audit
/// row together. 4. Queue it.
#[utoipa::path(
    post, path = "/imports/ad-spend", tag = "imports", params(UploadQuery),
    request_body(content = String, content_type = "text/csv", description = "A header line, then one line a day and campaign"),
    responses((status = 202, body = Import), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("manage_imports")), ("x-tool" = json!({ "name": "imports_ad_spend", "title": "Import ad spend", "effect": "write" })))
)]
#[worker::send]
pub async fn upload_ad_spend(caller: Caller, request: Request) -> Answer<(StatusCode, Json<Import>)> {
    let (mut parts, body) = request.into_parts();
    let Params(query) = Params::<UploadQuery>::from_request_parts(&mut parts, &()).await?;
    let bytes = csv(&parts.headers, body, MAX_BYTES).await?;
    if let Err(error) = std::str::from_utf8(&bytes) {
        let detail = format!("the file is not UTF-8 from byte {} on; save it as UTF-8", error.valid_up_to());
        return Err(Failure::invalid_field("", detail).into());
    }
    queue_up(&caller, AD_SPEND, query.site.as_deref(), query.file_name, "ad-spend.csv", bytes).await
}

/// Uploads one of Shopify's CSV exports: orders, customers or products.
///
/// The same file, or a newer one, may be uploaded again: an order, a customer, a product is stored once. A row that
/// cannot be read is left out and named; a row that is not UTF-8 is one of those.
#[utoipa::path(
    post, path = "/imports/shopify", tag = "imports", params(ShopifyQuery),
    request_body(content = String, content_type = "text/csv", description = "The export as Shopify wrote it"),
    responses((status = 202, body = Import), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("manage_imports")))
)]
#[worker::send]
pub async fn upload_shopify(caller: Caller, request: Request) -> Answer<(StatusCode, Json<Import>)> {
    let (mut parts, body) = request.into_parts();
    let Params(query) = Params::<ShopifyQuery>::from_request_parts(&mut parts, &()).await?;
    let kind = Kind::parse(&query.kind).ok_or_else(|| {
        let detail = format!("must be orders, customers or products, found `{}`", query.kind);
        Failure::invalid_field("kind", detail)
    })?;
    let bytes = csv(&parts.headers, body, MAX_EXPORT_BYTES).await?;
    // What is wrong with the header is told at once, not from a queue.
    let beginning = bytes.get(..HEADER_BYTES.min(bytes.len())).unwrap_or_default();
    shopify::Import::header(kind, beginning).map_err(|error| Failure::invalid_field("", error.to_string()))?;
    let stored = format!("shopify_{}", kind.as_str());
    let default = format!("{}_export.csv", kind.as_str());
    queue_up(&caller, &stored, query.site.as_deref(), query.file_name, &default, bytes).await
}

/// A CSV body.
async fn csv(headers: &http::HeaderMap, body: axum::body::Body, limit: usize) -> Answer<Vec<u8>> {
    let kind = media_type(headers.get(CONTENT_TYPE)).unwrap_or_default();
    if !matches!(kind.as_str(), "text/csv" | "application/csv" | "application/vnd.ms-excel" | "text/plain") {
        return Err(Failure::unsupported_media_type("send the file itself as Content-Type: text/csv").into());
    }
    let bytes = read_body(body, limit).await?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Failure::invalid_field("", "the file is empty").into());
    }
    Ok(bytes)
}

/// Stores a file and its import, and queues it.
async fn queue_up(
    caller: &Caller,
    kind: &str,
    site: Option<&str>,
    file_name: Option<String>,
    default_name: &str,
    bytes: Vec<u8>,
) -> Answer<(StatusCode, Json<Import>)> {
    let site = scope::site(caller, site).await?;
    let tenant = &caller.session.tenant_id;
    let size = bytes.len();
    let import = ImportRecord {
        id: random::uuid(),
        kind: kind.to_owned(),
        file_name: file_name.unwrap_or_else(|| default_name.to_owned()).chars().take(MAX_FILE_NAME).collect(),
        status: "queued".to_owned(),
        rows_total: 0,
        rows_loaded: 0,
        rows_rejected: 0,
        bytes_total: i64::try_from(size).unwrap_or(i64::MAX),
        bytes_done: 0,
        detail: String::new(),
        created_at: caller.now,
        finished_at: None,
    };
    let key = store::imports::object_key(tenant, &import.id);
    let files = caller.runtime.env.bucket(FILES).map_err(|error| Error::setting(FILES, error))?;
    files.put(&key, bytes).execute().await.map_err(|error| Error::unavailable(format!("storing {key}"), error))?;
    let entry = Entry {
        actor: caller.actor().to_owned(),
        action: "import.request",
        entity: format!("import:{}", import.id),
        before: None,
        after: Some(json!({ "site": site.key, "kind": kind, "file_name": import.file_name, "bytes": size })),
        at: caller.now,
    };
    let insert = store::imports::insert(tenant, &site.key, &import);
    caller.database.commit("the import", &[insert], &[entry]).await?;
    let message = Queued { import_id: &import.id, tenant_id: tenant, site: &site.key };
    queue::send(&caller.runtime.env, QUEUE, &message).await?;
    Ok((StatusCode::ACCEPTED, Json(import.into())))
}

/// The latest 200 imports, newest first.
#[utoipa::path(
    get, path = "/imports", tag = "imports", params(ImportsQuery),
    responses((status = 200, body = Imports), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_imports")), ("x-tool" = json!({ "name": "imports_list", "title": "List imports", "effect": "read" })))
)]
#[worker::send]
pub async fn list_imports(caller: Caller, Params(query): Params<ImportsQuery>) -> Answer<Json<Imports>> {
    let site = match query.site.as_deref() {
        Some(key) => scope::site(&caller, Some(key)).await?.key,
        None => String::new(),
    };
    let rows = store::imports::all(&caller.database, &site).await?;
    Ok(Json(Imports { rows: rows.into_iter().map(Import::from).collect() }))
}

/// One import and what it refused.
#[utoipa::path(
    get, path = "/imports/{id}", tag = "imports", params(("id" = String, Path, description = "Import id")),
    responses((status = 200, body = ImportDetail), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_imports")), ("x-tool" = json!({ "name": "imports_show", "title": "An import and its errors", "effect": "read" })))
)]
#[worker::send]
pub async fn show_import(caller: Caller, Segment(id): Segment) -> Answer<Json<ImportDetail>> {
    let import = store::imports::find(&caller.database, &id)
        .await?
        .ok_or_else(|| Failure::not_found(format!("there is no import `{id}`")))?;
    let errors = store::imports::errors(&caller.database, &id).await?;
    Ok(Json(ImportDetail { import: import.into(), errors: errors.into_iter().map(ImportError::from).collect() }))
}

impl From<ImportRecord> for Import {
    fn from(record: ImportRecord) -> Self {
        Self {
            id: record.id,
            kind: record.kind,
            file_name: record.file_name,
            status: record.status,
            rows_total: record.rows_total,
            rows_loaded: record.rows_loaded,
            rows_rejected: record.rows_rejected,
            bytes_total: record.bytes_total,
            bytes_done: record.bytes_done,
            detail: record.detail,
            created_at: record.created_at,
            finished_at: record.finished_at,
        }
    }
}

impl From<ImportErrorRecord> for ImportError {
    fn from(record: ImportErrorRecord) -> Self {
        Self { row: record.row, field: record.field, reason: record.reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_queued_format_is_pinned() {
        let message = Queued { import_id: "i", tenant_id: "t", site: "s" };
        assert_eq!(serde_json::to_string(&message).unwrap(), r#"{"import_id":"i","tenant_id":"t","site":"s"}"#);
    }
}
