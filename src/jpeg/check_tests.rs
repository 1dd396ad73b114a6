//! Pictures of all layouts, whole and not.

use proptest::prelude::*;

use super::super::testing::{Layout, Written};
use super::*;

const COLOUR: [(u8, u8); 3] = [(1, 1), (1, 1), (1, 1)];
const HALF: [(u8, u8); 3] = [(2, 1), (1, 1), (1, 1)];
const QUARTER: [(u8, u8); 3] = [(2, 2), (1, 1), (1, 1)];

fn layouts() -> impl Strategy<Value = Layout> {
    let sampling = prop::sample::select(vec![
        COLOUR.to_vec(),
        HALF.to_vec(),
        QUARTER.to_vec(),
        vec![(1, 2), (1, 1), (1, 1)],
        vec![(4, 1), (1, 1), (1, 1)],
        vec![(1, 1)],
        vec![(2, 2)],
        vec![(2, 2), (1, 1), (1, 1), (2, 2)],
    ]);
    let size = (1_u16..70, 1_u16..70);
    let interval = prop_oneof![Just(0_u16), 1_u16..9];
    (size, sampling, any::<bool>(), any::<bool>(), interval).prop_map(
        |(size, sampling, progressive, interleaved, interval)| Layout {
            progressive,
            interleaved,
            interval,
            ..Layout::sequential(size, &sampling)
        },
    )
}

fn whole(bytes: &[u8]) -> Result<Vec<u8>, Flaw> {
    Checker::default().whole(bytes).map(<[u8]>::to_vec)
}

/// The picture with the data of a scan cut off at a place, and an end marker behind what is left.
fn cut(written: &Written, scan: usize, at: usize) -> Vec<u8> {
    let data = &written.scans[scan];
    [&written.bytes[..data.start + at], &END].concat()
}

proptest! {
    #[test]
    fn a_whole_picture_is_given_as_it_is(layout in layouts(), seed: u64, behind: Vec<u8>) {
        let picture = layout.write(seed).bytes;
        prop_assert_eq!(whole(&picture), Ok(picture.clone()));
        let followed = [picture.as_slice(), &behind].concat();
        prop_assert_eq!(whole(&followed), Ok(picture));
    }

    #[test]
    fn one_without_an_end_marker_gets_one(layout in layouts(), seed: u64, left in 0..2_usize) {
        let picture = layout.write(seed).bytes;
        // Of the two bytes of the marker one may have come.
        let given = whole(&picture[..picture.len() - 2 + left]).unwrap();
        prop_assert!(given.starts_with(&picture[..picture.len() - 2]));
        prop_assert!(given.ends_with(&END));
    }

    #[test]
    fn one_whose_data_are_cut_off_is_none_whatever_follows(
        layout in layouts(), seed: u64, scan: prop::sample::Index, at: prop::sample::Index,
    ) {
        let written = layout.write(seed);
        let scan = scan.index(written.scans.len());
        let at = at.index(written.scans[scan].len());
        let half = cut(&written, scan, at);
        prop_assert_eq!(whole(&half), Err(Flaw::CutOff));
        prop_assert_eq!(whole(&half[..half.len() - 2]), Err(Flaw::CutOff));
        let next = [&half[..half.len() - 2], &written.bytes].concat();
        prop_assert_eq!(whole(&next), Err(Flaw::CutOff));
    }

    #[test]
    fn one_that_is_cut_off_in_a_header_is_none(layout in layouts(), seed: u64, at: prop::sample::Index) {
        let written = layout.write(seed);
        let at = 2 + at.index(written.scans[0].start - 2);
        prop_assert_eq!(whole(&written.bytes[..at]), Err(Flaw::CutOff));
    }

    #[test]
    fn no_bytes_make_it_panic(layout in layouts(), seed: u64, flips in prop::collection::vec(
        (any::<prop::sample::Index>(), any::<u8>()), 0..12,
    )) {
        let mut picture = layout.write(seed).bytes;
        for (at, byte) in flips {
            let at = at.index(picture.len());
            picture[at] = byte;
        }
        let _ = whole(&picture);
    }
}

#[test]
fn a_progressive_picture_may_end_behind_any_scan_once_all_colours_have_come() {
    let layout = Layout {
        progressive: true,
        ..Layout::sequential((40, 33), &QUARTER)
    };
    let written = layout.write(5);
    for scan in &written.scans {
        let shorter = [&written.bytes[..scan.end], &END].concat();
        assert_eq!(whole(&shorter), Ok(shorter.clone()));
    }
    let separate = Layout {
        interleaved: false,
        ..layout
    };
    let written = separate.write(5);
    let without_colour = [&written.bytes[..written.scans[0].end], &END].concat();
    assert_eq!(whole(&without_colour), Err(Flaw::CutOff));
}

#[test]
fn a_sequential_picture_needs_the_scans_of_all_its_components() {
    let layout = Layout {
        interleaved: false,
        ..Layout::sequential((40, 33), &HALF)
    };
    let written = layout.write(5);
    let without_colour = [&written.bytes[..written.scans[1].end], &END].concat();
    assert_eq!(whole(&without_colour), Err(Flaw::CutOff));
}

#[test]
fn a_missing_restart_interval_is_damage() {
    let layout = Layout {
        interval: 3,
        ..Layout::sequential((64, 64), &COLOUR)
    };
    let written = layout.write(7);
    let data = written.scans[0].clone();
    let restart = |number: u8| {
        let marker = [0xFF, 0xD0 + number];
        let found = written.bytes[data.clone()]
            .windows(2)
            .position(|pair| pair == marker);
        data.start + found.unwrap()
    };
    let lost = [&written.bytes[..restart(1)], &written.bytes[restart(2)..]].concat();
    assert!(
        matches!(whole(&lost), Err(Flaw::Damaged(_))),
        "{:?}",
        whole(&lost)
    );
}

#[test]
fn the_standard_tables_are_meant_where_there_are_none() {
    let bare = Layout {
        bare: true,
        ..Layout::sequential((40, 33), &QUARTER)
    };
    let with_tables = Layout {
        bare: false,
        ..bare.clone()
    };
    let picture = bare.write(3).bytes;
    let given = whole(&picture).unwrap();
    let wanted = [&picture[..2], &STANDARD_TABLES, &picture[2..]].concat();
    assert_eq!(given, wanted);
    assert_eq!(given.len(), with_tables.write(3).bytes.len());
    // A decoder of progressive pictures knows no standard.
    let progressive = Layout {
        progressive: true,
        ..bare
    };
    assert_eq!(whole(&progressive.write(3).bytes), Err(NO_TABLE));
}

#[test]
fn other_kinds_of_jpeg_say_what_they_are() {
    let mut picture = Layout::sequential((16, 16), &COLOUR).write(1).bytes;
    let header = picture
        .windows(2)
        .position(|pair| pair == [0xFF, 0xC0])
        .unwrap();
    for (code, kind) in [
        (0xC9, "arithmetic"),
        (0xCA, "arithmetic"),
        (0xC3, "lossless"),
        (0xC5, "hierarchical"),
    ] {
        picture[header + 1] = code;
        let Err(Flaw::Unread(said)) = whole(&picture) else {
            panic!("{code:x} is read");
        };
        assert!(said.contains(kind), "{said}");
    }
    picture[header + 1] = 0xC1;
    assert!(whole(&picture).is_ok(), "extended sequential is as good");
    picture[header + 4] = 12;
    assert_eq!(
        whole(&picture),
        Err(Flaw::Unread("more than 8 bits a colour"))
    );
}

#[test]
fn what_is_checked_is_what_the_decoder_reads() {
    use zune_jpeg::JpegDecoder;
    use zune_jpeg::zune_core::bytestream::ZCursor;
    for sampling in [&COLOUR[..], &HALF, &QUARTER, &[(1, 1)]] {
        for (progressive, interval) in [(false, 0), (false, 4), (true, 0), (true, 5)] {
            let layout = Layout {
                progressive,
                interval,
                ..Layout::sequential((50, 41), sampling)
            };
            let picture = layout.write(9).bytes;
            let decode = |bytes: &[u8]| JpegDecoder::new(ZCursor::new(bytes)).decode().ok();
            let pixels = decode(&picture);
            assert!(pixels.is_some(), "{layout:?}");
            let ended = whole(&picture[..picture.len() - 2]).unwrap();
            assert_eq!(decode(&ended), pixels, "{layout:?}");
        }
    }
}
