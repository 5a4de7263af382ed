//! Stock: how long it lasts, how likely it runs out, when and how much to order.
//!
//! Demand over the lead time is taken as normal (Silver, Pyke & Thomas, *Inventory and Production Management in Supply
//! Chains*, 2017, ch. 6); for demand that is mostly zero that is rough, and the quantiles of [`crate::forecast`]'s interval
//! say more. Quantities are in units, times in days.

use serde::Serialize;
use statrs::distribution::{Continuous as _, ContinuousCDF as _, Normal};

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
