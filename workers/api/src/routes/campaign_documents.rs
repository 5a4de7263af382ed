//! What becomes of a document before it is kept or submitted: ids are made, what is not the site's own is refused with
//! the field named, and all checks are run. Shared with whoever turns an agent's proposal into a campaign or a change.

use std::collections::{BTreeMap, BTreeSet};

use campaign::check::{self, Circumstances};
use campaign::{ChannelType, Document, Finding, Severity};
use connector::preflight::AssetFacts;
use platform::campaigns::{self, By, Campaign, Refusal};
use platform::random;
use problem::{FieldError, Problem};

use crate::answer::{Answer, Refused, internal};
use crate::etag;
use crate::gate::Caller;
use crate::store::brand::BrandRecord;
use crate::store::campaigns::AssetFactsRecord;
use crate::store::channels::ChannelRecord;
use crate::store::sites::SiteRecord;
use crate::store::{self, sites};

impl From<Refusal> for Refused {
    /// What contradicts the state or the limits is a conflict; an own request is forbidden; findings are named.
    fn from(refusal: Refusal) -> Self {
        let words = refusal.to_string();
        match refusal {
            Refusal::Platform(error) => error.into(),
            Refusal::Decision(campaign::approval::Undecidable::OwnRequest) => Problem::forbidden(words).into(),
            Refusal::Findings(findings) => {
                let errors = findings.into_iter().map(|finding| FieldError::new(finding.field, finding.message));
                Problem::invalid(errors.collect()).into()
            }
            Refusal::State(_) | Refusal::Guard(_) | Refusal::Decision(_) | Refusal::Conflict(_) => {
                Problem::conflict(words).into()
            }
        }
    }
}

/// The campaign of this id.
///
/// # Errors
/// 404; another tenant's is no such campaign.
pub async fn load(caller: &Caller, id: &str) -> Answer<Campaign> {
    let campaign = campaigns::load(&caller.database, id).await?;
    campaign.ok_or_else(|| Problem::not_found(format!("there is no campaign `{id}`")).into())
}

/// Where a document has its place: the site and what it may name.
pub struct Surroundings {
    /// The site.
    pub site: SiteRecord,
    /// Its accounts.
    pub channels: Vec<ChannelRecord>,
    /// Those of the images the document names that are the site's.
    pub assets: Vec<AssetFactsRecord>,
    /// Its guidelines.
    pub brand: BrandRecord,
}

impl Surroundings {
    /// Reads them for a document.
    ///
    /// # Errors
    /// 404 when the site is gone; as [`platform::TenantDb::rows`].
    pub async fn of(caller: &Caller, site_key: &str, document: &Document) -> Answer<Self> {
        let database = &caller.database;
        let named = document.ad_sets.iter().flat_map(|set| &set.ads).flat_map(|ad| &ad.creative.image_asset_ids);
        let ids: BTreeSet<&str> = named.map(String::as_str).collect();
        let ids: Vec<&str> = ids.into_iter().collect();
        let (site, channels, assets, brand) = futures::future::try_join4(
            sites::find(database, Some(site_key)),
            store::channels::all(database, site_key),
            store::campaigns::assets(database, site_key, &ids),
            store::brand::find(database, site_key),
        )
        .await?;
        let site = site.ok_or_else(|| Problem::not_found(format!("there is no site `{site_key}`")))?;
        Ok(Self { site, channels, assets, brand })
    }

    /// Makes a document the site's own: its accounts' providers are filled in, and what it cannot be or names of others
    /// is refused. `declared` tells which ad sets named a provider themselves.
    fn adopt(&self, document: &mut Document, declared: &[Option<ChannelType>]) -> Result<(), Problem> {
        let mut errors: Vec<FieldError> =
            check::shape(document).into_iter().map(|(field, detail)| FieldError::new(field, detail)).collect();
        if document.currency != self.site.currency {
            let detail = format!("must be the site's currency, {}", self.site.currency);
            errors.push(FieldError::new("/currency", detail));
        }
        for (at, set) in document.ad_sets.iter_mut().enumerate() {
            match self.channels.iter().find(|channel| channel.id == set.channel_id) {
                None => {
                    let detail =
                        format!("there is no channel `{}` on this site; GET /channels lists them", set.channel_id);
                    errors.push(FieldError::new(format!("/ad_sets/{at}/channel_id"), detail));
                }
                Some(channel) => {
                    let kind = ChannelType::ALL.into_iter().find(|kind| kind.as_str() == channel.kind);
                    if let Some(kind) = kind {
                        let wrong = declared.get(at).copied().flatten().is_some_and(|declared| declared != kind);
                        if wrong {
                            let detail = format!("this channel is {}; leave the provider out", kind.as_str());
                            errors.push(FieldError::new(format!("/ad_sets/{at}/channel"), detail));
                        }
                        set.channel = kind;
                    }
                }
            }
            for (n, ad) in set.ads.iter().enumerate() {
                for (i, id) in ad.creative.image_asset_ids.iter().enumerate() {
                    if !self.assets.iter().any(|asset| asset.id == *id) {
                        let field = format!("/ad_sets/{at}/ads/{n}/creative/image_asset_ids/{i}");
                        errors.push(FieldError::new(field, format!("there is no image `{id}` on this site")));
                    }
                }
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(Problem::invalid(errors)) }
    }

    /// What all checks find in a document, the gravest first. `flags` is what was found in its ads earlier.
    pub fn findings(&self, document: &Document, flags: &[(String, Vec<Finding>)], now: i64) -> Vec<Finding> {
        let mut findings = check::document(document, &Circumstances { now, site_currency: &self.site.currency });
        findings.extend(check::brand(document, &self.brand.guidelines));
        findings.extend(connector::preflight::document(document, &self.images()));
        findings.extend(self.accounts(document));
        findings.extend(in_document(document, flags));
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        findings
    }

    /// The images as the providers' rules look at them.
    fn images(&self) -> Vec<AssetFacts> {
        let image = |record: &AssetFactsRecord| {
            Some(AssetFacts {
                id: record.id.clone(),
                media_type: record.media_type.clone(),
                width: u32::try_from(record.width).ok()?,
                height: u32::try_from(record.height).ok()?,
                bytes: u64::try_from(record.bytes).ok()?,
            })
        };
        self.assets.iter().filter_map(image).collect()
    }

    /// Whether the accounts can carry what they are to.
    fn accounts(&self, document: &Document) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (at, set) in document.ad_sets.iter().enumerate() {
            let mut say = |severity, rule: &str, message: String| {
                findings.push(Finding {
                    rule: rule.to_owned(),
                    severity,
                    field: format!("/ad_sets/{at}/channel_id"),
                    message,
                    source: "the account's connection".to_owned(),
                });
            };
            let Some(channel) = self.channels.iter().find(|channel| channel.id == set.channel_id) else {
                say(Severity::Blocking, "channel.gone", "the account is not connected to this site".to_owned());
                continue;
            };
            match channel.status.as_str() {
                "connected" => {}
                "failing" => {
                    let message = format!("{} has been failing: {}", channel.name, channel.last_error);
                    say(Severity::Warning, "channel.failing", message);
                }
                _ => {
                    let message =
                        format!("{} is not connected any more; connect it again under Channels", channel.name);
                    say(Severity::Blocking, "channel.disconnected", message);
                }
            }
            // E-mail has no budget, so its account's currency says nothing.
            let pays = set.channel != ChannelType::Klaviyo && !channel.currency.is_empty();
            if pays && channel.currency != document.currency {
                let message = format!(
                    "{} is billed in {} and the campaign's budgets are in {}",
                    channel.name, channel.currency, document.currency
                );
                say(Severity::Blocking, "channel.currency", message);
            }
        }
        findings
    }
}

/// A pointer into an ad: what follows the ad's place in a pointer into a document, which may have been another place when
/// the flag was made.
fn inside(field: &str) -> &str {
    let Some(rest) = field.strip_prefix("/ad_sets/") else { return field };
    let mut steps = rest.splitn(4, '/');
    match (steps.next(), steps.next(), steps.next(), steps.next()) {
        (Some(_), Some("ads"), Some(_), Some(inner)) => {
            field.get(field.len().saturating_sub(inner.len() + 1)..).unwrap_or_default()
        }
        _ => "",
    }
}

/// Flags of ads as findings in the document, each where its ad stands now.
pub fn in_document(document: &Document, flags: &[(String, Vec<Finding>)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, set) in document.ad_sets.iter().enumerate() {
        for (n, ad) in set.ads.iter().enumerate() {
            let of_ad = flags.iter().filter(|(id, _)| *id == ad.id).flat_map(|(_, flags)| flags);
            findings.extend(of_ad.map(|flag| Finding {
                field: format!("/ad_sets/{at}/ads/{n}{}", inside(&flag.field)),
                ..flag.clone()
            }));
        }
    }
    findings
}

/// Gives ad sets and ads without an id one. An id that is not among `known` is refused, or made anew where `lenient`.
fn fill_ids(document: &mut Document, known: &BTreeSet<String>, lenient: bool) -> Result<(), Problem> {
    let mut errors = Vec::new();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut fill = |id: &mut String, field: String, what: &str| {
        let taken = !id.is_empty() && !seen.insert(id.clone());
        let foreign = !id.is_empty() && !known.contains(id.as_str());
        if !lenient && taken {
            errors.push(FieldError::new(field, "stands twice in this document"));
        } else if !lenient && foreign {
            let detail = format!("is no {what} of this campaign; leave it out for a new one");
            errors.push(FieldError::new(field, detail));
        } else if id.is_empty() || taken || foreign {
            *id = random::uuid();
        }
    };
    for (at, set) in document.ad_sets.iter_mut().enumerate() {
        fill(&mut set.id, format!("/ad_sets/{at}/id"), "ad set");
        for (n, ad) in set.ads.iter_mut().enumerate() {
            fill(&mut ad.id, format!("/ad_sets/{at}/ads/{n}/id"), "ad");
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(Problem::invalid(errors)) }
}

/// Creates a campaign from a document; all its ids are made anew. Returns its id.
///
/// # Errors
/// 422 naming what is not the site's own.
pub async fn create(
    caller: &Caller,
    site: &str,
    mut document: Document,
    declared: &[Option<ChannelType>],
) -> Answer<String> {
    let surroundings = Surroundings::of(caller, site, &document).await?;
    surroundings.adopt(&mut document, declared)?;
    fill_ids(&mut document, &BTreeSet::new(), true)?;
    Ok(campaigns::create(&caller.database, site, &document, &By::new(caller.actor(), caller.now)).await?)
}

/// Makes a document fit to replace a campaign's: as [`create`], but ids the campaign has or had stay. Unknown ones are
/// made anew where `lenient`, else refused.
///
/// # Errors
/// 422 naming what is not the site's own.
pub async fn fit(
    caller: &Caller,
    campaign: &Campaign,
    document: &mut Document,
    declared: &[Option<ChannelType>],
    lenient: bool,
) -> Answer<Surroundings> {
    let surroundings = Surroundings::of(caller, &campaign.row.site, document).await?;
    surroundings.adopt(document, declared)?;
    let known = campaigns::known_ids(&caller.database, &campaign.row.id).await?;
    fill_ids(document, &known, lenient)?;
    Ok(surroundings)
}

/// Replaces a campaign's document, which voids its request or unused approval.
///
/// # Errors
/// 409 when the status does not allow it, 412 when the campaign has moved on, 422 naming what is not the site's own.
pub async fn replace(
    caller: &Caller,
    campaign: &Campaign,
    mut document: Document,
    declared: &[Option<ChannelType>],
    lenient: bool,
) -> Answer<()> {
    fit(caller, campaign, &mut document, declared, lenient).await?;
    match campaigns::edit(&caller.database, campaign, &document, &By::new(caller.actor(), caller.now)).await {
        Err(Refusal::Platform(platform::Error::Stale { .. })) => Err(etag::stale("the campaign").into()),
        outcome => Ok(outcome?),
    }
}

/// What all checks find in a campaign as it stands.
///
/// # Errors
/// As [`platform::TenantDb::rows`].
pub async fn findings(caller: &Caller, campaign: &Campaign) -> Answer<Vec<Finding>> {
    let surroundings = Surroundings::of(caller, &campaign.row.site, &campaign.document).await?;
    let flags = campaigns::flags(&caller.database, &campaign.row.id).await?;
    Ok(surroundings.findings(&campaign.document, &flags, caller.now))
}

/// Makes `wanted` the campaign's document and asks for its approval: how an accepted proposal becomes a request, made by
/// whoever accepted it. Returns the request's id.
///
/// # Errors
/// 409 when the status does not allow it or somebody's own change waits; 422 naming what is wrong.
pub async fn request_change(
    caller: &Caller,
    campaign: &Campaign,
    mut wanted: Document,
    reason: &str,
    run_id: &str,
) -> Answer<String> {
    let surroundings = fit(caller, campaign, &mut wanted, &[], true).await?;
    let flags = kept_flags(campaign, &wanted, campaigns::flags(&caller.database, &campaign.row.id).await?);
    let findings = surroundings.findings(&wanted, &flags, caller.now);
    let by = By::new(caller.actor(), caller.now);
    let database = &caller.database;
    Ok(campaigns::request_change(database, campaign, &wanted, reason, run_id, &findings, &by).await?)
}

/// Flags stay on an ad until its creative changes.
fn kept_flags(
    campaign: &Campaign,
    wanted: &Document,
    flags: Vec<(String, Vec<Finding>)>,
) -> Vec<(String, Vec<Finding>)> {
    let creatives = |document: &Document| -> BTreeMap<String, campaign::Creative> {
        let ads = document.ad_sets.iter().flat_map(|set| &set.ads);
        ads.map(|ad| (ad.id.clone(), ad.creative.clone())).collect()
    };
    let (before, after) = (creatives(&campaign.document), creatives(wanted));
    flags.into_iter().filter(|(id, _)| before.get(id) == after.get(id)).collect()
}

/// A stored JSON text that must be readable.
///
/// # Errors
/// 500.
pub fn stored<T: serde::de::DeserializeOwned>(text: &str) -> Answer<T> {
    serde_json::from_str(text).map_err(internal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use campaign::{Ad, AdSet, Audience, BidStrategy, Creative, Delivery, Objective};

    fn document(set_id: &str, ad_ids: &[&str]) -> Document {
        let ad = |id: &&str| Ad {
            id: (*id).to_owned(),
            name: "Ad".into(),
            creative: Creative::default(),
            status: Delivery::Active,
        };
        Document {
            name: "N".into(),
            objective: Objective::Sales,
            currency: "EUR".into(),
            budget_total: None,
            start_at: None,
            end_at: None,
            landing_url: "https://shop.test".into(),
            utm_campaign: "n".into(),
            ad_sets: vec![AdSet {
                id: set_id.into(),
                name: "S".into(),
                channel_id: "c".into(),
                channel: ChannelType::Sandbox,
                audience: Audience::default(),
                placements: vec![],
                bid_strategy: BidStrategy::LowestCost,
                budget_daily: 100,
                status: Delivery::Active,
                ads: ad_ids.iter().map(ad).collect(),
            }],
        }
    }

    fn surroundings() -> Surroundings {
        Surroundings {
            site: SiteRecord {
                key: "shop".into(),
                name: "Shop".into(),
                currency: "EUR".into(),
                time_zone: "UTC".into(),
                origins: "[]".into(),
                session_timeout_ms: 0,
                lookback_days: 30,
            },
            channels: vec![ChannelRecord {
                id: "c".into(),
                site: "shop".into(),
                kind: "meta".into(),
                name: "Shop's ads".into(),
                account_id: "1".into(),
                currency: "USD".into(),
                time_zone: "UTC".into(),
                status: "needs_reauth".into(),
                choices: String::new(),
                last_error: String::new(),
                last_error_at: None,
                last_sync_at: None,
                credentials_expire_at: None,
                created_at: 0,
            }],
            assets: vec![],
            brand: BrandRecord::default(),
        }
    }

    fn fields(problem: &Problem) -> Vec<&str> {
        problem.errors.iter().map(|error| error.field.as_str()).collect()
    }

    #[test]
    fn ids_of_other_campaigns_are_refused_by_field() {
        let known: BTreeSet<String> = ["s", "a"].map(str::to_owned).into();
        let mut own = document("s", &["a"]);
        assert!(fill_ids(&mut own, &known, false).is_ok());
        assert_eq!(own, document("s", &["a"]));
        let refused = fill_ids(&mut document("x", &["a", "a", "y"]), &known, false).unwrap_err();
        assert_eq!(fields(&refused), ["/ad_sets/0/id", "/ad_sets/0/ads/1/id", "/ad_sets/0/ads/2/id"]);
    }

    #[test]
    fn foreign_accounts_and_images_are_refused_by_field() {
        let surroundings = surroundings();
        let mut own = document("s", &["a"]);
        assert_eq!(surroundings.adopt(&mut own, &[None]), Ok(()));
        assert_eq!(own.ad_sets[0].channel, ChannelType::Meta);
        let mut foreign = document("s", &["a"]);
        foreign.ad_sets[0].channel_id = "theirs".into();
        foreign.ad_sets[0].ads[0].creative.image_asset_ids = vec!["theirs".into()];
        foreign.currency = "USD".into();
        let refused = surroundings.adopt(&mut foreign, &[None]).unwrap_err();
        let expected = ["/currency", "/ad_sets/0/channel_id", "/ad_sets/0/ads/0/creative/image_asset_ids/0"];
        assert_eq!(fields(&refused), expected);
        let mut wrong = document("s", &["a"]);
        let refused = surroundings.adopt(&mut wrong, &[Some(ChannelType::Klaviyo)]).unwrap_err();
        assert_eq!(fields(&refused), ["/ad_sets/0/channel"]);
    }

    #[test]
    fn an_account_that_cannot_carry_it_blocks() {
        let mut own = document("s", &["a"]);
        own.ad_sets[0].channel = ChannelType::Meta;
        let rules: Vec<String> = surroundings().accounts(&own).into_iter().map(|finding| finding.rule).collect();
        assert_eq!(rules, ["channel.disconnected", "channel.currency"]);
    }

    #[test]
    fn flags_point_into_the_document() {
        let flag = Finding {
            rule: "policy.claim".into(),
            severity: Severity::Blocking,
            field: "/creative/headlines/0".into(),
            message: "says too much".into(),
            source: "policy".into(),
        };
        let flags = vec![("a".to_owned(), vec![flag])];
        assert_eq!(inside("/ad_sets/3/ads/7/creative/body"), "/creative/body");
        assert_eq!((inside("/ad_sets/3/ads/7"), inside("/name")), ("", "/name"));
        let found = in_document(&document("s", &["b", "a"]), &flags);
        assert_eq!(found[0].field, "/ad_sets/0/ads/1/creative/headlines/0");
    }
}
