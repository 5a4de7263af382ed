//! Agents, their runs and what they found.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::proposals::Proposal;

/// An agent that can be run.
#[derive(Debug, Serialize, ToSchema)]
pub struct Agent {
    /// Its stable name.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// What it does, in a sentence.
    pub about: String,
    /// JSON Schema (2020-12) of what `context` may hold beside `site`.
    pub input_schema: BTreeMap<String, Value>,
    /// What whoever starts it must be allowed.
    pub permission: String,
}

/// Every agent.
#[derive(Debug, Serialize, ToSchema)]
pub struct Agents {
    /// The rows, in the order of a campaign's way.
    pub rows: Vec<Agent>,
}

/// A run to start.
#[derive(Debug, Deserialize, ToSchema)]
pub struct RunRequest {
    /// Which agent, by name; `GET /agents` lists them.
    pub agent: String,
    /// What it shall look at: `site` (the tenant's first when absent), `context_id` to group runs, and the agent's own
    /// input as `GET /agents` describes it, such as `campaign_id`.
    #[serde(default)]
    #[schema(required = false)]
    pub context: BTreeMap<String, Value>,
}

/// Which runs.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RunsQuery {
    /// Only runs about this campaign.
    pub campaign_id: Option<String>,
    /// Only this agent's.
    pub agent: Option<String>,
    /// Only runs that are queued, running, succeeded, failed or cancelled.
    pub status: Option<String>,
    /// Only runs of this conversation.
    pub context_id: Option<String>,
    /// Rows, 1 to 200, 50 by default.
    #[param(value_type = Option<i64>)]
    pub limit: Option<String>,
}

/// From where a stream goes on.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct StreamQuery {
    /// The number of the last event seen; 0 when absent. `Last-Event-ID` says the same.
    #[param(value_type = Option<i64>)]
    pub after: Option<String>,
}

/// One run of an agent.
#[derive(Debug, Serialize, ToSchema)]
pub struct Run {
    /// Stable id.
    pub id: String,
    /// Which agent.
    pub agent: String,
    /// Site key.
    pub site: String,
    /// queued, running, succeeded, failed or cancelled.
    pub status: String,
    /// What it was asked.
    pub input: BTreeMap<String, Value>,
    /// What it found, in words; null until it succeeded.
    pub output: Option<RunOutput>,
    /// More about the status: why it failed, or who cancelled it.
    pub detail: String,
    /// The campaign it is about; empty for none.
    pub campaign_id: String,
    /// The conversation it belongs to; empty for none.
    pub context_id: String,
    /// Who asked for it: a user's id, `key:<id>` or `system`.
    pub requested_by: String,
    /// The language model that answered last; empty when none was asked.
    pub model: String,
    /// Tokens read by models that cost something.
    pub tokens_in: i64,
    /// Tokens written by them.
    pub tokens_out: i64,
    /// What they cost, in millionths of a US dollar.
    pub cost_micros: i64,
    /// Steps that failed and were tried again, or ended it.
    pub attempts: i64,
    /// UTC ms.
    pub created_at: i64,
    /// UTC ms.
    pub started_at: Option<i64>,
    /// UTC ms.
    pub ended_at: Option<i64>,
}

/// A run with what happened in it and what it proposes.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunDetail {
    /// The run.
    #[serde(flatten)]
    pub run: Run,
    /// What happened, in order. Pieces of a model's text are in the live stream only.
    pub events: Vec<RunEvent>,
    /// What it proposes.
    pub proposals: Vec<Proposal>,
}

/// One thing that happened in a run.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunEvent {
    /// Its number in the run, rising; the live stream's `id`.
    pub number: i64,
    /// started, need, data, model_call, text_delta (streams only), model_answer, guard, retry, proposal, acted, and last
    /// one of succeeded, failed and cancelled.
    pub r#type: String,
    /// What belongs to the type.
    pub data: BTreeMap<String, Value>,
    /// UTC ms.
    pub at: i64,
}

/// All runs, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Runs {
    /// The rows.
    pub rows: Vec<Run>,
}

/// What a run found.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct RunOutput {
    /// A headline.
    pub title: String,
    /// A paragraph.
    pub summary: String,
    /// What stands out, the gravest first.
    pub findings: Vec<Finding>,
    /// Every figure quoted, with the question that gives it.
    pub figures: Vec<Figure>,
}

/// One thing that stands out.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = RunFinding)] // `Finding` is what a check finds in a campaign.
pub struct Finding {
    /// In one line.
    pub headline: String,
    /// In a few.
    pub detail: String,
    /// The metric it is about; empty for none.
    pub metric: String,
    /// Now.
    #[serde(default)]
    pub value: Option<f64>,
    /// Before.
    #[serde(default)]
    pub previous: Option<f64>,
    /// The relative change, a fraction.
    #[serde(default)]
    pub change: Option<f64>,
    /// How grave.
    pub severity: String,
}

/// A quoted figure.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct Figure {
    /// The metric.
    pub metric: String,
    /// Its value.
    #[serde(default)]
    pub value: Option<f64>,
    /// money, count, ratio or percent.
    pub unit: String,
    /// The API question that answers it.
    pub query: String,
}
