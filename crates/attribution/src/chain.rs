//! An absorbing Markov chain: how likely a walk converts, and what it earns, with some states taken out.
//!
//! Two solvers of x = Qx + r, both without a single subtraction, so that nothing cancels. Gauss–Seidel sweeps, states
//! in post-order (what follows comes first), settle most chains in a few dozen passes over the edges. The stopping rule
//! is a bound, not a hope: after a sweep every residual is at most the largest change, and an error at the start is at
//! most the mean number of steps of a walk times that. Where that would cost more, because walks go in circles for long
//! or because there are hundreds of channels to take out, states are eliminated one by one (Grassmann, Taksar & Heyman,
//! "Regenerative analysis and steady state distributions for Markov chains", Operations Research 33, 1985), which is
//! accurate to rounding however long the walks are. Taking out each channel in turn then shares its work: eliminate the
//! states of one half of the channels, ask the same of the other half, and the other way round.

use std::ops::Range;

/// What can be asked at once: the probability to convert, and the value expected.
pub(crate) type Pair = [f64; 2];

/// How much error is left in the answer, relative to that of the whole chain.
const PRECISION: f64 = 1e-13;

/// Largest number of states for which a full matrix is held: 18 MB, and its halves.
const MAX_ELIMINATED: usize = 1_500;

/// Sweeps after which a chain too large to eliminate is taken as it is. Its walks have some 10⁵ steps.
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

    /// What a walk earns, and what it earns without each channel: when every state that holds the channel ends it with
    /// nothing. `holds` says whether a state has one of a range of channels.
    pub(crate) fn without_each(
        &self,
        channels: usize,
        holds: &dyn Fn(usize, &Range<usize>) -> bool,
    ) -> (Pair, Vec<Pair>) {
        let states = self.ends.len();
        let can_eliminate = states <= MAX_ELIMINATED;
        // Passes over the edges that cost as much as eliminating, about (4/3) n³ for all channels together.
        let passes = states.saturating_pow(3) / self.steps.len().max(1) * 4 / 3;
        let mut removed = vec![false; states];
        let affordable = if can_eliminate { passes.max(300) } else { MAX_SWEEPS };
        let whole = self.sweep(&removed, affordable);
        if can_eliminate && whole.sweeps > affordable / channels.max(1) {
            let mut earned = Vec::with_capacity(channels);
            Matrix::of(self).without_each(&(0..channels), holds, &mut earned);
            return (self.whole, earned);
        }
        let mut earned = Vec::with_capacity(channels);
        for channel in 0..channels {
            for (state, removed) in removed.iter_mut().enumerate() {
                *removed = holds(state, &(channel..channel + 1));
            }
            // A walk that may end earlier settles no later.
            earned.push(self.sweep(&removed, MAX_SWEEPS).earned);
        }
        (whole.earned, earned)
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

    pub(crate) fn sweep(&self, removed: &[bool], most: usize) -> Swept {
        let mut x: Vec<Pair> = vec![[0.0; 2]; self.ends.len()];
        let allowed = self.whole.map(|whole| PRECISION * whole.abs() / self.mean_steps.max(1.0));
        let mut sweeps = most + 1;
        for sweep in 1..=most {
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
                sweeps = sweep;
                break;
            }
        }
        let earned = self
            .starts
            .iter()
            .zip(&x)
            .fold([0.0; 2], |[converts, value], (start, x)| [converts + start * x[0], value + start * x[1]]);
        Swept { earned, sweeps }
    }
}

/// What sweeping found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Swept {
    /// What a walk earns.
    pub(crate) earned: Pair,
    /// How many it took to settle; one more than were allowed if it did not.
    pub(crate) sweeps: usize,
}

/// A chain with a full row a state. Row 0 is the start: in the end it holds the answer.
pub(crate) struct Matrix {
    rows: Vec<Row>,
    /// Which state a row is; the start is none.
    states: Vec<usize>,
}

impl Matrix {
    pub(crate) fn of(chain: &Chain) -> Self {
        let size = chain.ends.len() + 1;
        let mut rows: Vec<Row> = vec![Row { to: vec![0.0; size], leaves: 0.0, earns: [0.0; 2] }; size];
        if let Some(start) = rows.first_mut() {
            start.to.iter_mut().skip(1).zip(&chain.starts).for_each(|(to, start)| *to = *start);
        }
        for (((row, steps), earns), leaves) in
            rows.iter_mut().skip(1).zip(chain.rows()).zip(&chain.earns).zip(&chain.leaves)
        {
            row.leaves = *leaves;
            row.earns = *earns;
            for step in steps {
                if let Some(to) = row.to.get_mut(step.to as usize + 1) {
                    *to += step.probability;
                }
            }
        }
        Self { rows, states: (0..chain.ends.len()).collect() }
    }

    /// What is earned without each of `channels`, pushed to `earned` in their order. All other states must be gone.
    pub(crate) fn without_each(
        &self,
        channels: &Range<usize>,
        holds: &dyn Fn(usize, &Range<usize>) -> bool,
        earned: &mut Vec<Pair>,
    ) {
        if channels.len() <= 1 {
            // What is left of the chain is this channel's: whatever has not been earned by now would pass through it.
            earned.extend(self.rows.first().map(|start| start.earns));
            return;
        }
        let middle = channels.start + channels.len() / 2;
        for half in [channels.start..middle, middle..channels.end] {
            self.reduced_to(|state| holds(state, &half)).without_each(&half, holds, earned);
        }
    }

    /// The chain watched only while it is in the states to keep: the others are taken out one after the other, and what
    /// came to them goes on to where they would have gone.
    fn reduced_to(&self, keep: impl Fn(usize) -> bool) -> Self {
        let (kept, gone): (Vec<usize>, Vec<usize>) =
            (0..self.states.len()).partition(|&at| self.states.get(at).is_some_and(|&state| keep(state)));
        let order: Vec<usize> = std::iter::once(0).chain(kept.iter().chain(&gone).map(|at| at + 1)).collect();
        let mut rows: Vec<Row> = order
            .iter()
            .filter_map(|&at| self.rows.get(at))
            .map(|row| Row { to: order.iter().map(|&at| row.to.get(at).copied().unwrap_or(0.0)).collect(), ..*row })
            .collect();
        while rows.len() > kept.len() + 1 {
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
        let size = rows.len();
        rows.iter_mut().for_each(|row| row.to.truncate(size));
        let states = kept.iter().filter_map(|&at| self.states.get(at).copied()).collect();
        Self { rows, states }
    }
}

/// A state while states are eliminated.
#[derive(Clone)]
struct Row {
    to: Vec<f64>,
    leaves: f64,
    earns: Pair,
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

    /// Without either state: each is a channel of its own.
    fn removals(chain: &Chain) -> (Vec<Pair>, Vec<Pair>) {
        let own = |state: usize, channels: &Range<usize>| channels.contains(&state);
        let mut eliminated = Vec::new();
        Matrix::of(chain).without_each(&(0..2), &own, &mut eliminated);
        (chain.without_each(2, &own).1, eliminated)
    }

    #[test]
    fn both_solvers_agree_and_meet_the_closed_form() {
        for exit in [0.5, 1e-3] {
            let chain = ping_pong(exit);
            let swept = chain.sweep(&[false, false], 100_000);
            assert!(swept.sweeps < 100_000);
            let eliminated = Matrix::of(&chain).reduced_to(|_| false).rows[0].earns;
            for (found, expected) in swept.earned.iter().chain(&eliminated).zip(chain.whole.iter().cycle()) {
                assert!((found - expected).abs() <= 1e-11 * expected, "{exit}: {found} {expected}");
            }
            let expected = [[0.0, 0.0], [exit, 7.0 * exit]];
            let (either, eliminated) = removals(&chain);
            for found in [either, eliminated] {
                assert!(found.iter().flatten().zip(expected.iter().flatten()).all(|(a, b)| (a - b).abs() < 1e-13));
            }
        }
    }

    #[test]
    fn walks_of_a_billion_steps_are_eliminated_to_rounding() {
        let chain = ping_pong(1e-9);
        assert_eq!(chain.sweep(&[false, false], 1_000).sweeps, 1_001);
        let earned = Matrix::of(&chain).reduced_to(|_| false).rows[0].earns;
        for (found, expected) in earned.iter().zip(&chain.whole) {
            assert!((found - expected).abs() <= 1e-14 * expected, "{found} {expected}");
        }
        let (either, eliminated) = removals(&chain);
        assert_eq!(either, eliminated);
        assert_eq!(either, [[0.0, 0.0], [1e-9, 7.0 * 1e-9]]);
    }
}
