//! The only way to call a Session object: its binding, its name, its paths and the bodies that cross.

use crate::error::{Error, Result};
use event::{Delivery, Event};
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;
use worker::{Env, Request, Stub, web_sys};

/// Name of the binding.
pub const BINDING: &str = "SESSIONS";
/// Takes a [`Delivery`]; answers 204 once every hit is durable.
pub const DELIVER: &str = "/deliver";
/// Takes an [`Ack`]; answers 204.
pub const ACK: &str = "/ack";

/// Calls to objects under way at once: the runtime's limit on simultaneous connections is six.
pub const PARALLEL: usize = 6;

/// The object's name: tenant, site and visitor. The length of what precedes makes it unambiguous whatever the parts hold.
#[must_use]
pub fn name(tenant_id: &str, site: &str, visitor: &str) -> String {
    format!("{}/{tenant_id}/{site}/{visitor}", tenant_id.len())
}

/// What an object hands to the sinks, as one queue message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Parcel {
    /// Owner.
    pub tenant_id: String,
    /// Site key.
    pub site: String,
    /// Visitor.
    pub visitor: String,
    /// Events that no sink has confirmed yet.
    #[serde(default)]
    pub events: Vec<Event>,
    /// Events the sinks already hold whose session or touchpoint changed since.
    #[serde(default)]
    pub changes: Vec<Change>,
    /// Sessions that were absorbed by another and must be recomputed to nothing.
    #[serde(default)]
    pub absorbed: Vec<String>,
}

/// A new assignment of an event that the sinks already hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Event id.
    pub id: String,
    /// Its session now.
    pub session_id: String,
    /// Whether it is a touchpoint now.
    pub touch: u8,
    /// Its number among the visitor's touchpoints now, 0 for none.
    pub touch_number: u32,
    /// Source now: a direct touch is named `direct`, an event that stopped being one has none.
    pub source: String,
    /// Medium now.
    pub medium: String,
    /// Channel now.
    pub channel: String,
    /// The higher one wins.
    pub revision: u32,
}

/// What the sinks have stored: event ids with the revision that was written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ack {
    /// Pairs of event id and revision.
    pub stored: Vec<(String, u32)>,
}

/// Hands hits to the visitor's object. When this returns, they are durable.
///
/// # Errors
/// [`Error::Unavailable`] when the object did not confirm: the hits may or may not be kept, and sending them again
/// is safe because their ids are the same.
pub async fn deliver(env: &Env, delivery: &Delivery) -> Result<()> {
    let name = name(&delivery.tenant_id, &delivery.site, &delivery.visitor);
    call(&stub(env, &name)?, DELIVER, delivery).await
}

/// Tells an object what the sinks have stored.
///
/// # Errors
/// [`Error::Unavailable`] when the object did not confirm; it will then send again.
pub async fn ack(env: &Env, tenant_id: &str, site: &str, visitor: &str, ack: &Ack) -> Result<()> {
    call(&stub(env, &name(tenant_id, site, visitor))?, ACK, ack).await
}

fn stub(env: &Env, name: &str) -> Result<Stub> {
    let namespace = env.durable_object(BINDING).map_err(|e| Error::setting(BINDING, e))?;
    namespace.get_by_name(name).map_err(|e| Error::unavailable("addressing a session object", e))
}

async fn call<T: Serialize>(stub: &Stub, path: &str, body: &T) -> Result<()> {
    let json = serde_json::to_string(body).map_err(|e| Error::corrupt("message to a session object", e))?;
    // The runtime's own `RequestInit`: the wrapper's carries image and cache settings that the collector has no use for.
    let init = web_sys::RequestInit::new();
    init.set_method("POST");
    init.set_body(&JsValue::from_str(&json));
    // Only the path matters: the stub already is the address.
    let request = web_sys::Request::new_with_str_and_init(&format!("https://session{path}"), &init)
        .map_err(|e| Error::unavailable("building a call", worker::Error::from(e)))?;
    let mut response =
        stub.fetch_with_request(Request::from(request)).await.map_err(|e| Error::unavailable("a session object", e))?;
    if response.status_code() == 204 {
        return Ok(());
    }
    let status = response.status_code();
    let detail = response.text().await.unwrap_or_default();
    Err(Error::unavailable("a session object", format!("answered {status}: {detail}")))
}

#[cfg(test)]
mod tests {
    use super::{Change, Parcel, name};

    #[test]
    fn names_of_different_visitors_never_meet() {
        assert_ne!(name("a/b", "c", "d"), name("a", "b/c", "d"));
        assert_eq!(name("demo", "demo-site", "v1"), "4/demo/demo-site/v1");
    }

    #[test]
    fn the_queued_format_is_pinned() {
        let parcel = Parcel {
            tenant_id: "t".to_owned(),
            site: "s".to_owned(),
            visitor: "v".to_owned(),
            events: Vec::new(),
            changes: vec![Change {
                id: "e".to_owned(),
                session_id: "x".to_owned(),
                touch: 1,
                touch_number: 2,
                source: "direct".to_owned(),
                medium: "none".to_owned(),
                channel: "Direct".to_owned(),
                revision: 3,
            }],
            absorbed: vec!["y".to_owned()],
        };
        assert_eq!(
            serde_json::to_string(&parcel).unwrap(),
            r#"{"tenant_id":"t","site":"s","visitor":"v","events":[],"changes":[{"id":"e","session_id":"x","touch":1,"touch_number":2,"source":"direct","medium":"none","channel":"Direct","revision":3}],"absorbed":["y"]}"#
        );
    }
}
