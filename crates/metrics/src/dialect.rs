//! The two engines: how each writes a parameter and the few expressions they spell differently.

use serde::Serialize;
use serde_json::{Map, Value};

use calendar::Granularity;

use crate::Scope;

/// Which engine a statement is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// D1, that is SQLite.
    D1,
    /// ClickHouse 25 or later.
    ClickHouse,
}

/// A bound value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Param {
    /// Text.
    Text(String),
    /// A whole number.
    Integer(i64),
}

/// A value of a [`crate::Template`]: known already, or only when the template is run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Slot {
    /// The tenant.
    Tenant,
    /// The site's key.
    Site,
    /// The site's currency.
    Currency,
    /// The first local hour of a window; 0 is the window asked for, 1 the one it is compared with.
    FirstHour(u8),
    /// The local hour after a window.
    EndHour(u8),
    /// The first local day of a window.
    FirstDay(u8),
    /// The local day after a window.
    EndDay(u8),
    /// This text.
    Text(String),
    /// This number.
    Integer(i64),
}

impl Slot {
    fn is_text(&self) -> bool {
        matches!(self, Self::Tenant | Self::Site | Self::Currency | Self::Text(_))
    }
}

/// SQL with its bound values, numbered from 1: `?1` in D1, `{p1:String}` or `{p1:Int64}` in ClickHouse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The text. It has no `FORMAT` clause; ClickHouse's answer format is the caller's choice.
    pub sql: String,
    /// The values.
    pub params: Vec<Param>,
}

impl Statement {
    /// The values as ClickHouse's HTTP interface takes them: `param_p1=…`, text in its tab-separated escaping (not yet
    /// percent-encoded).
    #[must_use]
    pub fn http_params(&self) -> Vec<(String, String)> {
        (1_usize..)
            .zip(&self.params)
            .map(|(number, param)| {
                let value = match param {
                    Param::Text(text) => escape(text),
                    Param::Integer(number) => number.to_string(),
                };
                (format!("param_p{number}"), value)
            })
            .collect()
    }
}

/// ClickHouse reads a parameter's text as a field of its TabSeparated format.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\\' => escaped.push_str("\\\\"),
            '\t' => escaped.push_str("\\t"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\0' => escaped.push_str("\\0"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// A row as both engines return it.
pub(crate) type JsonRow = Map<String, Value>;

/// Collects parameters while a statement is written. The same value is bound once.
#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) dialect: Dialect,
    slots: Vec<Slot>,
}

impl Writer {
    /// A writer for one tenant's question: the tenant is the statement's first value, so that whoever runs it can tell
    /// whose it is.
    pub(crate) fn of(dialect: Dialect, scope: &Scope) -> Self {
        let mut writer = Self::new(dialect);
        writer.text(&scope.tenant_id);
        writer
    }

    fn new(dialect: Dialect) -> Self {
        Self { dialect, slots: Vec::new() }
    }

    /// A writer for a template, which any tenant's question can be bound to: the tenant is its first value.
    pub(crate) fn of_template(dialect: Dialect) -> Self {
        let mut writer = Self::new(dialect);
        writer.slot(Slot::Tenant);
        writer
    }

    pub(crate) fn text(&mut self, value: &str) -> String {
        self.slot(Slot::Text(value.to_owned()))
    }

    pub(crate) fn integer(&mut self, value: i64) -> String {
        self.slot(Slot::Integer(value))
    }

    pub(crate) fn slot(&mut self, slot: Slot) -> String {
        let at = self.slots.iter().position(|known| *known == slot).unwrap_or_else(|| {
            self.slots.push(slot.clone());
            self.slots.len() - 1
        });
        let number = at + 1;
        match self.dialect {
            Dialect::D1 => format!("?{number}"),
            Dialect::ClickHouse if slot.is_text() => format!("{{p{number}:String}}"),
            Dialect::ClickHouse => format!("{{p{number}:Int64}}"),
        }
    }

    /// The statement. Only a writer of a template has slots without a value, and it ends with [`Self::slots`].
    pub(crate) fn finish(self, sql: String) -> Statement {
        let params = self.slots.into_iter().filter_map(|slot| match slot {
            Slot::Text(text) => Some(Param::Text(text)),
            Slot::Integer(number) => Some(Param::Integer(number)),
            _ => None,
        });
        Statement { sql, params: params.collect() }
    }

    pub(crate) fn slots(self) -> Vec<Slot> {
        self.slots
    }

    /// The table or view that holds each event once, as last revised.
    pub(crate) fn events(&self) -> &'static str {
        match self.dialect {
            Dialect::D1 => "events",
            Dialect::ClickHouse => "events_current",
        }
    }

    /// The table or view of identities, each key once.
    pub(crate) fn identities(&self) -> &'static str {
        match self.dialect {
            Dialect::D1 => "identities",
            Dialect::ClickHouse => "identities_current",
        }
    }

    /// The table or view of ad spend, each key once.
    pub(crate) fn ad_spend(&self) -> &'static str {
        match self.dialect {
            Dialect::D1 => "ad_spend",
            Dialect::ClickHouse => "ad_spend_current",
        }
    }

    /// `LEFT JOIN` of one site's rows of a table. D1 is given the table itself, so that each row is found by its key;
    /// ClickHouse builds a hash of the right side first, so it is given only the rows and columns that matter.
    pub(crate) fn left_join(&mut self, scope: &Scope, table: &str, alias: &str, columns: &[&str], on: &str) -> String {
        let (tenant, site) = (self.text(&scope.tenant_id), self.text(&scope.site));
        self.left_join_of(&tenant, &site, table, alias, columns, on)
    }

    /// [`Self::left_join`] with the tenant and the site bound already.
    pub(crate) fn left_join_of(
        &self,
        tenant: &str,
        site: &str,
        table: &str,
        alias: &str,
        columns: &[&str],
        on: &str,
    ) -> String {
        match self.dialect {
            Dialect::D1 => {
                format!("LEFT JOIN {table} {alias} ON {alias}.tenant_id = {tenant} AND {alias}.site = {site} AND {on}")
            }
            Dialect::ClickHouse => format!(
                "LEFT JOIN (SELECT {} FROM {table} WHERE tenant_id = {tenant} AND site = {site}) {alias} ON {on}",
                columns.join(", ")
            ),
        }
    }

    /// `JOIN` whose left side is small and leads to the right side's index. SQLite, which knows no sizes, would often
    /// start with the large side; `CROSS JOIN` keeps it from reordering.
    pub(crate) fn join_in_order(&self) -> &'static str {
        match self.dialect {
            Dialect::D1 => "CROSS JOIN",
            Dialect::ClickHouse => "JOIN",
        }
    }

    /// How a common table is declared that is used more than once or joined by a computed column.
    pub(crate) fn as_table(&self) -> &'static str {
        match self.dialect {
            Dialect::D1 => "AS MATERIALIZED",
            Dialect::ClickHouse => "AS",
        }
    }

    /// `UNION` without duplicates.
    pub(crate) fn union(&self) -> &'static str {
        match self.dialect {
            Dialect::D1 => "UNION",
            Dialect::ClickHouse => "UNION DISTINCT",
        }
    }

    /// A subquery of the values in a JSON list of text that is bound as one parameter.
    pub(crate) fn json_list(&mut self, values: &[String]) -> String {
        let bound = self.text(&Value::from(values).to_string());
        match self.dialect {
            Dialect::D1 => format!("SELECT value FROM json_each({bound})"),
            Dialect::ClickHouse => {
                format!("SELECT arrayJoin(JSONExtract({bound}, 'Array(String)'))")
            }
        }
    }

    /// Whether a column contains a text, ASCII case ignored.
    pub(crate) fn contains(&mut self, column: &str, text: &str) -> String {
        let bound = self.text(text);
        match self.dialect {
            Dialect::D1 => format!("INSTR(LOWER({column}), LOWER({bound})) > 0"),
            Dialect::ClickHouse => format!("position(lower({column}), lower({bound})) > 0"),
        }
    }

    /// The bucket key of a local hour, as [`Granularity::key`] computes it. Local hours are never negative: dates
    /// before 1971 are refused and the sink drops nothing earlier, so truncating division floors.
    pub(crate) fn bucket_of_hour(&self, hour: &str, granularity: Granularity) -> String {
        match granularity {
            Granularity::Hour => hour.to_owned(),
            _ => self.bucket_of_day(&self.divide(hour, 24), granularity),
        }
    }

    /// The bucket key of a local day; hours cannot be told from days and answer the day.
    pub(crate) fn bucket_of_day(&self, day: &str, granularity: Granularity) -> String {
        match granularity {
            Granularity::Hour | Granularity::Day => day.to_owned(),
            Granularity::Week => self.divide(&format!("({day} + 3)"), 7),
            // 23641 = 1970 * 12 + 1.
            Granularity::Month => match self.dialect {
                Dialect::D1 => format!(
                    "CAST(strftime('%Y', {day} * 86400, 'unixepoch') AS INTEGER) * 12 \
                     + CAST(strftime('%m', {day} * 86400, 'unixepoch') AS INTEGER) - 23641"
                ),
                Dialect::ClickHouse => {
                    format!("toInt64(toYear(toDate32({day}))) * 12 + toMonth(toDate32({day})) - 23641")
                }
            },
        }
    }

    fn divide(&self, expression: &str, by: i64) -> String {
        match self.dialect {
            Dialect::D1 => format!("({expression} / {by})"),
            Dialect::ClickHouse => format!("intDiv({expression}, {by})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_bound_once_and_typed() {
        let mut writer = Writer::new(Dialect::ClickHouse);
        assert_eq!(writer.text("a"), "{p1:String}");
        assert_eq!(writer.integer(7), "{p2:Int64}");
        assert_eq!(writer.text("a"), "{p1:String}");
        let statement = writer.finish("SELECT 1".to_owned());
        assert_eq!(statement.params, [Param::Text("a".to_owned()), Param::Integer(7)]);
        let mut writer = Writer::new(Dialect::D1);
        assert_eq!((writer.text("a"), writer.integer(7)), ("?1".into(), "?2".into()));
    }

    #[test]
    fn http_params_escape_what_the_tab_separated_format_would_read() {
        let statement =
            Statement { sql: String::new(), params: vec![Param::Text("a\\b\tc\nd'".to_owned()), Param::Integer(-1)] };
        assert_eq!(
            statement.http_params(),
            [("param_p1".to_owned(), "a\\\\b\\tc\\nd'".to_owned()), ("param_p2".to_owned(), "-1".to_owned())]
        );
    }
}
