//! Forecasts: how they are asked for. The answer is crate `study`'s.

use serde::Deserialize;
use utoipa::IntoParams;

/// Which figure, and how far ahead.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ForecastQuery {
    /// Site key; the tenant's first site when missing.
    pub site: Option<String>,
    /// Id of a metric of the catalog; `revenue` when missing.
    pub metric: Option<String>,
    /// `d` for days (the default) or `w` for weeks.
    pub gran: Option<String>,
    /// Periods ahead, 1 to 180 days or 1 to 52 weeks; 28 days or 13 weeks when missing.
    pub horizon: Option<String>,
    /// Days of promotion, past and coming: `YYYY-MM-DD`, separated by commas.
    pub promotions: Option<String>,
}
