//! Something in front of the item: a hand, a strap, the rim of a bin, another thing.
//!
//! Shapes are drawn with distances to rounded boxes, so that their edges are smooth at every size.

use super::Augmentation;
use crate::data::frame::{Extent, Frame, blend};
use crate::rng::Rng;

/// Skin in several tones, and sleeves and gloves.
const HANDS: [[f32; 3]; 8] = [
    [241.0, 205.0, 181.0],
    [224.0, 172.0, 137.0],
    [190.0, 132.0, 96.0],
    [141.0, 93.0, 66.0],
    [96.0, 62.0, 45.0],
    [60.0, 70.0, 90.0],
    [235.0, 235.0, 230.0],
    [70.0, 120.0, 190.0],
];

/// A box with rounded corners.
struct Shape {
    centre: (f32, f32),
    /// Cosine and sine of its turn.
    turn: (f32, f32),
    /// Half its sides.
    half: (f32, f32),
    corner: f32,
}

/// Covers part of what lies in `item`, from one of its edges.
pub fn cover(frame: &mut Frame, item: Extent, settings: &Augmentation, rng: &mut Rng) {
    let (width, height) = (item[2] - item[0], item[3] - item[1]);
    let reach = settings.largest_occlusion * rng.between(0.3, 1.0) * width.max(height);
    // A point on the ellipse in the item's box: where the shape's end lies.
    let angle = rng.between(0.0, std::f32::consts::TAU);
    let (sine, cosine) = angle.sin_cos();
    let edge = (
        f32::midpoint(item[0], item[2]) + cosine * width / 2.0,
        f32::midpoint(item[1], item[3]) + sine * height / 2.0,
    );
    match rng.below(3) {
        0 => hand(frame, edge, (cosine, sine), reach, rng),
        1 => strap(frame, edge, reach, rng),
        _ => block(frame, edge, reach, rng),
    }
}

/// Two to four fingers that come in from outside.
fn hand(frame: &mut Frame, tip: (f32, f32), out: (f32, f32), reach: f32, rng: &mut Rng) {
    let colour = HANDS[rng.below(HANDS.len())];
    let fingers = 2 + rng.below(3);
    let thick = reach / fingers as f32 * rng.between(0.4, 0.55);
    let length = frame.side as f32;
    for finger in 0..fingers {
        let aside = (finger as f32 - (fingers - 1) as f32 / 2.0) * thick * 1.9;
        let deep = reach * rng.between(0.1, 0.6);
        let start = (
            tip.0 - out.1 * aside - out.0 * deep,
            tip.1 + out.0 * aside - out.1 * deep,
        );
        let shape = Shape {
            centre: (start.0 + out.0 * length, start.1 + out.1 * length),
            turn: out,
            half: (length, thick),
            corner: thick,
        };
        draw(frame, &shape, colour, rng.between(0.1, 0.35));
    }
}

/// A long thin thing across an edge of the item.
fn strap(frame: &mut Frame, edge: (f32, f32), reach: f32, rng: &mut Rng) {
    let (sine, cosine) = rng.between(0.0, std::f32::consts::TAU).sin_cos();
    let shape = Shape {
        centre: edge,
        turn: (cosine, sine),
        half: (
            frame.side as f32 * rng.between(0.3, 1.5),
            reach * rng.between(0.08, 0.3),
        ),
        corner: 1.0,
    };
    let colour = any_colour(rng);
    draw(frame, &shape, colour, rng.between(0.0, 0.3));
}

/// A thing of any colour that lies over an edge of the item.
fn block(frame: &mut Frame, edge: (f32, f32), reach: f32, rng: &mut Rng) {
    let (sine, cosine) = rng.between(0.0, std::f32::consts::TAU).sin_cos();
    let half = (
        reach * rng.between(0.25, 0.6),
        reach * rng.between(0.25, 0.6),
    );
    let shape = Shape {
        centre: edge,
        turn: (cosine, sine),
        half,
        corner: half.0.min(half.1) * rng.unit(),
    };
    let colour = any_colour(rng);
    draw(frame, &shape, colour, rng.between(0.0, 0.4));
}

/// Any colour, greyish ones more often than bright ones.
fn any_colour(rng: &mut Rng) -> [f32; 3] {
    let level = rng.between(20.0, 235.0);
    let strength = 90.0 * rng.unit() * rng.unit();
    std::array::from_fn(|_| (level + rng.between(-strength, strength)).clamp(0.0, 255.0))
}

/// Draws a shape, darker towards its rim by `rounding`, as round things are.
fn draw(frame: &mut Frame, shape: &Shape, colour: [f32; 3], rounding: f32) {
    let inner = shape.half.0.min(shape.half.1).max(1.0);
    let reach = shape.half.0.hypot(shape.half.1) + 1.0;
    let range = |centre: f32| {
        let side = frame.side as f32;
        let low = (centre - reach).clamp(0.0, side) as usize;
        low..(centre + reach).clamp(0.0, side) as usize
    };
    for row in range(shape.centre.1) {
        for column in range(shape.centre.0) {
            let distance = shape.distance(column as f32 + 0.5, row as f32 + 0.5);
            let cover = (0.5 - distance).clamp(0.0, 1.0);
            if cover > 0.0 {
                let depth = (-distance / inner).clamp(0.0, 1.0);
                let light = 1.0 - rounding * (1.0 - depth) * (1.0 - depth);
                let [red, green, blue] = colour.map(|value| (value * light) as u8);
                let pixel = &mut frame.pixels[row * frame.side + column];
                let over = [red, green, blue, pixel[3]];
                *pixel = blend(*pixel, over, (cover * 255.0) as u32);
            }
        }
    }
}

impl Shape {
    /// Distance of a point from the shape, in pixels; negative inside.
    fn distance(&self, x: f32, y: f32) -> f32 {
        let (x, y) = (x - self.centre.0, y - self.centre.1);
        let (cosine, sine) = self.turn;
        let across = (x * cosine + y * sine).abs() - (self.half.0 - self.corner);
        let down = (y * cosine - x * sine).abs() - (self.half.1 - self.corner);
        let outside = across.max(0.0).hypot(down.max(0.0));
        outside + across.max(down).min(0.0) - self.corner
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Purpose;

    #[test]
    fn most_of_the_item_stays_in_sight() {
        let item = [16.0, 16.0, 48.0, 48.0];
        let settings = Augmentation::default();
        let inside = |place: usize| {
            let (x, y) = (place % 64, place / 64);
            (16..48).contains(&x) && (16..48).contains(&y)
        };
        let mut hidden_at_all = 0;
        for seed in 0..60 {
            let mut frame = Frame {
                side: 64,
                pixels: vec![[1, 2, 3, 255]; 64 * 64],
            };
            let mut rng = Rng::new(seed, Purpose::Augmentation, 0, 0);
            cover(&mut frame, item, &settings, &mut rng);
            let hidden = (0..64 * 64)
                .filter(|place| inside(*place) && frame.pixels[*place][..3] != [1, 2, 3])
                .count();
            assert!(hidden < 32 * 32 / 2, "seed {seed} hides {hidden} of 1024");
            hidden_at_all += usize::from(hidden > 0);
        }
        assert!(hidden_at_all > 40, "{hidden_at_all} of 60 hide something");
    }
}
