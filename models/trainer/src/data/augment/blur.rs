//! A picture out of focus (a Gaussian blur) or in motion (a mean along a line), both as weighted
//! sums of shifted copies.

use crate::data::frame::Frame;
use crate::rng::Rng;

/// How many standard deviations a kernel reaches.
const REACH: f32 = 2.5;

/// Sum of a kernel's weights.
const ONE: u32 = 1 << 8;

/// Most copies that a motion is made of.
const MOST_STEPS: usize = 12;

/// A shift to the right and down, in pixels, and its weight.
type Tap = (isize, isize, u32);

/// Blurs with standard deviation `sigma`, in pixels. Edges are continued.
pub fn focus(frame: &mut Frame, sigma: f32) {
    let weights = kernel(sigma);
    let reach = (weights.len() / 2).cast_signed();
    let across: Vec<Tap> = (-reach..=reach)
        .zip(&weights)
        .map(|(place, weight)| (place, 0, *weight))
        .collect();
    let down: Vec<Tap> = across
        .iter()
        .map(|(place, _, weight)| (0, *place, *weight))
        .collect();
    shifted(frame, &across);
    shifted(frame, &down);
}

/// Moves the picture by `length` pixels in a random direction while it is exposed.
pub fn motion(frame: &mut Frame, length: f32, rng: &mut Rng) {
    let (sine, cosine) = rng.between(0.0, std::f32::consts::PI).sin_cos();
    let steps = (length.ceil() as usize + 1).clamp(2, MOST_STEPS);
    let mut taps: Vec<Tap> = (0..steps)
        .map(|step| {
            let place = (step as f32 / (steps - 1) as f32 - 0.5) * length;
            let (x, y) = (place * cosine, place * sine);
            (x.round() as isize, y.round() as isize, ONE / steps as u32)
        })
        .collect();
    // What the division left over goes to the middle.
    taps[steps / 2].2 += ONE % steps as u32;
    shifted(frame, &taps);
}

/// Replaces the picture by the weighted sum of its shifted copies. Edges are continued; the cover
/// stays.
fn shifted(frame: &mut Frame, taps: &[Tap]) {
    let side = frame.side;
    let last = side.cast_signed() - 1;
    let margin = taps
        .iter()
        .map(|(right, _, _)| right.unsigned_abs())
        .max()
        .unwrap_or(0);
    // Each row with its first and last pixel repeated, so that a shifted row is a slice of it.
    let stride = side + 2 * margin;
    let mut padded = Vec::with_capacity(stride * side);
    for row in frame.pixels.chunks_exact(side) {
        padded.extend(std::iter::repeat_n(row[0], margin));
        padded.extend_from_slice(row);
        padded.extend(std::iter::repeat_n(row[side - 1], margin));
    }
    let mut sums = vec![[0_u16; 4]; side];
    for row in 0..side {
        sums.fill([(ONE / 2) as u16; 4]);
        for (right, down, weight) in taps {
            let from = (row.cast_signed() + down).clamp(0, last) as usize;
            let start = from * stride + margin.saturating_add_signed(*right);
            for (sum, pixel) in sums.iter_mut().zip(&padded[start..start + side]) {
                for (sum, value) in sum.iter_mut().zip(pixel) {
                    // The weights add up to 2⁸, so the sum stays below 2¹⁶.
                    *sum = sum.wrapping_add(u16::from(*value) * *weight as u16);
                }
            }
        }
        for (pixel, sum) in frame.pixels[row * side..][..side].iter_mut().zip(&sums) {
            *pixel = [
                (sum[0] >> 8) as u8,
                (sum[1] >> 8) as u8,
                (sum[2] >> 8) as u8,
                pixel[3],
            ];
        }
    }
}

/// Weights that add up to [`ONE`].
fn kernel(sigma: f32) -> Vec<u32> {
    let reach = (REACH * sigma).ceil() as i32;
    let weights: Vec<f32> = (-reach..=reach)
        .map(|place| (-(place * place) as f32 / (2.0 * sigma * sigma)).exp())
        .collect();
    let sum: f32 = weights.iter().sum();
    let mut whole: Vec<u32> = weights
        .iter()
        .map(|weight| (weight / sum * ONE as f32) as u32)
        .collect();
    let rest = ONE - whole.iter().sum::<u32>();
    whole[reach as usize] += rest;
    whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Purpose;

    fn edge() -> Frame {
        let pixels = (0..100).map(|place| {
            if place % 10 < 5 {
                [0, 0, 0, 9]
            } else {
                [200, 200, 200, 9]
            }
        });
        Frame {
            side: 10,
            pixels: pixels.collect(),
        }
    }

    #[test]
    fn an_even_picture_stays_and_an_edge_softens() {
        let even = Frame {
            side: 9,
            pixels: vec![[10, 100, 255, 3]; 81],
        };
        let mut blurred = even.clone();
        focus(&mut blurred, 1.0);
        motion(
            &mut blurred,
            5.0,
            &mut Rng::new(1, Purpose::Augmentation, 0, 0),
        );
        assert_eq!(blurred, even);

        let mut edge = edge();
        focus(&mut edge, 1.0);
        let row: Vec<u8> = edge.pixels[20..30].iter().map(|pixel| pixel[0]).collect();
        assert!(row.is_sorted() && row[4] > 20 && row[5] < 180, "{row:?}");
    }

    #[test]
    fn a_motion_blurs_across_edges_and_not_along_them() {
        let mut least = u8::MAX;
        let mut most = 0;
        for seed in 0..20 {
            let mut moved = edge();
            motion(
                &mut moved,
                4.0,
                &mut Rng::new(seed, Purpose::Augmentation, 0, 0),
            );
            let grey = moved.pixels[54][0];
            (least, most) = (least.min(grey), most.max(grey));
        }
        assert!(least < 40 && most > 60, "{least} to {most}");
    }
}
