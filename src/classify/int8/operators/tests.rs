//! Operators against their definitions, written without any regard to speed.

#![allow(
    clippy::float_cmp,
    clippy::cast_possible_wrap,
    reason = "results are to be the same to the last bit; the numbers are small"
)]

use proptest::prelude::*;

use super::{
    Add, Concat, Conv, ConvSpec, Depthwise, Operand, OverChannels, OverPixels, Quantised,
    Reduction, Scratch, all_bytes,
};
use crate::classify::int8::kernels::Backend;
use crate::classify::int8::packing::SLACK;
use crate::classify::int8::pool::Pool;
use crate::classify::int8::requant::{Range, Requant};
use crate::classify::int8::shape::{Shape, Window};

/// Bytes that look random.
fn bytes(mut seed: u64, lowest: i8, length: usize) -> Vec<i8> {
    let mut byte = || {
        // Knuth's generator (The Art of Computer Programming 2, section 3.3.4).
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((seed >> 56) as u8).cast_signed().max(lowest)
    };
    (0..length).map(|_| byte()).collect()
}

/// A convolution of any kind that a network may have.
#[derive(Debug, Clone)]
struct Layer {
    input: Shape,
    output: Shape,
    window: Window,
    groups: usize,
    order: Option<Vec<usize>>,
    seed: u64,
    threads: usize,
}

fn layer(depthwise: bool) -> impl Strategy<Value = Layer> {
    let sides = (1_usize..14, 1_usize..14);
    let window = (1_usize..6, 1_usize..6, 1_usize..3, 1_usize..3, 1_usize..3);
    let channels = (1_usize..5, 1_usize..12, 1_usize..12);
    (
        sides,
        window,
        channels,
        any::<u64>(),
        any::<bool>(),
        1_usize..4,
    )
        .prop_map(
            move |(sides, window, (groups, inputs, outputs), seed, shuffled, threads)| {
                let (rows, columns, stride, dilation, pad) = window;
                let (groups, inputs, outputs) = if depthwise {
                    (groups * inputs, 1, 1)
                } else {
                    (groups, inputs, outputs)
                };
                let window = Window {
                    kernel: [rows, columns],
                    stride: [stride, 3 - stride.min(2)],
                    dilation: [dilation, 1],
                    before: [(pad - 1).min(rows - 1), pad.min(columns) - 1],
                };
                let input = Shape {
                    height: sides.0,
                    width: sides.1,
                    channels: groups * inputs,
                };
                let side = |size: usize, axis: usize| {
                    let padded = size + 2 * window.before[axis];
                    padded.saturating_sub(window.reach(axis)) / window.stride[axis] + 1
                };
                let output = Shape {
                    height: side(sides.0, 0),
                    width: side(sides.1, 1),
                    channels: groups * outputs,
                };
                // A channel shuffle: turned round, so that no channel but the middle one stays.
                let order = shuffled.then(|| (0..input.channels).rev().collect());
                Layer {
                    input,
                    output,
                    window,
                    groups,
                    order,
                    seed,
                    threads,
                }
            },
        )
}

const ZERO: i8 = -7;
const RANGE: Range = Range {
    zero: 5,
    low: -120,
    high: 100,
};

impl Layer {
    fn weights(&self) -> Vec<i8> {
        let of_one = self.input.channels / self.groups;
        let places: usize = self.window.kernel.iter().product();
        bytes(self.seed, -127, self.output.channels * of_one * places)
    }

    fn bias(&self) -> Vec<i32> {
        (0..self.output.channels)
            .map(|at| at as i32 * 97 - 400)
            .collect()
    }

    fn scale(&self) -> Vec<f32> {
        (0..self.output.channels)
            .map(|at| 0.001 + 0.0001 * at as f32)
            .collect()
    }

    fn picture(&self) -> Vec<i8> {
        bytes(self.seed ^ 1, -128, self.input.len() + SLACK)
    }

    /// The result, each output by its definition.
    fn defined(&self) -> Vec<i8> {
        let (weights, picture) = (self.weights(), self.picture());
        let (bias, scale) = (self.bias(), self.scale());
        let [rows, columns] = self.window.kernel;
        let (inputs, outputs) = (
            self.input.channels / self.groups,
            self.output.channels / self.groups,
        );
        let mut out = Vec::with_capacity(self.output.len());
        for y in 0..self.output.height {
            for x in 0..self.output.width {
                for channel in 0..self.output.channels {
                    let mut sum = bias[channel];
                    for input in 0..inputs {
                        let from = channel / outputs * inputs + input;
                        let from = self.order.as_ref().map_or(from, |order| order[from]);
                        for row in 0..rows {
                            for column in 0..columns {
                                let at = (channel * inputs + input) * rows * columns;
                                let weight = weights[at + row * columns + column];
                                let value = self.pixel(&picture, [y, x], [row, column], from);
                                sum += i32::from(weight) * (value - i32::from(ZERO));
                            }
                        }
                    }
                    out.push(RANGE.byte(sum as f32 * scale[channel]));
                }
            }
        }
        out
    }

    fn pixel(&self, picture: &[i8], at: [usize; 2], place: [usize; 2], channel: usize) -> i32 {
        let window = &self.window;
        let side = |axis: usize, size: usize| {
            let padded = at[axis] * window.stride[axis] + place[axis] * window.dilation[axis];
            padded
                .checked_sub(window.before[axis])
                .filter(|at| *at < size)
        };
        match (side(0, self.input.height), side(1, self.input.width)) {
            (Some(y), Some(x)) => {
                i32::from(picture[(y * self.input.width + x) * self.input.channels + channel])
            }
            _ => i32::from(ZERO),
        }
    }

    fn run(&self, backend: Backend, depthwise: bool) -> Vec<i8> {
        let (weights, bias, scale) = (self.weights(), self.bias(), self.scale());
        let spec = ConvSpec {
            input: self.input,
            output: self.output,
            window: self.window,
            groups: self.groups,
            weights: &weights,
            bias: &bias,
            scale: &scale,
            input_zero: ZERO,
            range: RANGE,
            order: self.order.as_deref(),
        };
        let picture = self.picture();
        let pool = Pool::new(self.threads);
        let mut out = vec![0; self.output.len()];
        if depthwise {
            let conv = Depthwise::new(&spec, backend).expect("small sums");
            conv.run(
                &picture,
                &mut out,
                &pool,
                &mut scratch(conv.scratch(), self.threads),
            );
        } else {
            let conv = Conv::new(&spec, backend).expect("small sums");
            conv.run(
                &picture,
                &mut out,
                &pool,
                &mut scratch(conv.scratch(), self.threads),
            );
        }
        out
    }
}

fn scratch((ring, starts): (usize, usize), threads: usize) -> Vec<Scratch> {
    let one = || Scratch {
        ring: vec![99; ring],
        starts: Vec::with_capacity(starts),
    };
    (0..threads).map(|_| one()).collect()
}

proptest! {
    #[test]
    fn convolutions_are_what_their_definition_says(layer in layer(false)) {
        let expected = layer.defined();
        for backend in Backend::available() {
            prop_assert_eq!(&layer.run(backend, false), &expected, "{}", backend);
        }
    }

    #[test]
    fn depthwise_convolutions_are_what_their_definition_says(layer in layer(true)) {
        // The result keeps the order of the input's channels.
        let channels = layer.output.channels;
        let mut expected = layer.defined();
        if let Some(order) = &layer.order {
            for pixel in expected.chunks_exact_mut(channels) {
                let logical = pixel.to_vec();
                for (at, value) in logical.into_iter().enumerate() {
                    pixel[order[at]] = value;
                }
            }
        }
        for backend in Backend::available() {
            prop_assert_eq!(&layer.run(backend, true), &expected, "{}", backend);
        }
    }

    #[test]
    fn a_sum_is_that_of_the_values(
        (height, width, channels) in (1_usize..6, 1_usize..6, 1_usize..20),
        factors in (1_usize..3, 1_usize..3),
        seed in any::<u64>(),
        scales in (0.01_f32..2.0, 0.01_f32..2.0),
    ) {
        let output = Shape { height: height * 2, width: width * 2, channels };
        let operand = |upsample, scale, zero| Operand { zero, scale, upsample };
        let operands = [operand(factors.0, scales.0, -3), operand(factors.1, scales.1, 9)];
        let small = |operand: Operand| {
            let pixels = 4 / (operand.upsample * operand.upsample) * height * width;
            bytes(seed ^ operand.upsample as u64, -128, pixels * channels + SLACK)
        };
        let (a, b) = (small(operands[0]), small(operands[1]));
        let mut out = vec![0; output.len()];
        let add = Add { output, operands, range: RANGE };
        add.run(&a, &b, &mut out, &Pool::new(1), &mut scratch((0, 0), 1));
        for (at, byte) in out.iter().enumerate() {
            let (pixel, channel) = (at / channels, at % channels);
            let (y, x) = (pixel / output.width, pixel % output.width);
            let value = |map: &[i8], operand: Operand| {
                let row = output.width / operand.upsample;
                let pixel = y / operand.upsample * row + x / operand.upsample;
                let byte = map[pixel * channels + channel];
                (i32::from(byte) - i32::from(operand.zero)) as f32 * operand.scale
            };
            let sum = value(&a, operands[0]) + value(&b, operands[1]);
            prop_assert_eq!(*byte, RANGE.byte(sum));
        }
    }

    #[test]
    fn pooling_finds_the_sum_and_the_largest(
        (height, width, channels) in (1_usize..6, 1_usize..6, 1_usize..40),
        seed in any::<u64>(),
        zero in any::<i8>(),
    ) {
        let shape = Shape { height, width, channels };
        let input = Quantised { shape, zero, scale: 0.5 };
        let map = bytes(seed, -128, shape.len() + SLACK);
        let value = |at: usize| f32::from(i16::from(map[at]) - i16::from(zero)) * 0.5;
        let (mut sums, mut most) = (vec![0.0; channels], vec![0.0; channels]);
        OverPixels { input, reduction: Reduction::Sum }.run(&map, &mut sums);
        OverPixels { input, reduction: Reduction::Max }.run(&map, &mut most);
        for channel in 0..channels {
            let values = || (channel..shape.len()).step_by(channels).map(value);
            prop_assert_eq!(sums[channel], values().sum::<f32>());
            prop_assert_eq!(most[channel], values().fold(f32::MIN, f32::max));
        }
        let gate: Vec<f32> = (0..channels).map(|at| 0.25 * at as f32).collect();
        let mut most = vec![0.0; height * width];
        OverChannels { input, reduction: Reduction::Max }.run(&map, Some(&gate), &mut most);
        for (pixel, most) in most.iter().enumerate() {
            let values = (0..channels).map(|at| value(pixel * channels + at) * gate[at]);
            prop_assert_eq!(*most, values.fold(f32::MIN, f32::max));
        }
    }
}

#[test]
fn maps_are_joined_pixel_by_pixel() {
    let same = || {
        let mut table = Box::new([0; 256]);
        for (to, byte) in table.iter_mut().zip(all_bytes()) {
            *to = byte;
        }
        table
    };
    let mut less = same();
    less[usize::from(10_u8)] = -1;
    let concat = Concat {
        parts: vec![(2, same()), (1, less)],
    };
    let mut out = [0; 6];
    concat.run([&[1, 2, 3, 4][..], &[10, 11]].into_iter(), &mut out);
    assert_eq!(out, [1, 2, -1, 3, 4, 11]);
}

#[test]
fn sums_that_may_leave_32_bits_and_scales_that_are_none_are_refused() {
    let weights = vec![127; 200_000];
    let requant = |bias: i32, scale: f32| {
        Requant::new([&weights[..]].into_iter(), &[bias], vec![scale], 3, RANGE)
    };
    assert!(requant(i32::MAX, 0.1).is_err());
    assert!(requant(0, f32::NAN).is_err());
    assert!(requant(0, 0.0).is_err());
    assert!(requant(0, -1.0).is_err());
    let few = Requant::new([&weights[..10]].into_iter(), &[7], vec![0.1], 3, RANGE);
    assert_eq!(few.map(|requant| requant.bias), Ok(vec![7 - 3 * 1270]));
}
