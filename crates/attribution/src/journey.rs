//! Touches, orders and the journey cut before each order.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::AttributionError;

pub(crate) const DAY_MS: i64 = 86_400_000;

/// The lookback window nobody chose, in days.
pub const DEFAULT_WINDOW_DAYS: i64 = 30;

/// The longest lookback window, in days.
pub const MAX_WINDOW_DAYS: i64 = 365;

/// A lookback window of whole days, in ms.
///
/// # Errors
/// [`AttributionError::WindowOutOfBounds`] outside 1 to [`MAX_WINDOW_DAYS`].
pub fn window_ms(days: i64) -> Result<i64, AttributionError> {
    if (1..=MAX_WINDOW_DAYS).contains(&days) {
        Ok(days * DAY_MS)
    } else {
        Err(AttributionError::WindowOutOfBounds { found: days, max: MAX_WINDOW_DAYS })
    }
}

/// How a person met a channel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TouchKind {
    /// They came: a click, a visit.
    #[default]
    Click,
    /// They were shown something and did not click.
    View,
}

/// One contact of a person with a channel. The missing fields of a row read as empty or 0.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Touch {
    /// The event's id, unique in its tenant.
    pub id: String,
    /// When, UTC ms.
    pub t: i64,
    /// 1-based number among the visitor's touches; 0 when unknown.
    #[serde(default)]
    pub number: i64,
    /// Channel group, for example `Paid Search`.
    #[serde(default)]
    pub channel: String,
    /// Normalised source.
    #[serde(default)]
    pub source: String,
    /// Normalised medium.
    #[serde(default)]
    pub medium: String,
    /// Campaign.
    #[serde(default)]
    pub campaign: String,
    /// Ad.
    #[serde(default)]
    pub ad: String,
    /// Creative: what the ad showed.
    #[serde(default)]
    pub creative: String,
    /// Keyword, or search term.
    #[serde(default)]
    pub keyword: String,
    /// Seen or clicked.
    #[serde(default)]
    pub kind: TouchKind,
}

/// One conversion: an order of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The purchase event's id, unique in its tenant.
    pub id: String,
    /// Who bought: the key under which [`Touches`] holds this person's touches.
    pub person: String,
    /// When, UTC ms.
    pub t: i64,
    /// Value in minor units of the site's currency; negative values are split as well.
    pub value_minor: i64,
}

/// The touches of many persons, each person's in canonical order: by time, then number, then id; one per id. Whatever
/// order the rows arrived in, the same touches make the same `Touches`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touches(BTreeMap<String, Vec<Touch>>);

impl Touches {
    /// The touches of one person, earliest first; empty when there are none.
    #[must_use]
    pub fn of(&self, person: &str) -> &[Touch] {
        self.0.get(person).map_or(&[], Vec::as_slice)
    }

    /// Every person with touches, in key order.
    pub fn persons(&self) -> impl Iterator<Item = (&str, &[Touch])> {
        self.0.iter().map(|(person, touches)| (person.as_str(), touches.as_slice()))
    }
}

impl FromIterator<(String, Touch)> for Touches {
    fn from_iter<I: IntoIterator<Item = (String, Touch)>>(rows: I) -> Self {
        let mut persons: BTreeMap<String, Vec<Touch>> = BTreeMap::new();
        for (person, touch) in rows {
            persons.entry(person).or_default().push(touch);
        }
        for touches in persons.values_mut() {
            touches.sort_by(|a, b| (a.t, a.number, &a.id).cmp(&(b.t, b.number, &b.id)));
            touches.dedup_by(|a, b| a.id == b.id);
        }
        Self(persons)
    }
}

/// What a journey ended in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conversion {
    /// When, UTC ms.
    pub t: i64,
    /// Value in minor units.
    pub value_minor: i64,
}

/// The touches that led, or did not lead, to an order; earliest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journey<'a> {
    /// Whose.
    pub person: &'a str,
    /// Earliest first.
    pub touches: Vec<&'a Touch>,
    /// The order, or `None` for a journey that did not convert.
    pub conversion: Option<Conversion>,
}

impl<'a> Journey<'a> {
    /// The journey before an order: the person's touches from `window_ms` before it up to its own instant, both
    /// ends included. A touch may stand before several orders of its person; each order looks back on its own.
    #[must_use]
    pub fn before(order: &'a Order, touches: &'a Touches, window_ms: i64) -> Self {
        let earliest = order.t.saturating_sub(window_ms.max(0));
        Self {
            person: &order.person,
            touches: touches.of(&order.person).iter().filter(|touch| (earliest..=order.t).contains(&touch.t)).collect(),
            conversion: Some(Conversion { t: order.t, value_minor: order.value_minor }),
        }
    }

    /// All touches of a person who did not convert.
    #[must_use]
    pub fn without_order(person: &'a str, touches: &'a [Touch]) -> Self {
        Self { person, touches: touches.iter().collect(), conversion: None }
    }
}
