//! Who is asking, and may they.
//!
//! Every route declares the permission it needs in its OpenAPI operation (`x-permission`); [`Rules`] is the table read
//! from there, so what is documented is what is enforced, and a route without a declaration answers nobody. A session
//! token arrives as a bearer token or in a cookie. A browser attaches cookies to requests that other sites make, so a
//! request that changes something and relies on the cookie must come from our own pages.

use std::collections::HashMap;

use axum::extract::{FromRequestParts, MatchedPath, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use control::demo::{self, InUse};
use control::token::{self, Session, TokenError, TokenKey};
use control::{Environment, Permission};
use http::header::{AUTHORIZATION, COOKIE, ORIGIN};
use http::request::Parts;
use http::{HeaderMap, Method, Uri};
use platform::{TenantDb, clock, settings};
use problem::Problem;
use serde::de::IntoDeserializer as _;
use worker::Env;

use crate::answer::{Answer, OfTenant, Refused, internal};

/// The session cookie's name.
pub const COOKIE_NAME: &str = "adroit_session";

/// The key of a route's declaration in its OpenAPI operation.
pub const DECLARATION: &str = "x-permission";

/// What a route that anyone may call declares.
pub const OPEN: &str = "open";

/// What a route declares that judges each caller by what they ask for: the doors of other agents, where every call goes
/// on to a route with a permission of its own.
pub const SIGNED_IN: &str = "signed_in";

/// What a request must show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Nothing.
    Open,
    /// A session.
    SignedIn,
    /// A session whose role has this permission.
    Needs(Permission),
}

/// The rule of every route.
#[derive(Debug, Default)]
pub struct Rules(HashMap<(Method, String), Rule>);

impl Rules {
    /// Reads the table from the document. A declaration that is missing or unknown leaves its route out.
    #[must_use]
    pub fn of(document: &utoipa::openapi::OpenApi) -> Self {
        let mut rules = HashMap::new();
        for (path, item) in &document.paths.paths {
            let operations = [
                (Method::GET, &item.get),
                (Method::POST, &item.post),
                (Method::PUT, &item.put),
                (Method::PATCH, &item.patch),
                (Method::DELETE, &item.delete),
            ];
            for (method, operation) in operations {
                let rule = operation
                    .as_ref()
                    .and_then(|operation| operation.extensions.as_ref()?.get(DECLARATION)?.as_str())
                    .and_then(parse_rule);
                if let Some(rule) = rule {
                    rules.insert((method, path.clone()), rule);
                }
            }
        }
        Self(rules)
    }

    /// The rule of a route, `None` when it declares none.
    #[must_use]
    pub fn get(&self, method: &Method, route: &str) -> Option<Rule> {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        self.0.get(&(method.clone(), route.to_owned())).copied()
    }
}

fn parse_rule(text: &str) -> Option<Rule> {
    if text == OPEN {
        return Some(Rule::Open);
    }
    if text == SIGNED_IN {
        return Some(Rule::SignedIn);
    }
    let deserializer: serde::de::value::StrDeserializer<'_, serde::de::value::Error> = text.into_deserializer();
    serde::Deserialize::deserialize(deserializer).ok().map(Rule::Needs)
}

/// What a request runs in.
#[derive(Clone, Debug)]
pub struct Runtime {
    /// Bindings.
    pub env: Env,
    /// The request's own origin, scheme and authority: where the site and the snippet's script are.
    pub origin: String,
}

impl Runtime {
    /// The runtime of a request with this address.
    #[must_use]
    pub fn of(env: Env, uri: &Uri) -> Self {
        Self { env, origin: origin_of(uri) }
    }

    /// Where we run.
    #[must_use]
    pub fn environment(&self) -> Environment {
        Environment::from_variable(settings::variable(&self.env, settings::ENVIRONMENT).as_deref())
    }

    /// The key that signs session tokens.
    ///
    /// # Errors
    /// 500 when the secret is missing, weak, or the demo's in production.
    pub fn token_key(&self) -> Answer<TokenKey> {
        let secret = settings::secret(&self.env, settings::JWT_SECRET)?;
        let in_use = InUse { secrets: &[&secret], ..InUse::default() };
        demo::refuse_demo_in_production(self.environment(), in_use).map_err(internal)?;
        TokenKey::new(&secret).map_err(internal)
    }
}

fn origin_of(uri: &Uri) -> String {
    match (uri.scheme_str(), uri.authority()) {
        (Some(scheme), Some(authority)) => format!("{scheme}://{authority}"),
        _ => String::new(),
    }
}

/// A request without a session.
#[derive(Clone, Debug)]
pub struct Visitor(pub Runtime);

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Answer<Self> {
        let runtime = parts.extensions.get::<Runtime>().cloned();
        runtime.map(Self).ok_or_else(|| internal("the request carries no runtime"))
    }
}

/// A request with a session that may make it: whose it is and the only data it can reach.
pub struct Caller {
    /// Bindings and address.
    pub runtime: Runtime,
    /// Who.
    pub session: Session,
    /// The tenant's data.
    pub database: TenantDb,
    /// When, UTC ms.
    pub now: i64,
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Answer<Self> {
        let Visitor(runtime) = Visitor::from_request_parts(parts, state).await?;
        // The gate put it there; without it nobody gets in.
        let session = parts.extensions.get::<Session>().cloned().ok_or_else(not_signed_in)?;
        let database = TenantDb::new(&runtime.env, &session.tenant_id)?;
        Ok(Self { runtime, session, database, now: clock::now_ms() })
    }
}

/// Stands before every route.
pub async fn gate(mut request: Request, next: Next) -> Response {
    let session = match admit(&request) {
        Ok(session) => session,
        Err(refused) => return refused.into_response(),
    };
    let tenant = session.as_ref().map(|session| OfTenant(session.tenant_id.clone()));
    if let Some(session) = session {
        request.extensions_mut().insert(session);
    }
    let mut response = next.run(request).await;
    if let Some(tenant) = tenant {
        response.extensions_mut().insert(tenant);
    }
    response
}

fn admit(request: &Request) -> Answer<Option<Session>> {
    let extensions = request.extensions();
    let route = extensions.get::<MatchedPath>().map(MatchedPath::as_str).unwrap_or_default();
    let rule = crate::routes::BUILT
        .rules
        .get(request.method(), route)
        .ok_or_else(|| internal(format!("{} {route} declares no permission", request.method())))?;
    let runtime = extensions.get::<Runtime>().ok_or_else(|| internal("the request carries no runtime"))?;
    check(rule, request.method(), request.headers(), &runtime.origin, |token| {
        let key = runtime.token_key()?;
        token::verify(&key, clock::now_ms(), token).map_err(|error| match error {
            TokenError::Expired => Problem::unauthorized("the session has expired; sign in again").into(),
            _ => Problem::unauthorized("the session token is not valid; sign in again").into(),
        })
    })
}

fn not_signed_in() -> Refused {
    Problem::unauthorized("sign in first: POST /auth/login, then send the cookie or `Authorization: Bearer <token>`")
        .into()
}

/// Judges a request by its rule and headers. `verify` tells what a token says.
fn check(
    rule: Rule,
    method: &Method,
    headers: &HeaderMap,
    own_origin: &str,
    verify: impl FnOnce(&str) -> Answer<Session>,
) -> Answer<Option<Session>> {
    let permission = match rule {
        Rule::Open => return Ok(None),
        Rule::SignedIn => None,
        Rule::Needs(permission) => Some(permission),
    };
    let credential = credential(headers).ok_or_else(not_signed_in)?;
    let session = verify(credential.token())?;
    let safe = matches!(*method, Method::GET | Method::HEAD);
    if !safe && matches!(credential, Credential::Cookie(_)) && !from_our_pages(headers, own_origin) {
        return Err(Problem::forbidden(
            "a request that changes something and signs in by cookie must come from this site's own pages; \
             use a bearer token elsewhere",
        )
        .into());
    }
    if let Some(permission) = permission.filter(|permission| !session.role.may(*permission)) {
        let detail = format!("the role {} may not {}", session.role, permission.describe());
        return Err(Problem::forbidden(detail).into());
    }
    Ok(Some(session))
}

/// Where a token came from.
#[derive(Debug, PartialEq, Eq)]
enum Credential<'a> {
    Bearer(&'a str),
    Cookie(&'a str),
}

impl Credential<'_> {
    fn token(&self) -> &str {
        match self {
            Self::Bearer(token) | Self::Cookie(token) => token,
        }
    }
}

/// The token of a request; a bearer token, being deliberate, goes before the cookie.
fn credential(headers: &HeaderMap) -> Option<Credential<'_>> {
    if let Some(authorization) = headers.get(AUTHORIZATION) {
        let (scheme, token) = authorization.to_str().ok()?.split_once(' ')?;
        return scheme.eq_ignore_ascii_case("bearer").then(|| Credential::Bearer(token.trim()));
    }
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|cookies| cookies.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find(|(name, value)| *name == COOKIE_NAME && !value.is_empty())
        .map(|(_, value)| Credential::Cookie(value))
}

/// Whether a browser says that one of our own pages made the request (Fetch Metadata, else the `Origin` header).
fn from_our_pages(headers: &HeaderMap, own_origin: &str) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match (text("sec-fetch-site"), text(ORIGIN.as_str())) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => !own_origin.is_empty() && origin.eq_ignore_ascii_case(own_origin),
        (None, None) => false,
    }
}

/// The `Set-Cookie` value that signs a browser in for `lifetime_ms`, or out when there is no token.
#[must_use]
pub fn session_cookie(token: Option<&str>, lifetime_ms: i64, environment: Environment) -> String {
    let secure = match environment {
        Environment::Local => "",
        Environment::Production => "; Secure",
    };
    let (token, seconds) = token.map_or(("", 0), |token| (token, lifetime_ms / 1000));
    format!("{COOKIE_NAME}={token}; HttpOnly; SameSite=Lax; Path=/; Max-Age={seconds}{secure}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use control::Role;
    use http::HeaderValue;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    fn session(role: Role) -> Session {
        Session { user_id: "u".into(), tenant_id: "t".into(), role, issued_at: 0, expires_at: 1 }
    }

    fn status(permission: Permission, method: Method, pairs: &[(&'static str, &str)], role: Role) -> u16 {
        let rule = Rule::Needs(permission);
        let verify = |token: &str| {
            if token == "good" { Ok(session(role)) } else { Err(Problem::unauthorized("").into()) }
        };
        match check(rule, &method, &headers(pairs), "https://app.test", verify) {
            Ok(Some(_)) => 200,
            Ok(None) => 0,
            Err(refused) => refused.problem().status,
        }
    }

    #[test]
    fn a_request_needs_a_session_whose_role_may() {
        use Permission::{ManageImports, ReadAnalytics, ReadAudit};
        let bearer = [("authorization", "Bearer good")];
        let cookie = [("cookie", "a=b; adroit_session=good")];
        for (permission, method, pairs, role, expected) in [
            (ReadAnalytics, Method::GET, &bearer[..], Role::Analyst, 200),
            (ReadAnalytics, Method::GET, &cookie[..], Role::Analyst, 200),
            (ReadAnalytics, Method::GET, &[][..], Role::Admin, 401),
            (ReadAnalytics, Method::GET, &[("authorization", "Bearer bad")], Role::Admin, 401),
            (ReadAnalytics, Method::GET, &[("authorization", "Basic good")], Role::Admin, 401),
            (ReadAnalytics, Method::GET, &[("cookie", "other=good")], Role::Admin, 401),
            (ReadAudit, Method::GET, &bearer[..], Role::Analyst, 403),
            (ManageImports, Method::POST, &bearer[..], Role::Analyst, 403),
            (ManageImports, Method::POST, &bearer[..], Role::Marketer, 200),
        ] {
            assert_eq!(
                status(permission, method.clone(), pairs, role),
                expected,
                "{permission:?} {method} {pairs:?} {role}"
            );
        }
    }

    #[test]
    fn a_change_by_cookie_must_come_from_our_own_pages() {
        let cookie = ("cookie", "adroit_session=good");
        for (pairs, expected) in [
            (vec![cookie], 403),
            (vec![cookie, ("sec-fetch-site", "same-origin")], 200),
            (vec![cookie, ("sec-fetch-site", "cross-site")], 403),
            (vec![cookie, ("sec-fetch-site", "same-site")], 403),
            (vec![cookie, ("origin", "https://app.test")], 200),
            (vec![cookie, ("origin", "https://evil.test")], 403),
            (vec![cookie, ("origin", "null")], 403),
            (vec![cookie, ("sec-fetch-site", "cross-site"), ("origin", "https://app.test")], 403),
            (vec![("authorization", "Bearer good"), ("origin", "https://evil.test")], 200),
            (vec![("authorization", "Bearer bad"), cookie, ("sec-fetch-site", "same-origin")], 401),
        ] {
            assert_eq!(status(Permission::ManageImports, Method::POST, &pairs, Role::Admin), expected, "{pairs:?}");
        }
        assert_eq!(
            status(Permission::ReadInbox, Method::GET, &[cookie, ("sec-fetch-site", "cross-site")], Role::Admin),
            200
        );
    }

    #[test]
    fn a_cookie_is_out_of_reach_of_scripts_and_plain_http() {
        assert_eq!(
            session_cookie(Some("x"), 43_200_000, Environment::Production),
            "adroit_session=x; HttpOnly; SameSite=Lax; Path=/; Max-Age=43200; Secure"
        );
        assert_eq!(
            session_cookie(None, 0, Environment::Local),
            "adroit_session=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0"
        );
    }

    #[test]
    fn the_origin_is_scheme_and_authority() {
        assert_eq!(origin_of(&"http://localhost:8787/me?x=1".parse().unwrap()), "http://localhost:8787");
        assert_eq!(origin_of(&"/me".parse().unwrap()), "");
    }
}
