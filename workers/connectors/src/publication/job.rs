//! What a publication amounts to at the providers: phases, one a channel and state, in order. Pure.
//!
//! A first publication is staged on every channel before anything is set running on any: most of what goes wrong goes
//! wrong while creating, and then nothing has cost anything. Should a channel fail nevertheless, what other channels had
//! set running is paused again: a campaign is out on all of its channels or on none.
//!
//! Where that did not work, or a channel failed and may have left something running, [`Job::may_run`] says so, and the
//! campaign is paused by a publication of its own. One that only pauses or ends does not give up on a channel that
//! fails: it comes back to it for a day, whatever the reason, for as long as money may flow there. The provider may be up
//! again, a person may have connected the account again.

use campaign::Document;
use connector::publish::{FailureKind, Target, again_at};
use platform::campaigns::publications::{CHANGE, END, PAUSE, PUBLISH, PublicationRow, RESUME, ROLLBACK};
use serde::{Deserialize, Serialize};

/// How long a phase waits for a token that cannot be renewed for the moment, ms: as long as the machine waits for a
/// provider that answers nothing useful.
const TOKEN_PATIENCE_MS: i64 = 3_600_000;

/// What a phase brings about on its channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Aim {
    /// Everything there, nothing running.
    Staged,
    /// Running.
    Live,
    /// Resting.
    Paused,
    /// Over.
    Ended,
}

/// How a phase stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(super) enum Standing {
    Open,
    Done,
    Failed {
        kind: FailureKind,
        reason: String,
        /// Whether nothing runs that this phase had set running.
        paused: bool,
    },
    /// Not begun, because another failed.
    Dropped,
}

/// What follows from a phase's failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    /// It is tried again; `first` where it had not failed before.
    Again { first: bool },
    /// It is over.
    Over,
}

/// What to work on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// This phase.
    Phase(usize),
    /// Nothing before then, UTC ms.
    Wait(i64),
    /// Nothing any more.
    Nothing,
}

/// One channel brought to one state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Phase {
    pub(super) channel_id: String,
    pub(super) aim: Aim,
    pub(super) standing: Standing,
    /// Objects that are as wanted, and objects wanted.
    pub(super) step: (usize, usize),
    /// What is going on, for people.
    pub(super) text: String,
    /// Not to be worked on before, UTC ms.
    #[serde(default)]
    pub(super) not_before_ms: i64,
    /// Times it failed and was to be tried again.
    #[serde(default)]
    pub(super) failures: u32,
    /// When it first did, UTC ms.
    #[serde(default)]
    pub(super) failing_since_ms: i64,
    /// Since when it has had no token that can be used, UTC ms.
    #[serde(default)]
    pub(super) tokenless_since_ms: Option<i64>,
}

/// A publication under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Job {
    pub(super) publication_id: String,
    pub(super) action: String,
    pub(super) phases: Vec<Phase>,
}

impl Job {
    /// The phases of a publication. `touched` are the channels where something of the campaign is.
    pub(super) fn new(publication: &PublicationRow, document: Option<&Document>, touched: &[String]) -> Self {
        let wanted: Vec<&str> = document.map(Document::channel_ids).unwrap_or_default();
        let left: Vec<&str> = touched.iter().map(String::as_str).filter(|id| !wanted.contains(id)).collect();
        let all = || touched.iter().map(String::as_str).collect::<Vec<_>>();
        let phases = match publication.action.as_str() {
            PUBLISH => [phases(&wanted, Aim::Staged), phases(&left, Aim::Paused), phases(&wanted, Aim::Live)].concat(),
            // What is taken off a channel rests there before anything more runs elsewhere.
            CHANGE | ROLLBACK | RESUME => [phases(&left, Aim::Paused), phases(&wanted, Aim::Live)].concat(),
            END => phases(&all(), Aim::Ended),
            PAUSE => phases(&all(), Aim::Paused),
            _ => Vec::new(),
        };
        Self { publication_id: publication.id.clone(), action: publication.action.clone(), phases }
    }

    /// Whether all it does is to pause or to end.
    pub(super) fn only_rests(&self) -> bool {
        matches!(self.action.as_str(), PAUSE | END)
    }

    /// What to work on: the phases in order, one after another. Where all of them pause or end, one that waits does not
    /// keep the others waiting.
    pub(super) fn next(&self, now_ms: i64) -> Next {
        let mut open = self.phases.iter().enumerate().filter(|(_, phase)| phase.standing == Standing::Open);
        let first_wait = |phase: &Phase| Next::Wait(phase.not_before_ms);
        if !self.only_rests() {
            return match open.next() {
                Some((place, phase)) if phase.not_before_ms <= now_ms => Next::Phase(place),
                Some((_, phase)) => first_wait(phase),
                None => Next::Nothing,
            };
        }
        let mut soonest: Option<i64> = None;
        for (place, phase) in open {
            if phase.not_before_ms <= now_ms {
                return Next::Phase(place);
            }
            soonest = Some(soonest.map_or(phase.not_before_ms, |at| at.min(phase.not_before_ms)));
        }
        soonest.map_or(Next::Nothing, Next::Wait)
    }

    /// Lets a phase wait.
    pub(super) fn wait(&mut self, place: usize, until_ms: i64) {
        if let Some(phase) = self.phases.get_mut(place) {
            phase.not_before_ms = until_ms;
        }
    }

    /// Notes that a phase has no token for the moment, and says whether it waits for one until `at_ms`. After an hour it
    /// does not, and neither does what pauses or ends: that has failed then, and a failure of it is come back to anyway.
    pub(super) fn waits_for_token(&mut self, place: usize, reason: &str, at_ms: i64, now_ms: i64) -> bool {
        if self.only_rests() {
            return false;
        }
        let Some(phase) = self.phases.get_mut(place) else { return false };
        let since = *phase.tokenless_since_ms.get_or_insert(now_ms);
        let waits = at_ms.saturating_sub(since) <= TOKEN_PATIENCE_MS;
        if waits {
            phase.text = format!("waits for the account's token: {reason}");
        }
        waits
    }

    /// Notes that a phase's token was of use.
    pub(super) fn has_token(&mut self, place: usize) {
        if let Some(phase) = self.phases.get_mut(place) {
            phase.tokenless_since_ms = None;
        }
    }

    /// Notes that a phase failed, and says what follows. What is tried again begins anew.
    pub(super) fn fail(&mut self, place: usize, kind: FailureKind, reason: &str, paused: bool, now_ms: i64) -> Then {
        let patient = self.only_rests();
        let Some(phase) = self.phases.get_mut(place) else { return Then::Over };
        let paused = paused && !matches!(phase.aim, Aim::Paused | Aim::Ended);
        if phase.failures == 0 {
            phase.failing_since_ms = now_ms;
        }
        if patient && let Some(at) = again_at(phase.failures, phase.failing_since_ms, now_ms) {
            phase.not_before_ms = at;
            phase.failures = phase.failures.saturating_add(1);
            phase.text = format!("could not be {} yet and is tried again: {reason}", phase.aim.reached());
            return Then::Again { first: phase.failures == 1 };
        }
        let reason = match phase.failures {
            0 => reason.to_owned(),
            tries => format!(
                "could not be {} in a day and {tries} tries, so something may still be running; stop it at the provider: \
                 {reason}",
                phase.aim.reached()
            ),
        };
        self.close(place, Standing::Failed { kind, reason, paused });
        Then::Over
    }

    /// Gives the phases up that wait to be tried again, for something else that was asked of the campaign. False when
    /// there is more to do than that.
    pub(super) fn yield_to_another(&mut self) -> bool {
        let waits = |phase: &Phase| phase.standing != Standing::Open || phase.failures > 0;
        if !self.only_rests() || !self.phases.iter().all(waits) {
            return false;
        }
        for phase in self.phases.iter_mut().filter(|phase| phase.standing == Standing::Open) {
            let reason = format!("{}; something else was asked for meanwhile", phase.text);
            phase.standing = Standing::Failed { kind: FailureKind::Abandoned, reason, paused: false };
        }
        true
    }

    /// Notes how a phase ended, and what follows from that.
    pub(super) fn close(&mut self, place: usize, standing: Standing) {
        let failed = matches!(standing, Standing::Failed { .. });
        if let Some(phase) = self.phases.get_mut(place) {
            phase.standing = standing;
        }
        // Pausing and ending go on elsewhere: each channel that rests is money saved.
        if !failed
            || self.action != PUBLISH
            || self.phases.iter().any(|phase| phase.aim == Aim::Paused && phase.standing == Standing::Open)
        {
            return;
        }
        // What was to be paused and could not be is not begun with again here: see `may_run`.
        let mut to_pause: Vec<String> = Vec::new();
        let tried: Vec<String> =
            self.phases.iter().filter(|phase| phase.aim == Aim::Paused).map(|phase| phase.channel_id.clone()).collect();
        for phase in &mut self.phases {
            if phase.standing == Standing::Open {
                phase.standing = Standing::Dropped;
            }
            let ran = phase.aim == Aim::Live && phase.standing == Standing::Done;
            if ran && !to_pause.contains(&phase.channel_id) && !tried.contains(&phase.channel_id) {
                to_pause.push(phase.channel_id.clone());
            }
        }
        let ids: Vec<&str> = to_pause.iter().map(String::as_str).collect();
        self.phases.extend(phases(&ids, Aim::Paused));
    }

    /// Whether something may be running, now that it is over, that is not to: a phase failed and could not pause what it
    /// had set running, or a campaign that was to run on all of its channels runs on some.
    pub(super) fn may_run(&self) -> bool {
        let failed = self.phases.iter().any(|phase| matches!(phase.standing, Standing::Failed { .. }));
        let left = self.phases.iter().any(|phase| matches!(phase.standing, Standing::Failed { paused: false, .. }));
        let ran = self.phases.iter().any(|phase| phase.aim == Aim::Live && phase.standing == Standing::Done);
        left || (failed && ran && self.action == RESUME)
    }

    /// Everything that went wrong, in words, each once.
    pub(super) fn failures(&self) -> Vec<(&str, FailureKind, &str)> {
        self.phases
            .iter()
            .filter_map(|phase| match &phase.standing {
                Standing::Failed { kind, reason, .. } => Some((phase.channel_id.as_str(), *kind, reason.as_str())),
                _ => None,
            })
            .collect()
    }
}

fn phases(channels: &[&str], aim: Aim) -> Vec<Phase> {
    channels
        .iter()
        .map(|channel| Phase {
            channel_id: (*channel).to_owned(),
            aim,
            standing: Standing::Open,
            step: (0, 0),
            text: String::new(),
            not_before_ms: 0,
            failures: 0,
            failing_since_ms: 0,
            tokenless_since_ms: None,
        })
        .collect()
}

impl Aim {
    /// To finish "it is …", for people.
    pub(super) const fn reached(self) -> &'static str {
        match self {
            Self::Staged => "created",
            Self::Live => "set running",
            Self::Paused => "paused",
            Self::Ended => "ended",
        }
    }

    /// What the machine is to bring about; `None` when the document has nothing for the channel.
    pub(super) fn target(self, campaign_id: &str, channel_id: &str, document: Option<&Document>) -> Option<Target> {
        let plan = || document.and_then(|document| document.channel_plan(campaign_id, channel_id));
        match self {
            Self::Staged => plan().map(Target::Staged),
            Self::Live => plan().map(Target::Live),
            Self::Paused => Some(Target::Paused),
            Self::Ended => Some(Target::Ended),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn publication(action: &str) -> PublicationRow {
        serde_json::from_value(serde_json::json!({
            "id": "p", "site": "s", "campaign_id": "c", "action": action, "snapshot_id": "x", "snapshot_hash": "h",
            "approval_id": "a", "status": "queued", "progress": "[]", "detail": "", "requested_by": "u",
            "created_at": 0, "finished_at": null
        }))
        .unwrap()
    }

    fn document(channels: &[&str]) -> Document {
        let sets: Vec<_> = channels
            .iter()
            .map(|id| {
                serde_json::json!({ "id": format!("set-{id}"), "name": "Set", "channel_id": id, "channel": "meta",
                    "budget_daily": 100, "ads": [] })
            })
            .collect();
        serde_json::from_value(serde_json::json!({
            "name": "C", "objective": "sales", "currency": "EUR", "budget_total": null, "start_at": null,
            "end_at": null, "landing_url": "https://x.test", "utm_campaign": "c", "ad_sets": sets
        }))
        .unwrap()
    }

    fn failed(reason: &str, paused: bool) -> Standing {
        Standing::Failed { kind: FailureKind::Refused, reason: reason.to_owned(), paused }
    }

    fn told(job: &Job) -> Vec<String> {
        job.phases.iter().map(|phase| format!("{:?} {} {:?}", phase.aim, phase.channel_id, phase.standing)).collect()
    }

    #[test]
    fn a_first_publication_is_staged_everywhere_before_anything_runs() {
        let job = Job::new(&publication(PUBLISH), Some(&document(&["m", "g"])), &[]);
        assert_eq!(told(&job), ["Staged m Open", "Staged g Open", "Live m Open", "Live g Open"]);
    }

    #[test]
    fn a_channel_that_fails_pauses_what_the_others_had_set_running() {
        let mut job = Job::new(&publication(PUBLISH), Some(&document(&["m", "g", "k"])), &[]);
        for place in 0..4 {
            job.close(place, Standing::Done);
        }
        job.close(4, failed("no", true));
        assert_eq!(told(&job)[5..], ["Live k Dropped", "Paused m Open"]);
        assert_eq!(job.next(0), Next::Phase(6));
        assert_eq!(job.failures(), [("g", FailureKind::Refused, "no")]);
    }

    #[test]
    fn a_channel_that_fails_while_staging_leaves_nothing_to_pause() {
        let mut job = Job::new(&publication(PUBLISH), Some(&document(&["m", "g"])), &[]);
        job.close(0, Standing::Done);
        job.close(1, failed("no", true));
        assert_eq!((job.next(0), job.may_run()), (Next::Nothing, false));
    }

    #[test]
    fn a_change_rests_what_it_takes_off_a_channel_first() {
        let job = Job::new(&publication(CHANGE), Some(&document(&["m"])), &["m".to_owned(), "g".to_owned()]);
        assert_eq!(told(&job), ["Paused g Open", "Live m Open"]);
    }

    #[test]
    fn a_pause_goes_on_where_one_channel_fails_and_a_rollback_to_nothing_rests_all() {
        let touched = ["m".to_owned(), "g".to_owned()];
        let mut job = Job::new(&publication(PAUSE), Some(&document(&["m"])), &touched);
        job.close(0, failed("away", false));
        assert_eq!(told(&job)[1], "Paused g Open");
        let job = Job::new(&publication(ROLLBACK), None, &touched);
        assert_eq!(told(&job), ["Paused m Open", "Paused g Open"]);
    }

    #[test]
    fn a_pause_comes_back_to_a_channel_that_fails_for_a_day_and_does_not_keep_others_waiting() {
        let touched = ["m".to_owned(), "g".to_owned()];
        let mut job = Job::new(&publication(PAUSE), Some(&document(&["m", "g"])), &touched);
        let fail = |job: &mut Job, now| job.fail(0, FailureKind::Unreachable, "away", false, now);
        assert_eq!(fail(&mut job, 1_000), Then::Again { first: true });
        assert_eq!(job.next(1_000), Next::Phase(1), "the other channel is paused meanwhile");
        job.close(1, Standing::Done);
        let mut now = 1_000;
        loop {
            match job.next(now) {
                Next::Wait(at) => now = at,
                Next::Phase(0) if fail(&mut job, now) == Then::Over => break,
                Next::Phase(0) => {}
                other => panic!("{other:?}"),
            }
        }
        assert!(now > 86_400_000, "a day");
        assert_eq!(job.next(now), Next::Nothing);
        assert!(job.failures()[0].2.contains("may still be running"), "{:?}", job.failures());
    }

    #[test]
    fn only_what_pauses_or_ends_is_patient() {
        for (action, patient) in [(PAUSE, true), (END, true), (PUBLISH, false), (CHANGE, false), (RESUME, false)] {
            let mut job = Job::new(&publication(action), Some(&document(&["m"])), &["m".to_owned()]);
            let then = job.fail(0, FailureKind::Reauth, "connect again", false, 5);
            assert_eq!(then == Then::Again { first: true }, patient, "{action}");
        }
    }

    #[test]
    fn a_token_that_cannot_be_renewed_for_the_moment_is_waited_for_an_hour() {
        let mut job = Job::new(&publication(PUBLISH), Some(&document(&["m"])), &[]);
        assert!(job.waits_for_token(0, "limited", 6_000, 1_000));
        assert!(job.phases[0].text.contains("limited"));
        assert!(job.waits_for_token(0, "limited", 1_000 + TOKEN_PATIENCE_MS, 900_000));
        assert!(!job.waits_for_token(0, "limited", 1_001 + TOKEN_PATIENCE_MS, 3_000_000));
        job.has_token(0);
        assert!(job.waits_for_token(0, "limited", 9_000_000, 8_000_000), "another outage is another hour");
        let mut pause = Job::new(&publication(PAUSE), None, &["m".to_owned()]);
        assert!(!pause.waits_for_token(0, "limited", 6_000, 1_000), "a pause has a patience of its own");
    }

    #[test]
    fn what_may_be_left_running_is_known() {
        let live = |action| {
            let mut job = Job::new(&publication(action), Some(&document(&["m", "g"])), &[]);
            while let Next::Phase(place) = job.next(0) {
                let last = job.phases.iter().filter(|phase| phase.standing == Standing::Open).count() == 1;
                job.close(place, if last { failed("no", true) } else { Standing::Done });
                if last {
                    break;
                }
            }
            job
        };
        let mut job = live(PUBLISH);
        assert_eq!(told(&job).last().unwrap(), "Paused m Open");
        job.close(4, Standing::Done);
        assert!(!job.may_run(), "the other channel was paused again");
        let mut job = live(PUBLISH);
        assert_eq!(job.fail(4, FailureKind::Unreachable, "away", false, 0), Then::Over, "a publication is not patient");
        assert_eq!((job.next(0), job.may_run()), (Next::Nothing, true));
        assert!(live(RESUME).may_run(), "it runs on one channel and not on the other");
        assert!(!live(CHANGE).may_run(), "the other channel runs what was approved");
        let mut job = Job::new(&publication(CHANGE), Some(&document(&["m"])), &[]);
        job.fail(0, FailureKind::Unreachable, "away", false, 0);
        assert!(job.may_run());
    }

    #[test]
    fn a_pause_that_waits_gives_way_to_what_is_asked_next() {
        let touched = ["m".to_owned(), "g".to_owned()];
        let mut job = Job::new(&publication(PAUSE), None, &touched);
        job.fail(0, FailureKind::Unreachable, "away", false, 0);
        assert!(!job.yield_to_another(), "the other channel has not been asked yet");
        job.close(1, Standing::Done);
        assert!(job.yield_to_another());
        assert_eq!(job.next(0), Next::Nothing);
        assert!(job.failures()[0].2.contains("something else was asked for"));
    }
}
