//! Recency, frequency and money, each scored 1 to 5 by fifths of the customers (Hughes, *Strategic Database Marketing*).

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use crate::Purchase;

/// A customer's scores: 5 is best.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Scores {
    /// Days since the last purchase.
    pub days: i64,
    /// Purchases.
    pub purchases: u32,
    /// Their sum.
    pub value: f64,
    /// Of recency: the fifth that bought last scores 5.
    pub recency: u8,
    /// Of the number of purchases.
    pub frequency: u8,
    /// Of their sum.
    pub money: u8,
}

/// Scores customers as of `day` by ⌈5·rank / n⌉; equals are ranked in the order of `customers`' first appearance, so that
/// each score holds a fifth.
#[must_use]
pub fn scores(purchases: &[Purchase], day: NaiveDate) -> Vec<(&str, Scores)> {
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    let mut customers: Vec<(&str, Scores)> = Vec::new();
    for purchase in purchases {
        let days = (day - purchase.day).num_days();
        let place = *places.entry(&purchase.customer).or_insert_with(|| {
            let none = Scores { days: i64::MAX, purchases: 0, value: 0.0, recency: 0, frequency: 0, money: 0 };
            customers.push((&purchase.customer, none));
            customers.len() - 1
        });
        if let Some((_, scores)) = customers.get_mut(place) {
            scores.days = scores.days.min(days);
            scores.purchases += 1;
            scores.value += purchase.value;
        }
    }
    rank(&mut customers, |scores| -(scores.days as f64), |scores, score| scores.recency = score);
    rank(&mut customers, |scores| f64::from(scores.purchases), |scores, score| scores.frequency = score);
    rank(&mut customers, |scores| scores.value, |scores, score| scores.money = score);
    customers
}

fn rank(customers: &mut [(&str, Scores)], by: impl Fn(&Scores) -> f64, set: impl Fn(&mut Scores, u8)) {
    let mut order: Vec<(f64, usize)> = customers.iter().enumerate().map(|(at, (_, scores))| (by(scores), at)).collect();
    order.sort_by(|one, other| one.0.total_cmp(&other.0));
    let count = order.len();
    for (rank, (_, at)) in order.into_iter().enumerate() {
        if let Some((_, scores)) = customers.get_mut(at) {
            set(scores, u8::try_from((5 * (rank + 1)).div_ceil(count)).unwrap_or(5));
        }
    }
}
