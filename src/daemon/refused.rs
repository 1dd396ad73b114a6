//! How long the status light tells that a configuration was refused.

use std::time::{Duration, Instant};

/// After a reload somebody reads the log as well.
const TELL_REFUSED: Duration = Duration::from_secs(20);

/// Whether a configuration was refused that somebody should hear of.
#[derive(Debug, Clone, Copy, Default)]
pub(super) enum Refused {
    /// None was.
    #[default]
    No,
    /// It was offered while the daemon ran, by somebody who sees the log.
    Until(Instant),
    /// It was offered before the start, by somebody who sees nothing but the light.
    UntilReload,
}

impl Refused {
    /// One was refused now; what is told until a reload is told on.
    pub fn add(&mut self, now: Instant) {
        if !matches!(self, Self::UntilReload) {
            *self = Self::Until(now + TELL_REFUSED);
        }
    }

    /// Whether the light tells.
    pub fn is_told(self, now: Instant) -> bool {
        match self {
            Self::No => false,
            Self::Until(until) => now < until,
            Self::UntilReload => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_before_the_start_is_told_on_whatever_comes_then() {
        let now = Instant::now();
        let later = now + TELL_REFUSED;
        assert!(!Refused::No.is_told(now));
        let mut refused = Refused::No;
        refused.add(now);
        assert!(refused.is_told(now) && !refused.is_told(later));
        let mut refused = Refused::UntilReload;
        refused.add(now);
        assert!(refused.is_told(later));
    }
}
