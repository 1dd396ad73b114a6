//! The same bits, however many threads share the work.

use burn::tensor::Tensor;

use super::{noise, with_gradients};
use crate::kernels::{
    Activation, Sliding, channel_statistics, convolve, gate_channels, gate_pixels, normalise,
    pixel_statistics,
};

/// A small network that uses every kernel that sums.
fn network(maps: Tensor<4>, kernels: [Tensor<4>; 3]) -> Tensor<4> {
    let [stem, depthwise, pointwise] = kernels;
    let sliding = |stride, groups, pad| Sliding {
        stride,
        dilation: 1,
        groups,
        pads: [pad; 4],
    };
    let norm = |maps: Tensor<4>| {
        let channels = maps.dims()[1];
        let (gamma, beta) = (noise([channels], 5), noise([channels], 6));
        normalise(maps, gamma, beta, 1e-3, Activation::Relu6).maps
    };
    let maps = norm(convolve(maps, stem, sliding(2, 1, 1)));
    let maps = norm(convolve(maps, depthwise, sliding(1, 16, 1)));
    let (mean, maximum) = channel_statistics(maps.clone());
    let maps = gate_channels(maps, mean + maximum);
    let pixels = pixel_statistics(maps.clone()).sum_dim(1);
    let maps = gate_pixels(maps, pixels);
    let small = maps.slice([0..32, 0..16, 0..8, 0..8]);
    norm(convolve(small, pointwise, sliding(1, 1, 0)))
}

#[test]
fn one_thread_and_several_give_the_same_bits() {
    let maps = noise([32, 3, 40, 40], 1);
    let kernels = [
        noise([16, 3, 3, 3], 2),
        noise([16, 1, 3, 3], 3),
        noise([24, 16, 1, 1], 4),
    ];
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        let pool = pool.build().unwrap();
        pool.install(|| with_gradients(network, &maps, &kernels))
    };
    let one = with(1);
    for threads in [2, 3, 7] {
        assert!(with(threads) == one, "{threads} threads give other bits");
    }
}
