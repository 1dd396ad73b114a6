//! What is not in the file yet, between who reports, who writes and who reads.
//!
//! The lock is held for moments only: never while a disk is waited for.

use std::collections::VecDeque;
use std::mem::take;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::tally::Tally;
use super::time;
use crate::report::{Event, Witness, shortened};
use crate::time_zone::TimeZone;

/// Events that may wait to be written; the counts go on where more come.
const MOST_EVENTS: usize = 1_000;

/// So many are written without waiting for the end of the minute.
const MANY_EVENTS: usize = MOST_EVENTS / 2;

/// An event that waits to be written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Noted {
    /// Milliseconds since 1970 by the machine's clock.
    pub time_ms: i64,
    /// Whether that clock was set.
    pub clock_set: bool,
    /// What happened.
    pub event: Event,
}

/// What is written at once.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// The events, the oldest first.
    pub events: VecDeque<Noted>,
    /// What they and others add up to.
    pub tally: Tally,
}

impl Batch {
    fn is_empty(&self) -> bool {
        self.events.is_empty() && self.tally.is_empty()
    }
}

/// What is shared.
#[derive(Debug, Default)]
pub(super) struct Desk {
    inside: Mutex<Inside>,
    changed: Condvar,
}

#[derive(Debug)]
struct Inside {
    fresh: Batch,
    /// What is being written, until it is in the file. Where that failed, the file knows whether it is, when it can be opened again: a
    /// disk may take a batch and fail after that.
    in_flight: Option<Arc<Batch>>,
    /// The number of the newest batch in the file; none as long as no file was opened.
    written: Option<u64>,
    stage: Stage,
    /// Whether there is a file to write to, or may be one later.
    keeps_events: bool,
    clock_set: bool,
    zone: TimeZone,
    lost: u64,
    trouble: Option<String>,
    /// Whether who read the file found it torn.
    suspected: bool,
}

/// Where the writer is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// It has not tried to open the file yet.
    Opening,
    /// It writes a batch a minute.
    Writing,
    /// It is to write the last one.
    Closing,
    /// It has ended.
    Closed,
}

impl Default for Inside {
    fn default() -> Self {
        Self {
            fresh: Batch::default(),
            in_flight: None,
            written: None,
            stage: Stage::Opening,
            keeps_events: false,
            clock_set: false,
            zone: TimeZone::utc(),
            lost: 0,
            trouble: None,
            suspected: false,
        }
    }
}

impl Inside {
    /// The file was opened and has so many batches, which says what became of the one in flight.
    fn settle(&mut self, batches: u64) {
        let next = self.written.map(|written| written + 1);
        if next == Some(batches) {
            self.in_flight = None;
        }
        self.take_back();
        self.written = Some(batches);
    }

    /// What was in flight waits again, before what came later.
    fn take_back(&mut self) {
        let Some(batch) = self.in_flight.take() else {
            return;
        };
        // A reader may be looking at it.
        let mut batch = Arc::try_unwrap(batch).unwrap_or_else(|batch| Batch {
            events: batch.events.clone(),
            tally: batch.tally.clone(),
        });
        batch.tally.dropped = 0;
        let later = take(&mut self.fresh);
        batch.tally.merge(later.tally);
        batch.events.extend(later.events);
        let lost = batch.events.len().saturating_sub(MOST_EVENTS);
        batch.events.drain(..lost);
        self.lost += lost as u64;
        self.fresh = batch;
    }
}

/// What is counted and not in the file that has so many batches.
#[derive(Debug, Clone, Default)]
pub(super) struct Unwritten {
    /// How many batches the file has without the one in flight; none where there is no file that can be read.
    pub written: Option<u64>,
    /// What is being written.
    pub in_flight: Option<Arc<Batch>>,
    /// What waits.
    pub fresh: Tally,
    /// How many events are lost.
    pub lost: u64,
    /// What is wrong.
    pub trouble: Option<String>,
}

impl Witness for Desk {
    fn see(&self, event: &Event) {
        let time_ms = time::now_ms();
        let mut guard = self.lock();
        let inside = &mut *guard;
        let hour = inside.zone.hour_of(time_ms.div_euclid(1000));
        let clock_set = inside.clock_set;
        inside.fresh.tally.count(event, hour, clock_set);
        if !inside.keeps_events || !is_worth_keeping(event) {
            return;
        }
        if inside.fresh.events.len() >= MOST_EVENTS {
            inside.lost += 1;
            return;
        }
        inside.fresh.events.push_back(Noted {
            time_ms,
            clock_set,
            event: shortened(event),
        });
        if inside.fresh.events.len() == MANY_EVENTS {
            drop(guard);
            self.changed.notify_all();
        }
    }
}

/// A camera with a bad cable skips pictures by the dozen a second, and each would push out an older event.
const fn is_worth_keeping(event: &Event) -> bool {
    !matches!(
        event,
        Event::FrameSkipped { .. } | Event::DroppingBegan | Event::DroppingEnded { .. }
    )
}

impl Desk {
    /// What time it is for what is counted from now on, and whether events are kept.
    pub fn set_clock(&self, clock_set: bool, zone: TimeZone) {
        let mut inside = self.lock();
        (inside.clock_set, inside.zone) = (clock_set, zone);
    }

    /// Events are kept from now on, until they are written.
    pub fn keep_events(&self) {
        self.lock().keeps_events = true;
    }

    /// The time zone.
    pub fn zone(&self) -> TimeZone {
        self.lock().zone.clone()
    }

    /// The file was opened, which has so many batches; or there is none, or it could not be.
    pub fn opened(&self, batches: Option<u64>) {
        let mut inside = self.lock();
        if let Some(batches) = batches {
            inside.settle(batches);
        }
        if inside.stage == Stage::Opening {
            inside.stage = Stage::Writing;
        }
        drop(inside);
        self.changed.notify_all();
    }

    /// What waited is in the file: nothing is wrong any more.
    pub fn works(&self) {
        self.lock().trouble = None;
    }

    /// What is wrong with the memory, and what to do.
    pub fn trouble(&self) -> Option<String> {
        self.lock().trouble.clone()
    }

    /// Waits until `due`, or until much waits to be written; `true` where the last batch is to be written.
    pub fn wait(&self, due: Instant, writes: bool) -> bool {
        let mut inside = self.lock();
        loop {
            if inside.stage == Stage::Closing {
                return true;
            }
            let left = due.saturating_duration_since(Instant::now());
            let many = writes && inside.fresh.events.len() >= MANY_EVENTS;
            if left.is_zero() || many {
                return false;
            }
            inside = self.wait_for_change(inside, left);
        }
    }

    /// Whether nothing waits to be written.
    pub fn has_nothing(&self) -> bool {
        self.lock().fresh.is_empty()
    }

    /// What is to be written now; it counts as being written until the writer says what came of it.
    pub fn take(&self) -> Option<Arc<Batch>> {
        let mut inside = self.lock();
        inside.take_back();
        if inside.fresh.is_empty() {
            return None;
        }
        let batch = Arc::new(take(&mut inside.fresh));
        inside.lost += batch.tally.dropped;
        inside.in_flight = Some(Arc::clone(&batch));
        Some(batch)
    }

    /// What was taken is in the file, as this batch.
    pub fn written(&self, batch: u64) {
        let mut inside = self.lock();
        (inside.in_flight, inside.written) = (None, Some(batch));
    }

    /// The file cannot be used, because of this. Whether what was taken is in it turns out when it is opened again.
    pub fn failed(&self, trouble: String) {
        self.lock().trouble = Some(trouble);
    }

    /// Who read the file found it torn.
    pub fn suspect(&self) {
        self.lock().suspected = true;
    }

    /// Whether somebody did since this was asked last.
    pub fn is_suspected(&self) -> bool {
        take(&mut self.lock().suspected)
    }

    /// What is counted and not in the file.
    pub fn unwritten(&self) -> Unwritten {
        let inside = self.lock();
        Unwritten {
            written: inside.written,
            in_flight: inside.in_flight.clone(),
            fresh: inside.fresh.tally.clone(),
            lost: inside.lost + inside.fresh.tally.dropped,
            trouble: inside.trouble.clone(),
        }
    }

    /// Waits until the file was opened or could not be, but no longer than `most`.
    pub fn wait_until_opened(&self, most: Duration) {
        self.wait_while(most, |stage| stage == Stage::Opening);
    }

    /// Lets the writer write the last batch, and waits for it, but no longer than `most`.
    pub fn close(&self, most: Duration) {
        let mut inside = self.lock();
        if inside.stage != Stage::Closed {
            inside.stage = Stage::Closing;
        }
        drop(inside);
        self.changed.notify_all();
        self.wait_while(most, |stage| stage != Stage::Closed);
    }

    /// The writer has ended.
    pub fn closed(&self) {
        self.lock().stage = Stage::Closed;
        self.changed.notify_all();
    }

    fn wait_while(&self, most: Duration, goes_on: impl Fn(Stage) -> bool) {
        let end = Instant::now() + most;
        let mut inside = self.lock();
        while goes_on(inside.stage) {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            inside = self.wait_for_change(inside, left);
        }
    }

    fn wait_for_change<'i>(
        &self,
        inside: MutexGuard<'i, Inside>,
        most: Duration,
    ) -> MutexGuard<'i, Inside> {
        self.changed
            .wait_timeout(inside, most)
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[path = "desk_tests.rs"]
mod tests;
