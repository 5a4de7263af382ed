//! The front door: the JSON API, the site's built assets, and the way to the collector.
//!
//! A request is sent to one of three places by [`front_door`]: the collector (over a service binding, untouched), the
//! site's assets, or the API's router. Handlers are thin: read the request, ask the domain, store, answer. What is
//! not here: rules (the pure crates have them), SQL of reports (`metrics` has it), the runtime's quirks (`platform`).
//!
//! | module | holds |
//! |---|---|
//! | [`front_door`] | which of the three a request is for, and the headers every page gets |
//! | [`gate`] | who is asking and whether they may: tokens, cookies, permissions, cross-site refusal |
//! | [`document`] | the OpenAPI document: what the routes declare, as it is served and read |
//! | [`idempotency`] | a POST sent again under its key is done once |
//! | [`answer`] | how failures become problem details |
//! | [`etag`] | which version an answer shows and a change rests on |
//! | [`extract`] | how bodies and queries are read, with the field named when they cannot be |
//! | [`wire`] | the shapes requests and answers have |
//! | [`routes`] | one module a resource |
//! | [`store`] | tenant-scoped SQL of the control plane |
//! | [`protocols`] | the doors of other agents: MCP, A2A, AG-UI, the chat |
//! | [`channels`] | joins attributed credits with spend and visits |
//! | [`cursor`] | page cursors |
//! | [`study`] | passes on what the science Worker computed |

pub mod answer;
pub mod channels;
pub mod cursor;
pub mod document;
pub mod etag;
pub mod extract;
pub mod front_door;
pub mod gate;
pub mod idempotency;
pub mod protocols;
pub mod routes;
pub mod store;
pub mod study;
pub mod wire;

use front_door::Destination;
use problem::Problem;
use tower_service::Service as _;
use worker::{Context, Env, HttpRequest, HttpResponse, Request, event, web_sys};

/// The version every answer about us carries.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Where every request arrives. What goes wrong on the way to a room is answered as a problem, too.
#[event(fetch)]
async fn fetch(request: Request, env: Env, _context: Context) -> worker::Result<web_sys::Response> {
    let path = request.path();
    match send_on(request, env).await {
        Ok(response) => Ok(response),
        Err(error) => {
            platform::log::error("api", "-", &path, &error);
            let problem = Problem::internal("something is wrong on our side; it has been logged").with_instance(path);
            worker::response_to_wasm(answer::problem_response(&problem))
        }
    }
}

async fn send_on(request: Request, env: Env) -> worker::Result<web_sys::Response> {
    let headers = request.headers();
    let header = |name: &str| headers.get(name).ok().flatten();
    let destination = front_door::destination(
        request.method().as_ref(),
        &request.path(),
        header("accept").as_deref(),
        header("sec-fetch-mode").as_deref(),
    );
    match destination {
        Destination::Collect => forward(&env, "COLLECT", request).await,
        Destination::Page => assets(&env, request, true).await,
        Destination::File => assets(&env, request, false).await,
        Destination::Api => {
            let path = request.path();
            let response = match HttpRequest::try_from(request) {
                Ok(request) => serve(request.map(axum::body::Body::new), env).await,
                Err(_) => answer::problem_response(
                    &Problem::bad_request("a header holds something else than plain ASCII text").with_instance(path),
                ),
            };
            worker::response_to_wasm(response)
        }
    }
}

/// Answers one API request: the cached router, then every failure in its one form.
async fn serve(mut request: http::Request<axum::body::Body>, env: Env) -> http::Response<axum::body::Body> {
    let path = request.uri().path().to_owned();
    let runtime = gate::Runtime::of(env, request.uri());
    let origin = runtime.origin.clone();
    request.extensions_mut().insert(runtime);
    let mut router = routes::BUILT.router.clone();
    let response = match router.call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    let mut response = answer::finish(response, &path);
    protocols::discovery::challenge(&mut response, &origin, &path);
    response
}

/// Hands a request on as it came: method, headers, body stream and the edge's `cf` object.
async fn forward(env: &Env, binding: &str, request: Request) -> worker::Result<web_sys::Response> {
    let response: HttpResponse = env.service(binding)?.fetch_request(request).await?;
    worker::response_to_wasm(response)
}

/// A page or a file of the built site.
async fn assets(env: &Env, request: Request, page: bool) -> worker::Result<web_sys::Response> {
    let path = request.path();
    let mut response: HttpResponse = env.assets("ASSETS")?.fetch_request(request).await?;
    let html = response
        .headers()
        .get(http::header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.starts_with("text/html"));
    if html && !page {
        // The assets answer an unknown path with the site's one page; for a script or an image that would be a lie.
        let missing = Problem::not_found("there is no such file").with_instance(path);
        return worker::response_to_wasm(answer::problem_response(&missing));
    }
    front_door::secure(response.headers_mut(), html, platform::settings::is_local(env));
    worker::response_to_wasm(response)
}
