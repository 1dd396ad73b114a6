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
    /// Pixels of the largest picture so far.
    largest: u64,
    skipped: u64,
}

fn pixels((width, height): (u32, u32)) -> u64 {
    u64::from(width) * u64::from(height)
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
            if self.walk.is_new() && !self.find_start() {
                return None;
            }
            let candidate = &self.buffer[self.start..];
            match self.walk.advance(candidate) {
                Step::More if candidate.len() <= MOST_BYTES => return None,
                Step::End(end) => {
                    let size = self.walk.size().filter(|size| self.is_plausible(*size));
                    if let Some(size) = size {
                        picture.clear();
                        picture.extend_from_slice(&candidate[..end]);
                        self.largest = self.largest.max(pixels(size));
                    } else {
                        self.skipped += 1;
                    }
                    self.walk = Walk::default();
                    self.start += end;
                    if size.is_some() {
                        return size;
                    }
                }
                Step::More | Step::Broken => self.abandon(),
            }
        }
    }

    /// At the end of the stream: gives up the picture that has begun, so that [`Self::next`] searches
    /// behind its beginning; `false` when there is none.
    pub(super) fn give_up(&mut self) -> bool {
        let begun = !self.walk.is_new();
        if begun {
            self.abandon();
        }
        begun
    }

    fn abandon(&mut self) {
        self.skipped += 1;
        self.walk = Walk::default();
        // Not behind what was walked over: a damaged length may have led past a whole picture.
        self.start += 1;
    }

    /// The pictures of a stream have one size. A smaller one is the thumbnail of a damaged picture.
    fn is_plausible(&self, size: (u32, u32)) -> bool {
        (self.largest..=MOST_PIXELS).contains(&pixels(size))
    }

    /// Damaged or oversized pictures, counted since the last call.
    pub(super) fn take_skipped(&mut self) -> u64 {
        std::mem::take(&mut self.skipped)
    }

    /// Goes to the next thing that may be a picture; `false` when there is only a tail that may
    /// become one.
    fn find_start(&mut self) -> bool {
        let rest = &self.buffer[self.start..];
        let found = rest
            .windows(3)
            .position(|window| window == [0xFF, 0xD8, 0xFF]);
        self.start += found.unwrap_or(rest.len() - rest.len().min(2));
        found.is_some()
    }
}

#[cfg(test)]
#[path = "mjpeg_tests.rs"]
mod tests;
