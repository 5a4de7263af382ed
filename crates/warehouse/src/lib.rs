//! How events are written into the sinks: SQL for the embedded warehouse, objects of the raw log, rows of ClickHouse.
//!
//! Every sink is idempotent by (tenant, event id): writing the same event again, in any company and any order, leaves
//! the same state. Here: statements and bytes. Not here: running or sending them (Worker `cron`), questions (crate
//! `metrics`).

pub mod clickhouse;
pub mod credits;
pub mod embedded;
pub mod raw_log;
