//! Rewards: an event that an experiment counts is told to the experiment's object, before the event is acknowledged.
//! Told twice it counts once.

use event::Event;
use platform::bandit_object::{self, Reward};
use platform::{Result, TenantDb};
use serde::Deserialize;
use worker::Env;

#[derive(Deserialize)]
struct Running {
    id: String,
    metric: String,
}

/// Passes on what running experiments of the site count. An experiment that was decided a moment ago still learns what
/// its visitors did, so that its last figures are whole.
pub(crate) async fn pass_on(env: &Env, database: &TenantDb, site: &str, events: &[Event]) -> Result<()> {
    let sql =
        "SELECT id, metric FROM experiments WHERE tenant_id = ?1 AND site = ?2 AND status IN ('running', 'decided')";
    let running: Vec<Running> = database.rows(sql, &[site.into()]).await?;
    for experiment in running {
        let visitors: Vec<(String, i64)> = events
            .iter()
            .filter(|event| event.event == experiment.metric && event.bot == 0)
            .map(|event| (event.visitor.clone(), event.t))
            .collect();
        if visitors.is_empty() {
            continue;
        }
        let reward = Reward { visitors };
        let () = bandit_object::ask(env, database.tenant(), &experiment.id, bandit_object::REWARD, &reward).await?;
    }
    Ok(())
}
