//! Treats a panic inside a driver crate as a failure of the camera.
//!
//! The camera crates assert what drivers sometimes do not keep: stopping a stream whose device
//! misbehaves, for one, panics (v4l 0.14, `io/mmap/stream.rs`, `Drop`). That must not take the daemon
//! with it.

use crate::error::{Error, Result};
use crate::panics;

/// Runs a call into `camera` and makes an error of a panic. What the call worked on must not be used
/// any more but to be dropped.
pub(super) fn contained<T>(camera: &str, call: impl FnOnce() -> Result<T>) -> Result<T> {
    panics::contained(call).unwrap_or_else(|said| {
        Err(
            Error::unavailable(format!("{camera}: its driver gave up: {said}"))
                .advice("unplug the camera and plug it in again"),
        )
    })
}
