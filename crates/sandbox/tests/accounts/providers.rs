//! What each provider accepts, refuses and answers.

use crate::common::*;
use campaign::ChannelType;
use sandbox::{Fault, FaultPlan, Planned, Reply, Request};
use serde_json::{Value, json};

const PNG: &str = "iVBORw0KGgo=";

/// A campaign with an ad set and two ads, everything active; the ids.
fn meta_campaign(session: &mut Session, daily_budget: i64) -> (String, String, Vec<String>) {
    let act = format!("/v25.0/act_{}", session.number());
    let id = |value: Value| value["id"].as_str().unwrap().to_owned();
    let body =
        json!({"name": "C", "objective": "OUTCOME_SALES", "special_ad_categories": ["NONE"], "status": "ACTIVE"});
    let campaign = id(session.ok("POST", &format!("{act}/campaigns"), &body));
    let pixel = session.ok("GET", &format!("{act}/adspixels"), &json!(null))["data"][0]["id"].clone();
    let page = session.ok("GET", "/v25.0/me/accounts", &json!(null))["data"][0]["id"].clone();
    let body = json!({
        "name": "S", "campaign_id": campaign, "daily_budget": daily_budget, "billing_event": "IMPRESSIONS",
        "optimization_goal": "OFFSITE_CONVERSIONS", "promoted_object": {"pixel_id": pixel, "custom_event_type": "PURCHASE"},
        "targeting": {"geo_locations": {"countries": ["DE"]}}, "status": "ACTIVE",
    });
    let ad_set = id(session.ok("POST", &format!("{act}/adsets"), &body));
    let hash =
        session.ok("POST", &format!("{act}/adimages"), &json!({"bytes": PNG}))["images"]["bytes"]["hash"].clone();
    let ads = ["[ctr=0.004]", "[ctr=0.020]"]
        .map(|text| {
            let link = json!({"link": "https://shop.example/?utm_content=1", "message": text, "image_hash": hash});
            let creative = json!({"name": "K", "object_story_spec": {"page_id": page, "link_data": link}});
            id(session.ok(
                "POST",
                &format!("{act}/ads"),
                &json!({"name": "A", "adset_id": ad_set, "creative": creative, "status": "ACTIVE"}),
            ))
        })
        .to_vec();
    (campaign, ad_set, ads)
}

#[test]
fn meta_publishes_and_reports_in_its_own_units() {
    let mut session = Session::open(ChannelType::Meta);
    let (_, ad_set, ads) = meta_campaign(&mut session, 5_000);
    session.world.age(7);
    let act = format!("/v25.0/act_{}", session.number());
    let target = format!(
        "{act}/insights?level=ad&time_increment=1&limit=3&time_range=%7B%22since%22%3A%222026-11-11%22%2C%22until%22%3A%222026-11-18%22%7D&fields=ad_id,impressions,inline_link_clicks,spend,actions"
    );
    let mut rows = Vec::new();
    let mut after = String::new();
    loop {
        let page = session.ok("GET", &format!("{target}{after}"), &json!(null));
        rows.extend(page["data"].as_array().unwrap().clone());
        match page["paging"].get("next") {
            Some(_) => after = format!("&after={}", page["paging"]["cursors"]["after"].as_str().unwrap()),
            None => break,
        }
    }
    assert!(rows.len() >= 14, "two ads, seven days and more: {}", rows.len());
    let sum = |ad: &str, field: &str| -> f64 {
        rows.iter()
            .filter(|row| row["ad_id"] == ad)
            .map(|row| row[field].as_str().unwrap().parse::<f64>().unwrap())
            .sum()
    };
    let ctr = |ad: &str| sum(ad, "inline_link_clicks") / sum(ad, "impressions");
    assert!(
        (ctr(&ads[0]) - 0.004).abs() < 0.002 && (ctr(&ads[1]) - 0.020).abs() < 0.004,
        "{} {}",
        ctr(&ads[0]),
        ctr(&ads[1])
    );
    for date in rows.iter().map(|row| row["date_start"].as_str().unwrap()) {
        let spent: f64 = rows
            .iter()
            .filter(|row| row["date_start"] == date)
            .map(|row| row["spend"].as_str().unwrap().parse::<f64>().unwrap())
            .sum();
        assert!(spent <= 50.0, "{date}: {spent}");
    }
    let shown = session.ok("GET", &format!("/v25.0/{ad_set}?fields=name,daily_budget,effective_status"), &json!(null));
    assert_eq!(shown, json!({"id": ad_set, "name": "S", "daily_budget": "5000", "effective_status": "ACTIVE"}));
}

#[test]
fn meta_allows_two_of_one_name_and_refuses_what_it_refuses() {
    let mut session = Session::open(ChannelType::Meta);
    let act = format!("/v25.0/act_{}", session.number());
    let good = json!({"name": "C [adroit:1]", "objective": "OUTCOME_SALES", "special_ad_categories": ["NONE"], "status": "PAUSED"});
    session.ok("POST", &format!("{act}/campaigns"), &good);
    session.ok("POST", &format!("{act}/campaigns"), &good);
    let filter =
        "%5B%7B%22field%22%3A%22name%22%2C%22operator%22%3A%22CONTAIN%22%2C%22value%22%3A%22adroit%3A1%22%7D%5D";
    let found = session.ok("GET", &format!("{act}/campaigns?fields=name,status&filtering={filter}"), &json!(null));
    assert_eq!(found["data"].as_array().unwrap().len(), 2);
    for (field, value) in [
        ("objective", json!("SALES")),
        ("special_ad_categories", json!(["CARS"])),
        ("name", json!("")),
        ("status", json!("ON")),
    ] {
        let mut bad = good.clone();
        bad[field] = value;
        let (status, body) = session.call("POST", &format!("{act}/campaigns"), &bad);
        assert_eq!((status, &body["error"]["code"]), (400, &json!(100)), "{field}: {body}");
        assert!(body["error"]["fbtrace_id"].is_string());
    }
    let (status, body) = session.call("GET", "/v24.0/me", &json!(null));
    assert_eq!((status, &body["error"]["code"]), (400, &json!(2_635)));
    let dry = json!({"name": "D", "objective": "OUTCOME_SALES", "special_ad_categories": [], "execution_options": ["validate_only"]});
    assert_eq!(session.ok("POST", &format!("{act}/campaigns"), &dry), json!({"success": true}));
    assert_eq!(session.world.objects().count(), 2);
}

#[test]
fn meta_allows_four_changes_of_a_budget_an_hour() {
    let mut session = Session::open(ChannelType::Meta);
    let (_, ad_set, _) = meta_campaign(&mut session, 5_000);
    for budget in 1..=4 {
        session.ok("POST", &format!("/v25.0/{ad_set}"), &json!({"daily_budget": 5_000 + budget}));
    }
    let (_, body) = session.call("POST", &format!("/v25.0/{ad_set}"), &json!({"daily_budget": 6_000}));
    assert_eq!(body["error"]["code"], 613);
    session.now += 3_600_001;
    session.ok("POST", &format!("/v25.0/{ad_set}"), &json!({"daily_budget": 6_000}));
    assert_eq!(session.world.active_daily_budget(), 60_000_000);
}

fn google(session: &mut Session, collection: &str, operation: Value) -> (u16, Value) {
    let target = format!("/v25/customers/{}/{collection}:mutate", session.number());
    session.call("POST", &target, &json!({"operations": [operation]}))
}

fn google_campaign(session: &mut Session) -> (String, String, String) {
    let name = |answer: (u16, Value)| {
        answer.1["results"][0]["resourceName"].as_str().unwrap_or_else(|| panic!("{}", answer.1)).to_owned()
    };
    let budget = name(google(
        session,
        "campaignBudgets",
        json!({"create": {"name": "B", "amountMicros": "20000000", "explicitlyShared": false}}),
    ));
    let campaign = json!({
        "name": "C [adroit:1]", "status": "PAUSED", "advertisingChannelType": "SEARCH", "campaignBudget": budget,
        "targetSpend": {}, "containsEuPoliticalAdvertising": "DOES_NOT_CONTAIN_EU_POLITICAL_ADVERTISING",
    });
    let campaign = name(google(session, "campaigns", json!({"create": campaign})));
    let group = name(google(
        session,
        "adGroups",
        json!({"create": {"name": "G", "campaign": campaign, "status": "ENABLED", "type": "SEARCH_STANDARD"}}),
    ));
    let texts = |texts: &[&str]| texts.iter().map(|text| json!({"text": text})).collect::<Vec<_>>();
    let ad = json!({"finalUrls": ["https://shop.example/"], "responsiveSearchAd": {"headlines": texts(&["a", "b", "c"]), "descriptions": texts(&["d", "e"])}});
    name(google(session, "adGroupAds", json!({"create": {"adGroup": group, "status": "ENABLED", "ad": ad}})));
    name(google(
        session,
        "adGroupCriteria",
        json!({"create": {"adGroup": group, "keyword": {"text": "coffee", "matchType": "BROAD"}}}),
    ));
    name(google(
        session,
        "campaignCriteria",
        json!({"create": {"campaign": campaign, "location": {"geoTargetConstant": "geoTargetConstants/2276"}}}),
    ));
    (budget, campaign, group)
}

#[test]
fn google_knows_a_name_once_and_says_so() {
    let mut session = Session::open(ChannelType::GoogleAds);
    let (budget, _, _) = google_campaign(&mut session);
    let again = json!({"create": {
        "name": "c [adroit:1]", "advertisingChannelType": "SEARCH", "campaignBudget": budget, "targetSpend": {},
        "containsEuPoliticalAdvertising": "DOES_NOT_CONTAIN_EU_POLITICAL_ADVERTISING",
    }});
    let (status, body) = google(&mut session, "campaigns", again);
    assert_eq!(status, 400);
    let error = &body["error"]["details"][0]["errors"][0];
    assert_eq!(error["errorCode"]["campaignError"], "DUPLICATE_CAMPAIGN_NAME");
    let path: Vec<&str> = error["location"]["fieldPathElements"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| part["fieldName"].as_str().unwrap())
        .collect();
    assert_eq!(path, ["operations", "create", "name"]);
    let (_, body) =
        google(&mut session, "campaignBudgets", json!({"create": {"name": "B", "amountMicros": "1000000"}}));
    assert_eq!(body["error"]["details"][0]["errors"][0]["errorCode"]["campaignBudgetError"], "DUPLICATE_NAME");
    let (_, body) =
        google(&mut session, "campaignBudgets", json!({"create": {"name": "B2", "amountMicros": "1000001"}}));
    assert_eq!(
        body["error"]["details"][0]["errors"][0]["errorCode"]["campaignBudgetError"],
        "NON_MULTIPLE_OF_MINIMUM_CURRENCY_UNIT"
    );
}

#[test]
fn google_is_searched_in_its_language_and_reports_by_day() {
    let mut session = Session::open(ChannelType::GoogleAds);
    let (_, campaign, _) = google_campaign(&mut session);
    let target = format!("/v25/customers/{}/googleAds:search", session.number());
    let search = |session: &mut Session, query: &str| session.ok("POST", &target, &json!({"query": query}));
    let found = search(
        &mut session,
        "SELECT campaign.id, campaign.status, campaign_budget.amount_micros FROM campaign WHERE campaign.name LIKE '%adroit:1%'",
    );
    assert_eq!(found["results"][0]["campaign"]["status"], "PAUSED");
    assert_eq!(found["results"][0]["campaignBudget"]["amountMicros"], "20000000");
    assert_eq!(session.world.active_daily_budget(), 0);
    let update = json!({"update": {"resourceName": campaign, "status": "ENABLED"}, "updateMask": "status"});
    assert_eq!(google(&mut session, "campaigns", update).0, 200);
    assert_eq!(session.world.active_daily_budget(), 20_000_000);
    session.world.age(3);
    let rows = search(
        &mut session,
        "SELECT ad_group_ad.ad.id, segments.date, metrics.impressions, metrics.cost_micros, metrics.conversions FROM ad_group_ad WHERE segments.date BETWEEN '2026-11-16' AND '2026-11-18'",
    );
    let rows = rows["results"].as_array().unwrap().clone();
    assert_eq!(rows.len(), 3);
    for row in &rows {
        let cost: i64 = row["metrics"]["costMicros"].as_str().unwrap().parse().unwrap();
        assert!(cost > 0 && cost <= 20_000_000);
    }
    for bad in [
        "SELECT campaign.id FROM nonsense",
        "SELECT ad_group.id FROM campaign",
        "SELECT campaign.id, segments.date FROM campaign",
        "DELETE",
    ] {
        let (status, body) = session.call("POST", &target, &json!({"query": bad}));
        assert_eq!(status, 400, "{bad}");
        assert!(body["error"]["details"][0]["errors"][0]["errorCode"]["queryError"].is_string(), "{bad}");
    }
}

#[test]
fn google_checks_ads_and_takes_all_or_nothing() {
    let mut session = Session::open(ChannelType::GoogleAds);
    let (_, _, group) = google_campaign(&mut session);
    let before = session.world.objects().count();
    let ad = |headline: &str| {
        let texts = |texts: &[&str]| texts.iter().map(|text| json!({"text": text})).collect::<Vec<_>>();
        json!({"create": {"adGroup": group, "ad": {"finalUrls": ["https://x.example/"], "responsiveSearchAd": {
            "headlines": texts(&["a", "b", headline]), "descriptions": texts(&["d", "e"])}}}})
    };
    let long = "x".repeat(31);
    let target = format!("/v25/customers/{}/adGroupAds:mutate", session.number());
    let (status, body) = session.call("POST", &target, &json!({"operations": [ad("fine"), ad(&long)]}));
    assert_eq!(
        (status, &body["error"]["details"][0]["errors"][0]["errorCode"]["stringLengthError"]),
        (400, &json!("TOO_LONG"))
    );
    assert_eq!(session.world.objects().count(), before);
    let both = session.ok("POST", &target, &json!({"operations": [ad("fine"), ad(&long)], "partialFailure": true}));
    assert!(both["partialFailureError"]["details"].is_array());
    assert_eq!(session.world.objects().count(), before + 1);
    // East Asian characters count twice: sixteen are too many.
    assert_eq!(session.call("POST", &target, &json!({"operations": [ad(&"漢".repeat(16))]})).0, 400);
}

fn klaviyo_campaign(session: &mut Session) -> (String, String) {
    let list = session.ok("GET", "/api/lists", &json!(null))["data"][0]["id"].as_str().unwrap().to_owned();
    let template =
        json!({"data": {"type": "template", "attributes": {"name": "T", "editor_type": "CODE", "html": "<p>Hi</p>"}}});
    let template = session.ok("POST", "/api/templates", &template)["data"]["id"].as_str().unwrap().to_owned();
    let content = json!({"subject": "Hello", "preview_text": "", "from_email": "a@shop.example", "from_label": "Shop"});
    let body = json!({"data": {"type": "campaign", "attributes": {
        "name": "C [adroit:1]", "audiences": {"included": [list]}, "send_strategy": {"method": "immediate"},
        "campaign-messages": {"data": [{"type": "campaign-message", "attributes": {"definition": {"channel": "email", "content": content}}}]},
    }}});
    let campaign = session.ok("POST", "/api/campaigns", &body);
    let id = campaign["data"]["id"].as_str().unwrap().to_owned();
    let message = campaign["data"]["relationships"]["campaign-messages"]["data"][0]["id"].as_str().unwrap().to_owned();
    let assign = json!({"data": {"type": "campaign-message", "id": message, "relationships": {"template": {"data": {"type": "template", "id": template}}}}});
    session.ok("POST", "/api/campaign-message-assign-template", &assign);
    (id, message)
}

#[test]
fn klaviyo_sends_once_and_reports_what_became_of_it() {
    let mut session = Session::open(ChannelType::Klaviyo);
    let (id, _) = klaviyo_campaign(&mut session);
    let send = json!({"data": {"type": "campaign-send-job", "id": id}});
    session.ok("POST", "/api/campaign-send-jobs", &send);
    let (status, body) = session.call("POST", "/api/campaign-send-jobs", &send);
    assert_eq!((status, &body["errors"][0]["code"]), (409, &json!("conflict")));
    session.now += 60_000;
    let found = session.ok(
        "GET",
        "/api/campaigns?filter=equals(messages.channel,'email'),contains(name,'adroit:1')",
        &json!(null),
    );
    assert_eq!(found["data"][0]["attributes"]["status"], "Sent");
    session.world.age(2);
    let metric = session.ok("GET", "/api/metrics", &json!(null))["data"][0]["id"].clone();
    let report = json!({"data": {"type": "campaign-values-report", "attributes": {
        "statistics": ["recipients", "delivered", "opens_unique", "clicks_unique", "conversions", "conversion_value"],
        "timeframe": {"key": "last_7_days"}, "conversion_metric_id": metric}}});
    let answer = session.ok("POST", "/api/campaign-values-reports", &report);
    let statistics = &answer["data"]["attributes"]["results"][0]["statistics"];
    let get = |name: &str| statistics[name].as_f64().unwrap();
    assert!(get("recipients") > 1_000.0 || get("recipients") > 200.0);
    assert!(
        get("delivered") <= get("recipients")
            && get("opens_unique") < get("delivered")
            && get("clicks_unique") < get("opens_unique")
    );
    assert!(get("clicks_unique") > 0.0);
}

#[test]
fn klaviyo_rations_reports_and_says_when_to_come_back() {
    let mut session = Session::open(ChannelType::Klaviyo);
    let report = json!({"data": {"type": "campaign-values-report", "attributes": {}}});
    let mut statuses = Vec::new();
    for _ in 0..3 {
        session.now += 1_100;
        statuses.push(session.answer(Request::new("POST", "/api/campaign-values-reports").json(&report)));
    }
    assert_eq!(statuses[0].status, 400);
    assert_eq!(statuses[2].status, 429);
    let wait = statuses[2].headers.iter().find(|(name, _)| name == "retry-after").unwrap().1.parse::<i64>().unwrap();
    assert!((50..=60).contains(&wait));
}

#[test]
fn klaviyo_pages_and_filters() {
    let mut session = Session::open(ChannelType::Klaviyo);
    for number in 0..12 {
        let body = json!({"data": {"type": "template", "attributes": {"name": format!("T{number} [adroit:a]"), "editor_type": "CODE", "html": ""}}});
        session.ok("POST", "/api/templates", &body);
    }
    let first = session.ok("GET", "/api/templates?filter=contains(name,\"adroit:a\")", &json!(null));
    assert_eq!(first["data"].as_array().unwrap().len(), 10);
    let next = first["links"]["next"].as_str().unwrap().trim_start_matches("https://a.klaviyo.com").to_owned();
    let second = session.ok("GET", &next, &json!(null));
    assert_eq!(second["data"].as_array().unwrap().len(), 2);
    assert!(second["links"]["next"].is_null());
    assert_eq!(session.call("GET", "/api/campaigns", &json!(null)).0, 400, "a channel filter is required");
}

#[test]
fn our_own_api_pages_filters_and_refuses_by_field() {
    let mut session = Session::open(ChannelType::Sandbox);
    let own = format!("/v1/accounts/{}", session.number());
    let campaign = session.ok(
        "POST",
        &format!("{own}/campaigns"),
        &json!({"name": "C", "objective": "sales", "status": "active", "budget_total": null}),
    );
    let ad_set = json!({"campaign_id": campaign["id"], "name": "S", "budget_daily": 2_000, "status": "active"});
    let ad_set = session.ok("POST", &format!("{own}/ad_sets"), &ad_set);
    for number in 0..30 {
        let body = json!({"ad_set_id": ad_set["id"], "name": format!("A{number}"), "status": "paused", "creative": {"link": "https://shop.example/"}});
        session.now += 100;
        session.ok("POST", &format!("{own}/ads"), &body);
    }
    let target = format!("{own}/ads?campaign_id={}", campaign["id"].as_str().unwrap());
    let first = session.ok("GET", &target, &json!(null));
    assert_eq!(first["items"].as_array().unwrap().len(), 25);
    let second = session.ok("GET", &format!("{target}&cursor={}", first["next"].as_str().unwrap()), &json!(null));
    assert_eq!((second["items"].as_array().unwrap().len(), &second["next"]), (5, &Value::Null));
    for (body, field) in [
        (json!({"name": "x", "objective": "fame"}), "objective"),
        (json!({"name": "", "objective": "sales"}), "name"),
        (json!({"name": "x", "objective": "sales", "colour": 1}), "colour"),
        (json!({"objective": "sales"}), "name"),
    ] {
        let (status, answer) = session.call("POST", &format!("{own}/campaigns"), &body);
        assert_eq!((status, answer["error"]["field"].as_str()), (400, Some(field)), "{answer}");
    }
}

#[test]
fn what_is_removed_or_paused_spends_nothing() {
    let mut session = Session::open(ChannelType::Meta);
    let (campaign, _, _) = meta_campaign(&mut session, 5_000);
    assert_eq!(session.world.active_daily_budget(), 50_000_000);
    session.ok("POST", &format!("/v25.0/{campaign}"), &json!({"status": "PAUSED"}));
    assert_eq!(session.world.active_daily_budget(), 0);
    session.ok("POST", &format!("/v25.0/{campaign}"), &json!({"status": "ACTIVE"}));
    session.ok("DELETE", &format!("/v25.0/{campaign}"), &json!(null));
    assert_eq!(session.world.active_daily_budget(), 0);
}

#[test]
fn planned_faults_happen_where_they_are_planned() {
    let mut session = Session::open(ChannelType::Meta);
    let act = format!("/v25.0/act_{}", session.number());
    let good = json!({"name": "C", "objective": "OUTCOME_SALES", "special_ad_categories": [], "status": "PAUSED"});
    let plan = |fault| FaultPlan {
        planned: vec![Planned { fault, method: Some("POST".to_owned()), path: None, after: 0, times: 1 }],
        rates: None,
    };
    let mut created = 0;
    for (fault, effect) in [
        (Fault::LostBefore, 0),
        (Fault::LostAfter, 1),
        (Fault::ServerError, 0),
        (Fault::ServerErrorAfter, 1),
        (Fault::RateLimited { ms: 1_000 }, 0),
    ] {
        session.world.set_faults(plan(fault));
        let reply = session.send(Request::new("POST", &format!("{act}/campaigns")).json(&good));
        match (fault, reply) {
            (Fault::LostBefore | Fault::LostAfter, Reply::Lost) => {}
            (Fault::RateLimited { .. }, Reply::Answer(answer)) => assert_eq!(answer.value()["error"]["code"], 80_004),
            (Fault::ServerError | Fault::ServerErrorAfter, Reply::Answer(answer)) => assert_eq!(answer.status, 500),
            other => panic!("{other:?}"),
        }
        created += effect;
        assert_eq!(session.world.objects().count(), created, "{fault:?}");
    }
    session.world.set_faults(plan(Fault::SlowListing { ms: 5_000 }));
    let id = session.ok("POST", &format!("{act}/campaigns"), &good)["id"].as_str().unwrap().to_owned();
    let listed = |session: &mut Session| {
        session.ok("GET", &format!("{act}/campaigns"), &json!(null))["data"]
            .as_array()
            .unwrap()
            .iter()
            .any(|row| row["id"] == id.as_str())
    };
    assert!(!listed(&mut session));
    session.ok("GET", &format!("/v25.0/{id}"), &json!(null));
    session.now += 5_000;
    assert!(listed(&mut session));
}
