//! Requests to and answers of a language model, in nobody's wire format.
//!
//! | module | holds |
//! |---|---|
//! | [`openai`] | the chat-completions wire format, streaming included |
//! | [`scrub`] | personal data out of whatever is sent |
//! | [`price`] | what tokens cost, as data |
//!
//! Not here: the network, the budget and the cache (`platform::model`), what is asked and what an answer must be (the
//! rooms that ask).

pub mod openai;
pub mod price;
pub mod scrub;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// Who says something in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The instructions.
    System,
    /// What is to be done, and the data for it.
    User,
    /// The model.
    Assistant,
    /// The answer to a tool call.
    Tool,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Whose.
    pub role: Role,
    /// The text.
    pub text: String,
    /// Calls an assistant's message makes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCall>,
    /// The call a tool's message answers.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tool_call_id: String,
}

impl Message {
    /// A message of text.
    pub fn new(role: Role, text: impl Into<String>) -> Self {
        Self { role, text: text.into(), tool_calls: Vec::new(), tool_call_id: String::new() }
    }
}

/// A function a model may call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tool {
    /// Name.
    pub name: String,
    /// What it does.
    pub description: String,
    /// JSON Schema of its arguments.
    pub parameters: Value,
}

/// A call a model makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCall {
    /// The model's id for it.
    pub id: String,
    /// Function.
    pub name: String,
    /// JSON, as the model wrote it.
    pub arguments: String,
}

/// The form an answer must have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutputSchema {
    /// Name of the form.
    pub name: String,
    /// JSON Schema; every property required, no further ones allowed.
    pub schema: Value,
}

/// A request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The conversation so far.
    pub messages: Vec<Message>,
    /// Functions it may call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Tool>,
    /// The form of the answer; `None` for text.
    pub schema: Option<OutputSchema>,
    /// Most tokens of the answer.
    pub max_tokens: u32,
    /// Of the draws, where a model takes one.
    pub seed: u64,
}

impl Request {
    /// The request that sends an answer back with what is wrong with it.
    #[must_use]
    pub fn sent_back(&self, answer: &str, faults: &str) -> Self {
        let mut again = self.clone();
        again.messages.push(Message::new(Role::Assistant, answer));
        again.messages.push(Message::new(
            Role::User,
            format!("That cannot be used: {faults}. Answer again in the same form, without these faults."),
        ));
        again
    }
}

/// Why a model stopped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// It was done.
    #[default]
    Stop,
    /// It ran out of tokens.
    Length,
    /// It wants functions called.
    ToolCalls,
    /// Its provider withheld the answer.
    Filtered,
}

/// Tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Read.
    pub tokens_in: i64,
    /// Written.
    pub tokens_out: i64,
}

/// An answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelAnswer {
    /// The text, empty when it only calls functions.
    pub text: String,
    /// Functions it wants called.
    pub tool_calls: Vec<ToolCall>,
    /// Why it stopped.
    pub finish: Finish,
    /// What it used; a provider that does not say is estimated.
    pub usage: Usage,
    /// Which model answered.
    pub model: String,
    /// Whether it was kept from an equal request.
    #[serde(default)]
    pub cached: bool,
    /// Whether an earlier call was cut off and this is its repetition.
    #[serde(default)]
    pub repeated: bool,
}

/// Under which key an answer is kept: the same model at the same address, asked the same, answers the same.
#[must_use]
pub fn cache_key(address: &str, model: &str, request: &Request) -> String {
    let body = openai::request_body(model, request).to_string();
    let mut digest = Sha256::new();
    for part in [address, model, &body] {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part.as_bytes());
    }
    hex::encode(digest.finalize())
}

/// Tokens of a text where a provider does not say: four characters each, the usual rule of thumb for English.
#[must_use]
pub fn estimated_tokens(text: &str) -> i64 {
    i64::try_from(text.chars().count().div_ceil(4)).unwrap_or(i64::MAX)
}

/// What a request will read, estimated.
#[must_use]
pub fn estimated_request_tokens(request: &Request) -> i64 {
    request.messages.iter().map(|message| estimated_tokens(&message.text) + 4).sum()
}
