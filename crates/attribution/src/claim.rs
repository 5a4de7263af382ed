//! Platforms' claims held against orders: each order counts once, however many platforms say it is theirs.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::Order;

/// A conversion as a platform reports it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Who claims it.
    pub platform: String,
    /// The order's id, where the platform was told it.
    #[serde(default)]
    pub order_id: Option<String>,
    /// When the conversion happened, UTC ms.
    pub t: i64,
    /// Its value, minor units.
    pub value_minor: i64,
}

/// What is left of one platform's claims.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct PlatformClaims {
    /// Claims made.
    pub claims: usize,
    /// Orders they are about.
    pub orders: usize,
    /// Of those, orders that no other platform claims.
    pub alone: usize,
    /// Claims of an order that this platform claimed already.
    pub repeated: usize,
    /// Claims of no order there is.
    pub unmatched: usize,
    /// Orders, each divided equally among the platforms that claim it; the platforms' sum is the number of claimed
    /// orders.
    pub deduplicated: f64,
    /// The same division of their value, minor units in fractions.
    pub deduplicated_value: f64,
}

/// All claims against all orders.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Claimed {
    /// By platform.
    pub platforms: BTreeMap<String, PlatformClaims>,
    /// Orders there are.
    pub orders: usize,
    /// Orders that at least one platform claims.
    pub claimed_orders: usize,
    /// Orders that more than one platform claims.
    pub claimed_by_several: usize,
}

/// Matches claims with orders. A claim with an order's id is about that order or about none. A claim without one is
/// about the order of the same value nearest in time, at most `tolerance_ms` away, that this platform has not claimed
/// yet; of two equally near the earlier. Claims are matched in the order of their times.
#[must_use]
pub fn reconcile(claims: &[Claim], orders: &[Order], tolerance_ms: i64) -> Claimed {
    let by_id: BTreeMap<&str, &Order> = orders.iter().map(|order| (order.id.as_str(), order)).collect();
    let mut by_value: BTreeMap<i64, Vec<&Order>> = BTreeMap::new();
    for order in by_id.values() {
        by_value.entry(order.value_minor).or_default().push(order);
    }
    // With ids first, so that a claim that has to guess does not take their order.
    let mut sorted: Vec<&Claim> = claims.iter().collect();
    sorted.sort_by(|a, b| (a.order_id.is_none(), a.t, &a.platform).cmp(&(b.order_id.is_none(), b.t, &b.platform)));

    let mut claimed = Claimed { orders: by_id.len(), ..Claimed::default() };
    let mut claimants: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for claim in sorted {
        let found = match &claim.order_id {
            Some(id) => by_id.get(id.as_str()).copied(),
            None => by_value
                .get(&claim.value_minor)
                .into_iter()
                .flatten()
                .copied()
                .filter(|order| {
                    order.t.abs_diff(claim.t) <= tolerance_ms.unsigned_abs()
                        && claimants.get(order.id.as_str()).is_none_or(|by| !by.contains(claim.platform.as_str()))
                })
                .min_by(|a, b| (a.t.abs_diff(claim.t), a.t, &a.id).cmp(&(b.t.abs_diff(claim.t), b.t, &b.id))),
        };
        let platform = claimed.platforms.entry(claim.platform.clone()).or_default();
        platform.claims += 1;
        match found {
            None => platform.unmatched += 1,
            Some(order) if claimants.entry(&order.id).or_default().insert(&claim.platform) => platform.orders += 1,
            Some(_) => platform.repeated += 1,
        }
    }
    for (id, platforms) in &claimants {
        let Some(order) = by_id.get(id) else { continue };
        claimed.claimed_orders += 1;
        claimed.claimed_by_several += usize::from(platforms.len() > 1);
        let part = 1.0 / platforms.len() as f64;
        for platform in platforms {
            if let Some(platform) = claimed.platforms.get_mut(*platform) {
                platform.alone += usize::from(platforms.len() == 1);
                platform.deduplicated += part;
                platform.deduplicated_value += part * order.value_minor as f64;
            }
        }
    }
    claimed
}
