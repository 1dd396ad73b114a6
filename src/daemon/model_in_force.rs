//! What the model in force says of itself, shared by the loop, which knows it, and the control side, which is asked.

use std::sync::{Arc, Mutex, PoisonError};

use crate::classify::bundle::Manifest;

/// The manifest of the model in force; all clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct ModelInForce {
    manifest: Arc<Mutex<Option<Arc<Manifest>>>>,
}

impl ModelInForce {
    /// Another model is in force from now on.
    pub fn set(&self, manifest: &Arc<Manifest>) {
        let mut known = self.manifest.lock().unwrap_or_else(PoisonError::into_inner);
        *known = Some(Arc::clone(manifest));
    }

    /// The manifest; none before the start.
    pub fn get(&self) -> Option<Arc<Manifest>> {
        let known = self.manifest.lock().unwrap_or_else(PoisonError::into_inner);
        known.clone()
    }
}
