//! Judges what a board was told: one light at most, for no longer than it may; one lid at most away from its
//! rest, never faster than its speed.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::common::board::{At, Driven, state_after};

/// The most that a lid is moved at once, however long it was left alone before.
const LONGEST_STEP: f64 = 0.05;

/// Pulses are told in whole µs.
const ROUNDING: f64 = 2.0;

/// A lid.
pub struct Lid {
    /// The pulse of the closed lid, in µs.
    pub rest: u32,
    /// The pulse of the open one.
    pub open: u32,
    /// Its fastest speed.
    pub micros_per_s: f64,
}

/// What is wired.
pub struct Wiring {
    /// The lines of the bins' lights, which are lit at a high level.
    pub lights: Vec<u8>,
    /// The lids by channel.
    pub lids: BTreeMap<u8, Lid>,
    /// No light is on for longer than this.
    pub max_on: Duration,
}

/// What was found in a log.
#[derive(Debug, Default)]
pub struct Found {
    /// What was wrong.
    pub complaints: Vec<String>,
    /// The longest time of a light.
    pub longest: Duration,
}

/// A lid as the log goes on.
struct Motion {
    enabled: bool,
    width: u32,
    /// What the servo is told; a detached one is taken to be closed.
    pulse: u32,
    /// How far it may be moved by now, in µs. Between two steps a thread may be kept waiting after it has
    /// read the clock, so two of the longest steps may come at once.
    allowance: f64,
    since: Duration,
}

impl Wiring {
    /// Judges a log that begins at rest; a light may be on for `late` longer than is allowed.
    pub fn judge(&self, log: &[At], late: Duration) -> Found {
        let mut found = Found::default();
        let mut lit: Option<(u8, Duration)> = None;
        let mut lids: BTreeMap<u8, Motion> = self
            .lids
            .iter()
            .map(|(channel, lid)| (*channel, Motion::of(lid)))
            .collect();
        for At { at, what } in log {
            match *what {
                Driven::Line(line, true) if self.lights.contains(&line) => match lit {
                    Some((other, _)) if other != line => {
                        found.complain(*at, &format!("lights {other} and {line} are on"));
                    }
                    Some(_) => {}
                    None => lit = Some((line, *at)),
                },
                Driven::Line(line, false) if lit.is_some_and(|(on, _)| on == line) => {
                    let lasted = at.saturating_sub(lit.map(|(_, since)| since).unwrap());
                    found.longest = found.longest.max(lasted);
                    if lasted > self.max_on + late {
                        found.complain(*at, &format!("light {line} was on for {lasted:?}"));
                    }
                    lit = None;
                }
                Driven::Duty(channel, width) if lids.contains_key(&channel) => {
                    let lid = lids.get_mut(&channel).unwrap();
                    lid.width = width;
                    self.step(channel, &mut lids, *at, &mut found);
                }
                Driven::Enabled(channel, on) if lids.contains_key(&channel) => {
                    let lid = lids.get_mut(&channel).unwrap();
                    lid.enabled = on;
                    self.step(channel, &mut lids, *at, &mut found);
                }
                _ => {}
            }
        }
        found
    }

    /// What is not at rest at the end of a log.
    pub fn unrest(&self, log: &[At]) -> Option<String> {
        let state = state_after(log);
        let lit = state
            .high()
            .into_iter()
            .filter(|line| self.lights.contains(line));
        let lit: Vec<u8> = lit.collect();
        let moving = state.moving();
        let rests = lit.is_empty() && moving.is_empty();
        (!rests).then(|| format!("not at rest: lights {lit:?}, lids {moving:?}"))
    }

    fn step(&self, channel: u8, lids: &mut BTreeMap<u8, Motion>, at: Duration, found: &mut Found) {
        let lid = &self.lids[&channel];
        let motion = lids.get_mut(&channel).unwrap();
        let pulse = if motion.enabled {
            motion.width
        } else {
            lid.rest
        };
        let way = f64::from(pulse.abs_diff(motion.pulse));
        if way > 0.0 {
            let gained = at.saturating_sub(motion.since).as_secs_f64() * lid.micros_per_s;
            let most = 2.0 * LONGEST_STEP * lid.micros_per_s;
            let allowance = (motion.allowance + gained).min(most + ROUNDING);
            if way > LONGEST_STEP * lid.micros_per_s + ROUNDING || way > allowance + ROUNDING {
                found.complain(
                    at,
                    &format!("lid {channel} leaps by {way} µs; {allowance:.1} µs were allowed"),
                );
            }
            motion.allowance = allowance - way;
            motion.since = at;
            motion.pulse = pulse;
        }
        let (low, high) = (lid.rest.min(lid.open), lid.rest.max(lid.open));
        if !(low..=high).contains(&pulse) {
            found.complain(at, &format!("lid {channel} is told {pulse} µs"));
        }
        let away = lids
            .iter()
            .filter(|(channel, motion)| motion.pulse != self.lids[channel].rest);
        let away: Vec<u8> = away.map(|(channel, _)| *channel).collect();
        if away.len() > 1 {
            found.complain(at, &format!("lids {away:?} are away from rest"));
        }
    }
}

impl Motion {
    fn of(lid: &Lid) -> Self {
        Self {
            enabled: false,
            width: lid.rest,
            pulse: lid.rest,
            allowance: 2.0 * LONGEST_STEP * lid.micros_per_s,
            since: Duration::ZERO,
        }
    }
}

impl Found {
    fn complain(&mut self, at: Duration, what: &str) {
        self.complaints.push(format!("{at:?}: {what}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The judgement of what was driven, each 20 ms after the one before.
    fn judged(driven: &[Driven]) -> Vec<String> {
        let log = log(driven);
        let wiring = crate::setups::wiring();
        let mut complaints = wiring.judge(&log, Duration::ZERO).complaints;
        complaints.extend(wiring.unrest(&log));
        complaints
    }

    fn log(driven: &[Driven]) -> Vec<At> {
        let each = driven.iter().zip(1u32..);
        each.map(|(what, nth)| At {
            at: Duration::from_millis(20) * nth,
            what: what.clone(),
        })
        .collect()
    }

    /// A lid that opens or closes by 8° a turn, which is its speed.
    fn moved(channel: u8, open: bool) -> Vec<Driven> {
        let micros = (0..13).map(|step| 1_000 + 40 * step);
        let widths: Vec<u32> = if open {
            micros.collect()
        } else {
            micros.rev().collect()
        };
        widths
            .into_iter()
            .map(|width| Driven::Duty(channel, width))
            .collect()
    }

    fn shown() -> Vec<Driven> {
        let begin = vec![
            Driven::Duty(0, 1_000),
            Driven::Enabled(0, true),
            Driven::Line(17, true),
        ];
        let end = vec![Driven::Enabled(0, false)];
        [
            begin,
            moved(0, true),
            vec![Driven::Line(17, false)],
            moved(0, false),
            end,
        ]
        .concat()
    }

    #[test]
    fn a_right_log_is_not_complained_of() {
        let nothing: [String; 0] = [];
        assert_eq!(judged(&[shown(), shown()].concat()), nothing);
    }

    #[test]
    fn each_broken_promise_is_told() {
        let told = |driven: &[Driven], said: &str| {
            let complaints = judged(driven);
            assert!(
                complaints.iter().any(|told| told.contains(said)),
                "{said}: {complaints:?}"
            );
        };
        let light = |line| [Driven::Line(line, true), Driven::Line(line, false)];
        told(
            &[Driven::Line(17, true), Driven::Line(27, true)],
            "lights 17 and 27",
        );
        told(&[Driven::Line(17, true)], "not at rest: lights [17]");
        let pause = vec![Driven::Other(String::new()); 80];
        let [on, off] = light(22);
        told(&[vec![on], pause, vec![off]].concat(), "was on for");
        told(
            &shown()[..shown().len() - 1],
            "not at rest: lights [], lids [0]",
        );
        let other = [
            Driven::Duty(1, 1_000),
            Driven::Enabled(1, true),
            Driven::Duty(1, 1_010),
        ];
        told(&[&shown()[..8], &other].concat(), "lids [0, 1] are away");
        told(
            &[Driven::Enabled(0, true), Driven::Duty(0, 1_200)],
            "leaps by 200 µs",
        );
        told(
            &[Driven::Duty(0, 1_500), Driven::Enabled(0, true)],
            "leaps by 500 µs",
        );
        told(
            &[&shown()[..10], &[Driven::Enabled(0, false)]].concat(),
            "leaps by",
        );
        // Each step is small, and they come too often: 80 µs where 44 µs are the speed.
        let forth = (0..7).map(|step| 1_000 + 80 * step);
        let widths = forth.clone().chain(forth.rev());
        let fast: Vec<Driven> = widths.map(|width| Driven::Duty(0, width)).collect();
        told(
            &[vec![Driven::Enabled(0, true)], fast].concat(),
            "leaps by 80 µs",
        );
        told(
            &[Driven::Enabled(0, true), Driven::Duty(0, 980)],
            "is told 980 µs",
        );
    }
}
