//! The only glue between the domain and the Workers runtime.
//!
//! Here: thin, typed access to D1, R2, queues, the Session object, the clock and randomness. Not here: rules, SQL of
//! reports, HTTP routes. Every access to a tenant's data goes through [`TenantDb`], which cannot be built without a
//! tenant; the few look-ups that come before a tenant is known stand in [`directory`].

pub mod account_object;
pub mod bandit_object;
pub mod campaigns;
pub mod clickhouse;
pub mod clock;
pub mod database;
pub mod directory;
pub mod error;
pub mod log;
pub mod model;
pub mod object;
pub mod outgoing;
pub mod publication_object;
pub mod questions;
pub mod queue;
pub mod random;
pub mod raw_log;
pub mod run_object;
pub mod session_object;
pub mod settings;
pub mod study_object;
pub mod warehouse;

pub use database::{Param, Statement, TenantDb};
pub use error::{Error, Result};
