//! Server-sent events (WHATWG HTML §9.2), as far as JSON needs them.

use serde_json::Value;

/// The media type.
pub const CONTENT_TYPE: &str = "text/event-stream";

/// A comment: keeps a quiet connection open and means nothing.
pub const KEEP_ALIVE: &str = ": still here\n\n";

/// One event without a name. JSON text has no line breaks of its own, so the data is one line.
#[must_use]
pub fn data(message: &Value) -> String {
    format!("data: {message}\n\n")
}

/// One named event.
#[must_use]
pub fn event(name: &str, message: &Value) -> String {
    format!("event: {name}\ndata: {message}\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_message_is_one_line_whatever_it_holds() {
        let text = data(&json!({"a": "x\n\nevent: y"}));
        assert_eq!(text.matches('\n').count(), 2);
        assert_eq!(event("message", &json!(1)), "event: message\ndata: 1\n\n");
    }
}
