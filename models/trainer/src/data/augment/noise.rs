//! A sensor's noise: of the light itself, which grows with the root of its brightness (shot noise),
//! and of reading it out, which does not.

use std::sync::OnceLock;

use crate::data::frame::Frame;
use crate::rng::{Purpose, Rng};

/// Normal numbers in the table, a power of two.
const TABLE: usize = 1 << 14;

/// Scale of the table's numbers and of the deviations.
const SCALE: f32 = 256.0;

/// Adds noise of standard deviation `shot` on white and `read` on black, in grey levels.
pub fn add(frame: &mut Frame, shot: f32, read: f32, rng: &mut Rng) {
    let table = normal();
    let deviations: [i32; 256] = std::array::from_fn(|level| {
        let variance = read * read + shot * shot * level as f32 / 255.0;
        (variance.sqrt() * SCALE) as i32
    });
    for row in frame.pixels.chunks_exact_mut(frame.side) {
        // Another place in the table for each row, so that no pattern is seen.
        let mut place = rng.below(TABLE);
        for pixel in row {
            for value in &mut pixel[..3] {
                let step = deviations[usize::from(*value)] * i32::from(table[place]);
                *value = (i32::from(*value) + ((step + (1 << 15)) >> 16)).clamp(0, 255) as u8;
                place = (place + 1) & (TABLE - 1);
            }
        }
    }
}

/// Numbers of mean 0 and standard deviation [`SCALE`], always the same.
fn normal() -> &'static [i16] {
    static NUMBERS: OnceLock<Vec<i16>> = OnceLock::new();
    NUMBERS.get_or_init(|| {
        let mut rng = Rng::new(0, Purpose::Augmentation, 0, 0);
        let mut numbers = vec![0; TABLE];
        for pair in numbers.chunks_exact_mut(2) {
            // Box and Muller: two even numbers make two normal ones.
            let length = (-2.0 * (1.0 - rng.unit()).ln()).sqrt();
            let (sine, cosine) = rng.between(0.0, std::f32::consts::TAU).sin_cos();
            pair[0] = (SCALE * length * sine) as i16;
            pair[1] = (SCALE * length * cosine) as i16;
        }
        numbers
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_has_the_deviation_asked_for_and_no_bias() {
        for (level, expected) in [
            (128_u8, 4.0_f64.hypot(6.0 * 0.709)),
            (20, 4.0_f64.hypot(6.0 * 0.28)),
        ] {
            let mut frame = Frame {
                side: 100,
                pixels: vec![[level, level, level, 1]; 10_000],
            };
            add(
                &mut frame,
                6.0,
                4.0,
                &mut Rng::new(5, Purpose::Augmentation, 1, 1),
            );
            let values: Vec<f64> = frame
                .pixels
                .iter()
                .flat_map(|pixel| pixel[..3].to_vec())
                .map(f64::from)
                .collect();
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            let variance = values
                .iter()
                .map(|value| (value - mean).powi(2))
                .sum::<f64>()
                / values.len() as f64;
            assert!((mean - f64::from(level)).abs() < 0.2, "{mean}");
            assert!(
                (variance.sqrt() - expected).abs() < 0.3,
                "{} for {expected}",
                variance.sqrt()
            );
        }
    }
}
