//! How a budget is best divided over channels whose curves level off, or are S-shaped.
//!
//! What is bought is a sum of curves, one a channel, so a grid of the money can be searched whole by dynamic programming
//! (Bellman 1957): the division found is the best on the grid, whatever the curves' shape, and there is no local optimum to
//! be caught in. From it, and from further starts, money then moves between pairs of channels until no pair gains. What a
//! division cannot decide is whether the curves are right.

use serde::{Deserialize, Serialize};

/// What a spend brings: never less for more.
pub trait Response {
    /// What it brings.
    fn value(&self, spend: f64) -> f64;
    /// What the next unit brings.
    fn slope(&self, spend: f64) -> f64;
}

impl<R: Response + ?Sized> Response for &R {
    fn value(&self, spend: f64) -> f64 {
        (**self).value(spend)
    }
    fn slope(&self, spend: f64) -> f64 {
        (**self).slope(spend)
    }
}

/// Least and greatest spend of a channel, in the curves' unit of money.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bounds {
    /// Least.
    pub low: f64,
    /// Greatest.
    pub high: f64,
}

/// What is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// The most outcome for this money. What the bounds do not let be spent is left.
    Spend(f64),
    /// The most outcome such that outcome / spend is at least this, over all channels together.
    Return(f64),
    /// The most outcome such that spend / outcome is at most this, over all channels together.
    CostPerOutcome(f64),
}

/// A division of money.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Division {
    /// Spend by channel.
    pub spend: Vec<f64>,
    /// What the next unit of each brings.
    pub marginal: Vec<f64>,
    /// All spend.
    pub total: f64,
    /// What it brings.
    pub outcome: f64,
}

/// Why there is no division.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// Bounds that are none, or not one for each channel.
    #[error("bounds must be one for each channel, from 0 on, finite, the lower one first")]
    Bounds,
    /// A goal that is none.
    #[error("the goal must be a number above 0")]
    Goal,
    /// Less money than the lower bounds take.
    #[error("the budget is {budget}, the lower bounds alone take {required}")]
    TooLittle {
        /// The budget.
        budget: f64,
        /// What the lower bounds take.
        required: f64,
    },
    /// No division within the bounds reaches the target.
    #[error(
        "no division within the bounds returns {wanted} for each unit spent; the best of those searched returns {best}"
    )]
    OutOfReach {
        /// Outcome / spend that is wanted.
        wanted: f64,
        /// The best found.
        best: f64,
    },
}

/// Steps of the grid. With 30 channels a search is 30 · 1000² / 2 additions, about 15 ms.
const STEPS: usize = 1_000;
/// Moves of money after the grid, at the most.
const MOVES: usize = 2_000;

/// The best division. `starts` are divisions to look at besides the grid's, such as the present one.
///
/// # Errors
/// Bounds or goal are none, or out of reach.
pub fn divide<R: Response>(
    curves: &[R],
    bounds: &[Bounds],
    goal: Goal,
    starts: &[Vec<f64>],
) -> Result<Division, Error> {
    let sound = |bound: &Bounds| bound.low >= 0.0 && bound.high >= bound.low && bound.high.is_finite();
    if curves.is_empty() || curves.len() != bounds.len() || !bounds.iter().all(sound) {
        return Err(Error::Bounds);
    }
    let (Goal::Spend(number) | Goal::Return(number) | Goal::CostPerOutcome(number)) = goal;
    if !number.is_finite() || number < 0.0 || (number <= 0.0 && !matches!(goal, Goal::Spend(_))) {
        return Err(Error::Goal);
    }
    match goal {
        Goal::Spend(budget) => {
            let required: f64 = bounds.iter().map(|bound| bound.low).sum();
            if required > budget * (1.0 + 1e-12) {
                return Err(Error::TooLittle { budget, required });
            }
            Ok(spend(curves, bounds, budget, starts))
        }
        Goal::Return(wanted) => target(curves, bounds, wanted),
        Goal::CostPerOutcome(wanted) => target(curves, bounds, 1.0 / wanted),
    }
}

fn spend<R: Response>(curves: &[R], bounds: &[Bounds], budget: f64, starts: &[Vec<f64>]) -> Division {
    let room: f64 = bounds.iter().map(|bound| bound.high - bound.low).sum();
    let low: f64 = bounds.iter().map(|bound| bound.low).sum();
    let free = (budget - low).clamp(0.0, room);
    let mut candidates: Vec<Vec<f64>> =
        [false, true].iter().map(|full| Grid::search(curves, bounds, free, *full).division(STEPS)).collect();
    candidates.extend(starts.iter().filter(|start| start.len() == curves.len()).cloned());
    // In the ratio of the room there is.
    candidates.push(
        bounds.iter().map(|bound| bound.low + (bound.high - bound.low) * free / room.max(f64::MIN_POSITIVE)).collect(),
    );
    let polished = candidates.into_iter().map(|mut candidate| {
        // What is too much comes off where it costs least; a start from elsewhere may be far from the sum.
        fill(&mut candidate, bounds, low + free, curves);
        polish(curves, bounds, &mut candidate);
        Division::of(curves, candidate)
    });
    polished
        .max_by(|one, other| one.outcome.total_cmp(&other.outcome))
        .unwrap_or_else(|| Division::of(curves, Vec::new()))
}

/// The largest budget whose best division still returns what is wanted: outcome never falls with the budget, so that is
/// also the most outcome.
fn target<R: Response>(curves: &[R], bounds: &[Bounds], wanted: f64) -> Result<Division, Error> {
    let low: f64 = bounds.iter().map(|bound| bound.low).sum();
    let room: f64 = bounds.iter().map(|bound| bound.high - bound.low).sum();
    let grid = Grid::search(curves, bounds, room, false);
    let at = |start: &[f64], budget: f64| {
        let mut spend = start.to_vec();
        fill(&mut spend, bounds, budget, curves);
        polish(curves, bounds, &mut spend);
        Division::of(curves, spend)
    };
    let reached = |division: &Division| division.outcome >= wanted * division.total;
    let step = room / STEPS as f64;
    let mut best = f64::NEG_INFINITY;
    for place in (0..=STEPS).rev() {
        let start = grid.division(place);
        let budget = low + step * place as f64;
        let rough = Division::of(curves, start.clone());
        best = best.max(rough.outcome / rough.total.max(f64::MIN_POSITIVE));
        // The grid's best is near the best there is; what it misses by more is not worth a polish.
        if rough.outcome * 1.001 < wanted * rough.total {
            continue;
        }
        let mut found = at(&start, budget);
        best = best.max(found.outcome / found.total.max(f64::MIN_POSITIVE));
        if !reached(&found) || (found.total <= 0.0 && wanted > 0.0) {
            continue;
        }
        let (mut enough, mut more) = (budget, (budget + step).min(low + room));
        for _ in 0..50 {
            let middle = f64::midpoint(enough, more);
            let tried = at(&found.spend, middle);
            if reached(&tried) {
                (enough, found) = (middle, tried);
            } else {
                more = middle;
            }
        }
        return Ok(found);
    }
    Err(Error::OutOfReach { wanted, best })
}

impl Division {
    fn of<R: Response>(curves: &[R], spend: Vec<f64>) -> Self {
        let marginal = curves.iter().zip(&spend).map(|(curve, spend)| curve.slope(*spend)).collect();
        let outcome = value(curves, &spend);
        Self { total: spend.iter().sum(), marginal, outcome, spend }
    }
}

fn value<R: Response>(curves: &[R], spend: &[f64]) -> f64 {
    curves.iter().zip(spend).map(|(curve, spend)| curve.value(*spend)).sum()
}

/// The best division of every whole number of steps.
struct Grid {
    low: Vec<f64>,
    step: f64,
    /// By channel and steps of all up to it: the channel's own.
    taken: Vec<Vec<u16>>,
    /// By channel: the step that stands for its upper bound, and the bound.
    last: Vec<Option<(u16, f64)>>,
}

impl Grid {
    /// With `full`, a channel's last step goes up to its upper bound, where that lies between two steps: a channel that is
    /// best filled is then seen filled. The division is too much by less than a step a channel, which [`fill`] takes off.
    fn search<R: Response>(curves: &[R], bounds: &[Bounds], free: f64, full: bool) -> Self {
        let step = free / STEPS as f64;
        let (mut taken, mut last) = (Vec::new(), Vec::new());
        let mut best: Vec<f64> = vec![0.0];
        for (curve, bound) in curves.iter().zip(bounds) {
            let most = if step > 0.0 { (((bound.high - bound.low) / step + 1e-9) as usize).min(STEPS) } else { 0 };
            let mut values: Vec<f64> = (0..=most).map(|own| curve.value(bound.low + step * own as f64)).collect();
            if let Some(last) = values.last_mut().filter(|_| full && most < STEPS) {
                *last = curve.value(bound.high);
            }
            let (next, choice) = add_channel(&best, &values);
            best = next;
            taken.push(choice);
            last.push((full && most < STEPS).then_some((most as u16, bound.high)));
        }
        Self { low: bounds.iter().map(|bound| bound.low).collect(), step, taken, last }
    }

    /// The best division of `steps`, or of as many as the bounds take.
    fn division(&self, steps: usize) -> Vec<f64> {
        let mut left = steps;
        let mut spend = self.low.clone();
        for ((choice, last), spend) in self.taken.iter().zip(&self.last).zip(&mut spend).rev() {
            left = left.min(choice.len() - 1);
            let own = choice.get(left).copied().unwrap_or_default();
            *spend = match last {
                Some((most, high)) if *most == own => *high,
                _ => *spend + self.step * f64::from(own),
            };
            left -= usize::from(own);
        }
        spend
    }
}

/// The best of every number of steps once another channel may take some, and what it takes of them. `best` is what the
/// channels before bring, `values` what this one brings, by steps. Not generic, so that whoever builds this crate
/// optimised has this loop optimised.
fn add_channel(best: &[f64], values: &[f64]) -> (Vec<f64>, Vec<u16>) {
    let reach = (best.len() + values.len()).saturating_sub(2).min(STEPS);
    (0..=reach)
        .map(|all| {
            let fewest = (all + 1).saturating_sub(best.len());
            let most = all.min(values.len() - 1);
            let own = values.iter().enumerate().skip(fewest).take(most + 1 - fewest);
            let others = best.iter().take(all + 1 - fewest).rev();
            own.zip(others).fold((f64::NEG_INFINITY, 0), |found, ((own, value), others)| {
                if value + others > found.0 { (value + others, own as u16) } else { found }
            })
        })
        .unzip()
}

/// Brings a division within its bounds and to its sum: what is missing goes where the next unit brings most, what is too
/// much is taken where the last one brings least.
fn fill<R: Response>(spend: &mut [f64], bounds: &[Bounds], total: f64, curves: &[R]) {
    for (spend, bound) in spend.iter_mut().zip(bounds) {
        *spend = if spend.is_finite() { spend.clamp(bound.low, bound.high) } else { bound.low };
    }
    let missing = total - spend.iter().sum::<f64>();
    let mut order: Vec<(usize, f64)> =
        curves.iter().zip(spend.iter()).map(|(curve, spend)| curve.slope(*spend)).enumerate().collect();
    order.sort_by(|one, other| if missing > 0.0 { other.1.total_cmp(&one.1) } else { one.1.total_cmp(&other.1) });
    let mut left = missing;
    for (at, _) in order {
        if let (Some(spend), Some(bound)) = (spend.get_mut(at), bounds.get(at)) {
            let to = (*spend + left).clamp(bound.low, bound.high);
            left -= to - *spend;
            *spend = to;
        }
    }
}

/// Moves money between pairs of channels, from the lowest marginal that can give to the highest that can take, until none
/// of the moves gains. Where all curves are concave this ends at the optimum (the Karush–Kuhn–Tucker conditions hold).
fn polish<R: Response>(curves: &[R], bounds: &[Bounds], spend: &mut [f64]) {
    for _ in 0..MOVES {
        let slopes: Vec<f64> = curves.iter().zip(spend.iter()).map(|(curve, spend)| curve.slope(*spend)).collect();
        let room = |at: usize, up: bool| {
            let (Some(bound), Some(spend)) = (bounds.get(at), spend.get(at)) else { return 0.0 };
            if up { bound.high - spend } else { spend - bound.low }
        };
        let taker = slopes.iter().enumerate().filter(|(at, _)| room(*at, true) > 0.0).max_by(|a, b| a.1.total_cmp(b.1));
        let giver =
            slopes.iter().enumerate().filter(|(at, _)| room(*at, false) > 0.0).min_by(|a, b| a.1.total_cmp(b.1));
        let (Some((to, high)), Some((from, low))) = (taker, giver) else { return };
        if to == from || high - low <= 1e-10 * high.abs() {
            return;
        }
        let (Some(gains), Some(loses), Some(&own), Some(&other)) =
            (curves.get(to), curves.get(from), spend.get(to), spend.get(from))
        else {
            return;
        };
        let most = room(to, true).min(room(from, false));
        let steeper = |by: f64| gains.slope(own + by) > loses.slope(other - by);
        // The first place where the two are equally steep: further on an S-curve may be steep again, but not worth the way.
        let (mut enough, mut much) = (0.0, most);
        let mut by = most * 1e-6;
        while by < most && steeper(by) {
            (enough, by) = (by, by * 2.0);
        }
        if by < most {
            much = by;
        } else if steeper(most) {
            enough = most;
        }
        if enough < most {
            for _ in 0..100 {
                let middle = f64::midpoint(enough, much);
                if steeper(middle) { enough = middle } else { much = middle }
            }
        }
        let gained = gains.value(own + enough) + loses.value(other - enough) - gains.value(own) - loses.value(other);
        if enough <= 0.0 || gained.is_nan() || gained <= 0.0 {
            return;
        }
        if let Some(spend) = spend.get_mut(to) {
            *spend = own + enough;
        }
        if let Some(spend) = spend.get_mut(from) {
            *spend = other - enough;
        }
    }
}

/// A division in whole minor units of its currency, exactly `total` together: each part is cut, and what is left goes, a
/// unit each, to the greatest remainders. `None` where the parts are not numbers from 0 on, or all 0.
#[must_use]
pub fn in_minor_units(parts: &[f64], total: i64) -> Option<Vec<i64>> {
    let sum: f64 = parts.iter().sum();
    if total < 0 || !parts.iter().all(|part| part.is_finite() && *part >= 0.0) || (sum <= 0.0 && total > 0) {
        return None;
    }
    if total == 0 {
        return Some(vec![0; parts.len()]);
    }
    let exact: Vec<f64> = parts.iter().map(|part| part / sum * total as f64).collect();
    let mut units: Vec<i64> = exact.iter().map(|exact| exact.floor() as i64).collect();
    let mut order: Vec<(usize, f64)> = exact.iter().map(|exact| exact.fract()).enumerate().collect();
    order.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
    let mut left = total - units.iter().sum::<i64>();
    for (at, _) in order.iter().cycle().take(2 * parts.len()) {
        let Some(unit) = units.get_mut(*at) else { break };
        if left > 0 {
            *unit += 1;
            left -= 1;
        } else if left < 0 && *unit > 0 {
            *unit -= 1;
            left += 1;
        }
    }
    (left == 0).then_some(units)
}
