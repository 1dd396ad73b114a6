//! Where a JPEG picture ends, without decoding it.
//!
//! Walks from marker to marker as ITU-T T.81 (annex B) lays them out, so that an end marker inside a
//! segment, such as that of a thumbnail, does not end the picture. Terms: a *segment* is a marker with
//! a length and a payload; a *scan* is the compressed data behind a start-of-scan segment.

/// What a walk has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// No end so far; call again when more bytes have been appended.
    More,
    /// The picture ends with its end marker, behind this many bytes.
    End(usize),
    /// Another picture begins behind this many bytes, and this one has no end marker; whether it is whole
    /// shows when its data are looked at.
    Next(usize),
    /// This is no picture, or a damaged one.
    Broken,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Start,
    Marker,
    Scan,
}

/// A walk through the bytes of one picture; it goes on where it stopped when more bytes have come.
#[derive(Debug, Clone, Default)]
pub struct Walk {
    at: usize,
    place: Place,
    size: Option<(u32, u32)>,
    scanned: bool,
}

impl Walk {
    /// Width and height, once the frame header has been passed.
    #[must_use]
    pub const fn size(&self) -> Option<(u32, u32)> {
        self.size
    }

    /// How many bytes have been walked over; a damaged length may lead beyond those that are there.
    #[must_use]
    pub const fn reached(&self) -> usize {
        self.at
    }

    /// Whether it has not set out yet.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.place == Place::Start
    }

    /// Walks on through `bytes`, which begin with the picture and hold at least what they held before.
    pub fn advance(&mut self, bytes: &[u8]) -> Step {
        loop {
            let step = match self.place {
                Place::Start => self.start(bytes),
                Place::Marker => self.marker(bytes),
                Place::Scan => self.scan(bytes),
            };
            if let Some(step) = step {
                return step;
            }
        }
    }

    fn start(&mut self, bytes: &[u8]) -> Option<Step> {
        match bytes {
            [0xFF, 0xD8, 0xFF, ..] => {
                (self.at, self.place) = (2, Place::Marker);
                None
            }
            [] | [0xFF] | [0xFF, 0xD8] => Some(Step::More),
            _ => Some(Step::Broken),
        }
    }

    fn marker(&mut self, bytes: &[u8]) -> Option<Step> {
        let code = match bytes.get(self.at..) {
            None | Some([] | [0xFF]) => return Some(Step::More),
            Some([0xFF, code, ..]) => *code,
            Some(_) => return Some(Step::Broken),
        };
        match code {
            // Any number of fill bytes may stand before a marker.
            0xFF => self.at += 1,
            0xD9 if self.scanned => return Some(Step::End(self.at + 2)),
            0xD8 if self.scanned => return Some(Step::Next(self.at)),
            // Frame headers, application data, comments, tables and start of scan have a length.
            0xC0..=0xCF | 0xDA..=0xFE => return self.segment(code, bytes),
            _ => return Some(Step::Broken),
        }
        None
    }

    fn segment(&mut self, code: u8, bytes: &[u8]) -> Option<Step> {
        let frame_header = matches!(code, 0xC0..=0xCF) && !matches!(code, 0xC4 | 0xC8 | 0xCC);
        let wanted = if frame_header { 10 } else { 5 };
        let Some(head) = bytes.get(self.at..self.at + wanted) else {
            return Some(Step::More);
        };
        let number = |at: usize| u32::from(u16::from_be_bytes([head[at], head[at + 1]]));
        let length = number(2) as usize;
        // Headers say twice how long they are; where the two differ, bytes were lost.
        let consistent = match code {
            0xDA => length == 6 + 2 * usize::from(head[4]),
            _ if frame_header => length == 8 + 3 * usize::from(head[9]),
            _ => length >= 2,
        };
        if !consistent {
            return Some(Step::Broken);
        }
        if frame_header {
            let (height, width) = (number(5), number(7));
            if width == 0 || height == 0 {
                return Some(Step::Broken);
            }
            self.size = Some((width, height));
        }
        if code == 0xDA {
            self.scanned = true;
            self.place = Place::Scan;
        }
        self.at += 2 + length;
        None
    }

    fn scan(&mut self, bytes: &[u8]) -> Option<Step> {
        let rest = bytes.get(self.at..).unwrap_or_default();
        let Some(found) = rest.iter().position(|byte| *byte == 0xFF) else {
            self.at = self.at.max(bytes.len());
            return Some(Step::More);
        };
        self.at += found;
        match rest.get(found + 1) {
            None => return Some(Step::More),
            // A stuffed byte, or a restart marker.
            Some(0x00 | 0xD0..=0xD7) => self.at += 2,
            Some(0xFF) => self.at += 1,
            // Among them the beginning of the next picture, which no marker of this one is.
            Some(_) => self.place = Place::Marker,
        }
        None
    }
}
