//! What the bytes of a JPEG picture say without being decoded: where it ends, and whether its compressed data
//! cover the whole picture.
//!
//! A decoder fills what is missing with grey and calls it a picture. So [`Checker`] reads the Huffman codes of
//! every block before a picture is decoded, and throws their values away: as much of the work of decoding as
//! counting takes.
//!
//! Terms, those of ITU-T T.81: a *segment* is a marker with a length and a payload; a *scan* is the compressed
//! data behind a start-of-scan segment; a *block* is 8x8 samples of one component; an *MCU* is what a scan
//! repeats, one or more blocks; a *restart interval* is a number of MCUs after which decoding can begin anew.

mod bits;
mod blocks;
mod check;
mod frame;
mod huffman;
mod scan;
mod standard;
#[cfg(test)]
pub(crate) mod testing;
mod walk;

pub use check::{Checker, Flaw};
pub use walk::{Step, Walk};
