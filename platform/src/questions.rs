//! SQL made ahead for a site: the KPI queries, and the questions whose SQL the cache holds before anybody asks.
//!
//! It is made when data is loaded and at first use, and again when the schema version or the warehouse's engine has
//! changed. Whoever finds it out of date makes it anew; doing so twice stores the same rows.

use crate::error::{Error, Result};
use crate::{Param, Statement, TenantDb};
use control::audit::{Entry, SYSTEM};
use metrics::Dialect;
use question::{Vocabulary, grammar, hash, kpi, normalise, schema_version, understand};
use serde::Deserialize;
use serde_json::{Value, json};

/// How long a cached question is good for unless [`TTL_DAYS`] says otherwise, days.
const DEFAULT_TTL_DAYS: i64 = 30;

/// The setting that says how many days a cached question is good for.
pub const TTL_DAYS: &str = "QUESTION_CACHE_DAYS";

const DAY_MS: i64 = 24 * 3_600_000;

/// What stored SQL must have been made for to be run: the schema version and the engine.
#[must_use]
pub fn version(dialect: Dialect) -> String {
    format!("{}-{}", schema_version(), name(dialect))
}

/// An engine's name as it is stored.
#[must_use]
pub fn name(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::D1 => "d1",
        Dialect::ClickHouse => "clickhouse",
    }
}

/// How long a cached question is good for, ms.
///
/// # Errors
/// [`Error::Setting`] when the setting is no number of days from 1 to 3,650.
pub fn ttl_ms(env: &worker::Env) -> Result<i64> {
    let days = crate::settings::number(env, TTL_DAYS, DEFAULT_TTL_DAYS)?;
    if (1..=3_650).contains(&days) {
        Ok(days * DAY_MS)
    } else {
        Err(Error::setting(TTL_DAYS, format!("must be from 1 to 3650, found {days}")))
    }
}

#[derive(Deserialize)]
struct Known {
    schema_version: String,
}

const INSERT_KPIS: &str = "INSERT INTO kpi_queries (tenant_id, site, id, position, title, question, definition, unit, \
     dialect, sql, window, schema_version, created_at) \
     SELECT ?1, ?2, value ->> 'id', value ->> 'position', value ->> 'title', value ->> 'question', \
     value ->> 'definition', value ->> 'unit', ?4, value ->> 'sql', value ->> 'window', ?5, ?6 FROM json_each(?3)";

const INSERT_QUESTIONS: &str = "INSERT INTO question_cache (tenant_id, site, hash, question, sql, plan, origin, \
     schema_version, created_at, expires_at, last_used_at) \
     SELECT ?1, ?2, value ->> 'hash', value ->> 'question', value ->> 'sql', value ->> 'plan', 'load', ?4, ?5, ?6, ?5 \
     FROM json_each(?3) WHERE true ON CONFLICT (tenant_id, site, hash) DO NOTHING";

/// Makes a site's SQL unless it is up to date; returns whether it was made.
///
/// # Errors
/// [`Error::Unavailable`] when D1 fails.
pub async fn prepare(database: &TenantDb, site: &str, dialect: Dialect, now: i64, ttl_ms: i64) -> Result<bool> {
    let version = version(dialect);
    let known: Option<Known> = database
        .first("SELECT schema_version FROM kpi_queries WHERE tenant_id = ?1 AND site = ?2 LIMIT 1", &[site.into()])
        .await?;
    if known.as_ref().is_some_and(|known| known.schema_version == version) {
        return Ok(false);
    }
    let kpis = kpi_rows(dialect).map_err(|error| Error::corrupt("metric catalog", error))?;
    let questions = question_rows(dialect, now);
    let before = known.map(|known| json!({ "schema_version": known.schema_version }));
    let entry = Entry {
        actor: SYSTEM.to_owned(),
        action: "questions.prepare",
        entity: format!("site:{site}"),
        before,
        after: Some(json!({ "schema_version": version, "kpis": kpis.len(), "questions": questions.len() })),
        at: now,
    };
    let statements = [
        Statement::new("DELETE FROM kpi_queries WHERE tenant_id = ?1 AND site = ?2", vec![site.into()]),
        Statement::new(
            INSERT_KPIS,
            vec![
                site.into(),
                Value::from(kpis).to_string().into(),
                name(dialect).into(),
                version.as_str().into(),
                now.into(),
            ],
        ),
        Statement::new(
            "DELETE FROM question_cache WHERE tenant_id = ?1 AND site = ?2 AND (schema_version <> ?3 OR expires_at <= ?4)",
            vec![site.into(), version.as_str().into(), now.into()],
        ),
        Statement::new(
            INSERT_QUESTIONS,
            vec![
                site.into(),
                Value::from(questions).to_string().into(),
                version.as_str().into(),
                Param::Int(now),
                Param::Int(now.saturating_add(ttl_ms)),
            ],
        ),
    ];
    database.commit("the prepared questions", &statements, &[entry]).await?;
    Ok(true)
}

/// [`prepare`] for whoever has loaded data or keeps the timetable.
///
/// # Errors
/// As [`prepare`]; [`Error::Setting`] when the configuration is unusable.
pub async fn prepare_site(env: &worker::Env, database: &TenantDb, site: &str) -> Result<bool> {
    let dialect = crate::warehouse::Warehouse::open(env, database)?.dialect();
    prepare(database, site, dialect, crate::clock::now_ms(), ttl_ms(env)?).await
}

/// Drops a site's cached questions whose time is over.
///
/// # Errors
/// [`Error::Unavailable`] when D1 fails.
pub async fn forget(database: &TenantDb, site: &str, now: i64) -> Result<usize> {
    let sql = "DELETE FROM question_cache WHERE tenant_id = ?1 AND site = ?2 AND expires_at <= ?3";
    database.run(sql, &[site.into(), now.into()]).await
}

fn kpi_rows(dialect: Dialect) -> std::result::Result<Vec<Value>, metrics::MetricsError> {
    (1_i64..)
        .zip(kpi::all())
        .map(|(position, kpi)| {
            let template = kpi.template(dialect)?;
            Ok(json!({
                "id": kpi.id, "position": position, "title": kpi.title, "question": kpi.question,
                "definition": kpi.definition()?, "unit": kpi.unit()?, "sql": template.sql,
                "window": json!({ "days": kpi.window, "slots": template.slots }).to_string(),
            }))
        })
        .collect()
}

/// The common questions and those of the KPIs, understood. None of them names a day, so the day does not matter.
fn question_rows(dialect: Dialect, now: i64) -> Vec<Value> {
    let questions = kpi::all().iter().map(|kpi| kpi.question).chain(grammar::COMMON);
    questions
        .filter_map(|question| {
            let plan = understand(question, &Vocabulary::default(), now.div_euclid(DAY_MS)).ok()?;
            let prepared = plan.prepare(dialect).ok()?;
            let question::Source::Catalog { template, .. } = &prepared.source else { return None };
            let normal = normalise(question);
            Some(json!({
                "hash": hash(&normal), "question": normal, "sql": template.sql,
                "plan": serde_json::to_string(&prepared).ok()?,
            }))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_prepared_has_sql_and_names_no_one() {
        for dialect in [Dialect::D1, Dialect::ClickHouse] {
            let kpis = kpi_rows(dialect).unwrap();
            let questions = question_rows(dialect, 1_795_000_000_000);
            assert_eq!(kpis.len(), kpi::all().len());
            assert_eq!(questions.len(), kpi::all().len() + grammar::COMMON.len());
            for row in kpis.iter().chain(&questions) {
                let sql = row["sql"].as_str().unwrap();
                assert!(sql.contains("?1") || sql.contains("{p1:String}"), "{sql}");
            }
        }
    }

    #[test]
    fn a_version_is_of_the_schema_and_the_engine() {
        assert_ne!(version(Dialect::D1), version(Dialect::ClickHouse));
    }
}
