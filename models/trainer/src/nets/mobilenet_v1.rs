//! MobileNet v1 (Howard et al. 2017, arXiv 1704.04861) of any width, laid out as Keras does, so
//! that its ImageNet weights fit.
//!
//! A 3×3 convolution of stride 2, then thirteen blocks of a depthwise 3×3 and a pointwise 1×1
//! convolution, each followed by batch normalisation and `ReLU6`, then the mean over all positions
//! and a dense layer. Layers of stride 2 pad one row below and one column to the right only.

use burn::module::{Module, Param, ParamGroup, RunningState};
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, Initializer, Linear, LinearConfig, PaddingConfig2d};
use burn::tensor::{Device, Tensor, TensorData};

use super::Network;
use super::layer::{Dense, FoldedConv, Layer, NormStatistics, fold};
use crate::kernels::{self, Activation, Sliding};

/// Batch normalisation's ε in Keras's MobileNet.
pub const NORM_EPSILON: f64 = 1e-3;

/// Output channels at width 1 and stride of each of the thirteen blocks.
const BLOCKS: [(usize, usize); 13] = [
    (64, 1),
    (128, 2),
    (128, 1),
    (256, 2),
    (256, 1),
    (512, 2),
    (512, 1),
    (512, 1),
    (512, 1),
    (512, 1),
    (512, 1),
    (1024, 2),
    (1024, 1),
];

/// Output channels of the first convolution at width 1.
const STEM_CHANNELS: usize = 32;

/// How many blocks count as early layers: those that see at least an eighth of the input's side.
const EARLY_BLOCKS: usize = 5;

/// Which MobileNet v1 to make.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MobileNetV1Config {
    /// Multiplier of every layer's channels, such as 0.25.
    pub width: f64,
    /// Number of classes.
    pub classes: usize,
}

impl MobileNetV1Config {
    /// Makes the network with random weights, which depend on the device's seed alone.
    #[must_use]
    pub fn init(&self, device: &Device) -> MobileNetV1 {
        let channels = |base: usize| (base as f64 * self.width) as usize;
        let mut inputs = channels(STEM_CHANNELS);
        let stem = ConvNorm::new(3, inputs, 3, 2, 1, device);
        let mut blocks = Vec::with_capacity(BLOCKS.len());
        for (outputs, stride) in BLOCKS {
            let outputs = channels(outputs);
            blocks.push(Separable::new(inputs, outputs, stride, device));
            inputs = outputs;
        }
        let head = LinearConfig::new(inputs, self.classes)
            .with_initializer(Initializer::Normal {
                mean: 0.0,
                std: 0.01,
            })
            .init(device);
        MobileNetV1 { stem, blocks, head }
    }
}

/// The network.
#[derive(Module, Debug)]
pub struct MobileNetV1 {
    /// The first convolution.
    pub stem: ConvNorm,
    /// The thirteen depthwise separable blocks.
    pub blocks: Vec<Separable>,
    /// The classifier.
    pub head: Linear,
}

impl Network for MobileNetV1 {
    fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        let mut maps = self.stem.forward(images);
        for block in &self.blocks {
            maps = block.pointwise.forward(block.depthwise.forward(maps));
        }
        let [batch, channels, height, width] = maps.dims();
        let features = maps.reshape([batch, channels, height * width]).mean_dim(2);
        self.head.forward(features.reshape([batch, channels]))
    }

    fn early_layers(&self) -> ParamGroup {
        let early = self.blocks[..EARLY_BLOCKS].to_vec();
        ParamGroup::ids_from_module(self.stem.clone()).fuse(&ParamGroup::ids_from_module(early))
    }

    fn head(&self) -> ParamGroup {
        ParamGroup::ids_from_module(self.head.clone())
    }

    fn deployed(&self) -> Vec<Layer> {
        let mut layers = vec![Layer::Conv(self.stem.folded("stem"))];
        for (index, block) in self.blocks.iter().enumerate() {
            let number = index + 1;
            layers.push(Layer::Conv(
                block.depthwise.folded(&format!("block{number}_depthwise")),
            ));
            layers.push(Layer::Conv(
                block.pointwise.folded(&format!("block{number}_pointwise")),
            ));
        }
        layers.push(Layer::GlobalAveragePool);
        layers.push(Layer::Dense(self.dense()));
        layers
    }
}

impl MobileNetV1 {
    fn dense(&self) -> Dense {
        let [inputs, outputs] = self.head.weight.dims();
        let bias = self.head.bias.as_ref().map(|bias| values(bias.val()));
        Dense {
            name: "head".to_owned(),
            // burn keeps `[inputs, outputs]`; the deployed form is `[outputs, inputs]`.
            weight: values(self.head.weight.val().transpose()),
            bias: bias.unwrap_or_else(|| vec![0.0; outputs]),
            inputs,
            outputs,
        }
    }
}

/// A depthwise separable convolution.
#[derive(Module, Debug)]
pub struct Separable {
    /// 3×3, one filter a channel.
    pub depthwise: ConvNorm,
    /// 1×1, mixes the channels.
    pub pointwise: ConvNorm,
}

impl Separable {
    fn new(inputs: usize, outputs: usize, stride: usize, device: &Device) -> Self {
        Self {
            depthwise: ConvNorm::new(inputs, inputs, 3, stride, inputs, device),
            pointwise: ConvNorm::new(inputs, outputs, 1, 1, 1, device),
        }
    }
}

/// A convolution without bias, batch normalisation and `ReLU6`.
#[derive(Module, Debug)]
pub struct ConvNorm {
    /// The convolution.
    pub conv: Conv2d,
    /// Its normalisation.
    pub norm: BatchNorm,
}

impl ConvNorm {
    fn new(
        inputs: usize,
        outputs: usize,
        kernel: usize,
        stride: usize,
        groups: usize,
        device: &Device,
    ) -> Self {
        let [top, left, bottom, right] = keras_pads(kernel, stride);
        let conv = Conv2dConfig::new([inputs, outputs], [kernel, kernel])
            .with_stride([stride, stride])
            .with_groups(groups)
            .with_padding(PaddingConfig2d::Explicit(top, left, bottom, right))
            .with_bias(false)
            .with_initializer(Initializer::KaimingNormal {
                gain: std::f64::consts::SQRT_2,
                fan_out_only: false,
            })
            .init(device);
        let norm = BatchNormConfig::new(outputs)
            .with_epsilon(NORM_EPSILON)
            .init(device);
        Self { conv, norm }
    }

    fn forward(&self, maps: Tensor<4>) -> Tensor<4> {
        let [_, _, kernel, _] = self.conv.weight.dims();
        let stride = self.conv.stride[0];
        let sliding = Sliding {
            stride,
            dilation: 1,
            groups: self.conv.groups,
            pads: keras_pads(kernel, stride),
        };
        let maps = kernels::convolve(maps, self.conv.weight.val(), sliding);
        kernels::batch_norm(&self.norm, maps, Activation::Relu6)
    }

    /// Replaces the convolution's kernel, `[out, in / groups, kernel, kernel]`.
    pub fn set_kernel(&mut self, kernel: Vec<f32>, device: &Device) {
        let shape = self.conv.weight.dims();
        self.conv.weight = Param::from_data(TensorData::new(kernel, shape), device);
    }

    /// Replaces all four vectors of the normalisation; each has one number an output channel.
    pub fn set_norm(&mut self, numbers: NormStatistics<'_>, device: &Device) {
        let vector = |values: &[f32]| TensorData::new(values.to_vec(), [values.len()]);
        self.norm.gamma = Param::from_data(vector(numbers.gamma), device);
        self.norm.beta = Param::from_data(vector(numbers.beta), device);
        self.norm.running_mean = RunningState::new(Tensor::from_data(vector(numbers.mean), device));
        self.norm.running_var =
            RunningState::new(Tensor::from_data(vector(numbers.variance), device));
    }

    fn folded(&self, name: &str) -> FoldedConv {
        let [channels_out, _, kernel, _] = self.conv.weight.dims();
        let stride = self.conv.stride[0];
        let (weight, bias) = fold(
            &values(self.conv.weight.val()),
            &NormStatistics {
                gamma: &values(self.norm.gamma.val()),
                beta: &values(self.norm.beta.val()),
                mean: &values(self.norm.running_mean.value_sync()),
                variance: &values(self.norm.running_var.value_sync()),
                epsilon: self.norm.epsilon,
            },
        );
        FoldedConv {
            name: name.to_owned(),
            weight,
            bias,
            channels_in: self.conv.weight.dims()[1] * self.conv.groups,
            channels_out,
            kernel,
            stride,
            groups: self.conv.groups,
            pads: keras_pads(kernel, stride),
            relu6: true,
        }
    }
}

/// Keras's padding: a 1×1 kernel needs none, stride 1 pads all around, stride 2 only below and to
/// the right.
const fn keras_pads(kernel: usize, stride: usize) -> [usize; 4] {
    match (kernel, stride) {
        (1, _) => [0; 4],
        (_, 1) => [kernel / 2; 4],
        _ => [0, 0, kernel / 2, kernel / 2],
    }
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}
