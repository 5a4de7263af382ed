//! The doors other agents come through: MCP, A2A, AG-UI and the site's chat.
//!
//! All four do what they do by calling the API's own router with the caller's own credentials ([`Inside`]), so that
//! permission, validation, audit and tenancy are those of the routes; none of them touches a table. Which routes are
//! tools is said by the routes themselves and read once ([`registry`]). Wire formats are in the crate `protocol`.

pub mod a2a;
pub mod ag_ui;
pub mod chat;
pub mod discovery;
pub mod mcp;
mod resources;
mod turn;

use std::sync::LazyLock;

use axum::body::Body;
use axum::response::Response;
use capability::{Call, Capability, Registry};
use control::Permission;
use futures::Stream;
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, COOKIE, ETAG, ORIGIN};
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use platform::settings;
use problem::Problem;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tower_service::Service as _;

use crate::answer::{self, Answer, internal};
use crate::gate::{Caller, Runtime};

/// The largest message another agent may send, in bytes: a chat brings its whole history along.
const MAX_BODY: usize = 1024 * 1024;

/// The largest answer of a route that is handed on, in bytes.
const MAX_ANSWER: usize = 8 * 1024 * 1024;

/// The OpenAPI document as JSON, once per isolate.
static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(crate::document::TEXT).unwrap_or_default());

/// The tools. A broken declaration empties the list; a test sees to it that none is.
pub(crate) fn registry() -> &'static Registry {
    static REGISTRY: LazyLock<Registry> = LazyLock::new(|| {
        Registry::of(&DOCUMENT).unwrap_or_else(|error| {
            platform::log::error("api", "-", "the tool registry", &error);
            Registry::default()
        })
    });
    &REGISTRY
}

/// The tools this caller may use.
fn tools_of(caller: &Caller) -> impl Iterator<Item = &'static Capability> {
    registry()
        .iter()
        .filter(|capability| may(caller, &capability.permission) && (!capability.person || caller.rights.is_person()))
}

/// Whether the caller has the permission of this name.
fn may(caller: &Caller, permission: &str) -> bool {
    let parsed: Result<Permission, _> = permission.parse();
    permission == crate::gate::OPEN || parsed.is_ok_and(|permission| caller.may(permission))
}

/// Whether there is a `GET` route of this form that the caller may read.
fn may_read(caller: &Caller, route: &str) -> bool {
    let operation = DOCUMENT.get("paths").and_then(|paths| paths.get(route)?.get("get"));
    let permission = operation.and_then(|operation| operation.get(capability::PERMISSION)?.as_str());
    permission.is_some_and(|permission| may(caller, permission))
}

/// The API as the caller of the present request may use it.
#[derive(Clone, Debug)]
pub(crate) struct Inside {
    runtime: Runtime,
    /// Whose log lines these are.
    tenant: String,
    credentials: HeaderMap,
}

/// What a route answered.
#[derive(Clone, Debug)]
pub(crate) struct Answered {
    /// HTTP status.
    pub(crate) status: u16,
    /// The body; null when it is none.
    pub(crate) body: Value,
    /// The version, for `If-Match`.
    pub(crate) etag: Option<String>,
}

impl Inside {
    /// With the credentials of the caller's headers.
    pub(crate) fn of(caller: &Caller, headers: &HeaderMap) -> Self {
        let shown = [AUTHORIZATION, COOKIE, ORIGIN, HeaderName::from_static("sec-fetch-site")];
        let mut credentials = HeaderMap::new();
        for name in shown {
            for value in headers.get_all(&name) {
                credentials.append(name.clone(), value.clone());
            }
        }
        Self { runtime: caller.runtime.clone(), tenant: caller.session.tenant_id.clone(), credentials }
    }

    /// The caller's tenant.
    pub(crate) fn tenant(&self) -> &str {
        &self.tenant
    }

    /// Our own address.
    pub(crate) fn origin(&self) -> &str {
        &self.runtime.origin
    }

    /// Calls a route.
    pub(crate) async fn call(&self, call: &Call) -> Answer<Answered> {
        let (path, _) = call.target.split_once('?').unwrap_or((&call.target, ""));
        let mut request = Request::builder()
            .method(call.method.as_str())
            .uri(format!("{}{}", self.runtime.origin, call.target))
            .body(Body::from(call.body.clone()))
            .map_err(internal)?;
        request.headers_mut().clone_from(&self.credentials);
        for (name, value) in &call.headers {
            let name = HeaderName::try_from(name.as_str()).map_err(internal)?;
            let value = HeaderValue::try_from(value.as_str())
                .map_err(|_| Problem::invalid_field(name.as_str(), "must be printable ASCII"))?;
            request.headers_mut().insert(name, value);
        }
        request.extensions_mut().insert(self.runtime.clone());
        let mut router = crate::routes::BUILT.router.clone();
        let response = match router.call(request).await {
            Ok(response) => answer::finish(response, path),
            Err(never) => match never {},
        };
        let status = response.status().as_u16();
        let etag = response.headers().get(ETAG).and_then(|etag| etag.to_str().ok()).map(str::to_owned);
        let bytes = axum::body::to_bytes(response.into_body(), MAX_ANSWER).await.map_err(internal)?;
        let body = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes)
                .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()))
        };
        Ok(Answered { status, body, etag })
    }

    /// Reads from a route.
    pub(crate) async fn get(&self, target: &str) -> Answer<Answered> {
        let call =
            Call { method: "GET".to_owned(), target: target.to_owned(), headers: Vec::new(), body: String::new() };
        self.call(&call).await
    }

    /// Sends JSON to a route.
    pub(crate) async fn post(&self, target: &str, body: &Value) -> Answer<Answered> {
        let headers = vec![(CONTENT_TYPE.as_str().to_owned(), "application/json".to_owned())];
        let call = Call { method: "POST".to_owned(), target: target.to_owned(), headers, body: body.to_string() };
        self.call(&call).await
    }
}

impl Answered {
    /// Whether it is a failure.
    pub(crate) fn failed(&self) -> bool {
        self.status >= 400
    }

    /// A failure in words: what was wrong and with which field.
    pub(crate) fn words(&self) -> String {
        let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let errors = self.body.get("errors").and_then(Value::as_array).into_iter().flatten();
        let detail = text(&self.body, "detail");
        // What the detail says already is not said twice.
        let more = errors.filter(|error| !detail.contains(&text(error, "detail")));
        let mut words: Vec<String> =
            more.map(|error| format!("{}: {}", text(error, "field"), text(error, "detail"))).collect();
        words.insert(0, detail);
        words.retain(|part| !part.is_empty());
        if words.is_empty() { format!("it failed with status {}", self.status) } else { words.join("; ") }
    }

    /// The approval a person must give before the change has an effect, when the answer is or names a pending one.
    pub(crate) fn pending_approval(&self, origin: &str) -> Option<Value> {
        let text = |name: &str| self.body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let id = text("approval_id").or_else(|| {
            let approval = self.body.get("snapshot_hash").is_some() && text("status") == Some("pending");
            text("id").filter(|_| approval)
        })?;
        Some(json!({ "id": id, "status": "pending", "url": approval_page(origin, id) }))
    }
}

/// Where a person decides about an approval, in the browser.
fn approval_page(origin: &str, id: &str) -> String {
    format!("{origin}/approvals?id={}", turn::escaped(id))
}

/// Whether a request may come from where it says: programs name no origin, pages only our own; and on a developer's
/// machine only the machine's own names are ours, or a page elsewhere could point its name at us (DNS rebinding). In
/// production the platform routes no other host to us.
fn check_origin(caller: &Caller, headers: &HeaderMap) -> Result<(), Problem> {
    let own = &caller.runtime.origin;
    let origin = headers.get(ORIGIN).map(|origin| origin.to_str().unwrap_or("null"));
    if origin.is_some_and(|origin| !origin.eq_ignore_ascii_case(own)) {
        return Err(Problem::forbidden("this address takes no requests from pages of other origins"));
    }
    let local = caller.runtime.environment() == control::Environment::Local;
    if local && !is_loopback(own) {
        return Err(Problem::forbidden("locally, only localhost, 127.0.0.1 and [::1] are answered"));
    }
    Ok(())
}

fn is_loopback(origin: &str) -> bool {
    let authority = origin.split_once("://").map_or(origin, |(_, authority)| authority);
    let host = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((inside, _)) => inside,
        None => authority.split(':').next().unwrap_or_default(),
    };
    matches!(host, "localhost" | "127.0.0.1" | "::1")
}

/// The secret that signs what clients carry for us.
fn sealing_key(caller: &Caller) -> Answer<String> {
    Ok(settings::secret(&caller.runtime.env, settings::JWT_SECRET)?)
}

/// Whose what is carried is.
fn subject(caller: &Caller) -> String {
    format!("{}/{}", caller.session.tenant_id, caller.session.user_id)
}

/// A key that is the same whenever the same sealed call comes back.
fn key_of(sealed: &str) -> String {
    hex::encode(Sha256::digest(sealed.as_bytes()))
}

/// A JSON answer of a protocol, which is not a problem even when its status says so.
fn json_response(status: u16, content_type: &'static str, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response.extensions_mut().insert(answer::AsIs);
    response
}

/// A stream of events.
fn events_response(chunks: impl Stream<Item = String> + 'static) -> Answer<Response> {
    use futures::StreamExt as _;
    let body = worker::Body::from_stream(chunks.map(Ok::<_, worker::Error>)).map_err(internal)?;
    let mut response = Response::new(Body::new(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(protocol::sse::CONTENT_TYPE));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store, no-transform"));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_declared_tool_can_be_read_and_there_are_enough_of_them() {
        let registry = Registry::of(&DOCUMENT).unwrap();
        assert!(registry.iter().count() >= 20, "{}", registry.iter().count());
        for capability in registry.iter() {
            let schema = capability.input_schema();
            assert!(!schema.to_string().contains("\"$ref\""), "{}", capability.name);
            assert!(capability.description.len() >= 8, "{} describes nothing", capability.name);
            let permission: Result<Permission, _> = capability.permission.parse();
            assert!(permission.is_ok(), "{} asks for {}", capability.name, capability.permission);
            for (name, property) in schema["properties"].as_object().unwrap() {
                let body = name == "body";
                assert!(body || property.get("description").is_some(), "{}.{name} is not explained", capability.name);
            }
        }
    }

    #[test]
    fn prompts_name_tools_that_exist() {
        for prompt in protocol::mcp::prompts::list() {
            let arguments = json!({"goal": "x", "budget_daily": "x", "metric": "x"});
            let name = prompt["name"].as_str().unwrap();
            let text = protocol::mcp::prompts::get(name, arguments.as_object().unwrap()).unwrap().to_string();
            for word in text.split(|c: char| !(c.is_ascii_lowercase() || c == '_')) {
                let tool = [
                    "analytics_",
                    "attribution_",
                    "inbox_",
                    "campaigns_",
                    "approvals_",
                    "channels_",
                    "brand_",
                    "guardrails_",
                ]
                .iter()
                .any(|room| word.starts_with(room));
                assert!(!tool || registry().get(word).is_some(), "the prompt {name} names {word}");
            }
        }
    }

    #[test]
    fn only_the_machines_own_names_are_loopback() {
        for (origin, expected) in [
            ("http://localhost:8787", true),
            ("http://127.0.0.1:1", true),
            ("http://[::1]:8787", true),
            ("http://localhost.evil.test", false),
            ("http://evil.test:80", false),
            ("", false),
        ] {
            assert_eq!(is_loopback(origin), expected, "{origin}");
        }
    }

    #[test]
    fn a_pending_approval_is_found_where_it_is_one_or_is_named() {
        let answered = |body: Value| Answered { status: 200, body, etag: None };
        let approval = answered(json!({"id": "a1", "snapshot_hash": "h", "status": "pending"}));
        let shown = approval.pending_approval("https://x.test").unwrap();
        assert_eq!(shown["url"], "https://x.test/approvals?id=a1");
        assert_eq!(answered(json!({"id": "c", "approval_id": "a2"})).pending_approval("").unwrap()["id"], "a2");
        for none in [
            json!({"id": "c", "approval_id": ""}),
            json!({"id": "a", "snapshot_hash": "h", "status": "approved"}),
            Value::Null,
        ] {
            assert!(answered(none).pending_approval("").is_none());
        }
    }

    #[test]
    fn a_failure_is_told_with_its_fields() {
        let body =
            json!({"detail": "some of it is not acceptable", "errors": [{"field": "from", "detail": "is no date"}]});
        let answered = Answered { status: 422, body, etag: None };
        assert_eq!(answered.words(), "some of it is not acceptable; from: is no date");
        assert_eq!(Answered { status: 500, body: Value::Null, etag: None }.words(), "it failed with status 500");
    }
}
