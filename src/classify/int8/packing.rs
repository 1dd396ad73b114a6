//! Weights in the order in which the kernels read them.

use super::aligned::Aligned;
use super::kernels::Backend;
use super::requant::{Range, Requant};

/// How far kernels may read past the end of what they need; every tensor has as much room behind it.
pub(super) const SLACK: usize = 64;

/// A matrix of weights: one row an output channel.
///
/// The inputs of an output lie in memory as *runs*: stretches of consecutive bytes. A pointwise
/// convolution has one run, a k×k convolution one a kernel row, a grouped convolution behind a
/// channel shuffle one a group that it draws from.
#[derive(Debug)]
pub(super) struct PackedGemm {
    backend: Backend,
    outputs: usize,
    chunks: Vec<Chunk>,
    /// Steps of `depth` bytes that each run takes.
    #[cfg_attr(
        not(any(target_arch = "x86_64", target_arch = "aarch64")),
        allow(dead_code, reason = "plain Rust takes a run byte by byte")
    )]
    groups: Vec<usize>,
    /// Length of each run in bytes.
    runs: Vec<usize>,
    weights: Aligned<i8>,
    bias: Aligned<i32>,
    scale: Aligned<f32>,
    range: Range,
}

/// Output channels that a kernel computes together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chunk {
    /// The first channel.
    pub first: usize,
    /// How many channels there are, of `lanes` places.
    pub channels: usize,
    /// The places; those without a channel have weights of zero.
    pub lanes: usize,
    /// Where its weights begin.
    pub weights: usize,
    /// Where its biases and scales begin.
    pub parameters: usize,
}

impl PackedGemm {
    /// Packs `weights`, a row of `runs.iter().sum()` an output.
    pub fn new(backend: Backend, weights: &[i8], runs: &[usize], requant: &Requant) -> Self {
        let outputs = requant.bias.len();
        let row: usize = runs.iter().sum();
        let backend = backend.for_weights(weights);
        let depth = backend.gemm_depth();
        let groups: Vec<usize> = runs.iter().map(|run| run.div_ceil(depth)).collect();
        let bias: Vec<i32> = (requant.bias.iter().zip(weights.chunks(row)))
            .map(|(bias, weights)| bias - backend.input_move() * sum(weights))
            .collect();
        let mut packed = Packing::default();
        let steps: usize = groups.iter().sum();
        let padded = outputs + backend.gemm_lanes(outputs);
        packed.weights.reserve(padded * steps * depth);
        let mut chunks = Vec::new();
        let mut first = 0;
        while first < outputs {
            let lanes = backend.gemm_lanes(outputs - first);
            let channels = lanes.min(outputs - first);
            chunks.push(Chunk {
                first,
                channels,
                lanes,
                weights: packed.weights.len(),
                parameters: packed.bias.len(),
            });
            let channel_of = |lane| {
                let channel = backend.gemm_channel(lanes, lane);
                (channel < channels).then_some(first + channel)
            };
            let mut begin = 0;
            for run in runs {
                for at in (0..*run).step_by(depth) {
                    let end = packed.weights.len() + lanes * depth;
                    for lane in 0..lanes {
                        let step = channel_of(lane).map_or(&[][..], |channel| {
                            let from = channel * row + begin;
                            &weights[from + at..from + run.min(&(at + depth))]
                        });
                        packed.weights.extend_from_slice(step);
                        packed
                            .weights
                            .resize(packed.weights.len() + depth - step.len(), 0);
                    }
                    debug_assert_eq!(packed.weights.len(), end);
                }
                begin += run;
            }
            packed.parameters(&bias, &requant.scale, (0..lanes).map(channel_of));
            first += channels;
        }
        Self {
            backend,
            outputs,
            chunks,
            groups,
            runs: runs.to_vec(),
            weights: Aligned::new(&packed.weights),
            bias: Aligned::new(&packed.bias),
            scale: Aligned::new(&packed.scale),
            range: requant.range,
        }
    }

    /// The kernels for which it is packed.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// How many channels come out.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// The chunks, in the order of the channels.
    pub fn chunks(&self) -> &[Chunk] {
        &self.chunks
    }

    /// Steps of each run.
    #[cfg_attr(
        not(any(target_arch = "x86_64", target_arch = "aarch64")),
        allow(dead_code, reason = "plain Rust takes a run byte by byte")
    )]
    pub fn groups(&self) -> &[usize] {
        &self.groups
    }

    /// Bytes of each run.
    pub fn runs(&self) -> &[usize] {
        &self.runs
    }

    /// All weights: chunk by chunk, step by step, lane by lane.
    pub fn weights(&self) -> &[i8] {
        &self.weights
    }

    /// What the sums begin with, lane by lane.
    pub fn bias(&self) -> &[i32] {
        &self.bias
    }

    /// Factors, lane by lane.
    pub fn scale(&self) -> &[f32] {
        &self.scale
    }

    /// The output's range.
    pub fn range(&self) -> Range {
        self.range
    }
}

/// The weights of a depthwise convolution: blocks of channels, within them tap by tap.
#[derive(Debug)]
pub(super) struct PackedDepthwise {
    backend: Backend,
    channels: usize,
    taps: usize,
    weights: Aligned<i8>,
    bias: Aligned<i32>,
    scale: Aligned<f32>,
    range: Range,
}

impl PackedDepthwise {
    /// Packs `weights`, a row of `taps` a channel. `copies` repeats the channels, for pixels that lie
    /// side by side and are computed as if they were one.
    pub fn new(
        backend: Backend,
        weights: &[i8],
        taps: usize,
        requant: &Requant,
        copies: usize,
    ) -> Self {
        let own = requant.bias.len();
        let channels = own * copies;
        let backend = backend.for_weights(weights);
        let block = backend.depthwise_lanes();
        let mut packed = Packing::default();
        for first in (0..channels).step_by(block) {
            let channel_of = |lane: usize| (first + lane < channels).then(|| (first + lane) % own);
            for (tap, lane) in backend.depthwise_order(taps) {
                let weight = channel_of(lane)
                    .filter(|_| tap < taps)
                    .map_or(0, |channel| weights[channel * taps + tap]);
                packed.weights.push(weight);
            }
            let lanes = (0..block).map(|place| channel_of(backend.depthwise_channel(place)));
            packed.parameters(&requant.bias, &requant.scale, lanes);
        }
        Self {
            backend,
            channels,
            taps,
            weights: Aligned::new(&packed.weights),
            bias: Aligned::new(&packed.bias),
            scale: Aligned::new(&packed.scale),
            range: requant.range,
        }
    }

    /// The kernels for which it is packed.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// How many channels, copies included.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// How many places of the input make an output.
    pub fn taps(&self) -> usize {
        self.taps
    }

    /// All weights, block by block.
    pub fn weights(&self) -> &[i8] {
        &self.weights
    }

    /// What the sums begin with, place by place.
    pub fn bias(&self) -> &[i32] {
        &self.bias
    }

    /// Factors, place by place.
    pub fn scale(&self) -> &[f32] {
        &self.scale
    }

    /// The output's range.
    pub fn range(&self) -> Range {
        self.range
    }
}

/// Packed weights that grow.
#[derive(Default)]
struct Packing {
    weights: Vec<i8>,
    bias: Vec<i32>,
    scale: Vec<f32>,
}

impl Packing {
    fn parameters(
        &mut self,
        bias: &[i32],
        scale: &[f32],
        channels: impl Iterator<Item = Option<usize>>,
    ) {
        for channel in channels {
            self.bias.push(channel.map_or(0, |at| bias[at]));
            self.scale.push(channel.map_or(0.0, |at| scale[at]));
        }
    }
}

fn sum(weights: &[i8]) -> i32 {
    weights.iter().copied().map(i32::from).sum()
}
