//! Handing events to the `events` queue, in parcels that fit a message, again and again until they are acknowledged.

use super::store::{Store, Unstored, Visitor};
use event::{Event, channel};
use platform::queue;
use platform::session_object::{Change, Parcel};
use worker::{Env, Result};

/// Binding of the queue.
const QUEUE: &str = "EVENTS";
/// Most events in one alarm's work; the rest follows in the next.
const MOST: i64 = 1_000;

/// Packs what is due and marks it as sent, in the commit that also holds its placing: the runtime lets no message
/// leave before that commit is on disk. Should the message not leave at all, it is due again like one that got lost.
pub(super) fn pack(store: &Store, visitor: &Visitor, now: i64) -> Result<Vec<Parcel>> {
    let mut parcels = Vec::new();
    let mut draft = Draft::new(visitor);
    let mut ids = Vec::new();
    for row in store.due(now, MOST)? {
        let room = row.body.len() + row.id.len() + 400;
        if draft.size + room > queue::MAX_MESSAGE && draft.size > 0 {
            parcels.push(std::mem::replace(&mut draft, Draft::new(visitor)).parcel);
        }
        ids.push(row.id.clone());
        draft.add(row, room)?;
    }
    if draft.size > 0 {
        parcels.push(draft.parcel);
        store.sent(&ids, now)?;
    }
    Ok(parcels)
}

/// Hands parcels to the queue.
pub(super) async fn send(env: &Env, parcels: &[Parcel]) -> Result<()> {
    for parcel in parcels {
        queue::send(env, QUEUE, parcel).await?;
    }
    Ok(())
}

struct Draft {
    parcel: Parcel,
    size: usize,
}

impl Draft {
    fn new(visitor: &Visitor) -> Self {
        Self {
            parcel: Parcel {
                tenant_id: visitor.tenant_id.clone(),
                site: visitor.site.clone(),
                visitor: visitor.visitor.clone(),
                events: Vec::new(),
                changes: Vec::new(),
                absorbed: Vec::new(),
            },
            size: 0,
        }
    }

    fn add(&mut self, row: Unstored, room: usize) -> Result<()> {
        self.size += room;
        for left in row.moved_from.split_whitespace() {
            if !self.parcel.absorbed.iter().any(|known| known == left) {
                self.parcel.absorbed.push(left.to_owned());
            }
        }
        if row.body.is_empty() {
            self.parcel.changes.push(change(row));
            return Ok(());
        }
        let mut event: Event = serde_json::from_str(&row.body)?;
        let change = change(row);
        event.session_id = change.session_id;
        event.touch = change.touch;
        event.touch_number = change.touch_number;
        event.revision = change.revision;
        // A touch by its own signal already carries its names; they differ only for a direct one.
        if event.source.is_empty() {
            event.source = change.source;
            event.medium = change.medium;
            event.channel = change.channel;
        }
        self.parcel.events.push(event);
        Ok(())
    }
}

/// The assignment of a row, with the names a reader shows.
fn change(row: Unstored) -> Change {
    let direct = row.touch == 2;
    let mut names = row.signal.split('\u{1f}');
    let mut name = |direct_name: &str| {
        let own = names.next().unwrap_or_default();
        if direct { direct_name.to_owned() } else { own.to_owned() }
    };
    let source = name(channel::DIRECT_SOURCE);
    let medium = name(channel::DIRECT_MEDIUM);
    let campaign = name("");
    let touch = channel::Touch { source: &source, medium: &medium, campaign: &campaign };
    let channel = if source.is_empty() { String::new() } else { channel::group(&touch).to_owned() };
    Change {
        id: row.id,
        session_id: row.session,
        touch: u8::from(row.touch != 0),
        touch_number: row.number,
        source,
        medium,
        channel,
        revision: row.revision,
    }
}
