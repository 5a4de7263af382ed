//! Stock: forecasts by variant, computed in the science Worker; what runs out and what to order under the site's terms.

use ::study::stock::{Ask, Forecast, MOST_LEAD, MOST_REVIEW, MOST_ROWS, Question, Show, Sort, Terms};
use axum::Json;
use axum::response::Response;
use control::audit::Entry;
use http::StatusCode;
use platform::study_object::{Kind, STOCK_FORECAST};
use problem::Problem as Failure;
use serde_json::json;

use super::scope;
use crate::answer::Answer;
use crate::extract::{Form, Params, number, one_of, whole_number};
use crate::gate::Caller;
use crate::store;
use crate::study;
use crate::wire::problem::Problem;
use crate::wire::stock::{NewStock, StockForecastQuery, StockQuery, StockStudy, StockTermsForm};
use crate::wire::studies::Study;

/// What runs out first and what to order now, by variant: days of cover, the chance to run out before an order placed today
/// arrives, the stock at which to order. Forecasts are of the study done last; terms that are asked for are answered at
/// once.
#[utoipa::path(
    get, path = "/planning/stock", tag = "planning", params(StockQuery),
    responses((status = 200, body = StockStudy), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_analytics")), ("x-tool" = json!({ "name": "stock_show", "title": "Show stock and what to order", "effect": "read" })))
)]
#[worker::send]
pub async fn show_stock(caller: Caller, Params(query): Params<StockQuery>) -> Answer<Response> {
    let site = scope::site(&caller, query.site.as_deref()).await?;
    let usual = store::stock::terms(&caller.database, &site.key).await?;
    let ask = ask(query, &usual)?;
    study::stock(&caller, site, usual, ask).await
}

/// Forecasts the stock anew, which takes seconds to minutes: `GET /planning/stock` says how far it is. 409 while it is
/// computed, and where no orders were imported.
#[utoipa::path(
    post, path = "/planning/stock", tag = "planning", request_body = NewStock,
    responses((status = 202, body = Study), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("run_agents")), ("x-tool" = json!({ "name": "stock_compute", "title": "Compute stock forecasts", "effect": "write" })))
)]
#[worker::send]
pub async fn compute_stock(caller: Caller, Form(form): Form<NewStock>) -> Answer<(StatusCode, Json<Study>)> {
    let question = form.horizon_days.map_or_else(Question::default, |horizon_days| Question { horizon_days });
    question.check()?;
    let site = scope::site(&caller, form.site.as_deref()).await?;
    if !store::stock::has_orders(&caller.database, &site.key).await? {
        let detail = "no orders are imported yet; stock is learnt from Shopify's exports of orders and products";
        return Err(Failure::conflict(detail).into());
    }
    Ok((StatusCode::ACCEPTED, Json(study::begin(&caller, site, Kind::Stock, &question).await?)))
}

/// What a variant, a product or the whole shop sold and is expected to sell, with the range of each day and what it
/// consists of: the parts add up.
#[utoipa::path(
    get, path = "/planning/stock/forecast", tag = "planning", params(StockForecastQuery),
    responses((status = 200, body = Forecast), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_analytics")), ("x-tool" = json!({ "name": "stock_forecast", "title": "Forecast a variant's, a product's or the shop's units", "effect": "read" })))
)]
#[worker::send]
pub async fn forecast_stock(caller: Caller, Params(query): Params<StockForecastQuery>) -> Answer<Response> {
    let site = scope::site(&caller, query.site.as_deref()).await?;
    study::ask(&caller, site, STOCK_FORECAST, query.of.unwrap_or_else(|| "shop".to_owned())).await
}

/// Sets how the site's shop orders: what its stock is judged by from now on.
#[utoipa::path(
    put, path = "/planning/stock/settings", tag = "planning", request_body = StockTermsForm,
    responses((status = 200, body = Terms), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("run_agents")), ("x-tool" = json!({ "name": "stock_terms_set", "title": "Set lead time, days between orders and service level", "effect": "write" })))
)]
#[worker::send]
pub async fn set_stock_terms(caller: Caller, Form(form): Form<StockTermsForm>) -> Answer<Json<Terms>> {
    let terms = Terms {
        lead_days: form.lead_days,
        review_days: form.review_days,
        service_level: form.service_level,
        order_cost: form.order_cost,
        holding_rate: form.holding_rate.unwrap_or(Terms::default().holding_rate),
    };
    terms.check("/")?;
    let site = scope::site(&caller, form.site.as_deref()).await?;
    let before = store::stock::terms(&caller.database, &site.key).await?;
    let entry = Entry {
        actor: caller.actor().to_owned(),
        action: "stock.terms",
        entity: format!("site:{}", site.key),
        before: Some(json!(before)),
        after: Some(json!(terms)),
        at: caller.now,
    };
    let statement = store::stock::store(&site.key, &terms, caller.actor(), caller.now)?;
    caller.database.commit("the stock terms", &[statement], &[entry]).await?;
    Ok(Json(terms))
}

fn ask(query: StockQuery, usual: &Terms) -> Result<Ask, Failure> {
    let whole = |field, text: Option<&str>, usual, least, most| whole_number(field, text, usual, least..=most);
    let order_cost = query.order_cost.as_deref().map(|text| whole("order_cost", Some(text), 0, 1, 100_000_000));
    let terms = Terms {
        lead_days: whole("lead_days", query.lead_days.as_deref(), usual.lead_days, 0, MOST_LEAD)?,
        review_days: whole("review_days", query.review_days.as_deref(), usual.review_days, 1, MOST_REVIEW)?,
        service_level: number("service_level", query.service_level.as_deref())?.unwrap_or(usual.service_level),
        order_cost: order_cost.transpose()?.or(usual.order_cost),
        holding_rate: number("holding_rate", query.holding_rate.as_deref())?.unwrap_or(usual.holding_rate),
    };
    terms.check("")?;
    let words = ["all", "order", "runs_out", "dead", "unknown", "left_out"];
    let show = match one_of("show", query.show.as_deref(), "all", &words)? {
        "order" => Show::Order,
        "runs_out" => Show::RunsOut,
        "dead" => Show::Dead,
        "unknown" => Show::Unknown,
        "left_out" => Show::LeftOut,
        _ => Show::All,
    };
    let words = ["risk", "product", "on_hand", "demand", "cover", "reorder_point", "order_now", "value"];
    let sort = match one_of("sort", query.sort.as_deref(), "risk", &words)? {
        "product" => Sort::Product,
        "on_hand" => Sort::OnHand,
        "demand" => Sort::Demand,
        "cover" => Sort::Cover,
        "reorder_point" => Sort::ReorderPoint,
        "order_now" => Sort::OrderNow,
        "value" => Sort::Value,
        _ => Sort::Risk,
    };
    let limit = whole("limit", query.limit.as_deref(), 50, 1, MOST_ROWS)?;
    Ok(Ask {
        terms,
        search: query.q.unwrap_or_default(),
        show,
        sort,
        reverse: one_of("reverse", query.reverse.as_deref(), "false", &["true", "false"])? == "true",
        limit: usize::try_from(limit).unwrap_or(1),
        cursor: query.cursor,
    })
}
