//! Hosts the practice provider (crate `sandbox`): each provider's API under its own path, a consent page, and, locally,
//! controls for tests.
//!
//! `/<provider>/…` is what follows the provider's real origin: `/meta/v25.0/me/adaccounts`. An account is a `Market`
//! object; which one a request goes to, its token says. Nothing of what the providers do is decided here.

mod consent;
mod control;
#[expect(missing_docs, reason = "the object macro makes public items of its own")]
mod market;
mod page;

use campaign::ChannelType;
use sandbox::{Reply, World, account_of};
use worker::{Context, Env, Headers, Method, Request, RequestInit, Response, Result, event};

pub use market::Market;

/// Routes a request.
#[event(fetch)]
async fn fetch(mut request: Request, env: Env, _context: Context) -> Result<Response> {
    let path = request.path();
    let (first, rest) = path.trim_start_matches('/').split_once('/').unwrap_or((path.trim_start_matches('/'), ""));
    match first {
        "" => page::welcome(),
        "healthz" => Response::from_json(&serde_json::json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")})),
        "control" => control::handle(request, rest, &env).await,
        _ => match ChannelType::ALL.into_iter().find(|provider| provider.as_str() == first) {
            Some(provider) => {
                let asked = market::read(&mut request, &format!("/{rest}")).await?;
                if asked.path == sandbox::authorize_path(provider) {
                    return consent::handle(provider, &asked, &env).await;
                }
                speak(provider, &asked, &env).await
            }
            None => page::missing(),
        },
    }
}

/// Hands a request to the account its token names. One without is answered as the provider answers strangers.
async fn speak(provider: ChannelType, asked: &sandbox::Request, env: &Env) -> Result<Response> {
    let Some(number) = account_of(provider, asked) else {
        let mut nobody = World::open(provider, "nobody", "EUR", "UTC", platform::clock::now_ms());
        return send(nobody.handle(asked, platform::clock::now_ms(), 0));
    };
    let own = market::of(env, provider, &number)?;
    // A sign-in may reach several accounts; each has its own objects, and knows the token as long as the first does.
    if sandbox::addressed(provider, asked).is_some_and(|addressed| !number.starts_with(&addressed)) {
        let mut answer = own.fetch_with_request(pass_on(asked, "/@lend")?).await?;
        if let Some(loan) = answer.json::<Option<market::Loan>>().await? {
            let other = market::of(env, provider, &loan.account.number)?;
            market::call(&other, "/@borrow", &loan).await?;
            return other.fetch_with_request(pass_on(asked, "")?).await;
        }
    }
    own.fetch_with_request(pass_on(asked, "")?).await
}

/// A provider's request for an account's object, `before` in front of its path.
fn pass_on(asked: &sandbox::Request, before: &str) -> Result<Request> {
    let headers = Headers::new();
    for (name, value) in &asked.headers {
        // A header that cannot be passed on is none a provider reads.
        let _ = headers.set(name, value);
    }
    let mut init = RequestInit::new();
    init.with_method(Method::from(asked.method.clone())).with_headers(headers);
    if !asked.body.is_empty() {
        init.with_body(Some(worker::js_sys::Uint8Array::from(asked.body.as_slice()).into()));
    }
    Request::new_with_init(&format!("https://market{before}{}?{}", asked.path, asked.query), &init)
}

/// A reply as HTTP. A lost one becomes what a gateway says when the answer does not come: the caller cannot tell
/// whether the request took effect.
fn send(reply: Reply) -> Result<Response> {
    let Reply::Answer(answer) = reply else {
        return Ok(Response::from_html("<html><body><h1>504 Gateway Time-out</h1></body></html>")?.with_status(504));
    };
    let headers = Headers::new();
    for (name, value) in &answer.headers {
        headers.set(name, value)?;
    }
    if answer.status == 204 {
        return Ok(Response::empty()?.with_status(204).with_headers(headers));
    }
    Ok(Response::from_bytes(answer.body)?.with_status(answer.status).with_headers(headers))
}
