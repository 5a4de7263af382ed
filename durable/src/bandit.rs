//! The Bandit object.
//!
//! - **One instance stands for** one experiment of one tenant.
//! - **It stores** the variants with their counts, which visitor was shown which, when and with what probability; where the
//!   experiment has a context, the visitor's features and each variant's sums over them; see `store`.
//! - **It is called by** the API (`/begin`, `/decide`, `/look`, `/report`, `/cases`, `/end`) and by the sinks' writer (`/reward`),
//!   through `platform::bandit_object`.
//! - **Its single thread protects** that a visitor keeps their variant and counts once, however often they come or buy.
//!
//! A visitor whose variant was paused is shown another and counts for that one from then on. A minute after something
//! changed an alarm judges the variants (crate `bandit`), tells `experiment_variants`, the day's line of
//! `experiment_snapshots`, and the audit log of what was paused or has won. While nothing changes it judges a few times a
//! day all the same: who does not convert within the experiment's window is known better to have failed by the hour.

mod context;
mod exposure;
mod store;

use bandit::best::pick;
use bandit::contextual::{self, Model, Segment};
use bandit::delay::{Ledger, SLOTS, slot, width};
use bandit::posterior::Counts;
use bandit::replay::{Logged, evaluate};
use bandit::{Arm, ArmStatus, Config, Judged, Verdict, judge_by, propensities};
use control::audit::{Entry, SYSTEM};
use platform::bandit_object::{
    self, BEGIN, Begin, CASES, Compare, DECIDE, Decide, Decision, END, Figures, LOOK, Policy, REPORT, REWARD, Report,
    Reward, Standing,
};
use platform::{Param, Statement, TenantDb, clock, random, settings};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use store::{Store, window};
use worker::{DurableObject, Env, Method, Request, Response, Result, State, durable_object};

/// From the first change to the judgement, ms, unless `EXPERIMENT_JUDGE_MS` says otherwise.
const JUDGE_MS: i64 = 60_000;
/// After a failure to reach the database, ms.
const RETRY_MS: i64 = 10_000;
/// A decision is evaluated once this share of the conversions it can bring is in.
const SETTLED: f64 = 0.95;
/// Weights of logged decisions are cut to this: a variant shown to one visitor in fifty still counts in full.
const WEIGHT_CAP: f64 = 50.0;
const DAY_MS: i64 = 86_400_000;
const HOUR_MS: f64 = 3_600_000.0;

/// See the module.
#[durable_object]
pub struct Bandit {
    state: State,
    env: Env,
    /// Whether this instance knows an alarm to be set. Forgotten on eviction: then it is set once more, harmlessly.
    armed: AtomicBool,
    /// The probabilities the variants are drawn with, and until when, UTC ms. They follow what is known as often as the
    /// variants are judged.
    shares: Mutex<Option<(i64, Vec<f64>)>>,
    /// The same where the experiment has a context: what is believed, and the probabilities of the contexts that came.
    contexts: Mutex<Option<Contexts>>,
}

/// See [`Bandit::contexts`].
struct Contexts {
    until: i64,
    model: Model,
    config: Config,
    shares: BTreeMap<Vec<usize>, Vec<f64>>,
}

/// What is known of the variants, in their order.
struct Known {
    counts: Vec<Counts>,
    awaited: Vec<f64>,
    /// Age from which what a decision brings is as good as known, ms.
    settled: f64,
    /// Whether everybody was shown their variant within the present slot of the window: then only who converts at once is
    /// known, and nothing of who does not. Visitors are shared out evenly, and nothing is decided.
    early: bool,
    /// Who is still waited for; none where nobody is.
    ledger: Option<Ledger>,
}

impl Known {
    /// The thresholds that hold with what is known.
    fn config(&self, begin: &Begin) -> Config {
        let min_exposures = if self.early { u64::MAX } else { begin.config.min_exposures };
        Config { min_exposures, ..begin.config }
    }
}

impl DurableObject for Bandit {
    fn new(state: State, env: Env) -> Self {
        Self { state, env, armed: AtomicBool::new(false), shares: Mutex::new(None), contexts: Mutex::new(None) }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        let path = request.path();
        if request.method() != Method::Post {
            return Response::error("unknown call", 404);
        }
        let body = request.bytes().await?;
        let store = Store::new(self.state.storage().sql())?;
        match path.as_str() {
            BEGIN => {
                let begin: Begin = serde_json::from_slice(&body)?;
                store.begin(&begin)?;
                self.forget();
                Ok(Response::empty()?.with_status(204))
            }
            DECIDE => {
                let decide: Decide = serde_json::from_slice(&body)?;
                let decision = self.decide(&store, &decide)?;
                if decision.variant.is_some() {
                    self.arm_once().await?;
                }
                Response::from_json(&decision)
            }
            REWARD => {
                let reward: Reward = serde_json::from_slice(&body)?;
                if reward_all(&store, &reward)? {
                    self.arm_once().await?;
                }
                Ok(Response::empty()?.with_status(204))
            }
            REPORT => match store.begun()? {
                Some(begin) => Response::from_json(&report(&store, &begin)?),
                None => Response::error("the experiment has not begun", 409),
            },
            CASES => match store.begun()?.filter(|begin| !begin.config.context.is_empty()) {
                Some(begin) => {
                    let now = clock::now_ms();
                    let compare: Compare = serde_json::from_slice(&body)?;
                    let settled = known(&store, &begin, &store.arms()?, now)?.settled;
                    Response::from_json(&store.cases(&compare, &begin, now - settled as i64, WEIGHT_CAP)?)
                }
                None => Response::error("the experiment has no context", 409),
            },
            LOOK => Response::from_json(&Figures { arms: store.arms()? }),
            END => {
                let figures = Figures { arms: store.arms()? };
                self.armed.store(false, Relaxed);
                self.state.storage().delete_alarm().await?;
                self.state.storage().delete_all().await?;
                Response::from_json(&figures)
            }
            _ => Response::error("unknown call", 404),
        }
    }

    async fn alarm(&self) -> Result<Response> {
        self.armed.store(false, Relaxed);
        let store = Store::new(self.state.storage().sql())?;
        let Some(begin) = store.begun()? else {
            return Response::empty();
        };
        match self.judge(&store, &begin).await {
            Err(error) => {
                platform::log::error("durable", &begin.tenant_id, "an experiment will be judged again", &error);
                self.state.storage().set_alarm(RETRY_MS).await?;
            }
            // Time alone tells more of those who have not converted; a change meanwhile has set its own alarm.
            Ok(false) if window(&begin) > 0.0 && self.state.storage().get_alarm().await?.is_none() => {
                let wait = (width(window(&begin)) as i64).max(self.judge_ms());
                self.state.storage().set_alarm(wait).await?;
            }
            Ok(_) => {}
        }
        Response::empty()
    }
}

impl Bandit {
    /// The visitor's variant: the one they have, unless it was taken out.
    fn decide(&self, store: &Store, decide: &Decide) -> Result<Decision> {
        let visitor = decide.visitor.as_str();
        let nothing = Decision { variant: None, exposure: None };
        let Some(begin) = store.begun()? else {
            return Ok(nothing);
        };
        let window = window(&begin);
        let secret = store.secret(window)?;
        let shown = |variant: String, at: i64| {
            let proof = exposure::prove(secret.as_bytes(), &name(&begin), &variant, visitor, at);
            Decision { variant: Some(variant), exposure: Some(proof) }
        };
        let arms = store.arms()?;
        if let Some(held) = store.held(visitor)?
            && arms.iter().any(|arm| arm.key == held.arm && arm.status != ArmStatus::Paused)
        {
            return Ok(shown(held.arm, held.shown_at));
        }
        let now = clock::now_ms();
        let columns = match begin.config.context.is_empty() {
            true => None,
            false => Some(store.columns(&context::levels(begin.config.context, decide.seen.as_ref()))?),
        };
        let shares = match &columns {
            None => self.shares(store, &begin, &arms, now)?,
            Some(columns) => self.shares_for(store, &begin, &arms, columns, now)?,
        };
        // 53 random bits: a number between 0 and 1.
        let at = (u64::from_le_bytes(random::bytes()) >> 11) as f64 / (1_u64 << 53) as f64;
        let Some(chosen) = pick(&shares, at).and_then(|place| arms.get(place)) else {
            return Ok(nothing);
        };
        let shares: Vec<(&str, f64)> = arms.iter().map(|arm| arm.key.as_str()).zip(shares).collect();
        store.assign(visitor, &chosen.key, &shares, now, window)?;
        if let Some(columns) = &columns {
            store.place(visitor, &chosen.key, columns, now, window)?;
        }
        Ok(shown(chosen.key.clone(), now))
    }

    /// The probability of each variant to be shown next.
    fn shares(&self, store: &Store, begin: &Begin, arms: &[Arm], now: i64) -> Result<Vec<f64>> {
        if let Some(shares) = turns(begin, arms) {
            return Ok(shares);
        }
        if let Ok(kept) = self.shares.lock()
            && let Some((until, shares)) = kept.as_ref()
            && now < *until
        {
            return Ok(shares.clone());
        }
        let known = known(store, begin, arms, now)?;
        let shares = propensities(arms, &known.counts, &known.config(begin));
        self.keep(Some((now + self.judge_ms(), shares.clone())));
        Ok(shares)
    }

    /// The probability of each variant to be shown to a visitor of these columns.
    fn shares_for(&self, store: &Store, begin: &Begin, arms: &[Arm], columns: &[usize], now: i64) -> Result<Vec<f64>> {
        if let Some(shares) = turns(begin, arms) {
            return Ok(shares);
        }
        let Ok(mut kept) = self.contexts.lock() else {
            return Err(worker::Error::RustError("what is known of contexts is in use".to_owned()));
        };
        if kept.as_ref().is_none_or(|kept| now >= kept.until) {
            let known = known(store, begin, arms, now)?;
            *kept = Some(Contexts {
                until: now + self.judge_ms(),
                model: store.model(arms, known.ledger.as_ref())?,
                config: known.config(begin),
                shares: BTreeMap::new(),
            });
        }
        let Some(Contexts { model, config, shares, .. }) = kept.as_mut() else {
            return Ok(Vec::new());
        };
        let draw = || contextual::propensities(arms, model, columns, config, 0);
        Ok(shares.entry(columns.to_vec()).or_insert_with(draw).clone())
    }

    /// What was known before holds no longer.
    fn forget(&self) {
        self.keep(None);
        if let Ok(mut kept) = self.contexts.lock() {
            *kept = None;
        }
    }

    fn keep(&self, shares: Option<(i64, Vec<f64>)>) {
        if let Ok(mut kept) = self.shares.lock() {
            *kept = shares;
        }
    }

    fn judge_ms(&self) -> i64 {
        settings::number(&self.env, "EXPERIMENT_JUDGE_MS", JUDGE_MS).unwrap_or(JUDGE_MS)
    }

    async fn arm_once(&self) -> Result<()> {
        if !self.armed.swap(true, Relaxed) {
            let wait = self.judge_ms();
            let soon = clock::now_ms() + wait;
            if self.state.storage().get_alarm().await?.is_none_or(|at| at > soon) {
                self.state.storage().set_alarm(wait).await?;
            }
        }
        Ok(())
    }

    /// Judges the variants and tells what came of it. The figures are written whole, so once more does no harm. True when
    /// one has won.
    async fn judge(&self, store: &Store, begin: &Begin) -> platform::Result<bool> {
        let failed = |e: worker::Error| platform::Error::unavailable("a bandit object's storage", e);
        let arms = store.arms().map_err(failed)?;
        let now = clock::now_ms();
        store.secret(window(begin)).and_then(|_| store.fold(now, begin)).map_err(failed)?;
        let known = known(store, begin, &arms, now).map_err(failed)?;
        let config = known.config(begin);
        let segments = segments(store, begin, &arms, &known).map_err(failed)?;
        let mut judged = judged(&arms, &known, segments.as_deref(), &config);
        for (judged, arm) in judged.iter_mut().zip(&arms).filter(|(judged, _)| known.early && judged.standing.is_some())
        {
            judged.reason = format!(
                "{} of {} visitors: who has not converted yet may still; it is judged from {:.1} hours on",
                arm.rewards,
                arm.exposures,
                width(window(begin)) / HOUR_MS
            );
        }
        let winner = judged.iter().find(|judged| judged.verdict == Verdict::Promote).map(|judged| judged.key.clone());
        let mut entries = Vec::new();
        let mut rows = Vec::new();
        let after: Vec<Arm> = arms
            .iter()
            .zip(&judged)
            .map(|(arm, judged)| Arm { status: status(arm, judged, winner.is_some()), ..arm.clone() })
            .collect();
        let shares = match &segments {
            None => propensities(&after, &known.counts, &config),
            Some(_) => contextual::overall(&after, &judged, &config),
        };
        for ((((arm, judged), counts), share), status) in
            arms.iter().zip(&judged).zip(&known.counts).zip(&shares).zip(after.iter().map(|arm| arm.status))
        {
            if status != arm.status {
                entries.push(Entry {
                    actor: SYSTEM.to_owned(),
                    action: if status == ArmStatus::Winner { "variant.promote" } else { "variant.pause" },
                    entity: format!("experiment:{}", begin.experiment_id),
                    before: Some(json!({ "variant": arm.key, "status": arm.status.as_str() })),
                    after: Some(json!({ "status": status.as_str(), "reason": judged.reason })),
                    at: now,
                });
            }
            rows.push(json!({
                "key": arm.key, "status": status.as_str(), "exposures": arm.exposures, "rewards": arm.rewards,
                "p_best": judged.standing.map(|standing| standing.p_best),
                "loss": judged.standing.map(|standing| standing.expected_loss), "reason": judged.reason,
                "trials": counts.trials, "share": share,
            }));
        }
        let mut statements = vec![Statement::new(
            "UPDATE experiment_variants SET status = j.value ->> 'status', exposures = j.value ->> 'exposures', \
             rewards = j.value ->> 'rewards', probability_best = COALESCE(j.value ->> 'p_best', probability_best), \
             expected_loss = COALESCE(j.value ->> 'loss', expected_loss), \
             detail = CASE j.value ->> 'reason' WHEN '' THEN detail ELSE j.value ->> 'reason' END, updated_at = ?4 \
             FROM json_each(?3) j WHERE tenant_id = ?1 AND experiment_id = ?2 AND experiment_variants.key = j.value ->> 'key'",
            vec![
                begin.experiment_id.as_str().into(),
                Param::Text(serde_json::Value::Array(rows.clone()).to_string()),
                now.into(),
            ],
        )];
        statements.push(Statement::new(
            "INSERT OR REPLACE INTO experiment_snapshots (tenant_id, experiment_id, day, variant, status, exposures, rewards, \
             trials, probability_best, expected_loss, share, taken_at) \
             SELECT ?1, ?2, ?4, value ->> 'key', value ->> 'status', value ->> 'exposures', value ->> 'rewards', \
             value ->> 'trials', value ->> 'p_best', value ->> 'loss', value ->> 'share', ?5 FROM json_each(?3)",
            vec![
                begin.experiment_id.as_str().into(),
                Param::Text(serde_json::Value::Array(rows.clone()).to_string()),
                now.div_euclid(DAY_MS).into(),
                now.into(),
            ],
        ));
        if let Some(winner) = &winner {
            statements.push(Statement::new(
                "UPDATE experiments SET status = 'decided', winner = ?3, ended_at = ?4 \
                 WHERE tenant_id = ?1 AND id = ?2 AND status = 'running'",
                vec![begin.experiment_id.as_str().into(), winner.as_str().into(), now.into()],
            ));
        }
        TenantDb::new(&self.env, &begin.tenant_id)?.commit("the experiment", &statements, &entries).await?;
        // Told first, taken here after: a crash in between tells it once more.
        for row in rows {
            let text = |name: &str| row.get(name).and_then(serde_json::Value::as_str);
            if let (Some(key), Some(status)) = (text("key"), text("status")) {
                store.set_status(key, status).map_err(failed)?;
            }
        }
        self.forget();
        Ok(arms.iter().any(|arm| arm.status == ArmStatus::Winner) || winner.is_some())
    }
}

/// The shares where what came of it does not matter: it is decided, or not everything was shown often enough.
fn turns(begin: &Begin, arms: &[Arm]) -> Option<Vec<f64>> {
    let turns = |arm: &Arm| {
        arm.status == ArmStatus::Winner
            || (arm.status == ArmStatus::Active && arm.exposures < begin.config.min_exposures)
    };
    arms.iter().any(turns).then(|| {
        let counts: Vec<Counts> = arms.iter().map(Arm::counts).collect();
        propensities(arms, &counts, &begin.config)
    })
}

/// Who comes, by the levels they have; none where the experiment has no context.
fn segments(store: &Store, begin: &Begin, arms: &[Arm], known: &Known) -> Result<Option<Vec<Segment>>> {
    if begin.config.context.is_empty() {
        return Ok(None);
    }
    Ok(Some(store.model(arms, known.ledger.as_ref())?.segments()))
}

fn judged(arms: &[Arm], known: &Known, segments: Option<&[Segment]>, config: &Config) -> Vec<Judged> {
    match segments {
        None => judge_by(arms, &known.counts, config, 0),
        Some(segments) => contextual::judge(arms, segments, config),
    }
}

/// The name of an experiment's object: what no other experiment has.
fn name(begin: &Begin) -> String {
    bandit_object::name(&begin.tenant_id, &begin.experiment_id)
}

/// How a variant stands after it was judged.
fn status(arm: &Arm, judged: &Judged, won: bool) -> ArmStatus {
    match judged.verdict {
        Verdict::Pause => ArmStatus::Paused,
        Verdict::Promote => ArmStatus::Winner,
        // Whoever has not won is shown to nobody new.
        Verdict::Keep if won && arm.status == ArmStatus::Active => ArmStatus::Paused,
        Verdict::Keep => arm.status,
    }
}

/// Counts what visitors did; true when any of it was new.
fn reward_all(store: &Store, reward: &Reward) -> Result<bool> {
    let Some(begin) = store.begun()? else {
        return Ok(false);
    };
    let window = window(&begin);
    let secret = store.secret(window)?;
    let mut counted = false;
    for one in &reward.visitors {
        let proven = exposure::proven(secret.as_bytes(), &name(&begin), &one.visitor, &one.exposure)
            .filter(|(variant, _)| begin.variants.contains(variant));
        counted |= store.reward(&one.visitor, one.at, proven, &begin)?;
    }
    Ok(counted)
}

/// Successes and trials of the variants, corrected for conversions that are still to come.
fn known(store: &Store, begin: &Begin, arms: &[Arm], now: i64) -> Result<Known> {
    let window = window(begin);
    if window <= 0.0 {
        let counts = arms.iter().map(Arm::counts).collect();
        return Ok(Known { counts, awaited: vec![0.0; arms.len()], settled: 0.0, early: false, ledger: None });
    }
    store.secret(window)?;
    let tally = store.tally(arms)?;
    let present = slot(window, now as f64);
    let early = tally.pending.iter().all(|(slot, ..)| *slot == present);
    let ledger = Ledger::restore(&tally, window, now as f64);
    let ages = (0..=SLOTS).map(|slots| slots as f64 * width(window));
    let settled = ages.into_iter().find(|age| ledger.arrived(*age) >= SETTLED).unwrap_or(window);
    Ok(Known { counts: ledger.counts(), awaited: ledger.awaited(), settled, early, ledger: Some(ledger) })
}

/// Everything that is known of an experiment.
fn report(store: &Store, begin: &Begin) -> Result<Report> {
    let now = clock::now_ms();
    let arms = store.arms()?;
    let known = known(store, begin, &arms, now)?;
    let segments = segments(store, begin, &arms, &known)?;
    let judged = judged(&arms, &known, segments.as_deref(), &begin.config);
    let shares = match &segments {
        None => propensities(&arms, &known.counts, &known.config(begin)),
        Some(_) => contextual::overall(&arms, &judged, &known.config(begin)),
    };
    let segments = context::told(&segments.unwrap_or_default(), &store.levels(begin)?, &arms);
    let decided = store.shares()?;
    let (log, unsettled) = store.log(&arms, now - known.settled as i64)?;
    let policies = policies(&log, &arms);
    let standings = arms
        .into_iter()
        .zip(&known.counts)
        .zip(&known.awaited)
        .zip(judged)
        .zip(shares)
        .map(|((((arm, counts), awaited), judged), share)| {
            let decided = decided.iter().find(|share| share.arm == arm.key);
            Standing {
                trials: counts.trials,
                awaited: *awaited,
                share,
                p_best: judged.standing.map(|standing| standing.p_best),
                expected_loss: judged.standing.map(|standing| standing.expected_loss),
                decided: decided.map_or(0, |share| share.decided),
                expected: decided.map_or(0.0, |share| share.expected),
                arm,
            }
        })
        .collect();
    Ok(Report { arms: standings, settled: u64::try_from(log.len()).unwrap_or_default(), unsettled, policies, segments })
}

/// What showing one variant alone, or all evenly, would have brought. The model of the doubly robust estimate is a
/// variant's mean in the other half of the log.
fn policies(log: &[Logged<usize>], arms: &[Arm]) -> Vec<Policy> {
    let mean = |half: usize, arm: usize| {
        let of = log.iter().filter(|line| line.context != half && line.arm == arm);
        let (sum, count) = of.fold((0.0, 0.0), |(sum, count), line| (sum + line.reward, count + 1.0));
        if count > 0.0 { sum / count } else { 0.0 }
    };
    let means: Vec<[f64; 2]> = (0..arms.len()).map(|arm| [mean(0, arm), mean(1, arm)]).collect();
    let model = |half: &usize, arm: usize| means.get(arm).and_then(|halves| halves.get(*half)).copied().unwrap_or(0.0);
    let even = vec![1.0 / arms.len() as f64; arms.len()];
    let alone = |only: usize| (0..arms.len()).map(|arm| if arm == only { 1.0 } else { 0.0 }).collect::<Vec<f64>>();
    let targets = arms.iter().enumerate().map(|(place, arm)| (Some(arm.key.clone()), alone(place)));
    targets
        .chain([(None, even)])
        .filter_map(|(only, target)| {
            let evaluation = evaluate(log, |_| target.clone(), model, WEIGHT_CAP).ok()?;
            let found = [evaluation.ips, evaluation.snips, evaluation.doubly_robust];
            // A policy whose variants the log has not shown, or once, is not known at all.
            if !found.iter().all(|estimate| estimate.standard_error.is_finite()) {
                return None;
            }
            Some(Policy { only, evaluation })
        })
        .collect()
}
