//! Pulling figures: what a provider reports for some days, page by page, into `channel_insights`, and from there into
//! `ad_spend`, where every report reads it.
//!
//! Days are pulled again and again, because providers correct them: each pull replaces what was stored. A day is a day
//! of the account's own calendar.
//!
//! Where a pull is ([`Pull`]) is stored with each page's rows. A short wait is sat out and the account's budget asked
//! again; a longer one is left to the queue, and whoever gets the message next goes on at the next page. One consumer at
//! a time is at a pull: it holds a lease, which ends by itself should the consumer.

mod store;

use crate::account::client::{Line, NoLine, line};
use crate::account::note_health;
use connector::pull::{self, Pull, Sit, Taken, Then};
use connector::{Fault, InsightsPage, InsightsQuery};
use platform::{Error, Result, TenantDb, clock};
use serde::Deserialize;
use std::time::Duration;
use worker::{Delay, Env};

/// Times in a row a pull may break off.
const MOST_FAILURES: i64 = 5;
/// How long a consumer is at a pull alone before it has to say that it still is, ms: a wait that is sat out (10 s), a
/// request (30 s) and storing what it brought.
const LEASE_MS: i64 = 45_000;
/// How long a pull may take, ms: after a day the timetable's next one brings the same days.
const LONGEST_MS: i64 = 86_400_000;

/// A message of the `syncs` queue.
#[derive(Debug, Deserialize)]
pub(crate) struct Request {
    pub(crate) sync_id: String,
    pub(crate) tenant_id: String,
}

/// A stored pull with its channel's and site's settings.
#[derive(Deserialize)]
struct Sync {
    id: String,
    channel_id: String,
    from_day: i64,
    to_day: i64,
    status: String,
    position: String,
    lease_until: i64,
    created_at: i64,
    site: String,
    channel_status: String,
    currency: String,
}

/// How a turn ended.
enum Ending {
    Done(i64),
    /// In words, for people, and how the channel is after it.
    Failed(String, &'static str),
    /// Goes on in so many seconds.
    Later(u32),
}

/// Runs a pull unless it has ended. Says in how many seconds to try again, `None` when it is over.
///
/// # Errors
/// A store or provider that did not answer: trying again is right.
pub(crate) async fn run(env: &Env, request: &Request) -> Result<Option<u32>> {
    let database = TenantDb::new(env, &request.tenant_id)?;
    let sync: Option<Sync> = database
        .first(
            "SELECT r.id, r.channel_id, r.from_day, r.to_day, r.status, r.position, r.lease_until, r.created_at, c.site, \
             c.status AS channel_status, s.currency \
             FROM sync_runs r JOIN channels c ON c.tenant_id = ?1 AND c.id = r.channel_id \
             JOIN sites s ON s.tenant_id = ?1 AND s.key = c.site WHERE r.tenant_id = ?1 AND r.id = ?2",
            &[request.sync_id.as_str().into()],
        )
        .await?;
    let Some(sync) = sync.filter(|sync| sync.status == "queued" || sync.status == "running") else {
        return Ok(None);
    };
    let now = clock::now_ms();
    if !store::claim(&database, &sync.id, now + LEASE_MS, now).await? {
        return Ok(Some(seconds_until(sync.lease_until.max(now + 1_000), now)));
    }
    if sync.channel_status == "disconnected" {
        store::finish(&database, &sync.id, "failed", 0, "the channel is disconnected").await?;
        return Ok(None);
    }
    let ending = match line(env, &database, &sync.channel_id).await {
        Ok(line) => Turn { database: &database, sync: &sync, line, since_ms: now }.pull().await?,
        Err(NoLine::Platform(error)) => return Err(error),
        Err(NoLine::Later { at_ms, .. }) => Ending::Later(seconds_until(at_ms, clock::now_ms())),
        Err(NoLine::Refused(reason)) => Ending::Failed(reason, "needs_reauth"),
    };
    match ending {
        Ending::Later(_) if clock::now_ms() - sync.created_at > LONGEST_MS => {
            let reason = "the provider did not let us in or through within a day; it will be pulled again";
            store::finish(&database, &sync.id, "failed", 0, reason).await?;
            Ok(None)
        }
        Ending::Later(seconds) => {
            store::release(&database, &sync.id).await?;
            Ok(Some(seconds))
        }
        Ending::Done(rows) => {
            store::spend(env, &database, &sync.site, &sync.currency, sync.from_day, sync.to_day).await?;
            store::note_pulled(&database, &sync.channel_id, sync.to_day).await?;
            note_health(&database, &sync.channel_id, "connected", "").await?;
            store::finish(&database, &sync.id, "done", rows, "").await?;
            Ok(None)
        }
        Ending::Failed(reason, status) => {
            note_health(&database, &sync.channel_id, status, &reason).await?;
            store::finish(&database, &sync.id, "failed", 0, &reason).await?;
            Ok(None)
        }
    }
}

/// One consumer's go at a pull.
struct Turn<'a> {
    database: &'a TenantDb,
    sync: &'a Sync,
    line: Line<'a>,
    /// When it began, UTC ms.
    since_ms: i64,
}

/// What came of asking for a page.
enum Asked {
    Page(InsightsPage),
    /// Ask for what the pull names now.
    Again,
    Later(u32),
    Failed(Fault),
}

impl Turn<'_> {
    async fn pull(mut self) -> Result<Ending> {
        let mut pull = match &*self.sync.position {
            "" => Pull::begin(clock::now_ms()),
            stored => serde_json::from_str(stored).map_err(|e| Error::corrupt("a pull's position", e))?,
        };
        let levels = self.line.provider.descriptor().levels;
        while let Some(query) = pull.query(levels, self.sync.from_day, self.sync.to_day) {
            let page = match self.page(&mut pull, &query).await? {
                Asked::Page(page) => page,
                Asked::Again => continue,
                Asked::Later(seconds) => return Ok(Ending::Later(seconds)),
                Asked::Failed(fault) => {
                    return Ok(Ending::Failed(fault.to_string(), crate::account::status_after(&fault)));
                }
            };
            let now = clock::now_ms();
            let stamp = pull.stamp_ms();
            let taken = pull.take(&query, &page, now);
            store::page(self.database, self.sync, &page, stamp, taken, &pull, now + LEASE_MS).await?;
            if taken == Taken::Endless {
                return Ok(Ending::Failed("the provider's list of figures does not end".to_owned(), "failing"));
            }
            if pull::is_tired(self.since_ms, now) {
                return Ok(Ending::Later(1));
            }
        }
        Ok(Ending::Done(pull.rows()))
    }

    /// Asks for the page that is due until it comes, as long as that is worth waiting for here.
    async fn page(&mut self, pull: &mut Pull, query: &InsightsQuery) -> Result<Asked> {
        loop {
            let now = clock::now_ms();
            let request = self.line.provider.insights(&self.line.connection.access(now), query, pull.cursor());
            // Who waited asks again: others may have used up the budget meanwhile.
            if let Some(until) = self.line.admitted(&request).await? {
                if let Some(seconds) = self.wait(until).await? {
                    return Ok(Asked::Later(seconds));
                }
                continue;
            }
            let answer = self.line.send(&request).await;
            let now = clock::now_ms();
            let access = self.line.connection.access(now);
            let fault = match self.line.provider.read_insights(&access, query, pull.cursor(), &answer) {
                Ok(page) => return Ok(Asked::Page(page)),
                Err(fault) => fault,
            };
            match pull.stumble(&fault, now) {
                Then::At(until) => {
                    if let Some(seconds) = self.wait(until).await? {
                        return Ok(Asked::Later(seconds));
                    }
                }
                Then::Renew => match self.line.renew().await {
                    Ok(()) => {}
                    Err(NoLine::Platform(error)) => return Err(error),
                    Err(NoLine::Later { at_ms, .. }) => {
                        return Ok(Asked::Later(seconds_until(at_ms, clock::now_ms())));
                    }
                    Err(NoLine::Refused(reason)) => return Ok(Asked::Failed(Fault::Reauth { reason })),
                },
                Then::Again => return Ok(Asked::Again),
                Then::BreakOff => return Err(Error::unavailable("a provider", fault)),
                Then::Fail => return Ok(Asked::Failed(fault)),
            }
        }
    }

    /// Sits a short wait out. Says in how many seconds to come again where it is no short one.
    async fn wait(&self, until_ms: i64) -> Result<Option<u32>> {
        match pull::sit(until_ms, self.since_ms, clock::now_ms()) {
            Sit::Away(seconds) => Ok(Some(seconds)),
            Sit::Here(ms) => {
                Delay::from(Duration::from_millis(u64::try_from(ms).unwrap_or(0))).await;
                store::hold(self.database, &self.sync.id, clock::now_ms() + LEASE_MS).await?;
                Ok(None)
            }
        }
    }
}

fn seconds_until(at_ms: i64, now_ms: i64) -> u32 {
    u32::try_from((at_ms - now_ms).max(1_000).div_euclid(1_000).saturating_add(1)).unwrap_or(60)
}

/// Notes that a pull broke off. True when it broke off often enough without a page between: it is given up then, and the next one in the
/// timetable pulls the same days again.
///
/// # Errors
/// A store that did not answer.
pub(crate) async fn broke_off(env: &Env, request: &Request) -> Result<bool> {
    #[derive(Deserialize)]
    struct Row {
        failures: i64,
    }
    let database = TenantDb::new(env, &request.tenant_id)?;
    let id = request.sync_id.as_str();
    let sql = "UPDATE sync_runs SET failures = failures + 1, lease_until = 0 WHERE tenant_id = ?1 AND id = ?2";
    database.run(sql, &[id.into()]).await?;
    let row: Option<Row> =
        database.first("SELECT failures FROM sync_runs WHERE tenant_id = ?1 AND id = ?2", &[id.into()]).await?;
    let given_up = row.is_none_or(|row| row.failures >= MOST_FAILURES);
    if given_up {
        let reason = "the provider or our own store did not answer, five times in a row; it will be pulled again";
        store::finish(&database, id, "failed", 0, reason).await?;
    }
    Ok(given_up)
}
