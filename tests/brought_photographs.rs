//! Photographs as phones, cameras and laptops leave them: odd, and to be read all the same.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be set up fails where it stands"
)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::classify;

const GOOD: &str = "tests/photos/glass/glass64.jpg";

fn photograph(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, bytes).expect("written");
    path
}

/// A JPEG without the segments that define Huffman tables.
fn without_tables(jpeg: &[u8]) -> Vec<u8> {
    let mut bytes = jpeg[..2].to_vec();
    let mut rest = &jpeg[2..];
    while rest[1] != 0xDA {
        let length = 2 + usize::from(u16::from_be_bytes([rest[2], rest[3]]));
        if rest[1] != 0xC4 {
            bytes.extend(&rest[..length]);
        }
        rest = &rest[length..];
    }
    [&bytes, rest].concat()
}

#[test]
fn what_a_photograph_lacks_without_need_changes_no_answer() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    // The encoder uses the standard tables, which are meant where there are none.
    let mut good = Vec::new();
    let pixels = image::open(common::root().join(GOOD)).unwrap();
    let mut cursor = std::io::Cursor::new(&mut good);
    pixels
        .write_to(&mut cursor, image::ImageFormat::Jpeg)
        .unwrap();
    let paths = [
        photograph(at, "whole.jpg", &good),
        photograph(at, "no-end.jpg", &good[..good.len() - 2]),
        photograph(at, "half-an-end.jpg", &good[..good.len() - 1]),
        photograph(at, "behind.jpg", [&good, &good[..9000]].concat()),
        photograph(at, "no-tables.jpg", without_tables(&good)),
        photograph(at, "neither.jpg", without_tables(&good[..good.len() - 2])),
    ];
    let (ran, answers) = classify(&paths);
    assert_eq!((ran.status, ran.err.as_str()), (0, ""), "{}", ran.out);
    for (answer, path) in answers.iter().zip(&paths) {
        assert_eq!(answer["scores"], answers[0]["scores"], "{}", path.display());
    }
}

#[test]
fn photographs_of_fifty_megapixels_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let sizes = [(8160, 6144), (8192, 6144)];
    let paths = sizes.map(|(width, height)| {
        let path = folder.path().join(format!("{width}.jfif"));
        let grey = image::GrayImage::from_pixel(width, height, image::Luma([180]));
        let mut file = fs::File::create(&path).unwrap();
        grey.write_to(
            &mut std::io::BufWriter::new(&mut file),
            image::ImageFormat::Jpeg,
        )
        .unwrap();
        path
    });
    let (ran, answers) = classify(&paths);
    assert_eq!((ran.status, answers.len()), (0, 2), "{ran:?}");
}

#[test]
fn what_a_mac_leaves_beside_photographs_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fs::copy(common::root().join(GOOD), at.join("can.JFIF")).unwrap();
    photograph(at, "._can.jpg", "\0\x05\x16\x07");
    photograph(at, ".DS_Store", "\0\0\0\x01Bud1");
    fs::create_dir(at.join(".Trashes")).unwrap();
    photograph(&at.join(".Trashes"), "old.jpg", "");
    let (ran, answers) = classify(&[at]);
    assert_eq!((ran.status, answers.len()), (0, 1), "{ran:?}");
}
