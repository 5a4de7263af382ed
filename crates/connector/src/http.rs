//! A request to be sent and the answer to it, as values. Whoever sends them (a Worker, a test) is somebody else.

use crate::outcome::Fault;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An HTTP method that providers use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Reads.
    Get,
    /// Creates, and whatever a provider puts behind POST.
    Post,
    /// Changes parts.
    Patch,
    /// Removes.
    Delete,
}

impl Method {
    /// As it stands in a request line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// What may be done when nobody knows whether a request took effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// It changes nothing: send it again.
    Read,
    /// Having been carried out twice, it leaves what it left the first time: send it again.
    Repeatable,
    /// Carried out twice it would leave two: read back before it is sent again.
    Once,
}

/// A request, complete: nothing has to be added before it is sent. Headers may carry secrets; never log them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Its method.
    pub method: Method,
    /// Absolute, with its query.
    pub url: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// Empty for none.
    #[serde(with = "bytes_as_base64")]
    pub body: Vec<u8>,
    /// What it is for, stable and without ids: `meta.campaign.create`. Good for logs and metrics.
    pub purpose: String,
    /// What an answer that got lost means.
    pub effect: Effect,
}

impl std::fmt::Debug for Request {
    /// Without headers, query and body: they carry secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {}", self.purpose, self.method.as_str(), self.url.split('?').next().unwrap_or_default())
    }
}

impl Request {
    /// A request without a body.
    #[must_use]
    pub fn new(method: Method, url: impl Into<String>, purpose: &str, effect: Effect) -> Self {
        Self { method, url: url.into(), headers: Vec::new(), body: Vec::new(), purpose: purpose.to_owned(), effect }
    }

    /// A `GET`.
    #[must_use]
    pub fn get(url: impl Into<String>, purpose: &str) -> Self {
        Self::new(Method::Get, url, purpose, Effect::Read)
    }

    /// A `POST`.
    #[must_use]
    pub fn post(url: impl Into<String>, purpose: &str, effect: Effect) -> Self {
        Self::new(Method::Post, url, purpose, effect)
    }

    /// With one header more; `name` in lower case.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With parameters in its query.
    #[must_use]
    pub fn query(mut self, pairs: &[(&str, &str)]) -> Self {
        if pairs.is_empty() {
            return self;
        }
        self.url.push(if self.url.contains('?') { '&' } else { '?' });
        self.url.push_str(&encode(pairs));
        self
    }

    /// With a JSON body.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.json_as("application/json", body)
    }

    /// With a JSON body under a media type of its own, such as `application/vnd.api+json`.
    #[must_use]
    pub fn json_as(mut self, media_type: &str, body: &Value) -> Self {
        self.body = body.to_string().into_bytes();
        self.header("content-type", media_type)
    }

    /// With a form body (`application/x-www-form-urlencoded`).
    #[must_use]
    pub fn form(mut self, pairs: &[(&str, &str)]) -> Self {
        self.body = encode(pairs).into_bytes();
        self.header("content-type", "application/x-www-form-urlencoded")
    }

    /// The value of a header, by its lower-case name.
    #[must_use]
    pub fn header_value(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Names in any case.
    pub headers: Vec<(String, String)>,
    /// As received.
    #[serde(with = "bytes_as_base64")]
    pub body: Vec<u8>,
}

impl Response {
    /// An answer with a JSON body.
    #[must_use]
    pub fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: body.to_string().into_bytes(),
        }
    }

    /// With one header more.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The value of a header, by its name in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// [`Fault::Ambiguous`]: an answer that cannot be read says nothing about what took effect.
    pub fn value(&self) -> Result<Value, Fault> {
        serde_json::from_slice(&self.body).map_err(|error| Fault::Ambiguous {
            reason: format!("the answer (HTTP {}) is not readable JSON: {error}", self.status),
        })
    }

    /// Whether the status is 2xx.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum TransportError {
    /// Nothing came within the deadline; the request may have been carried out.
    #[error("no answer within the deadline")]
    Timeout,
    /// The connection could not be made or broke; the request may have been carried out.
    #[error("the connection failed: {0}")]
    Connection(String),
}

/// What came of sending a request.
pub type Answer = Result<Response, TransportError>;

/// `a=1&b=2`, percent-encoded as HTML forms are; spaces become `+`.
#[must_use]
pub fn encode(pairs: &[(&str, &str)]) -> String {
    let mut text = form_urlencoded::Serializer::new(String::new());
    text.extend_pairs(pairs);
    text.finish()
}

/// Base64 with the standard alphabet and padding, as Meta takes images.
#[must_use]
pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

fn find<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

mod bytes_as_base64 {
    use super::{STANDARD, base64};
    use base64::Engine as _;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&base64(bytes))
    }
    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        STANDARD.decode(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
