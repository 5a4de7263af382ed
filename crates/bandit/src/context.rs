//! Contextual bandits: the best variant may depend on who looks. Linear Thompson sampling (Agrawal and Goyal, "Thompson
//! Sampling for Contextual Bandits with Linear Payoffs", 2013): of each arm a Bayesian linear regression of reward on
//! context, of which a draw is compared.
//!
//! The posterior is kept as the Cholesky factor of its precision, so that a reward costs one rank-one update and a
//! decision one triangular solve an arm. A yes-or-no reward is regressed like any other; its noise is taken as constant,
//! which is generous for rates near 0.

use nalgebra::{Cholesky, DMatrix, DMatrixView, DVector};
use rand::Rng;
use rand_distr::{Distribution as _, StandardNormal};
use serde::{Deserialize, Serialize};

/// Most features: a decision is quadratic in them.
pub const MAX_FEATURES: usize = 64;

/// Why a context or a model is refused.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum BadContext {
    /// Too many or too few features.
    #[error("the context has {found} features, it must have {wanted}")]
    Features {
        /// How many there are.
        found: usize,
        /// How many there must be.
        wanted: usize,
    },
    /// A number that is none.
    #[error("{field} is {found}, it must be {wanted}")]
    OutOfBounds {
        /// Which.
        field: &'static str,
        /// What it is.
        found: f64,
        /// What it may be.
        wanted: &'static str,
    },
}

/// What is believed of one arm's reward as a linear function of context. A feature that is always 1 is its intercept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Linear {
    features: usize,
    /// Standard deviation of a reward around what context explains.
    noise: f64,
    /// Lower Cholesky factor of the precision, by columns.
    factor: Vec<f64>,
    /// Σ x r / noise².
    moment: Vec<f64>,
}

impl Linear {
    /// Nothing seen: every coefficient normal around 0 with deviation `prior_sd`.
    ///
    /// # Errors
    /// No features or more than [`MAX_FEATURES`]; a deviation that is not above 0.
    pub fn new(features: usize, noise: f64, prior_sd: f64) -> Result<Self, BadContext> {
        if features == 0 || features > MAX_FEATURES {
            return Err(BadContext::Features { found: features, wanted: MAX_FEATURES });
        }
        for (field, found) in [("noise", noise), ("prior_sd", prior_sd)] {
            if !(found.is_finite() && found > 0.0) {
                return Err(BadContext::OutOfBounds { field, found, wanted: "above 0" });
            }
        }
        let factor = DMatrix::<f64>::identity(features, features) / prior_sd;
        Ok(Self { features, noise, factor: factor.as_slice().to_vec(), moment: vec![0.0; features] })
    }

    fn checked(&self, context: &[f64]) -> Result<DVector<f64>, BadContext> {
        if context.len() != self.features {
            return Err(BadContext::Features { found: context.len(), wanted: self.features });
        }
        if let Some(found) = context.iter().find(|value| !value.is_finite()) {
            return Err(BadContext::OutOfBounds { field: "context", found: *found, wanted: "a number" });
        }
        Ok(DVector::from_column_slice(context))
    }

    /// A visitor of this context brought this reward.
    ///
    /// # Errors
    /// A context of another length, or a number that is none.
    pub fn learn(&mut self, context: &[f64], reward: f64) -> Result<(), BadContext> {
        let context = self.checked(context)?;
        if !reward.is_finite() {
            return Err(BadContext::OutOfBounds { field: "reward", found: reward, wanted: "a number" });
        }
        let weight = 1.0 / (self.noise * self.noise);
        let factor = DMatrix::from_column_slice(self.features, self.features, &self.factor);
        let mut precision = Cholesky::pack_dirty(factor);
        precision.rank_one_update(&context, weight);
        self.factor = precision.unpack_dirty().as_slice().to_vec();
        self.moment.iter_mut().zip(context.iter()).for_each(|(moment, x)| *moment += weight * x * reward);
        Ok(())
    }

    /// Forgets: what is known is worth this share of what it was, 0 to 1. Once a day with 2^(−1 / half-life in days).
    pub fn fade(&mut self, keep: f64) {
        let keep = if keep.is_finite() { keep.clamp(0.0, 1.0) } else { 1.0 };
        // A precision of nothing has no factor; a trace of it stays.
        let keep = keep.max(1e-6);
        self.factor.iter_mut().for_each(|value| *value *= keep.sqrt());
        self.moment.iter_mut().for_each(|value| *value *= keep);
    }

    /// Mean and standard deviation of the expected reward for a context.
    ///
    /// # Errors
    /// A context of another length, or a number that is none.
    pub fn predict(&self, context: &[f64]) -> Result<(f64, f64), BadContext> {
        let mut context = self.checked(context)?;
        let mut moment = DVector::from_column_slice(&self.moment);
        let factor = DMatrixView::from_slice(&self.factor, self.features, self.features);
        // x' A⁻¹ b and x' A⁻¹ x with A = L L'.
        if !factor.solve_lower_triangular_mut(&mut context) || !factor.solve_lower_triangular_mut(&mut moment) {
            return Err(BadContext::OutOfBounds { field: "precision", found: 0.0, wanted: "above 0" });
        }
        Ok((context.dot(&moment), context.norm()))
    }
}

/// The arm to show for a context: a draw of each arm's expected reward, the highest wins.
///
/// # Errors
/// A context of another length, or a number that is none. `Ok(None)` where there is no arm.
pub fn choose<R: Rng + ?Sized>(arms: &[Linear], context: &[f64], random: &mut R) -> Result<Option<usize>, BadContext> {
    let mut best: Option<(usize, f64)> = None;
    for (place, arm) in arms.iter().enumerate() {
        let (mean, sd) = arm.predict(context)?;
        let score: f64 = StandardNormal.sample(random);
        let draw = mean + sd * score;
        if best.is_none_or(|(_, highest)| draw > highest) {
            best = Some((place, draw));
        }
    }
    Ok(best.map(|(place, _)| place))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;
    use rand_distr::Normal;

    #[test]
    fn the_posterior_is_the_one_of_the_normal_equations() {
        let mut random = ChaCha8Rng::seed_from_u64(2);
        let mut arm = Linear::new(3, 0.5, 2.0).unwrap();
        let mut precision = DMatrix::<f64>::identity(3, 3) / 4.0;
        let mut moment = DVector::<f64>::zeros(3);
        for _ in 0..500 {
            let x = DVector::from_fn(3, |_, _| random.random_range(-1.0..1.0));
            let reward = 0.3 * x[0] - 0.7 * x[2] + random.random_range(-0.5..0.5);
            arm.learn(x.as_slice(), reward).unwrap();
            precision += &x * x.transpose() / 0.25;
            moment += &x * reward / 0.25;
        }
        let inverse = precision.try_inverse().unwrap();
        let x = DVector::from_vec(vec![0.2, -0.4, 0.9]);
        let (mean, sd) = arm.predict(x.as_slice()).unwrap();
        assert!((mean - (x.transpose() * &inverse * &moment)[0]).abs() < 1e-10);
        assert!((sd - (x.transpose() * &inverse * &x)[0].sqrt()).abs() < 1e-10);
    }

    #[test]
    fn each_gets_what_suits_them() {
        let mut random = ChaCha8Rng::seed_from_u64(8);
        let noise = Normal::new(0.0, 0.3).unwrap();
        let mut arms = vec![Linear::new(2, 0.3, 1.0).unwrap(); 2];
        let mut right = 0;
        for visitor in 0..4_000 {
            let context = [1.0, if random.random_bool(0.5) { 1.0 } else { -1.0 }];
            let chosen = choose(&arms, &context, &mut random).unwrap().unwrap();
            let suits = usize::from(context[1] > 0.0);
            let reward = if chosen == suits { 0.5 } else { 0.3 } + noise.sample(&mut random);
            arms[chosen].learn(&context, reward).unwrap();
            right += u32::from(visitor >= 3_000 && chosen == suits);
        }
        assert!(right > 950, "{right} of the last 1000");
    }

    #[test]
    fn what_is_forgotten_is_relearnt_sooner() {
        let mut arms = [Linear::new(1, 1.0, 1.0).unwrap(), Linear::new(1, 1.0, 1.0).unwrap()];
        for (place, arm) in arms.iter_mut().enumerate() {
            (0..500).for_each(|_| arm.learn(&[1.0], 0.0).unwrap());
            if place == 1 {
                arm.fade(0.1);
            }
            (0..100).for_each(|_| arm.learn(&[1.0], 1.0).unwrap());
        }
        let [slow, fast] = arms.map(|arm| arm.predict(&[1.0]).unwrap().0);
        assert!(slow < 0.2 && fast > 0.6, "{slow} {fast}");
    }

    #[test]
    fn a_context_of_another_length_is_refused() {
        let arm = Linear::new(2, 1.0, 1.0).unwrap();
        assert_eq!(arm.predict(&[1.0]), Err(BadContext::Features { found: 1, wanted: 2 }));
        assert!(arm.predict(&[1.0, f64::NAN]).is_err() && Linear::new(0, 1.0, 1.0).is_err());
    }
}
