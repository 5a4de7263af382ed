//! Paths: the orders of a range and, if asked, the persons who touched a channel in it and did not buy; newest first.
//!
//! A page of paths is read in two steps: this list, then the touches of its persons
//! ([`super::attribution_touches::of_persons`]).

use calendar::DateRange;
use serde::{Deserialize, Serialize};

use super::{in_hours, join_person, person, value, whole};
use crate::{Dialect, Dimension, Scope, Statement, dialect::Writer};

/// Which paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Converted {
    /// Both kinds.
    #[default]
    All,
    /// Those that ended in an order.
    Yes,
    /// Those that did not.
    No,
}

/// What narrows the list. `None` leaves a field open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Narrowed {
    /// Which kind.
    pub converted: Converted,
    /// A touch of this campaign is on the path.
    pub campaign: Option<String>,
    /// A touch of this channel is on the path; the name for none (`Unassigned`) finds orders that no touch led to.
    pub channel: Option<String>,
    /// The person, visitor or order id contains this, case ignored.
    pub search: Option<String>,
}

/// Where the page before ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct After {
    /// Time of the last row, UTC ms.
    pub t: i64,
    /// Person of the last row.
    pub person: String,
    /// Order of the last row, empty for a path without one.
    pub id: String,
}

/// A path's end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The purchase event; empty when there was none.
    pub id: String,
    /// The shop's order id, may be empty.
    pub order_id: String,
    /// When: of the order, else of the last touch in the range; UTC ms.
    #[serde(deserialize_with = "whole")]
    pub t: i64,
    /// Who, as a person.
    pub person: String,
    /// Who, as a visitor: the buyer, else the one of the person's visitors that sorts first.
    pub visitor: String,
    /// Minor units of the site's currency; 0 for an order in another.
    #[serde(deserialize_with = "whole")]
    pub value_minor: i64,
}

/// At most `limit` paths, after the last one of the page before. `window_ms` is how far an order looks back for the
/// campaign or channel asked for.
#[must_use]
pub fn statement(
    scope: &Scope,
    range: &DateRange,
    window_ms: i64,
    narrowed: &Narrowed,
    after: Option<&After>,
    limit: u32,
    dialect: Dialect,
) -> Statement {
    let mut writer = Writer::of(dialect, scope);
    let hours = range.local_hours();
    let order_join = join_person(&mut writer, scope, "o");
    let order_hours = in_hours(&mut writer, scope, "o", &hours);
    let order_value = value(&mut writer, scope, "o");
    let touch_join = join_person(&mut writer, scope, "t");
    // Two hours more than the window, because a local hour may be set back; `t` decides.
    let window_hours = window_ms.div_euclid(calendar::HOUR_MS) + 2;
    let touch_hours = in_hours(&mut writer, scope, "t", &(hours.start - window_hours..hours.end));
    let on_path = on_path(&mut writer, narrowed, window_ms);

    let mut conditions = Vec::new();
    if let Some(search) = narrowed.search.as_deref().filter(|text| !text.is_empty()) {
        let found: Vec<String> =
            ["c.person", "c.visitor", "c.order_id"].into_iter().map(|column| writer.contains(column, search)).collect();
        conditions.push(format!("({})", found.join(" OR ")));
    }
    if let Some(after) = after {
        let (t, who, id) = (writer.integer(after.t), writer.text(&after.person), writer.text(&after.id));
        conditions
            .push(format!("(c.t < {t} OR (c.t = {t} AND (c.person < {who} OR (c.person = {who} AND c.id < {id}))))"));
    }
    let conditions =
        if conditions.is_empty() { String::new() } else { format!("\nWHERE {}", conditions.join(" AND ")) };

    let converted = |on_path: &OnPath| {
        format!(
            "SELECT q.id AS id, q.order_id AS order_id, q.t AS t, q.person AS person, q.visitor AS visitor, \
             q.value_minor AS value_minor FROM purchases q{}",
            on_path.of_orders
        )
    };
    let unconverted = |writer: &mut Writer, on_path: &OnPath| {
        let start = writer.integer(range.utc_ms().start);
        format!(
            "SELECT '' AS id, '' AS order_id, MAX(h.t) AS t, h.person AS person, MIN(h.visitor) AS visitor, \
             0 AS value_minor FROM touched h\n\
             WHERE h.t >= {start} AND h.person NOT IN (SELECT person FROM purchases)\n\
             GROUP BY h.person{}",
            on_path.of_persons
        )
    };
    let chosen = match narrowed.converted {
        Converted::Yes => converted(&on_path),
        Converted::No => unconverted(&mut writer, &on_path),
        Converted::All => {
            let unconverted = unconverted(&mut writer, &on_path);
            format!("{}\nUNION ALL\n{unconverted}", converted(&on_path))
        }
    };
    let sql = format!(
        "WITH purchases {as_table} (\n\
         SELECT o.id AS id, o.order_id AS order_id, o.t AS t, o.visitor AS visitor, {buyer} AS person, \
         {order_value} AS value_minor\n\
         FROM orders o\n{order_join}\n\
         WHERE {order_hours}),\n\
         touched {as_table} (\n\
         SELECT {toucher} AS person, t.visitor AS visitor, t.t AS t, t.channel AS channel, t.campaign AS campaign\n\
         FROM touchpoints t\n{touch_join}\n\
         WHERE {touch_hours}){reached}\n\
         SELECT c.id AS id, c.order_id AS order_id, c.t AS t, c.person AS person, c.visitor AS visitor, \
         c.value_minor AS value_minor\n\
         FROM (\n{chosen}\n) c{conditions}\n\
         ORDER BY t DESC, person DESC, id DESC LIMIT {limit}",
        as_table = writer.as_table(),
        reached = on_path.table,
        buyer = person("o"),
        toucher = person("t"),
    );
    writer.finish(sql)
}

/// The two ways to ask for a campaign or channel on a path.
struct OnPath {
    /// A common table `reached` of the orders that were reached as asked; empty when nothing was asked.
    table: String,
    of_orders: String,
    of_persons: String,
}

/// An order was reached when the last touch of that kind up to it lies in its window. Orders and touches are therefore
/// sorted into one stream per person and looked through once; a join of the two would compare every pair.
fn on_path(writer: &mut Writer, narrowed: &Narrowed, window_ms: i64) -> OnPath {
    let mut last = Vec::new();
    let mut marks = Vec::new();
    let mut of_orders = Vec::new();
    let mut of_persons = Vec::new();
    let mut ask = |wanted: Option<String>, touched: bool| {
        let nth = marks.len();
        let reached = if touched { ">=" } else { "<" };
        last.push(format!("MAX(x.mark{nth}) OVER so_far AS last{nth}"));
        let mark =
            wanted.as_deref().map_or("h.t".to_owned(), |wanted| format!("CASE WHEN {wanted} THEN h.t ELSE 0 END"));
        marks.push(format!("{mark} AS mark{nth}"));
        of_orders.push((nth, reached));
        of_persons.push(match wanted {
            Some(wanted) => format!("MAX(CASE WHEN {wanted} THEN 1 ELSE 0 END) = 1"),
            // Whoever did not buy is listed for having touched something.
            None => "1 = 0".to_owned(),
        });
    };
    if let Some(campaign) = &narrowed.campaign {
        ask(Some(format!("h.campaign = {}", writer.text(campaign))), true);
    }
    match narrowed.channel.as_deref() {
        None => {}
        Some(channel) if channel == Dimension::Channel.empty() => ask(None, false),
        Some(channel) => ask(Some(format!("h.channel = {}", writer.text(channel))), true),
    }
    if marks.is_empty() {
        return OnPath { table: String::new(), of_orders: String::new(), of_persons: String::new() };
    }
    let of_persons = format!("\nHAVING {}", of_persons.join(" AND "));
    if narrowed.converted == Converted::No {
        return OnPath { table: String::new(), of_orders: String::new(), of_persons };
    }
    let window = writer.integer(window_ms);
    let none: Vec<String> = (0..marks.len()).map(|nth| format!("0 AS mark{nth}")).collect();
    let table = format!(
        ",\nreached AS (\n\
         SELECT x.id AS id, x.t AS t, x.kind AS kind, {}\n\
         FROM (\n\
         SELECT p.id AS id, p.person AS person, p.t AS t, 1 AS kind, {} FROM purchases p\n\
         UNION ALL\n\
         SELECT '' AS id, h.person AS person, h.t AS t, 0 AS kind, {} FROM touched h\n\
         ) x\n\
         WINDOW so_far AS (PARTITION BY x.person ORDER BY x.t, x.kind ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW))",
        last.join(", "),
        none.join(", "),
        marks.join(", "),
    );
    let reached: Vec<String> =
        of_orders.iter().map(|(nth, reached)| format!("r.last{nth} {reached} r.t - {window}")).collect();
    let of_orders =
        format!("\nWHERE q.id IN (SELECT r.id FROM reached r WHERE r.kind = 1 AND {})", reached.join(" AND "));
    OnPath { table, of_orders, of_persons }
}
