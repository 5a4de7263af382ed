//! The publishing machine against a small provider that forgets to answer, lags behind, throttles, lets tokens end and
//! whose caller crashes: whatever happens, nothing is there twice and nothing runs that should not.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use campaign::{Ad, AdSet, Audience, BidStrategy, ChannelPlan, ChannelType, Creative, Delivery, Objective};
use connector::publish::{Action, Failure, FailureKind, Machine, Remote, Report, Target};
use connector::{
    Account, Answer, AppCredentials, Connection, CredentialKind, Credentials, Hosts, Method, Provider, Request,
    Response, TransportError,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const MINUTE: i64 = 60_000;

fn plan() -> ChannelPlan {
    let ad = |id: &str| Ad {
        id: id.to_owned(),
        name: format!("Ad {id}"),
        creative: Creative {
            headlines: vec!["Fresh beans".to_owned()],
            primary_text: "Roasted yesterday.".to_owned(),
            image_asset_ids: vec!["asset-1".to_owned()],
            ..Creative::default()
        },
        status: Delivery::Active,
    };
    let set = |id: &str, ads: Vec<Ad>| AdSet {
        id: id.to_owned(),
        name: format!("Set {id}"),
        channel_id: "ch".to_owned(),
        channel: ChannelType::Sandbox,
        audience: Audience { countries: vec!["DE".to_owned()], ..Audience::default() },
        placements: Vec::new(),
        bid_strategy: BidStrategy::LowestCost,
        budget_daily: 2_000,
        status: Delivery::Active,
        ads,
    };
    ChannelPlan {
        campaign_id: "campaign-1".to_owned(),
        channel_id: "ch".to_owned(),
        channel: ChannelType::Sandbox,
        name: "Summer sale".to_owned(),
        objective: Objective::Sales,
        currency: "EUR".to_owned(),
        budget_total: None,
        start_at: None,
        end_at: None,
        landing_url: "https://shop.test/beans?ref=1".to_owned(),
        utm_campaign: "summer".to_owned(),
        ad_sets: vec![set("s1", vec![ad("a1"), ad("a2")]), set("s2", vec![ad("a3")])],
    }
}

/// What may go wrong with one request.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    None,
    TimeoutBefore,
    TimeoutAfter,
    ServerErrorBefore,
    ServerErrorAfter,
    GarbageAfter,
    Throttled,
    TokenEnded,
    CrashBefore,
    CrashAfter,
}

#[derive(Default)]
struct World {
    /// Collection → objects.
    objects: BTreeMap<String, Vec<Value>>,
    next_id: u64,
    token: u64,
    now_ms: i64,
    /// How long a new object stays out of lists, ms.
    lag_ms: i64,
    calls: usize,
}

impl World {
    fn new(lag_ms: i64) -> Self {
        Self { now_ms: 1_000_000, lag_ms, ..Self::default() }
    }

    fn connection(&self) -> Connection {
        Connection {
            account: Account {
                id: "acc".to_owned(),
                name: "Practice".to_owned(),
                currency: "EUR".to_owned(),
                time_zone: "Europe/Berlin".to_owned(),
                usable: true,
                detail: String::new(),
                settings: BTreeMap::new(),
            },
            credentials: Credentials {
                access_token: format!("token-{}", self.token),
                kind: CredentialKind::Bearer,
                refresh_token: None,
                expires_at: None,
                scopes: Vec::new(),
            },
        }
    }

    fn handle(&mut self, request: &Request) -> Response {
        self.calls += 1;
        let error =
            |status: u16, code: &str| Response::json(status, &json!({"error": {"code": code, "message": code}}));
        if request.header_value("authorization") != Some(&format!("Bearer token-{}", self.token)) {
            return error(401, "token_expired");
        }
        let path = request.url.strip_prefix("http://practice/sandbox/v1/accounts/acc/").expect("our own paths");
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let query: BTreeMap<String, String> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let (collection, id) = path.split_once('/').map_or((path, None), |(c, id)| (c, Some(id)));
        let body: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
        match (request.method, id) {
            (Method::Post, None) => {
                if collection == "images" {
                    return Response::json(201, &json!({"id": format!("image-{}", body["data"].as_str().unwrap())}));
                }
                self.next_id += 1;
                let mut object = body;
                object["id"] = format!("{collection}-{}", self.next_id).into();
                object["visible_from"] = (self.now_ms + self.lag_ms).into();
                if let Some(set) = object.get("ad_set_id").and_then(Value::as_str).map(str::to_owned) {
                    let campaign = self.objects["ad_sets"].iter().find(|s| s["id"] == set.as_str()).unwrap();
                    object["campaign_id"] = campaign["campaign_id"].clone();
                }
                let id = object["id"].clone();
                self.objects.entry(collection.to_owned()).or_default().push(object);
                Response::json(201, &json!({"id": id}))
            }
            (Method::Patch, Some(id)) => {
                let Some(object) =
                    self.objects.get_mut(collection).and_then(|list| list.iter_mut().find(|o| o["id"] == id))
                else {
                    return error(404, "not_found");
                };
                for (key, value) in body.as_object().unwrap() {
                    object[key] = value.clone();
                }
                Response::json(200, &json!({"id": id}))
            }
            (Method::Get, None) => {
                let list = self.objects.get(collection).cloned().unwrap_or_default();
                let start: usize = query.get("cursor").map_or(0, |cursor| cursor.parse().unwrap());
                let fits: Vec<Value> = list
                    .into_iter()
                    .filter(|o| o["visible_from"].as_i64().unwrap() <= self.now_ms)
                    .filter(|o| query.get("campaign_id").is_none_or(|id| o["campaign_id"] == id.as_str()))
                    .filter(|o| query.get("name_contains").is_none_or(|t| o["name"].as_str().unwrap().contains(t)))
                    .collect();
                // Pages of one, so that every list is walked.
                let next = (start + 1 < fits.len()).then(|| (start + 1).to_string());
                let items: Vec<Value> = fits.into_iter().skip(start).take(1).collect();
                Response::json(200, &json!({"items": items, "next": next}))
            }
            other => panic!("unexpected request {other:?}"),
        }
    }

    fn all(&self, collection: &str) -> Vec<&Value> {
        self.objects.get(collection).into_iter().flatten().collect()
    }

    fn assert_no_duplicates(&self) {
        for (collection, objects) in &self.objects {
            let mut marks: Vec<&str> =
                objects.iter().map(|o| connector::name::mark_in(o["name"].as_str().unwrap()).unwrap()).collect();
            let count = marks.len();
            marks.sort_unstable();
            marks.dedup();
            assert_eq!(marks.len(), count, "{collection} holds something twice: {objects:#?}");
        }
    }

    /// Daily budget of what really runs: an active ad set with an active ad under an active campaign.
    fn running_budget(&self) -> i64 {
        let active = |o: &Value| o["status"] == "active";
        self.all("ad_sets")
            .into_iter()
            .filter(|set| active(set))
            .filter(|set| self.all("campaigns").iter().any(|c| c["id"] == set["campaign_id"] && active(c)))
            .filter(|set| self.all("ads").iter().any(|ad| ad["ad_set_id"] == set["id"] && active(ad)))
            .map(|set| set["budget_daily"].as_i64().unwrap())
            .sum()
    }
}

fn provider() -> Box<dyn Provider> {
    connector::provider(
        ChannelType::Sandbox,
        AppCredentials {
            hosts: Hosts::practice(ChannelType::Sandbox, "http://practice"),
            client_id: "app".to_owned(),
            client_secret: "secret".to_owned(),
            developer_token: String::new(),
        },
    )
}

#[derive(Debug)]
enum End {
    Done(Report),
    Failed(Failure),
}

/// Drives a machine as a host does: state through JSON at every step, the clock moved on by waiting.
fn drive(
    world: &mut World,
    mut machine: Machine,
    faults: &mut dyn FnMut(usize) -> Fault,
    guard: &dyn Fn(&Request) -> bool,
) -> End {
    let provider = provider();
    let mut connection = world.connection();
    for turn in 0..20_000 {
        let action = machine.next(&*provider, &connection.access(world.now_ms), world.now_ms);
        // Written ahead: from here on only what was stored exists.
        machine = serde_json::from_str(&serde_json::to_string(&machine).unwrap()).unwrap();
        match action {
            Action::Send { call, request, spends } => {
                world.now_ms += 50;
                if spends && !guard(&request) {
                    machine.refuse(call, "the daily cap is reached");
                    continue;
                }
                let lost = |error| Err::<Response, TransportError>(error);
                let answer: Answer = match faults(turn) {
                    Fault::None => Ok(world.handle(&request)),
                    Fault::TimeoutBefore => lost(TransportError::Timeout),
                    Fault::TimeoutAfter => {
                        world.handle(&request);
                        lost(TransportError::Timeout)
                    }
                    Fault::ServerErrorBefore => Ok(Response::json(503, &json!({}))),
                    Fault::ServerErrorAfter => {
                        world.handle(&request);
                        Ok(Response::json(502, &json!({})))
                    }
                    Fault::GarbageAfter => {
                        world.handle(&request);
                        Ok(Response { status: 200, headers: Vec::new(), body: b"<html>".to_vec() })
                    }
                    Fault::Throttled => Ok(Response::json(429, &json!({})).with_header("retry-after", "7")),
                    Fault::TokenEnded => {
                        world.token += 1;
                        Ok(world.handle(&request))
                    }
                    Fault::CrashBefore => continue,
                    Fault::CrashAfter => {
                        world.handle(&request);
                        continue;
                    }
                };
                machine.answer(&*provider, &connection.access(world.now_ms), call, &answer, world.now_ms);
            }
            Action::Wait { until_ms } => {
                assert!(until_ms > world.now_ms, "a wait lies in the future");
                world.now_ms = until_ms;
            }
            Action::NeedToken { .. } => connection = world.connection(),
            Action::NeedImage { asset_id } => machine.image(&asset_id, "image/png", vec![1, 2, 3]),
            Action::Done(report) => return End::Done(report),
            Action::Failed(failure) => return End::Failed(failure),
        }
    }
    panic!("20,000 turns and no end: {machine:#?}");
}

fn machine(target: Target, known: Vec<Remote>) -> Machine {
    Machine::new("campaign-1", target, known, 7)
}

fn done(end: End) -> Report {
    match end {
        End::Done(report) => report,
        End::Failed(failure) => panic!("failed: {failure:#?}"),
    }
}

fn calm(_: usize) -> Fault {
    Fault::None
}

#[test]
fn a_plan_is_created_paused_and_activated_campaign_last() {
    let mut world = World::new(0);
    let spending = std::cell::RefCell::new(Vec::new());
    let guard = |request: &Request| {
        spending.borrow_mut().push(request.purpose.clone());
        true
    };
    let report = done(drive(&mut world, machine(Target::Live(plan()), Vec::new()), &mut calm, &guard));
    assert_eq!(world.all("campaigns").len(), 1);
    assert_eq!(world.all("ad_sets").len(), 2);
    assert_eq!(world.all("ads").len(), 3);
    assert_eq!(world.running_budget(), 4_000);
    assert_eq!(spending.borrow().len(), 6, "every activation is asked for");
    assert_eq!(spending.borrow().last().map(String::as_str), Some("sandbox.campaign.activate"));
    let link = world.all("ads")[0]["creative"]["link"].as_str().unwrap().to_owned();
    assert_eq!(
        link,
        "https://shop.test/beans?ref=1&utm_source=sandbox&utm_medium=cpm&utm_campaign=summer&utm_content=a1"
    );

    // A second run finds everything as wanted and changes nothing.
    let before = world.objects.clone();
    let again = done(drive(&mut world, machine(Target::Live(plan()), report.objects), &mut calm, &|_| true));
    assert_eq!(world.objects, before);
    assert!(again.calls <= 6, "it only reads: {}", again.calls);
}

#[test]
fn without_memory_everything_is_found_again_by_its_marker() {
    let mut world = World::new(0);
    done(drive(&mut world, machine(Target::Live(plan()), Vec::new()), &mut calm, &|_| true));
    done(drive(&mut world, machine(Target::Live(plan()), Vec::new()), &mut calm, &|_| true));
    world.assert_no_duplicates();
    assert_eq!(world.running_budget(), 4_000);
}

#[test]
fn a_change_lowers_budgets_first_and_pauses_what_was_taken_out() {
    let mut world = World::new(0);
    let report = done(drive(&mut world, machine(Target::Live(plan()), Vec::new()), &mut calm, &|_| true));
    let mut changed = plan();
    changed.ad_sets[0].budget_daily = 500;
    changed.ad_sets[1].budget_daily = 3_000;
    changed.ad_sets[0].ads.remove(1);
    changed.ad_sets[0].ads[0].creative.headlines[0] = "Fresher beans".to_owned();
    let purposes = std::cell::RefCell::new(Vec::new());
    let mut note = |_| Fault::None;
    let guard = |request: &Request| {
        purposes.borrow_mut().push(request.purpose.clone());
        true
    };
    done(drive(&mut world, machine(Target::Live(changed), report.objects), &mut note, &guard));
    assert_eq!(world.running_budget(), 3_500);
    assert_eq!(*purposes.borrow(), ["sandbox.ad_set.budget"], "only the raised budget can spend more");
    let by_name =
        |name: &str| world.all("ads").into_iter().find(|ad| ad["name"].as_str().unwrap().contains(name)).unwrap();
    assert_eq!(by_name("Ad a2")["status"], "paused");
    assert_eq!(by_name("Ad a1")["creative"]["headlines"][0], "Fresher beans");
    world.assert_no_duplicates();
}

#[test]
fn pausing_stops_the_campaign_with_one_write_and_resuming_starts_it() {
    let mut world = World::new(0);
    let report = done(drive(&mut world, machine(Target::Live(plan()), Vec::new()), &mut calm, &|_| true));
    let paused = done(drive(&mut world, machine(Target::Paused, report.objects), &mut calm, &|_| false));
    assert_eq!(world.running_budget(), 0);
    assert_eq!(paused.calls, 2);
    done(drive(&mut world, machine(Target::Live(plan()), paused.objects), &mut calm, &|_| true));
    assert_eq!(world.running_budget(), 4_000);
    done(drive(&mut world, machine(Target::Ended, Vec::new()), &mut calm, &|_| false));
    assert_eq!(world.running_budget(), 0);
}

#[test]
fn a_refusal_of_the_spend_guard_leaves_everything_paused() {
    let mut world = World::new(0);
    let guard = |request: &Request| request.purpose != "sandbox.campaign.activate";
    match drive(&mut world, machine(Target::Live(plan()), Vec::new()), &mut calm, &guard) {
        End::Failed(failure) => {
            assert_eq!(failure.kind, FailureKind::Stopped);
            assert_eq!(failure.reason, "the daily cap is reached");
            assert!(failure.paused);
            assert_eq!(failure.objects.len(), 7, "campaign, ad sets, ads and the image are listed");
        }
        End::Done(_) => panic!("it must not go live"),
    }
    for collection in ["campaigns", "ad_sets", "ads"] {
        assert!(world.all(collection).iter().all(|o| o["status"] == "paused"), "{collection}");
    }
}

#[test]
fn a_provider_that_never_answers_fails_the_publication_in_bounded_time() {
    let mut world = World::new(0);
    let begun = world.now_ms;
    let mut faults = |_| Fault::TimeoutBefore;
    match drive(&mut world, machine(Target::Live(plan()), Vec::new()), &mut faults, &|_| true) {
        End::Failed(failure) => {
            assert_eq!(failure.kind, FailureKind::Unreachable);
            assert!(failure.reason.contains("in 8 tries"), "{}", failure.reason);
        }
        End::Done(_) => panic!("nothing was answered"),
    }
    assert!(world.now_ms - begun < 30 * MINUTE);
}

#[test]
fn what_cannot_be_paused_again_is_named() {
    let mut world = World::new(0);
    // The campaign is activated without an answer, and from then on nothing is answered.
    let mut dead = false;
    let provider = provider();
    let connection = world.connection();
    let mut machine = machine(Target::Live(plan()), Vec::new());
    let failure = loop {
        match machine.next(&*provider, &connection.access(world.now_ms), world.now_ms) {
            Action::Send { call, request, .. } => {
                dead |= request.purpose == "sandbox.campaign.activate";
                let answer = if dead { Err(TransportError::Timeout) } else { Ok(world.handle(&request)) };
                machine.answer(&*provider, &connection.access(world.now_ms), call, &answer, world.now_ms);
            }
            Action::Wait { until_ms } => world.now_ms = until_ms,
            Action::NeedImage { asset_id } => machine.image(&asset_id, "image/png", vec![1]),
            Action::Failed(failure) => break failure,
            other => panic!("{other:?}"),
        }
    };
    assert!(!failure.paused);
    assert!(failure.reason.contains("may be running: campaign Summer sale"), "{}", failure.reason);
}

#[test]
fn a_token_nobody_accepts_asks_for_a_person() {
    let mut world = World::new(0);
    let mut faults = |_| Fault::TokenEnded;
    match drive(&mut world, machine(Target::Live(plan()), Vec::new()), &mut faults, &|_| true) {
        End::Failed(failure) => assert_eq!(failure.kind, FailureKind::Reauth),
        End::Done(_) => panic!("no request was let through"),
    }
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        10 => Just(Fault::None),
        1 => Just(Fault::TimeoutBefore),
        1 => Just(Fault::TimeoutAfter),
        1 => Just(Fault::ServerErrorBefore),
        1 => Just(Fault::ServerErrorAfter),
        1 => Just(Fault::GarbageAfter),
        1 => Just(Fault::Throttled),
        1 => Just(Fault::TokenEnded),
        1 => Just(Fault::CrashBefore),
        1 => Just(Fault::CrashAfter),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    /// Faults for a while, then calm: the goal is reached, once; and what runs never exceeds what was approved.
    #[test]
    fn whatever_goes_wrong_nothing_is_there_twice(
        schedule in prop::collection::vec(fault(), 0..120),
        lag_ms in prop_oneof![Just(0_i64), Just(1_500), Just(8_000)],
        forget in any::<bool>(),
    ) {
        let mut world = World::new(lag_ms);
        let mut at = 0;
        let mut faults = |_: usize| {
            at += 1;
            schedule.get(at - 1).copied().unwrap_or(Fault::None)
        };
        let mut objects = Vec::new();
        let mut tries = 0;
        loop {
            tries += 1;
            prop_assert!(tries < 30, "it never gets there");
            let known = if forget { Vec::new() } else { objects.clone() };
            let end = drive(&mut world, machine(Target::Live(plan()), known), &mut faults, &|_| true);
            world.assert_no_duplicates();
            prop_assert!(world.running_budget() <= 4_000);
            match end {
                End::Done(_) => break,
                End::Failed(failure) => {
                    if failure.paused {
                        prop_assert_eq!(world.running_budget(), 0, "a failed publication rests: {:?}", failure.reason);
                    }
                    objects = failure.objects;
                    // Somebody reads the message and presses the button again.
                    world.now_ms += MINUTE;
                }
            }
        }
        prop_assert_eq!(world.running_budget(), 4_000);
        prop_assert_eq!(world.all("ads").len(), 3);
    }
}
