//! Depthwise convolutions.

use super::conv::ConvSpec;
use super::rows::{PaddedRows, Scratch};
use crate::classify::int8::kernels::{self, Backend, Inputs};
use crate::classify::int8::packing::PackedDepthwise;
use crate::classify::int8::pool::Pool;
use crate::classify::int8::requant::Requant;
use crate::classify::int8::shape::{Shape, Window};

/// A convolution in which each channel sees only itself.
#[derive(Debug)]
pub(in crate::classify::int8) struct Depthwise {
    weights: PackedDepthwise,
    rows: PaddedRows,
    window: Window,
    output: Shape,
    /// Pixels side by side that are computed as one, so that narrow pixels fill a vector.
    copies: usize,
    macs: usize,
}

impl Depthwise {
    /// Packs the weights. With an order of the input's channels, the output has the same order.
    ///
    /// # Errors
    /// A scale is no positive number, or sums may leave 32 bits.
    pub fn new(spec: &ConvSpec<'_>, backend: Backend) -> Result<Self, String> {
        let taps: usize = spec.window.kernel.iter().product();
        let channels = spec.input.channels;
        let mut from = vec![0; channels];
        for channel in 0..channels {
            from[spec.place(channel)] = channel;
        }
        let weights: Vec<i8> = from
            .iter()
            .flat_map(|channel| &spec.weights[channel * taps..(channel + 1) * taps])
            .copied()
            .collect();
        let bias: Vec<i32> = from.iter().map(|channel| spec.bias[*channel]).collect();
        let scale: Vec<f32> = from.iter().map(|channel| spec.scale[*channel]).collect();
        let rows = weights.chunks(taps);
        let requant = Requant::new(rows, &bias, scale, spec.input_zero, spec.range)?;
        let copies = if spec.window.stride[1] == 1 {
            let lanes = backend.depthwise_lanes();
            (lanes / greatest_common_divisor(lanes, channels)).min(spec.output.width)
        } else {
            1
        };
        Ok(Self {
            weights: PackedDepthwise::new(backend, &weights, taps, &requant, copies),
            rows: PaddedRows::new(spec.input, spec.window, spec.output, spec.input_zero),
            window: spec.window,
            output: spec.output,
            copies,
            macs: spec.macs(),
        })
    }

    /// Bytes of a ring that it needs, and how many starts.
    pub fn scratch(&self) -> (usize, usize) {
        (self.rows.ring(), self.weights.taps())
    }

    /// Convolves `input`, which has slack behind it, into `out`.
    pub fn run(&self, input: &[i8], out: &mut [i8], pool: &Pool, scratch: &mut [Scratch]) {
        let output = self.output;
        // A depthwise multiply-add costs about four of a matrix product.
        let work = 4 * self.macs;
        let out = &mut out[..output.len()];
        pool.bands(out, output.row(), work, scratch, |rows, out, scratch| {
            let Scratch { ring, starts } = scratch;
            let top = rows.start;
            self.rows.slide(input, rows, ring, |y, ring, row_of| {
                let out = &mut out[(y - top) * output.row()..][..output.row()];
                self.row(ring, row_of, starts, out);
            });
        });
    }

    /// One row of outputs: as many pixels at once as there are copies, then the rest.
    fn row(
        &self,
        ring: &[i8],
        row_of: impl Fn(usize) -> usize,
        starts: &mut Vec<usize>,
        out: &mut [i8],
    ) {
        let channels = self.output.channels;
        let [rows, columns] = self.window.kernel;
        starts.clear();
        for row in 0..rows {
            let begin = row_of(row);
            let step = self.window.dilation[1] * channels;
            starts.extend((0..columns).map(|column| begin + column * step));
        }
        let together = self.copies * channels;
        let whole = self.output.width / self.copies;
        let pitch = self.window.stride[1] * together;
        let (first, last) = out.split_at_mut(whole * together);
        // Steps wider than the window may lead past the ring, where there is nothing left to compute.
        let behind = ring.get(whole * pitch..).unwrap_or_default();
        for (data, out, count) in [(ring, first, whole), (behind, last, 1)] {
            let inputs = Inputs {
                data,
                starts,
                pitch,
                count,
            };
            let channels = together.min(out.len());
            kernels::depthwise(&inputs, &self.weights, channels, out, together);
        }
    }
}

fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 {
        a
    } else {
        greatest_common_divisor(b, a % b)
    }
}
