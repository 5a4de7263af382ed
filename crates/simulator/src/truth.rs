//! What the channels truly caused, known because the simulator decided it.

use crate::channel::CHANNELS;
use crate::journey::Order;
use serde::Serialize;
use std::collections::BTreeMap;

/// One channel's true effect.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChannelTruth {
    /// Id as in [`CHANNELS`].
    pub channel: &'static str,
    /// Visits it brought.
    pub visits: u64,
    /// Orders made in its visits: what last touch would credit, direct visits included.
    pub last_touch_orders: u64,
    /// Orders that would not exist without it. An order may need several channels, so these do not add up to the total.
    pub incremental_orders: u64,
    /// Value of those, cents.
    pub incremental_value_minor: i64,
    /// That value as a fraction of the value of all orders.
    pub incremental_share: f64,
}

/// The true effects over the simulated window, or a part of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Truth {
    /// Orders.
    pub orders: u64,
    /// Value of all orders, cents, refunds not taken off.
    pub value_minor: i64,
    /// By channel, in the order of [`CHANNELS`].
    pub channels: Vec<ChannelTruth>,
}

/// Counts orders; `visits` are those by channel.
pub(crate) fn count(orders: &[&Order], visits: &BTreeMap<&'static str, u64>) -> Truth {
    let value_minor: i64 = orders.iter().map(|order| order.value_minor).sum();
    let channels = CHANNELS
        .iter()
        .map(|channel| {
            let needing = || orders.iter().filter(|order| order.caused_by.contains(channel.id));
            let incremental_value_minor: i64 = needing().map(|order| order.value_minor).sum();
            #[expect(clippy::cast_precision_loss, reason = "cents of a small shop")]
            let incremental_share = incremental_value_minor as f64 / value_minor.max(1) as f64;
            ChannelTruth {
                channel: channel.id,
                visits: visits.get(channel.id).copied().unwrap_or(0),
                last_touch_orders: count_of(orders.iter().filter(|order| order.channel == channel.id)),
                incremental_orders: count_of(needing()),
                incremental_value_minor,
                incremental_share,
            }
        })
        .collect();
    Truth { orders: count_of(orders.iter()), value_minor, channels }
}

fn count_of<T>(items: impl Iterator<Item = T>) -> u64 {
    u64::try_from(items.count()).unwrap_or(u64::MAX)
}
