//! JSON-RPC 2.0: one message per HTTP request, no batches.

use serde_json::{Map, Value, json};

/// Broken JSON.
pub const PARSE_ERROR: i64 = -32700;
/// JSON that is no request.
pub const INVALID_REQUEST: i64 = -32600;
/// No such method.
pub const METHOD_NOT_FOUND: i64 = -32601;
/// Wrong parameters.
pub const INVALID_PARAMS: i64 = -32602;
/// Our fault.
pub const INTERNAL_ERROR: i64 = -32603;

/// A failure as the caller reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct Error {
    /// Which kind.
    pub code: i64,
    /// What was wrong and what would be right.
    pub message: String,
    /// More, for programs.
    pub data: Option<Value>,
}

impl Error {
    /// A failure without further data.
    pub fn new(code: i64, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: None }
    }

    /// Wrong parameters.
    pub fn params(message: impl Into<String>) -> Self {
        Self::new(INVALID_PARAMS, message)
    }

    /// No such method.
    #[must_use]
    pub fn method(method: &str) -> Self {
        Self::new(METHOD_NOT_FOUND, format!("there is no method `{method}`"))
    }

    /// The same failure with data.
    #[must_use]
    pub fn with(mut self, data: Value) -> Self {
        self.data = Some(data);
        self
    }
}

/// What a body holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// Somebody waits for an answer.
    Request {
        /// A text or a whole number; the answer repeats it.
        id: Value,
        /// What is asked.
        method: String,
        /// The parameters; empty when there are none.
        params: Map<String, Value>,
    },
    /// Nobody waits.
    Notification {
        /// What happened.
        method: String,
        /// More about it.
        params: Map<String, Value>,
    },
}

/// Reads a body.
///
/// # Errors
/// The id to answer with, `null` when it could not be read, and what is wrong.
pub fn read(body: &[u8]) -> Result<Message, (Value, Error)> {
    let value: Value = serde_json::from_slice(body)
        .map_err(|error| (Value::Null, Error::new(PARSE_ERROR, format!("the body is not JSON: {error}"))))?;
    let Value::Object(mut fields) = value else {
        let detail = "the body must be one JSON-RPC object; batches are not served";
        return Err((Value::Null, Error::new(INVALID_REQUEST, detail)));
    };
    let id = fields.remove("id");
    let shown = id.clone().filter(|id| id.is_string() || id.is_i64() || id.is_u64()).unwrap_or(Value::Null);
    let refuse = |detail: &str| Err((shown.clone(), Error::new(INVALID_REQUEST, detail)));
    if fields.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return refuse("`jsonrpc` must be \"2.0\"");
    }
    let Some(Value::String(method)) = fields.remove("method") else {
        return refuse("`method` is missing; answers to questions of ours are not expected here");
    };
    let params = match fields.remove("params") {
        None => Map::new(),
        Some(Value::Object(params)) => params,
        Some(_) => return refuse("`params` must be an object"),
    };
    match id {
        None => Ok(Message::Notification { method, params }),
        Some(id) if id == shown && !id.is_null() => Ok(Message::Request { id, method, params }),
        Some(_) => refuse("`id` must be a text or a whole number"),
    }
}

/// The answer to a request.
#[must_use]
pub fn success(id: &Value, result: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "result": result })
}

/// The refusal of a request.
#[must_use]
pub fn failure(id: &Value, error: &Error) -> Value {
    let mut shown = json!({ "code": error.code, "message": error.message });
    if let Some(data) = &error.data {
        set(&mut shown, "data", data.clone());
    }
    // MCP's answers leave out an id that could not be read, A2A's (JSON-RPC's own) say null; both read null.
    json!({ "jsonrpc": "2.0", "id": id, "error": shown })
}

/// Sets a field of a JSON object; what is no object stays as it is.
pub fn set(object: &mut Value, name: &str, value: impl Into<Value>) {
    if let Some(fields) = object.as_object_mut() {
        fields.insert(name.to_owned(), value.into());
    }
}

/// A message nobody answers.
#[must_use]
pub fn notification(method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "method": method, "params": params })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_body_is_a_request_a_notification_or_refused() {
        let read = |text: &str| super::read(text.as_bytes());
        assert!(matches!(read(r#"{"jsonrpc":"2.0","id":1,"method":"m"}"#), Ok(Message::Request { .. })));
        assert!(matches!(read(r#"{"jsonrpc":"2.0","method":"m","params":{}}"#), Ok(Message::Notification { .. })));
        for (text, code, id) in [
            ("{", PARSE_ERROR, Value::Null),
            ("[]", INVALID_REQUEST, Value::Null),
            (r#"{"id":7,"method":"m"}"#, INVALID_REQUEST, json!(7)),
            (r#"{"jsonrpc":"2.0","id":"a","result":{}}"#, INVALID_REQUEST, json!("a")),
            (r#"{"jsonrpc":"2.0","id":1,"method":"m","params":[]}"#, INVALID_REQUEST, json!(1)),
            (r#"{"jsonrpc":"2.0","id":null,"method":"m"}"#, INVALID_REQUEST, Value::Null),
            (r#"{"jsonrpc":"2.0","id":1.5,"method":"m"}"#, INVALID_REQUEST, Value::Null),
        ] {
            let (shown, error) = read(text).unwrap_err();
            assert_eq!((error.code, shown), (code, id), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_body_is_answered(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&body);
        }
    }
}
