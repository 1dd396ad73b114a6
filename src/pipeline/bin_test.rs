//! Showing that a bin works, on somebody's wish and over an empty drop zone alone.

use std::time::Duration;

use super::Pipeline;
use crate::decide::BinId;
use crate::presence::Presence;
use crate::report::Event;

/// Why a bin is not tested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Untested {
    /// There is none of that name, but these.
    NoSuchBin(Vec<String>),
    /// Everything is held at rest.
    AtRest,
    /// Something is in the drop zone or is signalled, or no picture says that nothing is there.
    NotEmpty,
}

impl Pipeline {
    /// Signals a bin for its hold time, which it answers, since somebody wants to see it work.
    ///
    /// # Errors
    /// Why it does not.
    pub fn test(&mut self, bin: &str) -> std::result::Result<Duration, Untested> {
        let mut names = self.config.bins.iter().map(|bin| &bin.name.value);
        let Some(place) = names.position(|name| name == bin) else {
            let names = self.config.bins.iter().map(|bin| bin.name.value.clone());
            return Err(Untested::NoSuchBin(names.collect()));
        };
        if self.held {
            return Err(Untested::AtRest);
        }
        // Where a button asks, something may lie there that nobody asked about.
        let empty = self.seen == Some(Presence::Empty) && self.watch.suspects_nothing();
        if !empty || !self.decider.test(BinId(place), self.clock.now()) {
            return Err(Untested::NotEmpty);
        }
        self.reporter.report(&Event::BinTested { bin: bin.into() });
        Ok(self.config.decision.hold)
    }
}
