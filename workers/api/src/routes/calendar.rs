//! The calendar: what happens to campaigns when, and notes. The cron Worker carries out what is due.

use axum::Json;
use calendar::DateRange;
use campaign::Event;
use campaign::calendar::{self as rules, Kind};
use control::Permission;
use control::audit::Entry;
use http::StatusCode;
use platform::campaigns::calendar::{self as entries, EntryRow};
use platform::campaigns::{self, Campaign as Stored};
use platform::random;
use problem::Problem as Failure;
use serde_json::{Value, json};

use super::campaigns::by;
use super::{campaign_documents as documents, scope};
use crate::answer::Answer;
use crate::extract::{Form, Params, Segment};
use crate::gate::Caller;
use crate::store;
use crate::wire::calendar::{Calendar, CalendarEntry, CalendarQuery, EntryChange, EntryForm, Flight};
use crate::wire::problem::Problem;

/// A stretch of a site's calendar: entries, and campaigns whose planned time touches it.
#[utoipa::path(
    get, path = "/calendar", tag = "calendar", params(CalendarQuery),
    responses((status = 200, body = Calendar), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_campaigns")), ("x-tool" = json!({ "name": "calendar_list", "title": "Show the calendar", "effect": "read" })))
)]
#[worker::send]
pub async fn show_calendar(caller: Caller, Params(query): Params<CalendarQuery>) -> Answer<Json<Calendar>> {
    let site = scope::site(&caller, query.site.as_deref()).await?;
    let zone = scope::zone(&site)?;
    let days = DateRange::parse(zone, query.from.as_deref(), query.to.as_deref(), caller.now)?;
    let time = days.utc_ms();
    let (rows, flights) = futures::future::try_join(
        entries::between(&caller.database, &site.key, time.start, time.end),
        store::campaigns::flights(&caller.database, &site.key, time.start, time.end),
    )
    .await?;
    Ok(Json(Calendar {
        from: days.from(),
        to: days.to(),
        time_zone: site.time_zone,
        entries: rows.into_iter().map(CalendarEntry::from).collect(),
        flights: flights
            .into_iter()
            .map(|flight| Flight {
                campaign_id: flight.id,
                name: flight.name,
                status: flight.status,
                start_at: flight.start_at,
                end_at: flight.end_at,
            })
            .collect(),
    }))
}

/// Makes an entry. A launch needs an approved campaign and schedules it; a pause or end is carried out if the campaign is
/// live then; a note only tells people.
#[utoipa::path(
    post, path = "/calendar", tag = "calendar", params(crate::wire::campaigns::SiteQuery), request_body = EntryForm,
    responses((status = 201, body = CalendarEntry), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("edit_campaigns")), ("x-tool" = json!({ "name": "calendar_create", "title": "Put something on the calendar", "effect": "write" })))
)]
#[worker::send]
pub async fn create_entry(
    caller: Caller,
    Params(query): Params<crate::wire::campaigns::SiteQuery>,
    Form(form): Form<EntryForm>,
) -> Answer<(StatusCode, Json<CalendarEntry>)> {
    let kind = Kind::from(form.kind);
    let title = title(&form.title)?;
    rules::check_time(kind, form.at, caller.now).map_err(|detail| Failure::invalid_field("/at", detail))?;
    may_change(&caller, kind)?;
    let campaign_id = form.campaign_id.as_deref().filter(|id| !id.is_empty());
    let stored = match campaign_id {
        Some(id) => match campaigns::load(&caller.database, id).await? {
            Some(stored) => Some(stored),
            None => {
                return Err(Failure::invalid_field("/campaign_id", format!("there is no campaign `{id}`")).into());
            }
        },
        None => None,
    };
    let id = match (kind, &stored) {
        (Kind::Note, stored) => {
            let site = match (stored, query.site.as_deref()) {
                (Some(stored), _) => stored.row.site.clone(),
                (None, key) => scope::site(&caller, key).await?.key,
            };
            store_entry(&caller, &site, stored.as_ref(), kind, title, form.at).await?
        }
        (_, None) => {
            return Err(Failure::invalid_field("/campaign_id", "name the campaign this is to happen to").into());
        }
        (Kind::Launch, Some(stored)) => launch(&caller, stored, title, form.at, "/at").await?,
        (Kind::Pause | Kind::End, Some(stored)) => {
            if stored.status == campaign::Status::Ended {
                return Err(Failure::conflict("the campaign has ended").into());
            }
            store_entry(&caller, &stored.row.site, Some(stored), kind, title, form.at).await?
        }
    };
    Ok((StatusCode::CREATED, Json(find(&caller, &id).await?.into())))
}

/// Moves or renames an entry that is still planned.
#[utoipa::path(
    patch, path = "/calendar/{id}", tag = "calendar", params(("id" = String, Path, description = "Entry id")),
    request_body = EntryChange,
    responses((status = 200, body = CalendarEntry), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("edit_campaigns")))
)]
#[worker::send]
pub async fn change_entry(
    caller: Caller,
    Segment(id): Segment,
    Form(form): Form<EntryChange>,
) -> Answer<Json<CalendarEntry>> {
    let (row, kind) = planned(&caller, &id).await?;
    let title = title(form.title.as_deref().unwrap_or(&row.title))?.to_owned();
    let at = form.at.unwrap_or(row.at);
    if at != row.at {
        rules::check_time(kind, at, caller.now).map_err(|detail| Failure::invalid_field("/at", detail))?;
        if kind == Kind::Launch {
            let stored = documents::load(&caller, &row.campaign_id).await?;
            begins_before_its_end(&stored, at, "/at")?;
        }
    }
    let before = json!({ "at": row.at, "title": row.title });
    let after = json!({ "at": at, "title": title });
    let entry = audited(&caller, "calendar.change", &id, Some(before), Some(after));
    caller.database.commit("the calendar", &entries::change(&id, &title, at), &[entry]).await?;
    Ok(Json(find(&caller, &id).await?.into()))
}

/// Cancels an entry that is still planned; of a launch, the campaign goes back to being approved.
#[utoipa::path(
    delete, path = "/calendar/{id}", tag = "calendar", params(("id" = String, Path, description = "Entry id")),
    responses((status = 204, description = "Cancelled"), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("edit_campaigns")))
)]
#[worker::send]
pub async fn cancel_entry(caller: Caller, Segment(id): Segment) -> Answer<StatusCode> {
    let (row, kind) = planned(&caller, &id).await?;
    if kind == Kind::Launch
        && let Some(stored) = campaigns::load(&caller.database, &row.campaign_id).await?
        && stored.standing().after(Event::Unschedule).is_ok()
    {
        campaigns::unschedule(&caller.database, &stored, "cancelled", "", &by(&caller)).await?;
        return Ok(StatusCode::NO_CONTENT);
    }
    let before = json!({ "at": row.at, "title": row.title, "kind": row.kind });
    let entry = audited(&caller, "calendar.cancel", &id, Some(before), None);
    caller.database.commit("the calendar", &entries::close(&id, "cancelled", ""), &[entry]).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Schedules an approved campaign; returns the entry's id.
///
/// # Errors
/// 409 when it is not approved as it is, 422 naming `field` when the time does not do.
pub(super) async fn launch(caller: &Caller, stored: &Stored, title: &str, at: i64, field: &str) -> Answer<String> {
    rules::check_time(Kind::Launch, at, caller.now).map_err(|detail| Failure::invalid_field(field, detail))?;
    begins_before_its_end(stored, at, field)?;
    let title: String = title.chars().take(rules::MAX_TITLE).collect();
    Ok(campaigns::schedule(&caller.database, stored, &title, at, &by(caller)).await?)
}

fn begins_before_its_end(stored: &Stored, at: i64, field: &str) -> Result<(), Failure> {
    if stored.row.end_at.is_some_and(|end| end <= at) {
        return Err(Failure::invalid_field(field, "the campaign would be over by then; choose an earlier time"));
    }
    Ok(())
}

fn title(text: &str) -> Result<&str, Failure> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > rules::MAX_TITLE {
        let detail = format!("must have 1 to {} characters", rules::MAX_TITLE);
        return Err(Failure::invalid_field("/title", detail));
    }
    Ok(text)
}

/// What changes a campaign later needs the right that changing it now needs.
fn may_change(caller: &Caller, kind: Kind) -> Result<(), Failure> {
    if kind != Kind::Note && !caller.may(Permission::PublishCampaigns) {
        let words = Permission::PublishCampaigns.describe();
        return Err(Failure::forbidden(format!("you may not {words}, so you cannot put that on the calendar")));
    }
    Ok(())
}

async fn planned(caller: &Caller, id: &str) -> Answer<(EntryRow, Kind)> {
    let row = find(caller, id).await?;
    if row.status != "planned" {
        return Err(Failure::conflict(format!("this entry is {} already", row.status)).into());
    }
    let kind = Kind::parse(&row.kind).unwrap_or(Kind::Note);
    may_change(caller, kind)?;
    Ok((row, kind))
}

async fn find(caller: &Caller, id: &str) -> Answer<EntryRow> {
    let row = entries::find(&caller.database, id).await?;
    row.ok_or_else(|| Failure::not_found(format!("there is no calendar entry `{id}`")).into())
}

async fn store_entry(
    caller: &Caller,
    site: &str,
    stored: Option<&Stored>,
    kind: Kind,
    title: &str,
    at: i64,
) -> Answer<String> {
    let id = random::uuid();
    let campaign_id = stored.map_or("", |stored| &stored.row.id);
    let statement = entries::insert(&entries::New {
        id: &id,
        site,
        campaign_id,
        kind,
        title,
        at,
        created_by: caller.actor(),
        now: caller.now,
    });
    let after = json!({ "kind": kind, "title": title, "at": at, "campaign": campaign_id, "site": site });
    let entry = audited(caller, "calendar.create", &id, None, Some(after));
    caller.database.commit("the calendar", &[statement], &[entry]).await?;
    Ok(id)
}

fn audited(caller: &Caller, action: &'static str, id: &str, before: Option<Value>, after: Option<Value>) -> Entry {
    Entry { actor: caller.actor().to_owned(), action, entity: format!("calendar:{id}"), before, after, at: caller.now }
}

impl From<EntryRow> for CalendarEntry {
    fn from(row: EntryRow) -> Self {
        Self {
            id: row.id,
            site: row.site,
            campaign_id: row.campaign_id,
            campaign_name: row.campaign_name,
            campaign_status: row.campaign_status,
            kind: row.kind,
            title: row.title,
            at: row.at,
            status: row.status,
            detail: row.detail,
            created_by: row.created_by,
            created_at: row.created_at,
        }
    }
}
