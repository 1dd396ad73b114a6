//! Treats a panic inside a driver crate as a failure of the camera.
//!
//! The camera crates assert what drivers sometimes do not keep: stopping a stream whose device
//! misbehaves, for one, panics (v4l 0.14, `io/mmap/stream.rs`, `Drop`). That must not take the daemon
//! with it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::{Error, Result};

/// Runs a call into `camera` and makes an error of a panic. What the call worked on must not be used
/// any more but to be dropped.
pub(super) fn contained<T>(camera: &str, call: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| {
        let said = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("no message");
        Err(
            Error::unavailable(format!("{camera}: its driver gave up: {said}"))
                .advice("unplug the camera and plug it in again"),
        )
    })
}
