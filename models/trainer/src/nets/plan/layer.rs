//! The layers that a plan is made of, and the shapes that they give.

use serde::{Deserialize, Serialize};

use super::Shape;
use crate::kernels::{Activation, Sliding};

/// One layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum Layer {
    /// The picture: three channels, values `(pixel − 128) / 128`.
    Picture,
    /// A convolution with what follows it. A dense layer is one with a kernel of side 1 on a feature map of side 1.
    Conv(Conv),
    /// The sum of two feature maps of one shape, then an activation.
    Sum {
        /// The activation.
        activation: Activation,
    },
    /// Channel shuffle (Zhang et al. 2017, arXiv 1707.01083): `groups` × n channels are read as a
    /// matrix and transposed, so that the next grouped convolution sees all groups.
    Shuffle {
        /// Groups of the convolution before.
        groups: usize,
    },
    /// Repeats each pixel `factor` times in both directions.
    Enlarge {
        /// How many times.
        factor: usize,
    },
    /// CBAM's channel attention (Woo et al. 2018, arXiv 1807.06521): mean and maximum of each
    /// channel through one shared perceptron, summed, through the logistic function, times the feature map.
    #[serde(alias = "channel-gate")]
    ChannelAttention(ChannelAttention),
    /// CBAM's spatial attention: mean and maximum over the channels, a convolution of `kernel`², through the logistic function,
    /// times the feature map.
    #[serde(alias = "pixel-gate")]
    SpatialAttention {
        /// Side of the kernel, odd.
        kernel: usize,
    },
    /// The mean of each channel over all positions.
    Mean,
    /// In training, sets this share of the activations to zero and scales the others up.
    Dropout {
        /// Share, 0..1.
        share: f64,
    },
}

/// A square convolution, its normalisation and its activation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Conv {
    /// Channels read.
    pub inputs: usize,
    /// Channels given.
    pub outputs: usize,
    /// Side of the kernel.
    pub kernel: usize,
    /// Stride, dilation, groups and padding.
    pub sliding: Sliding,
    /// What shifts and scales the sums.
    pub norm: Norm,
    /// The activation.
    pub activation: Activation,
}

/// What follows a convolution's sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Norm {
    /// A bias.
    Bias,
    /// Batch normalisation with scale and shift.
    Batch,
    /// Batch normalisation that only shifts.
    BatchWithoutScale,
}

/// The perceptron of a channel attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ChannelAttention {
    /// Channels of the feature map.
    pub channels: usize,
    /// Width of the hidden layer.
    pub hidden: usize,
}

impl Conv {
    /// Whether each channel is convolved by itself.
    #[must_use]
    pub const fn is_depthwise(&self) -> bool {
        self.sliding.groups == self.inputs && self.inputs == self.outputs && self.inputs > 1
    }

    /// How many weights it has.
    #[must_use]
    pub const fn weights(&self) -> usize {
        self.outputs * (self.inputs / self.sliding.groups) * self.kernel * self.kernel
    }

    /// The shape of its weights, `[out, in / groups, k, k]`.
    #[must_use]
    pub const fn kernel_shape(&self) -> [usize; 4] {
        let depth = self.inputs / self.sliding.groups;
        [self.outputs, depth, self.kernel, self.kernel]
    }

    fn shape(&self, input: Shape) -> Result<Shape, String> {
        let Sliding {
            stride,
            dilation,
            groups,
            pads,
        } = self.sliding;
        if input.channels != self.inputs {
            return Err(format!(
                "wants {} channels, is given {}",
                self.inputs, input.channels
            ));
        }
        let whole = |channels: usize| groups > 0 && channels > 0 && channels.is_multiple_of(groups);
        if !whole(self.inputs) || !whole(self.outputs) {
            return Err(format!(
                "{} and {} channels are not of {groups} groups",
                self.inputs, self.outputs
            ));
        }
        let (reach, padded) = (
            dilation * self.kernel.saturating_sub(1) + 1,
            input.side + pads[0] + pads[2],
        );
        if pads[0] + pads[2] != pads[1] + pads[3]
            || stride == 0
            || dilation == 0
            || self.kernel == 0
            || padded < reach
        {
            return Err(format!(
                "its kernel of {} does not slide over a feature map of side {}",
                self.kernel, input.side
            ));
        }
        Ok(Shape {
            channels: self.outputs,
            side: (padded - reach) / stride + 1,
        })
    }
}

impl Layer {
    /// The shape of the result for inputs of these shapes.
    ///
    /// # Errors
    /// Says what does not fit.
    pub fn shape(&self, inputs: &[Shape], side: usize) -> Result<Shape, String> {
        match (self, inputs) {
            (Self::Picture, []) if side > 0 => Ok(Shape { channels: 3, side }),
            (Self::Conv(conv), [input]) => conv.shape(*input),
            (Self::Sum { .. }, [a, b]) if a == b => Ok(*a),
            (Self::Sum { .. }, [a, b]) => Err(format!("cannot add {a} and {b}")),
            (Self::Shuffle { groups }, [input])
                if *groups > 0 && input.channels.is_multiple_of(*groups) =>
            {
                Ok(*input)
            }
            (Self::Enlarge { factor }, [input]) if *factor > 0 => Ok(Shape {
                side: input.side * factor,
                ..*input
            }),
            (Self::ChannelAttention(gate), [input])
                if gate.channels == input.channels && gate.hidden > 0 =>
            {
                Ok(*input)
            }
            (Self::SpatialAttention { kernel }, [input]) if kernel % 2 == 1 => Ok(*input),
            (Self::Mean, [input]) => Ok(Shape { side: 1, ..*input }),
            (Self::Dropout { share }, [input]) if (0.0..1.0).contains(share) => Ok(*input),
            (layer, _) => Err(format!(
                "{layer:?} does not fit {} inputs of such shapes",
                inputs.len()
            )),
        }
    }
}
