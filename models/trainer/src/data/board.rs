//! The empty board beside an item: what a bin's floor looks like when nothing lies there, taken from
//! photographs that all show something.

use image::{RgbImage, imageops};

use super::frame::Extent;
use super::photo::covered;
use super::segment;

/// Distance from the item's box, as a share of the picture's shorter side: its shadow stays outside.
const DISTANCE: f32 = 0.05;

/// Least width of a strip of board, as a share of the picture's shorter side.
const LEAST: f32 = 0.16;

/// The widest strip of board beside, above or below the item, mirrored on until it is about square;
/// none where the item was not found, leaves too little, or
/// may not be all that lies there.
#[must_use]
pub fn beside_item(picture: &RgbImage) -> Option<RgbImage> {
    let item = covered(&segment::item_on_board(picture)?);
    let (width, height) = picture.dimensions();
    let shorter = width.min(height) as f32;
    let strip = strips(item, (width as f32, height as f32), shorter * DISTANCE)
        .into_iter()
        .max_by(|one, other| area(*one).total_cmp(&area(*other)))?;
    let [left, top, right, bottom] = strip.map(|place| place as u32);
    let (across, down) = (right.checked_sub(left)?, bottom.checked_sub(top)?);
    if (across.min(down) as f32) < shorter * LEAST {
        return None;
    }
    let cut = imageops::crop_imm(picture, left, top, across, down).to_image();
    // What the item's search left over, such as the clear neck of a bottle, may lie in the strip.
    if !segment::is_empty_board(&cut) {
        return None;
    }
    let side = across.max(down).min(width.min(height));
    Some(RgbImage::from_fn(side, side, |x, y| {
        *cut.get_pixel(reflect(x, across), reflect(y, down))
    }))
}

/// What lies to the left of, above, to the right of and below the item.
fn strips(item: Extent, (width, height): (f32, f32), distance: f32) -> [Extent; 4] {
    let [left, top, right, bottom] = item;
    [
        [0.0, 0.0, left - distance, height],
        [0.0, 0.0, width, top - distance],
        [right + distance, 0.0, width, height],
        [0.0, bottom + distance, width, height],
    ]
}

fn area([left, top, right, bottom]: Extent) -> f32 {
    (right - left).max(0.0) * (bottom - top).max(0.0)
}

/// `place` on an axis that goes on mirrored after `length` pixels.
fn reflect(place: u32, length: u32) -> u32 {
    let folded = place % (2 * length);
    folded.min(2 * length - 1 - folded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    #[test]
    fn the_board_beside_an_item_is_empty() {
        let picture = RgbImage::from_fn(96, 72, |x, y| {
            if (10..40).contains(&x) && (20..50).contains(&y) {
                Rgb([90, 60, 30])
            } else {
                Rgb([(220 - x / 2) as u8, (215 - x / 2) as u8, 205])
            }
        });
        let board = beside_item(&picture).unwrap();
        assert_eq!(board.dimensions(), (72, 72));
        assert!(board.pixels().all(|pixel| pixel.0[2] == 205));
    }

    #[test]
    fn an_item_that_fills_the_board_leaves_none() {
        let picture = RgbImage::from_fn(96, 72, |x, y| {
            if (8..88).contains(&x) && (6..66).contains(&y) {
                Rgb([90, 60, 30])
            } else {
                Rgb([220, 215, 205])
            }
        });
        assert!(beside_item(&picture).is_none());
    }
}
