//! The distributions, as `statrs` has them, under the parameters used here.

use crate::Refused;
use statrs::distribution::{ChiSquared, Continuous as _, ContinuousCDF as _, Normal, StudentsT};

fn standard() -> Normal {
    Normal::standard()
}

/// P(Z ≤ z) of a standard normal.
pub(crate) fn normal_below(z: f64) -> f64 {
    standard().cdf(z)
}

/// P(Z > z) of a standard normal.
pub(crate) fn normal_above(z: f64) -> f64 {
    standard().sf(z)
}

/// Density of a standard normal.
pub(crate) fn normal_density(z: f64) -> f64 {
    standard().pdf(z)
}

/// z with P(Z ≤ z) = p; `p` strictly between 0 and 1.
pub(crate) fn normal_quantile(p: f64) -> f64 {
    standard().inverse_cdf(p)
}

/// Student's t with `degrees` of freedom.
pub(crate) fn student(degrees: f64) -> Result<StudentsT, Refused> {
    StudentsT::new(0.0, 1.0, degrees).map_err(|_| Refused::OutOfBounds {
        field: "degrees of freedom",
        found: degrees,
        wanted: "above 0",
    })
}

/// x with P(T ≤ x) = p. The library's own inverse is good to four digits where degrees are many, its distribution to
/// all: Newton's steps on that, from the former.
pub(crate) fn student_quantile(t: &StudentsT, p: f64) -> f64 {
    let mut x = t.inverse_cdf(p);
    for _ in 0..8 {
        // From the nearer tail, so that a small rest is not lost against 1.
        let rest = if p > 0.5 { (1.0 - p) - t.sf(x) } else { t.cdf(x) - p };
        let step = rest / t.pdf(x);
        if !step.is_finite() {
            break;
        }
        x -= step;
        if step.abs() <= 1e-13 * x.abs() {
            break;
        }
    }
    x
}

/// P(X > x) of a chi-square with `degrees` of freedom.
pub(crate) fn chi_square_above(x: f64, degrees: f64) -> f64 {
    ChiSquared::new(degrees).map_or(1.0, |chi| chi.sf(x.max(0.0)))
}

/// E[max(X, 0)] of a normal: what is gained where it is positive.
pub(crate) fn expected_positive(mean: f64, sd: f64) -> f64 {
    let z = mean / sd;
    (mean * normal_below(z) + sd * normal_density(z)).max(0.0)
}
