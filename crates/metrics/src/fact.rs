//! The facts: the tables that base metrics are computed over, and where each keeps its dimensions.

use crate::{Dimension, dialect::Writer};

/// A table of things that happened. Base metrics refer to it as `f`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fact {
    /// Visits, by the hour they began.
    Sessions,
    /// Purchases, one per order id, by the hour of the purchase; dimensions are those of the visit.
    Orders,
    /// Refund events; dimensions are those of the visit.
    Refunds,
    /// All events; dimensions are those of the visit.
    Events,
    /// Touchpoints, with the channel of each touch; other dimensions are those of the visit.
    Touchpoints,
    /// What advertising platforms report, by day.
    AdSpend,
    /// Visitors, by the hour of their first purchase ever.
    FirstOrders,
}

/// Where a fact keeps a dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// In its own column.
    Own,
    /// In the session it belongs to.
    Session,
    /// Nowhere.
    Nowhere,
}

impl Fact {
    pub(crate) fn place(self, dimension: Dimension) -> Place {
        let of_spend = Dimension::OF_SPEND.contains(&dimension);
        match self {
            Self::Sessions => Place::Own,
            // An event's own channel is set on touches only, and a server's event has the server's country: an order
            // belongs to the channel, country and device of the visit it was made in.
            Self::Orders | Self::Refunds | Self::Events => Place::Session,
            Self::Touchpoints if of_spend => Place::Own,
            Self::Touchpoints => Place::Session,
            Self::AdSpend if of_spend => Place::Own,
            Self::AdSpend | Self::FirstOrders => Place::Nowhere,
        }
    }

    /// Whether machines' rows are marked in it.
    pub(crate) fn has_bots(self) -> bool {
        self != Self::AdSpend
    }

    /// Whether it is known by hour, not only by day.
    #[must_use]
    pub fn is_hourly(self) -> bool {
        self != Self::AdSpend
    }

    pub(crate) fn table(self, writer: &Writer) -> &'static str {
        match self {
            Self::Sessions => "sessions",
            Self::Orders => "orders",
            Self::Refunds | Self::Events => writer.events(),
            Self::Touchpoints => "touchpoints",
            Self::AdSpend => writer.ad_spend(),
            Self::FirstOrders => {
                "(SELECT o.tenant_id AS tenant_id, o.site AS site, o.visitor AS visitor, \
                 MIN(o.local_hour) AS local_hour, MAX(o.bot) AS bot FROM orders o \
                 GROUP BY o.tenant_id, o.site, o.visitor)"
            }
        }
    }

    /// What narrows the table to the fact.
    pub(crate) fn condition(self) -> Option<&'static str> {
        (self == Self::Refunds).then_some("f.event = 'refund'")
    }
}
