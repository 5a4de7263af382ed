//! What the science crates are asked about a shop, and the answers people read.
//!
//! A module a question: the question as the API takes it, the answer as people and the site read it, and the way from
//! one to the other over rows that somebody else has read. The maths is in the science crates (`forecast`, `anomaly`,
//! `customer`, `mmm`, `experiment`); reading, storing and HTTP are the Workers'. Pure: no clock, no randomness.

pub mod anomalies;
pub mod customers;
pub mod experiment;
pub mod forecast;
mod job;
pub mod mix;
mod series;

use serde::{Deserialize, Serialize};

pub use job::{Job, Kind, Step};
pub use series::{Grain, Series, metric};

/// Whose figures a study is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shop {
    /// Owner.
    pub tenant_id: String,
    /// Site key.
    pub site: String,
    /// The site's currency, ISO 4217.
    pub currency: String,
    /// The site's zone, IANA.
    pub time_zone: String,
}

/// A question on its way to whom computes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Asked<T> {
    /// About which shop.
    pub shop: Shop,
    /// When, UTC ms.
    pub now: i64,
    /// What.
    pub question: T,
}
