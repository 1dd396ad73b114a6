//! What makes the network look: motion, every frame, or a button.

use std::time::Instant;

use super::Presence;
use crate::config::TriggerMode;
use crate::preprocess::Region;

/// Decides which part of the zone is worth a look, if any.
#[derive(Debug)]
pub struct Trigger {
    mode: TriggerMode,
    pressed_at: Option<Instant>,
}

impl Trigger {
    /// A trigger of this mode.
    #[must_use]
    pub const fn new(mode: TriggerMode) -> Self {
        Self {
            mode,
            pressed_at: None,
        }
    }

    /// Whether the network alone must say when the zone is empty.
    #[must_use]
    pub const fn looks_always(&self) -> bool {
        matches!(self.mode, TriggerMode::Always)
    }

    /// The part of the zone to look at, in its fractions, where `presence` was found while the button
    /// was `pressed`; `None` where there is nothing to look at.
    pub fn wish(&mut self, presence: Presence, pressed: bool, now: Instant) -> Option<Region> {
        let item = match presence {
            Presence::Item(region) => Some(region),
            Presence::Learning | Presence::Empty => None,
        };
        let looking = match &self.mode {
            TriggerMode::Motion => return item,
            TriggerMode::Always => true,
            TriggerMode::Button { look, .. } => {
                if pressed {
                    self.pressed_at = Some(now);
                }
                self.pressed_at.is_some_and(|at| now - at < *look)
            }
        };
        // Where the item is, is worth knowing even where something else says when to look.
        looking.then_some(item.unwrap_or(Region::WHOLE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Located, Position};
    use crate::units::BcmPin;
    use std::time::Duration;

    #[test]
    fn a_press_opens_a_time_of_looking() {
        let pin = Located {
            value: BcmPin::new(22).unwrap(),
            key: "trigger.pin".into(),
            position: Position { line: 1, column: 1 },
        };
        let look = Duration::from_secs(2);
        let mut trigger = Trigger::new(TriggerMode::Button {
            pin,
            active_low: true,
            look,
        });
        let start = Instant::now();
        let mut at = |millis, pressed| {
            trigger.wish(
                Presence::Empty,
                pressed,
                start + Duration::from_millis(millis),
            )
        };
        assert_eq!(at(0, false), None);
        assert_eq!(at(100, true), Some(Region::WHOLE));
        assert_eq!(at(2_050, false), Some(Region::WHOLE));
        assert_eq!(at(2_150, false), None);
    }

    #[test]
    fn motion_waits_until_the_empty_zone_is_known() {
        let mut trigger = Trigger::new(TriggerMode::Motion);
        let now = Instant::now();
        assert_eq!(trigger.wish(Presence::Learning, false, now), None);
        assert_eq!(trigger.wish(Presence::Empty, false, now), None);
        let region = Region::centre(0.5);
        assert_eq!(
            trigger.wish(Presence::Item(region), false, now),
            Some(region)
        );
    }
}
