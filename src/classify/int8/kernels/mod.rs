//! The inner loops, one file a set of instructions.
//!
//! Each backend has two kernels: a matrix product, which is every convolution but the depthwise ones,
//! and a depthwise convolution. What they may read and write is checked here, once a call; within the
//! kernels there are no checks. Unsafe code stands in these files only.

#![allow(
    unsafe_code,
    clippy::cast_ptr_alignment,
    clippy::wildcard_imports,
    reason = "vector instructions on raw pointers, aligned or not, and dozens of intrinsics by their names"
)]

mod backend;
mod portable;

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "aarch64")]
mod neon;
#[cfg(target_arch = "aarch64")]
mod neon_columns;
#[cfg(target_arch = "aarch64")]
mod neon_depthwise;
#[cfg(target_arch = "aarch64")]
mod neon_dotprod;

#[cfg(test)]
mod tests;

pub use backend::Backend;

use super::packing::{PackedDepthwise, PackedGemm, SLACK};

/// Where the inputs of a row of outputs lie.
#[derive(Debug, Clone, Copy)]
pub(super) struct Inputs<'a> {
    /// Bytes of the input, with [`SLACK`] bytes of anything behind what is meant.
    pub data: &'a [i8],
    /// Where each run (for a matrix product) or each tap (for a depthwise convolution) of the first
    /// output begins.
    pub starts: &'a [usize],
    /// Bytes from the inputs of one output to those of the next.
    pub pitch: usize,
    /// How many outputs there are.
    pub count: usize,
}

impl Inputs<'_> {
    /// Panics unless `bytes` bytes, and the slack, lie behind the last output's inputs.
    fn check(&self, bytes: impl Iterator<Item = usize>) {
        for (start, bytes) in self.starts.iter().zip(bytes) {
            let end = end(*start, self.count, self.pitch, bytes + SLACK);
            assert!(
                end.is_some_and(|end| end <= self.data.len()),
                "a kernel would read past its input"
            );
        }
    }
}

/// Where the last of `count` stretches of `bytes` ends; `None` where that cannot even be counted.
fn end(start: usize, count: usize, pitch: usize, bytes: usize) -> Option<usize> {
    let moved = (count - 1).checked_mul(pitch)?;
    start.checked_add(moved)?.checked_add(bytes)
}

/// Multiplies the inputs with the weights: `inputs.count` outputs of `weights.outputs()` bytes, each
/// `pitch` bytes behind the one before.
///
/// # Panics
/// `inputs` or `out` is too short, or has not one start a run.
pub(super) fn gemm(inputs: &Inputs<'_>, weights: &PackedGemm, out: &mut [i8], pitch: usize) {
    if inputs.count == 0 || inputs.starts.is_empty() {
        return;
    }
    assert_eq!(inputs.starts.len(), weights.runs().len());
    inputs.check(weights.runs().iter().copied());
    let end = end(0, inputs.count, pitch, weights.outputs());
    assert!(end.is_some_and(|end| end <= out.len()));
    match weights.backend() {
        #[cfg(target_arch = "x86_64")]
        Backend::Avx2 => avx2::gemm(inputs, weights, out, pitch),
        #[cfg(target_arch = "x86_64")]
        Backend::Avx512Vnni => avx512::gemm(inputs, weights, out, pitch),
        #[cfg(target_arch = "aarch64")]
        Backend::Neon => neon::gemm(inputs, weights, out, pitch),
        #[cfg(target_arch = "aarch64")]
        Backend::NeonDotprod => neon_dotprod::gemm(inputs, weights, out, pitch),
        _ => portable::gemm(inputs, weights, out, pitch),
    }
}

/// Convolves each channel with its own taps: `inputs.count` outputs of `channels` bytes (at most those
/// of the weights), each `pitch` bytes behind the one before.
///
/// # Panics
/// `inputs` or `out` is too short, or has not one start a tap.
pub(super) fn depthwise(
    inputs: &Inputs<'_>,
    weights: &PackedDepthwise,
    channels: usize,
    out: &mut [i8],
    pitch: usize,
) {
    if inputs.count == 0 || channels == 0 {
        return;
    }
    assert_eq!(inputs.starts.len(), weights.taps());
    assert!(channels <= weights.channels());
    inputs.check(std::iter::repeat(channels));
    let end = end(0, inputs.count, pitch, channels);
    assert!(end.is_some_and(|end| end <= out.len()));
    match weights.backend() {
        #[cfg(target_arch = "x86_64")]
        Backend::Avx2 => avx2::depthwise(inputs, weights, channels, out, pitch),
        #[cfg(target_arch = "x86_64")]
        Backend::Avx512Vnni => avx512::depthwise(inputs, weights, channels, out, pitch),
        #[cfg(target_arch = "aarch64")]
        Backend::Neon => neon_depthwise::depthwise(inputs, weights, 0, channels, out, pitch),
        #[cfg(target_arch = "aarch64")]
        Backend::NeonDotprod => neon_columns::depthwise(inputs, weights, channels, out, pitch),
        _ => portable::depthwise(inputs, weights, channels, out, pitch),
    }
}
