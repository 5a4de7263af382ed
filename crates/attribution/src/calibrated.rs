//! Credit calibrated by experiments, and the models combined by how well they foretell experiments.
//!
//! Models divide all conversions; experiments say what some channels added. For every model the measured increments are
//! regressed on its credits: channel *c* added
//!
//! ```text
//! θ_c = μ · a_c + g_c · ε_c,   ε_c ~ N(0, τ²),   measured as y ~ N(θ_c, s²)
//! ```
//!
//! with a_c the model's credit, μ the factor its credits have in common, and ε_c what is special about the channel, in
//! units of g_c, the channel's mean credit over all models (not of a_c: a model that credits a channel with nothing must
//! still be able to learn from its test). This is the normal hierarchical model (Rubin, Journal of Educational Statistics
//! 6, 1981; Gelman et al., *Bayesian Data Analysis*, 3rd ed., 5.4): a surely measured channel keeps its measurement, a
//! badly measured one is drawn to the model's credit times the common factor, an unmeasured one has that and the spread
//! between channels. μ is normal and integrated in closed form; τ is half-normal and integrated over a grid. No channel
//! takes conversions away: θ is drawn where it is not negative.
//!
//! The models are then stacked (Breiman, "Stacked regressions", 1996; of distributions: Yao, Vehtari, Simpson & Gelman,
//! Bayesian Analysis 13, 2018): weights, not negative and together 1, under which the mixture best foretells each tested
//! channel from the tests of the *other* channels, drawn to equal weights by a Dirichlet prior. What comes out is the
//! mixture of the models' own calibrated answers, so that their disagreement is in its intervals.
//!
//! Not here: where tests come from ([`crate::holdout`] and its neighbours), and models that may be negative
//! ([`crate::ShapleyRateTally`]), whose credit is no share of anything.

use std::collections::BTreeMap;

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};
use serde::Serialize;
use statrs::distribution::{ContinuousCDF as _, Normal};

use crate::{
    ChannelCredit,
    incrementality::{Estimate, IncrementalityError, level_checked},
};

/// Points at which τ is taken: middles of equal shares of its prior.
const POINTS: u32 = 100;
/// Draws for intervals: the ends of a 95 % interval are then sure to some hundredths of its width.
const DRAWS: usize = 4_000;
/// Mean and standard deviation of μ before any test: credit is taken at its face value, give or take as much.
const FACTOR: (f64, f64) = (1.0, 1.0);

/// An experiment beside what the models credited where and while it ran.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// The channel, by number.
    pub channel: usize,
    /// Conversions it added.
    pub increment: f64,
    /// Standard error of that.
    pub standard_error: f64,
    /// Conversions each model credited the channel with, in the order of the models.
    pub credits: Vec<f64>,
}

/// What is believed before the tests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stacking {
    /// Scale of the half-normal prior of τ: how far channels' factors differ.
    pub spread: f64,
    /// How many tests' worth the prior for equal weights is.
    pub evenness: f64,
}

impl Default for Stacking {
    /// Factors that differ by as much as credit itself, or less; equal weights, worth half a test.
    fn default() -> Self {
        Self { spread: 1.0, evenness: 0.5 }
    }
}

/// What all tests of a channel say under one model: sums over tests with weights 1 / s².
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    aa: f64,
    gg: f64,
    ag: f64,
    ya: f64,
    yg: f64,
    yy: f64,
}

/// What is believed of a model if channels differ by that much.
#[derive(Debug, Clone, Copy)]
struct Level {
    /// τ².
    variance: f64,
    weight: f64,
    /// Of μ.
    mean: f64,
    mean_variance: f64,
}

impl Level {
    /// The variance of ε once the tests of its channel are known.
    fn left(&self, sums: &Sums) -> f64 {
        self.variance / (1.0 + sums.gg * self.variance)
    }

    /// The mean of ε under that μ.
    fn special(&self, sums: &Sums, factor: f64) -> f64 {
        self.left(sums) * (sums.yg - sums.ag * factor)
    }
}

/// One model, calibrated.
#[derive(Debug, Clone)]
struct Calibrated {
    levels: Vec<Level>,
    tests: BTreeMap<usize, Sums>,
}

impl Calibrated {
    fn sums(&self, channel: usize) -> Sums {
        self.tests.get(&channel).copied().unwrap_or_default()
    }
}

/// Models calibrated by tests and weighed by how well they foretell them.
#[derive(Debug, Clone)]
pub struct Stacked {
    weights: Vec<f64>,
    models: Vec<Calibrated>,
}

/// What a channel added, as far as tests and models say: means over what is left open, and its middle.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Incremental {
    /// Conversions.
    pub conversions: Estimate,
    /// Value, in the unit of the credits. Tests measured conversions, so a channel's factor is taken to hold for value.
    pub value: Estimate,
    /// Part of what all channels added, conversions.
    pub share: Estimate,
    /// The same of value.
    pub value_share: Estimate,
}

impl Stacked {
    /// Learns from tests. Several of a channel are taken together.
    ///
    /// # Errors
    /// [`IncrementalityError`]: no test or no model, tests with different numbers of models, figures that are not finite
    /// or negative where they cannot be, a prior out of bounds.
    pub fn learn(tests: &[Measured], prior: Stacking) -> Result<Self, IncrementalityError> {
        let models = tests.first().map_or(0, |test| test.credits.len());
        for (field, found) in [("tests", tests.len()), ("models", models)] {
            if found == 0 {
                return Err(IncrementalityError::TooFew { field, found, least: 1 });
            }
        }
        for (field, found, min, max) in [("spread", prior.spread, 1e-3, 10.0), ("evenness", prior.evenness, 0.0, 1e6)] {
            if !(min..=max).contains(&found) {
                return Err(IncrementalityError::OutOfBounds { field, found, min, max });
            }
        }
        for test in tests {
            let credits = test.credits.iter().all(|credit| (0.0..f64::INFINITY).contains(credit));
            if test.credits.len() != models || !credits || !test.increment.is_finite() {
                return Err(IncrementalityError::Ragged { field: "credits" });
            }
            // False for NaN, too.
            if !(f64::MIN_POSITIVE..f64::INFINITY).contains(&test.standard_error) {
                let (field, found) = ("standard_error", test.standard_error);
                return Err(IncrementalityError::OutOfBounds { field, found, min: 0.0, max: f64::INFINITY });
            }
        }
        let calibrated: Vec<(Calibrated, Vec<f64>)> =
            (0..models).map(|model| calibrate(tests, model, prior.spread)).collect();
        let (models, foretold): (Vec<Calibrated>, Vec<Vec<f64>>) = calibrated.into_iter().unzip();
        Ok(Self { weights: weigh(&foretold, prior.evenness), models })
    }

    /// How much each model counts; not negative, together 1.
    #[must_use]
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// By model, what its credit of any channel is multiplied with where nothing else is known.
    #[must_use]
    pub fn factors(&self) -> Vec<f64> {
        self.models.iter().map(|model| model.levels.iter().map(|level| level.weight * level.mean).sum()).collect()
    }

    /// One of the models alone, calibrated.
    #[must_use]
    pub fn only(&self, model: usize) -> Self {
        let weights = (0..self.weights.len()).map(|at| f64::from(u8::from(at == model))).collect();
        Self { weights, models: self.models.clone() }
    }

    /// What each channel added, from what the models credit it with (`credits` by model, then channel; of any period and
    /// place). `baseline` are channels that are nobody's doing, direct visits for one: they added nothing by definition.
    /// The same seed gives the same answer; intervals hold what the channels' factors and the models leave open, not that a
    /// period may differ from that of the tests.
    ///
    /// # Errors
    /// [`IncrementalityError`]: not as many models as were learnt, or a `level` outside 0.5 to 0.999.
    pub fn apply(
        &self,
        credits: &[Vec<ChannelCredit>],
        baseline: &[usize],
        level: f64,
        seed: u64,
    ) -> Result<Vec<Incremental>, IncrementalityError> {
        level_checked(level)?;
        let usable =
            |credit: &ChannelCredit| (0.0..f64::INFINITY).contains(&credit.conversions) && credit.value.is_finite();
        if credits.len() != self.models.len() || !credits.iter().flatten().all(usable) {
            return Err(IncrementalityError::Ragged { field: "credits" });
        }
        let count = credits.iter().map(Vec::len).max().unwrap_or(0);
        let credit = |model: usize, channel: usize| {
            credits.get(model).and_then(|credits| credits.get(channel)).copied().unwrap_or_default()
        };
        let sizes: Vec<ChannelCredit> = (0..count)
            .map(|channel| {
                let mean = |of: fn(ChannelCredit) -> f64| {
                    (0..credits.len()).map(|model| of(credit(model, channel))).sum::<f64>() / credits.len() as f64
                };
                ChannelCredit { conversions: mean(|credit| credit.conversions), value: mean(|credit| credit.value) }
            })
            .collect();
        let mut dice = ChaCha8Rng::seed_from_u64(seed);
        let mut draws: Vec<(f64, Vec<ChannelCredit>)> = Vec::with_capacity(DRAWS);
        for _ in 0..DRAWS {
            let Some(at) = chosen(&self.weights, |weight| *weight, &mut dice) else { continue };
            let Some(model) = self.models.get(at) else { continue };
            let level = chosen(&model.levels, |level| level.weight, &mut dice);
            let Some(level) = level.and_then(|level| model.levels.get(level)) else { continue };
            let step: f64 = StandardNormal.sample(&mut dice);
            let factor = level.mean + level.mean_variance.sqrt() * step;
            let mut weight = 1.0;
            let draw: Vec<ChannelCredit> = (0..count)
                .map(|channel| {
                    let (own, size) = (credit(at, channel), sizes.get(channel).copied().unwrap_or_default());
                    if baseline.contains(&channel) || size.conversions <= 0.0 {
                        return ChannelCredit::default();
                    }
                    let sums = model.sums(channel);
                    let (mean, deviation) = (level.special(&sums, factor), level.left(&sums).sqrt());
                    let least = -factor * own.conversions / size.conversions;
                    let (special, chance) = above(mean, deviation, least, dice.random());
                    weight *= chance;
                    ChannelCredit {
                        conversions: factor * own.conversions + special * size.conversions,
                        value: (factor * own.value + special * size.value).max(0.0),
                    }
                })
                .collect();
            draws.push((weight, draw));
        }
        Ok(summed_up(&draws, count, level))
    }
}

/// The model's levels from all tests, and by tested channel the log density of its tests given those of the others, but
/// for terms that all models share.
fn calibrate(tests: &[Measured], model: usize, spread: f64) -> (Calibrated, Vec<f64>) {
    let mut by_channel: BTreeMap<usize, Sums> = BTreeMap::new();
    for test in tests {
        let own = test.credits.get(model).copied().unwrap_or(0.0);
        let size = test.credits.iter().sum::<f64>() / test.credits.len() as f64;
        let (sure, y) = (test.standard_error.powi(-2), test.increment);
        let sums = by_channel.entry(test.channel).or_default();
        sums.aa += sure * own * own;
        sums.gg += sure * size * size;
        sums.ag += sure * own * size;
        sums.ya += sure * y * own;
        sums.yg += sure * y * size;
        sums.yy += sure * y * y;
    }
    let (levels, all) = levels(by_channel.values(), spread);
    let foretold = by_channel
        .keys()
        .map(|left_out| {
            let others = by_channel.iter().filter(|(channel, _)| *channel != left_out).map(|(_, sums)| sums);
            all - self::levels(others, spread).1
        })
        .collect();
    (Calibrated { levels, tests: by_channel }, foretold)
}

/// The posterior of τ with that of μ at each, and the log of the tests' marginal density.
fn levels<'a>(tests: impl Iterator<Item = &'a Sums> + Clone, spread: f64) -> (Vec<Level>, f64) {
    let standard = Normal::standard();
    let (center, sure) = (FACTOR.0, FACTOR.1.powi(-2));
    let mut levels: Vec<Level> = (0..POINTS)
        .map(|point| {
            let share = (f64::from(point) + 0.5) / f64::from(POINTS);
            let variance = (spread * standard.inverse_cdf(f64::midpoint(1.0, share))).powi(2);
            let mut level = Level { variance, weight: 0.0, mean: center * sure, mean_variance: sure };
            let (mut misfit, mut logs) = (center * center * sure, 0.0);
            for sums in tests.clone() {
                let left = level.left(sums);
                level.mean_variance += sums.aa - sums.ag * sums.ag * left;
                level.mean += sums.ya - sums.ag * sums.yg * left;
                misfit += sums.yy - sums.yg * sums.yg * left;
                logs += (sums.gg * variance).ln_1p();
            }
            // So far they were the precision, and the mean times it.
            let precision = level.mean_variance;
            level.mean /= precision;
            level.mean_variance = 1.0 / precision;
            level.weight = -0.5 * (logs + (precision / sure).ln() + misfit - level.mean * level.mean * precision);
            level
        })
        .collect();
    let highest = levels.iter().map(|level| level.weight).fold(f64::NEG_INFINITY, f64::max);
    levels.iter_mut().for_each(|level| level.weight = (level.weight - highest).exp());
    let total: f64 = levels.iter().map(|level| level.weight).sum();
    levels.iter_mut().for_each(|level| level.weight /= total);
    (levels, highest + (total / f64::from(POINTS)).ln())
}

/// The weights under which the mixture's log score, and the prior's, is highest: expectation and maximisation, which
/// climbs a concave function. `foretold` by model, then channel: logs of densities.
fn weigh(foretold: &[Vec<f64>], evenness: f64) -> Vec<f64> {
    let count = foretold.len() as f64;
    let channels = foretold.first().map_or(0, Vec::len);
    let densities: Vec<Vec<f64>> = (0..channels)
        .map(|channel| {
            let logs: Vec<f64> = foretold.iter().filter_map(|model| model.get(channel).copied()).collect();
            let highest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            logs.iter().map(|log| (log - highest).exp()).collect()
        })
        .collect();
    let mut weights = vec![1.0 / count; foretold.len()];
    for _ in 0..10_000 {
        let mut next = vec![evenness / count; foretold.len()];
        for density in &densities {
            let total: f64 = weights.iter().zip(density).map(|(weight, density)| weight * density).sum();
            for ((next, weight), density) in next.iter_mut().zip(&weights).zip(density) {
                *next += weight * density / total;
            }
        }
        next.iter_mut().for_each(|weight| *weight /= evenness + channels as f64);
        let change = weights.iter().zip(&next).map(|(one, other)| (one - other).abs()).fold(0.0, f64::max);
        weights = next;
        if change < 1e-12 {
            break;
        }
    }
    weights
}

/// The place of one of the items, by weight.
fn chosen<T>(items: &[T], weight: impl Fn(&T) -> f64, dice: &mut ChaCha8Rng) -> Option<usize> {
    let mut left = dice.random::<f64>() * items.iter().map(&weight).sum::<f64>();
    let found = items.iter().position(|item| {
        left -= weight(item);
        left < 0.0
    });
    found.or(items.len().checked_sub(1))
}

/// A draw of a normal figure that is known to be at least `least`, from an even one, and the chance that it would be so.
fn above(mean: f64, deviation: f64, least: f64, even: f64) -> (f64, f64) {
    if deviation <= 0.0 {
        return (mean.max(least), f64::from(u8::from(mean >= least)));
    }
    let standard = Normal::standard();
    // From the upper end, where the distribution function has no digits left but its mirror image has.
    let chance = standard.cdf((mean - least) / deviation);
    let drawn = mean - deviation * standard.inverse_cdf(chance * even);
    (if drawn.is_finite() { drawn.max(least) } else { least }, chance)
}

/// Means and middles of weighed draws.
fn summed_up(draws: &[(f64, Vec<ChannelCredit>)], count: usize, level: f64) -> Vec<Incremental> {
    // Where tests say against all odds that channels took away, no draw has a chance left: all stand at the bound.
    let total: f64 = draws.iter().map(|(weight, _)| weight).sum();
    let part = |weight: f64| if total > 0.0 { weight / total } else { 1.0 / draws.len().max(1) as f64 };
    let figures: [fn(&ChannelCredit) -> f64; 2] = [|credit| credit.conversions, |credit| credit.value];
    let of = |at: usize, figure: fn(&ChannelCredit) -> f64, share: bool| {
        let mut found: Vec<(f64, f64)> = draws
            .iter()
            .map(|(weight, draw)| {
                let own = draw.get(at).map_or(0.0, figure);
                let all: f64 = if share { draw.iter().map(figure).sum() } else { 1.0 };
                (if all > 0.0 { own / all } else { 0.0 }, part(*weight))
            })
            .collect();
        found.sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
        let quantile = |p: f64| {
            let mut below = 0.0;
            let reached = found.iter().find(|(_, weight)| {
                below += weight;
                below >= p
            });
            reached.or(found.last()).map_or(0.0, |(figure, _)| *figure)
        };
        let value = found.iter().map(|(figure, weight)| figure * weight).sum();
        Estimate { value, low: quantile((1.0 - level) / 2.0), high: quantile(f64::midpoint(1.0, level)) }
    };
    (0..count)
        .map(|at| Incremental {
            conversions: of(at, figures[0], false),
            value: of(at, figures[1], false),
            share: of(at, figures[0], true),
            value_share: of(at, figures[1], true),
        })
        .collect()
}
