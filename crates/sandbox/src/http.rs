//! Requests and answers as values. Header names are lower-case; nothing here sends anything.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A request as it reached the provider, its host and the provider's own path prefix taken off.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// `GET`, `POST`, `PATCH`, `DELETE`.
    pub method: String,
    /// Begins with `/`, without the query.
    pub path: String,
    /// Without `?`.
    pub query: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// As sent.
    pub body: Vec<u8>,
}

impl Request {
    /// A request to an address such as `/v1/ads?limit=2`.
    #[must_use]
    pub fn new(method: &str, target: &str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Self { method: method.to_owned(), path: path.to_owned(), query: query.to_owned(), ..Self::default() }
    }

    /// With a header more.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_ascii_lowercase(), value.to_owned()));
        self
    }

    /// With a JSON body.
    #[must_use]
    pub fn json(mut self, body: &Value) -> Self {
        self.body = body.to_string().into_bytes();
        self.header("content-type", "application/json")
    }

    /// With a form body.
    #[must_use]
    pub fn form(mut self, fields: &[(&str, &str)]) -> Self {
        self.body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish().into_bytes();
        self.header("content-type", "application/x-www-form-urlencoded")
    }

    /// A header's value; the name in lower case.
    #[must_use]
    pub fn get_header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// What follows `Bearer ` in the `Authorization` header.
    #[must_use]
    pub fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.get_header("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
    }

    /// Fields of the query and of a form or JSON body; the body's win. Values of a JSON body that are no strings are
    /// given as JSON, which is how a form would carry them.
    #[must_use]
    pub fn fields(&self) -> Fields {
        let mut fields = Fields(Map::new());
        fields.extend_form(self.query.as_bytes());
        if self.get_header("content-type").is_some_and(|kind| kind.contains("json")) {
            if let Ok(Value::Object(body)) = serde_json::from_slice(&self.body) {
                fields.0.extend(body);
            }
        } else {
            fields.extend_form(&self.body);
        }
        fields
    }

    /// The path's segments.
    #[must_use]
    pub fn segments(&self) -> Vec<&str> {
        self.path.split('/').filter(|part| !part.is_empty()).collect()
    }

    /// Whether it changes nothing at the provider.
    #[must_use]
    pub fn reads(&self) -> bool {
        self.method == "GET" || self.path.ends_with(":search") || self.path.ends_with(":searchStream")
    }
}

/// A request's fields.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fields(pub Map<String, Value>);

impl Fields {
    fn extend_form(&mut self, form: &[u8]) {
        for (name, value) in form_urlencoded::parse(form) {
            self.0.insert(name.into_owned(), Value::String(value.into_owned()));
        }
    }

    /// A field as text; `""` when it is absent.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// A field as an id, which JSON may carry as a number; `""` when it is absent.
    #[must_use]
    pub fn id(&self, name: &str) -> String {
        match self.0.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        }
    }

    /// A field as text, when it is there and not empty.
    #[must_use]
    pub fn given(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|value| !value.is_empty())
    }

    /// A field as a value: a form's text that is JSON counts as what it says.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<Value> {
        match self.0.get(name)? {
            Value::String(text) => Some(serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.clone()))),
            other => Some(other.clone()),
        }
    }

    /// A field as a whole number, from a number or its text.
    #[must_use]
    pub fn integer(&self, name: &str) -> Option<i64> {
        match self.0.get(name)? {
            Value::String(text) => text.trim().parse().ok(),
            other => other.as_i64(),
        }
    }
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// As to be sent.
    pub body: Vec<u8>,
}

impl Response {
    /// JSON under a status.
    #[must_use]
    pub fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), "application/json; charset=utf-8".to_owned())],
            body: body.to_string().into_bytes(),
        }
    }

    /// With a header more.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(key, _)| key != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The body as JSON; `null` for anything else.
    #[must_use]
    pub fn value(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// What the caller gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// An answer.
    Answer(Response),
    /// None: the connection broke. Whether the request took effect, the caller cannot tell.
    Lost,
}

impl Reply {
    /// The answer, if there was one.
    #[must_use]
    pub fn answer(self) -> Option<Response> {
        match self {
            Self::Answer(response) => Some(response),
            Self::Lost => None,
        }
    }
}

/// Sets a member of a JSON object; anything else stays as it is.
pub(crate) fn set(target: &mut Value, name: &str, value: Value) {
    if let Some(fields) = target.as_object_mut() {
        fields.insert(name.to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_come_from_query_form_and_json_alike() {
        let form = Request::new("POST", "/a?x=1&y=q").form(&[("y", "f"), ("targeting", "{\"a\":[1]}")]).fields();
        assert_eq!((form.integer("x"), form.text("y")), (Some(1), "f"));
        assert_eq!(form.value("targeting"), Some(json!({"a": [1]})));
        let body = Request::new("POST", "/a").json(&json!({"n": 5, "s": "t"})).fields();
        assert_eq!((body.integer("n"), body.text("s"), body.given("none")), (Some(5), "t", None));
    }
}
