//! Events that were refused: listed, replayed after a fix, or dismissed.

use axum::Json;
use control::audit::Entry;
use event::{signature, wire};
use http::StatusCode;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use platform::{Error, settings};
use problem::Problem as Failure;
use serde_json::{Value, json};
use worker::{Headers, HttpResponse, Method, Request, RequestInit};

use super::scope;
use crate::answer::{Answer, internal};
use crate::cursor;
use crate::extract::{Params, Segment, one_of, whole_number};
use crate::gate::Caller;
use crate::store;
use crate::store::inbox::{InboxRecord, STATES};
use crate::wire::inbox::{Inbox, InboxQuery, InboxReplay, InboxRow};
use crate::wire::problem::Problem;

/// The source of entries that the collector refused: events as they were sent.
const COLLECT: &str = "collect";

/// The longest answer of the collector that is read, in bytes.
const MAX_ANSWER: usize = 64 * 1024;

/// Refused events, newest first.
#[utoipa::path(
    get, path = "/inbox", tag = "inbox", params(InboxQuery),
    responses((status = 200, body = Inbox), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_inbox")), ("x-tool" = json!({ "name": "inbox_list", "title": "Refused events", "effect": "read" })))
)]
#[worker::send]
pub async fn list_inbox(caller: Caller, Params(query): Params<InboxQuery>) -> Answer<Json<Inbox>> {
    let [open, replayed, dismissed] = STATES;
    let status = one_of("status", query.status.as_deref(), open, &[open, replayed, dismissed, "all"])?;
    let status = if status == "all" { "" } else { status };
    let limit = whole_number("limit", query.limit.as_deref(), 50, 1..=200)?;
    let after = cursor::decode::<(i64, String)>(query.cursor.as_deref())?;
    let site = match query.site.as_deref() {
        Some(key) => scope::site(&caller, Some(key)).await?.key,
        None => String::new(),
    };
    let mut rows = store::inbox::page(&caller.database, status, &site, after, limit + 1).await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let next_cursor = cursor::page(&mut rows, limit, |row| (row.received_at, row.id.clone()))?;
    Ok(Json(Inbox { rows: rows.into_iter().map(InboxRow::from).collect(), next_cursor }))
}

/// Sends a refused event to the collector again.
///
/// 1. Unknown → 404; no longer open, or not refused by the collector → 409. 2. Send it, signed as the site and named as a replay. 3. Taken → replayed.
/// 4. Refused again → stays open with the new reason.
#[utoipa::path(
    post, path = "/inbox/{id}/replay", tag = "inbox", params(("id" = String, Path, description = "Inbox id")),
    responses((status = 200, body = InboxReplay), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("manage_inbox")), ("x-tool" = json!({ "name": "inbox_replay", "title": "Replay a refused event", "effect": "write" })))
)]
#[worker::send]
pub async fn replay(caller: Caller, Segment(id): Segment) -> Answer<Json<InboxReplay>> {
    let record = open_record(&caller, &id).await?;
    if record.source != COLLECT {
        let detail =
            "this tells of something that happened and is no event that was refused: there is nothing to send again";
        return Err(Failure::conflict(detail).into());
    }
    let outcome = match replayable(&record) {
        Ok(body) => send(&caller, &record, &body).await?,
        Err(reason) => Outcome::Refused { field: record.field.clone(), reason },
    };
    let (change, answer) = match outcome {
        Outcome::Taken => (
            store::inbox::close(&id, "replayed", caller.now),
            InboxReplay { status: "replayed".to_owned(), detail: "the event was taken".to_owned() },
        ),
        Outcome::Refused { field, reason } => (
            store::inbox::refuse_again(&id, &field, &reason, caller.now),
            InboxReplay { status: "open".to_owned(), detail: format!("{field}: {reason}") },
        ),
    };
    let after = json!({ "status": answer.status, "detail": answer.detail });
    record_change(&caller, &record, "inbox.replay", after, change).await?;
    Ok(Json(answer))
}

/// Puts a refused event aside for good.
#[utoipa::path(
    post, path = "/inbox/{id}/dismiss", tag = "inbox", params(("id" = String, Path, description = "Inbox id")),
    responses((status = 204, description = "Dismissed"), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("manage_inbox")), ("x-tool" = json!({ "name": "inbox_dismiss", "title": "Dismiss a refused event", "effect": "write" })))
)]
#[worker::send]
pub async fn dismiss(caller: Caller, Segment(id): Segment) -> Answer<StatusCode> {
    let record = open_record(&caller, &id).await?;
    let change = store::inbox::close(&id, "dismissed", caller.now);
    record_change(&caller, &record, "inbox.dismiss", json!({ "status": "dismissed" }), change).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn open_record(caller: &Caller, id: &str) -> Answer<InboxRecord> {
    let record = store::inbox::find(&caller.database, id)
        .await?
        .ok_or_else(|| Failure::not_found(format!("there is no refused event `{id}`")))?;
    if record.status == "open" {
        Ok(record)
    } else {
        Err(Failure::conflict(format!("this event is {} already", record.status)).into())
    }
}

async fn record_change(
    caller: &Caller,
    record: &InboxRecord,
    action: &'static str,
    after: Value,
    change: platform::Statement,
) -> Answer<()> {
    let entry = Entry {
        actor: caller.actor().to_owned(),
        action,
        entity: format!("inbox:{}", record.id),
        before: Some(json!({ "status": record.status, "field": record.field, "reason": record.reason })),
        after: Some(after),
        at: caller.now,
    };
    Ok(caller.database.commit("the refused event", &[change], &[entry]).await?)
}

/// How a replay ended.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Taken,
    Refused { field: String, reason: String },
}

/// The event as it is sent again. What its sender left to the moment of arrival is filled in from the first arrival:
/// its time, and an id, so that replaying twice counts once.
fn replayable(record: &InboxRecord) -> Result<String, String> {
    let payload: Value = serde_json::from_str(&record.payload)
        .map_err(|error| format!("the payload is not complete JSON and cannot be replayed: {error}"))?;
    let Value::Object(mut event) = payload else {
        return Err("the payload is not one event and cannot be replayed".to_owned());
    };
    event.entry("id").or_insert_with(|| record.id.as_str().into());
    event.entry("ts").or_insert_with(|| record.received_at.into());
    Ok(Value::Object(event).to_string())
}

async fn send(caller: &Caller, record: &InboxRecord, body: &str) -> Answer<Outcome> {
    let env = &caller.runtime.env;
    let sealed = store::sites::sealed_secret(&caller.database, &record.site)
        .await?
        .ok_or_else(|| Failure::conflict(format!("the event's site {} is gone", record.site)))?;
    let purpose = control::site::secret_purpose(&record.site);
    let context = vault::Context { tenant: &caller.session.tenant_id, purpose: &purpose };
    let secret = vault::open(&settings::vault_key(env)?, context, &sealed).map_err(internal)?;
    let signed = signature::sign(&secret, caller.now.div_euclid(1000), body.as_bytes());

    let failed = |error: worker::Error| Error::unavailable("the collector", error);
    let headers = Headers::new();
    headers.set("content-type", "application/json").map_err(failed)?;
    headers.set(signature::HEADER, &signed).map_err(failed)?;
    headers.set(wire::REPLAY_HEADER, &record.id).map_err(failed)?;
    let mut init = RequestInit::new();
    init.with_method(Method::Post).with_headers(headers).with_body(Some(body.into()));
    let site = utf8_percent_encode(&record.site, NON_ALPHANUMERIC);
    // Only the path matters: the binding already is the address.
    let url = format!("https://collect/attribution/collect?site={site}");
    let request = Request::new_with_init(&url, &init).map_err(failed)?;
    let response: HttpResponse = env
        .service("COLLECT")
        .map_err(|error| Error::setting("COLLECT", error))?
        .fetch_request(request)
        .await
        .map_err(failed)?;
    let status = response.status();
    let answer = axum::body::to_bytes(axum::body::Body::new(response.into_body()), MAX_ANSWER)
        .await
        .map_err(|error| Error::unavailable("the collector", error))?;
    Ok(outcome(status, &answer)?)
}

/// What the collector's answer says about the one event.
fn outcome(status: StatusCode, body: &[u8]) -> Result<Outcome, Error> {
    if status == StatusCode::NO_CONTENT {
        return Ok(Outcome::Taken);
    }
    if status.is_server_error() {
        return Err(Error::unavailable("the collector", format!("answered {status}")));
    }
    let problem: ::problem::Problem = serde_json::from_slice(body)
        .map_err(|error| Error::unavailable("the collector", format!("answered {status}: {error}")))?;
    Ok(match problem.errors.into_iter().next() {
        // The collector answers a JSON pointer; the inbox keeps the field's own name.
        Some(error) => Outcome::Refused { field: error.field.trim_start_matches('/').to_owned(), reason: error.detail },
        None => Outcome::Refused { field: String::new(), reason: problem.detail },
    })
}

impl From<InboxRecord> for InboxRow {
    fn from(record: InboxRecord) -> Self {
        Self {
            id: record.id,
            site: record.site,
            source: record.source,
            field: record.field,
            reason: record.reason,
            payload: record.payload,
            received_at: record.received_at,
            status: record.status,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(payload: &str) -> InboxRecord {
        InboxRecord {
            id: "inbox-1".into(),
            site: "shop".into(),
            source: "collect".into(),
            field: "value".into(),
            reason: "is no number".into(),
            payload: payload.into(),
            received_at: 1_795_000_000_000,
            status: "open".into(),
        }
    }

    #[test]
    fn a_replay_keeps_what_was_sent_and_adds_only_what_arrival_gave() {
        let body: Value = serde_json::from_str(&replayable(&record(r#"{"event":"x","sid":"s"}"#)).unwrap()).unwrap();
        assert_eq!(body, json!({"event": "x", "sid": "s", "id": "inbox-1", "ts": 1_795_000_000_000_i64}));
        let body: Value =
            serde_json::from_str(&replayable(&record(r#"{"id":"e","ts":"2026-01-01"}"#)).unwrap()).unwrap();
        assert_eq!(body, json!({"id": "e", "ts": "2026-01-01"}));
    }

    #[test]
    fn what_is_no_event_cannot_be_replayed() {
        assert!(replayable(&record(r#"{"event":"cut of"#)).unwrap_err().contains("not complete JSON"));
        assert!(replayable(&record("[1]")).unwrap_err().contains("not one event"));
    }

    #[test]
    fn the_collectors_answer_decides() {
        assert_eq!(outcome(StatusCode::NO_CONTENT, b"").unwrap(), Outcome::Taken);
        let refused = ::problem::Problem::invalid_field("/value", "must be a number");
        assert_eq!(
            outcome(StatusCode::UNPROCESSABLE_ENTITY, &serde_json::to_vec(&refused).unwrap()).unwrap(),
            Outcome::Refused { field: "value".into(), reason: "must be a number".into() }
        );
        assert!(outcome(StatusCode::SERVICE_UNAVAILABLE, b"").is_err());
        assert!(outcome(StatusCode::BAD_REQUEST, b"<html>").is_err());
    }
}
