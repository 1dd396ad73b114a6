//! An item on another ground, from a quarter of the frame to all of it: the item lay in the middle
//! of a white board and filled its photograph; in a bin it does neither.

use super::Augmentation;
use super::Grounds;
use super::geometry::{Beyond, View};
use super::shadow;
use crate::data::frame::Frame;
use crate::data::photo::{Content, Reduced};
use crate::data::pyramid::Pyramid;
use crate::rng::Rng;

/// Largest difference between a board and the photograph's own, as a factor, that is evened out.
const MATCH: f32 = 2.0;

/// How much larger than its item a photograph is, about, where the item was not found.
const IN_ITS_PHOTOGRAPH: f32 = 1.5;

/// Lays the photograph's item onto another background or an empty board; none where there is no
/// ground to lay it onto.
///
/// Where the item could not be told from what it lies on (white paper, clear glass, litter on
/// grass), the whole photograph is laid down with soft edges: were such photographs never pasted, a
/// foreign background would itself speak against their classes.
#[must_use]
pub fn onto(
    photo: &Reduced,
    grounds: Grounds<'_>,
    settings: &Augmentation,
    side: u32,
    rng: &mut Rng,
) -> Option<Frame> {
    let mut ground = if !grounds.backgrounds.is_empty() && rng.chance(settings.paste) {
        look_at(
            &grounds.backgrounds[rng.below(grounds.backgrounds.len())],
            settings,
            side,
            rng,
        )
    } else if grounds.boards.is_empty() {
        return None;
    } else {
        let board = &grounds.boards[rng.below(grounds.boards.len())];
        let mut ground = look_at(board, settings, side, rng);
        if let Some(rim) = photo.rim {
            even_out(&mut ground, rim);
        }
        ground
    };
    let least = match photo.content {
        Content::Found => settings.smallest_item,
        Content::Unfound | Content::Nothing => {
            (settings.smallest_item * IN_ITS_PHOTOGRAPH).min(1.0)
        }
    };
    let share = rng.between(least, 1.0);
    let view = View::holding(photo.extent, share, settings, rng);
    let item = view.show(&photo.picture, side, Beyond::Nothing);
    let throws = photo.content == Content::Found
        && shadow::has_room(item.item(), item.side)
        && rng.chance(settings.shadow);
    if throws {
        let depth = rng.between(0.2, settings.deepest_shadow.max(0.2));
        shadow::thrown(&mut ground, &item, depth, rng);
    }
    ground.lay(&item);
    Some(ground)
}

/// A crop of a ground.
fn look_at(ground: &Pyramid, settings: &Augmentation, side: u32, rng: &mut Rng) -> Frame {
    let (width, height) = ground.size();
    let whole = [0.0, 0.0, width, height];
    View::crop((width, height), whole, settings, rng).show(ground, side, Beyond::Mirrored)
}

/// Gives a board the mean colour `rim` of the board that the item lay on, so that the rest of it
/// that is seen around the item is not a frame.
fn even_out(ground: &mut Frame, rim: [f32; 3]) {
    let mut sums = [0_u32; 3];
    for pixel in &ground.pixels {
        for (sum, value) in sums.iter_mut().zip(pixel) {
            *sum += u32::from(*value);
        }
    }
    let count = ground.pixels.len().max(1) as f32;
    let gains: [u32; 3] = std::array::from_fn(|channel| {
        let mean = (sums[channel] as f32 / count).max(1.0);
        ((rim[channel] / mean).clamp(1.0 / MATCH, MATCH) * 256.0) as u32
    });
    for pixel in &mut ground.pixels {
        for (value, gain) in pixel.iter_mut().zip(gains) {
            *value = ((u32::from(*value) * gain) >> 8).min(255) as u8;
        }
    }
}
