//! The latest looks' votes.

use super::BinId;

/// The votes of the latest looks, the oldest falling out; a look that was not sure votes for none.
#[derive(Debug)]
pub(super) struct Votes {
    ring: Vec<Option<BinId>>,
    next: usize,
}

impl Votes {
    pub fn new(window: usize) -> Self {
        Self {
            ring: vec![None; window.max(1)],
            next: 0,
        }
    }

    pub fn push(&mut self, vote: Option<BinId>) {
        self.ring[self.next] = vote;
        self.next = (self.next + 1) % self.ring.len();
    }

    pub fn count(&self, bin: BinId) -> usize {
        self.ring.iter().filter(|vote| **vote == Some(bin)).count()
    }

    pub fn clear(&mut self) {
        self.ring.fill(None);
    }
}
