//! Reads what a plan and a readout of an experiment take beside the question.

use calendar::DateRange;
use metrics::Request;
use platform::TenantDb;
use platform::study_object::Asked;
use problem::Problem;
use study::experiment::{
    BASELINE_DAYS, Baseline, Plan, PlanQuestion, Readout, ReadoutQuestion, Snapshot, plan, readout,
};
use worker::Env;

use crate::object::Failed;
use crate::series;

/// Plans an experiment over the shop's own visitors and buyers, where the question does not say.
pub(crate) async fn planned(env: &Env, asked: &Asked<PlanQuestion>) -> Result<Plan, Failed> {
    let question = &asked.question;
    let given = question.rate.is_some() || question.mean.is_some() || question.sd.is_some();
    let own = if given && question.visitors_a_day.is_some() { Baseline::default() } else { own(env, asked).await? };
    Ok(plan(question, own)?)
}

async fn own<T>(env: &Env, asked: &Asked<T>) -> Result<Baseline, Failed> {
    let shop = &asked.shop;
    let database = TenantDb::new(env, &shop.tenant_id)?;
    let zone = series::zone(shop)?;
    let today = zone.local_day(asked.now);
    let range =
        DateRange::new(zone, today - BASELINE_DAYS, today - 1).map_err(|error| Problem::internal(error.to_string()))?;
    let (visitors, customers) = (study::metric("visitors")?, study::metric("customers")?);
    let request = Request::new(series::scope(shop), range, vec![visitors, customers]);
    let answer = series::ask(env, &database, request).await?;
    let figure = |metric| answer.figure(metric, &[], None).map_or(0.0, metrics::Figure::as_f64);
    Ok(Baseline { visitors: figure(visitors), customers: figure(customers) })
}

/// Reads an experiment out with the days it has had.
pub(crate) async fn read_out(env: &Env, asked: &Asked<ReadoutQuestion>) -> Result<Readout, Failed> {
    let database = TenantDb::new(env, &asked.shop.tenant_id)?;
    let sql = "SELECT day, variant, status, exposures, rewards, trials, probability_best, share FROM experiment_snapshots \
               WHERE tenant_id = ?1 AND experiment_id = ?2 ORDER BY day DESC LIMIT 3650";
    let mut snapshots: Vec<Snapshot> = database.rows(sql, &[asked.question.id.as_str().into()]).await?;
    snapshots.reverse();
    Ok(readout(&asked.question, asked.now, &snapshots)?)
}
