//! The operators of PyTorch's library against those of the processor. They need no card.

#![allow(deprecated, reason = "see `DeviceKind::open`")]

use burn::tensor::{Device, Tensor};

use super::{assert_close, noise, with_gradients};
use crate::kernels::{Activation, Sliding, convolve, normalise};

fn there<const D: usize>(tensor: &Tensor<D>) -> Tensor<D> {
    Tensor::from_data(tensor.to_data(), &Device::libtorch().autodiff())
}

fn check<const D: usize, const N: usize>(
    function: impl Fn(Tensor<4>, [Tensor<D>; N]) -> Tensor<4>,
    maps: &Tensor<4>,
    others: &[Tensor<D>; N],
) {
    let there = with_gradients(&function, &there(maps), &others.each_ref().map(there));
    assert_close(&there, &with_gradients(&function, maps, others));
}

#[test]
fn convolutions_and_their_gradients() {
    let sliding = |stride, dilation, groups, pads| Sliding {
        stride,
        dilation,
        groups,
        pads,
    };
    for (maps, kernel, sliding) in [
        ([2, 3, 16, 16], [8, 3, 3, 3], sliding(2, 1, 1, [0, 0, 1, 1])),
        ([2, 8, 9, 9], [8, 1, 3, 3], sliding(1, 2, 8, [2; 4])),
        ([3, 12, 7, 9], [18, 4, 1, 1], sliding(1, 1, 3, [0; 4])),
        ([2, 3, 2, 1], [3, 1, 2, 2], sliding(2, 1, 3, [3, 0, 4, 5])),
    ] {
        let function = |maps, [kernel]: [Tensor<4>; 1]| convolve(maps, kernel, sliding);
        check(function, &noise(maps, 1), &[noise(kernel, 2)]);
    }
}

#[test]
fn normalisations_and_their_gradients() {
    let maps = noise([4, 3, 5, 5], 1) * 4.0 + 1.0;
    let lines = [noise([3], 2), noise([3], 3)];
    for activation in [Activation::None, Activation::Relu, Activation::Relu6] {
        let function = |maps, [gamma, beta]: [Tensor<1>; 2]| {
            normalise(maps, gamma, beta, 1e-3, activation).maps
        };
        check(function, &maps, &lines);
        for read in [
            |maps, [gamma, beta]: [Tensor<1>; 2]| {
                normalise(maps, gamma, beta, 1e-3, Activation::None).mean
            },
            |maps, [gamma, beta]: [Tensor<1>; 2]| {
                normalise(maps, gamma, beta, 1e-3, Activation::None).variance
            },
        ] {
            let here = read(maps.clone(), lines.clone());
            let there = read(there(&maps), lines.each_ref().map(there));
            assert_close(&[super::numbers(there)], &[super::numbers(here)]);
        }
    }
}

#[test]
fn maps_that_need_no_gradient_get_none() {
    let maps = there(&noise([2, 3, 8, 8], 1));
    let kernel = there(&noise([4, 3, 3, 3], 2)).require_grad();
    let sliding = Sliding {
        stride: 1,
        dilation: 1,
        groups: 1,
        pads: [1; 4],
    };
    let gradients = convolve(maps.clone(), kernel.clone(), sliding)
        .sum()
        .backward();
    assert!(maps.grad(&gradients).is_none());
    assert!(kernel.grad(&gradients).is_some());
}
