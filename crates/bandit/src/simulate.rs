//! Policies against known truths: how much reward each of them forgoes until it knows better (regret).
//!
//! One visitor a step. Pseudo-regret: the sum over steps of the best rate less the rate of the arm shown, in rewards;
//! expected, not drawn, so it has less noise than rewards would. Randomness comes in: the same seed gives the same run.
//! At least one arm is taken for granted; of none, nothing is shown.

use crate::contextual::{Cell, Model, Statistics, learn};
use crate::delay::{Ledger, slot};
use crate::posterior::Counts;
use rand::Rng;
use rand_distr::{Distribution as _, Gamma};
use std::collections::{BTreeMap, VecDeque};

/// How late conversions come, in steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Delay {
    /// At once.
    None,
    /// All after as many.
    Fixed(u64),
    /// Exponential with this mean.
    Exponential(f64),
}

/// A truth.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// Each arm's rate, a fraction.
    pub rates: Vec<f64>,
    /// Steps.
    pub horizon: u64,
    /// How late conversions come.
    pub delay: Delay,
    /// From this step on the rates stand in reverse order.
    pub drift_at: Option<u64>,
    /// Who comes, and what is known of them.
    pub visitors: Visitors,
}

/// Who comes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Visitors {
    /// Kinds that differ in what they do; with any, their rates hold instead of the scenario's.
    pub segments: Vec<Segment>,
    /// Features of two levels each, at random, that tell nothing.
    pub irrelevant: usize,
}

/// A kind of visitors.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// Their part of all, by which parts are weighed.
    pub share: f64,
    /// Each arm's rate among them, a fraction.
    pub rates: Vec<f64>,
}

impl Visitors {
    /// The next visitor: their segment, and the columns that are on for them. Where nothing is known of anybody, nothing
    /// is drawn.
    fn next<R: Rng + ?Sized>(&self, random: &mut R) -> (usize, Vec<usize>) {
        let mut columns = Vec::new();
        let mut segment = 0;
        if !self.segments.is_empty() {
            let total: f64 = self.segments.iter().map(|segment| segment.share).sum();
            let mut left = random.random::<f64>() * total;
            segment = self.segments.len() - 1;
            for (place, one) in self.segments.iter().enumerate() {
                left -= one.share;
                if left < 0.0 {
                    segment = place;
                    break;
                }
            }
            columns.push(1 + segment);
        }
        for feature in 0..self.irrelevant {
            columns.push(1 + self.segments.len() + 2 * feature + usize::from(random.random::<bool>()));
        }
        (segment, columns)
    }
}

/// How a pending visitor is counted by Thompson sampling.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pending {
    /// As a failure until it converts.
    Failure,
    /// As far as it is known to have failed; conversions may take so many steps.
    Survival {
        /// Longest delay.
        window: f64,
    },
}

/// How arms are chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Policy {
    /// Thompson sampling from Beta(1, 1).
    Thompson {
        /// Each arm's least share.
        floor: f64,
        /// Posteriors are renewed every so many steps.
        every: u64,
        /// What the past is worth after each step: 1 forgets nothing.
        keep: f64,
        /// How those still pending are counted.
        pending: Pending,
    },
    /// Linear Thompson sampling ([`crate::contextual`]): it looks at what is known of the visitor.
    Linear {
        /// Each arm's least share.
        floor: f64,
        /// Posteriors are renewed every so many steps.
        every: u64,
        /// What the past is worth after each step: 1 forgets nothing.
        keep: f64,
        /// How those still pending are counted.
        pending: Pending,
    },
    /// Mean and √(2 ln t / n) (Auer et al. 2002).
    Ucb1,
    /// The best mean, but for this share at random.
    Epsilon(f64),
    /// All at random.
    Uniform,
}

impl Policy {
    /// Plain Thompson sampling.
    pub const THOMPSON: Self = Self::Thompson { floor: 0.0, every: 1, keep: 1.0, pending: Pending::Failure };
}

/// One run.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Regret so far at each checkpoint that was reached.
    pub regret: Vec<f64>,
    /// Part of all steps in which the best arm of the moment was shown.
    pub best_share: f64,
    /// The same, of the last tenth of the steps.
    pub best_share_last: f64,
}

/// Runs a policy once; `checkpoints` are numbers of steps, ascending.
pub fn run<R: Rng + ?Sized>(scenario: &Scenario, policy: Policy, checkpoints: &[u64], random: &mut R) -> Run {
    match policy {
        Policy::Thompson { floor, every, keep, pending } => {
            let window = match pending {
                Pending::Failure => None,
                Pending::Survival { window } => Some(window),
            };
            let learner = Thompson::new(scenario.rates.len(), floor, every, keep, window);
            play(scenario, learner, checkpoints, random)
        }
        Policy::Linear { floor, every, keep, pending } => {
            let learner = Linear::new(scenario.rates.len(), floor, every, keep, pending);
            play(scenario, learner, checkpoints, random)
        }
        Policy::Ucb1 => play(scenario, Ucb1(Tally::new(scenario.rates.len())), checkpoints, random),
        Policy::Epsilon(share) => {
            play(scenario, Epsilon { share, tally: Tally::new(scenario.rates.len()) }, checkpoints, random)
        }
        Policy::Uniform => play(scenario, Uniform(scenario.rates.len()), checkpoints, random),
    }
}

/// A policy at work.
trait Learner {
    fn pick<R: Rng + ?Sized>(&mut self, step: u64, columns: &[usize], random: &mut R) -> usize;
    fn shown(&mut self, arm: usize, step: u64);
    fn converted(&mut self, arm: usize, shown_at: u64, step: u64);
}

/// Conversions under way, by the step in which they come.
enum Underway {
    Fixed(u64, VecDeque<(u64, usize)>),
    Exponential(f64, std::collections::BinaryHeap<std::cmp::Reverse<(u64, u64, usize)>>),
}

impl Underway {
    fn send<R: Rng + ?Sized>(&mut self, step: u64, arm: usize, random: &mut R) {
        match self {
            Self::Fixed(_, queue) => queue.push_back((step, arm)),
            Self::Exponential(mean, heap) => {
                let late = -*mean * (1.0 - random.random::<f64>()).ln();
                heap.push(std::cmp::Reverse((step + late.ceil() as u64, step, arm)));
            }
        }
    }

    /// The next one that has come by this step: (arm, when it was shown).
    fn arrived(&mut self, step: u64) -> Option<(usize, u64)> {
        match self {
            Self::Fixed(late, queue) => {
                let (shown_at, arm) = *queue.front()?;
                if shown_at + *late > step {
                    return None;
                }
                queue.pop_front();
                Some((arm, shown_at))
            }
            Self::Exponential(_, heap) => {
                let std::cmp::Reverse((due, shown_at, arm)) = *heap.peek()?;
                if due > step {
                    return None;
                }
                heap.pop();
                Some((arm, shown_at))
            }
        }
    }
}

fn play<L: Learner, R: Rng + ?Sized>(scenario: &Scenario, mut learner: L, checkpoints: &[u64], random: &mut R) -> Run {
    let segments = &scenario.visitors.segments;
    let mut rates: Vec<Vec<f64>> = segments.iter().map(|segment| segment.rates.clone()).collect();
    if rates.is_empty() {
        rates.push(scenario.rates.clone());
    }
    let mut underway = match scenario.delay {
        Delay::None => Underway::Fixed(0, VecDeque::new()),
        Delay::Fixed(late) => Underway::Fixed(late, VecDeque::new()),
        Delay::Exponential(mean) => Underway::Exponential(mean, std::collections::BinaryHeap::new()),
    };
    let mut checkpoints = checkpoints.iter().copied().peekable();
    let mut run = Run { regret: Vec::new(), best_share: 0.0, best_share_last: 0.0 };
    let mut regret = 0.0;
    let (mut right, mut right_last) = (0_u64, 0_u64);
    let last = scenario.horizon - scenario.horizon / 10;
    for step in 0..scenario.horizon {
        if scenario.drift_at == Some(step) {
            rates.iter_mut().for_each(|rates| rates.reverse());
        }
        while let Some((arm, shown_at)) = underway.arrived(step) {
            learner.converted(arm, shown_at, step);
        }
        let (segment, columns) = scenario.visitors.next(random);
        let arm = learner.pick(step, &columns, random);
        let rates = rates.get(segment).map(Vec::as_slice).unwrap_or_default();
        let best = rates.iter().copied().fold(0.0, f64::max);
        let rate = rates.get(arm).copied().unwrap_or_default();
        learner.shown(arm, step);
        regret += best - rate;
        right += u64::from(rate >= best);
        right_last += u64::from(rate >= best && step >= last);
        if random.random::<f64>() < rate {
            underway.send(step, arm, random);
        }
        if checkpoints.next_if_eq(&(step + 1)).is_some() {
            run.regret.push(regret);
        }
    }
    run.best_share = right as f64 / scenario.horizon.max(1) as f64;
    run.best_share_last = right_last as f64 / (scenario.horizon - last).max(1) as f64;
    run
}

/// An arm's posterior as the two gammas whose share a Beta is: X / (X + Y). Their constants are kept while the counts
/// stay as they are, which is what makes a draw cheap.
struct Dice {
    of: Option<(Gamma<f64>, Gamma<f64>)>,
}

impl Dice {
    fn new(successes: f64, failures: f64) -> Self {
        Self { of: Gamma::new(1.0 + successes, 1.0).ok().zip(Gamma::new(1.0 + failures, 1.0).ok()) }
    }

    /// Odds, which order as rates do.
    fn odds<R: Rng + ?Sized>(&self, random: &mut R) -> f64 {
        self.of.as_ref().map_or(0.0, |(x, y)| x.sample(random) / y.sample(random))
    }
}

struct Thompson {
    floor: f64,
    every: u64,
    keep: f64,
    counts: Vec<Counts>,
    dice: Vec<Dice>,
    ledger: Option<Ledger>,
    /// Width of the ledger's slots in steps.
    slot: f64,
    renew_at: u64,
}

impl Thompson {
    fn new(arms: usize, floor: f64, every: u64, keep: f64, window: Option<f64>) -> Self {
        Self {
            floor,
            every,
            keep,
            counts: vec![Counts::default(); arms],
            dice: (0..arms).map(|_| Dice::new(0.0, 0.0)).collect(),
            ledger: window.map(|window| Ledger::new(arms, window)),
            slot: window.map_or(1.0, |window| (window / 64.0).max(1.0)),
            renew_at: 0,
        }
    }

    /// Whether an arm's dice are to follow its counts at once.
    fn prompt(&self) -> bool {
        self.every == 1 && self.keep >= 1.0 && self.ledger.is_none()
    }

    fn follow(&mut self, arm: usize) {
        if let (Some(dice), Some(counts)) = (self.dice.get_mut(arm), self.counts.get(arm)) {
            *dice = Dice::new(counts.successes, (counts.trials - counts.successes).max(0.0));
        }
    }
}

impl Learner for Thompson {
    fn pick<R: Rng + ?Sized>(&mut self, step: u64, _: &[usize], random: &mut R) -> usize {
        if !self.prompt() && step >= self.renew_at {
            if let Some(ledger) = &mut self.ledger {
                ledger.advance(step as f64);
                self.counts = ledger.counts();
                // Nothing is known better before the slot is over.
                self.renew_at = step + self.every.max(self.slot as u64);
            } else {
                self.renew_at = step + self.every;
            }
            (0..self.counts.len()).for_each(|arm| self.follow(arm));
        }
        let arms = self.dice.len();
        if self.floor > 0.0 && random.random::<f64>() < self.floor * arms as f64 {
            return random.random_range(0..arms);
        }
        let mut best = (0, f64::NEG_INFINITY);
        for (arm, dice) in self.dice.iter().enumerate() {
            let odds = dice.odds(random);
            if odds > best.1 {
                best = (arm, odds);
            }
        }
        best.0
    }

    fn shown(&mut self, arm: usize, step: u64) {
        if let Some(ledger) = &mut self.ledger {
            ledger.expose(arm, step as f64);
            return;
        }
        if self.keep < 1.0 {
            self.counts.iter_mut().for_each(|counts| *counts = counts.faded(self.keep));
        }
        if let Some(counts) = self.counts.get_mut(arm) {
            counts.trials += 1.0;
        }
        if self.prompt() {
            self.follow(arm);
        }
    }

    fn converted(&mut self, arm: usize, shown_at: u64, step: u64) {
        if let Some(ledger) = &mut self.ledger {
            ledger.reward(arm, shown_at as f64, step as f64);
            return;
        }
        if let Some(counts) = self.counts.get_mut(arm) {
            counts.successes += 1.0;
        }
        if self.prompt() {
            self.follow(arm);
        }
    }
}

/// Linear Thompson sampling at work.
struct Linear {
    floor: f64,
    every: u64,
    keep: f64,
    learnt: Vec<Statistics>,
    model: Model,
    /// With the survival correction: the window, the ledger, and whoever's time is not up, by slot, arm and columns.
    waits: Option<(f64, Ledger)>,
    young: BTreeMap<(i64, usize, Vec<usize>), (f64, f64)>,
    /// The columns of everybody so far, by step: one visitor a step.
    columns: Vec<Vec<usize>>,
    renew_at: u64,
}

impl Linear {
    fn new(arms: usize, floor: f64, every: u64, keep: f64, pending: Pending) -> Self {
        let learnt = vec![Statistics::default(); arms];
        Self {
            floor,
            every,
            keep,
            model: Model::of_rates(&learnt),
            learnt,
            waits: match pending {
                Pending::Failure => None,
                Pending::Survival { window } => Some((window, Ledger::new(arms, window))),
            },
            young: BTreeMap::new(),
            columns: Vec::new(),
            renew_at: 0,
        }
    }

    fn renew(&mut self, step: u64) {
        let Some((window, ledger)) = &mut self.waits else {
            self.model = Model::of_rates(&self.learnt);
            return;
        };
        ledger.advance(step as f64);
        let oldest = slot(*window, step as f64 - *window) - 1;
        while let Some(entry) = self.young.first_entry().filter(|entry| entry.key().0 < oldest) {
            let ((_, arm, columns), (pending, rewarded)) = entry.remove_entry();
            if let Some(learnt) = self.learnt.get_mut(arm) {
                learnt.add(&columns, pending + rewarded, rewarded, rewarded);
            }
        }
        let cells: Vec<Cell> = self
            .young
            .iter()
            .map(|((slot, arm, columns), (pending, rewarded))| Cell {
                slot: *slot,
                arm: *arm,
                columns: columns.clone(),
                pending: *pending,
                rewarded: *rewarded,
            })
            .collect();
        self.model = Model::of_rates(&learn(&self.learnt, &cells, Some(ledger)));
    }
}

impl Learner for Linear {
    fn pick<R: Rng + ?Sized>(&mut self, step: u64, columns: &[usize], random: &mut R) -> usize {
        if step >= self.renew_at {
            self.renew(step);
            self.renew_at = step + self.every;
        }
        self.columns.push(columns.to_vec());
        let arms = self.learnt.len();
        if self.floor > 0.0 && random.random::<f64>() < self.floor * arms as f64 {
            return random.random_range(0..arms);
        }
        let mut best = (0, f64::NEG_INFINITY);
        for (arm, belief) in self.model.beliefs(columns).iter().enumerate() {
            let draw = belief.sample(random);
            if draw > best.1 {
                best = (arm, draw);
            }
        }
        best.0
    }

    fn shown(&mut self, arm: usize, step: u64) {
        let columns = self.columns.last().cloned().unwrap_or_default();
        if let Some((window, ledger)) = &mut self.waits {
            ledger.expose(arm, step as f64);
            self.young.entry((slot(*window, step as f64), arm, columns)).or_default().0 += 1.0;
            return;
        }
        if self.keep < 1.0 {
            self.learnt.iter_mut().for_each(|learnt| learnt.fade(self.keep));
        }
        if let Some(learnt) = self.learnt.get_mut(arm) {
            learnt.add(&columns, 1.0, 0.0, 0.0);
        }
    }

    fn converted(&mut self, arm: usize, shown_at: u64, step: u64) {
        let columns = usize::try_from(shown_at).ok().and_then(|at| self.columns.get(at)).cloned().unwrap_or_default();
        if let Some((window, ledger)) = &mut self.waits {
            ledger.reward(arm, shown_at as f64, step as f64);
            let cell = self.young.entry((slot(*window, shown_at as f64), arm, columns)).or_default();
            *cell = (cell.0 - 1.0, cell.1 + 1.0);
            return;
        }
        if let Some(learnt) = self.learnt.get_mut(arm) {
            learnt.add(&columns, 0.0, 1.0, 1.0);
        }
    }
}

/// Plain counts: (successes, trials) of each arm.
struct Tally(Vec<(f64, f64)>);

impl Tally {
    fn new(arms: usize) -> Self {
        Self(vec![(0.0, 0.0); arms])
    }

    fn shown(&mut self, arm: usize) {
        if let Some(counts) = self.0.get_mut(arm) {
            counts.1 += 1.0;
        }
    }

    fn converted(&mut self, arm: usize) {
        if let Some(counts) = self.0.get_mut(arm) {
            counts.0 += 1.0;
        }
    }

    /// The arm of the highest score; one never shown before all others, of equals one at random.
    fn highest<R: Rng + ?Sized>(&self, score: impl Fn(f64, f64) -> f64, random: &mut R) -> usize {
        let mut best = (0, f64::NEG_INFINITY);
        let mut equals = 0_u32;
        for (arm, (successes, trials)) in self.0.iter().enumerate() {
            let score = if *trials > 0.0 { score(*successes, *trials) } else { f64::INFINITY };
            if score > best.1 {
                best = (arm, score);
                equals = 1;
            } else if score >= best.1 {
                equals += 1;
                if random.random_range(0..equals) == 0 {
                    best.0 = arm;
                }
            }
        }
        best.0
    }
}

struct Ucb1(Tally);

impl Learner for Ucb1 {
    fn pick<R: Rng + ?Sized>(&mut self, step: u64, _: &[usize], random: &mut R) -> usize {
        let log = 2.0 * ((step + 1) as f64).ln();
        self.0.highest(|successes, trials| successes / trials + (log / trials).sqrt(), random)
    }

    fn shown(&mut self, arm: usize, _: u64) {
        self.0.shown(arm);
    }

    fn converted(&mut self, arm: usize, _: u64, _: u64) {
        self.0.converted(arm);
    }
}

struct Epsilon {
    share: f64,
    tally: Tally,
}

impl Learner for Epsilon {
    fn pick<R: Rng + ?Sized>(&mut self, _: u64, _: &[usize], random: &mut R) -> usize {
        if random.random::<f64>() < self.share {
            random.random_range(0..self.tally.0.len())
        } else {
            self.tally.highest(|successes, trials| successes / trials, random)
        }
    }

    fn shown(&mut self, arm: usize, _: u64) {
        self.tally.shown(arm);
    }

    fn converted(&mut self, arm: usize, _: u64, _: u64) {
        self.tally.converted(arm);
    }
}

struct Uniform(usize);

impl Learner for Uniform {
    fn pick<R: Rng + ?Sized>(&mut self, _: u64, _: &[usize], random: &mut R) -> usize {
        random.random_range(0..self.0)
    }

    fn shown(&mut self, _: usize, _: u64) {}

    fn converted(&mut self, _: usize, _: u64, _: u64) {}
}
