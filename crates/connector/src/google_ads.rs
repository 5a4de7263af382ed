//! Google search ads by the Google Ads API (REST).
//!
//! Budgets and places belong to campaigns there, so an ad set of ours is a budget, a campaign and one ad group. Ads are
//! responsive search ads; they have no names, so they are found again by `utm_content` of their link.
//!
//! Facts are from the API's own protocol files, v25.

use crate::account::{Access, Account, AppCredentials, Credentials, setting};
use crate::country;
use crate::governor::google_wait;
use crate::http::{Answer, Effect, Request, Response};
use crate::insights::{InsightsPage, InsightsQuery, InsightsRow, Level, double, integer, micros};
use crate::meta::currency_mismatch;
use crate::name;
use crate::oauth;
use crate::outcome::{Fault, Outcome, common};
use crate::provider::{Auth, Capability, Descriptor, Provider, SignIn, Step, Survey, SurveyPage, Version, Work};
use crate::publish::goal::{Found, Goal, Kind, Made, Remote, Run, Status};
use campaign::{Ad, AdSet, BidStrategy, ChannelPlan, ChannelType, Objective};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What it is.
pub static DESCRIPTOR: Descriptor = Descriptor {
    channel: ChannelType::GoogleAds,
    name: "Google Ads",
    auth: &[Auth::Oauth],
    version: Version {
        name: "v25",
        released: "",
        sunset: "2027-06-30",
        published: false,
        source: "about four major versions live side by side; v26 was the newest in November 2026, reckoned from that",
    },
    scopes: &["https://www.googleapis.com/auth/adwords"],
    capabilities: &[
        Capability::Publish,
        Capability::Pause,
        Capability::Budget,
        Capability::Insights,
        Capability::Keywords,
        Capability::Spend,
    ],
    levels: &[Level::Campaign, Level::AdSet, Level::Ad],
    // Conversions are counted on the day of the click, up to 30 days later by default.
    restated_days: 30,
};

const NAME: &str = "Google Ads";
/// Longest name of a campaign, budget or ad group, characters.
const NAME_LIMIT: usize = 255;
/// Waited on an exhausted quota that does not say how long, ms.
const QUOTA_MS: i64 = 30_000;
/// Most headlines and descriptions of a responsive search ad.
const HEADLINES: usize = 15;
const DESCRIPTIONS: usize = 4;

/// Google Ads as this app speaks to it.
pub struct GoogleAds {
    app: AppCredentials,
}

impl GoogleAds {
    /// Speaking as this app.
    #[must_use]
    pub const fn new(app: AppCredentials) -> Self {
        Self { app }
    }

    fn base(&self) -> String {
        format!("{}/{}", self.app.hosts.api, DESCRIPTOR.version.name)
    }

    fn signed(&self, request: Request, credentials: &Credentials, manager: Option<&str>) -> Request {
        let request = request
            .header("authorization", &format!("Bearer {}", credentials.access_token))
            .header("developer-token", &self.app.developer_token)
            .header("accept", "application/json");
        match manager {
            Some(manager) => request.header("login-customer-id", manager),
            None => request,
        }
    }

    fn search(&self, access: &Access<'_>, purpose: &str, query: &str, page: Option<&str>) -> Request {
        let mut body = json!({"query": query});
        if let (Value::Object(body), Some(page)) = (&mut body, page) {
            body.insert("pageToken".to_owned(), page.into());
        }
        let url = format!("{}/customers/{}/googleAds:search", self.base(), access.account.id);
        let request = Request::post(url, purpose, Effect::Read).json(&body);
        self.signed(request, access.credentials, access.setting(setting::LOGIN_CUSTOMER_ID))
    }

    fn mutate(
        &self,
        access: &Access<'_>,
        service: &str,
        purpose: &str,
        effect: Effect,
        operations: &[Value],
    ) -> Request {
        let url = format!("{}/customers/{}/{service}:mutate", self.base(), access.account.id);
        let request = Request::post(url, purpose, effect).json(&json!({"operations": operations}));
        self.signed(request, access.credentials, access.setting(setting::LOGIN_CUSTOMER_ID))
    }

    fn token(&self, purpose: &str, pairs: &[(&str, &str)]) -> Request {
        oauth::token_request(&format!("{}/token", self.app.hosts.token), purpose, pairs)
    }
}

fn set_of<'a>(plan: &'a ChannelPlan, id: &str) -> Option<&'a AdSet> {
    plan.ad_sets.iter().find(|set| set.id == id)
}

fn ad_of<'a>(plan: &'a ChannelPlan, id: &str) -> Option<(&'a AdSet, &'a Ad)> {
    plan.ad_sets.iter().find_map(|set| set.ads.iter().find(|ad| ad.id == id).map(|ad| (set, ad)))
}

fn missing(what: &str) -> Fault {
    Fault::fix("", "parent", format!("its {what} is not there yet"))
}

/// Minor units as micros; both are exact, whatever the currency's minor unit.
fn to_micros(minor: i64, currency: &str) -> i64 {
    minor.saturating_mul(10_i64.pow(6_u32.saturating_sub(event::money::exponent(currency))))
}

fn from_micros(micros: i64, currency: &str) -> i64 {
    micros / 10_i64.pow(6_u32.saturating_sub(event::money::exponent(currency)))
}

/// The places of an ad set as Google's constants.
fn places(set: &AdSet) -> BTreeSet<String> {
    let numbers = set.audience.countries.iter().filter_map(|letters| country::number(letters));
    numbers.map(|number| format!("geoTargetConstants/{}", 2_000 + u32::from(number))).collect()
}

/// Keywords as Google compares them.
fn keywords(set: &AdSet) -> BTreeSet<String> {
    let plain = |word: &String| word.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    set.audience.keywords.iter().map(plain).filter(|word| !word.is_empty()).collect()
}

/// What a responsive search ad says.
fn search_ad(plan: &ChannelPlan, ad: &Ad) -> Outcome<Map<String, Value>> {
    let link = name::link(plan, ad)
        .ok_or_else(|| Fault::fix("/landing_url", "link", "the landing page is not an absolute web address"))?;
    let texts = |texts: &[String], most: usize| -> Vec<Value> {
        texts
            .iter()
            .filter(|text| !text.trim().is_empty())
            .take(most)
            .map(|text| json!({"text": text.trim()}))
            .collect()
    };
    Ok(Map::from_iter([
        ("finalUrls".to_owned(), json!([link])),
        (
            "responsiveSearchAd".to_owned(),
            json!({
                "headlines": texts(&ad.creative.headlines, HEADLINES),
                "descriptions": texts(&ad.creative.descriptions, DESCRIPTIONS),
            }),
        ),
    ]))
}

/// What a campaign says and may say again.
fn campaign_body(access: &Access<'_>, plan: &ChannelPlan, goal: &Goal) -> Map<String, Value> {
    let mut body = Map::from_iter([("name".to_owned(), Value::from(goal.name.as_str()))]);
    if let Some(day) = plan.end_at.and_then(|end| local_day(access, end)) {
        body.insert("endDateTime".to_owned(), format!("{day} 23:59:59").into());
    }
    body
}

fn local_day(access: &Access<'_>, at_ms: i64) -> Option<String> {
    let zone = calendar::Zone::parse(&access.account.time_zone).ok()?;
    Some(calendar::format_day(zone.local_day(at_ms)))
}

/// How a campaign bids, which is settled when it is created.
fn bidding(plan: &ChannelPlan, set: &AdSet) -> (&'static str, Value) {
    match (set.bid_strategy, plan.objective) {
        (BidStrategy::LowestCost, Objective::Sales | Objective::Leads) => ("maximizeConversions", json!({})),
        // Google's name for "as many clicks as the budget buys".
        _ => ("targetSpend", json!({})),
    }
}

/// Operations that turn the criteria that are there into those that are wanted.
fn criteria(there: &BTreeMap<String, String>, wanted: &BTreeSet<String>, create: impl Fn(&str) -> Value) -> Vec<Value> {
    let removed = there.iter().filter(|(value, _)| !wanted.contains(*value)).map(|(_, name)| json!({"remove": name}));
    let added = wanted.iter().filter(|value| !there.contains_key(*value)).map(|value| json!({"create": create(value)}));
    removed.chain(added).collect()
}

impl Provider for GoogleAds {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn authorize_url(&self, sign_in: &SignIn) -> String {
        oauth::address(
            &format!("{}/o/oauth2/v2/auth", self.app.hosts.authorize),
            &[
                ("client_id", &self.app.client_id),
                ("redirect_uri", &sign_in.redirect_uri),
                ("response_type", "code"),
                ("scope", &DESCRIPTOR.scopes.join(" ")),
                ("state", &sign_in.state),
                // Both are needed for a refresh token, the second when the person signed in before.
                ("access_type", "offline"),
                ("prompt", "consent"),
                ("code_challenge", &oauth::challenge(&sign_in.verifier)),
                ("code_challenge_method", "S256"),
            ],
        )
    }

    fn exchange_code(&self, sign_in: &SignIn, code: &str, answers: &[Answer], now_ms: i64) -> Step<Credentials> {
        match answers.first() {
            None => Step::Send(self.token(
                "google_ads.token.exchange",
                &[
                    ("grant_type", "authorization_code"),
                    ("code", code),
                    ("redirect_uri", &sign_in.redirect_uri),
                    ("client_id", &self.app.client_id),
                    ("client_secret", &self.app.client_secret),
                    ("code_verifier", &sign_in.verifier),
                ],
            )),
            Some(answer) => Step::Done(oauth::read_tokens(NAME, answer, None, now_ms)),
        }
    }

    fn refresh(&self, credentials: &Credentials, answers: &[Answer], now_ms: i64) -> Step<Credentials> {
        let Some(refresh_token) = &credentials.refresh_token else {
            return Step::Done(Err(Fault::Reauth {
                reason: "Google gave no refresh token. Connect the account again".to_owned(),
            }));
        };
        match answers.first() {
            None => Step::Send(self.token(
                "google_ads.token.refresh",
                &[
                    ("grant_type", "refresh_token"),
                    ("refresh_token", refresh_token),
                    ("client_id", &self.app.client_id),
                    ("client_secret", &self.app.client_secret),
                ],
            )),
            Some(answer) => Step::Done(oauth::read_tokens(NAME, answer, Some(credentials), now_ms)),
        }
    }

    fn accounts(&self, credentials: &Credentials, answers: &[Answer], _now_ms: i64) -> Step<Vec<Account>> {
        let Some((first, others)) = answers.split_first() else {
            let url = format!("{}/customers:listAccessibleCustomers", self.base());
            return Step::Send(self.signed(Request::get(url, "google_ads.accounts.list"), credentials, None));
        };
        let names = match self.judge(first, Effect::Read).and_then(|response| response.value()) {
            Ok(body) => body,
            Err(fault) => return Step::Done(Err(fault)),
        };
        let names = names.get("resourceNames").and_then(Value::as_array).cloned().unwrap_or_default();
        let ids: Vec<&str> = names.iter().filter_map(|name| name.as_str()?.strip_prefix("customers/")).collect();
        if let Some(id) = ids.get(others.len()) {
            // Itself and, where it manages others, those.
            let query = "SELECT customer_client.id, customer_client.descriptive_name, customer_client.currency_code, \
                         customer_client.time_zone, customer_client.manager, customer_client.status \
                         FROM customer_client WHERE customer_client.level <= 1";
            let url = format!("{}/customers/{id}/googleAds:search", self.base());
            let request = Request::post(url, "google_ads.accounts.read", Effect::Read).json(&json!({"query": query}));
            return Step::Send(self.signed(request, credentials, Some(id)));
        }
        let mut accounts: Vec<Account> = Vec::new();
        for (id, answer) in ids.iter().zip(others) {
            match self.judge(answer, Effect::Read).and_then(|response| response.value()) {
                Ok(body) => {
                    for account in rows(&body).iter().filter_map(|row| client(row, id)) {
                        if !accounts.iter().any(|known| known.id == account.id) {
                            accounts.push(account);
                        }
                    }
                }
                Err(fault @ Fault::Reauth { .. }) => return Step::Done(Err(fault)),
                // One closed account must not hide the others.
                Err(fault) => accounts.push(Account {
                    id: (*id).to_owned(),
                    name: format!("Google Ads {id}"),
                    currency: String::new(),
                    time_zone: String::new(),
                    usable: false,
                    detail: fault.to_string(),
                    settings: BTreeMap::new(),
                }),
            }
        }
        Step::Done(Ok(accounts))
    }

    fn kinds(&self) -> &'static [Kind] {
        &[Kind::Budget, Kind::Campaign, Kind::Targeting, Kind::AdSet, Kind::Keywords, Kind::Ad]
    }

    fn goals(&self, access: &Access<'_>, plan: &ChannelPlan) -> Outcome<Vec<Goal>> {
        if plan.currency != access.account.currency {
            return Err(currency_mismatch(NAME, plan, access.account));
        }
        let print = |value: &Value| name::fingerprint(&value.to_string());
        let mut goals = Vec::new();
        for (s, set) in plan.ad_sets.iter().enumerate() {
            let field = format!("/ad_sets/{s}");
            let parts = [plan.name.as_str(), set.name.as_str()];
            let goal = |kind| Goal::new(plan, kind, &set.id, &parts, NAME_LIMIT, field.clone());
            let mut budget = goal(Kind::Budget);
            budget.budget = Some(set.budget_daily);
            budget.fingerprint = print(&json!(budget.name));
            let mut campaign = goal(Kind::Campaign);
            campaign.gate = true;
            campaign.run = Some(set.status.into());
            campaign.fingerprint = print(&Value::Object(campaign_body(access, plan, &campaign)));
            let mut group = goal(Kind::AdSet);
            group.run = Some(Run::Active);
            group.fingerprint = print(&json!(group.name));
            goals.extend([budget, campaign]);
            let criteria = |kind, wanted: BTreeSet<String>| {
                let mut goal = goal(kind);
                goal.fingerprint = print(&json!(wanted));
                (!wanted.is_empty()).then_some(goal)
            };
            goals.extend(criteria(Kind::Targeting, places(set)));
            goals.push(group);
            goals.extend(criteria(Kind::Keywords, keywords(set)));
            for (a, ad) in set.ads.iter().enumerate() {
                let parts = [plan.name.as_str(), &set.name, &ad.name];
                let mut goal = Goal::new(plan, Kind::Ad, &ad.id, &parts, NAME_LIMIT, format!("{field}/ads/{a}"));
                goal.run = Some(ad.status.into());
                goal.fingerprint = print(&Value::Object(search_ad(plan, ad)?));
                goals.push(goal);
            }
        }
        Ok(goals)
    }

    fn survey(&self, access: &Access<'_>, survey: &Survey<'_>) -> Option<Request> {
        let term = name::search_term(survey.campaign_id);
        let query = match survey.kind {
            Kind::Budget => format!(
                "SELECT campaign_budget.id, campaign_budget.name, campaign_budget.amount_micros FROM campaign_budget \
                 WHERE campaign_budget.name LIKE '%{term}%' AND campaign_budget.status != 'REMOVED'"
            ),
            Kind::Campaign => format!(
                "SELECT campaign.id, campaign.name, campaign.status FROM campaign \
                 WHERE campaign.name LIKE '%{term}%' AND campaign.status != 'REMOVED'"
            ),
            Kind::Targeting => format!(
                "SELECT campaign.id, campaign.name, campaign_criterion.resource_name, \
                 campaign_criterion.location.geo_target_constant FROM campaign_criterion \
                 WHERE campaign.name LIKE '%{term}%' AND campaign_criterion.type = 'LOCATION' \
                 AND campaign_criterion.negative = FALSE AND campaign_criterion.status != 'REMOVED'"
            ),
            Kind::AdSet => format!(
                "SELECT ad_group.id, ad_group.name, ad_group.status FROM ad_group \
                 WHERE ad_group.name LIKE '%{term}%' AND ad_group.status != 'REMOVED'"
            ),
            Kind::Keywords => format!(
                "SELECT ad_group.id, ad_group.name, ad_group_criterion.resource_name, ad_group_criterion.keyword.text \
                 FROM ad_group_criterion WHERE ad_group.name LIKE '%{term}%' \
                 AND ad_group_criterion.type = 'KEYWORD' AND ad_group_criterion.negative = FALSE \
                 AND ad_group_criterion.status != 'REMOVED'"
            ),
            Kind::Ad => format!(
                "SELECT ad_group.id, ad_group.name, ad_group_ad.ad.id, ad_group_ad.ad.final_urls, ad_group_ad.status \
                 FROM ad_group_ad WHERE ad_group.name LIKE '%{term}%' AND ad_group_ad.status != 'REMOVED'"
            ),
            Kind::Image | Kind::Template | Kind::Creative => return None,
        };
        let purpose = format!("google_ads.{}.find", survey.kind.as_str());
        Some(self.search(access, &purpose, &query, survey.cursor))
    }

    fn read_survey(&self, access: &Access<'_>, survey: &Survey<'_>, response: &Response) -> Outcome<SurveyPage> {
        let body = response.value()?;
        let read = |row: &Value| -> Option<Found> {
            let text = |pointer: &str| row.pointer(pointer).and_then(Value::as_str);
            let of_name = |id: &str, name: &str, status: Option<&str>| {
                Some(Found {
                    mark: name::mark_in(text(name)?)?.to_owned(),
                    external_id: number(row.pointer(id)?)?,
                    name: text(name)?.to_owned(),
                    status: match status.and_then(text) {
                        Some("ENABLED") => Status::Active,
                        Some("REMOVED") => Status::Removed,
                        _ => Status::Paused,
                    },
                    budget: None,
                    detail: BTreeMap::new(),
                })
            };
            match survey.kind {
                Kind::Budget => {
                    let mut found = of_name("/campaignBudget/id", "/campaignBudget/name", None)?;
                    found.budget = row
                        .pointer("/campaignBudget/amountMicros")
                        .and_then(integer)
                        .map(|micros| from_micros(micros, &access.account.currency));
                    Some(found)
                }
                Kind::Campaign => of_name("/campaign/id", "/campaign/name", Some("/campaign/status")),
                Kind::AdSet => of_name("/adGroup/id", "/adGroup/name", Some("/adGroup/status")),
                Kind::Targeting => {
                    let mut found = of_name("/campaign/id", "/campaign/name", None)?;
                    let place = text("/campaignCriterion/location/geoTargetConstant")?;
                    found.detail.insert(place.to_owned(), text("/campaignCriterion/resourceName")?.to_owned());
                    Some(found)
                }
                Kind::Keywords => {
                    let mut found = of_name("/adGroup/id", "/adGroup/name", None)?;
                    let word = text("/adGroupCriterion/keyword/text")?.to_lowercase();
                    found.detail.insert(word, text("/adGroupCriterion/resourceName")?.to_owned());
                    Some(found)
                }
                Kind::Ad => {
                    let link = text("/adGroupAd/ad/finalUrls/0")?;
                    let mut found = of_name("/adGroupAd/ad/id", "/adGroup/name", Some("/adGroupAd/status"))?;
                    found.mark = name::mark(survey.campaign_id, &name::ad_in_link(link)?);
                    found.detail.insert("ad_group_id".to_owned(), number(row.pointer("/adGroup/id")?)?);
                    Some(found)
                }
                Kind::Image | Kind::Template | Kind::Creative => None,
            }
        };
        Ok(SurveyPage { found: rows(&body).iter().filter_map(read).collect(), next: next_page(&body) })
    }

    fn create(&self, access: &Access<'_>, work: &Work<'_>) -> Outcome<Request> {
        let (plan, goal) = (work.plan, work.goal);
        let id = goal.key.local_id.as_str();
        let customer = format!("customers/{}", access.account.id);
        let campaign = |set: &str| {
            let id = work.remotes.id(Kind::Campaign, set).ok_or_else(|| missing("campaign"))?;
            Ok::<String, Fault>(format!("{customer}/campaigns/{id}"))
        };
        let group = |set: &str| {
            let id = work.remotes.id(Kind::AdSet, set).ok_or_else(|| missing("ad group"))?;
            Ok::<String, Fault>(format!("{customer}/adGroups/{id}"))
        };
        let set = || set_of(plan, id).ok_or_else(|| missing("plan"));
        let (service, operations) = match goal.key.kind {
            Kind::Budget => {
                let amount = to_micros(goal.budget.unwrap_or(0), &plan.currency).to_string();
                let body = json!({"name": goal.name, "amountMicros": amount, "deliveryMethod": "STANDARD",
                                  "explicitlyShared": false});
                ("campaignBudgets", vec![json!({"create": body})])
            }
            Kind::Campaign => {
                let budget = work.remotes.id(Kind::Budget, id).ok_or_else(|| missing("budget"))?;
                let mut body = campaign_body(access, plan, goal);
                let (strategy, value) = bidding(plan, set()?);
                body.insert(strategy.to_owned(), value);
                body.insert("status".to_owned(), "PAUSED".into());
                body.insert("advertisingChannelType".to_owned(), "SEARCH".into());
                body.insert("campaignBudget".to_owned(), format!("{customer}/campaignBudgets/{budget}").into());
                body.insert(
                    "networkSettings".to_owned(),
                    json!({"targetGoogleSearch": true, "targetSearchNetwork": false, "targetContentNetwork": false}),
                );
                body.insert("geoTargetTypeSetting".to_owned(), json!({"positiveGeoTargetType": "PRESENCE"}));
                // Required since 2025; preflight asks about political content.
                body.insert(
                    "containsEuPoliticalAdvertising".to_owned(),
                    "DOES_NOT_CONTAIN_EU_POLITICAL_ADVERTISING".into(),
                );
                let start = plan.start_at.filter(|start| *start > access.now_ms);
                if let Some(day) = start.and_then(|start| local_day(access, start)) {
                    body.insert("startDateTime".to_owned(), format!("{day} 00:00:00").into());
                }
                ("campaigns", vec![json!({"create": body})])
            }
            Kind::Targeting => {
                let campaign = campaign(id)?;
                let create = |place: &str| json!({"campaign": campaign, "location": {"geoTargetConstant": place}});
                ("campaignCriteria", criteria(&BTreeMap::new(), &places(set()?), create))
            }
            Kind::AdSet => {
                let body = json!({"name": goal.name, "campaign": campaign(id)?, "status": "PAUSED",
                                  "type": "SEARCH_STANDARD"});
                ("adGroups", vec![json!({"create": body})])
            }
            Kind::Keywords => {
                let group = group(id)?;
                let create = |word: &str| keyword(&group, word);
                ("adGroupCriteria", criteria(&BTreeMap::new(), &keywords(set()?), create))
            }
            Kind::Ad => {
                let (set, ad) = ad_of(plan, id).ok_or_else(|| missing("plan"))?;
                let body = json!({"adGroup": group(&set.id)?, "status": "PAUSED", "ad": search_ad(plan, ad)?});
                ("adGroupAds", vec![json!({"create": body})])
            }
            Kind::Image | Kind::Template | Kind::Creative => return Err(missing("kind")),
        };
        let purpose = format!("google_ads.{}.create", goal.key.kind.as_str());
        Ok(self.mutate(access, service, &purpose, Effect::Once, &operations))
    }

    fn read_created(&self, work: &Work<'_>, response: &Response) -> Outcome<Made> {
        let unclear = || Fault::Ambiguous { reason: "Google Ads answered a create without a resource name".to_owned() };
        let key = &work.goal.key;
        // Criteria are known by what they belong to.
        let parent = match key.kind {
            Kind::Targeting => work.remotes.id(Kind::Campaign, &key.local_id),
            Kind::Keywords => work.remotes.id(Kind::AdSet, &key.local_id),
            _ => None,
        };
        if let Some(parent) = parent {
            return Ok(Made { external_id: parent.to_owned(), detail: BTreeMap::new() });
        }
        let body = response.value()?;
        let name = body.pointer("/results/0/resourceName").and_then(Value::as_str).ok_or_else(unclear)?;
        let last = name.rsplit('/').next().filter(|last| !last.is_empty()).ok_or_else(unclear)?;
        // `customers/1/adGroupAds/<ad group>~<ad>`
        Ok(match last.split_once('~') {
            Some((group, ad)) => Made {
                external_id: ad.to_owned(),
                detail: BTreeMap::from([("ad_group_id".to_owned(), group.to_owned())]),
            },
            None => Made { external_id: last.to_owned(), detail: BTreeMap::new() },
        })
    }

    fn update(&self, access: &Access<'_>, work: &Work<'_>, remote: &Remote) -> Outcome<Option<Request>> {
        let customer = format!("customers/{}", access.account.id);
        let (plan, goal) = (work.plan, work.goal);
        let id = &remote.external_id;
        let rename = |collection: &str| {
            json!({"updateMask": "name",
                   "update": {"resourceName": format!("{customer}/{collection}/{id}"), "name": goal.name}})
        };
        let (service, effect, operations) = match remote.key.kind {
            Kind::Budget => ("campaignBudgets", Effect::Repeatable, vec![rename("campaignBudgets")]),
            Kind::AdSet => ("adGroups", Effect::Repeatable, vec![rename("adGroups")]),
            Kind::Campaign => {
                let mut body = campaign_body(access, plan, goal);
                let mask = body.keys().map(String::as_str).collect::<Vec<_>>().join(",");
                body.insert("resourceName".to_owned(), format!("{customer}/campaigns/{id}").into());
                ("campaigns", Effect::Repeatable, vec![json!({"updateMask": mask, "update": body})])
            }
            Kind::Targeting => {
                let Some(set) = set_of(plan, &remote.key.local_id) else { return Ok(None) };
                let campaign = format!("{customer}/campaigns/{id}");
                let create = |place: &str| json!({"campaign": campaign, "location": {"geoTargetConstant": place}});
                ("campaignCriteria", Effect::Once, criteria(&remote.detail, &places(set), create))
            }
            Kind::Keywords => {
                let Some(set) = set_of(plan, &remote.key.local_id) else { return Ok(None) };
                let group = format!("{customer}/adGroups/{id}");
                let create = |word: &str| keyword(&group, word);
                ("adGroupCriteria", Effect::Once, criteria(&remote.detail, &keywords(set), create))
            }
            Kind::Ad => {
                let Some((_, ad)) = ad_of(plan, &remote.key.local_id) else { return Ok(None) };
                let mut body = search_ad(plan, ad)?;
                body.insert("resourceName".to_owned(), format!("{customer}/ads/{id}").into());
                let mask = "finalUrls,responsiveSearchAd.headlines,responsiveSearchAd.descriptions";
                ("ads", Effect::Repeatable, vec![json!({"updateMask": mask, "update": body})])
            }
            Kind::Image | Kind::Template | Kind::Creative => return Ok(None),
        };
        if operations.is_empty() {
            return Ok(None);
        }
        let purpose = format!("google_ads.{}.update", remote.key.kind.as_str());
        Ok(Some(self.mutate(access, service, &purpose, effect, &operations)))
    }

    fn set_budget(&self, access: &Access<'_>, remote: &Remote, budget: i64) -> Option<Request> {
        if remote.key.kind != Kind::Budget {
            return None;
        }
        let name = format!("customers/{}/campaignBudgets/{}", access.account.id, remote.external_id);
        let amount = to_micros(budget, &access.account.currency).to_string();
        let operation = json!({"updateMask": "amountMicros", "update": {"resourceName": name, "amountMicros": amount}});
        Some(self.mutate(access, "campaignBudgets", "google_ads.budget.budget", Effect::Repeatable, &[operation]))
    }

    fn set_run(&self, access: &Access<'_>, remote: &Remote, run: Run) -> Option<Request> {
        let (verb, status) = match run {
            Run::Active => ("activate", "ENABLED"),
            Run::Paused | Run::Ended => ("pause", "PAUSED"),
        };
        let (service, id) = match remote.key.kind {
            Kind::Campaign => ("campaigns", remote.external_id.clone()),
            Kind::AdSet => ("adGroups", remote.external_id.clone()),
            Kind::Ad => ("adGroupAds", format!("{}~{}", remote.detail.get("ad_group_id")?, remote.external_id)),
            _ => return None,
        };
        let name = format!("customers/{}/{service}/{id}", access.account.id);
        let operation = json!({"updateMask": "status", "update": {"resourceName": name, "status": status}});
        let purpose = format!("google_ads.{}.{verb}", remote.key.kind.as_str());
        Some(self.mutate(access, service, &purpose, Effect::Repeatable, &[operation]))
    }

    fn judge(&self, answer: &Answer, effect: Effect) -> Outcome<Response> {
        let status = answer.as_ref().map(|response| response.status).unwrap_or(0);
        let body = match answer {
            Ok(response) if !response.is_success() => serde_json::from_slice::<Value>(&response.body).ok(),
            _ => None,
        };
        let Some(error) = body.as_ref().and_then(|body| body.get("error")) else {
            // A version that is switched off answers like any unknown path: not in JSON.
            if status == 404 {
                return Err(Fault::VersionSunset {
                    reason: format!("Google Ads does not know version {} any more", DESCRIPTOR.version.name),
                });
            }
            return common(NAME, answer, effect);
        };
        let details = error.get("details").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let failure = details.iter().filter_map(|detail| detail.get("errors")?.as_array()).flatten().next();
        let (category, code) = failure
            .and_then(|failure| failure.get("errorCode")?.as_object()?.iter().next())
            .map_or(("", error.get("status").and_then(Value::as_str).unwrap_or_default()), |(category, code)| {
                (category.as_str(), code.as_str().unwrap_or_default())
            });
        let said = failure
            .and_then(|failure| failure.get("message"))
            .or_else(|| error.get("message"))
            .and_then(Value::as_str)
            .unwrap_or("no reason given");
        let reason = format!("Google Ads says: {said} ({code})");
        if status >= 500 || category == "internalError" {
            return Err(match effect {
                Effect::Once => Fault::Ambiguous { reason },
                Effect::Read | Effect::Repeatable => Fault::retry(None, reason),
            });
        }
        if status == 429 || category == "quotaError" {
            let asked = answer.as_ref().ok().and_then(google_wait);
            return Err(Fault::retry(asked.or(Some(QUOTA_MS)), reason));
        }
        Err(match (category, code) {
            ("databaseError", "CONCURRENT_MODIFICATION") => Fault::retry(None, reason),
            ("authenticationError", _) => Fault::Reauth { reason },
            ("requestError", "UNSUPPORTED_VERSION") => Fault::VersionSunset { reason },
            ("authorizationError", _) => Fault::Disconnect { reason },
            ("campaignError", "DUPLICATE_CAMPAIGN_NAME")
            | ("adGroupError", "DUPLICATE_ADGROUP_NAME")
            | ("campaignBudgetError", "DUPLICATE_NAME")
            | ("mutateError", "RESOURCE_ALREADY_EXISTS") => Fault::Exists { reason },
            ("mutateError" | "requestError", "RESOURCE_NOT_FOUND") => Fault::Gone { reason },
            _ if status == 401 => Fault::Reauth { reason },
            _ if status == 403 => Fault::Disconnect { reason },
            _ => Fault::fix(&failure.map(path_of).unwrap_or_default(), code, said),
        })
    }

    fn insights(&self, access: &Access<'_>, query: &InsightsQuery, cursor: Option<&str>) -> Request {
        let (from, id, name) = match query.level {
            Level::Campaign => ("campaign", "campaign.id", "campaign.name"),
            Level::AdSet => ("ad_group", "ad_group.id", "ad_group.name"),
            Level::Ad => ("ad_group_ad", "ad_group_ad.ad.id", "ad_group.name"),
        };
        let gaql = format!(
            "SELECT {id}, {name}, segments.date, customer.currency_code, metrics.impressions, metrics.clicks, \
             metrics.cost_micros, metrics.conversions, metrics.conversions_value FROM {from} \
             WHERE segments.date BETWEEN '{}' AND '{}'",
            calendar::format_day(query.from_day),
            calendar::format_day(query.to_day)
        );
        self.search(access, "google_ads.insights", &gaql, cursor)
    }

    fn read_insights(
        &self,
        access: &Access<'_>,
        query: &InsightsQuery,
        _cursor: Option<&str>,
        answer: &Answer,
    ) -> Outcome<InsightsPage> {
        let body = self.judge(answer, Effect::Read)?.value()?;
        let (id, name) = match query.level {
            Level::Campaign => ("/campaign/id", "/campaign/name"),
            Level::AdSet => ("/adGroup/id", "/adGroup/name"),
            Level::Ad => ("/adGroupAd/ad/id", "/adGroup/name"),
        };
        let mut page = InsightsPage { next: next_page(&body), ..InsightsPage::default() };
        for row in rows(&body) {
            let read = || {
                let text = |pointer: &str| row.pointer(pointer).and_then(Value::as_str);
                // Zeros are left out of the answer.
                let count = |key: &str| row.pointer(&format!("/metrics/{key}")).map_or(Some(0), integer);
                Some(InsightsRow {
                    local_day: calendar::parse_day("segments.date", text("/segments/date")?).ok()?,
                    level: query.level,
                    external_id: number(row.pointer(id)?)?,
                    name: text(name).unwrap_or_default().to_owned(),
                    impressions: count("impressions")?,
                    clicks: count("clicks")?,
                    opens: 0,
                    spend_micros: count("costMicros")?,
                    currency: text("/customer/currencyCode").unwrap_or(&access.account.currency).to_owned(),
                    conversions: row.pointer("/metrics/conversions").map_or(Some(0.0), double)?,
                    // A double in major units, not micros.
                    conversion_value_micros: row.pointer("/metrics/conversionsValue").map_or(Some(0), micros)?,
                })
            };
            match read() {
                Some(row) => page.rows.push(row),
                None => page.skipped.push(format!("a row that cannot be read: {row}")),
            }
        }
        Ok(page)
    }
}

fn keyword(group: &str, word: &str) -> Value {
    json!({"adGroup": group, "status": "ENABLED", "keyword": {"text": word, "matchType": "BROAD"}})
}

fn client(row: &Value, through: &str) -> Option<Account> {
    let client = row.get("customerClient")?;
    let text = |key: &str| client.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let id = number(client.get("id")?)?;
    let manager = client.get("manager").and_then(Value::as_bool).unwrap_or(false);
    let open = matches!(text("status").as_str(), "ENABLED" | "");
    let name = text("descriptiveName");
    Some(Account {
        name: if name.is_empty() { format!("Google Ads {id}") } else { name },
        currency: text("currencyCode"),
        time_zone: text("timeZone"),
        usable: open && !manager,
        detail: match (open, manager) {
            (false, _) => format!("The account is {}.", text("status").to_lowercase()),
            (_, true) => "A manager account: campaigns run on the accounts below it.".to_owned(),
            _ => String::new(),
        },
        settings: if id == through {
            BTreeMap::new()
        } else {
            BTreeMap::from([(setting::LOGIN_CUSTOMER_ID.to_owned(), through.to_owned())])
        },
        id,
    })
}

fn rows(body: &Value) -> &[Value] {
    body.get("results").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn next_page(body: &Value) -> Option<String> {
    body.get("nextPageToken").and_then(Value::as_str).filter(|token| !token.is_empty()).map(str::to_owned)
}

/// An id: a string, being 64 bits wide, or a number.
fn number(value: &Value) -> Option<String> {
    integer(value).map(|number| number.to_string())
}

/// `operations[0].create.name`
fn path_of(failure: &Value) -> String {
    let elements = failure.pointer("/location/fieldPathElements").and_then(Value::as_array);
    let words = elements.into_iter().flatten().filter_map(|element| {
        let name = element.get("fieldName")?.as_str()?;
        Some(element.get("index").and_then(integer).map_or_else(|| name.to_owned(), |index| format!("{name}[{index}]")))
    });
    words.collect::<Vec<_>>().join(".")
}
