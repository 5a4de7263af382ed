//! Variables and secrets, by the one name each has.

use crate::error::{Error, Result};
use worker::Env;

/// `local` or `production`: in production the demo's login, site key and secret are refused.
pub const ENVIRONMENT: &str = "ADROIT_ENV";
/// Site that takes hits which name none; only set locally.
pub const DEFAULT_SITE: &str = "DEFAULT_SITE";
/// Signs session tokens.
pub const JWT_SECRET: &str = "JWT_SECRET";
/// Seals stored secrets: base64 of 32 bytes.
pub const VAULT_KEY: &str = "VAULT_KEY";
/// Keys that sealed secrets before the current one: a comma-separated list, for opening only.
pub const VAULT_KEYS_OLD: &str = "VAULT_KEYS_OLD";
/// Where ClickHouse answers; unset or empty: D1 is the warehouse.
pub const CLICKHOUSE_URL: &str = "CLICKHOUSE_URL";

/// `1` adds the fixtures of the MCP conformance suite; counts in a local run only.
pub const CONFORMANCE: &str = "ADROIT_CONFORMANCE";

/// A variable, `None` when unset or empty.
#[must_use]
pub fn variable(env: &Env, name: &str) -> Option<String> {
    env.var(name).ok().map(|value| value.to_string()).filter(|value| !value.is_empty())
}

/// A variable as a whole number, or `default` when unset.
///
/// # Errors
/// [`Error::Setting`] when it is set to something else.
pub fn number(env: &Env, name: &str, default: i64) -> Result<i64> {
    match variable(env, name) {
        None => Ok(default),
        Some(text) => text.parse().map_err(|_| Error::setting(name, format!("`{text}` is no whole number"))),
    }
}

/// A secret.
///
/// # Errors
/// [`Error::Setting`] when it is not set.
pub fn secret(env: &Env, name: &str) -> Result<String> {
    env.secret(name).map(|value| value.to_string()).map_err(|e| Error::setting(name, e))
}

/// The vault's keys: the current one and those that still open.
///
/// # Errors
/// [`Error::Setting`] when the current one is not set or one of them is not 32 bytes of base64.
pub fn vault_key(env: &Env) -> Result<vault::Keyring> {
    let old = env.secret(VAULT_KEYS_OLD).map(|value| value.to_string()).unwrap_or_default();
    vault::Keyring::from_base64(&secret(env, VAULT_KEY)?, &old).map_err(|e| Error::setting(VAULT_KEY, e))
}

/// Whether this is a local run, where the demo may live.
#[must_use]
pub fn is_local(env: &Env) -> bool {
    variable(env, ENVIRONMENT).as_deref() == Some("local")
}
