//! Who changed what.

use axum::Json;
use control::audit::{self, Head, Link};
use serde_json::Value;

use crate::answer::Answer;
use crate::cursor;
use crate::extract::{Params, whole_number};
use crate::gate::Caller;
use crate::store;
use crate::wire::audit::{Audit, AuditQuery, AuditRow, AuditVerified};
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
    let before = cursor::decode::<i64>(query.cursor.as_deref())?;
    let mut rows = store::audit::page(&caller.database, before, limit + 1).await?;
    let next_cursor = cursor::page(&mut rows, usize::try_from(limit).unwrap_or(usize::MAX), |row| row.number)?;
    Ok(Json(Audit { rows: rows.into_iter().map(AuditRow::from).collect(), next_cursor }))
}

/// Entries read at once while verifying.
const PAGE: i64 = 1000;

/// Walks the whole chain and says whether any entry was changed, removed, slipped in or cut off at the end.
#[utoipa::path(
    get, path = "/audit/verify", tag = "audit",
    responses((status = 200, body = AuditVerified), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_audit")))
)]
#[worker::send]
pub async fn verify_audit(caller: Caller) -> Answer<Json<AuditVerified>> {
    let mut head = Head::default();
    let mut entries = 0;
    let broken = loop {
        // Before the page: what is recorded by then stands in this page or in an earlier one.
        let recorded = store::audit::head(&caller.database).await?;
        let links = store::audit::chain(&caller.database, head.number, PAGE).await?;
        entries += i64::try_from(links.len()).unwrap_or(i64::MAX);
        if links.is_empty() {
            break audit::verify_end(&head, &recorded).err();
        }
        match audit::verify(&caller.session.tenant_id, head, &links) {
            Ok(end) => head = end,
            Err(broken) => break Some(broken),
        }
    };
    Ok(Json(AuditVerified {
        entries,
        holds: broken.is_none(),
        broken_at: broken.as_ref().map(audit::Broken::at),
        reason: broken.map(|broken| broken.to_string()),
    }))
}

impl From<Link> for AuditRow {
    fn from(record: Link) -> Self {
        let value = |text: &str| serde_json::from_str(text).unwrap_or(Value::Null);
        Self {
            before: value(&record.before_json),
            after: value(&record.after_json),
            number: record.number,
            hash: record.hash,
            id: record.id,
            actor: record.actor,
            action: record.action,
            entity: record.entity,
            at: record.at,
        }
    }
}
