//! What the loop tells the control side: that it turns, and that frames flow.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Shared counters; the loop counts up, the control side looks.
#[derive(Debug, Default)]
pub(super) struct Heartbeat {
    frames: AtomicU64,
    camera_works: AtomicBool,
}

impl Heartbeat {
    /// The loop has taken a fresh frame through all stages.
    pub fn beat(&self) {
        self.frames.fetch_add(1, Ordering::Relaxed);
        self.camera_works.store(true, Ordering::Relaxed);
    }

    /// The camera has failed.
    pub fn camera_failed(&self) {
        self.camera_works.store(false, Ordering::Relaxed);
    }

    /// Frames so far.
    pub fn frames(&self) -> u64 {
        self.frames.load(Ordering::Relaxed)
    }

    /// One line for `systemctl status`.
    pub fn status(&self) -> String {
        match (self.frames(), self.camera_works.load(Ordering::Relaxed)) {
            (0, _) => "waiting for the camera's first frame".into(),
            (frames, true) => format!("looking; {frames} frames seen"),
            (frames, false) => {
                format!("the camera delivers nothing, trying again; {frames} frames seen")
            }
        }
    }
}
