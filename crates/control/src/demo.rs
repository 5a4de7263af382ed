//! The demo shop's fixed names, and the rule that keeps them out of production.
//!
//! Everything here is public knowledge. It may exist on a developer's machine and nowhere else.

use vault::{Context, FRESH_BYTES, Keyring, VaultError};

use crate::environment::Environment;
use crate::password::{self, PasswordError, SALT_BYTES};
use crate::role::Role;
use crate::site::{
    DEFAULT_LOOKBACK_DAYS, DEFAULT_RETENTION_DAYS, DEFAULT_SESSION_TIMEOUT_MS, Origins, Site, SiteKey, SiteKeyError,
    secret_purpose,
};
use crate::tenant::{DEFAULT_PLAN, Tenant};
use crate::user::{self, Membership, User};

/// The tenant's id.
pub const TENANT_ID: &str = "demo";
/// The tenant's name.
pub const TENANT_NAME: &str = "Demo shop";
/// The admin's id.
pub const USER_ID: &str = "demo-admin";
/// The admin's login.
pub const EMAIL: &str = "admin@demo.test";
/// Everybody's password.
pub const PASSWORD: &str = "adroit-demo";
/// The demo's people, one in each role: id, login, name, role. The admin is the first.
pub const PEOPLE: [(&str, &str, &str, Role); 4] = [
    (USER_ID, EMAIL, "Demo admin", Role::Admin),
    ("demo-marketer", "marketer@demo.test", "Demo marketer", Role::Marketer),
    ("demo-analyst", "analyst@demo.test", "Demo analyst", Role::Analyst),
    ("demo-approver", "approver@demo.test", "Demo approver", Role::Approver),
];
/// The site's key.
pub const SITE_KEY: &str = "demo-site";
/// The site's name.
pub const SITE_NAME: &str = "Demo shop";
/// The site's signing secret.
pub const SITE_SECRET: &str = "demo-site-secret";
/// The site's currency.
pub const CURRENCY: &str = "EUR";
/// The site's time zone.
pub const TIME_ZONE: &str = "UTC";

/// The rows that make the demo, in `tenants`, `users`, `memberships` and `sites`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoRows {
    /// The tenant.
    pub tenant: Tenant,
    /// Its people with their place in the tenant, the admin first.
    pub people: Vec<(User, Membership)>,
    /// Its site, with the secret sealed.
    pub site: Site,
}

/// Why the rows could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DemoError {
    /// The password could not be hashed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The secret could not be sealed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The site key is not a key.
    #[error("the demo's site key {0}")]
    SiteKey(#[from] SiteKeyError),
}

/// The demo's rows as of `now` (UTC ms), hashed with `salt` and sealed with `ring` and `fresh`, both fresh per set-up.
///
/// # Errors
/// Only if the constants above were changed to something the rules refuse.
pub fn rows(
    now: i64,
    salt: &[u8; SALT_BYTES],
    ring: &Keyring,
    fresh: [u8; FRESH_BYTES],
) -> Result<DemoRows, DemoError> {
    let context = Context { tenant: TENANT_ID, purpose: &secret_purpose(SITE_KEY) };
    // One password, known to all: one hash serves everybody.
    let password_hash = password::hash(PASSWORD, salt)?;
    let person = |(id, email, name, role): (&str, &str, &str, Role)| {
        let user = User {
            id: id.to_owned(),
            email: email.to_owned(),
            name: name.to_owned(),
            password_hash: password_hash.clone(),
            status: user::ACTIVE.to_owned(),
            created_at: now,
        };
        let place = Membership { tenant_id: TENANT_ID.to_owned(), user_id: id.to_owned(), role, created_at: now };
        (user, place)
    };
    Ok(DemoRows {
        tenant: Tenant {
            id: TENANT_ID.to_owned(),
            name: TENANT_NAME.to_owned(),
            plan: DEFAULT_PLAN.to_owned(),
            created_at: now,
        },
        people: PEOPLE.into_iter().map(person).collect(),
        site: Site {
            key: SiteKey::new(SITE_KEY)?,
            tenant_id: TENANT_ID.to_owned(),
            name: SITE_NAME.to_owned(),
            currency: CURRENCY.to_owned(),
            time_zone: TIME_ZONE.to_owned(),
            origins: Origins::any(),
            session_timeout_ms: DEFAULT_SESSION_TIMEOUT_MS,
            lookback_days: DEFAULT_LOOKBACK_DAYS,
            retention_days: DEFAULT_RETENTION_DAYS,
            secret_sealed: vault::seal(ring, fresh, context, SITE_SECRET.as_bytes())?,
            created_at: now,
        },
    })
}

/// Something of the demo's stands in a production deployment. The public form names what, never the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DemoInProduction {
    /// The demo's login.
    #[error("a demo login such as {EMAIL} must not exist in production; delete the users and tenant `{TENANT_ID}`")]
    Login,
    /// The demo's site key.
    #[error("the demo site key {SITE_KEY} must not be used in production; create a site of your own")]
    SiteKey,
    /// The demo's signing secret or password, used as any secret.
    #[error("a secret of the demo must not be used in production; make new ones with `openssl rand -base64 32`")]
    Secret,
}

/// What a deployment is about to use.
#[derive(Clone, Copy, Debug, Default)]
pub struct InUse<'a> {
    /// Email addresses that can sign in, or are signing in.
    pub logins: &'a [&'a str],
    /// Site keys that exist, or are being used.
    pub site_keys: &'a [&'a str],
    /// Secrets in clear: signing secrets, `JWT_SECRET`, passwords.
    pub secrets: &'a [&'a str],
}

/// Refuses the demo's login, site key and secrets in production; anything goes locally.
///
/// # Errors
/// The first thing of the demo's that was found.
pub fn refuse_demo_in_production(environment: Environment, in_use: InUse<'_>) -> Result<(), DemoInProduction> {
    if environment == Environment::Local {
        return Ok(());
    }
    if in_use.logins.iter().any(|login| is_demo_login(login)) {
        return Err(DemoInProduction::Login);
    }
    if in_use.site_keys.iter().any(|key| key.trim() == SITE_KEY) {
        return Err(DemoInProduction::SiteKey);
    }
    if in_use.secrets.iter().any(|secret| {
        let secret = secret.trim();
        secret == PASSWORD || secret.starts_with(SITE_SECRET)
    }) {
        return Err(DemoInProduction::Secret);
    }
    Ok(())
}

fn is_demo_login(login: &str) -> bool {
    let login = user::normalize_email(login);
    PEOPLE.iter().any(|(_, email, ..)| *email == login)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_signs_in_and_its_secret_opens() {
        let ring = Keyring::from(vault::Key::new([5; 32]));
        let rows = rows(1_795_000_000_000, &[1; SALT_BYTES], &ring, [2; FRESH_BYTES]).unwrap();
        let roles: Vec<Role> = rows.people.iter().map(|(_, place)| place.role).collect();
        assert_eq!(roles, Role::ALL);
        assert_eq!(rows.people[0].0.id, USER_ID);
        for (user, place) in &rows.people {
            assert_eq!(user.email, user::normalize_email(&user.email));
            assert_eq!((&place.user_id, &place.tenant_id), (&user.id, &rows.tenant.id));
        }
        assert!(password::verify("adroit-demo", &rows.people[0].0.password_hash));
        let context = Context { tenant: "demo", purpose: "site-secret/demo-site" };
        assert_eq!(vault::open(&ring, context, &rows.site.secret_sealed).unwrap(), b"demo-site-secret");
        assert!(rows.site.origins.allow("null"));
    }

    #[test]
    fn production_refuses_the_demo() {
        let cases: [(InUse<'_>, DemoInProduction); 6] = [
            (InUse { logins: &["approver@demo.test"], ..InUse::default() }, DemoInProduction::Login),
            (InUse { logins: &["ann@shop.test", " Admin@Demo.Test"], ..InUse::default() }, DemoInProduction::Login),
            (InUse { site_keys: &["shop", "demo-site"], ..InUse::default() }, DemoInProduction::SiteKey),
            (InUse { secrets: &["demo-site-secret"], ..InUse::default() }, DemoInProduction::Secret),
            (
                InUse { secrets: &["demo-site-secret-padded-to-32-bytes!"], ..InUse::default() },
                DemoInProduction::Secret,
            ),
            (InUse { secrets: &["adroit-demo"], ..InUse::default() }, DemoInProduction::Secret),
        ];
        for (in_use, refusal) in cases {
            assert_eq!(refuse_demo_in_production(Environment::Production, in_use), Err(refusal));
            assert_eq!(refuse_demo_in_production(Environment::Local, in_use), Ok(()));
        }
        let own = InUse { logins: &["ann@shop.test"], site_keys: &["shop"], secrets: &["x9"] };
        assert_eq!(refuse_demo_in_production(Environment::Production, own), Ok(()));
    }
}
