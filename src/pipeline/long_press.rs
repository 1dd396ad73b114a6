//! A button that somebody holds: a wish that no tap makes by accident.

use std::time::{Duration, Instant};

/// So long it is held.
const LONG: Duration = Duration::from_secs(10);

/// Since when the button is pressed.
#[derive(Debug, Default)]
pub(super) struct LongPress {
    since: Option<Instant>,
    told: bool,
}

impl LongPress {
    /// Whether the button, as it is now, has just been held for long enough. It must be let go before it counts again.
    pub fn observe(&mut self, pressed: bool, now: Instant) -> bool {
        if !pressed {
            *self = Self::default();
            return false;
        }
        let since = *self.since.get_or_insert(now);
        let is_due = !self.told && now - since >= LONG;
        self.told |= is_due;
        is_due
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
            .filter(|turn| press.observe(pressed(*turn), at(*turn)))
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
