//! The look-ups that come before a tenant is known: whose site is this key, whose login is this address, which sites
//! are there at all. Nothing else may read across tenants.

use crate::database::{failed, open};
use crate::error::{Error, Result};
use serde::{Deserialize, de::DeserializeOwned};
use wasm_bindgen::JsValue;
use worker::Env;

/// A site as the collector and the sinks need it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SiteRow {
    /// Public key.
    pub key: String,
    /// Owner.
    pub tenant_id: String,
    /// ISO 4217.
    pub currency: String,
    /// IANA zone.
    pub time_zone: String,
    /// JSON list of allowed origins.
    pub origins: String,
    /// Inactivity that ends a session, ms.
    pub session_timeout_ms: i64,
    /// Days that raw events are kept.
    pub retention_days: i64,
    /// Signing secret, sealed by the vault.
    pub secret_sealed: String,
}

const SITE_COLUMNS: &str =
    "key, tenant_id, currency, time_zone, origins, session_timeout_ms, retention_days, secret_sealed";

/// The site of that key.
///
/// # Errors
/// [`Error::Unavailable`] when D1 fails.
pub async fn site(env: &Env, key: &str) -> Result<Option<SiteRow>> {
    let sql = format!("SELECT {SITE_COLUMNS} FROM sites WHERE key = ?1");
    Ok(rows(env, &sql, &[JsValue::from_str(key)]).await?.into_iter().next())
}

/// Every site of every tenant, for scheduled work.
///
/// # Errors
/// [`Error::Unavailable`] when D1 fails.
pub async fn sites(env: &Env) -> Result<Vec<SiteRow>> {
    rows(env, &format!("SELECT {SITE_COLUMNS} FROM sites ORDER BY tenant_id, key"), &[]).await
}

/// A login: the user and the tenants they belong to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct LoginRow {
    /// User id.
    pub user_id: String,
    /// E-mail as stored.
    pub email: String,
    /// Display name.
    pub name: String,
    /// Argon2id hash.
    pub password_hash: String,
    /// `active` or not.
    pub status: String,
    /// Tenant.
    pub tenant_id: String,
    /// Tenant's name.
    pub tenant_name: String,
    /// Role in that tenant.
    pub role: String,
}

const LOGIN: &str = "SELECT u.id AS user_id, u.email, u.name, u.password_hash, u.status, m.tenant_id, \
     t.name AS tenant_name, m.role FROM users u JOIN memberships m ON m.user_id = u.id \
     JOIN tenants t ON t.id = m.tenant_id";

/// The memberships behind an e-mail address, oldest first; empty when there is no such user.
///
/// # Errors
/// [`Error::Unavailable`] when D1 fails.
pub async fn logins_by_email(env: &Env, email: &str) -> Result<Vec<LoginRow>> {
    let sql = format!("{LOGIN} WHERE u.email = ?1 ORDER BY m.created_at, m.tenant_id");
    rows(env, &sql, &[JsValue::from_str(email)]).await
}

/// The memberships of a user, oldest first.
///
/// # Errors
/// [`Error::Unavailable`] when D1 fails.
pub async fn logins_by_user(env: &Env, user_id: &str) -> Result<Vec<LoginRow>> {
    let sql = format!("{LOGIN} WHERE u.id = ?1 ORDER BY m.created_at, m.tenant_id");
    rows(env, &sql, &[JsValue::from_str(user_id)]).await
}

async fn rows<T: DeserializeOwned>(env: &Env, sql: &str, values: &[JsValue]) -> Result<Vec<T>> {
    let statement = open(env)?.prepare(sql);
    let statement = if values.is_empty() { statement } else { statement.bind(values).map_err(|e| failed(sql, &e))? };
    let answer = statement.all().await.map_err(|e| failed(sql, &e))?;
    answer.results().map_err(|e| Error::corrupt("directory row", e))
}
