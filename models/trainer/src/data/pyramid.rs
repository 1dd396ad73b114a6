//! A picture with a cover, in several sizes, so that a view from any distance looks at pixels of
//! about its own size: no false patterns, and one look a pixel.

use image::{GrayImage, RgbImage};

/// Red, green, blue and cover (how much of the pixel is item, 0..=255).
pub type Pixel = [u8; 4];

/// Sides below this are not halved further.
const SMALLEST: usize = 16;

/// A picture in one size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// The pixels, by rows.
    pub pixels: Vec<Pixel>,
}

/// A picture in its full size, half of it, a quarter, and so on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pyramid {
    levels: Vec<Level>,
}

impl Pyramid {
    /// A picture that is covered as `mask` says; without a mask the cover is whole and fades towards
    /// the edges within `fade`, a share of the sides.
    #[must_use]
    pub fn new(picture: &RgbImage, mask: Option<&GrayImage>, fade: f32) -> Self {
        let (width, height) = picture.dimensions();
        let nearness = |place: u32, length: u32| {
            let edge = (place.min(length - 1 - place) as f32 + 0.5) / length as f32;
            smooth((edge / fade.max(1e-6)).min(1.0))
        };
        let pixels = picture.enumerate_pixels().map(|(x, y, pixel)| {
            let cover = mask.map_or_else(
                || (255.0 * nearness(x, width) * nearness(y, height)) as u8,
                |mask| mask.get_pixel(x, y).0[0],
            );
            [pixel.0[0], pixel.0[1], pixel.0[2], cover]
        });
        let mut levels = vec![Level {
            width: width as usize,
            height: height as usize,
            pixels: pixels.collect(),
        }];
        while let Some(half) = levels.last().and_then(Level::half) {
            levels.push(half);
        }
        Self { levels }
    }

    /// The full size.
    #[must_use]
    pub fn full(&self) -> &Level {
        &self.levels[0]
    }

    /// Width and height of the full size.
    #[must_use]
    pub fn size(&self) -> (f32, f32) {
        (self.full().width as f32, self.full().height as f32)
    }

    /// The size in which `reduction` pixels of the full one are about one.
    #[must_use]
    pub fn level(&self, reduction: f32) -> &Level {
        // Up to this reduction, looking once between the pixels misses hardly any of them.
        const CLEARLY_SMALLER: f32 = 1.4;
        let mut place = 0;
        let mut rest = reduction;
        while rest > CLEARLY_SMALLER && place + 1 < self.levels.len() {
            place += 1;
            rest /= 2.0;
        }
        &self.levels[place]
    }
}

impl Level {
    /// The mean of each 2 × 2 pixels; an odd last row or column is left out.
    fn half(&self) -> Option<Self> {
        let (width, height) = (self.width / 2, self.height / 2);
        if width.min(height) < SMALLEST {
            return None;
        }
        let at = |x: usize, y: usize| self.pixels[y * self.width + x].map(u16::from);
        let mean = |place: usize| {
            let (x, y) = (2 * (place % width), 2 * (place / width));
            let four = [at(x, y), at(x + 1, y), at(x, y + 1), at(x + 1, y + 1)];
            std::array::from_fn(|channel| {
                let sum: u16 = four.iter().map(|pixel| pixel[channel]).sum();
                ((sum + 2) / 4) as u8
            })
        };
        Some(Self {
            width,
            height,
            pixels: (0..width * height).map(mean).collect(),
        })
    }
}

/// 0..=1 to 0..=1, without corners at both ends.
#[must_use]
pub fn smooth(share: f32) -> f32 {
    share * share * (3.0 - 2.0 * share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distant_view_looks_at_a_smaller_size() {
        let picture = RgbImage::from_fn(80, 64, |x, _| image::Rgb([(x % 2 * 200) as u8; 3]));
        let pyramid = Pyramid::new(&picture, None, 0.1);
        assert_eq!(pyramid.level(1.0).width, 80);
        assert_eq!(pyramid.level(2.0).width, 40);
        assert_eq!(pyramid.level(1000.0).width, 20, "16 rows are not halved");
        let half = pyramid.level(2.0);
        assert!(
            half.pixels.iter().all(|pixel| pixel[0] == 100),
            "stripes even out"
        );
        assert_eq!(half.pixels[16 * 40 + 20][3], 255, "the middle is covered");
        assert!(half.pixels[0][3] < 64, "the edge fades");
    }
}
