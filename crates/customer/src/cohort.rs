//! How those who came in the same month keep: who buys again when, and what they have spent by then.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike as _, NaiveDate};
use serde::Serialize;

use crate::Purchase;

/// Those whose first purchase was in one month.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cohort {
    /// Customers.
    pub size: usize,
    /// The share of them that bought in each month since, their first month first: fractions.
    pub retention: Vec<f64>,
    /// What they have spent up to the end of each month, a customer.
    pub value: Vec<f64>,
}

/// Cohorts by month, `2026-11`, each followed for `months` months; months beyond the last purchase of all are not there.
#[must_use]
pub fn cohorts(purchases: &[Purchase], months: usize) -> BTreeMap<String, Cohort> {
    let month = |day: NaiveDate| i64::from(day.year()) * 12 + i64::from(day.month0());
    let mut first: BTreeMap<&str, i64> = BTreeMap::new();
    for purchase in purchases {
        let at = month(purchase.day);
        first.entry(&purchase.customer).and_modify(|first| *first = at.min(*first)).or_insert(at);
    }
    let end = purchases.iter().map(|purchase| month(purchase.day)).max().unwrap_or_default();
    let mut active: BTreeMap<(i64, i64), BTreeSet<&str>> = BTreeMap::new();
    let mut spent: BTreeMap<(i64, i64), f64> = BTreeMap::new();
    let mut sizes: BTreeMap<i64, usize> = BTreeMap::new();
    for start in first.values() {
        *sizes.entry(*start).or_default() += 1;
    }
    for purchase in purchases {
        let Some(start) = first.get(purchase.customer.as_str()) else { continue };
        let cell = (*start, month(purchase.day) - start);
        active.entry(cell).or_default().insert(&purchase.customer);
        *spent.entry(cell).or_default() += purchase.value;
    }
    sizes
        .into_iter()
        .map(|(start, size)| {
            let ages = || (0..=end - start).take(months);
            let retention =
                ages().map(|age| active.get(&(start, age)).map_or(0.0, |who| who.len() as f64 / size as f64)).collect();
            let mut sum = 0.0;
            let value = ages()
                .map(|age| {
                    sum += spent.get(&(start, age)).copied().unwrap_or_default();
                    sum / size as f64
                })
                .collect();
            let name = format!("{:04}-{:02}", start.div_euclid(12), start.rem_euclid(12) + 1);
            (name, Cohort { size, retention, value })
        })
        .collect()
}

/// How many come back, and how soon.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Return {
    /// The share of customers with more than one purchase: a fraction.
    pub rate: f64,
    /// The median of days from the first to the second, 0 for both on one day; `None` where nobody came back.
    pub median_days: Option<f64>,
}

/// How many customers buy a second time.
#[must_use]
pub fn returns(purchases: &[Purchase]) -> Return {
    let mut days: BTreeMap<&str, Vec<NaiveDate>> = BTreeMap::new();
    for purchase in purchases {
        days.entry(&purchase.customer).or_default().push(purchase.day);
    }
    let customers = days.len();
    let mut waits: Vec<i64> = days
        .into_values()
        .filter_map(|mut days| {
            days.sort_unstable();
            let mut days = days.into_iter();
            let first = days.next()?;
            Some((days.next()? - first).num_days())
        })
        .collect();
    waits.sort_unstable();
    let at = |place: usize| waits.get(place).map(|days| *days as f64);
    let median_days = match waits.len() {
        0 => None,
        count if count % 2 == 1 => at(count / 2),
        count => at(count / 2 - 1).zip(at(count / 2)).map(|(low, high)| f64::midpoint(low, high)),
    };
    Return { rate: waits.len() as f64 / customers.max(1) as f64, median_days }
}
