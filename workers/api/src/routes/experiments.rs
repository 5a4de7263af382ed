//! Experiments: set up, started, stopped; and the question a page asks, which variant to show.

use ::study::experiment::{Plan, PlanQuestion, Policies, Policy, Readout, ReadoutQuestion, Standing};
use axum::Json;
use axum::response::{IntoResponse, Response};
use bandit::{Config, MAX_ARMS, MIN_ARMS};
use control::Origins;
use control::audit::Entry;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, ORIGIN, VARY};
use http::{HeaderMap, HeaderValue, StatusCode};
use platform::bandit_object::{self, Begin, Decide, Decision, End, Figures, Look, Report};
use platform::study_object::{EXPERIMENT_PLAN, EXPERIMENT_READOUT};
use platform::{Error, TenantDb, directory, random};
use problem::{FieldError, Problem as Failure};
use serde_json::{Value, json};

use super::scope;
use crate::answer::{Answer, internal};
use crate::extract::{Form, Params, Segment};
use crate::gate::{Caller, Visitor};
use crate::store::experiments::{self as store, ExperimentRecord, VariantRecord};
use crate::study;
use crate::wire::experiments::{
    DecideQuery, Decided, Experiment, Experiments, ExperimentsQuery, NewExperiment, Thresholds, Variant,
};
use crate::wire::problem::Problem;

/// The longest key, in characters.
const MAX_KEY: usize = 64;
/// The longest name or hypothesis, in characters.
const MAX_TEXT: usize = 500;
/// The largest payload, in bytes.
const MAX_PAYLOAD: usize = 8 * 1024;
/// The longest visitor id, in bytes: the collector's own limit.
const MAX_VISITOR: usize = 128;

/// The experiments, newest first.
#[utoipa::path(
    get, path = "/experiments", tag = "experiments", params(ExperimentsQuery),
    responses((status = 200, body = Experiments), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_experiments")), ("x-tool" = json!({ "name": "experiments_list", "title": "List experiments", "effect": "read" })))
)]
#[worker::send]
pub async fn list_experiments(caller: Caller, Params(query): Params<ExperimentsQuery>) -> Answer<Json<Experiments>> {
    let site = match query.site.as_deref() {
        Some(key) => scope::site(&caller, Some(key)).await?.key,
        None => String::new(),
    };
    let records = store::all(&caller.database, &site).await?;
    let ids: Vec<&str> = records.iter().map(|record| record.id.as_str()).collect();
    let variants = store::variants(&caller.database, &ids).await?;
    let rows = records
        .into_iter()
        .map(|record| {
            let own = variants.iter().filter(|variant| variant.experiment_id == record.id).cloned().collect();
            shown(record, own)
        })
        .collect::<Answer<_>>()?;
    Ok(Json(Experiments { rows }))
}

/// One experiment; while it runs, with the counts of this moment.
#[utoipa::path(
    get, path = "/experiments/{id}", tag = "experiments", params(("id" = String, Path, description = "Experiment id")),
    responses((status = 200, body = Experiment), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_experiments")), ("x-tool" = json!({ "name": "experiments_get", "title": "Show an experiment", "effect": "read" })))
)]
#[worker::send]
pub async fn show_experiment(caller: Caller, Segment(id): Segment) -> Answer<Json<Experiment>> {
    let record = find(&caller, &id).await?;
    let mut variants = store::variants(&caller.database, &[&id]).await?;
    if record.status == "running" {
        let figures: Figures =
            bandit_object::ask(&caller.runtime.env, &caller.session.tenant_id, &id, bandit_object::LOOK, &Look {})
                .await?;
        for arm in figures.arms {
            if let Some(variant) = variants.iter_mut().find(|variant| variant.key == arm.key) {
                variant.exposures = i64::try_from(arm.exposures).unwrap_or(i64::MAX);
                variant.rewards = i64::try_from(arm.rewards).unwrap_or(i64::MAX);
                arm.status.as_str().clone_into(&mut variant.status);
            }
        }
    }
    Ok(Json(shown(record, variants)?))
}

/// Sets an experiment up, as a draft.
#[utoipa::path(
    post, path = "/experiments", tag = "experiments", request_body = NewExperiment,
    responses((status = 201, body = Experiment), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("edit_experiments")), ("x-tool" = json!({ "name": "experiments_create", "title": "Set up an experiment", "effect": "write" })))
)]
#[worker::send]
pub async fn create_experiment(
    caller: Caller,
    Form(form): Form<NewExperiment>,
) -> Answer<(StatusCode, Json<Experiment>)> {
    let site = scope::site(&caller, form.site.as_deref()).await?;
    let config = check(&form)?;
    if store::by_key(&caller.database, &site.key, &form.key).await?.is_some() {
        let detail = format!("the site has an experiment `{}` already; choose another key", form.key);
        return Err(Failure::invalid_field("/key", detail).into());
    }
    let record = ExperimentRecord {
        id: random::uuid(),
        site: site.key,
        key: form.key,
        name: form.name.trim().to_owned(),
        hypothesis: form.hypothesis.trim().to_owned(),
        campaign_id: form.campaign_id,
        metric: form.metric,
        surface: form.surface,
        bandit_cfg_json: serde_json::to_string(&config).map_err(internal)?,
        status: "draft".to_owned(),
        winner: String::new(),
        created_at: caller.now,
        started_at: None,
        ended_at: None,
    };
    let variants: Vec<VariantRecord> = form
        .variants
        .into_iter()
        .map(|variant| VariantRecord {
            experiment_id: record.id.clone(),
            key: variant.key,
            name: variant.name,
            payload: if variant.payload.is_null() { "{}".to_owned() } else { variant.payload.to_string() },
            status: "active".to_owned(),
            exposures: 0,
            rewards: 0,
            probability_best: None,
            expected_loss: None,
            detail: String::new(),
        })
        .collect();
    let entry = entry(
        &caller,
        "experiment.create",
        &record.id,
        json!({
            "key": record.key, "metric": record.metric,
            "variants": variants.iter().map(|variant| &variant.key).collect::<Vec<_>>(),
        }),
    );
    let statements = store::insert(&record, caller.actor(), &variants);
    caller.database.commit("the experiment", &statements, &[entry]).await?;
    Ok((StatusCode::CREATED, Json(shown(record, variants)?)))
}

/// Starts a draft: from now on its variants are shown.
#[utoipa::path(
    post, path = "/experiments/{id}/start", tag = "experiments", params(("id" = String, Path, description = "Experiment id")),
    responses((status = 200, body = Experiment), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("edit_experiments")), ("x-tool" = json!({ "name": "experiments_start", "title": "Start an experiment", "effect": "write" })))
)]
#[worker::send]
pub async fn start_experiment(caller: Caller, Segment(id): Segment) -> Answer<Json<Experiment>> {
    let record = find(&caller, &id).await?;
    if record.status != "draft" {
        return Err(Failure::conflict(format!("only a draft can be started; this one is {}", record.status)).into());
    }
    let variants = store::variants(&caller.database, &[&id]).await?;
    let begin = Begin {
        tenant_id: caller.session.tenant_id.clone(),
        experiment_id: id.clone(),
        variants: variants.iter().map(|variant| variant.key.clone()).collect(),
        config: config_of(&record)?,
    };
    // The object first: begun twice it is the same, and a running experiment without its object would show nothing.
    let () =
        bandit_object::ask(&caller.runtime.env, &caller.session.tenant_id, &id, bandit_object::BEGIN, &begin).await?;
    let entry = entry(&caller, "experiment.start", &id, json!({ "status": "running" }));
    let statements = store::advance(&id, "draft", "running", caller.now);
    caller.database.commit("the experiment", &statements, &[entry]).await?;
    Ok(Json(shown(find(&caller, &id).await?, variants)?))
}

/// Stops an experiment for good: from now on nothing of it is shown, and its last counts stay.
#[utoipa::path(
    post, path = "/experiments/{id}/stop", tag = "experiments", params(("id" = String, Path, description = "Experiment id")),
    responses((status = 200, body = Experiment), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("edit_experiments")), ("x-tool" = json!({ "name": "experiments_stop", "title": "Stop an experiment", "effect": "write" })))
)]
#[worker::send]
pub async fn stop_experiment(caller: Caller, Segment(id): Segment) -> Answer<Json<Experiment>> {
    let record = find(&caller, &id).await?;
    if !matches!(record.status.as_str(), "running" | "decided") {
        return Err(Failure::conflict(format!("it is not running; it is {}", record.status)).into());
    }
    let env = &caller.runtime.env;
    let tenant = &caller.session.tenant_id;
    let figures: Figures = bandit_object::ask(env, tenant, &id, bandit_object::LOOK, &Look {}).await?;
    let mut statements = store::advance(&id, &record.status, "stopped", caller.now);
    statements
        .extend(figures.arms.iter().map(|arm| store::counted(&id, &arm.key, arm.exposures, arm.rewards, caller.now)));
    let entry = entry(&caller, "experiment.stop", &id, json!({ "status": "stopped" }));
    caller.database.commit("the experiment", &statements, &[entry]).await?;
    // Its visitors' variants go last: nobody asks for them any more.
    let _: Figures = bandit_object::ask(env, tenant, &id, bandit_object::END, &End {}).await?;
    let variants = store::variants(&caller.database, &[&id]).await?;
    Ok(Json(shown(find(&caller, &id).await?, variants)?))
}

/// How long an experiment would take: visitors, days and weeks, for the lift worth finding and for others. What is not
/// said of the rate and the visitors is the shop's own.
#[utoipa::path(
    post, path = "/experiments/plan", tag = "experiments", request_body = PlanQuestion,
    responses((status = 200, body = Plan), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_experiments")), ("x-tool" = json!({ "name": "experiments_plan", "title": "Plan an experiment", "effect": "read" })))
)]
#[worker::send]
pub async fn plan_experiment(caller: Caller, Form(form): Form<PlanQuestion>) -> Answer<Response> {
    let site = scope::site(&caller, form.site.as_deref()).await?;
    study::ask(&caller, site, EXPERIMENT_PLAN, form).await
}

/// What an experiment says so far: each variant's rate and lift with their intervals, the chance that it is better and
/// what it costs if it is not, whether visitors were shared out as decided, how it stood day by day, and what other
/// policies would have brought.
#[utoipa::path(
    get, path = "/experiments/{id}/readout", tag = "experiments", params(("id" = String, Path, description = "Experiment id")),
    responses((status = 200, body = Readout), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_experiments")), ("x-tool" = json!({ "name": "experiments_readout", "title": "Read an experiment out", "effect": "read" })))
)]
#[worker::send]
pub async fn read_out_experiment(caller: Caller, Segment(id): Segment) -> Answer<Response> {
    let record = find(&caller, &id).await?;
    let report: Option<Report> = match record.status.as_str() {
        "running" | "decided" => {
            let env = &caller.runtime.env;
            Some(bandit_object::ask(env, &caller.session.tenant_id, &id, bandit_object::REPORT, &Look {}).await?)
        }
        _ => None,
    };
    let (variants, policies) = match report {
        Some(report) => said(report),
        None => (store::variants(&caller.database, &[&id]).await?.into_iter().map(kept).collect(), None),
    };
    let question = ReadoutQuestion {
        window_days: config_of(&record)?.window_days,
        id,
        started_at: record.started_at,
        ended_at: record.ended_at,
        variants,
        policies,
    };
    let site = scope::site(&caller, Some(&record.site)).await?;
    study::ask(&caller, site, EXPERIMENT_READOUT, question).await
}

/// An object's report as a readout takes it.
fn said(report: Report) -> (Vec<Standing>, Option<Policies>) {
    let rows = report.policies.into_iter().map(|policy| {
        let found = policy.evaluation;
        Policy {
            only: policy.only,
            ips: found.ips.value,
            ips_error: found.ips.standard_error,
            snips: found.snips.value,
            snips_error: found.snips.standard_error,
            robust: found.doubly_robust.value,
            robust_error: found.doubly_robust.standard_error,
            logged: found.logged.value,
            effective_visitors: found.effective_n,
        }
    });
    let policies = Policies { settled: report.settled, unsettled: report.unsettled, rows: rows.collect() };
    let standing = |one: bandit_object::Standing| Standing {
        status: one.arm.status.as_str().to_owned(),
        key: one.arm.key,
        exposures: one.arm.exposures,
        rewards: one.arm.rewards,
        trials: Some(one.trials),
        awaited: one.awaited,
        share: one.share,
        probability_best: one.p_best,
        expected_loss: one.expected_loss,
        decided: one.decided,
        expected: one.expected,
    };
    (report.arms.into_iter().map(standing).collect(), Some(policies))
}

/// A variant of an experiment whose object is gone, as it was kept.
fn kept(variant: VariantRecord) -> Standing {
    let whole = |count: i64| u64::try_from(count).unwrap_or_default();
    Standing {
        key: variant.key,
        status: variant.status,
        exposures: whole(variant.exposures),
        rewards: whole(variant.rewards),
        trials: None,
        awaited: 0.0,
        share: 0.0,
        probability_best: variant.probability_best,
        expected_loss: variant.expected_loss,
        decided: 0,
        expected: 0.0,
    }
}

/// Which variant a visitor is shown: always the same one, until it is paused. Pages of the site's origins may ask.
#[utoipa::path(
    get, path = "/decide", tag = "experiments", params(DecideQuery),
    responses((status = 200, body = Decided), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("open")))
)]
#[worker::send]
pub async fn decide(
    Visitor(runtime): Visitor,
    headers: HeaderMap,
    Params(query): Params<DecideQuery>,
) -> Answer<Response> {
    if query.visitor.is_empty() || query.visitor.len() > MAX_VISITOR {
        let detail = format!("must be 1 to {MAX_VISITOR} bytes long");
        return Err(Failure::invalid_field("visitor", detail).into());
    }
    let site = directory::site(&runtime.env, &query.site)
        .await?
        .ok_or_else(|| Failure::not_found(format!("there is no site with the key `{}`", query.site)))?;
    let origin = headers.get(ORIGIN).and_then(|origin| origin.to_str().ok());
    if let Some(origin) = origin {
        let entries: Vec<String> =
            serde_json::from_str(&site.origins).map_err(|e| Error::corrupt("site origins", e))?;
        let origins = Origins::parse(&entries).map_err(|wrong| Error::corrupt("site origins", format!("{wrong:?}")))?;
        if !origins.allow(origin) {
            let detail =
                format!("pages of {origin} may not ask for site {}: add the origin to the site's list", site.key);
            return Err(Failure::forbidden(detail).into());
        }
    }
    let database = TenantDb::new(&runtime.env, &site.tenant_id)?;
    let decided = match store::by_key(&database, &site.key, &query.experiment).await? {
        None => {
            let detail = format!("site {} has no experiment `{}`", site.key, query.experiment);
            return Err(Failure::not_found(detail).into());
        }
        Some(record) if matches!(record.status.as_str(), "running" | "decided") => {
            let decide = Decide { visitor: query.visitor };
            let decision: Decision =
                bandit_object::ask(&runtime.env, &site.tenant_id, &record.id, bandit_object::DECIDE, &decide).await?;
            let variants = store::variants(&database, &[&record.id]).await?;
            let payload = variants
                .iter()
                .find(|variant| Some(&variant.key) == decision.variant.as_ref())
                .map_or(Ok(Value::Null), |variant| serde_json::from_str(&variant.payload))
                .map_err(internal)?;
            Decided { variant: decision.variant, exposure: decision.exposure, payload }
        }
        Some(_) => Decided { variant: None, exposure: None, payload: Value::Null },
    };
    let mut response = Json(decided).into_response();
    let set = response.headers_mut();
    set.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    set.insert(VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = origin.and_then(|origin| HeaderValue::from_str(origin).ok()) {
        set.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
    Ok(response)
}

async fn find(caller: &Caller, id: &str) -> Answer<ExperimentRecord> {
    let record = store::find(&caller.database, id).await?;
    record.ok_or_else(|| Failure::not_found(format!("there is no experiment `{id}`")).into())
}

fn entry(caller: &Caller, action: &'static str, id: &str, after: Value) -> Entry {
    Entry {
        actor: caller.actor().to_owned(),
        action,
        entity: format!("experiment:{id}"),
        before: None,
        after: Some(after),
        at: caller.now,
    }
}

fn config_of(record: &ExperimentRecord) -> Answer<Config> {
    serde_json::from_str(&record.bandit_cfg_json).map_err(internal)
}

fn is_key(text: &str) -> bool {
    (2..=MAX_KEY).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Checks everything about a new experiment that its own text decides.
fn check(form: &NewExperiment) -> Answer<Config> {
    let mut wrong = Vec::new();
    let key_rule = format!("must be 2 to {MAX_KEY} lower-case letters, digits and hyphens");
    if !is_key(&form.key) {
        wrong.push(FieldError::new("/key", key_rule.clone()));
    }
    for (field, text, needed) in [("/name", &form.name, true), ("/hypothesis", &form.hypothesis, false)] {
        let length = text.trim().chars().count();
        if length > MAX_TEXT || (needed && length == 0) {
            let least = usize::from(needed);
            wrong
                .push(FieldError::new(field, format!("must be {least} to {MAX_TEXT} characters long, found {length}")));
        }
    }
    if form.metric.is_empty() || form.metric.len() > MAX_KEY {
        wrong.push(FieldError::new("/metric", "names the event that counts, such as purchase"));
    }
    if !matches!(form.surface.as_str(), "site" | "email") {
        wrong.push(FieldError::new("/surface", format!("must be site or email, found `{}`", form.surface)));
    }
    if !(MIN_ARMS..=MAX_ARMS).contains(&form.variants.len()) {
        let found = form.variants.len();
        wrong.push(FieldError::new("/variants", format!("must be {MIN_ARMS} to {MAX_ARMS}, found {found}")));
    }
    for (place, variant) in form.variants.iter().enumerate() {
        if !is_key(&variant.key) {
            wrong.push(FieldError::new(format!("/variants/{place}/key"), key_rule.clone()));
        }
        if form.variants.iter().take(place).any(|earlier| earlier.key == variant.key) {
            wrong.push(FieldError::new(format!("/variants/{place}/key"), "stands twice"));
        }
        if !matches!(variant.payload, Value::Null | Value::Object(_)) || variant.payload.to_string().len() > MAX_PAYLOAD
        {
            let detail = format!("must be a JSON object of at most {MAX_PAYLOAD} bytes");
            wrong.push(FieldError::new(format!("/variants/{place}/payload"), detail));
        }
    }
    let config = form.thresholds.as_ref().map_or_else(Config::default, |thresholds| Config {
        min_exposures: thresholds.min_exposures,
        pause_below: thresholds.pause_below,
        promote_from: thresholds.promote_from,
        max_expected_loss: thresholds.max_expected_loss,
        window_days: thresholds.window_days,
        ..Config::default()
    });
    if let Err(bad) = config.check() {
        wrong.push(FieldError::new(format!("/thresholds/{}", bad.field), bad.to_string()));
    }
    if wrong.is_empty() { Ok(config) } else { Err(Failure::invalid(wrong).into()) }
}

fn shown(record: ExperimentRecord, variants: Vec<VariantRecord>) -> Answer<Experiment> {
    let config = config_of(&record)?;
    let variants = variants
        .into_iter()
        .map(|variant| {
            Ok(Variant {
                rate: (variant.exposures > 0).then(|| variant.rewards as f64 / variant.exposures as f64),
                payload: serde_json::from_str(&variant.payload).map_err(internal)?,
                key: variant.key,
                name: variant.name,
                status: variant.status,
                exposures: variant.exposures,
                rewards: variant.rewards,
                probability_best: variant.probability_best,
                expected_loss: variant.expected_loss,
                detail: variant.detail,
            })
        })
        .collect::<Answer<_>>()?;
    Ok(Experiment {
        id: record.id,
        site: record.site,
        key: record.key,
        name: record.name,
        hypothesis: record.hypothesis,
        campaign_id: record.campaign_id,
        metric: record.metric,
        surface: record.surface,
        status: record.status,
        winner: record.winner,
        thresholds: Thresholds {
            min_exposures: config.min_exposures,
            pause_below: config.pause_below,
            promote_from: config.promote_from,
            max_expected_loss: config.max_expected_loss,
            window_days: config.window_days,
        },
        variants,
        created_at: record.created_at,
        started_at: record.started_at,
        ended_at: record.ended_at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(change: impl FnOnce(&mut Value)) -> NewExperiment {
        let mut form = json!({
            "key": "hero", "name": "Hero", "metric": "purchase",
            "variants": [{ "key": "plain", "name": "Plain" }, { "key": "loud", "name": "Loud", "payload": { "a": 1 } }]
        });
        change(&mut form);
        serde_json::from_value(form).unwrap()
    }

    fn fields(form: &NewExperiment) -> Vec<String> {
        match check(form) {
            Ok(_) => Vec::new(),
            Err(refused) => refused.problem().errors.iter().map(|error| error.field.clone()).collect(),
        }
    }

    #[test]
    fn what_is_wrong_with_an_experiment_is_named_all_at_once() {
        assert!(fields(&form(|_| {})).is_empty());
        let wrong = form(|form| {
            form["key"] = json!("Hero!");
            form["surface"] = json!("billboard");
            form["variants"][1]["key"] = json!("plain");
            form["variants"][0]["payload"] = json!([1]);
            form["thresholds"] =
                json!({ "min_exposures": 1, "pause_below": 0.05, "promote_from": 0.95, "max_expected_loss": 0.01 });
        });
        assert_eq!(
            fields(&wrong),
            ["/key", "/surface", "/variants/0/payload", "/variants/1/key", "/thresholds/min_exposures"]
        );
    }
}
