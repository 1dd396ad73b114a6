//! Replay of files and folders as they are found in the field, bad ones among them.

use std::fs;

use image::{Rgb, RgbImage};
use tempfile::TempDir;

use super::*;
use crate::capture::PixelFormat;

const SHOWING: Showing = Showing {
    frames_per_photo: 1,
    width: 640,
    height: 480,
};

fn replay(path: &Path) -> ReplayOpener {
    ReplayOpener {
        path: path.to_owned(),
        repeat: false,
        fps: 1000,
        paced: false,
        showing: SHOWING,
    }
}

fn failure(path: &Path) -> String {
    let said = match replay(path).open() {
        Err(error) => error,
        Ok(mut camera) => camera
            .capture(&mut Frame::empty(Instant::now()))
            .expect_err("it fails"),
    };
    said.to_string()
}

/// A folder with a JPEG photograph in it, and that photograph's bytes.
fn folder() -> (TempDir, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("can.jpg");
    RgbImage::from_fn(40, 30, |x, y| Rgb([x as u8 * 6, y as u8 * 8, 90]))
        .save(&path)
        .unwrap();
    let bytes = fs::read(path).unwrap();
    (folder, bytes)
}

/// Counts of frames and skips until the end, and what was said about the skips.
fn watch(opener: &mut ReplayOpener) -> (usize, Vec<String>) {
    let mut camera = opener.open().unwrap();
    let mut frame = Frame::empty(Instant::now());
    let (mut frames, mut skipped) = (0, Vec::new());
    loop {
        match camera.capture(&mut frame).unwrap() {
            Captured::Frame => frames += 1,
            Captured::Skipped(error) => skipped.push(error.to_string()),
            Captured::End => return (frames, skipped),
        }
    }
}

#[test]
fn a_photograph_is_shown_between_empty_drop_zones() {
    let (folder, _) = folder();
    assert_eq!(
        watch(&mut replay(&folder.path().join("can.jpg"))),
        (3, vec![])
    );
}

#[test]
fn a_folder_is_walked_in_order_with_its_classes_and_bad_files_are_told() {
    let (folder, jpeg) = folder();
    let class = folder.path().join("paper");
    fs::create_dir(&class).unwrap();
    fs::write(class.join("cut.JPG"), &jpeg[..jpeg.len() / 2]).unwrap();
    fs::write(class.join("empty.png"), "").unwrap();
    fs::write(class.join("good.jpeg"), &jpeg).unwrap();
    fs::write(folder.path().join("README.txt"), "no photograph").unwrap();
    let (frames, skipped) = watch(&mut replay(folder.path()));
    assert_eq!(frames, 5, "empty, can, empty, good, empty");
    assert_eq!(skipped.len(), 2, "{skipped:?}");
    assert!(
        skipped[0].contains("cut.JPG: the photograph is cut off"),
        "{skipped:?}"
    );
    assert!(skipped[1].contains("empty.png is empty"), "{skipped:?}");
}

#[test]
fn what_a_mac_leaves_beside_photographs_is_not_shown() {
    let (folder, jpeg) = folder();
    for name in ["._can.jpg", ".DS_Store", ".hidden.png"] {
        fs::write(folder.path().join(name), "no photograph").unwrap();
    }
    fs::write(folder.path().join("tin.jfif"), &jpeg).unwrap();
    let (frames, skipped) = watch(&mut replay(folder.path()));
    assert_eq!((frames, skipped), (5, vec![]));
}

#[test]
fn a_missing_path_an_empty_folder_and_things_that_are_no_pictures_are_refused() {
    let (folder, _) = folder();
    let path = |name: &str| folder.path().join(name);
    assert!(failure(&path("nowhere")).contains("nowhere cannot be replayed: No such file"));
    fs::create_dir(path("bare")).unwrap();
    assert!(failure(&path("bare")).contains("bare holds no photograph"));
    fs::write(path("notes.jpg"), "these are notes").unwrap();
    assert!(failure(&path("notes.jpg")).contains("is no picture and no recording"));
    fs::write(path("empty.y4m"), "").unwrap();
    assert!(failure(&path("empty.y4m")).contains("is empty"));
    assert!(failure(Path::new("/dev/null")).contains("neither a file nor a folder"));
}

#[test]
fn a_photograph_of_a_hundred_megapixels_is_refused_by_its_header() {
    let (folder, mut jpeg) = folder();
    // The frame header: marker, length, precision, height, width.
    let at = jpeg
        .windows(2)
        .position(|pair| pair == [0xFF, 0xC0])
        .unwrap();
    jpeg[at + 5..at + 9].copy_from_slice(&[0x27, 0x10, 0x27, 0x10]);
    let path = folder.path().join("huge.jpg");
    fs::write(&path, jpeg).unwrap();
    let error = failure(&path);
    assert!(
        error.contains("10000x10000 pixels, more than 50 million"),
        "{error}"
    );
}

#[test]
fn an_mjpeg_file_gives_its_pictures_as_they_are() {
    let (folder, jpeg) = folder();
    let path = folder.path().join("clip.mjpeg");
    fs::write(
        &path,
        [&jpeg, &b"garbage"[..], &jpeg, &jpeg[..jpeg.len() - 9]].concat(),
    )
    .unwrap();
    let mut camera = replay(&path).open().unwrap();
    let mut frame = Frame::empty(Instant::now());
    for _ in 0..2 {
        assert!(matches!(camera.capture(&mut frame), Ok(Captured::Frame)));
        assert_eq!(
            (frame.format, frame.width, frame.height),
            (PixelFormat::Mjpeg, 40, 30)
        );
        assert_eq!(frame.data, jpeg);
    }
    let Ok(Captured::Skipped(error)) = camera.capture(&mut frame) else {
        panic!("the last is cut off")
    };
    assert!(
        error.to_string().contains("picture 3 is cut off"),
        "{error}"
    );
    assert!(matches!(camera.capture(&mut frame), Ok(Captured::End)));
}

#[test]
fn an_mjpeg_file_may_do_without_end_markers() {
    let (folder, jpeg) = folder();
    let path = folder.path().join("clip.mjpeg");
    let unended = &jpeg[..jpeg.len() - 2];
    fs::write(&path, unended.repeat(3)).unwrap();
    assert_eq!(watch(&mut replay(&path)), (3, vec![]));
}

#[test]
fn an_mjpeg_file_can_be_repeated_and_one_without_pictures_is_refused() {
    let (folder, jpeg) = folder();
    let path = folder.path().join("clip.mjpeg");
    fs::write(&path, [jpeg.as_slice(), &jpeg].concat()).unwrap();
    let mut camera = ReplayOpener {
        repeat: true,
        ..replay(&path)
    }
    .open()
    .unwrap();
    let mut frame = Frame::empty(Instant::now());
    for _ in 0..7 {
        assert!(matches!(camera.capture(&mut frame), Ok(Captured::Frame)));
    }
    fs::write(&path, "no pictures in here").unwrap();
    let error = failure(&path);
    assert!(error.contains("holds no JPEG picture"), "{error}");
}

#[test]
fn a_paced_replay_keeps_the_rate_and_an_unpaced_one_does_not_wait() {
    let (folder, _) = folder();
    let path = folder.path().join("can.jpg");
    let begun = Instant::now();
    watch(&mut ReplayOpener {
        paced: true,
        fps: 20,
        ..replay(&path)
    });
    // Three frames and the end: three intervals at least.
    assert!(begun.elapsed() >= Duration::from_millis(150));
    // Unpaced, at a rate at which waiting would take for ever.
    watch(&mut ReplayOpener {
        fps: 0,
        ..replay(&path)
    });
}

#[test]
fn a_photograph_is_turned_upright_as_its_camera_says() {
    let (_folder, jpeg) = folder();
    // An EXIF block whose only entry says: turned by 90 degrees (orientation 6).
    let exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    let length = (exif.len() as u16 + 2).to_be_bytes();
    let turned = [&jpeg[..2], &[0xFF, 0xE1], &length, exif, &jpeg[2..]].concat();
    let frame = Photo::embedded("turned", turned).read().unwrap();
    assert_eq!((frame.width, frame.height), (30, 40));
}

#[test]
fn a_pipe_among_the_photographs_is_left_out() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    let (folder, _) = folder();
    let pipe = folder.path().join("pipe.jpg");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let (frames, skipped) = watch(&mut replay(folder.path()));
    assert!(frames > 0);
    assert_eq!(skipped.len(), 1, "{skipped:?}");
    assert!(skipped[0].contains("it is a pipe"), "{skipped:?}");
}
