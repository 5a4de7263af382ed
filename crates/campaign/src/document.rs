//! A campaign's document: everything a person or agent plans and an approval freezes. Status, versions and what a
//! provider says are not part of it.

use serde::{Deserialize, Serialize};

/// A campaign as planned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// For people; also how it is found again at a provider.
    pub name: String,
    /// What it is for.
    pub objective: Objective,
    /// ISO 4217, the site's.
    pub currency: String,
    /// Minor units over the whole run; `None` for no limit but the daily one.
    pub budget_total: Option<i64>,
    /// UTC ms; `None` for as soon as it is published.
    pub start_at: Option<i64>,
    /// UTC ms; `None` for until it is ended.
    pub end_at: Option<i64>,
    /// Where clicks lead, without UTM parameters: they are added per channel and ad.
    pub landing_url: String,
    /// `utm_campaign` of every link, and the name insights and orders meet under.
    pub utm_campaign: String,
    /// Ad sets, in order. One channel may have several.
    pub ad_sets: Vec<AdSet>,
}

impl Document {
    /// Minor units a day: the sum over the ad sets that run, `i64::MAX` when it does not fit.
    #[must_use]
    pub fn budget_daily(&self) -> i64 {
        self.ad_sets
            .iter()
            .filter(|set| set.status == Delivery::Active)
            .fold(0_i64, |sum, set| sum.saturating_add(set.budget_daily))
    }

    /// The channels it runs on, in order of first use.
    #[must_use]
    pub fn channel_ids(&self) -> Vec<&str> {
        let mut ids: Vec<&str> = Vec::new();
        for set in &self.ad_sets {
            if !ids.contains(&set.channel_id.as_str()) {
                ids.push(&set.channel_id);
            }
        }
        ids
    }

    /// The part that one channel carries; `None` when none of it runs there.
    #[must_use]
    pub fn channel_plan(&self, campaign_id: &str, channel_id: &str) -> Option<ChannelPlan> {
        let ad_sets: Vec<AdSet> = self.ad_sets.iter().filter(|set| set.channel_id == channel_id).cloned().collect();
        let channel = ad_sets.first()?.channel;
        Some(ChannelPlan {
            campaign_id: campaign_id.to_owned(),
            channel_id: channel_id.to_owned(),
            channel,
            name: self.name.clone(),
            objective: self.objective,
            currency: self.currency.clone(),
            budget_total: self.budget_total,
            start_at: self.start_at,
            end_at: self.end_at,
            landing_url: self.landing_url.clone(),
            utm_campaign: self.utm_campaign.clone(),
            ad_sets,
        })
    }
}

/// What one channel is to carry of a campaign: what a provider is asked to make true.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChannelPlan {
    /// Our id; short forms of it stand in remote names, so that what was created is found again.
    pub campaign_id: String,
    /// The connected account.
    pub channel_id: String,
    /// Its provider.
    pub channel: ChannelType,
    /// As in [`Document`].
    pub name: String,
    /// As in [`Document`].
    pub objective: Objective,
    /// As in [`Document`].
    pub currency: String,
    /// As in [`Document`].
    pub budget_total: Option<i64>,
    /// As in [`Document`].
    pub start_at: Option<i64>,
    /// As in [`Document`].
    pub end_at: Option<i64>,
    /// As in [`Document`].
    pub landing_url: String,
    /// As in [`Document`].
    pub utm_campaign: String,
    /// The channel's ad sets.
    pub ad_sets: Vec<AdSet>,
}

/// A group of ads with one audience and one budget. For e-mail: one send to one list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdSet {
    /// Stable id.
    pub id: String,
    /// For people.
    pub name: String,
    /// The connected account it runs on.
    pub channel_id: String,
    /// That account's provider.
    pub channel: ChannelType,
    /// Who is to see it.
    #[serde(default)]
    pub audience: Audience,
    /// Where it may appear, in the provider's own words; empty for the provider's choice.
    #[serde(default)]
    pub placements: Vec<String>,
    /// How it bids.
    #[serde(default)]
    pub bid_strategy: BidStrategy,
    /// Minor units a day; 0 for e-mail, which costs nothing a send.
    pub budget_daily: i64,
    /// Whether it is wanted to run.
    #[serde(default)]
    pub status: Delivery,
    /// Its ads, in order. An e-mail has one.
    pub ads: Vec<Ad>,
}

/// One ad or e-mail.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ad {
    /// Stable id; also `utm_content` of its links.
    pub id: String,
    /// For people.
    pub name: String,
    /// What it says and shows.
    pub creative: Creative,
    /// Whether it is wanted to run.
    #[serde(default)]
    pub status: Delivery,
}

/// What an ad says and shows. A channel uses the parts it knows; preflight says which it needs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Creative {
    /// Short lines. Meta shows one, a Google responsive search ad takes 3 to 15.
    pub headlines: Vec<String>,
    /// Longer lines. Google takes 2 to 4; Meta's link description is the first.
    pub descriptions: Vec<String>,
    /// The text above a social ad.
    pub primary_text: String,
    /// A provider-independent name: `SHOP_NOW`, `LEARN_MORE`, `SIGN_UP`, `SUBSCRIBE`, `GET_OFFER`.
    pub call_to_action: String,
    /// Uploaded images, by id.
    pub image_asset_ids: Vec<String>,
    /// E-mail subject.
    pub subject: String,
    /// The line e-mail clients show beside the subject.
    pub preview_text: String,
    /// E-mail body, HTML.
    pub body: String,
    /// E-mail sender's name.
    pub from_name: String,
    /// E-mail sender's address.
    pub from_email: String,
}

/// Who is to see an ad set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Audience {
    /// ISO 3166-1 alpha-2.
    pub countries: Vec<String>,
    /// Years; providers allow 13 to 65.
    pub age_min: Option<u8>,
    /// Years, inclusive.
    pub age_max: Option<u8>,
    /// Search keywords (Google Ads), in broad match.
    pub keywords: Vec<String>,
    /// The list or segment an e-mail goes to, by the provider's id.
    pub list_id: String,
}

/// What a campaign is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// Purchases.
    Sales,
    /// Sign-ups and enquiries.
    Leads,
    /// Visits.
    Traffic,
    /// To be seen.
    Awareness,
}

/// The providers a campaign can run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelType {
    /// Our own practice provider: real requests, no money.
    Sandbox,
    /// Facebook and Instagram ads.
    Meta,
    /// Google search ads.
    GoogleAds,
    /// E-mail by Klaviyo.
    Klaviyo,
}

impl ChannelType {
    /// Every provider.
    pub const ALL: [Self; 4] = [Self::Sandbox, Self::Meta, Self::GoogleAds, Self::Klaviyo];

    /// The name it is stored, sent and addressed by.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::Meta => "meta",
            Self::GoogleAds => "google_ads",
            Self::Klaviyo => "klaviyo",
        }
    }

    /// `utm_source` of its links.
    #[must_use]
    pub const fn utm_source(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::Meta => "facebook",
            Self::GoogleAds => "google",
            Self::Klaviyo => "klaviyo",
        }
    }

    /// `utm_medium` of its links.
    #[must_use]
    pub const fn utm_medium(self) -> &'static str {
        match self {
            Self::Sandbox => "cpm",
            Self::Meta => "paid_social",
            Self::GoogleAds => "cpc",
            Self::Klaviyo => "email",
        }
    }
}

/// Whether something is wanted to run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// It is to run while its campaign is live.
    #[default]
    Active,
    /// It is to rest.
    Paused,
}

/// How an ad set bids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BidStrategy {
    /// As much of the objective as the budget buys.
    #[default]
    LowestCost,
    /// As many clicks as the budget buys.
    MaximizeClicks,
}
