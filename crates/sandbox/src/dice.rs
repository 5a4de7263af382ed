//! Chance, made repeatable: a stream of draws for each thing that is drawn for.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

/// A number that stands for a text.
pub(crate) fn hash(text: &str) -> u64 {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// A stream of draws.
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    /// The stream that three numbers name.
    pub(crate) fn new(seed: u64, key: u64, step: u64) -> Self {
        let mut bytes = [0_u8; 32];
        for (slot, byte) in bytes.iter_mut().zip([seed, key, step].iter().flat_map(|part| part.to_le_bytes())) {
            *slot = byte;
        }
        Self(ChaCha8Rng::from_seed(bytes))
    }

    /// Evenly in 0..1.
    pub(crate) fn unit(&mut self) -> f64 {
        self.0.random()
    }

    /// Evenly in `from..to`.
    pub(crate) fn between(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * self.unit()
    }

    /// Standard normal (Box–Muller).
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// How many tries until one of that probability succeeds, at least 1; very many when it never does.
    pub(crate) fn tries(&mut self, probability: f64) -> i64 {
        if probability <= 0.0 {
            return i64::MAX / 4;
        }
        if probability >= 1.0 {
            return 1;
        }
        let tries = ((1.0 - self.unit()).ln() / (1.0 - probability).ln()).floor();
        #[expect(clippy::cast_possible_truncation, reason = "the cast saturates, and is cut off below that")]
        (tries as i64).clamp(0, i64::MAX / 4).saturating_add(1)
    }

    /// 128 random bits as hex.
    pub(crate) fn token(&mut self) -> String {
        hex::encode(self.0.random::<[u8; 16]>())
    }
}
