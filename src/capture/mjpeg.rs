//! Splits a stream of JPEG pictures into pictures, whatever stands between them.
//!
//! It does not decode: a picture whose markers are in order but whose content is damaged comes out,
//! and is found out by whoever decodes it.

use super::jpeg::{Step, Walk};
use super::replay::MOST_PIXELS;

/// A picture that is larger than this is none that a camera makes.
const MOST_BYTES: usize = 16 << 20;

/// Collects bytes and gives out pictures.
#[derive(Debug, Default)]
pub(super) struct Splitter {
    buffer: Vec<u8>,
    /// Where the candidate picture begins; what stands before it is used up.
    start: usize,
    walk: Walk,
    skipped: u64,
}

impl Splitter {
    /// Appends bytes of the stream, in pieces of any size.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.start);
        self.start = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// Takes out the next complete picture and gives its size; `None` when more bytes are needed.
    pub(super) fn next(&mut self, picture: &mut Vec<u8>) -> Option<(u32, u32)> {
        loop {
            if self.walk.is_new() {
                self.start += find_start(&self.buffer[self.start..]);
            }
            let candidate = &self.buffer[self.start..];
            match self.walk.advance(candidate) {
                Step::More if candidate.len() <= MOST_BYTES => return None,
                Step::End(end) => {
                    let size = self.walk.size().filter(|(width, height)| {
                        u64::from(*width) * u64::from(*height) <= MOST_PIXELS
                    });
                    if size.is_some() {
                        picture.clear();
                        picture.extend_from_slice(&candidate[..end]);
                    } else {
                        self.skipped += 1;
                    }
                    self.walk = Walk::default();
                    self.start += end;
                    if size.is_some() {
                        return size;
                    }
                }
                Step::More | Step::Broken => {
                    self.skipped += 1;
                    self.walk = Walk::default();
                    // Not behind what was walked over: a forged length may have led past a picture.
                    self.start += 1;
                }
            }
        }
    }

    /// Damaged or oversized pictures, counted since the last call.
    pub(super) fn take_skipped(&mut self) -> u64 {
        std::mem::take(&mut self.skipped)
    }

    /// Whether a picture has begun and not ended.
    pub(super) fn is_amid_picture(&self) -> bool {
        self.buffer.len() - self.start > 2
    }
}

/// The offset of the first thing that may be a picture, or of the tail that may become one.
fn find_start(bytes: &[u8]) -> usize {
    bytes
        .windows(3)
        .position(|window| window == [0xFF, 0xD8, 0xFF])
        .unwrap_or_else(|| bytes.len() - bytes.len().min(2))
}

#[cfg(test)]
#[path = "mjpeg_tests.rs"]
mod tests;
