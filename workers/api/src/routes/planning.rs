//! Planning: what each channel brought, how a budget is best divided, and which of several plans is the better one.

use ::study::mix::{Budget, BudgetQuestion, Question, Scenario, ScenarioQuestion};
use axum::Json;
use axum::response::Response;
use http::StatusCode;
use platform::study_object::{BUDGET, Kind, MIX_READY, SCENARIO};

use super::scope;
use crate::answer::Answer;
use crate::extract::{Form, Params};
use crate::gate::Caller;
use crate::study;
use crate::wire::planning::{MixStudy, PlanningQuery};
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
/// Promotions and experiments are those of the question alone: take the last study's along to keep them.
#[utoipa::path(
    post, path = "/planning/mix", tag = "planning", params(PlanningQuery), request_body = Question,
    responses((status = 202, body = Study), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("run_agents")), ("x-tool" = json!({ "name": "mix_compute", "title": "Compute the media mix", "effect": "write" })))
)]
#[worker::send]
pub async fn compute_mix(
    caller: Caller,
    Params(query): Params<PlanningQuery>,
    Form(question): Form<Question>,
) -> Answer<(StatusCode, Json<Study>)> {
    question.check()?;
    let site = scope::site(&caller, query.site.as_deref()).await?;
    study::ask(&caller, site.clone(), MIX_READY, &question).await?;
    Ok((StatusCode::ACCEPTED, Json(study::begin(&caller, site, Kind::Mix, &question).await?)))
}

/// The best division of a weekly budget, by the media mix computed last.
#[utoipa::path(
    post, path = "/planning/budget", tag = "planning", params(PlanningQuery), request_body = BudgetQuestion,
    responses((status = 200, body = Budget), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_analytics")), ("x-tool" = json!({ "name": "budget_divide", "title": "Divide a weekly budget", "effect": "read" })))
)]
#[worker::send]
pub async fn divide_budget(
    caller: Caller,
    Params(query): Params<PlanningQuery>,
    Form(question): Form<BudgetQuestion>,
) -> Answer<Response> {
    question.check()?;
    let site = scope::site(&caller, query.site.as_deref()).await?;
    study::ask(&caller, site, BUDGET, &question).await
}

/// Two to five plans for the weeks to come side by side, by the media mix computed last: what each would bring, and what
/// more than the first with the interval and the probability of that.
#[utoipa::path(
    post, path = "/planning/scenario", tag = "planning", params(PlanningQuery), request_body = ScenarioQuestion,
    responses((status = 200, body = Scenario), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_analytics")), ("x-tool" = json!({ "name": "scenario_compare", "title": "Compare spending plans", "effect": "read" })))
)]
#[worker::send]
pub async fn compare_plans(
    caller: Caller,
    Params(query): Params<PlanningQuery>,
    Form(question): Form<ScenarioQuestion>,
) -> Answer<Response> {
    question.check()?;
    let site = scope::site(&caller, query.site.as_deref()).await?;
    study::ask(&caller, site, SCENARIO, &question).await
}
