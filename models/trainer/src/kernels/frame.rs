//! How a plane is laid out for a depthwise convolution.
//!
//! The padded plane is dealt out to `stride` × `stride` *phases*: phase (r, c) has the rows r, r +
//! stride, … and the columns c, c + stride, …. All phases have rows of the same `pitch`, so that one
//! tap of the kernel sees the whole output as one run of numbers: output position (y, x) is at
//! y · pitch + x, and the tap reads the same run, moved by its start. The columns between the output's
//! width and the pitch are computed too and never read. Stride, dilation, padding and odd sizes thereby
//! cost nothing in the loops.

#![allow(
    clippy::inline_always,
    reason = "the loops are compiled for the processor's vectors where they are inlined"
)]

use super::sizes::Sizes;
use super::vectors::LANES;

/// The layout.
#[derive(Debug)]
pub struct Frame {
    stride: usize,
    top: usize,
    left: usize,
    input: [usize; 2],
    output: [usize; 2],
    pitch: usize,
    rows: usize,
    /// Numbers of one phase.
    pub phase: usize,
    /// Numbers of the run that holds the output, whole vectors.
    pub run: usize,
    /// How far the last tap's run is moved.
    pub reach: usize,
    /// Where each tap's run starts: its phase, and how far it is moved.
    pub taps: Vec<(usize, usize)>,
}

impl Frame {
    /// Lays out the planes of one convolution.
    pub fn new(sizes: &Sizes) -> Self {
        let (stride, dilation) = (sizes.sliding.stride, sizes.sliding.dilation);
        let [height, width] = sizes.output;
        let extra = (sizes.side - 1) * dilation / stride;
        let pitch = width + extra;
        let reach = extra * pitch + extra;
        let run = (height * pitch).next_multiple_of(LANES);
        let places: Vec<usize> = (0..sizes.side).map(|tap| tap * dilation).collect();
        let tap = |row: usize, column: usize| {
            let phase = row % stride * stride + column % stride;
            (phase, row / stride * pitch + column / stride)
        };
        let taps = places
            .iter()
            .flat_map(|&row| places.iter().map(move |&column| tap(row, column)))
            .collect();
        Self {
            stride,
            top: sizes.sliding.pads[0],
            left: sizes.sliding.pads[1],
            input: sizes.input,
            output: sizes.output,
            pitch,
            rows: height + extra,
            phase: reach + run,
            run,
            reach,
            taps,
        }
    }

    /// Where each tap's run starts in all phases together.
    pub fn starts(&self) -> Vec<usize> {
        let place = |tap: &(usize, usize)| tap.0 * self.phase + tap.1;
        self.taps.iter().map(place).collect()
    }

    /// How many phases there are.
    pub const fn phases(&self) -> usize {
        self.stride * self.stride
    }

    /// For each row of the input that some tap reads: the row, and where it goes in the phases of its
    /// first column.
    #[inline(always)]
    fn lines(&self) -> impl Iterator<Item = (usize, usize)> {
        let rows = (0..self.input[0]).map(|row| (row, row + self.top));
        rows.filter(|(_, padded)| padded / self.stride < self.rows)
            .map(|(row, padded)| {
                let phases = padded % self.stride * self.stride * self.phase;
                (
                    row * self.input[1],
                    phases + padded / self.stride * self.pitch,
                )
            })
    }

    /// For each phase of the columns: the first column of the input in it, its place, and how many
    /// columns some tap reads.
    #[inline(always)]
    fn columns(&self, phase: usize) -> (usize, usize, usize) {
        let first = (phase + self.stride - self.left % self.stride) % self.stride;
        let place = ((first + self.left) / self.stride).min(self.pitch);
        let there = self.input[1].saturating_sub(first).div_ceil(self.stride);
        (first, place, there.min(self.pitch - place))
    }

    /// Deals a plane out to the phases. The padding between is left as it is: zeros.
    #[inline(always)]
    pub fn spread(&self, plane: &[f32], phases: &mut [f32]) {
        for (from, to) in self.lines() {
            let row = &plane[from..][..self.input[1]];
            for phase in 0..self.stride {
                let (first, column, count) = self.columns(phase);
                let into = &mut phases[to + phase * self.phase + column..][..count];
                match self.stride {
                    1 => into.copy_from_slice(&row[first..][..count]),
                    2 => {
                        let (pairs, rest) = row[first.min(row.len())..].as_chunks::<2>();
                        let numbers = pairs
                            .iter()
                            .map(|pair| pair[0])
                            .chain(rest.first().copied());
                        into.iter_mut()
                            .zip(numbers)
                            .for_each(|(into, number)| *into = number);
                    }
                    _ => {
                        let numbers = row.iter().skip(first).step_by(self.stride);
                        into.iter_mut()
                            .zip(numbers)
                            .for_each(|(into, number)| *into = *number);
                    }
                }
            }
        }
    }

    /// Collects a plane from the phases; what no tap reads becomes zero.
    #[inline(always)]
    pub fn collect(&self, phases: &[f32], plane: &mut [f32]) {
        plane.fill(0.0);
        for (to, from) in self.lines() {
            let row = &mut plane[to..][..self.input[1]];
            for phase in 0..self.stride {
                let (first, column, count) = self.columns(phase);
                let numbers = &phases[from + phase * self.phase + column..][..count];
                if self.stride == 1 {
                    row[first..][..count].copy_from_slice(numbers);
                } else {
                    let seen = row.iter_mut().skip(first).step_by(self.stride);
                    seen.zip(numbers).for_each(|(into, number)| *into = *number);
                }
            }
        }
    }

    /// Takes the output's plane from its run.
    #[inline(always)]
    pub fn narrow(&self, run: &[f32], plane: &mut [f32]) {
        let lines = plane.chunks_exact_mut(self.output[1]);
        for (line, run) in lines.zip(run.chunks(self.pitch)) {
            line.copy_from_slice(&run[..self.output[1]]);
        }
    }

    /// Lays the output's plane out as a run. The columns between are left as they are: zeros.
    #[inline(always)]
    pub fn widen(&self, plane: &[f32], run: &mut [f32]) {
        let lines = plane.chunks_exact(self.output[1]);
        for (line, run) in lines.zip(run.chunks_mut(self.pitch)) {
            run[..self.output[1]].copy_from_slice(line);
        }
    }
}
