//! A network in int8, in the patterns of nodes that the daemon's integer kernels cover.
//!
//! Activations of convolutions are no nodes: a feature map whose lowest byte means zero saturates there.
//! Sums, means and gates are written in real numbers between `DequantizeLinear` and
//! `QuantizeLinear`; the daemon computes them from bytes to bytes.

use sortd::error::{Error, Result};

use super::PICTURE;
use super::attention;
use super::graph::{Graph, window};
use super::real::{activated, enlarge, shuffle};
use crate::deploy::{Deployed, Integers, Weights};
use crate::kernels::Sliding;
use crate::nets::parameters::{ChannelAttentionParameters, SpatialAttentionParameters};
use crate::nets::plan::{Layer, Node, Shape};
use crate::nets::units::{POINTWISE, around};
use crate::quantise::Quantisation;

/// Writes all nodes; gives the names of the logits and of the embedding in real numbers, both
/// `[1, length, 1, 1]`.
///
/// # Errors
/// The range of an activation is not known.
pub fn write(deployed: &Deployed, graph: &mut Graph) -> Result<[String; 2]> {
    let shapes = deployed.plan.shapes();
    let mut writer = Writer {
        deployed,
        graph,
        values: Vec::with_capacity(shapes.len()),
    };
    for (place, node) in deployed.plan.nodes.iter().enumerate() {
        let value = writer.node(place, node, shapes[place])?;
        writer.values.push(value);
    }
    Ok([deployed.plan.logits, deployed.plan.embedding].map(|place| writer.real(place)))
}

/// The graph as it grows, with the result of each node so far.
struct Writer<'a> {
    deployed: &'a Deployed,
    graph: &'a mut Graph,
    values: Vec<Value>,
}

/// A node's result: as bytes, in real numbers, or both. What is missing is written when it is read.
#[derive(Default)]
struct Value {
    bytes: Option<Bytes>,
    real: Option<String>,
    /// The quantisation by which real numbers become bytes; none where nobody may ask for bytes.
    quantisation: Option<Quantisation>,
}

/// A tensor of bytes.
#[derive(Clone)]
struct Bytes {
    name: String,
    quantisation: Constants,
}

/// A quantisation as the constants of the graph that hold it.
#[derive(Clone)]
struct Constants {
    scale: String,
    zero: String,
    known: Quantisation,
}

impl From<Bytes> for Value {
    fn from(bytes: Bytes) -> Self {
        Self {
            bytes: Some(bytes),
            ..Self::default()
        }
    }
}

/// The weights of a convolution under a name; several nodes may read them.
struct ConvWeights<'a> {
    name: String,
    shape: [usize; 4],
    weights: &'a [f32],
    bias: &'a [f32],
}

impl Writer<'_> {
    fn node(&mut self, place: usize, node: &Node, shape: Shape) -> Result<Value> {
        let name = node.name.as_str();
        let from = node.inputs.first().copied().unwrap_or_default();
        Ok(match (&node.layer, &self.deployed.weights[place]) {
            (Layer::Picture, _) => {
                let quantisation = self.quantisation(place, 0, name)?;
                self.quantise(&format!("{name}_bytes"), PICTURE, &quantisation)
                    .into()
            }
            (Layer::Conv(conv), Weights::Conv { weights, bias }) => {
                let layer = ConvWeights {
                    name: name.to_owned(),
                    shape: conv.kernel_shape(),
                    weights,
                    bias,
                };
                let quantisation = self.quantisation(place, 0, name)?;
                let map = self.bytes(from)?;
                self.convolve(&layer, name, &map, conv.sliding, &quantisation)
                    .into()
            }
            (Layer::ChannelAttention(_), Weights::ChannelAttention(parameters)) => {
                let gated = self.channel_attention(place, name, from, parameters)?;
                if self.deployed.plan.is_quantised(place) {
                    let quantisation = self.quantisation(place, 0, name)?;
                    self.quantise(name, &gated, &quantisation).into()
                } else {
                    Value {
                        real: Some(gated),
                        ..Value::default()
                    }
                }
            }
            (Layer::SpatialAttention { kernel }, Weights::SpatialAttention(parameters)) => {
                let gated = self.spatial_attention(place, name, from, *kernel, parameters)?;
                let quantisation = self.quantisation(place, 0, name)?;
                self.quantise(name, &gated, &quantisation).into()
            }
            (Layer::Sum { activation }, _) => {
                let [a, b] = [from, node.inputs[1]].map(|term| self.real(term));
                let sum = format!("{name}_sum");
                let sum = self.graph.node("Add", &sum, &[&a, &b], vec![]);
                let sum = activated(self.graph, name, sum, *activation);
                let quantisation = self.quantisation(place, 0, name)?;
                self.quantise(name, &sum, &quantisation).into()
            }
            (Layer::Mean, _) => {
                let map = self.real(from);
                let pooled = format!("{name}_pooled");
                let pooled = self
                    .graph
                    .node("GlobalAveragePool", &pooled, &[&map], vec![]);
                let quantisation = self.quantisation(place, 0, name)?;
                self.quantise(name, &pooled, &quantisation).into()
            }
            (Layer::Shuffle { groups }, _) => {
                let map = self.bytes(from)?;
                let name = shuffle(self.graph, name, &map.name, *groups, shape);
                Bytes { name, ..map }.into()
            }
            (Layer::Enlarge { factor }, _) => {
                let map = self.real(from);
                Value {
                    bytes: None,
                    real: Some(enlarge(
                        self.graph,
                        &format!("{name}_enlarged"),
                        &map,
                        *factor,
                    )),
                    quantisation: self.deployed.bytes(place),
                }
            }
            (Layer::Dropout { .. }, _) => self.bytes(from)?.into(),
            (layer, weights) => unreachable!("{layer:?} has other weights than {weights:?}"),
        })
    }

    /// The bytes of the node at `place`.
    fn bytes(&mut self, place: usize) -> Result<Bytes> {
        let Value {
            bytes,
            real,
            quantisation,
        } = &self.values[place];
        if let Some(bytes) = bytes {
            return Ok(bytes.clone());
        }
        let name = &self.deployed.plan.nodes[place].name;
        let (Some(real), Some(quantisation)) = (real.clone(), *quantisation) else {
            return Err(Error::internal(format!(
                "layer {name} is read as bytes and has none"
            )));
        };
        let quantisation = self.constants(name, quantisation);
        let bytes = self.quantise(name, &real, &quantisation);
        self.values[place].bytes = Some(bytes.clone());
        Ok(bytes)
    }

    /// The real numbers that the bytes of the node at `place` mean.
    fn real(&mut self, place: usize) -> String {
        let value = &self.values[place];
        let real = match (&value.real, &value.bytes) {
            (Some(real), _) => return real.clone(),
            (None, Some(bytes)) => bytes.clone(),
            (None, None) => unreachable!("a node has a result"),
        };
        // A dropout gives the bytes of another node, so the node's own name tells its numbers apart.
        let name = format!("{}_real", self.deployed.plan.nodes[place].name);
        let real = self.dequantise(&name, &real);
        self.values[place].real = Some(real.clone());
        real
    }

    /// The quantisation of one slot of a node, whose constants begin with `name`.
    fn quantisation(&mut self, place: usize, slot: usize, name: &str) -> Result<Constants> {
        let known = self.deployed.quantisation_of(place, slot)?;
        Ok(self.constants(name, known))
    }

    fn constants(&mut self, name: &str, known: Quantisation) -> Constants {
        let scale = format!("{name}_scale");
        let zero = format!("{name}_zero");
        Constants {
            scale: self.graph.constant(&scale, &[], &[known.scale]),
            zero: self.graph.constant(&zero, &[], &[known.zero_point]),
            known,
        }
    }

    fn quantise(&mut self, name: &str, real: &str, quantisation: &Constants) -> Bytes {
        let inputs = [real, &quantisation.scale, &quantisation.zero];
        let name = self.graph.node("QuantizeLinear", name, &inputs, vec![]);
        Bytes {
            name,
            quantisation: quantisation.clone(),
        }
    }

    fn dequantise(&mut self, name: &str, map: &Bytes) -> String {
        let inputs = [&*map.name, &map.quantisation.scale, &map.quantisation.zero];
        self.graph.node("DequantizeLinear", name, &inputs, vec![])
    }

    /// The node `name` that convolves `map`.
    fn convolve(
        &mut self,
        layer: &ConvWeights<'_>,
        name: &str,
        map: &Bytes,
        sliding: Sliding,
        result: &Constants,
    ) -> Bytes {
        let outputs = layer.shape[0];
        let integers = Integers::of(layer.weights, layer.bias, map.quantisation.known);
        let constant = |what: &str| format!("{}_{what}", layer.name);
        let graph = &mut *self.graph;
        let weights = graph.constant(&constant("kernel"), &layer.shape, &integers.weights);
        let scale = graph.constant(&constant("kernel_scale"), &[outputs], &integers.scales);
        let zero = graph.constant(&constant("kernel_zero"), &[], &[0_i8]);
        let bias = graph.constant(&constant("bias"), &[outputs], &integers.bias);
        let inputs = [
            &*map.name,
            &map.quantisation.scale,
            &map.quantisation.zero,
            &weights,
            &scale,
            &zero,
            &result.scale,
            &result.zero,
            &bias,
        ];
        let attributes = window(layer.shape[2], sliding);
        Bytes {
            name: graph.node("QLinearConv", name, &inputs, attributes),
            quantisation: result.clone(),
        }
    }

    fn channel_attention(
        &mut self,
        place: usize,
        name: &str,
        from: usize,
        parameters: &ChannelAttentionParameters,
    ) -> Result<String> {
        let (channels, hidden) = (parameters.expand_bias.len(), parameters.squeeze_bias.len());
        let squeeze = ConvWeights {
            name: format!("{name}_squeeze"),
            shape: [hidden, channels, 1, 1],
            weights: &parameters.squeeze,
            bias: &parameters.squeeze_bias,
        };
        let expand = ConvWeights {
            name: format!("{name}_expand"),
            shape: [channels, hidden, 1, 1],
            weights: &parameters.expand,
            bias: &parameters.expand_bias,
        };
        let map = self.real(from);
        let pooled_constants = self.quantisation(place, 1, &format!("{name}_pooled"))?;
        let hidden_constants = self.quantisation(place, 2, &format!("{name}_hidden"))?;
        let answer_constants = self.quantisation(place, 3, &format!("{name}_answer"))?;
        let paths = [("GlobalAveragePool", "mean"), ("GlobalMaxPool", "most")];
        let [of_mean, of_most] = paths.map(|(kind, what)| {
            let called = |step: &str| format!("{name}_{what}_{step}");
            let pooled = self.graph.node(kind, &called("pooled"), &[&map], vec![]);
            let pooled = self.quantise(&called("bytes"), &pooled, &pooled_constants);
            let hidden = self.convolve(
                &squeeze,
                &called("hidden"),
                &pooled,
                POINTWISE,
                &hidden_constants,
            );
            let answer = self.convolve(
                &expand,
                &called("answer"),
                &hidden,
                POINTWISE,
                &answer_constants,
            );
            self.dequantise(&called("answer_real"), &answer)
        });
        Ok(attention::gate_channels(
            self.graph,
            name,
            &map,
            [&of_mean, &of_most],
        ))
    }

    fn spatial_attention(
        &mut self,
        place: usize,
        name: &str,
        from: usize,
        side: usize,
        parameters: &SpatialAttentionParameters,
    ) -> Result<String> {
        let bias = [parameters.bias];
        let layer = ConvWeights {
            name: format!("{name}_seen"),
            shape: [1, 2, side, side],
            weights: &parameters.weights,
            bias: &bias,
        };
        let map = self.real(from);
        let both = attention::pixel_statistics(self.graph, name, &map);
        let both_constants = self.quantisation(place, 1, &format!("{name}_both"))?;
        let answer_constants = self.quantisation(place, 2, &format!("{name}_answer"))?;
        let both = self.quantise(&format!("{name}_both_bytes"), &both, &both_constants);
        let answer = format!("{name}_answer");
        let answer = self.convolve(&layer, &answer, &both, around(side), &answer_constants);
        let answer = self.dequantise(&format!("{name}_answer_real"), &answer);
        Ok(attention::gate_pixels(self.graph, name, &map, &answer))
    }
}
