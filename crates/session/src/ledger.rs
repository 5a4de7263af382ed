//! The sessions of one visitor, kept right under late and out-of-order arrival.
//!
//! Two events belong to one session when a chain of events connects them with no gap longer than the timeout; a gap
//! of exactly the timeout still connects. Sessions of one visitor therefore never overlap and lie more than the
//! timeout apart, so an event touches at most two of them.

use serde::{Deserialize, Serialize};

/// A visit: its id and the event times it spans, UTC ms, both ends included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Given by whoever opened it; survives every extension.
    pub id: String,
    /// Time of its earliest event.
    pub started_at: i64,
    /// Time of its latest event.
    pub ended_at: i64,
}

/// Where an event went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placement {
    /// It opened a session under the id the caller offered.
    Opened {
        /// The new session's id.
        session: String,
    },
    /// It lies in a known session.
    Joined {
        /// That session's id.
        session: String,
    },
    /// It closed the gap between two sessions: the later one is absorbed and its events move.
    Merged {
        /// The earlier session's id, which lives on.
        session: String,
        /// The later session's id, which ends.
        absorbed: String,
    },
}

impl Placement {
    /// The session the event belongs to.
    #[must_use]
    pub fn session(&self) -> &str {
        match self {
            Self::Opened { session } | Self::Joined { session } | Self::Merged { session, .. } => session,
        }
    }
}

/// One visitor's sessions, ordered by time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    sessions: Vec<Session>,
}

impl Ledger {
    /// Takes up stored sessions, in any order.
    #[must_use]
    pub fn new(mut sessions: Vec<Session>) -> Self {
        sessions.sort_by(|a, b| (a.started_at, &a.id).cmp(&(b.started_at, &b.id)));
        Self { sessions }
    }

    /// The sessions, ordered by time.
    #[must_use]
    pub fn sessions(&self) -> &[Session] {
        &self.sessions
    }

    /// The session of that id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Session> {
        self.sessions.iter().find(|session| session.id == id)
    }

    /// Places an event at `t` (UTC ms); `fresh_id` names a session it opens. `timeout_ms` is the longest gap inside a
    /// session.
    pub fn place(&mut self, t: i64, timeout_ms: i64, fresh_id: impl FnOnce() -> String) -> Placement {
        // Sessions before `at` end too early to reach `t`.
        let at = self.sessions.partition_point(|s| s.ended_at.saturating_add(timeout_ms) < t);
        let reaches = |s: &Session| s.started_at.saturating_sub(timeout_ms) <= t;
        let second_reached = self.sessions.get(at.saturating_add(1)).is_some_and(reaches);
        match self.sessions.get_mut(at).filter(|s| reaches(s)) {
            None => {
                let id = fresh_id();
                self.sessions.insert(at, Session { id: id.clone(), started_at: t, ended_at: t });
                Placement::Opened { session: id }
            }
            Some(session) => {
                session.started_at = session.started_at.min(t);
                session.ended_at = session.ended_at.max(t);
                let id = session.id.clone();
                if !second_reached {
                    return Placement::Joined { session: id };
                }
                let absorbed = self.sessions.remove(at.saturating_add(1));
                if let Some(session) = self.sessions.get_mut(at) {
                    session.ended_at = absorbed.ended_at;
                }
                Placement::Merged { session: id, absorbed: absorbed.id }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Ledger, Placement, Session};
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    const TIMEOUT: i64 = 1_800_000;

    /// The definition itself: sort, then cut wherever the gap is longer than the timeout.
    fn reference(times: &[i64]) -> BTreeSet<BTreeSet<usize>> {
        let mut order: Vec<usize> = (0..times.len()).collect();
        order.sort_by_key(|i| times[*i]);
        let mut sessions: Vec<BTreeSet<usize>> = Vec::new();
        let mut last = None;
        for i in order {
            match last {
                Some(before) if times[i] - before <= TIMEOUT => sessions.last_mut().unwrap().insert(i),
                _ => {
                    sessions.push(BTreeSet::from([i]));
                    true
                }
            };
            last = Some(times[i]);
        }
        sessions.into_iter().collect()
    }

    fn placed(times: &[i64]) -> (Ledger, BTreeSet<BTreeSet<usize>>) {
        let mut ledger = Ledger::default();
        let mut members: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        for (i, t) in times.iter().enumerate() {
            let placement = ledger.place(*t, TIMEOUT, || format!("s{i}"));
            if let Placement::Merged { session, absorbed } = &placement {
                let moved = members.remove(absorbed).unwrap();
                members.get_mut(session).unwrap().extend(moved);
            }
            members.entry(placement.session().to_owned()).or_default().insert(i);
        }
        (ledger, members.into_values().collect())
    }

    #[test]
    fn a_gap_of_exactly_the_timeout_still_connects() {
        let mut ledger = Ledger::default();
        ledger.place(0, TIMEOUT, || "a".to_owned());
        assert_eq!(ledger.place(TIMEOUT, TIMEOUT, || "b".to_owned()), Placement::Joined { session: "a".to_owned() });
        assert_eq!(
            ledger.place(2 * TIMEOUT + 1, TIMEOUT, || "c".to_owned()),
            Placement::Opened { session: "c".to_owned() }
        );
    }

    #[test]
    fn a_late_event_between_two_sessions_merges_them_into_the_earlier() {
        let mut ledger = Ledger::default();
        ledger.place(10_000_000, TIMEOUT, || "later".to_owned());
        ledger.place(8_000_000, TIMEOUT, || "earlier".to_owned());
        let placement = ledger.place(9_000_000, TIMEOUT, || "never".to_owned());
        assert_eq!(placement, Placement::Merged { session: "earlier".to_owned(), absorbed: "later".to_owned() });
        assert_eq!(
            ledger.sessions(),
            [Session { id: "earlier".to_owned(), started_at: 8_000_000, ended_at: 10_000_000 }]
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn any_arrival_order_gives_the_sessions_of_the_sorted_stream(
            steps in proptest::collection::vec((prop_oneof![
                Just(TIMEOUT), Just(TIMEOUT + 1), 0..TIMEOUT, TIMEOUT..4 * TIMEOUT,
            ], any::<u32>()), 0..40),
        ) {
            // Gaps around the timeout are where mistakes live, so times are built from gaps, then shuffled.
            let mut t = 0;
            let mut stream: Vec<(i64, u32)> = steps.iter().map(|(gap, rank)| { t += gap; (t, *rank) }).collect();
            stream.sort_by_key(|(_, rank)| *rank);
            let times: Vec<i64> = stream.into_iter().map(|(t, _)| t).collect();
            let (ledger, sessions) = placed(&times);
            prop_assert_eq!(&sessions, &reference(&times));
            let spans: BTreeSet<(i64, i64)> = ledger.sessions().iter().map(|s| (s.started_at, s.ended_at)).collect();
            let expected: BTreeSet<(i64, i64)> = sessions
                .iter()
                .map(|s| (s.iter().map(|i| times[*i]).min().unwrap(), s.iter().map(|i| times[*i]).max().unwrap()))
                .collect();
            prop_assert_eq!(spans, expected);
        }
    }
}
