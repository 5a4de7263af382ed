//! Experiments and their variants. The live counts are the Bandit object's; what stands here is as of its last
//! judgement, at most a minute old.

use platform::{Param, Statement, TenantDb};
use serde::Deserialize;

/// A row of `experiments`.
#[derive(Clone, Debug, Deserialize)]
pub struct ExperimentRecord {
    /// Stable id.
    pub id: String,
    /// Site key.
    pub site: String,
    /// What a page asks for.
    pub key: String,
    /// For people.
    pub name: String,
    /// For people.
    pub hypothesis: String,
    /// '' for none.
    pub campaign_id: String,
    /// The event that counts.
    pub metric: String,
    /// site or email.
    pub surface: String,
    /// JSON `bandit::Config`.
    pub bandit_cfg_json: String,
    /// draft, running, decided or stopped.
    pub status: String,
    /// '' for none.
    pub winner: String,
    /// UTC ms.
    pub created_at: i64,
    /// UTC ms.
    pub started_at: Option<i64>,
    /// UTC ms.
    pub ended_at: Option<i64>,
}

/// A row of `experiment_variants`.
#[derive(Clone, Debug, Deserialize)]
pub struct VariantRecord {
    /// Experiment.
    pub experiment_id: String,
    /// What the page is told.
    pub key: String,
    /// For people.
    pub name: String,
    /// JSON.
    pub payload: String,
    /// active, paused or winner.
    pub status: String,
    /// Visitors.
    pub exposures: i64,
    /// Visitors.
    pub rewards: i64,
    /// A fraction.
    pub probability_best: Option<f64>,
    /// Points of the rate.
    pub expected_loss: Option<f64>,
    /// In words.
    pub detail: String,
}

const COLUMNS: &str = "id, site, key, name, hypothesis, campaign_id, metric, surface, bandit_cfg_json, status, winner, \
     created_at, started_at, ended_at";
const VARIANT_COLUMNS: &str =
    "experiment_id, key, name, payload, status, exposures, rewards, probability_best, expected_loss, detail";

/// The latest 200 experiments, newest first; an empty `site` is any.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn all(database: &TenantDb, site: &str) -> platform::Result<Vec<ExperimentRecord>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM experiments WHERE tenant_id = ?1 AND (?2 = '' OR site = ?2) \
         ORDER BY created_at DESC, id DESC LIMIT 200"
    );
    database.rows(&sql, &[site.into()]).await
}

/// The experiment of this id.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn find(database: &TenantDb, id: &str) -> platform::Result<Option<ExperimentRecord>> {
    let sql = format!("SELECT {COLUMNS} FROM experiments WHERE tenant_id = ?1 AND id = ?2");
    database.first(&sql, &[id.into()]).await
}

/// The site's experiment of this key.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn by_key(database: &TenantDb, site: &str, key: &str) -> platform::Result<Option<ExperimentRecord>> {
    let sql = format!("SELECT {COLUMNS} FROM experiments WHERE tenant_id = ?1 AND site = ?2 AND key = ?3");
    database.first(&sql, &[site.into(), key.into()]).await
}

/// The variants of some experiments, in order.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn variants(database: &TenantDb, experiments: &[&str]) -> platform::Result<Vec<VariantRecord>> {
    let ids = serde_json::Value::from(experiments.to_vec()).to_string();
    let sql = format!(
        "SELECT {VARIANT_COLUMNS} FROM experiment_variants WHERE tenant_id = ?1 \
         AND experiment_id IN (SELECT value FROM json_each(?2)) ORDER BY experiment_id, position"
    );
    database.rows(&sql, &[Param::Text(ids)]).await
}

/// The statements that store a draft and its variants.
#[must_use]
pub fn insert(record: &ExperimentRecord, created_by: &str, variants: &[VariantRecord]) -> Vec<Statement> {
    let mut statements = vec![Statement::new(
        "INSERT INTO experiments (tenant_id, id, site, key, campaign_id, name, hypothesis, metric, surface, \
         bandit_cfg_json, status, created_by, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        vec![
            record.id.as_str().into(),
            record.site.as_str().into(),
            record.key.as_str().into(),
            record.campaign_id.as_str().into(),
            record.name.as_str().into(),
            record.hypothesis.as_str().into(),
            record.metric.as_str().into(),
            record.surface.as_str().into(),
            record.bandit_cfg_json.as_str().into(),
            record.status.as_str().into(),
            created_by.into(),
            record.created_at.into(),
        ],
    )];
    statements.extend(variants.iter().zip(0_i64..).map(|(variant, position)| {
        Statement::new(
            "INSERT INTO experiment_variants (tenant_id, experiment_id, key, position, name, payload, status, updated_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'active', ?7)",
            vec![
                record.id.as_str().into(),
                variant.key.as_str().into(),
                position.into(),
                variant.name.as_str().into(),
                variant.payload.as_str().into(),
                record.created_at.into(),
            ],
        )
    }));
    statements
}

/// The statements that move an experiment on from one of `from`, and only from there.
#[must_use]
pub fn advance(id: &str, from: &str, to: &str, now: i64) -> Vec<Statement> {
    let column = if to == "running" { "started_at" } else { "ended_at" };
    vec![
        Statement::require(
            "SELECT 1 FROM experiments WHERE tenant_id = ?1 AND id = ?2 AND status = ?3",
            vec![id.into(), from.into()],
        ),
        Statement::new(
            format!("UPDATE experiments SET status = ?3, {column} = ?4 WHERE tenant_id = ?1 AND id = ?2"),
            vec![id.into(), to.into(), now.into()],
        ),
    ]
}

/// The statements that rename an experiment and set its thresholds, as long as it is a draft or runs.
#[must_use]
pub fn change(id: &str, name: &str, hypothesis: &str, bandit_cfg_json: &str) -> Vec<Statement> {
    vec![
        Statement::require(
            "SELECT 1 FROM experiments WHERE tenant_id = ?1 AND id = ?2 AND status IN ('draft', 'running')",
            vec![id.into()],
        ),
        Statement::new(
            "UPDATE experiments SET name = ?3, hypothesis = ?4, bandit_cfg_json = ?5 WHERE tenant_id = ?1 AND id = ?2",
            vec![id.into(), name.into(), hypothesis.into(), bandit_cfg_json.into()],
        ),
    ]
}

/// Whether a visitor of a site had a visit that was over by some time.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn was_here(database: &TenantDb, site: &str, visitor: &str, before: i64) -> platform::Result<bool> {
    let sql = "SELECT id FROM sessions WHERE tenant_id = ?1 AND site = ?2 AND visitor = ?3 AND ended_at < ?4 LIMIT 1";
    let found: Option<serde_json::Value> = database.first(sql, &[site.into(), visitor.into(), before.into()]).await?;
    Ok(found.is_some())
}

/// The statement that writes what a variant's last counts were.
#[must_use]
pub fn counted(id: &str, key: &str, exposures: u64, rewards: u64, now: i64) -> Statement {
    let whole = |count: u64| Param::Int(i64::try_from(count).unwrap_or(i64::MAX));
    Statement::new(
        "UPDATE experiment_variants SET exposures = ?4, rewards = ?5, updated_at = ?6 \
         WHERE tenant_id = ?1 AND experiment_id = ?2 AND key = ?3",
        vec![id.into(), key.into(), whole(exposures), whole(rewards), now.into()],
    )
}
