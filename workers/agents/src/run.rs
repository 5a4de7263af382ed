//! The Run object.
//!
//! - **One instance stands for** one run of an agent of one tenant.
//! - **It stores** what the run was asked, each need with its answer, and what happened, in order; see `store`.
//! - **It is called by** `api` and `cron` (`/nudge`), and by `api` (`/cancel`, `/stream`), through `platform::run_object`.
//! - **Its single thread protects** that a step is worked by one alarm at a time.
//!
//! A run's way: a nudge arms the alarm. The alarm reads the row, then asks the agent (a pure function of the answers so
//! far) what comes next, brings the answer, stores it, and asks again, until the agent is done; then one commit ends the
//! run (`finish`). An alarm that dies is fired again, and the run goes on with the step that has no answer: what is
//! stored is never asked again, and a model call that was cut off is repeated, a few times at most, and says so.

mod act;
pub(crate) mod store;

use crate::facts;
use crate::finish::{Ending, Filed, Finishing, Used, mirror, proposal_id};
use crate::model::{self, Configured, Told};
use agent::run::Fallback;
use agent::{Answer, Brief, Need, Proposal, RunEvent, Step, registry};
use futures::stream;
use platform::run_object::{CANCEL, Cancel, Follow, NUDGE, Nudge, STREAM};
use platform::{Error, Statement, TenantDb, clock, settings};
use serde::Deserialize;
use std::time::Duration;
use store::{EventRow, Plan, Standing, Store};
use worker::{Delay, DurableObject, Env, Method, Request, Response, Result, State, durable_object};

/// Failures of one step before the run is given up.
const MOST_FAILURES: i64 = 5;
/// Times a model call is begun: asking again costs tokens and changes nothing, so a run outlives several crashes.
const MOST_CALLS: i64 = 5;
/// First wait after a failure, ms, doubled each time, unless `AGENT_RETRY_MS` says otherwise.
const RETRY_MS: i64 = 1_000;
/// Longest wait a server may ask for, ms.
const LONGEST_WAIT_MS: i64 = 5 * 60_000;
/// While it works, an alarm is always set this far ahead, ms, so that a run whose process dies is taken up again.
const LEASE_MS: i64 = 5_000;
/// How long an ended run's storage is kept for watchers and replays, ms.
const KEPT_MS: i64 = 24 * 60 * 60_000;
/// Between two looks for new events, while somebody watches.
const LOOK: Duration = Duration::from_millis(100);
/// Looks without news before a comment keeps the connection open.
const LOOKS_PER_COMMENT: u32 = 150;
/// Looks before a stream ends by itself; the watcher comes back with the last number.
const MOST_LOOKS: u32 = 6_000;

/// See the module.
#[durable_object]
pub struct Run {
    state: State,
    env: Env,
}

impl DurableObject for Run {
    fn new(state: State, env: Env) -> Self {
        Self { state, env }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        if request.method() != Method::Post {
            return Response::error("unknown call", 404);
        }
        let store = self.store();
        store.create()?;
        let path = request.path();
        let body = request.bytes().await?;
        match path.as_str() {
            NUDGE => {
                let nudge: Nudge = serde_json::from_slice(&body)?;
                store.identify(&nudge.tenant_id, &nudge.run_id)?;
                self.arm(0).await?;
            }
            CANCEL => {
                let cancel: Cancel = serde_json::from_slice(&body)?;
                store.identify(&cancel.tenant_id, &cancel.run_id)?;
                store.set_cancelled(&cancel.by)?;
                self.arm(0).await?;
            }
            STREAM => {
                let follow: Follow = serde_json::from_slice(&body)?;
                store.identify(&follow.tenant_id, &follow.run_id)?;
                if self.state.storage().get_alarm().await?.is_none() {
                    self.arm(0).await?;
                }
                return watch(store, follow.after);
            }
            _ => return Response::error("unknown call", 404),
        }
        Ok(Response::empty()?.with_status(204))
    }

    async fn alarm(&self) -> Result<Response> {
        let store = self.store();
        store.create()?;
        let Some(standing) = store.standing()? else {
            self.state.storage().delete_all().await?;
            return Response::empty();
        };
        // Should the process die in what follows, this alarm takes the run up again.
        self.arm(LEASE_MS).await?;
        let database = TenantDb::new(&self.env, &standing.tenant_id)?;
        let worked =
            Work { env: &self.env, store: &store, database: &database, run_id: &standing.run_id }.go(&standing).await;
        match worked {
            Ok(()) => {
                let ended = store.standing()?.map_or(0, |standing| standing.ended_at);
                if ended > 0 && clock::now_ms() >= ended + KEPT_MS {
                    self.state.storage().delete_alarm().await?;
                    self.state.storage().delete_all().await?;
                } else {
                    self.arm(KEPT_MS).await?;
                }
            }
            Err(trouble) => {
                let wait = self.stumble(&store, &database, &standing.run_id, trouble).await;
                self.arm(wait).await?;
            }
        }
        Response::empty()
    }
}

/// Why a step has no answer.
enum Trouble {
    /// The platform's failure.
    Platform(Error),
    /// Somebody else's, in words, and when to come back at the earliest, ms.
    Later(String, Option<i64>),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Platform(error)
    }
}

impl From<worker::Error> for Trouble {
    fn from(error: worker::Error) -> Self {
        Self::Platform(Error::unavailable("the run's own storage", error))
    }
}

impl Run {
    fn store(&self) -> Store {
        Store::new(self.state.storage().sql())
    }

    async fn arm(&self, in_ms: i64) -> Result<()> {
        self.state.storage().set_alarm(in_ms).await
    }

    /// After a failure: how long to wait, ms. The last one ends the run.
    async fn stumble(&self, store: &Store, database: &TenantDb, run_id: &str, trouble: Trouble) -> i64 {
        let (reason, after_ms, passing) = match trouble {
            Trouble::Later(reason, after_ms) => (reason, after_ms, true),
            Trouble::Platform(error) => {
                platform::log::error("agents", database.tenant(), "a step of a run failed", &error);
                match error {
                    Error::Unavailable { .. } | Error::Stale { .. } => {
                        ("a store did not answer".to_owned(), None, true)
                    }
                    // What is unreadable or missing now will be so again.
                    Error::Setting { .. } | Error::Corrupt { .. } => {
                        ("something is wrong on our side; it has been logged".to_owned(), None, false)
                    }
                }
            }
        };
        let failures =
            store.failed().and_then(|()| store.standing()).ok().flatten().map_or(MOST_FAILURES, |s| s.failures);
        let told = store.tell(&RunEvent::Retry { reason: reason.clone(), attempt: failures }, clock::now_ms());
        if let Err(error) = told {
            platform::log::error("agents", database.tenant(), "a run could not note its failure", &error);
        }
        if passing && failures < MOST_FAILURES {
            let base = settings::number(&self.env, "AGENT_RETRY_MS", RETRY_MS).unwrap_or(RETRY_MS);
            let wait = base.saturating_mul(1 << failures.clamp(1, 8).saturating_sub(1));
            return wait.max(after_ms.unwrap_or(0)).min(LONGEST_WAIT_MS);
        }
        let work = Work { env: &self.env, store, database, run_id };
        match work.end(&Ending::Failed { reason, dead_letter: true }).await {
            Ok(()) => KEPT_MS,
            // The end itself cannot be written: it is tried again until it can.
            Err(_) => 60_000,
        }
    }
}

/// The run's row.
#[derive(Deserialize)]
struct Row {
    site: String,
    agent: String,
    input: String,
    output: String,
    detail: String,
    status: String,
    campaign_id: String,
}

struct Work<'a> {
    env: &'a Env,
    store: &'a Store,
    database: &'a TenantDb,
    run_id: &'a str,
}

impl Work<'_> {
    /// Works until the run has ended.
    async fn go(&self, standing: &Standing) -> std::result::Result<(), Trouble> {
        let sql = "SELECT site, agent, input, output, detail, status, campaign_id FROM agent_runs WHERE tenant_id = ?1 AND id = ?2";
        let Some(row) = self.database.first::<Row>(sql, &[self.run_id.into()]).await? else {
            self.store.set_ended(1)?;
            return Ok(());
        };
        let open = matches!(row.status.as_str(), "queued" | "running");
        if !open {
            return self.rest(standing, &row);
        }
        // The row is open although the object has ended the run: somebody wants it again.
        if standing.ended_at > 0 {
            self.store.reopen()?;
        }
        let plan = self.begin(standing, row).await?;
        let configured = Configured::read(self.env)?;
        loop {
            if let Some(by) = self.cancelled()? {
                return self.end(&Ending::Cancelled { by }).await;
            }
            let transcript = self.store.transcript()?;
            match registry::step(&plan.agent, &plan.brief, &transcript) {
                Step::Need(need) => self.bring(&plan, &configured, &need).await?,
                Step::Done(proposal) => {
                    let filed = self.file(&plan, &proposal).await?;
                    return self.end(&Ending::Succeeded { proposal: Box::new(proposal), filed }).await;
                }
                Step::Refused(reason) => {
                    // What failed for want of a model may succeed once there is one.
                    let dead_letter = matches!(transcript.entries.last(), Some(last) if matches!(last.answer, Answer::ModelFailed { .. }));
                    return self.end(&Ending::Failed { reason, dead_letter }).await;
                }
            }
        }
    }

    /// A run that has ended: makes sure that watchers learn it.
    fn rest(&self, standing: &Standing, row: &Row) -> std::result::Result<(), Trouble> {
        if standing.ended_at == 0 {
            let title = serde_json::from_str::<agent::Told>(&row.output).map(|told| told.title).unwrap_or_default();
            let now = clock::now_ms();
            self.store.tell(&Ending::event_of_row(&row.status, &row.detail, &title), now)?;
            self.store.set_ended(now)?;
        }
        Ok(())
    }

    /// Marks the run as running; its plan, as it was when it first began.
    async fn begin(&self, standing: &Standing, row: Row) -> std::result::Result<Plan, Trouble> {
        let now = clock::now_ms();
        let sql = "UPDATE agent_runs SET status = 'running', started_at = COALESCE(started_at, ?3) \
                   WHERE tenant_id = ?1 AND id = ?2 AND status IN ('queued', 'running')";
        self.database.run(sql, &[self.run_id.into(), now.into()]).await?;
        if let Some(plan) = standing.plan()? {
            self.store.tell(&RunEvent::Started { agent: plan.agent.clone(), resumed: true }, now)?;
            return Ok(plan);
        }
        let input = serde_json::from_str(&row.input).map_err(|e| Error::corrupt("agent input", e))?;
        let fallback = Configured::read(self.env)?.fallback;
        let plan = Plan {
            agent: row.agent,
            campaign_id: row.campaign_id,
            brief: Brief { run_id: self.run_id.to_owned(), site: row.site, started_at: now, fallback, input },
        };
        self.store.set_plan(&plan)?;
        self.store.tell(&RunEvent::Started { agent: plan.agent.clone(), resumed: false }, now)?;
        Ok(plan)
    }

    fn cancelled(&self) -> std::result::Result<Option<String>, Trouble> {
        Ok(self.store.standing()?.map(|standing| standing.cancelled_by).filter(|by| !by.is_empty()))
    }

    /// Brings the answer to a need and stores it.
    async fn bring(&self, plan: &Plan, configured: &Configured, need: &Need) -> std::result::Result<(), Trouble> {
        let now = clock::now_ms();
        let open = match self.store.open_step()? {
            Some(open) if open.need().is_ok_and(|asked| asked == *need) => open,
            other => {
                // A newer version of the agent asks for something else than the one that was interrupted.
                if let Some(other) = other {
                    self.store.answer(other.number, &Answer::Missing { reason: "no longer asked for".to_owned() })?;
                }
                self.store.open(need)?;
                if !matches!(need, Need::Model(_)) {
                    self.store.tell(&RunEvent::Need { text: need.describe() }, now)?;
                }
                self.store.open_step()?.ok_or_else(|| Error::corrupt("run", "a step was not stored"))?
            }
        };
        let answered = match need {
            Need::Model(request) => {
                if open.tries >= MOST_CALLS {
                    Ok(Some(Answer::ModelFailed { reason: format!("the call was cut off {MOST_CALLS} times") }))
                } else {
                    self.store.begin(open.number)?;
                    self.ask_model(plan, configured, request, open.tries > 0).await
                }
            }
            _ => {
                self.store.begin(open.number)?;
                facts::answer(self.env, self.database, &plan.brief.site, need).await.map(Some).map_err(Trouble::from)
            }
        };
        match answered {
            Ok(Some(answer)) => {
                self.tell_answer(configured, need, &answer)?;
                self.store.answer(open.number, &answer)?;
                self.mirror(configured).await
            }
            Ok(None) => Ok(()),
            Err(trouble) => {
                // A failure we saw is no interruption.
                self.store.give_back(open.number)?;
                Err(trouble)
            }
        }
    }

    /// `None` when the run is to stop.
    async fn ask_model(
        &self,
        plan: &Plan,
        configured: &Configured,
        request: &agent::need::ModelRequest,
        repeated: bool,
    ) -> std::result::Result<Option<Answer>, Trouble> {
        if !request.complaints.is_empty() && !repeated {
            self.store.tell(&RunEvent::Guard { reasons: request.complaints.clone() }, clock::now_ms())?;
        }
        if repeated {
            self.store.forget_deltas()?;
        }
        let event = RunEvent::ModelCall {
            model: configured.name_for(request).to_owned(),
            task: request.task.describe().to_owned(),
            repeated,
            scrubbed: configured.scrubbed(request),
        };
        self.store.tell(&event, clock::now_ms())?;
        let heard = |text: &str| {
            let told = self.store.tell(&RunEvent::TextDelta { text: text.to_owned() }, clock::now_ms());
            told.is_ok() && matches!(self.cancelled(), Ok(None))
        };
        match model::ask(self.env, self.database, configured, request, &heard).await? {
            Told::Answer(answer) => Ok(Some(Answer::Model(::model::ModelAnswer { repeated, ..answer }))),
            Told::Failed(reason) => Ok(Some(Answer::ModelFailed { reason })),
            Told::Stopped => Ok(None),
            Told::Later(reason, after_ms) => {
                self.store.forget_deltas()?;
                let failures = self.store.standing()?.map_or(0, |standing| standing.failures);
                if failures + 1 >= MOST_FAILURES && plan.brief.fallback == Fallback::Builtin {
                    return Ok(Some(Answer::ModelFailed { reason }));
                }
                Err(Trouble::Later(reason, after_ms))
            }
        }
    }

    fn tell_answer(&self, configured: &Configured, need: &Need, answer: &Answer) -> Result<()> {
        let event = match answer {
            Answer::Model(answer) => RunEvent::ModelAnswer {
                model: answer.model.clone(),
                text: answer.text.clone(),
                tools: answer.tool_calls.iter().map(|call| format!("{}({})", call.name, call.arguments)).collect(),
                tokens_in: answer.usage.tokens_in,
                tokens_out: answer.usage.tokens_out,
                cost_micros: configured.cost_micros(answer),
                cached: answer.cached,
            },
            Answer::ModelFailed { reason } | Answer::Missing { reason } => {
                RunEvent::Guard { reasons: vec![reason.clone()] }
            }
            _ => RunEvent::Data { text: need.describe() },
        };
        self.store.tell(&event, clock::now_ms())
    }

    /// Copies to D1 what happened since the last time, so that whoever looks at the row sees how far the run is.
    async fn mirror(&self, configured: &Configured) -> std::result::Result<(), Trouble> {
        let events = self.store.unmirrored()?;
        let used = Used::of(&self.store.transcript()?, |answer| configured.cost_micros(answer));
        let attempts = self.store.standing()?.map_or(0, |standing| standing.attempts);
        let mut statements: Vec<Statement> = events.iter().map(|event| mirror(self.run_id, event)).collect();
        statements.push(Statement::new(
            "UPDATE agent_runs SET model = ?3, tokens_in = ?4, tokens_out = ?5, cost_micros = ?6, attempts = ?7 \
             WHERE tenant_id = ?1 AND id = ?2 AND status = 'running'",
            vec![
                self.run_id.into(),
                used.model.into(),
                used.tokens_in.into(),
                used.tokens_out.into(),
                used.cost_micros.into(),
                attempts.into(),
            ],
        ));
        self.database.transaction(&statements).await?;
        if let Some(last) = events.last() {
            self.store.mirrored(last.number)?;
        }
        Ok(())
    }

    /// How the proposal stands from the start: by the tenant's autonomy.
    async fn file(&self, plan: &Plan, proposal: &Proposal) -> std::result::Result<Filed, Trouble> {
        let autonomy = platform::campaigns::limits::load(self.database).await?.guardrails.autonomy;
        if autonomy == campaign::guard::Autonomy::Observe || !proposal.is_actionable() {
            return Ok(Filed::Report);
        }
        if autonomy == campaign::guard::Autonomy::Act
            && matches!(proposal, Proposal::Budgets(_) | Proposal::Rotation(_))
        {
            return act::request(self.env, self.database, self.store, self.run_id, plan, proposal)
                .await
                .map_err(Trouble::from);
        }
        Ok(Filed::Open)
    }

    /// Ends the run.
    async fn end(&self, ending: &Ending) -> std::result::Result<(), Trouble> {
        let now = clock::now_ms();
        let standing = self.store.standing()?;
        let plan = standing.as_ref().and_then(|standing| standing.plan().ok().flatten());
        let (agent, site, campaign_id) = match &plan {
            Some(plan) => (plan.agent.as_str(), plan.brief.site.as_str(), plan.campaign_id.as_str()),
            None => ("", "", ""),
        };
        if let Ending::Succeeded { proposal, .. } = ending {
            let event = RunEvent::Proposal {
                id: proposal_id(self.run_id),
                kind: proposal.kind().to_owned(),
                title: proposal.told().title.clone(),
            };
            self.store.tell_once(&event, now)?;
        }
        let cost = Configured::read(self.env).ok();
        let used = Used::of(&self.store.transcript()?, |answer| {
            cost.as_ref().map_or(0, |configured| configured.cost_micros(answer))
        });
        // The end is told to watchers once it is so.
        let last = ending.event();
        let mut events = self.store.unmirrored()?;
        events.push(EventRow {
            number: self.store.last_event()? + 1,
            r#type: last.name().to_owned(),
            data: serde_json::to_string(&last).map_err(|e| Error::corrupt("event", e))?,
            at: now,
        });
        let finishing = Finishing {
            run_id: self.run_id,
            site,
            agent,
            campaign_id,
            ending,
            used: &used,
            attempts: standing.as_ref().map_or(0, |standing| standing.attempts),
            events: &events,
            now,
        };
        finishing.commit(self.database).await?;
        self.store.tell(&last, now)?;
        self.store.mirrored(i64::MAX)?;
        self.store.set_ended(now)?;
        Ok(())
    }
}

/// A stream of what happened after a number, and of what happens, until the run has ended.
fn watch(store: Store, after: i64) -> Result<Response> {
    let chunks = stream::unfold((store, after, 0_u32, false), |(store, mut after, mut looks, ended)| async move {
        if ended {
            return None;
        }
        loop {
            let rows = store.events_after(after, 500).ok()?;
            if let Some(last) = rows.last() {
                after = last.number;
                let ended = rows.iter().any(|row| matches!(row.r#type.as_str(), "succeeded" | "failed" | "cancelled"))
                    && store.standing().ok()?.is_none_or(|standing| standing.ended_at > 0);
                let text: String = rows
                    .iter()
                    .map(|row| format!("id: {}\nevent: {}\ndata: {}\n\n", row.number, row.r#type, row.data))
                    .collect();
                return Some((Ok::<_, worker::Error>(text.into_bytes()), (store, after, 0, ended)));
            }
            if store.standing().ok()?.is_none_or(|standing| standing.ended_at > 0) {
                return None;
            }
            looks += 1;
            if looks > MOST_LOOKS {
                return None;
            }
            if looks % LOOKS_PER_COMMENT == 0 {
                return Some((Ok(b": waiting\n\n".to_vec()), (store, after, looks, false)));
            }
            Delay::from(LOOK).await;
        }
    });
    let mut response = Response::from_stream(chunks)?;
    let headers = response.headers_mut();
    headers.set("content-type", "text/event-stream")?;
    headers.set("cache-control", "no-store, no-transform")?;
    Ok(response)
}
