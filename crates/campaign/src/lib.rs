//! Campaigns: what one consists of, the states it goes through, what an approval freezes, and what may spend.
//!
//! Pure: time, ids and stored rows are arguments. How a provider is spoken to is not here (crate `connector`), nor is
//! how a campaign is made up (crate `agent`).

pub mod approval;
pub mod brand;
pub mod calendar;
pub mod check;
pub mod diff;
pub mod document;
pub mod finding;
pub mod guard;
pub mod image;
#[cfg(test)]
mod samples;
pub mod snapshot;
pub mod status;

pub use brand::Brand;
pub use diff::Diff;
pub use document::{
    Ad, AdSet, Audience, BidStrategy, ChannelPlan, ChannelType, Creative, Delivery, Document, Objective,
};
pub use finding::{Finding, Severity};
pub use guard::{Autonomy, Guardrails};
pub use status::{Event, Standing, Status};
