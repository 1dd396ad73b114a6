//! Sizes of feature maps, and the windows that slide over them.

/// Size of a feature map; in memory it lies row by row, pixel by pixel, channel by channel (NHWC).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    /// Rows.
    pub height: usize,
    /// Pixels of a row.
    pub width: usize,
    /// Bytes of a pixel.
    pub channels: usize,
}

impl Shape {
    /// How many values it holds; as many as can be counted, where there are more.
    pub fn len(self) -> usize {
        self.height
            .saturating_mul(self.width)
            .saturating_mul(self.channels)
    }

    /// Values of a row.
    pub fn row(self) -> usize {
        self.width * self.channels
    }

    /// Whether it is one pixel: a vector.
    pub fn is_vector(self) -> bool {
        self.height * self.width == 1
    }
}

/// Vertical, then horizontal.
pub(super) type Pair = [usize; 2];

/// How a kernel slides over its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    /// Places of the kernel.
    pub kernel: Pair,
    /// Steps from output to output.
    pub stride: Pair,
    /// Steps from place to place.
    pub dilation: Pair,
    /// Rows and columns of padding before the first ones.
    pub before: Pair,
}

impl Window {
    /// Whether each pixel of `output` sees just the pixel of `input` at its own place: there may be
    /// padding behind the last ones.
    pub fn is_pointwise(&self, input: Shape, output: Shape) -> bool {
        let in_place = self.kernel == [1, 1] && self.stride == [1, 1] && self.before == [0, 0];
        in_place && (input.height, input.width) == (output.height, output.width)
    }

    /// Rows or columns that the kernel covers.
    pub fn reach(&self, axis: usize) -> usize {
        let steps = (self.kernel[axis] - 1).saturating_mul(self.dilation[axis]);
        steps.saturating_add(1)
    }

    /// The padded rows that a row of `output` needs at once.
    pub fn rows(&self, output: Shape, channels: usize) -> Shape {
        let steps = (output.width - 1).saturating_mul(self.stride[1]);
        Shape {
            height: self.reach(0),
            width: steps.saturating_add(self.reach(1)),
            channels,
        }
    }
}
