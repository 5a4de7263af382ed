//! Planning: how the media mix is asked for and shown. Questions and answers are crate `study`'s.

use ::study::mix::{Answer, BoundsOf, By, Goal, Lift, Outcome, Question};
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

/// Starts a study. Everything has a default.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NewMix {
    /// Site key; the tenant's first site when missing.
    pub site: Option<String>,
    /// What counts; revenue when missing.
    pub outcome: Outcome,
    /// What the spend is told apart by; the channel group when missing.
    pub by: By,
    /// Most weeks of history; 156 when missing.
    #[schema(minimum = 26, maximum = 156)]
    pub weeks: usize,
    /// Days, `YYYY-MM-DD`, on which something was on that lifts the outcome, such as a sale.
    #[schema(max_items = 200)]
    pub promotions: Vec<String>,
    /// What experiments measured of channels, by which the fit is calibrated.
    #[schema(max_items = 200)]
    pub experiments: Vec<Lift>,
}

impl Default for NewMix {
    fn default() -> Self {
        let Question { outcome, by, weeks, promotions, experiments } = Question::default();
        Self { site: None, outcome, by, weeks, promotions, experiments }
    }
}

impl NewMix {
    /// Whose, and what is asked.
    #[must_use]
    pub fn into_question(self) -> (Option<String>, Question) {
        let Self { site, outcome, by, weeks, promotions, experiments } = self;
        (site, Question { outcome, by, weeks, promotions, experiments })
    }
}

/// Asks for a division of a week's money.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BudgetForm {
    /// Site key; the tenant's first site when missing.
    #[serde(default)]
    pub site: Option<String>,
    /// What is wanted.
    pub goal: Goal,
    /// Least and greatest spend of channels.
    #[serde(default)]
    pub bounds: Vec<BoundsOf>,
}
