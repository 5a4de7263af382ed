//! What goes wrong, and when: a plan that is the same for the same seed.

use crate::dice::Dice;
use serde::{Deserialize, Serialize};

/// One thing that goes wrong with one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Fault {
    /// The connection breaks before the request takes effect.
    LostBefore,
    /// The request takes effect, then the connection breaks.
    LostAfter,
    /// Too many requests, by the provider's own words.
    RateLimited {
        /// How long it asks to wait, ms; Meta counts in minutes and Google says two seconds, whatever this is.
        #[serde(default = "a_second")]
        ms: i64,
    },
    /// A server error, without effect.
    ServerError,
    /// A server error although the request took effect.
    ServerErrorAfter,
    /// The access token has expired: every request with it is refused until there is another.
    TokenExpired,
    /// What the request creates stands in listings only after a while; by its id it is found at once.
    SlowListing {
        /// How long, ms.
        ms: i64,
    },
}

/// A fault at a place in the sequence of requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// What happens.
    #[serde(flatten)]
    pub fault: Fault,
    /// To requests of this method only.
    #[serde(default)]
    pub method: Option<String>,
    /// To requests whose path contains this only.
    #[serde(default)]
    pub path: Option<String>,
    /// How many matching requests pass first.
    #[serde(default)]
    pub after: u32,
    /// How many matching requests it then happens to.
    #[serde(default = "once")]
    pub times: u32,
}

const fn once() -> u32 {
    1
}

const fn a_second() -> i64 {
    1_000
}

/// How often each fault befalls a request, in thousandths, by chance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rates {
    /// Names the sequence of draws.
    pub seed: u64,
    /// [`Fault::LostBefore`].
    pub lost_before: u32,
    /// [`Fault::LostAfter`].
    pub lost_after: u32,
    /// [`Fault::RateLimited`].
    pub rate_limited: u32,
    /// [`Fault::ServerError`].
    pub server_error: u32,
    /// [`Fault::ServerErrorAfter`].
    pub server_error_after: u32,
    /// [`Fault::TokenExpired`].
    pub token_expired: u32,
    /// [`Fault::SlowListing`].
    pub slow_listing: u32,
    /// The longest that a listing lags, ms.
    pub slow_listing_ms: i64,
}

/// What goes wrong: planned faults first, then chance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FaultPlan {
    /// Faults at known places.
    pub planned: Vec<Planned>,
    /// Faults by chance.
    pub rates: Option<Rates>,
}

impl FaultPlan {
    /// Whether nothing will go wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.planned.is_empty() && self.rates.is_none()
    }

    /// The fault of the next request, and counts it.
    pub(crate) fn next(&mut self, ordinal: u64, method: &str, path: &str) -> Option<Fault> {
        let mut found = None;
        for planned in &mut self.planned {
            let matches = planned.method.as_deref().is_none_or(|wanted| wanted == method)
                && planned.path.as_deref().is_none_or(|part| path.contains(part));
            if !matches || found.is_some() {
                continue;
            }
            if planned.after > 0 {
                planned.after -= 1;
            } else if planned.times > 0 {
                planned.times -= 1;
                found = Some(planned.fault);
            }
        }
        self.planned.retain(|planned| planned.times > 0);
        found.or_else(|| self.rates.and_then(|rates| rates.draw(ordinal)))
    }
}

impl Rates {
    fn draw(&self, ordinal: u64) -> Option<Fault> {
        let mut dice = Dice::new(self.seed, ordinal, 0);
        let mut left = dice.unit() * 1_000.0;
        #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a lag is minutes at most")]
        let ms = (dice.unit() * self.slow_listing_ms as f64) as i64;
        for (rate, fault) in [
            (self.lost_before, Fault::LostBefore),
            (self.lost_after, Fault::LostAfter),
            (self.rate_limited, Fault::RateLimited { ms: a_second() }),
            (self.server_error, Fault::ServerError),
            (self.server_error_after, Fault::ServerErrorAfter),
            (self.token_expired, Fault::TokenExpired),
            (self.slow_listing, Fault::SlowListing { ms }),
        ] {
            left -= f64::from(rate);
            if left < 0.0 {
                return Some(fault);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_planned_fault_waits_for_its_requests_and_then_is_spent() {
        let planned = Planned {
            fault: Fault::LostAfter,
            method: Some("POST".to_owned()),
            path: Some("/ads".to_owned()),
            after: 1,
            times: 2,
        };
        let mut plan = FaultPlan { planned: vec![planned], rates: None };
        let mut seen = Vec::new();
        for (method, path) in
            [("POST", "/ads"), ("GET", "/ads"), ("POST", "/ads"), ("POST", "/x"), ("POST", "/ads"), ("POST", "/ads")]
        {
            seen.push(plan.next(0, method, path).is_some());
        }
        assert_eq!(seen, [false, false, true, false, true, false]);
        assert!(plan.is_empty());
    }

    #[test]
    fn a_limit_asks_for_a_second_unless_it_is_told_otherwise() {
        let plan = |text: &str| serde_json::from_str::<FaultPlan>(text).unwrap().next(0, "GET", "/insights");
        assert_eq!(plan(r#"{"planned": [{"kind": "rate_limited"}]}"#), Some(Fault::RateLimited { ms: 1_000 }));
        let longer = r#"{"planned": [{"kind": "rate_limited", "ms": 12000, "path": "/insights"}]}"#;
        assert_eq!(plan(longer), Some(Fault::RateLimited { ms: 12_000 }));
    }

    #[test]
    fn chance_keeps_its_rates_and_repeats_itself() {
        let rates = Rates { seed: 7, lost_after: 100, rate_limited: 50, ..Rates::default() };
        let draws: Vec<_> = (0..10_000).map(|ordinal| rates.draw(ordinal)).collect();
        let count = |fault| draws.iter().filter(|drawn| **drawn == Some(fault)).count();
        assert!((900..1_100).contains(&count(Fault::LostAfter)));
        assert!((430..570).contains(&count(Fault::RateLimited { ms: 1_000 })));
        assert_eq!(draws, (0..10_000).map(|ordinal| rates.draw(ordinal)).collect::<Vec<_>>());
    }
}
