//! Plain Rust: what the other backends must equal.

use super::Inputs;
use crate::classify::int8::packing::{PackedDepthwise, PackedGemm};

/// Channels that are summed together, so that the compiler makes vectors of them.
const LANES: usize = 8;

pub(super) fn gemm(inputs: &Inputs<'_>, weights: &PackedGemm, out: &mut [i8], pitch: usize) {
    for chunk in weights.chunks() {
        let bias = lanes(&weights.bias()[chunk.parameters..]);
        let scale = lanes(&weights.scale()[chunk.parameters..]);
        for at in 0..inputs.count {
            let mut sums = bias;
            let mut rows = weights.weights()[chunk.weights..].chunks_exact(LANES);
            for (start, run) in inputs.starts.iter().zip(weights.runs()) {
                let from = start + at * inputs.pitch;
                for (value, row) in inputs.data[from..from + run].iter().zip(&mut rows) {
                    for (sum, weight) in sums.iter_mut().zip(row) {
                        *sum += i32::from(*value) * i32::from(*weight);
                    }
                }
            }
            let to = at * pitch + chunk.first;
            let out = &mut out[to..to + chunk.channels];
            for ((byte, sum), scale) in out.iter_mut().zip(sums).zip(scale) {
                *byte = weights.range().byte(sum as f32 * scale);
            }
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
    let of_block = weights.taps() * LANES;
    for (block, first) in (0..channels).step_by(LANES).enumerate() {
        let bias = lanes(&weights.bias()[first..]);
        let scale = lanes(&weights.scale()[first..]);
        let taps = &weights.weights()[block * of_block..][..of_block];
        for at in 0..inputs.count {
            let mut sums = bias;
            for (start, tap) in inputs.starts.iter().zip(taps.chunks_exact(LANES)) {
                let from = start + at * inputs.pitch + first;
                let values = &inputs.data[from..from + LANES];
                for ((sum, value), weight) in sums.iter_mut().zip(values).zip(tap) {
                    *sum += i32::from(*value) * i32::from(*weight);
                }
            }
            let to = at * pitch + first;
            let out = &mut out[to..to + LANES.min(channels - first)];
            for ((byte, sum), scale) in out.iter_mut().zip(sums).zip(scale) {
                *byte = weights.range().byte(sum as f32 * scale);
            }
        }
    }
}

fn lanes<T: Copy + Default>(values: &[T]) -> [T; LANES] {
    let mut lanes = [T::default(); LANES];
    lanes.copy_from_slice(&values[..LANES]);
    lanes
}
