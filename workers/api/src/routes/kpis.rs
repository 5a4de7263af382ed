//! KPIs: stored SQL, run with the days bound.

use axum::Json;
use futures::future::try_join_all;
use metrics::{Figure, Slot, Template, Unit};
use platform::warehouse::Warehouse;
use platform::{Error, questions};
use question::{Compare, Window, kpi};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::scope;
use crate::answer::{Answer, internal};
use crate::extract::Params;
use crate::gate::Caller;
use crate::store;
use crate::wire::kpis::{Kpi, Kpis, KpisQuery};
use crate::wire::problem::Problem;

/// What a stored KPI query says about its days.
#[derive(Deserialize)]
struct Bound {
    days: Window,
    slots: Vec<Slot>,
}

/// The figures everybody asks for.
///
/// 1. Make the SQL if the schema has changed since. 2. Read it. 3. Run each with today's days.
#[utoipa::path(
    get, path = "/kpis", tag = "questions", params(KpisQuery),
    responses((status = 200, body = Kpis), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_analytics")), ("x-tool" = json!({ "name": "kpis", "title": "Key figures", "effect": "read" })))
)]
#[worker::send]
pub async fn kpis(caller: Caller, Params(query): Params<KpisQuery>) -> Answer<Json<Kpis>> {
    let site = scope::site(&caller, query.site.as_deref()).await?;
    let zone = scope::zone(&site)?;
    let today = zone.local_day(caller.now);
    let figures = scope::figures(&caller, &site);
    let warehouse = Warehouse::open(&caller.runtime.env, &caller.database)?;
    let ttl = questions::ttl_ms(&caller.runtime.env)?;
    questions::prepare(&caller.database, &site.key, warehouse.dialect(), caller.now, ttl).await?;
    let stored = store::kpis::all(&caller.database, &site.key).await?;
    let asked = stored.into_iter().map(|record| {
        let (warehouse, figures) = (&warehouse, &figures);
        async move {
            let bound: Bound =
                serde_json::from_str(&record.window).map_err(|error| Error::corrupt("window of a KPI", error))?;
            let known = kpi::all()
                .iter()
                .find(|known| known.id == record.id)
                .ok_or_else(|| internal(format!("the stored KPI `{}` is not in the catalog", record.id)))?;
            let metric = metrics::catalog::metric(known.metric)?;
            let windows = question::plan::windows(bound.days, Some(Compare::Previous), zone, today)?;
            let template = Template { sql: record.sql, slots: bound.slots };
            let rows: Vec<Map<String, Value>> = warehouse.rows(&template.bind(figures, &windows)?).await?;
            let row = rows.into_iter().next().unwrap_or_default();
            let days = |at: usize| windows.get(at).map(|days| (days.from(), days.to())).unwrap_or_default();
            let ((from, to), (previous_from, previous_to)) = (days(0), days(1));
            Ok::<Kpi, crate::answer::Refused>(Kpi {
                id: record.id,
                title: record.title,
                question: record.question,
                definition: record.definition,
                unit: metric.unit.into(),
                better: metric.better.into(),
                value: figure(row.get(known.metric), metric),
                previous: figure(row.get(&format!("{}_previous", known.metric)), metric),
                from,
                to,
                previous_from,
                previous_to,
                sql: template.sql,
            })
        }
    });
    let rows = try_join_all(asked).await?;
    let schema_version = questions::version(warehouse.dialect());
    Ok(Json(Kpis { currency: site.currency, time_zone: site.time_zone, schema_version, rows }))
}

/// A figure as either engine writes it: sums and counts whole, ratios real.
fn figure(value: Option<&Value>, metric: &metrics::Metric) -> Option<Figure> {
    let real = match value? {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.parse().ok()?,
        _ => return None,
    };
    let is_ratio = matches!(metric.definition, metrics::Definition::Ratio { .. });
    let is_whole = !is_ratio && matches!(metric.unit, Unit::Money | Unit::Count) && real.fract() == 0.0;
    Some(if is_whole { Figure::Whole(real as i64) } else { Figure::Real(real) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn figures_are_read_as_either_engine_writes_them() {
        let revenue = metrics::catalog::metric("revenue").unwrap();
        let aov = metrics::catalog::metric("aov").unwrap();
        for value in [json!(1200), json!(1200.0), json!("1200")] {
            assert_eq!(figure(Some(&value), revenue), Some(Figure::Whole(1200)));
            assert_eq!(figure(Some(&value), aov), Some(Figure::Real(1200.0)));
        }
        assert_eq!(figure(Some(&Value::Null), aov), None);
        assert_eq!(figure(None, aov), None);
    }
}
