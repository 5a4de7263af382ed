//! A rate by itself, and two rates in the classical pooled test.

use crate::density::{normal_above, normal_quantile};
use crate::{Interval, Refused, error_rate};
use serde::{Deserialize, Serialize};
use statrs::distribution::{Beta, Continuous as _, ContinuousCDF as _};

fn checked(successes: f64, trials: f64) -> Result<f64, Refused> {
    if trials.is_finite() && trials > 0.0 && (0.0..=trials).contains(&successes) {
        Ok(successes / trials)
    } else {
        Err(Refused::OutOfBounds {
            field: "successes",
            found: successes,
            wanted: "0 to the trials, of which there are some",
        })
    }
}

/// Wilson's score interval (Wilson 1927).
///
/// # Errors
/// Successes beyond the trials, or an error rate that is none.
pub fn wilson(successes: f64, trials: f64, alpha: f64) -> Result<Interval, Refused> {
    let rate = checked(successes, trials)?;
    let z = normal_quantile(1.0 - error_rate(alpha)? / 2.0);
    let weight = z * z / trials;
    let middle = (rate + weight / 2.0) / (1.0 + weight);
    let half = z / (1.0 + weight) * (rate * (1.0 - rate) / trials + weight / (4.0 * trials)).sqrt();
    Ok(Interval::around(middle, half))
}

/// Jeffreys' interval: the quantiles of Beta(s + ½, n − s + ½).
///
/// # Errors
/// Successes beyond the trials, or an error rate that is none.
pub fn jeffreys(successes: f64, trials: f64, alpha: f64) -> Result<Interval, Refused> {
    checked(successes, trials)?;
    let alpha = error_rate(alpha)?;
    let beta = Beta::new(successes + 0.5, trials - successes + 0.5).map_err(|_| Refused::OutOfBounds {
        field: "trials",
        found: trials,
        wanted: "above 0",
    })?;
    Ok(Interval { low: Some(beta.inverse_cdf(alpha / 2.0)), high: Some(beta.inverse_cdf(1.0 - alpha / 2.0)) })
}

/// The density of what is believed of a rate from a uniform prior, Beta(1 + s, 1 + n − s), at some rates. Nothing where
/// there is no such distribution.
#[must_use]
pub fn density(successes: f64, trials: f64, at: &[f64]) -> Vec<f64> {
    Beta::new(1.0 + successes, 1.0 + trials - successes)
        .map_or_else(|_| vec![0.0; at.len()], |beta| at.iter().map(|rate| beta.pdf(*rate)).collect())
}

/// Two rates compared.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pooled {
    /// (b − a) in standard errors of the pooled rate.
    pub z: f64,
    /// Two-sided.
    pub p_value: f64,
}

/// The pooled two-sided z test of two (successes, trials).
///
/// # Errors
/// Successes beyond the trials, or a pooled rate of 0 or 1.
pub fn pooled(control: (f64, f64), variant: (f64, f64)) -> Result<Pooled, Refused> {
    let difference = checked(variant.0, variant.1)? - checked(control.0, control.1)?;
    let rate = (control.0 + variant.0) / (control.1 + variant.1);
    let variance = rate * (1.0 - rate) * (1.0 / control.1 + 1.0 / variant.1);
    if variance <= 0.0 {
        return Err(Refused::NoVariance("the pooled rate"));
    }
    let z = difference / variance.sqrt();
    Ok(Pooled { z, p_value: 2.0 * normal_above(z.abs()) })
}
