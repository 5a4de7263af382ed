//! One person: who they are, their visits newest first, and what happened in those.

use serde::{Deserialize, Serialize};

use super::{After, of_site, value, whole};
use crate::{Dialect, Scope, Statement, dialect::Writer};

/// A key of the person: a visitor, an anonymous id or a user id, with its `v:`, `a:` or `u:`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRow {
    /// The key.
    pub key: String,
}

/// All that the person bought, ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoughtRow {
    /// Orders.
    #[serde(deserialize_with = "whole")]
    pub orders: i64,
    /// Their value, minor units of the site's currency.
    #[serde(deserialize_with = "whole")]
    pub value: i64,
}

/// A visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRow {
    /// Session id.
    pub id: String,
    /// Which of the person's visitors.
    pub visitor: String,
    /// First event, UTC ms.
    #[serde(deserialize_with = "whole")]
    pub started_at: i64,
    /// Last event, UTC ms.
    #[serde(deserialize_with = "whole")]
    pub ended_at: i64,
    /// Channel group, empty when unassigned.
    pub channel: String,
    /// Normalised source.
    pub source: String,
    /// Normalised medium.
    pub medium: String,
    /// Campaign.
    pub campaign: String,
    /// Country.
    pub country: String,
    /// Device class.
    pub device: String,
    /// Browser family.
    pub browser: String,
    /// Operating system family.
    pub os: String,
}

/// An event of a visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRow {
    /// Session id.
    pub session_id: String,
    /// Event id.
    pub id: String,
    /// When, UTC ms.
    #[serde(deserialize_with = "whole")]
    pub t: i64,
    /// Event name.
    pub event: String,
    /// Page path.
    pub path: String,
    /// Page address.
    pub url: String,
    /// Minor units of `currency`.
    #[serde(deserialize_with = "whole")]
    pub value: i64,
    /// ISO 4217, empty without a value.
    pub currency: String,
    /// 1 when it is a touchpoint.
    #[serde(deserialize_with = "whole")]
    pub touch: i64,
    /// Number among the visitor's touchpoints.
    #[serde(deserialize_with = "whole")]
    pub touch_number: i64,
    /// Channel of the touch.
    pub channel: String,
    /// Source of the touch.
    pub source: String,
    /// Properties, a JSON object as text.
    pub props: String,
}

/// The keys of the person. A visitor nobody linked has none: its only key is the person itself.
#[must_use]
pub fn keys(scope: &Scope, person: &str, dialect: Dialect) -> Statement {
    let mut writer = Writer::of(dialect, scope);
    let table = writer.identities();
    let of_identities = of_site(&mut writer, scope, "k");
    let person = writer.text(person);
    let sql =
        format!("SELECT k.key AS key FROM {table} k\nWHERE {of_identities} AND k.person = {person}\nORDER BY key");
    writer.finish(sql)
}

/// What the person bought.
#[must_use]
pub fn bought(scope: &Scope, person: &str, dialect: Dialect) -> Statement {
    let mut writer = Writer::of(dialect, scope);
    let visitors = visitors(&mut writer, scope, person);
    let join = writer.join_in_order();
    let of_sessions = of_site(&mut writer, scope, "s");
    // The unary plus leads D1 through the session: by site and name it would read all the site's purchases.
    let of_orders = of_site(&mut writer, scope, "o").replace("o.site", "+o.site");
    let value = value(&mut writer, scope, "o");
    let sql = format!(
        "SELECT COUNT(*) AS orders, SUM({value}) AS value\n\
         FROM ({visitors}) v {join} sessions s ON {of_sessions} AND s.visitor = v.visitor\n\
         {join} orders o ON {of_orders} AND o.session_id = s.id\n\
         WHERE o.bot = 0"
    );
    writer.finish(sql)
}

/// At most `limit` visits, newest first, after the last one of the page before (its `started_at` and `id`). Machines'
/// visits are listed too: whoever opens a journey wants to see all of it.
#[must_use]
pub fn sessions(scope: &Scope, person: &str, after: Option<&After>, limit: u32, dialect: Dialect) -> Statement {
    let mut writer = Writer::of(dialect, scope);
    let visitors = visitors(&mut writer, scope, person);
    let join = writer.join_in_order();
    // Left alone, SQLite reads all the tenant's sessions rather than go to the table from this index.
    let by_visitor = match dialect {
        Dialect::D1 => " INDEXED BY sessions_by_visitor",
        Dialect::ClickHouse => "",
    };
    let of_sessions = of_site(&mut writer, scope, "s");
    let after = after.map_or_else(String::new, |after| {
        let (t, id) = (writer.integer(after.t), writer.text(&after.id));
        format!(" AND (s.started_at < {t} OR (s.started_at = {t} AND s.id < {id}))")
    });
    let sql = format!(
        "SELECT s.id AS id, s.visitor AS visitor, s.started_at AS started_at, s.ended_at AS ended_at, \
         s.channel AS channel, s.source AS source, s.medium AS medium, s.campaign AS campaign, \
         s.country AS country, s.device AS device, s.browser AS browser, s.os AS os\n\
         FROM ({visitors}) v {join} sessions s{by_visitor} ON {of_sessions} AND s.visitor = v.visitor{after}\n\
         ORDER BY started_at DESC, id DESC LIMIT {limit}"
    );
    writer.finish(sql)
}

/// At most `limit` events of these sessions, oldest first.
#[must_use]
pub fn events(scope: &Scope, sessions: &[String], limit: u32, dialect: Dialect) -> Statement {
    let mut writer = Writer::of(dialect, scope);
    let table = writer.events();
    let of_events = of_site(&mut writer, scope, "e");
    let sessions = writer.json_list(sessions);
    let sql = format!(
        "SELECT e.session_id AS session_id, e.id AS id, e.t AS t, e.event AS event, e.path AS path, e.url AS url, \
         e.value_minor AS value, e.currency AS currency, e.touch AS touch, e.touch_number AS touch_number, \
         e.channel AS channel, e.source AS source, e.props AS props\n\
         FROM {table} e\n\
         WHERE {of_events} AND e.session_id IN ({sessions})\n\
         ORDER BY t, id LIMIT {limit}"
    );
    writer.finish(sql)
}

/// A subquery of the person's visitors.
fn visitors(writer: &mut Writer, scope: &Scope, person: &str) -> String {
    let (table, union) = (writer.identities(), writer.union());
    let of_identities = of_site(writer, scope, "k");
    let linked = {
        let person = writer.text(person);
        format!(
            "SELECT SUBSTR(k.key, 3) AS visitor FROM {table} k \
             WHERE {of_identities} AND k.person = {person} AND SUBSTR(k.key, 1, 2) = 'v:'"
        )
    };
    match person.strip_prefix("v:") {
        Some(visitor) => {
            let visitor = writer.text(visitor);
            format!("{linked} {union} SELECT {visitor} AS visitor")
        }
        None => linked,
    }
}
