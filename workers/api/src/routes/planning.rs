//! Planning: what each channel brought, and how a budget is best divided.

use ::study::mix::{Budget, BudgetQuestion};
use axum::Json;
use axum::response::Response;
use http::StatusCode;
use platform::study_object::{BUDGET, Kind, MIX_READY};

use super::scope;
use crate::answer::Answer;
use crate::extract::{Form, Params};
use crate::gate::Caller;
use crate::study;
use crate::wire::planning::{BudgetForm, MixStudy, NewMix, PlanningQuery};
use crate::wire::problem::Problem;
use crate::wire::studies::Study;

/// The media mix: what each channel's money brought, with response curves; how far a running study is.
#[utoipa::path(
    get, path = "/planning/mix", tag = "planning", params(PlanningQuery),
    responses((status = 200, body = MixStudy), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_analytics")), ("x-tool" = json!({ "name": "mix_show", "title": "Show the media mix", "effect": "read" })))
)]
#[worker::send]
pub async fn show_mix(caller: Caller, Params(query): Params<PlanningQuery>) -> Answer<Response> {
    let site = scope::site(&caller, query.site.as_deref()).await?;
    study::latest(&caller, &site, Kind::Mix).await
}

/// Computes the media mix anew, which takes a minute or so. 409 while one is computed, and where too little is known.
#[utoipa::path(
    post, path = "/planning/mix", tag = "planning", request_body = NewMix,
    responses((status = 202, body = Study), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("run_agents")), ("x-tool" = json!({ "name": "mix_compute", "title": "Compute the media mix", "effect": "write" })))
)]
#[worker::send]
pub async fn compute_mix(caller: Caller, Form(form): Form<NewMix>) -> Answer<(StatusCode, Json<Study>)> {
    let (site, question) = form.into_question();
    question.check()?;
    let site = scope::site(&caller, site.as_deref()).await?;
    study::ask(&caller, site.clone(), MIX_READY, &question).await?;
    Ok((StatusCode::ACCEPTED, Json(study::begin(&caller, site, Kind::Mix, &question).await?)))
}

/// The best division of a weekly budget, by the media mix computed last.
#[utoipa::path(
    post, path = "/planning/budget", tag = "planning", request_body = BudgetForm,
    responses((status = 200, body = Budget), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_analytics")), ("x-tool" = json!({ "name": "budget_divide", "title": "Divide a weekly budget", "effect": "read" })))
)]
#[worker::send]
pub async fn divide_budget(caller: Caller, Form(form): Form<BudgetForm>) -> Answer<Response> {
    let question = BudgetQuestion { goal: form.goal, bounds: form.bounds };
    question.check()?;
    let site = scope::site(&caller, form.site.as_deref()).await?;
    study::ask(&caller, site, BUDGET, &question).await
}
