//! The segments of a JPEG file (ITU-T T.81, annex B): a marker, mostly a length, mostly content; after
//! a scan's header its coded data, up to the next marker.

use super::Flaw;

const START: u8 = 0xd8;
const END: u8 = 0xd9;
const SCAN: u8 = 0xda;
const COMMENT: u8 = 0xfe;

/// Bytes of JFIF's segment without its preview.
const JFIF: usize = 14;

/// The file without comments and without the segments of applications, but for JFIF's (without its
/// preview), the colour profile, and Adobe's, which says how colours are coded.
///
/// # Errors
/// The file is cut off or is no sequence of segments.
pub fn strip(file: &[u8]) -> Result<Vec<u8>, Flaw> {
    let mut kept = Vec::with_capacity(file.len());
    let mut rest = file.strip_prefix(&[0xff, START]).ok_or(Flaw::Malformed)?;
    kept.extend_from_slice(&[0xff, START]);
    let mut scanned = false;
    loop {
        let (marker, after) = marker(rest)?;
        rest = after;
        match marker {
            END if scanned => {
                kept.extend_from_slice(&[0xff, END]);
                return Ok(kept);
            }
            // A second start or an end before any scan belongs to no picture.
            START | END | 0x00 => return Err(Flaw::Malformed),
            // Markers that stand alone.
            0x01 | 0xd0..=0xd7 => kept.extend_from_slice(&[0xff, marker]),
            _ => {
                let (content, after) = segment(rest)?;
                rest = after;
                write(&mut kept, marker, content);
                if marker == SCAN {
                    scanned = true;
                    let coded = coded_length(rest).ok_or(Flaw::CutOff)?;
                    kept.extend_from_slice(&rest[..coded]);
                    rest = &rest[coded..];
                }
            }
        }
    }
}

/// The marker at the beginning of `rest`, which any number of fill bytes may precede.
fn marker(rest: &[u8]) -> Result<(u8, &[u8]), Flaw> {
    let after = rest.strip_prefix(&[0xff]).ok_or(if rest.is_empty() {
        Flaw::CutOff
    } else {
        Flaw::Malformed
    })?;
    let fill = after.iter().take_while(|byte| **byte == 0xff).count();
    match after[fill..].split_first() {
        Some((marker, rest)) => Ok((*marker, rest)),
        None => Err(Flaw::CutOff),
    }
}

/// The content of the segment whose length stands at the beginning of `rest`.
fn segment(rest: &[u8]) -> Result<(&[u8], &[u8]), Flaw> {
    let (length, after) = rest.split_first_chunk::<2>().ok_or(Flaw::CutOff)?;
    let length = usize::from(u16::from_be_bytes(*length));
    let content = length.checked_sub(2).ok_or(Flaw::Malformed)?;
    after.split_at_checked(content).ok_or(Flaw::CutOff)
}

fn write(kept: &mut Vec<u8>, marker: u8, content: &[u8]) {
    let mut jfif = [0; JFIF];
    let content = match marker {
        0xe0 if content.starts_with(b"JFIF\0") && content.len() >= JFIF => {
            // The last two bytes are the sides of a preview, which is left out.
            jfif[..JFIF - 2].copy_from_slice(&content[..JFIF - 2]);
            &jfif[..]
        }
        0xe2 if content.starts_with(b"ICC_PROFILE\0") => content,
        0xee if content.starts_with(b"Adobe") => content,
        0xe0..=0xef | COMMENT => return,
        _ => content,
    };
    // A segment never holds more than its length can say: it was read with one.
    let length = (content.len() + 2) as u16;
    kept.extend_from_slice(&[0xff, marker]);
    kept.extend_from_slice(&length.to_be_bytes());
    kept.extend_from_slice(content);
}

/// Bytes up to the next marker that is no part of the coded data; none where the file ends first.
fn coded_length(data: &[u8]) -> Option<usize> {
    data.windows(2)
        .position(|pair| pair[0] == 0xff && !matches!(pair[1], 0x00 | 0xd0..=0xd7 | 0xff))
}

#[cfg(test)]
mod tests {
    use image::{ImageFormat, Rgb, RgbImage};
    use proptest::prelude::*;

    use super::*;

    fn photograph() -> Vec<u8> {
        let picture = RgbImage::from_fn(70, 50, |x, y| Rgb([3 * x as u8, 4 * y as u8, 90]));
        let mut file = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut file, ImageFormat::Jpeg).unwrap();
        file.into_inner()
    }

    /// The photograph as a telephone would have written it.
    fn talkative() -> Vec<u8> {
        let plain = photograph();
        let mut file = plain[..2].to_vec();
        for (marker, content) in [
            (0xe1_u8, &b"Exif\0\0GPS 48.1 N 11.5 E"[..]),
            (0xfe, b"taken by Jane Doe"),
            (0xed, b"Photoshop 3.0\0Jane Doe"),
        ] {
            file.extend_from_slice(&[0xff, marker, 0, content.len() as u8 + 2]);
            file.extend_from_slice(content);
        }
        file.extend_from_slice(&plain[2..]);
        file.extend_from_slice(b"a film of Jane Doe");
        file
    }

    fn contains(bytes: &[u8], words: &[u8]) -> bool {
        bytes.windows(words.len()).any(|window| window == words)
    }

    #[test]
    fn what_the_camera_wrote_goes_and_every_pixel_stays() {
        let stripped = strip(&talkative()).unwrap();
        assert!(!contains(&stripped, b"GPS") && !contains(&stripped, b"Jane"));
        assert_eq!(stripped, strip(&photograph()).unwrap());
        let (before, after) = (
            image::load_from_memory(&talkative()).unwrap(),
            image::load_from_memory(&stripped).unwrap(),
        );
        assert_eq!(before, after);
    }

    #[test]
    fn half_a_picture_is_none() {
        let whole = photograph();
        for length in [2, 30, whole.len() / 2, whole.len() - 1] {
            assert_eq!(strip(&whole[..length]), Err(Flaw::CutOff), "{length}");
        }
        assert_eq!(strip(b"<html>"), Err(Flaw::Malformed));
    }

    proptest! {
        #[test]
        fn no_bytes_upset_it(place in 0_usize..600, byte: u8, length in 0_usize..2000) {
            let mut file = talkative();
            let place = place % file.len();
            file[place] = byte;
            file.truncate(length);
            if let Ok(stripped) = strip(&file) {
                prop_assert_eq!(strip(&stripped), Ok(stripped));
            }
        }
    }
}
