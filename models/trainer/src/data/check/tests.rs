//! What a check finds in data sets that were made to be found fault with.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be set up fails where it stands"
)]

use std::fs;
use std::path::Path;

use image::{Rgb, RgbImage, codecs::jpeg::JpegEncoder};

use super::finding::{Kind, Severity};
use super::{Checked, check};

/// A picture that looks like no other number's: each cell of a coarse grid has a grey of its own.
fn picture(number: u32) -> RgbImage {
    RgbImage::from_fn(96, 96, |x, y| {
        let cell = (x / 12) * 8 + y / 12 + number * 64;
        let grey = (cell.wrapping_mul(2_654_435_761) >> 24) as u8;
        Rgb([grey, grey / 2 + 60, 255 - grey])
    })
}

/// Two classes of six pictures each, all different.
fn sound(root: &Path) {
    for (class, first) in [("glass", 0), ("paper", 100)] {
        fs::create_dir_all(root.join(class)).unwrap();
        for number in 0..6 {
            let file = root.join(class).join(format!("{number}.png"));
            picture(first + number).save(file).unwrap();
        }
    }
}

/// Writes picture 0 once more, as a JPEG file of mean quality.
fn save_anew(file: &Path) {
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, 60);
    picture(0).write_with_encoder(encoder).unwrap();
    fs::write(file, bytes).unwrap();
}

fn checked(root: &Path) -> Checked {
    check(&[root.to_owned()], true).unwrap()
}

/// The kinds of what was found, with how many places.
fn kinds(checked: &Checked) -> Vec<(Kind, usize)> {
    let findings = checked.report.findings.iter();
    findings
        .map(|finding| (finding.kind, finding.places.len()))
        .collect()
}

fn tree() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    sound(folder.path());
    folder
}

#[test]
fn a_sound_data_set_is_not_complained_about() {
    let folder = tree();
    let checked = checked(folder.path());
    assert!(kinds(&checked).is_empty(), "{}", checked.report);
    assert!(checked.report.to_string().contains("nothing to complain"));
}

#[test]
fn a_picture_in_two_classes_is_an_error_and_in_one_a_warning() {
    let folder = tree();
    let root = folder.path();
    fs::copy(root.join("glass/0.png"), root.join("paper/again.png")).unwrap();
    fs::copy(root.join("glass/1.png"), root.join("glass/again.png")).unwrap();
    let checked = checked(root);
    assert_eq!(
        kinds(&checked),
        [(Kind::Contradiction, 1), (Kind::Duplicate, 1)]
    );
    assert_eq!((checked.report.errors, checked.report.warnings), (1, 1));
    let text = checked.report.to_string();
    assert!(
        text.contains("glass/0.png = ") && text.contains("paper/again.png"),
        "{text}"
    );
}

#[test]
fn the_same_pixels_in_another_file_are_the_same_picture() {
    let folder = tree();
    let root = folder.path();
    // Bytes behind the end change the file and not the picture.
    let mut bytes = fs::read(root.join("glass/0.png")).unwrap();
    bytes.extend_from_slice(b"more");
    fs::write(root.join("paper/again.png"), bytes).unwrap();
    assert_eq!(kinds(&checked(root)), [(Kind::Contradiction, 1)]);
    assert_eq!(checked(root).suspects[0].note, "the same pixels");
}

#[test]
fn a_picture_that_was_saved_anew_is_suspected() {
    let folder = tree();
    let root = folder.path();
    save_anew(&root.join("paper/again.jpg"));
    assert_eq!(kinds(&checked(root)), [(Kind::LikelyContradiction, 1)]);
    fs::rename(root.join("paper/again.jpg"), root.join("glass/again.jpg")).unwrap();
    assert_eq!(kinds(&checked(root)), [(Kind::NearDuplicate, 1)]);
}

#[test]
fn leaks_between_lists_and_lines_that_name_nothing_are_found() {
    let folder = tree();
    let root = folder.path();
    fs::copy(root.join("glass/1.png"), root.join("glass/copy.png")).unwrap();
    save_anew(&root.join("glass/anew.jpg"));
    fs::create_dir(root.join("splits")).unwrap();
    let write = |name: &str, lines: &str| {
        fs::write(root.join(format!("splits/own-{name}.txt")), lines).unwrap();
    };
    write(
        "train",
        "glass/0.png\nglass/1.png\npaper/1.png\npaper/1.png\n",
    );
    write("val", "paper/1.png\nglass/gone.png\n");
    write("test", "glass/copy.png\nglass/anew.jpg\n");
    let found = kinds(&checked(root));
    for expected in [
        // paper/1.png is named on two sides, and glass/copy.png is glass/1.png.
        (Kind::Leak, 2),
        (Kind::LikelyLeak, 1),
        (Kind::Missing, 0),
        (Kind::Repeated, 0),
    ] {
        assert!(
            found.contains(&expected),
            "{expected:?} is not in {found:?}"
        );
    }
    let text = checked(root).report.to_string();
    assert!(
        text.contains("own-val.txt line 2") && text.contains("gone.png"),
        "{text}"
    );
    assert!(text.contains("1 of 2 pictures of test"), "{text}");
    let without = check(&[root.to_owned()], false).unwrap();
    assert!(kinds(&without).contains(&(Kind::Unlisted, 3)));
}

#[test]
fn files_that_training_skips_and_classes_that_it_refuses_are_told() {
    let folder = tree();
    let root = folder.path();
    fs::write(root.join("glass/broken.jpg"), b"\xff\xd8\xffno picture").unwrap();
    fs::write(root.join("glass/telephone.heic"), b"").unwrap();
    RgbImage::from_fn(20, 90, |x, y| Rgb([x as u8 * 9, y as u8, 7]))
        .save(root.join("glass/narrow.png"))
        .unwrap();
    fs::create_dir(root.join("metal")).unwrap();
    picture(200).save(root.join("metal/only.png")).unwrap();
    let checked = checked(root);
    let expected = [
        (Kind::Few, 0),
        (Kind::Unreadable, 1),
        (Kind::Tiny, 1),
        (Kind::Uneven, 0),
        (Kind::Ignored, 1),
    ];
    assert_eq!(kinds(&checked), expected);
    let few = &checked.report.findings[0];
    assert_eq!(few.severity, Severity::Error);
    assert!(few.what.contains("metal has 1"), "{}", few.what);
}

#[test]
fn several_folders_are_checked_as_one_and_drawn() {
    let (one, other) = (tree(), tempfile::tempdir().unwrap());
    let root = other.path();
    fs::create_dir(root.join("glass")).unwrap();
    fs::copy(one.path().join("paper/2.png"), root.join("glass/x.png")).unwrap();
    let folders = [one.path().to_owned(), root.to_owned()];
    let checked = check(&folders, false).unwrap();
    assert_eq!(kinds(&checked), [(Kind::Contradiction, 1)]);
    let file = root.join("sheet.png");
    crate::plots::check(&file, &folders, &checked).unwrap();
    assert!(image::open(&file).unwrap().width() > 1000);
}

#[cfg(unix)]
#[test]
fn a_file_whose_name_is_no_utf_8_is_told_in_words_and_in_json() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let folder = tree();
    let broken = folder
        .path()
        .join("glass")
        .join(OsStr::from_bytes(b"caf\xe9.jpg"));
    fs::write(broken, "no picture").unwrap();
    let report = checked(folder.path()).report;
    let json = serde_json::to_string(&report).unwrap();
    for told in [report.to_string(), json] {
        assert!(told.contains("caf\u{fffd}.jpg"), "{told}");
    }
}
