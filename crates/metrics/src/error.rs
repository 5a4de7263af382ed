//! What can be wrong with a question to the warehouse, or with its answer.

use calendar::CalendarError;

/// A refusal, or an answer that cannot be read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum MetricsError {
    /// The catalog has no such metric.
    #[error("`{id}` is not a metric; choose one of {known}")]
    UnknownMetric {
        /// The id as given.
        id: String,
        /// The ids the catalog has, comma-separated.
        known: String,
    },
    /// There is no such dimension.
    #[error(
        "`{name}` is not a dimension; choose one of channel, source, medium, campaign, country, device, browser, os"
    )]
    UnknownDimension {
        /// The name as given.
        name: String,
    },
    /// The metric is not known by that dimension.
    #[error("{metric} cannot be broken down by {dimension}; it can be by {possible}")]
    NotByDimension {
        /// Metric id.
        metric: &'static str,
        /// The dimension asked for.
        dimension: &'static str,
        /// The dimensions it has, comma-separated.
        possible: String,
    },
    /// The metric cannot be filtered on that dimension.
    #[error("{metric} cannot be filtered by {dimension}: ad spend is known by {possible} only")]
    NotFilteredBy {
        /// Metric id.
        metric: &'static str,
        /// The dimension asked for, which is also the request field.
        dimension: &'static str,
        /// The dimensions it has, comma-separated.
        possible: String,
    },
    /// The metric has no hours.
    #[error("{metric} is known by day, not by hour; use `gran` d, w or m")]
    NotHourly {
        /// Metric id.
        metric: &'static str,
    },
    /// The filter on an event name fits only counts of events.
    #[error("`event` narrows the metric events only, not {metric}")]
    NotOfEvents {
        /// Metric id.
        metric: &'static str,
    },
    /// The range has too many buckets.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    /// The warehouse answered something else than it was asked.
    #[error("the warehouse's answer cannot be read: {detail}")]
    BadAnswer {
        /// What was expected and what was found.
        detail: String,
    },
}

impl MetricsError {
    /// The request field at fault; `None` when the warehouse, not the person, is at fault.
    #[must_use]
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::UnknownMetric { .. } => Some("metric"),
            Self::UnknownDimension { .. } | Self::NotByDimension { .. } => Some("by"),
            Self::NotFilteredBy { dimension, .. } => Some(dimension),
            Self::NotHourly { .. } => Some("gran"),
            Self::NotOfEvents { .. } => Some("event"),
            Self::Calendar(error) => Some(error.field()),
            Self::BadAnswer { .. } => None,
        }
    }

    pub(crate) fn bad_answer(detail: impl Into<String>) -> Self {
        Self::BadAnswer { detail: detail.into() }
    }
}
