//! Reads what a test that holds a channel out is planned and read from: orders by day and place, and whose touches led to
//! those right before it.

use std::collections::BTreeMap;

use attribution::{ChannelCredit, Order, Parameters, Touch, Touches, attribute, models, window_ms};
use calendar::{DateRange, Zone};
use metrics::Request;
use metrics::reports::{After, attribution_orders, attribution_touches, regions};
use platform::study_object::Asked;
use platform::warehouse::Warehouse;
use platform::{Error, TenantDb};
use problem::Problem;
use study::Grain;
use study::holdouts::{By, Claims, Days, Kind, Plan, Question, Readout, Rows, check, plan, readout, reads};
use worker::Env;

use crate::object::Failed;
use crate::series;

/// Orders or touches read in one query.
const READ_AT_ONCE: u32 = 5_000;
/// Days of regions read in one query.
const QUARTER: i64 = 91;
/// Days of orders whose touches are held at a time.
const WEEK: i64 = 7;

/// Plans a test.
pub(crate) async fn planned(env: &Env, asked: &Asked<Question>) -> Result<Plan, Failed> {
    let today = series::zone(&asked.shop)?.local_day(asked.now);
    check(&asked.question, today)?;
    let (rows, claims) = read(env, asked, today).await?;
    Ok(plan(&asked.question, &asked.shop.currency, today, &rows, &claims)?)
}

/// Reads a test out with the days it has had.
pub(crate) async fn read_out(env: &Env, asked: &Asked<Question>) -> Result<Option<Readout>, Failed> {
    let today = series::zone(&asked.shop)?.local_day(asked.now);
    let design = &asked.question.design;
    if design.days()?.first + design.settle_days >= today {
        return Ok(None);
    }
    let (rows, claims) = read(env, asked, today).await?;
    Ok(readout(&asked.question, &asked.shop.currency, today, &rows, &claims)?)
}

async fn read(env: &Env, asked: &Asked<Question>, today: i64) -> Result<(Rows, Claims), Failed> {
    let database = TenantDb::new(env, &asked.shop.tenant_id)?;
    let warehouse = Warehouse::open(env, &database)?;
    let zone = series::zone(&asked.shop)?;
    let (days, claimed) = reads(&asked.question.design, today)?;
    let rows = match asked.question.design.kind {
        Kind::Region => by_region(&warehouse, asked, zone, days).await?,
        Kind::Time => all(env, &database, asked, zone, days).await?,
    };
    Ok((rows, claims(&warehouse, asked, zone, claimed).await?))
}

fn range(zone: Zone, first: i64, last: i64) -> Result<DateRange, Problem> {
    DateRange::new(zone, first, last).map_err(|error| Problem::invalid_field("/design/from", error.to_string()))
}

fn level(by: By) -> regions::Level {
    match by {
        By::Country => regions::Level::Country,
        By::Region => regions::Level::Region,
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts and amounts stay below 2^53")]
async fn by_region(warehouse: &Warehouse<'_>, asked: &Asked<Question>, zone: Zone, days: Days) -> Result<Rows, Failed> {
    let (scope, level) = (series::scope(&asked.shop), level(asked.question.design.by));
    let mut rows = Rows::new(days.first, days.last);
    let mut first = days.first;
    while first <= days.last {
        let last = days.last.min(first + QUARTER - 1);
        let statement = regions::days(&scope, &range(zone, first, last)?, level, warehouse.dialect());
        let read: Vec<regions::Row> = warehouse.rows(&statement).await?;
        for row in read {
            rows.add(&row.region, row.day, row.orders as f64, row.value_minor as f64);
        }
        first = last + 1;
    }
    Ok(rows)
}

/// The whole site's days, as the catalog counts them.
async fn all(env: &Env, database: &TenantDb, asked: &Asked<Question>, zone: Zone, days: Days) -> Result<Rows, Failed> {
    let (orders, revenue) = (study::metric("orders")?, study::metric("revenue")?);
    let mut request =
        Request::new(series::scope(&asked.shop), range(zone, days.first, days.last)?, vec![orders, revenue]);
    request.bucket = Some(Grain::Day.bucket());
    let figures = series::ask(env, database, request).await?;
    let mut rows = Rows::new(days.first, days.last);
    for (metric, counts) in [(orders, true), (revenue, false)] {
        for point in figures.points(metric, &[]) {
            let value = point.value.map_or(0.0, metrics::Figure::as_f64);
            let (orders, value) = if counts { (value, 0.0) } else { (0.0, value) };
            rows.add("", zone.local_day(point.t), orders, value);
        }
    }
    Ok(rows)
}

/// What each model of the catalog credited the channel with, a week of orders at a time.
#[expect(clippy::cast_precision_loss, reason = "amounts stay below 2^53")]
async fn claims(warehouse: &Warehouse<'_>, asked: &Asked<Question>, zone: Zone, days: Days) -> Result<Claims, Failed> {
    let design = &asked.question.design;
    let window = window_ms(asked.question.window_days).map_err(|error| Error::corrupt("site's look-back", error))?;
    let mut claims = Claims::default();
    let mut credits: BTreeMap<&str, ChannelCredit> = BTreeMap::new();
    let mut first = days.first;
    while first <= days.last {
        let week = range(zone, first, days.last.min(first + WEEK - 1))?;
        first += WEEK;
        let orders = orders(warehouse, asked, &week).await?;
        if orders.is_empty() {
            continue;
        }
        claims.orders += orders.len() as f64;
        claims.value += orders.iter().map(|order| order.value_minor as f64).sum::<f64>();
        let touches = touches(warehouse, asked, &week, window).await?;
        for model in models() {
            let found = attribute(model, &Parameters::new(), &orders, &touches, window)
                .map_err(|error| Error::corrupt("an attribution", error))?;
            let credit = credits.entry(model.descriptor().id).or_default();
            for one in found.iter().flat_map(|one| &one.credits).filter(|one| one.touch.channel == design.channel) {
                credit.conversions += one.share;
                credit.value += one.value_minor as f64;
            }
        }
    }
    claims.by_model = models()
        .iter()
        .map(|model| model.descriptor().id)
        .map(|id| (id.to_owned(), credits.get(id).copied().unwrap_or_default()))
        .collect();
    Ok(claims)
}

/// The orders of these days where the channel is off.
async fn orders(warehouse: &Warehouse<'_>, asked: &Asked<Question>, days: &DateRange) -> Result<Vec<Order>, Failed> {
    let (scope, design) = (series::scope(&asked.shop), &asked.question.design);
    let mut orders = Vec::new();
    let mut after: Option<After> = None;
    loop {
        let dialect = warehouse.dialect();
        let read: Vec<(Order, String)> = match design.kind {
            Kind::Region => {
                let statement = regions::orders(&scope, days, level(design.by), after.as_ref(), READ_AT_ONCE, dialect);
                let rows: Vec<regions::Placed> = warehouse.rows(&statement).await?;
                rows.into_iter()
                    .map(|row| {
                        let order = Order { id: row.id, person: row.person, t: row.t, value_minor: row.value_minor };
                        (order, row.region)
                    })
                    .collect()
            }
            Kind::Time => {
                let statement = attribution_orders::statement(&scope, days, after.as_ref(), READ_AT_ONCE, dialect);
                let rows: Vec<attribution_orders::Row> = warehouse.rows(&statement).await?;
                rows.into_iter()
                    .map(|row| {
                        let order = Order { id: row.id, person: row.person, t: row.t, value_minor: row.value_minor };
                        (order, String::new())
                    })
                    .collect()
            }
        };
        let full = read.len() >= usize::try_from(READ_AT_ONCE).unwrap_or(usize::MAX);
        after = read.last().map(|(order, _)| After { t: order.t, id: order.id.clone() });
        orders.extend(read.into_iter().filter(|(_, region)| design.treats(region)).map(|(order, _)| order));
        if !full {
            return Ok(orders);
        }
    }
}

/// The touches of everybody who bought on these days.
async fn touches(
    warehouse: &Warehouse<'_>,
    asked: &Asked<Question>,
    days: &DateRange,
    window: i64,
) -> Result<Touches, Failed> {
    let scope = series::scope(&asked.shop);
    let mut touches: Vec<(String, Touch)> = Vec::new();
    let mut after: Option<attribution_touches::After> = None;
    loop {
        let statement =
            attribution_touches::of_buyers(&scope, days, window, after.as_ref(), READ_AT_ONCE, warehouse.dialect());
        let rows: Vec<attribution_touches::Row> = warehouse.rows(&statement).await?;
        let full = rows.len() >= usize::try_from(READ_AT_ONCE).unwrap_or(usize::MAX);
        after = rows.last().map(|row| attribution_touches::After {
            person: row.person.clone(),
            t: row.t,
            id: row.id.clone(),
        });
        touches.extend(rows.into_iter().map(|row| {
            let touch = Touch { id: row.id, t: row.t, number: row.number, channel: row.channel, ..Touch::default() };
            (row.person, touch)
        }));
        if !full {
            return Ok(touches.into_iter().collect());
        }
    }
}
