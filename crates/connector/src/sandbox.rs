//! Our own practice provider: real requests, no money. Its API, JSON throughout:
//!
//! | request | body or query | answer |
//! |---|---|---|
//! | `GET {authorize}/oauth/authorize` | `client_id redirect_uri response_type=code scope state code_challenge code_challenge_method=S256` | redirect with `code`, `state` |
//! | `POST {token}/oauth/token` (form) | `grant_type=authorization_code code redirect_uri client_id client_secret code_verifier`, or `grant_type=refresh_token refresh_token client_id client_secret` | `access_token refresh_token expires_in scope`; refresh tokens work once |
//! | `GET {api}/v1/accounts` | | `{accounts: [{id, name, currency, time_zone, status}]}` |
//! | `GET /v1/accounts/{id}/campaigns` | `name_contains`, `cursor` | `{items: [{id, name, status}], next}` |
//! | `GET /v1/accounts/{id}/ad_sets`, `/ads` | `campaign_id`, `cursor` | `{items: [{id, name, status, budget_daily?}], next}` |
//! | `POST /v1/accounts/{id}/campaigns` | `name objective status currency budget_total start_at end_at` | `201 {id}` |
//! | `POST /v1/accounts/{id}/ad_sets` | `campaign_id name status budget_daily bid_strategy audience placements` | `201 {id}` |
//! | `POST /v1/accounts/{id}/images` | `name media_type data` (Base64) | `201 {id}`; equal bytes, equal id |
//! | `POST /v1/accounts/{id}/ads` | `ad_set_id name status creative` | `201 {id}` |
//! | `PATCH /v1/accounts/{id}/campaigns|ad_sets|ads/{oid}` | any of what was created | `200 {id}` |
//! | `GET /v1/accounts/{id}/insights` | `level from to cursor` | `{currency, rows: [{date, id, name, impressions, clicks, spend_micros, conversions, conversion_value_micros}], next}` |
//!
//! Budgets are minor units, times UTC ms, days `YYYY-MM-DD`, status `active` or `paused`; `next` is `null` at the end.
//! Requests carry `Authorization: Bearer` and `adroit-version`. Errors are `{error: {code, message, field}}`:
//! 401 `token_expired`, 403 `account_closed`, 400 `invalid`, 404 `not_found`, 409 `duplicate`, 426 `version_gone`,
//! 429 `rate_limited` with `Retry-After`.

use crate::account::{Access, Account, AppCredentials, Credentials};
use crate::http::{Answer, Effect, Method, Request, Response, base64};
use crate::insights::{InsightsPage, InsightsQuery, InsightsRow, Level, double, integer};
use crate::name;
use crate::oauth;
use crate::outcome::{Fault, Outcome, common};
use crate::provider::{Auth, Capability, Descriptor, Provider, SignIn, Step, Survey, SurveyPage, Version, Work};
use crate::publish::goal::{Found, Goal, Key, Kind, Made, Remote, Run, Status};
use campaign::{AdSet, ChannelPlan, ChannelType};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What it is.
pub static DESCRIPTOR: Descriptor = Descriptor {
    channel: ChannelType::Sandbox,
    name: "Practice ads",
    auth: &[Auth::Oauth],
    version: Version {
        name: "2026-11",
        released: "2026-11-20",
        sunset: "2027-11-20",
        published: true,
        source: "this repository: it changes together with the practice provider",
    },
    scopes: &["ads"],
    capabilities: &[
        Capability::Publish,
        Capability::Pause,
        Capability::Budget,
        Capability::Insights,
        Capability::Images,
        Capability::Spend,
    ],
    levels: &[Level::Campaign, Level::AdSet, Level::Ad],
    restated_days: 3,
};

const NAME: &str = "The practice provider";
/// Longest name it takes, characters.
const NAME_LIMIT: usize = 200;

/// The practice provider as this app speaks to it.
pub struct Sandbox {
    app: AppCredentials,
}

impl Sandbox {
    /// Speaking as this app.
    #[must_use]
    pub const fn new(app: AppCredentials) -> Self {
        Self { app }
    }

    fn url(&self, access: &Access<'_>, path: &str) -> String {
        format!("{}/v1/accounts/{}/{path}", self.app.hosts.api, access.account.id)
    }

    fn signed(request: Request, credentials: &Credentials) -> Request {
        request
            .header("authorization", &format!("Bearer {}", credentials.access_token))
            .header("adroit-version", DESCRIPTOR.version.name)
            .header("accept", "application/json")
    }
}

const fn path_of(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Campaign => Some("campaigns"),
        Kind::AdSet => Some("ad_sets"),
        Kind::Ad => Some("ads"),
        _ => None,
    }
}

/// What is written for an object: also what its fingerprint is of.
fn written(plan: &ChannelPlan, goal: &Goal) -> Option<Map<String, Value>> {
    let id = goal.key.local_id.as_str();
    let body = match goal.key.kind {
        Kind::Campaign => json!({
            "name": goal.name,
            "objective": plan.objective,
            "currency": plan.currency,
            "budget_total": plan.budget_total,
            "start_at": plan.start_at,
            "end_at": plan.end_at,
        }),
        Kind::AdSet => {
            let set = plan.ad_sets.iter().find(|set| set.id == id)?;
            json!({
                "name": goal.name,
                "bid_strategy": set.bid_strategy,
                "audience": set.audience,
                "placements": set.placements,
            })
        }
        Kind::Ad => {
            let ad = plan.ad_sets.iter().flat_map(|set| &set.ads).find(|ad| ad.id == id)?;
            json!({
                "name": goal.name,
                "creative": {
                    "headlines": ad.creative.headlines,
                    "descriptions": ad.creative.descriptions,
                    "primary_text": ad.creative.primary_text,
                    "call_to_action": ad.creative.call_to_action,
                    "image_asset_ids": ad.creative.image_asset_ids,
                    "link": name::link(plan, ad)?,
                },
            })
        }
        _ => return None,
    };
    match body {
        Value::Object(map) => Some(map),
        _ => None,
    }
}

fn parent_set<'a>(plan: &'a ChannelPlan, ad_id: &str) -> Option<&'a AdSet> {
    plan.ad_sets.iter().find(|set| set.ads.iter().any(|ad| ad.id == ad_id))
}

impl Provider for Sandbox {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn authorize_url(&self, sign_in: &SignIn) -> String {
        oauth::address(
            &format!("{}/oauth/authorize", self.app.hosts.authorize),
            &[
                ("client_id", &self.app.client_id),
                ("redirect_uri", &sign_in.redirect_uri),
                ("response_type", "code"),
                ("scope", &DESCRIPTOR.scopes.join(" ")),
                ("state", &sign_in.state),
                ("code_challenge", &oauth::challenge(&sign_in.verifier)),
                ("code_challenge_method", "S256"),
            ],
        )
    }

    fn exchange_code(&self, sign_in: &SignIn, code: &str, answers: &[Answer], now_ms: i64) -> Step<Credentials> {
        match answers.first() {
            None => Step::Send(oauth::token_request(
                &format!("{}/oauth/token", self.app.hosts.token),
                "sandbox.token.exchange",
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
            return Step::Done(Err(Fault::Reauth { reason: format!("{NAME} gave no refresh token; sign in again") }));
        };
        match answers.first() {
            None => Step::Send(oauth::token_request(
                &format!("{}/oauth/token", self.app.hosts.token),
                "sandbox.token.refresh",
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
        let Some(answer) = answers.first() else {
            let request = Request::get(format!("{}/v1/accounts", self.app.hosts.api), "sandbox.accounts.list");
            return Step::Send(Self::signed(request, credentials));
        };
        Step::Done(self.judge(answer, Effect::Read).and_then(|response| {
            let body = response.value()?;
            let text = |account: &Value, key: &str| {
                account.get(key).and_then(Value::as_str).map(str::to_owned).unwrap_or_default()
            };
            let accounts = body.get("accounts").and_then(Value::as_array).cloned().unwrap_or_default();
            Ok(accounts
                .iter()
                .map(|account| {
                    let open = account.get("status").and_then(Value::as_str).is_none_or(|status| status == "open");
                    Account {
                        id: text(account, "id"),
                        name: text(account, "name"),
                        currency: text(account, "currency"),
                        time_zone: text(account, "time_zone"),
                        usable: open,
                        detail: if open { String::new() } else { "The account is closed.".to_owned() },
                        settings: BTreeMap::new(),
                    }
                })
                .collect())
        }))
    }

    fn kinds(&self) -> &'static [Kind] {
        &[Kind::Campaign, Kind::AdSet, Kind::Ad]
    }

    fn goals(&self, _access: &Access<'_>, plan: &ChannelPlan) -> Outcome<Vec<Goal>> {
        let goal =
            |kind, local_id: &str, parts: &[&str], field| Goal::new(plan, kind, local_id, parts, NAME_LIMIT, field);
        let mut goals = vec![Goal {
            run: Some(Run::Active),
            gate: true,
            ..goal(Kind::Campaign, &plan.campaign_id, &[&plan.name], String::new())
        }];
        for (s, set) in plan.ad_sets.iter().enumerate() {
            goals.push(Goal {
                budget: Some(set.budget_daily),
                run: Some(set.status.into()),
                ..goal(Kind::AdSet, &set.id, &[&plan.name, &set.name], format!("/ad_sets/{s}"))
            });
            for (a, ad) in set.ads.iter().enumerate() {
                let field = format!("/ad_sets/{s}/ads/{a}");
                if name::link(plan, ad).is_none() {
                    return Err(Fault::fix("/landing_url", "link", "the landing page is not an absolute web address"));
                }
                for asset_id in &ad.creative.image_asset_ids {
                    let key = Key::new(Kind::Image, asset_id);
                    if !goals.iter().any(|goal: &Goal| goal.key == key) {
                        let field = format!("{field}/creative/image_asset_ids");
                        goals.push(goal(Kind::Image, asset_id, &[asset_id], field));
                    }
                }
                let parts = [plan.name.as_str(), &set.name, &ad.name];
                goals.push(Goal { run: Some(ad.status.into()), ..goal(Kind::Ad, &ad.id, &parts, field) });
            }
        }
        for goal in &mut goals {
            let text =
                written(plan, goal).map_or_else(|| goal.key.local_id.clone(), |map| Value::Object(map).to_string());
            goal.fingerprint = name::fingerprint(&text);
        }
        Ok(goals)
    }

    fn survey(&self, access: &Access<'_>, survey: &Survey<'_>) -> Option<Request> {
        let url = self.url(access, path_of(survey.kind)?);
        let term = name::search_term(survey.campaign_id);
        let mut query = match survey.kind {
            Kind::Campaign => vec![("name_contains", term.as_str())],
            _ => vec![("campaign_id", survey.remotes.id(Kind::Campaign, survey.campaign_id)?)],
        };
        if let Some(cursor) = survey.cursor {
            query.push(("cursor", cursor));
        }
        let purpose = format!("sandbox.{}.find", survey.kind.as_str());
        Some(Self::signed(Request::get(url, &purpose).query(&query), access.credentials))
    }

    fn read_survey(&self, _access: &Access<'_>, _survey: &Survey<'_>, response: &Response) -> Outcome<SurveyPage> {
        let body = response.value()?;
        let items = body
            .get("items")
            .and_then(Value::as_array)
            .ok_or_else(|| Fault::retry(None, format!("{NAME} answered a list without `items`")))?;
        let found = items
            .iter()
            .filter_map(|item| {
                let name = item.get("name")?.as_str()?;
                Some(Found {
                    mark: name::mark_in(name)?.to_owned(),
                    external_id: item.get("id")?.as_str()?.to_owned(),
                    name: name.to_owned(),
                    status: match item.get("status")?.as_str()? {
                        "active" => Status::Active,
                        "removed" => Status::Removed,
                        _ => Status::Paused,
                    },
                    budget: item.get("budget_daily").and_then(integer),
                    detail: BTreeMap::new(),
                })
            })
            .collect();
        Ok(SurveyPage { found, next: body.get("next").and_then(Value::as_str).map(str::to_owned) })
    }

    fn create(&self, access: &Access<'_>, work: &Work<'_>) -> Outcome<Request> {
        let key = &work.goal.key;
        let missing = |what: &str| Fault::fix("", "parent", format!("its {what} is not there yet"));
        if let (Kind::Image, Some(image)) = (key.kind, work.image) {
            let body = json!({"name": work.goal.name, "media_type": image.media_type, "data": base64(image.bytes)});
            let request = Request::post(self.url(access, "images"), "sandbox.image.create", Effect::Repeatable);
            return Ok(Self::signed(request.json(&body), access.credentials));
        }
        let (Some(path), Some(mut body)) = (path_of(key.kind), written(work.plan, work.goal)) else {
            return Err(missing("description"));
        };
        body.insert("status".to_owned(), "paused".into());
        match key.kind {
            Kind::AdSet => {
                let campaign = work.remotes.id(Kind::Campaign, &work.plan.campaign_id);
                body.insert("campaign_id".to_owned(), campaign.ok_or_else(|| missing("campaign"))?.into());
                body.insert("budget_daily".to_owned(), work.goal.budget.unwrap_or(0).into());
            }
            Kind::Ad => {
                let set = parent_set(work.plan, &key.local_id).and_then(|set| work.remotes.id(Kind::AdSet, &set.id));
                body.insert("ad_set_id".to_owned(), set.ok_or_else(|| missing("ad set"))?.into());
                replace_images(&mut body, work)?;
            }
            _ => {}
        }
        let request =
            Request::post(self.url(access, path), &format!("sandbox.{}.create", key.kind.as_str()), Effect::Once);
        Ok(Self::signed(request.json(&Value::Object(body)), access.credentials))
    }

    fn read_created(&self, _work: &Work<'_>, response: &Response) -> Outcome<Made> {
        let body = response.value()?;
        let id = body.get("id").and_then(Value::as_str).filter(|id| !id.is_empty());
        id.map(|id| Made { external_id: id.to_owned(), detail: BTreeMap::new() })
            .ok_or_else(|| Fault::Ambiguous { reason: format!("{NAME} answered a create without an id") })
    }

    fn update(&self, access: &Access<'_>, work: &Work<'_>, remote: &Remote) -> Outcome<Option<Request>> {
        let (Some(path), Some(mut body)) = (path_of(remote.key.kind), written(work.plan, work.goal)) else {
            return Ok(None);
        };
        if remote.key.kind == Kind::Ad {
            replace_images(&mut body, work)?;
        }
        Ok(Some(self.patch(access, path, remote, "update", &Value::Object(body))))
    }

    fn set_budget(&self, access: &Access<'_>, remote: &Remote, budget: i64) -> Option<Request> {
        (remote.key.kind == Kind::AdSet)
            .then(|| self.patch(access, "ad_sets", remote, "budget", &json!({"budget_daily": budget})))
    }

    fn set_run(&self, access: &Access<'_>, remote: &Remote, run: Run) -> Option<Request> {
        let (verb, status) = match run {
            Run::Active => ("activate", "active"),
            Run::Paused | Run::Ended => ("pause", "paused"),
        };
        Some(self.patch(access, path_of(remote.key.kind)?, remote, verb, &json!({"status": status})))
    }

    fn judge(&self, answer: &Answer, effect: Effect) -> Outcome<Response> {
        let response = common(NAME, answer, effect)?;
        if response.is_success() {
            return Ok(response);
        }
        let body = response.value().unwrap_or(Value::Null);
        let text = |key: &str| body.pointer(&format!("/error/{key}")).and_then(Value::as_str).unwrap_or_default();
        let (code, message) = (text("code"), text("message"));
        let reason = format!("{NAME} says: {message} ({code}, HTTP {})", response.status);
        Err(match response.status {
            401 => Fault::Reauth { reason },
            403 => Fault::Disconnect { reason },
            404 => Fault::Gone { reason },
            409 => Fault::Exists { reason },
            426 => Fault::VersionSunset { reason },
            _ => Fault::fix(text("field"), code, message),
        })
    }

    fn insights(&self, access: &Access<'_>, query: &InsightsQuery, cursor: Option<&str>) -> Request {
        let (from, to) = (calendar::format_day(query.from_day), calendar::format_day(query.to_day));
        let mut pairs = vec![("level", query.level.as_str()), ("from", &from), ("to", &to)];
        if let Some(cursor) = cursor {
            pairs.push(("cursor", cursor));
        }
        let request = Request::get(self.url(access, "insights"), "sandbox.insights").query(&pairs);
        Self::signed(request, access.credentials)
    }

    fn read_insights(
        &self,
        access: &Access<'_>,
        query: &InsightsQuery,
        _cursor: Option<&str>,
        answer: &Answer,
    ) -> Outcome<InsightsPage> {
        let body = self.judge(answer, Effect::Read)?.value()?;
        let currency = body.get("currency").and_then(Value::as_str).unwrap_or(&access.account.currency);
        let mut page = InsightsPage {
            next: body.get("next").and_then(Value::as_str).map(str::to_owned),
            ..InsightsPage::default()
        };
        for row in body.get("rows").and_then(Value::as_array).into_iter().flatten() {
            let read = || {
                let count = |key: &str| row.get(key).and_then(integer);
                let text = |key: &str| row.get(key).and_then(Value::as_str);
                Some(InsightsRow {
                    local_day: calendar::parse_day("date", text("date")?).ok()?,
                    level: query.level,
                    external_id: text("id")?.to_owned(),
                    name: text("name").unwrap_or_default().to_owned(),
                    impressions: count("impressions")?,
                    clicks: count("clicks")?,
                    opens: 0,
                    spend_micros: count("spend_micros")?,
                    currency: currency.to_owned(),
                    conversions: row.get("conversions").and_then(double)?,
                    conversion_value_micros: count("conversion_value_micros")?,
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

impl Sandbox {
    fn patch(&self, access: &Access<'_>, path: &str, remote: &Remote, verb: &str, body: &Value) -> Request {
        let url = self.url(access, &format!("{path}/{}", remote.external_id));
        let purpose = format!("sandbox.{}.{verb}", remote.key.kind.as_str());
        let request = Request::new(Method::Patch, url, &purpose, Effect::Repeatable);
        Self::signed(request.json(body), access.credentials)
    }
}

/// Our ids of images become the provider's.
fn replace_images(body: &mut Map<String, Value>, work: &Work<'_>) -> Outcome<()> {
    let Some(Value::Object(creative)) = body.get_mut("creative") else { return Ok(()) };
    let Some(Value::Array(assets)) = creative.remove("image_asset_ids") else { return Ok(()) };
    let ids: Option<Vec<Value>> =
        assets.iter().map(|asset| work.remotes.id(Kind::Image, asset.as_str()?).map(Value::from)).collect();
    let ids = ids.ok_or_else(|| Fault::fix("", "image", "an image of the ad has not been uploaded"))?;
    creative.insert("image_ids".to_owned(), Value::Array(ids));
    Ok(())
}
