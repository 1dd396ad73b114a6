//! Statistics and gates.

use burn::tensor::Tensor;
use proptest::prelude::*;

use super::{assert_close, noise, with_gradients};
use crate::kernels::{channel_statistics, gate_channels, gate_pixels, pixel_statistics, stock};

proptest! {
    #![proptest_config(ProptestConfig { cases: 30, ..ProptestConfig::default() })]

    #[test]
    fn any_attention(
        [images, channels] in prop::array::uniform2(1_usize..9),
        [height, width] in prop::array::uniform2(1_usize..9),
    ) {
        let maps = noise([images, channels, height, width], 1);
        let both = |(mean, maximum): (Tensor<2>, Tensor<2>)| Tensor::cat(vec![mean, maximum], 1);
        let ours = |maps, []: [Tensor<1>; 0]| both(channel_statistics(maps));
        let theirs = |maps, []: [Tensor<1>; 0]| both(stock::channel_statistics(maps));
        assert_close(&with_gradients(ours, &maps, &[]), &with_gradients(theirs, &maps, &[]));

        let ours = |maps, []: [Tensor<1>; 0]| pixel_statistics(maps);
        let theirs = |maps, []: [Tensor<1>; 0]| stock::pixel_statistics(maps);
        assert_close(&with_gradients(ours, &maps, &[]), &with_gradients(theirs, &maps, &[]));

        let gates = [noise([images, channels], 2)];
        let ours = |maps, [gates]: [Tensor<2>; 1]| gate_channels(maps, gates);
        let theirs = |maps, [gates]: [Tensor<2>; 1]| {
            stock::gate(maps, gates.reshape([images, channels, 1, 1]))
        };
        assert_close(&with_gradients(ours, &maps, &gates), &with_gradients(theirs, &maps, &gates));

        let gates = [noise([images, 1, height, width], 2)];
        let ours = |maps, [gates]: [Tensor<4>; 1]| gate_pixels(maps, gates);
        let theirs = |maps, [gates]: [Tensor<4>; 1]| stock::gate(maps, gates);
        assert_close(&with_gradients(ours, &maps, &gates), &with_gradients(theirs, &maps, &gates));
    }
}
