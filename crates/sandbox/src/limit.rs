//! Rate limits: fixed windows, and a score that decays.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// So many requests in so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) name: &'static str,
    pub(crate) limit: i64,
    pub(crate) span_ms: i64,
}

/// What the account has used.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Meters {
    /// By name: since when, UTC ms, and how many.
    windows: BTreeMap<String, (i64, i64)>,
    /// When the score was last looked at, UTC ms, and what it was.
    score: (i64, f64),
}

/// Where a caller stands after a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Standing {
    pub(crate) limit: i64,
    pub(crate) remaining: i64,
    /// Until the window opens anew.
    pub(crate) reset_ms: i64,
    pub(crate) allowed: bool,
}

impl Meters {
    /// Counts `cost` towards every window, unless one of them is full: then nothing is counted. The standing is the
    /// tightest window's.
    pub(crate) fn count(&mut self, scope: &str, windows: &[Window], cost: i64, now: i64) -> Standing {
        let mut tightest: Option<Standing> = None;
        for window in windows {
            let key = format!("{scope}/{}", window.name);
            let (since, used) = self.windows.get(&key).copied().unwrap_or((now, 0));
            let (since, used) = if now - since >= window.span_ms { (now, 0) } else { (since, used) };
            self.windows.insert(key, (since, used));
            let standing = Standing {
                limit: window.limit,
                remaining: (window.limit - used - cost).max(0),
                reset_ms: since + window.span_ms - now,
                allowed: used + cost <= window.limit,
            };
            let worse = tightest.is_none_or(|tight| {
                (standing.allowed, standing.remaining, -standing.reset_ms)
                    < (tight.allowed, tight.remaining, -tight.reset_ms)
            });
            if worse {
                tightest = Some(standing);
            }
        }
        let standing =
            tightest.unwrap_or(Standing { limit: i64::MAX, remaining: i64::MAX, reset_ms: 0, allowed: true });
        if standing.allowed {
            for window in windows {
                if let Some((_, used)) = self.windows.get_mut(&format!("{scope}/{}", window.name)) {
                    *used += cost;
                }
            }
        }
        standing
    }

    /// Adds to a score that decays from `max` to nothing in `decay_ms`. Answers the score, and whether the request is
    /// allowed; one that is not adds nothing.
    pub(crate) fn score(&mut self, points: f64, max: f64, decay_ms: f64, now: i64) -> (f64, bool) {
        let (at, score) = self.score;
        #[expect(clippy::cast_precision_loss, reason = "milliseconds between two requests")]
        let left = (score - (now - at).max(0) as f64 * max / decay_ms).max(0.0);
        let allowed = left + points <= max;
        let score = if allowed { left + points } else { left };
        self.score = (now, score);
        (score, allowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: [Window; 2] =
        [Window { name: "s", limit: 2, span_ms: 1_000 }, Window { name: "m", limit: 3, span_ms: 60_000 }];

    #[test]
    fn the_tightest_window_decides_and_a_refused_request_is_not_counted() {
        let mut meters = Meters::default();
        let mut allowed = |now| meters.count("x", &TWO, 1, now);
        assert!(allowed(0).allowed && allowed(10).allowed);
        let refused = allowed(20);
        assert!(!refused.allowed);
        assert_eq!(refused.reset_ms, 980);
        assert!(allowed(1_000).allowed);
        assert!(!allowed(2_100).allowed, "the minute is used up");
        assert!(allowed(60_000).allowed);
    }

    #[test]
    fn a_score_decays() {
        let mut meters = Meters::default();
        assert!(meters.score(60.0, 60.0, 300_000.0, 0).1);
        assert!(!meters.score(3.0, 60.0, 300_000.0, 1_000).1);
        assert!(meters.score(3.0, 60.0, 300_000.0, 15_000).1);
    }
}
