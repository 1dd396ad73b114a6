//! Every kernel against burn's own operators: values and gradients, on shapes of all kinds.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be set up fails where it stands"
)]

mod attention;
mod batch_norm;
mod convolution;
mod pointwise;
mod threads;
#[cfg(feature = "tch")]
mod torch;

use burn::tensor::{Device, Tensor, TensorData};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// Numbers between -1 and 1 that depend on the seed alone.
pub fn noise<const D: usize>(shape: [usize; D], seed: u64) -> Tensor<D> {
    let mut source = ChaCha8Rng::seed_from_u64(seed);
    let count = shape.iter().product();
    let number = |_| source.next_u32() as f32 / (u32::MAX / 2) as f32 - 1.0;
    let numbers: Vec<f32> = (0..count).map(number).collect();
    Tensor::from_data(TensorData::new(numbers, shape), &Device::flex().autodiff())
}

/// The numbers of a tensor.
pub fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

/// The result of a function of feature maps and `N` further tensors, and the gradients of all of them when
/// the result is weighed with noise.
pub fn with_gradients<const D: usize, const N: usize, const R: usize>(
    function: impl Fn(Tensor<4>, [Tensor<D>; N]) -> Tensor<R>,
    maps: &Tensor<4>,
    others: &[Tensor<D>; N],
) -> Vec<Vec<f32>> {
    let maps = maps.clone().require_grad();
    let others = others.clone().map(Tensor::require_grad);
    let result = function(maps.clone(), others.clone());
    let weights = Tensor::from_data(noise(result.dims(), 99).into_data(), &result.device());
    let gradients = (result.clone() * weights).sum().backward();
    let mut all = vec![numbers(result), numbers(maps.grad(&gradients).unwrap())];
    for other in others {
        all.push(numbers(other.grad(&gradients).unwrap()));
    }
    all
}

/// Fails where two results differ by more than rounding explains.
pub fn assert_close(ours: &[Vec<f32>], theirs: &[Vec<f32>]) {
    assert_eq!(ours.len(), theirs.len());
    for (at, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
        assert_eq!(ours.len(), theirs.len(), "tensor {at}");
        let size = theirs.iter().fold(1.0_f32, |size, x| size.max(x.abs()));
        for (place, (a, b)) in ours.iter().zip(theirs).enumerate() {
            // Asked this way round, what is not a number fails.
            assert!(
                (a - b).abs() <= 2e-5 * size,
                "tensor {at}, number {place}: {a} instead of {b}"
            );
        }
    }
}
