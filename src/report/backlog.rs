//! What waits for a slow reader: bounded in number and size. What finds no room is dropped, and each gap
//! is told in its place.
//!
//! A *gap* begins with the first thing that finds no room, and ends when half of what waited was taken.
//! Without that distance, a reader who is merely too slow would read of gaps more than of anything else.

use std::collections::VecDeque;
use std::time::SystemTime;

use super::outbox::Waiting;

/// How much may wait.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// Things.
    pub items: usize,
    /// Their bytes in all; a single thing may be larger.
    pub bytes: usize,
    /// Things that go first, beside those.
    pub first: usize,
}

impl Room {
    /// Room for minutes of a busy bin, and for what is refused again and again at full length.
    pub const USUAL: Self = Self {
        items: 1024,
        bytes: 1 << 20,
        first: 8,
    };
}

/// What a reader gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry<T> {
    /// A thing that was put in.
    Item(T),
    /// From here on things are missing.
    DroppingBegan {
        /// When the first of them found no room.
        at: SystemTime,
    },
    /// From here on nothing is missing.
    DroppingEnded {
        /// How many are missing before.
        dropped: u64,
        /// When there was room again.
        at: SystemTime,
    },
}

/// What became of a thing that was put in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It waits for its reader.
    Waits,
    /// It is the first of a gap.
    BeginsGap,
    /// It is lost, and counted.
    Dropped,
}

/// The things that wait.
#[derive(Debug)]
pub(super) struct Backlog<T> {
    room: Room,
    first: VecDeque<T>,
    /// The rest in its order, each thing with its size.
    rest: VecDeque<(Entry<T>, usize)>,
    items: usize,
    bytes: usize,
    /// How many things the open gap has.
    gap: Option<u64>,
}

impl<T> Backlog<T> {
    pub fn new(room: Room) -> Self {
        Self {
            room,
            first: VecDeque::new(),
            rest: VecDeque::new(),
            items: 0,
            bytes: 0,
            gap: None,
        }
    }

    /// Puts a thing of this many bytes behind all others.
    pub fn push(&mut self, item: T, bytes: usize) -> Outcome {
        if let Some(dropped) = &mut self.gap {
            *dropped += 1;
            return Outcome::Dropped;
        }
        if self.has_room(bytes) {
            self.items += 1;
            self.bytes += bytes;
            self.rest.push_back((Entry::Item(item), bytes));
            return Outcome::Waits;
        }
        let at = SystemTime::now();
        self.rest.push_back((Entry::DroppingBegan { at }, 0));
        self.gap = Some(1);
        Outcome::BeginsGap
    }

    /// Puts a thing before all others that may wait; once the room for such things is taken, behind them.
    pub fn push_first(&mut self, item: T, bytes: usize) -> Outcome {
        if self.first.len() == self.room.first {
            return self.push(item, bytes);
        }
        self.first.push_back(item);
        Outcome::Waits
    }

    /// However large a thing is, it finds room where nothing else waits.
    fn has_room(&self, bytes: usize) -> bool {
        self.items == 0
            || self.items < self.room.items && self.bytes.saturating_add(bytes) <= self.room.bytes
    }

    fn is_half_empty(&self) -> bool {
        self.items <= self.room.items / 2 && self.bytes <= self.room.bytes / 2
    }

    fn end_gap(&mut self) {
        if self.is_half_empty()
            && let Some(dropped) = self.gap.take()
        {
            let at = SystemTime::now();
            self.rest
                .push_back((Entry::DroppingEnded { dropped, at }, 0));
        }
    }
}

impl<T: Send + 'static> Waiting for Backlog<T> {
    type Item = Entry<T>;

    fn take(&mut self) -> Option<Entry<T>> {
        if let Some(item) = self.first.pop_front() {
            return Some(Entry::Item(item));
        }
        let (entry, bytes) = self.rest.pop_front()?;
        if let Entry::Item(_) = entry {
            self.items -= 1;
            self.bytes -= bytes;
            self.end_gap();
        }
        Some(entry)
    }
}

#[cfg(test)]
#[path = "backlog_tests.rs"]
mod tests;
