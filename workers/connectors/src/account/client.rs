//! Calling an account's object from within this script: its token, its budget, and requests sent under both.

use super::super::sending;
use crate::app;
use campaign::ChannelType;
use connector::{Answer, Connection, Effect, Provider, Request, Response};
use platform::account_object::{self, AccountError};
use platform::{Error, Result, TenantDb, clock};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use worker::Env;

pub(super) const ACCESS: &str = "/access";
pub(super) const ADMIT: &str = "/admit";
pub(super) const OBSERVE: &str = "/observe";

/// Asks for the connection, with a token that is good for a while.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Access {
    pub(super) tenant_id: String,
    pub(super) channel_id: String,
    /// SHA-256 of a token that the provider refused, hex: that one is renewed whatever its end.
    pub(super) refused: Option<String>,
}

/// What came of asking for the connection. A refusal is a problem instead.
#[derive(Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(super) enum Accessed {
    /// It can be used.
    Ready { connection: Box<Connection> },
    /// Its token could not be renewed for the moment.
    Later {
        /// When to ask again, UTC ms.
        at_ms: i64,
        /// In words, for people.
        reason: String,
    },
}

/// Asks whether a request may go.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Admit {
    pub(super) channel: ChannelType,
    pub(super) purpose: String,
    pub(super) writes: bool,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Admitted {
    /// UTC ms; `None` for now.
    pub(super) wait_until_ms: Option<i64>,
}

/// Tells what the provider said about its limits.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Observe {
    pub(super) channel: ChannelType,
    pub(super) purpose: String,
    pub(super) response: Response,
}

/// A connected account, ready to be spoken to.
pub(crate) struct Line<'a> {
    env: &'a Env,
    name: String,
    tenant_id: String,
    channel_id: String,
    pub(crate) channel: ChannelType,
    pub(crate) provider: Box<dyn Provider>,
    pub(crate) connection: Connection,
}

/// Why there is no line.
pub(crate) enum NoLine {
    /// In words, for people.
    Refused(String),
    /// There will be one by itself: the token could not be renewed for the moment.
    Later {
        /// When to ask again, UTC ms.
        at_ms: i64,
        /// In words, for people.
        reason: String,
    },
    Platform(Error),
}

impl From<AccountError> for NoLine {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Refused(problem) => Self::Refused(problem.detail),
            AccountError::Platform(error) => Self::Platform(error),
        }
    }
}

#[derive(Deserialize)]
struct Row {
    #[serde(rename = "type")]
    kind: ChannelType,
}

/// Opens a line to a channel's account.
pub(crate) async fn line<'a>(
    env: &'a Env,
    database: &TenantDb,
    channel_id: &str,
) -> std::result::Result<Line<'a>, NoLine> {
    let row: Option<Row> = database
        .first("SELECT type FROM channels WHERE tenant_id = ?1 AND id = ?2", &[channel_id.into()])
        .await
        .map_err(NoLine::Platform)?;
    let Some(Row { kind: channel }) = row else {
        return Err(NoLine::Refused("the channel is not there any more".to_owned()));
    };
    let provider = app::speak(env, channel)
        .ok_or_else(|| NoLine::Refused(format!("this deployment has no app of {}", channel.as_str())))?;
    let tenant_id = database.tenant().to_owned();
    let name = account_object::name(&tenant_id, channel_id);
    let access = Access { tenant_id: tenant_id.clone(), channel_id: channel_id.to_owned(), refused: None };
    let connection = connection(env, &name, &access).await?;
    Ok(Line { env, name, tenant_id, channel_id: channel_id.to_owned(), channel, provider, connection })
}

async fn connection(env: &Env, name: &str, access: &Access) -> std::result::Result<Connection, NoLine> {
    match account_object::ask(env, name, ACCESS, access).await? {
        Accessed::Ready { connection } => Ok(*connection),
        Accessed::Later { at_ms, reason } => Err(NoLine::Later { at_ms, reason }),
    }
}

impl Line<'_> {
    /// Gets a new token after the provider refused the one we have.
    pub(crate) async fn renew(&mut self) -> std::result::Result<(), NoLine> {
        let refused = hex::encode(Sha256::digest(self.connection.credentials.access_token.as_bytes()));
        let access =
            Access { tenant_id: self.tenant_id.clone(), channel_id: self.channel_id.clone(), refused: Some(refused) };
        self.connection = connection(self.env, &self.name, &access).await?;
        Ok(())
    }

    /// Until when a request has to wait, UTC ms; `None` when it may go now. What may go is counted as gone.
    pub(crate) async fn admitted(&self, request: &Request) -> Result<Option<i64>> {
        let admit =
            Admit { channel: self.channel, purpose: request.purpose.clone(), writes: request.effect != Effect::Read };
        match account_object::ask::<_, Admitted>(self.env, &self.name, ADMIT, &admit).await {
            Ok(admitted) => Ok(admitted.wait_until_ms.filter(|until| *until > clock::now_ms())),
            Err(AccountError::Platform(error)) => Err(error),
            Err(AccountError::Refused(problem)) => Err(Error::unavailable("an account object", problem.detail)),
        }
    }

    /// Sends a request that was admitted, and tells the account's object what the answer says about limits.
    pub(crate) async fn send(&self, request: &Request) -> Answer {
        let answer = sending::send(request).await;
        if let Ok(response) = &answer
            && says_something_about_limits(response)
        {
            let observe =
                Observe { channel: self.channel, purpose: request.purpose.clone(), response: response.clone() };
            let told: std::result::Result<(), AccountError> =
                account_object::ask(self.env, &self.name, OBSERVE, &observe).await;
            if let Err(AccountError::Platform(error)) = told {
                platform::log::error("connectors", &self.tenant_id, "an account's limits were not noted", &error);
            }
        }
        answer
    }
}

fn says_something_about_limits(response: &Response) -> bool {
    let named =
        |name: &str| ["usage", "ratelimit", "rate-limit", "retry-after", "throttle"].iter().any(|p| name.contains(p));
    !response.is_success() || response.headers.iter().any(|(name, _)| named(&name.to_ascii_lowercase()))
}
