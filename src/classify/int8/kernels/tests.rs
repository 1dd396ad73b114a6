//! Every backend against the portable one, bit by bit.

use proptest::prelude::*;

use super::{Backend, Inputs, depthwise, gemm};
use crate::classify::int8::packing::{PackedDepthwise, PackedGemm, SLACK};
use crate::classify::int8::requant::{Range, Requant};

/// Weights, biases, scales and inputs of any kind that a quantised layer may have.
#[derive(Debug, Clone)]
struct Layer {
    runs: Vec<usize>,
    outputs: usize,
    count: usize,
    pitch: usize,
    weights: Vec<i8>,
    requant: Requant,
    input: Vec<i8>,
}

/// Mostly any byte from `lowest` on, sometimes only the outermost ones. They come from a seed, since
/// choosing each byte for itself takes longer than all kernels.
fn bytes(lowest: i8, length: usize) -> impl Strategy<Value = Vec<i8>> {
    (any::<u64>(), 0..4_u8).prop_map(move |(seed, kind)| {
        let mut state = seed;
        let mut byte = || {
            // Knuth's generator (The Art of Computer Programming 2, section 3.3.4).
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let byte = ((state >> 56) as u8).cast_signed();
            match kind {
                0 if byte < 0 => lowest,
                0 => i8::MAX,
                _ => byte.max(lowest),
            }
        };
        (0..length).map(|_| byte()).collect()
    })
}

fn range() -> impl Strategy<Value = Range> {
    (any::<i8>(), any::<i8>(), any::<i8>()).prop_map(|(zero, a, b)| Range {
        zero,
        low: a.min(b),
        high: a.max(b),
    })
}

fn layer(
    runs: impl Strategy<Value = Vec<usize>>,
    outputs: std::ops::Range<usize>,
) -> impl Strategy<Value = Layer> {
    (runs, outputs, 1_usize..20, 0_usize..9, -128_i8..=-127)
        .prop_flat_map(|(runs, outputs, count, gap, lowest)| {
            let row: usize = runs.iter().sum();
            let pitch = runs.iter().max().unwrap_or(&0) + gap;
            let input = runs.len() * (count * pitch + row) + SLACK;
            (
                Just((runs, outputs, count, pitch)),
                bytes(lowest, row * outputs),
                prop::collection::vec(-40_000..40_000_i32, outputs),
                prop::collection::vec(1e-5_f32..0.1, outputs),
                bytes(i8::MIN, input),
                any::<i8>(),
                range(),
            )
        })
        .prop_map(
            |((runs, outputs, count, pitch), weights, bias, scale, input, zero, range)| {
                let row: usize = runs.iter().sum();
                let rows = weights.chunks(row.max(1));
                let requant =
                    Requant::new(rows, &bias, scale, zero, range).expect("these sums fit 32 bits");
                Layer {
                    runs,
                    outputs,
                    count,
                    pitch,
                    weights,
                    requant,
                    input,
                }
            },
        )
}

impl Layer {
    fn starts(&self) -> Vec<usize> {
        (0..self.runs.len())
            .map(|run| run * (self.count * self.pitch + 1))
            .collect()
    }

    fn gemm(&self, backend: Backend) -> Vec<i8> {
        let packed = PackedGemm::new(backend, &self.weights, &self.runs, &self.requant);
        let starts = self.starts();
        let inputs = Inputs {
            data: &self.input,
            starts: &starts,
            pitch: self.pitch,
            count: self.count,
        };
        let mut out = vec![77; self.count * (self.outputs + 3)];
        gemm(&inputs, &packed, &mut out, self.outputs + 3);
        out
    }

    fn depthwise(&self, backend: Backend, copies: usize) -> Vec<i8> {
        let taps = self.runs.len();
        let packed = PackedDepthwise::new(backend, &self.weights, taps, &self.requant, copies);
        let starts = self.starts();
        let inputs = Inputs {
            data: &self.input,
            starts: &starts,
            pitch: self.pitch,
            count: self.count,
        };
        let channels = self.outputs * copies;
        let mut out = vec![77; self.count * (channels + 3)];
        depthwise(&inputs, &packed, channels, &mut out, channels + 3);
        out
    }
}

/// The sum of one output, as its definition says.
fn defined(layer: &Layer, at: usize, output: usize) -> i8 {
    let row: usize = layer.runs.iter().sum();
    let mut weights = layer.weights[output * row..].iter();
    let mut sum = layer.requant.bias[output];
    for (start, run) in layer.starts().iter().zip(&layer.runs) {
        for value in &layer.input[start + at * layer.pitch..][..*run] {
            sum += i32::from(*value) * i32::from(*weights.next().expect("a weight a value"));
        }
    }
    layer
        .requant
        .range
        .byte(sum as f32 * layer.requant.scale[output])
}

fn others() -> impl Iterator<Item = Backend> {
    Backend::available().filter(|backend| *backend != Backend::Portable)
}

fn runs() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![
        prop::collection::vec(1_usize..100, 1..2),
        prop::collection::vec(1_usize..30, 1..8),
    ]
}

/// Depthwise layers: one byte a tap, and a pitch that holds all channels.
fn depthwise_layer() -> impl Strategy<Value = (Layer, usize)> {
    let taps = prop_oneof![Just(9_usize), Just(25), 1_usize..30];
    let layers = layer(taps.prop_map(|taps| vec![1; taps]), 1..100);
    (layers, 1_usize..5).prop_flat_map(|(mut layer, copies)| {
        layer.pitch = layer.outputs * copies;
        let length = layer.runs.len() * (layer.count + 1) * (layer.pitch + 1) + layer.pitch + SLACK;
        (Just((layer, copies)), bytes(i8::MIN, length)).prop_map(|((mut layer, copies), input)| {
            layer.input = input;
            (layer, copies)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(target_arch = "x86_64") { 512 } else { 128 }))]

    #[test]
    fn products_are_what_their_definition_says(layer in layer(runs(), 1..40)) {
        let found = layer.gemm(Backend::Portable);
        for at in 0..layer.count {
            let out = &found[at * (layer.outputs + 3)..];
            for (output, byte) in out[..layer.outputs].iter().enumerate() {
                prop_assert_eq!(*byte, defined(&layer, at, output));
            }
            prop_assert_eq!(&out[layer.outputs..][..3], &[77; 3]);
        }
    }

    #[test]
    fn products_are_the_same_on_all_backends(layer in layer(runs(), 1..150)) {
        let expected = layer.gemm(Backend::Portable);
        for backend in others() {
            prop_assert_eq!(&layer.gemm(backend), &expected, "{}", backend);
        }
    }

    #[test]
    fn depthwise_convolutions_are_the_same_on_all_backends((layer, copies) in depthwise_layer()) {
        let expected = layer.depthwise(Backend::Portable, copies);
        for backend in others() {
            prop_assert_eq!(&layer.depthwise(backend, copies), &expected, "{}", backend);
        }
    }

    #[test]
    fn a_depthwise_channel_is_the_product_of_its_taps((layer, _) in depthwise_layer()) {
        let found = layer.depthwise(Backend::Portable, 1);
        let taps = layer.runs.len();
        for at in 0..layer.count {
            for channel in 0..layer.outputs {
                let mut sum = layer.requant.bias[channel];
                for (tap, start) in layer.starts().iter().enumerate() {
                    sum += i32::from(layer.input[start + at * layer.pitch + channel])
                        * i32::from(layer.weights[channel * taps + tap]);
                }
                let byte = layer.requant.range.byte(sum as f32 * layer.requant.scale[channel]);
                prop_assert_eq!(found[at * (layer.outputs + 3) + channel], byte);
            }
        }
    }
}
