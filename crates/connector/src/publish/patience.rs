//! How long a host goes on trying to pause or end what could not be paused or ended: money may flow there.

/// First pause before it is tried again, ms; it doubles.
const AGAIN_MS: i64 = 5_000;
/// The longest pause, ms: what a day's budget loses in it is a hundredth.
const AGAIN_MAX_MS: i64 = 15 * 60_000;
/// How long it is tried from the first failure, ms. Then a person has to see to it at the provider.
const PATIENCE_MS: i64 = 86_400_000;

/// When to try again after a failure: the one after `failures` earlier ones, of which the first was at `since_ms`. UTC
/// ms; `None` when it has been tried for a day.
#[must_use]
pub fn again_at(failures: u32, since_ms: i64, now_ms: i64) -> Option<i64> {
    let pause = AGAIN_MS.saturating_mul(1_i64 << failures.min(20)).min(AGAIN_MAX_MS);
    (now_ms.saturating_sub(since_ms) < PATIENCE_MS).then(|| now_ms.saturating_add(pause))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_tried_for_a_day_at_most_a_quarter_of_an_hour_apart() {
        let (mut now, mut failures) = (1_000, 0);
        while let Some(at) = again_at(failures, 1_000, now) {
            assert!((1..=AGAIN_MAX_MS).contains(&(at - now)));
            (now, failures) = (at, failures + 1);
        }
        assert!((PATIENCE_MS..PATIENCE_MS + AGAIN_MAX_MS).contains(&(now - 1_000)), "{now}");
        assert!((90..130).contains(&failures), "{failures} tries");
        assert_eq!(again_at(0, 0, 0), Some(5_000), "a hiccup costs seconds");
    }
}
