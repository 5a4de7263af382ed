//! Before: how many visitors an experiment needs, what it can detect with those it has, how long that takes.
//!
//! Normal approximation, two-sided. Exact small-sample power differs by a few units at rates of some per cent.

use crate::density::{normal_above, normal_below, normal_quantile};
use crate::{Refused, between, error_rate, sequential};
use serde::{Deserialize, Serialize};

/// What is measured, as it is now.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Metric {
    /// A rate of visitors.
    Proportion {
        /// A fraction.
        rate: f64,
    },
    /// A number per visitor.
    Mean {
        /// Mean.
        mean: f64,
        /// Standard deviation between visitors; after CUPED, what is left of it.
        sd: f64,
    },
}

/// How the variance of two rates is taken. They differ by a few in a thousand; the planner takes [`Method::Unpooled`], as
/// the test does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Each by its own rate (Wald).
    #[default]
    Unpooled,
    /// Under no difference by the pooled rate (Fleiss).
    Pooled,
    /// On arcsines, which makes it constant (Cohen's h; as statsmodels).
    Arcsine,
}

/// When it is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Looks {
    /// Once, at the end.
    #[default]
    Once,
    /// Whenever one likes; the interval is [`sequential`]'s, and the units are those after which it decides with the
    /// power asked for even if nobody looked before: an upper bound.
    Any {
        /// Units of both around which it is tightest.
        tuning: f64,
    },
}

/// What is asked of an experiment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Design {
    /// The metric.
    pub metric: Metric,
    /// False alarms over all comparisons: 0.05.
    pub alpha: f64,
    /// Probability to find the lift where it exists: 0.8.
    pub power: f64,
    /// Variants, the control among them. Alpha is divided among the comparisons (Bonferroni).
    pub variants: u32,
    /// When it is looked at.
    #[serde(default)]
    pub looks: Looks,
    /// How the variance is taken; for a mean it makes no difference.
    #[serde(default)]
    pub method: Method,
}

/// Greatest number of units a plan goes to.
const MOST: f64 = 1e15;
const STEPS: u32 = 200;

impl Design {
    fn checked(&self) -> Result<f64, Refused> {
        between("power", self.power, 0.0, 1.0, "between 0 and 1")?;
        if self.variants < 2 {
            return Err(Refused::OutOfBounds {
                field: "variants",
                found: f64::from(self.variants),
                wanted: "2 or more",
            });
        }
        match self.metric {
            Metric::Proportion { rate } => between("rate", rate, 0.0, 1.0, "between 0 and 1")?,
            Metric::Mean { mean, sd } => {
                if mean == 0.0 || !mean.is_finite() {
                    return Err(Refused::BaselineZero);
                }
                between("sd", sd, 0.0, f64::INFINITY, "above 0")?
            }
        };
        if let Looks::Any { tuning } = self.looks {
            between("tuning", tuning, 0.0, f64::INFINITY, "above 0")?;
        }
        Ok(error_rate(self.alpha)? / f64::from(self.variants - 1))
    }

    /// (difference, standard deviation of it by unit under none, under it) for a relative lift.
    fn shift(&self, lift: f64) -> Result<(f64, f64, f64), Refused> {
        match self.metric {
            Metric::Mean { mean, sd } => {
                let both = (2.0 * sd * sd).sqrt();
                Ok(((mean * lift).abs(), both, both))
            }
            Metric::Proportion { rate } => {
                let other = rate * (1.0 + lift);
                if !(other > 0.0 && other < 1.0) {
                    return Err(Refused::OutOfBounds {
                        field: "lift",
                        found: lift,
                        wanted: "one that leaves a rate between 0 and 1",
                    });
                }
                let own = (rate * (1.0 - rate) + other * (1.0 - other)).sqrt();
                Ok(match self.method {
                    Method::Unpooled => ((other - rate).abs(), own, own),
                    Method::Pooled => {
                        let middle = f64::midpoint(rate, other);
                        ((other - rate).abs(), (2.0 * middle * (1.0 - middle)).sqrt(), own)
                    }
                    Method::Arcsine => {
                        let h = 2.0 * (other.sqrt().asin() - rate.sqrt().asin());
                        (h.abs(), 2.0_f64.sqrt(), 2.0_f64.sqrt())
                    }
                })
            }
        }
    }

    /// Probability to find a relative lift with so many units a variant.
    ///
    /// # Errors
    /// A number that is out of bounds, by name.
    pub fn power(&self, lift: f64, units: f64) -> Result<f64, Refused> {
        let alpha = self.checked()?;
        between("units", units, 0.0, f64::INFINITY, "above 0")?;
        let (difference, none, own) = self.shift(lift)?;
        let z = match self.looks {
            Looks::Once => normal_quantile(1.0 - alpha / 2.0),
            Looks::Any { tuning } => sequential::reach(2.0 * units, alpha, tuning),
        };
        let (bound, middle) = (z * none / own, difference * units.sqrt() / own);
        Ok(normal_above(bound - middle) + normal_below(-bound - middle))
    }

    /// Units each variant needs to find a relative lift; not rounded.
    ///
    /// # Errors
    /// A number that is out of bounds, by name; a lift of 0 cannot be found.
    pub fn units(&self, lift: f64) -> Result<f64, Refused> {
        let alpha = self.checked()?;
        let (difference, none, own) = self.shift(lift)?;
        if difference == 0.0 {
            return Err(Refused::OutOfBounds { field: "lift", found: lift, wanted: "other than 0" });
        }
        if self.looks == Looks::Once && self.method != Method::Arcsine {
            let reach = normal_quantile(1.0 - alpha / 2.0) * none + normal_quantile(self.power) * own;
            return Ok((reach / difference).powi(2));
        }
        solve(1.0, MOST, |units| Ok(self.power(lift, units)? >= self.power))
    }

    /// The least relative lift upwards that so many units a variant find.
    ///
    /// # Errors
    /// A number that is out of bounds, by name; or no lift would be found.
    pub fn detectable(&self, units: f64) -> Result<f64, Refused> {
        self.checked()?;
        let most = match self.metric {
            Metric::Proportion { rate } => (1.0 - rate) / rate * (1.0 - 1e-12),
            Metric::Mean { .. } => MOST,
        };
        if self.power(most, units)? < self.power {
            return Err(Refused::OutOfBounds {
                field: "units",
                found: units,
                wanted: "enough to find any lift at all",
            });
        }
        solve(0.0, most, |lift| Ok(self.power(lift, units)? >= self.power))
    }
}

/// Where a condition that stays true once it is begins to hold between `low` and `high`.
fn solve(mut low: f64, mut high: f64, holds: impl Fn(f64) -> Result<bool, Refused>) -> Result<f64, Refused> {
    for _ in 0..STEPS {
        // Halving magnitudes first, then distances.
        let middle = if low > 0.0 && high / low > 4.0 { (low * high).sqrt() } else { f64::midpoint(low, high) };
        if middle <= low || middle >= high {
            break;
        }
        if holds(middle)? {
            high = middle;
        } else {
            low = middle;
        }
    }
    Ok(high)
}

/// How long it takes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Duration {
    /// Visitors each variant needs.
    pub units: u64,
    /// Visitors in all.
    pub total: u64,
    /// Days until they have come.
    pub days: u64,
    /// Whole weeks to run, so that every weekday counts alike.
    pub weeks: u64,
}

/// Days until every variant has its units, at so many new visitors a day of whom a share takes part.
///
/// # Errors
/// As [`Design::units`]; or nobody comes.
pub fn duration(design: &Design, lift: f64, visitors_a_day: f64, share: f64) -> Result<Duration, Refused> {
    between("visitors_a_day", visitors_a_day, 0.0, f64::INFINITY, "above 0")?;
    if share != 1.0 {
        between("share", share, 0.0, 1.0, "above 0, at most 1")?;
    }
    let units = design.units(lift)?.ceil();
    let total = units * f64::from(design.variants);
    let days = (total / (visitors_a_day * share)).ceil();
    Ok(Duration { units: units as u64, total: total as u64, days: days as u64, weeks: (days / 7.0).ceil() as u64 })
}
