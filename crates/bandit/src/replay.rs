//! What another policy would have brought, from decisions that were logged: no visitor is needed for the answer.
//!
//! Each decision is logged with the probability it had (its propensity; [`crate::propensities`] says it). Three estimators
//! of the reward a visitor under a target policy, in one pass:
//!
//! - **IPS** (Horvitz and Thompson 1952): mean of w r with w = target / logged probability. Unbiased, noisy.
//! - **SNIPS** (Swaminathan and Joachims 2015): Σ w r / Σ w. Little bias, much less noise.
//! - **Doubly robust** (Dudík, Langford and Li 2011): a model's prediction, corrected by the weighted residual. Right where
//!   either the propensities or the model are.
//!
//! And [`replay`]: a policy that learns, run over a log, keeping the decisions in which it agrees (Li et al. 2011).
//!
//! None of them can know an arm that was never shown where the target would show it: see `effective_n`.

use rand::Rng;
use serde::{Deserialize, Serialize};

/// A decision as it was logged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Logged<C> {
    /// What was known of the visitor.
    pub context: C,
    /// The arm shown.
    pub arm: usize,
    /// The probability with which it was chosen: above 0, at most 1.
    pub propensity: f64,
    /// What it brought.
    pub reward: f64,
}

/// Why a log cannot be evaluated.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum BadLog {
    /// Nothing was logged.
    #[error("the log is empty")]
    Empty,
    /// A line that cannot be.
    #[error("decision {line}: {field} is {found}, it must be {wanted}")]
    Line {
        /// Which, from 1.
        line: u64,
        /// Which number.
        field: &'static str,
        /// What it is.
        found: f64,
        /// What it may be.
        wanted: &'static str,
    },
}

/// An estimate of the reward a visitor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Reward a visitor.
    pub value: f64,
    /// Its standard error; ± 1.96 of it hold the truth 95 times of 100 where weights are not extreme.
    pub standard_error: f64,
}

/// What a target policy would have brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Decisions.
    pub n: u64,
    /// What the logged policy brought.
    pub logged: Estimate,
    /// Inverse propensity.
    pub ips: Estimate,
    /// Self-normalised.
    pub snips: Estimate,
    /// Doubly robust.
    pub doubly_robust: Estimate,
    /// So many visitors of the target policy the log is worth, (Σ w)² / Σ w².
    pub effective_n: f64,
    /// Mean weight: about 1, or the propensities are wrong.
    pub mean_weight: f64,
    /// Weights that were cut to the cap. Cutting trades noise for bias.
    pub capped: u64,
}

/// Mean and its error, added up one by one (Welford).
#[derive(Clone, Copy, Default)]
struct Running {
    n: f64,
    mean: f64,
    squares: f64,
}

impl Running {
    fn push(&mut self, value: f64) {
        self.n += 1.0;
        let off = value - self.mean;
        self.mean += off / self.n;
        self.squares += off * (value - self.mean);
    }

    fn estimate(&self) -> Estimate {
        let variance = if self.n > 1.0 { self.squares / (self.n - 1.0) } else { f64::INFINITY };
        Estimate { value: self.mean, standard_error: (variance / self.n).sqrt() }
    }
}

/// Evaluates a target policy on a log, in one pass. `target` is the probability with which it would show each arm to a
/// context; `model` predicts an arm's reward for a context and must not have been fitted on the same lines (fit on one
/// half, evaluate on the other); weights above `cap` are cut to it, infinity cuts none.
///
/// # Errors
/// The log is empty, or a line of it cannot be.
pub fn evaluate<'a, C: 'a>(
    log: impl IntoIterator<Item = &'a Logged<C>>,
    target: impl Fn(&C) -> Vec<f64>,
    model: impl Fn(&C, usize) -> f64,
    cap: f64,
) -> Result<Evaluation, BadLog> {
    let (mut logged, mut ips, mut robust) = (Running::default(), Running::default(), Running::default());
    let [mut w, mut ww, mut wr, mut wwr, mut wwrr] = [0.0; 5];
    let mut capped = 0;
    for (line, decision) in (1..).zip(log) {
        let Logged { propensity, reward, .. } = *decision;
        if !(propensity > 0.0 && propensity <= 1.0) {
            return Err(BadLog::Line { line, field: "propensity", found: propensity, wanted: "above 0, at most 1" });
        }
        if !reward.is_finite() {
            return Err(BadLog::Line { line, field: "reward", found: reward, wanted: "a number" });
        }
        let shares = target(&decision.context);
        let Some(share) = shares.get(decision.arm).copied() else {
            let found = decision.arm as f64;
            return Err(BadLog::Line { line, field: "arm", found, wanted: "one the target policy knows" });
        };
        let full = share / propensity;
        let weight = full.min(cap);
        capped += u64::from(weight < full);
        logged.push(reward);
        ips.push(weight * reward);
        let predicted: f64 = shares.iter().enumerate().map(|(arm, share)| share * model(&decision.context, arm)).sum();
        robust.push(predicted + weight * (reward - model(&decision.context, decision.arm)));
        w += weight;
        ww += weight * weight;
        wr += weight * reward;
        wwr += weight * weight * reward;
        wwrr += weight * weight * reward * reward;
    }
    if logged.n == 0.0 {
        return Err(BadLog::Empty);
    }
    let value = if w > 0.0 { wr / w } else { 0.0 };
    // The delta method for a ratio of sums: Σ w² (r − value)² / (Σ w)².
    let off = (wwrr - 2.0 * value * wwr + value * value * ww).max(0.0);
    let snips = Estimate { value, standard_error: if w > 0.0 { off.sqrt() / w } else { f64::INFINITY } };
    Ok(Evaluation {
        n: logged.n as u64,
        logged: logged.estimate(),
        ips: ips.estimate(),
        snips,
        doubly_robust: robust.estimate(),
        effective_n: if ww > 0.0 { w * w / ww } else { 0.0 },
        mean_weight: w / logged.n,
        capped,
    })
}

/// A policy that learns, as [`replay`] runs it.
pub trait Policy<C> {
    /// The arm it shows.
    fn choose(&mut self, context: &C) -> usize;
    /// What came of it.
    fn learn(&mut self, context: &C, arm: usize, reward: f64);
}

/// Runs a policy that learns over a log. It sees the decisions in which it agrees with what was shown, kept with
/// probability `least` / propensity so that what it sees is as if arms had been shown evenly; `least` is the smallest
/// propensity of the log. The estimate is of its reward a visitor over as many visitors as were kept, `n`.
///
/// # Errors
/// A propensity below `least`, or nothing kept.
pub fn replay<'a, C: 'a, R: Rng + ?Sized>(
    log: impl IntoIterator<Item = &'a Logged<C>>,
    policy: &mut impl Policy<C>,
    least: f64,
    random: &mut R,
) -> Result<(Estimate, u64), BadLog> {
    let mut kept = Running::default();
    for (line, decision) in (1..).zip(log) {
        let found = decision.propensity;
        if !(found >= least && least > 0.0) {
            return Err(BadLog::Line { line, field: "propensity", found, wanted: "the smallest of the log or more" });
        }
        if policy.choose(&decision.context) == decision.arm && random.random::<f64>() < least / found {
            kept.push(decision.reward);
            policy.learn(&decision.context, decision.arm, decision.reward);
        }
    }
    if kept.n == 0.0 { Err(BadLog::Empty) } else { Ok((kept.estimate(), kept.n as u64)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;

    const RATES: [[f64; 3]; 2] = [[0.1, 0.2, 0.3], [0.3, 0.2, 0.1]];
    const SHARES: [[f64; 3]; 2] = [[0.6, 0.3, 0.1], [0.2, 0.3, 0.5]];

    fn log(n: usize, seed: u64) -> Vec<Logged<usize>> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        (0..n)
            .map(|_| {
                let context = usize::from(random.random_bool(0.5));
                let arm = crate::best::pick(&SHARES[context], random.random()).unwrap();
                let reward = f64::from(random.random_bool(RATES[context][arm]));
                Logged { context, arm, propensity: SHARES[context][arm], reward }
            })
            .collect()
    }

    /// The best arm of each context; worth 0.3.
    fn best(context: &usize) -> Vec<f64> {
        if *context == 0 { vec![0.0, 0.0, 1.0] } else { vec![1.0, 0.0, 0.0] }
    }

    #[test]
    fn every_estimator_finds_the_truth_and_its_error_is_the_true_one() {
        let runs = 300;
        let mut found: Vec<Evaluation> = Vec::new();
        for seed in 0..runs {
            // A model that is wrong by a tenth everywhere.
            found.push(evaluate(&log(2_000, seed), best, |c, arm| RATES[*c][arm] * 0.9, f64::INFINITY).unwrap());
        }
        let of = |which: fn(&Evaluation) -> Estimate| {
            let mean = found.iter().map(|e| which(e).value).sum::<f64>() / runs as f64;
            let true_error = (found.iter().map(|e| (which(e).value - 0.3).powi(2)).sum::<f64>() / runs as f64).sqrt();
            let stated = found.iter().map(|e| which(e).standard_error).sum::<f64>() / runs as f64;
            assert!((mean - 0.3).abs() < 0.006, "{mean}");
            assert!((stated / true_error - 1.0).abs() < 0.15, "{stated} {true_error}");
            stated
        };
        let (ips, snips, robust) = (of(|e| e.ips), of(|e| e.snips), of(|e| e.doubly_robust));
        assert!(robust < ips && snips < ips, "{ips} {snips} {robust}");
        assert!(found.iter().all(|e| (e.mean_weight - 1.0).abs() < 0.35 && e.effective_n < 2_000.0));
    }

    #[test]
    fn a_right_model_is_right_with_wrong_propensities() {
        let mut lines = log(20_000, 1);
        lines.iter_mut().for_each(|line| line.propensity = 1.0 / 3.0);
        let found = evaluate(&lines, best, |c, arm| RATES[*c][arm], f64::INFINITY).unwrap();
        assert!((found.doubly_robust.value - 0.3).abs() < 0.02 && (found.ips.value - 0.3).abs() > 0.04, "{found:?}");
        assert!((found.mean_weight - 1.0).abs() > 0.1, "{found:?}");
    }

    #[test]
    fn the_logged_policy_evaluated_is_what_it_brought() {
        let lines = log(5_000, 4);
        let found = evaluate(&lines, |c| SHARES[*c].to_vec(), |_, _| 0.0, f64::INFINITY).unwrap();
        assert!((found.ips.value - found.logged.value).abs() < 1e-12);
        assert!((found.snips.value - found.logged.value).abs() < 1e-12 && (found.effective_n - 5_000.0).abs() < 1e-6);
        let capped = evaluate(&lines, best, |_, _| 0.0, 3.0).unwrap();
        assert!(capped.capped > 0 && capped.ips.value < 0.25, "{capped:?}");
    }

    #[test]
    fn a_log_that_cannot_be_is_refused_by_line() {
        let mut lines = log(3, 1);
        lines[1].propensity = 0.0;
        let refused = evaluate(&lines, best, |_, _| 0.0, 10.0).unwrap_err().to_string();
        assert_eq!(refused, "decision 2: propensity is 0, it must be above 0, at most 1");
        assert_eq!(evaluate(&log(0, 1), best, |_, _| 0.0, 10.0), Err(BadLog::Empty));
    }

    #[test]
    fn a_policy_replayed_earns_what_it_would_have_earned() {
        struct Fixed;
        impl Policy<usize> for Fixed {
            fn choose(&mut self, context: &usize) -> usize {
                if *context == 0 { 2 } else { 0 }
            }
            fn learn(&mut self, _: &usize, _: usize, _: f64) {}
        }
        let mut random = ChaCha8Rng::seed_from_u64(6);
        let (found, kept) = replay(&log(60_000, 2), &mut Fixed, 0.1, &mut random).unwrap();
        assert!((found.value - 0.3).abs() < 3.0 * found.standard_error && kept > 4_000, "{found:?} {kept}");
    }
}
