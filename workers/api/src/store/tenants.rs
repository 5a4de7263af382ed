//! The tenant itself. Where it is created, the [`platform::TenantDb`] is that of the new tenant, whose id the caller made.

use control::{Membership, Site, Tenant};
use platform::{Param, Statement, TenantDb};
use serde::Deserialize;

#[derive(Deserialize)]
struct Named {
    name: String,
}

/// The tenant's name.
///
/// # Errors
/// As [`TenantDb::rows`].
pub async fn name(database: &TenantDb) -> platform::Result<Option<String>> {
    let named: Option<Named> = database.first("SELECT name FROM tenants WHERE id = ?1", &[]).await?;
    Ok(named.map(|named| named.name))
}

/// The statements that store a tenant, its first member and its first site, for one transaction.
///
/// # Errors
/// When the origins cannot be written as JSON.
pub fn create(tenant: &Tenant, member: &Membership, site: &Site) -> serde_json::Result<Vec<Statement>> {
    let origins = serde_json::to_string(&site.origins)?;
    Ok(vec![
        Statement::new(
            "INSERT INTO tenants (id, name, plan, created_at) VALUES (?1, ?2, ?3, ?4)",
            vec![tenant.name.as_str().into(), tenant.plan.as_str().into(), tenant.created_at.into()],
        ),
        Statement::new(
            "INSERT INTO memberships (tenant_id, user_id, role, created_at) VALUES (?1, ?2, ?3, ?4)",
            vec![member.user_id.as_str().into(), member.role.as_str().into(), member.created_at.into()],
        ),
        Statement::new(
            "INSERT INTO sites (tenant_id, key, name, currency, time_zone, origins, session_timeout_ms, lookback_days, \
             retention_days, secret_sealed, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            vec![
                Param::from(site.key.as_str()),
                site.name.as_str().into(),
                site.currency.as_str().into(),
                site.time_zone.as_str().into(),
                origins.into(),
                site.session_timeout_ms.into(),
                site.lookback_days.into(),
                site.retention_days.into(),
                site.secret_sealed.as_str().into(),
                site.created_at.into(),
            ],
        ),
    ])
}
