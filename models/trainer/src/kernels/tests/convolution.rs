//! Convolutions of every kind.

use burn::tensor::Tensor;
use proptest::prelude::*;

use super::{assert_close, noise, with_gradients};
use crate::kernels::{Sliding, convolve, stock};

/// Compares with burn's convolution.
fn check(maps: [usize; 4], kernel: [usize; 4], sliding: Sliding) {
    let maps = noise(maps, 1);
    let kernel = [noise(kernel, 2)];
    let ours = |maps, [kernel]: [Tensor<4>; 1]| convolve(maps, kernel, sliding);
    let theirs = |maps, [kernel]: [Tensor<4>; 1]| stock::convolve(maps, kernel, sliding);
    assert_close(
        &with_gradients(ours, &maps, &kernel),
        &with_gradients(theirs, &maps, &kernel),
    );
}

const fn sliding(stride: usize, dilation: usize, groups: usize, pads: [usize; 4]) -> Sliding {
    Sliding {
        stride,
        dilation,
        groups,
        pads,
    }
}

#[test]
fn the_convolutions_of_our_networks() {
    // MobileNet's stem, depthwise and pointwise layers on large and on small feature maps.
    check([2, 3, 32, 32], [8, 3, 3, 3], sliding(2, 1, 1, [0, 0, 1, 1]));
    check([2, 8, 16, 16], [8, 1, 3, 3], sliding(1, 1, 8, [1; 4]));
    check([2, 8, 16, 16], [8, 1, 3, 3], sliding(2, 1, 8, [0, 0, 1, 1]));
    check([2, 8, 16, 16], [12, 8, 1, 1], sliding(1, 1, 1, [0; 4]));
    check([20, 8, 4, 4], [12, 8, 1, 1], sliding(1, 1, 1, [0; 4]));
    // ELNet's grouped pointwise, CBAM's spatial gate, a dilated block.
    check([3, 12, 7, 9], [18, 4, 1, 1], sliding(1, 1, 3, [0; 4]));
    check([3, 2, 9, 9], [1, 2, 7, 7], sliding(1, 1, 1, [3; 4]));
    check([3, 6, 9, 9], [6, 1, 3, 3], sliding(1, 2, 6, [2; 4]));
    check([3, 5, 11, 8], [5, 1, 7, 7], sliding(2, 1, 5, [3; 4]));
}

#[test]
fn maps_smaller_than_their_padding() {
    check([2, 3, 1, 1], [3, 1, 3, 3], sliding(1, 1, 3, [1; 4]));
    check([2, 3, 1, 1], [3, 1, 3, 3], sliding(1, 4, 3, [4; 4]));
    check([2, 3, 1, 2], [4, 3, 3, 3], sliding(2, 3, 1, [5, 4, 3, 6]));
    check([2, 3, 2, 1], [3, 1, 2, 2], sliding(2, 1, 3, [3, 0, 4, 5]));
}

#[test]
fn rows_and_columns_that_no_tap_reads() {
    check([2, 3, 8, 9], [3, 1, 2, 2], sliding(3, 1, 3, [0; 4]));
    check([2, 3, 8, 9], [4, 3, 2, 2], sliding(3, 1, 1, [0; 4]));
}

#[test]
fn the_gradient_of_maps_that_need_none_is_not_computed() {
    let maps = noise([2, 3, 8, 8], 1);
    let kernel = noise([4, 3, 3, 3], 2).require_grad();
    let result = convolve(maps.clone(), kernel.clone(), sliding(1, 1, 1, [1; 4]));
    let gradients = result.sum().backward();
    assert!(maps.grad(&gradients).is_none());
    assert!(kernel.grad(&gradients).is_some());
}

#[test]
#[should_panic(expected = "does not fit maps")]
fn a_kernel_of_other_channels_is_refused() {
    let _ = convolve(
        noise([1, 3, 8, 8], 1),
        noise([4, 2, 3, 3], 2),
        sliding(1, 1, 1, [1; 4]),
    );
}

#[test]
#[should_panic(expected = "does not fit a kernel")]
fn a_kernel_larger_than_the_padded_maps_is_refused() {
    let _ = convolve(
        noise([1, 3, 2, 2], 1),
        noise([4, 3, 3, 3], 2),
        sliding(1, 1, 1, [0; 4]),
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn any_convolution(
        images in 1_usize..10,
        (groups, depth, width) in (1_usize..5, 1_usize..4, 1_usize..4),
        size in (1_usize..14, 1_usize..14),
        (side, stride, dilation) in (1_usize..6, 1_usize..4, 1_usize..4),
        pads in prop::array::uniform4(0_usize..5),
    ) {
        let reach = dilation * (side - 1) + 1;
        let fits = |side, before, after| side + before + after >= reach;
        prop_assume!(fits(size.0, pads[0], pads[2]) && fits(size.1, pads[1], pads[3]));
        check(
            [images, groups * depth, size.0, size.1],
            [groups * width, depth, side, side],
            sliding(stride, dilation, groups, pads),
        );
    }
}
