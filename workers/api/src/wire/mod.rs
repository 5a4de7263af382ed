//! The shapes requests and answers have. Money is integer minor units beside an ISO 4217 code, instants are UTC
//! milliseconds, rates are fractions, and a ratio whose divisor is 0 is `null`.
//!
//! These are structs of their own, converted by hand from the domain's, so that the domain can change without the
//! contract changing along.

pub mod account;
pub mod agents;
pub mod analytics;
pub mod anomalies;
pub mod approvals;
pub mod assets;
pub mod attribution;
pub mod audit;
pub mod brand;
pub mod calendar;
pub mod campaigns;
pub mod channels;
pub mod customers;
pub mod dead_letters;
pub mod experiments;
pub mod forecast;
pub mod guardrails;
pub mod holdouts;
pub mod imports;
pub mod inbox;
pub mod journeys;
pub mod keys;
pub mod kpis;
pub mod planning;
pub mod problem;
pub mod proposals;
pub mod questions;
pub mod stock;
pub mod studies;
pub mod team;
