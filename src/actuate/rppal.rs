//! The Raspberry Pi's own pins, through its registers.
//!
//! One of the two files that name rppal. Its pins go back to inputs when they are dropped.

use std::fs::File;

use rppal::gpio::{Error as GpioError, Gpio, InputPin, Level, OutputPin};

use rustix::fs::FlockOperation;
use rustix::io::Errno;

use super::channels;
use super::hardware_pwm::{HardwarePwm, PERIOD, PwmUnit};
use super::{Actuator, Light, Wiring};
use crate::config::{LedConfig, ServoConfig, ServoPwm};
use crate::decide::BinId;
use crate::error::{Error, Result};
use crate::units::{BcmPin, PulseWidth};

/// Drives the header of a Raspberry Pi.
pub struct RppalActuator {
    status: Option<Lamp>,
    lamps: Vec<Option<Lamp>>,
    servos: Vec<Option<Servo>>,
    button: Option<(InputPin, bool)>,
    remarks: Vec<String>,
    /// Held for as long as the pins are.
    _lock: Option<File>,
}

struct Lamp {
    pin: OutputPin,
    active_low: bool,
}

enum Servo {
    Hardware(HardwarePwm),
    Software(OutputPin, BcmPin),
}

impl RppalActuator {
    /// Takes the pins of `wiring`; lights are off from the first moment.
    pub(super) fn open(wiring: &Wiring) -> Result<Self> {
        refuse_shared_channels(wiring)?;
        let lock = lock_board()?;
        let gpio = Gpio::new().map_err(|error| unavailable("the GPIO", error))?;
        let lamp =
            |led: &Option<LedConfig>| led.as_ref().map(|led| Lamp::take(&gpio, led)).transpose();
        let button = wiring.button.map(|(pin, active_low)| {
            let line = gpio
                .get(pin.number())
                .map_err(|error| unavailable(&pin.to_string(), error))?;
            let input = if active_low {
                line.into_input_pullup()
            } else {
                line.into_input_pulldown()
            };
            Ok::<_, Error>((input, active_low))
        });
        let servo = |servo: &Option<ServoConfig>| {
            servo
                .as_ref()
                .map(|servo| Servo::take(&gpio, servo))
                .transpose()
        };
        Ok(Self {
            status: lamp(&wiring.status_led)?,
            lamps: wiring.lights.iter().map(lamp).collect::<Result<_>>()?,
            servos: wiring.servos.iter().map(servo).collect::<Result<_>>()?,
            button: button.transpose()?,
            remarks: software_pwm_remarks(wiring),
            _lock: lock,
        })
    }
}

impl Lamp {
    fn take(gpio: &Gpio, led: &LedConfig) -> Result<Self> {
        let number = led.pin.value.number();
        let pin = gpio
            .get(number)
            .map_err(|error| unavailable(&led.pin.value.to_string(), error))?;
        let pin = if led.active_low {
            pin.into_output_high()
        } else {
            pin.into_output_low()
        };
        Ok(Self {
            pin,
            active_low: led.active_low,
        })
    }

    fn set(&mut self, on: bool) {
        self.pin.write(if on == self.active_low {
            Level::Low
        } else {
            Level::High
        });
    }
}

impl Servo {
    fn take(gpio: &Gpio, servo: &ServoConfig) -> Result<Self> {
        let pin = servo.pin.value;
        Ok(match servo.pwm {
            ServoPwm::Hardware => Self::Hardware(HardwarePwm::on_pin(pin)?),
            ServoPwm::Chip { chip, channel } => {
                Self::Hardware(HardwarePwm::on_chip(chip, channel)?)
            }
            ServoPwm::Software => {
                let line = gpio
                    .get(pin.number())
                    .map_err(|error| unavailable(&pin.to_string(), error))?;
                Self::Software(line.into_output_low(), pin)
            }
        })
    }

    fn set(&mut self, pulse: Option<PulseWidth>) -> Result<()> {
        match self {
            Self::Hardware(pwm) => pwm.set(pulse),
            Self::Software(line, pin) => {
                let done = match pulse {
                    Some(width) => {
                        let width = std::time::Duration::from_micros(u64::from(width.micros()));
                        line.set_pwm(PERIOD, width)
                    }
                    None => line.clear_pwm(),
                };
                done.map_err(|error| unavailable(&format!("the software PWM of {pin}"), error))
            }
        }
    }
}

impl Actuator for RppalActuator {
    fn set_light(&mut self, light: Light, on: bool) -> Result<()> {
        let lamp = match light {
            Light::Status => self.status.as_mut(),
            Light::Bin(BinId(bin)) => self.lamps.get_mut(bin).and_then(Option::as_mut),
        };
        if let Some(lamp) = lamp {
            lamp.set(on);
        }
        Ok(())
    }

    fn set_pulse(&mut self, bin: BinId, pulse: Option<PulseWidth>) -> Result<()> {
        match self.servos.get_mut(bin.0).and_then(Option::as_mut) {
            Some(servo) => servo.set(pulse),
            None => Ok(()),
        }
    }

    fn button_pressed(&mut self) -> Result<bool> {
        Ok(self
            .button
            .as_ref()
            .is_some_and(|(pin, active_low)| pin.is_low() == *active_low))
    }

    fn remarks(&self) -> Vec<String> {
        self.remarks.clone()
    }
}

/// The configuration was checked for this already where it came through a plan; parking and trying out take it
/// as it is.
fn refuse_shared_channels(wiring: &Wiring) -> Result<()> {
    let servos: Vec<&ServoConfig> = wiring.servos.iter().flatten().collect();
    let shared = PwmUnit::of_this_board().map(|unit| channels::on_board(&servos, unit));
    match shared.into_iter().flatten().next() {
        Some(problem) => {
            let what = format!("{}: {}", problem.key, problem.what);
            Err(Error::config(what).advice(problem.todo))
        }
        None => Ok(()),
    }
}

/// Keeps a second sortd off the pins: the registers themselves would let it in, and two programs
/// would light two bins. Where there is nothing to lock, `Gpio::new` says what is missing.
fn lock_board() -> Result<Option<File>> {
    const NODES: [&str; 3] = ["/dev/gpiomem", "/dev/gpiomem0", "/dev/gpiochip0"];
    let Some(node) = NODES.iter().find_map(|node| File::open(node).ok()) else {
        return Ok(None);
    };
    match rustix::fs::flock(&node, FlockOperation::NonBlockingLockExclusive) {
        Err(Errno::WOULDBLOCK) => Err(Error::unavailable("another sortd drives the pins")
            .advice("stop it first: sudo systemctl stop sortd")),
        // A device that knows no locks is no worse than before.
        _ => Ok(Some(node)),
    }
}

fn software_pwm_remarks(wiring: &Wiring) -> Vec<String> {
    let servos = wiring.servos.iter().flatten();
    servos
        .filter(|servo| servo.pwm == ServoPwm::Software)
        .map(|servo| {
            format!(
                "{}: software PWM takes one thread and lets the lid tremble under load; \
                 BCM 12, 13, 18 and 19 have hardware PWM",
                servo.pin.key
            )
        })
        .collect()
}

fn unavailable(what: &str, error: GpioError) -> Error {
    let advice = match &error {
        GpioError::UnknownModel => {
            "this is no Raspberry Pi that rppal knows; use backend = \"gpiochip\" here, or \"simulated\" to try things out"
        }
        GpioError::PermissionDenied(_) => "add the user that runs sortd to the group `gpio`",
        GpioError::PinUsed(_) => "stop the other program that uses it, or wire another pin",
        GpioError::PinNotAvailable(_) => "wire a pin of the 40-pin header",
        GpioError::Io(_) | GpioError::ThreadPanic => {
            "check that /dev/gpiomem exists and is not in use"
        }
    };
    Error::unavailable(format!("{what} cannot be used"))
        .caused_by(error)
        .advice(advice)
}
