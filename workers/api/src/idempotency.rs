//! Stands between the gate and the routes: a POST that is sent again under its `Idempotency-Key` gets the answer of the
//! first, and nothing is done twice. The rules are crate `control`'s, module `idempotency`.
//!
//! Covered is every POST that needs a caller, except signing in and out ([`covers`]); the OpenAPI document shows the
//! header on each. An answer that streams, or is longer than [`MAX_ANSWER_BYTES`], passes and is not kept: what creates
//! something answers in one small piece. Kept bodies are sealed, because some show a secret once.

use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use control::idempotency::{self as rules, HEADER, Kept, REPLAYED, Verdict};
use http::header::{CONTENT_TYPE, ETAG, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use http_body::Body as _;
use platform::{TenantDb, clock, random, settings};
use problem::{FieldError, Problem};
use serde_json::{Map, Value};

use crate::answer::{Answer, Refused, internal};
use crate::extract::read_body;
use crate::gate::{Admitted, Rule, Runtime};
use crate::store::idempotency::{self as store, KeptRecord, Place};

/// The longest body that can be told from another, in bytes: twice the largest upload that is read at once.
pub const MAX_REQUEST_BYTES: usize = 20 * 1024 * 1024;

/// The longest answer that is kept, in bytes. Sealed and in base64 it stays far below a database row's 2 MB.
pub const MAX_ANSWER_BYTES: u64 = 512 * 1024;

/// The answer's headers that are kept; cookies and everything about the connection are not.
const KEPT_HEADERS: [HeaderName; 3] = [CONTENT_TYPE, ETAG, LOCATION];

/// Whether requests of a route are done once under a key. Signing in and out is not: a session is no thing that is
/// created, and its token stands in no table.
#[must_use]
pub fn covers(method: &Method, route: &str, rule: Rule) -> bool {
    *method == Method::POST && rule != Rule::Open && !route.starts_with("/auth/")
}

/// The middleware.
#[worker::send]
pub async fn once(request: Request, next: Next) -> Response {
    match attempt(request, next).await {
        Ok(response) => response,
        Err(refused) => refused.into_response(),
    }
}

async fn attempt(request: Request, next: Next) -> Answer<Response> {
    let Some((admitted, runtime, key)) = keyed(&request)? else { return Ok(next.run(request).await) };
    let (parts, body) = request.into_parts();
    let body = read_body(body, MAX_REQUEST_BYTES).await?;
    let target = parts.uri.path_and_query().map_or(parts.uri.path(), |target| target.as_str());
    let kind = parts.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let hash = rules::request_hash(parts.method.as_str(), target, kind, &body);

    let database = TenantDb::new(&runtime.env, &admitted.session.tenant_id)?;
    let actor = admitted.session.user_id;
    let place = Place { actor: &actor, key: &key, at: clock::now_ms() };
    if !store::reserve(&database, &place, &hash).await? {
        // Whoever held the place may have freed it since: then this one is simply asked to come again.
        let kept = store::find(&database, &actor, &key).await?.ok_or_else(under_way)?;
        let seen =
            Kept { request_hash: &kept.request_hash, answered: kept.status.is_some(), created_at: kept.created_at };
        match rules::judge(seen, &hash, place.at) {
            Verdict::Replay => return replay(&runtime, &database, &place, &kept),
            Verdict::OtherRequest => return Err(other_request()),
            Verdict::Running => return Err(under_way()),
            Verdict::TakeOver => {
                if !store::take_over(&database, &place, &hash, kept.created_at).await? {
                    return Err(under_way());
                }
            }
        }
    }
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    let (response, kept) = keep(&runtime, &database, &place, response).await;
    if let Err(error) = kept {
        // What was done is done, and its answer is right; only a repetition would not be recognised.
        platform::log::error("api", database.tenant(), "keeping an answer under its Idempotency-Key failed", &error);
    }
    Ok(response)
}

/// Who sent a covered request under which key; `None` when nothing is to be remembered.
fn keyed(request: &Request) -> Answer<Option<(Admitted, Runtime, String)>> {
    let extensions = request.extensions();
    let mut values = request.headers().get_all(HEADER).iter();
    let (Some(value), Some(admitted)) = (values.next(), extensions.get::<Admitted>()) else { return Ok(None) };
    let route = extensions.get::<MatchedPath>().map(MatchedPath::as_str).unwrap_or_default();
    let covered = crate::routes::BUILT
        .rules
        .get(request.method(), route)
        .is_some_and(|rule| covers(request.method(), route, rule));
    if !covered {
        return Ok(None);
    }
    if values.next().is_some() {
        return Err(bad_key("is given more than once"));
    }
    let text = value.to_str().map_err(|_| bad_key(&rules::KeyError::NotVisible.to_string()))?;
    let key = rules::key(text).map_err(|error| bad_key(&error.to_string()))?;
    let runtime = extensions.get::<Runtime>().cloned().ok_or_else(|| internal("the request carries no runtime"))?;
    Ok(Some((admitted.clone(), runtime, key)))
}

fn bad_key(detail: &str) -> Refused {
    Problem::bad_request(format!("Idempotency-Key: {detail}"))
        .with_errors(vec![FieldError::new("Idempotency-Key", detail)])
        .into()
}

fn other_request() -> Refused {
    Problem::invalid_field("Idempotency-Key", "was used for another request; take a new key for each").into()
}

fn under_way() -> Refused {
    Problem::conflict("the first request under this Idempotency-Key is still under way; try again in a moment").into()
}

fn purpose(place: &Place<'_>) -> String {
    format!("idempotency/{}/{}", place.actor, place.key)
}

/// Keeps an answer where it can be kept, else frees the place; hands the answer on in any case.
async fn keep(runtime: &Runtime, database: &TenantDb, place: &Place<'_>, response: Response) -> (Response, Answer<()>) {
    let status = response.status();
    // A refusal has no body yet: what is kept is its problem.
    let refusal = response.extensions().get::<Refused>().map(|refused| serde_json::to_vec(refused.problem()));
    let streams =
        response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
    let small = response.body().size_hint().exact().is_some_and(|bytes| bytes <= MAX_ANSWER_BYTES);
    if streams || !small || !rules::is_kept(status.as_u16()) {
        let freed = store::free(database, place).await.map_err(Refused::from);
        return (response, freed);
    }
    let (parts, body) = response.into_parts();
    let limit = usize::try_from(MAX_ANSWER_BYTES).unwrap_or(usize::MAX);
    let body = match read_body(body, limit).await {
        Ok(body) => body,
        Err(refused) => return (refused.clone().into_response(), Err(refused)),
    };
    let kept = async {
        let text = match refusal {
            Some(problem) => problem.map_err(internal)?,
            None => body.clone(),
        };
        let purpose = purpose(place);
        let context = vault::Context { tenant: database.tenant(), purpose: &purpose };
        let sealed =
            vault::seal(&settings::vault_key(&runtime.env)?, random::bytes(), context, &text).map_err(internal)?;
        let headers = Value::Object(headers_to_keep(&parts.headers)).to_string();
        Ok(store::keep(database, place, status.as_u16(), &headers, &sealed).await?)
    }
    .await;
    (Response::from_parts(parts, Body::from(body)), kept)
}

fn headers_to_keep(headers: &HeaderMap) -> Map<String, Value> {
    KEPT_HEADERS.iter().filter_map(|name| Some((name.to_string(), headers.get(name)?.to_str().ok()?.into()))).collect()
}

fn replay(runtime: &Runtime, database: &TenantDb, place: &Place<'_>, kept: &KeptRecord) -> Answer<Response> {
    let purpose = purpose(place);
    let context = vault::Context { tenant: database.tenant(), purpose: &purpose };
    let body = vault::open(&settings::vault_key(&runtime.env)?, context, &kept.body_sealed).map_err(internal)?;
    let status = StatusCode::from_u16(kept.status.unwrap_or_default()).map_err(internal)?;
    answer_again(status, &kept.headers, body)
}

/// An answer as it was given the first time, marked.
fn answer_again(status: StatusCode, headers: &str, body: Vec<u8>) -> Answer<Response> {
    let mut response = if status.is_client_error() {
        let problem: Problem = serde_json::from_slice(&body).map_err(internal)?;
        Refused::from(problem).into_response()
    } else {
        (status, Body::from(body)).into_response()
    };
    let headers: Map<String, Value> = serde_json::from_str(headers).map_err(internal)?;
    for name in KEPT_HEADERS {
        if let Some(value) = headers.get(name.as_str()).and_then(Value::as_str) {
            response.headers_mut().insert(name, HeaderValue::from_str(value).map_err(internal)?);
        }
    }
    response.headers_mut().insert(HeaderName::from_static(REPLAYED), HeaderValue::from_static("true"));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use control::Permission;

    #[test]
    fn every_post_that_needs_a_caller_is_done_once_except_signing_in_and_out() {
        let needs = Rule::Needs(Permission::ManageImports);
        assert!(covers(&Method::POST, "/imports/ad-spend", needs));
        assert!(covers(&Method::POST, "/tenants", Rule::NeedsPerson(Permission::CreateTenant)));
        for (method, route, rule) in [
            (Method::PUT, "/campaigns/{id}", needs),
            (Method::GET, "/imports", needs),
            (Method::POST, "/auth/logout", needs),
            (Method::POST, "/invitations/accept", Rule::Open),
        ] {
            assert!(!covers(&method, route, rule), "{method} {route}");
        }
    }

    #[test]
    fn an_answer_is_given_again_as_it_was_and_marked() {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(LOCATION, HeaderValue::from_static("/imports/1"));
        headers.insert(http::header::SET_COOKIE, HeaderValue::from_static("a=b"));
        let kept = Value::Object(headers_to_keep(&headers)).to_string();
        let again = answer_again(StatusCode::CREATED, &kept, b"{\"id\":1}".to_vec()).unwrap();
        let again = crate::answer::finish(again, "/imports/ad-spend");
        assert_eq!(again.status(), 201);
        assert_eq!(
            (&again.headers()[CONTENT_TYPE], &again.headers()[LOCATION]),
            (&headers[CONTENT_TYPE], &headers[LOCATION])
        );
        assert!(!again.headers().contains_key(http::header::SET_COOKIE));
        assert_eq!(again.headers()[REPLAYED], "true");
        let body = futures::executor::block_on(axum::body::to_bytes(again.into_body(), 100)).unwrap();
        assert_eq!(&body[..], b"{\"id\":1}");
    }

    #[test]
    fn a_refusal_is_given_again_too() {
        let problem = Problem::invalid_field("/name", "must not be empty");
        let body = serde_json::to_vec(&problem).unwrap();
        let again = answer_again(StatusCode::UNPROCESSABLE_ENTITY, "{}", body).unwrap();
        let again = crate::answer::finish(again, "/tenants");
        assert_eq!((again.status().as_u16(), &again.headers()[REPLAYED]), (422, &HeaderValue::from_static("true")));
        let body = futures::executor::block_on(axum::body::to_bytes(again.into_body(), 1000)).unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((&body["errors"][0]["field"], &body["instance"]), (&"/name".into(), &"/tenants".into()));
    }
}
