//! Stock: how it is asked for. The answers are crate `study`'s.

use ::study::stock::{Answer, Terms};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::studies::Study;

/// Which variants, under which terms. Terms that are missing are those of the site.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct StockQuery {
    /// Site key; the tenant's first site when missing.
    pub site: Option<String>,
    /// Days from order to arrival, 0 to 180.
    pub lead_days: Option<String>,
    /// Days between two orders, 1 to 90.
    pub review_days: Option<String>,
    /// How often there is to be enough: a fraction, 0.5 to 0.999.
    pub service_level: Option<String>,
    /// What one order costs whatever its size, minor units.
    pub order_cost: Option<String>,
    /// What holding stock costs a year: a fraction of its cost, 0.01 to 2.
    pub holding_rate: Option<String>,
    /// Part of a product's, variant's or vendor's name, or of a SKU.
    pub q: Option<String>,
    /// `all` (the default), `order`, `runs_out`, `dead`, `unknown` or `left_out`.
    pub show: Option<String>,
    /// `risk` (the default), `product`, `on_hand`, `demand`, `cover`, `reorder_point`, `order_now` or `value`; each begins
    /// with what wants looking at first.
    pub sort: Option<String>,
    /// `true` turns the order round.
    pub reverse: Option<String>,
    /// Rows of a page, 1 to 200; 50 when missing.
    pub limit: Option<String>,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// The latest study of a site's stock, and the answer of the one done last.
#[derive(Debug, Serialize, ToSchema)]
pub struct StockStudy {
    /// The latest study; null before the first.
    pub study: Option<Study>,
    /// When the answer's forecasts were computed, UTC ms; null without one.
    pub computed_at: Option<i64>,
    /// How the site's shop orders.
    pub terms: Terms,
    /// What runs out and what to order; null without an answer.
    pub answer: Option<Answer>,
}

/// Starts a study.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStock {
    /// Site key; the tenant's first site when missing.
    #[serde(default)]
    pub site: Option<String>,
    /// Days ahead; 60 when missing.
    #[serde(default)]
    #[schema(minimum = 14, maximum = 180)]
    pub horizon_days: Option<usize>,
}

/// Whose forecast.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct StockForecastQuery {
    /// Site key; the tenant's first site when missing.
    pub site: Option<String>,
    /// The `id` or `product_id` of a row of `GET /planning/stock`; `rest` for what is not forecast one by one; `shop`, the
    /// default, for all.
    pub of: Option<String>,
}

/// How a site's shop orders.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StockTermsForm {
    /// Site key; the tenant's first site when missing.
    #[serde(default)]
    pub site: Option<String>,
    /// Days from order to arrival.
    #[schema(minimum = 0, maximum = 180)]
    pub lead_days: i64,
    /// Days between two orders.
    #[schema(minimum = 1, maximum = 90)]
    pub review_days: i64,
    /// How often there is to be enough: a fraction.
    #[schema(minimum = 0.5, maximum = 0.999)]
    pub service_level: f64,
    /// What one order costs whatever its size, minor units; null where orders are not to be made larger for it.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 100000000)]
    pub order_cost: Option<i64>,
    /// What holding stock costs a year: a fraction of its cost; 0.25 when missing.
    #[serde(default)]
    #[schema(minimum = 0.01, maximum = 2.0)]
    pub holding_rate: Option<f64>,
}
