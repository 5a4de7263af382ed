//! Admission: one loose JSON object becomes a [`Hit`] or a [`Rejection`] that names the field.
//!
//! What is checked here is what a `204` promises: identity, name, time, money and size. What rules may later change
//! (UTM, channel, device) is not derived here.

use crate::{Hit, Origin, instant, money};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Longest id of an event, visitor, person or order, characters. Longer ones are refused: a cut id is another id.
pub const MAX_ID: usize = 128;
/// Longest event name, characters.
pub const MAX_NAME: usize = 128;
/// Longest URL or referrer kept, bytes; longer ones are cut and flagged. Browsers cap theirs near 2 KB in practice.
pub const MAX_URL: usize = 4096;
/// Longest free text (UTM values, region), bytes; longer ones are cut and flagged.
pub const MAX_TEXT: usize = 512;
/// Largest property object, bytes of JSON.
pub const MAX_PROPS: usize = 32 * 1024;
/// How far a client's clock may run ahead of ours before it is corrected, ms.
pub const MAX_AHEAD_MS: i64 = 5 * 60_000;

/// Names of the corrections that admission makes and writes into [`Hit::flags`].
pub mod flag {
    /// `ts` was no instant: arrival time is used.
    pub const BAD_TS: &str = "bad_ts";
    /// `ts` lay in the future: arrival time is used.
    pub const FUTURE: &str = "future";
    /// `ts` was moved by the difference between the client's clock and ours.
    pub const SKEW: &str = "skew";
    /// A text was longer than allowed and cut.
    pub const CUT: &str = "cut";
}

/// What the edge knows of a request, beside its body.
#[derive(Debug, Clone)]
pub struct Arrival<'a> {
    /// When the edge took it, UTC ms.
    pub received_at: i64,
    /// The client's clock when it sent, as sent beside the batch.
    pub sent_at: Option<&'a Value>,
    /// Who sent it.
    pub origin: Origin,
    /// `User-Agent`, `""` if none.
    pub user_agent: &'a str,
    /// ISO 3166-1 alpha-2, `""` if unknown.
    pub country: &'a str,
    /// Region, `""` if unknown.
    pub region: &'a str,
    /// `Sec-GPC: 1`: the visitor asks not to have their data shared or sold.
    pub global_privacy_control: bool,
    /// The site's currency, taken where a value comes without one.
    pub site_currency: &'a str,
}

/// Why one event was refused, in words for its sender.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// The field at fault.
    pub field: String,
    /// What was wrong and what to do.
    pub reason: String,
}

impl Rejection {
    fn new(field: &str, reason: impl Into<String>) -> Self {
        Self { field: field.to_owned(), reason: reason.into() }
    }
}

/// An admitted hit and the visitor it belongs to.
#[derive(Debug, Clone, PartialEq)]
pub struct Admitted {
    /// Routing key (see [`visitor_key`]).
    pub visitor: String,
    /// The hit.
    pub hit: Hit,
}

/// The key of the Session object that an event goes to: the client's `sid` as it is; without one the anonymous id
/// behind `a:`, else the user id behind `u:`.
#[must_use]
pub fn visitor_key(sid: &str, anonymous_id: &str, user_id: &str) -> Option<String> {
    match (sid, anonymous_id, user_id) {
        ("", "", "") => None,
        ("", "", user) => Some(format!("u:{user}")),
        ("", anonymous, _) => Some(format!("a:{anonymous}")),
        (sid, _, _) => Some(sid.to_owned()),
    }
}

/// Judges one event. `fresh_id` is used when the client sent none.
///
/// # Errors
/// [`Rejection`] names the first field that made the event unusable.
pub fn admit(event: &Value, arrival: &Arrival<'_>, fresh_id: impl FnOnce() -> String) -> Result<Admitted, Rejection> {
    let Value::Object(object) = event else {
        return Err(Rejection::new("event", "an event must be a JSON object"));
    };
    let mut flags = Flags::default();

    let name = text(object, "event")?.unwrap_or_default();
    if name.is_empty() {
        return Err(Rejection::new(
            "event",
            "is missing: name what happened, for example \"pageview\" or \"purchase\"",
        ));
    }
    bounded("event", &name, MAX_NAME)?;

    let id = identifier(object, "id")?;
    let sid = identifier(object, "sid")?;
    let anonymous_id = identifier(object, "anonymous_id")?;
    let user_id = identifier(object, "user_id")?;
    let visitor = visitor_key(&sid, &anonymous_id, &user_id).ok_or_else(|| {
        Rejection::new("sid", "is missing: send the visitor's sid, or an anonymous_id or user_id in its place")
    })?;

    let t = event_time(object, arrival, &mut flags);
    let sent_props = object.get("props").and_then(Value::as_object);
    let (value_minor, currency) = match amount(object, arrival.site_currency)? {
        Some(amount) => amount,
        // The pixel's `send(event, props)` carries money inside props; a `value` there that is no money is just a
        // property.
        None => sent_props
            .and_then(|props| amount(props, arrival.site_currency).ok().flatten())
            .unwrap_or((0, String::new())),
    };
    let order_id = match identifier(object, "order_id")? {
        order if order.is_empty() => sent_props.map_or(Ok(order), |props| identifier(props, "order_id"))?,
        order => order,
    };
    let consent = consent(object, arrival);
    let props = properties(object)?;

    let mut cut_text = |field: &str, max: usize| -> Result<String, Rejection> {
        let mut value = text(object, field)?.unwrap_or_default();
        if cut(&mut value, max) {
            flags.add(flag::CUT);
        }
        Ok(value)
    };
    // A server reports its visitor's browser and place; its own would be wrong. A page cannot: the edge sees it.
    let edge = |field: &str, seen: &str| -> Result<String, Rejection> {
        let mut value = match arrival.origin {
            Origin::Browser => seen.to_owned(),
            Origin::Server => text(object, field)?.unwrap_or_default(),
        };
        cut(&mut value, MAX_TEXT);
        Ok(value)
    };
    let hit = Hit {
        id: if id.is_empty() { fresh_id() } else { id },
        event: name,
        t,
        received_at: arrival.received_at,
        origin: arrival.origin,
        anonymous_id,
        user_id,
        url: cut_text("url", MAX_URL)?,
        referrer: cut_text("ref", MAX_URL)?,
        utm_source: cut_text("utm_source", MAX_TEXT)?,
        utm_medium: cut_text("utm_medium", MAX_TEXT)?,
        utm_campaign: cut_text("utm_campaign", MAX_TEXT)?,
        utm_term: cut_text("utm_term", MAX_TEXT)?,
        utm_content: cut_text("utm_content", MAX_TEXT)?,
        value_minor,
        currency,
        order_id,
        country: edge("country", arrival.country)?,
        region: edge("region", arrival.region)?,
        user_agent: edge("user_agent", arrival.user_agent)?,
        consent,
        props,
        flags: flags.0,
    };
    Ok(Admitted { visitor, hit })
}

/// The time rule: what the client's clock says, moved by that clock's error where `sent_at` reveals it
/// (`ts + (received − sent_at)`), and never later than arrival.
///
/// Source of the correction: the `timestamp = receivedAt − (sentAt − originalTimestamp)` rule of the Segment spec.
fn event_time(object: &Map<String, Value>, arrival: &Arrival<'_>, flags: &mut Flags) -> i64 {
    let received_at = arrival.received_at;
    let Some(ts) = object.get("ts").filter(|ts| !ts.is_null()) else {
        return received_at;
    };
    let Some(mut t) = instant::parse(ts) else {
        flags.add(flag::BAD_TS);
        return received_at;
    };
    let sent_at = object.get("sent_at").or(arrival.sent_at).and_then(instant::parse);
    if let Some(sent_at) = sent_at {
        let ahead = sent_at - received_at;
        // Below the threshold the difference is as likely the network's as the clock's.
        if ahead.abs() > MAX_AHEAD_MS {
            t -= ahead;
            flags.add(flag::SKEW);
        }
    }
    if t > received_at {
        if t - received_at > MAX_AHEAD_MS {
            flags.add(flag::FUTURE);
        }
        t = received_at;
    }
    t.max(0)
}

/// `value` and `currency` as minor units and ISO 4217 code; `None` without a value.
fn amount(object: &Map<String, Value>, site_currency: &str) -> Result<Option<(i64, String)>, Rejection> {
    let value = object.get("value").filter(|value| !value.is_null());
    let code = text(object, "currency")?.filter(|code| !code.is_empty());
    let code = match &code {
        Some(code) => money::currency(code).ok_or_else(|| {
            Rejection::new("currency", format!("`{code}` is no ISO 4217 code: send for example \"EUR\""))
        })?,
        None => site_currency,
    };
    let Some(value) = value else {
        return Ok(None);
    };
    let minor = money::minor_units(value, code).ok_or_else(|| {
        Rejection::new("value", "must be a decimal amount in major units, such as 129.0 or \"129.00\"")
    })?;
    Ok(Some((minor, code.to_owned())))
}

fn consent(object: &Map<String, Value>, arrival: &Arrival<'_>) -> String {
    let mut state = match object.get("consent") {
        Some(Value::String(state)) => state.trim().to_owned(),
        Some(Value::Bool(true)) => "granted".to_owned(),
        Some(Value::Bool(false)) => "denied".to_owned(),
        _ => String::new(),
    };
    cut(&mut state, 32);
    if state.is_empty() && arrival.global_privacy_control {
        "gpc".clone_into(&mut state);
    }
    state
}

/// `props` and whatever stands beside the known fields: a shop's own fields are kept, not dropped.
fn properties(object: &Map<String, Value>) -> Result<String, Rejection> {
    const KNOWN: [&str; 23] = [
        "event",
        "id",
        "ts",
        "sent_at",
        "site",
        "sid",
        "anonymous_id",
        "user_id",
        "url",
        "ref",
        "utm_source",
        "utm_medium",
        "utm_campaign",
        "utm_term",
        "utm_content",
        "value",
        "currency",
        "order_id",
        "consent",
        "props",
        "user_agent",
        "country",
        "region",
    ];
    let mut props = match object.get("props") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(props)) => props.clone(),
        Some(_) => return Err(Rejection::new("props", "must be a JSON object")),
    };
    for (key, value) in object {
        if !KNOWN.contains(&key.as_str()) && !props.contains_key(key) {
            props.insert(key.clone(), value.clone());
        }
    }
    let json = Value::Object(props).to_string();
    if json.len() > MAX_PROPS {
        return Err(Rejection::new(
            "props",
            format!("has {} bytes of JSON, at most {MAX_PROPS} are taken", json.len()),
        ));
    }
    Ok(json)
}

/// A text field: absent and null are `None`, a number is taken by its digits, anything else is refused.
fn text(object: &Map<String, Value>, field: &str) -> Result<Option<String>, Rejection> {
    match object.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(value)) => Ok(Some(value.trim().replace('\0', ""))),
        Some(Value::Number(value)) => Ok(Some(value.to_string())),
        Some(_) => Err(Rejection::new(field, "must be text")),
    }
}

fn identifier(object: &Map<String, Value>, field: &str) -> Result<String, Rejection> {
    let value = text(object, field)?.unwrap_or_default();
    bounded(field, &value, MAX_ID)?;
    Ok(value)
}

fn bounded(field: &str, value: &str, max: usize) -> Result<(), Rejection> {
    let found = value.chars().count();
    if found > max {
        return Err(Rejection::new(field, format!("has {found} characters, at most {max} are taken")));
    }
    Ok(())
}

/// Cuts at a character boundary; says whether anything was lost.
fn cut(value: &mut String, max: usize) -> bool {
    if value.len() <= max {
        return false;
    }
    let end = (0..=max).rev().find(|end| value.is_char_boundary(*end)).unwrap_or(0);
    value.truncate(end);
    true
}

#[derive(Default)]
struct Flags(String);

impl Flags {
    fn add(&mut self, flag: &str) {
        if self.0.split(',').any(|seen| seen == flag) {
            return;
        }
        if !self.0.is_empty() {
            self.0.push(',');
        }
        self.0.push_str(flag);
    }
}

#[cfg(test)]
mod tests {
    use super::{Admitted, Arrival, MAX_URL, Rejection, admit};
    use crate::Origin;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    const NOW: i64 = 1_793_059_200_000;

    fn arrival() -> Arrival<'static> {
        Arrival {
            received_at: NOW,
            sent_at: None,
            origin: Origin::Browser,
            user_agent: "",
            country: "DE",
            region: "",
            global_privacy_control: false,
            site_currency: "EUR",
        }
    }

    fn judge(event: &Value) -> Result<Admitted, Rejection> {
        admit(event, &arrival(), || "fresh".to_owned())
    }

    fn refused_field(event: &Value) -> String {
        judge(event).unwrap_err().field
    }

    #[test]
    fn the_documented_pixel_body_is_admitted_as_it_is() {
        let body = json!({"event": "pageview", "ts": "2026-10-26T23:59:59.000Z", "url": "https://shop.test/a",
            "ref": "", "sid": "s-1", "utm_source": "google", "utm_medium": null, "utm_campaign": null, "props": {}});
        let Admitted { visitor, hit } = judge(&body).unwrap();
        assert_eq!((visitor.as_str(), hit.id.as_str(), hit.t), ("s-1", "fresh", NOW - 1000));
        assert_eq!((hit.utm_source.as_str(), hit.utm_medium.as_str(), hit.country.as_str()), ("google", "", "DE"));
    }

    #[test]
    fn the_documented_server_purchase_is_admitted_as_it_is() {
        let body = json!({"event": "purchase", "sid": "s-1", "value": 129.0, "currency": "EUR"});
        let hit = judge(&body).unwrap().hit;
        assert_eq!((hit.value_minor, hit.currency.as_str(), hit.t), (12_900, "EUR", NOW));
    }

    #[test]
    fn a_value_without_a_currency_is_in_the_sites() {
        let hit = judge(&json!({"event": "purchase", "sid": "s", "value": "5"})).unwrap().hit;
        assert_eq!((hit.value_minor, hit.currency.as_str()), (500, "EUR"));
    }

    #[test]
    fn money_inside_props_counts_and_what_is_no_money_stays_a_property() {
        let hit =
            judge(&json!({"event": "purchase", "sid": "s", "props": {"value": 9.9, "currency": "usd"}})).unwrap().hit;
        assert_eq!((hit.value_minor, hit.currency.as_str()), (990, "USD"));
        let hit = judge(&json!({"event": "colour", "sid": "s", "props": {"value": "blue"}})).unwrap().hit;
        assert_eq!((hit.value_minor, hit.currency.as_str()), (0, ""));
    }

    #[test]
    fn a_server_tells_its_visitors_browser_and_a_page_cannot() {
        let event = json!({"event": "x", "sid": "s", "user_agent": "told", "country": "FR"});
        let page = judge(&event).unwrap().hit;
        assert_eq!((page.user_agent.as_str(), page.country.as_str()), ("", "DE"));
        let server = Arrival { origin: Origin::Server, user_agent: "curl/8", ..arrival() };
        let hit = admit(&event, &server, String::new).unwrap().hit;
        assert_eq!((hit.user_agent.as_str(), hit.country.as_str()), ("told", "FR"));
    }

    #[test]
    fn every_refusal_names_its_field() {
        for (event, field) in [
            (json!(7), "event"),
            (json!({"sid": "s"}), "event"),
            (json!({"event": ["x"], "sid": "s"}), "event"),
            (json!({"event": "x".repeat(129), "sid": "s"}), "event"),
            (json!({"event": "x"}), "sid"),
            (json!({"event": "x", "sid": "s".repeat(129)}), "sid"),
            (json!({"event": "x", "sid": "s", "id": {}}), "id"),
            (json!({"event": "x", "sid": "s", "value": "12,50"}), "value"),
            (json!({"event": "x", "sid": "s", "value": 1, "currency": "EURO"}), "currency"),
            (json!({"event": "x", "sid": "s", "props": []}), "props"),
            (json!({"event": "x", "sid": "s", "props": {"a": "x".repeat(40_000)}}), "props"),
            (json!({"event": "x", "sid": "s", "url": true}), "url"),
        ] {
            assert_eq!(refused_field(&event), field, "{event}");
        }
    }

    #[test]
    fn without_a_sid_the_next_best_id_addresses_the_visitor() {
        let visitor = |event: Value| judge(&event).unwrap().visitor;
        assert_eq!(visitor(json!({"event": "x", "anonymous_id": "a", "user_id": "u"})), "a:a");
        assert_eq!(visitor(json!({"event": "x", "user_id": 42})), "u:42");
    }

    #[test]
    fn a_clock_that_runs_ahead_is_corrected_by_sent_at() {
        let hour = 3_600_000;
        let event = json!({"event": "x", "sid": "s", "ts": NOW + hour - 60_000, "sent_at": NOW + hour});
        let hit = judge(&event).unwrap().hit;
        assert_eq!((hit.t, hit.flags.as_str()), (NOW - 60_000, "skew"));
    }

    #[test]
    fn old_times_stand_future_and_bad_ones_fall_back_to_arrival() {
        for (ts, t, flags) in [
            (json!(930_218_797_000_i64), 930_218_797_000, ""),
            (json!(NOW + 1000), NOW, ""),
            (json!(NOW + 600_000), NOW, "future"),
            (json!("soon"), NOW, "bad_ts"),
            (json!(null), NOW, ""),
        ] {
            let hit = judge(&json!({"event": "x", "sid": "s", "ts": ts})).unwrap().hit;
            assert_eq!((hit.t, hit.flags.as_str()), (t, flags), "{ts}");
        }
    }

    #[test]
    fn unknown_fields_and_order_ids_are_kept() {
        let hit = judge(&json!({"event": "x", "sid": "s", "coupon": "A", "props": {"order_id": 1001}})).unwrap().hit;
        assert_eq!((hit.props.as_str(), hit.order_id.as_str()), (r#"{"coupon":"A","order_id":1001}"#, "1001"));
    }

    #[test]
    fn a_long_url_is_cut_between_characters_and_flagged() {
        let hit = judge(&json!({"event": "x", "sid": "s", "url": "ä".repeat(MAX_URL)})).unwrap().hit;
        assert_eq!((hit.url.len(), hit.flags.as_str()), (MAX_URL, "cut"));
    }

    #[test]
    fn the_stored_format_is_pinned() {
        let hit = judge(&json!({"event": "purchase", "id": "e1", "sid": "s", "value": 1.5})).unwrap().hit;
        assert_eq!(
            serde_json::to_string(&hit).unwrap(),
            r#"{"id":"e1","event":"purchase","t":1793059200000,"received_at":1793059200000,"origin":"browser","value_minor":150,"currency":"EUR","country":"DE","props":"{}"}"#
        );
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,20}".prop_map(Value::from),
        ];
        leaf.prop_recursive(2, 16, 6, |inner| {
            let key = prop_oneof![
                Just("event".to_owned()),
                Just("sid".to_owned()),
                Just("ts".to_owned()),
                Just("value".to_owned()),
                Just("currency".to_owned()),
                Just("props".to_owned()),
                Just("sent_at".to_owned()),
                ".{0,4}",
            ];
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map(key, inner, 0..8).prop_map(|m| Value::Object(m.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_json_is_judged_without_panic_and_never_lies_in_the_future(event in any_json()) {
            if let Ok(admitted) = judge(&event) {
                prop_assert!(admitted.hit.t <= NOW);
            }
        }
    }
}
