//! When a recognition is good enough to act on: a pure state machine.
//!
//! Observations and the time go in, a [`Decision`] comes out; nothing here can fail, wait or touch
//! the world. *No fresh picture* is an ordinary input and decays to rest.
//!
//! Terms: a *look* is one picture that the network judged; the looks at an item are *evidence* for one answer, and what a look
//! says is what it and those before it say together, their mean; a look *votes* for a bin when it is sure
//! enough; the *signal* is the light and the lid of one bin.

mod evidence;
mod observation;
mod votes;

pub use evidence::Evidence;
pub use observation::{BinId, BinScores, MOST_BINS, Observation, Sight, Sorting};

use std::time::{Duration, Instant};

use crate::config::DecisionConfig;
use crate::units::Confidence;
use votes::Votes;

/// What is to be seen outside, and what has just changed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decision {
    /// The one bin whose light is on and whose lid is open.
    pub signal: Option<BinId>,
    /// What changed with this step.
    pub change: Option<Change>,
}

/// The entry into a state, with its cause.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Change {
    /// Something came into the empty zone.
    ItemSeen,
    /// Enough looks agree on a bin.
    Recognised {
        /// The bin.
        bin: BinId,
        /// The likeliest label of the bin in the last look.
        label: usize,
        /// Confidence in the bin, with all looks that are evidence.
        confidence: Confidence,
    },
    /// The looks did not agree in time.
    Unsure {
        /// The bin for such items, if there is one.
        bin: Option<BinId>,
        /// The likeliest label in the last look that means an item.
        label: usize,
    },
    /// The signal went off.
    Released(Release),
    /// The zone is empty again; the next item may come.
    Rearmed,
    /// The item left before it was recognised, or the network sees that there is none.
    Left,
    /// There is no fresh picture.
    Blind,
}

/// Why a signal went off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Release {
    /// The item is gone, another thing is there, or nobody asks about it any more, and the hold time
    /// is over.
    Done,
    /// The signal was on for as long as is allowed.
    TooLong,
    /// There is no fresh picture.
    Blind,
}

/// Limits that do not belong to `[decision]` alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// A picture older than this is stale.
    pub stale_after: Duration,
    /// No signal is on for longer than this.
    pub max_on: Duration,
}

/// Where the decider stands.
#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    /// The zone is empty.
    Resting,
    /// An item is there and is being looked at.
    Watching {
        since: Instant,
        /// The likeliest label in the last look that means an item.
        label: usize,
    },
    /// A signal is on.
    Signalling {
        bin: BinId,
        since: Instant,
        /// Whether the bin was recognised; an unsure signal is not kept on by the network.
        recognised: bool,
    },
    /// The signal is over; the item must go before the next one.
    Clearing { empty_since: Option<Instant> },
    /// There is no fresh picture.
    Blind,
}

/// Decides, look by look.
#[derive(Debug)]
pub struct Decider {
    config: DecisionConfig,
    limits: Limits,
    unsure_bin: Option<BinId>,
    state: State,
    votes: Votes,
    last_fresh: Option<Instant>,
}

impl Decider {
    /// A decider at rest. `unsure_bin` is the bin that `config` names.
    #[must_use]
    pub fn new(config: DecisionConfig, limits: Limits, unsure_bin: Option<BinId>) -> Self {
        let votes = Votes::new(config.window);
        Self {
            config,
            limits,
            unsure_bin,
            state: State::Resting,
            votes,
            last_fresh: None,
        }
    }

    /// Whether nothing is being watched or shown.
    #[must_use]
    pub fn is_resting(&self) -> bool {
        matches!(self.state, State::Resting)
    }

    /// Whether an item is there and is being looked at.
    #[must_use]
    pub const fn is_watching(&self) -> bool {
        matches!(self.state, State::Watching { .. })
    }

    /// Takes one observation, or none where there was no new picture.
    pub fn step(&mut self, observation: Option<&Observation>, now: Instant) -> Decision {
        let fresh = observation.filter(|seen| self.is_fresh(seen.captured_at, now));
        let change = match fresh {
            Some(seen) => {
                self.last_fresh = Some(seen.captured_at);
                self.on_sight(&seen.sight, now)
            }
            None => self.without_sight(now),
        };
        let change = change.or_else(|| self.on_time(now));
        Decision {
            signal: self.signal(),
            change,
        }
    }

    /// Ends a signal from outside, as when the outputs were parked; the item must go before the next.
    /// Nobody looked meanwhile, so an empty zone is timed anew.
    pub fn park(&mut self) {
        if matches!(
            self.state,
            State::Signalling { .. } | State::Clearing { .. }
        ) {
            self.state = State::Clearing { empty_since: None };
        }
    }

    /// Signals `bin` for the hold time, since somebody wants to see it work; the zone must be seen empty before the next signal.
    /// `false` where something is watched or shown, or no fresh picture says that nothing is there.
    pub fn test(&mut self, bin: BinId, now: Instant) -> bool {
        let fresh = self.last_fresh.is_some_and(|last| self.is_fresh(last, now));
        let may = fresh && self.is_resting();
        if may {
            self.state = State::Signalling {
                bin,
                since: now,
                recognised: false,
            };
        }
        may
    }

    /// Goes on where `former` stood, whose configuration, labels and bins may have been others. What
    /// has had its signal must go before the next one; what was still being watched is watched anew,
    /// because votes and labels are those of the former bins.
    pub fn resume(&mut self, former: &Self) {
        self.last_fresh = former.last_fresh;
        self.state = match former.state {
            State::Resting | State::Watching { .. } => State::Resting,
            State::Signalling { .. } | State::Clearing { .. } => {
                State::Clearing { empty_since: None }
            }
            State::Blind => State::Blind,
        };
    }

    fn is_fresh(&self, captured_at: Instant, now: Instant) -> bool {
        now.saturating_duration_since(captured_at) <= self.limits.stale_after
    }

    fn signal(&self) -> Option<BinId> {
        match self.state {
            State::Signalling { bin, .. } => Some(bin),
            _ => None,
        }
    }

    fn without_sight(&mut self, now: Instant) -> Option<Change> {
        // Before the first picture there is nothing that could have gone stale.
        let blind = self
            .last_fresh
            .is_some_and(|last| !self.is_fresh(last, now));
        match self.state {
            _ if !blind => None,
            State::Blind => None,
            State::Signalling { .. } => {
                self.enter_blind();
                Some(Change::Released(Release::Blind))
            }
            _ => {
                self.enter_blind();
                Some(Change::Blind)
            }
        }
    }

    fn on_sight(&mut self, sight: &Sight, now: Instant) -> Option<Change> {
        match (self.state, sight) {
            // What nobody asks about may lie there for as long as it likes.
            (State::Resting, Sight::Empty | Sight::Unjudged) => None,
            (State::Resting, Sight::Item(scores)) => Some(self.enter_watching(scores, now)),
            (State::Watching { .. }, Sight::Empty) => Some(self.enter_resting(Change::Left)),
            (State::Watching { since, .. }, Sight::Item(scores)) => self.watch(scores, since, now),
            // Nobody asks any more, and the item is still there: only the time for agreeing runs on.
            (State::Watching { since, label }, Sight::Unjudged) => self.doubt(label, since, now),
            (
                State::Signalling {
                    bin,
                    since,
                    recognised,
                },
                _,
            ) => {
                let kept = recognised
                    && matches!(sight, Sight::Item(scores) if scores.of(bin) >= self.config.keep_confidence);
                let held = now - since < self.config.hold;
                (!kept && !held).then(|| self.enter_clearing(sight, now, Release::Done))
            }
            (State::Clearing { empty_since }, Sight::Empty) => {
                let since = empty_since.unwrap_or(now);
                self.state = State::Clearing {
                    empty_since: Some(since),
                };
                (now - since >= self.config.rearm).then(|| self.enter_resting(Change::Rearmed))
            }
            // What lay there when the pictures stopped is not known to be new.
            (State::Clearing { .. }, Sight::Item(_) | Sight::Unjudged) | (State::Blind, _) => {
                self.state = State::Clearing { empty_since: None };
                None
            }
        }
    }

    /// What the time alone ends.
    fn on_time(&mut self, now: Instant) -> Option<Change> {
        match self.state {
            State::Signalling { since, .. } if now - since >= self.limits.max_on => {
                self.state = State::Clearing { empty_since: None };
                Some(Change::Released(Release::TooLong))
            }
            _ => None,
        }
    }

    fn watch(&mut self, scores: &BinScores, since: Instant, now: Instant) -> Option<Change> {
        let (best, margin) = scores.best();
        let sure =
            scores.of(best) >= self.config.min_confidence && margin >= self.config.min_margin;
        self.votes.push(sure.then_some(best));
        if sure && self.votes.count(best) >= self.config.agree {
            return Some(self.enter_signalling(best, scores, now));
        }
        let label = scores.item_label();
        self.state = State::Watching { since, label };
        self.doubt(label, since, now)
    }

    /// Gives up watching when the looks have not agreed for too long.
    fn doubt(&mut self, label: usize, since: Instant, now: Instant) -> Option<Change> {
        (now - since >= self.config.unsure_after).then(|| self.enter_unsure(label, now))
    }

    fn enter_resting(&mut self, cause: Change) -> Change {
        self.state = State::Resting;
        cause
    }

    fn enter_watching(&mut self, scores: &BinScores, now: Instant) -> Change {
        self.votes.clear();
        // One look may be enough.
        self.watch(scores, now, now).unwrap_or(Change::ItemSeen)
    }

    fn enter_signalling(&mut self, bin: BinId, scores: &BinScores, now: Instant) -> Change {
        self.state = State::Signalling {
            bin,
            since: now,
            recognised: true,
        };
        Change::Recognised {
            bin,
            label: scores.label_of(bin),
            confidence: scores.of(bin),
        }
    }

    fn enter_unsure(&mut self, label: usize, now: Instant) -> Change {
        self.state = match self.unsure_bin {
            Some(bin) => State::Signalling {
                bin,
                since: now,
                recognised: false,
            },
            None => State::Clearing { empty_since: None },
        };
        Change::Unsure {
            bin: self.unsure_bin,
            label,
        }
    }

    fn enter_clearing(&mut self, sight: &Sight, now: Instant, cause: Release) -> Change {
        let empty_since = matches!(sight, Sight::Empty).then_some(now);
        self.state = State::Clearing { empty_since };
        Change::Released(cause)
    }

    fn enter_blind(&mut self) {
        self.votes.clear();
        self.state = State::Blind;
    }
}

#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod tests;
