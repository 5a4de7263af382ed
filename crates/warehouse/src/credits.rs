//! Credits that are kept: what the default model gives each touchpoint of an order at the site's look-back, in
//! `attributions`.
//!
//! They are a copy of what the report computes and may say nothing else. So whatever can change an order's credits marks
//! its visitor in the transaction of the change; settling reads everything of the marked visitors' persons, computes the
//! credits as the report does, and replaces what was kept. A mark made meanwhile stays, of two that settle at once only
//! the first one writes, and as long as a site has marks its copy is not believed.
//!
//! `?1` is the tenant and `?2` the site everywhere but in the marks.

use crate::embedded::{Statement, Value, pieces};
use attribution::{AttributionError, DEFAULT_MODEL, Order, Parameters, Touch, Touches, attribute, model, window_ms};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Marked visitors that are settled at once.
pub const AT_ONCE: i64 = 50;

/// A marked visitor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marked {
    /// Who.
    pub visitor: String,
    /// Times marked.
    pub marks: i64,
}

/// A visitor of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The visitor.
    pub visitor: String,
    /// The person.
    pub person: String,
}

/// An order to be credited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderRow {
    /// The purchase event.
    pub id: String,
    /// The shop's id of it.
    pub order_id: String,
    /// Whose.
    pub visitor: String,
    /// When, UTC ms.
    pub t: i64,
    /// When, on the site's clock.
    pub local_hour: i64,
    /// Minor units of the site's currency.
    pub value_minor: i64,
}

/// A touchpoint that may be credited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TouchRow {
    /// Whose.
    pub visitor: String,
    /// Its session.
    pub session_id: String,
    /// The rest.
    #[serde(flatten)]
    pub touch: Touch,
}

/// What one touchpoint gets of one order: a row of `attributions`, without the columns that all rows of a site share.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// The purchase event.
    pub order_event: String,
    /// The touchpoint; empty where none led to the order.
    pub touch_event: String,
    /// 1-based among the order's rows.
    pub place: usize,
    /// The shop's id of the order.
    pub order_id: String,
    /// Of the order.
    pub visitor: String,
    /// Whose.
    pub person: String,
    /// Of the touchpoint.
    pub session_id: String,
    /// Of the order, UTC ms.
    pub t: i64,
    /// Of the order.
    pub local_hour: i64,
    /// Of the touchpoint.
    pub channel: String,
    /// Of the touchpoint.
    pub source: String,
    /// Of the touchpoint.
    pub medium: String,
    /// Of the touchpoint.
    pub campaign: String,
    /// Part of the order, 0 to 1.
    pub share: f64,
    /// Minor units.
    pub value_minor: i64,
}

/// The person of the visitor `{visitor}` of site `{site}`.
macro_rules! person {
    ($site:literal, $visitor:literal) => {
        concat!(
            "COALESCE((SELECT i.person FROM identities i WHERE i.tenant_id = ?1 AND i.site = ",
            $site,
            " AND i.key = 'v:' || ",
            $visitor,
            "), 'v:' || ",
            $visitor,
            ")"
        )
    };
}

/// Marks once more where a visitor is marked already.
const AGAIN: &str = "ON CONFLICT (tenant_id, site, visitor) DO UPDATE SET marks = marks + 1";

/// Marks the visitors of the events `?2` (JSON) that bought something, and those with a touchpoint whose person did: a
/// person's order has its row, or a mark.
pub(crate) fn mark_events() -> String {
    format!(
        "INSERT INTO unsettled (tenant_id, site, visitor) SELECT ?1, n.site, n.visitor FROM ( \
           SELECT j.value ->> 'site' AS site, j.value ->> 'visitor' AS visitor, \
             MAX(j.value ->> 'event' = 'purchase') AS bought, {person} AS person \
           FROM json_each(?2) j WHERE j.value ->> 'event' = 'purchase' OR j.value ->> 'touch' = 1 GROUP BY 1, 2) n \
         WHERE n.bought OR EXISTS (SELECT 1 FROM attributions a \
             WHERE a.tenant_id = ?1 AND a.site = n.site AND a.person = n.person) \
           OR EXISTS (SELECT 1 FROM unsettled u \
             WHERE u.tenant_id = ?1 AND u.site = n.site AND u.visitor = n.visitor) \
           OR EXISTS (SELECT 1 FROM identities k CROSS JOIN unsettled u WHERE k.tenant_id = ?1 AND k.site = n.site \
             AND k.person = n.person AND substr(k.key, 1, 2) = 'v:' \
             AND u.tenant_id = ?1 AND u.site = k.site AND u.visitor = substr(k.key, 3)) \
         {AGAIN}",
        person = person!("j.value ->> 'site'", "(j.value ->> 'visitor')"),
    )
}

/// Marks the visitors of events that were assigned anew, `?2` (JSON).
pub(crate) fn mark_changes() -> String {
    format!(
        "INSERT INTO unsettled (tenant_id, site, visitor) SELECT DISTINCT ?1, e.site, e.visitor \
         FROM json_each(?2) c CROSS JOIN events e WHERE e.tenant_id = ?1 AND e.id = c.value ->> 'id' {AGAIN}"
    )
}

/// Marks the visitors of every purchase event of the orders `?2` (JSON): another of them may have become the order.
pub(crate) fn mark_orders() -> String {
    format!(
        "INSERT INTO unsettled (tenant_id, site, visitor) SELECT DISTINCT ?1, e.site, e.visitor FROM events e \
         WHERE e.tenant_id = ?1 AND e.order_id <> '' AND e.order_id IN (SELECT value FROM json_each(?2)) \
         AND +e.event = 'purchase' {AGAIN}"
    )
}

/// Marks the visitor of the key `?3` (`v:<visitor>`) of site `?2`, who became somebody.
pub(crate) fn mark_joined() -> String {
    format!("INSERT INTO unsettled (tenant_id, site, visitor) VALUES (?1, ?2, substr(?3, 3)) {AGAIN}")
}

/// Marks whose credits were settled under another model, window or currency than `?3`, `?4` and `?5`.
#[must_use]
pub fn mark_misfits() -> String {
    format!(
        "INSERT INTO unsettled (tenant_id, site, visitor) SELECT DISTINCT ?1, a.site, a.visitor FROM attributions a \
         WHERE a.tenant_id = ?1 AND a.site = ?2 AND (a.model <> ?3 OR a.window_days <> ?4 OR a.currency <> ?5) {AGAIN}"
    )
}

/// Whose turn it is to settle. To be read first.
pub const TURN: &str = "SELECT COALESCE((SELECT turn FROM settlements WHERE tenant_id = ?1 AND site = ?2), 0) AS turn";

/// Has a row while it is still the turn `?3`.
pub const STILL: &str =
    "SELECT 1 WHERE COALESCE((SELECT turn FROM settlements WHERE tenant_id = ?1 AND site = ?2), 0) = ?3";

/// At most `?3` [`Marked`] visitors. To be read before anything of theirs.
pub const MARKED: &str =
    "SELECT visitor, marks FROM unsettled WHERE tenant_id = ?1 AND site = ?2 ORDER BY visitor LIMIT ?3";

/// The [`Member`]s of the persons that the visitors `?3` (JSON) belong to.
#[must_use]
pub fn members() -> String {
    format!(
        "WITH persons AS (SELECT DISTINCT {} AS person FROM json_each(?3) j) \
         SELECT substr(k.key, 3) AS visitor, k.person AS person FROM persons p CROSS JOIN identities k \
         WHERE k.tenant_id = ?1 AND k.site = ?2 AND k.person = p.person AND substr(k.key, 1, 2) = 'v:' \
         UNION SELECT substr(person, 3), person FROM persons WHERE substr(person, 1, 2) = 'v:'",
        person!("?2", "j.value")
    )
}

/// Every [`OrderRow`] of the visitors `?3` (JSON); `?4` is the site's currency.
pub const ORDERS: &str = "SELECT o.id AS id, o.order_id AS order_id, o.visitor AS visitor, o.t AS t, \
     o.local_hour AS local_hour, CASE WHEN o.currency = ?4 THEN o.value_minor ELSE 0 END AS value_minor \
     FROM json_each(?3) v CROSS JOIN orders o \
     WHERE o.tenant_id = ?1 AND o.site = ?2 AND o.visitor = v.value AND o.bot = 0";

/// Every [`TouchRow`] of the visitors `?3` (JSON) from `?4` to `?5`, UTC ms.
pub const TOUCHES: &str = "SELECT t.visitor AS visitor, t.session_id AS session_id, t.id AS id, t.t AS t, \
     t.touch_number AS number, t.channel AS channel, t.source AS source, t.medium AS medium, t.campaign AS campaign \
     FROM json_each(?3) v CROSS JOIN touchpoints t \
     WHERE t.tenant_id = ?1 AND t.site = ?2 AND t.visitor = v.value AND t.t BETWEEN ?4 AND ?5 AND t.bot = 0";

/// The span of time, UTC ms, in which touchpoints can be credited for these orders; `None` without orders.
///
/// # Errors
/// The window is out of bounds.
pub fn span(orders: &[OrderRow], window_days: i64) -> Result<Option<(i64, i64)>, AttributionError> {
    let window = window_ms(window_days)?;
    let first = orders.iter().map(|order| order.t).min();
    let last = orders.iter().map(|order| order.t).max();
    Ok(first.zip(last).map(|(first, last)| (first.saturating_sub(window), last)))
}

/// The credits of orders under the default model. Touchpoints that get nothing have no row; an order that nothing led to
/// has one without a touchpoint.
///
/// # Errors
/// The window is out of bounds.
pub fn credits(
    members: &[Member],
    orders: &[OrderRow],
    touches: &[TouchRow],
    window_days: i64,
) -> Result<Vec<Kept>, AttributionError> {
    let persons: BTreeMap<&str, &str> =
        members.iter().map(|member| (member.visitor.as_str(), member.person.as_str())).collect();
    let person =
        |visitor: &str| persons.get(visitor).map_or_else(|| format!("v:{visitor}"), |found| (*found).to_owned());
    let sessions: BTreeMap<&str, &str> =
        touches.iter().map(|row| (row.touch.id.as_str(), row.session_id.as_str())).collect();
    let rows: BTreeMap<&str, &OrderRow> = orders.iter().map(|row| (row.id.as_str(), row)).collect();
    let orders: Vec<Order> = orders
        .iter()
        .map(|row| Order { id: row.id.clone(), person: person(&row.visitor), t: row.t, value_minor: row.value_minor })
        .collect();
    let touches: Touches = touches.iter().map(|row| (person(&row.visitor), row.touch.clone())).collect();
    let attributed = attribute(model(DEFAULT_MODEL)?, &Parameters::new(), &orders, &touches, window_ms(window_days)?)?;
    let nothing = Touch::default();
    let mut kept = Vec::new();
    for one in &attributed {
        let Some(row) = rows.get(one.order.id.as_str()) else { continue };
        let mut credits: Vec<(&Touch, f64, i64)> = one
            .credits
            .iter()
            .filter(|credit| credit.share > 0.0 || credit.value_minor != 0)
            .map(|credit| (credit.touch, credit.share, credit.value_minor))
            .collect();
        if credits.is_empty() {
            credits.push((&nothing, 1.0, one.order.value_minor));
        }
        for (at, (touch, share, value_minor)) in credits.into_iter().enumerate() {
            kept.push(Kept {
                order_event: row.id.clone(),
                touch_event: touch.id.clone(),
                place: at + 1,
                order_id: row.order_id.clone(),
                visitor: row.visitor.clone(),
                person: one.order.person.clone(),
                session_id: sessions.get(touch.id.as_str()).copied().unwrap_or_default().to_owned(),
                t: row.t,
                local_hour: row.local_hour,
                channel: touch.channel.clone(),
                source: touch.source.clone(),
                medium: touch.medium.clone(),
                campaign: touch.campaign.clone(),
                share,
                value_minor,
            });
        }
    }
    Ok(kept)
}

/// Replaces what was kept of the members by `kept`, takes the marks away as far as they are not newer, and ends the
/// turn. One transaction, behind [`STILL`].
///
/// # Errors
/// When a row cannot be written as JSON.
pub fn replace(
    site: &str,
    window_days: i64,
    currency: &str,
    marked: &[Marked],
    members: &[Member],
    kept: &[Kept],
) -> Result<Vec<Statement>, serde_json::Error> {
    let site = || Value::Text(site.to_owned());
    let visitors: BTreeSet<&str> = members.iter().map(|member| member.visitor.as_str()).collect();
    let mut statements = vec![Statement {
        sql: FORGET.to_owned(),
        values: vec![site(), Value::Text(serde_json::to_string(&visitors)?)],
    }];
    for piece in pieces(kept)? {
        let terms =
            [Value::Text(DEFAULT_MODEL.to_owned()), Value::Integer(window_days), Value::Text(currency.to_owned())];
        statements.push(Statement {
            sql: KEEP.to_owned(),
            values: [vec![site(), Value::Text(piece)], terms.to_vec()].concat(),
        });
    }
    let marked = Value::Text(serde_json::to_string(marked)?);
    statements.push(Statement { sql: UNMARK.to_owned(), values: vec![site(), marked] });
    statements.push(Statement { sql: NEXT_TURN.to_owned(), values: vec![site()] });
    Ok(statements)
}

const FORGET: &str = "DELETE FROM attributions WHERE tenant_id = ?1 AND site = ?2 \
     AND visitor IN (SELECT value FROM json_each(?3))";

const KEEP: &str = "INSERT OR REPLACE INTO attributions (tenant_id, site, order_event, touch_event, place, order_id, visitor, \
     person, session_id, t, local_hour, channel, source, medium, campaign, model, window_days, share, value_minor, currency) \
     SELECT ?1, ?2, j.value ->> 'order_event', j.value ->> 'touch_event', j.value ->> 'place', j.value ->> 'order_id', \
     j.value ->> 'visitor', j.value ->> 'person', j.value ->> 'session_id', j.value ->> 't', j.value ->> 'local_hour', \
     j.value ->> 'channel', j.value ->> 'source', j.value ->> 'medium', j.value ->> 'campaign', ?4, ?5, \
     j.value ->> 'share', j.value ->> 'value_minor', ?6 FROM json_each(?3) j";

const UNMARK: &str = "DELETE FROM unsettled WHERE tenant_id = ?1 AND site = ?2 AND EXISTS (SELECT 1 FROM json_each(?3) j \
     WHERE j.value ->> 'visitor' = unsettled.visitor AND j.value ->> 'marks' = unsettled.marks)";

const NEXT_TURN: &str = "INSERT INTO settlements (tenant_id, site, turn) VALUES (?1, ?2, 1) \
     ON CONFLICT (tenant_id, site) DO UPDATE SET turn = turn + 1";
