//! Questions in words and in SQL.
//!
//! In words: normal form and hash → cache → grammar over the catalog → a language model, where one is configured → rows.
//! In SQL: sandbox → rows. Asking changes nothing but caches and the count of what the model used, so it is not audited;
//! an opinion on an answer is.

use axum::Json;
use calendar::DateRange;
use control::audit::Entry;
use http::StatusCode;
use metrics::{Dialect, Scope};
use platform::model::Server;
use platform::warehouse::Warehouse;
use platform::{Error, questions, random};
use problem::{FieldError, Problem as Failure};
use question::normal::MAX_QUESTION;
use question::{Chart, NotUnderstood, Prepared, Rewritten, Source, hash, normalise, rewrite, sandbox, schema};
use serde_json::{Map, Value, json};

use super::model_sql::{self, Unknown};
use super::scope;
use crate::answer::{Answer, Refused};
use crate::extract::{Form, Params};
use crate::gate::Caller;
use crate::store;
use crate::store::questions::{CachedQuestion, Feedback, NewQuestion};
use crate::store::sites::SiteRecord;
use crate::wire::problem::Problem;
use crate::wire::questions::{
    AnswerCache, AnswerChart, AnswerColumn, AnswerDays, AnswerDefinition, AnswerFeedback, Ask, OfSite, QuerySchema,
    QuestionAnswer, RunSql, SchemaColumn, SchemaTable, SqlAnswer, Suggestion, Suggestions,
};

/// Suggestions that are listed.
const MAX_SUGGESTIONS: i64 = 40;

/// Longest comment, characters.
const MAX_COMMENT: usize = 1_000;

/// Answers a question in words.
///
/// 1. A question that follows another becomes a whole one. 2. The same question again is found by its hash. 3. Else it
/// is understood by the grammar, and what it became is kept. 4. What the grammar does not understand is written as SQL by
/// the language model, where one is configured; its SQL passes the sandbox, and is kept until the site's day ends, for it
/// may name days. 5. The SQL runs with the site and the days bound. What is not understood → 422 that names the words and
/// suggests three questions; a used-up model budget → 429; a model that does not answer → 503.
#[utoipa::path(
    post, path = "/query/ask", tag = "questions", request_body = Ask,
    responses((status = 200, body = QuestionAnswer), (status = "default", description = "Any failure; 422 names what was not understood, and suggests questions in `errors` with the field `/suggestions/…`", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("ask_questions")), ("x-tool" = json!({ "name": "query_ask", "title": "Ask a question in words", "effect": "read" })))
)]
#[worker::send]
pub async fn ask(caller: Caller, Form(form): Form<Ask>) -> Answer<Json<QuestionAnswer>> {
    if form.question.chars().count() > 2 * MAX_QUESTION {
        return Err(Failure::invalid_field("/question", format!("is longer than {MAX_QUESTION} characters")).into());
    }
    let mut normal = normalise(&form.question);
    if normal.is_empty() {
        return Err(Failure::invalid_field("/question", "is empty").into());
    }
    let site = scope::site(&caller, form.site.as_deref()).await?;
    let zone = scope::zone(&site)?;
    let today = zone.local_day(caller.now);
    let mut vocabulary = None;
    if let Some(before) = form.after.as_deref().filter(|before| !before.trim().is_empty()) {
        let known = store::questions::vocabulary(&caller.database, &site.key).await?;
        let followed = question::follow_up(before, &normal, &known, today).map_err(|error| not_understood(&error))?;
        if let Some(whole) = followed {
            normal = normalise(&whole);
        }
        vocabulary = Some(known);
    }
    let warehouse = Warehouse::open(&caller.runtime.env, &caller.database)?;
    let dialect = warehouse.dialect();
    let ttl = questions::ttl_ms(&caller.runtime.env)?;
    questions::prepare(&caller.database, &site.key, dialect, caller.now, ttl).await?;
    let (hash, version) = (hash(&normal), questions::version(dialect));

    if let Some(cached) = store::questions::take(&caller.database, &site.key, &hash, &version, caller.now).await? {
        let prepared = stored(&cached)?;
        let rows = rows(&caller, &site, &warehouse, &prepared).await?;
        return Ok(Json(told(
            &site,
            &warehouse,
            Known { question: normal, hash, cache: cache(&cached) },
            prepared,
            rows,
        )));
    }
    let vocabulary = match vocabulary {
        Some(known) => known,
        None => store::questions::vocabulary(&caller.database, &site.key).await?,
    };
    let ends = caller.now.saturating_add(ttl);
    let (prepared, rows, origin, expires_at) = match question::understand(&normal, &vocabulary, today) {
        Ok(plan) => {
            let prepared = plan.prepare(dialect)?;
            let rows = rows(&caller, &site, &warehouse, &prepared).await?;
            (prepared, rows, "grammar", ends)
        }
        Err(error) => {
            let Some(server) = Server::read(&caller.runtime.env)? else { return Err(not_understood(&error).into()) };
            let unknown = Unknown { question: &normal, hash: &hash, error, today };
            let figures = scope::figures(&caller, &site);
            let (prepared, rows) = model_sql::write(&caller, &server, &warehouse, &figures, unknown).await?;
            (prepared, rows, "model", ends.min(zone.day_start_ms(today + 1)))
        }
    };
    let plan = serde_json::to_string(&prepared).map_err(|error| Error::corrupt("plan", error))?;
    let new = NewQuestion {
        hash: &hash,
        question: &normal,
        sql: sql_of(&prepared),
        plan: &plan,
        origin,
        version: &version,
        now: caller.now,
        expires_at,
    };
    store::questions::keep(&caller.database, &site.key, &new).await?;
    let cache = AnswerCache { hit: false, hits: 0, origin: origin.to_owned(), created_at: caller.now, expires_at };
    Ok(Json(told(&site, &warehouse, Known { question: normal, hash, cache }, prepared, rows)))
}

fn stored(cached: &CachedQuestion) -> Answer<Prepared> {
    Ok(serde_json::from_str(&cached.plan).map_err(|error| Error::corrupt("plan of a question", error))?)
}

fn cache(cached: &CachedQuestion) -> AnswerCache {
    AnswerCache {
        hit: true,
        hits: cached.hits,
        origin: cached.origin.clone(),
        created_at: cached.created_at,
        expires_at: cached.expires_at,
    }
}

fn sql_of(prepared: &Prepared) -> &str {
    match &prepared.source {
        Source::Catalog { template, .. } => &template.sql,
        Source::Sandboxed(rewritten) => &rewritten.sql,
    }
}

/// Names the words and suggests questions.
pub(super) fn not_understood(error: &NotUnderstood) -> Failure {
    let mut errors = vec![FieldError::new("/question", error.to_string())];
    errors.extend(
        (0..)
            .zip(error.suggestions())
            .map(|(at, suggestion): (u32, _)| FieldError::new(format!("/suggestions/{at}"), suggestion.as_str())),
    );
    let instead: Vec<&str> = error.suggestions().iter().map(String::as_str).collect();
    Failure::unprocessable(format!("the question cannot be answered: {error}. Try: {}", instead.join(" · ")))
        .with_errors(errors)
}

/// What is known of a question beside what it became.
struct Known {
    question: String,
    hash: String,
    cache: AnswerCache,
}

/// The rows of an answer.
pub(super) struct Rows {
    columns: Vec<AnswerColumn>,
    /// Each a list in the order of the columns.
    rows: Vec<Vec<Value>>,
    /// The days, and those they are compared with; empty where the SQL says them itself.
    windows: Vec<DateRange>,
}

/// Runs what a question became.
async fn rows(caller: &Caller, site: &SiteRecord, warehouse: &Warehouse<'_>, prepared: &Prepared) -> Answer<Rows> {
    let figures = scope::figures(caller, site);
    match &prepared.source {
        Source::Catalog { template, window, compare, .. } => {
            let zone = scope::zone(site)?;
            let windows = question::plan::windows(*window, *compare, zone, zone.local_day(caller.now))?;
            let rows: Vec<Map<String, Value>> = warehouse.rows(&template.bind(&figures, &windows)?).await?;
            let rows = prepared.shape(&rows, windows.first())?;
            let columns = prepared
                .columns
                .iter()
                .map(|column| AnswerColumn {
                    name: column.name.clone(),
                    label: column.label.clone(),
                    unit: column.unit.clone(),
                    currency: (column.unit == "money").then(|| site.currency.clone()),
                })
                .collect();
            Ok(Rows { columns, rows, windows })
        }
        Source::Sandboxed(rewritten) => free(warehouse, rewritten, &figures).await,
    }
}

/// An answer as it is sent.
fn told(site: &SiteRecord, warehouse: &Warehouse<'_>, known: Known, prepared: Prepared, rows: Rows) -> QuestionAnswer {
    let sql = sql_of(&prepared).to_owned();
    let Rows { columns, rows, windows } = rows;
    let (of_clickhouse, chart) = match &prepared.source {
        Source::Catalog { .. } => (warehouse.dialect() == Dialect::ClickHouse, chart(prepared.chart)),
        Source::Sandboxed(rewritten) => (rewritten.clickhouse, drawn(&columns, &rows)),
    };
    let days = |range: &DateRange| AnswerDays { from: range.from(), to: range.to() };
    QuestionAnswer {
        question: known.question,
        hash: known.hash,
        title: prepared.title,
        sql,
        engine: engine(of_clickhouse).to_owned(),
        columns,
        rows,
        chart,
        definitions: prepared
            .meanings
            .into_iter()
            .map(|meaning| AnswerDefinition {
                id: meaning.id,
                label: meaning.label,
                description: meaning.description,
                formula: meaning.formula,
            })
            .collect(),
        days: windows.first().map(days),
        compared: windows.get(1).map(days),
        time_zone: site.time_zone.clone(),
        cache: known.cache,
    }
}

fn engine(clickhouse: bool) -> &'static str {
    questions::name(if clickhouse { Dialect::ClickHouse } else { Dialect::D1 })
}

fn chart(chart: Chart) -> AnswerChart {
    match chart {
        Chart::Kpi => AnswerChart::Kpi,
        Chart::Line => AnswerChart::Line,
        Chart::Bar => AnswerChart::Bar,
        Chart::Table => AnswerChart::Table,
    }
}

/// Runs a sandboxed text: its columns in its own order, its rows as lists.
pub(super) async fn free(warehouse: &Warehouse<'_>, rewritten: &Rewritten, scope: &Scope) -> Answer<Rows> {
    let rows: Vec<Map<String, Value>> = warehouse.sandboxed_rows(rewritten, scope).await.map_err(refused_by_engine)?;
    let named = names(rewritten, &rows);
    let columns = named
        .iter()
        .map(|(name, unit)| AnswerColumn {
            name: name.clone(),
            label: name.replace('_', " "),
            unit: unit.clone().unwrap_or_else(|| "value".to_owned()),
            currency: (unit.as_deref() == Some("money")).then(|| scope.currency.clone()),
        })
        .collect();
    let rows = rows
        .into_iter()
        .map(|mut row| {
            named.iter().map(|(name, _)| row.remove(name).map_or(Value::Null, question::plan::plain)).collect()
        })
        .collect();
    Ok(Rows { columns, rows, windows: Vec::new() })
}

/// The columns of a text: as it lists them, else (`*`) those of its tables that the rows have, then any others.
fn names(rewritten: &Rewritten, rows: &[Map<String, Value>]) -> Vec<(String, Option<String>)> {
    if !rewritten.columns.is_empty() {
        return rewritten
            .columns
            .iter()
            .filter_map(|column| Some((column.name.clone()?, column.unit.clone())))
            .collect();
    }
    let mut names: Vec<(String, Option<String>)> = Vec::new();
    let first = rows.first();
    for table in rewritten.tables.iter().filter_map(|name| schema::table(name)) {
        for column in table.columns {
            let there = first.is_none_or(|row| row.contains_key(column.name));
            if there && !names.iter().any(|(name, _)| name == column.name) {
                names.push((column.name.to_owned(), column.unit.and_then(unit)));
            }
        }
    }
    for name in first.into_iter().flat_map(Map::keys) {
        if !names.iter().any(|(known, _)| known == name) {
            names.push((name.clone(), None));
        }
    }
    names
}

fn unit(unit: metrics::Unit) -> Option<String> {
    match unit {
        metrics::Unit::Money => Some("money".to_owned()),
        metrics::Unit::Count => Some("count".to_owned()),
        metrics::Unit::Ratio | metrics::Unit::Percent => None,
    }
}

/// What the engine says against a text is its author's to mend; only that it does not answer is ours.
fn refused_by_engine(error: Error) -> Refused {
    let said = match &error {
        Error::Unavailable { detail, .. } => detail.clone(),
        _ => return error.into(),
    };
    let of_sql = ["SQLITE_ERROR", "SQLITE_TOOBIG", "SQLITE_LIMIT", "SQLITE_MISMATCH", "too complex", "DB::Exception"];
    if !of_sql.iter().any(|mark| said.contains(mark)) {
        return error.into();
    }
    let reason: String = said
        .trim_start_matches("Error: ")
        .trim_start_matches("D1_ERROR: ")
        .split(": SQLITE_")
        .next()
        .unwrap_or_default()
        .lines()
        .next()
        .unwrap_or_default()
        .chars()
        .take(200)
        .collect();
    Failure::invalid_field("/sql", format!("the database cannot run it: {reason}")).into()
}

/// Answers a question in SQL.
///
/// 1. The sandbox reads the text and writes it anew for the site; what it does not allow → 422 with the reason. 2. It
/// runs, reading only.
#[utoipa::path(
    post, path = "/query/run", tag = "questions", request_body = RunSql,
    responses((status = 200, body = SqlAnswer), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("ask_questions")), ("x-tool" = json!({ "name": "query_run", "title": "Run a SQL query", "effect": "read" })))
)]
#[worker::send]
pub async fn run(caller: Caller, Form(form): Form<RunSql>) -> Answer<Json<SqlAnswer>> {
    let site = scope::site(&caller, form.site.as_deref()).await?;
    let warehouse = Warehouse::open(&caller.runtime.env, &caller.database)?;
    let rewritten = rewrite(&form.sql, warehouse.dialect())
        .map_err(|refusal| Failure::invalid_field("/sql", refusal.to_string()))?;
    let figures = scope::figures(&caller, &site);
    let Rows { columns, rows, .. } = free(&warehouse, &rewritten, &figures).await?;
    let truncated = u64::try_from(rows.len()).unwrap_or(u64::MAX) >= rewritten.limit;
    Ok(Json(SqlAnswer {
        engine: engine(rewritten.clickhouse).to_owned(),
        chart: drawn(&columns, &rows),
        sql: rewritten.sql,
        tables: rewritten.tables,
        columns,
        rows,
        limit: rewritten.limit,
        truncated,
    }))
}

/// A chart for rows nobody planned: one figure, days with a figure, keys with a figure, else a table.
fn drawn(columns: &[AnswerColumn], rows: &[Vec<Value>]) -> AnswerChart {
    let is_figure =
        |at: usize| rows.iter().all(|row| row.get(at).is_some_and(|value| value.is_number() || value.is_null()));
    let is_text = |at: usize| rows.iter().all(|row| row.get(at).is_some_and(Value::is_string));
    match (columns, rows.len()) {
        ([_], 1) if is_figure(0) => AnswerChart::Kpi,
        ([key, _], 2..) if is_figure(1) && is_text(0) && matches!(key.name.as_str(), "day" | "month") => {
            AnswerChart::Line
        }
        ([_, _], 2..=50) if is_figure(1) && is_text(0) => AnswerChart::Bar,
        _ => AnswerChart::Table,
    }
}

/// Takes an opinion on an answer; after a thumb down the question is understood anew.
#[utoipa::path(
    post, path = "/query/feedback", tag = "questions", request_body = AnswerFeedback,
    responses((status = 204, description = "Kept"), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("ask_questions")))
)]
#[worker::send]
pub async fn feedback(caller: Caller, Form(form): Form<AnswerFeedback>) -> Answer<StatusCode> {
    if !matches!(form.verdict.as_str(), "up" | "down") {
        return Err(Failure::invalid_field("/verdict", "must be up or down").into());
    }
    let comment = form.comment.unwrap_or_default();
    if comment.chars().count() > MAX_COMMENT {
        return Err(Failure::invalid_field("/comment", format!("is longer than {MAX_COMMENT} characters")).into());
    }
    let site = scope::site(&caller, form.site.as_deref()).await?;
    if !store::questions::is_known(&caller.database, &site.key, &form.hash).await? {
        return Err(Failure::not_found("there is no such answer; it may have been dropped, ask again").into());
    }
    let id = random::uuid();
    let opinion = Feedback {
        id: &id,
        hash: &form.hash,
        verdict: &form.verdict,
        comment: &comment,
        by: caller.actor(),
        at: caller.now,
    };
    let entry = Entry {
        actor: caller.actor().to_owned(),
        action: "question.feedback",
        entity: format!("question:{}", form.hash),
        before: None,
        after: Some(json!({ "site": site.key, "verdict": form.verdict, "comment": comment })),
        at: caller.now,
    };
    caller.database.commit("the answer", &store::questions::give(&site.key, &opinion), &[entry]).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What SQL may say: tables, columns, functions, rules.
#[utoipa::path(
    get, path = "/query/schema", tag = "questions",
    responses((status = 200, body = QuerySchema), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("ask_questions")), ("x-tool" = json!({ "name": "query_schema", "title": "What SQL may name", "effect": "read" })))
)]
pub async fn show_schema() -> Json<QuerySchema> {
    let tables = schema::TABLES
        .iter()
        .map(|table| SchemaTable {
            name: table.name.to_owned(),
            description: table.description.to_owned(),
            columns: table
                .columns
                .iter()
                .map(|column| SchemaColumn {
                    name: column.name.to_owned(),
                    description: column.description.to_owned(),
                    unit: column.unit.and_then(unit),
                })
                .collect(),
        })
        .collect();
    let rules = vec![
        "One SELECT; nothing is written.".to_owned(),
        "Every table holds the rows of one site only; visits of machines are left out.".to_owned(),
        format!("{} rows unless LIMIT says otherwise, at most {}.", sandbox::DEFAULT_ROWS, sandbox::MAX_ROWS),
        format!("At most {} joins, each with ON a.column = b.column or USING.", sandbox::MAX_JOINS),
        "`/` divides exactly, and gives NULL for a divisor of 0.".to_owned(),
        "Amounts are integer minor units.".to_owned(),
    ];
    Json(QuerySchema {
        tables,
        functions: sandbox::functions().map(str::to_owned).collect(),
        rules,
        schema_version: question::schema_version().to_owned(),
    })
}

/// Questions to begin with: their SQL is there already.
#[utoipa::path(
    get, path = "/query/suggestions", tag = "questions", params(OfSite),
    responses((status = 200, body = Suggestions), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("ask_questions")))
)]
#[worker::send]
pub async fn suggestions(caller: Caller, Params(query): Params<OfSite>) -> Answer<Json<Suggestions>> {
    let site = scope::site(&caller, query.site.as_deref()).await?;
    let dialect = Warehouse::open(&caller.runtime.env, &caller.database)?.dialect();
    let ttl = questions::ttl_ms(&caller.runtime.env)?;
    questions::prepare(&caller.database, &site.key, dialect, caller.now, ttl).await?;
    let version = questions::version(dialect);
    let known = store::questions::known(&caller.database, &site.key, &version, caller.now, MAX_SUGGESTIONS).await?;
    let rows = known
        .into_iter()
        .map(|cached| {
            let title = stored(&cached)?.title;
            Ok(Suggestion {
                hash: cached.hash,
                question: cached.question,
                title,
                origin: cached.origin,
                hits: cached.hits,
            })
        })
        .collect::<Answer<_>>()?;
    Ok(Json(Suggestions { rows }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_understood_is_named_and_three_questions_are_suggested() {
        let error = question::understand("revenue by unicorn", &question::Vocabulary::default(), 20_777).unwrap_err();
        let failure = not_understood(&error);
        assert_eq!(failure.status, 422);
        assert!(failure.detail.contains("unicorn"), "{}", failure.detail);
        let fields: Vec<&str> = failure.errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["/question", "/suggestions/0", "/suggestions/1", "/suggestions/2"]);
    }

    #[test]
    fn what_the_engine_says_against_a_text_is_told_and_what_fails_on_our_side_is_not() {
        let told = refused_by_engine(Error::unavailable(
            "D1",
            "Error: D1_ERROR: misuse of aggregate: SUM() at offset 7: SQLITE_ERROR",
        ));
        assert_eq!(told.problem().status, 422);
        assert!(told.problem().detail.ends_with("misuse of aggregate: SUM() at offset 7"), "{}", told.problem().detail);
        let kept = refused_by_engine(Error::unavailable("D1", "connection lost to 10.0.0.7"));
        assert_eq!(kept.problem().status, 503);
        assert!(!kept.problem().detail.contains("10.0"));
    }

    #[test]
    fn a_star_is_answered_in_the_order_of_the_table() {
        let rewritten = rewrite("SELECT * FROM ad_spend", Dialect::D1).unwrap();
        let named = names(&rewritten, &[]);
        assert_eq!(named.first().map(|(name, _)| name.as_str()), Some("day"));
        let row = json!({ "clicks": 1, "day": "2026-01-01", "extra": 2 });
        let named: Vec<String> =
            names(&rewritten, &[row.as_object().unwrap().clone()]).into_iter().map(|(name, _)| name).collect();
        assert_eq!(named, ["day", "clicks", "extra"]);
    }

    #[test]
    fn rows_nobody_planned_get_a_chart_that_fits() {
        let column = |name: &str| AnswerColumn {
            name: name.to_owned(),
            label: String::new(),
            unit: "value".to_owned(),
            currency: None,
        };
        let rows = |list: &[(&str, i64)]| list.iter().map(|(key, n)| vec![json!(key), json!(n)]).collect::<Vec<_>>();
        assert_eq!(drawn(&[column("n")], &[vec![json!(3)]]), AnswerChart::Kpi);
        assert_eq!(drawn(&[column("day"), column("n")], &rows(&[("a", 1), ("b", 2)])), AnswerChart::Line);
        assert_eq!(drawn(&[column("channel"), column("n")], &rows(&[("a", 1), ("b", 2)])), AnswerChart::Bar);
        assert_eq!(drawn(&[column("channel"), column("n")], &rows(&[("a", 1)])), AnswerChart::Table);
    }
}
