//! The sizes of a convolution.

use burn_flex::FlexTensor;

use super::Sliding;
use super::planes::shape;

/// The sizes of one convolution.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    /// How it slides.
    pub sliding: Sliding,
    /// Images.
    pub images: usize,
    /// Channels of the input.
    pub channels: usize,
    /// Channels of the output.
    pub outputs: usize,
    /// Height and width of the input.
    pub input: [usize; 2],
    /// Height and width of the output.
    pub output: [usize; 2],
    /// Side of the kernel.
    pub side: usize,
}

impl Sizes {
    /// Those of these weights over these feature maps.
    pub fn new(sliding: Sliding, maps: &FlexTensor, kernel: &FlexTensor) -> Self {
        let [images, channels, height, width] = shape::<4>(maps);
        let [outputs, _, side, _] = shape::<4>(kernel);
        Self {
            sliding,
            images,
            channels,
            outputs,
            input: [height, width],
            output: sliding.output([height, width], side),
            side,
        }
    }

    /// Numbers in a plane of the input.
    pub const fn input_plane(&self) -> usize {
        self.input[0] * self.input[1]
    }

    /// Numbers in a plane of the output.
    pub const fn output_plane(&self) -> usize {
        self.output[0] * self.output[1]
    }

    /// Shape of the output.
    pub const fn output_shape(&self) -> [usize; 4] {
        [self.images, self.outputs, self.output[0], self.output[1]]
    }

    /// One filter a channel.
    pub const fn depthwise(&self) -> bool {
        self.sliding.groups == self.channels && self.outputs == self.channels
    }
}
