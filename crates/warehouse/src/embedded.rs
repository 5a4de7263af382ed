//! The embedded warehouse: how a batch of events changes the D1 tables of `migrations-d1/`.
//!
//! `?1` is the tenant everywhere. A batch is written in one transaction in the order of [`Batch::statements`]. Derived
//! tables are recomputed from `events`, never counted up, so that a repeated batch changes nothing.
//!
//! Events do not stay for ever. Hours and sessions that lost some at the end of the site's term are closed
//! ([`close`], then [`retire`]): they keep the figures they had while they were whole. What comes for them later is
//! stored like any event, is not counted there, and is named in `events_inbox`.

use crate::credits;
use event::{Event, PURCHASE};
use serde::Serialize;
use std::collections::BTreeSet;

/// A value bound from `?2` on: text or a whole number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Text.
    Text(String),
    /// A whole number.
    Integer(i64),
}

/// SQL with its values from `?2` on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The text.
    pub sql: String,
    /// The values.
    pub values: Vec<Value>,
}

/// The columns of `events` that an [`Event`] fills, in the struct's order; a test holds the two together.
pub const COLUMNS: [&str; 39] = [
    "tenant_id",
    "id",
    "site",
    "visitor",
    "anonymous_id",
    "user_id",
    "event",
    "t",
    "received_at",
    "origin",
    "url",
    "host",
    "path",
    "referrer",
    "source",
    "medium",
    "campaign",
    "term",
    "content",
    "click_id_kind",
    "click_id",
    "channel",
    "value_minor",
    "currency",
    "order_id",
    "country",
    "region",
    "device",
    "browser",
    "os",
    "bot",
    "consent",
    "flags",
    "props",
    "session_id",
    "touch",
    "touch_number",
    "revision",
    "local_hour",
];

/// JSON text of one bound value may not exceed D1's 2 MB; a batch is cut into pieces of about this size.
const PIECE: usize = 400_000;

/// One tenant's and site's share of what is to be written.
#[derive(Debug, Clone)]
pub struct Batch<C> {
    /// Events, each id once, `local_hour` filled.
    pub events: Vec<Event>,
    /// New assignments of events already held, as the queue carries them.
    pub changes: Vec<C>,
    /// Sessions named by `changes`.
    pub changed_sessions: BTreeSet<String>,
    /// Sessions that were absorbed.
    pub absorbed: BTreeSet<String>,
}

impl<C: Serialize> Batch<C> {
    /// The statements that write the batch. `raw_key` is the raw-log object that new events will stand in.
    ///
    /// # Errors
    /// When an event cannot be written as JSON.
    pub fn statements(&self, raw_key: &str) -> Result<Vec<Statement>, serde_json::Error> {
        let mut statements = Vec::new();
        for piece in pieces(&self.events)? {
            statements.push(Statement {
                sql: insert_events(),
                values: vec![Value::Text(piece.clone()), Value::Text(raw_key.to_owned())],
            });
            statements.push(Statement { sql: MARK_HOURS.to_owned(), values: vec![Value::Text(piece.clone())] });
            let values = vec![Value::Text(piece.clone()), Value::Text(raw_key.to_owned())];
            statements.push(Statement { sql: NOTE_TOO_LATE.to_owned(), values });
            statements.push(Statement { sql: credits::mark_events(), values: vec![Value::Text(piece)] });
        }
        for piece in pieces(&self.changes)? {
            statements.push(Statement { sql: CHANGE_EVENTS.to_owned(), values: vec![Value::Text(piece.clone())] });
            statements.push(Statement { sql: credits::mark_changes(), values: vec![Value::Text(piece)] });
        }
        let orders: BTreeSet<&str> = self
            .events
            .iter()
            .filter(|event| event.event == PURCHASE && !event.order_id.is_empty())
            .map(|event| event.order_id.as_str())
            .collect();
        let has_orders = !orders.is_empty();
        let orders = Value::Text(serde_json::to_string(&orders)?);
        if has_orders {
            for sql in [FORGET_DUPLICATES.to_owned(), FIND_DUPLICATES.to_owned(), credits::mark_orders()] {
                statements.push(Statement { sql, values: vec![orders.clone()] });
            }
        }
        let sessions: BTreeSet<&str> = self
            .events
            .iter()
            .map(|event| event.session_id.as_str())
            .chain(self.changed_sessions.iter().map(String::as_str))
            .chain(self.absorbed.iter().map(String::as_str))
            .collect();
        let sessions = Value::Text(serde_json::to_string(&sessions)?);
        for sql in [FORGET_SESSIONS, COMPUTE_SESSIONS] {
            let sql = sql.replace("{sessions}", AFFECTED_SESSIONS);
            statements.push(Statement { sql, values: vec![sessions.clone(), orders.clone()] });
        }
        Ok(statements)
    }
}

/// Cuts a list into JSON arrays of bounded size; an empty list gives none.
pub(crate) fn pieces<T: Serialize>(items: &[T]) -> Result<Vec<String>, serde_json::Error> {
    let mut pieces = Vec::new();
    let mut piece = String::new();
    for item in items {
        let json = serde_json::to_string(item)?;
        if !piece.is_empty() && piece.len() + json.len() > PIECE {
            piece.push(']');
            pieces.push(std::mem::take(&mut piece));
        }
        piece.push(if piece.is_empty() { '[' } else { ',' });
        piece.push_str(&json);
    }
    if !piece.is_empty() {
        piece.push(']');
        pieces.push(piece);
    }
    Ok(pieces)
}

/// New events are inserted; of an event already held only a later assignment is taken.
fn insert_events() -> String {
    let values: Vec<String> = COLUMNS
        .iter()
        .map(|column| if *column == "tenant_id" { "?1".to_owned() } else { format!("value ->> '{column}'") })
        .collect();
    format!(
        "INSERT INTO events ({}, raw_key) SELECT {}, ?3 FROM json_each(?2) WHERE true \
         ON CONFLICT (tenant_id, id) DO UPDATE SET session_id = excluded.session_id, touch = excluded.touch, \
         touch_number = excluded.touch_number, source = excluded.source, medium = excluded.medium, \
         channel = excluded.channel, revision = excluded.revision WHERE excluded.revision > events.revision",
        COLUMNS.join(", "),
        values.join(", "),
    )
}

/// The stored columns of an event, for reading rows back.
#[must_use]
pub fn select_events(condition: &str) -> String {
    format!("SELECT {} FROM events WHERE tenant_id = ?1 AND {condition}", COLUMNS.join(", "))
}

const MARK_HOURS: &str = "INSERT OR IGNORE INTO dirty_hours (tenant_id, site, local_hour) \
     SELECT DISTINCT ?1, value ->> 'site', value ->> 'local_hour' FROM json_each(?2) \
     WHERE NOT EXISTS (SELECT 1 FROM closed_hours c \
       WHERE c.tenant_id = ?1 AND c.site = value ->> 'site' AND c.local_hour = value ->> 'local_hour')";

/// Says of new events (those that stand in the raw-log object `?3`) that they came for a closed hour or session: one
/// entry an hour, named so that writing it again changes nothing.
const NOTE_TOO_LATE: &str = "INSERT OR IGNORE INTO events_inbox \
     (id, tenant_id, site, source, field, reason, payload, received_at) \
     SELECT 'late-' || replace(?3, '/', '-') || '-' || n.local_hour, ?1, n.site, 'warehouse', 'ts', \
       COUNT(*) || ' of ' || strftime('%Y-%m-%d %H:00', n.local_hour * 3600, 'unixepoch') || ' came after that hour or ' || \
       'visit was closed, its events being past the time the site keeps them. They are stored, orders and touchpoints ' || \
       'among them count, but the numbers of events and pages counted then stay as they were.', \
       json_object('local_hour', n.local_hour, 'event_ids', json_group_array(n.id)), MAX(n.received_at) \
     FROM (SELECT j.value ->> 'id' AS id, j.value ->> 'site' AS site, j.value ->> 'local_hour' AS local_hour, \
         j.value ->> 'received_at' AS received_at, j.value ->> 'session_id' AS session_id FROM json_each(?2) j) n \
     WHERE (EXISTS (SELECT 1 FROM closed_hours c \
         WHERE c.tenant_id = ?1 AND c.site = n.site AND c.local_hour = n.local_hour) \
       OR EXISTS (SELECT 1 FROM sessions s WHERE s.tenant_id = ?1 AND s.id = n.session_id AND s.closed = 1)) \
     AND EXISTS (SELECT 1 FROM events e WHERE e.tenant_id = ?1 AND e.id = n.id AND e.raw_key = ?3) \
     GROUP BY n.site, n.local_hour";

/// Found by key: the planner would otherwise read all of the tenant's events to match a list of unknown length.
const CHANGE_EVENTS: &str = "UPDATE events SET session_id = c.value ->> 'session_id', touch = c.value ->> 'touch', \
     touch_number = c.value ->> 'touch_number', source = c.value ->> 'source', medium = c.value ->> 'medium', \
     channel = c.value ->> 'channel', revision = c.value ->> 'revision' \
     FROM json_each(?2) AS c WHERE +events.tenant_id = ?1 AND events.seq = ( \
       SELECT x.seq FROM events x WHERE x.tenant_id = ?1 AND x.id = c.value ->> 'id') \
     AND c.value ->> 'revision' > events.revision";

const FORGET_DUPLICATES: &str = "DELETE FROM order_duplicates \
     WHERE tenant_id = ?1 AND order_id IN (SELECT value FROM json_each(?2))";

/// Of several purchase events with one order id, all but the earliest; ties go to the smaller event id. The `+` keeps
/// the planner from reading all of a site's purchases for each order.
const FIND_DUPLICATES: &str = "INSERT INTO order_duplicates (tenant_id, event_id, order_id) \
     SELECT e.tenant_id, e.id, e.order_id FROM events e WHERE e.tenant_id = ?1 AND e.event = 'purchase' \
     AND e.order_id <> '' AND e.order_id IN (SELECT value FROM json_each(?2)) AND EXISTS ( \
       SELECT 1 FROM events f WHERE f.tenant_id = e.tenant_id AND f.site = e.site AND f.order_id = e.order_id \
       AND f.order_id <> '' AND +f.event = 'purchase' AND (f.t, f.id) < (e.t, e.id))";

/// The sessions of the batch, and those of other purchase events of its orders: one of them may just have become, or
/// ceased to be, the duplicate.
const AFFECTED_SESSIONS: &str = "SELECT value FROM json_each(?2) UNION SELECT o.session_id FROM events o \
     WHERE o.tenant_id = ?1 AND o.order_id <> '' AND o.order_id IN (SELECT value FROM json_each(?3))";

const FORGET_SESSIONS: &str = "DELETE FROM sessions WHERE tenant_id = ?1 AND id IN ({sessions}) AND closed = 0";

/// A session is what its events say: it is named by its first touchpoint, else its first event; place and device come
/// from there too, and a visit without any touchpoint has no channel. A closed one is still there, and stays.
const COMPUTE_SESSIONS: &str = "INSERT INTO sessions (tenant_id, id, site, visitor, started_at, ended_at, local_hour, \
     events, pageviews, orders, entry_path, exit_path, channel, source, medium, campaign, country, device, browser, os, bot) \
     SELECT ?1, session_id, MIN(site), MIN(visitor), MIN(t), MAX(t), MIN(local_hour), COUNT(*), \
     SUM(event = 'pageview'), SUM(event = 'purchase' AND NOT duplicate), \
     COALESCE(MAX(CASE WHEN first_page = 1 THEN path END), ''), COALESCE(MAX(CASE WHEN last_page = 1 THEN path END), ''), \
     MAX(CASE WHEN lead = 1 THEN channel END), MAX(CASE WHEN lead = 1 THEN source END), \
     MAX(CASE WHEN lead = 1 THEN medium END), MAX(CASE WHEN lead = 1 THEN campaign END), \
     MAX(CASE WHEN lead = 1 THEN country END), MAX(CASE WHEN lead = 1 THEN device END), \
     MAX(CASE WHEN lead = 1 THEN browser END), MAX(CASE WHEN lead = 1 THEN os END), MAX(bot) \
     FROM (SELECT e.*, \
       EXISTS (SELECT 1 FROM order_duplicates d WHERE d.tenant_id = ?1 AND d.event_id = e.id) AS duplicate, \
       ROW_NUMBER() OVER (PARTITION BY session_id ORDER BY path = '', t, id) AS first_page, \
       ROW_NUMBER() OVER (PARTITION BY session_id ORDER BY path = '', t DESC, id DESC) AS last_page, \
       ROW_NUMBER() OVER (PARTITION BY session_id ORDER BY touch DESC, t, id) AS lead \
       FROM events e WHERE e.tenant_id = ?1 AND e.session_id IN ({sessions})) \
     GROUP BY session_id ON CONFLICT (tenant_id, id) DO NOTHING";

/// Rewrites the counts of hours from their events; `?3` is a JSON list of local hours of site `?2`. One transaction.
pub const ROLL_UP: [&str; 3] = [
    "DELETE FROM event_hourly WHERE tenant_id = ?1 AND site = ?2 AND local_hour IN (SELECT value FROM json_each(?3))",
    "INSERT INTO event_hourly (tenant_id, site, local_hour, event, bot, events) \
     SELECT tenant_id, site, local_hour, event, bot, COUNT(*) FROM events \
     WHERE tenant_id = ?1 AND site = ?2 AND local_hour IN (SELECT value FROM json_each(?3)) \
     GROUP BY tenant_id, site, local_hour, event, bot",
    "DELETE FROM dirty_hours WHERE tenant_id = ?1 AND site = ?2 AND local_hour IN (SELECT value FROM json_each(?3))",
];

/// Dirty hours of site `?2` that ended before local hour `?3`, oldest first, at most `?4`.
pub const DIRTY_HOURS: &str = "SELECT local_hour FROM dirty_hours \
     WHERE tenant_id = ?1 AND site = ?2 AND local_hour < ?3 ORDER BY local_hour LIMIT ?4";

/// What of site `?2` is past its term, that is before local hour `?3`: what is rolled up, and what neither attribution
/// nor orders need.
const PAST: &str = "e.tenant_id = ?1 AND e.site = ?2 AND e.local_hour < ?3 AND e.touch = 0 \
     AND e.event NOT IN ('purchase', 'refund') AND NOT EXISTS (SELECT 1 FROM dirty_hours d \
       WHERE d.tenant_id = e.tenant_id AND d.site = e.site AND d.local_hour = e.local_hour)";

/// Closes the hours and sessions of site `?2` that have events past their term, that is before local hour `?3`. One
/// transaction, before [`retire`].
#[must_use]
pub fn close() -> [String; 2] {
    [
        format!(
            "INSERT OR IGNORE INTO closed_hours (tenant_id, site, local_hour) \
             SELECT DISTINCT ?1, e.site, e.local_hour FROM events e WHERE {PAST}"
        ),
        format!(
            "UPDATE sessions SET closed = 1 WHERE tenant_id = ?1 AND closed = 0 \
             AND id IN (SELECT e.session_id FROM events e WHERE {PAST})"
        ),
    ]
}

/// Removes raw events of site `?2` before local hour `?3`, at most `?4`: only those whose hour and session are closed.
#[must_use]
pub fn retire() -> String {
    format!(
        "DELETE FROM events WHERE seq IN (SELECT e.seq FROM events e WHERE {PAST} \
           AND EXISTS (SELECT 1 FROM closed_hours c \
             WHERE c.tenant_id = e.tenant_id AND c.site = e.site AND c.local_hour = e.local_hour) \
           AND NOT EXISTS (SELECT 1 FROM sessions s \
             WHERE s.tenant_id = e.tenant_id AND s.id = e.session_id AND s.closed = 0) LIMIT ?4)"
    )
}

/// The raw-log objects that were to carry the events of the JSON list `?2`.
pub const RAW_KEYS: &str =
    "SELECT id, raw_key FROM events WHERE tenant_id = ?1 AND id IN (SELECT value FROM json_each(?2))";

/// The identity keys of the JSON list `?3` that site `?2` knows.
pub const KNOWN_IDENTITIES: &str = "SELECT key, person FROM identities \
     WHERE tenant_id = ?1 AND site = ?2 AND key IN (SELECT value FROM json_each(?3))";

/// Two keys that one event carried together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    /// `v:<visitor>`.
    pub visitor: String,
    /// `a:<anonymous id>` or `u:<user id>`.
    pub other: String,
}

/// The links that events bear, each once.
#[must_use]
pub fn links(events: &[Event]) -> BTreeSet<Link> {
    events
        .iter()
        .flat_map(|event| {
            let link = move |kind: &str, id: &str| Link {
                visitor: format!("v:{}", event.visitor),
                other: format!("{kind}:{id}"),
            };
            [("a", &event.anonymous_id), ("u", &event.user_id)]
                .into_iter()
                .filter(|(_, id)| !id.is_empty())
                .map(move |(kind, id)| link(kind, id))
        })
        .collect()
}

/// Makes two keys one person: both point to the smallest key among all that either is linked to. Refused where it
/// would join two known users; then both stay as they are. Commutative and repeatable.
#[must_use]
pub fn join(site: &str, link: &Link) -> Vec<Statement> {
    let values = vec![Value::Text(site.to_owned()), Value::Text(link.visitor.clone()), Value::Text(link.other.clone())];
    let mut statements: Vec<Statement> =
        JOIN.into_iter().map(|sql| Statement { sql: sql.to_owned(), values: values.clone() }).collect();
    let visitor = values.into_iter().take(2).collect();
    statements.push(Statement { sql: credits::mark_joined(), values: visitor });
    statements
}

const JOIN: [&str; 2] = [
    "INSERT OR IGNORE INTO identities (tenant_id, site, key, person) VALUES (?1, ?2, ?3, ?3), (?1, ?2, ?4, ?4)",
    "UPDATE identities SET person = (SELECT MIN(i.person) FROM identities i \
       WHERE i.tenant_id = ?1 AND i.site = ?2 AND i.key IN (?3, ?4)) \
     WHERE tenant_id = ?1 AND site = ?2 AND person IN (SELECT i.person FROM identities i \
       WHERE i.tenant_id = ?1 AND i.site = ?2 AND i.key IN (?3, ?4)) \
     AND (SELECT COUNT(*) FROM identities u WHERE u.tenant_id = ?1 AND u.site = ?2 AND u.key LIKE 'u:%' \
       AND u.person IN (SELECT i.person FROM identities i \
         WHERE i.tenant_id = ?1 AND i.site = ?2 AND i.key IN (?3, ?4))) <= 1",
];

#[cfg(test)]
mod tests;
