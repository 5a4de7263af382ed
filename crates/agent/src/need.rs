//! What an agent may ask for, and the facts that answer it.
//!
//! The list is closed on purpose: there is no need that reads customers, so no customer's name can reach a model.

use std::collections::BTreeMap;

use campaign::{Brand, ChannelType, Document};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use model::{ModelAnswer, Request};

/// One thing an agent needs before it can go on. Two equal needs of one run have one answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "need", rename_all = "snake_case")]
pub enum Need {
    /// The run's site.
    Site,
    /// Its brand guidelines; empty ones when none are set.
    Brand,
    /// A campaign as it is planned now.
    Campaign {
        /// Its id.
        id: String,
    },
    /// Figures of the metric catalog.
    Figures {
        /// Metric ids.
        metrics: Vec<String>,
        /// First local day, `YYYY-MM-DD`.
        from: String,
        /// Last local day.
        to: String,
        /// A dimension's name to break down by.
        #[serde(default)]
        by: Option<String>,
    },
    /// What providers report of a campaign, a row an object and day.
    Insights {
        /// Our campaign.
        campaign_id: String,
        /// Of ad sets or of ads.
        level: Level,
        /// First local day, days since 1970-01-01.
        from_day: i64,
        /// Last local day.
        to_day: i64,
    },
    /// How many pages of the site people looked at, hour by hour; machines left out.
    PageViews {
        /// First local day, days since 1970-01-01.
        from_day: i64,
        /// Last local day.
        to_day: i64,
    },
    /// The tenant's limits on spending and on agents.
    Guardrails,
    /// The site's connected accounts.
    Channels,
    /// The site's uploaded images, newest first, at most 500.
    Images,
    /// The products that sold best, at most 10; shop titles are text by others and are fenced before a model sees them.
    Products,
    /// A language model's answer.
    Model(Box<ModelRequest>),
}

impl Need {
    /// What is asked for, for people who watch a run.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Site => "the site".to_owned(),
            Self::Brand => "the brand guidelines".to_owned(),
            Self::Campaign { .. } => "the campaign".to_owned(),
            Self::Figures { metrics, from, to, by } => {
                let by = by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
                format!("{}{by} from {from} to {to}", metrics.join(", "))
            }
            Self::Insights { level, .. } => match level {
                Level::AdSet => "what the channels report of each ad set".to_owned(),
                Level::Ad => "what the channels report of each ad".to_owned(),
            },
            Self::PageViews { .. } => "the site's page views by hour".to_owned(),
            Self::Guardrails => "the guardrails".to_owned(),
            Self::Channels => "the connected channels".to_owned(),
            Self::Images => "the uploaded images".to_owned(),
            Self::Products => "the best-selling products".to_owned(),
            Self::Model(request) => format!("a model's {}", request.task.describe()),
        }
    }
}

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Advertising copy.
    Copy,
    /// A period told in words.
    Narrative,
}

impl Task {
    /// For people who watch a run.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Copy => "advertising copy",
            Self::Narrative => "telling of the period",
        }
    }
}

/// A request to a language model, with what it is for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelRequest {
    /// What for.
    pub task: Task,
    /// What is sent.
    #[serde(flatten)]
    pub request: Request,
    /// What the built-in model works from; never sent.
    pub facts: Value,
    /// Why the answer before this one was refused; empty at first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub complaints: Vec<String>,
    /// Answered by the built-in model whatever is configured.
    #[serde(default)]
    pub builtin: bool,
}

impl ModelRequest {
    /// The same request for the built-in model.
    #[must_use]
    pub fn for_builtin(&self) -> Self {
        Self { builtin: true, ..self.clone() }
    }
}

/// Which objects insights are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Ad sets.
    AdSet,
    /// Ads.
    Ad,
}

impl Level {
    /// As it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AdSet => "ad_set",
            Self::Ad => "ad",
        }
    }
}

/// The answer to a [`Need`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answer {
    /// To [`Need::Site`].
    Site(SiteFacts),
    /// To [`Need::Brand`].
    Brand(Brand),
    /// To [`Need::Campaign`].
    Campaign(Box<CampaignFacts>),
    /// To [`Need::Figures`].
    Figures(Figures),
    /// To [`Need::Insights`].
    Insights {
        /// Days and objects.
        rows: Vec<InsightRow>,
    },
    /// To [`Need::PageViews`].
    PageViews {
        /// Every hour that the wall clock had, in order, those without a page view too.
        rows: Vec<HourRow>,
    },
    /// To [`Need::Guardrails`].
    Guardrails(GuardrailFacts),
    /// To [`Need::Channels`].
    Channels {
        /// Connected accounts.
        rows: Vec<ChannelFacts>,
    },
    /// To [`Need::Images`].
    Images {
        /// Newest first.
        rows: Vec<ImageFacts>,
    },
    /// To [`Need::Products`].
    Products {
        /// Best sellers first.
        rows: Vec<ProductFacts>,
    },
    /// To [`Need::Model`].
    Model(ModelAnswer),
    /// To [`Need::Model`], when no answer could be had.
    ModelFailed {
        /// Why, in words.
        reason: String,
    },
    /// What was asked for is not there.
    Missing {
        /// In words.
        reason: String,
    },
}

/// A site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteFacts {
    /// Key.
    pub key: String,
    /// Name.
    pub name: String,
    /// ISO 4217.
    pub currency: String,
    /// IANA zone.
    pub time_zone: String,
}

/// A campaign.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CampaignFacts {
    /// Id.
    pub id: String,
    /// Its state.
    pub status: String,
    /// Its version when it was read.
    pub version: i64,
    /// As planned.
    pub document: Document,
}

/// Figures of the catalog.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// The API question that gives them.
    pub query: String,
    /// One row, or one a key.
    pub rows: Vec<FigureRow>,
}

/// A row of figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FigureRow {
    /// The dimension's value, empty for the total.
    pub key: String,
    /// By metric id; money in minor units, rates as fractions, null for a ratio without divisor.
    pub values: BTreeMap<String, Option<f64>>,
}

impl FigureRow {
    /// A value, 0 where there is none.
    #[must_use]
    pub fn value(&self, metric: &str) -> f64 {
        self.values.get(metric).copied().flatten().unwrap_or(0.0)
    }
}

/// What a provider reports of one object on one day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InsightRow {
    /// Local day, days since 1970-01-01.
    pub local_day: i64,
    /// The connected account.
    pub channel_id: String,
    /// Ours.
    pub ad_set_id: String,
    /// Ours; empty at the level of ad sets.
    pub ad_id: String,
    /// Times shown; e-mail: delivered.
    pub impressions: i64,
    /// Clicks.
    pub clicks: i64,
    /// Millionths of `currency`.
    pub spend_micros: i64,
    /// ISO 4217.
    pub currency: String,
    /// As the provider claims them.
    pub conversions: f64,
    /// Millionths of `currency`.
    pub conversion_value_micros: i64,
}

/// How often something happened in one hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HourRow {
    /// Hour of the site's wall clock, hours since 1970-01-01 0:00.
    pub local_hour: i64,
    /// How often.
    pub count: i64,
}

/// A tenant's limits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GuardrailFacts {
    /// Whether the kill switch is pulled.
    pub spending_stopped: bool,
    /// Minor units a day over all campaigns.
    pub daily_cap: Option<i64>,
    /// Minor units a day and campaign.
    pub campaign_daily_cap: Option<i64>,
    /// `observe`, `propose` or `act`.
    pub autonomy: String,
    /// Largest change of a budget an agent may make or propose at once, a fraction.
    pub act_budget_change: f64,
}

/// A connected account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelFacts {
    /// Id.
    pub id: String,
    /// Provider.
    pub channel: ChannelType,
    /// Name.
    pub name: String,
    /// `connected`, `needs_reauth`, `failing` or `disconnected`.
    pub status: String,
    /// ISO 4217.
    pub currency: String,
}

/// An uploaded image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageFacts {
    /// Id.
    pub id: String,
    /// Title.
    pub title: String,
    /// As sniffed from its bytes: `image/jpeg`.
    pub media_type: String,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Size of the file.
    pub bytes: u64,
}

/// A product of the shop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductFacts {
    /// Title, as the shop wrote it.
    pub title: String,
    /// Pieces sold, as the shop's orders say; 0 when no orders were imported.
    pub sold: i64,
    /// Minor units of the site's currency.
    pub price: Option<i64>,
}
