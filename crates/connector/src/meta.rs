//! Facebook and Instagram ads by Meta's Marketing API: campaigns with budgets on their ad sets, one image and one text an
//! ad. Creatives are written inside their ads, so that one request makes both or neither.
//!
//! Facts are from Meta's own node specifications of Graph v25.0 and its official request collection.

use crate::account::{Access, Account, AppCredentials, CredentialKind, Credentials, setting};
use crate::http::{Answer, Effect, Request, Response, base64};
use crate::insights::{InsightsPage, InsightsQuery, InsightsRow, Level, double, integer, micros};
use crate::name;
use crate::oauth;
use crate::outcome::{Fault, Outcome, common, retry_after_ms};
use crate::provider::{Auth, Capability, Descriptor, Provider, SignIn, Step, Survey, SurveyPage, Version, Work};
use crate::publish::goal::{Found, Goal, Key, Kind, Made, Remote, Run, Status};
use campaign::{Ad, AdSet, BidStrategy, ChannelPlan, ChannelType, Objective};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What it is.
pub static DESCRIPTOR: Descriptor = Descriptor {
    channel: ChannelType::Meta,
    name: "Meta",
    auth: &[Auth::Oauth],
    version: Version {
        name: "v25.0",
        released: "2026-02-18",
        sunset: "2027-02-18",
        published: false,
        source: "a Marketing API version lives about a year; reckoned from its release",
    },
    scopes: &["ads_management", "ads_read", "business_management", "pages_show_list", "pages_read_engagement"],
    capabilities: &[
        Capability::Publish,
        Capability::Pause,
        Capability::Budget,
        Capability::Insights,
        Capability::Images,
        Capability::Spend,
    ],
    levels: &[Level::Campaign, Level::AdSet, Level::Ad],
    // Purchases are counted up to 28 days after the click.
    restated_days: 28,
};

const NAME: &str = "Meta";
/// Longest name of a campaign, ad set or ad, characters. Meta cuts off at 400; shorter reads better in its lists.
const NAME_LIMIT: usize = 250;
/// Rows of one page of insights. Halved when Meta asks for less.
const INSIGHTS_PAGE: u32 = 500;
/// Currencies that Meta counts in whole units, whatever ISO 4217 says (Marketing API, "Currencies": offset 1).
const WHOLE_UNITS: [&str; 11] = ["CLP", "COP", "CRC", "HUF", "ISK", "IDR", "JPY", "KRW", "PYG", "TWD", "VND"];
/// Purchases, the most inclusive count first: these overlap, so one is taken and the others are not added.
const PURCHASES: [&str; 3] = ["omni_purchase", "purchase", "offsite_conversion.fb_pixel_purchase"];
/// Meta's call-to-action types by our names. `GET_OFFER` is Meta's own name, too.
const CALLS_TO_ACTION: [&str; 5] = ["SHOP_NOW", "LEARN_MORE", "SIGN_UP", "SUBSCRIBE", "GET_OFFER"];
/// Throttling, by error code.
const THROTTLED: [i64; 16] =
    [4, 17, 32, 341, 613, 80000, 80001, 80002, 80003, 80004, 80005, 80006, 80008, 80009, 80014, 960];
/// Waited on throttling when the headers say nothing: the account score's block at development access, ms.
const THROTTLE_MS: i64 = 300_000;

/// Meta as this app speaks to it.
pub struct Meta {
    app: AppCredentials,
}

impl Meta {
    /// Speaking as this app.
    #[must_use]
    pub const fn new(app: AppCredentials) -> Self {
        Self { app }
    }

    fn url(&self, path: &str) -> String {
        format!("{}/{}/{path}", self.app.hosts.api, DESCRIPTOR.version.name)
    }

    fn account_url(&self, access: &Access<'_>, edge: &str) -> String {
        self.url(&format!("act_{}/{edge}", access.account.id))
    }

    fn signed(request: Request, credentials: &Credentials) -> Request {
        request
            .header("authorization", &format!("Bearer {}", credentials.access_token))
            .header("accept", "application/json")
    }

    fn token_url(&self) -> String {
        format!("{}/{}/oauth/access_token", self.app.hosts.token, DESCRIPTOR.version.name)
    }

    /// A long-lived token for a short-lived or ageing one.
    fn prolong(&self, token: &str) -> Request {
        Request::get(self.token_url(), "meta.token.prolong").query(&[
            ("grant_type", "fb_exchange_token"),
            ("client_id", &self.app.client_id),
            ("client_secret", &self.app.client_secret),
            ("fb_exchange_token", token),
        ])
    }

    fn node(&self, access: &Access<'_>, remote: &Remote, verb: &str, body: &Value) -> Request {
        let purpose = format!("meta.{}.{verb}", remote.key.kind.as_str());
        let request = Request::post(self.url(&remote.external_id), &purpose, Effect::Repeatable);
        Self::signed(request.json(body), access.credentials)
    }
}

/// Minor units as ISO 4217 counts them, as Meta counts them; rounded down, so that never more is spent than was said.
#[must_use]
pub fn to_meta_units(minor: i64, currency: &str) -> i64 {
    match (WHOLE_UNITS.contains(&currency), event::money::exponent(currency)) {
        (true, 0) => minor,
        (true, exponent) => minor / 10_i64.pow(exponent.min(6)),
        (false, exponent @ 3..) => minor / 10_i64.pow((exponent - 2).min(6)),
        (false, _) => minor,
    }
}

/// The way back.
#[must_use]
pub fn from_meta_units(units: i64, currency: &str) -> i64 {
    let factor = match (WHOLE_UNITS.contains(&currency), event::money::exponent(currency)) {
        (true, exponent) => 10_i64.pow(exponent.min(6)),
        (false, exponent @ 3..) => 10_i64.pow((exponent - 2).min(6)),
        (false, _) => 1,
    };
    units.saturating_mul(factor)
}

const fn objective(objective: Objective) -> &'static str {
    match objective {
        Objective::Sales => "OUTCOME_SALES",
        Objective::Leads => "OUTCOME_LEADS",
        Objective::Traffic => "OUTCOME_TRAFFIC",
        Objective::Awareness => "OUTCOME_AWARENESS",
    }
}

/// ISO 8601 in UTC, as Meta takes times.
fn instant(ms: i64) -> String {
    let day = ms.div_euclid(86_400_000);
    let seconds = ms.rem_euclid(86_400_000) / 1_000;
    format!("{}T{:02}:{:02}:{:02}+0000", calendar::format_day(day), seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

fn set_of<'a>(plan: &'a ChannelPlan, key: &Key) -> Option<&'a AdSet> {
    plan.ad_sets.iter().find(|set| set.id == key.local_id)
}

fn ad_of<'a>(plan: &'a ChannelPlan, key: &Key) -> Option<(&'a AdSet, &'a Ad)> {
    plan.ad_sets.iter().find_map(|set| set.ads.iter().find(|ad| ad.id == key.local_id).map(|ad| (set, ad)))
}

/// What a campaign says and may say again.
fn campaign_body(plan: &ChannelPlan, goal: &Goal) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("name".to_owned(), goal.name.as_str().into());
    if let Some(total) = plan.budget_total {
        body.insert("spend_cap".to_owned(), to_meta_units(total, &plan.currency).into());
    }
    body
}

/// What an ad set says and may say again.
fn set_body(access: &Access<'_>, plan: &ChannelPlan, set: &AdSet, goal: &Goal) -> Map<String, Value> {
    let mut targeting = json!({
        "geo_locations": {"countries": set.audience.countries},
        // Meta widens audiences by itself unless told not to.
        "targeting_automation": {"advantage_audience": 0},
    });
    if let Value::Object(targeting) = &mut targeting {
        if let Some(age) = set.audience.age_min {
            targeting.insert("age_min".to_owned(), age.into());
        }
        if let Some(age) = set.audience.age_max {
            targeting.insert("age_max".to_owned(), age.into());
        }
        for placement in &set.placements {
            // `instagram` or `instagram:story`.
            let (platform, position) = placement.split_once(':').unwrap_or((placement, ""));
            append(targeting, "publisher_platforms", platform);
            if !position.is_empty() {
                append(targeting, &format!("{platform}_positions"), position);
            }
        }
    }
    let mut body = Map::new();
    body.insert("name".to_owned(), goal.name.as_str().into());
    body.insert("targeting".to_owned(), targeting);
    let party = |name| access.setting(name).unwrap_or(&access.account.name).to_owned();
    body.insert("dsa_beneficiary".to_owned(), party(setting::DSA_BENEFICIARY).into());
    body.insert("dsa_payor".to_owned(), party(setting::DSA_PAYOR).into());
    if let Some(end) = plan.end_at {
        body.insert("end_time".to_owned(), instant(end).into());
    }
    body
}

fn append(map: &mut Map<String, Value>, key: &str, value: &str) {
    if let Value::Array(list) = map.entry(key).or_insert_with(|| Value::Array(Vec::new())) {
        let value = Value::from(value);
        if !list.contains(&value) {
            list.push(value);
        }
    }
}

/// What an ad set optimises for, which is settled when it is created.
fn goal_body(access: &Access<'_>, plan: &ChannelPlan, set: &AdSet) -> Map<String, Value> {
    let pixel = access.setting(setting::PIXEL_ID);
    let (optimization, promoted) = match (set.bid_strategy, plan.objective, pixel) {
        (BidStrategy::MaximizeClicks, Objective::Sales | Objective::Leads | Objective::Traffic, _) => {
            ("LINK_CLICKS", None)
        }
        (_, Objective::Sales, Some(pixel)) => {
            ("OFFSITE_CONVERSIONS", Some(json!({"pixel_id": pixel, "custom_event_type": "PURCHASE"})))
        }
        (_, Objective::Leads, Some(pixel)) => {
            ("OFFSITE_CONVERSIONS", Some(json!({"pixel_id": pixel, "custom_event_type": "LEAD"})))
        }
        (_, Objective::Sales | Objective::Leads, None) => ("LINK_CLICKS", None),
        (_, Objective::Traffic, _) => ("LANDING_PAGE_VIEWS", None),
        (_, Objective::Awareness, _) => {
            ("REACH", access.setting(setting::PAGE_ID).map(|page| json!({"page_id": page})))
        }
    };
    let mut body = Map::new();
    body.insert("optimization_goal".to_owned(), optimization.into());
    body.insert("billing_event".to_owned(), "IMPRESSIONS".into());
    body.insert("bid_strategy".to_owned(), "LOWEST_COST_WITHOUT_CAP".into());
    if let Some(promoted) = promoted {
        body.insert("promoted_object".to_owned(), promoted);
    }
    if plan.objective != Objective::Awareness {
        body.insert("destination_type".to_owned(), "WEBSITE".into());
    }
    body
}

/// What an ad says. The image stands for itself by our id until the request is built.
fn ad_body(
    access: &Access<'_>,
    plan: &ChannelPlan,
    ad: &Ad,
    goal: &Goal,
    image: Option<&str>,
) -> Outcome<Map<String, Value>> {
    let link = name::link(plan, ad)
        .ok_or_else(|| Fault::fix("/landing_url", "link", "the landing page is not an absolute web address"))?;
    let page = access.setting(setting::PAGE_ID).ok_or_else(|| {
        Fault::fix(
            "",
            "page",
            "no Facebook page may be used by this account, and ads appear in the name of a page: give the ad account \
             a page in Meta Business Suite, then connect it again",
        )
    })?;
    let creative = &ad.creative;
    let mut data = Map::new();
    data.insert("link".to_owned(), link.as_str().into());
    data.insert("message".to_owned(), creative.primary_text.as_str().into());
    if let Some(headline) = creative.headlines.first() {
        data.insert("name".to_owned(), headline.as_str().into());
    }
    if let Some(description) = creative.descriptions.first() {
        data.insert("description".to_owned(), description.as_str().into());
    }
    if let Some(image) = image {
        data.insert("image_hash".to_owned(), image.into());
    }
    if CALLS_TO_ACTION.contains(&creative.call_to_action.as_str()) {
        data.insert("call_to_action".to_owned(), json!({"type": creative.call_to_action, "value": {"link": link}}));
    }
    let mut body = Map::new();
    body.insert("name".to_owned(), goal.name.as_str().into());
    body.insert(
        "creative".to_owned(),
        json!({"name": goal.name, "object_story_spec": {"page_id": page, "link_data": data}}),
    );
    Ok(body)
}

/// The provider's id of an ad's image.
fn image_hash<'a>(work: &Work<'a>, ad: &Ad) -> Outcome<Option<&'a str>> {
    ad.creative.image_asset_ids.first().map_or(Ok(None), |asset| {
        let hash = work.remotes.id(Kind::Image, asset);
        hash.map(Some).ok_or_else(|| Fault::fix("", "image", "the ad's image has not been uploaded"))
    })
}

impl Provider for Meta {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn authorize_url(&self, sign_in: &SignIn) -> String {
        oauth::address(
            &format!("{}/{}/dialog/oauth", self.app.hosts.authorize, DESCRIPTOR.version.name),
            &[
                ("client_id", &self.app.client_id),
                ("redirect_uri", &sign_in.redirect_uri),
                ("response_type", "code"),
                ("scope", &DESCRIPTOR.scopes.join(",")),
                ("state", &sign_in.state),
            ],
        )
    }

    fn exchange_code(&self, sign_in: &SignIn, code: &str, answers: &[Answer], now_ms: i64) -> Step<Credentials> {
        match answers {
            [] => Step::Send(
                Request::get(self.token_url(), "meta.token.exchange")
                    .query(&[
                        ("client_id", &self.app.client_id),
                        ("redirect_uri", &sign_in.redirect_uri),
                        ("client_secret", &self.app.client_secret),
                        ("code", code),
                    ])
                    .header("accept", "application/json"),
            ),
            // What the code gives ends within hours.
            [first] => match oauth::read_tokens(NAME, first, None, now_ms) {
                Ok(short) => Step::Send(self.prolong(&short.access_token)),
                Err(fault) => Step::Done(Err(fault)),
            },
            [_, second, ..] => Step::Done(oauth::read_tokens(NAME, second, None, now_ms)),
        }
    }

    fn refresh(&self, credentials: &Credentials, answers: &[Answer], now_ms: i64) -> Step<Credentials> {
        match answers.first() {
            None if credentials.ends_within(0, now_ms) || credentials.kind == CredentialKind::Key => {
                Step::Done(Err(Fault::Reauth {
                    reason:
                        "Meta gives no refresh token: a token that has ended cannot be renewed. Connect the account \
                             again"
                            .to_owned(),
                }))
            }
            None => Step::Send(self.prolong(&credentials.access_token)),
            Some(answer) => Step::Done(oauth::read_tokens(NAME, answer, Some(credentials), now_ms)),
        }
    }

    fn accounts(&self, credentials: &Credentials, answers: &[Answer], _now_ms: i64) -> Step<Vec<Account>> {
        let mut accounts = Vec::new();
        let mut after: Option<String> = None;
        for answer in answers {
            let body = match self.judge(answer, Effect::Read).and_then(|response| response.value()) {
                Ok(body) => body,
                Err(fault) => return Step::Done(Err(fault)),
            };
            accounts.extend(list(&body, "/data").iter().map(account));
            after = next_page(&body);
        }
        if !answers.is_empty() && after.is_none() {
            return Step::Done(Ok(accounts));
        }
        let mut query = vec![
            (
                "fields",
                "account_id,name,currency,timezone_name,account_status,promote_pages.limit(1){id,name},\
                 adspixels.limit(1){id,name}",
            ),
            ("limit", "100"),
        ];
        if let Some(after) = &after {
            query.push(("after", after));
        }
        let request = Request::get(self.url("me/adaccounts"), "meta.accounts.list").query(&query);
        Step::Send(Self::signed(request, credentials))
    }

    fn kinds(&self) -> &'static [Kind] {
        &[Kind::Campaign, Kind::AdSet, Kind::Ad]
    }

    fn goals(&self, access: &Access<'_>, plan: &ChannelPlan) -> Outcome<Vec<Goal>> {
        if plan.currency != access.account.currency {
            return Err(currency_mismatch(NAME, plan, access.account));
        }
        let goal =
            |kind, local_id: &str, parts: &[&str], field| Goal::new(plan, kind, local_id, parts, NAME_LIMIT, field);
        let print = |body: Map<String, Value>| name::fingerprint(&Value::Object(body).to_string());
        let mut campaign = goal(Kind::Campaign, &plan.campaign_id, &[&plan.name], String::new());
        campaign.run = Some(Run::Active);
        campaign.gate = true;
        campaign.fingerprint = print(campaign_body(plan, &campaign));
        let mut goals = vec![campaign];
        for (s, set) in plan.ad_sets.iter().enumerate() {
            let mut wanted = goal(Kind::AdSet, &set.id, &[&plan.name, &set.name], format!("/ad_sets/{s}"));
            wanted.run = Some(set.status.into());
            wanted.budget = Some(set.budget_daily);
            wanted.fingerprint = print(set_body(access, plan, set, &wanted));
            goals.push(wanted);
            for (a, ad) in set.ads.iter().enumerate() {
                let field = format!("/ad_sets/{s}/ads/{a}");
                let image = ad.creative.image_asset_ids.first();
                if let Some(asset_id) = image {
                    let mut upload =
                        goal(Kind::Image, asset_id, &[asset_id], format!("{field}/creative/image_asset_ids/0"));
                    upload.fingerprint = name::fingerprint(asset_id);
                    if !goals.iter().any(|goal: &Goal| goal.key == upload.key) {
                        goals.push(upload);
                    }
                }
                let mut wanted = goal(Kind::Ad, &ad.id, &[&plan.name, &set.name, &ad.name], field);
                wanted.run = Some(ad.status.into());
                wanted.fingerprint = print(ad_body(access, plan, ad, &wanted, image.map(String::as_str))?);
                goals.push(wanted);
            }
        }
        Ok(goals)
    }

    fn survey(&self, access: &Access<'_>, survey: &Survey<'_>) -> Option<Request> {
        let campaign = || survey.remotes.id(Kind::Campaign, survey.campaign_id);
        let filter = json!([{"field": "name", "operator": "CONTAIN", "value": name::search_term(survey.campaign_id)}])
            .to_string();
        let (url, fields) = match survey.kind {
            Kind::Campaign => (self.account_url(access, "campaigns"), "id,name,status"),
            Kind::AdSet => (self.url(&format!("{}/adsets", campaign()?)), "id,name,status,daily_budget"),
            Kind::Ad => (self.url(&format!("{}/ads", campaign()?)), "id,name,status"),
            _ => return None,
        };
        let mut query = vec![("fields", fields), ("limit", "100")];
        if survey.kind == Kind::Campaign {
            query.push(("filtering", &filter));
        }
        if let Some(after) = survey.cursor {
            query.push(("after", after));
        }
        let request = Request::get(url, &format!("meta.{}.find", survey.kind.as_str())).query(&query);
        Some(Self::signed(request, access.credentials))
    }

    fn read_survey(&self, access: &Access<'_>, _survey: &Survey<'_>, response: &Response) -> Outcome<SurveyPage> {
        let body = response.value()?;
        if body.get("data").and_then(Value::as_array).is_none() {
            return Err(Fault::retry(None, "Meta answered a list without `data`"));
        }
        let found = list(&body, "/data")
            .iter()
            .filter_map(|item| {
                let name = item.get("name")?.as_str()?;
                Some(Found {
                    mark: name::mark_in(name)?.to_owned(),
                    external_id: id_of(item)?,
                    name: name.to_owned(),
                    status: match item.get("status").and_then(Value::as_str) {
                        Some("ACTIVE") => Status::Active,
                        Some("DELETED" | "ARCHIVED") => Status::Removed,
                        _ => Status::Paused,
                    },
                    budget: item
                        .get("daily_budget")
                        .and_then(integer)
                        .map(|units| from_meta_units(units, &access.account.currency)),
                    detail: BTreeMap::new(),
                })
            })
            .collect();
        Ok(SurveyPage { found, next: next_page(&body) })
    }

    fn create(&self, access: &Access<'_>, work: &Work<'_>) -> Outcome<Request> {
        let plan = work.plan;
        let key = &work.goal.key;
        let missing = |what: &str| Fault::fix("", "parent", format!("its {what} is not there yet"));
        let (edge, effect, mut body) = match key.kind {
            Kind::Campaign => {
                let mut body = campaign_body(plan, work.goal);
                body.insert("objective".to_owned(), objective(plan.objective).into());
                body.insert("buying_type".to_owned(), "AUCTION".into());
                // Required on every campaign, empty for none of the special categories.
                body.insert("special_ad_categories".to_owned(), json!([]));
                // Budgets are the ad sets'; since v24 this has to be said.
                body.insert("is_adset_budget_sharing_enabled".to_owned(), false.into());
                ("campaigns", Effect::Once, body)
            }
            Kind::AdSet => {
                let set = set_of(plan, key).ok_or_else(|| missing("plan"))?;
                let campaign = work.remotes.id(Kind::Campaign, &plan.campaign_id).ok_or_else(|| missing("campaign"))?;
                let mut body = set_body(access, plan, set, work.goal);
                body.append(&mut goal_body(access, plan, set));
                body.insert("campaign_id".to_owned(), campaign.into());
                let budget = to_meta_units(work.goal.budget.unwrap_or(0), &plan.currency);
                body.insert("daily_budget".to_owned(), budget.into());
                if let Some(start) = plan.start_at.filter(|start| *start > access.now_ms) {
                    body.insert("start_time".to_owned(), instant(start).into());
                }
                ("adsets", Effect::Once, body)
            }
            Kind::Ad => {
                let (set, ad) = ad_of(plan, key).ok_or_else(|| missing("plan"))?;
                let parent = work.remotes.id(Kind::AdSet, &set.id).ok_or_else(|| missing("ad set"))?;
                let mut body = ad_body(access, plan, ad, work.goal, image_hash(work, ad)?)?;
                // A number in Meta's specification.
                body.insert("adset_id".to_owned(), parent.parse::<i64>().map_or_else(|_| parent.into(), Value::from));
                ("ads", Effect::Once, body)
            }
            Kind::Image => {
                let image = work.image.ok_or_else(|| missing("file"))?;
                let body = Map::from_iter([("bytes".to_owned(), Value::from(base64(image.bytes)))]);
                ("adimages", Effect::Repeatable, body)
            }
            _ => return Err(missing("kind")),
        };
        if key.kind != Kind::Image {
            body.insert("status".to_owned(), "PAUSED".into());
        }
        let purpose = format!("meta.{}.create", key.kind.as_str());
        let request = Request::post(self.account_url(access, edge), &purpose, effect).json(&Value::Object(body));
        Ok(Self::signed(request, access.credentials))
    }

    fn read_created(&self, work: &Work<'_>, response: &Response) -> Outcome<Made> {
        let body = response.value()?;
        let id = if work.goal.key.kind == Kind::Image {
            let images = body.get("images").and_then(Value::as_object);
            images.and_then(|images| images.values().next()?.get("hash")?.as_str()).map(str::to_owned)
        } else {
            id_of(&body)
        };
        id.map(|external_id| Made { external_id, detail: BTreeMap::new() })
            .ok_or_else(|| Fault::Ambiguous { reason: "Meta answered a create without an id".to_owned() })
    }

    fn update(&self, access: &Access<'_>, work: &Work<'_>, remote: &Remote) -> Outcome<Option<Request>> {
        let body = match remote.key.kind {
            Kind::Campaign => campaign_body(work.plan, work.goal),
            Kind::AdSet => match set_of(work.plan, &remote.key) {
                Some(set) => set_body(access, work.plan, set, work.goal),
                None => return Ok(None),
            },
            Kind::Ad => match ad_of(work.plan, &remote.key) {
                Some((_, ad)) => ad_body(access, work.plan, ad, work.goal, image_hash(work, ad)?)?,
                None => return Ok(None),
            },
            _ => return Ok(None),
        };
        Ok(Some(self.node(access, remote, "update", &Value::Object(body))))
    }

    fn set_budget(&self, access: &Access<'_>, remote: &Remote, budget: i64) -> Option<Request> {
        let units = to_meta_units(budget, &access.account.currency);
        (remote.key.kind == Kind::AdSet).then(|| self.node(access, remote, "budget", &json!({"daily_budget": units})))
    }

    fn set_run(&self, access: &Access<'_>, remote: &Remote, run: Run) -> Option<Request> {
        let (verb, status) = match run {
            Run::Active => ("activate", "ACTIVE"),
            Run::Paused | Run::Ended => ("pause", "PAUSED"),
        };
        matches!(remote.key.kind, Kind::Campaign | Kind::AdSet | Kind::Ad)
            .then(|| self.node(access, remote, verb, &json!({"status": status})))
    }

    fn judge(&self, answer: &Answer, effect: Effect) -> Outcome<Response> {
        // Meta says more in the body of a 5xx than its status does.
        let known = answer.as_ref().ok().filter(|response| !response.is_success()).and_then(error_of);
        let Some(error) = known else { return common(NAME, answer, effect) };
        let response = answer.as_ref().map_err(|_| Fault::retry(None, "no answer"))?;
        let code = error.get("code").and_then(integer).unwrap_or(0);
        let subcode = error.get("error_subcode").and_then(integer).unwrap_or(0);
        let text = |key: &str| error.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        let said = match (text("error_user_title"), text("error_user_msg")) {
            (Some(title), Some(message)) => format!("{title}: {message}"),
            (None, Some(message)) => message.to_owned(),
            _ => text("message").unwrap_or("no reason given").to_owned(),
        };
        let number = if subcode == 0 { code.to_string() } else { format!("{code}/{subcode}") };
        let reason = format!("Meta says: {said} (error {number})");
        if THROTTLED.contains(&code) || response.status == 429 {
            return Err(Fault::retry(
                regain_ms(response).or_else(|| retry_after_ms(response)).or(Some(THROTTLE_MS)),
                reason,
            ));
        }
        if matches!(code, 102 | 104 | 190) {
            return Err(Fault::Reauth { reason });
        }
        if code == 2635 {
            return Err(Fault::VersionSunset { reason });
        }
        let transient = error.get("is_transient").and_then(Value::as_bool).unwrap_or(false);
        if transient || matches!(code, 1 | 2) || response.status >= 500 {
            return Err(match effect {
                Effect::Once => Fault::Ambiguous { reason },
                Effect::Read | Effect::Repeatable => Fault::retry(retry_after_ms(response), reason),
            });
        }
        Err(match (code, subcode) {
            (100, 33) | (803, _) => Fault::Gone { reason },
            (3 | 10 | 200..=299 | 368, _) => Fault::Disconnect { reason },
            _ => {
                let field = error
                    .pointer("/error_data/blame_field_specs/0/0")
                    .or_else(|| error.pointer("/error_data/blame_field"))
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                Fault::fix(field, &number, said)
            }
        })
    }

    fn insights(&self, access: &Access<'_>, query: &InsightsQuery, cursor: Option<&str>) -> Request {
        let range = json!({"since": calendar::format_day(query.from_day), "until": calendar::format_day(query.to_day)})
            .to_string();
        let (level, ids) = match query.level {
            Level::Campaign => ("campaign", "campaign_id,campaign_name"),
            Level::AdSet => ("adset", "adset_id,adset_name"),
            Level::Ad => ("ad", "ad_id,ad_name"),
        };
        let fields = format!(
            "{ids},account_currency,impressions,inline_link_clicks,spend,actions,action_values,date_start,date_stop"
        );
        let (limit, after) = page_of(cursor);
        let limit = limit.to_string();
        let mut pairs = vec![
            ("level", level),
            ("time_range", &range),
            ("time_increment", "1"),
            ("fields", &fields),
            ("use_unified_attribution_setting", "true"),
            ("limit", &limit),
        ];
        if !after.is_empty() {
            pairs.push(("after", after));
        }
        let request = Request::get(self.account_url(access, "insights"), "meta.insights").query(&pairs);
        Self::signed(request, access.credentials)
    }

    fn read_insights(
        &self,
        access: &Access<'_>,
        query: &InsightsQuery,
        cursor: Option<&str>,
        answer: &Answer,
    ) -> Outcome<InsightsPage> {
        let (limit, after) = page_of(cursor);
        // "Please reduce the amount of data": half as many rows, from the same place.
        let too_much = answer.as_ref().ok().and_then(error_of).is_some_and(|error| {
            let message = error.get("message").and_then(Value::as_str).unwrap_or_default();
            message.to_lowercase().contains("reduce the amount of data")
        });
        if too_much && limit > 10 {
            return Ok(InsightsPage { next: Some(format!("{}|{after}", limit / 2)), ..InsightsPage::default() });
        }
        let body = self.judge(answer, Effect::Read)?.value()?;
        let (id_key, name_key) = match query.level {
            Level::Campaign => ("campaign_id", "campaign_name"),
            Level::AdSet => ("adset_id", "adset_name"),
            Level::Ad => ("ad_id", "ad_name"),
        };
        let mut page =
            InsightsPage { next: next_page(&body).map(|after| format!("{limit}|{after}")), ..InsightsPage::default() };
        for row in list(&body, "/data") {
            let read = || {
                let text = |key: &str| row.get(key).and_then(Value::as_str);
                // What did not happen is left out of the answer.
                let count = |key: &str| row.get(key).map_or(Some(0), integer);
                let purchases = |key: &str| {
                    let actions = row.get(key).and_then(Value::as_array);
                    PURCHASES.iter().find_map(|kind| {
                        let action =
                            actions?.iter().find(|a| a.get("action_type").and_then(Value::as_str) == Some(kind))?;
                        action.get("value")
                    })
                };
                Some(InsightsRow {
                    local_day: calendar::parse_day("date_start", text("date_start")?).ok()?,
                    level: query.level,
                    external_id: text(id_key)?.to_owned(),
                    name: text(name_key).unwrap_or_default().to_owned(),
                    impressions: count("impressions")?,
                    clicks: count("inline_link_clicks")?,
                    opens: 0,
                    spend_micros: row.get("spend").map_or(Some(0), micros)?,
                    currency: text("account_currency").unwrap_or(&access.account.currency).to_owned(),
                    conversions: purchases("actions").map_or(Some(0.0), double)?,
                    conversion_value_micros: purchases("action_values").map_or(Some(0), micros)?,
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

/// A cursor is `<rows a page>|<Meta's own>`.
fn page_of(cursor: Option<&str>) -> (u32, &str) {
    let (limit, after) = cursor.and_then(|cursor| cursor.split_once('|')).unwrap_or(("", ""));
    (limit.parse().unwrap_or(INSIGHTS_PAGE), after)
}

fn account(item: &Value) -> Account {
    let text = |pointer: &str| item.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut settings = BTreeMap::new();
    for (name, pointer) in [(setting::PAGE_ID, "/promote_pages/data/0/id"), (setting::PIXEL_ID, "/adspixels/data/0/id")]
    {
        if let Some(id) = item.pointer(pointer).and_then(Value::as_str) {
            settings.insert(name.to_owned(), id.to_owned());
        }
    }
    // 1 active, 2 disabled, 3 unsettled, 7 in risk review, 8 pending settlement, 9 in grace period, 100 pending closure,
    // 101 closed (AdAccount.account_status).
    let status = item.get("account_status").and_then(integer).unwrap_or(1);
    let usable = matches!(status, 1 | 8 | 9);
    Account {
        id: text("/account_id"),
        name: text("/name"),
        currency: text("/currency"),
        time_zone: text("/timezone_name"),
        usable,
        detail: if usable {
            String::new()
        } else {
            format!("Meta has closed or restricted this ad account (status {status}).")
        },
        settings,
    }
}

fn list<'a>(body: &'a Value, pointer: &str) -> &'a [Value] {
    body.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn next_page(body: &Value) -> Option<String> {
    // `cursors.after` is there on the last page, too; `next` is not.
    body.pointer("/paging/next")?;
    body.pointer("/paging/cursors/after").and_then(Value::as_str).map(str::to_owned)
}

fn id_of(item: &Value) -> Option<String> {
    match item.get("id")? {
        Value::String(id) if !id.is_empty() => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

fn error_of(response: &Response) -> Option<Value> {
    let body: Value = serde_json::from_slice(&response.body).ok()?;
    body.get("error").filter(|error| error.is_object()).cloned()
}

/// When the quota comes back, by the usage headers.
fn regain_ms(response: &Response) -> Option<i64> {
    crate::governor::meta_wait(response)
}

/// Budgets are in the account's currency: another one would be spent as if it were that.
pub(crate) fn currency_mismatch(provider: &str, plan: &ChannelPlan, account: &Account) -> Fault {
    Fault::fix(
        "/currency",
        "currency",
        format!(
            "the campaign is in {} and the {provider} account {} in {}: budgets would mean other amounts. Use an account \
             in {}",
            plan.currency, account.name, account.currency, plan.currency
        ),
    )
}
