//! Agent2Agent 1.0: the agent card, what may be asked, and agent runs as tasks.
//!
//! A task is an agent run of the API: same id, its state told in A2A's words. A question in words is answered with a
//! message, without a task. Both bindings carry the same objects: JSON-RPC wraps them, HTTP+JSON sends them bare.

use chrono::{DateTime, SecondsFormat};
use serde_json::{Map, Value, json};

use crate::json_rpc::{self, set};

/// The protocol's version, as headers and the card name it.
pub const VERSION: &str = "1.0";

/// The header that names the caller's version.
pub const VERSION_HEADER: &str = "a2a-version";

/// The HTTP+JSON binding's media type.
pub const CONTENT_TYPE: &str = "application/a2a+json";

/// Most tasks on a page.
const MAX_PAGE: usize = 100;

/// Tasks on a page unless asked otherwise.
const DEFAULT_PAGE: usize = 50;

/// Why something is refused (specification 3.3.2 and 5.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// There is no such task, or it is not the caller's.
    TaskNotFound(String),
    /// The task is over, or its agent cannot be stopped.
    NotCancelable(String),
    /// Push notifications are not offered.
    PushNotSupported,
    /// The operation does not fit the task's state.
    Unsupported(String),
    /// A part is of a kind that is not read.
    ContentType(String),
    /// Another version of the protocol.
    Version(String),
    /// Wrong parameters.
    Params(String),
    /// No such method.
    Method(String),
    /// The caller may not.
    Forbidden(String),
    /// Our fault.
    Internal(String),
}

impl Fault {
    /// JSON-RPC code, reason, HTTP status and its name in `google.rpc.Code`.
    fn codes(&self) -> (i64, &'static str, u16, &'static str) {
        match self {
            Self::TaskNotFound(_) => (-32001, "TASK_NOT_FOUND", 404, "NOT_FOUND"),
            Self::NotCancelable(_) => (-32002, "TASK_NOT_CANCELABLE", 400, "FAILED_PRECONDITION"),
            Self::PushNotSupported => (-32003, "PUSH_NOTIFICATION_NOT_SUPPORTED", 400, "FAILED_PRECONDITION"),
            Self::Unsupported(_) => (-32004, "UNSUPPORTED_OPERATION", 400, "FAILED_PRECONDITION"),
            Self::ContentType(_) => (-32005, "CONTENT_TYPE_NOT_SUPPORTED", 400, "INVALID_ARGUMENT"),
            Self::Version(_) => (-32009, "VERSION_NOT_SUPPORTED", 400, "FAILED_PRECONDITION"),
            Self::Params(_) => (json_rpc::INVALID_PARAMS, "INVALID_PARAMS", 400, "INVALID_ARGUMENT"),
            Self::Method(_) => (json_rpc::METHOD_NOT_FOUND, "METHOD_NOT_FOUND", 404, "NOT_FOUND"),
            Self::Forbidden(_) => (json_rpc::INVALID_PARAMS, "PERMISSION_DENIED", 403, "PERMISSION_DENIED"),
            Self::Internal(_) => (json_rpc::INTERNAL_ERROR, "INTERNAL", 500, "INTERNAL"),
        }
    }

    fn words(&self) -> String {
        match self {
            Self::TaskNotFound(id) => format!("there is no task `{id}`"),
            Self::PushNotSupported => "push notifications are not offered; stream or poll instead".to_owned(),
            Self::Version(asked) if asked.is_empty() => {
                "this agent speaks A2A 1.0; send the header A2A-Version: 1.0 (without it, 0.3 is meant)".to_owned()
            }
            Self::Version(asked) => format!("this agent speaks A2A 1.0, not {asked}"),
            Self::Method(method) => format!("there is no method `{method}`"),
            Self::NotCancelable(detail)
            | Self::Unsupported(detail)
            | Self::ContentType(detail)
            | Self::Params(detail)
            | Self::Forbidden(detail)
            | Self::Internal(detail) => detail.clone(),
        }
    }

    fn info(&self) -> Value {
        json!({
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": self.codes().1,
            "domain": "a2a-protocol.org",
        })
    }

    /// As a JSON-RPC error.
    #[must_use]
    pub fn json_rpc(&self) -> json_rpc::Error {
        json_rpc::Error::new(self.codes().0, self.words()).with(json!([self.info()]))
    }

    /// As an HTTP status and a `google.rpc.Status`.
    #[must_use]
    pub fn http(&self) -> (u16, Value) {
        let (_, _, code, status) = self.codes();
        let error = json!({ "code": code, "status": status, "message": self.words(), "details": [self.info()] });
        (code, json!({ "error": error }))
    }
}

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// Do something; wait, or stream what happens.
    Send {
        /// What to do.
        sent: Box<Sent>,
        /// Whether to stream.
        stream: bool,
    },
    /// One task.
    Get {
        /// Which.
        id: String,
        /// Messages of its history to show; none: all.
        history: Option<usize>,
    },
    /// Tasks.
    List(Page),
    /// Stop one.
    Cancel {
        /// Which.
        id: String,
    },
    /// Stream what happens to one.
    Subscribe {
        /// Which.
        id: String,
    },
    /// The card for signed-in callers.
    Card,
}

/// A message to us.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sent {
    /// Its text parts, one a line.
    pub text: String,
    /// Its data parts, merged.
    pub data: Map<String, Value>,
    /// The task it continues.
    pub task_id: Option<String>,
    /// The conversation it belongs to.
    pub context_id: Option<String>,
    /// Whether to answer before the work is done.
    pub at_once: bool,
    /// Messages of the history to show; none: all.
    pub history: Option<usize>,
}

/// Which tasks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// Of one conversation.
    pub context_id: Option<String>,
    /// In one state.
    pub state: Option<String>,
    /// At most so many.
    pub size: usize,
    /// After this task.
    pub after: Option<String>,
    /// Messages of each history to show; none: all.
    pub history: Option<usize>,
    /// Changed after this time, UTC ms.
    pub since: Option<i64>,
    /// With what they made.
    pub artifacts: bool,
}

/// What waits for a person to approve it, in the browser, where they see all of it.
pub const APPROVAL: &str = "approval";

/// What waits for a person to take it over or to put it aside; they may say so here.
pub const PROPOSAL: &str = "proposal";

/// What a caller says of a proposal, as JSON Schema.
#[must_use]
pub fn decision_schema() -> Value {
    json!({ "type": "object", "properties": { "accept": { "type": "boolean" } }, "required": ["accept"] })
}

/// What waits for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// [`APPROVAL`] or [`PROPOSAL`].
    pub kind: &'static str,
    /// Its id.
    pub id: String,
    /// In words.
    pub title: String,
    /// Where a person decides, in the browser.
    pub url: String,
}

/// Whether the caller's version is ours.
///
/// # Errors
/// [`Fault::Version`]; no header means 0.3.
pub fn check_version(header: Option<&str>) -> Result<(), Fault> {
    let asked = header.map(str::trim).unwrap_or_default();
    if asked == VERSION || asked.strip_prefix(VERSION).is_some_and(|patch| patch.starts_with('.')) {
        return Ok(());
    }
    Err(Fault::Version(asked.to_owned()))
}

/// What a JSON-RPC method with its parameters asks.
///
/// # Errors
/// Unknown methods, wrong parameters, push notifications.
pub fn ask(method: &str, params: &Map<String, Value>) -> Result<Ask, Fault> {
    let id = || text(params, "id").ok_or_else(|| Fault::Params("`id` is missing: the task's".to_owned()));
    Ok(match method {
        "SendMessage" => Ask::Send { sent: Box::new(sent(params)?), stream: false },
        "SendStreamingMessage" => Ask::Send { sent: Box::new(sent(params)?), stream: true },
        "GetTask" => Ask::Get { id: id()?, history: length(params, "historyLength")? },
        "ListTasks" => Ask::List(page(params)?),
        "CancelTask" => Ask::Cancel { id: id()? },
        "SubscribeToTask" => Ask::Subscribe { id: id()? },
        "GetExtendedAgentCard" => Ask::Card,
        "CreateTaskPushNotificationConfig"
        | "GetTaskPushNotificationConfig"
        | "ListTaskPushNotificationConfigs"
        | "DeleteTaskPushNotificationConfig" => return Err(Fault::PushNotSupported),
        other => return Err(Fault::Method(other.to_owned())),
    })
}

fn text(object: &Map<String, Value>, name: &str) -> Option<String> {
    object.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// A count; in a query string it is a text.
fn length(object: &Map<String, Value>, name: &str) -> Result<Option<usize>, Fault> {
    let number = match object.get(name) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text.parse().ok(),
        Some(value) => value.as_u64(),
    };
    number
        .and_then(|number: u64| usize::try_from(number).ok())
        .map(Some)
        .ok_or_else(|| Fault::Params(format!("`{name}` must be a whole number that is not negative")))
}

fn sent(params: &Map<String, Value>) -> Result<Sent, Fault> {
    let message = params
        .get("message")
        .and_then(Value::as_object)
        .ok_or_else(|| Fault::Params("`message` is missing".to_owned()))?;
    if text(message, "messageId").is_none() {
        return Err(Fault::Params("`message.messageId` is missing".to_owned()));
    }
    if message.get("role").and_then(Value::as_str) != Some("ROLE_USER") {
        return Err(Fault::Params("`message.role` must be ROLE_USER".to_owned()));
    }
    let mut sent = Sent { task_id: text(message, "taskId"), context_id: text(message, "contextId"), ..Sent::default() };
    let parts = message.get("parts").and_then(Value::as_array).filter(|parts| !parts.is_empty());
    for part in parts.ok_or_else(|| Fault::Params("`message.parts` is missing or empty".to_owned()))? {
        if let Some(text) = part.get("text").and_then(Value::as_str) {
            if !sent.text.is_empty() {
                sent.text.push('\n');
            }
            sent.text.push_str(text);
        } else if let Some(data) = part.get("data") {
            let Some(data) = data.as_object() else {
                return Err(Fault::Params("a data part must be an object".to_owned()));
            };
            sent.data.extend(data.clone());
        } else if part.get("raw").is_some() || part.get("url").is_some() {
            return Err(Fault::ContentType("files are not read; send text or data".to_owned()));
        } else {
            return Err(Fault::Params("every part must hold `text` or `data`".to_owned()));
        }
    }
    if let Some(configuration) = params.get("configuration").and_then(Value::as_object) {
        if configuration.get("taskPushNotificationConfig").is_some_and(|config| !config.is_null()) {
            return Err(Fault::PushNotSupported);
        }
        sent.at_once = configuration.get("returnImmediately").and_then(Value::as_bool).unwrap_or(false);
        sent.history = length(configuration, "historyLength")?;
    }
    Ok(sent)
}

fn page(params: &Map<String, Value>) -> Result<Page, Fault> {
    let size = length(params, "pageSize")?.unwrap_or(DEFAULT_PAGE);
    if size == 0 || size > MAX_PAGE {
        return Err(Fault::Params(format!("`pageSize` must be from 1 to {MAX_PAGE}")));
    }
    let since = match text(params, "statusTimestampAfter") {
        None => None,
        Some(at) => Some(
            DateTime::parse_from_rfc3339(&at)
                .map_err(|_| Fault::Params("`statusTimestampAfter` must be an RFC 3339 time".to_owned()))?
                .timestamp_millis(),
        ),
    };
    let truth = |name: &str| match params.get(name) {
        Some(Value::Bool(value)) => *value,
        Some(Value::String(text)) => text == "true",
        _ => false,
    };
    Ok(Page {
        context_id: text(params, "contextId"),
        state: text(params, "status").filter(|state| state != "TASK_STATE_UNSPECIFIED"),
        size,
        after: text(params, "pageToken"),
        history: length(params, "historyLength")?,
        since,
        artifacts: truth("includeArtifacts"),
    })
}

/// The state of a run in A2A's words. A run that is done but has something for a person to decide waits for input.
#[must_use]
pub fn state(run: &Value, waiting: &[Waiting]) -> &'static str {
    match run.get("status").and_then(Value::as_str).unwrap_or_default() {
        "queued" => "TASK_STATE_SUBMITTED",
        "succeeded" if !waiting.is_empty() => "TASK_STATE_INPUT_REQUIRED",
        "succeeded" => "TASK_STATE_COMPLETED",
        "cancelled" => "TASK_STATE_CANCELED",
        "refused" => "TASK_STATE_REJECTED",
        "failed" => "TASK_STATE_FAILED",
        _ => "TASK_STATE_WORKING",
    }
}

/// Whether nothing more happens to a task in this state.
#[must_use]
pub fn is_over(state: &str) -> bool {
    matches!(state, "TASK_STATE_COMPLETED" | "TASK_STATE_FAILED" | "TASK_STATE_CANCELED" | "TASK_STATE_REJECTED")
}

/// Whether a caller who waits for a task in this state is answered.
#[must_use]
pub fn is_settled(state: &str) -> bool {
    is_over(state) || state == "TASK_STATE_INPUT_REQUIRED"
}

fn string(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn id_of(run: &Value) -> String {
    string(run, "id")
}

/// The conversation of a run: its own unless it was started within one.
#[must_use]
pub fn context_of(run: &Value) -> String {
    let context = string(run, "context_id");
    if context.is_empty() { id_of(run) } else { context }
}

fn status(run: &Value, waiting: &[Waiting]) -> Value {
    let at = ["ended_at", "started_at", "created_at"].iter().find_map(|name| run.get(name)?.as_i64());
    let mut status = json!({ "state": state(run, waiting) });
    if let Some(at) = at.and_then(DateTime::from_timestamp_millis) {
        set(&mut status, "timestamp", at.to_rfc3339_opts(SecondsFormat::Millis, true));
    }
    let detail = string(run, "detail");
    let words: Vec<String> = waiting
        .iter()
        .map(|one| format!("{}: a person decides at {}", one.title, one.url))
        .chain((!detail.is_empty()).then_some(detail))
        .collect();
    if !words.is_empty() {
        let id = format!("{}-status", id_of(run));
        let mut parts = vec![json!({ "text": words.join("\n") })];
        parts.extend(waiting.iter().map(|one| {
            let mut data = json!({ "waiting": one.kind, "id": one.id, "url": one.url });
            if one.kind == PROPOSAL {
                set(&mut data, "responseSchema", decision_schema());
            }
            json!({ "data": data, "mediaType": "application/json" })
        }));
        set(&mut status, "message", message(&id, run, "ROLE_AGENT", parts));
    }
    status
}

fn message(id: &str, run: &Value, role: &str, parts: Vec<Value>) -> Value {
    json!({ "messageId": id, "taskId": id_of(run), "contextId": context_of(run), "role": role, "parts": parts })
}

/// What a run found, in words: its headline and summary.
#[must_use]
pub fn summary(output: &Value) -> String {
    let told = [string(output, "title"), string(output, "summary")];
    let words: Vec<String> = told.into_iter().filter(|text| !text.is_empty()).collect();
    if words.is_empty() { "The agent has finished.".to_owned() } else { words.join("\n\n") }
}

fn artifact(run: &Value) -> Option<Value> {
    let output = run.get("output").filter(|output| !output.is_null())?;
    Some(json!({
        "artifactId": format!("{}-output", id_of(run)),
        "name": string(run, "agent"),
        "parts": [
            { "text": summary(output), "mediaType": "text/plain" },
            { "data": output, "mediaType": "application/json" },
        ],
    }))
}

/// A run as a task. `history` limits the messages shown, `artifacts` says whether what it made is shown.
#[must_use]
pub fn task(run: &Value, waiting: &[Waiting], history: Option<usize>, artifacts: bool) -> Value {
    let mut task = json!({ "id": id_of(run), "contextId": context_of(run), "status": status(run, waiting) });
    if let Some(artifact) = artifact(run).filter(|_| artifacts) {
        set(&mut task, "artifacts", json!([artifact]));
    }
    if history != Some(0) {
        let asked = json!({ "data": { "agent": run.get("agent"), "context": run.get("input") }, "mediaType": "application/json" });
        let asked = message(&format!("{}-request", id_of(run)), run, "ROLE_USER", vec![asked]);
        set(&mut task, "history", json!([asked]));
    }
    set(&mut task, "metadata", json!({ "agent": run.get("agent") }));
    task
}

/// What has changed from one look at a run to the next, as stream items.
#[must_use]
pub fn updates(before: &Value, now: &Value, waiting_before: &[Waiting], waiting: &[Waiting]) -> Vec<Value> {
    let mut items = Vec::new();
    let ids = json!({ "taskId": id_of(now), "contextId": context_of(now) });
    if before.get("output").is_none_or(Value::is_null)
        && let Some(artifact) = artifact(now)
    {
        let mut item = ids.clone();
        set(&mut item, "artifact", artifact);
        set(&mut item, "lastChunk", true);
        items.push(json!({ "artifactUpdate": item }));
    }
    if state(before, waiting_before) != state(now, waiting) || waiting_before != waiting {
        let mut item = ids;
        set(&mut item, "status", status(now, waiting));
        items.push(json!({ "statusUpdate": item }));
    }
    items
}

/// A page of tasks out of runs with what of each waits, newest first.
///
/// # Errors
/// A page token that is none of ours.
pub fn list(runs: &[(Value, Vec<Waiting>)], page: &Page) -> Result<Value, Fault> {
    let fits = |(run, waiting): &&(Value, Vec<Waiting>)| {
        let changed = ["ended_at", "started_at", "created_at"].iter().find_map(|name| run.get(name)?.as_i64());
        page.context_id.as_ref().is_none_or(|context| *context == context_of(run))
            && page.state.as_ref().is_none_or(|wanted| wanted == state(run, waiting))
            && page.since.is_none_or(|since| changed.is_some_and(|changed| changed > since))
    };
    let all: Vec<&(Value, Vec<Waiting>)> = runs.iter().filter(fits).collect();
    let start = match &page.after {
        None => 0,
        Some(after) => {
            let at = all.iter().position(|(run, _)| id_of(run) == *after);
            at.ok_or_else(|| Fault::Params("`pageToken` is not one of ours, or is too old".to_owned()))? + 1
        }
    };
    let shown: Vec<&(Value, Vec<Waiting>)> = all.iter().skip(start).take(page.size).copied().collect();
    let more = start + shown.len() < all.len();
    let next = if more { shown.last().map(|(run, _)| id_of(run)).unwrap_or_default() } else { String::new() };
    let tasks: Vec<Value> =
        shown.iter().map(|(run, waiting)| task(run, waiting, page.history, page.artifacts)).collect();
    Ok(json!({
        "tasks": tasks,
        "nextPageToken": next,
        "pageSize": tasks.len(),
        "totalSize": all.len(),
    }))
}

/// An answer in words, with data.
#[must_use]
pub fn said(id: &str, context_id: Option<&str>, text: &str, data: Option<&Value>) -> Value {
    let mut parts = vec![json!({ "text": text, "mediaType": "text/plain" })];
    parts.extend(data.map(|data| json!({ "data": data, "mediaType": "application/json" })));
    let mut message = json!({ "messageId": id, "role": "ROLE_AGENT", "parts": parts });
    if let Some(context_id) = context_id {
        set(&mut message, "contextId", context_id);
    }
    message
}

/// Something we can do for others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skill {
    /// Stable id.
    pub id: String,
    /// The name people read.
    pub name: String,
    /// What it does.
    pub description: String,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// What one could say.
    pub examples: Vec<String>,
}

/// The agent card.
#[must_use]
pub fn card(origin: &str, version: &str, skills: &[Skill]) -> Value {
    let interface = |path: &str, binding: &str| json!({ "url": format!("{origin}{path}"), "protocolBinding": binding, "protocolVersion": VERSION });
    let shown = |skill: &Skill| {
        json!({
            "id": skill.id,
            "name": skill.name,
            "description": skill.description,
            "tags": skill.tags,
            "examples": skill.examples,
        })
    };
    json!({
        "name": "Adroit",
        "description": "A shop's marketing desk: answers questions about its figures and runs the agents that plan, \
                        check, pace and explain its campaigns. What publishes or spends waits for a person.",
        "version": version,
        "supportedInterfaces": [interface("/a2a", "JSONRPC"), interface("/a2a/v1", "HTTP+JSON")],
        "documentationUrl": format!("{origin}/openapi.json"),
        "capabilities": { "streaming": true, "pushNotifications": false, "extendedAgentCard": true },
        "securitySchemes": { "bearer": { "httpAuthSecurityScheme": {
            "scheme": "bearer",
            "description": "An API key (adk_…) made on the Keys page, or a session token",
        } } },
        "securityRequirements": [{ "schemes": { "bearer": { "list": [] } } }],
        "defaultInputModes": ["text/plain", "application/json"],
        "defaultOutputModes": ["text/plain", "application/json"],
        "skills": skills.iter().map(shown).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(status: &str) -> Value {
        json!({"id": "r1", "agent": "analyst", "status": status, "input": {"site": "s"}, "output": null, "detail": "",
               "created_at": 1_795_000_000_000_i64, "started_at": null, "ended_at": null})
    }

    fn done() -> Value {
        let mut run = run("succeeded");
        set(&mut run, "output", json!({"title": "T", "summary": "S"}));
        set(&mut run, "ended_at", 1_795_000_001_500_i64);
        run
    }

    fn waiting() -> Vec<Waiting> {
        vec![Waiting {
            kind: APPROVAL,
            id: "a1".into(),
            title: "Launch".into(),
            url: "https://x.test/approvals/a1".into(),
        }]
    }

    fn params(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn a_message_is_read_part_by_part() {
        let message = json!({"messageId": "m", "role": "ROLE_USER", "contextId": "c", "parts": [
            {"text": "a"}, {"data": {"agent": "analyst"}}, {"text": "b"},
        ]});
        let asked = ask(
            "SendMessage",
            &params(json!({"message": message, "configuration": {"returnImmediately": true, "historyLength": 0}})),
        );
        let Ask::Send { sent, stream: false } = asked.unwrap() else { panic!() };
        assert_eq!((sent.text.as_str(), sent.data["agent"].as_str()), ("a\nb", Some("analyst")));
        assert_eq!((sent.context_id.as_deref(), sent.at_once, sent.history), (Some("c"), true, Some(0)));
        for (broken, code) in [
            (json!({}), -32602),
            (json!({"message": {"messageId": "m", "role": "ROLE_USER", "parts": []}}), -32602),
            (json!({"message": {"messageId": "m", "role": "user", "parts": [{"text": ""}]}}), -32602),
            (json!({"message": {"role": "ROLE_USER", "parts": [{"text": ""}]}}), -32602),
            (json!({"message": {"messageId": "m", "role": "ROLE_USER", "parts": [{"raw": "aGk="}]}}), -32005),
            (
                json!({"message": {"messageId": "m", "role": "ROLE_USER", "parts": [{"text": ""}]}, "configuration": {"taskPushNotificationConfig": {"url": "http://x"}}}),
                -32003,
            ),
        ] {
            assert_eq!(ask("SendMessage", &params(broken.clone())).unwrap_err().json_rpc().code, code, "{broken}");
        }
        assert_eq!(ask("message/send", &Map::new()).unwrap_err().json_rpc().code, -32601);
        assert_eq!(ask("GetTaskPushNotificationConfig", &Map::new()), Err(Fault::PushNotSupported));
    }

    #[test]
    fn a_missing_version_means_the_old_protocol() {
        assert!(check_version(Some("1.0")).is_ok() && check_version(Some("1.0.1")).is_ok());
        for old in [None, Some(""), Some("0.3"), Some("1.01"), Some("2.0")] {
            assert_eq!(check_version(old).unwrap_err().json_rpc().code, -32009, "{old:?}");
        }
    }

    #[test]
    fn a_run_is_a_task_and_waits_while_a_person_must_decide() {
        let task = task(&done(), &[], None, true);
        assert_eq!(task["status"], json!({"state": "TASK_STATE_COMPLETED", "timestamp": "2026-11-18T11:06:41.500Z"}));
        assert_eq!((task["id"].as_str(), task["contextId"].as_str()), (Some("r1"), Some("r1")));
        assert_eq!(task["artifacts"][0]["parts"][0]["text"], "T\n\nS");
        assert_eq!(task["history"][0]["role"], "ROLE_USER");
        let waits = super::task(&done(), &waiting(), Some(0), false);
        assert_eq!(waits["status"]["state"], "TASK_STATE_INPUT_REQUIRED");
        assert_eq!(waits["status"]["message"]["parts"][1]["data"]["url"], "https://x.test/approvals/a1");
        assert!(waits.get("history").is_none() && waits.get("artifacts").is_none());
        assert!(is_settled("TASK_STATE_INPUT_REQUIRED") && !is_over("TASK_STATE_INPUT_REQUIRED"));
    }

    #[test]
    fn a_stream_tells_what_was_made_before_it_tells_the_end() {
        let items = updates(&run("running"), &done(), &[], &[]);
        assert_eq!(items.len(), 2);
        assert_eq!(items[0]["artifactUpdate"]["artifact"]["artifactId"], "r1-output");
        assert_eq!(items[1]["statusUpdate"]["status"]["state"], "TASK_STATE_COMPLETED");
        assert!(updates(&done(), &done(), &[], &[]).is_empty());
        let mut next = waiting();
        next[0].id = "a2".into();
        assert_eq!(updates(&done(), &done(), &waiting(), &next).len(), 1, "something else waits now");
        assert_eq!(
            updates(&run("queued"), &run("running"), &[], &[])[0]["statusUpdate"]["status"]["state"],
            "TASK_STATE_WORKING"
        );
    }

    #[test]
    fn pages_follow_each_other_without_gaps() {
        let runs: Vec<(Value, Vec<Waiting>)> = (0..5)
            .map(|n| {
                let mut run = run("queued");
                set(&mut run, "id", format!("r{n}"));
                (run, Vec::new())
            })
            .collect();
        let mut after = None;
        let mut seen = Vec::new();
        loop {
            let page = Page { size: 2, after: after.clone(), ..Page::default() };
            let listed = list(&runs, &page).unwrap();
            assert_eq!(listed["totalSize"], 5);
            seen.extend(listed["tasks"].as_array().unwrap().iter().map(|task| task["id"].as_str().unwrap().to_owned()));
            match listed["nextPageToken"].as_str().unwrap() {
                "" => break,
                next => after = Some(next.to_owned()),
            }
        }
        assert_eq!(seen, ["r0", "r1", "r2", "r3", "r4"]);
        assert!(list(&runs, &Page { size: 2, after: Some("x".into()), ..Page::default() }).is_err());
        assert!(ask("ListTasks", &params(json!({"pageSize": 0}))).is_err());
        assert!(ask("ListTasks", &params(json!({"pageSize": "7", "includeArtifacts": "true"}))).is_ok());
    }

    #[test]
    fn a_fault_reads_the_same_in_both_bindings() {
        let fault = Fault::TaskNotFound("x".into());
        assert_eq!(fault.json_rpc().data.unwrap()[0]["reason"], "TASK_NOT_FOUND");
        let (status, body) = fault.http();
        assert_eq!((status, body["error"]["status"].as_str()), (404, Some("NOT_FOUND")));
        assert_eq!(body["error"]["details"][0]["domain"], "a2a-protocol.org");
    }
}
