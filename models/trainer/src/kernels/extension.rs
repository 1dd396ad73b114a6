//! Where burn's dispatch finds our kernels: on the processor, with and without a graph.

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend, Backend, Flex, backend_extension};

use super::affine::{Normalise, ScaleShift};
use super::attention::{ChannelStatistics, Gate, PixelStatistics};
use super::convolution::Convolve;
use super::operator::{record, run};
use super::quantise::FakeQuantise;

/// The operators that have a kernel of ours.
#[backend_extension(Autodiff, Flex)]
pub trait Kernels: Backend {
    /// See [`super::convolve`].
    fn convolve(
        maps: FloatTensor<Self>,
        kernel: FloatTensor<Self>,
        operator: Convolve,
    ) -> FloatTensor<Self>;

    /// See [`super::normalise`]: the feature maps, their means and their variances.
    fn normalise(
        maps: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        operator: Normalise,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);

    /// See [`super::scale_shift`].
    fn scale_shift(
        maps: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        operator: ScaleShift,
    ) -> FloatTensor<Self>;

    /// See [`super::fake_quantise`].
    fn fake_quantise(values: FloatTensor<Self>, operator: FakeQuantise) -> FloatTensor<Self>;

    /// See [`super::channel_statistics`]: `[2, batch, channels]`.
    fn channel_statistics(maps: FloatTensor<Self>) -> FloatTensor<Self>;

    /// See [`super::pixel_statistics`].
    fn pixel_statistics(maps: FloatTensor<Self>) -> FloatTensor<Self>;

    /// See [`super::gate_channels`] and [`super::gate_pixels`].
    fn gate(maps: FloatTensor<Self>, gates: FloatTensor<Self>, operator: Gate)
    -> FloatTensor<Self>;
}

impl Kernels for Flex {
    fn convolve(
        maps: FloatTensor<Self>,
        kernel: FloatTensor<Self>,
        operator: Convolve,
    ) -> FloatTensor<Self> {
        run(&operator, [&maps, &kernel]).0
    }

    fn normalise(
        maps: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        operator: Normalise,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let (maps, moments) = run(&operator, [&maps, &gamma, &beta]);
        (maps, moments.mean(), moments.variance())
    }

    fn scale_shift(
        maps: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        operator: ScaleShift,
    ) -> FloatTensor<Self> {
        run(&operator, [&maps, &scale, &shift]).0
    }

    fn fake_quantise(values: FloatTensor<Self>, operator: FakeQuantise) -> FloatTensor<Self> {
        run(&operator, [&values]).0
    }

    fn channel_statistics(maps: FloatTensor<Self>) -> FloatTensor<Self> {
        run(&ChannelStatistics, [&maps]).0
    }

    fn pixel_statistics(maps: FloatTensor<Self>) -> FloatTensor<Self> {
        run(&PixelStatistics, [&maps]).0
    }

    fn gate(
        maps: FloatTensor<Self>,
        gates: FloatTensor<Self>,
        operator: Gate,
    ) -> FloatTensor<Self> {
        run(&operator, [&maps, &gates]).0
    }
}

impl<C: CheckpointStrategy> Kernels for Autodiff<Flex, C> {
    fn convolve(
        maps: FloatTensor<Self>,
        kernel: FloatTensor<Self>,
        operator: Convolve,
    ) -> FloatTensor<Self> {
        record::<_, _, C>(operator, [maps, kernel]).0
    }

    fn normalise(
        maps: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        operator: Normalise,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let (maps, moments) = record::<_, _, C>(operator, [maps, gamma, beta]);
        let mean = Self::from_inner(moments.mean());
        (maps, mean, Self::from_inner(moments.variance()))
    }

    fn scale_shift(
        maps: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        operator: ScaleShift,
    ) -> FloatTensor<Self> {
        record::<_, _, C>(operator, [maps, scale, shift]).0
    }

    fn fake_quantise(values: FloatTensor<Self>, operator: FakeQuantise) -> FloatTensor<Self> {
        record::<_, _, C>(operator, [values]).0
    }

    fn channel_statistics(maps: FloatTensor<Self>) -> FloatTensor<Self> {
        record::<_, _, C>(ChannelStatistics, [maps]).0
    }

    fn pixel_statistics(maps: FloatTensor<Self>) -> FloatTensor<Self> {
        record::<_, _, C>(PixelStatistics, [maps]).0
    }

    fn gate(
        maps: FloatTensor<Self>,
        gates: FloatTensor<Self>,
        operator: Gate,
    ) -> FloatTensor<Self> {
        record::<_, _, C>(operator, [maps, gates]).0
    }
}
