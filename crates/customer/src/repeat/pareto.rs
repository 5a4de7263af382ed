//! Pareto/NBD (Schmittlein, Morrison & Colombo, *Counting your customers: who are they and what will they do next?*,
//! Management Science 33, 1987; likelihood as in Fader & Hardie, *A note on deriving the Pareto/NBD model*, 2005).
//!
//! A customer may die at any time, at a rate of their own, gamma over customers.

use rand::Rng;
use rand_distr::{Distribution as _, Exp1, Gamma};
use serde::Serialize;
use statrs::function::gamma::ln_gamma;

use super::{MOST, Repeat};
use crate::Summary;

/// Parts into which the time to the next purchase is cut for integration, each by Gauss–Legendre of five points.
const PARTS: u32 = 16;
/// Nodes and weights of Gauss–Legendre with five points on −1 to 1 (Abramowitz & Stegun 25.4.30).
const GAUSS: [(f64, f64); 5] = [
    (0.0, 0.568_888_888_888_888_9),
    (0.538_469_310_105_683_1, 0.478_628_670_499_366_47),
    (-0.538_469_310_105_683_1, 0.478_628_670_499_366_47),
    (0.906_179_845_938_664, 0.236_926_885_056_189_08),
    (-0.906_179_845_938_664, 0.236_926_885_056_189_08),
];
/// Steps after which the continued fraction is cut. It has converged by then where `left` is 1e-4 or more; below, which
/// takes death rates so spread that next to nobody's is known, it is a little too small.
const STEPS: u32 = 500;
/// Halvings of the interval in which the next order's time is looked for.
const HALVINGS: u32 = 100;

/// Pareto/NBD: death at any time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ParetoNbd {
    /// Shape of the purchase rates.
    pub r: f64,
    /// Scale of the purchase rates: `r / alpha` is their mean.
    pub alpha: f64,
    /// Shape of the death rates.
    pub s: f64,
    /// Scale of the death rates: `s / beta` is their mean.
    pub beta: f64,
}

impl From<[f64; 4]> for ParetoNbd {
    fn from([r, alpha, s, beta]: [f64; 4]) -> Self {
        Self { r, alpha, s, beta }
    }
}

impl From<ParetoNbd> for [f64; 4] {
    fn from(ParetoNbd { r, alpha, s, beta }: ParetoNbd) -> Self {
        [r, alpha, s, beta]
    }
}

impl ParetoNbd {
    /// The logarithm of the odds of having died against being alive: s/(r+s+x) · (α+T)^(r+x) · (β+T)^s · A₀, where A₀ is
    /// f(t_x) − f(T) with f(t) = ₂F₁(r+s+x, s+1 or r+x; r+s+x+1; |α−β|/(m+t)) / (m+t)^(r+s+x), m the larger of α and β.
    fn log_odds_gone(&self, summary: &Summary) -> f64 {
        let Self { r, alpha, s, beta } = *self;
        let x = f64::from(summary.repeats);
        let all = r + s + x;
        let (larger, smaller, second) = if alpha >= beta { (alpha, beta, s + 1.0) } else { (beta, alpha, r + x) };
        let log = |time: f64| {
            let left = (smaller + time) / (larger + time);
            log_hypergeometric(all, second, left) - all * (larger + time).ln()
        };
        let (first, later) = (log(summary.recency), log(summary.age));
        let between = first + (-(later - first).exp()).ln_1p();
        s.ln() - all.ln() + (r + x) * (alpha + summary.age).ln() + s * (beta + summary.age).ln() + between
    }

    /// The probability that one who is alive buys within `time`: ∫ density of the wait for a purchase × chance to live
    /// until then. Purchase and death rates given the history are independent while alive, gamma(r + x, α + T) and
    /// gamma(s, β + T). Integrated over the wait's distribution function, where the integrand lies between 0 and 1.
    fn orders_of_alive(&self, summary: &Summary, time: f64) -> f64 {
        let Self { r, alpha, s, beta } = *self;
        let (shape, from, lives) = (r + f64::from(summary.repeats), alpha + summary.age, beta + summary.age);
        let most = 1.0 - (from / (from + time.max(0.0))).powf(shape);
        let width = most / f64::from(PARTS);
        let survives = |share: f64| {
            let wait = from * ((1.0 - share).powf(-1.0 / shape) - 1.0);
            (lives / (lives + wait)).powf(s)
        };
        let part = |number: u32| {
            let middle = (f64::from(number) + 0.5) * width;
            GAUSS.iter().map(|(node, weight)| weight * survives(middle + node * width / 2.0)).sum::<f64>()
        };
        (0..PARTS).map(part).sum::<f64>() * width / 2.0
    }
}

/// The logarithm of ₂F₁(a, b; a + 1; 1 − left) for 0 < left ≤ 1 and a + 1 > b > 0, as (1 − b) ln left + ln ₂F₁(1, a + 1 − b;
/// a + 1; 1 − left) (Abramowitz & Stegun 15.3.3), the latter by Gauss's continued fraction, evaluated as Lentz does
/// (Thompson & Barnett 1986). Where `left` is small the fraction needs some 10 / √left steps, the series 30 / left.
fn log_hypergeometric(a: f64, b: f64, left: f64) -> f64 {
    let (other, last) = (a + 1.0 - b, a + 1.0);
    let (mut fraction, mut above, mut below) = (1.0, 1.0, 0.0);
    for step in 0..STEPS {
        let m = f64::from(step / 2);
        let part = if step % 2 == 0 {
            (other + m) * (last - 1.0 + m) / ((last + 2.0 * m - 1.0) * (last + 2.0 * m))
        } else {
            (m + 1.0) * (last - other + m) / ((last + 2.0 * m) * (last + 2.0 * m + 1.0))
        };
        let part = -part * (1.0 - left);
        below = 1.0 / (1.0 + part * below);
        above = 1.0 + part / above;
        let change: f64 = above * below;
        fraction *= change;
        if (change - 1.0).abs() < 1e-15 {
            break;
        }
    }
    (1.0 - b) * left.ln() - f64::ln(fraction)
}

impl Repeat for ParetoNbd {
    fn log_likelihood(&self, summary: &Summary) -> f64 {
        let Self { r, alpha, s, beta } = *self;
        let x = f64::from(summary.repeats);
        let alive = ln_gamma(r + x) - ln_gamma(r) + r * alpha.ln() + s * beta.ln()
            - (r + x) * (alpha + summary.age).ln()
            - s * (beta + summary.age).ln();
        // The likelihood is that of being alive times (1 + odds of having died).
        let odds = self.log_odds_gone(summary);
        alive + if odds > 0.0 { odds + (-odds).exp().ln_1p() } else { odds.exp().ln_1p() }
    }

    fn alive(&self, summary: &Summary) -> f64 {
        1.0 / (1.0 + self.log_odds_gone(summary).exp())
    }

    /// (r+x)(β+T) / ((α+T)(s−1)) · (1 − ((β+T)/(β+T+t))^(s−1)) of those alive.
    fn expected(&self, summary: &Summary, time: f64) -> f64 {
        let Self { r, alpha, s, beta } = *self;
        // At s = 1 the formula has a removable gap.
        let power = if (s - 1.0).abs() < 1e-6 { 1e-6 } else { s - 1.0 };
        let lives = beta + summary.age;
        let lived = (1.0 - (lives / (lives + time.max(0.0))).powf(power)) / power;
        (r + f64::from(summary.repeats)) * lives / (alpha + summary.age) * lived * self.alive(summary)
    }

    fn orders_within(&self, summary: &Summary, time: f64) -> f64 {
        self.alive(summary) * self.orders_of_alive(summary, time)
    }

    fn next_order(&self, summary: &Summary, chance: f64) -> Option<f64> {
        let wanted = chance / self.alive(summary);
        let mut late = self.alpha + summary.age;
        while self.orders_of_alive(summary, late) < wanted {
            late *= 2.0;
            if !late.is_finite() || late > 1e9 {
                return None;
            }
        }
        let mut early = 0.0;
        for _ in 0..HALVINGS {
            let middle = f64::midpoint(early, late);
            if self.orders_of_alive(summary, middle) < wanted {
                early = middle;
            } else {
                late = middle;
            }
        }
        (chance >= 0.0).then_some(late)
    }

    /// Open are whether they are alive and, if so, their rates to buy, gamma(r + x, α + T), and to die, gamma(s, β + T).
    fn draw(&self, summary: &Summary, time: f64, numbers: &mut impl Rng, mut bought: impl FnMut(f64)) {
        if numbers.random::<f64>() >= self.alive(summary) {
            return;
        }
        let x = f64::from(summary.repeats);
        let rate = Gamma::new(self.r + x, 1.0 / (self.alpha + summary.age)).map(|rate| rate.sample(numbers));
        let dies = Gamma::new(self.s, 1.0 / (self.beta + summary.age)).map(|rate| rate.sample(numbers));
        let (Ok(rate), Ok(dies)) = (rate, dies) else { return };
        let life: f64 = Exp1.sample(numbers);
        let end = time.min(life / dies);
        let mut at = 0.0;
        for _ in 0..MOST {
            let step: f64 = Exp1.sample(numbers);
            at += step / rate;
            if at.is_nan() || at > end {
                return;
            }
            bought(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::hypergeometric, log_hypergeometric};

    #[test]
    fn the_continued_fraction_is_the_series_and_near_one_the_integral() {
        for (a, b) in [(0.7, 1.3), (3.2, 1.08), (9.0, 8.5), (120.0, 60.0), (2.5, 0.4), (6.3, 6.2)] {
            for left in [1.0, 0.999, 0.7, 0.3, 0.05] {
                let series = hypergeometric(a, b, a + 1.0, 1.0 - left).ln();
                let found = log_hypergeometric(a, b, left);
                assert!((found - series).abs() < 1e-11 * series.abs().max(1.0), "{a} {b} {left}: {found} {series}");
            }
            // a ∫ u^(a−1) (1 − z u)^(−b) du over 0..1, with 1 − z u = left + z w and w laid out by its logarithm.
            for left in [1e-3, 1e-4] {
                let z = 1.0 - left;
                let integrand = |log: f64| {
                    let w = f64::exp(log);
                    a * (1.0 - w).powf(a - 1.0) * (left + z * w).powf(-b) * w
                };
                // The midpoint rule: it never touches the ends, at which the integrand vanishes or has no end.
                let (low, parts) = (-40.0, 200_000_u32);
                let width = -low / f64::from(parts);
                let sum: f64 = (0..parts).map(|at| integrand(low + (f64::from(at) + 0.5) * width)).sum();
                let found = log_hypergeometric(a, b, left);
                assert!((found - (sum * width).ln()).abs() < 1e-3, "{a} {b} {left}: {found} {}", (sum * width).ln());
            }
        }
    }
}
