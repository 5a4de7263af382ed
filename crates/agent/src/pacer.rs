//! BudgetPacer: moves budget between a campaign's ad sets, towards what the next unit of money brings more of, and slows
//! a flight that would run out early. It never raises the sum.
//!
//! How returns diminish, how money is divided, how a flight stands and when of the day money goes is worked out in crate
//! `pacing`. Here is when that is enough to move money, and how it is told.

use std::collections::{BTreeMap, BTreeSet};

use calendar::{DAY_MS, HOUR_MS, Zone};
use campaign::{AdSet, Delivery};
use pacing::{Flight, HOURS_OF_WEEK, Observation, Power, Response as _, Rhythm, Standing};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::need::{CampaignFacts, HourRow, InsightRow, Level};
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

/// How much more the next unit must bring where money goes than where it comes from.
const WORTHWHILE: f64 = 1.2;
/// Conversions over all ad sets from which their value counts; below, clicks do.
const MIN_CONVERSIONS: f64 = 10.0;
/// Clicks over all ad sets below which nothing is compared.
const MIN_CLICKS: f64 = 100.0;
/// A flight is slowed when it would spend this much more than it has.
const TOO_FAST: f64 = 1.05;
/// Today's money goes fast when this much more is spent than would be by now,
const FAST_TODAY: f64 = 1.5;
/// and that is this share of the day's money more: early in the day it is no great sum.
const MUCH_TODAY: f64 = 0.125;
/// Days that the rhythm is learned from: whole weeks.
const RHYTHM_DAYS: i64 = 28;

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
        points.extend(today_fast(&sets, rows, &campaign.document.currency, scale, (zone, brief.started_at), ask)?);
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

    fn clicks(&self) -> f64 {
        self.days.iter().map(|(.., clicks)| clicks).sum()
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
    // An ad set that was published anew has two objects at its provider on one day.
    let mut days: BTreeMap<i64, (f64, f64, f64)> = BTreeMap::new();
    for row in mine {
        let (spend, value, clicks) = days.entry(row.local_day).or_default();
        *spend += row.spend_micros as f64 * scale;
        *value += row.conversion_value_micros.max(0) as f64 * scale;
        *clicks += row.clicks.max(0) as f64;
        measured.conversions += row.conversions.max(0.0);
    }
    measured.days = days.into_values().collect();
    measured
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
    if now < start || now >= end {
        return 1.0;
    }
    let flown = zone.local_day(start)..=zone.local_day(now);
    let spent: f64 = rows
        .iter()
        .filter(|row| row.currency == document.currency && flown.contains(&row.local_day))
        .map(|row| row.spend_micros as f64 * scale)
        .sum();
    let days = |ms: i64| ms as f64 / DAY_MS as f64;
    // A flight without money cannot be paced.
    let Ok(standing) = Standing::new(total, days(end - start), days(now - start), spent.round() as i64) else {
        return 1.0;
    };
    let money = |minor: f64| amount(minor.round() as i64, &document.currency);
    let planned = document.budget_daily() as f64;
    let affordable = standing.daily.unwrap_or(0.0).max(0.0);
    let too_fast = planned > affordable * TOO_FAST;
    let mut detail =
        format!("{} of {} is spent, {} days are left.", money(spent), money(total as f64), grouped(days(end - now), 1));
    if too_fast {
        detail.push_str(&format!(" That allows {} a day; the budgets are {}.", money(affordable), money(planned)));
    }
    if let Some(projected) = standing.projected {
        detail.push_str(&format!(" At the pace so far {} would be spent by the end.", money(projected)));
    }
    points.push(Point {
        headline: format!(
            "{} of the flight's money in {} of its time",
            percent(spent / total as f64),
            percent(standing.ideal / total as f64)
        ),
        detail,
        metric: "spend".to_owned(),
        value: Some(spent),
        severity: if too_fast { "negative" } else { "neutral" }.to_owned(),
        ..Point::default()
    });
    if too_fast { affordable / planned } else { 1.0 }
}

/// Whether more of today's money is spent than would be by now if it went as people come.
fn today_fast(
    sets: &[Measured],
    rows: &[InsightRow],
    currency: &str,
    scale: f64,
    (zone, now): (Zone, i64),
    ask: &Ask<'_>,
) -> Result<Option<Point>, Stop> {
    let today = zone.local_day(now);
    let planned: i64 = sets.iter().map(|set| set.budget).sum();
    let spent: f64 = rows
        .iter()
        .filter(|row| {
            row.local_day == today && row.currency == currency && sets.iter().any(|set| set.id == row.ad_set_id)
        })
        .map(|row| row.spend_micros as f64 * scale)
        .sum();
    let much = planned as f64 * MUCH_TODAY;
    // So little is no haste in any rhythm, and need not be asked for.
    if planned <= 0 || spent <= much {
        return Ok(None);
    }
    let (rhythm, days) = rhythm(ask.page_views(today - RHYTHM_DAYS, today - 1)?);
    let due = due(planned, rhythm, zone, now);
    if spent <= due * FAST_TODAY || spent <= due + much {
        return Ok(None);
    }
    let money = |minor: f64| amount(minor.round() as i64, currency);
    let expected = match days {
        0 => format!("On an even day it would be {} by now; when people come is not known yet.", money(due)),
        1 => format!(
            "If it went as people come, it would be {} by now, as far as one day of page views tells.",
            money(due)
        ),
        days => format!(
            "If it went as people come, it would be {} by now, learned from {days} days of page views.",
            money(due)
        ),
    };
    Ok(Some(Point {
        headline: "Today's money goes fast".to_owned(),
        detail: format!("{} of {} is spent. {expected}", money(spent), money(planned as f64)),
        metric: "spend".to_owned(),
        value: Some(spent),
        severity: "negative".to_owned(),
        ..Point::default()
    }))
}

/// Hours since Monday 0:00 of a wall clock's hour. 1970-01-01 was a Thursday.
fn hour_of_week(local_hour: i64) -> usize {
    usize::try_from((local_hour + 3 * 24).rem_euclid(HOURS_OF_WEEK as i64)).unwrap_or(0)
}

/// When of the week people come, and from how many days that is learned: flat, from none, before the first page view.
/// What channels spend is known by day only. Of the visits all count, not those the campaign paid for: they would end
/// with its money, and a day that ends at noon would look like the rhythm.
fn rhythm(rows: &[HourRow]) -> (Rhythm, usize) {
    // Nothing was collected before the first page view; those hours are not quiet ones.
    let known = rows.iter().skip_while(|row| row.count <= 0);
    let seen: Vec<Observation> = known
        .clone()
        .map(|row| Observation { hour: hour_of_week(row.local_hour), amount: row.count.max(0) as f64 })
        .collect();
    let days: BTreeSet<i64> = known.map(|row| row.local_hour.div_euclid(24)).collect();
    // Hours of the week and counts from 0 on are never refused.
    (Rhythm::learn(&seen).unwrap_or_default(), days.len())
}

/// What of a day's budget is spent by now when it follows the rhythm.
fn due(budget: i64, rhythm: Rhythm, zone: Zone, now: i64) -> f64 {
    let (midnight, hour) = (zone.local_day(now) * 24, zone.local_hour(now));
    let day = Flight { budget, hours: 24, starts_at: hour_of_week(midnight), rhythm };
    let begun = usize::try_from(hour - midnight).unwrap_or(0);
    // The hour that an autumn night has twice counts once.
    let part = ((now - zone.hour_start_ms(hour)) as f64 / HOUR_MS as f64).clamp(0.0, 1.0);
    day.planned_before(begun) + day.planned(begun) * part
}

/// What conversions or clicks say of the ad sets that can be compared, and in which words.
#[derive(Clone, Copy)]
struct Basis<'a> {
    /// By the value of conversions; else by clicks.
    by_value: bool,
    currency: &'a str,
}

impl Basis<'_> {
    /// What a day's spend brings. Nothing, where nothing came of all that was spent.
    fn learn(self, set: &Measured) -> Power {
        let days: Vec<(f64, f64)> = set
            .days
            .iter()
            .map(|(spend, value, clicks)| (*spend, if self.by_value { *value } else { *clicks }))
            .collect();
        Power::learn(&days).unwrap_or(Power { scale: 0.0, exponent: Power::PRIOR_EXPONENT })
    }

    /// What the next unit of the currency brings.
    fn next(self, marginal: f64) -> String {
        if self.by_value {
            return format!("{} {} of sales", grouped(marginal, 2), self.currency);
        }
        let clicks = marginal * 10_f64.powi(i32::try_from(event::money::exponent(self.currency)).unwrap_or(2));
        format!("{} clicks", grouped(clicks, if clicks < 0.1 { 4 } else { 2 }))
    }

    /// What a day brings.
    fn daily(self, value: f64) -> String {
        if self.by_value {
            format!("{} of sales", amount(value.round() as i64, self.currency))
        } else {
            format!("{} clicks", grouped(value, 0))
        }
    }

    /// What the curve rests on, and how far that goes.
    fn grounds(self, set: &Measured, curve: Power) -> String {
        let days = set.days.len();
        if curve.scale <= 0.0 {
            return format!("Its {days} days of spend brought none.");
        }
        let seen = if self.by_value {
            format!("{} conversions", grouped(set.conversions, 0))
        } else {
            format!("{} clicks", grouped(set.clicks(), 0))
        };
        let tenth = |exponent: f64| percent(1.1_f64.powf(exponent) - 1.0);
        let (more, usual) = (tenth(curve.exponent), tenth(Power::PRIOR_EXPONENT));
        let returns = if (curve.exponent - Power::PRIOR_EXPONENT).abs() < 1e-9 {
            format!("a tenth more spend is taken to bring the usual {usual} more, since those days do not tell")
        } else {
            format!(
                "a tenth more spend is taken to bring {more} more: what those days tell, drawn to the usual {usual} by \
                 as much as {} days weigh",
                grouped(Power::PRIOR_DAYS, 0)
            )
        };
        format!("Learned from {days} days with {seen}; {returns}.")
    }
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
    if pace < 1.0 {
        for shift in &mut shifts {
            let step = ((shift.from as f64 * limit).floor() as i64).clamp(0, shift.from);
            let wanted = (shift.from as f64 * pace).floor() as i64;
            shift.to = wanted.max(shift.from - step).clamp(0, shift.from);
            shift.reason = "With these budgets the flight's money would not last to its end.".to_owned();
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
    let clicks: f64 = ready.iter().map(|(_, set)| set.clicks()).sum();
    let basis = Basis { by_value: conversions >= MIN_CONVERSIONS, currency };
    if !basis.by_value && clicks < MIN_CLICKS {
        return (shifts, "There are too few conversions and clicks to compare the ad sets.".to_owned());
    }
    // By what the next unit brings, least first.
    let mut order: Vec<(usize, &Measured, Power, f64)> = ready
        .into_iter()
        .map(|(place, set)| {
            let curve = basis.learn(set);
            (place, set, curve, curve.slope(set.budget as f64))
        })
        .collect();
    order.sort_by(|one, other| one.3.total_cmp(&other.3).then(one.0.cmp(&other.0)));
    let (Some(&(_, worst, _, low)), Some(&(_, best, _, high))) = (order.first(), order.last()) else {
        return (shifts, String::new());
    };
    if high < low * WORTHWHILE || high <= 0.0 {
        return (shifts, "The next unit of money brings about as much in each ad set, so nothing moves.".to_owned());
    }
    let bounded: Vec<pacing::AdSet<Power>> = order
        .iter()
        .map(|(_, set, response, next)| pacing::AdSet {
            budget: set.budget,
            // Who is hardly worse than the best gives nothing, who is hardly better than the worst takes nothing.
            least: if next * WORTHWHILE > high { set.budget } else { 0 },
            most: if *next <= low || *next < low * WORTHWHILE { set.budget } else { i64::MAX },
            response: *response,
        })
        .collect();
    let division = match pacing::divide(&bounded, bounded.iter().map(|set| set.budget).sum(), limit) {
        Ok(division) => division,
        Err(error) => return (shifts, format!("The budgets cannot be divided: {error}.")),
    };
    for ((place, set, curve, next), to) in order.iter().zip(&division.budgets) {
        let Some(shift) = shifts.get_mut(*place).filter(|shift| shift.from != *to) else { continue };
        let (there, other) = if *to > shift.from { (low, worst) } else { (high, best) };
        shift.to = *to;
        shift.reason = format!(
            "The next {currency} spent a day brings {} here and {} in “{}”. {}",
            basis.next(*next),
            basis.next(there),
            other.name,
            basis.grounds(set, *curve)
        );
    }
    if shifts.iter().all(|shift| shift.from == shift.to) {
        return (shifts, format!("No budget may move by more than {} at once, which leaves nothing.", percent(limit)));
    }
    let by = if basis.by_value { "the value of the conversions" } else { "the clicks" };
    let why = format!(
        "The ad sets were compared by {by} that the channels report for their days with spend. As far as these tell, the \
         ad sets compared bring {} a day with the budgets proposed and {} with those they have. No budget moves by more \
         than {} at once.",
        basis.daily(division.value),
        basis.daily(division.before),
        percent(limit)
    );
    (shifts, why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::need::{Answer, GuardrailFacts, Need, SiteFacts};
    use crate::run::{Entry, Fallback, Step, Transcript};
    use campaign::{Audience, BidStrategy, ChannelType, Document, Objective};
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

    /// Days that spent differently and brought scale · spend^exponent, two conversions each.
    fn curved(id: &str, budget: i64, scale: f64, exponent: f64) -> Measured {
        let spends = (1..=14).map(|day| budget as f64 * (0.3 + 0.1 * f64::from(day)));
        let days = spends.map(|spend| (spend, scale * spend.powf(exponent), 50.0)).collect();
        Measured { id: id.into(), name: id.into(), budget, days, conversions: 28.0 }
    }

    fn budgets(sets: &[Measured], limit: f64) -> Vec<i64> {
        shift(sets, limit, 1.0, 3, "EUR").0.iter().map(|shift| shift.to).collect()
    }

    #[test]
    fn money_moves_from_what_brings_least_to_what_brings_more() {
        let sets = [measured("a", 10_000, 1.0, 7), measured("b", 5_000, 4.0, 7), measured("c", 8_000, 2.0, 7)];
        let (shifts, why) = shift(&sets, 0.2, 1.0, 3, "EUR");
        assert_eq!(shifts.iter().map(|s| s.to).collect::<Vec<_>>(), [8_000, 6_000, 9_000]);
        assert!(why.contains("by the value of the conversions") && why.contains("more than 20.0 % at once"), "{why}");
        // Ten thousand at 1, five at 4 and eight at 2 bring 460.00 EUR.
        assert!(why.contains("and 460.00 EUR of sales with those they have"), "{why}");
        // Seven tenths of what the average brings: the usual exponent, said as such.
        assert_eq!(
            shifts[1].reason,
            "The next EUR spent a day brings 2.80 EUR of sales here and 0.70 EUR of sales in “a”. Learned from 7 days \
             with 20 conversions; a tenth more spend is taken to bring the usual 6.9 % more, since those days do not tell."
        );
        assert!(shifts[0].reason.contains("0.70 EUR of sales here and 2.80 EUR of sales in “b”"), "{:?}", shifts[0]);
    }

    #[test]
    fn what_counts_is_the_next_unit_and_not_the_average() {
        // The first brings three times its spend whatever is spent, the second 1.8 times and the more the more is spent.
        let sets = [curved("full", 10_000, 30_000.0, 0.0), curved("open", 10_000, 1.8, 1.0)];
        let (shifts, _) = shift(&sets, 0.2, 1.0, 3, "EUR");
        assert_eq!(shifts.iter().map(|s| s.to).collect::<Vec<_>>(), [8_000, 12_000]);
        // 14 days at 1 and ten at 0.7 are 0.875.
        let drawn = "Learned from 14 days with 28 conversions; a tenth more spend is taken to bring 8.7 % more: what those \
                     days tell, drawn to the usual 6.9 % by as much as 10 days weigh.";
        assert!(shifts[1].reason.ends_with(drawn), "{}", shifts[1].reason);
    }

    #[test]
    fn money_stops_moving_where_the_next_unit_brings_alike() {
        // With the same exponent the best shares are as scale^(1 / (1 − exponent)).
        let days = |id: &str, budget, worth| Measured { budget, ..measured(id, 10_000, worth, 7) };
        let share = 1.0 / (1.0 + 1.5_f64.powf(1.0 / 0.3));
        let best = (20_000.0 * share).round() as i64;
        let found = budgets(&[days("a", 10_000, 1.0), days("b", 10_000, 1.5)], 1.0);
        assert!((found[0] - best).abs() <= 1 && found[0] + found[1] == 20_000, "{found:?}, not {best}");
        // The same days, when the money has been moved already: nothing more is moved on their account.
        let (moved, why) = shift(&[days("a", found[0], 1.0), days("b", found[1], 1.5)], 0.2, 1.0, 3, "EUR");
        assert!(moved.iter().all(|s| s.from == s.to) && why.contains("about as much in each"), "{why}");
    }

    #[test]
    fn an_ad_set_that_is_hardly_better_than_the_worst_takes_nothing() {
        let sets = [measured("a", 10_000, 1.0, 7), measured("b", 10_000, 1.1, 7), measured("c", 1_000, 4.0, 7)];
        assert_eq!(budgets(&sets, 0.2), [9_800, 10_000, 1_200]);
        // Nor does one that is hardly worse than the best give.
        let sets = [measured("a", 1_000, 1.0, 7), measured("b", 10_000, 3.7, 7), measured("c", 10_000, 4.0, 7)];
        assert_eq!(budgets(&sets, 0.2), [800, 10_000, 10_200]);
    }

    #[test]
    fn clicks_are_compared_where_conversions_are_few() {
        let few = |id: &str, clicks| Measured {
            conversions: 1.0,
            days: vec![(10_000.0, 90_000.0, clicks); 7],
            ..measured(id, 10_000, 1.0, 0)
        };
        let (shifts, why) = shift(&[few("a", 20.0), few("b", 50.0)], 0.1, 1.0, 3, "EUR");
        assert_eq!(shifts.iter().map(|s| s.to).collect::<Vec<_>>(), [9_000, 11_000]);
        assert!(why.contains("by the clicks") && why.contains("and 70 clicks with those they have"), "{why}");
        // 50 clicks for 100 EUR, times 0.7.
        let reason = "The next EUR spent a day brings 0.35 clicks here and 0.14 clicks in “a”. Learned from 7 days with \
                      350 clicks;";
        assert!(shifts[1].reason.starts_with(reason), "{}", shifts[1].reason);
    }

    #[test]
    fn an_ad_set_that_brought_nothing_gives_and_says_so() {
        let (shifts, _) = shift(&[measured("a", 10_000, 0.0, 7), measured("b", 10_000, 2.0, 7)], 0.2, 1.0, 3, "EUR");
        assert_eq!(shifts.iter().map(|s| s.to).collect::<Vec<_>>(), [8_000, 12_000]);
        assert!(shifts[0].reason.ends_with("Its 7 days of spend brought none."), "{:?}", shifts[0]);
    }

    #[test]
    fn a_limit_that_leaves_nothing_is_named() {
        let (shifts, why) = shift(&[measured("a", 10_000, 1.0, 7), measured("b", 10_000, 4.0, 7)], 0.0, 1.0, 3, "EUR");
        assert!(shifts.iter().all(|s| s.from == s.to) && why.contains("more than 0.0 % at once"), "{why}");
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

    // ── the agent, from its brief to its proposal ────────────────────────────────────────────────────────────────

    /// Monday, 2026-11-16, 12:00 UTC.
    const NOON: i64 = 1_794_830_400_000;
    const TODAY: i64 = NOON / DAY_MS;

    fn document(flight: Option<(i64, i64, i64)>) -> Document {
        let set = |id: &str| AdSet {
            id: id.into(),
            name: id.into(),
            channel_id: "c".into(),
            channel: ChannelType::Sandbox,
            audience: Audience::default(),
            placements: Vec::new(),
            bid_strategy: BidStrategy::default(),
            budget_daily: 10_000,
            status: Delivery::Active,
            ads: Vec::new(),
        };
        Document {
            name: "Winter".into(),
            objective: Objective::Sales,
            currency: "EUR".into(),
            budget_total: flight.map(|flight| flight.0),
            start_at: flight.map(|flight| NOON + flight.1 * DAY_MS),
            end_at: flight.map(|flight| NOON + flight.2 * DAY_MS),
            landing_url: "https://s.example/".into(),
            utm_campaign: "winter".into(),
            ad_sets: vec![set("a"), set("b")],
        }
    }

    /// A row of 5,000 minor units an ad set on each of these days.
    fn insights(days: std::ops::Range<i64>) -> Vec<InsightRow> {
        days.flat_map(|day| ["a", "b"].map(|set| (day, set)))
            .map(|(day, set)| InsightRow {
                local_day: TODAY + day,
                channel_id: "c".into(),
                ad_set_id: set.into(),
                ad_id: String::new(),
                impressions: 1_000,
                clicks: 10,
                spend_micros: 50_000_000,
                currency: "EUR".into(),
                conversions: 2.0,
                conversion_value_micros: 100_000_000,
            })
            .collect()
    }

    /// Four weeks of page views, as many in an hour of the day as `views` says.
    fn page_views(views: fn(i64) -> i64) -> Vec<HourRow> {
        ((TODAY - 28) * 24..TODAY * 24)
            .map(|local_hour| HourRow { local_hour, count: views(local_hour % 24) })
            .collect()
    }

    /// Runs the agent; says whether it asked for page views, too.
    fn run(document: &Document, insights: &[InsightRow], views: &[HourRow]) -> (Budgets, bool) {
        let brief = Brief {
            run_id: "run".into(),
            site: "s".into(),
            started_at: NOON,
            fallback: Fallback::Builtin,
            input: Input { campaign_id: "c".into(), days: 14, min_days: 3 },
        };
        let mut transcript = Transcript::default();
        loop {
            let need = match BudgetPacer::step(&brief, &transcript) {
                Step::Need(need) => need,
                Step::Done(budgets) => {
                    let asked = |entry: &Entry| matches!(entry.need, Need::PageViews { .. });
                    return (budgets, transcript.entries.iter().any(asked));
                }
                Step::Refused(reason) => panic!("{reason}"),
            };
            let answer = match &need {
                Need::Site => Answer::Site(SiteFacts {
                    key: "s".into(),
                    name: "Shop".into(),
                    currency: "EUR".into(),
                    time_zone: "UTC".into(),
                }),
                Need::Campaign { .. } => Answer::Campaign(Box::new(CampaignFacts {
                    id: "c".into(),
                    status: "live".into(),
                    version: 1,
                    document: document.clone(),
                })),
                Need::Guardrails => Answer::Guardrails(GuardrailFacts {
                    spending_stopped: false,
                    daily_cap: None,
                    campaign_daily_cap: None,
                    autonomy: "propose".into(),
                    act_budget_change: 0.25,
                }),
                Need::Insights { from_day, to_day, .. } => Answer::Insights {
                    rows: insights
                        .iter()
                        .filter(|row| (*from_day..=*to_day).contains(&row.local_day))
                        .cloned()
                        .collect(),
                },
                Need::PageViews { from_day, to_day } => {
                    assert_eq!((*from_day, *to_day), (TODAY - 28, TODAY - 1));
                    Answer::PageViews { rows: views.to_vec() }
                }
                other => panic!("{other:?}"),
            };
            transcript.entries.push(Entry { need, answer });
        }
    }

    fn told<'a>(budgets: &'a Budgets, headline: &str) -> Option<&'a Point> {
        budgets.told.findings.iter().find(|point| point.headline.contains(headline))
    }

    #[test]
    fn a_flight_is_slowed_to_what_is_left_a_day_and_says_how_it_stands() {
        // Ten days, five of them over. On each 100.00 EUR was spent, 200.00 EUR a day are planned; of 1,300.00 EUR are
        // 800.00 EUR left, 160.00 EUR a day.
        let (budgets, _) = run(&document(Some((130_000, -5, 5))), &insights(-5..0), &[]);
        assert_eq!(budgets.shifts.iter().map(|s| (s.from, s.to)).collect::<Vec<_>>(), [(10_000, 8_000); 2]);
        let point = told(&budgets, "38.5 % of the flight's money in 50.0 % of its time").unwrap();
        assert_eq!(
            point.detail,
            "500.00 EUR of 1,300.00 EUR is spent, 5.0 days are left. That allows 160.00 EUR a day; the budgets are 200.00 \
             EUR. At the pace so far 1,000.00 EUR would be spent by the end."
        );
        assert_eq!(point.severity, "negative");
        // What the campaign spent before the flight is not the flight's.
        let (early, _) = run(&document(Some((130_000, -5, 5))), &insights(-9..0), &[]);
        assert_eq!(told(&early, "of the flight's money").unwrap().detail, point.detail);
        // Overspent: by as much as the limit lets.
        let (over, _) = run(&document(Some((40_000, -5, 5))), &insights(-5..0), &[]);
        assert_eq!(over.shifts.iter().map(|s| s.to).collect::<Vec<_>>(), [7_500, 7_500]);
        // It lasts.
        let (lasts, _) = run(&document(Some((150_000, -5, 5))), &insights(-5..0), &[]);
        assert_eq!(lasts.shifts, []);
        assert_eq!(told(&lasts, "of the flight's money").unwrap().severity, "neutral");
        // Over, or not begun.
        for (start, end) in [(-9, 0), (1, 9)] {
            let (other, _) = run(&document(Some((130_000, start, end))), &insights(-5..0), &[]);
            assert!(other.shifts.is_empty() && told(&other, "of the flight's money").is_none());
        }
    }

    #[test]
    fn a_day_reported_in_two_parts_is_one_day() {
        let (mut whole, parts) = (insights(-2..0), [insights(-2..0), insights(-2..0)].concat());
        let (budgets, _) = run(&document(None), &parts, &[]);
        assert_eq!(
            budgets.told.summary,
            "Fewer than two ad sets have 3 days of spend to compare, so nothing moves yet."
        );
        whole.extend(insights(-3..-2));
        let (budgets, _) = run(&document(None), &whole, &[]);
        assert!(budgets.told.summary.contains("about as much in each"), "{}", budgets.told.summary);
    }

    #[test]
    fn how_fast_todays_money_goes_is_judged_by_the_hours_at_which_people_come() {
        let spent_today = |micros: i64| {
            let mut rows = insights(-14..1);
            rows.iter_mut().filter(|row| row.local_day == TODAY).for_each(|row| row.spend_micros = micros);
            rows
        };
        let flat = page_views(|_| 40);
        let mornings = page_views(|hour| if (6..11).contains(&hour) { 160 } else { 10 });
        let evenings = page_views(|hour| if (18..23).contains(&hour) { 160 } else { 10 });
        let fast = |micros: i64, views: &[HourRow]| {
            let (budgets, asked) = run(&document(None), &spent_today(micros), views);
            assert!(asked);
            told(&budgets, "Today's money goes fast").cloned()
        };
        // 160.00 of 200.00 EUR at noon: much in a shop like any other, not in one whose day is nearly over.
        let point = fast(80_000_000, &flat).unwrap();
        assert_eq!(
            point.detail,
            "160.00 EUR of 200.00 EUR is spent. If it went as people come, it would be 100.00 EUR by now, learned from 28 \
             days of page views."
        );
        assert_eq!(fast(80_000_000, &mornings), None);
        // 90.00 EUR at noon: as it should be in that shop, much in one whose people come in the evening.
        assert_eq!(fast(45_000_000, &flat), None);
        let point = fast(45_000_000, &evenings).unwrap();
        assert!(point.detail.starts_with("90.00 EUR of 200.00 EUR is spent. If it went as people come"), "{point:?}");
        // Twice what it should be by then is no great sum while little should be.
        assert_eq!(fast(24_000_000, &evenings), None);
        // Without a page view a day is even, and one day of them is not believed as four weeks are.
        let even = "On an even day it would be 100.00 EUR by now; when people come is not known yet.";
        assert!(fast(80_000_000, &[]).unwrap().detail.ends_with(even));
        assert!(fast(80_000_000, &page_views(|_| 0)).unwrap().detail.ends_with(even));
        let young: Vec<HourRow> = mornings
            .iter()
            .map(|row| HourRow { count: if row.local_hour >= (TODAY - 1) * 24 { row.count } else { 0 }, ..*row })
            .collect();
        assert!(fast(120_000_000, &young).unwrap().detail.contains("as far as one day of page views tells"));
        assert_eq!(fast(120_000_000, &mornings), None);
        // Nothing was spent, or so little that it cannot be much: nothing is asked.
        for rows in [insights(-14..0), spent_today(12_500_000)] {
            let (budgets, asked) = run(&document(None), &rows, &evenings);
            assert!(!asked && told(&budgets, "Today's money goes fast").is_none());
        }
    }

    #[test]
    fn a_day_is_planned_by_the_sites_own_clock() {
        // Everybody comes on Mondays from 18 to 24.
        let monday = TODAY * 24;
        assert_eq!((hour_of_week(monday), hour_of_week(monday - 1)), (0, 167));
        let weeks = (0..30).flat_map(|week| {
            let first = monday - week * 168;
            (first..first + 168).map(move |local_hour| HourRow {
                local_hour,
                count: if (18..24).contains(&(local_hour - first)) { 100 } else { 1 },
            })
        });
        let mut rows: Vec<HourRow> = weeks.collect();
        rows.sort_by_key(|row| row.local_hour);
        let (rhythm, _) = rhythm(&rows);
        let at = |zone: &str, hour: i64| {
            due(1_000, rhythm.clone(), Zone::parse(zone).unwrap(), TODAY * DAY_MS + hour * HOUR_MS)
        };
        assert!(
            at("UTC", 18) < 100.0 && at("UTC", 21) > 450.0 && at("UTC", 21) < 600.0,
            "{} {}",
            at("UTC", 18),
            at("UTC", 21)
        );
        // 18:00 UTC is 21:00 in Moscow.
        assert!((at("Europe/Moscow", 18) - at("UTC", 21)).abs() < 1e-9);
        // Half an hour is half of what its hour brings.
        let flat = |minutes: i64| due(2_400, Rhythm::default(), Zone::UTC, TODAY * DAY_MS + minutes * 60_000);
        assert!((flat(90) - 150.0).abs() < 1e-6 && flat(0).abs() < 1e-6, "{}", flat(90));
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
