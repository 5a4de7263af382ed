//! Campaigns: planned whole, submitted, published, paused, ended and rolled back.
//!
//! What is allowed when is the crate `campaign`'s; the commits are [`platform::campaigns`]'s.

use std::collections::BTreeMap;

use axum::Json;
use campaign::{Event, Severity, Status};
use control::Permission;
use http::{HeaderName, StatusCode};
use platform::campaigns::{self, By, Campaign as Stored};
use problem::Problem as Failure;
use serde_json::Value;

use super::approvals::approval;
use super::{campaign_documents as documents, scope};
use crate::answer::Answer;
use crate::etag::{self, IfMatch};
use crate::extract::{Form, LongForm, Params, Segment, one_of};
use crate::gate::Caller;
use crate::store;
use crate::store::channels::ChannelRecord;
use crate::wire::approvals::Approval;
use crate::wire::campaigns::{
    Campaign, CampaignChannel, CampaignDetail, Campaigns, CampaignsQuery, Change, ChannelDiff, Diff, Document,
    DocumentForm, Finding, History, HistoryRow, Preflight, Publication, PublicationProgress, PublishForm, RemoteObject,
    SiteQuery, SubmitForm,
};
use crate::wire::problem::Problem;

/// The longest reason or comment, in characters.
pub(super) const MAX_WORDS: usize = 2_000;

/// Publications shown with a campaign.
const SHOWN_PUBLICATIONS: usize = 20;

/// A campaign with its version as an ETag.
type Detail = ([(HeaderName, String); 1], Json<CampaignDetail>);

/// Campaigns, the last changed first.
#[utoipa::path(
    get, path = "/campaigns", tag = "campaigns", params(CampaignsQuery),
    responses((status = 200, body = Campaigns), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_campaigns")), ("x-tool" = json!({ "name": "campaigns_list", "title": "List campaigns", "effect": "read" })))
)]
#[worker::send]
pub async fn list_campaigns(caller: Caller, Params(query): Params<CampaignsQuery>) -> Answer<Json<Campaigns>> {
    let names: Vec<&str> = Status::ALL.iter().map(|status| status.as_str()).collect();
    let status = one_of("status", query.status.as_deref(), "", &names)?;
    let site = match query.site.as_deref() {
        Some(key) => scope::site(&caller, Some(key)).await?.key,
        None => String::new(),
    };
    let rows = campaigns::list(&caller.database, &site, status).await?;
    let all = campaigns::load_all(&caller.database, rows).await?;
    let channels = store::channels::all(&caller.database, &site).await?;
    Ok(Json(Campaigns { rows: all.iter().map(|one| campaign(&caller, one, &channels)).collect() }))
}

/// Creates a campaign as a draft. Ids of ad sets and ads are made anew.
#[utoipa::path(
    post, path = "/campaigns", tag = "campaigns", params(SiteQuery), request_body = DocumentForm,
    responses((status = 201, body = CampaignDetail, headers(("ETag" = String, description = "The version"))), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("edit_campaigns")), ("x-tool" = json!({ "name": "campaigns_create", "title": "Create a campaign", "effect": "write" })))
)]
#[worker::send]
pub async fn create_campaign(
    caller: Caller,
    Params(query): Params<SiteQuery>,
    LongForm(form): LongForm<DocumentForm>,
) -> Answer<(StatusCode, [(HeaderName, String); 1], Json<CampaignDetail>)> {
    let site = scope::site(&caller, query.site.as_deref()).await?;
    let declared = declared(&form);
    let id = documents::create(&caller, &site.key, form.into_document(&site.currency), &declared).await?;
    let (etag, body) = shown(&caller, &id).await?;
    Ok((StatusCode::CREATED, etag, body))
}

/// A campaign with its document, its approval and what became of it.
#[utoipa::path(
    get, path = "/campaigns/{id}", tag = "campaigns", params(("id" = String, Path, description = "Campaign id")),
    responses((status = 200, body = CampaignDetail, headers(("ETag" = String, description = "The version"))), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_campaigns")), ("x-tool" = json!({ "name": "campaigns_get", "title": "Show a campaign", "effect": "read" })))
)]
#[worker::send]
pub async fn show_campaign(caller: Caller, Segment(id): Segment) -> Answer<Detail> {
    shown(&caller, &id).await
}

/// Replaces a campaign's document whole; what was requested or approved and not published is void. A live campaign runs
/// on as it is: the new document is a change, to be approved and published.
#[utoipa::path(
    put, path = "/campaigns/{id}", tag = "campaigns",
    params(("id" = String, Path, description = "Campaign id"), ("If-Match" = String, Header, description = "The ETag of the version this rests on")),
    request_body = DocumentForm,
    responses((status = 200, body = CampaignDetail, headers(("ETag" = String, description = "The version"))), (status = "default", description = "Any failure; 428 without If-Match, 412 when the campaign has changed since", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("edit_campaigns")), ("x-tool" = json!({ "name": "campaigns_update", "title": "Replace a campaign's document", "effect": "write" })))
)]
#[worker::send]
pub async fn update_campaign(
    caller: Caller,
    Segment(id): Segment,
    if_match: IfMatch,
    LongForm(form): LongForm<DocumentForm>,
) -> Answer<Detail> {
    let stored = documents::load(&caller, &id).await?;
    if_match.check(stored.row.version, "the campaign")?;
    let declared = declared(&form);
    documents::replace(&caller, &stored, form.into_document(&stored.row.currency), &declared, false).await?;
    shown(&caller, &id).await
}

/// Deletes a campaign that was never published.
#[utoipa::path(
    delete, path = "/campaigns/{id}", tag = "campaigns", params(("id" = String, Path, description = "Campaign id")),
    responses((status = 204, description = "Deleted"), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("edit_campaigns")))
)]
#[worker::send]
pub async fn delete_campaign(caller: Caller, Segment(id): Segment) -> Answer<StatusCode> {
    let stored = documents::load(&caller, &id).await?;
    campaigns::delete(&caller.database, &stored, &by(&caller)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What all checks find in a campaign: its own rules, the brand's and the providers'.
#[utoipa::path(
    get, path = "/campaigns/{id}/preflight", tag = "campaigns", params(("id" = String, Path, description = "Campaign id")),
    responses((status = 200, body = Preflight), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_campaigns")), ("x-tool" = json!({ "name": "campaigns_preflight", "title": "Check a campaign before submitting it", "effect": "read" })))
)]
#[worker::send]
pub async fn preflight(caller: Caller, Segment(id): Segment) -> Answer<Json<Preflight>> {
    let stored = documents::load(&caller, &id).await?;
    let findings = documents::findings(&caller, &stored).await?;
    Ok(Json(Preflight {
        passes: findings.iter().all(|finding| finding.severity != Severity::Blocking),
        findings: findings.into_iter().map(Finding::from).collect(),
    }))
}

/// What would become different, channel by channel, if the campaign were published as it is planned.
#[utoipa::path(
    get, path = "/campaigns/{id}/diff", tag = "campaigns", params(("id" = String, Path, description = "Campaign id")),
    responses((status = 200, body = Diff), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_campaigns")), ("x-tool" = json!({ "name": "campaigns_diff", "title": "Show what publishing a campaign would change", "effect": "read" })))
)]
#[worker::send]
pub async fn show_diff(caller: Caller, Segment(id): Segment) -> Answer<Json<Diff>> {
    let stored = documents::load(&caller, &id).await?;
    let channels = store::channels::all(&caller.database, &stored.row.site).await?;
    Ok(Json(diff(stored.diff()?, &channels)))
}

/// Who changed a campaign and how, newest first.
#[utoipa::path(
    get, path = "/campaigns/{id}/history", tag = "campaigns", params(("id" = String, Path, description = "Campaign id")),
    responses((status = 200, body = History), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_campaigns")))
)]
#[worker::send]
pub async fn history(caller: Caller, Segment(id): Segment) -> Answer<Json<History>> {
    documents::load(&caller, &id).await?;
    let names = store::campaigns::names(&caller.database).await?;
    let mut rows = Vec::new();
    for record in store::campaigns::history(&caller.database, &id).await? {
        rows.push(HistoryRow {
            at: record.at,
            actor_name: names.get(&record.actor).cloned().unwrap_or_default(),
            actor: record.actor,
            action: record.action,
            before: optional(&record.before_json)?,
            after: optional(&record.after_json)?,
        });
    }
    Ok(Json(History { rows }))
}

fn optional(text: &str) -> Answer<Value> {
    if text.is_empty() { Ok(Value::Null) } else { documents::stored(text) }
}

/// Puts a campaign, or a change of a live one, before the approvers.
///
/// 1. What all checks find to block it → 422, naming each place. 2. Freeze the document and its difference to what is
/// live. 3. Answer the pending request.
#[utoipa::path(
    post, path = "/campaigns/{id}/submit", tag = "campaigns", params(("id" = String, Path, description = "Campaign id")),
    request_body = SubmitForm,
    responses((status = 201, body = Approval), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("edit_campaigns")), ("x-tool" = json!({ "name": "campaigns_submit", "title": "Ask for a campaign's approval", "effect": "approval" })))
)]
#[worker::send]
pub async fn submit(
    caller: Caller,
    Segment(id): Segment,
    Form(form): Form<SubmitForm>,
) -> Answer<(StatusCode, Json<Approval>)> {
    let reason = words("/reason", &form.reason, false)?;
    let stored = documents::load(&caller, &id).await?;
    let findings = documents::findings(&caller, &stored).await?;
    let approval_id = campaigns::submit(&caller.database, &stored, reason, "", &findings, &by(&caller)).await?;
    let shown = super::approvals::find(&caller, &approval_id).await?;
    Ok((StatusCode::CREATED, Json(shown)))
}

/// Takes a request back, or an approval that was not used.
#[utoipa::path(
    post, path = "/campaigns/{id}/withdraw", tag = "campaigns", params(("id" = String, Path, description = "Campaign id")),
    responses((status = 200, body = CampaignDetail), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("edit_campaigns")))
)]
#[worker::send]
pub async fn withdraw(caller: Caller, Segment(id): Segment) -> Answer<Detail> {
    let stored = documents::load(&caller, &id).await?;
    campaigns::withdraw(&caller.database, &stored, &by(&caller)).await?;
    shown(&caller, &id).await
}

/// Publishes what is approved, at once or at a time; of a live campaign, the approved change, at once.
///
/// 1. Nothing approved for exactly this document, or a limit on spending → 409 in words. 2. With `at`: an entry of the
/// calendar. 3. Else the work is queued, and the campaign's page shows how far it is.
#[utoipa::path(
    post, path = "/campaigns/{id}/publish", tag = "campaigns", params(("id" = String, Path, description = "Campaign id")),
    request_body = PublishForm,
    responses((status = 202, body = CampaignDetail), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("publish_campaigns")), ("x-tool" = json!({ "name": "campaigns_publish", "title": "Publish an approved campaign or change", "effect": "write" })))
)]
#[worker::send]
pub async fn publish(
    caller: Caller,
    Segment(id): Segment,
    Form(form): Form<PublishForm>,
) -> Answer<(StatusCode, [(HeaderName, String); 1], Json<CampaignDetail>)> {
    let stored = documents::load(&caller, &id).await?;
    match form.at {
        Some(at) => {
            let title = format!("Launch of {}", stored.row.name);
            super::calendar::launch(&caller, &stored, &title, at, "/at").await?;
        }
        None => {
            campaigns::publish(&caller.runtime.env, &caller.database, &stored, &by(&caller)).await?;
        }
    }
    accepted(&caller, &id).await
}

/// Lets a live campaign rest.
#[utoipa::path(
    post, path = "/campaigns/{id}/pause", tag = "campaigns", params(("id" = String, Path, description = "Campaign id")),
    responses((status = 202, body = CampaignDetail), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("publish_campaigns")), ("x-tool" = json!({ "name": "campaigns_pause", "title": "Pause a campaign", "effect": "write" })))
)]
#[worker::send]
pub async fn pause(
    caller: Caller,
    Segment(id): Segment,
) -> Answer<(StatusCode, [(HeaderName, String); 1], Json<CampaignDetail>)> {
    let stored = documents::load(&caller, &id).await?;
    campaigns::pause(&caller.runtime.env, &caller.database, &stored, &by(&caller)).await?;
    accepted(&caller, &id).await
}

/// Lets a paused campaign run again as it last was.
#[utoipa::path(
    post, path = "/campaigns/{id}/resume", tag = "campaigns", params(("id" = String, Path, description = "Campaign id")),
    responses((status = 202, body = CampaignDetail), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("publish_campaigns")), ("x-tool" = json!({ "name": "campaigns_resume", "title": "Resume a campaign", "effect": "write" })))
)]
#[worker::send]
pub async fn resume(
    caller: Caller,
    Segment(id): Segment,
) -> Answer<(StatusCode, [(HeaderName, String); 1], Json<CampaignDetail>)> {
    let stored = documents::load(&caller, &id).await?;
    campaigns::resume(&caller.runtime.env, &caller.database, &stored, &by(&caller)).await?;
    accepted(&caller, &id).await
}

/// Ends a campaign for good.
#[utoipa::path(
    post, path = "/campaigns/{id}/end", tag = "campaigns", params(("id" = String, Path, description = "Campaign id")),
    responses((status = 202, body = CampaignDetail), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("publish_campaigns")), ("x-tool" = json!({ "name": "campaigns_end", "title": "End a campaign for good", "effect": "write", "destructive": true })))
)]
#[worker::send]
pub async fn end(
    caller: Caller,
    Segment(id): Segment,
) -> Answer<(StatusCode, [(HeaderName, String); 1], Json<CampaignDetail>)> {
    let stored = documents::load(&caller, &id).await?;
    campaigns::end(&caller.runtime.env, &caller.database, &stored, &by(&caller)).await?;
    accepted(&caller, &id).await
}

/// Makes live again what was live before; where nothing was, takes the campaign back. The planned document becomes what
/// is restored.
#[utoipa::path(
    post, path = "/campaigns/{id}/rollback", tag = "campaigns", params(("id" = String, Path, description = "Campaign id")),
    responses((status = 202, body = CampaignDetail), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("publish_campaigns")), ("x-tool" = json!({ "name": "campaigns_rollback", "title": "Roll a campaign back to what was live before", "effect": "write" })))
)]
#[worker::send]
pub async fn rollback(
    caller: Caller,
    Segment(id): Segment,
) -> Answer<(StatusCode, [(HeaderName, String); 1], Json<CampaignDetail>)> {
    let stored = documents::load(&caller, &id).await?;
    campaigns::rollback(&caller.runtime.env, &caller.database, &stored, &by(&caller)).await?;
    accepted(&caller, &id).await
}

pub(super) fn by(caller: &Caller) -> By<'_> {
    By::new(caller.actor(), caller.now)
}

/// A text of a person, trimmed.
///
/// # Errors
/// 422 naming `field` when it is too long, or empty and needed.
pub(super) fn words<'a>(field: &str, text: &'a str, needed: bool) -> Result<&'a str, Failure> {
    let text = text.trim();
    if needed && text.is_empty() {
        return Err(Failure::invalid_field(field, "must not be empty"));
    }
    if text.chars().count() > MAX_WORDS {
        return Err(Failure::invalid_field(field, format!("must have at most {MAX_WORDS} characters")));
    }
    Ok(text)
}

/// The providers that the form's ad sets name themselves.
fn declared(form: &DocumentForm) -> Vec<Option<campaign::ChannelType>> {
    form.ad_sets.iter().map(|set| set.channel.map(campaign::ChannelType::from)).collect()
}

async fn accepted(caller: &Caller, id: &str) -> Answer<(StatusCode, [(HeaderName, String); 1], Json<CampaignDetail>)> {
    let (etag, body) = shown(caller, id).await?;
    Ok((StatusCode::ACCEPTED, etag, body))
}

async fn shown(caller: &Caller, id: &str) -> Answer<Detail> {
    let stored = documents::load(caller, id).await?;
    let database = &caller.database;
    let (channels, remote, flags, names) = futures::future::try_join4(
        store::channels::all(database, &stored.row.site),
        store::campaigns::remote_objects(database, id),
        campaigns::flags(database, id),
        store::campaigns::names(database),
    )
    .await?;
    let etag = etag::of(stored.row.version);
    Ok((etag, Json(detail(caller, stored, &channels, remote, &flags, &names)?)))
}

fn detail(
    caller: &Caller,
    stored: Stored,
    channels: &[ChannelRecord],
    remote: Vec<store::campaigns::RemoteObjectRecord>,
    flags: &[(String, Vec<campaign::Finding>)],
    names: &BTreeMap<String, String>,
) -> Answer<CampaignDetail> {
    let shown_approval = match stored.approval.clone() {
        Some(row) => Some(approval(caller, row, Some(&stored), channels, names)?),
        None => None,
    };
    let mut publications = Vec::new();
    for row in stored.publications.iter().rev().take(SHOWN_PUBLICATIONS) {
        publications.push(Publication {
            id: row.id.clone(),
            action: row.action.clone(),
            status: row.status.clone(),
            progress: documents::stored::<Vec<PublicationProgress>>(&row.progress)?,
            detail: row.detail.clone(),
            snapshot_hash: row.snapshot_hash.clone(),
            approval_id: row.approval_id.clone(),
            requested_by: row.requested_by.clone(),
            created_at: row.created_at,
            finished_at: row.finished_at,
        });
    }
    Ok(CampaignDetail {
        campaign: campaign(caller, &stored, channels),
        flags: documents::in_document(&stored.document, flags).into_iter().map(Finding::from).collect(),
        document: Document::from(stored.document),
        hash: stored.hash,
        live_hash: stored.live.map(|live| live.hash),
        approval: shown_approval,
        publications,
        remote_objects: remote
            .into_iter()
            .map(|record| RemoteObject {
                channel_id: record.channel_id,
                kind: record.kind,
                local_id: record.local_id,
                external_id: record.external_id,
                name: record.name,
                status: record.status,
                updated_at: record.updated_at,
            })
            .collect(),
    })
}

fn campaign(caller: &Caller, stored: &Stored, channels: &[ChannelRecord]) -> Campaign {
    let row = &stored.row;
    let channel = |id: &str| {
        let record = channels.iter().find(|channel| channel.id == id);
        CampaignChannel {
            id: id.to_owned(),
            kind: record.map(|record| record.kind.clone()).unwrap_or_default(),
            name: record.map(|record| record.name.clone()).unwrap_or_default(),
        }
    };
    Campaign {
        id: row.id.clone(),
        site: row.site.clone(),
        name: row.name.clone(),
        objective: row.objective.clone(),
        status: row.status.clone(),
        version: row.version,
        currency: row.currency.clone(),
        budget_daily: row.budget_daily,
        budget_total: row.budget_total,
        start_at: row.start_at,
        end_at: row.end_at,
        landing_url: row.landing_url.clone(),
        utm_campaign: row.utm_campaign.clone(),
        channels: stored.document.channel_ids().into_iter().map(channel).collect(),
        detail: row.detail.clone(),
        approval_id: row.approval_id.clone(),
        has_change: stored.standing().has_change(),
        created_by: row.created_by.clone(),
        created_at: row.created_at,
        updated_at: row.updated_at,
        actions: actions(stored, |permission| caller.may(permission), caller.actor()),
    }
}

/// What somebody may ask of a campaign now.
fn actions(stored: &Stored, may: impl Fn(Permission) -> bool, actor: &str) -> Vec<String> {
    let requested_by_themselves =
        stored.approval.as_ref().is_some_and(|approval| approval.status == "pending" && approval.answerable == actor);
    let mut actions: Vec<String> = stored
        .standing()
        .open_events()
        .into_iter()
        .filter(|event| may(needs(*event)))
        .filter(|event| !(matches!(event, Event::Approve | Event::Reject) && requested_by_themselves))
        .map(|event| event.as_str().to_owned())
        .collect();
    if stored.publications.is_empty() && may(Permission::EditCampaigns) {
        actions.push("delete".to_owned());
    }
    actions
}

/// The permission that the route of an event declares.
fn needs(event: Event) -> Permission {
    match event {
        Event::Edit | Event::Submit | Event::Withdraw => Permission::EditCampaigns,
        Event::Approve | Event::Reject => Permission::ApproveCampaigns,
        _ => Permission::PublishCampaigns,
    }
}

/// A difference for people: accounts by name.
pub(super) fn diff(diff: campaign::Diff, channels: &[ChannelRecord]) -> Diff {
    let part = |part: campaign::diff::Part| {
        let name = match &part.channel_id {
            None => "Whole campaign".to_owned(),
            Some(id) => channels
                .iter()
                .find(|channel| channel.id == *id)
                .map_or_else(|| "a channel that is gone".to_owned(), |channel| channel.name.clone()),
        };
        ChannelDiff {
            channel_id: part.channel_id.unwrap_or_default(),
            kind: part.channel.map(|channel| channel.as_str().to_owned()).unwrap_or_default(),
            name,
            changes: part.changes.into_iter().map(change).collect(),
            budget_daily_before: part.budget_daily_before,
            budget_daily_after: part.budget_daily_after,
        }
    };
    Diff {
        channels: diff.channels.into_iter().map(part).collect(),
        budget_daily_before: diff.budget_daily_before,
        budget_daily_after: diff.budget_daily_after,
    }
}

fn change(change: campaign::diff::Change) -> Change {
    use campaign::diff::Unit;
    let unit = match change.unit {
        Unit::Text => "text",
        Unit::Money => "money",
        Unit::Time => "time",
        Unit::List => "list",
        Unit::Object => "object",
    };
    Change {
        path: change.path,
        label: change.label,
        unit: unit.to_owned(),
        before: change.before,
        after: change.after,
        spends: change.spends,
    }
}
