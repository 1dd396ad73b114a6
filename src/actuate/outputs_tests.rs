//! Outputs on a simulated board: one light, one open lid, in time, and rest.

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;

use super::super::{Action, Board, SimulatedActuator, Timeline};
use super::*;
use crate::clock::{Clock, SimulatedClock};
use crate::error::Error;
use crate::units::PulseWidth;

const TWO_LIDS: &str = r#"
    [gpio]
    backend = "simulated"
    max-on-ms = 2000
    [decision]
    hold-ms = 1500
    [status-led]
    pin = 4
    [[bins]]
    name = "glass"
    led = { pin = 17 }
    servo = { pin = 18 }
    [[bins]]
    name = "rest"
    led = { pin = 27 }
    servo = { pin = 19, max-deg-per-s = 60 }
"#;

/// Outputs with what happens to them.
struct Wired {
    outputs: Outputs,
    timeline: Timeline,
    clock: Arc<SimulatedClock>,
}

impl Wired {
    fn by(text: &str) -> Self {
        let config = Config::parse(text, Path::new("bins.toml")).unwrap();
        let clock = Arc::new(SimulatedClock::default());
        let actuator = SimulatedActuator::new(clock.clone());
        let timeline = actuator.timeline();
        let outputs = Outputs::new(Box::new(actuator), &config, clock.now()).unwrap();
        Self {
            outputs,
            timeline,
            clock,
        }
    }

    fn show(&mut self, bin: Option<usize>) {
        self.outputs.show(bin.map(BinId), self.clock.now()).unwrap();
    }

    fn pass(&self, millis: u64) {
        self.clock.advance(Duration::from_millis(millis));
    }

    fn park(self) -> Result<Timeline> {
        let Self {
            outputs,
            timeline,
            clock,
        } = self;
        let board = Board::new(outputs, clock.clone());
        board.park(|pause| clock.advance(pause)).map(|()| timeline)
    }
}

/// Lights that are on at the end, and the last pulse of each bin.
fn final_state(timeline: &Timeline) -> (Vec<Light>, Vec<Option<u16>>) {
    let (mut lit, mut pulses) = (Vec::new(), Vec::new());
    for (_, action) in timeline.actions() {
        match action {
            Action::Light(light, on) => {
                lit.retain(|other| *other != light);
                if on {
                    lit.push(light);
                }
            }
            Action::Pulse(bin, pulse) => {
                pulses.resize(pulses.len().max(bin.0 + 1), None);
                pulses[bin.0] = pulse.map(PulseWidth::micros);
            }
        }
    }
    (lit, pulses)
}

/// A servo as the configuration may describe it: its table, and the pulse of its closed lid.
fn any_servo() -> impl Strategy<Value = String> {
    let angles = (0..=180u32, 0..=180u32).prop_filter("a lid moves", |(a, b)| a != b);
    let pulses = (400..2600u32, 1..2200u32);
    (angles, pulses, 0.0..1.0f32, any::<bool>()).prop_map(
        |((rest, open), (low, more), slow, detach)| {
            let way = (f64::from(rest) - f64::from(open)).abs();
            // From the slowest lid that is allowed to the fastest.
            let slowest = (way / 8.0).max(1.0);
            let speed = slowest + f64::from(slow * slow) * (1000.0 - slowest);
            let high = (low + more).min(2600);
            format!(
                "rest-deg = {rest}, open-deg = {open}, pulse-min-us = {low}, pulse-max-us = {high}, \
                 max-deg-per-s = {speed:.3}, detach = {detach}"
            )
        },
    )
}

/// A configuration with two to four bins, each with a light, some with a lid.
fn any_bins() -> impl Strategy<Value = String> {
    let bins = prop::collection::vec(prop::option::weighted(0.9, any_servo()), 2..5);
    (bins, 1_000..300_000u32).prop_map(|(bins, max_on)| {
        let mut text = format!("[gpio]\nbackend = \"simulated\"\nmax-on-ms = {max_on}\n");
        text += "[decision]\nhold-ms = 500\n";
        for (at, servo) in bins.iter().enumerate() {
            let led = 4 + at;
            let _ = writeln!(text, "[[bins]]\nname = \"{at}\"\nled = {{ pin = {led} }}");
            if let Some(servo) = servo {
                let pin = 20 + at;
                let _ = writeln!(
                    text,
                    "servo = {{ pin = {pin}, pwm = \"software\", {servo} }}"
                );
            }
        }
        text
    })
}

/// Replays a timeline against the promises: at no instant are two lights of bins on, nor two lids told
/// anything but their rest angle once each has had its first pulse, which is that of rest.
fn holds_one_at_a_time(timeline: &Timeline) -> std::result::Result<(), TestCaseError> {
    let mut lit: Vec<BinId> = Vec::new();
    let mut lids: Vec<Option<(Option<PulseWidth>, Option<PulseWidth>)>> = vec![None; 8];
    for (_, action) in timeline.actions() {
        match action {
            Action::Light(Light::Bin(bin), on) => {
                lit.retain(|other| *other != bin);
                if on {
                    lit.push(bin);
                }
            }
            Action::Light(Light::Status, _) => {}
            Action::Pulse(bin, pulse) => {
                let rest = lids[bin.0].map_or(pulse, |(rest, _)| rest);
                lids[bin.0] = Some((rest, pulse));
            }
        }
        prop_assert!(lit.len() <= 1, "{lit:?} are on");
        let told = lids.iter().flatten();
        let open = told.filter(|(rest, now)| now.is_some() && now != rest);
        prop_assert!(open.count() <= 1, "two lids are told to be open");
    }
    Ok(())
}

proptest! {
    #[test]
    fn one_light_is_on_and_one_lid_is_open_in_every_configuration(
        text in any_bins(),
        wishes in prop::collection::vec((prop::option::of(0..4usize), 1..3_000u64), 1..60),
    ) {
        let mut wired = Wired::by(&text);
        let bins = wired.outputs.lids.len();
        for (wish, pause) in wishes {
            wired.show(wish.map(|bin| bin % bins));
            // A keeper brings moving lids forward while the loop is elsewhere.
            for _ in 0..pause / 20 {
                wired.pass(20);
                wired.outputs.advance(wired.clock.now()).unwrap();
            }
            wired.pass(pause % 20);
        }
        let parked = wired.park().unwrap();
        holds_one_at_a_time(&parked)?;
    }

    #[test]
    fn parking_reaches_rest_after_every_history(
        wishes in prop::collection::vec((prop::option::of(0..2usize), 1..900u64), 1..40),
    ) {
        let mut wired = Wired::by(TWO_LIDS);
        for (wish, pause) in wishes {
            wired.show(wish);
            wired.pass(pause);
        }
        wired.outputs.show_health(Health::Fine, wired.clock.now()).unwrap();
        let timeline = wired.park().unwrap();
        prop_assert_eq!(final_state(&timeline), (vec![], vec![None, None]));
    }
}

#[test]
fn the_second_of_two_slow_lids_waits_and_its_light_does_not() {
    let slow = TWO_LIDS.replace(
        "servo = { pin = 18 }",
        "servo = { pin = 18, max-deg-per-s = 12 }",
    );
    let mut wired = Wired::by(&slow.replace("max-on-ms = 2000", "max-on-ms = 20000"));
    wired.show(Some(0));
    for _ in 0..400 {
        wired.pass(20);
        wired.show(Some(0));
    }
    wired.show(Some(1));
    let switched_at = wired.clock.now();
    assert_eq!(final_state(&wired.timeline).0, [Light::Bin(BinId(1))]);
    for _ in 0..500 {
        wired.pass(20);
        wired.show(Some(1));
    }
    let actions = wired.timeline.actions();
    let second_opens = actions.iter().position(|(at, action)| {
        matches!(action, Action::Pulse(BinId(1), Some(_))) && *at > switched_at
    });
    let first_closed = actions.iter().position(|(at, action)| {
        *action == Action::Pulse(BinId(0), PulseWidth::new(1_000).ok()) && *at > switched_at
    });
    assert!(first_closed.is_some(), "the first lid closes");
    assert!(second_opens > first_closed, "the second opens after it");
}

#[test]
fn a_light_that_is_wanted_for_ever_goes_off_in_time_and_stays_off() {
    let mut wired = Wired::by(TWO_LIDS);
    for _ in 0..400 {
        wired.show(Some(0));
        wired.pass(10);
    }
    let switched: Vec<_> = wired
        .timeline
        .actions()
        .into_iter()
        .filter(|(_, action)| matches!(action, Action::Light(Light::Bin(BinId(0)), _)))
        .collect();
    assert_eq!(switched.len(), 3, "off at the start, on, off: {switched:?}");
    assert_eq!(switched[2].0 - switched[1].0, Duration::from_secs(2));
    wired.show(None);
    wired.show(Some(0));
    assert_eq!(
        final_state(&wired.timeline).0,
        [Light::Bin(BinId(0))],
        "a new decision lights it"
    );
}

#[test]
fn what_is_held_shows_nothing_until_it_is_released() {
    let mut wired = Wired::by(TWO_LIDS);
    wired.show(Some(0));
    wired.outputs.hold(wired.clock.now()).unwrap();
    wired.show(Some(1));
    assert!(final_state(&wired.timeline).0.is_empty());
    wired.outputs.release();
    wired.show(Some(1));
    assert_eq!(final_state(&wired.timeline).0, [Light::Bin(BinId(1))]);
}

#[test]
fn a_panic_leaves_no_light_on_and_no_lid_open() {
    // In the middle of the way, and long after the lid has opened.
    for turns in [2, 90] {
        let mut wired = Wired::by(TWO_LIDS);
        for _ in 0..turns {
            wired.show(Some(1));
            wired.pass(20);
        }
        let Wired {
            outputs, timeline, ..
        } = wired;
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
            let _outputs = outputs;
            panic!("the loop stumbles");
        }));
        assert!(panicked.is_err());
        let (lit, pulses) = final_state(&timeline);
        assert!(lit.is_empty());
        assert_eq!(
            pulses[1],
            Some(1_000),
            "the lid is sent home after {turns} turns"
        );
    }
}

/// A board on which one thing does not obey.
struct OneBroken {
    board: SimulatedActuator,
    broken: Broken,
}

enum Broken {
    Servo(BinId),
    /// This light does not go off for as many times as this.
    Light(BinId, usize),
}

impl Actuator for OneBroken {
    fn set_light(&mut self, light: Light, on: bool) -> Result<()> {
        match &mut self.broken {
            Broken::Light(bin, times) if Light::Bin(*bin) == light && !on && *times > 0 => {
                *times -= 1;
                Err(Error::unavailable("the light does not obey"))
            }
            _ => self.board.set_light(light, on),
        }
    }

    fn set_pulse(&mut self, bin: BinId, pulse: Option<PulseWidth>) -> Result<()> {
        if matches!(self.broken, Broken::Servo(servo) if servo == bin) {
            return Err(Error::unavailable("the servo does not obey"));
        }
        self.board.set_pulse(bin, pulse)
    }

    fn button_pressed(&mut self) -> Result<bool> {
        Ok(false)
    }
}

impl Wired {
    fn break_board(&mut self, broken: Broken) {
        let board = SimulatedActuator::sharing(self.clock.clone(), self.timeline.clone());
        self.outputs.actuator = Box::new(OneBroken { board, broken });
    }
}

#[test]
fn a_servo_that_fails_does_not_keep_the_others_open() {
    let mut wired = Wired::by(TWO_LIDS);
    for _ in 0..90 {
        wired.show(Some(1));
        wired.pass(20);
    }
    wired.break_board(Broken::Servo(BinId(0)));
    wired.outputs.lids[0].as_mut().unwrap().set_open(true);
    let timeline = wired.timeline.clone();
    assert!(wired.park().is_err(), "the failure is told");
    assert_eq!(
        final_state(&timeline).1[1],
        None,
        "the other lid is closed and left alone"
    );
}

#[test]
fn a_light_that_does_not_go_off_is_tried_again() {
    let mut wired = Wired::by(TWO_LIDS);
    wired.show(Some(0));
    wired.break_board(Broken::Light(BinId(0), 2));
    let timeline = wired.timeline.clone();
    assert!(wired.park().is_err(), "the failure is told");
    assert!(final_state(&timeline).0.is_empty(), "it obeys in the end");
}
