//! Hostile texts, judged by running what the sandbox lets through.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop where it fails")]

mod common;

use common::{Fate, Oracle};
use metrics::Dialect;
use proptest::prelude::*;
use question::rewrite;

#[test]
fn no_hostile_text_reads_another_shops_row_or_writes_one() {
    let oracle = Oracle::new();
    let (mut hostile, mut refused, mut failed, mut harmless) = (0, 0, 0, 0);
    let (mut leaks, mut writes) = (Vec::new(), Vec::new());
    for sql in include_str!("hostile.txt").lines() {
        hostile += 1;
        match oracle.judge(sql) {
            Fate::Refused(reason) => {
                assert!(!reason.is_empty());
                refused += 1;
            }
            Fate::Failed => failed += 1,
            Fate::Harmless(_) => harmless += 1,
            Fate::Leak(how) => leaks.push(format!("{sql}\n  {how}")),
            Fate::Write(how) => writes.push(format!("{sql}\n  {how}")),
        }
    }
    println!(
        "hostile={hostile} refused={refused} engine_refused={failed} harmless={harmless} leaks={} writes={}",
        leaks.len(),
        writes.len()
    );
    assert!(hostile >= 100);
    assert!(leaks.is_empty() && writes.is_empty(), "{}\n{}", leaks.join("\n"), writes.join("\n"));
    // The oracle is not blind: enough of them ran and saw rows.
    assert!(harmless >= 20, "{harmless}");
}

#[test]
fn a_text_that_names_what_is_not_allowed_is_refused_whatever_the_engine_would_say() {
    for sql in include_str!("hostile.txt").lines() {
        let lower = sql.to_lowercase();
        let forbidden =
            ["from users", "join users", "sqlite_master", "delete ", "update ", "insert ", "drop ", "pragma", "attach"];
        // Quoted text and comments may say anything.
        let bare = !lower.contains('\'')
            && !lower.contains('"')
            && !lower.contains("--")
            && !lower.contains("as sqlite_master");
        if bare && forbidden.iter().any(|word| lower.contains(word)) {
            assert!(rewrite(sql, Dialect::D1).is_err(), "{sql}");
            assert!(rewrite(sql, Dialect::ClickHouse).is_err(), "{sql}");
        }
    }
}

#[test]
fn the_oracle_sees_a_leak_where_there_is_one() {
    let oracle = Oracle::new();
    let statement = metrics::Statement { sql: "SELECT visitor FROM events".to_owned(), params: vec![] };
    let alone = common::rows(&oracle.alone, &statement).unwrap();
    let among = common::rows(&oracle.among_others, &statement).unwrap();
    assert_ne!(alone, among);
}

#[test]
fn what_analysts_write_runs() {
    let oracle = Oracle::new();
    for (sql, rows) in [
        (
            "SELECT channel, COUNT(*) AS n, SUM(revenue) AS revenue FROM orders GROUP BY channel ORDER BY revenue DESC",
            3,
        ),
        ("SELECT day, SUM(spend) AS spend, SUM(clicks) * 1.0 / SUM(impressions) AS ctr FROM ad_spend GROUP BY day", 6),
        (
            "WITH o AS (SELECT visitor, COUNT(*) AS n FROM orders GROUP BY visitor) SELECT n, COUNT(*) AS visitors FROM o GROUP BY n",
            1,
        ),
        (
            "select s.channel, count(distinct s.visitor) as visitors from sessions s where s.day >= '2026-01-01' group by s.channel having count(*) > 0",
            3,
        ),
        (
            "SELECT o.channel, o.revenue FROM orders o JOIN sessions s ON s.id = o.session_id AND s.visitor = o.visitor WHERE o.revenue > 0",
            2,
        ),
        (
            "SELECT day, revenue, SUM(revenue) OVER (ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running FROM orders",
            3,
        ),
        ("SELECT channel, spend / clicks AS cpc FROM ad_spend LIMIT 5", 5),
        (
            "SELECT visitor FROM events WHERE event LIKE 'pur%' AND campaign IN ('', 'spring') ORDER BY t LIMIT 2 OFFSET 0",
            2,
        ),
        (
            "SELECT CASE WHEN hour < 12 THEN 'morning' ELSE 'later' END AS part, COUNT(*) AS n FROM events GROUP BY part",
            1,
        ),
        ("SELECT month, weekday, COUNT(*) FROM events GROUP BY month, weekday", 6),
    ] {
        assert_eq!(oracle.judge(sql), Fate::Harmless(rows), "{sql}: {:?}", rewrite(sql, Dialect::D1));
    }
}

#[test]
fn division_is_exact_and_by_nothing_is_null() {
    let oracle = Oracle::new();
    let rewritten = rewrite(
        "SELECT 7 / 2 AS a, 7 / 0 AS b, 1 - 2 - 3 AS c, 2 + 3 * 4 AS d, NOT 1 = 2 AS e FROM orders LIMIT 1",
        Dialect::D1,
    )
    .unwrap();
    let rows = common::rows(&oracle.alone, &rewritten.bind(&common::scope())).unwrap();
    use rusqlite::types::Value;
    assert_eq!(rows, [vec![Value::Real(3.5), Value::Null, Value::Integer(-4), Value::Integer(14), Value::Integer(1)]]);
}

#[test]
fn columns_are_named_once_and_money_is_known() {
    let rewritten = rewrite(
        "SELECT o.visitor, s.visitor, SUM(o.revenue), COUNT(*) AS n, SUM(o.revenue) / COUNT(*) AS aov FROM orders o \
         JOIN sessions s ON s.id = o.session_id GROUP BY 1, 2",
        Dialect::D1,
    )
    .unwrap();
    let columns: Vec<(&str, Option<&str>)> =
        rewritten.columns.iter().map(|column| (column.name.as_deref().unwrap(), column.unit.as_deref())).collect();
    assert_eq!(
        columns,
        [("visitor", None), ("visitor_2", None), ("sum_o_revenue", Some("money")), ("n", Some("count")), ("aov", None)]
    );
    assert_eq!(rewritten.limit, 100);
}

#[test]
fn a_refusal_says_what_to_do() {
    for (sql, words) in [
        ("SELECT * FROM users", "there is no table `users`; there are events, sessions"),
        ("SELECT tenant_id FROM orders", "there is no column `tenant_id`; orders has id, order_id"),
        ("SELECT 1; SELECT 2", "only one statement"),
        ("DROP TABLE events", "only SELECT"),
        ("SELECT * FROM events, sessions", "JOIN … ON"),
        ("SELECT group_concat(visitor) FROM events", "`group_concat` is not allowed; there are count, sum"),
        ("WITH orders AS (SELECT 1 AS a) SELECT * FROM orders", "cannot be called `orders`"),
    ] {
        let refusal = rewrite(sql, Dialect::D1).unwrap_err();
        assert!(refusal.reason.contains(words), "{sql}: {refusal}");
    }
}

#[test]
fn clickhouses_text_is_pinned() {
    let (sql, expected) = (
        "SELECT channel, SUM(spend) / SUM(clicks) AS cpc FROM ad_spend WHERE campaign <> 'a\\b''c' GROUP BY channel",
        "SELECT \"channel\" AS \"channel\", (sum(\"spend\") / nullIf(sum(\"clicks\"), 0)) AS \"cpc\" FROM (SELECT \
             toString(toDate32(t.local_day)) AS day, substring(toString(toDate32(t.local_day)), 1, 7) AS month, t.channel AS \
             channel, t.source AS source, t.medium AS medium, t.campaign AS campaign, t.impressions AS impressions, t.clicks \
             AS clicks, CASE WHEN t.currency = {p3:String} THEN t.spend_minor ELSE 0 END AS spend, t.currency AS currency \
             FROM ad_spend_current t WHERE t.tenant_id = {p1:String} AND t.site = {p2:String}) AS \"ad_spend\" WHERE \
             (\"campaign\" <> 'a\\\\b''c') GROUP BY \"channel\" LIMIT 100",
    );
    let rewritten = rewrite(sql, Dialect::ClickHouse).unwrap();
    assert!(rewritten.clickhouse);
    assert_eq!(rewritten.sql, expected);
    // What only D1 keeps is asked there.
    assert!(!rewrite("SELECT name FROM campaigns", Dialect::ClickHouse).unwrap().clickhouse);
}

/// Pieces that SQL is made of, good and bad.
fn piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "SELECT",
        "SELECT *",
        "FROM events",
        "FROM users",
        "FROM orders o",
        "FROM sessions AS s",
        "WHERE",
        "visitor",
        "o.revenue",
        "COUNT(*)",
        "SUM(value_minor)",
        "GROUP BY visitor",
        "ORDER BY 1",
        "LIMIT 5",
        "LIMIT 100000",
        "UNION ALL",
        "UNION",
        "EXCEPT",
        "(",
        ")",
        ",",
        "=",
        "<>",
        "AND",
        "OR",
        "NOT",
        "1",
        "'x'",
        "''",
        "\"",
        "'",
        "--",
        "/*",
        "*/",
        ";",
        "WITH a AS (",
        "a",
        "JOIN sessions s ON s.id = o.session_id",
        "JOIN events e ON e.id = o.id",
        "JOIN a ON a.visitor = events.visitor",
        "tenant_id",
        "site",
        "?1",
        "?2",
        "IN (SELECT",
        "EXISTS (SELECT 1",
        "CASE WHEN",
        "THEN",
        "END",
        "AS events",
        "AS t",
        "AS x",
        "t.tenant_id",
        "NULL",
        "||",
        "rowid",
        "*",
        "INSERT INTO",
        "DELETE FROM events",
        "VALUES (1)",
        "PRAGMA",
        "sqlite_master",
        "main.events",
        "OVER (PARTITION BY",
        "rank()",
        "CAST(",
        "AS TEXT)",
        "substr(visitor, 1, 3)",
        "BETWEEN 1 AND",
        "LIKE '%'",
        "FROM (SELECT * FROM events)",
    ])
}

/// Queries that are well formed as often as not, with names drawn from what exists and what does not.
fn query() -> impl Strategy<Value = String> {
    let table = prop::sample::select(vec![
        "events",
        "sessions",
        "orders",
        "ad_spend",
        "touchpoints",
        "shop_orders",
        "users",
        "c",
        "campaigns",
        "events_current",
    ]);
    let column = prop::sample::select(vec![
        "visitor",
        "id",
        "channel",
        "day",
        "tenant_id",
        "COUNT(*)",
        "MAX(day)",
        "*",
        "campaign",
        "1",
        "value_minor",
        "site",
    ]);
    let leaf = (column.clone(), table.clone()).prop_map(|(column, table)| format!("SELECT {column} FROM {table}"));
    leaf.prop_recursive(4, 24, 3, move |inner| {
        let (column, table) = (column.clone(), table.clone());
        prop_oneof![
            (inner.clone(), inner.clone(), prop::sample::select(vec!["UNION", "UNION ALL", "EXCEPT", "INTERSECT"]))
                .prop_map(|(a, b, op)| format!("{a} {op} {b}")),
            (column.clone(), inner.clone()).prop_map(|(column, inner)| format!("SELECT {column} FROM ({inner}) q")),
            (column.clone(), table.clone(), inner.clone())
                .prop_map(|(column, table, inner)| format!("SELECT {column} FROM {table} WHERE visitor IN ({inner})")),
            (column.clone(), table.clone(), inner.clone())
                .prop_map(|(column, table, inner)| format!("SELECT {column} FROM {table} WHERE NOT EXISTS ({inner})")),
            (table.clone(), inner.clone()).prop_map(|(table, inner)| format!("SELECT ({inner}) AS v FROM {table}")),
            (prop::sample::select(vec!["c", "events", "x", "users", "t", "s"]), inner.clone(), inner.clone())
                .prop_map(|(name, a, b)| format!("WITH {name} AS ({a}) {b}")),
            (table.clone(), table.clone(), column.clone()).prop_map(|(a, b, column)| format!(
                "SELECT {column} FROM {a} a LEFT JOIN {b} b ON a.visitor = b.visitor"
            )),
            (inner.clone(), 0_u32..20_000).prop_map(|(a, n)| format!("{a} LIMIT {n}")),
        ]
    })
}

thread_local! {
    static ORACLE: Oracle = Oracle::new();
}

fn holds(sql: &str) -> Result<(), TestCaseError> {
    ORACLE.with(|oracle| match oracle.judge(sql) {
        Fate::Leak(how) | Fate::Write(how) => Err(TestCaseError::fail(format!("{sql}\n{how}"))),
        _ => Ok(()),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_pieces_leak_nothing(pieces in prop::collection::vec(piece(), 1..16)) {
        holds(&format!("SELECT {}", pieces.join(" ")))?;
        holds(&pieces.join(" "))?;
    }

    #[test]
    fn random_queries_leak_nothing(sql in query()) {
        holds(&sql)?;
    }

    #[test]
    fn random_text_is_refused_or_harmless(text in "\\PC{0,80}") {
        holds(&text)?;
        holds(&format!("SELECT '{text}' FROM events"))?;
    }
}
