//! Builds a data set of one's own from photographs in folders or at addresses on the web.
//!
//! In the order in which a picture comes in: [`list`] reads the lines of a list of addresses,
//! [`crawl`] decides whose turn it is, [`visit`] follows redirects within what [`robots`] allow,
//! [`web`] asks ([`address`] says whom never to ask); [`folders`] reads from disk instead. [`accept`]
//! decides whether the bytes are a usable picture and [`strip`](super::strip) takes out what the camera wrote about
//! its owner. The [`collection`] keeps it and remembers in its [`journal`] what was done, so that an
//! interrupted import goes on where it was; [`starter`] writes the description for training.
//!
//! What is wrong with one picture is a [`Refusal`] and stops nothing; an `Error` (a full disk, a
//! folder that is no data set) stops the import.

pub mod accept;
pub mod address;
pub mod clock;
pub mod collection;
pub mod crawl;
pub mod date;
pub mod folders;
pub mod journal;
pub mod list;
mod manifest;
mod refusal;
pub mod robots;
mod schedule;
pub mod starter;
mod summary;
pub mod visit;
pub mod web;

pub use refusal::{Reason, Refusal};
pub use summary::Summary;

/// What a picture must keep within.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file.
    pub most_bytes: u64,
    /// Pixels, width by height.
    pub most_pixels: u64,
    /// Pixels of the shorter side.
    pub least_side: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            most_bytes: 20_000_000,
            most_pixels: 50_000_000,
            least_side: 64,
        }
    }
}

#[cfg(test)]
mod tests;
