//! The ways in which an item is shown to the network, look by look.

use super::Region;

/// How a region is shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    /// The centred part of it that is shown, as a share of its width and of its height.
    pub share: f32,
    /// Whether it is turned left to right.
    pub mirrored: bool,
}

/// One after the other: whole, then nearer and mirrored, in an order in which the first three differ most.
///
/// A network that errs on one of them often does not on another (test-time augmentation; Krizhevsky et al. 2012 average
/// over ten).
pub const VIEWS: [View; 5] = [
    View::new(1.0, false),
    View::new(0.9, true),
    View::new(0.8, false),
    View::new(0.95, false),
    View::new(1.0, true),
];

impl View {
    const fn new(share: f32, mirrored: bool) -> Self {
        Self { share, mirrored }
    }

    /// Whether all of the region is shown.
    #[must_use]
    pub fn is_whole(self) -> bool {
        self.share >= 1.0
    }

    /// The part of `region` that is shown.
    #[must_use]
    pub fn of(self, region: &Region) -> Region {
        let part = Region::centre(self.share);
        Region {
            left: region.left + part.left * region.width,
            top: region.top + part.top * region.height,
            width: region.width * part.width,
            height: region.height * part.height,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preprocess::{ModelInput, Size};

    #[test]
    fn each_view_lies_in_the_middle_of_the_region() {
        let region = Region {
            left: 0.2,
            top: 0.4,
            width: 0.5,
            height: 0.3,
        };
        assert_eq!(VIEWS[0].of(&region), region);
        for view in VIEWS {
            let part = view.of(&region);
            let middle = |start: f32, length: f32| start + length / 2.0;
            assert!((middle(part.left, part.width) - 0.45).abs() < 1e-6);
            assert!((middle(part.top, part.height) - 0.55).abs() < 1e-6);
            assert!((part.width / region.width - view.share).abs() < 1e-6);
        }
    }

    #[test]
    fn a_mirrored_picture_mirrored_again_is_the_first() {
        let size = Size {
            width: 3,
            height: 2,
        };
        let mut input = ModelInput::new(size);
        let pixels: Vec<u8> = (0..18).collect();
        input.pixels_mut().copy_from_slice(&pixels);
        input.mirror();
        assert_eq!(input.pixels()[..9], [6, 7, 8, 3, 4, 5, 0, 1, 2]);
        input.mirror();
        assert_eq!(input.pixels(), pixels);
    }
}
