//! What the three threads of a camera share: the one place for the newest frame, the changes to be
//! reported, and what the capture thread is doing right now.
//!
//! The *capture thread* publishes, the *loop* takes, the *watcher* looks for a capture thread that is
//! overdue. Nothing in here blocks on a camera, and no lock is held across a call into one.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::CaptureChange;
use super::frame::Frame;

/// Changes that nobody has fetched yet; the oldest make room for the newest.
const MOST_CHANGES: usize = 64;

/// How often an overdue thread is interrupted: the first signal may come just before it blocks.
const INTERRUPT_EVERY: Duration = Duration::from_millis(50);

/// A thread that shrugs off signals for this long is in the kernel's hands.
const STUCK_AFTER: Duration = Duration::from_secs(3);

/// And from then on one signal a second is enough.
const INTERRUPT_STUCK_EVERY: Duration = Duration::from_secs(1);

/// What a capture thread has counted since it was started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CaptureCounts {
    /// Frames that were published.
    pub frames: u64,
    /// Frames that a newer one replaced before anybody took them.
    pub unseen: u64,
    /// Frames that were refused because they were too old.
    pub stale: u64,
    /// Pictures and files that could not be used and were left out.
    pub skipped: u64,
    /// Times that the camera failed or could not be opened.
    pub failures: u64,
}

/// What the capture thread is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    Opening,
    Capturing,
    Closing,
}

#[derive(Debug)]
enum Phase {
    /// Inside a call of the camera, which is overdue `patience` after `since`.
    Busy {
        doing: Doing,
        since: Instant,
        patience: Duration,
        overdue: bool,
        reported: bool,
    },
    /// Waiting before the next attempt.
    Resting,
    /// Nothing will be published any more.
    Over,
}

/// What the watcher has to do next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Duty {
    /// Wait for this long, or until something changes.
    Wait(Option<Duration>),
    /// Interrupt the capture thread, and look again after this long.
    Interrupt(Duration),
    /// The capture thread is about to end.
    Join,
}

struct State {
    newest: Frame,
    fresh: bool,
    phase: Phase,
    stopping: bool,
    counts: CaptureCounts,
    changes: VecDeque<CaptureChange>,
    last_skipped: String,
}

pub(super) struct Slot {
    state: Mutex<State>,
    /// A frame was published.
    news: Condvar,
    /// The phase changed, or the threads are to stop.
    turn: Condvar,
    /// Frames older than this are refused.
    stale_after: Duration,
}

impl Slot {
    pub(super) fn new(stale_after: Duration) -> Self {
        let state = State {
            newest: Frame::empty(Instant::now()),
            fresh: false,
            phase: Phase::Resting,
            stopping: false,
            counts: CaptureCounts::default(),
            changes: VecDeque::new(),
            last_skipped: String::new(),
        };
        Self {
            state: Mutex::new(state),
            news: Condvar::new(),
            turn: Condvar::new(),
            stale_after,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change of the state is complete before anything in here can panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // The loop's side.

    /// Swaps the newest unseen frame into `frame`, waiting for one until `until`.
    pub(super) fn wait_newer(&self, frame: &mut Frame, until: Instant) -> bool {
        let mut state = self.lock();
        loop {
            let now = Instant::now();
            if mem::take(&mut state.fresh) {
                if self.is_stale(&state.newest, now) {
                    state.counts.stale += 1;
                } else {
                    mem::swap(&mut state.newest, frame);
                    return true;
                }
            }
            let Some(left) = until
                .checked_duration_since(now)
                .filter(|left| !left.is_zero())
            else {
                return false;
            };
            state = self
                .news
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    pub(super) fn take_changes(&self) -> Vec<CaptureChange> {
        self.lock().changes.drain(..).collect()
    }

    pub(super) fn counts(&self) -> CaptureCounts {
        self.lock().counts
    }

    /// Asks the threads to end and waits for that until `until`; `false` when they have not.
    pub(super) fn stop(&self, until: Instant) -> bool {
        let mut state = self.lock();
        state.stopping = true;
        self.turn.notify_all();
        while !matches!(state.phase, Phase::Over) {
            let Some(left) = until.checked_duration_since(Instant::now()) else {
                return false;
            };
            state = self
                .turn
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        true
    }

    // The capture thread's side.

    pub(super) fn stopping(&self) -> bool {
        self.lock().stopping
    }

    pub(super) fn begin(&self, doing: Doing, patience: Duration) {
        let since = Instant::now();
        self.lock().phase = Phase::Busy {
            doing,
            since,
            patience,
            overdue: false,
            reported: false,
        };
        self.turn.notify_all();
    }

    /// Whether the watcher has interrupted what was begun last.
    pub(super) fn is_overdue(&self) -> bool {
        matches!(self.lock().phase, Phase::Busy { overdue: true, .. })
    }

    /// Swaps `frame` into the one place, and starts the deadline for the next one; `false` when the
    /// frame is too old to be used.
    pub(super) fn publish(&self, frame: &mut Frame) -> bool {
        let mut guard = self.lock();
        let state = &mut *guard;
        let now = Instant::now();
        if self.is_stale(frame, now) {
            state.counts.stale += 1;
            return false;
        }
        mem::swap(&mut state.newest, frame);
        state.counts.frames += 1;
        state.counts.unseen += u64::from(mem::replace(&mut state.fresh, true));
        if let Phase::Busy { since, overdue, .. } = &mut state.phase {
            *since = now;
            *overdue = false;
        }
        self.news.notify_all();
        true
    }

    pub(super) fn report(&self, change: CaptureChange) {
        let mut state = self.lock();
        match &change {
            CaptureChange::Failed { .. } => state.counts.failures += 1,
            CaptureChange::Skipped { error } => {
                state.counts.skipped += 1;
                // A loose cable damages thirty pictures a second; one line about it is enough.
                let text = error.to_string();
                if mem::replace(&mut state.last_skipped, text.clone()) == text {
                    return;
                }
            }
            _ => {}
        }
        state.push(change);
    }

    /// Waits before the next attempt; a stop ends the wait.
    pub(super) fn rest(&self, wait: Duration) {
        let until = Instant::now() + wait;
        let mut state = self.lock();
        state.phase = Phase::Resting;
        self.turn.notify_all();
        while !state.stopping {
            let Some(left) = until
                .checked_duration_since(Instant::now())
                .filter(|left| !left.is_zero())
            else {
                return;
            };
            state = self
                .turn
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    pub(super) fn over(&self) {
        self.lock().phase = Phase::Over;
        self.turn.notify_all();
        self.news.notify_all();
    }

    // The watcher's side.

    /// Finds out what the watcher has to do, and calls `interrupt` while the capture thread cannot
    /// move on: a signal that came later would hit the next, innocent call.
    pub(super) fn watch(&self, interrupt: impl FnOnce()) -> bool {
        let mut state = self.lock();
        let wait = match state.duty(Instant::now()) {
            Duty::Join => return false,
            Duty::Wait(wait) => wait,
            Duty::Interrupt(again) => {
                interrupt();
                Some(again)
            }
        };
        match wait {
            Some(wait) => drop(self.turn.wait_timeout(state, wait)),
            None => drop(self.turn.wait(state)),
        }
        true
    }

    fn is_stale(&self, frame: &Frame, now: Instant) -> bool {
        now.saturating_duration_since(frame.captured_at) > self.stale_after
    }
}

impl State {
    fn push(&mut self, change: CaptureChange) {
        if self.changes.len() == MOST_CHANGES {
            self.changes.pop_front();
        }
        self.changes.push_back(change);
    }

    fn duty(&mut self, now: Instant) -> Duty {
        let Phase::Busy {
            doing,
            since,
            patience,
            overdue,
            reported,
        } = &mut self.phase
        else {
            let over = matches!(self.phase, Phase::Over);
            return if over { Duty::Join } else { Duty::Wait(None) };
        };
        let due = if self.stopping {
            *since
        } else {
            *since + *patience
        };
        if let Some(left) = due
            .checked_duration_since(now)
            .filter(|left| !left.is_zero())
        {
            return Duty::Wait(Some(left));
        }
        *overdue = true;
        let stuck = now.saturating_duration_since(*since + *patience) > STUCK_AFTER;
        let doing = *doing;
        if stuck && !mem::replace(reported, true) {
            let waited = now.saturating_duration_since(*since);
            self.push(CaptureChange::Stuck {
                doing: doing.words(),
                waited,
            });
        }
        let again = if stuck {
            INTERRUPT_STUCK_EVERY
        } else {
            INTERRUPT_EVERY
        };
        // Closing is waited for: cutting it short would leave the device half released.
        if doing == Doing::Closing {
            Duty::Wait(Some(again))
        } else {
            Duty::Interrupt(again)
        }
    }
}

impl Doing {
    const fn words(self) -> &'static str {
        match self {
            Self::Opening => "opening the camera",
            Self::Capturing => "waiting for a picture",
            Self::Closing => "closing the camera",
        }
    }
}

#[cfg(test)]
#[path = "slot_tests.rs"]
mod tests;
