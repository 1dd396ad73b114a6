//! The outputs, shared: whoever holds a [`Board`] can bring them to rest, whatever the others do.
//!
//! The lock is held for calls to the board alone, never across a sleep, a picture or a log record. A
//! [`Keeper`] is the thread that moves the lids and keeps the longest time of a light, so that neither
//! depends on the turns of the loop. What it cannot help is a call that hangs in the kernel: then the lock
//! is not given back, the loop does not turn, and the watchdog ends the process.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

use super::outputs::{Outputs, TICK};
use super::{Health, SimulatedActuator};
use crate::clock::Clock;
use crate::decide::BinId;
use crate::error::{Error, Result};

/// How long [`Board::hold`] and [`Board::park`] wait for another thread's call to the board: half a second,
/// in which the lock is asked for that often.
const TRIES: u32 = 250;

/// The pause between two tries.
const ASK_AGAIN: Duration = Duration::from_millis(2);

/// The outputs behind a lock; all clones share them.
#[derive(Clone)]
pub struct Board {
    shared: Arc<Shared>,
}

struct Shared {
    inside: Mutex<Inside>,
    /// The keeper has something to do, or has ended.
    changed: Condvar,
    /// The process ends: nothing is shown or released any more. It is not behind the lock, which a call to the
    /// board that hangs may hold.
    ends: AtomicBool,
    clock: Arc<dyn Clock>,
}

struct Inside {
    outputs: Outputs,
    /// What the keeper met, until the loop hears of it.
    failure: Option<Error>,
    keeper: KeeperState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KeeperState {
    Absent,
    Running,
    Ending,
}

impl Board {
    /// Shares `outputs`. Until somebody [`keep`](Self::keep)s them, they move with the calls alone.
    #[must_use]
    pub fn new(outputs: Outputs, clock: Arc<dyn Clock>) -> Self {
        let inside = Inside {
            outputs,
            failure: None,
            keeper: KeeperState::Absent,
        };
        Self {
            shared: Arc::new(Shared {
                inside: Mutex::new(inside),
                changed: Condvar::new(),
                ends: AtomicBool::new(false),
                clock,
            }),
        }
    }

    /// Starts the thread that moves lids and keeps the longest time of a light.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn keep(&self) -> Result<Keeper> {
        self.lock().keeper = KeeperState::Running;
        let board = self.clone();
        std::thread::Builder::new()
            .name("outputs".into())
            .spawn(move || board.keep_on())
            .map_err(|error| {
                Error::internal("the system gives no thread for the outputs").caused_by(error)
            })?;
        Ok(Keeper(self.clone()))
    }

    fn keep_on(&self) {
        let mut inside = self.lock();
        while inside.keeper == KeeperState::Running {
            let due = inside.outputs.due(self.shared.clock.now());
            if due != Some(Duration::ZERO) {
                inside = self.wait(inside, due);
            }
            if let Err(error) = inside.outputs.advance(self.shared.clock.now()) {
                inside.failure.get_or_insert(error);
                // What does not obey is tried again at the pace of a servo.
                inside = self.wait(inside, Some(TICK));
            }
        }
        inside.keeper = KeeperState::Absent;
        self.shared.changed.notify_all();
    }

    fn wait<'a>(
        &'a self,
        inside: MutexGuard<'a, Inside>,
        longest: Option<Duration>,
    ) -> MutexGuard<'a, Inside> {
        let changed = &self.shared.changed;
        match longest {
            None => changed.wait(inside).unwrap_or_else(PoisonError::into_inner),
            Some(longest) => {
                changed
                    .wait_timeout(inside, longest)
                    .unwrap_or_else(PoisonError::into_inner)
                    .0
            }
        }
    }

    /// Shows the light and opens the lid of a bin, or of none.
    ///
    /// # Errors
    /// The board refuses, or has refused the keeper.
    pub fn show(&self, signal: Option<BinId>) -> Result<()> {
        self.call(|outputs, now| outputs.show(signal.filter(|_| !self.ends()), now))
    }

    /// Brings every motion forward to the present.
    ///
    /// # Errors
    /// As for [`show`](Self::show).
    pub fn advance(&self) -> Result<()> {
        self.call(Outputs::advance)
    }

    /// Shows how the daemon is on the status light.
    ///
    /// # Errors
    /// As for [`show`](Self::show).
    pub fn show_health(&self, health: Health) -> Result<()> {
        self.call(|outputs, now| outputs.show_health(health, now))
    }

    /// Whether the button is pressed.
    ///
    /// # Errors
    /// As for [`show`](Self::show).
    pub fn button_pressed(&self) -> Result<bool> {
        self.call(|outputs, _| outputs.button_pressed())
    }

    fn call<T>(
        &self,
        call: impl FnOnce(&mut Outputs, std::time::Instant) -> Result<T>,
    ) -> Result<T> {
        let mut inside = self.lock();
        let outcome = call(&mut inside.outputs, self.shared.clock.now());
        let failure = inside.failure.take();
        drop(inside);
        self.shared.changed.notify_all();
        failure.map_or(outcome, Err)
    }

    /// Switches every bin's light off and lets the lids begin to close; nothing signals until
    /// [`release`](Self::release). It does not wait for a call that hangs.
    ///
    /// # Errors
    /// The board refuses, or does not answer.
    pub fn hold(&self) -> Result<()> {
        let mut inside = self.lock_in_time()?;
        let held = inside.outputs.hold(self.shared.clock.now());
        drop(inside);
        self.shared.changed.notify_all();
        held
    }

    /// As [`hold`](Self::hold), and from now on nothing is shown and no [`release`](Self::release) is heard: the
    /// process ends.
    ///
    /// # Errors
    /// As for [`hold`](Self::hold).
    pub fn hold_for_good(&self) -> Result<()> {
        self.shared.ends.store(true, Ordering::SeqCst);
        self.hold()
    }

    /// Decisions are shown again.
    pub fn release(&self) {
        let mut inside = self.lock();
        if !self.ends() {
            inside.outputs.release();
        }
    }

    /// To be asked under the lock: who ends the process says so first and holds the outputs then, so that
    /// whatever was let through before is held.
    fn ends(&self) -> bool {
        self.shared.ends.load(Ordering::SeqCst)
    }

    /// Whether no bin's light is on, and every lid is closed and left alone. A board that does not answer
    /// is not.
    #[must_use]
    pub fn is_at_rest(&self) -> bool {
        self.try_lock()
            .is_some_and(|inside| inside.outputs.is_at_rest())
    }

    /// Holds the outputs and lets time pass by `wait` until they are at rest: every light off, every lid
    /// closed at its speed and detached.
    ///
    /// # Errors
    /// The board refuses, or does not answer; what could be brought to rest is.
    pub fn park(&self, mut wait: impl FnMut(Duration)) -> Result<()> {
        let held = self.hold();
        let mut inside = self.lock_in_time()?;
        let mut parked = held.and(inside.outputs.darken());
        let longest = inside.outputs.longest_parking();
        drop(inside);
        let end = self.shared.clock.now() + longest;
        while !self.is_at_rest() && self.shared.clock.now() < end {
            wait(TICK);
            let Some(mut inside) = self.try_lock() else {
                continue;
            };
            let moved = inside.outputs.advance(self.shared.clock.now());
            let failure = inside.failure.take();
            parked = parked.and(failure.map_or(moved, Err));
        }
        parked
    }

    /// Gives the lines back, takes others by `open` and drives those from now on. The outputs are
    /// [held](Self::hold) and at rest meanwhile. The lock is free while `open` works.
    ///
    /// # Errors
    /// Those of `open`; the board is without lines then.
    pub fn rewire(&self, open: impl FnOnce() -> Result<Outputs>) -> Result<()> {
        let nothing = SimulatedActuator::new(Arc::clone(&self.shared.clock));
        let now = self.shared.clock.now();
        drop(self.swap(Outputs::unwired(Box::new(nothing), now)));
        let opened = open()?;
        drop(self.swap(opened));
        Ok(())
    }

    fn swap(&self, mut outputs: Outputs) -> Outputs {
        let mut inside = self.lock();
        outputs.inherit_hold(&inside.outputs);
        let old = std::mem::replace(&mut inside.outputs, outputs);
        drop(inside);
        self.shared.changed.notify_all();
        old
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        let inside = self.shared.inside.lock();
        inside.unwrap_or_else(PoisonError::into_inner)
    }

    fn try_lock(&self) -> Option<MutexGuard<'_, Inside>> {
        match self.shared.inside.try_lock() {
            Ok(inside) => Some(inside),
            Err(TryLockError::Poisoned(inside)) => Some(inside.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// The lock, unless a call to the board hangs. The wait is real time, whatever the clock says.
    fn lock_in_time(&self) -> Result<MutexGuard<'_, Inside>> {
        for _ in 0..TRIES {
            if let Some(inside) = self.try_lock() {
                return Ok(inside);
            }
            std::thread::sleep(ASK_AGAIN);
        }
        Err(Error::unavailable("the board does not answer")
            .advice("restart the machine; until then the outputs stay as they are"))
    }
}

/// Ends the thread that [`Board::keep`] started when it is dropped.
pub struct Keeper(Board);

impl Drop for Keeper {
    fn drop(&mut self) {
        // A thread whose call hangs, or that a defect has ended, is left behind: it must not keep the process
        // from ending.
        for _ in 0..TRIES {
            let Ok(mut inside) = self.0.lock_in_time() else {
                return;
            };
            if inside.keeper == KeeperState::Absent {
                return;
            }
            inside.keeper = KeeperState::Ending;
            drop(inside);
            self.0.shared.changed.notify_all();
            std::thread::sleep(ASK_AGAIN);
        }
    }
}

#[cfg(test)]
#[path = "board_tests.rs"]
mod tests;
