//! Answers to what agents need. Every read is the run's tenant's and site's; nothing here reads customers.

use agent::need::{
    CampaignFacts, ChannelFacts, FigureRow, Figures, GuardrailFacts, HourRow, ImageFacts, InsightRow, Level,
    ProductFacts, SiteFacts,
};
use agent::{Answer, Need};
use calendar::{DateRange, Granularity, Zone};
use campaign::Brand;
use metrics::{Dimension, Request, Scope, catalog};
use platform::warehouse::{AskError, Warehouse};
use platform::{Error, Result, TenantDb, campaigns};
use serde::Deserialize;
use worker::Env;

/// Answers a need other than a model's.
///
/// # Errors
/// A store that did not answer, or holds what cannot be read.
pub(crate) async fn answer(env: &Env, database: &TenantDb, site: &str, need: &Need) -> Result<Answer> {
    Ok(match need {
        Need::Site => find_site(database, site).await?.map_or_else(|| no_site(site), Answer::Site),
        Need::Brand => Answer::Brand(brand(database, site).await?),
        Need::Campaign { id } => campaign(database, site, id).await?,
        Need::Figures { metrics, from, to, by } => {
            let Some(site) = find_site(database, site).await? else { return Ok(no_site(site)) };
            Answer::Figures(figures(env, database, &site, metrics, (from, to), by.as_deref()).await?)
        }
        Need::Insights { campaign_id, level, from_day, to_day } => {
            Answer::Insights { rows: insights(database, site, campaign_id, *level, (*from_day, *to_day)).await? }
        }
        Need::PageViews { from_day, to_day } => {
            let Some(site) = find_site(database, site).await? else { return Ok(no_site(site)) };
            Answer::PageViews { rows: page_views(env, database, &site, (*from_day, *to_day)).await? }
        }
        Need::Guardrails => {
            let rails = campaigns::limits::load(database).await?.guardrails;
            Answer::Guardrails(GuardrailFacts {
                spending_stopped: rails.spending_stopped,
                daily_cap: rails.daily_cap,
                campaign_daily_cap: rails.campaign_daily_cap,
                autonomy: rails.autonomy.as_str().to_owned(),
                act_budget_change: rails.act_budget_change,
            })
        }
        Need::Channels => Answer::Channels { rows: channels(database, site).await? },
        Need::Images => Answer::Images {
            rows: database
                .rows::<ImageFacts>(
                    "SELECT id, title, media_type, width, height, bytes FROM ad_assets WHERE tenant_id = ?1 AND site = ?2 \
                     AND type = 'image' AND deleted_at IS NULL ORDER BY created_at DESC, id LIMIT 500",
                    &[site.into()],
                )
                .await?,
        },
        Need::Products => Answer::Products { rows: products(database, site).await? },
        Need::Model(_) => Answer::Missing { reason: "a model is asked elsewhere".to_owned() },
    })
}

fn no_site(site: &str) -> Answer {
    Answer::Missing { reason: format!("there is no site {site}") }
}

async fn find_site(database: &TenantDb, site: &str) -> Result<Option<SiteFacts>> {
    let sql = "SELECT key, name, currency, time_zone FROM sites WHERE tenant_id = ?1 AND key = ?2";
    database.first(sql, &[site.into()]).await
}

async fn brand(database: &TenantDb, site: &str) -> Result<Brand> {
    #[derive(Deserialize)]
    struct Row {
        guidelines: String,
    }
    let sql = "SELECT guidelines FROM brand_guidelines WHERE tenant_id = ?1 AND site = ?2";
    let Some(row) = database.first::<Row>(sql, &[site.into()]).await? else { return Ok(Brand::default()) };
    serde_json::from_str(&row.guidelines).map_err(|e| Error::corrupt("brand guidelines", e))
}

async fn campaign(database: &TenantDb, site: &str, id: &str) -> Result<Answer> {
    Ok(match campaigns::load(database, id).await?.filter(|campaign| campaign.row.site == site) {
        Some(campaign) => Answer::Campaign(Box::new(CampaignFacts {
            id: campaign.row.id,
            status: campaign.row.status,
            version: campaign.row.version,
            document: campaign.document,
        })),
        None => Answer::Missing { reason: format!("the site has no campaign {id}") },
    })
}

fn unreadable(e: &dyn std::fmt::Display) -> Error {
    Error::corrupt("question to the catalog", e)
}

fn scope(database: &TenantDb, site: &SiteFacts) -> Scope {
    Scope { tenant_id: database.tenant().to_owned(), site: site.key.clone(), currency: site.currency.clone() }
}

fn days(site: &SiteFacts, first: i64, last: i64) -> Result<DateRange> {
    let zone = Zone::parse(&site.time_zone).map_err(|e| Error::corrupt("site time zone", e))?;
    DateRange::new(zone, first, last).map_err(|e| unreadable(&e))
}

async fn ask(env: &Env, database: &TenantDb, request: Request) -> Result<metrics::Answer> {
    Warehouse::open(env, database)?.ask(request).await.map_err(|error| match error {
        AskError::Platform(error) => error,
        AskError::Metrics(error) => Error::corrupt("figures", error),
    })
}

/// From the counts of events by hour, which a month of costs no more than its hours.
async fn page_views(
    env: &Env,
    database: &TenantDb,
    site: &SiteFacts,
    (first, last): (i64, i64),
) -> Result<Vec<HourRow>> {
    let events = catalog::metric("events").map_err(|e| unreadable(&e))?;
    let mut request = Request::new(scope(database, site), days(site, first, last)?, vec![events]);
    request.bucket = Some(Granularity::Hour);
    request.event = Some(event::PAGEVIEW.to_owned());
    let answer = ask(env, database, request).await?;
    let count = |hour: i64| answer.figure(events, &[], Some(hour)).map_or(0, metrics::Figure::rounded);
    let hours = answer.buckets().iter().map(|bucket| bucket.key);
    Ok(hours.map(|local_hour| HourRow { local_hour, count: count(local_hour) }).collect())
}

async fn figures(
    env: &Env,
    database: &TenantDb,
    site: &SiteFacts,
    ids: &[String],
    (from, to): (&str, &str),
    by: Option<&str>,
) -> Result<Figures> {
    let day = |field, text| calendar::parse_day(field, text).map_err(|e| unreadable(&e));
    let range = days(site, day("from", from)?, day("to", to)?)?;
    let metrics: Vec<&'static metrics::Metric> =
        ids.iter().map(|id| catalog::metric(id)).collect::<std::result::Result<_, _>>().map_err(|e| unreadable(&e))?;
    let dimension = by.map(Dimension::parse).transpose().map_err(|e| unreadable(&e))?;
    let mut request = Request::new(scope(database, site), range, metrics.clone());
    request.by = dimension.into_iter().collect();
    let answer = ask(env, database, request).await?;
    let keys = match (dimension, metrics.first()) {
        (Some(_), Some(first)) => answer.keys(first),
        _ => vec![Vec::new()],
    };
    let rows = keys
        .into_iter()
        .map(|key| {
            let parts: Vec<&str> = key.iter().map(String::as_str).collect();
            let value = |metric: &metrics::Metric| answer.figure(metric, &parts, None).map(metrics::Figure::as_f64);
            let values = metrics.iter().map(|metric| (metric.id.to_owned(), value(metric))).collect();
            FigureRow { key: key.join(" "), values }
        })
        .collect();
    let query = match by {
        None => format!("/analytics/summary?site={}&from={from}&to={to}", site.key),
        Some(by) => format!(
            "/analytics/breakdown?site={}&by={by}&metric={}&from={from}&to={to}",
            site.key,
            ids.first().map_or("", String::as_str)
        ),
    };
    Ok(Figures { query, rows })
}

async fn insights(
    database: &TenantDb,
    site: &str,
    campaign_id: &str,
    level: Level,
    (from, to): (i64, i64),
) -> Result<Vec<InsightRow>> {
    let sql = "SELECT local_day, channel_id, ad_set_id, ad_id, impressions, clicks, spend_micros, currency, conversions, \
               conversion_value_micros FROM channel_insights WHERE tenant_id = ?1 AND campaign_id = ?2 AND level = ?3 \
               AND local_day BETWEEN ?4 AND ?5 AND site = ?6 ORDER BY local_day, channel_id, external_id LIMIT 20000";
    database.rows(sql, &[campaign_id.into(), level.as_str().into(), from.into(), to.into(), site.into()]).await
}

async fn channels(database: &TenantDb, site: &str) -> Result<Vec<ChannelFacts>> {
    let sql = "SELECT id, type AS channel, name, status, currency FROM channels WHERE tenant_id = ?1 AND site = ?2 \
               AND status <> 'disconnected' ORDER BY created_at, id";
    database.rows(sql, &[site.into()]).await
}

/// By orders where some were imported, else by title. A line item's name is its product's title and, after a hyphen, the
/// variant's.
async fn products(database: &TenantDb, site: &str) -> Result<Vec<ProductFacts>> {
    let sold = "SELECT CASE WHEN instr(product, ' - ') > 0 THEN substr(product, 1, instr(product, ' - ') - 1) \
                ELSE product END AS title, SUM(quantity) AS sold, MAX(price) AS price FROM shop_order_lines \
                WHERE tenant_id = ?1 AND site = ?2 GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 10";
    let rows: Vec<ProductFacts> = database.rows(sold, &[site.into()]).await?;
    if !rows.is_empty() {
        return Ok(rows);
    }
    let listed = "SELECT p.title, 0 AS sold, (SELECT MIN(v.price) FROM shop_variants v WHERE v.tenant_id = ?1 \
                  AND v.site = ?2 AND v.handle = p.handle) AS price FROM shop_products p \
                  WHERE p.tenant_id = ?1 AND p.site = ?2 AND p.status IN ('', 'active') ORDER BY p.title LIMIT 10";
    database.rows(listed, &[site.into()]).await
}
