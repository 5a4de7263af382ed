//! Attribution: which touchpoints get the credit for which order, and how much of it.
//!
//! Touches and orders come in, credits go out: [`attribute`] cuts a [`Journey`] of touches before each order, asks a
//! [`Model`] from the catalog ([`models`], [`model`]) for weights, and splits the order's value over them so that the
//! parts add up to it exactly in minor units. [`aggregate`] folds the credits by any key.
//!
//! No SQL, no HTTP, no clock: whoever loads the rows decides the range, the identity of a person and which events
//! are touches. Spend does not belong here either; it is joined to the aggregate by the caller.

mod aggregate;
mod credit;
mod error;
mod journey;
mod model;
mod path;
mod rules;

pub use aggregate::{Totals, UNASSIGNED_CHANNEL, UNASSIGNED_SOURCE, aggregate};
pub use credit::{Attributed, Credit, attribute, split};
pub use error::AttributionError;
pub use journey::{
    Conversion, DEFAULT_WINDOW_DAYS, Journey, MAX_WINDOW_DAYS, Order, Touch, TouchKind, Touches, window_ms,
};
pub use model::{DEFAULT_MODEL, Descriptor, Model, Parameter, Parameters, Scorer, model, models};
pub use path::{ChannelCredit, ChannelId, Channels, MAX_CHANNELS, Outcome, SEPARATOR, Tally};
pub use rules::{Adjustment, Condition, DIRECT_CHANNEL, Place, Rule, RuleTally, Step};
