//! An absorbing Markov chain: how likely a walk converts, and what it earns, with some states taken out.
//!
//! Two solvers of x = Qx + r, both without a single subtraction, so that nothing cancels. Gauss–Seidel sweeps, states
//! in post-order (what follows comes first), settle most chains in a few dozen passes over the edges. The stopping rule
//! is a bound, not a hope: after a sweep every residual is at most the largest change, and an error at the start is at
//! most the mean number of steps of a walk times that. A chain that walks in circles so long that sweeping would cost
//! more than elimination is eliminated state by state (Grassmann, Taksar & Heyman, "Regenerative analysis and steady
//! state distributions for Markov chains", Operations Research 33, 1985), which is accurate to rounding however long the
//! walks are.

/// What can be asked at once: the probability to convert, and the value expected.
pub(crate) type Pair = [f64; 2];

/// How much error is left in the answer, relative to that of the whole chain.
const PRECISION: f64 = 1e-13;

/// Largest number of states for which a full matrix is held: 32 MB.
const MAX_ELIMINATED: usize = 2_000;

/// Sweeps after which a chain too large to eliminate is taken as it is; at that many, a walk has 10⁵ steps.
const MAX_SWEEPS: usize = 1_000_000;

/// A transition.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    /// Where to.
    pub(crate) to: u32,
    /// How likely.
    pub(crate) probability: f64,
}

/// Transient states, numbered from 0, and how walks start, go on and end.
#[derive(Debug, Clone, Default)]
pub(crate) struct Chain {
    /// One list of transitions after the other; no state leads to itself.
    pub(crate) steps: Vec<Step>,
    /// Where each state's transitions end in `steps`.
    pub(crate) ends: Vec<usize>,
    /// What each state earns when a walk ends there: probability to convert, value expected.
    pub(crate) earns: Vec<Pair>,
    /// Probability that a walk ends in each state, converted or not.
    pub(crate) leaves: Vec<f64>,
    /// Probability that a walk starts in each state.
    pub(crate) starts: Vec<f64>,
    /// States an average walk passes through.
    pub(crate) mean_steps: f64,
    /// What an average walk earns.
    pub(crate) whole: Pair,
}

impl Chain {
    fn rows(&self) -> impl Iterator<Item = &[Step]> {
        let mut from = 0;
        self.ends.iter().map(move |&end| {
            let row = self.steps.get(from..end).unwrap_or_default();
            from = end;
            row
        })
    }

    /// What a walk earns when every state for which `removed` is true ends it with nothing.
    pub(crate) fn earned_without(&self, removed: &[bool]) -> Pair {
        let kept = self.ends.len() - removed.iter().filter(|removed| **removed).count();
        let eliminating = kept.saturating_pow(3) / 3;
        let affordable = if kept <= MAX_ELIMINATED { eliminating / self.steps.len().max(1) } else { MAX_SWEEPS };
        // Never fewer than a few hundred sweeps: those cost less than setting up a matrix.
        match self.sweep(removed, affordable.clamp(300, MAX_SWEEPS)) {
            Swept::Settled(earned) => earned,
            Swept::Walking(earned) if kept > MAX_ELIMINATED => earned,
            Swept::Walking(_) => self.eliminate(removed),
        }
    }

    /// The same with walks of at most `draws` draws: one to start, one for each transition, one to end.
    pub(crate) fn earned_within(&self, draws: usize, removed: &[bool]) -> Pair {
        let kept = |probabilities: &[f64]| -> Vec<f64> {
            probabilities.iter().zip(removed).map(|(p, removed)| if *removed { 0.0 } else { *p }).collect()
        };
        let mut at = kept(&self.starts);
        let mut earned = [0.0; 2];
        for _ in 1..draws {
            let mut next = vec![0.0; at.len()];
            for ((row, here), earns) in self.rows().zip(&at).zip(&self.earns) {
                earned = [earned[0] + here * earns[0], earned[1] + here * earns[1]];
                for step in row {
                    if let Some(next) = next.get_mut(step.to as usize) {
                        *next += here * step.probability;
                    }
                }
            }
            at = kept(&next);
        }
        earned
    }

    fn sweep(&self, removed: &[bool], sweeps: usize) -> Swept {
        let mut x: Vec<Pair> = vec![[0.0; 2]; self.ends.len()];
        let allowed = self.whole.map(|whole| PRECISION * whole.abs() / self.mean_steps.max(1.0));
        let mut settled = false;
        for _ in 0..sweeps {
            let mut change = [0.0_f64; 2];
            let mut largest = [0.0_f64; 2];
            for (state, ((row, earns), removed)) in self.rows().zip(&self.earns).zip(removed).enumerate() {
                if *removed {
                    continue;
                }
                let [mut converts, mut value] = *earns;
                for step in row {
                    if let Some([next_converts, next_value]) = x.get(step.to as usize) {
                        converts += step.probability * next_converts;
                        value += step.probability * next_value;
                    }
                }
                if let Some(now) = x.get_mut(state) {
                    change = [change[0].max((converts - now[0]).abs()), change[1].max((value - now[1]).abs())];
                    largest = [largest[0].max(converts.abs()), largest[1].max(value.abs())];
                    *now = [converts, value];
                }
            }
            // What is below rounding does not change any more.
            let still = |at: [f64; 3]| at[0] <= at[1] || at[0] <= 2.0 * f64::EPSILON * at[2];
            if still([change[0], allowed[0], largest[0]]) && still([change[1], allowed[1], largest[1]]) {
                settled = true;
                break;
            }
        }
        let earned = self
            .starts
            .iter()
            .zip(&x)
            .fold([0.0; 2], |[converts, value], (start, x)| [converts + start * x[0], value + start * x[1]]);
        if settled { Swept::Settled(earned) } else { Swept::Walking(earned) }
    }

    /// Takes out one state after the other, sending what came to it on to where it would have gone.
    fn eliminate(&self, removed: &[bool]) -> Pair {
        // The start is state 0, so that its row holds the answer in the end.
        let mut number = 0_usize;
        let numbers: Vec<Option<usize>> = removed
            .iter()
            .map(|removed| {
                (!removed).then(|| {
                    number += 1;
                    number
                })
            })
            .collect();
        let size = number + 1;
        let mut rows: Vec<Row> = vec![Row { to: vec![0.0; size], leaves: 0.0, earns: [0.0; 2] }; size];
        if let Some(first) = rows.first_mut() {
            for (number, start) in numbers.iter().zip(&self.starts) {
                first.send(*number, *start);
            }
        }
        for (((number, steps), earns), leaves) in numbers.iter().zip(self.rows()).zip(&self.earns).zip(&self.leaves) {
            let Some(row) = number.and_then(|number| rows.get_mut(number)) else { continue };
            row.leaves += leaves;
            row.earns = *earns;
            for step in steps {
                row.send(numbers.get(step.to as usize).copied().flatten(), step.probability);
            }
        }
        while rows.len() > 1 {
            let Some(gone) = rows.pop() else { break };
            let at = rows.len();
            // Ways back to itself are left out: a walk goes on by the other ways, in their proportion.
            let goes_on = gone.leaves + gone.to.iter().take(at).sum::<f64>();
            // Nothing is left of a state that no journey passed through.
            if goes_on == 0.0 {
                continue;
            }
            for row in &mut rows {
                let share = row.to.get(at).copied().unwrap_or(0.0) / goes_on;
                if share == 0.0 {
                    continue;
                }
                row.leaves += share * gone.leaves;
                row.earns = [row.earns[0] + share * gone.earns[0], row.earns[1] + share * gone.earns[1]];
                for (mine, its) in row.to.iter_mut().zip(gone.to.iter().take(at)) {
                    *mine += share * its;
                }
            }
        }
        rows.first().map_or([0.0; 2], |row| row.earns)
    }
}

enum Swept {
    /// Exact to rounding.
    Settled(Pair),
    /// The sweeps were used up.
    Walking(Pair),
}

/// A state while states are eliminated.
#[derive(Clone)]
struct Row {
    to: Vec<f64>,
    leaves: f64,
    earns: Pair,
}

impl Row {
    /// A transition to a numbered state; to one that was removed, the walk ends.
    fn send(&mut self, number: Option<usize>, probability: f64) {
        match number.and_then(|number| self.to.get_mut(number)) {
            Some(to) => *to += probability,
            None => self.leaves += probability,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two states that hand a walk to and fro; one in `exit` times it ends, half the time converted.
    fn ping_pong(exit: f64) -> Chain {
        let on = 1.0 - exit;
        Chain {
            steps: vec![Step { to: 1, probability: on }, Step { to: 0, probability: on }],
            ends: vec![1, 2],
            earns: vec![[exit, 7.0 * exit], [0.0, 0.0]],
            leaves: vec![exit, exit],
            starts: vec![1.0, 0.0],
            mean_steps: 1.0 / exit,
            whole: [1.0 / (2.0 - exit), 7.0 / (2.0 - exit)],
        }
    }

    #[test]
    fn both_solvers_agree_and_meet_the_closed_form() {
        for exit in [0.5, 1e-3] {
            let chain = ping_pong(exit);
            let Swept::Settled(swept) = chain.sweep(&[false, false], 100_000) else { panic!("not settled") };
            let eliminated = chain.eliminate(&[false, false]);
            for (found, expected) in swept.iter().chain(&eliminated).zip(chain.whole.iter().cycle()) {
                assert!((found - expected).abs() <= 1e-11 * expected, "{exit}: {found} {expected}");
            }
            for solved in [chain.eliminate(&[false, true]), chain.earned_without(&[false, true])] {
                assert!((solved[0] - exit).abs() <= 1e-14, "{solved:?}");
            }
            assert_eq!(chain.earned_without(&[true, false]), [0.0, 0.0]);
        }
    }

    #[test]
    fn walks_of_a_billion_steps_are_eliminated_to_rounding() {
        let chain = ping_pong(1e-9);
        assert!(matches!(chain.sweep(&[false, false], 1_000), Swept::Walking(_)));
        let earned = chain.earned_without(&[false, false]);
        for (found, expected) in earned.iter().zip(&chain.whole) {
            assert!((found - expected).abs() <= 1e-14 * expected, "{found} {expected}");
        }
    }
}
