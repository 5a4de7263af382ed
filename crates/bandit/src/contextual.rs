//! Which variant for whom: linear Thompson sampling over a small declared context (Agrawal and Goyal, "Thompson Sampling
//! for Contextual Bandits with Linear Payoffs", 2013).
//!
//! Each arm has a Bayesian linear regression of its reward on one-hot columns: normal coefficients under an unknown noise,
//! the normal-inverse-gamma prior (Murphy, "Conjugate Bayesian analysis of the Gaussian distribution", 2007; Bishop,
//! "Pattern Recognition and Machine Learning", 3.3). With precision Λ₀ around m₀, shape a₀ and scale b₀, and visitors of
//! columns x and reward y counted with weights w:
//!
//! Λ = Λ₀ + Σ w x xᵀ, μ = Λ⁻¹ (Λ₀ m₀ + Σ w x y), a = a₀ + ½ Σ w, b = b₀ + ½ (Σ w y² + m₀ᵀ Λ₀ m₀ − μᵀ Λ μ).
//!
//! What an arm brings a visitor of context x is then Student's t around xᵀμ with scale √(b/a · xᵀ Λ⁻¹ x) and 2a degrees.
//! A decision needs that one number of each arm, so it draws it, not the coefficients: one triangular solve an arm over a
//! factor that is made when the posterior is.
//!
//! All that is kept of visitors are sums ([`Statistics`]); conversions to come count as in [`crate::delay`]
//! ([`learn`]). Taken for granted: effects add up, and the noise of an arm is alike in all contexts. For rates neither
//! holds to the letter; how large effects may be is taken from the data ([`Model::of_rates`]).

use crate::belief::Belief;
use crate::best::{exact, shares};
use crate::delay::Ledger;
use crate::posterior::{Counts, Standing};
use crate::{Arm, ArmStatus, Config, Judged, Seen, choose_from, judge_seen, shares_from};
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// Most levels of a feature that have a column of their own; what comes after them is `other`.
pub const MAX_LEVELS: usize = 12;
/// The level of what has no column of its own.
pub const OTHER: &str = "other";
/// Draws from which a context's propensities are taken: the standard error of 5 % is half a point.
pub const DRAWS: u32 = 2_000;
/// By how much of the pooled rate a level's rate may differ from it, one standard deviation: what the data speaks for is
/// taken, and the first while it says nothing.
const EFFECTS: [f64; 5] = [0.5, 0.3, 0.15, 0.07, 0.03];
/// Segments of less than this share of the visitors are not waited for when an arm is judged.
const SMALL: f64 = 0.05;

/// What may be known of a visitor when a variant is chosen for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feature {
    /// desktop, mobile, tablet or other.
    Device,
    /// ISO 3166-1 alpha-2.
    Country,
    /// new or returning.
    Visitor,
    /// The channel of the page's address and referrer.
    Channel,
    /// night (0 to 5 o'clock), morning (6 to 11), afternoon (12 to 17) or evening (18 to 23), by the site's clock.
    Hour,
}

impl Feature {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Device, Self::Country, Self::Visitor, Self::Channel, Self::Hour];

    /// The name it is stored and sent by.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Country => "country",
            Self::Visitor => "visitor",
            Self::Channel => "channel",
            Self::Hour => "hour",
        }
    }

    /// The feature of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|feature| feature.as_str() == name)
    }
}

/// The part of the day an hour of the clock lies in: a level of [`Feature::Hour`].
#[must_use]
pub const fn part_of_day(hour: u8) -> &'static str {
    match hour {
        0..=5 => "night",
        6..=11 => "morning",
        12..=17 => "afternoon",
        _ => "evening",
    }
}

/// Some features. Stored as the list of their names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Feature>", into = "Vec<Feature>")]
pub struct Features(u8);

impl Features {
    /// None: the choice does not look at who comes.
    pub const NONE: Self = Self(0);

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0 == 0
    }

    /// Whether this one is among them.
    #[must_use]
    pub fn has(self, feature: Feature) -> bool {
        self.0 & (1 << feature as u8) != 0
    }

    /// In the order of [`Feature::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Feature> {
        Feature::ALL.into_iter().filter(move |feature| self.has(*feature))
    }
}

impl From<Vec<Feature>> for Features {
    fn from(list: Vec<Feature>) -> Self {
        Self(list.into_iter().fold(0, |bits, feature| bits | (1 << feature as u8)))
    }
}

impl From<Features> for Vec<Feature> {
    fn from(features: Features) -> Self {
        features.iter().collect()
    }
}

/// Of one arm, the sums its regression needs. Column 0 is on for everybody; it has as many further ones as were seen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// Σ w x xᵀ, its lower triangle row by row: a further column is appended.
    gram: Vec<f64>,
    /// Σ w x y.
    moment: Vec<f64>,
    /// Σ w y².
    squares: f64,
}

/// Where row `i`, column `j` ≤ `i` of a lower triangle lies.
const fn at(i: usize, j: usize) -> usize {
    i * (i + 1) / 2 + j
}

impl Statistics {
    /// Columns seen, the one that is always on among them.
    #[must_use]
    pub fn width(&self) -> usize {
        self.moment.len()
    }

    fn widen(&mut self, width: usize) {
        if width > self.width() {
            self.moment.resize(width, 0.0);
            self.gram.resize(at(width, 0), 0.0);
        }
    }

    /// Counts visitors of one context, the columns of which are on beside column 0: how many, the sum of what they
    /// brought, and the sum of its squares. What is negative takes back.
    pub fn add(&mut self, columns: &[usize], visitors: f64, rewards: f64, squares: f64) {
        self.widen(columns.iter().copied().max().unwrap_or(0) + 1);
        self.squares += squares;
        let on = || std::iter::once(&0).chain(columns);
        for i in on() {
            if let Some(moment) = self.moment.get_mut(*i) {
                *moment += rewards;
            }
            for j in on().filter(|j| *j <= i) {
                if let Some(gram) = self.gram.get_mut(at(*i, *j)) {
                    *gram += visitors;
                }
            }
        }
    }

    /// Adds what was counted elsewhere.
    pub fn merge(&mut self, other: &Self) {
        self.widen(other.width());
        self.gram.iter_mut().zip(&other.gram).for_each(|(to, from)| *to += from);
        self.moment.iter_mut().zip(&other.moment).for_each(|(to, from)| *to += from);
        self.squares += other.squares;
    }

    /// Makes all of it worth this share of what it was, 0 to 1; see [`Counts::faded`].
    pub fn fade(&mut self, keep: f64) {
        let keep = if keep.is_finite() { keep.clamp(0.0, 1.0) } else { 1.0 };
        self.gram.iter_mut().chain(&mut self.moment).for_each(|sum| *sum *= keep);
        self.squares *= keep;
    }

    /// Visitors with both columns on.
    #[must_use]
    pub fn together(&self, i: usize, j: usize) -> f64 {
        self.gram.get(at(i.max(j), i.min(j))).copied().unwrap_or_default()
    }

    /// Visitors, and what they brought.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts::new(self.moment.first().copied().unwrap_or_default(), self.together(0, 0))
    }
}

/// Visitors of one context who were shown one arm in one slot of a [`Ledger`].
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Slot they were shown it in.
    pub slot: i64,
    /// Arm.
    pub arm: usize,
    /// Columns that are on beside column 0.
    pub columns: Vec<usize>,
    /// Those who have not converted.
    pub pending: f64,
    /// Those who have.
    pub rewarded: f64,
}

/// The arms' statistics with everybody in them: what was `learnt` of those whose time is up, and the cells of the others,
/// who count as far as they are known not to convert. Without a ledger nobody is waited for.
#[must_use]
pub fn learn(learnt: &[Statistics], cells: &[Cell], ledger: Option<&Ledger>) -> Vec<Statistics> {
    let rates: Vec<f64> =
        ledger.map(|ledger| ledger.counts().into_iter().map(Counts::mean).collect()).unwrap_or_default();
    let mut all = learnt.to_vec();
    for cell in cells {
        let rate = rates.get(cell.arm).copied().unwrap_or_default();
        let failed = ledger.map_or(1.0, |ledger| ledger.failed(cell.slot, rate));
        if let Some(statistics) = all.get_mut(cell.arm) {
            statistics.add(&cell.columns, cell.rewarded + cell.pending * failed, cell.rewarded, cell.rewarded);
        }
    }
    all
}

/// What is believed before anything is seen: coefficients independent, those of column 0 around `mean`, all others around
/// 0; precisions in units of one visitor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prior {
    /// Of column 0.
    pub mean: f64,
    /// Visitors that belief is worth.
    pub weight: f64,
    /// Visitors the belief is worth that a level makes no difference.
    pub effects: f64,
    /// a₀.
    pub shape: f64,
    /// b₀.
    pub scale: f64,
}

impl Prior {
    /// For rates, from those of all arms together: p, known as from one visitor; noise p (1 − p), known as from two; and
    /// levels that move the rate by `effect` of itself, one standard deviation: σ² / (effect p)² visitors' worth.
    #[must_use]
    pub fn of_rate(all: Counts, effect: f64) -> Self {
        let rate = all.mean();
        let noise = rate * (1.0 - rate);
        Self { mean: rate, weight: 1.0, effects: noise / (effect * rate).powi(2), shape: 1.0, scale: noise }
    }

    fn precision(&self, column: usize) -> f64 {
        if column == 0 { self.weight } else { self.effects }
    }
}

/// What is believed of one arm.
#[derive(Clone, Debug, PartialEq)]
pub struct Posterior {
    prior: Prior,
    /// μ.
    mean: Vec<f64>,
    /// L with L Lᵀ = Λ, row by row.
    factor: Vec<f64>,
    /// a.
    shape: f64,
    /// b.
    scale: f64,
}

impl Posterior {
    /// From a prior and what was counted.
    #[must_use]
    pub fn new(prior: Prior, seen: &Statistics) -> Self {
        let width = seen.width().max(1);
        let mut precision = seen.gram.clone();
        precision.resize(at(width, 0), 0.0);
        let mut target = seen.moment.clone();
        target.resize(width, 0.0);
        for column in 0..width {
            if let Some(diagonal) = precision.get_mut(at(column, column)) {
                *diagonal += prior.precision(column);
            }
        }
        if let Some(first) = target.first_mut() {
            *first += prior.weight * prior.mean;
        }
        let factor = cholesky(precision, width);
        let mean = backward(&factor, forward(&factor, &target));
        let explained: f64 = mean.iter().zip(&target).map(|(mean, target)| mean * target).sum();
        let left = seen.squares + prior.weight * prior.mean * prior.mean - explained;
        Self {
            shape: prior.shape + 0.5 * seen.together(0, 0).max(0.0),
            // Sums that cancel may leave a little less than nothing.
            scale: prior.scale + 0.5 * left.max(0.0),
            prior,
            mean,
            factor,
        }
    }

    /// The coefficients' means.
    #[must_use]
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// The noise's inverse gamma: shape and scale.
    #[must_use]
    pub const fn noise(&self) -> (f64, f64) {
        (self.shape, self.scale)
    }

    /// ln p(y | x) but for what is alike under all priors of one shape and scale: ½ ln |Λ₀| − ½ ln |Λ| − a ln b.
    fn evidence(&self) -> f64 {
        let of = |column: usize| {
            let root = self.factor.get(at(column, column)).copied().unwrap_or(1.0);
            0.5 * self.prior.precision(column).ln() - root.ln()
        };
        (0..self.mean.len()).map(of).sum::<f64>() - self.shape * self.scale.ln()
    }

    /// What it brings a visitor of these columns, each with its value; column 0 is not on by itself.
    #[must_use]
    pub fn belief(&self, context: &[(usize, f64)]) -> Belief {
        let mut x = vec![0.0; self.mean.len()];
        let (mut location, mut spread) = (0.0, 0.0);
        for (column, value) in context {
            if let (Some(x), Some(mean)) = (x.get_mut(*column), self.mean.get(*column)) {
                *x += value;
                location += mean * value;
            } else {
                // Never seen: what the prior says, beside all others.
                spread += value * value / self.prior.precision(*column);
            }
        }
        spread += forward(&self.factor, &x).iter().map(|part| part * part).sum::<f64>();
        Belief::Student { location, scale: (self.scale / self.shape * spread).sqrt(), degrees: 2.0 * self.shape }
    }
}

/// L with L Lᵀ = `a`, both lower triangles row by row.
fn cholesky(mut a: Vec<f64>, width: usize) -> Vec<f64> {
    let get = |a: &[f64], i, j| a.get(at(i, j)).copied().unwrap_or_default();
    for i in 0..width {
        for j in 0..=i {
            let sum: f64 = (0..j).map(|k| get(&a, i, k) * get(&a, j, k)).sum();
            let rest = get(&a, i, j) - sum;
            let found = if i == j { rest.max(f64::MIN_POSITIVE).sqrt() } else { rest / get(&a, j, j) };
            if let Some(slot) = a.get_mut(at(i, j)) {
                *slot = found;
            }
        }
    }
    a
}

/// v with L v = x.
fn forward(factor: &[f64], x: &[f64]) -> Vec<f64> {
    let mut found: Vec<f64> = Vec::with_capacity(x.len());
    for (i, x) in x.iter().enumerate() {
        let row = factor.get(at(i, 0)..=at(i, i)).unwrap_or_default();
        let sum: f64 = row.iter().zip(&found).map(|(l, v)| l * v).sum();
        found.push((x - sum) / row.last().copied().unwrap_or(1.0));
    }
    found
}

/// m with Lᵀ m = v.
fn backward(factor: &[f64], mut v: Vec<f64>) -> Vec<f64> {
    for i in (0..v.len()).rev() {
        let row = factor.get(at(i, 0)..=at(i, i)).unwrap_or_default();
        let (before, rest) = v.split_at_mut(i);
        let Some(own) = rest.first_mut() else { continue };
        *own /= row.last().copied().unwrap_or(1.0);
        before.iter_mut().zip(row).for_each(|(v, l)| *v -= l * *own);
    }
    v
}

/// All arms' posteriors, and who came.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    arms: Vec<Posterior>,
    everybody: Statistics,
}

/// Visitors with one column on, whatever their others are.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// The column.
    pub column: usize,
    /// How many they are, those who may still convert counted in part.
    pub visitors: f64,
    /// What each arm brings them.
    pub beliefs: Vec<Belief>,
}

impl Model {
    /// From the statistics of each arm, under the prior of their rates together. How much levels matter is taken from the
    /// data as well, as that of [`EFFECTS`] under which it is likeliest (MacKay, "Bayesian Interpolation", 1992): where who
    /// comes makes no difference, looking at it then costs little.
    #[must_use]
    pub fn of_rates(arms: &[Statistics]) -> Self {
        let mut everybody = Statistics::default();
        arms.iter().for_each(|arm| everybody.merge(arm));
        let mut best: Option<(f64, Vec<Posterior>)> = None;
        for effect in EFFECTS {
            let prior = Prior::of_rate(everybody.counts(), effect);
            let found: Vec<Posterior> = arms.iter().map(|arm| Posterior::new(prior, arm)).collect();
            let evidence = found.iter().map(Posterior::evidence).sum::<f64>();
            if best.as_ref().is_none_or(|(highest, _)| evidence > *highest) {
                best = Some((evidence, found));
            }
        }
        Self { arms: best.map(|(_, arms)| arms).unwrap_or_default(), everybody }
    }

    /// What each arm brings a visitor whose columns these are, beside column 0.
    #[must_use]
    pub fn beliefs(&self, columns: &[usize]) -> Vec<Belief> {
        let context: Vec<(usize, f64)> = std::iter::once(0).chain(columns.iter().copied()).map(|c| (c, 1.0)).collect();
        self.arms.iter().map(|arm| arm.belief(&context)).collect()
    }

    /// Each column's visitors, with their other columns as they have them on average.
    #[must_use]
    pub fn segments(&self) -> Vec<Segment> {
        let seen = &self.everybody;
        (1..seen.width())
            .filter_map(|column| {
                let visitors = seen.together(column, column);
                let average: Vec<(usize, f64)> =
                    (0..seen.width()).map(|other| (other, seen.together(column, other) / visitors)).collect();
                let beliefs = self.arms.iter().map(|arm| arm.belief(&average)).collect();
                (visitors > 0.0).then_some(Segment { column, visitors, beliefs })
            })
            .collect()
    }
}

impl Segment {
    /// How the active arms stand among its visitors; `None` for one that is not shown.
    #[must_use]
    pub fn standings(&self, arms: &[Arm]) -> Vec<Option<Standing>> {
        let active = |arm: &Arm| arm.status == ArmStatus::Active;
        let beliefs: Vec<Belief> =
            arms.iter().zip(&self.beliefs).filter(|(arm, _)| active(arm)).map(|(_, belief)| *belief).collect();
        let mut found = exact(&beliefs).into_iter();
        arms.iter().map(|arm| if active(arm) { found.next() } else { None }).collect()
    }
}

/// As [`crate::choose`], for a visitor whose columns these are, beside column 0.
#[must_use]
pub fn choose<'a>(arms: &'a [Arm], model: &Model, columns: &[usize], config: &Config, seed: u64) -> Option<&'a Arm> {
    let beliefs = || model.beliefs(columns);
    choose_from(arms, config, seed, beliefs, |belief, random| belief.sample(random))
}

/// As [`crate::propensities`], for a visitor whose columns these are, from [`DRAWS`] seeded draws. Whoever draws from what
/// is said here ([`crate::best::pick`]) has them exactly.
#[must_use]
pub fn propensities(arms: &[Arm], model: &Model, columns: &[usize], config: &Config, seed: u64) -> Vec<f64> {
    shares_from(arms, config, || {
        let beliefs: Vec<Belief> = arms
            .iter()
            .zip(model.beliefs(columns))
            .filter(|(arm, _)| arm.status == ArmStatus::Active)
            .map(|(_, belief)| belief)
            .collect();
        shares(&drawn(&beliefs, seed), config.floor)
    })
}

/// How often each is the highest of [`DRAWS`].
fn drawn(beliefs: &[Belief], seed: u64) -> Vec<Standing> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut found = vec![Standing::default(); beliefs.len()];
    for _ in 0..DRAWS {
        let mut best = (0, f64::NEG_INFINITY);
        for (place, belief) in beliefs.iter().enumerate() {
            let draw = belief.sample(&mut random);
            if draw > best.1 {
                best = (place, draw);
            }
        }
        if let Some(standing) = found.get_mut(best.0) {
            standing.p_best += f64::from(DRAWS).recip();
        }
    }
    found
}

/// As [`crate::judge`]: an arm has lost when it is unlikely to be the best in every segment, and has won when it is likely
/// to be in every one. Where segments prefer different arms, all of these go on. How it stands is the mean over segments.
#[must_use]
pub fn judge(arms: &[Arm], segments: &[Segment], config: &Config) -> Vec<Judged> {
    let largest = segments.iter().map(|segment| segment.visitors).fold(0.0, f64::max);
    let mut seen: Vec<Option<Seen>> = vec![None; arms.len()];
    let mut total = 0.0;
    for segment in segments {
        total += segment.visitors;
        for (seen, standing) in seen.iter_mut().zip(segment.standings(arms)) {
            let Some(standing) = standing else { continue };
            let seen =
                seen.get_or_insert(Seen { standing: Standing::default(), least: 1.0, most: 0.0, segmented: true });
            seen.standing.p_best += segment.visitors * standing.p_best;
            seen.standing.expected_loss += segment.visitors * standing.expected_loss;
            if segment.visitors >= SMALL * largest {
                seen.least = seen.least.min(standing.p_best);
                seen.most = seen.most.max(standing.p_best);
            }
        }
    }
    for seen in seen.iter_mut().flatten() {
        seen.standing.p_best /= total;
        seen.standing.expected_loss /= total;
    }
    judge_seen(arms, &seen, config)
}

/// Each arm's share of the visitors to come, whoever they are, by how the arms were `judged`: among those that are shown
/// now, of which one more may have been taken out since.
#[must_use]
pub fn overall(arms: &[Arm], judged: &[Judged], config: &Config) -> Vec<f64> {
    shares_from(arms, config, || {
        let active = arms.iter().zip(judged).filter(|(arm, _)| arm.status == ArmStatus::Active);
        let mut standings: Vec<Standing> = active.map(|(_, judged)| judged.standing.unwrap_or_default()).collect();
        let total: f64 = standings.iter().map(|standing| standing.p_best).sum();
        let even = 1.0 / standings.len() as f64;
        for standing in &mut standings {
            standing.p_best = if total > 0.0 { standing.p_best / total } else { even };
        }
        shares(&standings, config.floor)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::best::pick;
    use proptest::prelude::*;
    use rand::Rng as _;

    fn arm(key: &str, exposures: u64) -> Arm {
        Arm { key: key.to_owned(), status: ArmStatus::Active, exposures, rewards: exposures / 20 }
    }

    /// Solves a x = b by Gauss and Jordan with pivots: nothing in common with a Cholesky factor.
    fn solve(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Vec<f64> {
        let n = b.len();
        for i in 0..n {
            let pivot = (i..n).max_by(|x, y| a[*x][i].abs().total_cmp(&a[*y][i].abs())).unwrap();
            a.swap(i, pivot);
            b.swap(i, pivot);
            for row in (0..n).filter(|row| *row != i) {
                let times = a[row][i] / a[i][i];
                let from = a[i].clone();
                a[row].iter_mut().zip(from).for_each(|(to, from)| *to -= times * from);
                b[row] -= times * b[i];
            }
        }
        (0..n).map(|i| b[i] / a[i][i]).collect()
    }

    /// Columns on, weight, reward.
    type Line = (Vec<usize>, f64, f64);

    fn lines(width: usize, many: usize, seed: u64) -> Vec<Line> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        (0..many)
            .map(|_| {
                let on = (1..width).filter(|_| random.random_bool(0.4)).collect();
                (on, random.random_range(0.1..1.0), f64::from(u8::from(random.random_bool(0.3))))
            })
            .collect()
    }

    fn statistics(lines: &[Line]) -> Statistics {
        let mut sums = Statistics::default();
        lines.iter().for_each(|(on, w, y)| sums.add(on, *w, w * y, w * y * y));
        sums
    }

    #[test]
    fn the_posterior_is_the_batch_ridge_solution() {
        for (seed, width, many) in [(1, 4, 60), (2, 12, 400), (3, 20, 50_000)] {
            let lines = lines(width, many, seed);
            let prior = Prior { mean: 0.07, weight: 1.0, effects: 40.0, shape: 1.0, scale: 0.06 };
            let found = Posterior::new(prior, &statistics(&lines));
            // Row by row over the whole design matrix.
            let dense =
                |on: &[usize]| (0..width).map(|c| f64::from(u8::from(c == 0 || on.contains(&c)))).collect::<Vec<_>>();
            let mut precision = vec![vec![0.0; width]; width];
            let mut target = vec![0.0; width];
            for (c, row) in precision.iter_mut().enumerate() {
                row[c] = if c == 0 { 1.0 } else { 40.0 };
            }
            target[0] = 0.07;
            for (on, w, y) in &lines {
                let x = dense(on);
                for i in 0..width {
                    target[i] += w * x[i] * y;
                    (0..width).for_each(|j| precision[i][j] += w * x[i] * x[j]);
                }
            }
            let mean = solve(precision.clone(), target);
            for (found, wanted) in found.mean().iter().zip(&mean) {
                assert!((found - wanted).abs() < 1e-9, "{found} {wanted}");
            }
            // The noise by residuals, not by sums that cancel: Σ w (y − xᵀμ)² + (μ − m₀)ᵀ Λ₀ (μ − m₀).
            let residual =
                |(on, w, y): &Line| w * (y - dense(on).iter().zip(&mean).map(|(x, m)| x * m).sum::<f64>()).powi(2);
            let apart: f64 = mean.iter().skip(1).map(|m| 40.0 * m * m).sum::<f64>() + (mean[0] - 0.07).powi(2);
            let scale = 0.06 + 0.5 * (lines.iter().map(residual).sum::<f64>() + apart);
            let shape = 1.0 + 0.5 * lines.iter().map(|line| line.1).sum::<f64>();
            let (a, b) = found.noise();
            assert!((a - shape).abs() < 1e-9 * shape && (b - scale).abs() < 1e-9 * scale, "{a} {shape}, {b} {scale}");
            // And what a context brings: xᵀ Λ⁻¹ x.
            let x = dense(&[1, 2]);
            let spread: f64 = solve(precision, x.clone()).iter().zip(&x).map(|(s, x)| s * x).sum();
            let Belief::Student { location, scale: found, degrees } = found.belief(&[(0, 1.0), (1, 1.0), (2, 1.0)])
            else {
                panic!("a linear model's belief is Student's t");
            };
            assert!((found - (scale / shape * spread).sqrt()).abs() < 1e-9 && (degrees - 2.0 * shape).abs() < 1e-6);
            assert!((location - (mean[0] + mean[1] + mean[2])).abs() < 1e-9);
        }
    }

    #[test]
    fn a_column_never_seen_is_as_uncertain_as_the_prior_says() {
        let prior = Prior { mean: 0.05, weight: 1.0, effects: 80.0, shape: 1.0, scale: 0.05 };
        let mut sums = statistics(&lines(4, 500, 5));
        let context = [(0, 1.0), (1, 1.0), (9, 1.0)];
        let narrow = Posterior::new(prior, &sums).belief(&context);
        sums.widen(10);
        assert_eq!(narrow.mean(), Posterior::new(prior, &sums).belief(&context).mean());
        let (Belief::Student { scale: a, .. }, Belief::Student { scale: b, .. }) =
            (narrow, Posterior::new(prior, &sums).belief(&context))
        else {
            panic!("a linear model's belief is Student's t");
        };
        assert!((a - b).abs() < 1e-12);
    }

    /// Two arms: on phones (column 1) the first earns 12 % and the second 4 %, on desktops (column 2) the other way round.
    fn crossed(many: f64) -> Model {
        let mut arms = [Statistics::default(), Statistics::default()];
        for (arm, statistics) in arms.iter_mut().enumerate() {
            for column in [1, 2] {
                let rate = if arm + 1 == column { 0.12 } else { 0.04 };
                statistics.add(&[column], many, many * rate, many * rate);
            }
        }
        Model::of_rates(&arms)
    }

    #[test]
    fn each_segment_gets_what_is_best_for_it_and_nobody_loses_who_is_best_for_some() {
        let (model, arms) = (crossed(2_000.0), [arm("a", 4_000), arm("b", 4_000)]);
        let config = Config { floor: 0.1, ..Config::default() };
        for (column, wanted) in [(1, 0), (2, 1)] {
            let shares = propensities(&arms, &model, &[column], &config, 3);
            assert!(shares[wanted] > 0.89 && shares[1 - wanted] >= 0.1, "{shares:?}");
        }
        let segments = model.segments();
        assert_eq!(segments.iter().map(|s| (s.column, s.visitors)).collect::<Vec<_>>(), [(1, 4_000.0), (2, 4_000.0)]);
        let best: Vec<f64> = segments.iter().map(|segment| segment.standings(&arms)[0].unwrap().p_best).collect();
        assert!(best[0] > 0.999 && best[1] < 0.001, "{best:?}");
        let verdicts = |judged: Vec<Judged>| judged.into_iter().map(|one| one.verdict).collect::<Vec<_>>();
        use crate::Verdict::{Keep, Pause, Promote};
        let judged = judge(&arms, &segments, &config);
        assert!(judged[0].reason.ends_with("it is the best in some segments"), "{judged:?}");
        let shares = overall(&arms, &judged, &config);
        assert!((shares[0] - 0.5).abs() < 0.01 && (shares[0] + shares[1] - 1.0).abs() < 1e-12, "{shares:?}");
        assert_eq!(verdicts(judged), [Keep, Keep]);
        // Without the desktops it is decided.
        assert_eq!(verdicts(judge(&arms, &segments[..1], &config)), [Promote, Pause]);
        // A segment of one in a hundred does not hold it up.
        let small = Segment { visitors: 40.0, ..segments[1].clone() };
        assert_eq!(verdicts(judge(&arms, &[segments[0].clone(), small], &config)), [Promote, Pause]);
    }

    #[test]
    fn nobody_is_judged_or_preferred_before_every_arm_has_had_its_visitors() {
        let (model, arms) = (crossed(2_000.0), [arm("a", 4_000), arm("b", 199)]);
        let config = Config::default();
        assert_eq!(propensities(&arms, &model, &[1], &config, 1), [0.0, 1.0]);
        assert!((0..50).all(|seed| choose(&arms, &model, &[1], &config, seed).unwrap().key == "b"));
        assert!(judge(&arms, &model.segments(), &config).iter().all(|one| one.verdict == crate::Verdict::Keep));
    }

    #[test]
    fn the_propensity_is_how_often_a_variant_is_shown() {
        let model = crossed(60.0);
        let arms = [arm("a", 400), arm("b", 400)];
        let config = Config { floor: 0.05, ..Config::default() };
        let stated = propensities(&arms, &model, &[1], &config, 9);
        let shown = (0..20_000).filter(|seed| choose(&arms, &model, &[1], &config, *seed).unwrap().key == "a").count();
        assert!((stated[0] - shown as f64 / 20_000.0).abs() < 0.03, "{stated:?} {shown}");
        assert!(stated[0] > 0.6 && stated[0] < 0.96, "{stated:?}");
        let picked = (0..20_000).filter(|at| pick(&stated, f64::from(*at) / 20_000.0) == Some(0)).count();
        assert!((stated[0] - picked as f64 / 20_000.0).abs() < 1e-3);
    }

    #[test]
    fn who_may_still_convert_is_not_taken_for_lost() {
        // Both arms convert a tenth of the phones, all of it late in the window; the second was shown only lately.
        let window = 6_400.0;
        let mut tally = crate::delay::Tally { successes: vec![100.0, 0.0], ..crate::delay::Tally::default() };
        tally.pending.extend([(-1, 0, 900.0), (199, 1, 1_000.0)]);
        tally.delays.push((-1, 60, 100.0));
        let ledger = Ledger::restore(&tally, window, 20_000.0);
        let cell = |slot, arm, pending, rewarded| Cell { slot, arm, columns: vec![1], pending, rewarded };
        let cells = [cell(-1, 0, 900.0, 100.0), cell(199, 1, 1_000.0, 0.0)];
        let learnt = vec![Statistics::default(); 2];
        let arms = [arm("early", 1_000), arm("late", 1_000)];
        let share = |ledger| {
            let model = Model::of_rates(&learn(&learnt, &cells, ledger));
            propensities(&arms, &model, &[1], &Config::default(), 2)[1]
        };
        assert!(share(None) < 0.001 && share(Some(&ledger)) > 0.2, "{} {}", share(None), share(Some(&ledger)));
    }

    #[test]
    fn features_are_kept_by_their_names() {
        let some: Features = serde_json::from_str(r#"["hour","device"]"#).unwrap();
        assert_eq!(serde_json::to_string(&some).unwrap(), r#"["device","hour"]"#);
        assert!(some.has(Feature::Hour) && !some.has(Feature::Country) && !some.is_empty());
        assert!(serde_json::from_str::<Features>(r#"["shoe_size"]"#).is_err());
        assert!(Feature::ALL.into_iter().all(|feature| Feature::parse(feature.as_str()) == Some(feature)));
        // Without any, what is stored is what was stored before there were features.
        assert!(!serde_json::to_string(&Config::default()).unwrap().contains("context"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn the_order_and_the_parts_in_which_visitors_are_counted_make_no_difference(seed: u64, width in 2_usize..12, cut in 0_usize..80) {
            let lines = lines(width, 80, seed);
            let whole = statistics(&lines);
            let (first, second) = lines.split_at(cut);
            let mut parts = statistics(second);
            parts.merge(&statistics(first));
            prop_assert_eq!(parts.width(), whole.width());
            for i in 0..width {
                for j in 0..width {
                    prop_assert!((parts.together(i, j) - whole.together(i, j)).abs() < 1e-9);
                    prop_assert!(whole.together(i, j) <= whole.together(i, i) + 1e-9);
                }
            }
            // What is taken back was never there.
            second.iter().for_each(|(on, w, y)| parts.add(on, -w, -w * y, -w * y * y));
            let prior = Prior::of_rate(Counts::new(3.0, 40.0), 0.3);
            for (left, right) in Posterior::new(prior, &parts).mean().iter().zip(Posterior::new(prior, &statistics(first)).mean()) {
                prop_assert!((left - right).abs() < 1e-9);
            }
        }

        #[test]
        fn propensities_are_shares_and_none_is_below_the_floor(seed: u64, arms_many in 2_usize..6, floor in 0.0..0.15_f64, columns in prop::collection::btree_set(1_usize..14, 0..5)) {
            let arms: Vec<Arm> = (0..arms_many).map(|place| arm(&place.to_string(), 500)).collect();
            let sums: Vec<Statistics> = (0..arms_many as u64).map(|arm| statistics(&lines(8, 60, seed ^ arm))).collect();
            let model = Model::of_rates(&sums);
            let columns: Vec<usize> = columns.into_iter().collect();
            let config = Config { floor, ..Config::default() };
            let shares = propensities(&arms, &model, &columns, &config, seed);
            prop_assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            prop_assert!(shares.iter().all(|share| *share >= floor - 1e-12));
            prop_assert_eq!(&shares, &propensities(&arms, &model, &columns, &config, seed));
            for judged in judge(&arms, &model.segments(), &config) {
                let standing = judged.standing.unwrap();
                prop_assert!((0.0..=1.0 + 1e-9).contains(&standing.p_best) && standing.expected_loss >= 0.0);
            }
        }

        #[test]
        fn what_fades_widens_what_is_believed(seed: u64, keep in 0.1..0.9_f64) {
            let prior = Prior { mean: 0.3, weight: 1.0, effects: 5.0, shape: 1.0, scale: 0.2 };
            let mut sums = statistics(&lines(5, 200, seed));
            let scale = |sums: &Statistics| match Posterior::new(prior, sums).belief(&[(0, 1.0), (2, 1.0)]) {
                Belief::Student { scale, degrees, .. } => (scale, degrees),
                other => panic!("{other:?}"),
            };
            let before = scale(&sums);
            sums.fade(keep);
            let after = scale(&sums);
            prop_assert!(after.0 > before.0 * 0.95 && after.1 < before.1);
        }
    }
}
