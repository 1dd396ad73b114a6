//! Writes a plan layer by layer.

use sortd::error::{Error, Result};

use super::{ChannelAttention, Conv, Layer, Node, Norm, Plan, Shape};
use crate::kernels::{Activation, Sliding};

/// A plan as it grows. Each method adds a layer behind a node and gives the new node's place.
#[derive(Debug)]
pub struct Builder {
    name: String,
    side: usize,
    stage: String,
    nodes: Vec<Node>,
    shapes: Vec<Shape>,
    problem: Option<Error>,
}

impl Builder {
    /// A plan that begins with a picture of `side` × `side` pixels, at place 0.
    #[must_use]
    pub fn new(name: String, side: usize) -> Self {
        let mut builder = Self {
            name,
            side,
            stage: "picture".to_owned(),
            nodes: Vec::new(),
            shapes: Vec::new(),
            problem: None,
        };
        builder.add("picture", Vec::new(), Layer::Picture);
        builder
    }

    /// The layers that follow belong to this stage.
    pub fn stage(&mut self, name: impl Into<String>) {
        self.stage = name.into();
    }

    /// The shape of a node's result.
    #[must_use]
    pub fn shape(&self, place: usize) -> Shape {
        self.shapes[place]
    }

    /// Adds any layer. One that does not fit its inputs is remembered, and [`Self::finish`] says so.
    pub fn add(&mut self, name: &str, inputs: Vec<usize>, layer: Layer) -> usize {
        let given: Vec<Shape> = inputs.iter().map(|&input| self.shapes[input]).collect();
        let shape = layer.shape(&given, self.side).unwrap_or_else(|why| {
            let what = format!(
                "{} for pictures of {} pixels: layer {name} {why}",
                self.name, self.side
            );
            self.problem.get_or_insert_with(|| {
                Error::usage(what).advice("choose a larger side or a smaller network")
            });
            given.first().copied().unwrap_or(Shape {
                channels: 3,
                side: 1,
            })
        });
        self.shapes.push(shape);
        self.nodes.push(Node {
            name: name.to_owned(),
            stage: self.stage.clone(),
            inputs,
            layer,
        });
        self.nodes.len() - 1
    }

    /// A convolution over all channels with batch normalisation, padded so that only the stride
    /// makes the feature map smaller.
    pub fn conv(
        &mut self,
        name: &str,
        from: usize,
        outputs: usize,
        kernel: usize,
        stride: usize,
        activation: Activation,
    ) -> usize {
        let sliding = Sliding {
            stride,
            dilation: 1,
            groups: 1,
            pads: pads(kernel, stride, 1),
        };
        self.normalised(name, from, outputs, kernel, sliding, activation)
    }

    /// A depthwise 3×3 convolution with batch normalisation.
    pub fn depthwise(
        &mut self,
        name: &str,
        from: usize,
        stride: usize,
        dilation: usize,
        activation: Activation,
    ) -> usize {
        let channels = self.shapes[from].channels;
        let sliding = Sliding {
            stride,
            dilation,
            groups: channels,
            pads: pads(3, stride, dilation),
        };
        self.normalised(name, from, channels, 3, sliding, activation)
    }

    /// A pointwise convolution in `groups` with batch normalisation.
    pub fn pointwise(
        &mut self,
        name: &str,
        from: usize,
        outputs: usize,
        groups: usize,
        activation: Activation,
    ) -> usize {
        let sliding = Sliding {
            stride: 1,
            dilation: 1,
            groups,
            pads: [0; 4],
        };
        self.normalised(name, from, outputs, 1, sliding, activation)
    }

    /// A dense layer on a vector.
    pub fn dense(&mut self, name: &str, from: usize, outputs: usize, norm: Norm) -> usize {
        let sliding = Sliding {
            stride: 1,
            dilation: 1,
            groups: 1,
            pads: [0; 4],
        };
        let inputs = self.shapes[from].channels;
        let conv = Conv {
            inputs,
            outputs,
            kernel: 1,
            sliding,
            norm,
            activation: Activation::None,
        };
        self.add(name, vec![from], Layer::Conv(conv))
    }

    /// The sum of two feature maps.
    pub fn sum(&mut self, name: &str, a: usize, b: usize, activation: Activation) -> usize {
        self.add(name, vec![a, b], Layer::Sum { activation })
    }

    /// CBAM: channel attention with a perceptron `reduction` times narrower than the feature map, then
    /// spatial attention with a 7×7 kernel.
    pub fn attention(&mut self, name: &str, from: usize, reduction: usize) -> usize {
        let channels = self.shapes[from].channels;
        let gate = ChannelAttention {
            channels,
            hidden: (channels / reduction).max(4),
        };
        let gated = self.add(
            &format!("{name}_channels"),
            vec![from],
            Layer::ChannelAttention(gate),
        );
        self.add(
            &format!("{name}_pixels"),
            vec![gated],
            Layer::SpatialAttention { kernel: 7 },
        )
    }

    /// The finished plan.
    ///
    /// # Errors
    /// A layer did not fit: the pictures are too small, or the network makes no sense.
    pub fn finish(self, embedding: usize, logits: usize) -> Result<Plan> {
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        let plan = Plan {
            name: self.name,
            side: self.side,
            nodes: self.nodes,
            embedding,
            logits,
        };
        plan.check().map(|()| plan)
    }

    fn normalised(
        &mut self,
        name: &str,
        from: usize,
        outputs: usize,
        kernel: usize,
        sliding: Sliding,
        activation: Activation,
    ) -> usize {
        let inputs = self.shapes[from].channels;
        let conv = Conv {
            inputs,
            outputs,
            kernel,
            sliding,
            norm: Norm::Batch,
            activation,
        };
        self.add(name, vec![from], Layer::Conv(conv))
    }
}

/// Keras's padding, which its pretrained weights expect: stride 1 pads all around, stride 2 only
/// below and to the right.
const fn pads(kernel: usize, stride: usize, dilation: usize) -> [usize; 4] {
    let reach = dilation * (kernel - 1);
    match stride {
        1 => [reach / 2; 4],
        _ => [0, 0, reach / 2, reach / 2],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stride_one_keeps_the_side_and_stride_two_halves_it() {
        let mut builder = Builder::new("test".to_owned(), 32);
        let same = builder.conv("a", 0, 8, 3, 1, Activation::Relu6);
        let dilated = builder.depthwise("b", same, 1, 2, Activation::Relu6);
        let halved = builder.depthwise("c", dilated, 2, 1, Activation::Relu6);
        assert_eq!(
            [same, dilated, halved].map(|place| builder.shape(place).side),
            [32, 32, 16]
        );
    }
}
