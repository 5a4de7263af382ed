//! A day's money among ad sets: to where its next unit brings most, never more than the sum.

use mmm::budget::{Bounds, Goal, Response};
use serde::{Deserialize, Serialize};

use crate::{Error, within};

/// Least variance of log spend that says something of the exponent.
const LEAST_VARIANCE: f64 = 0.01;

/// What a spend brings a day: scale · spend^exponent, an exponent below 1 being diminishing returns.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Power {
    /// What the first unit brings.
    pub scale: f64,
    /// 0 to 1.
    pub exponent: f64,
}

impl Power {
    /// The usual exponent, which is taken where the days say nothing of it.
    pub const PRIOR_EXPONENT: f64 = 0.7;
    /// Days that the usual exponent weighs against what was seen.
    pub const PRIOR_DAYS: f64 = 10.0;

    /// Learns from days of (spend, what it brought): the slope of log value on log spend, drawn to the usual one by as
    /// much weight as ten days have, through the totals. `None` where nothing was spent or brought.
    #[must_use]
    pub fn learn(days: &[(f64, f64)]) -> Option<Self> {
        let (spend, value) = days.iter().fold((0.0, 0.0), |sum, day| (sum.0 + day.0, sum.1 + day.1));
        if !(spend > 0.0 && value > 0.0 && spend.is_finite() && value.is_finite()) {
            return None;
        }
        let logs: Vec<(f64, f64)> = days
            .iter()
            .filter(|(spend, value)| *spend > 0.0 && *value > 0.0)
            .map(|day| (day.0.ln(), day.1.ln()))
            .collect();
        let n = logs.len() as f64;
        let mean = logs.iter().fold((0.0, 0.0), |sum, log| (sum.0 + log.0 / n, sum.1 + log.1 / n));
        let (covariance, variance) = logs.iter().fold((0.0, 0.0), |sum, log| {
            (sum.0 + (log.0 - mean.0) * (log.1 - mean.1), sum.1 + (log.0 - mean.0).powi(2))
        });
        let exponent = if logs.len() < 3 || variance < LEAST_VARIANCE * n {
            Self::PRIOR_EXPONENT
        } else {
            let slope = (covariance / variance).clamp(0.0, 1.0);
            (n * slope + Self::PRIOR_DAYS * Self::PRIOR_EXPONENT) / (n + Self::PRIOR_DAYS)
        };
        let powers: f64 = days.iter().filter(|day| day.0 > 0.0).map(|day| day.0.powf(exponent)).sum();
        Some(Self { scale: value / powers, exponent })
    }
}

impl Response for Power {
    fn value(&self, spend: f64) -> f64 {
        if spend > 0.0 { self.scale * spend.powf(self.exponent) } else { 0.0 }
    }

    fn slope(&self, spend: f64) -> f64 {
        // The slope at 0 has no end; what a ten-thousandth of a minor unit brings stands for it.
        self.scale * self.exponent * spend.max(1e-4).powf(self.exponent - 1.0)
    }
}

/// An ad set's budget and how far it may move.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdSet<R> {
    /// Minor units a day, as they are.
    pub budget: i64,
    /// Least a day that the channel or the tenant allows.
    pub least: i64,
    /// Most a day.
    pub most: i64,
    /// What a day's spend brings: a [`Power`] learned from its days, or a saturating [`mmm::Curve`].
    pub response: R,
}

/// Budgets anew.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Division {
    /// Minor units a day, by ad set; together never above what was given.
    pub budgets: Vec<i64>,
    /// What the next unit of each brings.
    pub marginal: Vec<f64>,
    /// What they bring together a day.
    pub value: f64,
    /// What the budgets as they were bring.
    pub before: f64,
}

/// Divides `total` (minor units a day) for the most value. No budget moves by more than `limit`, a fraction of itself.
/// What the bounds do not take is left unspent.
///
/// # Errors
/// A limit that is not a fraction, bounds that are none, or a total below what the bounds take at the least.
pub fn divide<R: Response>(sets: &[AdSet<R>], total: i64, limit: f64) -> Result<Division, Error> {
    within("limit", limit, 0.0, 1.0, "0 to 1")?;
    within("the total", total as f64, 0.0, 9e15, "0 or more")?;
    let reach: Vec<(i64, i64)> = sets
        .iter()
        .map(|set| {
            let step = (set.budget.max(0) as f64 * limit).floor() as i64;
            let (least, most) = (set.least.max(0), set.most.max(0));
            // A budget outside its own bounds is brought to the nearest of them, however far that is.
            let low = (set.budget - step).max(least).min(most);
            (low, (set.budget + step).min(most).max(low))
        })
        .collect();
    let bounds: Vec<Bounds> = reach.iter().map(|(low, high)| Bounds { low: *low as f64, high: *high as f64 }).collect();
    let curves: Vec<&R> = sets.iter().map(|set| &set.response).collect();
    let present: Vec<f64> = sets.iter().map(|set| set.budget as f64).collect();
    let found = mmm::budget::divide(&curves, &bounds, Goal::Spend(total as f64), std::slice::from_ref(&present))?;
    let budgets = whole(&found.spend, &reach, total);
    let value = |budgets: &mut dyn Iterator<Item = f64>| -> f64 {
        curves.iter().zip(budgets).map(|(curve, budget)| curve.value(budget)).sum()
    };
    Ok(Division {
        marginal: curves.iter().zip(&budgets).map(|(curve, budget)| curve.slope(*budget as f64)).collect(),
        value: value(&mut budgets.iter().map(|budget| *budget as f64)),
        before: value(&mut present.iter().copied()),
        budgets,
    })
}

/// Whole units within the bounds, together what the parts are together: each is cut, and what is left goes, a unit each, to
/// the greatest remainders that may take it.
fn whole(parts: &[f64], reach: &[(i64, i64)], total: i64) -> Vec<i64> {
    // A part may be a rounding error below a whole number that it stands for.
    let mut units: Vec<i64> =
        parts.iter().zip(reach).map(|(part, (low, high))| ((part + 1e-6).floor() as i64).clamp(*low, *high)).collect();
    let wanted = (parts.iter().sum::<f64>().round() as i64).min(total);
    let mut order: Vec<(usize, f64)> =
        parts.iter().zip(&units).map(|(part, unit)| part - *unit as f64).enumerate().collect();
    order.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
    let mut left = wanted - units.iter().sum::<i64>();
    for (at, _) in order {
        if let (Some(unit), Some((_, high))) = (units.get_mut(at), reach.get(at))
            && left > 0
            && *unit < *high
        {
            *unit += 1;
            left -= 1;
        }
    }
    units
}
