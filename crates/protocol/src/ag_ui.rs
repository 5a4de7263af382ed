//! AG-UI 1.0: what an agent does, as events for a user interface.
//!
//! Only events that 0.0.59 knows are sent, because most interfaces still speak that and refuse what they do not know.
//! [`Stream`] keeps the rules that clients check: the first event is `RUN_STARTED`, exactly one terminal event is the
//! last, and whatever was begun is ended before it.

use serde_json::{Map, Value, json};

use crate::json_rpc::set;

/// The version that is answered.
pub const VERSION: &str = "1.0";

/// What a client sends.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// The conversation.
    pub thread_id: String,
    /// This run of it, the client's own id.
    pub run_id: String,
    /// Whether the client says which version it speaks; one that does not may be as old as 0.0.59.
    pub versioned: bool,
    /// The last thing the user said.
    pub said: String,
    /// What the interface hands on.
    pub forwarded: Map<String, Value>,
    /// Answers to what the last run waited for.
    pub resume: Vec<Resume>,
}

/// An answer to an interrupt.
#[derive(Clone, Debug, PartialEq)]
pub struct Resume {
    /// Which interrupt.
    pub id: String,
    /// Whether the user answered, or put it aside.
    pub resolved: bool,
    /// What the user answered.
    pub payload: Value,
}

/// Reads a `RunAgentInput`.
///
/// # Errors
/// The field that is missing or wrong, and why.
pub fn read(body: &Value) -> Result<Input, (&'static str, &'static str)> {
    let text = |name: &str| body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
    let messages = body.get("messages").and_then(Value::as_array).ok_or(("/messages", "is missing or no list"))?;
    let resume = body.get("resume").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let resume = resume.iter().map(|entry| {
        Some(Resume {
            id: entry.get("interruptId")?.as_str()?.to_owned(),
            resolved: entry.get("status")?.as_str()? == "resolved",
            payload: entry.get("payload").cloned().unwrap_or_default(),
        })
    });
    Ok(Input {
        thread_id: text("threadId").ok_or(("/threadId", "is missing"))?,
        run_id: text("runId").ok_or(("/runId", "is missing"))?,
        versioned: text("protocolVersion").is_some(),
        said: messages.iter().rev().find_map(of_user).unwrap_or_default(),
        forwarded: body.get("forwardedProps").and_then(Value::as_object).cloned().unwrap_or_default(),
        resume: resume.collect::<Option<_>>().ok_or(("/resume", "each entry needs interruptId and status"))?,
    })
}

/// The text of a user's message; its content is a text or a list of parts.
fn of_user(message: &Value) -> Option<String> {
    if message.get("role")?.as_str()? != "user" {
        return None;
    }
    Some(match message.get("content")? {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts: Vec<&str> = parts.iter().filter_map(|part| part.get("text")?.as_str()).collect();
            texts.join("\n")
        }
        _ => String::new(),
    })
}

/// What a run waits for.
#[derive(Clone, Debug, PartialEq)]
pub struct Interrupt {
    /// What the answer names.
    pub id: String,
    /// In one word.
    pub reason: String,
    /// For the user.
    pub message: String,
    /// JSON Schema of the answer.
    pub response: Value,
}

/// The events of one run.
#[derive(Clone, Debug)]
pub struct Stream {
    thread_id: String,
    run_id: String,
    versioned: bool,
    messages: u32,
    over: bool,
}

impl Stream {
    /// For this input.
    #[must_use]
    pub fn of(input: &Input) -> Self {
        Self {
            thread_id: input.thread_id.clone(),
            run_id: input.run_id.clone(),
            versioned: input.versioned,
            messages: 0,
            over: false,
        }
    }

    fn message_id(&mut self) -> String {
        self.messages += 1;
        format!("{}-{}", self.run_id, self.messages)
    }

    /// The first event.
    #[must_use]
    pub fn started(&self) -> Vec<Value> {
        let mut event = json!({ "type": "RUN_STARTED", "threadId": self.thread_id, "runId": self.run_id });
        if self.versioned {
            set(&mut event, "protocolVersion", VERSION);
        }
        vec![event]
    }

    /// A tool is used.
    #[must_use]
    pub fn tool(&mut self, id: &str, name: &str, input: &Value) -> Vec<Value> {
        vec![
            json!({ "type": "TOOL_CALL_START", "toolCallId": id, "toolCallName": name }),
            json!({ "type": "TOOL_CALL_ARGS", "toolCallId": id, "delta": input.to_string() }),
            json!({ "type": "TOOL_CALL_END", "toolCallId": id }),
        ]
    }

    /// What the tool answered.
    #[must_use]
    pub fn tool_result(&mut self, id: &str, output: &Value) -> Vec<Value> {
        let message = self.message_id();
        vec![json!({
            "type": "TOOL_CALL_RESULT", "messageId": message, "toolCallId": id, "role": "tool", "content": output.to_string(),
        })]
    }

    /// What the interface should know.
    #[must_use]
    pub fn state(&self, snapshot: &Value) -> Vec<Value> {
        vec![json!({ "type": "STATE_SNAPSHOT", "snapshot": snapshot })]
    }

    /// Something is said. Nothing said is no message: clients refuse an empty piece.
    #[must_use]
    pub fn text(&mut self, text: &str) -> Vec<Value> {
        if text.is_empty() {
            return Vec::new();
        }
        let id = self.message_id();
        vec![
            json!({ "type": "TEXT_MESSAGE_START", "messageId": id, "role": "assistant" }),
            json!({ "type": "TEXT_MESSAGE_CONTENT", "messageId": id, "delta": text }),
            json!({ "type": "TEXT_MESSAGE_END", "messageId": id }),
        ]
    }

    /// The end, or a pause until a person has decided.
    #[must_use]
    pub fn finished(&mut self, interrupts: &[Interrupt]) -> Vec<Value> {
        if std::mem::replace(&mut self.over, true) {
            return Vec::new();
        }
        let outcome = if interrupts.is_empty() {
            json!({ "type": "success" })
        } else {
            let shown = |one: &Interrupt| json!({ "id": one.id, "reason": one.reason, "message": one.message, "responseSchema": one.response });
            json!({ "type": "interrupt", "interrupts": interrupts.iter().map(shown).collect::<Vec<_>>() })
        };
        vec![json!({
            "type": "RUN_FINISHED", "threadId": self.thread_id, "runId": self.run_id, "outcome": outcome,
        })]
    }

    /// It broke off.
    #[must_use]
    pub fn failed(&mut self, message: &str) -> Vec<Value> {
        if std::mem::replace(&mut self.over, true) {
            return Vec::new();
        }
        vec![json!({ "type": "RUN_ERROR", "message": message })]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input() -> Value {
        json!({"threadId": "t", "runId": "r", "state": {}, "tools": [], "context": [], "forwardedProps": {"site": "s"}, "messages": [
            {"id": "1", "role": "user", "content": "first"},
            {"id": "2", "role": "assistant", "content": "answer"},
            {"id": "3", "role": "user", "content": [{"type": "text", "text": "last"}]},
        ]})
    }

    #[test]
    fn the_last_thing_the_user_said_is_what_counts() {
        let read = read(&input()).unwrap();
        assert_eq!((read.said.as_str(), read.versioned, read.forwarded["site"].as_str()), ("last", false, Some("s")));
        assert_eq!(super::read(&json!({"threadId": "t", "messages": []})).unwrap_err().0, "/runId");
        let mut broken = input();
        set(&mut broken, "resume", json!([{"status": "resolved"}]));
        assert_eq!(super::read(&broken).unwrap_err().0, "/resume");
    }

    #[test]
    fn a_run_ends_once() {
        let mut stream = Stream::of(&read(&input()).unwrap());
        assert!(stream.started()[0].get("protocolVersion").is_none());
        assert_eq!(stream.text("").len() + stream.text("hi").len(), 3);
        assert_eq!(stream.failed("broken").len(), 1);
        assert!(stream.finished(&[]).is_empty() && stream.failed("again").is_empty());
    }
}
