//! Orders by where they were bought: each region's days, and single orders with their region. What a test that keeps a
//! channel from some regions is read from. Orders of unknown place are in neither.

use calendar::{DateRange, Granularity};
use serde::{Deserialize, Serialize};

use super::{After, in_hours, join_person, person, value, whole};
use crate::{Dialect, Scope, Statement, dialect::Writer};

/// What a region is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// A country: `DE`.
    Country,
    /// A region of a country: `DE/Bavaria`.
    Region,
}

/// A region's day with orders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Which region.
    pub region: String,
    /// Days since 1970 on the site's wall clock.
    #[serde(deserialize_with = "whole")]
    pub day: i64,
    /// Orders.
    #[serde(deserialize_with = "whole")]
    pub orders: i64,
    /// Minor units of the site's currency.
    #[serde(deserialize_with = "whole")]
    pub value_minor: i64,
}

/// An order and where it was bought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed {
    /// The purchase event.
    pub id: String,
    /// When, UTC ms.
    #[serde(deserialize_with = "whole")]
    pub t: i64,
    /// Who, as a person.
    pub person: String,
    /// Minor units of the site's currency.
    #[serde(deserialize_with = "whole")]
    pub value_minor: i64,
    /// Which region.
    pub region: String,
}

/// Every region's days with orders, by region and day.
#[must_use]
pub fn days(scope: &Scope, range: &DateRange, level: Level, dialect: Dialect) -> Statement {
    let mut writer = Writer::of(dialect, scope);
    let value = value(&mut writer, scope, "o");
    let (join, region, known) = place(&mut writer, scope, level);
    let hours = in_hours(&mut writer, scope, "o", &range.local_hours());
    let day = writer.bucket_of_hour("o.local_hour", Granularity::Day);
    let sql = format!(
        "SELECT {region} AS region, {day} AS day, COUNT(*) AS orders, SUM({value}) AS value_minor\n\
         FROM orders o\n{join}WHERE {hours} AND {known}\n\
         GROUP BY 1, 2\nORDER BY 1, 2"
    );
    writer.finish(sql)
}

/// At most `limit` orders of the range, by time and id, after the last one of the page before.
#[must_use]
pub fn orders(
    scope: &Scope,
    range: &DateRange,
    level: Level,
    after: Option<&After>,
    limit: u32,
    dialect: Dialect,
) -> Statement {
    let mut writer = Writer::of(dialect, scope);
    let identities = join_person(&mut writer, scope, "o");
    let (join, region, known) = place(&mut writer, scope, level);
    let hours = in_hours(&mut writer, scope, "o", &range.local_hours());
    let value = value(&mut writer, scope, "o");
    let after = after.map_or_else(String::new, |after| {
        let (t, id) = (writer.integer(after.t), writer.text(&after.id));
        format!(" AND (o.t > {t} OR (o.t = {t} AND o.id > {id}))")
    });
    let sql = format!(
        "SELECT o.id AS id, o.t AS t, {} AS person, {value} AS value_minor, {region} AS region\n\
         FROM orders o\n{join}{identities}\n\
         WHERE {hours} AND {known}{after}\n\
         ORDER BY t, id LIMIT {limit}",
        person("o")
    );
    writer.finish(sql)
}

/// A join where one is needed, the region's name, and the condition that it is known.
fn place(writer: &mut Writer, scope: &Scope, level: Level) -> (String, &'static str, &'static str) {
    if level == Level::Country {
        return (String::new(), "o.country", "o.country <> ''");
    }
    // Orders have no more than a country; their event knows the rest. D1 finds it by its key, ClickHouse builds a hash of
    // the right side first.
    let (tenant, site, events) = (writer.text(&scope.tenant_id), writer.text(&scope.site), writer.events());
    let join = match writer.dialect {
        Dialect::D1 => format!("CROSS JOIN {events} e ON e.tenant_id = {tenant} AND e.id = o.id\n"),
        Dialect::ClickHouse => format!(
            "JOIN (SELECT id, region FROM {events} WHERE tenant_id = {tenant} AND site = {site} AND event = 'purchase') e \
             ON e.id = o.id\n"
        ),
    };
    (join, "(o.country || '/' || e.region)", "o.country <> '' AND e.region <> ''")
}
