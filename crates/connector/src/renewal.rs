//! Renewing a token: what a renewal that did not work means for the connection.
//!
//! Only a refusal ends a connection. A provider that limits us, fails or does not answer at its token endpoint has not
//! said that the connection is over: the renewal is tried again, by itself, less and less often.

use crate::outcome::Fault;

/// First pause before another try, ms; it doubles.
const AGAIN_MS: i64 = 5_000;
/// The longest pause of our own, ms: an outage of hours costs a dozen requests an hour.
const AGAIN_MAX_MS: i64 = 5 * 60_000;

/// When to try a renewal again that failed with `fault` after `failures` earlier ones in a row, UTC ms; `None` when it
/// was refused, so that a person has to connect again.
#[must_use]
pub fn again_at(fault: &Fault, failures: u32, now_ms: i64) -> Option<i64> {
    let asked = match fault {
        Fault::Retry { after_ms, .. } => after_ms.unwrap_or(0),
        Fault::Ambiguous { .. } => 0,
        _ => return None,
    };
    let ours = AGAIN_MS.saturating_mul(1_i64 << failures.min(20)).min(AGAIN_MAX_MS);
    Some(now_ms.saturating_add(ours.max(asked)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_pass_is_tried_again_less_and_less_often() {
        let broken = Fault::retry(None, "HTTP 503");
        assert_eq!(again_at(&broken, 0, 1_000), Some(6_000));
        assert_eq!(again_at(&broken, 1, 1_000), Some(11_000));
        assert_eq!(again_at(&broken, u32::MAX, 0), Some(AGAIN_MAX_MS));
        assert_eq!(again_at(&Fault::Ambiguous { reason: "timeout".to_owned() }, 0, 0), Some(AGAIN_MS));
    }

    #[test]
    fn a_provider_that_names_a_time_is_given_it() {
        let limited = |ms| Fault::retry(Some(ms), "HTTP 429");
        assert_eq!(again_at(&limited(600_000), 3, 0), Some(600_000));
        assert_eq!(again_at(&limited(1), 0, 0), Some(AGAIN_MS), "but not asked more often than we would by ourselves");
    }

    #[test]
    fn a_refusal_is_not_tried_again() {
        let reason = || "invalid_grant".to_owned();
        for fault in [Fault::Reauth { reason: reason() }, Fault::Disconnect { reason: reason() }] {
            assert_eq!(again_at(&fault, 0, 0), None, "{fault:?}");
        }
    }
}
