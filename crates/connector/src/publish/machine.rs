//! The publishing machine. See the parent module for how it is driven.

use super::goal::{Found, Goal, Key, Kind, Made, Remote, Remotes, Run, Status};
use crate::account::Access;
use crate::http::{Answer, Effect, Request};
use crate::name;
use crate::outcome::Fault;
use crate::provider::{Image, Provider, Survey, Work};
use campaign::ChannelPlan;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Tries of one step before the publication fails: with the pauses between them more than ten minutes.
const TRIES: u32 = 8;
/// Tries of one step where something is only to be paused or ended: while cleaning up after a failure, and where that is
/// all there is to do. The host is told soon, so that it can see to other channels, and goes on with a new machine.
const TRIES_RESTING: u32 = 4;
/// First pause between two tries, ms; it doubles.
const BACKOFF_MS: i64 = 1_000;
/// Longest pause that is ours to choose, ms. A provider may ask for more.
const BACKOFF_MAX_MS: i64 = 300_000;
/// Longest pause a provider may ask for, ms; beyond it the try counts as failed but is made anyway.
const PATIENCE_MS: i64 = 3_600_000;
/// Pauses before what may have been created is looked for, ms: lists lag behind.
const LOOK_AFTER_MS: [i64; 3] = [2_000, 10_000, 30_000];
/// A token that ends sooner than this is renewed before it is used, ms.
const TOKEN_MARGIN_MS: i64 = 5_000;
/// Tokens refused in a row before a person is asked to connect again.
const TOKENS: u32 = 3;
/// Requests of one publication at most: far above what a plan needs, so that a defect cannot go on for ever.
const CALLS: u64 = 5_000;

/// What is to be made true.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "run", content = "plan", rename_all = "snake_case")]
pub enum Target {
    /// The plan, running.
    Live(ChannelPlan),
    /// The plan, with nothing running.
    Staged(ChannelPlan),
    /// Whatever there is of the campaign rests.
    Paused,
    /// Whatever there is of the campaign is over.
    Ended,
}

impl Target {
    const fn plan(&self) -> Option<&ChannelPlan> {
        match self {
            Self::Live(plan) | Self::Staged(plan) => Some(plan),
            Self::Paused | Self::Ended => None,
        }
    }
}

/// What the host is to do next.
#[derive(Debug)]
pub enum Action {
    /// Store the machine, then send.
    Send {
        /// Names the request in [`Machine::answer`] and [`Machine::refuse`].
        call: u64,
        /// What to send.
        request: Request,
        /// Whether it can make money flow or mail leave: ask the spend guard, at the very last.
        spends: bool,
    },
    /// Ask again then.
    Wait {
        /// UTC ms.
        until_ms: i64,
    },
    /// Renew the token and ask again with it; [`Machine::abandon`] when that fails.
    NeedToken {
        /// Why.
        reason: String,
    },
    /// Hand in an image with [`Machine::image`] and ask again; [`Machine::abandon`] when it is gone.
    NeedImage {
        /// Our id of it.
        asset_id: String,
    },
    /// The target is reached.
    Done(Report),
    /// It cannot be reached; what this run had activated is paused again as far as that was possible.
    Failed(Failure),
}

/// How a publication ended well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// What is there now.
    pub objects: Vec<Remote>,
    /// What is worth telling, for people.
    pub notes: Vec<String>,
    /// Requests sent.
    pub calls: u64,
}

/// How a publication failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What kind of failure.
    pub kind: FailureKind,
    /// In words, for people.
    pub reason: String,
    /// Where in the plan, as a JSON pointer; empty when it is not about a part of it.
    pub field: String,
    /// Whether everything this run activated is paused again. When not, `reason` says what may be running. Never where
    /// the target was that things rest: they may not.
    pub paused: bool,
    /// What is there now.
    pub objects: Vec<Remote>,
    /// What is worth telling, for people.
    pub notes: Vec<String>,
    /// Requests sent.
    pub calls: u64,
}

/// Kinds of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The provider refuses something in the plan.
    Refused,
    /// The spend guard said no.
    Stopped,
    /// A person has to connect the account again.
    Reauth,
    /// The account is closed to us.
    Disconnected,
    /// The program's API version is switched off.
    VersionSunset,
    /// The provider did not answer usefully, often enough.
    Unreachable,
    /// The host gave up.
    Abandoned,
}

/// How far it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Objects that are as wanted.
    pub step: usize,
    /// Objects wanted.
    pub of: usize,
    /// What is going on, for people.
    pub text: String,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
enum Step {
    Survey { kind: Kind },
    Create { key: Key },
    Update { key: Key },
    Budget { key: Key, budget: i64 },
    Run { kind: Kind, external_id: String, run: Run },
}

impl Step {
    fn label(&self) -> String {
        match self {
            Self::Survey { kind } => format!("survey/{}", kind.as_str()),
            Self::Create { key } => format!("create/{}/{}", key.kind.as_str(), key.local_id),
            Self::Update { key } => format!("update/{}/{}", key.kind.as_str(), key.local_id),
            Self::Budget { key, .. } => format!("budget/{}/{}", key.kind.as_str(), key.local_id),
            Self::Run { kind, external_id, run } => format!("{run:?}/{}/{external_id}", kind.as_str()).to_lowercase(),
        }
    }

    const fn kind(&self) -> Kind {
        match self {
            Self::Survey { kind } | Self::Run { kind, .. } => *kind,
            Self::Create { key } | Self::Update { key } | Self::Budget { key, .. } => key.kind,
        }
    }

    const fn verb(&self) -> &'static str {
        match self {
            Self::Survey { .. } => "read back",
            Self::Create { .. } => "create",
            Self::Update { .. } => "change",
            Self::Budget { .. } => "set the budget of",
            Self::Run { run: Run::Active, .. } => "activate",
            Self::Run { run: Run::Paused, .. } => "pause",
            Self::Run { run: Run::Ended, .. } => "end",
        }
    }
}

/// A request that is out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Flight {
    call: u64,
    step: Step,
    effect: Effect,
    /// What would have been written, should it turn out that it was.
    fingerprint: String,
    /// A digest of the token it carries.
    token: String,
}

/// A step of which nobody knows whether it took effect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Doubt {
    step: Step,
    fingerprint: String,
    looks: usize,
    /// The provider says that it is there, so it is not to be created again whatever lists say.
    exists: bool,
    reason: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Failing {
    kind: FailureKind,
    reason: String,
    field: String,
    /// What could not be paused again.
    left: Vec<String>,
}

/// A publication of one campaign at one provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    campaign_id: String,
    target: Target,
    seed: u64,
    remotes: Remotes,
    /// What this run wrote and had confirmed: lists that lag behind do not override it.
    confirmed: BTreeSet<String>,
    surveyed: BTreeSet<Kind>,
    cursor: Option<String>,
    flight: Option<Flight>,
    doubt: Option<Doubt>,
    tries: BTreeMap<String, u32>,
    wait_until_ms: i64,
    refused_token: Option<String>,
    refused_tokens: u32,
    /// What this run activated, or may have: kind and the provider's id.
    activated: Vec<(Kind, String)>,
    failing: Option<Failing>,
    failed: Option<Failure>,
    notes: Vec<String>,
    calls: u64,
    #[serde(skip)]
    image: Option<HeldImage>,
}

/// Bytes are never part of the stored state.
#[derive(Clone, Debug, PartialEq)]
struct HeldImage {
    asset_id: String,
    media_type: String,
    bytes: Vec<u8>,
}

impl Machine {
    /// A machine at its start. `known` is what is remembered from earlier publications, `seed` anything random: it
    /// spreads retries.
    #[must_use]
    pub fn new(campaign_id: &str, target: Target, known: Vec<Remote>, seed: u64) -> Self {
        Self {
            campaign_id: campaign_id.to_owned(),
            target,
            seed,
            remotes: Remotes::new(known),
            confirmed: BTreeSet::new(),
            surveyed: BTreeSet::new(),
            cursor: None,
            flight: None,
            doubt: None,
            tries: BTreeMap::new(),
            wait_until_ms: 0,
            refused_token: None,
            refused_tokens: 0,
            activated: Vec::new(),
            failing: None,
            failed: None,
            notes: Vec::new(),
            calls: 0,
            image: None,
        }
    }

    /// What is known to be there.
    #[must_use]
    pub fn objects(&self) -> &[Remote] {
        self.remotes.as_slice()
    }

    /// What is to be made true.
    #[must_use]
    pub const fn target(&self) -> &Target {
        &self.target
    }

    /// What to do next. A request that is still out is taken for lost.
    pub fn next(&mut self, provider: &dyn Provider, access: &Access<'_>, now_ms: i64) -> Action {
        if let Some(failure) = &self.failed {
            return Action::Failed(failure.clone());
        }
        if let Some(flight) = self.flight.take() {
            let lost = "the answer was lost when the program stopped".to_owned();
            let fault = match flight.effect {
                Effect::Once => Fault::Ambiguous { reason: lost },
                Effect::Read | Effect::Repeatable => Fault::Retry { after_ms: Some(0), reason: lost },
            };
            self.stumble(provider, access, flight, fault, now_ms);
        }
        loop {
            if self.wait_until_ms > now_ms {
                return Action::Wait { until_ms: self.wait_until_ms };
            }
            let step = match self.decide(provider, access) {
                Ok(Some(step)) => step,
                Ok(None) => return self.conclude(),
                Err((fault, field)) => {
                    self.fail(kind_of(&fault), fault.to_string(), field);
                    continue;
                }
            };
            if let Some(reason) = self.token_trouble(access, now_ms) {
                return Action::NeedToken { reason };
            }
            if self.calls >= CALLS {
                self.fail(FailureKind::Unreachable, format!("{CALLS} requests did not reach the goal"), String::new());
                self.leave_running();
                continue;
            }
            match self.request(provider, access, &step) {
                Ok(Some(Built { request, spends, fingerprint })) => {
                    self.calls += 1;
                    self.flight = Some(Flight {
                        call: self.calls,
                        step,
                        effect: request.effect,
                        fingerprint,
                        token: digest(access),
                    });
                    return Action::Send { call: self.calls, request, spends };
                }
                Ok(None) => self.settle_without_request(provider, access, &step, now_ms),
                Err(Missing::Image(asset_id)) => return Action::NeedImage { asset_id },
                Err(Missing::Refused(fault, field)) => {
                    self.fail(kind_of(&fault), fault.to_string(), field);
                }
            }
        }
    }

    /// Takes what came of the request that [`Action::Send`] named. Answers to anything else are ignored.
    pub fn answer(&mut self, provider: &dyn Provider, access: &Access<'_>, call: u64, answer: &Answer, now_ms: i64) {
        let Some(flight) = self.flight.take_if(|flight| flight.call == call) else { return };
        let outcome = provider
            .judge(answer, flight.effect)
            .and_then(|response| self.take_in(provider, access, &flight, &response, now_ms));
        match outcome {
            Ok(()) => {
                self.refused_tokens = 0;
                self.tries.remove(&flight.step.label());
            }
            Err(fault) => self.stumble(provider, access, flight, fault, now_ms),
        }
    }

    /// The spend guard said no to a request, which was not sent. What this run activated is paused again.
    pub fn refuse(&mut self, call: u64, reason: &str) {
        if self.flight.take_if(|flight| flight.call == call).is_some() {
            self.fail(FailureKind::Stopped, reason.to_owned(), String::new());
        }
    }

    /// Gives up: a token cannot be renewed, an image is gone, the campaign was withdrawn. What this run activated is
    /// paused again as far as possible; ask [`Machine::next`] for what that takes. Called a second time it ends there.
    pub fn abandon(&mut self, kind: FailureKind, reason: &str) {
        if self.failing.is_some() {
            self.leave_running();
        }
        self.fail(kind, reason.to_owned(), String::new());
    }

    /// Hands in the image that [`Action::NeedImage`] asked for. It is kept in memory until it is sent.
    pub fn image(&mut self, asset_id: &str, media_type: &str, bytes: Vec<u8>) {
        self.image = Some(HeldImage { asset_id: asset_id.to_owned(), media_type: media_type.to_owned(), bytes });
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self, provider: &dyn Provider, access: &Access<'_>) -> Progress {
        let text = self
            .flight
            .as_ref()
            .map_or_else(String::new, |flight| format!("{} {}", flight.step.verb(), flight.step.kind().noun()));
        let Some(plan) = self.target.plan() else {
            let resting = self.remotes.of(Kind::Campaign).filter(|remote| remote.status != Status::Active).count();
            return Progress { step: resting, of: self.remotes.of(Kind::Campaign).count(), text };
        };
        let goals = provider.goals(access, plan).unwrap_or_default();
        let reached =
            goals.iter().filter(|goal| self.is_reached(goal) || provider.is_past(plan, goal, &self.remotes)).count();
        Progress { step: reached, of: goals.len(), text }
    }

    fn is_reached(&self, goal: &Goal) -> bool {
        self.remotes.get(&goal.key).is_some_and(|remote| {
            remote.status == Status::Finished
                || (remote.fingerprint == goal.fingerprint
                    && goal.budget.is_none_or(|budget| remote.budget == Some(budget))
                    && self.wanted_run(goal).is_none_or(|run| stands(remote.status, run)))
        })
    }

    /// What a goal is to be, seen together with the target.
    fn wanted_run(&self, goal: &Goal) -> Option<Run> {
        match (&self.target, goal.run) {
            (_, None) => None,
            (Target::Live(_), run) => run,
            // While its campaign rests it does not matter what an ad is; it is left as it is.
            (_, Some(_)) => goal.gate.then_some(Run::Paused),
        }
    }

    /// The next thing to do; `None` when nothing is left.
    fn decide(&mut self, provider: &dyn Provider, access: &Access<'_>) -> Result<Option<Step>, (Fault, String)> {
        if self.failing.is_some() {
            return Ok(self.activated.last().map(|(kind, external_id)| Step::Run {
                kind: *kind,
                external_id: external_id.clone(),
                run: Run::Paused,
            }));
        }
        if let Some(doubt) = &self.doubt {
            return Ok(Some(Step::Survey { kind: doubt.step.kind() }));
        }
        for kind in provider.kinds() {
            // To stop, campaigns are enough.
            if self.surveyed.contains(kind) || (self.target.plan().is_none() && *kind != Kind::Campaign) {
                continue;
            }
            let survey = self.survey(*kind);
            if self.cursor.is_some() || provider.survey(access, &survey).is_some() {
                return Ok(Some(Step::Survey { kind: *kind }));
            }
            self.surveyed.insert(*kind);
        }
        let Some(plan) = self.target.plan() else {
            let run = if matches!(self.target, Target::Ended) { Run::Ended } else { Run::Paused };
            return Ok(self
                .remotes
                .of(Kind::Campaign)
                .find(|remote| !stands(remote.status, run) && provider.set_run(access, remote, run).is_some())
                .map(|remote| run_step(remote, run)));
        };
        let goals = provider.goals(access, plan).map_err(|fault| {
            let field = if let Fault::FixInput { field, .. } = &fault { field.clone() } else { String::new() };
            (fault, field)
        })?;
        Ok(self.stop_what_must_not_run(provider, access, &goals).or_else(|| {
            self.lower_budget(provider, access, &goals)
                .or_else(|| self.create_or_update(provider, plan, &goals))
                .or_else(|| self.raise_budget(provider, access, &goals))
                .or_else(|| self.activate(provider, access, &goals))
        }))
    }

    fn stop_what_must_not_run(&self, provider: &dyn Provider, access: &Access<'_>, goals: &[Goal]) -> Option<Step> {
        let wanted: BTreeMap<&Key, &Goal> = goals.iter().map(|goal| (&goal.key, goal)).collect();
        self.remotes
            .as_slice()
            .iter()
            .filter(|remote| remote.status == Status::Active)
            .find(|remote| {
                let unwanted = match wanted.get(&remote.key) {
                    Some(goal) => self.wanted_run(goal) == Some(Run::Paused),
                    None => true,
                };
                unwanted && provider.set_run(access, remote, Run::Paused).is_some()
            })
            .map(|remote| run_step(remote, Run::Paused))
    }

    fn lower_budget(&self, provider: &dyn Provider, access: &Access<'_>, goals: &[Goal]) -> Option<Step> {
        self.budget_step(provider, access, goals, |there, wanted| there.is_some_and(|there| there > wanted))
    }

    fn raise_budget(&self, provider: &dyn Provider, access: &Access<'_>, goals: &[Goal]) -> Option<Step> {
        self.budget_step(provider, access, goals, |there, wanted| there != Some(wanted))
    }

    fn budget_step(
        &self,
        provider: &dyn Provider,
        access: &Access<'_>,
        goals: &[Goal],
        differs: impl Fn(Option<i64>, i64) -> bool,
    ) -> Option<Step> {
        goals.iter().find_map(|goal| {
            let budget = goal.budget?;
            let remote = self.remotes.get(&goal.key)?;
            let due = differs(remote.budget, budget) && provider.set_budget(access, remote, budget).is_some();
            due.then(|| Step::Budget { key: goal.key.clone(), budget })
        })
    }

    fn create_or_update(&self, provider: &dyn Provider, plan: &ChannelPlan, goals: &[Goal]) -> Option<Step> {
        goals.iter().find_map(|goal| match self.remotes.get(&goal.key) {
            None if provider.is_past(plan, goal, &self.remotes) => None,
            None => Some(Step::Create { key: goal.key.clone() }),
            Some(remote) if remote.status != Status::Finished && remote.fingerprint != goal.fingerprint => {
                Some(Step::Update { key: goal.key.clone() })
            }
            Some(_) => None,
        })
    }

    fn activate(&self, provider: &dyn Provider, access: &Access<'_>, goals: &[Goal]) -> Option<Step> {
        // Deepest first, gates last.
        let (gates, others): (Vec<&Goal>, Vec<&Goal>) = goals.iter().partition(|goal| goal.gate);
        others.into_iter().rev().chain(gates).find_map(|goal| {
            let remote = self.remotes.get(&goal.key)?;
            let due = self.wanted_run(goal) == Some(Run::Active)
                && remote.status == Status::Paused
                && provider.set_run(access, remote, Run::Active).is_some();
            due.then(|| run_step(remote, Run::Active))
        })
    }

    /// Nothing is left to do.
    fn conclude(&mut self) -> Action {
        if let Some(failing) = self.failing.take() {
            let mut reason = failing.reason;
            if !failing.left.is_empty() {
                reason = format!(
                    "{reason}. These could not be paused again and may be running: {}. Look at the provider",
                    failing.left.join(", ")
                );
            }
            let failure = Failure {
                kind: failing.kind,
                reason,
                field: failing.field,
                paused: failing.left.is_empty() && self.target.plan().is_some(),
                objects: self.remotes.as_slice().to_vec(),
                notes: self.notes.clone(),
                calls: self.calls,
            };
            self.failed = Some(failure.clone());
            return Action::Failed(failure);
        }
        Action::Done(Report { objects: self.remotes.as_slice().to_vec(), notes: self.notes.clone(), calls: self.calls })
    }

    fn survey(&self, kind: Kind) -> Survey<'_> {
        Survey { campaign_id: &self.campaign_id, kind, remotes: &self.remotes, cursor: self.cursor.as_deref() }
    }

    fn token_trouble(&self, access: &Access<'_>, now_ms: i64) -> Option<String> {
        if self.refused_token.as_ref() == Some(&digest(access)) {
            return Some("the provider no longer accepts the access token".to_owned());
        }
        access.credentials.ends_within(TOKEN_MARGIN_MS, now_ms).then(|| "the access token has ended".to_owned())
    }

    fn request(&self, provider: &dyn Provider, access: &Access<'_>, step: &Step) -> Result<Option<Built>, Missing> {
        let free = |request| Built { request, spends: false, fingerprint: String::new() };
        match step {
            Step::Survey { kind } => Ok(provider.survey(access, &self.survey(*kind)).map(free)),
            Step::Run { kind, external_id, run } => {
                let remote = self.remote(*kind, external_id);
                let request = remote.and_then(|remote| provider.set_run(access, remote, *run));
                Ok(request.map(|request| Built { request, spends: *run == Run::Active, fingerprint: String::new() }))
            }
            Step::Budget { key, budget } => {
                let Some(remote) = self.remotes.get(key) else { return Ok(None) };
                let spends = remote.budget.is_none_or(|there| there < *budget);
                Ok(provider.set_budget(access, remote, *budget).map(|request| Built {
                    request,
                    spends,
                    fingerprint: String::new(),
                }))
            }
            Step::Create { key } | Step::Update { key } => {
                let Some(plan) = self.target.plan() else { return Ok(None) };
                let goals = provider.goals(access, plan).map_err(|fault| Missing::Refused(fault, String::new()))?;
                let Some(goal) = goals.iter().find(|goal| goal.key == *key) else { return Ok(None) };
                let refused = |fault| Missing::Refused(fault, goal.field.clone());
                let mut work = Work { plan, goal, remotes: &self.remotes, image: None };
                let request = if matches!(step, Step::Create { .. }) {
                    if key.kind == Kind::Image {
                        let held = self.image.as_ref().filter(|held| held.asset_id == key.local_id);
                        let held = held.ok_or_else(|| Missing::Image(key.local_id.clone()))?;
                        work.image =
                            Some(Image { asset_id: &held.asset_id, media_type: &held.media_type, bytes: &held.bytes });
                    }
                    Some(provider.create(access, &work).map_err(refused)?)
                } else {
                    let Some(remote) = self.remotes.get(key) else { return Ok(None) };
                    provider.update(access, &work, remote).map_err(refused)?
                };
                Ok(request.map(|request| Built { request, spends: false, fingerprint: goal.fingerprint.clone() }))
            }
        }
    }

    fn remote(&self, kind: Kind, external_id: &str) -> Option<&Remote> {
        self.remotes.of(kind).find(|remote| remote.external_id == external_id)
    }

    /// The provider has no request for a step: it is as good as it gets.
    fn settle_without_request(&mut self, provider: &dyn Provider, access: &Access<'_>, step: &Step, now_ms: i64) {
        match step {
            Step::Update { key } => {
                let fingerprint = self.goal(provider, access, key).map(|goal| goal.fingerprint);
                self.change(key, |remote| remote.fingerprint = fingerprint.unwrap_or_default());
            }
            Step::Run { kind, external_id, .. } if self.failing.is_some() => {
                let (kind, external_id) = (*kind, external_id.clone());
                self.activated.retain(|other| *other != (kind, external_id.clone()));
                self.leave(kind, &external_id);
            }
            Step::Survey { kind } => {
                self.surveyed.insert(*kind);
                self.settle_doubt(now_ms);
            }
            // `decide` proposes these only when there is a request.
            Step::Create { .. } | Step::Budget { .. } | Step::Run { .. } => {}
        }
    }

    fn goal(&self, provider: &dyn Provider, access: &Access<'_>, key: &Key) -> Option<Goal> {
        provider.goals(access, self.target.plan()?).ok()?.into_iter().find(|goal| goal.key == *key)
    }

    fn change(&mut self, key: &Key, change: impl FnOnce(&mut Remote)) {
        let external_id = self.remotes.get(key).map(|remote| remote.external_id.clone());
        if let Some(remote) = external_id.and_then(|id| self.remotes.by_external_mut(key.kind, &id)) {
            change(remote);
        }
    }

    /// Takes in an answer that says yes.
    fn take_in(
        &mut self,
        provider: &dyn Provider,
        access: &Access<'_>,
        flight: &Flight,
        response: &crate::http::Response,
        now_ms: i64,
    ) -> Result<(), Fault> {
        match &flight.step {
            Step::Survey { kind } => {
                let page = provider.read_survey(access, &self.survey(*kind), response)?;
                let goals = match self.target.plan() {
                    Some(plan) => provider.goals(access, plan).unwrap_or_default(),
                    None => Vec::new(),
                };
                if self.cursor.is_none() && matches!(kind, Kind::Targeting | Kind::Keywords) {
                    // Their details are lists, complete only when read from the start.
                    self.remotes.forget_details(*kind);
                }
                for found in page.found {
                    self.merge(*kind, found, &goals);
                }
                self.cursor = page.next;
                if self.cursor.is_none() {
                    self.surveyed.insert(*kind);
                    self.settle_doubt(now_ms);
                }
            }
            Step::Create { key } => {
                let made = {
                    let plan = self.target.plan();
                    let goal = self.goal(provider, access, key);
                    let (Some(plan), Some(goal)) = (plan, goal) else {
                        return Err(Fault::Ambiguous { reason: "the plan changed under way".to_owned() });
                    };
                    let work = Work { plan, goal: &goal, remotes: &self.remotes, image: None };
                    (provider.read_created(&work, response)?, goal)
                };
                self.created(made.0, &made.1);
            }
            Step::Update { key } => {
                let fingerprint = flight.fingerprint.clone();
                self.change(key, |remote| remote.fingerprint = fingerprint);
            }
            Step::Budget { key, budget } => {
                let budget = *budget;
                self.change(key, |remote| remote.budget = Some(budget));
                self.confirmed.insert(format!("budget/{}/{}", key.kind.as_str(), key.local_id));
            }
            Step::Run { kind, external_id, run } => self.ran(*kind, external_id, *run),
        }
        Ok(())
    }

    fn created(&mut self, made: Made, goal: &Goal) {
        if goal.key.kind == Kind::Image {
            self.image = None;
        }
        self.remotes.push(Remote {
            key: goal.key.clone(),
            external_id: made.external_id,
            name: goal.name.clone(),
            status: Status::Paused,
            budget: goal.budget,
            fingerprint: goal.fingerprint.clone(),
            detail: made.detail,
        });
    }

    fn ran(&mut self, kind: Kind, external_id: &str, run: Run) {
        let status = if run == Run::Active { Status::Active } else { Status::Paused };
        if let Some(remote) = self.remotes.by_external_mut(kind, external_id) {
            remote.status = status;
        }
        self.confirmed.insert(format!("run/{}/{external_id}", kind.as_str()));
        let this = (kind, external_id.to_owned());
        self.activated.retain(|other| *other != this);
        if run == Run::Active {
            self.activated.push(this);
        }
    }

    /// Gives up pausing again what this run activated.
    fn leave_running(&mut self) {
        for (kind, external_id) in std::mem::take(&mut self.activated) {
            self.leave(kind, &external_id);
        }
    }

    fn leave(&mut self, kind: Kind, external_id: &str) {
        let name = self.remote(kind, external_id).map_or_else(|| external_id.to_owned(), |remote| remote.name.clone());
        if let Some(failing) = &mut self.failing {
            failing.left.push(format!("{} {name} ({external_id})", kind.noun()));
        }
    }

    /// Takes in an object that was read back.
    fn merge(&mut self, kind: Kind, found: Found, goals: &[Goal]) {
        if !found.mark.starts_with(&name::campaign_mark(&self.campaign_id)) {
            return;
        }
        let ran = self.confirmed.contains(&format!("run/{}/{}", kind.as_str(), found.external_id));
        if let Some(remote) = self.remotes.by_external_mut(kind, &found.external_id) {
            let budgeted = self.confirmed.contains(&format!("budget/{}/{}", kind.as_str(), remote.key.local_id));
            remote.name = found.name;
            if !ran {
                remote.status = found.status;
            }
            if !budgeted && found.budget.is_some() {
                remote.budget = found.budget;
            }
            remote.detail.extend(found.detail);
            return;
        }
        if found.status == Status::Removed {
            return;
        }
        let goal = goals.iter().find(|goal| goal.key.kind == kind && goal.mark == found.mark);
        let free = goal.filter(|goal| self.remotes.get(&goal.key).is_none());
        if goal.is_some() && free.is_none() {
            self.notes.push(format!(
                "{} is there twice at the provider ({}); the second one is kept paused",
                found.name, found.external_id
            ));
        }
        // What this run may just have created is as it was to be written.
        let fingerprint = match (&self.doubt, free) {
            (Some(Doubt { step: Step::Create { key }, fingerprint, .. }), Some(goal)) if *key == goal.key => {
                fingerprint.clone()
            }
            _ => String::new(),
        };
        let local_id =
            free.map_or_else(|| format!("{}:{}", found.mark, found.external_id), |goal| goal.key.local_id.clone());
        self.remotes.push(Remote {
            key: Key { kind, local_id },
            external_id: found.external_id,
            name: found.name,
            status: found.status,
            budget: found.budget,
            fingerprint,
            detail: found.detail,
        });
    }

    /// A list has been read: is the doubt over?
    fn settle_doubt(&mut self, now_ms: i64) {
        let Some(mut doubt) = self.doubt.take() else { return };
        doubt.looks += 1;
        let over = match &doubt.step {
            Step::Create { key } => self.remotes.get(key).is_some(),
            Step::Run { kind, external_id, run } => {
                let is = self.remote(*kind, external_id).is_some_and(|remote| stands(remote.status, *run));
                if is {
                    self.ran(*kind, &external_id.clone(), *run);
                }
                is
            }
            // Written again, from what was read.
            Step::Update { .. } | Step::Budget { .. } | Step::Survey { .. } => true,
        };
        if over {
            return;
        }
        if doubt.looks < LOOK_AFTER_MS.len() {
            let pause = LOOK_AFTER_MS.get(doubt.looks).copied().unwrap_or(BACKOFF_MS);
            self.wait_until_ms = now_ms.saturating_add(self.jitter(pause));
            self.surveyed.remove(&doubt.step.kind());
            self.doubt = Some(doubt);
        } else if doubt.exists {
            self.fail(
                FailureKind::Refused,
                format!("{}; but it cannot be found by its name. Remove or rename it at the provider", doubt.reason),
                String::new(),
            );
        }
    }

    /// Takes in an answer that says no, or none at all.
    fn stumble(&mut self, provider: &dyn Provider, access: &Access<'_>, flight: Flight, fault: Fault, now_ms: i64) {
        // An unreadable answer to what may be repeated: repeat it, and keep whatever doubt there is.
        let fault = match fault {
            Fault::Ambiguous { reason } if flight.effect != Effect::Once => Fault::Retry { after_ms: None, reason },
            fault => fault,
        };
        let label = flight.step.label();
        let limit = if self.failing.is_some() || self.target.plan().is_none() { TRIES_RESTING } else { TRIES };
        let tries = {
            let tries = self.tries.entry(label).or_insert(0);
            *tries += 1;
            *tries
        };
        let noun = flight.step.kind().noun();
        let what = format!("could not {} the {noun}", flight.step.verb());
        // Whatever may have been activated must be paused again should this fail.
        if let (Step::Run { kind, external_id, run: Run::Active }, Fault::Ambiguous { .. } | Fault::Retry { .. }) =
            (&flight.step, &fault)
        {
            let this = (*kind, external_id.clone());
            if !self.activated.contains(&this) {
                self.activated.push(this);
            }
        }
        match fault {
            Fault::Reauth { reason } => {
                self.refused_tokens += 1;
                self.refused_token = Some(flight.token);
                if self.refused_tokens > TOKENS {
                    self.give_up(&flight.step, FailureKind::Reauth, format!("connect the account again: {reason}"));
                }
            }
            Fault::Retry { after_ms, reason } => {
                if tries >= limit {
                    self.give_up(&flight.step, FailureKind::Unreachable, format!("{what} in {tries} tries: {reason}"));
                }
                self.pause(tries, after_ms, now_ms);
            }
            Fault::Ambiguous { reason } | Fault::Exists { reason } if self.failing.is_none() && tries >= limit => {
                self.give_up(&flight.step, FailureKind::Unreachable, format!("{what} in {tries} tries: {reason}"));
            }
            Fault::Ambiguous { reason } => self.look(flight, false, reason, tries, limit, now_ms),
            Fault::Exists { reason } => self.look(flight, true, reason, tries, limit, now_ms),
            Fault::Gone { reason } => {
                let external_id = match &flight.step {
                    Step::Run { external_id, .. } => Some(external_id.clone()),
                    Step::Update { key } | Step::Budget { key, .. } => {
                        self.remotes.get(key).map(|remote| remote.external_id.clone())
                    }
                    Step::Survey { .. } | Step::Create { .. } => None,
                };
                let known = external_id.and_then(|id| self.remotes.by_external_mut(flight.step.kind(), &id));
                if let Some(remote) = known {
                    remote.status = Status::Removed;
                    self.notes.push(format!("{} was removed at the provider", remote.name));
                    let gone = (remote.key.kind, remote.external_id.clone());
                    self.activated.retain(|other| *other != gone);
                } else if tries >= limit {
                    self.give_up(&flight.step, FailureKind::Refused, format!("{what}: {reason}"));
                } else {
                    self.pause(tries, None, now_ms);
                }
            }
            Fault::FixInput { field, rule, message } => {
                let pointer = match &flight.step {
                    Step::Create { key } | Step::Update { key } | Step::Budget { key, .. } => {
                        self.goal(provider, access, key).map(|goal| goal.field)
                    }
                    Step::Survey { .. } | Step::Run { .. } => None,
                };
                let place = if field.is_empty() { String::new() } else { format!(" ({field})") };
                let rule = if rule.is_empty() { String::new() } else { format!(" [{rule}]") };
                self.give_up(&flight.step, FailureKind::Refused, format!("{what}{place}: {message}{rule}"));
                if let (Some(failing), Some(pointer)) = (&mut self.failing, pointer) {
                    failing.field = pointer;
                }
            }
            Fault::Disconnect { reason } => self.give_up(&flight.step, FailureKind::Disconnected, reason),
            Fault::VersionSunset { reason } => self.give_up(&flight.step, FailureKind::VersionSunset, reason),
        }
    }

    /// Begins to look whether a step took effect.
    fn look(&mut self, flight: Flight, exists: bool, reason: String, tries: u32, limit: u32, now_ms: i64) {
        if self.failing.is_some() {
            // Pausing is tried again without looking.
            if tries >= limit {
                self.give_up(&flight.step, FailureKind::Unreachable, reason);
            }
            self.pause(tries, None, now_ms);
            return;
        }
        self.surveyed.remove(&flight.step.kind());
        self.cursor = None;
        self.doubt = Some(Doubt { step: flight.step, fingerprint: flight.fingerprint, looks: 0, exists, reason });
        self.wait_until_ms = now_ms.saturating_add(self.jitter(LOOK_AFTER_MS.first().copied().unwrap_or(BACKOFF_MS)));
    }

    fn pause(&mut self, tries: u32, after_ms: Option<i64>, now_ms: i64) {
        let doubling = BACKOFF_MS.saturating_mul(1_i64 << tries.saturating_sub(1).min(20)).min(BACKOFF_MAX_MS);
        let asked = after_ms.unwrap_or(0).clamp(0, PATIENCE_MS);
        self.wait_until_ms = now_ms.saturating_add(self.jitter(doubling).max(asked));
    }

    /// Between half and the whole of `ms`, by the seed and the number of calls.
    fn jitter(&self, ms: i64) -> i64 {
        // SplitMix64 (Steele, Lea & Flood 2014, "Fast splittable pseudorandom number generators").
        let mut z = self.seed.wrapping_add(self.calls.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        let half = ms / 2;
        half.saturating_add(i64::try_from(z % 1_000).unwrap_or(0).saturating_mul(ms - half) / 1_000)
    }

    /// One step is beyond us: the publication fails, or, failing already, leaves that behind.
    fn give_up(&mut self, step: &Step, kind: FailureKind, reason: String) {
        if self.failing.is_none() {
            self.fail(kind, reason, String::new());
        } else if let Step::Run { kind, external_id, .. } = step {
            let this = (*kind, external_id.clone());
            self.activated.retain(|other| *other != this);
            self.leave(*kind, external_id);
        }
    }

    fn fail(&mut self, kind: FailureKind, reason: String, field: String) {
        self.doubt = None;
        self.cursor = None;
        self.wait_until_ms = 0;
        if self.failing.is_none() && self.failed.is_none() {
            // A pause that is wanted anyway needs no undoing; what failed to be paused is named.
            self.tries.clear();
            self.failing = Some(Failing { kind, reason, field, left: Vec::new() });
        }
    }
}

struct Built {
    request: Request,
    spends: bool,
    fingerprint: String,
}

enum Missing {
    Image(String),
    Refused(Fault, String),
}

fn run_step(remote: &Remote, run: Run) -> Step {
    Step::Run { kind: remote.key.kind, external_id: remote.external_id.clone(), run }
}

const fn stands(status: Status, run: Run) -> bool {
    match run {
        Run::Active => matches!(status, Status::Active | Status::Finished),
        Run::Paused | Run::Ended => !matches!(status, Status::Active),
    }
}

const fn kind_of(fault: &Fault) -> FailureKind {
    match fault {
        Fault::Reauth { .. } => FailureKind::Reauth,
        Fault::Disconnect { .. } => FailureKind::Disconnected,
        Fault::VersionSunset { .. } => FailureKind::VersionSunset,
        Fault::FixInput { .. } | Fault::Exists { .. } | Fault::Gone { .. } => FailureKind::Refused,
        Fault::Retry { .. } | Fault::Ambiguous { .. } => FailureKind::Unreachable,
    }
}

/// Tells tokens apart without keeping them.
fn digest(access: &Access<'_>) -> String {
    let mut digest = name::fingerprint(&access.credentials.access_token);
    digest.truncate(16);
    digest
}
