//! What a picture shows, by what presence found and by what the network said, if it was asked.

use crate::config::Config;
use crate::decide::{BinScores, Sight};
use crate::presence::{Presence, Trigger};
use crate::units::Confidence;

/// How the network's word is weighed against presence.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weighing {
    /// That nothing is there is believed from this confidence on; and below it a bin is in doubt.
    least: Confidence,
    /// Whether the network looks at an empty zone as well, so that doubt is what it says of one.
    looks_always: bool,
}

impl Weighing {
    pub fn new(config: &Config, trigger: &Trigger) -> Self {
        Self {
            least: config.decision.keep_confidence,
            looks_always: trigger.looks_always(),
        }
    }

    /// What the picture shows; `None` where nothing can be said of it.
    pub fn sight(self, presence: Presence, judged: Option<BinScores>) -> Option<Sight> {
        let Some(scores) = judged else {
            return match presence {
                Presence::Learning => None,
                Presence::Empty => Some(Sight::Empty),
                Presence::Item(_) => Some(Sight::Unjudged),
            };
        };
        if scores.shows_nothing(self.least) {
            return Some(Sight::Empty);
        }
        let doubtful = self.looks_always && scores.of(scores.best().0) < self.least;
        Some(match presence {
            Presence::Empty if doubtful => Sight::Empty,
            // Whether the doubt is about an item or about the empty zone is not known yet.
            Presence::Learning if doubtful => Sight::Unjudged,
            // Where presence sees an item, doubt is about an item.
            _ => Sight::Item(scores),
        })
    }
}

#[cfg(test)]
#[path = "sight_tests.rs"]
mod tests;
