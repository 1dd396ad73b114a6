//! The operators that training spends its time in: convolution, normalisation, fake quantisation and
//! what attention needs.
//!
//! They are put together from burn's. All of them have gradients.
//!
//! Maps are `[batch, channels, height, width]`. A shape that does not fit is a mistake of the caller's
//! code, never of a user's data, so each function panics on it and says which shapes met.
//!
//! Terms: *plane*, one channel of one image; *tap*, one element of a square kernel; *gate*, a number
//! that maps are multiplied with.

mod stock;

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

/// How a convolution slides: stride, dilation, groups, and rows/columns of zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sliding {
    /// Step in both directions.
    pub stride: usize,
    /// Distance of neighbouring taps in both directions.
    pub dilation: usize,
    /// Into how many independent parts the channels are cut.
    pub groups: usize,
    /// Rows and columns of zeros: top, left, bottom, right.
    pub pads: [usize; 4],
}

impl Sliding {
    /// Height and width of the output for an input of `size` and a square kernel of side `kernel`.
    ///
    /// # Panics
    /// The stride or dilation is 0, or the kernel is larger than the padded input.
    #[must_use]
    pub fn output(&self, size: [usize; 2], kernel: usize) -> [usize; 2] {
        let reach = self.dilation * (kernel - 1) + 1;
        let [top, left, bottom, right] = self.pads;
        let padded = [size[0] + top + bottom, size[1] + left + right];
        assert!(
            self.stride > 0 && self.dilation > 0 && padded.iter().all(|&side| side >= reach),
            "{self:?} does not fit a kernel of {kernel} on maps of {size:?}"
        );
        padded.map(|side| (side - reach) / self.stride + 1)
    }
}

/// What follows a normalisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// Nothing.
    None,
    /// Negative numbers become zero.
    Relu,
    /// Clipped to 0..=6.
    Relu6,
}

/// What [`normalise`] gives.
#[derive(Debug)]
pub struct Normalised {
    /// The normalised, activated maps.
    pub maps: Tensor<4>,
    /// Mean of each channel over the batch, without gradients.
    pub mean: Tensor<1>,
    /// Biased variance of each channel over the batch, as used for normalising, without gradients.
    pub variance: Tensor<1>,
}

/// A convolution without bias: `maps` `[batch, in, height, width]`, `kernel`
/// `[out, in / groups, side, side]`.
///
/// # Panics
/// The shapes do not fit each other.
#[must_use]
pub fn convolve(maps: Tensor<4>, kernel: Tensor<4>, sliding: Sliding) -> Tensor<4> {
    let [_, channels, height, width] = maps.dims();
    let [out, depth, side, other_side] = kernel.dims();
    assert!(
        side == other_side
            && sliding.groups > 0
            && depth * sliding.groups == channels
            && out % sliding.groups == 0,
        "a kernel of {:?} does not fit maps of {:?} in {} groups",
        kernel.dims(),
        maps.dims(),
        sliding.groups
    );
    let _fits = sliding.output([height, width], side);
    stock::convolve(maps, kernel, sliding)
}

/// Batch normalisation in training, then the activation:
/// y = activation(γ·(x − μ)/√(σ² + ε) + β), with μ and σ² those of the batch (Ioffe and Szegedy 2015,
/// arXiv 1502.03167).
///
/// # Panics
/// `gamma` or `beta` has not one number a channel, or the maps are empty.
#[must_use]
pub fn normalise(
    maps: Tensor<4>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    epsilon: f64,
    activation: Activation,
) -> Normalised {
    check_vector("gamma", &maps, &gamma);
    check_vector("beta", &maps, &beta);
    stock::normalise(maps, gamma, beta, epsilon, activation)
}

/// y = activation(scale·x + shift), with one scale and one shift a channel: a normalisation whose
/// statistics are settled.
///
/// # Panics
/// `scale` or `shift` has not one number a channel.
#[must_use]
pub fn scale_shift(
    maps: Tensor<4>,
    scale: Tensor<1>,
    shift: Tensor<1>,
    activation: Activation,
) -> Tensor<4> {
    check_vector("scale", &maps, &scale);
    check_vector("shift", &maps, &shift);
    stock::scale_shift(maps, scale, shift, activation)
}

/// What an integer network would see: each value rounded to the nearest multiple of `scale` (halves
/// to the even one) that the integers `low..=high` around `zero_point` can express,
/// (clamp(round(x/scale) + `zero_point`, low, high) − `zero_point`)·scale.
///
/// The gradient passes unchanged where nothing was clamped, and is zero elsewhere (the straight-through
/// estimator; Jacob et al. 2018, arXiv 1712.05877).
///
/// # Panics
/// `scale` is not a positive number, or `low` lies above `high`.
#[must_use]
pub fn fake_quantise(
    values: Tensor<4>,
    scale: f32,
    zero_point: i32,
    low: i32,
    high: i32,
) -> Tensor<4> {
    assert!(
        scale > 0.0 && scale.is_finite() && low <= high,
        "no numbers {low}..={high} with a step of {scale}"
    );
    stock::fake_quantise(values, scale, zero_point, low, high)
}

/// Mean and maximum over all positions, `[batch, channels]` each: what the channel attention of CBAM
/// looks at (Woo et al. 2018, arXiv 1807.06521).
///
/// # Panics
/// The maps have no position.
#[must_use]
pub fn channel_statistics(maps: Tensor<4>) -> (Tensor<2>, Tensor<2>) {
    let [_, _, height, width] = maps.dims();
    assert!(height * width > 0, "maps of {:?} are empty", maps.dims());
    stock::channel_statistics(maps)
}

/// Mean and maximum over the channels, `[batch, 2, height, width]`: what the spatial attention of CBAM
/// looks at.
///
/// # Panics
/// The maps have no channel.
#[must_use]
pub fn pixel_statistics(maps: Tensor<4>) -> Tensor<4> {
    assert!(maps.dims()[1] > 0, "maps of {:?} are empty", maps.dims());
    stock::pixel_statistics(maps)
}

/// Multiplies each plane with one number; `gates` is `[batch, channels]`.
///
/// # Panics
/// The shapes do not fit each other.
#[must_use]
pub fn gate_channels(maps: Tensor<4>, gates: Tensor<2>) -> Tensor<4> {
    let [batch, channels, _, _] = maps.dims();
    assert!(
        gates.dims() == [batch, channels],
        "gates of {:?} do not fit maps of {:?}",
        gates.dims(),
        maps.dims()
    );
    stock::gate(maps, gates.reshape([batch, channels, 1, 1]))
}

/// Multiplies each position of all channels with one number; `gates` is `[batch, 1, height, width]`.
///
/// # Panics
/// The shapes do not fit each other.
#[must_use]
pub fn gate_pixels(maps: Tensor<4>, gates: Tensor<4>) -> Tensor<4> {
    let [batch, _, height, width] = maps.dims();
    assert!(
        gates.dims() == [batch, 1, height, width],
        "gates of {:?} do not fit maps of {:?}",
        gates.dims(),
        maps.dims()
    );
    stock::gate(maps, gates)
}

fn check_vector(name: &str, maps: &Tensor<4>, vector: &Tensor<1>) {
    let channels = maps.dims()[1];
    assert!(
        vector.dims() == [channels],
        "{name} has {:?} numbers for maps of {:?}",
        vector.dims(),
        maps.dims()
    );
}
