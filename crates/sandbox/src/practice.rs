//! Our own API; the crate's documentation describes it.

use crate::dice::hash;
use crate::http::{Fields, Request, Response};
use crate::limit::Window;
use crate::market::{self, Figures};
use crate::oauth::Refused;
use crate::object::{Kind, Object};
use crate::world::{NewObject, World};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use calendar::{format_day, parse_day};
use campaign::ChannelType;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// What the header `adroit-version` must say.
const VERSION: &str = "2026-11";

const LIMITS: [Window; 2] =
    [Window { name: "second", limit: 20, span_ms: 1_000 }, Window { name: "minute", limit: 600, span_ms: 60_000 }];

struct Refusal {
    status: u16,
    code: &'static str,
    message: String,
    field: String,
}

type Outcome<T> = Result<T, Refusal>;

fn refuse<T>(status: u16, code: &'static str, field: &str, message: impl Into<String>) -> Outcome<T> {
    Err(Refusal { status, code, field: field.to_owned(), message: message.into() })
}

fn invalid<T>(field: &str, message: impl Into<String>) -> Outcome<T> {
    refuse(400, "invalid", field, message)
}

pub(crate) fn answer(world: &mut World, request: &Request, now: i64) -> Response {
    let request_id = format!("req_{:012x}", world.account.requests);
    let response = match admit(world, request, now) {
        Err(refusal) if refusal.status == 429 => limited(refusal.message.parse().unwrap_or(1_000)),
        Err(refusal) => refused(&refusal, &request_id),
        Ok(standing) => {
            let response = match route(world, request, now) {
                Ok((status, body)) => Response::json(status, &body),
                Err(refusal) => refused(&refusal, &request_id),
            };
            response
                .header("x-ratelimit-limit", &standing.limit.to_string())
                .header("x-ratelimit-remaining", &standing.remaining.to_string())
                .header("x-ratelimit-reset-ms", &standing.reset_ms.to_string())
        }
    };
    response.header("x-request-id", &request_id)
}

fn refused(refusal: &Refusal, request_id: &str) -> Response {
    let error =
        json!({"code": refusal.code, "message": refusal.message, "field": refusal.field, "request_id": request_id});
    Response::json(refusal.status, &json!({"error": error}))
}

pub(crate) fn limited(wait_ms: i64) -> Response {
    let seconds = (wait_ms + 999) / 1_000;
    let message = format!("Too many requests. Try again in {seconds} s.");
    Response::json(429, &json!({"error": {"code": "rate_limited", "message": message, "field": "", "request_id": ""}}))
        .header("retry-after", &seconds.to_string())
}

pub(crate) fn broken() -> Response {
    let message = "Something went wrong on our side.";
    Response::json(500, &json!({"error": {"code": "internal", "message": message, "field": "", "request_id": ""}}))
}

fn admit(world: &mut World, request: &Request, now: i64) -> Outcome<crate::limit::Standing> {
    match request.get_header("adroit-version") {
        Some(VERSION) => {}
        Some(other) => {
            return refuse(
                426,
                "version_gone",
                "adroit-version",
                format!("Version {other} is not spoken here; {VERSION} is."),
            );
        }
        None => {
            return invalid(
                "adroit-version",
                format!("The header adroit-version is missing; {VERSION} is spoken here."),
            );
        }
    }
    match world.admit(request, now) {
        Ok(()) => {}
        Err(Refused::Expired) => return refuse(401, "token_expired", "", "The access token has expired. Refresh it."),
        Err(Refused::Missing | Refused::Unknown) => {
            return refuse(401, "unauthenticated", "", "Send `Authorization: Bearer` with an access token.");
        }
    }
    world.touch("meters", "");
    let standing = world.meters.count("requests", &LIMITS, 1, now);
    if standing.allowed { Ok(standing) } else { refuse(429, "rate_limited", "", standing.reset_ms.to_string()) }
}

fn route(world: &mut World, request: &Request, now: i64) -> Outcome<(u16, Value)> {
    let segments = request.segments();
    let fields = request.fields();
    let (account, method, path) = match (request.method.as_str(), segments.as_slice()) {
        ("GET", ["v1", "accounts"]) => {
            let reached = world.account.reached();
            let shown: Vec<Value> = reached
                .iter()
                .map(|account| {
                    json!({
                        "id": account.number, "name": account.name, "currency": account.currency,
                        "time_zone": account.time_zone, "status": "open",
                    })
                })
                .collect();
            return Ok((200, json!({"accounts": shown})));
        }
        (method, ["v1", "accounts", account, path @ ..]) => (*account, method, path),
        _ => return refuse(404, "not_found", "", "There is nothing at this address."),
    };
    if account != world.account.number {
        return refuse(404, "not_found", "account", format!("There is no account `{account}` for this token."));
    }
    let (collection, rest) = path.split_first().unwrap_or((&"", &[]));
    if (method, *collection, rest) == ("GET", "insights", &[]) {
        return insights(world, &fields, now);
    }
    let Some(kind) = kind(collection) else {
        return refuse(404, "not_found", "", format!("There is no collection `{collection}`."));
    };
    match (method, rest) {
        ("GET", []) => list(world, kind, &fields, now),
        ("POST", []) => create(world, kind, &body(request)?, now),
        ("GET", [id]) => find(world, kind, id).map(|object| (200, show(world, object))),
        ("PATCH", [id]) => update(world, kind, id, &body(request)?, now),
        ("DELETE", [id]) => {
            find(world, kind, id)?;
            if let Some(object) = world.object_mut(id) {
                object.remove(now);
            }
            Ok((200, json!({"id": id, "removed": true})))
        }
        _ => refuse(404, "not_found", "", "There is nothing at this address for this method."),
    }
}

fn kind(collection: &str) -> Option<Kind> {
    Some(match collection {
        "campaigns" => Kind::Campaign,
        "ad_sets" => Kind::AdSet,
        "ads" => Kind::Ad,
        "images" => Kind::Image,
        _ => return None,
    })
}

const fn prefix(kind: Kind) -> &'static str {
    match kind {
        Kind::Campaign => "cmp",
        Kind::AdSet => "set",
        Kind::Ad => "ad",
        _ => "img",
    }
}

fn body(request: &Request) -> Outcome<Map<String, Value>> {
    match serde_json::from_slice(&request.body) {
        Ok(Value::Object(body)) => Ok(body),
        Ok(_) => invalid("", "The body must be a JSON object."),
        Err(error) => invalid("", format!("The body is not JSON: {error}.")),
    }
}

fn find<'a>(world: &'a World, kind: Kind, id: &str) -> Outcome<&'a Object> {
    match world.object(kind, id) {
        Some(object) => Ok(object),
        None => refuse(404, "not_found", "id", format!("There is no such thing as `{id}` here.")),
    }
}

/// Takes what is right out of a body into an object's parts; what is not known is refused by name.
struct Input {
    name: Option<String>,
    active: Option<bool>,
    budget_minor: Option<i64>,
    parent: Option<String>,
    body: Map<String, Value>,
}

fn input(kind: Kind, fields: &Map<String, Value>, currency: &str) -> Outcome<Input> {
    let mut input = Input { name: None, active: None, budget_minor: None, parent: None, body: Map::new() };
    for (field, value) in fields {
        match (kind, field.as_str()) {
            (_, "name") => match value.as_str().map(str::trim) {
                Some(name) if (1..=255).contains(&name.chars().count()) => input.name = Some(name.to_owned()),
                _ => return invalid(field, "`name` must be a text of 1 to 255 characters."),
            },
            (Kind::Campaign | Kind::AdSet | Kind::Ad, "status") => {
                input.active = Some(match value.as_str() {
                    Some("active") => true,
                    Some("paused") => false,
                    _ => return invalid(field, "`status` must be `active` or `paused`."),
                });
            }
            (Kind::AdSet, "budget_daily") => match value.as_i64() {
                Some(minor) if (100..=1_000_000_000).contains(&minor) => input.budget_minor = Some(minor),
                _ => return invalid(field, "`budget_daily` must be a whole number of minor units, at least 100."),
            },
            (Kind::AdSet, "campaign_id") | (Kind::Ad, "ad_set_id") => match value.as_str() {
                Some(id) => input.parent = Some(id.to_owned()),
                None => return invalid(field, format!("`{field}` must be an id.")),
            },
            (Kind::Campaign, "objective") => {
                if !matches!(value.as_str(), Some("sales" | "leads" | "traffic" | "awareness")) {
                    return invalid(field, "`objective` must be `sales`, `leads`, `traffic` or `awareness`.");
                }
                input.body.insert(field.clone(), value.clone());
            }
            (Kind::Campaign, "budget_total") | (Kind::Campaign | Kind::AdSet, "start_at" | "end_at") => {
                if !(value.is_null() || value.as_i64().is_some_and(|number| number > 0)) {
                    return invalid(field, format!("`{field}` must be a positive whole number or null."));
                }
                input.body.insert(field.clone(), value.clone());
            }
            (Kind::Campaign, "currency") => match value.as_str() {
                Some(code) if code == currency => {}
                _ => return invalid(field, format!("`currency` must be the account's, {currency}.")),
            },
            (Kind::AdSet, "bid_strategy") | (Kind::Image, "media_type") if value.is_string() => {
                input.body.insert(field.clone(), value.clone());
            }
            (Kind::AdSet, "audience") | (Kind::Ad, "creative") if value.is_object() => {
                input.body.insert(field.clone(), value.clone());
            }
            (Kind::AdSet, "placements") if value.is_array() => {
                input.body.insert(field.clone(), value.clone());
            }
            (Kind::Image, "data") if value.is_string() => {
                input.body.insert(field.clone(), value.clone());
            }
            _ => return invalid(field, format!("`{field}` is not known here, or is of the wrong type.")),
        }
    }
    Ok(input)
}

fn create(world: &mut World, kind: Kind, fields: &Map<String, Value>, now: i64) -> Outcome<(u16, Value)> {
    let mut input = input(kind, fields, &world.account.currency)?;
    let Some(name) = input.name else {
        return invalid("name", "`name` is missing.");
    };
    let parent = input.parent.unwrap_or_default();
    match kind {
        Kind::Campaign if !input.body.contains_key("objective") => {
            return invalid("objective", "`objective` is missing.");
        }
        Kind::AdSet => {
            if world.object(Kind::Campaign, &parent).is_none() {
                return invalid("campaign_id", "`campaign_id` names no campaign of this account.");
            }
            if input.budget_minor.is_none() {
                return invalid("budget_daily", "`budget_daily` is missing.");
            }
        }
        Kind::Ad => {
            if world.object(Kind::AdSet, &parent).is_none() {
                return invalid("ad_set_id", "`ad_set_id` names no ad set of this account.");
            }
            creative(world, &input.body)?;
        }
        Kind::Image => return image(world, &name, input.body.get("data").and_then(Value::as_str), now),
        _ => {}
    }
    bounds(world, &mut input.body);
    let number = world.next_number();
    let id = format!("{}_{:012x}", prefix(kind), hash(&format!("{}/{number}", world.account.number)) >> 16);
    let micros = input.budget_minor.map(|minor| minor * world.micros_per_minor());
    let new = NewObject {
        id: &id,
        kind,
        parent: &parent,
        name: &name,
        active: input.active.unwrap_or(false),
        budget_micros: micros,
        body: input.body,
    };
    world.create(new, now);
    find(world, kind, &id).map(|object| (201, show(world, object)))
}

/// What the market reads, beside what the caller wrote.
fn bounds(world: &World, body: &mut Map<String, Value>) {
    for (theirs, ours) in [("start_at", "starts_at"), ("end_at", "ends_at")] {
        match body.get(theirs).and_then(Value::as_i64) {
            Some(at) => drop(body.insert(ours.to_owned(), json!(at))),
            None if body.contains_key(theirs) => drop(body.remove(ours)),
            None => {}
        }
    }
    if let Some(total) = body.get("budget_total") {
        let micros = total.as_i64().unwrap_or(0) * world.micros_per_minor();
        body.insert("spend_limit_micros".to_owned(), json!(micros));
    }
}

fn creative(world: &World, body: &Map<String, Value>) -> Outcome<()> {
    let Some(creative) = body.get("creative").and_then(Value::as_object) else {
        return invalid("creative", "`creative` is missing: an ad has something to show.");
    };
    let link = creative.get("link").and_then(Value::as_str).unwrap_or_default();
    if !url::Url::parse(link).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
        return invalid("creative.link", "`creative.link` must be an absolute http or https address.");
    }
    for image in creative.get("image_ids").and_then(Value::as_array).into_iter().flatten() {
        if world.object(Kind::Image, image.as_str().unwrap_or_default()).is_none() {
            return invalid("creative.image_ids", format!("{image} is no image of this account."));
        }
    }
    Ok(())
}

fn image(world: &mut World, name: &str, data: Option<&str>, now: i64) -> Outcome<(u16, Value)> {
    let Some(bytes) = data.and_then(|data| STANDARD.decode(data).ok()).filter(|bytes| !bytes.is_empty()) else {
        return invalid("data", "`data` must be the image's bytes in base64.");
    };
    let id = format!("img_{}", hex::encode(Sha256::digest(&bytes)).get(..24).unwrap_or_default());
    if world.object(Kind::Image, &id).is_none() {
        // The bytes themselves are of no use here.
        let body = Map::from_iter([("bytes".to_owned(), json!(bytes.len()))]);
        let new = NewObject { id: &id, kind: Kind::Image, parent: "", name, active: false, budget_micros: None, body };
        world.create(new, now);
    }
    find(world, Kind::Image, &id).map(|object| (201, show(world, object)))
}

fn update(world: &mut World, kind: Kind, id: &str, fields: &Map<String, Value>, now: i64) -> Outcome<(u16, Value)> {
    find(world, kind, id)?;
    if kind == Kind::Image {
        return invalid("id", "An image cannot be changed.");
    }
    let mut input = input(kind, fields, &world.account.currency)?;
    if input.parent.is_some() {
        return invalid("", "What a thing belongs to cannot be changed.");
    }
    if input.body.contains_key("creative") {
        creative(world, &input.body)?;
    }
    bounds(world, &mut input.body);
    let per_minor = world.micros_per_minor();
    if let Some(object) = world.object_mut(id) {
        if let Some(name) = input.name {
            object.name = name;
        }
        if let Some(active) = input.active {
            object.switch(active, now);
        }
        if let Some(minor) = input.budget_minor {
            object.set_budget(minor * per_minor, now);
        }
        for (ours, theirs) in [("starts_at", "start_at"), ("ends_at", "end_at")] {
            if input.body.get(theirs).is_some_and(Value::is_null) {
                object.body.remove(ours);
            }
        }
        object.body.extend(input.body);
        object.updated_at = now;
    }
    find(world, kind, id).map(|object| (200, show(world, object)))
}

fn show(world: &World, object: &Object) -> Value {
    let mut shown = object.body.clone();
    for internal in ["starts_at", "ends_at", "spend_limit_micros"] {
        shown.remove(internal);
    }
    shown.insert("id".to_owned(), json!(object.id));
    shown.insert("name".to_owned(), json!(object.name));
    shown.insert("created_at".to_owned(), json!(object.created_at));
    shown.insert("updated_at".to_owned(), json!(object.updated_at));
    if object.kind != Kind::Image {
        shown.insert("status".to_owned(), json!(if object.active() { "active" } else { "paused" }));
    }
    match object.kind {
        Kind::AdSet => {
            shown.insert("campaign_id".to_owned(), json!(object.parent));
            shown.insert("budget_daily".to_owned(), json!(object.budget().unwrap_or(0) / world.micros_per_minor()));
        }
        Kind::Ad => {
            shown.insert("ad_set_id".to_owned(), json!(object.parent));
            let campaign = world.objects.get(&object.parent).map(|ad_set| ad_set.parent.clone());
            shown.insert("campaign_id".to_owned(), json!(campaign));
        }
        _ => {}
    }
    Value::Object(shown)
}

/// The page that `limit` and `cursor` ask for. A cursor is the number of rows before it.
fn page(rows: Vec<Value>, fields: &Fields) -> Outcome<(Vec<Value>, Option<String>)> {
    let limit = match fields.given("limit").map(str::parse::<usize>) {
        None => 25,
        Some(Ok(limit)) if (1..=100).contains(&limit) => limit,
        Some(_) => return invalid("limit", "`limit` must be a whole number from 1 to 100."),
    };
    let start = match fields.given("cursor").map(|cursor| cursor.strip_prefix("after-").map(str::parse::<usize>)) {
        None => 0,
        Some(Some(Ok(start))) => start,
        Some(_) => return invalid("cursor", "`cursor` is not one this listing gave."),
    };
    let total = rows.len();
    let data: Vec<Value> = rows.into_iter().skip(start).take(limit).collect();
    let end = start + data.len();
    let next = (end < total).then(|| format!("after-{end}"));
    Ok((data, next))
}

fn list(world: &World, kind: Kind, fields: &Fields, now: i64) -> Outcome<(u16, Value)> {
    let rows = world.listed(kind, now).into_iter().map(|object| show(world, object)).filter(|shown| {
        let text = |field: &str| shown.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        fields.given("name").is_none_or(|name| text("name") == name)
            && fields.given("name_contains").is_none_or(|part| text("name").contains(part))
            && fields.given("campaign_id").is_none_or(|id| text("campaign_id") == id)
            && fields.given("ad_set_id").is_none_or(|id| text("ad_set_id") == id)
    });
    let (items, next) = page(rows.collect(), fields)?;
    Ok((200, json!({"items": items, "next": next})))
}

fn insights(world: &World, fields: &Fields, now: i64) -> Outcome<(u16, Value)> {
    let day = |field: &'static str| match fields.given(field).map(|text| parse_day(field, text)) {
        Some(Ok(day)) => Ok(day),
        _ => invalid(field, format!("`{field}` must be a day, YYYY-MM-DD.")),
    };
    let (from, to) = (day("from")?, day("to")?);
    if to < from || to - from > 400 {
        return invalid("to", "`to` must not lie before `from`, nor more than 400 days after it.");
    }
    let level = match fields.given("level").unwrap_or("ad") {
        "campaign" => Kind::Campaign,
        "ad_set" => Kind::AdSet,
        "ad" => Kind::Ad,
        _ => return invalid("level", "`level` must be `campaign`, `ad_set` or `ad`."),
    };
    let (rows, next) = page(rows(world, level, from, to, now), fields)?;
    Ok((200, json!({"currency": world.account.currency, "rows": rows, "next": next})))
}

/// Sums of a level's objects by day.
pub(crate) fn sums(
    world: &World,
    level: Kind,
    from: i64,
    to: i64,
    now: i64,
) -> BTreeMap<(i64, String), (market::AdDay, Figures)> {
    let mut sums: BTreeMap<(i64, String), (market::AdDay, Figures)> = BTreeMap::new();
    for day in market::days(world, from, to, now) {
        let id = match level {
            Kind::Campaign => &day.campaign,
            Kind::AdSet => &day.ad_set,
            _ => &day.ad,
        };
        let figures = day.figures;
        sums.entry((day.local_day, id.clone())).or_insert_with(|| (day, Figures::default())).1.add(&figures);
    }
    sums
}

fn rows(world: &World, level: Kind, from: i64, to: i64, now: i64) -> Vec<Value> {
    debug_assert_eq!(world.account.provider, ChannelType::Sandbox, "other providers have reports of their own");
    let shown = sums(world, level, from, to, now).into_iter().map(|((day, id), (first, figures))| {
        json!({
            "date": format_day(day),
            "id": id,
            "name": world.objects.get(&id).map(|object| object.name.as_str()),
            "campaign_id": first.campaign,
            "ad_set_id": (level != Kind::Campaign).then_some(first.ad_set),
            "ad_id": (level == Kind::Ad).then_some(first.ad),
            "impressions": figures.impressions,
            "clicks": figures.clicks,
            "spend_micros": figures.spend_micros,
            "conversions": figures.conversions,
            "conversion_value_micros": figures.value_micros,
        })
    });
    shown.collect()
}
