//! Metrics as one statement that is written ahead: what it is about is in the text, whose it is and which days it
//! covers is bound when it runs.
//!
//! Unlike [`crate::Plan`], which reads one statement per fact and divides afterwards, a template gives finished
//! figures, so that its SQL can be shown, stored and run by itself. Both follow the same catalog.

use calendar::{DateRange, Granularity};
use serde::{Deserialize, Serialize};

use crate::{
    Base, Definition, Dialect, Dimension, Fact, Metric, MetricsError, Param, Scope, Slot, Statement, dialect::Writer,
    fact::Place,
};

/// Which rows of a dimension count. Letter case is ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// One of these values, as people read them.
    Is(Vec<String>),
    /// None of these values.
    Not(Vec<String>),
    /// Any value that is not empty.
    Given,
}

/// A test of a dimension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Which property.
    pub dimension: Dimension,
    /// What it must be.
    pub test: Test,
}

/// How the rows are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The first metric's largest figure first.
    Largest,
    /// The first metric's smallest figure first; a figure that cannot be computed comes last.
    Smallest,
}

/// What a template is about.
#[derive(Debug, Clone, PartialEq)]
pub struct Outline {
    /// Which metrics, one column each.
    pub metrics: Vec<&'static Metric>,
    /// Per bucket: the column `bucket` holds its key.
    pub bucket: Option<Granularity>,
    /// Per key: one column each, named as the dimension.
    pub by: Vec<Dimension>,
    /// Narrowed to these.
    pub conditions: Vec<Condition>,
    /// Narrowed to events of this name; only for metrics that count events.
    pub event: Option<String>,
    /// With the figures of a second window, in columns that end in `_previous`.
    pub previous: bool,
    /// How rows are ordered; `None` by bucket, else as [`Order::Largest`].
    pub order: Option<Order>,
    /// At most so many rows.
    pub limit: u32,
}

impl Outline {
    /// The totals of metrics.
    #[must_use]
    pub fn new(metrics: Vec<&'static Metric>) -> Self {
        Self {
            metrics,
            bucket: None,
            by: Vec::new(),
            conditions: Vec::new(),
            event: None,
            previous: false,
            order: None,
            limit: 100,
        }
    }
}

/// SQL written ahead, and what its parameters stand for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    /// The text, parameters numbered as in [`Statement`].
    pub sql: String,
    /// What each parameter stands for, the tenant first.
    pub slots: Vec<Slot>,
}

impl Template {
    /// Writes the SQL of an outline.
    ///
    /// # Errors
    /// Names a dimension, granularity or event that a metric does not have.
    pub fn new(outline: &Outline, dialect: Dialect) -> Result<Self, MetricsError> {
        for metric in &outline.metrics {
            let filtered = outline.conditions.iter().map(|condition| condition.dimension);
            metric.answers(&outline.by, filtered, outline.bucket, outline.event.is_some())?;
        }
        let mut writer = Writer::of_template(dialect);
        let mut bases: Vec<&'static Base> = Vec::new();
        for base in outline.metrics.iter().flat_map(|metric| metric.definition.bases()) {
            if !bases.contains(&base) {
                bases.push(base);
            }
        }
        let mut facts: Vec<Fact> = bases.iter().map(|base| base.fact).collect();
        facts.sort_unstable();
        facts.dedup();
        let windows: &[u8] = if outline.previous { &[0, 1] } else { &[0] };
        let mut arms = Vec::new();
        for window in windows {
            for fact in &facts {
                arms.push(arm(&mut writer, *fact, &bases, outline, *window));
            }
        }

        let mut keys: Vec<String> = outline.bucket.iter().map(|_| "bucket".to_owned()).collect();
        keys.extend((0..outline.by.len()).map(|at| format!("dim{at}")));
        let (from, current, before) = match arms.as_slice() {
            [only] => (format!("(\n{only}\n) g"), "g.m_", ""),
            several => {
                let mut select: Vec<String> = keys.iter().map(|key| format!("a.{key} AS {key}")).collect();
                for base in &bases {
                    for window in windows {
                        select.push(format!(
                            "SUM(CASE WHEN a.w = {window} THEN a.m_{id} ELSE 0 END) AS w{window}_{id}",
                            id = base.id
                        ));
                    }
                }
                let mut sql = format!("(\nSELECT {}\nFROM (\n{}\n) a", select.join(", "), united(several));
                if !keys.is_empty() {
                    let group: Vec<String> = keys.iter().map(|key| format!("a.{key}")).collect();
                    sql.push_str(&format!("\nGROUP BY {}", group.join(", ")));
                }
                (sql + "\n) g", "g.w0_", "g.w1_")
            }
        };
        let mut select: Vec<String> = Vec::new();
        let mut ties: Vec<String> = Vec::new();
        if outline.bucket.is_some() {
            select.push("g.bucket AS bucket".to_owned());
            ties.push("bucket".to_owned());
        }
        for (at, dimension) in outline.by.iter().enumerate() {
            select.push(format!("g.dim{at} AS {}", dimension.column()));
            ties.push(dimension.column().to_owned());
        }
        for metric in &outline.metrics {
            select.push(format!("{} AS {}", figure(metric, current), metric.id));
            if outline.previous {
                select.push(format!("{} AS {}_previous", figure(metric, before), metric.id));
            }
        }
        let mut sql = format!("SELECT {}\nFROM {from}", select.join(", "));
        if let (Some(first), false) = (outline.metrics.first(), ties.is_empty()) {
            let by_figure = match outline.order {
                Some(Order::Smallest) => Some("ASC"),
                Some(Order::Largest) => Some("DESC"),
                None if outline.bucket.is_none() => Some("DESC"),
                None => None,
            };
            let mut order: Vec<String> =
                by_figure.map(|direction| format!("{} {direction} NULLS LAST", first.id)).into_iter().collect();
            order.append(&mut ties);
            sql.push_str(&format!("\nORDER BY {}\nLIMIT {}", order.join(", "), outline.limit));
        }
        Ok(Self { sql, slots: writer.slots() })
    }

    /// The statement for one site and its windows: the one asked for, then the one it is compared with.
    ///
    /// # Errors
    /// [`MetricsError::BadAnswer`] when a window the text speaks of is not given.
    pub fn bind(&self, scope: &Scope, windows: &[DateRange]) -> Result<Statement, MetricsError> {
        let window = |at: &u8| {
            windows
                .get(usize::from(*at))
                .ok_or_else(|| MetricsError::bad_answer(format!("the statement needs a window {at}, none was given")))
        };
        let params = self
            .slots
            .iter()
            .map(|slot| {
                Ok(match slot {
                    Slot::Tenant => Param::Text(scope.tenant_id.clone()),
                    Slot::Site => Param::Text(scope.site.clone()),
                    Slot::Currency => Param::Text(scope.currency.clone()),
                    Slot::FirstHour(at) => Param::Integer(window(at)?.local_hours().start),
                    Slot::EndHour(at) => Param::Integer(window(at)?.local_hours().end),
                    Slot::FirstDay(at) => Param::Integer(window(at)?.local_days().start),
                    Slot::EndDay(at) => Param::Integer(window(at)?.local_days().end),
                    Slot::Text(text) => Param::Text(text.clone()),
                    Slot::Integer(number) => Param::Integer(*number),
                })
            })
            .collect::<Result<_, MetricsError>>()?;
        Ok(Statement { sql: self.sql.clone(), params })
    }
}

/// Arms under each other. D1 takes five selects in one compound, so more of them are nested.
fn united(arms: &[String]) -> String {
    const AT_ONCE: usize = 4;
    if arms.len() <= AT_ONCE {
        return arms.join("\nUNION ALL\n");
    }
    let nested: Vec<String> =
        arms.chunks(AT_ONCE).map(|chunk| format!("SELECT * FROM (\n{}\n) u", chunk.join("\nUNION ALL\n"))).collect();
    united(&nested)
}

/// A metric over the columns of a prefix. Division by nothing is NULL in both engines.
fn figure(metric: &Metric, prefix: &str) -> String {
    let sum = |base: &Base| format!("COALESCE({prefix}{}, 0)", base.id);
    match metric.definition {
        Definition::Base(base) => sum(base),
        Definition::Difference(a, b) => format!("{} - {}", sum(a), sum(b)),
        Definition::Ratio { over, under, times: 1.0 } => {
            format!("{prefix}{} * 1.0 / NULLIF({prefix}{}, 0)", over.id, under.id)
        }
        Definition::Ratio { over, under, times } => {
            format!("{prefix}{} * 1.0 / NULLIF({prefix}{}, 0) * {times:.1}", over.id, under.id)
        }
    }
}

/// One fact in one window. Columns of other facts' aggregates are 0, so that arms can be put under each other.
fn arm(writer: &mut Writer, fact: Fact, bases: &[&'static Base], outline: &Outline, window: u8) -> String {
    let tenant = writer.slot(Slot::Tenant);
    let site = writer.slot(Slot::Site);
    let alone = !outline.previous && bases.iter().all(|base| base.fact == fact);

    let mut select = Vec::new();
    let mut group = Vec::new();
    if !alone {
        select.push(format!("{window} AS w"));
    }
    if let Some(granularity) = outline.bucket {
        let bucket = if fact.is_hourly() {
            writer.bucket_of_hour("f.local_hour", granularity)
        } else {
            writer.bucket_of_day("f.local_day", granularity)
        };
        select.push(format!("{bucket} AS bucket"));
        group.push("bucket".to_owned());
    }
    for (at, dimension) in outline.by.iter().enumerate() {
        select.push(format!("{} AS dim{at}", stored(fact, *dimension)));
        group.push(format!("dim{at}"));
    }
    for base in bases {
        let sql = if base.fact != fact {
            "0".to_owned()
        } else if base.sql.contains("{currency}") {
            let currency = writer.slot(Slot::Currency);
            base.sql.replace("{currency}", &currency)
        } else {
            base.sql.to_owned()
        };
        select.push(format!("{sql} AS m_{}", base.id));
    }

    let mut from = format!("{} f", fact.table(writer));
    let mut of_session: Vec<&str> = outline
        .by
        .iter()
        .copied()
        .chain(outline.conditions.iter().map(|condition| condition.dimension))
        .filter(|dimension| fact.place(*dimension) == Place::Session)
        .map(Dimension::column)
        .collect();
    of_session.sort_unstable();
    of_session.dedup();
    if !of_session.is_empty() {
        let columns: Vec<&str> = ["id"].into_iter().chain(of_session).collect();
        let join = writer.left_join_of(&tenant, &site, "sessions", "s", &columns, "s.id = f.session_id");
        from = format!("{from}\n{join}");
    }

    let mut conditions = vec![format!("f.tenant_id = {tenant}"), format!("f.site = {site}")];
    let (column, start, end) = if fact.is_hourly() {
        ("f.local_hour", writer.slot(Slot::FirstHour(window)), writer.slot(Slot::EndHour(window)))
    } else {
        ("f.local_day", writer.slot(Slot::FirstDay(window)), writer.slot(Slot::EndDay(window)))
    };
    conditions.push(format!("{column} >= {start} AND {column} < {end}"));
    if fact.has_bots() {
        conditions.push("f.bot = 0".to_owned());
    }
    conditions.extend(fact.condition().map(str::to_owned));
    if let (Fact::Events, Some(event)) = (fact, &outline.event) {
        let event = writer.text(event);
        conditions.push(format!("f.event = {event}"));
    }
    for condition in &outline.conditions {
        let column = stored(fact, condition.dimension);
        let mut listed = |values: &[String]| {
            let bound: Vec<String> =
                values.iter().map(|value| writer.text(&condition.dimension.stored(value).to_lowercase())).collect();
            bound.join(", ")
        };
        conditions.push(match &condition.test {
            Test::Is(values) => format!("LOWER({column}) IN ({})", listed(values)),
            Test::Not(values) => format!("LOWER({column}) NOT IN ({})", listed(values)),
            Test::Given => format!("{column} <> ''"),
        });
    }

    let mut sql = format!("SELECT {}\nFROM {from}\nWHERE {}", select.join(", "), conditions.join(" AND "));
    if !group.is_empty() {
        sql.push_str(&format!("\nGROUP BY {}", group.join(", ")));
    }
    sql
}

/// Where a fact finds a dimension's stored value.
fn stored(fact: Fact, dimension: Dimension) -> String {
    match fact.place(dimension) {
        Place::Session => format!("COALESCE(s.{}, '')", dimension.column()),
        Place::Own | Place::Nowhere => format!("f.{}", dimension.column()),
    }
}
