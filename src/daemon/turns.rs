//! How long the loop's turns take in which a picture is looked at: the latest ones.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

use crate::control::protocol::TurnTimes;

/// So many turns are known, those of half a minute with a usual camera.
const KEPT: usize = 512;

/// Microseconds of the latest turns; 0 where there was none yet.
#[derive(Debug)]
pub(super) struct Turns {
    micros: [AtomicU32; KEPT],
    next: AtomicUsize,
}

impl Default for Turns {
    fn default() -> Self {
        Self {
            micros: [const { AtomicU32::new(0) }; KEPT],
            next: AtomicUsize::new(0),
        }
    }
}

impl Turns {
    /// The loop took so long; it alone calls this.
    pub fn add(&self, took: Duration) {
        let micros = u32::try_from(took.as_micros()).unwrap_or(u32::MAX).max(1);
        let at = self.next.fetch_add(1, Ordering::Relaxed) % KEPT;
        self.micros[at].store(micros, Ordering::Relaxed);
    }

    /// What most of them took; `None` before the first.
    pub fn times(&self) -> Option<TurnTimes> {
        let taken = self.micros.iter().map(|one| one.load(Ordering::Relaxed));
        let mut taken: Vec<u32> = taken.filter(|micros| *micros > 0).collect();
        taken.sort_unstable();
        let within = |percent: usize| {
            let at = (taken.len() * percent).div_ceil(100).checked_sub(1)?;
            Some(taken[at] as f32 / 1e3)
        };
        Some(TurnTimes {
            median: within(50)?,
            p99: within(99)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_turns_are_told_by_their_median_and_their_99th_percentile() {
        let turns = Turns::default();
        assert_eq!(turns.times(), None);
        turns.add(Duration::from_millis(3));
        let one = TurnTimes {
            median: 3.0,
            p99: 3.0,
        };
        assert_eq!(turns.times(), Some(one));
        for millis in 1..=100 {
            turns.add(Duration::from_millis(millis));
        }
        let times = turns.times().expect("turns");
        assert!(
            (times.median - 50.0).abs() < 1.1 && (times.p99 - 99.0).abs() < 1.1,
            "{times:?}"
        );
        for _ in 0..KEPT {
            turns.add(Duration::from_millis(2));
        }
        assert_eq!(
            turns.times().map(|times| times.p99),
            Some(2.0),
            "old ones are forgotten"
        );
    }
}
