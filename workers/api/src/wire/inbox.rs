//! Events that were refused.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which refused events.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct InboxQuery {
    /// Only this site's.
    pub site: Option<String>,
    /// `open` (default), `replayed`, `dismissed` or `all`.
    pub status: Option<String>,
    /// Rows a page, 1 to 200, 50 by default.
    #[param(value_type = Option<i64>)]
    pub limit: Option<String>,
    /// Where the last page ended.
    pub cursor: Option<String>,
}

/// A refused event.
#[derive(Debug, Serialize, ToSchema)]
pub struct InboxRow {
    /// Stable id.
    pub id: String,
    /// Site key.
    pub site: String,
    /// Who refused it: collect, connector or import.
    pub source: String,
    /// The field at fault.
    pub field: String,
    /// What was wrong.
    pub reason: String,
    /// What was sent.
    pub payload: String,
    /// When, UTC ms.
    pub received_at: i64,
    /// open, replayed or dismissed.
    pub status: String,
}

/// A page of refused events, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Inbox {
    /// The rows.
    pub rows: Vec<InboxRow>,
    /// Give this as `cursor` for the next page; null on the last.
    pub next_cursor: Option<String>,
}

/// How a replay went.
#[derive(Debug, Serialize, ToSchema)]
pub struct InboxReplay {
    /// `replayed`, or `open` when it was refused again.
    pub status: String,
    /// In words.
    pub detail: String,
}
