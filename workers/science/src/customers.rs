//! What customers are worth, step by step: read, look back model by model, answer. The first reads through the tenant's own scope;
//! the others compute, each within what a call of the object may take.

use calendar::{DateRange, Zone};
use metrics::reports::{After, attribution_orders};
use platform::study_object::Asked;
use platform::warehouse::Warehouse;
use platform::{Error, TenantDb};
use problem::Problem;
use serde_json::Value;
use study::customers::{MOST_DAYS, MOST_PURCHASES, Model, Purchases, Question, Working, answer};
use worker::Env;

use crate::object::{Failed, Step, parsed, written};
use crate::series;

/// Orders read in one query.
const READ_AT_ONCE: u32 = 5_000;
/// Days of a quarter: the history is read by quarters, the present one first.
const QUARTER: i64 = 91;

/// The next step.
pub(crate) async fn step(env: &Env, asked: &Asked<Value>, state: &str) -> Result<Step, Failed> {
    let question: Question = parsed(&asked.question.to_string(), "a study's question")?;
    let zone = series::zone(&asked.shop)?;
    let today = zone.local_day(asked.now);
    if state.is_empty() {
        let purchases = read(env, asked, zone, today).await?;
        let detail = format!("{} orders read; looking how well the past would have been foretold", purchases.len());
        return again(&Working::new(purchases), 0.3, detail);
    }
    let mut working: Working = parsed(state, "a study's state")?;
    if working.looked.is_none() {
        working.look_back(&question, today);
        if working.looked.is_some() {
            return again(&working, 0.8, "foretelling what each customer will buy and spend".to_owned());
        }
        let learnt = working.learnt.len();
        let at = Model::ALL
            .get(learnt)
            .map_or("comparing the models".to_owned(), |model| format!("trying {}", model.name()));
        let detail = format!("looking how well the past would have been foretold: {at}");
        return again(&working, 0.3 + 0.1 * learnt as f64, detail);
    }
    let answer = answer(&question, &asked.shop.currency, &working, today)?;
    Ok(Step::Done(written(&answer, "a study's answer")?))
}

fn again(working: &Working, progress: f64, detail: String) -> Result<Step, Failed> {
    Ok(Step::Again { state: written(working, "a study's state")?, progress, detail })
}

/// The orders of the last years. Where they are too many, those of the last whole quarters that fit.
async fn read(env: &Env, asked: &Asked<Value>, zone: Zone, today: i64) -> Result<Purchases, Failed> {
    let shop = &asked.shop;
    let scope = series::scope(shop);
    let database = TenantDb::new(env, &shop.tenant_id)?;
    let warehouse = Warehouse::open(env, &database)?;
    let mut purchases = Purchases::default();
    for quarter in 0..MOST_DAYS / QUARTER {
        let last = today - quarter * QUARTER;
        let range = DateRange::new(zone, last - QUARTER + 1, last).map_err(|error| Error::corrupt("quarter", error))?;
        let mut after: Option<After> = None;
        loop {
            let statement =
                attribution_orders::statement(&scope, &range, after.as_ref(), READ_AT_ONCE, warehouse.dialect());
            let rows: Vec<attribution_orders::Row> = warehouse.rows(&statement).await?;
            let full = rows.len() >= usize::try_from(READ_AT_ONCE).unwrap_or(usize::MAX);
            after = rows.last().map(|row| After { t: row.t, id: row.id.clone() });
            for row in rows {
                purchases.push(&row.person, zone.local_day(row.t), row.value_minor);
            }
            if purchases.len() > MOST_PURCHASES {
                if quarter == 0 {
                    let detail = format!("there are more than {MOST_PURCHASES} orders in the last {QUARTER} days");
                    return Err(Problem::conflict(detail).into());
                }
                // The earliest of this quarter were read first; the quarters after it are whole.
                purchases.cut(last + 1);
                return Ok(purchases);
            }
            if !full {
                break;
            }
        }
    }
    Ok(purchases)
}
