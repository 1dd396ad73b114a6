//! The integers of a quantised layer: weights, scales and bias as the file holds them and as the
//! simulation computes with them.

use crate::quantise::{Quantisation, QuantisedWeights, quantise_weights};

/// The largest quantised bias: so many that the sums beside it still fit into 32 bits.
const LARGEST_BIAS: f64 = (1_u32 << 29) as f64;

/// A layer's quantised weights and bias.
#[derive(Debug, Clone, PartialEq)]
pub struct Integers {
    /// The weights, −127 to 127, `[out, in / groups, k, k]`.
    pub weights: Vec<i8>,
    /// The scale of each output channel's weights.
    pub scales: Vec<f32>,
    /// The bias of each output channel, of the scale input scale × weight scale.
    pub bias: Vec<i32>,
}

impl Integers {
    /// Quantises a layer whose input has this quantisation.
    ///
    /// A channel whose weights have all but vanished beside its bias gets a larger scale than its
    /// weights ask for, since else its bias would not fit into 32 bits.
    #[must_use]
    pub fn of(weights: &[f32], bias: &[f32], input: Quantisation) -> Self {
        let QuantisedWeights {
            mut values,
            mut scales,
        } = quantise_weights(weights, bias.len());
        let length = weights.len() / bias.len().max(1);
        let input = f64::from(input.scale);
        let mut rounded = Vec::with_capacity(bias.len());
        for (channel, &bias) in bias.iter().enumerate() {
            let least = (f64::from(bias.abs()) / (input * LARGEST_BIAS)) as f32;
            if least > scales[channel] {
                scales[channel] = least;
                let places = channel * length..(channel + 1) * length;
                for (value, weight) in values[places.clone()].iter_mut().zip(&weights[places]) {
                    *value = (weight / least).round_ties_even().clamp(-127.0, 127.0) as i8;
                }
            }
            let step = input * f64::from(scales[channel]);
            rounded.push((f64::from(bias) / step).round_ties_even() as i32);
        }
        Self {
            weights: values,
            scales,
            bias: rounded,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALVES: Quantisation = Quantisation {
        scale: 0.5,
        zero_point: 3,
    };

    #[test]
    fn the_scale_of_a_bias_is_that_of_input_times_weights() {
        let found = Integers::of(&[1.27, -0.5, 0.0, 0.0], &[0.0105, 0.7], HALVES);
        assert_eq!(found.weights, [127, -50, 0, 0]);
        // The scale of weights that are all zero is 1, so that of their bias is a half.
        assert_eq!(found.bias, [2, 1]);
    }

    #[test]
    fn a_bias_beside_vanished_weights_still_fits() {
        let found = Integers::of(&[1e-12, -1e-12], &[3.0, -3.0], HALVES);
        for (&bias, &scale) in found.bias.iter().zip(&found.scales) {
            assert!(i64::from(bias).abs() <= 1 << 29, "{bias}");
            let real = f64::from(bias) * 0.5 * f64::from(scale);
            assert!((real.abs() - 3.0).abs() < 1e-6, "{real}");
        }
    }
}
