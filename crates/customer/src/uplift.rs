//! Whom a campaign changes: scores of uplift from a randomised test, and how good such scores are.

use nalgebra::{DMatrix, DVector};
use serde::Serialize;

use crate::Error;

/// Newton's steps; it has converged by far.
const STEPS: usize = 50;
/// What keeps coefficients from running away where the outcomes can be separated.
const RIDGE: f64 = 1e-3;

/// A customer of a randomised test.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// What is known of them before; as many numbers for every customer.
    pub features: Vec<f64>,
    /// Whether they were treated.
    pub treated: bool,
    /// Whether they did what was hoped for.
    pub responded: bool,
    /// For how many they stand: 1 where everybody was treated with the same probability, else one over the probability of
    /// the group they came into, so that both groups stand for everybody.
    pub weight: f64,
}

/// A logistic regression with an intercept and standardised features.
#[derive(Clone, Debug, PartialEq)]
struct Logistic {
    centre: Vec<f64>,
    spread: Vec<f64>,
    coefficients: Vec<f64>,
}

impl Logistic {
    /// Newton's method on the weighted likelihood with a small ridge. `rows` are features, outcome, weight.
    fn fit(rows: &[(&[f64], f64, f64)]) -> Result<Self, Error> {
        let width = rows.first().map_or(0, |row| row.0.len());
        let too_little =
            Error::TooLittle { needed: "cases of both outcomes, treated and not, with as many features each" };
        let count: f64 = rows.iter().map(|row| row.2).sum();
        let outcome = rows.iter().map(|row| row.1 * row.2).sum::<f64>() / count;
        let finite = rows.iter().all(|row| row.0.len() == width && row.0.iter().all(|value| value.is_finite()));
        let usable = finite && outcome > 0.0 && outcome < 1.0;
        if !usable {
            return Err(too_little);
        }
        let column = |at: usize| rows.iter().filter_map(move |row| Some((*row.0.get(at)?, row.2)));
        let mean =
            |values: &mut dyn Iterator<Item = (f64, f64)>| values.map(|(x, weight)| x * weight).sum::<f64>() / count;
        let centre: Vec<f64> = (0..width).map(|at| mean(&mut column(at))).collect();
        let spread: Vec<f64> = centre
            .iter()
            .enumerate()
            .map(|(at, centre)| {
                let spread = mean(&mut column(at).map(|(x, weight)| ((x - centre).powi(2), weight))).sqrt();
                if spread > 0.0 { spread } else { 1.0 }
            })
            .collect();
        let mut model = Self { centre, spread, coefficients: vec![0.0; width + 1] };
        let inputs: Vec<DVector<f64>> = rows.iter().map(|row| model.input(row.0)).collect();
        for _ in 0..STEPS {
            let at = DVector::from_column_slice(&model.coefficients);
            let mut gradient = &at * -RIDGE;
            let mut curvature = DMatrix::identity(width + 1, width + 1) * RIDGE;
            for (input, (_, outcome, weight)) in inputs.iter().zip(rows) {
                let chance = sigmoid(input.dot(&at));
                gradient.axpy(weight * (outcome - chance), input, 1.0);
                curvature.ger(weight * chance * (1.0 - chance), input, input, 1.0);
            }
            let Some(step) = curvature.cholesky().map(|root| root.solve(&gradient)) else { return Err(too_little) };
            model.coefficients = (at + &step).iter().copied().collect();
            if step.amax() < 1e-10 {
                break;
            }
        }
        Ok(model)
    }

    fn input(&self, features: &[f64]) -> DVector<f64> {
        let scaled = features
            .iter()
            .zip(self.centre.iter().zip(&self.spread))
            .map(|(x, (centre, spread))| (x - centre) / spread);
        DVector::from_iterator(self.centre.len() + 1, std::iter::once(1.0).chain(scaled))
    }

    fn chance(&self, features: &[f64]) -> f64 {
        let input = self.input(features);
        sigmoid(input.iter().zip(&self.coefficients).map(|(x, b)| x * b).sum())
    }
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// What a treatment changes in the chance of a response, by a customer's features.
#[derive(Clone, Debug, PartialEq)]
pub struct Uplift(Inner);

#[derive(Clone, Debug, PartialEq)]
enum Inner {
    Two { treated: Logistic, control: Logistic },
    Transformed(Logistic),
}

impl Uplift {
    /// Two models: one learns the response of the treated, one that of the others; the uplift is the difference (Hansotia
    /// & Rukstales 2002).
    ///
    /// # Errors
    /// A group lacks one of the outcomes.
    pub fn two_models(cases: &[Case]) -> Result<Self, Error> {
        let of = |treated: bool| {
            let rows: Vec<(&[f64], f64, f64)> = cases
                .iter()
                .filter(|case| case.treated == treated)
                .map(|case| (case.features.as_slice(), f64::from(u8::from(case.responded)), case.weight))
                .collect();
            Logistic::fit(&rows)
        };
        Ok(Self(Inner::Two { treated: of(true)?, control: of(false)? }))
    }

    /// Class transformation: one model learns Z, true for the treated who responded and the others who did not; with both
    /// groups weighted alike the uplift is 2·P(Z) − 1 (Jaskowski & Jaroszewicz 2012).
    ///
    /// # Errors
    /// A group or an outcome is missing.
    pub fn class_transformation(cases: &[Case]) -> Result<Self, Error> {
        let all: f64 = cases.iter().map(|case| case.weight).sum();
        let share = cases.iter().filter(|case| case.treated).map(|case| case.weight).sum::<f64>() / all;
        if !(share > 0.0 && share < 1.0) {
            return Err(Error::TooLittle { needed: "cases treated and not" });
        }
        let rows: Vec<(&[f64], f64, f64)> = cases
            .iter()
            .map(|case| {
                let weight = case.weight * if case.treated { 0.5 / share } else { 0.5 / (1.0 - share) };
                (case.features.as_slice(), f64::from(u8::from(case.treated == case.responded)), weight)
            })
            .collect();
        Ok(Self(Inner::Transformed(Logistic::fit(&rows)?)))
    }

    /// What treating a customer adds to the chance of a response: −1 to 1.
    #[must_use]
    pub fn of(&self, features: &[f64]) -> f64 {
        match &self.0 {
            Inner::Two { treated, control } => treated.chance(features) - control.chance(features),
            Inner::Transformed(model) => 2.0 * model.chance(features) - 1.0,
        }
    }
}

/// A customer of a test with a score, higher first to be treated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored {
    /// The score.
    pub score: f64,
    /// Whether they were treated.
    pub treated: bool,
    /// Whether they responded.
    pub responded: bool,
    /// For how many they stand, as [`Case::weight`].
    pub weight: f64,
}

/// How good scores are; each is 0 for random scores and 1 for the best possible, negative for worse than random.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Quality {
    /// Area between the Qini curve and the random line, over that of the best curve (Radcliffe 2007).
    pub qini: f64,
    /// The same of the uplift curve (AUUC).
    pub auuc: f64,
}

/// Measures scores on a randomised test. The best Qini curve may lose responders where treatment harms, as scikit-uplift's
/// with `negative_effect`.
///
/// # Errors
/// A group is empty or a score is no number.
pub fn quality(scored: &[Scored]) -> Result<Quality, Error> {
    if let Some(bad) = scored.iter().find(|case| !case.score.is_finite()) {
        return Err(Error::Number { field: "score", found: bad.score, wanted: "a number" });
    }
    // What the best scores say depends on the treatment and the response alone: four cases stand for all.
    let total = |treated: bool, responded: bool| {
        let of = scored.iter().filter(move |case| case.treated == treated && case.responded == responded);
        Scored { score: 0.0, treated, responded, weight: of.map(|case| case.weight).sum() }
    };
    let totals = [total(true, true), total(true, false), total(false, true), total(false, false)];
    let [_, idle_treated, responders_lost, _] = totals;
    if [true, false].iter().any(|group| !totals.iter().any(|all| all.treated == *group && all.weight > 0.0)) {
        return Err(Error::TooLittle { needed: "cases treated and not" });
    }
    let with = |score: &dyn Fn(&Scored) -> f64| totals.map(|case| Scored { score: score(&case), ..case });
    let best_qini = with(&|case| match (case.responded, case.treated) {
        (false, _) => 0.0,
        (true, true) => 1.0,
        (true, false) => -1.0,
    });
    let best_uplift = with(&|case| {
        let second = if responders_lost.weight > idle_treated.weight { case.responded } else { case.treated };
        2.0 * f64::from(u8::from(case.responded == case.treated)) + f64::from(u8::from(second))
    });
    Ok(Quality {
        qini: over_random(&curve(scored, qini_gain), &curve(&best_qini, qini_gain)),
        auuc: over_random(&curve(scored, uplift_gain), &curve(&best_uplift, uplift_gain)),
    })
}

/// Responses gained when the share `share` of customers with the highest scores is treated and nobody else, over all
/// customers: at 1 the difference of the groups' rates. Between scores it is a straight line, as for random ones from 0 to
/// 1. None where a group is empty.
#[must_use]
pub fn gains(scored: &[Scored], shares: &[f64]) -> Option<Vec<f64>> {
    let points = curve(scored, qini_gain);
    let (all, _) = *points.last()?;
    let treated: f64 = scored.iter().filter(|case| case.treated).map(|case| case.weight).sum();
    if treated <= 0.0 || treated >= all {
        return None;
    }
    let at = |share: &f64| {
        let wanted = share.clamp(0.0, 1.0) * all;
        let next = points.partition_point(|point| point.0 < wanted);
        let (right, gain) = points.get(next).or(points.last()).copied().unwrap_or_default();
        let (left, before) = next.checked_sub(1).and_then(|last| points.get(last)).copied().unwrap_or((right, gain));
        let part = if right > left { (wanted - left) / (right - left) } else { 1.0 };
        (before + part.min(1.0) * (gain - before)) / treated
    };
    Some(shares.iter().map(at).collect())
}

/// Counts among the first: treated, their responses, others, theirs.
type Counts = [f64; 4];

fn qini_gain([treated, responses, others, their_responses]: Counts) -> f64 {
    responses - if others > 0.0 { their_responses * treated / others } else { 0.0 }
}

fn uplift_gain([treated, responses, others, their_responses]: Counts) -> f64 {
    let rate = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
    (rate(responses, treated) - rate(their_responses, others)) * (treated + others)
}

/// The gain when the first so many are treated, highest scores first; a point where the score changes.
fn curve(scored: &[Scored], gain: fn(Counts) -> f64) -> Vec<(f64, f64)> {
    let order = highest_first(scored);
    let mut counts = [0.0; 4];
    let mut points = vec![(0.0, 0.0)];
    let next = order.iter().skip(1).map(|case| Some(case.score)).chain([None]);
    for (case, next) in order.iter().zip(next) {
        let [treated, responses, others, their_responses] = &mut counts;
        let (count, response) = if case.treated { (treated, responses) } else { (others, their_responses) };
        *count += case.weight;
        *response += case.weight * f64::from(u8::from(case.responded));
        if next != Some(case.score) {
            points.push((counts[0] + counts[2], gain(counts)));
        }
    }
    points
}

fn over_random(curve: &[(f64, f64)], best: &[(f64, f64)]) -> f64 {
    let area = |points: &[(f64, f64)]| -> f64 {
        points.iter().zip(points.iter().skip(1)).map(|(a, b)| (b.0 - a.0) * f64::midpoint(a.1, b.1)).sum()
    };
    let random = best.last().map_or(0.0, |end| end.0 * end.1 / 2.0);
    (area(curve) - random) / (area(best) - random)
}

/// Of equal scores those that come later stand first, as in scikit-uplift, so that the figures compare.
fn highest_first(scored: &[Scored]) -> Vec<Scored> {
    let mut order: Vec<Scored> = scored.iter().rev().copied().collect();
    order.sort_by(|one, other| other.score.total_cmp(&one.score));
    order
}

/// Who is among the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum First {
    /// The highest scores of all.
    Overall,
    /// The highest scores of the treated, and of the others: as many treated as the test treated.
    ByGroup,
}

/// The rate of response of the treated less that of the others among the share `share` of customers with the highest
/// scores. `None` where one group is empty there.
#[must_use]
pub fn uplift_at(scored: &[Scored], share: f64, first: First) -> Option<f64> {
    let order = highest_first(scored);
    let rate = |treated: bool| {
        let group = |case: &&Scored| case.treated == treated;
        let taken: Vec<&Scored> = match first {
            First::Overall => first_of(order.iter().collect(), share).into_iter().filter(group).collect(),
            First::ByGroup => first_of(order.iter().filter(group).collect(), share),
        };
        let responses: Vec<&Scored> = taken.iter().filter(|case| case.responded).copied().collect();
        if taken.is_empty() { None } else { Some(weight(&responses) / weight(&taken)) }
    };
    Some(rate(true)? - rate(false)?)
}

/// As many of the first as weigh no more than this share of all.
fn first_of(cases: Vec<&Scored>, share: f64) -> Vec<&Scored> {
    let most = weight(&cases) * share.clamp(0.0, 1.0);
    let mut taken = 0.0;
    let within = |case: &&Scored| {
        taken += case.weight;
        taken <= most
    };
    cases.into_iter().take_while(within).collect()
}

fn weight(cases: &[&Scored]) -> f64 {
    cases.iter().map(|case| case.weight).sum()
}
