//! The live feed: hits in the order they were stored, and who is here now. D1 only: its rowid is the cursor, and what
//! arrives late for ClickHouse is not live.

use serde::{Deserialize, Serialize};

use super::{of_site, value, whole};
use crate::{Dialect, Scope, Statement, dialect::Writer};

/// A hit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HitRow {
    /// Cursor: the order of storing.
    #[serde(deserialize_with = "whole")]
    pub seq: i64,
    /// Event id.
    pub id: String,
    /// Event name.
    pub event: String,
    /// When it happened, UTC ms.
    #[serde(deserialize_with = "whole")]
    pub t: i64,
    /// When it was taken, UTC ms.
    #[serde(deserialize_with = "whole")]
    pub received_at: i64,
    /// Visitor.
    pub visitor: String,
    /// Page path.
    pub path: String,
    /// Source of the touch, empty without one.
    pub source: String,
    /// Channel of the touch, empty without one.
    pub channel: String,
    /// Country.
    pub country: String,
    /// Device class.
    pub device: String,
    /// Browser family.
    pub browser: String,
    /// Minor units of `currency`.
    #[serde(deserialize_with = "whole")]
    pub value: i64,
    /// ISO 4217.
    pub currency: String,
    /// 1 for a machine.
    #[serde(deserialize_with = "whole")]
    pub bot: i64,
}

/// Who is here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActiveRow {
    /// Distinct visitors since the given instant, machines excluded.
    #[serde(deserialize_with = "whole")]
    pub visitors: i64,
    /// Events since the given instant, machines excluded.
    #[serde(deserialize_with = "whole")]
    pub events: i64,
}

/// What was sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SoldRow {
    /// Orders.
    #[serde(deserialize_with = "whole")]
    pub orders: i64,
    /// Their value, minor units of the site's currency.
    #[serde(deserialize_with = "whole")]
    pub revenue: i64,
}

const COLUMNS: &str = "e.seq AS seq, e.id AS id, e.event AS event, e.t AS t, e.received_at AS received_at, \
    e.visitor AS visitor, e.path AS path, e.source AS source, e.channel AS channel, e.country AS country, \
    e.device AS device, e.browser AS browser, e.value_minor AS value, e.currency AS currency, e.bot AS bot";

/// The latest `limit` hits by local hour and order of storing, newest first. They are read off the end of an index,
/// so that the feed of a quiet site does not search through its neighbours' hits.
#[must_use]
pub fn latest(scope: &Scope, limit: u32) -> Statement {
    let mut writer = Writer::of(Dialect::D1, scope);
    let of_events = of_site(&mut writer, scope, "e");
    let sql = format!(
        "SELECT {COLUMNS}\nFROM events e INDEXED BY events_by_hour\n\
         WHERE {of_events}\n\
         ORDER BY e.local_hour DESC, e.seq DESC LIMIT {limit}"
    );
    writer.finish(sql)
}

/// At most `limit` hits stored after `seq`, oldest first.
#[must_use]
pub fn after(scope: &Scope, seq: i64, limit: u32) -> Statement {
    let mut writer = Writer::of(Dialect::D1, scope);
    let of_events = of_site(&mut writer, scope, "e");
    let seq = writer.integer(seq);
    // The unary plus keeps the planner on the rowid: only what is new is read.
    let of_events = of_events.replace("e.tenant_id", "+e.tenant_id").replace("e.site", "+e.site");
    let sql =
        format!("SELECT {COLUMNS}\nFROM events e\nWHERE e.seq > {seq} AND {of_events}\nORDER BY e.seq LIMIT {limit}");
    writer.finish(sql)
}

/// Where the feed stands now: the highest cursor over all sites, 0 when nothing is stored. New hits come after it.
#[must_use]
pub fn cursor() -> Statement {
    Statement { sql: "SELECT COALESCE(MAX(seq), 0) AS seq FROM events".to_owned(), params: Vec::new() }
}

/// Who was here since an instant (UTC ms); `since_hour` is its local hour.
#[must_use]
pub fn active(scope: &Scope, since_ms: i64, since_hour: i64) -> Statement {
    let mut writer = Writer::of(Dialect::D1, scope);
    let of_events = of_site(&mut writer, scope, "e");
    let (hour, since) = (writer.integer(since_hour), writer.integer(since_ms));
    let sql = format!(
        "SELECT COUNT(DISTINCT e.visitor) AS visitors, COUNT(*) AS events FROM events e\n\
         WHERE {of_events} AND e.local_hour >= {hour} AND e.t >= {since} AND e.bot = 0"
    );
    writer.finish(sql)
}

/// What was sold since the start of a local day.
#[must_use]
pub fn sold(scope: &Scope, local_day: i64) -> Statement {
    let mut writer = Writer::of(Dialect::D1, scope);
    let of_orders = of_site(&mut writer, scope, "o");
    let value = value(&mut writer, scope, "o");
    let hour = writer.integer(local_day * 24);
    let sql = format!(
        "SELECT COUNT(*) AS orders, SUM({value}) AS revenue FROM orders o\n\
         WHERE {of_orders} AND o.local_hour >= {hour} AND o.bot = 0"
    );
    writer.finish(sql)
}
