//! Did what differs from the empty zone come at once, as an item does, or does it creep, as the edge of a patch of
//! sun does?
//!
//! The edge of a patch moves by a cell or two between two pictures, and what it has lit is taken over by the
//! background soon; so what is new of it is a thin line. Where there was something just before, only the *core* of
//! the foreground counts therefore: the cells that have foreground all around them.

use crate::preprocess::{GRID_HEIGHT, GRID_WIDTH};

/// Time constant with which the core that is there already is followed, in seconds. A hand takes less than a second
/// to come; the sun takes many to light as much.
const FOLLOW: f32 = 0.4;

/// An item has brought at least this share of the least area of an item in that time.
const LEAST_SHARE: f32 = 0.6;

/// After so long without any foreground, in seconds, nothing creeps.
const QUIET: f32 = 2.0;

/// How much of the foreground is new, as shares of the zone.
#[derive(Debug)]
pub(super) struct Arrival {
    followed: f32,
    growth: f32,
    quiet: f32,
}

impl Default for Arrival {
    fn default() -> Self {
        Self {
            followed: 0.0,
            growth: 0.0,
            quiet: QUIET,
        }
    }
}

impl Arrival {
    /// The foreground, `seconds` after the picture before.
    pub fn see(&mut self, foreground: &[bool], seconds: f32) {
        let cells = foreground.iter().filter(|set| **set).count();
        let counted = if self.quiet >= QUIET {
            cells
        } else {
            core(foreground)
        };
        self.quiet = if cells == 0 {
            self.quiet + seconds
        } else {
            0.0
        };
        let area = counted as f32 / foreground.len() as f32;
        self.growth = area - self.followed;
        self.followed += (1.0 - (-seconds / FOLLOW).exp()) * self.growth;
    }

    /// Whether enough of it has come of late to be an item, which has at least this area.
    pub fn is_sudden(&self, least_area: f32) -> bool {
        self.growth >= LEAST_SHARE * least_area
    }
}

/// How many cells have foreground on all sides; those at the border of the zone have none.
fn core(foreground: &[bool]) -> usize {
    let is_core = |column: usize, row: usize| {
        (row - 1..=row + 1).all(|row| {
            let at = row * GRID_WIDTH + column;
            foreground[at - 1..=at + 1].iter().all(|set| *set)
        })
    };
    let columns = |row| (1..GRID_WIDTH - 1).filter(move |column| is_core(*column, row));
    (1..GRID_HEIGHT - 1).map(|row| columns(row).count()).sum()
}
