//! Connected accounts, sign-ins that have begun, and pulls of figures.

use platform::{Param, Statement, TenantDb};
use serde::Deserialize;

/// What the API shows of a row of `channels`. Credentials never leave the connectors' script.
#[derive(Clone, Debug, Deserialize)]
pub struct ChannelRecord {
    /// Stable id.
    pub id: String,
    /// Site key.
    pub site: String,
    /// sandbox, meta, google_ads or klaviyo.
    #[serde(rename = "type")]
    pub kind: String,
    /// Account's name.
    pub name: String,
    /// Account's id at the provider.
    pub account_id: String,
    /// ISO 4217.
    pub currency: String,
    /// IANA zone.
    pub time_zone: String,
    /// connected, needs_reauth, failing, disconnected or choosing.
    pub status: String,
    /// While it is choosing: JSON list of accounts, '' otherwise.
    pub choices: String,
    /// In words.
    pub last_error: String,
    /// UTC ms.
    pub last_error_at: Option<i64>,
    /// UTC ms.
    pub last_sync_at: Option<i64>,
    /// UTC ms.
    pub credentials_expire_at: Option<i64>,
    /// UTC ms.
    pub created_at: i64,
}

const COLUMNS: &str = "id, site, type, name, account_id, currency, time_zone, status, choices, last_error, \
     last_error_at, last_sync_at, credentials_expire_at, created_at";

/// The tenant's channels, oldest first; an empty `site` is any.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn all(database: &TenantDb, site: &str) -> platform::Result<Vec<ChannelRecord>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM channels WHERE tenant_id = ?1 AND (?2 = '' OR site = ?2) ORDER BY created_at, id"
    );
    database.rows(&sql, &[site.into()]).await
}

/// The channel of this id.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn find(database: &TenantDb, id: &str) -> platform::Result<Option<ChannelRecord>> {
    let sql = format!("SELECT {COLUMNS} FROM channels WHERE tenant_id = ?1 AND id = ?2");
    database.first(&sql, &[id.into()]).await
}

/// A sign-in that has begun.
#[derive(Clone, Debug, Deserialize)]
pub struct OauthState {
    /// Comes back in the redirect.
    pub state: String,
    /// Site key.
    pub site: String,
    /// Provider.
    #[serde(rename = "type")]
    pub kind: String,
    /// PKCE verifier, sealed.
    pub verifier_sealed: String,
    /// As sent.
    pub redirect_uri: String,
    /// Who began.
    pub created_by: String,
    /// UTC ms.
    pub created_at: i64,
    /// UTC ms.
    pub expires_at: i64,
}

/// The statement that keeps a begun sign-in.
#[must_use]
pub fn insert_state(state: &OauthState) -> Statement {
    Statement::new(
        "INSERT INTO oauth_states (tenant_id, state, site, type, verifier_sealed, redirect_uri, created_by, created_at, \
         expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        vec![
            state.state.as_str().into(),
            state.site.as_str().into(),
            state.kind.as_str().into(),
            state.verifier_sealed.as_str().into(),
            state.redirect_uri.as_str().into(),
            state.created_by.as_str().into(),
            state.created_at.into(),
            state.expires_at.into(),
        ],
    )
}

/// The sign-in of this state, if it has not expired.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn find_state(database: &TenantDb, state: &str, now: i64) -> platform::Result<Option<OauthState>> {
    let sql = "SELECT state, site, type, verifier_sealed, redirect_uri, created_by, created_at, expires_at \
               FROM oauth_states WHERE tenant_id = ?1 AND state = ?2 AND expires_at > ?3";
    database.first(sql, &[state.into(), now.into()]).await
}

/// Uses a sign-in up, with those that have expired. False when somebody used it before.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn take_state(database: &TenantDb, state: &str, now: i64) -> platform::Result<bool> {
    let expired = "DELETE FROM oauth_states WHERE tenant_id = ?1 AND expires_at <= ?2";
    database.run(expired, &[now.into()]).await?;
    let sql = "DELETE FROM oauth_states WHERE tenant_id = ?1 AND state = ?2";
    Ok(database.run(sql, &[state.into()]).await? > 0)
}

/// A row of `sync_runs`.
#[derive(Clone, Debug, Deserialize)]
pub struct SyncRecord {
    /// Stable id.
    pub id: String,
    /// Days since 1970-01-01.
    pub from_day: i64,
    /// Days since 1970-01-01.
    pub to_day: i64,
    /// queued, running, done or failed.
    pub status: String,
    /// Rows stored.
    pub rows: i64,
    /// In words.
    pub detail: String,
    /// UTC ms.
    pub created_at: i64,
    /// UTC ms.
    pub finished_at: Option<i64>,
}

/// The statement that keeps a queued pull.
#[must_use]
pub fn insert_sync(channel_id: &str, sync: &SyncRecord) -> Statement {
    Statement::new(
        "INSERT INTO sync_runs (tenant_id, id, channel_id, from_day, to_day, status, created_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        vec![
            sync.id.as_str().into(),
            channel_id.into(),
            sync.from_day.into(),
            sync.to_day.into(),
            sync.status.as_str().into(),
            sync.created_at.into(),
        ],
    )
}

/// A channel's latest 50 pulls, newest first.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn syncs(database: &TenantDb, channel_id: &str) -> platform::Result<Vec<SyncRecord>> {
    let sql = "SELECT id, from_day, to_day, status, rows, detail, created_at, finished_at FROM sync_runs \
               WHERE tenant_id = ?1 AND channel_id = ?2 ORDER BY created_at DESC, id DESC LIMIT 50";
    database.rows(sql, &[Param::from(channel_id)]).await
}
