//! The learnt empty zone: a mean brightness and a noise for each cell.

use super::light::{Light, SATURATED};
use crate::preprocess::{GRID_WIDTH, LumaGrid};

/// Time constant with which an empty cell follows slow changes, such as the sun's, in seconds.
const FOLLOW: f32 = 20.0;

/// The same while the light has just changed and the background lags behind it.
const FOLLOW_LIGHT: f32 = 1.0;

/// The same for foreground that is too small for an item. Items come within a second; the edge of a patch of sun
/// creeps, so that what it has newly lit is taken over before it has an item's area.
const FOLLOW_CRUMBS: f32 = 0.2;

/// The same for what the zone usually looks like.
const FOLLOW_CRUMBS_USUALLY: f32 = 90.0;

/// When an item is seen, what was taken over in this time before is taken back, in seconds.
const UNDONE: f32 = 1.0;

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
    /// As the mean, but that crumbs and the edge of a patch of sun are taken over slowly.
    usual: Vec<f32>,
    /// The mean of one to two seconds ago, the one that takes its place next, and that one's age.
    before: [Vec<f32>; 2],
    age: f32,
    learnt: u32,
}

impl Background {
    pub fn new(grid: &LumaGrid) -> Self {
        let mean: Vec<f32> = grid.cells().iter().map(|cell| f32::from(*cell)).collect();
        Self {
            noise: vec![1.0; mean.len()],
            usual: mean.clone(),
            before: [mean.clone(), mean.clone()],
            age: 0.0,
            mean,
            learnt: 1,
        }
    }

    pub fn cells(&self) -> &[f32] {
        &self.mean
    }

    /// What the zone usually looks like, with which a covered lens is told.
    pub fn usual(&self) -> &[f32] {
        &self.usual
    }

    /// Takes a picture of the empty zone into the mean.
    pub fn learn(&mut self, grid: &LumaGrid) {
        self.learnt += 1;
        let share = 1.0 / self.learnt as f32;
        for (mean, cell) in self.mean.iter_mut().zip(grid.cells()) {
            *mean += share * (f32::from(*cell) - *mean);
        }
        self.settle();
    }

    /// Replaces the mean by this picture: the zone has changed for good.
    pub fn adopt(&mut self, grid: &LumaGrid) {
        for (mean, cell) in self.mean.iter_mut().zip(grid.cells()) {
            *mean = f32::from(*cell);
        }
        self.settle();
    }

    /// What is known now is what was known before.
    fn settle(&mut self) {
        for other in [&mut self.usual].into_iter().chain(&mut self.before) {
            other.copy_from_slice(&self.mean);
        }
    }

    /// Takes back what was followed of late: it was the first of an item.
    pub fn undo(&mut self) {
        self.mean.copy_from_slice(&self.before[0]);
    }

    /// Marks the cells that differ from the mean under `light`.
    pub fn compare(&self, grid: &LumaGrid, light: &Light, contrast: f32, foreground: &mut [bool]) {
        for (at, mark) in foreground.iter_mut().enumerate() {
            let noise = (NOISES * self.noise[at]).min(MOST_NOISE * contrast);
            *mark = self.residual(grid, light, at).abs() > contrast.max(noise);
        }
    }

    /// Follows what changes slowly, over `seconds`, and takes over foreground that is too small for an item,
    /// such as a crumb.
    pub fn adapt(&mut self, grid: &LumaGrid, foreground: &[bool], light: &Light, seconds: f32) {
        let share = |constant: f32| 1.0 - (-seconds / constant).exp();
        let follow = share(if light.is_steady() {
            FOLLOW
        } else {
            FOLLOW_LIGHT
        });
        let noise = share(FOLLOW);
        let [crumb, usual_crumb] = [FOLLOW_CRUMBS, FOLLOW_CRUMBS_USUALLY].map(share);
        for (at, is_crumb) in foreground.iter().enumerate() {
            let residual = self.residual(grid, light, at).abs();
            let cell = f32::from(grid.cells()[at]);
            let deviation = cell - self.mean[at];
            let usually = if *is_crumb { usual_crumb } else { follow };
            self.usual[at] += usually * (cell - self.usual[at]);
            if *is_crumb {
                self.mean[at] += crumb * deviation;
            } else {
                self.mean[at] += follow * deviation;
                self.noise[at] += noise * (residual - self.noise[at]);
            }
        }
        self.age += seconds;
        if self.age >= UNDONE {
            self.age = 0.0;
            self.before.swap(0, 1);
            self.before[1].copy_from_slice(&self.mean);
        }
    }

    /// How far a cell is from what is expected of it under `light`. A change of light is no noise, and a cell that
    /// was saturated may be brighter than was seen then.
    fn residual(&self, grid: &LumaGrid, light: &Light, at: usize) -> f32 {
        let expected = light.on(self.mean[at], at % GRID_WIDTH, at / GRID_WIDTH);
        let residual = f32::from(grid.cells()[at]) - expected;
        if self.mean[at] >= SATURATED {
            residual.min(0.0)
        } else {
            residual
        }
    }
}
