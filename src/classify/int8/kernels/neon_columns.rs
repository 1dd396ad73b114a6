//! The 3×3 depthwise convolution with dot products, for pixels that lie side by side.
//!
//! The three bytes of a channel in a column are brought together with a zero; one `sdot` then does a
//! column of four channels. Each column serves three outputs, so that an output costs one new column:
//! three loads, eight `zip` and twelve `sdot`, where [`neon_depthwise`](super::neon_depthwise) takes nine loads and 38
//! instructions.

use std::arch::aarch64::*;
use std::arch::asm;

use super::Inputs;
use super::neon::{Limits, scaled};
use super::neon_depthwise::{self, parameters};
use crate::classify::int8::packing::PackedDepthwise;

const BLOCK: usize = 16;
const TAPS: usize = 9;

pub(super) fn depthwise(
    inputs: &Inputs<'_>,
    weights: &PackedDepthwise,
    channels: usize,
    out: &mut [i8],
    pitch: usize,
) {
    let in_columns = |start: &[usize]| {
        start[1] == start[0] + inputs.pitch && start[2] == start[1] + inputs.pitch
    };
    let whole = channels / BLOCK * BLOCK;
    if weights.taps() != TAPS || !inputs.starts.chunks_exact(3).all(in_columns) || whole == 0 {
        neon_depthwise::depthwise(inputs, weights, 0, channels, out, pitch);
        return;
    }
    // SAFETY: these kernels are chosen only where the processor has the instructions; `depthwise` of
    // the module has checked all inputs, with slack behind them, and all outputs.
    unsafe {
        for first in (0..whole).step_by(BLOCK) {
            block(inputs, weights, first, &mut out[first..], pitch);
        }
    }
    neon_depthwise::depthwise(inputs, weights, whole, channels, out, pitch);
}

/// A column of 16 channels: for each four of them, the bytes of three rows and a zero.
type Column = [int8x16_t; 4];

/// All outputs of 16 channels.
#[target_feature(enable = "neon,dotprod")]
fn block(
    inputs: &Inputs<'_>,
    weights: &PackedDepthwise,
    first: usize,
    out: &mut [i8],
    pitch: usize,
) {
    // SAFETY: see `depthwise`; blocks of weights, biases and scales are padded to 16 channels.
    unsafe {
        let (bias, scale) = parameters(weights, first);
        let limits = Limits::new(weights.range());
        let weight = weights.weights().as_ptr().add(first * TAPS);
        let weight: [Column; 3] = std::array::from_fn(|x| {
            let tap = |y: usize| vld1q_s8(weight.add(BLOCK * (3 * y + x)));
            column(tap(0), tap(1), tap(2))
        });
        let row = |y: usize| inputs.data.as_ptr().add(inputs.starts[3 * y] + first);
        let rows = [row(0), row(1), row(2)];
        let load = |at: usize| {
            let [a, b, c] = rows.map(|row| vld1q_s8(row.add(at * inputs.pitch)));
            column(a, b, c)
        };
        let out = out.as_mut_ptr();
        let finish = |at: usize, columns: [&Column; 3]| {
            let mut sums = bias;
            for (column, weight) in columns.into_iter().zip(&weight) {
                for ((sum, column), weight) in sums.iter_mut().zip(column).zip(weight) {
                    *sum = dot(*sum, *column, *weight);
                }
            }
            let scaled = std::array::from_fn(|four| scaled(sums[four], scale[four]));
            vst1q_s8(out.add(at * pitch), limits.narrow(scaled));
        };
        let (mut a, mut b) = (load(0), load(1));
        let mut at = 0;
        // The columns change their roles instead of their registers.
        while at + 3 <= inputs.count {
            let c = load(at + 2);
            finish(at, [&a, &b, &c]);
            a = load(at + 3);
            finish(at + 1, [&b, &c, &a]);
            b = load(at + 4);
            finish(at + 2, [&c, &a, &b]);
            at += 3;
        }
        while at < inputs.count {
            let c = load(at + 2);
            finish(at, [&a, &b, &c]);
            (a, b) = (b, c);
            at += 1;
        }
    }
}

#[target_feature(enable = "neon")]
#[inline]
fn column(a: int8x16_t, b: int8x16_t, c: int8x16_t) -> Column {
    let zero = vdupq_n_s8(0);
    let words = |bytes| vreinterpretq_s16_s8(bytes);
    let (ab, c0) = (words(vzip1q_s8(a, b)), words(vzip1q_s8(c, zero)));
    let (ab_high, c0_high) = (words(vzip2q_s8(a, b)), words(vzip2q_s8(c, zero)));
    [
        vreinterpretq_s8_s16(vzip1q_s16(ab, c0)),
        vreinterpretq_s8_s16(vzip2q_s16(ab, c0)),
        vreinterpretq_s8_s16(vzip1q_s16(ab_high, c0_high)),
        vreinterpretq_s8_s16(vzip2q_s16(ab_high, c0_high)),
    ]
}

/// `sdot`; the compiler's own intrinsic is not stable yet.
#[target_feature(enable = "neon,dotprod")]
#[inline]
fn dot(mut sum: int32x4_t, a: int8x16_t, b: int8x16_t) -> int32x4_t {
    // SAFETY: the instruction works on registers only, and the processor has it.
    unsafe {
        asm!(
            "sdot {sum:v}.4s, {a:v}.16b, {b:v}.16b",
            sum = inout(vreg) sum,
            a = in(vreg) a,
            b = in(vreg) b,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sum
}
