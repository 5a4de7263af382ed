//! Requests for approval.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::campaigns::{Diff, Document};

/// Which requests.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ApprovalsQuery {
    /// Only this site's.
    pub site: Option<String>,
    /// `pending` (default), `approved`, `rejected`, `void` or `all`.
    pub status: Option<String>,
    /// Only of this campaign.
    pub campaign_id: Option<String>,
}

/// A request for approval: what would become different, and who decided.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Approval {
    /// Stable id.
    pub id: String,
    /// Site key.
    pub site: String,
    /// campaign, or change of one that is live.
    pub kind: String,
    /// The campaign.
    pub campaign_id: String,
    /// The campaign's name when this was requested.
    pub title: String,
    /// Why it is wanted.
    pub reason: String,
    /// pending, approved, rejected or void.
    pub status: String,
    /// Hash of the document that would be live; send it back with the decision.
    pub snapshot_hash: String,
    /// A user's id, `key:<id>` or `agent:<name>`.
    pub requested_by: String,
    /// The user's name; empty for others.
    pub requested_by_name: String,
    /// The agent run that proposed it; empty for none.
    pub run_id: String,
    /// UTC ms.
    pub requested_at: i64,
    /// A user's id or `policy`; empty while pending.
    pub decided_by: String,
    /// The user's name; empty for others.
    pub decided_by_name: String,
    /// UTC ms.
    pub decided_at: Option<i64>,
    /// What whoever decided said.
    pub comment: String,
    /// ISO 4217 of the amounts.
    pub currency: String,
    /// What would become different.
    pub diff: Diff,
    /// Whether the caller may decide now.
    pub may_decide: bool,
    /// Why the caller may not, in words; empty where they may.
    pub why_not: String,
}

/// Requests, newest first; at most 200.
#[derive(Debug, Serialize, ToSchema)]
pub struct Approvals {
    /// The rows.
    pub rows: Vec<Approval>,
}

/// A request with the whole document it froze.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApprovalDetail {
    /// The request.
    #[serde(flatten)]
    pub approval: Approval,
    /// What would be live.
    pub document: Document,
}

/// A yes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApproveForm {
    /// Hash of the document you looked at: the request's `snapshot_hash`.
    pub snapshot_hash: String,
    /// Anything to add, at most 2000 characters.
    #[serde(default)]
    pub comment: String,
}

/// A no.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RejectForm {
    /// Why, for whoever requested it; 1 to 2000 characters.
    pub comment: String,
}
