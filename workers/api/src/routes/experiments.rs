//! Experiments: set up, started, stopped; and the question a page asks, which variant to show.

use ::study::experiment::{
    Plan, PlanQuestion, Policies, Policy, Readout, ReadoutQuestion, SegmentReadout, SegmentVariant, Standing,
};
use ::study::uplift::{self, Uplift};
use axum::Json;
use axum::response::{IntoResponse, Response};
use bandit::contextual::{Feature, Features};
use bandit::{Config, MAX_ARMS, MIN_ARMS};
use calendar::Zone;
use control::Origins;
use control::audit::Entry;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, ORIGIN, USER_AGENT, VARY};
use http::{HeaderMap, HeaderValue, StatusCode};
use platform::bandit_object::{self, Begin, Cases, Compare, Decide, Decision, End, Figures, Look, Report, Seen};
use platform::directory::SiteRow;
use platform::study_object::{EXPERIMENT_PLAN, EXPERIMENT_READOUT, EXPERIMENT_UPLIFT};
use platform::{Error, TenantDb, clock, directory, random};
use problem::{FieldError, Problem as Failure};
use serde_json::{Value, json};

use super::scope;
use crate::answer::{Answer, internal};
use crate::extract::{Form, Params, Segment};
use crate::gate::{Caller, Edge, Visitor};
use crate::store::experiments::{self as store, ExperimentRecord, VariantRecord};
use crate::study;
use crate::wire::experiments::{
    CONTEXTUAL, DecideQuery, Decided, Experiment, ExperimentChange, Experiments, ExperimentsQuery, NewExperiment,
    THOMPSON, Thresholds, UpliftQuery, Variant,
};
use crate::wire::problem::Problem;

/// The longest key, in characters.
const MAX_KEY: usize = 64;
/// The longest name or hypothesis, in characters.
const MAX_TEXT: usize = 500;
/// The largest payload, in bytes.
const MAX_PAYLOAD: usize = 8 * 1024;
/// What is read of an address or a user agent, in characters.
const MAX_ADDRESS: usize = 2_048;
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

/// Changes what an experiment is called, and when a variant is paused and when one wins, the least visitors and the least
/// share of each variant among it. While it runs the new thresholds hold from its next decision on.
#[utoipa::path(
    patch, path = "/experiments/{id}", tag = "experiments", params(("id" = String, Path, description = "Experiment id")),
    request_body = ExperimentChange,
    responses((status = 200, body = Experiment), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("edit_experiments")), ("x-tool" = json!({ "name": "experiments_change", "title": "Change an experiment", "effect": "write" })))
)]
#[worker::send]
pub async fn change_experiment(
    caller: Caller,
    Segment(id): Segment,
    Form(form): Form<ExperimentChange>,
) -> Answer<Json<Experiment>> {
    let record = find(&caller, &id).await?;
    if !matches!(record.status.as_str(), "draft" | "running") {
        let detail = format!("a draft or one that runs can be changed; this one is {}", record.status);
        return Err(Failure::conflict(detail).into());
    }
    let variants = store::variants(&caller.database, &[&id]).await?;
    let before = config_of(&record)?;
    let config = changed(before, &form, record.status == "running", variants.len())?;
    let name = form.name.as_deref().map_or(record.name.as_str(), str::trim);
    let hypothesis = form.hypothesis.as_deref().map_or(record.hypothesis.as_str(), str::trim);
    let stored = serde_json::to_string(&config).map_err(internal)?;
    let told = |name: &str, hypothesis: &str, config: &Config| json!({ "name": name, "hypothesis": hypothesis, "thresholds": thresholds(config) });
    let entry = Entry {
        before: Some(told(&record.name, &record.hypothesis, &before)),
        ..entry(&caller, "experiment.change", &id, told(name, hypothesis, &config))
    };
    caller.database.commit("the experiment", &store::change(&id, name, hypothesis, &stored), &[entry]).await?;
    if record.status == "running" {
        // Written first: sent again after a failure here, the same change brings the object along.
        let begin = begun(&caller, &id, &variants, config);
        let () = bandit_object::ask(&caller.runtime.env, &caller.session.tenant_id, &id, bandit_object::BEGIN, &begin)
            .await?;
    }
    show_experiment(caller, Segment(id)).await
}

/// The thresholds as they are to be, or all that is wrong with a change.
fn changed(before: Config, form: &ExperimentChange, runs: bool, variants: usize) -> Answer<Config> {
    let mut wrong = Vec::new();
    for (field, text, least) in [("/name", &form.name, 1), ("/hypothesis", &form.hypothesis, 0)] {
        wrong.extend(text.as_ref().and_then(|text| wrong_text(field, text, least)));
    }
    let mut config = before;
    if let Some(change) = &form.thresholds {
        let window_days = change.window_days.unwrap_or(before.window_days);
        if runs && (window_days - before.window_days).abs() > f64::EPSILON {
            let detail = "cannot change once it has started: what visitors did is added up by it";
            wrong.push(FieldError::new("/thresholds/window_days", detail));
        }
        config = Config {
            min_exposures: change.min_exposures.unwrap_or(before.min_exposures),
            pause_below: change.pause_below.unwrap_or(before.pause_below),
            promote_from: change.promote_from.unwrap_or(before.promote_from),
            max_expected_loss: change.max_expected_loss.unwrap_or(before.max_expected_loss),
            floor: change.floor.unwrap_or(before.floor),
            window_days,
            ..before
        };
    }
    if let Err(bad) = config.check_for(variants) {
        wrong.push(FieldError::new(format!("/thresholds/{}", bad.field), bad.to_string()));
    }
    if wrong.is_empty() { Ok(config) } else { Err(Failure::invalid(wrong).into()) }
}

fn begun(caller: &Caller, id: &str, variants: &[VariantRecord], config: Config) -> Begin {
    Begin {
        tenant_id: caller.session.tenant_id.clone(),
        experiment_id: id.to_owned(),
        variants: variants.iter().map(|variant| variant.key.clone()).collect(),
        config,
    }
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
    let begin = begun(&caller, &id, &variants, config_of(&record)?);
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
    let config = config_of(&record)?;
    let segments = report.as_ref().filter(|_| !config.context.is_empty()).map(segments);
    let (variants, policies) = match report {
        Some(report) => said(report),
        None => (store::variants(&caller.database, &[&id]).await?.into_iter().map(kept).collect(), None),
    };
    let question = ReadoutQuestion {
        window_days: config.window_days,
        segments,
        id,
        started_at: record.started_at,
        ended_at: record.ended_at,
        variants,
        policies,
    };
    let site = scope::site(&caller, Some(&record.site)).await?;
    study::ask(&caller, site, EXPERIMENT_READOUT, question).await
}

/// Whom a variant moves: what it changes for the visitors of each device, country or whatever the experiment's context
/// is, and whether its effect differs between them at all, with intervals. For an experiment with a context that runs or
/// is decided.
#[utoipa::path(
    get, path = "/experiments/{id}/uplift", tag = "experiments", params(("id" = String, Path, description = "Experiment id"), UpliftQuery),
    responses((status = 200, body = Uplift), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_experiments")), ("x-tool" = json!({ "name": "experiments_uplift", "title": "Whom a variant moves", "effect": "read" })))
)]
#[worker::send]
pub async fn uplift_of_experiment(
    caller: Caller,
    Segment(id): Segment,
    Params(query): Params<UpliftQuery>,
) -> Answer<Response> {
    let record = find(&caller, &id).await?;
    if config_of(&record)?.context.is_empty() {
        let detail = "nothing is kept of who its visitors are; set up an experiment with the method `contextual` and a \
                      `context`, such as `device` and `visitor`";
        return Err(Failure::conflict(detail).into());
    }
    let mut variants = store::variants(&caller.database, &[&id]).await?.into_iter();
    let control = variants.next().ok_or_else(|| Failure::conflict("it has no variants"))?;
    let wanted = |one: &VariantRecord| query.variant.as_ref().is_none_or(|key| one.key == *key);
    let treated = variants.find(wanted).ok_or_else(|| {
        let detail = format!("must be the key of a variant other than the first, `{}`", control.key);
        Failure::invalid_field("variant", detail)
    })?;
    if !matches!(record.status.as_str(), "running" | "decided") {
        let detail =
            format!("what its visitors did is known while it runs and once it is decided; it is {}", record.status);
        return Err(Failure::conflict(detail).into());
    }
    let compare = Compare { control: control.key.clone(), treated: treated.key.clone() };
    let env = &caller.runtime.env;
    let cases: Cases = bandit_object::ask(env, &caller.session.tenant_id, &id, bandit_object::CASES, &compare).await?;
    let site = scope::site(&caller, Some(&record.site)).await?;
    study::ask(&caller, site, EXPERIMENT_UPLIFT, counted(control, treated, cases)).await
}

/// An object's cases as the question about them takes them.
fn counted(control: VariantRecord, treated: VariantRecord, cases: Cases) -> uplift::Question {
    let named = |variant: VariantRecord| uplift::Named { key: variant.key, name: variant.name };
    let level = |(column, feature, level): (usize, Feature, String)| uplift::Level {
        column,
        feature: feature.as_str().to_owned(),
        level,
    };
    let count = |one: bandit_object::CaseCount| uplift::Count {
        columns: one.columns,
        treated: one.treated,
        converted: one.converted,
        visitors: one.visitors,
        weight: one.weight,
        squares: one.squares,
    };
    uplift::Question {
        control: named(control),
        treated: named(treated),
        levels: cases.levels.into_iter().map(level).collect(),
        counts: cases.counts.into_iter().map(count).collect(),
        unsettled: cases.unsettled,
        left_out: cases.left_out,
        forgotten: cases.forgotten,
    }
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

/// Whom each variant is the best for, as a readout takes it.
fn segments(report: &Report) -> Vec<SegmentReadout> {
    let keys = || report.arms.iter().map(|standing| standing.arm.key.clone());
    let of = |segment: &bandit_object::Segment| {
        let variants: Vec<SegmentVariant> = keys()
            .zip(&segment.arms)
            .map(|(key, arm)| SegmentVariant {
                key,
                rate: arm.rate,
                low: arm.low,
                high: arm.high,
                probability_best: arm.p_best,
            })
            .collect();
        let shown = variants.iter().filter_map(|one| Some((one.probability_best?, &one.key)));
        SegmentReadout {
            feature: segment.feature.as_str().to_owned(),
            level: segment.level.clone(),
            visitors: segment.visitors,
            best: shown.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, key)| key.clone()),
            variants,
        }
    };
    report.segments.iter().map(of).collect()
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
    Edge { country }: Edge,
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
            let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
            let seen = seen(&database, &site, &record, &query, agent, country).await?;
            let decide = Decide { visitor: query.visitor, seen };
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

/// What the experiment's context is read from; none where it has none.
async fn seen(
    database: &TenantDb,
    site: &SiteRow,
    record: &ExperimentRecord,
    query: &DecideQuery,
    agent: &str,
    country: String,
) -> Answer<Option<Seen>> {
    let context = config_of(record)?.context;
    if context.is_empty() {
        return Ok(None);
    }
    let cut = |text: &str, needed: bool| -> String {
        if needed { text.chars().take(MAX_ADDRESS).collect() } else { String::new() }
    };
    let channel = context.has(Feature::Channel);
    let now = clock::now_ms();
    let over = now - site.session_timeout_ms;
    let returning = context.has(Feature::Visitor) && store::was_here(database, &site.key, &query.visitor, over).await?;
    let zone = Zone::parse(&site.time_zone).map_err(|error| Error::corrupt("a site's time zone", error))?;
    Ok(Some(Seen {
        user_agent: cut(agent, context.has(Feature::Device)),
        country: if context.has(Feature::Country) { country } else { String::new() },
        page: cut(&query.page, channel),
        referrer: cut(&query.referrer, channel),
        returning,
        hour: u8::try_from(zone.local_hour(now).rem_euclid(24)).unwrap_or_default(),
    }))
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
        wrong.extend(wrong_text(field, text, usize::from(needed)));
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
        floor: thresholds.floor,
        ..Config::default()
    });
    let config = Config { context: context_of(form, &mut wrong), ..config };
    if let Err(bad) = config.check_for(form.variants.len()) {
        wrong.push(FieldError::new(format!("/thresholds/{}", bad.field), bad.to_string()));
    }
    if wrong.is_empty() { Ok(config) } else { Err(Failure::invalid(wrong).into()) }
}

/// What is wrong with a text for people.
fn wrong_text(field: &'static str, text: &str, least: usize) -> Option<FieldError> {
    let length = text.trim().chars().count();
    let fits = (least..=MAX_TEXT).contains(&length);
    (!fits).then(|| FieldError::new(field, format!("must be {least} to {MAX_TEXT} characters long, found {length}")))
}

/// The features a new experiment looks at; what is wrong with them is added to `wrong`.
fn context_of(form: &NewExperiment, wrong: &mut Vec<FieldError>) -> Features {
    let mut features = Vec::new();
    for (place, name) in form.context.iter().enumerate() {
        match Feature::parse(name) {
            Some(feature) if features.contains(&feature) => {
                wrong.push(FieldError::new(format!("/context/{place}"), "stands twice"));
            }
            Some(feature) => features.push(feature),
            None => {
                let known = Feature::ALL.map(Feature::as_str).join(", ");
                wrong.push(FieldError::new(format!("/context/{place}"), format!("must be one of {known}")));
            }
        }
    }
    match form.method.as_str() {
        THOMPSON if !form.context.is_empty() => {
            wrong.push(FieldError::new("/context", format!("is for the method {CONTEXTUAL}")));
        }
        CONTEXTUAL if form.context.is_empty() => {
            wrong.push(FieldError::new("/context", "names what the choice looks at: one feature or more"));
        }
        THOMPSON | CONTEXTUAL => {}
        other => {
            wrong.push(FieldError::new("/method", format!("must be {THOMPSON} or {CONTEXTUAL}, found `{other}`")));
        }
    }
    Features::from(features)
}

fn thresholds(config: &Config) -> Thresholds {
    Thresholds {
        min_exposures: config.min_exposures,
        pause_below: config.pause_below,
        promote_from: config.promote_from,
        max_expected_loss: config.max_expected_loss,
        window_days: config.window_days,
        floor: config.floor,
    }
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
        thresholds: thresholds(&config),
        method: if config.context.is_empty() { THOMPSON } else { CONTEXTUAL }.to_owned(),
        context: config.context.iter().map(|feature| feature.as_str().to_owned()).collect(),
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

    #[test]
    fn a_context_and_floors_are_checked_by_field() {
        let context = |method: &str, context: Value| {
            let (method, context) = (json!(method), context);
            fields(&form(move |form| {
                form["method"] = method;
                form["context"] = context;
            }))
        };
        assert!(context("contextual", json!(["device", "hour"])).is_empty());
        assert_eq!(context("contextual", json!([])), ["/context"]);
        assert_eq!(context("thompson", json!(["device"])), ["/context"]);
        assert_eq!(context("contextual", json!(["device", "shoe_size", "device"])), ["/context/1", "/context/2"]);
        assert_eq!(context("guess", json!([])), ["/method"]);
        let floor = |floor: f64| {
            fields(&form(|form| {
                form["thresholds"] = json!({ "min_exposures": 50, "pause_below": 0.05, "promote_from": 0.95,
                                             "max_expected_loss": 0.01, "floor": floor });
            }))
        };
        assert!(floor(0.5).is_empty());
        assert_eq!(floor(0.51), ["/thresholds/floor"]);
        assert_eq!(floor(-0.1), ["/thresholds/floor"]);
    }

    #[test]
    fn a_change_keeps_what_it_does_not_name() {
        let change = |body: Value, runs: bool| {
            changed(Config::default(), &serde_json::from_value(body).unwrap(), runs, 3)
                .map_err(|refused| refused.problem().errors.iter().map(|error| error.field.clone()).collect::<Vec<_>>())
        };
        let floored = change(json!({ "thresholds": { "floor": 0.2 } }), true).unwrap();
        assert_eq!(floored, Config { floor: 0.2, ..Config::default() });
        assert_eq!(change(json!({ "name": "New" }), true).unwrap(), Config::default());
        assert_eq!(
            change(json!({ "name": " ", "thresholds": { "floor": 0.4, "window_days": 3 } }), true).unwrap_err(),
            ["/name", "/thresholds/window_days", "/thresholds/floor"]
        );
        assert!(change(json!({ "thresholds": { "window_days": 3 } }), false).is_ok());
    }
}
