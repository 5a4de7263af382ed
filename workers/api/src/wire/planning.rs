//! Planning: how the media mix is shown. Questions, which are the bodies of the requests, and answers are crate `study`'s.

use ::study::mix::{Answer, Question};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::studies::Study;

/// Which site.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PlanningQuery {
    /// Site key; the tenant's first site when missing.
    pub site: Option<String>,
}

/// The latest media mix study, and the latest answer: what was computed last stands while another runs.
#[derive(Debug, Serialize, ToSchema)]
pub struct MixStudy {
    /// The latest study; null before the first.
    pub study: Option<Study>,
    /// When the answer was computed, UTC ms; null without one.
    pub computed_at: Option<i64>,
    /// What was asked; null without an answer.
    pub question: Option<Question>,
    /// What was found; null without an answer.
    pub answer: Option<Answer>,
}
