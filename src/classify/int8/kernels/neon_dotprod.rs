//! NEON with dot products, for Cortex-A76: 16 multiply-adds an instruction.

use std::arch::aarch64::*;
use std::arch::asm;

use super::Inputs;
use super::neon::{Limits, offsets, scaled};
use crate::classify::int8::packing::{Chunk, PackedGemm};

const LANES: usize = 8;
const DEPTH: usize = 4;

pub(super) fn gemm(inputs: &Inputs<'_>, weights: &PackedGemm, out: &mut [i8], pitch: usize) {
    for chunk in weights.chunks() {
        // SAFETY: these kernels are chosen only where the processor has the instructions. `gemm` of
        // the module has checked that all runs of all inputs, with slack behind them, lie within
        // `data`, and all outputs within `out`; the weights were packed for these lanes.
        unsafe { chunk_of(inputs, weights, chunk, out, pitch) };
    }
}

/// All outputs of a chunk of 8 channels.
#[target_feature(enable = "neon,dotprod")]
fn chunk_of(
    inputs: &Inputs<'_>,
    weights: &PackedGemm,
    chunk: &Chunk,
    out: &mut [i8],
    pitch: usize,
) {
    debug_assert_eq!(chunk.lanes, LANES);
    // SAFETY: see `gemm`; parameters are padded to whole chunks.
    unsafe {
        let bias = weights.bias().as_ptr().add(chunk.parameters);
        let scale = weights.scale().as_ptr().add(chunk.parameters);
        let part = Part {
            groups: weights.groups(),
            weight: weights.weights().as_ptr().add(chunk.weights),
            bias: [vld1q_s32(bias), vld1q_s32(bias.add(4))],
            scale: [vld1q_f32(scale), vld1q_f32(scale.add(4))],
            limits: Limits::new(weights.range()),
            channels: chunk.channels,
        };
        let out = out.as_mut_ptr().add(chunk.first);
        let place = |at: usize| out.add(at * pitch);
        let mut at = 0;
        while at + 8 <= inputs.count {
            tile::<8>(inputs, at, &part, place(at), pitch);
            at += 8;
        }
        if at + 4 <= inputs.count {
            tile::<4>(inputs, at, &part, place(at), pitch);
            at += 4;
        }
        if at + 2 <= inputs.count {
            tile::<2>(inputs, at, &part, place(at), pitch);
            at += 2;
        }
        if at < inputs.count {
            tile::<1>(inputs, at, &part, place(at), pitch);
        }
    }
}

/// What all tiles of a chunk share.
struct Part<'a> {
    groups: &'a [usize],
    weight: *const i8,
    bias: [int32x4_t; 2],
    scale: [float32x4_t; 2],
    limits: Limits,
    channels: usize,
}

/// `TILE` outputs of 8 channels each, from output `at` on, which lies at `out`.
///
/// # Safety
/// `at + TILE` outputs exist, and `gemm`'s promises hold.
#[target_feature(enable = "neon,dotprod")]
#[inline]
unsafe fn tile<const TILE: usize>(
    inputs: &Inputs<'_>,
    at: usize,
    part: &Part<'_>,
    out: *mut i8,
    pitch: usize,
) {
    // SAFETY: the caller's. Loading 16 bytes of a run reads at most 15 bytes of the slack.
    unsafe {
        let rows = offsets::<TILE>(inputs.pitch);
        let mut sums = [part.bias; TILE];
        let mut weight = part.weight;
        let mut number = 0;
        // There is a run at least; a loop that may end before it begins costs a second set of sums.
        loop {
            let start = *inputs.starts.get_unchecked(number);
            let groups = *part.groups.get_unchecked(number);
            let mut input = inputs.data.as_ptr().add(start + at * inputs.pitch);
            for _ in 0..groups / 4 {
                let values: [int8x16_t; TILE] =
                    std::array::from_fn(|output| vld1q_s8(input.add(rows[output])));
                weight = add::<TILE, 0>(&mut sums, weight, &values);
                weight = add::<TILE, 1>(&mut sums, weight, &values);
                weight = add::<TILE, 2>(&mut sums, weight, &values);
                weight = add::<TILE, 3>(&mut sums, weight, &values);
                input = input.add(4 * DEPTH);
            }
            let rest = groups % 4;
            if rest > 0 {
                let values: [int8x16_t; TILE] =
                    std::array::from_fn(|output| vld1q_s8(input.add(rows[output])));
                weight = add::<TILE, 0>(&mut sums, weight, &values);
                if rest > 1 {
                    weight = add::<TILE, 1>(&mut sums, weight, &values);
                }
                if rest > 2 {
                    weight = add::<TILE, 2>(&mut sums, weight, &values);
                }
            }
            number += 1;
            if number == part.groups.len() {
                break;
            }
        }
        for pair in 0..TILE.div_ceil(2) {
            let (first, second) = (sums[2 * pair], sums[(2 * pair + 1).min(TILE - 1)]);
            let scaled = [
                scaled(first[0], part.scale[0]),
                scaled(first[1], part.scale[1]),
                scaled(second[0], part.scale[0]),
                scaled(second[1], part.scale[1]),
            ];
            let bytes = part.limits.narrow(scaled);
            let out = out.add(2 * pair * pitch);
            if part.channels == LANES {
                let bytes = vreinterpretq_s64_s8(bytes);
                vst1q_lane_s64::<0>(out.cast(), bytes);
                if 2 * pair + 1 < TILE {
                    vst1q_lane_s64::<1>(out.add(pitch).cast(), bytes);
                }
                continue;
            }
            let mut both = [0_i8; 2 * LANES];
            vst1q_s8(both.as_mut_ptr(), bytes);
            out.copy_from_nonoverlapping(both.as_ptr(), part.channels);
            if 2 * pair + 1 < TILE {
                let second = both.as_ptr().add(LANES);
                out.add(pitch)
                    .copy_from_nonoverlapping(second, part.channels);
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
