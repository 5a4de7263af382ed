//! The chat-completions wire format (OpenAI's, as vLLM, Ollama, llama.cpp and gateways speak it): the request's body,
//! the reader of its event stream, and what an error answer means. No network here.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Finish, Message, ModelAnswer, Request, Role, ToolCall, Usage};

/// Longest event of a stream that is taken, in bytes.
const MAX_LINE: usize = 1 << 20;

/// The body of `POST {base}/chat/completions`.
#[must_use]
pub fn request_body(model: &str, request: &Request) -> Value {
    let mut body = json!({
        "model": model,
        "messages": request.messages.iter().map(message).collect::<Vec<_>>(),
        "max_completion_tokens": request.max_tokens,
        // Providers take a signed 64-bit number.
        "seed": (request.seed & (u64::MAX >> 1)),
        "stream": true,
        "stream_options": { "include_usage": true },
    });
    if let (Some(schema), Some(object)) = (&request.schema, body.as_object_mut()) {
        object.insert(
            "response_format".to_owned(),
            json!({
                "type": "json_schema",
                "json_schema": { "name": schema.name, "strict": true, "schema": schema.schema },
            }),
        );
    }
    if let (false, Some(object)) = (request.tools.is_empty(), body.as_object_mut()) {
        let tools = request.tools.iter().map(|tool| {
            json!({
                "type": "function",
                "function": { "name": tool.name, "description": tool.description, "parameters": tool.parameters },
            })
        });
        object.insert("tools".to_owned(), tools.collect());
    }
    body
}

fn message(message: &Message) -> Value {
    match message.role {
        Role::System => json!({ "role": "system", "content": message.text }),
        Role::User => json!({ "role": "user", "content": message.text }),
        Role::Tool => json!({ "role": "tool", "content": message.text, "tool_call_id": message.tool_call_id }),
        Role::Assistant if message.tool_calls.is_empty() => json!({ "role": "assistant", "content": message.text }),
        Role::Assistant => {
            let calls: Vec<Value> = message
                .tool_calls
                .iter()
                .map(|call| {
                    json!({
                        "id": call.id, "type": "function",
                        "function": { "name": call.name, "arguments": call.arguments },
                    })
                })
                .collect();
            let content = if message.text.is_empty() { Value::Null } else { json!(message.text) };
            json!({ "role": "assistant", "content": content, "tool_calls": calls })
        }
    }
}

/// What an answer with an error status, or a stream that broke, means.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Try again, not before so many ms where the server says so.
    #[error("the model's server asks to come back later: {reason}")]
    Later {
        /// Ms.
        after_ms: Option<i64>,
        /// In the server's words.
        reason: String,
    },
    /// The server or the way to it failed; trying again may help.
    #[error("the model's server failed: {reason}")]
    Server {
        /// In the server's words.
        reason: String,
    },
    /// The key is not accepted: an operator must act.
    #[error("the model's server refuses the key in MODEL_KEY: {reason}")]
    Key {
        /// In the server's words.
        reason: String,
    },
    /// The account has nothing left to spend: an operator must act.
    #[error("the model account's quota is used up: {reason}")]
    Quota {
        /// In the server's words.
        reason: String,
    },
    /// The model will not answer this.
    #[error("the model declined: {reason}")]
    Declined {
        /// In its words.
        reason: String,
    },
    /// The request itself is refused; repeating it changes nothing.
    #[error("the model's server refuses the request: {reason}")]
    Request {
        /// In the server's words.
        reason: String,
    },
}

impl Failure {
    /// Whether trying again may help.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        matches!(self, Self::Later { .. } | Self::Server { .. })
    }
}

#[derive(Deserialize)]
struct ErrorBody {
    error: ErrorDetail,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ErrorDetail {
    message: String,
    code: Option<Value>,
    r#type: Option<String>,
}

/// Reads an answer whose status is not 200. `retry_after` is that header, in seconds.
#[must_use]
pub fn failure(status: u16, retry_after: Option<&str>, body: &str) -> Failure {
    let error = serde_json::from_str::<ErrorBody>(body).map(|body| body.error).unwrap_or_default();
    let words = if error.message.is_empty() { body.lines().next().unwrap_or_default() } else { &error.message };
    let reason = format!("{status} {}", words.chars().take(300).collect::<String>());
    let quota = error.code.as_ref().and_then(Value::as_str) == Some("insufficient_quota")
        || error.r#type.as_deref() == Some("insufficient_quota");
    match status {
        402 => Failure::Quota { reason },
        429 if quota => Failure::Quota { reason },
        429 => Failure::Later {
            after_ms: retry_after
                .and_then(|text| text.trim().parse::<f64>().ok())
                .map(|s| (s.max(0.0) * 1000.0) as i64),
            reason,
        },
        401 | 403 => Failure::Key { reason },
        408 | 409 | 425 | 500.. => Failure::Server { reason },
        _ => Failure::Request { reason },
    }
}

#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    model: String,
    #[serde(default)]
    choices: Vec<Choice>,
    #[serde(default)]
    usage: Option<ChunkUsage>,
    #[serde(default)]
    error: Option<ErrorDetail>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    index: u32,
    #[serde(default, alias = "message")]
    delta: Delta,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Delta {
    content: Option<String>,
    refusal: Option<String>,
    tool_calls: Option<Vec<ToolCallDelta>>,
}

#[derive(Deserialize)]
struct ToolCallDelta {
    #[serde(default)]
    index: usize,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    function: Option<FunctionDelta>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct FunctionDelta {
    name: Option<String>,
    arguments: Option<String>,
}

#[derive(Deserialize)]
struct ChunkUsage {
    #[serde(default)]
    prompt_tokens: i64,
    #[serde(default)]
    completion_tokens: i64,
}

/// Most calls in one answer.
const MAX_CALLS: usize = 16;

/// Puts a stream together. Bytes come in any pieces.
#[derive(Debug, Default)]
pub struct Reader {
    rest: Vec<u8>,
    text: String,
    refusal: String,
    calls: Vec<ToolCall>,
    finish: Option<String>,
    usage: Option<Usage>,
    model: String,
    done: bool,
}

impl Reader {
    /// Takes bytes; returns the text they add.
    ///
    /// # Errors
    /// [`Failure`] when the stream says so or is no event stream.
    pub fn push(&mut self, bytes: &[u8]) -> Result<String, Failure> {
        self.rest.extend_from_slice(bytes);
        let mut added = String::new();
        while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            self.line(String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']), &mut added)?;
        }
        if self.rest.len() > MAX_LINE {
            return Err(Failure::Server { reason: "the stream has an endless line".to_owned() });
        }
        Ok(added)
    }

    fn line(&mut self, line: &str, added: &mut String) -> Result<(), Failure> {
        // Comments, event names and ids carry nothing here.
        let Some(data) = line.strip_prefix("data:") else { return Ok(()) };
        let data = data.trim();
        if data == "[DONE]" {
            self.done = true;
            return Ok(());
        }
        if data.is_empty() {
            return Ok(());
        }
        self.chunk(data, added)
    }

    fn chunk(&mut self, data: &str, added: &mut String) -> Result<(), Failure> {
        let chunk: Chunk = serde_json::from_str(data)
            .map_err(|error| Failure::Server { reason: format!("a chunk of the stream is unreadable: {error}") })?;
        if let Some(error) = chunk.error {
            return Err(Failure::Server { reason: error.message });
        }
        if !chunk.model.is_empty() {
            self.model = chunk.model;
        }
        if let Some(usage) = chunk.usage {
            self.usage = Some(Usage { tokens_in: usage.prompt_tokens, tokens_out: usage.completion_tokens });
        }
        // One answer is asked for; further choices are not ours.
        for choice in chunk.choices.into_iter().filter(|choice| choice.index == 0) {
            if let Some(text) = choice.delta.content {
                added.push_str(&text);
                self.text.push_str(&text);
            }
            if let Some(refusal) = choice.delta.refusal {
                self.refusal.push_str(&refusal);
            }
            for delta in choice.delta.tool_calls.into_iter().flatten() {
                self.call(delta)?;
            }
            if choice.finish_reason.is_some() {
                self.finish = choice.finish_reason;
            }
        }
        Ok(())
    }

    fn call(&mut self, delta: ToolCallDelta) -> Result<(), Failure> {
        if delta.index >= MAX_CALLS {
            return Err(Failure::Server { reason: format!("more than {MAX_CALLS} tool calls in one answer") });
        }
        while self.calls.len() <= delta.index {
            self.calls.push(ToolCall { id: String::new(), name: String::new(), arguments: String::new() });
        }
        let Some(call) = self.calls.get_mut(delta.index) else { return Ok(()) };
        if let Some(id) = delta.id.filter(|id| !id.is_empty()) {
            call.id = id;
        }
        if let Some(function) = delta.function {
            if let Some(name) = function.name {
                call.name.push_str(&name);
            }
            if let Some(arguments) = function.arguments {
                call.arguments.push_str(&arguments);
            }
        }
        Ok(())
    }

    /// The answer, once the stream has ended.
    ///
    /// # Errors
    /// [`Failure`] when it broke off, or the model declined.
    pub fn finish(mut self, asked_for: &str, request: &Request) -> Result<ModelAnswer, Failure> {
        if !self.rest.is_empty() {
            let rest = std::mem::take(&mut self.rest);
            let text = String::from_utf8_lossy(&rest).into_owned();
            let mut added = String::new();
            // A server that does not stream answers with one object.
            if text.trim_start().starts_with('{') {
                self.chunk(text.trim(), &mut added)?;
                self.done = true;
            } else {
                self.line(text.trim_end(), &mut added)?;
            }
        }
        if !self.done && self.finish.is_none() {
            return Err(Failure::Server { reason: "the stream broke off before its end".to_owned() });
        }
        if !self.refusal.is_empty() {
            return Err(Failure::Declined { reason: self.refusal });
        }
        let finish = match self.finish.as_deref() {
            Some("length") => Finish::Length,
            Some("tool_calls" | "function_call") => Finish::ToolCalls,
            Some("content_filter") => Finish::Filtered,
            _ if !self.calls.is_empty() => Finish::ToolCalls,
            _ => Finish::Stop,
        };
        let estimated = Usage {
            tokens_in: crate::estimated_request_tokens(request),
            tokens_out: crate::estimated_tokens(&self.text),
        };
        Ok(ModelAnswer {
            usage: self.usage.unwrap_or(estimated),
            text: self.text,
            tool_calls: self.calls,
            finish,
            model: if self.model.is_empty() { asked_for.to_owned() } else { self.model },
            cached: false,
            repeated: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{OutputSchema, Tool};

    fn request() -> Request {
        Request {
            messages: vec![Message::new(Role::System, "s"), Message::new(Role::User, "u")],
            tools: vec![Tool {
                name: "figures".into(),
                description: "d".into(),
                parameters: json!({"type": "object"}),
            }],
            schema: Some(OutputSchema { name: "report".into(), schema: json!({"type": "object"}) }),
            max_tokens: 500,
            seed: u64::MAX,
        }
    }

    fn chunk(delta: Value, finish: Value) -> String {
        format!(
            "data: {}\n\n",
            json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m-1", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})
        )
    }

    #[test]
    fn the_request_carries_form_and_tools() {
        let body = request_body("m", &request());
        assert_eq!(body["response_format"]["json_schema"]["strict"], true);
        assert_eq!(body["tools"][0]["function"]["name"], "figures");
        assert_eq!(body["stream_options"]["include_usage"], true);
        assert!(body["seed"].as_i64().is_some());
    }

    #[test]
    fn a_stream_in_any_pieces_gives_the_same_answer() {
        let stream = [
            ": keep-alive\n\n".to_owned(),
            chunk(json!({"role": "assistant", "content": ""}), Value::Null),
            chunk(json!({"content": "Grüße "}), Value::Null),
            chunk(json!({"content": "aus Köln"}), Value::Null),
            chunk(json!({}), json!("stop")),
            format!(
                "data: {}\r\n\r\n",
                json!({"id": "c", "model": "m-1", "choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}})
            ),
            "data: [DONE]\n\n".to_owned(),
        ]
        .concat();
        for size in [1, 2, 3, 7, 64, stream.len()] {
            let mut reader = Reader::default();
            let mut live = String::new();
            for piece in stream.as_bytes().chunks(size) {
                live.push_str(&reader.push(piece).unwrap());
            }
            let answer = reader.finish("m", &request()).unwrap();
            assert_eq!((live.as_str(), answer.text.as_str()), ("Grüße aus Köln", "Grüße aus Köln"));
            assert_eq!((answer.usage.tokens_in, answer.usage.tokens_out), (7, 3));
            assert_eq!((answer.model.as_str(), answer.finish), ("m-1", Finish::Stop));
        }
    }

    #[test]
    fn tool_calls_are_put_together_by_their_index() {
        let call = |index: usize, id: Option<&str>, name: Option<&str>, arguments: &str| json!({"tool_calls": [{"index": index, "id": id, "type": "function", "function": {"name": name, "arguments": arguments}}]});
        let mut reader = Reader::default();
        for delta in [
            call(0, Some("a"), Some("figures"), "{\"me"),
            call(1, Some("b"), Some("figures"), "{}"),
            call(0, None, None, "trics\":[]}"),
        ] {
            reader.push(chunk(delta, Value::Null).as_bytes()).unwrap();
        }
        reader.push(chunk(json!({}), json!("tool_calls")).as_bytes()).unwrap();
        let answer = reader.finish("m", &request()).unwrap();
        assert_eq!(answer.finish, Finish::ToolCalls);
        assert_eq!(
            answer.tool_calls[0],
            ToolCall { id: "a".into(), name: "figures".into(), arguments: "{\"metrics\":[]}".into() }
        );
        assert_eq!(answer.tool_calls[1].id, "b");
    }

    #[test]
    fn a_stream_that_breaks_off_is_no_answer() {
        let mut reader = Reader::default();
        reader.push(chunk(json!({"content": "half an ans"}), Value::Null).as_bytes()).unwrap();
        assert!(matches!(reader.finish("m", &request()), Err(Failure::Server { .. })));
        let mut reader = Reader::default();
        let error = "data: {\"error\": {\"message\": \"overloaded\"}}\n\n";
        assert_eq!(reader.push(error.as_bytes()), Err(Failure::Server { reason: "overloaded".into() }));
    }

    #[test]
    fn an_answer_that_is_not_streamed_is_read_too() {
        let mut reader = Reader::default();
        let body = json!({"id": "c", "object": "chat.completion", "created": 1, "model": "m-1", "choices": [{"index": 0, "message": {"role": "assistant", "content": "whole", "refusal": null}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}});
        reader.push(body.to_string().as_bytes()).unwrap();
        assert_eq!(reader.finish("m", &request()).unwrap().text, "whole");
    }

    #[test]
    fn errors_are_told_apart_by_what_helps() {
        let body =
            |code: &str| json!({"error": {"message": "m", "type": "t", "param": null, "code": code}}).to_string();
        assert_eq!(
            failure(429, Some("1.5"), &body("rate_limit_exceeded")),
            Failure::Later { after_ms: Some(1500), reason: "429 m".into() }
        );
        assert!(matches!(failure(429, None, &body("insufficient_quota")), Failure::Quota { .. }));
        assert!(matches!(failure(401, None, &body("invalid_api_key")), Failure::Key { .. }));
        assert!(matches!(failure(400, None, &body("bad")), Failure::Request { .. }));
        for status in [500, 502, 503, 529] {
            assert!(failure(status, None, "<html>").is_passing(), "{status}");
        }
    }
}
