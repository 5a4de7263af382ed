//! How a flight stands against an even spend.

use serde::{Deserialize, Serialize};

use crate::{Error, within};

/// A flight's standing, amounts in minor units; fractions of one, since they are averages.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// What an even spend would have spent: budget · elapsed / days.
    pub ideal: f64,
    /// Spent / ideal; above 1 is too fast. Nothing before the flight begins.
    pub pace_ratio: Option<f64>,
    /// Budget less spent; below 0 when it is overspent.
    pub remaining: i64,
    /// Remaining / days left: below 0 says that nothing may be spent. Nothing once the flight is over.
    pub daily: Option<f64>,
    /// What will be spent by the end at the pace so far: spent · days / elapsed. Nothing before the flight begins.
    pub projected: Option<f64>,
    /// Projected / budget − 1: by how much the budget would be exceeded, a fraction.
    pub projected_over: Option<f64>,
}

impl Standing {
    /// The standing after `elapsed` of `days` days, parts of days allowed.
    ///
    /// # Errors
    /// The budget is not above 0, or the days are not: 0 ≤ elapsed ≤ days, days above 0.
    pub fn new(budget: i64, days: f64, elapsed: f64, spent: i64) -> Result<Self, Error> {
        within("the budget", budget as f64, 1.0, 9e15, "1 or more")?;
        within("days", days, f64::MIN_POSITIVE, 1e5, "above 0")?;
        within("elapsed", elapsed, 0.0, days, "from 0 to the flight's days")?;
        let (all, gone) = (budget as f64, spent as f64);
        let ideal = all * elapsed / days;
        let projected = (elapsed > 0.0).then(|| gone * days / elapsed);
        let remaining = budget - spent;
        Ok(Self {
            ideal,
            pace_ratio: (ideal > 0.0).then(|| gone / ideal),
            remaining,
            daily: (elapsed < days).then(|| remaining as f64 / (days - elapsed)),
            projected,
            projected_over: projected.map(|projected| projected / all - 1.0),
        })
    }
}
