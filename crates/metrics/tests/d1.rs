//! The D1 statements on real SQLite with the project's schema, against figures counted by hand and by a naive reader
//! of the events.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop where it fails")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{arrivals, database, final_events, load, range, read, run, scope};
use metrics::{
    Condition, Dialect, Dimension, Figure, Filter, Order, Outline, Plan, Request, Template, Test, catalog,
    reports::{attribution_orders, attribution_touches, event_names, journey, journeys, live, paths, regions},
};
use serde_json::json;

#[test]
fn the_main_metrics_equal_a_naive_count_over_the_events() {
    let arrivals = arrivals(7);
    let connection = database();
    load(&connection, &arrivals);
    let events = final_events(&arrivals);
    let hours = range().local_hours();
    let mut sessions: BTreeMap<&str, Vec<&serde_json::Map<String, serde_json::Value>>> = BTreeMap::new();
    for event in events.values() {
        sessions.entry(event["session_id"].as_str().unwrap()).or_default().push(event);
    }
    let visits: Vec<_> = sessions
        .values()
        .filter(|events| {
            let start = events.iter().map(|e| e["local_hour"].as_i64().unwrap()).min().unwrap();
            hours.contains(&start) && events.iter().all(|e| e["bot"] == 0)
        })
        .collect();
    let visitors: BTreeSet<&str> = visits.iter().map(|events| events[0]["visitor"].as_str().unwrap()).collect();
    let pageviews = visits.iter().flat_map(|events| events.iter()).filter(|e| e["event"] == "pageview").count();

    let mut purchases: BTreeMap<String, (i64, String)> = BTreeMap::new();
    for (id, event) in &events {
        if event["event"] == "purchase" {
            let order = match event["order_id"].as_str().unwrap() {
                "" => format!("event {id}"),
                order => format!("order {order}"),
            };
            let at = (event["t"].as_i64().unwrap(), id.clone());
            let first = purchases.entry(order).or_insert_with(|| at.clone());
            *first = at.min(first.clone());
        }
    }
    let counted = |event: &serde_json::Map<String, serde_json::Value>| {
        hours.contains(&event["local_hour"].as_i64().unwrap()) && event["bot"] == 0
    };
    let orders: Vec<_> = purchases.values().map(|(_, id)| &events[id]).filter(|e| counted(e)).collect();
    let euros = |event: &serde_json::Map<String, serde_json::Value>| {
        if event["currency"] == "EUR" { event["value_minor"].as_i64().unwrap() } else { 0 }
    };
    let revenue: i64 = orders.iter().map(|e| euros(e)).sum();
    let refunds: i64 = events.values().filter(|e| e["event"] == "refund" && counted(e)).map(euros).sum();
    let in_range = events.values().filter(|e| counted(e)).count();

    let ids = ["sessions", "visitors", "pageviews", "orders", "revenue", "refunds", "net_revenue", "events", "cvr"];
    let request = Request::new(scope(), range(), ids.map(|id| catalog::metric(id).unwrap()).to_vec());
    let plan = Plan::new(request, Dialect::D1).unwrap();
    let rows: Vec<common::Rows> = plan.statements().map(|statement| run(&connection, statement)).collect();
    let row = plan.answer(&rows).unwrap().row(&[]);
    let whole = |count: usize| Some(Figure::Whole(count as i64));
    assert_eq!(row["sessions"], whole(visits.len()));
    assert_eq!(row["visitors"], whole(visitors.len()));
    assert_eq!(row["pageviews"], whole(pageviews));
    assert_eq!(row["orders"], whole(orders.len()));
    assert_eq!(row["revenue"], Some(Figure::Whole(revenue)));
    assert_eq!(row["refunds"], Some(Figure::Whole(refunds)));
    assert_eq!(row["net_revenue"], Some(Figure::Whole(revenue - refunds)));
    assert_eq!(row["events"], whole(in_range));
    assert_eq!(row["cvr"], Some(Figure::Real(orders.len() as f64 / visits.len() as f64)));
}

fn answer(connection: &rusqlite::Connection, request: Request) -> metrics::Answer {
    let plan = Plan::new(request, Dialect::D1).unwrap();
    let rows: Vec<common::Rows> = plan.statements().map(|statement| run(connection, statement)).collect();
    plan.answer(&rows).unwrap()
}

/// One day of a small shop: three visits, two orders (one told twice), a refund, a machine.
fn small_shop() -> rusqlite::Connection {
    let connection = database();
    let noon = 1_773_140_400_000_i64; // 2026-03-10T12:00 in Berlin
    let hit = |id: &str, visitor: &str, name: &str, minutes: i64, more: serde_json::Value| {
        let mut fields = json!({"tenant_id": "t1", "id": id, "site": "shop", "visitor": visitor, "event": name,
            "t": noon + minutes * 60_000, "session_id": format!("s-{visitor}"), "path": format!("/{id}")});
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        common::event(fields)
    };
    let email = json!({"touch": 1, "touch_number": 1, "channel": "Email", "source": "newsletter", "country": "DE"});
    let events = [
        hit("a1", "anna", "pageview", 0, email),
        hit("a2", "anna", "pageview", 1, json!({})),
        hit("a3", "anna", "purchase", 2, json!({"value_minor": 5_000, "currency": "EUR", "order_id": "1"})),
        hit("a4", "anna", "purchase", 3, json!({"value_minor": 5_000, "currency": "EUR", "order_id": "1"})),
        hit("b1", "bert", "pageview", 60, json!({"touch": 1, "touch_number": 1, "channel": "Direct"})),
        hit("b2", "bert", "purchase", 61, json!({"value_minor": 900, "currency": "USD"})),
        hit("b3", "bert", "refund", 62, json!({"value_minor": 1_200, "currency": "EUR"})),
        hit("c1", "cleo", "pageview", 90, json!({"touch": 1, "touch_number": 1, "channel": "Email"})),
        hit("m1", "machine", "pageview", 95, json!({"bot": 1})),
    ];
    common::store_events(&connection, &mut BTreeSet::new(), &events);
    let spend = json!({"tenant_id": "t1", "site": "shop", "local_day": 20_522, "channel": "Email",
        "source": "newsletter", "medium": "email", "campaign": "", "impressions": 4_000, "clicks": 80,
        "spend_minor": 2_000, "currency": "EUR", "import_id": "i"});
    common::insert(&connection, "ad_spend", spend.as_object().unwrap(), "");
    connection
}

#[test]
fn the_metrics_of_a_small_shop_are_those_counted_by_hand() {
    let row = answer(&small_shop(), Request::new(scope(), range(), catalog::metrics().iter().collect())).row(&[]);
    for (id, expected) in [
        ("revenue", Some(Figure::Whole(5_000))),
        ("refunds", Some(Figure::Whole(1_200))),
        ("net_revenue", Some(Figure::Whole(3_800))),
        ("orders", Some(Figure::Whole(2))),
        ("aov", Some(Figure::Real(2_500.0))),
        ("sessions", Some(Figure::Whole(3))),
        ("visitors", Some(Figure::Whole(3))),
        ("customers", Some(Figure::Whole(2))),
        ("new_customers", Some(Figure::Whole(2))),
        ("returning_customers", Some(Figure::Whole(0))),
        ("pageviews", Some(Figure::Whole(4))),
        ("events", Some(Figure::Whole(8))),
        ("touches", Some(Figure::Whole(3))),
        ("bounce_rate", Some(Figure::Real(1.0 / 3.0))),
        ("pages_per_session", Some(Figure::Real(4.0 / 3.0))),
        ("cvr", Some(Figure::Real(2.0 / 3.0))),
        ("revenue_per_session", Some(Figure::Real(5_000.0 / 3.0))),
        ("spend", Some(Figure::Whole(2_000))),
        ("impressions", Some(Figure::Whole(4_000))),
        ("clicks", Some(Figure::Whole(80))),
        ("ctr", Some(Figure::Real(0.02))),
        ("cpc", Some(Figure::Real(25.0))),
        ("cpm", Some(Figure::Real(500.0))),
        ("cpa", Some(Figure::Real(1_000.0))),
        ("roas", Some(Figure::Real(2.5))),
        ("mer", Some(Figure::Real(2.5))),
        ("acos", Some(Figure::Real(0.4))),
        ("email_delivered", Some(Figure::Whole(4_000))),
        ("email_clicks", Some(Figure::Whole(80))),
        ("email_ctr", Some(Figure::Real(0.02))),
    ] {
        assert_eq!(row[id], expected, "{id}");
    }
    assert_eq!(row.len(), 30);
}

#[test]
fn an_order_belongs_to_the_channel_of_its_visit_and_missing_divisors_give_null() {
    let mut request = Request::new(scope(), range(), catalog::metrics_by(&[Dimension::Channel]));
    request.by = vec![Dimension::Channel];
    let answer = answer(&small_shop(), request);
    let revenue = catalog::metric("revenue").unwrap();
    assert_eq!(answer.keys(revenue), [["Email"], ["Direct"]]);
    let (email, direct) = (answer.row(&["Email"]), answer.row(&["Direct"]));
    assert_eq!(email["revenue"], Some(Figure::Whole(5_000)));
    assert_eq!(email["roas"], Some(Figure::Real(2.5)));
    assert_eq!(direct["refunds"], Some(Figure::Whole(1_200)));
    assert_eq!(direct["roas"], None);
    assert_eq!(direct["spend"], Some(Figure::Whole(0)));
}

#[test]
fn buckets_without_anything_are_zero_for_counts_and_null_for_ratios() {
    let mut request = Request::new(scope(), range(), ["orders", "cvr"].map(|id| catalog::metric(id).unwrap()).to_vec());
    request.bucket = Some(calendar::Granularity::Day);
    let answer = answer(&small_shop(), request);
    let orders = answer.points(catalog::metric("orders").unwrap(), &[]);
    let rates = answer.points(catalog::metric("cvr").unwrap(), &[]);
    assert_eq!((orders.len(), rates.len()), (41, 41));
    assert_eq!(orders[7].value, Some(Figure::Whole(2)));
    assert_eq!(rates[7].value, Some(Figure::Real(2.0 / 3.0)));
    assert_eq!(orders[8].value, Some(Figure::Whole(0)));
    assert_eq!(rates[8].value, None);
    assert_eq!(orders[7].t, 1_773_097_200_000); // 2026-03-10T00:00 in Berlin
}

#[test]
fn what_a_metric_does_not_know_is_refused_by_field() {
    let spend = catalog::metric("roas").unwrap();
    let plan = |change: &dyn Fn(&mut Request)| {
        let mut request = Request::new(scope(), range(), vec![spend]);
        change(&mut request);
        Plan::new(request, Dialect::D1).unwrap_err()
    };
    let by = plan(&|request| request.by = vec![Dimension::Country]);
    assert_eq!(by.field(), Some("by"));
    assert_eq!(by.to_string(), "roas cannot be broken down by country; it can be by channel, source, medium, campaign");
    let filter = Filter { dimension: Dimension::Os, value: "iOS".to_owned() };
    assert_eq!(plan(&|request| request.filters = vec![filter.clone()]).field(), Some("os"));
    assert_eq!(plan(&|request| request.bucket = Some(calendar::Granularity::Hour)).field(), Some("gran"));
    assert_eq!(plan(&|request| request.event = Some("signup".to_owned())).field(), Some("event"));
    assert_eq!(catalog::metric("profit").unwrap_err().field(), Some("metric"));
    assert_eq!(Dimension::parse("colour").unwrap_err().field(), Some("by"));
}

#[test]
fn rows_that_are_not_the_statements_are_refused() {
    let request = || Request::new(scope(), range(), vec![catalog::metric("cvr").unwrap()]);
    let plan = || Plan::new(request(), Dialect::ClickHouse).unwrap();
    assert_eq!(plan().statements().len(), 2);
    assert!(plan().answer(&[]).is_err());
    let rows = |text: &str| -> common::Rows { serde_json::from_str(text).unwrap() };
    let bad = [rows(r#"[{"m_sessions":"many"}]"#), rows(r#"[{"m_orders":1}]"#)];
    assert_eq!(plan().answer(&bad).unwrap_err().field(), None);
    // ClickHouse's quoted 64-bit integers and SQLite's null over no rows.
    let good = [rows(r#"[{"m_sessions":"4"}]"#), rows(r#"[{"m_orders":null}]"#)];
    assert_eq!(plan().answer(&good).unwrap().row(&[])["cvr"], Some(Figure::Real(0.0)));
}

#[test]
fn the_live_feed_gives_each_hit_once_in_the_order_of_storing() {
    let connection = small_shop();
    let latest: Vec<live::HitRow> = read(run(&connection, &live::latest(&scope(), 30)));
    assert_eq!(latest.len(), 9);
    assert_eq!((latest[0].id.as_str(), latest[8].id.as_str()), ("m1", "a1"));
    let cursor = run(&connection, &live::cursor())[0]["seq"].as_i64().unwrap();
    assert_eq!(cursor, 9);
    let after = |seq| -> Vec<String> {
        let rows: Vec<live::HitRow> = read(run(&connection, &live::after(&scope(), seq, 3)));
        rows.into_iter().map(|row| row.id).collect()
    };
    assert_eq!(after(0), ["a1", "a2", "a3"]);
    assert_eq!(after(7), ["c1", "m1"]);
    assert!(after(cursor).is_empty());

    let since = 1_773_140_400_000 + 60 * 60_000;
    let hour = common::zone().local_hour(since);
    let active: Vec<live::ActiveRow> = read(run(&connection, &live::active(&scope(), since, hour)));
    assert_eq!(active, [live::ActiveRow { visitors: 2, events: 4 }]);
    let sold: Vec<live::SoldRow> = read(run(&connection, &live::sold(&scope(), hour / 24)));
    assert_eq!(sold, [live::SoldRow { orders: 2, revenue: 5_000 }]);
}

#[test]
fn a_path_through_a_channel_is_found_exactly_when_a_touch_of_it_lies_in_the_window() {
    let connection = database();
    load(&connection, &arrivals(11));
    let window_ms = 9 * 86_400_000;
    let orders: Vec<attribution_orders::Row> =
        read(run(&connection, &attribution_orders::statement(&scope(), &range(), None, 10_000, Dialect::D1)));
    let touches: Vec<attribution_touches::Row> = read(run(
        &connection,
        &attribution_touches::of_buyers(&scope(), &range(), window_ms, None, 100_000, Dialect::D1),
    ));
    let on_path = |order: &attribution_orders::Row| -> Vec<&str> {
        touches
            .iter()
            .filter(|touch| touch.person == order.person && (order.t - window_ms..=order.t).contains(&touch.t))
            .map(|touch| touch.channel.as_str())
            .collect()
    };
    for channel in ["Email", "Direct", "Unassigned"] {
        let expected: BTreeSet<&str> = orders
            .iter()
            .filter(|order| match channel {
                "Unassigned" => on_path(order).is_empty(),
                channel => on_path(order).contains(&channel),
            })
            .map(|order| order.id.as_str())
            .collect();
        let narrowed = paths::Narrowed {
            converted: paths::Converted::Yes,
            channel: Some(channel.to_owned()),
            ..paths::Narrowed::default()
        };
        let statement = paths::statement(&scope(), &range(), window_ms, &narrowed, None, 10_000, Dialect::D1);
        let rows: Vec<paths::Row> = read(run(&connection, &statement));
        assert!(expected.len() > 5 && expected.len() < orders.len());
        assert_eq!(rows.iter().map(|row| row.id.as_str()).collect::<BTreeSet<_>>(), expected, "{channel}");
    }
}

#[test]
fn a_regions_days_are_its_orders() {
    let connection = database();
    let arrivals = arrivals(11);
    load(&connection, &arrivals);
    connection.execute("UPDATE events SET region = 'R' || (seq % 3) WHERE seq % 4 > 0", []).unwrap();
    let counted = |column: &str| -> BTreeMap<(String, i64), (i64, i64)> {
        let sql = format!(
            "SELECT {column} AS region, local_hour / 24 AS day, value_minor, currency FROM events e \
             WHERE tenant_id = ?1 AND site = ?2 AND event = 'purchase' AND bot = 0 AND country <> '' \
             AND {column} NOT LIKE '%/' AND local_hour >= ?3 AND local_hour < ?4 \
             AND NOT EXISTS (SELECT 1 FROM order_duplicates d WHERE d.tenant_id = e.tenant_id AND d.event_id = e.id)"
        );
        let hours = range().local_hours();
        let mut days = BTreeMap::new();
        for row in run(
            &connection,
            &metrics::Statement {
                sql,
                params: vec![
                    metrics::Param::Text(scope().tenant_id),
                    metrics::Param::Text(scope().site),
                    metrics::Param::Integer(hours.start),
                    metrics::Param::Integer(hours.end),
                ],
            },
        ) {
            let key = (row["region"].as_str().unwrap().to_owned(), row["day"].as_i64().unwrap());
            let day: &mut (i64, i64) = days.entry(key).or_default();
            day.0 += 1;
            day.1 += if row["currency"] == json!(scope().currency) { row["value_minor"].as_i64().unwrap() } else { 0 };
        }
        days
    };
    for (level, column) in
        [(regions::Level::Country, "country"), (regions::Level::Region, "(country || '/' || region)")]
    {
        let rows: Vec<regions::Row> = read(run(&connection, &regions::days(&scope(), &range(), level, Dialect::D1)));
        let found: BTreeMap<(String, i64), (i64, i64)> =
            rows.into_iter().map(|row| ((row.region, row.day), (row.orders, row.value_minor))).collect();
        assert!(found.len() > 10, "{}", found.len());
        assert_eq!(found, counted(column));
        let placed: Vec<regions::Placed> =
            read(run(&connection, &regions::orders(&scope(), &range(), level, None, 10_000, Dialect::D1)));
        assert_eq!(i64::try_from(placed.len()).unwrap(), found.values().map(|(orders, _)| orders).sum::<i64>());
    }
}

#[test]
fn no_question_reads_a_whole_table_or_a_whole_tenant() {
    let connection = small_shop();
    let (scope, range, d1) = (scope(), range(), Dialect::D1);
    let mut asked = vec![
        ("orders", attribution_orders::statement(&scope, &range, None, 100, d1)),
        ("touches of buyers", attribution_touches::of_buyers(&scope, &range, 1_000, None, 100, d1)),
        ("touches of persons", attribution_touches::of_persons(&scope, &["v:1".into()], &(0..1_000), 100, d1)),
        ("touches of everybody", attribution_touches::of_everybody(&scope, &(5..1_000), None, 100, d1)),
        ("more touches of everybody", attribution_touches::of_everybody(&scope, &(5..1_000), Some((9, "x")), 100, d1)),
        ("days of regions", regions::days(&scope, &range, regions::Level::Region, d1)),
        ("orders of regions", regions::orders(&scope, &range, regions::Level::Region, None, 100, d1)),
        ("event names", event_names::statement(&scope, &range, 100, d1)),
        ("journeys", journeys::statement(&scope, &range, Some("x"), None, 100, d1)),
        ("journey keys", journey::keys(&scope, "v:1", d1)),
        ("journey orders", journey::bought(&scope, "v:1", d1)),
        ("journey sessions", journey::sessions(&scope, "v:1", None, 10, d1)),
        ("journey events", journey::events(&scope, &["a".into()], 10, d1)),
        ("latest hits", live::latest(&scope, 30)),
        ("new hits", live::after(&scope, 5, 30)),
        ("who is here", live::active(&scope, 5, 30)),
        ("sold today", live::sold(&scope, 30)),
    ];
    for converted in [paths::Converted::All, paths::Converted::Yes, paths::Converted::No] {
        let narrowed = paths::Narrowed {
            converted,
            channel: Some("Email".to_owned()),
            campaign: Some("x".to_owned()),
            ..paths::Narrowed::default()
        };
        asked.push(("paths", paths::statement(&scope, &range, 1_000, &narrowed, None, 100, d1)));
    }
    for by in [vec![], vec![Dimension::Channel, Dimension::Source], vec![Dimension::Country]] {
        for bucket in [None, Some(calendar::Granularity::Month)] {
            let mut request = Request::new(scope.clone(), range, catalog::metrics_by(&by));
            request.by.clone_from(&by);
            request.bucket = bucket;
            let plan = Plan::new(request, d1).unwrap();
            asked.extend(plan.statements().map(|statement| ("metrics", statement.clone())));
        }
    }
    let tables = ["events", "sessions", "identities", "ad_spend", "event_hourly", "dirty_hours", "order_duplicates"];
    // Reads stopped by their LIMIT, in the order of the index.
    let in_order = [("latest hits", "SEARCH e USING INDEX events_by_hour (tenant_id=? AND site=?)")];
    // All known users of the site: there is no telling which of them visited without asking each.
    let users = [("journeys", "SEARCH k USING COVERING INDEX identities_by_person (tenant_id=? AND site=?)")];
    // An index of purchases alone: who bought for the first time has to be looked for among all of them.
    let first = [("metrics", "SEARCH e USING INDEX purchases_by_visitor (tenant_id=? AND site=?)")];
    for (name, statement) in &asked {
        let explained = metrics::Statement {
            sql: format!("EXPLAIN QUERY PLAN {}", statement.sql),
            params: statement.params.clone(),
        };
        for row in run(&connection, &explained) {
            let step = row["detail"].as_str().unwrap();
            if [&in_order[..], &users, &first].concat().contains(&(*name, step)) {
                continue;
            }
            let whole_table = tables.iter().any(|table| step.starts_with(&format!("SCAN {table}")));
            let whole_tenant = step.starts_with("SEARCH")
                && (step.ends_with("(tenant_id=?)") || step.ends_with("(tenant_id=? AND site=?)"));
            assert!(!whole_table && !whole_tenant, "{name}: {step}\n{}", statement.sql);
            // Read in the order of time, and no further than the page.
            assert!(!(name.ends_with("of everybody") && step.contains("TEMP B-TREE")), "{name}: {step}");
        }
    }
}

/// A template's figures, metric by metric, for a window and the one it is compared with.
fn of_template(connection: &rusqlite::Connection, outline: &Outline, windows: &[calendar::DateRange]) -> common::Rows {
    let template = Template::new(outline, Dialect::D1).unwrap();
    // As it comes back from where it was stored.
    let template: Template = serde_json::from_str(&serde_json::to_string(&template).unwrap()).unwrap();
    run(connection, &template.bind(&scope(), windows).unwrap())
}

#[test]
fn a_template_gives_the_figures_of_the_plan() {
    let arrivals = arrivals(11);
    let connection = database();
    load(&connection, &arrivals);
    let windows = [range(), range().previous()];
    for metric in catalog::metrics() {
        let mut outline = Outline::new(vec![metric]);
        outline.previous = true;
        let row = of_template(&connection, &outline, &windows).remove(0);
        for (window, column) in windows.iter().zip([metric.id.to_owned(), format!("{}_previous", metric.id)]) {
            let expected = answer(&connection, Request::new(scope(), *window, vec![metric])).figure(metric, &[], None);
            let found = row[&column].as_f64();
            assert_eq!(found, expected.map(Figure::as_f64), "{column}");
        }
    }
    let by_channel = catalog::metrics_by(&[Dimension::Channel]);
    for dimension in [None, Some("Email")] {
        let mut outline = Outline::new(by_channel.clone());
        outline.by = vec![Dimension::Channel];
        let mut request = Request::new(scope(), range(), by_channel.clone());
        request.by = vec![Dimension::Channel];
        if let Some(channel) = dimension {
            outline.conditions =
                vec![Condition { dimension: Dimension::Channel, test: Test::Is(vec![channel.to_lowercase()]) }];
            request.filters = vec![Filter { dimension: Dimension::Channel, value: channel.to_owned() }];
        }
        let rows = of_template(&connection, &outline, &windows);
        let figures = answer(&connection, request);
        assert_eq!(rows.len(), figures.keys(by_channel[0]).len());
        for row in rows {
            let key = Dimension::Channel.shown(row["channel"].as_str().unwrap());
            for metric in &by_channel {
                let expected = figures.figure(metric, &[&key], None).map(Figure::as_f64);
                assert_eq!(row[metric.id].as_f64(), expected, "{} {key}", metric.id);
            }
        }
    }
}

#[test]
fn a_template_counts_as_plans_do_by_bucket_and_ranks_by_the_first_metric() {
    let arrivals = arrivals(12);
    let connection = database();
    load(&connection, &arrivals);
    let (revenue, roas) = (catalog::metric("revenue").unwrap(), catalog::metric("roas").unwrap());
    let mut outline = Outline::new(vec![revenue, roas]);
    outline.bucket = Some(calendar::Granularity::Week);
    let mut request = Request::new(scope(), range(), vec![revenue, roas]);
    request.bucket = Some(calendar::Granularity::Week);
    let figures = answer(&connection, request);
    for row in of_template(&connection, &outline, &[range()]) {
        let bucket = row["bucket"].as_i64();
        for metric in [revenue, roas] {
            assert_eq!(row[metric.id].as_f64(), figures.figure(metric, &[], bucket).map(Figure::as_f64));
        }
    }
    let mut outline = Outline::new(vec![revenue]);
    outline.by = vec![Dimension::Campaign];
    outline.conditions = vec![Condition { dimension: Dimension::Campaign, test: Test::Given }];
    outline.order = Some(Order::Largest);
    outline.limit = 2;
    let rows = of_template(&connection, &outline, &[range()]);
    assert!(rows.len() <= 2 && rows.iter().all(|row| row["campaign"] != ""));
    assert!(rows.windows(2).all(|pair| pair[0]["revenue"].as_i64() >= pair[1]["revenue"].as_i64()));
    assert!(Template::new(&outline, Dialect::D1).unwrap().bind(&scope(), &[]).is_err());
}
