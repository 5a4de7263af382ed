//! Studies that take longer than somebody waits: asked for, computed in steps, looked at when done.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Asked;

/// Which study.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// What customers are worth.
    Customers,
    /// What each channel brought, and how a budget is best divided.
    Mix,
}

impl Kind {
    /// As it is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customers => "customers",
            Self::Mix => "mix",
        }
    }
}

/// A study to compute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Id of its row.
    pub id: String,
    /// Which study.
    pub kind: Kind,
    /// The kind's question.
    pub asked: Asked<Value>,
}

/// What a step of a job came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Step {
    /// There is more to do.
    Again {
        /// What the next step goes on from.
        state: String,
        /// How much is done, 0 to 1.
        progress: f64,
        /// What it is at, for people.
        detail: String,
    },
    /// The answer, JSON.
    Done(String),
}
