//! Decodes one JPEG picture, if its data cover it.

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::capture::{Frame, PixelFormat};
use crate::error::{Error, Result};
use crate::jpeg::Checker;
use crate::panics::contained;

/// No camera delivers a side longer than this.
const LONGEST_SIDE: usize = 8192;

/// Decodes `frame`, a JPEG, into `picture` as RGB, whose buffer is reused.
///
/// # Errors
/// The JPEG is cut off, corrupt or too large.
pub(super) fn decode(frame: &Frame, picture: &mut Frame, checker: &mut Checker) -> Result<()> {
    picture.data.clear();
    let corrupt = |cause: String| {
        Error::data(format!(
            "a JPEG frame of {} bytes is corrupt",
            frame.data.len()
        ))
        .caused_by(cause)
        .advice("it is skipped; if this goes on, check the camera's cable")
    };
    let options = DecoderOptions::default()
        .jpeg_set_out_colorspace(ColorSpace::RGB)
        .set_max_width(LONGEST_SIDE)
        .set_max_height(LONGEST_SIDE)
        // What is strict about it is not what matters here: it takes half a picture with an end marker.
        .set_strict_mode(false);
    let whole = match checker.whole(&frame.data) {
        Ok(whole) => whole,
        Err(flaw) => return Err(corrupt(flaw.to_string())),
    };
    // The decoder reads whatever the cable delivers; what it stumbles over is a corrupt picture.
    let outcome = contained(|| {
        let mut decoder = JpegDecoder::new_with_options(ZCursor::new(whole), options);
        decoder
            .decode_headers()
            .map_err(|error| error.to_string())?;
        let info = decoder.info().ok_or("it has no header")?;
        let bytes = decoder.output_buffer_size().ok_or("it has no size")?;
        picture.data.resize(bytes, 0);
        decoder
            .decode_into(&mut picture.data)
            .map_err(|error| error.to_string())?;
        Ok::<_, String>(info)
    });
    let info = match outcome.and_then(|decoded| decoded) {
        Ok(info) => info,
        Err(cause) => {
            picture.data.clear();
            return Err(corrupt(cause));
        }
    };
    picture.format = PixelFormat::Rgb8;
    picture.width = u32::from(info.width);
    picture.height = u32::from(info.height);
    picture.captured_at = frame.captured_at;
    Ok(())
}
