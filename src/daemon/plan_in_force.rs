//! What is in force, shared by the loop, which knows it, and the control side, which is asked.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::classify::bundle::Manifest;
use crate::config::Config;
use crate::config::committed::Origin;
use crate::pipeline::Plan;

/// A configuration with its model, as it is in force.
#[derive(Debug, Clone)]
pub(super) struct InForce {
    /// The configuration.
    pub config: Arc<Config>,
    /// Where it comes from.
    pub origin: Origin,
    /// What its model says of itself.
    pub manifest: Arc<Manifest>,
}

impl InForce {
    /// What is in force once this plan is.
    pub fn of(plan: &Plan) -> Self {
        Self {
            config: Arc::new(plan.config.clone()),
            origin: plan.origin,
            manifest: Arc::clone(&plan.manifest),
        }
    }

    /// The bins' names.
    pub fn bins(&self) -> Vec<String> {
        let names = self.config.bins.iter();
        names.map(|bin| bin.name.value.clone()).collect()
    }

    /// The bundle of the model, where it is not the one inside the binary.
    pub fn bundle(&self) -> Option<PathBuf> {
        let named = self.config.model.bundle.as_ref();
        named.map(|located| located.value.clone())
    }
}

/// What is in force; all clones share it.
#[derive(Debug, Clone)]
pub(super) struct PlanInForce {
    shared: Arc<Mutex<InForce>>,
}

impl PlanInForce {
    /// It begins with this.
    pub fn new(first: InForce) -> Self {
        Self {
            shared: Arc::new(Mutex::new(first)),
        }
    }

    /// Something else is in force from now on.
    pub fn set(&self, next: InForce) {
        *self.shared.lock().unwrap_or_else(PoisonError::into_inner) = next;
    }

    /// What is in force now.
    pub fn get(&self) -> InForce {
        let shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.clone()
    }

    /// What is in force was tried, and is kept from now on; `false` where something else is in force meanwhile.
    pub fn keep(&self, tried: Origin, kept: Origin) -> bool {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = shared.origin == tried;
        if is_it {
            shared.origin = kept;
        }
        is_it
    }
}
