//! Google Ads REST v25, as far as search campaigns go: budgets, campaigns, ad groups, responsive search ads, keywords,
//! places, assets; searches in its query language.
//!
//! As there: a campaign's name is unique among those that are not removed, an ad group's within its campaign, a shared
//! budget's within the account; ads have no name. 64-bit numbers are strings. Errors are `GoogleAdsFailure`s.

use crate::dice::hash;
use crate::gaql::{self, Query};
use crate::http::{Request, Response, set};
use crate::limit::Window;
use crate::market::{self, Figures};
use crate::oauth::{DEVELOPER_TOKEN, Refused};
use crate::object::{Kind, Object};
use crate::world::{NewObject, World};
use calendar::{format_day, parse_day};
use chrono::NaiveDateTime;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const VERSION: &str = "v25";
/// Rows of a page. Google's are 10,000; ours are fewer, so that pages are walked in tests.
const PAGE: usize = 50;
/// Operations a day with basic access; and a bucket of our own, as theirs has no published size.
const LIMITS: [Window; 2] =
    [Window { name: "second", limit: 50, span_ms: 1_000 }, Window { name: "day", limit: 15_000, span_ms: 86_400_000 }];

struct Refusal {
    status: u16,
    /// `campaignError` and the like.
    group: &'static str,
    code: &'static str,
    message: String,
    trigger: String,
    /// Where in the request.
    path: Vec<(String, Option<usize>)>,
}

type Outcome<T> = Result<T, Refusal>;

fn refusal(group: &'static str, code: &'static str, message: impl Into<String>) -> Refusal {
    Refusal { status: 400, group, code, message: message.into(), trigger: String::new(), path: Vec::new() }
}

fn refuse<T>(group: &'static str, code: &'static str, field: &str, message: impl Into<String>) -> Outcome<T> {
    let path = field.split('.').filter(|part| !part.is_empty()).map(|part| (part.to_owned(), None)).collect();
    Err(Refusal { path, ..refusal(group, code, message) })
}

fn failure(refusals: &[Refusal], number: u64) -> Value {
    let errors: Vec<Value> = refusals
        .iter()
        .map(|refusal| {
            let mut error = json!({"errorCode": {refusal.group: refusal.code}, "message": refusal.message});
            if !refusal.trigger.is_empty() {
                set(&mut error, "trigger", json!({"stringValue": refusal.trigger}));
            }
            if !refusal.path.is_empty() {
                let elements: Vec<Value> = refusal
                    .path
                    .iter()
                    .map(|(name, index)| {
                        index.map_or_else(
                            || json!({"fieldName": name}),
                            |index| json!({"fieldName": name, "index": index}),
                        )
                    })
                    .collect();
                set(&mut error, "location", json!({"fieldPathElements": elements}));
            }
            if refusal.group == "quotaError" {
                set(
                    &mut error,
                    "details",
                    json!({"quotaErrorDetails": {
                        "rateScope": "ACCOUNT", "rateName": "Requests per account", "retryDelay": refusal.trigger,
                    }}),
                );
            }
            error
        })
        .collect();
    json!({
        "@type": "type.googleapis.com/google.ads.googleads.v25.errors.GoogleAdsFailure",
        "errors": errors,
        "requestId": format!("r{number:012}"),
    })
}

fn render(refusals: &[Refusal], number: u64) -> Response {
    let status = refusals.first().map_or(400, |refusal| refusal.status);
    let (name, message) = match status {
        401 => ("UNAUTHENTICATED", "Request had invalid authentication credentials. Expected OAuth 2 access token."),
        403 => ("PERMISSION_DENIED", "The caller does not have permission"),
        404 => ("NOT_FOUND", "Requested entity was not found."),
        429 => ("RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."),
        500 => ("INTERNAL", "Internal error encountered."),
        _ => ("INVALID_ARGUMENT", "Request contains an invalid argument."),
    };
    let error = json!({"code": status, "message": message, "status": name, "details": [failure(refusals, number)]});
    Response::json(status, &json!({"error": error})).header("request-id", &format!("r{number:012}"))
}

pub(crate) fn limited(world: &World) -> Response {
    let refusal = Refusal {
        status: 429,
        trigger: "2s".to_owned(),
        ..refusal("quotaError", "RESOURCE_TEMPORARILY_EXHAUSTED", "Too many requests. Retry in 2 seconds.")
    };
    render(&[refusal], world.account.requests)
}

pub(crate) fn broken() -> Response {
    let refusal =
        Refusal { status: 500, ..refusal("internalError", "TRANSIENT_ERROR", "A transient internal error occurred.") };
    render(&[refusal], 0)
}

pub(crate) fn answer(world: &mut World, request: &Request, now: i64) -> Response {
    match enter(world, request, now) {
        Ok(body) => Response::json(200, &body).header("request-id", &format!("r{:012}", world.account.requests)),
        Err(refusals) => render(&refusals, world.account.requests),
    }
}

fn enter(world: &mut World, request: &Request, now: i64) -> Result<Value, Vec<Refusal>> {
    let segments = request.segments();
    let (version, rest) = segments.split_first().unwrap_or((&"", &[]));
    if *version != VERSION {
        let message = format!("Version {version} is deprecated or unknown. Requests to this version will be blocked.");
        return Err(vec![refusal("requestError", "UNSUPPORTED_VERSION", message)]);
    }
    if let Err(refused) = world.admit(request, now) {
        let code = match refused {
            Refused::Missing => "OAUTH_TOKEN_HEADER_INVALID",
            Refused::Unknown => "OAUTH_TOKEN_INVALID",
            Refused::Expired => "OAUTH_TOKEN_EXPIRED",
        };
        let refusal = refusal("authenticationError", code, "The access token is missing, unknown or has expired.");
        return Err(vec![Refusal { status: 401, ..refusal }]);
    }
    match request.get_header("developer-token") {
        None => {
            return Err(vec![refusal(
                "requestError",
                "DEVELOPER_TOKEN_PARAMETER_MISSING",
                "The header developer-token is missing.",
            )]);
        }
        Some(token) if token != DEVELOPER_TOKEN => {
            let refusal =
                refusal("authenticationError", "DEVELOPER_TOKEN_INVALID", "The developer token is not valid.");
            return Err(vec![Refusal { status: 401, ..refusal }]);
        }
        Some(_) => {}
    }
    let body: Value = if request.body.is_empty() {
        json!({})
    } else {
        serde_json::from_slice(&request.body).map_err(|error| {
            vec![refusal("requestError", "INVALID_INPUT", format!("Invalid JSON payload received: {error}"))]
        })?
    };
    let operations = body.get("operations").or_else(|| body.get("mutateOperations")).and_then(Value::as_array);
    let cost = i64::try_from(operations.map_or(1, Vec::len)).unwrap_or(i64::MAX).max(1);
    world.touch("meters", "");
    let standing = world.meters.count("operations", &LIMITS, cost, now);
    if !standing.allowed {
        let wait = format!("{}s", (standing.reset_ms + 999) / 1_000);
        let refusal = refusal("quotaError", "RESOURCE_EXHAUSTED", format!("Too many requests. Retry in {wait}."));
        return Err(vec![Refusal { status: 429, trigger: wait, ..refusal }]);
    }
    let own = world.account.number.clone();
    match (request.method.as_str(), rest) {
        ("GET", ["customers:listAccessibleCustomers"]) => {
            let reached = world.account.reached();
            let names: Vec<String> = reached.iter().map(|account| format!("customers/{}", account.number)).collect();
            Ok(json!({"resourceNames": names}))
        }
        ("POST", ["customers", customer, call]) => {
            if *customer != own {
                let refusal = refusal(
                    "authorizationError",
                    "USER_PERMISSION_DENIED",
                    format!("The user has no access to customer {customer}."),
                );
                return Err(vec![Refusal { status: 403, ..refusal }]);
            }
            match *call {
                "googleAds:search" => search(world, &body, now).map_err(|refusal| vec![refusal]),
                "googleAds:searchStream" => stream(world, &body, now).map_err(|refusal| vec![refusal]),
                "googleAds:mutate" => mutate_together(world, &body, now),
                _ => match call
                    .split_once(':')
                    .and_then(|(collection, verb)| (verb == "mutate").then(|| service(collection)).flatten())
                {
                    Some(service) => mutate(world, &service, &body, now),
                    None => Err(vec![Refusal {
                        status: 404,
                        ..refusal("requestError", "UNKNOWN", format!("{call} is not offered by the practice provider."))
                    }]),
                },
            }
        }
        _ => Err(vec![Refusal {
            status: 404,
            ..refusal("requestError", "UNKNOWN", "There is nothing at this address.")
        }]),
    }
}

/// A collection that is mutated.
#[derive(Clone, Copy)]
struct Service {
    collection: &'static str,
    kind: Kind,
    /// The operation's name in `googleAds:mutate`, and the result's.
    operation: &'static str,
    result: &'static str,
    /// Its member in rows of a search.
    member: &'static str,
}

const SERVICES: [Service; 8] = [
    Service {
        collection: "campaignBudgets",
        kind: Kind::Budget,
        operation: "campaignBudgetOperation",
        result: "campaignBudgetResult",
        member: "campaignBudget",
    },
    Service {
        collection: "campaigns",
        kind: Kind::Campaign,
        operation: "campaignOperation",
        result: "campaignResult",
        member: "campaign",
    },
    Service {
        collection: "campaignCriteria",
        kind: Kind::Criterion,
        operation: "campaignCriterionOperation",
        result: "campaignCriterionResult",
        member: "campaignCriterion",
    },
    Service {
        collection: "adGroups",
        kind: Kind::AdSet,
        operation: "adGroupOperation",
        result: "adGroupResult",
        member: "adGroup",
    },
    Service {
        collection: "adGroupCriteria",
        kind: Kind::Criterion,
        operation: "adGroupCriterionOperation",
        result: "adGroupCriterionResult",
        member: "adGroupCriterion",
    },
    Service {
        collection: "adGroupAds",
        kind: Kind::Ad,
        operation: "adGroupAdOperation",
        result: "adGroupAdResult",
        member: "adGroupAd",
    },
    Service {
        collection: "assets",
        kind: Kind::Image,
        operation: "assetOperation",
        result: "assetResult",
        member: "asset",
    },
    // An ad without its place in an ad group: only to be changed.
    Service { collection: "ads", kind: Kind::Ad, operation: "adOperation", result: "adResult", member: "" },
];

fn service(collection: &str) -> Option<Service> {
    SERVICES.into_iter().find(|service| service.collection == collection)
}

// ── mutating ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/// One kind of operation in a request. All or nothing, unless `partialFailure`.
fn mutate(world: &mut World, service: &Service, body: &Value, now: i64) -> Result<Value, Vec<Refusal>> {
    let operations = body.get("operations").and_then(Value::as_array).cloned().unwrap_or_default();
    let partial = body.get("partialFailure").and_then(Value::as_bool).unwrap_or(false);
    let dry = body.get("validateOnly").and_then(Value::as_bool).unwrap_or(false);
    let before = world.clone();
    let mut results = Vec::new();
    let mut refusals = Vec::new();
    for (index, operation) in operations.iter().enumerate() {
        match operate(world, service, operation, &mut BTreeMap::new(), now) {
            Ok(name) => results.push(json!({"resourceName": name})),
            Err(refusal) => {
                results.push(json!({}));
                refusals.push(located(refusal, "operations", index, operation));
            }
        }
    }
    if operations.is_empty() {
        refusals.push(refusal("requestError", "REQUIRED_FIELD_MISSING", "operations is required."));
    }
    if dry || (!refusals.is_empty() && !partial) {
        restore(world, before);
    }
    if dry && refusals.is_empty() {
        return Ok(json!({}));
    }
    match (refusals.is_empty(), partial && !operations.is_empty()) {
        (true, _) => Ok(json!({"results": results})),
        (false, true) => {
            let details = failure(&refusals, world.account.requests);
            let status = json!({"code": 3, "message": "Multiple errors in ‘details’.", "details": [details]});
            Ok(json!({"results": results, "partialFailureError": status}))
        }
        (false, false) => Err(refusals),
    }
}

/// `googleAds:mutate`: operations of several kinds, all or nothing; negative ids stand for what earlier ones create.
fn mutate_together(world: &mut World, body: &Value, now: i64) -> Result<Value, Vec<Refusal>> {
    let operations = body.get("mutateOperations").and_then(Value::as_array).cloned().unwrap_or_default();
    let dry = body.get("validateOnly").and_then(Value::as_bool).unwrap_or(false);
    let before = world.clone();
    let mut temporary = BTreeMap::new();
    let mut results = Vec::new();
    for (index, operation) in operations.iter().enumerate() {
        let found = SERVICES.iter().find_map(|service| Some((service, operation.get(service.operation)?)));
        let outcome = match found {
            Some((service, inner)) => operate(world, service, inner, &mut temporary, now)
                .map(|name| json!({service.result: {"resourceName": name}})),
            None => Err(refusal(
                "mutateError",
                "OPERATION_DOES_NOT_SUPPORT_PARTIAL_FAILURE",
                "This operation is not offered by the practice provider.",
            )),
        };
        match outcome {
            Ok(result) => results.push(result),
            Err(refusal) => {
                restore(world, before);
                return Err(vec![located(refusal, "mutate_operations", index, operation)]);
            }
        }
    }
    if dry {
        restore(world, before);
        return Ok(json!({}));
    }
    Ok(json!({"mutateOperationResponses": results}))
}

/// Takes back what was done since; what was counted stays counted.
fn restore(world: &mut World, before: World) {
    world.objects = before.objects;
}

fn located(mut refusal: Refusal, list: &str, index: usize, operation: &Value) -> Refusal {
    let verb = ["create", "update", "remove"].into_iter().find(|verb| operation.get(verb).is_some());
    let mut path = vec![(list.to_owned(), Some(index))];
    path.extend(verb.map(|verb| (verb.to_owned(), None)));
    path.append(&mut refusal.path);
    refusal.path = path;
    refusal
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// A 64-bit number, sent as a string or a number.
fn long(value: Option<&Value>) -> Option<i64> {
    value.and_then(|value| value.as_i64().or_else(|| value.as_str()?.parse().ok()))
}

/// The last part of a resource name of this customer and collection.
fn id_in<'a>(world: &World, name: &'a str, collection: &str) -> Option<&'a str> {
    name.strip_prefix(&format!("customers/{}/{collection}/", world.account.number)).filter(|id| !id.is_empty())
}

fn resource(world: &World, collection: &str, id: &str) -> String {
    format!("customers/{}/{collection}/{id}", world.account.number)
}

fn operate(
    world: &mut World,
    service: &Service,
    operation: &Value,
    temporary: &mut BTreeMap<String, String>,
    now: i64,
) -> Outcome<String> {
    if service.collection == "ads" {
        return update_ad(world, operation, now);
    }
    // References to what this request created are put in place first.
    let mut operation = operation.clone();
    replace(&mut operation, temporary);
    if let Some(create) = operation.get("create") {
        let asked = text(create, "resourceName").to_owned();
        let name = create_one(world, service, create, now)?;
        if !asked.is_empty() {
            temporary.insert(asked, name.clone());
        }
        return Ok(name);
    }
    if let Some(update) = operation.get("update") {
        let name = text(update, "resourceName").to_owned();
        let mask = text(&operation, "updateMask");
        if mask.is_empty() {
            return refuse("fieldMaskError", "FIELD_MASK_MISSING", "update_mask", "The update mask is missing.");
        }
        let mask: Vec<Vec<String>> = mask.split(',').map(|field| gaql::path(field.trim())).collect();
        update_one(world, service, &name, update, &mask, now)?;
        return Ok(name);
    }
    if let Some(name) = operation.get("remove").and_then(Value::as_str) {
        let id = existing(world, service, name)?;
        if service.kind == Kind::Budget
            && world
                .objects
                .values()
                .any(|object| object.kind == Kind::Campaign && !object.removed && object.text("budget_id") == id)
        {
            return refuse("campaignBudgetError", "CAMPAIGN_BUDGET_IN_USE", "", "The budget is in use.");
        }
        if let Some(object) = world.object_mut(&id) {
            object.remove(now);
        }
        return Ok(name.to_owned());
    }
    refuse("requestError", "INVALID_INPUT", "", "An operation creates, updates or removes.")
}

/// Changes what an ad says, wherever it stands.
fn update_ad(world: &mut World, operation: &Value, now: i64) -> Outcome<String> {
    let update = operation.get("update").unwrap_or(&Value::Null);
    let name = text(update, "resourceName").to_owned();
    let end = id_in(world, &name, "ads").map(|id| format!("~{id}")).unwrap_or_default();
    let found = world
        .objects
        .values()
        .find(|object| object.kind == Kind::Ad && !object.removed && !end.is_empty() && object.id.ends_with(&end));
    let Some((id, mut changed)) =
        found.map(|object| (object.id.clone(), object.body.get("ad").cloned().unwrap_or_default()))
    else {
        let refusal = refusal("mutateError", "RESOURCE_NOT_FOUND", "Resource was not found.");
        return Err(Refusal { trigger: name, path: vec![("resource_name".to_owned(), None)], ..refusal });
    };
    let mask = text(operation, "updateMask");
    if mask.is_empty() {
        return refuse("fieldMaskError", "FIELD_MASK_MISSING", "update_mask", "The update mask is missing.");
    }
    for field in mask.split(',').map(|field| gaql::path(field.trim())) {
        let value = field.iter().try_fold(update, |value, part| value.get(part)).cloned().unwrap_or_default();
        place(&mut changed, &field, &value);
    }
    ad(&changed)?;
    if let Some(object) = world.object_mut(&id) {
        object.body.insert("ad".to_owned(), changed);
        object.updated_at = now;
    }
    Ok(name)
}

fn replace(value: &mut Value, temporary: &BTreeMap<String, String>) {
    match value {
        Value::String(text) => {
            if let Some(real) = temporary.get(text) {
                text.clone_from(real);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, temporary)),
        Value::Object(fields) => {
            fields
                .iter_mut()
                .filter(|(name, _)| *name != "resourceName")
                .for_each(|(_, value)| replace(value, temporary));
        }
        _ => {}
    }
}

fn existing(world: &World, service: &Service, name: &str) -> Outcome<String> {
    match id_in(world, name, service.collection).filter(|id| world.object(service.kind, id).is_some()) {
        Some(id) => Ok(id.to_owned()),
        None => {
            let refusal = refusal("mutateError", "RESOURCE_NOT_FOUND", "Resource was not found.");
            Err(Refusal { trigger: name.to_owned(), path: vec![("resource_name".to_owned(), None)], ..refusal })
        }
    }
}

fn status(value: &Value, otherwise: bool) -> Outcome<bool> {
    match value.get("status").and_then(Value::as_str) {
        None => Ok(otherwise),
        Some("ENABLED") => Ok(true),
        Some("PAUSED") => Ok(false),
        Some(other) => {
            let refusal = refusal("fieldError", "INVALID_VALUE", format!("status {other} cannot be set."));
            Err(Refusal { trigger: other.to_owned(), path: vec![("status".to_owned(), None)], ..refusal })
        }
    }
}

fn new_id(world: &mut World) -> String {
    let number = world.next_number();
    (20_000_000_000 + hash(&format!("{}/{number}", world.account.number)) % 10_000_000_000 * 7).to_string()
}

fn parent(world: &World, create: &Value, field: &str, collection: &str, kind: Kind) -> Outcome<String> {
    let name = text(create, field);
    if name.is_empty() {
        return refuse("fieldError", "REQUIRED", field, format!("{field} is required."));
    }
    match id_in(world, name, collection).filter(|id| world.object(kind, id).is_some()) {
        Some(id) => Ok(id.to_owned()),
        None => {
            let refusal = refusal("mutateError", "RESOURCE_NOT_FOUND", "Resource was not found.");
            Err(Refusal { trigger: name.to_owned(), path: vec![(field.to_owned(), None)], ..refusal })
        }
    }
}

fn name_of(create: &Value, limit: usize) -> Outcome<String> {
    let name = text(create, "name").trim();
    match name.chars().count() {
        0 => refuse("fieldError", "REQUIRED", "name", "The required field was not present."),
        length if length > limit => refuse("stringLengthError", "TOO_LONG", "name", "Too long."),
        _ if name.contains(['\0', '\n', '\r']) => {
            refuse("stringFormatError", "ILLEGAL_CHARS", "name", "Illegal characters.")
        }
        _ => Ok(name.to_owned()),
    }
}

fn taken(world: &World, kind: Kind, parent: Option<&str>, name: &str, except: &str) -> bool {
    world.objects.values().any(|object| {
        object.kind == kind
            && !object.removed
            && object.id != except
            && object.name.eq_ignore_ascii_case(name)
            && parent.is_none_or(|parent| object.parent == parent)
    })
}

fn amount(world: &World, value: Option<&Value>) -> Outcome<i64> {
    let field = "amount_micros";
    match long(value) {
        None => refuse("fieldError", "REQUIRED", field, "The amount is required."),
        Some(micros) if micros < 0 => {
            refuse("campaignBudgetError", "NEGATIVE_MONEY_AMOUNT", field, "A budget is no debt.")
        }
        Some(micros) if micros % world.micros_per_minor() != 0 => refuse(
            "campaignBudgetError",
            "NON_MULTIPLE_OF_MINIMUM_CURRENCY_UNIT",
            field,
            "The amount is no multiple of the smallest unit of the currency.",
        ),
        Some(0) => refuse("campaignBudgetError", "BUDGET_BELOW_PER_DAY_MINIMUM", field, "The budget is too low."),
        Some(micros) => Ok(micros),
    }
}

/// Times on the account's clock, as the market reads them.
fn bounds(world: &World, fields: &Map<String, Value>, body: &mut Map<String, Value>) -> Outcome<()> {
    for (theirs, ours, last) in [
        ("startDateTime", "starts_at", false),
        ("startDate", "starts_at", false),
        ("endDateTime", "ends_at", true),
        ("endDate", "ends_at", true),
    ] {
        let Some(text) = fields.get(theirs).and_then(Value::as_str) else { continue };
        let zone = world.zone();
        let at = match text.len() {
            10 => parse_day("date", text).ok().map(|day| zone.day_start_ms(day + i64::from(last))),
            _ => NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").ok().map(|wall| {
                let wall = wall.and_utc().timestamp_millis();
                zone.hour_start_ms(wall.div_euclid(3_600_000)) + wall.rem_euclid(3_600_000)
            }),
        };
        match at {
            Some(at) => drop(body.insert(ours.to_owned(), json!(at))),
            None => {
                return refuse(
                    "dateError",
                    "INVALID_STRING_DATE_TIME",
                    theirs,
                    "The string date time's format should be yyyy-MM-dd HH:mm:ss.",
                );
            }
        }
    }
    Ok(())
}

const BIDDING: [&str; 10] = [
    "biddingStrategy",
    "manualCpc",
    "maximizeConversions",
    "maximizeConversionValue",
    "targetSpend",
    "targetCpa",
    "targetRoas",
    "targetImpressionShare",
    "percentCpc",
    "manualCpm",
];

fn create_one(world: &mut World, service: &Service, create: &Value, now: i64) -> Outcome<String> {
    let mut body = create.as_object().cloned().unwrap_or_default();
    body.remove("resourceName");
    let mut new = NewObject {
        id: "",
        kind: service.kind,
        parent: "",
        name: "",
        active: status(create, true)?,
        budget_micros: None,
        body: Map::new(),
    };
    let (mut name, mut parent_id) = (String::new(), String::new());
    let mut id = None;
    match service.collection {
        "campaignBudgets" => {
            new.budget_micros = Some(amount(world, create.get("amountMicros"))?);
            // Google shares a budget unless told otherwise, and a shared one must have a name.
            let shared = create.get("explicitlyShared").and_then(Value::as_bool).unwrap_or(true);
            if shared || create.get("name").is_some() {
                name = name_of(create, 255)?;
                if taken(world, Kind::Budget, None, &name, "") {
                    return refuse(
                        "campaignBudgetError",
                        "DUPLICATE_NAME",
                        "name",
                        "A campaign budget with this name already exists.",
                    );
                }
            }
        }
        "campaigns" => {
            name = name_of(create, 256)?;
            if taken(world, Kind::Campaign, None, &name, "") {
                return refuse(
                    "campaignError",
                    "DUPLICATE_CAMPAIGN_NAME",
                    "name",
                    "The campaign name is already being used by another campaign.",
                );
            }
            if text(create, "advertisingChannelType").is_empty() {
                return refuse(
                    "fieldError",
                    "REQUIRED",
                    "advertising_channel_type",
                    "The required field was not present.",
                );
            }
            if text(create, "containsEuPoliticalAdvertising").is_empty() {
                return refuse(
                    "fieldError",
                    "REQUIRED",
                    "contains_eu_political_advertising",
                    "The required field was not present.",
                );
            }
            if !BIDDING.iter().any(|strategy| create.get(strategy).is_some()) {
                return refuse(
                    "fieldError",
                    "REQUIRED",
                    "campaign_bidding_strategy",
                    "The required field was not present.",
                );
            }
            let budget = parent(world, create, "campaignBudget", "campaignBudgets", Kind::Budget)?;
            let shared = world
                .objects
                .get(&budget)
                .is_none_or(|budget| budget.body.get("explicitlyShared") != Some(&json!(false)));
            let in_use = world
                .objects
                .values()
                .any(|object| object.kind == Kind::Campaign && !object.removed && object.text("budget_id") == budget);
            if in_use && !shared {
                return refuse(
                    "campaignBudgetError",
                    "CANNOT_USE_IMPLICITLY_SHARED_CAMPAIGN_BUDGET_WITH_MULTIPLE_CAMPAIGNS",
                    "campaign_budget",
                    "The budget belongs to another campaign.",
                );
            }
            bounds(world, &body.clone(), &mut body)?;
            body.insert("budget_id".to_owned(), json!(budget));
        }
        "adGroups" => {
            parent_id = parent(world, create, "campaign", "campaigns", Kind::Campaign)?;
            name = name_of(create, 255)?;
            if taken(world, Kind::AdSet, Some(&parent_id), &name, "") {
                return refuse(
                    "adGroupError",
                    "DUPLICATE_ADGROUP_NAME",
                    "name",
                    "An ad group with the same name already exists for the campaign.",
                );
            }
        }
        "adGroupAds" => {
            parent_id = parent(world, create, "adGroup", "adGroups", Kind::AdSet)?;
            ad(create.get("ad").unwrap_or(&Value::Null))?;
            let number = new_id(world);
            id = Some(format!("{parent_id}~{number}"));
        }
        "campaignCriteria" => {
            parent_id = parent(world, create, "campaign", "campaigns", Kind::Campaign)?;
            let what = ["location", "language", "keyword", "device", "adSchedule", "proximity"]
                .into_iter()
                .find_map(|kind| Some((kind, create.get(kind)?)));
            let Some((kind, value)) = what else {
                return refuse("fieldError", "REQUIRED", "criterion", "The required field was not present.");
            };
            let criterion =
                match text(value, "geoTargetConstant")
                    .rsplit('/')
                    .next()
                    .or(text(value, "languageConstant").rsplit('/').next())
                {
                    Some(number) if !number.is_empty() => number.to_owned(),
                    _ => (hash(&format!("{kind}{value}")) % 1_000_000_000).to_string(),
                };
            id = Some(format!("{parent_id}~{criterion}"));
        }
        "adGroupCriteria" => {
            parent_id = parent(world, create, "adGroup", "adGroups", Kind::AdSet)?;
            let keyword = create.get("keyword").cloned().unwrap_or_default();
            let words = text(&keyword, "text").trim().to_lowercase();
            if words.is_empty() {
                return refuse("fieldError", "REQUIRED", "keyword.text", "The required field was not present.");
            }
            if words.chars().count() > 80 {
                return refuse("criterionError", "KEYWORD_TEXT_TOO_LONG", "keyword.text", "Keyword text is too long.");
            }
            if words.split_whitespace().count() > 10 {
                return refuse(
                    "criterionError",
                    "KEYWORD_HAS_TOO_MANY_WORDS",
                    "keyword.text",
                    "Keyword has too many words.",
                );
            }
            if words
                .contains(['!', '@', '%', '^', '*', '(', ')', '=', '{', '}', '~', '`', '<', '>', '?', ';', '|', ','])
            {
                return refuse(
                    "criterionError",
                    "KEYWORD_HAS_INVALID_CHARS",
                    "keyword.text",
                    "Keyword contains invalid characters.",
                );
            }
            let matching = text(&keyword, "matchType");
            if !["EXACT", "PHRASE", "BROAD"].contains(&matching) {
                return refuse("fieldError", "REQUIRED", "keyword.match_type", "The required field was not present.");
            }
            // A keyword has the same number everywhere.
            id = Some(format!("{parent_id}~{}", hash(&format!("{words}/{matching}")) % 1_000_000_000_000));
        }
        _ => {
            name = text(create, "name").to_owned();
            let kinds = ["textAsset", "imageAsset", "sitelinkAsset", "calloutAsset"];
            if !kinds.iter().any(|kind| create.get(kind).is_some()) {
                return refuse("fieldError", "REQUIRED", "asset_data", "The required field was not present.");
            }
            // The same content is the same asset.
            let content =
                hash(&kinds.iter().filter_map(|kind| create.get(kind)).map(Value::to_string).collect::<String>());
            id = Some((content % 900_000_000_000 + 100_000_000_000).to_string());
            if let Some(image) = body.get_mut("imageAsset").and_then(Value::as_object_mut) {
                image.remove("data");
            }
        }
    }
    let id = match id {
        Some(id) => id,
        None => new_id(world),
    };
    let found = world.object(service.kind, &id).is_some();
    if !found {
        let (name, parent_id) = (name.as_str(), parent_id.as_str());
        world.create(NewObject { id: &id, parent: parent_id, name, body, ..new }, now);
    }
    Ok(resource(world, service.collection, &id))
}

/// A responsive search ad.
fn ad(ad: &Value) -> Outcome<()> {
    let urls = ad.get("finalUrls").and_then(Value::as_array);
    let valid = |url: &Value| {
        url.as_str().is_some_and(|url| url::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https")))
    };
    match urls {
        None => return refuse("adError", "MISSING_REQUIRED_AD_FIELD", "ad.final_urls", "An ad has a final URL."),
        Some(urls) if urls.is_empty() => {
            return refuse("adError", "MISSING_REQUIRED_AD_FIELD", "ad.final_urls", "An ad has a final URL.");
        }
        Some(urls) if !urls.iter().all(valid) => {
            return refuse("urlFieldError", "INVALID_FINAL_URLS", "ad.final_urls", "The final URL is not valid.");
        }
        Some(_) => {}
    }
    let Some(search) = ad.get("responsiveSearchAd") else {
        return refuse("adError", "UNSUPPORTED_AD_TYPE", "ad", "The practice provider offers responsive search ads.");
    };
    for (field, counts, limit) in [("headlines", 3..=15, 30), ("descriptions", 2..=4, 90)] {
        let texts: Vec<&str> = search
            .get(field)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .map(|asset| text(asset, "text"))
            .collect();
        let path = format!("ad.responsive_search_ad.{field}");
        if texts.len() < *counts.start() {
            return refuse("collectionSizeError", "TOO_FEW", &path, "Too few.");
        }
        if texts.len() > *counts.end() {
            return refuse("collectionSizeError", "TOO_MANY", &path, "Too many.");
        }
        for (index, words) in texts.iter().enumerate() {
            let long = weight(words) > limit;
            if long || words.trim().is_empty() {
                let code = if long { "TOO_LONG" } else { "EMPTY" };
                let refusal = refusal("stringLengthError", code, if long { "Too long." } else { "The text is empty." });
                let mut path: Vec<(String, Option<usize>)> =
                    ["ad", "responsive_search_ad"].map(|part| (part.to_owned(), None)).to_vec();
                path.extend([(field.to_owned(), Some(index)), ("text".to_owned(), None)]);
                return Err(Refusal { trigger: (*words).to_owned(), path, ..refusal });
            }
        }
        let mut distinct: Vec<&str> = texts.clone();
        distinct.sort_unstable();
        distinct.dedup();
        if distinct.len() < texts.len() {
            return refuse(
                "assetLinkError",
                "DUPLICATE_ASSETS_WITH_DIFFERENT_FIELD_VALUE",
                &path,
                "Texts must differ.",
            );
        }
    }
    Ok(())
}

/// Characters, those of East Asian scripts counting twice.
fn weight(text: &str) -> usize {
    text.chars().map(|c| if matches!(c, '\u{1100}'..='\u{11ff}' | '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ff60}') { 2 } else { 1 }).sum()
}

fn update_one(
    world: &mut World,
    service: &Service,
    name: &str,
    update: &Value,
    mask: &[Vec<String>],
    now: i64,
) -> Outcome<()> {
    let id = existing(world, service, name)?;
    let top: Vec<&str> = mask.iter().filter_map(|path| path.first()).map(String::as_str).collect();
    let Some(object) = world.objects.get(&id).cloned() else { return Ok(()) };
    let active = if top.contains(&"status") { Some(status(update, object.active())?) } else { None };
    let budget = if top.contains(&"amountMicros") && service.kind == Kind::Budget {
        Some(amount(world, update.get("amountMicros"))?)
    } else {
        None
    };
    let mut new_name = None;
    if top.contains(&"name") {
        let wanted = name_of(update, 255)?;
        let scope = (service.kind == Kind::AdSet).then_some(object.parent.as_str());
        if taken(world, service.kind, scope, &wanted, &id) {
            return match service.kind {
                Kind::Campaign => refuse(
                    "campaignError",
                    "DUPLICATE_CAMPAIGN_NAME",
                    "name",
                    "The campaign name is already being used by another campaign.",
                ),
                Kind::AdSet => refuse(
                    "adGroupError",
                    "DUPLICATE_ADGROUP_NAME",
                    "name",
                    "An ad group with the same name already exists for the campaign.",
                ),
                _ => refuse(
                    "campaignBudgetError",
                    "DUPLICATE_NAME",
                    "name",
                    "A campaign budget with this name already exists.",
                ),
            };
        }
        new_name = Some(wanted);
    }
    let mut body = object.body.clone();
    for field in top.iter().filter(|field| !["status", "name", "amountMicros", "resourceName"].contains(field)) {
        match update.get(field) {
            Some(value) => drop(body.insert((*field).to_owned(), value.clone())),
            None => drop(body.remove(*field)),
        }
    }
    if service.kind == Kind::Ad && top.contains(&"ad") {
        return refuse(
            "fieldError",
            "IMMUTABLE_FIELD",
            "ad",
            "An ad of an ad group cannot be replaced; change it as an ad.",
        );
    }
    if service.kind == Kind::Campaign {
        bounds(world, &body.clone(), &mut body)?;
    }
    if let Some(object) = world.object_mut(&id) {
        object.body = body;
        object.updated_at = now;
        if let Some(name) = new_name {
            object.name = name;
        }
        if let Some(active) = active {
            object.switch(active, now);
        }
        if let Some(micros) = budget {
            object.set_budget(micros, now);
        }
    }
    Ok(())
}

// ── searching ────────────────────────────────────────────────────────────────────────────────────────────────────────

fn search(world: &World, body: &Value, now: i64) -> Outcome<Value> {
    if body.get("pageSize").is_some() {
        return refuse(
            "requestError",
            "PAGE_SIZE_NOT_SUPPORTED",
            "page_size",
            "Setting the page size is not supported. Search Responses will have a fixed page size.",
        );
    }
    let query = read(text(body, "query"))?;
    let rows = rows(world, &query, now)?;
    let start = match text(body, "pageToken") {
        "" => 0,
        token => match token.strip_prefix("page-").and_then(|number| number.parse::<usize>().ok()) {
            Some(start) => start,
            None => return refuse("requestError", "INVALID_PAGE_TOKEN", "page_token", "The page token is not valid."),
        },
    };
    let total = rows.len();
    let page: Vec<Value> = rows.into_iter().skip(start).take(PAGE).collect();
    let end = start + page.len();
    let mut answer = json!({"fieldMask": mask(&query)});
    if !page.is_empty() {
        set(&mut answer, "results", json!(page));
    }
    if end < total {
        set(&mut answer, "nextPageToken", json!(format!("page-{end}")));
    }
    Ok(answer)
}

fn stream(world: &World, body: &Value, now: i64) -> Outcome<Value> {
    let query = read(text(body, "query"))?;
    let rows = rows(world, &query, now)?;
    let chunks: Vec<Value> =
        rows.chunks(PAGE).map(|chunk| json!({"results": chunk, "fieldMask": mask(&query), "requestId": "r"})).collect();
    Ok(json!(chunks))
}

fn read(text: &str) -> Outcome<Query> {
    gaql::parse(text)
        .or_else(|message| refuse("queryError", "UNEXPECTED_INPUT", "query", format!("Error in query: {message}.")))
}

fn mask(query: &Query) -> String {
    query.select.iter().map(|field| gaql::path(field).join(".")).collect::<Vec<_>>().join(",")
}

/// Everything a resource's rows show: itself and what it belongs to.
fn joined(world: &World, object: &Object, service: &Service) -> Value {
    let mut row = json!({"customer": customer(world)});
    let put = |member: &str, value: Value, row: &mut Value| set(row, member, value);
    put(service.member, show(world, object, service), &mut row);
    let mut below = object;
    while let Some(parent) = world.objects.get(&below.parent) {
        let service = SERVICES.iter().find(|service| service.kind == parent.kind);
        if let Some(service) = service {
            put(service.member, show(world, parent, service), &mut row);
        }
        below = parent;
    }
    if let Some((budget, service)) = world.objects.get(below.text("budget_id")).zip(SERVICES.first()) {
        put("campaignBudget", show(world, budget, service), &mut row);
    }
    row
}

fn customer(world: &World) -> Value {
    let account = &world.account;
    json!({
        "resourceName": format!("customers/{}", account.number), "id": account.number, "descriptiveName": account.name,
        "currencyCode": account.currency, "timeZone": account.time_zone, "manager": false, "testAccount": true,
        "status": "ENABLED", "autoTaggingEnabled": true,
    })
}

/// The account as one of those it reaches: itself, as it manages no others.
fn client(world: &World) -> Value {
    let account = &world.account;
    let own = format!("customers/{}", account.number);
    json!({
        "resourceName": format!("{own}/customerClients/{}", account.number), "clientCustomer": own, "id": account.number,
        "descriptiveName": account.name, "currencyCode": account.currency, "timeZone": account.time_zone,
        "manager": false, "testAccount": true, "hidden": false, "level": "0", "status": "ENABLED",
    })
}

fn show(world: &World, object: &Object, service: &Service) -> Value {
    let mut shown = object.body.clone();
    for internal in ["budget_id", "starts_at", "ends_at"] {
        shown.remove(internal);
    }
    let (_, last) = object.id.rsplit_once('~').unwrap_or(("", &object.id));
    let mut put = |name: &str, value: Value| drop(shown.insert(name.to_owned(), value));
    put("resourceName", json!(resource(world, service.collection, &object.id)));
    let status = if object.removed {
        "REMOVED"
    } else if object.active() {
        "ENABLED"
    } else {
        "PAUSED"
    };
    match service.collection {
        "adGroupAds" => {
            put("status", json!(status));
            put("adGroup", json!(resource(world, "adGroups", &object.parent)));
            let mut ad = object.body.get("ad").cloned().unwrap_or_default();
            set(&mut ad, "id", json!(last));
            set(&mut ad, "resourceName", json!(resource(world, "ads", last)));
            set(&mut ad, "type", json!("RESPONSIVE_SEARCH_AD"));
            put("ad", ad);
            put("policySummary", json!({"approvalStatus": "APPROVED", "reviewStatus": "REVIEWED"}));
        }
        "campaignCriteria" | "adGroupCriteria" => {
            put("criterionId", json!(last));
            put("status", json!(status));
            let kind = if object.body.contains_key("keyword") {
                "KEYWORD"
            } else if object.body.contains_key("location") {
                "LOCATION"
            } else {
                "LANGUAGE"
            };
            put("type", json!(kind));
            let negative = object.body.get("negative").cloned().unwrap_or(json!(false));
            put("negative", negative);
        }
        _ => {
            put("id", json!(last));
            if !object.name.is_empty() {
                put("name", json!(object.name));
            }
            match service.kind {
                Kind::Budget => {
                    put("amountMicros", json!(object.budget().unwrap_or(0).to_string()));
                    put("status", json!(if object.removed { "REMOVED" } else { "ENABLED" }));
                    let users = world.objects.values().filter(|other| {
                        other.kind == Kind::Campaign && !other.removed && other.text("budget_id") == object.id
                    });
                    put("referenceCount", json!(users.count().to_string()));
                    let shared = object.body.get("explicitlyShared").cloned().unwrap_or(json!(true));
                    put("explicitlyShared", shared);
                }
                Kind::Campaign | Kind::AdSet => put("status", json!(status)),
                _ => {}
            }
        }
    }
    Value::Object(shown)
}

fn rows(world: &World, query: &Query, now: i64) -> Outcome<Vec<Value>> {
    let resource = gaql::path(&query.from).concat();
    let service = match resource.as_str() {
        "customer" | "customerClient" => None,
        "keywordView" => {
            return refuse(
                "queryError",
                "BAD_RESOURCE_TYPE_IN_FROM_CLAUSE",
                "query",
                "keyword_view is not offered by the practice provider.",
            );
        }
        _ => match SERVICES.iter().find(|service| service.member == resource) {
            Some(service) => Some(service),
            None => {
                return refuse(
                    "queryError",
                    "BAD_RESOURCE_TYPE_IN_FROM_CLAUSE",
                    "query",
                    format!("'{}' is not a valid resource type.", query.from),
                );
            }
        },
    };
    let own: Vec<&str> = match service.map(|service| service.collection) {
        None => vec!["customer", "customerClient"],
        Some("campaigns") => vec!["customer", "campaign", "campaignBudget"],
        Some("campaignBudgets") => vec!["customer", "campaignBudget"],
        Some("campaignCriteria") => vec!["customer", "campaign", "campaignCriterion", "campaignBudget"],
        Some("adGroups") => vec!["customer", "campaign", "adGroup", "campaignBudget"],
        Some("adGroupCriteria") => vec!["customer", "campaign", "adGroup", "adGroupCriterion", "campaignBudget"],
        Some("adGroupAds") => vec!["customer", "campaign", "adGroup", "adGroupAd", "campaignBudget"],
        Some(_) => vec!["customer", "asset"],
    };
    for field in query.select.iter().chain(query.conditions.iter().map(|condition| &condition.field)) {
        let path = gaql::path(field);
        let member = path.first().map_or("", String::as_str);
        if path.len() < 2 || !(own.contains(&member) || member == "metrics" || member == "segments") {
            return refuse(
                "queryError",
                "UNRECOGNIZED_FIELD",
                "query",
                format!("Unrecognized field in the query: '{field}'."),
            );
        }
        if member == "segments" && field != "segments.date" {
            return refuse(
                "queryError",
                "UNRECOGNIZED_FIELD",
                "query",
                format!("'{field}' is not offered by the practice provider."),
            );
        }
    }
    let uses = |prefix: &str| {
        query
            .select
            .iter()
            .chain(query.conditions.iter().map(|condition| &condition.field))
            .any(|field| field.starts_with(prefix))
    };
    let dated = query.select.iter().any(|field| field == "segments.date");
    if dated && !query.conditions.iter().any(|condition| condition.field == "segments.date") {
        return refuse(
            "queryError",
            "INVALID_DATE_RANGE",
            "query",
            "A query that selects segments.date needs a range of dates.",
        );
    }

    let (from, to) = range(world, query, now)?;
    let mut found: Vec<Value> = Vec::new();
    let bases: Vec<(String, Value)> = match service {
        None => vec![(String::new(), json!({"customer": customer(world), "customerClient": client(world)}))],
        Some(service) => world
            .objects
            .values()
            .filter(|object| {
                object.kind == service.kind && object.listed_from <= now && belongs(world, object, service)
            })
            .map(|object| (object.id.clone(), joined(world, object, service)))
            .collect(),
    };
    let figures = if uses("metrics.") || uses("segments.") { market::days(world, from, to, now) } else { Vec::new() };
    for (id, base) in bases {
        let mut sums: BTreeMap<i64, Figures> = BTreeMap::new();
        for day in &figures {
            if id.is_empty() || [&day.ad, &day.ad_set, &day.campaign].into_iter().any(|own| *own == id) {
                sums.entry(if dated { day.local_day } else { 0 }).or_default().add(&day.figures);
            }
        }
        if !dated && uses("metrics.") && sums.is_empty() {
            sums.insert(0, Figures::default());
        }
        if sums.is_empty() && !dated {
            found.push(base);
            continue;
        }
        for (day, figures) in sums {
            let mut row = base.clone();
            set(&mut row, "metrics", metrics(&figures));
            if dated {
                set(&mut row, "segments", json!({"date": format_day(day)}));
            }
            found.push(row);
        }
    }
    found.retain(|row| {
        query
            .conditions
            .iter()
            .filter(|condition| condition.field != "segments.date")
            .all(|condition| condition.holds(row))
    });
    for (field, falls) in query.order.iter().rev() {
        let key = |row: &Value| {
            gaql::get(row, field)
                .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
                .unwrap_or_default()
        };
        found.sort_by(|a, b| {
            let order = gaql::compare(&key(a), &key(b));
            if *falls { order.reverse() } else { order }
        });
    }
    found.truncate(query.limit.unwrap_or(usize::MAX));
    Ok(found.iter().map(|row| selected(row, query, resource.as_str())).collect())
}

/// Criteria of campaigns and of ad groups are of one kind.
fn belongs(world: &World, object: &Object, service: &Service) -> bool {
    let parent = world.objects.get(&object.parent).map(|parent| parent.kind);
    match service.collection {
        "campaignCriteria" => parent == Some(Kind::Campaign),
        "adGroupCriteria" => parent == Some(Kind::AdSet),
        _ => true,
    }
}

fn range(world: &World, query: &Query, now: i64) -> Outcome<(i64, i64)> {
    let today = world.zone().local_day(now);
    let (mut from, mut to) = (today - 365, today);
    let bad = |text: &str| {
        refuse("queryError", "INVALID_VALUE_WITH_DURING_OPERATOR", "query", format!("'{text}' is no range of dates."))
    };
    for condition in query.conditions.iter().filter(|condition| condition.field == "segments.date") {
        let mut days = Vec::new();
        for text in &condition.values {
            if condition.operator == "DURING" {
                break;
            }
            match parse_day("date", text) {
                Ok(day) => days.push(day),
                Err(_) => return bad(text).map(|(): ()| (0, 0)),
            }
        }
        match (condition.operator.as_str(), days.as_slice()) {
            ("BETWEEN", [first, last]) => (from, to) = (*first, *last),
            ("=", [day]) => (from, to) = (*day, *day),
            (">=", [day]) => from = *day,
            (">", [day]) => from = *day + 1,
            ("<=", [day]) => to = *day,
            ("<", [day]) => to = *day - 1,
            ("DURING", _) => match condition.values.first().map_or("", String::as_str) {
                "TODAY" => (from, to) = (today, today),
                "YESTERDAY" => (from, to) = (today - 1, today - 1),
                "LAST_7_DAYS" => (from, to) = (today - 7, today - 1),
                "LAST_14_DAYS" => (from, to) = (today - 14, today - 1),
                "LAST_30_DAYS" => (from, to) = (today - 30, today - 1),
                other => return bad(other).map(|(): ()| (0, 0)),
            },
            (operator, _) => return bad(operator).map(|(): ()| (0, 0)),
        }
    }
    Ok((from, to))
}

fn metrics(figures: &Figures) -> Value {
    let ratio = |a: f64, b: f64| if b > 0.0 { a / b } else { 0.0 };
    #[expect(clippy::cast_precision_loss, reason = "figures of an account stay far below 2^53")]
    let [impressions, clicks, cost, conversions, value] =
        [figures.impressions, figures.clicks, figures.spend_micros, figures.conversions, figures.value_micros]
            .map(|number| number as f64);
    json!({
        "impressions": figures.impressions.to_string(),
        "clicks": figures.clicks.to_string(),
        "costMicros": figures.spend_micros.to_string(),
        "conversions": conversions,
        "conversionsValue": value / 1e6,
        "allConversions": conversions,
        "allConversionsValue": value / 1e6,
        "ctr": ratio(clicks, impressions),
        "averageCpc": ratio(cost, clicks),
        "averageCpm": ratio(cost, impressions) * 1e3,
    })
}

/// The selected fields, and each selected resource's name.
fn selected(row: &Value, query: &Query, resource: &str) -> Value {
    let mut result = json!({});
    let mut put = |path: &[String], value: &Value| place(&mut result, path, value);
    let mut members: Vec<String> = vec![resource.to_owned()];
    for field in &query.select {
        let path = gaql::path(field);
        if let Some(value) = gaql::get(row, field) {
            put(&path, value);
        }
        members.extend(path.first().cloned());
    }
    for member in members {
        if let Some(name) = row.get(&member).and_then(|value| value.get("resourceName")) {
            put(&[member, "resourceName".to_owned()], name);
        }
    }
    result
}

/// Puts a value at a path, making the objects on the way.
fn place(target: &mut Value, path: &[String], value: &Value) {
    let Some((part, rest)) = path.split_first() else {
        *target = value.clone();
        return;
    };
    if let Some(fields) = target.as_object_mut() {
        let inner = fields.entry(part.clone()).or_insert_with(|| json!({}));
        if !rest.is_empty() && !inner.is_object() {
            *inner = json!({});
        }
        place(inner, rest, value);
    }
}
