//! The live feed: server-sent events of one site's hits, and of who is here.
//!
//! The feed polls: a hit is shown at the latest [`POLL`] after it was stored. The runtime does not reliably tell that a
//! listener has gone, so a feed ends by itself after [`LIFETIME_MS`]; browsers connect again and name the last hit they
//! saw (`Last-Event-ID`), which is where the next feed goes on.

use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use calendar::Zone;
use futures::stream;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use metrics::Scope;
use metrics::reports::live::{self as report, ActiveRow, HitRow, SoldRow};
use platform::clock;
use platform::warehouse::Warehouse;
use worker::Delay;

use super::scope;
use crate::answer::{Answer, internal};
use crate::extract::Params;
use crate::gate::Caller;
use crate::store::feed;
use crate::wire::analytics::{LiveActive, LiveHit, LiveQuery};
use crate::wire::problem::Problem;

/// Between two looks at the database.
const POLL: Duration = Duration::from_millis(250);

/// Between two counts of who is here, in ms.
const ACTIVE_EVERY_MS: i64 = 2_000;

/// How far back somebody counts as here, in ms.
const ACTIVE_WINDOW_MS: i64 = 5 * 60_000;

/// After so long a feed ends by itself, in ms.
const LIFETIME_MS: i64 = 5 * 60_000;

/// Hits a new feed begins with.
const BACKLOG: u32 = 30;

/// Hits read at one look.
const BATCH: u32 = 200;

/// A listener who missed more than this many stored hits begins anew instead of catching up.
const MAX_CATCH_UP: i64 = 2_000;

/// The live feed: `hit` events (data: `LiveHit`, id: the cursor) and `active` events (data: `LiveActive`).
#[utoipa::path(
    get, path = "/analytics/live", tag = "analytics", params(LiveQuery),
    responses((status = 200, description = "A stream of server-sent events", body = String, content_type = "text/event-stream"), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_analytics")))
)]
#[worker::send]
pub async fn live(caller: Caller, Params(query): Params<LiveQuery>, headers: HeaderMap) -> Answer<Response> {
    let site = scope::site(&caller, query.site.as_deref()).await?;
    let seen = headers.get("last-event-id").and_then(|id| id.to_str().ok()).and_then(|id| id.parse::<i64>().ok());
    let mut feed = Feed {
        zone: scope::zone(&site)?,
        scope: scope::figures(&caller, &site),
        started: caller.now,
        active_due: caller.now,
        last: 0,
        ended: false,
        caller,
    };
    // What fails before the first byte can still be told with a status.
    let opening = feed.open(seen).await?;
    let chunks = stream::unfold((feed, Some(opening)), |(mut feed, opening)| async move {
        let chunk = match opening {
            Some(opening) => opening,
            None => feed.next().await?,
        };
        Some((Ok::<_, worker::Error>(chunk), (feed, None)))
    });
    let body = worker::Body::from_stream(chunks).map_err(internal)?;
    let mut response = Response::new(Body::new(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store, no-transform"));
    Ok(response)
}

/// One listener's feed.
struct Feed {
    caller: Caller,
    scope: Scope,
    zone: Zone,
    /// When it began, UTC ms.
    started: i64,
    /// When who is here is told next, UTC ms.
    active_due: i64,
    /// The cursor up to which everything was sent.
    last: i64,
    ended: bool,
}

impl Feed {
    /// The first chunk: how soon to reconnect, then the latest hits oldest first, unless the listener saw them already.
    async fn open(&mut self, seen: Option<i64>) -> Answer<String> {
        let head = feed::head(&self.caller.database).await?;
        let mut chunk = "retry: 1000\n\n".to_owned();
        match seen.filter(|seen| (head - MAX_CATCH_UP..=head).contains(seen)) {
            Some(seen) => self.last = seen,
            None => {
                let mut hits: Vec<HitRow> = self.rows(&report::latest(&self.scope, BACKLOG)).await?;
                // Newer ones than the head come with the next look.
                hits.retain(|hit| hit.seq <= head);
                hits.sort_by_key(|hit| hit.seq);
                write_hits(&mut chunk, hits)?;
                self.last = head;
            }
        }
        Ok(chunk)
    }

    /// The next chunk; `None` when the feed is over.
    async fn next(&mut self) -> Option<String> {
        if self.ended {
            return None;
        }
        loop {
            Delay::from(POLL).await;
            match self.look().await {
                Ok(chunk) if chunk.is_empty() && !self.ended => {}
                Ok(chunk) => return Some(chunk),
                Err(refused) => {
                    // The status is long gone; the listener waits a little longer before it tries again.
                    let tenant = &self.caller.session.tenant_id;
                    platform::log::error("api", tenant, "the live feed broke off", refused.problem());
                    self.ended = true;
                    return Some("retry: 5000\n\n".to_owned());
                }
            }
        }
    }

    /// What is new since the last look.
    async fn look(&mut self) -> Answer<String> {
        let now = clock::now_ms();
        let mut chunk = String::new();
        let head = feed::head(&self.caller.database).await?;
        if head > self.last {
            let hits: Vec<HitRow> = self.rows(&report::after(&self.scope, self.last, BATCH)).await?;
            // A full batch may not be all there is; otherwise everything up to the head was seen.
            let full = hits.len() >= usize::try_from(BATCH).unwrap_or(usize::MAX);
            let newest = hits.last().map_or(0, |hit| hit.seq);
            self.last = if full { newest } else { head.max(newest) };
            write_hits(&mut chunk, hits)?;
        }
        if now >= self.active_due {
            let active = self.active(now).await?;
            chunk.push_str(&message(None, "active", &serde_json::to_string(&active).map_err(internal)?));
            self.active_due = now + ACTIVE_EVERY_MS;
        }
        if now - self.started >= LIFETIME_MS {
            self.ended = true;
            chunk.push_str("retry: 500\n\n");
        }
        Ok(chunk)
    }

    async fn active(&self, now: i64) -> Answer<LiveActive> {
        let since = now - ACTIVE_WINDOW_MS;
        let here: Vec<ActiveRow> = self.rows(&report::active(&self.scope, since, self.zone.local_hour(since))).await?;
        let sold: Vec<SoldRow> = self.rows(&report::sold(&self.scope, self.zone.local_day(now))).await?;
        let (here, sold) = (here.first(), sold.first());
        Ok(LiveActive {
            visitors_5m: here.map_or(0, |row| row.visitors),
            events_5m: here.map_or(0, |row| row.events),
            revenue_today: sold.map_or(0, |row| row.revenue),
            orders_today: sold.map_or(0, |row| row.orders),
        })
    }

    async fn rows<T: serde::de::DeserializeOwned>(&self, statement: &metrics::Statement) -> Answer<Vec<T>> {
        let warehouse = Warehouse::open(&self.caller.runtime.env, &self.caller.database)?;
        Ok(warehouse.live_rows(statement).await?)
    }
}

fn write_hits(chunk: &mut String, hits: Vec<HitRow>) -> Answer<()> {
    for hit in hits {
        let seq = hit.seq;
        let json = serde_json::to_string(&LiveHit::from(hit)).map_err(internal)?;
        chunk.push_str(&message(Some(seq), "hit", &json));
    }
    Ok(())
}

/// One server-sent event. JSON has no line breaks of its own, so the data is one line.
fn message(id: Option<i64>, event: &str, json: &str) -> String {
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    format!("{id}event: {event}\ndata: {json}\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn hit(seq: i64, path: &str) -> HitRow {
        HitRow {
            seq,
            id: format!("e{seq}"),
            event: "pageview".into(),
            t: 1,
            received_at: 2,
            visitor: "v".into(),
            path: path.into(),
            source: String::new(),
            channel: String::new(),
            country: "DE".into(),
            device: "mobile".into(),
            browser: "Safari".into(),
            value: 0,
            currency: String::new(),
            bot: 1,
        }
    }

    #[test]
    fn a_hit_is_one_message_with_its_cursor_whatever_it_holds() {
        let mut chunk = String::new();
        write_hits(&mut chunk, vec![hit(7, "/a\nevent: active"), hit(8, "/")]).unwrap();
        let messages: Vec<&str> = chunk.split_terminator("\n\n").collect();
        assert_eq!(messages.len(), 2);
        let lines: Vec<&str> = messages[0].lines().collect();
        assert_eq!(lines[..2], ["id: 7", "event: hit"]);
        let data: serde_json::Value = serde_json::from_str(lines[2].strip_prefix("data: ").unwrap()).unwrap();
        assert_eq!((&data["path"], &data["bot"]), (&json!("/a\nevent: active"), &json!(true)));
    }

    #[test]
    fn who_is_here_moves_no_cursor() {
        assert_eq!(message(None, "active", "{}"), "event: active\ndata: {}\n\n");
    }
}
