//! Chance by a seed: numbers, times, and noise that varies smoothly.

use std::f32::consts::TAU;
use std::time::Duration;

/// Numbers by a seed: `SplitMix64`.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// The numbers of one purpose, which no other purpose disturbs.
    pub fn of(seed: u64, purpose: &str) -> Self {
        let mixed = purpose.bytes().fold(seed, |mixed, byte| {
            mixed.wrapping_mul(0x0100_0000_01B3) ^ u64::from(byte)
        });
        Self(mixed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        scramble(self.0)
    }

    /// From `least` up to `most`.
    pub fn within(&mut self, least: f32, most: f32) -> f32 {
        least + (most - least) * unit(self.next())
    }

    /// One of so many.
    pub fn below(&mut self, count: usize) -> usize {
        (self.next() % count as u64) as usize
    }

    /// A time between these seconds.
    pub fn time(&mut self, least: f32, most: f32) -> Duration {
        Duration::from_secs_f32(self.within(least, most))
    }

    /// True for this share of the asks.
    pub fn is_lucky(&mut self, share: f32) -> bool {
        self.within(0.0, 1.0) < share
    }

    /// Roughly normal, of variance 1: the sum of four uniform numbers.
    pub fn normal(&mut self) -> f32 {
        let bits = self.next();
        let sum: u64 = (0..4).map(|part| (bits >> (16 * part)) & 0xFFFF).sum();
        (sum as f32 / 65_536.0 - 2.0) * 3.0f32.sqrt()
    }
}

fn scramble(value: u64) -> u64 {
    let mixed = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

fn unit(value: u64) -> f32 {
    (value >> 40) as f32 / (1u64 << 24) as f32
}

/// Noise of 0 to 1 that is smooth over a distance of 1, always the same at one place.
pub fn value_noise(seed: u64, x: f32, y: f32) -> f32 {
    let (column, row) = (x.floor(), y.floor());
    let corner = |right: i64, down: i64| {
        let place = (column as i64 + right).wrapping_mul(0x1F12_3BB5)
            ^ (row as i64 + down).wrapping_mul(0x5F35_6495);
        unit(scramble(seed ^ place as u64))
    };
    let ease = |share: f32| share * share * (3.0 - 2.0 * share);
    let (right, down) = (ease(x - column), ease(y - row));
    let above = corner(0, 0) + (corner(1, 0) - corner(0, 0)) * right;
    let below = corner(0, 1) + (corner(1, 1) - corner(0, 1)) * right;
    above + (below - above) * down
}

/// A swing between -1 and 1 of this period.
pub fn swing(seconds: f32, period: f32) -> f32 {
    (seconds / period * TAU).sin()
}
