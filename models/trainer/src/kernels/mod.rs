//! The operators that training spends its time in: convolution, normalisation, fake quantisation and
//! what attention needs.
//!
//! On the processor they are kernels of our own, because burn's stock operators train a MobileNet at
//! a quarter of PyTorch's rate; with PyTorch's library two of them are its own (`torch.rs`); on any
//! other device they are burn's. All of them have gradients, and on the processor the same inputs give
//! the same bits, however many threads there are.
//!
//! Feature maps are `[batch, channels, height, width]`. A shape that does not fit is a mistake of the caller's
//! code, never of a user's data, so each function panics on it and says which shapes met.
//!
//! Terms: *plane*, one channel of one image; *tap*, one element of a square kernel; *gate*, a number
//! that feature maps are multiplied with.

mod affine;
mod attention;
mod batch_norm;
mod buffers;
mod columns;
mod convolution;
mod dense;
mod depthwise;
mod extension;
mod frame;
mod operator;
mod planes;
mod product;
mod quantise;
mod sizes;
mod stock;
#[cfg(test)]
mod tests;
#[cfg(feature = "tch")]
mod torch;
mod vectors;

use burn::backend::{Dispatch, DispatchDevice, DispatchTensor};
use burn::tensor::{DType, Tensor};
use serde::{Deserialize, Serialize};

use affine::{Normalise, ScaleShift};
use attention::Gate;
use convolution::Convolve;
use extension::Kernels;
use quantise::FakeQuantise;
#[cfg(feature = "tch")]
use torch::TorchKernels;

pub use batch_norm::batch_norm;

/// How a convolution slides: stride, dilation, groups, and rows/columns of zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Sliding {
    /// Step in both directions.
    pub stride: usize,
    /// Distance of neighbouring taps in both directions.
    pub dilation: usize,
    /// Into how many independent groups the channels are split.
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
    /// The normalised, activated feature maps.
    pub maps: Tensor<4>,
    /// Mean of each channel over the batch, without gradients.
    pub mean: Tensor<1>,
    /// Biased variance of each channel over the batch, as used for normalising, without gradients.
    pub variance: Tensor<1>,
}

impl Normalised {
    fn of((maps, mean, variance): (DispatchTensor, DispatchTensor, DispatchTensor)) -> Self {
        Self {
            maps: Tensor::from_dispatch(maps),
            mean: Tensor::from_dispatch(mean),
            variance: Tensor::from_dispatch(variance),
        }
    }
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
            && maps.shape().num_elements() * kernel.shape().num_elements() > 0
            && sliding.groups > 0
            && depth * sliding.groups == channels
            && out % sliding.groups == 0,
        "a kernel of {:?} does not fit maps of {:?} in {} groups",
        kernel.dims(),
        maps.dims(),
        sliding.groups
    );
    let _fits = sliding.output([height, width], side);
    #[cfg(feature = "tch")]
    if torch::computes(&maps) {
        let (maps, kernel) = (maps.into_dispatch(), kernel.into_dispatch());
        return Tensor::from_dispatch(Dispatch::torch_convolve(maps, kernel, Convolve(sliding)));
    }
    if !here(&maps) {
        return stock::convolve(maps, kernel, sliding);
    }
    let (maps, kernel) = (maps.into_dispatch(), kernel.into_dispatch());
    Tensor::from_dispatch(Dispatch::convolve(maps, kernel, Convolve(sliding)))
}

/// Batch normalisation in training, then the activation:
/// y = activation(γ·(x − μ)/√(σ² + ε) + β), with μ and σ² those of the batch (Ioffe and Szegedy 2015,
/// arXiv 1502.03167).
///
/// # Panics
/// `gamma` or `beta` has not one number a channel, or the feature maps are empty.
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
    let operator = Normalise {
        epsilon,
        activation,
    };
    #[cfg(feature = "tch")]
    if torch::computes(&maps) {
        let (gamma, beta) = (gamma.into_dispatch(), beta.into_dispatch());
        let maps = maps.into_dispatch();
        return Normalised::of(Dispatch::torch_normalise(maps, gamma, beta, operator));
    }
    if !here(&maps) {
        return stock::normalise(maps, gamma, beta, epsilon, activation);
    }
    let (gamma, beta) = (gamma.into_dispatch(), beta.into_dispatch());
    Normalised::of(Dispatch::normalise(
        maps.into_dispatch(),
        gamma,
        beta,
        operator,
    ))
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
    if !here(&maps) {
        return stock::scale_shift(maps, scale, shift, activation);
    }
    let (scale, shift) = (scale.into_dispatch(), shift.into_dispatch());
    let operator = ScaleShift(activation);
    let maps = Dispatch::scale_shift(maps.into_dispatch(), scale, shift, operator);
    Tensor::from_dispatch(maps)
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
    if !here(&values) {
        return stock::fake_quantise(values, scale, zero_point, low, high);
    }
    let operator = FakeQuantise {
        scale,
        zero_point: zero_point as f32,
        low: low as f32,
        high: high as f32,
    };
    Tensor::from_dispatch(Dispatch::fake_quantise(values.into_dispatch(), operator))
}

/// Mean and maximum over all positions, `[batch, channels]` each: what the channel attention of CBAM
/// looks at (Woo et al. 2018, arXiv 1807.06521).
///
/// # Panics
/// The feature maps have no position.
#[must_use]
pub fn channel_statistics(maps: Tensor<4>) -> (Tensor<2>, Tensor<2>) {
    let [_, _, height, width] = maps.dims();
    assert!(height * width > 0, "maps of {:?} are empty", maps.dims());
    if !here(&maps) {
        return stock::channel_statistics(maps);
    }
    let [batch, channels, _, _] = maps.dims();
    let both = Tensor::<3>::from_dispatch(Dispatch::channel_statistics(maps.into_dispatch()));
    let part = |at| both.clone().narrow(0, at, 1).reshape([batch, channels]);
    (part(0), part(1))
}

/// Mean and maximum over the channels, `[batch, 2, height, width]`: what the spatial attention of CBAM
/// looks at.
///
/// # Panics
/// The feature maps have no channel.
#[must_use]
pub fn pixel_statistics(maps: Tensor<4>) -> Tensor<4> {
    assert!(maps.dims()[1] > 0, "maps of {:?} are empty", maps.dims());
    if !here(&maps) {
        return stock::pixel_statistics(maps);
    }
    Tensor::from_dispatch(Dispatch::pixel_statistics(maps.into_dispatch()))
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
    if !here(&maps) {
        return stock::gate(maps, gates.reshape([batch, channels, 1, 1]));
    }
    let (maps, gates) = (maps.into_dispatch(), gates.into_dispatch());
    Tensor::from_dispatch(Dispatch::gate(maps, gates, Gate::Channels))
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
    if !here(&maps) {
        return stock::gate(maps, gates);
    }
    let (maps, gates) = (maps.into_dispatch(), gates.into_dispatch());
    Tensor::from_dispatch(Dispatch::gate(maps, gates, Gate::Pixels))
}

/// Whether our kernels compute this tensor: it holds 32-bit floats in the processor's memory.
fn here(tensor: &Tensor<4>) -> bool {
    let device = tensor.device().inner();
    matches!(device.as_dispatch(), DispatchDevice::Flex(_)) && tensor.dtype() == DType::F32
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
