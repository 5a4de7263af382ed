//! The stored connection: reading, sealing, renewing, and how it is.

use super::client::{Access, Accessed};
use super::{Account, Answered, HeldOff};
use crate::sending::carry_out;
use campaign::ChannelType;
use connector::{Connection, Fault, renewal};
use control::audit::{Entry, SYSTEM};
use control::secrets;
use platform::{Error, Param, Result, Statement, TenantDb, clock, random, settings};
use problem::Problem;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::sync::PoisonError;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use vault::Context;
use worker::{Delay, Env};

/// A token that ends sooner than this is renewed before it is used, ms: longer than a request may take.
const MARGIN_MS: i64 = 60_000;
/// How long somebody waits for a renewal that another began.
const PATIENCE: u32 = 200;
/// Between two looks at it.
const LOOK: Duration = Duration::from_millis(100);

/// Status of a channel that waits for a person to choose its account.
pub(super) const CHOOSING: &str = "choosing";

#[derive(Deserialize)]
struct Row {
    #[serde(rename = "type")]
    kind: ChannelType,
    status: String,
    credentials_sealed: String,
}

/// Seals a connection, or what one is to be chosen from, for its row.
pub(super) fn seal<T: Serialize>(env: &Env, tenant_id: &str, channel_id: &str, connection: &T) -> Result<String> {
    let text = serde_json::to_string(connection).map_err(|e| Error::corrupt("a connection", e))?;
    let purpose = secrets::channel_credentials(channel_id);
    let context = Context { tenant: tenant_id, purpose: &purpose };
    vault::seal(&settings::vault_key(env)?, random::bytes(), context, text.as_bytes())
        .map_err(|e| Error::corrupt("a connection", e))
}

/// Opens what [`seal`] closed.
pub(super) fn open<T: DeserializeOwned>(env: &Env, tenant_id: &str, channel_id: &str, sealed: &str) -> Result<T> {
    let purpose = secrets::channel_credentials(channel_id);
    let context = Context { tenant: tenant_id, purpose: &purpose };
    let text = vault::open(&settings::vault_key(env)?, context, sealed)
        .map_err(|e| Error::corrupt("a channel's credentials", e))?;
    serde_json::from_slice(&text).map_err(|e| Error::corrupt("a channel's credentials", e))
}

/// When a person has to connect again, UTC ms: what has a refresh token is renewed without one.
pub(super) fn lasts_until(connection: &Connection) -> Option<i64> {
    let credentials = &connection.credentials;
    credentials.expires_at.filter(|_| credentials.refresh_token.is_none())
}

/// The stored connection of a channel.
pub(super) async fn load(env: &Env, database: &TenantDb, channel_id: &str) -> Answered<(ChannelType, Connection)> {
    let sql = "SELECT type, status, credentials_sealed FROM channels WHERE tenant_id = ?1 AND id = ?2";
    let row: Option<Row> = database.first(sql, &[channel_id.into()]).await?;
    let Some(row) = row.filter(|row| row.status != "disconnected") else {
        return Err(Problem::conflict("the channel is disconnected; connect the account again").into());
    };
    if row.status == CHOOSING {
        return Err(Problem::conflict("the channel has no account yet; choose one of those the sign-in reaches").into());
    }
    let connection = open(env, database.tenant(), channel_id, &row.credentials_sealed)?;
    Ok((row.kind, connection))
}

/// The status a channel has after a fault.
pub(crate) const fn status_after(fault: &Fault) -> &'static str {
    match fault {
        Fault::Reauth { .. } | Fault::Disconnect { .. } => "needs_reauth",
        _ => "failing",
    }
}

/// Stores how a channel is.
pub(crate) async fn note_health(database: &TenantDb, channel_id: &str, status: &str, detail: &str) -> Result<()> {
    let now = clock::now_ms();
    let note = Statement::new(
        "UPDATE channels SET status = ?3, last_error = ?4, last_error_at = CASE ?4 WHEN '' THEN NULL ELSE ?5 END, \
         updated_at = ?5 WHERE tenant_id = ?1 AND id = ?2 AND status <> 'disconnected'",
        vec![channel_id.into(), status.into(), detail.into(), now.into()],
    );
    // Only a change of status is a change worth an entry; a sync that fails for the tenth time is none.
    let sql = "SELECT 1 AS one FROM channels WHERE tenant_id = ?1 AND id = ?2 AND status = ?3";
    let same: Option<serde_json::Value> = database.first(sql, &[channel_id.into(), status.into()]).await?;
    let entry = Entry {
        actor: SYSTEM.to_owned(),
        action: "channel.health",
        entity: format!("channel:{channel_id}"),
        before: None,
        after: Some(json!({ "status": status, "detail": detail })),
        at: now,
    };
    let entries = if same.is_some() { Vec::new() } else { vec![entry] };
    database.commit("the channel", &[note], &entries).await
}

impl Account {
    /// The connection, with a token that is good for a while.
    ///
    /// A renewal that failed for the moment is not repeated before its pause is over, however many ask meanwhile.
    pub(super) async fn access(&self, access: &Access) -> Answered<Accessed> {
        let database = TenantDb::new(&self.env, &access.tenant_id)?;
        let (_, connection) = load(&self.env, &database, &access.channel_id).await?;
        match self.renewed(&database, &access.channel_id, connection, access.refused.as_deref()).await? {
            Ok(connection) => Ok(Accessed::Ready { connection: Box::new(connection) }),
            Err(fault) => {
                note_health(&database, &access.channel_id, status_after(&fault), &fault.to_string()).await?;
                match renewal::again_at(&fault, 0, clock::now_ms()) {
                    Some(soon) => Ok(Accessed::Later {
                        at_ms: self.held_off().map_or(soon, |held| held.until_ms),
                        reason: fault.to_string(),
                    }),
                    None => Err(Problem::conflict(fault.to_string()).into()),
                }
            }
        }
    }

    /// The renewal that failed last, while it is too early to try again.
    fn held_off(&self) -> Option<HeldOff> {
        self.last_failure().filter(|held| held.until_ms > clock::now_ms())
    }

    fn last_failure(&self) -> Option<HeldOff> {
        self.held_off.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn hold_off(&self, held: Option<HeldOff>) {
        *self.held_off.lock().unwrap_or_else(PoisonError::into_inner) = held;
    }

    /// Forgets that a renewal failed: a person wants to know how it is now.
    pub(super) fn try_at_once(&self) {
        self.hold_off(None);
    }

    /// Notes how a renewal went, and until when none is to be tried.
    fn note_renewal(&self, fault: Option<&Fault>) {
        let failures = self.last_failure().map_or(0, |held| held.failures);
        self.hold_off(fault.and_then(|fault| {
            let until_ms = renewal::again_at(fault, failures, clock::now_ms())?;
            Some(HeldOff { until_ms, failures: failures.saturating_add(1), fault: fault.clone() })
        }));
    }

    /// The connection with its token renewed where that is due. Of several who need it one renews, the others wait:
    /// where refresh tokens work once, two renewals at a time would end the connection.
    pub(super) async fn renewed(
        &self,
        database: &TenantDb,
        channel_id: &str,
        connection: Connection,
        refused: Option<&str>,
    ) -> Answered<std::result::Result<Connection, Fault>> {
        let is_due = |connection: &Connection| {
            let credentials = &connection.credentials;
            let hash = hex::encode(Sha256::digest(credentials.access_token.as_bytes()));
            credentials.ends_within(MARGIN_MS, clock::now_ms()) || refused == Some(hash.as_str())
        };
        if !is_due(&connection) {
            return Ok(Ok(connection));
        }
        for _ in 0..PATIENCE {
            if let Some(held) = self.held_off() {
                return Ok(Err(held.fault));
            }
            if !self.renewing.swap(true, Relaxed) {
                let outcome = self.renew(database, channel_id).await;
                self.renewing.store(false, Relaxed);
                return outcome;
            }
            Delay::from(LOOK).await;
            let (_, connection) = load(&self.env, database, channel_id).await?;
            if !is_due(&connection) {
                return Ok(Ok(connection));
            }
        }
        Err(Error::unavailable("renewing a token", "another renewal did not end").into())
    }

    async fn renew(&self, database: &TenantDb, channel_id: &str) -> Answered<std::result::Result<Connection, Fault>> {
        // What is stored now: somebody may have renewed it since the caller looked.
        let (channel, mut connection) = load(&self.env, database, channel_id).await?;
        let provider = self.provider(channel.as_str())?;
        let fresh = carry_out(|answers| provider.refresh(&connection.credentials, answers, clock::now_ms())).await;
        self.note_renewal(fresh.as_ref().err());
        connection.credentials = match fresh {
            Ok(credentials) => credentials,
            Err(fault) => return Ok(Err(fault)),
        };
        let sealed = seal(&self.env, database.tenant(), channel_id, &connection)?;
        let keep = Statement::new(
            "UPDATE channels SET credentials_sealed = ?3, credentials_expire_at = ?4, updated_at = ?5 \
             WHERE tenant_id = ?1 AND id = ?2 AND status <> 'disconnected'",
            vec![channel_id.into(), Param::Text(sealed), lasts_until(&connection).into(), clock::now_ms().into()],
        );
        // A renewed token is the same connection: no entry for each, some would come every two minutes.
        database.transaction(&[keep]).await?;
        Ok(Ok(connection))
    }
}
