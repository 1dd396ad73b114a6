//! The pins of any Linux board, through its GPIO character device.
//!
//! The only file that names gpiocdev. The kernel gives the lines back when the requests are dropped.

use std::path::Path;

use gpiocdev::Request;
use gpiocdev::chip::Chip;
use gpiocdev::line::{Bias, Value};

use super::hardware_pwm::HardwarePwm;
use super::{Actuator, Light, Wiring};
use crate::config::{LedConfig, ServoConfig, ServoPwm};
use crate::decide::BinId;
use crate::error::{Error, Result};
use crate::units::{BcmPin, PulseWidth};

/// The name under which the kernel lists our lines (`gpioinfo`).
const CONSUMER: &str = "sortd";

/// Drives lines of a GPIO chip.
pub struct GpiochipActuator {
    status: Option<Request>,
    lamps: Vec<Option<Request>>,
    servos: Vec<Option<HardwarePwm>>,
    button: Option<Request>,
}

impl GpiochipActuator {
    /// Takes the lines of `wiring` on `chip`; lights are off from the first moment.
    pub(super) fn open(chip: &Path, wiring: &Wiring) -> Result<Self> {
        Chip::from_path(chip).map_err(|error| {
            let name = chip.display();
            let advice = match std::fs::metadata(chip) {
                Err(_) => "name a chip that exists: `ls /dev/gpiochip*`, or `gpiodetect`",
                Ok(_) => {
                    "name a GPIO chip, and let the user that runs sortd open it (group `gpio`)"
                }
            };
            Error::unavailable(format!("GPIO chip {name} does not open"))
                .caused_by(error)
                .advice(advice)
        })?;
        let lamp =
            |led: &Option<LedConfig>| led.as_ref().map(|led| take_lamp(chip, led)).transpose();
        let servo = |servo: &Option<ServoConfig>| servo.as_ref().map(take_servo).transpose();
        let button = wiring
            .button
            .map(|(pin, active_low)| take_button(chip, pin, active_low));
        Ok(Self {
            status: lamp(&wiring.status_led)?,
            lamps: wiring.lights.iter().map(lamp).collect::<Result<_>>()?,
            servos: wiring.servos.iter().map(servo).collect::<Result<_>>()?,
            button: button.transpose()?,
        })
    }
}

fn take_lamp(chip: &Path, led: &LedConfig) -> Result<Request> {
    let pin = led.pin.value;
    let mut builder = Request::builder();
    builder
        .on_chip(chip)
        .with_consumer(CONSUMER)
        .with_line(u32::from(pin.number()));
    builder.as_output(Value::Inactive);
    if led.active_low {
        builder.as_active_low();
    }
    builder
        .request()
        .map_err(|error| not_given(chip, pin, error))
}

fn take_button(chip: &Path, pin: BcmPin, active_low: bool) -> Result<Request> {
    let mut builder = Request::builder();
    builder
        .on_chip(chip)
        .with_consumer(CONSUMER)
        .with_line(u32::from(pin.number()))
        .as_input();
    if active_low {
        builder.as_active_low().with_bias(Bias::PullUp);
    } else {
        builder.with_bias(Bias::PullDown);
    }
    builder
        .request()
        .map_err(|error| not_given(chip, pin, error))
}

fn take_servo(servo: &ServoConfig) -> Result<HardwarePwm> {
    match servo.pwm {
        ServoPwm::Chip { chip, channel } => HardwarePwm::on_chip(chip, channel),
        // The configuration's check refuses these; the message here is for whoever skips it.
        ServoPwm::Hardware | ServoPwm::Software => Err(Error::config(format!(
            "{}: the backend gpiochip has no pulses of its own",
            servo.pin.key
        ))
        .advice("name the PWM channel with pwm-chip and pwm-channel")),
    }
}

impl Actuator for GpiochipActuator {
    fn set_light(&mut self, light: Light, on: bool) -> Result<()> {
        let line = match light {
            Light::Status => self.status.as_ref(),
            Light::Bin(BinId(bin)) => self.lamps.get(bin).and_then(Option::as_ref),
        };
        let value = if on { Value::Active } else { Value::Inactive };
        line.map_or(Ok(()), |line| line.set_lone_value(value))
            .map_err(|error| {
                Error::unavailable("a light does not obey")
                    .caused_by(error)
                    .advice("check that the GPIO chip is still there (`gpiodetect`)")
            })
    }

    fn set_pulse(&mut self, bin: BinId, pulse: Option<PulseWidth>) -> Result<()> {
        match self.servos.get_mut(bin.0).and_then(Option::as_mut) {
            Some(servo) => servo.set(pulse),
            None => Ok(()),
        }
    }

    fn button_pressed(&mut self) -> Result<bool> {
        let Some(line) = &self.button else {
            return Ok(false);
        };
        let value = line.lone_value().map_err(|error| {
            Error::unavailable("the button cannot be read")
                .caused_by(error)
                .advice("check that the GPIO chip is still there (`gpiodetect`)")
        })?;
        Ok(value == Value::Active)
    }
}

fn not_given(chip: &Path, pin: BcmPin, error: gpiocdev::Error) -> Error {
    let line = u32::from(pin.number());
    let holder = Chip::from_path(chip)
        .and_then(|chip| chip.line_info(line))
        .ok()
        .filter(|info| info.used)
        .map(|info| info.consumer);
    let what = format!("line {line} of {} is not given to us", chip.display());
    match holder {
        Some(holder) => Error::unavailable(format!("{what}: \"{holder}\" uses it"))
            .caused_by(error)
            .advice("stop that program, or wire another pin"),
        None => Error::unavailable(what).caused_by(error).advice(
            "check the line's number with `gpioinfo`, and that the user is in the group `gpio`",
        ),
    }
}
