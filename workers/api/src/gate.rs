//! Who is asking, and may they.
//!
//! Every route declares the permission it needs in its OpenAPI operation (`x-permission`); [`Rules`] is the table read
//! from there, so what is documented is what is enforced, and a route without a declaration answers nobody. A person
//! shows a session token, as a bearer token or in a cookie; a script shows an API key as a bearer token. A browser
//! attaches cookies to requests that other sites make, so a request that changes something and relies on the cookie must
//! come from our own pages.
//!
//! A session token says tenant and role and is good for half a day. It is believed only while it is still so: every
//! request reads the caller's membership by its primary key, and a token of somebody who was removed, suspended or given
//! another role answers 401 at once. That is one look-up in the database every route reads anyway, and spares a list of
//! revoked tokens.

use std::collections::HashMap;

use axum::extract::{FromRequestParts, MatchedPath, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use control::demo::{self, InUse};
use control::token::{self, Session, TokenError, TokenKey};
use control::{Environment, Permission, Rights, Role, api_key, user};
use http::header::{AUTHORIZATION, COOKIE, ORIGIN};
use http::request::Parts;
use http::{HeaderMap, Method, Uri};
use platform::{TenantDb, clock, directory, settings};
use problem::Problem;
use serde::Deserialize;
use worker::Env;

use crate::answer::{Answer, OfTenant, Refused, internal};
use crate::store;

/// The session cookie's name.
pub const COOKIE_NAME: &str = "adroit_session";

/// What a route that anyone may call declares.
pub const OPEN: &str = "open";

/// What a route declares that judges each caller by what they ask for: the doors of other agents, where every call goes
/// on to a route with a permission of its own.
pub const SIGNED_IN: &str = "signed_in";

/// What a route that no API key may call declares beside its permission, as `x-caller`.
pub const PERSON: &str = "person";

/// What a request must show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Nothing.
    Open,
    /// A session or a key.
    SignedIn,
    /// A session or a key that has this permission.
    Needs(Permission),
    /// A person's session that has this permission.
    NeedsPerson(Permission),
}

/// The rule of every route.
#[derive(Debug, Default)]
pub struct Rules(HashMap<(Method, String), Rule>);

impl Rules {
    /// Reads the table from the document's JSON. A declaration that is missing or unknown leaves its route out, and what
    /// is no such document has no routes.
    #[must_use]
    pub fn of(document: &str) -> Self {
        let document: Declarations = serde_json::from_str(document).unwrap_or_default();
        let mut rules = HashMap::new();
        for (path, operations) in document.paths {
            for (method, operation) in operations {
                let permission = operation.permission.as_deref();
                let rule = permission.and_then(|permission| parse_rule(permission, operation.caller.as_deref()));
                if let (Ok(method), Some(rule)) = (method.to_ascii_uppercase().parse(), rule) {
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

/// The names of the ways to say who one is, as the document lists them.
pub const SCHEMES: [&str; 2] = ["bearer", "cookie"];

/// What the table is read from: of each path and method the declarations.
#[derive(Default, Deserialize)]
struct Declarations {
    paths: HashMap<String, HashMap<String, Declared>>,
}

#[derive(Deserialize)]
struct Declared {
    #[serde(rename = "x-permission")]
    permission: Option<String>,
    #[serde(rename = "x-caller")]
    caller: Option<String>,
}

fn parse_rule(permission: &str, caller: Option<&str>) -> Option<Rule> {
    match (permission, caller) {
        (OPEN, None) => Some(Rule::Open),
        (SIGNED_IN, None) => Some(Rule::SignedIn),
        (name, None) => name.parse().ok().map(Rule::Needs),
        (name, Some(PERSON)) => name.parse().ok().map(Rule::NeedsPerson),
        (_, Some(_)) => None,
    }
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

/// What the edge knows of who asks.
#[derive(Clone, Debug, Default)]
pub struct Edge {
    /// ISO 3166-1 alpha-2 country; empty if unknown.
    pub country: String,
}

impl<S: Sync> FromRequestParts<S> for Edge {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Answer<Self> {
        let country = parts.extensions.get::<worker::Cf>().and_then(worker::Cf::country).unwrap_or_default();
        Ok(Self { country })
    }
}

/// A request that may be made: whose it is and the only data it can reach.
pub struct Caller {
    /// Bindings and address.
    pub runtime: Runtime,
    /// Who, where, and as what. For an API key `user_id` is `key:<id>`, which is no user's id.
    pub session: Session,
    /// What the caller may do: ask this rather than the role, since a key may do less than its role.
    pub rights: Rights,
    /// The tenant's data.
    pub database: TenantDb,
    /// When, UTC ms.
    pub now: i64,
}

impl Caller {
    /// Who, as the audit log and every `created_by` name them: a user's id, or `key:<id>`.
    #[must_use]
    pub fn actor(&self) -> &str {
        &self.session.user_id
    }

    /// Whether the caller may do this, too.
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        self.rights.may(permission)
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Answer<Self> {
        let Visitor(runtime) = Visitor::from_request_parts(parts, state).await?;
        // The gate put it there; without it nobody gets in.
        let Admitted { session, rights } = parts.extensions.get::<Admitted>().cloned().ok_or_else(not_signed_in)?;
        let database = TenantDb::new(&runtime.env, &session.tenant_id)?;
        Ok(Self { runtime, session, rights, database, now: clock::now_ms() })
    }
}

/// Who the gate let in, as a request's extension.
#[derive(Clone, Debug)]
pub struct Admitted {
    /// Who, where, and as what.
    pub session: Session,
    /// What they may do.
    pub rights: Rights,
}

/// Stands before every route.
#[worker::send]
pub async fn gate(mut request: Request, next: Next) -> Response {
    let admitted = match admit(&request).await {
        Ok(admitted) => admitted,
        Err(refused) => return refused.into_response(),
    };
    let tenant = admitted.as_ref().map(|admitted| OfTenant(admitted.session.tenant_id.clone()));
    if let Some(admitted) = admitted {
        request.extensions_mut().insert(admitted);
    }
    let mut response = next.run(request).await;
    if let Some(tenant) = tenant {
        response.extensions_mut().insert(tenant);
    }
    response
}

async fn admit(request: &Request) -> Answer<Option<Admitted>> {
    let extensions = request.extensions();
    let route = extensions.get::<MatchedPath>().map(MatchedPath::as_str).unwrap_or_default();
    let rule = crate::routes::BUILT
        .rules
        .get(request.method(), route)
        .ok_or_else(|| internal(format!("{} {route} declares no permission", request.method())))?;
    if rule == Rule::Open {
        return Ok(None);
    }
    let runtime = extensions.get::<Runtime>().ok_or_else(|| internal("the request carries no runtime"))?;
    let token = shown(request.method(), request.headers(), &runtime.origin)?;
    let admitted = match token {
        Shown::Key(key) => by_key(runtime, key).await?,
        Shown::Session(token) => by_session(runtime, token).await?,
    };
    permitted(rule, &admitted)?;
    Ok(Some(admitted))
}

async fn by_session(runtime: &Runtime, token: &str) -> Answer<Admitted> {
    let session = token::verify(&runtime.token_key()?, clock::now_ms(), token).map_err(|error| match error {
        TokenError::Expired => Problem::unauthorized("the session has expired; sign in again"),
        _ => Problem::unauthorized("the session token is not valid; sign in again"),
    })?;
    let database = TenantDb::new(&runtime.env, &session.tenant_id)?;
    let standing = store::team::standing(&database, &session.user_id).await?;
    still_so(&session, standing.as_ref().map(|standing| (standing.role.as_str(), standing.status.as_str())))?;
    let rights = Rights::Person(session.role);
    Ok(Admitted { session, rights })
}

/// Whether a token still says what is so: `standing` is the user's role in the tenant and status.
fn still_so(session: &Session, standing: Option<(&str, &str)>) -> Result<(), Problem> {
    match standing {
        None => Err(Problem::unauthorized("this account is no longer a member of the tenant; sign in again")),
        Some((_, status)) if status != user::ACTIVE => {
            Err(Problem::unauthorized(format!("this account is {status}; ask an admin of the tenant")))
        }
        Some((role, _)) if role != session.role.as_str() => {
            Err(Problem::unauthorized(format!("your role is now {role}; sign in again")))
        }
        Some(_) => Ok(()),
    }
}

async fn by_key(runtime: &Runtime, key: &str) -> Answer<Admitted> {
    let now = clock::now_ms();
    let row = directory::api_key(&runtime.env, &api_key::hash(key)).await?;
    let row = row
        .filter(|row| api_key::is_good(row.expires_at, row.revoked_at, now))
        .ok_or_else(|| Problem::unauthorized("the API key is unknown, revoked or expired; ask an admin for another"))?;
    let role: Role = row.role.parse().map_err(internal)?;
    let scopes: Vec<Permission> = serde_json::from_str(&row.scopes).map_err(internal)?;
    if api_key::should_note_use(row.last_used_at, now) {
        let database = TenantDb::new(&runtime.env, &row.tenant_id)?;
        store::keys::note_use(&database, &row.id, now).await?;
    }
    let session = Session {
        user_id: api_key::actor(&row.id),
        tenant_id: row.tenant_id,
        role,
        issued_at: now,
        expires_at: row.expires_at.unwrap_or(i64::MAX),
    };
    Ok(Admitted { session, rights: Rights::Key { role, scopes } })
}

fn not_signed_in() -> Refused {
    Problem::unauthorized(
        "sign in first: POST /auth/login, then send the cookie or `Authorization: Bearer <token or API key>`",
    )
    .into()
}

/// What a request shows of its caller.
#[derive(Debug, PartialEq, Eq)]
enum Shown<'a> {
    Session(&'a str),
    Key(&'a str),
}

/// Takes the credential from the headers. A cookie with a change must come from our own pages, and holds no API key.
fn shown<'a>(method: &Method, headers: &'a HeaderMap, own_origin: &str) -> Answer<Shown<'a>> {
    let safe = matches!(*method, Method::GET | Method::HEAD);
    match credential(headers).ok_or_else(not_signed_in)? {
        Credential::Bearer(token) if api_key::is_key(token) => Ok(Shown::Key(token)),
        Credential::Bearer(token) => Ok(Shown::Session(token)),
        Credential::Cookie(token) if safe || from_our_pages(headers, own_origin) => Ok(Shown::Session(token)),
        Credential::Cookie(_) => Err(Problem::forbidden(
            "a request that changes something and signs in by cookie must come from this site's own pages; \
             use a bearer token elsewhere",
        )
        .into()),
    }
}

/// Judges who was let in by the route's rule.
fn permitted(rule: Rule, admitted: &Admitted) -> Result<(), Problem> {
    let permission = match rule {
        Rule::Open | Rule::SignedIn => return Ok(()),
        Rule::Needs(permission) => permission,
        Rule::NeedsPerson(permission) => {
            if !admitted.rights.is_person() {
                return Err(Problem::forbidden("this is for people: sign in with an address and a password"));
            }
            permission
        }
    };
    if admitted.rights.may(permission) {
        return Ok(());
    }
    let role = admitted.session.role;
    Err(Problem::forbidden(match (&admitted.rights, api_key::may_hold(permission)) {
        (Rights::Person(_), _) => format!("the role {role} may not {}", permission.describe()),
        (Rights::Key { .. }, false) => format!("a key may never {}: that is for people", permission.describe()),
        (Rights::Key { .. }, true) => {
            format!("this API key may not {}: it needs the scope {}", permission.describe(), permission.as_str())
        }
    }))
}

/// Where a token came from.
#[derive(Debug, PartialEq, Eq)]
enum Credential<'a> {
    Bearer(&'a str),
    Cookie(&'a str),
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

    fn person(role: Role) -> Admitted {
        Admitted { session: session(role), rights: Rights::Person(role) }
    }

    fn key(role: Role, scopes: &[Permission]) -> Admitted {
        Admitted { session: session(role), rights: Rights::Key { role, scopes: scopes.to_vec() } }
    }

    fn status(permission: Permission, method: Method, pairs: &[(&'static str, &str)], role: Role) -> u16 {
        let outcome = shown(&method, &headers(pairs), "https://app.test").and_then(|shown| {
            if shown != Shown::Session("good") {
                return Err(Problem::unauthorized("").into());
            }
            Ok(permitted(Rule::Needs(permission), &person(role))?)
        });
        outcome.map_or_else(|refused| refused.problem().status, |()| 200)
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
    fn a_key_arrives_as_a_bearer_token_only() {
        let bearer = headers(&[("authorization", "Bearer adk_x"), ("origin", "https://elsewhere.test")]);
        assert_eq!(shown(&Method::POST, &bearer, "https://app.test").unwrap(), Shown::Key("adk_x"));
        let cookie = headers(&[("cookie", "adroit_session=adk_x")]);
        assert_eq!(shown(&Method::GET, &cookie, "https://app.test").unwrap(), Shown::Session("adk_x"));
    }

    #[test]
    fn a_key_may_what_its_role_and_its_scopes_allow() {
        use Permission::{ApproveCampaigns, EditCampaigns, ReadAccount, ReadCampaigns};
        let narrow = key(Role::Marketer, &[ReadCampaigns, ReadAccount]);
        let answer = |rule| permitted(rule, &narrow).map_err(|problem| (problem.status, problem.detail));
        assert_eq!(answer(Rule::Needs(ReadCampaigns)), Ok(()));
        assert_eq!(
            answer(Rule::Needs(EditCampaigns)).unwrap_err(),
            (403, "this API key may not edit campaigns: it needs the scope edit_campaigns".to_owned())
        );
        assert_eq!(answer(Rule::NeedsPerson(ReadAccount)).unwrap_err().0, 403);
        assert!(permitted(Rule::NeedsPerson(ReadAccount), &person(Role::Analyst)).is_ok());
        let bold = key(Role::Admin, &Permission::ALL);
        let refused = permitted(Rule::Needs(ApproveCampaigns), &bold).unwrap_err();
        assert!(refused.status == 403 && refused.detail.contains("for people"), "{refused}");
    }

    #[test]
    fn a_token_of_somebody_removed_suspended_or_given_another_role_is_good_no_more() {
        let session = session(Role::Marketer);
        assert!(still_so(&session, Some(("marketer", "active"))).is_ok());
        for standing in [None, Some(("marketer", "suspended")), Some(("admin", "active")), Some(("analyst", "active"))]
        {
            assert_eq!(still_so(&session, standing).unwrap_err().status, 401, "{standing:?}");
        }
    }

    #[test]
    fn a_declaration_is_read_whole_or_not_at_all() {
        assert_eq!(parse_rule("open", None), Some(Rule::Open));
        assert_eq!(parse_rule("read_account", None), Some(Rule::Needs(Permission::ReadAccount)));
        assert_eq!(parse_rule("read_account", Some("person")), Some(Rule::NeedsPerson(Permission::ReadAccount)));
        for (permission, caller) in [("everybody", None), ("read_account", Some("robot")), ("open", Some("person"))] {
            assert_eq!(parse_rule(permission, caller), None);
        }
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
