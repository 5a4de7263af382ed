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
    /// Stable id.
    pub id: String,
    /// Who: a user's id.
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
