//! `[trigger]`: when the network looks.

use std::time::Duration;

use super::problem::Located;
use super::table::Table;
use crate::units::BcmPin;

/// The `[trigger]` table.
#[derive(Debug, Clone, PartialEq)]
pub struct TriggerConfig {
    /// What starts a look.
    pub mode: TriggerMode,
    /// How presence tells an item from the empty drop zone.
    pub presence: PresenceConfig,
}

/// What makes the network look.
#[derive(Debug, Clone, PartialEq)]
pub enum TriggerMode {
    /// Something in the drop zone differs from the empty zone.
    Motion,
    /// Every frame.
    Always,
    /// A button at a GPIO input.
    Button {
        /// The input.
        pin: Located<BcmPin>,
        /// Pressed means low; the pull-up is switched on then.
        active_low: bool,
        /// How long the network looks after a press.
        look: Duration,
    },
}

/// Settings of presence detection.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PresenceConfig {
    /// Smallest difference from the empty zone that counts, in grey levels of 255.
    pub contrast: u8,
    /// Smallest part of the zone that an item covers.
    pub min_area: f32,
    /// How long the empty zone is learnt after the start.
    pub learn: Duration,
    /// A thing that lies still for this long becomes part of the empty zone.
    pub absorb: Duration,
}

impl TriggerConfig {
    pub(super) fn read(table: &Table<'_>) -> Self {
        let word = table.choice(
            "mode",
            "motion",
            &[
                ("motion", "motion"),
                ("always", "always"),
                ("button", "button"),
            ],
        );
        let pin = table.quantity("pin", "5", BcmPin::new);
        let active_low = table.flag("active-low", true);
        let look = table.millis("button-ms", 5_000, 500..=60_000);
        let presence = PresenceConfig {
            contrast: table.integer("contrast", 18, 4..=128) as u8,
            min_area: table
                .measure("min-area", "0.015", |value| {
                    if (0.001..=0.5).contains(&value) {
                        Ok(value as f32)
                    } else {
                        Err(format!("{value} is not within 0.001 to 0.5"))
                    }
                })
                .map_or(0.015, |found| found.value),
            learn: table.millis("learn-ms", 1_500, 100..=60_000),
            absorb: table.millis("absorb-ms", 60_000, 5_000..=3_600_000),
        };
        let mode = match (word, pin) {
            ("always", None) => TriggerMode::Always,
            ("button", Some(pin)) => TriggerMode::Button {
                pin,
                active_low,
                look,
            },
            ("button", None) => {
                if !table.has("pin") {
                    table.problem(
                        "pin",
                        "is missing",
                        "mode = \"button\" needs the button's input, such as pin = 5",
                    );
                }
                TriggerMode::Motion
            }
            (_, Some(_)) => {
                table.problem(
                    "pin",
                    "is used by mode = \"button\" alone",
                    "set that mode or remove the pin",
                );
                TriggerMode::Motion
            }
            (_, None) => TriggerMode::Motion,
        };
        table.finish();
        Self { mode, presence }
    }
}
