//! AVX-512 with its dot products: 64 multiply-adds an instruction.
//!
//! `vpdpbusd` wants one operand without a sign, so 128 is added to the inputs (by flipping their top
//! bit) and taken off the biases again when the weights are packed. Loads may run over the end of
//! what is meant, by less than [`SLACK`](super::super::packing::SLACK).

use std::arch::x86_64::*;

use super::Inputs;
use crate::classify::int8::packing::{Chunk, PackedDepthwise, PackedGemm};
use crate::classify::int8::requant::Range;

pub(super) fn gemm(inputs: &Inputs<'_>, weights: &PackedGemm, out: &mut [i8], pitch: usize) {
    for chunk in weights.chunks() {
        // SAFETY: these kernels are chosen only where the processor has the instructions. `gemm` of
        // the module has checked that all runs of all inputs, with slack behind them, lie within
        // `data`, and all outputs within `out`; the weights were packed for these lanes.
        unsafe {
            match chunk.lanes {
                64 => chunk_of::<6, 4>(inputs, weights, chunk, out, pitch),
                32 => chunk_of::<12, 2>(inputs, weights, chunk, out, pitch),
                _ => chunk_of::<14, 1>(inputs, weights, chunk, out, pitch),
            }
        }
    }
}

/// All outputs of a chunk, `TILE` at a time.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
fn chunk_of<const TILE: usize, const VECTORS: usize>(
    inputs: &Inputs<'_>,
    weights: &PackedGemm,
    chunk: &Chunk,
    out: &mut [i8],
    pitch: usize,
) {
    let mut at = 0;
    while at + TILE <= inputs.count {
        tile::<TILE, VECTORS>(inputs, at, weights, chunk, out, pitch);
        at += TILE;
    }
    while at + 4 <= inputs.count {
        tile::<4, VECTORS>(inputs, at, weights, chunk, out, pitch);
        at += 4;
    }
    match inputs.count - at {
        3 => tile::<3, VECTORS>(inputs, at, weights, chunk, out, pitch),
        2 => tile::<2, VECTORS>(inputs, at, weights, chunk, out, pitch),
        1 => tile::<1, VECTORS>(inputs, at, weights, chunk, out, pitch),
        _ => {}
    }
}

/// `TILE` outputs of `VECTORS` × 16 channels each.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
#[inline]
fn tile<const TILE: usize, const VECTORS: usize>(
    inputs: &Inputs<'_>,
    at: usize,
    weights: &PackedGemm,
    chunk: &Chunk,
    out: &mut [i8],
    pitch: usize,
) {
    // SAFETY: the caller holds `chunk_of`'s promises, and `at + TILE` outputs exist.
    unsafe {
        let flip = _mm512_set1_epi32(0x8080_8080_u32.cast_signed());
        let bias = weights.bias().as_ptr().add(chunk.parameters);
        let start: [__m512i; VECTORS] =
            std::array::from_fn(|v| _mm512_loadu_si512(bias.add(16 * v).cast()));
        let mut sums = [start; TILE];
        let mut weight = weights.weights().as_ptr().add(chunk.weights);
        for (run, groups) in inputs.starts.iter().zip(weights.groups()) {
            let input = inputs.data.as_ptr().add(run + at * inputs.pitch);
            for group in 0..*groups {
                let columns: [__m512i; VECTORS] =
                    std::array::from_fn(|v| _mm512_loadu_si512(weight.add(64 * v).cast()));
                weight = weight.add(64 * VECTORS);
                for (output, sums) in sums.iter_mut().enumerate() {
                    let four = input.add(output * inputs.pitch + 4 * group).cast::<i32>();
                    let four = _mm512_xor_si512(_mm512_set1_epi32(four.read_unaligned()), flip);
                    for (sum, column) in sums.iter_mut().zip(columns) {
                        *sum = _mm512_dpbusd_epi32(*sum, four, column);
                    }
                }
            }
        }
        let scale = weights.scale().as_ptr().add(chunk.parameters);
        let scale: [__m512; VECTORS] = std::array::from_fn(|v| _mm512_loadu_ps(scale.add(16 * v)));
        for (output, sums) in sums.into_iter().enumerate() {
            let out = out.as_mut_ptr().add((at + output) * pitch + chunk.first);
            let scaled: [__m512i; VECTORS] = std::array::from_fn(|v| scaled(sums[v], scale[v]));
            store(&scaled, weights.range(), chunk.channels, out);
        }
    }
}

#[target_feature(enable = "avx512f")]
#[inline]
fn scaled(sum: __m512i, scale: __m512) -> __m512i {
    _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_cvtepi32_ps(sum), scale))
}

/// Narrows up to 64 scaled sums to bytes and stores the first `channels` of them.
///
/// # Safety
/// `channels` bytes at `out` may be written.
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
#[inline]
unsafe fn store(scaled: &[__m512i], range: Range, channels: usize, out: *mut i8) {
    let zero = _mm512_set1_epi16(i16::from(range.zero));
    // SAFETY: the masks keep the stores within `channels` bytes, which the caller vouches for.
    unsafe {
        match *scaled {
            [a, b, c, d] => {
                let low = _mm512_adds_epi16(_mm512_packs_epi32(a, b), zero);
                let high = _mm512_adds_epi16(_mm512_packs_epi32(c, d), zero);
                let bytes = _mm512_packs_epi16(low, high);
                let bytes = _mm512_max_epi8(bytes, _mm512_set1_epi8(range.low));
                let bytes = _mm512_min_epi8(bytes, _mm512_set1_epi8(range.high));
                _mm512_mask_storeu_epi8(out, u64::MAX >> (64 - channels), bytes);
            }
            [a, b] => {
                let words = _mm512_adds_epi16(_mm512_packs_epi32(a, b), zero);
                let bytes = _mm512_cvtsepi16_epi8(words);
                let bytes = _mm256_max_epi8(bytes, _mm256_set1_epi8(range.low));
                let bytes = _mm256_min_epi8(bytes, _mm256_set1_epi8(range.high));
                _mm256_mask_storeu_epi8(out, u32::MAX >> (32 - channels), bytes);
            }
            [a] => {
                let words = _mm512_packs_epi32(a, a);
                let words = _mm512_adds_epi16(words, zero);
                // Each quarter holds its four sums twice.
                let bytes = _mm512_castsi512_si128(_mm512_permutexvar_epi32(
                    _mm512_setr_epi32(0, 4, 8, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
                    _mm512_packs_epi16(words, words),
                ));
                let bytes = _mm_max_epi8(bytes, _mm_set1_epi8(range.low));
                let bytes = _mm_min_epi8(bytes, _mm_set1_epi8(range.high));
                _mm_mask_storeu_epi8(out, u16::MAX >> (16 - channels), bytes);
            }
            _ => unreachable!("there are chunks of one, two and four vectors"),
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
    unsafe {
        match weights.taps() {
            9 => blocks::<5>(inputs, weights, channels, out, pitch),
            25 => blocks::<13>(inputs, weights, channels, out, pitch),
            _ => any_taps(inputs, weights, channels, out, pitch),
        }
    }
}

const BLOCK: usize = 32;

/// `PAIRS` pairs of taps, whose weights stay in registers along the row.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
fn blocks<const PAIRS: usize>(
    inputs: &Inputs<'_>,
    weights: &PackedDepthwise,
    channels: usize,
    out: &mut [i8],
    pitch: usize,
) {
    let taps = weights.taps();
    for first in (0..channels).step_by(BLOCK) {
        // SAFETY: see `depthwise`; blocks of weights, biases and scales are padded to 32 channels.
        unsafe {
            let weight = weights.weights().as_ptr().add(first * 2 * PAIRS);
            let weight: [[__m512i; 2]; PAIRS] =
                std::array::from_fn(|pair| pair_of_weights(weight.add(64 * pair)));
            let input: [*const i8; PAIRS] = std::array::from_fn(|pair| {
                inputs.data.as_ptr().add(inputs.starts[2 * pair] + first)
            });
            let second: [*const i8; PAIRS] = std::array::from_fn(|pair| {
                let tap = (2 * pair + 1).min(taps - 1);
                inputs.data.as_ptr().add(inputs.starts[tap] + first)
            });
            let end = Block::new(weights, first, channels);
            for at in 0..inputs.count {
                let moved = at * inputs.pitch;
                let (mut low, mut high) = end.bias;
                for pair in 0..PAIRS {
                    let a = words(input[pair].add(moved));
                    let b = words(second[pair].add(moved));
                    low = _mm512_dpwssd_epi32(low, _mm512_unpacklo_epi16(a, b), weight[pair][0]);
                    high = _mm512_dpwssd_epi32(high, _mm512_unpackhi_epi16(a, b), weight[pair][1]);
                }
                end.store(low, high, out.as_mut_ptr().add(at * pitch + first));
            }
        }
    }
}

/// The same for any number of taps, with the weights in memory.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
fn any_taps(
    inputs: &Inputs<'_>,
    weights: &PackedDepthwise,
    channels: usize,
    out: &mut [i8],
    pitch: usize,
) {
    let taps = weights.taps();
    let pairs = taps.div_ceil(2);
    for first in (0..channels).step_by(BLOCK) {
        // SAFETY: see `depthwise`; blocks of weights, biases and scales are padded to 32 channels.
        unsafe {
            let weight = weights.weights().as_ptr().add(first * 2 * pairs);
            let end = Block::new(weights, first, channels);
            for at in 0..inputs.count {
                let input = inputs.data.as_ptr().add(at * inputs.pitch + first);
                let (mut low, mut high) = end.bias;
                for pair in 0..pairs {
                    let weight = pair_of_weights(weight.add(64 * pair));
                    let a = words(input.add(inputs.starts[2 * pair]));
                    let b = words(input.add(inputs.starts[(2 * pair + 1).min(taps - 1)]));
                    low = _mm512_dpwssd_epi32(low, _mm512_unpacklo_epi16(a, b), weight[0]);
                    high = _mm512_dpwssd_epi32(high, _mm512_unpackhi_epi16(a, b), weight[1]);
                }
                end.store(low, high, out.as_mut_ptr().add(at * pitch + first));
            }
        }
    }
}

/// What ends the sums of a block of channels.
struct Block {
    bias: (__m512i, __m512i),
    scale: (__m512, __m512),
    zero: __m512i,
    low: __m256i,
    high: __m256i,
    mask: __mmask32,
}

impl Block {
    /// # Safety
    /// `first` is the first channel of a block of `weights`.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    #[inline]
    unsafe fn new(weights: &PackedDepthwise, first: usize, channels: usize) -> Self {
        // SAFETY: parameters are padded to whole blocks.
        unsafe {
            let bias = weights.bias().as_ptr().add(first);
            let scale = weights.scale().as_ptr().add(first);
            let range = weights.range();
            Self {
                bias: (
                    _mm512_loadu_si512(bias.cast()),
                    _mm512_loadu_si512(bias.add(16).cast()),
                ),
                scale: (_mm512_loadu_ps(scale), _mm512_loadu_ps(scale.add(16))),
                zero: _mm512_set1_epi16(i16::from(range.zero)),
                low: _mm256_set1_epi8(range.low),
                high: _mm256_set1_epi8(range.high),
                mask: u32::MAX >> (BLOCK - (channels - first).min(BLOCK)),
            }
        }
    }

    /// # Safety
    /// The block's channels at `out` may be written.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    #[inline]
    unsafe fn store(&self, low: __m512i, high: __m512i, out: *mut i8) {
        let words = _mm512_packs_epi32(scaled(low, self.scale.0), scaled(high, self.scale.1));
        let bytes = _mm512_cvtsepi16_epi8(_mm512_adds_epi16(words, self.zero));
        let bytes = _mm256_min_epi8(_mm256_max_epi8(bytes, self.low), self.high);
        // SAFETY: the mask ends with the block's channels.
        unsafe { _mm256_mask_storeu_epi8(out, self.mask, bytes) };
    }
}

/// # Safety
/// 64 bytes at `weight` may be read.
#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
unsafe fn pair_of_weights(weight: *const i8) -> [__m512i; 2] {
    // SAFETY: the caller's.
    unsafe { [words(weight), words(weight.add(32))] }
}

/// 32 bytes, widened to 16 bits each.
///
/// # Safety
/// 32 bytes at `bytes` may be read.
#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
unsafe fn words(bytes: *const i8) -> __m512i {
    // SAFETY: the caller's.
    unsafe { _mm512_cvtepi8_epi16(_mm256_loadu_si256(bytes.cast())) }
}
