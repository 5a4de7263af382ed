//! Rewards: an event that an experiment counts is told to the experiment's object, before the event is acknowledged.
//! Told twice it counts once. A proof of exposure goes along: `props` may carry `$exposure`, what `/decide` answered as
//! `exposure`, several separated by spaces.

use event::Event;
use platform::bandit_object::{self, Reward, Rewarded};
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
        let visitors: Vec<Rewarded> = events
            .iter()
            .filter(|event| event.event == experiment.metric && event.bot == 0)
            .map(|event| Rewarded {
                visitor: event.visitor.clone(),
                at: event.t,
                exposure: exposure(&event.props).unwrap_or_default(),
            })
            .collect();
        if visitors.is_empty() {
            continue;
        }
        let reward = Reward { visitors };
        let () = bandit_object::ask(env, database.tenant(), &experiment.id, bandit_object::REWARD, &reward).await?;
    }
    Ok(())
}

/// The proofs of exposure an event carries.
fn exposure(props: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Props {
        #[serde(rename = "$exposure")]
        exposure: Option<String>,
    }
    if !props.contains("$exposure") {
        return None;
    }
    serde_json::from_str::<Props>(props).ok()?.exposure
}

#[cfg(test)]
mod tests {
    use super::exposure;

    #[test]
    fn proofs_are_read_from_props_and_nothing_else_is_taken_for_one() {
        assert_eq!(exposure(r#"{"a":1,"$exposure":"loud.5.ab"}"#).as_deref(), Some("loud.5.ab"));
        for without in ["{}", "", r#"{"$exposure":5}"#, r#"{"a":"$exposure"}"#] {
            assert_eq!(exposure(without), None, "{without}");
        }
    }
}
