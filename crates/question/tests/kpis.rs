//! The KPI queries over a seeded shop against a script that counts row by row and shares nothing with them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop where it fails")]

mod common;

use std::process::Command;

use calendar::Zone;
use common::{migrate, scope};
use metrics::{Dialect, Param};
use question::{Compare, kpi, plan};
use rusqlite::{Connection, params, params_from_iter, types::Value as Sql};

const TODAY: i64 = 20_777;

/// A linear congruential generator (Knuth's MMIX constants): the same shop every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((self.0 >> 33) % bound).unwrap()
    }
}

fn seed(db: &Connection, seed: u64) {
    let mut dice = Dice(seed);
    db.execute_batch("BEGIN").unwrap();
    for n in 0..4_000_i64 {
        let (tenant, site) = [("acme", "shop"), ("acme", "shop"), ("acme", "second"), ("rival", "shop")]
            [usize::try_from(dice.below(4)).unwrap()];
        let hour = (TODAY - 75 + dice.below(80)) * 24 + dice.below(24);
        let (campaign, channel) = [("spring", "Email"), ("", "Direct"), ("brand", "Paid Search"), ("", "Referral")]
            [usize::try_from(dice.below(4)).unwrap()];
        let bot = i64::from(dice.below(15) == 0);
        let session = format!("s{n}");
        db.execute(
            "INSERT INTO sessions (tenant_id, id, site, visitor, started_at, ended_at, local_hour, events, pageviews, orders, \
             entry_path, exit_path, channel, source, medium, campaign, country, device, browser, os, bot) \
             VALUES (?1, ?2, ?3, ?2, 0, 0, ?4, 1, 1, 0, '', '', ?5, '', '', ?6, '', '', '', '', ?7)",
            params![tenant, session, site, hour, channel, campaign, bot],
        )
        .unwrap();
        for order in 0..dice.below(3) {
            let id = format!("o{n}-{order}");
            let currency = if dice.below(8) == 0 { "USD" } else { "EUR" };
            db.execute(
                "INSERT INTO events (tenant_id, id, site, visitor, event, t, received_at, local_hour, origin, value_minor, currency, \
                 order_id, bot, session_id, raw_key) VALUES (?1, ?2, ?3, ?4, 'purchase', 0, 0, ?5, 'browser', ?6, ?7, ?2, ?8, ?4, '')",
                params![tenant, id, site, session, hour + dice.below(2), 500 + dice.below(20_000), currency, bot],
            )
            .unwrap();
            if dice.below(10) == 0 {
                db.execute("INSERT INTO order_duplicates VALUES (?1, ?2, ?2)", params![tenant, id]).unwrap();
            }
        }
    }
    for day in TODAY - 75..TODAY + 3 {
        for (tenant, site) in [("acme", "shop"), ("acme", "second"), ("rival", "shop")] {
            for (channel, medium) in [("Email", "email"), ("Paid Search", "cpc")] {
                let delivered = dice.below(9_000);
                db.execute(
                    "INSERT INTO ad_spend VALUES (?1, ?2, ?3, ?4, 'x', ?5, '', ?6, ?7, 100, 'EUR', 'i')",
                    params![
                        tenant,
                        site,
                        day,
                        channel,
                        medium,
                        delivered,
                        dice.below(1 + u64::try_from(delivered).unwrap())
                    ],
                )
                .unwrap();
            }
        }
    }
    db.execute_batch("COMMIT").unwrap();
}

/// A KPI's stored SQL, run with the days bound: its value and the one before.
fn value(db: &Connection, kpi: &kpi::Kpi) -> (Option<f64>, Option<f64>) {
    let template = kpi.template(Dialect::D1).unwrap();
    let windows = plan::windows(kpi.window, Some(Compare::Previous), Zone::UTC, TODAY).unwrap();
    let statement = template.bind(&scope(), &windows).unwrap();
    let values = statement.params.iter().map(|param| match param {
        Param::Text(text) => Sql::Text(text.clone()),
        Param::Integer(whole) => Sql::Integer(*whole),
    });
    db.query_row(&statement.sql, params_from_iter(values), |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
}

#[test]
fn the_four_kpis_equal_an_independent_count() {
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("SKIPPED: python3, which counts independently, is not installed");
        return;
    }
    for number in 1..=5 {
        let file = std::env::temp_dir().join(format!("adroit-kpis-{}-{number}.db", std::process::id()));
        let _ = std::fs::remove_file(&file);
        let db = Connection::open(&file).unwrap();
        migrate(&db);
        seed(&db, number);
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kpi_truth.py");
        let output =
            Command::new("python3").arg(script).arg(&file).args(["acme", "shop", &TODAY.to_string()]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let truth = String::from_utf8(output.stdout).unwrap();
        assert_eq!(truth.lines().count(), 4);
        for (id, expected) in truth.lines().map(|line| line.split_once(' ').unwrap()) {
            let kpi = kpi::all().iter().find(|kpi| kpi.id == id).unwrap();
            let (found, before) = value(&db, kpi);
            assert_eq!(found, Some(expected.parse::<f64>().unwrap()), "{id}");
            assert!(found.unwrap() > 0.0 && before.is_some(), "{id}");
        }
        println!("seed {number}: {}", truth.replace('\n', ", "));
        drop(db);
        std::fs::remove_file(&file).unwrap();
    }
}

#[test]
fn a_shop_without_anything_has_no_rates_and_sums_of_nothing() {
    let db = Connection::open_in_memory().unwrap();
    migrate(&db);
    for kpi in kpi::all() {
        let (found, before) = value(&db, kpi);
        let expected = matches!(kpi.unit().unwrap(), metrics::Unit::Money | metrics::Unit::Count)
            && !matches!(metrics::catalog::metric(kpi.metric).unwrap().definition, metrics::Definition::Ratio { .. });
        assert_eq!((found, before), if expected { (Some(0.0), Some(0.0)) } else { (None, None) }, "{}", kpi.id);
    }
}
