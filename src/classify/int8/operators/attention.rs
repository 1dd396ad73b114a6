//! What attention (CBAM) needs between its convolutions: pooling over pixels and over channels, and
//! the product of a map with a gate a channel and a gate a pixel.
//!
//! Sums over many values have a fixed order, in lanes, so that they do not depend on the processor.

use super::rows::Scratch;
use crate::classify::int8::pool::Pool;
use crate::classify::int8::requant::Range;
use crate::classify::int8::shape::Shape;

/// What many values are reduced to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::classify::int8) enum Reduction {
    /// Their sum.
    Sum,
    /// The largest.
    Max,
}

/// Values of a quantised map: `(byte - zero) * scale`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::classify::int8) struct Quantised {
    /// Its size.
    pub shape: Shape,
    /// The byte that stands for zero.
    pub zero: i8,
    /// The step.
    pub scale: f32,
}

/// Reduces each channel over all pixels.
#[derive(Debug)]
pub(in crate::classify::int8) struct OverPixels {
    /// The map.
    pub input: Quantised,
    /// To what.
    pub reduction: Reduction,
}

/// Lanes that are summed on their own; as many as the widest vector of 32-bit values has.
const LANES: usize = 16;

impl OverPixels {
    /// Writes one value a channel.
    pub fn run(&self, input: &[i8], out: &mut [f32]) {
        let Shape { channels, .. } = self.input.shape;
        let input = &input[..self.input.shape.len()];
        let pixels = i32::try_from(input.len() / channels).unwrap_or(i32::MAX);
        for first in (0..channels).step_by(LANES) {
            let lanes = LANES.min(channels - first);
            let mut totals = [match self.reduction {
                Reduction::Sum => 0,
                Reduction::Max => i32::MIN,
            }; LANES];
            for pixel in input.chunks_exact(channels) {
                for (total, byte) in totals.iter_mut().zip(&pixel[first..first + lanes]) {
                    let byte = i32::from(*byte);
                    *total = match self.reduction {
                        Reduction::Sum => *total + byte,
                        Reduction::Max => (*total).max(byte),
                    };
                }
            }
            let zeros = match self.reduction {
                Reduction::Sum => pixels,
                Reduction::Max => 1,
            } * i32::from(self.input.zero);
            for (out, total) in out[first..first + lanes].iter_mut().zip(totals) {
                *out = (total - zeros) as f32 * self.input.scale;
            }
        }
    }

    /// The same of a map that gates have multiplied: one factor a channel, one a pixel.
    pub fn run_gated(
        &self,
        input: &[i8],
        channel: Option<&[f32]>,
        pixel: Option<&[f32]>,
        out: &mut [f32],
    ) {
        out.fill(match self.reduction {
            Reduction::Sum => 0.0,
            Reduction::Max => f32::NEG_INFINITY,
        });
        let Shape { channels, .. } = self.input.shape;
        let pixels = input[..self.input.shape.len()].chunks_exact(channels);
        for (at, bytes) in pixels.enumerate() {
            let factor = self.input.scale * pixel.map_or(1.0, |gates| gates[at]);
            for (at, (total, byte)) in out.iter_mut().zip(bytes).enumerate() {
                let gate = factor * channel.map_or(1.0, |gates| gates[at]);
                let value = (i32::from(*byte) - i32::from(self.input.zero)) as f32 * gate;
                *total = match self.reduction {
                    Reduction::Sum => *total + value,
                    Reduction::Max => total.max(value),
                };
            }
        }
    }
}

/// Reduces each pixel over all channels, which a gate may have multiplied.
#[derive(Debug)]
pub(in crate::classify::int8) struct OverChannels {
    /// The map.
    pub input: Quantised,
    /// To what.
    pub reduction: Reduction,
}

impl OverChannels {
    /// Writes one value a pixel. `gate` has one factor a channel.
    pub fn run(&self, input: &[i8], gate: Option<&[f32]>, out: &mut [f32]) {
        let Quantised { shape, zero, scale } = self.input;
        let zero = i32::from(zero);
        let pixels = input[..shape.len()].chunks_exact(shape.channels);
        for (out, pixel) in out.iter_mut().zip(pixels) {
            let total = match (self.reduction, gate) {
                (Reduction::Sum, None) => {
                    let sum: i32 = pixel.iter().map(|byte| i32::from(*byte)).sum();
                    (sum - zero * shape.channels.cast_signed() as i32) as f32
                }
                (Reduction::Max, None) => {
                    let most = pixel.iter().copied().max().unwrap_or_default();
                    (i32::from(most) - zero) as f32
                }
                (Reduction::Sum, Some(gate)) => fold(pixel, gate, zero, 0.0, |a, b| a + b),
                (Reduction::Max, Some(gate)) => {
                    let larger = |a, b| if b > a { b } else { a };
                    fold(pixel, gate, zero, f32::NEG_INFINITY, larger)
                }
            };
            *out = total * scale;
        }
    }
}

/// Folds the gated values of a pixel in lanes, and then the lanes.
#[inline]
fn fold(
    pixel: &[i8],
    gate: &[f32],
    zero: i32,
    start: f32,
    join: impl Fn(f32, f32) -> f32 + Copy,
) -> f32 {
    let value = |byte: i8, gate: f32| (i32::from(byte) - zero) as f32 * gate;
    let mut lanes = [start; LANES];
    let (bytes, rest) = pixel.as_chunks::<LANES>();
    let (gates, rest_of_gates) = gate[..pixel.len()].as_chunks::<LANES>();
    for (bytes, gates) in bytes.iter().zip(gates) {
        for ((lane, byte), gate) in lanes.iter_mut().zip(bytes).zip(gates) {
            *lane = join(*lane, value(*byte, *gate));
        }
    }
    for ((lane, byte), gate) in lanes.iter_mut().zip(rest).zip(rest_of_gates) {
        *lane = join(*lane, value(*byte, *gate));
    }
    lanes.into_iter().fold(start, join)
}

/// Multiplies a map with gates and quantises the product.
#[derive(Debug)]
pub(in crate::classify::int8) struct Gate {
    /// The map; its scale is divided by that of the result.
    pub input: Quantised,
    /// The result's zero point and limits.
    pub range: Range,
}

impl Gate {
    /// Multiplies `input` with one factor a channel and one a pixel, and leaves the products as they
    /// are.
    pub fn run_real(
        &self,
        input: &[i8],
        channel: Option<&[f32]>,
        pixel: Option<&[f32]>,
        out: &mut [f32],
    ) {
        let Quantised { shape, zero, scale } = self.input;
        let pixels = input[..shape.len()].chunks_exact(shape.channels);
        for (at, (out, bytes)) in out.chunks_exact_mut(shape.channels).zip(pixels).enumerate() {
            let factor = scale * pixel.map_or(1.0, |gates| gates[at]);
            for (at, (out, byte)) in out.iter_mut().zip(bytes).enumerate() {
                let gate = factor * channel.map_or(1.0, |gates| gates[at]);
                *out = (i32::from(*byte) - i32::from(zero)) as f32 * gate;
            }
        }
    }

    /// Multiplies `input` with one factor a channel and one a pixel into `out`.
    pub fn run(
        &self,
        input: &[i8],
        channel: Option<&[f32]>,
        pixel: Option<&[f32]>,
        out: &mut [i8],
        pool: &Pool,
        scratch: &mut [Scratch],
    ) {
        let Quantised { shape, zero, scale } = self.input;
        let zero = i32::from(zero);
        let out = &mut out[..shape.len()];
        let work = 4 * out.len();
        pool.bands(out, shape.channels, work, scratch, |pixels, out, _| {
            let input = &input[pixels.start * shape.channels..];
            let rows = out.chunks_exact_mut(shape.channels);
            let rows = rows.zip(input.chunks_exact(shape.channels));
            for ((out, input), at) in rows.zip(pixels) {
                let factor = scale * pixel.map_or(1.0, |gates| gates[at]);
                let values = input.iter().map(|byte| (i32::from(*byte) - zero) as f32);
                match channel {
                    Some(gates) => {
                        for ((out, value), gate) in out.iter_mut().zip(values).zip(gates) {
                            *out = self.range.byte(value * gate * factor);
                        }
                    }
                    None => {
                        for (out, value) in out.iter_mut().zip(values) {
                            *out = self.range.byte(value * factor);
                        }
                    }
                }
            }
        });
    }
}
