//! A question to the metric catalog.

use calendar::{DateRange, Granularity};

use crate::{Dimension, Metric};

/// Whose figures, and in which currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Tenant.
    pub tenant_id: String,
    /// Site key.
    pub site: String,
    /// The site's currency, ISO 4217. Amounts in other currencies count as 0: there are no exchange rates yet.
    pub currency: String,
}

/// Only rows whose dimension has this value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Which property.
    pub dimension: Dimension,
    /// Its value as people read it ([`Dimension::empty`] stands for none).
    pub value: String,
}

/// Metrics over a range of days, in total or per bucket and per key of a dimension.
#[derive(Debug, Clone)]
pub struct Request {
    /// Whose.
    pub scope: Scope,
    /// Which days.
    pub range: DateRange,
    /// Which metrics.
    pub metrics: Vec<&'static Metric>,
    /// Per bucket; `None` for the whole range at once.
    pub bucket: Option<Granularity>,
    /// Per key, one part per dimension; empty for all keys together.
    pub by: Vec<Dimension>,
    /// These keys of the first dimension on their own, all others together as [`crate::OTHER`]. `None` gives every key
    /// its own.
    pub keep: Option<Vec<String>>,
    /// Narrowed to these values.
    pub filters: Vec<Filter>,
    /// Narrowed to events of this name; only for metrics that count events.
    pub event: Option<String>,
    /// Count what machines did, too.
    pub include_bots: bool,
}

impl Request {
    /// The totals of metrics over a range.
    #[must_use]
    pub fn new(scope: Scope, range: DateRange, metrics: Vec<&'static Metric>) -> Self {
        Self {
            scope,
            range,
            metrics,
            bucket: None,
            by: Vec::new(),
            keep: None,
            filters: Vec::new(),
            event: None,
            include_bots: false,
        }
    }
}
