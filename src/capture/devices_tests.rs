//! Nodes and stable names in a folder that stands in for `/dev`.

use std::os::unix::fs::symlink;

use super::*;

fn dev() -> tempfile::TempDir {
    let dev = tempfile::tempdir().unwrap();
    for name in ["video10", "video2", "video0", "videocard", "video", "null"] {
        fs::write(dev.path().join(name), "").unwrap();
    }
    let by_id = dev.path().join("v4l/by-id");
    fs::create_dir_all(&by_id).unwrap();
    symlink(
        "../../video2",
        by_id.join("usb-Maker_Camera_123-video-index0"),
    )
    .unwrap();
    symlink("../../video99", by_id.join("usb-Unplugged-video-index0")).unwrap();
    dev
}

#[test]
fn nodes_come_in_the_order_of_their_numbers_with_their_stable_names() {
    let dev = dev();
    let nodes = nodes(dev.path());
    let found: Vec<_> = nodes
        .iter()
        .map(|node| (node.index, node.stable.is_some()))
        .collect();
    assert_eq!(found, [(0, false), (2, true), (10, false)]);
}

#[test]
fn a_missing_camera_is_told_with_the_stable_names_of_those_that_are_there() {
    let dev = dev();
    let error = find_in(dev.path(), &dev.path().join("video7"))
        .unwrap_err()
        .to_string();
    assert!(error.contains("video7 is not there"), "{error}");
    assert!(
        error.contains("usb-Maker_Camera_123-video-index0, "),
        "{error}"
    );
    let unplugged = dev.path().join("v4l/by-id/usb-Unplugged-video-index0");
    let error = find_in(dev.path(), &unplugged).unwrap_err().to_string();
    assert!(
        error.contains("usb-Unplugged-video-index0 is not there"),
        "{error}"
    );
}

#[test]
fn where_there_is_no_camera_at_all_the_ribbon_connector_is_mentioned() {
    let dev = tempfile::tempdir().unwrap();
    assert!(there_is(dev.path()).contains("rpicam"));
}

#[test]
fn listing_the_cameras_of_this_machine_does_not_fail() {
    for camera in cameras() {
        assert!(camera.offers.is_err() || !camera.offers.unwrap().is_empty());
    }
}
