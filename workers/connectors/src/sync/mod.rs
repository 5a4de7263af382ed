//! Pulling figures: what a provider reports for some days, page by page, into `channel_insights`, and from there into
//! `ad_spend`, where every report reads it.
//!
//! Days are pulled again and again, because providers correct them: each pull replaces what was stored. A day is a day
//! of the account's own calendar.

mod store;

use crate::account::client::{Line, NoLine, line};
use crate::account::note_health;
use connector::{Fault, InsightsPage, InsightsQuery};
use platform::{Error, Result, TenantDb, clock};
use serde::Deserialize;
use std::time::Duration;
use worker::{Delay, Env};

/// The longest a queue's consumer sleeps for the account's budget, ms; a longer wait is left to the queue.
const SHORT_WAIT_MS: i64 = 10_000;
/// How often one page is asked for before the pull is given back to the queue.
const TRIES: u32 = 4;
/// Times a pull may break off.
const MOST_FAILURES: i64 = 5;
/// The most pages of one level: far beyond any account, so that a provider that never ends does not run us for ever.
const MAX_PAGES: usize = 2_000;

/// A message of the `syncs` queue.
#[derive(Debug, Deserialize)]
pub(crate) struct Request {
    pub(crate) sync_id: String,
    pub(crate) tenant_id: String,
}

/// A stored pull with its channel's and site's settings.
#[derive(Deserialize)]
struct Sync {
    channel_id: String,
    from_day: i64,
    to_day: i64,
    status: String,
    site: String,
    channel_status: String,
    currency: String,
}

/// How a pull ended.
enum Ending {
    Done(i64),
    /// In words, for people, and how the channel is after it.
    Failed(String, &'static str),
}

/// Runs a pull unless it has ended. Says in how many seconds to try again, `None` when it is over.
///
/// # Errors
/// A store that did not answer: trying again is right.
pub(crate) async fn run(env: &Env, request: &Request) -> Result<Option<u32>> {
    let database = TenantDb::new(env, &request.tenant_id)?;
    let sync: Option<Sync> = database
        .first(
            "SELECT r.channel_id, r.from_day, r.to_day, r.status, c.site, c.status AS channel_status, s.currency \
             FROM sync_runs r JOIN channels c ON c.tenant_id = ?1 AND c.id = r.channel_id \
             JOIN sites s ON s.tenant_id = ?1 AND s.key = c.site WHERE r.tenant_id = ?1 AND r.id = ?2",
            &[request.sync_id.as_str().into()],
        )
        .await?;
    let Some(sync) = sync.filter(|sync| sync.status == "queued" || sync.status == "running") else {
        return Ok(None);
    };
    let running = "UPDATE sync_runs SET status = 'running' WHERE tenant_id = ?1 AND id = ?2";
    database.run(running, &[request.sync_id.as_str().into()]).await?;
    if sync.channel_status == "disconnected" {
        store::finish(&database, &request.sync_id, "failed", 0, "the channel is disconnected").await?;
        return Ok(None);
    }
    let ending = match line(env, &database, &sync.channel_id).await {
        Ok(mut line) => match pull(&database, &sync, &mut line).await? {
            Pulled::Later(seconds) => return Ok(Some(seconds)),
            Pulled::Ended(ending) => ending,
        },
        Err(NoLine::Platform(error)) => return Err(error),
        Err(NoLine::Refused(reason)) => Ending::Failed(reason, "needs_reauth"),
    };
    match ending {
        Ending::Done(rows) => {
            store::spend(env, &database, &sync.site, &sync.currency, sync.from_day, sync.to_day).await?;
            store::note_pulled(&database, &sync.channel_id, sync.to_day).await?;
            note_health(&database, &sync.channel_id, "connected", "").await?;
            store::finish(&database, &request.sync_id, "done", rows, "").await?;
        }
        Ending::Failed(reason, status) => {
            note_health(&database, &sync.channel_id, status, &reason).await?;
            store::finish(&database, &request.sync_id, "failed", 0, &reason).await?;
        }
    }
    Ok(None)
}

enum Pulled {
    Ended(Ending),
    /// Seconds.
    Later(u32),
}

async fn pull(database: &TenantDb, sync: &Sync, line: &mut Line<'_>) -> Result<Pulled> {
    let mut rows = 0;
    for level in line.provider.descriptor().levels {
        let query = InsightsQuery { level: *level, from_day: sync.from_day, to_day: sync.to_day };
        let pulled_at = clock::now_ms();
        let mut cursor: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let page = match page(line, &query, cursor.as_deref()).await? {
                Asked::Page(page) => page,
                Asked::Later(seconds) => return Ok(Pulled::Later(seconds)),
                Asked::Failed(fault) => {
                    let status = crate::account::status_after(&fault);
                    return Ok(Pulled::Ended(Ending::Failed(fault.to_string(), status)));
                }
            };
            store::rows(database, sync, &page.rows, pulled_at).await?;
            rows += i64::try_from(page.rows.len()).unwrap_or(0);
            for skipped in &page.skipped {
                store::note_skipped(database, &sync.site, &sync.channel_id, skipped).await?;
            }
            match page.next {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        // What the provider no longer reports is no longer so.
        store::forget_older(database, sync, *level, pulled_at).await?;
    }
    Ok(Pulled::Ended(Ending::Done(rows)))
}

enum Asked {
    Page(InsightsPage),
    Later(u32),
    Failed(Fault),
}

/// Asks for a page until it comes, the token renewed where that is needed.
async fn page(line: &mut Line<'_>, query: &InsightsQuery, cursor: Option<&str>) -> Result<Asked> {
    let mut renewed = false;
    for attempt in 1..=TRIES {
        let now = clock::now_ms();
        let request = line.provider.insights(&line.connection.access(now), query, cursor);
        if let Some(until) = line.admitted(&request).await? {
            let wait = until - now;
            if wait > SHORT_WAIT_MS {
                return Ok(Asked::Later(seconds(wait)));
            }
            sleep(wait).await;
        }
        let answer = line.send(&request).await;
        let now = clock::now_ms();
        match line.provider.read_insights(&line.connection.access(now), query, cursor, &answer) {
            Ok(page) => return Ok(Asked::Page(page)),
            Err(Fault::Reauth { .. }) if !renewed => {
                renewed = true;
                match line.renew().await {
                    Ok(()) => {}
                    Err(NoLine::Platform(error)) => return Err(error),
                    Err(NoLine::Refused(reason)) => return Ok(Asked::Failed(Fault::Reauth { reason })),
                }
            }
            Err(Fault::Retry { after_ms, .. }) => {
                let wait = after_ms.unwrap_or_else(|| 500 << attempt);
                if wait > SHORT_WAIT_MS {
                    return Ok(Asked::Later(seconds(wait)));
                }
                sleep(wait).await;
            }
            Err(fault) => return Ok(Asked::Failed(fault)),
        }
    }
    Err(Error::unavailable("a provider", "did not give a page of figures"))
}

fn seconds(ms: i64) -> u32 {
    u32::try_from(ms.max(1_000).div_euclid(1_000).saturating_add(1)).unwrap_or(60)
}

async fn sleep(ms: i64) {
    Delay::from(Duration::from_millis(u64::try_from(ms).unwrap_or(0))).await;
}

/// Notes that a pull broke off. True when it broke off often enough: it is given up then, and the next one in the
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
    database.run("UPDATE sync_runs SET failures = failures + 1 WHERE tenant_id = ?1 AND id = ?2", &[id.into()]).await?;
    let row: Option<Row> =
        database.first("SELECT failures FROM sync_runs WHERE tenant_id = ?1 AND id = ?2", &[id.into()]).await?;
    let given_up = row.is_none_or(|row| row.failures >= MOST_FAILURES);
    if given_up {
        let reason = "the provider or our own store did not answer, five times over; it will be pulled again";
        store::finish(&database, id, "failed", 0, reason).await?;
    }
    Ok(given_up)
}
