//! Buffers with stale bytes in them, and clocks that are wrong.

use super::*;
use crate::capture::PixelFormat;

#[test]
fn raw_pictures_are_cut_to_their_size_and_short_ones_are_refused() {
    let offer = |format| Offer {
        format,
        width: 6,
        height: 4,
        fps: 30,
    };
    let mut data = vec![0; 4096];
    assert_eq!(
        cut_to_picture(&mut data, offer(PixelFormat::Yuyv)),
        Some((6, 4))
    );
    assert_eq!(data.len(), 6 * 4 * 2);
    let mut data = vec![0; 4096];
    assert_eq!(
        cut_to_picture(&mut data, offer(PixelFormat::Nv12)),
        Some((6, 4))
    );
    assert_eq!(data.len(), 6 * 4 * 3 / 2);
    assert_eq!(
        cut_to_picture(&mut vec![0; 47], offer(PixelFormat::Yuyv)),
        None
    );
}

#[test]
fn jpeg_pictures_are_cut_at_their_end_and_not_at_that_of_the_bytes_behind() {
    let offer = Offer {
        format: PixelFormat::Mjpeg,
        width: 640,
        height: 480,
        fps: 30,
    };
    let picture = [
        0xFF, 0xD8, 0xFF, 0xC0, 0, 11, 8, 0, 8, 0, 8, 1, 1, 0x11, 0, 0xFF, 0xDA, 0, 8, 1, 1, 0, 0,
        63, 0, 1, 2, 3, 0xFF, 0xD9,
    ];
    let mut data = [&picture[..], &[9, 9, 0xFF, 0xD9, 9]].concat();
    assert_eq!(
        cut_to_picture(&mut data, offer),
        Some((8, 8)),
        "its own size, not the offered one"
    );
    assert_eq!(data, picture);
    // Without an end marker the decoder has to judge, up to the next picture if there is one.
    for behind in [&[][..], &picture] {
        let endless = &picture[..picture.len() - 2];
        let mut data = [endless, behind].concat();
        assert_eq!(cut_to_picture(&mut data, offer), Some((8, 8)));
        assert_eq!(data, endless);
    }
    assert_eq!(cut_to_picture(&mut Vec::new(), offer), None);
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
