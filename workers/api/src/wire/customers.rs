//! What customers are worth: how it is asked for. The answer is crate `study`'s.

use ::study::customers::{Answer, Question};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::wire::studies::Study;

/// Which site.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CustomersQuery {
    /// Site key; the tenant's first site when missing.
    pub site: Option<String>,
}

/// What is to be computed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StudyCustomers {
    /// Site key; the tenant's first site when missing.
    #[serde(default)]
    pub site: Option<String>,
    /// Months ahead, 1 to 60; 12 when missing.
    #[serde(default)]
    pub months: Option<u32>,
    /// What money is worth less a year later: a fraction, 0 to 1; 0.1 when missing.
    #[serde(default)]
    pub discount_per_year: Option<f64>,
    /// How much the intervals are to hold: a fraction, 0.5 to 0.99; 0.8 when missing.
    #[serde(default)]
    pub level: Option<f64>,
}

/// The latest study of a site's customers, and the latest answer: that of an earlier one while another runs.
#[derive(Debug, Serialize, ToSchema)]
pub struct CustomersStudy {
    /// The latest study; null when there has been none.
    pub study: Option<Study>,
    /// When the answer was computed, UTC ms; null where there is none.
    pub computed_at: Option<i64>,
    /// What was asked; null where there is no answer.
    pub question: Option<Question>,
    /// The answer; null where there is none.
    pub answer: Option<Answer>,
}
