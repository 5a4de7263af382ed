//! Rows of `campaigns`, `ad_sets`, `ads` and `campaign_snapshots`: how a document becomes rows and rows a document.

use std::collections::{BTreeMap, BTreeSet};

use campaign::{Ad, AdSet, Document, Finding, Status};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IntoDeserializer as _};
use serde_json::json;

use super::{id_list, unreadable};
use crate::database::{Param, Statement, TenantDb};
use crate::error::{Error, Result};

/// A row of `campaigns`.
#[derive(Clone, Debug, Deserialize)]
pub struct CampaignRow {
    /// Stable id.
    pub id: String,
    /// Site key.
    pub site: String,
    /// For people.
    pub name: String,
    /// `campaign::Objective`.
    pub objective: String,
    /// [`Status`].
    pub status: String,
    /// Raised by every change.
    pub version: i64,
    /// ISO 4217.
    pub currency: String,
    /// Minor units.
    pub budget_daily: i64,
    /// Minor units.
    pub budget_total: Option<i64>,
    /// UTC ms.
    pub start_at: Option<i64>,
    /// UTC ms.
    pub end_at: Option<i64>,
    /// Where clicks lead.
    pub landing_url: String,
    /// `utm_campaign` of its links.
    pub utm_campaign: String,
    /// Why it failed or was rejected.
    pub detail: String,
    /// The request or approval of what is wanted, '' for none.
    pub approval_id: String,
    /// What was last live, '' for nothing.
    pub live_snapshot_id: String,
    /// Who made it.
    pub created_by: String,
    /// UTC ms.
    pub created_at: i64,
    /// UTC ms.
    pub updated_at: i64,
}

const COLUMNS: &str = "id, site, name, objective, status, version, currency, budget_daily, budget_total, start_at, \
     end_at, landing_url, utm_campaign, detail, approval_id, live_snapshot_id, created_by, created_at, updated_at";

/// The most campaigns that are listed.
const MAX_LISTED: i64 = 200;

/// A row of `campaign_snapshots`.
#[derive(Clone, Debug, Deserialize)]
pub struct SnapshotRow {
    /// Stable id.
    pub id: String,
    /// Of `document`.
    pub hash: String,
    /// JSON.
    pub document: String,
}

/// The campaign's row.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn find_row(database: &TenantDb, id: &str) -> Result<Option<CampaignRow>> {
    let sql = format!("SELECT {COLUMNS} FROM campaigns WHERE tenant_id = ?1 AND id = ?2");
    database.first(&sql, &[id.into()]).await
}

/// The latest 200 campaigns, the last changed first. An empty `site` or `status` is any.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn list(database: &TenantDb, site: &str, status: &str) -> Result<Vec<CampaignRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM campaigns WHERE tenant_id = ?1 AND (?2 = '' OR site = ?2) AND (?3 = '' OR status = ?3) \
         ORDER BY updated_at DESC, id DESC LIMIT {MAX_LISTED}"
    );
    database.rows(&sql, &[site.into(), status.into()]).await
}

#[derive(Deserialize)]
struct Id {
    id: String,
}

/// The ids of the tenant's live campaigns; at most 200.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn live_ids(database: &TenantDb) -> Result<Vec<String>> {
    let sql = "SELECT id FROM campaigns WHERE tenant_id = ?1 AND status = 'live' ORDER BY id LIMIT 200";
    let rows: Vec<Id> = database.rows(sql, &[]).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// The ids of campaigns that are out and whose end has passed, as the document that is live says; at most 200.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn over_ids(database: &TenantDb, now: i64) -> Result<Vec<String>> {
    let sql = "SELECT c.id FROM campaigns c JOIN campaign_snapshots s ON s.tenant_id = ?1 AND s.id = c.live_snapshot_id \
               WHERE c.tenant_id = ?1 AND c.status IN ('live', 'paused') \
               AND json_extract(s.document, '$.end_at') <= ?2 ORDER BY c.id LIMIT 200";
    let rows: Vec<Id> = database.rows(sql, &[now.into()]).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// The snapshot of this id; an empty id is none.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn snapshot_of(database: &TenantDb, id: &str) -> Result<Option<SnapshotRow>> {
    if id.is_empty() {
        return Ok(None);
    }
    let sql = "SELECT id, hash, document FROM campaign_snapshots WHERE tenant_id = ?1 AND id = ?2";
    database.first(sql, &[id.into()]).await
}

/// The snapshots of these ids.
pub(super) async fn snapshots_of<'a>(
    database: &TenantDb,
    ids: impl Iterator<Item = &'a str>,
) -> Result<Vec<SnapshotRow>> {
    let sql = "SELECT id, hash, document FROM campaign_snapshots \
               WHERE tenant_id = ?1 AND id IN (SELECT value FROM json_each(?2))";
    database.rows(sql, &[id_list(ids)]).await
}

#[derive(Deserialize)]
struct AdSetRow {
    campaign_id: String,
    id: String,
    name: String,
    channel_id: String,
    channel: Option<String>,
    audience_json: String,
    placements_json: String,
    bid_strategy: String,
    budget_daily: i64,
    status: String,
}

#[derive(Deserialize)]
struct AdRow {
    id: String,
    ad_set_id: String,
    name: String,
    creative_json: String,
    status: String,
}

/// The documents that campaigns' rows hold, by campaign.
pub(super) async fn documents(database: &TenantDb, rows: &[CampaignRow]) -> Result<BTreeMap<String, Document>> {
    let sets = "SELECT s.campaign_id, s.id, s.name, s.channel_id, c.type AS channel, s.audience_json, \
                s.placements_json, s.bid_strategy, s.budget_daily, s.status \
                FROM ad_sets s LEFT JOIN channels c ON c.tenant_id = ?1 AND c.id = s.channel_id \
                WHERE s.tenant_id = ?1 AND s.campaign_id IN (SELECT value FROM json_each(?2)) ORDER BY s.position";
    let ads = "SELECT id, ad_set_id, name, creative_json, status FROM ads \
               WHERE tenant_id = ?1 AND campaign_id IN (SELECT value FROM json_each(?2)) ORDER BY position";
    let ids = [id_list(rows.iter().map(|row| &*row.id))];
    let (sets, ads) =
        futures::future::try_join(database.rows::<AdSetRow>(sets, &ids), database.rows::<AdRow>(ads, &ids)).await?;
    let mut by_set: BTreeMap<String, Vec<Ad>> = BTreeMap::new();
    for ad in ads {
        by_set.entry(ad.ad_set_id).or_default().push(Ad {
            creative: parse(&ad.creative_json)?,
            status: word(&ad.status)?,
            id: ad.id,
            name: ad.name,
        });
    }
    let mut documents = BTreeMap::new();
    for row in rows {
        documents.insert(row.id.clone(), without_ad_sets(row)?);
    }
    for set in sets {
        let channel = set.channel.ok_or_else(|| unreadable(format!("channel {} is gone", set.channel_id)))?;
        let Some(document) = documents.get_mut(&set.campaign_id) else { continue };
        document.ad_sets.push(AdSet {
            audience: parse(&set.audience_json)?,
            placements: parse(&set.placements_json)?,
            channel: word(&channel)?,
            bid_strategy: word(&set.bid_strategy)?,
            status: word(&set.status)?,
            ads: by_set.remove(&set.id).unwrap_or_default(),
            id: set.id,
            name: set.name,
            channel_id: set.channel_id,
            budget_daily: set.budget_daily,
        });
    }
    Ok(documents)
}

fn without_ad_sets(row: &CampaignRow) -> Result<Document> {
    Ok(Document {
        name: row.name.clone(),
        objective: word(&row.objective)?,
        currency: row.currency.clone(),
        budget_total: row.budget_total,
        start_at: row.start_at,
        end_at: row.end_at,
        landing_url: row.landing_url.clone(),
        utm_campaign: row.utm_campaign.clone(),
        ad_sets: Vec::new(),
    })
}

#[derive(Deserialize)]
struct Flags {
    id: String,
    policy_flags: String,
}

/// What checks found in a campaign's ads as they stand, by ad.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn flags(database: &TenantDb, campaign_id: &str) -> Result<Vec<(String, Vec<Finding>)>> {
    let sql = "SELECT id, policy_flags FROM ads WHERE tenant_id = ?1 AND campaign_id = ?2 AND policy_flags <> '[]' \
               ORDER BY position";
    let rows: Vec<Flags> = database.rows(sql, &[campaign_id.into()]).await?;
    rows.into_iter().map(|row| Ok((row.id, parse(&row.policy_flags)?))).collect()
}

/// The statement that keeps what a check found in an ad, until its creative changes. Each finding's field is a JSON
/// pointer into the ad: `/creative/headlines/0`.
#[must_use]
pub fn set_flags(campaign_id: &str, ad_id: &str, findings: &[Finding]) -> Statement {
    Statement::new(
        "UPDATE ads SET policy_flags = ?4 WHERE tenant_id = ?1 AND campaign_id = ?2 AND id = ?3",
        vec![campaign_id.into(), ad_id.into(), json!(findings).to_string().into()],
    )
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(unreadable)
}

/// An enum's value from the name it is stored by.
fn word<T: DeserializeOwned>(name: &str) -> Result<T> {
    let deserializer: serde::de::value::StrDeserializer<'_, serde::de::value::Error> = name.into_deserializer();
    T::deserialize(deserializer).map_err(unreadable)
}

/// The name an enum's value is stored by.
fn name_of<T: serde::Serialize>(value: T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}

/// The ids of ad sets and ads that a campaign has or had: those a document may name.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn known_ids(database: &TenantDb, campaign_id: &str) -> Result<BTreeSet<String>> {
    let sql = "SELECT id FROM ad_sets WHERE tenant_id = ?1 AND campaign_id = ?2 \
               UNION SELECT id FROM ads WHERE tenant_id = ?1 AND campaign_id = ?2 \
               UNION SELECT json_extract(s.value, '$.id') FROM campaign_snapshots d, json_each(d.document, '$.ad_sets') s \
               WHERE d.tenant_id = ?1 AND d.campaign_id = ?2 \
               UNION SELECT json_extract(a.value, '$.id') FROM campaign_snapshots d, json_each(d.document, '$.ad_sets') s, \
               json_each(s.value, '$.ads') a WHERE d.tenant_id = ?1 AND d.campaign_id = ?2";
    let rows: Vec<Id> = database.rows(sql, &[campaign_id.into()]).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// The statements that store a new campaign.
pub(super) fn insert(id: &str, site: &str, document: &Document, created_by: &str, now: i64) -> Vec<Statement> {
    let mut statements = vec![Statement::new(
        "INSERT INTO campaigns (id, tenant_id, site, name, objective, status, version, currency, budget_daily, \
         budget_total, start_at, end_at, landing_url, utm_campaign, created_by, created_at, updated_at) \
         VALUES (?2, ?1, ?3, ?4, ?5, ?6, 1, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?15)",
        vec![
            id.into(),
            site.into(),
            document.name.as_str().into(),
            name_of(document.objective).into(),
            Status::Draft.as_str().into(),
            document.currency.as_str().into(),
            bounded(document.budget_daily()).into(),
            document.budget_total.into(),
            document.start_at.into(),
            document.end_at.into(),
            document.landing_url.as_str().into(),
            document.utm_campaign.as_str().into(),
            created_by.into(),
            now.into(),
        ],
    )];
    statements.extend(parts(id, document));
    statements
}

/// The statements that replace a campaign's document; status and version are [`advance`]'s.
pub(super) fn replace(id: &str, document: &Document) -> Vec<Statement> {
    let mut statements = vec![Statement::new(
        "UPDATE campaigns SET name = ?3, objective = ?4, budget_daily = ?5, budget_total = ?6, start_at = ?7, \
         end_at = ?8, landing_url = ?9, utm_campaign = ?10 WHERE tenant_id = ?1 AND id = ?2",
        vec![
            id.into(),
            document.name.as_str().into(),
            name_of(document.objective).into(),
            bounded(document.budget_daily()).into(),
            document.budget_total.into(),
            document.start_at.into(),
            document.end_at.into(),
            document.landing_url.as_str().into(),
            document.utm_campaign.as_str().into(),
        ],
    )];
    statements.extend(parts(id, document));
    statements
}

/// D1 takes whole numbers up to 2^53.
fn bounded(amount: i64) -> i64 {
    amount.min(1 << 53)
}

/// The statements that make a campaign's ad sets and ads those of the document. What stays keeps its row: a policy flag
/// stays on an ad until its creative changes.
fn parts(id: &str, document: &Document) -> Vec<Statement> {
    let sets: Vec<_> = document
        .ad_sets
        .iter()
        .enumerate()
        .map(|(position, set)| {
            json!({
                "id": set.id,
                "position": position,
                "name": set.name,
                "channel_id": set.channel_id,
                "audience": json!(set.audience).to_string(),
                "placements": json!(set.placements).to_string(),
                "bid_strategy": set.bid_strategy,
                "budget_daily": set.budget_daily,
                "status": set.status,
            })
        })
        .collect();
    let all = document.ad_sets.iter().flat_map(|set| set.ads.iter().map(move |ad| (set, ad)));
    let ads: Vec<_> = all
        .enumerate()
        .map(|(position, (set, ad))| {
            json!({
                "id": ad.id,
                "ad_set_id": set.id,
                "position": position,
                "name": ad.name,
                "creative": json!(ad.creative).to_string(),
                "status": ad.status,
            })
        })
        .collect();
    let counts = vec![Param::from(id), count(sets.len()), count(ads.len())];
    let (sets, ads) = (json!(sets).to_string(), json!(ads).to_string());
    let values = |list: &str| vec![Param::from(id), Param::from(list)];
    vec![
        Statement::new(
            "DELETE FROM ads WHERE tenant_id = ?1 AND campaign_id = ?2 \
             AND id NOT IN (SELECT value ->> '$.id' FROM json_each(?3))",
            values(&ads),
        ),
        Statement::new(
            "INSERT INTO ad_sets (id, tenant_id, campaign_id, position, name, channel_id, audience_json, \
             placements_json, bid_strategy, budget_daily, status) \
             SELECT value ->> '$.id', ?1, ?2, value ->> '$.position', value ->> '$.name', value ->> '$.channel_id', \
             value ->> '$.audience', value ->> '$.placements', value ->> '$.bid_strategy', value ->> '$.budget_daily', \
             value ->> '$.status' FROM json_each(?3) WHERE true \
             ON CONFLICT (id) DO UPDATE SET position = excluded.position, name = excluded.name, \
             channel_id = excluded.channel_id, audience_json = excluded.audience_json, \
             placements_json = excluded.placements_json, bid_strategy = excluded.bid_strategy, \
             budget_daily = excluded.budget_daily, status = excluded.status \
             WHERE tenant_id = excluded.tenant_id AND campaign_id = excluded.campaign_id",
            values(&sets),
        ),
        Statement::new(
            "INSERT INTO ads (id, tenant_id, campaign_id, ad_set_id, position, name, creative_json, status) \
             SELECT value ->> '$.id', ?1, ?2, value ->> '$.ad_set_id', value ->> '$.position', value ->> '$.name', \
             value ->> '$.creative', value ->> '$.status' FROM json_each(?3) WHERE true \
             ON CONFLICT (id) DO UPDATE SET ad_set_id = excluded.ad_set_id, position = excluded.position, \
             name = excluded.name, status = excluded.status, creative_json = excluded.creative_json, \
             policy_flags = CASE WHEN creative_json = excluded.creative_json THEN policy_flags ELSE '[]' END \
             WHERE tenant_id = excluded.tenant_id AND campaign_id = excluded.campaign_id",
            values(&ads),
        ),
        Statement::new(
            "DELETE FROM ad_sets WHERE tenant_id = ?1 AND campaign_id = ?2 \
             AND id NOT IN (SELECT value ->> '$.id' FROM json_each(?3))",
            values(&sets),
        ),
        // Whoever made the document has refused ids and accounts that are not the site's own; should one slip through,
        // nothing is written.
        Statement::require(
            "SELECT 1 WHERE (SELECT COUNT(*) FROM ad_sets s JOIN campaigns k ON k.tenant_id = ?1 AND k.id = ?2 \
             JOIN channels c ON c.tenant_id = ?1 AND c.site = k.site AND c.id = s.channel_id \
             WHERE s.tenant_id = ?1 AND s.campaign_id = ?2) = ?3 \
             AND (SELECT COUNT(*) FROM ads WHERE tenant_id = ?1 AND campaign_id = ?2) = ?4",
            counts,
        ),
    ]
}

fn count(items: usize) -> Param {
    Param::Int(i64::try_from(items).unwrap_or(i64::MAX))
}

/// Where a campaign's row goes.
#[derive(Clone, Debug)]
pub(super) struct Advance<'a> {
    pub(super) status: Status,
    pub(super) detail: &'a str,
    pub(super) approval_id: &'a str,
    pub(super) live_snapshot_id: &'a str,
    pub(super) now: i64,
}

/// The statements that move a campaign on from the version that was read, and only from that.
pub(super) fn advance(row: &CampaignRow, to: &Advance<'_>) -> Vec<Statement> {
    vec![
        Statement::require(
            "SELECT 1 FROM campaigns WHERE tenant_id = ?1 AND id = ?2 AND version = ?3",
            vec![row.id.as_str().into(), row.version.into()],
        ),
        Statement::new(
            "UPDATE campaigns SET status = ?3, version = version + 1, detail = ?4, approval_id = ?5, \
             live_snapshot_id = ?6, updated_at = ?7 WHERE tenant_id = ?1 AND id = ?2",
            vec![
                row.id.as_str().into(),
                to.status.as_str().into(),
                to.detail.into(),
                to.approval_id.into(),
                to.live_snapshot_id.into(),
                to.now.into(),
            ],
        ),
    ]
}

/// The statement that keeps a document as it is now.
pub(super) fn insert_snapshot(
    id: &str,
    campaign_id: &str,
    document: &Document,
    created_by: &str,
    now: i64,
) -> Result<Statement> {
    let text = campaign::snapshot::canonical(document).map_err(unreadable)?;
    let hash = campaign::snapshot::hash(document).map_err(unreadable)?;
    Ok(Statement::new(
        "INSERT INTO campaign_snapshots (id, tenant_id, campaign_id, hash, document, created_by, created_at) \
         VALUES (?2, ?1, ?3, ?4, ?5, ?6, ?7)",
        vec![id.into(), campaign_id.into(), hash.into(), text.into(), created_by.into(), now.into()],
    ))
}

/// The statements that delete a campaign that was never published, with all that is its own.
pub(super) fn delete(row: &CampaignRow) -> Vec<Statement> {
    let id = || vec![Param::from(&*row.id)];
    let mut statements = vec![Statement::require(
        "SELECT 1 FROM campaigns WHERE tenant_id = ?1 AND id = ?2 AND version = ?3",
        vec![row.id.as_str().into(), row.version.into()],
    )];
    for sql in [
        "DELETE FROM ads WHERE tenant_id = ?1 AND campaign_id = ?2",
        "DELETE FROM ad_sets WHERE tenant_id = ?1 AND campaign_id = ?2",
        "DELETE FROM approvals WHERE tenant_id = ?1 AND campaign_id = ?2",
        "DELETE FROM campaign_snapshots WHERE tenant_id = ?1 AND campaign_id = ?2",
        "DELETE FROM calendar_entries WHERE tenant_id = ?1 AND campaign_id = ?2",
        "DELETE FROM campaigns WHERE tenant_id = ?1 AND id = ?2",
    ] {
        statements.push(Statement::new(sql, id()));
    }
    statements
}

/// Never reached with rows this version wrote.
pub(super) fn missing(what: &str) -> Error {
    Error::corrupt("campaign", format!("{what} is missing"))
}
