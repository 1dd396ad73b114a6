//! Pictures while they are composed: linear colours of any size, and the noise of a sensor.

use std::path::Path;

use image::RgbImage;
use sortd::capture::{Frame, PixelFormat};

use crate::chance::Chance;

/// Red, green and blue, 0 to 255.
pub type Colour = [f32; 3];

/// A picture of colours.
#[derive(Debug, Clone)]
pub struct Canvas {
    pub width: usize,
    pub height: usize,
    pub pixels: Vec<Colour>,
}

impl Canvas {
    /// Each pixel by its place.
    pub fn draw(
        width: usize,
        height: usize,
        mut colour: impl FnMut(usize, usize) -> Colour,
    ) -> Self {
        let places = (0..width * height).map(|at| (at % width, at / width));
        let pixels = places.map(|(x, y)| colour(x, y)).collect();
        Self {
            width,
            height,
            pixels,
        }
    }

    /// A photograph as it is.
    pub fn photograph(file: &Path) -> Self {
        let picture = image::open(file)
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()))
            .to_rgb8();
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        Self::draw(width, height, |x, y| {
            picture.get_pixel(x as u32, y as u32).0.map(f32::from)
        })
    }

    /// The middle of it that has the shape of `width` by `height`, in this size.
    pub fn fill(&self, width: usize, height: usize) -> Self {
        let scale = (self.width as f32 / width as f32).min(self.height as f32 / height as f32);
        let left = (self.width as f32 - width as f32 * scale) / 2.0;
        let top = (self.height as f32 - height as f32 * scale) / 2.0;
        Self::draw(width, height, |x, y| {
            self.mean(left + x as f32 * scale, top + y as f32 * scale, scale)
        })
    }

    /// The mean of a square; a single pixel between four where it is smaller than one.
    pub fn mean(&self, left: f32, top: f32, side: f32) -> Colour {
        if side <= 1.0 {
            return self.between(left, top);
        }
        let (from_x, from_y) = (left.max(0.0) as usize, top.max(0.0) as usize);
        let to_x = ((left + side).ceil() as usize).clamp(from_x + 1, self.width);
        let to_y = ((top + side).ceil() as usize).clamp(from_y + 1, self.height);
        let mut sum = [0.0; 3];
        let mut count = 0.0f32;
        for y in from_y.min(self.height - 1)..to_y {
            for x in from_x.min(self.width - 1)..to_x {
                let pixel = self.pixels[y * self.width + x];
                sum = add(sum, pixel, 1.0);
                count += 1.0;
            }
        }
        sum.map(|value| value / count)
    }

    /// Bilinear; outside, the edge goes on.
    pub fn between(&self, x: f32, y: f32) -> Colour {
        let x = x.clamp(0.0, self.width as f32 - 1.001);
        let y = y.clamp(0.0, self.height as f32 - 1.001);
        let (column, row) = (x as usize, y as usize);
        let (right, down) = (x - column as f32, y - row as f32);
        let at = |x: usize, y: usize| {
            self.pixels[y.min(self.height - 1) * self.width + x.min(self.width - 1)]
        };
        let above = mix(at(column, row), at(column + 1, row), right);
        let below = mix(at(column, row + 1), at(column + 1, row + 1), right);
        mix(above, below, down)
    }

    /// As a camera delivers it, with noise of this standard deviation.
    pub fn expose(&self, noise: f32, chance: &mut Chance, frame: &mut Frame) {
        frame.format = PixelFormat::Rgb8;
        (frame.width, frame.height) = (self.width as u32, self.height as u32);
        frame.data.clear();
        for pixel in &self.pixels {
            for value in pixel {
                frame
                    .data
                    .push((value + noise * chance.normal()).clamp(0.0, 255.0) as u8);
            }
        }
    }
}

/// Writes a frame as a PNG, for people to look at.
pub fn save(frame: &Frame, file: &Path) {
    let picture = RgbImage::from_raw(frame.width, frame.height, frame.data.clone());
    let picture = picture.expect("three bytes a pixel");
    picture
        .save(file)
        .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
}

/// `left` and `right` in these shares.
pub fn mix(left: Colour, right: Colour, share: f32) -> Colour {
    std::array::from_fn(|at| left[at] + (right[at] - left[at]) * share)
}

/// Adds a colour so many times.
pub fn add(sum: Colour, colour: Colour, times: f32) -> Colour {
    std::array::from_fn(|at| sum[at] + colour[at] * times)
}

/// Rises smoothly from 0 at `from` to 1 at `to`.
pub fn smooth_step(from: f32, to: f32, value: f32) -> f32 {
    let share = ((value - from) / (to - from)).clamp(0.0, 1.0);
    share * share * (3.0 - 2.0 * share)
}
