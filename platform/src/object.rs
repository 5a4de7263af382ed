//! Calling a Durable Object: a JSON body to a path, a status and a text back. Each class's own module says what crosses.

use crate::error::{Error, Result};
use serde::Serialize;
use wasm_bindgen::JsValue;
use worker::{Env, Headers, Method, Request, RequestInit};

/// The name of a tenant's object. The length of what precedes makes it unambiguous whatever the parts hold.
pub(crate) fn name(tenant_id: &str, id: &str) -> String {
    format!("{}/{tenant_id}/{id}", tenant_id.len())
}

/// What an object answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Whole body.
    pub body: String,
}

/// Calls an object by name.
///
/// # Errors
/// [`Error::Setting`] when the binding is missing, [`Error::Unavailable`] when the object did not answer; any status is
/// an answer.
pub async fn call<T: Serialize>(env: &Env, binding: &str, name: &str, path: &str, body: &T) -> Result<Answer> {
    let json = serde_json::to_string(body).map_err(|e| Error::corrupt(format!("message to {binding}"), e))?;
    let failed = |e: worker::Error| Error::unavailable(format!("an object of {binding}"), e);
    let headers = Headers::new();
    headers.set("content-type", "application/json").map_err(failed)?;
    let mut init = RequestInit::new();
    init.with_method(Method::Post).with_headers(headers).with_body(Some(JsValue::from_str(&json)));
    // Only the path matters: the stub already is the address.
    let request = Request::new_with_init(&format!("https://object{path}"), &init).map_err(failed)?;
    let namespace = env.durable_object(binding).map_err(|e| Error::setting(binding, e))?;
    let stub = namespace.get_by_name(name).map_err(failed)?;
    let mut response = stub.fetch_with_request(request).await.map_err(failed)?;
    Ok(Answer { status: response.status_code(), body: response.text().await.map_err(failed)? })
}
