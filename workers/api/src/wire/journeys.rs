//! People and what they did.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

/// Which people.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct JourneysQuery {
    /// Site key; the tenant's first site when absent.
    pub site: Option<String>,
    /// First day, YYYY-MM-DD in the site's time zone; 29 days before `to` when absent.
    pub from: Option<String>,
    /// Last day, included; today when absent.
    pub to: Option<String>,
    /// Only where the person's key or user id contains this.
    pub q: Option<String>,
    /// People a page, 1 to 200, 50 by default.
    #[param(value_type = Option<i64>)]
    pub limit: Option<String>,
    /// Where the last page ended.
    pub cursor: Option<String>,
}

/// Which site's journey.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct JourneyQuery {
    /// Site key; the tenant's first site when absent.
    pub site: Option<String>,
}

/// A page of people, latest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Journeys {
    /// The rows.
    pub rows: Vec<JourneyRow>,
    /// Give this as `cursor` for the next page; null on the last.
    pub next_cursor: Option<String>,
}

/// A person and what they did in the period.
#[derive(Debug, Serialize, ToSchema)]
pub struct JourneyRow {
    /// The person's key.
    pub person: String,
    /// How many visitors (browsers, devices) they came as.
    pub visitors: i64,
    /// The shop's id of them, where known.
    pub user_id: Option<String>,
    /// Start of the first visit, UTC ms.
    pub first_seen: i64,
    /// End of the last visit, UTC ms.
    pub last_seen: i64,
    /// Visits.
    pub sessions: i64,
    /// Events.
    pub events: i64,
    /// Orders.
    pub orders: i64,
    /// Their value, minor units of the site's currency.
    pub value: i64,
    /// Channel of the first visit.
    pub first_channel: String,
    /// Channel of the last visit.
    pub last_channel: String,
    /// Country of the last visit.
    pub country: String,
    /// Device of the last visit.
    pub device: String,
}

impl From<metrics::reports::journeys::Row> for JourneyRow {
    fn from(row: metrics::reports::journeys::Row) -> Self {
        Self {
            person: row.person,
            visitors: row.visitors,
            user_id: Some(row.user_id).filter(|id| !id.is_empty()),
            first_seen: row.first_seen,
            last_seen: row.last_seen,
            sessions: row.sessions,
            events: row.events,
            orders: row.orders,
            value: row.value,
            first_channel: row.first_channel,
            last_channel: row.last_channel,
            country: row.country,
            device: row.device,
        }
    }
}

/// All that is known of one person.
#[derive(Debug, Serialize, ToSchema)]
pub struct Journey {
    /// The person's key.
    pub person: String,
    /// The visitors (browsers, devices) they came as.
    pub visitors: Vec<String>,
    /// The shop's id of them, where known.
    pub user_id: Option<String>,
    /// ISO 4217.
    pub currency: String,
    /// Orders, ever.
    pub orders: i64,
    /// Their value, minor units.
    pub value: i64,
    /// The latest 200 visits, newest first.
    pub sessions: Vec<JourneySession>,
}

/// A visit.
#[derive(Debug, Serialize, ToSchema)]
pub struct JourneySession {
    /// Session id.
    pub id: String,
    /// First event, UTC ms.
    pub started_at: i64,
    /// Last event, UTC ms.
    pub ended_at: i64,
    /// Channel group.
    pub channel: String,
    /// Source.
    pub source: String,
    /// Medium.
    pub medium: String,
    /// Campaign.
    pub campaign: String,
    /// Device class.
    pub device: String,
    /// Browser family.
    pub browser: String,
    /// Operating system family.
    pub os: String,
    /// Country.
    pub country: String,
    /// What happened, oldest first.
    pub events: Vec<JourneyEvent>,
}

/// An event of a visit.
#[derive(Debug, Serialize, ToSchema)]
pub struct JourneyEvent {
    /// Event id.
    pub id: String,
    /// UTC ms.
    pub t: i64,
    /// Event name.
    pub event: String,
    /// Page path.
    pub path: String,
    /// Page address.
    pub url: String,
    /// Minor units of `currency`.
    pub value: i64,
    /// ISO 4217, empty without a value.
    pub currency: String,
    /// Whether it is a touchpoint.
    pub touch: bool,
    /// Number among the visitor's touchpoints, 0 for none.
    pub touch_number: i64,
    /// Properties.
    #[schema(value_type = BTreeMap<String, Value>)]
    pub props: Map<String, Value>,
}

impl From<metrics::reports::journey::EventRow> for JourneyEvent {
    fn from(row: metrics::reports::journey::EventRow) -> Self {
        Self {
            id: row.id,
            t: row.t,
            event: row.event,
            path: row.path,
            url: row.url,
            value: row.value,
            currency: row.currency,
            touch: row.touch != 0,
            touch_number: row.touch_number,
            // Stored by us as an object; anything else would be another writer's and is shown as none.
            props: serde_json::from_str(&row.props).unwrap_or_default(),
        }
    }
}

/// A person's visits with their events, from what the warehouse lists.
#[must_use]
pub fn sessions(
    sessions: Vec<metrics::reports::journey::SessionRow>,
    events: Vec<metrics::reports::journey::EventRow>,
) -> Vec<JourneySession> {
    let mut of_session: BTreeMap<String, Vec<JourneyEvent>> = BTreeMap::new();
    for event in events {
        of_session.entry(event.session_id.clone()).or_default().push(event.into());
    }
    sessions
        .into_iter()
        .map(|session| JourneySession {
            events: of_session.remove(&session.id).unwrap_or_default(),
            id: session.id,
            started_at: session.started_at,
            ended_at: session.ended_at,
            channel: session.channel,
            source: session.source,
            medium: session.medium,
            campaign: session.campaign,
            device: session.device,
            browser: session.browser,
            os: session.os,
            country: session.country,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use metrics::reports::journey::{EventRow, SessionRow};

    fn session(id: &str) -> SessionRow {
        SessionRow {
            id: id.into(),
            visitor: "v".into(),
            started_at: 1,
            ended_at: 2,
            channel: String::new(),
            source: String::new(),
            medium: String::new(),
            campaign: String::new(),
            country: String::new(),
            device: String::new(),
            browser: String::new(),
            os: String::new(),
        }
    }

    fn event(session: &str, id: &str, props: &str) -> EventRow {
        EventRow {
            session_id: session.into(),
            id: id.into(),
            t: 1,
            event: "pageview".into(),
            path: "/".into(),
            url: String::new(),
            value: 0,
            currency: String::new(),
            touch: 1,
            touch_number: 1,
            channel: String::new(),
            source: String::new(),
            props: props.into(),
        }
    }

    #[test]
    fn events_stand_in_their_own_visit_in_the_order_given() {
        let built = sessions(
            vec![session("b"), session("a")],
            vec![event("a", "1", r#"{"k":1}"#), event("b", "2", "{}"), event("a", "3", "[]")],
        );
        let ids: Vec<Vec<&str>> = built.iter().map(|s| s.events.iter().map(|e| e.id.as_str()).collect()).collect();
        assert_eq!(ids, [vec!["2"], vec!["1", "3"]]);
        assert_eq!(built[1].events[0].props["k"], 1);
        assert!(built[1].events[1].props.is_empty() && built[0].events[0].touch);
    }
}
