//! The same operators put together from burn's: what other devices than the processor run, and what
//! the tests hold our kernels against.

use burn::tensor::Tensor;
use burn::tensor::activation::{relu, relu6};
use burn::tensor::module::{batch_norm_train, conv2d};
use burn::tensor::ops::ConvOptions;

use super::{Activation, Normalised, Sliding};

/// See [`super::convolve`].
pub fn convolve(maps: Tensor<4>, kernel: Tensor<4>, sliding: Sliding) -> Tensor<4> {
    let [top, left, bottom, right] = sliding.pads;
    let options = ConvOptions::new_with_padding(
        [sliding.stride; 2],
        [(top, bottom), (left, right)],
        [sliding.dilation; 2],
        sliding.groups,
    );
    conv2d(maps, kernel, None, options)
}

/// See [`super::normalise`].
pub fn normalise(
    maps: Tensor<4>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    epsilon: f64,
    activation: Activation,
) -> Normalised {
    let normalised = batch_norm_train(maps, gamma, beta, epsilon);
    Normalised {
        maps: activate(normalised.output, activation),
        mean: normalised.mean.detach(),
        variance: normalised.variance.detach(),
    }
}

/// See [`super::scale_shift`].
pub fn scale_shift(
    maps: Tensor<4>,
    scale: Tensor<1>,
    shift: Tensor<1>,
    activation: Activation,
) -> Tensor<4> {
    let channels = maps.dims()[1];
    let scaled = maps * scale.reshape([1, channels, 1, 1]);
    activate(scaled + shift.reshape([1, channels, 1, 1]), activation)
}

fn activate(maps: Tensor<4>, activation: Activation) -> Tensor<4> {
    match activation {
        Activation::None => maps,
        Activation::Relu => relu(maps),
        Activation::Relu6 => relu6(maps),
    }
}

/// See [`super::fake_quantise`].
pub fn fake_quantise(
    values: Tensor<4>,
    scale: f32,
    zero_point: i32,
    low: i32,
    high: i32,
) -> Tensor<4> {
    let steps = values.clone().detach().div_scalar(scale).round() + zero_point;
    let kept = steps
        .clone()
        .greater_equal_elem(low)
        .bool_and(steps.clone().lower_equal_elem(high))
        .float();
    let quantised = (steps.clamp(low, high) - zero_point).mul_scalar(scale);
    let passed = values * kept;
    // The difference is zero in value and `passed` in gradient, so the result is `quantised` to the
    // last bit.
    quantised + (passed.clone() - passed.detach())
}

/// See [`super::channel_statistics`].
pub fn channel_statistics(maps: Tensor<4>) -> (Tensor<2>, Tensor<2>) {
    let [batch, channels, height, width] = maps.dims();
    let planes = maps.reshape([batch, channels, height * width]);
    let mean = planes.clone().mean_dim(2).reshape([batch, channels]);
    (mean, planes.max_dim(2).reshape([batch, channels]))
}

/// See [`super::pixel_statistics`].
pub fn pixel_statistics(maps: Tensor<4>) -> Tensor<4> {
    Tensor::cat(vec![maps.clone().mean_dim(1), maps.max_dim(1)], 1)
}

/// Feature maps times gates that have the same number of dimensions, some of them 1.
pub fn gate(maps: Tensor<4>, gates: Tensor<4>) -> Tensor<4> {
    maps * gates
}
