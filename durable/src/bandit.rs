//! The Bandit object.
//!
//! - **One instance stands for** one experiment of one tenant.
//! - **It stores** the variants with their counts, and which visitor was shown which; see `store`.
//! - **It is called by** the API (`/begin`, `/decide`, `/look`, `/end`) and by the sinks' writer (`/reward`), through
//!   `platform::bandit_object`.
//! - **Its single thread protects** that a visitor keeps their variant and counts once, however often they come or buy.
//!
//! A visitor whose variant was paused is shown another and counts for that one from then on. A minute after something
//! changed an alarm judges the variants (crate `bandit`), tells `experiment_variants`, and the audit log of what was
//! paused or has won.

mod store;

use bandit::{ArmStatus, Verdict, choose, judge};
use control::audit::{Entry, SYSTEM};
use platform::bandit_object::{BEGIN, Begin, DECIDE, Decide, Decision, END, Figures, LOOK, REWARD, Reward};
use platform::{Param, Statement, TenantDb, clock, random, settings};
use serde_json::json;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use store::Store;
use worker::{DurableObject, Env, Method, Request, Response, Result, State, durable_object};

/// From the first change to the judgement, ms, unless `EXPERIMENT_JUDGE_MS` says otherwise.
const JUDGE_MS: i64 = 60_000;
/// After a failure to reach the database, ms.
const RETRY_MS: i64 = 10_000;

/// See the module.
#[durable_object]
pub struct Bandit {
    state: State,
    env: Env,
    /// Whether this instance knows an alarm to be set. Forgotten on eviction: then it is set once more, harmlessly.
    armed: AtomicBool,
}

impl DurableObject for Bandit {
    fn new(state: State, env: Env) -> Self {
        Self { state, env, armed: AtomicBool::new(false) }
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
                Ok(Response::empty()?.with_status(204))
            }
            DECIDE => {
                let decide: Decide = serde_json::from_slice(&body)?;
                let variant = self.decide(&store, &decide.visitor)?;
                if variant.is_some() {
                    self.arm_once().await?;
                }
                Response::from_json(&Decision { variant })
            }
            REWARD => {
                let reward: Reward = serde_json::from_slice(&body)?;
                let mut counted = false;
                for (visitor, at) in &reward.visitors {
                    counted |= store.reward(visitor, *at)?;
                }
                if counted {
                    self.arm_once().await?;
                }
                Ok(Response::empty()?.with_status(204))
            }
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
        if let Err(error) = self.judge(&store, &begin).await {
            platform::log::error("durable", &begin.tenant_id, "an experiment will be judged again", &error);
            self.state.storage().set_alarm(RETRY_MS).await?;
        }
        Response::empty()
    }
}

impl Bandit {
    /// The visitor's variant: the one they have, unless it was taken out.
    fn decide(&self, store: &Store, visitor: &str) -> Result<Option<String>> {
        let Some(begin) = store.begun()? else {
            return Ok(None);
        };
        let arms = store.arms()?;
        let held = store.assigned(visitor)?;
        if let Some(held) = held
            && arms.iter().any(|arm| arm.key == held && arm.status != ArmStatus::Paused)
        {
            return Ok(Some(held));
        }
        let Some(chosen) = choose(&arms, &begin.config, u64::from_le_bytes(random::bytes())) else {
            return Ok(None);
        };
        store.assign(visitor, &chosen.key, clock::now_ms())?;
        Ok(Some(chosen.key.clone()))
    }

    async fn arm_once(&self) -> Result<()> {
        if !self.armed.swap(true, Relaxed) && self.state.storage().get_alarm().await?.is_none() {
            let wait = settings::number(&self.env, "EXPERIMENT_JUDGE_MS", JUDGE_MS).unwrap_or(JUDGE_MS);
            self.state.storage().set_alarm(wait).await?;
        }
        Ok(())
    }

    /// Judges the variants and tells what came of it. The figures are written whole, so once more does no harm.
    async fn judge(&self, store: &Store, begin: &Begin) -> platform::Result<()> {
        let failed = |e: worker::Error| platform::Error::unavailable("a bandit object's storage", e);
        let arms = store.arms().map_err(failed)?;
        let now = clock::now_ms();
        // The same counts give the same judgement, so a judgement that is repeated after a crash is the same one.
        let seed = arms.iter().fold(0_u64, |seed, arm| {
            seed.wrapping_mul(31).wrapping_add(arm.exposures).wrapping_mul(31).wrapping_add(arm.rewards)
        });
        let judged = judge(&arms, &begin.config, seed);
        let winner = judged.iter().find(|judged| judged.verdict == Verdict::Promote).map(|judged| judged.key.clone());
        let mut entries = Vec::new();
        let mut rows = Vec::new();
        for (arm, judged) in arms.iter().zip(&judged) {
            let status = match (judged.verdict, &winner) {
                (Verdict::Pause, _) => ArmStatus::Paused,
                (Verdict::Promote, _) => ArmStatus::Winner,
                // Whoever has not won is shown to nobody new.
                (Verdict::Keep, Some(_)) if arm.status == ArmStatus::Active => ArmStatus::Paused,
                (Verdict::Keep, _) => arm.status,
            };
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
        Ok(())
    }
}
