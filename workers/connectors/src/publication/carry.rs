//! One phase carried out: the machine asked and answered until it is done, has to wait, or has had its turn.

use super::job::Job;
use super::storage;
use super::store::Store;
use crate::account::client::{Line, NoLine, line};
use crate::account::note_health;
use campaign::{Document, guard};
use connector::publish::{Action, FailureKind, Machine, Remote};
use connector::{Answer, Request, Response};
use platform::campaigns::limits;
use platform::campaigns::publications::PublicationRow;
use platform::{Error, Param, Result, Statement, TenantDb, clock, random};
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;
use worker::{Delay, Env};

/// Requests in one turn of the alarm: each is up to 30 s, and an alarm may run for 15 minutes.
const TURN: usize = 20;
/// A wait for the account's budget up to this long is sat out, ms; a longer one is told to the machine.
const SHORT_WAIT_MS: i64 = 5_000;
/// R2 binding of uploaded files.
const FILES: &str = "FILES";

/// How a turn ended.
pub(super) enum End {
    /// The phase is done.
    Done,
    /// It failed.
    Failed {
        /// What kind of failure.
        kind: FailureKind,
        /// In words, for people.
        reason: String,
        /// Whether nothing runs that it had set running.
        paused: bool,
    },
    /// Go on then, UTC ms.
    Later(i64),
    /// Go on at once, in another turn of the alarm.
    Tired,
}

/// What a turn works with.
pub(super) struct Turn<'a> {
    pub(super) env: &'a Env,
    pub(super) database: &'a TenantDb,
    pub(super) store: &'a Store,
    pub(super) campaign_id: &'a str,
    pub(super) document: Option<&'a Document>,
    pub(super) publication: &'a PublicationRow,
}

impl Turn<'_> {
    /// Works on a phase.
    ///
    /// # Errors
    /// A store that did not answer: going on later is right.
    pub(super) async fn phase(&self, job: &mut Job, place: usize) -> Result<End> {
        let Some(phase) = job.phases.get(place).cloned() else {
            return Ok(End::Done);
        };
        let stored = self.store.machine(place).map_err(storage)?;
        let mut line = match line(self.env, self.database, &phase.channel_id).await {
            Ok(line) => line,
            Err(NoLine::Platform(error)) => return Err(error),
            Err(NoLine::Later { at_ms, reason }) if job.waits_for_token(place, &reason, at_ms, clock::now_ms()) => {
                return Ok(End::Later(at_ms));
            }
            Err(NoLine::Later { reason, .. }) => {
                return Ok(End::Failed { kind: FailureKind::Unreachable, reason, paused: stored.is_none() });
            }
            Err(NoLine::Refused(reason)) => {
                // What a machine had begun with may run.
                return Ok(End::Failed { kind: FailureKind::Reauth, reason, paused: stored.is_none() });
            }
        };
        let mut machine = match stored {
            Some(machine) => machine,
            None => match phase.aim.target(self.campaign_id, &phase.channel_id, self.document) {
                Some(target) => {
                    let known = self.store.remotes(&phase.channel_id).map_err(storage)?;
                    Machine::new(self.campaign_id, target, known, u64::from_le_bytes(random::bytes()))
                }
                None => return Ok(End::Done),
            },
        };
        for _ in 0..TURN {
            let now = clock::now_ms();
            let action = machine.next(line.provider.as_ref(), &line.connection.access(now), now);
            let progress = machine.progress(line.provider.as_ref(), &line.connection.access(now));
            if let Some(phase) = job.phases.get_mut(place) {
                phase.step = (progress.step, progress.of);
                phase.text = progress.text;
            }
            // Before anything is sent: whoever comes after a crash must know that it may have been.
            self.store.set_machine(place, &machine).map_err(storage)?;
            match action {
                Action::Send { call, request, spends } => {
                    if spends && let Some(reason) = self.refusal().await? {
                        machine.refuse(call, &reason);
                        continue;
                    }
                    let answer = self.send(&line, &request, spends).await?;
                    let now = clock::now_ms();
                    match answer {
                        Sent::Answer(answer) => {
                            job.has_token(place);
                            machine.answer(line.provider.as_ref(), &line.connection.access(now), call, &answer, now);
                        }
                        Sent::Refused(reason) => machine.refuse(call, &reason),
                    }
                    self.keep(&phase.channel_id, machine.objects())?;
                }
                Action::Wait { until_ms } => return Ok(End::Later(until_ms)),
                Action::NeedToken { .. } => match line.renew().await {
                    Ok(()) => {}
                    Err(NoLine::Platform(error)) => return Err(error),
                    Err(NoLine::Later { at_ms, reason })
                        if job.waits_for_token(place, &reason, at_ms, clock::now_ms()) =>
                    {
                        return Ok(End::Later(at_ms));
                    }
                    Err(NoLine::Later { reason, .. }) => machine.abandon(FailureKind::Unreachable, &reason),
                    Err(NoLine::Refused(reason)) => machine.abandon(FailureKind::Reauth, &reason),
                },
                Action::NeedImage { asset_id } => match self.image(&asset_id).await? {
                    Some((media_type, bytes)) => machine.image(&asset_id, &media_type, bytes),
                    None => machine.abandon(FailureKind::Refused, "an image of the campaign is gone; choose another"),
                },
                Action::Done(report) => {
                    self.mirror(&phase.channel_id, &report.objects).await?;
                    return Ok(End::Done);
                }
                Action::Failed(failure) => {
                    self.mirror(&phase.channel_id, &failure.objects).await?;
                    if matches!(failure.kind, FailureKind::Reauth | FailureKind::Disconnected) {
                        note_health(self.database, &phase.channel_id, "needs_reauth", &failure.reason).await?;
                    }
                    let name = line.connection.account.name.clone();
                    let reason = format!("{name}: {}", failure.reason);
                    return Ok(End::Failed { kind: failure.kind, reason, paused: failure.paused });
                }
            }
        }
        self.store.set_machine(place, &machine).map_err(storage)?;
        Ok(End::Tired)
    }

    /// Why a call that can spend is not to be made, asked at the very last.
    async fn refusal(&self) -> Result<Option<String>> {
        let Some(document) = self.document else {
            return Ok(Some("there is no approved document to spend for".to_owned()));
        };
        let gathered = limits::gather(self.database, self.campaign_id, document).await?;
        Ok(guard::check(&gathered.facts(clock::now_ms())).err().map(|refusal| refusal.to_string()))
    }

    /// Sends a request when the account's budget allows it. After a wait the spend guard is asked again.
    async fn send(&self, line: &Line<'_>, request: &Request, spends: bool) -> Result<Sent> {
        if let Some(until) = line.admitted(request).await? {
            let wait = until - clock::now_ms();
            if wait > SHORT_WAIT_MS {
                return Ok(Sent::Answer(Ok(too_soon(wait))));
            }
            Delay::from(Duration::from_millis(u64::try_from(wait).unwrap_or(0))).await;
            if line.admitted(request).await?.is_some() {
                return Ok(Sent::Answer(Ok(too_soon(SHORT_WAIT_MS))));
            }
            if spends && let Some(reason) = self.refusal().await? {
                return Ok(Sent::Refused(reason));
            }
        }
        Ok(Sent::Answer(line.send(request).await))
    }

    fn keep(&self, channel_id: &str, objects: &[Remote]) -> Result<()> {
        self.store.set_remotes(channel_id, objects).map_err(storage)
    }

    /// Keeps what is there, and shows it to everybody else.
    async fn mirror(&self, channel_id: &str, objects: &[Remote]) -> Result<()> {
        self.keep(channel_id, objects)?;
        let rows: Vec<_> = objects
            .iter()
            .map(|remote| {
                json!({ "kind": remote.key.kind.as_str(), "local_id": remote.key.local_id, "name": remote.name,
                        "external_id": remote.external_id, "status": remote.status.as_str() })
            })
            .collect();
        let rows = serde_json::Value::Array(rows).to_string();
        let upsert = Statement::new(
            "INSERT OR REPLACE INTO remote_objects (tenant_id, channel_id, kind, local_id, campaign_id, external_id, \
             name, status, updated_at) SELECT ?1, ?2, value ->> 'kind', value ->> 'local_id', ?3, \
             value ->> 'external_id', value ->> 'name', value ->> 'status', ?5 FROM json_each(?4)",
            vec![
                channel_id.into(),
                self.publication.campaign_id.as_str().into(),
                Param::Text(rows),
                clock::now_ms().into(),
            ],
        );
        self.database.transaction(&[upsert]).await
    }

    /// An uploaded image's type and bytes; `None` when it is gone.
    async fn image(&self, asset_id: &str) -> Result<Option<(String, Vec<u8>)>> {
        #[derive(Deserialize)]
        struct Row {
            media_type: String,
            object_key: String,
        }
        let sql = "SELECT media_type, object_key FROM ad_assets WHERE tenant_id = ?1 AND id = ?2";
        let row: Option<Row> = self.database.first(sql, &[asset_id.into()]).await?;
        let Some(row) = row else { return Ok(None) };
        let failed = |e: worker::Error| Error::unavailable("reading an image", e);
        let bucket = self.env.bucket(FILES).map_err(|e| Error::setting(FILES, e))?;
        let object = bucket.get(&row.object_key).execute().await.map_err(failed)?;
        match object.as_ref().and_then(worker::Object::body) {
            Some(body) => Ok(Some((row.media_type, body.bytes().await.map_err(failed)?))),
            None => Ok(None),
        }
    }
}

/// What came of sending.
enum Sent {
    Answer(Answer),
    /// The spend guard said no after all.
    Refused(String),
}

/// What the machine is told when our own budget is used up: as if the provider had refused it at the door.
fn too_soon(wait_ms: i64) -> Response {
    let seconds = wait_ms.max(1_000).div_euclid(1_000).saturating_add(1);
    Response { status: 429, headers: vec![("retry-after".to_owned(), seconds.to_string())], body: Vec::new() }
}
