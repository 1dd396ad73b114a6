//! The random number generator: its draws depend on nothing but what they are asked for.
//!
//! Every draw of a run comes from a [`Rng`] that is made from the run's seed, a purpose, an epoch
//! and an index. No state is carried from one to the next, so an interrupted run goes on exactly as
//! it would have, and the number of threads changes nothing.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// What numbers are drawn for; two purposes never share a sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The order of an epoch.
    Order = 1,
    /// The augmentation of one photograph.
    Augmentation = 2,
    /// First weights.
    Weights = 3,
    /// What dropout drops.
    Dropout = 4,
    /// Which photographs of each class are the examples of a k-shot measurement.
    Shots = 5,
    /// Which photographs a network is calibrated with.
    Calibration = 6,
    /// Where the search for principal components begins.
    Components = 7,
}

/// A sequence of random numbers.
#[derive(Debug, Clone)]
pub struct Rng(ChaCha8Rng);

impl Rng {
    /// The sequence of `seed` for `purpose`, `epoch` and `index`.
    #[must_use]
    pub fn new(seed: u64, purpose: Purpose, epoch: u64, index: u64) -> Self {
        let mut key = [0; 32];
        for (place, word) in [seed, purpose as u64, epoch, index].into_iter().enumerate() {
            key[place * 8..][..8].copy_from_slice(&word.to_le_bytes());
        }
        Self(ChaCha8Rng::from_seed(key))
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number in 0..1.
    pub fn unit(&mut self) -> f32 {
        // 24 bits are all that an f32 below 1 can hold.
        (self.0.next_u32() >> 8) as f32 / 16_777_216.0
    }

    /// A number in `low..high`.
    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// A factor in `1 / most..most`, as often below 1 as above.
    pub fn factor(&mut self, most: f32) -> f32 {
        let logarithm = most.ln();
        self.between(-logarithm, logarithm).exp()
    }

    /// True with probability `share`.
    pub fn chance(&mut self, share: f32) -> bool {
        self.unit() < share
    }

    /// A whole number in `0..count`; 0 where there is nothing to choose from.
    pub fn below(&mut self, count: usize) -> usize {
        ((self.0.next_u64() as u128 * count as u128) >> 64) as usize
    }

    /// The numbers `0..count` in random order (Fisher and Yates).
    pub fn order(&mut self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        for last in (1..count).rev() {
            order.swap(last, self.below(last + 1));
        }
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_question_gives_the_same_numbers_and_another_gives_others() {
        let draw = |seed, purpose, epoch, index| Rng::new(seed, purpose, epoch, index).bits();
        let first = draw(1, Purpose::Augmentation, 2, 3);
        assert_eq!(first, draw(1, Purpose::Augmentation, 2, 3));
        for other in [
            draw(2, Purpose::Augmentation, 2, 3),
            draw(1, Purpose::Order, 2, 3),
            draw(1, Purpose::Augmentation, 3, 3),
            draw(1, Purpose::Augmentation, 2, 4),
        ] {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn an_order_holds_every_number_once() {
        let mut order = Rng::new(7, Purpose::Order, 0, 0).order(100);
        assert_ne!(order, (0..100).collect::<Vec<_>>());
        order.sort_unstable();
        assert_eq!(order, (0..100).collect::<Vec<_>>());
    }
}
