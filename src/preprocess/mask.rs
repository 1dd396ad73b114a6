//! Parts of the picture that nobody is to see: every pixel there reads as black to whoever looks.

use super::hidden::Hidden;
use super::region::Region;
use super::rows::Rows;
use crate::units::{Rotation, Zone};

/// The masked parts of a camera's pictures.
#[derive(Debug, Default)]
pub(super) struct Mask {
    /// In fractions of the upright picture.
    parts: Vec<Region>,
    /// The same in pixels of the frames of this size.
    hidden: Vec<Hidden>,
    size: (usize, usize),
}

impl Mask {
    pub fn of(parts: &[Zone]) -> Self {
        Self {
            parts: parts.iter().copied().map(Region::from).collect(),
            ..Self::default()
        }
    }

    /// The rows of a frame, of which the masked parts read as black.
    pub fn over<'f>(&'f mut self, rows: Rows<'f>, rotation: Rotation) -> Rows<'f> {
        let (width, height) = (rows.width, rows.height);
        if self.size != (width, height) {
            self.size = (width, height);
            let parts = self.parts.iter();
            let hidden = parts.map(|part| Hidden::of(part, width, height, rotation));
            self.hidden.clear();
            self.hidden.extend(hidden);
        }
        rows.without(&self.hidden)
    }
}
