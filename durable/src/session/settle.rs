//! Placing arrived hits: enrich, assign the session, find and number the touchpoints. One stretch without an await,
//! so the object stores all of it or none.

use super::store::{Store, Visitor};
use event::enrich::enrich;
use event::{Event, Hit, PAGEVIEW};
use session::{Ledger, Placement, Step, touches};
use std::collections::{BTreeMap, BTreeSet};
use worker::Result;

/// Places everything that has arrived.
pub(super) fn settle(store: &Store, visitor: &Visitor) -> Result<()> {
    let arrived = store.arrived()?;
    if arrived.is_empty() {
        return Ok(());
    }
    let mut ledger = Ledger::new(store.sessions()?);
    let mut changed: BTreeSet<String> = BTreeSet::new();
    for row in arrived {
        let hit: Hit = serde_json::from_str(&row.body)?;
        let event = enrich(&visitor.tenant_id, &visitor.site, &visitor.visitor, &hit);
        let placement = ledger.place(row.t, visitor.session_timeout_ms, platform::random::uuid);
        let session = placement.session();
        if let Placement::Merged { session, absorbed } = &placement {
            store.absorb(absorbed, session)?;
            changed.remove(absorbed);
        }
        let body = serde_json::to_string(&event)?;
        store.place(&row.id, session, event.event == PAGEVIEW, &signal(&event), &body)?;
        changed.insert(session.to_owned());
    }
    for id in &changed {
        if let Some(session) = ledger.get(id) {
            store.put_session(session)?;
        }
        mark_touches(store, id)?;
    }
    store.number_touches()
}

/// What makes two touches of a session the same: everything a link carries.
pub(super) fn signal(event: &Event) -> String {
    if !event.has_signal() {
        return String::new();
    }
    [&event.source, &event.medium, &event.campaign, &event.term, &event.content, &event.click_id]
        .map(String::as_str)
        .join("\u{1f}")
}

fn mark_touches(store: &Store, session: &str) -> Result<()> {
    let rows = store.steps(session)?;
    let steps: Vec<Step> = rows
        .iter()
        .map(|row| Step { id: row.id.clone(), t: row.t, pageview: row.pageview == 1, signal: row.signal.clone() })
        .collect();
    let wanted: BTreeMap<String, i64> =
        touches(&steps).into_iter().map(|touch| (touch.id, if touch.direct { 2 } else { 1 })).collect();
    for row in rows {
        let touch = wanted.get(&row.id).copied().unwrap_or(0);
        if touch != row.touch {
            store.set_touch(&row.id, touch)?;
        }
    }
    Ok(())
}
