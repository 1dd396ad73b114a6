//! Is the zone hidden, as behind a hand, a sticker or a bag? Then the picture has lost the detail that
//! the empty zone was learnt with.
//!
//! The background model is all that this is compared with, so what an item brings with it is never
//! missed when it goes, and a board that was plain when it was learnt may be plain for ever.
//!
//! Terms: the *detail* of a cell is how far its brightness is from the mean of its neighbours, so that
//! a slope of light has none; a *block* is a square of cells.

use crate::preprocess::{GRID_HEIGHT, GRID_WIDTH, LumaGrid};

/// Share of the learnt detail below which the zone is hidden.
const LOST_DETAIL: f32 = 0.2;

/// Detail fades with the light; this share of what the light lets expect must be lost in any case.
const LOST_TO_DIMNESS: f32 = 0.5;

/// A zone with less detail than this, in grey levels a cell, has none that could be lost.
const LEAST_DETAIL: f32 = 1.5;

/// A thing that lay in the zone while it was learnt spans this share of the blocks at most; detail
/// that spans more belongs to the zone itself.
const SPAN_OF_A_THING: f32 = 0.6;

/// Beside such a thing, this share of the blocks must be as bright as they were learnt when it goes.
const UNCHANGED: f32 = 0.75;

/// A block is as bright as it was learnt within this share; a camera's exposure follows what it sees.
const SAME_BRIGHTNESS: f32 = 0.2;

/// Cells along each side of a block.
const SIDE: usize = 8;
const COLUMNS: usize = GRID_WIDTH / SIDE;
const ROWS: usize = GRID_HEIGHT / SIDE;

/// Whether `grid` shows something that hides the zone, of which `background` are the learnt cells.
pub(super) fn hides(background: &[f32], grid: &LumaGrid) -> bool {
    let learnt = Blocks::of(|at| background[at]);
    if learnt.mean_detail() < LEAST_DETAIL {
        return false;
    }
    let seen = Blocks::of(|at| f32::from(grid.cells()[at]));
    let gain = seen.mean_brightness() / learnt.mean_brightness().max(1.0);
    let least = LOST_DETAIL.min(gain * LOST_TO_DIMNESS);
    seen.mean_detail() < least * learnt.mean_detail() && !learnt.has_lost_a_thing(&seen)
}

/// The zone by blocks.
struct Blocks {
    detail: [f32; COLUMNS * ROWS],
    brightness: [f32; COLUMNS * ROWS],
}

impl Blocks {
    fn of(cell: impl Fn(usize) -> f32) -> Self {
        let mut blocks = Self {
            detail: [0.0; COLUMNS * ROWS],
            brightness: [0.0; COLUMNS * ROWS],
        };
        let share = 1.0 / (SIDE * SIDE) as f32;
        for row in 0..GRID_HEIGHT {
            for column in 0..GRID_WIDTH {
                let block = row / SIDE * COLUMNS + column / SIDE;
                let at = row * GRID_WIDTH + column;
                blocks.brightness[block] += share * cell(at);
                blocks.detail[block] += share * detail(&cell, row, column);
            }
        }
        blocks
    }

    fn mean_detail(&self) -> f32 {
        mean(&self.detail)
    }

    fn mean_brightness(&self) -> f32 {
        mean(&self.brightness)
    }

    /// Whether `seen` is this zone without a thing that lay in a part of it: the detail was there
    /// alone, and beside it nothing has changed. A cover spares no part.
    fn has_lost_a_thing(&self, seen: &Self) -> bool {
        let all = COLUMNS * ROWS;
        let detailed = (0..all).filter(|block| self.detail[*block] >= LEAST_DETAIL);
        let Some(span) = detailed.map(Span::of).reduce(Span::join) else {
            return false;
        };
        let beside = (0..all).filter(|block| !span.contains(*block));
        let (mut blocks, mut same) = (0, 0);
        for block in beside {
            let change = (seen.brightness[block] - self.brightness[block]).abs();
            blocks += 1;
            same += usize::from(change <= SAME_BRIGHTNESS * self.brightness[block]);
        }
        let share_of_all = 1.0 - blocks as f32 / all as f32;
        share_of_all <= SPAN_OF_A_THING && same as f32 >= UNCHANGED * blocks as f32
    }
}

fn mean(values: &[f32]) -> f32 {
    values.iter().sum::<f32>() / values.len() as f32
}

/// The detail of a cell along its row and its column, taken together; at an edge of the zone, along
/// the edge.
fn detail(cell: &impl Fn(usize) -> f32, row: usize, column: usize) -> f32 {
    let at = row * GRID_WIDTH + column;
    let from_mean =
        |step: usize| (cell(at) - f32::midpoint(cell(at - step), cell(at + step))).abs();
    let inside = |position: usize, length: usize| position > 0 && position + 1 < length;
    let mut detail = 0.0;
    if inside(column, GRID_WIDTH) {
        detail += from_mean(1);
    }
    if inside(row, GRID_HEIGHT) {
        detail += from_mean(GRID_WIDTH);
    }
    detail
}

/// Columns and rows of blocks, both ends inclusive.
#[derive(Clone, Copy)]
struct Span {
    left: usize,
    right: usize,
    top: usize,
    bottom: usize,
}

impl Span {
    fn of(block: usize) -> Self {
        let (column, row) = (block % COLUMNS, block / COLUMNS);
        Self {
            left: column,
            right: column,
            top: row,
            bottom: row,
        }
    }

    fn join(self, other: Self) -> Self {
        Self {
            left: self.left.min(other.left),
            right: self.right.max(other.right),
            top: self.top.min(other.top),
            bottom: self.bottom.max(other.bottom),
        }
    }

    fn contains(&self, block: usize) -> bool {
        let (column, row) = (block % COLUMNS, block / COLUMNS);
        (self.left..=self.right).contains(&column) && (self.top..=self.bottom).contains(&row)
    }
}
