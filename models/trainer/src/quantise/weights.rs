//! Quantised weights.

/// Weights as the engine holds them.
#[derive(Debug, Clone, PartialEq)]
pub struct QuantisedWeights {
    /// The weights, −127 to 127, in the order in which they were given.
    pub values: Vec<i8>,
    /// The scale of each output channel.
    pub scales: Vec<f32>,
}

/// Quantises weights `[outputs, …]`; the scale is 1/127 of each output channel's largest weight. A
/// channel of zeros alone gets the scale 1, since a scale must be above zero.
#[must_use]
pub fn quantise_weights(weights: &[f32], outputs: usize) -> QuantisedWeights {
    let length = weights.len() / outputs.max(1);
    let mut values = Vec::with_capacity(weights.len());
    let mut scales = Vec::with_capacity(outputs);
    for channel in weights.chunks(length.max(1)) {
        let largest = channel
            .iter()
            .fold(0.0_f32, |largest, number| largest.max(number.abs()));
        let scale = if largest > 0.0 {
            (largest / 127.0).max(f32::MIN_POSITIVE)
        } else {
            1.0
        };
        scales.push(scale);
        values.extend(
            channel
                .iter()
                .map(|number| (number / scale).round_ties_even().clamp(-127.0, 127.0) as i8),
        );
    }
    QuantisedWeights { values, scales }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_channel_has_its_own_scale() {
        let QuantisedWeights { values, scales } =
            quantise_weights(&[1.0, -0.5, 0.0, 0.0, 254.0, -127.0], 3);
        assert_eq!(values, [127, -64, 0, 0, 127, -64]);
        assert!((scales[0] - 1.0 / 127.0).abs() < 1e-9);
        assert_eq!(scales[1..], [1.0, 2.0]);
    }
}
