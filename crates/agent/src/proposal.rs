//! What an agent may propose, and how a run is told. The payloads are stored as JSON and carried out by the API.

use std::collections::BTreeMap;

use campaign::{Creative, Document, Finding};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A proposal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Proposal {
    /// A new campaign.
    Campaign(Box<CampaignPlan>),
    /// New ads for a campaign's ad sets.
    Creatives(Creatives),
    /// What a check found.
    Flags(Flags),
    /// Other budgets.
    Budgets(Budgets),
    /// Other ads running.
    Rotation(Rotation),
    /// A report; nothing to carry out.
    Report(Box<Report>),
}

impl Proposal {
    /// The kind, as it is stored.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Campaign(_) => "campaign",
            Self::Creatives(_) => "creatives",
            Self::Flags(_) => "flags",
            Self::Budgets(_) => "budgets",
            Self::Rotation(_) => "rotation",
            Self::Report(_) => "report",
        }
    }

    /// The proposal in words.
    #[must_use]
    pub const fn told(&self) -> &Told {
        match self {
            Self::Campaign(plan) => &plan.told,
            Self::Creatives(creatives) => &creatives.told,
            Self::Flags(flags) => &flags.told,
            Self::Budgets(budgets) => &budgets.told,
            Self::Rotation(rotation) => &rotation.told,
            Self::Report(report) => &report.told,
        }
    }

    /// Whether there is anything a person could accept.
    #[must_use]
    pub fn is_actionable(&self) -> bool {
        match self {
            Self::Campaign(_) => true,
            Self::Creatives(creatives) => creatives.ad_sets.iter().any(|set| !set.ads.is_empty()),
            // An empty list clears what an earlier check stored.
            Self::Flags(_) => true,
            Self::Budgets(budgets) => budgets.shifts.iter().any(|shift| shift.from != shift.to),
            Self::Rotation(rotation) => rotation.ads.iter().any(|ad| ad.action != RotationAction::Keep),
            Self::Report(_) => false,
        }
    }

    /// The campaign it is about, `None` for a new one or for none.
    #[must_use]
    pub fn campaign_id(&self) -> Option<&str> {
        match self {
            Self::Creatives(creatives) => Some(&creatives.campaign_id),
            Self::Flags(flags) => Some(&flags.campaign_id),
            Self::Budgets(budgets) => Some(&budgets.campaign_id),
            Self::Rotation(rotation) => Some(&rotation.campaign_id),
            Self::Campaign(_) | Self::Report(_) => None,
        }
    }
}

/// A run's outcome in words; every agent has one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// A headline.
    pub title: String,
    /// A paragraph.
    pub summary: String,
    /// What stands out, the gravest first.
    pub findings: Vec<Point>,
    /// Every figure quoted.
    pub figures: Vec<Quoted>,
}

/// One thing that stands out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// One line.
    pub headline: String,
    /// A sentence or two, with what to do.
    pub detail: String,
    /// Metric id, empty for none.
    pub metric: String,
    /// Now.
    pub value: Option<f64>,
    /// Before.
    pub previous: Option<f64>,
    /// Relative change, a fraction.
    pub change: Option<f64>,
    /// `positive`, `negative` or `neutral`.
    pub severity: String,
}

/// A figure and the question that gives it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quoted {
    /// Metric id.
    pub metric: String,
    /// Value; money in minor units, rates as fractions.
    pub value: Option<f64>,
    /// `money`, `count`, `ratio` or `percent`.
    pub unit: String,
    /// The API question.
    pub query: String,
}

/// A campaign to create.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CampaignPlan {
    /// In words.
    pub told: Told,
    /// Ready to be a draft.
    pub document: Document,
    /// Why each channel gets what it gets.
    pub reasons: Vec<ChannelReason>,
}

/// Why a channel gets its budget.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChannelReason {
    /// The connected account.
    pub channel_id: String,
    /// Minor units a day.
    pub budget_daily: i64,
    /// For a person.
    pub reason: String,
}

/// New ads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Creatives {
    /// In words.
    pub told: Told,
    /// Whose.
    pub campaign_id: String,
    /// By ad set.
    pub ad_sets: Vec<CreativeSet>,
}

/// New ads of an ad set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CreativeSet {
    /// Which.
    pub ad_set_id: String,
    /// The ads.
    pub ads: Vec<ProposedAd>,
}

/// An ad to add.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProposedAd {
    /// For people.
    pub name: String,
    /// What it tries: `benefit`, `proof`, `urgency`, `curiosity` or `offer`.
    pub intent: String,
    /// What it says.
    pub creative: Creative,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flags {
    /// In words.
    pub told: Told,
    /// Whose.
    pub campaign_id: String,
    /// The campaign's version that was checked.
    pub version: i64,
    /// The flags.
    pub flags: Vec<Flag>,
}

/// A finding and what to do about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flag {
    /// The finding.
    #[serde(flatten)]
    pub finding: Finding,
    /// The ad it is stored on, empty for the campaign as a whole.
    pub ad_id: String,
    /// A better wording, or what to change.
    pub suggestion: String,
    /// Whether it is kept on the ad until its creative changes. What the brand and the providers' rules say is not: it is
    /// checked anew whenever a campaign is submitted.
    pub kept: bool,
}

impl Flags {
    /// What is kept, by ad; fields are pointers into the ad.
    #[must_use]
    pub fn kept(&self) -> BTreeMap<&str, Vec<Finding>> {
        let mut by_ad: BTreeMap<&str, Vec<Finding>> = BTreeMap::new();
        for flag in self.flags.iter().filter(|flag| flag.kept && !flag.ad_id.is_empty()) {
            let inside = flag.finding.field.splitn(6, '/').nth(5).unwrap_or_default();
            let finding = Finding { field: format!("/{inside}"), ..flag.finding.clone() };
            by_ad.entry(&flag.ad_id).or_default().push(finding);
        }
        by_ad
    }
}

/// Other budgets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Budgets {
    /// In words.
    pub told: Told,
    /// Whose.
    pub campaign_id: String,
    /// The campaign's version it was computed from.
    pub version: i64,
    /// One an ad set that changes.
    pub shifts: Vec<Shift>,
}

/// One ad set's budget.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shift {
    /// Which.
    pub ad_set_id: String,
    /// Minor units a day now.
    pub from: i64,
    /// Minor units a day proposed.
    pub to: i64,
    /// For a person.
    pub reason: String,
}

/// Other ads running.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rotation {
    /// In words.
    pub told: Told,
    /// Whose.
    pub campaign_id: String,
    /// The campaign's version it was computed from.
    pub version: i64,
    /// Every ad that was judged.
    pub ads: Vec<RotatedAd>,
}

/// What becomes of an ad.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RotatedAd {
    /// Its ad set.
    pub ad_set_id: String,
    /// Which.
    pub ad_id: String,
    /// What to do.
    pub action: RotationAction,
    /// What is known of it.
    pub posterior: AdPosterior,
    /// For a person.
    pub reason: String,
}

/// What to do with an ad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RotationAction {
    /// Stop showing it.
    Pause,
    /// Leave it.
    Keep,
    /// It is the best: show it, also where it rests now.
    Promote,
}

/// What is known of an ad.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdPosterior {
    /// Times shown.
    pub impressions: i64,
    /// Clicks.
    pub clicks: i64,
    /// Conversions.
    pub conversions: f64,
    /// Mean of the click-through rate.
    pub ctr: f64,
    /// Mean of the conversions a click.
    pub cvr: f64,
    /// Probability that its click-through rate is the set's best.
    pub p_best: f64,
    /// What is lost on average by showing only it: the expected gap to the best rate.
    pub expected_loss: f64,
    /// Probability that it brings most conversions an impression; `None` when there are too few.
    pub p_best_conversions: Option<f64>,
}

/// A report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// In words.
    pub told: Told,
}

macro_rules! into_proposal {
    ($($kind:ident: $type:ty => $make:expr),* $(,)?) => {
        $(impl From<$type> for Proposal {
            fn from(value: $type) -> Self {
                Self::$kind($make(value))
            }
        })*
    };
}
into_proposal! {
    Campaign: CampaignPlan => Box::new,
    Creatives: Creatives => std::convert::identity,
    Flags: Flags => std::convert::identity,
    Budgets: Budgets => std::convert::identity,
    Rotation: Rotation => std::convert::identity,
    Report: Report => Box::new,
}

/// One thing that happened in a run, as people and other agents see it live.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum RunEvent {
    /// It began, or went on after an interruption.
    Started {
        /// Which agent.
        agent: String,
        /// Whether it had begun before.
        resumed: bool,
    },
    /// It asked for something.
    Need {
        /// What.
        text: String,
    },
    /// It has it.
    Data {
        /// What.
        text: String,
    },
    /// A model is asked.
    ModelCall {
        /// Which model.
        model: String,
        /// What for.
        task: String,
        /// Whether an earlier call was cut off and this is its repetition.
        repeated: bool,
        /// Personal data taken out before it was sent, by kind.
        scrubbed: Value,
    },
    /// A piece of a model's text; not kept beyond the live stream.
    TextDelta {
        /// The piece.
        text: String,
    },
    /// A model has answered.
    ModelAnswer {
        /// Which model.
        model: String,
        /// Its text.
        text: String,
        /// Functions it wants called.
        tools: Vec<String>,
        /// Tokens read.
        tokens_in: i64,
        /// Tokens written.
        tokens_out: i64,
        /// Millionths of a US dollar.
        cost_micros: i64,
        /// Whether it was kept from an equal request.
        cached: bool,
    },
    /// A model's answer was refused by a guardrail.
    Guard {
        /// Why.
        reasons: Vec<String>,
    },
    /// Something failed and will be tried again.
    Retry {
        /// What.
        reason: String,
        /// Which attempt failed, from 1.
        attempt: i64,
    },
    /// What it proposes.
    Proposal {
        /// Its id.
        id: String,
        /// Its kind.
        kind: String,
        /// Its headline.
        title: String,
    },
    /// A change took the approval path by itself, or why it did not.
    Acted {
        /// In words.
        text: String,
    },
    /// The end: it succeeded.
    Succeeded {
        /// Its headline.
        title: String,
    },
    /// The end: it failed.
    Failed {
        /// Why.
        reason: String,
    },
    /// The end: somebody stopped it.
    Cancelled {
        /// Who.
        by: String,
    },
}

impl RunEvent {
    /// Its type, as it is stored.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Started { .. } => "started",
            Self::Need { .. } => "need",
            Self::Data { .. } => "data",
            Self::ModelCall { .. } => "model_call",
            Self::TextDelta { .. } => "text_delta",
            Self::ModelAnswer { .. } => "model_answer",
            Self::Guard { .. } => "guard",
            Self::Retry { .. } => "retry",
            Self::Proposal { .. } => "proposal",
            Self::Acted { .. } => "acted",
            Self::Succeeded { .. } => "succeeded",
            Self::Failed { .. } => "failed",
            Self::Cancelled { .. } => "cancelled",
        }
    }

    /// Whether nothing comes after it.
    #[must_use]
    pub const fn is_end(&self) -> bool {
        matches!(self, Self::Succeeded { .. } | Self::Failed { .. } | Self::Cancelled { .. })
    }
}
