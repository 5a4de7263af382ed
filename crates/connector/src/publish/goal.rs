//! What is wanted at a provider and what is there: the vocabulary between providers and the publishing machine.

use crate::name;
use campaign::{ChannelPlan, Delivery};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Kinds of objects at providers, in order of creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A budget of its own (Google Ads).
    Budget,
    /// An image.
    Image,
    /// The body of an e-mail (Klaviyo).
    Template,
    /// A campaign. Nothing below a paused campaign runs.
    Campaign,
    /// A campaign's places (Google Ads).
    Targeting,
    /// An ad set or ad group.
    AdSet,
    /// An ad group's keywords (Google Ads).
    Keywords,
    /// An ad, or the message an e-mail campaign sends.
    Ad,
    /// What a message shows: its template, assigned (Klaviyo).
    Creative,
}

impl Kind {
    /// As it is stored in `remote_objects.kind`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Budget => "budget",
            Self::Image => "image",
            Self::Template => "template",
            Self::Campaign => "campaign",
            Self::Targeting => "targeting",
            Self::AdSet => "ad_set",
            Self::Keywords => "keywords",
            Self::Ad => "ad",
            Self::Creative => "creative",
        }
    }

    /// For people.
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Budget => "budget",
            Self::Image => "image",
            Self::Template => "e-mail body",
            Self::Campaign => "campaign",
            Self::Targeting => "places",
            Self::AdSet => "ad set",
            Self::Keywords => "keywords",
            Self::Ad => "ad",
            Self::Creative => "e-mail content",
        }
    }
}

/// Which object: a kind and our id. What our id is depends on the provider: a Google Ads campaign belongs to an ad set
/// of ours, a Meta campaign to a campaign.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Key {
    /// Its kind.
    pub kind: Kind,
    /// Our id of what it stands for.
    pub local_id: String,
}

impl Key {
    /// A key.
    #[must_use]
    pub fn new(kind: Kind, local_id: &str) -> Self {
        Self { kind, local_id: local_id.to_owned() }
    }
}

/// Whether an object is wanted to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Run {
    /// Running.
    Active,
    /// Resting; it can go on.
    Paused,
    /// Over. Nothing is deleted: its figures stay.
    Ended,
}

/// An object that is wanted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Goal {
    /// Which.
    pub key: Key,
    /// Its remote name, ending in the marker.
    pub name: String,
    /// The marker it is found again by ([`crate::name::mark`]).
    pub mark: String,
    /// Changes when what is written to the provider changes, apart from status and budget.
    pub fingerprint: String,
    /// Minor units a day, for the object that carries the budget.
    pub budget: Option<i64>,
    /// What it is wanted to be while the campaign is live; `None` for what does not run.
    pub run: Option<Run>,
    /// Whether nothing below it runs while it is paused: it is activated last and paused first.
    pub gate: bool,
    /// Where in the plan it comes from, as a JSON pointer: `/ad_sets/0/ads/1`.
    pub field: String,
}

impl Goal {
    /// An object of a plan that runs, its fingerprint not yet made.
    pub(crate) fn new(
        plan: &ChannelPlan,
        kind: Kind,
        local_id: &str,
        parts: &[&str],
        limit: usize,
        field: String,
    ) -> Self {
        let mark = name::mark(&plan.campaign_id, local_id);
        Self {
            key: Key::new(kind, local_id),
            name: name::remote(parts, &mark, limit),
            mark,
            fingerprint: String::new(),
            budget: None,
            run: None,
            gate: false,
            field,
        }
    }
}

impl From<Delivery> for Run {
    fn from(delivery: Delivery) -> Self {
        match delivery {
            Delivery::Active => Self::Active,
            Delivery::Paused => Self::Paused,
        }
    }
}

/// How an object stands at the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// There, and resting. Also what does not run by itself.
    Paused,
    /// Running or bound to run.
    Active,
    /// Has run its course: an e-mail that was sent.
    Finished,
    /// Removed at the provider.
    Removed,
}

impl Status {
    /// As it is stored in `remote_objects.status`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Paused => "paused",
            Self::Active => "active",
            Self::Finished => "finished",
            Self::Removed => "removed",
        }
    }

    /// Reads what [`Status::as_str`] wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Paused, Self::Active, Self::Finished, Self::Removed].into_iter().find(|status| status.as_str() == text)
    }
}

/// An object of ours at a provider, as last known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remote {
    /// Which. What is there but not wanted any more and of unknown origin has its marker for `local_id`.
    pub key: Key,
    /// The provider's id.
    pub external_id: String,
    /// Its remote name.
    pub name: String,
    /// How it stands.
    pub status: Status,
    /// Minor units a day, where it carries a budget and the provider said.
    #[serde(default)]
    pub budget: Option<i64>,
    /// [`Goal::fingerprint`] of what was last written; empty for unknown, then it is written again.
    #[serde(default)]
    pub fingerprint: String,
    /// Ids that belong to it, in the provider's words: `message_id`, `send_job_id`.
    #[serde(default)]
    pub detail: BTreeMap<String, String>,
}

/// What is known of a campaign at a provider.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Remotes(Vec<Remote>);

impl Remotes {
    /// From stored rows.
    #[must_use]
    pub const fn new(remotes: Vec<Remote>) -> Self {
        Self(remotes)
    }

    /// All of them.
    #[must_use]
    pub fn as_slice(&self) -> &[Remote] {
        &self.0
    }

    /// The one for a key; what is removed does not count.
    #[must_use]
    pub fn get(&self, key: &Key) -> Option<&Remote> {
        self.0.iter().find(|remote| remote.key == *key && remote.status != Status::Removed)
    }

    /// The provider's id of the object for a kind and our id.
    #[must_use]
    pub fn id(&self, kind: Kind, local_id: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|remote| {
                remote.key.kind == kind && remote.key.local_id == local_id && remote.status != Status::Removed
            })
            .map(|remote| remote.external_id.as_str())
    }

    /// All of a kind that are not removed.
    pub fn of(&self, kind: Kind) -> impl Iterator<Item = &Remote> {
        self.0.iter().filter(move |remote| remote.key.kind == kind && remote.status != Status::Removed)
    }

    pub(crate) fn by_external_mut(&mut self, kind: Kind, external_id: &str) -> Option<&mut Remote> {
        self.0.iter_mut().find(|remote| remote.key.kind == kind && remote.external_id == external_id)
    }

    pub(crate) fn forget_details(&mut self, kind: Kind) {
        for remote in self.0.iter_mut().filter(|remote| remote.key.kind == kind) {
            remote.detail.clear();
        }
    }

    pub(crate) fn push(&mut self, remote: Remote) {
        self.0.push(remote);
    }
}

/// An object found by reading back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The marker in its name or link.
    pub mark: String,
    /// The provider's id.
    pub external_id: String,
    /// Its name.
    pub name: String,
    /// How it stands.
    pub status: Status,
    /// Minor units a day.
    pub budget: Option<i64>,
    /// Ids that belong to it.
    pub detail: BTreeMap<String, String>,
}

/// What a create made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// The provider's id.
    pub external_id: String,
    /// Ids that belong to it.
    pub detail: BTreeMap<String, String>,
}
