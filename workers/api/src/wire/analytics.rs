//! Metrics, figures over time, and the live feed.

use std::collections::BTreeMap;

use metrics::Figure;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A property of a visit that figures can be broken down by.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = Dimension)]
pub enum DimensionName {
    /// Channel group.
    Channel,
    /// Source.
    Source,
    /// Medium.
    Medium,
    /// Campaign.
    Campaign,
    /// Country.
    Country,
    /// Device class.
    Device,
    /// Browser family.
    Browser,
    /// Operating system family.
    Os,
}

/// Whether the period before is answered too.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Compare {
    /// As many days before.
    Previous,
    /// No.
    None,
}

/// The length of a bucket: hour, day, week (from Monday) or month.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = Granularity)]
pub enum Gran {
    /// Hour.
    H,
    /// Day.
    D,
    /// Week.
    W,
    /// Month.
    M,
}

/// What a metric counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Minor units of the site's currency.
    Money,
    /// Things.
    Count,
    /// Read as `3.2×`.
    Ratio,
    /// A fraction people read as a percentage.
    Percent,
}

impl From<metrics::Unit> for Unit {
    fn from(unit: metrics::Unit) -> Self {
        match unit {
            metrics::Unit::Money => Self::Money,
            metrics::Unit::Count => Self::Count,
            metrics::Unit::Ratio => Self::Ratio,
            metrics::Unit::Percent => Self::Percent,
        }
    }
}

/// Which direction is good news.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    /// More.
    Up,
    /// Less.
    Down,
    /// Neither.
    None,
}

impl From<metrics::Better> for Better {
    fn from(better: metrics::Better) -> Self {
        match better {
            metrics::Better::Up => Self::Up,
            metrics::Better::Down => Self::Down,
            metrics::Better::None => Self::None,
        }
    }
}

/// One figure of the product.
#[derive(Debug, Serialize, ToSchema)]
pub struct Metric {
    /// Stable id.
    pub id: String,
    /// What people call it.
    pub label: String,
    /// What it says, with its traps.
    pub description: String,
    /// How it is computed, in words.
    pub formula: String,
    /// What it counts.
    pub unit: Unit,
    /// Which direction is good news.
    pub better: Better,
    /// What it can be broken down by.
    pub dimensions: Vec<String>,
}

impl From<&metrics::Metric> for Metric {
    fn from(metric: &metrics::Metric) -> Self {
        Self {
            id: metric.id.to_owned(),
            label: metric.label.to_owned(),
            description: metric.description.to_owned(),
            formula: metric.formula.to_owned(),
            unit: metric.unit.into(),
            better: metric.better.into(),
            dimensions: metric.dimensions().into_iter().map(|dimension| dimension.column().to_owned()).collect(),
        }
    }
}

/// Every metric, in the order people should see them.
#[derive(Debug, Serialize, ToSchema)]
pub struct Metrics {
    /// The rows.
    pub rows: Vec<Metric>,
}

/// Which totals.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SummaryQuery {
    /// Site key; the tenant's first site when absent.
    pub site: Option<String>,
    /// First day, YYYY-MM-DD in the site's time zone; 29 days before `to` when absent.
    pub from: Option<String>,
    /// Last day, included; today when absent.
    pub to: Option<String>,
    /// Whether to answer the period before too.
    #[param(value_type = Option<Compare>, inline)]
    pub compare: Option<String>,
    /// Only this channel.
    pub channel: Option<String>,
}

/// Totals of every metric over a period.
#[derive(Debug, Serialize, ToSchema)]
pub struct Summary {
    /// ISO 4217.
    pub currency: String,
    /// First day.
    pub from: String,
    /// Last day.
    pub to: String,
    /// By metric id; null where a divisor is 0.
    #[schema(value_type = BTreeMap<String, Option<f64>>)]
    pub metrics: BTreeMap<String, Option<Figure>>,
    /// The same for the period before, when asked for.
    #[schema(value_type = Option<BTreeMap<String, Option<f64>>>)]
    pub previous: Option<BTreeMap<String, Option<Figure>>>,
}

/// Which figure over time.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TimeSeriesQuery {
    /// Site key; the tenant's first site when absent.
    pub site: Option<String>,
    /// First day, YYYY-MM-DD in the site's time zone; 29 days before `to` when absent.
    pub from: Option<String>,
    /// Last day, included; today when absent.
    pub to: Option<String>,
    /// Metric id.
    #[param(required = true)]
    pub metric: Option<String>,
    /// Length of a bucket, a day by default.
    #[param(value_type = Option<Gran>, inline)]
    pub gran: Option<String>,
    /// A series for each of the eight largest, and one for all others.
    #[param(value_type = Option<DimensionName>, inline)]
    pub by: Option<String>,
    /// Only events of this name; for the metric `events`.
    pub event: Option<String>,
    /// Only this channel.
    pub channel: Option<String>,
}

/// A figure over time.
#[derive(Debug, Serialize, ToSchema)]
pub struct TimeSeries {
    /// Metric id.
    pub metric: String,
    /// What it counts.
    pub unit: Unit,
    /// ISO 4217.
    pub currency: String,
    /// h, d, w or m.
    pub gran: String,
    /// The total, every bucket present.
    pub points: Vec<Point>,
    /// One for each key, largest first, "Other" last; empty without `by`.
    pub series: Vec<Series>,
}

/// A bucket's figure.
#[derive(Debug, Serialize, ToSchema)]
pub struct Point {
    /// The bucket's start, UTC ms.
    pub t: i64,
    /// 0 where nothing happened, null where a divisor is 0.
    #[schema(value_type = Option<f64>)]
    pub value: Option<Figure>,
}

impl From<metrics::Point> for Point {
    fn from(point: metrics::Point) -> Self {
        Self { t: point.t, value: point.value }
    }
}

/// One key over time.
#[derive(Debug, Serialize, ToSchema)]
pub struct Series {
    /// The key.
    pub key: String,
    /// Every bucket present.
    pub points: Vec<Point>,
}

/// Which figures by what.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BreakdownQuery {
    /// Site key; the tenant's first site when absent.
    pub site: Option<String>,
    /// First day, YYYY-MM-DD in the site's time zone; 29 days before `to` when absent.
    pub from: Option<String>,
    /// Last day, included; today when absent.
    pub to: Option<String>,
    /// What to break down by.
    #[param(value_type = DimensionName, inline, required = true)]
    pub by: Option<String>,
    /// Rows, 1 to 500, 50 by default.
    #[param(value_type = Option<i64>)]
    pub limit: Option<String>,
}

/// Every metric by a property.
#[derive(Debug, Serialize, ToSchema)]
pub struct Breakdown {
    /// ISO 4217.
    pub currency: String,
    /// The property.
    pub by: String,
    /// Most visits first.
    pub rows: Vec<BreakdownRow>,
    /// Over all keys, those beyond the limit included.
    #[schema(value_type = BTreeMap<String, Option<f64>>)]
    pub total: BTreeMap<String, Option<Figure>>,
}

/// One key's metrics.
#[derive(Debug, Serialize, ToSchema)]
pub struct BreakdownRow {
    /// The key.
    pub key: String,
    /// By metric id.
    #[schema(value_type = BTreeMap<String, Option<f64>>)]
    pub metrics: BTreeMap<String, Option<Figure>>,
}

/// Which days.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RangeQuery {
    /// Site key; the tenant's first site when absent.
    pub site: Option<String>,
    /// First day, YYYY-MM-DD in the site's time zone; 29 days before `to` when absent.
    pub from: Option<String>,
    /// Last day, included; today when absent.
    pub to: Option<String>,
}

/// The event names seen.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventNames {
    /// Most frequent first, at most 200.
    pub rows: Vec<EventName>,
}

/// An event name.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventName {
    /// The name.
    pub event: String,
    /// How often.
    pub events: i64,
    /// By how many visitors.
    pub visitors: i64,
    /// Sum of values, minor units.
    pub value: i64,
}

impl From<metrics::reports::event_names::Row> for EventName {
    fn from(row: metrics::reports::event_names::Row) -> Self {
        Self { event: row.event, events: row.events, visitors: row.visitors, value: row.value }
    }
}

/// Which site's feed, and since when.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LiveQuery {
    /// Site key; the tenant's first site when absent.
    pub site: Option<String>,
}

/// A hit of the live feed (`event: hit`).
#[derive(Debug, Serialize, ToSchema)]
pub struct LiveHit {
    /// Event id.
    pub id: String,
    /// Event name.
    pub event: String,
    /// When it happened, UTC ms.
    pub t: i64,
    /// When it was taken, UTC ms.
    pub received_at: i64,
    /// Visitor.
    pub visitor: String,
    /// Page path.
    pub path: String,
    /// Source of the touch, empty without one.
    pub source: String,
    /// Channel of the touch, empty without one.
    pub channel: String,
    /// Country.
    pub country: String,
    /// Device class.
    pub device: String,
    /// Browser family.
    pub browser: String,
    /// Minor units of `currency`.
    pub value: i64,
    /// ISO 4217.
    pub currency: String,
    /// Whether a machine made it.
    pub bot: bool,
}

impl From<metrics::reports::live::HitRow> for LiveHit {
    fn from(row: metrics::reports::live::HitRow) -> Self {
        Self {
            id: row.id,
            event: row.event,
            t: row.t,
            received_at: row.received_at,
            visitor: row.visitor,
            path: row.path,
            source: row.source,
            channel: row.channel,
            country: row.country,
            device: row.device,
            browser: row.browser,
            value: row.value,
            currency: row.currency,
            bot: row.bot != 0,
        }
    }
}

/// Who is here (`event: active`, every 2 s).
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LiveActive {
    /// Distinct visitors of the last 5 minutes, machines excluded.
    pub visitors_5m: i64,
    /// Their events.
    pub events_5m: i64,
    /// Revenue since the site's midnight, minor units.
    pub revenue_today: i64,
    /// Orders since then.
    pub orders_today: i64,
}
