//! Two tenants' shops in SQLite, made by the project's own migrations, and the oracle that judges SQL by running it.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(missing_docs, unreachable_pub, reason = "a test's own module")]

use metrics::{Dialect, Param, Scope, Statement};
use rusqlite::{Connection, limits::Limit, params_from_iter, types::Value as Sql};

/// Makes the project's schema.
pub fn migrate(db: &Connection) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations-d1");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files {
        db.execute_batch(&std::fs::read_to_string(file).unwrap()).unwrap();
    }
}

pub fn scope() -> Scope {
    Scope { tenant_id: "acme".into(), site: "shop".into(), currency: "EUR".into() }
}

/// Amounts that only a stranger's rows have.
const STRANGE: i64 = 900_000_000_000_000;

/// A database with one tenant's shop; with `others` also that tenant's other site and another tenant, whose site has
/// the same key.
pub fn database(others: bool) -> Connection {
    let db = Connection::open_in_memory().unwrap();
    migrate(&db);
    let mut owners = vec![("acme", "shop", "own", 0_i64)];
    if others {
        owners.extend([("acme", "second", "OTHERSITE", STRANGE), ("rival", "shop", "FOREIGN", STRANGE)]);
    }
    for tenant in ["acme", "rival"] {
        if tenant == "rival" && !others {
            continue;
        }
        db.execute("INSERT INTO tenants (id, name, created_at) VALUES (?1, 'FOREIGN name', 0)", [tenant]).unwrap();
        db.execute(
            "INSERT INTO users (id, email, name, password_hash, created_at) VALUES (?1, ?1 || '@FOREIGN.test', 'FOREIGN', 'FOREIGN-hash', 0)",
            [tenant],
        )
        .unwrap();
    }
    for (tenant, site, mark, more) in owners {
        for n in 0..12_i64 {
            let day = 20_700 + n % 6;
            let hour = day * 24 + n;
            let id = format!("{tenant}-{site}-{n}");
            let event = ["pageview", "purchase", "refund", "signup"][usize::try_from(n % 4).unwrap()];
            let session = format!("{tenant}-{site}-s{}", n / 2);
            let visitor = format!("{mark}-v{}", n / 3);
            let channel = ["Email", "Paid Search", "Direct"][usize::try_from(n / 2 % 3).unwrap()];
            let campaign = ["spring", "", "brand"][usize::try_from(n / 2 % 3).unwrap()];
            db.execute(
                "INSERT INTO events (tenant_id, id, site, visitor, user_id, event, t, received_at, local_hour, origin, host, path, \
                 source, medium, campaign, channel, value_minor, currency, order_id, country, device, session_id, touch, raw_key) \
                 VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, ?6, ?7, 'browser', ?8, '/' || ?8, ?8, 'cpc', ?9, ?10, ?11, 'EUR', ?2, 'DE', \
                 'mobile', ?12, ?13, 'FOREIGN-raw')",
                rusqlite::params![
                    tenant, id, site, visitor, event, hour * 3_600_000, hour, mark, campaign, channel, more + 1_000 + n, session, n % 2
                ],
            )
            .unwrap();
            if n % 2 == 0 {
                db.execute(
                    "INSERT INTO sessions (tenant_id, id, site, visitor, started_at, ended_at, local_hour, events, pageviews, orders, \
                     entry_path, exit_path, channel, source, medium, campaign, country, device, browser, os, bot) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, 2, 1, 1, ?7, ?7, ?8, ?7, 'cpc', ?9, 'DE', 'mobile', ?7, 'iOS', 0)",
                    rusqlite::params![tenant, session, site, visitor, hour * 3_600_000, hour, mark, channel, campaign],
                )
                .unwrap();
            }
            db.execute(
                "INSERT INTO ad_spend VALUES (?1, ?2, ?3, ?4, ?5, 'cpc', ?6, ?7, ?8, ?9, 'EUR', 'i')",
                rusqlite::params![
                    tenant,
                    site,
                    day,
                    channel,
                    mark,
                    format!("{campaign}{n}"),
                    more + 500,
                    more + 20,
                    more + 300
                ],
            )
            .unwrap();
            db.execute(
                "INSERT INTO attributions VALUES (?1, ?2, ?3, ?3, 1, ?3, ?4, 'v:' || ?4, ?5, ?6, ?7, ?8, ?9, 'cpc', ?10, \
                 'last_touch', 30, 1.0, ?11, 'EUR')",
                rusqlite::params![
                    tenant, site, id, visitor, session, hour * 3_600_000, hour, channel, mark, campaign, more + 1_000 + n
                ],
            )
            .unwrap();
            db.execute(
                "INSERT INTO shop_orders (tenant_id, site, name, customer_hash, financial_status, currency, subtotal, shipping, taxes, \
                 total, discount, refunded, created_at, local_day, import_id) \
                 VALUES (?1, ?2, ?3, ?4, 'paid', 'EUR', ?5, 0, 0, ?5, 0, 0, 0, ?6, 'i')",
                rusqlite::params![tenant, site, format!("#{mark}{n}"), visitor, more + 77, day],
            )
            .unwrap();
            db.execute(
                "INSERT INTO shop_order_lines (tenant_id, site, order_name, line, product, quantity, price) VALUES (?1, ?2, ?3, 1, ?4, 1, ?5)",
                rusqlite::params![tenant, site, format!("#{mark}{n}"), mark, more + 77],
            )
            .unwrap();
            db.execute(
                "INSERT INTO campaigns (id, tenant_id, site, name, objective, status, version, currency, budget_daily, landing_url, \
                 utm_campaign, created_by, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, 'sales', 'live', 1, 'EUR', ?5, '', ?4, 'u', 0, 0)",
                rusqlite::params![id, tenant, site, mark, more + 5],
            )
            .unwrap();
            db.execute(
                "INSERT INTO channel_insights (tenant_id, site, channel_id, local_day, level, external_id, name, impressions, clicks, \
                 spend_micros, currency, conversions, conversion_value_micros, pulled_at) \
                 VALUES (?1, ?2, ?3, ?4, 'ad', ?5, ?3, ?6, 1, 1, 'EUR', 1, 1, 0)",
                rusqlite::params![tenant, site, mark, day, n.to_string(), more + 9],
            )
            .unwrap();
            db.execute(
                "INSERT INTO shop_customers (tenant_id, site, id, email_hash, city, spent, import_id) VALUES (?1, ?2, ?3, ?3, ?4, ?5, 'i')",
                rusqlite::params![tenant, site, visitor.clone() + &n.to_string(), mark, more + 3],
            )
            .unwrap();
            db.execute(
                "INSERT INTO shop_products (tenant_id, site, handle, title, import_id) VALUES (?1, ?2, ?3, ?4, 'i')",
                rusqlite::params![tenant, site, format!("p{n}"), mark],
            )
            .unwrap();
            db.execute(
                "INSERT INTO shop_variants (tenant_id, site, handle, position, sku, price, stock) VALUES (?1, ?2, ?3, 1, ?4, ?5, 4)",
                rusqlite::params![tenant, site, format!("p{n}"), mark, more + 2],
            )
            .unwrap();
        }
    }
    // As strict as D1 is.
    for (limit, value) in [
        (Limit::SQLITE_LIMIT_LENGTH, 2_000_000),
        (Limit::SQLITE_LIMIT_SQL_LENGTH, 100_000),
        (Limit::SQLITE_LIMIT_COLUMN, 100),
        (Limit::SQLITE_LIMIT_EXPR_DEPTH, 100),
        (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 5),
        (Limit::SQLITE_LIMIT_FUNCTION_ARG, 32),
        (Limit::SQLITE_LIMIT_ATTACHED, 0),
        (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50),
        (Limit::SQLITE_LIMIT_VARIABLE_NUMBER, 100),
    ] {
        db.set_limit(limit, value).unwrap();
    }
    db
}

pub fn bound(statement: &Statement) -> Vec<Sql> {
    statement
        .params
        .iter()
        .map(|param| match param {
            Param::Text(text) => Sql::Text(text.clone()),
            Param::Integer(whole) => Sql::Integer(*whole),
        })
        .collect()
}

/// Rows of a statement; what the engine itself refuses is an error. A text that runs too long is stopped.
pub fn rows(db: &Connection, statement: &Statement) -> Result<Vec<Vec<Sql>>, rusqlite::Error> {
    let steps = std::cell::Cell::new(0_u32);
    let steps = std::panic::AssertUnwindSafe(steps);
    db.progress_handler(
        100_000,
        Some(move || {
            steps.set(steps.get() + 1);
            steps.get() > 200
        }),
    );
    let outcome = (|| {
        let mut prepared = db.prepare(&statement.sql)?;
        assert!(prepared.readonly(), "not read-only: {}", statement.sql);
        let width = prepared.column_count();
        let mut rows = prepared.query(params_from_iter(bound(statement)))?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            all.push((0..width).map(|at| row.get(at)).collect::<Result<Vec<Sql>, _>>()?);
        }
        Ok(all)
    })();
    db.progress_handler(0, None::<fn() -> bool>);
    outcome
}

/// A figure over everything stored, to see whether anything was written.
pub fn contents(db: &Connection) -> String {
    let mut text = format!("changes {}", db.total_changes());
    let mut names = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").unwrap();
    let names: Vec<String> = names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    for name in names {
        let count: i64 = db.query_row(&format!("SELECT COUNT(*) FROM \"{name}\""), [], |row| row.get(0)).unwrap();
        text.push_str(&format!(", {name} {count}"));
    }
    text
}

/// What came of a hostile text.
#[derive(Debug, PartialEq)]
pub enum Fate {
    /// The sandbox refused it.
    Refused(String),
    /// The engine refused what the sandbox wrote.
    Failed,
    /// It ran and saw its own rows only.
    Harmless(usize),
    /// It saw a stranger's row, or its answer depends on one.
    Leak(String),
    /// It wrote.
    Write(String),
}

pub struct Oracle {
    pub alone: Connection,
    pub among_others: Connection,
    before: (String, String),
}

impl Oracle {
    pub fn new() -> Self {
        let (alone, among_others) = (database(false), database(true));
        let before = (contents(&alone), contents(&among_others));
        Self { alone, among_others, before }
    }

    /// Runs a text over the shop alone and over the shop among others: the answers must be the same, whatever the
    /// others have stored.
    pub fn judge(&self, sql: &str) -> Fate {
        let rewritten = match question::rewrite(sql, Dialect::D1) {
            Ok(rewritten) => rewritten,
            Err(refusal) => return Fate::Refused(refusal.reason),
        };
        let statement = rewritten.bind(&scope());
        let among = rows(&self.among_others, &statement);
        let alone = rows(&self.alone, &statement);
        let after = (contents(&self.alone), contents(&self.among_others));
        if after != self.before {
            return Fate::Write(rewritten.sql);
        }
        match (alone, among) {
            (Err(_), Err(_)) => Fate::Failed,
            (Ok(alone), Ok(among)) => {
                let strange = among.iter().flatten().any(|value| match value {
                    Sql::Text(text) => {
                        (text.contains("FOREIGN") && !sql.contains("FOREIGN"))
                            || text.contains("OTHERSITE")
                            || text.contains("rival")
                    }
                    Sql::Integer(whole) => *whole >= STRANGE && !sql.contains("9"),
                    _ => false,
                });
                if strange || alone != among {
                    return Fate::Leak(rewritten.sql);
                }
                if u64::try_from(among.len()).unwrap() > rewritten.limit {
                    return Fate::Leak(format!("more than {} rows: {}", rewritten.limit, rewritten.sql));
                }
                Fate::Harmless(among.len())
            }
            _ => Fate::Leak(format!("the engine's refusal depends on others: {}", rewritten.sql)),
        }
    }
}
