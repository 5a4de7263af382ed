//! How far back an order looks, by channel and by whether a touch was seen or clicked.
//!
//! How much a view counts against a click is a matter of the rule: see [`crate::Rule::Custom`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{AttributionError, Conversion, Journey, Order, Touch, TouchKind, Touches, journey::DAY_MS, window_ms};

/// Lookback windows, whole days: one for everything, others for some channels and for views.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Windows {
    /// Where nothing else is said.
    pub days: i64,
    /// By channel, instead of `days`.
    #[serde(default)]
    pub by_channel: BTreeMap<String, i64>,
    /// For touches that were seen and not clicked: the shorter of this and their channel's window. `None` is the
    /// channel's; 0 leaves views out.
    #[serde(default)]
    pub view_days: Option<i64>,
}

impl Windows {
    /// The same window for every touch.
    #[must_use]
    pub fn of_days(days: i64) -> Self {
        Self { days, by_channel: BTreeMap::new(), view_days: None }
    }

    /// Checks every window.
    ///
    /// # Errors
    /// [`AttributionError::WindowOutOfBounds`].
    pub fn check(&self) -> Result<(), AttributionError> {
        let views = self.view_days.filter(|days| *days != 0);
        for &days in std::iter::once(&self.days).chain(self.by_channel.values()).chain(&views) {
            window_ms(days)?;
        }
        Ok(())
    }

    /// Whether a touch is in the window of an order at `t`, both ends included.
    #[must_use]
    pub fn hold(&self, touch: &Touch, t: i64) -> bool {
        let channel = self.by_channel.get(&touch.channel).copied().unwrap_or(self.days);
        let days = match (touch.kind, self.view_days) {
            (TouchKind::View, Some(0)) => return false,
            (TouchKind::View, Some(views)) => views.min(channel),
            _ => channel,
        };
        let earliest = t.saturating_sub(days.max(0).saturating_mul(DAY_MS));
        (earliest..=t).contains(&touch.t)
    }

    /// The journey before an order: the person's touches that are in their windows.
    #[must_use]
    pub fn journey<'a>(&self, order: &'a Order, touches: &'a Touches) -> Journey<'a> {
        Journey {
            person: &order.person,
            touches: touches.of(&order.person).iter().filter(|touch| self.hold(touch, order.t)).collect(),
            conversion: Some(Conversion { t: order.t, value_minor: order.value_minor }),
        }
    }
}
