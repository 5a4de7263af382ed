//! Requests for approval: what is asked, what would become different, and the decision.

use std::collections::BTreeMap;

use axum::Json;
use campaign::approval::{self as rules, State};
use control::Permission;
use platform::campaigns::approvals::{self, ApprovalRow};
use platform::campaigns::{self, Campaign as Stored, Verdict};
use problem::Problem as Failure;

use super::campaigns::{by, diff, words};
use super::{campaign_documents as documents, scope};
use crate::answer::{Answer, internal};
use crate::extract::{Form, Params, Segment, one_of};
use crate::gate::Caller;
use crate::store;
use crate::store::channels::ChannelRecord;
use crate::wire::approvals::{Approval, ApprovalDetail, Approvals, ApprovalsQuery, ApproveForm, RejectForm};
use crate::wire::campaigns::Document;
use crate::wire::problem::Problem;

/// Requests for approval, newest first.
#[utoipa::path(
    get, path = "/approvals", tag = "approvals", params(ApprovalsQuery),
    responses((status = 200, body = Approvals), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_campaigns")), ("x-tool" = json!({ "name": "approvals_list", "title": "List requests for approval", "effect": "read" })))
)]
#[worker::send]
pub async fn list_approvals(caller: Caller, Params(query): Params<ApprovalsQuery>) -> Answer<Json<Approvals>> {
    let mut names: Vec<&str> = State::ALL.iter().map(|state| state.as_str()).collect();
    names.push("all");
    let default = if query.campaign_id.is_some() { "all" } else { State::Pending.as_str() };
    let status = one_of("status", query.status.as_deref(), default, &names)?;
    let status = if status == "all" { "" } else { status };
    let site = match query.site.as_deref() {
        Some(key) => scope::site(&caller, Some(key)).await?.key,
        None => String::new(),
    };
    let campaign_id = query.campaign_id.as_deref().unwrap_or_default();
    let (rows, channels, people, stored) = futures::future::try_join4(
        approvals::list(&caller.database, &site, status, campaign_id),
        store::channels::all(&caller.database, &site),
        store::campaigns::names(&caller.database),
        campaigns::list(&caller.database, &site, ""),
    )
    .await?;
    let wanted = stored.into_iter().filter(|row| rows.iter().any(|one| one.campaign_id == row.id)).collect();
    let stored = campaigns::load_all(&caller.database, wanted).await?;
    let mut shown = Vec::with_capacity(rows.len());
    for row in rows {
        let of = stored.iter().find(|one| one.row.id == row.campaign_id);
        shown.push(approval(&caller, row, of, &channels, &people)?);
    }
    Ok(Json(Approvals { rows: shown }))
}

/// A request with the document it froze.
#[utoipa::path(
    get, path = "/approvals/{id}", tag = "approvals", params(("id" = String, Path, description = "Approval id")),
    responses((status = 200, body = ApprovalDetail), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_campaigns")), ("x-tool" = json!({ "name": "approvals_get", "title": "Show a request for approval", "effect": "read" })))
)]
#[worker::send]
pub async fn show_approval(caller: Caller, Segment(id): Segment) -> Answer<Json<ApprovalDetail>> {
    let row = row(&caller, &id).await?;
    let snapshot = campaigns::snapshot_of(&caller.database, &row.snapshot_id)
        .await?
        .ok_or_else(|| internal("an approval's snapshot is missing"))?;
    let document = campaign::snapshot::parse(&snapshot.document).map_err(internal)?;
    Ok(Json(ApprovalDetail { approval: shown(&caller, row).await?, document: Document::from(document) }))
}

/// Approves exactly the document you looked at. Nobody approves what they requested themselves.
#[utoipa::path(
    post, path = "/approvals/{id}/approve", tag = "approvals", params(("id" = String, Path, description = "Approval id")),
    request_body = ApproveForm,
    responses((status = 200, body = Approval), (status = "default", description = "Any failure; 403 for one's own request, 409 when the document has changed", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("approve_campaigns")), ("x-caller" = json!("person")))
)]
#[worker::send]
pub async fn approve(caller: Caller, Segment(id): Segment, Form(form): Form<ApproveForm>) -> Answer<Json<Approval>> {
    let comment = words("/comment", &form.comment, false)?;
    let verdict = Verdict { approval_id: &id, approve: true, seen_hash: &form.snapshot_hash, comment };
    decide(&caller, &id, &verdict).await
}

/// Rejects a request, saying why.
#[utoipa::path(
    post, path = "/approvals/{id}/reject", tag = "approvals", params(("id" = String, Path, description = "Approval id")),
    request_body = RejectForm,
    responses((status = 200, body = Approval), (status = "default", description = "Any failure; 403 for one's own request", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("approve_campaigns")), ("x-caller" = json!("person")))
)]
#[worker::send]
pub async fn reject(caller: Caller, Segment(id): Segment, Form(form): Form<RejectForm>) -> Answer<Json<Approval>> {
    let comment = words("/comment", &form.comment, true)?;
    let row = row(&caller, &id).await?;
    // Whoever says no says it of the request, whatever they looked at.
    let verdict = Verdict { approval_id: &id, approve: false, seen_hash: &row.snapshot_hash, comment };
    decide(&caller, &id, &verdict).await
}

async fn decide(caller: &Caller, id: &str, verdict: &Verdict<'_>) -> Answer<Json<Approval>> {
    let request = row(caller, id).await?;
    let stored = documents::load(caller, &request.campaign_id).await?;
    campaigns::decide(&caller.database, &stored, verdict, &by(caller)).await?;
    Ok(Json(find(caller, id).await?))
}

async fn row(caller: &Caller, id: &str) -> Answer<ApprovalRow> {
    let row = approvals::find(&caller.database, id).await?;
    row.ok_or_else(|| Failure::not_found(format!("there is no request for approval `{id}`")).into())
}

/// The request of this id, as it is shown.
///
/// # Errors
/// 404.
pub(super) async fn find(caller: &Caller, id: &str) -> Answer<Approval> {
    let row = row(caller, id).await?;
    shown(caller, row).await
}

async fn shown(caller: &Caller, row: ApprovalRow) -> Answer<Approval> {
    let (stored, channels, names) = futures::future::try_join3(
        campaigns::load(&caller.database, &row.campaign_id),
        store::channels::all(&caller.database, &row.site),
        store::campaigns::names(&caller.database),
    )
    .await?;
    approval(caller, row, stored.as_ref(), &channels, &names)
}

/// A request as it is shown to a caller. `stored` is its campaign.
///
/// # Errors
/// 500 when what is stored is unreadable.
pub(super) fn approval(
    caller: &Caller,
    row: ApprovalRow,
    stored: Option<&Stored>,
    channels: &[ChannelRecord],
    names: &BTreeMap<String, String>,
) -> Answer<Approval> {
    let judged = rules::decide(&rules::Decision {
        state: row.state()?,
        requested_by: &row.answerable,
        decided_by: caller.actor(),
        requested_hash: &row.snapshot_hash,
        seen_hash: &row.snapshot_hash,
        document_hash: stored.map_or("", |stored| &stored.hash),
    });
    let why_not = match judged {
        Err(reason) => reason.to_string(),
        Ok(()) if !(caller.rights.is_person() && caller.may(Permission::ApproveCampaigns)) => {
            "your role does not approve campaigns".to_owned()
        }
        Ok(()) => String::new(),
    };
    let name = |id: &str| names.get(id).cloned().unwrap_or_default();
    Ok(Approval {
        diff: diff(row.difference()?, channels),
        currency: stored.map(|stored| stored.row.currency.clone()).unwrap_or_default(),
        may_decide: why_not.is_empty(),
        why_not,
        requested_by_name: name(&row.requested_by),
        decided_by_name: name(&row.decided_by),
        id: row.id,
        site: row.site,
        kind: row.kind,
        campaign_id: row.campaign_id,
        title: row.title,
        reason: row.reason,
        status: row.status,
        snapshot_hash: row.snapshot_hash,
        requested_by: row.requested_by,
        run_id: row.run_id,
        requested_at: row.requested_at,
        decided_by: row.decided_by,
        decided_at: row.decided_at,
        comment: row.comment,
    })
}
