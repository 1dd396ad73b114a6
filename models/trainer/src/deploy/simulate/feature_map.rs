//! Quantised feature maps, and what is done to them without weights.

use super::arithmetic::{byte, centred, held, quantised, real, whole};
use crate::kernels::Activation;
use crate::quantise::Quantisation;

/// A quantised feature map, channel by channel, row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureMap {
    /// The bytes.
    pub bytes: Vec<i8>,
    /// Channels.
    pub channels: usize,
    /// Rows, and columns.
    pub side: usize,
    /// What the bytes mean.
    pub quantisation: Quantisation,
}

/// A node's result.
#[derive(Debug, Clone)]
pub struct Value {
    map: FeatureMap,
    /// What each channel is multiplied with; it is not rounded after that.
    gates: Option<Vec<f32>>,
}

impl From<FeatureMap> for Value {
    fn from(map: FeatureMap) -> Self {
        Self { map, gates: None }
    }
}

/// The sum of two feature maps.
#[derive(Debug)]
pub struct Sum {
    /// Its quantisation.
    pub quantisation: Quantisation,
    /// Its activation.
    pub activation: Activation,
}

impl FeatureMap {
    /// A picture: pixels less 128.
    pub fn picture(pixels: &[u8], side: usize) -> Self {
        let channel = |channel| pixels.iter().skip(channel).step_by(3);
        let bytes = (0..3).flat_map(channel);
        Self {
            bytes: bytes.map(|&pixel| (pixel ^ 128).cast_signed()).collect(),
            channels: 3,
            side,
            quantisation: Quantisation::PICTURE,
        }
    }

    /// Pixels of a channel.
    pub const fn area(&self) -> usize {
        self.side * self.side
    }

    /// A channel's bytes less the zero point.
    pub fn channel(&self, channel: usize) -> impl Iterator<Item = f32> {
        let bytes = &self.bytes[channel * self.area()..][..self.area()];
        bytes.iter().map(|&byte| centred(byte, self.quantisation))
    }

    /// The real numbers that it means.
    pub fn real(&self) -> Vec<f32> {
        let bytes = self.bytes.iter();
        bytes.map(|&byte| real(byte, self.quantisation)).collect()
    }

    /// Channel `i * groups + g` is what was channel `g * (channels / groups) + i`.
    pub fn shuffled(&self, groups: usize) -> Self {
        let apart = self.channels / groups;
        let from = |channel: usize| channel % groups * apart + channel / groups;
        let planes = (0..self.channels)
            .flat_map(|channel| &self.bytes[from(channel) * self.area()..][..self.area()]);
        Self {
            bytes: planes.copied().collect(),
            ..*self
        }
    }

    /// Each pixel is repeated `factor` times in both directions.
    pub fn enlarged(&self, factor: usize) -> Self {
        let side = self.side * factor;
        let rows = self.channels * side;
        let pixel = |row: usize, column: usize| {
            let (channel, row) = (row / side, row % side / factor);
            self.bytes[(channel * self.side + row) * self.side + column / factor]
        };
        let bytes = (0..rows).flat_map(|row| (0..side).map(move |column| pixel(row, column)));
        Self {
            bytes: bytes.collect(),
            side,
            ..*self
        }
    }
}

impl Sum {
    /// The sum.
    pub fn of(&self, [a, b]: [&FeatureMap; 2]) -> FeatureMap {
        let zero = self.quantisation.zero_point;
        let scale = self.quantisation.scale;
        let [of_a, of_b] = [a, b].map(|term| term.quantisation.scale / scale);
        let (low, high) = match self.activation {
            Activation::None => (i8::MIN, i8::MAX),
            Activation::Relu => (zero, i8::MAX),
            Activation::Relu6 => (zero, byte(6.0 / scale, zero)),
        };
        let sum = |(&x, &y): (&i8, &i8)| {
            let sum = centred(x, a.quantisation) * of_a + centred(y, b.quantisation) * of_b;
            held(whole(sum), zero).clamp(low, high)
        };
        FeatureMap {
            bytes: a.bytes.iter().zip(&b.bytes).map(sum).collect(),
            quantisation: self.quantisation,
            ..*a
        }
    }
}

impl Value {
    /// A feature map whose channels are multiplied with `gates`.
    pub fn gated(map: FeatureMap, gates: Vec<f32>) -> Self {
        Self {
            map,
            gates: Some(gates),
        }
    }

    /// Its bytes, without any gates.
    pub const fn bytes(&self) -> &FeatureMap {
        &self.map
    }

    /// What its channels are multiplied with.
    pub fn gates(&self) -> Option<&[f32]> {
        self.gates.as_deref()
    }

    /// The mean of each channel, rounded.
    pub fn mean(&self, quantisation: Quantisation) -> FeatureMap {
        let map = &self.map;
        let (scale, area) = (map.quantisation.scale, map.area() as f32);
        let mean = |channel: usize| match &self.gates {
            // The sum of at most 2¹⁶ such integers is exact.
            None => map.channel(channel).sum::<f32>() * scale / area,
            Some(gates) => {
                let factor = scale * gates[channel];
                let numbers = map.channel(channel).map(|value| value * factor);
                numbers.fold(0.0, |sum: f32, number| sum + number) / area
            }
        };
        let means = (0..map.channels).map(|channel| quantised(mean(channel), quantisation));
        FeatureMap {
            bytes: means.collect(),
            channels: map.channels,
            side: 1,
            quantisation,
        }
    }

    /// Times its gates, and times those of each pixel, rounded.
    pub fn bytes_gated(&self, pixels: Option<&[f32]>, quantisation: Quantisation) -> FeatureMap {
        let map = &self.map;
        let scale = map.quantisation.scale / quantisation.scale;
        let mut bytes = Vec::with_capacity(map.bytes.len());
        for channel in 0..map.channels {
            for (pixel, number) in map.channel(channel).enumerate() {
                let number = self
                    .gates
                    .as_ref()
                    .map_or(number, |gates| number * gates[channel]);
                let factor = pixels.map_or(scale, |gates| scale * gates[pixel]);
                bytes.push(byte(number * factor, quantisation.zero_point));
            }
        }
        FeatureMap {
            bytes,
            quantisation,
            ..*map
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(bytes: &[i8], channels: usize, side: usize) -> FeatureMap {
        FeatureMap {
            bytes: bytes.to_vec(),
            channels,
            side,
            quantisation: Quantisation {
                scale: 0.5,
                zero_point: 0,
            },
        }
    }

    #[test]
    fn a_shuffle_transposes_and_an_enlargement_repeats() {
        let shuffled = map(&[0, 1, 2, 3, 4, 5], 6, 1).shuffled(2);
        assert_eq!(shuffled.bytes, [0, 3, 1, 4, 2, 5]);
        let enlarged = map(&[1, 2, 3, 4], 1, 2).enlarged(2);
        assert_eq!(
            enlarged.bytes,
            [1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4]
        );
    }

    #[test]
    fn a_sum_is_held_by_its_activation() {
        let sum = |activation| {
            let quantisation = Quantisation {
                scale: 0.25,
                zero_point: -10,
            };
            let [a, b] = [[4, -9, 30], [3, 4, 30]].map(|bytes| map(&bytes, 3, 1));
            Sum {
                quantisation,
                activation,
            }
            .of([&a, &b])
            .bytes
        };
        assert_eq!(sum(Activation::None), [4, -20, 110]);
        assert_eq!(sum(Activation::Relu), [4, -10, 110]);
        assert_eq!(sum(Activation::Relu6), [4, -10, 14]);
    }
}
