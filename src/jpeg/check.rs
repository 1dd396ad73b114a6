//! Whether a picture is whole, and the picture as a decoder is to be given it.

use std::fmt;

use super::bits::next_marker;
use super::blocks::Spectrum;
use super::frame::{Frame, Part, ScanHeader};
use super::huffman::Table;
use super::scan::Scan;
use super::standard::STANDARD_TABLES;

/// Why a JPEG is no whole picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// Its data end before the picture does.
    CutOff,
    /// Its bytes contradict each other; what is wrong.
    Damaged(&'static str),
    /// It may be whole, but is of a kind that is not read; which.
    Unread(&'static str),
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CutOff => f.write_str("it is cut off"),
            Self::Damaged(what) => f.write_str(what),
            Self::Unread(kind) => write!(f, "it is one with {kind}, which is not read"),
        }
    }
}

const START: [u8; 2] = [0xFF, 0xD8];
const END: [u8; 2] = [0xFF, 0xD9];

/// Checks pictures, one after the other; it keeps its memory for the next.
#[derive(Debug, Default)]
pub struct Checker {
    tables: Tables,
    spectrum: Spectrum,
    completed: Vec<u8>,
}

/// What was found of a whole picture.
#[derive(Debug, Clone, Copy)]
struct Found {
    /// Where its end marker stands, or should.
    end: usize,
    has_end: bool,
    /// Whether it brings the Huffman tables that it needs.
    has_tables: bool,
}

impl Checker {
    /// The bytes to decode, where those of `jpeg` cover a whole picture: the same ones, or with the end marker
    /// and the Huffman tables that a decoder insists on.
    ///
    /// In a sequential picture each MCU must be coded; in a progressive one each scan that begins must be
    /// complete, and each component must have begun. What stands behind the end does not matter.
    ///
    /// # Errors
    /// It is no whole picture.
    pub fn whole<'j>(&'j mut self, jpeg: &'j [u8]) -> Result<&'j [u8], Flaw> {
        let found = self.check(jpeg)?;
        if found.has_end && found.has_tables {
            return Ok(&jpeg[..found.end + END.len()]);
        }
        let (start, rest) = jpeg[..found.end].split_at(START.len());
        self.completed.clear();
        self.completed.extend_from_slice(start);
        if !found.has_tables {
            // In front, so that those which it does bring are those that hold.
            self.completed.extend_from_slice(&STANDARD_TABLES);
        }
        self.completed.extend_from_slice(rest);
        self.completed.extend_from_slice(&END);
        Ok(&self.completed)
    }

    fn check(&mut self, jpeg: &[u8]) -> Result<Found, Flaw> {
        self.tables.clear();
        self.spectrum.clear();
        if !jpeg.starts_with(&START) {
            return Err(Flaw::Damaged("it does not begin like a JPEG"));
        }
        let (mut at, mut interval, mut blocks) = (START.len(), 0, 0);
        let mut frame: Option<Frame> = None;
        while let Some(marker) = next_marker(jpeg, at) {
            let code = jpeg[marker + 1];
            match code {
                // The end, or another picture.
                0xD8 | 0xD9 => return self.covered(frame.as_ref(), jpeg, marker),
                0x01 | 0xD0..=0xD7 => {
                    at = marker + 2;
                    continue;
                }
                _ => {}
            }
            let payload = payload(jpeg, marker + 2)?;
            at = marker + 4 + payload.len();
            match code {
                0xC4 => self.tables.define(payload)?,
                0xCC => return Err(Flaw::Unread("arithmetic coding")),
                0xC0..=0xCF if frame.is_some() => return Err(Flaw::Damaged("it has two headers")),
                0xC0..=0xCF => frame = Some(Frame::read(code, payload)?),
                0xDD => interval = restart_interval(payload)?,
                0xDA => {
                    let frame = frame.as_mut().ok_or(Flaw::Damaged("it has no header"))?;
                    let header = ScanHeader::read(payload, frame)?;
                    self.tables.complete(frame, &header)?;
                    let scan = Scan {
                        frame,
                        header: &header,
                        tables: &self.tables,
                        interval,
                    };
                    let bits = scan.walk(jpeg, at, &mut self.spectrum, &mut blocks)?;
                    if !frame.progressive || header.band.0 == 0 {
                        frame.cover(&header);
                    }
                    at = bits.end().unwrap_or(jpeg.len());
                    // Behind a sequential picture anything may stand, such as the bytes of an earlier one.
                    if !frame.progressive && frame.is_covered() {
                        return self.covered(Some(frame), jpeg, at);
                    }
                }
                _ => {}
            }
        }
        self.covered(frame.as_ref(), jpeg, jpeg.len())
    }

    /// The picture that ends at `end`, if it is covered by then.
    fn covered(&self, frame: Option<&Frame>, jpeg: &[u8], end: usize) -> Result<Found, Flaw> {
        if !frame.is_some_and(Frame::is_covered) {
            return Err(Flaw::CutOff);
        }
        Ok(Found {
            end,
            has_end: jpeg[end..].starts_with(&END),
            has_tables: !self.tables.completed,
        })
    }
}

/// What a segment holds, whose length stands at `at`.
fn payload(jpeg: &[u8], at: usize) -> Result<&[u8], Flaw> {
    let length = jpeg.get(at..at + 2).ok_or(Flaw::CutOff)?;
    let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
    if length < 2 {
        return Err(Flaw::Damaged("a segment of it has no length"));
    }
    jpeg.get(at + 2..at + length).ok_or(Flaw::CutOff)
}

fn restart_interval(payload: &[u8]) -> Result<usize, Flaw> {
    match payload {
        [high, low, ..] => Ok(usize::from(u16::from_be_bytes([*high, *low]))),
        _ => Err(Flaw::Damaged("its restart interval has no length")),
    }
}

/// The Huffman tables that hold at a place of a picture.
#[derive(Debug, Default)]
pub(super) struct Tables {
    dc: [Option<Table>; 4],
    ac: [Option<Table>; 4],
    /// Whether it brought too few, so that the standard ones are meant.
    completed: bool,
}

const NO_TABLE: Flaw = Flaw::Damaged("a Huffman table is missing");

impl Tables {
    fn clear(&mut self) {
        (self.dc, self.ac) = ([const { None }; 4], [const { None }; 4]);
        self.completed = false;
    }

    /// Reads the payload of a segment with tables (T.81, annex B.2.4.2).
    fn define(&mut self, mut payload: &[u8]) -> Result<(), Flaw> {
        while let Some((class, rest)) = payload.split_first() {
            let Some((counts, rest)) = rest.split_first_chunk::<16>() else {
                return Err(SHORT);
            };
            let count = counts.iter().map(|count| usize::from(*count)).sum();
            let (symbols, rest) = rest.split_at_checked(count).ok_or(SHORT)?;
            let place = usize::from(class & 15);
            let tables = match class >> 4 {
                // The symbol of a first coefficient is its length.
                0 if symbols.iter().all(|symbol| *symbol < 16) => &mut self.dc,
                1 => &mut self.ac,
                _ => return Err(SHORT),
            };
            *tables.get_mut(place).ok_or(SHORT)? = Some(Table::new(counts, symbols)?);
            payload = rest;
        }
        Ok(())
    }

    /// Takes the standard tables for those that a scan of a sequential picture lacks.
    fn complete(&mut self, frame: &Frame, scan: &ScanHeader) -> Result<(), Flaw> {
        let lacks = |part: &Part| self.pair(part).is_err();
        if frame.progressive || !scan.parts().iter().any(lacks) {
            return Ok(());
        }
        let mut standard = Self::default();
        standard.define(&STANDARD_TABLES[4..])?;
        for (own, standard) in self.dc.iter_mut().zip(standard.dc) {
            *own = own.take().or(standard);
        }
        for (own, standard) in self.ac.iter_mut().zip(standard.ac) {
            *own = own.take().or(standard);
        }
        self.completed = true;
        Ok(())
    }

    pub fn dc(&self, place: usize) -> Result<&Table, Flaw> {
        let table = self.dc.get(place).and_then(Option::as_ref);
        table.ok_or(NO_TABLE)
    }

    pub fn ac(&self, place: usize) -> Result<&Table, Flaw> {
        let table = self.ac.get(place).and_then(Option::as_ref);
        table.ok_or(NO_TABLE)
    }

    /// Both tables of a component.
    pub fn pair(&self, part: &Part) -> Result<(&Table, &Table), Flaw> {
        Ok((self.dc(part.dc_table)?, self.ac(part.ac_table)?))
    }
}

const SHORT: Flaw = Flaw::Damaged("a Huffman table of it is none");

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
