//! A network in real numbers.

use super::PICTURE;
use super::attention;
use super::graph::{Graph, integers, whole, window, word};
use crate::deploy::{Deployed, Weights};
use crate::kernels::{Activation, Sliding};
use crate::nets::parameters::{ChannelAttentionParameters, SpatialAttentionParameters};
use crate::nets::plan::{Conv, Layer, Shape};
use crate::nets::units::{POINTWISE, around};

/// Writes all nodes; gives the names of the logits and of the embedding, both `[1, length, 1, 1]`.
pub fn write(deployed: &Deployed, graph: &mut Graph) -> [String; 2] {
    let shapes = deployed.plan.shapes();
    let mut names: Vec<String> = Vec::with_capacity(shapes.len());
    for (place, node) in deployed.plan.nodes.iter().enumerate() {
        let input = |which: usize| names[node.inputs[which]].as_str();
        let name = node.name.as_str();
        let result = match (&node.layer, &deployed.weights[place]) {
            (Layer::Conv(conv), Weights::Conv { weights, bias }) => {
                convolution(graph, name, input(0), conv, weights, bias)
            }
            (Layer::ChannelAttention(_), Weights::ChannelAttention(parameters)) => {
                channel_attention(graph, name, input(0), parameters)
            }
            (Layer::SpatialAttention { kernel }, Weights::SpatialAttention(parameters)) => {
                spatial_attention(graph, name, input(0), *kernel, parameters)
            }
            (Layer::Sum { activation }, _) => {
                let sum = graph.node("Add", name, &[input(0), input(1)], vec![]);
                activated(graph, name, sum, *activation)
            }
            (Layer::Shuffle { groups }, _) => {
                shuffle(graph, name, input(0), *groups, shapes[place])
            }
            (Layer::Enlarge { factor }, _) => enlarge(graph, name, input(0), *factor),
            (Layer::Mean, _) => graph.node("GlobalAveragePool", name, &[input(0)], vec![]),
            (Layer::Dropout { .. }, _) => input(0).to_owned(),
            (Layer::Picture, _) => PICTURE.to_owned(),
            (layer, weights) => unreachable!("{layer:?} has other weights than {weights:?}"),
        };
        names.push(result);
    }
    [deployed.plan.logits, deployed.plan.embedding].map(|place| names[place].clone())
}

fn convolution(
    graph: &mut Graph,
    name: &str,
    from: &str,
    conv: &Conv,
    weights: &[f32],
    bias: &[f32],
) -> String {
    let layer = ConvWeights {
        name,
        shape: conv.kernel_shape(),
        weights,
        bias,
    };
    let sums = layer.convolve(graph, name, from, conv.sliding);
    activated(graph, name, sums, conv.activation)
}

/// The weights of a convolution and its bias under a name.
struct ConvWeights<'a> {
    name: &'a str,
    shape: [usize; 4],
    weights: &'a [f32],
    bias: &'a [f32],
}

impl ConvWeights<'_> {
    /// The node `node` that convolves `from`.
    fn convolve(&self, graph: &mut Graph, node: &str, from: &str, sliding: Sliding) -> String {
        let weights = graph.constant(&format!("{}_kernel", self.name), &self.shape, self.weights);
        let bias = graph.constant(&format!("{}_bias", self.name), &[self.shape[0]], self.bias);
        let attributes = window(self.shape[2], sliding);
        graph.node("Conv", node, &[from, &weights, &bias], attributes)
    }
}

/// Adds the activation, if there is one.
pub fn activated(graph: &mut Graph, name: &str, from: String, activation: Activation) -> String {
    match activation {
        Activation::None => from,
        Activation::Relu => graph.node("Relu", &format!("{name}_relu"), &[&from], vec![]),
        Activation::Relu6 => {
            let low = graph.constant("relu6_low", &[], &[0.0_f32]);
            let high = graph.constant("relu6_high", &[], &[6.0_f32]);
            graph.node(
                "Clip",
                &format!("{name}_relu6"),
                &[&from, &low, &high],
                vec![],
            )
        }
    }
}

/// Reads the channels as a matrix of `groups` rows and transposes it.
pub fn shuffle(graph: &mut Graph, name: &str, from: &str, groups: usize, shape: Shape) -> String {
    let Shape { channels, side } = shape;
    let apart = [1, groups, channels / groups, side, side].map(whole);
    let together = [1, channels, side, side].map(whole);
    let apart = graph.constant(&format!("{name}_apart_shape"), &[5], &apart);
    let together = graph.constant(&format!("{name}_shape"), &[4], &together);
    let rows = graph.node("Reshape", &format!("{name}_apart"), &[from, &apart], vec![]);
    let order = vec![integers("perm", &[0, 2, 1, 3, 4])];
    let columns = graph.node("Transpose", &format!("{name}_turned"), &[&rows], order);
    graph.node("Reshape", name, &[&columns, &together], vec![])
}

/// Repeats each pixel `factor` times in both directions.
pub fn enlarge(graph: &mut Graph, name: &str, from: &str, factor: usize) -> String {
    let factor = factor as f32;
    let scales = [1.0, 1.0, factor, factor];
    let scales = graph.constant(&format!("{name}_scales"), &[4], &scales);
    let attributes = vec![
        word("mode", "nearest"),
        word("coordinate_transformation_mode", "asymmetric"),
        word("nearest_mode", "floor"),
    ];
    graph.node("Resize", name, &[from, "", &scales], attributes)
}

fn channel_attention(
    graph: &mut Graph,
    name: &str,
    from: &str,
    parameters: &ChannelAttentionParameters,
) -> String {
    let (channels, hidden) = (parameters.expand_bias.len(), parameters.squeeze_bias.len());
    let (squeeze_name, expand_name) = (format!("{name}_squeeze"), format!("{name}_expand"));
    let squeeze = ConvWeights {
        name: &squeeze_name,
        shape: [hidden, channels, 1, 1],
        weights: &parameters.squeeze,
        bias: &parameters.squeeze_bias,
    };
    let expand = ConvWeights {
        name: &expand_name,
        shape: [channels, hidden, 1, 1],
        weights: &parameters.expand,
        bias: &parameters.expand_bias,
    };
    let paths = [("GlobalAveragePool", "mean"), ("GlobalMaxPool", "most")];
    let [of_mean, of_most] = paths.map(|(kind, what)| {
        let pooled = graph.node(kind, &format!("{name}_{what}"), &[from], vec![]);
        let hidden = format!("{name}_{what}_hidden");
        let sums = squeeze.convolve(graph, &hidden, &pooled, POINTWISE);
        let rectified = activated(graph, &hidden, sums, Activation::Relu);
        let answer = format!("{name}_{what}_answer");
        expand.convolve(graph, &answer, &rectified, POINTWISE)
    });
    attention::gate_channels(graph, name, from, [&of_mean, &of_most])
}

fn spatial_attention(
    graph: &mut Graph,
    name: &str,
    from: &str,
    side: usize,
    parameters: &SpatialAttentionParameters,
) -> String {
    let both = attention::pixel_statistics(graph, name, from);
    let layer = ConvWeights {
        name,
        shape: [1, 2, side, side],
        weights: &parameters.weights,
        bias: &[parameters.bias],
    };
    let answer = layer.convolve(graph, &format!("{name}_answer"), &both, around(side));
    attention::gate_pixels(graph, name, from, &answer)
}
