//! PyTorch's library: convolution and normalisation as one operator of PyTorch each, whose gradient
//! PyTorch knows.
//!
//! Put together from burn's operators, a depthwise convolution would have a gradient of one convolution a
//! channel, and a normalisation one of some twenty passes over the feature maps.

#![allow(deprecated, reason = "see `DeviceKind::open`")]

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{
    Autodiff, AutodiffBackend, Backend, DispatchDevice, LibTorch, backend_extension,
};
use burn::tensor::Tensor;
use burn_tch::TchTensor;

use super::Activation;
use super::affine::Normalise;
use super::convolution::Convolve;

/// The operators that PyTorch computes whole.
#[backend_extension(Autodiff, LibTorch)]
pub trait TorchKernels: Backend {
    /// See [`super::convolve`].
    fn torch_convolve(
        maps: FloatTensor<Self>,
        kernel: FloatTensor<Self>,
        operator: Convolve,
    ) -> FloatTensor<Self>;

    /// See [`super::normalise`]: the feature maps, their means and their variances.
    fn torch_normalise(
        maps: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        operator: Normalise,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}

/// Whether PyTorch's library computes this tensor.
pub fn computes(tensor: &Tensor<4>) -> bool {
    let device = tensor.device().inner();
    matches!(device.as_dispatch(), DispatchDevice::LibTorch(_))
}

impl TorchKernels for LibTorch {
    fn torch_convolve(
        maps: FloatTensor<Self>,
        kernel: FloatTensor<Self>,
        operator: Convolve,
    ) -> FloatTensor<Self> {
        TchTensor::new(convolve(&maps.tensor, &kernel.tensor, operator))
    }

    fn torch_normalise(
        maps: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        operator: Normalise,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let inputs = [&maps, &gamma, &beta].map(|input| &input.tensor);
        let (maps, moments) = normalise(inputs, operator);
        (TchTensor::new(maps), moments.mean(), moments.variance())
    }
}

impl<C: CheckpointStrategy> TorchKernels for Autodiff<LibTorch, C> {
    fn torch_convolve(
        maps: FloatTensor<Self>,
        kernel: FloatTensor<Self>,
        operator: Convolve,
    ) -> FloatTensor<Self> {
        let inputs = [maps, kernel];
        record::<_, _, C>(inputs, |[maps, kernel]| {
            (convolve(maps, kernel, operator), ())
        })
        .0
    }

    fn torch_normalise(
        maps: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        operator: Normalise,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let inputs = [maps, gamma, beta];
        let (maps, moments) = record::<_, _, C>(inputs, |inputs| normalise(inputs, operator));
        let mean = Self::from_inner(moments.mean());
        (maps, mean, Self::from_inner(moments.variance()))
    }
}

fn convolve(maps: &tch::Tensor, kernel: &tch::Tensor, Convolve(sliding): Convolve) -> tch::Tensor {
    let [top, left, bottom, right] = sliding.pads.map(size);
    let even = top == bottom && left == right;
    let (padded, padding) = if even {
        (maps.shallow_clone(), [top, left])
    } else {
        (maps.constant_pad_nd([left, right, top, bottom]), [0, 0])
    };
    padded.conv2d(
        kernel,
        None::<&tch::Tensor>,
        [size(sliding.stride); 2],
        padding,
        [size(sliding.dilation); 2],
        size(sliding.groups),
    )
}

/// A size as PyTorch counts.
const fn size(number: usize) -> i64 {
    number.cast_signed() as i64
}

/// The statistics of a batch, as PyTorch keeps them.
struct Moments {
    mean: tch::Tensor,
    /// 1/√(variance + ε).
    steepness: tch::Tensor,
    epsilon: f64,
}

impl Moments {
    /// A copy: burn may change it in place, and PyTorch's gradient reads the original.
    fn mean(&self) -> TchTensor {
        TchTensor::new(self.mean.detach().copy())
    }

    fn variance(&self) -> TchTensor {
        let guarded = self.steepness.detach().pow_tensor_scalar(-2);
        TchTensor::new(guarded - self.epsilon)
    }
}

fn normalise(
    [maps, gamma, beta]: [&tch::Tensor; 3],
    operator: Normalise,
) -> (tch::Tensor, Moments) {
    let epsilon = operator.epsilon;
    let (normalised, mean, steepness) = maps.native_batch_norm(
        Some(gamma),
        Some(beta),
        None::<&tch::Tensor>,
        None::<&tch::Tensor>,
        true,
        0.0,
        epsilon,
    );
    let activated = match operator.activation {
        Activation::None => normalised,
        Activation::Relu => normalised.relu(),
        Activation::Relu6 => normalised.clamp(0.0, 6.0),
    };
    let moments = Moments {
        mean,
        steepness,
        epsilon,
    };
    (activated, moments)
}

/// Computes `function` and enters it into burn's graph as one step, with PyTorch's own graph inside.
fn record<const N: usize, E, C: CheckpointStrategy>(
    inputs: [FloatTensor<Autodiff<LibTorch, C>>; N],
    function: impl FnOnce([&tch::Tensor; N]) -> (tch::Tensor, E),
) -> (FloatTensor<Autodiff<LibTorch, C>>, E) {
    let nodes = inputs
        .each_ref()
        .map(FloatTensor::<Autodiff<LibTorch, C>>::node);
    let inputs = inputs.map(FloatTensor::<Autodiff<LibTorch, C>>::into_primitive);
    match Step.prepare::<C>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(step) => {
            let leaves = inputs
                .each_ref()
                .map(|input| input.tensor.detach().set_requires_grad(true));
            let (result, extra) = function(leaves.each_ref());
            let shown = TchTensor::new(result.detach());
            let inside = Inside {
                inputs: inputs.to_vec(),
                leaves: leaves.map(TchTensor::new).to_vec(),
                result: TchTensor::new(result),
                shown: shown.clone(),
            };
            (step.finish(inside, shown), extra)
        }
        OpsKind::UnTracked(step) => {
            let (result, extra) = function(inputs.each_ref().map(|input| &input.tensor));
            (step.finish(TchTensor::new(result)), extra)
        }
    }
}

/// PyTorch's graph of one step. Burn changes a tensor in place that nobody else holds; this holds all
/// that PyTorch must find unchanged.
#[derive(Debug, Clone)]
#[allow(dead_code, reason = "`inputs` and `shown` are held, not read")]
struct Inside {
    inputs: Vec<TchTensor>,
    /// The inputs as PyTorch's graph begins with them.
    leaves: Vec<TchTensor>,
    /// The result with the graph behind it.
    result: TchTensor,
    /// The result that burn has.
    shown: TchTensor,
}

/// A step of burn's graph that PyTorch differentiates.
#[derive(Debug, Clone)]
struct Step;

impl<const N: usize> Backward<LibTorch, N> for Step {
    type State = Inside;

    fn backward(
        self,
        ops: Ops<Self::State, N>,
        gradients: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let gradient = gradients.consume::<LibTorch>(&ops.node);
        let inside = ops.state;
        let (parents, leaves): (Vec<_>, Vec<_>) = ops
            .parents
            .into_iter()
            .zip(&inside.leaves)
            .filter_map(|(parent, leaf)| Some((parent?, &leaf.tensor)))
            .unzip();
        // The gradient of this sum by the result is the gradient that has arrived.
        let sum = (&inside.result.tensor * gradient.tensor).sum(tch::Kind::Float);
        let found = tch::Tensor::run_backward(&[sum], &leaves, false, false);
        for (parent, gradient) in parents.into_iter().zip(found) {
            gradients.register::<LibTorch>(parent.id, TchTensor::new(gradient));
        }
    }
}
