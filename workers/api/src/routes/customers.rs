//! What customers are worth: asked for, computed in the science Worker, looked at here.

use ::study::customers::Question;
use axum::Json;
use axum::response::Response;
use calendar::DateRange;
use http::StatusCode;
use metrics::reports::attribution_orders;
use platform::study_object::Kind;
use platform::warehouse::Warehouse;
use problem::Problem as Failure;

use super::scope;
use crate::answer::{Answer, internal};
use crate::extract::{Form, Params};
use crate::gate::Caller;
use crate::study;
use crate::wire::customers::{CustomersQuery, CustomersStudy, StudyCustomers};
use crate::wire::problem::Problem;
use crate::wire::studies::Study;

/// The latest study of a site's customers: what they are worth with intervals, cohorts, segments by recency, frequency and
/// money, those worth most and those about to leave. Persons are named by the key they have in journeys.
#[utoipa::path(
    get, path = "/insights/customers", tag = "insights", params(CustomersQuery),
    responses((status = 200, body = CustomersStudy), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_analytics")), ("x-tool" = json!({ "name": "customers", "title": "Show what customers are worth", "effect": "read" })))
)]
#[worker::send]
pub async fn show_customers(caller: Caller, Params(query): Params<CustomersQuery>) -> Answer<Response> {
    let site = scope::site(&caller, query.site.as_deref()).await?;
    study::latest(&caller, &site, Kind::Customers).await
}

/// Begins a study of a site's customers. It takes seconds to minutes: `GET /insights/customers` says how far it is. 409
/// while one runs, and where nobody has bought yet.
#[utoipa::path(
    post, path = "/insights/customers", tag = "insights", request_body = StudyCustomers,
    responses((status = 202, body = Study), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("ask_questions")), ("x-tool" = json!({ "name": "customers_study", "title": "Compute what customers are worth", "effect": "write" })))
)]
#[worker::send]
pub async fn study_customers(caller: Caller, Form(form): Form<StudyCustomers>) -> Answer<(StatusCode, Json<Study>)> {
    let site = scope::site(&caller, form.site.as_deref()).await?;
    let usual = Question::default();
    let question = Question {
        months: form.months.unwrap_or(usual.months),
        discount_per_year: form.discount_per_year.unwrap_or(usual.discount_per_year),
        level: form.level.unwrap_or(usual.level),
    };
    question.check()?;
    // Without any order there is nothing to wait for.
    let zone = scope::zone(&site)?;
    let today = zone.local_day(caller.now);
    let range = DateRange::new(zone, today - ::study::customers::MOST_DAYS + 1, today).map_err(internal)?;
    let warehouse = Warehouse::open(&caller.runtime.env, &caller.database)?;
    let figures = scope::figures(&caller, &site);
    let first = attribution_orders::statement(&figures, &range, None, 1, warehouse.dialect());
    if warehouse.rows::<attribution_orders::Row>(&first).await?.is_empty() {
        let detail = "there are no orders yet; what customers are worth is learnt from their orders";
        return Err(Failure::conflict(detail).into());
    }
    let study = study::begin(&caller, site, Kind::Customers, &question).await?;
    Ok((StatusCode::ACCEPTED, Json(study)))
}
