//! The orders of a range with their person, oldest first: what attribution credits, and what customers are studied by.

use calendar::DateRange;
use serde::{Deserialize, Serialize};

use super::{After, in_hours, join_person, person, value, whole};
use crate::{Dialect, Scope, Statement, dialect::Writer};

/// An order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The purchase event.
    pub id: String,
    /// The shop's order id, may be empty.
    pub order_id: String,
    /// When, UTC ms.
    #[serde(deserialize_with = "whole")]
    pub t: i64,
    /// Who, as a visitor.
    pub visitor: String,
    /// Who, as a person.
    pub person: String,
    /// Minor units of the site's currency; 0 for an order in another.
    #[serde(deserialize_with = "whole")]
    pub value_minor: i64,
}

/// At most `limit` orders of the range, after the last one of the page before.
#[must_use]
pub fn statement(scope: &Scope, range: &DateRange, after: Option<&After>, limit: u32, dialect: Dialect) -> Statement {
    let mut writer = Writer::of(dialect, scope);
    let join = join_person(&mut writer, scope, "o");
    let hours = in_hours(&mut writer, scope, "o", &range.local_hours());
    let value = value(&mut writer, scope, "o");
    let after = after.map_or_else(String::new, |after| {
        let (t, id) = (writer.integer(after.t), writer.text(&after.id));
        format!(" AND (o.t > {t} OR (o.t = {t} AND o.id > {id}))")
    });
    let sql = format!(
        "SELECT o.id AS id, o.order_id AS order_id, o.t AS t, o.visitor AS visitor, {} AS person, \
         {value} AS value_minor\n\
         FROM orders o\n{join}\n\
         WHERE {hours}{after}\n\
         ORDER BY t, id LIMIT {limit}",
        person("o")
    );
    writer.finish(sql)
}
