//! The media mix: weekly figures read once, the fit piece by piece.

use calendar::{DateRange, Granularity};
use metrics::Request;
use platform::TenantDb;
use platform::study_object::{Asked, Shop};
use problem::Problem;
use serde_json::Value;
use study::mix::{Fitting, History, Question};
use worker::Env;

use crate::object::{Failed, Step, parsed, written};
use crate::series;

/// One piece of the fit, or the answer once all is drawn. The draws stay in the state, for budget questions.
pub(crate) async fn step(env: &Env, asked: &Asked<Value>, state: &str) -> Result<Step, Failed> {
    if state.is_empty() {
        let question: Question = parsed(&asked.question.to_string(), "a study's question")?;
        let fitting = begun(env, &asked.shop, asked.now, question).await?;
        return again(&fitting);
    }
    let mut fitting: Fitting = parsed(state, "a study's state")?;
    if fitting.is_done() {
        return Ok(Step::Done(written(&fitting.answer()?, "a study's answer")?));
    }
    fitting.advance()?;
    again(&fitting)
}

/// Whether there is enough to learn from.
pub(crate) async fn ready(env: &Env, asked: &Asked<Question>) -> Result<(), Failed> {
    begun(env, &asked.shop, asked.now, asked.question.clone()).await.map(|_| ())
}

/// A study's state, for budget questions.
pub(crate) fn kept(state: &str) -> Result<Fitting, Failed> {
    if state.is_empty() {
        return Err(Problem::conflict("no media mix is computed yet; start one with POST /planning/mix").into());
    }
    parsed(state, "a study's state")
}

async fn begun(env: &Env, shop: &Shop, now: i64, question: Question) -> Result<Fitting, Failed> {
    let history = history(env, shop, now, &question).await?;
    Ok(Fitting::new(question, &shop.currency, history)?)
}

fn again(fitting: &Fitting) -> Result<Step, Failed> {
    let progress = fitting.progress();
    let detail =
        if fitting.is_done() { "reading what was found" } else { "trying out what each channel may have brought" };
    Ok(Step::Again { state: written(fitting, "a study's state")?, progress, detail: detail.to_owned() })
}

/// The weeks that are over.
async fn history(env: &Env, shop: &Shop, now: i64, question: &Question) -> Result<History, Failed> {
    question.check()?;
    let database = TenantDb::new(env, &shop.tenant_id)?;
    let zone = series::zone(shop)?;
    let scope = series::scope(shop);
    let sunday = study::Grain::last_sunday(zone.local_day(now));
    let weeks = i64::try_from(question.weeks).unwrap_or(i64::MAX / 8);
    let first_day = sunday - 7 * weeks + 1;
    let range = DateRange::new(zone, first_day, sunday).map_err(|error| Problem::internal(error.to_string()))?;
    let (outcome, spend) = (study::metric(question.outcome.metric())?, study::metric("spend")?);
    let mut request = Request::new(scope.clone(), range, vec![outcome]);
    request.bucket = Some(Granularity::Week);
    let outcomes = series::ask(env, &database, request).await?;
    let mut request = Request::new(scope, range, vec![spend]);
    request.bucket = Some(Granularity::Week);
    request.by = vec![question.by.dimension()];
    let spends = series::ask(env, &database, request).await?;
    let values = |points: Vec<metrics::Point>| -> Vec<f64> {
        points.iter().map(|point| point.value.map_or(0.0, metrics::Figure::as_f64)).collect()
    };
    let channels = spends.keys(spend).into_iter().map(|key| {
        let parts: Vec<&str> = key.iter().map(String::as_str).collect();
        let own = values(spends.points(spend, &parts));
        (key.join(" "), own)
    });
    Ok(History { first_day, outcome: values(outcomes.points(outcome, &[])), spend: channels.collect() })
}
