//! What comes next: forecasts with intervals, backtests, reconciliation over a hierarchy, stock.
//!
//! A series is a value for each period, equally spaced, gaps allowed. [`forecast`] answers for every series that has at
//! least one value: it tells what kind of series it is, fits the models that suit the kind, takes their median, and
//! measures on the series itself how wrong that would have been; the intervals come from those errors. The single models
//! are those of `anofox-forecast`; the choice, the combination, the intervals and the fallback are ours.
//!
//! Pure: no clock, no randomness, no threads. Methods and their limits: `docs/science.md`.

pub mod accuracy;
mod combine;
pub mod hierarchy;
mod history;
pub mod inventory;
mod member;
mod regressor;
mod split;

use serde::Serialize;

pub use combine::{Backtest, Interval, Origin};
pub use history::Kind;
pub use member::Member;
pub use regressor::{Effect, Regressor};

use history::History;

/// Most periods ahead.
pub const MAX_HORIZON: usize = 366;
/// Longest season.
pub const MAX_SEASON: usize = 366;
/// Most values of a history that are read: the last ones.
pub const MAX_HISTORY: usize = 10_000;

/// What is asked of a forecast.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Periods ahead, 1 to [`MAX_HORIZON`].
    pub horizon: usize,
    /// Periods after which the pattern repeats: 7 for days, 52 for weeks, 12 for months; 1 for none.
    pub season: usize,
    /// How much of what comes each interval is to hold: fractions between 0 and 1.
    pub levels: Vec<f64>,
    /// What is known of the periods, past and coming: holidays, promotions, prices.
    pub regressors: Vec<Regressor>,
}

/// Why nothing is forecast.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// An option is out of bounds.
    #[error("{field} is {found}, it must be {wanted}")]
    Option {
        /// Which one.
        field: &'static str,
        /// What it says.
        found: f64,
        /// What it may say.
        wanted: &'static str,
    },
    /// There is not a single value.
    #[error("the series has no value")]
    NoValue,
}

/// What comes next.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Forecast {
    /// What kind of series it is.
    pub kind: Kind,
    /// The models whose median it is.
    pub members: Vec<Member>,
    /// The forecast, a value for each period ahead, in the series' unit.
    pub mean: Vec<f64>,
    /// The intervals, in the order asked for.
    pub intervals: Vec<Interval>,
    /// How the same models would have done at earlier origins.
    pub backtest: Backtest,
    /// What each regressor adds per unit of its own.
    pub effects: Vec<Effect>,
    /// How many missing values were filled in.
    pub filled: usize,
}

/// Forecasts one series.
///
/// # Errors
/// An option is out of bounds, or there is no value.
pub fn forecast(observed: &[Option<f64>], options: &Options) -> Result<Forecast, Error> {
    options.check(observed.len())?;
    let skipped = observed.len().saturating_sub(MAX_HISTORY);
    let recent = observed.get(skipped..).unwrap_or(observed);
    let regression = regressor::fit(recent, skipped, options.season, &options.regressors);
    let history = History::of(&regression.without(recent)).ok_or(Error::NoValue)?;
    let mut combined = combine::combine(&history, options.season, options.horizon, &options.levels);
    regression.put_back(&mut combined, observed.len() - history.values.len(), observed.len());
    Ok(Forecast {
        kind: history.kind,
        members: combined.members,
        mean: combined.mean,
        intervals: combined.intervals,
        backtest: combined.backtest,
        effects: regression.effects,
        filled: history.filled,
    })
}

impl Options {
    fn check(&self, observed: usize) -> Result<(), Error> {
        let within = |field, found: usize, most: usize, wanted| {
            if (1..=most).contains(&found) { Ok(()) } else { Err(Error::Option { field, found: found as f64, wanted }) }
        };
        within("horizon", self.horizon, MAX_HORIZON, "1 to 366")?;
        within("season", self.season, MAX_SEASON, "1 to 366")?;
        let wanted = observed + self.horizon;
        if let Some(regressor) = self.regressors.iter().find(|regressor| regressor.values.len() != wanted) {
            let found = regressor.values.len() as f64;
            return Err(Error::Option {
                field: "regressors",
                found,
                wanted: "one value for each period, past and coming",
            });
        }
        if self.regressors.iter().flat_map(|regressor| &regressor.values).any(|value| !value.is_finite()) {
            return Err(Error::Option { field: "regressors", found: f64::NAN, wanted: "numbers" });
        }
        match self.levels.iter().find(|level| !(**level > 0.0 && **level < 1.0)) {
            Some(found) => Err(Error::Option { field: "levels", found: *found, wanted: "between 0 and 1" }),
            None => Ok(()),
        }
    }
}
