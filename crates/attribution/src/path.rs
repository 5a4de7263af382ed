//! Journeys as paths of channels: what aggregated files hold, and what the data-driven models learn from.
//!
//! A path is read, handed to one or more [`Tally`]s and forgotten; only counts stay. Channels are numbered as they are
//! first met, so a path is a few small numbers.

use std::collections::BTreeMap;
use std::fmt;

use rustc_hash::FxHashMap;
use serde::Serialize;

use crate::{AttributionError, Journey, Order, Touch, Touches, credit::by_time};

/// What stands between two channels of a path in text.
pub const SEPARATOR: &str = " > ";

/// Most channels (or campaigns, ads, keywords: whatever a path is made of) that are told apart.
pub const MAX_CHANNELS: usize = 65_000;

/// The number of a channel, from 0 in the order of first appearance.
pub type ChannelId = u16;

/// The channels met so far, by name and number.
#[derive(Debug, Clone, Default)]
pub struct Channels {
    names: Vec<String>,
    ids: FxHashMap<String, ChannelId>,
}

impl Channels {
    /// The number of a channel; a new one if it was not met before.
    ///
    /// # Errors
    /// [`AttributionError::TooManyChannels`] beyond [`MAX_CHANNELS`].
    pub fn id(&mut self, name: &str) -> Result<ChannelId, AttributionError> {
        if let Some(&id) = self.ids.get(name) {
            return Ok(id);
        }
        let too_many = AttributionError::TooManyChannels { max: MAX_CHANNELS };
        if self.names.len() >= MAX_CHANNELS {
            return Err(too_many);
        }
        let id = ChannelId::try_from(self.names.len()).map_err(|_| too_many)?;
        self.names.push(name.to_owned());
        self.ids.insert(name.to_owned(), id);
        Ok(id)
    }

    /// The name of a number; empty for a number that was never given.
    #[must_use]
    pub fn name(&self, id: ChannelId) -> &str {
        self.names.get(usize::from(id)).map_or("", String::as_str)
    }

    /// All names, in the order of their numbers.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Reads a path in text, `Email > Direct > Email`, into `path`, which is emptied first. Blanks around a name do not
    /// count; a text of blanks is a path without touches.
    ///
    /// # Errors
    /// [`AttributionError::TooManyChannels`].
    pub fn read(&mut self, text: &str, path: &mut Vec<ChannelId>) -> Result<(), AttributionError> {
        path.clear();
        if text.trim().is_empty() {
            return Ok(());
        }
        for name in text.split(SEPARATOR) {
            path.push(self.id(name.trim())?);
        }
        Ok(())
    }
}

/// One path: the channels met, earliest first.
#[derive(Debug, Clone, Copy)]
pub struct Path<'a> {
    /// Where the numbers come from.
    pub channels: &'a Channels,
    /// The touches.
    pub touches: &'a [ChannelId],
}

/// How the journeys of one path ended. Counts may be fractions; value is in any one unit, which the credits keep.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Outcome {
    /// Journeys that ended in a conversion.
    pub conversions: f64,
    /// What those were worth together.
    pub value: f64,
    /// Journeys that ended without one.
    pub nulls: f64,
}

impl Outcome {
    /// Checks that counts are finite and not negative, and the value finite.
    ///
    /// # Errors
    /// [`AttributionError::BadCount`], which names the field.
    pub fn check(self) -> Result<Self, AttributionError> {
        for (field, found) in [("total_conversions", self.conversions), ("total_null", self.nulls)] {
            if !(0.0..f64::INFINITY).contains(&found) {
                return Err(AttributionError::BadCount { field, found });
            }
        }
        if !self.value.is_finite() {
            return Err(AttributionError::BadCount { field: "total_conversion_value", found: self.value });
        }
        Ok(self)
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            conversions: self.conversions + other.conversions,
            value: self.value + other.value,
            nulls: self.nulls + other.nulls,
        }
    }
}

/// The paths of orders and of what no order followed: what the data-driven models count.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Paths {
    /// One for each order with a touch, by time.
    pub converted: Vec<(Vec<ChannelId>, Outcome)>,
    /// How often each path led to nothing. Equal ones are one: nothing but their number matters.
    pub nulls: BTreeMap<Vec<ChannelId>, f64>,
    /// Orders that no touch led to: nobody's merit.
    pub untouched: Outcome,
}

impl Paths {
    /// Cuts `touches` into paths. `key` names what a touch counts for; an order looks back `window_ms`; touches before
    /// `since`, UTC ms, count for the orders they led to and for nothing else.
    ///
    /// # Errors
    /// [`AttributionError::TooManyChannels`].
    pub fn of(
        orders: &[Order],
        touches: &Touches,
        key: impl Fn(&Touch) -> String,
        window_ms: i64,
        since: i64,
        channels: &mut Channels,
    ) -> Result<Self, AttributionError> {
        let mut path_of = |journey: &[&Touch]| -> Result<Vec<ChannelId>, AttributionError> {
            journey.iter().map(|touch| channels.id(&key(touch))).collect()
        };
        let sorted = by_time(orders);
        let mut paths = Self::default();
        for order in &sorted {
            let path = path_of(&Journey::before(order, touches, window_ms).touches)?;
            let outcome = Outcome { conversions: 1.0, value: order.value_minor as f64, nulls: 0.0 };
            if path.is_empty() {
                paths.untouched = paths.untouched.plus(outcome);
            } else {
                paths.converted.push((path, outcome));
            }
        }
        for journey in without_order(&sorted, touches, since) {
            *paths.nulls.entry(path_of(&journey)?).or_default() += 1.0;
        }
        Ok(paths)
    }

    /// Hands all of them to a model.
    ///
    /// # Errors
    /// The model's limits are exceeded.
    pub fn count(&self, channels: &Channels, tally: &mut impl Tally) -> Result<(), AttributionError> {
        let lost = self.nulls.iter().map(|(path, count)| (path, Outcome { nulls: *count, ..Outcome::default() }));
        for (touches, outcome) in self.converted.iter().map(|(path, outcome)| (path, *outcome)).chain(lost) {
            tally.add(Path { channels, touches }, outcome)?;
        }
        Ok(())
    }
}

/// The touches of the range that no order of the range followed, by person.
fn without_order<'a>(orders: &[&'a Order], touches: &'a Touches, since: i64) -> Vec<Vec<&'a Touch>> {
    let mut last: BTreeMap<&str, i64> = BTreeMap::new();
    for order in orders {
        let t = last.entry(&order.person).or_insert(order.t);
        *t = order.t.max(*t);
    }
    let of = |(person, touches): (&'a str, &'a [Touch])| -> Vec<&'a Touch> {
        let after = last.get(person);
        touches.iter().filter(|touch| touch.t >= since && after.is_none_or(|t| touch.t > *t)).collect()
    };
    touches.persons().map(of).filter(|left| !left.is_empty()).collect()
}

/// What one channel is credited with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct ChannelCredit {
    /// Conversions, in fractions.
    pub conversions: f64,
    /// Value, in the unit the paths came in.
    pub value: f64,
}

/// A model that counts journeys as they come and answers at the end. Memory depends on the variety of what it counts,
/// not on the number of journeys.
pub trait Tally: fmt::Debug {
    /// Counts the journeys of one path. A path without touches is nobody's merit and adds nothing.
    ///
    /// # Errors
    /// The model's limits are exceeded.
    fn add(&mut self, path: Path<'_>, outcome: Outcome) -> Result<(), AttributionError>;

    /// What each channel is credited with, by number. Channels with numbers beyond the list are credited with nothing.
    ///
    /// # Errors
    /// The model cannot answer for what it counted.
    fn credits(&self) -> Result<Vec<ChannelCredit>, AttributionError>;
}

/// The entry of a channel, with the list made long enough to hold it.
pub(crate) fn entry<T: Clone + Default>(list: &mut Vec<T>, at: usize) -> Option<&mut T> {
    if list.len() <= at {
        list.resize(at + 1, T::default());
    }
    list.get_mut(at)
}
