//! Which part of a photograph is shown, turned how: one affine map from the input's pixels back to
//! the photograph's.

use image::{GrayImage, Rgb, RgbImage};

use super::Variation;
use crate::data::dice::Dice;

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

impl View {
    /// A random cut of a photograph of `size`: its area and aspect vary as far as `settings` say,
    /// and it lies inside the photograph before it is turned.
    #[must_use]
    pub fn cut(size: (u32, u32), settings: &Variation, dice: &mut Dice) -> Self {
        let (width, height) = (size.0 as f32, size.1 as f32);
        let area = dice.between(settings.smallest_cut, 1.0) * width * height;
        let aspect = dice.factor(settings.widest_aspect);
        let across = (area * aspect).sqrt().min(width);
        let down = (area / aspect).sqrt().min(height);
        let centre = (
            across / 2.0 + dice.unit() * (width - across),
            down / 2.0 + dice.unit() * (height - down),
        );
        Self::turned(centre, (across / 2.0, down / 2.0), settings, dice)
    }

    /// A view from further away: the whole photograph of `size` fills 1/`zoom` of the window's sides
    /// and lies somewhere in it.
    #[must_use]
    pub fn from_afar(size: (u32, u32), zoom: f32, settings: &Variation, dice: &mut Dice) -> Self {
        let (width, height) = (size.0 as f32, size.1 as f32);
        let room = (zoom - 1.0).max(0.0) / 2.0;
        let centre = (
            width * (0.5 + dice.between(-room, room)),
            height * (0.5 + dice.between(-room, room)),
        );
        Self::turned(
            centre,
            (width * zoom / 2.0, height * zoom / 2.0),
            settings,
            dice,
        )
    }

    fn turned(centre: (f32, f32), half: (f32, f32), settings: &Variation, dice: &mut Dice) -> Self {
        let mirrored = dice.chance(settings.mirror);
        let mut degrees = 0.0;
        if dice.chance(settings.quarter_turn) {
            degrees += 90.0 * (1 + dice.below(3)) as f32;
        }
        if dice.chance(settings.tilt) {
            degrees += dice.between(-settings.largest_tilt, settings.largest_tilt);
        }
        let (sine, cosine) = f32::to_radians(degrees).sin_cos();
        Self {
            centre,
            half,
            turn: (cosine, sine),
            mirrored,
        }
    }

    /// What the window shows of `picture`, as a square of `side` pixels. Beyond its edges the
    /// picture goes on mirrored.
    #[must_use]
    pub fn show(&self, picture: &RgbImage, side: u32) -> RgbImage {
        self.sample(side, |x, y| bilinear(picture, x, y)).0
    }

    /// What the window shows of `picture` and of its item's `mask`, which is 0 beyond the edges.
    #[must_use]
    pub fn show_with_mask(
        &self,
        picture: &RgbImage,
        mask: &GrayImage,
        side: u32,
    ) -> (RgbImage, Vec<f32>) {
        self.sample(side, |x, y| {
            let [red, green, blue, _] = bilinear(picture, x, y);
            [red, green, blue, bilinear_mask(mask, x, y)]
        })
    }

    /// Looks at each pixel of the square. Along an axis that is made clearly smaller it averages two
    /// points, which keeps fine patterns from turning into false ones.
    fn sample(&self, side: u32, look: impl Fn(f32, f32) -> [f32; 4]) -> (RgbImage, Vec<f32>) {
        let (across, down) = (offsets(self.half.0, side), offsets(self.half.1, side));
        let weight = 1.0 / (across.len() * down.len()) as f32;
        let mut picture = RgbImage::new(side, side);
        let mut masks = Vec::with_capacity((side * side) as usize);
        for (column, row, pixel) in picture.enumerate_pixels_mut() {
            let mut sum = [0.0; 4];
            for down in down {
                for across in across {
                    let (x, y) =
                        self.source(column as f32 + across, row as f32 + down, side as f32);
                    for (total, value) in sum.iter_mut().zip(look(x, y)) {
                        *total += value * weight;
                    }
                }
            }
            *pixel = Rgb([sum[0], sum[1], sum[2]].map(|value| value.round() as u8));
            masks.push(sum[3] / 255.0);
        }
        (picture, masks)
    }

    /// The place in the photograph of the point (`column`, `row`) of a square of `side`.
    fn source(&self, column: f32, row: f32, side: f32) -> (f32, f32) {
        let across = (2.0 * column / side - 1.0) * self.half.0;
        let across = if self.mirrored { -across } else { across };
        let down = (2.0 * row / side - 1.0) * self.half.1;
        let (along, aslant) = self.turn;
        (
            self.centre.0 + along * across - aslant * down,
            self.centre.1 + aslant * across + along * down,
        )
    }
}

/// Where in a pixel to look, along an axis of which the window shows `2 * half` pixels in `side`.
fn offsets(half: f32, side: u32) -> &'static [f32] {
    /// Up to this reduction, looking once between the pixels misses none of them.
    const CLEARLY_SMALLER: f32 = 1.3;
    if 2.0 * half > CLEARLY_SMALLER * side as f32 {
        &[0.25, 0.75]
    } else {
        &[0.5]
    }
}

/// The colour at a point between pixels; the fourth number is 255.
fn bilinear(picture: &RgbImage, x: f32, y: f32) -> [f32; 4] {
    let (width, height) = picture.dimensions();
    let (left, right, share_x) = neighbours(x, width);
    let (above, below, share_y) = neighbours(y, height);
    let data = picture.as_raw();
    let at = |column: usize, row: usize| &data[(row * width as usize + column) * 3..][..3];
    let corners = [
        at(left, above),
        at(right, above),
        at(left, below),
        at(right, below),
    ];
    let mut colour = [255.0; 4];
    for channel in 0..3 {
        let value = |corner: usize| f32::from(corners[corner][channel]);
        let top = value(0) + (value(1) - value(0)) * share_x;
        let bottom = value(2) + (value(3) - value(2)) * share_x;
        colour[channel] = top + (bottom - top) * share_y;
    }
    colour
}

/// The mask at a point between pixels, 0..=255; 0 outside.
fn bilinear_mask(mask: &GrayImage, x: f32, y: f32) -> f32 {
    let (width, height) = mask.dimensions();
    if x < 0.0 || y < 0.0 || x > width as f32 || y > height as f32 {
        return 0.0;
    }
    let (left, right, share_x) = neighbours(x, width);
    let (above, below, share_y) = neighbours(y, height);
    let at = |column: usize, row: usize| f32::from(mask.as_raw()[row * width as usize + column]);
    let top = at(left, above) + (at(right, above) - at(left, above)) * share_x;
    let bottom = at(left, below) + (at(right, below) - at(left, below)) * share_x;
    top + (bottom - top) * share_y
}

/// The pixels on both sides of `place` on an axis of `length` pixels that goes on mirrored, and how
/// far `place` lies towards the second.
fn neighbours(place: f32, length: u32) -> (usize, usize, f32) {
    let from = (place - 0.5).floor();
    let share = place - 0.5 - from;
    (
        reflect(from as i64, length),
        reflect(from as i64 + 1, length),
        share,
    )
}

fn reflect(place: i64, length: u32) -> usize {
    let length = i64::from(length);
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

    #[test]
    fn the_whole_picture_unturned_is_the_picture() {
        let picture = RgbImage::from_fn(8, 8, |x, y| Rgb([x as u8 * 30, y as u8 * 30, 7]));
        let view = View {
            centre: (4.0, 4.0),
            half: (4.0, 4.0),
            turn: (1.0, 0.0),
            mirrored: false,
        };
        let shown = view.show(&picture, 8);
        // Inside, averaging a linear slope over a pixel gives the pixel.
        for (x, y, pixel) in shown.enumerate_pixels() {
            if (1..7).contains(&x) && (1..7).contains(&y) {
                assert_eq!(pixel, picture.get_pixel(x, y));
            }
        }
        let mirrored = View {
            mirrored: true,
            ..view
        }
        .show(&picture, 8);
        assert_eq!(mirrored.get_pixel(2, 3), picture.get_pixel(5, 3));
    }

    #[test]
    fn an_axis_goes_on_mirrored() {
        let places: Vec<usize> = (-3..7).map(|place| reflect(place, 4)).collect();
        assert_eq!(places, [2, 1, 0, 0, 1, 2, 3, 3, 2, 1]);
    }
}
