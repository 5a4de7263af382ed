//! Uplift over a test that is counted by context: scores by models that have not seen whom they score, how good they are,
//! and within what bounds. Visitors of one context, treatment and response are alike, so counts are all it takes.
//!
//! Not here: the models and their measures (`uplift`), what the contexts are.

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Binomial, Distribution as _, Poisson};

use crate::Error;
use crate::uplift::{Case, Quality, Scored, Uplift, gains, quality};

/// Parts the cases are divided into; each is scored by models of the others.
pub const FOLDS: usize = 5;
/// Times the cases are drawn anew for the bounds. Each tail of 95 % then holds ten of them.
const DRAWS: usize = 400;

/// Cases that are alike.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// What is known of them before; as many numbers for every group.
    pub features: Vec<f64>,
    /// Whether they were treated.
    pub treated: bool,
    /// Whether they responded.
    pub responded: bool,
    /// How many they are.
    pub count: u64,
    /// The sum of their weights, as [`Case::weight`].
    pub weight: f64,
    /// The sum of their squares.
    pub squares: f64,
}

/// A figure with the bounds that hold 95 % of what it is when the cases are drawn anew.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounded {
    /// The figure.
    pub value: f64,
    /// Lower bound.
    pub low: f64,
    /// Upper bound.
    pub high: f64,
}

/// How good the scores of a way of learning are, on cases it has not seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// See [`Quality::qini`].
    pub qini: Bounded,
    /// See [`Quality::auuc`].
    pub auuc: Bounded,
    /// See [`gains`], one a share asked for.
    pub gains: Vec<Bounded>,
}

/// A part of a group that lies in one fold.
struct Part<'a> {
    group: &'a Group,
    fold: usize,
    share: f64,
}

/// What the scores are worth on cases drawn anew: their quality, and the gains.
type Drawn = (Quality, Vec<f64>);

/// Learns on all folds but one and scores that one, for each of them; then measures the scores of all.
///
/// Folds are drawn visitor by visitor, as a group's counts. Bounds are a bootstrap's over the cases with their scores held:
/// a part that is worth n cases, (Σw)² / Σw², counts Poisson(n) / n times. What learning on other cases would change is
/// not in them.
///
/// # Errors
/// A fold leaves too little to learn from.
pub fn cross_fitted(
    groups: &[Group],
    learn: fn(&[Case]) -> Result<Uplift, Error>,
    shares: &[f64],
    seed: u64,
) -> Result<Measured, Error> {
    let mut numbers = ChaCha8Rng::seed_from_u64(seed);
    let parts = divided(groups, &mut numbers);
    let mut scored: Vec<(Scored, f64)> = Vec::with_capacity(parts.len());
    for fold in 0..FOLDS {
        let others: Vec<Case> = parts.iter().filter(|part| part.fold != fold).map(Part::case).collect();
        let model = learn(&others)?;
        for part in parts.iter().filter(|part| part.fold == fold) {
            let Group { features, treated, responded, weight, squares, .. } = part.group;
            let one = Scored {
                score: model.of(features),
                treated: *treated,
                responded: *responded,
                weight: weight * part.share,
            };
            scored.push((one, part.share * weight * weight / squares));
        }
    }
    scored.sort_by(|one, other| one.0.score.total_cmp(&other.0.score));
    let all: Vec<Scored> = scored.iter().map(|(one, _)| *one).collect();
    let too_little = Error::TooLittle { needed: "cases treated and not" };
    let (found, curve) = (quality(&all)?, gains(&all, shares).ok_or(too_little)?);
    let mut drawn: Vec<Drawn> = Vec::with_capacity(DRAWS);
    for _ in 0..DRAWS {
        let again = |(one, worth): &(Scored, f64)| {
            let many = Poisson::new(*worth).map_or(0.0, |poisson| poisson.sample(&mut numbers));
            Scored { weight: one.weight * many / worth, ..*one }
        };
        let again: Vec<Scored> = scored.iter().map(again).collect();
        // A draw without one of the groups says nothing.
        if let (Ok(quality), Some(gains)) = (quality(&again), gains(&again, shares)) {
            drawn.push((quality, gains));
        }
    }
    let bounded = |value: f64, of: &dyn Fn(&Drawn) -> f64| {
        let mut values: Vec<f64> = drawn.iter().map(of).filter(|value| value.is_finite()).collect();
        values.sort_by(f64::total_cmp);
        let at = |part: f64| values.get((part * (values.len() as f64 - 1.0)).round() as usize).copied();
        Bounded { value, low: at(0.025).unwrap_or(value), high: at(0.975).unwrap_or(value) }
    };
    Ok(Measured {
        qini: bounded(found.qini, &|drawn| drawn.0.qini),
        auuc: bounded(found.auuc, &|drawn| drawn.0.auuc),
        gains: curve
            .iter()
            .enumerate()
            .map(|(at, gain)| bounded(*gain, &|drawn| drawn.1.get(at).copied().unwrap_or(f64::NAN)))
            .collect(),
    })
}

impl Part<'_> {
    fn case(&self) -> Case {
        let Group { features, treated, responded, weight, .. } = self.group;
        Case { features: features.clone(), treated: *treated, responded: *responded, weight: weight * self.share }
    }
}

/// Every case into one fold by chance, which by group is a draw of how many lie in each.
fn divided<'a>(groups: &'a [Group], numbers: &mut ChaCha8Rng) -> Vec<Part<'a>> {
    let mut parts = Vec::new();
    for group in groups.iter().filter(|group| group.count > 0 && group.weight > 0.0 && group.squares > 0.0) {
        let mut left = group.count;
        for fold in 0..FOLDS {
            let many = match Binomial::new(left, 1.0 / (FOLDS - fold) as f64) {
                Ok(binomial) => binomial.sample(numbers),
                Err(_) => 0,
            };
            left -= many;
            if many > 0 {
                parts.push(Part { group, fold, share: many as f64 / group.count as f64 });
            }
        }
    }
    parts
}
