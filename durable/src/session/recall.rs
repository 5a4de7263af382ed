//! Taking up a visitor whom the warehouse knows and this object, fresh or long emptied, does not.
//!
//! Done once, before the first placing, so the request path never waits for the database.

use super::store::{Remembered, Store, Visitor};
use platform::{Param, TenantDb};
use session::Session;
use worker::{Env, Result};

/// Most sessions and touchpoints taken up, the latest ones. Older touchpoints keep their numbers: what is taken up
/// is numbered on from them.
const MOST: i64 = 1_000;

const SESSIONS: &str = "SELECT id, started_at, ended_at FROM sessions \
     WHERE tenant_id = ?1 AND site = ?2 AND visitor = ?3 ORDER BY started_at DESC LIMIT ?4";

/// Touchpoints, for numbering, and the events of the sessions that the waiting hits can reach, for merging. The
/// signal is put together as `settle::signal` does it.
const EVENTS: &str = "SELECT id, t, received_at, session_id, event = 'pageview' AS pageview, \
     CASE WHEN source IN ('', 'direct') THEN '' ELSE \
       source || char(31) || medium || char(31) || campaign || char(31) || term || char(31) || content || char(31) || click_id END AS signal, \
     CASE WHEN touch = 0 THEN 0 WHEN source = 'direct' THEN 2 ELSE 1 END AS touch, touch_number, revision \
     FROM events WHERE tenant_id = ?1 AND id IN ( \
       SELECT id FROM (SELECT id FROM events WHERE tenant_id = ?1 AND site = ?2 AND visitor = ?3 AND touch = 1 ORDER BY t DESC LIMIT ?4) \
       UNION SELECT id FROM events WHERE tenant_id = ?1 AND session_id IN (SELECT value FROM json_each(?5)))";

/// Takes up the visitor unless that has been done.
pub(super) async fn recall(env: &Env, store: &Store, visitor: &Visitor) -> Result<()> {
    if store.is_recalled()? {
        return Ok(());
    }
    let database = TenantDb::new(env, &visitor.tenant_id)?;
    let mut values: Vec<Param> = vec![visitor.site.as_str().into(), visitor.visitor.as_str().into(), MOST.into()];
    let sessions: Vec<Session> = database.rows(SESSIONS, &values).await?;
    if sessions.is_empty() {
        return store.recalled(&[], &[], 0);
    }
    let span = store.arrived_span()?;
    let reach = |session: &&Session| {
        let timeout = visitor.session_timeout_ms;
        span.is_some_and(|(first, last)| session.started_at - timeout <= last && session.ended_at + timeout >= first)
    };
    let reached: Vec<&str> = sessions.iter().filter(reach).map(|session| session.id.as_str()).collect();
    values.push(serde_json::to_string(&reached)?.into());
    let events: Vec<Remembered> = database.rows(EVENTS, &values).await?;
    let first_number = events.iter().filter(|event| event.touch != 0).map(|event| event.touch_number).min();
    store.recalled(&sessions, &events, first_number.map_or(0, |number| number - 1))
}
