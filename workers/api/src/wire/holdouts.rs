//! Incrementality tests: a channel switched off, and what that showed.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use study::holdouts::Design;
use utoipa::{IntoParams, ToSchema};

/// A new test.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewHoldout {
    /// The site it runs on; the tenant's first site when missing.
    pub site: Option<String>,
    /// For people, 1 to 120 characters.
    pub name: String,
    /// What is switched off, where and when.
    pub design: Design,
}

/// A test.
#[derive(Debug, Serialize, ToSchema)]
pub struct Holdout {
    /// Stable id.
    pub id: String,
    /// Site key.
    pub site: String,
    /// For people.
    pub name: String,
    /// `planned`, `running`, `ended` (over, its result not taken yet), `done` (its result counts) or `stopped`.
    pub status: String,
    /// What is switched off, where and when.
    #[schema(value_type = Design)]
    pub design: Value,
    /// What it showed, once done; null before.
    #[schema(value_type = Option<study::holdouts::Readout>)]
    pub readout: Value,
    /// Why nothing can be said so far; null where something can, or no day is over.
    pub unreadable: Option<String>,
    /// UTC ms.
    pub created_at: i64,
    /// When it was done or stopped, UTC ms; null before.
    pub ended_at: Option<i64>,
}

/// All tests of a site, the one that begins last first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Holdouts {
    /// The rows.
    pub rows: Vec<Holdout>,
}

/// Which tests.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HoldoutsQuery {
    /// Site key; the tenant's first site when absent.
    pub site: Option<String>,
}
