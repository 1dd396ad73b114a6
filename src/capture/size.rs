//! Which size the pictures of a source have, when single ones say otherwise.
//!
//! One flipped bit in a frame header makes a picture of another size, and a damaged picture shows its thumbnail.
//! Yet a camera may really begin to deliver another size, and a recording may have been made of two.

/// So many pictures of another size in a row are no accident.
const BELIEVED_AFTER: u32 = 3;

/// Width and height in pixels.
pub(super) type Size = (u32, u32);

/// The size that is believed in.
#[derive(Debug, Default)]
pub(super) struct BelievedSize {
    believed: Option<Size>,
    /// Another size, and how many pictures in a row have had it.
    other: Option<(Size, u32)>,
}

impl BelievedSize {
    /// A source that has said which size its pictures have.
    pub const fn announced(size: Size) -> Self {
        Self {
            believed: Some(size),
            other: None,
        }
    }

    /// The size, once there is one.
    pub const fn believed(&self) -> Option<Size> {
        self.believed
    }

    /// Whether a picture of this size is to be shown: it has the believed size, or is the last of enough with
    /// another one, or the first of all.
    pub fn admits(&mut self, size: Size) -> bool {
        let before = match self.other {
            Some((other, count)) if other == size => count,
            _ => 0,
        };
        let known = self.believed.is_none_or(|believed| believed == size);
        if known || before + 1 == BELIEVED_AFTER {
            (self.believed, self.other) = (Some(size), None);
            return true;
        }
        self.other = Some((size, before + 1));
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which of these pictures are shown.
    fn shown(widths: &[u32]) -> Vec<bool> {
        let mut size = BelievedSize::default();
        widths
            .iter()
            .map(|width| size.admits((*width, 480)))
            .collect()
    }

    #[test]
    fn a_new_size_is_believed_after_three_pictures_in_a_row() {
        for new in [320, 1280] {
            let widths = [640, 640, new, new, new, new, 640];
            let wanted = [true, true, false, false, true, true, false];
            assert_eq!(shown(&widths), wanted);
        }
    }

    #[test]
    fn single_pictures_of_other_sizes_change_nothing() {
        let widths = [640, 1280, 640, 1280, 1280, 640, 1280, 1280, 320, 1280, 640];
        let wanted = widths.map(|width| width == 640);
        assert_eq!(shown(&widths), wanted);
    }
}
