//! Limits on spending and on agents, and the kill switch.

use axum::Json;
use campaign::guard::{Autonomy as Level, Guardrails as Rails, MAX_ACT_BUDGET_CHANGE};
use campaign::{Event, check};
use control::audit::Entry;
use http::HeaderName;
use platform::campaigns::limits::{self, Limits};
use platform::campaigns::{self, Refusal};
use problem::{FieldError, Problem as Failure};
use serde_json::{Value, json};

use super::campaigns::by;
use crate::answer::Answer;
use crate::etag::{self, IfMatch};
use crate::extract::Form;
use crate::gate::Caller;
use crate::wire::guardrails::{Autonomy, Guardrails, GuardrailsForm, StopForm, Stopped};
use crate::wire::problem::Problem;

/// The most tokens a day that can be set.
const MAX_TOKENS: i64 = 1_000_000_000;
/// The longest reason, in characters.
const MAX_REASON: usize = 500;

/// Limits with their version as an ETag.
type Shown = ([(HeaderName, String); 1], Json<Guardrails>);

/// The tenant's limits; where it has set none, what holds until then, of version 0.
#[utoipa::path(
    get, path = "/guardrails", tag = "guardrails",
    responses((status = 200, body = Guardrails, headers(("ETag" = String, description = "The version"))), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_campaigns")), ("x-tool" = json!({ "name": "guardrails_get", "title": "Show spend caps, kill switch and autonomy", "effect": "read" })))
)]
#[worker::send]
pub async fn show_guardrails(caller: Caller) -> Answer<Shown> {
    shown(&caller).await
}

/// Replaces the tenant's limits; the kill switch stays as it is.
#[utoipa::path(
    put, path = "/guardrails", tag = "guardrails",
    params(("If-Match" = String, Header, description = "The ETag of the version this rests on")),
    request_body = GuardrailsForm,
    responses((status = 200, body = Guardrails, headers(("ETag" = String, description = "The version"))), (status = "default", description = "Any failure; 428 without If-Match, 412 when they have changed since", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("manage_guardrails")), ("x-caller" = json!("person")))
)]
#[worker::send]
pub async fn update_guardrails(caller: Caller, if_match: IfMatch, Form(form): Form<GuardrailsForm>) -> Answer<Shown> {
    let before = limits::load(&caller.database).await?;
    if_match.check(before.version, "the guardrails")?;
    let after = read(form, &before.guardrails)?;
    match store_limits(&caller, &before, &after, "guardrails.edit").await {
        Err(platform::Error::Stale { .. }) => return Err(etag::stale("the guardrails").into()),
        outcome => outcome?,
    }
    shown(&caller).await
}

/// Pulls the kill switch: nothing that can spend is asked of a provider any more, and every live campaign is paused.
#[utoipa::path(
    post, path = "/guardrails/stop", tag = "guardrails", request_body = StopForm,
    responses((status = 200, body = Stopped), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("stop_spending")), ("x-tool" = json!({ "name": "guardrails_stop", "title": "Stop all spending now", "effect": "write" })))
)]
#[worker::send]
pub async fn stop(caller: Caller, Form(form): Form<StopForm>) -> Answer<Json<Stopped>> {
    let reason = form.reason.trim();
    if reason.is_empty() || reason.chars().count() > MAX_REASON {
        return Err(Failure::invalid_field("/reason", format!("must have 1 to {MAX_REASON} characters")).into());
    }
    set_switch(&caller, true, reason, "guardrails.stop").await?;
    let mut paused = Vec::new();
    for id in campaigns::live_ids(&caller.database).await? {
        match pause(&caller, &id).await {
            Ok(()) => paused.push(id),
            // The switch is pulled; the cron Worker pauses what could not be paused now.
            Err(error) => {
                let tenant = caller.database.tenant();
                platform::log::error("api", tenant, "pausing a campaign behind the kill switch failed", &error);
            }
        }
    }
    let (_, Json(guardrails)) = shown(&caller).await?;
    Ok(Json(Stopped { guardrails, paused }))
}

/// Releases the kill switch. What was paused stays paused until somebody resumes it.
#[utoipa::path(
    post, path = "/guardrails/release", tag = "guardrails",
    responses((status = 200, body = Guardrails), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("manage_guardrails")), ("x-caller" = json!("person")))
)]
#[worker::send]
pub async fn release(caller: Caller) -> Answer<Shown> {
    set_switch(&caller, false, "", "guardrails.release").await?;
    shown(&caller).await
}

/// How often the switch is tried while somebody changes other limits.
const ATTEMPTS: usize = 4;

async fn set_switch(caller: &Caller, stopped: bool, reason: &str, action: &'static str) -> Answer<()> {
    for _ in 0..ATTEMPTS {
        let before = limits::load(&caller.database).await?;
        if before.guardrails.spending_stopped == stopped && before.guardrails.stopped_reason == reason {
            return Ok(());
        }
        let after = Rails { spending_stopped: stopped, stopped_reason: reason.to_owned(), ..before.guardrails.clone() };
        match store_limits(caller, &before, &after, action).await {
            Err(platform::Error::Stale { .. }) => {}
            outcome => return Ok(outcome?),
        }
    }
    Err(platform::Error::Stale { what: "the guardrails" }.into())
}

async fn store_limits(caller: &Caller, before: &Limits, after: &Rails, action: &'static str) -> platform::Result<()> {
    let entry = Entry {
        actor: caller.actor().to_owned(),
        action,
        entity: "guardrails".to_owned(),
        before: Some(told(&before.guardrails)),
        after: Some(told(after)),
        at: caller.now,
    };
    let statements = limits::store(after, before.version, caller.actor(), caller.now);
    caller.database.commit("the guardrails", &statements, &[entry]).await
}

fn told(rails: &Rails) -> Value {
    json!(rails)
}

async fn pause(caller: &Caller, id: &str) -> Result<(), Refusal> {
    let Some(stored) = campaigns::load(&caller.database, id).await? else { return Ok(()) };
    if stored.standing().after(Event::Pause).is_ok() {
        campaigns::pause(&caller.runtime.env, &caller.database, &stored, &by(caller)).await?;
    }
    Ok(())
}

fn read(form: GuardrailsForm, before: &Rails) -> Result<Rails, Failure> {
    let mut errors = Vec::new();
    for (field, cap) in [("/daily_cap", form.daily_cap), ("/campaign_daily_cap", form.campaign_daily_cap)] {
        if cap.is_some_and(|cap| !(0..=check::MAX_BUDGET).contains(&cap)) {
            let detail = format!("must be 0 to {} minor units, or null for no cap", check::MAX_BUDGET);
            errors.push(FieldError::new(field, detail));
        }
    }
    let currency = event::money::currency(&form.currency.to_uppercase()).unwrap_or_default().to_owned();
    if currency.is_empty() {
        errors.push(FieldError::new("/currency", format!("`{}` is no ISO 4217 code such as EUR", form.currency)));
    }
    if !(0.0..=MAX_ACT_BUDGET_CHANGE).contains(&form.act_budget_change) {
        errors.push(FieldError::new(
            "/act_budget_change",
            format!("must be a fraction from 0 to {MAX_ACT_BUDGET_CHANGE}"),
        ));
    }
    if !(0..=MAX_TOKENS).contains(&form.model_tokens_daily) {
        errors.push(FieldError::new("/model_tokens_daily", format!("must be 0 to {MAX_TOKENS}")));
    }
    if !errors.is_empty() {
        return Err(Failure::invalid(errors));
    }
    Ok(Rails {
        daily_cap: form.daily_cap,
        campaign_daily_cap: form.campaign_daily_cap,
        currency,
        autonomy: match form.autonomy {
            Autonomy::Observe => Level::Observe,
            Autonomy::Propose => Level::Propose,
            Autonomy::Act => Level::Act,
        },
        act_budget_change: form.act_budget_change,
        model_tokens_daily: form.model_tokens_daily,
        ..before.clone()
    })
}

async fn shown(caller: &Caller) -> Answer<Shown> {
    let limits = limits::load(&caller.database).await?;
    let rails = limits.guardrails;
    // No campaign has an empty id, so this leaves none out.
    let live_daily = limits::others_daily(&caller.database, "", &rails.currency).await?;
    let body = Guardrails {
        version: limits.version,
        spending_stopped: rails.spending_stopped,
        stopped_reason: rails.stopped_reason,
        daily_cap: rails.daily_cap,
        campaign_daily_cap: rails.campaign_daily_cap,
        currency: rails.currency,
        autonomy: match rails.autonomy {
            Level::Observe => Autonomy::Observe,
            Level::Propose => Autonomy::Propose,
            Level::Act => Autonomy::Act,
        },
        act_budget_change: rails.act_budget_change,
        model_tokens_daily: rails.model_tokens_daily,
        live_daily,
        updated_by: limits.updated_by,
        updated_at: limits.updated_at,
    };
    Ok((etag::of(limits.version), Json(body)))
}
