//! An item on another background: TrashNet's board is white in every photograph, a bin's drop zone
//! is not.

use image::RgbImage;

use super::Variation;
use super::geometry::View;
use crate::data::dice::Dice;
use crate::data::photo::Reduced;

/// How far the camera steps back at most, as a factor.
const FURTHEST: f32 = 1.5;

/// How much of a photograph's margin fades into the background where the item was not found, as a
/// share of its sides.
const FADE: f32 = 0.06;

/// Lays the photograph's item onto `background`.
///
/// Where the item could not be told from the board (white paper, clear glass), the whole photograph
/// is laid down with soft edges: were such photographs never pasted, a foreign background would
/// itself speak against their classes.
#[must_use]
pub fn onto(
    background: &RgbImage,
    photo: &Reduced,
    settings: &Variation,
    side: u32,
    dice: &mut Dice,
) -> RgbImage {
    let mut ground = View::cut(background.dimensions(), settings, dice).show(background, side);
    let zoom = dice.between(0.9, FURTHEST);
    let view = View::from_afar(photo.picture.dimensions(), zoom, settings, dice);
    let (picture, cover) = match &photo.item {
        Some(mask) => view.show_with_mask(&photo.picture, mask, side),
        None => view.show_with_mask(
            &photo.picture,
            &soft_edges(photo.picture.dimensions()),
            side,
        ),
    };
    for ((ground, item), cover) in ground.pixels_mut().zip(picture.pixels()).zip(cover) {
        for (ground, item) in ground.0.iter_mut().zip(item.0) {
            *ground = (f32::from(*ground) * (1.0 - cover) + f32::from(item) * cover).round() as u8;
        }
    }
    ground
}

/// A mask that covers the whole photograph and fades towards its edges.
fn soft_edges((width, height): (u32, u32)) -> image::GrayImage {
    let nearness = |place: u32, length: u32| {
        let edge = place.min(length - 1 - place) as f32 / length as f32;
        (edge / FADE).min(1.0)
    };
    image::GrayImage::from_fn(width, height, |x, y| {
        image::Luma([(255.0 * nearness(x, width).min(nearness(y, height))) as u8])
    })
}
