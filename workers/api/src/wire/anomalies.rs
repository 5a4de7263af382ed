//! Days on which a figure was not as usual.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use study::anomalies::{Day, Look, Mover, Shift};
use utoipa::{IntoParams, ToSchema};

/// Which anomalies.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AnomaliesQuery {
    /// Site key; the tenant's first site when missing.
    pub site: Option<String>,
    /// `open` (default), `dismissed` or `all`.
    pub status: Option<String>,
    /// Rows a page, 1 to 100, 50 by default.
    #[param(value_type = Option<i64>)]
    pub limit: Option<String>,
    /// Where the last page ended.
    pub cursor: Option<String>,
}

/// Where to look.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LookQuery {
    /// Site key; the tenant's first site when missing.
    pub site: Option<String>,
}

/// A day, or days in a row, on which a figure was not as usual.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnomalyRow {
    /// Stable id.
    pub id: String,
    /// Site key.
    pub site: String,
    /// Id of the metric.
    pub metric: String,
    /// `money` (minor units), `count`, `ratio` or `percent` (a fraction).
    pub unit: String,
    /// ISO 4217 code of amounts.
    pub currency: String,
    /// The first unusual day, `YYYY-MM-DD`, local.
    pub date: String,
    /// Unusual days in a row.
    pub days: i64,
    /// What that day came to, in the metric's unit.
    pub value: f64,
    /// What would have been usual.
    pub expected: f64,
    /// The least that would have been usual.
    pub lower: f64,
    /// The most that would have been usual.
    pub upper: f64,
    /// Robust standard deviations from the usual; negative below.
    pub score: f64,
    /// All of it in words.
    pub words: String,
    /// The change of level that began with it; null where there is none yet.
    #[schema(value_type = Option<Shift>)]
    pub shift: Value,
    /// What moved it, dimension by dimension, the most surprising first.
    #[schema(value_type = Vec<Mover>)]
    pub moved: Value,
    /// The days before and after, with their usual range.
    #[schema(value_type = Vec<Day>)]
    pub around: Value,
    /// `open` or `dismissed`.
    pub status: String,
    /// When it was found, UTC ms.
    pub found_at: i64,
    /// Who dismissed it; null while it is open.
    pub dismissed_by: Option<String>,
    /// When, UTC ms; null while it is open.
    pub dismissed_at: Option<i64>,
}

/// A page of anomalies, newest day first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Anomalies {
    /// The rows.
    pub rows: Vec<AnomalyRow>,
    /// Give this as `cursor` for the next page; null on the last.
    pub next_cursor: Option<String>,
    /// What was looked at last; null before the first look.
    #[schema(value_type = Option<Look>)]
    pub look: Value,
}
