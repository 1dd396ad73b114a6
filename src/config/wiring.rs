//! `[gpio]`, `[status-led]` and `[[bins]]`: what is wired to which pin.

use std::path::PathBuf;
use std::time::Duration;

use super::problem::Located;
use super::table::Table;
use crate::units::{Angle, BcmPin, PulseWidth};

/// The `[gpio]` table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GpioConfig {
    /// What drives the pins.
    pub backend: GpioBackend,
    /// No output stays on for longer than this.
    pub max_on: Duration,
}

/// What drives the pins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GpioBackend {
    /// The Raspberry Pi's registers.
    Rppal,
    /// A GPIO character device of any Linux board.
    Gpiochip(PathBuf),
    /// Nothing: every change is written down instead.
    Simulated,
}

/// A light.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedConfig {
    /// Its output.
    pub pin: Located<BcmPin>,
    /// Whether a low level lights it.
    pub active_low: bool,
}

/// A servo that opens a lid.
#[derive(Debug, Clone, PartialEq)]
pub struct ServoConfig {
    /// Its output.
    pub pin: Located<BcmPin>,
    /// What makes its pulses.
    pub pwm: ServoPwm,
    /// Angle of the closed lid.
    pub rest: Angle,
    /// Angle of the open lid.
    pub open: Angle,
    /// Pulse at 0°.
    pub pulse_min: PulseWidth,
    /// Pulse at 180°.
    pub pulse_max: PulseWidth,
    /// Speed limit in degrees a second.
    pub max_speed: f32,
    /// Whether the pulses stop once the lid is at rest, so that the servo neither hums nor jitters.
    pub detach: bool,
}

/// What makes a servo's pulses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServoPwm {
    /// The PWM unit of the chip, on BCM 12, 13, 18 or 19.
    Hardware,
    /// The processor; any pin, but the lid may tremble under load.
    Software,
    /// A channel of a PWM chip, as `/sys/class/pwm` numbers them; for boards other than the Pi.
    Chip {
        /// Number of the chip.
        chip: u8,
        /// Channel on that chip.
        channel: u8,
    },
}

/// A bin.
#[derive(Debug, Clone, PartialEq)]
pub struct BinConfig {
    /// Its name.
    pub name: Located<String>,
    /// Labels of the model that belong into it.
    pub accepts: Vec<Located<String>>,
    /// Its light.
    pub led: Option<LedConfig>,
    /// Its lid.
    pub servo: Option<ServoConfig>,
}

impl GpioConfig {
    pub(super) fn read(table: &Table<'_>) -> Self {
        let word = table.choice(
            "backend",
            "rppal",
            &[
                ("rppal", "rppal"),
                ("gpiochip", "gpiochip"),
                ("simulated", "simulated"),
            ],
        );
        let chip = table.text("chip");
        if word != "gpiochip" && table.has("chip") {
            table.problem(
                "chip",
                format!("belongs to backend = \"gpiochip\", and the backend is \"{word}\""),
                "remove it or change the backend",
            );
        }
        let backend = match word {
            "gpiochip" => GpioBackend::Gpiochip(
                chip.map_or_else(|| PathBuf::from("/dev/gpiochip0"), |text| text.value.into()),
            ),
            "simulated" => GpioBackend::Simulated,
            _ => GpioBackend::Rppal,
        };
        let config = Self {
            backend,
            max_on: table.millis("max-on-ms", 20_000, 1_000..=300_000),
        };
        table.finish();
        config
    }
}

impl LedConfig {
    /// Reads a light; `None` where the table is absent or has no usable pin.
    pub(super) fn read(table: &Table<'_>) -> Option<Self> {
        if !table.is_present() {
            return None;
        }
        let led = read_pin(table, "17").map(|pin| Self {
            pin,
            active_low: table.flag("active-low", false),
        });
        table.has("active-low");
        table.finish();
        led
    }
}

impl ServoConfig {
    /// Reads a servo; `None` where the table is absent or has no usable pin.
    fn read(table: &Table<'_>) -> Option<Self> {
        if !table.is_present() {
            return None;
        }
        let angle = |key, default: &str| {
            table.measure(key, default, Angle::new).map_or_else(
                || {
                    default
                        .parse()
                        .ok()
                        .and_then(|degrees| Angle::new(degrees).ok())
                },
                |found| Some(found.value),
            )
        };
        let pulse = |key, default: &str| {
            table.quantity(key, default, PulseWidth::new).map_or_else(
                || {
                    default
                        .parse()
                        .ok()
                        .and_then(|micros| PulseWidth::new(micros).ok())
                },
                |found| Some(found.value),
            )
        };
        let pin = read_pin(table, "18");
        let pwm = read_pwm(table, pin.as_ref());
        let (rest, open) = (angle("rest-deg", "0")?, angle("open-deg", "90")?);
        let (pulse_min, pulse_max) = (
            pulse("pulse-min-us", "1000")?,
            pulse("pulse-max-us", "2000")?,
        );
        let max_speed = table
            .measure("max-deg-per-s", "120", |value| {
                if (1.0..=1000.0).contains(&value) {
                    Ok(value as f32)
                } else {
                    Err(format!("{value} is not within 1 to 1000 degrees a second"))
                }
            })
            .map_or(120.0, |found| found.value);
        let detach = table.flag("detach", true);
        let way = (open.degrees() - rest.degrees()).abs();
        if way / max_speed > LONGEST_WAY {
            table.problem(
                "max-deg-per-s",
                format!("{max_speed} takes {:.0} s for the {way} degrees between rest and open", way / max_speed),
                format!("let the lid close within {LONGEST_WAY} s, so that it is closed when sortd is told to stop"),
            );
        }
        if rest == open {
            table.problem(
                "open-deg",
                "equals rest-deg, so the lid would never move",
                "choose two angles",
            );
        }
        if pulse_min >= pulse_max {
            table.problem(
                "pulse-max-us",
                format!("{pulse_max} is not above pulse-min-us, {pulse_min}"),
                "to turn the other way round, swap rest-deg and open-deg instead",
            );
        }
        table.finish();
        Some(Self {
            pin: pin?,
            pwm,
            rest,
            open,
            pulse_min,
            pulse_max,
            max_speed,
            detach,
        })
    }
}

/// The longest time that a lid may take to close, in seconds: systemd waits for it at the end.
const LONGEST_WAY: f32 = 8.0;

fn read_pin(table: &Table<'_>, example: &str) -> Option<Located<BcmPin>> {
    if !table.has("pin") {
        table.problem(
            "pin",
            "is missing",
            format!("give its BCM number, such as pin = {example}"),
        );
    }
    table.quantity("pin", example, BcmPin::new)
}

fn read_pwm(table: &Table<'_>, pin: Option<&Located<BcmPin>>) -> ServoPwm {
    /// The pins that the Pi's PWM unit can reach (BCM2835 ARM Peripherals, table 6-31; RP1 on the Pi 5).
    const HARDWARE_PINS: [u8; 4] = [12, 13, 18, 19];
    let (chip, channel) = (table.has("pwm-chip"), table.has("pwm-channel"));
    if chip || channel {
        if chip != channel {
            table.problem(
                if chip { "pwm-channel" } else { "pwm-chip" },
                "is missing",
                "pwm-chip and pwm-channel belong together",
            );
        }
        if table.has("pwm") {
            table.problem("pwm", "contradicts pwm-chip", "keep one of them");
        }
        return ServoPwm::Chip {
            chip: table.integer("pwm-chip", 0, 0..=31) as u8,
            channel: table.integer("pwm-channel", 0, 0..=31) as u8,
        };
    }
    let pwm = table.choice(
        "pwm",
        ServoPwm::Hardware,
        &[
            ("hardware", ServoPwm::Hardware),
            ("software", ServoPwm::Software),
        ],
    );
    if let (ServoPwm::Hardware, Some(pin)) = (pwm, pin)
        && !HARDWARE_PINS.contains(&pin.value.number())
    {
        table.problem(
            "pin",
            format!("{} has no hardware PWM", pin.value),
            "use BCM 12, 13, 18 or 19, or write pwm = \"software\" and accept that the lid may tremble",
        );
    }
    pwm
}

impl BinConfig {
    /// Reads a bin; `None` where it has no name.
    pub(super) fn read(table: &Table<'_>) -> Option<Self> {
        if !table.has("name") {
            table.problem(
                "name",
                "is missing",
                "name the bin, such as name = \"glass\"",
            );
        }
        let name = table.text("name");
        let accepts = table.texts("accepts");
        let led = LedConfig::read(&table.table("led"));
        let servo = ServoConfig::read(&table.table("servo"));
        if !table.has("led") && !table.has("servo") {
            table.problem(
                "led",
                "is missing, and so is servo: nobody would see this bin",
                "add a light, such as led = { pin = 17 }",
            );
        }
        table.finish();
        Some(Self {
            name: name?,
            accepts,
            led,
            servo,
        })
    }
}
