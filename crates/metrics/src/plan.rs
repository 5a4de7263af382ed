//! From a request to one statement per fact, and back from the rows to an answer.

use std::collections::BTreeMap;

use calendar::Bucket;

use crate::{
    Answer, Base, Dialect, Dimension, Fact, MetricsError, OTHER, Request, Statement,
    answer::Cell,
    dialect::{JsonRow, Writer},
    fact::Place,
    figure::whole,
};

/// The statements that answer a request, and how to read what they return.
#[derive(Debug, Clone)]
pub struct Plan {
    request: Request,
    buckets: Vec<Bucket>,
    /// For every statement, the aggregates it returns.
    parts: Vec<(Vec<&'static Base>, Statement)>,
}

impl Plan {
    /// Plans a request for an engine.
    ///
    /// # Errors
    /// Names the field: a dimension, filter, granularity or event name that a metric does not have, too many buckets.
    pub fn new(request: Request, dialect: Dialect) -> Result<Self, MetricsError> {
        for metric in &request.metrics {
            let filtered = request.filters.iter().map(|filter| filter.dimension);
            metric.answers(&request.by, filtered, request.bucket, request.event.is_some())?;
        }
        let buckets =
            request.bucket.map(|granularity| request.range.buckets(granularity)).transpose()?.unwrap_or_default();
        let mut facts: BTreeMap<Fact, Vec<&'static Base>> = BTreeMap::new();
        for base in request.metrics.iter().flat_map(|metric| metric.definition.bases()) {
            let bases = facts.entry(base.fact).or_default();
            if !bases.contains(&base) {
                bases.push(base);
            }
        }
        let parts = facts
            .into_iter()
            .map(|(fact, bases)| {
                let statement = if rolled_up(fact, &request, dialect) {
                    hourly_counts(&request)
                } else {
                    aggregate(fact, &bases, &request, dialect)
                };
                (bases, statement)
            })
            .collect();
        Ok(Self { request, buckets, parts })
    }

    /// The statements, in the order their rows must be given back.
    pub fn statements(&self) -> impl ExactSizeIterator<Item = &Statement> {
        self.parts.iter().map(|(_, statement)| statement)
    }

    /// Reads the rows each statement returned.
    ///
    /// # Errors
    /// [`MetricsError::BadAnswer`] when the rows are not those of the statements.
    pub fn answer(self, results: &[Vec<JsonRow>]) -> Result<Answer, MetricsError> {
        if results.len() != self.parts.len() {
            return Err(MetricsError::bad_answer(format!(
                "{} statements were asked, {} answered",
                self.parts.len(),
                results.len()
            )));
        }
        let mut cells: BTreeMap<Cell, BTreeMap<&'static str, i64>> = BTreeMap::new();
        for ((bases, _), rows) in self.parts.iter().zip(results) {
            for row in rows {
                let cell = self.cell(row)?;
                let figures = cells.entry(cell).or_default();
                for base in bases {
                    let figure = whole(row.get(&column(base)))?;
                    *figures.entry(base.id).or_default() += figure;
                }
            }
        }
        Ok(Answer::new(self.request.metrics, self.buckets, cells))
    }

    fn cell(&self, row: &JsonRow) -> Result<Cell, MetricsError> {
        let key = (0_usize..)
            .zip(&self.request.by)
            .map(|(at, dimension)| match row.get(&format!("dim{at}")) {
                Some(serde_json::Value::String(stored)) => Ok(dimension.shown(stored)),
                other => {
                    Err(MetricsError::bad_answer(format!("expected a {} as text, found {other:?}", dimension.column())))
                }
            })
            .collect::<Result<_, _>>()?;
        let bucket = self.request.bucket.map(|_| whole(row.get("bucket"))).transpose()?;
        Ok(Cell { key, bucket })
    }
}

/// The name of a base metric's column. Prefixed, because ClickHouse lets an alias hide a column of the same name.
fn column(base: &Base) -> String {
    format!("m_{}", base.id)
}

/// One fact's aggregates.
fn aggregate(fact: Fact, bases: &[&'static Base], request: &Request, dialect: Dialect) -> Statement {
    let mut writer = Writer::of(dialect, &request.scope);
    let tenant = writer.text(&request.scope.tenant_id);
    let site = writer.text(&request.scope.site);

    let mut select = Vec::new();
    let mut group = Vec::new();
    if let Some(granularity) = request.bucket {
        let bucket = if fact.is_hourly() {
            writer.bucket_of_hour("f.local_hour", granularity)
        } else {
            writer.bucket_of_day("f.local_day", granularity)
        };
        select.push(format!("{bucket} AS bucket"));
        group.push("bucket".to_owned());
    }
    for (at, dimension) in (0_usize..).zip(&request.by) {
        let keep = request.keep.as_deref().filter(|_| at == 0);
        let key = key(&mut writer, fact, *dimension, keep);
        select.push(format!("{key} AS dim{at}"));
        group.push(format!("dim{at}"));
    }
    for base in bases {
        let sql = if base.sql.contains("{currency}") {
            let currency = writer.text(&request.scope.currency);
            base.sql.replace("{currency}", &currency)
        } else {
            base.sql.to_owned()
        };
        select.push(format!("{sql} AS {}", column(base)));
    }

    let mut from = format!("{} f", fact.table(&writer));
    let mut of_session: Vec<&str> = request
        .by
        .iter()
        .copied()
        .chain(request.filters.iter().map(|filter| filter.dimension))
        .filter(|dimension| fact.place(*dimension) == Place::Session)
        .map(Dimension::column)
        .collect();
    of_session.sort_unstable();
    of_session.dedup();
    if !of_session.is_empty() {
        let columns: Vec<&str> = ["id"].into_iter().chain(of_session).collect();
        let join = writer.left_join(&request.scope, "sessions", "s", &columns, "s.id = f.session_id");
        from = format!("{from}\n{join}");
    }

    let mut conditions = vec![format!("f.tenant_id = {tenant}"), format!("f.site = {site}")];
    if fact.is_hourly() {
        let hours = request.range.local_hours();
        let (start, end) = (writer.integer(hours.start), writer.integer(hours.end));
        conditions.push(format!("f.local_hour >= {start} AND f.local_hour < {end}"));
    } else {
        let days = request.range.local_days();
        let (start, end) = (writer.integer(days.start), writer.integer(days.end));
        conditions.push(format!("f.local_day >= {start} AND f.local_day < {end}"));
    }
    if fact.has_bots() && !request.include_bots {
        conditions.push("f.bot = 0".to_owned());
    }
    conditions.extend(fact.condition().map(str::to_owned));
    if let (Fact::Events, Some(event)) = (fact, &request.event) {
        let event = writer.text(event);
        conditions.push(format!("f.event = {event}"));
    }
    for filter in &request.filters {
        let column = stored(fact, filter.dimension);
        let value = writer.text(filter.dimension.stored(&filter.value));
        conditions.push(format!("{column} = {value}"));
    }

    let mut sql = format!("SELECT {}\nFROM {from}\nWHERE {}", select.join(", "), conditions.join(" AND "));
    if !group.is_empty() {
        sql.push_str(&format!("\nGROUP BY {}", group.join(", ")));
    }
    writer.finish(sql)
}

/// Where a fact finds a dimension's stored value.
fn stored(fact: Fact, dimension: Dimension) -> String {
    match fact.place(dimension) {
        Place::Session => format!("COALESCE(s.{}, '')", dimension.column()),
        Place::Own | Place::Nowhere => format!("f.{}", dimension.column()),
    }
}

/// The key a row is counted under.
fn key(writer: &mut Writer, fact: Fact, dimension: Dimension, keep: Option<&[String]>) -> String {
    let column = stored(fact, dimension);
    match keep {
        None => column,
        Some(keep) => {
            let keep: Vec<String> = keep.iter().map(|key| dimension.stored(key).to_owned()).collect();
            let chosen = writer.json_list(&keep);
            format!("CASE WHEN {column} IN ({chosen}) THEN {column} ELSE '{OTHER}' END")
        }
    }
}

/// Whether the counts of an hour can be read instead of its events: in D1, when nothing of the visit is asked for.
fn rolled_up(fact: Fact, request: &Request, dialect: Dialect) -> bool {
    fact == Fact::Events && dialect == Dialect::D1 && request.by.is_empty() && request.filters.is_empty()
}

/// Events by hour: counts for clean hours, the events themselves for the hours that have changed since they were
/// counted.
fn hourly_counts(request: &Request) -> Statement {
    let mut writer = Writer::of(Dialect::D1, &request.scope);
    let tenant = writer.text(&request.scope.tenant_id);
    let site = writer.text(&request.scope.site);
    let hours = request.range.local_hours();
    let (start, end) = (writer.integer(hours.start), writer.integer(hours.end));
    let mut narrowed = String::new();
    if !request.include_bots {
        narrowed.push_str(" AND f.bot = 0");
    }
    if let Some(event) = &request.event {
        let event = writer.text(event);
        narrowed.push_str(&format!(" AND f.event = {event}"));
    }
    let scope = |alias: &str| {
        format!(
            "{alias}.tenant_id = {tenant} AND {alias}.site = {site} \
             AND {alias}.local_hour >= {start} AND {alias}.local_hour < {end}"
        )
    };
    let (select, group) = request.bucket.map_or((String::new(), ""), |granularity| {
        let bucket = writer.bucket_of_hour("c.local_hour", granularity);
        (format!("{bucket} AS bucket, "), "\nGROUP BY bucket")
    });
    let sql = format!(
        "SELECT {select}SUM(c.events) AS m_events\n\
         FROM (\n\
         SELECT f.local_hour, f.events FROM event_hourly f\n\
         WHERE {} AND NOT EXISTS (SELECT 1 FROM dirty_hours d \
         WHERE d.tenant_id = f.tenant_id AND d.site = f.site AND d.local_hour = f.local_hour){narrowed}\n\
         UNION ALL\n\
         SELECT f.local_hour, 1 AS events FROM dirty_hours d JOIN events f \
         ON f.tenant_id = d.tenant_id AND f.site = d.site AND f.local_hour = d.local_hour\n\
         WHERE {}{narrowed}\n\
         ) c{group}",
        scope("f"),
        scope("d"),
    );
    writer.finish(sql)
}
