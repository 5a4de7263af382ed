//! Proposals that learn their own shape: robust adaptive Metropolis (Vihola, "Robust adaptive Metropolis algorithm with
//! coerced acceptance rate", Statistics and Computing 22, 2012).

use nalgebra::{Cholesky, DMatrix, DVector};
use rand::Rng;
use rand_distr::{Distribution as _, StandardNormal};
use serde::{Deserialize, Serialize};

use crate::exact::Exact;

/// A random walk whose steps are `factor` times a normal vector.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Kernel {
    size: usize,
    factor: Exact,
}

/// A proposed step and what the walk learns from it.
pub(crate) struct Step {
    pub(crate) by: DVector<f64>,
    normal: DVector<f64>,
}

impl Kernel {
    pub(crate) fn new(size: usize, step: f64) -> Self {
        let factor = DMatrix::<f64>::identity(size, size) * (step / (size as f64).sqrt());
        Self { size, factor: Exact(factor.as_slice().to_vec()) }
    }

    /// Whether it is one of `size` numbers.
    pub(crate) fn fits(&self, size: usize) -> bool {
        self.size == size && self.factor.0.len() == size * size
    }

    fn factor(&self) -> DMatrix<f64> {
        DMatrix::from_iterator(self.size, self.size, self.factor.0.iter().copied())
    }

    pub(crate) fn propose<R: Rng>(&self, random: &mut R) -> Step {
        let normal = DVector::from_fn(self.size, |_, _| StandardNormal.sample(random));
        Step { by: self.factor() * &normal, normal }
    }

    /// Lengthens the steps in this step's direction where steps are accepted too often, shortens them where too seldom:
    /// S S' becomes S (I + η (a − a*) u u' / |u|²) S'.
    pub(crate) fn learn(&mut self, step: &Step, accepted: f64, sweep: usize) {
        let wanted = if self.size == 1 { 0.44 } else { 0.28 };
        let rate = (self.size as f64 * (sweep as f64 + 1.0).powf(-0.66)).min(0.9);
        let length = step.normal.norm_squared();
        if length <= 0.0 {
            return;
        }
        let factor = self.factor();
        let inner = DMatrix::identity(self.size, self.size)
            + &step.normal * step.normal.transpose() * (rate * (accepted - wanted) / length);
        let covariance = &factor * inner * factor.transpose();
        if let Some(cholesky) = Cholesky::new((&covariance + covariance.transpose()) * 0.5) {
            self.factor = Exact(cholesky.l().as_slice().to_vec());
        }
    }
}
