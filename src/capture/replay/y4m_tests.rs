//! Y4M files in memory.

use std::io::Cursor;
use std::time::Instant;

use proptest::prelude::*;

use super::*;

fn recording(bytes: &[u8], repeat: bool) -> Result<Recording<Cursor<Vec<u8>>>> {
    Recording::new(Cursor::new(bytes.to_vec()), Path::new("clip.y4m"), repeat)
}

fn failure(header: &str) -> String {
    recording(header.as_bytes(), false)
        .expect_err("it is refused")
        .to_string()
}

/// A file with frames of 5x3 pixels, each filled with one value.
fn clip(colour: &str, values: &[u8]) -> Vec<u8> {
    let mut bytes = format!("YUV4MPEG2 W5 H3 F30:1 Ip A1:1 {colour}\n").into_bytes();
    for value in values {
        bytes.extend(b"FRAME Ip\n");
        bytes.extend([*value; 5 * 3 + 2 * 3 * 2]);
    }
    bytes
}

fn values(recording: &mut Recording<Cursor<Vec<u8>>>, most: usize) -> (Vec<u8>, String) {
    let mut frame = Frame::empty(Instant::now());
    let mut values = Vec::new();
    while values.len() < most {
        match recording.next(&mut frame) {
            Ok(Captured::Frame) => {
                assert_eq!(
                    (frame.width, frame.height, frame.format),
                    (5, 3, PixelFormat::I420)
                );
                assert_eq!(frame.data.len(), 27);
                values.push(frame.data[0]);
            }
            Ok(Captured::End) => return (values, "end".into()),
            Ok(Captured::Skipped(error)) | Err(error) => return (values, error.to_string()),
        }
    }
    (values, String::new())
}

#[test]
fn frames_come_in_order_and_then_the_end() {
    for colour in ["C420jpeg", "C420mpeg2", "C420paldv", "C420", ""] {
        let mut recording = recording(&clip(colour, &[1, 2, 3]), false).unwrap();
        assert_eq!(values(&mut recording, 10), (vec![1, 2, 3], "end".into()));
        assert_eq!(values(&mut recording, 10).1, "end", "the end stays the end");
    }
}

#[test]
fn full_range_is_honoured_where_the_header_says_so() {
    let mut frame = Frame::empty(Instant::now());
    for (said, format) in [
        (
            "C420jpeg XYSCSS=420JPEG XCOLORRANGE=FULL",
            PixelFormat::I420Full,
        ),
        ("XCOLORRANGE=LIMITED", PixelFormat::I420),
        ("C420jpeg", PixelFormat::I420),
    ] {
        let mut recording = recording(&clip(said, &[1]), true).unwrap();
        for _ in 0..2 {
            assert!(matches!(recording.next(&mut frame), Ok(Captured::Frame)));
            assert_eq!(frame.format, format, "{said}");
        }
    }
}

#[test]
fn a_repeated_recording_begins_again() {
    let mut recording = recording(&clip("C420", &[1, 2]), true).unwrap();
    assert_eq!(values(&mut recording, 5).0, [1, 2, 1, 2, 1]);
}

#[test]
fn a_frame_that_is_cut_off_is_told() {
    let bytes = clip("C420", &[1, 2]);
    let mut recording = recording(&bytes[..bytes.len() - 5], false).unwrap();
    let (shown, said) = values(&mut recording, 10);
    assert_eq!(shown, [1]);
    assert!(said.contains("clip.y4m: frame 2 is cut off"), "{said}");
    assert_eq!(values(&mut recording, 10).1, "end");
}

#[test]
fn a_damaged_recording_says_where() {
    let mut bytes = clip("C420", &[1, 2]);
    bytes.extend(b"garbage");
    let (_, said) = values(&mut recording(&bytes, false).unwrap(), 10);
    assert!(said.contains("frame 3 does not begin"), "{said}");
}

#[test]
fn a_recording_without_frames_is_refused_instead_of_repeated_for_ever() {
    let (_, said) = values(&mut recording(&clip("C420", &[]), true).unwrap(), 10);
    assert!(said.contains("holds no frame"), "{said}");
}

#[test]
fn what_cannot_be_read_is_refused_with_what_to_do() {
    assert!(failure("YUV4MPEG2 W8 H8 C444\n").contains("ffmpeg"));
    assert!(failure("YUV4MPEG2 W8 H8 C420p10\n").contains("420p10"));
    assert!(failure("YUV4MPEG2 W20000 H10000\n").contains("20000x10000"));
    assert!(failure("YUV4MPEG2 W99999999999 H2\n").contains("how large"));
    assert!(failure("YUV4MPEG2 F30:1\n").contains("how large"));
    assert!(failure("RIFF....AVI \n").contains("no Y4M file"));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(
        start in prop::sample::select(vec!["", "YUV4MPEG2 ", "YUV4MPEG2 W4 H4\n", "YUV4MPEG2 W4 H4\nFRAME\n"]),
        bytes in prop::collection::vec(any::<u8>(), 0..400),
        repeat in any::<bool>(),
    ) {
        if let Ok(mut recording) = recording(&[start.as_bytes(), &bytes].concat(), repeat) {
            let mut frame = Frame::empty(Instant::now());
            for _ in 0..20 {
                let _ = recording.next(&mut frame);
            }
        }
    }
}
