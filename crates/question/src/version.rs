//! The schema version: one text for everything stored SQL depends on. When it changes, what was made ahead is made
//! anew and what was cached is dropped.

use std::sync::LazyLock;

use metrics::Dialect;
use sha2::{Digest as _, Sha256};

use crate::{kpi, schema};

/// The database's migrations in order.
const MIGRATIONS: &[&str] = &[
    include_str!("../../../migrations-d1/0001_foundation.sql"),
    include_str!("../../../migrations-d1/0002_the_loop.sql"),
    include_str!("../../../migrations-d1/0003_pulls.sql"),
    include_str!("../../../migrations-d1/0004_choosing.sql"),
    include_str!("../../../migrations-d1/0005_closed_hours.sql"),
    include_str!("../../../migrations-d1/0006_audit_heads.sql"),
    include_str!("../../../migrations-d1/0007_attributions.sql"),
    include_str!("../../../migrations-d1/0008_studies.sql"),
    include_str!("../../../migrations-d1/0009_anomalies.sql"),
    include_str!("../../../migrations-d1/0010_experiment_readouts.sql"),
    include_str!("../../../migrations-d1/0011_touchpoints_by_time.sql"),
    include_str!("../../../migrations-d1/0012_stock_settings.sql"),
    include_str!("../../../migrations-d1/0013_holdouts.sql"),
    include_str!("../../../migrations-clickhouse/0001_foundation.sql"),
];

/// Raised when the grammar gives other SQL for the same words.
const GRAMMAR: u32 = 1;

static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for migration in MIGRATIONS {
        hash.update(migration);
    }
    for metric in metrics::catalog::metrics() {
        hash.update(format!("{metric:?}"));
    }
    for table in schema::TABLES {
        hash.update(format!("{table:?}"));
    }
    for kpi in kpi::all() {
        hash.update(format!("{kpi:?}"));
        for dialect in [Dialect::D1, Dialect::ClickHouse] {
            hash.update(kpi.template(dialect).map_or_else(|error| error.to_string(), |template| template.sql));
        }
    }
    hash.update(GRAMMAR.to_be_bytes());
    let mut version = hex::encode(hash.finalize());
    version.truncate(16);
    version
});

/// The version: 16 hexadecimal digits over the catalog, the migrations, the logical schema and the KPI queries.
#[must_use]
pub fn schema_version() -> &'static str {
    &VERSION
}

/// The names of all tables and views the migrations make.
pub(crate) fn stored_tables() -> impl Iterator<Item = &'static str> {
    MIGRATIONS.iter().flat_map(|migration| migration.lines()).filter_map(|line| {
        let rest = line.strip_prefix("CREATE TABLE ").or_else(|| line.strip_prefix("CREATE VIEW "))?;
        rest.trim_start_matches("IF NOT EXISTS ").split([' ', '(']).next()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_migration_is_part_of_the_version() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
        let mut found = 0;
        for folder in ["migrations-d1", "migrations-clickhouse"] {
            for file in std::fs::read_dir(format!("{root}/{folder}")).unwrap() {
                let path = file.unwrap().path();
                if path.extension().is_some_and(|kind| kind == "sql") {
                    let text = std::fs::read_to_string(&path).unwrap();
                    assert!(MIGRATIONS.contains(&text.as_str()), "add {} to MIGRATIONS", path.display());
                    found += 1;
                }
            }
        }
        assert_eq!(found, MIGRATIONS.len());
    }

    #[test]
    fn the_migrations_tables_are_known_by_name() {
        let tables: Vec<&str> = stored_tables().collect();
        for name in ["users", "orders", "audit_logs", "channels", "shop_orders", "events_current", "question_cache"] {
            assert!(tables.contains(&name), "{name}");
        }
    }
}
