//! What a channel really added, from tests that held it out somewhere or for a while, and what that says about its
//! credit.
//!
//! [`holdout`] compares units (regions, shops, audience cells) that were kept from a channel by lot with those that were
//! not. [`difference_in_differences`] compares the change of units that were treated with the change of those that were
//! not. [`synthetic_control`] builds one treated unit's twin out of the others. [`before_and_after`] has nothing but the
//! time before to compare with. [`Calibration`] turns a measured increment into a factor for attributed credit.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF as _, Normal, StudentsT};

use crate::ChannelCredit;

/// Why a test cannot be read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum IncrementalityError {
    /// Too few units or periods.
    #[error("`{field}` has {found}; at least {least} are needed")]
    TooFew {
        /// What there are too few of.
        field: &'static str,
        /// How many there are.
        found: usize,
        /// How many are needed.
        least: usize,
    },
    /// A unit's periods are not those of the others, or a figure is not finite.
    #[error("`{field}` holds rows of different lengths, or a figure that is not finite")]
    Ragged {
        /// Which units.
        field: &'static str,
    },
    /// A number outside its bounds.
    #[error("`{field}` is {found}; it must lie between {min} and {max}")]
    OutOfBounds {
        /// The field.
        field: &'static str,
        /// The value as given.
        found: f64,
        /// Smallest value allowed.
        min: f64,
        /// Largest value allowed.
        max: f64,
    },
}

/// A figure with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Estimate {
    /// The standard deviation of the normal distribution of which this is the middle `level`.
    ///
    /// # Errors
    /// A `level` outside 0.5 to 0.999.
    pub fn deviation(&self, level: f64) -> Result<f64, IncrementalityError> {
        level_checked(level)?;
        Ok((self.high - self.low) / (2.0 * Normal::standard().inverse_cdf(f64::midpoint(1.0, level))))
    }

    /// The same in another unit, the ends in their order.
    #[must_use]
    pub fn times(&self, factor: f64) -> Self {
        let (one, other) = (self.low * factor, self.high * factor);
        Self { value: self.value * factor, low: one.min(other), high: one.max(other) }
    }
}

/// What units that a channel was kept from by lot say about it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Holdout {
    /// What the channel added per exposed unit, in the units' own unit.
    pub effect: Estimate,
    /// The same for all exposed units together.
    pub total: Estimate,
    /// Standard error of that total.
    pub standard_error: f64,
    /// The effect over the mean of the units it was kept from: a fraction. `None` when that is not positive.
    pub lift: Option<f64>,
    /// Degrees of freedom of the interval.
    pub degrees_of_freedom: f64,
    /// Probability of so large an effect where there is none.
    pub p_value: f64,
}

/// Compares units drawn by lot: one figure each, of the time of the test, Welch's t-test. Everybody in a unit counts,
/// whether the channel reached them or not (intention to treat), so nothing has to be known of who would have been
/// reached; where that is known, figures of those alone are surer (Johnson, Lewis & Nubbemeyer, "Ghost ads", Journal of
/// Marketing Research 54, 2017). Only the lot makes the units alike: units that were chosen need
/// [`difference_in_differences`].
///
/// # Errors
/// [`IncrementalityError`]: fewer than two units in a group, or a figure that is not finite.
pub fn holdout(exposed: &[f64], held_out: &[f64], level: f64) -> Result<Holdout, IncrementalityError> {
    level_checked(level)?;
    for (field, figures) in [("exposed", exposed), ("held_out", held_out)] {
        if figures.len() < 2 {
            return Err(IncrementalityError::TooFew { field, found: figures.len(), least: 2 });
        }
        if figures.iter().any(|figure| !figure.is_finite()) {
            return Err(IncrementalityError::Ragged { field });
        }
    }
    let Welch { effect, standard_error, degrees_of_freedom, p_value } = welch(exposed, held_out, level);
    let (without, scale) = (mean(held_out), exposed.len() as f64);
    Ok(Holdout {
        effect,
        total: Estimate { value: effect.value * scale, low: effect.low * scale, high: effect.high * scale },
        standard_error: standard_error * scale,
        lift: (without > 0.0).then(|| effect.value / without),
        degrees_of_freedom,
        p_value,
    })
}

/// A difference in differences.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// What treatment added, per unit and period, in the units' own unit.
    pub effect: Estimate,
    /// The same for all treated units and periods together.
    pub total: Estimate,
    /// The effect over what would have been without: a fraction. `None` when that is not positive.
    pub lift: Option<f64>,
    /// Degrees of freedom of the interval.
    pub degrees_of_freedom: f64,
    /// Probability of so large an effect where there is none.
    pub p_value: f64,
    /// The same estimate between the two halves of the time before: where its interval leaves out 0, the groups drifted
    /// apart before anything was done, and the effect is not to be trusted. `None` with fewer than two periods before.
    pub before: Option<Estimate>,
}

/// Compares changes. Each unit is a row with a figure a period; treatment starts at period `start`, from 0. The unit of
/// chance is the unit, not the period: each contributes its mean after less its mean before, and the two groups' changes
/// are compared by Welch's t-test, so that correlation over time within a unit cannot narrow the interval (Bertrand,
/// Duflo & Mullainathan, "How much should we trust differences-in-differences estimates?", QJE 119, 2004).
///
/// # Errors
/// [`IncrementalityError`]: fewer than two units in a group, no period before or after, rows that do not fit.
pub fn difference_in_differences(
    treated: &[Vec<f64>],
    control: &[Vec<f64>],
    start: usize,
    level: f64,
) -> Result<Difference, IncrementalityError> {
    let periods = checked(treated, control, start, level)?;
    for (field, rows) in [("treated", treated), ("control", control)] {
        if rows.len() < 2 {
            return Err(IncrementalityError::TooFew { field, found: rows.len(), least: 2 });
        }
    }
    let changes = |rows: &[Vec<f64>], before: std::ops::Range<usize>, after: std::ops::Range<usize>| -> Vec<f64> {
        let part = |row: &Vec<f64>, range: &std::ops::Range<usize>| mean(row.get(range.clone()).unwrap_or_default());
        rows.iter().map(|row| part(row, &after) - part(row, &before)).collect()
    };
    let compare = |before: std::ops::Range<usize>, after: std::ops::Range<usize>| {
        welch(&changes(treated, before.clone(), after.clone()), &changes(control, before, after), level)
    };
    let Welch { effect, degrees_of_freedom, p_value, .. } = compare(0..start, start..periods);
    let seen = mean(&treated.iter().filter_map(|row| row.get(start..)).map(mean).collect::<Vec<f64>>());
    let without = seen - effect.value;
    let scale = (treated.len() * (periods - start)) as f64;
    Ok(Difference {
        effect,
        total: Estimate { value: effect.value * scale, low: effect.low * scale, high: effect.high * scale },
        lift: (without > 0.0).then(|| effect.value / without),
        degrees_of_freedom,
        p_value,
        before: (start >= 2).then(|| compare(0..start / 2, start / 2..start).effect),
    })
}

/// A treated unit beside its twin.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Synthetic {
    /// How much of each control unit the twin is made of; not negative, together 1.
    pub weights: Vec<f64>,
    /// What treatment added per period, on average after the start.
    pub effect: Estimate,
    /// The same for all periods after the start together.
    pub total: Estimate,
    /// The effect over the twin's mean: a fraction. `None` when that is not positive.
    pub lift: Option<f64>,
    /// Share of units, this one included, that deviate as much from their twins (after against before): the smallest
    /// there can be is 1 / units.
    pub p_value: f64,
    /// The twin, all periods.
    pub twin: Vec<f64>,
    /// Root mean squared deviation from the twin before the start: how good a twin it is.
    pub deviation_before: f64,
}

/// Builds the treated unit's twin from the control units so that the two agree before `start`, and reads the effect off
/// the gap after it (Abadie, Diamond & Hainmueller, "Synthetic control methods for comparative case studies", JASA 105,
/// 2010). The interval comes from doing the same to every control unit, where the effect is none: the gaps found there,
/// scaled to this unit's deviation before, are what chance does. With n controls a level above 1 − 2/(n+1) cannot be told
/// apart from their widest.
///
/// # Errors
/// [`IncrementalityError`]: fewer than three controls, fewer than two periods before or none after, rows that do not fit.
pub fn synthetic_control(
    treated: &[f64],
    control: &[Vec<f64>],
    start: usize,
    level: f64,
) -> Result<Synthetic, IncrementalityError> {
    let periods = checked(&[treated.to_vec()], control, start, level)?;
    if control.len() < 3 {
        return Err(IncrementalityError::TooFew { field: "control", found: control.len(), least: 3 });
    }
    if start < 2 {
        return Err(IncrementalityError::TooFew { field: "start", found: start, least: 2 });
    }
    let donors: Vec<&[f64]> = control.iter().map(Vec::as_slice).collect();
    let (weights, twin) = twin_of(treated, &donors, start);
    let (gap, deviation_before, ratio) = gap(treated, &twin, start);

    // Nothing was done to the controls: their gaps, in units of their own deviation before, are chance.
    let mut chance = Vec::with_capacity(control.len());
    let mut as_large = 1_usize;
    for (at, unit) in donors.iter().enumerate() {
        let others: Vec<&[f64]> =
            donors.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, row)| *row).collect();
        let (_, placebo) = twin_of(unit, &others, start);
        let (placebo_gap, placebo_deviation, placebo_ratio) = self::gap(unit, &placebo, start);
        as_large += usize::from(placebo_ratio >= ratio);
        // A perfect twin before says nothing about its deviation after; such a gap counts as it is.
        let scale = if placebo_deviation > 0.0 && deviation_before > 0.0 {
            (deviation_before / placebo_deviation).max(1.0)
        } else {
            1.0
        };
        chance.push(placebo_gap.abs() * scale);
    }
    chance.sort_unstable_by(f64::total_cmp);
    // The smallest deviation that at most (1 − level) of the exchangeable units exceed.
    let rank = (level * (chance.len() + 1) as f64).ceil() as usize;
    let margin = chance.get(rank.clamp(1, chance.len()) - 1).copied().unwrap_or(0.0);
    let effect = Estimate { value: gap, low: gap - margin, high: gap + margin };
    let after = (periods - start) as f64;
    let expected = mean(twin.get(start..).unwrap_or_default());
    Ok(Synthetic {
        weights,
        effect,
        total: Estimate { value: effect.value * after, low: effect.low * after, high: effect.high * after },
        lift: (expected > 0.0).then(|| gap / expected),
        p_value: as_large as f64 / (control.len() + 1) as f64,
        twin,
        deviation_before,
    })
}

/// A series beside what its own past says of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BeforeAfter {
    /// What treatment added, all its periods together.
    pub total: Estimate,
    /// The effect over what was expected: a fraction. `None` when that is not positive.
    pub lift: Option<f64>,
    /// What was expected, from the first period with enough before it to be expected from, to the last; `offset` periods
    /// of the series have none.
    pub expected: Vec<f64>,
    /// Periods at the beginning that nothing is expected of.
    pub offset: usize,
    /// By how much the same expectation was off in earlier windows as long, over what was expected: fractions.
    pub misses: Vec<f64>,
    /// Probability of so large an effect where there is none.
    pub p_value: f64,
}

/// Seasons that an expectation is the mean of, and the fewest it can be.
const SEASONS: (usize, usize) = (8, 4);
/// Fewest earlier windows.
const WINDOWS: usize = 3;

/// Compares a time of treatment with the time before it, where nothing was left untreated. Each period is expected to be
/// the mean of the same place in the last eight seasons before the start (at least four), the weekday in weeks, say.
/// Chance is what the same expectation was off by in earlier windows as long as the treatment, one beside the other, back
/// to where the series begins: a backtest (Tashman, "Out-of-sample tests of forecasting accuracy", International Journal
/// of Forecasting 16, 2000). The interval is Student's around their root mean square, with a degree of freedom a window.
/// `start` is the first period that may be affected, `read` the first that is counted.
///
/// # Errors
/// [`IncrementalityError`]: fewer than three earlier windows, nothing after, or a figure that is not finite.
pub fn before_and_after(
    series: &[f64],
    start: usize,
    read: usize,
    season: usize,
    level: f64,
) -> Result<BeforeAfter, IncrementalityError> {
    let periods = checked(&[series.to_vec()], &[], start, level)?;
    if !(start..periods).contains(&read) || season == 0 {
        let max = periods.saturating_sub(1) as f64;
        return Err(IncrementalityError::OutOfBounds { field: "read", found: read as f64, min: start as f64, max });
    }
    let (most, least) = (SEASONS.0 * season, SEASONS.1 * season);
    let (length, gap) = (periods - read, read - start);
    // What a period is expected to be by the periods before `known`.
    let expected = |at: usize, known: usize| {
        let same = (known.saturating_sub(most)..known).filter(|past| (at - past).is_multiple_of(season));
        mean(&same.filter_map(|past| series.get(past).copied()).collect::<Vec<f64>>())
    };
    let sums = |first: usize, known: usize| -> (f64, f64) {
        let window = first..first + length;
        let seen = series.get(window.clone()).map_or(0.0, |seen| seen.iter().sum());
        (seen, window.map(|at| expected(at, known)).sum())
    };
    let mut misses = Vec::new();
    let mut end = start;
    while let Some(known) = end.checked_sub(length + gap).filter(|known| *known >= least) {
        let (seen, foretold) = sums(end - length, known);
        if foretold > 0.0 {
            misses.push(seen / foretold - 1.0);
        }
        end -= length;
    }
    if misses.len() < WINDOWS {
        return Err(IncrementalityError::TooFew { field: "windows", found: misses.len(), least: WINDOWS });
    }
    let (seen, foretold) = sums(read, start);
    let free = misses.len() as f64;
    let off = (misses.iter().map(|miss| miss * miss).sum::<f64>() / free).sqrt() * foretold;
    let value = seen - foretold;
    // At least three degrees of freedom, so the distribution exists.
    let student = StudentsT::new(0.0, 1.0, free).ok();
    let margin = student.as_ref().map_or(f64::INFINITY, |t| t.inverse_cdf(f64::midpoint(1.0, level))) * off;
    let p_value = match student {
        Some(t) if off > 0.0 => 2.0 * t.cdf(-(value / off).abs()),
        _ => f64::from(u8::from(value == 0.0)),
    };
    Ok(BeforeAfter {
        total: Estimate { value, low: value - margin, high: value + margin },
        lift: (foretold > 0.0).then(|| value / foretold),
        expected: (least..periods).map(|at| expected(at, at.min(start))).collect(),
        offset: least,
        misses,
        p_value,
    })
}

/// Measured over attributed: what a channel's credit is to be multiplied with.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Calibration {
    /// Incremental conversions per attributed conversion.
    pub factor: Estimate,
}

impl Calibration {
    /// The factor of one test: its increment over what the model credited the channel with where and while the test ran.
    /// The interval is the test's; that of the credit is not in it. `None` when nothing was credited.
    #[must_use]
    pub fn of(increment: Estimate, attributed_conversions: f64) -> Option<Self> {
        (attributed_conversions > 0.0).then(|| {
            let over = |value: f64| value / attributed_conversions;
            Self {
                factor: Estimate { value: over(increment.value), low: over(increment.low), high: over(increment.high) },
            }
        })
    }

    /// Several tests of one channel as one, each weighing as much as it is sure: inverse variances, read off intervals
    /// of the same `level` as if they were normal. `None` without a test that has an interval.
    ///
    /// # Errors
    /// A `level` outside 0.5 to 0.999.
    pub fn pooled(tests: &[Self], level: f64) -> Result<Option<Self>, IncrementalityError> {
        level_checked(level)?;
        let z = Normal::standard().inverse_cdf(f64::midpoint(1.0, level));
        let (mut sum, mut weights) = (0.0, 0.0);
        for Self { factor } in tests {
            let deviation = factor.deviation(level)?;
            if deviation > 0.0 && deviation.is_finite() {
                let weight = 1.0 / (deviation * deviation);
                sum += weight * factor.value;
                weights += weight;
            }
        }
        if weights == 0.0 {
            return Ok(None);
        }
        let (value, margin) = (sum / weights, z / weights.sqrt());
        Ok(Some(Self { factor: Estimate { value, low: value - margin, high: value + margin } }))
    }

    /// A credit corrected by the factor. What a channel loses or gains is nobody else's: conversions that would have
    /// happened anyway belong to no channel, and the corrected credits do not sum to all conversions.
    #[must_use]
    pub fn apply(&self, credit: ChannelCredit) -> ChannelCredit {
        ChannelCredit { conversions: credit.conversions * self.factor.value, value: credit.value * self.factor.value }
    }
}

pub(crate) fn level_checked(level: f64) -> Result<(), IncrementalityError> {
    if (0.5..=0.999).contains(&level) {
        return Ok(());
    }
    Err(IncrementalityError::OutOfBounds { field: "level", found: level, min: 0.5, max: 0.999 })
}

/// The number of periods.
fn checked(treated: &[Vec<f64>], control: &[Vec<f64>], start: usize, level: f64) -> Result<usize, IncrementalityError> {
    level_checked(level)?;
    let periods = treated.first().map_or(0, Vec::len);
    for (field, rows) in [("treated", treated), ("control", control)] {
        if rows.iter().any(|row| row.len() != periods || row.iter().any(|figure| !figure.is_finite())) {
            return Err(IncrementalityError::Ragged { field });
        }
    }
    if !(1..periods).contains(&start) {
        let max = periods.saturating_sub(1) as f64;
        return Err(IncrementalityError::OutOfBounds { field: "start", found: start as f64, min: 1.0, max });
    }
    Ok(periods)
}

fn mean(figures: &[f64]) -> f64 {
    figures.iter().sum::<f64>() / figures.len().max(1) as f64
}

/// The difference of two means; the p-value is two-sided.
struct Welch {
    effect: Estimate,
    standard_error: f64,
    degrees_of_freedom: f64,
    p_value: f64,
}

/// Compares two means (Welch 1947).
fn welch(one: &[f64], other: &[f64], level: f64) -> Welch {
    // Variance of the mean, and what it adds to the denominator of Satterthwaite's degrees of freedom.
    let spread = |figures: &[f64]| {
        let (center, free) = (mean(figures), (figures.len() - 1) as f64);
        let squares: f64 = figures.iter().map(|figure| (figure - center).powi(2)).sum();
        let variance = squares / free / figures.len() as f64;
        (variance, variance * variance / free)
    };
    let value = mean(one) - mean(other);
    let (one, other) = (spread(one), spread(other));
    let variance = one.0 + other.0;
    if variance == 0.0 {
        let p_value = if value == 0.0 { 1.0 } else { 0.0 };
        let effect = Estimate { value, low: value, high: value };
        return Welch { effect, standard_error: 0.0, degrees_of_freedom: f64::INFINITY, p_value };
    }
    let degrees_of_freedom = variance * variance / (one.1 + other.1);
    let standard_error = variance.sqrt();
    // Degrees of freedom are at least 1 here, so the distribution exists.
    let Ok(t) = StudentsT::new(0.0, 1.0, degrees_of_freedom) else {
        let effect = Estimate { value, low: f64::NEG_INFINITY, high: f64::INFINITY };
        return Welch { effect, standard_error, degrees_of_freedom, p_value: 1.0 };
    };
    let margin = t.inverse_cdf(f64::midpoint(1.0, level)) * standard_error;
    let p_value = 2.0 * t.cdf(-(value / standard_error).abs());
    let effect = Estimate { value, low: value - margin, high: value + margin };
    Welch { effect, standard_error, degrees_of_freedom, p_value }
}

/// Mean gap after the start, root mean squared gap before it, and the ratio of squared gaps after to before.
fn gap(unit: &[f64], twin: &[f64], start: usize) -> (f64, f64, f64) {
    let gaps: Vec<f64> = unit.iter().zip(twin).map(|(unit, twin)| unit - twin).collect();
    let squared = |gaps: &[f64]| mean(&gaps.iter().map(|gap| gap * gap).collect::<Vec<f64>>());
    let (before, after) = gaps.split_at(start.min(gaps.len()));
    let (fit, miss) = (squared(before), squared(after));
    let ratio = if fit > 0.0 {
        miss / fit
    } else if miss > 0.0 {
        f64::INFINITY
    } else {
        0.0
    };
    (mean(after), fit.sqrt(), ratio)
}

/// Weights on the simplex that make the donors' mixture closest to the unit before the start, and the mixture.
///
/// Projected gradient with momentum that starts over whenever it overshoots (Beck & Teboulle 2009; O'Donoghue & Candès
/// 2015); the problem is convex, so what it settles on is the least there is.
fn twin_of(unit: &[f64], donors: &[&[f64]], start: usize) -> (Vec<f64>, Vec<f64>) {
    let count = donors.len();
    let before = |row: &[f64]| -> Vec<f64> { row.iter().take(start).copied().collect() };
    let (target, rows): (Vec<f64>, Vec<Vec<f64>>) = (before(unit), donors.iter().map(|row| before(row)).collect());
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let mix = |weights: &[f64], rows: &[Vec<f64>]| -> Vec<f64> {
        let mut mixed = vec![0.0; rows.first().map_or(0, Vec::len)];
        for (weight, row) in weights.iter().zip(rows) {
            mixed.iter_mut().zip(row).for_each(|(mixed, figure)| *mixed += weight * figure);
        }
        mixed
    };
    // The trace bounds the largest eigenvalue, and with it the step that cannot overshoot.
    let steepest: f64 = rows.iter().map(|row| dot(row, row)).sum();
    let mut weights = vec![1.0 / count as f64; count];
    let (mut ahead, mut momentum) = (weights.clone(), 1.0_f64);
    if steepest > 0.0 {
        for _ in 0..50_000 {
            let mixed = mix(&ahead, &rows);
            let miss: Vec<f64> = mixed.iter().zip(&target).map(|(mixed, target)| mixed - target).collect();
            let moved: Vec<f64> =
                ahead.iter().zip(&rows).map(|(weight, row)| weight - dot(row, &miss) / steepest).collect();
            let next = on_simplex(&moved);
            let step: Vec<f64> = next.iter().zip(&weights).map(|(next, now)| next - now).collect();
            let uphill: f64 =
                ahead.iter().zip(&next).zip(&step).map(|((ahead, next), step)| (ahead - next) * step).sum();
            let change = step.iter().fold(0.0_f64, |most, step| most.max(step.abs()));
            weights = next;
            if uphill > 0.0 {
                momentum = 1.0;
                ahead.clone_from(&weights);
            } else {
                let grown = f64::midpoint(1.0, (1.0 + 4.0 * momentum * momentum).sqrt());
                let carry = (momentum - 1.0) / grown;
                ahead = weights.iter().zip(&step).map(|(weight, step)| weight + carry * step).collect();
                momentum = grown;
            }
            if change < 1e-12 {
                break;
            }
        }
    }
    let all: Vec<Vec<f64>> = donors.iter().map(|row| row.to_vec()).collect();
    let twin = mix(&weights, &all);
    (weights, twin)
}

/// The nearest point whose parts are not negative and sum to 1 (Duchi et al. 2008).
fn on_simplex(point: &[f64]) -> Vec<f64> {
    let mut sorted = point.to_vec();
    sorted.sort_unstable_by(|a, b| b.total_cmp(a));
    let (mut sum, mut shift) = (0.0, 0.0);
    for (count, part) in (1_u32..).zip(&sorted) {
        sum += part;
        let candidate = (sum - 1.0) / f64::from(count);
        if *part > candidate {
            shift = candidate;
        }
    }
    point.iter().map(|part| (part - shift).max(0.0)).collect()
}
