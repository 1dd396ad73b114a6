//! A masked part of a frame, in its pixels: whoever reads them gets black.

use std::ops::Range;

use super::region::{Region, region_in_source};
use crate::units::Rotation;

/// A masked part, in pixels of the frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hidden {
    columns: Range<usize>,
    rows: Range<usize>,
}

impl Hidden {
    /// The pixels of `part` of the upright picture: to the nearest one, so that what lies beside it is not touched.
    pub fn of(part: &Region, width: usize, height: usize, rotation: Rotation) -> Self {
        let part = region_in_source(part, rotation);
        let span = |start: f32, length: f32, size: usize| {
            let first = (start * size as f32).round() as usize;
            let end = ((start + length) * size as f32).round() as usize;
            first.min(size)..end.min(size)
        };
        Self {
            columns: span(part.left, part.width, width),
            rows: span(part.top, part.height, height),
        }
    }

    pub fn contains(&self, x: usize, y: usize) -> bool {
        self.rows.contains(&y) && self.columns.contains(&x)
    }

    /// Blackens its share of the pixels `from..` of row `y`, which `out` has as RGB.
    pub fn blacken(&self, y: usize, from: usize, out: &mut [u8]) {
        if !self.rows.contains(&y) {
            return;
        }
        let pixels = out.len() / 3;
        let place = |column: usize| column.saturating_sub(from).min(pixels) * 3;
        out[place(self.columns.start)..place(self.columns.end)].fill(0);
    }
}
