//! From spend to effect: how long a period's spend works on (adstock), and how its effect levels off (saturation).
//!
//! The formulas are those of Robyn (`transformation.R`) and of PyMC-Marketing (`transformers.py`), which agree where both
//! have one, but for three choices that are arguments here: whether the carry-over ends after a window, whether its
//! weights are scaled to 1 in sum, and whether Weibull's scale is periods or a quantile of the window.

use serde::{Deserialize, Serialize};
use statrs::distribution::{Continuous as _, ContinuousCDF as _, Weibull};

/// Which of Weibull's curves the carry-over follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WeibullCurve {
    /// The density, scaled to 0..1 over the window: the effect may come late.
    Pdf,
    /// The product of survival probabilities: the effect is strongest at once and fades at a rate that changes.
    Cdf,
}

/// Geometric adstock without an end: a_t = x_t + θ a_{t−1}, θ in 0..1 (Broadbent 1979). In the unit of `spend`.
#[must_use]
pub fn geometric(spend: &[f64], retained: f64) -> Vec<f64> {
    let mut stock = 0.0;
    spend
        .iter()
        .map(|spend| {
            stock = spend + retained * stock;
            stock
        })
        .collect()
}

/// Geometric weights θ^0 … θ^(periods − 1).
#[must_use]
pub fn geometric_weights(retained: f64, periods: usize) -> Vec<f64> {
    (0..periods).map(|age| retained.powi(i32::try_from(age).unwrap_or(i32::MAX))).collect()
}

/// Weibull weights by age, from the period of the spend on, `periods` of them.
///
/// Density: f(1), f(2), …, less the least and divided by the range; 1, 0, 0, … where they are all alike. Distribution:
/// 1, S(1), S(1) S(2), … with S = 1 − F. `shape` and `scale` (periods) are above 0; else the effect ends with its period.
#[must_use]
pub fn weibull_weights(curve: WeibullCurve, shape: f64, scale: f64, periods: usize) -> Vec<f64> {
    let at_once = || (0..periods).map(|age| if age == 0 { 1.0 } else { 0.0 }).collect();
    let Ok(weibull) = Weibull::new(shape, scale) else { return at_once() };
    match curve {
        WeibullCurve::Cdf => {
            let mut left = 1.0;
            (0..periods)
                .map(|age| {
                    if age > 0 {
                        left *= weibull.sf(age as f64);
                    }
                    left
                })
                .collect()
        }
        WeibullCurve::Pdf => {
            let density: Vec<f64> = (1..=periods).map(|age| weibull.pdf(age as f64)).collect();
            let low = density.iter().copied().fold(f64::INFINITY, f64::min);
            let high = density.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            if high > low { density.into_iter().map(|value| (value - low) / (high - low)).collect() } else { at_once() }
        }
    }
}

/// Robyn's scale in periods: the quantile `scale` (0..1) of 1..=`window`, rounded, halves to the even neighbour.
#[must_use]
pub fn robyn_scale(scale: f64, window: usize) -> f64 {
    (1.0 + (window as f64 - 1.0) * scale).round_ties_even()
}

/// Weights scaled to 1 in sum; as they are where their sum is 0.
#[must_use]
pub fn normalized(mut weights: Vec<f64>) -> Vec<f64> {
    let sum: f64 = weights.iter().sum();
    if sum > 0.0 {
        weights.iter_mut().for_each(|weight| *weight /= sum);
    }
    weights
}

/// Adstock by weights: a_t = Σ_age weight(age) x_{t − age}. In the unit of `spend`.
#[must_use]
pub fn carry_over(spend: &[f64], weights: &[f64]) -> Vec<f64> {
    (0..spend.len())
        .map(|now| {
            let back = spend.get(..=now).unwrap_or_default().iter().rev();
            back.zip(weights).map(|(spend, weight)| spend * weight).sum()
        })
        .collect()
}

/// Hill's saturation x^s / (x^s + h^s), 0..1: half of the effect is reached at `half` (the unit of `x`), and with a
/// `shape` above 1 the curve is an S (Hill 1910). 0 where x is not above 0.
#[must_use]
pub fn hill(x: f64, shape: f64, half: f64) -> f64 {
    if x > 0.0 { 1.0 / (1.0 + (half / x).powf(shape)) } else { 0.0 }
}

/// Robyn's point of inflexion: `gamma` (0..1) of the way from the least to the greatest of the adstocked values.
#[must_use]
pub fn robyn_inflexion(adstocked: &[f64], gamma: f64) -> f64 {
    let low = adstocked.iter().copied().fold(f64::INFINITY, f64::min);
    let high = adstocked.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    low * (1.0 - gamma) + high * gamma
}

/// Michaelis and Menten's saturation `most` · x / (half + x), in the unit of `most` (1913).
#[must_use]
pub fn michaelis_menten(x: f64, most: f64, half: f64) -> f64 {
    if x > 0.0 { most * x / (half + x) } else { 0.0 }
}

/// Logistic saturation (1 − e^(−λx)) / (1 + e^(−λx)), 0..1; λ in 1 / the unit of `x`.
#[must_use]
pub fn logistic(x: f64, rate: f64) -> f64 {
    (rate * x / 2.0).tanh()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn near(ours: &[f64], theirs: &[f64]) {
        assert_eq!(ours.len(), theirs.len());
        for (ours, theirs) in ours.iter().zip(theirs) {
            assert!((ours - theirs).abs() < 1e-12, "{ours} instead of {theirs}");
        }
    }

    #[test]
    fn a_single_spend_fades_by_its_weights() {
        near(&geometric(&[8.0, 0.0, 0.0, 4.0], 0.5), &[8.0, 4.0, 2.0, 5.0]);
        near(&carry_over(&[8.0, 0.0, 0.0, 4.0], &geometric_weights(0.5, 4)), &[8.0, 4.0, 2.0, 5.0]);
        near(&carry_over(&[8.0, 0.0, 0.0], &normalized(vec![3.0, 1.0])), &[6.0, 2.0, 0.0]);
    }

    #[test]
    fn weibull_with_shape_1_is_exponential() {
        let e = (-0.5_f64).exp();
        near(&weibull_weights(WeibullCurve::Cdf, 1.0, 2.0, 3), &[1.0, e, e.powi(3)]);
        let density = weibull_weights(WeibullCurve::Pdf, 1.0, 2.0, 3);
        near(&density, &[1.0, (e - e * e) / (1.0 - e * e), 0.0]);
    }

    #[test]
    fn a_weibull_that_cannot_be_ends_with_its_period() {
        near(&weibull_weights(WeibullCurve::Cdf, 0.0, 2.0, 3), &[1.0, 0.0, 0.0]);
        near(&weibull_weights(WeibullCurve::Pdf, 2.0, 0.0, 3), &[1.0, 0.0, 0.0]);
    }

    #[test]
    fn half_is_reached_at_half() {
        assert!((hill(7.0, 2.5, 7.0) - 0.5).abs() < 1e-12);
        assert!((michaelis_menten(7.0, 3.0, 7.0) - 1.5).abs() < 1e-12);
        assert!((logistic(3.0_f64.ln(), 1.0) - 0.5).abs() < 1e-12);
        assert!(hill(0.0, 1.0, 5.0) == 0.0 && hill(1e300, 3.0, 1.0) == 1.0);
    }

    proptest! {
        #[test]
        fn michaelis_menten_is_hill_with_shape_1(x in 0.0..1e6_f64, half in 1e-3..1e6_f64) {
            prop_assert!((hill(x, 1.0, half) - michaelis_menten(x, 1.0, half)).abs() < 1e-12);
        }

        #[test]
        fn more_spend_never_brings_less(x in 0.0..1e6_f64, more in 0.0..1e6_f64, shape in 0.2..5.0_f64) {
            prop_assert!(hill(x + more, shape, 1e4) >= hill(x, shape, 1e4));
            prop_assert!(logistic(x + more, 1e-4) >= logistic(x, 1e-4));
        }

        #[test]
        fn carry_over_is_linear(
            spend in prop::collection::vec(0.0..1e3_f64, 1..30), by in 0.0..5.0_f64, shape in 0.3..4.0_f64
        ) {
            let weights = weibull_weights(WeibullCurve::Pdf, shape, 3.0, 12);
            let scaled: Vec<f64> = spend.iter().map(|spend| spend * by).collect();
            for (one, other) in carry_over(&spend, &weights).iter().zip(carry_over(&scaled, &weights)) {
                prop_assert!((one * by - other).abs() < 1e-8);
            }
        }
    }
}
