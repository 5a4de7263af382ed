//! Answers of Meta, Google Ads and Klaviyo as their descriptions show them, read into one shape; and errors sorted by
//! what is to be done about them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use campaign::{Ad, AdSet, Audience, BidStrategy, ChannelPlan, ChannelType, Creative, Delivery, Objective};
use connector::account::setting;
use connector::provider::{Survey, Work};
use connector::publish::{Goal, Kind, Remote, Remotes, Run, Status};
use connector::{
    Account, AppCredentials, Capability, Connection, CredentialKind, Credentials, Effect, Fault, Hosts, InsightsQuery,
    Level, Provider, Response, SignIn, Step, TransportError,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const NOW: i64 = 1_795_176_000_000;
/// 2026-11-18.
const DAY: i64 = 20_775;

fn provider(channel: ChannelType) -> Box<dyn Provider> {
    connector::provider(
        channel,
        AppCredentials {
            hosts: Hosts::real(channel).unwrap_or_else(|| Hosts::practice(channel, "http://practice.test/")),
            client_id: "app".to_owned(),
            client_secret: "secret".to_owned(),
            developer_token: "dev".to_owned(),
        },
    )
}

fn connection(channel: ChannelType, currency: &str) -> Connection {
    let settings: &[(&str, &str)] = match channel {
        ChannelType::Meta => &[(setting::PAGE_ID, "9001"), (setting::PIXEL_ID, "7001")],
        ChannelType::GoogleAds => &[(setting::LOGIN_CUSTOMER_ID, "9876543210")],
        ChannelType::Klaviyo => &[(setting::CONVERSION_METRIC_ID, "MeTr1c"), (setting::FROM_EMAIL, "shop@shop.test")],
        ChannelType::Sandbox => &[],
    };
    Connection {
        account: Account {
            id: "1234567890".to_owned(),
            name: "Shop".to_owned(),
            currency: currency.to_owned(),
            time_zone: "America/New_York".to_owned(),
            usable: true,
            detail: String::new(),
            settings: settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        },
        credentials: Credentials {
            access_token: "token".to_owned(),
            kind: CredentialKind::Bearer,
            refresh_token: Some("refresh".to_owned()),
            expires_at: Some(NOW + 3_600_000),
            scopes: vec!["ads".to_owned()],
        },
    }
}

fn plan(channel: ChannelType) -> ChannelPlan {
    ChannelPlan {
        campaign_id: "campaign-1".to_owned(),
        channel_id: "ch".to_owned(),
        channel,
        name: "Summer".to_owned(),
        objective: Objective::Sales,
        currency: "EUR".to_owned(),
        budget_total: None,
        start_at: None,
        end_at: None,
        landing_url: "https://shop.test/".to_owned(),
        utm_campaign: "summer".to_owned(),
        ad_sets: vec![AdSet {
            id: "set-1".to_owned(),
            name: "Set".to_owned(),
            channel_id: "ch".to_owned(),
            channel,
            audience: Audience {
                countries: vec!["DE".to_owned()],
                keywords: vec!["Coffee  Beans".to_owned()],
                list_id: "LiSt".to_owned(),
                ..Audience::default()
            },
            placements: Vec::new(),
            bid_strategy: BidStrategy::LowestCost,
            budget_daily: 2_050,
            status: Delivery::Active,
            ads: vec![Ad {
                id: "ad-1".to_owned(),
                name: "Ad".to_owned(),
                creative: Creative {
                    headlines: vec!["Beans".to_owned()],
                    subject: "Hi".to_owned(),
                    ..Creative::default()
                },
                status: Delivery::Active,
            }],
        }],
    }
}

fn remote(kind: Kind, local_id: &str, external_id: &str) -> Remote {
    Remote {
        key: connector::publish::Key::new(kind, local_id),
        external_id: external_id.to_owned(),
        name: "n".to_owned(),
        status: Status::Paused,
        budget: None,
        fingerprint: String::new(),
        detail: BTreeMap::new(),
    }
}

fn judged(channel: ChannelType, status: u16, body: &Value, effect: Effect) -> Fault {
    provider(channel).judge(&Ok(Response::json(status, body)), effect).expect_err("a refusal")
}

fn named(fault: &Fault) -> &'static str {
    match fault {
        Fault::Retry { .. } => "retry",
        Fault::Reauth { .. } => "reauth",
        Fault::Disconnect { .. } => "disconnect",
        Fault::FixInput { .. } => "fix",
        Fault::VersionSunset { .. } => "sunset",
        Fault::Ambiguous { .. } => "ambiguous",
        Fault::Exists { .. } => "exists",
        Fault::Gone { .. } => "gone",
    }
}

#[test]
fn a_lost_answer_is_ambiguous_for_a_create_and_a_retry_for_everything_else() {
    for channel in ChannelType::ALL {
        for answer in [Err(TransportError::Timeout), Err(TransportError::Connection("reset".to_owned()))]
            .into_iter()
            .chain([500, 502, 503].map(|status| Ok(Response::json(status, &json!({})))))
        {
            let of = |effect| named(&provider(channel).judge(&answer, effect).expect_err("no answer"));
            assert_eq!(of(Effect::Once), "ambiguous", "{channel:?} {answer:?}");
            assert_eq!(of(Effect::Repeatable), "retry", "{channel:?} {answer:?}");
            assert_eq!(of(Effect::Read), "retry", "{channel:?} {answer:?}");
        }
        let throttled = Ok(Response::json(429, &json!({})).with_header("Retry-After", "3"));
        match provider(channel).judge(&throttled, Effect::Once) {
            Err(Fault::Retry { after_ms: Some(3_000), .. }) => {}
            other => panic!("{channel:?}: {other:?}"),
        }
    }
}

#[test]
fn metas_errors_are_sorted_by_what_to_do() {
    let error = |code: i64, more: Value| {
        let mut error = json!({"message": "m", "type": "OAuthException", "code": code, "fbtrace_id": "x"});
        for (key, value) in more.as_object().unwrap() {
            error[key] = value.clone();
        }
        json!({"error": error})
    };
    let cases = [
        (400, error(190, json!({"error_subcode": 463})), "reauth"),
        (400, error(17, json!({"error_subcode": 2_446_079})), "retry"),
        (400, error(80_004, json!({})), "retry"),
        (400, error(613, json!({})), "retry"),
        (400, error(2, json!({"is_transient": true})), "ambiguous"),
        (500, error(1, json!({})), "ambiguous"),
        (400, error(100, json!({"error_subcode": 33})), "gone"),
        (400, error(100, json!({"error_user_title": "Budget too low", "error_user_msg": "At least 1 EUR."})), "fix"),
        (403, error(200, json!({})), "disconnect"),
        (400, error(2635, json!({})), "sunset"),
    ];
    for (status, body, what) in cases {
        assert_eq!(named(&judged(ChannelType::Meta, status, &body, Effect::Once)), what, "{body}");
    }
    let told = error(
        100,
        json!({"error_user_title": "Budget too low", "error_user_msg": "At least 1 EUR.",
               "error_data": {"blame_field_specs": [["daily_budget"]]}}),
    );
    let fault = judged(ChannelType::Meta, 400, &told, Effect::Once);
    assert_eq!(fault, Fault::fix("daily_budget", "100", "Budget too low: At least 1 EUR."));
    // How long, by the usage header in minutes.
    let busy = Response::json(400, &error(17, json!({})))
        .with_header("X-Business-Use-Case-Usage", r#"{"1":[{"call_count":100,"estimated_time_to_regain_access":4}]}"#);
    match provider(ChannelType::Meta).judge(&Ok(busy), Effect::Read) {
        Err(Fault::Retry { after_ms: Some(240_000), .. }) => {}
        other => panic!("{other:?}"),
    }
}

#[test]
fn googles_errors_are_sorted_by_what_to_do() {
    let failure = |status: u16, category: &str, code: &str| {
        json!({"error": {"code": status, "message": "m", "status": "INVALID_ARGUMENT", "details": [{
            "@type": "type.googleapis.com/google.ads.googleads.v25.errors.GoogleAdsFailure",
            "errors": [{
                "errorCode": {category: code},
                "message": "No.",
                "location": {"fieldPathElements": [
                    {"fieldName": "operations", "index": 0}, {"fieldName": "create"}, {"fieldName": "name"}]},
                "details": {"quotaErrorDetails": {"rateScope": "ACCOUNT", "retryDelay": "30s"}},
            }],
        }]}})
    };
    let cases = [
        (401, "authenticationError", "OAUTH_TOKEN_INVALID", "reauth"),
        (403, "authorizationError", "CUSTOMER_NOT_ENABLED", "disconnect"),
        (400, "campaignError", "DUPLICATE_CAMPAIGN_NAME", "exists"),
        (400, "adGroupError", "DUPLICATE_ADGROUP_NAME", "exists"),
        (400, "campaignBudgetError", "DUPLICATE_NAME", "exists"),
        (400, "mutateError", "RESOURCE_NOT_FOUND", "gone"),
        (400, "databaseError", "CONCURRENT_MODIFICATION", "retry"),
        (500, "internalError", "TRANSIENT_ERROR", "ambiguous"),
        (400, "requestError", "UNSUPPORTED_VERSION", "sunset"),
        (400, "stringLengthError", "TOO_LONG", "fix"),
    ];
    for (status, category, code, what) in cases {
        let fault = judged(ChannelType::GoogleAds, status, &failure(status, category, code), Effect::Once);
        assert_eq!(named(&fault), what, "{code}");
    }
    let fault = judged(ChannelType::GoogleAds, 400, &failure(400, "stringLengthError", "TOO_LONG"), Effect::Once);
    assert_eq!(fault, Fault::fix("operations[0].create.name", "TOO_LONG", "No."));
    let quota = failure(429, "quotaError", "RESOURCE_TEMPORARILY_EXHAUSTED");
    match judged(ChannelType::GoogleAds, 429, &quota, Effect::Once) {
        Fault::Retry { after_ms: Some(30_000), .. } => {}
        other => panic!("{other:?}"),
    }
    let html = Response { status: 404, headers: Vec::new(), body: b"<html>Not Found</html>".to_vec() };
    let fault = provider(ChannelType::GoogleAds).judge(&Ok(html), Effect::Read).expect_err("gone version");
    assert_eq!(named(&fault), "sunset");
}

#[test]
fn klaviyos_errors_are_sorted_by_what_to_do() {
    let body = |code: &str| {
        json!({"errors": [{"id": "1", "code": code, "title": "Invalid input.", "detail": "The list does not exist.",
                           "source": {"pointer": "/data/attributes/audiences/included"}}]})
    };
    let cases = [
        (401, "not_authenticated", "reauth"),
        (403, "permission_denied", "disconnect"),
        (404, "not_found", "gone"),
        (409, "duplicate", "exists"),
        (400, "invalid", "fix"),
        (400, "invalid_revision", "sunset"),
        (503, "service_unavailable", "ambiguous"),
    ];
    for (status, code, what) in cases {
        assert_eq!(named(&judged(ChannelType::Klaviyo, status, &body(code), Effect::Once)), what, "{code}");
    }
    let fault = judged(ChannelType::Klaviyo, 400, &body("invalid"), Effect::Once);
    assert_eq!(fault, Fault::fix("/data/attributes/audiences/included", "invalid", "The list does not exist."));
}

fn insights(channel: ChannelType, level: Level, cursor: Option<&str>, body: &Value) -> connector::InsightsPage {
    let connection = connection(channel, "EUR");
    let query = InsightsQuery { level, from_day: DAY, to_day: DAY + 1 };
    let answer = Ok(Response::json(200, body));
    provider(channel).read_insights(&connection.access(NOW), &query, cursor, &answer).expect("rows")
}

#[test]
fn metas_figures_count_purchases_by_one_action_type_only() {
    let body = json!({
        "data": [
            {"campaign_id": "120330000000000001", "campaign_name": "Summer", "account_currency": "EUR",
             "impressions": "1000", "inline_link_clicks": "45", "spend": "12.34",
             "actions": [
                 {"action_type": "link_click", "value": "45"},
                 {"action_type": "purchase", "value": "3"},
                 {"action_type": "omni_purchase", "value": "4"},
                 {"action_type": "offsite_conversion.fb_pixel_purchase", "value": "3"}],
             "action_values": [
                 {"action_type": "purchase", "value": "150.00"}, {"action_type": "omni_purchase", "value": "199.999"}],
             "date_start": "2026-11-18", "date_stop": "2026-11-18"},
            {"campaign_id": "2", "campaign_name": "Quiet", "account_currency": "EUR", "impressions": "7",
             "date_start": "2026-11-19", "date_stop": "2026-11-19"},
            {"campaign_name": "nameless"}],
        "paging": {"cursors": {"after": "QVFI"}, "next": "https://graph.facebook.com/next"},
    });
    let page = insights(ChannelType::Meta, Level::Campaign, None, &body);
    assert_eq!(page.next.as_deref(), Some("500|QVFI"));
    assert_eq!(page.skipped.len(), 1);
    let row = &page.rows[0];
    assert_eq!((row.impressions, row.clicks, row.spend_micros), (1_000, 45, 12_340_000));
    assert_eq!((row.conversions, row.conversion_value_micros), (4.0, 199_999_000));
    assert_eq!((row.local_day, row.external_id.as_str()), (DAY, "120330000000000001"));
    assert_eq!((page.rows[1].clicks, page.rows[1].spend_micros, page.rows[1].conversions), (0, 0, 0.0));

    // The last page has a cursor, too, but no next.
    let last = json!({"data": [], "paging": {"cursors": {"after": "QVFI"}}});
    assert_eq!(insights(ChannelType::Meta, Level::Ad, Some("500|QVFI"), &last).next, None);
    // Too much at once: the same place, half as many rows.
    let connection = connection(ChannelType::Meta, "EUR");
    let query = InsightsQuery { level: Level::Ad, from_day: DAY, to_day: DAY };
    let too_much = Ok(Response::json(
        500,
        &json!({"error": {"code": 1, "message": "Please reduce the amount of data you're asking for"}}),
    ));
    let page = provider(ChannelType::Meta)
        .read_insights(&connection.access(NOW), &query, Some("500|QVFI"), &too_much)
        .expect("a smaller page");
    assert_eq!(page.next.as_deref(), Some("250|QVFI"));
    let request = provider(ChannelType::Meta).insights(&connection.access(NOW), &query, page.next.as_deref());
    assert!(request.url.contains("limit=250&after=QVFI"), "{}", request.url);
    assert!(request.url.contains("%22since%22%3A%222026-11-18%22"), "{}", request.url);
}

#[test]
fn googles_figures_are_strings_micros_and_doubles() {
    let body = json!({
        "results": [
            {"campaign": {"resourceName": "customers/1/campaigns/111", "id": "111", "name": "Search"},
             "metrics": {"impressions": "9007199254740993", "clicks": "50", "costMicros": "12345678",
                         "conversions": 3.5, "conversionsValue": 210.255},
             "segments": {"date": "2026-11-18"}, "customer": {"currencyCode": "USD"}},
            {"campaign": {"id": "112", "name": "Still"}, "metrics": {}, "segments": {"date": "2026-11-19"}}],
        "nextPageToken": "CPAGE",
    });
    let page = insights(ChannelType::GoogleAds, Level::Campaign, None, &body);
    assert_eq!(page.next.as_deref(), Some("CPAGE"));
    let row = &page.rows[0];
    assert_eq!((row.impressions, row.spend_micros), (9_007_199_254_740_993, 12_345_678));
    assert_eq!((row.conversions, row.conversion_value_micros), (3.5, 210_255_000));
    assert_eq!(row.currency, "USD");
    assert_eq!((page.rows[1].impressions, page.rows[1].currency.as_str()), (0, "EUR"));
    let end = json!({"results": [], "nextPageToken": ""});
    assert_eq!(insights(ChannelType::GoogleAds, Level::Ad, Some("CPAGE"), &end).next, None);
}

#[test]
fn klaviyos_figures_stand_on_the_day_of_sending_by_one_report() {
    let connection = connection(ChannelType::Klaviyo, "EUR");
    let query = InsightsQuery { level: Level::Campaign, from_day: DAY, to_day: DAY + 1 };
    let ask = |cursor: Option<&str>| provider(ChannelType::Klaviyo).insights(&connection.access(NOW), &query, cursor);
    let list = ask(None);
    assert_eq!(list.purpose, "klaviyo.campaigns.list");
    let campaigns = |next: Option<&str>, sent: &[(&str, &str)]| {
        let item = |(id, at): &(&str, &str)| json!({"type": "campaign", "id": id, "attributes": {"send_time": at}});
        json!({"data": sent.iter().map(item).collect::<Vec<_>>(), "links": {"next": next}})
    };
    // 03:00 UTC is still the evening before in New York.
    let first = insights(
        ChannelType::Klaviyo,
        Level::Campaign,
        None,
        &campaigns(
            Some("https://a.klaviyo.com/api/campaigns?page%5Bcursor%5D=bmV4dA"),
            &[("C1", "2026-11-19T03:00:00+00:00"), ("C0", "2026-10-01T09:00:00+00:00")],
        ),
    );
    assert_eq!(first.next, Some(format!("list|bmV4dA|C1:{DAY}")));
    assert!(ask(first.next.as_deref()).url.contains("page%5Bcursor%5D=bmV4dA"));
    let second = insights(
        ChannelType::Klaviyo,
        Level::Campaign,
        first.next.as_deref(),
        &campaigns(None, &[("C2", "2026-11-19T09:00:00+00:00")]),
    );
    assert_eq!(second.next, Some(format!("report||C1:{DAY},C2:{}", DAY + 1)));

    let request = ask(second.next.as_deref());
    assert_eq!(request.purpose, "klaviyo.insights");
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(
        body["data"]["attributes"]["timeframe"],
        json!({"start": "2026-11-18T05:00:00+00:00", "end": "2026-11-20T05:00:00+00:00"})
    );
    assert_eq!(body["data"]["attributes"]["conversion_metric_id"], "MeTr1c");
    let results = |campaign: &str, message: &str, delivered: i64| {
        json!({"groupings": {"campaign_id": campaign, "campaign_message_id": message, "send_channel": "email",
                             "campaign_message_name": "Hi"},
               "statistics": {"delivered": delivered, "opens_unique": 30, "clicks": 7, "conversions": 2,
                              "conversion_value": 99.9}})
    };
    let report = json!({"data": {"type": "campaign-values-report", "attributes": {"results": [
        results("C1", "M1", 100), results("C1", "M2", 50), results("C2", "M3", 10), results("C9", "M9", 1)]}},
        "links": {"next": "https://a.klaviyo.com/api/campaign-values-reports?page_cursor=cDI"}});
    let page = insights(ChannelType::Klaviyo, Level::Campaign, second.next.as_deref(), &report);
    assert_eq!(page.next, Some(format!("report|cDI|C1:{DAY},C2:{}", DAY + 1)));
    assert!(ask(page.next.as_deref()).url.ends_with("?page_cursor=cDI"));
    assert_eq!(page.rows.len(), 2, "what was sent on other days is not this pull's");
    let first = &page.rows[0];
    assert_eq!((first.external_id.as_str(), first.impressions, first.opens, first.clicks), ("C1", 150, 60, 14));
    assert_eq!((first.conversions, first.conversion_value_micros, first.spend_micros), (4.0, 199_800_000, 0));
    assert_eq!((first.local_day, page.rows[1].local_day), (DAY, DAY + 1));
    let by_message = insights(ChannelType::Klaviyo, Level::Ad, second.next.as_deref(), &report);
    assert_eq!(by_message.rows.len(), 3);

    // Nothing sent: no report is asked for.
    let none = insights(ChannelType::Klaviyo, Level::Ad, None, &campaigns(None, &[]));
    assert_eq!(none.next, None);
}

fn accounts(channel: ChannelType, answers: &[Value]) -> Vec<Account> {
    let provider = provider(channel);
    let credentials = connection(channel, "EUR").credentials;
    let mut given = Vec::new();
    loop {
        match provider.accounts(&credentials, &given, NOW) {
            Step::Done(outcome) => {
                assert_eq!(given.len(), answers.len(), "every answer was asked for");
                return outcome.expect("accounts");
            }
            Step::Send(_) => {
                let next = answers.get(given.len()).expect("no further question");
                let status = next.get("error").map_or(200, |error| error["code"].as_u64().unwrap() as u16);
                given.push(Ok(Response::json(status, next)));
            }
        }
    }
}

#[test]
fn accounts_bring_what_requests_need_later() {
    let meta = accounts(
        ChannelType::Meta,
        &[
            json!({"data": [{"id": "act_12", "account_id": "12", "name": "Shop", "currency": "EUR",
                             "timezone_name": "Europe/Berlin", "account_status": 1,
                             "promote_pages": {"data": [{"id": "9001", "name": "Page"}]},
                             "adspixels": {"data": [{"id": "7001", "name": "Pixel"}]}}],
                   "paging": {"cursors": {"after": "MTAw"}, "next": "https://next"}}),
            json!({"data": [{"account_id": "13", "name": "Old", "currency": "USD", "timezone_name": "UTC",
                             "account_status": 2}], "paging": {"cursors": {"after": "MjAw"}}}),
        ],
    );
    assert_eq!(meta.len(), 2);
    assert_eq!(meta[0].settings[setting::PAGE_ID], "9001");
    assert_eq!(meta[0].settings[setting::PIXEL_ID], "7001");
    assert!(meta[0].usable && !meta[1].usable);

    let client = |id: &str, manager: bool| {
        json!({"customerClient": {"id": id, "descriptiveName": format!("Account {id}"), "currencyCode": "EUR",
                                  "timeZone": "Europe/Berlin", "manager": manager, "status": "ENABLED"}})
    };
    let google = accounts(
        ChannelType::GoogleAds,
        &[
            json!({"resourceNames": ["customers/1111111111", "customers/2222222222"]}),
            json!({"results": [client("1111111111", true), client("3333333333", false)]}),
            json!({"error": {"code": 403, "message": "m", "status": "PERMISSION_DENIED", "details": [{
                "errors": [{"errorCode": {"authorizationError": "CUSTOMER_NOT_ENABLED"}, "message": "Not enabled."}]}]}}),
        ],
    );
    let seen: Vec<(&str, bool)> = google.iter().map(|account| (account.id.as_str(), account.usable)).collect();
    assert_eq!(seen, [("1111111111", false), ("3333333333", true), ("2222222222", false)]);
    assert_eq!(google[1].settings[setting::LOGIN_CUSTOMER_ID], "1111111111");
    assert!(google[2].detail.contains("Not enabled."));

    let klaviyo = accounts(
        ChannelType::Klaviyo,
        &[
            json!({"data": [{"type": "account", "id": "AbC123", "attributes": {
                "contact_information": {"organization_name": "Shop", "default_sender_email": "hi@shop.test",
                                        "default_sender_name": "Shop"},
                "timezone": "US/Eastern", "preferred_currency": "USD"}}]}),
            json!({"data": [{"id": "x", "attributes": {"name": "Opened Email"}}],
                   "links": {"next": "https://a.klaviyo.com/api/metrics?page%5Bcursor%5D=bmV4dA"}}),
            json!({"data": [{"id": "MeTr1c", "attributes": {"name": "Placed Order"}}], "links": {"next": null}}),
        ],
    );
    assert_eq!(klaviyo[0].settings[setting::CONVERSION_METRIC_ID], "MeTr1c");
    assert_eq!(klaviyo[0].settings[setting::FROM_EMAIL], "hi@shop.test");
    assert_eq!((klaviyo[0].currency.as_str(), klaviyo[0].time_zone.as_str()), ("USD", "US/Eastern"));
}

#[test]
fn signing_in_walks_each_providers_way() {
    let sign_in = SignIn {
        state: "st".to_owned(),
        redirect_uri: "https://adroit.test/cb".to_owned(),
        // The example of RFC 7636, appendix B.
        verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned(),
    };
    for channel in ChannelType::ALL {
        let url = provider(channel).authorize_url(&sign_in);
        assert!(url.contains("state=st") && url.contains("redirect_uri=https%3A%2F%2Fadroit.test%2Fcb"), "{url}");
        if channel != ChannelType::Meta {
            assert!(url.contains("code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"), "{url}");
        }
        let ok = |token: &str, more: Value| {
            let mut body = json!({"access_token": token, "token_type": "bearer", "expires_in": 3600});
            for (key, value) in more.as_object().unwrap() {
                body[key] = value.clone();
            }
            Ok(Response::json(200, &body))
        };
        let mut answers = vec![ok("first", json!({"refresh_token": "r1", "scope": "a b"}))];
        if channel == ChannelType::Meta {
            // A code gives a short-lived token, which is exchanged.
            answers = vec![ok("short", json!({})), ok("first", json!({"expires_in": 5_184_000}))];
        }
        let mut given = Vec::new();
        let credentials = loop {
            match provider(channel).exchange_code(&sign_in, "code", &given, NOW) {
                Step::Send(request) => {
                    let text = format!("{}{}", request.url, String::from_utf8_lossy(&request.body));
                    assert!(!format!("{request:?}").contains("secret"), "debug output must not tell secrets");
                    assert!(text.contains("code=code") || text.contains("fb_exchange_token=short"), "{text}");
                    given.push(answers[given.len()].clone());
                }
                Step::Done(outcome) => break outcome.expect("credentials"),
            }
        };
        assert_eq!(credentials.access_token, "first");
        // A provider that sends no new refresh token means the old one goes on.
        let Step::Send(_) = provider(channel).refresh(&credentials, &[], NOW) else { panic!("{channel:?}") };
        let Step::Done(Ok(renewed)) = provider(channel).refresh(&credentials, &[ok("second", json!({}))], NOW) else {
            panic!("{channel:?}")
        };
        assert_eq!((renewed.access_token.as_str(), renewed.expires_at), ("second", Some(NOW + 3_600_000)));
        assert_eq!(renewed.refresh_token, credentials.refresh_token);
        let refused = [Ok(Response::json(400, &json!({"error": "invalid_grant", "error_description": "revoked"})))];
        match provider(channel).refresh(&credentials, &refused, NOW) {
            Step::Done(Err(Fault::Reauth { reason })) => assert!(reason.contains("revoked"), "{reason}"),
            _ => panic!("{channel:?} must be refused"),
        }
    }
    // Meta cannot renew what has ended.
    let mut ended = connection(ChannelType::Meta, "EUR").credentials;
    ended.expires_at = Some(NOW - 1);
    assert!(matches!(provider(ChannelType::Meta).refresh(&ended, &[], NOW), Step::Done(Err(Fault::Reauth { .. }))));
}

#[test]
fn only_a_refusal_in_oauths_words_ends_a_connection() {
    let meta = |code: i64, transient: bool| json!({"error": {"message": "said", "type": "OAuthException", "code": code, "is_transient": transient}});
    for channel in ChannelType::ALL {
        let credentials = connection(channel, "EUR").credentials;
        let after = |answer: connector::Answer| match provider(channel).refresh(&credentials, &[answer], NOW) {
            Step::Done(Err(fault)) => fault,
            _ => panic!("{channel:?}"),
        };
        let says = |status: u16, body: &Value| after(Ok(Response::json(status, body)));
        for fault in [
            after(Err(TransportError::Timeout)),
            says(429, &json!({"error": "slow_down"})),
            says(429, &json!({"error": "invalid_grant"})),
            says(500, &json!({})),
            says(503, &json!({"error": "invalid_grant"})),
            says(400, &json!({"error": "temporarily_unavailable"})),
            says(400, &json!({})),
            says(403, &json!({"message": "blocked by a firewall"})),
            says(404, &json!({})),
            says(400, &meta(4, false)),
            says(400, &meta(190, true)),
        ] {
            assert!(connector::renewal::again_at(&fault, 0, NOW).is_some(), "{channel:?}: {fault:?}");
        }
        for (fault, ends) in [
            (says(400, &json!({"error": "invalid_grant"})), "refused the sign-in"),
            (says(401, &json!({"error": "invalid_token", "error_description": "revoked"})), "revoked"),
            (says(400, &meta(190, false)), "said"),
            (says(401, &json!({"error": "invalid_client"})), "does not know this app"),
        ] {
            assert!(matches!(fault, Fault::Reauth { .. } | Fault::Disconnect { .. }), "{channel:?}: {fault:?}");
            assert!(fault.to_string().contains(ends), "{channel:?}: {fault}");
        }
    }
}

fn goals(channel: ChannelType, plan: &ChannelPlan) -> Vec<Goal> {
    provider(channel).goals(&connection(channel, "EUR").access(NOW), plan).expect("goals")
}

#[test]
fn another_currency_than_the_accounts_is_refused_before_anything_is_sent() {
    for channel in [ChannelType::Meta, ChannelType::GoogleAds] {
        let connection = connection(channel, "USD");
        match provider(channel).goals(&connection.access(NOW), &plan(channel)) {
            Err(Fault::FixInput { field, message, .. }) => {
                assert_eq!(field, "/currency");
                assert!(message.contains("EUR") && message.contains("USD"), "{message}");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn google_keeps_keywords_and_places_as_sets() {
    let channel = ChannelType::GoogleAds;
    let (plan, connection, provider) = (plan(channel), connection(channel, "EUR"), provider(channel));
    let access = connection.access(NOW);
    let goals = goals(channel, &plan);
    let kinds: Vec<Kind> = goals.iter().map(|goal| goal.key.kind).collect();
    assert_eq!(kinds, [Kind::Budget, Kind::Campaign, Kind::Targeting, Kind::AdSet, Kind::Keywords, Kind::Ad]);
    let mut there = remote(Kind::Keywords, "set-1", "300");
    there.detail = BTreeMap::from([("tea".to_owned(), "customers/1/adGroupCriteria/300~1".to_owned())]);
    let remotes = Remotes::new(vec![there.clone(), remote(Kind::AdSet, "set-1", "300")]);
    let work = Work { plan: &plan, goal: &goals[4], remotes: &remotes, image: None };
    let request = provider.update(&access, &work, &there).expect("a change").expect("a request");
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(
        body["operations"],
        json!([
            {"remove": "customers/1/adGroupCriteria/300~1"},
            {"create": {"adGroup": "customers/1234567890/adGroups/300", "status": "ENABLED",
                        "keyword": {"text": "coffee beans", "matchType": "BROAD"}}},
        ])
    );
    assert_eq!(request.effect, Effect::Once);
    assert_eq!(request.header_value("login-customer-id"), Some("9876543210"));
    there.detail = BTreeMap::from([("coffee beans".to_owned(), "x".to_owned())]);
    assert!(provider.update(&access, &work, &there).expect("nothing to do").is_none());
}

#[test]
fn what_is_read_back_is_recognised_by_marker_or_link() {
    let campaign_id = "campaign-1";
    let mark = connector::name::mark(campaign_id, "set-1");
    let name = format!("Summer · Set [adroit:{mark}]");
    let read = |channel: ChannelType, kind: Kind, body: Value| {
        let connection = connection(channel, "EUR");
        let remotes = Remotes::default();
        let survey = Survey { campaign_id, kind, remotes: &remotes, cursor: None };
        provider(channel).read_survey(&connection.access(NOW), &survey, &Response::json(200, &body)).expect("a list")
    };
    let meta = read(
        ChannelType::Meta,
        Kind::AdSet,
        json!({"data": [{"id": "5", "name": name, "status": "ACTIVE", "daily_budget": "2050"},
                        {"id": "6", "name": "by hand", "status": "ACTIVE"}]}),
    );
    assert_eq!(meta.found.len(), 1);
    assert_eq!((meta.found[0].mark.as_str(), meta.found[0].status), (mark.as_str(), Status::Active));
    assert_eq!(meta.found[0].budget, Some(2_050));

    let google = read(
        ChannelType::GoogleAds,
        Kind::Ad,
        json!({"results": [{"adGroup": {"id": "300", "name": name},
            "adGroupAd": {"status": "PAUSED", "ad": {"id": "77",
                "finalUrls": ["https://shop.test/?utm_content=ad-1"]}}}]}),
    );
    assert_eq!(google.found[0].mark, connector::name::mark(campaign_id, "ad-1"));
    assert_eq!(google.found[0].detail["ad_group_id"], "300");
    let budget = read(
        ChannelType::GoogleAds,
        Kind::Budget,
        json!({"results": [{"campaignBudget": {"id": "9", "name": name, "amountMicros": "20500000"}}]}),
    );
    assert_eq!(budget.found[0].budget, Some(2_050));

    let klaviyo = read(
        ChannelType::Klaviyo,
        Kind::Campaign,
        json!({"data": [{"type": "campaign", "id": "01C", "attributes": {"name": name, "status": "Sent"},
                         "relationships": {"campaign-messages": {"data": [{"type": "campaign-message", "id": "01M"}]}}}],
               "links": {"next": "https://a.klaviyo.com/api/campaigns?page%5Bcursor%5D=bmV4dA"}}),
    );
    assert_eq!(klaviyo.found[0].status, Status::Finished);
    assert_eq!(klaviyo.found[0].detail["message_id"], "01M");
    assert_eq!(klaviyo.next.as_deref(), Some("bmV4dA"));
}

#[test]
fn mail_that_left_is_neither_sent_again_nor_called_back() {
    let channel = ChannelType::Klaviyo;
    let connection = connection(channel, "EUR");
    let access = connection.access(NOW);
    let mut sent = remote(Kind::Campaign, "set-1", "01C");
    sent.status = Status::Finished;
    for run in [Run::Active, Run::Paused, Run::Ended] {
        assert!(provider(channel).set_run(&access, &sent, run).is_none());
    }
    // A list that lags behind calls a scheduled campaign a draft.
    sent.status = Status::Active;
    let remotes = Remotes::new(vec![sent]);
    let survey = Survey { campaign_id: "campaign-1", kind: Kind::Campaign, remotes: &remotes, cursor: None };
    let name = format!("x [adroit:{}]", connector::name::mark("campaign-1", "set-1"));
    let list = json!({"data": [{"id": "01C", "attributes": {"name": name, "status": "Draft"}}]});
    let page = provider(channel).read_survey(&access, &survey, &Response::json(200, &list)).expect("a list");
    assert_eq!(page.found[0].status, Status::Active);
    let draft = remote(Kind::Campaign, "set-1", "01C");
    let send = provider(channel).set_run(&access, &draft, Run::Active).expect("a send job");
    assert_eq!(send.effect, Effect::Once, "sent twice it would reach everybody twice");
}

#[test]
fn meta_counts_some_currencies_in_whole_units() {
    use connector::meta::{from_meta_units, to_meta_units};
    assert_eq!(to_meta_units(2_050, "EUR"), 2_050);
    assert_eq!(to_meta_units(500, "JPY"), 500);
    assert_eq!(to_meta_units(123_450, "HUF"), 1_234);
    assert_eq!(from_meta_units(1_234, "HUF"), 123_400);
    assert_eq!(to_meta_units(1_999, "KWD"), 199);
}

#[test]
fn every_version_has_an_end_and_it_is_a_month_away_at_least() {
    let today = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() as i64 / 86_400;
    for descriptor in connector::catalog() {
        let version = descriptor.version;
        let end = calendar::parse_day("sunset", version.sunset).expect("a date");
        assert!(
            end - today > 30,
            "{} {} ends on {} ({}): move to its successor",
            descriptor.name,
            version.name,
            version.sunset,
            version.source
        );
        assert!(descriptor.capabilities.contains(&Capability::Insights));
    }
}
