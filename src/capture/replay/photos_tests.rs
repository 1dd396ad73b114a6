//! Sequences of small drawn photographs.

use std::io::Cursor;

use image::{ImageFormat, Rgb, RgbImage};

use super::*;

const SHOWING: Showing = Showing {
    frames_per_photo: 2,
    width: 64,
    height: 48,
};

/// A photograph of one dark colour.
fn photo(name: &str, width: u32, height: u32, level: u8) -> Photo {
    let mut bytes = Cursor::new(Vec::new());
    RgbImage::from_pixel(width, height, Rgb([level; 3]))
        .write_to(&mut bytes, ImageFormat::Png)
        .unwrap();
    Photo::embedded(name, bytes.into_inner())
}

/// What the frames show until the end, at most `most`: a photograph's name, `-` or an error.
fn watch(sequence: &mut PhotoSequence, most: usize) -> Vec<String> {
    let mut frame = Frame::empty(Instant::now());
    let mut seen = Vec::new();
    while seen.len() < most {
        seen.push(match sequence.next_frame(&mut frame) {
            Ok(Captured::Frame) => {
                let size = (frame.width * frame.height * 3) as usize;
                assert_eq!((frame.data.len(), frame.format), (size, PixelFormat::Rgb8));
                let level = frame.data[size / 2];
                let shown = sequence.shown().map_or("-", Photo::name);
                assert_eq!(shown == "-", level > 180, "an empty light board is light");
                format!("{shown} {}x{}", frame.width, frame.height)
            }
            Ok(Captured::Skipped(error)) => format!("skipped: {error}"),
            Ok(Captured::End) => return seen,
            Err(error) => {
                seen.push(format!("failed: {error}"));
                return seen;
            }
        });
    }
    seen
}

#[test]
fn each_photograph_stands_between_empty_drop_zones_of_its_size() {
    let photos = vec![
        photo("a", 32, 24, 10),
        photo("b", 32, 24, 20),
        photo("c", 20, 20, 30),
    ];
    let seen = watch(&mut PhotoSequence::new(photos, SHOWING, false), 100);
    let wanted: Vec<_> = [
        "- 32x24", "a 32x24", "- 32x24", "b 32x24", "- 32x24", "- 20x20", "c 20x20", "- 20x20",
    ]
    .into_iter()
    .flat_map(|line| [line, line])
    .collect();
    assert_eq!(seen, wanted);
}

#[test]
fn a_repeated_sequence_goes_on() {
    let mut sequence = PhotoSequence::new(vec![photo("a", 32, 24, 10)], SHOWING, true);
    let seen = watch(&mut sequence, 14);
    let round = ["a 32x24", "a 32x24", "- 32x24", "- 32x24"];
    assert_eq!(seen[2..], round.repeat(3));
}

#[test]
fn photographs_larger_than_the_frame_are_made_smaller_and_keep_their_shape() {
    let photos = vec![photo("wide", 640, 240, 10)];
    let seen = watch(&mut PhotoSequence::new(photos, SHOWING, false), 3);
    assert_eq!(seen[2], "wide 64x24");
}

#[test]
fn frames_differ_a_little_from_each_other_and_not_at_all_between_runs() {
    let run = || {
        let mut sequence = PhotoSequence::new(vec![photo("a", 32, 24, 100)], SHOWING, false);
        let mut frames = Vec::new();
        let mut frame = Frame::empty(Instant::now());
        while let Ok(Captured::Frame) = sequence.next_frame(&mut frame) {
            frames.push(frame.data.clone());
        }
        frames
    };
    let frames = run();
    assert_eq!(frames, run());
    assert_ne!(frames[2], frames[3]);
    assert!(frames[2].iter().all(|byte| byte.abs_diff(100) <= 2));
}

#[test]
fn a_bad_photograph_is_skipped_and_told() {
    let photos = vec![
        Photo::embedded("bad.jpg", &b"not a picture"[..]),
        photo("good", 32, 24, 10),
    ];
    let seen = watch(&mut PhotoSequence::new(photos, SHOWING, false), 100);
    assert!(
        seen[0].starts_with("skipped: bad.jpg is no JPEG or PNG photograph;"),
        "{}",
        seen[0]
    );
    assert_eq!(seen.len(), 1 + 6);
}

#[test]
fn where_no_photograph_can_be_read_it_fails_instead_of_searching_for_ever() {
    let bad = || Photo::embedded("bad", &b"x"[..]);
    let seen = watch(
        &mut PhotoSequence::new(vec![bad(), bad()], SHOWING, true),
        100,
    );
    assert_eq!(seen.len(), 3);
    assert!(
        seen[2].starts_with("failed: none of 2 photographs can be read"),
        "{seen:?}"
    );
    let seen = watch(&mut PhotoSequence::new(vec![bad()], SHOWING, true), 100);
    assert_eq!(
        seen.len(),
        1,
        "the only one says itself what is wrong with it"
    );
}
