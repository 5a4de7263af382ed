//! Attribution: which touchpoints get the credit for which order, and how much of it.
//!
//! Touches and orders come in, credits go out: [`attribute`] cuts a [`Journey`] of touches before each order, asks a
//! [`Model`] from the catalog ([`models`], [`model`]) for weights, and splits the order's value over them so that the
//! parts add up to it exactly in minor units. [`aggregate`] folds the credits by any key.
//!
//! Journeys that were aggregated to paths are counted by a [`Tally`]: the same rules ([`RuleTally`]), Markov removal
//! effects ([`MarkovTally`]), Shapley values ([`ShapleyRateTally`]), each with intervals by resampling ([`Bootstrap`]).
//! [`compare`] puts all of them side by side; [`Stacked`] calibrates them by experiments and combines them. What money is moved by is in [`Cost`] and [`Marginal`], with the models' [`disagreement`] beside it; [`reconcile`]
//! holds platforms' claims against orders.
//!
//! No SQL, no HTTP, no clock: whoever loads the rows decides the range, the identity of a person and which events
//! are touches. Spend and claims are the caller's, too.

mod aggregate;
mod bootstrap;
mod budget;
mod calibrated;
mod chain;
mod claim;
mod compare;
mod credit;
mod error;
mod grain;
mod incrementality;
mod journey;
mod markov;
mod model;
mod path;
mod rules;
mod shapley;
mod window;

pub use aggregate::{Totals, UNASSIGNED_CHANNEL, UNASSIGNED_SOURCE, aggregate};
pub use bootstrap::{Bootstrap, Interval, Intervals};
pub use budget::{Cost, Disagreement, Marginal, at_least_double, disagreement, distance};
pub use calibrated::{Incremental, Measured, Stacked, Stacking};
pub use claim::{Claim, Claimed, PlatformClaims, reconcile};
pub use compare::{Compared, Comparing, Comparison, compare};
pub use credit::{Attributed, Credit, attribute, attribute_within, split};
pub use error::AttributionError;
pub use grain::Grain;
pub use incrementality::{
    BeforeAfter, Calibration, Difference, Estimate, Holdout, IncrementalityError, Synthetic, before_and_after,
    difference_in_differences, holdout, synthetic_control,
};
pub use journey::{
    Conversion, DEFAULT_WINDOW_DAYS, Journey, MAX_WINDOW_DAYS, Order, Touch, TouchKind, Touches, window_ms,
};
pub use markov::{MAX_EDGES, MAX_ORDER, MAX_STATES, Markov, MarkovTally, Nulls, Transition, Walk};
pub use model::{DEFAULT_MODEL, Descriptor, Model, Parameter, Parameters, Scorer, model, models};
pub use path::{ChannelCredit, ChannelId, Channels, MAX_CHANNELS, Outcome, Path, Paths, SEPARATOR, Tally};
pub use rules::{Adjustment, Condition, DIRECT_CHANNEL, Place, Rule, RuleTally, Step};
pub use shapley::{MAX_RATE_CHANNELS, ShapleyRateTally};
pub use window::Windows;
