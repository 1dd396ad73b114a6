//! Time comes in through [`Clock`], so that tests neither wait nor depend on the date.

use std::time::{Duration, Instant, SystemTime};

/// What an import wants to know and to do about time.
pub trait Clock {
    /// Time since some fixed moment; it never goes back.
    fn now(&self) -> Duration;
    /// The date and time.
    fn date(&self) -> SystemTime;
    /// Waits.
    fn pause(&self, time: Duration);
}

/// The machine's clocks.
#[derive(Debug, Clone, Copy)]
pub struct MachineClock(Instant);

impl Default for MachineClock {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl Clock for MachineClock {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }

    fn date(&self) -> SystemTime {
        SystemTime::now()
    }

    fn pause(&self, time: Duration) {
        std::thread::sleep(time);
    }
}
