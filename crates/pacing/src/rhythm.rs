//! When of the week money can be spent: what is usual at each hour of each weekday.

use serde::{Deserialize, Serialize};

use crate::{Error, within};

/// Hours of a week, counted from Monday 0:00 on the site's wall clock.
pub const HOURS_OF_WEEK: usize = 168;
/// Days that "every day is alike" weighs against what was seen of a weekday.
const DAYS_ALIKE: f64 = 2.0;
/// Days that "every hour is alike" weighs against what was seen of an hour.
const HOURS_ALIKE: f64 = 2.0;
/// Weeks that "weekday times hour" weighs against what was seen of that hour of that weekday.
const WEEKS_ALIKE: f64 = 4.0;

/// What an hour could have spent, or brought.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// Hour of the week, 0 to 167.
    pub hour: usize,
    /// Spend of an hour that nothing slowed, or spend / throttle of one that was; or visits, or sales. Any one unit.
    pub amount: f64,
}

/// How much of the usual each hour of the week has: 1 on average.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rhythm(Vec<f64>);

impl Default for Rhythm {
    fn default() -> Self {
        Self(vec![1.0; HOURS_OF_WEEK])
    }
}

#[derive(Clone, Copy, Default)]
struct Seen {
    amount: f64,
    expected: f64,
}

impl Seen {
    /// (seen + prior) / (expected + prior): drawn to 1 by as much as `prior` of what is expected would weigh.
    fn factor(self, prior: f64) -> f64 {
        (self.amount + prior) / (self.expected + prior)
    }
}

impl Rhythm {
    /// Learns from hours in any order, missing ones allowed: the weekday's factor, then the hour's within the weekday's,
    /// then the single hour's within both, each drawn to 1 while little is seen.
    ///
    /// # Errors
    /// An hour beyond the week, or an amount that is not a number from 0 on.
    pub fn learn(seen: &[Observation]) -> Result<Self, Error> {
        for one in seen {
            within("an hour", one.hour as f64, 0.0, HOURS_OF_WEEK as f64 - 1.0, "0 to 167")?;
            within("an amount", one.amount, 0.0, f64::MAX, "0 or more")?;
        }
        let mean = seen.iter().map(|one| one.amount).sum::<f64>() / seen.len().max(1) as f64;
        if !(mean > 0.0 && mean.is_finite()) {
            return Ok(Self::default());
        }
        let gather = |size: usize, place: &dyn Fn(usize) -> usize, expected: &dyn Fn(usize) -> f64| -> Vec<Seen> {
            let mut all = vec![Seen::default(); size];
            for one in seen {
                if let Some(slot) = all.get_mut(place(one.hour)) {
                    slot.amount += one.amount / mean;
                    slot.expected += expected(one.hour);
                }
            }
            all
        };
        let factors = |all: Vec<Seen>, prior: f64| all.into_iter().map(|seen| seen.factor(prior)).collect::<Vec<f64>>();
        let at = |factors: &[f64], place: usize| factors.get(place).copied().unwrap_or(1.0);
        let days = factors(gather(7, &|hour| hour / 24, &|_| 1.0), DAYS_ALIKE * 24.0);
        let hours = factors(gather(24, &|hour| hour % 24, &|hour| at(&days, hour / 24)), HOURS_ALIKE);
        let both = |hour: usize| at(&days, hour / 24) * at(&hours, hour % 24);
        let cells = gather(HOURS_OF_WEEK, &|hour| hour, &both);
        let mut week: Vec<f64> = cells
            .into_iter()
            .enumerate()
            .map(|(hour, seen)| both(hour) * seen.factor(WEEKS_ALIKE * both(hour).max(1e-9)))
            .collect();
        let mean = week.iter().sum::<f64>() / week.len() as f64;
        week.iter_mut().for_each(|factor| *factor /= mean);
        Ok(Self(week))
    }

    /// An hour's factor, any whole number of hours from Monday 0:00.
    #[must_use]
    pub fn factor(&self, hour: usize) -> f64 {
        self.0.get(hour % HOURS_OF_WEEK).copied().unwrap_or(1.0)
    }
}
