//! A stream of JPEG pictures, and what the pictures in it say.

use sortd::capture::Splitter;
use sortd::jpeg::Checker;

/// Splits a stream; the first byte says into which pieces it comes, which must not matter. A picture that is
/// whole is one that lacks nothing when it was completed.
pub fn run(data: &[u8]) {
    let Some((piece, stream)) = data.split_first() else {
        return;
    };
    let pictures = split(stream, stream.len().max(1));
    assert!(pictures.iter().map(Vec::len).sum::<usize>() <= stream.len());
    assert_eq!(pictures, split(stream, usize::from(*piece).max(1)));
    for picture in pictures.iter().map(Vec::as_slice).chain([stream]) {
        if let Ok(whole) = Checker::default().whole(picture) {
            assert_eq!(Checker::default().whole(whole), Ok(whole));
        }
    }
}

fn split(stream: &[u8], piece: usize) -> Vec<Vec<u8>> {
    let mut splitter = Splitter::default();
    let (mut pictures, mut picture) = (Vec::new(), Vec::new());
    for piece in stream.chunks(piece) {
        splitter.push(piece);
        while splitter.next(&mut picture).is_some() {
            pictures.push(picture.clone());
        }
    }
    loop {
        if splitter.last(&mut picture).is_some() {
            pictures.push(picture.clone());
        } else if !splitter.give_up() {
            return pictures;
        }
        while splitter.next(&mut picture).is_some() {
            pictures.push(picture.clone());
        }
    }
}
