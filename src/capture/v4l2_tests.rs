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
