//! The sandbox's ClickHouse text on ClickHouse: it runs under the settings it is sent with, gives what D1 gives, and sees
//! one shop's rows only. Skipped, visibly, where the embedded engine cannot be installed.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop where it fails")]

mod common;

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use common::{Fate, Oracle, scope};
use metrics::Dialect;
use question::{rewrite, sandbox};
use rusqlite::types::Value as Sql;
use serde_json::{Map, Value, json};

struct Engine {
    url: String,
    child: Child,
    state: PathBuf,
}

impl Engine {
    fn start() -> Option<Self> {
        let tools = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tools");
        let installed = Command::new("python3").arg(format!("{tools}/python.py")).arg("clickhouse").output();
        if !installed.is_ok_and(|done| done.status.success()) {
            eprintln!("SKIPPED: the embedded ClickHouse cannot be installed");
            return None;
        }
        let state = std::env::temp_dir().join(format!("adroit-sandbox-{}", std::process::id()));
        let mut child = Command::new("python3")
            .arg(format!("{tools}/clickhouse/front.py"))
            .args(["--port", "0", "--path"])
            .arg(&state)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        Some(Self { url: url.trim().to_owned(), child, state })
    }

    fn send(&self, sql: &str, settings: &[(String, String)], body: String) -> Result<String, String> {
        let client = reqwest::blocking::Client::builder().timeout(std::time::Duration::from_secs(60)).build().unwrap();
        let answer = client.post(&self.url).query(settings).query(&[("query", sql)]).body(body).send().unwrap();
        let ok = answer.status().is_success();
        let text = answer.text().unwrap();
        if ok { Ok(text) } else { Err(text) }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.state);
    }
}

/// Everything in a table of the shops' database, as rows to insert.
fn dump(oracle: &Oracle, table: &str) -> String {
    let mut statement = oracle.among_others.prepare(&format!("SELECT * FROM {table}")).unwrap();
    let names: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
    let rows = statement
        .query_map([], |row| {
            let mut object = Map::new();
            for (at, name) in names.iter().enumerate().filter(|(_, name)| *name != "seq") {
                object.insert(
                    name.clone(),
                    match row.get::<_, Sql>(at)? {
                        Sql::Integer(whole) => json!(whole),
                        Sql::Text(text) => json!(text),
                        other => panic!("{other:?}"),
                    },
                );
            }
            Ok(Value::Object(object).to_string())
        })
        .unwrap();
    rows.map(Result::unwrap).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_analysts_write_gives_the_same_on_clickhouse_and_nothing_of_others() {
    let Some(engine) = Engine::start() else { return };
    let oracle = Oracle::new();
    let migration = include_str!("../../../migrations-clickhouse/0001_foundation.sql");
    for statement in migration.split(";\n") {
        if statement.lines().any(|line| !line.is_empty() && !line.starts_with("--")) {
            engine.send(statement, &[], String::new()).unwrap();
        }
    }
    for table in ["events", "ad_spend"] {
        engine.send(&format!("INSERT INTO {table} FORMAT JSONEachRow"), &[], dump(&oracle, table)).unwrap();
    }
    let ask = |sql: &str| -> Result<Vec<Vec<Value>>, String> {
        let rewritten = rewrite(sql, Dialect::ClickHouse).unwrap();
        assert!(rewritten.clickhouse, "{sql}");
        let statement = rewritten.bind(&scope());
        let mut settings = statement.http_params();
        settings.push(("default_format".to_owned(), "JSONCompactEachRow".to_owned()));
        settings.push(("output_format_json_quote_64bit_integers".to_owned(), "0".to_owned()));
        settings.extend(sandbox::CLICKHOUSE_SETTINGS.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let text = engine.send(&statement.sql, &settings, String::new())?;
        Ok(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
    };
    let mut compared = 0;
    for sql in [
        "SELECT channel, SUM(spend) AS cost, SUM(clicks) / SUM(impressions) AS ctr FROM ad_spend GROUP BY channel ORDER BY channel",
        "SELECT day, month, SUM(impressions) AS shown FROM ad_spend GROUP BY day, month ORDER BY day",
        "SELECT event, COUNT(*) AS n, COUNT(DISTINCT visitor) AS who FROM events GROUP BY event ORDER BY event",
        "SELECT day, hour, weekday, path FROM events ORDER BY t, id LIMIT 5",
        "WITH e AS (SELECT visitor, COUNT(*) AS n FROM events GROUP BY visitor) SELECT n, COUNT(*) AS c FROM e GROUP BY n ORDER BY n",
        "SELECT COUNT(*) AS n, MAX(value_minor) AS most FROM orders",
        "SELECT visitor FROM events WHERE event = 'purchase' UNION SELECT visitor FROM touchpoints ORDER BY visitor",
        "SELECT id, row_number() OVER (PARTITION BY visitor ORDER BY t) AS n FROM events ORDER BY id",
        "SELECT e.id, substr(e.visitor, 1, 3) AS v, iif(e.value_minor > 1005, 'high', 'low') AS level FROM events e \
         JOIN touchpoints x ON x.id = e.id WHERE e.visitor IN (SELECT visitor FROM touchpoints) ORDER BY e.id",
        "SELECT COUNT(*) AS n, 7 / 2 AS half, 1 / 0 AS nothing FROM events WHERE 1 = 1 OR 'a\\' = 'b'",
    ] {
        let Fate::Harmless(_) = oracle.judge(sql) else { panic!("{sql}") };
        let d1 = rewrite(sql, Dialect::D1).unwrap().bind(&scope());
        let expected: Vec<Vec<Value>> = common::rows(&oracle.alone, &d1)
            .unwrap()
            .into_iter()
            .map(|row| {
                row.into_iter()
                    .map(|value| match value {
                        Sql::Integer(whole) => json!(whole),
                        Sql::Real(real) => json!(real),
                        Sql::Text(text) => json!(text),
                        _ => Value::Null,
                    })
                    .collect()
            })
            .collect();
        let found = ask(sql).unwrap_or_else(|error| panic!("{sql}\n{error}"));
        assert_eq!(found.len(), expected.len(), "{sql}");
        for (found, expected) in found.iter().flatten().zip(expected.iter().flatten()) {
            let same = found == expected
                || found.as_f64().zip(expected.as_f64()).is_some_and(|(a, b)| (a - b).abs() <= 1e-9 * a.abs());
            assert!(same, "{sql}: {found} {expected}");
        }
        compared += 1;
    }
    // Nobody who is in the way of these settings can write.
    let settings = sandbox::CLICKHOUSE_SETTINGS.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert!(engine.send("INSERT INTO events (tenant_id) VALUES ('x')", &settings, String::new()).is_err());
    println!("compared on ClickHouse: {compared}");
}
