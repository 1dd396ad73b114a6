//! Convolutions that are matrix products: pointwise, grouped, k×k, dense.

use std::borrow::Cow;

use super::rows::{PaddedRows, Scratch};
use crate::classify::int8::kernels::{self, Backend, Inputs};
use crate::classify::int8::packing::PackedGemm;
use crate::classify::int8::pool::Pool;
use crate::classify::int8::requant::{Range, Requant};
use crate::classify::int8::shape::{Shape, Window};

/// A convolution as a network describes it.
#[derive(Debug)]
pub(in crate::classify::int8) struct ConvSpec<'a> {
    /// The input.
    pub input: Shape,
    /// The output.
    pub output: Shape,
    /// How the kernel slides.
    pub window: Window,
    /// Groups of channels that see only themselves.
    pub groups: usize,
    /// Weights: output channel, input channel of the group, kernel row, kernel column (OIHW).
    pub weights: &'a [i8],
    /// One bias an output channel.
    pub bias: &'a [i32],
    /// Input scale times weight scale by output scale, of each output channel.
    pub scale: &'a [f32],
    /// The input's zero point.
    pub input_zero: i8,
    /// The output's zero point and limits.
    pub range: Range,
    /// Where each input channel lies in a pixel, if not at its own number: a channel shuffle.
    pub order: Option<&'a [usize]>,
}

impl ConvSpec<'_> {
    /// Multiply-adds of the whole layer.
    pub fn macs(&self) -> usize {
        let [rows, columns] = self.window.kernel;
        self.output.len() * (self.input.channels / self.groups) * rows * columns
    }

    /// Where input channel `channel` lies in a pixel.
    pub fn place(&self, channel: usize) -> usize {
        self.order.map_or(channel, |order| order[channel])
    }
}

/// A convolution by matrix products, one a group.
#[derive(Debug)]
pub(in crate::classify::int8) struct Conv {
    groups: Vec<Group>,
    rows: PaddedRows,
    pointwise: bool,
    input: Shape,
    output: Shape,
    stride: usize,
    macs: usize,
}

#[derive(Debug)]
struct Group {
    /// The first output channel.
    first: usize,
    weights: PackedGemm,
    /// Kernel row and byte within the padded row of each run.
    runs: Vec<(usize, usize)>,
}

impl Conv {
    /// Packs the weights.
    ///
    /// # Errors
    /// A scale is no positive number, or sums may leave 32 bits.
    pub fn new(spec: &ConvSpec<'_>, backend: Backend) -> Result<Self, String> {
        let outputs = spec.output.channels / spec.groups;
        let groups = (0..spec.groups)
            .map(|group| Group::new(spec, group, outputs, backend))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            groups,
            rows: PaddedRows::new(spec.input, spec.window, spec.output, spec.input_zero),
            pointwise: spec.window.is_pointwise(spec.input, spec.output),
            input: spec.input,
            output: spec.output,
            stride: spec.window.stride[1],
            macs: spec.macs(),
        })
    }

    /// Bytes of a ring that it needs, and how many starts.
    pub fn scratch(&self) -> (usize, usize) {
        let runs = self.groups.iter().map(|group| group.runs.len()).max();
        let ring = if self.pointwise { 0 } else { self.rows.ring() };
        (ring, runs.unwrap_or(0))
    }

    /// Convolves `input`, which has slack behind it, into `out`.
    pub fn run(&self, input: &[i8], out: &mut [i8], pool: &Pool, scratch: &mut [Scratch]) {
        let output = self.output;
        pool.bands(
            &mut out[..output.len()],
            output.row(),
            self.macs,
            scratch,
            |rows, out, scratch| {
                let Scratch { ring, starts } = scratch;
                if self.pointwise {
                    let first = rows.start * self.input.row();
                    let count = rows.len() * output.width;
                    self.products(input, |_| first, count, self.input.channels, starts, out);
                    return;
                }
                let top = rows.start;
                self.rows.slide(input, rows, ring, |y, ring, row_of| {
                    let out = &mut out[(y - top) * output.row()..][..output.row()];
                    let pitch = self.stride * self.input.channels;
                    self.products(ring, row_of, output.width, pitch, starts, out);
                });
            },
        );
    }

    fn products(
        &self,
        data: &[i8],
        row_of: impl Fn(usize) -> usize,
        count: usize,
        pitch: usize,
        starts: &mut Vec<usize>,
        out: &mut [i8],
    ) {
        for group in &self.groups {
            starts.clear();
            starts.extend(group.runs.iter().map(|(row, byte)| row_of(*row) + byte));
            let inputs = Inputs {
                data,
                starts,
                pitch,
                count,
            };
            let out = &mut out[group.first..];
            kernels::gemm(&inputs, &group.weights, out, self.output.channels);
        }
    }
}

impl Group {
    fn new(
        spec: &ConvSpec<'_>,
        group: usize,
        outputs: usize,
        backend: Backend,
    ) -> Result<Self, String> {
        let window = &spec.window;
        let [rows, columns] = window.kernel;
        let inputs = spec.input.channels / spec.groups;
        // Every input of an output: its kernel row, its byte in that row, its weight's place.
        let mut places: Vec<(usize, usize, usize)> = Vec::with_capacity(inputs * rows * columns);
        for channel in 0..inputs {
            let place = spec.place(group * inputs + channel);
            for row in 0..rows {
                for column in 0..columns {
                    let byte = column * window.dilation[1] * spec.input.channels + place;
                    places.push((row, byte, (channel * rows + row) * columns + column));
                }
            }
        }
        places.sort_unstable();
        let mut runs: Vec<(usize, usize)> = Vec::new();
        let mut lengths: Vec<usize> = Vec::new();
        let mut previous = None;
        for &(row, byte, _) in &places {
            match lengths.last_mut() {
                Some(length) if previous == Some((row, byte.wrapping_sub(1))) => *length += 1,
                _ => {
                    runs.push((row, byte));
                    lengths.push(1);
                }
            }
            previous = Some((row, byte));
        }
        let first = group * outputs;
        let row = places.len();
        let own = &spec.weights[first * row..(first + outputs) * row];
        let in_order = places.iter().enumerate().all(|(at, place)| at == place.2);
        let weights: Cow<'_, [i8]> = if in_order {
            own.into()
        } else {
            let rows = own.chunks(row);
            rows.flat_map(|weights| places.iter().map(|place| weights[place.2]))
                .collect()
        };
        let requant = Requant::new(
            weights.chunks(row),
            &spec.bias[first..first + outputs],
            spec.scale[first..first + outputs].to_vec(),
            spec.input_zero,
            spec.range,
        )?;
        Ok(Self {
            first,
            weights: PackedGemm::new(backend, &weights, &lengths, &requant),
            runs,
        })
    }
}
