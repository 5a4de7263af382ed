//! What is usual: a level and a season that learn from each value, and how far values stray from them.
//!
//! Exponential smoothing of level and season (Holt 1957, Winters 1960) with steps cut at two deviations, so that one value
//! cannot carry the level away (Gelper, Fried & Croux 2010). The spread is the median absolute deviation of the last half
//! year's steps, above and below apart: money strays farther on one side.

use std::collections::VecDeque;

use crate::{Error, Judgement, MAX_SEASON, Options};

/// What a median absolute deviation times this is for a normal distribution: its standard deviation.
pub(crate) const MAD: f64 = 1.4826;
/// One in so many values is zero: then zeros are usual.
const ZEROS: usize = 7;
/// What a mean absolute deviation times this is for a normal distribution: its standard deviation, √(π / 2).
const MEAN: f64 = 1.253_3;
/// Fewest values from which the usual is learnt before anything is judged.
const FIRST: usize = 28;
/// What part of a step the level follows.
const LEVEL: f64 = 0.1;
/// What part of the rest the season follows.
const SEASON: f64 = 0.05;
/// Deviations at which a step is cut before anything follows it.
const CUT: f64 = 2.0;
/// What part of an anomaly's step is followed: a new level is learnt, but slowly.
const OF_ANOMALY: f64 = 0.3;
/// Anomalies in a row, all above or all below, after which they are the new level.
const STAYED: usize = 14;
/// Steps whose spread is measured: half a year of days.
const REMEMBERED: usize = 182;
/// Steps on one side below which both sides are taken together.
const FEWEST: usize = 10;
/// Part of the usual size that is added to values before their logarithm is taken: a zero is a fall to a hundredth.
const OFFSET: f64 = 0.01;
/// Least spread that is believed, of the usual size.
const LEAST_SPREAD: f64 = 0.01;

/// How distances from the usual are measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    /// As ratios, for what grows and falls by shares and is never negative: revenue, orders, sessions, spend. Where nothing
    /// is seen now and then, by their roots.
    #[default]
    Ratio,
    /// As differences, for what may be negative or is a share: profit, conversion rate.
    Difference,
}

/// Values on the scale on which they are compared.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Ruler {
    curve: Curve,
    /// The median size of the first values, 1 where it is zero.
    size: f64,
}

/// What values are laid on before they are compared.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Curve {
    /// Their logarithm: what grows by shares.
    Log,
    /// Their root, where nothing is seen now and then: a shop of some orders a day. The root of counts strays alike
    /// whatever their mean (Bartlett 1936), while a zero is no further from one than one from four.
    Root,
    /// Themselves.
    Plain,
}

impl Ruler {
    fn of(values: &[f64], scale: Scale) -> Self {
        let sizes: Vec<f64> = values.iter().map(|value| value.abs()).filter(|size| *size > 0.0).collect();
        let curve = match scale {
            Scale::Difference => Curve::Plain,
            Scale::Ratio if values.iter().any(|value| *value <= 0.0) => Curve::Root,
            Scale::Ratio => Curve::Log,
        };
        Self { curve, size: median(&sizes).unwrap_or(1.0) }
    }

    fn on(self, value: f64) -> f64 {
        match self.curve {
            Curve::Log => (value.max(0.0) / self.size + OFFSET).ln(),
            Curve::Root => (value.max(0.0) / self.size).sqrt(),
            Curve::Plain => value / self.size,
        }
    }

    fn back(self, value: f64) -> f64 {
        match self.curve {
            Curve::Log => (value.exp() - OFFSET).max(0.0) * self.size,
            Curve::Root => value.max(0.0).powi(2) * self.size,
            Curve::Plain => value * self.size,
        }
    }
}

/// What is usual after the values seen so far; bounded in memory, whatever it has seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Usual {
    threshold: f64,
    scale: Scale,
    season: usize,
    /// Periods seen, gaps included.
    periods: usize,
    state: State,
}

#[derive(Clone, Debug, PartialEq)]
enum State {
    /// Period and value of the first values.
    Learning(Vec<(usize, f64)>),
    Learnt {
        ruler: Ruler,
        level: f64,
        seasons: Vec<f64>,
        steps: VecDeque<f64>,
        /// The steps of anomalies in a row, all above or all below.
        away: Vec<f64>,
        /// Period and value of the last values, as many as were learnt from first, and whether each was unusual.
        lately: VecDeque<(usize, f64, bool)>,
    },
}

/// A value on its scale against what is usual there.
#[derive(Clone, Copy, Debug)]
struct Step {
    expected: f64,
    step: f64,
    below: f64,
    above: f64,
}

impl Step {
    fn judgement(&self, ruler: Ruler, threshold: f64) -> Judgement {
        let score = self.step / if self.step > 0.0 { self.above } else { self.below };
        Judgement {
            expected: ruler.back(self.expected),
            lower: ruler.back(self.expected - threshold * self.below),
            upper: ruler.back(self.expected + threshold * self.above),
            score,
            unusual: score.abs() > threshold,
        }
    }
}

impl Usual {
    /// Nothing is known yet.
    ///
    /// # Errors
    /// The season is not 1 to [`MAX_SEASON`], or the threshold not more than zero.
    pub fn new(season: usize, scale: Scale, threshold: f64) -> Result<Self, Error> {
        if !(1..=MAX_SEASON).contains(&season) {
            return Err(Error { field: "season", found: season as f64, wanted: "1 to 366" });
        }
        if !(threshold.is_finite() && threshold > 0.0) {
            return Err(Error { field: "threshold", found: threshold, wanted: "more than zero" });
        }
        Ok(Self { threshold, scale, season, periods: 0, state: State::Learning(Vec::new()) })
    }

    /// Values that are only learnt from: four weeks of days, two seasons of what repeats less often.
    #[must_use]
    pub fn learns_from(&self) -> usize {
        FIRST.max(2 * self.season)
    }

    /// Judges the next period's value and learns from it. `None` without a value, and while the first are learnt from.
    pub fn see(&mut self, value: Option<f64>) -> Option<Judgement> {
        let (step, ruler) = self.step(value)?;
        Some(step.judgement(ruler, self.threshold))
    }

    fn step(&mut self, value: Option<f64>) -> Option<(Step, Ruler)> {
        let phase = self.periods % self.season;
        self.periods += 1;
        let value = value?;
        let enough = self.learns_from();
        match &mut self.state {
            State::Learning(first) => {
                first.push((phase, value));
                if first.len() >= enough {
                    self.state = State::learnt(first, self.season, self.scale);
                }
                None
            }
            State::Learnt { ruler, level, seasons, steps, away, lately } => {
                let season = seasons.get_mut(phase)?;
                let expected = *level + *season;
                let step = ruler.on(value) - expected;
                let (below, above) = spreads(steps.iter().copied());
                let (spread, step_judged) =
                    (if step > 0.0 { above } else { below }, Step { expected, step, below, above });
                let unusual = step.abs() > self.threshold * spread;
                let follow = step.clamp(-CUT * spread, CUT * spread) * if unusual { OF_ANOMALY } else { 1.0 };
                *level += LEVEL * follow;
                if self.season > 1 {
                    *season += SEASON * (1.0 - LEVEL) * follow;
                }
                if away.last().is_some_and(|before| !unusual || (*before > 0.0) != (step > 0.0)) {
                    away.clear();
                }
                if unusual {
                    away.push(step);
                    if away.len() >= STAYED {
                        *level += median(away).unwrap_or_default();
                        away.clear();
                    }
                } else {
                    steps.push_back(step);
                    if steps.len() > REMEMBERED {
                        steps.pop_front();
                    }
                }
                let ruler = *ruler;
                lately.push_back((phase, value, unusual));
                if lately.len() > enough {
                    lately.pop_front();
                }
                let unusual = lately.iter().filter(|(.., unusual)| *unusual).count();
                let nothing = lately.iter().filter(|(_, value, _)| *value <= 0.0).count();
                // What is unusual more often than not is the usual: a shop that has begun to sell every other day. And
                // days of nothing that come again and again are no falls to a hundredth.
                let zeros = ruler.curve == Curve::Log && ZEROS * nothing >= enough;
                if lately.len() == enough && (2 * unusual > enough || zeros) {
                    let again: Vec<(usize, f64)> = lately.iter().map(|(phase, value, _)| (*phase, *value)).collect();
                    self.state = State::learnt(&again, self.season, self.scale);
                }
                Some((step_judged, ruler))
            }
        }
    }
}

impl State {
    fn learnt(first: &[(usize, f64)], season: usize, scale: Scale) -> Self {
        let ruler = Ruler::of(&first.iter().map(|(_, value)| *value).collect::<Vec<_>>(), scale);
        let scaled: Vec<(usize, f64)> = first.iter().map(|(phase, value)| (*phase, ruler.on(*value))).collect();
        let level = median(&scaled.iter().map(|(_, value)| *value).collect::<Vec<_>>()).unwrap_or_default();
        let of_phase = |phase: usize| {
            let away: Vec<f64> =
                scaled.iter().filter(|(other, _)| *other == phase).map(|(_, value)| value - level).collect();
            if season > 1 { median(&away).unwrap_or_default() } else { 0.0 }
        };
        let seasons: Vec<f64> = (0..season).map(of_phase).collect();
        let steps = scaled
            .iter()
            .map(|(phase, value)| value - level - seasons.get(*phase).copied().unwrap_or_default())
            .collect();
        Self::Learnt { ruler, level, seasons, steps, away: Vec::new(), lately: VecDeque::new() }
    }
}

/// Each value against the mean of what is usual before and after it, and the spread of the whole.
pub(crate) fn from_both_sides(values: &[Option<f64>], options: &Options) -> Result<Vec<Option<Judgement>>, Error> {
    let steps = |values: &mut dyn Iterator<Item = Option<f64>>| -> Result<(Vec<Option<f64>>, Option<Ruler>), Error> {
        let mut usual = Usual::new(options.season, options.scale, options.threshold)?;
        let mut ruler = None;
        let expected = values
            .map(|value| {
                usual.step(value).map(|(step, found)| {
                    ruler = Some(found);
                    found.back(step.expected)
                })
            })
            .collect();
        Ok((expected, ruler))
    };
    let (before, ruler) = steps(&mut values.iter().copied())?;
    let (mut after, _) = steps(&mut values.iter().rev().copied())?;
    after.reverse();
    let Some(ruler) = ruler else { return Ok(vec![None; values.len()]) };
    let expected = before.into_iter().zip(after).map(|sides| match sides {
        (Some(before), Some(after)) => Some(f64::midpoint(ruler.on(before), ruler.on(after))),
        (before, after) => before.or(after).map(|expected| ruler.on(expected)),
    });
    let found: Vec<Option<(f64, f64)>> = expected
        .zip(values)
        .map(|(expected, value)| expected.zip(*value).map(|(expected, value)| (expected, ruler.on(value) - expected)))
        .collect();
    let (below, above) = spreads(found.iter().flatten().map(|(_, step)| *step));
    Ok(found
        .into_iter()
        .map(|found| {
            let (expected, step) = found?;
            Some(Step { expected, step, below, above }.judgement(ruler, options.threshold))
        })
        .collect())
}

/// Robust standard deviations of steps below zero, and above.
fn spreads(steps: impl Iterator<Item = f64>) -> (f64, f64) {
    let (above, below): (Vec<f64>, Vec<f64>) = steps.partition(|step| *step > 0.0);
    let below: Vec<f64> = below.iter().map(|step| step.abs()).collect();
    let both: Vec<f64> = below.iter().chain(&above).copied().collect();
    let spread = |side: &[f64]| {
        let side = if side.len() < FEWEST { &both } else { side };
        let middle = MAD * median(side).unwrap_or_default();
        // Where most values are one and the same, as on days without an order, the middle says nothing of the others.
        let spread = if middle > 0.0 { middle } else { MEAN * side.iter().sum::<f64>() / side.len().max(1) as f64 };
        spread.max(LEAST_SPREAD)
    };
    (spread(&below), spread(&above))
}

/// The middle value; of an even number, the mean of the middle two. `None` without values.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let upper = *sorted.get(middle)?;
    if sorted.len() % 2 == 1 { Some(upper) } else { Some(f64::midpoint(upper, *sorted.get(middle.checked_sub(1)?)?)) }
}
