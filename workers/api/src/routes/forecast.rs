//! Forecasts of the catalog's metrics, with their backtest.

use ::study::Grain;
use ::study::forecast::{Answer as Forecast, Question};
use axum::response::Response;
use platform::study_object::FORECAST;

use super::scope;
use crate::answer::Answer;
use crate::extract::{Params, one_of, whole_number};
use crate::gate::Caller;
use crate::study;
use crate::wire::forecast::ForecastQuery;
use crate::wire::problem::Problem;

/// A metric's coming days or weeks: the forecast with its intervals, and how it would have done before.
#[utoipa::path(
    get, path = "/forecast", tag = "planning", params(ForecastQuery),
    responses((status = 200, body = Forecast), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_analytics")), ("x-tool" = json!({ "name": "forecast", "title": "Forecast a metric", "effect": "read" })))
)]
#[worker::send]
pub async fn forecast(caller: Caller, Params(query): Params<ForecastQuery>) -> Answer<Response> {
    let site = scope::site(&caller, query.site.as_deref()).await?;
    let (grain, default, most) = match one_of("gran", query.gran.as_deref(), "d", &["d", "w"])? {
        "w" => (Grain::Week, 13, 52),
        _ => (Grain::Day, 28, 180),
    };
    let horizon = whole_number("horizon", query.horizon.as_deref(), default, 1..=most)?;
    let days = query.promotions.as_deref().unwrap_or_default().split(',').map(str::trim);
    let question = Question {
        metric: query.metric.unwrap_or_else(|| "revenue".to_owned()),
        grain,
        horizon: usize::try_from(horizon).unwrap_or(1),
        promotions: days.filter(|day| !day.is_empty()).map(str::to_owned).collect(),
    };
    study::ask(&caller, site, FORECAST, question).await
}
