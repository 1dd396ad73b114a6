//! What a network costs: parameters and multiply-accumulate operations, layer by layer, beside the
//! same layers as standard convolutions.
//!
//! The cost model is that of Howard et al. 2017 (arXiv 1704.04861): a standard convolution takes
//! `k²·M·N·D²` MACs for M channels in, N out and a result of side D; a depthwise one `k²·M·D²` and a
//! pointwise one `M·N·D²`, together `1/N + 1/k²` of the standard one. Biases, activations, pooling and
//! sums are not counted, attention's perceptrons and convolutions are.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use sortd::classify::bundle::Cost;

use super::plan::{Conv, Layer, Norm, Plan, Shape};

/// The cost of one layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerCost {
    /// Its name.
    pub name: String,
    /// Its stage.
    pub stage: String,
    /// What it is, such as `depthwise 3×3 /2`.
    pub kind: String,
    /// The shape of its result.
    pub shape: Shape,
    /// Parameters as deployed: weights and bias, batch normalisation folded in.
    pub parameters: u64,
    /// MACs of one inference.
    pub macs: u64,
    /// For a convolution that ends a standard one's replacement: the MACs of the replacement, and
    /// of the standard convolution that would read and give the same feature maps.
    pub standard: Option<Replaced>,
}

/// A standard convolution and what stands in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replaced {
    /// MACs of the layers in its place.
    pub by: u64,
    /// MACs of the standard convolution.
    pub macs: u64,
}

impl Replaced {
    /// How many times cheaper the layers are.
    #[must_use]
    pub fn ratio(self) -> f64 {
        self.macs as f64 / self.by.max(1) as f64
    }
}

/// The cost of each layer that has any.
#[must_use]
pub fn layers(plan: &Plan) -> Vec<LayerCost> {
    let shapes = plan.shapes();
    plan.nodes
        .iter()
        .enumerate()
        .filter_map(|(place, node)| {
            let shape = shapes[place];
            let (kind, parameters, macs) = match &node.layer {
                Layer::Conv(conv) => (
                    kind(conv, shape),
                    conv_parameters(conv),
                    conv_macs(conv, shape),
                ),
                Layer::ChannelAttention(gate) => {
                    let weights = 2 * gate.channels * gate.hidden;
                    let biases = gate.channels + gate.hidden;
                    // The perceptron runs twice: on the means and on the maxima.
                    (
                        "channel attention".to_owned(),
                        weights + biases,
                        2 * weights,
                    )
                }
                Layer::SpatialAttention { kernel } => {
                    let weights = 2 * kernel * kernel;
                    (
                        format!("spatial attention {kernel}×{kernel}"),
                        weights + 1,
                        weights * shape.area(),
                    )
                }
                _ => return None,
            };
            Some(LayerCost {
                name: node.name.clone(),
                stage: node.stage.clone(),
                kind,
                shape,
                parameters: parameters as u64,
                macs: macs as u64,
                standard: standard(plan, &shapes, place),
            })
        })
        .collect()
}

/// Parameters and MACs of the whole network.
#[must_use]
pub fn cost(plan: &Plan) -> Cost {
    layers(plan).iter().fold(
        Cost {
            parameters: 0,
            macs: 0,
        },
        |total, layer| Cost {
            parameters: total.parameters + layer.parameters,
            macs: total.macs + layer.macs,
        },
    )
}

fn conv_macs(conv: &Conv, shape: Shape) -> usize {
    conv.weights() * shape.area()
}

/// The weights and one bias a channel, into which any normalisation is folded.
fn conv_parameters(conv: &Conv) -> usize {
    debug_assert!(matches!(
        conv.norm,
        Norm::Bias | Norm::Batch | Norm::BatchWithoutScale
    ));
    conv.weights() + conv.outputs
}

fn kind(conv: &Conv, shape: Shape) -> String {
    let k = conv.kernel;
    let mut kind = if conv.is_depthwise() {
        format!("depthwise {k}×{k}")
    } else if k == 1 && shape.side == 1 {
        "dense".to_owned()
    } else if k == 1 {
        "pointwise".to_owned()
    } else {
        format!("convolution {k}×{k}")
    };
    // Writing to a String cannot fail.
    if conv.sliding.groups > 1 && !conv.is_depthwise() {
        let _ = write!(kind, " in {} groups", conv.sliding.groups);
    }
    if conv.sliding.stride > 1 {
        let _ = write!(kind, " /{}", conv.sliding.stride);
    }
    if conv.sliding.dilation > 1 {
        let _ = write!(kind, " dilated {}", conv.sliding.dilation);
    }
    kind
}

/// What the convolution at `place` replaces, if it ends a replacement: a pointwise one and the
/// depthwise one before it are one standard convolution; a grouped one is one without groups.
fn standard(plan: &Plan, shapes: &[Shape], place: usize) -> Option<Replaced> {
    let conv = conv_at(plan, place)?;
    let own = conv_macs(conv, shapes[place]);
    if conv.kernel == 1
        && shapes[place].side > 1
        && let Some((before, depthwise)) = depthwise_before(plan, place)
    {
        let by = own + conv_macs(depthwise, shapes[before]);
        let macs = depthwise.kernel.pow(2) * conv.inputs * conv.outputs * shapes[place].area();
        return Some(Replaced {
            by: by as u64,
            macs: macs as u64,
        });
    }
    (conv.sliding.groups > 1 && !conv.is_depthwise()).then(|| Replaced {
        by: own as u64,
        macs: (own * conv.sliding.groups) as u64,
    })
}

fn depthwise_before(plan: &Plan, place: usize) -> Option<(usize, &Conv)> {
    let before = *plan.nodes[place].inputs.first()?;
    let conv = conv_at(plan, before)?;
    conv.is_depthwise().then_some((before, conv))
}

fn conv_at(plan: &Plan, place: usize) -> Option<&Conv> {
    match &plan.nodes[place].layer {
        Layer::Conv(conv) => Some(conv),
        _ => None,
    }
}
