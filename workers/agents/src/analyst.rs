//! Brings the analyst its figures: the catalog's totals and channels of a period and of the one before.

use crate::run::{Ending, Run};
use agent::analyst::{self, Channel, Compared, Input};
use calendar::{DateRange, Zone};
use metrics::{Answer, Better, Dimension, Metric, Request, Scope, catalog};
use platform::warehouse::{AskError, Warehouse};
use platform::{Error, Result, TenantDb, clock};
use serde::Deserialize;
use worker::Env;

/// Metrics the analyst speaks of.
const TOTALS: [&str; 7] = ["revenue", "orders", "sessions", "cvr", "aov", "spend", "roas"];
/// Metrics it compares channels by.
const BY_CHANNEL: [&str; 3] = ["revenue", "orders", "spend"];
/// Days of a week.
const WEEK: i64 = 7;

/// What it may be asked; everything has a default.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    from: Option<String>,
    to: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Site {
    name: String,
    currency: String,
    time_zone: String,
}

/// Answers a run.
pub(crate) async fn run(env: &Env, database: &TenantDb, run: &Run) -> Result<Ending> {
    let asked: Asked = serde_json::from_str(&run.input).map_err(|e| Error::corrupt("agent input", e))?;
    let site: Option<Site> = database
        .first(
            "SELECT name, currency, time_zone FROM sites WHERE tenant_id = ?1 AND key = ?2",
            &[run.site.as_str().into()],
        )
        .await?;
    let Some(site) = site else {
        return Ok(Ending::Failed(format!("there is no site {}", run.site)));
    };
    let zone = Zone::parse(&site.time_zone).map_err(|e| Error::corrupt("site time zone", e))?;
    let range = match period(&asked, zone, clock::now_ms()) {
        Ok(range) => range,
        Err(error) => return Ok(Ending::Failed(error.to_string())),
    };
    let scope =
        Scope { tenant_id: database.tenant().to_owned(), site: run.site.clone(), currency: site.currency.clone() };
    let warehouse = Warehouse::open(env, database)?;
    let ask = async |range: &DateRange, ids: &[&str], by: Option<Dimension>| -> Result<Answer> {
        let metrics = ids.iter().map(|id| catalog::metric(id)).collect::<std::result::Result<Vec<_>, _>>();
        let mut request = Request::new(scope.clone(), *range, metrics.map_err(|e| Error::corrupt("metric", e))?);
        request.by = by.into_iter().collect();
        warehouse.ask(request).await.map_err(|error| match error {
            AskError::Platform(error) => error,
            AskError::Metrics(error) => Error::corrupt("figures", error),
        })
    };
    let before = range.previous();
    let totals = (ask(&range, &TOTALS, None).await?, ask(&before, &TOTALS, None).await?);
    let channels = (
        ask(&range, &BY_CHANNEL, Some(Dimension::Channel)).await?,
        ask(&before, &BY_CHANNEL, Some(Dimension::Channel)).await?,
    );
    let input = Input {
        site: site.name,
        currency: site.currency,
        from: range.from(),
        to: range.to(),
        totals: TOTALS.iter().filter_map(|id| compared(id, &totals.0, &totals.1)).collect(),
        channels: compared_channels(&channels.0, &channels.1),
    };
    let report = analyst::report(&input);
    serde_json::to_string(&report).map(Ending::Succeeded).map_err(|e| Error::corrupt("report", e))
}

/// The days asked for; by default the last seven that are over, because a day that still runs looks like a fall.
fn period(asked: &Asked, zone: Zone, now: i64) -> std::result::Result<DateRange, calendar::CalendarError> {
    let day = |field, text: &Option<String>| text.as_deref().map(|text| calendar::parse_day(field, text)).transpose();
    let to = day("to", &asked.to)?.unwrap_or_else(|| zone.local_day(now) - 1);
    let from = day("from", &asked.from)?.unwrap_or(to - (WEEK - 1));
    DateRange::new(zone, from, to)
}

fn value(answer: &Answer, metric: &Metric, key: &[&str]) -> Option<f64> {
    answer.figure(metric, key, None).map(metrics::Figure::as_f64)
}

fn compared(id: &'static str, now: &Answer, before: &Answer) -> Option<Compared> {
    let metric = catalog::metric(id).ok()?;
    Some(Compared {
        metric: metric.id,
        label: metric.label,
        unit: metric.unit,
        now: value(now, metric, &[]),
        before: value(before, metric, &[]),
        more_is_better: match metric.better {
            Better::Up => Some(true),
            Better::Down => Some(false),
            Better::None => None,
        },
    })
}

fn compared_channels(now: &Answer, before: &Answer) -> Vec<Channel> {
    let Ok(revenue) = catalog::metric("revenue") else {
        return Vec::new();
    };
    let mut names: Vec<Vec<String>> = now.keys(revenue);
    names.extend(before.keys(revenue).into_iter().filter(|name| !names.contains(name)).collect::<Vec<_>>());
    names
        .into_iter()
        .map(|key| {
            let parts: Vec<&str> = key.iter().map(String::as_str).collect();
            let of = |answer: &Answer, id: &str| {
                catalog::metric(id).ok().and_then(|metric| value(answer, metric, &parts)).unwrap_or(0.0)
            };
            Channel {
                name: key.join(" "),
                revenue: of(now, "revenue"),
                revenue_before: of(before, "revenue"),
                orders: of(now, "orders"),
                orders_before: of(before, "orders"),
                spend: of(now, "spend"),
                spend_before: of(before, "spend"),
            }
        })
        .collect()
}
