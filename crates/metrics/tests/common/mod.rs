//! A warehouse to ask: generated data with everything that makes the two engines' work differ, loaded into the real
//! D1 schema, and a runner of statements there.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(missing_docs, unreachable_pub, reason = "a test's own module")]

use std::collections::{BTreeMap, BTreeSet};

use calendar::{DateRange, Zone};
use metrics::{Param, Scope, Statement};
use rand::{Rng, SeedableRng, seq::IndexedRandom, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use rusqlite::{Connection, params_from_iter, types::Value as Sql};
use serde_json::{Map, Value, json};
use warehouse::embedded;

pub type Rows = Vec<Map<String, Value>>;

pub fn scope() -> Scope {
    Scope { tenant_id: "t1".to_owned(), site: "shop".to_owned(), currency: "EUR".to_owned() }
}

pub fn zone() -> Zone {
    Zone::parse("Europe/Berlin").unwrap()
}

/// A range over the night the clocks go forward, shorter than the data on both sides.
pub fn range() -> DateRange {
    DateRange::parse(zone(), Some("2026-03-03"), Some("2026-04-12"), 0).unwrap()
}

/// An empty database with the project's schema.
pub fn database() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations-d1");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files {
        connection.execute_batch(&std::fs::read_to_string(file).unwrap()).unwrap();
    }
    connection
}

/// Runs a statement as D1 does: every number is bound as a float unless it fits 32 bits.
pub fn run(connection: &Connection, statement: &Statement) -> Rows {
    let mut prepared = connection.prepare(&statement.sql).unwrap_or_else(|error| panic!("{error}\n{}", statement.sql));
    let names: Vec<String> = prepared.column_names().into_iter().map(str::to_owned).collect();
    let params: Vec<Sql> = statement
        .params
        .iter()
        .map(|param| match param {
            Param::Text(text) => Sql::Text(text.clone()),
            Param::Integer(whole) if i32::try_from(*whole).is_ok() => Sql::Integer(*whole),
            Param::Integer(whole) => Sql::Real(*whole as f64),
        })
        .collect();
    let rows = prepared
        .query_map(params_from_iter(params), |row| {
            names
                .iter()
                .enumerate()
                .map(|(at, name)| {
                    let value = match row.get::<_, Sql>(at)? {
                        Sql::Null => Value::Null,
                        Sql::Integer(whole) => json!(whole),
                        Sql::Real(real) => json!(real),
                        Sql::Text(text) => json!(text),
                        Sql::Blob(_) => panic!("no query returns bytes"),
                    };
                    Ok((name.clone(), value))
                })
                .collect::<Result<Map<String, Value>, rusqlite::Error>>()
        })
        .unwrap_or_else(|error| panic!("{error}\n{}", statement.sql));
    rows.collect::<Result<_, _>>().unwrap_or_else(|error| panic!("{error}\n{}", statement.sql))
}

/// Rows of a report, read as the report's type.
pub fn read<T: serde::de::DeserializeOwned>(rows: Rows) -> Vec<T> {
    rows.into_iter().map(|row| serde_json::from_value(Value::Object(row)).unwrap()).collect()
}

/// The columns of an event as both warehouses store it, without D1's cursor.
const EVENT_DEFAULTS: &str = r#"{"anonymous_id":"","user_id":"","url":"","host":"","path":"","referrer":"","source":"",
"medium":"","campaign":"","term":"","content":"","click_id_kind":"","click_id":"","channel":"","value_minor":0,
"currency":"","order_id":"","country":"","region":"","device":"","browser":"","os":"","bot":0,"consent":"","flags":"",
"props":"{}","touch":0,"touch_number":0,"revision":1,"raw_key":"raw/1","origin":"browser"}"#;

/// An event with these fields; the rest as if unknown. `local_hour` and `received_at` follow from `t`.
pub fn event(fields: Value) -> Map<String, Value> {
    let mut event: Map<String, Value> = serde_json::from_str(EVENT_DEFAULTS).unwrap();
    event.extend(fields.as_object().unwrap().clone());
    let t = event["t"].as_i64().unwrap();
    event.insert("received_at".to_owned(), json!(t + 250));
    event.insert("local_hour".to_owned(), json!(zone().local_hour(t)));
    event
}

fn bind(value: &Value) -> Sql {
    match value {
        Value::String(text) => Sql::Text(text.clone()),
        Value::Number(number) => Sql::Integer(number.as_i64().unwrap()),
        other => panic!("no column holds {other}"),
    }
}

pub fn insert(connection: &Connection, table: &str, row: &Map<String, Value>, on_conflict: &str) {
    let columns: Vec<&str> = row.keys().map(String::as_str).collect();
    let places: Vec<String> = (1..=columns.len()).map(|n| format!("?{n}")).collect();
    let sql = format!("INSERT INTO {table} ({}) VALUES ({}) {on_conflict}", columns.join(", "), places.join(", "));
    connection
        .prepare_cached(&sql)
        .unwrap()
        .execute(params_from_iter(row.values().map(bind)))
        .unwrap_or_else(|error| panic!("{error}: {row:?}"));
}

/// Runs one of the sink's statements for a tenant.
pub fn write(connection: &Connection, tenant: &str, sql: &str, values: &[embedded::Value]) {
    let mut bound = vec![Sql::Text(tenant.to_owned())];
    bound.extend(values.iter().map(|value| match value {
        embedded::Value::Text(text) => Sql::Text(text.clone()),
        embedded::Value::Integer(whole) => Sql::Integer(*whole),
    }));
    connection
        .prepare_cached(sql)
        .and_then(|mut prepared| prepared.execute(params_from_iter(bound)))
        .unwrap_or_else(|error| panic!("{error}\n{sql}"));
}

/// Writes deliveries of one tenant through the sink's own statements, in batches as they arrive. A delivery of an
/// event known before is an assignment that may have changed.
pub fn store_events(
    connection: &Connection,
    known: &mut BTreeSet<(String, String)>,
    deliveries: &[Map<String, Value>],
) {
    for batch in deliveries.chunks(60) {
        let text = |delivery: &Map<String, Value>, column: &str| delivery[column].as_str().unwrap().to_owned();
        // A batch names an event once, in its latest revision.
        let mut latest: BTreeMap<(String, String), &Map<String, Value>> = BTreeMap::new();
        for delivery in batch {
            let held = latest.entry((text(delivery, "tenant_id"), text(delivery, "id"))).or_insert(delivery);
            if delivery["revision"].as_i64() > held["revision"].as_i64() {
                *held = delivery;
            }
        }
        let mut shares: BTreeMap<(String, String), embedded::Batch<Map<String, Value>>> = BTreeMap::new();
        for (id, delivery) in latest {
            let share = shares.entry((text(delivery, "tenant_id"), text(delivery, "site"))).or_insert_with(|| {
                embedded::Batch {
                    events: Vec::new(),
                    changes: Vec::new(),
                    changed_sessions: BTreeSet::new(),
                    absorbed: BTreeSet::new(),
                }
            });
            if known.insert(id) {
                let mut event = delivery.clone();
                event.remove("raw_key");
                share.events.push(serde_json::from_value(Value::Object(event)).unwrap());
            } else {
                let session = text(delivery, "session_id");
                share.absorbed.insert(format!("{session}-absorbed"));
                share.changed_sessions.insert(session);
                share.changes.push(delivery.clone());
            }
        }
        for ((tenant, _), share) in shares {
            for statement in share.statements("raw/1").unwrap() {
                write(connection, &tenant, &statement.sql, &statement.values);
            }
        }
    }
}

/// Counts the dirty hours that `wanted` chooses, through the sink's own statements.
pub fn roll_up(connection: &Connection, wanted: impl Fn(i64) -> bool) {
    let dirty = Statement { sql: "SELECT tenant_id, site, local_hour FROM dirty_hours".to_owned(), params: Vec::new() };
    for row in run(connection, &dirty) {
        let hour = row["local_hour"].as_i64().unwrap();
        if wanted(hour) {
            let values = [
                embedded::Value::Text(row["site"].as_str().unwrap().to_owned()),
                embedded::Value::Text(format!("[{hour}]")),
            ];
            for sql in embedded::ROLL_UP {
                write(connection, row["tenant_id"].as_str().unwrap(), sql, &values);
            }
        }
    }
}

/// Everything that reached the sinks, in the order it did, repeats and superseded versions included.
pub struct Arrivals {
    pub events: Vec<Map<String, Value>>,
    /// With `version`, which D1 has no column for: there the later write wins.
    pub identities: Vec<Map<String, Value>>,
    pub ad_spend: Vec<Map<String, Value>>,
}

const CHANNELS: [(&str, &str, &str, &str); 7] = [
    ("Paid Search", "google", "cpc", "Brand | 50% off 'spring'"),
    ("Paid Social", "facebook", "paid", "søk \\ tab\t{p1:String} ?1"),
    ("Email", "newsletter", "email", ""),
    ("Organic Search", "google", "organic", ""),
    ("Referral", "partner.example", "referral", ""),
    ("Direct", "direct", "none", ""),
    ("Paid Search", "bing", "cpc", "brand | 50% off 'spring'"),
];

/// About 3,500 deliveries of about 2,500 events of two tenants and two sites over ten weeks.
#[expect(clippy::too_many_lines, reason = "one world, told in order")]
pub fn arrivals(seed: u64) -> Arrivals {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let first = 1_771_300_000_000_i64; // 2026-02-17
    let span = 70 * 86_400_000_i64;
    let mut events = Vec::new();
    let mut count = 0_u32;
    for visitor in 0..260_u32 {
        let (tenant, site) = match visitor % 13 {
            0 => ("t2", "other"),
            1 => ("t1", "second"),
            _ => ("t1", "shop"),
        };
        let machine = rng.random_bool(0.05);
        let device =
            *[("desktop", "Firefox", "Linux"), ("mobile", "Safari", "iOS"), ("", "", "")].choose(&mut rng).unwrap();
        let country = *["DE", "FR", "US", ""].choose(&mut rng).unwrap();
        let mut touches = 0;
        for visit in 0..rng.random_range(1..=4_u32) {
            let mut t = first + rng.random_range(0..span);
            if rng.random_bool(0.2) {
                // On an hour's edge, or in the hours around the change of the clocks.
                t = *[t - t % 3_600_000, t - t % 3_600_000 - 1, 1_774_742_400_000 + rng.random_range(0..7_200_000)]
                    .choose(&mut rng)
                    .unwrap();
            }
            let session = format!("s{visitor}-{visit}");
            let server_only = rng.random_bool(0.06);
            for step in 0..rng.random_range(1..=7_u32) {
                count += 1;
                // Ids do not sort by time, and several events may share an instant.
                let id = format!("{:04x}-{count}", rng.random::<u16>());
                let name = if server_only {
                    *["purchase", "refund", "subscription renewed"].choose(&mut rng).unwrap()
                } else if step == 0 {
                    *["pageview", "pageview", "pageview", "signup"].choose(&mut rng).unwrap()
                } else {
                    *["pageview", "pageview", "pageview", "add_to_cart", "purchase", "refund"].choose(&mut rng).unwrap()
                };
                let touch = !server_only && (step == 0 && rng.random_bool(0.8) || rng.random_bool(0.08));
                let worth = matches!(name, "purchase" | "refund");
                let (channel, source, medium, campaign) =
                    if touch { *CHANNELS.choose(&mut rng).unwrap() } else { ("", "", "", "") };
                if touch {
                    touches += 1;
                }
                let fields = json!({
                    "tenant_id": tenant, "id": id, "site": site, "visitor": format!("vïs-{visitor}"),
                    "user_id": if visitor % 5 == 0 { format!("Kunde-{visitor}") } else { String::new() },
                    "event": name, "t": t, "origin": if server_only { "server" } else { "browser" },
                    "path": format!("/p/{}", rng.random_range(0..6)),
                    "url": format!("https://shop.example/p/{step}?q='\"\\"), "referrer": "https://www.google.com/",
                    "channel": channel, "source": source, "medium": medium, "campaign": campaign,
                    "value_minor": if worth { rng.random_range(-50..40_000) } else { 0 },
                    "currency": if !worth { "" } else if rng.random_bool(0.85) { "EUR" } else { "USD" },
                    "order_id": if name == "purchase" && rng.random_bool(0.7) {
                        format!("ord-{}", rng.random_range(0..400))
                    } else { String::new() },
                    "country": if server_only { "" } else { country },
                    "device": device.0, "browser": device.1, "os": device.2,
                    "bot": i32::from(machine || rng.random_bool(0.01)),
                    "props": json!({"step": step, "text": "ü\n'"}).to_string(),
                    "session_id": session, "touch": i32::from(touch),
                    "touch_number": if touch { touches } else { 0 },
                });
                let event = event(fields);
                if rng.random_bool(0.15) {
                    // First put in a session that was merged into this one later.
                    let mut merged = event.clone();
                    merged.insert("revision".to_owned(), json!(3));
                    events.push(merged);
                    let mut before = event.clone();
                    before.insert("session_id".to_owned(), json!(format!("{session}-absorbed")));
                    before.insert("touch".to_owned(), json!(1));
                    before.insert("touch_number".to_owned(), json!(99));
                    before.insert("revision".to_owned(), json!(rng.random_range(1..=2)));
                    events.push(before);
                } else {
                    events.push(event);
                }
                if rng.random_bool(0.15) {
                    let again = events.last().unwrap().clone();
                    events.push(again);
                }
                if rng.random_bool(0.7) {
                    t += rng.random_range(0..900_000);
                }
            }
        }
    }
    events.shuffle(&mut rng);

    let mut identities = Vec::new();
    for person in 0..60_u32 {
        let members: Vec<u32> = (0..rng.random_range(1..=3)).map(|n| person * 4 + n).collect();
        for version in 1..=2 {
            // The second write moves all keys to the person's final, smallest key.
            let whose = if version == 1 {
                format!("v:early-{person}")
            } else if person % 5 == 0 {
                format!("u:Kunde-{person}")
            } else {
                format!("v:vïs-{}", person * 4)
            };
            let mut keys: Vec<String> = members.iter().map(|n| format!("v:vïs-{n}")).collect();
            if person % 5 == 0 {
                keys.push(format!("u:Kunde-{person}"));
                keys.push(format!("a:anon-{person}"));
            }
            for key in keys {
                let row = json!({"tenant_id": "t1", "site": "shop", "key": key, "person": whose, "version": version});
                identities.push(row.as_object().unwrap().clone());
            }
        }
    }
    // Another site's identities must not leak in.
    for visitor in 0..260 {
        let row = json!({"tenant_id": "t1", "site": "second", "key": format!("v:vïs-{visitor}"), "person": "v:one",
            "version": 1});
        identities.push(row.as_object().unwrap().clone());
    }

    let mut ad_spend = Vec::new();
    for (tenant, site) in [("t1", "shop"), ("t1", "second"), ("t2", "other")] {
        for day in 20_490..20_570 {
            for (channel, source, medium, campaign) in
                CHANNELS.into_iter().filter(|c| c.0.starts_with("Paid") || c.0 == "Email")
            {
                for version in 1..=if rng.random_bool(0.2) { 2 } else { 1 } {
                    let impressions = rng.random_range(0..20_000);
                    let row = json!({"tenant_id": tenant, "site": site, "local_day": day, "channel": channel,
                        "source": source, "medium": medium, "campaign": campaign, "impressions": impressions,
                        "clicks": impressions / 50, "spend_minor": rng.random_range(0..50_000),
                        "currency": if source == "bing" { "USD" } else { "EUR" },
                        "import_id": format!("import-{version}"), "version": version});
                    ad_spend.push(row.as_object().unwrap().clone());
                }
            }
        }
    }
    Arrivals { events, identities, ad_spend }
}

/// Loads everything into D1's schema. All hours are counted half-way; in the end every fifth hour is left dirty, most
/// of those with counts that are no longer right.
pub fn load(connection: &Connection, arrivals: &Arrivals) {
    connection.execute_batch("BEGIN").unwrap();
    for (table, key, rows) in [
        ("identities", "tenant_id, site, key", &arrivals.identities),
        ("ad_spend", "tenant_id, site, local_day, source, medium, campaign", &arrivals.ad_spend),
    ] {
        for row in rows {
            let mut row = row.clone();
            row.remove("version");
            let set: Vec<String> = row.keys().map(|column| format!("{column} = excluded.{column}")).collect();
            let conflict = format!("ON CONFLICT ({key}) DO UPDATE SET {}", set.join(", "));
            insert(connection, table, &row, &conflict);
        }
    }
    let (early, late) = arrivals.events.split_at(arrivals.events.len() / 2);
    let mut known = BTreeSet::new();
    store_events(connection, &mut known, early);
    roll_up(connection, |_| true);
    store_events(connection, &mut known, late);
    roll_up(connection, |hour| hour % 5 != 0);
    connection.execute_batch("COMMIT").unwrap();
}

/// The final version of every event of the shop, by id.
pub fn final_events(arrivals: &Arrivals) -> BTreeMap<String, Map<String, Value>> {
    let mut events: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for event in &arrivals.events {
        if event["tenant_id"] != "t1" || event["site"] != "shop" {
            continue;
        }
        let id = event["id"].as_str().unwrap().to_owned();
        let newer = events.get(&id).is_none_or(|known| event["revision"].as_i64() > known["revision"].as_i64());
        if newer {
            events.insert(id, event.clone());
        }
    }
    events
}
