//! What makes the network look: motion, every frame, or a button.

use std::time::Instant;

use super::Presence;
use crate::config::TriggerMode;
use crate::preprocess::Region;

/// Decides which part of the zone is worth a look, if any.
#[derive(Debug)]
pub struct Trigger {
    mode: TriggerMode,
    /// Whether the model has a label for the empty zone.
    model_knows_empty: bool,
    pressed_at: Option<Instant>,
}

impl Trigger {
    /// A trigger of this mode, for a model that has a label for the empty zone or has none.
    #[must_use]
    pub const fn new(mode: TriggerMode, model_knows_empty: bool) -> Self {
        Self {
            mode,
            model_knows_empty,
            pressed_at: None,
        }
    }

    /// Whether the network alone must say when the zone is empty.
    #[must_use]
    pub const fn looks_always(&self) -> bool {
        matches!(self.mode, TriggerMode::Always)
    }

    /// The button is pressed.
    pub fn press(&mut self, now: Instant) {
        self.pressed_at = Some(now);
    }

    /// The part of the zone to look at, in its fractions, where `presence` was found; `None` where
    /// there is nothing to look at.
    #[must_use]
    pub fn wish(&self, presence: Presence, now: Instant) -> Option<Region> {
        let item = match presence {
            Presence::Item(region) => Some(region),
            Presence::Learning | Presence::Empty => None,
        };
        let looking = match &self.mode {
            TriggerMode::Motion => return item,
            // A model that cannot say that nothing is there must not be asked when nothing is.
            TriggerMode::Always => self.model_knows_empty || item.is_some(),
            TriggerMode::Button { look, .. } => self.pressed_at.is_some_and(|at| now - at < *look),
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
        let mode = TriggerMode::Button {
            pin,
            active_low: true,
            look,
        };
        let mut trigger = Trigger::new(mode, false);
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        assert_eq!(trigger.wish(Presence::Empty, at(0)), None);
        trigger.press(at(100));
        assert_eq!(
            trigger.wish(Presence::Empty, at(2_050)),
            Some(Region::WHOLE)
        );
        assert_eq!(trigger.wish(Presence::Empty, at(2_150)), None);
    }

    #[test]
    fn always_respects_an_empty_zone_that_the_model_cannot_name() {
        let now = Instant::now();
        for presence in [Presence::Empty, Presence::Learning] {
            let wish = |knows| Trigger::new(TriggerMode::Always, knows).wish(presence, now);
            assert_eq!(wish(true), Some(Region::WHOLE));
            assert_eq!(wish(false), None);
        }
    }

    #[test]
    fn motion_waits_until_the_empty_zone_is_known() {
        let trigger = Trigger::new(TriggerMode::Motion, false);
        let now = Instant::now();
        assert_eq!(trigger.wish(Presence::Learning, now), None);
        assert_eq!(trigger.wish(Presence::Empty, now), None);
        let region = Region::centre(0.5);
        assert_eq!(trigger.wish(Presence::Item(region), now), Some(region));
    }
}
