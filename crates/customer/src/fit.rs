//! Maximum likelihood over positive parameters, and how far it knows them.

use anofox_forecast::utils::optimization::{NelderMeadConfig, nelder_mead};
use nalgebra::{SMatrix, SVector, SymmetricEigen};
use rand::Rng;
use rand_distr::{Distribution as _, StandardNormal};

/// How often at most the search starts again from where it ended: a simplex that collapsed too early opens again.
const RESTARTS: usize = 6;
/// Log-likelihood below which another start has found nothing.
const ENOUGH: f64 = 1e-6;
/// Step of the second differences, in logarithms: small against the curvature, large against rounding.
const STEP: f64 = 1e-3;
/// Least curvature: of a direction that the data tells nothing of, a standard deviation of a factor e³.
const LEAST_CURVATURE: f64 = 1.0 / 9.0;

/// A model with the parameters at which its likelihood is greatest, and the normal distribution of their logarithms
/// around them (the inverse of the observed information).
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted<M, const N: usize> {
    /// The model.
    pub model: M,
    logs: SVector<f64, N>,
    /// Turns independent standard normal numbers into deviations of the logarithms.
    root: SMatrix<f64, N, N>,
}

impl<M: From<[f64; N]>, const N: usize> Fitted<M, N> {
    /// The parameters, all positive, at which `loss`, the negative log-likelihood of all customers, is least: Nelder &
    /// Mead (1965) on their logarithms. `scale` is what the parameters are multiplied by afterwards.
    pub(crate) fn least(scale: [f64; N], loss: impl Fn(M) -> f64) -> Self {
        let at = |logs: &[f64]| {
            let mut parameters = [1.0; N];
            for (parameter, log) in parameters.iter_mut().zip(logs) {
                *parameter = log.clamp(-30.0, 30.0).exp();
            }
            let loss = loss(M::from(parameters));
            if loss.is_finite() { loss } else { f64::MAX }
        };
        let mut logs = vec![0.0; N];
        let mut before = f64::INFINITY;
        for _ in 0..RESTARTS {
            let settings =
                NelderMeadConfig { max_iter: 2_000, tolerance: 1e-9, initial_step: 0.3, ..NelderMeadConfig::default() };
            let found = nelder_mead(at, &logs, None, settings);
            logs = found.optimal_point;
            if found.optimal_value > before - ENOUGH {
                break;
            }
            before = found.optimal_value;
        }
        let best = SVector::<f64, N>::from_fn(|row, _| logs.get(row).copied().unwrap_or_default());
        let moved = |steps: &[(usize, f64)]| {
            let mut moved = logs.clone();
            for (parameter, step) in steps {
                if let Some(log) = moved.get_mut(*parameter) {
                    *log += step;
                }
            }
            at(&moved)
        };
        let curvature = SMatrix::<f64, N, N>::from_fn(|row, column| {
            let (up, down) = (STEP, -STEP);
            (moved(&[(row, up), (column, up)])
                - moved(&[(row, up), (column, down)])
                - moved(&[(row, down), (column, up)])
                + moved(&[(row, down), (column, down)]))
                / (4.0 * STEP * STEP)
        });
        let scaled = best + SVector::<f64, N>::from(scale).map(f64::ln);
        Self { model: Self::model_at(&scaled), logs: scaled, root: root_of_inverse(curvature) }
    }

    fn model_at(logs: &SVector<f64, N>) -> M {
        M::from((*logs).map(f64::exp).into())
    }

    /// A model with parameters as they could be just as well.
    pub fn draw(&self, numbers: &mut impl Rng) -> M {
        let normal = SVector::<f64, N>::from_fn(|_, _| StandardNormal.sample(numbers));
        Self::model_at(&(self.logs + self.root * normal))
    }

    /// The standard errors of the parameters' logarithms, in the order of the model's fields.
    #[must_use]
    pub fn log_errors(&self) -> [f64; N] {
        (self.root * self.root.transpose()).diagonal().map(f64::sqrt).into()
    }
}

/// A matrix whose product with its transpose is the inverse of `curvature`.
fn root_of_inverse<const N: usize>(curvature: SMatrix<f64, N, N>) -> SMatrix<f64, N, N> {
    // Decomposed without a fixed size: for fixed ones the bounds of the library's trait would have to be repeated here.
    let symmetric = (curvature + curvature.transpose()) * 0.5;
    let symmetric = nalgebra::DMatrix::from_column_slice(N, N, symmetric.as_slice());
    let split = SymmetricEigen::new(symmetric);
    let deviations = split.eigenvalues.map(|size| size.max(LEAST_CURVATURE).sqrt().recip());
    let root = split.eigenvectors * nalgebra::DMatrix::from_diagonal(&deviations);
    SMatrix::from_column_slice(root.as_slice())
}
