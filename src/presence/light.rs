//! How the light has changed since the empty zone was learnt.
//!
//! Light multiplies: a cell of brightness `b` becomes `b * gain`. A lamp beside the bin does not
//! reach every corner alike, so the logarithm of the gain is taken to be a plane over the zone. It is
//! fitted by iteratively reweighted least squares with Cauchy weights (Holland and Welsch 1977),
//! which an item that covers less than half of the zone hardly disturbs.

use crate::preprocess::{GRID_HEIGHT, GRID_WIDTH, LumaGrid};

/// Added to each brightness before taking logarithms: near black, noise would be all ratio.
pub(super) const FLOOR: f32 = 12.0;

/// Residuals from this size on lose weight (in log gain; about a tenth of the brightness).
const SCALE: f32 = 0.1;

/// Rounds of reweighting; the fit no longer moves after this many.
const ROUNDS: usize = 4;

/// Share of its outline that an item shows as edges; less is the work of light.
const LEAST_OUTLINE: f32 = 0.3;

/// From this brightness on a sensor may be saturated (studio range ends at 235), and two such
/// brightnesses cannot be told apart.
pub(super) const SATURATED: f32 = 235.0;

/// The change of light: log gain `at the centre + slope_x * x + slope_y * y`, x and y in -1 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Light {
    plane: [f32; 3],
}

impl Light {
    /// Brightness of a background cell under this light.
    pub fn on(&self, brightness: f32, column: usize, row: usize) -> f32 {
        let [x, y] = coordinates(column, row);
        let log_gain = self.plane[0] + self.plane[1] * x + self.plane[2] * y;
        ((brightness + FLOOR) * log_gain.exp() - FLOOR).clamp(0.0, 255.0)
    }

    /// Whether it is practically the light under which the background was learnt.
    pub fn is_steady(&self) -> bool {
        self.plane.iter().all(|part| part.abs() < 0.05)
    }
}

fn coordinates(column: usize, row: usize) -> [f32; 2] {
    [
        (column as f32 + 0.5) / GRID_WIDTH as f32 * 2.0 - 1.0,
        (row as f32 + 0.5) / GRID_HEIGHT as f32 * 2.0 - 1.0,
    ]
}

/// The change of light between the background and `grid`.
pub(super) fn fit(background: &[f32], grid: &LumaGrid) -> Light {
    let mut plane = [median_log_gain(background, grid), 0.0, 0.0];
    for _ in 0..ROUNDS {
        plane = reweighted(background, grid, plane).unwrap_or(plane);
    }
    Light { plane }
}

fn log_gain(background: f32, cell: u8) -> f32 {
    ((f32::from(cell) + FLOOR) / (background + FLOOR)).ln()
}

/// Median of the log gains, from a histogram; a robust start for the fit.
fn median_log_gain(background: &[f32], grid: &LumaGrid) -> f32 {
    const BINS: usize = 256;
    const RANGE: f32 = 3.2; // a factor of 24 darker or brighter
    let mut counts = [0u32; BINS];
    for (mean, cell) in background.iter().zip(grid.cells()) {
        let share = f32::midpoint(log_gain(*mean, *cell) / RANGE, 1.0);
        counts[((share * BINS as f32) as usize).min(BINS - 1)] += 1;
    }
    let half = background.len() as u32 / 2;
    let mut seen = 0;
    let bin = counts.iter().position(|count| {
        seen += count;
        seen > half
    });
    ((bin.unwrap_or(BINS / 2) as f32 + 0.5) / BINS as f32 * 2.0 - 1.0) * RANGE
}

/// One round of weighted least squares around `plane`.
fn reweighted(background: &[f32], grid: &LumaGrid, plane: [f32; 3]) -> Option<[f32; 3]> {
    let mut normal = [[0.0f32; 4]; 3];
    for (at, (mean, cell)) in background.iter().zip(grid.cells()).enumerate() {
        let [x, y] = coordinates(at % GRID_WIDTH, at / GRID_WIDTH);
        let basis = [1.0, x, y];
        let gain = log_gain(*mean, *cell);
        let residual = gain - (plane[0] + plane[1] * x + plane[2] * y);
        let weight = 1.0 / (1.0 + (residual / SCALE).powi(2));
        for (row, left) in normal.iter_mut().zip(basis) {
            for (sum, right) in row.iter_mut().zip([basis[0], basis[1], basis[2], gain]) {
                *sum += weight * left * right;
            }
        }
    }
    solve(normal)
}

/// Gaussian elimination of three equations; `None` where they are degenerate.
fn solve(mut rows: [[f32; 4]; 3]) -> Option<[f32; 3]> {
    for pivot in 0..3 {
        if rows[pivot][pivot].abs() < 1e-6 {
            return None;
        }
        let head = rows[pivot];
        for row in (0..3).filter(|row| *row != pivot) {
            let factor = rows[row][pivot] / head[pivot];
            for (value, above) in rows[row].iter_mut().zip(head) {
                *value -= factor * above;
            }
        }
    }
    Some([
        rows[0][3] / rows[0][0],
        rows[1][3] / rows[1][1],
        rows[2][3] / rows[2][2],
    ])
}

/// Whether the foreground is the work of light alone: light that has changed varies smoothly from
/// cell to cell, while an item brings edges of its own or hides those of the background.
///
/// An edge counts where the change of brightness, relative to the background's, steps by `contrast`
/// halved. An item shows such steps along most of its outline; light that is soft shows none.
pub(super) fn explains(
    background: &[f32],
    grid: &LumaGrid,
    foreground: &[bool],
    contrast: f32,
) -> bool {
    let cells = grid.cells();
    let mut edges = 0usize;
    for at in 0..GRID_WIDTH * (GRID_HEIGHT - 1) {
        let last_column = at % GRID_WIDTH == GRID_WIDTH - 1;
        for next in [at + GRID_WIDTH, at + 1]
            .into_iter()
            .take(if last_column { 1 } else { 2 })
        {
            if foreground[at] || foreground[next] {
                edges += usize::from(is_new_edge(background, cells, at, next, contrast));
            }
        }
    }
    let area = foreground.iter().filter(|set| **set).count();
    // A square's outline is four times the root of its area.
    (edges as f32) < 4.0 * (area as f32).sqrt() * LEAST_OUTLINE
}

/// Whether two neighbours step apart in another way than the background's do. The brighter one is
/// predicted from the darker, because a saturated cell says nothing of the light.
fn is_new_edge(background: &[f32], cells: &[u8], at: usize, next: usize, contrast: f32) -> bool {
    let (dark, bright) = if cells[at] <= cells[next] {
        (at, next)
    } else {
        (next, at)
    };
    let gain = (f32::from(cells[dark]) + FLOOR) / (background[dark] + FLOOR);
    let expected = (background[bright] + FLOOR) * gain - FLOOR;
    let found = f32::from(cells[bright]);
    let saturated = expected.min(found) >= SATURATED;
    !saturated && (found - expected).abs() > contrast / 2.0
}
