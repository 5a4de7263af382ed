//! Beta posteriors of rates: who is best, and what is lost by choosing wrongly.
//!
//! A rate that was a success `s` times in `n` has, from a uniform prior, the posterior Beta(1 + s, 1 + n − s). Who is best
//! is exact where an arm is one posterior ([`crate::best`]); where it is a product of several, it is read from seeded draws
//! of the joint posterior: the same beliefs and seed give the same answer on every machine.

use crate::belief::Belief;
use crate::best::exact;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

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

    /// Worth this share of what they were, 0 to 1: what is long ago tells less of a rate that drifts. Each day with
    /// 2^(−1 / half-life in days), or each step with a discount (Raj and Kalyani, "Taming Non-stationary Bandits", 2017).
    #[must_use]
    pub fn faded(self, keep: f64) -> Self {
        let keep = if keep.is_finite() { keep.clamp(0.0, 1.0) } else { 1.0 };
        Self { successes: self.successes * keep, trials: self.trials * keep }
    }

    /// The posterior's mean.
    #[must_use]
    pub fn mean(self) -> f64 {
        (1.0 + self.successes) / (2.0 + self.trials)
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
    let beliefs: Vec<Vec<Belief>> = arms.iter().map(|arm| arm.iter().copied().map(Belief::rate).collect()).collect();
    standings_of(&beliefs, seed)
}

/// As [`standings`], of any beliefs: a rate times what an order is worth, say. Exact where every arm has one factor; else
/// from [`DRAWS`] seeded draws.
#[must_use]
pub fn standings_of(arms: &[Vec<Belief>], seed: u64) -> Vec<Standing> {
    let single: Vec<Belief> =
        arms.iter().filter_map(|arm| if let [only] = arm.as_slice() { Some(*only) } else { None }).collect();
    if single.len() == arms.len() {
        return exact(&single);
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut wins = vec![0_u32; arms.len()];
    let mut losses = vec![0.0; arms.len()];
    let mut draws = vec![0.0; arms.len()];
    for _ in 0..DRAWS {
        let mut best = (0, f64::NEG_INFINITY);
        for (index, (draw, arm)) in draws.iter_mut().zip(arms).enumerate() {
            *draw = arm.iter().map(|factor| factor.sample(&mut random)).product();
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
            assert!((standings[0].p_best - p_beats(a, b)).abs() < 1e-9, "{standings:?} {}", p_beats(a, b));
        }
    }

    #[test]
    fn draws_agree_with_the_quadrature() {
        let arms = [(30.0, 1000.0), (35.0, 1000.0), (2.0, 60.0)].map(|(s, n)| Belief::rate(Counts::new(s, n)));
        // A factor that is always 1 makes it a product, and draws are taken.
        let one = Belief::Normal { mean: 1.0, sd: 0.0 };
        let drawn = standings_of(&arms.map(|arm| vec![arm, one]), 3);
        for (drawn, exact) in drawn.iter().zip(exact(&arms)) {
            assert!((drawn.p_best - exact.p_best).abs() < 0.015, "{drawn:?} {exact:?}");
            assert!((drawn.expected_loss - exact.expected_loss).abs() < 0.001, "{drawn:?} {exact:?}");
        }
    }

    #[test]
    fn a_variant_that_sells_less_often_may_be_worth_more() {
        let arm = |orders: f64, value: f64| {
            let values = crate::belief::Values { n: orders, sum: orders * value, sum_squares: orders * value * value };
            vec![Belief::rate(Counts::new(orders, 5_000.0)), Belief::spend(&values, 1.0, 50.0)]
        };
        let found = standings_of(&[arm(250.0, 40.0), arm(200.0, 80.0)], 1);
        assert!(found[1].p_best > 0.99, "{found:?}");
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
