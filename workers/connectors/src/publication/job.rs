//! What a publication amounts to at the providers: phases, one a channel and state, in order. Pure.
//!
//! A first publication is staged on every channel before anything is set running on any: most of what goes wrong goes
//! wrong while creating, and then nothing has cost anything. Should a channel fail nevertheless, what other channels had
//! set running is paused again: a campaign is out on all of its channels or on none.

use campaign::Document;
use connector::publish::{FailureKind, Target};
use platform::campaigns::publications::{CHANGE, END, PAUSE, PUBLISH, PublicationRow, RESUME, ROLLBACK};
use serde::{Deserialize, Serialize};

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
    },
    /// Not begun, because another failed.
    Dropped,
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

    /// The phase to work on.
    pub(super) fn open(&self) -> Option<usize> {
        self.phases.iter().position(|phase| phase.standing == Standing::Open)
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
        let mut to_pause: Vec<String> = Vec::new();
        for phase in &mut self.phases {
            if phase.standing == Standing::Open {
                phase.standing = Standing::Dropped;
            }
            let ran = phase.aim == Aim::Live && phase.standing == Standing::Done;
            if ran && !to_pause.contains(&phase.channel_id) {
                to_pause.push(phase.channel_id.clone());
            }
        }
        let ids: Vec<&str> = to_pause.iter().map(String::as_str).collect();
        self.phases.extend(phases(&ids, Aim::Paused));
    }

    /// Everything that went wrong, in words, each once.
    pub(super) fn failures(&self) -> Vec<(&str, FailureKind, &str)> {
        self.phases
            .iter()
            .filter_map(|phase| match &phase.standing {
                Standing::Failed { kind, reason } => Some((phase.channel_id.as_str(), *kind, reason.as_str())),
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
        })
        .collect()
}

impl Aim {
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
        job.close(4, Standing::Failed { kind: FailureKind::Refused, reason: "no".to_owned() });
        assert_eq!(told(&job)[5..], ["Live k Dropped", "Paused m Open"]);
        assert_eq!(job.open(), Some(6));
        assert_eq!(job.failures(), [("g", FailureKind::Refused, "no")]);
    }

    #[test]
    fn a_channel_that_fails_while_staging_leaves_nothing_to_pause() {
        let mut job = Job::new(&publication(PUBLISH), Some(&document(&["m", "g"])), &[]);
        job.close(0, Standing::Done);
        job.close(1, Standing::Failed { kind: FailureKind::Refused, reason: "no".to_owned() });
        assert_eq!(job.open(), None);
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
        job.close(0, Standing::Failed { kind: FailureKind::Unreachable, reason: "away".to_owned() });
        assert_eq!(told(&job)[1], "Paused g Open");
        let job = Job::new(&publication(ROLLBACK), None, &touched);
        assert_eq!(told(&job), ["Paused m Open", "Paused g Open"]);
    }
}
