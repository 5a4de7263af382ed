//! Starting agents and reading what they found. The work itself happens behind the queue.

use axum::Json;
use calendar::DateRange;
use control::audit::Entry;
use http::StatusCode;
use platform::{queue, random};
use problem::{FieldError, Problem as Failure};
use serde::Serialize;
use serde_json::json;

use super::scope;
use crate::answer::{Answer, internal};
use crate::extract::{Form, Params, Segment, whole_number};
use crate::gate::Caller;
use crate::store;
use crate::store::agents::RunRecord;
use crate::wire::agents::{Run, RunRequest, Runs, RunsQuery};
use crate::wire::problem::Problem;

/// The queue that agents work from.
const QUEUE: &str = "AGENT_RUNS";

/// The agents there are.
const AGENTS: [&str; 1] = ["analyst"];

/// What the queue carries.
#[derive(Debug, Serialize)]
struct Queued<'a> {
    run_id: &'a str,
    tenant_id: &'a str,
    site: &'a str,
}

/// Starts an agent.
///
/// 1. Unknown agent, site or date → 422 or 404. 2. Store the run and its audit row together. 3. Queue it.
#[utoipa::path(
    post, path = "/agents/run", tag = "agents", request_body = RunRequest,
    responses((status = 202, body = Run), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("run_agents")), ("x-tool" = json!({ "name": "agents_run", "title": "Start an agent", "effect": "write" })))
)]
#[worker::send]
pub async fn run_agent(caller: Caller, Form(form): Form<RunRequest>) -> Answer<(StatusCode, Json<Run>)> {
    if !AGENTS.contains(&form.agent.as_str()) {
        let detail = format!("must be one of {}, found `{}`", AGENTS.join(", "), form.agent);
        return Err(Failure::invalid_field("/agent", detail).into());
    }
    let site = scope::site(&caller, form.context.site.as_deref()).await?;
    let (from, to) = (form.context.from.as_deref(), form.context.to.as_deref());
    DateRange::parse(scope::zone(&site)?, from, to, caller.now).map_err(|error| {
        Failure::invalid(vec![FieldError::new(format!("/context/{}", error.field()), error.to_string())])
    })?;

    let mut context = form.context;
    context.site = Some(site.key.clone());
    let run = RunRecord {
        id: random::uuid(),
        agent: form.agent,
        status: "queued".to_owned(),
        input: serde_json::to_string(&context).map_err(internal)?,
        output: String::new(),
        detail: String::new(),
        created_at: caller.now,
        started_at: None,
        ended_at: None,
    };
    let entry = Entry {
        actor: caller.actor().to_owned(),
        action: "agent_run.request",
        entity: format!("agent_run:{}", run.id),
        before: None,
        after: Some(json!({ "agent": run.agent, "context": context })),
        at: caller.now,
    };
    let insert = store::agents::insert(&site.key, caller.actor(), &run);
    caller.database.commit("the run", &[insert], &[entry]).await?;
    let message = Queued { run_id: &run.id, tenant_id: &caller.session.tenant_id, site: &site.key };
    queue::send(&caller.runtime.env, QUEUE, &message).await?;
    Ok((StatusCode::ACCEPTED, Json(shown(run)?)))
}

/// The latest runs, newest first.
#[utoipa::path(
    get, path = "/agents/runs", tag = "agents", params(RunsQuery),
    responses((status = 200, body = Runs), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_agents")), ("x-tool" = json!({ "name": "agents_runs_list", "title": "List agent runs", "effect": "read" })))
)]
#[worker::send]
pub async fn list_runs(caller: Caller, Params(query): Params<RunsQuery>) -> Answer<Json<Runs>> {
    let limit = whole_number("limit", query.limit.as_deref(), 50, 1..=200)?;
    let rows = store::agents::latest(&caller.database, limit).await?;
    Ok(Json(Runs { rows: rows.into_iter().map(shown).collect::<Answer<_>>()? }))
}

/// One run.
#[utoipa::path(
    get, path = "/agents/runs/{id}", tag = "agents", params(("id" = String, Path, description = "Run id")),
    responses((status = 200, body = Run), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_agents")), ("x-tool" = json!({ "name": "agents_runs_show", "title": "An agent run and what it found", "effect": "read" })))
)]
#[worker::send]
pub async fn show_run(caller: Caller, Segment(id): Segment) -> Answer<Json<Run>> {
    let run = store::agents::find(&caller.database, &id)
        .await?
        .ok_or_else(|| Failure::not_found(format!("there is no agent run `{id}`")))?;
    Ok(Json(shown(run)?))
}

fn shown(record: RunRecord) -> Answer<Run> {
    let output = match record.output.as_str() {
        "" => None,
        json => Some(serde_json::from_str(json).map_err(internal)?),
    };
    Ok(Run {
        id: record.id,
        agent: record.agent,
        status: record.status,
        input: serde_json::from_str(&record.input).map_err(internal)?,
        output,
        detail: record.detail,
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
            detail: String::new(),
            created_at: 1,
            started_at: Some(2),
            ended_at: None,
        }
    }

    #[test]
    fn the_queued_format_is_pinned() {
        let message = Queued { run_id: "r", tenant_id: "t", site: "s" };
        assert_eq!(serde_json::to_string(&message).unwrap(), r#"{"run_id":"r","tenant_id":"t","site":"s"}"#);
    }

    #[test]
    fn a_run_without_output_shows_null_and_a_broken_one_is_our_fault() {
        let run = serde_json::to_value(shown(record("")).unwrap()).unwrap();
        assert!(run["output"].is_null() && run["input"]["site"] == "s");
        assert_eq!(shown(record("{")).unwrap_err().problem().status, 500);
    }

    #[test]
    fn a_finding_without_figures_shows_nulls() {
        let output = r#"{"title":"t","summary":"s","findings":[{"headline":"h","detail":"d","metric":"roas","severity":"info"}],"figures":[]}"#;
        let run = serde_json::to_value(shown(record(output)).unwrap()).unwrap();
        assert!(run["output"]["findings"][0]["change"].is_null());
    }
}
