//! Chance, made repeatable: every draw comes from a stream that the seed, a key and a purpose name.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, LogNormal, Poisson};

/// What a stream of draws is for, so that adding draws to one purpose leaves the others as they were.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    /// How many visitors a day brings.
    Day,
    /// One visitor's journey.
    Journey,
    /// The order in which events are sent.
    Delivery,
    /// What a campaign reports for a day.
    Spend,
    /// Which audience cell a visitor is in.
    Cell,
    /// Which cells are kept from a channel.
    Holdout,
}

/// A stream of draws.
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    pub(crate) fn new(seed: u64, key: u64, purpose: Purpose) -> Self {
        let mut bytes = [0_u8; 32];
        let parts = [seed, key, purpose as u64, 0];
        for (slot, byte) in bytes.iter_mut().zip(parts.iter().flat_map(|part| part.to_le_bytes())) {
            *slot = byte;
        }
        Self(ChaCha8Rng::from_seed(bytes))
    }

    /// Evenly in 0..1.
    pub(crate) fn unit(&mut self) -> f64 {
        self.0.random()
    }

    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Evenly in `from..to`.
    pub(crate) fn between(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * self.unit()
    }

    /// A whole number below `bound`; 0 for a bound of 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        if bound == 0 { 0 } else { self.0.random_range(0..bound) }
    }

    pub(crate) fn bytes(&mut self) -> [u8; 10] {
        self.0.random()
    }

    /// `length` characters of the alphabet that click ids use.
    pub(crate) fn token(&mut self, length: usize) -> String {
        const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        (0..length).map(|_| ALPHABET.get(self.below(64)).map_or('A', |byte| char::from(*byte))).collect()
    }

    /// Around `median`, with a long tail to the right; `spread` is the standard deviation of the logarithm.
    pub(crate) fn around(&mut self, median: f64, spread: f64) -> f64 {
        LogNormal::new(median.ln(), spread).map_or(median, |law| law.sample(&mut self.0))
    }

    /// A count with that mean.
    pub(crate) fn count(&mut self, mean: f64) -> u64 {
        // The law's own range is checked by `Poisson::new`; means here are at most some thousands.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a Poisson draw is a small count")]
        Poisson::new(mean).map_or(0, |law| law.sample(&mut self.0) as u64)
    }

    /// One of the items, by weight; `None` only when there is none with weight.
    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T], weight: impl Fn(&T) -> f64) -> Option<&'a T> {
        let total: f64 = items.iter().map(&weight).sum();
        let mut left = self.unit() * total;
        let mut last = None;
        for item in items.iter().filter(|item| weight(item) > 0.0) {
            left -= weight(item);
            last = Some(item);
            if left < 0.0 {
                break;
            }
        }
        last
    }
}
