//! The look-ups that come before a tenant is known: whose site is this key, whose login is this address, whose API key
//! or invitation is this, which sites are there at all. Nothing else may read across tenants.

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
    /// Days that attribution looks back.
    pub lookback_days: i64,
    /// Days that raw events are kept.
    pub retention_days: i64,
    /// Signing secret, sealed by the vault.
    pub secret_sealed: String,
}

const SITE_COLUMNS: &str =
    "key, tenant_id, currency, time_zone, origins, session_timeout_ms, lookback_days, retention_days, secret_sealed";

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

/// A person, whether or not a member of anything.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct UserRow {
    /// User id.
    pub id: String,
    /// Display name.
    pub name: String,
    /// Argon2id hash.
    pub password_hash: String,
    /// `active` or not.
    pub status: String,
}

/// The person of that address.
///
/// # Errors
/// [`Error::Unavailable`] when D1 fails.
pub async fn user_by_email(env: &Env, email: &str) -> Result<Option<UserRow>> {
    let sql = "SELECT id, name, password_hash, status FROM users WHERE email = ?1";
    Ok(rows(env, sql, &[JsValue::from_str(email)]).await?.into_iter().next())
}

/// An API key as the gate needs it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ApiKeyRow {
    /// Stable id.
    pub id: String,
    /// Owner.
    pub tenant_id: String,
    /// What the key may do at most.
    pub role: String,
    /// JSON list of permissions.
    pub scopes: String,
    /// UTC ms; `None`: never.
    pub expires_at: Option<i64>,
    /// UTC ms.
    pub last_used_at: Option<i64>,
    /// UTC ms.
    pub revoked_at: Option<i64>,
}

/// The API key whose SHA-256 this is.
///
/// # Errors
/// [`Error::Unavailable`] when D1 fails.
pub async fn api_key(env: &Env, secret_hash: &str) -> Result<Option<ApiKeyRow>> {
    let sql = "SELECT id, tenant_id, role, scopes, expires_at, last_used_at, revoked_at FROM api_keys \
               WHERE secret_hash = ?1";
    Ok(rows(env, sql, &[JsValue::from_str(secret_hash)]).await?.into_iter().next())
}

/// An invitation as whoever holds its token sees it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct InvitationRow {
    /// Stable id.
    pub id: String,
    /// Tenant.
    pub tenant_id: String,
    /// Tenant's name.
    pub tenant_name: String,
    /// Who is invited.
    pub email: String,
    /// As what.
    pub role: String,
    /// UTC ms.
    pub expires_at: i64,
    /// UTC ms.
    pub accepted_at: Option<i64>,
    /// UTC ms.
    pub revoked_at: Option<i64>,
}

/// The invitation whose token has this SHA-256.
///
/// # Errors
/// [`Error::Unavailable`] when D1 fails.
pub async fn invitation(env: &Env, token_hash: &str) -> Result<Option<InvitationRow>> {
    let sql = "SELECT i.id, i.tenant_id, t.name AS tenant_name, i.email, i.role, i.expires_at, i.accepted_at, \
               i.revoked_at FROM invitations i JOIN tenants t ON t.id = i.tenant_id WHERE i.token_hash = ?1";
    Ok(rows(env, sql, &[JsValue::from_str(token_hash)]).await?.into_iter().next())
}

#[derive(Deserialize)]
struct Failure {
    at: i64,
}

/// Takes one of the `most` tries that an address has between `since` and `at` (UTC ms), counting it as failed until
/// [`forget_sign_in_failures`]; says whether there was one left. One statement, so that tries at the same moment are
/// counted one by one. Forgets all that are older than `since`, too.
///
/// # Errors
/// [`Error::Unavailable`] when D1 fails.
pub async fn take_sign_in_try(env: &Env, address_hash: &str, at: i64, since: i64, most: usize) -> Result<bool> {
    let database = open(env)?;
    let forget = "DELETE FROM sign_in_failures WHERE at <= ?1";
    let take = format!(
        "INSERT INTO sign_in_failures (address_hash, at, id) SELECT ?1, ?2, ?3 \
         WHERE (SELECT count(*) FROM sign_in_failures WHERE address_hash = ?1) < {most} RETURNING at"
    );
    let values = [JsValue::from_str(address_hash), number(at), JsValue::from_str(&crate::random::uuid())];
    let statements = vec![
        database.prepare(forget).bind(&[number(since)]).map_err(|e| failed(forget, &e))?,
        database.prepare(&take).bind(&values).map_err(|e| failed(&take, &e))?,
    ];
    let answers = database.batch(statements).await.map_err(|e| failed(&take, &e))?;
    let taken: Vec<Failure> = answers
        .last()
        .map(worker::D1Result::results)
        .transpose()
        .map_err(|e| Error::corrupt("directory row", e))?
        .unwrap_or_default();
    Ok(!taken.is_empty())
}

/// When signing in under an address failed, latest first, at most `limit` times.
///
/// # Errors
/// [`Error::Unavailable`] when D1 fails.
pub async fn sign_in_failures(env: &Env, address_hash: &str, limit: usize) -> Result<Vec<i64>> {
    let sql = format!("SELECT at FROM sign_in_failures WHERE address_hash = ?1 ORDER BY at DESC LIMIT {limit}");
    let failures: Vec<Failure> = rows(env, &sql, &[JsValue::from_str(address_hash)]).await?;
    Ok(failures.into_iter().map(|failure| failure.at).collect())
}

/// Forgets an address's failures once it has signed in.
///
/// # Errors
/// [`Error::Unavailable`] when D1 fails.
pub async fn forget_sign_in_failures(env: &Env, address_hash: &str) -> Result<()> {
    let sql = "DELETE FROM sign_in_failures WHERE address_hash = ?1";
    let _: Vec<Failure> = rows(env, sql, &[JsValue::from_str(address_hash)]).await?;
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "D1 has no wider number; times stay below 2^53")]
fn number(value: i64) -> JsValue {
    JsValue::from_f64(value as f64)
}

async fn rows<T: DeserializeOwned>(env: &Env, sql: &str, values: &[JsValue]) -> Result<Vec<T>> {
    let statement = open(env)?.prepare(sql);
    let statement = if values.is_empty() { statement } else { statement.bind(values).map_err(|e| failed(sql, &e))? };
    let answer = statement.all().await.map_err(|e| failed(sql, &e))?;
    answer.results().map_err(|e| Error::corrupt("directory row", e))
}

/// A connected account, for scheduled pulls.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ChannelRow {
    /// Channel id.
    pub id: String,
    /// Owner.
    pub tenant_id: String,
    /// Its provider.
    pub channel_type: String,
    /// IANA zone of its site.
    pub time_zone: String,
}

/// Every connected account of every tenant; one that waits for a person is left alone.
///
/// # Errors
/// [`Error::Unavailable`] when D1 fails.
pub async fn connected_channels(env: &Env) -> Result<Vec<ChannelRow>> {
    let sql = "SELECT c.id, c.tenant_id, c.type AS channel_type, s.time_zone FROM channels c \
               JOIN sites s ON s.tenant_id = c.tenant_id AND s.key = c.site \
               WHERE c.status IN ('connected', 'failing') ORDER BY c.tenant_id, c.id";
    rows(env, sql, &[]).await
}

/// A campaign with work for its Publication object.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct OpenPublication {
    /// Owner.
    pub tenant_id: String,
    /// Campaign.
    pub campaign_id: String,
}

/// Campaigns of every tenant with a publication asked for before an instant that is not over.
///
/// # Errors
/// [`Error::Unavailable`] when D1 fails.
pub async fn open_publications(env: &Env, before: i64) -> Result<Vec<OpenPublication>> {
    let sql = "SELECT DISTINCT tenant_id, campaign_id FROM publications WHERE status IN ('queued', 'running') \
               AND created_at < ?1";
    #[expect(clippy::cast_precision_loss, reason = "instants stay below 2^53")]
    let before = JsValue::from_f64(before as f64);
    rows(env, sql, &[before]).await
}

/// A study that nobody has told of for a while.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ForgottenStudy {
    /// Its id.
    pub id: String,
    /// Owner.
    pub tenant_id: String,
    /// Site key.
    pub site: String,
    /// ISO 4217, of the site.
    pub currency: String,
    /// IANA zone of the site.
    pub time_zone: String,
    /// Which study.
    pub kind: crate::study_object::Kind,
    /// The kind's question, JSON.
    pub question: String,
    /// UTC ms.
    pub requested_at: i64,
}

/// Studies of every tenant that run and were last told of before an instant.
///
/// # Errors
/// [`Error::Unavailable`] when D1 fails.
pub async fn forgotten_studies(env: &Env, before: i64) -> Result<Vec<ForgottenStudy>> {
    let sql = "SELECT t.id, t.tenant_id, t.site, s.currency, s.time_zone, t.kind, t.question, t.requested_at \
               FROM studies t JOIN sites s ON s.tenant_id = t.tenant_id AND s.key = t.site \
               WHERE t.status = 'running' AND t.touched_at < ?1";
    rows(env, sql, &[number(before)]).await
}

#[derive(Deserialize)]
struct TenantRow {
    tenant_id: String,
}

/// Tenants with campaigns that something is to happen to by themselves: an entry of the calendar is due, what is live has
/// come to its end, or it runs while the kill switch is pulled.
///
/// # Errors
/// [`Error::Unavailable`] when D1 fails.
pub async fn tenants_with_due_campaigns(env: &Env, now: i64) -> Result<Vec<String>> {
    let sql = "SELECT tenant_id FROM calendar_entries WHERE status = 'planned' AND kind <> 'note' AND at <= ?1 \
               UNION SELECT c.tenant_id FROM campaigns c JOIN campaign_snapshots s ON s.tenant_id = c.tenant_id \
               AND s.id = c.live_snapshot_id WHERE c.status IN ('live', 'paused') \
               AND json_extract(s.document, '$.end_at') <= ?1 \
               UNION SELECT g.tenant_id FROM guardrails g JOIN campaigns c ON c.tenant_id = g.tenant_id \
               AND c.status = 'live' WHERE g.spending_stopped = 1";
    #[expect(clippy::cast_precision_loss, reason = "instants stay below 2^53")]
    let now = JsValue::from_f64(now as f64);
    let tenants: Vec<TenantRow> = rows(env, sql, &[now]).await?;
    Ok(tenants.into_iter().map(|row| row.tenant_id).collect())
}
