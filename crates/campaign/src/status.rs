//! The states a campaign goes through, and the one function that moves it.
//!
//! ```text
//!          Edit ┌────┐                        ┌─── Reject ──▶ Rejected ── Edit ──▶ Draft
//!               ▼    │                        │                   └──── Submit ──▶ InReview
//!  (new) ──▶  Draft ─┴─ Submit ──▶ InReview ──┤
//!               ▲                     │       └─── Approve ─▶ Approved ◀─ Unschedule ─┐
//!               └──── Withdraw, Edit ─┴───────────────────────┤ │ └─── Schedule ──▶ Scheduled
//!                     (from any of them; voids the approval)  │ Publish                │
//!                                                             │ ▼                      │
//!              Failed ◀── PublishFailed ── Publishing ◀───────┴─┴───── Publish ────────┘
//!                │ └──────── Publish ──────────▲ │
//!                │                               │ Published
//!                │                               ▼
//!                │             ┌──────────────  Live ◀──── Resume, PauseFailed ────┐
//!                │             │                 └──────── Pause, ResumeFailed ─▶ Paused
//!                │             ├── RolledBack ─▶ RolledBack ── Edit ─▶ Draft        │
//!                └─────────────┴── End ───────▶ Ended ◀──────────── End ────────────┘
//! ```
//!
//! While a campaign is `Live` or `Paused`, editing, submitting, approving, publishing and rolling back leave it as it
//! is: what was approved goes on running, and the edited document is a pending *change* with an approval of its own.
//! `RolledBack` is where a campaign goes that is taken back with nothing before it; one that goes back to an earlier
//! document stays `Live` or `Paused`.
//!
//! [`next`] knows the states alone. [`Standing`] adds which document is approved and which is live; whoever changes a
//! stored campaign asks it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Where a campaign stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Being written.
    Draft,
    /// Waiting for somebody's decision.
    InReview,
    /// May be published as it is.
    Approved,
    /// Will be published at a time.
    Scheduled,
    /// On its way to the providers for the first time.
    Publishing,
    /// Running.
    Live,
    /// Published and resting.
    Paused,
    /// Over for good.
    Ended,
    /// Refused by an approver.
    Rejected,
    /// Publishing it did not work out; nothing of it runs.
    Failed,
    /// Taken back; nothing of it runs.
    RolledBack,
}

/// What happens to a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Its document is replaced.
    Edit,
    /// Its document is put before the approvers.
    Submit,
    /// The request, or an approval that was not used, is taken back.
    Withdraw,
    /// An approver agrees.
    Approve,
    /// An approver refuses.
    Reject,
    /// Publishing is set for a time.
    Schedule,
    /// It no longer is.
    Unschedule,
    /// Publishing begins.
    Publish,
    /// Every provider has it.
    Published,
    /// Some provider did not take it.
    PublishFailed,
    /// It is to rest.
    Pause,
    /// Some provider did not pause it: it still runs.
    PauseFailed,
    /// It is to run again.
    Resume,
    /// It could not be set running: it still rests.
    ResumeFailed,
    /// It is to be over.
    End,
    /// What was live before is to be restored.
    Rollback,
    /// It is taken back, and there was nothing before.
    RolledBack,
}

/// A move that is not allowed, in words for a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not from this state.
    #[error("a campaign that {} cannot be {}{}", .status.describe(), .event.describe(), hint(*.status))]
    State {
        /// Where it stands.
        status: Status,
        /// What was wanted.
        event: Event,
    },
    /// The document is not the one that was approved.
    #[error("what is approved is not this document: submit it and have it approved first")]
    NotApproved,
    /// The document was edited since the request.
    #[error("the document has changed since the approval was requested; look at the new request")]
    OtherDocument,
    /// There is nothing to decide.
    #[error("no approval of this campaign is waiting for a decision")]
    NothingPending,
    /// Somebody is to decide already.
    #[error("this document is waiting for a decision already")]
    AlreadyPending,
    /// The document may be published already.
    #[error("this document is approved already; publish it")]
    AlreadyApproved,
    /// The document is what is live.
    #[error("this document is live already; there is no change to carry out")]
    NoChange,
    /// The providers are still being asked for what was published last.
    #[error("the last publication is still under way; wait until it is done")]
    UnderWay,
    /// An end was reported of what never began.
    #[error("no publication is under way")]
    NothingUnderWay,
    /// Nothing was requested or approved that could be taken back.
    #[error("there is no request or unused approval to withdraw")]
    NothingToWithdraw,
}

fn hint(status: Status) -> &'static str {
    match status {
        Status::Publishing => "; wait until it is done",
        Status::Ended => "; make a new campaign of it",
        Status::Draft | Status::Rejected | Status::RolledBack => "; submit it for approval",
        _ => "",
    }
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 11] = [
        Self::Draft,
        Self::InReview,
        Self::Approved,
        Self::Scheduled,
        Self::Publishing,
        Self::Live,
        Self::Paused,
        Self::Ended,
        Self::Rejected,
        Self::Failed,
        Self::RolledBack,
    ];

    /// The name it is stored and sent by.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::InReview => "in_review",
            Self::Approved => "approved",
            Self::Scheduled => "scheduled",
            Self::Publishing => "publishing",
            Self::Live => "live",
            Self::Paused => "paused",
            Self::Ended => "ended",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
            Self::RolledBack => "rolled_back",
        }
    }

    /// To finish "a campaign that …".
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Draft => "is a draft",
            Self::InReview => "is in review",
            Self::Approved => "is approved",
            Self::Scheduled => "is scheduled",
            Self::Publishing => "is being published",
            Self::Live => "is live",
            Self::Paused => "is paused",
            Self::Ended => "has ended",
            Self::Rejected => "was rejected",
            Self::Failed => "could not be published",
            Self::RolledBack => "was rolled back",
        }
    }

    /// Whether something of it is published and was not taken down.
    #[must_use]
    pub const fn is_out(self) -> bool {
        matches!(self, Self::Live | Self::Paused)
    }

    /// Whether it may be spending at this moment.
    #[must_use]
    pub const fn may_spend(self) -> bool {
        matches!(self, Self::Live | Self::Publishing)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A stored or sent status has a name no status has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is no status of a campaign")]
pub struct UnknownStatus {
    /// The name.
    pub found: String,
}

impl FromStr for Status {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| UnknownStatus { found: text.to_owned() })
    }
}

impl Event {
    /// Every event.
    pub const ALL: [Self; 17] = [
        Self::Edit,
        Self::Submit,
        Self::Withdraw,
        Self::Approve,
        Self::Reject,
        Self::Schedule,
        Self::Unschedule,
        Self::Publish,
        Self::Published,
        Self::PublishFailed,
        Self::Pause,
        Self::PauseFailed,
        Self::Resume,
        Self::ResumeFailed,
        Self::End,
        Self::Rollback,
        Self::RolledBack,
    ];

    /// What people and agents can ask for; the others are reported by what carries them out.
    pub const ASKED: [Self; 12] = [
        Self::Edit,
        Self::Submit,
        Self::Withdraw,
        Self::Approve,
        Self::Reject,
        Self::Schedule,
        Self::Unschedule,
        Self::Publish,
        Self::Pause,
        Self::Resume,
        Self::End,
        Self::Rollback,
    ];

    /// The name it is sent by.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Edit => "edit",
            Self::Submit => "submit",
            Self::Withdraw => "withdraw",
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::Schedule => "schedule",
            Self::Unschedule => "unschedule",
            Self::Publish => "publish",
            Self::Published => "published",
            Self::PublishFailed => "publish_failed",
            Self::Pause => "pause",
            Self::PauseFailed => "pause_failed",
            Self::Resume => "resume",
            Self::ResumeFailed => "resume_failed",
            Self::End => "end",
            Self::Rollback => "rollback",
            Self::RolledBack => "rolled_back",
        }
    }

    /// To finish "cannot be …".
    const fn describe(self) -> &'static str {
        match self {
            Self::Edit => "edited",
            Self::Submit => "submitted",
            Self::Withdraw => "withdrawn",
            Self::Approve => "approved",
            Self::Reject => "rejected",
            Self::Schedule => "scheduled",
            Self::Unschedule => "taken off the calendar",
            Self::Publish => "published",
            Self::Published => "reported as published",
            Self::PublishFailed => "reported as failed",
            Self::Pause => "paused",
            Self::PauseFailed => "reported as not paused",
            Self::Resume => "resumed",
            Self::ResumeFailed => "reported as not resumed",
            Self::End => "ended",
            Self::Rollback => "rolled back",
            Self::RolledBack => "reported as rolled back",
        }
    }
}

/// Where a campaign goes from `status` on `event`; the module's diagram as a table.
///
/// # Errors
/// [`Refused::State`] when there is no such way.
pub fn next(status: Status, event: Event) -> Result<Status, Refused> {
    use Event as E;
    use Status as S;
    let to = match (status, event) {
        // Whatever is asked of a campaign that is out changes what is wanted, not what runs, until it is carried out.
        (
            S::Live | S::Paused,
            E::Edit
            | E::Submit
            | E::Withdraw
            | E::Approve
            | E::Reject
            | E::Publish
            | E::Published
            | E::PublishFailed
            | E::Rollback,
        ) => status,
        (S::Live, E::Pause) | (S::Paused, E::Pause | E::ResumeFailed) | (S::Live, E::ResumeFailed) => S::Paused,
        (S::Paused, E::Resume | E::PauseFailed) => S::Live,
        (S::Live | S::Paused | S::Failed, E::RolledBack) => S::RolledBack,
        (S::Failed, E::Rollback) => S::Failed,
        // Ending again repeats what did not reach a provider the first time.
        (S::Live | S::Paused | S::Failed | S::Ended, E::End) => S::Ended,

        (S::Draft | S::InReview | S::Approved | S::Scheduled | S::Rejected | S::Failed | S::RolledBack, E::Edit)
        | (S::InReview | S::Approved | S::Scheduled, E::Withdraw) => S::Draft,
        (S::Draft | S::Rejected | S::RolledBack, E::Submit) => S::InReview,
        (S::InReview, E::Approve) | (S::Scheduled, E::Unschedule) => S::Approved,
        (S::InReview, E::Reject) => S::Rejected,
        (S::Approved, E::Schedule) => S::Scheduled,
        (S::Approved | S::Scheduled | S::Failed, E::Publish) => S::Publishing,
        (S::Publishing, E::Published) => S::Live,
        (S::Publishing, E::PublishFailed) => S::Failed,
        _ => return Err(Refused::State { status, event }),
    };
    Ok(to)
}

/// All that decides what may happen to a campaign: its status and the hashes of its documents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Where it stands.
    pub status: Status,
    /// Hash of the document that is wanted.
    pub document: String,
    /// Hash of the document somebody is to decide on.
    pub pending: Option<String>,
    /// Hash of the document that may be published and was not yet.
    pub approved: Option<String>,
    /// Hash of the document that is on its way to the providers.
    pub under_way: Option<String>,
    /// Hash of the document that is out.
    pub live: Option<String>,
    /// Hash of the document a rollback would restore; see [`restorable`].
    pub restore: Option<String>,
}

impl Standing {
    /// A new campaign.
    #[must_use]
    pub fn new(document: String) -> Self {
        Self {
            status: Status::Draft,
            document,
            pending: None,
            approved: None,
            under_way: None,
            live: None,
            restore: None,
        }
    }

    /// Whether the wanted document differs from the live one of a campaign that is out.
    #[must_use]
    pub fn has_change(&self) -> bool {
        self.status.is_out() && self.live.as_ref() != Some(&self.document)
    }

    /// How it stands once its document is replaced by the one of hash `document`: request and approval are void.
    ///
    /// # Errors
    /// [`Refused::State`].
    pub fn edited(&self, document: String) -> Result<Self, Refused> {
        let status = next(self.status, Event::Edit)?;
        Ok(Self { status, document, pending: None, approved: None, ..self.clone() })
    }

    /// How it stands after `event`. [`Event::Edit`] needs the new document: see [`Standing::edited`].
    ///
    /// # Errors
    /// [`Refused`] when the status or the documents do not allow it.
    pub fn after(&self, event: Event) -> Result<Self, Refused> {
        use Event as E;
        let mut then = self.clone();
        then.status = next(self.status, event)?;
        let is_approved = self.approved.as_ref() == Some(&self.document);
        match event {
            E::Edit => return self.edited(self.document.clone()),
            E::Submit => {
                if self.pending.is_some() {
                    return Err(Refused::AlreadyPending);
                }
                if self.status.is_out() && !self.has_change() {
                    return Err(Refused::NoChange);
                }
                if is_approved {
                    return Err(Refused::AlreadyApproved);
                }
                then.pending = Some(self.document.clone());
                then.approved = None;
            }
            E::Withdraw => {
                if self.pending.is_none() && self.approved.is_none() {
                    return Err(Refused::NothingToWithdraw);
                }
                then.pending = None;
                then.approved = None;
            }
            E::Approve | E::Reject => {
                match &self.pending {
                    None => return Err(Refused::NothingPending),
                    Some(pending) if *pending != self.document => return Err(Refused::OtherDocument),
                    Some(_) => {}
                }
                then.approved = (event == E::Approve).then(|| self.document.clone());
                then.pending = None;
            }
            E::Schedule | E::Publish => {
                if self.under_way.is_some() {
                    return Err(Refused::UnderWay);
                }
                if self.status.is_out() && !self.has_change() {
                    return Err(Refused::NoChange);
                }
                if !is_approved {
                    return Err(Refused::NotApproved);
                }
                if event == E::Publish {
                    then.under_way = Some(self.document.clone());
                }
            }
            E::Published => {
                let published = then.under_way.take().ok_or(Refused::NothingUnderWay)?;
                if then.approved.as_ref() == Some(&published) {
                    then.approved = None;
                }
                then.restore = then.live.replace(published);
            }
            E::PublishFailed => {
                then.under_way.take().ok_or(Refused::NothingUnderWay)?;
                // A change that stopped half way: what to go back to is what was live all along.
                then.restore.clone_from(&then.live);
            }
            E::Rollback => {
                if self.under_way.is_some() {
                    return Err(Refused::UnderWay);
                }
                then.pending = None;
                then.approved = None;
                if let Some(earlier) = &self.restore {
                    then.document.clone_from(earlier);
                    then.under_way = Some(earlier.clone());
                }
            }
            E::RolledBack => {
                then = Self { status: then.status, ..Self::new(then.document) };
            }
            E::End => {
                then.pending = None;
                then.approved = None;
            }
            E::Unschedule | E::Pause | E::PauseFailed | E::Resume | E::ResumeFailed => {}
        }
        Ok(then)
    }

    /// What can be asked for now, by anybody at all.
    #[must_use]
    pub fn open_events(&self) -> Vec<Event> {
        Event::ASKED.into_iter().filter(|event| self.after(*event).is_ok() && !self.is_idle(*event)).collect()
    }

    /// Moves that are allowed and would do nothing; nobody is offered them.
    fn is_idle(&self, event: Event) -> bool {
        matches!((self.status, event), (Status::Paused, Event::Pause) | (Status::Ended, Event::End))
    }
}

/// A publication that is over, as far as a rollback asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// What was published; empty for a rollback to nothing.
    pub snapshot_id: String,
    /// Whether it was a rollback.
    pub rollback: bool,
    /// Whether it was carried out.
    pub done: bool,
}

/// The snapshot a rollback restores, `None` for nothing: what was live before the live one; after a publication that
/// failed half way, the live one itself. `history` holds publications, changes and rollbacks, oldest first.
///
/// A rollback forgets what it took back, so that a second one goes further back instead of forth again.
#[must_use]
pub fn restorable(history: &[Past]) -> Option<&str> {
    let mut live: Vec<&str> = Vec::new();
    for past in history.iter().filter(|past| past.done) {
        match past.snapshot_id.as_str() {
            "" => live.clear(),
            id if past.rollback => {
                let keep = live.iter().rposition(|other| *other == id).map_or(0, |at| at + 1);
                live.truncate(keep);
            }
            id => live.push(id),
        }
    }
    if history.last().is_some_and(|past| !past.done) {
        return live.pop();
    }
    live.pop();
    live.pop()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_read_back() {
        for status in Status::ALL {
            assert_eq!(status.as_str().parse(), Ok(status));
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
        }
        for event in Event::ALL {
            assert_eq!(serde_json::to_value(event).unwrap(), event.as_str());
        }
        assert!("paused ".parse::<Status>().is_err());
    }

    #[test]
    fn the_table_of_moves() {
        // Columns in the order of `Status::ALL`; a dot is a refusal.
        let short = |status: Status| match status {
            Status::Draft => 'd',
            Status::InReview => 'r',
            Status::Approved => 'a',
            Status::Scheduled => 's',
            Status::Publishing => 'p',
            Status::Live => 'L',
            Status::Paused => 'P',
            Status::Ended => 'E',
            Status::Rejected => 'x',
            Status::Failed => 'F',
            Status::RolledBack => 'B',
        };
        let table: Vec<String> = Event::ALL
            .into_iter()
            .map(|event| {
                let to: String = Status::ALL.into_iter().map(|status| next(status, event).map_or('.', short)).collect();
                format!("{to} {}", event.as_str())
            })
            .collect();
        assert_eq!(
            table,
            [
                "dddd.LP.ddd edit",
                "r....LP.r.r submit",
                ".ddd.LP.... withdraw",
                ".a...LP.... approve",
                ".x...LP.... reject",
                "..s........ schedule",
                "...a....... unschedule",
                "..pp.LP..p. publish",
                "....LLP.... published",
                "....FLP.... publish_failed",
                ".....PP.... pause",
                "......L.... pause_failed",
                "......L.... resume",
                ".....PP.... resume_failed",
                ".....EEE.E. end",
                ".....LP..F. rollback",
                ".....BB..B. rolled_back",
            ]
        );
    }

    #[test]
    fn a_refusal_says_what_to_do() {
        let refused = next(Status::Draft, Event::Publish).unwrap_err();
        assert_eq!(refused.to_string(), "a campaign that is a draft cannot be published; submit it for approval");
        let refused = next(Status::Ended, Event::Edit).unwrap_err();
        assert_eq!(refused.to_string(), "a campaign that has ended cannot be edited; make a new campaign of it");
    }

    #[test]
    fn the_way_from_draft_to_live_and_a_change_of_what_is_live() {
        let mut standing = Standing::new("1".into());
        for event in [Event::Submit, Event::Approve, Event::Publish, Event::Published] {
            standing = standing.after(event).unwrap();
        }
        assert_eq!((standing.status, standing.live.as_deref()), (Status::Live, Some("1")));
        assert_eq!(standing.after(Event::Submit), Err(Refused::NoChange));
        assert_eq!(standing.after(Event::Publish), Err(Refused::NoChange));

        let changed = standing.edited("2".into()).unwrap();
        assert!(changed.has_change());
        assert_eq!(changed.after(Event::Publish), Err(Refused::NotApproved));
        let pending = changed.after(Event::Submit).unwrap();
        assert_eq!((pending.status, pending.live.as_deref()), (Status::Live, Some("1")));
        let approved = pending.after(Event::Approve).unwrap().after(Event::Publish).unwrap();
        assert_eq!(approved.live.as_deref(), Some("1"));
        let done = approved.after(Event::Published).unwrap();
        assert_eq!((done.status, done.live.as_deref(), done.has_change()), (Status::Live, Some("2"), false));
    }

    #[test]
    fn what_may_be_asked_for_is_offered() {
        let names =
            |standing: &Standing| -> Vec<&str> { standing.open_events().into_iter().map(Event::as_str).collect() };
        let draft = Standing::new("1".into());
        assert_eq!(names(&draft), ["edit", "submit"]);
        let review = draft.after(Event::Submit).unwrap();
        assert_eq!(names(&review), ["edit", "withdraw", "approve", "reject"]);
        let approved = review.after(Event::Approve).unwrap();
        assert_eq!(names(&approved), ["edit", "withdraw", "schedule", "publish"]);
        let live = approved.after(Event::Publish).unwrap().after(Event::Published).unwrap();
        assert_eq!(names(&live), ["edit", "pause", "end", "rollback"]);
        assert_eq!(names(&live.after(Event::End).unwrap()), [""; 0]);
    }

    #[test]
    fn a_rollback_goes_back_one_step_and_never_forth() {
        let past =
            |snapshot_id: &str, rollback: bool, done: bool| Past { snapshot_id: snapshot_id.into(), rollback, done };
        let publish = |id| past(id, false, true);
        let cases: [(&[Past], Option<&str>); 8] = [
            (&[], None),
            (&[publish("a")], None),
            (&[past("a", false, false)], None),
            (&[publish("a"), publish("b")], Some("a")),
            (&[publish("a"), past("b", false, false)], Some("a")),
            (&[publish("a"), publish("b"), past("a", true, true)], None),
            (&[publish("a"), publish("b"), publish("c"), past("b", true, true)], Some("a")),
            (&[publish("a"), past("", true, true), publish("b")], None),
        ];
        for (history, expected) in cases {
            assert_eq!(restorable(history), expected, "{history:?}");
        }
    }

    #[derive(Clone, Debug)]
    enum Step {
        Edit(u8),
        Other(Event),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let event = prop::sample::select(Event::ALL.to_vec());
        // Weighted towards the way forward, so that long runs reach every state.
        let forward = prop::sample::select(vec![
            Event::Submit,
            Event::Approve,
            Event::Publish,
            Event::Published,
            Event::Rollback,
            Event::RolledBack,
        ]);
        let step = prop_oneof![
            2 => (0..4_u8).prop_map(Step::Edit),
            5 => forward.prop_map(Step::Other),
            3 => event.prop_map(Step::Other),
        ];
        prop::collection::vec(step, 0..60)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn nothing_is_live_that_was_not_approved_after_its_last_edit(steps in steps()) {
            let mut standing = Standing::new("0".into());
            // What an observer notes down: the document people approved since the last edit, and all that were live.
            let mut approved_now: Option<String> = None;
            let mut were_live: Vec<String> = Vec::new();
            for step in steps {
                let before = standing.clone();
                let moved = match &step {
                    Step::Edit(n) => standing.edited(n.to_string()),
                    Step::Other(Event::Edit) => continue,
                    Step::Other(event) => standing.after(*event),
                };
                let Ok(after) = moved else { continue };
                standing = after;
                match step {
                    Step::Edit(_) => {
                        approved_now = None;
                        prop_assert_eq!(&standing.pending, &None);
                        prop_assert_eq!(&standing.approved, &None);
                        // What is out goes on as it is.
                        prop_assert_eq!(&standing.live, &before.live);
                        prop_assert_eq!(standing.status.is_out(), before.status.is_out());
                    }
                    Step::Other(Event::Approve) => approved_now = Some(before.document.clone()),
                    Step::Other(Event::Submit | Event::Withdraw | Event::Reject | Event::End | Event::RolledBack) => {
                        approved_now = None;
                    }
                    // The moment from which providers are asked for it.
                    Step::Other(Event::Publish) => prop_assert_eq!(&standing.under_way, &approved_now),
                    Step::Other(Event::Rollback) => {
                        if let Some(restored) = &standing.under_way {
                            prop_assert!(were_live.contains(restored));
                        }
                    }
                    Step::Other(_) => {}
                }
                if let Some(live) = &standing.live {
                    prop_assert!(before.live.as_ref() == Some(live) || before.under_way.as_ref() == Some(live));
                    were_live.push(live.clone());
                }
                if standing.status.is_out() {
                    prop_assert!(standing.live.is_some());
                }
                if before.status == Status::Ended {
                    prop_assert_eq!(standing.status, Status::Ended);
                }
            }
        }

        #[test]
        fn a_move_that_is_offered_is_accepted(steps in steps()) {
            let mut standing = Standing::new("0".into());
            for step in steps {
                for event in standing.open_events() {
                    prop_assert!(standing.after(event).is_ok());
                }
                let moved = match step {
                    Step::Edit(n) => standing.edited(n.to_string()),
                    Step::Other(event) => standing.after(event),
                };
                if let Ok(after) = moved {
                    standing = after;
                }
            }
        }
    }
}
