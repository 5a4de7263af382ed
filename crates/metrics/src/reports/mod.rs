//! Queries that are not metrics, one file per report. Each gives a [`crate::Statement`] and the type of its rows.
//!
//! A person is all visitors that [the identities](crate) say are one; a visitor nobody linked is a person of its own.

pub mod attribution_kept;
pub mod attribution_orders;
pub mod attribution_touches;
pub mod event_names;
pub mod journey;
pub mod journeys;
pub mod live;
pub mod paths;
pub mod regions;

use serde::{Deserialize, Deserializer, de};

use crate::{Scope, dialect::Writer};

/// Where the page before ended, for lists ordered by time and then id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct After {
    /// Time of the last row, UTC ms.
    pub t: i64,
    /// Id of the last row.
    pub id: String,
}

/// `LEFT JOIN` that finds the person of `{alias}.visitor` as `i`.
fn join_person(writer: &mut Writer, scope: &Scope, alias: &str) -> String {
    let identities = writer.identities();
    let key = format!("i.key = 'v:' || {alias}.visitor");
    writer.left_join(scope, identities, "i", &["key", "person"], &key)
}

/// The person of `{alias}.visitor`, given [`join_person`].
fn person(alias: &str) -> String {
    // An unmatched row of the join is NULL in D1 and '' in ClickHouse.
    format!("COALESCE(NULLIF(i.person, ''), 'v:' || {alias}.visitor)")
}

/// The value of `{alias}` in the site's currency.
fn value(writer: &mut Writer, scope: &Scope, alias: &str) -> String {
    let currency = writer.text(&scope.currency);
    format!("CASE WHEN {alias}.currency = {currency} THEN {alias}.value_minor ELSE 0 END")
}

/// `WHERE` conditions for one site's rows.
fn of_site(writer: &mut Writer, scope: &Scope, alias: &str) -> String {
    let (tenant, site) = (writer.text(&scope.tenant_id), writer.text(&scope.site));
    format!("{alias}.tenant_id = {tenant} AND {alias}.site = {site}")
}

/// `WHERE` conditions for one site's rows in a range of local hours, machines excluded.
fn in_hours(writer: &mut Writer, scope: &Scope, alias: &str, hours: &std::ops::Range<i64>) -> String {
    let of_site = of_site(writer, scope, alias);
    let (start, end) = (writer.integer(hours.start), writer.integer(hours.end));
    format!("{of_site} AND {alias}.local_hour >= {start} AND {alias}.local_hour < {end} AND {alias}.bot = 0")
}

/// Reads a whole number as either engine writes it: a number, a float without fraction, a quoted integer, or null for
/// a sum over nothing.
fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Integer(i64),
        Real(f64),
        Text(String),
        Null(()),
    }
    match Written::deserialize(deserializer)? {
        Written::Integer(whole) => Ok(whole),
        Written::Real(real) if real.fract() == 0.0 && real.abs() <= 9_007_199_254_740_992.0 => Ok(real as i64),
        Written::Real(real) => Err(de::Error::custom(format!("{real} is not a whole number"))),
        Written::Text(text) => text.parse().map_err(|_| de::Error::custom(format!("`{text}` is not a whole number"))),
        Written::Null(()) => Ok(0),
    }
}

#[cfg(test)]
mod tests {
    use calendar::{DateRange, Zone};

    use super::*;
    use crate::{Dialect, Param, Statement};

    #[test]
    fn every_reports_first_value_is_its_tenant() {
        let scope = Scope { tenant_id: "acme".to_owned(), site: "shop".to_owned(), currency: "EUR".to_owned() };
        let range = DateRange::last_30_days(Zone::parse("UTC").unwrap(), 1_795_000_000_000);
        let keys = ["v:1".to_owned()];
        for dialect in [Dialect::D1, Dialect::ClickHouse] {
            let statements: Vec<Statement> = vec![
                attribution_orders::statement(&scope, &range, None, 1, dialect),
                attribution_touches::of_buyers(&scope, &range, 1, None, 1, dialect),
                attribution_touches::of_everybody(&scope, &(0..1), Some((1, "y")), 1, dialect),
                attribution_touches::of_persons(&scope, &keys, &(0..1), 1, dialect),
                event_names::statement(&scope, &range, 1, dialect),
                journey::keys(&scope, "v:1", dialect),
                journey::bought(&scope, "v:1", dialect),
                journey::sessions(&scope, "v:1", None, 1, dialect),
                journey::events(&scope, &keys, 1, dialect),
                journeys::statement(&scope, &range, Some("x"), None, 1, dialect),
                paths::statement(&scope, &range, 1, &paths::Narrowed::default(), None, 1, dialect),
                attribution_kept::statement(&scope, &range),
                regions::days(&scope, &range, regions::Level::Country, dialect),
                regions::orders(&scope, &range, regions::Level::Region, None, 1, dialect),
                live::latest(&scope, 1),
                live::after(&scope, 1, 1),
                live::active(&scope, 1, 1),
                live::sold(&scope, 1),
            ];
            for statement in statements {
                assert_eq!(statement.params.first(), Some(&Param::Text("acme".to_owned())), "{}", statement.sql);
                assert!(statement.sql.contains("?1") || statement.sql.contains("{p1:String}"), "{}", statement.sql);
            }
        }
    }
}
