//! A picture as the camera delivered it, and the formats it may have.

use std::time::Instant;

/// How the bytes of a [`Frame`] are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PixelFormat {
    /// 4:2:2, packed `Y0 U Y1 V`, two bytes a pixel.
    Yuyv,
    /// 4:2:0, a luma plane followed by interleaved chroma at half resolution.
    Nv12,
    /// 4:2:0, a luma plane followed by the U and the V plane at half resolution.
    I420,
    /// [`Self::I420`] whose values use all of 0 to 255 instead of the studio range.
    I420Full,
    /// `R G B`, three bytes a pixel.
    Rgb8,
    /// One JPEG picture; stale bytes may follow its end marker.
    Mjpeg,
}

impl PixelFormat {
    /// Bytes of a frame of this size; `None` where that depends on the content.
    #[must_use]
    pub fn frame_bytes(self, width: u32, height: u32) -> Option<usize> {
        let (width, height) = (width as usize, height as usize);
        let chroma = width.div_ceil(2) * height.div_ceil(2);
        match self {
            Self::Yuyv => Some(width.div_ceil(2) * 4 * height),
            Self::Nv12 | Self::I420 | Self::I420Full => Some(width * height + 2 * chroma),
            Self::Rgb8 => Some(width * height * 3),
            Self::Mjpeg => None,
        }
    }

    /// The name that cameras and their tools use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Yuyv => "YUYV",
            Self::Nv12 => "NV12",
            Self::I420 | Self::I420Full => "YUV420",
            Self::Rgb8 => "RGB",
            Self::Mjpeg => "MJPEG",
        }
    }
}

/// One picture with the instant at which it was taken.
///
/// Its buffer is meant to be reused: a camera clears and refills `data`, which keeps its capacity.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The bytes, in `format`.
    pub data: Vec<u8>,
    /// How to read them.
    pub format: PixelFormat,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// When the picture was taken, as near as the source can tell.
    pub captured_at: Instant,
}

impl Frame {
    /// A frame without content, to be filled by a camera.
    #[must_use]
    pub fn empty(now: Instant) -> Self {
        Self {
            data: Vec::new(),
            format: PixelFormat::Rgb8,
            width: 0,
            height: 0,
            captured_at: now,
        }
    }
}
