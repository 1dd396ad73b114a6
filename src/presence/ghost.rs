//! Is the foreground a thing that has come, or the trace of one that has gone?
//!
//! A thing that lay in the zone while the background was learnt leaves a hole in it when it is taken
//! away. Its outline tells the two apart: it is an edge in the picture where a thing is there, and an
//! edge in the background where it has gone.

use crate::preprocess::{GRID_HEIGHT, GRID_WIDTH, LumaGrid};

/// The background's outline must be this much stronger than the picture's.
const CLEARLY: f32 = 2.0;

/// Whether the foreground is the trace of something that has gone.
pub(super) fn is_ghost(background: &[f32], grid: &LumaGrid, foreground: &[bool]) -> bool {
    let cells = grid.cells();
    let (mut there, mut gone) = (0.0f32, 0.0f32);
    for at in 0..GRID_WIDTH * GRID_HEIGHT {
        let right = (at % GRID_WIDTH + 1 < GRID_WIDTH).then_some(at + 1);
        let below = (at + GRID_WIDTH < cells.len()).then_some(at + GRID_WIDTH);
        for next in [right, below].into_iter().flatten() {
            if foreground[at] != foreground[next] {
                there += f32::from(cells[at].abs_diff(cells[next]));
                gone += (background[at] - background[next]).abs();
            }
        }
    }
    gone > CLEARLY * there
}
