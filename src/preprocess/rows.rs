//! Reads rows of an uncompressed frame as RGB or as brightness, whatever its format.

use super::hidden::Hidden;
use super::truncated;
use crate::capture::{Frame, PixelFormat};
use crate::error::{Error, Result};

/// The pixels of an uncompressed frame.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rows<'f> {
    pub width: usize,
    pub height: usize,
    format: PixelFormat,
    data: &'f [u8],
    /// What reads as black.
    hidden: &'f [Hidden],
}

impl<'f> Rows<'f> {
    /// The rows of a frame that is not compressed.
    pub fn of(frame: &'f Frame) -> Result<Self> {
        let wanted = frame
            .format
            .frame_bytes(frame.width, frame.height)
            .ok_or_else(|| Error::internal("a compressed frame has no rows"))?;
        if wanted == 0 || frame.data.len() < wanted {
            return Err(truncated(frame, wanted));
        }
        Ok(Self {
            width: frame.width as usize,
            height: frame.height as usize,
            format: frame.format,
            data: &frame.data,
            hidden: &[],
        })
    }

    /// The same, of which these parts read as black.
    pub const fn without(self, hidden: &'f [Hidden]) -> Self {
        Self { hidden, ..self }
    }

    /// Brightness of one pixel.
    pub fn luma(&self, x: usize, y: usize) -> u8 {
        if self.hidden.iter().any(|part| part.contains(x, y)) {
            return 0;
        }
        match self.format {
            PixelFormat::Yuyv => self.data[y * self.width.div_ceil(2) * 4 + x * 2],
            PixelFormat::Nv12 | PixelFormat::I420 | PixelFormat::I420Full => {
                self.data[y * self.width + x]
            }
            PixelFormat::Rgb8 | PixelFormat::Mjpeg => {
                let [red, green, blue] = self.rgb_at(x, y).map(u32::from);
                // BT.601 weights in 1/256.
                ((77 * red + 150 * green + 29 * blue) >> 8) as u8
            }
        }
    }

    fn rgb_at(&self, x: usize, y: usize) -> [u8; 3] {
        let at = (y * self.width + x) * 3;
        [self.data[at], self.data[at + 1], self.data[at + 2]]
    }

    /// Writes the pixels `from..to` of row `y` as RGB; `out` has three bytes a pixel.
    pub fn rgb(&self, y: usize, from: usize, to: usize, out: &mut [u8]) {
        self.unmasked_rgb(y, from, to, out);
        for part in self.hidden {
            part.blacken(y, from, out);
        }
    }

    fn unmasked_rgb(&self, y: usize, from: usize, to: usize, out: &mut [u8]) {
        let width = self.width;
        match self.format {
            PixelFormat::Rgb8 | PixelFormat::Mjpeg => {
                let row = &self.data[y * width * 3..];
                out.copy_from_slice(&row[from * 3..to * 3]);
            }
            PixelFormat::Yuyv => {
                let stride = width.div_ceil(2) * 4;
                let row = &self.data[y * stride..][..stride];
                for (x, pixel) in (from..to).zip(out.chunks_exact_mut(3)) {
                    let pair = x / 2 * 4;
                    pixel.copy_from_slice(&yuv_to_rgb(row[x * 2], row[pair + 1], row[pair + 3]));
                }
            }
            PixelFormat::Nv12 => {
                let chroma = &self.data[width * self.height + y / 2 * width.div_ceil(2) * 2..];
                let row = &self.data[y * width..][..width];
                for (x, pixel) in (from..to).zip(out.chunks_exact_mut(3)) {
                    let pair = x / 2 * 2;
                    pixel.copy_from_slice(&yuv_to_rgb(row[x], chroma[pair], chroma[pair + 1]));
                }
            }
            PixelFormat::I420 | PixelFormat::I420Full => {
                let to_rgb = match self.format {
                    PixelFormat::I420Full => full_yuv_to_rgb,
                    _ => yuv_to_rgb,
                };
                let half = width.div_ceil(2);
                let plane = half * self.height.div_ceil(2);
                let u = &self.data[width * self.height + y / 2 * half..];
                let v = &self.data[width * self.height + plane + y / 2 * half..];
                let row = &self.data[y * width..][..width];
                for (x, pixel) in (from..to).zip(out.chunks_exact_mut(3)) {
                    pixel.copy_from_slice(&to_rgb(row[x], u[x / 2], v[x / 2]));
                }
            }
        }
    }
}

/// ITU-R BT.601, studio range (Y 16 to 235), which UVC cameras deliver; coefficients in 1/256.
fn yuv_to_rgb(y: u8, u: u8, v: u8) -> [u8; 3] {
    let (y, u, v) = (i32::from(y) - 16, i32::from(u) - 128, i32::from(v) - 128);
    let channel = |value: i32| ((value + 128) >> 8).clamp(0, 255) as u8;
    [
        channel(298 * y + 409 * v),
        channel(298 * y - 100 * u - 208 * v),
        channel(298 * y + 516 * u),
    ]
}

/// ITU-R BT.601 whose values use all of 0 to 255, as in JPEG (JFIF); coefficients in 1/256.
fn full_yuv_to_rgb(y: u8, u: u8, v: u8) -> [u8; 3] {
    let (y, u, v) = (i32::from(y), i32::from(u) - 128, i32::from(v) - 128);
    let channel = |value: i32| ((value + 128) >> 8).clamp(0, 255) as u8;
    [
        channel(256 * y + 359 * v),
        channel(256 * y - 88 * u - 183 * v),
        channel(256 * y + 454 * u),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    fn frame(format: PixelFormat, width: u32, height: u32, data: Vec<u8>) -> Frame {
        Frame {
            data,
            format,
            width,
            height,
            captured_at: Instant::now(),
        }
    }

    #[test]
    fn white_black_and_red_come_out_of_studio_range() {
        assert_eq!(yuv_to_rgb(235, 128, 128), [255, 255, 255]);
        assert_eq!(yuv_to_rgb(16, 128, 128), [0, 0, 0]);
        // Red in BT.601 is Y 81, U 90, V 240.
        let [r, g, b] = yuv_to_rgb(81, 90, 240);
        assert!(r > 250 && g < 5 && b < 5, "{r} {g} {b}");
    }

    #[test]
    fn white_black_and_red_come_out_of_full_range() {
        assert_eq!(full_yuv_to_rgb(255, 128, 128), [255, 255, 255]);
        assert_eq!(full_yuv_to_rgb(0, 128, 128), [0, 0, 0]);
        // Grey keeps its level, and red in JFIF is Y 76, Cb 85, Cr 255.
        assert_eq!(full_yuv_to_rgb(100, 128, 128), [100, 100, 100]);
        let [r, g, b] = full_yuv_to_rgb(76, 85, 255);
        assert!(r > 250 && g < 5 && b < 5, "{r} {g} {b}");
    }

    #[test]
    fn the_same_picture_reads_alike_in_every_layout() {
        // Two by two pixels with one colour, as each format stores them.
        let (y, u, v) = (120, 90, 200);
        let frames = [
            frame(PixelFormat::Yuyv, 2, 2, vec![y, u, y, v, y, u, y, v]),
            frame(PixelFormat::Nv12, 2, 2, vec![y, y, y, y, u, v]),
            frame(PixelFormat::I420, 2, 2, vec![y, y, y, y, u, v]),
        ];
        let expected = yuv_to_rgb(y, u, v);
        for frame in &frames {
            let rows = Rows::of(frame).unwrap();
            let mut out = [0; 6];
            rows.rgb(1, 0, 2, &mut out);
            assert_eq!(out[..3], expected, "{:?}", frame.format);
            assert_eq!(out[3..], expected, "{:?}", frame.format);
            assert_eq!(rows.luma(1, 1), y);
        }
    }

    #[test]
    fn a_frame_with_odd_sides_is_read_to_its_last_pixel() {
        for format in [
            PixelFormat::Yuyv,
            PixelFormat::Nv12,
            PixelFormat::I420,
            PixelFormat::Rgb8,
        ] {
            let bytes = format.frame_bytes(5, 3).unwrap();
            let frame = frame(format, 5, 3, vec![77; bytes]);
            let rows = Rows::of(&frame).unwrap();
            let mut out = [0; 15];
            for y in 0..3 {
                rows.rgb(y, 0, 5, &mut out);
                rows.luma(4, y);
            }
        }
    }

    #[test]
    fn a_short_frame_is_refused_with_both_sizes() {
        let short = frame(PixelFormat::Yuyv, 4, 4, vec![0; 31]);
        let error = Rows::of(&short).unwrap_err().to_string();
        assert!(error.contains("31 bytes instead of 32"), "{error}");
    }
}
