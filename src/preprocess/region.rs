//! Rectangles, and how a turned camera sees them.

use crate::units::{Rotation, Zone};

/// A rectangle in fractions of some picture, the drop zone or the upright picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Region {
    /// Left edge.
    pub left: f32,
    /// Upper edge.
    pub top: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
}

impl Region {
    /// The whole picture.
    pub const WHOLE: Self = Self {
        left: 0.0,
        top: 0.0,
        width: 1.0,
        height: 1.0,
    };

    /// The centred part with `share` of the width and of the height.
    #[must_use]
    pub fn centre(share: f32) -> Self {
        let edge = (1.0 - share) / 2.0;
        Self {
            left: edge,
            top: edge,
            width: share,
            height: share,
        }
    }
}

impl From<Zone> for Region {
    fn from(zone: Zone) -> Self {
        Self {
            left: zone.left(),
            top: zone.top(),
            width: zone.width(),
            height: zone.height(),
        }
    }
}

/// Empty space around the item that the network is shown, as a share of the item's longer side on
/// each side: enough that a box drawn a little small still holds the item's outline.
const MARGIN: f32 = 0.1;

/// `item`, given in fractions of the zone, in fractions of the upright picture.
pub(super) fn within_zone(item: &Region, zone: &Zone) -> Region {
    Region {
        left: zone.left() + item.left * zone.width(),
        top: zone.top() + item.top * zone.height(),
        width: item.width * zone.width(),
        height: item.height * zone.height(),
    }
}

/// A square of pixels around `item` with a margin, moved into `zone`; where the zone is smaller than
/// the square, its whole width or height.
pub(super) fn square_around(item: &Region, zone: &Zone, width: u32, height: u32) -> Region {
    let (width, height) = (width as f32, height as f32);
    let side = (item.width * width).max(item.height * height) * (1.0 + 2.0 * MARGIN);
    let along = |start: f32, length: f32, pixels: f32, zone_start: f32, zone_length: f32| {
        let wanted = (side / pixels).min(zone_length);
        let last = zone_start + zone_length - wanted;
        (
            (start + length / 2.0 - wanted / 2.0).clamp(zone_start, last.max(zone_start)),
            wanted,
        )
    };
    let (left, w) = along(item.left, item.width, width, zone.left(), zone.width());
    let (top, h) = along(item.top, item.height, height, zone.top(), zone.height());
    Region {
        left,
        top,
        width: w,
        height: h,
    }
}

/// Size of the upright picture.
pub(super) const fn upright_size(width: u32, height: u32, rotation: Rotation) -> (u32, u32) {
    match rotation {
        Rotation::None | Rotation::Half => (width, height),
        Rotation::Quarter | Rotation::ThreeQuarters => (height, width),
    }
}

/// The point of the frame, in fractions, that the upright picture shows at (`u`, `v`).
pub(super) fn upright_to_source(u: f32, v: f32, rotation: Rotation) -> (f32, f32) {
    match rotation {
        Rotation::None => (u, v),
        Rotation::Quarter => (v, 1.0 - u),
        Rotation::Half => (1.0 - u, 1.0 - v),
        Rotation::ThreeQuarters => (1.0 - v, u),
    }
}

/// `region` of the upright picture as a region of the frame.
pub(super) fn region_in_source(region: &Region, rotation: Rotation) -> Region {
    let (x0, y0) = upright_to_source(region.left, region.top, rotation);
    let (x1, y1) = upright_to_source(
        region.left + region.width,
        region.top + region.height,
        rotation,
    );
    Region {
        left: x0.min(x1),
        top: y0.min(y1),
        width: (x1 - x0).abs(),
        height: (y1 - y0).abs(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn zones() -> impl Strategy<Value = Zone> {
        (0.0..0.9f64, 0.0..0.9f64, 0.06..1.0f64, 0.06..1.0f64).prop_map(|(l, t, w, h)| {
            Zone::new(l, t, w.min(1.0 - l).max(0.06), h.min(1.0 - t).max(0.06)).unwrap()
        })
    }

    fn regions() -> impl Strategy<Value = Region> {
        (0.0..0.95f32, 0.0..0.95f32, 0.01..1.0f32, 0.01..1.0f32).prop_map(|(left, top, w, h)| {
            Region {
                left,
                top,
                width: w.min(1.0 - left),
                height: h.min(1.0 - top),
            }
        })
    }

    const ROTATIONS: [Rotation; 4] = [
        Rotation::None,
        Rotation::Quarter,
        Rotation::Half,
        Rotation::ThreeQuarters,
    ];

    proptest! {
        #[test]
        fn the_square_holds_the_item_and_stays_in_the_zone(
            zone in zones(), item in regions(), width in 32..4000u32, height in 32..4000u32,
        ) {
            let item = within_zone(&item, &zone);
            let square = square_around(&item, &zone, width, height);
            let slack = 1e-4;
            prop_assert!(square.left <= item.left + slack && square.top <= item.top + slack);
            prop_assert!(square.left + square.width >= item.left + item.width - slack);
            prop_assert!(square.top + square.height >= item.top + item.height - slack);
            prop_assert!(square.left >= zone.left() - slack && square.top >= zone.top() - slack);
            prop_assert!(square.left + square.width <= zone.left() + zone.width() + slack);
            prop_assert!(square.top + square.height <= zone.top() + zone.height() + slack);
        }

        #[test]
        fn it_is_square_in_pixels_unless_the_zone_is_too_small(
            item in regions(), width in 32..4000u32, height in 32..4000u32,
        ) {
            let square = square_around(&item, &Zone::WHOLE, width, height);
            let (w, h) = (square.width * width as f32, square.height * height as f32);
            prop_assert!((w - h).abs() < 1.0 || square.width >= 0.999 || square.height >= 0.999);
        }

        #[test]
        fn turning_keeps_the_area_and_the_frame(region in regions()) {
            for rotation in ROTATIONS {
                let turned = region_in_source(&region, rotation);
                prop_assert!((turned.width * turned.height - region.width * region.height).abs() < 1e-4);
                prop_assert!(turned.left >= -1e-5 && turned.left + turned.width <= 1.0 + 1e-5);
            }
        }
    }

    #[test]
    fn a_camera_turned_by_a_quarter_shows_its_left_lower_corner_at_the_left_top() {
        // Turning clockwise brings the frame's lower left corner to the upper left.
        assert_eq!(upright_to_source(0.0, 0.0, Rotation::Quarter), (0.0, 1.0));
        assert_eq!(upright_to_source(0.0, 0.0, Rotation::Half), (1.0, 1.0));
        assert_eq!(
            upright_to_source(0.0, 0.0, Rotation::ThreeQuarters),
            (1.0, 0.0)
        );
    }
}
