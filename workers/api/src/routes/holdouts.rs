//! Incrementality tests: planned, set up, read out, and their results taken for calibration.

use ::study::holdouts::{Calibrated, Calibrating, Design, Done, Kind, Other, Plan, PlanQuestion, Question};
use axum::Json;
use axum::response::Response;
use control::audit::Entry;
use http::StatusCode;
use platform::random;
use platform::study_object::{HOLDOUT_CALIBRATE, HOLDOUT_PLAN, HOLDOUT_READOUT};
use problem::Problem as Failure;
use serde::Deserialize;
use serde_json::{Value, json};

use super::scope;
use crate::answer::{Answer, internal};
use crate::extract::{Form, Params, Segment};
use crate::gate::Caller;
use crate::store::holdouts::{self as store, HoldoutRecord};
use crate::store::sites::SiteRecord;
use crate::study;
use crate::wire::holdouts::{Holdout, Holdouts, HoldoutsQuery, NewHoldout};
use crate::wire::problem::Problem;

/// The longest name, in characters.
const MAX_NAME: usize = 120;

/// The site's incrementality tests: what was switched off, where and when, and what those that are done showed.
#[utoipa::path(
    get, path = "/attribution/holdouts", tag = "attribution", params(HoldoutsQuery),
    responses((status = 200, body = Holdouts), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_analytics")), ("x-tool" = json!({ "name": "holdouts_list", "title": "List incrementality tests", "effect": "read" })))
)]
#[worker::send]
pub async fn list_holdouts(caller: Caller, Params(query): Params<HoldoutsQuery>) -> Answer<Json<Holdouts>> {
    let site = scope::site(&caller, query.site.as_deref()).await?;
    let today = scope::zone(&site)?.local_day(caller.now);
    let records = store::of_site(&caller.database, &site.key).await?;
    let rows = records.into_iter().map(|record| shown(record, today)).collect::<Answer<_>>()?;
    Ok(Json(Holdouts { rows }))
}

/// What a test would find before it begins: regions with their orders, orders a day on each side, the least effect it can
/// tell from chance, and what attribution claims for the channel there. Regions may be missing: then it says which there are.
#[utoipa::path(
    post, path = "/attribution/holdouts/plan", tag = "attribution", request_body = PlanQuestion,
    responses((status = 200, body = Plan), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_analytics")), ("x-tool" = json!({ "name": "holdouts_plan", "title": "Plan an incrementality test", "effect": "read" })))
)]
#[worker::send]
pub async fn plan_holdout(caller: Caller, Form(form): Form<PlanQuestion>) -> Answer<Response> {
    let site = scope::site(&caller, form.site.as_deref()).await?;
    let question = question(&caller, &site, form.design, false).await?;
    study::ask(&caller, site, HOLDOUT_PLAN, question).await
}

/// Sets a test up. It switches nothing off: whoever runs the channel does, on the days and in the regions it names. Days
/// may be past, for a test that was done already.
#[utoipa::path(
    post, path = "/attribution/holdouts", tag = "attribution", request_body = NewHoldout,
    responses((status = 201, body = Holdout), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("edit_experiments")), ("x-tool" = json!({ "name": "holdouts_create", "title": "Set up an incrementality test", "effect": "write" })))
)]
#[worker::send]
pub async fn create_holdout(caller: Caller, Form(form): Form<NewHoldout>) -> Answer<(StatusCode, Json<Holdout>)> {
    let site = scope::site(&caller, form.site.as_deref()).await?;
    let name = form.name.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME {
        return Err(Failure::invalid_field("/name", format!("must be 1 to {MAX_NAME} characters long")).into());
    }
    let question = question(&caller, &site, form.design, true).await?;
    let (key, today) = (site.key.clone(), scope::zone(&site)?.local_day(caller.now));
    // Who plans it knows what is wrong with it.
    study::answer(&caller, site, HOLDOUT_PLAN, &question).await?;
    let design = question.design;
    let days = design.days()?;
    let record = HoldoutRecord {
        id: random::uuid(),
        site: key,
        name: name.to_owned(),
        first_day: days.first,
        last_day: days.last,
        design: serde_json::to_string(&design).map_err(internal)?,
        status: "open".to_owned(),
        readout: String::new(),
        created_at: caller.now,
        ended_at: None,
    };
    let entry = entry(&caller, "holdout.create", &record.id, None, json!({ "name": record.name, "design": design }));
    let kind = match design.kind {
        Kind::Region => "region",
        Kind::Time => "time",
    };
    let statement = store::insert(&record, &design.channel, kind, caller.actor());
    caller.database.commit("the test", &[statement], &[entry]).await?;
    Ok((StatusCode::CREATED, Json(shown(record, today)?)))
}

/// A test with what it says so far; its own readout once it is done, null before a day of it can be read.
#[utoipa::path(
    get, path = "/attribution/holdouts/{id}", tag = "attribution", params(("id" = String, Path, description = "Test id")),
    responses((status = 200, body = Holdout), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_analytics")), ("x-tool" = json!({ "name": "holdouts_get", "title": "Read an incrementality test out", "effect": "read" })))
)]
#[worker::send]
pub async fn show_holdout(caller: Caller, Segment(id): Segment) -> Answer<Json<Holdout>> {
    let (mut record, site) = find(&caller, &id).await?;
    let today = scope::zone(&site)?.local_day(caller.now);
    let mut unreadable = None;
    if record.status == "open" && record.first_day < today {
        match so_far(&caller, site, &record).await {
            Ok(readout) => record.readout = readout,
            // The test is there all the same.
            Err(refused) if refused.problem().status < 500 => unreadable = Some(refused.problem().detail.clone()),
            Err(refused) => return Err(refused),
        }
    }
    Ok(Json(Holdout { unreadable, ..shown(record, today)? }))
}

/// Takes the result of a test that is over: it is kept as it is now, and attribution is calibrated by it from then on.
#[utoipa::path(
    post, path = "/attribution/holdouts/{id}/finish", tag = "attribution", params(("id" = String, Path, description = "Test id")),
    responses((status = 200, body = Holdout), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("edit_experiments")), ("x-tool" = json!({ "name": "holdouts_finish", "title": "Take an incrementality test's result", "effect": "write" })))
)]
#[worker::send]
pub async fn finish_holdout(caller: Caller, Segment(id): Segment) -> Answer<Json<Holdout>> {
    let (mut record, site) = find(&caller, &id).await?;
    let today = scope::zone(&site)?.local_day(caller.now);
    open(&record)?;
    if record.last_day >= today {
        return Err(Failure::conflict("it is not over yet: its last day has to end first").into());
    }
    record.readout = so_far(&caller, site, &record).await?;
    end(&caller, record, "done", today).await
}

/// Stops a test for good: what it would have shown counts for nothing. Its channel is whoever runs it to switch on again.
#[utoipa::path(
    post, path = "/attribution/holdouts/{id}/stop", tag = "attribution", params(("id" = String, Path, description = "Test id")),
    responses((status = 200, body = Holdout), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("edit_experiments")), ("x-tool" = json!({ "name": "holdouts_stop", "title": "Stop an incrementality test", "effect": "write" })))
)]
#[worker::send]
pub async fn stop_holdout(caller: Caller, Segment(id): Segment) -> Answer<Json<Holdout>> {
    let (record, site) = find(&caller, &id).await?;
    let today = scope::zone(&site)?.local_day(caller.now);
    open(&record)?;
    end(&caller, record, "stopped", today).await
}

/// Credit calibrated by the site's tests that are done; `None` where none is. `channels` and `credits` as
/// [`Calibrating`] takes them, `tests` is how many there are.
pub(super) async fn calibrated(
    caller: &Caller,
    site: &SiteRecord,
    tests: Vec<Done>,
    question: impl FnOnce(Vec<Done>) -> Calibrating,
) -> Answer<Option<Calibrated>> {
    if tests.is_empty() {
        return Ok(None);
    }
    let body = study::answer(caller, site.clone(), HOLDOUT_CALIBRATE, &question(tests)).await?;
    Ok(Some(serde_json::from_str(&body).map_err(internal)?))
}

/// What the site's tests that are done showed.
pub(super) async fn done(caller: &Caller, site: &SiteRecord) -> Answer<Vec<Done>> {
    /// The part of a kept readout that calibrates.
    #[derive(Deserialize)]
    struct Kept {
        orders: Orders,
        standard_error: f64,
        credits: Vec<::study::holdouts::Credit>,
    }
    #[derive(Deserialize)]
    struct Orders {
        incremental: ::study::holdouts::Figure,
    }
    let records = store::of_site(&caller.database, &site.key).await?;
    let kept = records.into_iter().filter(|record| record.status == "done");
    kept.map(|record| {
        let kept: Kept = serde_json::from_str(&record.readout).map_err(internal)?;
        Ok(Done {
            channel: designed(&record)?.channel,
            increment: kept.orders.incremental.value,
            standard_error: kept.standard_error,
            credits: kept.credits,
        })
    })
    .collect()
}

async fn question(caller: &Caller, site: &SiteRecord, design: Design, complete: bool) -> Answer<Question> {
    let mut others = Vec::new();
    for record in store::of_site(&caller.database, &site.key).await? {
        if record.status != "stopped" {
            others.push(Other { design: designed(&record)?, name: record.name });
        }
    }
    Ok(Question { design, others, window_days: site.lookback_days, complete })
}

/// The readout of an open test, JSON.
async fn so_far(caller: &Caller, site: SiteRecord, record: &HoldoutRecord) -> Answer<String> {
    let question =
        Question { design: designed(record)?, others: Vec::new(), window_days: site.lookback_days, complete: true };
    study::answer(caller, site, HOLDOUT_READOUT, &question).await
}

async fn find(caller: &Caller, id: &str) -> Answer<(HoldoutRecord, SiteRecord)> {
    let record = store::find(&caller.database, id)
        .await?
        .ok_or_else(|| Failure::not_found(format!("there is no incrementality test `{id}`")))?;
    let site = scope::site(caller, Some(&record.site)).await?;
    Ok((record, site))
}

fn open(record: &HoldoutRecord) -> Answer<()> {
    if record.status == "open" {
        return Ok(());
    }
    Err(Failure::conflict(format!("this test is {} already", record.status)).into())
}

async fn end(caller: &Caller, mut record: HoldoutRecord, status: &str, today: i64) -> Answer<Json<Holdout>> {
    let action = if status == "done" { "holdout.finish" } else { "holdout.stop" };
    let before = Some(json!({ "status": record.status }));
    let entry = entry(caller, action, &record.id, before, json!({ "status": status }));
    let statements = store::ended(&record.id, status, &record.readout, caller.actor(), caller.now);
    caller.database.commit("the test", &statements, &[entry]).await?;
    status.clone_into(&mut record.status);
    record.ended_at = Some(caller.now);
    Ok(Json(shown(record, today)?))
}

fn entry(caller: &Caller, action: &'static str, id: &str, before: Option<Value>, after: Value) -> Entry {
    Entry {
        actor: caller.actor().to_owned(),
        action,
        entity: format!("holdout:{id}"),
        before,
        after: Some(after),
        at: caller.now,
    }
}

fn designed(record: &HoldoutRecord) -> Answer<Design> {
    serde_json::from_str(&record.design).map_err(internal)
}

/// A test as it is told. What stands open is told by its days.
fn shown(record: HoldoutRecord, today: i64) -> Answer<Holdout> {
    let status = match record.status.as_str() {
        "open" if today < record.first_day => "planned",
        "open" if today <= record.last_day => "running",
        "open" => "ended",
        status => status,
    };
    let parsed =
        |json: &str| if json.is_empty() { Ok(Value::Null) } else { serde_json::from_str(json).map_err(internal) };
    Ok(Holdout {
        status: status.to_owned(),
        design: parsed(&record.design)?,
        readout: parsed(&record.readout)?,
        unreadable: None,
        id: record.id,
        site: record.site,
        name: record.name,
        created_at: record.created_at,
        ended_at: record.ended_at,
    })
}
