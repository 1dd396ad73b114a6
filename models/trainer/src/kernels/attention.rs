//! What attention looks at and does: statistics over positions and over channels, and gates.

#![allow(
    clippy::inline_always,
    reason = "the loops are compiled for the processor's vectors where they are inlined"
)]

use std::sync::Arc;

use burn_flex::FlexTensor;
use rayon::prelude::*;

use super::buffers;
use super::operator::Operator;
use super::planes::{planes_a_part, shape, values};
use super::vectors::{LANES, dot, sum_pairs, total, wide};

/// Mean and maximum of each plane.
#[derive(Debug, Clone, Copy)]
pub struct ChannelStatistics;

impl Operator<1> for ChannelStatistics {
    /// Where each plane's first maximum is.
    type Kept = Arc<[usize]>;

    fn forward(&self, [maps]: [&FlexTensor; 1]) -> (FlexTensor, Self::Kept) {
        let [images, channels, height, width] = shape::<4>(maps);
        let plane = height * width;
        let found: Vec<(f32, f32, usize)> = values(maps)
            .par_chunks_exact(plane)
            .with_min_len(planes_a_part(plane))
            .map(|plane| {
                wide(
                    #[inline(always)]
                    || plane_statistics(plane),
                )
            })
            .collect();
        let means = found.iter().map(|found| found.0);
        let numbers = means.chain(found.iter().map(|found| found.1)).collect();
        let places = found.iter().map(|found| found.2).collect();
        (buffers::tensor(numbers, [2, images, channels]), places)
    }

    fn backward(
        &self,
        [maps]: [&FlexTensor; 1],
        places: &Self::Kept,
        gradient: FlexTensor,
        _wanted: [bool; 1],
    ) -> [Option<FlexTensor>; 1] {
        let [images, channels, height, width] = shape::<4>(maps);
        let plane = height * width;
        let (means, maxima) = values(&gradient).split_at(images * channels);
        let mut into = buffers::take(images * channels * plane);
        into.par_chunks_exact_mut(plane)
            .with_min_len(planes_a_part(plane))
            .zip(means)
            .zip(maxima)
            .zip(&places[..])
            .for_each(|(((into, mean), maximum), &place)| {
                into.fill(mean / plane as f32);
                into[place] += maximum;
            });
        [Some(buffers::tensor(into, shape::<4>(maps)))]
    }
}

/// Mean, maximum, and where the first maximum is.
#[inline(always)]
fn plane_statistics(plane: &[f32]) -> (f32, f32, usize) {
    let mut sums = [[0.0; LANES]];
    sum_pairs(
        &mut sums,
        plane,
        plane,
        #[inline(always)]
        |x, _| [x],
    );
    let mut largest = [f32::NEG_INFINITY; LANES];
    let (vectors, rest) = plane.as_chunks::<LANES>();
    for vector in vectors.iter().map(|vector| &vector[..]).chain([rest]) {
        for (largest, &x) in largest.iter_mut().zip(vector) {
            *largest = if x > *largest { x } else { *largest };
        }
    }
    let maximum = largest.into_iter().fold(f32::NEG_INFINITY, f32::max);
    // The maximum is one of the numbers, unless none is a number; then any place will do.
    let at = plane.iter().position(|&x| x >= maximum).unwrap_or(0);
    (total(&sums[0]) / plane.len() as f32, maximum, at)
}

/// Mean and maximum over the channels.
#[derive(Debug, Clone, Copy)]
pub struct PixelStatistics;

impl Operator<1> for PixelStatistics {
    /// The first channel that is largest, for each position of each image.
    type Kept = Arc<[u32]>;

    fn forward(&self, [maps]: [&FlexTensor; 1]) -> (FlexTensor, Self::Kept) {
        let [images, channels, height, width] = shape::<4>(maps);
        let plane = height * width;
        let mut result = buffers::take(images * 2 * plane);
        let mut largest = vec![0_u32; images * plane];
        result
            .par_chunks_exact_mut((2 * plane).max(1))
            .zip(largest.par_chunks_exact_mut(plane.max(1)))
            .zip(values(maps).par_chunks_exact((channels * plane).max(1)))
            .for_each(|((result, largest), image)| {
                let (mean, maximum) = result.split_at_mut(plane);
                wide(
                    #[inline(always)]
                    || over_channels(image, mean, maximum, largest),
                );
                for sum in mean {
                    *sum /= channels as f32;
                }
            });
        let result = buffers::tensor(result, [images, 2, height, width]);
        (result, largest.into())
    }

    fn backward(
        &self,
        [maps]: [&FlexTensor; 1],
        largest: &Self::Kept,
        gradient: FlexTensor,
        _wanted: [bool; 1],
    ) -> [Option<FlexTensor>; 1] {
        let [images, channels, height, width] = shape::<4>(maps);
        let plane = height * width;
        let slopes = values(&gradient);
        let mut into = buffers::take(images * channels * plane);
        into.par_chunks_exact_mut(plane.max(1))
            .with_min_len(planes_a_part(plane))
            .enumerate()
            .for_each(|(at, into)| {
                let (image, channel) = (at / channels, (at % channels) as u32);
                let (mean, maximum) = slopes[image * 2 * plane..][..2 * plane].split_at(plane);
                let largest = &largest[image * plane..][..plane];
                wide(
                    #[inline(always)]
                    || {
                        let numbers = mean.iter().zip(maximum).zip(largest);
                        for (into, ((mean, &maximum), &largest)) in into.iter_mut().zip(numbers) {
                            let peak = if largest == channel { maximum } else { 0.0 };
                            *into = mean / channels as f32 + peak;
                        }
                    },
                );
            });
        [Some(buffers::tensor(into, shape::<4>(maps)))]
    }
}

/// Sum, maximum and the maximum's channel for each position of an image.
#[inline(always)]
fn over_channels(image: &[f32], sum: &mut [f32], maximum: &mut [f32], largest: &mut [u32]) {
    sum.fill(0.0);
    maximum.fill(f32::NEG_INFINITY);
    for (channel, plane) in image.chunks_exact(sum.len().max(1)).enumerate() {
        sum.iter_mut().zip(plane).for_each(|(sum, x)| *sum += x);
        let peaks = maximum.iter_mut().zip(largest.iter_mut());
        for ((maximum, largest), &x) in peaks.zip(plane) {
            let higher = x > *maximum;
            *maximum = if higher { x } else { *maximum };
            *largest = if higher { channel as u32 } else { *largest };
        }
    }
}

/// Multiplication with gates.
#[derive(Debug, Clone, Copy)]
pub enum Gate {
    /// Gates `[batch, channels]`.
    Channels,
    /// Gates `[batch, 1, height, width]`.
    Pixels,
}

impl Operator<2> for Gate {
    type Kept = ();

    fn forward(&self, [maps, gates]: [&FlexTensor; 2]) -> (FlexTensor, ()) {
        let mut result = buffers::take(values(maps).len());
        self.multiply(maps, values(gates), values(maps), &mut result);
        (buffers::tensor(result, shape::<4>(maps)), ())
    }

    fn backward(
        &self,
        [maps, gates]: [&FlexTensor; 2],
        (): &(),
        gradient: FlexTensor,
        wanted: [bool; 2],
    ) -> [Option<FlexTensor>; 2] {
        let [images, channels, height, width] = shape::<4>(maps);
        let plane = height * width;
        let (known, slopes) = (values(maps), values(&gradient));
        let gate_slopes = wanted[1].then(|| match self {
            Self::Channels => {
                let slopes = slopes.par_chunks_exact(plane.max(1));
                let slopes = slopes.zip(known.par_chunks_exact(plane.max(1)));
                let sums = slopes
                    .with_min_len(planes_a_part(plane))
                    .map(|(slopes, known)| {
                        let mut sums = [0.0; LANES];
                        wide(
                            #[inline(always)]
                            || dot(&mut sums, slopes, known),
                        );
                        total(&sums)
                    });
                buffers::tensor(sums.collect(), [images, channels])
            }
            Self::Pixels => {
                let image = (channels * plane).max(1);
                let mut sums = buffers::take(images * plane);
                sums.par_chunks_exact_mut(plane.max(1))
                    .zip(slopes.par_chunks_exact(image))
                    .zip(known.par_chunks_exact(image))
                    .for_each(|((sums, slopes), known)| {
                        sums.fill(0.0);
                        wide(
                            #[inline(always)]
                            || products_over_channels(slopes, known, sums),
                        );
                    });
                buffers::tensor(sums, [images, 1, height, width])
            }
        });
        let into = wanted[0].then(|| {
            let mut into = buffers::take(known.len());
            self.multiply(maps, values(gates), slopes, &mut into);
            buffers::tensor(into, shape::<4>(maps))
        });
        buffers::put_tensor(gradient);
        [into, gate_slopes]
    }
}

impl Gate {
    /// into = values · gates, `values` having the shape of `maps`.
    fn multiply(self, maps: &FlexTensor, gates: &[f32], values: &[f32], into: &mut [f32]) {
        let [_, channels, height, width] = shape::<4>(maps);
        let plane = (height * width).max(1);
        into.par_chunks_exact_mut(plane)
            .zip(values.par_chunks_exact(plane))
            .with_min_len(planes_a_part(plane))
            .enumerate()
            .for_each(|(at, (into, values))| {
                wide(
                    #[inline(always)]
                    || match self {
                        Self::Channels => {
                            let gate = gates[at];
                            into.iter_mut()
                                .zip(values)
                                .for_each(|(into, x)| *into = x * gate);
                        }
                        Self::Pixels => {
                            let gates = &gates[at / channels * plane..][..plane];
                            let products = values.iter().zip(gates).map(|(x, gate)| x * gate);
                            into.iter_mut()
                                .zip(products)
                                .for_each(|(into, x)| *into = x);
                        }
                    },
                );
            });
    }
}

/// Adds the products of two images, channel by channel, to the sums of each position.
#[inline(always)]
fn products_over_channels(left: &[f32], right: &[f32], sums: &mut [f32]) {
    let plane = sums.len().max(1);
    for (left, right) in left.chunks_exact(plane).zip(right.chunks_exact(plane)) {
        for ((sum, left), right) in sums.iter_mut().zip(left).zip(right) {
            *sum += left * right;
        }
    }
}
