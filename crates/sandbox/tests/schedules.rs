//! Publishing against providers that fail in every way at every step: nothing twice, nothing spent that was not
//! approved.
//!
//! A schedule is a seed. It says what goes wrong with each request (lost before or after it took effect, throttled,
//! a server error with or without effect, an expired token, a listing that lags), when the publishing program crashes
//! and is started anew from what it had stored, whether somebody pulls the kill switch, and whether a person connects
//! again when a token is gone for good. `ADROIT_SCHEDULES` sets how many there are.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop where it fails"
)]

use campaign::guard::{self, GuardFacts, Guardrails};
use campaign::{
    Ad, AdSet, Audience, BidStrategy, ChannelPlan, ChannelType, Creative, Delivery, Objective, Status as CampaignStatus,
};
use connector::publish::{Action, FailureKind, Machine, Remote, Target, again_at};
use connector::pull::{Pull, Sit, Taken, Then, sit};
use connector::{
    Account, Answer, AppCredentials, Connection, Effect, Hosts, Provider, SignIn, Step, TransportError, name, provider,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sandbox::{APP, Authorize, DEVELOPER_TOKEN, Kind, Rates, Reply, World};
use std::collections::BTreeMap;

const NOW: i64 = 1_795_000_000_000;
const ORIGIN: &str = "https://practice.test";
const CAMPAIGN: &str = "0193-campaign";
const REDIRECT: &str = "https://adroit.test/callback";
const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters-0123456789";

fn schedules() -> u64 {
    std::env::var("ADROIT_SCHEDULES").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000)
}

/// What the schedules came to.
#[derive(Debug, Default)]
struct Tally {
    schedules: u64,
    done: u64,
    failed: u64,
    /// Of those that failed: what could not pause what it had set running.
    unpaused: u64,
    duplicates: u64,
    overspend: u64,
    crashes: u64,
    lost: u64,
    refused: u64,
    reconnected: u64,
    requests: u64,
    /// Of those that failed: what kind of failure it was.
    kinds: BTreeMap<String, u64>,
}

impl Tally {
    fn add(&mut self, other: &Self) {
        for (sum, more) in [
            (&mut self.schedules, other.schedules),
            (&mut self.done, other.done),
            (&mut self.failed, other.failed),
            (&mut self.unpaused, other.unpaused),
            (&mut self.duplicates, other.duplicates),
            (&mut self.overspend, other.overspend),
            (&mut self.crashes, other.crashes),
            (&mut self.lost, other.lost),
            (&mut self.refused, other.refused),
            (&mut self.reconnected, other.reconnected),
            (&mut self.requests, other.requests),
        ] {
            *sum += more;
        }
        for (kind, count) in &other.kinds {
            *self.kinds.entry(kind.clone()).or_default() += count;
        }
    }
}

/// The publishing program and the provider it publishes to.
struct Stage {
    channel: ChannelType,
    provider: Box<dyn Provider>,
    world: World,
    /// The provider's rows, as its host stores them.
    stored: BTreeMap<(String, String), String>,
    connection: Connection,
    now: i64,
    dice: ChaCha8Rng,
    rates: Rates,
    /// Of a request, that the program crashes around it.
    crash: f64,
    /// When somebody pulls the kill switch: after so many spending calls.
    stop_after: Option<u32>,
    spending_calls: u32,
    /// Minor units a day that are approved at the moment.
    approved: i64,
    /// Whether a call that can spend was let through since the last time everything rested.
    let_through: bool,
    /// Send again what got no answer, whatever it was: what must never be done.
    blindly: bool,
    tally: Tally,
    broken: Vec<String>,
}

impl Stage {
    fn new(channel: ChannelType, seed: u64, blindly: bool) -> Self {
        let app = AppCredentials {
            hosts: Hosts::practice(channel, ORIGIN),
            client_id: APP.id.to_owned(),
            client_secret: APP.secret.to_owned(),
            developer_token: DEVELOPER_TOKEN.to_owned(),
        };
        let mut dice = ChaCha8Rng::seed_from_u64(seed);
        let provider = provider(channel, app);
        let nothing = Account {
            id: String::new(),
            name: String::new(),
            currency: String::new(),
            time_zone: String::new(),
            usable: true,
            detail: String::new(),
            settings: BTreeMap::new(),
        };
        let connection = Connection { account: nothing, credentials: connector::Credentials::key("none") };
        let harsh = if dice.random_bool(0.1) { 3 } else { 1 };
        let mut rate = |most: u32| dice.random_range(0..=most) * harsh;
        let rates = Rates {
            seed,
            lost_before: rate(50),
            lost_after: rate(70),
            rate_limited: rate(40),
            server_error: rate(40),
            server_error_after: rate(50),
            token_expired: rate(25),
            slow_listing: rate(120),
            slow_listing_ms: 18_000,
        };
        let crash = dice.random_range(0.0..0.12);
        let stop_after = dice.random_bool(0.08).then(|| dice.random_range(0..6));
        let mut stage = Self {
            channel,
            provider,
            world: World::open(channel, &format!("Shop {seed}"), "EUR", "Europe/Berlin", NOW),
            stored: BTreeMap::new(),
            connection,
            now: NOW,
            dice,
            rates,
            crash,
            stop_after,
            spending_calls: 0,
            approved: 0,
            let_through: false,
            blindly,
            tally: Tally::default(),
            broken: Vec::new(),
        };
        assert!(stage.connect(), "a quiet provider can be connected");
        let mut answers = Vec::new();
        let accounts = loop {
            match stage.provider.accounts(&stage.connection.credentials, &answers, stage.now) {
                Step::Send(request) => answers.push(stage.send(&request)),
                Step::Done(accounts) => break accounts.unwrap(),
            }
        };
        stage.connection.account = accounts
            .into_iter()
            .find(|account| account.usable)
            .unwrap_or_else(|| panic!("{channel:?}: no account to use"));
        stage
    }

    /// A person signs in. Whether that worked: answers get lost here, too.
    fn connect(&mut self) -> bool {
        for _ in 0..5 {
            let sign_in =
                SignIn { state: "s".to_owned(), redirect_uri: REDIRECT.to_owned(), verifier: VERIFIER.to_owned() };
            let url = self.provider.authorize_url(&sign_in);
            let (address, query) = url.split_once('?').unwrap();
            assert!(address.ends_with(sandbox::authorize_path(self.channel)), "{address}");
            let asked = Authorize::parse(self.channel, query).unwrap();
            let code = self.world.grant(&asked, self.now, self.dice.random());
            let mut answers = Vec::new();
            let outcome = loop {
                match self.provider.exchange_code(&sign_in, &code, &answers, self.now) {
                    Step::Send(request) => answers.push(self.send(&request)),
                    Step::Done(outcome) => break outcome,
                }
            };
            if let Ok(credentials) = outcome {
                self.connection.credentials = credentials;
                return true;
            }
        }
        false
    }

    /// Renews the token, or has a person do it.
    fn renew(&mut self) -> bool {
        for _ in 0..4 {
            let mut answers = Vec::new();
            let outcome = loop {
                match self.provider.refresh(&self.connection.credentials, &answers, self.now) {
                    Step::Send(request) => answers.push(self.send(&request)),
                    Step::Done(outcome) => break outcome,
                }
            };
            match outcome {
                Ok(credentials) => {
                    self.connection.credentials = credentials;
                    return true;
                }
                Err(connector::Fault::Retry { .. } | connector::Fault::Ambiguous { .. }) => self.now += 1_000,
                Err(_) => break,
            }
        }
        if self.dice.random_bool(0.7) {
            self.tally.reconnected += 1;
            self.now += 3_600_000;
            return self.connect();
        }
        false
    }

    fn send(&mut self, request: &connector::Request) -> Answer {
        let rest = request.url.strip_prefix(&format!("{ORIGIN}/{}", self.channel.as_str()));
        let mut asked =
            sandbox::Request::new(request.method.as_str(), rest.unwrap_or_else(|| panic!("{}", request.url)));
        asked.headers.clone_from(&request.headers);
        asked.body.clone_from(&request.body);
        self.now += self.dice.random_range(20..400);
        self.tally.requests += 1;
        let reply = self.world.handle(&asked, self.now, self.dice.random());
        // Its host stores what changed, and may itself be started anew.
        for row in self.world.take_changes().unwrap() {
            match row.value {
                Some(value) => drop(self.stored.insert((row.kind, row.id), value)),
                None => drop(self.stored.remove(&(row.kind, row.id))),
            }
        }
        if self.dice.random_bool(0.02) {
            let rows = self.stored.iter().map(|((kind, id), value)| (kind.clone(), id.clone(), value.clone()));
            self.world = World::from_rows(rows).unwrap();
        }
        self.look();
        match reply {
            Reply::Answer(answer) => {
                Ok(connector::Response { status: answer.status, headers: answer.headers, body: answer.body })
            }
            Reply::Lost => {
                self.tally.lost += 1;
                if self.dice.random_bool(0.5) {
                    self.now += 30_000;
                    Err(TransportError::Timeout)
                } else {
                    Err(TransportError::Connection("reset".to_owned()))
                }
            }
        }
    }

    /// What must hold at every moment.
    fn look(&mut self) {
        let active = self.world.active_daily_budget();
        if active > self.approved * 10_000 {
            self.tally.overspend += 1;
            self.broken.push(format!("{active} micros a day active, {} minor units approved", self.approved));
        }
        let running = self.world.objects().any(|object| object.kind == Kind::Campaign && object.active());
        if running && !self.let_through {
            self.tally.overspend += 1;
            self.broken.push("a campaign is active that nobody let through".to_owned());
        }
    }

    /// Brings a target about, as the publishing program does. `None` when it failed.
    fn publish(&mut self, target: Target, known: Vec<Remote>, rails: &mut Guardrails) -> Result<Vec<Remote>, Ended> {
        let approved = self.approved;
        let mut machine = Machine::new(CAMPAIGN, target, known, self.dice.random());
        for _ in 0..20_000 {
            let now = self.now;
            // It crashes, and is started anew from what it had stored.
            if self.dice.random_bool(self.crash) {
                self.tally.crashes += 1;
                machine = serde_json::from_str(&serde_json::to_string(&machine).unwrap()).unwrap();
            }
            let access = self.connection.access(now);
            match machine.next(self.provider.as_ref(), &access, now) {
                Action::Send { call, request, spends } => {
                    let stored = serde_json::to_string(&machine).unwrap();
                    if self.dice.random_bool(self.crash / 2.0) {
                        self.tally.crashes += 1; // before it was sent
                        machine = serde_json::from_str(&stored).unwrap();
                        continue;
                    }
                    if spends {
                        self.spending_calls += 1;
                        if self.stop_after.is_some_and(|after| self.spending_calls > after) {
                            rails.spending_stopped = true;
                        }
                        let facts = GuardFacts {
                            now,
                            status: CampaignStatus::Publishing,
                            guardrails: rails,
                            document_hash: "hash",
                            approved_hash: Some("hash"),
                            currency: "EUR",
                            budget_daily: approved,
                            others_daily: 0,
                            budget_total: None,
                            spent: 0,
                            end_at: None,
                        };
                        if let Err(refusal) = guard::check(&facts) {
                            self.tally.refused += 1;
                            machine.refuse(call, &refusal.to_string());
                            continue;
                        }
                        self.let_through = true;
                    }
                    let mut answer = self.send(&request);
                    while self.blindly && request.effect == Effect::Once && unclear(&answer) {
                        answer = self.send(&request);
                    }
                    if self.dice.random_bool(self.crash / 2.0) {
                        self.tally.crashes += 1; // before the answer was stored
                        machine = serde_json::from_str(&stored).unwrap();
                        continue;
                    }
                    let now = self.now;
                    machine.answer(self.provider.as_ref(), &self.connection.access(now), call, &answer, now);
                }
                Action::Wait { until_ms } => self.now = until_ms,
                Action::NeedToken { reason } => {
                    if !self.renew() {
                        machine.abandon(FailureKind::Reauth, &reason);
                    }
                }
                Action::NeedImage { asset_id } => {
                    machine.image(&asset_id, "image/png", [b"\x89PNG".as_slice(), asset_id.as_bytes()].concat());
                }
                Action::Done(report) => return Ok(report.objects),
                Action::Failed(failure) => {
                    return Err(Ended { kind: failure.kind, reason: failure.reason, paused: failure.paused });
                }
            }
        }
        panic!("no end in sight");
    }

    /// What is there twice: objects of one kind with one marker.
    fn duplicates(&self) -> u64 {
        let mut seen: BTreeMap<(Kind, String), u64> = BTreeMap::new();
        for object in self.world.objects().filter(|object| !object.removed && object.listed_from < i64::MAX / 4) {
            let mark = match object.kind {
                Kind::Campaign | Kind::AdSet | Kind::Budget | Kind::Template => {
                    name::mark_in(&object.name).map(str::to_owned)
                }
                // Google's ads have no name; their link tells whose they are.
                Kind::Ad => name::mark_in(&object.name)
                    .map(str::to_owned)
                    .or_else(|| object.body["ad"]["finalUrls"][0].as_str().and_then(name::ad_in_link)),
                _ => None,
            };
            if let Some(mark) = mark {
                *seen.entry((object.kind, mark)).or_default() += 1;
            }
        }
        seen.values().map(|count| count - 1).sum()
    }

    fn resting(&self) -> bool {
        let sent = |object: &sandbox::Object| object.body.get("sent_at").and_then(serde_json::Value::as_i64);
        self.world.active_daily_budget() == 0
            && self.world.objects().filter(|object| object.kind == Kind::Campaign).all(|object| {
                // What was mailed cannot be called back; everything else rests.
                !object.active() || sent(object).is_some_and(|at| at <= self.now)
            })
    }
}

/// How a publication ended that failed.
#[derive(Debug)]
struct Ended {
    kind: FailureKind,
    reason: String,
    paused: bool,
}

fn unclear(answer: &Answer) -> bool {
    match answer {
        Err(_) => true,
        Ok(response) => response.status >= 500,
    }
}

fn ad(id: &str, status: Delivery, channel: ChannelType) -> Ad {
    let lines = |texts: &[&str]| texts.iter().map(|text| format!("{text} {id}")).collect();
    Ad {
        id: id.to_owned(),
        name: format!("Ad {id}"),
        creative: Creative {
            headlines: lines(&["Warm wool", "From Tyrol", "See now"]),
            descriptions: lines(&["New wool pullovers.", "Thirty days to return."]),
            primary_text: "The autumn collection is here.".to_owned(),
            call_to_action: "SHOP_NOW".to_owned(),
            image_asset_ids: match channel {
                ChannelType::Meta | ChannelType::Sandbox => vec![format!("image-{}", &id[..3])],
                _ => Vec::new(),
            },
            subject: format!("Autumn {id}"),
            preview_text: "Wool".to_owned(),
            body: "<p>Hello</p>".to_owned(),
            from_name: "Shop".to_owned(),
            from_email: "shop@shop.example".to_owned(),
        },
        status,
    }
}

fn plan(channel: ChannelType, account_lists: &[String], dice: &mut ChaCha8Rng) -> ChannelPlan {
    let email = channel == ChannelType::Klaviyo;
    let sets = dice.random_range(1..=3);
    ChannelPlan {
        campaign_id: CAMPAIGN.to_owned(),
        channel_id: "channel".to_owned(),
        channel,
        name: "Autumn wool".to_owned(),
        objective: Objective::Sales,
        currency: "EUR".to_owned(),
        budget_total: None,
        start_at: None,
        end_at: None,
        landing_url: "https://shop.example/wool?ref=x".to_owned(),
        utm_campaign: "autumn".to_owned(),
        ad_sets: (0..sets)
            .map(|set| AdSet {
                id: format!("set-{set}"),
                name: format!("Set {set}"),
                channel_id: "channel".to_owned(),
                channel,
                audience: Audience {
                    countries: vec!["DE".to_owned(), "AT".to_owned()],
                    age_min: Some(20),
                    age_max: Some(60),
                    keywords: vec!["wool pullover".to_owned(), "pullover tyrol".to_owned()],
                    list_id: account_lists.get(set % account_lists.len().max(1)).cloned().unwrap_or_default(),
                },
                placements: Vec::new(),
                bid_strategy: BidStrategy::LowestCost,
                budget_daily: if email { 0 } else { dice.random_range(5..40) * 100 },
                status: if set > 0 && dice.random_bool(0.2) { Delivery::Paused } else { Delivery::Active },
                ads: (0..if email { 1 } else { dice.random_range(1..=3) })
                    .map(|number| {
                        let resting = number > 0 && dice.random_bool(0.2);
                        ad(
                            &format!("ad{set}-{number}"),
                            if resting { Delivery::Paused } else { Delivery::Active },
                            channel,
                        )
                    })
                    .collect(),
            })
            .collect(),
    }
}

fn daily(plan: &ChannelPlan) -> i64 {
    plan.ad_sets.iter().filter(|set| set.status == Delivery::Active).map(|set| set.budget_daily).sum()
}

/// A change to what is live: other budgets, an ad that rests, an ad more.
fn changed(plan: &ChannelPlan, dice: &mut ChaCha8Rng) -> ChannelPlan {
    let mut plan = plan.clone();
    for set in &mut plan.ad_sets {
        if plan.channel != ChannelType::Klaviyo {
            set.budget_daily = dice.random_range(5..40) * 100;
            let index = set.id[4..].to_owned();
            if dice.random_bool(0.5) {
                set.ads.push(ad(&format!("ad{index}-9"), Delivery::Active, plan.channel));
            }
            if set.ads.len() > 1 && dice.random_bool(0.5) {
                set.ads[0].status = Delivery::Paused;
            }
        }
    }
    plan
}

fn run(seed: u64, blindly: bool) -> Stage {
    let channel = ChannelType::ALL[usize::try_from(seed % 4).unwrap()];
    let mut stage = Stage::new(channel, seed, blindly);
    let lists: Vec<String> =
        stage.world.objects().filter(|object| object.kind == Kind::List).map(|object| object.id.clone()).collect();
    let mut dice = ChaCha8Rng::seed_from_u64(seed ^ 0x5eed);
    let first = plan(channel, &lists, &mut dice);
    let second = changed(&first, &mut dice);
    let mut rails = Guardrails { daily_cap: Some(20_000), ..Guardrails::initial("EUR") };
    let faults = sandbox::FaultPlan { planned: Vec::new(), rates: Some(stage.rates) };
    stage.world.set_faults(faults);
    stage.tally.schedules = 1;

    stage.approved = daily(&first);
    let mut outcome = stage.publish(Target::Live(first.clone()), Vec::new(), &mut rails);
    if let Ok(objects) = &outcome {
        check_live(&mut stage, &first);
        if dice.random_bool(0.5) {
            stage.approved = daily(&first).max(daily(&second));
            // What is remembered may be gone. That takes longer than listings lag.
            let forgets = dice.random_bool(0.5);
            let known = if forgets { Vec::new() } else { objects.clone() };
            stage.now += if forgets { 60_000 } else { 0 };
            outcome = stage.publish(Target::Live(second.clone()), known, &mut rails);
            if outcome.is_ok() {
                stage.approved = daily(&second);
                stage.look();
                check_live(&mut stage, &second);
            }
        }
    }
    match &outcome {
        Ok(objects) if dice.random_bool(0.3) => {
            let ended = stage.publish(Target::Paused, objects.clone(), &mut rails);
            finish(&mut stage, ended.err(), &mut rails);
        }
        Ok(_) => stage.tally.done += 1,
        Err(_) => {
            let ended = outcome.err();
            finish(&mut stage, ended, &mut rails);
        }
    }
    stage.tally.duplicates = stage.duplicates();
    if stage.tally.duplicates > 0 {
        let left: Vec<_> =
            stage.world.objects().map(|object| (object.kind, object.id.clone(), object.name.clone())).collect();
        stage.broken.push(format!("{} duplicates among {left:?}", stage.tally.duplicates));
    }
    stage
}

/// After a publication that failed, or one that paused: nothing may be left running.
fn finish(stage: &mut Stage, ended: Option<Ended>, rails: &mut Guardrails) {
    let Some(ended) = ended else {
        stage.tally.done += 1;
        if !stage.resting() {
            stage.broken.push("paused, and yet something runs".to_owned());
            stage.tally.overspend += 1;
        }
        return;
    };
    stage.tally.failed += 1;
    *stage.tally.kinds.entry(format!("{:?}", ended.kind)).or_default() += 1;
    // A host that could not pause everything goes on trying. The provider may be away for most of a day; then it answers,
    // though not always, and a person connects again.
    if !ended.paused || !stage.resting() {
        stage.tally.unpaused += 1;
        let hours = stage.dice.random_range(0..20);
        let (since, back) = (stage.now, stage.now + hours * 3_600_000);
        let away = Rates { lost_before: 1_000, ..Rates::default() };
        stage.world.set_faults(sandbox::FaultPlan { planned: Vec::new(), rates: Some(away) });
        let mut failures = 0;
        loop {
            if stage.now >= back {
                let calm = Rates { token_expired: 0, ..stage.rates };
                stage.world.set_faults(sandbox::FaultPlan { planned: Vec::new(), rates: Some(calm) });
                stage.connect();
            }
            if stage.publish(Target::Paused, Vec::new(), rails).is_ok() && stage.resting() {
                break;
            }
            match again_at(failures, since, stage.now) {
                Some(at) => (stage.now, failures) = (at, failures + 1),
                None => {
                    let what = format!("something runs that cannot be paused after {:?}: {}", ended.kind, ended.reason);
                    stage.broken.push(what);
                    stage.tally.overspend += 1;
                    break;
                }
            }
        }
    }
}

/// What is live is what was approved, no less and no more.
fn check_live(stage: &mut Stage, plan: &ChannelPlan) {
    if plan.channel == ChannelType::Klaviyo {
        let wanted = plan.ad_sets.iter().filter(|set| set.status == Delivery::Active).count();
        let sent = stage.world.objects().filter(|object| object.kind == Kind::Campaign && object.active()).count();
        if sent != wanted {
            stage.broken.push(format!("{sent} e-mails go out of {wanted}"));
        }
        return;
    }
    // A set of which every ad rests spends nothing.
    let wanted: i64 = plan
        .ad_sets
        .iter()
        .filter(|set| set.status == Delivery::Active && set.ads.iter().any(|ad| ad.status == Delivery::Active))
        .map(|set| set.budget_daily)
        .sum();
    let active = stage.world.active_daily_budget();
    if active != wanted * 10_000 {
        stage.broken.push(format!("{active} micros a day are live, {wanted} minor units are wanted"));
    }
}

/// Runs the schedules on every core.
fn all(blindly: bool, count: u64) -> (Tally, Vec<String>) {
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    let mut sum = Tally::default();
    let mut broken = Vec::new();
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..cores)
            .map(|core| {
                scope.spawn(move || {
                    let mut sum = Tally::default();
                    let mut broken = Vec::new();
                    for seed in (core..count).step_by(usize::try_from(cores).unwrap()) {
                        let stage = run(seed, blindly);
                        sum.add(&stage.tally);
                        broken.extend(
                            stage.broken.iter().map(|what| format!("seed {seed} ({:?}): {what}", stage.channel)),
                        );
                    }
                    (sum, broken)
                })
            })
            .collect();
        for handle in running {
            let (tally, found) = handle.join().unwrap();
            sum.add(&tally);
            broken.extend(found);
        }
    });
    (sum, broken)
}

#[test]
fn nothing_is_created_twice_and_nothing_spent_that_was_not_approved() {
    let (tally, broken) = all(false, schedules());
    println!(
        "schedules={} duplicates={} overspend={} done={} failed={} unpaused={} crashes={} lost={} refused={} reconnected={} requests={} {:?}",
        tally.schedules,
        tally.duplicates,
        tally.overspend,
        tally.done,
        tally.failed,
        tally.unpaused,
        tally.crashes,
        tally.lost,
        tally.refused,
        tally.reconnected,
        tally.requests,
        tally.kinds
    );
    assert!(broken.is_empty(), "{} broken:\n{}", broken.len(), broken[..broken.len().min(8)].join("\n"));
    assert_eq!((tally.duplicates, tally.overspend), (0, 0));
    assert_eq!(tally.done + tally.failed, tally.schedules);
    assert!(tally.done * 2 > tally.schedules, "most get through: {tally:?}");
    assert!(tally.unpaused > 0, "none failed while something ran: {tally:?}");
    assert!(tally.failed > 0 && tally.crashes > 0 && tally.lost > 0 && tally.refused > 0, "{tally:?}");
}

/// The same schedules with a publisher that sends creations again when no answer comes: the test above can fail.
#[test]
fn a_publisher_that_retries_blindly_makes_duplicates() {
    let (tally, _) = all(true, schedules().min(200));
    println!("blind: schedules={} duplicates={}", tally.schedules, tally.duplicates);
    assert!(tally.duplicates > 0);
}

/// A publisher that has forgotten what it sent finds it sent: it neither sends it again nor stumbles over the parts of
/// an e-mail that can no longer be changed.
#[test]
fn an_email_that_went_out_is_not_sent_again_by_a_publisher_that_forgot_it() {
    for (seed, waits) in (4_100..4_140).map(|seed| (seed, seed % 2 == 0)) {
        let mut stage = Stage::new(ChannelType::Klaviyo, seed, false);
        (stage.crash, stage.stop_after) = (0.0, None);
        let lists: Vec<String> =
            stage.world.objects().filter(|object| object.kind == Kind::List).map(|object| object.id.clone()).collect();
        let plan = plan(ChannelType::Klaviyo, &lists, &mut ChaCha8Rng::seed_from_u64(seed));
        // The answer to the request to send is lost, and lists lag behind.
        let lost = sandbox::Planned {
            fault: sandbox::Fault::LostAfter,
            method: Some("POST".to_owned()),
            path: Some("campaign-send-jobs".to_owned()),
            after: 0,
            times: 1,
        };
        stage.world.set_faults(sandbox::FaultPlan { planned: vec![lost], rates: None });
        let mut rails = Guardrails::initial("EUR");
        stage.publish(Target::Live(plan.clone()), Vec::new(), &mut rails).unwrap();
        // Bound to go out, or gone out.
        stage.now += if waits { 3_600_000 } else { 0 };
        let sent = |stage: &Stage| -> Vec<(String, serde_json::Value)> {
            let mut sent: Vec<_> = stage
                .world
                .objects()
                .filter(|object| object.kind == Kind::Campaign)
                .map(|object| (object.id.clone(), object.body.get("asked_at").cloned().unwrap_or_default()))
                .collect();
            sent.sort_by(|a, b| a.0.cmp(&b.0));
            sent
        };
        let before = sent(&stage);
        assert!(stage.renew() || stage.connect());
        let again = stage.publish(Target::Live(plan), Vec::new(), &mut rails);
        assert!(again.is_ok(), "seed {seed}: {again:?}");
        assert_eq!(sent(&stage), before, "seed {seed}: nothing is sent anew and there is no second campaign");
    }
}

/// What the connector reads is what the market did: units, days and pages.
#[test]
fn figures_arrive_as_they_were() {
    for channel in ChannelType::ALL {
        let seed = 4_000 + ChannelType::ALL.iter().position(|other| *other == channel).unwrap() as u64;
        let mut stage = Stage::new(channel, seed, false);
        (stage.crash, stage.stop_after) = (0.0, None);
        let lists: Vec<String> =
            stage.world.objects().filter(|object| object.kind == Kind::List).map(|object| object.id.clone()).collect();
        let plan = plan(channel, &lists, &mut ChaCha8Rng::seed_from_u64(seed));
        stage.approved = daily(&plan);
        stage.publish(Target::Live(plan), Vec::new(), &mut Guardrails::initial("EUR")).unwrap();
        stage.now += 60_000;
        stage.world.age(12);

        let zone = calendar::Zone::parse("Europe/Berlin").unwrap();
        let today = zone.local_day(stage.now);
        let query = connector::InsightsQuery { level: connector::Level::Ad, from_day: today - 12, to_day: today };
        let level = if channel == ChannelType::Klaviyo { connector::Level::Campaign } else { connector::Level::Ad };
        let query = connector::InsightsQuery { level, ..query };
        let mut rows = Vec::new();
        let mut cursor: Option<String> = None;
        for _ in 0..1_000 {
            stage.now += 61_000; // Klaviyo rations its reports
            if stage.provider.descriptor().auth.contains(&connector::Auth::Oauth) {
                assert!(stage.renew() || stage.connect());
            }
            let now = stage.now;
            let request = stage.provider.insights(&stage.connection.access(now), &query, cursor.as_deref());
            let answer = stage.send(&request);
            let page = stage
                .provider
                .read_insights(&stage.connection.access(now), &query, cursor.as_deref(), &answer)
                .unwrap_or_else(|fault| panic!("{channel:?}: {fault}"));
            assert!(page.skipped.is_empty(), "{channel:?}: {:?}", page.skipped);
            rows.extend(page.rows);
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(cursor, None, "{channel:?}: the pages end");
        if channel == ChannelType::Klaviyo {
            let delivered: i64 = rows.iter().map(|row| row.impressions).sum();
            assert!(delivered > 100 && rows.iter().any(|row| row.clicks > 0), "{rows:?}");
            assert!(rows.iter().all(|row| row.opens >= row.clicks && row.impressions >= row.opens), "{rows:?}");
            continue;
        }
        // Today goes on while pages are read; the days before it stand still but for late conversions.
        let expected = sandbox::days(&stage.world, query.from_day, today - 4, stage.now);
        assert!(expected.len() > 6, "{channel:?}: {} rows", expected.len());
        for day in expected {
            let row = rows
                .iter()
                .find(|row| {
                    let id = day.ad.rsplit('~').next().unwrap_or(&day.ad);
                    row.local_day == day.local_day && row.external_id.rsplit('~').next() == Some(id)
                })
                .unwrap_or_else(|| panic!("{channel:?}: {day:?} is missing among {rows:?}"));
            let figures = day.figures;
            assert_eq!((row.impressions, row.clicks), (figures.impressions, figures.clicks), "{channel:?}");
            #[expect(clippy::cast_precision_loss, reason = "a day's purchases")]
            let conversions = figures.conversions as f64;
            assert!((row.conversions - conversions).abs() < f64::EPSILON, "{channel:?}");
            // Meta reports whole cents, the others micros.
            let cent = if channel == ChannelType::Meta { 10_000 } else { 1 };
            assert!((row.spend_micros - figures.spend_micros).abs() < cent, "{channel:?}: {row:?} {figures:?}");
            assert!(
                (row.conversion_value_micros - figures.value_micros).abs() < cent,
                "{channel:?}: {row:?} {figures:?}"
            );
            assert_eq!(row.currency, "EUR");
        }
    }
}

/// What a pull left behind: its position, and rows by level, day and object with the stamp they were stored with.
#[derive(Clone, Debug, Default, PartialEq)]
struct Pulled {
    position: String,
    rows: BTreeMap<(&'static str, i64, String), (connector::InsightsRow, i64)>,
    /// How often each page was taken, by level and cursor.
    pages: BTreeMap<(&'static str, Option<String>), u32>,
    /// How often it had to be taken up anew.
    turns: u32,
}

/// Pulls as the program does: page by page under the account's budget, in turns, crashing now and then.
fn pull(stage: &mut Stage, from_day: i64, to_day: i64, crash: f64) -> Pulled {
    let levels = stage.provider.descriptor().levels;
    let mut governor = connector::Governor::new(stage.channel);
    let mut pulled = Pulled::default();
    let mut failures = 0;
    'turns: loop {
        pulled.turns += 1;
        assert!(pulled.turns < 3_000 && failures < 5, "{:?}: it never ends: {}", stage.channel, pulled.position);
        let since = stage.now;
        let mut pull = match &*pulled.position {
            "" => Pull::begin(stage.now),
            stored => serde_json::from_str(stored).unwrap(),
        };
        while let Some(query) = pull.query(levels, from_day, to_day) {
            if stage.dice.random_bool(crash) {
                stage.now += 45_000;
                continue 'turns;
            }
            let request = stage.provider.insights(&stage.connection.access(stage.now), &query, pull.cursor());
            let wait = match governor.admit(&request.purpose, false, stage.now) {
                connector::Admission::WaitUntil { at_ms } => Some(at_ms),
                connector::Admission::Go => {
                    let answer = stage.send(&request);
                    if let Ok(response) = &answer {
                        governor.observe(&request.purpose, response, stage.now);
                    }
                    let access = stage.connection.access(stage.now);
                    match stage.provider.read_insights(&access, &query, pull.cursor(), &answer) {
                        Ok(page) => {
                            if stage.dice.random_bool(crash) {
                                stage.now += 45_000; // before it was stored
                                continue 'turns;
                            }
                            let stamp = pull.stamp_ms();
                            *pulled
                                .pages
                                .entry((query.level.as_str(), pull.cursor().map(str::to_owned)))
                                .or_default() += 1;
                            let taken = pull.take(&query, &page, stage.now);
                            for row in page.rows {
                                let key = (query.level.as_str(), row.local_day, row.external_id.clone());
                                pulled.rows.insert(key, (row, stamp));
                            }
                            if let Taken::Complete(level) = taken {
                                let is_older =
                                    |key: &(&str, i64, String), at: i64| key.0 == level.as_str() && at < stamp;
                                pulled.rows.retain(|key, (_, at)| !is_older(key, *at));
                            }
                            pulled.position = serde_json::to_string(&pull).unwrap();
                            failures = 0;
                            None
                        }
                        Err(fault) => match pull.stumble(&fault, stage.now) {
                            Then::At(at) => Some(at),
                            Then::Renew => {
                                assert!(stage.renew() || stage.connect());
                                None
                            }
                            Then::Again => None,
                            Then::BreakOff => {
                                failures += 1;
                                stage.now += 10_000;
                                continue 'turns;
                            }
                            Then::Fail => panic!("{:?}: {fault}", stage.channel),
                        },
                    }
                }
            };
            match wait.map(|until| sit(until, since, stage.now)) {
                Some(Sit::Here(ms)) => stage.now += ms,
                Some(Sit::Away(seconds)) => {
                    stage.now += i64::from(seconds) * 1_000;
                    continue 'turns;
                }
                None => {}
            }
        }
        assert_eq!(pull.rows(), i64::try_from(pulled.rows.len()).unwrap(), "what is counted is what is there");
        return pulled;
    }
}

/// Limits, lost answers and crashes change when figures arrive, never which; and nothing that was stored is asked for
/// again.
#[test]
fn a_pull_goes_on_where_it_was_whatever_happens() {
    let (mut turns, mut pages) = (0, 0);
    for seed in 5_000..5_016_u64 {
        let channel = ChannelType::ALL[usize::try_from(seed % 4).unwrap()];
        let mut stage = Stage::new(channel, seed, false);
        (stage.crash, stage.stop_after) = (0.0, None);
        let lists: Vec<String> =
            stage.world.objects().filter(|object| object.kind == Kind::List).map(|object| object.id.clone()).collect();
        let plan = plan(channel, &lists, &mut ChaCha8Rng::seed_from_u64(seed));
        stage.approved = daily(&plan);
        stage.publish(Target::Live(plan), Vec::new(), &mut Guardrails::initial("EUR")).unwrap();
        stage.now += 60_000;
        stage.world.age(30);
        assert!(stage.renew() || stage.connect());
        // Days that stand still, conversions included.
        let today = calendar::Zone::parse("Europe/Berlin").unwrap().local_day(stage.now);
        let (from, to) = (today - 30, today - 8);
        let calm = pull(&mut stage, from, to, 0.0);
        assert!(!calm.rows.is_empty() && calm.pages.values().all(|count| *count == 1), "{channel:?}: {:?}", calm.pages);

        let rates = Rates {
            seed,
            lost_before: 50,
            lost_after: 50,
            rate_limited: 200,
            server_error: 60,
            token_expired: 30,
            ..Rates::default()
        };
        stage.world.set_faults(sandbox::FaultPlan { planned: Vec::new(), rates: Some(rates) });
        let figures = |pulled: &Pulled| -> Vec<_> {
            pulled.rows.iter().map(|(key, (row, _))| (key.clone(), row.clone())).collect()
        };
        let rough = pull(&mut stage, from, to, 0.1);
        assert_eq!(figures(&rough), figures(&calm), "{channel:?}, seed {seed}");
        assert_eq!(rough.pages, calm.pages, "{channel:?}, seed {seed}: each page was stored once");
        turns += rough.turns;
        pages += rough.pages.len();
    }
    println!("pulls=16 pages={pages} turns={turns}");
    assert!(turns > 32 && pages > 40, "{turns} turns, {pages} pages");
}
