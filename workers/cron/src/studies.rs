//! Studies that nobody starts by hand: Mondays the customers, every night the stock of each site that has had them studied
//! before, so that the figures stay fresh where somebody looks at them; and the sweep over studies whose object was not told of them, or broke
//! off.

use control::audit::SYSTEM;
use platform::study_object::{self, Asked, Job, Kind, Shop};
use platform::{Error, Result, Statement, TenantDb, clock, directory};
use serde::Deserialize;
use worker::Env;

/// A study that was last told of longer ago than this is begun again, ms. Beginning one that is at work does no harm.
const FORGOTTEN_MS: i64 = 120_000;

const DAY_MS: i64 = 86_400_000;

#[derive(Deserialize)]
struct Before {
    question: String,
}

/// Asks for a study of each site that has had one of this kind, as it was asked for last.
pub(crate) async fn again(env: &Env, kind: Kind) -> Result<()> {
    for site in directory::sites(env).await? {
        let asked = match TenantDb::new(env, &site.tenant_id) {
            Ok(database) => of_site(env, &database, &site, kind).await,
            Err(error) => Err(error),
        };
        if let Err(error) = asked {
            platform::log::error("cron", &site.tenant_id, "asking for a study again failed", &error);
        }
    }
    Ok(())
}

async fn of_site(env: &Env, database: &TenantDb, site: &directory::SiteRow, kind: Kind) -> Result<()> {
    let sql = "SELECT question FROM studies WHERE tenant_id = ?1 AND site = ?2 AND kind = ?3 AND status = 'done' \
               ORDER BY requested_at DESC LIMIT 1";
    let before = database.first::<Before>(sql, &[site.key.as_str().into(), kind.as_str().into()]).await?;
    let Some(Before { question }) = before else { return Ok(()) };
    let now = clock::now_ms();
    let question = serde_json::from_str(&question).map_err(|e| Error::corrupt("study's question", e))?;
    let shop = Shop::from(site);
    let job = Job { id: study_id(kind, &site.key, now), kind, asked: Asked { shop, now, question } };
    let unasked = Statement::require(
        "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM studies WHERE tenant_id = ?1 AND id = ?2)",
        vec![job.id.as_str().into()],
    );
    let (statement, entry) = study_object::stored(&job, SYSTEM);
    match database.commit("the study", &[unasked, study_object::idle(&job), statement], &[entry]).await {
        Ok(()) => {
            study_object::begin(env, &job).await;
            Ok(())
        }
        // Asked for already, or somebody's own runs.
        Err(Error::Stale { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// The id of a study of the timetable: a trigger that fires twice asks for nothing the second time. Keys of sites are
/// unique over all tenants; the day is the timetable's, UTC.
fn study_id(kind: Kind, site: &str, now_ms: i64) -> String {
    format!("{}-{site}-{}", kind.as_str(), ::calendar::format_day(now_ms.div_euclid(DAY_MS)))
}

/// Begins again what was forgotten.
pub(crate) async fn sweep(env: &Env) -> Result<()> {
    for forgotten in directory::forgotten_studies(env, clock::now_ms() - FORGOTTEN_MS).await? {
        let tenant_id = forgotten.tenant_id.clone();
        match job(forgotten) {
            Ok(job) => study_object::begin(env, &job).await,
            Err(error) => platform::log::error("cron", &tenant_id, "a study cannot be begun again", &error),
        }
    }
    Ok(())
}

fn job(row: directory::ForgottenStudy) -> Result<Job> {
    let question = serde_json::from_str(&row.question).map_err(|e| Error::corrupt("study's question", e))?;
    let shop = Shop { tenant_id: row.tenant_id, site: row.site, currency: row.currency, time_zone: row.time_zone };
    Ok(Job { id: row.id, kind: row.kind, asked: Asked { shop, now: row.requested_at, question } })
}

#[cfg(test)]
mod tests {
    use super::{DAY_MS, Kind, study_id};

    #[test]
    fn a_study_of_the_timetable_is_named_by_its_kind_its_site_and_its_day() {
        let monday = 1_795_413_600_000; // 2026-11-23T06:00Z
        assert_eq!(study_id(Kind::Customers, "shop", monday), "customers-shop-2026-11-23");
        assert_eq!(study_id(Kind::Customers, "shop", monday + 59_000), study_id(Kind::Customers, "shop", monday));
        for (kind, site, at) in [
            (Kind::Mix, "shop", monday),
            (Kind::Customers, "other", monday),
            (Kind::Customers, "shop", monday + DAY_MS),
        ] {
            assert_ne!(study_id(kind, site, at), study_id(Kind::Customers, "shop", monday));
        }
    }
}
