//! Agents: typed inputs in, typed proposals out. A run is a pure function of what was asked and of the answers so far:
//! [`Agent::step`] says what it needs next or that it is done, and whoever runs it (Worker `agents`) brings the answer,
//! stores it and asks again. So a run that is cut short goes on where it was, and running it again gives the same.
//!
//! | module | holds |
//! |---|---|
//! | [`run`] | the trait, the transcript, and how an agent asks for what it needs |
//! | [`need`] | what may be asked for, and the facts that answer it; no need names a customer |
//! | [`proposal`] | what an agent may propose, and how a run is told |
//! | [`apply`] | what a proposal makes of a document |
//! | [`registry`] | the six agents, by name |
//! | [`creative`], [`compliance`], [`planner`], [`pacer`], [`optimizer`], [`analyst`] | one agent each |
//! | [`conversation`] | talking with a model: tools, checks, one repair, the fallback |
//! | [`copywriting`] | asking a model for copy, shared by the creative agent and the planner |
//! | [`limits`] | what a channel takes: lengths and counts, with their sources |
//! | [`guard`] | before a model: shop data fenced; after it: brand, claims, limits |
//! | [`figures`] | numbers in a text against the figures it may quote |
//! | [`builtin`] | the model without a network: the same requests answered from templates and a seed |
//!
//! Not here: fetching, storing, acting, the clock. What a proposal does once a person accepts it is not decided here
//! either: it takes the approval path like any other change.

pub mod analyst;
pub mod apply;
pub mod builtin;
pub mod compliance;
pub mod conversation;
pub mod copywriting;
pub mod creative;
pub mod figures;
pub mod guard;
pub mod limits;
pub mod need;
pub mod optimizer;
pub mod pacer;
pub mod planner;
pub mod proposal;
pub mod registry;
pub mod run;
mod wording;

pub use need::{Answer, Need};
pub use proposal::{Proposal, RunEvent, Told};
pub use run::{Agent, Ask, Brief, Entry, Fallback, Step, Stop, Transcript};
