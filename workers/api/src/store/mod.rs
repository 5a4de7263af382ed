//! The control plane's SQL, tenant by tenant: every function takes a [`platform::TenantDb`], which binds its tenant as
//! `?1` and cannot be built without one. Reports are not here: `metrics` has them.

pub mod agents;
pub mod anomalies;
pub mod assets;
pub mod audit;
pub mod brand;
pub mod campaigns;
pub mod channels;
pub mod claims;
pub mod dead_letters;
pub mod experiments;
pub mod feed;
pub mod holdouts;
pub mod idempotency;
pub mod imports;
pub mod inbox;
pub mod keys;
pub mod kpis;
pub mod proposals;
pub mod questions;
pub mod sealed;
pub mod sites;
pub mod stock;
pub mod studies;
pub mod team;
pub mod tenants;
