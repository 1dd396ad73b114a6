//! Stand-in until the own kernels are merged.
use burn::tensor::Tensor;
use burn::tensor::activation::relu;
use burn::tensor::module::{batch_norm_train, conv2d};
use burn::tensor::ops::ConvOptions;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Sliding {
    pub stride: usize,
    pub dilation: usize,
    pub groups: usize,
    pub pads: [usize; 4],
}
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    None,
    Relu,
    Relu6,
}
pub struct Normalised {
    pub maps: Tensor<4>,
    pub mean: Tensor<1>,
    pub variance: Tensor<1>,
}
fn act(x: Tensor<4>, a: Activation) -> Tensor<4> {
    match a {
        Activation::None => x,
        Activation::Relu => relu(x),
        Activation::Relu6 => x.clamp(0.0, 6.0),
    }
}
pub fn convolve(maps: Tensor<4>, kernel: Tensor<4>, s: Sliding) -> Tensor<4> {
    let [t, l, b, r] = s.pads;
    let maps = if s.pads == [0; 4] {
        maps
    } else {
        maps.pad((l, r, t, b), burn::tensor::ops::PadMode::Constant(0.0))
    };
    conv2d(
        maps,
        kernel,
        None,
        ConvOptions::new([s.stride; 2], [0; 2], [s.dilation; 2], s.groups),
    )
}
pub fn normalise(
    maps: Tensor<4>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    epsilon: f64,
    activation: Activation,
) -> Normalised {
    let r = batch_norm_train(maps, gamma, beta, epsilon);
    Normalised {
        maps: act(r.output, activation),
        mean: r.mean,
        variance: r.variance,
    }
}
pub fn scale_shift(
    maps: Tensor<4>,
    scale: Tensor<1>,
    shift: Tensor<1>,
    activation: Activation,
) -> Tensor<4> {
    let c = scale.dims()[0];
    act(
        maps * scale.reshape([1, c, 1, 1]) + shift.reshape([1, c, 1, 1]),
        activation,
    )
}
pub fn fake_quantise(
    values: Tensor<4>,
    scale: f32,
    zero_point: i32,
    low: i32,
    high: i32,
) -> Tensor<4> {
    let (lo, hi) = (
        (low - zero_point) as f32 * scale,
        (high - zero_point) as f32 * scale,
    );
    let clamped = values.clamp(lo, hi);
    let rounded = (clamped.clone().detach() / scale).round() * scale;
    clamped.clone() + (rounded - clamped.detach())
}
pub fn channel_statistics(maps: Tensor<4>) -> (Tensor<2>, Tensor<2>) {
    let [b, c, h, w] = maps.dims();
    let flat = maps.reshape([b, c, h * w]);
    (
        flat.clone().mean_dim(2).reshape([b, c]),
        flat.max_dim(2).reshape([b, c]),
    )
}
pub fn pixel_statistics(maps: Tensor<4>) -> Tensor<4> {
    Tensor::cat(vec![maps.clone().mean_dim(1), maps.max_dim(1)], 1)
}
pub fn gate_channels(maps: Tensor<4>, gates: Tensor<2>) -> Tensor<4> {
    let [b, c] = gates.dims();
    maps * gates.reshape([b, c, 1, 1])
}
pub fn gate_pixels(maps: Tensor<4>, gates: Tensor<4>) -> Tensor<4> {
    maps * gates
}
