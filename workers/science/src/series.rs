//! Reads metrics: a history, or whatever else the catalog is asked.

use calendar::Zone;
use metrics::{Answer, Metric, Request, Scope};
use platform::study_object::{Asked, Shop};
use platform::warehouse::{AskError, Warehouse};
use platform::{Error, TenantDb};
use problem::Problem;
use study::{Grain, Series};
use worker::Env;

use crate::object::Failed;

/// A metric by day or week over all that is read of the past.
pub(crate) async fn read<T>(
    env: &Env,
    database: &TenantDb,
    asked: &Asked<T>,
    metric: &'static Metric,
    grain: Grain,
) -> Result<Series, Failed> {
    let zone = zone(&asked.shop)?;
    let mut request = Request::new(scope(&asked.shop), grain.history(zone, asked.now)?, vec![metric]);
    request.bucket = Some(grain.bucket());
    let figures = ask(env, database, request).await?;
    Ok(Series::of(grain, zone, &figures.points(metric, &[])))
}

/// The catalog's answer.
pub(crate) async fn ask(env: &Env, database: &TenantDb, request: Request) -> Result<Answer, Failed> {
    Warehouse::open(env, database)?.ask(request).await.map_err(|error| match error {
        AskError::Metrics(error) => match error.field() {
            Some(field) => Failed::Told(Problem::invalid_field(field, error.to_string())),
            None => Failed::Ours(Error::corrupt("figures", error)),
        },
        AskError::Platform(error) => Failed::Ours(error),
    })
}

/// The shop's zone.
pub(crate) fn zone(shop: &Shop) -> Result<Zone, Failed> {
    Ok(Zone::parse(&shop.time_zone).map_err(|error| Error::corrupt("site's time zone", error))?)
}

/// Whose figures.
pub(crate) fn scope(shop: &Shop) -> Scope {
    Scope { tenant_id: shop.tenant_id.clone(), site: shop.site.clone(), currency: shop.currency.clone() }
}
