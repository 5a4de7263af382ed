//! What is believed of an arm: the posterior of its rate, its value, or a factor of either.

use crate::posterior::Counts;
use rand::Rng;
use rand_distr::Distribution as _;
use serde::{Deserialize, Serialize};
use statrs::distribution::{Beta, Continuous as _, ContinuousCDF as _, InverseGamma, Normal, StudentsT};

/// A posterior.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Belief {
    /// Of a rate, from successes and failures.
    Beta {
        /// Prior and successes.
        a: f64,
        /// Prior and failures.
        b: f64,
    },
    /// Of a mean whose variance is taken as known.
    Normal {
        /// Mean.
        mean: f64,
        /// Standard deviation.
        sd: f64,
    },
    /// Of a mean whose variance is not known either.
    Student {
        /// Middle.
        location: f64,
        /// Scale.
        scale: f64,
        /// Degrees of freedom.
        degrees: f64,
    },
    /// Of the mean of positive values, as of orders: the inverse of a gamma.
    InverseGamma {
        /// Prior and number of values.
        shape: f64,
        /// Prior and their sum.
        scale: f64,
    },
}

/// Values added up: what arms are compared by when it is money, not rates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Values {
    /// How many.
    pub n: f64,
    /// Σ x.
    pub sum: f64,
    /// Σ x².
    pub sum_squares: f64,
}

impl Values {
    /// Counts one.
    pub fn push(&mut self, value: f64) {
        self.n += 1.0;
        self.sum += value;
        self.sum_squares += value * value;
    }

    /// Sample variance, n − 1; `None` below two values or where all are the same.
    #[must_use]
    pub fn variance(&self) -> Option<f64> {
        let variance = (self.sum_squares - self.sum * self.sum / self.n) / (self.n - 1.0);
        (self.n > 1.0 && variance > 0.0).then_some(variance)
    }
}

impl Belief {
    /// Of a rate, from a uniform prior.
    #[must_use]
    pub fn rate(counts: Counts) -> Self {
        Self::Beta { a: 1.0 + counts.successes, b: 1.0 + counts.trials - counts.successes }
    }

    /// Of a mean, from a normal prior, with the sample's variance taken as known; the prior alone where there is none.
    /// GrowthBook takes mean 0 and variance 10,000.
    #[must_use]
    pub fn gaussian(values: &Values, prior_mean: f64, prior_variance: f64) -> Self {
        let Some(variance) = values.variance() else {
            return Self::Normal { mean: prior_mean, sd: prior_variance.sqrt() };
        };
        let (before, seen) = (1.0 / prior_variance, values.n / variance);
        let mean = (prior_mean * before + values.sum / values.n * seen) / (before + seen);
        Self::Normal { mean, sd: (before + seen).recip().sqrt() }
    }

    /// Of a mean whose variance is unknown: normal-inverse-gamma with a prior worth `weight` values of mean `prior_mean`
    /// and variance `prior_variance` (Murphy, "Conjugate Bayesian analysis of the Gaussian distribution", 2007).
    #[must_use]
    pub fn student(values: &Values, weight: f64, prior_mean: f64, prior_variance: f64) -> Self {
        let n = values.n;
        let mean = if n > 0.0 { values.sum / n } else { prior_mean };
        let squares = (values.sum_squares - n * mean * mean).max(0.0);
        let total = weight + n;
        let half_squares =
            0.5 * (weight * prior_variance + squares + weight * n / total * (mean - prior_mean) * (mean - prior_mean));
        let half_degrees = 0.5 * (weight + n);
        Self::Student {
            location: (weight * prior_mean + n * mean) / total,
            scale: (half_squares / (half_degrees * total)).sqrt(),
            degrees: 2.0 * half_degrees,
        }
    }

    /// Of the mean of positive values taken as exponential, with a prior worth `weight` values (more than 0) of mean
    /// `prior_mean`. Order values vary less than exponential ones as a rule; the belief is then wider than it need be.
    #[must_use]
    pub fn spend(values: &Values, weight: f64, prior_mean: f64) -> Self {
        Self::InverseGamma { shape: 1.0 + weight + values.n, scale: weight * prior_mean + values.sum }
    }

    /// Its mean; infinite where it has none.
    #[must_use]
    pub fn mean(&self) -> f64 {
        match *self {
            Self::Beta { a, b } => a / (a + b),
            Self::Normal { mean, .. } => mean,
            Self::Student { location, .. } => location,
            Self::InverseGamma { shape, scale } => {
                if shape > 1.0 {
                    scale / (shape - 1.0)
                } else {
                    f64::INFINITY
                }
            }
        }
    }

    /// The bounds that hold all but `alpha` of it, half of that below and half above, by halving.
    #[must_use]
    pub fn interval(&self, alpha: f64) -> (f64, f64) {
        let knots = self.knots();
        let finite = || knots.iter().copied().filter(|knot| knot.is_finite());
        let at = |p: f64| {
            let (mut low, mut high) =
                (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
            for _ in 0..60 {
                let middle = f64::midpoint(low, high);
                let below = self.curve(&[middle]).first().is_some_and(|(below, _)| *below < p);
                if below { low = middle } else { high = middle }
            }
            f64::midpoint(low, high)
        };
        (at(0.5 * alpha), at(1.0 - 0.5 * alpha))
    }

    /// Places at which its density changes scale, and its bounds. Between neighbours it is smooth.
    pub(crate) fn knots(&self) -> Vec<f64> {
        const REACH: [f64; 6] = [1.0, 2.5, 5.0, 9.0, 16.0, 30.0];
        let (middle, sd, low, high) = match *self {
            Self::Beta { a, b } => {
                let total = a + b;
                (a / total, (a * b / (total * total * (total + 1.0))).sqrt(), 0.0, 1.0)
            }
            Self::Normal { mean, sd } => (mean, sd, f64::NEG_INFINITY, f64::INFINITY),
            Self::Student { location, scale, degrees } => {
                // Few degrees have long tails.
                let stretch = 1.0 + 30.0 / degrees.max(0.5);
                (location, scale * stretch, f64::NEG_INFINITY, f64::INFINITY)
            }
            Self::InverseGamma { shape, scale } => {
                let middle = scale / (shape + 1.0);
                (middle, middle / (shape - 1.0).max(0.5).sqrt(), 0.0, f64::INFINITY)
            }
        };
        let mut knots = vec![middle];
        for reach in REACH {
            knots.push((middle - reach * sd).max(low));
            knots.push((middle + reach * sd).min(high));
        }
        knots
    }

    /// P(X ≤ x) and the density at x, at each of some places. The distribution is built once.
    pub(crate) fn curve(&self, places: &[f64]) -> Vec<(f64, f64)> {
        fn of(places: &[f64], below: impl Fn(f64) -> f64, density: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
            places.iter().map(|x| (below(*x), density(*x))).collect()
        }
        let nothing = || vec![(0.0, 0.0); places.len()];
        match *self {
            Self::Beta { a, b } => {
                Beta::new(a, b).map_or_else(|_| nothing(), |d| of(places, |x| d.cdf(x), |x| d.pdf(x)))
            }
            Self::Normal { mean, sd } => {
                Normal::new(mean, sd).map_or_else(|_| nothing(), |d| of(places, |x| d.cdf(x), |x| d.pdf(x)))
            }
            Self::Student { location, scale, degrees } => StudentsT::new(location, scale, degrees)
                .map_or_else(|_| nothing(), |d| of(places, |x| d.cdf(x), |x| d.pdf(x))),
            Self::InverseGamma { shape, scale } => {
                InverseGamma::new(shape, scale).map_or_else(|_| nothing(), |d| of(places, |x| d.cdf(x), |x| d.pdf(x)))
            }
        }
    }

    /// A draw.
    pub fn sample<R: Rng + ?Sized>(&self, random: &mut R) -> f64 {
        match *self {
            Self::Beta { a, b } => rand_distr::Beta::new(a, b).map_or(0.5, |d| d.sample(random)),
            Self::Normal { mean, sd } => rand_distr::Normal::new(mean, sd).map_or(mean, |d| d.sample(random)),
            Self::Student { location, scale, degrees } => {
                rand_distr::StudentT::new(degrees).map_or(location, |d| location + scale * d.sample(random))
            }
            Self::InverseGamma { shape, scale } => {
                rand_distr::Gamma::new(shape, 1.0).map_or(scale, |d| scale / d.sample(random))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_holds_what_it_says() {
        let (low, high) = Belief::Normal { mean: 2.0, sd: 3.0 }.interval(0.05);
        assert!((low - (2.0 - 3.0 * 1.959_963_985)).abs() < 1e-7 && (high - (2.0 + 3.0 * 1.959_963_985)).abs() < 1e-7);
        // Student's t of 4 degrees: 2.776445.
        let (low, high) = Belief::Student { location: 0.0, scale: 1.0, degrees: 4.0 }.interval(0.05);
        assert!((low + 2.776_445_105).abs() < 1e-7 && (high - 2.776_445_105).abs() < 1e-7, "{low} {high}");
        let (low, high) = Belief::Beta { a: 1.0, b: 1.0 }.interval(0.05);
        assert!((low - 0.025).abs() < 1e-9 && (high - 0.975).abs() < 1e-9);
    }
}
