//! From a camera to the newest [`Frame`].
//!
//! [`Camera`] is what a source can do; [`Opener`] makes one, again and again, because cameras vanish
//! and come back. [`CaptureThread`] runs one on a thread of its own and keeps only the newest frame.
//! Nothing here looks at what a picture shows.

mod frame;

pub use frame::{Frame, PixelFormat};

use crate::error::Result;

/// A source of pictures that is open.
pub trait Camera: Send {
    /// What was opened and what it took, for people: `USB Camera (/dev/video0), YUYV 640x480 at 30 fps`.
    fn description(&self) -> &str;

    /// Waits for the next picture and writes it into `frame`, whose buffer is reused.
    ///
    /// # Errors
    /// The source is gone, was interrupted, or has come to its end.
    fn capture(&mut self, frame: &mut Frame) -> Result<()>;
}

/// Opens a camera; called again after each failure.
pub trait Opener: Send {
    /// Opens the camera.
    ///
    /// # Errors
    /// The camera is not there, is busy, or offers no usable format.
    fn open(&mut self) -> Result<Box<dyn Camera>>;
}
