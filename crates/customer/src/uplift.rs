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
        let outcome = rows.iter().map(|row| row.1).sum::<f64>() / rows.len().max(1) as f64;
        let finite = rows.iter().all(|row| row.0.len() == width && row.0.iter().all(|value| value.is_finite()));
        let usable = finite && outcome > 0.0 && outcome < 1.0;
        if !usable {
            return Err(too_little);
        }
        let count = rows.len() as f64;
        let column = |at: usize| rows.iter().filter_map(move |row| row.0.get(at)).copied();
        let centre: Vec<f64> = (0..width).map(|at| column(at).sum::<f64>() / count).collect();
        let spread: Vec<f64> = centre
            .iter()
            .enumerate()
            .map(|(at, centre)| {
                let spread = (column(at).map(|value| (value - centre).powi(2)).sum::<f64>() / count).sqrt();
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
                .map(|case| (case.features.as_slice(), f64::from(u8::from(case.responded)), 1.0))
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
        let share = cases.iter().filter(|case| case.treated).count() as f64 / cases.len().max(1) as f64;
        if !(share > 0.0 && share < 1.0) {
            return Err(Error::TooLittle { needed: "cases treated and not" });
        }
        let rows: Vec<(&[f64], f64, f64)> = cases
            .iter()
            .map(|case| {
                let weight = if case.treated { 0.5 / share } else { 0.5 / (1.0 - share) };
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
    let treated = scored.iter().filter(|case| case.treated).count();
    if treated == 0 || treated == scored.len() {
        return Err(Error::TooLittle { needed: "cases treated and not" });
    }
    if let Some(bad) = scored.iter().find(|case| !case.score.is_finite()) {
        return Err(Error::Number { field: "score", found: bad.score, wanted: "a number" });
    }
    let with = |score: &dyn Fn(&Scored) -> f64| -> Vec<Scored> {
        scored.iter().map(|case| Scored { score: score(case), ..*case }).collect()
    };
    let best_qini = with(&|case| match (case.responded, case.treated) {
        (false, _) => 0.0,
        (true, true) => 1.0,
        (true, false) => -1.0,
    });
    let responders_lost = scored.iter().filter(|case| case.responded && !case.treated).count();
    let idle_treated = scored.iter().filter(|case| !case.responded && case.treated).count();
    let best_uplift = with(&|case| {
        let second = if responders_lost > idle_treated { case.responded } else { case.treated };
        2.0 * f64::from(u8::from(case.responded == case.treated)) + f64::from(u8::from(second))
    });
    Ok(Quality {
        qini: over_random(&curve(scored, qini_gain), &curve(&best_qini, qini_gain)),
        auuc: over_random(&curve(scored, uplift_gain), &curve(&best_uplift, uplift_gain)),
    })
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
        *count += 1.0;
        *response += f64::from(u8::from(case.responded));
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
    let part = |count: usize| (count as f64 * share.clamp(0.0, 1.0)) as usize;
    let rate = |treated: bool| {
        let group = |case: &&Scored| case.treated == treated;
        let taken: Vec<&Scored> = match first {
            First::Overall => order.iter().take(part(order.len())).filter(group).collect(),
            First::ByGroup => order.iter().filter(group).take(part(order.iter().filter(group).count())).collect(),
        };
        let responses = taken.iter().filter(|case| case.responded).count();
        if taken.is_empty() { None } else { Some(responses as f64 / taken.len() as f64) }
    };
    Some(rate(true)? - rate(false)?)
}
