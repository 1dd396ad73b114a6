//! burn's batch normalisation layer, run by our kernels.

use burn::nn::BatchNorm;
use burn::tensor::Tensor;

use super::{Activation, normalise, scale_shift};

/// What `norm.forward(feature maps)` and the activation give.
///
/// As burn's layer does, it normalises by the batch, and lets the running statistics follow it, on a
/// device with gradients unless the layer is frozen; else it normalises by the running statistics.
///
/// # Panics
/// The layer is for another number of channels.
#[must_use]
pub fn batch_norm(norm: &BatchNorm, maps: Tensor<4>, activation: Activation) -> Tensor<4> {
    let device = maps.device();
    let (gamma, beta) = (norm.gamma.val(), norm.beta.val());
    if !(device.is_autodiff() && norm.training.is_enabled()) {
        let mean = norm.running_mean.value().to_device(&device);
        let variance = norm.running_var.value().to_device(&device);
        let scale = gamma / (variance + norm.epsilon).sqrt();
        let shift = beta - mean * scale.clone();
        return scale_shift(maps, scale, shift, activation);
    }
    let result = normalise(maps, gamma, beta, norm.epsilon, activation);
    let follow = |known: Tensor<1>, seen: Tensor<1>| {
        let kept = known.to_device(&device).mul_scalar(1.0 - norm.momentum);
        (kept + seen.mul_scalar(norm.momentum)).detach()
    };
    let mean = follow(norm.running_mean.value_sync(), result.mean);
    let variance = follow(norm.running_var.value_sync(), result.variance);
    norm.running_mean.update(mean);
    norm.running_var.update(variance);
    result.maps
}
