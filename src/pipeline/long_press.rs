//! A button that somebody holds: a wish that no tap makes by accident.

use std::mem;
use std::time::{Duration, Instant};

/// So long it is held.
const LONG: Duration = Duration::from_secs(10);

/// Since when the button is pressed.
#[derive(Debug, Default)]
pub(super) struct LongPress {
    since: Option<Instant>,
    /// Whether this press was long enough already.
    counted: bool,
    due: bool,
}

impl LongPress {
    /// Takes the button as it is now. It must be let go before it counts again.
    pub fn observe(&mut self, pressed: bool, now: Instant) {
        if !pressed {
            (self.since, self.counted) = (None, false);
            return;
        }
        let since = *self.since.get_or_insert(now);
        if !self.counted && now - since >= LONG {
            (self.counted, self.due) = (true, true);
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
        assert_eq!(told(|_| true), [20]);
        assert_eq!(told(|turn| turn > 4 && turn != 40), [25, 61]);
        assert!(told(|turn| turn % 20 != 0).is_empty(), "taps");
        assert!(told(|_| false).is_empty());
    }
}
