//! A network's parameters outside of any tensor: what pretrained weights fill, what is pruned and what the
//! exporter writes.

use super::plan::{ChannelAttention, Conv, Layer, Norm, Plan};
use crate::rng::Rng;

/// The parameters of one node.
#[derive(Debug, Clone, PartialEq)]
pub enum Parameters {
    /// It has none.
    None,
    /// A convolution's.
    Conv(ConvParameters),
    /// A channel attention's.
    ChannelAttention(ChannelAttentionParameters),
    /// A spatial attention's.
    SpatialAttention(SpatialAttentionParameters),
}

/// The parameters of a convolution and its normalisation.
#[derive(Debug, Clone, PartialEq)]
pub struct ConvParameters {
    /// `[out, in / groups, k, k]`, row by row.
    pub weights: Vec<f32>,
    /// Scale of the normalisation, if it scales.
    pub gamma: Option<Vec<f32>>,
    /// Shift of the normalisation, or the bias.
    pub beta: Vec<f32>,
    /// Running mean and variance of the normalisation, if there is one.
    pub statistics: Option<(Vec<f32>, Vec<f32>)>,
}

/// The parameters of a channel attention.
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelAttentionParameters {
    /// `[hidden, channels]`.
    pub squeeze: Vec<f32>,
    /// One a hidden unit.
    pub squeeze_bias: Vec<f32>,
    /// `[channels, hidden]`.
    pub expand: Vec<f32>,
    /// One a channel.
    pub expand_bias: Vec<f32>,
}

/// The parameters of a spatial attention.
#[derive(Debug, Clone, PartialEq)]
pub struct SpatialAttentionParameters {
    /// `[2, k, k]`: of the means, of the maxima.
    pub weights: Vec<f32>,
    /// The bias.
    pub bias: f32,
}

impl Parameters {
    /// All of them, vector by vector.
    pub fn vectors_mut(&mut self) -> Vec<&mut [f32]> {
        match self {
            Self::None => Vec::new(),
            Self::Conv(conv) => {
                let mut vectors: Vec<&mut [f32]> = vec![&mut conv.weights, &mut conv.beta];
                vectors.extend(conv.gamma.as_deref_mut());
                if let Some((mean, variance)) = &mut conv.statistics {
                    vectors.extend([mean.as_mut_slice(), variance]);
                }
                vectors
            }
            Self::ChannelAttention(gate) => vec![
                &mut gate.squeeze,
                &mut gate.squeeze_bias,
                &mut gate.expand,
                &mut gate.expand_bias,
            ],
            Self::SpatialAttention(attention) => vec![
                &mut attention.weights,
                std::slice::from_mut(&mut attention.bias),
            ],
        }
    }
}

/// Random initial parameters for every node of a plan.
///
/// Convolutions: normal, of variance 2/fan-in (He et al. 2015, arXiv 1502.01852), the classifier's of
/// deviation 0.01. Attention gates begin almost open, so that a pretrained network is not disturbed.
#[must_use]
pub fn random(plan: &Plan, rng: &mut Rng) -> Vec<Parameters> {
    plan.nodes
        .iter()
        .map(|node| match &node.layer {
            Layer::Conv(conv) => Parameters::Conv(random_conv(conv, rng)),
            Layer::ChannelAttention(gate) => {
                Parameters::ChannelAttention(random_channel_attention(*gate, rng))
            }
            Layer::SpatialAttention { kernel } => {
                Parameters::SpatialAttention(SpatialAttentionParameters {
                    weights: normal(2 * kernel * kernel, 0.02, rng),
                    bias: OPEN,
                })
            }
            _ => Parameters::None,
        })
        .collect()
}

/// What a gate's sum begins at: the logistic function of it is 0.98.
const OPEN: f32 = 4.0;

fn random_conv(conv: &Conv, rng: &mut Rng) -> ConvParameters {
    let fan_in = conv.weights() / conv.outputs;
    let deviation = match conv.norm {
        Norm::Bias => 0.01,
        Norm::Batch | Norm::BatchWithoutScale => (2.0 / fan_in as f32).sqrt(),
    };
    let normalised = conv.norm != Norm::Bias;
    ConvParameters {
        weights: normal(conv.weights(), deviation, rng),
        gamma: (conv.norm == Norm::Batch).then(|| vec![1.0; conv.outputs]),
        beta: vec![0.0; conv.outputs],
        statistics: normalised.then(|| (vec![0.0; conv.outputs], vec![1.0; conv.outputs])),
    }
}

fn random_channel_attention(gate: ChannelAttention, rng: &mut Rng) -> ChannelAttentionParameters {
    let ChannelAttention { channels, hidden } = gate;
    ChannelAttentionParameters {
        squeeze: normal(channels * hidden, (2.0 / channels as f32).sqrt(), rng),
        squeeze_bias: vec![0.0; hidden],
        expand: normal(channels * hidden, 0.02, rng),
        // The perceptron's output is added up twice, for the means and for the maxima.
        expand_bias: vec![OPEN / 2.0; channels],
    }
}

/// Numbers of a normal distribution around zero (Box and Muller 1958).
fn normal(count: usize, deviation: f32, rng: &mut Rng) -> Vec<f32> {
    (0..count)
        .map(|_| {
            let radius = (-2.0 * (1.0 - rng.unit()).ln()).sqrt();
            deviation * radius * (std::f32::consts::TAU * rng.unit()).cos()
        })
        .collect()
}
