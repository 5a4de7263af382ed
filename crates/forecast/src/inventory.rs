//! Stock: how long it lasts, how likely it runs out, when and how much to order.
//!
//! [`Demand`] takes demand over the lead time as normal (Silver, Pyke & Thomas, *Inventory and Production Management in
//! Supply Chains*, 2017, ch. 6), which is rough where few units sell; [`Units`] takes it as a count. Quantities are in units,
//! times in days.

use serde::Serialize;
use statrs::distribution::{
    Binomial, Continuous as _, ContinuousCDF as _, DiscreteCDF as _, NegativeBinomial, Normal, Poisson,
};

use crate::Error;

/// Demand and how long an order takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Demand {
    /// Units a day, mean.
    pub daily: f64,
    /// Units a day, standard deviation.
    pub daily_deviation: f64,
    /// Days from order to arrival, mean.
    pub lead: f64,
    /// Days from order to arrival, standard deviation.
    pub lead_deviation: f64,
}

/// When to order.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ReorderPoint {
    /// Standard deviations kept in reserve.
    pub z: f64,
    /// Standard deviation of demand over the lead time, √(L·σ_d² + d²·σ_L²), in units.
    pub deviation: f64,
    /// Units in reserve, z times that.
    pub safety_stock: f64,
    /// Units on hand and on order at which to order again: d·L and the safety stock.
    pub reorder_point: f64,
    /// Units demanded but missing in an order cycle, on average: σ·(φ(z) − z·(1 − Φ(z))).
    pub expected_shortage: f64,
}

fn check(field: &'static str, found: f64, fine: bool, wanted: &'static str) -> Result<(), Error> {
    if fine { Ok(()) } else { Err(Error::Option { field, found, wanted }) }
}

fn normal() -> Normal {
    Normal::standard()
}

impl Demand {
    fn check(&self) -> Result<(), Error> {
        for (field, found) in [
            ("daily", self.daily),
            ("daily_deviation", self.daily_deviation),
            ("lead", self.lead),
            ("lead_deviation", self.lead_deviation),
        ] {
            check(field, found, found.is_finite() && found >= 0.0, "zero or more")?;
        }
        Ok(())
    }

    /// Standard deviation of demand over the lead time, in units.
    #[must_use]
    pub fn deviation(&self) -> f64 {
        (self.lead * self.daily_deviation.powi(2) + (self.daily * self.lead_deviation).powi(2)).sqrt()
    }
}

/// The stock at which to order so that a cycle runs out with probability 1 − `service_level`.
///
/// # Errors
/// A number of `demand` is negative, or the level is not between 0 and 1.
pub fn reorder_point(demand: &Demand, service_level: f64) -> Result<ReorderPoint, Error> {
    demand.check()?;
    check("service_level", service_level, service_level > 0.0 && service_level < 1.0, "between 0 and 1")?;
    let z = normal().inverse_cdf(service_level);
    let deviation = demand.deviation();
    let safety_stock = z * deviation;
    Ok(ReorderPoint {
        z,
        deviation,
        safety_stock,
        reorder_point: demand.daily * demand.lead + safety_stock,
        expected_shortage: deviation * (normal().pdf(z) - z * normal().sf(z)),
    })
}

/// The probability that demand over the lead time exceeds what is on hand: a fraction.
///
/// # Errors
/// A number of `demand` is negative, or `on_hand` is no number.
pub fn stockout_probability(demand: &Demand, on_hand: f64) -> Result<f64, Error> {
    demand.check()?;
    check("on_hand", on_hand, on_hand.is_finite(), "a number")?;
    let left = on_hand - demand.daily * demand.lead;
    let deviation = demand.deviation();
    if deviation > 0.0 { Ok(normal().sf(left / deviation)) } else { Ok(if left < 0.0 { 1.0 } else { 0.0 }) }
}

/// Demand over some days as a count of whole units: the distribution that its mean and variance allow (Adan, van Eenige &
/// Resing, *Fitting discrete distributions on the first two moments*, 1995). A variance above the mean makes it negative
/// binomial, the same Poisson, one below a mixture of two binomials that differ by one trial. The mean is exact; the
/// variance of the mixture is up to a quarter of a unit larger, since whole units cannot vary less. From
/// [`Units::MANY`] on it is normal.
#[derive(Clone, Debug, PartialEq)]
pub struct Units(Shape);

#[derive(Clone, Debug, PartialEq)]
enum Shape {
    None,
    Clumped(NegativeBinomial),
    Even(Poisson),
    /// Fewer trials, more trials, and how likely the more.
    Steady(Binomial, Binomial, f64),
    Many(Normal),
}

impl Units {
    /// Mean from which counts are as good as normal.
    pub const MANY: f64 = 10_000.0;
    /// How far variance and mean may be apart, as a part of the mean, to be the same.
    const SAME: f64 = 1e-6;

    /// Demand with this mean and variance, in units.
    ///
    /// # Errors
    /// One of them is negative or no number.
    pub fn new(mean: f64, variance: f64) -> Result<Self, Error> {
        for (field, found) in [("mean", mean), ("variance", variance)] {
            check(field, found, found.is_finite() && found >= 0.0, "zero or more")?;
        }
        let odd = || Error::Option { field: "variance", found: variance, wanted: "one that a count can have" };
        if mean <= 1e-9 {
            return Ok(Self(Shape::None));
        }
        let shape = if mean >= Self::MANY {
            Shape::Many(Normal::new(mean, variance.sqrt().max(f64::MIN_POSITIVE)).map_err(|_| odd())?)
        } else if variance > mean * (1.0 + Self::SAME) {
            let probability = mean / variance;
            let size = mean * mean / (variance - mean);
            Shape::Clumped(NegativeBinomial::new(size, probability).map_err(|_| odd())?)
        } else if variance < mean * (1.0 - Self::SAME) {
            let trials = mean * mean / (mean - variance);
            let (fewer, probability) = (trials.floor() as u64, ((mean - variance) / mean).clamp(0.0, 1.0));
            let of = |trials| Binomial::new(probability, trials).map_err(|_| odd());
            Shape::Steady(of(fewer)?, of(fewer + 1)?, trials - trials.floor())
        } else {
            Shape::Even(Poisson::new(mean).map_err(|_| odd())?)
        };
        Ok(Self(shape))
    }

    /// The probability that more than this is demanded: a fraction. More than less than nothing always is.
    #[must_use]
    pub fn exceeds(&self, units: i64) -> f64 {
        let Ok(units) = u64::try_from(units) else { return 1.0 };
        match &self.0 {
            Shape::None => 0.0,
            Shape::Clumped(clumped) => clumped.sf(units),
            Shape::Even(even) => even.sf(units),
            Shape::Steady(fewer, more, share) => (1.0 - share) * fewer.sf(units) + share * more.sf(units),
            Shape::Many(many) => many.sf(units as f64),
        }
    }

    /// The fewest units that suffice with this probability, a fraction below 1.
    #[must_use]
    pub fn quantile(&self, level: f64) -> i64 {
        let suffices = |units: i64| self.exceeds(units) <= 1.0 - level;
        let mut most = 1_i64;
        while !suffices(most) && most < i64::MAX / 4 {
            most *= 2;
        }
        let mut least = -1_i64;
        while most - least > 1 {
            let middle = i64::midpoint(least, most);
            if suffices(middle) { most = middle } else { least = middle }
        }
        most
    }
}

/// Days until what is on hand is sold at a steady pace; `None` where nothing sells.
#[must_use]
pub fn days_of_cover(on_hand: f64, daily: f64) -> Option<f64> {
    if daily > 0.0 { Some(on_hand.max(0.0) / daily) } else { None }
}

/// Days until what is on hand is sold if each day sells what `forecast` says, a part of a day counted as such; `None`
/// where it outlasts the forecast.
#[must_use]
pub fn forecast_cover(on_hand: f64, forecast: &[f64]) -> Option<f64> {
    let mut left = on_hand.max(0.0);
    for (day, demand) in forecast.iter().enumerate() {
        let demand = demand.max(0.0);
        if demand > left {
            return Some(day as f64 + left / demand);
        }
        left -= demand;
    }
    None
}

/// The quantity at which the year's cost of ordering equals that of holding: √(2·D·S/H) (Harris 1913). Costs in one unit
/// of money.
///
/// # Errors
/// A number is negative, or holding costs nothing.
pub fn order_quantity(annual_demand: f64, order_cost: f64, annual_holding_cost: f64) -> Result<f64, Error> {
    let fine = |value: f64| value.is_finite() && value >= 0.0;
    check("annual_demand", annual_demand, fine(annual_demand), "zero or more")?;
    check("order_cost", order_cost, fine(order_cost), "zero or more")?;
    check(
        "annual_holding_cost",
        annual_holding_cost,
        fine(annual_holding_cost) && annual_holding_cost > 0.0,
        "more than zero",
    )?;
    Ok((2.0 * annual_demand * order_cost / annual_holding_cost).sqrt())
}

/// How much to buy once for a season, and the service level that is worth it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SeasonOrder {
    /// (price − cost) / (price − salvage): a fraction.
    pub critical_ratio: f64,
    /// Units: mean + deviation · Φ⁻¹(critical ratio).
    pub quantity: f64,
}

/// The newsvendor's order for one season with normal demand (Arrow, Harris & Marschak 1951). Prices in one unit of money.
///
/// # Errors
/// Not salvage < cost < price, or the deviation is negative.
pub fn season_order(mean: f64, deviation: f64, price: f64, cost: f64, salvage: f64) -> Result<SeasonOrder, Error> {
    check("price", price, price > cost, "more than the cost")?;
    check("salvage", salvage, salvage < cost, "less than the cost")?;
    check("deviation", deviation, deviation.is_finite() && deviation >= 0.0, "zero or more")?;
    let critical_ratio = (price - cost) / (price - salvage);
    Ok(SeasonOrder { critical_ratio, quantity: mean + deviation * normal().inverse_cdf(critical_ratio) })
}

#[cfg(test)]
mod tests {
    use super::Units;

    /// P(D ≤ k) summed from the distribution's own recurrence, with nothing of the library's.
    fn sums(first: f64, next: impl Fn(f64) -> f64, count: usize) -> Vec<f64> {
        let (mut chance, mut total) = (first, first);
        (1..=count)
            .map(|k| {
                let before = total;
                chance *= next(k as f64);
                total += chance;
                before
            })
            .collect()
    }

    #[test]
    fn counts_are_those_of_the_three_classic_distributions() {
        // Poisson of 3; negative binomial of mean 3, variance 6 (r 3, p ½); binomial of mean 3, variance 2.1 (n 10, p 0.3).
        let poisson = sums((-3.0_f64).exp(), |k| 3.0 / k, 12);
        let clumped = sums(0.125, |k| (k + 2.0) / k * 0.5, 12);
        let steady = sums(0.7_f64.powi(10), |k| (11.0 - k) / k * 3.0 / 7.0, 10);
        for (variance, known) in [(3.0, poisson), (6.0, clumped), (2.1, steady)] {
            let units = Units::new(3.0, variance).unwrap();
            for (k, sum) in (0_i64..).zip(&known) {
                assert!((1.0 - units.exceeds(k) - sum).abs() < 1e-9, "{variance}: {k}");
            }
            let wanted = known.iter().position(|sum| *sum >= 0.95).unwrap();
            assert_eq!(units.quantile(0.95), i64::try_from(wanted).unwrap(), "{variance}");
        }
    }

    #[test]
    fn what_never_varies_needs_no_reserve() {
        let units = Units::new(42.0, 0.0).unwrap();
        assert_eq!(
            (units.quantile(0.5), units.quantile(0.999), units.exceeds(41), units.exceeds(42)),
            (42, 42, 1.0, 0.0)
        );
        let nearly = Units::new(42.006, 0.0).unwrap();
        assert_eq!((nearly.quantile(0.95), nearly.quantile(0.999)), (42, 43));
        assert!((nearly.exceeds(42) - 0.006).abs() < 1e-6);
    }

    #[test]
    fn the_edges_hold() {
        let none = Units::new(0.0, 0.0).unwrap();
        assert_eq!((none.quantile(0.99), none.exceeds(0), none.exceeds(-1)), (0, 0.0, 1.0));
        let many = Units::new(40_000.0, 1e6).unwrap();
        assert!((many.quantile(0.975) - 41_960).abs() <= 1);
        assert!(Units::new(-1.0, 1.0).is_err() && Units::new(1.0, f64::NAN).is_err());
    }
}
