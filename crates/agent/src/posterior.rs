//! Beta posteriors of rates: who is best, and what is lost by choosing wrongly.
//!
//! A rate that was a success `s` times in `n` has, from a uniform prior, the posterior Beta(1 + s, 1 + n − s). Who is best
//! is read from seeded draws of the joint posterior (Thompson's): the same counts and seed give the same answer on every
//! machine.

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Beta, Distribution as _};

/// Draws of the joint posterior: the standard error of a probability of 5 % is then 0.2 points.
pub const DRAWS: u32 = 10_000;

/// Successes in trials.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counts {
    /// How often it came.
    pub successes: f64,
    /// How often it could have come.
    pub trials: f64,
}

impl Counts {
    /// Counts; providers report conversions that were never clicks, so successes are taken as trials at most.
    #[must_use]
    pub fn new(successes: f64, trials: f64) -> Self {
        let trials = if trials.is_finite() { trials.max(0.0) } else { 0.0 };
        let successes = if successes.is_finite() { successes.clamp(0.0, trials) } else { 0.0 };
        Self { successes, trials }
    }

    /// The posterior's mean.
    #[must_use]
    pub fn mean(self) -> f64 {
        (1.0 + self.successes) / (2.0 + self.trials)
    }

    fn posterior(self) -> Option<Beta<f64>> {
        Beta::new(1.0 + self.successes, 1.0 + self.trials - self.successes).ok()
    }
}

/// What is known of one arm among its rivals.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Standing {
    /// Probability that it is the best.
    pub p_best: f64,
    /// Expected gap to the best.
    pub expected_loss: f64,
}

/// The standing of each arm. An arm is one or more rates whose product counts: click-through rate alone, or times
/// conversions a click for conversions an impression.
#[must_use]
pub fn standings(arms: &[Vec<Counts>], seed: u64) -> Vec<Standing> {
    let posteriors: Vec<Vec<Beta<f64>>> =
        arms.iter().map(|arm| arm.iter().filter_map(|counts| counts.posterior()).collect()).collect();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut wins = vec![0_u32; arms.len()];
    let mut losses = vec![0.0; arms.len()];
    let mut draws = vec![0.0; arms.len()];
    for _ in 0..DRAWS {
        let mut best = (0, f64::NEG_INFINITY);
        for (index, (draw, arm)) in draws.iter_mut().zip(&posteriors).enumerate() {
            *draw = arm.iter().map(|rate| rate.sample(&mut random)).product();
            if *draw > best.1 {
                best = (index, *draw);
            }
        }
        if let Some(wins) = wins.get_mut(best.0) {
            *wins += 1;
        }
        for (loss, draw) in losses.iter_mut().zip(&draws) {
            *loss += best.1 - draw;
        }
    }
    wins.into_iter()
        .zip(losses)
        .map(|(wins, loss)| Standing {
            p_best: f64::from(wins) / f64::from(DRAWS),
            expected_loss: loss / f64::from(DRAWS),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// P(A > B) for Beta posteriors by summing the closed form over integer parameters (Evan Miller, "Formulas for
    /// Bayesian A/B Testing"): Σ_{i<αA} B(αB+i, βA+βB) / ((βA+i) B(1+i, βA) B(αB, βB)).
    fn p_beats(a: Counts, b: Counts) -> f64 {
        fn ln_gamma(x: f64) -> f64 {
            (1..x as u64).map(|n| (n as f64).ln()).sum()
        }
        let ln_beta = |x: f64, y: f64| ln_gamma(x) + ln_gamma(y) - ln_gamma(x + y);
        let parts = |c: Counts| (1.0 + c.successes, 1.0 + c.trials - c.successes);
        let ((aa, ab), (ba, bb)) = (parts(a), parts(b));
        (0..aa as u64)
            .map(|i| {
                let i = i as f64;
                (ln_beta(ba + i, ab + bb) - (ab + i).ln() - ln_beta(1.0 + i, ab) - ln_beta(ba, bb)).exp()
            })
            .sum()
    }

    #[test]
    fn two_arms_agree_with_the_closed_form() {
        for (a, b) in [((30.0, 1000.0), (20.0, 1000.0)), ((5.0, 40.0), (9.0, 60.0)), ((0.0, 0.0), (0.0, 0.0))] {
            let (a, b) = (Counts::new(a.0, a.1), Counts::new(b.0, b.1));
            let standings = standings(&[vec![a], vec![b]], 7);
            assert!((standings[0].p_best - p_beats(a, b)).abs() < 0.015, "{standings:?} {}", p_beats(a, b));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn probabilities_sum_to_one_and_losses_are_gaps(arms in prop::collection::vec((0_u32..400, 0_u32..4_000), 1..6), seed: u64) {
            let arms: Vec<Vec<Counts>> = arms.iter().map(|(s, n)| vec![Counts::new(f64::from(*s), f64::from(*n))]).collect();
            let found = standings(&arms, seed);
            prop_assert!((found.iter().map(|arm| arm.p_best).sum::<f64>() - 1.0).abs() < 1e-9);
            prop_assert!(found.iter().all(|arm| (0.0..=1.0).contains(&arm.expected_loss)));
            prop_assert_eq!(found, standings(&arms, seed));
        }
    }
}
