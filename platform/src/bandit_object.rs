//! The only way to call a Bandit object: its binding, its name, its paths and the bodies that cross.

use crate::error::{Error, Result};
use crate::object;
use bandit::contextual::Feature;
use bandit::replay::Evaluation;
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

/// Takes a [`Look`]; answers a [`Report`].
pub const REPORT: &str = "/report";
/// Takes a [`Compare`]; answers a [`Cases`]. For an experiment with a context.
pub const CASES: &str = "/cases";

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
    /// What the experiment's context is read from; none where it has no context.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Seen>,
}

/// What is known of a visitor who is here. The object reads the features it looks at and keeps nothing else of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The browser's `User-Agent`.
    pub user_agent: String,
    /// ISO 3166-1 alpha-2 country from the edge; empty if unknown.
    pub country: String,
    /// Address of the page.
    pub page: String,
    /// Where they came from.
    pub referrer: String,
    /// Whether they had been here before this visit.
    pub returning: bool,
    /// Hour of the day on the site's clock, 0 to 23.
    pub hour: u8,
}

/// What the visitor is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Variant; `None` when the experiment has not begun or shows none.
    pub variant: Option<String>,
    /// Proof that this visitor was shown it, to be sent back with what they do; `None` with it. Only the object can make
    /// and check one: its key never leaves its storage.
    #[serde(default)]
    pub exposure: Option<String>,
}

/// Visitors did what counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reward {
    /// Who.
    pub visitors: Vec<Rewarded>,
}

/// A visitor did what counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rewarded {
    /// The visitor.
    pub visitor: String,
    /// When, UTC ms.
    pub at: i64,
    /// Proofs of exposure the event carried ([`Decision::exposure`]), separated by spaces: those of other experiments and
    /// forged ones are passed over. Empty for none.
    pub exposure: String,
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

/// How it stands, at length.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Its variants, in order.
    pub arms: Vec<Standing>,
    /// Logged decisions that are old enough to know what came of them, and were evaluated.
    pub settled: u64,
    /// Logged decisions that are too young.
    pub unsettled: u64,
    /// What other policies would have brought.
    pub policies: Vec<Policy>,
    /// Which variant whom; empty where the experiment has no context.
    #[serde(default)]
    pub segments: Vec<Segment>,
}

/// Visitors who have one level of a feature in common.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// The feature.
    pub feature: Feature,
    /// Its level.
    pub level: String,
    /// How many they are, those who may still convert counted in part.
    pub visitors: f64,
    /// Of each variant, in order, what it brings them.
    pub arms: Vec<Expected>,
}

/// What a variant is expected to bring a visitor of a segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Expected {
    /// Rewards a visitor.
    pub rate: f64,
    /// Bounds that hold 95 %.
    pub low: f64,
    /// See `low`.
    pub high: f64,
    /// Probability that it is the best for them among the variants shown; none for one that is not.
    pub p_best: Option<f64>,
}

/// A variant, and what is known of it beside its counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// Its counts.
    pub arm: Arm,
    /// Exposures, pending visitors counted as far as they are known not to convert.
    pub trials: f64,
    /// Conversions that are still to come from those who were shown it.
    pub awaited: f64,
    /// Its share of the visitors who come next, a fraction.
    pub share: f64,
    /// Probability that it is the best among the variants shown; `None` for one that is not.
    pub p_best: Option<f64>,
    /// What showing it instead of the best costs, in points of the rate.
    pub expected_loss: Option<f64>,
    /// Decisions for it since probabilities are kept.
    pub decided: u64,
    /// The sum of the probabilities it had at all decisions since then: what `decided` is expected to be.
    pub expected: f64,
}

/// What a policy would have brought.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// Key of the variant that alone is shown; `None` for all evenly.
    pub only: Option<String>,
    /// What it would have brought.
    pub evaluation: Evaluation,
}

/// What came of two variants, by context?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compare {
    /// Key of the variant the other is held against.
    pub control: String,
    /// Key of the other.
    pub treated: String,
}

/// What came of two variants, over the logged decisions that are old enough to know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cases {
    /// The levels seen, each with its column.
    pub levels: Vec<(usize, Feature, String)>,
    /// Visitors counted by context, variant and conversion.
    pub counts: Vec<CaseCount>,
    /// Decisions for the two that are too young.
    pub unsettled: u64,
    /// Visitors left out because their contexts are the rarest of too many.
    pub left_out: u64,
    /// Decisions, for any variant, that are no longer kept.
    pub forgotten: u64,
}

/// Visitors of one context who were shown one variant, and did or did not convert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaseCount {
    /// The context's columns.
    pub columns: Vec<usize>,
    /// Whether they were shown the variant, and not the control.
    pub treated: bool,
    /// Whether they converted.
    pub converted: bool,
    /// How many.
    pub visitors: u64,
    /// Sum of their weights: one over the probability of their decision, cut as when policies are evaluated.
    pub weight: f64,
    /// Sum of the squares.
    pub squares: f64,
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
