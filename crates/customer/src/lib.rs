//! What customers are worth: how often they will buy again, for how much, who they are by recency, frequency and money,
//! how cohorts keep, whom a campaign changes, and at which hour each is best written to.
//!
//! Purchases are days and amounts; several on one day are one. Amounts are numbers in one unit of money of the caller's
//! choice. Pure: no clock; where draws are needed a seed comes in. Methods and their limits: `docs/science.md`.

pub mod cohort;
pub mod crossfit;
mod fit;
pub mod outlook;
pub mod repeat;
pub mod rfm;
pub mod send_time;
pub mod uplift;
pub mod value;

use std::collections::BTreeMap;

pub use chrono::NaiveDate;
use serde::Serialize;

pub use fit::Fitted;

/// A purchase.
#[derive(Clone, Debug, PartialEq)]
pub struct Purchase {
    /// Who.
    pub customer: String,
    /// When.
    pub day: NaiveDate,
    /// For how much.
    pub value: f64,
}

/// What the models need of a customer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Days with a purchase after the first.
    pub repeats: u32,
    /// Time from the first to the last purchase, in `unit_days`.
    pub recency: f64,
    /// Time from the first purchase to the end of the observation, in `unit_days`.
    pub age: f64,
    /// Mean value of the days with a repeat purchase; 0 without one.
    pub mean_value: f64,
}

/// Why nothing is computed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// A number is of no use.
    #[error("{field} is {found}, it must be {wanted}")]
    Number {
        /// Which one.
        field: &'static str,
        /// What it says.
        found: f64,
        /// What it may say.
        wanted: &'static str,
    },
    /// There is too little to learn from.
    #[error("too little to learn from: {needed}")]
    TooLittle {
        /// What is needed.
        needed: &'static str,
    },
}

/// Sums up each customer's purchases up to `end`, in ascending order of the customer's name. Times are in units of
/// `unit_days` days: 7 for weeks. Customers who first buy after `end` are left out.
#[must_use]
pub fn summaries(purchases: &[Purchase], end: NaiveDate, unit_days: f64) -> BTreeMap<&str, Summary> {
    let mut days: BTreeMap<&str, BTreeMap<NaiveDate, f64>> = BTreeMap::new();
    for purchase in purchases.iter().filter(|purchase| purchase.day <= end) {
        *days.entry(&purchase.customer).or_default().entry(purchase.day).or_default() += purchase.value;
    }
    let units = |from: NaiveDate, to: NaiveDate| (to - from).num_days() as f64 / unit_days;
    days.into_iter()
        .filter_map(|(customer, days)| {
            let (first, last) = (*days.keys().next()?, *days.keys().next_back()?);
            let repeats = u32::try_from(days.len() - 1).unwrap_or(u32::MAX);
            let spent: f64 = days.values().skip(1).sum();
            let mean_value = if repeats > 0 { spent / f64::from(repeats) } else { 0.0 };
            Some((customer, Summary { repeats, recency: units(first, last), age: units(first, end), mean_value }))
        })
        .collect()
}
