//! NEON without dot products, for Cortex-A53 and A72; and what both NEON backends share.
//!
//! Two products are added in 16 bits (`smull`, `smlal2`) before they are added in 32 (`sadalp`):
//! 16 multiply-adds in three instructions. No weight may be -128, or the pair would overflow.
#![allow(
    unsafe_code,
    reason = "vector instructions on raw pointers; bounds are checked in kernels/mod.rs"
)]

use std::arch::aarch64::*;

use super::Inputs;
use crate::classify::int8::packing::{Chunk, PackedDepthwise, PackedGemm};
use crate::classify::int8::requant::Range;

const LANES: usize = 4;
const DEPTH: usize = 16;

pub(super) fn gemm(inputs: &Inputs<'_>, weights: &PackedGemm, out: &mut [i8], pitch: usize) {
    for chunk in weights.chunks() {
        let mut at = 0;
        // SAFETY: every aarch64 processor has NEON. `gemm` of the module has checked that all runs of
        // all inputs, with slack behind them, lie within `data`, and all outputs within `out`; the
        // weights were packed for these lanes.
        unsafe {
            while at + 4 <= inputs.count {
                tile::<4>(inputs, at, weights, chunk, out, pitch);
                at += 4;
            }
            match inputs.count - at {
                3 => tile::<3>(inputs, at, weights, chunk, out, pitch),
                2 => tile::<2>(inputs, at, weights, chunk, out, pitch),
                1 => tile::<1>(inputs, at, weights, chunk, out, pitch),
                _ => {}
            }
        }
    }
}

/// `TILE` (at most 4) outputs of 4 channels each.
#[target_feature(enable = "neon")]
fn tile<const TILE: usize>(
    inputs: &Inputs<'_>,
    at: usize,
    weights: &PackedGemm,
    chunk: &Chunk,
    out: &mut [i8],
    pitch: usize,
) {
    // SAFETY: the caller holds `gemm`'s promises, and `at + TILE` outputs exist.
    unsafe {
        let mut sums = [[vdupq_n_s32(0); LANES]; TILE];
        let mut weight = weights.weights().as_ptr().add(chunk.weights);
        for (start, run) in inputs.starts.iter().zip(weights.runs()) {
            let input = inputs.data.as_ptr().add(start + at * inputs.pitch);
            // What is left of a run fills a step, or its lower half.
            let (steps, rest) = (run / DEPTH, run % DEPTH);
            let whole = steps + usize::from(rest > DEPTH / 2);
            for step in 0..whole {
                let columns: [int8x16_t; LANES] =
                    std::array::from_fn(|lane| vld1q_s8(weight.add(DEPTH * lane)));
                weight = weight.add(DEPTH * LANES);
                for (output, sums) in sums.iter_mut().enumerate() {
                    let values = vld1q_s8(input.add(output * inputs.pitch + DEPTH * step));
                    for (sum, column) in sums.iter_mut().zip(columns) {
                        let pairs = vmull_s8(vget_low_s8(values), vget_low_s8(column));
                        *sum = vpadalq_s16(*sum, vmlal_high_s8(pairs, values, column));
                    }
                }
            }
            if (1..=DEPTH / 2).contains(&rest) {
                let columns: [int8x8_t; LANES] =
                    std::array::from_fn(|lane| vld1_s8(weight.add(DEPTH * lane)));
                weight = weight.add(DEPTH * LANES);
                for (output, sums) in sums.iter_mut().enumerate() {
                    let values = vld1_s8(input.add(output * inputs.pitch + DEPTH * whole));
                    for (sum, column) in sums.iter_mut().zip(columns) {
                        *sum = vpadalq_s16(*sum, vmull_s8(values, column));
                    }
                }
            }
        }
        let bias = vld1q_s32(weights.bias().as_ptr().add(chunk.parameters));
        let scale = vld1q_f32(weights.scale().as_ptr().add(chunk.parameters));
        let mut outputs = [vdupq_n_s32(0); 4];
        for (output, [a, b, c, d]) in outputs.iter_mut().zip(sums) {
            let sum = vpaddq_s32(vpaddq_s32(a, b), vpaddq_s32(c, d));
            *output = scaled(vaddq_s32(sum, bias), scale);
        }
        let bytes = vreinterpretq_s32_s8(narrow(outputs, weights.range()));
        let out = out.as_mut_ptr().add(at * pitch + chunk.first);
        if chunk.channels == LANES {
            let place = |output: usize| out.add(output * pitch).cast::<i32>();
            vst1q_lane_s32::<0>(place(0), bytes);
            if TILE > 1 {
                vst1q_lane_s32::<1>(place(1), bytes);
            }
            if TILE > 2 {
                vst1q_lane_s32::<2>(place(2), bytes);
            }
            if TILE > 3 {
                vst1q_lane_s32::<3>(place(3), bytes);
            }
        } else {
            let mut all = [0_i8; 16];
            vst1q_s8(all.as_mut_ptr(), vreinterpretq_s8_s32(bytes));
            for (output, some) in all.chunks_exact(LANES).take(TILE).enumerate() {
                let out = out.add(output * pitch);
                out.copy_from_nonoverlapping(some.as_ptr(), chunk.channels);
            }
        }
    }
}

#[target_feature(enable = "neon")]
#[inline]
pub(super) fn scaled(sum: int32x4_t, scale: float32x4_t) -> int32x4_t {
    vcvtnq_s32_f32(vmulq_f32(vcvtq_f32_s32(sum), scale))
}

/// 16 scaled sums as bytes.
#[target_feature(enable = "neon")]
#[inline]
pub(super) fn narrow(scaled: [int32x4_t; 4], range: Range) -> int8x16_t {
    let zero = vdupq_n_s16(i16::from(range.zero));
    let [a, b, c, d] = scaled;
    let low = vqaddq_s16(vqmovn_high_s32(vqmovn_s32(a), b), zero);
    let high = vqaddq_s16(vqmovn_high_s32(vqmovn_s32(c), d), zero);
    let bytes = vqmovn_high_s16(vqmovn_s16(low), high);
    vminq_s8(
        vmaxq_s8(bytes, vdupq_n_s8(range.low)),
        vdupq_n_s8(range.high),
    )
}

const BLOCK: usize = 16;

pub(super) fn depthwise(
    inputs: &Inputs<'_>,
    weights: &PackedDepthwise,
    channels: usize,
    out: &mut [i8],
    pitch: usize,
) {
    // SAFETY: every aarch64 processor has NEON; `depthwise` of the module has checked all inputs, with
    // slack behind them, and all outputs.
    unsafe {
        match weights.taps() {
            9 => blocks::<9>(inputs, weights, channels, out, pitch),
            25 => blocks::<25>(inputs, weights, channels, out, pitch),
            _ => any_taps(inputs, weights, channels, out, pitch),
        }
    }
}

/// A known number of taps; the compiler keeps their weights in registers as long as there are any.
#[target_feature(enable = "neon")]
fn blocks<const TAPS: usize>(
    inputs: &Inputs<'_>,
    weights: &PackedDepthwise,
    channels: usize,
    out: &mut [i8],
    pitch: usize,
) {
    for first in (0..channels).step_by(BLOCK) {
        // SAFETY: see `depthwise`; blocks of weights, biases and scales are padded to 16 channels.
        unsafe {
            let weight = weights.weights().as_ptr().add(first * TAPS);
            let weight: [int8x16_t; TAPS] =
                std::array::from_fn(|tap| vld1q_s8(weight.add(BLOCK * tap)));
            let input: [*const i8; TAPS] =
                std::array::from_fn(|tap| inputs.data.as_ptr().add(inputs.starts[tap] + first));
            let (bias, scale) = parameters(weights, first);
            for at in 0..inputs.count {
                let moved = at * inputs.pitch;
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
                let bytes = narrow(scaled, weights.range());
                store(
                    bytes,
                    channels - first,
                    out.as_mut_ptr().add(at * pitch + first),
                );
            }
        }
    }
}

#[target_feature(enable = "neon")]
fn any_taps(
    inputs: &Inputs<'_>,
    weights: &PackedDepthwise,
    channels: usize,
    out: &mut [i8],
    pitch: usize,
) {
    let taps = weights.taps();
    for first in (0..channels).step_by(BLOCK) {
        // SAFETY: see `depthwise`; blocks of weights, biases and scales are padded to 16 channels.
        unsafe {
            let weight = weights.weights().as_ptr().add(first * taps);
            let (bias, scale) = parameters(weights, first);
            for at in 0..inputs.count {
                let input = inputs.data.as_ptr().add(at * inputs.pitch + first);
                let mut sums = bias;
                for (tap, start) in inputs.starts.iter().enumerate() {
                    let weight = vld1q_s8(weight.add(BLOCK * tap));
                    add_one(&mut sums, vld1q_s8(input.add(*start)), weight);
                }
                let scaled = std::array::from_fn(|four| scaled(sums[four], scale[four]));
                let bytes = narrow(scaled, weights.range());
                store(
                    bytes,
                    channels - first,
                    out.as_mut_ptr().add(at * pitch + first),
                );
            }
        }
    }
}

/// Biases and scales of the block that begins with channel `first`.
///
/// # Safety
/// `first` is the first channel of a block of `weights`.
#[target_feature(enable = "neon")]
#[inline]
unsafe fn parameters(
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

#[target_feature(enable = "neon")]
#[inline]
fn add_pair(sums: &mut [int32x4_t; 4], values: [int8x16_t; 2], weights: [int8x16_t; 2]) {
    let [a, b] = values;
    let [v, w] = weights;
    let low = vmull_s8(vget_low_s8(a), vget_low_s8(v));
    let low = vmlal_s8(low, vget_low_s8(b), vget_low_s8(w));
    let high = vmlal_high_s8(vmull_high_s8(a, v), b, w);
    add_products(sums, low, high);
}

#[target_feature(enable = "neon")]
#[inline]
fn add_one(sums: &mut [int32x4_t; 4], values: int8x16_t, weights: int8x16_t) {
    let low = vmull_s8(vget_low_s8(values), vget_low_s8(weights));
    add_products(sums, low, vmull_high_s8(values, weights));
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
