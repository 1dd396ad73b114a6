//! Time comes in through [`Clock`], so that tests and the demo decide what time it is.

use std::sync::Mutex;
use std::time::{Duration, Instant};

/// A monotonic clock.
pub trait Clock: Send + Sync {
    /// The current instant.
    fn now(&self) -> Instant;
}

/// The machine's monotonic clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }
}

/// A clock that moves only when it is told to.
#[derive(Debug)]
pub struct SimulatedClock {
    start: Instant,
    elapsed: Mutex<Duration>,
}

impl Default for SimulatedClock {
    fn default() -> Self {
        Self { start: Instant::now(), elapsed: Mutex::new(Duration::ZERO) }
    }
}

impl SimulatedClock {
    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        *self.elapsed.lock().unwrap_or_else(std::sync::PoisonError::into_inner) += by;
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> Instant {
        self.start + *self.elapsed.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
