//! The learnt empty zone: a mean brightness and a noise for each cell.

use super::light::Light;
use crate::preprocess::{GRID_WIDTH, LumaGrid};

/// Time constant with which an empty cell follows slow changes, such as the sun's, in seconds.
const FOLLOW: f32 = 20.0;

/// The same while the light has just changed and the background lags behind it.
const FOLLOW_LIGHT: f32 = 1.0;

/// A cell differs when it leaves its mean by this many times its noise.
const NOISES: f32 = 5.0;

/// The empty zone as learnt so far.
#[derive(Debug)]
pub(super) struct Background {
    mean: Vec<f32>,
    /// Mean absolute deviation.
    noise: Vec<f32>,
    learnt: u32,
}

impl Background {
    pub fn new(grid: &LumaGrid) -> Self {
        let mean: Vec<f32> = grid.cells().iter().map(|cell| f32::from(*cell)).collect();
        Self {
            noise: vec![1.0; mean.len()],
            mean,
            learnt: 1,
        }
    }

    pub fn cells(&self) -> &[f32] {
        &self.mean
    }

    /// Takes a picture of the empty zone into the mean.
    pub fn learn(&mut self, grid: &LumaGrid) {
        self.learnt += 1;
        self.blend(grid, 1.0 / self.learnt as f32, |_| true);
    }

    /// Replaces the mean by this picture: the zone has changed for good.
    pub fn adopt(&mut self, grid: &LumaGrid) {
        for (mean, cell) in self.mean.iter_mut().zip(grid.cells()) {
            *mean = f32::from(*cell);
        }
    }

    /// Marks the cells that differ from the mean under `light`.
    pub fn compare(&self, grid: &LumaGrid, light: &Light, contrast: f32, foreground: &mut [bool]) {
        for (at, mark) in foreground.iter_mut().enumerate() {
            let expected = light.on(self.mean[at], at % GRID_WIDTH, at / GRID_WIDTH);
            let difference = (f32::from(grid.cells()[at]) - expected).abs();
            *mark = difference > contrast.max(NOISES * self.noise[at]);
        }
    }

    /// Follows slow changes in the cells that are not foreground, over `seconds`.
    pub fn adapt(&mut self, grid: &LumaGrid, foreground: &[bool], light: &Light, seconds: f32) {
        let constant = if light.is_steady() {
            FOLLOW
        } else {
            FOLLOW_LIGHT
        };
        self.blend(grid, 1.0 - (-seconds / constant).exp(), |at| {
            !foreground[at]
        });
    }

    fn blend(&mut self, grid: &LumaGrid, share: f32, wanted: impl Fn(usize) -> bool) {
        for (at, cell) in grid
            .cells()
            .iter()
            .enumerate()
            .filter(|(at, _)| wanted(*at))
        {
            let deviation = f32::from(*cell) - self.mean[at];
            self.mean[at] += share * deviation;
            self.noise[at] += share * (deviation.abs() - self.noise[at]);
        }
    }
}
