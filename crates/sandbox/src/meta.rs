//! Meta's Graph API v25.0, as far as advertising with it goes: campaigns, ad sets, creatives, ads, images, insights.
//!
//! As there: names need not be unique, creations take no idempotency key, parameters come in the query, as a form or as
//! JSON, throttling is HTTP 400, numbers of reports are strings.

use crate::http::{Fields, Request, Response, set};
use crate::market::{self, Figures};
use crate::oauth::Refused;
use crate::object::{Kind, Object};
use crate::world::{HOUR_MS, NewObject, Sibling, World};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use calendar::{format_day, parse_day};
use chrono::DateTime;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

const VERSION: &str = "v25.0";
/// The score of an account in the standard tier: most it may reach, and how long it takes to decay, ms.
const SCORE: (f64, f64) = (9_000.0, 300_000.0);
/// Objectives of the current scheme.
const OBJECTIVES: [&str; 6] = [
    "OUTCOME_APP_PROMOTION",
    "OUTCOME_AWARENESS",
    "OUTCOME_ENGAGEMENT",
    "OUTCOME_LEADS",
    "OUTCOME_SALES",
    "OUTCOME_TRAFFIC",
];
const CATEGORIES: [&str; 7] = [
    "NONE",
    "CREDIT",
    "EMPLOYMENT",
    "HOUSING",
    "FINANCIAL_PRODUCTS_SERVICES",
    "ISSUES_ELECTIONS_POLITICS",
    "ONLINE_GAMBLING_AND_GAMING",
];
/// What a created object is when nobody says: running, so that whoever forgets to say notices here.
const UNSAID: &str = "ACTIVE";
/// Minor units a day below which a budget is refused.
const LEAST_BUDGET: i64 = 100;

struct Refusal {
    status: u16,
    code: i64,
    subcode: i64,
    kind: &'static str,
    message: String,
    /// For people.
    title: String,
    transient: bool,
}

type Outcome<T> = Result<T, Refusal>;

fn refusal(code: i64, subcode: i64, message: impl Into<String>) -> Refusal {
    let message = message.into();
    Refusal { status: 400, code, subcode, kind: "OAuthException", title: message.clone(), message, transient: false }
}

fn invalid<T>(message: impl Into<String>) -> Outcome<T> {
    Err(refusal(100, 1_487_390, format!("Invalid parameter: {}", message.into())))
}

fn unsupported<T>(method: &str, id: &str) -> Outcome<T> {
    let message = format!(
        "Unsupported {} request. Object with ID '{id}' does not exist, cannot be loaded due to missing permissions, \
         or does not support this operation",
        method.to_lowercase()
    );
    Err(Refusal { kind: "GraphMethodException", ..refusal(100, 33, message) })
}

fn render(world: &World, refusal: &Refusal) -> Response {
    let mut error = json!({
        "message": refusal.message,
        "type": refusal.kind,
        "code": refusal.code,
        "is_transient": refusal.transient,
        "fbtrace_id": format!("A{:010x}", world.account.requests),
    });
    if refusal.subcode != 0 {
        set(&mut error, "error_subcode", json!(refusal.subcode));
        set(&mut error, "error_user_title", json!("Request refused"));
        set(&mut error, "error_user_msg", json!(refusal.title));
    }
    let response = Response::json(refusal.status, &json!({"error": error}));
    if refusal.status == 401 || refusal.code == 190 {
        return response.header("www-authenticate", "OAuth \"Facebook Platform\" \"invalid_token\"");
    }
    response
}

pub(crate) fn oauth_error(world: &World, message: &str) -> Response {
    render(world, &refusal(100, 36_009, message))
}

pub(crate) fn limited(world: &World) -> Response {
    let refusal = Refusal {
        transient: true,
        ..refusal(
            80_004,
            2_446_079,
            "(#80004) There have been too many calls to this ad-account. Wait a bit and try again.",
        )
    };
    usage(world, render(world, &refusal), 100.0, 1)
}

pub(crate) fn broken(world: &World) -> Response {
    let refusal = Refusal {
        status: 500,
        code: 2,
        subcode: 0,
        kind: "OAuthException",
        message: "An unexpected error has occurred. Please retry your request later.".to_owned(),
        title: String::new(),
        transient: true,
    };
    render(world, &refusal)
}

/// The headers that say how much of the account's allowance is used.
fn usage(world: &World, response: Response, percent: f64, minutes: i64) -> Response {
    #[expect(clippy::cast_possible_truncation, reason = "0 to 100")]
    let whole = percent.clamp(0.0, 100.0) as i64;
    let cases = json!({world.account.number.as_str(): [{
        "type": "ads_management", "call_count": whole, "total_cputime": whole / 2, "total_time": whole / 2,
        "estimated_time_to_regain_access": minutes, "ads_api_access_tier": "standard_access",
    }]});
    let account = json!({
        "acc_id_util_pct": percent.clamp(0.0, 100.0), "reset_time_duration": minutes * 60,
        "ads_api_access_tier": "standard_access",
    });
    response
        .header("x-business-use-case-usage", &cases.to_string())
        .header("x-ad-account-usage", &account.to_string())
        .header("x-app-usage", "{\"call_count\":1,\"total_cputime\":1,\"total_time\":1}")
        .header("facebook-api-version", VERSION)
}

pub(crate) fn answer(world: &mut World, request: &Request, now: i64) -> Response {
    let segments = request.segments();
    let Some((version, rest)) = segments.split_first() else {
        return render(world, &refusal(2_500, 0, "Unknown path components: /"));
    };
    if *version != VERSION {
        let message = format!(
            "(#2635) You are calling a deprecated or unknown version of the Ads API: {version}. Use {VERSION}."
        );
        return render(world, &refusal(2_635, 0, message));
    }
    if let Err(refused) = world.admit(request, now) {
        let refusal = match refused {
            Refused::Missing => {
                refusal(2_500, 0, "An active access token must be used to query information about the current user.")
            }
            Refused::Unknown => refusal(190, 0, "Invalid OAuth access token - Cannot parse access token"),
            Refused::Expired => refusal(190, 463, "Error validating access token: Session has expired."),
        };
        return render(world, &Refusal { status: if refusal.code == 190 { 401 } else { 400 }, ..refusal });
    }
    let points = if request.method == "GET" { 1.0 } else { 3.0 };
    let (score, allowed) = world.meters.score(points, SCORE.0, SCORE.1, now);
    world.touch("meters", "");
    if !allowed {
        return limited(world);
    }
    let response = match route(world, request, rest, now) {
        Ok(body) => Response::json(200, &body),
        Err(refusal) => render(world, &refusal),
    };
    usage(world, response, score / SCORE.0 * 100.0, 0)
}

fn route(world: &mut World, request: &Request, path: &[&str], now: i64) -> Outcome<Value> {
    let fields = request.fields();
    let method = request.method.as_str();
    let own = format!("act_{}", world.account.number);
    match (method, path) {
        ("GET", ["me"]) => Ok(json!({"id": format!("1{}", world.account.number), "name": world.account.name})),
        ("GET", ["me", "adaccounts"]) => {
            let reached = world.account.reached();
            list(reached.iter().map(|sibling| account(sibling, &fields)).collect(), &fields)
        }
        ("GET", ["me", "permissions"]) => {
            let granted = ["ads_management", "ads_read", "business_management", "pages_show_list"];
            Ok(json!({"data": granted.map(|name| json!({"permission": name, "status": "granted"}))}))
        }
        ("GET", ["me", "accounts"] | [_, "promote_pages"]) => {
            let page = json!({"id": page_id(&world.account.number), "name": format!("{} page", world.account.name), "tasks": ["ADVERTISE"]});
            list(vec![page], &fields)
        }
        ("GET", [_, "adspixels"]) => list(
            vec![json!({"id": pixel_id(&world.account.number), "name": format!("{} pixel", world.account.name)})],
            &fields,
        ),
        (_, [act, rest @ ..]) if act.starts_with("act_") => {
            if *act != own {
                return Err(refusal(
                    200,
                    0,
                    format!("(#200) Ad account owner has NOT grant ads_management or ads_read permission: {act}"),
                ));
            }
            match (method, rest) {
                ("GET", []) => {
                    let own = world.account.reached();
                    Ok(own.first().map(|own| account(own, &fields)).unwrap_or_default())
                }
                ("GET", ["insights"]) => insights(world, None, &fields, now),
                ("POST", ["insights"]) => report(world, &fields, now),
                ("GET", ["adimages"]) => {
                    let hashes = fields.value("hashes");
                    let wanted = |image: &Object| {
                        hashes
                            .as_ref()
                            .and_then(Value::as_array)
                            .is_none_or(|hashes| hashes.iter().any(|hash| hash == image.id.as_str()))
                    };
                    let rows = world
                        .listed(Kind::Image, now)
                        .into_iter()
                        .filter(|image| wanted(image))
                        .map(|object| show(world, object, &fields))
                        .collect();
                    list(rows, &fields)
                }
                ("GET", [edge]) => match edge_kind(edge) {
                    Some(kind) => objects(world, kind, "", &fields, now),
                    None => unsupported(method, act),
                },
                ("POST", ["campaigns"]) => create_campaign(world, &fields, now),
                ("POST", ["adsets"]) => create_ad_set(world, &fields, now),
                ("POST", ["adcreatives"]) => create_creative(world, &fields, now).map(|id| json!({"id": id})),
                ("POST", ["ads"]) => create_ad(world, &fields, now),
                ("POST", ["adimages"]) => create_image(world, &fields, now),
                _ => unsupported(method, act),
            }
        }
        (_, [id, rest @ ..]) => {
            let id = *id;
            let Some(kind) = world.objects.get(id).filter(|object| !object.removed).map(|object| object.kind) else {
                return unsupported(method, id);
            };
            match (method, rest) {
                ("GET", []) => match world.objects.get(id) {
                    Some(object) => Ok(show(world, object, &fields)),
                    None => unsupported(method, id),
                },
                ("GET", ["insights"]) if kind == Kind::Report => finished_report(world, id, &fields, now),
                ("GET", ["insights"]) => insights(world, Some(id), &fields, now),
                ("GET", [edge]) => match edge_kind(edge) {
                    Some(kind) => objects(world, kind, id, &fields, now),
                    None => unsupported(method, id),
                },
                ("POST", []) => update(world, kind, id, &fields, now),
                ("DELETE", []) => {
                    if let Some(object) = world.object_mut(id) {
                        object.remove(now);
                    }
                    Ok(json!({"success": true}))
                }
                _ => unsupported(method, id),
            }
        }
        _ => unsupported(method, ""),
    }
}

fn edge_kind(edge: &str) -> Option<Kind> {
    Some(match edge {
        "campaigns" => Kind::Campaign,
        "adsets" => Kind::AdSet,
        "ads" => Kind::Ad,
        "adcreatives" => Kind::Creative,
        _ => return None,
    })
}

fn page_id(account_number: &str) -> String {
    format!("10{account_number}")
}

fn pixel_id(account_number: &str) -> String {
    format!("77{account_number}")
}

/// Only the fields that were asked for, and the id, as Graph answers.
fn pick(all: Value, fields: &Fields, without: &[&str]) -> Value {
    let Value::Object(all) = all else { return all };
    // Fields of fields, `creative{id,object_story_spec}`, are answered whole.
    let mut depth = 0;
    let flat: String = fields
        .text("fields")
        .chars()
        .filter(|c| {
            depth += i32::from(*c == '{');
            let keep = depth == 0;
            depth -= i32::from(*c == '}');
            keep
        })
        .collect();
    let wanted: Vec<&str> = if flat.is_empty() { without.to_vec() } else { flat.split(',').map(plain).collect() };
    Value::Object(all.into_iter().filter(|(name, _)| name == "id" || wanted.contains(&name.as_str())).collect())
}

/// A field's name without what is asked of it: `promote_pages.limit(1)`.
fn plain(field: &str) -> &str {
    field.split('.').next().unwrap_or_default().trim()
}

fn account(account: &Sibling, fields: &Fields) -> Value {
    let all = json!({
        "id": format!("act_{}", account.number),
        "account_id": account.number,
        "name": account.name,
        "currency": account.currency,
        "timezone_name": account.time_zone,
        "account_status": 1,
        "disable_reason": 0,
        "amount_spent": "0",
        "business_country_code": "DE",
        "min_daily_budget": LEAST_BUDGET,
        "promote_pages": {"data": [{"id": page_id(&account.number), "name": format!("{} page", account.name)}]},
        "adspixels": {"data": [{"id": pixel_id(&account.number), "name": format!("{} pixel", account.name)}]},
    });
    pick(all, fields, &["account_id"])
}

fn time(at: i64) -> String {
    DateTime::from_timestamp_millis(at).map(|at| at.format("%Y-%m-%dT%H:%M:%S+0000").to_string()).unwrap_or_default()
}

fn show(world: &World, object: &Object, fields: &Fields) -> Value {
    let mut all = object.body.clone();
    let mut put = |name: &str, value: Value| drop(all.insert(name.to_owned(), value));
    put("id", json!(object.id));
    put("name", json!(object.name));
    put("account_id", json!(world.account.number));
    put("created_time", json!(time(object.created_at)));
    put("updated_time", json!(time(object.updated_at)));
    if let Some(micros) = object.budget() {
        put("daily_budget", json!((micros / world.micros_per_minor()).to_string()));
    }
    let parent = world.objects.get(&object.parent);
    let status = status(object);
    if matches!(object.kind, Kind::Campaign | Kind::AdSet | Kind::Ad) {
        let campaign = if object.kind == Kind::Ad { parent.and_then(|p| world.objects.get(&p.parent)) } else { parent };
        put("status", json!(status));
        put("configured_status", json!(status));
        put(
            "effective_status",
            json!(match (object.active(), campaign.is_none_or(Object::active), parent.is_none_or(Object::active)) {
                (true, false, _) => "CAMPAIGN_PAUSED",
                (true, true, false) => "ADSET_PAUSED",
                _ => status,
            }),
        );
    }
    match object.kind {
        Kind::AdSet => put("campaign_id", json!(object.parent)),
        Kind::Ad => {
            put("adset_id", json!(object.parent));
            put("campaign_id", json!(parent.map(|ad_set| ad_set.parent.as_str())));
            let creative = world.objects.get(object.text("creative_id")).map(|creative| {
                let mut shown = creative.body.clone();
                shown.insert("id".to_owned(), json!(creative.id));
                shown.insert("name".to_owned(), json!(creative.name));
                shown
            });
            put("creative", json!(creative));
        }
        Kind::Image => {
            put("id", json!(format!("{}:{}", world.account.number, object.id)));
            put("hash", json!(object.id));
        }
        Kind::Report => {
            put("async_status", json!("Job Completed"));
            put("async_percent_completion", json!(100));
        }
        _ => {}
    }
    for internal in ["starts_at", "ends_at", "spend_limit_micros", "budget_changes"] {
        all.remove(internal);
    }
    pick(Value::Object(all), fields, &[])
}

fn status(object: &Object) -> &'static str {
    match (object.removed, object.active()) {
        (true, _) => "DELETED",
        (_, true) => "ACTIVE",
        _ if object.text("archived") == "yes" => "ARCHIVED",
        _ => "PAUSED",
    }
}

/// A page of a listing; a cursor is the base64 of how many rows came before it.
fn list(rows: Vec<Value>, fields: &Fields) -> Outcome<Value> {
    let limit = match fields.given("limit").map(str::parse::<usize>) {
        None => 25,
        Some(Ok(limit)) if (1..=500).contains(&limit) => limit,
        Some(_) => return invalid("limit must be from 1 to 500"),
    };
    let start = match fields.given("after") {
        None => 0,
        Some(cursor) => {
            let bytes = STANDARD.decode(cursor).unwrap_or_default();
            match String::from_utf8(bytes).ok().and_then(|text| text.parse::<usize>().ok()) {
                Some(start) => start,
                None => return invalid("after is no cursor of this listing"),
            }
        }
    };
    let total = rows.len();
    let data: Vec<Value> = rows.into_iter().skip(start).take(limit).collect();
    if data.is_empty() {
        return Ok(json!({"data": []}));
    }
    let end = start + data.len();
    let cursor = |at: usize| STANDARD.encode(at.to_string());
    let mut paging = json!({"cursors": {"before": cursor(start), "after": cursor(end)}});
    if end < total {
        set(&mut paging, "next", json!(format!("https://graph.facebook.com/{VERSION}/?after={}", cursor(end))));
    }
    Ok(json!({"data": data, "paging": paging}))
}

fn objects(world: &World, kind: Kind, below: &str, fields: &Fields, now: i64) -> Outcome<Value> {
    let filters = filters(fields)?;
    let statuses: Option<Vec<String>> = match fields.value("effective_status") {
        None => None,
        Some(value) => match serde_json::from_value(value) {
            Ok(statuses) => Some(statuses),
            Err(_) => return invalid("effective_status must be a list"),
        },
    };
    let rows = world.listed(kind, now).into_iter().filter(|object| {
        let grandparent = world.objects.get(&object.parent).map_or("", |parent| parent.parent.as_str());
        let archived = status(object) == "ARCHIVED";
        (below.is_empty() || object.parent == below || grandparent == below)
            && filters.iter().all(|filter| filter.fits(world, object))
            && statuses.as_ref().map_or(!archived, |wanted| {
                let shown =
                    show(world, object, &Fields(Map::from_iter([("fields".to_owned(), json!("effective_status"))])));
                wanted.iter().any(|status| shown.get("effective_status").is_some_and(|shown| shown == status.as_str()))
            })
    });
    list(rows.map(|object| show(world, object, fields)).collect(), fields)
}

/// `filtering`: `[{"field": "name", "operator": "CONTAIN", "value": "…"}]`.
struct Filter {
    field: String,
    operator: String,
    value: Value,
}

fn filters(fields: &Fields) -> Outcome<Vec<Filter>> {
    let Some(value) = fields.value("filtering") else {
        return Ok(Vec::new());
    };
    let Some(list) = value.as_array() else {
        return invalid("filtering must be a list");
    };
    list.iter()
        .map(|filter| {
            let text = |name: &str| filter.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            let found = Filter {
                field: text("field"),
                operator: text("operator"),
                value: filter.get("value").cloned().unwrap_or_default(),
            };
            let known = ["name", "id", "effective_status", "updated_time", "created_time", "impressions", "spend"];
            let last = found.field.rsplit('.').next().unwrap_or_default();
            if !known.contains(&last) {
                return invalid(format!("filtering field {} is invalid", found.field));
            }
            if !["EQUAL", "NOT_EQUAL", "CONTAIN", "NOT_CONTAIN", "IN", "NOT_IN", "GREATER_THAN", "LESS_THAN"]
                .contains(&found.operator.as_str())
            {
                return invalid(format!("filtering operator {} is invalid", found.operator));
            }
            Ok(found)
        })
        .collect()
}

impl Filter {
    fn fits(&self, world: &World, object: &Object) -> bool {
        let (owner, field) = self.field.rsplit_once('.').unwrap_or(("", &self.field));
        let mut subject = object;
        let wanted = match owner {
            "campaign" => Kind::Campaign,
            "adset" => Kind::AdSet,
            _ => object.kind,
        };
        while subject.kind != wanted {
            match world.objects.get(&subject.parent) {
                Some(parent) => subject = parent,
                None => break,
            }
        }
        let actual = match field {
            "name" => subject.name.clone(),
            "id" => subject.id.clone(),
            "effective_status" => status(subject).to_owned(),
            _ => return true, // of times and figures: taken, not applied
        };
        let same = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned) == actual;
        let any = self.value.as_array().is_some_and(|values| values.iter().any(same));
        let part = self.value.as_str().unwrap_or_default().to_lowercase();
        match self.operator.as_str() {
            "EQUAL" => same(&self.value),
            "NOT_EQUAL" => !same(&self.value),
            "CONTAIN" => actual.to_lowercase().contains(&part),
            "NOT_CONTAIN" => !actual.to_lowercase().contains(&part),
            "IN" => any,
            "NOT_IN" => !any,
            _ => true,
        }
    }
}

// ── creating and changing ────────────────────────────────────────────────────────────────────────────────────────────

fn validates_only(fields: &Fields) -> bool {
    fields
        .value("execution_options")
        .and_then(|value| value.as_array().cloned())
        .is_some_and(|options| options.iter().any(|option| option == "validate_only"))
}

fn new_id(world: &mut World) -> String {
    let number = world.next_number();
    format!("1202{}{number:05}", world.account.number.get(..6).unwrap_or("000000"))
}

fn name(fields: &Fields) -> Outcome<String> {
    match fields.given("name").map(str::trim) {
        Some(name) if (1..=400).contains(&name.chars().count()) => Ok(name.to_owned()),
        Some(_) => invalid("name must have 1 to 400 characters"),
        None => Err(refusal(100, 0, "(#100) The parameter name is required")),
    }
}

fn wanted_status(fields: &Fields) -> Outcome<Option<&str>> {
    match fields.given("status") {
        None => Ok(None),
        Some(status @ ("ACTIVE" | "PAUSED" | "DELETED" | "ARCHIVED")) => Ok(Some(status)),
        Some(other) => invalid(format!("status must be one of ACTIVE, PAUSED, DELETED, ARCHIVED, not {other}")),
    }
}

/// Minor units, in micros.
fn budget(world: &World, fields: &Fields) -> Outcome<Option<i64>> {
    if fields.given("lifetime_budget").is_some() {
        return invalid("lifetime_budget is not offered by the practice provider; use daily_budget");
    }
    if !fields.0.contains_key("daily_budget") {
        return Ok(None);
    }
    match fields.integer("daily_budget") {
        Some(minor) if minor < LEAST_BUDGET => {
            Err(refusal(100, 1_885_272, "Your budget is too low: the minimum daily budget is 1.00"))
        }
        Some(minor) => Ok(Some(minor * world.micros_per_minor())),
        None => invalid("daily_budget must be a whole number of minor units"),
    }
}

/// Times and limits, as the market reads them.
fn bounds(world: &World, fields: &Fields, body: &mut Map<String, Value>) -> Outcome<()> {
    for (theirs, ours) in [("start_time", "starts_at"), ("stop_time", "ends_at"), ("end_time", "ends_at")] {
        let Some(given) = fields.0.get(theirs) else { continue };
        let text = given.as_str().map_or_else(|| given.to_string(), str::to_owned);
        let at = DateTime::parse_from_rfc3339(&text)
            .or_else(|_| DateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M:%S%z"))
            .map(|at| at.timestamp_millis())
            .ok()
            .or_else(|| text.parse::<i64>().ok().map(|seconds| seconds * 1_000));
        match at {
            Some(0) => drop(body.remove(ours)),
            Some(at) => {
                body.insert(ours.to_owned(), json!(at));
                body.insert(theirs.to_owned(), json!(time(at)));
            }
            None => return invalid(format!("{theirs} must be a time such as 2026-01-31T08:00:00+0000")),
        }
    }
    if let Some(cap) = fields.integer("spend_cap") {
        body.insert("spend_cap".to_owned(), json!(cap.to_string()));
        body.insert("spend_limit_micros".to_owned(), json!(cap * world.micros_per_minor()));
    }
    Ok(())
}

fn keep(fields: &Fields, body: &mut Map<String, Value>, names: &[&str]) {
    for name in names {
        if let Some(value) = fields.value(name) {
            body.insert((*name).to_owned(), value);
        }
    }
}

fn create_campaign(world: &mut World, fields: &Fields, now: i64) -> Outcome<Value> {
    let name = name(fields)?;
    match fields.given("objective") {
        Some(objective) if OBJECTIVES.contains(&objective) => {}
        Some(other) => return invalid(format!("objective must be one of {}, not {other}", OBJECTIVES.join(", "))),
        None => return Err(refusal(100, 0, "(#100) The parameter objective is required")),
    }
    let Some(categories) = fields.value("special_ad_categories") else {
        return Err(refusal(100, 0, "(#100) The parameter special_ad_categories is required"));
    };
    let known = |category: &Value| category.as_str().is_some_and(|category| CATEGORIES.contains(&category));
    if !categories.as_array().is_some_and(|list| list.iter().all(known)) {
        return invalid(format!("special_ad_categories must be a list of {}", CATEGORIES.join(", ")));
    }
    let status = wanted_status(fields)?.unwrap_or(UNSAID);
    let budget = budget(world, fields)?;
    let mut body = Map::new();
    keep(
        fields,
        &mut body,
        &[
            "objective",
            "special_ad_categories",
            "special_ad_category_country",
            "buying_type",
            "bid_strategy",
            "is_adset_budget_sharing_enabled",
        ],
    );
    bounds(world, fields, &mut body)?;
    insert(world, fields, Kind::Campaign, "", &name, status == "ACTIVE", budget, body, now)
}

fn create_ad_set(world: &mut World, fields: &Fields, now: i64) -> Outcome<Value> {
    let name = name(fields)?;
    let campaign_id = fields.id("campaign_id");
    let Some(campaign) = world.object(Kind::Campaign, &campaign_id) else {
        return invalid("campaign_id names no campaign of this account");
    };
    let campaign_budget = campaign.budget();
    let sells = campaign.text("objective") == "OUTCOME_SALES";
    let budget = budget(world, fields)?;
    match (budget, campaign_budget) {
        (None, None) => return Err(refusal(100, 1_885_364, "Either the campaign or the ad set needs a budget")),
        (Some(_), Some(_)) => {
            return Err(refusal(100, 1_885_621, "A budget stands at the campaign or at its ad sets, not at both"));
        }
        _ => {}
    }
    for required in ["billing_event", "optimization_goal"] {
        if fields.given(required).is_none() {
            return Err(refusal(100, 0, format!("(#100) The parameter {required} is required")));
        }
    }
    let targeting = fields.value("targeting").unwrap_or_default();
    if targeting.get("geo_locations").and_then(Value::as_object).is_none_or(Map::is_empty) {
        return Err(refusal(100, 1_885_364, "Please specify at least one location in targeting.geo_locations"));
    }
    let age = |name: &str| targeting.get(name).and_then(Value::as_i64);
    if age("age_min").is_some_and(|age| !(13..=65).contains(&age))
        || age("age_max").is_some_and(|age| !(13..=65).contains(&age))
    {
        return invalid("targeting ages must be from 13 to 65");
    }
    if fields.text("optimization_goal") == "OFFSITE_CONVERSIONS" && sells && fields.value("promoted_object").is_none() {
        return Err(refusal(100, 1_815_430, "promoted_object with a pixel is required to optimize for conversions"));
    }
    if let Some(pixel) = fields.value("promoted_object").and_then(|promoted| promoted.get("pixel_id").cloned()) {
        let own = pixel_id(&world.account.number);
        if pixel.as_str().map_or_else(|| pixel.to_string(), str::to_owned) != own {
            return invalid("promoted_object.pixel_id is no pixel of this account");
        }
    }
    let status = wanted_status(fields)?.unwrap_or(UNSAID);
    let mut body = Map::new();
    keep(
        fields,
        &mut body,
        &[
            "billing_event",
            "optimization_goal",
            "bid_strategy",
            "bid_amount",
            "targeting",
            "promoted_object",
            "destination_type",
            "dsa_beneficiary",
            "dsa_payor",
            "attribution_spec",
        ],
    );
    bounds(world, fields, &mut body)?;
    insert(world, fields, Kind::AdSet, &campaign_id, &name, status == "ACTIVE", budget, body, now)
}

fn create_creative(world: &mut World, fields: &Fields, now: i64) -> Outcome<String> {
    let body = creative(world, fields)?;
    let name = fields.given("name").unwrap_or("Creative").to_owned();
    let id = new_id(world);
    let new =
        NewObject { id: &id, kind: Kind::Creative, parent: "", name: &name, active: false, budget_micros: None, body };
    world.create(new, now);
    Ok(id)
}

fn creative(world: &World, fields: &Fields) -> Outcome<Map<String, Value>> {
    let story = fields.value("object_story_spec");
    let Some(story) = story.as_ref().and_then(Value::as_object) else {
        return invalid("object_story_spec is required for a creative");
    };
    let page = story.get("page_id").map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned));
    if page != Some(page_id(&world.account.number)) {
        return Err(refusal(100, 1_885_183, "object_story_spec.page_id is no page this user may advertise for"));
    }
    let Some(link) = story.get("link_data").and_then(Value::as_object) else {
        return invalid("object_story_spec.link_data is required");
    };
    let target = link.get("link").and_then(Value::as_str).unwrap_or_default();
    if !url::Url::parse(target).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
        return Err(refusal(100, 1_815_520, "object_story_spec.link_data.link must be a valid address"));
    }
    if let Some(hash) = link.get("image_hash").and_then(Value::as_str)
        && world.object(Kind::Image, hash).is_none()
    {
        return Err(refusal(100, 1_487_242, "object_story_spec.link_data.image_hash is no image of this account"));
    }
    let mut body = Map::new();
    keep(fields, &mut body, &["object_story_spec", "url_tags", "degrees_of_freedom_spec", "asset_feed_spec"]);
    Ok(body)
}

fn create_ad(world: &mut World, fields: &Fields, now: i64) -> Outcome<Value> {
    let name = name(fields)?;
    let ad_set = fields.id("adset_id");
    if world.object(Kind::AdSet, &ad_set).is_none() {
        return invalid("adset_id names no ad set of this account");
    }
    let status = wanted_status(fields)?.unwrap_or(UNSAID);
    let creative_id = given_creative(world, fields, now)?;
    let Some(creative_id) = creative_id else {
        return Err(refusal(100, 0, "(#100) The parameter creative is required"));
    };
    let mut body = Map::new();
    body.insert("creative_id".to_owned(), json!(creative_id));
    keep(fields, &mut body, &["tracking_specs", "conversion_domain"]);
    insert(world, fields, Kind::Ad, &ad_set, &name, status == "ACTIVE", None, body, now)
}

/// `creative`: one that exists, by id, or the parts of a new one.
fn given_creative(world: &mut World, fields: &Fields, now: i64) -> Outcome<Option<String>> {
    let Some(given) = fields.value("creative") else {
        return Ok(None);
    };
    let Some(parts) = given.as_object() else {
        return invalid("creative must be an object");
    };
    match parts.get("creative_id").or_else(|| parts.get("id")) {
        Some(id) => {
            let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
            if world.object(Kind::Creative, &id).is_none() {
                return invalid("creative.creative_id names no creative of this account");
            }
            Ok(Some(id))
        }
        None if validates_only(fields) => creative(world, &Fields(parts.clone())).map(|_| Some(String::new())),
        None => create_creative(world, &Fields(parts.clone()), now).map(Some),
    }
}

fn create_image(world: &mut World, fields: &Fields, now: i64) -> Outcome<Value> {
    let Some(bytes) =
        fields.given("bytes").and_then(|data| STANDARD.decode(data).ok()).filter(|bytes| !bytes.is_empty())
    else {
        return invalid("bytes must be an image in base64");
    };
    let image = image_kind(&bytes);
    if image.is_none() {
        return Err(refusal(100, 1_487_411, "The file is no image that can be used"));
    }
    let hash = hex::encode(Sha256::digest(&bytes)).get(..32).unwrap_or_default().to_owned();
    if world.object(Kind::Image, &hash).is_none() {
        let name = fields.given("name").unwrap_or("image").to_owned();
        let body = Map::from_iter([("bytes".to_owned(), json!(bytes.len()))]);
        let new = NewObject {
            id: &hash,
            kind: Kind::Image,
            parent: "",
            name: &name,
            active: false,
            budget_micros: None,
            body,
        };
        world.create(new, now);
    }
    let shown = json!({"hash": hash, "url": format!("https://scontent.example/{hash}"), "name": fields.text("name")});
    Ok(json!({"images": {"bytes": shown}}))
}

fn image_kind(bytes: &[u8]) -> Option<&'static str> {
    [(&b"\x89PNG"[..], "png"), (b"\xff\xd8\xff", "jpg"), (b"GIF8", "gif"), (b"RIFF", "webp"), (b"BM", "bmp")]
        .into_iter()
        .find(|(start, _)| bytes.starts_with(start))
        .map(|(_, kind)| kind)
}

#[expect(clippy::too_many_arguments, reason = "the parts of a new object")]
fn insert(
    world: &mut World,
    fields: &Fields,
    kind: Kind,
    parent: &str,
    name: &str,
    active: bool,
    budget_micros: Option<i64>,
    body: Map<String, Value>,
    now: i64,
) -> Outcome<Value> {
    if validates_only(fields) {
        return Ok(json!({"success": true}));
    }
    let id = new_id(world);
    world.create(NewObject { id: &id, kind, parent, name, active, budget_micros, body }, now);
    Ok(json!({"id": id}))
}

fn update(world: &mut World, kind: Kind, id: &str, fields: &Fields, now: i64) -> Outcome<Value> {
    if !matches!(kind, Kind::Campaign | Kind::AdSet | Kind::Ad | Kind::Creative) {
        return unsupported("POST", id);
    }
    let status = wanted_status(fields)?.map(str::to_owned);
    let budget = budget(world, fields)?;
    let name = fields.given("name").map(|_| name(fields)).transpose()?;
    if let (Some(_), Some(object)) = (budget, world.objects.get(id)) {
        if object.budget().is_none() {
            return Err(refusal(100, 1_885_621, "This object has no budget of its own to be changed"));
        }
        let recent = object.budgets.iter().skip(1).filter(|(at, _)| *at > now - HOUR_MS).count();
        if recent >= 4 && object.budget() != budget {
            return Err(refusal(613, 1_487_632, "(#613) An ad set's budget can be changed 4 times an hour"));
        }
    }
    let creative = if kind == Kind::Ad && !validates_only(fields) { given_creative(world, fields, now)? } else { None };
    let mut body = Map::new();
    bounds(world, fields, &mut body)?;
    match kind {
        Kind::AdSet => keep(
            fields,
            &mut body,
            &[
                "targeting",
                "bid_strategy",
                "bid_amount",
                "optimization_goal",
                "billing_event",
                "promoted_object",
                "dsa_beneficiary",
                "dsa_payor",
            ],
        ),
        Kind::Campaign => keep(fields, &mut body, &["bid_strategy", "special_ad_categories"]),
        _ => {}
    }
    if validates_only(fields) {
        return Ok(json!({"success": true}));
    }
    if let Some(object) = world.object_mut(id) {
        object.body.extend(body);
        if let Some(creative) = creative {
            object.body.insert("creative_id".to_owned(), json!(creative));
        }
        if let Some(name) = name {
            object.name = name;
        }
        if let Some(micros) = budget {
            object.set_budget(micros, now);
        }
        object.updated_at = now;
        match status.as_deref() {
            Some("DELETED") => object.remove(now),
            Some("ARCHIVED") => {
                object.switch(false, now);
                object.body.insert("archived".to_owned(), json!("yes"));
            }
            Some(status) => object.switch(status == "ACTIVE", now),
            None => {}
        }
    }
    Ok(json!({"success": true}))
}

// ── insights ─────────────────────────────────────────────────────────────────────────────────────────────────────────

fn insights(world: &World, below: Option<&str>, fields: &Fields, now: i64) -> Outcome<Value> {
    let today = world.zone().local_day(now);
    let (from, to) = match fields.value("time_range") {
        Some(range) => {
            let day =
                |name: &'static str| match range.get(name).and_then(Value::as_str).map(|text| parse_day(name, text)) {
                    Some(Ok(day)) => Ok(day),
                    _ => invalid(format!("time_range.{name} must be a day, YYYY-MM-DD")),
                };
            (day("since")?, day("until")?)
        }
        None => match fields.given("date_preset").unwrap_or("last_30d") {
            "today" => (today, today),
            "yesterday" => (today - 1, today - 1),
            "last_3d" => (today - 3, today - 1),
            "last_7d" => (today - 7, today - 1),
            "last_14d" => (today - 14, today - 1),
            "last_28d" => (today - 28, today - 1),
            "last_30d" => (today - 30, today - 1),
            "last_90d" => (today - 90, today - 1),
            "maximum" => (today - 37 * 30, today),
            other => return invalid(format!("date_preset {other} is invalid")),
        },
    };
    if from > to {
        return invalid("time_range.since must not lie after time_range.until");
    }
    if to - from > 37 * 31 {
        return Err(refusal(
            3_018,
            0,
            "(#3018) The start date of the time range cannot be beyond 37 months from the current date",
        ));
    }
    let own = below.and_then(|id| world.objects.get(id));
    let level = match (fields.given("level"), own.map(|object| object.kind)) {
        (Some("campaign"), _) | (None, Some(Kind::Campaign)) => Some(Kind::Campaign),
        (Some("adset"), _) | (None, Some(Kind::AdSet)) => Some(Kind::AdSet),
        (Some("ad"), _) | (None, Some(Kind::Ad)) => Some(Kind::Ad),
        (Some("account") | None, _) => None,
        (Some(other), _) => return invalid(format!("level {other} is invalid")),
    };
    let step = match fields.given("time_increment").unwrap_or("all_days") {
        "all_days" => None,
        number => match number.parse::<i64>() {
            Ok(days) if (1..=90).contains(&days) => Some(days),
            _ => return invalid("time_increment must be from 1 to 90, or all_days"),
        },
    };
    let filters = filters(fields)?;
    let mut sums: BTreeMap<(i64, String), (market::AdDay, Figures)> = BTreeMap::new();
    for day in market::days(world, from, to, now) {
        if below.is_some_and(|id| ![&day.ad, &day.ad_set, &day.campaign].into_iter().any(|own| own == id)) {
            continue;
        }
        if let Some(ad) = world.objects.get(&day.ad)
            && !filters.iter().all(|filter| filter.fits(world, ad))
        {
            continue;
        }
        let id = match level {
            None => String::new(),
            Some(Kind::Campaign) => day.campaign.clone(),
            Some(Kind::AdSet) => day.ad_set.clone(),
            Some(_) => day.ad.clone(),
        };
        let start = step.map_or(from, |days| from + (day.local_day - from).div_euclid(days) * days);
        let figures = day.figures;
        sums.entry((start, id)).or_insert_with(|| (day, Figures::default())).1.add(&figures);
    }
    let rows = sums
        .into_iter()
        .map(|((start, _), (first, figures))| {
            let end = step.map_or(to, |days| (start + days - 1).min(to));
            let all = row(world, level, &first, &figures);
            let mut shown = pick(all, fields, &["impressions", "spend", "account_id"]);
            // The days are always told.
            set(&mut shown, "date_start", json!(format_day(start)));
            set(&mut shown, "date_stop", json!(format_day(end)));
            shown
        })
        .collect();
    list(rows, fields)
}

fn row(world: &World, level: Option<Kind>, first: &market::AdDay, figures: &Figures) -> Value {
    let name = |id: &str| world.objects.get(id).map(|object| object.name.clone());
    let mut row = json!({
        "account_id": world.account.number,
        "account_name": world.account.name,
        "account_currency": world.account.currency,
        "impressions": figures.impressions.to_string(),
        "reach": (figures.impressions * 4 / 5).to_string(),
        // Clicks of any kind: on links, and some more on the page's name, likes and comments.
        "clicks": (figures.clicks + figures.clicks / 5).to_string(),
        "inline_link_clicks": figures.clicks.to_string(),
        "spend": decimal(figures.spend_micros),
        "attribution_setting": "7d_click",
    });
    let mut put = |name: &str, value: Value| set(&mut row, name, value);
    if level.is_some() {
        put("campaign_id", json!(first.campaign));
        put("campaign_name", json!(name(&first.campaign)));
    }
    if matches!(level, Some(Kind::AdSet | Kind::Ad)) {
        put("adset_id", json!(first.ad_set));
        put("adset_name", json!(name(&first.ad_set)));
    }
    if level == Some(Kind::Ad) {
        put("ad_id", json!(first.ad));
        put("ad_name", json!(name(&first.ad)));
    }
    if figures.clicks > 0 {
        let count = figures.clicks.to_string();
        let mut actions = vec![json!({"action_type": "link_click", "value": count})];
        put("outbound_clicks", json!([{"action_type": "outbound_click", "value": count}]));
        if figures.conversions > 0 {
            // The same purchases under three names, as the real reports have them: only one may be counted.
            let names = ["purchase", "omni_purchase", "offsite_conversion.fb_pixel_purchase"];
            let values = names.map(|name| json!({"action_type": name, "value": decimal(figures.value_micros)}));
            actions.extend(names.map(|name| json!({"action_type": name, "value": figures.conversions.to_string()})));
            put("action_values", json!(values));
        }
        put("actions", json!(actions));
    }
    row
}

/// Major units with two decimals, rounded down.
fn decimal(micros: i64) -> String {
    format!("{}.{:02}", micros / 1_000_000, micros % 1_000_000 / 10_000)
}

/// A report in the background. It is done when it is first asked for.
fn report(world: &mut World, fields: &Fields, now: i64) -> Outcome<Value> {
    insights(world, None, fields, now)?;
    let id = new_id(world);
    let body = Map::from_iter([("query".to_owned(), Value::Object(fields.0.clone()))]);
    let new = NewObject { id: &id, kind: Kind::Report, parent: "", name: "", active: false, budget_micros: None, body };
    world.create(new, now);
    Ok(json!({"report_run_id": id}))
}

fn finished_report(world: &World, id: &str, fields: &Fields, now: i64) -> Outcome<Value> {
    let query = world.objects.get(id).and_then(|report| report.body.get("query")).and_then(Value::as_object);
    let mut asked = Fields(query.cloned().unwrap_or_default());
    asked.0.remove("after");
    for name in ["after", "limit"] {
        if let Some(value) = fields.0.get(name) {
            asked.0.insert(name.to_owned(), value.clone());
        }
    }
    insights(world, None, &asked, now)
}
