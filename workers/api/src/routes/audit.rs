//! Who changed what.

use axum::Json;
use serde_json::Value;

use crate::answer::Answer;
use crate::cursor;
use crate::extract::{Params, whole_number};
use crate::gate::Caller;
use crate::store;
use crate::store::audit::AuditRecord;
use crate::wire::audit::{Audit, AuditQuery, AuditRow};
use crate::wire::problem::Problem;

/// The audit log, newest first.
#[utoipa::path(
    get, path = "/audit", tag = "audit", params(AuditQuery),
    responses((status = 200, body = Audit), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_audit")), ("x-tool" = json!({ "name": "audit_list", "title": "Who changed what", "effect": "read" })))
)]
#[worker::send]
pub async fn list_audit(caller: Caller, Params(query): Params<AuditQuery>) -> Answer<Json<Audit>> {
    let limit = whole_number("limit", query.limit.as_deref(), 50, 1..=200)?;
    let after = cursor::decode::<(i64, String)>(query.cursor.as_deref())?;
    let mut rows = store::audit::page(&caller.database, after, limit + 1).await?;
    let next_cursor =
        cursor::page(&mut rows, usize::try_from(limit).unwrap_or(usize::MAX), |row| (row.at, row.id.clone()))?;
    Ok(Json(Audit { rows: rows.into_iter().map(AuditRow::from).collect(), next_cursor }))
}

impl From<AuditRecord> for AuditRow {
    fn from(record: AuditRecord) -> Self {
        let value = |text: &str| serde_json::from_str(text).unwrap_or(Value::Null);
        Self {
            before: value(&record.before_json),
            after: value(&record.after_json),
            id: record.id,
            actor: record.actor,
            action: record.action,
            entity: record.entity,
            at: record.at,
        }
    }
}
