//! The collector: the pixel script, beacons from pages and signed events from servers.
//!
//! A `204` means that every event of the request is durable in its visitor's Session object. Here: decode, authorise,
//! admit, hand over. Not here: UTM, channels, devices, sessions; those are derived behind the object, off the hot path.

mod authority;
mod collect;
mod cors;
mod inbox;
mod pixel;
mod site;
mod target;

use problem::Problem;
use target::Target;
use worker::{Context, Env, Headers, Method, Request, Response, Result, event};

/// Routes a request. Paths are few, so a `match` is the router.
#[event(fetch)]
async fn fetch(request: Request, env: Env, _context: Context) -> Result<Response> {
    let target = Target::of(&request);
    match (request.method(), target.path()) {
        (Method::Get | Method::Head, "/p.js") => pixel::serve(),
        (Method::Post, "/attribution/collect" | "/collect") => collect::handle(request, &target, &env).await,
        (Method::Options, "/attribution/collect" | "/collect") => cors::preflight(&request, &target, &env).await,
        (Method::Get, "/healthz") => Response::from_json(&serde_json::json!({
            "status": "ok",
            "version": env!("CARGO_PKG_VERSION"),
        })),
        (_, "/p.js" | "/attribution/collect" | "/collect") => {
            refuse(&Problem::method_not_allowed("send events with POST"))
        }
        _ => refuse(&Problem::not_found("the collector serves /p.js and /attribution/collect")),
    }
}

/// A problem as a response.
fn refuse(problem: &Problem) -> Result<Response> {
    let headers = Headers::new();
    headers.set("content-type", problem::CONTENT_TYPE)?;
    let body = serde_json::to_string(problem)?;
    Ok(Response::ok(body)?.with_status(problem.status).with_headers(headers))
}
