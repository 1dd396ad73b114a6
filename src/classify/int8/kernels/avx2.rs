//! AVX2, without dot products.
//!
//! `vpmaddubsw` wants one operand without a sign: the input gives its size and the weight takes its
//! sign. Two products then stay within 16 bits, as long as no weight is -128.

use std::arch::x86_64::*;

use super::Inputs;
use crate::classify::int8::packing::{Chunk, PackedDepthwise, PackedGemm};
use crate::classify::int8::requant::Range;

const LANES: usize = 16;

pub(super) fn gemm(inputs: &Inputs<'_>, weights: &PackedGemm, out: &mut [i8], pitch: usize) {
    for chunk in weights.chunks() {
        debug_assert_eq!(chunk.lanes, LANES);
        let mut at = 0;
        // SAFETY: these kernels are chosen only where the processor has the instructions. `gemm` of
        // the module has checked that all runs of all inputs, with slack behind them, lie within
        // `data`, and all outputs within `out`; the weights were packed for these lanes.
        unsafe {
            while at + 4 <= inputs.count {
                tile::<4>(inputs, at, weights, chunk, out, pitch);
                at += 4;
            }
            while at < inputs.count {
                tile::<1>(inputs, at, weights, chunk, out, pitch);
                at += 1;
            }
        }
    }
}

/// `TILE` outputs of 16 channels each.
#[target_feature(enable = "avx2")]
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
        let ones = _mm256_set1_epi16(1);
        let bias = weights.bias().as_ptr().add(chunk.parameters);
        let mut sums = [[
            _mm256_loadu_si256(bias.cast()),
            _mm256_loadu_si256(bias.add(8).cast()),
        ]; TILE];
        let mut weight = weights.weights().as_ptr().add(chunk.weights);
        for (run, groups) in inputs.starts.iter().zip(weights.groups()) {
            let input = inputs.data.as_ptr().add(run + at * inputs.pitch);
            for group in 0..*groups {
                let columns = [
                    _mm256_loadu_si256(weight.cast()),
                    _mm256_loadu_si256(weight.add(32).cast()),
                ];
                weight = weight.add(64);
                for (output, sums) in sums.iter_mut().enumerate() {
                    let four = input.add(output * inputs.pitch + 4 * group).cast::<i32>();
                    let four = _mm256_set1_epi32(four.read_unaligned());
                    let size = _mm256_abs_epi8(four);
                    for (sum, column) in sums.iter_mut().zip(columns) {
                        let pairs = _mm256_maddubs_epi16(size, _mm256_sign_epi8(column, four));
                        *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(pairs, ones));
                    }
                }
            }
        }
        let scale = weights.scale().as_ptr().add(chunk.parameters);
        let scale = [_mm256_loadu_ps(scale), _mm256_loadu_ps(scale.add(8))];
        for (output, sums) in sums.iter().enumerate() {
            let out = out.as_mut_ptr().add((at + output) * pitch + chunk.first);
            store(*sums, scale, weights.range(), chunk.channels, out);
        }
    }
}

pub(super) fn depthwise(
    inputs: &Inputs<'_>,
    weights: &PackedDepthwise,
    channels: usize,
    out: &mut [i8],
    pitch: usize,
) {
    // SAFETY: these kernels are chosen only where the processor has the instructions; `depthwise` of
    // the module has checked all inputs, with slack behind them, and all outputs.
    unsafe { blocks(inputs, weights, channels, out, pitch) }
}

#[target_feature(enable = "avx2")]
fn blocks(
    inputs: &Inputs<'_>,
    weights: &PackedDepthwise,
    channels: usize,
    out: &mut [i8],
    pitch: usize,
) {
    let taps = weights.taps();
    let pairs = taps.div_ceil(2);
    for first in (0..channels).step_by(LANES) {
        // SAFETY: see `depthwise`; blocks of weights, biases and scales are padded to 16 channels.
        unsafe {
            let weight = weights.weights().as_ptr().add(first * 2 * pairs);
            let bias = weights.bias().as_ptr().add(first);
            let bias = [
                _mm256_loadu_si256(bias.cast()),
                _mm256_loadu_si256(bias.add(8).cast()),
            ];
            let scale = weights.scale().as_ptr().add(first);
            let scale = [_mm256_loadu_ps(scale), _mm256_loadu_ps(scale.add(8))];
            for at in 0..inputs.count {
                let input = inputs.data.as_ptr().add(at * inputs.pitch + first);
                let [mut low, mut high] = bias;
                for pair in 0..pairs {
                    let weight = weight.add(32 * pair);
                    let a = words(input.add(inputs.starts[2 * pair]));
                    let b = words(input.add(inputs.starts[(2 * pair + 1).min(taps - 1)]));
                    let products = _mm256_madd_epi16(_mm256_unpacklo_epi16(a, b), words(weight));
                    low = _mm256_add_epi32(low, products);
                    let weight = words(weight.add(16));
                    let products = _mm256_madd_epi16(_mm256_unpackhi_epi16(a, b), weight);
                    high = _mm256_add_epi32(high, products);
                }
                let out = out.as_mut_ptr().add(at * pitch + first);
                let here = (channels - first).min(LANES);
                store([low, high], scale, weights.range(), here, out);
            }
        }
    }
}

/// 16 bytes, widened to 16 bits each.
///
/// # Safety
/// 16 bytes at `bytes` may be read.
#[target_feature(enable = "avx2")]
#[inline]
unsafe fn words(bytes: *const i8) -> __m256i {
    // SAFETY: the caller's.
    unsafe { _mm256_cvtepi8_epi16(_mm_loadu_si128(bytes.cast())) }
}

/// Scales and narrows 16 sums to bytes and stores the first `channels` of them.
///
/// # Safety
/// `channels` bytes at `out` may be written.
#[target_feature(enable = "avx2")]
#[inline]
unsafe fn store(
    sums: [__m256i; 2],
    scale: [__m256; 2],
    range: Range,
    channels: usize,
    out: *mut i8,
) {
    let scaled = |sum, scale| _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_cvtepi32_ps(sum), scale));
    let words = _mm256_packs_epi32(scaled(sums[0], scale[0]), scaled(sums[1], scale[1]));
    let words = _mm256_adds_epi16(words, _mm256_set1_epi16(i16::from(range.zero)));
    let bytes = _mm_packs_epi16(
        _mm256_castsi256_si128(words),
        _mm256_extracti128_si256::<1>(words),
    );
    let bytes = _mm_max_epi8(bytes, _mm_set1_epi8(range.low));
    let bytes = _mm_min_epi8(bytes, _mm_set1_epi8(range.high));
    // SAFETY: no more than `channels` bytes are written, which the caller vouches for.
    unsafe {
        if channels >= LANES {
            _mm_storeu_si128(out.cast(), bytes);
        } else {
            let mut rest = [0_i8; LANES];
            _mm_storeu_si128(rest.as_mut_ptr().cast(), bytes);
            out.copy_from_nonoverlapping(rest.as_ptr(), channels);
        }
    }
}
