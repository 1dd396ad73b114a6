//! NEON without dot products, for Cortex-A53 and A72; and what both NEON backends share.
//!
//! Two products are added in 16 bits (`smull`, `smlal2`) before they are added in 32 (`sadalp`):
//! 16 multiply-adds in three instructions. No weight may be -128, or the pair would overflow.

use std::arch::aarch64::*;
use std::arch::asm;

use super::Inputs;
use crate::classify::int8::packing::{Chunk, PackedGemm};
use crate::classify::int8::requant::Range;

const LANES: usize = 4;
const DEPTH: usize = 16;

pub(super) fn gemm(inputs: &Inputs<'_>, weights: &PackedGemm, out: &mut [i8], pitch: usize) {
    for chunk in weights.chunks() {
        // SAFETY: every aarch64 processor has NEON. `gemm` of the module has checked that all runs of
        // all inputs, with slack behind them, lie within `data`, and all outputs within `out`; the
        // weights were packed for these lanes.
        unsafe { chunk_of(inputs, weights, chunk, out, pitch) };
    }
}

/// All outputs of a chunk of 4 channels.
#[target_feature(enable = "neon")]
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
        let part = Part {
            runs: weights.runs(),
            weight: weights.weights().as_ptr().add(chunk.weights),
            seeds: seeds(&weights.bias()[chunk.parameters..][..LANES]),
            scale: vld1q_f32(weights.scale().as_ptr().add(chunk.parameters)),
            limits: Limits::new(weights.range()),
            channels: chunk.channels,
        };
        let mut out = out.as_mut_ptr().add(chunk.first);
        let mut at = 0;
        while at + 4 <= inputs.count {
            tile::<4>(inputs, at, &part, out, pitch);
            out = out.wrapping_add(4 * pitch);
            at += 4;
        }
        match inputs.count - at {
            3 => tile::<3>(inputs, at, &part, out, pitch),
            2 => tile::<2>(inputs, at, &part, out, pitch),
            1 => tile::<1>(inputs, at, &part, out, pitch),
            _ => {}
        }
    }
}

/// What all tiles of a chunk share.
struct Part<'a> {
    runs: &'a [usize],
    weight: *const i8,
    /// What the sums of an output begin with: four vectors, each with a bias and zeros.
    seeds: [i32; 16],
    scale: float32x4_t,
    limits: Limits,
    channels: usize,
}

/// `TILE` (at most 4) outputs of 4 channels each, from output `at` on, which lies at `out`.
///
/// # Safety
/// `at + TILE` outputs exist, and `gemm`'s promises hold.
#[target_feature(enable = "neon")]
#[inline]
unsafe fn tile<const TILE: usize>(
    inputs: &Inputs<'_>,
    at: usize,
    part: &Part<'_>,
    out: *mut i8,
    pitch: usize,
) {
    // SAFETY: the caller's.
    unsafe {
        let rows = offsets::<TILE>(inputs.pitch);
        let mut sums = [[vdupq_n_s32(0); LANES]; TILE];
        for sums in &mut sums {
            *sums = four_vectors(&part.seeds);
        }
        let mut weight = part.weight;
        let mut number = 0;
        // There is a run at least; a loop that may end before it begins costs a second set of zeros.
        loop {
            let (start, run) = (
                *inputs.starts.get_unchecked(number),
                *part.runs.get_unchecked(number),
            );
            let mut input = inputs.data.as_ptr().add(start + at * inputs.pitch);
            // What is left of a run fills a step, or its lower half.
            let (steps, rest) = (run / DEPTH, run % DEPTH);
            for _ in 0..steps + usize::from(rest > DEPTH / 2) {
                let columns: [int8x16_t; LANES] =
                    std::array::from_fn(|lane| vld1q_s8(weight.add(DEPTH * lane)));
                weight = weight.add(DEPTH * LANES);
                for (row, sums) in rows.iter().zip(&mut sums) {
                    let values = vld1q_s8(input.add(*row));
                    for (sum, column) in sums.iter_mut().zip(columns) {
                        let pairs = vmull_s8(vget_low_s8(values), vget_low_s8(column));
                        *sum = vpadalq_s16(*sum, vmlal_high_s8(pairs, values, column));
                    }
                }
                input = input.add(DEPTH);
            }
            if (1..=DEPTH / 2).contains(&rest) {
                let columns: [int8x8_t; LANES] =
                    std::array::from_fn(|lane| vld1_s8(weight.add(DEPTH * lane)));
                weight = weight.add(DEPTH * LANES);
                for (row, sums) in rows.iter().zip(&mut sums) {
                    let values = vld1_s8(input.add(*row));
                    for (sum, column) in sums.iter_mut().zip(columns) {
                        *sum = vpadalq_s16(*sum, vmull_s8(values, column));
                    }
                }
            }
            number += 1;
            if number == part.runs.len() {
                break;
            }
        }
        let mut outputs = [vdupq_n_s32(0); 4];
        for (output, [a, b, c, d]) in outputs.iter_mut().zip(sums) {
            let sum = vpaddq_s32(vpaddq_s32(a, b), vpaddq_s32(c, d));
            *output = scaled(sum, part.scale);
        }
        let bytes = vreinterpretq_s32_s8(part.limits.narrow(outputs));
        if part.channels == LANES {
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
                out.copy_from_nonoverlapping(some.as_ptr(), part.channels);
            }
        }
    }
}

/// A bias in the first place of each of four vectors, which are added up crosswise in the end.
fn seeds(bias: &[i32]) -> [i32; 16] {
    std::array::from_fn(|at| if at % 4 == 0 { bias[at / 4] } else { 0 })
}

/// Four vectors in one load. The compiler must not see that they are the same each time: it would make
/// them one by one, and add the biases in the end.
#[target_feature(enable = "neon")]
#[inline]
fn four_vectors(values: &[i32; 16]) -> [int32x4_t; 4] {
    let mut place = values.as_ptr();
    // SAFETY: there is no instruction in the assembly, and all sixteen values are at `place`.
    let four = unsafe {
        asm!("/* {0} */", inout(reg) place, options(pure, nomem, nostack, preserves_flags));
        vld1q_s32_x4(place)
    };
    [four.0, four.1, four.2, four.3]
}

/// Where the rows of a tile begin, behind the first one. The compiler must not see that they are
/// multiples of `pitch`: it would add them up anew in the innermost loop, where a load takes a
/// register as its offset for nothing.
#[inline]
pub(super) fn offsets<const TILE: usize>(pitch: usize) -> [usize; TILE] {
    std::array::from_fn(|row| opaque(row * pitch))
}

/// The same number, of which the compiler knows nothing.
#[inline]
pub(super) fn opaque(mut number: usize) -> usize {
    // SAFETY: there is no instruction in it.
    unsafe {
        asm!("/* {0} */", inout(reg) number, options(pure, nomem, nostack, preserves_flags));
    }
    number
}

#[target_feature(enable = "neon")]
#[inline]
pub(super) fn scaled(sum: int32x4_t, scale: float32x4_t) -> int32x4_t {
    vcvtnq_s32_f32(vmulq_f32(vcvtq_f32_s32(sum), scale))
}

/// What ends sums as bytes.
pub(super) struct Limits {
    zero: int16x8_t,
    low: int8x16_t,
    high: int8x16_t,
}

impl Limits {
    #[target_feature(enable = "neon")]
    #[inline]
    pub(super) fn new(range: Range) -> Self {
        Self {
            zero: vdupq_n_s16(i16::from(range.zero)),
            low: vdupq_n_s8(range.low),
            high: vdupq_n_s8(range.high),
        }
    }

    /// 16 scaled sums as bytes.
    #[target_feature(enable = "neon")]
    #[inline]
    pub(super) fn narrow(&self, scaled: [int32x4_t; 4]) -> int8x16_t {
        let [a, b, c, d] = scaled;
        let low = vqaddq_s16(vqmovn_high_s32(vqmovn_s32(a), b), self.zero);
        let high = vqaddq_s16(vqmovn_high_s32(vqmovn_s32(c), d), self.zero);
        let bytes = vqmovn_high_s16(vqmovn_s16(low), high);
        vminq_s8(vmaxq_s8(bytes, self.low), self.high)
    }
}
