//! The rows of an input that a window needs, with their padding.

use std::ops::Range;

use crate::classify::int8::packing::SLACK;
use crate::classify::int8::shape::{Shape, Window};

/// Copies rows of an input into a ring of padded rows, so that the kernels never meet an edge.
///
/// A copy costs two instructions for 16 bytes, where a 3×3 depthwise convolution costs seventy.
#[derive(Debug)]
pub(super) struct PaddedRows {
    input: Shape,
    window: Window,
    /// The rows that are needed at once.
    padded: Shape,
    /// What padding is filled with: the byte that stands for zero.
    zero: i8,
}

/// Memory that a thread needs for itself.
#[derive(Debug, Default)]
pub(in crate::classify::int8) struct Scratch {
    /// The ring of padded rows.
    pub ring: Vec<i8>,
    /// Where runs or taps begin.
    pub starts: Vec<usize>,
}

impl PaddedRows {
    pub fn new(input: Shape, window: Window, output: Shape, zero: i8) -> Self {
        Self {
            input,
            window,
            padded: window.rows(output, input.channels),
            zero,
        }
    }

    /// Bytes of the ring.
    pub fn ring(&self) -> usize {
        self.padded.len() + SLACK
    }

    fn row(&self) -> usize {
        self.padded.row()
    }

    /// Calls `each` for every output row in `rows` with the ring and a function that tells where the
    /// row below a place of the kernel begins in it.
    pub fn slide(
        &self,
        input: &[i8],
        rows: Range<usize>,
        ring: &mut [i8],
        mut each: impl FnMut(usize, &[i8], &dyn Fn(usize) -> usize),
    ) {
        let window = &self.window;
        let (slots, row) = (window.reach(0), self.row());
        // Rows are numbered from the first padded one.
        let mut next = rows.start * window.stride[0];
        for y in rows {
            let top = y * window.stride[0];
            next = next.max(top);
            while next < top + slots {
                let slot = next % slots * row;
                self.copy(input, next, &mut ring[slot..slot + row]);
                next += 1;
            }
            each(y, ring, &|place| {
                (top + place * window.dilation[0]) % slots * row
            });
        }
    }

    /// Copies padded row `at`.
    fn copy(&self, input: &[i8], at: usize, to: &mut [i8]) {
        let [above, left] = self.window.before;
        let Shape {
            height, channels, ..
        } = self.input;
        let Some(y) = at.checked_sub(above).filter(|y| *y < height) else {
            to.fill(self.zero);
            return;
        };
        let row = self.input.row();
        let source = &input[y * row..(y + 1) * row];
        let begin = (left * channels).min(to.len());
        let end = (begin + row).min(to.len());
        to[..begin].fill(self.zero);
        to[begin..end].copy_from_slice(&source[..end - begin]);
        to[end..].fill(self.zero);
    }
}
