//! Convolutions in integers.

use super::arithmetic::byte;
use super::feature_map::FeatureMap;
use crate::deploy::Integers;
use crate::kernels::Sliding;
use crate::quantise::Quantisation;

/// So many products of a quantised weight (at most 127) with an activation (at most 255) add up
/// exactly in `f32`, whose whole numbers reach 2²⁴.
const EXACT: usize = 512;

/// A convolution in integers.
#[derive(Debug)]
pub struct Sums {
    integers: Integers,
    /// `[out, in / groups, k, k]`.
    shape: [usize; 4],
    sliding: Sliding,
    /// What a sum is multiplied with to have the result's scale.
    factors: Vec<f32>,
    result: Quantisation,
}

impl Sums {
    /// A convolution from a feature map with the first quantisation to one with the second.
    pub fn new(
        (weights, bias): (&[f32], &[f32]),
        shape: [usize; 4],
        sliding: Sliding,
        [input, result]: [Quantisation; 2],
    ) -> Self {
        let integers = Integers::of(weights, bias, input);
        let factor = |&scale: &f32| input.scale * scale / result.scale;
        Self {
            factors: integers.scales.iter().map(factor).collect(),
            integers,
            shape,
            sliding,
            result,
        }
    }

    /// The result for a feature map.
    pub fn of(&self, map: &FeatureMap) -> FeatureMap {
        let [outputs, depth, kernel, _] = self.shape;
        let padded = Padded::new(map, self.sliding.pads);
        let reach = self.sliding.dilation * (kernel - 1) + 1;
        let side = (padded.side - reach) / self.sliding.stride + 1;
        let mut bytes = Vec::with_capacity(outputs * side * side);
        for channel in 0..outputs {
            let group = channel / (outputs / self.sliding.groups);
            let inputs = group * depth..(group + 1) * depth;
            let sums = self.sums(channel, inputs, &padded, side);
            let factor = self.factors[channel];
            let result = sums.into_iter();
            bytes.extend(result.map(|sum| byte(sum as f32 * factor, self.result.zero_point)));
        }
        FeatureMap {
            bytes,
            channels: outputs,
            side,
            quantisation: self.result,
        }
    }

    /// Bias and products of one channel of the result, for each of its pixels.
    fn sums(
        &self,
        channel: usize,
        inputs: std::ops::Range<usize>,
        padded: &Padded,
        side: usize,
    ) -> Vec<i32> {
        let [_, depth, kernel, _] = self.shape;
        let Sliding {
            stride, dilation, ..
        } = self.sliding;
        let mut sums = vec![self.integers.bias[channel]; side * side];
        let mut part = vec![0.0_f32; side * side];
        let mut products = 0;
        let weights = depth * kernel * kernel;
        let weights = &self.integers.weights[channel * weights..][..weights];
        let taps = inputs
            .flat_map(|input| (0..kernel).map(move |row| (input, row)))
            .flat_map(|(input, row)| (0..kernel).map(move |column| (input, row, column)));
        for ((input, row, column), &weight) in taps.zip(weights) {
            if weight == 0 {
                continue;
            }
            let from = padded.from(input, row * dilation, column * dilation);
            padded.add(&mut part, from, f32::from(weight), side, stride);
            products += 1;
            if products == EXACT {
                settle(&mut sums, &mut part);
                products = 0;
            }
        }
        settle(&mut sums, &mut part);
        sums
    }
}

/// Moves what is added up so far to the sums.
fn settle(sums: &mut [i32], part: &mut [f32]) {
    for (sum, part) in sums.iter_mut().zip(part) {
        *sum += *part as i32;
        *part = 0.0;
    }
}

/// A feature map's bytes less the zero point, with its padding.
struct Padded {
    values: Vec<f32>,
    side: usize,
}

impl Padded {
    fn new(map: &FeatureMap, [top, left, bottom, right]: [usize; 4]) -> Self {
        // A plan is checked to pad as much above and below as to the left and right.
        debug_assert_eq!(top + bottom, left + right);
        let side = map.side + top + bottom;
        let mut values = vec![0.0; map.channels * side * side];
        for channel in 0..map.channels {
            for (pixel, number) in map.channel(channel).enumerate() {
                let (row, column) = (pixel / map.side + top, pixel % map.side + left);
                values[(channel * side + row) * side + column] = number;
            }
        }
        Self { values, side }
    }

    /// The values of a channel from a row and a column on.
    fn from(&self, channel: usize, row: usize, column: usize) -> &[f32] {
        &self.values[(channel * self.side + row) * self.side + column..]
    }

    /// Adds to each of `side` × `side` sums what a window sees from there, times a weight.
    fn add(&self, sums: &mut [f32], seen: &[f32], weight: f32, side: usize, stride: usize) {
        // Rows that follow each other without a gap are one long row.
        let (rows, length) = if stride == 1 && side == self.side {
            (1, side * side)
        } else {
            (side, side)
        };
        for (row, sums) in (0..rows).zip(sums.chunks_exact_mut(length)) {
            let seen = &seen[row * stride * self.side..];
            if stride == 1 {
                for (sum, step) in sums.iter_mut().zip(seen) {
                    *sum += step * weight;
                }
            } else {
                for (sum, step) in sums.iter_mut().zip(seen.iter().step_by(stride)) {
                    *sum += step * weight;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        reason = "a test that cannot be set up fails where it stands"
    )]

    use burn::tensor::{Device, Tensor, TensorData};
    use proptest::prelude::*;

    use super::super::arithmetic::quantised;
    use super::*;
    use crate::kernels::{convolve, fake_quantise};
    use crate::quantise::Range;

    /// So near to a half the sums of `f32` may fall on its other side.
    const NEAR: f32 = 2e-3;

    fn tensor(numbers: Vec<f32>, shape: [usize; 4]) -> Tensor<4> {
        Tensor::from_data(TensorData::new(numbers, shape), &Device::flex())
    }

    fn numbers(tensor: Tensor<4>) -> Vec<f32> {
        tensor.into_data().iter::<f32>().collect()
    }

    fn ranges() -> impl Strategy<Value = Quantisation> {
        (-8.0_f32..=0.0, 0.05_f32..8.0).prop_map(|(low, high)| Range { low, high }.quantisation())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

        #[test]
        fn fake_quantised_numbers_are_those_of_the_integers(
            quantisation in ranges(),
            given in prop::collection::vec(-12.0_f32..12.0, 64),
        ) {
            let zero = i32::from(quantisation.zero_point);
            let ours = numbers(fake_quantise(tensor(given.clone(), [1, 1, 8, 8]), quantisation.scale, zero, -128, 127));
            for (given, ours) in given.into_iter().zip(ours) {
                let place = given / quantisation.scale;
                if (place.fract().abs() - 0.5).abs() > NEAR {
                    prop_assert_eq!(quantised(ours, quantisation), byte(place, quantisation.zero_point));
                }
            }
        }

        #[test]
        fn a_fake_quantised_convolution_is_the_sum_of_the_integers(
            (depth, fold, groups) in (1_usize..5, 1_usize..4, 1_usize..4),
            (side, stride, point) in (3_usize..9, 1_usize..3, any::<bool>()),
            (input, result) in (ranges(), ranges()),
            bytes in prop::collection::vec(any::<i8>(), 12 * 64),
            weights in prop::collection::vec(-1.0_f32..1.0, 9 * 4 * 9),
            bias in prop::collection::vec(-2.0_f32..2.0, 9),
        ) {
            let (kernel, pads) = if point { (1, [0; 4]) } else { (3, [1; 4]) };
            let shape = [groups * fold, depth, kernel, kernel];
            let sliding = Sliding { stride, dilation: 1, groups, pads };
            let weights = &weights[..shape.iter().product()];
            let bias = &bias[..shape[0]];
            let map = FeatureMap {
                bytes: bytes[..groups * depth * side * side].to_vec(),
                channels: groups * depth,
                side,
                quantisation: input,
            };
            let theirs = Sums::new((weights, bias), shape, sliding, [input, result]).of(&map).bytes;

            // What is trained with: the same weights and bias in real numbers.
            let integers = Integers::of(weights, bias, input);
            let length = shape[1..].iter().product();
            let channels = integers.weights.chunks(length).zip(&integers.scales);
            let weights = channels.flat_map(|(values, scale)| values.iter().map(move |&value| f32::from(value) * scale));
            let maps = tensor(map.real(), [1, map.channels, side, side]);
            let sums = convolve(maps, tensor(weights.collect(), shape), sliding);
            let biases = integers.bias.iter().zip(&integers.scales);
            let biases: Vec<f32> = biases.map(|(&bias, scale)| bias as f32 * scale * input.scale).collect();
            let sums = sums + tensor(biases, [1, shape[0], 1, 1]);
            let zero = i32::from(result.zero_point);
            let ours = numbers(fake_quantise(sums.clone(), result.scale, zero, -128, 127));
            for ((sum, ours), theirs) in numbers(sums).into_iter().zip(ours).zip(theirs) {
                let place = sum / result.scale;
                if (place.fract().abs() - 0.5).abs() > NEAR {
                    prop_assert_eq!(quantised(ours, result), theirs, "{} quantisation", place);
                }
            }
        }
    }
}
