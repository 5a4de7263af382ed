//! AnalystAgent: a period told in words. What stands out is found without a language model and every number it writes
//! is one it was handed; a model then tells it as a story, and each number of that story is checked against the same
//! figures ([`crate::figures`]) before anybody reads it.
//!
//! It speaks up only where a change is larger than chance: counts are compared by the normal approximation to the
//! difference of two Poisson counts, `z = (a − b) / √(a + b)`, and money and rates ride on the counts they rest on.

use std::collections::BTreeMap;

use calendar::{DateRange, Zone};
use metrics::{Better, Unit, catalog};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::conversation::converse;
use crate::figures::{Quotable, unverified};
use crate::guard;
use crate::need::Figures;
use crate::need::{ModelRequest, Task};
use crate::proposal::{Point, Quoted, Report, Told};
use crate::run::{Agent, Ask, Brief, Stop};
use crate::wording::{percent, spoken, unit_name};
use model::{Message, OutputSchema, Request, Role, Tool, ToolCall};

/// |z| from which a change is called one: two-sided 5 %.
const NOTICEABLE_Z: f64 = 1.96;
/// Most findings in a report.
const MOST_FINDINGS: usize = 6;
/// Metrics it speaks of.
const TOTALS: [&str; 7] = ["revenue", "orders", "sessions", "cvr", "aov", "spend", "roas"];
/// Metrics it compares channels by.
const BY_CHANNEL: [&str; 3] = ["revenue", "orders", "spend"];
/// Days of a week.
const WEEK: i64 = 7;

/// The agent.
#[derive(Clone, Copy, Debug)]
pub struct AnalystAgent;

/// What it is asked.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Input {
    /// First local day, `YYYY-MM-DD`; six days before `to`.
    pub from: Option<String>,
    /// Last local day; yesterday, because a day that still runs looks like a fall.
    pub to: Option<String>,
}

impl Agent for AnalystAgent {
    type Input = Input;
    type Proposal = Report;
    const NAME: &'static str = "analyst";
    const TITLE: &'static str = "Analyst";
    const ABOUT: &'static str = "Tells a period in words: what changed beyond chance, and what to do. Every number is checked against its query.";

    fn input_schema() -> Value {
        json!({
            "type": "object",
            "properties": {
                "from": { "type": "string", "format": "date", "description": "First day; six days before `to` when left out" },
                "to": { "type": "string", "format": "date", "description": "Last day; yesterday when left out" },
            },
        })
    }

    fn work(brief: &Brief<Input>, ask: &Ask<'_>) -> Result<Report, Stop> {
        let site = ask.site()?;
        let zone = Zone::parse(&site.time_zone).map_err(|error| Stop::refused(error.to_string()))?;
        let range = period(&brief.input, zone, brief.started_at).map_err(|error| Stop::refused(error.to_string()))?;
        let before = range.previous();
        let figures = |range: &DateRange, ids: &[&str], by| ask.figures(ids, &range.from(), &range.to(), by);
        let (now, then) = (figures(&range, &TOTALS, None)?, figures(&before, &TOTALS, None)?);
        let channels =
            (figures(&range, &BY_CHANNEL, Some("channel"))?, figures(&before, &BY_CHANNEL, Some("channel"))?);
        let period = Period {
            site: site.name.clone(),
            currency: site.currency.clone(),
            from: range.from(),
            to: range.to(),
            query: now.query.clone(),
            totals: TOTALS.iter().filter_map(|id| compared(id, now, then)).collect(),
            channels: compared_channels(channels.0, channels.1),
        };
        let mut told = report(&period);
        let quotable = period.quotable(&before);
        let asked = (&range, &before);
        let extra = std::cell::RefCell::new(quotable);
        let tools = |call: &ToolCall| look_up(call, asked, ask, &extra);
        let passed = converse(ask, brief.fallback, &period.request(&told), &tools, &|text| {
            let narrative = text.trim();
            let narrative = serde_json::from_str::<Narrative>(narrative)
                .map(|n| n.narrative)
                .unwrap_or_else(|_| narrative.to_owned());
            let mut faults: Vec<String> = unverified(&narrative, &extra.borrow())
                .into_iter()
                .map(|number| format!("the number {number} is in no figure"))
                .collect();
            if narrative.trim().is_empty() {
                faults.push("there is no text".to_owned());
            }
            if narrative.chars().count() > MOST_CHARACTERS {
                faults.push(format!("the text is longer than {MOST_CHARACTERS} characters"));
            }
            if faults.is_empty() { Ok(narrative) } else { Err(faults) }
        })?;
        told.summary = passed.value;
        if !passed.note.is_empty() {
            told.findings.push(Point {
                headline: "Written by the built-in model".to_owned(),
                detail: passed.note,
                severity: "neutral".to_owned(),
                ..Point::default()
            });
        }
        Ok(Report { told })
    }
}

/// Longest narrative.
const MOST_CHARACTERS: usize = 3_000;

#[derive(Deserialize)]
struct Narrative {
    narrative: String,
}

/// The function a model may call: more figures of the same two periods.
const LOOK_UP: &str = "figures";

#[derive(Deserialize)]
struct LookUp {
    metrics: Vec<String>,
    #[serde(default)]
    by: Option<String>,
    #[serde(default)]
    before: bool,
}

fn look_up_tool() -> Tool {
    Tool {
        name: LOOK_UP.to_owned(),
        description: "Figures of the period, or of the period before it, in total or by a dimension.".to_owned(),
        parameters: json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["metrics", "by", "before"],
            "properties": {
                "metrics": { "type": "array", "items": { "type": "string", "enum": catalog::metrics().iter().map(|metric| metric.id).collect::<Vec<_>>() } },
                "by": { "type": ["string", "null"], "enum": ["channel", "source", "campaign", "country", "device", null] },
                "before": { "type": "boolean", "description": "Of the period before" },
            },
        }),
    }
}

/// Answers a call; what it answers may be quoted from then on.
fn look_up(
    call: &ToolCall,
    (range, before): (&DateRange, &DateRange),
    ask: &Ask<'_>,
    quotable: &std::cell::RefCell<Quotable>,
) -> Result<String, Stop> {
    if call.name != LOOK_UP {
        return Ok(format!("there is no function {}; there is {LOOK_UP}", call.name));
    }
    let asked: LookUp = match serde_json::from_str(&call.arguments) {
        Ok(asked) => asked,
        Err(error) => return Ok(format!("the arguments are not of the form asked for: {error}")),
    };
    let metrics: Vec<&'static metrics::Metric> =
        asked.metrics.iter().filter_map(|id| catalog::metric(id).ok()).collect();
    if metrics.is_empty() || metrics.len() > 8 {
        return Ok("ask for 1 to 8 metrics of the catalog".to_owned());
    }
    let by = match asked.by.as_deref() {
        None => None,
        Some(name) => match metrics::Dimension::parse(name) {
            Ok(dimension) if metrics.iter().all(|metric| metric.knows(dimension)) => Some(name),
            Ok(_) => return Ok(format!("not all of these metrics can be broken down by {name}")),
            Err(error) => return Ok(error.to_string()),
        },
    };
    let range = if asked.before { before } else { range };
    let ids: Vec<&str> = metrics.iter().map(|metric| metric.id).collect();
    let figures = ask.figures(&ids, &range.from(), &range.to(), by)?;
    let mut quotable = quotable.borrow_mut();
    for row in &figures.rows {
        for metric in &metrics {
            if let Some(value) = row.values.get(metric.id).copied().flatten() {
                quotable.add(metric.unit, value);
            }
        }
    }
    let rows: Vec<Value> = figures
        .rows
        .iter()
        .take(30)
        .map(|row| {
            let said: BTreeMap<&str, String> = metrics
                .iter()
                .map(|metric| {
                    (metric.id, spoken(metric.unit, row.values.get(metric.id).copied().flatten(), &quotable.currency))
                })
                .collect();
            json!({ "key": row.key, "figures": said })
        })
        .collect();
    Ok(json!({ "from": range.from(), "to": range.to(), "rows": rows }).to_string())
}

impl Quotable {
    fn add(&mut self, unit: Unit, value: f64) {
        match unit {
            Unit::Money => self.money.push(value),
            Unit::Count | Unit::Ratio => self.plain.push(value),
            Unit::Percent => self.percent.push(value),
        }
    }
}

/// The days asked for; by default the last seven that are over.
fn period(asked: &Input, zone: Zone, now: i64) -> Result<DateRange, calendar::CalendarError> {
    let day = |field, text: &Option<String>| text.as_deref().map(|text| calendar::parse_day(field, text)).transpose();
    let to = day("to", &asked.to)?.unwrap_or_else(|| zone.local_day(now) - 1);
    let from = day("from", &asked.from)?.unwrap_or(to - (WEEK - 1));
    DateRange::new(zone, from, to)
}

fn compared(id: &str, now: &Figures, before: &Figures) -> Option<Compared> {
    let metric = catalog::metric(id).ok()?;
    let value = |figures: &Figures| figures.rows.first().and_then(|row| row.values.get(id).copied().flatten());
    Some(Compared {
        metric: metric.id,
        label: metric.label,
        unit: metric.unit,
        now: value(now),
        before: value(before),
        more_is_better: match metric.better {
            Better::Up => Some(true),
            Better::Down => Some(false),
            Better::None => None,
        },
    })
}

fn compared_channels(now: &Figures, before: &Figures) -> Vec<Channel> {
    let mut names: Vec<&str> = now.rows.iter().map(|row| row.key.as_str()).collect();
    for row in &before.rows {
        if !names.contains(&row.key.as_str()) {
            names.push(&row.key);
        }
    }
    names
        .into_iter()
        .map(|name| {
            let of = |figures: &Figures, metric: &str| {
                figures.rows.iter().find(|row| row.key == name).map_or(0.0, |row| row.value(metric))
            };
            Channel {
                name: name.to_owned(),
                revenue: of(now, "revenue"),
                revenue_before: of(before, "revenue"),
                orders: of(now, "orders"),
                orders_before: of(before, "orders"),
                spend: of(now, "spend"),
                spend_before: of(before, "spend"),
            }
        })
        .collect()
}

/// A metric now and before. `None` where the metric has no value (a ratio without divisor).
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// Metric id of the catalog.
    pub metric: &'static str,
    /// Name for people.
    pub label: &'static str,
    /// Unit; money is minor units, rates are fractions.
    pub unit: Unit,
    /// In the period.
    pub now: Option<f64>,
    /// In the period before.
    pub before: Option<f64>,
    /// Whether more is better; `None` when neither way is.
    pub more_is_better: Option<bool>,
}

/// What a channel did.
#[derive(Debug, Clone, PartialEq)]
pub struct Channel {
    /// Name.
    pub name: String,
    /// Revenue now, minor units.
    pub revenue: f64,
    /// Revenue before, minor units.
    pub revenue_before: f64,
    /// Orders now.
    pub orders: f64,
    /// Orders before.
    pub orders_before: f64,
    /// Spend now, minor units.
    pub spend: f64,
    /// Spend before, minor units.
    pub spend_before: f64,
}

/// What the analyst is handed.
#[derive(Debug, Clone, PartialEq)]
pub struct Period {
    /// Site's name.
    pub site: String,
    /// ISO 4217.
    pub currency: String,
    /// First day, `YYYY-MM-DD`.
    pub from: String,
    /// Last day.
    pub to: String,
    /// The API question that gives the totals.
    pub query: String,
    /// Totals by metric; `revenue`, `orders`, `sessions`, `cvr`, `aov`, `spend`, `roas` are spoken of when present.
    pub totals: Vec<Compared>,
    /// Channels of the visits that ordered.
    pub channels: Vec<Channel>,
}

impl Period {
    /// Every number a text about the period may say.
    fn quotable(&self, before: &DateRange) -> Quotable {
        let mut quotable = Quotable { currency: self.currency.clone(), ..Quotable::default() };
        for total in &self.totals {
            for value in [total.now, total.before].into_iter().flatten() {
                quotable.add(total.unit, value);
            }
            if let (Some(now), Some(before)) = (total.now, total.before) {
                quotable.add(total.unit, now - before);
            }
            quotable.percent.extend(change(total));
        }
        for channel in &self.channels {
            for (now, before) in [(channel.revenue, channel.revenue_before), (channel.spend, channel.spend_before)] {
                quotable.money.extend([now, before, now - before]);
                quotable.percent.extend((before > 0.0).then(|| (now - before) / before));
            }
            quotable.plain.extend([channel.orders, channel.orders_before, channel.orders - channel.orders_before]);
            quotable.percent.extend(
                (channel.orders_before > 0.0).then(|| (channel.orders - channel.orders_before) / channel.orders_before),
            );
            quotable.plain.extend((channel.spend > 0.0).then(|| channel.revenue / channel.spend));
            quotable.plain.extend((channel.spend_before > 0.0).then(|| channel.revenue_before / channel.spend_before));
        }
        let revenue: f64 = self.channels.iter().map(|channel| channel.revenue).sum();
        if revenue > 0.0 {
            quotable.percent.extend(self.channels.iter().map(|channel| channel.revenue / revenue));
        }
        quotable.plain.push(before.days() as f64);
        quotable.names =
            std::iter::once(&self.site).chain(self.channels.iter().map(|channel| &channel.name)).cloned().collect();
        quotable.dates = vec![self.from.clone(), self.to.clone(), before.from(), before.to()];
        quotable
    }

    fn request(&self, told: &Told) -> ModelRequest {
        let say = |unit, value| spoken(unit, value, &self.currency);
        let mut lines: Vec<String> = self
            .totals
            .iter()
            .map(|total| {
                let changed = change(total).map(|change| format!(" (change {})", percent(change))).unwrap_or_default();
                format!(
                    "{}: {}, before {}{changed}",
                    total.label,
                    say(total.unit, total.now),
                    say(total.unit, total.before)
                )
            })
            .collect();
        lines.extend(self.channels.iter().take(12).map(|channel| {
            format!(
                "Channel {}: revenue {}, before {}; orders {}, before {}; spend {}, before {}",
                channel.name,
                say(Unit::Money, Some(channel.revenue)),
                say(Unit::Money, Some(channel.revenue_before)),
                say(Unit::Count, Some(channel.orders)),
                say(Unit::Count, Some(channel.orders_before)),
                say(Unit::Money, Some(channel.spend)),
                say(Unit::Money, Some(channel.spend_before)),
            )
        }));
        let found: Vec<String> =
            told.findings.iter().map(|finding| format!("{}. {}", finding.headline, finding.detail)).collect();
        let rules = [
            "You tell a shop's owner what happened in a period, in at most 150 plain words, without headings or lists.",
            "Say every number exactly as it stands in the figures, with its unit. Compute nothing, estimate nothing, and \
             name no cause that the figures do not show. If you need further figures, call the function.",
            guard::FENCE_RULE,
        ];
        let task = format!(
            "The period is {} to {}, compared with as many days before.\n\n{}\n\n{}",
            self.from,
            self.to,
            guard::fence("figures", &lines.join("\n")),
            guard::fence("what stands out beyond chance", &found.join("\n")),
        );
        ModelRequest {
            task: Task::Narrative,
            request: Request {
                messages: vec![Message::new(Role::System, rules.join("\n")), Message::new(Role::User, task)],
                tools: vec![look_up_tool()],
                schema: Some(OutputSchema {
                    name: "narrative".to_owned(),
                    schema: json!({
                        "type": "object",
                        "additionalProperties": false,
                        "required": ["narrative"],
                        "properties": { "narrative": { "type": "string" } },
                    }),
                }),
                max_tokens: 1_500,
                // The same period is told the same, from the cache where it was told before.
                seed: 1,
            },
            facts: json!(told.summary),
            complaints: Vec::new(),
            builtin: false,
        }
    }
}

/// Tells the period.
#[must_use]
pub fn report(input: &Period) -> Told {
    let total = |metric: &str| input.totals.iter().find(|total| total.metric == metric);
    let orders = total("orders");
    let mut findings = Vec::new();
    for compared in &input.totals {
        // Money and rates rest on orders, visits on themselves; spend is decided, not drawn, so any move counts.
        let basis = match compared.metric {
            "sessions" | "orders" => Some(compared),
            "revenue" | "cvr" | "aov" | "roas" => orders,
            _ => None,
        };
        if let Some(basis) = basis
            && z(basis).abs() < NOTICEABLE_Z
        {
            continue;
        }
        findings.extend(total_finding(input, compared));
    }
    findings.extend(channel_findings(input));
    findings.sort_by(|a, b| weight(b).total_cmp(&weight(a)));
    findings.truncate(MOST_FINDINGS);
    Told {
        title: title(input, total("revenue")),
        summary: summary(input),
        findings,
        figures: input
            .totals
            .iter()
            .map(|total| Quoted {
                metric: total.metric.to_owned(),
                value: total.now,
                unit: unit_name(total.unit).to_owned(),
                query: input.query.clone(),
            })
            .collect(),
    }
}

fn title(input: &Period, revenue: Option<&Compared>) -> String {
    let Some(revenue) = revenue.filter(|revenue| revenue.now.is_some()) else {
        return format!("No orders between {} and {}", input.from, input.to);
    };
    let amount = spoken(revenue.unit, revenue.now, &input.currency);
    match change(revenue) {
        Some(change) if change.abs() >= 0.005 => {
            format!("Revenue {} {} to {amount}", if change > 0.0 { "up" } else { "down" }, percent(change.abs()))
        }
        Some(_) => format!("Revenue steady at {amount}"),
        None => format!("Revenue of {amount}"),
    }
}

fn summary(input: &Period) -> String {
    let total = |metric: &str| input.totals.iter().find(|total| total.metric == metric);
    let say = |metric: &str| total(metric).map(|total| spoken(total.unit, total.now, &input.currency));
    let mut sentences = Vec::new();
    if let (Some(orders), Some(revenue), Some(sessions)) = (say("orders"), say("revenue"), say("sessions")) {
        let mut sentence = format!("{} took {orders} orders worth {revenue} from {sessions} visits", input.site);
        if let Some(cvr) = say("cvr") {
            sentence.push_str(&format!(", a conversion rate of {cvr}"));
        }
        sentences.push(sentence);
    }
    let spent = total("spend").and_then(|spend| spend.now).unwrap_or(0.0) > 0.0;
    if let (true, Some(spend), Some(roas)) = (spent, say("spend"), say("roas")) {
        sentences.push(format!("{spend} of advertising brought {roas} for each unit spent"));
    }
    if let Some(best) = input.channels.iter().max_by(|a, b| a.revenue.total_cmp(&b.revenue)).filter(|c| c.revenue > 0.0)
    {
        sentences.push(format!(
            "{} was the strongest channel with {}",
            best.name,
            spoken(Unit::Money, Some(best.revenue), &input.currency)
        ));
    }
    if sentences.is_empty() {
        return "Nothing was measured in this period: check that the pixel is on the site.".to_owned();
    }
    format!("{}.", sentences.join(". "))
}

fn total_finding(input: &Period, compared: &Compared) -> Option<Point> {
    let change = change(compared).filter(|change| change.abs() >= 0.05)?;
    let direction = if change > 0.0 { "rose" } else { "fell" };
    let advice = match (compared.metric, change > 0.0) {
        ("cvr", false) => " Look at the checkout and at which channels brought the visits.",
        ("roas", false) => " Compare the channels and take budget from the weakest.",
        ("roas", true) => " The strongest channel may bear more budget.",
        ("spend", true) => " Check that the extra budget was meant.",
        _ => "",
    };
    Some(Point {
        headline: format!("{} {direction} {}", compared.label, percent(change.abs())),
        detail: format!(
            "From {} to {}.{advice}",
            spoken(compared.unit, compared.before, &input.currency),
            spoken(compared.unit, compared.now, &input.currency)
        ),
        metric: compared.metric.to_owned(),
        value: compared.now,
        previous: compared.before,
        change: Some(change),
        severity: severity(compared.more_is_better.map(|more| more == (change > 0.0))).to_owned(),
    })
}

/// The channel that moved revenue most, and channels that spend without bringing it back.
fn channel_findings(input: &Period) -> Vec<Point> {
    let mut findings = Vec::new();
    let moved = |channel: &&Channel| {
        let sum = channel.orders + channel.orders_before;
        sum > 0.0 && ((channel.orders - channel.orders_before) / sum.sqrt()).abs() >= NOTICEABLE_Z
    };
    let delta = |channel: &Channel| channel.revenue - channel.revenue_before;
    let mover = input.channels.iter().filter(moved).max_by(|a, b| delta(a).abs().total_cmp(&delta(b).abs()));
    if let Some(channel) = mover {
        let up = delta(channel) > 0.0;
        findings.push(Point {
            headline: format!("{} moved revenue most", channel.name),
            detail: format!(
                "It brought {} {} than in the period before.",
                spoken(Unit::Money, Some(delta(channel).abs()), &input.currency),
                if up { "more" } else { "less" }
            ),
            metric: "revenue".to_owned(),
            value: Some(channel.revenue),
            previous: Some(channel.revenue_before),
            change: (channel.revenue_before > 0.0).then(|| delta(channel) / channel.revenue_before),
            severity: severity(Some(up)).to_owned(),
        });
    }
    let loser = input
        .channels
        .iter()
        .filter(|channel| channel.spend > 0.0 && channel.revenue < channel.spend)
        .max_by(|a, b| (a.spend - a.revenue).total_cmp(&(b.spend - b.revenue)));
    if let Some(channel) = loser {
        findings.push(Point {
            headline: format!("{} costs more than it brings", channel.name),
            detail: format!(
                "{} spent, {} of revenue from its visits. Other models may credit it with more: compare them before you cut.",
                spoken(Unit::Money, Some(channel.spend), &input.currency),
                spoken(Unit::Money, Some(channel.revenue), &input.currency)
            ),
            metric: "roas".to_owned(),
            value: Some(channel.revenue / channel.spend),
            previous: (channel.spend_before > 0.0).then(|| channel.revenue_before / channel.spend_before),
            change: None,
            severity: severity(Some(false)).to_owned(),
        });
    }
    findings
}

fn weight(finding: &Point) -> f64 {
    let base = finding.change.map_or(0.5, f64::abs);
    if finding.severity == "negative" { base * 1.5 } else { base }
}

const fn severity(good: Option<bool>) -> &'static str {
    match good {
        Some(true) => "positive",
        Some(false) => "negative",
        None => "neutral",
    }
}

fn z(compared: &Compared) -> f64 {
    let (now, before) = (compared.now.unwrap_or(0.0), compared.before.unwrap_or(0.0));
    let sum = now + before;
    if sum > 0.0 { (now - before) / sum.sqrt() } else { 0.0 }
}

fn change(compared: &Compared) -> Option<f64> {
    let (now, before) = (compared.now?, compared.before.filter(|before| *before != 0.0)?);
    Some((now - before) / before)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::need::{Answer, FigureRow, Need, SiteFacts};
    use crate::run::{Entry, Fallback, Step, Transcript};
    use model::ModelAnswer;

    fn compared(metric: &'static str, unit: Unit, now: f64, before: f64) -> Compared {
        Compared { metric, label: metric, unit, now: Some(now), before: Some(before), more_is_better: Some(true) }
    }

    fn input(orders: (f64, f64)) -> Period {
        Period {
            site: "Shop".to_owned(),
            currency: "EUR".to_owned(),
            from: "2026-11-09".to_owned(),
            to: "2026-11-15".to_owned(),
            query: "/analytics/summary?from=2026-11-09&to=2026-11-15".to_owned(),
            totals: vec![
                compared("revenue", Unit::Money, orders.0 * 8_000.0, orders.1 * 8_000.0),
                compared("orders", Unit::Count, orders.0, orders.1),
                compared("sessions", Unit::Count, 10_000.0, 10_000.0),
                compared("cvr", Unit::Percent, orders.0 / 10_000.0, orders.1 / 10_000.0),
            ],
            channels: vec![Channel {
                name: "Paid Social".to_owned(),
                revenue: 10_000.0,
                revenue_before: 20_000.0,
                orders: 2.0,
                orders_before: 3.0,
                spend: 30_000.0,
                spend_before: 0.0,
            }],
        }
    }

    #[test]
    fn a_change_beyond_chance_is_told_with_both_figures() {
        let report = report(&input((300.0, 200.0)));
        assert_eq!(report.title, "Revenue up 50.0 % to 24,000.00 EUR");
        let orders = report.findings.iter().find(|finding| finding.metric == "orders").unwrap();
        assert_eq!((orders.headline.as_str(), orders.detail.as_str()), ("orders rose 50.0 %", "From 200 to 300."));
        assert_eq!(orders.severity, "positive");
    }

    #[test]
    fn a_change_that_chance_explains_is_not_made_a_finding() {
        let report = report(&input((21.0, 15.0)));
        assert!(report.findings.iter().all(|finding| finding.metric == "roas"), "{:?}", report.findings);
    }

    #[test]
    fn a_channel_that_costs_more_than_it_brings_is_named() {
        let report = report(&input((21.0, 20.0)));
        assert_eq!(report.findings[0].headline, "Paid Social costs more than it brings");
    }

    #[test]
    fn every_total_handed_in_is_quoted_with_its_question() {
        let figures = report(&input((300.0, 200.0))).figures;
        assert_eq!(figures.len(), 4);
        assert!(figures.iter().all(|figure| figure.query == "/analytics/summary?from=2026-11-09&to=2026-11-15"));
    }

    #[test]
    fn an_empty_week_says_what_to_check() {
        let mut empty = input((0.0, 0.0));
        empty.totals.clear();
        empty.channels.clear();
        assert!(report(&empty).summary.contains("check that the pixel is on the site"));
    }

    fn brief(fallback: Fallback) -> Brief<Input> {
        Brief {
            run_id: "run".into(),
            site: "s".into(),
            // Monday, 2026-11-16, 06:00 UTC.
            started_at: 1_794_808_800_000,
            fallback,
            input: Input::default(),
        }
    }

    fn figures(scale: f64) -> Figures {
        let values = [
            ("revenue", 1_234_500.0),
            ("orders", 300.0),
            ("sessions", 10_000.0),
            ("cvr", 0.03),
            ("aov", 4_115.0),
            ("spend", 100_000.0),
            ("roas", 12.345),
        ];
        Figures {
            query: "/q".into(),
            rows: vec![FigureRow {
                key: String::new(),
                values: values.map(|(id, value)| (id.to_owned(), Some(value * scale))).into(),
            }],
        }
    }

    /// Runs the agent; `says` answers for the model in turn.
    fn run(fallback: Fallback, says: &[ModelAnswer]) -> (Step<Report>, Transcript) {
        let mut transcript = Transcript::default();
        let mut says = says.iter();
        loop {
            let need = match AnalystAgent::step(&brief(fallback), &transcript) {
                Step::Need(need) => need,
                end => return (end, transcript),
            };
            let answer = match &need {
                Need::Site => Answer::Site(SiteFacts {
                    key: "s".into(),
                    name: "Shop".into(),
                    currency: "EUR".into(),
                    time_zone: "UTC".into(),
                }),
                Need::Figures { by: None, from, .. } if from == "2026-11-09" => Answer::Figures(figures(1.0)),
                Need::Figures { by: None, .. } => Answer::Figures(figures(0.8)),
                Need::Figures { .. } => Answer::Figures(Figures {
                    query: "/q".into(),
                    rows: vec![FigureRow {
                        key: "Paid Social".into(),
                        values: [("revenue".to_owned(), Some(77_700.0))].into(),
                    }],
                }),
                Need::Model(request) if request.builtin => Answer::Model(crate::builtin::answer(request)),
                Need::Model(_) => says.next().map_or_else(
                    || Answer::ModelFailed { reason: "no more".into() },
                    |answer| Answer::Model(answer.clone()),
                ),
                other => panic!("{other:?}"),
            };
            transcript.entries.push(Entry { need, answer });
        }
    }

    fn said(text: &str) -> ModelAnswer {
        ModelAnswer { text: text.into(), ..ModelAnswer::default() }
    }

    #[test]
    fn a_story_whose_numbers_are_the_figures_is_told() {
        let (end, _) =
            run(Fallback::Refuse, &[said(r#"{"narrative": "Revenue rose 25 % to 12,345.00 EUR from 300 orders."}"#)]);
        let Step::Done(report) = end else { panic!("{end:?}") };
        assert_eq!(report.told.summary, "Revenue rose 25 % to 12,345.00 EUR from 300 orders.");
    }

    #[test]
    fn an_invented_number_is_sent_back_once_and_then_refused() {
        let lie = said("Revenue rose 26 % to 12,345.00 EUR.");
        let (end, transcript) = run(Fallback::Refuse, &[lie.clone(), lie.clone()]);
        let Step::Refused(reason) = end else { panic!("{end:?}") };
        assert!(reason.contains("the number 26 % is in no figure"), "{reason}");
        let asked: Vec<&ModelRequest> = transcript
            .entries
            .iter()
            .filter_map(|entry| match &entry.need {
                Need::Model(request) => Some(&**request),
                _ => None,
            })
            .collect();
        assert_eq!(asked.len(), 2);
        assert!(asked[1].request.messages.last().unwrap().text.contains("26 %"));

        let (end, _) = run(Fallback::Builtin, &[lie.clone(), lie]);
        let Step::Done(report) = end else { panic!("{end:?}") };
        assert!(report.told.summary.starts_with("Shop took 300 orders worth 12,345.00 EUR"), "{}", report.told.summary);
        assert!(report.told.findings.last().unwrap().detail.contains("26 %"));
    }

    #[test]
    fn a_model_may_look_up_further_figures_and_quote_them() {
        let call = ModelAnswer {
            tool_calls: vec![ToolCall {
                id: "1".into(),
                name: "figures".into(),
                arguments: r#"{"metrics":["revenue"],"by":"campaign","before":false}"#.into(),
            }],
            ..ModelAnswer::default()
        };
        let (end, transcript) = run(Fallback::Refuse, &[call, said("One campaign brought 777.00 EUR.")]);
        assert!(matches!(end, Step::Done(_)), "{end:?}");
        let Need::Model(last) = &transcript.entries.last().unwrap().need else { panic!() };
        assert_eq!(last.request.messages.last().unwrap().role, Role::Tool);
        assert!(last.request.messages.last().unwrap().text.contains("777.00 EUR"));
    }

    #[test]
    fn a_run_is_a_function_of_its_transcript() {
        let (_, transcript) = run(Fallback::Builtin, &[]);
        for length in 0..transcript.entries.len() {
            let part = Transcript { entries: transcript.entries[..length].to_vec() };
            assert_eq!(
                AnalystAgent::step(&brief(Fallback::Builtin), &part),
                Step::Need(transcript.entries[length].need.clone())
            );
        }
    }
}
