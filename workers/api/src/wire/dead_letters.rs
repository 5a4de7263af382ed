//! Messages that failed for good.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// Which dead letters.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DeadLettersQuery {
    /// open (the default), replayed, dismissed or all.
    pub status: Option<String>,
    /// Rows, 1 to 200, 50 by default.
    #[param(value_type = Option<i64>)]
    pub limit: Option<String>,
}

/// One message that failed for good.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeadLetter {
    /// Stable id.
    pub id: String,
    /// What it was for: `agent-runs`, …
    pub queue: String,
    /// The message.
    pub message: BTreeMap<String, Value>,
    /// Why it failed, in words.
    pub reason: String,
    /// How often it was tried.
    pub attempts: i64,
    /// UTC ms.
    pub failed_at: i64,
    /// open, replayed or dismissed.
    pub status: String,
    /// Who replayed or dismissed it; empty while open.
    pub decided_by: String,
    /// UTC ms.
    pub decided_at: Option<i64>,
}

/// Dead letters, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeadLetters {
    /// The rows.
    pub rows: Vec<DeadLetter>,
}
