//! A picture's fingerprint, by which two pictures that look alike are told: a 64-bit hash that is quick
//! to compare, and a small grey copy that confirms what the hash suspects.
//!
//! The hash is that of Zauner, *Implementation and Benchmarking of Perceptual Image Hash Functions*
//! (2010), section 3.2.1: the picture in grey on 32×32 pixels, its two-dimensional discrete cosine
//! transform, of that the 8×8 lowest frequencies without the constant ones, and of each whether it
//! lies above their median. It does not change with size, compression, or a little light. It does
//! change when the picture is mirrored, turned or cropped.

use std::f32::consts::PI;

use image::RgbImage;
use sortd::error::Result;

use crate::data::photo;

/// Side of the small grey copy, in pixels.
const GRID: usize = 32;

/// Frequencies of the hash in either direction; the constant one is left out.
const WAVES: usize = 8;

/// Bits of the hash that near duplicates may differ in.
///
/// Both thresholds were chosen by looking at `TrashNet`, where strangers lie on one board. Three pairs lie
/// within them, each of two things of one kind at one spot (two cans, two crushed bottles, two lids), and
/// none of two classes: the nearest of those, a green and a metal lid, lies at 10 bits and 6.6 levels. A
/// copy that was saved anew or made smaller stays below 5 bits.
pub const MOST_BITS: u32 = 10;

/// Levels of grey (of 256) that near duplicates may differ by on the small copy, in the mean, after
/// their mean brightness was made the same. It tells items of one outline apart, which on a plain
/// board have nearly the same low frequencies.
pub const MOST_LEVELS: f32 = 6.0;

/// What is kept of a picture to compare it with others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    /// One bit a frequency.
    hash: u64,
    /// `GRID * GRID` grey levels, by rows.
    grey: Vec<u8>,
}

/// How far apart two pictures are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Distance {
    /// Bits in which their hashes differ, 0..=64.
    pub bits: u32,
    /// Mean difference of their small grey copies, 0..=255.
    pub levels: f32,
}

impl Fingerprint {
    /// The fingerprint of `picture`.
    ///
    /// # Errors
    /// The picture has no pixels.
    pub fn of(picture: &RgbImage) -> Result<Self> {
        let small = photo::resize(picture, GRID as u32, GRID as u32)?;
        let grey: Vec<u8> = small
            .pixels()
            .map(|pixel| {
                // The luma of ITU-R BT.601, in thousandths.
                let [red, green, blue] = pixel.0.map(u32::from);
                ((299 * red + 587 * green + 114 * blue + 500) / 1000) as u8
            })
            .collect();
        Ok(Self {
            hash: hash(&grey),
            grey,
        })
    }

    /// The distance to `other`, or none where the two are no near duplicates.
    #[must_use]
    pub fn near(&self, other: &Self) -> Option<Distance> {
        let bits = (self.hash ^ other.hash).count_ones();
        if bits > MOST_BITS {
            return None;
        }
        let levels = self.levels(other);
        (levels <= MOST_LEVELS).then_some(Distance { bits, levels })
    }

    fn levels(&self, other: &Self) -> f32 {
        let count = self.grey.len() as f32;
        let mean =
            |grey: &[u8]| grey.iter().map(|&level| u32::from(level)).sum::<u32>() as f32 / count;
        let shift = mean(&self.grey) - mean(&other.grey);
        let apart: f32 = self
            .grey
            .iter()
            .zip(&other.grey)
            .map(|(&ours, &theirs)| (f32::from(ours) - f32::from(theirs) - shift).abs())
            .sum();
        apart / count
    }
}

/// Which of the lowest frequencies lie above their median.
fn hash(grey: &[u8]) -> u64 {
    let mut waves = [[0.0_f32; GRID]; WAVES];
    for (number, wave) in waves.iter_mut().enumerate() {
        for (place, value) in wave.iter_mut().enumerate() {
            let angle = PI * (place as f32 + 0.5) * (number + 1) as f32 / GRID as f32;
            *value = angle.cos();
        }
    }
    // The transform is separable: first along the rows, then along the columns of what that gives.
    let mut rows = [[0.0_f32; GRID]; WAVES];
    for (wave, sums) in waves.iter().zip(&mut rows) {
        for (row, sum) in grey.chunks_exact(GRID).zip(sums.iter_mut()) {
            *sum = row.iter().zip(wave).map(|(&a, b)| f32::from(a) * b).sum();
        }
    }
    let mut strengths = [0.0_f32; WAVES * WAVES];
    for (place, strength) in strengths.iter_mut().enumerate() {
        let (down, across) = (&waves[place / WAVES], &rows[place % WAVES]);
        *strength = down.iter().zip(across).map(|(a, b)| a * b).sum();
    }
    let mut sorted = strengths;
    sorted.sort_by(f32::total_cmp);
    let median = f32::midpoint(sorted[WAVES * WAVES / 2 - 1], sorted[WAVES * WAVES / 2]);
    strengths
        .iter()
        .enumerate()
        .filter(|(_, strength)| **strength > median)
        .fold(0, |bits, (place, _)| bits | 1 << place)
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    /// A dark box with a stripe on a bright board.
    fn item(left: u32, width: u32) -> RgbImage {
        RgbImage::from_fn(200, 150, |x, y| {
            let inside = (left..left + width).contains(&x) && (40..110).contains(&y);
            match (inside, y) {
                (true, 60..70) => Rgb([200, 160, 40]),
                (true, _) => Rgb([60, 70, 90]),
                _ => Rgb([225, 222, 218]),
            }
        })
    }

    fn of(picture: &RgbImage) -> Fingerprint {
        Fingerprint::of(picture).unwrap()
    }

    #[test]
    fn a_smaller_and_a_darker_copy_are_near_and_another_item_is_not() {
        let original = item(60, 70);
        let smaller = photo::resize(&original, 120, 90).unwrap();
        let darker = RgbImage::from_fn(200, 150, |x, y| {
            Rgb(original.get_pixel(x, y).0.map(|value| value - value / 16))
        });
        for copy in [&smaller, &darker] {
            let distance = of(&original).near(&of(copy));
            assert!(distance.is_some_and(|d| d.bits <= 4), "{distance:?}");
        }
        assert_eq!(of(&original).near(&of(&item(20, 130))), None);
    }

    #[test]
    fn half_of_the_bits_are_set_where_there_is_something_to_see() {
        assert_eq!(of(&item(60, 71)).hash.count_ones(), 32);
    }

    #[test]
    fn pictures_of_one_hash_that_look_different_are_not_near() {
        let (one, mut other) = (of(&item(60, 70)), of(&item(60, 70)));
        for level in other.grey.iter_mut().step_by(2) {
            *level = level.saturating_sub(40);
        }
        assert_eq!(one.hash, other.hash);
        assert_eq!(one.near(&other), None);
    }
}
