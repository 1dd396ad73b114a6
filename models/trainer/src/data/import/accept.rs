//! Decides whether bytes are a usable picture, and makes of them what is kept: upright, without what
//! the camera wrote about its owner, otherwise as they came.
//!
//! The bytes decide, not what somebody said they are. A picture that lies on its side by its
//! orientation mark is turned and encoded anew; any other keeps its compressed picture byte for byte.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader};
use sortd::panics;

use super::{Limits, Reason, Refusal};
use crate::data::strip::{self, Flaw};
use crate::files;

/// Quality of a JPEG picture that had to be encoded anew.
const QUALITY: u8 = 95;

/// A picture to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The file to be written.
    pub bytes: Vec<u8>,
    /// The ending of its name, `jpg` or `png`.
    pub ending: &'static str,
    /// Pixels across, upright.
    pub width: u32,
    /// Pixels down, upright.
    pub height: u32,
    /// SHA-256 of the bytes as they came.
    pub original_sha256: String,
    /// SHA-256 of the upright picture's size and pixels.
    pub pixels_sha256: String,
}

/// Judges `bytes`.
///
/// # Errors
/// They are no picture, damaged, of another format, or beyond the limits.
pub fn accept(bytes: &[u8], limits: &Limits) -> Result<Accepted, Refusal> {
    if bytes.len() as u64 > limits.most_bytes {
        return Err(too_many_bytes(limits));
    }
    let format = format(bytes)?;
    // The decoders are foreign code and the bytes may be anything.
    panics::contained(|| judge(bytes, format, limits)).unwrap_or_else(|panic| {
        let detail = format!("the decoder gave up: {panic}");
        Err(Refusal::new(Reason::Damaged, detail))
    })
}

/// The refusal of a file that is too large.
#[must_use]
pub fn too_many_bytes(limits: &Limits) -> Refusal {
    let detail = format!("more than {} bytes", limits.most_bytes);
    Refusal::new(Reason::TooManyBytes, detail)
}

fn judge(bytes: &[u8], format: ImageFormat, limits: &Limits) -> Result<Accepted, Refusal> {
    let damaged = |error: image::ImageError| Refusal::new(Reason::Damaged, error.to_string());
    let stripped = match format {
        ImageFormat::Png => strip::png::strip(bytes),
        _ => strip::jpeg::strip(bytes),
    }
    .map_err(|flaw| match flaw {
        Flaw::CutOff => Refusal::new(Reason::CutOff, "the file ends before the picture does"),
        Flaw::Malformed => Refusal::new(Reason::Damaged, "the file's parts are in disorder"),
    })?;
    let mut decoder = ImageReader::with_format(Cursor::new(bytes), format)
        .into_decoder()
        .map_err(damaged)?;
    check_size(decoder.dimensions(), limits)?;
    // A mark that cannot be read turns nothing.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    picture.apply_orientation(orientation);
    let upright = orientation == Orientation::NoTransforms;
    let sound = || {
        image::load_from_memory_with_format(&stripped, format).is_ok_and(|again| again == picture)
    };
    let kept = if upright && sound() {
        stripped
    } else {
        encode(&picture, format).map_err(damaged)?
    };
    let pixels = picture.to_rgb8();
    let (width, height) = pixels.dimensions();
    let mut sized = [width.to_le_bytes(), height.to_le_bytes()].concat();
    sized.extend_from_slice(pixels.as_raw());
    Ok(Accepted {
        bytes: kept,
        ending: match format {
            ImageFormat::Png => "png",
            _ => "jpg",
        },
        width,
        height,
        original_sha256: files::sha256(bytes),
        pixels_sha256: files::sha256(&sized),
    })
}

fn check_size((width, height): (u32, u32), limits: &Limits) -> Result<(), Refusal> {
    if u64::from(width) * u64::from(height) > limits.most_pixels {
        let detail = format!("{width}x{height} pixels");
        return Err(Refusal::new(Reason::TooManyPixels, detail));
    }
    if width.min(height) < limits.least_side {
        let detail = format!(
            "{width}x{height} pixels; the shorter side needs {}",
            limits.least_side
        );
        return Err(Refusal::new(Reason::TooSmall, detail));
    }
    Ok(())
}

fn encode(picture: &DynamicImage, format: ImageFormat) -> image::ImageResult<Vec<u8>> {
    let mut file = Cursor::new(Vec::new());
    if format == ImageFormat::Png {
        picture.write_to(&mut file, format)?;
    } else {
        let encoder = JpegEncoder::new_with_quality(&mut file, QUALITY);
        picture.to_rgb8().write_with_encoder(encoder)?;
    }
    Ok(file.into_inner())
}

/// The format that the first bytes tell.
fn format(bytes: &[u8]) -> Result<ImageFormat, Refusal> {
    if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        return Ok(ImageFormat::Jpeg);
    }
    if bytes.starts_with(strip::png::SIGNATURE) {
        return Ok(ImageFormat::Png);
    }
    let other = match bytes {
        [b'G', b'I', b'F', b'8', ..] => "GIF",
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => "WebP",
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => "HEIC, AVIF or a film",
        [b'B', b'M', ..] => "BMP",
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => "TIFF or a camera's raw format",
        _ => {
            let detail = format!("its first bytes are `{}`", beginning(bytes));
            return Err(Refusal::new(Reason::NotAPicture, detail));
        }
    };
    let detail = format!("it is {other}; only JPEG and PNG are read");
    Err(Refusal::new(Reason::OtherFormat, detail))
}

/// A few bytes, for a reader to recognise a web page by.
fn beginning(bytes: &[u8]) -> String {
    let few = &bytes[..bytes.len().min(16)];
    few.escape_ascii().to_string()
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage};

    use super::*;

    fn picture(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| Rgb([x as u8, y as u8, 90]))
    }

    fn encoded(picture: &RgbImage, format: ImageFormat) -> Vec<u8> {
        encode(&DynamicImage::from(picture.clone()), format).unwrap()
    }

    /// Puts an Exif segment with nothing but an orientation into a JPEG file.
    fn lying(jpeg: &[u8], orientation: u8) -> Vec<u8> {
        let mut exif =
            b"\xff\xe1\0\x22Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
        exif.extend_from_slice(&[orientation, 0, 0, 0, 0, 0, 0, 0]);
        [&jpeg[..2], &exif, &jpeg[2..]].concat()
    }

    fn reason(bytes: &[u8]) -> Reason {
        accept(bytes, &Limits::default()).unwrap_err().reason
    }

    #[test]
    fn a_picture_that_lies_on_its_side_is_turned() {
        let jpeg = encoded(&picture(120, 80), ImageFormat::Jpeg);
        let turned = accept(&lying(&jpeg, 6), &Limits::default()).unwrap();
        assert_eq!((turned.width, turned.height), (80, 120));
        let again = accept(&turned.bytes, &Limits::default()).unwrap();
        assert_eq!((again.width, again.height), (80, 120));
        let upright = accept(&lying(&jpeg, 1), &Limits::default()).unwrap();
        assert_eq!(upright.bytes, strip::jpeg::strip(&jpeg).unwrap());
        assert_eq!(
            upright.pixels_sha256,
            accept(&jpeg, &Limits::default()).unwrap().pixels_sha256
        );
    }

    #[test]
    fn what_is_no_usable_picture_is_refused_with_its_reason() {
        assert_eq!(reason(b""), Reason::NotAPicture);
        assert_eq!(reason(b"<!doctype html>"), Reason::NotAPicture);
        assert_eq!(reason(b"RIFF\0\0\0\0WEBPVP8 "), Reason::OtherFormat);
        assert_eq!(reason(b"\0\0\0\x18ftypheic"), Reason::OtherFormat);
        assert_eq!(
            reason(&encoded(&picture(200, 40), ImageFormat::Png)),
            Reason::TooSmall
        );
        let jpeg = encoded(&picture(120, 80), ImageFormat::Jpeg);
        assert_eq!(reason(&jpeg[..jpeg.len() - 40]), Reason::CutOff);
        let mut png = encoded(&picture(120, 80), ImageFormat::Png);
        let middle = png.len() / 2;
        png[middle] ^= 0xff;
        assert_eq!(reason(&png), Reason::Damaged);
        let few = Limits {
            most_pixels: 9000,
            ..Limits::default()
        };
        assert_eq!(
            accept(&jpeg, &few).unwrap_err().reason,
            Reason::TooManyPixels
        );
    }
}
