//! Klaviyo's API, revision 2026-07-15, as far as e-mail campaigns go: lists, templates, campaigns and their messages,
//! sending, reports.
//!
//! As there: names need not be unique, creations take no idempotency key, what was sent cannot be taken back, reports
//! are rationed to two a minute, errors are JSON:API's.

use crate::dice::hash;
use crate::http::{Request, Response, set};
use crate::limit::Window;
use crate::market;
use crate::oauth::Refused;
use crate::object::{Kind, Object};
use crate::world::{HOUR_MS, NewObject, World};
use chrono::DateTime;
use serde_json::{Map, Value, json};

/// The revision this speaks; later ones are unknown here.
const REVISION: &str = "2026-07-15";
/// How long a send that was asked for can still be cancelled, ms.
const QUEUE_MS: i64 = 20_000;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60_000;
const DAY: i64 = 86_400_000;

struct Refusal {
    status: u16,
    code: &'static str,
    title: &'static str,
    detail: String,
    pointer: String,
}

type Outcome<T> = Result<T, Refusal>;

fn refuse<T>(
    status: u16,
    code: &'static str,
    title: &'static str,
    pointer: &str,
    detail: impl Into<String>,
) -> Outcome<T> {
    Err(Refusal { status, code, title, detail: detail.into(), pointer: pointer.to_owned() })
}

fn invalid<T>(pointer: &str, detail: impl Into<String>) -> Outcome<T> {
    refuse(400, "invalid", "Invalid input.", pointer, detail)
}

fn missing<T>(kind: &str, id: &str) -> Outcome<T> {
    refuse(404, "not_found", "Not found.", "/data/", format!("A {kind} with id {id} does not exist."))
}

fn render(refusal: &Refusal, number: u64) -> Response {
    let error = json!({
        "id": format!("00000000-0000-4000-8000-{number:012x}"),
        "status": refusal.status,
        "code": refusal.code,
        "title": refusal.title,
        "detail": refusal.detail,
        "source": {"pointer": refusal.pointer},
        "links": {},
        "meta": {},
    });
    respond(refusal.status, &json!({"errors": [error]}))
}

fn respond(status: u16, body: &Value) -> Response {
    Response::json(status, body).header("content-type", "application/vnd.api+json")
}

pub(crate) fn limited(_request: &Request, wait_ms: i64) -> Response {
    let seconds = (wait_ms + 999) / 1_000;
    let refusal = Refusal {
        status: 429,
        code: "throttled",
        title: "Request was throttled.",
        detail: format!("Expected available in {seconds} second(s)."),
        pointer: "/data/".to_owned(),
    };
    render(&refusal, 0).header("retry-after", &seconds.to_string())
}

pub(crate) fn broken() -> Response {
    let refusal = Refusal {
        status: 500,
        code: "error",
        title: "A server error occurred.",
        detail: "A server error occurred.".to_owned(),
        pointer: "/data/".to_owned(),
    };
    render(&refusal, 0)
}

/// What a new account has: two lists.
pub(crate) fn open(world: &mut World, now: i64) {
    for (name, least, most) in [("Newsletter", 1_800.0, 3_600.0), ("Loyal customers", 250.0, 600.0)] {
        let id = short_id(world);
        #[expect(clippy::cast_possible_truncation, reason = "hundreds to thousands")]
        let profiles = world.dice(name, 0).between(least, most) as i64;
        let body = Map::from_iter([("profiles".to_owned(), json!(profiles))]);
        world.create(
            NewObject { id: &id, kind: Kind::List, parent: "", name, active: false, budget_micros: None, body },
            now,
        );
    }
}

/// Moves what else of an object is a moment into the past.
pub(crate) fn age(object: &mut Object, by_ms: i64) {
    for field in ["sent_at", "asked_at", "starts_at", "ends_at"] {
        if let Some(at) = object.body.get(field).and_then(Value::as_i64) {
            object.body.insert(field.to_owned(), json!(at - by_ms));
        }
    }
}

/// Limits of an address: a burst, a steady rate, a ration for the day.
fn windows(method: &str, resource: &str) -> Vec<Window> {
    let (burst, steady, daily) = match (method, resource) {
        (_, "campaign-values-reports" | "flow-values-reports") => (1, 2, 225),
        (
            _,
            "campaigns"
            | "campaign-messages"
            | "campaign-message-assign-template"
            | "campaign-send-jobs"
            | "campaign-recipient-estimation-jobs"
            | "campaign-recipient-estimations"
            | "metrics",
        ) => (10, 150, 0),
        (_, "accounts") => (1, 15, 0),
        ("POST", "lists") => (1, 60, 150),
        _ => (75, 700, 0),
    };
    let mut windows = vec![
        Window { name: "burst", limit: burst, span_ms: SECOND },
        Window { name: "steady", limit: steady, span_ms: MINUTE },
    ];
    if daily > 0 {
        windows.push(Window { name: "daily", limit: daily, span_ms: DAY });
    }
    windows
}

pub(crate) fn answer(world: &mut World, request: &Request, now: i64) -> Response {
    let number = world.account.requests;
    if let Err(refused) = world.admit(request, now) {
        let (code, detail) = match refused {
            Refused::Missing => ("not_authenticated", "Missing or invalid authorization scheme."),
            Refused::Unknown | Refused::Expired => ("authentication_failed", "Incorrect authentication credentials."),
        };
        let refusal = Refusal {
            status: 401,
            code,
            title: "Authentication failed.",
            detail: detail.to_owned(),
            pointer: "/data/".to_owned(),
        };
        return render(&refusal, number);
    }
    match request.get_header("revision") {
        None => {
            let refusal = Refusal {
                status: 400,
                code: "invalid",
                title: "Missing revision.",
                detail: "The header revision is required.".to_owned(),
                pointer: String::new(),
            };
            return render(&refusal, number);
        }
        Some(revision) if revision > REVISION || revision.len() < 10 => {
            let refusal = Refusal {
                status: 400,
                code: "invalid",
                title: "Invalid revision.",
                detail: format!("Revision {revision} is unknown."),
                pointer: String::new(),
            };
            return render(&refusal, number);
        }
        Some(_) => {}
    }
    let segments = request.segments();
    let resource = segments.get(1).copied().unwrap_or_default();
    world.touch("meters", "");
    let scope = format!("{} {resource}", request.method);
    let standing = world.meters.count(&scope, &windows(&request.method, resource), 1, now);
    if !standing.allowed {
        return limited(request, standing.reset_ms);
    }
    let response = match route(world, request, &segments, now) {
        Ok((204, _)) => Response { status: 204, headers: Vec::new(), body: Vec::new() },
        Ok((status, body)) => respond(status, &body),
        Err(refusal) => render(&refusal, number),
    };
    response
        .header("ratelimit-limit", &standing.limit.to_string())
        .header("ratelimit-remaining", &standing.remaining.to_string())
        .header("ratelimit-reset", &((standing.reset_ms + 999) / 1_000).to_string())
}

fn route(world: &mut World, request: &Request, segments: &[&str], now: i64) -> Outcome<(u16, Value)> {
    let method = request.method.as_str();
    match (method, segments) {
        ("GET", ["api", "accounts"]) => {
            Ok((200, json!({"data": [account(world)], "links": {"self": "https://a.klaviyo.com/api/accounts"}})))
        }
        ("GET", ["api", "accounts", _]) => Ok((200, json!({"data": account(world)}))),
        ("GET", ["api", "metrics"]) => page(request, vec![metric(world)], 200),
        ("GET", ["api", "lists"]) => list(world, request, Kind::List, 10, now),
        ("GET", ["api", "lists", id]) => one(world, Kind::List, id, now),
        ("GET", ["api", "segments"]) => page(request, Vec::new(), 10),
        ("GET", ["api", "templates"]) => list(world, request, Kind::Template, 10, now),
        ("POST", ["api", "templates"]) => create_template(world, &data(request, "template")?, now),
        ("GET", ["api", "templates", id]) => one(world, Kind::Template, id, now),
        ("PATCH", ["api", "templates", id]) => update_template(world, id, &data(request, "template")?, now),
        ("DELETE", ["api", "templates", id]) => remove(world, Kind::Template, id, now),
        ("GET", ["api", "campaigns"]) => {
            let filter = request.fields().text("filter").to_owned();
            if !filter.contains("messages.channel") {
                return invalid(
                    "/filter",
                    "A channel filter is required to list campaigns: equals(messages.channel,'email').",
                );
            }
            list(world, request, Kind::Campaign, 100, now)
        }
        ("POST", ["api", "campaigns"]) => create_campaign(world, &data(request, "campaign")?, now),
        ("GET", ["api", "campaigns", id]) => {
            let (status, mut body) = one(world, Kind::Campaign, id, now)?;
            include(world, request, &mut body, now);
            Ok((status, body))
        }
        ("GET", ["api", "campaigns", id, "campaign-messages"]) => {
            one(world, Kind::Campaign, id, now)?;
            let messages = world
                .objects
                .values()
                .filter(|object| object.kind == Kind::Message && object.parent == *id)
                .map(|object| show(world, object, now))
                .collect();
            page(request, messages, 100)
        }
        ("PATCH", ["api", "campaigns", id]) => update_campaign(world, id, &data(request, "campaign")?, now),
        ("DELETE", ["api", "campaigns", id]) => {
            unsent(world, id, now)?;
            remove(world, Kind::Campaign, id, now)
        }
        ("GET", ["api", "campaign-messages", id]) => one(world, Kind::Message, id, now),
        ("PATCH", ["api", "campaign-messages", id]) => {
            update_message(world, id, &data(request, "campaign-message")?, now)
        }
        ("POST", ["api", "campaign-message-assign-template"]) => {
            assign(world, &data(request, "campaign-message")?, now)
        }
        ("POST", ["api", "campaign-send-jobs"]) => send(world, &data(request, "campaign-send-job")?, now),
        ("GET", ["api", "campaign-send-jobs", id]) => job(world, id, 200, now),
        ("PATCH", ["api", "campaign-send-jobs", id]) => cancel(world, id, &data(request, "campaign-send-job")?, now),
        ("POST", ["api", "campaign-recipient-estimation-jobs"]) => {
            let id = text(&data(request, "campaign-recipient-estimation-job")?, "/id").to_owned();
            one(world, Kind::Campaign, &id, now)?;
            Ok((
                202,
                json!({"data": {"type": "campaign-recipient-estimation-job", "id": id, "attributes": {"status": "complete"}, "links": {"self": ""}}}),
            ))
        }
        ("GET", ["api", "campaign-recipient-estimations", id]) => {
            one(world, Kind::Campaign, id, now)?;
            let count = world.objects.get(*id).map_or(0, |campaign| recipients(world, campaign));
            Ok((
                200,
                json!({"data": {"type": "campaign-recipient-estimation", "id": id, "attributes": {"estimated_recipient_count": count}, "links": {"self": ""}}}),
            ))
        }
        ("POST", ["api", "campaign-values-reports"]) => report(world, &data(request, "campaign-values-report")?, now),
        _ => refuse(404, "not_found", "Not found.", "", format!("There is nothing at {method} {}.", request.path)),
    }
}

fn data(request: &Request, kind: &str) -> Outcome<Value> {
    let media = request.get_header("content-type").unwrap_or_default();
    if !media.starts_with("application/vnd.api+json") && !media.starts_with("application/json") {
        return refuse(415, "unsupported_media_type", "Unsupported media type.", "", "Send application/vnd.api+json.");
    }
    let body: Value = match serde_json::from_slice(&request.body) {
        Ok(body) => body,
        Err(error) => {
            return refuse(400, "parse_error", "Malformed request.", "", format!("JSON parse error - {error}"));
        }
    };
    let Some(data) = body.get("data").filter(|data| data.is_object()) else {
        return invalid("/data", "`data` is a required field for this request.");
    };
    if text(data, "/type") != kind {
        return refuse(409, "conflict", "Conflict.", "/data/type", format!("`type` must be {kind}."));
    }
    Ok(data.clone())
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// Six letters and digits, as lists and templates have.
fn short_id(world: &mut World) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
    let number = world.next_number();
    let mut left = hash(&format!("{}/{number}", world.account.number));
    let mut id = String::new();
    for _ in 0..6 {
        let index = usize::try_from(left % ALPHABET.len() as u64).unwrap_or(0);
        id.extend(ALPHABET.get(index).map(|byte| char::from(*byte)));
        left /= ALPHABET.len() as u64;
    }
    id
}

/// In the form of a ULID, as campaigns and messages have.
fn long_id(world: &mut World) -> String {
    let number = world.next_number();
    format!("01{:016X}{:08X}", hash(&format!("{}/{number}", world.account.number)), number)
}

fn time(at: i64) -> String {
    DateTime::from_timestamp_millis(at).map(|at| at.format("%Y-%m-%dT%H:%M:%S+00:00").to_string()).unwrap_or_default()
}

fn account(world: &World) -> Value {
    let account = &world.account;
    let id: String = account.number.chars().take(6).collect();
    json!({
        "type": "account", "id": id, "links": {"self": ""},
        "attributes": {
            "test_account": true,
            "contact_information": {
                "default_sender_name": account.name, "default_sender_email": "hello@practice-shop.example",
                "website_url": "https://practice-shop.example", "organization_name": account.name,
                "street_address": {"address1": null, "address2": null, "city": null, "region": null, "country": null, "zip": null},
            },
            "industry": "Retail", "timezone": account.time_zone, "preferred_currency": account.currency,
            "public_api_key": id, "locale": "en-US",
        },
    })
}

fn metric_id(world: &World) -> String {
    format!("M{}", world.account.number.get(..5).unwrap_or_default())
}

fn metric(world: &World) -> Value {
    json!({
        "type": "metric", "id": metric_id(world), "links": {"self": ""},
        "attributes": {
            "name": "Placed Order", "created": time(world.account.opened_at), "updated": time(world.account.opened_at),
            "integration": {"object": "integration", "id": "shopify", "name": "Shopify", "category": "eCommerce"},
        },
    })
}

/// A page; the cursor is how many came before.
fn page(request: &Request, rows: Vec<Value>, most: usize) -> Outcome<(u16, Value)> {
    let fields = request.fields();
    let size = match fields.given("page[size]").map(str::parse::<usize>) {
        None => most,
        Some(Ok(size)) if (1..=most).contains(&size) => size,
        Some(_) => return invalid("page[size]", format!("Page size must be from 1 to {most}.")),
    };
    let start = match fields.given("page[cursor]") {
        None => 0,
        Some(cursor) => match cursor.strip_prefix("bmV4dA-").and_then(|number| number.parse::<usize>().ok()) {
            Some(start) => start,
            None => return invalid("page[cursor]", "Invalid cursor."),
        },
    };
    let total = rows.len();
    let data: Vec<Value> = rows.into_iter().skip(start).take(size).collect();
    let end = start + data.len();
    let link = |at: usize| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in form_urlencoded::parse(request.query.as_bytes()).filter(|(name, _)| name != "page[cursor]")
        {
            query.append_pair(&name, &value);
        }
        query.append_pair("page[cursor]", &format!("bmV4dA-{at}"));
        format!("https://a.klaviyo.com{}?{}", request.path, query.finish())
    };
    let next = (end < total).then(|| link(end));
    let prev = (start > 0).then(|| link(start.saturating_sub(size)));
    let own = format!("https://a.klaviyo.com{}?{}", request.path, request.query);
    Ok((200, json!({"data": data, "links": {"self": own, "next": next, "prev": prev}})))
}

fn list(world: &World, request: &Request, kind: Kind, most: usize, now: i64) -> Outcome<(u16, Value)> {
    let filters = filters(request.fields().text("filter"))?;
    let mut rows: Vec<Value> = world
        .listed(kind, now)
        .into_iter()
        .map(|object| show(world, object, now))
        .filter(|shown| filters.iter().all(|filter| filter.fits(shown)))
        .collect();
    rows.reverse(); // the newest first
    let (status, mut body) = page(request, rows, most)?;
    include(world, request, &mut body, now);
    Ok((status, body))
}

/// `include=campaign-messages`.
fn include(world: &World, request: &Request, body: &mut Value, now: i64) {
    if !request.fields().text("include").contains("campaign-messages") {
        return;
    }
    let ids: Vec<String> = match body.get("data") {
        Some(Value::Array(rows)) => rows.iter().map(|row| text(row, "/id").to_owned()).collect(),
        Some(row) => vec![text(row, "/id").to_owned()],
        None => Vec::new(),
    };
    let included: Vec<Value> = world
        .objects
        .values()
        .filter(|object| object.kind == Kind::Message && ids.contains(&object.parent))
        .map(|object| show(world, object, now))
        .collect();
    set(body, "included", json!(included));
}

/// One term of `filter`.
struct Filter {
    operator: String,
    field: String,
    values: Vec<String>,
}

/// `equals(messages.channel,'email'),contains(name,"x")`, or the same within `and(…)`.
fn filters(text: &str) -> Outcome<Vec<Filter>> {
    let mut found = Vec::new();
    let mut rest = text.trim();
    if let Some(inner) = rest.strip_prefix("and(") {
        rest = inner.strip_suffix(')').unwrap_or(inner);
    }
    while !rest.is_empty() {
        let parsed = (|| {
            let (operator, after) = rest.split_once('(')?;
            let (field, after) = after.split_once(',')?;
            let mut values = Vec::new();
            let mut value = String::new();
            let mut quote = None;
            let mut escaped = false;
            for (at, c) in after.char_indices() {
                match (quote, c) {
                    _ if escaped => {
                        value.push(c);
                        escaped = false;
                    }
                    (Some(_), '\\') => escaped = true,
                    (Some(open), c) if c == open => quote = None,
                    (Some(_), c) => value.push(c),
                    (None, '"' | '\'') => quote = Some(c),
                    (None, '[' | ']' | ' ') => {}
                    (None, ',') => values.push(std::mem::take(&mut value)),
                    (None, ')') => {
                        values.push(value);
                        let left = after.get(at + 1..).unwrap_or_default();
                        let filter =
                            Filter { operator: operator.trim().to_owned(), field: field.trim().to_owned(), values };
                        return Some((filter, left.trim_start_matches([',', ' '])));
                    }
                    (None, c) => value.push(c),
                }
            }
            None
        })();
        let Some((filter, left)) = parsed else {
            return invalid("filter", format!("Filter cannot be read near `{rest}`."));
        };
        if !["equals", "contains", "any", "greater-than", "greater-or-equal", "less-than", "less-or-equal"]
            .contains(&filter.operator.as_str())
        {
            return invalid("filter", format!("Unknown operator {}.", filter.operator));
        }
        if ![
            "id",
            "name",
            "messages.channel",
            "status",
            "archived",
            "created",
            "updated",
            "created_at",
            "updated_at",
            "scheduled_at",
        ]
        .contains(&filter.field.as_str())
        {
            return invalid("filter", format!("{} is not a filterable field.", filter.field));
        }
        found.push(filter);
        rest = left;
    }
    Ok(found)
}

impl Filter {
    fn fits(&self, shown: &Value) -> bool {
        let actual = match self.field.as_str() {
            "id" => text(shown, "/id").to_owned(),
            "messages.channel" => "email".to_owned(),
            field => match shown.pointer(&format!("/attributes/{field}")) {
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
                None => String::new(),
            },
        };
        let first = self.values.first().map_or("", String::as_str);
        match self.operator.as_str() {
            "equals" => actual == first,
            "any" => self.values.contains(&actual),
            "contains" => actual.to_lowercase().contains(&first.to_lowercase()),
            "greater-than" => actual.as_str() > first,
            "greater-or-equal" => actual.as_str() >= first,
            "less-than" => actual.as_str() < first,
            _ => actual.as_str() <= first,
        }
    }
}

fn one(world: &World, kind: Kind, id: &str, now: i64) -> Outcome<(u16, Value)> {
    match world.object(kind, id) {
        Some(object) => Ok((200, json!({"data": show(world, object, now)}))),
        None => missing(kind_name(kind), id),
    }
}

const fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Campaign => "campaign",
        Kind::Message => "campaign-message",
        Kind::Template => "template",
        _ => "list",
    }
}

fn remove(world: &mut World, kind: Kind, id: &str, now: i64) -> Outcome<(u16, Value)> {
    if world.object(kind, id).is_none() {
        return missing(kind_name(kind), id);
    }
    if let Some(object) = world.object_mut(id) {
        object.remove(now);
    }
    Ok((204, Value::Null))
}

/// Where a campaign stands: a draft until its sending is asked for.
fn campaign_status(campaign: &Object, now: i64) -> &'static str {
    let at = |field: &str| campaign.body.get(field).and_then(Value::as_i64);
    match (at("asked_at"), at("sent_at")) {
        _ if campaign.text("cancelled") == "yes" => "Cancelled",
        (Some(_), Some(sent)) if now >= sent => "Sent",
        (Some(asked), Some(sent)) if sent > asked + QUEUE_MS => "Scheduled",
        (Some(_), _) => "Queued without Recipients",
        _ => "Draft",
    }
}

fn show(world: &World, object: &Object, now: i64) -> Value {
    let body = &object.body;
    let get = |field: &str| body.get(field).cloned().unwrap_or_default();
    let (created, updated) = (time(object.created_at), time(object.updated_at));
    let mut relationships = json!({});
    let attributes = match object.kind {
        Kind::Campaign => {
            let messages: Vec<Value> = world
                .objects
                .values()
                .filter(|other| other.kind == Kind::Message && other.parent == object.id)
                .map(|other| json!({"type": "campaign-message", "id": other.id}))
                .collect();
            relationships = json!({"campaign-messages": {"data": messages}, "tags": {"data": []}});
            let sent_at = body.get("sent_at").and_then(Value::as_i64);
            json!({
                "name": object.name, "status": campaign_status(object, now), "archived": false,
                "audiences": get("audiences"), "send_options": get("send_options"), "tracking_options": get("tracking_options"),
                "send_strategy": get("send_strategy"), "created_at": created, "updated_at": updated,
                "scheduled_at": sent_at.map(time), "send_time": sent_at.filter(|sent| *sent <= now).map(time),
            })
        }
        Kind::Message => {
            let template = object.text("template_id");
            relationships = json!({"campaign": {"data": {"type": "campaign", "id": object.parent}}});
            set(
                &mut relationships,
                "template",
                if template.is_empty() {
                    json!({"data": null})
                } else {
                    json!({"data": {"type": "template", "id": template}})
                },
            );
            json!({"definition": get("definition"), "send_times": [], "created_at": created, "updated_at": updated})
        }
        Kind::Template => json!({
            "name": object.name, "editor_type": get("editor_type"), "html": get("html"), "text": get("text"), "amp": null,
            "created": created, "updated": updated,
        }),
        _ => json!({
            "name": object.name, "created": created, "updated": updated, "opt_in_process": "single_opt_in",
            "profile_count": get("profiles"),
        }),
    };
    let kind = kind_name(object.kind);
    let link = format!("https://a.klaviyo.com/api/{kind}s/{}/", object.id);
    json!({"type": kind, "id": object.id, "attributes": attributes, "relationships": relationships, "links": {"self": link}})
}

// ── creating and changing ────────────────────────────────────────────────────────────────────────────────────────────

fn name(data: &Value) -> Outcome<String> {
    let name = text(data, "/attributes/name").trim();
    match name.chars().count() {
        0 => invalid("/data/attributes/name", "`name` is a required field."),
        1..=255 => Ok(name.to_owned()),
        _ => invalid("/data/attributes/name", "`name` must have at most 255 characters."),
    }
}

fn create_template(world: &mut World, data: &Value, now: i64) -> Outcome<(u16, Value)> {
    let name = name(data)?;
    let editor = text(data, "/attributes/editor_type");
    if editor != "CODE" {
        return invalid("/data/attributes/editor_type", "`editor_type` must be CODE here.");
    }
    if world.objects.values().filter(|object| object.kind == Kind::Template && !object.removed).count() >= 1_000 {
        return invalid("/data", "There are 1,000 templates; no more can be made by the API.");
    }
    let id = short_id(world);
    let attribute = |field: &str| data.pointer(&format!("/attributes/{field}")).cloned().unwrap_or_default();
    let body = ["editor_type", "html", "text"].map(|field| (field.to_owned(), attribute(field)));
    world.create(
        NewObject {
            id: &id,
            kind: Kind::Template,
            parent: "",
            name: &name,
            active: false,
            budget_micros: None,
            body: Map::from_iter(body),
        },
        now,
    );
    one(world, Kind::Template, &id, now).map(|(_, body)| (201, body))
}

fn update_template(world: &mut World, id: &str, data: &Value, now: i64) -> Outcome<(u16, Value)> {
    one(world, Kind::Template, id, now)?;
    same_id(id, data)?;
    if let Some(template) = world.object_mut(id) {
        for field in ["html", "text"] {
            if let Some(value) = data.pointer(&format!("/attributes/{field}")) {
                template.body.insert(field.to_owned(), value.clone());
            }
        }
        if let Some(name) = data.pointer("/attributes/name").and_then(Value::as_str) {
            template.name = name.to_owned();
        }
        template.updated_at = now;
    }
    one(world, Kind::Template, id, now)
}

fn same_id(id: &str, data: &Value) -> Outcome<()> {
    if text(data, "/id") == id {
        Ok(())
    } else {
        refuse(409, "conflict", "Conflict.", "/data/id", "`id` is not that of the address.")
    }
}

fn audiences(world: &World, attributes: &Value) -> Outcome<Value> {
    let audiences = attributes.get("audiences").cloned().unwrap_or_default();
    let Some(included) = audiences.get("included").and_then(Value::as_array).filter(|list| !list.is_empty()) else {
        return invalid("/data/attributes/audiences/included", "At least one list or segment is required.");
    };
    for id in included.iter().chain(audiences.get("excluded").and_then(Value::as_array).into_iter().flatten()) {
        let id = id.as_str().unwrap_or_default();
        if world.object(Kind::List, id).is_none() {
            return invalid("/data/attributes/audiences", format!("{id} is no list or segment of this account."));
        }
    }
    Ok(audiences)
}

fn strategy(attributes: &Value) -> Outcome<Value> {
    let strategy = attributes.get("send_strategy").cloned().unwrap_or(json!({"method": "immediate"}));
    match text(&strategy, "/method") {
        "immediate" => Ok(strategy),
        "static" | "throttled" if instant(text(&strategy, "/datetime")).is_some() => Ok(strategy),
        "static" | "throttled" => invalid("/data/attributes/send_strategy/datetime", "A valid datetime is required."),
        other => invalid("/data/attributes/send_strategy/method", format!("Method {other} is not offered here.")),
    }
}

fn instant(text: &str) -> Option<i64> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.timestamp_millis())
}

fn create_campaign(world: &mut World, data: &Value, now: i64) -> Outcome<(u16, Value)> {
    let name = name(data)?;
    let attributes = data.get("attributes").cloned().unwrap_or_default();
    let mut body = Map::new();
    body.insert("audiences".to_owned(), audiences(world, &attributes)?);
    body.insert("send_strategy".to_owned(), strategy(&attributes)?);
    body.insert(
        "send_options".to_owned(),
        attributes.get("send_options").cloned().unwrap_or(json!({"use_smart_sending": true})),
    );
    body.insert(
        "tracking_options".to_owned(),
        attributes.get("tracking_options").cloned().unwrap_or(json!({"add_tracking_params": false})),
    );
    let messages = attributes.pointer("/campaign-messages/data").and_then(Value::as_array).cloned().unwrap_or_default();
    let [message] = messages.as_slice() else {
        return invalid("/data/attributes/campaign-messages/data", "Exactly one message is required.");
    };
    let definition = definition(message.pointer("/attributes/definition"))?;
    let id = long_id(world);
    world.create(
        NewObject { id: &id, kind: Kind::Campaign, parent: "", name: &name, active: false, budget_micros: None, body },
        now,
    );
    let message_id = long_id(world);
    let body = Map::from_iter([("definition".to_owned(), definition)]);
    world.create(
        NewObject {
            id: &message_id,
            kind: Kind::Message,
            parent: &id,
            name: "",
            active: false,
            budget_micros: None,
            body,
        },
        now,
    );
    one(world, Kind::Campaign, &id, now).map(|(_, body)| (201, body))
}

fn definition(given: Option<&Value>) -> Outcome<Value> {
    let pointer = "/data/attributes/definition";
    let Some(definition) = given else {
        return invalid(pointer, "`definition` is a required field.");
    };
    if text(definition, "/channel") != "email" {
        return invalid(pointer, "`channel` must be email here.");
    }
    if text(definition, "/content/from_email")
        .split_once('@')
        .is_some_and(|(name, host)| name.is_empty() || !host.contains('.'))
    {
        return invalid(pointer, "`from_email` is no e-mail address.");
    }
    Ok(definition.clone())
}

/// Refuses to change what is on its way or gone.
fn unsent(world: &World, id: &str, now: i64) -> Outcome<()> {
    let Some(campaign) = world.object(Kind::Campaign, id) else {
        return missing("campaign", id);
    };
    match campaign_status(campaign, now) {
        "Draft" | "Cancelled" => Ok(()),
        status => refuse(
            409,
            "conflict",
            "Conflict.",
            "/data/id",
            format!("Campaign {id} is {status}: it can no longer be changed."),
        ),
    }
}

fn update_campaign(world: &mut World, id: &str, data: &Value, now: i64) -> Outcome<(u16, Value)> {
    unsent(world, id, now)?;
    same_id(id, data)?;
    let attributes = data.get("attributes").cloned().unwrap_or_default();
    let mut changes = Map::new();
    if attributes.get("audiences").is_some() {
        changes.insert("audiences".to_owned(), audiences(world, &attributes)?);
    }
    if attributes.get("send_strategy").is_some() {
        changes.insert("send_strategy".to_owned(), strategy(&attributes)?);
    }
    for field in ["send_options", "tracking_options"] {
        if let Some(value) = attributes.get(field) {
            changes.insert(field.to_owned(), value.clone());
        }
    }
    let name = if attributes.get("name").is_some() { Some(name(data)?) } else { None };
    if let Some(campaign) = world.object_mut(id) {
        campaign.body.extend(changes);
        campaign.updated_at = now;
        if let Some(name) = name {
            campaign.name = name;
        }
    }
    one(world, Kind::Campaign, id, now)
}

fn update_message(world: &mut World, id: &str, data: &Value, now: i64) -> Outcome<(u16, Value)> {
    let Some(message) = world.object(Kind::Message, id) else {
        return missing("campaign-message", id);
    };
    let campaign = message.parent.clone();
    unsent(world, &campaign, now)?;
    same_id(id, data)?;
    if let Some(given) = data.pointer("/attributes/definition") {
        let definition = definition(Some(given))?;
        if let Some(message) = world.object_mut(id) {
            message.body.insert("definition".to_owned(), definition);
            message.updated_at = now;
        }
    }
    one(world, Kind::Message, id, now)
}

/// Gives a message its own copy of a template, which no listing shows.
fn assign(world: &mut World, data: &Value, now: i64) -> Outcome<(u16, Value)> {
    let id = text(data, "/id").to_owned();
    let Some(message) = world.object(Kind::Message, &id) else {
        return missing("campaign-message", &id);
    };
    let campaign = message.parent.clone();
    unsent(world, &campaign, now)?;
    let template = text(data, "/relationships/template/data/id").to_owned();
    let Some(template) = world.object(Kind::Template, &template).cloned() else {
        return missing("template", &template);
    };
    let copy = short_id(world);
    world.create(
        NewObject {
            id: &copy,
            kind: Kind::Template,
            parent: &id,
            name: &template.name,
            active: false,
            budget_micros: None,
            body: template.body,
        },
        now,
    );
    if let Some(copy) = world.object_mut(&copy) {
        copy.listed_from = i64::MAX / 2;
    }
    if let Some(message) = world.object_mut(&id) {
        message.body.insert("template_id".to_owned(), json!(copy));
        message.updated_at = now;
    }
    one(world, Kind::Message, &id, now)
}

// ── sending and reporting ────────────────────────────────────────────────────────────────────────────────────────────

fn send(world: &mut World, data: &Value, now: i64) -> Outcome<(u16, Value)> {
    let id = text(data, "/id").to_owned();
    unsent(world, &id, now)?;
    let message = world.objects.values().find(|object| object.kind == Kind::Message && object.parent == id);
    let Some(message) = message.filter(|message| !message.text("template_id").is_empty()) else {
        return invalid("/data/id", "The campaign's message has no template.");
    };
    let content = message.body.get("definition").cloned().unwrap_or_default();
    for field in ["subject", "from_email", "from_label"] {
        if text(&content, &format!("/content/{field}")).trim().is_empty() {
            return invalid("/data/id", format!("The campaign's message has no {field}."));
        }
    }
    if let Some(campaign) = world.object_mut(&id) {
        let planned = campaign.body.get("send_strategy").and_then(|strategy| instant(text(strategy, "/datetime")));
        campaign.body.insert("asked_at".to_owned(), json!(now));
        campaign.body.insert("sent_at".to_owned(), json!(planned.unwrap_or(now).max(now + QUEUE_MS)));
        campaign.body.remove("cancelled");
        campaign.switch(true, now);
    }
    job(world, &id, 202, now)
}

fn job(world: &World, id: &str, answered: u16, now: i64) -> Outcome<(u16, Value)> {
    let Some(campaign) = world.object(Kind::Campaign, id).filter(|campaign| campaign.body.contains_key("asked_at"))
    else {
        return missing("campaign-send-job", id);
    };
    let status = match campaign_status(campaign, now) {
        "Sent" => "complete",
        "Cancelled" => "cancelled",
        _ => "queued",
    };
    Ok((
        answered,
        json!({"data": {"type": "campaign-send-job", "id": id, "attributes": {"status": status}, "links": {"self": format!("https://a.klaviyo.com/api/campaign-send-jobs/{id}/")}}}),
    ))
}

fn cancel(world: &mut World, id: &str, data: &Value, now: i64) -> Outcome<(u16, Value)> {
    job(world, id, 200, now)?;
    let action = text(data, "/attributes/action").to_owned();
    if !["cancel", "revert"].contains(&action.as_str()) {
        return invalid("/data/attributes/action", "`action` must be cancel or revert.");
    }
    if world.object(Kind::Campaign, id).is_some_and(|campaign| campaign_status(campaign, now) == "Sent") {
        return refuse(409, "conflict", "Conflict.", "/data/id", "The campaign was sent already.");
    }
    if let Some(campaign) = world.object_mut(id) {
        campaign.switch(false, now);
        campaign.body.remove("sent_at");
        campaign.body.remove("asked_at");
        if action == "cancel" {
            campaign.body.insert("cancelled".to_owned(), json!("yes"));
        }
    }
    Ok((204, Value::Null))
}

fn recipients(world: &World, campaign: &Object) -> i64 {
    let count = |field: &str| -> i64 {
        let ids = campaign.body.get("audiences").and_then(|audiences| audiences.get(field)).and_then(Value::as_array);
        ids.into_iter().flatten().filter_map(|id| world.objects.get(id.as_str()?)?.body.get("profiles")?.as_i64()).sum()
    };
    (count("included") - count("excluded")).max(0)
}

fn report(world: &World, data: &Value, now: i64) -> Outcome<(u16, Value)> {
    let attributes = data.get("attributes").cloned().unwrap_or_default();
    let metric = text(&attributes, "/conversion_metric_id");
    if metric != metric_id(world) {
        return invalid("/data/attributes/conversion_metric_id", format!("{metric} is no metric of this account."));
    }
    let Some(statistics) = attributes.get("statistics").and_then(Value::as_array).filter(|list| !list.is_empty())
    else {
        return invalid("/data/attributes/statistics", "`statistics` is a required field.");
    };
    let zone = world.zone();
    let today = zone.local_day(now);
    let days_back = |days: i64| (zone.day_start_ms(today - days), now);
    let (from, to) = match attributes.get("timeframe") {
        Some(timeframe) if timeframe.get("key").is_some() => match text(timeframe, "/key") {
            "today" => days_back(0),
            "yesterday" => (zone.day_start_ms(today - 1), zone.day_start_ms(today)),
            "last_7_days" => days_back(7),
            "last_30_days" => days_back(30),
            "last_90_days" => days_back(90),
            "last_3_months" => days_back(91),
            "last_12_months" | "last_365_days" => days_back(365),
            other => return invalid("/data/attributes/timeframe/key", format!("{other} is no known timeframe.")),
        },
        Some(timeframe) => match (local(world, text(timeframe, "/start")), local(world, text(timeframe, "/end"))) {
            (Some(start), Some(end)) if start < end && end - start <= 366 * 24 * HOUR_MS => (start, end),
            _ => {
                return invalid(
                    "/data/attributes/timeframe",
                    "`start` and `end` must be datetimes at most a year apart.",
                );
            }
        },
        None => return invalid("/data/attributes/timeframe", "`timeframe` is a required field."),
    };
    let filter = text(&attributes, "/filter");
    let mut results = Vec::new();
    for campaign in world.objects.values().filter(|object| object.kind == Kind::Campaign) {
        let Some(sent) = campaign
            .body
            .get("sent_at")
            .and_then(Value::as_i64)
            .filter(|sent| (from..to).contains(sent) && *sent <= now)
        else {
            continue;
        };
        let wanted = |id: &str| {
            !filter.contains("campaign_id")
                || filter.contains(&format!("\"{id}\""))
                || filter.contains(&format!("'{id}'"))
        };
        if !wanted(&campaign.id) {
            continue;
        }
        let message =
            world.objects.values().find(|object| object.kind == Kind::Message && object.parent == campaign.id);
        let mut texts = campaign.name.clone();
        if let Some(message) = message {
            texts.push_str(&serde_json::to_string(&message.body).unwrap_or_default());
            if let Some(template) = world.objects.get(message.text("template_id")) {
                texts.push_str(template.text("html"));
            }
        }
        let figures = market::email(world, &campaign.id, &texts, recipients(world, campaign), sent, now);
        let mut values = Map::new();
        for statistic in statistics {
            let name = statistic.as_str().unwrap_or_default();
            match value(name, &figures) {
                Some(value) => drop(values.insert(name.to_owned(), json!(value))),
                None => {
                    return invalid(
                        "/data/attributes/statistics",
                        format!("{name} is not offered by the practice provider."),
                    );
                }
            }
        }
        results.push(json!({
            "groupings": {
                "campaign_id": campaign.id, "campaign_message_id": message.map(|message| message.id.as_str()), "send_channel": "email",
            },
            "statistics": values,
        }));
    }
    Ok((
        200,
        json!({"data": {"type": "campaign-values-report", "attributes": {"results": results}}, "links": {"self": ""}}),
    ))
}

/// A datetime; without an offset it is one of the account's clock.
fn local(world: &World, text: &str) -> Option<i64> {
    instant(text).or_else(|| {
        let wall = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S").ok()?.and_utc().timestamp_millis();
        Some(world.zone().hour_start_ms(wall.div_euclid(HOUR_MS)) + wall.rem_euclid(HOUR_MS))
    })
}

#[expect(clippy::cast_precision_loss, reason = "recipients of a list")]
fn value(name: &str, figures: &market::EmailFigures) -> Option<f64> {
    let ratio = |a: i64, b: i64| if b > 0 { a as f64 / b as f64 } else { 0.0 };
    let money = figures.value_micros as f64 / 1e6;
    Some(match name {
        "recipients" => figures.recipients as f64,
        "delivered" => figures.delivered as f64,
        "delivery_rate" => ratio(figures.delivered, figures.recipients),
        "bounced" | "bounced_or_failed" => figures.bounced as f64,
        "bounce_rate" | "bounced_or_failed_rate" => ratio(figures.bounced, figures.recipients),
        "failed" | "failed_rate" | "spam_complaints" | "spam_complaint_rate" => 0.0,
        "opens" => figures.opens as f64,
        "opens_unique" => figures.opens_unique as f64,
        "open_rate" => ratio(figures.opens_unique, figures.delivered),
        "clicks" => figures.clicks as f64,
        "clicks_unique" => figures.clicks_unique as f64,
        "click_rate" => ratio(figures.clicks_unique, figures.delivered),
        "click_to_open_rate" => ratio(figures.clicks_unique, figures.opens_unique),
        "unsubscribes" | "unsubscribe_uniques" => figures.unsubscribes as f64,
        "unsubscribe_rate" => ratio(figures.unsubscribes, figures.delivered),
        "conversions" | "conversion_uniques" => figures.conversions as f64,
        "conversion_rate" => ratio(figures.conversions, figures.delivered),
        "conversion_value" => money,
        "average_order_value" => {
            if figures.conversions > 0 {
                money / figures.conversions as f64
            } else {
                0.0
            }
        }
        "revenue_per_recipient" => {
            if figures.recipients > 0 {
                money / figures.recipients as f64
            } else {
                0.0
            }
        }
        _ => return None,
    })
}
