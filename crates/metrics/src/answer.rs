//! Figures, read: ratios computed, empty buckets filled.

use std::collections::BTreeMap;

use calendar::Bucket;
use serde::Serialize;

use crate::{Base, Definition, Figure, Metric, OTHER};

/// Where a figure stands: its key, if broken down, and its bucket, if over time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cell {
    pub(crate) key: Vec<String>,
    pub(crate) bucket: Option<i64>,
}

/// A bucket's figure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Point {
    /// The bucket's start, UTC ms.
    pub t: i64,
    /// 0 for a count or an amount where nothing happened, null for a ratio without divisor.
    pub value: Option<Figure>,
}

/// All metrics of one key (or of everything), by metric id.
pub type Row = BTreeMap<&'static str, Option<Figure>>;

/// What the warehouse said.
#[derive(Debug, Clone)]
pub struct Answer {
    metrics: Vec<&'static Metric>,
    buckets: Vec<Bucket>,
    cells: BTreeMap<Cell, BTreeMap<&'static str, i64>>,
}

impl Answer {
    pub(crate) fn new(
        metrics: Vec<&'static Metric>,
        buckets: Vec<Bucket>,
        cells: BTreeMap<Cell, BTreeMap<&'static str, i64>>,
    ) -> Self {
        Self { metrics, buckets, cells }
    }

    /// One figure. `key` has a part for each dimension of the request's `by`; `bucket` is `None` unless the request had
    /// a granularity.
    #[must_use]
    pub fn figure(&self, metric: &Metric, key: &[&str], bucket: Option<i64>) -> Option<Figure> {
        let cell = self.cells.get(&Cell { key: key.iter().map(|&part| part.to_owned()).collect(), bucket });
        let sum = |base: &Base| cell.and_then(|figures| figures.get(base.id)).copied().unwrap_or(0);
        match metric.definition {
            Definition::Base(base) => Some(Figure::Whole(sum(base))),
            Definition::Difference(a, b) => Some(Figure::Whole(sum(a).saturating_sub(sum(b)))),
            Definition::Ratio { over, under, times } => {
                let (over, under) = (sum(over), sum(under));
                (under != 0).then(|| Figure::Real(over as f64 / under as f64 * times))
            }
        }
    }

    /// Every metric of a key, or of everything with an empty key; for requests without a granularity.
    #[must_use]
    pub fn row(&self, key: &[&str]) -> Row {
        self.metrics.iter().map(|metric| (metric.id, self.figure(metric, key, None))).collect()
    }

    /// A metric over time, every bucket of the range present; for requests with a granularity.
    #[must_use]
    pub fn points(&self, metric: &Metric, key: &[&str]) -> Vec<Point> {
        self.buckets
            .iter()
            .map(|bucket| Point { t: bucket.start_ms, value: self.figure(metric, key, Some(bucket.key)) })
            .collect()
    }

    /// The buckets of the range.
    #[must_use]
    pub fn buckets(&self) -> &[Bucket] {
        &self.buckets
    }

    /// The keys that occur, the largest first by what `metric` counts (a ratio's keys are ranked by its divisor, a
    /// difference's by its first part), ties by name; [`OTHER`] last. Empty unless the request had `by`.
    #[must_use]
    pub fn keys(&self, metric: &Metric) -> Vec<Vec<String>> {
        let ranked_by = match metric.definition {
            Definition::Base(base) | Definition::Difference(base, _) => base,
            Definition::Ratio { under, .. } => under,
        };
        let mut sizes: BTreeMap<&[String], i64> = BTreeMap::new();
        for (cell, figures) in self.cells.iter().filter(|(cell, _)| !cell.key.is_empty()) {
            let size = sizes.entry(&cell.key).or_default();
            *size = size.saturating_add(figures.get(ranked_by.id).copied().unwrap_or(0));
        }
        let is_other = |key: &[String]| key.first().is_some_and(|part| part == OTHER);
        let mut keys: Vec<(&[String], i64)> = sizes.into_iter().collect();
        keys.sort_by(|a, b| is_other(a.0).cmp(&is_other(b.0)).then(b.1.cmp(&a.1)).then(a.0.cmp(b.0)));
        keys.into_iter().map(|(key, _)| key.to_vec()).collect()
    }
}
