//! Failures as answers: every one, whoever made it, leaves as problem details (RFC 9457).
//!
//! A handler fails with [`Refused`]; the HTTP framework's own refusals (an unknown path, a wrong method) arrive here
//! as bare statuses. [`finish`] gives both the same form and logs what is our fault, once.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, StatusCode};
use platform::warehouse::AskError;
use problem::Problem;

/// What handlers return.
pub type Answer<T> = Result<T, Refused>;

/// A request that was not served: what the caller learns, and what our log learns.
#[derive(Clone, Debug)]
pub struct Refused(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    problem: Problem,
    cause: Option<String>,
    retry_after: Option<i64>,
}

impl Refused {
    fn new(problem: Problem, cause: Option<String>) -> Self {
        Self(Box::new(Inner { problem, cause, retry_after: None }))
    }

    /// A refusal that may be tried again after that many seconds (`Retry-After`).
    #[must_use]
    pub fn later(problem: Problem, seconds: i64) -> Self {
        Self(Box::new(Inner { problem, cause: None, retry_after: Some(seconds) }))
    }

    /// What the caller learns.
    #[must_use]
    pub fn problem(&self) -> &Problem {
        &self.0.problem
    }
}

impl std::fmt::Display for Refused {
    /// As our log tells it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0.cause {
            Some(cause) => f.write_str(cause),
            None => self.0.problem.fmt(f),
        }
    }
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self::new(problem, None)
    }
}

impl From<platform::Error> for Refused {
    fn from(error: platform::Error) -> Self {
        let cause = Some(error.to_string());
        Self::new(error.into(), cause)
    }
}

impl From<calendar::CalendarError> for Refused {
    fn from(error: calendar::CalendarError) -> Self {
        Problem::invalid_field(error.field(), error.to_string()).into()
    }
}

impl From<attribution::AttributionError> for Refused {
    fn from(error: attribution::AttributionError) -> Self {
        Problem::invalid_field(error.field(), error.to_string()).into()
    }
}

impl From<metrics::MetricsError> for Refused {
    /// The field named, or our fault.
    fn from(error: metrics::MetricsError) -> Self {
        match error.field() {
            Some(field) => Problem::invalid_field(field, error.to_string()).into(),
            None => internal(error),
        }
    }
}

impl From<AskError> for Refused {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Metrics(error) => error.into(),
            AskError::Platform(error) => error.into(),
        }
    }
}

/// A failure that is ours: the caller learns nothing of it, the log everything.
pub fn internal(cause: impl std::fmt::Display) -> Refused {
    let problem = Problem::internal("something is wrong on our side; it has been logged");
    Refused::new(problem, Some(cause.to_string()))
}

/// The tenant a response is for, so that a failure is logged under it.
#[derive(Clone, Debug)]
pub struct OfTenant(pub String);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.problem().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        if let Some(seconds) = self.0.retry_after {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Marks an answer that has its last form although its status says that something failed: other protocols have error
/// bodies of their own.
#[derive(Clone, Copy, Debug)]
pub struct AsIs;

/// Gives a response its last form: failures become problem details that name the path, answers are never cached.
pub fn finish(mut response: Response, path: &str) -> Response {
    let status = response.status();
    response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let as_is = response.extensions_mut().remove::<AsIs>().is_some();
    if as_is || (!status.is_client_error() && !status.is_server_error()) {
        if !response.headers().contains_key(CACHE_CONTROL) {
            // Figures and accounts are somebody's; no shared cache may keep them.
            response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        return response;
    }
    let tenant = response.extensions_mut().remove::<OfTenant>();
    let refused = response.extensions_mut().remove::<Refused>().unwrap_or_else(|| {
        let allow = response.headers().get(ALLOW).and_then(|allow| allow.to_str().ok());
        Refused::from(from_framework(status, allow))
    });
    let Refused(refused) = refused;
    if let Some(cause) = &refused.cause {
        let tenant = tenant.as_ref().map_or("-", |OfTenant(tenant)| tenant);
        platform::log::error("api", tenant, path, cause);
    }
    let mut answer = problem_response(&refused.problem.with_instance(path));
    let replayed = http::HeaderName::from_static(control::idempotency::REPLAYED);
    for name in [ALLOW, http::header::SET_COOKIE, http::header::WWW_AUTHENTICATE, RETRY_AFTER, replayed] {
        if let Some(value) = response.headers_mut().remove(&name) {
            answer.headers_mut().insert(name, value);
        }
    }
    answer
}

fn from_framework(status: StatusCode, allow: Option<&str>) -> Problem {
    let detail = match (status, allow) {
        (StatusCode::NOT_FOUND, _) => "there is nothing at this path; /openapi.json lists what there is".to_owned(),
        (StatusCode::METHOD_NOT_ALLOWED, Some(allow)) => format!("this path answers {allow}"),
        _ => status.canonical_reason().unwrap_or("the request could not be served").to_lowercase(),
    };
    Problem::from_status(status.as_u16(), detail)
}

/// A problem as a response.
#[must_use]
pub fn problem_response(problem: &Problem) -> Response {
    // Strings and numbers always serialize; the fallback only keeps this total.
    let json = serde_json::to_string(problem).unwrap_or_else(|_| "{}".to_owned());
    let mut response = Response::new(Body::from(json));
    *response.status_mut() = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(problem::CONTENT_TYPE));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if problem.status == 401 {
        headers.insert(http::header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(response: Response) -> serde_json::Value {
        let bytes = futures::executor::block_on(axum::body::to_bytes(response.into_body(), 10_000)).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    #[test]
    fn a_refusal_leaves_as_a_problem_that_names_the_path() {
        let refused = Refused::from(Problem::invalid_field("from", "is not a date"));
        let response = finish(refused.into_response(), "/analytics/summary");
        assert_eq!(response.status(), 422);
        assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
        let body = body(response);
        assert_eq!(body["instance"], "/analytics/summary");
        assert_eq!(body["errors"][0]["field"], "from");
    }

    #[test]
    fn a_bare_status_of_the_framework_leaves_as_a_problem() {
        let mut response = StatusCode::METHOD_NOT_ALLOWED.into_response();
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET,HEAD"));
        let response = finish(response, "/me");
        assert_eq!(response.headers()[ALLOW], "GET,HEAD");
        assert_eq!(body(response)["detail"], "this path answers GET,HEAD");
        let response = finish((StatusCode::PAYLOAD_TOO_LARGE, "length limit exceeded").into_response(), "/tenants");
        assert_eq!(body(response)["status"], 413);
    }

    #[test]
    fn a_refusal_says_when_to_try_again() {
        let refused = Refused::later(Problem::too_many_requests("wait"), 30);
        let response = finish(refused.into_response(), "/auth/login");
        assert_eq!(
            (response.status().as_u16(), &response.headers()[RETRY_AFTER]),
            (429, &HeaderValue::from_static("30"))
        );
    }

    #[test]
    fn an_answer_passes_and_is_not_cached() {
        let response = finish("fine".into_response(), "/me");
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
    }

    #[test]
    fn what_failed_inside_is_not_shown() {
        let refused = Refused::from(platform::Error::unavailable("the database on `SELECT secret`", "disk on fire"));
        assert_eq!(refused.problem().status, 503);
        assert!(!refused.problem().to_string().contains("fire"));
    }
}
