//! Requests to the outside: providers, model servers. The answer's whole body is always read (an unread one holds one of
//! the runtime's six connections), and a request that takes too long is given up.
//!
//! What a failure means is the caller's to decide: after a [`Failure`] the other side may or may not have acted.

use futures::future::{Either, select};
use std::pin::pin;
use std::time::Duration;
use wasm_bindgen::JsValue;
use worker::{AbortController, Delay, Fetch, Headers, Method, Request, RequestInit, RequestRedirect};

/// The largest answer that is read, in bytes: pages of insights stay far below.
const MAX_BODY: usize = 8 * 1024 * 1024;

/// A request.
#[derive(Debug, Clone)]
pub struct Outgoing<'a> {
    /// `GET`, `POST`, …
    pub method: &'a str,
    /// Absolute.
    pub url: &'a str,
    /// Names and values.
    pub headers: &'a [(String, String)],
    /// Empty for none.
    pub body: &'a [u8],
    /// After how long it is given up, ms.
    pub timeout_ms: u64,
}

/// An answer, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// Status code.
    pub status: u16,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

/// No answer came. The request may have had its effect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It took too long.
    #[error("no answer within {after_ms} ms")]
    TimedOut {
        /// How long we waited.
        after_ms: u64,
    },
    /// The connection failed or broke off.
    #[error("the connection failed: {0}")]
    Broken(String),
    /// The request could not be made at all: a malformed address or header. It had no effect.
    #[error("the request is malformed: {0}")]
    Malformed(String),
}

/// Sends a request and reads the whole answer. Redirects are not followed: an API that redirects is misconfigured, and
/// a token must not travel to another host.
///
/// # Errors
/// [`Failure`], see there.
pub async fn send(outgoing: &Outgoing<'_>) -> Result<Incoming, Failure> {
    let request = request(outgoing).map_err(|error| Failure::Malformed(error.to_string()))?;
    let abort = AbortController::default();
    let signal = abort.signal();
    let answer = pin!(exchange(Fetch::Request(request), &signal));
    let timer = pin!(Delay::from(Duration::from_millis(outgoing.timeout_ms)));
    match select(answer, timer).await {
        Either::Left((answer, _)) => answer.map_err(|error| Failure::Broken(error.to_string())),
        Either::Right(((), _)) => {
            abort.abort();
            Err(Failure::TimedOut { after_ms: outgoing.timeout_ms })
        }
    }
}

fn request(outgoing: &Outgoing<'_>) -> worker::Result<Request> {
    let headers = Headers::new();
    for (name, value) in outgoing.headers {
        headers.append(name, value)?;
    }
    let mut init = RequestInit::new();
    init.with_method(Method::from(outgoing.method.to_owned())).with_headers(headers);
    init.with_redirect(RequestRedirect::Manual);
    if !outgoing.body.is_empty() {
        init.with_body(Some(JsValue::from(js_sys::Uint8Array::from(outgoing.body))));
    }
    Request::new_with_init(outgoing.url, &init)
}

async fn exchange(fetch: Fetch, signal: &worker::AbortSignal) -> worker::Result<Incoming> {
    let mut response = fetch.send_with_signal(signal).await?;
    let headers = response.headers().entries().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
    let status = response.status_code();
    let body = response.bytes().await?;
    if body.len() > MAX_BODY {
        return Err(worker::Error::RustError(format!("the answer is longer than {MAX_BODY} bytes")));
    }
    Ok(Incoming { status, headers, body })
}
