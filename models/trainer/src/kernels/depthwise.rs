//! Convolution with one filter a channel, of any side, stride, dilation and padding.
//!
//! The laid-out plane (see [`Frame`]) fits the first cache, so a pass over it costs next to nothing
//! beside reading the feature maps once and writing the result once.

use burn_flex::FlexTensor;
use rayon::prelude::*;

use super::buffers;
use super::frame::Frame;
use super::planes::{by_channels, channels_a_part, planes_a_part, values};
use super::sizes::Sizes;
use super::vectors::{LANES, Lanes, correlate, total, weigh, wide};

/// The convolution.
pub fn forward(sizes: &Sizes, maps: &FlexTensor, kernel: &FlexTensor) -> FlexTensor {
    let frame = Frame::new(sizes);
    let (input, output) = (sizes.input_plane(), sizes.output_plane());
    let (maps, filters) = (values(maps), values(kernel));
    let starts = frame.starts();
    let taps = starts.len();
    let mut result = buffers::take(sizes.images * sizes.outputs * output);
    let part = planes_a_part(output);
    result
        .par_chunks_mut(part * output)
        .enumerate()
        .for_each(|(number, planes)| {
            let mut phases = vec![0.0; frame.phases() * frame.phase];
            let mut run = vec![0.0; frame.run];
            wide(
                #[inline(always)]
                || {
                    for (at, plane) in planes.chunks_exact_mut(output).enumerate() {
                        let at = number * part + at;
                        let filter = &filters[at % sizes.channels * taps..][..taps];
                        frame.spread(&maps[at * input..][..input], &mut phases);
                        weigh(&mut run, &phases, &starts, filter);
                        frame.narrow(&run, plane);
                    }
                },
            );
        });
    buffers::tensor(result, sizes.output_shape())
}

/// The gradients of feature maps and weights.
pub fn backward(
    sizes: &Sizes,
    maps: &FlexTensor,
    kernel: &FlexTensor,
    gradient: FlexTensor,
    _wanted: [bool; 2],
) -> [Option<FlexTensor>; 2] {
    let frame = Frame::new(sizes);
    let (input, output) = (sizes.input_plane(), sizes.output_plane());
    let (known, filters, slopes) = (values(maps), values(kernel), values(&gradient));
    let starts = frame.starts();
    let taps = starts.len();
    let back: Vec<Backwards> = (0..frame.phases())
        .map(|phase| Backwards::new(&frame, phase))
        .collect();
    let shape = [sizes.images, sizes.channels, input];
    let group = channels_a_part(shape);
    let mut into_maps = buffers::take(sizes.images * sizes.channels * input);
    let mut into_kernel = vec![0.0; sizes.channels * taps];
    by_channels(&mut into_maps, shape, group)
        .into_par_iter()
        .zip(into_kernel.par_chunks_mut(group * taps))
        .enumerate()
        .for_each(|(number, (mut images, filter_slopes))| {
            let mut work = Work::new(&frame);
            for (within, filter_slopes) in filter_slopes.chunks_exact_mut(taps).enumerate() {
                let channel = number * group + within;
                let filter = &filters[channel * taps..][..taps];
                let weights: Vec<Vec<f32>> = back.iter().map(|back| back.weights(filter)).collect();
                let mut sums = vec![[0.0; LANES]; taps];
                for (image, planes) in images.iter_mut().enumerate() {
                    let at = image * sizes.channels + channel;
                    let plane = Plane {
                        known: &known[at * input..][..input],
                        slopes: &slopes[at * output..][..output],
                        into: &mut planes[within * input..][..input],
                    };
                    work.plane(&frame, (&starts, &back), &weights, plane, &mut sums);
                }
                for (slope, sums) in filter_slopes.iter_mut().zip(&sums) {
                    *slope = total(sums);
                }
            }
        });
    buffers::put_tensor(gradient);
    let [height, width] = sizes.input;
    [
        Some(buffers::tensor(
            into_maps,
            [sizes.images, sizes.channels, height, width],
        )),
        Some(buffers::tensor(
            into_kernel,
            [sizes.channels, 1, sizes.side, sizes.side],
        )),
    ]
}

/// The taps that reach one phase, for going back from the output to the input.
#[derive(Debug)]
struct Backwards {
    taps: Vec<usize>,
    starts: Vec<usize>,
}

impl Backwards {
    fn new(frame: &Frame, phase: usize) -> Self {
        let reaching = frame.taps.iter().enumerate();
        let (taps, starts) = reaching
            .filter(|(_, tap)| tap.0 == phase)
            .map(|(at, tap)| (at, frame.reach - tap.1))
            .unzip();
        Self { taps, starts }
    }

    /// What these taps weigh.
    fn weights(&self, filter: &[f32]) -> Vec<f32> {
        self.taps.iter().map(|&tap| filter[tap]).collect()
    }
}

/// One channel of one image.
struct Plane<'a> {
    known: &'a [f32],
    slopes: &'a [f32],
    into: &'a mut [f32],
}

/// What one thread needs while it goes back.
struct Work {
    phases: Vec<f32>,
    /// The gradient's run, between zeros.
    run: Vec<f32>,
    into: Vec<f32>,
}

impl Work {
    fn new(frame: &Frame) -> Self {
        Self {
            phases: vec![0.0; frame.phases() * frame.phase],
            run: vec![0.0; frame.reach + frame.phase],
            into: vec![0.0; frame.phases() * frame.phase],
        }
    }

    /// Adds what one plane gives to the gradient of the weights, and writes the plane's own.
    fn plane(
        &mut self,
        frame: &Frame,
        (starts, back): (&[usize], &[Backwards]),
        weights: &[Vec<f32>],
        Plane {
            known,
            slopes,
            into,
        }: Plane<'_>,
        sums: &mut [Lanes],
    ) {
        wide(
            #[inline(always)]
            || {
                frame.spread(known, &mut self.phases);
                frame.widen(slopes, &mut self.run[frame.reach..]);
                let run = &self.run[frame.reach..][..frame.run];
                correlate(sums, run, &self.phases, starts);
                let phases = self.into.chunks_exact_mut(frame.phase);
                for ((phase, back), weights) in phases.zip(back).zip(weights) {
                    weigh(phase, &self.run, &back.starts, weights);
                }
                frame.collect(&self.into, into);
            },
        );
    }
}
