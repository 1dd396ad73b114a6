//! CBAM's attention: gates in real numbers from quantised vectors and small feature maps.

use super::arithmetic::{centred, quantised, real, sigmoid};
use super::feature_map::{FeatureMap, Value};
use super::sums::Sums;
use crate::nets::parameters::{ChannelAttentionParameters, SpatialAttentionParameters};
use crate::nets::units::{POINTWISE, around};
use crate::quantise::Quantisation;

/// In so many parts the engine adds up what a pixel's channels hold.
const LANES: usize = 16;

/// Channel attention.
#[derive(Debug)]
pub struct ChannelAttention {
    pooled: Quantisation,
    squeeze: Sums,
    expand: Sums,
}

impl ChannelAttention {
    /// With the quantisation of the pooled vectors, of the hidden ones and of the outputs.
    pub fn new(
        parameters: &ChannelAttentionParameters,
        [pooled, hidden, answer]: [Quantisation; 3],
    ) -> Self {
        let (channels, narrow) = (parameters.expand_bias.len(), parameters.squeeze_bias.len());
        Self {
            pooled,
            squeeze: Sums::new(
                (&parameters.squeeze, &parameters.squeeze_bias),
                [narrow, channels, 1, 1],
                POINTWISE,
                [pooled, hidden],
            ),
            expand: Sums::new(
                (&parameters.expand, &parameters.expand_bias),
                [channels, narrow, 1, 1],
                POINTWISE,
                [hidden, answer],
            ),
        }
    }

    /// The feature map with a gate a channel.
    pub fn of(&self, map: &FeatureMap) -> Value {
        let most = (0..map.channels).map(|channel| {
            let most = map.channel(channel).fold(f32::NEG_INFINITY, f32::max);
            quantised(most * map.quantisation.scale, self.pooled)
        });
        let most = FeatureMap {
            bytes: most.collect(),
            channels: map.channels,
            side: 1,
            quantisation: self.pooled,
        };
        let mean = Value::from(map.clone()).mean(self.pooled);
        let [a, b] = [mean, most].map(|pooled| self.expand.of(&self.squeeze.of(&pooled)).real());
        let gates = a.iter().zip(&b).map(|(a, b)| sigmoid(a + b)).collect();
        Value::gated(map.clone(), gates)
    }
}

/// Spatial attention.
#[derive(Debug)]
pub struct SpatialAttention {
    both: Quantisation,
    seen: Sums,
}

impl SpatialAttention {
    /// With the quantisation of the pooled feature maps and of the output.
    pub fn new(
        side: usize,
        parameters: &SpatialAttentionParameters,
        [both, answer]: [Quantisation; 2],
    ) -> Self {
        Self {
            both,
            seen: Sums::new(
                (&parameters.weights, &[parameters.bias]),
                [1, 2, side, side],
                around(side),
                [both, answer],
            ),
        }
    }

    /// A gate a pixel.
    pub fn of(&self, value: &Value) -> Vec<f32> {
        let map = value.bytes();
        let (mut means, mut mosts) = (Vec::new(), Vec::new());
        let mut values = Vec::with_capacity(map.channels);
        for pixel in 0..map.area() {
            values.clear();
            values.extend((0..map.channels).map(|channel| {
                let number = centred(map.bytes[channel * map.area() + pixel], map.quantisation);
                value
                    .gates()
                    .map_or(number, |gates| number * gates[channel])
            }));
            let sum = match value.gates() {
                Some(_) => sum_in_lanes(&values),
                // Whole numbers add up exactly in any order.
                None => values.iter().sum(),
            };
            let most = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let mean = sum * map.quantisation.scale / map.channels as f32;
            means.push(quantised(mean, self.both));
            mosts.push(quantised(most * map.quantisation.scale, self.both));
        }
        means.extend(mosts);
        let both = FeatureMap {
            bytes: means,
            channels: 2,
            side: map.side,
            quantisation: self.both,
        };
        let answer = self.seen.of(&both);
        let gates = answer.bytes.iter();
        gates
            .map(|&byte| sigmoid(real(byte, answer.quantisation)))
            .collect()
    }
}

/// The sum of a pixel's channels, in the engine's order.
fn sum_in_lanes(values: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    for (place, number) in values.iter().enumerate() {
        lanes[place % LANES] += number;
    }
    lanes.iter().fold(0.0, |sum, lane| sum + lane)
}
