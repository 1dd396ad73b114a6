//! The pure parts, and nodes that are no cameras; pictures need a camera.

use super::*;

const WANTED: Wanted = Wanted {
    width: 640,
    height: 480,
    fps: 15,
};

fn failure(path: &Path) -> String {
    match V4l2Opener::new(Some(path.to_owned()), WANTED).open() {
        Ok(camera) => panic!("{} opened", camera.description()),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_missing_node_is_told_with_what_is_there_instead() {
    let error = failure(Path::new("/dev/video4711"));
    assert!(
        error.starts_with("camera /dev/video4711 is not there: No such file"),
        "{error}"
    );
    assert!(
        error.contains("; no camera is there") || error.contains("; there is /dev/"),
        "{error}"
    );
}

#[test]
fn a_regular_file_is_no_camera() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let error = failure(file.path());
    assert!(error.contains("is no camera"), "{error}");
    assert!(failure(Path::new("/dev/null")).starts_with("/dev/null is no camera"));
}

#[test]
fn each_reason_that_the_system_gives_has_its_own_advice() {
    let node = Node {
        index: 3,
        path: "/dev/video3".into(),
        stable: None,
    };
    let said = |number: i32| {
        let text = format!("V4L2 Error: something (os error {number})");
        explained(&node, &NokhwaError::OpenDeviceError("3".into(), text)).to_string()
    };
    assert!(said(13).contains("group `video`"), "{}", said(13));
    assert!(said(16).contains("`fuser -v /dev/video3`"), "{}", said(16));
    assert!(said(19).contains("unplugged"), "{}", said(19));
    assert!(said(4).contains("did not answer in time"), "{}", said(4));
    let other = explained(&node, &NokhwaError::GeneralError("strange".into())).to_string();
    assert!(
        other.contains("strange") && other.contains("v4l2-ctl"),
        "{other}"
    );
}

#[test]
fn raw_pictures_are_cut_to_their_size_and_short_ones_are_refused() {
    let offer = |format| Offer {
        format,
        width: 6,
        height: 4,
        fps: 30,
    };
    let mut data = vec![0; 4096];
    assert!(cut_to_picture(&mut data, offer(PixelFormat::Yuyv)));
    assert_eq!(data.len(), 6 * 4 * 2);
    let mut data = vec![0; 4096];
    assert!(cut_to_picture(&mut data, offer(PixelFormat::Nv12)));
    assert_eq!(data.len(), 6 * 4 * 3 / 2);
    assert!(!cut_to_picture(&mut vec![0; 47], offer(PixelFormat::Yuyv)));
}

#[test]
fn jpeg_pictures_are_cut_at_their_end_and_not_at_that_of_the_bytes_behind() {
    let offer = Offer {
        format: PixelFormat::Mjpeg,
        width: 8,
        height: 8,
        fps: 30,
    };
    let picture = [
        0xFF, 0xD8, 0xFF, 0xC0, 0, 11, 8, 0, 8, 0, 8, 1, 1, 0x11, 0, 0xFF, 0xDA, 0, 8, 1, 1, 0, 0,
        63, 0, 1, 2, 3, 0xFF, 0xD9,
    ];
    let mut data = [&picture[..], &[9, 9, 0xFF, 0xD9, 9]].concat();
    assert!(cut_to_picture(&mut data, offer));
    assert_eq!(data, picture);
    // Without an end marker the decoder has to judge.
    let mut endless = picture[..picture.len() - 2].to_vec();
    assert!(cut_to_picture(&mut endless, offer));
    assert_eq!(endless.len(), picture.len() - 2);
    assert!(!cut_to_picture(&mut Vec::new(), offer));
}

#[test]
fn capture_times_come_from_the_driver_and_impossible_ones_are_replaced() {
    let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let age = |wall| taken_at(wall).elapsed();
    let second = Duration::from_secs(1);
    assert!(age(Some(wall.checked_sub(second * 2).unwrap())) >= second * 2);
    // An hour old, in the future, or not known: as good as now.
    for wall in [
        wall.checked_sub(second * 3600),
        Some(wall + second * 3600),
        None,
    ] {
        assert!(age(wall) < second * 2, "{wall:?}");
    }
}

#[test]
fn every_usable_format_survives_the_way_to_nokhwa_and_back() {
    for format in [PixelFormat::Yuyv, PixelFormat::Nv12, PixelFormat::Mjpeg] {
        let offer = Offer {
            format,
            width: 640,
            height: 480,
            fps: 15,
        };
        assert_eq!(as_format(offer).and_then(as_offer), Some(offer));
    }
    assert_eq!(as_offer(asked(FrameFormat::GRAY, WANTED)), None);
}
