//! Splits a stream of JPEG pictures into pictures, whatever stands between them.
//!
//! It does not decode: a picture whose markers are in order but whose content is damaged comes out,
//! and is found out by whoever decodes it.

use super::replay::MOST_PIXELS;
use super::size::{BelievedSize, Size};
use crate::jpeg::{Checker, Step, Walk};

/// A picture that is larger than this is none that a camera makes.
const MOST_BYTES: usize = 16 << 20;

/// Collects bytes and gives out pictures.
///
/// A picture without an end marker comes out when the next one begins, if its data are all there.
#[derive(Debug, Default)]
pub struct Splitter {
    buffer: Vec<u8>,
    /// Where the candidate picture begins; what stands before it is used up.
    start: usize,
    walk: Walk,
    /// How many bytes from there on belong to pictures that were given up.
    given_up: usize,
    size: BelievedSize,
    checker: Checker,
    skipped: u64,
}

impl Splitter {
    /// Appends bytes of the stream, in pieces of any size.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.start);
        self.start = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// Takes out the next complete picture and gives its size; `None` when more bytes are needed.
    pub fn next(&mut self, picture: &mut Vec<u8>) -> Option<(u32, u32)> {
        loop {
            if self.walk.is_new() && !self.find_start() {
                return None;
            }
            let candidate = &self.buffer[self.start..];
            let taken = match self.walk.advance(candidate) {
                Step::More if candidate.len() <= MOST_BYTES => return None,
                Step::End(end) => self.take(end, picture),
                Step::Next(end) if self.is_whole(end) => self.take(end, picture),
                Step::More | Step::Next(_) | Step::Broken => {
                    self.abandon();
                    None
                }
            };
            if taken.is_some() {
                return taken;
            }
        }
    }

    /// At the end of the stream: takes out the picture that has begun, if it lacks its end marker only.
    pub fn last(&mut self, picture: &mut Vec<u8>) -> Option<(u32, u32)> {
        let rest = self.buffer.len() - self.start;
        if self.walk.is_new() || !self.is_whole(rest) {
            return None;
        }
        self.take(rest, picture)
    }

    /// At the end of the stream: gives up the picture that has begun, so that [`Self::next`] searches
    /// behind its beginning; `false` when there is none.
    pub fn give_up(&mut self) -> bool {
        let begun = !self.walk.is_new();
        if begun {
            self.abandon();
        }
        begun
    }

    /// Goes behind the candidate, which has so many bytes, and takes it out if its size may be true.
    fn take(&mut self, length: usize, picture: &mut Vec<u8>) -> Option<Size> {
        let size = self.walk.size().filter(|size| self.is_plausible(*size));
        if size.is_some() {
            picture.clear();
            picture.extend_from_slice(&self.buffer[self.start..self.start + length]);
        } else {
            self.skipped += 1;
        }
        self.walk = Walk::default();
        self.pass(length);
        size
    }

    /// Whether the candidate is a whole picture although no end marker stands behind these bytes of it.
    fn is_whole(&mut self, length: usize) -> bool {
        let candidate = &self.buffer[self.start..self.start + length];
        self.checker.whole(candidate).is_ok()
    }

    fn abandon(&mut self) {
        self.skipped += 1;
        self.given_up = self.given_up.max(self.walk.reached());
        self.walk = Walk::default();
        // Not behind what was walked over: a damaged length may have led past a whole picture.
        self.pass(1);
    }

    fn pass(&mut self, bytes: usize) {
        self.start += bytes;
        self.given_up = self.given_up.saturating_sub(bytes);
    }

    /// The pictures of a stream have one size. Of another one may be a picture with a damaged header, and the
    /// thumbnail of a damaged picture, which is found inside it and says nothing of the size.
    fn is_plausible(&mut self, size: Size) -> bool {
        if u64::from(size.0) * u64::from(size.1) > MOST_PIXELS {
            return false;
        }
        if self.given_up > 0 {
            return self.size.believed().is_none_or(|believed| believed == size);
        }
        self.size.admits(size)
    }

    /// Pictures that are damaged, too large or of another size, counted since the last call.
    pub fn take_skipped(&mut self) -> u64 {
        std::mem::take(&mut self.skipped)
    }

    /// Goes to the next thing that may be a picture; `false` when there is only a tail that may
    /// become one.
    fn find_start(&mut self) -> bool {
        let rest = &self.buffer[self.start..];
        let found = rest
            .windows(3)
            .position(|window| window == [0xFF, 0xD8, 0xFF]);
        let tail = rest.len() - rest.len().min(2);
        self.pass(found.unwrap_or(tail));
        found.is_some()
    }
}

#[cfg(test)]
#[path = "mjpeg_tests.rs"]
mod tests;
