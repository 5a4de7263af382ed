//! E-mail by Klaviyo: an ad set of ours is a campaign there, sent once to one list or segment; its one ad is the message
//! with its template.
//!
//! Links to the shop are tagged in the body itself ([`name::mail_body`]), so that they do not depend on settings of the
//! account. A campaign is a draft until it is activated, which sends or schedules it: that cannot be taken back once mail leaves.
//! A campaign keeps a copy of the template assigned to it, so a changed body is assigned again.
//!
//! Facts are from Klaviyo's own API description, revision 2026-07-15.

use crate::account::{Access, Account, AppCredentials, CredentialKind, Credentials, setting};
use crate::http::{Answer, Effect, Method, Request, Response, base64};
use crate::insights::{InsightsPage, InsightsQuery, InsightsRow, Level, double, integer, micros};
use crate::name;
use crate::oauth;
use crate::outcome::{Fault, Outcome, common};
use crate::provider::{Auth, Capability, Descriptor, Provider, SignIn, Step, Survey, SurveyPage, Version, Work};
use crate::publish::goal::{Found, Goal, Kind, Made, Remote, Remotes, Run, Status};
use campaign::{Ad, AdSet, ChannelPlan, ChannelType};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What it is.
pub static DESCRIPTOR: Descriptor = Descriptor {
    channel: ChannelType::Klaviyo,
    name: "Klaviyo",
    auth: &[Auth::Oauth, Auth::Key],
    version: Version {
        name: "2026-07-15",
        released: "2026-07-15",
        sunset: "2028-07-15",
        published: false,
        source: "a revision is stable for a year and deprecated for another; reckoned from its release",
    },
    scopes: &[
        "accounts:read",
        "campaigns:read",
        "campaigns:write",
        "lists:read",
        "metrics:read",
        "segments:read",
        "templates:read",
        "templates:write",
    ],
    capabilities: &[Capability::Publish, Capability::Insights],
    levels: &[Level::Campaign, Level::Ad],
    // Mail is opened, and bought from, within days of being sent; the figures stand on the day of sending.
    restated_days: 14,
};

const NAME: &str = "Klaviyo";
/// Longest name of a campaign or template, characters.
const NAME_LIMIT: usize = 200;
const MEDIA_TYPE: &str = "application/vnd.api+json";
/// What counts as a conversion where the account has it: the metric every shop integration sends.
const CONVERSION_METRIC: &str = "Placed Order";

/// Klaviyo as this app speaks to it.
pub struct Klaviyo {
    app: AppCredentials,
}

impl Klaviyo {
    /// Speaking as this app.
    #[must_use]
    pub const fn new(app: AppCredentials) -> Self {
        Self { app }
    }

    fn url(&self, path: &str) -> String {
        format!("{}/api/{path}", self.app.hosts.api)
    }

    fn signed(request: Request, credentials: &Credentials) -> Request {
        let scheme = match credentials.kind {
            CredentialKind::Bearer => "Bearer",
            CredentialKind::Key => "Klaviyo-API-Key",
        };
        request
            .header("authorization", &format!("{scheme} {}", credentials.access_token))
            .header("revision", DESCRIPTOR.version.name)
            .header("accept", MEDIA_TYPE)
    }

    fn send(
        &self,
        access: &Access<'_>,
        method: Method,
        path: &str,
        purpose: &str,
        effect: Effect,
        data: &Value,
    ) -> Request {
        let request = Request::new(method, self.url(path), purpose, effect).json_as(MEDIA_TYPE, &json!({"data": data}));
        Self::signed(request, access.credentials)
    }

    fn token(&self, purpose: &str, pairs: &[(&str, &str)]) -> Request {
        let basic = base64(format!("{}:{}", self.app.client_id, self.app.client_secret).as_bytes());
        oauth::token_request(&format!("{}/oauth/token", self.app.hosts.token), purpose, pairs)
            .header("authorization", &format!("Basic {basic}"))
    }

    fn assign(&self, access: &Access<'_>, message: &str, template: &str, purpose: &str) -> Request {
        let data = json!({
            "type": "campaign-message",
            "id": message,
            "relationships": {"template": {"data": {"type": "template", "id": template}}},
        });
        self.send(access, Method::Post, "campaign-message-assign-template", purpose, Effect::Repeatable, &data)
    }

    fn write_message(&self, access: &Access<'_>, ad: &Ad, message: &str, purpose: &str) -> Outcome<Request> {
        let data = json!({
            "type": "campaign-message",
            "id": message,
            "attributes": {"definition": message_definition(access, ad)?},
        });
        Ok(self.send(
            access,
            Method::Patch,
            &format!("campaign-messages/{message}"),
            purpose,
            Effect::Repeatable,
            &data,
        ))
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

fn message_definition(access: &Access<'_>, ad: &Ad) -> Outcome<Value> {
    let creative = &ad.creative;
    let or_setting = |text: &str, name: &str| match text.trim() {
        "" => access.setting(name).unwrap_or_default().to_owned(),
        text => text.to_owned(),
    };
    let from_email = or_setting(&creative.from_email, setting::FROM_EMAIL);
    if from_email.is_empty() {
        return Err(Fault::fix(
            "from_email",
            "sender",
            "the e-mail has no sender address and the Klaviyo account has no default sender; enter one",
        ));
    }
    let mut content = Map::from_iter([
        ("subject".to_owned(), Value::from(creative.subject.trim())),
        ("from_email".to_owned(), from_email.into()),
        ("from_label".to_owned(), or_setting(&creative.from_name, setting::FROM_NAME).into()),
    ]);
    if !creative.preview_text.trim().is_empty() {
        content.insert("preview_text".to_owned(), creative.preview_text.trim().into());
    }
    Ok(json!({"channel": "email", "label": ad.name, "content": content}))
}

/// ISO 8601 in UTC.
fn instant(ms: i64) -> String {
    let seconds = ms.rem_euclid(86_400_000) / 1_000;
    format!(
        "{}T{:02}:{:02}:{:02}+00:00",
        calendar::format_day(ms.div_euclid(86_400_000)),
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60
    )
}

/// What a campaign says and may say again, but for when it is sent.
fn campaign_body(set: &AdSet, goal: &Goal) -> Map<String, Value> {
    Map::from_iter([
        ("name".to_owned(), Value::from(goal.name.as_str())),
        ("audiences".to_owned(), json!({"included": [set.audience.list_id], "excluded": []})),
    ])
}

fn send_strategy(access: &Access<'_>, plan: &ChannelPlan) -> Value {
    match plan.start_at.filter(|start| *start > access.now_ms) {
        Some(start) => json!({"method": "static", "datetime": instant(start), "options": {"is_local": false}}),
        None => json!({"method": "immediate"}),
    }
}

impl Provider for Klaviyo {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn authorize_url(&self, sign_in: &SignIn) -> String {
        oauth::address(
            &format!("{}/oauth/authorize", self.app.hosts.authorize),
            &[
                ("response_type", "code"),
                ("client_id", &self.app.client_id),
                ("redirect_uri", &sign_in.redirect_uri),
                ("scope", &DESCRIPTOR.scopes.join(" ")),
                ("state", &sign_in.state),
                ("code_challenge_method", "S256"),
                ("code_challenge", &oauth::challenge(&sign_in.verifier)),
            ],
        )
    }

    fn exchange_code(&self, sign_in: &SignIn, code: &str, answers: &[Answer], now_ms: i64) -> Step<Credentials> {
        match answers.first() {
            None => Step::Send(self.token(
                "klaviyo.token.exchange",
                &[
                    ("grant_type", "authorization_code"),
                    ("code", code),
                    ("code_verifier", &sign_in.verifier),
                    ("redirect_uri", &sign_in.redirect_uri),
                ],
            )),
            Some(answer) => Step::Done(oauth::read_tokens(NAME, answer, None, now_ms)),
        }
    }

    fn refresh(&self, credentials: &Credentials, answers: &[Answer], now_ms: i64) -> Step<Credentials> {
        let Some(refresh_token) = &credentials.refresh_token else {
            return Step::Done(Err(Fault::Reauth {
                reason: "the Klaviyo key is no longer accepted. Make a new private key and connect with it".to_owned(),
            }));
        };
        match answers.first() {
            None => {
                Step::Send(self.token(
                    "klaviyo.token.refresh",
                    &[("grant_type", "refresh_token"), ("refresh_token", refresh_token)],
                ))
            }
            Some(answer) => Step::Done(oauth::read_tokens(NAME, answer, Some(credentials), now_ms)),
        }
    }

    fn accounts(&self, credentials: &Credentials, answers: &[Answer], _now_ms: i64) -> Step<Vec<Account>> {
        let Some((first, others)) = answers.split_first() else {
            return Step::Send(Self::signed(Request::get(self.url("accounts"), "klaviyo.accounts.list"), credentials));
        };
        let body = match self.judge(first, Effect::Read).and_then(|response| response.value()) {
            Ok(body) => body,
            Err(fault) => return Step::Done(Err(fault)),
        };
        let mut accounts: Vec<Account> = items(&body).iter().filter_map(account).collect();
        // Which metric is a purchase: the pages of metrics are read until it is found.
        let mut cursor: Option<String> = None;
        let mut metric: Option<String> = None;
        let mut more = others.is_empty();
        for answer in others {
            let page = match self.judge(answer, Effect::Read).and_then(|response| response.value()) {
                Ok(page) => page,
                Err(fault) => return Step::Done(Err(fault)),
            };
            let named =
                |item: &&Value| item.pointer("/attributes/name").and_then(Value::as_str) == Some(CONVERSION_METRIC);
            let id = items(&page).iter().find(named).and_then(|item| item.get("id")?.as_str());
            metric = metric.or_else(|| id.map(str::to_owned));
            cursor = next_cursor(&page, "page[cursor]");
            more = metric.is_none() && cursor.is_some();
        }
        if more {
            let mut query = vec![("fields[metric]", "name")];
            if let Some(cursor) = &cursor {
                query.push(("page[cursor]", cursor));
            }
            let request = Request::get(self.url("metrics"), "klaviyo.metrics.list").query(&query);
            return Step::Send(Self::signed(request, credentials));
        }
        for account in &mut accounts {
            match &metric {
                Some(metric) => {
                    account.settings.insert(setting::CONVERSION_METRIC_ID.to_owned(), metric.clone());
                }
                None => {
                    account.detail = format!(
                        "The account has no metric `{CONVERSION_METRIC}`, which figures are counted by: connect the shop \
                         to Klaviyo, then connect this account again."
                    );
                }
            }
        }
        Step::Done(Ok(accounts))
    }

    fn kinds(&self) -> &'static [Kind] {
        &[Kind::Template, Kind::Campaign]
    }

    fn goals(&self, access: &Access<'_>, plan: &ChannelPlan) -> Outcome<Vec<Goal>> {
        let print = |value: &Value| name::fingerprint(&value.to_string());
        let mut goals = Vec::new();
        for (s, set) in plan.ad_sets.iter().enumerate() {
            let field = format!("/ad_sets/{s}");
            let [ad] = set.ads.as_slice() else {
                return Err(Fault::fix(
                    &format!("{field}/ads"),
                    "one_email",
                    format!("an e-mail send has exactly one e-mail; `{}` has {}", set.name, set.ads.len()),
                ));
            };
            let parts = [plan.name.as_str(), set.name.as_str()];
            let ad_parts = [plan.name.as_str(), set.name.as_str(), ad.name.as_str()];
            let ad_field = format!("{field}/ads/0");
            let of_ad = |kind| Goal::new(plan, kind, &ad.id, &ad_parts, NAME_LIMIT, ad_field.clone());
            let mut template = of_ad(Kind::Template);
            template.fingerprint = print(&json!([template.name, name::mail_body(plan, ad)]));
            let mut campaign = Goal::new(plan, Kind::Campaign, &set.id, &parts, NAME_LIMIT, field.clone());
            campaign.gate = true;
            // An e-mail that is to rest is not sent; neither is one in an ad set that is.
            campaign.run = Some(match (Run::from(set.status), Run::from(ad.status)) {
                (Run::Active, Run::Active) => Run::Active,
                _ => Run::Paused,
            });
            campaign.fingerprint = print(&json!([campaign_body(set, &campaign), plan.start_at]));
            let mut message = of_ad(Kind::Ad);
            message.fingerprint = print(&message_definition(access, ad)?);
            let mut content = of_ad(Kind::Creative);
            content.fingerprint = print(&json!(name::mail_body(plan, ad)));
            goals.extend([template, campaign, message, content]);
        }
        Ok(goals)
    }

    fn survey(&self, access: &Access<'_>, survey: &Survey<'_>) -> Option<Request> {
        let term = name::search_term(survey.campaign_id);
        let (path, mut query) = match survey.kind {
            Kind::Template => (
                "templates",
                vec![("filter", format!("contains(name,\"{term}\")")), ("fields[template]", "name".to_owned())],
            ),
            Kind::Campaign => (
                "campaigns",
                vec![
                    ("filter", format!("and(equals(messages.channel,\"email\"),contains(name,\"{term}\"))")),
                    ("fields[campaign]", "name,status".to_owned()),
                    ("include", "campaign-messages".to_owned()),
                ],
            ),
            _ => return None,
        };
        if let Some(cursor) = survey.cursor {
            query.push(("page[cursor]", cursor.to_owned()));
        }
        let query: Vec<(&str, &str)> = query.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let purpose = format!("klaviyo.{}.find", survey.kind.as_str());
        Some(Self::signed(Request::get(self.url(path), &purpose).query(&query), access.credentials))
    }

    fn read_survey(&self, _access: &Access<'_>, survey: &Survey<'_>, response: &Response) -> Outcome<SurveyPage> {
        let body = response.value()?;
        let found = items(&body)
            .iter()
            .filter_map(|item| {
                let name = item.pointer("/attributes/name")?.as_str()?;
                let external_id = item.get("id")?.as_str()?.to_owned();
                let seen = match survey.kind {
                    Kind::Campaign => status(item.pointer("/attributes/status")?.as_str()?),
                    _ => Status::Paused,
                };
                // Lists lag behind: what was sent before is not a draft again because a list says so, and must not be
                // sent a second time.
                let before = survey.remotes.of(survey.kind).find(|remote| remote.external_id == external_id);
                let status = match before.map(|remote| remote.status) {
                    Some(before @ (Status::Active | Status::Finished)) if seen == Status::Paused => before,
                    _ => seen,
                };
                let message = item.pointer("/relationships/campaign-messages/data/0/id").and_then(Value::as_str);
                Some(Found {
                    mark: name::mark_in(name)?.to_owned(),
                    external_id,
                    name: name.to_owned(),
                    status,
                    budget: None,
                    detail: message.map(|id| ("message_id".to_owned(), id.to_owned())).into_iter().collect(),
                })
            })
            .collect();
        Ok(SurveyPage { found, next: next_cursor(&body, "page[cursor]") })
    }

    fn create(&self, access: &Access<'_>, work: &Work<'_>) -> Outcome<Request> {
        let (plan, goal) = (work.plan, work.goal);
        let id = goal.key.local_id.as_str();
        let purpose = format!("klaviyo.{}.create", goal.key.kind.as_str());
        let ad = || ad_of(plan, id).ok_or_else(|| missing("plan"));
        let message = |set: &AdSet| {
            let key = crate::publish::goal::Key::new(Kind::Campaign, &set.id);
            let campaign = work.remotes.get(&key).ok_or_else(|| missing("campaign"))?;
            campaign.detail.get("message_id").cloned().ok_or_else(|| missing("message"))
        };
        match goal.key.kind {
            Kind::Template => {
                let (_, ad) = ad()?;
                let data = json!({
                    "type": "template",
                    "attributes": {"name": goal.name, "editor_type": "CODE", "html": name::mail_body(plan, ad)},
                });
                Ok(self.send(access, Method::Post, "templates", &purpose, Effect::Once, &data))
            }
            Kind::Campaign => {
                let set = set_of(plan, id).ok_or_else(|| missing("plan"))?;
                let ad = set.ads.first().ok_or_else(|| missing("e-mail"))?;
                let mut attributes = campaign_body(set, goal);
                attributes.insert("send_strategy".to_owned(), send_strategy(access, plan));
                attributes.insert(
                    "campaign-messages".to_owned(),
                    json!({"data": [{
                        "type": "campaign-message",
                        "attributes": {"definition": message_definition(access, ad)?},
                    }]}),
                );
                let data = json!({"type": "campaign", "attributes": attributes});
                Ok(self.send(access, Method::Post, "campaigns", &purpose, Effect::Once, &data))
            }
            // The message was made with its campaign; here it gets its words.
            Kind::Ad => {
                let (set, ad) = ad()?;
                self.write_message(access, ad, &message(set)?, &purpose)
            }
            Kind::Creative => {
                let (set, ad) = ad()?;
                let template = work.remotes.id(Kind::Template, &ad.id).ok_or_else(|| missing("template"))?;
                Ok(self.assign(access, &message(set)?, template, &purpose))
            }
            _ => Err(missing("kind")),
        }
    }

    fn read_created(&self, _work: &Work<'_>, response: &Response) -> Outcome<Made> {
        let body = response.value()?;
        let id = body.pointer("/data/id").and_then(Value::as_str).filter(|id| !id.is_empty());
        let message = body.pointer("/data/relationships/campaign-messages/data/0/id").and_then(Value::as_str);
        id.map(|id| Made {
            external_id: id.to_owned(),
            detail: message.map(|id| ("message_id".to_owned(), id.to_owned())).into_iter().collect(),
        })
        .ok_or_else(|| Fault::Ambiguous { reason: "Klaviyo answered a create without an id".to_owned() })
    }

    fn update(&self, access: &Access<'_>, work: &Work<'_>, remote: &Remote) -> Outcome<Option<Request>> {
        let (plan, goal) = (work.plan, work.goal);
        let (local, id) = (remote.key.local_id.as_str(), remote.external_id.as_str());
        let purpose = format!("klaviyo.{}.update", remote.key.kind.as_str());
        let of_campaign = match remote.key.kind {
            Kind::Campaign => Some(remote),
            _ => ad_of(plan, local)
                .and_then(|(set, _)| work.remotes.get(&crate::publish::goal::Key::new(Kind::Campaign, &set.id))),
        };
        match of_campaign.map(|campaign| campaign.status) {
            // It went out as it was.
            Some(Status::Finished) => return Ok(None),
            Some(Status::Active) if remote.fingerprint.is_empty() => return Ok(None),
            Some(Status::Active) => {
                return Err(Fault::fix(
                    "",
                    "scheduled",
                    "the e-mail is scheduled or being sent and cannot be changed any more; pause it first",
                ));
            }
            _ => {}
        }
        match remote.key.kind {
            Kind::Template => {
                let Some((_, ad)) = ad_of(plan, local) else { return Ok(None) };
                let attributes = json!({"name": goal.name, "html": name::mail_body(plan, ad)});
                let data = json!({"type": "template", "id": id, "attributes": attributes});
                let path = format!("templates/{id}");
                Ok(Some(self.send(access, Method::Patch, &path, &purpose, Effect::Repeatable, &data)))
            }
            Kind::Campaign => {
                let Some(set) = set_of(plan, local) else { return Ok(None) };
                let mut attributes = campaign_body(set, goal);
                attributes.insert("send_strategy".to_owned(), send_strategy(access, plan));
                let data = json!({"type": "campaign", "id": id, "attributes": attributes});
                let path = format!("campaigns/{id}");
                Ok(Some(self.send(access, Method::Patch, &path, &purpose, Effect::Repeatable, &data)))
            }
            Kind::Ad => {
                let Some((_, ad)) = ad_of(plan, local) else { return Ok(None) };
                self.write_message(access, ad, id, &purpose).map(Some)
            }
            Kind::Creative => {
                let template = work.remotes.id(Kind::Template, local).ok_or_else(|| missing("template"))?;
                Ok(Some(self.assign(access, id, template, &purpose)))
            }
            _ => Ok(None),
        }
    }

    /// The parts of an e-mail that was sent, or is bound to be: messages are not read back, so what sent it before may
    /// be forgotten.
    fn is_past(&self, plan: &ChannelPlan, goal: &Goal, remotes: &Remotes) -> bool {
        let campaign = match goal.key.kind {
            Kind::Template | Kind::Ad | Kind::Creative => ad_of(plan, &goal.key.local_id)
                .and_then(|(set, _)| remotes.get(&crate::publish::goal::Key::new(Kind::Campaign, &set.id))),
            _ => None,
        };
        // Only a campaign whose parts are all there is set running.
        campaign.is_some_and(|campaign| matches!(campaign.status, Status::Active | Status::Finished))
    }

    fn set_budget(&self, _access: &Access<'_>, _remote: &Remote, _budget: i64) -> Option<Request> {
        None
    }

    fn set_run(&self, access: &Access<'_>, remote: &Remote, run: Run) -> Option<Request> {
        if remote.key.kind != Kind::Campaign || remote.status == Status::Finished {
            return None;
        }
        let id = remote.external_id.as_str();
        Some(match run {
            Run::Active => {
                let data = json!({"type": "campaign-send-job", "id": id});
                self.send(access, Method::Post, "campaign-send-jobs", "klaviyo.campaign.activate", Effect::Once, &data)
            }
            Run::Paused | Run::Ended => {
                let (verb, action) = if run == Run::Paused { ("pause", "revert") } else { ("end", "cancel") };
                let data = json!({"type": "campaign-send-job", "id": id, "attributes": {"action": action}});
                let path = format!("campaign-send-jobs/{id}");
                let purpose = format!("klaviyo.campaign.{verb}");
                self.send(access, Method::Patch, &path, &purpose, Effect::Repeatable, &data)
            }
        })
    }

    fn judge(&self, answer: &Answer, effect: Effect) -> Outcome<Response> {
        let response = common(NAME, answer, effect)?;
        if response.is_success() {
            return Ok(response);
        }
        let body: Value = serde_json::from_slice(&response.body).unwrap_or(Value::Null);
        let text = |key: &str| body.pointer(&format!("/errors/0/{key}")).and_then(Value::as_str).unwrap_or_default();
        let (code, title, detail) = (text("code"), text("title"), text("detail"));
        let said = if detail.is_empty() { title } else { detail };
        let reason = format!("Klaviyo says: {said} ({code}, HTTP {})", response.status);
        if code.contains("revision") || (response.status == 410 && code.is_empty()) {
            return Err(Fault::VersionSunset { reason });
        }
        Err(match response.status {
            401 => Fault::Reauth { reason },
            403 => Fault::Disconnect { reason },
            404 => Fault::Gone { reason },
            409 => Fault::Exists { reason },
            _ => Fault::fix(text("source/pointer"), code, said),
        })
    }

    fn insights(&self, access: &Access<'_>, query: &InsightsQuery, cursor: Option<&str>) -> Request {
        let place = Place::parse(cursor);
        let (start, end) = (day_start(access, query.from_day), day_start(access, query.to_day.saturating_add(1)));
        let request = if place.reporting {
            let data = json!({
                "type": "campaign-values-report",
                "attributes": {
                    "statistics": ["delivered", "opens_unique", "clicks", "conversions", "conversion_value"],
                    "timeframe": {"start": instant(start), "end": instant(end)},
                    "conversion_metric_id": access.setting(setting::CONVERSION_METRIC_ID).unwrap_or_default(),
                    "group_by": ["campaign_id", "campaign_message_id", "campaign_message_name", "send_channel"],
                    "filter": "equals(send_channel,\"email\")",
                },
            });
            let query: Vec<(&str, &str)> =
                if place.page.is_empty() { Vec::new() } else { vec![("page_cursor", &place.page)] };
            Request::post(self.url("campaign-values-reports"), "klaviyo.insights", Effect::Read)
                .query(&query)
                .json_as(MEDIA_TYPE, &json!({"data": data}))
        } else {
            let since = instant(start.saturating_sub(SCHEDULED_AHEAD_MS));
            let filter = format!("and(equals(messages.channel,\"email\"),greater-or-equal(updated_at,{since}))");
            let mut query = vec![("filter", filter.as_str()), ("fields[campaign]", "name,send_time")];
            if !place.page.is_empty() {
                query.push(("page[cursor]", &place.page));
            }
            Request::get(self.url("campaigns"), "klaviyo.campaigns.list").query(&query)
        };
        Self::signed(request, access.credentials)
    }

    fn read_insights(
        &self,
        access: &Access<'_>,
        query: &InsightsQuery,
        cursor: Option<&str>,
        answer: &Answer,
    ) -> Outcome<InsightsPage> {
        let mut place = Place::parse(cursor);
        let body = self.judge(answer, Effect::Read)?.value()?;
        if !place.reporting {
            for item in items(&body) {
                let sent = item.pointer("/attributes/send_time").and_then(event::instant::parse);
                let day = sent.map(|sent| local_day(access, sent));
                let day = day.filter(|day| (query.from_day..=query.to_day).contains(day));
                if let (Some(id), Some(day)) = (item.get("id").and_then(Value::as_str), day) {
                    place.sent.insert(id.to_owned(), day);
                }
            }
            let next = next_cursor(&body, "page[cursor]");
            place.reporting = next.is_none();
            place.page = next.unwrap_or_default();
            // Where nothing was sent there is nothing to report, and reports are scarce.
            let next = (!place.reporting || !place.sent.is_empty()).then(|| place.to_string());
            return Ok(InsightsPage { next, ..InsightsPage::default() });
        }
        let mut page = InsightsPage::default();
        // A campaign with several messages has several rows; its own row is their sum.
        let mut rows: BTreeMap<String, InsightsRow> = BTreeMap::new();
        for row in body.pointer("/data/attributes/results").and_then(Value::as_array).into_iter().flatten() {
            let of = |key: &str| row.pointer(&format!("/groupings/{key}")).and_then(Value::as_str);
            // Sent on another day: that day's pull has it.
            let Some(day) = of("campaign_id").and_then(|id| place.sent.get(id)) else { continue };
            let read = || {
                let count = |key: &str| row.pointer(&format!("/statistics/{key}")).map_or(Some(0), integer);
                let statistic = |key: &str| row.pointer(&format!("/statistics/{key}"));
                Some(InsightsRow {
                    local_day: *day,
                    level: query.level,
                    external_id: match query.level {
                        Level::Campaign | Level::AdSet => of("campaign_id")?,
                        Level::Ad => of("campaign_message_id")?,
                    }
                    .to_owned(),
                    name: of("campaign_message_name").unwrap_or_default().to_owned(),
                    impressions: count("delivered")?,
                    clicks: count("clicks")?,
                    opens: count("opens_unique")?,
                    spend_micros: 0,
                    currency: access.account.currency.clone(),
                    conversions: statistic("conversions").map_or(Some(0.0), double)?,
                    conversion_value_micros: statistic("conversion_value").map_or(Some(0), micros)?,
                })
            };
            match read() {
                Some(row) => match rows.get_mut(&row.external_id) {
                    Some(sum) => {
                        sum.impressions = sum.impressions.saturating_add(row.impressions);
                        sum.clicks = sum.clicks.saturating_add(row.clicks);
                        sum.opens = sum.opens.saturating_add(row.opens);
                        sum.conversions += row.conversions;
                        sum.conversion_value_micros =
                            sum.conversion_value_micros.saturating_add(row.conversion_value_micros);
                    }
                    None => {
                        rows.insert(row.external_id.clone(), row);
                    }
                },
                None => page.skipped.push(format!("a row that cannot be read: {row}")),
            }
        }
        page.rows = rows.into_values().collect();
        page.next = next_cursor(&body, "page_cursor").map(|next| {
            place.page = next;
            place.to_string()
        });
        Ok(page)
    }
}

/// Sends scheduled longer ahead than this are not reported, ms: a campaign is last changed when it is scheduled.
const SCHEDULED_AHEAD_MS: i64 = 60 * 86_400_000;

/// Where a pull of figures is: first the campaigns are listed to learn on which days they were sent, then one report is
/// asked for over all days, for a report knows no days and there are two a minute. Figures stand on the day of sending.
///
/// As a cursor: `list|<Klaviyo's own>|<campaign>:<day>,…` or `report|…|…`.
#[derive(Debug, Default, PartialEq)]
struct Place {
    reporting: bool,
    page: String,
    sent: BTreeMap<String, i64>,
}

impl Place {
    fn parse(cursor: Option<&str>) -> Self {
        let mut parts = cursor.unwrap_or_default().splitn(3, '|');
        let (step, page, sent) =
            (parts.next().unwrap_or_default(), parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let day = |pair: &str| {
            let (id, day) = pair.split_once(':')?;
            Some((id.to_owned(), day.parse().ok()?))
        };
        Self { reporting: step == "report", page: page.to_owned(), sent: sent.split(',').filter_map(day).collect() }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}|{}|", if self.reporting { "report" } else { "list" }, self.page)?;
        for (number, (id, day)) in self.sent.iter().enumerate() {
            write!(f, "{}{id}:{day}", if number == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

/// UTC ms of a day's beginning on the account's calendar; on UTC's where the zone is unknown.
fn day_start(access: &Access<'_>, day: i64) -> i64 {
    match calendar::Zone::parse(&access.account.time_zone) {
        Ok(zone) => zone.day_start_ms(day),
        Err(_) => day.saturating_mul(86_400_000),
    }
}

fn local_day(access: &Access<'_>, at_ms: i64) -> i64 {
    match calendar::Zone::parse(&access.account.time_zone) {
        Ok(zone) => zone.local_day(at_ms),
        Err(_) => at_ms.div_euclid(86_400_000),
    }
}

fn status(text: &str) -> Status {
    match text {
        "Draft" => Status::Paused,
        "Sent" | "Variations Sent" => Status::Finished,
        text if text.starts_with("Cancelled") => Status::Finished,
        // Scheduled, Sending, Adding Recipients, Preparing to send, Queued without Recipients, …
        _ => Status::Active,
    }
}

fn account(item: &Value) -> Option<Account> {
    let text = |pointer: &str| {
        item.pointer(&format!("/attributes/{pointer}")).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let mut settings = BTreeMap::new();
    for (name, pointer) in [
        (setting::FROM_EMAIL, "contact_information/default_sender_email"),
        (setting::FROM_NAME, "contact_information/default_sender_name"),
    ] {
        let value = text(pointer);
        if !value.is_empty() {
            settings.insert(name.to_owned(), value);
        }
    }
    Some(Account {
        id: item.get("id")?.as_str()?.to_owned(),
        name: text("contact_information/organization_name"),
        currency: text("preferred_currency"),
        time_zone: text("timezone"),
        usable: true,
        detail: String::new(),
        settings,
    })
}

fn items(body: &Value) -> &[Value] {
    body.get("data").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// The cursor in the address of the next page.
fn next_cursor(body: &Value, parameter: &str) -> Option<String> {
    let next = url::Url::parse(body.pointer("/links/next")?.as_str()?).ok()?;
    next.query_pairs().find(|(key, _)| key == parameter).map(|(_, value)| value.into_owned())
}
