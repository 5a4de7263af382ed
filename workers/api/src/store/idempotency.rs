//! What requests under an `Idempotency-Key` answered. Bookkeeping of requests, not of the tenant's things: the audit
//! log tells of the changes themselves.

use platform::{Param, TenantDb};
use serde::Deserialize;

/// A kept answer, or the place of one that is under way.
#[derive(Clone, Debug, Deserialize)]
pub struct KeptRecord {
    /// What makes the request the same.
    pub request_hash: String,
    /// `None` while the first request runs.
    pub status: Option<u16>,
    /// JSON object of the answer's headers.
    pub headers: String,
    /// The answer's body, sealed.
    pub body_sealed: String,
    /// UTC ms; tells attempts apart.
    pub created_at: i64,
}

/// A request's place: who sent it, under which key, when.
#[derive(Clone, Debug)]
pub struct Place<'a> {
    /// Who.
    pub actor: &'a str,
    /// The key.
    pub key: &'a str,
    /// UTC ms.
    pub at: i64,
}

impl Place<'_> {
    fn params(&self, more: impl IntoIterator<Item = Param>) -> Vec<Param> {
        [self.actor.into(), self.key.into(), self.at.into()].into_iter().chain(more).collect()
    }
}

/// Takes the place if it is free; says whether it was.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn reserve(database: &TenantDb, place: &Place<'_>, request_hash: &str) -> platform::Result<bool> {
    let sql = "INSERT INTO idempotency_keys (tenant_id, actor, key, created_at, request_hash) \
               VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING";
    Ok(database.run(sql, &place.params([request_hash.into()])).await? > 0)
}

/// What stands in the place.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn find(database: &TenantDb, actor: &str, key: &str) -> platform::Result<Option<KeptRecord>> {
    let sql = "SELECT request_hash, status, headers, body_sealed, created_at FROM idempotency_keys \
               WHERE tenant_id = ?1 AND actor = ?2 AND key = ?3";
    database.first(sql, &[actor.into(), key.into()]).await
}

/// Takes the place of an attempt of that time which crashed or is forgotten; says whether nobody else did.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn take_over(
    database: &TenantDb,
    place: &Place<'_>,
    request_hash: &str,
    earlier: i64,
) -> platform::Result<bool> {
    let sql = "UPDATE idempotency_keys SET created_at = ?4, request_hash = ?5, status = NULL, headers = '{}', \
               body_sealed = '' WHERE tenant_id = ?1 AND actor = ?2 AND key = ?3 AND created_at = ?6";
    Ok(database.run(sql, &place.params([request_hash.into(), earlier.into()])).await? > 0)
}

/// Keeps an answer, unless the place was taken over.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn keep(
    database: &TenantDb,
    place: &Place<'_>,
    status: u16,
    headers: &str,
    body_sealed: &str,
) -> platform::Result<()> {
    let sql = "UPDATE idempotency_keys SET status = ?5, headers = ?6, body_sealed = ?7 \
               WHERE tenant_id = ?1 AND actor = ?2 AND key = ?3 AND created_at = ?4";
    let more = [i64::from(status).into(), headers.into(), body_sealed.into()];
    database.run(sql, &place.params(more)).await.map(|_| ())
}

/// Frees the place after an answer that is not kept.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn free(database: &TenantDb, place: &Place<'_>) -> platform::Result<()> {
    let sql = "DELETE FROM idempotency_keys WHERE tenant_id = ?1 AND actor = ?2 AND key = ?3 AND created_at = ?4";
    database.run(sql, &place.params([])).await.map(|_| ())
}
