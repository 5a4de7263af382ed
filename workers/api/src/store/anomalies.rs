//! Anomalies: what was found, and what was looked at.

use platform::{Param, Result, Statement, TenantDb};
use serde::Deserialize;

/// The states an anomaly can be in.
pub const STATES: [&str; 2] = ["open", "dismissed"];

/// A row of `anomalies`.
#[derive(Clone, Debug, Deserialize)]
pub struct AnomalyRecord {
    /// Stable id.
    pub id: String,
    /// Site key.
    pub site: String,
    /// Id of the metric.
    pub metric: String,
    /// money, count, ratio, percent.
    pub unit: String,
    /// ISO 4217.
    pub currency: String,
    /// First unusual day, local.
    pub local_day: i64,
    /// Unusual days in a row.
    pub days: i64,
    /// In the metric's unit.
    pub value: f64,
    /// Usual.
    pub expected: f64,
    /// Least usual.
    pub lower: f64,
    /// Most usual.
    pub upper: f64,
    /// Robust standard deviations from the usual.
    pub score: f64,
    /// In words.
    pub words: String,
    /// JSON: the change of level, or null.
    pub shift: String,
    /// JSON: what moved it.
    pub moved: String,
    /// JSON: the days around it.
    pub around: String,
    /// One of [`STATES`].
    pub status: String,
    /// UTC ms.
    pub found_at: i64,
    /// Who.
    pub dismissed_by: Option<String>,
    /// UTC ms.
    pub dismissed_at: Option<i64>,
}

const COLUMNS: &str = "id, site, metric, unit, currency, local_day, days, value, expected, lower, upper, score, words, \
                       shift, moved, around, status, found_at, dismissed_by, dismissed_at";

/// At most `limit` rows of a site, newest day first, after the last one of the page before (its day and id). An empty
/// `status` is any.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn page(
    database: &TenantDb,
    site: &str,
    status: &str,
    after: Option<(i64, String)>,
    limit: i64,
) -> Result<Vec<AnomalyRecord>> {
    let (day, id) = after.unwrap_or((i64::from(i32::MAX), String::new()));
    let sql = format!(
        "SELECT {COLUMNS} FROM anomalies WHERE tenant_id = ?1 AND site = ?2 AND (?3 = '' OR status = ?3) \
         AND (local_day < ?4 OR (local_day = ?4 AND id < ?5)) ORDER BY local_day DESC, id DESC LIMIT ?6"
    );
    database.rows(&sql, &[site.into(), status.into(), day.into(), id.into(), limit.into()]).await
}

#[derive(Deserialize)]
struct StatusRow {
    status: String,
}

/// The state of an anomaly.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn status(database: &TenantDb, id: &str) -> Result<Option<String>> {
    let sql = "SELECT status FROM anomalies WHERE tenant_id = ?1 AND id = ?2";
    Ok(database.first::<StatusRow>(sql, &[Param::from(id)]).await?.map(|row| row.status))
}

#[derive(Deserialize)]
struct LookRow {
    look: String,
}

/// What was looked at last, JSON.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn look(database: &TenantDb, site: &str) -> Result<Option<String>> {
    let sql = "SELECT look FROM anomaly_looks WHERE tenant_id = ?1 AND site = ?2";
    Ok(database.first::<LookRow>(sql, &[Param::from(site)]).await?.map(|row| row.look))
}

/// The statements that move an anomaly from one state to the other; they fail when it is no longer there in that state.
#[must_use]
pub fn moved(id: &str, from: &str, by: Option<&str>, now: i64) -> [Statement; 2] {
    let to = if by.is_some() { "dismissed" } else { "open" };
    let (by, at) = (by.map_or(Param::Null, Param::from), by.map_or(Param::Null, |_| now.into()));
    [
        Statement::require(
            "SELECT 1 FROM anomalies WHERE tenant_id = ?1 AND id = ?2 AND status = ?3",
            vec![id.into(), from.into()],
        ),
        Statement::new(
            "UPDATE anomalies SET status = ?3, dismissed_by = ?4, dismissed_at = ?5 WHERE tenant_id = ?1 AND id = ?2",
            vec![id.into(), to.into(), by, at],
        ),
    ]
}
