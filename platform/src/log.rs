//! Structured log lines: one JSON object each, with the tenant it concerns. Never tokens, secrets, addresses or bodies.

use serde_json::{Map, Value, json};
use worker::console_log;

/// Writes one line. `tenant` is `-` where none is known yet.
pub fn line(level: &str, room: &str, tenant: &str, message: &str, fields: &[(&str, Value)]) {
    let mut object = Map::new();
    object.insert("level".to_owned(), json!(level));
    object.insert("room".to_owned(), json!(room));
    object.insert("tenant".to_owned(), json!(tenant));
    object.insert("message".to_owned(), json!(message));
    for (name, value) in fields {
        object.insert((*name).to_owned(), value.clone());
    }
    console_log!("{}", Value::Object(object));
}

/// A failure, at the boundary where it is handled.
pub fn error(room: &str, tenant: &str, message: &str, cause: &dyn std::fmt::Display) {
    line("error", room, tenant, message, &[("cause", json!(cause.to_string()))]);
}

/// Something an operator may want to know.
pub fn info(room: &str, tenant: &str, message: &str, fields: &[(&str, Value)]) {
    line("info", room, tenant, message, fields);
}
