//! Which part of a photograph is shown, from how far, turned how: one affine map from the input's
//! pixels back to the photograph's.

use super::Augmentation;
use crate::data::frame::{Extent, Frame};
use crate::data::pyramid::{Level, Pixel, Pyramid};
use crate::rng::Rng;

/// A window onto a photograph.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    /// The window's centre in the photograph, in pixels.
    centre: (f32, f32),
    /// Half its width and height along its own axes, in the photograph's pixels.
    half: (f32, f32),
    /// Cosine and sine of its turn, as one arrow.
    turn: (f32, f32),
    /// Whether left and right are exchanged.
    mirrored: bool,
}

/// What a window shows beyond the photograph's edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beyond {
    /// The photograph, mirrored.
    Mirrored,
    /// Nothing: no cover.
    Nothing,
}

/// Tries to find a crop that shows enough of the item.
const TRIES: usize = 4;

/// Share of the item's box that a crop must show.
const ENOUGH: f32 = 0.6;

impl View {
    /// A random resized crop of a photograph of `size` whose item lies in `item`: its area and aspect change as
    /// far as `settings` say, it lies inside the photograph before it is turned, and it shows more
    /// than half of the item's box.
    #[must_use]
    pub fn crop(size: (f32, f32), item: Extent, settings: &Augmentation, rng: &mut Rng) -> Self {
        let mut window = (size.0 / 2.0, size.1 / 2.0, size.0, size.1);
        for _ in 0..TRIES {
            let area = rng.between(settings.smallest_crop, 1.0) * size.0 * size.1;
            let aspect = rng.factor(settings.widest_aspect);
            let across = (area * aspect).sqrt().min(size.0);
            let down = (area / aspect).sqrt().min(size.1);
            let x = across / 2.0 + rng.unit() * (size.0 - across);
            let y = down / 2.0 + rng.unit() * (size.1 - down);
            let shown = overlap(x, across, item[0], item[2]) * overlap(y, down, item[1], item[3]);
            if shown >= ENOUGH {
                window = (x, y, across, down);
                break;
            }
        }
        let (x, y, across, down) = window;
        Self::turned((x, y), (across / 2.0, down / 2.0), settings, rng)
    }

    /// A view in which the longer side of `item` fills `share` of the frame, and which holds the
    /// item somewhere, all of it or nearly.
    #[must_use]
    pub fn holding(item: Extent, share: f32, settings: &Augmentation, rng: &mut Rng) -> Self {
        /// How far an item may reach over the frame's edge, as a share of the frame.
        const OVER: f32 = 0.05;
        let (width, height) = (item[2] - item[0], item[3] - item[1]);
        let window = width.max(height) / share;
        let stretch = rng.factor(settings.widest_aspect.sqrt());
        let half = (window * stretch / 2.0, window / stretch / 2.0);
        let mut place = |low: f32, high: f32, half: f32| {
            let room = (half - (high - low) / 2.0).max(0.0) + OVER * half;
            f32::midpoint(low, high) + rng.between(-room, room)
        };
        let centre = (
            place(item[0], item[2], half.0),
            place(item[1], item[3], half.1),
        );
        Self::turned(centre, half, settings, rng)
    }

    fn turned(
        centre: (f32, f32),
        half: (f32, f32),
        settings: &Augmentation,
        rng: &mut Rng,
    ) -> Self {
        let mirrored = rng.chance(settings.mirror);
        let mut degrees = 0.0;
        if rng.chance(settings.quarter_turn) {
            degrees += 90.0 * (1 + rng.below(3)) as f32;
        }
        if rng.chance(settings.tilt) {
            degrees += rng.between(-settings.largest_tilt, settings.largest_tilt);
        }
        let (sine, cosine) = f32::to_radians(degrees).sin_cos();
        Self {
            centre,
            half,
            turn: (cosine, sine),
            mirrored,
        }
    }

    /// What the window shows of `photo`, as a square of `side` pixels.
    #[must_use]
    pub fn show(&self, photo: &Pyramid, side: u32, beyond: Beyond) -> Frame {
        let (whole_width, whole_height) = photo.size();
        let reduction = 2.0 * self.half.0.max(self.half.1) / side as f32;
        let level = photo.level(reduction);
        let scale = (
            level.width as f32 / whole_width,
            level.height as f32 / whole_height,
        );
        let (along, aslant) = self.turn;
        let flip = if self.mirrored { -1.0 } else { 1.0 };
        let (across, down) = (
            flip * 2.0 * self.half.0 / side as f32,
            2.0 * self.half.1 / side as f32,
        );
        // One column to the right and one row down, in pixels of the level.
        let right = [along * across * scale.0, aslant * across * scale.1].map(fixed);
        let below = (-aslant * down * scale.0, along * down * scale.1);
        let middle = side as f32 / 2.0 - 0.5;
        let mut pixels = Vec::with_capacity((side * side) as usize);
        for row in 0..side {
            let away = row as f32 - middle;
            let x = self.centre.0 * scale.0 + away * below.0 - middle * along * across * scale.0;
            let y = self.centre.1 * scale.1 + away * below.1 - middle * aslant * across * scale.1;
            let (mut x, mut y) = (fixed(x - 0.5), fixed(y - 0.5));
            for _ in 0..side {
                pixels.push(look(level, x, y, beyond));
                x = x.wrapping_add(right[0]);
                y = y.wrapping_add(right[1]);
            }
        }
        Frame {
            side: side as usize,
            pixels,
        }
    }
}

/// The share of `low..high` that a window of `length` around `centre` shows.
fn overlap(centre: f32, length: f32, low: f32, high: f32) -> f32 {
    let shown = high.min(centre + length / 2.0) - low.max(centre - length / 2.0);
    (shown / (high - low).max(1.0)).max(0.0)
}

/// Fraction bits of a place in a picture.
const BITS: u32 = 14;

fn fixed(value: f32) -> i32 {
    (value * (1 << BITS) as f32) as i32
}

/// The colour and cover at a point between pixels' middles.
#[inline]
fn look(level: &Level, x: i32, y: i32, beyond: Beyond) -> Pixel {
    let (column, row) = (x >> BITS, y >> BITS);
    let share = |place: i32| ((place >> (BITS - 8)) & 255) as u64;
    let (width, height) = (
        level.width.cast_signed() as i32,
        level.height.cast_signed() as i32,
    );
    let inside = column >= 0 && row >= 0 && column + 1 < width && row + 1 < height;
    let corners = if inside {
        let start = row as usize * level.width + column as usize;
        let (upper, lower) = (
            &level.pixels[start..start + 2],
            &level.pixels[start + level.width..start + level.width + 2],
        );
        [upper[0], upper[1], lower[0], lower[1]]
    } else {
        let far = column < -1 || row < -1 || column >= width || row >= height;
        if far && beyond == Beyond::Nothing {
            return [0; 4];
        }
        let at = |x: i32, y: i32| {
            let mut pixel = level.pixels[reflect(y, height) * level.width + reflect(x, width)];
            if beyond == Beyond::Nothing && (x < 0 || y < 0 || x >= width || y >= height) {
                pixel[3] = 0;
            }
            pixel
        };
        [
            at(column, row),
            at(column + 1, row),
            at(column, row + 1),
            at(column + 1, row + 1),
        ]
    };
    let [upper_left, upper_right, lower_left, lower_right] = corners.map(spread);
    let upper = mix(upper_left, upper_right, share(x));
    let lower = mix(lower_left, lower_right, share(x));
    gather(mix(upper, lower, share(y)))
}

/// A pixel's four bytes in four lanes of 16 bits, so that all are mixed at once.
fn spread(pixel: Pixel) -> u64 {
    let pixel = u64::from(u32::from_le_bytes(pixel));
    let pairs = (pixel | (pixel << 16)) & 0x0000_ffff_0000_ffff;
    (pairs | (pairs << 8)) & 0x00ff_00ff_00ff_00ff
}

fn gather(lanes: u64) -> Pixel {
    let pairs = (lanes | (lanes >> 8)) & 0x0000_ffff_0000_ffff;
    ((pairs | (pairs >> 16)) as u32).to_le_bytes()
}

/// `share` of 256 of `b` and the rest of `a`, in each lane, rounded.
fn mix(a: u64, b: u64, share: u64) -> u64 {
    const HALF: u64 = 0x0080_0080_0080_0080;
    ((a * (256 - share) + b * share + HALF) >> 8) & 0x00ff_00ff_00ff_00ff
}

/// The pixel that a place beyond the edges of an axis of `length` pixels mirrors.
fn reflect(place: i32, length: i32) -> usize {
    let folded = place.rem_euclid(2 * length);
    (if folded < length {
        folded
    } else {
        2 * length - 1 - folded
    }) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Rgb, RgbImage};

    fn slope() -> RgbImage {
        RgbImage::from_fn(32, 32, |x, y| Rgb([x as u8 * 7, y as u8 * 7, 7]))
    }

    #[test]
    fn the_whole_picture_unturned_is_the_picture() {
        let picture = slope();
        let pyramid = Pyramid::new(&picture, None, 0.0);
        let view = View {
            centre: (16.0, 16.0),
            half: (16.0, 16.0),
            turn: (1.0, 0.0),
            mirrored: false,
        };
        let shown = view.show(&pyramid, 32, Beyond::Mirrored).into_picture();
        assert_eq!(shown, picture);
        let mirrored = View {
            mirrored: true,
            ..view
        };
        let mirrored = mirrored.show(&pyramid, 32, Beyond::Mirrored).into_picture();
        assert_eq!(mirrored.get_pixel(2, 3), picture.get_pixel(29, 3));
    }

    #[test]
    fn a_view_from_afar_shows_the_item_as_large_as_asked_and_nothing_beyond() {
        let pyramid = Pyramid::new(&slope(), None, 0.0);
        let still = Augmentation {
            tilt: 0.0,
            quarter_turn: 0.0,
            widest_aspect: 1.0,
            ..Augmentation::default()
        };
        for (seed, share) in [(1, 0.25), (2, 0.5), (3, 1.0)] {
            let mut rng = Rng::new(seed, crate::rng::Purpose::Augmentation, 0, 0);
            let view = View::holding([0.0, 0.0, 32.0, 32.0], share, &still, &mut rng);
            let [left, top, right, bottom] = view.show(&pyramid, 64, Beyond::Nothing).item();
            let expected = 64.0 * share;
            assert!((right - left - expected).abs() < 3.0, "{left} to {right}");
            assert!((bottom - top - expected).abs() < 3.0, "{top} to {bottom}");
        }
    }

    #[test]
    fn lanes_mix_as_numbers_do() {
        let (a, b) = ([0, 255, 17, 200], [255, 0, 18, 100]);
        assert_eq!(gather(spread(a)), a);
        assert_eq!(gather(mix(spread(a), spread(b), 0)), a);
        assert_eq!(gather(mix(spread(a), spread(b), 128)), [128, 128, 18, 150]);
    }

    #[test]
    fn an_axis_goes_on_mirrored() {
        let places: Vec<usize> = (-3..7).map(|place| reflect(place, 4)).collect();
        assert_eq!(places, [2, 1, 0, 0, 1, 2, 3, 3, 2, 1]);
    }
}
