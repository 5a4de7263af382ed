//! A2A 1.0: the agent card, JSON-RPC at `/a2a` and HTTP+JSON below `/a2a/v1`.
//!
//! A task is an agent run; a question in words, and a tool, are answered with a message.

use std::collections::VecDeque;

use axum::extract::Request;
use axum::response::Response;
use http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue};
use platform::random;
use protocol::a2a::{self, Ask, Fault, Sent, Skill, Waiting};
use protocol::json_rpc::{self, Message};
use protocol::sse;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use worker::Delay;

use super::turn::{self, Intent, MOST_LOOKS, POLL, Said, Turn};
use super::{Inside, MAX_BODY, check_origin, events_response, json_response, may};
use crate::answer::{Answer, Refused};
use crate::extract::{Segment, read_body};
use crate::gate::{Caller, Visitor};
use crate::wire::problem::Problem;

/// How the answers are sent.
#[derive(Clone, Debug, PartialEq)]
enum Binding {
    /// Wrapped, with the request's id.
    JsonRpc(Value),
    /// Bare.
    Http,
}

impl Binding {
    fn wrap(&self, result: &Value) -> Value {
        match self {
            Self::JsonRpc(id) => json_rpc::success(id, result),
            Self::Http => result.clone(),
        }
    }

    fn answer(&self, result: &Value) -> Response {
        json_response(200, self.content_type(), &self.wrap(result))
    }

    fn refuse(&self, fault: &Fault) -> Response {
        match self {
            Self::JsonRpc(id) => json_response(200, self.content_type(), &json_rpc::failure(id, &fault.json_rpc())),
            Self::Http => {
                let (status, body) = fault.http();
                json_response(status, self.content_type(), &body)
            }
        }
    }

    fn content_type(&self) -> &'static str {
        match self {
            Self::JsonRpc(_) => "application/json",
            Self::Http => a2a::CONTENT_TYPE,
        }
    }
}

/// What others can have done here, with the permission each asks for: questions, the agents, tools.
fn skills() -> Vec<(Skill, &'static str)> {
    let words = |all: &[&str]| all.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let ask = Skill {
        id: "ask".to_owned(),
        name: "Answer a question".to_owned(),
        description: "Answers a question in words about the shop's figures, with the query it ran.".to_owned(),
        tags: words(&["analytics", "sql", "marketing"]),
        examples: words(&["What was revenue by channel last week?"]),
    };
    let tools = Skill {
        id: "tools".to_owned(),
        name: "Use a tool".to_owned(),
        description: "Uses one tool of the API by its name; MCP at /mcp lists them with their inputs.".to_owned(),
        tags: words(&["api", "tools"]),
        examples: words(&["/analytics_summary compare=previous"]),
    };
    let agents = agent::registry::agents().into_iter().map(|agent| {
        let skill = Skill {
            id: agent.name.to_owned(),
            name: agent.title.to_owned(),
            description: agent.about.to_owned(),
            tags: words(&["agent", "marketing"]),
            examples: vec![format!("/run {}", agent.name)],
        };
        (skill, agent.permission.as_str())
    });
    std::iter::once((ask, "ask_questions")).chain(agents).chain([(tools, "read_account")]).collect()
}

/// The agent card (A2A 1.0).
#[utoipa::path(
    get, path = "/.well-known/agent-card.json", tag = "protocols",
    responses((status = 200, description = "The agent card", body = Value), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("open")))
)]
pub async fn agent_card(Visitor(runtime): Visitor, headers: HeaderMap) -> Response {
    let skills: Vec<Skill> = skills().into_iter().map(|(skill, _)| skill).collect();
    let card = a2a::card(&runtime.origin, crate::VERSION, &skills);
    let digest = Sha256::digest(card.to_string().as_bytes());
    let etag = format!("\"{}\"", hex::encode(digest.get(..16).unwrap_or_default()));
    let known = headers.get(IF_NONE_MATCH).and_then(|known| known.to_str().ok());
    let known = known.is_some_and(|known| known.split(',').any(|one| one.trim().trim_start_matches("W/") == etag));
    let mut response = if known {
        let mut response = Response::new(axum::body::Body::empty());
        *response.status_mut() = http::StatusCode::NOT_MODIFIED;
        response
    } else {
        json_response(200, "application/json", &card)
    };
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    if let Ok(etag) = HeaderValue::try_from(etag) {
        response.headers_mut().insert(ETAG, etag);
    }
    response
}

/// A2A 1.0 over JSON-RPC.
#[utoipa::path(
    post, path = "/a2a", tag = "protocols",
    request_body(content = Value, description = "A JSON-RPC 2.0 request with a method of A2A 1.0"),
    responses((status = 200, description = "The answer, as JSON or as a stream of events", content((Value = "application/json"), (String = "text/event-stream"))), (status = "default", description = "Any failure before the protocol begins", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("signed_in")))
)]
#[worker::send]
pub async fn json_rpc(caller: Caller, request: Request) -> Answer<Response> {
    let (parts, body) = request.into_parts();
    check_origin(&caller, &parts.headers)?;
    let body = read_body(body, MAX_BODY).await?;
    let (id, method, params) = match json_rpc::read(&body) {
        Ok(Message::Request { id, method, params }) => (id, method, params),
        Ok(Message::Notification { .. }) => {
            let error = json_rpc::Error::new(json_rpc::INVALID_REQUEST, "`id` is missing");
            return Ok(json_response(200, "application/json", &json_rpc::failure(&Value::Null, &error)));
        }
        Err((id, error)) => return Ok(json_response(200, "application/json", &json_rpc::failure(&id, &error))),
    };
    let asked = version(&parts.headers).and_then(|()| a2a::ask(&method, &params));
    serve(&caller, &parts.headers, Binding::JsonRpc(id), asked).await
}

/// Sends a message and waits for what comes of it.
#[utoipa::path(
    post, path = "/a2a/v1/message:send", tag = "protocols",
    request_body(content = Value, description = "SendMessageRequest"),
    responses((status = 200, description = "SendMessageResponse", body = Value, content_type = "application/a2a+json"), (status = "default", description = "Any failure: before the protocol begins as a problem, then as a google.rpc.Status", content((Problem = "application/problem+json"), (Value = "application/a2a+json")))),
    extensions(("x-permission" = json!("signed_in")))
)]
#[worker::send]
pub async fn send(caller: Caller, request: Request) -> Answer<Response> {
    rest(&caller, request, "SendMessage").await
}

/// Sends a message and streams what comes of it.
#[utoipa::path(
    post, path = "/a2a/v1/message:stream", tag = "protocols",
    request_body(content = Value, description = "SendMessageRequest"),
    responses((status = 200, description = "A stream of StreamResponse", body = String, content_type = "text/event-stream"), (status = "default", description = "Any failure: before the protocol begins as a problem, then as a google.rpc.Status", content((Problem = "application/problem+json"), (Value = "application/a2a+json")))),
    extensions(("x-permission" = json!("signed_in")))
)]
#[worker::send]
pub async fn send_streaming(caller: Caller, request: Request) -> Answer<Response> {
    rest(&caller, request, "SendStreamingMessage").await
}

/// Tasks, newest first: the latest 200 agent runs.
#[utoipa::path(
    get, path = "/a2a/v1/tasks", tag = "protocols",
    params(
        ("contextId" = Option<String>, Query, description = "Of one conversation"),
        ("status" = Option<String>, Query, description = "In one state: TASK_STATE_…"),
        ("pageSize" = Option<i64>, Query, description = "At most so many, 1 to 100"),
        ("pageToken" = Option<String>, Query, description = "The last page's nextPageToken"),
        ("historyLength" = Option<i64>, Query, description = "Messages of each history"),
        ("statusTimestampAfter" = Option<String>, Query, description = "Changed after this time, RFC 3339"),
        ("includeArtifacts" = Option<bool>, Query, description = "With what they made"),
    ),
    responses((status = 200, description = "ListTasksResponse", body = Value, content_type = "application/a2a+json"), (status = "default", description = "Any failure: before the protocol begins as a problem, then as a google.rpc.Status", content((Problem = "application/problem+json"), (Value = "application/a2a+json")))),
    extensions(("x-permission" = json!("signed_in")))
)]
#[worker::send]
pub async fn list_tasks(caller: Caller, request: Request) -> Answer<Response> {
    rest(&caller, request, "ListTasks").await
}

/// One task; with `:subscribe` behind its id, a stream of what happens to it.
#[utoipa::path(
    get, path = "/a2a/v1/tasks/{id}", tag = "protocols",
    params(
        ("id" = String, Path, description = "Task id, or a task id and `:subscribe`"),
        ("historyLength" = Option<i64>, Query, description = "Messages of its history"),
    ),
    responses((status = 200, description = "Task, or a stream of StreamResponse", content((Value = "application/a2a+json"), (String = "text/event-stream"))), (status = "default", description = "Any failure: before the protocol begins as a problem, then as a google.rpc.Status", content((Problem = "application/problem+json"), (Value = "application/a2a+json")))),
    extensions(("x-permission" = json!("signed_in")))
)]
#[worker::send]
pub async fn get_task(caller: Caller, Segment(id): Segment, request: Request) -> Answer<Response> {
    match id.strip_suffix(":subscribe") {
        Some(id) => rest_about(&caller, request, "SubscribeToTask", id).await,
        None => rest_about(&caller, request, "GetTask", &id).await,
    }
}

/// Stops a task (`:cancel` behind its id) or streams what happens to it (`:subscribe`).
#[utoipa::path(
    post, path = "/a2a/v1/tasks/{id}", tag = "protocols",
    params(("id" = String, Path, description = "A task id and `:cancel` or `:subscribe`")),
    request_body(content = Value, description = "CancelTaskRequest or SubscribeToTaskRequest"),
    responses((status = 200, description = "Task, or a stream of StreamResponse", content((Value = "application/a2a+json"), (String = "text/event-stream"))), (status = "default", description = "Any failure: before the protocol begins as a problem, then as a google.rpc.Status", content((Problem = "application/problem+json"), (Value = "application/a2a+json")))),
    extensions(("x-permission" = json!("signed_in")))
)]
#[worker::send]
pub async fn change_task(caller: Caller, Segment(id): Segment, request: Request) -> Answer<Response> {
    match id.rsplit_once(':') {
        Some((id, "cancel")) => rest_about(&caller, request, "CancelTask", id).await,
        Some((id, "subscribe")) => rest_about(&caller, request, "SubscribeToTask", id).await,
        _ => Ok(Binding::Http.refuse(&Fault::Method(format!("POST /tasks/{id}")))),
    }
}

/// The card for signed-in callers: the skills this caller may use.
#[utoipa::path(
    get, path = "/a2a/v1/extendedAgentCard", tag = "protocols",
    responses((status = 200, description = "AgentCard", body = Value, content_type = "application/a2a+json"), (status = "default", description = "Any failure: before the protocol begins as a problem, then as a google.rpc.Status", content((Problem = "application/problem+json"), (Value = "application/a2a+json")))),
    extensions(("x-permission" = json!("signed_in")))
)]
#[worker::send]
pub async fn extended_card(caller: Caller, request: Request) -> Answer<Response> {
    rest(&caller, request, "GetExtendedAgentCard").await
}

async fn rest(caller: &Caller, request: Request, method: &str) -> Answer<Response> {
    rest_about(caller, request, method, "").await
}

/// A request of the HTTP+JSON binding: its parameters stand in path, query and body.
async fn rest_about(caller: &Caller, request: Request, method: &str, id: &str) -> Answer<Response> {
    let (parts, body) = request.into_parts();
    check_origin(caller, &parts.headers)?;
    let body = read_body(body, MAX_BODY).await?;
    let mut params: Map<String, Value> = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes())
        .map(|(name, value)| (name.into_owned(), value.into_owned().into()))
        .collect();
    if !body.is_empty() {
        match serde_json::from_slice(&body) {
            Ok(Value::Object(fields)) => params.extend(fields),
            _ => return Ok(Binding::Http.refuse(&Fault::Params("the body must be a JSON object".to_owned()))),
        }
    }
    if !id.is_empty() {
        params.insert("id".to_owned(), id.into());
    }
    let asked = version(&parts.headers).and_then(|()| a2a::ask(method, &params));
    serve(caller, &parts.headers, Binding::Http, asked).await
}

fn version(headers: &HeaderMap) -> Result<(), Fault> {
    a2a::check_version(headers.get(a2a::VERSION_HEADER).and_then(|version| version.to_str().ok()))
}

async fn serve(caller: &Caller, headers: &HeaderMap, binding: Binding, asked: Result<Ask, Fault>) -> Answer<Response> {
    let inside = Inside::of(caller, headers);
    let done = match asked {
        Ok(Ask::Send { sent, stream }) => match message(&inside, &sent, stream).await {
            Ok(Coming::Stream(first)) => return stream_of(inside, binding, first),
            Ok(Coming::Result(result)) => Ok(result),
            Err(fault) => Err(fault),
        },
        Ok(Ask::Subscribe { id }) => match subscribed(&inside, &id).await {
            Ok(first) => return stream_of(inside, binding, first),
            Err(fault) => Err(fault),
        },
        Ok(Ask::Get { id, history }) => match found(&inside, &id).await {
            Ok((run, waiting)) => Ok(a2a::task(&run, &waiting, history, true)),
            Err(fault) => Err(fault),
        },
        Ok(Ask::List(page)) => match inside.get(&runs_of(page.context_id.as_deref())).await {
            Ok(answered) if answered.failed() => Err(refusal(answered.status, answered.words())),
            Ok(answered) => {
                let runs = answered.body.get("rows").and_then(Value::as_array).cloned().unwrap_or_default();
                match turn::waiting_of_all(&inside, runs).await {
                    Ok(runs) => a2a::list(&runs, &page),
                    Err(refused) => Err(broken(&refused)),
                }
            }
            Err(refused) => Err(broken(&refused)),
        },
        Ok(Ask::Cancel { id }) => cancel(&inside, &id).await,
        Ok(Ask::Card) => {
            let own = skills().into_iter().filter(|(_, permission)| may(caller, permission));
            let own: Vec<Skill> = own.map(|(skill, _)| skill).collect();
            Ok(a2a::card(inside.origin(), crate::VERSION, &own))
        }
        Err(fault) => Err(fault),
    };
    Ok(match done {
        Ok(result) => binding.answer(&result),
        Err(fault) => binding.refuse(&fault),
    })
}

/// The latest runs, of one conversation or of all.
fn runs_of(context_id: Option<&str>) -> String {
    let conversation = context_id.map(|id| format!("&context_id={}", turn::escaped(id))).unwrap_or_default();
    format!("/agents/runs?limit=200{conversation}")
}

/// A failed call of the API as a fault.
fn refusal(status: u16, words: String) -> Fault {
    match status {
        403 => Fault::Forbidden(words),
        500.. => Fault::Internal(words),
        _ => Fault::Params(words),
    }
}

fn broken(refused: &Refused) -> Fault {
    Fault::Internal(refused.problem().detail.clone())
}

/// A run and what of it waits for a person.
async fn found(inside: &Inside, id: &str) -> Result<(Value, Vec<Waiting>), Fault> {
    let run = turn::look(inside, id).await.map_err(|refused| broken(&refused))?;
    let run = run.ok_or_else(|| Fault::TaskNotFound(id.to_owned()))?;
    let waiting = turn::waiting(inside, &run).await.map_err(|refused| broken(&refused))?;
    Ok((run, waiting))
}

async fn cancel(inside: &Inside, id: &str) -> Result<Value, Fault> {
    let (run, _) = found(inside, id).await?;
    if turn::is_over(&run) {
        return Err(Fault::NotCancelable("the task is over".to_owned()));
    }
    let answered = inside.post(&format!("/agents/runs/{}/cancel", turn::escaped(id)), &json!({})).await;
    let answered = answered.map_err(|refused| broken(&refused))?;
    if answered.failed() {
        return Err(match answered.status {
            403 => Fault::Forbidden(answered.words()),
            _ => Fault::NotCancelable(answered.words()),
        });
    }
    let (run, waiting) = found(inside, id).await?;
    Ok(a2a::task(&run, &waiting, None, true))
}

/// What comes of a message.
enum Coming {
    /// An answer at once.
    Result(Value),
    /// A stream.
    Stream(Following),
}

/// A stream of what happens to a task.
struct Following {
    /// What is sent first.
    items: VecDeque<Value>,
    /// The run and what waited, as last told; `None` when nothing follows.
    run: Option<(Value, Vec<Waiting>)>,
    looks: u32,
    /// Whether it goes on while the task waits for a person. Who follows a task wants to hear of the decision; who sent
    /// a message wants to be told that there is one to make.
    to_the_end: bool,
}

async fn message(inside: &Inside, sent: &Sent, stream: bool) -> Result<Coming, Fault> {
    if let Some(id) = &sent.task_id {
        let (run, waiting) = found(inside, id).await?;
        if sent.context_id.as_ref().is_some_and(|context| *context != a2a::context_of(&run)) {
            return Err(Fault::Params("`contextId` is not the task's".to_owned()));
        }
        if a2a::is_over(a2a::state(&run, &waiting)) {
            return Err(Fault::Unsupported("the task is over; start another".to_owned()));
        }
        if !turn::is_over(&run) {
            return Err(Fault::Unsupported("the task is still at work; cancel it or wait".to_owned()));
        }
        // What is proposed can be decided about by a message; an approval only in the browser, where a person sees it.
        if let Some(accept) = sent.data.get("accept").and_then(Value::as_bool) {
            let answers = turn::decide(inside, &waiting, accept).await.map_err(|refused| broken(&refused))?;
            if let Some(failed) = answers.iter().find(|answered| answered.failed()) {
                return Err(refusal(failed.status, failed.words()));
            }
        }
        let (run, waiting) = found(inside, id).await?;
        let task = json!({ "task": a2a::task(&run, &waiting, sent.history, true) });
        return Ok(if stream { Coming::Stream(single(task)) } else { Coming::Result(task) });
    }
    match Intent::of(&sent.text, &sent.data) {
        Intent::Agent { agent, context } => {
            let answered = turn::start(inside, &agent, &context, sent.context_id.as_deref()).await;
            let answered = answered.map_err(|refused| broken(&refused))?;
            if answered.failed() {
                return Err(refusal(answered.status, answered.words()));
            }
            task_of(inside, answered.body, sent, stream).await
        }
        intent => {
            let mut said = Vec::new();
            let mut turn = Turn::new(inside.clone(), intent, None);
            loop {
                let more = turn.next().await;
                if more.is_empty() {
                    break;
                }
                said.extend(more);
            }
            let item = json!({ "message": answer(&said, sent) });
            Ok(if stream { Coming::Stream(single(item)) } else { Coming::Result(item) })
        }
    }
}

/// What was said in a turn, as one message.
fn answer(said: &[Said], sent: &Sent) -> Value {
    let mut words = Vec::new();
    let mut data = None;
    for one in said {
        match one {
            Said::Text(text) if !text.is_empty() => words.push(text.clone()),
            Said::Failed(text, _) => words.push(format!("It could not be done: {text}")),
            Said::Ended(output) => data = Some(output),
            _ => {}
        }
    }
    let context = sent.context_id.clone().unwrap_or_else(random::uuid);
    a2a::said(&random::uuid(), Some(&context), &words.join("\n"), data)
}

fn single(item: Value) -> Following {
    Following { items: VecDeque::from([item]), run: None, looks: 0, to_the_end: false }
}

async fn task_of(inside: &Inside, run: Value, sent: &Sent, stream: bool) -> Result<Coming, Fault> {
    if stream {
        let first = json!({ "task": a2a::task(&run, &[], sent.history, true) });
        return Ok(Coming::Stream(Following {
            items: VecDeque::from([first]),
            run: Some((run, Vec::new())),
            looks: 0,
            to_the_end: false,
        }));
    }
    let id = run.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut run = run;
    let mut waiting = Vec::new();
    let mut looks = 0;
    while !sent.at_once && !turn::is_over(&run) && looks < MOST_LOOKS {
        Delay::from(POLL).await;
        (run, waiting) = found(inside, &id).await?;
        looks += 1;
    }
    Ok(Coming::Result(json!({ "task": a2a::task(&run, &waiting, sent.history, true) })))
}

async fn subscribed(inside: &Inside, id: &str) -> Result<Following, Fault> {
    let (run, waiting) = found(inside, id).await?;
    if a2a::is_over(a2a::state(&run, &waiting)) {
        return Err(Fault::Unsupported("the task is over; nothing more happens to it".to_owned()));
    }
    let first = json!({ "task": a2a::task(&run, &waiting, None, true) });
    Ok(Following { items: VecDeque::from([first]), run: Some((run, waiting)), looks: 0, to_the_end: true })
}

/// Sends what is there, then what changes, until the task is over or waits for a person.
fn stream_of(inside: Inside, binding: Binding, first: Following) -> Answer<Response> {
    events_response(futures::stream::unfold((inside, binding, first), |(inside, binding, mut following)| async move {
        if let Some(item) = following.items.pop_front() {
            return Some((sse::data(&binding.wrap(&item)), (inside, binding, following)));
        }
        let (before, waited) = following.run.take()?;
        let state = a2a::state(&before, &waited);
        let done = if following.to_the_end { a2a::is_over(state) } else { a2a::is_settled(state) };
        if done || following.looks >= MOST_LOOKS {
            return None;
        }
        Delay::from(POLL).await;
        let id = before.get("id").and_then(Value::as_str).unwrap_or_default();
        let (run, waiting) = found(&inside, id).await.ok()?;
        following.items.extend(a2a::updates(&before, &run, &waited, &waiting));
        following.looks += 1;
        following.run = Some((run, waiting));
        let chunk = match following.items.pop_front() {
            Some(item) => sse::data(&binding.wrap(&item)),
            None => sse::KEEP_ALIVE.to_owned(),
        };
        Some((chunk, (inside, binding, following)))
    }))
}
