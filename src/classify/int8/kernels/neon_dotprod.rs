//! NEON with dot products, for Cortex-A76: 16 multiply-adds an instruction. The depthwise kernel is
//! that of [`neon`](super::neon).
#![allow(
    unsafe_code,
    reason = "vector instructions on raw pointers; bounds are checked in kernels/mod.rs"
)]

use std::arch::aarch64::*;
use std::arch::asm;

use super::Inputs;
use super::neon::{narrow, scaled};
use crate::classify::int8::packing::{Chunk, PackedGemm};

const LANES: usize = 8;
const DEPTH: usize = 4;

pub(super) fn gemm(inputs: &Inputs<'_>, weights: &PackedGemm, out: &mut [i8], pitch: usize) {
    for chunk in weights.chunks() {
        let mut at = 0;
        // SAFETY: these kernels are chosen only where the processor has the instructions. `gemm` of
        // the module has checked that all runs of all inputs, with slack behind them, lie within
        // `data`, and all outputs within `out`; the weights were packed for these lanes.
        unsafe {
            while at + 8 <= inputs.count {
                tile::<8>(inputs, at, weights, chunk, out, pitch);
                at += 8;
            }
            if at + 4 <= inputs.count {
                tile::<4>(inputs, at, weights, chunk, out, pitch);
                at += 4;
            }
            if at + 2 <= inputs.count {
                tile::<2>(inputs, at, weights, chunk, out, pitch);
                at += 2;
            }
            if at < inputs.count {
                tile::<1>(inputs, at, weights, chunk, out, pitch);
            }
        }
    }
}

/// `TILE` outputs of 8 channels each.
#[target_feature(enable = "neon,dotprod")]
fn tile<const TILE: usize>(
    inputs: &Inputs<'_>,
    at: usize,
    weights: &PackedGemm,
    chunk: &Chunk,
    out: &mut [i8],
    pitch: usize,
) {
    // SAFETY: the caller holds `gemm`'s promises, and `at + TILE` outputs exist. Loading 16 bytes of
    // a run reads at most 15 bytes of the slack.
    unsafe {
        let bias = weights.bias().as_ptr().add(chunk.parameters);
        let mut sums = [[vld1q_s32(bias), vld1q_s32(bias.add(4))]; TILE];
        let mut weight = weights.weights().as_ptr().add(chunk.weights);
        for (start, groups) in inputs.starts.iter().zip(weights.groups()) {
            let input = inputs.data.as_ptr().add(start + at * inputs.pitch);
            for step in 0..groups / 4 {
                let values: [int8x16_t; TILE] = std::array::from_fn(|output| {
                    vld1q_s8(input.add(output * inputs.pitch + 16 * step))
                });
                weight = add::<TILE, 0>(&mut sums, weight, &values);
                weight = add::<TILE, 1>(&mut sums, weight, &values);
                weight = add::<TILE, 2>(&mut sums, weight, &values);
                weight = add::<TILE, 3>(&mut sums, weight, &values);
            }
            let rest = groups % 4;
            if rest > 0 {
                let values: [int8x16_t; TILE] = std::array::from_fn(|output| {
                    vld1q_s8(input.add(output * inputs.pitch + DEPTH * (groups - rest)))
                });
                weight = add::<TILE, 0>(&mut sums, weight, &values);
                if rest > 1 {
                    weight = add::<TILE, 1>(&mut sums, weight, &values);
                }
                if rest > 2 {
                    weight = add::<TILE, 2>(&mut sums, weight, &values);
                }
            }
        }
        let scale = weights.scale().as_ptr().add(chunk.parameters);
        let scale = [vld1q_f32(scale), vld1q_f32(scale.add(4))];
        let out = out.as_mut_ptr().add(at * pitch + chunk.first);
        for pair in 0..TILE.div_ceil(2) {
            let (first, second) = (sums[2 * pair], sums[(2 * pair + 1).min(TILE - 1)]);
            let scaled = [
                scaled(first[0], scale[0]),
                scaled(first[1], scale[1]),
                scaled(second[0], scale[0]),
                scaled(second[1], scale[1]),
            ];
            let bytes = narrow(scaled, weights.range());
            let out = out.add(2 * pair * pitch);
            store(vget_low_s8(bytes), chunk.channels, out);
            if 2 * pair + 1 < TILE {
                store(vget_high_s8(bytes), chunk.channels, out.add(pitch));
            }
        }
    }
}

/// Adds the products of the `QUARTER`th four bytes of each value with the next eight columns of
/// weights, and answers where the columns after those are.
///
/// # Safety
/// 32 bytes at `weight` may be read.
#[target_feature(enable = "neon,dotprod")]
#[inline]
unsafe fn add<const TILE: usize, const QUARTER: usize>(
    sums: &mut [[int32x4_t; 2]; TILE],
    weight: *const i8,
    values: &[int8x16_t; TILE],
) -> *const i8 {
    // SAFETY: the caller's.
    unsafe {
        let columns = [vld1q_s8(weight), vld1q_s8(weight.add(16))];
        for (sums, values) in sums.iter_mut().zip(values) {
            sums[0] = dot::<QUARTER>(sums[0], columns[0], *values);
            sums[1] = dot::<QUARTER>(sums[1], columns[1], *values);
        }
        weight.add(DEPTH * LANES)
    }
}

/// `sdot` with one of the four quarters of `values`; the compiler's own intrinsic is not stable yet.
#[target_feature(enable = "neon,dotprod")]
#[inline]
fn dot<const QUARTER: usize>(
    mut sum: int32x4_t,
    columns: int8x16_t,
    values: int8x16_t,
) -> int32x4_t {
    // SAFETY: the instruction works on registers only, and the processor has it.
    unsafe {
        asm!(
            "sdot {sum:v}.4s, {columns:v}.16b, {values:v}.4b[{quarter}]",
            sum = inout(vreg) sum,
            columns = in(vreg) columns,
            values = in(vreg) values,
            quarter = const QUARTER,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sum
}

/// Stores the first `channels` of 8 bytes.
///
/// # Safety
/// As many bytes at `out` may be written.
#[target_feature(enable = "neon")]
#[inline]
unsafe fn store(bytes: int8x8_t, channels: usize, out: *mut i8) {
    // SAFETY: no more than `channels` bytes are written, which the caller vouches for.
    unsafe {
        if channels == LANES {
            vst1_s8(out, bytes);
        } else {
            let mut rest = [0_i8; LANES];
            vst1_s8(rest.as_mut_ptr(), bytes);
            out.copy_from_nonoverlapping(rest.as_ptr(), channels);
        }
    }
}
