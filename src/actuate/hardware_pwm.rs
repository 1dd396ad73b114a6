//! Servo pulses from a PWM unit, through `/sys/class/pwm`.
//!
//! One of the two files that name rppal; its PWM half works on any Linux board.

use std::time::Duration;

use rppal::pwm::{Channel, Error as PwmError, Pwm};
use rppal::system::{DeviceInfo, Model};

use crate::error::{Error, Result};
use crate::units::{BcmPin, PulseWidth};

/// Servos expect a pulse every 20 ms.
pub(super) const PERIOD: Duration = Duration::from_millis(20);

/// How the Pi's pins get hardware PWM (the overlay's own defaults are BCM 18 and 19).
const OVERLAY: &str = "add `dtoverlay=pwm-2chan` to config.txt for BCM 18 and 19, or \
    `dtoverlay=pwm-2chan,pin=12,func=4,pin2=13,func2=4` for BCM 12 and 13, and restart; where the unit has \
    another number below /sys/class/pwm, write pwm-chip and pwm-channel instead of pwm";

/// The PWM unit of a Raspberry Pi.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PwmUnit {
    /// Two channels, on two pins each: every Pi before the 5.
    TwoChannels,
    /// A channel for each of the four pins: the Pi 5.
    FourChannels,
}

impl PwmUnit {
    /// Each that there is.
    pub(super) const ALL: [Self; 2] = [Self::TwoChannels, Self::FourChannels];

    /// That of the board that this program runs on; none where it is no Raspberry Pi that rppal knows.
    #[must_use]
    pub fn of_this_board() -> Option<Self> {
        Some(Self::of(DeviceInfo::new().ok()?.model()))
    }

    fn of(model: Model) -> Self {
        if has_rp1(model) {
            Self::FourChannels
        } else {
            Self::TwoChannels
        }
    }

    /// Its chip and the channel behind `pin`, as `/sys/class/pwm` numbers them for rppal.
    #[must_use]
    pub fn of_pin(self, pin: BcmPin) -> (u8, u8) {
        (self.chip(), self.channel(pin) as u8)
    }

    /// The number by which rppal opens it (`DeviceInfo` in its `system.rs`).
    const fn chip(self) -> u8 {
        match self {
            Self::TwoChannels => 0,
            Self::FourChannels => 2,
        }
    }

    /// The channel behind a pin (rppal's documentation of `pwm`, after the BCM2835 and RP1 peripheral manuals).
    const fn channel(self, pin: BcmPin) -> Channel {
        match (pin.number(), self) {
            (12, _) | (18, Self::TwoChannels) => Channel::Pwm0,
            (18, Self::FourChannels) => Channel::Pwm2,
            (19, Self::FourChannels) => Channel::Pwm3,
            _ => Channel::Pwm1,
        }
    }
}

/// A channel of a PWM unit.
pub(super) struct HardwarePwm {
    pwm: Pwm,
    name: String,
    attached: bool,
}

impl HardwarePwm {
    /// The Pi's channel behind `pin`.
    pub fn on_pin(pin: BcmPin) -> Result<Self> {
        let name = format!("the hardware PWM of {pin}");
        let model = DeviceInfo::new().map_err(|error| {
            Error::unavailable(format!("{name} is not there"))
                .caused_by(error)
                .advice("this is no Raspberry Pi that rppal knows; use backend = \"gpiochip\"")
        })?;
        let channel = PwmUnit::of(model.model()).channel(pin);
        Self::prepare(Pwm::new(channel), name, OVERLAY)
    }

    /// A channel of a PWM chip, as `/sys/class/pwm` numbers them.
    pub fn on_chip(chip: u8, channel: u8) -> Result<Self> {
        let name = format!("channel {channel} of pwmchip{chip}");
        let advice =
            "look into /sys/class/pwm for the chips there are, and enable the board's PWM overlay";
        Self::prepare(Pwm::with_pwmchip(chip, channel), name, advice)
    }

    fn prepare(
        pwm: std::result::Result<Pwm, PwmError>,
        name: String,
        missing: &str,
    ) -> Result<Self> {
        let failed = |error: PwmError| {
            let denied = matches!(&error, PwmError::Io(io) if io.kind() == std::io::ErrorKind::PermissionDenied);
            let advice = if denied {
                "let the user that runs sortd write to /sys/class/pwm"
            } else {
                missing
            };
            Error::unavailable(format!("{name} cannot be used"))
                .caused_by(error)
                .advice(advice)
        };
        let pwm = pwm.map_err(failed)?;
        pwm.set_period(PERIOD).map_err(failed)?;
        Ok(Self {
            pwm,
            name,
            attached: false,
        })
    }

    /// Sends this pulse from now on, or none.
    pub fn set(&mut self, pulse: Option<PulseWidth>) -> Result<()> {
        let done = match pulse {
            Some(width) => {
                let width = Duration::from_micros(u64::from(width.micros()));
                let changed = self.pwm.set_pulse_width(width);
                if self.attached {
                    changed
                } else {
                    changed.and_then(|()| self.pwm.enable())
                }
            }
            None => self.pwm.disable(),
        };
        self.attached = pulse.is_some();
        done.map_err(|error| {
            Error::unavailable(format!("{} does not obey", self.name))
                .caused_by(error)
                .advice("check that nothing else uses this PWM channel, such as analogue audio")
        })
    }
}

/// Whether the pins hang on the Pi 5's input and output controller.
fn has_rp1(model: Model) -> bool {
    matches!(
        model,
        Model::RaspberryPi5
            | Model::RaspberryPi500
            | Model::RaspberryPiComputeModule5
            | Model::RaspberryPiComputeModule5Lite
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pi_5_has_a_channel_for_each_pin() {
        let on = |model| {
            [12, 13, 18, 19].map(|pin| PwmUnit::of(model).of_pin(BcmPin::new(pin).unwrap()))
        };
        assert_eq!(on(Model::RaspberryPi5), [(2, 0), (2, 1), (2, 2), (2, 3)]);
        assert_eq!(on(Model::RaspberryPi4B), [(0, 0), (0, 1), (0, 0), (0, 1)]);
    }

    #[test]
    fn a_board_without_that_chip_says_where_to_look() {
        let error = HardwarePwm::on_chip(200, 0)
            .err()
            .expect("no board has two hundred PWM chips");
        assert!(error.to_string().contains("/sys/class/pwm"), "{error}");
    }
}
