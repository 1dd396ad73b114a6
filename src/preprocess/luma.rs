//! A tiny grey picture of the drop zone, which is all that presence needs.

use super::Picture;

/// Columns of the grid.
pub const GRID_WIDTH: usize = 64;
/// Rows of the grid.
pub const GRID_HEIGHT: usize = 48;

/// Points that are averaged a cell, along each axis: enough to calm a sensor's noise.
const POINTS: usize = 4;

/// Brightness of the drop zone, [`GRID_WIDTH`] by [`GRID_HEIGHT`] cells, row by row, upright.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LumaGrid {
    cells: Vec<u8>,
}

impl Default for LumaGrid {
    fn default() -> Self {
        Self {
            cells: vec![0; GRID_WIDTH * GRID_HEIGHT],
        }
    }
}

impl LumaGrid {
    /// The cells.
    #[must_use]
    pub fn cells(&self) -> &[u8] {
        &self.cells
    }

    /// Takes over another grid's cells without allocating.
    pub fn copy_from(&mut self, other: &Self) {
        self.cells.copy_from_slice(&other.cells);
    }

    /// The cells, for writing.
    #[must_use]
    pub fn cells_mut(&mut self) -> &mut [u8] {
        &mut self.cells
    }
}

/// Fills `grid` from the drop zone of `picture`.
pub(super) fn sample(picture: &Picture<'_>, grid: &mut LumaGrid) {
    let zone = picture.zone;
    let along = |cell: usize, point: usize, cells: usize, start: f32, length: f32| {
        let step = (cell as f32) + (point as f32 + 0.5) / POINTS as f32;
        start + length * step / cells as f32
    };
    for row in 0..GRID_HEIGHT {
        for column in 0..GRID_WIDTH {
            let mut sum = 0u32;
            for point_y in 0..POINTS {
                let v = along(row, point_y, GRID_HEIGHT, zone.top(), zone.height());
                for point_x in 0..POINTS {
                    let u = along(column, point_x, GRID_WIDTH, zone.left(), zone.width());
                    let (x, y) = picture.source(u, v);
                    sum += u32::from(picture.rows.luma(x, y));
                }
            }
            grid.cells[row * GRID_WIDTH + column] = (sum / (POINTS * POINTS) as u32) as u8;
        }
    }
}
