//! The calendar.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// What happens at an entry's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// Publishes an approved campaign.
    Launch,
    /// Lets a campaign rest.
    Pause,
    /// Ends a campaign.
    End,
    /// Tells people something.
    Note,
}

impl From<EntryKind> for campaign::calendar::Kind {
    fn from(kind: EntryKind) -> Self {
        match kind {
            EntryKind::Launch => Self::Launch,
            EntryKind::Pause => Self::Pause,
            EntryKind::End => Self::End,
            EntryKind::Note => Self::Note,
        }
    }
}

/// Which stretch of which site's calendar.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CalendarQuery {
    /// The tenant's first site when absent.
    pub site: Option<String>,
    /// First day in the site's zone, `YYYY-MM-DD`; 29 days before `to` when absent.
    pub from: Option<String>,
    /// Last day; today when absent.
    pub to: Option<String>,
}

/// A new entry.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EntryForm {
    /// What happens then.
    pub kind: EntryKind,
    /// For people, 1 to 120 characters.
    pub title: String,
    /// UTC ms.
    pub at: i64,
    /// The campaign it is about; needed for everything but a note.
    #[serde(default)]
    pub campaign_id: Option<String>,
}

/// What an entry is to become.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EntryChange {
    /// UTC ms; as it is when left out.
    #[serde(default)]
    pub at: Option<i64>,
    /// For people; as it is when left out.
    #[serde(default)]
    pub title: Option<String>,
}

/// An entry.
#[derive(Debug, Serialize, ToSchema)]
pub struct CalendarEntry {
    /// Stable id.
    pub id: String,
    /// Site key.
    pub site: String,
    /// The campaign it is about; empty for none.
    pub campaign_id: String,
    /// The campaign's name; empty for none.
    pub campaign_name: String,
    /// The campaign's status; empty for none.
    pub campaign_status: String,
    /// launch, pause, end or note.
    pub kind: String,
    /// For people.
    pub title: String,
    /// UTC ms.
    pub at: i64,
    /// planned, done, failed or cancelled.
    pub status: String,
    /// Why it failed, in words.
    pub detail: String,
    /// Who made it.
    pub created_by: String,
    /// UTC ms.
    pub created_at: i64,
}

/// A campaign's time on the calendar.
#[derive(Debug, Serialize, ToSchema)]
pub struct Flight {
    /// The campaign.
    pub campaign_id: String,
    /// Its name.
    pub name: String,
    /// Its status.
    pub status: String,
    /// UTC ms; null for as soon as it is published.
    pub start_at: Option<i64>,
    /// UTC ms; null for until it is ended.
    pub end_at: Option<i64>,
}

/// A stretch of the calendar.
#[derive(Debug, Serialize, ToSchema)]
pub struct Calendar {
    /// First day.
    pub from: String,
    /// Last day.
    pub to: String,
    /// IANA zone of the days.
    pub time_zone: String,
    /// Entries in order.
    pub entries: Vec<CalendarEntry>,
    /// Campaigns whose planned time touches these days; drafts and ended ones among them.
    pub flights: Vec<Flight>,
}
