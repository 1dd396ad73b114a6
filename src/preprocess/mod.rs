//! From a [`Frame`] to what the later stages look at: a tiny grey picture of the drop zone for
//! presence, and the [`ModelInput`] for the network.
//!
//! Nothing is allocated per frame once the buffers have grown to the camera's size. The one
//! exception is MJPEG, whose decoder library allocates inside itself.
//!
//! Terms: the *upright picture* is the frame turned by the configured rotation; *fractions* are of
//! the upright picture's width and height.

mod jpeg;
mod luma;
mod model_input;
mod region;
mod resample;
mod rows;
mod view;

pub use luma::{GRID_HEIGHT, GRID_WIDTH, LumaGrid};
pub use model_input::{ModelInput, Size};
pub use region::Region;
pub use view::{VIEWS, View};

use crate::capture::{Frame, PixelFormat};
use crate::error::{Error, Result};
use crate::jpeg::Checker;
use crate::units::{Rotation, Zone};

use resample::Resampler;
use rows::Rows;

/// Turns frames into the later stages' inputs, reusing its buffers.
#[derive(Debug)]
pub struct Preprocessor {
    rotation: Rotation,
    zone: Zone,
    /// The newest frame, decoded, if it came as JPEG.
    decoded: Frame,
    checker: Checker,
    resampler: Resampler,
}

/// A frame whose pixels can be read.
///
/// It holds the decoded picture by reference, so that a frame is decoded once however often it is
/// looked at.
#[derive(Debug, Clone, Copy)]
pub struct Picture<'f> {
    rows: Rows<'f>,
    rotation: Rotation,
    zone: Zone,
}

impl Preprocessor {
    /// A preprocessor for a camera that is mounted like this.
    #[must_use]
    pub fn new(rotation: Rotation, zone: Zone) -> Self {
        let decoded = Frame::empty(std::time::Instant::now());
        Self {
            rotation,
            zone,
            decoded,
            checker: Checker::default(),
            resampler: Resampler::default(),
        }
    }

    /// A preprocessor for upright photographs.
    #[must_use]
    pub fn for_photographs() -> Self {
        Self::new(Rotation::None, Zone::WHOLE)
    }

    /// Makes the pixels of `frame` readable and writes the drop zone's grey picture into `grid`.
    ///
    /// # Errors
    /// The frame is shorter than its format and size say, or it is a JPEG that is corrupt
    /// or whose data do not cover the picture.
    pub fn look(&mut self, frame: &Frame, grid: &mut LumaGrid) -> Result<()> {
        let (rotation, zone) = (self.rotation, self.zone);
        let rows = self.rows(frame)?;
        luma::sample(
            &Picture {
                rows,
                rotation,
                zone,
            },
            grid,
        );
        Ok(())
    }

    /// Cuts `region` out of `frame`, as `view` shows it, and resizes it to the size of `input`.
    ///
    /// # Errors
    /// As for [`look`](Self::look).
    pub fn cut(
        &mut self,
        frame: &Frame,
        region: &Region,
        view: View,
        input: &mut ModelInput,
    ) -> Result<()> {
        let rotation = self.rotation;
        let mut resampler = std::mem::take(&mut self.resampler);
        let part = view.of(region);
        let cut = self
            .rows(frame)
            .map(|rows| resampler.resample(&rows, rotation, &part, input));
        self.resampler = resampler;
        if view.mirrored {
            input.mirror();
        }
        cut
    }

    /// The region that the network is shown of an item at `item`, in fractions of the drop zone.
    #[must_use]
    pub fn item_region(&self, frame: &Frame, item: &Region) -> Region {
        let (width, height) = region::upright_size(frame.width, frame.height, self.rotation);
        region::square_around(
            &region::within_zone(item, &self.zone),
            &self.zone,
            width,
            height,
        )
    }

    /// A region that is given in fractions of the drop zone, in fractions of the upright picture.
    #[must_use]
    pub fn in_picture(&self, region: &Region) -> Region {
        region::within_zone(region, &self.zone)
    }

    /// The size of the upright picture.
    #[must_use]
    pub const fn upright_size(&self, frame: &Frame) -> Size {
        let (width, height) = region::upright_size(frame.width, frame.height, self.rotation);
        Size {
            width: width as usize,
            height: height as usize,
        }
    }

    /// The region of the whole drop zone.
    #[must_use]
    pub fn zone_region(&self) -> Region {
        Region::from(self.zone)
    }

    fn rows<'f>(&'f mut self, frame: &'f Frame) -> Result<Rows<'f>> {
        if frame.format != PixelFormat::Mjpeg {
            return Rows::of(frame);
        }
        // The loop looks at a frame and then cuts from it: the picture is decoded for the first only.
        let known = self.decoded.captured_at == frame.captured_at && !self.decoded.data.is_empty();
        if !known {
            jpeg::decode(frame, &mut self.decoded, &mut self.checker)?;
        }
        Rows::of(&self.decoded)
    }
}

impl Picture<'_> {
    /// Source pixel that shows the point at fractions (`u`, `v`) of the upright picture.
    fn source(&self, u: f32, v: f32) -> (usize, usize) {
        let (x, y) = region::upright_to_source(u, v, self.rotation);
        let (width, height) = (self.rows.width, self.rows.height);
        let pixel = |fraction: f32, size: usize| ((fraction * size as f32) as usize).min(size - 1);
        (pixel(x, width), pixel(y, height))
    }
}

fn truncated(frame: &Frame, wanted: usize) -> Error {
    Error::data(format!(
        "a {}x{} {} frame has {} bytes instead of {wanted}",
        frame.width,
        frame.height,
        frame.format.name(),
        frame.data.len()
    ))
    .advice("it is skipped; if this goes on, try another format or size, or another USB port")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    const PHOTO: &[u8] = include_bytes!("../../tests/photos/glass/glass311.jpg");

    /// Whether the pixels of a JPEG of these bytes can be read, as the frame of that second.
    fn reads(preprocessor: &mut Preprocessor, bytes: &[u8], second: u64) -> bool {
        let frame = Frame {
            data: bytes.to_vec(),
            format: PixelFormat::Mjpeg,
            width: 512,
            height: 384,
            captured_at: Instant::now() + Duration::from_secs(second),
        };
        let mut grid = LumaGrid::default();
        preprocessor.look(&frame, &mut grid).is_ok()
    }

    #[test]
    fn half_a_picture_is_refused_with_and_without_an_end_marker() {
        let mut preprocessor = Preprocessor::for_photographs();
        for share in [0, 1, 5, 25, 50, 75, 95] {
            let half = &PHOTO[..PHOTO.len() * share / 100];
            assert!(!reads(&mut preprocessor, half, 0), "{share} %");
            let ended = [half, &[0xFF, 0xD9]].concat();
            assert!(!reads(&mut preprocessor, &ended, 0), "{share} %, ended");
        }
        assert!(reads(&mut preprocessor, PHOTO, 1));
        assert!(!reads(&mut preprocessor, &PHOTO[..PHOTO.len() / 2], 2));
    }

    #[test]
    fn what_a_picture_lacks_without_need_changes_nothing() {
        let seen = |bytes: &[u8]| {
            let mut preprocessor = Preprocessor::for_photographs();
            assert!(reads(&mut preprocessor, bytes, 0));
            preprocessor.decoded.data
        };
        let whole = seen(PHOTO);
        assert!(whole == seen(&PHOTO[..PHOTO.len() - 2]), "the end marker");
        let stale = [&PHOTO[..PHOTO.len() - 2], &PHOTO[9_000..]].concat();
        assert!(
            whole == seen(&stale),
            "bytes of an earlier picture behind it"
        );
    }

    #[test]
    fn no_damage_makes_the_decoder_stumble() {
        let mut preprocessor = Preprocessor::for_photographs();
        for (number, at) in (0..PHOTO.len()).step_by(PHOTO.len() / 60).enumerate() {
            let mut damaged = PHOTO.to_vec();
            damaged[at] ^= 0xff;
            reads(&mut preprocessor, &damaged, number as u64);
        }
    }
}
