//! Which site and which days a question is about.

use calendar::{DateRange, Zone};
use metrics::Scope;
use problem::Problem;

use crate::answer::{Answer, internal};
use crate::gate::Caller;
use crate::store::sites::{self, SiteRecord};

/// The site asked for, or the tenant's first one.
///
/// # Errors
/// 404 when the tenant has no such site; another tenant's site is no such site.
pub(super) async fn site(caller: &Caller, key: Option<&str>) -> Answer<SiteRecord> {
    sites::find(&caller.database, key).await?.ok_or_else(|| {
        match key {
            Some(key) => Problem::not_found(format!("there is no site `{key}`; GET /sites lists yours")),
            None => Problem::not_found("this tenant has no site yet"),
        }
        .into()
    })
}

/// The site's zone.
///
/// # Errors
/// 500 when the stored one is unknown.
pub(super) fn zone(site: &SiteRecord) -> Answer<Zone> {
    Zone::parse(&site.time_zone).map_err(internal)
}

/// The site asked for, whose figures they are and the days.
///
/// # Errors
/// 404 for the site, 422 for the days.
pub(super) async fn of(
    caller: &Caller,
    site_key: Option<&str>,
    from: Option<&str>,
    to: Option<&str>,
) -> Answer<(SiteRecord, Scope, DateRange)> {
    let site = site(caller, site_key).await?;
    let range = DateRange::parse(zone(&site)?, from, to, caller.now)?;
    let scope = figures(caller, &site);
    Ok((site, scope, range))
}

/// Whose figures, and in which currency.
pub(super) fn figures(caller: &Caller, site: &SiteRecord) -> Scope {
    Scope { tenant_id: caller.session.tenant_id.clone(), site: site.key.clone(), currency: site.currency.clone() }
}
