//! Stock: variants and sales of the imported exports read once, the forecasts piece by piece; questions are answered from
//! what the study done last has kept.

use platform::TenantDb;
use platform::study_object::Asked;
use problem::Problem;
use serde::Deserialize;
use serde_json::{Value, json};
use study::stock::goods::{Sold, Variant};
use study::stock::{Answer, Ask, Forecast, MOST_DAYS, MOST_VARIANTS, Outlook, Question, Read};
use worker::Env;

use crate::object::{Failed, Step, parsed, written};
use crate::series;

/// Variants read in one query.
const VARIANTS_AT_ONCE: usize = 2_000;
/// Days of sales read in one query.
const DAYS_AT_ONCE: i64 = 31;
/// Names sold in one such span beyond which a shop is refused rather than cut: ten names a variant.
const MOST_NAMES: usize = 10 * MOST_VARIANTS;

/// One piece of the forecasts, or the end once all are made. They stay in the state, for questions.
pub(crate) async fn step(env: &Env, asked: &Asked<Value>, state: &str) -> Result<Step, Failed> {
    if state.is_empty() {
        let question: Question = parsed(&asked.question.to_string(), "a study's question")?;
        question.check()?;
        return again(&Outlook::new(question, read(env, asked).await?)?);
    }
    let mut outlook: Outlook = parsed(state, "a study's state")?;
    if outlook.is_done() {
        return Ok(Step::Done(written(&json!({ "forecast": outlook.counted().1 }), "a study's answer")?));
    }
    outlook.advance()?;
    again(&outlook)
}

fn again(outlook: &Outlook) -> Result<Step, Failed> {
    let (done, all) = outlook.counted();
    let detail = if done < all {
        format!("{done} of {all} forecasts made, of variants, products and the shop")
    } else {
        "making the forecasts add up".to_owned()
    };
    Ok(Step::Again { state: written(outlook, "a study's state")?, progress: outlook.progress(), detail })
}

/// What a study kept, for questions.
pub(crate) fn kept(state: &str) -> Result<Outlook, Failed> {
    if state.is_empty() {
        return Err(Problem::conflict("no stock is computed yet; start it with POST /planning/stock").into());
    }
    parsed(state, "a study's state")
}

/// The variants and what to order.
pub(crate) fn table(outlook: &Outlook, asked: &Asked<Ask>, study: &str) -> Result<Answer, Failed> {
    Ok(outlook.table(&asked.question, &asked.shop.currency, study)?)
}

/// One forecast.
pub(crate) fn forecast(outlook: &Outlook, asked: &Asked<String>) -> Result<Forecast, Failed> {
    Ok(outlook.forecast_of(&asked.question, series::zone(&asked.shop)?)?)
}

#[derive(Deserialize)]
struct Known {
    first_day: Option<i64>,
    last_day: Option<i64>,
    orders_at: Option<i64>,
    products_at: Option<i64>,
}

// An order that was cancelled or voided left the goods where they were. One that was refunded took them away, and the
// export does not say whether they came back.
const DEMANDED: &str = "o.cancelled_at IS NULL AND o.financial_status <> 'voided'";

/// What was sold and is on hand. Sales are known until the last order, and no day is whole that an export was made on or
/// that is not over.
async fn read(env: &Env, asked: &Asked<Value>) -> Result<Read, Failed> {
    let shop = &asked.shop;
    let site = shop.site.as_str();
    let zone = series::zone(shop)?;
    let database = TenantDb::new(env, &shop.tenant_id)?;
    let known: Option<Known> = database.first(KNOWN, &[site.into()]).await?;
    let known = known.unwrap_or(Known { first_day: None, last_day: None, orders_at: None, products_at: None });
    let exported = known.orders_at.map_or(i64::MAX, |at| zone.local_day(at) - 1);
    let yesterday = zone.local_day(asked.now) - 1;
    let last_day = known.last_day.unwrap_or(yesterday).min(exported).min(yesterday);
    let first_day = known.first_day.unwrap_or(last_day).max(last_day - MOST_DAYS + 1);
    let mut read = Read { first_day, last_day, stock_at: known.products_at, ..Read::default() };
    loop {
        let after = read.variants.last().map_or((String::new(), 0), |last| (last.handle.clone(), last.position));
        let most = i64::try_from(VARIANTS_AT_ONCE).unwrap_or(i64::MAX);
        let params = [site.into(), after.0.into(), after.1.into(), most.into()];
        let mut rows: Vec<Variant> = database.rows(VARIANTS, &params).await?;
        let full = rows.len() == VARIANTS_AT_ONCE;
        read.variants.append(&mut rows);
        if read.variants.len() > MOST_VARIANTS {
            let detail = format!("there are more than {MOST_VARIANTS} variants, which is more than can be computed");
            return Err(Problem::conflict(detail).into());
        }
        if !full {
            break;
        }
    }
    let sold = format!(
        "SELECT sku, product, group_concat(day || ':' || units) AS days FROM (SELECT l.sku, l.product, o.local_day AS day, \
         sum(l.quantity) AS units FROM shop_orders o JOIN shop_order_lines l ON l.tenant_id = o.tenant_id \
         AND l.site = o.site AND l.order_name = o.name WHERE o.tenant_id = ?1 AND o.site = ?2 \
         AND o.local_day BETWEEN ?3 AND ?4 AND {DEMANDED} GROUP BY l.sku, l.product, o.local_day) \
         GROUP BY sku, product ORDER BY sku, product"
    );
    let mut from = first_day;
    while from <= last_day {
        let to = (from + DAYS_AT_ONCE - 1).min(last_day);
        let mut rows: Vec<Sold> = database.rows(&sold, &[site.into(), from.into(), to.into()]).await?;
        if rows.len() > MOST_NAMES {
            let detail =
                format!("more than {MOST_NAMES} names were sold in a month, which is more than can be computed");
            return Err(Problem::conflict(detail).into());
        }
        read.sold.append(&mut rows);
        from = to + 1;
    }
    Ok(read)
}

const KNOWN: &str = "SELECT (SELECT min(local_day) FROM shop_orders WHERE tenant_id = ?1 AND site = ?2) AS first_day, \
     (SELECT max(local_day) FROM shop_orders WHERE tenant_id = ?1 AND site = ?2) AS last_day, \
     (SELECT max(created_at) FROM imports WHERE tenant_id = ?1 AND site = ?2 AND kind = 'shopify_orders') AS orders_at, \
     (SELECT max(created_at) FROM imports WHERE tenant_id = ?1 AND site = ?2 AND kind = 'shopify_products') AS products_at";
const VARIANTS: &str = "SELECT v.handle, v.position, v.sku, v.options, v.cost, v.stock, p.title, p.vendor, p.status \
     FROM shop_variants v JOIN shop_products p ON p.tenant_id = v.tenant_id AND p.site = v.site AND p.handle = v.handle \
     WHERE v.tenant_id = ?1 AND v.site = ?2 AND (v.handle, v.position) > (?3, ?4) ORDER BY v.handle, v.position LIMIT ?5";
