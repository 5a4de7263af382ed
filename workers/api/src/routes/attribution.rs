//! Attribution: which touches get the credit for which orders.

use std::collections::{BTreeMap, BTreeSet};

use ::attribution::{
    Comparing, Order, Parameters, Totals, Touch, Touches, aggregate, at_least_double, attribute, compare,
    model as model_of, models, window_ms,
};
use ::study::holdouts::{Calibrated, Calibrating};
use axum::Json;
use calendar::DateRange;
use metrics::catalog::metric;
use metrics::reports::{After, attribution_kept, attribution_orders, attribution_touches, paths};
use metrics::{Dialect, Figure, Request, Scope};
use platform::warehouse::Warehouse;
use problem::Problem as Failure;

use super::{holdouts, scope};
use crate::answer::Answer;
use crate::channels::{Brought, Grouping, Key, calibrate, compared, held_against, report};
use crate::cursor;
use crate::extract::{Params, number, one_of, whole_number};
use crate::gate::Caller;
use crate::store::claims::claims as claims_of;
use crate::store::sites::SiteRecord;
use crate::wire::attribution::{
    Calibration, Chain, ChainTransition, Channels, ChannelsQuery, Claims, ClaimsQuery, CompareQuery, ComparedModel,
    Comparison, Model, Models, PathOrder, PathRow, PathTouchpoint, Paths, PathsQuery,
};
use crate::wire::problem::Problem;

/// Rows read at once from the warehouse: D1 answers up to some megabytes well, a touch takes about 300 bytes.
const READ_AT_ONCE: u32 = 5_000;

/// Touches read for one page of paths.
const MAX_PAGE_TOUCHES: u32 = 20_000;

/// Most touches a comparison of models reads: what fits into an isolate and is counted within its time.
const MAX_COMPARED_TOUCHES: usize = 100_000;
/// Resamples for the intervals of a comparison, and what the intervals hold.
const REPLICATES: usize = 200;
const LEVEL: f64 = 0.95;
/// The same journeys show the same intervals.
const SEED: u64 = 1;
/// Transitions shown of a chain: more than a graph or a table can.
const MAX_TRANSITIONS: usize = 400;

/// The models there are.
#[utoipa::path(
    get, path = "/attribution/models", tag = "attribution",
    responses((status = 200, body = Models), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_analytics")), ("x-tool" = json!({ "name": "attribution_models", "title": "Attribution models", "effect": "read" })))
)]
pub async fn list_models() -> Json<Models> {
    Json(Models {
        rows: models().iter().map(|model| Model::from(model.descriptor())).collect(),
        default: ::attribution::DEFAULT_MODEL.to_owned(),
    })
}

/// A model with its parameters and window, as asked for.
struct Choice {
    model: &'static dyn ::attribution::Model,
    parameters: Parameters,
    window_days: i64,
    window_ms: i64,
}

impl Choice {
    fn of(site: &SiteRecord, model: Option<&str>, window: Option<&str>, half_life: Option<&str>) -> Answer<Self> {
        let model = model_of(model.unwrap_or(::attribution::DEFAULT_MODEL))?;
        let window_days = whole_number("window", window, site.lookback_days, 1..=::attribution::MAX_WINDOW_DAYS)?;
        let window_ms = window_ms(window_days)?;
        let mut parameters = Parameters::new();
        let half_life = number("half_life", half_life)?;
        // The site sends its half-life along whatever the model; only the models that have one take it.
        if let Some(half_life) = half_life
            && model.descriptor().parameters.iter().any(|parameter| parameter.id == "half_life")
        {
            parameters = parameters.with("half_life", half_life);
        }
        parameters.check(model.descriptor())?;
        Ok(Self { model, parameters, window_days, window_ms })
    }

    /// Whether this is what is kept: the default model at the site's look-back.
    fn is_kept(&self, site: &SiteRecord) -> bool {
        self.model.descriptor().id == ::attribution::DEFAULT_MODEL
            && self.parameters == Parameters::new()
            && self.window_days == site.lookback_days
    }

    fn id(&self) -> String {
        self.model.descriptor().id.to_owned()
    }
}

/// What each channel was credited with, beside what it cost and brought.
#[utoipa::path(
    get, path = "/attribution/channels", tag = "attribution", params(ChannelsQuery),
    responses((status = 200, body = Channels), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_analytics")), ("x-tool" = json!({ "name": "attribution_channels", "title": "What each channel earned", "effect": "read" })))
)]
#[worker::send]
pub async fn channels(caller: Caller, Params(query): Params<ChannelsQuery>) -> Answer<Json<Channels>> {
    let (site, scope, range) =
        scope::of(&caller, query.site.as_deref(), query.from.as_deref(), query.to.as_deref()).await?;
    let choice = Choice::of(&site, query.model.as_deref(), query.window.as_deref(), query.half_life.as_deref())?;
    let grouping = grouping(query.by.as_deref(), "source")?;
    let warehouse = Warehouse::open(&caller.runtime.env, &caller.database)?;
    let (credits, orders) = credited(&warehouse, &site, &scope, &range, &choice, grouping).await?;
    let brought = brought(&warehouse, scope, range, grouping).await?;
    let (rows, total) = report(&credits, &brought, orders);
    Ok(Json(Channels { model: choice.id(), window_days: choice.window_days, currency: site.currency, rows, total }))
}

/// What the choice credits each row of the report with, and the number of orders: from what is kept where that is it.
async fn credited(
    warehouse: &Warehouse<'_>,
    site: &SiteRecord,
    scope: &Scope,
    range: &DateRange,
    choice: &Choice,
    grouping: Grouping,
) -> Answer<(BTreeMap<Key, Totals>, i64)> {
    let kept = match choice.is_kept(site) && warehouse.dialect() == Dialect::D1 {
        true => warehouse.rows(&attribution_kept::statement(scope, range)).await?,
        false => Vec::new(),
    };
    if let Some(kept) = folded(&kept, choice, site, grouping) {
        return Ok(kept);
    }
    let orders = orders(warehouse, scope, range).await?;
    let touches = touches_of_buyers(warehouse, scope, range, choice.window_ms).await?;
    let attributed = attribute(choice.model, &choice.parameters, &orders, &touches, choice.window_ms)?;
    let credits = aggregate(&attributed, |touch| grouping.key(touch));
    Ok((credits, i64::try_from(orders.len()).unwrap_or(i64::MAX)))
}

/// What ad and e-mail platforms say they sold, beside what attribution credits them with. Platforms count by rules of
/// their own, each for itself: an order two of them had a part in is claimed by both.
#[utoipa::path(
    get, path = "/attribution/claims", tag = "attribution", params(ClaimsQuery),
    responses((status = 200, body = Claims), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_analytics")), ("x-tool" = json!({ "name": "attribution_claims", "title": "What platforms claim beside what they are credited with", "effect": "read" })))
)]
#[worker::send]
pub async fn claims(caller: Caller, Params(query): Params<ClaimsQuery>) -> Answer<Json<Claims>> {
    let (site, scope, range) =
        scope::of(&caller, query.site.as_deref(), query.from.as_deref(), query.to.as_deref()).await?;
    let choice = Choice::of(&site, query.model.as_deref(), query.window.as_deref(), query.half_life.as_deref())?;
    let claimed = claims_of(&caller.database, &site, &range.local_days()).await?;
    // Without a claim there is nothing to hold the orders against.
    let (credits, orders) = if claimed.is_empty() {
        (BTreeMap::new(), 0)
    } else {
        let warehouse = Warehouse::open(&caller.runtime.env, &caller.database)?;
        credited(&warehouse, &site, &scope, &range, &choice, Grouping::Source).await?
    };
    let rows = held_against(&claimed, &credits);
    let claimed: f64 = rows.iter().map(|row| row.claimed_conversions).sum();
    Ok(Json(Claims {
        model: choice.id(),
        window_days: choice.window_days,
        currency: site.currency,
        orders,
        claimed,
        claimed_twice: at_least_double([claimed], orders as f64),
        rows,
    }))
}

fn grouping(by: Option<&str>, default: &'static str) -> Answer<Grouping> {
    Ok(match one_of("by", by, default, &["channel", "source", "campaign"])? {
        "channel" => Grouping::Channel,
        "campaign" => Grouping::Campaign,
        _ => Grouping::Source,
    })
}

/// Every model over the same orders, with intervals, how far they disagree, and the Markov chain.
#[utoipa::path(
    get, path = "/attribution/compare", tag = "attribution", params(CompareQuery),
    responses((status = 200, body = Comparison), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_analytics")), ("x-tool" = json!({ "name": "attribution_compare", "title": "Attribution models side by side", "effect": "read" })))
)]
#[worker::send]
pub async fn compare_models(caller: Caller, Params(query): Params<CompareQuery>) -> Answer<Json<Comparison>> {
    let (site, scope, range) =
        scope::of(&caller, query.site.as_deref(), query.from.as_deref(), query.to.as_deref()).await?;
    let choice = Choice::of(&site, None, query.window.as_deref(), None)?;
    let order = whole_number("order", query.order.as_deref(), 1, 1..=4)?;
    let half_life = number("half_life", query.half_life.as_deref())?;
    let grouping = grouping(query.by.as_deref(), "channel")?;
    let warehouse = Warehouse::open(&caller.runtime.env, &caller.database)?;
    let orders = orders(&warehouse, &scope, &range).await?;
    let touches = everybodys_touches(&warehouse, &scope, &range, choice.window_ms).await?;
    let mut keys: BTreeMap<String, Key> = BTreeMap::new();
    for touch in touches.persons().flat_map(|(_, touches)| touches) {
        let key = grouping.key(Some(touch));
        keys.entry(key.label()).or_insert(key);
    }
    let how = Comparing {
        window_ms: choice.window_ms,
        since: range.utc_ms().start,
        parameters: half_life.map_or_else(Parameters::new, |days| Parameters::new().with("half_life", days)),
        order: usize::try_from(order).unwrap_or(1),
        replicates: REPLICATES,
        level: LEVEL,
        seed: SEED,
    };
    let comparison = compare(&orders, &touches, |touch| grouping.key(Some(touch)).label(), &how)?;
    let brought = brought(&warehouse, scope, range, grouping).await?;
    let (calibration, calibrated) =
        calibration(&caller, &site, &comparison, &choice, half_life, grouping == Grouping::Channel).await?;
    let mut transitions: Vec<ChainTransition> = comparison
        .transitions
        .iter()
        .map(|one| ChainTransition { from: one.from.clone(), to: one.to.clone(), probability: one.probability })
        .collect();
    transitions
        .sort_by(|a, b| b.probability.total_cmp(&a.probability).then_with(|| (&a.from, &a.to).cmp(&(&b.from, &b.to))));
    transitions.truncate(MAX_TRANSITIONS);
    let mut models: Vec<ComparedModel> = comparison
        .models
        .iter()
        .map(|model| ComparedModel {
            id: model.id.to_owned(),
            label: model.label.to_owned(),
            description: model.description.to_owned(),
            data_driven: model.data_driven,
        })
        .collect();
    let mut rows = compared(&comparison, &keys, &brought);
    if calibration.applied {
        models.push(ComparedModel {
            id: CALIBRATED.0.to_owned(),
            label: CALIBRATED.1.to_owned(),
            description: CALIBRATED.2.to_owned(),
            data_driven: true,
        });
        calibrate(&mut rows, CALIBRATED.0, &calibrated);
    }
    Ok(Json(Comparison {
        currency: site.currency,
        window_days: choice.window_days,
        level: LEVEL,
        rows,
        models,
        calibration,
        conversions: counted(comparison.journeys.conversions),
        value: counted(comparison.journeys.value),
        untouched: counted(comparison.untouched.conversions),
        journeys_without_order: counted(comparison.journeys.nulls),
        chain: Chain {
            order,
            p_conversion: comparison.markov.p_conversion,
            states: i64::try_from(comparison.markov.states).unwrap_or(i64::MAX),
            transitions,
        },
    }))
}

/// The models combined as tests say: id, name, and how it shares credit.
const CALIBRATED: (&str, &str, &str) = (
    "calibrated",
    "Calibrated by tests",
    "What switching channels off showed, and the models weighed by how well they foretold it. It counts orders that would \
     not have been; direct visits are nobody's doing, so the credits do not add up to all orders.",
);

/// Whether the comparison is calibrated by tests, and how. Tests were read at the site's look-back and channel by channel;
/// credit of other terms is another thing.
async fn calibration(
    caller: &Caller,
    site: &SiteRecord,
    comparison: &::attribution::Comparison,
    choice: &Choice,
    half_life: Option<f64>,
    by_channel: bool,
) -> Answer<(Calibration, Calibrated)> {
    let tests = holdouts::done(caller, site).await?;
    let mut calibration = Calibration { tests: i64::try_from(tests.len()).unwrap_or(i64::MAX), applied: false };
    if !by_channel || choice.window_days != site.lookback_days || half_life.is_some() {
        return Ok((calibration, Calibrated::default()));
    }
    let found = holdouts::calibrated(caller, site, tests, |tests| Calibrating {
        tests,
        models: comparison.models.iter().map(|model| model.id.to_owned()).collect(),
        channels: comparison.channels.clone(),
        credits: comparison
            .models
            .iter()
            .map(|model| model.credits.iter().map(|credit| [credit.conversions, credit.value]).collect())
            .collect(),
        level: LEVEL,
    })
    .await?
    .unwrap_or_default();
    calibration.applied = found.tests > 0;
    Ok((calibration, found))
}

/// A sum of whole numbers as a whole number.
#[expect(clippy::cast_possible_truncation, reason = "counts and amounts stay below 2^53")]
fn counted(sum: f64) -> i64 {
    sum.round() as i64
}

/// The touches of everybody in the range and a window before it.
async fn everybodys_touches(
    warehouse: &Warehouse<'_>,
    scope: &Scope,
    range: &DateRange,
    window_ms: i64,
) -> Answer<Touches> {
    let instants = range.utc_ms();
    let span = instants.start.saturating_sub(window_ms)..instants.end;
    let mut touches: Vec<(String, Touch)> = Vec::new();
    let mut last: Option<(i64, String)> = None;
    loop {
        let after = last.as_ref().map(|(t, id)| (*t, id.as_str()));
        let statement = attribution_touches::of_everybody(scope, &span, after, READ_AT_ONCE, warehouse.dialect());
        let rows: Vec<attribution_touches::Row> = warehouse.rows(&statement).await?;
        let full = rows.len() >= usize::try_from(READ_AT_ONCE).unwrap_or(usize::MAX);
        last = rows.last().map(|row| (row.t, row.id.clone()));
        touches.extend(rows.into_iter().map(touch));
        if touches.len() > MAX_COMPARED_TOUCHES {
            let reason = format!(
                "there are more than {MAX_COMPARED_TOUCHES} touches in these days and the window before them; choose fewer days or a shorter window"
            );
            return Err(Failure::invalid_field("from", reason).into());
        }
        if !full {
            return Ok(touches.into_iter().collect());
        }
    }
}

/// The report's credits and the number of its orders from what is kept; `None` where that is nothing, or was settled
/// under other terms than these.
fn folded(
    kept: &[attribution_kept::Row],
    choice: &Choice,
    site: &SiteRecord,
    grouping: Grouping,
) -> Option<(BTreeMap<Key, Totals>, i64)> {
    let fits = |row: &attribution_kept::Row| {
        row.model == choice.id() && row.window_days == choice.window_days && row.currency == site.currency
    };
    if kept.is_empty() || !kept.iter().all(fits) {
        return None;
    }
    let mut credits: BTreeMap<Key, Totals> = BTreeMap::new();
    for row in kept {
        let touch = Touch {
            channel: row.channel.clone(),
            source: row.source.clone(),
            campaign: row.campaign.clone(),
            ..Touch::default()
        };
        let total = credits.entry(grouping.key(Some(&touch))).or_default();
        total.conversions += row.conversions;
        total.value_minor = total.value_minor.saturating_add(row.value_minor);
    }
    Some((credits, kept.iter().map(|row| row.orders).sum()))
}

/// All orders of the range.
async fn orders(warehouse: &Warehouse<'_>, scope: &Scope, range: &DateRange) -> Answer<Vec<Order>> {
    let mut orders = Vec::new();
    let mut after: Option<After> = None;
    loop {
        let statement = attribution_orders::statement(scope, range, after.as_ref(), READ_AT_ONCE, warehouse.dialect());
        let rows: Vec<attribution_orders::Row> = warehouse.rows(&statement).await?;
        let full = rows.len() >= usize::try_from(READ_AT_ONCE).unwrap_or(usize::MAX);
        after = rows.last().map(|row| After { t: row.t, id: row.id.clone() });
        orders.extend(rows.into_iter().map(|row| Order {
            id: row.id,
            person: row.person,
            t: row.t,
            value_minor: row.value_minor,
        }));
        if !full {
            return Ok(orders);
        }
    }
}

/// All touches that can be credited for the orders of the range.
async fn touches_of_buyers(
    warehouse: &Warehouse<'_>,
    scope: &Scope,
    range: &DateRange,
    window_ms: i64,
) -> Answer<Touches> {
    let mut touches: Vec<(String, Touch)> = Vec::new();
    let mut after: Option<attribution_touches::After> = None;
    loop {
        let statement =
            attribution_touches::of_buyers(scope, range, window_ms, after.as_ref(), READ_AT_ONCE, warehouse.dialect());
        let rows: Vec<attribution_touches::Row> = warehouse.rows(&statement).await?;
        let full = rows.len() >= usize::try_from(READ_AT_ONCE).unwrap_or(usize::MAX);
        after = rows.last().map(|row| attribution_touches::After {
            person: row.person.clone(),
            t: row.t,
            id: row.id.clone(),
        });
        touches.extend(rows.into_iter().map(touch));
        if !full {
            return Ok(touches.into_iter().collect());
        }
    }
}

fn touch(row: attribution_touches::Row) -> (String, Touch) {
    let touch = Touch {
        id: row.id,
        t: row.t,
        number: row.number,
        channel: row.channel,
        source: row.source,
        medium: row.medium,
        campaign: row.campaign,
        ..Touch::default()
    };
    (row.person, touch)
}

/// What each row of the report cost and brought, from the metric catalog.
async fn brought(
    warehouse: &Warehouse<'_>,
    scope: Scope,
    range: DateRange,
    grouping: Grouping,
) -> Answer<BTreeMap<Key, Brought>> {
    let (spend, impressions, clicks, sessions) =
        (metric("spend")?, metric("impressions")?, metric("clicks")?, metric("sessions")?);
    let mut request = Request::new(scope, range, vec![spend, impressions, clicks, sessions]);
    request.by = grouping.dimensions().to_vec();
    let figures = warehouse.ask(request).await?;
    let brought = figures
        .keys(sessions)
        .into_iter()
        .map(|parts| {
            let key: Vec<&str> = parts.iter().map(String::as_str).collect();
            let figure = |metric| figures.figure(metric, &key, None).map_or(0, Figure::rounded);
            let brought = Brought {
                spend: figure(spend),
                impressions: figure(impressions),
                clicks: figure(clicks),
                sessions: figure(sessions),
            };
            (grouping.key_of(&parts), brought)
        })
        .collect();
    Ok(brought)
}

/// The paths to orders, and those that led to none.
///
/// 1. List the ends of the paths. 2. Read the touches of their persons. 3. Credit the orders.
#[utoipa::path(
    get, path = "/attribution/paths", tag = "attribution", params(PathsQuery),
    responses((status = 200, body = Paths), (status = "default", description = "Any failure", body = Problem, content_type = "application/problem+json")),
    extensions(("x-permission" = json!("read_analytics")), ("x-tool" = json!({ "name": "attribution_paths", "title": "Paths to purchase", "effect": "read" })))
)]
#[worker::send]
pub async fn paths(caller: Caller, Params(query): Params<PathsQuery>) -> Answer<Json<Paths>> {
    let (site, scope, range) =
        scope::of(&caller, query.site.as_deref(), query.from.as_deref(), query.to.as_deref()).await?;
    let choice = Choice::of(&site, query.model.as_deref(), query.window.as_deref(), query.half_life.as_deref())?;
    let limit = whole_number("limit", query.limit.as_deref(), 25, 1..=100)?;
    let after = cursor::decode::<(i64, String, String)>(query.cursor.as_deref())?.map(|(t, person, id)| paths::After {
        t,
        person,
        id,
    });
    let converted = match one_of("converted", query.converted.as_deref(), "all", &["all", "yes", "no"])? {
        "yes" => paths::Converted::Yes,
        "no" => paths::Converted::No,
        _ => paths::Converted::All,
    };
    let narrowed = paths::Narrowed { converted, campaign: query.campaign_id, channel: query.channel, search: query.q };
    let warehouse = Warehouse::open(&caller.runtime.env, &caller.database)?;
    let one_more = u32::try_from(limit + 1).unwrap_or(u32::MAX);
    let statement =
        paths::statement(&scope, &range, choice.window_ms, &narrowed, after.as_ref(), one_more, warehouse.dialect());
    let mut ends: Vec<paths::Row> = warehouse.rows(&statement).await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let next_cursor = cursor::page(&mut ends, limit, |end| (end.t, end.person.clone(), end.id.clone()))?;

    let days = range.utc_ms();
    let persons: Vec<String> = ends.iter().map(|end| end.person.clone()).collect::<BTreeSet<_>>().into_iter().collect();
    let touches: Vec<attribution_touches::Row> = if persons.is_empty() {
        Vec::new()
    } else {
        let span = days.start.saturating_sub(choice.window_ms)..days.end;
        let statement = attribution_touches::of_persons(&scope, &persons, &span, MAX_PAGE_TOUCHES, warehouse.dialect());
        warehouse.rows(&statement).await?
    };
    let rows = path_rows(&ends, touches, &choice, days.start, &site.currency)?;
    Ok(Json(Paths { model: choice.id(), currency: site.currency, rows, next_cursor }))
}

/// The ends of paths with their touches and credits, in the order of the ends. A path without an order shows the
/// touches since `since` (UTC ms), credited with nothing.
fn path_rows(
    ends: &[paths::Row],
    touches: Vec<attribution_touches::Row>,
    choice: &Choice,
    since: i64,
    currency: &str,
) -> Answer<Vec<PathRow>> {
    let details: BTreeMap<String, (String, String, String)> = touches
        .iter()
        .map(|row| (row.id.clone(), (row.url.clone(), row.referrer.clone(), row.session_id.clone())))
        .collect();
    let touches: Touches = touches.into_iter().map(touch).collect();
    let shown = |touch: &Touch, credit: f64, value: i64| {
        let (url, referrer, session_id) = details.get(&touch.id).cloned().unwrap_or_default();
        PathTouchpoint {
            id: touch.id.clone(),
            t: touch.t,
            number: touch.number,
            channel: touch.channel.clone(),
            source: touch.source.clone(),
            medium: touch.medium.clone(),
            campaign: touch.campaign.clone(),
            url,
            referrer,
            session_id,
            credit,
            value,
        }
    };
    let orders: Vec<Order> = ends
        .iter()
        .filter(|end| !end.id.is_empty())
        .map(|end| Order { id: end.id.clone(), person: end.person.clone(), t: end.t, value_minor: end.value_minor })
        .collect();
    let attributed = attribute(choice.model, &choice.parameters, &orders, &touches, choice.window_ms)?;
    let mut credited: BTreeMap<&str, Vec<PathTouchpoint>> = attributed
        .iter()
        .map(|one| {
            let credits = one.credits.iter().map(|credit| shown(credit.touch, credit.share, credit.value_minor));
            (one.order.id.as_str(), credits.collect())
        })
        .collect();
    Ok(ends
        .iter()
        .map(|end| {
            let converted = !end.id.is_empty();
            let touchpoints = if converted {
                credited.remove(end.id.as_str()).unwrap_or_default()
            } else {
                let seen = touches.of(&end.person).iter().filter(|touch| touch.t >= since);
                seen.map(|touch| shown(touch, 0.0, 0)).collect()
            };
            PathRow {
                order: converted.then(|| PathOrder {
                    id: if end.order_id.is_empty() { end.id.clone() } else { end.order_id.clone() },
                    event_id: end.id.clone(),
                    t: end.t,
                    value: end.value_minor,
                    currency: currency.to_owned(),
                }),
                person: end.person.clone(),
                visitor: end.visitor.clone(),
                touchpoints,
            }
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site() -> SiteRecord {
        SiteRecord {
            key: "s".into(),
            name: "s".into(),
            currency: "EUR".into(),
            time_zone: "UTC".into(),
            origins: "[]".into(),
            session_timeout_ms: 1,
            lookback_days: 30,
        }
    }

    fn touched(person: &str, id: &str, t: i64) -> attribution_touches::Row {
        attribution_touches::Row {
            person: person.into(),
            id: id.into(),
            t,
            number: 1,
            channel: "Email".into(),
            source: "klaviyo".into(),
            medium: "email".into(),
            campaign: "spring".into(),
            url: format!("https://shop.test/{id}"),
            referrer: String::new(),
            session_id: "s1".into(),
        }
    }

    fn end(id: &str, order_id: &str, t: i64, person: &str) -> paths::Row {
        paths::Row {
            id: id.into(),
            order_id: order_id.into(),
            t,
            person: person.into(),
            visitor: "v".into(),
            value_minor: if id.is_empty() { 0 } else { 101 },
        }
    }

    #[test]
    fn a_path_shows_its_order_with_the_credits_that_sum_to_it() {
        let choice = Choice::of(&site(), Some("linear"), None, None).unwrap();
        let touches =
            vec![touched("p1", "a", 10), touched("p1", "b", 20), touched("p2", "c", 15), touched("p2", "d", 3)];
        let ends = [end("o1", "A-1", 30, "p1"), end("", "", 15, "p2"), end("o2", "", 30, "p3")];
        let rows = path_rows(&ends, touches, &choice, 10, "EUR").unwrap();
        let first = &rows[0];
        assert_eq!(first.order.as_ref().unwrap().id, "A-1");
        assert_eq!(first.touchpoints.iter().map(|t| t.value).sum::<i64>(), 101);
        assert_eq!(first.touchpoints[0].url, "https://shop.test/a");
        let second: Vec<(&str, f64)> = rows[1].touchpoints.iter().map(|t| (t.id.as_str(), t.credit)).collect();
        assert!(rows[1].order.is_none());
        assert_eq!(second, [("c", 0.0)]);
        assert_eq!(rows[2].order.as_ref().unwrap().id, "o2");
        assert!(rows[2].touchpoints.is_empty());
    }

    #[test]
    fn what_is_kept_is_the_report_where_it_was_settled_under_these_terms() {
        let row = |channel: &str, campaign: &str, value_minor: i64, orders: i64| attribution_kept::Row {
            channel: channel.into(),
            source: channel.to_lowercase(),
            campaign: campaign.into(),
            conversions: 1.0,
            value_minor,
            orders,
            model: "last_touch".into(),
            window_days: 30,
            currency: "EUR".into(),
        };
        let kept = [row("Email", "a", 100, 1), row("Email", "b", 50, 1), row("", "", 7, 1)];
        let choice = Choice::of(&site(), None, None, Some("7")).unwrap();
        assert!(choice.is_kept(&site()));
        let (credits, orders) = folded(&kept, &choice, &site(), Grouping::Channel).unwrap();
        let values: Vec<(&str, i64)> =
            credits.iter().map(|(key, total)| (key.channel.as_str(), total.value_minor)).collect();
        assert_eq!((values, orders), (vec![("Email", 150), ("Unassigned", 7)], 3));
        // An order that nothing led to stands where the computed report puts it.
        let keys: Vec<_> = folded(&kept, &choice, &site(), Grouping::Campaign).unwrap().0.into_keys().collect();
        assert!(keys.contains(&Grouping::Campaign.key(None)));

        for (model, window) in [(Some("linear"), None), (None, Some("7"))] {
            assert!(!Choice::of(&site(), model, window, None).unwrap().is_kept(&site()));
        }
        let other = [attribution_kept::Row { window_days: 7, ..row("Email", "a", 1, 1) }];
        assert!(folded(&other, &choice, &site(), Grouping::Channel).is_none());
        assert!(folded(&[], &choice, &site(), Grouping::Channel).is_none());
    }

    #[test]
    fn a_choice_takes_the_sites_window_and_names_what_is_wrong() {
        assert_eq!(Choice::of(&site(), None, None, None).unwrap().window_days, 30);
        let field = |model: Option<&str>, window: Option<&str>, half_life: Option<&str>| {
            Choice::of(&site(), model, window, half_life).err().unwrap().problem().errors[0].field.clone()
        };
        assert_eq!(field(Some("magic"), None, None), "model");
        assert_eq!(field(None, Some("0"), None), "window");
        assert_eq!(field(Some("time_decay"), None, Some("x")), "half_life");
        assert_eq!(field(Some("time_decay"), None, Some("-1")), "half_life");
        assert!(Choice::of(&site(), Some("linear"), None, Some("7")).is_ok());
    }

    #[test]
    fn the_models_are_sent_with_the_words_of_the_contract() {
        let sent = serde_json::to_value(futures::executor::block_on(list_models()).0).unwrap();
        let ids: Vec<&str> = sent["rows"].as_array().unwrap().iter().filter_map(|row| row["id"].as_str()).collect();
        assert_eq!(
            ids,
            ["first_touch", "last_touch", "last_non_direct", "linear", "position_based", "time_decay", "shapley"]
        );
        assert_eq!(sent["default"], "last_touch");
    }
}
