//! Streams with pictures, garbage and broken pictures in them, cut into pieces anywhere.

use proptest::prelude::*;

use super::*;
use crate::jpeg::testing::Layout;

fn segment(code: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len() + 2).unwrap().to_be_bytes();
    [&[0xFF, code], &length[..], payload].concat()
}

fn frame_header(width: u16, height: u16) -> Vec<u8> {
    let [h, l] = height.to_be_bytes();
    let [w, m] = width.to_be_bytes();
    segment(0xC0, &[8, h, l, w, m, 1, 1, 0x11, 0])
}

/// Compressed data: no marker in it but restarts.
fn scan(data: &[u8]) -> Vec<u8> {
    let mut scan = segment(0xDA, &[1, 1, 0, 0, 63, 0]);
    for (at, byte) in data.iter().enumerate() {
        scan.push(*byte);
        if *byte == 0xFF {
            scan.push(if at % 3 == 0 {
                0xD0 + (at % 8) as u8
            } else {
                0
            });
        }
    }
    scan
}

/// A picture with a whole other picture inside its application data.
fn picture(content: &[u8], progressive: bool) -> Vec<u8> {
    let thumbnail = [
        &[0xFF, 0xD8],
        &frame_header(16, 16)[..],
        &scan(&[1, 2]),
        &[0xFF, 0xD9],
    ]
    .concat();
    let mut picture = vec![0xFF, 0xD8];
    picture.extend(segment(0xE1, &thumbnail));
    picture.extend([0xFF, 0xFF]);
    picture.extend(frame_header(64, 48));
    picture.extend(scan(content));
    if progressive {
        picture.extend(segment(0xC4, &[0; 19]));
        picture.extend(scan(content));
    }
    picture.extend([0xFF, 0xD9]);
    picture
}

/// Everything that comes out when `stream` goes in, in pieces of these sizes, and how many pictures
/// had to be given up at its end.
fn split(stream: &[u8], pieces: &[usize]) -> (Vec<Vec<u8>>, u32) {
    let mut splitter = Splitter::default();
    let mut pictures = Vec::new();
    let mut picture = Vec::new();
    let mut rest = stream;
    let mut pieces = pieces.iter().cycle();
    while !rest.is_empty() {
        let length = pieces
            .next()
            .map_or(rest.len(), |piece| (*piece).clamp(1, rest.len()));
        let (piece, behind) = rest.split_at(length);
        splitter.push(piece);
        while splitter.next(&mut picture).is_some() {
            pictures.push(picture.clone());
        }
        rest = behind;
    }
    let mut given_up = 0;
    loop {
        if splitter.last(&mut picture).is_some() {
            pictures.push(picture.clone());
        } else if splitter.give_up() {
            given_up += 1;
        } else {
            return (pictures, given_up);
        }
        while splitter.next(&mut picture).is_some() {
            pictures.push(picture.clone());
        }
    }
}

/// Bytes in which no picture begins.
fn garbage() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![3 => any::<u8>(), 1 => Just(0xFF_u8)];
    prop::collection::vec(byte, 0..60).prop_map(|mut bytes| {
        for at in 1..bytes.len() {
            if bytes[at - 1] == 0xFF && bytes[at] == 0xD8 {
                bytes[at] = 0;
            }
        }
        // The first byte of the next picture must not complete a start either.
        bytes.push(0);
        bytes
    })
}

fn any_picture() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![3 => any::<u8>(), 1 => Just(0xFF_u8)];
    (prop::collection::vec(byte, 0..80), any::<bool>())
        .prop_map(|(content, progressive)| picture(&content, progressive))
}

proptest! {
    #[test]
    fn every_intact_picture_comes_out_whole(
        stream in prop::collection::vec((garbage(), any_picture()), 0..6),
        pieces in prop::collection::vec(1usize..200, 1..5),
    ) {
        let bytes: Vec<u8> = stream.iter().flat_map(|(g, p)| [g.as_slice(), p].concat()).collect();
        let (pictures, given_up) = split(&bytes, &pieces);
        let wanted: Vec<_> = stream.into_iter().map(|(_, picture)| picture).collect();
        prop_assert_eq!(pictures, wanted);
        prop_assert_eq!(given_up, 0);
    }

    #[test]
    fn pictures_behind_one_whose_data_is_cut_off_come_out(
        content in prop::collection::vec(any::<u8>(), 2..80), cut in any::<prop::sample::Index>(),
        first in any_picture(), intact in any_picture(), last in any_picture(),
    ) {
        let broken = picture(&content, false);
        // Somewhere behind the start of the scan, which is where nearly all of a picture's bytes are.
        let data = broken.len() - 2 - content.len();
        let broken = &broken[..data + cut.index(content.len())];
        let (pictures, _) = split(&[&first, broken, &intact, &last].concat(), &[50]);
        prop_assert_eq!(pictures, vec![first, intact, last]);
    }

    #[test]
    fn no_bytes_make_it_panic_or_grow(
        bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(0xFF), Just(0xD8), Just(0xDA)], 0..3000),
        pieces in prop::collection::vec(1usize..100, 1..5),
    ) {
        let (pictures, _) = split(&bytes, &pieces);
        prop_assert!(pictures.iter().map(Vec::len).sum::<usize>() <= bytes.len());
    }
}

#[test]
fn the_size_is_that_of_the_picture_and_not_of_its_thumbnail() {
    let mut splitter = Splitter::default();
    splitter.push(&picture(&[1, 2, 3], false));
    assert_eq!(splitter.next(&mut Vec::new()), Some((64, 48)));
    assert_eq!(splitter.take_skipped(), 0);
}

#[test]
fn a_picture_without_end_is_given_up_and_counted() {
    let mut splitter = Splitter::default();
    let endless = [&[0xFF, 0xD8][..], &frame_header(64, 48), &scan(&[])].concat();
    splitter.push(&endless);
    for _ in 0..20 {
        splitter.push(&vec![0x55; 1 << 20]);
        assert_eq!(splitter.next(&mut Vec::new()), None);
    }
    assert_eq!(splitter.take_skipped(), 1);
    assert!(
        splitter.buffer.len() < MOST_BYTES,
        "what was given up is not kept"
    );
    let intact = picture(&[7], false);
    splitter.push(&intact);
    let mut out = Vec::new();
    assert!(splitter.next(&mut out).is_some());
    assert_eq!(out, intact);
}

#[test]
fn a_picture_cut_off_anywhere_costs_no_more_than_those_that_say_its_size_is_wrong() {
    let intact = picture(&[1, 2, 3], true);
    for cut in 3..intact.len() {
        let (pictures, _) = split(&[&intact[..cut], &intact.repeat(4)].concat(), &[7]);
        assert_eq!(pictures.last(), Some(&intact), "cut at {cut}");
    }
}

#[test]
fn the_thumbnail_of_a_damaged_picture_is_not_taken_for_a_picture() {
    let intact = picture(&[1, 2, 3], false);
    let (pictures, _) = split(&[&intact, &intact[..60], &intact].concat(), &[100]);
    assert_eq!(pictures, [intact.clone(), intact]);
}

#[test]
fn a_picture_of_a_hundred_megapixels_is_skipped() {
    let mut splitter = Splitter::default();
    let huge = [
        &[0xFF, 0xD8][..],
        &frame_header(10_000, 10_000),
        &scan(&[1]),
        &[0xFF, 0xD9],
    ]
    .concat();
    splitter.push(&huge);
    assert_eq!(splitter.next(&mut Vec::new()), None);
    assert_eq!(splitter.take_skipped(), 1);
}

/// A picture whose header says that it has this size.
fn of_size(width: u16, height: u16) -> Vec<u8> {
    let header = frame_header(width, height);
    [&[0xFF, 0xD8][..], &header, &scan(&[5]), &[0xFF, 0xD9]].concat()
}

#[test]
fn one_flipped_bit_in_a_header_costs_one_picture() {
    let good = of_size(64, 48);
    for bit in 0..14 {
        // Larger or smaller, or none at all where the height becomes 0.
        let flipped = of_size(64 ^ 1 << bit, 48);
        let stream = [&good, &good, &flipped, &good, &flipped, &good].map(Vec::as_slice);
        let (pictures, _) = split(&stream.concat(), &[50]);
        assert_eq!(pictures, vec![good.clone(); 4], "bit {bit}");
    }
}

#[test]
fn a_size_that_changes_and_stays_is_believed() {
    let old = of_size(64, 48);
    for new in [of_size(32, 24), of_size(128, 96)] {
        let stream = [vec![old.clone(); 3], vec![new.clone(); 5]].concat();
        let (pictures, _) = split(&stream.concat(), &[50]);
        assert_eq!(pictures, [vec![old.clone(); 3], vec![new; 3]].concat());
    }
}

#[test]
fn thumbnails_of_damaged_pictures_are_no_new_size() {
    let intact = picture(&[1, 2, 3], false);
    let damaged = &intact[..60];
    let stream = [&intact, damaged, damaged, damaged, damaged, &intact].concat();
    assert_eq!(split(&stream, &[100]).0, [intact.clone(), intact]);
}

proptest! {
    #[test]
    fn whole_pictures_without_end_markers_come_out_and_halves_do_not(
        seed: u64, progressive: bool, cuts in prop::collection::vec(any::<bool>(), 1..5), piece in 1..300_usize,
    ) {
        let layout = Layout {
            progressive,
            ..Layout::sequential((40, 33), &[(2, 2), (1, 1), (1, 1)])
        };
        let written = layout.write(seed);
        let whole = &written.bytes[..written.bytes.len() - 2];
        let half = &whole[..written.scans[0].start + written.scans[0].len() / 2];
        let stream: Vec<_> = cuts.iter().map(|cut| if *cut { half } else { whole }).collect();
        let (pictures, _) = split(&stream.concat(), &[piece]);
        let wanted = cuts.iter().filter(|cut| !**cut).count();
        prop_assert_eq!(pictures, vec![whole.to_vec(); wanted]);
    }
}
