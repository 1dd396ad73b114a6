//! Folds batch normalisation into the convolution before it.

use crate::nets::parameters::ConvParameters;
use crate::nets::plan::Conv;
use crate::nets::units::epsilon;

/// The weights and the bias that together equal convolution and then normalisation with running
/// statistics: w' = w·γ/√(σ²+ε), b' = β − μ·γ/√(σ²+ε).
pub fn fold(conv: &Conv, parameters: &ConvParameters) -> (Vec<f32>, Vec<f32>) {
    let Some((means, variances)) = &parameters.statistics else {
        return (parameters.weights.clone(), parameters.beta.clone());
    };
    let length = parameters.weights.len() / conv.outputs;
    let mut weights = parameters.weights.clone();
    let mut bias = Vec::with_capacity(conv.outputs);
    for channel in 0..conv.outputs {
        let gamma = parameters
            .gamma
            .as_ref()
            .map_or(1.0, |gamma| f64::from(gamma[channel]));
        let scale = gamma / (f64::from(variances[channel]) + epsilon(conv.norm)).sqrt();
        for weight in &mut weights[channel * length..][..length] {
            *weight = (f64::from(*weight) * scale) as f32;
        }
        bias.push((f64::from(parameters.beta[channel]) - f64::from(means[channel]) * scale) as f32);
    }
    (weights, bias)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::{Activation, Sliding};
    use crate::nets::plan::Norm;

    #[test]
    fn folding_equals_convolution_then_normalisation() {
        let conv = Conv {
            inputs: 2,
            outputs: 2,
            kernel: 1,
            sliding: Sliding {
                stride: 1,
                dilation: 1,
                groups: 1,
                pads: [0; 4],
            },
            norm: Norm::Batch,
            activation: Activation::Relu6,
        };
        let parameters = ConvParameters {
            weights: vec![1.0, 2.0, 3.0, 4.0],
            gamma: Some(vec![2.0, 0.5]),
            beta: vec![1.0, -1.0],
            statistics: Some((vec![3.0, 0.0], vec![4.0 - 1e-3, 1.0 - 1e-3])),
        };
        let (weights, bias) = fold(&conv, &parameters);
        assert_eq!(weights, [1.0, 2.0, 1.5, 2.0]);
        assert_eq!(bias, [-2.0, -1.0]);
    }
}
