//! The traces of a camera's JPEG compression.

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageFormat, RgbImage};
use sortd::error::{Error, Result};

/// Compresses a picture with JPEG `quality` 1..=100 and decodes it again.
///
/// # Errors
/// The encoder or decoder fails.
pub fn compress(picture: &RgbImage, quality: u8) -> Result<RgbImage> {
    let failed = |error| Error::internal("cannot compress a picture as JPEG").caused_by(error);
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality)
        .encode(
            picture.as_raw(),
            picture.width(),
            picture.height(),
            ExtendedColorType::Rgb8,
        )
        .map_err(failed)?;
    let decoded = image::load_from_memory_with_format(&bytes, ImageFormat::Jpeg).map_err(failed)?;
    Ok(decoded.into_rgb8())
}
