//! What a check found in a creative or a campaign: the one shape of preflight rules, brand rules and policy checks.

use serde::{Deserialize, Serialize};

/// One thing a check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The rule's stable name, `meta.headline.length`.
    pub rule: String,
    /// How grave.
    pub severity: Severity,
    /// Where, as a JSON pointer into the campaign's document: `/ad_sets/0/ads/1/creative/headlines/0`.
    pub field: String,
    /// What is wrong and what to do, for a person.
    pub message: String,
    /// Where the rule comes from: a document or address.
    pub source: String,
}

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth a look; shown, nothing more.
    Notice,
    /// Likely to be cut off or to do badly.
    Warning,
    /// The provider refuses it, or the law or a policy forbids it: the campaign cannot be submitted.
    Blocking,
}
