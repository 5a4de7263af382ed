//! From a call's arguments to the route's request.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use problem::FieldError;
use serde_json::{Map, Value};

use crate::{Argument, Capability, Place};

/// What may stand in a path segment or a query as it is (RFC 3986 §2.3); everything else is escaped.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A request of the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// HTTP method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Headers beside the credentials, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body; empty for none.
    pub body: String,
}

/// The arguments do not fit the inputs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(|error| format!("{}: {}", error.field, error.detail)).collect::<Vec<_>>().join("; "))]
pub struct Refused(pub Vec<FieldError>);

impl Capability {
    /// The request of a call with these arguments. The API judges the values; here is judged only whether they can be
    /// put into a request: unknown and missing arguments, and lists or objects where a text belongs.
    ///
    /// # Errors
    /// Every argument that does not fit.
    pub fn request(&self, arguments: &Map<String, Value>) -> Result<Call, Refused> {
        let mut wrong = Vec::new();
        let mut path = self.path.clone();
        let mut query = String::new();
        let mut headers = Vec::new();
        let mut fields = Map::new();
        let mut body = String::new();
        for name in arguments.keys() {
            if !self.arguments.iter().any(|argument| argument.name == *name) {
                let known: Vec<&str> = self.arguments.iter().map(|argument| argument.name.as_str()).collect();
                let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                wrong.push(FieldError::new(name, format!("{} has no such argument; it takes {known}", self.name)));
            }
        }
        for argument in &self.arguments {
            let in_json = matches!(argument.place, Place::Field | Place::Body);
            let Some(value) = arguments.get(&argument.name).filter(|value| in_json || !value.is_null()) else {
                if argument.required {
                    wrong.push(FieldError::new(&argument.name, "is missing"));
                }
                continue;
            };
            match argument.place {
                Place::Field => {
                    fields.insert(argument.wire.clone(), value.clone());
                }
                Place::Body => body = whole(value, self.content_type.as_deref()),
                Place::Path | Place::Query | Place::Header => match text(value) {
                    Some(text) => put(argument, &text, &mut path, &mut query, &mut headers, &mut wrong),
                    None => wrong.push(FieldError::new(&argument.name, "must be a text, a number or a truth value")),
                },
            }
        }
        if !wrong.is_empty() {
            return Err(Refused(wrong));
        }
        let flat = self.arguments.iter().any(|argument| argument.place == Place::Field);
        if flat {
            body = Value::Object(fields).to_string();
        }
        if let (Some(kind), false) = (&self.content_type, body.is_empty()) {
            headers.push(("content-type".to_owned(), kind.clone()));
        }
        let target = if query.is_empty() { path } else { format!("{path}?{query}") };
        Ok(Call { method: self.method.clone(), target, headers, body })
    }
}

/// Puts a text where its argument belongs.
fn put(
    argument: &Argument,
    text: &str,
    path: &mut String,
    query: &mut String,
    headers: &mut Vec<(String, String)>,
    wrong: &mut Vec<FieldError>,
) {
    let escaped = utf8_percent_encode(text, ESCAPED).to_string();
    match argument.place {
        Place::Path if text.is_empty() || text.chars().all(|c| c == '.') => {
            wrong.push(FieldError::new(&argument.name, "must not be empty or made of dots"));
        }
        Place::Path => *path = path.replace(&format!("{{{}}}", argument.wire), &escaped),
        Place::Query => {
            let separator = if query.is_empty() { "" } else { "&" };
            *query += &format!("{separator}{}={escaped}", argument.wire);
        }
        _ if text.chars().any(|c| c.is_control() || !c.is_ascii()) => {
            wrong.push(FieldError::new(&argument.name, "must be printable ASCII, as it becomes a header"));
        }
        _ => headers.push((argument.wire.to_lowercase(), text.to_owned())),
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Array(items) => {
            let items: Option<Vec<String>> =
                items.iter().map(|item| (!item.is_array()).then(|| text(item)).flatten()).collect();
            items.map(|items| items.join(","))
        }
        Value::Null | Value::Object(_) => None,
    }
}

/// A body that is a text of its own goes as it is, everything else as JSON.
fn whole(value: &Value, content_type: Option<&str>) -> String {
    match value {
        Value::String(text) if content_type != Some("application/json") => text.clone(),
        other => other.to_string(),
    }
}
