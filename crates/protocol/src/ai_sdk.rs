//! The UI message stream of the AI SDK, version 1: what the site's chat reads.
//!
//! A chunk the client does not know, or one with a field missing, ends its stream, so chunks are made here and nowhere
//! else. Approvals of tools are told by the client in its own copy of the conversation, which it may change: what the
//! server believes is an id that it sealed itself (see [`crate::mcp::state`]), with the call inside.

use serde_json::{Map, Value, json};

use crate::json_rpc::set;

/// The header that names the stream's version.
pub const VERSION_HEADER: (&str, &str) = ("x-vercel-ai-ui-message-stream", "v1");

/// What ends a stream.
pub const DONE: &str = "data: [DONE]\n\n";

/// What the chat sends.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// The conversation.
    pub chat_id: String,
    /// The last thing the user said.
    pub said: String,
    /// The question that was answered last, as its answer said it.
    pub asked: Option<String>,
    /// What else the page hands on: `site`.
    pub more: Map<String, Value>,
    /// Tools the user has just allowed or refused, and the message they stand in.
    pub decided: Vec<Decided>,
    /// The id of the assistant's message that goes on, when one does.
    pub continued: Option<String>,
}

/// A tool call that the user decided about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// The call.
    pub tool_call_id: String,
    /// The id under which we asked.
    pub approval_id: String,
    /// Whether the user allows it.
    pub approved: bool,
}

/// Reads a request of the chat.
///
/// # Errors
/// The field that is missing or wrong, and why.
pub fn read(body: &Value) -> Result<Input, (&'static str, &'static str)> {
    let messages = body.get("messages").and_then(Value::as_array).ok_or(("/messages", "is missing or no list"))?;
    let role = |message: &Value| message.get("role").and_then(Value::as_str).unwrap_or_default().to_owned();
    let last = messages.last().ok_or(("/messages", "is empty"))?;
    let decided: Vec<Decided> = parts(last).filter_map(decided).collect();
    let continued = (role(last) == "assistant").then(|| last.get("id").and_then(Value::as_str).map(str::to_owned));
    let said = messages.iter().rev().find(|message| role(message) == "user").map(|message| {
        let texts = parts(message).filter_map(|part| part.get("text").and_then(Value::as_str));
        texts.collect::<Vec<_>>().join("\n")
    });
    let more = body.as_object().cloned().unwrap_or_default();
    Ok(Input {
        chat_id: body.get("id").and_then(Value::as_str).unwrap_or_default().to_owned(),
        said: said.unwrap_or_default(),
        asked: messages.iter().rev().flat_map(parts).find_map(asked),
        more,
        decided,
        continued: continued.flatten(),
    })
}

fn parts(message: &Value) -> impl Iterator<Item = &Value> {
    message.get("parts").and_then(Value::as_array).into_iter().flatten()
}

/// The tool that answers questions in words; its output names the question it answered.
const ASKS: &str = "query_ask";

fn asked(part: &Value) -> Option<String> {
    (part.get("toolName")?.as_str()? == ASKS)
        .then(|| part.get("output")?.get("question")?.as_str())
        .flatten()
        .map(str::to_owned)
}

fn decided(part: &Value) -> Option<Decided> {
    if part.get("state")?.as_str()? != "approval-responded" {
        return None;
    }
    let approval = part.get("approval")?;
    Some(Decided {
        tool_call_id: part.get("toolCallId")?.as_str()?.to_owned(),
        approval_id: approval.get("id")?.as_str()?.to_owned(),
        approved: approval.get("approved")?.as_bool()?,
    })
}

/// The first chunks; without an id the client's own message goes on.
#[must_use]
pub fn started(message_id: Option<&str>) -> Vec<Value> {
    let mut start = json!({ "type": "start" });
    if let Some(id) = message_id {
        set(&mut start, "messageId", id);
    }
    vec![start, json!({ "type": "start-step" })]
}

/// Something is said.
#[must_use]
pub fn text(id: &str, text: &str) -> Vec<Value> {
    if text.is_empty() {
        return Vec::new();
    }
    vec![
        json!({ "type": "text-start", "id": id }),
        json!({ "type": "text-delta", "id": id, "delta": text }),
        json!({ "type": "text-end", "id": id }),
    ]
}

/// A tool is used.
#[must_use]
pub fn tool(id: &str, name: &str, input: &Value) -> Vec<Value> {
    vec![
        json!({ "type": "tool-input-start", "toolCallId": id, "toolName": name, "dynamic": true }),
        json!({ "type": "tool-input-available", "toolCallId": id, "toolName": name, "input": input, "dynamic": true }),
    ]
}

/// The user must allow the tool first.
#[must_use]
pub fn tool_approval(id: &str, approval_id: &str) -> Vec<Value> {
    vec![json!({ "type": "tool-approval-request", "toolCallId": id, "approvalId": approval_id })]
}

/// What the tool answered.
#[must_use]
pub fn tool_output(id: &str, output: &Value) -> Vec<Value> {
    vec![json!({ "type": "tool-output-available", "toolCallId": id, "output": output, "dynamic": true })]
}

/// The tool could not do it.
#[must_use]
pub fn tool_failed(id: &str, words: &str) -> Vec<Value> {
    vec![json!({ "type": "tool-output-error", "toolCallId": id, "errorText": words, "dynamic": true })]
}

/// The user did not allow the tool.
#[must_use]
pub fn tool_denied(id: &str) -> Vec<Value> {
    vec![json!({ "type": "tool-output-denied", "toolCallId": id })]
}

/// Data for a part of the page: replaces what had the same name and id.
#[must_use]
pub fn data(name: &str, id: &str, data: &Value) -> Vec<Value> {
    vec![json!({ "type": format!("data-{name}"), "id": id, "data": data })]
}

/// The last chunks.
#[must_use]
pub fn finished() -> Vec<Value> {
    vec![json!({ "type": "finish-step" }), json!({ "type": "finish", "finishReason": "stop" })]
}

/// It broke off.
#[must_use]
pub fn failed(words: &str) -> Vec<Value> {
    vec![json!({ "type": "error", "errorText": words })]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chats_last_words_and_decisions_are_read() {
        let body = json!({"id": "c", "site": "s", "trigger": "submit-message", "messages": [
            {"id": "u", "role": "user", "parts": [{"type": "text", "text": "do it"}]},
            {"id": "a", "role": "assistant", "parts": [
                {"type": "dynamic-tool", "toolCallId": "t", "toolName": "x", "state": "approval-responded", "input": {},
                 "approval": {"id": "sealed", "approved": true}},
            ]},
        ]});
        let input = read(&body).unwrap();
        assert_eq!(
            (input.said.as_str(), input.chat_id.as_str(), input.continued.as_deref()),
            ("do it", "c", Some("a"))
        );
        let decided = Decided { tool_call_id: "t".into(), approval_id: "sealed".into(), approved: true };
        assert_eq!(input.decided, [decided]);
        assert_eq!(read(&json!({"messages": []})).unwrap_err().0, "/messages");
    }

    #[test]
    fn the_question_that_was_answered_last_is_read() {
        let answer = |question: &str| {
            json!({"id": "a", "role": "assistant", "parts": [
                {"type": "dynamic-tool", "toolName": "query_ask", "state": "output-available", "output": {"question": question}},
            ]})
        };
        let user = json!({"id": "u", "role": "user", "parts": [{"type": "text", "text": "and by device?"}]});
        let failed = json!({"id": "b", "role": "assistant", "parts": [
            {"type": "dynamic-tool", "toolName": "query_ask", "state": "output-error", "errorText": "no"},
            {"type": "dynamic-tool", "toolName": "kpis", "state": "output-available", "output": {"question": "not this"}},
        ]});
        let body = json!({"messages": [answer("orders"), answer("revenue last week"), failed, user]});
        assert_eq!(read(&body).unwrap().asked.as_deref(), Some("revenue last week"));
        assert_eq!(read(&json!({"messages": [user]})).unwrap().asked, None);
    }

    #[test]
    fn an_empty_text_is_no_part() {
        assert!(text("1", "").is_empty());
        assert_eq!(text("1", "a").len(), 3);
        assert_eq!(started(None)[0], json!({"type": "start"}));
    }
}
