//! AG-UI at `/ag-ui`: a turn of a conversation as events, with interrupts where a person must decide.

use std::collections::VecDeque;

use axum::extract::Request;
use axum::response::Response;
use protocol::a2a::{APPROVAL, PROPOSAL, Waiting, decision_schema};
use protocol::ag_ui::{self, Input, Interrupt, Resume, Stream};
use protocol::mcp::state::Sealer;
use protocol::sse;
use serde_json::{Value, json};

use super::turn::{self, Intent, Said, Turn};
use super::{Inside, MAX_BODY, check_origin, events_response, sealing_key, subject};
use crate::answer::Answer;
use crate::extract::read_body;
use crate::gate::Caller;
use crate::wire::problem::Problem;

/// What a sealed tool call is sealed for.
const TOOL: &str = "ag-ui tool";

/// AG-UI 1.0: runs an agent or a tool, or answers a question, as a stream of events.
#[utoipa::path(
    post, path = "/ag-ui", tag = "protocols",
    request_body(content = Value, description = "RunAgentInput"),
    responses((status = 200, description = "A stream of AG-UI events", body = String, content_type = "text/event-stream"), (status = "default", description = "Any failure before the run begins", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("signed_in")))
)]
#[worker::send]
pub async fn ag_ui(caller: Caller, request: Request) -> Answer<Response> {
    let (parts, body) = request.into_parts();
    check_origin(&caller, &parts.headers)?;
    let inside = Inside::of(&caller, &parts.headers);
    let body = read_body(body, MAX_BODY).await?;
    let body: Value = serde_json::from_slice(&body)
        .map_err(|error| problem::Problem::bad_request(format!("the body is not JSON: {error}")))?;
    let input = ag_ui::read(&body).map_err(|(field, detail)| problem::Problem::invalid_field(field, detail))?;
    let (key, subject) = (sealing_key(&caller)?, subject(&caller));
    let sealer = Sealer::new(key.as_bytes(), &subject, caller.now);

    let mut stream = Stream::of(&input);
    let mut events = VecDeque::from(stream.started());
    let turn = if input.resume.is_empty() {
        begin(&input, &inside, &sealer, &mut stream, &mut events)
    } else {
        resume(&input.resume, &inside, &sealer, &mut stream, &mut events).await?
    };
    let call = format!("{}-call", input.run_id);
    let state = Telling { stream, events, turn, call, waits: Vec::new() };
    events_response(futures::stream::unfold(state, |mut state| async move {
        let chunk = state.next().await?;
        Some((chunk, state))
    }))
}

/// A run that is told event by event.
struct Telling {
    stream: Stream,
    events: VecDeque<Value>,
    /// What is being done; `None` when everything is said.
    turn: Option<Turn>,
    call: String,
    waits: Vec<Interrupt>,
}

impl Telling {
    async fn next(&mut self) -> Option<String> {
        if self.events.is_empty() {
            let mut turn = self.turn.take()?;
            let said = turn.next().await;
            if said.is_empty() {
                self.events.extend(self.stream.finished(&self.waits));
            } else {
                for one in said {
                    self.tell(one);
                }
                self.turn = Some(turn);
            }
        }
        Some(self.events.pop_front().map_or_else(|| sse::KEEP_ALIVE.to_owned(), |event| sse::data(&event)))
    }

    fn tell(&mut self, said: Said) {
        let events = match said {
            Said::Began { tool, input } => self.stream.tool(&self.call, &tool, &input),
            Said::Run(run) => self.stream.state(&json!({ "run": run })),
            Said::Ended(output) => self.stream.tool_result(&self.call, &output),
            Said::Failed(words, _) => {
                let mut events = self.stream.tool_result(&self.call, &json!({ "error": words }));
                events.extend(self.stream.text(&format!("It could not be done: {words}")));
                events
            }
            Said::Text(words) => self.stream.text(&words),
            Said::Waits(waits) => {
                self.waits.extend(waits.iter().map(interrupt));
                Vec::new()
            }
        };
        self.events.extend(events);
    }
}

/// What a person decides elsewhere (an approval) or here (a proposal).
fn interrupt(waiting: &Waiting) -> Interrupt {
    let (message, response) = match waiting.kind {
        PROPOSAL => (format!("{}: take it over?", waiting.title), decision_schema()),
        _ => (
            format!("{}: a person approves or rejects it at {}", waiting.title, waiting.url),
            json!({ "type": "object", "properties": {} }),
        ),
    };
    Interrupt { id: format!("{}:{}", waiting.kind, waiting.id), reason: waiting.kind.to_owned(), message, response }
}

/// A new turn; a tool that changes something is first shown to the person.
fn begin(
    input: &Input,
    inside: &Inside,
    sealer: &Sealer<'_>,
    stream: &mut Stream,
    events: &mut VecDeque<Value>,
) -> Option<Turn> {
    let intent = Intent::of(&input.said, &input.forwarded);
    if let (Intent::Tool { name, arguments }, true) = (&intent, intent.changes_something()) {
        let id = sealer.seal(TOOL, &json!({ "name": name, "arguments": arguments }));
        let question = Interrupt {
            id,
            reason: "confirmation".to_owned(),
            message: format!("Use {name}?"),
            response: json!({ "type": "object", "properties": { "approved": { "type": "boolean" } }, "required": ["approved"] }),
        };
        events.extend(stream.finished(&[question]));
        return None;
    }
    Some(Turn::new(inside.clone(), intent, None))
}

/// Goes on where the last run waited. What a person has decided is read from the API, not from the client.
async fn resume(
    answers: &[Resume],
    inside: &Inside,
    sealer: &Sealer<'_>,
    stream: &mut Stream,
    events: &mut VecDeque<Value>,
) -> Answer<Option<Turn>> {
    let truth = |answer: &Resume, name: &str| answer.resolved && answer.payload.get(name) == Some(&Value::Bool(true));
    let mut waits = Vec::new();
    for answer in answers {
        match answer.id.split_once(':') {
            Some((APPROVAL, id)) => match turn::pending(inside, id, "").await? {
                Some(waiting) if answer.resolved => {
                    events.extend(stream.text("It is still waiting for a person's decision."));
                    waits.push(interrupt(&waiting));
                }
                Some(_) => events.extend(stream.text("Left as it is; the approval stays open.")),
                None => {
                    let approval = inside.get(&format!("/approvals/{}", turn::escaped(id))).await?;
                    let status = approval.body.get("status").and_then(Value::as_str).unwrap_or("unknown");
                    events.extend(stream.text(&format!("The approval is {status}.")));
                }
            },
            Some((PROPOSAL, id)) => {
                if !answer.resolved {
                    events.extend(stream.text("Left as it is; the proposal stays open."));
                    continue;
                }
                let accept = truth(answer, "accept");
                let answered = turn::decide_one(inside, id, accept).await?;
                if answered.failed() {
                    events.extend(stream.text(&format!("It could not be done: {}", answered.words())));
                    continue;
                }
                events.extend(stream.text(if accept { "Taken over." } else { "Dismissed." }));
                let approval = answered.body.get("approval_id").and_then(Value::as_str).filter(|id| !id.is_empty());
                if let Some(id) = approval {
                    waits.extend(turn::pending(inside, id, "The change").await?.iter().map(interrupt));
                }
            }
            _ => match sealer.open(TOOL, &answer.id) {
                Err(_) => events.extend(stream.failed("this interrupt is not one of ours, or is too old; ask again")),
                Ok(_) if !truth(answer, "approved") => events.extend(stream.text("Nothing was changed.")),
                Ok(call) => {
                    let name = call.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
                    let arguments = call.get("arguments").and_then(Value::as_object).cloned().unwrap_or_default();
                    // Answering the same question twice does nothing twice.
                    let key = super::key_of(&answer.id);
                    return Ok(Some(Turn::new(inside.clone(), Intent::Tool { name, arguments }, Some(key))));
                }
            },
        }
    }
    events.extend(stream.finished(&waits));
    Ok(None)
}
