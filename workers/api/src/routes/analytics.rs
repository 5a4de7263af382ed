//! Figures: the catalog, totals, over time, by a property.

use std::collections::BTreeMap;

use axum::Json;
use calendar::Granularity;
use metrics::catalog::{metric, metrics, metrics_by};
use metrics::reports::event_names;
use metrics::{Dimension, Figure, Filter, OTHER, Request, Row};
use platform::warehouse::Warehouse;
use problem::Problem as Failure;

use super::scope;
use crate::answer::Answer;
use crate::extract::{Params, one_of, whole_number};
use crate::gate::Caller;
use crate::wire::analytics::{
    Breakdown, BreakdownQuery, BreakdownRow, EventName, EventNames, Metric, Metrics, Point, RangeQuery, Series,
    Summary, SummaryQuery, TimeSeries, TimeSeriesQuery,
};
use crate::wire::problem::Problem;

/// Series of their own in a chart; more cannot be told apart.
const TOP_SERIES: usize = 8;

/// Most event names that are listed.
const MAX_EVENT_NAMES: u32 = 200;

/// The metric catalog.
#[utoipa::path(
    get, path = "/metrics", tag = "analytics",
    responses((status = 200, body = Metrics), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_analytics")), ("x-tool" = json!({ "name": "metrics_list", "title": "The metric catalog", "effect": "read" })))
)]
pub async fn list_metrics() -> Json<Metrics> {
    Json(Metrics { rows: metrics().iter().map(Metric::from).collect() })
}

/// Totals of every metric.
#[utoipa::path(
    get, path = "/analytics/summary", tag = "analytics", params(SummaryQuery),
    responses((status = 200, body = Summary), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_analytics")), ("x-tool" = json!({ "name": "analytics_summary", "title": "Figures of a period", "effect": "read" })))
)]
#[worker::send]
pub async fn summary(caller: Caller, Params(query): Params<SummaryQuery>) -> Answer<Json<Summary>> {
    let (site, scope, range) =
        scope::of(&caller, query.site.as_deref(), query.from.as_deref(), query.to.as_deref()).await?;
    let compare = one_of("compare", query.compare.as_deref(), "none", &["previous", "none"])? == "previous";
    let filters = of_channel(query.channel);
    let dimensions: Vec<Dimension> = filters.iter().map(|filter| filter.dimension).collect();
    let warehouse = Warehouse::open(&caller.runtime.env, &caller.database)?;
    let ask = |range| {
        let mut request = Request::new(scope.clone(), range, metrics_by(&dimensions));
        request.filters.clone_from(&filters);
        warehouse.ask(request)
    };
    let metrics = named(ask(range).await?.row(&[]));
    let previous = if compare { Some(named(ask(range.previous()).await?.row(&[]))) } else { None };
    Ok(Json(Summary { currency: site.currency, from: range.from(), to: range.to(), metrics, previous }))
}

/// One metric over time.
///
/// With `by`: 1. rank the keys over the whole range. 2. Ask for the largest eight on their own and the others together.
#[utoipa::path(
    get, path = "/analytics/timeseries", tag = "analytics", params(TimeSeriesQuery),
    responses((status = 200, body = TimeSeries), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_analytics")), ("x-tool" = json!({ "name": "analytics_timeseries", "title": "A metric over time", "effect": "read" })))
)]
#[worker::send]
pub async fn timeseries(caller: Caller, Params(query): Params<TimeSeriesQuery>) -> Answer<Json<TimeSeries>> {
    let id = query
        .metric
        .as_deref()
        .ok_or_else(|| Failure::invalid_field("metric", "is missing; GET /metrics lists them"))?;
    let metric = metric(id)?;
    let gran = Granularity::parse(query.gran.as_deref().unwrap_or("d"))?;
    let by = query.by.as_deref().map(Dimension::parse).transpose()?;
    let (site, scope, range) =
        scope::of(&caller, query.site.as_deref(), query.from.as_deref(), query.to.as_deref()).await?;
    let mut total = Request::new(scope, range, vec![metric]);
    total.filters = of_channel(query.channel);
    total.event = query.event;
    let warehouse = Warehouse::open(&caller.runtime.env, &caller.database)?;

    let mut series = Vec::new();
    if let Some(dimension) = by {
        let mut ranking = total.clone();
        ranking.by = vec![dimension];
        let ranked = warehouse.ask(ranking.clone()).await?.keys(metric);
        let mut keys: Vec<String> = ranked.into_iter().filter_map(|key| key.into_iter().next()).collect();
        let mut over_time = ranking;
        over_time.bucket = Some(gran);
        if keys.len() > TOP_SERIES {
            keys.truncate(TOP_SERIES);
            over_time.keep = Some(keys.clone());
            keys.push(OTHER.to_owned());
        }
        let figures = warehouse.ask(over_time).await?;
        series.extend(
            keys.into_iter().map(|key| Series {
                points: figures.points(metric, &[&key]).into_iter().map(Point::from).collect(),
                key,
            }),
        );
    }
    total.bucket = Some(gran);
    let points = warehouse.ask(total).await?.points(metric, &[]).into_iter().map(Point::from).collect();
    Ok(Json(TimeSeries {
        metric: metric.id.to_owned(),
        unit: metric.unit.into(),
        currency: site.currency,
        gran: gran.code().to_owned(),
        points,
        series,
    }))
}

/// Every metric by a property of visits.
#[utoipa::path(
    get, path = "/analytics/breakdown", tag = "analytics", params(BreakdownQuery),
    responses((status = 200, body = Breakdown), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_analytics")), ("x-tool" = json!({ "name": "analytics_breakdown", "title": "Metrics by a property", "effect": "read" })))
)]
#[worker::send]
pub async fn breakdown(caller: Caller, Params(query): Params<BreakdownQuery>) -> Answer<Json<Breakdown>> {
    let by = query
        .by
        .as_deref()
        .ok_or_else(|| Failure::invalid_field("by", "is missing; GET /metrics lists the dimensions"))?;
    let dimension = Dimension::parse(by)?;
    let limit = whole_number("limit", query.limit.as_deref(), 50, 1..=500)?;
    let (site, scope, range) =
        scope::of(&caller, query.site.as_deref(), query.from.as_deref(), query.to.as_deref()).await?;
    let total = Request::new(scope, range, metrics_by(&[dimension]));
    let mut by_key = total.clone();
    by_key.by = vec![dimension];
    let warehouse = Warehouse::open(&caller.runtime.env, &caller.database)?;
    let figures = warehouse.ask(by_key).await?;
    let rows = figures
        .keys(metric("sessions")?)
        .into_iter()
        .filter_map(|key| key.into_iter().next())
        .take(usize::try_from(limit).unwrap_or(usize::MAX))
        .map(|key| BreakdownRow { metrics: named(figures.row(&[&key])), key })
        .collect();
    let total = named(warehouse.ask(total).await?.row(&[]));
    Ok(Json(Breakdown { currency: site.currency, by: dimension.column().to_owned(), rows, total }))
}

/// The event names seen.
#[utoipa::path(
    get, path = "/analytics/events", tag = "analytics", params(RangeQuery),
    responses((status = 200, body = EventNames), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_analytics")), ("x-tool" = json!({ "name": "analytics_events", "title": "Which events are collected", "effect": "read" })))
)]
#[worker::send]
pub async fn event_names(caller: Caller, Params(query): Params<RangeQuery>) -> Answer<Json<EventNames>> {
    let (_, scope, range) =
        scope::of(&caller, query.site.as_deref(), query.from.as_deref(), query.to.as_deref()).await?;
    let warehouse = Warehouse::open(&caller.runtime.env, &caller.database)?;
    let statement = event_names::statement(&scope, &range, MAX_EVENT_NAMES, warehouse.dialect());
    let rows: Vec<event_names::Row> = warehouse.rows(&statement).await?;
    Ok(Json(EventNames { rows: rows.into_iter().map(EventName::from).collect() }))
}

fn of_channel(channel: Option<String>) -> Vec<Filter> {
    channel.into_iter().map(|value| Filter { dimension: Dimension::Channel, value }).collect()
}

fn named(row: Row) -> BTreeMap<String, Option<Figure>> {
    row.into_iter().map(|(id, figure)| (id.to_owned(), figure)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_ratio_without_divisor_is_sent_as_null_and_money_without_fraction() {
        let row: Row = BTreeMap::from([
            ("revenue", Some(Figure::Whole(12_900))),
            ("roas", None),
            ("cvr", Some(Figure::Real(0.25))),
        ]);
        assert_eq!(serde_json::to_string(&named(row)).unwrap(), r#"{"cvr":0.25,"revenue":12900,"roas":null}"#);
    }

    #[test]
    fn the_catalog_is_sent_with_the_words_of_the_contract() {
        let sent = serde_json::to_value(Metric::from(metric("bounce_rate").unwrap())).unwrap();
        assert_eq!((&sent["unit"], &sent["better"]), (&json!("percent"), &json!("down")));
        assert!(sent["dimensions"].as_array().unwrap().contains(&json!("channel")));
    }
}
