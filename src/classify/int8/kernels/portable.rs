//! Plain Rust: what the other backends must equal.

use super::Inputs;
use crate::classify::int8::packing::{PackedDepthwise, PackedGemm};

/// Channels that are summed together, so that the compiler makes vectors of them.
const LANES: usize = 16;

pub(super) fn gemm(inputs: &Inputs<'_>, weights: &PackedGemm, out: &mut [i8], pitch: usize) {
    for chunk in weights.chunks() {
        debug_assert_eq!(chunk.lanes, LANES);
        let bias = lanes(&weights.bias()[chunk.parameters..]);
        let scale = lanes(&weights.scale()[chunk.parameters..]);
        for at in 0..inputs.count {
            let mut sums = bias;
            let mut rows = weights.weights()[chunk.weights..]
                .as_chunks::<LANES>()
                .0
                .iter();
            for (start, run) in inputs.starts.iter().zip(weights.runs()) {
                let from = start + at * inputs.pitch;
                for (value, row) in inputs.data[from..from + run].iter().zip(&mut rows) {
                    add_products(&mut sums, &[*value; LANES], row);
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
            for (start, tap) in inputs.starts.iter().zip(taps.as_chunks::<LANES>().0) {
                let from = start + at * inputs.pitch + first;
                add_products(&mut sums, &lanes(&inputs.data[from..]), tap);
            }
            let to = at * pitch + first;
            let out = &mut out[to..to + LANES.min(channels - first)];
            for ((byte, sum), scale) in out.iter_mut().zip(sums).zip(scale) {
                *byte = weights.range().byte(sum as f32 * scale);
            }
        }
    }
}

/// Adds a product a lane. Products of bytes fit 16 bits, which vectors multiply at once.
#[inline]
fn add_products(sums: &mut [i32; LANES], values: &[i8; LANES], weights: &[i8; LANES]) {
    for lane in 0..LANES {
        sums[lane] += i32::from(i16::from(values[lane]) * i16::from(weights[lane]));
    }
}

fn lanes<T: Copy + Default>(values: &[T]) -> [T; LANES] {
    let mut lanes = [T::default(); LANES];
    lanes.copy_from_slice(&values[..LANES]);
    lanes
}
