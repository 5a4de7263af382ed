//! The statements against real SQLite with the real migrations.

use super::{Batch, COLUMNS, Link, Value, join};
use event::{Event, Origin};
use rusqlite::{Connection, types::ToSqlOutput, types::Value as Sql};
use serde::Serialize;
use std::collections::BTreeSet;

#[derive(Serialize, Clone)]
struct Change {
    id: String,
    session_id: String,
    touch: u8,
    touch_number: u32,
    source: String,
    medium: String,
    channel: String,
    revision: u32,
}

fn database() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations-d1");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files {
        connection.execute_batch(&std::fs::read_to_string(file).unwrap()).unwrap();
    }
    connection
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Value::Text(text) => ToSqlOutput::Owned(Sql::Text(text.clone())),
            Value::Integer(number) => ToSqlOutput::Owned(Sql::Integer(*number)),
        })
    }
}

fn run(connection: &Connection, sql: &str, values: &[Value]) {
    let mut bound = vec![Value::Text("t".to_owned())];
    bound.extend_from_slice(values);
    connection.execute(sql, rusqlite::params_from_iter(bound)).unwrap_or_else(|e| panic!("{e}: {sql}"));
}

fn write(connection: &Connection, batch: &Batch<Change>, raw_key: &str) {
    for statement in batch.statements(raw_key).unwrap() {
        run(connection, &statement.sql, &statement.values);
    }
}

fn dump(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(sql).unwrap();
    let width = statement.column_count();
    let rows = statement.query_map([], |row| {
        let cells: Vec<String> = (0..width)
            .map(|i| match row.get::<_, Sql>(i).unwrap() {
                Sql::Text(text) => text,
                Sql::Integer(number) => number.to_string(),
                other => format!("{other:?}"),
            })
            .collect();
        Ok(cells.join("|"))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

fn event(id: &str, t: i64, session: &str) -> Event {
    Event {
        tenant_id: "t".to_owned(),
        id: id.to_owned(),
        site: "s".to_owned(),
        visitor: "v".to_owned(),
        anonymous_id: String::new(),
        user_id: String::new(),
        event: "pageview".to_owned(),
        t,
        received_at: t,
        origin: Origin::Browser,
        url: String::new(),
        host: String::new(),
        path: format!("/{id}"),
        referrer: String::new(),
        source: String::new(),
        medium: String::new(),
        campaign: String::new(),
        term: String::new(),
        content: String::new(),
        click_id_kind: String::new(),
        click_id: String::new(),
        channel: String::new(),
        value_minor: 0,
        currency: String::new(),
        order_id: String::new(),
        country: String::new(),
        region: String::new(),
        device: String::new(),
        browser: String::new(),
        os: String::new(),
        bot: 0,
        consent: String::new(),
        flags: String::new(),
        props: "{\"a\":\"it's\"}".to_owned(),
        session_id: session.to_owned(),
        touch: 0,
        touch_number: 0,
        revision: 1,
        local_hour: t / 3_600_000,
    }
}

fn batch(events: Vec<Event>) -> Batch<Change> {
    Batch { events, changes: Vec::new(), changed_sessions: BTreeSet::new(), absorbed: BTreeSet::new() }
}

const ALL: &str = "SELECT * FROM events ORDER BY seq";

#[test]
fn the_columns_are_the_fields_of_an_event() {
    let value = serde_json::to_value(event("a", 0, "x")).unwrap();
    let fields: BTreeSet<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(fields, COLUMNS.into_iter().collect::<BTreeSet<_>>());
}

#[test]
fn an_event_reads_back_as_it_was_written() {
    let connection = database();
    let written = event("a", 7_200_000, "x");
    write(&connection, &batch(vec![written.clone()]), "k");
    let mut statement = connection.prepare(&super::select_events("id = 'a'")).unwrap();
    let row = statement
        .query_row(["t"], |row| {
            let mut object = serde_json::Map::new();
            for (i, column) in COLUMNS.iter().enumerate() {
                let value = match row.get::<_, Sql>(i)? {
                    Sql::Integer(number) => number.into(),
                    Sql::Text(text) => text.into(),
                    _ => serde_json::Value::Null,
                };
                object.insert((*column).to_owned(), value);
            }
            Ok(serde_json::Value::Object(object))
        })
        .unwrap();
    assert_eq!(serde_json::from_value::<Event>(row).unwrap(), written);
}

#[test]
fn writing_a_batch_again_under_another_key_changes_nothing() {
    let connection = database();
    let mut purchase = event("b", 1_000, "x");
    purchase.event = "purchase".to_owned();
    purchase.order_id = "o1".to_owned();
    let first = batch(vec![event("a", 0, "x"), purchase]);
    write(&connection, &first, "k1");
    let tables = ["events", "sessions", "dirty_hours", "order_duplicates"];
    let state = |c: &Connection| tables.map(|table| dump(c, &format!("SELECT * FROM {table}")));
    let before = state(&connection);
    write(&connection, &first, "k2");
    assert_eq!(state(&connection), before);
    assert_eq!(dump(&connection, "SELECT raw_key, COUNT(*) FROM events GROUP BY 1"), ["k1|2"]);
}

#[test]
fn only_a_later_revision_moves_an_event_and_both_sessions_follow() {
    let connection = database();
    write(&connection, &batch(vec![event("a", 0, "x"), event("b", 3_000_000, "y")]), "k");
    let change = |session: &str, revision| Change {
        id: "b".to_owned(),
        session_id: session.to_owned(),
        touch: 1,
        touch_number: 1,
        source: "direct".to_owned(),
        medium: "none".to_owned(),
        channel: "Direct".to_owned(),
        revision,
    };
    let mut merge = batch(vec![event("c", 1_500_000, "x")]);
    merge.changes = vec![change("x", 2)];
    merge.changed_sessions = BTreeSet::from(["x".to_owned()]);
    merge.absorbed = BTreeSet::from(["y".to_owned()]);
    write(&connection, &merge, "k2");
    let sessions = "SELECT id, started_at, ended_at, pageviews, entry_path, exit_path, channel FROM sessions";
    assert_eq!(dump(&connection, sessions), ["x|0|3000000|3|/a|/b|Direct"]);

    let mut stale = batch(Vec::new());
    stale.changes = vec![change("y", 1)];
    stale.changed_sessions = BTreeSet::from(["y".to_owned()]);
    let before = dump(&connection, ALL);
    write(&connection, &stale, "k3");
    assert_eq!(dump(&connection, ALL), before);
    assert_eq!(dump(&connection, sessions), ["x|0|3000000|3|/a|/b|Direct"]);
}

#[test]
fn of_two_purchases_with_one_order_id_the_earlier_counts_whichever_comes_first() {
    for reversed in [false, true] {
        let connection = database();
        let purchase = |id: &str, t| {
            let mut event = event(id, t, id);
            event.event = "purchase".to_owned();
            event.order_id = "1001".to_owned();
            event
        };
        let mut arrivals = [purchase("pixel", 1_000), purchase("server", 2_000)];
        if reversed {
            arrivals.reverse();
        }
        for arrival in arrivals {
            write(&connection, &batch(vec![arrival]), "k");
        }
        assert_eq!(dump(&connection, "SELECT id FROM orders"), ["pixel"]);
        assert_eq!(dump(&connection, "SELECT id, orders FROM sessions ORDER BY id"), ["pixel|1", "server|0"]);
    }
}

#[test]
fn linked_keys_are_one_person_in_any_order_and_two_users_never_are() {
    let link = |visitor: &str, other: &str| Link { visitor: visitor.to_owned(), other: other.to_owned() };
    let links = [link("v:1", "a:x"), link("v:2", "a:x"), link("v:2", "u:anna"), link("v:3", "u:anna")];
    for rotation in 0..links.len() {
        let connection = database();
        let mut order = links.to_vec();
        order.rotate_left(rotation);
        for link in &order {
            for statement in join("s", link) {
                run(&connection, &statement.sql, &statement.values);
            }
        }
        assert_eq!(dump(&connection, "SELECT DISTINCT person FROM identities"), ["a:x"], "rotation {rotation}");
        for statement in join("s", &link("v:3", "u:bert")) {
            run(&connection, &statement.sql, &statement.values);
        }
        assert_eq!(dump(&connection, "SELECT person FROM identities WHERE key = 'u:bert'"), ["u:bert"]);
        assert_eq!(dump(&connection, "SELECT person FROM identities WHERE key = 'v:3'"), ["a:x"]);
    }
}

#[test]
fn rolled_up_hours_equal_a_count_and_retention_keeps_what_attribution_needs() {
    let connection = database();
    let mut touch = event("touch", 100, "x");
    touch.touch = 1;
    let mut bot = event("bot", 200, "x");
    bot.bot = 1;
    write(&connection, &batch(vec![touch, bot, event("plain", 300, "x"), event("next", 3_600_000, "x")]), "k");
    let hours = |list: &str| [Value::Text("s".to_owned()), Value::Text(list.to_owned())];
    for sql in super::ROLL_UP {
        run(&connection, sql, &hours("[0]"));
    }
    assert_eq!(
        dump(&connection, "SELECT local_hour, event, bot, events FROM event_hourly ORDER BY bot"),
        ["0|pageview|0|2", "0|pageview|1|1"]
    );
    assert_eq!(dump(&connection, "SELECT local_hour FROM dirty_hours"), ["1"]);
    retire(&connection, 10);
    assert_eq!(dump(&connection, "SELECT id FROM events ORDER BY id"), ["next", "touch"]);
}

/// Rolls up every hour before `end`.
fn roll_up(connection: &Connection, end: i64) {
    let dirty = dump(connection, "SELECT json_group_array(local_hour) FROM dirty_hours");
    let all: Vec<i64> = serde_json::from_str(&dirty[0]).unwrap();
    let due: Vec<i64> = all.into_iter().filter(|hour| *hour < end).collect();
    let list = serde_json::to_string(&due).unwrap();
    for sql in super::ROLL_UP {
        run(connection, sql, &[Value::Text("s".to_owned()), Value::Text(list.clone())]);
    }
}

/// Removes what is before that local hour, as the night does.
fn retire(connection: &Connection, before: i64) {
    let values = [Value::Text("s".to_owned()), Value::Integer(before)];
    for sql in super::close() {
        run(connection, &sql, &values);
    }
    run(connection, &super::retire(), &[values.as_slice(), &[Value::Integer(100)]].concat());
}

const COUNTED: &str = "SELECT local_hour, event, bot, events FROM event_hourly ORDER BY 1, 2, 3";
const VISITS: &str = "SELECT id, events, pageviews, orders, entry_path FROM sessions ORDER BY id";

/// A visit of hour 0 with a touch, three pages and an order, counted and past its term: the touch and the order are left.
fn closed() -> Connection {
    let connection = database();
    let mut touch = event("touch", 100, "x");
    touch.touch = 1;
    let mut order = event("order", 500, "x");
    order.event = "purchase".to_owned();
    order.order_id = "o1".to_owned();
    let pages = [event("p1", 200, "x"), event("p2", 300, "x"), event("p3", 400, "x")];
    write(&connection, &batch([vec![touch, order], pages.to_vec()].concat()), "k");
    roll_up(&connection, 1);
    retire(&connection, 1);
    assert_eq!(dump(&connection, "SELECT id FROM events ORDER BY id"), ["order", "touch"]);
    connection
}

#[test]
fn what_comes_late_for_a_closed_hour_is_stored_and_named_but_does_not_replace_what_was_counted() {
    let connection = closed();
    let (hours, visits) = (dump(&connection, COUNTED), dump(&connection, VISITS));
    assert_eq!(hours, ["0|pageview|0|4", "0|purchase|0|1"]);
    assert_eq!(visits, ["x|5|4|1|/touch"]);
    // Into the same visit, into a visit of its own, and into an hour that is open.
    let late = batch(vec![event("late", 350, "x"), event("other", 360, "y"), event("open", 3_600_000, "z")]);
    write(&connection, &late, "k2");
    roll_up(&connection, 2);
    assert_eq!(dump(&connection, COUNTED)[..2], hours);
    assert_eq!(dump(&connection, COUNTED)[2..], ["1|pageview|0|1"]);
    assert_eq!(dump(&connection, VISITS), ["x|5|4|1|/touch", "y|1|1|0|/other", "z|1|1|0|/open"]);
    assert_eq!(dump(&connection, "SELECT id FROM events WHERE id IN ('late', 'other', 'open') ORDER BY id").len(), 3);
    let inbox = "SELECT source, substr(reason, 1, 21), payload, status FROM events_inbox";
    let named = r#"warehouse|2 of 1970-01-01 00:00|{"local_hour":0,"event_ids":["late","other"]}|open"#;
    assert_eq!(dump(&connection, inbox), [named]);
    // Written again, under this key or another, it says nothing new.
    for key in ["k2", "k3"] {
        write(&connection, &late, key);
    }
    assert_eq!(dump(&connection, inbox), [named]);
    // The next night removes the late ones, too, and what was counted stays.
    retire(&connection, 1);
    assert_eq!(dump(&connection, "SELECT id FROM events WHERE t < 3600000 ORDER BY id"), ["order", "touch"]);
    assert_eq!(dump(&connection, COUNTED)[..2], hours);
    assert_eq!(dump(&connection, VISITS)[0], visits[0]);
}

#[test]
fn a_closed_visit_is_not_counted_anew_for_a_late_assignment_or_another_arrival_of_its_order() {
    let connection = closed();
    let visits = dump(&connection, VISITS);
    // The visitor turned out to be somebody else, so that the visit's touch was placed anew.
    let mut joined = batch(Vec::new());
    joined.changes = vec![Change {
        id: "touch".to_owned(),
        session_id: "x".to_owned(),
        touch: 1,
        touch_number: 7,
        source: "direct".to_owned(),
        medium: "none".to_owned(),
        channel: "Direct".to_owned(),
        revision: 2,
    }];
    joined.changed_sessions = BTreeSet::from(["x".to_owned()]);
    write(&connection, &joined, "k2");
    assert_eq!(dump(&connection, VISITS), visits);
    assert_eq!(dump(&connection, "SELECT touch_number FROM events WHERE id = 'touch'"), ["7"]);
    let mut again = event("again", 90_000_000, "w");
    again.event = "purchase".to_owned();
    again.order_id = "o1".to_owned();
    write(&connection, &batch(vec![again]), "k3");
    assert_eq!(dump(&connection, VISITS)[1..], visits);
    assert_eq!(dump(&connection, "SELECT id FROM orders"), ["order"]);
}

#[test]
fn an_hour_that_is_not_counted_yet_is_not_closed() {
    let connection = database();
    write(&connection, &batch(vec![event("a", 100, "x"), event("b", 200, "x")]), "k");
    retire(&connection, 10);
    assert_eq!(dump(&connection, "SELECT COUNT(*) FROM closed_hours"), ["0"]);
    assert_eq!(dump(&connection, "SELECT COUNT(*) FROM events"), ["2"]);
}

#[test]
fn the_migration_closes_what_was_removed_before_it() {
    let connection = database();
    write(&connection, &batch(vec![event("a", 100, "x"), event("b", 3_600_000, "y")]), "k");
    roll_up(&connection, 2);
    connection.execute("DELETE FROM events WHERE id = 'a'", []).unwrap();
    let migration = include_str!("../../../../migrations-d1/0005_closed_hours.sql");
    connection.execute_batch("DROP TABLE closed_hours; ALTER TABLE sessions DROP COLUMN closed;").unwrap();
    connection.execute_batch(migration).unwrap();
    assert_eq!(dump(&connection, "SELECT local_hour FROM closed_hours"), ["0"]);
    assert_eq!(dump(&connection, "SELECT id, closed FROM sessions ORDER BY id"), ["x|1", "y|0"]);
}
