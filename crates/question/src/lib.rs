//! Questions to the warehouse, in words and in SQL.
//!
//! | module | holds |
//! |---|---|
//! | [`kpi`] | the figures everybody asks for, their SQL made ahead |
//! | [`normal`] | the normal form of a question and its hash |
//! | [`grammar`] | from words to a plan over the metric catalog |
//! | [`plan`] | what is known about a question before it runs, and how its rows are read |
//! | [`window`] | which days, relative to today |
//! | [`schema`] | the tables and columns free SQL may name |
//! | [`sandbox`] | free SQL, read and written anew for one tenant and site |
//! | [`model`] | what a language model is asked where the grammar gives up, and how its answer is read |
//! | [`version`] | the schema version that cached SQL depends on |
//!
//! Nothing here runs a query, knows HTTP, a clock or a tenant. SQL that comes from outside leaves this crate only
//! through [`sandbox`].

pub mod grammar;
pub mod kpi;
mod lexicon;
pub mod model;
pub mod normal;
pub mod plan;
pub mod sandbox;
pub mod schema;
pub mod version;
pub mod window;

pub use grammar::{NotUnderstood, Vocabulary, understand};
pub use normal::{hash, normalise};
pub use plan::{Chart, Column, Compare, Plan, Prepared, Source};
pub use sandbox::{Refusal, Rewritten, rewrite};
pub use version::schema_version;
pub use window::{Span, Window};
