//! The Publication object.
//!
//! - **One instance stands for** one campaign of one tenant.
//! - **It stores** what it is at (`job`), the publishing machine of the phase it is at, and what of the campaign is at
//!   providers; see `store`.
//! - **It is called by** the API and the cron Worker (`/nudge`), through `platform::publication_object`.
//! - **Its single thread protects** that a campaign has one publication at a time, in the order they were asked for, and
//!   that nothing is created twice: the machine is stored before each request, and the runtime holds the request back
//!   until that is on disk.
//!
//! The rows of `publications` are the truth, a nudge only says "look". The work is done in alarms, so that it survives
//! eviction and crashes: an alarm that does not end is run again, and the machine takes a request without an answer for
//! what it is, in doubt.

mod carry;
mod job;
mod store;

use connector::publish::FailureKind;
use control::audit::SYSTEM;
use job::{Job, Next, Standing, Then};
use platform::campaigns::publications::{self, PublicationRow};
use platform::campaigns::{self, By, Outcome, Refusal};
use platform::publication_object::{NUDGE, Nudge};
use platform::{Error, Param, Statement, TenantDb, clock, random};
use serde_json::json;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use store::Store;
use worker::{DurableObject, Env, Method, Request, Response, Result, State, durable_object};

/// After a failure to reach a store, ms.
const RETRY_MS: i64 = 3_000;

/// See the module.
#[durable_object]
pub struct Publication {
    state: State,
    env: Env,
    /// Whether an alarm is at work in this instance: a nudge then only has to leave its mark.
    working: AtomicBool,
}

impl DurableObject for Publication {
    fn new(state: State, env: Env) -> Self {
        Self { state, env, working: AtomicBool::new(false) }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        if request.method() != Method::Post || request.path() != NUDGE {
            return Response::error("unknown call", 404);
        }
        let nudge: Nudge = serde_json::from_slice(&request.bytes().await?)?;
        self.store()?.set_campaign(&nudge)?;
        self.arm(0).await?;
        Ok(Response::empty()?.with_status(204))
    }

    async fn alarm(&self) -> Result<Response> {
        // An alarm set while another runs would run beside it: it comes again when that one has ended.
        if self.working.swap(true, Relaxed) {
            self.arm(RETRY_MS).await?;
            return Response::empty();
        }
        let next = self.work().await;
        self.working.store(false, Relaxed);
        match next {
            Ok(Some(in_ms)) => self.arm(in_ms).await?,
            Ok(None) => {}
            Err(error) => {
                let tenant = self.store()?.campaign()?.map_or_else(|| "-".to_owned(), |nudge| nudge.tenant_id);
                platform::log::error("connectors", &tenant, "a publication will go on", &error);
                self.arm(RETRY_MS).await?;
            }
        }
        Response::empty()
    }
}

impl Publication {
    fn store(&self) -> Result<Store> {
        Store::new(self.state.storage().sql())
    }

    async fn arm(&self, in_ms: i64) -> Result<()> {
        self.state.storage().set_alarm(in_ms).await
    }

    /// Carries out what is open; says in how many ms to go on, `None` when nothing is left.
    async fn work(&self) -> platform::Result<Option<i64>> {
        let store = self.store().map_err(storage)?;
        let Some(nudge) = store.campaign().map_err(storage)? else {
            return Ok(None);
        };
        let database = TenantDb::new(&self.env, &nudge.tenant_id)?;
        let Some(campaign) = campaigns::load(&database, &nudge.campaign_id).await? else {
            return Ok(None);
        };
        let Some(publication) = campaign.open_publications().next().cloned() else {
            store.forget_job().map_err(storage)?;
            return Ok(None);
        };
        let snapshot = campaigns::snapshot_of(&database, &publication.snapshot_id).await?;
        let document = snapshot
            .map(|snapshot| campaign::snapshot::parse(&snapshot.document).map_err(|e| Error::corrupt("snapshot", e)))
            .transpose()?;
        let mut job = match store.job().map_err(storage)? {
            Some(job) if job.publication_id == publication.id => job,
            _ => {
                store.forget_job().map_err(storage)?;
                let touched = store.channels().map_err(storage)?;
                let job = Job::new(&publication, document.as_ref(), &touched);
                store.set_job(&job).map_err(storage)?;
                begin(&database, &publication).await?;
                job
            }
        };
        loop {
            let now = clock::now_ms();
            let place = match job.next(now) {
                Next::Phase(place) => place,
                Next::Wait(until) => {
                    let another = campaign.open_publications().nth(1).is_some();
                    if !another || !job.yield_to_another() {
                        return Ok(Some((until - now).max(50)));
                    }
                    store.set_job(&job).map_err(storage)?;
                    continue;
                }
                Next::Nothing => break,
            };
            let turn = carry::Turn {
                env: &self.env,
                database: &database,
                store: &store,
                campaign_id: &nudge.campaign_id,
                document: document.as_ref(),
                publication: &publication,
            };
            let end = turn.phase(&mut job, place).await?;
            let tired = matches!(end, carry::End::Tired);
            match end {
                carry::End::Done => job.close(place, Standing::Done),
                carry::End::Failed { kind, reason, paused } => {
                    let then = job.fail(place, kind, &reason, paused, clock::now_ms());
                    // A repeated failure is no news.
                    if then != (Then::Again { first: false }) {
                        note_failure(&database, &publication, &job, place, kind).await?;
                    }
                    store.forget_machine(place).map_err(storage)?;
                }
                carry::End::Later(until) => job.wait(place, until),
                carry::End::Tired => {}
            }
            store.set_job(&job).map_err(storage)?;
            tell(&database, &publication, &job).await?;
            if tired {
                return Ok(Some(0));
            }
        }
        let failures = job.failures();
        let said: Vec<&str> = failures.iter().map(|(_, _, reason)| *reason).collect();
        let mut words = said.join("; ");
        let outcome = if words.is_empty() {
            Outcome::Done
        } else if job.may_run() && !job.only_rests() {
            words.push_str("; what may be running is paused by a publication of its own");
            Outcome::FailedRunning(&words)
        } else {
            Outcome::Failed(&words)
        };
        match campaigns::finish(
            &database,
            &nudge.campaign_id,
            &publication.id,
            outcome,
            &By::new(SYSTEM, clock::now_ms()),
        )
        .await
        {
            // It was over already: a crash came between writing that down and forgetting the job.
            Ok(()) | Err(Refusal::Platform(Error::Stale { .. })) => {}
            Err(Refusal::Platform(error)) => return Err(error),
            Err(refusal) => return Err(Error::corrupt("publication", refusal)),
        }
        store.forget_job().map_err(storage)?;
        // The next in line, if there is one.
        Ok(Some(0))
    }
}

fn storage(error: worker::Error) -> Error {
    Error::unavailable("a publication object's storage", error)
}

/// Marks a publication as under way.
async fn begin(database: &TenantDb, publication: &PublicationRow) -> platform::Result<()> {
    let sql = "UPDATE publications SET status = ?3 WHERE tenant_id = ?1 AND id = ?2 AND status = ?4";
    let values = [publication.id.as_str().into(), publications::RUNNING.into(), publications::QUEUED.into()];
    database.run(sql, &values).await.map(|_| ())
}

/// Shows how far it is. Progress is no change that somebody made, so the audit log is not told.
async fn tell(database: &TenantDb, publication: &PublicationRow, job: &Job) -> platform::Result<()> {
    let progress: Vec<_> = job
        .phases
        .iter()
        .filter(|phase| phase.standing != Standing::Dropped)
        .map(|phase| {
            let text = match &phase.standing {
                Standing::Failed { reason, .. } => reason.clone(),
                Standing::Done => match phase.aim {
                    job::Aim::Staged => "created, nothing runs yet".to_owned(),
                    job::Aim::Live => "live".to_owned(),
                    job::Aim::Paused => "paused".to_owned(),
                    job::Aim::Ended => "ended".to_owned(),
                },
                _ => phase.text.clone(),
            };
            let failed = matches!(phase.standing, Standing::Failed { .. })
                || (phase.standing == Standing::Open && phase.failures > 0);
            json!({ "channel_id": phase.channel_id, "step": phase.step.0, "of": phase.step.1, "text": text,
                    "failed": failed })
        })
        .collect();
    let progress = serde_json::Value::Array(progress).to_string();
    let sql = "UPDATE publications SET progress = ?3 WHERE tenant_id = ?1 AND id = ?2";
    database.run(sql, &[publication.id.as_str().into(), Param::Text(progress)]).await.map(|_| ())
}

/// Puts what a channel did not do into the inbox, for people to see beside what else went wrong.
async fn note_failure(
    database: &TenantDb,
    publication: &PublicationRow,
    job: &Job,
    place: usize,
    kind: FailureKind,
) -> platform::Result<()> {
    let Some(phase) = job.phases.get(place) else { return Ok(()) };
    let reason = match &phase.standing {
        Standing::Failed { reason, .. } => reason,
        _ => &phase.text,
    };
    let payload = json!({
        "campaign_id": publication.campaign_id, "publication_id": publication.id, "action": publication.action,
        "channel_id": phase.channel_id, "kind": kind,
    });
    let insert = Statement::new(
        "INSERT OR IGNORE INTO events_inbox (id, tenant_id, site, source, field, reason, payload, received_at) \
         VALUES (?2, ?1, ?3, 'connector', 'publication', ?4, ?5, ?6)",
        vec![
            random::uuid().into(),
            publication.site.as_str().into(),
            reason.as_str().into(),
            payload.to_string().into(),
            clock::now_ms().into(),
        ],
    );
    database.transaction(&[insert]).await
}
