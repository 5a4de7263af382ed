//! The site's chat at `/chat`: the AI SDK's UI message stream.

use std::collections::VecDeque;

use axum::extract::Request;
use axum::response::Response;
use http::{HeaderValue, StatusCode};
use platform::random;
use protocol::ai_sdk::{self, Input};
use protocol::mcp::state::Sealer;
use protocol::sse;
use serde_json::{Value, json};

use super::turn::{Intent, Said, Turn};
use super::{Inside, MAX_BODY, check_origin, events_response, sealing_key, subject};
use crate::answer::Answer;
use crate::extract::{Segment, read_body};
use crate::gate::Caller;
use crate::wire::problem::Problem;

/// What a sealed tool call is sealed for.
const TOOL: &str = "chat tool";

/// The chat: a question in words, `/run` and an agent's name, or `/` and a tool's name. Answers with the AI SDK's UI
/// message stream.
#[utoipa::path(
    post, path = "/chat", tag = "protocols",
    request_body(content = Value, description = "What the AI SDK's chat transport sends: id, messages, trigger; and `site`"),
    responses((status = 200, description = "A UI message stream", body = String, content_type = "text/event-stream"), (status = "default", description = "Any failure before the stream begins", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("signed_in")))
)]
#[worker::send]
pub async fn chat(caller: Caller, request: Request) -> Answer<Response> {
    let (parts, body) = request.into_parts();
    check_origin(&caller, &parts.headers)?;
    let inside = Inside::of(&caller, &parts.headers);
    let body = read_body(body, MAX_BODY).await?;
    let body: Value = serde_json::from_slice(&body)
        .map_err(|error| problem::Problem::bad_request(format!("the body is not JSON: {error}")))?;
    let input = ai_sdk::read(&body).map_err(|(field, detail)| problem::Problem::invalid_field(field, detail))?;
    let (key, subject) = (sealing_key(&caller)?, subject(&caller));
    let sealer = Sealer::new(key.as_bytes(), &subject, caller.now);
    let telling = begin(&input, inside, &sealer);
    let mut response = events_response(futures::stream::unfold(telling, |mut telling| async move {
        let chunk = telling.next().await?;
        Some((chunk, telling))
    }))?;
    let (name, value) = ai_sdk::VERSION_HEADER;
    response.headers_mut().insert(name, HeaderValue::from_static(value));
    Ok(response)
}

/// Whether the chat is still being answered. It never is: an answer is not kept beyond the request that asked for it,
/// and what it started (a run, an approval) is found under its own address.
#[utoipa::path(
    get, path = "/chat/{id}/stream", operation_id = "resume_chat", tag = "protocols",
    params(("id" = String, Path, description = "The chat's id")),
    responses((status = 204, description = "Nothing is under way"), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("signed_in")))
)]
#[worker::send]
pub async fn resume(_caller: Caller, Segment(_id): Segment) -> StatusCode {
    StatusCode::NO_CONTENT
}

/// An answer that is told chunk by chunk.
struct Telling {
    chunks: VecDeque<Value>,
    turn: Option<Turn>,
    call: String,
    /// The call was shown before the user was asked: it is not shown again.
    shown: bool,
    texts: u32,
    over: bool,
}

fn begin(input: &Input, inside: Inside, sealer: &Sealer<'_>) -> Telling {
    let id = input.continued.clone().unwrap_or_else(random::uuid);
    let mut telling = Telling {
        chunks: VecDeque::from(ai_sdk::started(Some(&id))),
        turn: None,
        call: random::uuid(),
        shown: false,
        texts: 0,
        over: false,
    };
    if let Some(decided) = input.decided.last() {
        telling.call.clone_from(&decided.tool_call_id);
        telling.shown = true;
        // The client's copy of the conversation may say anything; the call is what we sealed when we asked.
        match sealer.open(TOOL, &decided.approval_id) {
            Err(_) => {
                let words = "this request for permission is not one of ours, or is too old; ask again";
                telling.chunks.extend(ai_sdk::tool_failed(&telling.call, words));
            }
            Ok(_) if !decided.approved => telling.chunks.extend(ai_sdk::tool_denied(&telling.call)),
            Ok(call) => {
                let name = call.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
                let arguments = call.get("arguments").and_then(Value::as_object).cloned().unwrap_or_default();
                let key = super::key_of(&decided.approval_id);
                telling.turn = Some(Turn::new(inside, Intent::Tool { name, arguments }, Some(key)));
            }
        }
        return telling;
    }
    let mut more = input.more.clone();
    if let Some(asked) = &input.asked {
        more.insert("after".to_owned(), asked.as_str().into());
    }
    let intent = Intent::of(&input.said, &more);
    if let (Intent::Tool { name, arguments }, true) = (&intent, intent.changes_something()) {
        let approval = sealer.seal(TOOL, &json!({ "name": name, "arguments": arguments }));
        telling.chunks.extend(ai_sdk::tool(&telling.call, name, &arguments.clone().into()));
        telling.chunks.extend(ai_sdk::tool_approval(&telling.call, &approval));
        return telling;
    }
    telling.turn = Some(Turn::new(inside, intent, None));
    telling
}

impl Telling {
    async fn next(&mut self) -> Option<String> {
        if let Some(chunk) = self.chunks.pop_front() {
            return Some(sse::data(&chunk));
        }
        if self.over {
            return None;
        }
        let said = match &mut self.turn {
            Some(turn) => turn.next().await,
            None => Vec::new(),
        };
        if said.is_empty() {
            self.over = true;
            let last: String = ai_sdk::finished().iter().map(sse::data).collect();
            return Some(last + ai_sdk::DONE);
        }
        for one in said {
            self.tell(one);
        }
        Some(self.chunks.pop_front().map_or_else(|| sse::KEEP_ALIVE.to_owned(), |chunk| sse::data(&chunk)))
    }

    fn tell(&mut self, said: Said) {
        let chunks = match said {
            Said::Began { .. } if self.shown => Vec::new(),
            Said::Began { tool, input } => ai_sdk::tool(&self.call, &tool, &input),
            Said::Run(run) => ai_sdk::data("run", &self.call, &run),
            Said::Ended(output) => ai_sdk::tool_output(&self.call, &output),
            Said::Failed(words, problem) => {
                // The page shows which field was refused and what to ask instead.
                let mut chunks = problem.map(|said| ai_sdk::data("problem", &self.call, &said)).unwrap_or_default();
                chunks.extend(ai_sdk::tool_failed(&self.call, &words));
                chunks
            }
            Said::Text(words) => {
                self.texts += 1;
                ai_sdk::text(&format!("text-{}", self.texts), &words)
            }
            Said::Waits(waits) => {
                let shown: Vec<Value> = waits
                    .iter()
                    .map(|one| json!({ "kind": one.kind, "id": one.id, "title": one.title, "url": one.url }))
                    .collect();
                ai_sdk::data("waiting", &self.call, &shown.into())
            }
        };
        self.chunks.extend(chunks);
    }
}
