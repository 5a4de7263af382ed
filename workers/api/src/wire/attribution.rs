//! Attribution: models, credited channels, paths.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The models there are.
#[derive(Debug, Serialize, ToSchema)]
pub struct Models {
    /// In the order people should see them.
    pub rows: Vec<Model>,
    /// The id of the one used when none is named.
    pub default: String,
}

/// A way of sharing credit.
#[derive(Debug, Serialize, ToSchema)]
pub struct Model {
    /// Stable id.
    pub id: String,
    /// What people call it.
    pub label: String,
    /// How it shares credit.
    pub description: String,
    /// What can be set.
    pub parameters: Vec<ModelParameter>,
}

/// A number of a model that can be set.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelParameter {
    /// Stable id, also the query parameter.
    pub id: String,
    /// What people call it.
    pub label: String,
    /// Used when it is not set.
    pub default: f64,
    /// What it counts.
    pub unit: String,
}

impl From<&attribution::Descriptor> for Model {
    fn from(model: &attribution::Descriptor) -> Self {
        Self {
            id: model.id.to_owned(),
            label: model.label.to_owned(),
            description: model.description.to_owned(),
            parameters: model
                .parameters
                .iter()
                .map(|parameter| ModelParameter {
                    id: parameter.id.to_owned(),
                    label: parameter.label.to_owned(),
                    default: parameter.default,
                    unit: parameter.unit.to_owned(),
                })
                .collect(),
        }
    }
}

/// What a row of the report stands for.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChannelsBy {
    /// A channel.
    Channel,
    /// A source within a channel.
    Source,
    /// A campaign of a source within a channel.
    Campaign,
}

/// Which report.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ChannelsQuery {
    /// Site key; the tenant's first site when absent.
    pub site: Option<String>,
    /// First day, YYYY-MM-DD in the site's time zone; 29 days before `to` when absent.
    pub from: Option<String>,
    /// Last day, included; today when absent.
    pub to: Option<String>,
    /// Model id; last_touch when absent.
    pub model: Option<String>,
    /// Days before an order in which touches count; the site's setting when absent.
    #[param(value_type = Option<i64>)]
    pub window: Option<String>,
    /// The time-decay model's half-life in days.
    #[param(value_type = Option<f64>)]
    pub half_life: Option<String>,
    /// What a row stands for; a source within a channel when absent.
    #[param(value_type = Option<ChannelsBy>, inline)]
    pub by: Option<String>,
}

/// What each channel was credited with.
#[derive(Debug, Serialize, ToSchema)]
pub struct Channels {
    /// Model id.
    pub model: String,
    /// Days before an order in which touches counted.
    pub window_days: i64,
    /// ISO 4217.
    pub currency: String,
    /// Highest value first.
    pub rows: Vec<ChannelRow>,
    /// Over all rows.
    pub total: ChannelTotal,
}

/// One channel and source.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChannelRow {
    /// Channel group.
    pub channel: String,
    /// Source; empty with `by=channel`.
    pub source: String,
    /// Campaign, with `by=campaign`.
    pub campaign: Option<String>,
    /// Orders credited, in fractions.
    pub conversions: f64,
    /// Their value, minor units.
    pub value: i64,
    /// Ad spend, minor units.
    pub spend: i64,
    /// Times shown.
    pub impressions: i64,
    /// Times clicked.
    pub clicks: i64,
    /// Visits.
    pub sessions: i64,
    /// clicks / impressions.
    pub ctr: Option<f64>,
    /// conversions / sessions.
    pub cvr: Option<f64>,
    /// spend / conversions, minor units.
    pub cpa: Option<f64>,
    /// value / spend.
    pub roas: Option<f64>,
    /// value / conversions, minor units.
    pub aov: Option<f64>,
}

/// All channels together.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChannelTotal {
    /// Orders.
    pub conversions: f64,
    /// Their value, minor units.
    pub value: i64,
    /// Ad spend, minor units.
    pub spend: i64,
    /// Times shown.
    pub impressions: i64,
    /// Times clicked.
    pub clicks: i64,
    /// Visits.
    pub sessions: i64,
    /// clicks / impressions.
    pub ctr: Option<f64>,
    /// conversions / sessions.
    pub cvr: Option<f64>,
    /// spend / conversions, minor units.
    pub cpa: Option<f64>,
    /// value / spend.
    pub roas: Option<f64>,
    /// value / conversions, minor units.
    pub aov: Option<f64>,
    /// All revenue / all spend.
    pub mer: Option<f64>,
}

/// Which claims.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ClaimsQuery {
    /// Site key; the tenant's first site when absent.
    pub site: Option<String>,
    /// First day, YYYY-MM-DD in the site's time zone; 29 days before `to` when absent.
    pub from: Option<String>,
    /// Last day, included; today when absent.
    pub to: Option<String>,
    /// Model id; last_touch when absent.
    pub model: Option<String>,
    /// Days before an order in which touches count; the site's setting when absent.
    #[param(value_type = Option<i64>)]
    pub window: Option<String>,
    /// The time-decay model's half-life in days.
    #[param(value_type = Option<f64>)]
    pub half_life: Option<String>,
}

/// What platforms claim, beside what they are credited with.
#[derive(Debug, Serialize, ToSchema)]
pub struct Claims {
    /// Model id.
    pub model: String,
    /// Days before an order in which touches counted.
    pub window_days: i64,
    /// ISO 4217.
    pub currency: String,
    /// The shop's orders; 0 where nothing is claimed.
    pub orders: i64,
    /// Conversions all platforms claim together.
    pub claimed: f64,
    /// Claims that cannot all be true, at the least: what is claimed beyond all orders.
    pub claimed_twice: f64,
    /// A row a platform, most claimed first; those that report nothing are left out.
    pub rows: Vec<ClaimRow>,
}

/// A platform's claims.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub struct ClaimRow {
    /// The provider.
    #[schema(value_type = crate::wire::campaigns::ChannelType)]
    pub provider: &'static str,
    /// The channel its figures stand under.
    pub channel: &'static str,
    /// The source its figures stand under.
    pub source: String,
    /// Conversions it claims.
    pub claimed_conversions: f64,
    /// Their value, minor units; of accounts in the site's currency.
    pub claimed_value: i64,
    /// Orders credited, in fractions.
    pub conversions: f64,
    /// Their value, minor units.
    pub value: i64,
    /// What it charged, minor units; of accounts in the site's currency.
    pub spend: i64,
    /// claimed_conversions / conversions; null where nothing is credited.
    pub times: Option<f64>,
    /// spend / claimed_conversions, minor units.
    pub claimed_cpa: Option<f64>,
    /// spend / conversions, minor units.
    pub cpa: Option<f64>,
    /// claimed_value / spend.
    pub claimed_roas: Option<f64>,
    /// value / spend.
    pub roas: Option<f64>,
    /// Claims of accounts in another currency, whose value and spend are not counted.
    pub foreign: f64,
}

/// Which comparison of models.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CompareQuery {
    /// Site key; the tenant's first site when absent.
    pub site: Option<String>,
    /// First day, YYYY-MM-DD in the site's time zone; 29 days before `to` when absent.
    pub from: Option<String>,
    /// Last day, included; today when absent.
    pub to: Option<String>,
    /// Days before an order in which touches count; the site's setting when absent.
    #[param(value_type = Option<i64>)]
    pub window: Option<String>,
    /// The time-decay model's half-life in days.
    #[param(value_type = Option<f64>)]
    pub half_life: Option<String>,
    /// How many touches the Markov chain remembers, 1 to 4; 1 when absent.
    #[param(value_type = Option<i64>)]
    pub order: Option<String>,
    /// What a row stands for; a channel when absent.
    #[param(value_type = Option<ChannelsBy>, inline)]
    pub by: Option<String>,
}

/// Every model over the same orders.
#[derive(Debug, Serialize, ToSchema)]
pub struct Comparison {
    /// ISO 4217.
    pub currency: String,
    /// Days before an order in which touches counted.
    pub window_days: i64,
    /// The probability that an interval holds what journeys of the same kind give on average.
    pub level: f64,
    /// In the order people should see them: rules, then what learns from the journeys, then what is calibrated by tests.
    pub models: Vec<ComparedModel>,
    /// Most credit first, averaged over the models; one that is calibrated by tests is not among them.
    pub rows: Vec<ComparedRow>,
    /// Orders that a touch led to; each model shares these.
    pub conversions: i64,
    /// Their value, minor units.
    pub value: i64,
    /// Orders that no touch led to; no model shares them.
    pub untouched: i64,
    /// Journeys without an order, which the Markov chain learns from.
    pub journeys_without_order: i64,
    /// The Markov chain.
    pub chain: Chain,
    /// Calibration by incrementality tests.
    pub calibration: Calibration,
}

/// A model of a comparison.
#[derive(Debug, Serialize, ToSchema)]
pub struct ComparedModel {
    /// Stable id.
    pub id: String,
    /// What people call it.
    pub label: String,
    /// How it shares credit.
    pub description: String,
    /// Whether it learns from the journeys; a rule does not.
    pub data_driven: bool,
}

/// A channel, source or campaign under every model.
#[derive(Debug, Serialize, ToSchema)]
pub struct ComparedRow {
    /// Channel group.
    pub channel: String,
    /// Source; empty with `by=channel`.
    pub source: String,
    /// Campaign, with `by=campaign`.
    pub campaign: Option<String>,
    /// Ad spend, minor units.
    pub spend: i64,
    /// By model, in the order of the models.
    pub credits: Vec<ComparedCredit>,
    /// Fewest orders any model credits.
    pub low: f64,
    /// The model that does.
    pub low_model: String,
    /// Most orders any model credits.
    pub high: f64,
    /// The model that does.
    pub high_model: String,
    /// The models' average.
    pub mean: f64,
    /// How far the models disagree, (high − low) / mean; null when the mean is 0.
    pub disagreement: Option<f64>,
    /// Share of orders lost without it, by the Markov chain, 0 to 1.
    pub removal_effect: f64,
    /// What its credit is worth by incrementality tests; null where nothing is calibrated, and for direct visits.
    pub factor: Option<ComparedFactor>,
}

/// Orders a channel added, as tests say, by the mean of what the models that are combined credit it with.
#[derive(Debug, Serialize, ToSchema)]
pub struct ComparedFactor {
    /// The factor.
    pub value: f64,
    /// Lower end of its interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Tests of this very channel; 0 where it follows from those of others.
    pub tests: u32,
}

/// Whether a comparison is calibrated by incrementality tests.
#[derive(Debug, Serialize, ToSchema)]
pub struct Calibration {
    /// Tests of the site that are done.
    pub tests: i64,
    /// Whether the last model is calibrated by them: by channel, at the site's look-back and half-life.
    pub applied: bool,
}

/// What one model credits, with its interval.
#[derive(Debug, Serialize, ToSchema)]
pub struct ComparedCredit {
    /// Model id.
    pub model: String,
    /// Orders credited, in fractions.
    pub conversions: f64,
    /// Lower end of their interval.
    pub conversions_low: f64,
    /// Upper end of their interval.
    pub conversions_high: f64,
    /// Their value, minor units.
    pub value: i64,
    /// Lower end of its interval.
    pub value_low: i64,
    /// Upper end of its interval.
    pub value_high: i64,
    /// spend / conversions, minor units.
    pub cpa: Option<f64>,
    /// value / spend.
    pub roas: Option<f64>,
}

/// The Markov chain of a comparison.
#[derive(Debug, Serialize, ToSchema)]
pub struct Chain {
    /// How many touches it remembers.
    pub order: i64,
    /// Probability that a journey ends in an order.
    pub p_conversion: f64,
    /// States it tells apart.
    pub states: i64,
    /// What follows what when one touch is remembered; likeliest first, at most 400.
    pub transitions: Vec<ChainTransition>,
}

/// A transition of the chain.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChainTransition {
    /// A row's name, or `(start)`.
    pub from: String,
    /// A row's name, `(conversion)` or `(null)`.
    pub to: String,
    /// How likely it is next, 0 to 1.
    pub probability: f64,
}

/// Which paths by their end.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Converted {
    /// Both kinds.
    All,
    /// Those that ended in an order.
    Yes,
    /// Those that did not.
    No,
}

/// Which paths.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PathsQuery {
    /// Site key; the tenant's first site when absent.
    pub site: Option<String>,
    /// First day, YYYY-MM-DD in the site's time zone; 29 days before `to` when absent.
    pub from: Option<String>,
    /// Last day, included; today when absent.
    pub to: Option<String>,
    /// Model id; last_touch when absent.
    pub model: Option<String>,
    /// Days before an order in which touches count; the site's setting when absent.
    #[param(value_type = Option<i64>)]
    pub window: Option<String>,
    /// The time-decay model's half-life in days.
    #[param(value_type = Option<f64>)]
    pub half_life: Option<String>,
    /// Only paths with a touch of this campaign.
    pub campaign_id: Option<String>,
    /// Only paths with a touch of this channel.
    pub channel: Option<String>,
    /// Which kind; all when absent.
    #[param(value_type = Option<Converted>, inline)]
    pub converted: Option<String>,
    /// Only where the person, visitor or order id contains this.
    pub q: Option<String>,
    /// Paths a page, 1 to 100, 25 by default.
    #[param(value_type = Option<i64>)]
    pub limit: Option<String>,
    /// Where the last page ended.
    pub cursor: Option<String>,
}

/// A page of paths, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Paths {
    /// Model id.
    pub model: String,
    /// ISO 4217.
    pub currency: String,
    /// The rows.
    pub rows: Vec<PathRow>,
    /// Give this as `cursor` for the next page; null on the last.
    pub next_cursor: Option<String>,
}

/// The touches that led, or did not lead, to an order.
#[derive(Debug, Serialize, ToSchema)]
pub struct PathRow {
    /// The order; null for a path that did not convert.
    pub order: Option<PathOrder>,
    /// Who, as a person.
    pub person: String,
    /// Who, as a visitor.
    pub visitor: String,
    /// Earliest first.
    pub touchpoints: Vec<PathTouchpoint>,
}

/// An order at the end of a path.
#[derive(Debug, Serialize, ToSchema)]
pub struct PathOrder {
    /// The shop's order id; the event's when the shop named none.
    pub id: String,
    /// The purchase event.
    pub event_id: String,
    /// UTC ms.
    pub t: i64,
    /// Minor units.
    pub value: i64,
    /// ISO 4217.
    pub currency: String,
}

/// A touch on a path.
#[derive(Debug, Serialize, ToSchema)]
pub struct PathTouchpoint {
    /// Event id.
    pub id: String,
    /// UTC ms.
    pub t: i64,
    /// 1-based number among the visitor's touches.
    pub number: i64,
    /// Channel group.
    pub channel: String,
    /// Source.
    pub source: String,
    /// Medium.
    pub medium: String,
    /// Campaign.
    pub campaign: String,
    /// Landing page.
    pub url: String,
    /// Referrer.
    pub referrer: String,
    /// Session.
    pub session_id: String,
    /// Part of the order credited, 0 to 1.
    pub credit: f64,
    /// Part of the value credited, minor units.
    pub value: i64,
}
