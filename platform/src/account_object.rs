//! The only way to call an Account object from outside its script: its binding, its name, its paths and the bodies that
//! cross. A refusal is a problem document the caller may show.

use crate::error::{Error, Result};
use crate::object;
use problem::Problem;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use worker::Env;

/// Name of the binding.
pub const BINDING: &str = "ACCOUNTS";
/// Takes a [`Catalogue`]; answers a list of [`ProviderStatus`].
pub const PROVIDERS: &str = "/providers";
/// Takes a [`Begin`]; answers a [`Begun`].
pub const BEGIN: &str = "/begin";
/// Takes a [`Finish`]; answers a [`Connected`]. The channel is stored then.
pub const FINISH: &str = "/finish";
/// Takes a [`Choose`]; answers a [`Connected`]. The channel has its account then.
pub const CHOOSE: &str = "/choose";
/// Takes a [`Subject`]; asks the provider who we are and stores the health; answers a [`Health`].
pub const TEST: &str = "/test";
/// Takes a [`Disconnect`]; the credentials are gone then; answers 204.
pub const DISCONNECT: &str = "/disconnect";

/// The object's name: one a connected account.
#[must_use]
pub fn name(tenant_id: &str, channel_id: &str) -> String {
    object::name(tenant_id, channel_id)
}

/// Asks what providers this deployment can connect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalogue {}

/// A provider as this deployment is set up for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderStatus {
    /// `meta`, …
    pub channel_type: String,
    /// For people.
    pub name: String,
    /// `oauth` or `key`.
    pub auth: String,
    /// Whether our app is known to the provider here.
    pub configured: bool,
    /// Whether it leads to the practice provider.
    pub practice: bool,
    /// The API version spoken.
    pub version: String,
    /// What it can do: `publish`, `budgets`, `insights`, `email`.
    pub capabilities: Vec<String>,
}

/// Begins a sign-in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begin {
    /// Owner.
    pub tenant_id: String,
    /// `meta`, …
    pub channel_type: String,
    /// Where the provider sends the browser back.
    pub redirect_uri: String,
    /// Comes back with it.
    pub state: String,
    /// PKCE code verifier; only its challenge leaves us.
    pub verifier: String,
}

/// Where the browser goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begun {
    /// The provider's consent page.
    pub authorize_url: String,
}

/// Ends a sign-in, or takes a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finish {
    /// Owner.
    pub tenant_id: String,
    /// The channel to be.
    pub channel_id: String,
    /// The site it serves.
    pub site: String,
    /// The site's currency, ISO 4217.
    pub currency: String,
    /// `meta`, …
    pub channel_type: String,
    /// Who connects it.
    pub actor: String,
    /// What the provider or the person gave.
    pub grant: Grant,
}

/// What a provider or a person gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Grant {
    /// An OAuth code.
    Code {
        /// It works once.
        code: String,
        /// PKCE verifier.
        verifier: String,
        /// As at the beginning.
        redirect_uri: String,
    },
    /// An API key.
    Key {
        /// The key.
        key: String,
    },
}

/// Says which of the accounts a sign-in reaches it is to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choose {
    /// Owner.
    pub tenant_id: String,
    /// The channel that waits.
    pub channel_id: String,
    /// The site's currency, ISO 4217.
    pub currency: String,
    /// The account's id at the provider.
    pub account_id: String,
    /// Who chose.
    pub actor: String,
}

/// A connected account, or one that waits to be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connected {
    /// The channel: an older one when the same account was connected before.
    pub channel_id: String,
}

/// Which account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// Owner.
    pub tenant_id: String,
    /// Channel.
    pub channel_id: String,
}

/// How an account is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// `connected`, `needs_reauth` or `failing`.
    pub status: String,
    /// In words; empty when all is well.
    pub detail: String,
}

/// Who ends a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disconnect {
    /// Owner.
    pub tenant_id: String,
    /// Channel.
    pub channel_id: String,
    /// Who.
    pub actor: String,
}

/// An object did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// It said why, for the caller to read.
    #[error("{}", .0.detail)]
    Refused(Box<Problem>),
    /// It did not answer, or not in words.
    #[error(transparent)]
    Platform(#[from] Error),
}

/// Asks an Account object and reads its answer.
///
/// # Errors
/// [`AccountError::Refused`] with the object's problem for a 4xx, [`AccountError::Platform`] otherwise.
pub async fn ask<T: Serialize, A: DeserializeOwned>(
    env: &Env,
    name: &str,
    path: &str,
    body: &T,
) -> std::result::Result<A, AccountError> {
    let answer = object::call(env, BINDING, name, path, body).await?;
    let text = if answer.status == 204 { "null" } else { answer.body.as_str() };
    match answer.status {
        200..=299 => read(text).map_err(AccountError::Platform),
        400..=499 => Err(AccountError::Refused(Box::new(read(text)?))),
        status => Err(Error::unavailable("an account object", format!("answered {status}: {}", answer.body)).into()),
    }
}

fn read<A: DeserializeOwned>(text: &str) -> Result<A> {
    serde_json::from_str(text).map_err(|e| Error::corrupt("answer of an account object", e))
}

#[cfg(test)]
mod tests {
    use super::{Finish, Grant, name};

    #[test]
    fn names_of_different_accounts_never_meet() {
        assert_ne!(name("a/b", "c"), name("a", "b/c"));
    }

    #[test]
    fn the_bodies_that_cross_are_pinned() {
        let finish = Finish {
            tenant_id: "t".to_owned(),
            channel_id: "c".to_owned(),
            site: "s".to_owned(),
            currency: "EUR".to_owned(),
            channel_type: "meta".to_owned(),
            actor: "u".to_owned(),
            grant: Grant::Key { key: "k".to_owned() },
        };
        assert_eq!(
            serde_json::to_string(&finish).unwrap(),
            r#"{"tenant_id":"t","channel_id":"c","site":"s","currency":"EUR","channel_type":"meta","actor":"u","grant":{"kind":"key","key":"k"}}"#
        );
    }
}
