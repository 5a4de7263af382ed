//! Starting agents, watching them and reading what they found. The work itself is done by the run's object.

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Body;
use axum::response::Response;
use calendar::DateRange;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, StatusCode};
use platform::run_object::{self, NewRun};
use platform::{campaigns, random};
use problem::Problem as Failure;
use serde_json::{Value, json};

use super::scope;
use crate::answer::{Answer, internal};
use crate::extract::{Form, Params, Segment, one_of, whole_number};
use crate::gate::Caller;
use crate::routes::proposals;
use crate::store;
use crate::store::agents::{EventRecord, RunRecord, STATES, Wanted};
use crate::wire::agents::{Agent, Agents, Run, RunDetail, RunEvent, RunRequest, Runs, RunsQuery, StreamQuery};
use crate::wire::problem::Problem;

/// The agents there are and what each takes.
#[utoipa::path(
    get, path = "/agents", tag = "agents",
    responses((status = 200, body = Agents), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_agents")), ("x-tool" = json!({ "name": "agents_list", "title": "List agents", "effect": "read" })))
)]
pub async fn list_agents() -> Answer<Json<Agents>> {
    let rows = agent::registry::agents()
        .into_iter()
        .map(|agent| {
            Ok(Agent {
                name: agent.name.to_owned(),
                title: agent.title.to_owned(),
                about: agent.about.to_owned(),
                input_schema: object(agent.input_schema)?,
                permission: agent.permission.as_str().to_owned(),
            })
        })
        .collect::<Answer<_>>()?;
    Ok(Json(Agents { rows }))
}

/// Starts an agent.
///
/// 1. Unknown agent → 422; an input that does not fit → 422 with its place; unknown site or campaign → 404. 2. Store the
/// run and its audit row together. 3. Wake its object.
#[utoipa::path(
    post, path = "/agents/run", tag = "agents", request_body = RunRequest,
    responses((status = 202, body = Run), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("run_agents")), ("x-tool" = json!({ "name": "agents_run", "title": "Run an agent", "effect": "write" })))
)]
#[worker::send]
pub async fn run_agent(caller: Caller, Form(form): Form<RunRequest>) -> Answer<(StatusCode, Json<Run>)> {
    let mut context = form.context;
    let text = |context: &BTreeMap<String, Value>, name: &str| match context.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Failure::invalid_field(format!("/context/{name}"), "must be a text")),
    };
    let Some(agent) = agent::registry::find(&form.agent) else {
        let detail = format!("must be one of {}, found `{}`", agent::registry::NAMES.join(", "), form.agent);
        return Err(Failure::invalid_field("/agent", detail).into());
    };
    if !caller.may(agent.permission) {
        return Err(Failure::forbidden(format!("you may not {}", agent.permission.describe())).into());
    }
    let site = scope::site(&caller, text(&context, "site")?.as_deref()).await?;
    let campaign_id = text(&context, "campaign_id")?.unwrap_or_default();
    let context_id = text(&context, "context_id")?.unwrap_or_default();
    let (from, to) = (text(&context, "from")?, text(&context, "to")?);
    DateRange::parse(scope::zone(&site)?, from.as_deref(), to.as_deref(), caller.now)
        .map_err(|error| Failure::invalid_field(format!("/context/{}", error.field()), error.to_string()))?;
    context.insert("site".to_owned(), json!(site.key));
    let input = Value::Object(context.into_iter().collect());
    if let Some(Err(misfit)) = agent::registry::check(agent.name, &input) {
        return Err(Failure::invalid_field(format!("/context{}", misfit.pointer), misfit.reason).into());
    }
    if !campaign_id.is_empty() {
        campaigns::find_row(&caller.database, &campaign_id)
            .await?
            .filter(|row| row.site == site.key)
            .ok_or_else(|| Failure::not_found(format!("the site {} has no campaign `{campaign_id}`", site.key)))?;
    }
    let id = random::uuid();
    let (statement, entry) = NewRun {
        id: &id,
        site: &site.key,
        agent: agent.name,
        input: &input,
        campaign_id: &campaign_id,
        context_id: &context_id,
        requested_by: caller.actor(),
        now: caller.now,
    }
    .stored();
    caller.database.commit("the run", &[statement], &[entry]).await?;
    run_object::wake(&caller.runtime.env, &caller.session.tenant_id, &id).await;
    let run = RunRecord {
        id,
        site: site.key,
        agent: agent.name.to_owned(),
        status: "queued".to_owned(),
        input: input.to_string(),
        campaign_id,
        context_id,
        requested_by: caller.actor().to_owned(),
        created_at: caller.now,
        ..RunRecord::default()
    };
    Ok((StatusCode::ACCEPTED, Json(shown(run)?)))
}

/// The latest runs, newest first.
#[utoipa::path(
    get, path = "/agents/runs", tag = "agents", params(RunsQuery),
    responses((status = 200, body = Runs), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_agents")), ("x-tool" = json!({ "name": "agents_runs", "title": "List agent runs", "effect": "read" })))
)]
#[worker::send]
pub async fn list_runs(caller: Caller, Params(query): Params<RunsQuery>) -> Answer<Json<Runs>> {
    let limit = whole_number("limit", query.limit.as_deref(), 50, 1..=200)?;
    let [queued, running, succeeded, failed, cancelled] = STATES;
    let status =
        one_of("status", query.status.as_deref(), "all", &[queued, running, succeeded, failed, cancelled, "all"])?;
    let wanted = Wanted {
        campaign_id: query.campaign_id.unwrap_or_default(),
        agent: query.agent.unwrap_or_default(),
        status: if status == "all" { String::new() } else { status.to_owned() },
        context_id: query.context_id.unwrap_or_default(),
    };
    let rows = store::agents::latest(&caller.database, &wanted, limit).await?;
    Ok(Json(Runs { rows: rows.into_iter().map(shown).collect::<Answer<_>>()? }))
}

/// One run, what happened in it and what it proposes.
#[utoipa::path(
    get, path = "/agents/runs/{id}", tag = "agents", params(("id" = String, Path, description = "Run id")),
    responses((status = 200, body = RunDetail), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_agents")), ("x-tool" = json!({ "name": "agents_run_show", "title": "Show an agent run", "effect": "read" })))
)]
#[worker::send]
pub async fn show_run(caller: Caller, Segment(id): Segment) -> Answer<Json<RunDetail>> {
    let run = find(&caller, &id).await?;
    let (events, proposals) = futures::future::try_join(
        store::agents::events(&caller.database, &id, 0),
        store::proposals::of_run(&caller.database, &id),
    )
    .await?;
    Ok(Json(RunDetail {
        run: shown(run)?,
        events: events.into_iter().map(event).collect::<Answer<_>>()?,
        proposals: proposals.into_iter().map(proposals::shown).collect::<Answer<_>>()?,
    }))
}

/// A run as it happens: server-sent events, each with its number as `id`, its type as `event` and its data as JSON. The
/// stream begins after `after` and ends with the run.
#[utoipa::path(
    get, path = "/agents/runs/{id}/stream", tag = "agents", params(("id" = String, Path, description = "Run id"), StreamQuery),
    responses((status = 200, description = "A stream of server-sent events", body = String, content_type = "text/event-stream"), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_agents")))
)]
#[worker::send]
pub async fn stream_run(
    caller: Caller,
    Segment(id): Segment,
    Params(query): Params<StreamQuery>,
    headers: HeaderMap,
) -> Answer<Response> {
    let run = find(&caller, &id).await?;
    let seen = headers.get("last-event-id").and_then(|id| id.to_str().ok()).and_then(|id| id.parse::<i64>().ok());
    let after = match seen {
        Some(seen) => seen.max(0),
        None => whole_number("after", query.after.as_deref(), 0, 0..=i64::MAX)?,
    };
    let ended = run.ended_at.is_some();
    let body = if ended {
        // The object may be gone; what happened stands in the rows.
        let events = store::agents::events(&caller.database, &id, after).await?;
        let text: String = events
            .iter()
            .map(|event| format!("id: {}\nevent: {}\ndata: {}\n\n", event.number, event.r#type, event.data))
            .collect();
        Body::from(text)
    } else {
        let mut stream = run_object::follow(&caller.runtime.env, &caller.session.tenant_id, &id, after).await?;
        let pieces = stream.stream().map_err(internal)?;
        Body::new(worker::Body::from_stream(pieces).map_err(internal)?)
    };
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store, no-transform"));
    Ok(response)
}

/// Stops a run. What it has not proposed yet it never will; a run that has ended stays as it is → 409.
#[utoipa::path(
    post, path = "/agents/runs/{id}/cancel", tag = "agents", params(("id" = String, Path, description = "Run id")),
    responses((status = 202, description = "The run is told to stop"), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("run_agents")), ("x-tool" = json!({ "name": "agents_cancel", "title": "Cancel an agent run", "effect": "write" })))
)]
#[worker::send]
pub async fn cancel_run(caller: Caller, Segment(id): Segment) -> Answer<StatusCode> {
    let run = find(&caller, &id).await?;
    if run.ended_at.is_some() {
        return Err(Failure::conflict(format!("this run has {} already", run.status)).into());
    }
    run_object::cancel(&caller.runtime.env, &caller.session.tenant_id, &id, caller.actor()).await?;
    Ok(StatusCode::ACCEPTED)
}

async fn find(caller: &Caller, id: &str) -> Answer<RunRecord> {
    let run = store::agents::find(&caller.database, id).await?;
    run.ok_or_else(|| Failure::not_found(format!("there is no agent run `{id}`")).into())
}

/// A stored JSON object.
pub(super) fn object(value: Value) -> Answer<BTreeMap<String, Value>> {
    match value {
        Value::Object(object) => Ok(object.into_iter().collect()),
        _ => Err(internal("a stored value is no JSON object")),
    }
}

pub(super) fn parsed(json: &str) -> Answer<BTreeMap<String, Value>> {
    object(serde_json::from_str(json).map_err(internal)?)
}

fn event(record: EventRecord) -> Answer<RunEvent> {
    let mut data = parsed(&record.data)?;
    data.remove("type");
    Ok(RunEvent { number: record.number, r#type: record.r#type, data, at: record.at })
}

fn shown(record: RunRecord) -> Answer<Run> {
    let output = match record.output.as_str() {
        "" => None,
        json => Some(serde_json::from_str(json).map_err(internal)?),
    };
    Ok(Run {
        id: record.id,
        agent: record.agent,
        site: record.site,
        status: record.status,
        input: parsed(&record.input)?,
        output,
        detail: record.detail,
        campaign_id: record.campaign_id,
        context_id: record.context_id,
        requested_by: record.requested_by,
        model: record.model,
        tokens_in: record.tokens_in,
        tokens_out: record.tokens_out,
        cost_micros: record.cost_micros,
        attempts: record.attempts,
        created_at: record.created_at,
        started_at: record.started_at,
        ended_at: record.ended_at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(output: &str) -> RunRecord {
        RunRecord {
            id: "r".into(),
            agent: "analyst".into(),
            status: "succeeded".into(),
            input: r#"{"site":"s"}"#.into(),
            output: output.into(),
            created_at: 1,
            started_at: Some(2),
            ..RunRecord::default()
        }
    }

    #[test]
    fn a_run_without_output_shows_null_and_a_broken_one_is_our_fault() {
        let run = serde_json::to_value(shown(record("")).unwrap()).unwrap();
        assert!(run["output"].is_null() && run["input"]["site"] == "s");
        assert_eq!(shown(record("{")).unwrap_err().problem().status, 500);
    }

    #[test]
    fn what_every_agent_says_has_the_shape_a_run_shows() {
        let told = agent::Told {
            title: "t".into(),
            findings: vec![agent::proposal::Point { headline: "h".into(), ..Default::default() }],
            ..Default::default()
        };
        let run = serde_json::to_value(shown(record(&serde_json::to_string(&told).unwrap())).unwrap()).unwrap();
        assert_eq!(run["output"]["findings"][0]["headline"], "h");
        assert!(run["output"]["findings"][0]["change"].is_null());
    }

    #[test]
    fn an_event_shows_its_type_once() {
        let stored = agent::RunEvent::Guard { reasons: vec!["no".into()] };
        let record = EventRecord {
            number: 1,
            r#type: stored.name().into(),
            data: serde_json::to_string(&stored).unwrap(),
            at: 2,
        };
        let shown = serde_json::to_value(event(record).unwrap()).unwrap();
        assert_eq!(shown, json!({ "number": 1, "type": "guard", "data": { "reasons": ["no"] }, "at": 2 }));
    }
}
