//! BudgetPacer: moves budget between a campaign's ad sets, towards what the next unit of money brings more of, and slows
//! a flight that would run out early. It never raises the sum.
//!
//! What an ad set brings is taken to follow a power of what is spent, value = a · spend^b with b between 0 and 1: the
//! usual shape of diminishing returns. b is the slope of log value on log spend over the days, drawn towards 0.7 by as
//! much weight as ten days have; the next unit then brings b · value / spend.

use calendar::Zone;
use campaign::{AdSet, Delivery};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::need::{CampaignFacts, InsightRow, Level};
use crate::proposal::{Budgets, Point, Shift, Told};
use crate::run::{Agent, Ask, Brief, Stop};
use crate::wording::{amount, grouped, percent};

/// The agent.
#[derive(Clone, Copy, Debug)]
pub struct BudgetPacer;

/// What it is asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Input {
    /// The campaign.
    pub campaign_id: String,
    /// Days that are over and looked at.
    #[serde(default = "days")]
    pub days: i64,
    /// Days with spend that an ad set needs to be compared.
    #[serde(default = "min_days")]
    pub min_days: i64,
}

const fn days() -> i64 {
    14
}
const fn min_days() -> i64 {
    3
}

/// How much more the next unit must bring elsewhere before money moves.
const WORTHWHILE: f64 = 1.2;
/// Conversions over all ad sets from which their value counts; below, clicks do.
const MIN_CONVERSIONS: f64 = 10.0;
/// Clicks over all ad sets below which nothing is compared.
const MIN_CLICKS: f64 = 100.0;
/// Days the prior slope weighs.
const PRIOR_DAYS: f64 = 10.0;
/// The prior slope.
const PRIOR_SLOPE: f64 = 0.7;
/// A flight is slowed when it would spend this much more than it has.
const TOO_FAST: f64 = 1.05;

impl Agent for BudgetPacer {
    type Input = Input;
    type Proposal = Budgets;
    const NAME: &'static str = "pacer";
    const TITLE: &'static str = "Budget pacer";
    const ABOUT: &'static str = "Compares what the next unit of money brings in each ad set and moves budget there, within limits and never above the sum.";

    fn input_schema() -> Value {
        json!({
            "type": "object",
            "required": ["campaign_id"],
            "properties": {
                "campaign_id": { "type": "string", "description": "The campaign whose budgets are looked at" },
                "days": { "type": "integer", "minimum": 3, "maximum": 90, "default": 14, "description": "Days that are over and looked at" },
                "min_days": { "type": "integer", "minimum": 1, "maximum": 30, "default": 3, "description": "Days with spend an ad set needs to be compared" },
            },
        })
    }

    fn work(brief: &Brief<Input>, ask: &Ask<'_>) -> Result<Budgets, Stop> {
        let input = &brief.input;
        if !(3..=90).contains(&input.days) || !(1..=30).contains(&input.min_days) {
            return Err(Stop::refused("days must be 3 to 90, min_days 1 to 30"));
        }
        let site = ask.site()?;
        let zone = Zone::parse(&site.time_zone).map_err(|error| Stop::refused(error.to_string()))?;
        let campaign = ask.campaign(&input.campaign_id)?;
        let limit = ask.guardrails()?.act_budget_change.clamp(0.0, 1.0);
        let today = zone.local_day(brief.started_at);
        // The flight's spend counts from its start; what is compared, only the last days.
        let start = campaign.document.start_at.map_or(today - input.days, |start| zone.local_day(start));
        let rows = ask.insights(&campaign.id, Level::AdSet, start.min(today - input.days).max(today - 400), today)?;
        let scale = 10_f64.powi(i32::try_from(event::money::exponent(&campaign.document.currency)).unwrap_or(2)) / 1e6;

        let sets: Vec<Measured> = campaign
            .document
            .ad_sets
            .iter()
            .filter(|set| set.status == Delivery::Active && set.budget_daily > 0)
            .map(|set| measure(set, rows, &campaign.document.currency, scale, today - input.days, today))
            .collect();
        let mut points = Vec::new();
        let pace = pace(campaign, rows, scale, zone, brief.started_at, &mut points);
        let day_share = day_share(zone, brief.started_at);
        let today_spent: f64 = spend_on(rows, &campaign.document.currency, scale, today);
        let planned: i64 = sets.iter().map(|set| set.budget).sum();
        if planned > 0 && today_spent > 0.0 && day_share > 0.25 && today_spent > planned as f64 * day_share * 1.5 {
            points.push(Point {
                headline: "Today's money goes fast".to_owned(),
                detail: format!(
                    "{} of {} is spent with {} of the day over.",
                    amount(today_spent.round() as i64, &campaign.document.currency),
                    amount(planned, &campaign.document.currency),
                    percent(day_share)
                ),
                metric: "spend".to_owned(),
                value: Some(today_spent),
                severity: "negative".to_owned(),
                ..Point::default()
            });
        }
        let (shifts, why) = shift(&sets, limit, pace, input.min_days, &campaign.document.currency);
        points.extend(shifts.iter().filter(|shift| shift.from != shift.to).map(|shift| Point {
            headline: format!(
                "{}: {} to {}",
                sets.iter().find(|set| set.id == shift.ad_set_id).map_or("", |set| set.name.as_str()),
                amount(shift.from, &campaign.document.currency),
                amount(shift.to, &campaign.document.currency)
            ),
            detail: shift.reason.clone(),
            metric: "spend".to_owned(),
            value: Some(shift.to as f64),
            previous: Some(shift.from as f64),
            change: Some((shift.to - shift.from) as f64 / shift.from.max(1) as f64),
            severity: if shift.to > shift.from { "positive" } else { "negative" }.to_owned(),
        }));
        let moved: i64 = shifts.iter().map(|shift| (shift.to - shift.from).max(0)).sum();
        let cut: i64 = shifts.iter().map(|shift| shift.from - shift.to).sum();
        let name = &campaign.document.name;
        let title = match (moved, cut) {
            (0, 0) => format!("{name}: budgets stay as they are"),
            (0, cut) => format!("{name}: spend {} a day less", amount(cut, &campaign.document.currency)),
            (moved, _) => format!("{name}: move {} a day", amount(moved, &campaign.document.currency)),
        };
        Ok(Budgets {
            told: Told { title, summary: why, findings: points, figures: Vec::new() },
            campaign_id: campaign.id.clone(),
            version: campaign.version,
            shifts: shifts.into_iter().filter(|shift| shift.from != shift.to).collect(),
        })
    }
}

/// An ad set and what it did on the days that are compared.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Minor units a day.
    pub budget: i64,
    /// Days with spend: (spend, value, clicks), minor units.
    pub days: Vec<(f64, f64, f64)>,
    /// Conversions.
    pub conversions: f64,
}

impl Measured {
    fn spend(&self) -> f64 {
        self.days.iter().map(|(spend, ..)| spend).sum()
    }
}

fn measure(set: &AdSet, rows: &[InsightRow], currency: &str, scale: f64, from: i64, today: i64) -> Measured {
    let mine = rows.iter().filter(|row| {
        row.ad_set_id == set.id
            && row.currency == currency
            && (from..today).contains(&row.local_day)
            && row.spend_micros > 0
    });
    let mut measured =
        Measured { id: set.id.clone(), name: set.name.clone(), budget: set.budget_daily, ..Measured::default() };
    for row in mine {
        measured.days.push((
            row.spend_micros as f64 * scale,
            row.conversion_value_micros.max(0) as f64 * scale,
            row.clicks.max(0) as f64,
        ));
        measured.conversions += row.conversions.max(0.0);
    }
    measured
}

fn spend_on(rows: &[InsightRow], currency: &str, scale: f64, day: i64) -> f64 {
    rows.iter()
        .filter(|row| row.local_day == day && row.currency == currency)
        .map(|row| row.spend_micros as f64 * scale)
        .sum()
}

/// How much of the site's day is over.
fn day_share(zone: Zone, now: i64) -> f64 {
    let day = zone.local_day(now);
    let (start, end) = (zone.day_start_ms(day), zone.day_start_ms(day + 1));
    (now - start) as f64 / (end - start).max(1) as f64
}

/// By how much the budgets must shrink so that the flight's total lasts to its end; 1 where it does, or has none.
fn pace(
    campaign: &CampaignFacts,
    rows: &[InsightRow],
    scale: f64,
    zone: Zone,
    now: i64,
    points: &mut Vec<Point>,
) -> f64 {
    let document = &campaign.document;
    let (Some(total), Some(start), Some(end)) = (document.budget_total, document.start_at, document.end_at) else {
        return 1.0;
    };
    if now < start || now >= end || total <= 0 {
        return 1.0;
    }
    let today = zone.local_day(now);
    let spent: f64 = rows
        .iter()
        .filter(|row| row.currency == document.currency && row.local_day <= today)
        .map(|row| row.spend_micros as f64 * scale)
        .sum();
    let days_left = (end - now) as f64 / 86_400_000.0;
    let left = (total as f64 - spent).max(0.0);
    let planned = document.budget_daily() as f64 * days_left;
    let elapsed = (now - start) as f64 / (end - start) as f64;
    points.push(Point {
        headline: format!(
            "{} of the flight's money in {} of its time",
            percent(spent / total as f64),
            percent(elapsed)
        ),
        detail: format!(
            "{} of {} is spent, {} days are left.",
            amount(spent.round() as i64, &document.currency),
            amount(total, &document.currency),
            grouped(days_left, 1)
        ),
        metric: "spend".to_owned(),
        value: Some(spent),
        severity: if planned > left * TOO_FAST { "negative" } else { "neutral" }.to_owned(),
        ..Point::default()
    });
    if planned > left * TOO_FAST { left / planned } else { 1.0 }
}

/// What the next unit brings: b · value / spend.
fn marginal(days: &[(f64, f64)]) -> f64 {
    let (spend, value) = days.iter().fold((0.0, 0.0), |sum, day| (sum.0 + day.0, sum.1 + day.1));
    if spend <= 0.0 {
        return 0.0;
    }
    let logs: Vec<(f64, f64)> =
        days.iter().filter(|(s, v)| *s > 0.0 && *v > 0.0).map(|(s, v)| (s.ln(), v.ln())).collect();
    let n = logs.len() as f64;
    let slope = if logs.len() < 3 {
        PRIOR_SLOPE
    } else {
        let mean = logs.iter().fold((0.0, 0.0), |sum, log| (sum.0 + log.0 / n, sum.1 + log.1 / n));
        let (cov, var) = logs.iter().fold((0.0, 0.0), |sum, log| {
            (sum.0 + (log.0 - mean.0) * (log.1 - mean.1), sum.1 + (log.0 - mean.0).powi(2))
        });
        // Days that all spent alike say nothing about the slope.
        if var < 0.01 * n {
            PRIOR_SLOPE
        } else {
            (n * (cov / var).clamp(0.0, 1.0) + PRIOR_DAYS * PRIOR_SLOPE) / (n + PRIOR_DAYS)
        }
    };
    slope * value / spend
}

/// The shifts, one an ad set, and what they rest on. The sum of the new budgets is never above the old one's, and no
/// budget moves by more than `limit` of itself.
#[must_use]
pub fn shift(sets: &[Measured], limit: f64, pace: f64, min_days: i64, currency: &str) -> (Vec<Shift>, String) {
    let mut shifts: Vec<Shift> = sets
        .iter()
        .map(|set| Shift { ad_set_id: set.id.clone(), from: set.budget, to: set.budget, reason: String::new() })
        .collect();
    let limit = if limit.is_finite() { limit.clamp(0.0, 1.0) } else { 0.0 };
    let step = |budget: i64| ((budget as f64 * limit).floor() as i64).clamp(0, budget);
    if pace < 1.0 {
        for shift in &mut shifts {
            let wanted = (shift.from as f64 * pace).floor() as i64;
            shift.to = wanted.max(shift.from - step(shift.from)).clamp(0, shift.from);
            shift.reason = "At today's pace the flight's money would not last to its end.".to_owned();
        }
        return (
            shifts,
            "The campaign spends faster than its total budget allows, so every ad set is slowed.".to_owned(),
        );
    }
    let ready: Vec<(usize, &Measured)> = sets
        .iter()
        .enumerate()
        .filter(|(_, set)| set.days.len() as i64 >= min_days && set.spend() >= set.budget as f64)
        .collect();
    if ready.len() < 2 {
        return (
            shifts,
            format!("Fewer than two ad sets have {min_days} days of spend to compare, so nothing moves yet."),
        );
    }
    let conversions: f64 = ready.iter().map(|(_, set)| set.conversions).sum();
    let clicks: f64 = ready.iter().flat_map(|(_, set)| &set.days).map(|(_, _, clicks)| clicks).sum();
    let by_value = conversions >= MIN_CONVERSIONS;
    if !by_value && clicks < MIN_CLICKS {
        return (shifts, "There are too few conversions and clicks to compare the ad sets.".to_owned());
    }
    let mut returns: Vec<(usize, f64)> = ready
        .iter()
        .map(|(place, set)| {
            let days: Vec<(f64, f64)> = set
                .days
                .iter()
                .map(|(spend, value, clicks)| (*spend, if by_value { *value } else { *clicks }))
                .collect();
            (*place, marginal(&days))
        })
        .collect();
    returns.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
    let (Some(&(from, low)), Some(&(to, high))) = (returns.first(), returns.last()) else {
        return (shifts, String::new());
    };
    if high < low * WORTHWHILE || high <= 0.0 {
        return (shifts, "The next unit of money brings about as much in each ad set, so nothing moves.".to_owned());
    }
    let strength = if low <= 0.0 { 1.0 } else { (high / low - 1.0).min(1.0) };
    let moved = |place: usize| shifts.get(place).map_or(0, |shift| step(shift.from));
    let money = ((moved(from).min(moved(to))) as f64 * strength).floor() as i64;
    let said = |value: f64| {
        if by_value {
            format!("{} of sales for the next {currency} spent", grouped(value, 2))
        } else {
            format!("{} clicks for the next unit spent", grouped(value * 100.0, 2))
        }
    };
    if money > 0 {
        if let Some(shift) = shifts.get_mut(from) {
            shift.to -= money;
            shift.reason = format!("It brings least: {}.", said(low));
        }
        if let Some(shift) = shifts.get_mut(to) {
            shift.to += money;
            shift.reason = format!("It brings most: {}.", said(high));
        }
    }
    let basis = if by_value { "the value of conversions" } else { "clicks" };
    (
        shifts,
        format!(
            "The ad sets were compared by {basis} over their days with spend; no budget moves by more than {} at once.",
            percent(limit)
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn measured(id: &str, budget: i64, returns: f64, days: usize) -> Measured {
        Measured {
            id: id.into(),
            name: id.into(),
            budget,
            days: (0..days).map(|_| (budget as f64, budget as f64 * returns, 50.0)).collect(),
            conversions: 20.0,
        }
    }

    #[test]
    fn money_moves_from_what_brings_least_to_what_brings_most() {
        let (shifts, _) = shift(
            &[measured("a", 10_000, 1.0, 7), measured("b", 5_000, 4.0, 7), measured("c", 8_000, 2.0, 7)],
            0.2,
            1.0,
            3,
            "EUR",
        );
        assert_eq!(shifts.iter().map(|s| s.to).collect::<Vec<_>>(), [9_000, 6_000, 8_000]);
        assert!(shifts[1].reason.contains("brings most"), "{:?}", shifts[1]);
    }

    #[test]
    fn too_little_is_known_to_move_money() {
        for sets in [
            vec![measured("a", 10_000, 1.0, 2), measured("b", 5_000, 4.0, 7)],
            vec![measured("a", 10_000, 1.0, 7)],
            vec![measured("a", 10_000, 2.0, 7), measured("b", 5_000, 2.2, 7)],
            vec![
                Measured { conversions: 0.0, days: vec![(10_000.0, 0.0, 3.0); 5], ..measured("a", 10_000, 0.0, 0) },
                Measured { conversions: 0.0, days: vec![(10_000.0, 0.0, 9.0); 5], ..measured("b", 10_000, 0.0, 0) },
            ],
        ] {
            let (shifts, why) = shift(&sets, 0.2, 1.0, 3, "EUR");
            assert!(shifts.iter().all(|s| s.from == s.to) && !why.is_empty(), "{shifts:?}");
        }
    }

    #[test]
    fn a_flight_that_runs_out_early_is_slowed_within_the_limit() {
        let sets = [measured("a", 10_000, 1.0, 7), measured("b", 5_000, 4.0, 7)];
        assert_eq!(shift(&sets, 0.2, 0.9, 3, "EUR").0.iter().map(|s| s.to).collect::<Vec<_>>(), [9_000, 4_500]);
        assert_eq!(shift(&sets, 0.2, 0.1, 3, "EUR").0.iter().map(|s| s.to).collect::<Vec<_>>(), [8_000, 4_000]);
    }

    proptest! {
        #[test]
        fn the_sum_never_grows_and_no_step_is_too_large(
            sets in prop::collection::vec((0_i64..1_000_000_000, prop::collection::vec((0.0_f64..1e7, 0.0_f64..1e8, 0.0_f64..1e4), 0..20), 0.0_f64..100.0), 0..8),
            limit in 0.0_f64..1.0, pace in 0.0_f64..1.2,
        ) {
            let sets: Vec<Measured> = sets.into_iter().enumerate().map(|(n, (budget, days, conversions))| Measured { id: n.to_string(), name: String::new(), budget, days, conversions }).collect();
            let (shifts, _) = shift(&sets, limit, pace, 3, "EUR");
            let sum = |of: fn(&Shift) -> i64| shifts.iter().map(of).sum::<i64>();
            prop_assert!(sum(|s| s.to) <= sum(|s| s.from));
            for s in &shifts {
                prop_assert!(s.to >= 0 && (s.to - s.from).abs() as f64 <= s.from as f64 * limit + 1e-6, "{s:?}");
            }
        }
    }
}
