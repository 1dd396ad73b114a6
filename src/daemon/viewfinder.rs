//! Hands the newest picture from the loop to whoever wants to see it.
//!
//! The loop copies a picture only while somebody waits for one; what becomes of it is not the loop's matter.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

use crate::capture::Frame;
use crate::preprocess::Region;
use crate::presence::Presence;
use crate::units::{Rotation, Zone};

/// A picture, and what the loop saw on it.
#[derive(Debug, Clone)]
pub(super) struct Scene {
    /// The picture, as the camera delivered it.
    pub frame: Frame,
    /// How the camera is turned.
    pub rotation: Rotation,
    /// The drop zone.
    pub zone: Zone,
    /// What nobody is to see.
    pub mask: Vec<Zone>,
    /// What the zone holds; none where the picture is not to be trusted.
    pub presence: Option<Presence>,
    /// What differs from the learnt empty zone, in fractions of the zone.
    pub foreground: Vec<Region>,
}

/// One place for the newest picture.
#[derive(Debug, Default)]
pub(super) struct Viewfinder {
    wanted: AtomicBool,
    shown: Mutex<Option<Scene>>,
    come: Notify,
}

impl Viewfinder {
    /// Whether somebody waits for a picture.
    pub fn is_wanted(&self) -> bool {
        self.wanted.load(Ordering::Relaxed)
    }

    /// Hands a picture over.
    pub fn show(&self, scene: Scene) {
        // Before it is shown: who has got this one may want the next at once.
        self.wanted.store(false, Ordering::SeqCst);
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = Some(scene);
        self.come.notify_one();
    }

    /// The next picture; nobody else may wait for one meanwhile. May be dropped at any time.
    pub async fn next(&self) -> Scene {
        // One that nobody took any more is an old one.
        self.take();
        self.wanted.store(true, Ordering::SeqCst);
        loop {
            self.come.notified().await;
            if let Some(scene) = self.take() {
                return scene;
            }
        }
    }

    fn take(&self) -> Option<Scene> {
        self.shown
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }
}
