//! Which arm is the best, exactly: the probability by quadrature, not by draws.
//!
//! P(i is the best) = ∫ fᵢ(x) Πⱼ≠ᵢ Fⱼ(x) dx, and E[max] from the same places; composite Gauss-Legendre over panels that
//! follow the scale of every arm, so that an arm hardly seen and one well known are integrated alike.

use crate::belief::Belief;
use crate::posterior::Standing;

/// Half the nodes of Gauss-Legendre of order 16 on [−1, 1], with their weights (Abramowitz and Stegun, table 25.4).
const NODES: [(f64, f64); 8] = [
    (0.095_012_509_837_637_44, 0.189_450_610_455_068_5),
    (0.281_603_550_779_258_9, 0.182_603_415_044_923_58),
    (0.458_016_777_657_227_4, 0.169_156_519_395_002_53),
    (0.617_876_244_402_643_8, 0.149_595_988_816_576_73),
    (0.755_404_408_355_003, 0.124_628_971_255_533_87),
    (0.865_631_202_387_831_7, 0.095_158_511_682_492_78),
    (0.944_575_023_073_232_6, 0.062_253_523_938_647_89),
    (0.989_400_934_991_649_9, 0.027_152_459_411_754_096),
];

/// The standing of each arm: exact to some nine digits. Arms that are one and the same share evenly.
#[must_use]
pub fn exact(arms: &[Belief]) -> Vec<Standing> {
    if arms.len() < 2 {
        return arms.iter().map(|_| Standing { p_best: 1.0, expected_loss: 0.0 }).collect();
    }
    let (places, weights) = places(arms);
    let curves: Vec<Vec<(f64, f64)>> = arms.iter().map(|arm| arm.curve(&places)).collect();
    let mut p_best = vec![0.0; arms.len()];
    let mut loss = vec![0.0; arms.len()];
    // Products of the arms before and after each, so that no arm is divided out.
    let mut after = vec![1.0; arms.len()];
    for (place, weight) in weights.iter().enumerate() {
        let at = |arm: &Vec<(f64, f64)>| arm.get(place).copied().unwrap_or_default();
        let mut product = 1.0;
        for (arm, slot) in curves.iter().rev().zip(after.iter_mut().rev()) {
            *slot = product;
            product *= at(arm).0;
        }
        let all = product;
        let mut before = 1.0;
        for (((arm, p_best), loss), after) in curves.iter().zip(&mut p_best).zip(&mut loss).zip(&after) {
            let (below, density) = at(arm);
            *p_best += weight * density * before * after;
            // E[max − θ] = ∫ (F(x) − Π F(x)) dx.
            *loss += weight * (below - all);
            before *= below;
        }
    }
    let total: f64 = p_best.iter().sum();
    p_best
        .into_iter()
        .zip(loss)
        .map(|(p, loss): (f64, f64)| Standing {
            p_best: if total > 0.0 { p / total } else { 1.0 / arms.len() as f64 },
            expected_loss: loss.max(0.0),
        })
        .collect()
}

/// Nodes and weights of all panels.
fn places(arms: &[Belief]) -> (Vec<f64>, Vec<f64>) {
    let mut knots: Vec<f64> = arms.iter().flat_map(Belief::knots).filter(|knot| knot.is_finite()).collect();
    knots.sort_by(f64::total_cmp);
    knots.dedup();
    let panels = knots.iter().zip(knots.iter().skip(1));
    let (mut places, mut weights) = (Vec::new(), Vec::new());
    for (low, high) in panels {
        let (middle, half) = (f64::midpoint(*low, *high), 0.5 * (high - low));
        for (node, weight) in NODES {
            for side in [-node, node] {
                places.push(middle + half * side);
                weights.push(half * weight);
            }
        }
    }
    (places, weights)
}

/// Shares of the traffic: every arm at least `floor`, the rest by the probability of being the best, f + (1 − K f) p. A
/// floor that K arms cannot have is cut to 1/K.
#[must_use]
pub fn shares(standings: &[Standing], floor: f64) -> Vec<f64> {
    let count = standings.len() as f64;
    let floor = if floor.is_finite() { floor.clamp(0.0, 1.0 / count.max(1.0)) } else { 0.0 };
    standings.iter().map(|standing| floor + (1.0 - count * floor) * standing.p_best).collect()
}

/// The arm that a number between 0 and 1 falls to, by shares.
#[must_use]
pub fn pick(shares: &[f64], at: f64) -> Option<usize> {
    let total: f64 = shares.iter().sum();
    let mut left = at * total;
    let mut last = None;
    for (place, share) in shares.iter().enumerate().filter(|(_, share)| **share > 0.0) {
        last = Some(place);
        left -= share;
        if left < 0.0 {
            break;
        }
    }
    last
}
