//! D1 and ClickHouse are asked the same questions over the same events and must answer alike: every metric by every
//! dimension at every granularity, narrowed, folded, with machines, and every report.
//!
//! The ClickHouse here is the real engine, embedded (`chdb-core`), behind the HTTP front in `tools/clickhouse`;
//! `ADROIT_TEST_CLICKHOUSE_URL` asks a server instead (a database is made and dropped there). Where the engine cannot
//! be installed the test says so and passes.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop where it fails")]

mod common;

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use calendar::Granularity;
use common::{Rows, arrivals, database, load, range, read, run, scope};
use metrics::{
    Condition, Dialect, Dimension, Figure, Filter, Metric, Outline, Plan, Request, Statement, Template, Test, catalog,
    reports::{After, attribution_orders, attribution_touches, event_names, journey, journeys, paths, regions},
};
use rusqlite::Connection;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A ClickHouse to ask. Its process, if we started it, ends with it.
struct ClickHouse {
    url: String,
    database: String,
    http: reqwest::blocking::Client,
    front: Option<(Child, PathBuf)>,
}

impl ClickHouse {
    fn start() -> Option<Self> {
        let database = format!("adroit_test_{}", std::process::id());
        let http = reqwest::blocking::Client::builder().timeout(std::time::Duration::from_secs(120)).build().unwrap();
        let (url, front) = match std::env::var("ADROIT_TEST_CLICKHOUSE_URL") {
            Ok(url) => (url, None),
            Err(_) => {
                let (url, child, state) = front()?;
                (url, Some((child, state)))
            }
        };
        let server = Self { url, database, http, front };
        server.send(&format!("CREATE DATABASE {}", server.database), &[("database", "default")], String::new());
        Some(server)
    }

    fn send(&self, sql: &str, settings: &[(&str, &str)], body: String) -> String {
        let response = self.http.post(&self.url).query(settings).query(&[("query", sql)]).body(body).send().unwrap();
        let ok = response.status().is_success();
        let text = response.text().unwrap();
        assert!(ok, "{text}\n{sql}");
        text
    }

    fn run(&self, statement: &Statement) -> Rows {
        let params = statement.http_params();
        let mut settings: Vec<(&str, &str)> = vec![
            ("database", &self.database),
            ("default_format", "JSONEachRow"),
            // As strings, the form that survives every reader.
            ("output_format_json_quote_64bit_integers", "1"),
        ];
        settings.extend(params.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        self.send(&statement.sql, &settings, String::new())
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    fn insert(&self, table: &str, rows: &[Map<String, Value>]) {
        for batch in rows.chunks(400) {
            let body: Vec<String> = batch.iter().map(|row| serde_json::to_string(row).unwrap()).collect();
            self.send(
                &format!("INSERT INTO {table} FORMAT JSONEachRow"),
                &[("database", &self.database)],
                body.join("\n"),
            );
        }
    }

    fn migrate(&self) {
        let file = std::fs::read_to_string(root().join("migrations-clickhouse/0001_foundation.sql")).unwrap();
        for statement in file.split(";\n") {
            if statement.lines().any(|line| !line.is_empty() && !line.starts_with("--")) {
                self.send(statement, &[("database", &self.database)], String::new());
            }
        }
    }
}

impl Drop for ClickHouse {
    fn drop(&mut self) {
        if let Some((child, state)) = &mut self.front {
            let _ = child.kill();
            let _ = child.wait();
            let _ = std::fs::remove_dir_all(state);
        } else {
            self.send(&format!("DROP DATABASE {}", self.database), &[("database", "default")], String::new());
        }
    }
}

/// Installs the engine if need be and starts its front on a free port.
fn front() -> Option<(String, Child, PathBuf)> {
    let skip = |why: String| {
        eprintln!("SKIPPED: the two engines were not compared: {why}");
        None
    };
    let tools = root().join("tools/clickhouse");
    match Command::new("python3").arg(root().join("tools/python.py")).arg("clickhouse").output() {
        Err(error) => return skip(format!("python3 cannot be started ({error})")),
        Ok(done) if !done.status.success() => {
            return skip(String::from_utf8_lossy(&done.stderr).into_owned());
        }
        Ok(_) => {}
    }
    let state = std::env::temp_dir().join(format!("adroit-engines-{}", std::process::id()));
    let mut child = Command::new("python3")
        .arg(tools.join("front.py"))
        .args(["--port", "0", "--path"])
        .arg(&state)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut url = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
    if url.is_empty() {
        let _ = child.wait();
        return skip("the front did not start (see above)".to_owned());
    }
    Some((url.trim().to_owned(), child, state))
}

/// Both engines with the same data, and how often they were compared.
struct Both {
    d1: Connection,
    clickhouse: ClickHouse,
    compared: u32,
    figures: u64,
}

/// All figures of an answer, by key, bucket and metric.
type Figures = BTreeMap<(Vec<String>, Option<i64>, &'static str), Option<Figure>>;

impl Both {
    fn ask(&mut self, request: &Request) -> Figures {
        let figures = |dialect: Dialect, run: &dyn Fn(&Statement) -> Rows| -> Figures {
            let plan = Plan::new(request.clone(), dialect).unwrap();
            let rows: Vec<Rows> = plan.statements().map(run).collect();
            let answer = plan.answer(&rows).unwrap();
            let mut keys = if request.by.is_empty() { vec![Vec::new()] } else { answer.keys(request.metrics[0]) };
            keys.push(vec!["a key nobody has".to_owned(); request.by.len()]);
            let buckets: Vec<Option<i64>> = match request.bucket {
                None => vec![None],
                Some(_) => answer.buckets().iter().map(|bucket| Some(bucket.key)).collect(),
            };
            let mut figures = Figures::new();
            for key in &keys {
                let parts: Vec<&str> = key.iter().map(String::as_str).collect();
                for bucket in &buckets {
                    for metric in &request.metrics {
                        let figure = answer.figure(metric, &parts, *bucket);
                        figures.insert((key.clone(), *bucket, metric.id), figure);
                    }
                }
            }
            figures
        };
        let d1 = figures(Dialect::D1, &|statement| run(&self.d1, statement));
        let clickhouse = figures(Dialect::ClickHouse, &|statement| self.clickhouse.run(statement));
        assert_eq!(d1, clickhouse, "{request:?}");
        self.compared += 1;
        self.figures += d1.len() as u64;
        d1
    }

    fn list<T>(&mut self, statement: impl Fn(Dialect) -> Statement) -> Vec<T>
    where
        T: DeserializeOwned + PartialEq + std::fmt::Debug + Serialize,
    {
        let asked = statement(Dialect::D1);
        let d1: Vec<T> = read(run(&self.d1, &asked));
        let clickhouse: Vec<T> = read(self.clickhouse.run(&statement(Dialect::ClickHouse)));
        assert_eq!(d1, clickhouse, "{}\n{:?}", asked.sql, asked.params);
        self.compared += 1;
        self.figures += d1.len() as u64;
        d1
    }
}

fn request(metrics: Vec<&'static Metric>) -> Request {
    Request::new(scope(), range(), metrics)
}

#[test]
fn both_engines_answer_alike() {
    let Some(clickhouse) = ClickHouse::start() else {
        return;
    };
    let arrivals = arrivals(20_261_120);
    let d1 = database();
    load(&d1, &arrivals);
    clickhouse.migrate();
    clickhouse.insert("events", &arrivals.events);
    clickhouse.insert("identities", &arrivals.identities);
    clickhouse.insert("ad_spend", &arrivals.ad_spend);
    let mut both = Both { d1, clickhouse, compared: 0, figures: 0 };

    every_metric(&mut both);
    narrowed_metrics(&mut both);
    let metrics = both.compared;
    every_report(&mut both);
    println!(
        "D1 and ClickHouse agree on {} questions ({metrics} of metrics, {} of reports): {} figures and rows",
        both.compared,
        both.compared - metrics,
        both.figures
    );
}

fn every_metric(both: &mut Both) {
    for metric in catalog::metrics() {
        let dimensions = metric
            .dimensions()
            .into_iter()
            .map(|dimension| vec![dimension])
            .chain([Vec::new(), vec![Dimension::Channel, Dimension::Source]])
            .filter(|by| by.iter().all(|dimension| metric.knows(*dimension)));
        let mut seen = 0;
        for by in dimensions {
            for bucket in [None].into_iter().chain(Granularity::ALL.map(Some)) {
                if bucket == Some(Granularity::Hour) && !metric.is_hourly() {
                    continue;
                }
                let mut request = request(vec![metric]);
                request.by.clone_from(&by);
                request.bucket = bucket;
                seen += both.ask(&request).len();
            }
        }
        assert!(seen > 100 || metric.dimensions().is_empty() && seen > 40, "{} was hardly asked", metric.id);
    }
    // As statements written ahead, with the window before.
    let windows = [range(), range().previous()];
    for metric in catalog::metrics() {
        for by in [vec![], metric.dimensions()] {
            let mut outline = Outline::new(vec![metric]);
            outline.by = by.into_iter().take(2).collect();
            outline.previous = outline.by.is_empty();
            if !outline.by.is_empty() {
                outline.bucket = Some(Granularity::Month);
                outline.conditions = vec![Condition {
                    dimension: Dimension::Channel,
                    test: Test::Not(vec!["Email".to_owned(), "Direct".to_owned()]),
                }];
            }
            let bind = |dialect| Template::new(&outline, dialect).unwrap().bind(&scope(), &windows).unwrap();
            let plain = |rows: Rows| -> Vec<Vec<Option<String>>> {
                rows.into_iter()
                    .map(|row| {
                        row.into_iter()
                            .map(|(name, value)| match value {
                                Value::Null => None,
                                Value::String(text) => {
                                    Some(text.parse().map_or(text, |real: f64| format!("{real:.9}")))
                                }
                                other => Some(
                                    format!("{name} {:.9}", other.as_f64().unwrap())
                                        .split(' ')
                                        .nth(1)
                                        .unwrap()
                                        .to_owned(),
                                ),
                            })
                            .collect()
                    })
                    .collect()
            };
            let d1 = plain(run(&both.d1, &bind(Dialect::D1)));
            let clickhouse = plain(both.clickhouse.run(&bind(Dialect::ClickHouse)));
            assert_eq!(d1, clickhouse, "{} {:?}", metric.id, outline.by);
            assert!(!d1.is_empty());
            both.compared += 1;
            both.figures += u64::try_from(d1.len()).unwrap();
        }
    }
    // All of them at once, as the dashboard asks.
    let total = both.ask(&request(catalog::metrics().iter().collect()));
    for metric in catalog::metrics() {
        let figure = total[&(Vec::new(), None, metric.id)];
        assert!(figure.is_some_and(|figure| figure.as_f64() != 0.0), "the data has no {}", metric.id);
    }
}

fn narrowed_metrics(both: &mut Both) {
    let filter = |dimension, value: &str| Filter { dimension, value: value.to_owned() };
    let filters = [
        vec![filter(Dimension::Channel, "Paid Search")],
        vec![filter(Dimension::Channel, "Unassigned")],
        vec![filter(Dimension::Campaign, "søk \\ tab\t{p1:String} ?1")],
        vec![filter(Dimension::Campaign, "Brand | 50% off 'spring'")],
        vec![filter(Dimension::Source, "google"), filter(Dimension::Country, "(none)")],
        vec![filter(Dimension::Source, "nobody")],
    ];
    for filters in &filters {
        let dimensions: Vec<Dimension> = filters.iter().map(|filter| filter.dimension).collect();
        for (by, bucket) in [(vec![], None), (vec![], Some(Granularity::Day)), (vec![Dimension::Source], None)] {
            let mut request = request(catalog::metrics_by(&dimensions));
            request.filters.clone_from(filters);
            request.by = by;
            request.bucket = bucket;
            both.ask(&request);
        }
    }
    for bucket in [None, Some(Granularity::Week)] {
        let mut with_machines = request(catalog::metrics().iter().collect());
        with_machines.include_bots = true;
        with_machines.bucket = bucket;
        both.ask(&with_machines);
    }
    let events = catalog::metric("events").unwrap();
    for name in ["pageview", "purchase", "subscription renewed", "it's not there"] {
        for (by, bucket) in [
            (vec![], None),
            (vec![], Some(Granularity::Hour)),
            (vec![], Some(Granularity::Month)),
            (vec![Dimension::Device], Some(Granularity::Day)),
        ] {
            let mut request = request(vec![events]);
            request.event = Some(name.to_owned());
            request.by = by;
            request.bucket = bucket;
            both.ask(&request);
        }
    }
    // The largest keys on their own, the rest folded: distinct visitors of the rest are counted once.
    for dimension in [Dimension::Channel, Dimension::Campaign] {
        for bucket in [None, Some(Granularity::Day)] {
            let mut request = request(catalog::metrics_by(&[dimension]));
            request.by = vec![dimension];
            request.keep = Some(vec!["Paid Search".to_owned(), "(none)".to_owned()]);
            request.bucket = bucket;
            both.ask(&request);
        }
    }
}

fn every_report(both: &mut Both) {
    let (scope, range) = (scope(), range());
    both.list::<event_names::Row>(|dialect| event_names::statement(&scope, &range, 100, dialect));

    // Attribution loading, whole and in pages.
    let orders = |both: &mut Both, after: Option<After>, limit| {
        both.list::<attribution_orders::Row>(|dialect| {
            attribution_orders::statement(&scope, &range, after.as_ref(), limit, dialect)
        })
    };
    let all = orders(both, None, 10_000);
    assert!(all.len() > 100, "{} orders", all.len());
    let mut paged: Vec<attribution_orders::Row> = Vec::new();
    loop {
        let after = paged.last().map(|row| After { t: row.t, id: row.id.clone() });
        let page = orders(both, after, 37);
        if page.is_empty() {
            break;
        }
        paged.extend(page);
    }
    assert_eq!(all, paged);

    // By place: the same orders, each once, and the days add up to them.
    for level in [regions::Level::Country, regions::Level::Region] {
        let placed =
            both.list::<regions::Placed>(|dialect| regions::orders(&scope, &range, level, None, 10_000, dialect));
        let days = both.list::<regions::Row>(|dialect| regions::days(&scope, &range, level, dialect));
        assert_eq!(days.iter().map(|row| row.orders).sum::<i64>(), i64::try_from(placed.len()).unwrap());
        assert_eq!(
            days.iter().map(|row| row.value_minor).sum::<i64>(),
            placed.iter().map(|row| row.value_minor).sum::<i64>()
        );
        assert!(placed.iter().all(|row| all.iter().any(|order| order.id == row.id && order.person == row.person)));
    }

    for days in [1, 30] {
        let window_ms = attribution::window_ms(days).unwrap();
        let touches = |both: &mut Both, after: Option<attribution_touches::After>, limit| {
            both.list::<attribution_touches::Row>(|dialect| {
                attribution_touches::of_buyers(&scope, &range, window_ms, after.as_ref(), limit, dialect)
            })
        };
        let whole = touches(both, None, 10_000);
        let mut paged: Vec<attribution_touches::Row> = Vec::new();
        loop {
            let after = paged.last().map(|row| attribution_touches::After {
                person: row.person.clone(),
                t: row.t,
                id: row.id.clone(),
            });
            let page = touches(both, after, 53);
            if page.is_empty() {
                break;
            }
            paged.extend(page);
        }
        assert_eq!(whole, paged);
        let everybody = everybodys_touches(both, window_ms);
        let buyers: BTreeSet<&str> = all.iter().map(|order| order.person.as_str()).collect();
        let mut theirs: Vec<attribution_touches::Row> =
            everybody.into_iter().filter(|row| buyers.contains(row.person.as_str())).collect();
        theirs.sort_by(|a, b| (&a.person, a.t, &a.id).cmp(&(&b.person, b.t, &b.id)));
        assert_eq!(whole, theirs);
        attribution_equals_revenue(both, &all, &whole, window_ms);
    }

    every_path(both);
    every_journey(both);
}

/// The touches of the range and a window before it, of buyers and of others, read in pages.
fn everybodys_touches(both: &mut Both, window_ms: i64) -> Vec<attribution_touches::Row> {
    let instants = range().utc_ms();
    let span = instants.start - window_ms..instants.end;
    let touches = |both: &mut Both, after: Option<&attribution_touches::Row>, limit| {
        let after = after.map(|row| (row.t, row.id.as_str()));
        both.list::<attribution_touches::Row>(|dialect| {
            attribution_touches::of_everybody(&scope(), &span, after, limit, dialect)
        })
    };
    let whole = touches(both, None, 100_000);
    let mut paged: Vec<attribution_touches::Row> = Vec::new();
    loop {
        let page = touches(both, paged.last(), 401);
        if page.is_empty() {
            break;
        }
        paged.extend(page);
    }
    assert_eq!(whole, paged);
    whole
}

/// What every model credits adds up to what the catalog calls revenue.
fn attribution_equals_revenue(
    both: &mut Both,
    orders: &[attribution_orders::Row],
    touches: &[attribution_touches::Row],
    window_ms: i64,
) {
    let orders: Vec<attribution::Order> = orders
        .iter()
        .map(|row| attribution::Order {
            id: row.id.clone(),
            person: row.person.clone(),
            t: row.t,
            value_minor: row.value_minor,
        })
        .collect();
    let touches: attribution::Touches = touches
        .iter()
        .map(|row| {
            let touch = attribution::Touch {
                id: row.id.clone(),
                t: row.t,
                number: row.number,
                channel: row.channel.clone(),
                source: row.source.clone(),
                medium: row.medium.clone(),
                campaign: row.campaign.clone(),
                ..attribution::Touch::default()
            };
            (row.person.clone(), touch)
        })
        .collect();
    let revenue = catalog::metric("revenue").unwrap();
    let total = both.ask(&request(vec![revenue]))[&(Vec::new(), None, "revenue")].unwrap();
    for model in attribution::models() {
        let credited =
            attribution::attribute(model, &attribution::Parameters::new(), &orders, &touches, window_ms).unwrap();
        let sums = attribution::aggregate(&credited, |touch| {
            touch.map_or(attribution::UNASSIGNED_CHANNEL, |touch| touch.channel.as_str())
        });
        assert!(sums.len() > 3);
        let value: i64 = sums.values().map(|sum| sum.value_minor).sum();
        assert_eq!(Figure::Whole(value), total, "{}", model.descriptor().id);
    }
}

fn every_path(both: &mut Both) {
    let (scope, range) = (scope(), range());
    let window_ms = attribution::window_ms(30).unwrap();
    let some = |text: &str| Some(text.to_owned());
    for converted in [paths::Converted::All, paths::Converted::Yes, paths::Converted::No] {
        for (campaign, channel, search) in [
            (None, None, None),
            (some("Brand | 50% off 'spring'"), None, None),
            (None, some("Email"), None),
            (None, some("Unassigned"), None),
            (some("Brand | 50% off 'spring'"), some("Paid Search"), some("VÏS")),
            (None, None, some("Ord-1")),
            (None, None, some("'")),
        ] {
            let narrowed = paths::Narrowed { converted, campaign, channel, search };
            let ask = |both: &mut Both, after: Option<paths::After>, limit| {
                both.list::<paths::Row>(|dialect| {
                    paths::statement(&scope, &range, window_ms, &narrowed, after.as_ref(), limit, dialect)
                })
            };
            let all = ask(both, None, 10_000);
            let first = ask(both, None, 5);
            assert!(all.starts_with(&first));
            if let Some(last) = first.last() {
                let after = paths::After { t: last.t, person: last.person.clone(), id: last.id.clone() };
                let next = ask(both, Some(after), 10_000);
                assert_eq!(all.len(), first.len() + next.len());
                assert!(all.ends_with(&next));
                let persons: Vec<String> = first.iter().map(|row| row.person.clone()).collect();
                let span = range.utc_ms();
                both.list::<attribution_touches::Row>(|dialect| {
                    let span = span.start - window_ms..span.end;
                    attribution_touches::of_persons(&scope, &persons, &span, 10_000, dialect)
                });
            }
        }
    }
}

fn every_journey(both: &mut Both) {
    let (scope, range) = (scope(), range());
    let mut everyone = Vec::new();
    for search in [None, Some(""), Some("kunde"), Some("vïs-1"), Some("%")] {
        let ask = |both: &mut Both, after: Option<After>, limit| {
            both.list::<journeys::Row>(|dialect| {
                journeys::statement(&scope, &range, search, after.as_ref(), limit, dialect)
            })
        };
        let all = ask(both, None, 10_000);
        let first = ask(both, None, 3);
        if let Some(last) = first.last() {
            let after = After { t: last.last_seen, id: last.person.clone() };
            let next = ask(both, Some(after), 10_000);
            assert_eq!(all, [first, next].concat());
        }
        if search.is_none() {
            everyone = all;
        }
    }
    assert!(everyone.len() > 100, "{} persons", everyone.len());
    assert!(everyone.iter().any(|row| row.visitors > 1 && row.orders > 0));
    for row in everyone.iter().step_by(7) {
        let person = row.person.as_str();
        both.list::<journey::KeyRow>(|dialect| journey::keys(&scope, person, dialect));
        both.list::<journey::BoughtRow>(|dialect| journey::bought(&scope, person, dialect));
        let sessions = both.list::<journey::SessionRow>(|dialect| journey::sessions(&scope, person, None, 50, dialect));
        assert!(!sessions.is_empty());
        let after = sessions.first().map(|first| After { t: first.started_at, id: first.id.clone() });
        let older =
            both.list::<journey::SessionRow>(|dialect| journey::sessions(&scope, person, after.as_ref(), 50, dialect));
        assert_eq!(sessions[1..], older);
        let ids: Vec<String> = sessions.iter().map(|session| session.id.clone()).collect();
        let events = both.list::<journey::EventRow>(|dialect| journey::events(&scope, &ids, 1_000, dialect));
        assert!(events.len() >= sessions.len());
    }
}
