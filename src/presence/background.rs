//! The learnt empty zone: a mean brightness and a noise for each cell.

use super::light::Light;
use crate::preprocess::{GRID_WIDTH, LumaGrid};

/// Time constant with which an empty cell follows slow changes, such as the sun's, in seconds.
const FOLLOW: f32 = 20.0;

/// The same while the light has just changed and the background lags behind it.
const FOLLOW_LIGHT: f32 = 1.0;

/// The same for foreground that is too small for an item.
const FOLLOW_CRUMBS: f32 = 90.0;

/// However restless a cell is, a difference of this many times the contrast counts.
const MOST_NOISE: f32 = 2.0;

/// A cell differs when it leaves its mean by this many times its noise.
const NOISES: f32 = 5.0;

/// The empty zone as learnt so far.
#[derive(Debug)]
pub(super) struct Background {
    mean: Vec<f32>,
    /// Mean absolute deviation from what the light lets expect.
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
        let share = 1.0 / self.learnt as f32;
        for (mean, cell) in self.mean.iter_mut().zip(grid.cells()) {
            *mean += share * (f32::from(*cell) - *mean);
        }
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
            let noise = (NOISES * self.noise[at]).min(MOST_NOISE * contrast);
            *mark = self.residual(grid, light, at).abs() > contrast.max(noise);
        }
    }

    /// Follows what changes slowly, over `seconds`. Foreground that is too small for an item, such as
    /// a crumb, is taken over more slowly than the rest.
    pub fn adapt(&mut self, grid: &LumaGrid, foreground: &[bool], light: &Light, seconds: f32) {
        let share = |constant: f32| 1.0 - (-seconds / constant).exp();
        let follow = share(if light.is_steady() {
            FOLLOW
        } else {
            FOLLOW_LIGHT
        });
        let (noise, crumb) = (share(FOLLOW), share(FOLLOW_CRUMBS));
        for (at, is_crumb) in foreground.iter().enumerate() {
            let residual = self.residual(grid, light, at).abs();
            let deviation = f32::from(grid.cells()[at]) - self.mean[at];
            if *is_crumb {
                self.mean[at] += crumb * deviation;
            } else {
                self.mean[at] += follow * deviation;
                self.noise[at] += noise * (residual - self.noise[at]);
            }
        }
    }

    /// How far a cell is from what is expected of it under `light`. A change of light is no noise.
    fn residual(&self, grid: &LumaGrid, light: &Light, at: usize) -> f32 {
        let expected = light.on(self.mean[at], at % GRID_WIDTH, at / GRID_WIDTH);
        f32::from(grid.cells()[at]) - expected
    }
}
