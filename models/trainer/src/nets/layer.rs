//! A network as it is deployed: a chain of layers with the batch normalisation already folded in.
//!
//! This is the one form that the exporter writes and the cost model counts, so that neither has to
//! know any particular network.

/// One layer of a deployed network.
#[derive(Debug, Clone, PartialEq)]
pub enum Layer {
    /// A convolution with its bias and activation.
    Conv(FoldedConv),
    /// The mean over all positions of each channel.
    GlobalAveragePool,
    /// The classifier: logits = weight · features + bias.
    Dense(Dense),
}

/// A square convolution whose batch normalisation was folded into weight and bias.
#[derive(Debug, Clone, PartialEq)]
pub struct FoldedConv {
    /// Name of the node in the exported graph.
    pub name: String,
    /// Kernel, `[channels_out, channels_in / groups, kernel, kernel]`, row-major.
    pub weight: Vec<f32>,
    /// One number an output channel.
    pub bias: Vec<f32>,
    /// Input channels.
    pub channels_in: usize,
    /// Output channels.
    pub channels_out: usize,
    /// Side of the square kernel.
    pub kernel: usize,
    /// Step in both directions.
    pub stride: usize,
    /// 1 for a full convolution, `channels_in` for a depthwise one.
    pub groups: usize,
    /// Rows and columns of zeros: top, left, bottom, right.
    pub pads: [usize; 4],
    /// Whether the result is clipped to 0..=6.
    pub relu6: bool,
}

impl FoldedConv {
    /// Side of the square output for a square input of side `side`.
    #[must_use]
    pub const fn output_side(&self, side: usize) -> usize {
        (side + self.pads[0] + self.pads[2] - self.kernel) / self.stride + 1
    }
}

/// A fully connected layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Dense {
    /// Name of the node in the exported graph.
    pub name: String,
    /// `[outputs, inputs]`, row-major.
    pub weight: Vec<f32>,
    /// One number an output.
    pub bias: Vec<f32>,
    /// Features.
    pub inputs: usize,
    /// Classes.
    pub outputs: usize,
}

/// Scales a convolution's kernel and gives the bias that together equal convolution then batch
/// normalisation with running statistics: w' = w·γ/√(σ²+ε), b' = β − μ·γ/√(σ²+ε).
#[must_use]
pub fn fold(kernel: &[f32], norm: &NormStatistics<'_>) -> (Vec<f32>, Vec<f32>) {
    let channels = norm.gamma.len();
    let per_channel = kernel.len() / channels;
    let mut weight = kernel.to_vec();
    let mut bias = Vec::with_capacity(channels);
    for channel in 0..channels {
        let scale = f64::from(norm.gamma[channel])
            / (f64::from(norm.variance[channel]) + norm.epsilon).sqrt();
        for value in &mut weight[channel * per_channel..][..per_channel] {
            *value = (f64::from(*value) * scale) as f32;
        }
        bias.push((f64::from(norm.beta[channel]) - f64::from(norm.mean[channel]) * scale) as f32);
    }
    (weight, bias)
}

/// The numbers of one batch normalisation, one a channel.
#[derive(Debug, Clone, Copy)]
pub struct NormStatistics<'a> {
    /// Scale.
    pub gamma: &'a [f32],
    /// Shift.
    pub beta: &'a [f32],
    /// Running mean.
    pub mean: &'a [f32],
    /// Running variance.
    pub variance: &'a [f32],
    /// Guard against division by zero.
    pub epsilon: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_equals_convolution_then_normalisation() {
        let norm = NormStatistics {
            gamma: &[2.0, 0.5],
            beta: &[1.0, -1.0],
            mean: &[3.0, 0.0],
            variance: &[4.0 - 1e-3, 1.0 - 1e-3],
            epsilon: 1e-3,
        };
        let (weight, bias) = fold(&[1.0, 2.0, 3.0, 4.0], &norm);
        assert_eq!(weight, [1.0, 2.0, 1.5, 2.0]);
        assert_eq!(bias, [-2.0, -1.0]);
    }
}
