//! Campaigns and their documents.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::approvals::Approval;

/// Enums of the wire and of the domain with the same members.
macro_rules! same {
    ($($name:ident { $($member:ident),* })*) => {
        $(
            impl From<$name> for campaign::$name {
                fn from(value: $name) -> Self {
                    match value { $($name::$member => Self::$member),* }
                }
            }
            impl From<campaign::$name> for $name {
                fn from(value: campaign::$name) -> Self {
                    match value { $(campaign::$name::$member => Self::$member),* }
                }
            }
        )*
    };
}

same! {
    Objective { Sales, Leads, Traffic, Awareness }
    ChannelType { Sandbox, Meta, GoogleAds, Klaviyo }
    Delivery { Active, Paused }
    BidStrategy { LowestCost, MaximizeClicks }
    Severity { Notice, Warning, Blocking }
}

/// What a campaign is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
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

/// A provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChannelType {
    /// Our own practice provider.
    Sandbox,
    /// Facebook and Instagram ads.
    Meta,
    /// Google search ads.
    GoogleAds,
    /// E-mail by Klaviyo.
    Klaviyo,
}

/// Whether something is wanted to run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// It is to run while its campaign is live.
    #[default]
    Active,
    /// It is to rest.
    Paused,
}

/// How an ad set bids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BidStrategy {
    /// As much of the objective as the budget buys.
    #[default]
    LowestCost,
    /// As many clicks as the budget buys.
    MaximizeClicks,
}

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth a look.
    Notice,
    /// Likely to be cut off or to do badly.
    Warning,
    /// Forbids submitting.
    Blocking,
}

/// Which campaigns.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CampaignsQuery {
    /// Only this site's.
    pub site: Option<String>,
    /// Only those that stand so: draft, in_review, approved, scheduled, publishing, live, paused, ended, rejected,
    /// failed or rolled_back.
    pub status: Option<String>,
}

/// Which site a new thing is for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SiteQuery {
    /// Site key; the tenant's first site when absent.
    pub site: Option<String>,
}

/// A campaign as it is to be planned. What is left out is empty, and of ids made.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DocumentForm {
    /// For people, 1 to 120 characters.
    pub name: String,
    /// What it is for.
    pub objective: Objective,
    /// ISO 4217: the site's, which is taken when this is left out.
    #[serde(default)]
    pub currency: Option<String>,
    /// Minor units over the whole run; null for no limit but the daily ones.
    #[serde(default)]
    pub budget_total: Option<i64>,
    /// UTC ms; null for as soon as it is published.
    #[serde(default)]
    pub start_at: Option<i64>,
    /// UTC ms; null for until it is ended.
    #[serde(default)]
    pub end_at: Option<i64>,
    /// The page clicks lead to, https, without UTM parameters.
    #[serde(default)]
    pub landing_url: String,
    /// `utm_campaign` of every link; made of the name when left out.
    #[serde(default)]
    pub utm_campaign: Option<String>,
    /// What runs where, in order.
    #[serde(default)]
    pub ad_sets: Vec<AdSetForm>,
}

/// A group of ads with one audience and one budget.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdSetForm {
    /// Of an ad set the campaign has; left out or empty for a new one.
    #[serde(default)]
    pub id: String,
    /// For people.
    pub name: String,
    /// The connected account it runs on: GET /channels lists them.
    pub channel_id: String,
    /// The account's provider. May be left out; must be right when given.
    #[serde(default)]
    pub channel: Option<ChannelType>,
    /// Who is to see it.
    #[serde(default)]
    pub audience: AudienceForm,
    /// Where it may appear, in the provider's own words; empty for the provider's choice.
    #[serde(default)]
    pub placements: Vec<String>,
    /// How it bids.
    #[serde(default)]
    pub bid_strategy: BidStrategy,
    /// Minor units a day; 0 for e-mail.
    pub budget_daily: i64,
    /// Whether it is wanted to run.
    #[serde(default)]
    pub status: Delivery,
    /// Its ads, in order; an e-mail ad set has one.
    #[serde(default)]
    pub ads: Vec<AdForm>,
}

/// One ad or e-mail.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdForm {
    /// Of an ad the campaign has; left out or empty for a new one.
    #[serde(default)]
    pub id: String,
    /// For people.
    pub name: String,
    /// What it says and shows.
    #[serde(default)]
    pub creative: CreativeForm,
    /// Whether it is wanted to run.
    #[serde(default)]
    pub status: Delivery,
}

/// Fields of an audience and of a creative, once as they are sent (any may be left out) and once as they are shown.
macro_rules! both {
    ($(
        $(#[$doc:meta])*
        $form:ident, $shown:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* }
    )*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
            #[serde(default, deny_unknown_fields)]
            pub struct $form { $($(#[$field_doc])* pub $field: $type,)* }

            $(#[$doc])*
            #[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
            pub struct $shown { $($(#[$field_doc])* pub $field: $type,)* }

            impl From<$form> for campaign::$shown {
                fn from(form: $form) -> Self {
                    Self { $($field: form.$field,)* }
                }
            }

            impl From<campaign::$shown> for $shown {
                fn from(value: campaign::$shown) -> Self {
                    Self { $($field: value.$field,)* }
                }
            }
        )*
    };
}

both! {
    /// Who is to see an ad set.
    AudienceForm, Audience {
        /// ISO 3166-1 alpha-2, such as DE.
        countries: Vec<String>,
        /// Years, 13 to 65.
        age_min: Option<u8>,
        /// Years, inclusive.
        age_max: Option<u8>,
        /// Search keywords (Google Ads), in broad match.
        keywords: Vec<String>,
        /// The list or segment an e-mail goes to, by the provider's id.
        list_id: String,
    }

    /// What an ad says and shows. A channel uses the parts it knows; preflight says which it needs.
    CreativeForm, Creative {
        /// Short lines.
        headlines: Vec<String>,
        /// Longer lines.
        descriptions: Vec<String>,
        /// The text above a social ad.
        primary_text: String,
        /// SHOP_NOW, LEARN_MORE, SIGN_UP, SUBSCRIBE or GET_OFFER.
        call_to_action: String,
        /// Uploaded images, by id.
        image_asset_ids: Vec<String>,
        /// E-mail subject.
        subject: String,
        /// The line e-mail clients show beside the subject.
        preview_text: String,
        /// E-mail body, HTML.
        body: String,
        /// E-mail sender's name.
        from_name: String,
        /// E-mail sender's address.
        from_email: String,
    }
}

/// A campaign as planned: what a person or agent edits whole and an approval freezes.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = CampaignDocument)]
pub struct Document {
    /// For people.
    pub name: String,
    /// What it is for.
    pub objective: Objective,
    /// ISO 4217.
    pub currency: String,
    /// Minor units over the whole run; null for no limit but the daily ones.
    pub budget_total: Option<i64>,
    /// UTC ms; null for as soon as it is published.
    pub start_at: Option<i64>,
    /// UTC ms; null for until it is ended.
    pub end_at: Option<i64>,
    /// The page clicks lead to.
    pub landing_url: String,
    /// `utm_campaign` of every link.
    pub utm_campaign: String,
    /// What runs where, in order.
    pub ad_sets: Vec<AdSet>,
}

/// A group of ads with one audience and one budget.
#[derive(Clone, Debug, Serialize, ToSchema)]
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
    pub audience: Audience,
    /// Where it may appear; empty for the provider's choice.
    pub placements: Vec<String>,
    /// How it bids.
    pub bid_strategy: BidStrategy,
    /// Minor units a day.
    pub budget_daily: i64,
    /// Whether it is wanted to run.
    pub status: Delivery,
    /// Its ads, in order.
    pub ads: Vec<Ad>,
}

/// One ad or e-mail.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Ad {
    /// Stable id; also `utm_content` of its links.
    pub id: String,
    /// For people.
    pub name: String,
    /// What it says and shows.
    pub creative: Creative,
    /// Whether it is wanted to run.
    pub status: Delivery,
}

impl DocumentForm {
    /// The domain's document. A channel that is not given is filled in by whoever knows the accounts.
    #[must_use]
    pub fn into_document(self, site_currency: &str) -> campaign::Document {
        let utm_campaign = self.utm_campaign.filter(|name| !name.is_empty()).unwrap_or_else(|| slug(&self.name));
        campaign::Document {
            objective: self.objective.into(),
            currency: self.currency.unwrap_or_else(|| site_currency.to_owned()),
            budget_total: self.budget_total,
            start_at: self.start_at,
            end_at: self.end_at,
            landing_url: self.landing_url.trim().to_owned(),
            utm_campaign,
            ad_sets: self.ad_sets.into_iter().map(AdSetForm::into_ad_set).collect(),
            name: self.name.trim().to_owned(),
        }
    }
}

impl AdSetForm {
    fn into_ad_set(self) -> campaign::AdSet {
        campaign::AdSet {
            id: self.id,
            name: self.name.trim().to_owned(),
            channel_id: self.channel_id,
            channel: self.channel.unwrap_or(ChannelType::Sandbox).into(),
            audience: self.audience.into(),
            placements: self.placements,
            bid_strategy: self.bid_strategy.into(),
            budget_daily: self.budget_daily,
            status: self.status.into(),
            ads: self.ads.into_iter().map(AdForm::into_ad).collect(),
        }
    }
}

impl AdForm {
    fn into_ad(self) -> campaign::Ad {
        campaign::Ad {
            id: self.id,
            name: self.name.trim().to_owned(),
            creative: self.creative.into(),
            status: self.status.into(),
        }
    }
}

/// A name as small letters, digits and hyphens, for links.
fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.to_lowercase().chars() {
        match c {
            'a'..='z' | '0'..='9' => slug.push(c),
            'ä' => slug.push_str("ae"),
            'ö' => slug.push_str("oe"),
            'ü' => slug.push_str("ue"),
            'ß' => slug.push_str("ss"),
            _ if !slug.is_empty() && !slug.ends_with('-') => slug.push('-'),
            _ => {}
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "campaign".to_owned() } else { slug.to_owned() }
}

impl From<campaign::Document> for Document {
    fn from(document: campaign::Document) -> Self {
        Self {
            name: document.name,
            objective: document.objective.into(),
            currency: document.currency,
            budget_total: document.budget_total,
            start_at: document.start_at,
            end_at: document.end_at,
            landing_url: document.landing_url,
            utm_campaign: document.utm_campaign,
            ad_sets: document.ad_sets.into_iter().map(AdSet::from).collect(),
        }
    }
}

impl From<campaign::AdSet> for AdSet {
    fn from(set: campaign::AdSet) -> Self {
        Self {
            id: set.id,
            name: set.name,
            channel_id: set.channel_id,
            channel: set.channel.into(),
            audience: set.audience.into(),
            placements: set.placements,
            bid_strategy: set.bid_strategy.into(),
            budget_daily: set.budget_daily,
            status: set.status.into(),
            ads: set.ads.into_iter().map(Ad::from).collect(),
        }
    }
}

impl From<campaign::Ad> for Ad {
    fn from(ad: campaign::Ad) -> Self {
        Self { id: ad.id, name: ad.name, creative: ad.creative.into(), status: ad.status.into() }
    }
}

/// A campaign.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Campaign {
    /// Stable id.
    pub id: String,
    /// Site key.
    pub site: String,
    /// For people.
    pub name: String,
    /// What it is for.
    pub objective: String,
    /// draft, in_review, approved, scheduled, publishing, live, paused, ended, rejected, failed or rolled_back.
    pub status: String,
    /// Raised by every change; in quotes it is the ETag.
    pub version: i64,
    /// ISO 4217.
    pub currency: String,
    /// Minor units a day, over the ad sets that are to run.
    pub budget_daily: i64,
    /// Minor units over the whole run; null for no limit.
    pub budget_total: Option<i64>,
    /// UTC ms.
    pub start_at: Option<i64>,
    /// UTC ms.
    pub end_at: Option<i64>,
    /// The page clicks lead to.
    pub landing_url: String,
    /// `utm_campaign` of its links.
    pub utm_campaign: String,
    /// Where it runs, in order of first use.
    pub channels: Vec<CampaignChannel>,
    /// Why it failed, was rejected or is not scheduled any more, in words.
    pub detail: String,
    /// The request or approval of what is wanted; empty for none.
    pub approval_id: String,
    /// Whether what is wanted differs from what is live: a change that is not published yet.
    pub has_change: bool,
    /// Who made it.
    pub created_by: String,
    /// UTC ms.
    pub created_at: i64,
    /// UTC ms.
    pub updated_at: i64,
    /// What the caller may do now: edit, submit, withdraw, approve, reject, schedule, unschedule, publish, pause,
    /// resume, end, rollback, delete.
    pub actions: Vec<String>,
}

/// An account a campaign runs on.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CampaignChannel {
    /// Stable id.
    pub id: String,
    /// sandbox, meta, google_ads or klaviyo.
    #[serde(rename = "type")]
    pub kind: String,
    /// The account's name.
    pub name: String,
}

/// Campaigns, the last changed first; at most 200.
#[derive(Debug, Serialize, ToSchema)]
pub struct Campaigns {
    /// The rows.
    pub rows: Vec<Campaign>,
}

/// A campaign with its document and what became of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct CampaignDetail {
    /// The campaign.
    #[serde(flatten)]
    pub campaign: Campaign,
    /// What is wanted.
    pub document: Document,
    /// Hash of what is wanted: an approval is given for exactly this.
    pub hash: String,
    /// Hash of what is live; null for nothing.
    pub live_hash: Option<String>,
    /// The request or approval of what is wanted; null for none.
    pub approval: Option<Approval>,
    /// The latest 20, newest first.
    pub publications: Vec<Publication>,
    /// What is ours at the providers.
    pub remote_objects: Vec<RemoteObject>,
    /// What checks found in its ads, kept until they change.
    pub flags: Vec<Finding>,
}

/// One try to make a campaign so at its providers.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Publication {
    /// Stable id.
    pub id: String,
    /// publish, change, pause, resume, end or rollback.
    pub action: String,
    /// queued, running, done or failed.
    pub status: String,
    /// How far it is, channel by channel.
    pub progress: Vec<PublicationProgress>,
    /// Why it failed, in words.
    pub detail: String,
    /// Hash of the document it is about; empty for none.
    pub snapshot_hash: String,
    /// What it rests on; empty where nothing can be spent.
    pub approval_id: String,
    /// Who asked.
    pub requested_by: String,
    /// UTC ms.
    pub created_at: i64,
    /// UTC ms; null while it runs.
    pub finished_at: Option<i64>,
}

/// How far a publication is on one channel.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(default)]
pub struct PublicationProgress {
    /// The account.
    pub channel_id: String,
    /// Steps done.
    pub step: i64,
    /// Steps in all.
    pub of: i64,
    /// What is being done, in words.
    pub text: String,
    /// Whether it did not work there; `text` says why. It may be tried again while the publication runs.
    pub failed: bool,
}

/// Something of ours at a provider.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RemoteObject {
    /// The account.
    pub channel_id: String,
    /// campaign, budget, ad_set, ad, creative, template or image.
    pub kind: String,
    /// Our id.
    pub local_id: String,
    /// The provider's id.
    pub external_id: String,
    /// Its name there.
    pub name: String,
    /// paused, active or removed.
    pub status: String,
    /// UTC ms.
    pub updated_at: i64,
}

/// What a check found.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Finding {
    /// The rule's stable name.
    pub rule: String,
    /// How grave.
    pub severity: Severity,
    /// Where, as a JSON pointer into the document.
    pub field: String,
    /// What is wrong and what to do.
    pub message: String,
    /// Where the rule comes from.
    pub source: String,
}

impl From<campaign::Finding> for Finding {
    fn from(finding: campaign::Finding) -> Self {
        Self {
            rule: finding.rule,
            severity: finding.severity.into(),
            field: finding.field,
            message: finding.message,
            source: finding.source,
        }
    }
}

/// What all checks find in a campaign, the gravest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Preflight {
    /// Whether nothing blocks submitting.
    pub passes: bool,
    /// The findings.
    pub findings: Vec<Finding>,
}

/// What would become different.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Diff {
    /// Channel by channel; what concerns the whole campaign comes first, with an empty `channel_id`.
    pub channels: Vec<ChannelDiff>,
    /// Minor units a day at most, before.
    pub budget_daily_before: i64,
    /// Minor units a day at most, afterwards.
    pub budget_daily_after: i64,
}

/// What would become different on one channel.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ChannelDiff {
    /// The account; empty for the whole campaign.
    pub channel_id: String,
    /// Its provider; empty for the whole campaign.
    #[serde(rename = "type")]
    pub kind: String,
    /// The account's name, or `Whole campaign`.
    pub name: String,
    /// What differs.
    pub changes: Vec<Change>,
    /// Minor units a day at most, before.
    pub budget_daily_before: i64,
    /// Minor units a day at most, afterwards.
    pub budget_daily_after: i64,
}

/// One value that would become another.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Change {
    /// Where, by ids: `/ad_sets/<id>/budget_daily`.
    pub path: String,
    /// What it is, for people.
    pub label: String,
    /// How the values are to be shown: text, money (minor units), time (UTC ms), list or object.
    pub unit: String,
    /// The value that is live; null for none.
    pub before: serde_json::Value,
    /// The value that is wanted; null for none.
    pub after: serde_json::Value,
    /// Whether more may be spent because of it.
    pub spends: bool,
}

/// Why something is to be approved.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SubmitForm {
    /// For the approver, at most 2000 characters.
    pub reason: String,
}

/// When to publish.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PublishForm {
    /// UTC ms; null for at once.
    pub at: Option<i64>,
}

/// Who changed a campaign and how, newest first; at most 200.
#[derive(Debug, Serialize, ToSchema)]
pub struct History {
    /// The entries.
    pub rows: Vec<HistoryRow>,
}

/// One change.
#[derive(Debug, Serialize, ToSchema)]
pub struct HistoryRow {
    /// UTC ms.
    pub at: i64,
    /// A user's id, `key:<id>`, `agent:<name>`, `policy` or `system`.
    pub actor: String,
    /// The user's name; empty for others.
    pub actor_name: String,
    /// What was done, such as `campaign.submit`.
    pub action: String,
    /// How it was; null where that does not matter.
    #[schema(value_type = Object, nullable)]
    pub before: serde_json::Value,
    /// How it became; null where that does not matter.
    #[schema(value_type = Object, nullable)]
    pub after: serde_json::Value,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_form_is_a_whole_document() {
        let form: DocumentForm = serde_json::from_str(
            r#"{"name":" Größe & Wolle ","objective":"sales","ad_sets":[{"name":"A","channel_id":"c","budget_daily":100}]}"#,
        )
        .unwrap();
        let document = form.into_document("EUR");
        assert_eq!(
            (&*document.name, &*document.utm_campaign, &*document.currency),
            ("Größe & Wolle", "groesse-wolle", "EUR")
        );
        assert_eq!(document.ad_sets[0].status, campaign::Delivery::Active);
    }

    #[test]
    fn what_is_shown_can_be_sent_back() {
        let form: DocumentForm = serde_json::from_str(
            r#"{"name":"N","objective":"leads","landing_url":"https://shop.test","ad_sets":[{"name":"A","channel_id":"c",
            "budget_daily":1,"ads":[{"name":"x","creative":{"headlines":["h"]}}]}]}"#,
        )
        .unwrap();
        let document = form.into_document("EUR");
        let shown = serde_json::to_string(&Document::from(document.clone())).unwrap();
        let again: DocumentForm = serde_json::from_str(&shown).unwrap();
        assert_eq!(again.into_document("USD"), document);
    }

    #[test]
    fn a_field_nobody_knows_is_refused() {
        let wrong = serde_json::from_str::<DocumentForm>(r#"{"name":"N","objective":"sales","budget":5}"#);
        assert!(wrong.unwrap_err().to_string().contains("unknown field `budget`"));
    }
}
