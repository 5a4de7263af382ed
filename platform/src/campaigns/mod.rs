//! Campaigns in D1: their rows, and every change of them as one commit with its audit entry.
//!
//! Here because several scripts do the same to a campaign: the API when a person or an agent asks, the cron Worker when
//! an entry of the calendar is due, the connectors when a publication is over. What is allowed is decided by the crate
//! `campaign`; this module gathers what it decides on and writes what it decided. Each change rests on the version that
//! was read: whoever comes second is told so ([`Error::Stale`]).

pub mod approvals;
pub mod calendar;
pub mod limits;
mod moves;
pub mod publications;
mod rows;

use campaign::approval::{State, Undecidable};
use campaign::snapshot::Unreadable;
use campaign::status::Past;
use campaign::{Document, Finding, Standing, Status, diff, guard, snapshot, status};

use crate::database::{Param, TenantDb};
use crate::error::{Error, Result};
use approvals::ApprovalRow;
use publications::PublicationRow;

pub use moves::{
    Acted, By, Outcome, Verdict, act_for_agent, create, decide, delete, edit, end, finish, pause, publish,
    request_change, resume, rollback, schedule, submit, unschedule, wake, withdraw,
};
pub use rows::{
    CampaignRow, SnapshotRow, find_row, flags, known_ids, list, live_ids, over_ids, set_flags, snapshot_of,
};

/// Why a campaign was not changed.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Its status or its documents do not allow it.
    #[error(transparent)]
    State(#[from] status::Refused),
    /// Limits on spending.
    #[error(transparent)]
    Guard(#[from] guard::Refusal),
    /// The decision does not count.
    #[error(transparent)]
    Decision(#[from] Undecidable),
    /// Something else that is so at the moment, in words.
    #[error("{0}")]
    Conflict(String),
    /// What a check found that forbids it.
    #[error("the campaign's document is not complete")]
    Findings(Vec<Finding>),
    /// The platform's own failure.
    #[error(transparent)]
    Platform(#[from] Error),
}

impl From<Unreadable> for Refusal {
    fn from(error: Unreadable) -> Self {
        Self::Platform(unreadable(error))
    }
}

fn unreadable(error: impl std::fmt::Display) -> Error {
    Error::corrupt("campaign", error)
}

/// A campaign with all that decides what may happen to it.
#[derive(Clone, Debug)]
pub struct Campaign {
    /// Its row.
    pub row: CampaignRow,
    /// Where it stands.
    pub status: Status,
    /// What is wanted.
    pub document: Document,
    /// Hash of what is wanted.
    pub hash: String,
    /// The request or approval of what is wanted.
    pub approval: Option<ApprovalRow>,
    /// What was last live.
    pub live: Option<SnapshotRow>,
    /// Its publications, oldest first.
    pub publications: Vec<PublicationRow>,
}

impl Campaign {
    /// Publications that are not over.
    pub fn open_publications(&self) -> impl Iterator<Item = &PublicationRow> {
        self.publications.iter().filter(|publication| publication.is_open())
    }

    /// The publication a rollback restores: its snapshot's id and hash.
    #[must_use]
    pub fn restorable(&self) -> Option<(&str, &str)> {
        let over = self.publications.iter().filter(|one| one.moves_document() && !one.is_open());
        let history: Vec<Past> = over
            .map(|one| Past {
                snapshot_id: one.snapshot_id.clone(),
                rollback: one.action == publications::ROLLBACK,
                done: one.status == publications::DONE,
            })
            .collect();
        let id = status::restorable(&history)?;
        self.publications.iter().find(|one| one.snapshot_id == id).map(|one| (&*one.snapshot_id, &*one.snapshot_hash))
    }

    /// What the rules decide on.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let approval = |state: State| {
            self.approval.as_ref().filter(|row| row.status == state.as_str()).map(|row| row.snapshot_hash.clone())
        };
        let live = self.live.as_ref().filter(|_| !self.row.live_snapshot_id.is_empty()).map(|live| live.hash.clone());
        // An approval that was used up says nothing about what may be published next.
        let approved = approval(State::Approved).filter(|hash| !(self.status.is_out() && live.as_ref() == Some(hash)));
        Standing {
            status: self.status,
            document: self.hash.clone(),
            pending: approval(State::Pending),
            approved,
            under_way: self
                .open_publications()
                .find(|one| one.moves_document() && !one.snapshot_hash.is_empty())
                .map(|one| one.snapshot_hash.clone()),
            live,
            restore: self.restorable().map(|(_, hash)| hash.to_owned()),
        }
    }

    /// The document that is live.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when the snapshot is unreadable.
    pub fn live_document(&self) -> Result<Option<Document>> {
        self.live.as_ref().map(|live| snapshot::parse(&live.document).map_err(unreadable)).transpose()
    }

    /// What would become different if what is wanted were published.
    ///
    /// # Errors
    /// As [`Campaign::live_document`].
    pub fn diff(&self) -> Result<diff::Diff> {
        let live = if self.status.is_out() { self.live_document()? } else { None };
        Ok(diff::between(live.as_ref(), &self.document))
    }
}

/// Reads a campaign whole.
///
/// # Errors
/// As [`TenantDb::rows`]; [`Error::Corrupt`] when a row is not what this version writes.
pub async fn load(database: &TenantDb, id: &str) -> Result<Option<Campaign>> {
    let Some(row) = rows::find_row(database, id).await? else { return Ok(None) };
    Ok(load_all(database, vec![row]).await?.pop())
}

/// Reads campaigns whole, in the order of their rows, with as many queries as for one.
///
/// # Errors
/// As [`load`].
pub async fn load_all(database: &TenantDb, campaigns: Vec<CampaignRow>) -> Result<Vec<Campaign>> {
    let (mut documents, approvals, live, publications) = futures::future::try_join4(
        rows::documents(database, &campaigns),
        approvals::of_ids(database, campaigns.iter().map(|row| &*row.approval_id)),
        rows::snapshots_of(database, campaigns.iter().map(|row| &*row.live_snapshot_id)),
        publications::of_campaigns(database, campaigns.iter().map(|row| &*row.id)),
    )
    .await?;
    let mut all = Vec::with_capacity(campaigns.len());
    for row in campaigns {
        let document = documents.remove(&row.id).ok_or_else(|| rows::missing("the document"))?;
        all.push(Campaign {
            hash: snapshot::hash(&document).map_err(unreadable)?,
            status: row.status.parse().map_err(unreadable)?,
            document,
            approval: approvals.iter().find(|approval| approval.id == row.approval_id).cloned(),
            live: live.iter().find(|snapshot| snapshot.id == row.live_snapshot_id).cloned(),
            publications: publications.iter().filter(|one| one.campaign_id == row.id).cloned().collect(),
            row,
        });
    }
    Ok(all)
}

/// A list of ids as one bound value, for `IN (SELECT value FROM json_each(?n))`.
fn id_list<'a>(ids: impl Iterator<Item = &'a str>) -> Param {
    Param::Text(serde_json::json!(ids.filter(|id| !id.is_empty()).collect::<Vec<_>>()).to_string())
}
