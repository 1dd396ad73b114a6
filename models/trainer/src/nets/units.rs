//! The parts of a network that have parameters: convolutions with their normalisation, and the two attentions of
//! CBAM. Weights are recorded under the names of the fields.

use burn::module::{Module, Param, RunningState};
use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Tensor, TensorData};

use super::parameters::{ChannelAttentionParameters, ConvParameters, SpatialAttentionParameters};
use super::plan::{Conv, Norm};
use crate::kernels::{self, Activation, Sliding};
use crate::quantise::FakeQuantiser;

/// How much of the running statistics each batch replaces.
const MOMENTUM: f64 = 0.1;

/// Guard against division by zero: Keras's for MobileNet, and the re-implementation's for the
/// embedding, whose normalisation does not scale.
const EPSILON: f64 = 1e-3;
/// See [`EPSILON`].
const EPSILON_WITHOUT_SCALE: f64 = 1e-5;

/// The guard that a kind of normalisation uses.
#[must_use]
pub const fn epsilon(norm: Norm) -> f64 {
    match norm {
        Norm::BatchWithoutScale => EPSILON_WITHOUT_SCALE,
        Norm::Bias | Norm::Batch => EPSILON,
    }
}

/// A convolution with what follows it.
#[derive(Module, Debug)]
pub struct ConvUnit {
    /// `[out, in / groups, k, k]`.
    pub kernel: Param<Tensor<4>>,
    /// Scale of the normalisation; none where it has none.
    pub gamma: Option<Param<Tensor<1>>>,
    /// Shift of the normalisation, or the bias.
    pub beta: Param<Tensor<1>>,
    /// Running mean and variance; none where there is no normalisation.
    pub statistics: Option<Statistics>,
}

/// The running statistics of a batch normalisation.
#[derive(Module, Debug)]
pub struct Statistics {
    mean: RunningState<Tensor<1>>,
    variance: RunningState<Tensor<1>>,
}

impl ConvUnit {
    /// A unit with these parameters.
    pub fn new(conv: &Conv, parameters: &ConvParameters, device: &Device) -> Self {
        let vector = |values: &[f32]| TensorData::new(values.to_vec(), [values.len()]);
        let state = |values: &[f32]| RunningState::new(Tensor::from_data(vector(values), device));
        Self {
            kernel: Param::from_data(
                TensorData::new(parameters.weights.clone(), conv.kernel_shape()),
                device,
            ),
            gamma: parameters
                .gamma
                .as_deref()
                .map(|gamma| Param::from_data(vector(gamma), device)),
            beta: Param::from_data(vector(&parameters.beta), device),
            statistics: parameters
                .statistics
                .as_ref()
                .map(|(mean, variance)| Statistics {
                    mean: state(mean),
                    variance: state(variance),
                }),
        }
    }

    /// Its parameters.
    pub fn parameters(&self) -> ConvParameters {
        ConvParameters {
            weights: values(self.kernel.val()),
            gamma: self.gamma.as_ref().map(|gamma| values(gamma.val())),
            beta: values(self.beta.val()),
            statistics: self.statistics.as_ref().map(|known| {
                (
                    values(known.mean.value_sync()),
                    values(known.variance.value_sync()),
                )
            }),
        }
    }

    /// Normalises by the batch and lets the running statistics follow it.
    pub fn train(&self, conv: &Conv, maps: Tensor<4>) -> Tensor<4> {
        let Some(statistics) = &self.statistics else {
            return self.evaluate(conv, maps);
        };
        let sums = kernels::convolve(maps, self.kernel.val(), conv.sliding);
        let gamma = self
            .gamma
            .as_ref()
            .map_or_else(|| ones(conv, &sums.device()), Param::val);
        let normalised = kernels::normalise(
            sums,
            gamma,
            self.beta.val(),
            epsilon(conv.norm),
            conv.activation,
        );
        follow(&statistics.mean, normalised.mean);
        follow(&statistics.variance, normalised.variance);
        normalised.maps
    }

    /// Normalises by the running statistics.
    pub fn evaluate(&self, conv: &Conv, maps: Tensor<4>) -> Tensor<4> {
        let sums = kernels::convolve(maps, self.kernel.val(), conv.sliding);
        let (scale, shift) = self.folded(conv, &sums.device());
        let scale = scale.unwrap_or_else(|| ones(conv, &sums.device()));
        kernels::scale_shift(sums, scale, shift, conv.activation)
    }

    /// As [`Self::evaluate`], with the normalisation folded into the weights, and the weights fake-quantised as
    /// the integer engine holds them, as is the bias where the scale of the input is known. Gradients pass
    /// straight through.
    pub fn quantised(&self, conv: &Conv, maps: Tensor<4>, step: Option<f32>) -> Tensor<4> {
        let device = maps.device();
        let (scale, shift) = self.folded(conv, &device);
        let weights = match scale {
            Some(scale) => self.kernel.val() * scale.reshape([conv.outputs, 1, 1, 1]),
            None => self.kernel.val(),
        };
        let (weights, shift) = fake_quantised(weights, shift, step);
        let sums = kernels::convolve(maps, weights, conv.sliding);
        kernels::scale_shift(sums, ones(conv, &device), shift, conv.activation)
    }

    /// Scale and shift of the sums that stand for the normalisation: γ/√(σ²+ε) and β − μ·γ/√(σ²+ε).
    fn folded(&self, conv: &Conv, device: &Device) -> (Option<Tensor<1>>, Tensor<1>) {
        let Some(statistics) = &self.statistics else {
            return (None, self.beta.val());
        };
        let mean = on(device, statistics.mean.value_sync());
        let deviation = (on(device, statistics.variance.value_sync()) + epsilon(conv.norm)).sqrt();
        let scale = match &self.gamma {
            Some(gamma) => gamma.val() / deviation,
            None => deviation.recip(),
        };
        (Some(scale.clone()), self.beta.val() - mean * scale)
    }
}

/// A running statistic as a tensor that can meet those of `device`.
fn on(device: &Device, state: Tensor<1>) -> Tensor<1> {
    state.to_device(device)
}

fn follow(state: &RunningState<Tensor<1>>, batch: Tensor<1>) {
    let batch = batch.detach();
    let old = on(&batch.device(), state.value_sync());
    state.update((old * (1.0 - MOMENTUM) + batch * MOMENTUM).detach());
}

fn ones(conv: &Conv, device: &Device) -> Tensor<1> {
    Tensor::ones([conv.outputs], device)
}

/// Weights fake-quantised to 127 values on each side of zero, a scale for each output channel. Gradients pass straight
/// through.
fn fake_quantised_weights(weights: Tensor<4>) -> Tensor<4> {
    let fixed = weights.clone().detach();
    let scale = scales_of(&weights);
    let scale = scale.clone().reshape([scale.dims()[0], 1, 1, 1]);
    let rounded = (fixed.clone() / scale.clone()).round().clamp(-127.0, 127.0);
    weights + (rounded * scale - fixed).detach()
}

/// The scale of each output channel of some weights; 1 where they are all zero.
fn scales_of(weights: &Tensor<4>) -> Tensor<1> {
    let fixed = weights.clone().detach();
    let outputs = fixed.dims()[0];
    let largest = fixed.abs().max_dim(3).max_dim(2).max_dim(1);
    let unused = largest.clone().equal_elem(0.0);
    (largest / 127.0)
        .clamp_min(f32::MIN_POSITIVE)
        .mask_fill(unused, 1.0)
        .reshape([outputs])
}

/// Weights and their bias as the integer engine holds them, where the scale of their input is
/// known; else only the weights are fake-quantised.
fn fake_quantised(
    weights: Tensor<4>,
    bias: Tensor<1>,
    step: Option<f32>,
) -> (Tensor<4>, Tensor<1>) {
    let bias = match step {
        Some(step) => fake_quantised_bias(bias, scales_of(&weights) * step),
        None => bias,
    };
    (fake_quantised_weights(weights), bias)
}

/// A bias in whole multiples of a scale. Gradients pass straight through.
fn fake_quantised_bias(bias: Tensor<1>, scale: Tensor<1>) -> Tensor<1> {
    let fixed = bias.clone().detach();
    let rounded = (fixed.clone() / scale.clone()).round();
    bias + (rounded * scale - fixed).detach()
}

/// Channel attention.
#[derive(Module, Debug)]
pub struct ChannelAttentionUnit {
    /// `[hidden, channels, 1, 1]`.
    squeeze: Param<Tensor<4>>,
    squeeze_bias: Param<Tensor<1>>,
    /// `[channels, hidden, 1, 1]`.
    expand: Param<Tensor<4>>,
    expand_bias: Param<Tensor<1>>,
}

impl ChannelAttentionUnit {
    /// A unit with these parameters.
    pub fn new(parameters: &ChannelAttentionParameters, device: &Device) -> Self {
        let (channels, hidden) = (parameters.expand_bias.len(), parameters.squeeze_bias.len());
        let matrix = |values: &[f32], shape: [usize; 4]| {
            Param::from_data(TensorData::new(values.to_vec(), shape), device)
        };
        let vector = |values: &[f32]| {
            Param::from_data(TensorData::new(values.to_vec(), [values.len()]), device)
        };
        Self {
            squeeze: matrix(&parameters.squeeze, [hidden, channels, 1, 1]),
            squeeze_bias: vector(&parameters.squeeze_bias),
            expand: matrix(&parameters.expand, [channels, hidden, 1, 1]),
            expand_bias: vector(&parameters.expand_bias),
        }
    }

    /// Its parameters.
    pub fn parameters(&self) -> ChannelAttentionParameters {
        ChannelAttentionParameters {
            squeeze: values(self.squeeze.val()),
            squeeze_bias: values(self.squeeze_bias.val()),
            expand: values(self.expand.val()),
            expand_bias: values(self.expand_bias.val()),
        }
    }

    /// The feature map times its gates.
    pub fn forward(&self, maps: Tensor<4>, quantiser: &mut FakeQuantiser<'_>) -> Tensor<4> {
        let (mean, most) = kernels::channel_statistics(maps.clone());
        let pooled = quantiser.apply_both(1, [mean, most].map(as_map));
        let hidden = pooled.map(|map| {
            let weights = (&self.squeeze, &self.squeeze_bias);
            answer(map, weights, POINTWISE, Activation::Relu, (quantiser, 1))
        });
        let hidden = quantiser.apply_both(2, hidden);
        let answers = hidden.map(|map| {
            let weights = (&self.expand, &self.expand_bias);
            answer(map, weights, POINTWISE, Activation::None, (quantiser, 2))
        });
        let [of_mean, of_most] = quantiser.apply_both(3, answers);
        let gates = sigmoid(of_mean + of_most);
        let [batch, channels, ..] = gates.dims();
        kernels::gate_channels(maps, gates.reshape([batch, channels]))
    }
}

/// A convolution inside an attention; `slot` holds the range of what it reads.
fn answer(
    maps: Tensor<4>,
    (weights, bias): (&Param<Tensor<4>>, &Param<Tensor<1>>),
    sliding: Sliding,
    activation: Activation,
    (quantiser, slot): (&FakeQuantiser<'_>, usize),
) -> Tensor<4> {
    let (weights, bias) = (weights.val(), bias.val());
    let (weights, bias) = if quantiser.quantises {
        fake_quantised(weights, bias, quantiser.scale_of(quantiser.place, slot))
    } else {
        (weights, bias)
    };
    let one = Tensor::ones([bias.dims()[0]], &maps.device());
    kernels::scale_shift(
        kernels::convolve(maps, weights, sliding),
        one,
        bias,
        activation,
    )
}

/// A 1×1 convolution.
pub const POINTWISE: Sliding = Sliding {
    stride: 1,
    dilation: 1,
    groups: 1,
    pads: [0; 4],
};

/// A convolution with a kernel of `side` rows that keeps the side of its feature map.
pub const fn around(side: usize) -> Sliding {
    Sliding {
        pads: [side / 2; 4],
        ..POINTWISE
    }
}

/// Vectors as feature maps of one pixel.
fn as_map(vectors: Tensor<2>) -> Tensor<4> {
    let [batch, length] = vectors.dims();
    vectors.reshape([batch, length, 1, 1])
}

/// Spatial attention.
#[derive(Module, Debug)]
pub struct SpatialAttentionUnit {
    /// `[1, 2, k, k]`: of the means, of the maxima.
    kernel: Param<Tensor<4>>,
    bias: Param<Tensor<1>>,
}

impl SpatialAttentionUnit {
    /// A unit with these parameters, whose kernel has `side` rows.
    pub fn new(side: usize, parameters: &SpatialAttentionParameters, device: &Device) -> Self {
        let shape = [1, 2, side, side];
        Self {
            kernel: Param::from_data(TensorData::new(parameters.weights.clone(), shape), device),
            bias: Param::from_data(TensorData::new(vec![parameters.bias], [1]), device),
        }
    }

    /// Its parameters.
    pub fn parameters(&self) -> SpatialAttentionParameters {
        SpatialAttentionParameters {
            weights: values(self.kernel.val()),
            bias: values(self.bias.val())[0],
        }
    }

    /// The feature map times its gates.
    pub fn forward(
        &self,
        side: usize,
        maps: Tensor<4>,
        quantiser: &mut FakeQuantiser<'_>,
    ) -> Tensor<4> {
        let pooled = quantiser.apply(1, kernels::pixel_statistics(maps.clone()));
        let weights = (&self.kernel, &self.bias);
        let seen = answer(
            pooled,
            weights,
            around(side),
            Activation::None,
            (quantiser, 1),
        );
        let answer = quantiser.apply(2, seen);
        kernels::gate_pixels(maps, sigmoid(answer))
    }
}

/// A tensor's values, row by row.
pub fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}
