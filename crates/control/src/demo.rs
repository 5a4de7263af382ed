//! The demo shop's fixed names, and the rule that keeps them out of production.
//!
//! Everything here is public knowledge. It may exist on a developer's machine and nowhere else.

use vault::{Context, Key, NONCE_BYTES, VaultError};

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
/// The user's id.
pub const USER_ID: &str = "demo-admin";
/// The login.
pub const EMAIL: &str = "admin@demo.test";
/// The password.
pub const PASSWORD: &str = "adroit-demo";
/// The user's name.
pub const USER_NAME: &str = "Demo admin";
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

/// The rows that make the demo: one in each of `tenants`, `users`, `memberships`, `sites`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoRows {
    /// The tenant.
    pub tenant: Tenant,
    /// Its only user.
    pub user: User,
    /// The user's place in the tenant: admin.
    pub membership: Membership,
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

/// The demo's rows as of `now` (UTC ms), hashed with `salt` and sealed with `key` and `nonce`, all fresh per set-up.
///
/// # Errors
/// Only if the constants above were changed to something the rules refuse.
pub fn rows(now: i64, salt: &[u8; SALT_BYTES], key: &Key, nonce: [u8; NONCE_BYTES]) -> Result<DemoRows, DemoError> {
    let context = Context { tenant: TENANT_ID, purpose: &secret_purpose(SITE_KEY) };
    Ok(DemoRows {
        tenant: Tenant {
            id: TENANT_ID.to_owned(),
            name: TENANT_NAME.to_owned(),
            plan: DEFAULT_PLAN.to_owned(),
            created_at: now,
        },
        user: User {
            id: USER_ID.to_owned(),
            email: EMAIL.to_owned(),
            name: USER_NAME.to_owned(),
            password_hash: password::hash(PASSWORD, salt)?,
            status: user::ACTIVE.to_owned(),
            created_at: now,
        },
        membership: Membership {
            tenant_id: TENANT_ID.to_owned(),
            user_id: USER_ID.to_owned(),
            role: Role::Admin,
            created_at: now,
        },
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
            secret_sealed: vault::seal(key, nonce, context, SITE_SECRET.as_bytes())?,
            created_at: now,
        },
    })
}

/// Something of the demo's stands in a production deployment. The public form names what, never the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DemoInProduction {
    /// The demo's login.
    #[error("the demo login {EMAIL} must not exist in production; delete the user and tenant `{TENANT_ID}`")]
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
    if in_use.logins.iter().any(|login| user::normalize_email(login) == EMAIL) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_signs_in_and_its_secret_opens() {
        let key = Key::new([5; 32]);
        let rows = rows(1_795_000_000_000, &[1; SALT_BYTES], &key, [2; NONCE_BYTES]).unwrap();
        assert!(password::verify("adroit-demo", &rows.user.password_hash));
        assert_eq!(rows.user.email, user::normalize_email(&rows.user.email));
        let context = Context { tenant: "demo", purpose: "site-secret/demo-site" };
        assert_eq!(vault::open(&key, context, &rows.site.secret_sealed).unwrap(), b"demo-site-secret");
        assert!(rows.site.origins.allow("null"));
        assert_eq!((rows.membership.user_id, rows.membership.tenant_id), (rows.user.id, rows.tenant.id));
    }

    #[test]
    fn production_refuses_the_demo() {
        let cases: [(InUse<'_>, DemoInProduction); 5] = [
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
