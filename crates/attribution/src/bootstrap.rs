//! Intervals by resampling journeys.
//!
//! Each replicate counts every journey a Poisson(1) number of times (Chamandy, Muralidharan, Najmi & Naidu, "Estimating
//! uncertainty for massive data streams", 2012): the bootstrap that works on a stream, because no journey needs to know
//! how many others there are. A row of n journeys is counted Poisson(n) times. The value of a row's conversions is known
//! only as a sum, so each is taken to be worth the row's mean; intervals for value are the narrower the more rows are
//! aggregated.

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, Poisson};
use serde::Serialize;

use crate::{
    AttributionError,
    path::{ChannelCredit, Outcome, Path, Tally},
};

/// Fewest and most replicates.
const REPLICATES: std::ops::RangeInclusive<usize> = 20..=10_000;

/// A model, and as many copies of it as there are replicates, each of which sees its own resample.
#[derive(Debug, Clone)]
pub struct Bootstrap<T> {
    tally: T,
    replicates: Vec<T>,
    dice: ChaCha8Rng,
}

/// Where a figure lies in the middle `level` of the replicates.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// The intervals of one channel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Intervals {
    /// Of its conversions.
    pub conversions: Interval,
    /// Of its value.
    pub value: Interval,
}

impl<T: Tally + Clone> Bootstrap<T> {
    /// A bootstrap of a model that has counted nothing yet. The same seed, paths and order of paths give the same
    /// intervals.
    ///
    /// # Errors
    /// [`AttributionError::BadBootstrap`] for fewer than 20 or more than 10,000 replicates.
    pub fn new(empty: T, replicates: usize, seed: u64) -> Result<Self, AttributionError> {
        check(replicates, 0.95)?;
        Ok(Self { replicates: vec![empty.clone(); replicates], tally: empty, dice: ChaCha8Rng::seed_from_u64(seed) })
    }

    /// The model itself, which counts every journey once.
    #[must_use]
    pub fn tally(&self) -> &T {
        &self.tally
    }

    /// The intervals of every channel, by number.
    ///
    /// # Errors
    /// A `level` outside 0.5 to 0.999; or the model cannot answer.
    pub fn intervals(&self, level: f64) -> Result<Vec<Intervals>, AttributionError> {
        check(self.replicates.len(), level)?;
        let answers: Vec<Vec<ChannelCredit>> =
            self.replicates.iter().map(Tally::credits).collect::<Result<_, AttributionError>>()?;
        Ok(between(&answers, level))
    }

    fn drawn(&mut self, count: f64) -> f64 {
        if count <= 0.0 {
            return 0.0;
        }
        // Beyond what the distribution takes a count varies by less than its rounding.
        Poisson::new(count).map_or(count, |poisson| poisson.sample(&mut self.dice))
    }
}

impl<T: Tally + Clone> Tally for Bootstrap<T> {
    fn add(&mut self, path: Path<'_>, outcome: Outcome) -> Result<(), AttributionError> {
        self.tally.add(path, outcome)?;
        for at in 0..self.replicates.len() {
            let conversions = self.drawn(outcome.conversions);
            let nulls = self.drawn(outcome.nulls);
            let value = if outcome.conversions > 0.0 {
                outcome.value * conversions / outcome.conversions
            } else {
                outcome.value
            };
            if let Some(replicate) = self.replicates.get_mut(at) {
                replicate.add(path, Outcome { conversions, value, nulls })?;
            }
        }
        Ok(())
    }

    fn credits(&self) -> Result<Vec<ChannelCredit>, AttributionError> {
        self.tally.credits()
    }
}

/// Checks how many replicates there are to be and what their intervals are to hold.
pub(crate) fn check(replicates: usize, level: f64) -> Result<(), AttributionError> {
    if !REPLICATES.contains(&replicates) {
        return Err(AttributionError::BadBootstrap {
            field: "bootstrap",
            found: replicates as f64,
            min: *REPLICATES.start() as f64,
            max: *REPLICATES.end() as f64,
        });
    }
    if !(0.5..=0.999).contains(&level) {
        return Err(AttributionError::BadBootstrap { field: "level", found: level, min: 0.5, max: 0.999 });
    }
    Ok(())
}

/// Where the middle `level` of the replicates' answers lies, by channel.
pub(crate) fn between(answers: &[Vec<ChannelCredit>], level: f64) -> Vec<Intervals> {
    let channels = answers.iter().map(Vec::len).max().unwrap_or(0);
    let interval = |at: usize, figure: fn(&ChannelCredit) -> f64| {
        let mut found: Vec<f64> = answers.iter().map(|answer| answer.get(at).map_or(0.0, figure)).collect();
        found.sort_unstable_by(f64::total_cmp);
        Interval { low: quantile(&found, (1.0 - level) / 2.0), high: quantile(&found, f64::midpoint(1.0, level)) }
    };
    (0..channels)
        .map(|at| Intervals {
            conversions: interval(at, |credit| credit.conversions),
            value: interval(at, |credit| credit.value),
        })
        .collect()
}

/// The quantile of sorted figures, by linear interpolation (type 7 of Hyndman & Fan, 1996).
fn quantile(sorted: &[f64], p: f64) -> f64 {
    let position = p * sorted.len().saturating_sub(1) as f64;
    let below = position.floor();
    let at = below as usize;
    let low = sorted.get(at).copied().unwrap_or(0.0);
    let high = sorted.get(at + 1).copied().unwrap_or(low);
    low + (high - low) * (position - below)
}
