//! Signing in and out, one's account, tenants and sites.

use axum::Json;
use axum::response::{IntoResponse, Response};
use control::audit::Entry;
use control::demo::{self, InUse};
use control::site::{self, SiteForm, secret_purpose};
use control::snippet::{collect_url, snippet};
use control::tenant::{DEFAULT_PLAN, display_name};
use control::token::{self, LIFETIME_MS};
use control::{Environment, Membership, Permission, Role, SiteKey, password, sign_in, user};
use http::header::SET_COOKIE;
use http::{HeaderValue, StatusCode};
use platform::directory::{self, LoginRow};
use platform::{TenantDb, clock, random, settings};
use problem::{FieldError, Problem as Failure};
use serde_json::json;

use crate::answer::{Answer, Refused, internal};
use crate::extract::Form;
use crate::gate::{Caller, Runtime, Visitor, session_cookie};
use crate::store::sites::SiteRecord;
use crate::store::{keys, sites, tenants};
use crate::wire::account::{
    Login, LoginRequest, Me, MyTenant, NewTenant, Site, Sites, SwitchRequest, Tenant, TenantCreated, User,
};
use crate::wire::problem::Problem;

/// The variable that names the collector's public address, where it has one of its own.
const COLLECT_ORIGIN: &str = "COLLECT_ORIGIN";

/// Signs in.
///
/// 1. After ten failures in a quarter of an hour → 429 with `Retry-After`, known address or not. 2. Look the address up.
/// 3. Hash the password whether or not it is known, so that both cost the same. 4. Anything wrong → 401, always in the
/// same words. 5. Answer the token, in the body and as a cookie.
#[utoipa::path(
    post, path = "/auth/login", tag = "account", request_body = LoginRequest,
    responses((status = 200, body = Login), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("open")))
)]
#[worker::send]
pub async fn login(Visitor(runtime): Visitor, Form(form): Form<LoginRequest>) -> Answer<Response> {
    let now = clock::now_ms();
    let email = user::normalize_email(&form.email);
    let attempt = Attempt::take(&runtime, &email, now).await?;
    let memberships = directory::logins_by_email(&runtime.env, &email).await?;
    let stored = memberships.first().map_or(password::UNKNOWN_USER_HASH, |row| row.password_hash.as_str());
    let right = password::verify(&form.password, stored);
    let chosen = match form.tenant.as_deref() {
        Some(tenant) => memberships.iter().find(|row| row.tenant_id == tenant),
        None => memberships.first(),
    };
    let refusal = refusal(runtime.environment(), &email, &form.password, right, chosen);
    // The attempt is kept where its tenant can see it; an unknown address belongs to nobody.
    if let Some(row) = chosen.or(memberships.first()) {
        let action = if refusal.is_none() { "session.create" } else { "session.refuse" };
        let entry = Entry {
            actor: row.user_id.clone(),
            action,
            entity: format!("user:{}", row.user_id),
            before: None,
            after: refusal.as_ref().map(|reason| json!({ "reason": reason })),
            at: now,
        };
        TenantDb::new(&runtime.env, &row.tenant_id)?.commit("the sign-in", &[], &[entry]).await?;
    } else {
        platform::log::info("api", "-", "sign-in refused", &[("reason", json!("unknown address"))]);
    }
    let (None, Some(row)) = (refusal, chosen) else {
        return Err(Failure::unauthorized("the email address or the password is not right").into());
    };
    attempt.succeeded().await?;
    signed_in(&runtime, row, now)
}

/// A try to guess a password, counted as failed until it has succeeded.
pub(super) struct Attempt<'a> {
    runtime: &'a Runtime,
    address_hash: String,
}

impl<'a> Attempt<'a> {
    /// Takes one of the address's tries.
    ///
    /// # Errors
    /// 429 when there is none left.
    pub(super) async fn take(runtime: &'a Runtime, email: &str, now: i64) -> Answer<Self> {
        let address_hash = sign_in::address_hash(email);
        let (since, most) = (now - sign_in::WINDOW_MS, sign_in::MAX_FAILURES);
        if directory::take_sign_in_try(&runtime.env, &address_hash, now, since, most).await? {
            return Ok(Self { runtime, address_hash });
        }
        let failures = directory::sign_in_failures(&runtime.env, &address_hash, most).await?;
        let seconds = sign_in::wait_seconds(&failures, now).unwrap_or(1);
        let minutes = seconds.div_euclid(60) + 1;
        let detail = format!("too many failed sign-ins for this address; try again in {minutes} min");
        Err(Refused::later(Failure::too_many_requests(detail), seconds))
    }

    /// The password was right: the address's failures are forgotten.
    pub(super) async fn succeeded(self) -> Answer<()> {
        Ok(directory::forget_sign_in_failures(&self.runtime.env, &self.address_hash).await?)
    }
}

/// The answer to a sign-in: the token, in the body and as a cookie.
pub(super) fn signed_in(runtime: &Runtime, row: &LoginRow, now: i64) -> Answer<Response> {
    let role: Role = row.role.parse().map_err(internal)?;
    let (token, session) =
        token::issue(&runtime.token_key()?, now, &row.user_id, &row.tenant_id, role).map_err(internal)?;
    let cookie = session_cookie(Some(&token), LIFETIME_MS, runtime.environment());
    let body = Login {
        token,
        expires_at: session.expires_at,
        user: user_of(row),
        tenant: tenant_of(row),
        role: row.role.clone(),
    };
    let cookie = HeaderValue::from_str(&cookie).map_err(internal)?;
    Ok(([(SET_COOKIE, cookie)], Json(body)).into_response())
}

/// Enters another tenant the caller belongs to: a session for that one. The session at hand stays good.
#[utoipa::path(
    post, path = "/auth/switch", tag = "account", request_body = SwitchRequest,
    responses((status = 200, body = Login), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_account")), ("x-caller" = json!("person")))
)]
#[worker::send]
pub async fn switch_tenant(caller: Caller, Form(form): Form<SwitchRequest>) -> Answer<Response> {
    let memberships = directory::logins_by_user(&caller.runtime.env, caller.actor()).await?;
    let row = memberships
        .iter()
        .find(|row| row.tenant_id == form.tenant_id)
        .ok_or_else(|| Failure::not_found("you belong to no such tenant; GET /me lists yours"))?;
    let entry = Entry {
        actor: caller.actor().to_owned(),
        action: "session.create",
        entity: format!("user:{}", caller.actor()),
        before: None,
        after: None,
        at: caller.now,
    };
    TenantDb::new(&caller.runtime.env, &row.tenant_id)?.commit("the sign-in", &[], &[entry]).await?;
    signed_in(&caller.runtime, row, caller.now)
}

/// Why a sign-in is refused, for the audit log; the caller never learns which it was.
fn refusal(
    environment: Environment,
    email: &str,
    password: &str,
    right: bool,
    chosen: Option<&LoginRow>,
) -> Option<String> {
    let in_use = InUse { logins: &[email], secrets: &[password], ..InUse::default() };
    match (chosen, demo::refuse_demo_in_production(environment, in_use)) {
        (_, Err(error)) => Some(error.to_string()),
        _ if !right => Some("wrong password".to_owned()),
        (None, _) => Some("not a member of that tenant".to_owned()),
        (Some(row), _) if row.status != user::ACTIVE => Some(format!("the user is {}", row.status)),
        (Some(_), Ok(())) => None,
    }
}

fn user_of(row: &LoginRow) -> User {
    User { id: row.user_id.clone(), email: row.email.clone(), name: row.name.clone() }
}

fn tenant_of(row: &LoginRow) -> Tenant {
    Tenant { id: row.tenant_id.clone(), name: row.tenant_name.clone() }
}

/// Signs a browser out: the cookie goes. A bearer token is forgotten by whoever holds it.
#[utoipa::path(
    post, path = "/auth/logout", tag = "account",
    responses((status = 204, description = "Signed out"), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_account")), ("x-caller" = json!("person")))
)]
#[worker::send]
pub async fn logout(caller: Caller) -> Answer<Response> {
    let entry = Entry {
        actor: caller.actor().to_owned(),
        action: "session.end",
        entity: format!("user:{}", caller.session.user_id),
        before: None,
        after: None,
        at: caller.now,
    };
    caller.database.commit("the session", &[], &[entry]).await?;
    let cookie = session_cookie(None, 0, caller.runtime.environment());
    let cookie = HeaderValue::from_str(&cookie).map_err(internal)?;
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, cookie)]).into_response())
}

/// The caller's account.
#[utoipa::path(
    get, path = "/me", tag = "account",
    responses((status = 200, body = Me), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_account")), ("x-tool" = json!({ "name": "account_show", "title": "Who I am", "effect": "read" })))
)]
#[worker::send]
pub async fn me(caller: Caller) -> Answer<Json<Me>> {
    let memberships = if caller.rights.is_person() {
        directory::logins_by_user(&caller.runtime.env, caller.actor()).await?
    } else {
        Vec::new()
    };
    let here = memberships.iter().find(|row| row.tenant_id == caller.session.tenant_id);
    let (user, tenant) = match here {
        Some(row) => (user_of(row), tenant_of(row)),
        None => key_itself(&caller).await?,
    };
    Ok(Json(Me {
        user,
        tenant,
        role: caller.session.role.as_str().to_owned(),
        permissions: Permission::ALL
            .into_iter()
            .filter(|permission| caller.may(*permission))
            .map(|permission| permission.as_str().to_owned())
            .collect(),
        tenants: memberships
            .iter()
            .map(|row| MyTenant { id: row.tenant_id.clone(), name: row.tenant_name.clone(), role: row.role.clone() })
            .collect(),
        sites: own_sites(&caller).await?,
        version: crate::VERSION.to_owned(),
    }))
}

/// An API key as the account it acts as.
async fn key_itself(caller: &Caller) -> Answer<(User, Tenant)> {
    let id = caller.actor().strip_prefix("key:").unwrap_or_default();
    let gone = || Failure::unauthorized("this account is no longer a member of the tenant; sign in again");
    let key = keys::find(&caller.database, id).await?.ok_or_else(gone)?;
    let tenant = tenants::name(&caller.database).await?.ok_or_else(gone)?;
    let user = User { id: caller.actor().to_owned(), email: String::new(), name: key.name };
    Ok((user, Tenant { id: caller.session.tenant_id.clone(), name: tenant }))
}

/// The tenant's sites.
#[utoipa::path(
    get, path = "/sites", tag = "account",
    responses((status = 200, body = Sites), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_account")), ("x-tool" = json!({ "name": "sites_list", "title": "List sites", "effect": "read" })))
)]
#[worker::send]
pub async fn list_sites(caller: Caller) -> Answer<Json<Sites>> {
    Ok(Json(Sites { rows: own_sites(&caller).await? }))
}

async fn own_sites(caller: &Caller) -> Answer<Vec<Site>> {
    let base = collect_base(&caller.runtime);
    sites::all(&caller.database).await?.iter().map(|record| shown(record, &base)).collect()
}

/// Where the collector is reached: its own address where one is configured, else through this door.
fn collect_base(runtime: &Runtime) -> String {
    settings::variable(&runtime.env, COLLECT_ORIGIN).unwrap_or_else(|| runtime.origin.clone())
}

fn shown(record: &SiteRecord, base: &str) -> Answer<Site> {
    let key = SiteKey::new(&record.key).map_err(internal)?;
    Ok(Site {
        snippet: snippet(base, &key),
        collect_url: collect_url(base),
        key: record.key.clone(),
        name: record.name.clone(),
        currency: record.currency.clone(),
        time_zone: record.time_zone.clone(),
        origins: serde_json::from_str(&record.origins).map_err(internal)?,
        session_timeout_ms: record.session_timeout_ms,
        lookback_days: record.lookback_days,
    })
}

/// Creates a tenant with its first site; the caller becomes its admin.
///
/// 1. Check every field (wrong → 422 naming all). 2. Taken key → 409. 3. Store tenant, membership, site and audit row
/// together.
#[utoipa::path(
    post, path = "/tenants", tag = "account", request_body = NewTenant,
    responses((status = 201, body = TenantCreated), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("create_tenant")), ("x-caller" = json!("person")))
)]
#[worker::send]
pub async fn create_tenant(caller: Caller, Form(form): Form<NewTenant>) -> Answer<(StatusCode, Json<TenantCreated>)> {
    let runtime = &caller.runtime;
    let (name, new_site) = checked(form)?;
    let in_use = InUse { site_keys: &[new_site.key.as_str()], ..InUse::default() };
    demo::refuse_demo_in_production(runtime.environment(), in_use)
        .map_err(|error| Failure::invalid_field("/site/key", error.to_string()))?;
    if directory::site(&runtime.env, new_site.key.as_str()).await?.is_some() {
        return Err(taken(&new_site.key));
    }

    let tenant = control::Tenant { id: random::uuid(), name, plan: DEFAULT_PLAN.to_owned(), created_at: caller.now };
    let signing_secret = hex::encode(random::bytes::<32>());
    let purpose = secret_purpose(new_site.key.as_str());
    let context = vault::Context { tenant: &tenant.id, purpose: &purpose };
    let secret_sealed =
        vault::seal(&settings::vault_key(&runtime.env)?, random::bytes(), context, signing_secret.as_bytes())
            .map_err(internal)?;
    let site = control::Site {
        key: new_site.key,
        tenant_id: tenant.id.clone(),
        name: new_site.name,
        currency: new_site.currency,
        time_zone: new_site.time_zone,
        origins: new_site.origins,
        session_timeout_ms: site::DEFAULT_SESSION_TIMEOUT_MS,
        lookback_days: site::DEFAULT_LOOKBACK_DAYS,
        retention_days: site::DEFAULT_RETENTION_DAYS,
        secret_sealed,
        created_at: caller.now,
    };
    let member = Membership {
        tenant_id: tenant.id.clone(),
        user_id: caller.session.user_id.clone(),
        role: Role::Admin,
        created_at: caller.now,
    };

    let statements = tenants::create(&tenant, &member, &site).map_err(internal)?;
    let entry = Entry {
        actor: caller.actor().to_owned(),
        action: "tenant.create",
        entity: format!("tenant:{}", tenant.id),
        before: None,
        after: Some(json!({
            "name": tenant.name, "site": site.key, "currency": site.currency, "time_zone": site.time_zone,
            "origins": site.origins,
        })),
        at: caller.now,
    };
    let database = TenantDb::new(&runtime.env, &tenant.id)?;
    if let Err(error) = database.commit("the tenant", &statements, &[entry]).await {
        // Somebody may have taken the key since we looked.
        if directory::site(&runtime.env, site.key.as_str()).await?.is_some() {
            return Err(taken(&site.key));
        }
        return Err(error.into());
    }

    let record = SiteRecord {
        key: site.key.to_string(),
        name: site.name,
        currency: site.currency,
        time_zone: site.time_zone,
        origins: serde_json::to_string(&site.origins).map_err(internal)?,
        session_timeout_ms: site.session_timeout_ms,
        lookback_days: site.lookback_days,
    };
    let created = TenantCreated {
        tenant: Tenant { id: tenant.id, name: tenant.name },
        site: shown(&record, &collect_base(runtime))?,
        signing_secret,
    };
    Ok((StatusCode::CREATED, Json(created)))
}

fn checked(form: NewTenant) -> Result<(String, site::NewSite), Refused> {
    let mut errors: Vec<FieldError> = Vec::new();
    let name = display_name("/name", &form.name).map_err(|error| errors.push(error)).ok();
    let salt = hex::encode(random::bytes::<4>());
    let site = SiteForm::from(form.site).check("/site", &salt).map_err(|wrong| errors.extend(wrong)).ok();
    match (name, site) {
        (Some(name), Some(site)) => Ok((name, site)),
        _ => Err(Failure::invalid(errors).into()),
    }
}

fn taken(key: &SiteKey) -> Refused {
    let detail = format!("the site key {key} is taken; choose another or leave it out");
    Failure::conflict(detail.clone()).with_errors(vec![FieldError::new("/site/key", detail)]).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(status: &str) -> LoginRow {
        LoginRow {
            user_id: "u".into(),
            email: "a@b.test".into(),
            name: "Ann".into(),
            password_hash: String::new(),
            status: status.into(),
            tenant_id: "t".into(),
            tenant_name: "T".into(),
            role: "admin".into(),
        }
    }

    #[test]
    fn a_sign_in_needs_the_password_a_membership_and_an_active_user() {
        use Environment::Production;
        let active = member("active");
        assert_eq!(refusal(Production, "a@b.test", "pw", true, Some(&active)), None);
        for (right, row, reason) in [
            (false, Some(&active), "wrong password"),
            (false, None, "wrong password"),
            (true, None, "not a member of that tenant"),
            (true, Some(&member("suspended")), "the user is suspended"),
        ] {
            assert_eq!(refusal(Production, "a@b.test", "pw", right, row).as_deref(), Some(reason));
        }
    }

    #[test]
    fn the_demo_signs_in_locally_only_even_with_the_right_password() {
        let row = member("active");
        assert_eq!(refusal(Environment::Local, demo::EMAIL, demo::PASSWORD, true, Some(&row)), None);
        let refused = |email: &str, password: &str| refusal(Environment::Production, email, password, true, Some(&row));
        assert!(refused(demo::EMAIL, "a password of its own").is_some_and(|reason| reason.contains("demo login")));
        assert!(refused("a@b.test", demo::PASSWORD).is_some());
    }

    #[test]
    fn a_site_is_shown_with_its_snippet_and_an_unreadable_one_is_our_fault() {
        let record = SiteRecord {
            key: "shop".into(),
            name: "Shop".into(),
            currency: "EUR".into(),
            time_zone: "UTC".into(),
            origins: r#"["https://shop.test"]"#.into(),
            session_timeout_ms: 1,
            lookback_days: 30,
        };
        let site = shown(&record, "https://c.test").unwrap();
        assert_eq!(site.collect_url, "https://c.test/attribution/collect");
        assert!(site.snippet.contains("https://c.test/p.js") && site.snippet.contains("\"shop\""));
        assert_eq!(site.origins, ["https://shop.test"]);
        let broken = SiteRecord { origins: "nonsense".into(), ..record };
        assert_eq!(shown(&broken, "").unwrap_err().problem().status, 500);
    }
}
