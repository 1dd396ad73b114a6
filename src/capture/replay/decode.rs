//! Decodes a photograph that somebody brings, within bounds of time and memory.

use std::io::Cursor;

use image::codecs::jpeg::JpegDecoder;
use image::codecs::png::PngDecoder;
use image::{DynamicImage, ImageDecoder, ImageError, ImageResult, Limits};

use super::MOST_PIXELS;
use crate::error::{Error, Result};
use crate::jpeg::{Checker, Flaw, Walk};

/// No photograph has a longer side; a PNG may, and each of its rows costs time, however short.
const LONGEST_SIDE: u32 = u16::MAX as u32;

/// What reading a PNG may take of memory: the file, its pixels as they are, and as RGB.
const MOST_PNG_MEMORY: u64 = 250_000_000;

/// What a PNG may hold beside its pixels, such as a colour profile, once it is unpacked.
const MOST_BESIDE_PIXELS: u64 = 8_000_000;

/// Decodes the photograph `name`, whose file holds `bytes`, and turns it upright.
pub(super) fn decode(name: &str, bytes: &[u8]) -> Result<DynamicImage> {
    match bytes {
        [0xFF, 0xD8, 0xFF, ..] => decode_jpeg(name, bytes),
        [0x89, b'P', b'N', b'G', ..] => decode_png(name, bytes),
        _ => Err(Error::data(format!("{name} is no JPEG or PNG photograph"))
            .advice("convert it, or take it away")),
    }
}

/// A JPEG decoder fills what is missing with grey, and the result would be classified.
fn decode_jpeg(name: &str, bytes: &[u8]) -> Result<DynamicImage> {
    let mut walk = Walk::default();
    walk.advance(bytes);
    if let Some(size) = walk.size().filter(|size| !is_readable(*size)) {
        return Err(too_large(name, size));
    }
    let mut checker = Checker::default();
    let whole = checker.whole(bytes).map_err(|flaw| flawed(name, flaw))?;
    let damaged = |error| damaged(name, error);
    upright(JpegDecoder::new(Cursor::new(whole)).map_err(damaged)?).map_err(damaged)
}

fn decode_png(name: &str, bytes: &[u8]) -> Result<DynamicImage> {
    let size = png_size(bytes);
    if let Some(size) = size.filter(|size| !is_readable(*size)) {
        return Err(too_large(name, size));
    }
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MOST_BESIDE_PIXELS);
    let failed = |error| match (&error, size) {
        (ImageError::Limits(_), Some(size)) => too_costly(name, size),
        _ => damaged(name, error),
    };
    let decoder = PngDecoder::with_limits(Cursor::new(bytes), limits).map_err(failed)?;
    let (width, height) = decoder.dimensions();
    let as_rgb = 3 * u64::from(width) * u64::from(height);
    if bytes.len() as u64 + decoder.total_bytes() + as_rgb > MOST_PNG_MEMORY {
        return Err(too_costly(name, (width, height)));
    }
    upright(decoder).map_err(failed)
}

/// A phone stores how it was held instead of turning the pixels.
fn upright(mut decoder: impl ImageDecoder) -> ImageResult<DynamicImage> {
    let orientation = decoder.orientation()?;
    let mut image = DynamicImage::from_decoder(decoder)?;
    image.apply_orientation(orientation);
    Ok(image)
}

/// The size that the first chunk of a PNG says; `None` where that is not what a PNG begins with.
fn png_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let header = bytes.get(12..24)?.strip_prefix(b"IHDR")?;
    let (width, height) = header.split_first_chunk()?;
    let height = height.first_chunk()?;
    Some((u32::from_be_bytes(*width), u32::from_be_bytes(*height)))
}

fn is_readable((width, height): (u32, u32)) -> bool {
    width.max(height) <= LONGEST_SIDE && u64::from(width) * u64::from(height) <= MOST_PIXELS
}

fn flawed(name: &str, flaw: Flaw) -> Error {
    match flaw {
        Flaw::CutOff => Error::data(format!("{name}: the photograph is cut off"))
            .advice("copy it again, or take it away"),
        Flaw::Damaged(_) => damaged(name, flaw.to_string()),
        Flaw::Unread(kind) => {
            Error::data(format!("{name} is a JPEG with {kind}, which is not read"))
                .advice("convert it: open it with a picture editor and save it as JPEG or PNG")
        }
    }
}

fn damaged(name: &str, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::data(format!("{name}: the photograph is damaged or cut off"))
        .caused_by(cause)
        .advice("copy it again, or take it away")
}

/// What is said of a picture with more pixels than are read.
pub(super) fn too_large(name: &str, (width, height): (u32, u32)) -> Error {
    let most = if u64::from(width) * u64::from(height) > MOST_PIXELS {
        format!("{} million", MOST_PIXELS / 1_000_000)
    } else {
        format!("{LONGEST_SIDE} on a side")
    };
    Error::data(format!(
        "{name} says that it has {width}x{height} pixels, more than {most}"
    ))
    .advice("make it smaller")
}

fn too_costly(name: &str, (width, height): (u32, u32)) -> Error {
    let most = MOST_PNG_MEMORY / 1_000_000;
    Error::data(format!(
        "{name}: this PNG of {width}x{height} pixels asks for more memory than {most} MB"
    ))
    .advice("make it smaller, or save it as JPEG")
}
