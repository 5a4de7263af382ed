//! What was not as usual: listed, looked for, put aside.

use ::study::anomalies::Look;
use axum::Json;
use axum::response::Response;
use control::audit::Entry;
use http::StatusCode;
use platform::study_object::{ANOMALIES, LookNow};
use problem::Problem as Failure;
use serde_json::{Value, json};

use super::scope;
use crate::answer::{Answer, internal};
use crate::cursor;
use crate::extract::{Params, Segment, one_of, whole_number};
use crate::gate::Caller;
use crate::store::anomalies::{self, AnomalyRecord, STATES};
use crate::study;
use crate::wire::anomalies::{Anomalies, AnomaliesQuery, AnomalyRow, LookQuery};
use crate::wire::problem::Problem;

/// Days on which a main figure was not as usual, newest first: how far from its usual range, since when, and which
/// channel, source, campaign or device moved it.
#[utoipa::path(
    get, path = "/insights/anomalies", tag = "insights", params(AnomaliesQuery),
    responses((status = 200, body = Anomalies), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_analytics")), ("x-tool" = json!({ "name": "anomalies_list", "title": "What was not as usual", "effect": "read" })))
)]
#[worker::send]
pub async fn list_anomalies(caller: Caller, Params(query): Params<AnomaliesQuery>) -> Answer<Json<Anomalies>> {
    let [open, dismissed] = STATES;
    let status = one_of("status", query.status.as_deref(), open, &[open, dismissed, "all"])?;
    let status = if status == "all" { "" } else { status };
    let limit = whole_number("limit", query.limit.as_deref(), 50, 1..=100)?;
    let after = cursor::decode::<(i64, String)>(query.cursor.as_deref())?;
    let site = scope::site(&caller, query.site.as_deref()).await?.key;
    let mut rows = anomalies::page(&caller.database, &site, status, after, limit + 1).await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let next_cursor = cursor::page(&mut rows, limit, |row| (row.local_day, row.id.clone()))?;
    let look = anomalies::look(&caller.database, &site).await?.map_or(Ok(Value::Null), |look| parsed(&look))?;
    let rows = rows.into_iter().map(row).collect::<Answer<_>>()?;
    Ok(Json(Anomalies { rows, next_cursor, look }))
}

/// Looks now: main figures of the last 14 days against what was usual before. New findings join the list, those that late
/// data made ordinary leave it, what was dismissed stays so. Says what was looked at.
#[utoipa::path(
    post, path = "/insights/anomalies/check", tag = "insights", params(LookQuery),
    responses((status = 200, body = Look), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("run_agents")), ("x-tool" = json!({ "name": "anomalies_check", "title": "Look for what is not as usual", "effect": "write" })))
)]
#[worker::send]
pub async fn check_anomalies(caller: Caller, Params(query): Params<LookQuery>) -> Answer<Response> {
    let site = scope::site(&caller, query.site.as_deref()).await?;
    let question = LookNow { requested_by: caller.actor().to_owned() };
    study::ask(&caller, site, ANOMALIES, question).await
}

/// Puts an anomaly aside: it is explained, or does not matter. It is not raised again.
#[utoipa::path(
    post, path = "/insights/anomalies/{id}/dismiss", tag = "insights", params(("id" = String, Path, description = "Anomaly id")),
    responses((status = 204, description = "Dismissed"), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("run_agents")), ("x-tool" = json!({ "name": "anomalies_dismiss", "title": "Dismiss an anomaly", "effect": "write" })))
)]
#[worker::send]
pub async fn dismiss_anomaly(caller: Caller, Segment(id): Segment) -> Answer<StatusCode> {
    let [open, dismissed] = STATES;
    change(&caller, &id, open, dismissed, "anomaly.dismiss").await
}

/// Takes a dismissal back.
#[utoipa::path(
    post, path = "/insights/anomalies/{id}/reopen", tag = "insights", params(("id" = String, Path, description = "Anomaly id")),
    responses((status = 204, description = "Open again"), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("run_agents")), ("x-tool" = json!({ "name": "anomalies_reopen", "title": "Open a dismissed anomaly again", "effect": "write" })))
)]
#[worker::send]
pub async fn reopen_anomaly(caller: Caller, Segment(id): Segment) -> Answer<StatusCode> {
    let [open, dismissed] = STATES;
    change(&caller, &id, dismissed, open, "anomaly.reopen").await
}

async fn change(caller: &Caller, id: &str, from: &str, to: &str, action: &'static str) -> Answer<StatusCode> {
    let status = anomalies::status(&caller.database, id)
        .await?
        .ok_or_else(|| Failure::not_found(format!("there is no anomaly `{id}`")))?;
    if status != from {
        return Err(Failure::conflict(format!("this anomaly is {status} already")).into());
    }
    let by = (to == "dismissed").then(|| caller.actor());
    let entry = Entry {
        actor: caller.actor().to_owned(),
        action,
        entity: format!("anomaly:{id}"),
        before: Some(json!({ "status": from })),
        after: Some(json!({ "status": to })),
        at: caller.now,
    };
    caller.database.commit("the anomaly", &anomalies::moved(id, from, by, caller.now), &[entry]).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn parsed(json: &str) -> Answer<Value> {
    serde_json::from_str(json).map_err(internal)
}

fn row(record: AnomalyRecord) -> Answer<AnomalyRow> {
    Ok(AnomalyRow {
        date: ::calendar::format_day(record.local_day),
        shift: parsed(&record.shift)?,
        moved: parsed(&record.moved)?,
        around: parsed(&record.around)?,
        id: record.id,
        site: record.site,
        metric: record.metric,
        unit: record.unit,
        currency: record.currency,
        days: record.days,
        value: record.value,
        expected: record.expected,
        lower: record.lower,
        upper: record.upper,
        score: record.score,
        words: record.words,
        status: record.status,
        found_at: record.found_at,
        dismissed_by: record.dismissed_by,
        dismissed_at: record.dismissed_at,
    })
}
