//! People and what they did.

use axum::Json;
use metrics::reports::{After, journey, journeys};
use platform::warehouse::Warehouse;
use problem::Problem as Failure;

use super::scope;
use crate::answer::Answer;
use crate::cursor;
use crate::extract::{Params, Segment, whole_number};
use crate::gate::Caller;
use crate::wire::journeys::{Journey, JourneyQuery, JourneyRow, Journeys, JourneysQuery, sessions};
use crate::wire::problem::Problem;

/// Visits that one journey shows, the latest.
const MAX_SESSIONS: u32 = 200;

/// Events that one journey shows, the earliest of those visits.
const MAX_EVENTS: u32 = 5_000;

/// The people who visited, latest first.
#[utoipa::path(
    get, path = "/journeys", tag = "journeys", params(JourneysQuery),
    responses((status = 200, body = Journeys), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_analytics")), ("x-tool" = json!({ "name": "journeys_list", "title": "List journeys", "effect": "read" })))
)]
#[worker::send]
pub async fn list_journeys(caller: Caller, Params(query): Params<JourneysQuery>) -> Answer<Json<Journeys>> {
    let (_, scope, range) =
        scope::of(&caller, query.site.as_deref(), query.from.as_deref(), query.to.as_deref()).await?;
    let limit = whole_number("limit", query.limit.as_deref(), 50, 1..=200)?;
    let after = cursor::decode::<(i64, String)>(query.cursor.as_deref())?.map(|(t, id)| After { t, id });
    let warehouse = Warehouse::open(&caller.runtime.env, &caller.database)?;
    let one_more = u32::try_from(limit + 1).unwrap_or(u32::MAX);
    let statement =
        journeys::statement(&scope, &range, query.q.as_deref(), after.as_ref(), one_more, warehouse.dialect());
    let mut rows: Vec<journeys::Row> = warehouse.rows(&statement).await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let next_cursor = cursor::page(&mut rows, limit, |row| (row.last_seen, row.person.clone()))?;
    Ok(Json(Journeys { rows: rows.into_iter().map(JourneyRow::from).collect(), next_cursor }))
}

/// One person's visits and what happened in them, newest visit first.
#[utoipa::path(
    get, path = "/journeys/{person}", tag = "journeys", params(("person" = String, Path, description = "The person's key"), JourneyQuery),
    responses((status = 200, body = Journey), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_analytics")), ("x-tool" = json!({ "name": "journeys_show", "title": "One person's journey", "effect": "read" })))
)]
#[worker::send]
pub async fn show_journey(
    caller: Caller,
    Segment(person): Segment,
    Params(query): Params<JourneyQuery>,
) -> Answer<Json<Journey>> {
    let site = scope::site(&caller, query.site.as_deref()).await?;
    let scope = scope::figures(&caller, &site);
    let warehouse = Warehouse::open(&caller.runtime.env, &caller.database)?;
    let dialect = warehouse.dialect();
    let visits: Vec<journey::SessionRow> =
        warehouse.rows(&journey::sessions(&scope, &person, None, MAX_SESSIONS, dialect)).await?;
    if visits.is_empty() {
        return Err(Failure::not_found(format!("nobody with the key `{person}` has visited")).into());
    }
    let keys: Vec<journey::KeyRow> = warehouse.rows(&journey::keys(&scope, &person, dialect)).await?;
    let bought: Vec<journey::BoughtRow> = warehouse.rows(&journey::bought(&scope, &person, dialect)).await?;
    let ids: Vec<String> = visits.iter().map(|visit| visit.id.clone()).collect();
    let events: Vec<journey::EventRow> = warehouse.rows(&journey::events(&scope, &ids, MAX_EVENTS, dialect)).await?;
    let (visitors, user_id) = names(&person, &keys);
    Ok(Json(Journey {
        visitors,
        user_id,
        currency: site.currency,
        orders: bought.first().map_or(0, |row| row.orders),
        value: bought.first().map_or(0, |row| row.value),
        sessions: sessions(visits, events),
        person,
    }))
}

/// The visitors and the user id behind a person's keys. Nobody linked a person without keys: they are one visitor.
fn names(person: &str, keys: &[journey::KeyRow]) -> (Vec<String>, Option<String>) {
    let of = |prefix: &str| {
        keys.iter().filter_map(|row| row.key.strip_prefix(prefix)).map(str::to_owned).collect::<Vec<_>>()
    };
    let mut visitors = of("v:");
    if let Some(visitor) = person.strip_prefix("v:").filter(|visitor| !visitors.iter().any(|known| known == visitor)) {
        visitors.push(visitor.to_owned());
    }
    (visitors, of("u:").into_iter().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_has_all_their_visitors_and_one_user_id() {
        let keys: Vec<journey::KeyRow> =
            ["a:x", "u:42", "v:1", "v:2"].iter().map(|key| journey::KeyRow { key: (*key).to_owned() }).collect();
        assert_eq!(names("a:x", &keys), (vec!["1".to_owned(), "2".to_owned()], Some("42".to_owned())));
        assert_eq!(names("v:1", &keys).0, ["1", "2"]);
        assert_eq!(names("v:9", &[]), (vec!["9".to_owned()], None));
    }
}
