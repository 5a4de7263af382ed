//! The event names seen in a range, most frequent first.

use calendar::DateRange;
use serde::{Deserialize, Serialize};

use super::{in_hours, value, whole};
use crate::{Dialect, Scope, Statement, dialect::Writer};

/// An event name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The name.
    pub event: String,
    /// How often.
    #[serde(deserialize_with = "whole")]
    pub events: i64,
    /// By how many visitors.
    #[serde(deserialize_with = "whole")]
    pub visitors: i64,
    /// Sum of values, minor units of the site's currency.
    #[serde(deserialize_with = "whole")]
    pub value: i64,
}

/// At most `limit` names.
#[must_use]
pub fn statement(scope: &Scope, range: &DateRange, limit: u32, dialect: Dialect) -> Statement {
    let mut writer = Writer::of(dialect, scope);
    let value = value(&mut writer, scope, "e");
    let hours = in_hours(&mut writer, scope, "e", &range.local_hours());
    let table = writer.events();
    let sql = format!(
        "SELECT e.event AS event, COUNT(*) AS events, COUNT(DISTINCT e.visitor) AS visitors, SUM({value}) AS value\n\
         FROM {table} e\n\
         WHERE {hours}\n\
         GROUP BY e.event\n\
         ORDER BY events DESC, event LIMIT {limit}"
    );
    writer.finish(sql)
}
