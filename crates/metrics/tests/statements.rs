//! The SQL itself, pinned: what is asked of each engine changes only on purpose.
//!
//! `UPDATE_STATEMENTS=1 cargo test -p metrics --test statements` rewrites the files in `tests/statements/`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop where it fails")]

mod common;

use std::path::Path;

use calendar::Granularity;
use common::{range, scope};
use metrics::{
    Dialect, Dimension, Filter, Plan, Request, Statement, catalog,
    reports::{After, attribution_orders, attribution_touches, event_names, journey, journeys, live, paths, regions},
};

const DIALECTS: [(&str, Dialect); 2] = [("d1", Dialect::D1), ("clickhouse", Dialect::ClickHouse)];

fn shown(statement: &Statement) -> String {
    let params: String =
        (1..).zip(&statement.params).map(|(number, param)| format!("-- {number}: {param:?}\n")).collect();
    format!("{params}{};\n", statement.sql)
}

fn pinned(name: &str, engine: &str, statements: &[Statement]) {
    let text: Vec<String> = statements.iter().map(shown).collect();
    let text = text.join("\n");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/statements/{name}.{engine}.sql"));
    if std::env::var_os("UPDATE_STATEMENTS").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, &text).unwrap();
    }
    let known = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(known == text, "{} is not what is asked now:\n{text}", file.display());
}

fn planned(change: impl Fn(&mut Request), dialect: Dialect) -> Vec<Statement> {
    let mut request = Request::new(scope(), range(), catalog::metrics().iter().collect());
    change(&mut request);
    Plan::new(request, dialect).unwrap().statements().cloned().collect()
}

#[test]
fn metrics_are_asked_as_pinned() {
    for (engine, dialect) in DIALECTS {
        pinned("summary", engine, &planned(|_| {}, dialect));
        pinned(
            "by_channel_and_month",
            engine,
            &planned(
                |request| {
                    request.metrics = catalog::metrics_by(&[Dimension::Channel]);
                    request.by = vec![Dimension::Channel];
                    request.bucket = Some(Granularity::Month);
                    request.keep = Some(vec!["Email".to_owned(), "Unassigned".to_owned()]);
                },
                dialect,
            ),
        );
        pinned(
            "events_by_week",
            engine,
            &planned(
                |request| {
                    request.metrics = vec![catalog::metric("events").unwrap()];
                    request.event = Some("signup".to_owned());
                    request.bucket = Some(Granularity::Week);
                },
                dialect,
            ),
        );
        pinned(
            "filtered_by_device",
            engine,
            &planned(
                |request| {
                    request.metrics = vec![catalog::metric("cvr").unwrap(), catalog::metric("refunds").unwrap()];
                    request.filters = vec![Filter { dimension: Dimension::Device, value: "mobile".to_owned() }];
                    request.by = vec![Dimension::Country];
                    request.include_bots = true;
                },
                dialect,
            ),
        );
    }
}

#[test]
fn reports_are_asked_as_pinned() {
    let (scope, range) = (scope(), range());
    let window_ms = 30 * 86_400_000;
    let after = After { t: 7, id: "x".to_owned() };
    for (engine, dialect) in DIALECTS {
        pinned(
            "attribution",
            engine,
            &[
                attribution_orders::statement(&scope, &range, Some(&after), 500, dialect),
                attribution_touches::of_buyers(&scope, &range, window_ms, None, 500, dialect),
                attribution_touches::of_persons(
                    &scope,
                    &["v:a'b".to_owned(), "u:2".to_owned()],
                    &range.utc_ms(),
                    500,
                    dialect,
                ),
            ],
        );
        pinned(
            "regions",
            engine,
            &[
                regions::days(&scope, &range, regions::Level::Country, dialect),
                regions::orders(&scope, &range, regions::Level::Region, Some(&after), 500, dialect),
            ],
        );
        let narrowed = paths::Narrowed {
            converted: paths::Converted::All,
            campaign: Some("spring".to_owned()),
            channel: Some("Email".to_owned()),
            search: Some("anna".to_owned()),
        };
        pinned("paths", engine, &[paths::statement(&scope, &range, window_ms, &narrowed, None, 50, dialect)]);
        pinned("journeys", engine, &[journeys::statement(&scope, &range, Some("anna"), Some(&after), 50, dialect)]);
        pinned(
            "journey",
            engine,
            &[
                journey::keys(&scope, "v:anna", dialect),
                journey::bought(&scope, "v:anna", dialect),
                journey::sessions(&scope, "u:7", Some(&after), 20, dialect),
                journey::events(&scope, &["s1".to_owned()], 500, dialect),
            ],
        );
        pinned("event_names", engine, &[event_names::statement(&scope, &range, 200, dialect)]);
    }
    pinned(
        "live",
        "d1",
        &[
            live::latest(&scope, 30),
            live::after(&scope, 41, 100),
            live::cursor(),
            live::active(&scope, 1_773_140_400_000, 492_540),
            live::sold(&scope, 20_522),
        ],
    );
}

#[test]
fn every_statement_names_its_tenant_and_binds_all_it_names() {
    let requests: [&dyn Fn(&mut Request); 3] =
        [&|_| {}, &|request| request.bucket = Some(Granularity::Day), &|request| {
            request.metrics = catalog::metrics_by(&[Dimension::Channel, Dimension::Campaign]);
            request.by = vec![Dimension::Channel, Dimension::Campaign];
            request.filters = vec![Filter { dimension: Dimension::Source, value: "it's".to_owned() }];
        }];
    for (_, dialect) in DIALECTS {
        for change in requests {
            for statement in planned(change, dialect) {
                assert!(statement.sql.contains("tenant_id = "), "{}", statement.sql);
                assert!(!statement.sql.contains("it's"), "a value stands in the text: {}", statement.sql);
                for number in 1..=statement.params.len() {
                    let named = match dialect {
                        Dialect::D1 => format!("?{number}"),
                        Dialect::ClickHouse => format!("{{p{number}:"),
                    };
                    assert!(statement.sql.contains(&named), "{named} is bound but not used: {}", statement.sql);
                }
            }
        }
    }
}
