//! Messages that failed for good: listed, sent again or dismissed.

use axum::Json;
use control::audit::Entry;
use http::StatusCode;
use platform::run_object;
use problem::Problem as Failure;
use serde_json::json;

use super::agents::parsed;
use crate::answer::Answer;
use crate::extract::{Params, Segment, one_of, whole_number};
use crate::gate::Caller;
use crate::store;
use crate::store::dead_letters::{DeadLetterRecord, STATES};
use crate::wire::dead_letters::{DeadLetter, DeadLetters, DeadLettersQuery};
use crate::wire::problem::Problem;

/// Messages that failed for good, newest first.
#[utoipa::path(
    get, path = "/dead-letters", tag = "dead letters", params(DeadLettersQuery),
    responses((status = 200, body = DeadLetters), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_dead_letters")), ("x-tool" = json!({ "name": "dead_letters_list", "title": "List dead letters", "effect": "read" })))
)]
#[worker::send]
pub async fn list_dead_letters(caller: Caller, Params(query): Params<DeadLettersQuery>) -> Answer<Json<DeadLetters>> {
    let [open, replayed, dismissed] = STATES;
    let status = one_of("status", query.status.as_deref(), open, &[open, replayed, dismissed, "all"])?;
    let status = if status == "all" { "" } else { status };
    let limit = whole_number("limit", query.limit.as_deref(), 50, 1..=200)?;
    let rows = store::dead_letters::latest(&caller.database, status, limit).await?;
    Ok(Json(DeadLetters { rows: rows.into_iter().map(shown).collect::<Answer<_>>()? }))
}

/// Sends a message again. A run goes on where it failed: what it knows already is not asked again.
#[utoipa::path(
    post, path = "/dead-letters/{id}/replay", tag = "dead letters", params(("id" = String, Path, description = "Dead letter id")),
    responses((status = 202, description = "Under way again"), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("manage_dead_letters")), ("x-tool" = json!({ "name": "dead_letters_replay", "title": "Replay a dead letter", "effect": "write" })))
)]
#[worker::send]
pub async fn replay_dead_letter(caller: Caller, Segment(id): Segment) -> Answer<StatusCode> {
    let record = open_record(&caller, &id).await?;
    let message = parsed(&record.message)?;
    let run_id = message.get("run_id").and_then(|id| id.as_str()).unwrap_or_default().to_owned();
    if record.queue != run_object::QUEUE || run_id.is_empty() {
        let detail = format!("messages of the queue {} cannot be sent again from here", record.queue);
        return Err(Failure::conflict(detail).into());
    }
    let mut statements = store::dead_letters::decide(&id, "replayed", caller.actor(), caller.now);
    statements.extend(store::agents::requeue(&run_id));
    caller.database.commit("the dead letter", &statements, &[entry(&caller, &record, "replayed")]).await?;
    run_object::wake(&caller.runtime.env, &caller.session.tenant_id, &run_id).await;
    Ok(StatusCode::ACCEPTED)
}

/// Puts a message aside for good.
#[utoipa::path(
    post, path = "/dead-letters/{id}/dismiss", tag = "dead letters", params(("id" = String, Path, description = "Dead letter id")),
    responses((status = 204, description = "Dismissed"), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("manage_dead_letters")), ("x-tool" = json!({ "name": "dead_letters_dismiss", "title": "Dismiss a dead letter", "effect": "write" })))
)]
#[worker::send]
pub async fn dismiss_dead_letter(caller: Caller, Segment(id): Segment) -> Answer<StatusCode> {
    let record = open_record(&caller, &id).await?;
    let statements = store::dead_letters::decide(&id, "dismissed", caller.actor(), caller.now);
    caller.database.commit("the dead letter", &statements, &[entry(&caller, &record, "dismissed")]).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn open_record(caller: &Caller, id: &str) -> Answer<DeadLetterRecord> {
    let record = store::dead_letters::find(&caller.database, id)
        .await?
        .ok_or_else(|| Failure::not_found(format!("there is no dead letter `{id}`")))?;
    if record.status == "open" {
        Ok(record)
    } else {
        Err(Failure::conflict(format!("this dead letter is {} already", record.status)).into())
    }
}

fn entry(caller: &Caller, record: &DeadLetterRecord, status: &str) -> Entry {
    Entry {
        actor: caller.actor().to_owned(),
        action: if status == "replayed" { "dead_letter.replay" } else { "dead_letter.dismiss" },
        entity: format!("dead_letter:{}", record.id),
        before: Some(json!({ "status": record.status, "reason": record.reason })),
        after: Some(json!({ "status": status })),
        at: caller.now,
    }
}

fn shown(record: DeadLetterRecord) -> Answer<DeadLetter> {
    Ok(DeadLetter {
        id: record.id,
        queue: record.queue,
        message: parsed(&record.message)?,
        reason: record.reason,
        attempts: record.attempts,
        failed_at: record.failed_at,
        status: record.status,
        decided_by: record.decided_by,
        decided_at: record.decided_at,
    })
}
