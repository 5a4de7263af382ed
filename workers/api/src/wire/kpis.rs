//! KPIs.

use metrics::Figure;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::analytics::{Better, Unit};

/// Whose KPIs.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct KpisQuery {
    /// The site; the tenant's first one when absent.
    pub site: Option<String>,
}

/// A figure everybody asks for.
#[derive(Debug, Serialize, ToSchema)]
pub struct Kpi {
    /// Stable id.
    pub id: String,
    /// What to call it.
    pub title: String,
    /// The question it answers.
    pub question: String,
    /// What it says: the formula, which rows count, which days.
    pub definition: String,
    /// What it counts.
    pub unit: Unit,
    /// Which direction is good news.
    pub better: Better,
    /// Null for a ratio without divisor.
    #[schema(value_type = Option<f64>)]
    pub value: Option<Figure>,
    /// The same for as many days before.
    #[schema(value_type = Option<f64>)]
    pub previous: Option<Figure>,
    /// First day, `YYYY-MM-DD`.
    pub from: String,
    /// Last day; it belongs to the window.
    pub to: String,
    /// First day of what `previous` is of.
    pub previous_from: String,
    /// Last day of what `previous` is of.
    pub previous_to: String,
    /// The stored SQL that gave it.
    pub sql: String,
}

/// A site's KPIs.
#[derive(Debug, Serialize, ToSchema)]
pub struct Kpis {
    /// Currency of the amounts, ISO 4217.
    pub currency: String,
    /// Time zone of the days.
    pub time_zone: String,
    /// What the SQL was made for: it is made anew when this changes.
    pub schema_version: String,
    /// The KPIs, in the order people should see them.
    pub rows: Vec<Kpi>,
}
