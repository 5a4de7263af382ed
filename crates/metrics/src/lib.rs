//! The one metric catalog, and every query that reads the warehouse.
//!
//! - [`catalog`]: what each metric is, in words and as SQL. Nothing else defines a metric.
//! - [`Plan`]: turns a [`Request`] (metrics × bucket × dimension × filters) into one [`Statement`] per fact, for D1 or
//!   for ClickHouse, and folds the returned rows into an [`Answer`]. Both engines give the same figures.
//! - [`Template`]: the same metrics as one statement whose days are bound when it runs, for SQL that is made ahead and
//!   kept.
//! - [`reports`]: the queries that are not metrics (attribution loading, journeys, event names, the live feed), one
//!   file per report.
//!
//! Nothing here runs a query or knows HTTP. Values reach SQL as bound parameters only. Money is minor units of the
//! site's currency; instants are UTC ms; rates are fractions.

mod answer;
pub mod catalog;
mod dialect;
mod dimension;
mod error;
mod fact;
mod figure;
mod plan;
pub mod reports;
mod request;
mod template;

pub use answer::{Answer, Point, Row};
pub use catalog::{Base, Better, Definition, Description, Metric, Unit};
pub use dialect::{Dialect, Param, Slot, Statement};
pub use dimension::{Dimension, OTHER};
pub use error::MetricsError;
pub use fact::Fact;
pub use figure::Figure;
pub use plan::Plan;
pub use request::{Filter, Request, Scope};
pub use template::{Condition, Order, Outline, Template, Test};
