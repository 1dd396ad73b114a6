//! What the loop tells the control side: that it turns, and that pictures are seen.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::turns::Turns;
use crate::actuate::Health;

/// Shared counters; the loop counts up, the control side looks.
#[derive(Debug, Default)]
pub(super) struct Heartbeat {
    frames: AtomicU64,
    camera_failed: AtomicBool,
    health: Mutex<Option<Health>>,
    /// How long the turns took in which a picture was seen.
    pub turns: Turns,
}

impl Heartbeat {
    /// The loop has seen a fresh picture.
    pub fn beat(&self) {
        self.frames.fetch_add(1, Ordering::Relaxed);
        self.camera_failed.store(false, Ordering::Relaxed);
    }

    /// The camera has failed.
    pub fn camera_failed(&self) {
        self.camera_failed.store(true, Ordering::Relaxed);
    }

    /// How the loop is.
    pub fn set_health(&self, health: Health) {
        *self.health.lock().unwrap_or_else(PoisonError::into_inner) = Some(health);
    }

    /// How the loop was when it last turned; without a camera before it turned at all.
    pub fn health(&self) -> Health {
        let health = *self.health.lock().unwrap_or_else(PoisonError::into_inner);
        health.unwrap_or(Health::NoCamera)
    }

    /// Frames so far.
    pub fn frames(&self) -> u64 {
        self.frames.load(Ordering::Relaxed)
    }

    /// One line for `systemctl status`.
    pub fn status(&self) -> String {
        match (self.frames(), self.camera_failed.load(Ordering::Relaxed)) {
            (0, false) => "waiting for the camera's first picture".into(),
            (frames, false) => format!("looking; frames seen: {frames}"),
            (frames, true) => {
                format!("the camera delivers nothing, trying again; frames seen: {frames}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_camera_that_was_never_there_is_told_from_one_that_is_awaited() {
        let heartbeat = Heartbeat::default();
        assert!(heartbeat.status().starts_with("waiting"));
        heartbeat.camera_failed();
        assert!(heartbeat.status().contains("delivers nothing"));
        heartbeat.beat();
        assert_eq!(heartbeat.status(), "looking; frames seen: 1");
    }
}
