//! Looks at a site's figures now: reads the series, keeps what is stored in step with what is found.

use std::collections::BTreeSet;

use calendar::DateRange;
use control::audit::Entry;
use metrics::{Dimension, Metric, Request};
use platform::study_object::{Asked, LookNow, Shop};
use platform::{Error, Param, Result, Statement, TenantDb};
use problem::Problem;
use serde_json::json;
use study::anomalies::{self, Changes, DIMENSIONS, Finding, Kept, Look, METRICS, WEEKS_BEFORE, WINDOW};
use study::{Grain, Series};
use worker::Env;

use crate::object::Failed;
use crate::series;

/// Segments read of each figure in each dimension; all others together as one. D1 binds at most 100 values.
const SEGMENTS: usize = 10;
/// Segments read of a dimension for all figures together.
const MOST_SEGMENTS: usize = 40;
/// Times the stored is read again because somebody changed it meanwhile.
const ATTEMPTS: usize = 3;

/// Looks, stores, and says what was looked at.
pub(crate) async fn look(env: &Env, asked: &Asked<LookNow>) -> std::result::Result<Look, Failed> {
    let database = TenantDb::new(env, &asked.shop.tenant_id)?;
    let today = series::zone(&asked.shop)?.local_day(asked.now);
    let (look, found) = find(env, &database, asked, today).await?;
    let mut outcome = Ok(());
    for _ in 0..ATTEMPTS {
        let kept = kept(&database, &asked.shop, today).await?;
        let changes = anomalies::reconcile(&asked.shop.site, today, &kept, found.clone());
        outcome = store(&database, asked, &look, &changes).await;
        if !matches!(outcome, Err(Error::Stale { .. })) {
            break;
        }
    }
    outcome?;
    Ok(look)
}

/// What was looked at and found. The figures are one question to the warehouse; segments are read only of what was found.
async fn find(
    env: &Env,
    database: &TenantDb,
    asked: &Asked<LookNow>,
    today: i64,
) -> std::result::Result<(Look, Vec<Finding>), Failed> {
    let (grain, zone) = (Grain::Day, series::zone(&asked.shop)?);
    let watched: Vec<&'static Metric> =
        METRICS.iter().map(|id| study::metric(id)).collect::<std::result::Result<_, _>>()?;
    let mut request = Request::new(series::scope(&asked.shop), grain.history(zone, asked.now)?, watched.clone());
    request.bucket = Some(grain.bucket());
    let figures = series::ask(env, database, request).await?;
    let mut look = Look { looked_at: asked.now, window_days: WINDOW, ..Look::default() };
    let mut found = Vec::new();
    for metric in watched {
        let series = Series::of(grain, zone, &figures.points(metric, &[]));
        found.append(&mut anomalies::watched(metric, &series, today, &mut look)?);
    }
    for dimension in DIMENSIONS {
        split(env, database, &asked.shop, dimension, &mut found).await?;
    }
    Ok((look, found))
}

/// Adds to each finding what the segments of a dimension did.
async fn split(
    env: &Env,
    database: &TenantDb,
    shop: &Shop,
    dimension: Dimension,
    found: &mut [Finding],
) -> std::result::Result<(), Failed> {
    let mut metrics: Vec<&'static Metric> = Vec::new();
    for finding in found.iter() {
        let metric = study::metric(finding.metric)?;
        for metric in anomalies::read_for(metric) {
            if metric.knows(dimension) && !metrics.iter().any(|known| known.id == metric.id) {
                metrics.push(metric);
            }
        }
    }
    let days = found.iter().map(|finding| finding.local_day);
    let (Some(first), Some(last)) = (days.clone().min(), days.max()) else { return Ok(()) };
    if metrics.is_empty() {
        return Ok(());
    }
    let zone = series::zone(shop)?;
    let range = DateRange::new(zone, first - 7 * WEEKS_BEFORE, last);
    let range = range.map_err(|error| Problem::internal(error.to_string()))?;
    let mut request = Request::new(series::scope(shop), range, metrics.clone());
    request.by = vec![dimension];
    let totals = series::ask(env, database, request.clone()).await?;
    let largest = metrics.iter().flat_map(|metric| totals.keys(metric).into_iter().take(SEGMENTS));
    let keep: BTreeSet<String> = largest.filter_map(|key| key.into_iter().next()).collect();
    request.keep = Some(keep.into_iter().take(MOST_SEGMENTS).collect());
    request.bucket = Some(Grain::Day.bucket());
    let figures = series::ask(env, database, request).await?;
    for finding in found {
        let metric = study::metric(finding.metric)?;
        if anomalies::read_for(metric).iter().all(|metric| metric.knows(dimension)) {
            finding.moved_by(dimension, &anomalies::parts(&figures, metric, zone));
        }
    }
    Ok(())
}

/// What is stored and may still lie in the window: a run that began before it may have ended in it.
async fn kept(database: &TenantDb, shop: &Shop, today: i64) -> Result<Vec<Kept>> {
    let sql = "SELECT id, status, local_day, days, value, expected FROM anomalies \
               WHERE tenant_id = ?1 AND site = ?2 AND local_day + days >= ?3";
    database.rows(sql, &[shop.site.as_str().into(), (today - WINDOW).into()]).await
}

/// Stores a look and what it changed, with its audit entry. [`Error::Stale`] when somebody else raised the same.
async fn store(database: &TenantDb, asked: &Asked<LookNow>, look: &Look, changes: &Changes) -> Result<()> {
    let site = asked.shop.site.as_str();
    let ids = |found: &[Finding]| found.iter().map(|finding| finding.id(site)).collect::<Vec<_>>();
    let raised = ids(&changes.raised);
    let unknown = raised.iter().map(|id| {
        let sql = "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM anomalies WHERE tenant_id = ?1 AND id = ?2)";
        Statement::require(sql, vec![id.as_str().into()])
    });
    let mut statements: Vec<Statement> = unknown.collect();
    for finding in changes.raised.iter().chain(&changes.updated) {
        statements.push(kept_finding(&asked.shop, finding, asked.now)?);
    }
    statements.extend(changes.withdrawn.iter().map(|id| {
        let sql = "DELETE FROM anomalies WHERE tenant_id = ?1 AND id = ?2 AND status = 'open'";
        Statement::new(sql, vec![id.as_str().into()])
    }));
    statements.push(Statement::new(
        "INSERT INTO anomaly_looks (tenant_id, site, look) VALUES (?1, ?2, ?3) \
         ON CONFLICT (tenant_id, site) DO UPDATE SET look = excluded.look",
        vec![site.into(), json(look)?.into()],
    ));
    let entry = (!changes.is_empty()).then(|| Entry {
        actor: asked.question.requested_by.clone(),
        action: "anomalies.find",
        entity: format!("site:{site}"),
        before: None,
        after: Some(json!({ "raised": raised, "updated": ids(&changes.updated), "withdrawn": changes.withdrawn })),
        at: asked.now,
    });
    database.commit("the anomalies", &statements, entry.as_slice()).await
}

/// The statement that stores a finding; whether it was dismissed stays.
fn kept_finding(shop: &Shop, finding: &Finding, now: i64) -> Result<Statement> {
    let values: Vec<Param> = vec![
        finding.id(&shop.site).into(),
        shop.site.as_str().into(),
        finding.metric.into(),
        finding.unit.into(),
        shop.currency.as_str().into(),
        finding.local_day.into(),
        finding.days.into(),
        Param::Real(finding.value),
        Param::Real(finding.expected),
        Param::Real(finding.lower),
        Param::Real(finding.upper),
        Param::Real(finding.score),
        finding.words().into(),
        json(&finding.shift)?.into(),
        json(&finding.moved)?.into(),
        json(&finding.around)?.into(),
        now.into(),
    ];
    Ok(Statement::new(
        "INSERT INTO anomalies (id, tenant_id, site, metric, unit, currency, local_day, days, value, expected, lower, \
         upper, score, words, shift, moved, around, found_at) \
         VALUES (?2, ?1, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18) \
         ON CONFLICT (tenant_id, id) DO UPDATE SET days = excluded.days, value = excluded.value, \
         expected = excluded.expected, lower = excluded.lower, upper = excluded.upper, score = excluded.score, \
         words = excluded.words, shift = excluded.shift, moved = excluded.moved, around = excluded.around",
        values,
    ))
}

fn json<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::corrupt("anomaly", error))
}
