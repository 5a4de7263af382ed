//! Credits folded by a key.

use std::collections::BTreeMap;

use crate::{Attributed, Touch};

/// The channel of orders that no touch led to.
pub const UNASSIGNED_CHANNEL: &str = "Unassigned";

/// The source of orders that no touch led to.
pub const UNASSIGNED_SOURCE: &str = "(none)";

/// What a key was credited with.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Totals {
    /// Conversions, in fractions.
    pub conversions: f64,
    /// Value, minor units.
    pub value_minor: i64,
}

/// Sums credits by key. The key of an order without touches is asked for with `None`; it should answer with
/// [`UNASSIGNED_CHANNEL`] and [`UNASSIGNED_SOURCE`]. A key appears as soon as one touch of it stood in a window, with
/// zeros if it got nothing. All values together are the value of all orders, exactly.
pub fn aggregate<'a, K: Ord>(
    attributed: &[Attributed<'a>],
    key: impl Fn(Option<&'a Touch>) -> K,
) -> BTreeMap<K, Totals> {
    let mut totals: BTreeMap<K, Totals> = BTreeMap::new();
    let mut add = |key: K, share: f64, value_minor: i64| {
        let sum = totals.entry(key).or_default();
        sum.conversions += share;
        sum.value_minor = sum.value_minor.saturating_add(value_minor);
    };
    for order in attributed {
        if order.credits.is_empty() {
            add(key(None), 1.0, order.order.value_minor);
        }
        for credit in &order.credits {
            add(key(Some(credit.touch)), credit.share, credit.value_minor);
        }
    }
    totals
}
