//! What agents propose: listed, accepted or dismissed by people. Accepting is what makes something of it: a draft, ads, a
//! request for approval. Whoever accepts has asked for it, so somebody else approves.

use agent::{Proposal as Payload, apply};
use axum::Json;
use control::audit::Entry;
use http::StatusCode;
use platform::Statement;
use platform::campaigns::{self, By, Campaign};
use problem::Problem as Failure;
use serde_json::json;

use super::agents::parsed;
use super::campaign_documents::request_change;
use crate::answer::{Answer, internal};
use crate::extract::{Params, Segment, one_of, whole_number};
use crate::gate::Caller;
use crate::store;
use crate::store::proposals::{ProposalRecord, STATES};
use crate::wire::problem::Problem;
use crate::wire::proposals::{Accepted, Proposal, Proposals, ProposalsQuery};

/// Proposals, newest first.
#[utoipa::path(
    get, path = "/agents/proposals", tag = "agents", params(ProposalsQuery),
    responses((status = 200, body = Proposals), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_agents")), ("x-tool" = json!({ "name": "agents_proposals", "title": "List proposals", "effect": "read" })))
)]
#[worker::send]
pub async fn list_proposals(caller: Caller, Params(query): Params<ProposalsQuery>) -> Answer<Json<Proposals>> {
    let [open, accepted, dismissed] = STATES;
    let status = one_of("status", query.status.as_deref(), open, &[open, accepted, dismissed, "all"])?;
    let status = if status == "all" { "" } else { status };
    let limit = whole_number("limit", query.limit.as_deref(), 50, 1..=200)?;
    let campaign_id = query.campaign_id.unwrap_or_default();
    let rows = store::proposals::latest(&caller.database, status, &campaign_id, limit).await?;
    Ok(Json(Proposals { rows: rows.into_iter().map(shown).collect::<Answer<_>>()? }))
}

/// Accepts a proposal.
///
/// A campaign becomes a draft, creatives become ads, flags are stored on their ads. Budgets and rotations of a campaign
/// that is live become a request for approval; of one that is not, an edit. No longer open, or overtaken → 409.
#[utoipa::path(
    post, path = "/agents/proposals/{id}/accept", tag = "agents", params(("id" = String, Path, description = "Proposal id")),
    responses((status = 200, body = Accepted), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("edit_campaigns")), ("x-caller" = json!("person")))
)]
#[worker::send]
pub async fn accept_proposal(caller: Caller, Segment(id): Segment) -> Answer<Json<Accepted>> {
    let record = open_record(&caller, &id).await?;
    let payload: Payload = serde_json::from_str(&record.payload).map_err(internal)?;
    let by = By::new(caller.actor(), caller.now);
    let mut statements: Vec<Statement> = Vec::new();
    let mut approval_id = String::new();
    let campaign_id = match &payload {
        Payload::Report(_) => {
            return Err(Failure::conflict("a report has nothing to accept; dismiss it when you have read it").into());
        }
        Payload::Campaign(plan) => {
            // Its ad sets carry ids of the run, so that a draft made by an attempt that broke off is found again.
            let first = plan.document.ad_sets.first().map_or("", |set| set.id.as_str());
            match store::proposals::campaign_of_ad_set(&caller.database, first).await? {
                Some(made) => made,
                None => campaigns::create(&caller.database, &record.site, &plan.document, &by).await?,
            }
        }
        Payload::Flags(flags) => {
            let campaign = find_campaign(&caller, &record).await?;
            statements.push(store::proposals::clear_flags(&campaign.row.id));
            for (ad, findings) in flags.kept() {
                statements.push(campaigns::set_flags(&campaign.row.id, ad, &findings));
            }
            campaign.row.id
        }
        Payload::Creatives(_) | Payload::Budgets(_) | Payload::Rotation(_) => {
            let campaign = find_campaign(&caller, &record).await?;
            approval_id = change(&caller, &campaign, &record, &payload, &by).await?;
            campaign.row.id
        }
    };
    decide(&caller, &record, "accepted", &campaign_id, &approval_id, statements).await?;
    let some = |text: String| (!text.is_empty()).then_some(text);
    Ok(Json(Accepted { campaign_id: some(campaign_id), approval_id: some(approval_id) }))
}

/// Puts a proposal aside.
#[utoipa::path(
    post, path = "/agents/proposals/{id}/dismiss", tag = "agents", params(("id" = String, Path, description = "Proposal id")),
    responses((status = 204, description = "Dismissed"), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("edit_campaigns")), ("x-caller" = json!("person")))
)]
#[worker::send]
pub async fn dismiss_proposal(caller: Caller, Segment(id): Segment) -> Answer<StatusCode> {
    let record = open_record(&caller, &id).await?;
    let campaign_id = record.campaign_id.clone();
    decide(&caller, &record, "dismissed", &campaign_id, "", Vec::new()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a change of the document of it; the request for approval, where the campaign is live, else an empty text.
async fn change(
    caller: &Caller,
    campaign: &Campaign,
    record: &ProposalRecord,
    payload: &Payload,
    by: &By<'_>,
) -> Answer<String> {
    let live_change = campaign.status.is_out() && !matches!(payload, Payload::Creatives(_));
    if live_change && let Some(made) = store::proposals::request_of_run(&caller.database, &record.run_id).await? {
        return Ok(made);
    }
    let wanted = apply::wanted(&record.id, payload, &campaign.document)
        .map_err(|outdated| Failure::conflict(outdated.to_string()))?;
    if !live_change {
        campaigns::edit(&caller.database, campaign, &wanted, by).await?;
        return Ok(String::new());
    }
    request_change(caller, campaign, wanted, &record.title, &record.run_id).await
}

async fn find_campaign(caller: &Caller, record: &ProposalRecord) -> Answer<Campaign> {
    let campaign = campaigns::load(&caller.database, &record.campaign_id).await?;
    campaign.ok_or_else(|| Failure::conflict("the campaign it is about is gone").into())
}

async fn open_record(caller: &Caller, id: &str) -> Answer<ProposalRecord> {
    let record = store::proposals::find(&caller.database, id)
        .await?
        .ok_or_else(|| Failure::not_found(format!("there is no proposal `{id}`")))?;
    if record.status == "open" {
        Ok(record)
    } else {
        Err(Failure::conflict(format!("this proposal is {} already", record.status)).into())
    }
}

async fn decide(
    caller: &Caller,
    record: &ProposalRecord,
    status: &'static str,
    campaign_id: &str,
    approval_id: &str,
    with: Vec<Statement>,
) -> Answer<()> {
    let entry = Entry {
        actor: caller.actor().to_owned(),
        action: if status == "accepted" { "proposal.accept" } else { "proposal.dismiss" },
        entity: format!("proposal:{}", record.id),
        before: Some(json!({ "status": record.status })),
        after: Some(json!({ "status": status, "campaign_id": campaign_id, "approval_id": approval_id })),
        at: caller.now,
    };
    let mut statements =
        store::proposals::decide(&record.id, status, campaign_id, approval_id, caller.actor(), caller.now);
    statements.extend(with);
    Ok(caller.database.commit("the proposal", &statements, &[entry]).await?)
}

pub(super) fn shown(record: ProposalRecord) -> Answer<Proposal> {
    Ok(Proposal {
        id: record.id,
        site: record.site,
        run_id: record.run_id,
        campaign_id: record.campaign_id,
        kind: record.kind,
        title: record.title,
        payload: parsed(&record.payload)?,
        status: record.status,
        approval_id: record.approval_id,
        created_at: record.created_at,
        decided_by: record.decided_by,
        decided_at: record.decided_at,
    })
}
