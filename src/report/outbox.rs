//! Hands things on from a thread of its own, so that a reader who stops reading holds up that thread
//! alone: whoever puts something in goes on at once.
//!
//! What waits, in which order it goes and what is dropped is up to a [`Waiting`], which is plain data.
//! At the end of the program [`wait_for_readers`] gives all readers together a moment for the last of it.

use std::fmt;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use crate::panics;

/// How long the end of the program waits until everything is read.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Every outbox of the process whose thread still works.
static OPEN: Mutex<Vec<Weak<dyn Emptied>>> = Mutex::new(Vec::new());

/// What waits to be handed on.
pub(crate) trait Waiting: Send + 'static {
    /// One thing of it.
    type Item;

    /// Takes what is to be handed on next.
    fn take(&mut self) -> Option<Self::Item>;
}

/// The side that puts things in.
pub(crate) struct Outbox<W: Waiting> {
    desk: Arc<Desk<W>>,
}

/// What both sides share. The lock is held for moments only, never while something is handed on.
struct Desk<W> {
    state: Mutex<State<W>>,
    changed: Condvar,
}

struct State<W> {
    waiting: W,
    /// Nothing waits, and nothing is on its way.
    empty: bool,
    /// Nobody can put anything in any more.
    closed: bool,
}

impl<W: Waiting> Outbox<W> {
    /// Starts the thread that hands on what waits, by `hand_on`, which may block.
    ///
    /// # Errors
    /// The system gives us no thread.
    pub fn start(
        name: &str,
        waiting: W,
        hand_on: impl FnMut(W::Item) + Send + 'static,
    ) -> io::Result<Self> {
        let state = State {
            waiting,
            empty: true,
            closed: false,
        };
        let desk = Arc::new(Desk {
            state: Mutex::new(state),
            changed: Condvar::new(),
        });
        let other_side = Arc::clone(&desk);
        thread::Builder::new()
            .name(name.into())
            .spawn(move || other_side.serve(hand_on))?;
        let known: Arc<dyn Emptied> = desk.clone();
        remember(&known);
        Ok(Self { desk })
    }

    /// Puts something in by `put`, which must not block.
    pub fn put<R>(&self, put: impl FnOnce(&mut W) -> R) -> R {
        let mut state = self.desk.lock();
        let outcome = put(&mut state.waiting);
        state.empty = false;
        drop(state);
        self.desk.changed.notify_all();
        outcome
    }
}

impl<W: Waiting> Drop for Outbox<W> {
    /// What still waits is handed on nevertheless; the thread ends after that.
    fn drop(&mut self) {
        self.desk.lock().closed = true;
        self.desk.changed.notify_all();
    }
}

impl<W: Waiting> fmt::Debug for Outbox<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox").finish_non_exhaustive()
    }
}

impl<W> Desk<W> {
    fn lock(&self) -> MutexGuard<'_, State<W>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<W: Waiting> Desk<W> {
    fn serve(&self, mut hand_on: impl FnMut(W::Item)) {
        let mut state = self.lock();
        loop {
            if let Some(item) = state.waiting.take() {
                drop(state);
                // What cannot be handed on because of a panic is lost; the next one need not be.
                let _ = panics::contained(|| hand_on(item));
                state = self.lock();
                continue;
            }
            state.empty = true;
            self.changed.notify_all();
            if state.closed {
                return;
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Something that can be waited for until it is empty.
trait Emptied: Send + Sync {
    /// Waits until everything was handed on, or it is `end`.
    fn wait_until(&self, end: Instant);
}

impl<W: Waiting> Emptied for Desk<W> {
    fn wait_until(&self, end: Instant) {
        let mut state = self.lock();
        while !state.empty {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            state = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}

fn remember(desk: &Arc<dyn Emptied>) {
    let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    open.retain(|desk| desk.strong_count() > 0);
    open.push(Arc::downgrade(desk));
}

/// Waits at the end of the program until everything that was put in anywhere was handed on. Readers who
/// do not read hold it up for a second at most, all of them together.
pub(crate) fn wait_for_readers() {
    let end = Instant::now() + LAST_WORDS;
    let open = OPEN.lock().unwrap_or_else(PoisonError::into_inner).clone();
    // The log was opened first and is waited for last: the others may still log.
    for desk in open.iter().rev().filter_map(Weak::upgrade) {
        desk.wait_until(end);
    }
}

#[cfg(test)]
#[path = "outbox_tests.rs"]
mod tests;
