//! The credits that are kept equal those computed from orders and touchpoints, whatever came late, was assigned anew,
//! arrived twice or turned out to be the same person, and whenever they were settled.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop where it fails")]

mod common;

use attribution::{DEFAULT_MODEL, Order, Parameters, Touch, Touches, attribute, model, window_ms};
use calendar::DateRange;
use common::{arrivals, database, range, read, run, scope, store_events, write, zone};
use metrics::reports::{attribution_kept, attribution_orders, attribution_touches};
use metrics::{Dialect, Param, Statement};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rusqlite::Connection;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};
use warehouse::credits::{self, Marked, Member, OrderRow, TouchRow};
use warehouse::embedded::{self, Link, Value};

const WINDOW_DAYS: i64 = 14;

fn rows<T: DeserializeOwned>(connection: &Connection, sql: &str, values: &[Value]) -> Vec<T> {
    let mut params = vec![Param::Text("t1".to_owned())];
    params.extend(values.iter().map(|value| match value {
        Value::Text(text) => Param::Text(text.clone()),
        Value::Integer(whole) => Param::Integer(*whole),
    }));
    read(run(connection, &Statement { sql: sql.to_owned(), params }))
}

fn text(value: &impl serde::Serialize) -> Value {
    Value::Text(serde_json::to_string(value).unwrap())
}

fn site() -> Value {
    Value::Text("shop".to_owned())
}

/// What is read before it is settled; `None` where nothing is marked.
fn look(connection: &Connection) -> Option<(Vec<Marked>, Vec<embedded::Statement>)> {
    let marked: Vec<Marked> = rows(connection, credits::MARKED, &[site(), Value::Integer(7)]);
    if marked.is_empty() {
        return None;
    }
    let visitors: Vec<&str> = marked.iter().map(|one| one.visitor.as_str()).collect();
    let members: Vec<Member> = rows(connection, &credits::members(), &[site(), text(&visitors)]);
    let visitors: BTreeSet<&str> = members.iter().map(|one| one.visitor.as_str()).collect();
    let currency = Value::Text("EUR".to_owned());
    let orders: Vec<OrderRow> = rows(connection, credits::ORDERS, &[site(), text(&visitors), currency]);
    let touches: Vec<TouchRow> = match credits::span(&orders, WINDOW_DAYS).unwrap() {
        Some((from, to)) => {
            let values = [site(), text(&visitors), Value::Integer(from), Value::Integer(to)];
            rows(connection, credits::TOUCHES, &values)
        }
        None => Vec::new(),
    };
    let kept = credits::credits(&members, &orders, &touches, WINDOW_DAYS).unwrap();
    Some((marked.clone(), credits::replace("shop", WINDOW_DAYS, "EUR", &marked, &members, &kept).unwrap()))
}

fn settle(connection: &Connection) {
    while let Some((_, statements)) = look(connection) {
        for statement in statements {
            write(connection, "t1", &statement.sql, &statement.values);
        }
    }
}

type Credit = (String, String, i64, String);

/// Every credit as the report computes it: order, touch, value, channel.
fn computed(connection: &Connection, range: &DateRange) -> Vec<Credit> {
    let orders: Vec<attribution_orders::Row> =
        read(run(connection, &attribution_orders::statement(&scope(), range, None, 100_000, Dialect::D1)));
    let window = window_ms(WINDOW_DAYS).unwrap();
    let statement = attribution_touches::of_buyers(&scope(), range, window, None, 100_000, Dialect::D1);
    let touches: Touches = read::<attribution_touches::Row>(run(connection, &statement))
        .into_iter()
        .map(|row| {
            let touch = Touch {
                id: row.id,
                t: row.t,
                number: row.number,
                channel: row.channel,
                source: row.source,
                medium: row.medium,
                campaign: row.campaign,
                ..Touch::default()
            };
            (row.person, touch)
        })
        .collect();
    let orders: Vec<Order> = orders
        .into_iter()
        .map(|row| Order { id: row.id, person: row.person, t: row.t, value_minor: row.value_minor })
        .collect();
    let model = model(DEFAULT_MODEL).unwrap();
    let mut all = Vec::new();
    for one in attribute(model, &Parameters::new(), &orders, &touches, window).unwrap() {
        let order = &one.order.id;
        if one.credits.is_empty() {
            all.push((order.clone(), String::new(), one.order.value_minor, String::new()));
        }
        for credit in one.credits.iter().filter(|credit| credit.share > 0.0) {
            all.push((order.clone(), credit.touch.id.clone(), credit.value_minor, credit.touch.channel.clone()));
        }
    }
    all.sort();
    all
}

fn kept(connection: &Connection, range: &DateRange) -> Vec<Credit> {
    let hours = range.local_hours();
    let sql = "SELECT order_event, touch_event, value_minor, channel FROM attributions \
               WHERE tenant_id = ?1 AND site = ?2 AND local_hour >= ?3 AND local_hour < ?4 ORDER BY 1, 2";
    let values = [site(), Value::Integer(hours.start), Value::Integer(hours.end)];
    let found: Vec<BTreeMap<String, serde_json::Value>> = rows(connection, sql, &values);
    let part = |row: &BTreeMap<String, serde_json::Value>, name: &str| row[name].as_str().unwrap().to_owned();
    let mut all: Vec<Credit> = found
        .iter()
        .map(|row| {
            (
                part(row, "order_event"),
                part(row, "touch_event"),
                row["value_minor"].as_i64().unwrap(),
                part(row, "channel"),
            )
        })
        .collect();
    all.sort();
    all
}

fn report(connection: &Connection, range: &DateRange) -> Vec<attribution_kept::Row> {
    read(run(connection, &attribution_kept::statement(&scope(), range)))
}

/// All the days there are.
fn everything() -> DateRange {
    DateRange::parse(zone(), Some("2026-02-01"), Some("2026-05-31"), 0).unwrap()
}

#[test]
fn what_is_kept_equals_what_is_computed_through_late_events_new_assignments_and_joins() {
    let mut settled = 0;
    let mut moved = 0;
    for seed in 1..=3 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let connection = database();
        let mut known = BTreeSet::new();
        let mut before: Vec<Credit> = Vec::new();
        // Deliveries arrive in any order, so that most touchpoints of an order are late for it.
        for deliveries in arrivals(seed).events.chunks(180) {
            store_events(&connection, &mut known, deliveries);
            for _ in 0..3 {
                let visitor = |n: u32| format!("v:vïs-{n}");
                let n = rng.random_range(0..65_u32);
                let other =
                    if rng.random_bool(0.3) { format!("u:Kunde-{}", n % 7) } else { format!("a:anon-{}", n % 20) };
                let link = Link { visitor: visitor(n * 4 + rng.random_range(0..4)), other };
                for statement in embedded::join("shop", &link) {
                    write(&connection, "t1", &statement.sql, &statement.values);
                }
            }
            if rng.random_bool(0.6) {
                settle(&connection);
                settled += 1;
                let now = kept(&connection, &everything());
                assert_eq!(now, computed(&connection, &everything()), "seed {seed}");
                moved += before.iter().filter(|credit| !now.contains(credit)).count();
                before = now;
            }
        }
        settle(&connection);
        assert_eq!(kept(&connection, &range()), computed(&connection, &range()), "a part of the days");
        assert!(before.len() > 150, "{}", before.len());
        // The report's rows are the same credits, folded, and each order once.
        let rows = report(&connection, &everything());
        let all = computed(&connection, &everything());
        assert_eq!(rows.iter().map(|row| row.value_minor).sum::<i64>(), all.iter().map(|credit| credit.2).sum::<i64>());
        let orders: BTreeSet<&str> = all.iter().map(|credit| credit.0.as_str()).collect();
        assert_eq!(rows.iter().map(|row| row.orders).sum::<i64>(), i64::try_from(orders.len()).unwrap());
        // Nothing of another tenant or site has come in.
        let strangers: Vec<serde_json::Value> =
            rows_of(&connection, "SELECT order_event FROM attributions WHERE tenant_id <> ?1 OR site <> 'shop'");
        assert!(strangers.is_empty());
    }
    assert!(settled > 20 && moved > 100, "settled {settled} times, {moved} credits moved: the test proves little");
}

fn rows_of(connection: &Connection, sql: &str) -> Vec<serde_json::Value> {
    rows::<BTreeMap<String, serde_json::Value>>(connection, sql, &[])
        .into_iter()
        .map(|row| serde_json::json!(row))
        .collect()
}

#[test]
fn while_anything_is_unsettled_the_report_finds_nothing_to_believe() {
    let connection = database();
    let mut known = BTreeSet::new();
    let all = arrivals(5).events;
    let (first, later) = all.split_at(all.len() - 400);
    store_events(&connection, &mut known, first);
    assert!(report(&connection, &everything()).is_empty(), "nothing was settled yet");
    settle(&connection);
    assert!(!report(&connection, &everything()).is_empty());
    // Read, then somebody writes, then what was read is settled: the newer mark stays.
    store_events(&connection, &mut known, &later[..200]);
    let (marked, statements) = look(&connection).unwrap();
    store_events(&connection, &mut known, &later[200..]);
    for statement in statements {
        write(&connection, "t1", &statement.sql, &statement.values);
    }
    let left: Vec<Marked> = rows(&connection, credits::MARKED, &[site(), Value::Integer(10_000)]);
    assert!(left.iter().any(|one| marked.iter().any(|had| had.visitor == one.visitor && had.marks < one.marks)));
    assert!(report(&connection, &everything()).is_empty());
    settle(&connection);
    assert_eq!(kept(&connection, &everything()), computed(&connection, &everything()));
}

#[test]
fn of_two_who_settle_at_once_the_second_finds_the_turn_gone() {
    let connection = database();
    store_events(&connection, &mut BTreeSet::new(), &arrivals(6).events);
    let still =
        |turn: i64| !rows::<serde_json::Value>(&connection, credits::STILL, &[site(), Value::Integer(turn)]).is_empty();
    assert!(still(0) && !still(1));
    let (_, statements) = look(&connection).unwrap();
    for statement in statements {
        write(&connection, "t1", &statement.sql, &statement.values);
    }
    assert!(still(1) && !still(0));
}

#[test]
fn other_terms_mark_everybody_who_was_settled_under_the_old_ones() {
    let connection = database();
    store_events(&connection, &mut BTreeSet::new(), &arrivals(6).events);
    settle(&connection);
    let misfits = |model: &str, days: i64, currency: &str| {
        let values = [site(), Value::Text(model.to_owned()), Value::Integer(days), Value::Text(currency.to_owned())];
        write(&connection, "t1", &credits::mark_misfits(), &values);
        rows::<Marked>(&connection, credits::MARKED, &[site(), Value::Integer(10_000)]).len()
    };
    assert_eq!(misfits(DEFAULT_MODEL, WINDOW_DAYS, "EUR"), 0);
    assert!(misfits(DEFAULT_MODEL, WINDOW_DAYS + 1, "EUR") > 50);
}
