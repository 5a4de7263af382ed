//! MCP at `/mcp`: the registry as tools, documents as resources, prompts, and the dashboard card as an app.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use capability::{Capability, Effect};
use control::Environment;
use http::StatusCode;
use platform::{clock, settings};
use protocol::json_rpc::{Error, set};
use protocol::mcp::state::Sealer;
use protocol::mcp::{Ask, InputRequired, Outcome, Reply, Server, conformance, no_resource, prompts};
use protocol::sse;
use serde_json::{Map, Value, json};
use worker::Delay;

use super::{
    Inside, MAX_BODY, check_origin, events_response, json_response, registry, resources, sealing_key, subject, tools_of,
};
use crate::answer::Answer;
use crate::extract::read_body;
use crate::gate::Caller;
use crate::wire::problem::Problem;

/// What a model should know before it uses the tools.
const INSTRUCTIONS: &str = "Adroit is a shop's marketing desk: figures, attribution, campaigns, agents. Money is integer \
    minor units beside an ISO 4217 code, times are UTC milliseconds, days are inclusive and in the site's time zone, \
    rates are fractions, and a ratio that is null had nothing to divide by. Reading tools change nothing. What publishes \
    or spends waits for a person: such a tool answers with an approval and its address in the browser; show that address \
    and do not try to go around it. The resource adroit://metrics defines every figure.";

/// The tool that the dashboard card shows.
const CARD_OF: &str = "analytics_summary";

/// Between two looks at watched documents.
const WATCH: Duration = Duration::from_secs(2);

/// After so long a stream of changes ends by itself, in ms: the runtime does not reliably tell that a listener has gone.
const WATCH_MS: i64 = 5 * 60_000;

/// Most documents one stream watches.
const MAX_WATCHED: usize = 20;

/// The Model Context Protocol over Streamable HTTP, revisions 2026-07-28 and 2025-11-25, without sessions.
///
/// Every tool is a route of this document (`x-tool`) and asks for that route's permission.
#[utoipa::path(
    post, path = "/mcp", tag = "protocols",
    request_body(content = Value, description = "One JSON-RPC 2.0 message"),
    responses(
        (status = 200, description = "The answer, as JSON or as a stream of events", content((Value = "application/json"), (String = "text/event-stream"))),
        (status = 202, description = "A notification was taken"),
        (status = "default", description = "Any failure: before the protocol begins as a problem, then as a JSON-RPC error", content((Problem = "application/problem+json"), (Value = "application/json")))
    ),
    extensions(("x-permission" = json!("signed_in")))
)]
#[worker::send]
pub async fn mcp(caller: Caller, request: Request) -> Answer<Response> {
    let (parts, body) = request.into_parts();
    check_origin(&caller, &parts.headers)?;
    let inside = Inside::of(&caller, &parts.headers);
    let headers: Vec<(String, String)> = parts
        .headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
        .collect();
    let body = read_body(body, MAX_BODY).await?;
    let asked = match protocol::mcp::read(&headers, &body) {
        Ok(asked) => asked,
        Err(reply) => return respond(reply),
    };
    let server = Server {
        version: crate::VERSION,
        instructions: INSTRUCTIONS,
        conformance: caller.runtime.environment() == Environment::Local
            && settings::variable(&caller.runtime.env, settings::CONFORMANCE).as_deref() == Some("1"),
    };
    if let Ask::Listen { resources } = &asked.ask {
        let watched = watchable(&inside, resources).await?;
        return listen(inside, asked.clone(), watched);
    }
    let (key, subject) = (sealing_key(&caller)?, subject(&caller));
    let sealer = Sealer::new(key.as_bytes(), &subject, caller.now);
    let fixture = if server.conformance { conformance::answer(&asked, &sealer) } else { None };
    let outcome = match fixture {
        Some(outcome) => outcome,
        None => Door { caller: &caller, inside: &inside, server: &server, sealer: &sealer }.answer(&asked).await?,
    };
    respond(asked.reply(outcome, &server))
}

fn respond(reply: Reply) -> Answer<Response> {
    match reply {
        Reply::Empty(status) => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::ACCEPTED);
            Ok(response)
        }
        Reply::Json { status, message } => Ok(json_response(status, "application/json", &message)),
        Reply::Events(frames) => events_response(futures::stream::unfold(frames.into_iter(), |mut frames| async {
            let frame = frames.next()?;
            if frame.after_ms > 0 {
                Delay::from(Duration::from_millis(frame.after_ms)).await;
            }
            Some((sse::event("message", &frame.message), frames))
        })),
    }
}

/// One request's surroundings.
struct Door<'a> {
    caller: &'a Caller,
    inside: &'a Inside,
    server: &'a Server<'a>,
    sealer: &'a Sealer<'a>,
}

impl Door<'_> {
    async fn answer(&self, asked: &protocol::mcp::Request) -> Answer<Outcome> {
        let fixtures = |list: fn() -> Vec<Value>| if self.server.conformance { list() } else { Vec::new() };
        Ok(match &asked.ask {
            Ask::Discover => Outcome::Complete(self.server.discovered()),
            Ask::Initialize { version } => Outcome::Complete(self.server.initialized(version)),
            Ask::Ping => Outcome::Complete(json!({})),
            Ask::ListTools => {
                let mut tools: Vec<Value> = tools_of(self.caller).map(shown).collect();
                tools.extend(fixtures(conformance::tools));
                Outcome::Complete(json!({ "tools": tools }))
            }
            Ask::CallTool { name, arguments } => match registry().get(name) {
                Some(capability) => self.call(asked, capability, arguments).await?,
                None => Outcome::Refused(Error::params(format!("there is no tool `{name}`; tools/list names them"))),
            },
            Ask::ListResources => {
                let mut all = resources::list(self.caller);
                all.extend(fixtures(conformance::resources));
                Outcome::Complete(json!({ "resources": all }))
            }
            Ask::ListTemplates => {
                let mut all = resources::templates(self.caller);
                all.extend(fixtures(conformance::templates));
                Outcome::Complete(json!({ "resourceTemplates": all }))
            }
            Ask::ReadResource { uri } => match resources::read(self.inside, uri).await? {
                Some(contents) => Outcome::Complete(json!({ "contents": [contents] })),
                None => Outcome::Refused(no_resource(uri)),
            },
            Ask::ListPrompts => {
                let mut all = prompts::list();
                all.extend(fixtures(conformance::prompts));
                Outcome::Complete(json!({ "prompts": all }))
            }
            Ask::GetPrompt { name, arguments } => match prompts::get(name, arguments) {
                Ok(prompt) => Outcome::Complete(prompt),
                Err(error) => Outcome::Refused(error),
            },
            Ask::Complete { kind, of, argument, typed } => {
                let values = self.complete(kind, of, argument, typed).await?;
                Outcome::Complete(json!({ "completion": { "values": values, "hasMore": false } }))
            }
            Ask::Listen { .. } | Ask::Other => Outcome::Refused(Error::method(&asked.method)),
        })
    }

    async fn complete(&self, kind: &str, of: &str, argument: &str, typed: &str) -> Answer<Vec<String>> {
        match (kind, argument) {
            ("ref/resource", _) => resources::complete(self.inside, of, typed).await,
            ("ref/prompt", "site") => resources::column(self.inside, "/sites", "key", typed).await,
            ("ref/prompt", "metric") => resources::column(self.inside, "/metrics", "id", typed).await,
            _ => Ok(Vec::new()),
        }
    }

    /// Uses a tool. What removes something asks the person first, where the client can.
    async fn call(
        &self,
        asked: &protocol::mcp::Request,
        capability: &Capability,
        arguments: &Map<String, Value>,
    ) -> Answer<Outcome> {
        if capability.destructive && asked.client_can("elicitation") {
            let request = format!("tools/call {} {}", capability.name, Value::Object(arguments.clone()));
            let answer = asked.input("confirm");
            let opened = asked.state().map(|state| self.sealer.open(&request, state));
            match (answer, opened) {
                (Some(answer), Some(Ok(_))) if confirmed(answer) => {}
                (Some(_), Some(Ok(_))) => {
                    return Ok(failed("the user did not confirm; nothing was changed", Value::Null));
                }
                (_, Some(Err(error))) => return Ok(Outcome::Refused(error)),
                _ => return Ok(ask_first(capability, self.sealer.seal(&request, &Value::Null))),
            }
        }
        let call = match capability.request(arguments) {
            Ok(call) => call,
            // The model wrote the arguments: it can mend them, so it is told in the result.
            Err(refused) => return Ok(failed(&refused.to_string(), json!({ "errors": refused.0 }))),
        };
        let answered = self.inside.call(&call).await?;
        if answered.failed() {
            return Ok(failed(&answered.words(), answered.body));
        }
        let approval =
            (capability.effect == Effect::Approval).then(|| answered.pending_approval(self.inside.origin())).flatten();
        let mut structured = match answered.body {
            Value::Object(fields) => Value::Object(fields),
            Value::Null => json!({ "status": answered.status }),
            other => json!({ "value": other }),
        };
        if let Some(etag) = answered.etag {
            set(&mut structured, "etag", etag);
        }
        let mut content = Vec::new();
        if let Some(approval) = approval {
            let url = approval.get("url").and_then(Value::as_str).unwrap_or_default();
            let words = format!("This waits for a person's approval. Ask the user to open {url} in the browser.");
            content.push(json!({ "type": "text", "text": words }));
            set(&mut structured, "approval", approval);
        }
        content.push(json!({ "type": "text", "text": structured.to_string() }));
        Ok(Outcome::Complete(json!({ "content": content, "structuredContent": structured })))
    }
}

/// Whether a person accepted and ticked the box.
fn confirmed(answer: &Map<String, Value>) -> bool {
    let accepted = answer.get("action").and_then(Value::as_str) == Some("accept");
    let ticked = answer.get("content").and_then(|content| content.get("confirm")).and_then(Value::as_bool);
    accepted && ticked == Some(true)
}

fn ask_first(capability: &Capability, state: String) -> Outcome {
    let question = json!({ "method": "elicitation/create", "params": {
        "mode": "form",
        "message": format!("{}: this cannot be taken back. Go on?", capability.title),
        "requestedSchema": {
            "type": "object",
            "properties": { "confirm": { "type": "boolean", "title": capability.title, "default": false } },
            "required": ["confirm"],
        },
    } });
    let requests = [("confirm".to_owned(), question)].into_iter().collect();
    Outcome::Input(InputRequired { requests, state: Some(state) })
}

/// A tool that could not do it: told in the result, so that the model reads it.
fn failed(words: &str, details: Value) -> Outcome {
    let mut result = json!({ "isError": true, "content": [{ "type": "text", "text": words }] });
    if details.is_object() {
        set(&mut result, "structuredContent", details);
    }
    Outcome::Complete(result)
}

/// A tool as `tools/list` shows it.
fn shown(capability: &Capability) -> Value {
    let description = match capability.effect {
        Effect::Approval => {
            format!("{}\n\nA person must approve this in the browser before it has an effect.", capability.description)
        }
        Effect::Read | Effect::Write => capability.description.clone(),
    };
    let mut tool = json!({
        "name": capability.name,
        "title": capability.title,
        "description": description,
        "inputSchema": capability.input_schema(),
        "annotations": {
            "title": capability.title,
            "readOnlyHint": capability.effect == Effect::Read,
            "destructiveHint": capability.destructive,
            "idempotentHint": capability.idempotent(),
            "openWorldHint": false,
        },
    });
    if capability.name == CARD_OF {
        let ui = json!({ "resourceUri": resources::DASHBOARD, "visibility": ["model", "app"] });
        // Hosts of before the stable specification read the flat key.
        set(&mut tool, "_meta", json!({ "ui": ui, "ui/resourceUri": resources::DASHBOARD }));
    }
    tool
}

/// The watched documents that exist, with what they say now.
async fn watchable(inside: &Inside, uris: &[String]) -> Answer<BTreeMap<String, String>> {
    let mut watched = BTreeMap::new();
    for uri in uris.iter().take(MAX_WATCHED) {
        if let Some(contents) = resources::read(inside, uri).await? {
            watched.insert(uri.clone(), contents.to_string());
        }
    }
    Ok(watched)
}

/// A stream that first says what it watches, then each document that has changed.
fn listen(inside: Inside, asked: protocol::mcp::Request, watched: BTreeMap<String, String>) -> Answer<Response> {
    let uris: Vec<String> = watched.keys().cloned().collect();
    let first = sse::event("message", &asked.acknowledged(&uris));
    let started = clock::now_ms();
    let state = (inside, asked, watched, Some(first), false);
    events_response(futures::stream::unfold(state, move |(inside, asked, mut watched, first, ended)| async move {
        if ended {
            return None;
        }
        if let Some(first) = first {
            return Some((first, (inside, asked, watched, None, false)));
        }
        Delay::from(WATCH).await;
        let over = clock::now_ms() - started >= WATCH_MS;
        let mut chunk = if over { String::new() } else { changes(&inside, &asked, &mut watched).await };
        if over {
            chunk = sse::event("message", &asked.unsubscribed());
        } else if chunk.is_empty() {
            chunk = sse::KEEP_ALIVE.to_owned();
        }
        Some((chunk, (inside, asked, watched, None, over)))
    }))
}

/// Says which documents differ from what was last seen. A document that cannot be read now keeps its last state.
async fn changes(inside: &Inside, asked: &protocol::mcp::Request, watched: &mut BTreeMap<String, String>) -> String {
    let mut chunk = String::new();
    for (uri, last) in watched {
        let Ok(Some(contents)) = resources::read(inside, uri).await else { continue };
        let now = contents.to_string();
        if now != *last {
            *last = now;
            chunk.push_str(&sse::event("message", &asked.updated(uri)));
        }
    }
    chunk
}
