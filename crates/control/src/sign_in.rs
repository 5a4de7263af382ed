//! How often a password may be guessed.
//!
//! Failures are counted by address alone: the password belongs to the person, so counting by tenant would multiply the
//! guesses by the number of tenants. Unknown addresses are counted like known ones, so that being stopped tells nobody
//! whether an address is known.

use sha2::{Digest as _, Sha256};

/// The stretch in which failures are counted, ms.
pub const WINDOW_MS: i64 = 15 * 60 * 1000;

/// Failures within the window after which no password is looked at any more.
pub const MAX_FAILURES: usize = 10;

/// What failures are counted under: SHA-256 of the address, hex. The table of failures so holds no addresses.
#[must_use]
pub fn address_hash(email: &str) -> String {
    hex::encode(Sha256::digest(crate::user::normalize_email(email).as_bytes()))
}

/// How long to wait before the next try, in whole seconds rounded up; `None` when it may be made.
///
/// `failures` are the times (UTC ms) of the address's latest failures, in any order.
#[must_use]
pub fn wait_seconds(failures: &[i64], now: i64) -> Option<i64> {
    let mut recent: Vec<i64> = failures.iter().copied().filter(|at| now - at < WINDOW_MS).collect();
    recent.sort_unstable_by(|a, b| b.cmp(a));
    let oldest_that_counts = recent.get(MAX_FAILURES - 1)?;
    let wait = oldest_that_counts + WINDOW_MS - now;
    Some(wait.div_euclid(1000) + i64::from(wait.rem_euclid(1000) > 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_tenth_failure_closes_the_door_until_the_first_is_forgotten() {
        let nine: Vec<i64> = (0..9).map(|n| n * 1_000).collect();
        assert_eq!(wait_seconds(&nine, 9_000), None);
        let ten: Vec<i64> = (0..10).map(|n| n * 1_000).collect();
        assert_eq!(wait_seconds(&ten, 9_000), Some(891));
        assert_eq!(wait_seconds(&ten, WINDOW_MS - 1), Some(1));
        assert_eq!(wait_seconds(&ten, WINDOW_MS), None);
    }

    #[test]
    fn an_address_is_counted_however_it_is_typed() {
        assert_eq!(address_hash(" Ann@Shop.test"), address_hash("ann@shop.test"));
        assert_ne!(address_hash("ann@shop.test"), address_hash("bob@shop.test"));
    }

    proptest! {
        #[test]
        fn no_window_ever_holds_more_than_ten_guesses(gaps in proptest::collection::vec(0i64..200_000, 1..200)) {
            let mut now = 0;
            let mut failures: Vec<i64> = Vec::new();
            for gap in gaps {
                now += gap;
                if wait_seconds(&failures, now).is_none() {
                    failures.push(now);
                }
            }
            for at in &failures {
                let within = failures.iter().filter(|other| (0..WINDOW_MS).contains(&(*other - at))).count();
                prop_assert!(within <= MAX_FAILURES, "{within}");
            }
        }

        #[test]
        fn whoever_waits_as_told_may_try(times in proptest::collection::vec(0i64..1_000_000, 1..40), later in 0i64..1_000_000) {
            let now = times.iter().max().unwrap() + later;
            if let Some(seconds) = wait_seconds(&times, now) {
                prop_assert!(seconds > 0);
                prop_assert_eq!(wait_seconds(&times, now + seconds * 1000), None);
            }
        }
    }
}
