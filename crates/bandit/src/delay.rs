//! Conversions that come late. Counting whoever has not converted yet as a failure punishes the variants shown last, and
//! with long delays sends traffic the wrong way. Here a pending visitor counts as a failure only as far as a conversion
//! would have come by now.
//!
//! How soon conversions come is learnt from those that came: delays seen so far are cut off at each visitor's age (right
//! truncation), so their distribution F is the product-limit estimate in reversed time (Lagakos, Barraj and De Gruttola,
//! "Nonparametric analysis of truncated survival data", 1988), with a prior worth one conversion spread evenly over the
//! window. A pending visitor of age u is then, for a rate p, F(u) (1 − p) / (1 − p F(u)) of a failure: the weight at which
//! a Beta posterior peaks where the likelihood of all that is known does (the delayed-feedback model of Chapelle, 2014;
//! for small rates it is F(u), as in Vernade, Cappé and Perchet, 2017).
//!
//! Taken for granted: delays of all variants alike, and none longer than the window. Time is cut into slots; nothing is
//! kept by visitor, and memory does not grow.

use crate::posterior::Counts;
use serde::{Deserialize, Serialize};

/// Slots of a window. A conversion is placed to a 64th of it.
pub const SLOTS: usize = 64;
/// What the even prior of delays is worth, in conversions.
const PRIOR: f64 = 1.0;
/// Steps in which an arm's rate and the weights of its pending visitors are made to agree.
const STEPS: u32 = 3;

/// Visitors shown in one slot of time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Cohort {
    /// Of each arm, visitors who have not converted.
    pending: Vec<f64>,
    /// Of all arms, conversions by delay in slots.
    delays: Vec<f64>,
}

/// What was shown and what came of it, as far as it matters for what is still to come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    /// Width of a slot.
    width: f64,
    /// Slot of the latest time seen.
    now: i64,
    /// Young cohorts, the oldest first; the last is of slot `now`.
    young: std::collections::VecDeque<Cohort>,
    /// All cohorts that are older than the window.
    old: Cohort,
    /// Of each arm, conversions.
    successes: Vec<f64>,
    /// F at the end of each slot of delay, as of the last look.
    arrival: Vec<f64>,
}

/// Visitors added up by the slot of time they were shown their arm in; what a [`Ledger`] is restored from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    /// Of each arm, conversions.
    pub successes: Vec<f64>,
    /// Slot, arm, and visitors of these who have not converted.
    pub pending: Vec<(i64, usize, f64)>,
    /// Slot, delay in slots, and conversions of these, of all arms.
    pub delays: Vec<(i64, usize, f64)>,
}

/// Width of a slot of a window.
#[must_use]
pub fn width(window: f64) -> f64 {
    if window.is_finite() && window > 0.0 { window / SLOTS as f64 } else { 1.0 }
}

/// The slot a time lies in.
#[must_use]
pub fn slot(window: f64, at: f64) -> i64 {
    (at / width(window)).floor() as i64
}

/// A conversion's delay in slots. A whole number of slots is the last moment of the slot before.
#[must_use]
pub fn delay(window: f64, shown_at: f64, at: f64) -> usize {
    ((at - shown_at) / width(window)).ceil().max(1.0) as usize - 1
}

impl Ledger {
    /// As it stands at `now`, from what was added up elsewhere. Slots older than the window may have been added up to one,
    /// whichever: they count alike.
    #[must_use]
    pub fn restore(tally: &Tally, window: f64, now: f64) -> Self {
        let mut ledger = Self::new(tally.successes.len(), window);
        ledger.advance(now);
        ledger.successes.clone_from(&tally.successes);
        for &(slot, arm, many) in &tally.pending {
            if let Some(pending) = ledger.cohort_of(slot).pending.get_mut(arm) {
                *pending += many;
            }
        }
        for &(slot, delay, many) in &tally.delays {
            if let Some(seen) = ledger.cohort_of(slot).delays.get_mut(delay) {
                *seen += many;
            }
        }
        ledger.learn();
        ledger
    }

    /// For so many arms; `window` is the longest delay, in the unit of all times given later (ms, steps).
    #[must_use]
    pub fn new(arms: usize, window: f64) -> Self {
        let width = width(window);
        let cohort = Cohort { pending: vec![0.0; arms], delays: vec![0.0; SLOTS] };
        Self {
            width,
            now: 0,
            young: std::collections::VecDeque::from([cohort.clone()]),
            old: cohort,
            successes: vec![0.0; arms],
            arrival: (1..=SLOTS).map(|slot| slot as f64 / SLOTS as f64).collect(),
        }
    }

    fn slot(&self, at: f64) -> i64 {
        (at / self.width).floor() as i64
    }

    /// Lets time pass. What is earlier than a time seen before changes nothing.
    pub fn advance(&mut self, now: f64) {
        let slot = self.slot(now);
        if slot <= self.now {
            return;
        }
        let arms = self.successes.len();
        // After a long pause every cohort is old; a window of empty ones is then all there is to add.
        let steps = (slot - self.now).min(SLOTS as i64 + 2);
        for _ in 0..steps {
            self.young.push_back(Cohort { pending: vec![0.0; arms], delays: vec![0.0; SLOTS] });
            if self.young.len() > SLOTS + 1
                && let Some(grown) = self.young.pop_front()
            {
                add(&mut self.old.pending, &grown.pending);
                add(&mut self.old.delays, &grown.delays);
            }
        }
        self.now = slot;
        self.learn();
    }

    fn cohort(&mut self, at: f64) -> &mut Cohort {
        self.cohort_of(self.slot(at))
    }

    fn cohort_of(&mut self, slot: i64) -> &mut Cohort {
        // A slot to come counts as the present one. One so long ago that a 32-bit `usize` does not hold it is old.
        let age = usize::try_from(self.now.saturating_sub(slot).max(0)).unwrap_or(usize::MAX);
        let place = self.young.len().checked_sub(age.saturating_add(1));
        match place {
            Some(place) if place < self.young.len() => self.young.get_mut(place).unwrap_or(&mut self.old),
            _ => &mut self.old,
        }
    }

    /// A visitor was shown an arm.
    pub fn expose(&mut self, arm: usize, at: f64) {
        self.advance(at);
        if let Some(pending) = self.cohort(at).pending.get_mut(arm) {
            *pending += 1.0;
        }
    }

    /// A visitor shown an arm at `shown_at` converted at `at`. True when it was counted.
    pub fn reward(&mut self, arm: usize, shown_at: f64, at: f64) -> bool {
        self.advance(at);
        let delay = delay(self.width * SLOTS as f64, shown_at, at);
        let cohort = self.cohort(shown_at);
        let Some(pending) = cohort.pending.get_mut(arm).filter(|pending| **pending >= 1.0) else {
            return false;
        };
        *pending -= 1.0;
        // Later than the window: it counts, but nothing is learnt of delays that are to be taken for none.
        if let Some(seen) = cohort.delays.get_mut(delay) {
            *seen += 1.0;
        }
        if let Some(successes) = self.successes.get_mut(arm) {
            *successes += 1.0;
        }
        true
    }

    /// Estimates F anew.
    fn learn(&mut self) {
        // Backwards from the whole window: of the conversions with a delay up to a slot, among visitors old enough to
        // have shown that slot, how many had exactly that one.
        let mut later = 1.0;
        let mut seen = self.old.delays.clone();
        let mut cohorts = self.young.iter();
        let mut found = vec![1.0; SLOTS];
        for slot in (0..SLOTS).rev() {
            // A cohort has shown a slot of delay to its end once its youngest visitor is that old.
            while self.now_is_past(slot, cohorts.len()) {
                if let Some(cohort) = cohorts.next() {
                    add(&mut seen, &cohort.delays);
                } else {
                    break;
                }
            }
            if let Some(at) = found.get_mut(slot) {
                *at = later;
            }
            let exactly = seen.get(slot).copied().unwrap_or_default() + PRIOR / SLOTS as f64;
            let up_to = seen.iter().take(slot + 1).sum::<f64>() + PRIOR * (slot + 1) as f64 / SLOTS as f64;
            later *= 1.0 - exactly / up_to;
        }
        self.arrival = found;
    }

    /// Whether the oldest of `left` young cohorts has shown a slot of delay to its end.
    fn now_is_past(&self, slot: usize, left: usize) -> bool {
        // That cohort began `left − 1` slots before the present one and ended one slot later.
        left >= 2 && left - 2 > slot
    }

    /// F: the share of conversions that have come by an age, 0 to 1.
    #[must_use]
    pub fn arrived(&self, age: f64) -> f64 {
        let place = (age / self.width).max(0.0);
        let at = |slot: usize| if slot == 0 { 0.0 } else { self.arrival.get(slot - 1).copied().unwrap_or(1.0) };
        let (low, part) = (place.floor(), place.fract());
        at(low as usize) * (1.0 - part) + at(low as usize + 1) * part
    }

    /// How far a visitor shown an arm of this rate in a slot of time is known not to convert, 0 to 1.
    #[must_use]
    pub fn failed(&self, slot: i64, rate: f64) -> f64 {
        let age = self.now.saturating_sub(slot).max(0);
        let f = if age > SLOTS as i64 { 1.0 } else { self.arrived(age as f64 * self.width) };
        if f < 1.0 { f * (1.0 - rate) / (1.0 - rate * f) } else { 1.0 }
    }

    /// Of each arm, the conversions that are still to come from visitors shown it: p (1 − F) / (1 − p F) of each who is
    /// pending, at the posterior's mean rate p. Whoever is older than the window is expected to do nothing any more.
    #[must_use]
    pub fn awaited(&self) -> Vec<f64> {
        let weights: Vec<f64> = (0..self.young.len()).rev().map(|age| self.arrived(age as f64 * self.width)).collect();
        let of = |(arm, counts): (usize, Counts)| {
            let rate = counts.mean();
            let pending = |cohort: &Cohort| cohort.pending.get(arm).copied().unwrap_or_default();
            let young = self.young.iter().zip(&weights);
            young.map(|(cohort, f)| pending(cohort) * rate * (1.0 - f) / (1.0 - rate * f)).sum()
        };
        self.counts().into_iter().enumerate().map(of).collect()
    }

    /// Successes and trials of each arm, pending visitors counted as far as they are known to have failed. What
    /// [`crate::choose_by`] and [`crate::posterior::standings`] take.
    #[must_use]
    pub fn counts(&self) -> Vec<Counts> {
        // In the middle of a slot, at the middle of the present one.
        let weights: Vec<f64> = (0..self.young.len()).rev().map(|age| self.arrived(age as f64 * self.width)).collect();
        let mut found = Vec::with_capacity(self.successes.len());
        for (arm, successes) in self.successes.iter().enumerate() {
            let pending = |cohort: &Cohort| cohort.pending.get(arm).copied().unwrap_or_default();
            let old = pending(&self.old);
            let failures = |rate: f64| {
                let young = self.young.iter().zip(&weights);
                old + young.map(|(cohort, f)| pending(cohort) * f * (1.0 - rate) / (1.0 - rate * f)).sum::<f64>()
            };
            let mut failed = failures(0.0);
            for _ in 0..STEPS {
                let trials = successes + failed;
                if trials <= 0.0 || failed <= 0.0 {
                    break;
                }
                failed = failures(successes / trials);
            }
            found.push(Counts::new(*successes, successes + failed));
        }
        found
    }
}

fn add(to: &mut [f64], from: &[f64]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng as _, SeedableRng as _};
    use rand_chacha::ChaCha8Rng;

    /// Shows two arms of one rate, the second only lately, with exponential delays; returns what the ledger says.
    fn shown(rate: f64, mean_delay: f64, until: u32, seed: u64) -> (Ledger, Vec<Counts>, Vec<Counts>) {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut events: Vec<(f64, Option<f64>, usize)> = Vec::new();
        for t in 0..until {
            let at = f64::from(t);
            let arm = usize::from(t > until - 1_500 && random.random_bool(0.8));
            events.push((at, None, arm));
            if random.random_bool(rate) {
                let delay = -mean_delay * (1.0 - random.random::<f64>()).ln();
                events.push((at + delay, Some(at), arm));
            }
        }
        events.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut ledger = Ledger::new(2, 4_000.0);
        let mut naive = vec![Counts::default(); 2];
        for (at, shown_at, arm) in events.into_iter().filter(|event| event.0 < f64::from(until)) {
            match shown_at {
                None => {
                    ledger.expose(arm, at);
                    naive[arm].trials += 1.0;
                }
                Some(shown_at) => {
                    assert!(ledger.reward(arm, shown_at, at));
                    naive[arm].successes += 1.0;
                }
            }
        }
        ledger.advance(f64::from(until));
        let counts = ledger.counts();
        (ledger, counts, naive)
    }

    #[test]
    fn delays_are_learnt_though_the_long_ones_are_still_to_come() {
        let (ledger, ..) = shown(0.2, 600.0, 12_000, 4);
        for age in [200.0, 600.0, 1_200.0, 2_400.0] {
            let truth = 1.0 - (-age / 600.0_f64).exp();
            assert!((ledger.arrived(age) - truth).abs() < 0.06, "{age}: {} {truth}", ledger.arrived(age));
        }
        assert!(ledger.arrived(0.0) == 0.0 && (ledger.arrived(4_000.0) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_variant_shown_lately_is_not_taken_for_a_worse_one() {
        let (mut corrected, mut naive) = ([0.0; 2], [0.0; 2]);
        for (rate, seeds) in [(0.3, 10_u32), (0.05, 20)] {
            for seed in 0..seeds {
                let (_, counts, plain) = shown(rate, 800.0, 12_000, u64::from(seed));
                for arm in 0..2 {
                    corrected[arm] += counts[arm].successes / counts[arm].trials / rate / f64::from(seeds) / 2.0;
                    naive[arm] += plain[arm].successes / plain[arm].trials / rate / f64::from(seeds) / 2.0;
                }
            }
        }
        assert!((corrected[0] - 1.0).abs() < 0.05 && (corrected[1] - 1.0).abs() < 0.06, "{corrected:?}");
        assert!(naive[1] < 0.75, "{naive:?}");
    }

    #[test]
    fn a_ledger_restored_from_sums_says_what_the_one_that_saw_everybody_says() {
        let (window, until) = (4_000.0, 9_000);
        let mut random = ChaCha8Rng::seed_from_u64(11);
        let mut seen = Ledger::new(2, window);
        let mut tally = Tally { successes: vec![0.0; 2], ..Tally::default() };
        let mut to_come: Vec<(f64, f64, usize)> = Vec::new();
        for t in 0..until {
            let (at, arm) = (f64::from(t), usize::from(t % 3 == 0));
            to_come.sort_by(|a, b| b.0.total_cmp(&a.0));
            while let Some((when, shown_at, arm)) = to_come.pop_if(|next| next.0 <= at) {
                assert!(seen.reward(arm, shown_at, when));
                tally.successes[arm] += 1.0;
                tally.pending.push((slot(window, shown_at), arm, -1.0));
                tally.delays.push((slot(window, shown_at), delay(window, shown_at, when), 1.0));
            }
            seen.expose(arm, at);
            tally.pending.push((slot(window, at), arm, 1.0));
            if random.random_bool(0.2) {
                to_come.push((at - 500.0 * (1.0 - random.random::<f64>()).ln(), at, arm));
            }
        }
        let now = f64::from(until) + 700.0;
        seen.advance(now);
        // What is older than the window has been added up to one slot.
        let oldest = slot(window, now) - SLOTS as i64;
        tally.pending.iter_mut().filter(|row| row.0 < oldest).for_each(|row| row.0 = -1);
        tally.delays.iter_mut().filter(|row| row.0 < oldest).for_each(|row| row.0 = -1);
        let restored = Ledger::restore(&tally, window, now);
        for (restored, seen) in restored.counts().iter().zip(seen.counts()) {
            assert!((restored.trials - seen.trials).abs() < 1e-6 && restored.successes == seen.successes);
        }
        for (restored, left) in restored.awaited().iter().zip(seen.awaited()) {
            assert!((restored - left).abs() < 1e-6 && left > 0.0);
        }
        // Of those still to convert when nobody new comes, about as many are foretold.
        let truth = to_come.iter().filter(|next| next.0 > now).count() as f64;
        let foretold: f64 = restored.awaited().iter().sum();
        assert!((foretold - truth).abs() < 4.0 * truth.sqrt() + 3.0, "{foretold} {truth}");
    }

    #[test]
    fn whoever_is_older_than_the_window_counts_in_full_and_nothing_counts_twice() {
        let mut ledger = Ledger::new(2, 100.0);
        for _ in 0..10 {
            ledger.expose(0, 1.0);
        }
        assert!(ledger.reward(0, 1.0, 50.0));
        ledger.advance(500.0);
        assert_eq!(ledger.counts(), [Counts::new(1.0, 10.0), Counts::new(0.0, 0.0)]);
        // Later than the window it still counts.
        assert!(ledger.reward(0, 1.0, 600.0));
        assert_eq!(ledger.counts()[0], Counts::new(2.0, 10.0));
        // Nobody was shown the other arm.
        assert!(!ledger.reward(1, 1.0, 600.0));
        let stored: Ledger = serde_json::from_str(&serde_json::to_string(&ledger).unwrap()).unwrap();
        assert_eq!(stored.counts(), ledger.counts());
    }
}
