//! What an answer means for whoever asked: one classification for every provider.

use crate::http::{Answer, Effect, Response};
use serde::{Deserialize, Serialize};

/// What came of a request: the value, or what is to be done instead.
pub type Outcome<T> = Result<T, Fault>;

/// Why there is no value, sorted by what is to be done. Texts are for people and name no secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fault {
    /// Nothing took effect; ask again.
    #[error("{reason}")]
    Retry {
        /// How long the provider wants us to wait, in ms; `None` when it does not say.
        after_ms: Option<i64>,
        /// What it said.
        reason: String,
    },
    /// The access token is not accepted: refresh it; when that fails, a person has to connect again.
    #[error("{reason}")]
    Reauth {
        /// What it said.
        reason: String,
    },
    /// The account is closed, or this app or user may no longer use it.
    #[error("{reason}")]
    Disconnect {
        /// What it said.
        reason: String,
    },
    /// What was sent is refused; sent again it would be refused again.
    #[error("{message}")]
    FixInput {
        /// Which part, in the provider's own words; empty when it does not say.
        field: String,
        /// The rule, by the provider's own code.
        rule: String,
        /// What is wrong and what to do.
        message: String,
    },
    /// The API version we speak is gone: no request will work before an update of this program.
    #[error("{reason}")]
    VersionSunset {
        /// What it said.
        reason: String,
    },
    /// It may or may not have taken effect.
    #[error("{reason}")]
    Ambiguous {
        /// What happened.
        reason: String,
    },
    /// Something by that name is there already: read back.
    #[error("{reason}")]
    Exists {
        /// What it said.
        reason: String,
    },
    /// What was addressed is not there (any more).
    #[error("{reason}")]
    Gone {
        /// What it said.
        reason: String,
    },
}

impl Fault {
    /// A refusal of what was sent.
    #[must_use]
    pub fn fix(field: &str, rule: &str, message: impl Into<String>) -> Self {
        Self::FixInput { field: field.to_owned(), rule: rule.to_owned(), message: message.into() }
    }

    /// A request to ask again.
    #[must_use]
    pub fn retry(after_ms: Option<i64>, reason: impl Into<String>) -> Self {
        Self::Retry { after_ms, reason: reason.into() }
    }
}

/// What is the same everywhere: lost answers and server errors. `Ok` hands on an answer the provider has to read
/// itself (2xx, 3xx and 4xx but 429).
///
/// A lost answer or a 5xx leaves open whether a request took effect. For what may be repeated that does not matter.
///
/// # Errors
/// [`Fault::Ambiguous`] for [`Effect::Once`], [`Fault::Retry`] otherwise.
pub fn common(provider: &str, answer: &Answer, effect: Effect) -> Outcome<Response> {
    let unsure = |reason: String| match effect {
        Effect::Once => Err(Fault::Ambiguous { reason }),
        Effect::Read | Effect::Repeatable => Err(Fault::Retry { after_ms: None, reason }),
    };
    match answer {
        Err(error) => unsure(format!("{provider} did not answer: {error}")),
        // Refused at the door, before anything was carried out.
        Ok(response) if response.status == 429 => Err(Fault::Retry {
            after_ms: retry_after_ms(response),
            reason: format!("{provider} asks us to send less often (HTTP 429)"),
        }),
        Ok(response) if response.status >= 500 || response.status == 408 => {
            let reason = format!("{provider} failed to answer (HTTP {})", response.status);
            match (effect, retry_after_ms(response)) {
                (Effect::Read | Effect::Repeatable, after_ms) => Err(Fault::Retry { after_ms, reason }),
                (Effect::Once, _) => unsure(reason),
            }
        }
        Ok(response) => Ok(response.clone()),
    }
}

/// `Retry-After` in ms; only its form in seconds (RFC 9110 §10.2.3), which every provider here uses.
#[must_use]
pub fn retry_after_ms(response: &Response) -> Option<i64> {
    let seconds: f64 = response.header("retry-after")?.trim().parse().ok()?;
    (0.0..=86_400.0).contains(&seconds).then_some((seconds * 1000.0).ceil() as i64)
}
