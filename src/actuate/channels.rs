//! Two lids on one PWM channel would open together. Which pins share a channel, and with which channel of a chip,
//! depends on the board.

use super::hardware_pwm::PwmUnit;
use crate::config::{Config, GpioBackend, Problem, ServoConfig, ServoPwm};

/// The lids of `config` that share a PWM channel on a board with this unit, each with the earlier one; where the
/// board is not known, those that would share one on some Raspberry Pi.
#[must_use]
pub fn shared_channels(config: &Config, board: Option<PwmUnit>) -> Vec<Problem> {
    if config.gpio.backend != GpioBackend::Rppal {
        return Vec::new();
    }
    let servos: Vec<&ServoConfig> = config
        .bins
        .iter()
        .filter_map(|bin| bin.servo.as_ref())
        .collect();
    match board {
        Some(unit) => on_board(&servos, unit),
        None => PwmUnit::ALL
            .into_iter()
            .flat_map(|unit| {
                shared(&servos, unit)
                    .into_iter()
                    .map(move |pair| (pair, unit))
            })
            .map(|(pair, unit)| problem(pair, on_some_board(unit)))
            .collect(),
    }
}

/// The same for servos on this very board.
pub(super) fn on_board(servos: &[&ServoConfig], unit: PwmUnit) -> Vec<Problem> {
    shared(servos, unit)
        .into_iter()
        .map(|pair| problem(pair, "on this Raspberry Pi"))
        .collect()
}

const fn on_some_board(unit: PwmUnit) -> &'static str {
    match unit {
        PwmUnit::TwoChannels => "on every Raspberry Pi before the 5",
        PwmUnit::FourChannels => "on a Raspberry Pi 5",
    }
}

/// Each servo that shares a channel with an earlier one, behind that one.
fn shared<'s>(servos: &[&'s ServoConfig], unit: PwmUnit) -> Vec<[&'s ServoConfig; 2]> {
    let channel = |servo: &ServoConfig| match servo.pwm {
        ServoPwm::Software => None,
        ServoPwm::Hardware => Some(unit.of_pin(servo.pin.value)),
        ServoPwm::Chip { chip, channel } => Some((chip, channel)),
    };
    // That two name the same channel of a chip is wrong on any board, and the configuration's own check says so.
    let by_pin = |servo: &ServoConfig| servo.pwm == ServoPwm::Hardware;
    let earlier = |at: usize| {
        let servo = servos[at];
        let own = channel(servo)?;
        let mut before = servos[..at].iter().copied();
        let first =
            before.find(|first| channel(first) == Some(own) && (by_pin(servo) || by_pin(first)))?;
        Some([first, servo])
    };
    (0..servos.len()).filter_map(earlier).collect()
}

fn problem([first, servo]: [&ServoConfig; 2], board: &str) -> Problem {
    servo.pin.problem(
        format!(
            "{board}, {} hangs on the same PWM channel as {} ({} in line {}), and both lids would open together",
            servo.pin.value, first.pin.value, first.pin.key, first.pin.position.line
        ),
        "give each servo a channel of its own; before the Pi 5, BCM 12 and 18 share one, as 13 and 19 do",
    )
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const TWO_LIDS: &str = include_str!("../../config/examples/two-lids.toml");

    /// How many lids share a channel on a board, where the second lid is wired like this.
    fn found(second: &str, backend: &str, board: Option<PwmUnit>) -> Vec<String> {
        let text = TWO_LIDS
            .replace("pin = 19, pwm = \"hardware\"", second)
            .replace("backend = \"rppal\"", &format!("backend = \"{backend}\""));
        let config = Config::parse(&text, Path::new("two-lids.toml")).unwrap();
        let problems = shared_channels(&config, board);
        problems.into_iter().map(|problem| problem.what).collect()
    }

    #[test]
    fn two_lids_on_one_channel_are_found_however_the_channel_is_named() {
        const BEFORE_5: Option<PwmUnit> = Some(PwmUnit::TwoChannels);
        const PI_5: Option<PwmUnit> = Some(PwmUnit::FourChannels);
        // The first lid is on BCM 18.
        for (second, [before_5, pi_5, unknown]) in [
            ("pin = 19", [0, 0, 0]),
            ("pin = 13", [0, 0, 0]),
            ("pin = 12", [1, 0, 1]),
            ("pin = 12, pwm = \"software\"", [0, 0, 0]),
            ("pin = 19, pwm-chip = 0, pwm-channel = 0", [1, 0, 1]),
            ("pin = 19, pwm-chip = 2, pwm-channel = 2", [0, 1, 1]),
            ("pin = 19, pwm-chip = 1, pwm-channel = 0", [0, 0, 0]),
        ] {
            let counts = [BEFORE_5, PI_5, None].map(|board| found(second, "rppal", board).len());
            assert_eq!(counts, [before_5, pi_5, unknown], "{second}");
            assert!(found(second, "simulated", BEFORE_5).is_empty(), "{second}");
        }
    }

    #[test]
    fn the_message_names_the_board_and_both_pins() {
        let on_this = found("pin = 12", "rppal", Some(PwmUnit::TwoChannels)).remove(0);
        assert!(on_this.starts_with("on this Raspberry Pi, BCM 12 hangs on the same PWM channel as BCM 18 (bins[1].servo.pin in line "), "{on_this}");
        let on_some = found("pin = 12", "rppal", None).remove(0);
        assert!(
            on_some.starts_with("on every Raspberry Pi before the 5, BCM 12 "),
            "{on_some}"
        );
    }
}
