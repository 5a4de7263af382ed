//! The only way to call a Bandit object: its binding, its name, its paths and the bodies that cross.

use crate::error::{Error, Result};
use crate::object;
use bandit::{Arm, Config};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use worker::Env;

/// Name of the binding.
pub const BINDING: &str = "BANDITS";
/// Takes a [`Begin`]; answers 204. Begun again, it takes the new thresholds and keeps what is known.
pub const BEGIN: &str = "/begin";
/// Takes a [`Decide`]; answers a [`Decision`].
pub const DECIDE: &str = "/decide";
/// Takes a [`Reward`]; answers 204.
pub const REWARD: &str = "/reward";
/// Takes an [`End`]; answers a [`Figures`], the last. Its storage is gone then.
pub const END: &str = "/end";
/// Takes a [`Look`]; answers a [`Figures`].
pub const LOOK: &str = "/look";

/// The object's name: one an experiment. The length of what precedes makes it unambiguous whatever the parts hold.
#[must_use]
pub fn name(tenant_id: &str, experiment_id: &str) -> String {
    object::name(tenant_id, experiment_id)
}

/// An experiment begins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Begin {
    /// Owner.
    pub tenant_id: String,
    /// Experiment.
    pub experiment_id: String,
    /// Keys of its variants, in order.
    pub variants: Vec<String>,
    /// When a variant is paused and when one wins.
    pub config: Config,
}

/// A visitor is here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decide {
    /// The visitor.
    pub visitor: String,
}

/// What the visitor is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Variant; `None` when the experiment has not begun or shows none.
    pub variant: Option<String>,
}

/// Visitors did what counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reward {
    /// Each with when, UTC ms.
    pub visitors: Vec<(String, i64)>,
}

/// The experiment ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {}

/// How does it stand?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {}

/// How it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// Its variants.
    pub arms: Vec<Arm>,
}

/// Calls an experiment's object and reads its answer.
///
/// # Errors
/// [`Error::Unavailable`] when the object did not do it.
pub async fn ask<T: Serialize, A: DeserializeOwned>(
    env: &Env,
    tenant_id: &str,
    experiment_id: &str,
    path: &str,
    body: &T,
) -> Result<A> {
    let answer = object::call(env, BINDING, &name(tenant_id, experiment_id), path, body).await?;
    match answer.status {
        204 => serde_json::from_str("null").map_err(|e| Error::corrupt("answer of a bandit object", e)),
        200 => serde_json::from_str(&answer.body).map_err(|e| Error::corrupt("answer of a bandit object", e)),
        status => Err(Error::unavailable("a bandit object", format!("answered {status}: {}", answer.body))),
    }
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn names_of_different_experiments_never_meet() {
        assert_ne!(name("a/b", "c"), name("a", "b/c"));
    }
}
