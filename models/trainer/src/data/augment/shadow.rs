//! Shadows: the one that an item throws on what it lies on, and those that fall over the whole
//! scene from things outside the picture.

use crate::data::frame::{Extent, Frame};
use crate::data::pyramid::smooth;
use crate::rng::Rng;

/// Furthest an item's shadow lies from it, as a share of the item's longer side.
const THROW: f32 = 0.18;

/// Softness of an item's shadow as a share of the same side.
const ITEM_SOFTNESS: (f32, f32) = (0.02, 0.10);

/// Softness of a shadow over the scene, as a share of the frame's side.
const SCENE_SOFTNESS: (f32, f32) = (0.02, 0.35);

/// Darkens `ground` where `item` keeps off the light that comes from one side; `depth` is the share
/// of light that a full shadow takes.
pub fn thrown(ground: &mut Frame, item: &Frame, depth: f32, rng: &mut Rng) {
    let [left, top, right, bottom] = item.item();
    let longer = (right - left).max(bottom - top);
    let angle = rng.between(0.0, std::f32::consts::TAU);
    let throw = longer * THROW * rng.unit();
    let (right, down) = (
        (throw * angle.cos()).round() as isize,
        (throw * angle.sin()).round() as isize,
    );
    let softness = longer * rng.between(ITEM_SOFTNESS.0, ITEM_SOFTNESS.1);
    let shade = softened(item, softness.round().max(1.0) as usize);
    let side = ground.side.cast_signed();
    let strength = (depth * 256.0) as u32;
    for row in 0..side {
        for column in 0..side {
            let (x, y) = (column - right, row - down);
            if x < 0 || y < 0 || x >= side || y >= side {
                continue;
            }
            let shade = u32::from(shade[(y * side + x) as usize]);
            if shade > 0 {
                darken(
                    &mut ground.pixels[(row * side + column) as usize],
                    256 - (shade * strength) / 255,
                );
            }
        }
    }
}

/// A shadow of something outside: behind a straight edge, a band, or a round thing above.
pub fn over_scene(frame: &mut Frame, depth: f32, rng: &mut Rng) {
    let side = frame.side as f32;
    let soft = rng.unit();
    let (rise, run) = rng.between(0.0, std::f32::consts::TAU).sin_cos();
    let centre = (side * rng.unit(), side * rng.unit());
    let kind = rng.below(3);
    let reach = side * rng.between(0.08, 0.35);
    let stretch = rng.factor(2.0);
    // A round thing above the scene, a head or a lamp, is too far away for a sharp shadow.
    let softest = if kind == 2 {
        0.5 * SCENE_SOFTNESS.1
    } else {
        SCENE_SOFTNESS.0
    };
    let softness = side * (softest + soft * (SCENE_SOFTNESS.1 - softest));
    for row in 0..frame.side {
        for column in 0..frame.side {
            let (x, y) = (column as f32 - centre.0, row as f32 - centre.1);
            let along = x * run + y * rise;
            let distance = match kind {
                0 => along,
                1 => along.abs() - reach,
                _ => (along * stretch).hypot((y * run - x * rise) / stretch) - reach,
            };
            let inside = (0.5 - distance / softness).clamp(0.0, 1.0);
            if inside > 0.0 {
                let kept = 256.0 * (1.0 - depth * smooth(inside));
                darken(&mut frame.pixels[row * frame.side + column], kept as u32);
            }
        }
    }
}

/// Keeps `kept` of 256 of a pixel's light.
fn darken(pixel: &mut [u8; 4], kept: u32) {
    for value in &mut pixel[..3] {
        *value = ((u32::from(*value) * kept) >> 8) as u8;
    }
}

/// The item's cover, blurred twice by a box of `2 * reach + 1` pixels along both axes.
fn softened(item: &Frame, reach: usize) -> Vec<u8> {
    let mut cover: Vec<u8> = item.pixels.iter().map(|pixel| pixel[3]).collect();
    for _ in 0..2 {
        cover = box_rows_turned(&cover, item.side, reach);
        cover = box_rows_turned(&cover, item.side, reach);
    }
    cover
}

/// Blurs each row by a running sum and gives the square with rows and columns exchanged. Beyond the
/// edges there is no cover.
fn box_rows_turned(cover: &[u8], side: usize, reach: usize) -> Vec<u8> {
    let width = (2 * reach + 1) as u32;
    let mut turned = vec![0; cover.len()];
    for (line, row) in cover.chunks_exact(side).enumerate() {
        let mut sum: u32 = row.iter().take(reach).map(|value| u32::from(*value)).sum();
        for place in 0..side {
            if let Some(entering) = row.get(place + reach) {
                sum += u32::from(*entering);
            }
            turned[place * side + line] = (sum / width) as u8;
            if place >= reach {
                sum -= u32::from(row[place - reach]);
            }
        }
    }
    turned
}

/// Whether a box is small enough in its frame that a shadow beside it would be seen.
#[must_use]
pub fn has_room([left, top, right, bottom]: Extent, side: usize) -> bool {
    (right - left).min(bottom - top) < 0.95 * side as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Purpose;

    #[test]
    fn a_shadow_takes_light_near_the_item_and_none_far_away() {
        let side = 64;
        let covered = |place: usize| {
            let (x, y) = (place % side, place / side);
            (28..36).contains(&x) && (28..36).contains(&y)
        };
        let item = Frame {
            side,
            pixels: (0..side * side)
                .map(|place| [50, 50, 50, if covered(place) { 255 } else { 0 }])
                .collect(),
        };
        let mut ground = Frame {
            side,
            pixels: vec![[200, 200, 200, 255]; side * side],
        };
        let mut rng = Rng::new(3, Purpose::Augmentation, 0, 0);
        thrown(&mut ground, &item, 0.6, &mut rng);
        assert!(ground.pixels[32 * side + 32][0] < 130);
        assert_eq!(ground.pixels[3 * side + 3], [200, 200, 200, 255]);
    }

    #[test]
    fn a_shadow_over_the_scene_is_soft() {
        for seed in 0..20 {
            let mut frame = Frame {
                side: 48,
                pixels: vec![[240, 240, 240, 255]; 48 * 48],
            };
            over_scene(
                &mut frame,
                0.5,
                &mut Rng::new(seed, Purpose::Augmentation, 0, 0),
            );
            for row in frame.pixels.chunks_exact(48) {
                for pair in row.windows(2) {
                    assert!(pair[0][0].abs_diff(pair[1][0]) < 200);
                    assert!(pair[0][0] >= 119, "no more than half is taken");
                }
            }
        }
    }
}
