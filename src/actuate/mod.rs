//! From a decision to lights and lids.
//!
//! [`Actuator`] is what a board can do; [`Outputs`] knows what is wired to it, moves lids no faster
//! than they may, limits how long anything stays on, and brings everything to rest whatever happens;
//! [`Board`] shares the outputs between the loop, the thread that keeps their deadlines, and the control
//! side.
//!
//! Terms: *at rest* means that every light is off and every lid closed; a servo is *detached* when it
//! gets no pulses.

mod board;
mod channels;
mod gpiochip;
mod hardware_pwm;
mod lid;
mod outputs;
mod rppal;
mod simulated;
mod status_led;

pub use board::{Board, Keeper};
pub use channels::shared_channels;
pub use hardware_pwm::PwmUnit;
pub use outputs::Outputs;
pub use simulated::{Action, SimulatedActuator, Timeline};
pub use status_led::Health;

use std::sync::Arc;

use crate::clock::Clock;
use crate::config::{Config, GpioBackend, LedConfig, ServoConfig, TriggerMode};
use crate::decide::BinId;
use crate::error::Result;
use crate::units::{BcmPin, PulseWidth};

/// A light.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Light {
    /// The one that shows how the daemon is.
    Status,
    /// That of a bin.
    Bin(BinId),
}

/// What a board can do for the daemon. A light or lid that is not wired is ignored.
///
/// Dropping an actuator releases its lines.
pub trait Actuator: Send {
    /// Switches a light.
    ///
    /// # Errors
    /// The board refuses.
    fn set_light(&mut self, light: Light, on: bool) -> Result<()>;

    /// Sends pulses to the servo of a bin, or none.
    ///
    /// # Errors
    /// The board refuses.
    fn set_pulse(&mut self, bin: BinId, pulse: Option<PulseWidth>) -> Result<()>;

    /// Whether the button is pressed; never where there is none.
    ///
    /// # Errors
    /// The board refuses.
    fn button_pressed(&mut self) -> Result<bool>;

    /// What the person who wired it should know, such as the cost of software PWM.
    fn remarks(&self) -> Vec<String> {
        Vec::new()
    }
}

/// What is wired to which pin.
#[derive(Debug, Clone, PartialEq)]
pub struct Wiring {
    status_led: Option<LedConfig>,
    lights: Vec<Option<LedConfig>>,
    servos: Vec<Option<ServoConfig>>,
    /// The button's pin, and whether pressed means low.
    button: Option<(BcmPin, bool)>,
}

impl Wiring {
    /// The wiring of a configuration.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let button = match &config.trigger.mode {
            TriggerMode::Button {
                pin, active_low, ..
            } => Some((pin.value, *active_low)),
            TriggerMode::Motion | TriggerMode::Always => None,
        };
        Self {
            status_led: config.status_led.clone(),
            lights: config.bins.iter().map(|bin| bin.led.clone()).collect(),
            servos: config.bins.iter().map(|bin| bin.servo.clone()).collect(),
            button,
        }
    }
}

/// Takes the lines that `config` names. Nothing moves yet, and every light is off.
///
/// # Errors
/// The board is not there, or a line is busy or not permitted.
pub fn open(config: &Config, clock: Arc<dyn Clock>) -> Result<Box<dyn Actuator>> {
    let wiring = Wiring::of(config);
    Ok(match &config.gpio.backend {
        GpioBackend::Rppal => Box::new(rppal::RppalActuator::open(&wiring)?),
        GpioBackend::Gpiochip(chip) => Box::new(gpiochip::GpiochipActuator::open(chip, &wiring)?),
        GpioBackend::Simulated => Box::new(SimulatedActuator::new(clock)),
    })
}
