//! Who changed what.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// Which page of the log.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// Rows a page, 1 to 200, 50 by default.
    #[param(value_type = Option<i64>)]
    pub limit: Option<String>,
    /// Where the last page ended.
    pub cursor: Option<String>,
}

/// A page of the log, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Audit {
    /// The rows.
    pub rows: Vec<AuditRow>,
    /// Give this as `cursor` for the next page; null on the last.
    pub next_cursor: Option<String>,
}

/// One change.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditRow {
    /// Its place in the tenant's chain: 1-based, without gaps.
    pub number: i64,
    /// SHA-256 over the entry and the hash before it, hex; empty for entries older than the chain.
    pub hash: String,
    /// Stable id.
    pub id: String,
    /// Who: a user's id, `key:<id>`, `agent:<name>`, `policy` or `system`.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// To what, kind and id.
    pub entity: String,
    /// How it was, where that matters.
    #[schema(required = false)]
    pub before: Value,
    /// How it became.
    #[schema(required = false)]
    pub after: Value,
    /// UTC ms.
    pub at: i64,
}

/// Whether the log is as it was written.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditVerified {
    /// Entries that were looked at.
    pub entries: i64,
    /// Whether every one of them follows from the one before.
    pub holds: bool,
    /// The number of the first entry that does not; null when all do.
    pub broken_at: Option<i64>,
    /// What is wrong there; null when nothing is.
    pub reason: Option<String>,
}
