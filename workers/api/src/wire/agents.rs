//! Agents and what they found.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// A run to start.
#[derive(Debug, Deserialize, ToSchema)]
pub struct RunRequest {
    /// Which agent: `analyst`.
    pub agent: String,
    /// What it shall look at.
    #[serde(default)]
    #[schema(required = false)]
    pub context: RunContext,
}

/// What an agent shall look at.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
pub struct RunContext {
    /// First day, YYYY-MM-DD; six days before `to` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Last day, YYYY-MM-DD; yesterday when absent, because a day that still runs looks like a fall.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Site key; the tenant's first site when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
}

/// Which runs.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RunsQuery {
    /// Rows, 1 to 200, 50 by default.
    #[param(value_type = Option<i64>)]
    pub limit: Option<String>,
}

/// One run of an agent.
#[derive(Debug, Serialize, ToSchema)]
pub struct Run {
    /// Stable id.
    pub id: String,
    /// Which agent.
    pub agent: String,
    /// queued, running, succeeded or failed.
    pub status: String,
    /// What it was asked.
    pub input: BTreeMap<String, Value>,
    /// What it found; null until it succeeded.
    pub output: Option<RunOutput>,
    /// More about the status.
    pub detail: String,
    /// UTC ms.
    pub created_at: i64,
    /// UTC ms.
    pub started_at: Option<i64>,
    /// UTC ms.
    pub ended_at: Option<i64>,
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
pub struct Finding {
    /// In one line.
    pub headline: String,
    /// In a few.
    pub detail: String,
    /// The metric it is about.
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
