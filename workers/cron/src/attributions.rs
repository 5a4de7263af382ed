//! Settling: the credits of marked visitors' persons are computed anew and kept in `attributions`; see
//! [`warehouse::credits`]. Done by the writer after each batch; the hourly timetable finishes what was left, and marks
//! what was settled under other terms than the site has now.

use attribution::DEFAULT_MODEL;
use platform::directory::{self, SiteRow};
use platform::{Error, Param, Result, Statement, TenantDb};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use warehouse::credits::{self, Marked, Member, OrderRow, TouchRow};
use worker::Env;

use crate::sinks::bind;

/// Groups of visitors settled in one go; what is left waits for the next batch or hour.
const ROUNDS: usize = 40;

/// Settles every site.
pub(crate) async fn run(env: &Env) -> Result<()> {
    for site in directory::sites(env).await? {
        let settled = match TenantDb::new(env, &site.tenant_id) {
            Ok(database) => review(&database, &site).await,
            Err(error) => Err(error),
        };
        if let Err(error) = settled {
            platform::log::error("cron", &site.tenant_id, "settling attributions failed", &error);
        }
    }
    Ok(())
}

async fn review(database: &TenantDb, site: &SiteRow) -> Result<()> {
    let terms =
        [site.key.as_str().into(), DEFAULT_MODEL.into(), site.lookback_days.into(), site.currency.as_str().into()];
    database.run(&credits::mark_misfits(), &terms).await?;
    settle(database, site).await
}

#[derive(Deserialize)]
struct Turn {
    turn: i64,
}

/// Settles a site's marked visitors.
pub(crate) async fn settle(database: &TenantDb, site: &SiteRow) -> Result<()> {
    for _ in 0..ROUNDS {
        let key = || Param::from(site.key.as_str());
        let turn = database.first::<Turn>(credits::TURN, &[key()]).await?.map_or(0, |row| row.turn);
        let marked: Vec<Marked> = database.rows(credits::MARKED, &[key(), credits::AT_ONCE.into()]).await?;
        if marked.is_empty() {
            break;
        }
        let list = text(&marked.iter().map(|one| one.visitor.as_str()).collect::<Vec<_>>())?;
        let members: Vec<Member> = database.rows(&credits::members(), &[key(), list]).await?;
        let visitors: BTreeSet<&str> = members.iter().map(|member| member.visitor.as_str()).collect();
        let list = text(&visitors)?;
        let orders: Vec<OrderRow> =
            database.rows(credits::ORDERS, &[key(), list.clone(), site.currency.as_str().into()]).await?;
        let touches: Vec<TouchRow> = match credits::span(&orders, site.lookback_days).map_err(unusable)? {
            Some((from, to)) => database.rows(credits::TOUCHES, &[key(), list, from.into(), to.into()]).await?,
            None => Vec::new(),
        };
        let kept = credits::credits(&members, &orders, &touches, site.lookback_days).map_err(unusable)?;
        let replace = credits::replace(&site.key, site.lookback_days, &site.currency, &marked, &members, &kept)
            .map_err(|e| Error::corrupt("credits", e))?;
        let mut statements = vec![Statement::require(credits::STILL, vec![key(), turn.into()])];
        statements.extend(replace.into_iter().map(bind));
        match database.transaction(&statements).await {
            // Somebody else settled meanwhile: look again.
            Ok(()) | Err(Error::Stale { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn text<T: Serialize>(list: &T) -> Result<Param> {
    serde_json::to_string(list).map(Param::Text).map_err(|e| Error::corrupt("visitors", e))
}

fn unusable(error: attribution::AttributionError) -> Error {
    Error::corrupt("the site's look-back", error)
}
