//! The chunks of a PNG file (ISO/IEC 15948, clause 5): length, type, content, checksum.

use super::Flaw;

/// What every PNG file begins with.
pub const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Chunks that are not needed to decode the picture but change how it looks.
const LOOKS: [&[u8]; 7] = [
    b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"cICP",
];

/// The file with the chunks that make the picture, and nothing else.
///
/// # Errors
/// The file is cut off or is no sequence of chunks.
pub fn strip(file: &[u8]) -> Result<Vec<u8>, Flaw> {
    let mut kept = Vec::with_capacity(file.len());
    let mut rest = file.strip_prefix(SIGNATURE).ok_or(Flaw::Malformed)?;
    kept.extend_from_slice(SIGNATURE);
    loop {
        let head = rest.split_first_chunk::<8>().ok_or(Flaw::CutOff)?.0;
        let [a, b, c, d, kind @ ..] = *head;
        let content = usize::try_from(u32::from_be_bytes([a, b, c, d])).ok();
        let length = content
            .and_then(|content| content.checked_add(12))
            .ok_or(Flaw::Malformed)?;
        let (chunk, after) = rest.split_at_checked(length).ok_or(Flaw::CutOff)?;
        rest = after;
        // A capital letter says that the picture cannot be decoded without the chunk.
        if kind[0].is_ascii_uppercase() || LOOKS.contains(&&kind[..]) {
            kept.extend_from_slice(chunk);
        }
        if &kind == b"IEND" {
            return Ok(kept);
        }
    }
}

#[cfg(test)]
mod tests {
    use image::{ImageFormat, Rgb, RgbImage};
    use proptest::prelude::*;

    use super::*;

    fn drawing() -> Vec<u8> {
        let picture = RgbImage::from_fn(30, 20, |x, y| Rgb([8 * x as u8, 9 * y as u8, 90]));
        let mut file = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut file, ImageFormat::Png).unwrap();
        file.into_inner()
    }

    /// The drawing with an author behind its header, and something behind its end.
    fn signed() -> Vec<u8> {
        let plain = drawing();
        let header = SIGNATURE.len() + 25;
        let mut file = plain[..header].to_vec();
        file.extend_from_slice(b"\0\0\0\x0ftEXtAuthor\0Jane Doe\0\0\0\0");
        file.extend_from_slice(&plain[header..]);
        file.extend_from_slice(b"Jane Doe");
        file
    }

    #[test]
    fn the_author_goes_and_the_picture_stays() {
        assert_eq!(strip(&signed()).unwrap(), drawing());
        assert_eq!(strip(&drawing()[..60]), Err(Flaw::CutOff));
        assert_eq!(strip(b"\x89PNG\n"), Err(Flaw::Malformed));
    }

    proptest! {
        #[test]
        fn no_bytes_upset_it(place in 0_usize..200, byte: u8, length in 0_usize..400) {
            let mut file = signed();
            let place = place % file.len();
            file[place] = byte;
            file.truncate(length);
            if let Ok(stripped) = strip(&file) {
                prop_assert_eq!(strip(&stripped), Ok(stripped));
            }
        }
    }
}
