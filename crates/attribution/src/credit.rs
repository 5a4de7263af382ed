//! From weights to credits that add up exactly.

use crate::{AttributionError, Journey, Model, Order, Parameters, Scorer, Touch, Touches, Windows};

/// What one touch gets of one order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Credit<'a> {
    /// The touch.
    pub touch: &'a Touch,
    /// Part of the conversion, 0 to 1.
    pub share: f64,
    /// Part of the order's value, minor units.
    pub value_minor: i64,
}

/// An order and the credit of every touch in its window, earliest first; touches that got nothing are listed too.
///
/// The shares sum to 1 (within 1e-12) and the values to the order's value exactly. Without touches the list is empty
/// and the whole order is unattributed.
#[derive(Debug, Clone, PartialEq)]
pub struct Attributed<'a> {
    /// The order.
    pub order: &'a Order,
    /// One per touch in the window.
    pub credits: Vec<Credit<'a>>,
}

/// Credits every order under a model. The answer is sorted by the orders' time, then id, so that it does not depend
/// on the order the rows arrived in; an order that is listed twice is answered twice.
///
/// # Errors
/// The model's parameters are checked first: see [`Parameters::check`].
pub fn attribute<'a>(
    model: &dyn Model,
    parameters: &Parameters,
    orders: &'a [Order],
    touches: &'a Touches,
    window_ms: i64,
) -> Result<Vec<Attributed<'a>>, AttributionError> {
    parameters.check(model.descriptor())?;
    let sorted = by_time(orders);
    let converted: Vec<Journey<'a>> = sorted.iter().map(|order| Journey::before(order, touches, window_ms)).collect();
    let scorer = if model.descriptor().data_driven {
        let mut all = converted.clone();
        all.extend(unconverted(&sorted, touches));
        model.fit(&all, parameters)
    } else {
        model.fit(&[], parameters)
    };

    Ok(sorted
        .into_iter()
        .zip(&converted)
        .map(|(order, journey)| Attributed { order, credits: credit(scorer.as_ref(), journey, order.value_minor) })
        .collect())
}

/// Credits every order under a scorer, a [`crate::Rule`] for instance, with windows by channel and kind of touch. Sorted
/// as by [`attribute`].
///
/// # Errors
/// A window is out of bounds: see [`Windows::check`].
pub fn attribute_within<'a>(
    scorer: &dyn Scorer,
    windows: &Windows,
    orders: &'a [Order],
    touches: &'a Touches,
) -> Result<Vec<Attributed<'a>>, AttributionError> {
    windows.check()?;
    let attributed = by_time(orders).into_iter().map(|order| {
        let journey = windows.journey(order, touches);
        Attributed { order, credits: credit(scorer, &journey, order.value_minor) }
    });
    Ok(attributed.collect())
}

pub(crate) fn by_time(orders: &[Order]) -> Vec<&Order> {
    let mut sorted: Vec<&Order> = orders.iter().collect();
    sorted.sort_by(|a, b| (a.t, &a.id).cmp(&(b.t, &b.id)));
    sorted
}

/// The journeys of the persons who bought nothing.
fn unconverted<'a>(orders: &[&'a Order], touches: &'a Touches) -> Vec<Journey<'a>> {
    let buyers: std::collections::BTreeSet<&str> = orders.iter().map(|order| order.person.as_str()).collect();
    touches
        .persons()
        .filter(|(person, _)| !buyers.contains(person))
        .map(|(person, touches)| Journey::without_order(person, touches))
        .collect()
}

fn credit<'a>(scorer: &dyn Scorer, journey: &Journey<'a>, value_minor: i64) -> Vec<Credit<'a>> {
    let mut weights = scorer.weights(journey);
    weights.resize(journey.touches.len(), 0.0);
    let shares = normalise(&weights);
    let values = split(value_minor, &shares);
    journey
        .touches
        .iter()
        .zip(shares)
        .zip(values)
        .map(|((touch, share), value_minor)| Credit { touch, share, value_minor })
        .collect()
}

/// Weights as shares of their sum; equal shares when no weight is positive.
pub(crate) fn normalise(weights: &[f64]) -> Vec<f64> {
    let usable = |weight: &f64| {
        if weight.is_finite() { weight.max(0.0) } else { 0.0 }
    };
    // Scaled by the largest, so that the sum of very large weights stays finite.
    let largest = weights.iter().map(usable).fold(0.0, f64::max);
    if largest <= 0.0 {
        return vec![1.0 / weights.len().max(1) as f64; weights.len()];
    }
    let scaled: Vec<f64> = weights.iter().map(|weight| usable(weight) / largest).collect();
    let total: f64 = scaled.iter().sum();
    scaled.into_iter().map(|weight| weight / total).collect()
}

/// Splits an amount in minor units by shares that sum to 1, so that the parts sum to it exactly (largest remainder).
///
/// Every part is first rounded towards zero; the units left over go one each to the largest remainders, on a tie to
/// the later part. Parts with share 0 get nothing. A negative amount is split as its positive mirror image. When no
/// share is positive there is nobody to pay: the last part takes all.
#[must_use]
pub fn split(amount_minor: i64, shares: &[f64]) -> Vec<i64> {
    let magnitude = i128::from(amount_minor).abs();
    let quotas: Vec<f64> = shares.iter().map(|share| magnitude as f64 * share.max(0.0)).collect();
    let mut parts: Vec<i128> = quotas.iter().map(|quota| quota.floor() as i128).collect();

    let mut ranking: Vec<usize> =
        shares.iter().enumerate().filter(|(_, share)| **share > 0.0).map(|(at, _)| at).collect();
    if ranking.is_empty() {
        ranking.extend(shares.len().checked_sub(1));
    }
    let remainder = |at: usize| quotas.get(at).map_or(0.0, |quota| quota - quota.floor());
    ranking.sort_by(|&a, &b| remainder(b).total_cmp(&remainder(a)).then(b.cmp(&a)));

    // Usually fewer units than parts are left over. Beyond 2^53 a float holds no single units, so that many more, or
    // too few, may be left: every part then takes its even share of the difference before the ranking settles it.
    let left = magnitude - parts.iter().sum::<i128>();
    let count = i128::try_from(ranking.len()).unwrap_or(i128::MAX).max(1);
    let (each, extra) = (left.div_euclid(count), left.rem_euclid(count));
    for (rank, &at) in (0_i128..).zip(&ranking) {
        if let Some(part) = parts.get_mut(at) {
            *part += each + i128::from(rank < extra);
        }
    }

    let sign = i128::from(amount_minor.signum());
    parts.into_iter().map(|part| i64::try_from(part * sign).unwrap_or(amount_minor)).collect()
}
