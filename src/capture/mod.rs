//! From a camera to the newest [`Frame`].
//!
//! [`Camera`] is what a source can do; [`Opener`] makes one, again and again, because cameras vanish
//! and come back. [`CaptureThread`] runs one on a thread of its own and keeps only the newest frame.
//! Nothing here looks at what a picture shows, and nothing here decodes a JPEG from a camera.

mod backoff;
mod child;
mod contain;
mod delivered;
mod devices;
#[cfg(test)]
mod fake_camera;
mod frame;
mod interrupt;
mod mjpeg;
mod offer;
mod open;
mod preset;
pub mod replay;
mod ribbon;
mod rpicam;
mod size;
mod slot;
mod thread;
mod v4l2;

pub use devices::{Listing, cameras};
pub use frame::{Frame, PixelFormat};
pub use mjpeg::Splitter;
pub use offer::{Offer, Wanted, choose};
pub use open::opener;
pub use ribbon::Ribbon;
pub use rpicam::RpicamOpener;
pub use slot::CaptureCounts;
pub use thread::{CaptureChange, CaptureThread};
pub use v4l2::V4l2Opener;

use crate::error::{Error, Result};

/// A source of pictures that is open.
pub trait Camera: Send {
    /// What was opened and what it took, for people: `USB Camera (/dev/video0), YUYV 640x480 at 30 fps`.
    fn description(&self) -> &str;

    /// Waits for the next picture and writes it into `frame`, whose buffer is reused.
    ///
    /// # Errors
    /// The source is gone or was interrupted.
    fn capture(&mut self, frame: &mut Frame) -> Result<Captured>;
}

/// What one call of [`Camera::capture`] came to.
#[derive(Debug)]
pub enum Captured {
    /// The frame holds the next picture.
    Frame,
    /// Something in the source could not be used and was left out; the next call goes on behind it.
    Skipped(Error),
    /// The source has come to its end; only recordings that do not repeat have one.
    End,
}

/// Opens a camera; called again after each failure.
pub trait Opener: Send {
    /// Opens the camera.
    ///
    /// # Errors
    /// The camera is not there, is busy, or offers no usable format.
    fn open(&mut self) -> Result<Box<dyn Camera>>;
}
