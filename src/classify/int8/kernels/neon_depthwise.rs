//! The depthwise convolution without dot products.
//!
//! As in the matrix product, the products of two taps are added in 16 bits before they go into 32.

use std::arch::aarch64::*;
use std::arch::asm;

use super::Inputs;
use super::neon::{Limits, opaque, scaled};
use crate::classify::int8::packing::PackedDepthwise;

const BLOCK: usize = 16;

/// The channels from `from`, which begins a block, to `channels`.
pub(super) fn depthwise(
    inputs: &Inputs<'_>,
    weights: &PackedDepthwise,
    from: usize,
    channels: usize,
    out: &mut [i8],
    pitch: usize,
) {
    // SAFETY: every aarch64 processor has NEON; `depthwise` of the module has checked all inputs, with
    // slack behind them, and all outputs.
    unsafe {
        for first in (from..channels).step_by(BLOCK) {
            let left = channels - first;
            let out = &mut out[first..];
            match (weights.taps(), left >= BLOCK) {
                (9, true) => block::<9, true>(inputs, weights, first, left, out, pitch),
                (9, false) => block::<9, false>(inputs, weights, first, left, out, pitch),
                (25, true) => block::<25, true>(inputs, weights, first, left, out, pitch),
                _ => any_taps(inputs, weights, first, left, out, pitch),
            }
        }
    }
}

/// One block of channels for a known number of taps, so that their weights stay in registers as long
/// as there are any; `WHOLE` if all its channels exist.
#[target_feature(enable = "neon")]
fn block<const TAPS: usize, const WHOLE: bool>(
    inputs: &Inputs<'_>,
    weights: &PackedDepthwise,
    first: usize,
    left: usize,
    out: &mut [i8],
    pitch: usize,
) {
    // SAFETY: see `depthwise`; blocks of weights, biases and scales are padded to 16 channels.
    unsafe {
        let weight = weights.weights().as_ptr().add(first * TAPS);
        let weight: [int8x16_t; TAPS] =
            std::array::from_fn(|tap| vld1q_s8(weight.add(BLOCK * tap)));
        let input: [*const i8; TAPS] =
            std::array::from_fn(|tap| inputs.data.as_ptr().add(inputs.starts[tap] + first));
        let (bias, scale) = parameters(weights, first);
        let limits = Limits::new(weights.range());
        let mut out = out.as_mut_ptr();
        let mut moved = 0;
        for _ in 0..inputs.count {
            let mut sums = bias;
            for pair in 0..TAPS / 2 {
                let values = [
                    vld1q_s8(input[2 * pair].add(moved)),
                    vld1q_s8(input[2 * pair + 1].add(moved)),
                ];
                add_pair(&mut sums, values, [weight[2 * pair], weight[2 * pair + 1]]);
            }
            if TAPS % 2 == 1 {
                add_one(
                    &mut sums,
                    vld1q_s8(input[TAPS - 1].add(moved)),
                    weight[TAPS - 1],
                );
            }
            let scaled = std::array::from_fn(|four| scaled(sums[four], scale[four]));
            let bytes = limits.narrow(scaled);
            if WHOLE {
                vst1q_s8(out, bytes);
            } else {
                store(bytes, left, out);
            }
            out = out.wrapping_add(pitch);
            moved = opaque(moved + inputs.pitch);
        }
    }
}

/// One block of channels for any number of taps.
#[target_feature(enable = "neon")]
fn any_taps(
    inputs: &Inputs<'_>,
    weights: &PackedDepthwise,
    first: usize,
    left: usize,
    out: &mut [i8],
    pitch: usize,
) {
    // SAFETY: see `depthwise`; blocks of weights, biases and scales are padded to 16 channels.
    unsafe {
        let weight = weights.weights().as_ptr().add(first * weights.taps());
        let (bias, scale) = parameters(weights, first);
        let limits = Limits::new(weights.range());
        for at in 0..inputs.count {
            let input = inputs.data.as_ptr().add(at * inputs.pitch + first);
            let mut sums = bias;
            for (tap, start) in inputs.starts.iter().enumerate() {
                let weight = vld1q_s8(weight.add(BLOCK * tap));
                add_one(&mut sums, vld1q_s8(input.add(*start)), weight);
            }
            let scaled = std::array::from_fn(|four| scaled(sums[four], scale[four]));
            let bytes = limits.narrow(scaled);
            store(bytes, left, out.as_mut_ptr().add(at * pitch));
        }
    }
}

/// Biases and scales of the block that begins with channel `first`.
///
/// # Safety
/// `first` is the first channel of a block of `weights`.
#[target_feature(enable = "neon")]
#[inline]
pub(super) unsafe fn parameters(
    weights: &PackedDepthwise,
    first: usize,
) -> ([int32x4_t; 4], [float32x4_t; 4]) {
    // SAFETY: parameters are padded to whole blocks.
    unsafe {
        let bias = weights.bias().as_ptr().add(first);
        let scale = weights.scale().as_ptr().add(first);
        (
            std::array::from_fn(|four| vld1q_s32(bias.add(4 * four))),
            std::array::from_fn(|four| vld1q_f32(scale.add(4 * four))),
        )
    }
}

/// Adds the products of two taps. The compiler would take the halves of loop-invariant weights apart
/// outside the loop, and then has no registers for them; hence the instructions themselves.
#[target_feature(enable = "neon")]
#[inline]
fn add_pair(sums: &mut [int32x4_t; 4], values: [int8x16_t; 2], weights: [int8x16_t; 2]) {
    let (low, high): (int16x8_t, int16x8_t);
    // SAFETY: the instructions work on registers only, and every aarch64 processor has them.
    unsafe {
        asm!(
            "smull {low:v}.8h, {a:v}.8b, {v:v}.8b",
            "smull2 {high:v}.8h, {a:v}.16b, {v:v}.16b",
            "smlal {low:v}.8h, {b:v}.8b, {w:v}.8b",
            "smlal2 {high:v}.8h, {b:v}.16b, {w:v}.16b",
            low = out(vreg) low,
            high = out(vreg) high,
            a = in(vreg) values[0],
            b = in(vreg) values[1],
            v = in(vreg) weights[0],
            w = in(vreg) weights[1],
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    add_products(sums, low, high);
}

/// Adds the products of one tap.
#[target_feature(enable = "neon")]
#[inline]
fn add_one(sums: &mut [int32x4_t; 4], values: int8x16_t, weights: int8x16_t) {
    let (low, high): (int16x8_t, int16x8_t);
    // SAFETY: as in `add_pair`.
    unsafe {
        asm!(
            "smull {low:v}.8h, {a:v}.8b, {v:v}.8b",
            "smull2 {high:v}.8h, {a:v}.16b, {v:v}.16b",
            low = out(vreg) low,
            high = lateout(vreg) high,
            a = in(vreg) values,
            v = in(vreg) weights,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    add_products(sums, low, high);
}

#[target_feature(enable = "neon")]
#[inline]
fn add_products(sums: &mut [int32x4_t; 4], low: int16x8_t, high: int16x8_t) {
    sums[0] = vaddw_s16(sums[0], vget_low_s16(low));
    sums[1] = vaddw_high_s16(sums[1], low);
    sums[2] = vaddw_s16(sums[2], vget_low_s16(high));
    sums[3] = vaddw_high_s16(sums[3], high);
}

/// Stores the first `channels` of 16 bytes.
///
/// # Safety
/// As many bytes at `out` may be written.
#[target_feature(enable = "neon")]
#[inline]
unsafe fn store(bytes: int8x16_t, channels: usize, out: *mut i8) {
    // SAFETY: no more than `channels` bytes are written, which the caller vouches for.
    unsafe {
        if channels >= BLOCK {
            vst1q_s8(out, bytes);
        } else if channels == BLOCK / 2 {
            vst1_s8(out, vget_low_s8(bytes));
        } else {
            let mut rest = [0_i8; BLOCK];
            vst1q_s8(rest.as_mut_ptr(), bytes);
            out.copy_from_nonoverlapping(rest.as_ptr(), channels);
        }
    }
}
