//! The persons who visited in a range, latest first.

use calendar::DateRange;
use serde::{Deserialize, Serialize};

use super::{After, in_hours, join_person, of_site, person, value, whole};
use crate::{Dialect, Scope, Statement, dialect::Writer};

/// A person and what they did in the range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Key of the person.
    pub person: String,
    /// How many visitors (browsers, devices) they came as.
    #[serde(deserialize_with = "whole")]
    pub visitors: i64,
    /// The shop's id of them, empty when unknown.
    pub user_id: String,
    /// Start of the first visit in the range, UTC ms.
    #[serde(deserialize_with = "whole")]
    pub first_seen: i64,
    /// End of the last visit in the range, UTC ms.
    #[serde(deserialize_with = "whole")]
    pub last_seen: i64,
    /// Visits.
    #[serde(deserialize_with = "whole")]
    pub sessions: i64,
    /// Events in those visits.
    #[serde(deserialize_with = "whole")]
    pub events: i64,
    /// Orders.
    #[serde(deserialize_with = "whole")]
    pub orders: i64,
    /// Their value, minor units of the site's currency.
    #[serde(deserialize_with = "whole")]
    pub value: i64,
    /// Channel of the first visit, empty when unassigned.
    pub first_channel: String,
    /// Channel of the last visit, empty when unassigned.
    pub last_channel: String,
    /// Country of the last visit.
    pub country: String,
    /// Device of the last visit.
    pub device: String,
}

/// At most `limit` persons, after the last one of the page before (its `last_seen` and `person`). `search` keeps those
/// whose key or user id contains it, case ignored.
#[must_use]
pub fn statement(
    scope: &Scope,
    range: &DateRange,
    search: Option<&str>,
    after: Option<&After>,
    limit: u32,
    dialect: Dialect,
) -> Statement {
    let mut writer = Writer::of(dialect, scope);
    let hours = range.local_hours();
    let visit_join = join_person(&mut writer, scope, "s");
    let visit_hours = in_hours(&mut writer, scope, "s", &hours);
    let order_join = join_person(&mut writer, scope, "o");
    let order_hours = in_hours(&mut writer, scope, "o", &hours);
    let order_value = value(&mut writer, scope, "o");
    let identities = writer.identities();
    let of_identities = of_site(&mut writer, scope, "k");
    let mut conditions = Vec::new();
    if let Some(search) = search.filter(|search| !search.is_empty()) {
        conditions.push(format!(
            "({} OR {})",
            writer.contains("p.person", search),
            writer.contains("COALESCE(u.user_id, '')", search)
        ));
    }
    if let Some(after) = after {
        let (t, id) = (writer.integer(after.t), writer.text(&after.id));
        conditions.push(format!("(p.last_seen < {t} OR (p.last_seen = {t} AND p.person < {id}))"));
    }
    let conditions =
        if conditions.is_empty() { String::new() } else { format!("\nWHERE {}", conditions.join(" AND ")) };
    let sql = format!(
        "WITH visits AS (\n\
         SELECT {visitor_person} AS person, s.visitor AS visitor, s.id AS id, s.started_at AS started_at, \
         s.ended_at AS ended_at, s.events AS events, s.channel AS channel, s.country AS country, s.device AS device\n\
         FROM sessions s\n{visit_join}\n\
         WHERE {visit_hours}),\n\
         ranked AS (\n\
         SELECT v.*, ROW_NUMBER() OVER (PARTITION BY v.person ORDER BY v.started_at, v.id) AS nth, \
         ROW_NUMBER() OVER (PARTITION BY v.person ORDER BY v.started_at DESC, v.id DESC) AS nth_last\n\
         FROM visits v),\n\
         persons AS (\n\
         SELECT r.person AS person, COUNT(DISTINCT r.visitor) AS visitors, MIN(r.started_at) AS first_seen, \
         MAX(r.ended_at) AS last_seen, COUNT(*) AS sessions, SUM(r.events) AS all_events, \
         MAX(CASE WHEN r.nth = 1 THEN r.channel ELSE '' END) AS first_channel, \
         MAX(CASE WHEN r.nth_last = 1 THEN r.channel ELSE '' END) AS last_channel, \
         MAX(CASE WHEN r.nth_last = 1 THEN r.country ELSE '' END) AS last_country, \
         MAX(CASE WHEN r.nth_last = 1 THEN r.device ELSE '' END) AS last_device\n\
         FROM ranked r\nGROUP BY r.person),\n\
         bought AS (\n\
         SELECT a.person AS person, COUNT(*) AS orders, SUM(a.worth) AS total FROM (\n\
         SELECT {buyer_person} AS person, {order_value} AS worth\n\
         FROM orders o\n{order_join}\n\
         WHERE {order_hours}) a\nGROUP BY a.person),\n\
         users AS (\n\
         SELECT k.person AS person, MIN(SUBSTR(k.key, 3)) AS user_id FROM {identities} k\n\
         WHERE {of_identities} AND SUBSTR(k.key, 1, 2) = 'u:'\nGROUP BY k.person)\n\
         SELECT p.person AS person, p.visitors AS visitors, COALESCE(u.user_id, '') AS user_id, \
         p.first_seen AS first_seen, p.last_seen AS last_seen, p.sessions AS sessions, p.all_events AS events, \
         COALESCE(b.orders, 0) AS orders, COALESCE(b.total, 0) AS value, p.first_channel AS first_channel, \
         p.last_channel AS last_channel, p.last_country AS country, p.last_device AS device\n\
         FROM persons p LEFT JOIN bought b ON b.person = p.person LEFT JOIN users u ON u.person = p.person\
         {conditions}\n\
         ORDER BY last_seen DESC, person DESC LIMIT {limit}",
        visitor_person = person("s"),
        buyer_person = person("o"),
    );
    writer.finish(sql)
}
