//! From weekly figures to what is fitted: which weeks, which channels, which baseline.

use std::collections::BTreeSet;

use calendar::{format_day, parse_day};
use mmm::{Adstock, Channel, Control, Data, Experiment, Saturation, Season, Spec};
use problem::Problem;

use super::{FEWEST_WEEKS, Question};

/// Most channels that are told apart; the smallest go together.
const MOST_CHANNELS: usize = 10;
/// A channel with less of the spend than this is too small to be told from the noise.
const TINY: f64 = 0.01;
/// Weeks of a year.
const YEAR: f64 = 52.18;

/// The shop's weeks that are over, earliest first.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// First local day of the first week, a Monday.
    pub first_day: i64,
    /// The outcome by week.
    pub outcome: Vec<f64>,
    /// Spend by channel and week, minor units; 0 where none is recorded.
    pub spend: Vec<(String, Vec<f64>)>,
}

/// What is fitted.
pub(super) struct Set {
    pub(super) first_day: i64,
    pub(super) merged: Vec<Vec<String>>,
    pub(super) spec: Spec,
    pub(super) data: Data,
}

/// Lays the weeks out.
pub(super) fn set(question: &Question, history: History) -> Result<Set, Problem> {
    let History { mut first_day, mut outcome, mut spend } = history;
    let weekly = |spend: &[(String, Vec<f64>)], at: usize| -> f64 {
        spend.iter().filter_map(|(_, values)| values.get(at)).sum()
    };
    let Some(first_spend) = (0..outcome.len()).find(|at| weekly(&spend, *at) > 0.0) else {
        return Err(Problem::conflict(
            "no ad spend is recorded for the weeks that are over; connect an ad account or import ad spend by day",
        ));
    };
    let with_spend = (0..outcome.len()).filter(|at| weekly(&spend, *at) > 0.0).count();
    if with_spend < FEWEST_WEEKS {
        return Err(Problem::conflict(format!(
            "ad spend is recorded for {with_spend} weeks that are over, at least {FEWEST_WEEKS} are needed; connect the \
             ad accounts or import what was spent earlier"
        )));
    }
    let Some(first_outcome) = outcome.iter().position(|value| *value != 0.0) else {
        let what = question.outcome.metric();
        return Err(Problem::conflict(format!("there is no {what} in the weeks that are over to learn from")));
    };
    // Before the first spend nobody knows what was spent, before the first order there was no shop: neither is a zero.
    let begins = first_spend.max(first_outcome);
    outcome.drain(..begins);
    for (_, values) in &mut spend {
        values.drain(..begins.min(values.len()));
    }
    first_day += 7 * i64::try_from(begins).unwrap_or_default();
    let weeks = outcome.len();
    if weeks < FEWEST_WEEKS {
        return Err(Problem::conflict(format!(
            "spend and {} are both known for {weeks} weeks that are over, at least {FEWEST_WEEKS} are needed",
            question.outcome.metric()
        )));
    }
    let seasons = match weeks {
        0..52 => Vec::new(),
        52..104 => vec![Season { period: YEAR, order: 1 }],
        _ => vec![Season { period: YEAR, order: 3 }],
    };
    let turns = weeks / 52;
    let (controls, control_values) = promotions(question, first_day, weeks)?;
    let waves: usize = seasons.iter().map(|season| 2 * season.order).sum();
    let columns = 2 + turns + waves + controls.len();
    // Each channel has about four free numbers: fewer channels where there are few weeks.
    let most = (weeks.saturating_sub(columns) / 4).clamp(1, MOST_CHANNELS);
    let channels = merge(spend, most);
    let experiments = question
        .experiments
        .iter()
        .map(|lift| {
            let place = |day: &str| -> Result<usize, Problem> {
                let day = parse_day("/experiments", day)
                    .map_err(|error| Problem::invalid_field("/experiments", error.to_string()))?;
                let at = usize::try_from((day - first_day).div_euclid(7)).ok().filter(|at| *at < weeks);
                at.ok_or_else(|| {
                    let detail = format!("{} is not in the weeks from {} on", format_day(day), format_day(first_day));
                    Problem::invalid_field("/experiments", detail)
                })
            };
            Ok(Experiment {
                channel: lift.channel.clone(),
                from: place(&lift.from)?,
                to: place(&lift.to)? + 1,
                until: None,
                scale: lift.scale,
                lift: lift.lift,
                standard_error: lift.standard_error,
            })
        })
        .collect::<Result<_, Problem>>()?;
    let channel = |(name, _, _): &Merged| Channel {
        name: name.clone(),
        adstock: Adstock::Geometric,
        saturation: Saturation::Hill,
        window: 13,
    };
    let spec = Spec { channels: channels.iter().map(channel).collect(), controls, seasons, turns, experiments };
    let (merged, spend) = channels.into_iter().map(|(_, of, values)| (of, values)).unzip();
    Ok(Set { first_day, merged, spec, data: Data { outcome, spend, controls: control_values } })
}

/// A channel's name, the names put together under it, its spend by week.
type Merged = (String, Vec<String>, Vec<f64>);

/// The channels that are told apart, largest first: what is tiny, what never changes and what is too many goes together.
fn merge(spend: Vec<(String, Vec<f64>)>, most: usize) -> Vec<Merged> {
    let sum = |values: &[f64]| values.iter().sum::<f64>();
    let changes = |values: &[f64]| values.iter().zip(values.iter().skip(1)).any(|(one, next)| one != next);
    let all: f64 = spend.iter().map(|(_, values)| sum(values)).sum();
    let mut spend: Vec<(String, Vec<f64>)> = spend.into_iter().filter(|(_, values)| sum(values) > 0.0).collect();
    spend.sort_by(|one, other| sum(&other.1).total_cmp(&sum(&one.1)).then_with(|| one.0.cmp(&other.0)));
    let (mut head, mut tail): (Vec<_>, Vec<_>) = spend
        .into_iter()
        .partition(|(name, values)| name != metrics::OTHER && sum(values) >= TINY * all && changes(values));
    // What goes together takes a place, too.
    let room = |tail: &[(String, Vec<f64>)]| if tail.is_empty() { most } else { most.saturating_sub(1) };
    let total = |tail: &[(String, Vec<f64>)]| -> Vec<f64> {
        let weeks = tail.first().map_or(0, |(_, values)| values.len());
        (0..weeks).map(|at| tail.iter().filter_map(|(_, values)| values.get(at)).sum()).collect()
    };
    while head.len() > room(&tail) || (!tail.is_empty() && !head.is_empty() && !changes(&total(&tail))) {
        tail.extend(head.pop());
    }
    let mut merged: Vec<Merged> = head.into_iter().map(|(name, values)| (name.clone(), vec![name], values)).collect();
    if !tail.is_empty() {
        let name = match tail.as_slice() {
            [(name, _)] => name.clone(),
            _ => metrics::OTHER.to_owned(),
        };
        let values = total(&tail);
        merged.push((name, tail.into_iter().map(|(name, _)| name).collect(), values));
    }
    merged
}

/// Days of promotion in each week; none where no week of these differs by it.
fn promotions(question: &Question, first_day: i64, weeks: usize) -> Result<(Vec<Control>, Vec<Vec<f64>>), Problem> {
    let values = promotion_days(question, first_day, weeks)?;
    let changes = values.iter().zip(values.iter().skip(1)).any(|(one, next)| one != next);
    Ok(if changes {
        (vec![Control { name: "promotions".to_owned(), reference: 0.0 }], vec![values])
    } else {
        (Vec::new(), Vec::new())
    })
}

/// How many days of promotion are in each of the weeks from a day on.
pub(super) fn promotion_days(question: &Question, first_day: i64, weeks: usize) -> Result<Vec<f64>, Problem> {
    let mut days = BTreeSet::new();
    for day in &question.promotions {
        let day =
            parse_day("/promotions", day).map_err(|error| Problem::invalid_field("/promotions", error.to_string()))?;
        days.insert(day);
    }
    let mut values = vec![0.0; weeks];
    for day in days {
        let at = usize::try_from((day - first_day).div_euclid(7)).ok();
        if let Some(value) = at.and_then(|at| values.get_mut(at)) {
            *value += 1.0;
        }
    }
    Ok(values)
}
