//! Touchpoints: which events of a session count as a contact with a channel.
//!
//! - Every event that brings a signal of its own (UTM, click id, foreign referrer) is a touchpoint, unless it repeats
//!   the signal before it in the same session (a reload, a deep link followed twice).
//! - A session without any signal has one direct touchpoint: its first page view.
//! - A session without page views (server events only) has none: a payment webhook is no visit.

/// One event of a session, as far as touchpoints are concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Event id.
    pub id: String,
    /// Event time, UTC ms.
    pub t: i64,
    /// Whether it is a page view.
    pub pageview: bool,
    /// Normalised source, medium, campaign and click id, joined by the caller; `""` without a signal.
    pub signal: String,
}

/// A touchpoint found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touch {
    /// Event id.
    pub id: String,
    /// Event time, UTC ms.
    pub t: i64,
    /// Whether the visit came without any signal.
    pub direct: bool,
}

/// The touchpoints among the steps of one session, by time; ties by id. `steps` may come in any order and may leave
/// out page views behind the session's first.
#[must_use]
pub fn touches(steps: &[Step]) -> Vec<Touch> {
    let mut ordered: Vec<&Step> = steps.iter().collect();
    ordered.sort_by(|a, b| (a.t, &a.id).cmp(&(b.t, &b.id)));
    let mut found: Vec<Touch> = Vec::new();
    let mut last = "";
    for step in ordered.iter().filter(|step| !step.signal.is_empty()) {
        if step.signal != last {
            found.push(Touch { id: step.id.clone(), t: step.t, direct: false });
            last = &step.signal;
        }
    }
    if found.is_empty() {
        found.extend(ordered.iter().find(|step| step.pageview).map(|step| Touch {
            id: step.id.clone(),
            t: step.t,
            direct: true,
        }));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Step, touches};
    use proptest::prelude::*;

    fn step(id: &str, t: i64, pageview: bool, signal: &str) -> Step {
        Step { id: id.to_owned(), t, pageview, signal: signal.to_owned() }
    }

    fn ids(steps: &[Step]) -> Vec<(String, bool)> {
        touches(steps).into_iter().map(|touch| (touch.id, touch.direct)).collect()
    }

    #[test]
    fn a_repeated_signal_counts_once_and_a_new_one_again() {
        let steps = [
            step("a", 1, true, "google"),
            step("b", 2, true, "google"),
            step("c", 3, true, ""),
            step("d", 4, true, "email"),
            step("e", 5, true, "google"),
        ];
        assert_eq!(ids(&steps), [("a".to_owned(), false), ("d".to_owned(), false), ("e".to_owned(), false)]);
    }

    #[test]
    fn without_a_signal_the_first_page_view_is_a_direct_touch() {
        assert_eq!(
            ids(&[step("c", 0, false, ""), step("b", 2, true, ""), step("a", 1, true, "")]),
            [("a".to_owned(), true)]
        );
    }

    #[test]
    fn server_events_alone_touch_nothing() {
        assert_eq!(ids(&[step("a", 1, false, "")]), []);
    }

    proptest! {
        #[test]
        fn arrival_order_does_not_matter(
            steps in proptest::collection::vec((0_i64..6, any::<bool>(), "[ab]?"), 0..12), seed in any::<u64>(),
        ) {
            let steps: Vec<Step> = steps.iter().enumerate()
                .map(|(i, (t, pageview, signal))| step(&i.to_string(), *t, *pageview, signal)).collect();
            let mut shuffled = steps.clone();
            let n = shuffled.len().max(1) as u64;
            shuffled.sort_by_key(|s| (s.id.parse::<u64>().unwrap().wrapping_mul(seed | 1)) % (n * 7 + 1));
            prop_assert_eq!(touches(&steps), touches(&shuffled));
        }
    }
}
