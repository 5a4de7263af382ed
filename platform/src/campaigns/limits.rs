//! A tenant's guardrails, and the facts the last look before spending is about.

use campaign::guard::{self, Autonomy, GuardFacts, Guardrails};
use campaign::{Document, Status};
use serde::Deserialize;

use super::unreadable;
use crate::database::{Param, Statement, TenantDb};
use crate::error::{Error, Result};

/// The tenant's limits with their version; 0 while it has set none.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// The limits.
    pub guardrails: Guardrails,
    /// Raised by every change.
    pub version: i64,
    /// Who changed them last, '' for nobody.
    pub updated_by: String,
    /// UTC ms; 0 for never.
    pub updated_at: i64,
}

#[derive(Deserialize)]
struct Row {
    version: i64,
    spending_stopped: i64,
    stopped_reason: String,
    daily_cap: Option<i64>,
    campaign_daily_cap: Option<i64>,
    currency: String,
    autonomy: String,
    act_budget_change: f64,
    model_tokens_daily: i64,
    updated_by: String,
    updated_at: i64,
}

/// The tenant's limits; the initial ones, in its first site's currency, where it has set none.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn load(database: &TenantDb) -> Result<Limits> {
    #[derive(Deserialize)]
    struct Site {
        currency: String,
    }
    let sql = "SELECT version, spending_stopped, stopped_reason, daily_cap, campaign_daily_cap, currency, autonomy, \
               act_budget_change, model_tokens_daily, updated_by, updated_at FROM guardrails WHERE tenant_id = ?1";
    if let Some(row) = database.first::<Row>(sql, &[]).await? {
        let autonomy =
            Autonomy::parse(&row.autonomy).ok_or_else(|| unreadable(format!("autonomy {}", row.autonomy)))?;
        return Ok(Limits {
            guardrails: Guardrails {
                spending_stopped: row.spending_stopped != 0,
                stopped_reason: row.stopped_reason,
                daily_cap: row.daily_cap,
                campaign_daily_cap: row.campaign_daily_cap,
                currency: row.currency,
                autonomy,
                act_budget_change: row.act_budget_change,
                model_tokens_daily: row.model_tokens_daily,
            },
            version: row.version,
            updated_by: row.updated_by,
            updated_at: row.updated_at,
        });
    }
    let sql = "SELECT currency FROM sites WHERE tenant_id = ?1 ORDER BY created_at, key LIMIT 1";
    let site: Option<Site> = database.first(sql, &[]).await?;
    let currency = site.map_or_else(|| "EUR".to_owned(), |site| site.currency);
    Ok(Limits { guardrails: Guardrails::initial(&currency), version: 0, updated_by: String::new(), updated_at: 0 })
}

/// The statements that store limits in place of those of `version`, and only of those.
#[must_use]
pub fn store(guardrails: &Guardrails, version: i64, by: &str, now: i64) -> Vec<Statement> {
    let condition = if version == 0 {
        // The query must have a row while the table has none of this tenant.
        Statement::require("SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM guardrails WHERE tenant_id = ?1)", vec![])
    } else {
        Statement::require("SELECT 1 FROM guardrails WHERE tenant_id = ?1 AND version = ?2", vec![version.into()])
    };
    vec![
        condition,
        Statement::new(
            "INSERT INTO guardrails (tenant_id, version, spending_stopped, stopped_reason, daily_cap, \
             campaign_daily_cap, currency, autonomy, act_budget_change, model_tokens_daily, updated_by, updated_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) \
             ON CONFLICT (tenant_id) DO UPDATE SET version = excluded.version, \
             spending_stopped = excluded.spending_stopped, stopped_reason = excluded.stopped_reason, \
             daily_cap = excluded.daily_cap, campaign_daily_cap = excluded.campaign_daily_cap, \
             currency = excluded.currency, autonomy = excluded.autonomy, \
             act_budget_change = excluded.act_budget_change, model_tokens_daily = excluded.model_tokens_daily, \
             updated_by = excluded.updated_by, updated_at = excluded.updated_at",
            vec![
                (version + 1).into(),
                i64::from(guardrails.spending_stopped).into(),
                guardrails.stopped_reason.as_str().into(),
                guardrails.daily_cap.into(),
                guardrails.campaign_daily_cap.into(),
                guardrails.currency.as_str().into(),
                guardrails.autonomy.as_str().into(),
                Param::Real(guardrails.act_budget_change),
                guardrails.model_tokens_daily.into(),
                by.into(),
                now.into(),
            ],
        ),
    ]
}

/// Minor units a day at most of all other campaigns in this currency that are live or on their way there. Where a change
/// is on its way, the larger of both documents counts.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn others_daily(database: &TenantDb, campaign_id: &str, currency: &str) -> Result<i64> {
    #[derive(Deserialize)]
    struct Sum {
        daily: i64,
    }
    let sql = "WITH out_there AS ( \
               SELECT id AS campaign_id, live_snapshot_id AS snapshot_id FROM campaigns WHERE tenant_id = ?1 \
               AND id <> ?2 AND currency = ?3 AND status IN ('live', 'publishing') AND live_snapshot_id <> '' \
               UNION SELECT p.campaign_id, p.snapshot_id FROM publications p JOIN campaigns c ON c.tenant_id = ?1 \
               AND c.id = p.campaign_id AND c.currency = ?3 WHERE p.tenant_id = ?1 AND p.campaign_id <> ?2 \
               AND p.status IN ('queued', 'running') AND p.action IN ('publish', 'change', 'rollback', 'resume')), \
               daily AS (SELECT o.campaign_id, (SELECT COALESCE(SUM(json_extract(a.value, '$.budget_daily')), 0) \
               FROM json_each(s.document, '$.ad_sets') a WHERE json_extract(a.value, '$.status') = 'active') AS amount \
               FROM out_there o JOIN campaign_snapshots s ON s.tenant_id = ?1 AND s.id = o.snapshot_id) \
               SELECT COALESCE(SUM(most), 0) AS daily FROM \
               (SELECT MAX(amount) AS most FROM daily GROUP BY campaign_id)";
    let sum: Option<Sum> = database.first(sql, &[campaign_id.into(), currency.into()]).await?;
    Ok(sum.map_or(0, |sum| sum.daily))
}

/// Minor units a campaign has spent, as far as providers have reported in its currency.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn spent(database: &TenantDb, campaign_id: &str, currency: &str) -> Result<i64> {
    #[derive(Deserialize)]
    struct Sum {
        micros: i64,
    }
    let sql = "SELECT COALESCE(SUM(spend_micros), 0) AS micros FROM channel_insights \
               WHERE tenant_id = ?1 AND campaign_id = ?2 AND level = 'campaign' AND currency = ?3";
    let sum: Option<Sum> = database.first(sql, &[campaign_id.into(), currency.into()]).await?;
    Ok(guard::minor_of_micros(sum.map_or(0, |sum| sum.micros), currency))
}

/// What [`guard::check`] decides on, read now.
#[derive(Clone, Debug)]
pub struct Gathered {
    guardrails: Guardrails,
    status: Status,
    hash: String,
    approved: Option<String>,
    currency: String,
    budget_daily: i64,
    others_daily: i64,
    budget_total: Option<i64>,
    spent: i64,
    end_at: Option<i64>,
}

impl Gathered {
    /// As the guard takes it.
    #[must_use]
    pub fn facts(&self, now: i64) -> GuardFacts<'_> {
        GuardFacts {
            now,
            status: self.status,
            guardrails: &self.guardrails,
            document_hash: &self.hash,
            approved_hash: self.approved.as_deref(),
            currency: &self.currency,
            budget_daily: self.budget_daily,
            others_daily: self.others_daily,
            budget_total: self.budget_total,
            spent: self.spent,
            end_at: self.end_at,
        }
    }
}

/// Reads what the last look before a call that can spend needs, for a campaign and the document the call is part of.
///
/// The approval is looked up by the document's hash, so one that was given for another document is none.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn gather(database: &TenantDb, campaign_id: &str, document: &Document) -> Result<Gathered> {
    let hash = campaign::snapshot::hash(document).map_err(unreadable)?;
    let row = super::find_row(database, campaign_id)
        .await?
        .ok_or_else(|| Error::corrupt("publication", format!("campaign {campaign_id} is gone")))?;
    let (limits, approval, others_daily, spent) = futures::future::try_join4(
        load(database),
        super::approvals::in_force(database, campaign_id, &hash),
        others_daily(database, campaign_id, &document.currency),
        spent(database, campaign_id, &document.currency),
    )
    .await?;
    Ok(Gathered {
        guardrails: limits.guardrails,
        status: row.status.parse().map_err(unreadable)?,
        approved: approval.map(|approval| approval.snapshot_hash),
        hash,
        currency: document.currency.clone(),
        budget_daily: document.budget_daily(),
        others_daily,
        budget_total: document.budget_total,
        spent,
        end_at: document.end_at,
    })
}
