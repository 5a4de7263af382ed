//! An agent that acts: its change of a live campaign becomes a request for approval by itself, and the tenant's limits
//! decide whether it needs people. Doing it again finds the request that was made.

use super::store::{Plan, Store};
use crate::finish::{Filed, proposal_id};
use agent::{Proposal, RunEvent, apply};
use platform::campaigns::{self, By, Refusal};
use platform::{Error, Result, TenantDb, clock};
use serde::Deserialize;
use worker::Env;

#[derive(Deserialize)]
struct Requested {
    id: String,
}

/// Requests the change.
///
/// # Errors
/// A store that did not answer; whatever else stands in the way leaves the proposal to people.
pub(super) async fn request(
    env: &Env,
    database: &TenantDb,
    store: &Store,
    run_id: &str,
    plan: &Plan,
    proposal: &Proposal,
) -> Result<Filed> {
    let tell = |text: String| {
        store
            .tell_once(&RunEvent::Acted { text }, clock::now_ms())
            .map_err(|e| Error::unavailable("the run's own storage", e))
    };
    let sql = "SELECT id FROM approvals WHERE tenant_id = ?1 AND run_id = ?2 ORDER BY requested_at LIMIT 1";
    if let Some(made) = database.first::<Requested>(sql, &[run_id.into()]).await? {
        tell("The change was requested.".to_owned())?;
        return Ok(Filed::Requested { approval_id: made.id });
    }
    let Some(id) = proposal.campaign_id() else { return Ok(Filed::Open) };
    let Some(campaign) = campaigns::load(database, id).await? else { return Ok(Filed::Open) };
    if !campaign.status.is_out() {
        tell("The campaign is not live, so people decide.".to_owned())?;
        return Ok(Filed::Open);
    }
    let wanted = match apply::wanted(&proposal_id(run_id), proposal, &campaign.document) {
        Ok(wanted) => wanted,
        Err(outdated) => {
            tell(outdated.to_string())?;
            return Ok(Filed::Open);
        }
    };
    let actor = format!("agent:{}", plan.agent);
    let by = By::new(&actor, clock::now_ms());
    let reason = proposal.told().title.as_str();
    // Interrupted between the edit and the request: the document is already the one that is wanted.
    let outcome = if campaign.document == wanted && campaign.standing().has_change() {
        campaigns::submit(database, &campaign, reason, run_id, &[], &by).await.map(|approval_id| campaigns::Acted {
            approval_id,
            publication_id: None,
            needs_people: Some("it was interrupted".to_owned()),
        })
    } else {
        campaigns::act_for_agent(env, database, &campaign, &wanted, (reason, run_id, &[]), &by).await
    };
    match outcome {
        Ok(acted) => {
            tell(match &acted.needs_people {
                None => {
                    "The change is within the limits in which agents act: it was approved by policy and is on its way."
                        .to_owned()
                }
                Some(why) => format!("The change waits for people's approval: {why}."),
            })?;
            Ok(Filed::Requested { approval_id: acted.approval_id })
        }
        Err(Refusal::Platform(error)) => Err(error),
        Err(refusal) => {
            tell(format!("The change was not requested: {refusal}."))?;
            // A request may have been made before something else refused.
            Ok(database
                .first::<Requested>(sql, &[run_id.into()])
                .await?
                .map_or(Filed::Open, |made| Filed::Requested { approval_id: made.id }))
        }
    }
}
