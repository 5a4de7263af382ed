//! What exists in an account: campaigns, budgets, ad sets, ads and what they are made of, whichever provider's words
//! they were created with.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What a thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A campaign; Klaviyo's, too.
    Campaign,
    /// Google's budget, which a campaign points to.
    Budget,
    /// Meta's ad set, Google's ad group.
    AdSet,
    /// An ad.
    Ad,
    /// Meta's creative.
    Creative,
    /// An image.
    Image,
    /// Google's keyword or place, at an ad group or a campaign.
    Criterion,
    /// An e-mail template.
    Template,
    /// A campaign's e-mail.
    Message,
    /// A list of recipients.
    List,
    /// A report that is made in the background.
    Report,
}

/// One thing in an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Object {
    /// The provider's id.
    pub id: String,
    /// What it is.
    pub kind: Kind,
    /// The id of what it belongs to; empty at the top.
    pub parent: String,
    /// Its name; empty where the provider has none.
    pub name: String,
    /// When it was switched on or off: UTC ms, in order. Without an entry it is off.
    pub switched: Vec<(i64, bool)>,
    /// Its daily budget from a moment on: UTC ms and micros of the account's currency, in order.
    pub budgets: Vec<(i64, i64)>,
    /// UTC ms.
    pub created_at: i64,
    /// UTC ms.
    pub updated_at: i64,
    /// From when listings show it, UTC ms.
    pub listed_from: i64,
    /// Whether it was deleted; it keeps its history.
    pub removed: bool,
    /// Its other fields, in the provider's words.
    pub body: Map<String, Value>,
}

impl Object {
    /// Whether it is switched on.
    #[must_use]
    pub fn active(&self) -> bool {
        !self.removed && self.switched.last().is_some_and(|(_, on)| *on)
    }

    /// Whether it was switched on at a moment.
    #[must_use]
    pub fn active_at(&self, at: i64) -> bool {
        self.switched.iter().rev().find(|(from, _)| *from <= at).is_some_and(|(_, on)| *on)
    }

    /// Its daily budget in micros; `None` when it has none of its own.
    #[must_use]
    pub fn budget(&self) -> Option<i64> {
        self.budgets.last().map(|(_, micros)| *micros)
    }

    /// Its daily budget at a moment, micros; 0 before the first.
    #[must_use]
    pub fn budget_at(&self, at: i64) -> i64 {
        self.budgets.iter().rev().find(|(from, _)| *from <= at).map_or(0, |(_, micros)| *micros)
    }

    /// A field of its body as text; `""` when it is none.
    #[must_use]
    pub fn text(&self, field: &str) -> &str {
        self.body.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    pub(crate) fn switch(&mut self, on: bool, now: i64) {
        if self.active() != on || self.switched.is_empty() {
            self.switched.push((now, on));
        }
        self.updated_at = now;
    }

    pub(crate) fn set_budget(&mut self, micros: i64, now: i64) {
        if self.budget() != Some(micros) {
            self.budgets.push((now, micros));
        }
        self.updated_at = now;
    }

    pub(crate) fn remove(&mut self, now: i64) {
        self.switch(false, now);
        self.removed = true;
    }

    /// Moves its whole history into the past.
    pub(crate) fn age(&mut self, by_ms: i64) {
        for at in [&mut self.created_at, &mut self.updated_at, &mut self.listed_from] {
            *at -= by_ms;
        }
        self.switched.iter_mut().for_each(|(at, _)| *at -= by_ms);
        self.budgets.iter_mut().for_each(|(at, _)| *at -= by_ms);
    }
}
