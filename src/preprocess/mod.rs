//! From a [`Frame`] to what the later stages look at: a tiny grey picture of the drop zone for
//! presence, and the [`ModelInput`] for the network.
//!
//! Nothing is allocated per frame once the buffers have grown to the camera's size. The one
//! exception is MJPEG, whose decoder library allocates inside itself.
//!
//! Terms: the *upright picture* is the frame turned by the configured rotation; *fractions* are of
//! the upright picture's width and height.

mod hidden;
mod jpeg;
mod luma;
mod mask;
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

use mask::Mask;
use resample::Resampler;
use rows::Rows;

/// Turns frames into the later stages' inputs, reusing its buffers.
#[derive(Debug)]
pub struct Preprocessor {
    rotation: Rotation,
    zone: Zone,
    mask: Mask,
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
            mask: Mask::default(),
            decoded,
            checker: Checker::default(),
            resampler: Resampler::default(),
        }
    }

    /// The same, to which these parts of the upright picture are black.
    #[must_use]
    pub fn masked(self, parts: &[Zone]) -> Self {
        Self {
            mask: Mask::of(parts),
            ..self
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
        let Self {
            rotation,
            mask,
            decoded,
            checker,
            ..
        } = self;
        if frame.format != PixelFormat::Mjpeg {
            return Ok(mask.over(Rows::of(frame)?, *rotation));
        }
        // The loop looks at a frame and then cuts from it: the picture is decoded for the first only.
        let known = decoded.captured_at == frame.captured_at && !decoded.data.is_empty();
        if !known {
            jpeg::decode(frame, decoded, checker)?;
        }
        Ok(mask.over(Rows::of(decoded)?, *rotation))
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
    use proptest::prelude::*;
    use std::time::{Duration, Instant};

    proptest! {
        #[test]
        fn what_is_masked_is_seen_by_nobody_however_the_camera_hangs(
            format in prop_oneof![
                Just(PixelFormat::Yuyv), Just(PixelFormat::Nv12), Just(PixelFormat::I420), Just(PixelFormat::Rgb8)
            ],
            rotation in prop_oneof![
                Just(Rotation::None), Just(Rotation::Quarter), Just(Rotation::Half), Just(Rotation::ThreeQuarters)
            ],
            (width, height) in (17..90u32, 17..90u32),
            (left, top) in (0.0..0.5f64, 0.0..0.5f64),
            (across, down) in (0.1..0.5f64, 0.1..0.5f64),
            second in any::<u8>(),
        ) {
            // Two frames that differ inside the mask alone look the same.
            let part = Zone::new(left, top, across, down).unwrap();
            let outside = |u: f64, v: f64| {
                let margin = 2.0 / f64::from(width.min(height));
                u < left - margin || u > left + across + margin || v < top - margin || v > top + down + margin
            };
            let mut preprocessor = Preprocessor::new(rotation, Zone::WHOLE).masked(&[part]);
            let bytes = format.frame_bytes(width, height).unwrap();
            let mut seen = Vec::new();
            for level in [second, !second] {
                let frame = Frame {
                    data: vec![level; bytes],
                    format,
                    width,
                    height,
                    captured_at: Instant::now(),
                };
                let size = preprocessor.upright_size(&frame);
                let mut picture = ModelInput::new(size);
                preprocessor.cut(&frame, &Region::WHOLE, VIEWS[0], &mut picture).unwrap();
                let mut grid = LumaGrid::default();
                preprocessor.look(&frame, &mut grid).unwrap();
                seen.push((picture, grid, size));
            }
            let (first, second) = (&seen[0], &seen[1]);
            for (at, (a, b)) in first.0.pixels().chunks(3).zip(second.0.pixels().chunks(3)).enumerate() {
                let u = (at % first.2.width) as f64 / first.2.width as f64;
                let v = (at / first.2.width) as f64 / first.2.height as f64;
                let inside = u >= left && u < left + across - 1.0 / first.2.width as f64
                    && v >= top && v < top + down - 1.0 / first.2.height as f64;
                prop_assert!(!inside || (a == [0; 3] && b == [0; 3]), "{u} {v}: {a:?} {b:?}");
                prop_assert!(!outside(u, v) || a != b, "{u} {v} is outside and black: {a:?} {b:?}");
            }
            for (at, (a, b)) in first.1.cells().iter().zip(second.1.cells()).enumerate() {
                let (u, v) = ((at % GRID_WIDTH) as f64 / GRID_WIDTH as f64, (at / GRID_WIDTH) as f64 / GRID_HEIGHT as f64);
                // The mask ends at the nearest pixel.
                let pixel = 1.0 / f64::from(width.min(height));
                let inside = u >= left + pixel && u + 1.0 / GRID_WIDTH as f64 <= left + across - pixel
                    && v >= top + pixel && v + 1.0 / GRID_HEIGHT as f64 <= top + down - pixel;
                prop_assert!(!inside || (*a == 0 && *b == 0));
            }
        }
    }

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
