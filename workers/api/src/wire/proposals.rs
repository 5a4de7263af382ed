//! What agents propose.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// Which proposals.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ProposalsQuery {
    /// open (the default), accepted, dismissed or all.
    pub status: Option<String>,
    /// Only those about this campaign.
    pub campaign_id: Option<String>,
    /// Rows, 1 to 200, 50 by default.
    #[param(value_type = Option<i64>)]
    pub limit: Option<String>,
}

/// One proposal.
#[derive(Debug, Serialize, ToSchema)]
pub struct Proposal {
    /// Stable id.
    pub id: String,
    /// Site key.
    pub site: String,
    /// The run that made it.
    pub run_id: String,
    /// The campaign it is about; empty for a new one or none.
    pub campaign_id: String,
    /// campaign, creatives, flags, budgets, rotation or report.
    pub kind: String,
    /// A headline.
    pub title: String,
    /// What it proposes, by kind: `document` and `reasons`; `ad_sets`; `flags`; `shifts`; `ads`; and `told` in words.
    pub payload: BTreeMap<String, Value>,
    /// open, accepted or dismissed.
    pub status: String,
    /// The request for approval it became; empty for none.
    pub approval_id: String,
    /// UTC ms.
    pub created_at: i64,
    /// A user's id, `agent:<name>` where the agent requested it by itself, `system` for reports; empty while open.
    pub decided_by: String,
    /// UTC ms.
    pub decided_at: Option<i64>,
}

/// Proposals, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Proposals {
    /// The rows.
    pub rows: Vec<Proposal>,
}

/// What an accepted proposal became.
#[derive(Debug, Serialize, ToSchema)]
pub struct Accepted {
    /// The campaign it made or changed.
    pub campaign_id: Option<String>,
    /// The request for approval that somebody else now decides on; null where none is needed yet.
    pub approval_id: Option<String>,
}
