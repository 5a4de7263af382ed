//! What is known about a question before it runs: its statement, and what its answer will look like. It is kept beside
//! the SQL in the cache.

use calendar::{CalendarError, DateRange, Granularity, Zone, format_day};
use metrics::{Condition, Dialect, Dimension, Metric, MetricsError, Order, Outline, Template, Test, Unit};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Window;
use crate::sandbox::Rewritten;

/// What a figure is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compare {
    /// The days before.
    Previous,
    /// The same days a year before.
    YearBefore,
    /// These days.
    With(Window),
}

/// A question understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Metrics, dimensions, conditions.
    pub outline: Outline,
    /// Which days.
    pub window: Window,
    /// What it is compared with.
    pub compare: Option<Compare>,
}

/// How an answer is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Chart {
    /// One figure.
    Kpi,
    /// Over time.
    Line,
    /// By a key.
    Bar,
    /// Rows.
    Table,
}

/// A column of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name in the SQL.
    pub name: String,
    /// What to call it.
    pub label: String,
    /// `date`, `text`, `money` (minor units), `count`, `ratio`, `percent` (a fraction), or `value` where it is not
    /// known.
    pub unit: String,
}

/// A metric as it is used here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meaning {
    /// Metric id.
    pub id: String,
    /// What people call it.
    pub label: String,
    /// What it says.
    pub description: String,
    /// The formula, in words.
    pub formula: String,
}

/// A statement and how to bind it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Written from the catalog.
    Catalog {
        /// The statement.
        template: Template,
        /// Which days.
        window: Window,
        /// What it is compared with.
        compare: Option<Compare>,
        /// `h`, `d`, `w` or `m` where there is a column `bucket`.
        bucket: Option<String>,
        /// Whether a bucket without rows is 0 and not absent.
        fill: bool,
        /// Dimensions among the columns, by name.
        by: Vec<String>,
    },
    /// Written by a model, rewritten by the sandbox.
    Sandboxed(Rewritten),
}

/// A question ready to run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Prepared {
    /// What the answer says, without its days.
    pub title: String,
    /// How it is drawn.
    pub chart: Chart,
    /// Its columns; empty where the SQL's own are taken.
    pub columns: Vec<Column>,
    /// The metrics in it.
    pub meanings: Vec<Meaning>,
    /// The statement.
    pub source: Source,
}

fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Money => "money",
        Unit::Count => "count",
        Unit::Ratio => "ratio",
        Unit::Percent => "percent",
    }
}

fn label(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Channel => "Channel",
        Dimension::Source => "Source",
        Dimension::Medium => "Medium",
        Dimension::Campaign => "Campaign",
        Dimension::Country => "Country",
        Dimension::Device => "Device",
        Dimension::Browser => "Browser",
        Dimension::Os => "Operating system",
    }
}

fn bucket_word(granularity: Granularity) -> &'static str {
    match granularity {
        Granularity::Hour => "hour",
        Granularity::Day => "day",
        Granularity::Week => "week",
        Granularity::Month => "month",
    }
}

impl Plan {
    /// Whether two plans ask the same: how values are capitalised does not matter.
    #[must_use]
    pub fn means(&self, other: &Self) -> bool {
        let folded = |plan: &Self| {
            let mut plan = plan.clone();
            for condition in &mut plan.outline.conditions {
                if let Test::Is(values) | Test::Not(values) = &mut condition.test {
                    values.iter_mut().for_each(|value| *value = value.to_lowercase());
                }
            }
            plan
        };
        folded(self) == folded(other)
    }

    /// The plan in one line: what was understood.
    #[must_use]
    pub fn words(&self) -> String {
        let mut text = self.title();
        text.push_str(&format!(", {}", self.window.words()));
        match self.compare {
            None => {}
            Some(Compare::Previous) => text.push_str(", compared with the period before"),
            Some(Compare::YearBefore) => text.push_str(", compared with a year before"),
            Some(Compare::With(window)) => text.push_str(&format!(", compared with {}", window.words())),
        }
        text
    }

    /// What the answer says, without its days.
    #[must_use]
    pub fn title(&self) -> String {
        let metrics: Vec<&str> = self.outline.metrics.iter().map(|metric| metric.label).collect();
        let mut text = metrics.join(", ");
        if let Some(event) = &self.outline.event {
            text.push_str(&format!(" named \"{event}\""));
        }
        let mut by: Vec<String> = self.outline.by.iter().map(|dimension| label(*dimension).to_lowercase()).collect();
        by.extend(self.outline.bucket.map(|bucket| bucket_word(bucket).to_owned()));
        if !by.is_empty() {
            text.push_str(&format!(" by {}", by.join(" and ")));
        }
        for Condition { dimension, test } in &self.outline.conditions {
            let name = label(*dimension).to_lowercase();
            text.push_str(&match test {
                Test::Is(values) => format!(", {name} {}", values.join(" or ")),
                Test::Not(values) => format!(", {name} not {}", values.join(" or ")),
                Test::Given => format!(", with a {name}"),
            });
        }
        let limited = !by.is_empty() && self.outline.limit < DEFAULT_LIMIT;
        match self.outline.order {
            Some(Order::Largest) if limited && self.outline.limit == 1 => text.push_str(", the highest"),
            Some(Order::Smallest) if limited && self.outline.limit == 1 => text.push_str(", the lowest"),
            Some(Order::Largest) if limited => text.push_str(&format!(", the {} highest", self.outline.limit)),
            Some(Order::Smallest) if limited => text.push_str(&format!(", the {} lowest", self.outline.limit)),
            Some(Order::Smallest) if !by.is_empty() => text.push_str(", lowest first"),
            _ => {}
        }
        text
    }

    /// A question in words that means this plan; `None` where there are no words for it.
    #[must_use]
    pub fn question(&self) -> Option<String> {
        let outline = &self.outline;
        let bare = |text: &str| (!text.contains('"') && !text.trim().is_empty()).then(|| text.to_owned());
        let mut figures = Vec::new();
        for metric in &outline.metrics {
            figures.push(match (&outline.event, metric.id) {
                (Some(event), "events") => format!("\"{}\" events", bare(event)?),
                _ => metric.label.to_lowercase(),
            });
        }
        let figures = figures.join(" and ");
        let mut keys: Vec<String> = outline.by.iter().map(|dimension| label(*dimension).to_lowercase()).collect();
        let ranked_bucket = outline.bucket.filter(|_| outline.by.is_empty() && outline.order.is_some());
        match (ranked_bucket, outline.bucket) {
            (Some(bucket), _) => keys.push(format!("{}s", bucket_word(bucket))),
            (None, Some(bucket)) => keys.push(format!("by {}", bucket_word(bucket))),
            (None, None) => {}
        }
        let keys = keys.join(" and ");
        let mut text = match outline.order {
            Some(order) => {
                let rank = if order == Order::Largest { "highest" } else { "lowest" };
                format!("{rank} {} {keys} by {figures}", outline.limit)
            }
            None if keys.is_empty() || keys.starts_with("by ") => format!("{figures} {keys}").trim_end().to_owned(),
            None => format!("{figures} by {keys}"),
        };
        for Condition { dimension, test } in &outline.conditions {
            let name = label(*dimension).to_lowercase();
            let (lead, join, values) = match test {
                Test::Is(values) => (" from", " or", values.as_slice()),
                Test::Not(values) => (" excluding", " excluding", values.as_slice()),
                Test::Given if *dimension == Dimension::Campaign => {
                    text.push_str(" from all campaigns");
                    continue;
                }
                Test::Given => return None,
            };
            for (at, value) in values.iter().enumerate() {
                let led = if at == 0 { lead } else { join };
                text.push_str(&format!("{led} {name} \"{}\"", bare(value)?));
            }
        }
        text.push_str(&format!(" {}", self.window.asked()));
        match self.compare {
            None => {}
            Some(Compare::Previous) => text.push_str(" compared with the previous period"),
            Some(Compare::YearBefore) => text.push_str(" compared with a year before"),
            Some(Compare::With(window)) => text.push_str(&format!(" compared with {}", window.asked())),
        }
        Some(text)
    }

    /// The statement and the look of its answer.
    ///
    /// # Errors
    /// [`MetricsError`] where the catalog cannot put these together.
    pub fn prepare(&self, dialect: Dialect) -> Result<Prepared, MetricsError> {
        let outline = &self.outline;
        let template = Template::new(outline, dialect)?;
        let mut columns = Vec::new();
        let column = |name: String, label: String, unit: &str| Column { name, label, unit: unit.to_owned() };
        if let Some(bucket) = outline.bucket {
            let word = bucket_word(bucket);
            let label = word.get(..1).map(str::to_uppercase).unwrap_or_default() + word.get(1..).unwrap_or_default();
            columns.push(column("bucket".to_owned(), label, "date"));
        }
        for dimension in &outline.by {
            columns.push(column(dimension.column().to_owned(), label(*dimension).to_owned(), "text"));
        }
        for metric in &outline.metrics {
            columns.push(column(metric.id.to_owned(), metric.label.to_owned(), unit(metric.unit)));
            if outline.previous {
                columns.push(column(
                    format!("{}_previous", metric.id),
                    format!("{} before", metric.label),
                    unit(metric.unit),
                ));
            }
        }
        let chart = match (outline.bucket, outline.by.len(), outline.metrics.len()) {
            (Some(_), 0, _) if outline.order.is_none() => Chart::Line,
            (None, 0, _) => Chart::Kpi,
            (None, 1, 1) if outline.limit > 1 => Chart::Bar,
            _ => Chart::Table,
        };
        let fill = outline.bucket.is_some() && outline.by.is_empty() && outline.order.is_none();
        Ok(Prepared {
            title: self.title(),
            chart,
            columns,
            meanings: outline.metrics.iter().map(|metric| meaning(metric)).collect(),
            source: Source::Catalog {
                template,
                window: self.window,
                compare: self.compare,
                bucket: outline.bucket.map(|bucket| bucket.code().to_owned()),
                fill,
                by: outline.by.iter().map(|dimension| dimension.column().to_owned()).collect(),
            },
        })
    }
}

/// Rows of an answer nobody limited.
pub const DEFAULT_LIMIT: u32 = 100;

/// A metric in words.
#[must_use]
pub fn meaning(metric: &Metric) -> Meaning {
    Meaning {
        id: metric.id.to_owned(),
        label: metric.label.to_owned(),
        description: metric.description.to_owned(),
        formula: metric.formula.to_owned(),
    }
}

/// The days of a window and of what it is compared with, in the order a template takes them.
///
/// # Errors
/// [`CalendarError`] for days that cannot be.
pub fn windows(
    window: Window,
    compare: Option<Compare>,
    zone: Zone,
    today: i64,
) -> Result<Vec<DateRange>, CalendarError> {
    let mut ranges = vec![window.range(zone, today)?];
    match compare {
        None => {}
        Some(Compare::Previous) => ranges.push(window.previous(zone, today)?),
        Some(Compare::YearBefore) => ranges.push(window.a_year_before(zone, today)?),
        Some(Compare::With(other)) => ranges.push(other.range(zone, today)?),
    }
    Ok(ranges)
}

impl Prepared {
    /// Rows as people read them, each a list in the order of the columns: buckets as dates (hours as
    /// `YYYY-MM-DD HH:00`), empty keys named, buckets in which nothing happened filled in.
    ///
    /// # Errors
    /// [`MetricsError`] when a row is not one of the statement's.
    pub fn shape(
        &self,
        rows: &[Map<String, Value>],
        range: Option<&DateRange>,
    ) -> Result<Vec<Vec<Value>>, MetricsError> {
        let (bucket, fill, by) = match &self.source {
            Source::Catalog { bucket, fill, by, .. } => (bucket.as_deref(), *fill, by.as_slice()),
            Source::Sandboxed(_) => (None, false, [].as_slice()),
        };
        let granularity = bucket.map(Granularity::parse).transpose()?;
        let mut shaped: Vec<Vec<Value>> = Vec::with_capacity(rows.len());
        let mut seen = std::collections::BTreeMap::new();
        for row in rows {
            let mut cells = Vec::with_capacity(self.columns.len());
            let mut key = None;
            for column in &self.columns {
                let value = row.get(&column.name).cloned().unwrap_or(Value::Null);
                cells.push(match (granularity, column.name.as_str()) {
                    (Some(granularity), "bucket") => {
                        let number = number(&value).ok_or_else(|| MetricsError::BadAnswer {
                            detail: format!("expected the number of a bucket, found {value}"),
                        })?;
                        key = Some(number);
                        Value::String(date(granularity, number))
                    }
                    (_, name) if by.iter().any(|known| known == name) => match (&value, Dimension::parse(name)) {
                        (Value::String(stored), Ok(dimension)) => Value::String(dimension.shown(stored)),
                        _ => value,
                    },
                    _ => plain(value),
                });
            }
            if let (true, Some(key)) = (fill, key) {
                seen.insert(key, cells);
            } else {
                shaped.push(cells);
            }
        }
        if let (true, Some(granularity), Some(range)) = (fill, granularity, range) {
            for bucket in range.buckets(granularity)? {
                let empty = || {
                    self.columns
                        .iter()
                        .map(|column| match column.unit.as_str() {
                            "date" => Value::String(date(granularity, bucket.key)),
                            "ratio" | "percent" => Value::Null,
                            // An amount per something is a ratio too: nothing is not 0 there.
                            _ if self.is_ratio(&column.name) => Value::Null,
                            _ => Value::from(0),
                        })
                        .collect()
                };
                shaped.push(seen.remove(&bucket.key).unwrap_or_else(empty));
            }
        }
        Ok(shaped)
    }

    fn is_ratio(&self, column: &str) -> bool {
        metrics::catalog::metric(column)
            .is_ok_and(|metric| matches!(metric.definition, metrics::Definition::Ratio { .. }))
    }
}

/// Whole numbers without a decimal point, whatever the engine wrote.
#[must_use]
pub fn plain(value: Value) -> Value {
    match value.as_f64() {
        Some(real) if value.is_f64() && real.fract() == 0.0 && real.abs() < 9_007_199_254_740_992.0 => {
            Value::from(real as i64)
        }
        _ => value,
    }
}

fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_f64().map(|real| real as i64)).or_else(|| value.as_str()?.parse().ok())
}

fn date(granularity: Granularity, key: i64) -> String {
    let hour = granularity.local_hours(key).start;
    let day = format_day(hour.div_euclid(24));
    if granularity == Granularity::Hour { format!("{day} {:02}:00", hour.rem_euclid(24)) } else { day }
}
