//! The touches that can be credited: those of everyone who bought in a range, as far back as the window looks, by
//! person and time. Also everybody's touches, for models that learn from those who did not buy, and the touches of given
//! persons, for pages of paths.

use std::ops::Range;

use calendar::DateRange;
use serde::{Deserialize, Serialize};

use super::{in_hours, join_person, of_site, person, whole};
use crate::{Dialect, Scope, Statement, dialect::Writer};

/// A touch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Who, as a person.
    pub person: String,
    /// The event.
    pub id: String,
    /// When, UTC ms.
    #[serde(deserialize_with = "whole")]
    pub t: i64,
    /// 1-based number among the visitor's touches.
    #[serde(deserialize_with = "whole")]
    pub number: i64,
    /// Channel group.
    pub channel: String,
    /// Normalised source.
    pub source: String,
    /// Normalised medium.
    pub medium: String,
    /// Campaign.
    pub campaign: String,
    /// Page, empty in lists for attribution.
    #[serde(default)]
    pub url: String,
    /// Referrer, empty in lists for attribution.
    #[serde(default)]
    pub referrer: String,
    /// Session, empty in lists for attribution.
    #[serde(default)]
    pub session_id: String,
}

/// Where the page before ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct After {
    /// Person of the last row.
    pub person: String,
    /// Time of the last row, UTC ms.
    pub t: i64,
    /// Id of the last row.
    pub id: String,
}

/// At most `limit` touches of the persons with an order in the range, from `window_ms` before the range to its end,
/// after the last one of the page before.
#[must_use]
pub fn of_buyers(
    scope: &Scope,
    range: &DateRange,
    window_ms: i64,
    after: Option<&After>,
    limit: u32,
    dialect: Dialect,
) -> Statement {
    let mut writer = Writer::of(dialect, scope);
    let join = join_person(&mut writer, scope, "o");
    let hours = in_hours(&mut writer, scope, "o", &range.local_hours());
    let buyers = format!(
        "buyers AS (SELECT DISTINCT o.visitor AS visitor, {} AS person\nFROM orders o\n{join}\nWHERE {hours})",
        person("o")
    );
    let instants = range.utc_ms();
    let looked_at = instants.start.saturating_sub(window_ms)..instants.end;
    let members = "SELECT visitor, person FROM buyers";
    let columns = "";
    touches(writer, scope, &buyers, members, "buyers", columns, &looked_at, after, limit)
}

/// At most `limit` touches of everybody in a span of time (UTC ms, end excluded), by time and id; after the touch of this
/// time and id.
#[must_use]
pub fn of_everybody(
    scope: &Scope,
    span: &Range<i64>,
    after: Option<(i64, &str)>,
    limit: u32,
    dialect: Dialect,
) -> Statement {
    let mut writer = Writer::of(dialect, scope);
    let join = join_person(&mut writer, scope, "t");
    let of_touches = of_site(&mut writer, scope, "t");
    let (start, end) = (writer.integer(after.map_or(span.start, |(t, _)| t)), writer.integer(span.end));
    let after = after.map_or_else(String::new, |(t, id)| {
        let (t, id) = (writer.integer(t), writer.text(id));
        format!(" AND (t.t > {t} OR t.id > {id})")
    });
    let sql = format!(
        "SELECT {} AS person, t.id AS id, t.t AS t, t.touch_number AS number, \
         t.channel AS channel, t.source AS source, t.medium AS medium, t.campaign AS campaign\n\
         FROM touchpoints t\n{join}\n\
         WHERE {of_touches} AND t.t >= {start} AND t.t < {end} AND t.bot = 0{after}\n\
         ORDER BY t, id LIMIT {limit}",
        person("t")
    );
    writer.finish(sql)
}

/// At most `limit` touches of these persons in a span of time (UTC ms, end excluded), with their pages.
#[must_use]
pub fn of_persons(scope: &Scope, persons: &[String], span: &Range<i64>, limit: u32, dialect: Dialect) -> Statement {
    let mut writer = Writer::of(dialect, scope);
    let list = writer.json_list(persons);
    let value = match dialect {
        Dialect::D1 => "value",
        Dialect::ClickHouse => "arrayJoin",
    };
    // The list is one column of keys under whatever name the engine gives it.
    let list = match dialect {
        Dialect::D1 => list.replacen(value, "value AS person", 1),
        Dialect::ClickHouse => format!("{list} AS person"),
    };
    let chosen = format!("chosen AS ({list})");
    let members = "SELECT SUBSTR(person, 3) AS visitor, person FROM chosen WHERE SUBSTR(person, 1, 2) = 'v:'";
    let columns = ", t.url AS url, t.referrer AS referrer, t.session_id AS session_id";
    touches(writer, scope, &chosen, members, "chosen", columns, span, None, limit)
}

/// `persons` is a common table named `named` with a column `person`; `members` lists visitors known without asking
/// the identities.
#[expect(clippy::too_many_arguments, reason = "the two callers above are its whole interface")]
fn touches(
    mut writer: Writer,
    scope: &Scope,
    persons: &str,
    members: &str,
    named: &str,
    columns: &str,
    span: &Range<i64>,
    after: Option<&After>,
    limit: u32,
) -> Statement {
    let (union, identities, join) = (writer.union(), writer.identities(), writer.join_in_order());
    let of_identities = of_site(&mut writer, scope, "k");
    let of_touches = of_site(&mut writer, scope, "t");
    let (start, end) = (writer.integer(span.start), writer.integer(span.end));
    let after = after.map_or_else(String::new, |after| {
        let (who, t, id) = (writer.text(&after.person), writer.integer(after.t), writer.text(&after.id));
        format!(" AND (v.person > {who} OR (v.person = {who} AND (t.t > {t} OR (t.t = {t} AND t.id > {id}))))")
    });
    let sql = format!(
        "WITH {persons},\n\
         members AS ({members}\n{union}\n\
         SELECT SUBSTR(k.key, 3) AS visitor, k.person AS person FROM {identities} k\n\
         WHERE {of_identities} AND k.person IN (SELECT person FROM {named}) AND SUBSTR(k.key, 1, 2) = 'v:')\n\
         SELECT v.person AS person, t.id AS id, t.t AS t, t.touch_number AS number, t.channel AS channel, \
         t.source AS source, t.medium AS medium, t.campaign AS campaign{columns}\n\
         FROM members v {join} touchpoints t ON t.visitor = v.visitor\n\
         WHERE {of_touches} AND t.t >= {start} AND t.t < {end} AND t.bot = 0{after}\n\
         ORDER BY person, t, id LIMIT {limit}"
    );
    writer.finish(sql)
}
