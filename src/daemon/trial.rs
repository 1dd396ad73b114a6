//! A configuration that is tried, and what was in force before it.

use std::hash::{BuildHasher, RandomState};

use tokio::time::Instant;

use crate::config::committed::Origin;
use crate::control::protocol;

/// A configuration that is tried.
pub(super) struct Trial {
    /// What it is committed and undone by.
    pub number: u32,
    /// What is tried.
    pub text: String,
    /// When it is over.
    pub until: Instant,
    /// What is in force then.
    pub before: Before,
}

impl Trial {
    /// What clients are told of it.
    pub fn told(&self) -> protocol::Trial {
        let left = self.until.saturating_duration_since(Instant::now());
        protocol::Trial {
            trial: self.number,
            seconds: left.as_secs(),
        }
    }
}

/// What was in force before it.
#[derive(Clone)]
pub(super) struct Before {
    /// Its text.
    pub text: String,
    /// Where it comes from.
    pub origin: Origin,
}

impl Before {
    /// Whether it is the generation of this number; 0 is the file.
    pub fn is(&self, number: u32) -> bool {
        match self.origin {
            Origin::File => number == 0,
            Origin::Committed(committed) => committed == number,
            Origin::Tried(_) => false,
        }
    }
}

/// Trials are numbered from here, so that who tried something before a restart does not keep what another tried after it.
pub(super) fn random_number() -> u32 {
    // The standard library seeds this from the system's random numbers.
    RandomState::new().hash_one(()) as u32
}
