//! Prints every distinct request the code can make for Meta, Google Ads and Klaviyo, a JSON object a line, or, with
//! `--mistakes`, requests with one seeded mistake each. A contract test sends both to mocks of the providers' own API
//! descriptions: the first must all be taken, the second all be refused.
//!
//! Token requests are left out where the descriptions do not have them (Google Ads, Klaviyo).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use campaign::{Ad, AdSet, Audience, BidStrategy, ChannelPlan, ChannelType, Creative, Delivery, Objective};
use connector::account::setting;
use connector::provider::{Image, Survey, Work};
use connector::publish::{Goal, Key, Kind, Remote, Remotes, Run, Status};
use connector::{
    Access, Account, Answer, AppCredentials, CredentialKind, Credentials, Hosts, InsightsQuery, Method, Provider,
    Request, Response, SignIn, Step,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const ORIGIN: &str = "http://provider.test";
/// 2026-11-20 12:00 UTC.
const NOW: i64 = 1_795_176_000_000;
const DAY: i64 = 86_400_000;
const CHANNELS: [ChannelType; 3] = [ChannelType::Meta, ChannelType::GoogleAds, ChannelType::Klaviyo];

fn main() {
    let mistakes = std::env::args().any(|argument| argument == "--mistakes");
    for channel in CHANNELS {
        let requests = all(channel);
        if mistakes {
            for (what, request) in seeded(channel, &requests) {
                println!("{}", line(channel, &request, Some(&what)));
            }
        } else {
            for request in requests {
                println!("{}", line(channel, &request, None));
            }
        }
    }
}

fn line(channel: ChannelType, request: &Request, mistake: Option<&str>) -> Value {
    let mut line = json!({
        "provider": channel.as_str(),
        "purpose": request.purpose,
        "method": request.method.as_str(),
        "url": request.url,
        "headers": request.headers,
        "body": String::from_utf8(request.body.clone()).expect("text"),
    });
    if let Some(mistake) = mistake {
        line["mistake"] = mistake.into();
    }
    line
}

fn provider(channel: ChannelType) -> Box<dyn Provider> {
    connector::provider(
        channel,
        AppCredentials {
            hosts: Hosts { authorize: ORIGIN.to_owned(), token: ORIGIN.to_owned(), api: ORIGIN.to_owned() },
            client_id: "app-1".to_owned(),
            client_secret: "app-secret".to_owned(),
            developer_token: "developer-token-1".to_owned(),
        },
    )
}

/// Accounts with and without what is optional.
fn accounts(channel: ChannelType) -> Vec<Account> {
    let account = |currency: &str, settings: &[(&str, &str)]| Account {
        id: if channel == ChannelType::Klaviyo { "AbC123".to_owned() } else { "1234567890".to_owned() },
        name: "Shop".to_owned(),
        currency: currency.to_owned(),
        time_zone: "Europe/Berlin".to_owned(),
        usable: true,
        detail: String::new(),
        settings: settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
    };
    match channel {
        ChannelType::Meta => vec![
            account("EUR", &[(setting::PAGE_ID, "9001")]),
            account("EUR", &[(setting::PAGE_ID, "9001"), (setting::PIXEL_ID, "7001")]),
            account("JPY", &[(setting::PAGE_ID, "9001"), (setting::DSA_PAYOR, "Agency")]),
        ],
        ChannelType::GoogleAds => {
            vec![account("EUR", &[]), account("JPY", &[(setting::LOGIN_CUSTOMER_ID, "9876543210")])]
        }
        _ => vec![account(
            "EUR",
            &[
                (setting::CONVERSION_METRIC_ID, "MeTr1c"),
                (setting::FROM_EMAIL, "hello@shop.test"),
                (setting::FROM_NAME, "Shop"),
            ],
        )],
    }
}

fn creatives(channel: ChannelType) -> Vec<Creative> {
    let list = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<String>>();
    match channel {
        ChannelType::Meta => {
            let plain = Creative {
                headlines: list(&["Fresh beans"]),
                primary_text: "Roasted yesterday.".to_owned(),
                ..Creative::default()
            };
            let calls = ["SHOP_NOW", "LEARN_MORE", "SIGN_UP", "SUBSCRIBE", "GET_OFFER"];
            let full = |call: &str| Creative {
                descriptions: list(&["Free delivery"]),
                call_to_action: call.to_owned(),
                image_asset_ids: list(&["asset-1"]),
                ..plain.clone()
            };
            std::iter::once(plain.clone()).chain(calls.iter().map(|call| full(call))).collect()
        }
        ChannelType::GoogleAds => vec![
            Creative {
                headlines: list(&["Fresh beans", "Roasted in Berlin", "Free delivery"]),
                descriptions: list(&["Roasted to order.", "At your door in two days."]),
                ..Creative::default()
            },
            Creative {
                headlines: (1..=15).map(|n| format!("Headline {n}")).collect(),
                descriptions: (1..=4).map(|n| format!("Description {n}.")).collect(),
                ..Creative::default()
            },
        ],
        _ => vec![
            Creative {
                subject: "New beans".to_owned(),
                body: "<a href=\"https://shop.test\">Shop</a> {% unsubscribe %}".to_owned(),
                ..Creative::default()
            },
            Creative {
                subject: "New beans".to_owned(),
                preview_text: "Roasted this morning".to_owned(),
                body: "<p>Grüße</p> {% unsubscribe %}".to_owned(),
                from_name: "Ada".to_owned(),
                from_email: "ada@shop.test".to_owned(),
                ..Creative::default()
            },
        ],
    }
}

/// Plans that differ in everything a request depends on.
fn plans(channel: ChannelType, currency: &str) -> Vec<ChannelPlan> {
    let mut plans = Vec::new();
    let audiences = [
        Audience { countries: vec!["DE".to_owned()], ..Audience::default() },
        Audience {
            countries: vec!["DE".to_owned(), "AT".to_owned(), "CH".to_owned()],
            age_min: Some(25),
            age_max: Some(54),
            ..Audience::default()
        },
    ];
    let placements: [&[&str]; 3] = [&[], &["facebook"], &["facebook:feed", "instagram:story", "instagram:reels"]];
    for objective in [Objective::Sales, Objective::Leads, Objective::Traffic, Objective::Awareness] {
        for bid_strategy in [BidStrategy::LowestCost, BidStrategy::MaximizeClicks] {
            for (audience, placements) in audiences.iter().flat_map(|a| placements.iter().map(move |p| (a, p))) {
                if channel != ChannelType::Meta && !placements.is_empty() {
                    continue;
                }
                for (budget_total, start_at, end_at) in [
                    (None, None, None),
                    (Some(500_000), Some(NOW + DAY), Some(NOW + 30 * DAY)),
                    (None, Some(NOW - DAY), None),
                ] {
                    for creative in creatives(channel) {
                        let mut audience = audience.clone();
                        match channel {
                            ChannelType::GoogleAds => {
                                audience.keywords = vec!["coffee beans".to_owned(), "Espresso beans".to_owned()];
                            }
                            ChannelType::Klaviyo => audience.list_id = "LiSt01".to_owned(),
                            _ => {}
                        }
                        plans.push(ChannelPlan {
                            campaign_id: "campaign-1".to_owned(),
                            channel_id: "channel-1".to_owned(),
                            channel,
                            name: "Summer sale".to_owned(),
                            objective,
                            currency: currency.to_owned(),
                            budget_total,
                            start_at,
                            end_at,
                            landing_url: "https://shop.test/beans?ref=1".to_owned(),
                            utm_campaign: "summer".to_owned(),
                            ad_sets: vec![AdSet {
                                id: "set-1".to_owned(),
                                name: "Prospecting".to_owned(),
                                channel_id: "channel-1".to_owned(),
                                channel,
                                audience,
                                placements: placements.iter().map(|p| (*p).to_owned()).collect(),
                                bid_strategy,
                                budget_daily: 2_000,
                                status: Delivery::Active,
                                ads: vec![Ad {
                                    id: "ad-1".to_owned(),
                                    name: "Beans".to_owned(),
                                    creative,
                                    status: Delivery::Active,
                                }],
                            }],
                        });
                    }
                }
            }
        }
    }
    plans
}

/// What would be there after everything was created.
fn remotes(goals: &[Goal]) -> Remotes {
    let detail = |goal: &Goal| match goal.key.kind {
        Kind::Ad => BTreeMap::from([("ad_group_id".to_owned(), "300".to_owned())]),
        Kind::Campaign => BTreeMap::from([("message_id".to_owned(), "MeSs01".to_owned())]),
        Kind::Targeting => BTreeMap::from([(
            "geoTargetConstants/2250".to_owned(),
            "customers/1234567890/campaignCriteria/200~2250".to_owned(),
        )]),
        Kind::Keywords => {
            BTreeMap::from([("old beans".to_owned(), "customers/1234567890/adGroupCriteria/300~999".to_owned())])
        }
        _ => BTreeMap::new(),
    };
    Remotes::new(
        goals
            .iter()
            .enumerate()
            .map(|(number, goal)| Remote {
                key: goal.key.clone(),
                external_id: (120_330_000_000_000_100 + number).to_string(),
                name: goal.name.clone(),
                status: Status::Paused,
                budget: goal.budget,
                fingerprint: String::new(),
                detail: detail(goal),
            })
            .collect(),
    )
}

/// Every distinct request, in order of appearance.
fn all(channel: ChannelType) -> Vec<Request> {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut requests: Vec<Request> = Vec::new();
    let mut keep = |request: Request| {
        let text = format!(
            "{} {} {:?} {}",
            request.method.as_str(),
            request.url,
            request.headers,
            String::from_utf8_lossy(&request.body)
        );
        if seen.insert(text) {
            requests.push(request);
        }
    };
    let provider = provider(channel);
    let kinds: &[CredentialKind] = match channel {
        ChannelType::Klaviyo => &[CredentialKind::Bearer, CredentialKind::Key],
        _ => &[CredentialKind::Bearer],
    };
    for kind in kinds {
        let credentials = Credentials {
            access_token: "token-1".to_owned(),
            kind: *kind,
            refresh_token: None,
            expires_at: Some(NOW + 3_600_000),
            scopes: Vec::new(),
        };
        for request in questions(&*provider, channel, &credentials) {
            keep(request);
        }
        for account in accounts(channel) {
            let access = Access { account: &account, credentials: &credentials, now_ms: NOW };
            for plan in plans(channel, &account.currency) {
                for request in publishing(&*provider, &access, &plan) {
                    keep(request);
                }
            }
            for level in provider.descriptor().levels {
                for (from_day, to_day) in [(20_777, 20_777), (20_750, 20_777)] {
                    let query = InsightsQuery { level: *level, from_day, to_day };
                    keep(provider.insights(&access, &query, None));
                    let cursors: &[&str] = match channel {
                        ChannelType::Meta => &["250|QVFI"],
                        ChannelType::GoogleAds => &["CPAGE"],
                        _ => &["list|bmV4dA|C1:20770", "report||C1:20770", "report|bmV4dA|C1:20770"],
                    };
                    for cursor in cursors {
                        keep(provider.insights(&access, &query, Some(cursor)));
                    }
                }
            }
        }
    }
    requests
}

/// Signing in (where the description has it), renewing, listing accounts.
fn questions(provider: &dyn Provider, channel: ChannelType, credentials: &Credentials) -> Vec<Request> {
    let mut requests = Vec::new();
    let ok = |body: Value| -> Answer { Ok(Response::json(200, &body)) };
    if channel == ChannelType::Meta {
        let sign_in = SignIn {
            state: "state".to_owned(),
            redirect_uri: "https://adroit.test/connectors/meta/oauth/callback".to_owned(),
            verifier: "v".repeat(43),
        };
        let short = ok(json!({"access_token": "short", "expires_in": 3600}));
        requests.extend(sent(provider.exchange_code(&sign_in, "code-1", &[], NOW)));
        requests.extend(sent(provider.exchange_code(&sign_in, "code-1", &[short], NOW)));
        requests.extend(sent(provider.refresh(credentials, &[], NOW)));
    }
    let answers: Vec<Answer> = match channel {
        ChannelType::Meta => {
            vec![ok(json!({"data": [], "paging": {"cursors": {"after": "MTAw"}, "next": "https://x"}}))]
        }
        ChannelType::GoogleAds => vec![ok(json!({"resourceNames": ["customers/1234567890"]}))],
        _ => vec![
            ok(json!({"data": [{"id": "AbC123", "attributes": {}}]})),
            ok(json!({"data": [], "links": {"next": "https://a.klaviyo.com/api/metrics?page%5Bcursor%5D=bmV4dA"}})),
        ],
    };
    for count in 0..=answers.len() {
        requests.extend(sent(provider.accounts(credentials, &answers[..count], NOW)));
    }
    requests
}

fn sent<T>(step: Step<T>) -> Option<Request> {
    match step {
        Step::Send(request) => Some(request),
        Step::Done(_) => None,
    }
}

fn publishing(provider: &dyn Provider, access: &Access<'_>, plan: &ChannelPlan) -> Vec<Request> {
    let mut requests = Vec::new();
    let goals = provider.goals(access, plan).expect("a plan that can be published");
    let remotes = remotes(&goals);
    for kind in provider.kinds() {
        for cursor in [None, Some("bmV4dA")] {
            let survey = Survey { campaign_id: &plan.campaign_id, kind: *kind, remotes: &remotes, cursor };
            requests.extend(provider.survey(access, &survey));
        }
    }
    for goal in &goals {
        let image = Image { asset_id: "asset-1", media_type: "image/png", bytes: b"\x89PNG\r\n" };
        let work = Work { plan, goal, remotes: &remotes, image: (goal.key.kind == Kind::Image).then_some(image) };
        requests.push(provider.create(access, &work).expect("what exists can be created"));
        let remote = remotes.get(&Key::new(goal.key.kind, &goal.key.local_id)).expect("there");
        requests.extend(provider.update(access, &work, remote).expect("a change"));
        for budget in [500, 2_000, 1_234_500] {
            requests.extend(provider.set_budget(access, remote, budget));
        }
        for run in [Run::Active, Run::Paused, Run::Ended] {
            requests.extend(provider.set_run(access, remote, run));
        }
    }
    requests
}

/// One mistake each, in requests that are right otherwise.
fn seeded(channel: ChannelType, requests: &[Request]) -> Vec<(String, Request)> {
    let mut seeded = Vec::new();
    let of = |purpose: &str| {
        requests.iter().find(|request| request.purpose == purpose).unwrap_or_else(|| panic!("no {purpose}")).clone()
    };
    let mut body = |purpose: &str, pointer: &str, value: Option<Value>| {
        let mut request = of(purpose);
        let mut content: Value = serde_json::from_slice(&request.body).expect("JSON");
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
        let what = match (&value, content.pointer(pointer)) {
            (None, Some(_)) => format!("{pointer} is missing"),
            (Some(value), _) => format!("{pointer} is {value}"),
            (None, None) => panic!("{purpose} has no {pointer}"),
        };
        let parent = content.pointer_mut(parent).unwrap_or_else(|| panic!("{purpose} has no {parent}"));
        match (parent, value) {
            (Value::Object(map), Some(value)) => drop(map.insert(key.to_owned(), value)),
            (Value::Object(map), None) => drop(map.remove(key)),
            (Value::Array(list), Some(value)) => list[key.parse::<usize>().expect("an index")] = value,
            (parent, _) => panic!("{parent} cannot be changed"),
        }
        request.body = content.to_string().into_bytes();
        seeded.push((what, request));
    };
    match channel {
        ChannelType::Meta => {
            body("meta.campaign.create", "/special_ad_categories", None);
            body("meta.campaign.create", "/special_ad_categories", Some(json!(["ALCOHOL"])));
            body("meta.campaign.create", "/special_ad_categories", Some(json!("NONE")));
            body("meta.campaign.create", "/objective", Some(json!("SALES")));
            body("meta.campaign.create", "/status", Some(json!("ENABLED")));
            body("meta.campaign.create", "/name", Some(json!(7)));
            body("meta.campaign.create", "/spend_cap", Some(json!("many")));
            body("meta.campaign.create", "/is_adset_budget_sharing_enabled", Some(json!("no")));
            body("meta.ad_set.budget", "/daily_budget", Some(json!("20 EUR")));
            body("meta.ad_set.create", "/name", None);
            body("meta.ad_set.create", "/daily_budget", Some(json!(20.5)));
            body("meta.ad_set.create", "/daily_budget", Some(json!("20 EUR")));
            body("meta.ad_set.create", "/billing_event", Some(json!("VIEWS")));
            body("meta.ad_set.create", "/optimization_goal", Some(json!("PURCHASES")));
            body("meta.ad_set.create", "/bid_strategy", Some(json!("CHEAPEST")));
            body("meta.ad_set.create", "/targeting", Some(json!("everybody")));
            body("meta.ad_set.create", "/targeting/age_min", Some(json!("young")));
            body("meta.ad_set.create", "/status", Some(json!("RUNNING")));
            body("meta.ad_set.create", "/destination_type", Some(json!("SHOP")));
            body("meta.ad.create", "/name", None);
            body("meta.ad.create", "/creative", None);
            body("meta.ad.create", "/creative", Some(json!("a picture")));
            body("meta.ad.create", "/creative/object_story_spec/page_id", Some(json!(9001)));
            body("meta.ad.create", "/adset_id", Some(json!("the first one")));
            body("meta.image.create", "/bytes", Some(json!([1, 2, 3])));
        }
        ChannelType::GoogleAds => {
            body("google_ads.budget.create", "/operations", None);
            body("google_ads.budget.create", "/operations/0/create/amountMicros", Some(json!(20_000_000)));
            body("google_ads.budget.create", "/operations/0/create/deliveryMethod", Some(json!("FAST")));
            body("google_ads.budget.create", "/operations/0/create/explicitlyShared", Some(json!("no")));
            body("google_ads.campaign.create", "/operations/0/create/status", Some(json!("ACTIVE")));
            body(
                "google_ads.campaign.create",
                "/operations/0/create/advertisingChannelType",
                Some(json!("GOOGLE_SEARCH")),
            );
            let political = "/operations/0/create/containsEuPoliticalAdvertising";
            body("google_ads.campaign.create", political, Some(json!(false)));
            body("google_ads.campaign.create", "/operations/0/create/networkSettings", Some(json!("SEARCH")));
            let network = "/operations/0/create/networkSettings/targetGoogleSearch";
            body("google_ads.campaign.create", network, Some(json!("yes")));
            body("google_ads.campaign.create", "/operations/0/create/name", Some(json!(["a", "b"])));
            body("google_ads.campaign.create", "/operations/0/create", Some(json!("a campaign")));
            body("google_ads.campaign.activate", "/operations/0/updateMask", Some(json!(["status"])));
            body("google_ads.campaign.activate", "/operations/0/update/status", Some(json!("ON")));
            body("google_ads.ad_set.create", "/operations/0/create/type", Some(json!("SEARCH")));
            body("google_ads.ad_set.create", "/operations/0/create/campaign", Some(json!(7)));
            body("google_ads.keywords.create", "/operations/0/create/keyword/matchType", Some(json!("LOOSE")));
            body("google_ads.keywords.create", "/operations/0/create/keyword", Some(json!("coffee")));
            body("google_ads.targeting.create", "/operations/0/create/location", Some(json!("DE")));
            body("google_ads.ad.create", "/operations/0/create/ad/finalUrls", Some(json!("https://shop.test")));
            body("google_ads.ad.create", "/operations/0/create/ad/responsiveSearchAd/headlines", Some(json!("Beans")));
            let headline = "/operations/0/create/ad/responsiveSearchAd/headlines/0";
            body("google_ads.ad.create", headline, Some(json!("Beans")));
            body("google_ads.insights", "/query", None);
            body("google_ads.insights", "/query", Some(json!({"from": "campaign"})));
        }
        _ => {
            let attributes = "/data/attributes";
            body("klaviyo.template.create", "/data/type", Some(json!("templates")));
            body("klaviyo.template.create", &format!("{attributes}/name"), None);
            body("klaviyo.template.create", &format!("{attributes}/editor_type"), None);
            body("klaviyo.template.create", &format!("{attributes}/html"), Some(json!(["<p>"])));
            body("klaviyo.campaign.create", "/data", None);
            body("klaviyo.campaign.create", "/data/type", None);
            body("klaviyo.campaign.create", &format!("{attributes}/name"), None);
            body("klaviyo.campaign.create", &format!("{attributes}/audiences"), None);
            body("klaviyo.campaign.create", &format!("{attributes}/audiences/included"), None);
            body("klaviyo.campaign.create", &format!("{attributes}/audiences/included"), Some(json!("LiSt01")));
            body("klaviyo.campaign.create", &format!("{attributes}/campaign-messages"), None);
            let messages = format!("{attributes}/campaign-messages/data");
            body("klaviyo.campaign.create", &messages, Some(json!({})));
            let definition = format!("{messages}/0/attributes/definition");
            body("klaviyo.campaign.create", &definition, None);
            body("klaviyo.campaign.create", &format!("{definition}/channel"), Some(json!("mail")));
            body("klaviyo.campaign.create", &format!("{attributes}/send_strategy"), Some(json!("now")));
            body("klaviyo.campaign.activate", "/data/type", Some(json!("campaign")));
            body("klaviyo.campaign.activate", "/data/id", None);
            body("klaviyo.campaign.pause", &format!("{attributes}/action"), Some(json!("pause")));
            body("klaviyo.campaign.pause", &format!("{attributes}/action"), None);
            body("klaviyo.creative.create", "/data/relationships", None);
            body("klaviyo.creative.create", "/data/relationships/template/data/id", None);
            body("klaviyo.insights", &format!("{attributes}/statistics"), Some(json!(["delivered", "smiles"])));
            body("klaviyo.insights", &format!("{attributes}/timeframe"), None);
            body("klaviyo.insights", &format!("{attributes}/conversion_metric_id"), None);
            body("klaviyo.insights", &format!("{attributes}/group_by"), Some(json!(["weekday"])));
        }
    }
    // Beyond bodies: the method, the path, a header, the body's very syntax.
    let (create, find) = match channel {
        ChannelType::Meta => ("meta.campaign.create", "meta.insights"),
        ChannelType::GoogleAds => ("google_ads.campaign.create", "google_ads.campaign.find"),
        _ => ("klaviyo.campaign.create", "klaviyo.campaign.find"),
    };
    let mut other = |what: &str, request: Request| seeded.push((what.to_owned(), request));
    let with = |purpose: &str, change: &dyn Fn(&mut Request)| {
        let mut request = of(purpose);
        change(&mut request);
        request
    };
    other(
        "PATCH instead of POST",
        with(create, &|r| {
            r.method = Method::Patch;
        }),
    );
    other("a path that does not exist", with(create, &|r| r.url = r.url.replace("ampaigns", "ampaignz")));
    other("the body breaks off", with(create, &|r| r.body.truncate(r.body.len() / 2)));
    other("no authorization", with(find, &|r| r.headers.retain(|(name, _)| name != "authorization")));
    match channel {
        ChannelType::Meta => {
            other(
                "a level that does not exist",
                with(find, &|r| r.url = r.url.replace("level=campaign", "level=shop")),
            );
            other("a limit that is no number", with(find, &|r| r.url = r.url.replace("limit=500", "limit=all")));
        }
        ChannelType::GoogleAds => {
            other("no developer token", with(find, &|r| r.headers.retain(|(name, _)| name != "developer-token")));
            other(
                "a manager that is no account",
                with(find, &|r| {
                    r.headers.push(("login-customer-id".to_owned(), "123-456-7890".to_owned()));
                }),
            );
        }
        _ => {
            other("no revision", with(find, &|r| r.headers.retain(|(name, _)| name != "revision")));
            other(
                "no filter",
                with(find, &|r| {
                    r.url = r.url.split('?').next().unwrap().to_owned();
                }),
            );
        }
    }
    seeded
}
