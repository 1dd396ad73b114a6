//! Cleans a mask of foreground cells and finds the box of what it shows.

use crate::preprocess::{GRID_HEIGHT, GRID_WIDTH, Region};

const CELLS: usize = GRID_WIDTH * GRID_HEIGHT;

/// Of a cell's neighbourhood of nine, this many must be foreground for it to stay.
const MAJORITY: usize = 5;

/// A second part belongs to the item when it has at least this share of the largest part's cells:
/// a transparent bottle, say, often shows as its cap and its label.
const BELONGS: f32 = 0.2;

/// Finds connected foreground, reusing its buffers.
#[derive(Debug)]
pub(super) struct BlobFinder {
    cleaned: Vec<bool>,
    visited: Vec<bool>,
    queue: Vec<usize>,
    parts: Vec<Part>,
}

impl Default for BlobFinder {
    fn default() -> Self {
        Self {
            cleaned: vec![false; CELLS],
            visited: vec![false; CELLS],
            queue: Vec::with_capacity(CELLS),
            parts: Vec::with_capacity(CELLS / 2),
        }
    }
}

/// A connected part: its cells and its edges, both inclusive.
#[derive(Debug, Clone, Copy)]
struct Part {
    cells: usize,
    left: usize,
    right: usize,
    top: usize,
    bottom: usize,
}

impl BlobFinder {
    /// Removes specks and fills pinholes.
    pub fn clean(&mut self, mask: &mut [bool]) {
        for row in 0..GRID_HEIGHT {
            for column in 0..GRID_WIDTH {
                let (mut set, mut cells) = (0, 0);
                for y in row.saturating_sub(1)..(row + 2).min(GRID_HEIGHT) {
                    for x in column.saturating_sub(1)..(column + 2).min(GRID_WIDTH) {
                        set += usize::from(mask[y * GRID_WIDTH + x]);
                        cells += 1;
                    }
                }
                // At the border the neighbourhood is smaller, and so is its majority.
                self.cleaned[row * GRID_WIDTH + column] = set * 9 >= MAJORITY * cells;
            }
        }
        mask.copy_from_slice(&self.cleaned);
    }

    /// The box around the largest part and those that belong to it, in fractions of the zone, with
    /// the share of the zone that they cover.
    pub fn largest(&mut self, mask: &[bool]) -> Option<(Region, f32)> {
        self.find_parts(mask);
        let largest = self.parts.iter().map(|part| part.cells).max()?;
        let least = (largest as f32 * BELONGS).max(1.0);
        let whole = self
            .parts
            .iter()
            .filter(|part| part.cells as f32 >= least)
            .copied()
            .reduce(Part::join)?;
        let (width, height) = (GRID_WIDTH as f32, GRID_HEIGHT as f32);
        let region = Region {
            left: whole.left as f32 / width,
            top: whole.top as f32 / height,
            width: (whole.right + 1 - whole.left) as f32 / width,
            height: (whole.bottom + 1 - whole.top) as f32 / height,
        };
        Some((region, whole.cells as f32 / CELLS as f32))
    }

    fn find_parts(&mut self, mask: &[bool]) {
        self.visited.fill(false);
        self.parts.clear();
        for start in 0..CELLS {
            if mask[start] && !self.visited[start] {
                let part = self.flood(mask, start);
                self.parts.push(part);
            }
        }
    }

    fn flood(&mut self, mask: &[bool], start: usize) -> Part {
        let (column, row) = (start % GRID_WIDTH, start / GRID_WIDTH);
        let mut part = Part {
            cells: 0,
            left: column,
            right: column,
            top: row,
            bottom: row,
        };
        self.queue.clear();
        self.queue.push(start);
        self.visited[start] = true;
        while let Some(at) = self.queue.pop() {
            let (column, row) = (at % GRID_WIDTH, at / GRID_WIDTH);
            part = part.join(Part {
                cells: 1,
                left: column,
                right: column,
                top: row,
                bottom: row,
            });
            let neighbours = [
                (column > 0).then(|| at - 1),
                (column + 1 < GRID_WIDTH).then_some(at + 1),
                (row > 0).then(|| at - GRID_WIDTH),
                (row + 1 < GRID_HEIGHT).then_some(at + GRID_WIDTH),
            ];
            for next in neighbours.into_iter().flatten() {
                if mask[next] && !self.visited[next] {
                    self.visited[next] = true;
                    self.queue.push(next);
                }
            }
        }
        part
    }
}

impl Part {
    fn join(self, other: Self) -> Self {
        Self {
            cells: self.cells + other.cells,
            left: self.left.min(other.left),
            right: self.right.max(other.right),
            top: self.top.min(other.top),
            bottom: self.bottom.max(other.bottom),
        }
    }
}
