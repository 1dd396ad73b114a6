//! Takes out of a JPEG or PNG file what is not picture: where it was taken, when, by which camera and
//! whom, previews of what was cut off, and whatever hangs behind its end.
//!
//! The compressed picture itself is copied byte for byte, so nothing is lost. What decides how it
//! looks stays: colour profiles and the marks that decoders need. The program that reads the file only
//! skips over it, so a file that is sound in these terms may still not decode.

pub mod jpeg;
pub mod png;

/// Why a file cannot be stripped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// It ends before the picture does.
    CutOff,
    /// Its parts do not follow each other as they must.
    Malformed,
}
