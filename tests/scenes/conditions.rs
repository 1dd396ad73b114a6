//! What light, lens and sensor make of a scene at one instant.

use crate::canvas::{Canvas, Colour, smooth_step};

/// All that can lie between a scene and its picture. Places are shares of the picture's width, from its left
/// upper corner.
#[derive(Debug, Clone)]
pub struct Conditions {
    /// The light in the middle, and how its logarithm rises to the right and downwards.
    pub gain: f32,
    pub slope: Option<[f32; 2]>,
    /// The white balance.
    pub channels: Colour,
    /// The bands that lamps on alternating current leave by a rolling shutter.
    pub bands: Option<Bands>,
    /// How far the camera was pushed, where it was.
    pub shift: Option<[f32; 2]>,
    /// A patch of other light.
    pub patch: Option<Patch>,
    /// Something small and dark: its place and radius.
    pub insect: Option<[f32; 3]>,
    /// Standard deviation of the sensor's noise.
    pub noise: f32,
}

/// Stripes over the whole width.
#[derive(Debug, Clone, Copy)]
pub struct Bands {
    pub depth: f32,
    pub period: f32,
    pub phase: f32,
}

/// Light or shade within four corners, clockwise.
#[derive(Debug, Clone, Copy)]
pub struct Patch {
    pub corners: [[f32; 2]; 4],
    pub gain: f32,
    /// The width of its edge.
    pub softness: f32,
}

impl Default for Conditions {
    fn default() -> Self {
        Self {
            gain: 1.0,
            slope: None,
            channels: [1.0; 3],
            bands: None,
            shift: None,
            patch: None,
            insect: None,
            noise: 2.0,
        }
    }
}

impl Conditions {
    /// The picture of a scene under them, without noise.
    pub fn picture(&self, scene: &Canvas, picture: &mut Canvas) {
        let unit = 1.0 / scene.width as f32;
        for row in 0..scene.height {
            let y = row as f32 * unit;
            let row_gain = self.gain * self.band(y);
            for column in 0..scene.width {
                let x = column as f32 * unit;
                let pixel = if let Some(shift) = self.shift {
                    let pushed = |at: usize, by: f32| at as f32 + by * scene.width as f32;
                    scene.between(pushed(column, shift[0]), pushed(row, shift[1]))
                } else {
                    scene.pixels[row * scene.width + column]
                };
                let light = row_gain * self.light(x, y);
                picture.pixels[row * scene.width + column] =
                    std::array::from_fn(|at| pixel[at] * light * self.channels[at]);
            }
        }
    }

    fn band(&self, y: f32) -> f32 {
        self.bands.map_or(1.0, |bands| {
            1.0 + bands.depth * ((y / bands.period + bands.phase) * std::f32::consts::TAU).sin()
        })
    }

    fn light(&self, x: f32, y: f32) -> f32 {
        let mut light = 1.0;
        if let Some([right, down]) = self.slope {
            light *= (right * (x - 0.5) + down * (y - 0.4)).exp();
        }
        if let Some(patch) = &self.patch {
            light *= 1.0 + (patch.gain - 1.0) * patch.cover([x, y]);
        }
        if let Some([centre_x, centre_y, radius]) = self.insect {
            let distance = (x - centre_x).hypot(y - centre_y);
            light *= smooth_step(radius * 0.8, radius * 1.2, distance).max(0.15);
        }
        light
    }
}

impl Patch {
    /// How much of this place lies within.
    pub fn cover(&self, [x, y]: [f32; 2]) -> f32 {
        let depth = (0..4).map(|at| {
            let ([from_x, from_y], [to_x, to_y]) = (self.corners[at], self.corners[(at + 1) % 4]);
            let (along_x, along_y) = (to_x - from_x, to_y - from_y);
            ((y - from_y) * along_x - (x - from_x) * along_y) / along_x.hypot(along_y)
        });
        let depth = depth.fold(f32::MAX, f32::min);
        smooth_step(-self.softness / 2.0, self.softness / 2.0, depth)
    }
}
