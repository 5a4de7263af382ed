//! Holding a flight to its rhythm: how much of what could be spent is let through, hour by hour.

use serde::{Deserialize, Serialize};

use crate::{Error, Rhythm, within};

/// A budget and the hours it is for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flight {
    /// Minor units.
    pub budget: i64,
    /// Hours from start to end.
    pub hours: usize,
    /// The first hour, counted from Monday 0:00 of the site's wall clock.
    pub starts_at: usize,
    /// When of the week money can be spent.
    pub rhythm: Rhythm,
}

/// How far control may go.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Most of an hour's plan that is spent to catch up: 1.5 is half as much again.
    pub catch_up: f64,
    /// Share of what the flight is behind or ahead that an hour makes good.
    pub correction: f64,
    /// Most that the throttle rises in an hour: a fraction of 1. It falls as fast as it must.
    pub rise: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { catch_up: 1.5, correction: 0.5, rise: 0.25 }
    }
}

/// What is remembered between two hours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pacer {
    /// Minor units spent.
    pub spent: i64,
    /// Share of demand that is let through, 0 to 1.
    pub throttle: f64,
    /// Recent spend, older hours counting less.
    recent: f64,
    /// What of a usual hour's demand was let through in the same hours, counted alike.
    let_through: f64,
}

/// What an hour's observation still counts after an hour: the estimate rests on about the last ten.
const KEPT: f64 = 0.9;
/// Usual hours that the first guess weighs: demand as it must be for the budget to be spent.
const GUESS: f64 = 1.0;

impl Flight {
    /// Checks the numbers.
    ///
    /// # Errors
    /// The first one that is out of bounds.
    pub fn check(&self) -> Result<(), Error> {
        within("the budget", self.budget as f64, 0.0, 9e15, "0 or more")?;
        within("the flight's hours", self.hours as f64, 1.0, 24.0 * 366.0, "1 to 8784")
    }

    /// What is planned for an hour: the budget, by rhythm.
    #[must_use]
    pub fn planned(&self, hour: usize) -> f64 {
        if hour >= self.hours {
            return 0.0;
        }
        self.budget as f64 * self.rhythm.factor(self.starts_at + hour) / self.weight(0)
    }

    /// What is planned to be spent before an hour begins.
    #[must_use]
    pub fn planned_before(&self, hour: usize) -> f64 {
        self.budget as f64 * (1.0 - self.weight(hour) / self.weight(0))
    }

    /// Rhythm of the hours from `hour` to the end.
    fn weight(&self, hour: usize) -> f64 {
        (hour..self.hours).map(|hour| self.rhythm.factor(self.starts_at + hour)).sum()
    }
}

impl Limits {
    /// Checks the limits.
    ///
    /// # Errors
    /// The first one that is out of bounds.
    pub fn check(&self) -> Result<(), Error> {
        within("catch_up", self.catch_up, 1.0, 10.0, "1 to 10")?;
        within("correction", self.correction, 0.0, 1.0, "0 to 1")?;
        within("rise", self.rise, 0.01, 1.0, "0.01 to 1")
    }
}

impl Pacer {
    /// Before the first hour. `demand` is what a usual hour could spend if nothing slowed it, minor units, where that is
    /// known; else it is taken to be what the budget asks for.
    #[must_use]
    pub fn new(flight: &Flight, demand: Option<f64>) -> Self {
        let usual = flight.budget as f64 / flight.weight(0).max(f64::MIN_POSITIVE);
        let demand = demand.filter(|demand| demand.is_finite() && *demand > 0.0).unwrap_or(usual);
        Self { spent: 0, throttle: (usual / demand).clamp(0.0, 1.0), recent: demand * GUESS, let_through: GUESS }
    }

    /// Sets the throttle for an hour: what is planned plus a part of what is missing, within the limits, over what the hour
    /// could spend. 0 once the budget is spent or the flight is over.
    #[must_use]
    pub fn aim(mut self, flight: &Flight, limits: &Limits, hour: usize) -> Self {
        let left = flight.budget - self.spent;
        if left <= 0 || hour >= flight.hours {
            self.throttle = 0.0;
            return self;
        }
        let planned = flight.planned(hour);
        let missing = flight.planned_before(hour) - self.spent as f64;
        let wanted = (planned + limits.correction * missing).clamp(0.0, limits.catch_up * planned).min(left as f64);
        let usual = self.recent / self.let_through.max(f64::MIN_POSITIVE);
        let demand = usual * flight.rhythm.factor(flight.starts_at + hour);
        let throttle = if demand > 0.0 { wanted / demand } else { 1.0 };
        self.throttle = throttle.min(self.throttle + limits.rise).clamp(0.0, 1.0);
        self
    }

    /// Takes up what an hour spent under the present throttle, minor units.
    #[must_use]
    pub fn seen(mut self, flight: &Flight, hour: usize, spend: i64) -> Self {
        let through = self.throttle * flight.rhythm.factor(flight.starts_at + hour);
        self.spent = self.spent.saturating_add(spend);
        // An hour that was shut says nothing of demand.
        if through > 0.0 {
            self.recent = KEPT * self.recent + spend.max(0) as f64;
            self.let_through = KEPT * self.let_through + through;
        }
        self
    }
}
