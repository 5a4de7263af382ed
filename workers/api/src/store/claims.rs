//! What platforms report of their own success.

use super::sites::SiteRecord;
use event::money;
use platform::TenantDb;
use serde::Deserialize;
use std::ops::Range;

/// What a platform reports of a site's campaigns, all its accounts together.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct ClaimRecord {
    /// The provider's name, as `campaign::ChannelType` has it.
    pub provider: String,
    /// Conversions it claims.
    pub conversions: f64,
    /// Their value, minor units of the site's currency; of accounts in that currency alone.
    pub value: i64,
    /// What it charged, likewise.
    pub spend: i64,
    /// Conversions of accounts in another currency, whose value and spend are left out.
    pub foreign: f64,
}

/// What each platform reports for days of the site's calendar, by provider.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn claims(database: &TenantDb, site: &SiteRecord, days: &Range<i64>) -> platform::Result<Vec<ClaimRecord>> {
    let micros_per_minor = 10_i64.pow(6_u32.saturating_sub(money::exponent(&site.currency)));
    let sql = "SELECT h.type AS provider, SUM(i.conversions) AS conversions, \
               CAST(round(SUM(CASE WHEN i.currency = ?5 THEN i.conversion_value_micros ELSE 0 END) * 1.0 / ?6) AS INTEGER) AS value, \
               CAST(round(SUM(CASE WHEN i.currency = ?5 THEN i.spend_micros ELSE 0 END) * 1.0 / ?6) AS INTEGER) AS spend, \
               SUM(CASE WHEN i.currency = ?5 THEN 0 ELSE i.conversions END) AS \"foreign\" \
               FROM channel_insights i JOIN channels h ON h.tenant_id = ?1 AND h.id = i.channel_id \
               WHERE i.tenant_id = ?1 AND i.site = ?2 AND i.level = 'campaign' AND i.local_day >= ?3 AND i.local_day < ?4 \
               GROUP BY h.type ORDER BY h.type";
    let values = [
        site.key.as_str().into(),
        days.start.into(),
        days.end.into(),
        site.currency.as_str().into(),
        micros_per_minor.into(),
    ];
    database.rows(sql, &values).await
}
