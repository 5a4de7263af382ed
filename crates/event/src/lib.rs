//! The one event model of Adroit.
//!
//! An event walks through three shapes, each made from the one before by a pure function:
//!
//! 1. bytes on the wire → [`wire::parse`] → loose JSON objects with their envelope;
//! 2. [`admit::admit`] → a [`Hit`]: checked, bounded, timed and addressed to a visitor, nothing derived yet.
//!    A hit is what a `204` promises to keep;
//! 3. `enrich::enrich` → an [`Event`]: UTM and referrer normalised, channel, device and bot flag decided. Every sink
//!    stores exactly this struct.
//!
//! Not here: sessions (crate `session`), storage encodings (crate `warehouse`), any clock, randomness or I/O.

pub mod admit;
pub mod channel;
pub mod click_id;
#[cfg(feature = "enrich")]
pub mod device;
#[cfg(feature = "enrich")]
pub mod enrich;
pub mod id;
pub mod instant;
pub mod money;
pub mod signature;
pub mod source;
pub mod wire;

use serde::{Deserialize, Serialize};

/// The event name that opens a page view; only these give a visit a direct touchpoint.
pub const PAGEVIEW: &str = "pageview";
/// The conversion event whose value is revenue.
pub const PURCHASE: &str = "purchase";
/// The event whose value is money given back for an earlier purchase.
pub const REFUND: &str = "refund";

/// Who sent an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// A page, from one of the site's allowed origins.
    Browser,
    /// A server, with the site's signature (or unsigned for the local demo site).
    Server,
}

/// An admitted event: valid, bounded, with its time corrected; raw in everything that rules derive.
///
/// This is the body the Session object stores before a `204` leaves, so its format is pinned by a test. Fields are
/// only ever added, with a default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// The client's event id, or a UUIDv7 made on arrival. Unique within the tenant.
    pub id: String,
    /// Event name, as sent.
    pub event: String,
    /// When it happened, UTC ms, corrected for clock skew.
    pub t: i64,
    /// When the edge took it, UTC ms.
    pub received_at: i64,
    /// Who sent it.
    pub origin: Origin,
    /// The client's anonymous id, `""` if none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub anonymous_id: String,
    /// The shop's own id of a known person, `""` if none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub user_id: String,
    /// Page address as sent.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub url: String,
    /// Referrer as sent.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub referrer: String,
    /// `utm_source` as sent beside the URL.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub utm_source: String,
    /// `utm_medium` as sent beside the URL.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub utm_medium: String,
    /// `utm_campaign` as sent beside the URL.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub utm_campaign: String,
    /// `utm_term` as sent beside the URL.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub utm_term: String,
    /// `utm_content` as sent beside the URL.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub utm_content: String,
    /// Value in minor units of `currency`; 0 if none was sent.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub value_minor: i64,
    /// ISO 4217 code; `""` without a value.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub currency: String,
    /// The shop's order id, `""` if none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub order_id: String,
    /// ISO 3166-1 alpha-2 country from the edge, `""` if unknown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub country: String,
    /// Region name or code from the edge, `""` if unknown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub region: String,
    /// `User-Agent`; derived from and then dropped, never stored.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub user_agent: String,
    /// The consent state the client reported, `""` if none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub consent: String,
    /// Corrections made on admission, comma-separated (see [`admit::flag`]).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub flags: String,
    /// Remaining properties: a JSON object as text.
    #[serde(default = "empty_object")]
    pub props: String,
}

/// What a Session object is asked to keep: one visitor's hits and the rules of the site they came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// Owner of the site.
    pub tenant_id: String,
    /// Site key.
    pub site: String,
    /// The visitor's routing key (see [`admit::visitor_key`]).
    pub visitor: String,
    /// Inactivity that ends a session, ms.
    pub session_timeout_ms: i64,
    /// In arrival order.
    pub hits: Vec<Hit>,
}

/// An event as every sink stores it: field for column. Text is `""`, never absent, so that both engines group alike.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Owner.
    pub tenant_id: String,
    /// Unique within the tenant.
    pub id: String,
    /// Site key.
    pub site: String,
    /// Routing key of the visitor.
    pub visitor: String,
    /// The client's anonymous id.
    pub anonymous_id: String,
    /// The shop's own id of a known person.
    pub user_id: String,
    /// Event name.
    pub event: String,
    /// When it happened, UTC ms.
    pub t: i64,
    /// When the edge took it, UTC ms.
    pub received_at: i64,
    /// `browser` or `server`.
    pub origin: Origin,
    /// Page address, cut to [`admit::MAX_URL`].
    pub url: String,
    /// Host of `url`, lower-case, without `www.`.
    pub host: String,
    /// Path of `url`.
    pub path: String,
    /// Referrer as sent.
    pub referrer: String,
    /// Normalised source of a touch (`google`, `newsletter`, `direct`), `""` when this event is no touch.
    pub source: String,
    /// Normalised medium (`cpc`, `organic`, `none`), `""` when this event is no touch.
    pub medium: String,
    /// Campaign, trimmed, case kept.
    pub campaign: String,
    /// Keyword.
    pub term: String,
    /// Creative.
    pub content: String,
    /// Which click id was found (`gclid`, `fbclid`, …).
    pub click_id_kind: String,
    /// The click id.
    pub click_id: String,
    /// Channel by [`channel::group`], `""` when this event is no touch.
    pub channel: String,
    /// Minor units of `currency`.
    pub value_minor: i64,
    /// ISO 4217.
    pub currency: String,
    /// The shop's order id.
    pub order_id: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Region.
    pub region: String,
    /// `desktop`, `mobile`, `tablet`, `other` or `""`.
    pub device: String,
    /// Browser family.
    pub browser: String,
    /// Operating system family.
    pub os: String,
    /// 1 when the sender says or shows that it is a machine.
    pub bot: u8,
    /// Consent state.
    pub consent: String,
    /// Corrections made, comma-separated.
    pub flags: String,
    /// JSON object as text.
    pub props: String,
    /// Session this event belongs to; `""` until a Session object has assigned it.
    pub session_id: String,
    /// 1 when this event is a touchpoint.
    pub touch: u8,
    /// Place among the visitor's touchpoints, from 1; 0 when it is none.
    pub touch_number: u32,
    /// Of the session assignment; the higher one wins in every sink.
    pub revision: u32,
    /// Hours since 1970-01-01T00:00 on the site's wall clock; filled by the sink writer, who knows the zone.
    pub local_hour: i64,
}

impl Event {
    /// Whether the event carries an acquisition signal of its own (UTM, click id or a foreign referrer).
    #[must_use]
    pub fn has_signal(&self) -> bool {
        !self.source.is_empty()
    }
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands skip_serializing_if a reference; only 64-bit targets mind"
)]
fn is_zero(value: &i64) -> bool {
    *value == 0
}

fn empty_object() -> String {
    "{}".to_owned()
}
