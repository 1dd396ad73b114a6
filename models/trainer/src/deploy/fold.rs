//! Folds batch normalisation into the convolution before it.

use crate::nets::numbers::ConvNumbers;
use crate::nets::plan::Conv;
use crate::nets::units::epsilon;

/// The kernel and the bias that together equal convolution and then normalisation with running
/// statistics: w' = w·γ/√(σ²+ε), b' = β − μ·γ/√(σ²+ε).
pub fn fold(conv: &Conv, numbers: &ConvNumbers) -> (Vec<f32>, Vec<f32>) {
    let Some((means, variances)) = &numbers.statistics else {
        return (numbers.kernel.clone(), numbers.beta.clone());
    };
    let length = numbers.kernel.len() / conv.outputs;
    let mut kernel = numbers.kernel.clone();
    let mut bias = Vec::with_capacity(conv.outputs);
    for channel in 0..conv.outputs {
        let gamma = numbers
            .gamma
            .as_ref()
            .map_or(1.0, |gamma| f64::from(gamma[channel]));
        let scale = gamma / (f64::from(variances[channel]) + epsilon(conv.norm)).sqrt();
        for weight in &mut kernel[channel * length..][..length] {
            *weight = (f64::from(*weight) * scale) as f32;
        }
        bias.push((f64::from(numbers.beta[channel]) - f64::from(means[channel]) * scale) as f32);
    }
    (kernel, bias)
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
        let numbers = ConvNumbers {
            kernel: vec![1.0, 2.0, 3.0, 4.0],
            gamma: Some(vec![2.0, 0.5]),
            beta: vec![1.0, -1.0],
            statistics: Some((vec![3.0, 0.0], vec![4.0 - 1e-3, 1.0 - 1e-3])),
        };
        let (kernel, bias) = fold(&conv, &numbers);
        assert_eq!(kernel, [1.0, 2.0, 1.5, 2.0]);
        assert_eq!(bias, [-2.0, -1.0]);
    }
}
