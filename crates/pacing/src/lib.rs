//! How fast a budget is to be spent, and by which ad set.
//!
//! [`Standing`] says how a flight stands against an even spend; [`Rhythm`] learns when of the week money can be spent;
//! [`Pacer`] holds a flight to its rhythm, hour by hour; [`divide`] moves a day's money to where its next unit brings most.
//!
//! Pure: hours, amounts and states come in, no clock. Money is integer minor units of one currency. Methods and their
//! limits: `docs/science.md`.

mod control;
mod division;
mod rhythm;
mod standing;

pub use control::{Flight, Limits, Pacer};
pub use division::{AdSet, Division, Power, divide};
pub use mmm::budget::Response;
pub use rhythm::{HOURS_OF_WEEK, Observation, Rhythm};
pub use standing::Standing;

/// Why nothing is paced.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// A number is out of bounds.
    #[error("{what} is {found}, it must be {wanted}")]
    Number {
        /// Which one.
        what: &'static str,
        /// What it says.
        found: f64,
        /// What it may say.
        wanted: &'static str,
    },
    /// The budgets cannot be divided.
    #[error(transparent)]
    Division(#[from] mmm::budget::Error),
}

pub(crate) fn within(what: &'static str, found: f64, low: f64, high: f64, wanted: &'static str) -> Result<(), Error> {
    if found.is_finite() && (low..=high).contains(&found) { Ok(()) } else { Err(Error::Number { what, found, wanted }) }
}
