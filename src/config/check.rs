//! What no single table can know: pins used twice, names used twice, labels of the model.

use super::problem::{Located, Problem};
use super::suggest::suggestion;
use super::{Config, GpioBackend, ServoPwm, TriggerMode};
use crate::units::BcmPin;

/// Problems between the tables of one configuration.
pub(super) fn across_tables(config: &Config) -> Vec<Problem> {
    let mut problems = repeated_pins(config);
    problems.extend(repeated_names(config));
    problems.extend(repeated_labels(config));
    problems.extend(unsure_bin(config));
    problems.extend(hold_beyond_limit(config));
    problems.extend(servos_of_backend(config));
    problems.extend(repeated_channels(config));
    problems
}

/// Labels of the bins that the model does not have. `empty` is the label that means that nothing is
/// there.
pub(super) fn unknown_labels(
    config: &Config,
    labels: &[String],
    empty: Option<&str>,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    for label in config.bins.iter().flat_map(|bin| &bin.accepts) {
        if Some(label.value.as_str()) == empty {
            problems.push(label.problem(
                format!("\"{}\" means that nothing is there", label.value),
                "remove it: no bin lights for an empty drop zone",
            ));
        } else if !labels.contains(&label.value) {
            let names: Vec<&str> = wanted(labels, empty).collect();
            problems.push(label.problem(
                format!("the model has no label \"{}\"", label.value),
                suggestion(&label.value, &names),
            ));
        }
    }
    problems
}

/// Labels of the model that no bin accepts, where no unsure bin takes what is left.
pub(super) fn labels_left_over(
    config: &Config,
    labels: &[String],
    empty: Option<&str>,
) -> Option<Problem> {
    if config.decision.unsure_bin.is_some() {
        return None;
    }
    let left: Vec<&str> = wanted(labels, empty)
        .filter(|label| !config.bins.iter().any(|bin| bin.takes(label)))
        .collect();
    let bin = config.bins.last().filter(|_| !left.is_empty())?;
    Some(bin.name.problem(
        format!("no bin accepts {}", left.join(", ")),
        "add them to the `accepts` of a bin, or name a bin for the rest: unsure-bin under [decision]",
    ))
}

/// The labels that a bin may accept.
fn wanted<'l>(labels: &'l [String], empty: Option<&'l str>) -> impl Iterator<Item = &'l str> {
    let all = labels.iter().map(String::as_str);
    all.filter(move |label| Some(*label) != empty)
}

/// A hold that the longest time cuts short would never be seen.
fn hold_beyond_limit(config: &Config) -> Option<Problem> {
    let (hold, most) = (config.decision.hold, config.gpio.max_on);
    (hold > most).then(|| Problem {
        position: config.decision.position,
        key: "decision.hold-ms".into(),
        what: format!(
            "{} is above gpio.max-on-ms, {}",
            hold.as_millis(),
            most.as_millis()
        ),
        todo: "hold for a shorter time, or allow a longer one".into(),
    })
}

fn repeated_pins(config: &Config) -> Vec<Problem> {
    let mut pins: Vec<&Located<BcmPin>> = Vec::new();
    pins.extend(config.status_led.iter().map(|led| &led.pin));
    if let TriggerMode::Button { pin, .. } = &config.trigger.mode {
        pins.push(pin);
    }
    for bin in &config.bins {
        pins.extend(bin.led.iter().map(|led| &led.pin));
        pins.extend(bin.servo.iter().map(|servo| &servo.pin));
    }
    repeated(&pins, |pin, first| {
        pin.problem(
            format!("{} is already used by {}", pin.value, first.key),
            "wire and configure another pin",
        )
    })
}

/// Two servos on one PWM channel would open two lids at once.
fn repeated_channels(config: &Config) -> Vec<Problem> {
    let servos = config.bins.iter().filter_map(|bin| bin.servo.as_ref());
    let channels: Vec<_> = servos
        .filter_map(|servo| match servo.pwm {
            ServoPwm::Chip { chip, channel } => Some(Located {
                value: (chip, channel),
                key: servo.pin.key.replace(".pin", ".pwm-channel"),
                position: servo.pin.position,
            }),
            ServoPwm::Hardware | ServoPwm::Software => None,
        })
        .collect();
    let channels: Vec<_> = channels.iter().collect();
    repeated(&channels, |channel, first| {
        let (chip, number) = channel.value;
        channel.problem(
            format!(
                "channel {number} of pwmchip{chip} is already used by {}",
                first.key
            ),
            "give each servo a PWM channel of its own",
        )
    })
}

fn repeated_names(config: &Config) -> Vec<Problem> {
    let names: Vec<_> = config.bins.iter().map(|bin| &bin.name).collect();
    repeated(&names, |name, first| {
        name.problem(
            format!(
                "\"{}\" is also the name of {}",
                name.value,
                first.key.trim_end_matches(".name")
            ),
            "give each bin a name of its own",
        )
    })
}

fn repeated_labels(config: &Config) -> Vec<Problem> {
    let labels: Vec<_> = config.bins.iter().flat_map(|bin| &bin.accepts).collect();
    repeated(&labels, |label, first| {
        label.problem(
            format!("\"{}\" is already accepted at {}", label.value, first.key),
            "leave each label to one bin",
        )
    })
}

fn repeated<T: PartialEq>(
    all: &[&Located<T>],
    problem: impl Fn(&Located<T>, &Located<T>) -> Problem,
) -> Vec<Problem> {
    let first = |at: usize| {
        all[..at]
            .iter()
            .find(|earlier| earlier.value == all[at].value)
    };
    (0..all.len())
        .filter_map(|at| first(at).map(|first| problem(all[at], first)))
        .collect()
}

fn unsure_bin(config: &Config) -> Option<Problem> {
    let unsure = config.decision.unsure_bin.as_ref()?;
    let names: Vec<&str> = config
        .bins
        .iter()
        .map(|bin| bin.name.value.as_str())
        .collect();
    (!names.contains(&unsure.value.as_str())).then(|| {
        unsure.problem(
            format!("there is no bin \"{}\"", unsure.value),
            suggestion(&unsure.value, &names),
        )
    })
}

fn servos_of_backend(config: &Config) -> Vec<Problem> {
    let servos = config.bins.iter().filter_map(|bin| bin.servo.as_ref());
    servos
        .filter_map(|servo| match (&config.gpio.backend, servo.pwm) {
            (GpioBackend::Gpiochip(_), ServoPwm::Hardware | ServoPwm::Software) => {
                Some(servo.pin.problem(
                    "the backend gpiochip has no pulses of its own for a servo",
                    "name the PWM channel with pwm-chip and pwm-channel, as /sys/class/pwm numbers them",
                ))
            }
            _ => None,
        })
        .collect()
}
