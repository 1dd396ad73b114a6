//! A scale and a shift a channel with the activation behind it, and batch normalisation, which is the
//! same with numbers from the batch.
//!
//! Each channel is worked on alone, over all images: its sums need no partner, and its numbers are
//! still in the cache when they are read a second time.

#![allow(
    clippy::inline_always,
    reason = "the loops are compiled for the processor's vectors where they are inlined"
)]

use std::sync::Arc;

use burn_flex::FlexTensor;
use rayon::prelude::*;

use super::Activation;
use super::buffers;
use super::operator::Operator;
use super::planes::{by_channels, channels_a_part, planes_a_part, shape, values};
use super::vectors::{LANES, sum_pairs, total, wide};

/// y = activation(scale·x + shift).
#[derive(Debug, Clone, Copy)]
pub struct ScaleShift(pub Activation);

/// Batch normalisation by the batch's statistics, then the activation.
#[derive(Debug, Clone, Copy)]
pub struct Normalise {
    /// Guard against division by zero.
    pub epsilon: f64,
    /// What follows.
    pub activation: Activation,
}

/// The statistics of each channel.
#[derive(Debug, Clone)]
pub struct Moments(Arc<[Moment]>);

#[derive(Debug, Clone, Copy)]
struct Moment {
    mean: f32,
    variance: f32,
    /// 1/√(variance + ε).
    steepness: f32,
}

impl Moments {
    /// The mean of each channel.
    pub fn mean(&self) -> FlexTensor {
        self.tensor(|moment| moment.mean)
    }

    /// The biased variance of each channel.
    pub fn variance(&self) -> FlexTensor {
        self.tensor(|moment| moment.variance)
    }

    fn tensor(&self, number: impl Fn(&Moment) -> f32) -> FlexTensor {
        buffers::tensor(self.0.iter().map(number).collect(), [self.0.len()])
    }
}

/// One channel's line and the limits of the activation.
#[derive(Debug, Clone, Copy)]
struct Line {
    scale: f32,
    shift: f32,
    low: f32,
    high: f32,
}

impl Line {
    fn new(scale: f32, shift: f32, activation: Activation) -> Self {
        let (low, high) = match activation {
            Activation::None => (f32::NEG_INFINITY, f32::INFINITY),
            Activation::Relu => (0.0, f32::INFINITY),
            Activation::Relu6 => (0.0, 6.0),
        };
        Self {
            scale,
            shift,
            low,
            high,
        }
    }

    /// Normalising is a line, too.
    fn normalising(moment: Moment, gamma: f32, beta: f32, activation: Activation) -> Self {
        let scale = gamma * moment.steepness;
        Self::new(scale, beta - scale * moment.mean, activation)
    }

    #[inline(always)]
    fn value(self, x: f32) -> f32 {
        let y = self.scale * x + self.shift;
        // Asked this way round, what is not a number stays so.
        let y = if y < self.low { self.low } else { y };
        if y > self.high { self.high } else { y }
    }

    /// The gradient before the activation, given the one behind it.
    #[inline(always)]
    fn slope(self, x: f32, gradient: f32) -> f32 {
        let y = self.scale * x + self.shift;
        if y > self.low && y < self.high {
            gradient
        } else {
            0.0
        }
    }

    #[inline(always)]
    fn draw(self, from: &[f32], into: &mut [f32]) {
        for (into, &x) in into.iter_mut().zip(from) {
            *into = self.value(x);
        }
    }
}

/// Images, channels and numbers of a plane.
fn sizes(maps: &FlexTensor) -> [usize; 3] {
    let [images, channels, height, width] = shape::<4>(maps);
    [images, channels, height * width]
}

/// One channel's planes of all images.
#[inline(always)]
fn channel_of(
    values: &[f32],
    [_, channels, plane]: [usize; 3],
    channel: usize,
) -> impl Iterator<Item = &[f32]> {
    let places = values.chunks_exact(channels * plane);
    places.map(move |image| &image[channel * plane..][..plane])
}

/// Σ g and Σ g·x of one channel, g being the gradient before the activation.
#[inline(always)]
fn slopes<'a>(
    line: Line,
    known: impl Iterator<Item = &'a [f32]>,
    gradient: impl Iterator<Item = &'a [f32]>,
) -> [f32; 2] {
    let mut sums = [[0.0; LANES]; 2];
    for (known, gradient) in known.zip(gradient) {
        sum_pairs(
            &mut sums,
            known,
            gradient,
            #[inline(always)]
            |x, gradient| {
                let slope = line.slope(x, gradient);
                [slope, slope * x]
            },
        );
    }
    sums.map(|lanes| total(&lanes))
}

impl Operator<3> for ScaleShift {
    type Kept = ();

    fn forward(&self, [maps, scale, shift]: [&FlexTensor; 3]) -> (FlexTensor, ()) {
        let [_, channels, plane] = sizes(maps);
        let (known, scale, shift) = (values(maps), values(scale), values(shift));
        let mut result = buffers::take(known.len());
        let part = planes_a_part(plane);
        result
            .par_chunks_mut((part * plane).max(1))
            .zip(known.par_chunks((part * plane).max(1)))
            .enumerate()
            .for_each(|(number, (result, known))| {
                wide(
                    #[inline(always)]
                    || {
                        let pairs = result
                            .chunks_exact_mut(plane)
                            .zip(known.chunks_exact(plane));
                        for (at, (result, known)) in pairs.enumerate() {
                            let channel = (number * part + at) % channels;
                            Line::new(scale[channel], shift[channel], self.0).draw(known, result);
                        }
                    },
                );
            });
        (buffers::tensor(result, shape::<4>(maps)), ())
    }

    fn backward(
        &self,
        [maps, scale, shift]: [&FlexTensor; 3],
        (): &(),
        mut gradient: FlexTensor,
        _wanted: [bool; 3],
    ) -> [Option<FlexTensor>; 3] {
        let sizes = sizes(maps);
        let [_, channels, plane] = sizes;
        let (known, scale, shift) = (values(maps), values(scale), values(shift));
        let group = channels_a_part(sizes);
        let mut found = vec![[0.0_f32; 2]; channels];
        by_channels(gradient.storage_mut::<f32>(), sizes, group)
            .into_par_iter()
            .zip(found.par_chunks_mut(group))
            .enumerate()
            .for_each(|(number, (mut images, found))| {
                for (within, found) in found.iter_mut().enumerate() {
                    let channel = number * group + within;
                    let line = Line::new(scale[channel], shift[channel], self.0);
                    let range = within * plane..(within + 1) * plane;
                    wide(
                        #[inline(always)]
                        || {
                            let slices = images.iter().map(|image| &image[range.clone()]);
                            *found = slopes(line, channel_of(known, sizes, channel), slices);
                            let known = channel_of(known, sizes, channel);
                            for (image, known) in images.iter_mut().zip(known) {
                                for (slope, &x) in image[range.clone()].iter_mut().zip(known) {
                                    *slope = line.scale * line.slope(x, *slope);
                                }
                            }
                        },
                    );
                }
            });
        let shift_slopes = found.iter().map(|found| found[0]).collect();
        let scale_slopes = found.iter().map(|found| found[1]).collect();
        [
            Some(gradient),
            Some(buffers::tensor(scale_slopes, [channels])),
            Some(buffers::tensor(shift_slopes, [channels])),
        ]
    }
}

impl Normalise {
    /// Mean and variance of one channel.
    ///
    /// Summed as differences from the mean of the first image, which lies near: the square of the
    /// mean would swallow the variance where the mean is large.
    #[inline(always)]
    fn moment(&self, known: &[f32], sizes: [usize; 3], channel: usize) -> Moment {
        let mut pivot = [[0.0; LANES]];
        if let Some(first) = channel_of(known, sizes, channel).next() {
            sum_pairs(
                &mut pivot,
                first,
                first,
                #[inline(always)]
                |x, _| [x],
            );
        }
        let pivot = total(&pivot[0]) / sizes[2] as f32;
        let mut sums = [[0.0; LANES]; 2];
        for plane in channel_of(known, sizes, channel) {
            sum_pairs(
                &mut sums,
                plane,
                plane,
                #[inline(always)]
                |x, _| {
                    let x = x - pivot;
                    [x, x * x]
                },
            );
        }
        let count = (sizes[0] * sizes[2]) as f64;
        let [sum, squares] = sums.map(|lanes| f64::from(total(&lanes)) / count);
        // Rounding may leave a little less than nothing.
        let variance = squares - sum * sum;
        let variance = if variance < 0.0 { 0.0 } else { variance };
        Moment {
            mean: (f64::from(pivot) + sum) as f32,
            variance: variance as f32,
            steepness: (1.0 / (variance + self.epsilon).sqrt()) as f32,
        }
    }
}

impl Operator<3> for Normalise {
    type Kept = Moments;

    fn forward(&self, [maps, gamma, beta]: [&FlexTensor; 3]) -> (FlexTensor, Moments) {
        let sizes = sizes(maps);
        let [_, channels, plane] = sizes;
        let (known, gamma, beta) = (values(maps), values(gamma), values(beta));
        let group = channels_a_part(sizes);
        let mut result = buffers::take(known.len());
        let moments: Vec<Vec<Moment>> = by_channels(&mut result, sizes, group)
            .into_par_iter()
            .enumerate()
            .map(|(number, mut images)| {
                let first = number * group;
                (first..channels.min(first + group))
                    .map(|channel| {
                        let from = (channel - first) * plane;
                        wide(
                            #[inline(always)]
                            || {
                                let moment = self.moment(known, sizes, channel);
                                let (gamma, beta) = (gamma[channel], beta[channel]);
                                let line = Line::normalising(moment, gamma, beta, self.activation);
                                let known = channel_of(known, sizes, channel);
                                for (image, known) in images.iter_mut().zip(known) {
                                    line.draw(known, &mut image[from..][..plane]);
                                }
                                moment
                            },
                        )
                    })
                    .collect()
            })
            .collect();
        let moments = Moments(moments.into_iter().flatten().collect());
        (buffers::tensor(result, shape::<4>(maps)), moments)
    }

    /// With g the gradient before the activation and x̂ the normalised feature maps:
    /// dβ = Σ g, dγ = Σ g·x̂, dx = γ/√(σ² + ε)·(g − mean(g) − x̂·mean(g·x̂)).
    fn backward(
        &self,
        [maps, gamma, beta]: [&FlexTensor; 3],
        moments: &Moments,
        mut gradient: FlexTensor,
        _wanted: [bool; 3],
    ) -> [Option<FlexTensor>; 3] {
        let sizes = sizes(maps);
        let [_, channels, plane] = sizes;
        let (known, gamma, beta) = (values(maps), values(gamma), values(beta));
        let count = (sizes[0] * plane) as f32;
        let group = channels_a_part(sizes);
        let mut found = vec![[0.0_f32; 2]; channels];
        by_channels(gradient.storage_mut::<f32>(), sizes, group)
            .into_par_iter()
            .zip(found.par_chunks_mut(group))
            .enumerate()
            .for_each(|(number, (mut images, found))| {
                for (within, found) in found.iter_mut().enumerate() {
                    let channel = number * group + within;
                    let moment = moments.0[channel];
                    let (gamma, beta) = (gamma[channel], beta[channel]);
                    let line = Line::normalising(moment, gamma, beta, self.activation);
                    let range = within * plane..(within + 1) * plane;
                    wide(
                        #[inline(always)]
                        || {
                            let slices = images.iter().map(|image| &image[range.clone()]);
                            let [sum, sum_x] =
                                slopes(line, channel_of(known, sizes, channel), slices);
                            let gamma_slope = (sum_x - moment.mean * sum) * moment.steepness;
                            *found = [gamma_slope, sum];
                            // dx = scale·g − level − tilt·(x − μ)
                            let level = line.scale * sum / count;
                            let tilt = line.scale * moment.steepness * gamma_slope / count;
                            let known = channel_of(known, sizes, channel);
                            for (image, known) in images.iter_mut().zip(known) {
                                for (slope, &x) in image[range.clone()].iter_mut().zip(known) {
                                    let before = line.scale * line.slope(x, *slope);
                                    *slope = before - level - tilt * (x - moment.mean);
                                }
                            }
                        },
                    );
                }
            });
        let gamma_slopes = found.iter().map(|found| found[0]).collect();
        let beta_slopes = found.iter().map(|found| found[1]).collect();
        [
            Some(gradient),
            Some(buffers::tensor(gamma_slopes, [channels])),
            Some(buffers::tensor(beta_slopes, [channels])),
        ]
    }
}
