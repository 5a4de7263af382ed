//! Marketing mix: what each channel brought, what its next unit of money would bring, and how a budget is best divided.
//!
//! A [`Model`] is a spec and a data set; [`fit::advance`] draws from its posterior in as many pieces as the caller likes;
//! [`Posterior`] reads the draws: decomposition, curves, plans. [`budget`] divides money over any curves that can say what
//! a spend and its next unit bring.
//!
//! Pure: no clock, no entropy, no threads. Methods and their limits: `docs/science.md`. All but [`budget`] is behind the
//! feature `fit`, which is on unless it is left out.

pub mod budget;
#[cfg(feature = "fit")]
mod exact;
#[cfg(feature = "fit")]
pub mod fit;
#[cfg(feature = "fit")]
mod kernel;
#[cfg(feature = "fit")]
mod model;
#[cfg(feature = "fit")]
mod posterior;
#[cfg(feature = "fit")]
pub mod transform;

#[cfg(feature = "fit")]
pub use exact::Exact;
#[cfg(feature = "fit")]
pub use model::{
    Adstock, Channel, Control, Data, Error, Experiment, MAX_CHANNELS, MAX_COLUMNS, MAX_PERIODS, MAX_WINDOW,
    MIN_PERIODS, Model, Saturation, Season, Spec,
};
#[cfg(feature = "fit")]
pub use posterior::{
    ChannelReport, Comparison, Contribution, Curve, CurvePoint, Decomposition, Diagnostics, Figure, Kind, Mean,
    Outlook, Plan, Posterior,
};
