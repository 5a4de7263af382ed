//! How fast an account may be spoken to: budgets of our own, corrected by what the provider says in its answers.
//!
//! One value a provider and account. Ask [`Governor::admit`] before each request, tell [`Governor::observe`] each answer.
//! Limits are data ([`limits`]); where a provider publishes none, ours are guesses on the safe side.

use crate::http::Response;
use crate::outcome::retry_after_ms;
use campaign::ChannelType;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// A token bucket: `burst` units at most at once, refilled evenly with `units` in `per_ms`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Limit {
    /// Stable name of the bucket.
    pub name: &'static str,
    /// Requests it counts: those whose purpose begins with one of these; empty for all.
    pub purposes: &'static [&'static str],
    /// Most units at once.
    pub burst: u32,
    /// Units that come back …
    pub units: u32,
    /// … in so many ms.
    pub per_ms: u32,
    /// Units a request that changes something costs; one that reads costs one.
    pub write_cost: u32,
    /// Where the numbers are from.
    pub source: &'static str,
}

const SECOND: u32 = 1_000;
const MINUTE: u32 = 60_000;
const DAY: u32 = 86_400_000;

const SANDBOX: [Limit; 1] = [Limit {
    name: "all",
    purposes: &[],
    burst: 40,
    units: 20,
    per_ms: SECOND,
    write_cost: 1,
    source: "the practice provider's own limit",
}];
const META: [Limit; 1] = [Limit {
    name: "account_score",
    purposes: &[],
    burst: 9_000,
    units: 9_000,
    per_ms: 300 * SECOND,
    write_cost: 3,
    source: "Meta Marketing API, rate limiting: score 9000 at standard access, decaying in 300 s, read 1, write 3 \
             (2026-11); development access (60) is told by the usage headers",
}];
const GOOGLE_ADS: [Limit; 2] = [
    Limit {
        name: "second",
        purposes: &[],
        burst: 10,
        units: 5,
        per_ms: SECOND,
        write_cost: 1,
        source: "none is published; ours",
    },
    Limit {
        name: "day",
        purposes: &[],
        burst: 15_000,
        units: 15_000,
        per_ms: DAY,
        write_cost: 1,
        source: "Google Ads API access levels: 15,000 operations a day at basic access (2026-11)",
    },
];
const KLAVIYO: [Limit; 5] = [
    Limit {
        name: "burst",
        purposes: &[],
        burst: 10,
        units: 10,
        per_ms: SECOND,
        write_cost: 1,
        source: "Klaviyo API revision 2026-07-15, campaigns: 10/s",
    },
    Limit {
        name: "steady",
        purposes: &[],
        burst: 150,
        units: 150,
        per_ms: MINUTE,
        write_cost: 1,
        source: "Klaviyo API revision 2026-07-15, campaigns: 150/m",
    },
    Limit {
        name: "report_burst",
        purposes: &["klaviyo.insights"],
        burst: 1,
        units: 1,
        per_ms: SECOND,
        write_cost: 1,
        source: "Klaviyo API revision 2026-07-15, campaign-values-reports: 1/s",
    },
    Limit {
        name: "report_steady",
        purposes: &["klaviyo.insights"],
        burst: 2,
        units: 2,
        per_ms: MINUTE,
        write_cost: 1,
        source: "Klaviyo API revision 2026-07-15, campaign-values-reports: 2/m",
    },
    Limit {
        name: "report_daily",
        purposes: &["klaviyo.insights"],
        burst: 225,
        units: 225,
        per_ms: DAY,
        write_cost: 1,
        source: "Klaviyo API revision 2026-07-15, campaign-values-reports: 225/d",
    },
];

/// A provider's limits.
#[must_use]
pub const fn limits(channel: ChannelType) -> &'static [Limit] {
    match channel {
        ChannelType::Sandbox => &SANDBOX,
        ChannelType::Meta => &META,
        ChannelType::GoogleAds => &GOOGLE_ADS,
        ChannelType::Klaviyo => &KLAVIYO,
    }
}

/// Whether a request may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "admission", rename_all = "snake_case")]
pub enum Admission {
    /// Send it now; it is counted.
    Go,
    /// Ask again then; nothing is counted.
    WaitUntil {
        /// UTC ms.
        at_ms: i64,
    },
}

/// The budgets of one account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Governor {
    channel: ChannelType,
    /// By the limit's name.
    buckets: BTreeMap<String, Bucket>,
    /// UTC ms; nothing goes before.
    blocked_until_ms: i64,
    /// Blocks that concern some requests only, by the beginning of their purpose.
    blocked: BTreeMap<String, i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Bucket {
    units: f64,
    at_ms: i64,
}

/// Above this share of a provider's quota we wait for some of it to come back.
const FULL_PERCENT: f64 = 90.0;
/// Waited when a provider says "full" and not for how long, ms.
const UNTOLD_MS: i64 = 60_000;

impl Governor {
    /// With everything unspent.
    #[must_use]
    pub const fn new(channel: ChannelType) -> Self {
        Self { channel, buckets: BTreeMap::new(), blocked_until_ms: 0, blocked: BTreeMap::new() }
    }

    /// May a request for this purpose ([`crate::Request::purpose`]) go? `writes` is whether it changes something.
    pub fn admit(&mut self, purpose: &str, writes: bool, now_ms: i64) -> Admission {
        let blocks = self.blocked.iter().filter(|(prefix, _)| purpose.starts_with(prefix.as_str())).map(|(_, at)| *at);
        let mut at_ms = blocks.fold(self.blocked_until_ms, i64::max);
        let concerned: Vec<&Limit> = limits(self.channel)
            .iter()
            .filter(|limit| {
                limit.purposes.is_empty() || limit.purposes.iter().any(|prefix| purpose.starts_with(prefix))
            })
            .collect();
        for limit in &concerned {
            let units = self.units(limit, now_ms);
            let missing = cost(limit, writes) - units;
            if missing > 0.0 {
                let ms = missing * f64::from(limit.per_ms) / f64::from(limit.units);
                at_ms = at_ms.max(now_ms.saturating_add(ms.ceil() as i64).max(now_ms.saturating_add(1)));
            }
        }
        if at_ms > now_ms {
            return Admission::WaitUntil { at_ms };
        }
        for limit in concerned {
            let units = self.units(limit, now_ms) - cost(limit, writes);
            self.buckets.insert(limit.name.to_owned(), Bucket { units, at_ms: now_ms });
        }
        Admission::Go
    }

    fn units(&self, limit: &Limit, now_ms: i64) -> f64 {
        let full = f64::from(limit.burst);
        self.buckets.get(limit.name).map_or(full, |bucket| {
            let passed = now_ms.saturating_sub(bucket.at_ms).max(0) as f64;
            (bucket.units + passed * f64::from(limit.units) / f64::from(limit.per_ms)).min(full)
        })
    }

    /// Learns from an answer to a request for `purpose`.
    pub fn observe(&mut self, purpose: &str, response: &Response, now_ms: i64) {
        let wait_ms = match self.channel {
            ChannelType::Meta => meta_wait(response),
            ChannelType::GoogleAds if response.status == 429 => {
                google_wait(response).or_else(|| retry_after_ms(response)).or(Some(UNTOLD_MS))
            }
            // An endpoint's limit, not the account's.
            ChannelType::Klaviyo | ChannelType::Sandbox if response.status == 429 => {
                let until = now_ms.saturating_add(retry_after_ms(response).unwrap_or(UNTOLD_MS));
                let at = self.blocked.entry(purpose.to_owned()).or_insert(until);
                *at = (*at).max(until);
                None
            }
            _ => None,
        };
        if let Some(wait_ms) = wait_ms {
            self.blocked_until_ms = self.blocked_until_ms.max(now_ms.saturating_add(wait_ms));
        }
        self.blocked.retain(|_, at| *at > now_ms);
    }
}

const fn cost_units(limit: &Limit, writes: bool) -> u32 {
    if writes { limit.write_cost } else { 1 }
}

fn cost(limit: &Limit, writes: bool) -> f64 {
    f64::from(cost_units(limit, writes))
}

/// `X-Business-Use-Case-Usage` counts minutes, `X-Ad-Account-Usage` seconds; both percentages.
pub(crate) fn meta_wait(response: &Response) -> Option<i64> {
    let parse = |name: &str| response.header(name).and_then(|text| serde_json::from_str::<Value>(text).ok());
    let mut longest: Option<i64> = None;
    let mut note = |ms: i64| longest = Some(longest.unwrap_or(0).max(ms));
    if let Some(Value::Object(accounts)) = parse("x-business-use-case-usage") {
        for usage in accounts.values().filter_map(Value::as_array).flatten() {
            let number = |key: &str| usage.get(key).and_then(Value::as_f64).unwrap_or(0.0);
            let used = number("call_count").max(number("total_cputime")).max(number("total_time"));
            let regain_ms = (number("estimated_time_to_regain_access") * 60_000.0) as i64;
            if regain_ms > 0 {
                note(regain_ms);
            } else if used >= FULL_PERCENT {
                note(UNTOLD_MS);
            }
        }
    }
    if let Some(usage) = parse("x-ad-account-usage") {
        let number = |key: &str| usage.get(key).and_then(Value::as_f64).unwrap_or(0.0);
        if number("acc_id_util_pct") >= FULL_PERCENT {
            let reset_ms = (number("reset_time_duration") * 1_000.0) as i64;
            note(if reset_ms > 0 { reset_ms } else { UNTOLD_MS });
        }
    }
    longest
}

/// `retryDelay` (`"17s"`) anywhere among the errors' quota details.
pub(crate) fn google_wait(response: &Response) -> Option<i64> {
    let body: Value = serde_json::from_slice(&response.body).ok()?;
    let errors =
        body.pointer("/error/details")?.as_array()?.iter().filter_map(|d| d.get("errors")?.as_array()).flatten();
    errors
        .filter_map(|error| {
            let delay = error.pointer("/details/quotaErrorDetails/retryDelay")?.as_str()?;
            let seconds: f64 = delay.strip_suffix('s')?.parse().ok()?;
            (0.0..=86_400.0).contains(&seconds).then_some((seconds * 1_000.0).ceil() as i64)
        })
        .max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn go(governor: &mut Governor, purpose: &str, now_ms: i64) -> bool {
        governor.admit(purpose, false, now_ms) == Admission::Go
    }

    #[test]
    fn reports_are_slower_than_everything_else_at_klaviyo() {
        let mut governor = Governor::new(ChannelType::Klaviyo);
        assert!(go(&mut governor, "klaviyo.insights", 0));
        assert_eq!(governor.admit("klaviyo.insights", false, 0), Admission::WaitUntil { at_ms: 1_000 });
        assert!(go(&mut governor, "klaviyo.campaign.find", 0), "other requests go on");
        assert!(go(&mut governor, "klaviyo.insights", 1_000));
        match governor.admit("klaviyo.insights", false, 2_000) {
            Admission::WaitUntil { at_ms } => assert_eq!(at_ms, 30_000, "two a minute"),
            Admission::Go => panic!("the third report in a minute"),
        }
    }

    #[test]
    fn writes_cost_three_at_meta() {
        let mut governor = Governor::new(ChannelType::Meta);
        let mut writes = 0;
        while governor.admit("meta.ad.create", true, 0) == Admission::Go {
            writes += 1;
        }
        assert_eq!(writes, 3_000);
        assert_eq!(governor.admit("meta.ad.create", true, 0), Admission::WaitUntil { at_ms: 100 });
        assert!(go(&mut governor, "meta.ad.find", 100));
    }

    #[test]
    fn a_provider_that_says_wait_is_waited_for() {
        let at = |governor: &mut Governor, now| match governor.admit("meta.insights", false, now) {
            Admission::WaitUntil { at_ms } => at_ms,
            Admission::Go => 0,
        };
        let ok = || Response::json(200, &json!({}));
        let mut governor = Governor::new(ChannelType::Meta);
        governor.observe("meta.insights", &ok().with_header("X-Ad-Account-Usage", r#"{"acc_id_util_pct":12.5}"#), 0);
        assert_eq!(at(&mut governor, 0), 0);
        let usage = r#"{"acc_id_util_pct":95,"reset_time_duration":120}"#;
        governor.observe("meta.insights", &ok().with_header("x-ad-account-usage", usage), 0);
        assert_eq!(at(&mut governor, 0), 120_000, "seconds");
        let usage = r#"{"12":[{"type":"ads_management","call_count":100,"estimated_time_to_regain_access":19}]}"#;
        governor.observe("meta.insights", &ok().with_header("X-Business-Use-Case-Usage", usage), 0);
        assert_eq!(at(&mut governor, 0), 19 * 60_000, "minutes");

        let mut google = Governor::new(ChannelType::GoogleAds);
        let quota = json!({"error": {"details": [{"errors": [
            {"details": {"quotaErrorDetails": {"retryDelay": "17s"}}}]}]}});
        google.observe("google_ads.insights", &Response::json(429, &quota), 1_000);
        assert_eq!(google.admit("google_ads.ad.find", false, 1_000), Admission::WaitUntil { at_ms: 18_000 });

        let mut klaviyo = Governor::new(ChannelType::Klaviyo);
        let slow = Response::json(429, &json!({})).with_header("Retry-After", "42");
        klaviyo.observe("klaviyo.insights", &slow, 0);
        assert_eq!(klaviyo.admit("klaviyo.insights", false, 0), Admission::WaitUntil { at_ms: 42_000 });
        assert!(go(&mut klaviyo, "klaviyo.campaign.find", 0), "the limit is that endpoint's");
    }

    #[test]
    fn every_limit_says_where_it_is_from() {
        for channel in ChannelType::ALL {
            assert!(!limits(channel).is_empty());
            for limit in limits(channel) {
                assert!(!limit.source.is_empty() && limit.units > 0 && limit.write_cost <= limit.burst, "{limit:?}");
            }
        }
    }

    proptest! {
        /// Whoever waits as told is let through then, and no window ever holds more than its limit.
        #[test]
        fn waiting_as_told_is_enough_and_no_window_overflows(gaps in prop::collection::vec(0_i64..2_000, 1..300)) {
            let mut governor = Governor::new(ChannelType::Klaviyo);
            let mut now = 0;
            let mut sent: Vec<i64> = Vec::new();
            for gap in gaps {
                now += gap;
                // Two buckets may each need a little more: never more than a few askings.
                let mut asked = 0;
                loop {
                    match governor.admit("klaviyo.ad.update", true, now) {
                        Admission::Go => break,
                        Admission::WaitUntil { at_ms } => {
                            prop_assert!(at_ms > now);
                            now = at_ms;
                        }
                    }
                    asked += 1;
                    prop_assert!(asked < 4);
                }
                sent.push(now);
            }
            for (first, start) in sent.iter().enumerate() {
                let within = |ms: i64| sent.iter().skip(first).filter(|at| **at < start + ms).count();
                prop_assert!(within(1_000) <= 20, "burst and refill of a second");
                prop_assert!(within(60_000) <= 300, "burst and refill of a minute");
            }
        }
    }
}
