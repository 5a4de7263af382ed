//! What the science crates are asked about a shop, and the answers people read.
//!
//! A module a question: the question as the API takes it, the answer as people and the site read it, and the way from
//! one to the other over rows that somebody else has read. The maths is in the science crates (`forecast`, `anomaly`,
//! `customer`, `mmm`, `experiment`, `attribution`); reading, storing and HTTP are the Workers'. Pure: no clock, no randomness.

pub mod anomalies;
pub mod customers;
pub mod experiment;
pub mod forecast;
pub mod holdouts;
pub mod mix;
mod series;
pub mod stock;
pub mod uplift;

pub use series::{Grain, Series, metric};
