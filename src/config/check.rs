//! What no single table can know: pins used twice, names used twice, labels of the model.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use super::problem::{Located, Problem, Problems};
use super::suggest::{listed, suggestion};
use super::{Config, GpioBackend, ServoPwm, TriggerMode};

/// Finds the problems between the tables of one configuration.
pub(super) fn across_tables(config: &Config, problems: &mut Problems) {
    repeated_pins(config, problems);
    repeated_names(config, problems);
    repeated_labels(config, problems);
    repeated_channels(config, problems);
    servos_of_backend(config, problems);
    for problem in unsure_bin(config)
        .into_iter()
        .chain(hold_beyond_limit(config))
    {
        problems.add(problem);
    }
}

/// Finds the labels of the bins that the model does not have. `empty` is the label that means that nothing is
/// there.
pub(super) fn unknown_labels(
    config: &Config,
    labels: &[String],
    empty: Option<&str>,
    problems: &mut Problems,
) {
    let names: Vec<&str> = wanted(labels, empty).collect();
    let known: HashSet<&str> = names.iter().copied().collect();
    for label in config.bins.iter().flat_map(|bin| &bin.accepts) {
        let name = label.value.as_str();
        if Some(name) == empty {
            problems.add_at(label.position, || {
                label.problem(
                    format!("\"{name}\" means that nothing is there"),
                    "remove it: no bin lights for an empty drop zone",
                )
            });
        } else if !known.contains(name) {
            problems.add_at(label.position, || {
                label.problem(
                    format!("the model has no label \"{name}\""),
                    suggestion(name, &names),
                )
            });
        }
    }
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
    let accepted = config.bins.iter().flat_map(|bin| &bin.accepts);
    let accepted: HashSet<&str> = accepted.map(|label| label.value.as_str()).collect();
    let left: Vec<&str> = wanted(labels, empty)
        .filter(|label| !accepted.contains(label))
        .collect();
    let bin = config.bins.last().filter(|_| !left.is_empty())?;
    Some(bin.name.problem(
        format!("no bin accepts {}", listed(&left)),
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

fn repeated_pins(config: &Config, problems: &mut Problems) {
    let button = match &config.trigger.mode {
        TriggerMode::Button { pin, .. } => Some(pin),
        TriggerMode::Motion | TriggerMode::Always => None,
    };
    let status = config.status_led.iter().map(|led| &led.pin);
    let bins = config.bins.iter().flat_map(|bin| {
        let led = bin.led.iter().map(|led| &led.pin);
        led.chain(bin.servo.iter().map(|servo| &servo.pin))
    });
    repeated(status.chain(button).chain(bins), problems, |pin, first| {
        pin.problem(
            format!("{} is already used by {}", pin.value, first.key),
            "wire and configure another pin",
        )
    });
}

/// Two servos on one PWM channel would open two lids at once.
fn repeated_channels(config: &Config, problems: &mut Problems) {
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
    repeated(&channels, problems, |channel, first| {
        let (chip, number) = channel.value;
        channel.problem(
            format!(
                "channel {number} of pwmchip{chip} is already used by {}",
                first.key
            ),
            "give each servo a PWM channel of its own",
        )
    });
}

fn repeated_names(config: &Config, problems: &mut Problems) {
    let names = config.bins.iter().map(|bin| &bin.name);
    repeated(names, problems, |name, first| {
        name.problem(
            format!(
                "\"{}\" is also the name of {}",
                name.value,
                first.key.trim_end_matches(".name")
            ),
            "give each bin a name of its own",
        )
    });
}

fn repeated_labels(config: &Config, problems: &mut Problems) {
    let labels = config.bins.iter().flat_map(|bin| &bin.accepts);
    repeated(labels, problems, |label, first| {
        label.problem(
            format!("\"{}\" is already accepted at {}", label.value, first.key),
            "leave each label to one bin",
        )
    });
}

/// Finds the values that stood there before.
fn repeated<'l, T: Eq + Hash + 'l>(
    all: impl IntoIterator<Item = &'l Located<T>>,
    problems: &mut Problems,
    problem: impl Fn(&Located<T>, &Located<T>) -> Problem,
) {
    let mut first = HashMap::new();
    for located in all {
        match first.entry(&located.value) {
            Entry::Vacant(place) => {
                place.insert(located);
            }
            Entry::Occupied(earlier) => {
                problems.add_at(located.position, || problem(located, earlier.get()));
            }
        }
    }
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

fn servos_of_backend(config: &Config, problems: &mut Problems) {
    if !matches!(config.gpio.backend, GpioBackend::Gpiochip(_)) {
        return;
    }
    for servo in config.bins.iter().filter_map(|bin| bin.servo.as_ref()) {
        if matches!(servo.pwm, ServoPwm::Hardware | ServoPwm::Software) {
            problems.add_at(servo.pin.position, || {
                servo.pin.problem(
                    "the backend gpiochip has no pulses of its own for a servo",
                    "name the PWM channel with pwm-chip and pwm-channel, as /sys/class/pwm numbers them",
                )
            });
        }
    }
}
