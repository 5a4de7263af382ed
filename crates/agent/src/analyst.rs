//! The analyst: a period told in words, without a language model. Every number it writes is one it was handed, and
//! stands in [`Report::figures`] with the question that gives it.
//!
//! It speaks up only where a change is larger than chance: counts are compared by the normal approximation to the
//! difference of two Poisson counts, `z = (a − b) / √(a + b)`, and money and rates ride on the counts they rest on.

use event::money;
use metrics::Unit;
use serde::{Deserialize, Serialize};

/// |z| from which a change is called one: two-sided 5 %.
const NOTICEABLE_Z: f64 = 1.96;
/// Most findings in a report.
const MOST_FINDINGS: usize = 6;

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
pub struct Input {
    /// Site's name.
    pub site: String,
    /// ISO 4217.
    pub currency: String,
    /// First day, `YYYY-MM-DD`.
    pub from: String,
    /// Last day.
    pub to: String,
    /// Totals by metric; `revenue`, `orders`, `sessions`, `cvr`, `aov`, `spend`, `roas` are spoken of when present.
    pub totals: Vec<Compared>,
    /// Channels of the visits that ordered.
    pub channels: Vec<Channel>,
}

/// What the analyst says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// A headline.
    pub title: String,
    /// A paragraph.
    pub summary: String,
    /// What stands out, the gravest first.
    pub findings: Vec<Finding>,
    /// Every figure quoted.
    pub figures: Vec<Figure>,
}

/// One thing that stands out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// One line.
    pub headline: String,
    /// A sentence or two, with what to do.
    pub detail: String,
    /// Metric id.
    pub metric: String,
    /// Now.
    pub value: Option<f64>,
    /// Before.
    pub previous: Option<f64>,
    /// Relative change, a fraction.
    pub change: Option<f64>,
    /// `positive`, `negative` or `neutral`.
    pub severity: String,
}

/// A figure and the question that gives it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// Metric id.
    pub metric: String,
    /// Value.
    pub value: Option<f64>,
    /// `money`, `count`, `ratio` or `percent`.
    pub unit: String,
    /// The API question.
    pub query: String,
}

/// Tells the period.
#[must_use]
pub fn report(input: &Input) -> Report {
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
    Report {
        title: title(input, total("revenue")),
        summary: summary(input),
        findings,
        figures: input
            .totals
            .iter()
            .map(|total| Figure {
                metric: total.metric.to_owned(),
                value: total.now,
                unit: unit_name(total.unit).to_owned(),
                query: format!("/analytics/summary?from={}&to={}", input.from, input.to),
            })
            .collect(),
    }
}

fn title(input: &Input, revenue: Option<&Compared>) -> String {
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

fn summary(input: &Input) -> String {
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

fn total_finding(input: &Input, compared: &Compared) -> Option<Finding> {
    let change = change(compared).filter(|change| change.abs() >= 0.05)?;
    let direction = if change > 0.0 { "rose" } else { "fell" };
    let advice = match (compared.metric, change > 0.0) {
        ("cvr", false) => " Look at the checkout and at which channels brought the visits.",
        ("roas", false) => " Compare the channels and take budget from the weakest.",
        ("roas", true) => " The strongest channel may bear more budget.",
        ("spend", true) => " Check that the extra budget was meant.",
        _ => "",
    };
    Some(Finding {
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
fn channel_findings(input: &Input) -> Vec<Finding> {
    let mut findings = Vec::new();
    let moved = |channel: &&Channel| {
        let sum = channel.orders + channel.orders_before;
        sum > 0.0 && ((channel.orders - channel.orders_before) / sum.sqrt()).abs() >= NOTICEABLE_Z
    };
    let delta = |channel: &Channel| channel.revenue - channel.revenue_before;
    let mover = input.channels.iter().filter(moved).max_by(|a, b| delta(a).abs().total_cmp(&delta(b).abs()));
    if let Some(channel) = mover {
        let up = delta(channel) > 0.0;
        findings.push(Finding {
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
        findings.push(Finding {
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

fn weight(finding: &Finding) -> f64 {
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

const fn unit_name(unit: Unit) -> &'static str {
    match unit {
        Unit::Money => "money",
        Unit::Count => "count",
        Unit::Ratio => "ratio",
        Unit::Percent => "percent",
    }
}

/// A value as it is spoken: `12,345.67 EUR`, `1,234`, `2.45`, `3.1 %`.
fn spoken(unit: Unit, value: Option<f64>, currency: &str) -> String {
    let Some(value) = value else {
        return "nothing".to_owned();
    };
    match unit {
        Unit::Money => {
            let digits = money::exponent(currency);
            let scale = 10_f64.powi(i32::try_from(digits).unwrap_or(2));
            format!("{} {currency}", grouped(value / scale, usize::try_from(digits).unwrap_or(2)))
        }
        Unit::Count => grouped(value, 0),
        Unit::Ratio => grouped(value, 2),
        Unit::Percent => percent(value),
    }
}

fn percent(fraction: f64) -> String {
    format!("{} %", grouped(fraction * 100.0, 1))
}

/// A number with `,` between thousands.
fn grouped(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut result = String::from(sign);
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place) % 3 == 0 {
            result.push(',');
        }
        result.push(digit);
    }
    if !fraction.is_empty() {
        result.push('.');
        result.push_str(fraction);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::{Channel, Compared, Input, grouped, report};
    use metrics::Unit;

    fn compared(metric: &'static str, unit: Unit, now: f64, before: f64) -> Compared {
        Compared { metric, label: metric, unit, now: Some(now), before: Some(before), more_is_better: Some(true) }
    }

    fn input(orders: (f64, f64)) -> Input {
        Input {
            site: "Shop".to_owned(),
            currency: "EUR".to_owned(),
            from: "2026-11-09".to_owned(),
            to: "2026-11-15".to_owned(),
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

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!(
            [grouped(1_234_567.891, 2), grouped(999.0, 0), grouped(-1_000.0, 0)],
            ["1,234,567.89", "999", "-1,000"]
        );
    }
}
