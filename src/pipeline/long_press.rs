//! A button that somebody holds: a wish that no tap makes by accident.

use std::mem;
use std::time::{Duration, Instant};

/// So long it is held.
const LONG: Duration = Duration::from_secs(10);

/// Since when the button is pressed, and whether that counts.
#[derive(Debug, Default)]
pub(super) struct LongPress {
    since: Option<Instant>,
    /// Whether the button was let go since it was first read, and since it last counted: one that is stuck, short-circuited or wired
    /// the other way round reads as pressed from the start, and nobody holds it.
    armed: bool,
    due: bool,
}

impl LongPress {
    /// Takes the button as it is now. It must be let go before it counts, and again before it counts the next time.
    pub fn observe(&mut self, pressed: bool, now: Instant) {
        if !pressed {
            (self.since, self.armed) = (None, true);
            return;
        }
        let since = *self.since.get_or_insert(now);
        if self.armed && now - since >= LONG {
            (self.armed, self.due) = (false, true);
        }
    }

    /// Whether it was held for long enough since this was asked last.
    pub fn take(&mut self) -> bool {
        mem::take(&mut self.due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In which turns of half a second a button that is pressed in these is told to be held.
    fn told(pressed: impl Fn(u32) -> bool) -> Vec<u32> {
        let start = Instant::now();
        let mut press = LongPress::default();
        let at = |turn: u32| start + Duration::from_millis(500) * turn;
        (0..100)
            .filter(|turn| {
                press.observe(pressed(*turn), at(*turn));
                press.take()
            })
            .collect()
    }

    #[test]
    fn it_is_told_once_each_time_that_it_is_held() {
        assert_eq!(told(|turn| turn > 0), [21]);
        assert_eq!(told(|turn| turn > 4 && turn != 40), [25, 61]);
        assert!(told(|turn| turn % 20 != 0).is_empty(), "taps");
        assert!(told(|_| false).is_empty());
    }

    #[test]
    fn one_that_reads_as_pressed_from_the_start_counts_once_it_was_let_go() {
        assert!(told(|_| true).is_empty());
        assert_eq!(told(|turn| turn != 60), [81]);
    }
}
