//! Everything that is wired, driven as one: at most one bin signals, and rest is always reached.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::lid::{Lid, NewPulse, SETTLE};
use super::{Actuator, Health, Light, SimulatedActuator};
use crate::clock::Clock;
use crate::config::Config;
use crate::decide::BinId;
use crate::error::Result;

/// How often a moving lid is brought forward: once a servo's frame of 20 ms.
const TICK: Duration = Duration::from_millis(20);

/// Whether anything still moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MotionTick {
    /// Call again after this long.
    Again(Duration),
    /// Nothing moves.
    Still,
}

/// The lights and lids of all bins, and the status light.
pub struct Outputs {
    actuator: Box<dyn Actuator>,
    lids: Vec<Option<Lid>>,
    started_at: Instant,
    max_on: Duration,
    /// The bin whose light is on, since when; taken away when it was on for too long.
    signal: Option<(BinId, Instant)>,
    /// A bin that was on for too long stays off until another decision.
    tripped: Option<BinId>,
    status: Option<bool>,
}

impl Outputs {
    /// Takes over an actuator and brings everything to rest.
    ///
    /// # Errors
    /// The board refuses.
    pub fn new(actuator: Box<dyn Actuator>, config: &Config, now: Instant) -> Result<Self> {
        let lids = config
            .bins
            .iter()
            .map(|bin| bin.servo.clone().map(Lid::new))
            .collect();
        let mut outputs = Self {
            actuator,
            lids,
            started_at: now,
            max_on: config.gpio.max_on,
            signal: None,
            tripped: None,
            status: None,
        };
        for bin in 0..outputs.lids.len() {
            outputs.actuator.set_light(Light::Bin(BinId(bin)), false)?;
        }
        outputs.move_lids(now)?;
        Ok(outputs)
    }

    /// Outputs to which nothing is wired: what is left while the lines change hands.
    #[must_use]
    pub fn unwired(clock: &Arc<dyn Clock>) -> Self {
        Self {
            actuator: Box::new(SimulatedActuator::new(Arc::clone(clock))),
            lids: Vec::new(),
            started_at: clock.now(),
            max_on: Duration::ZERO,
            signal: None,
            tripped: None,
            status: None,
        }
    }

    /// What the person who wired it should know.
    #[must_use]
    pub fn remarks(&self) -> Vec<String> {
        self.actuator.remarks()
    }

    /// Whether the button is pressed.
    ///
    /// # Errors
    /// The board refuses.
    pub fn button_pressed(&mut self) -> Result<bool> {
        self.actuator.button_pressed()
    }

    /// Shows `signal` and brings every motion forward to `now`.
    ///
    /// # Errors
    /// The board refuses.
    pub fn show(&mut self, signal: Option<BinId>, now: Instant) -> Result<MotionTick> {
        if signal != self.tripped {
            self.tripped = None;
        }
        let overdue = self
            .signal
            .is_some_and(|(_, since)| now - since >= self.max_on);
        if overdue {
            self.tripped = self.signal.map(|(bin, _)| bin);
        }
        let wanted = signal.filter(|bin| Some(*bin) != self.tripped);
        self.switch(wanted, now)?;
        self.move_lids(now)
    }

    fn switch(&mut self, wanted: Option<BinId>, now: Instant) -> Result<()> {
        let current = self.signal.map(|(bin, _)| bin);
        if wanted == current {
            return Ok(());
        }
        // Off comes before on, so that two bins never show at once.
        if let Some(bin) = current {
            self.signal = None;
            self.open_lid(bin, false);
            self.actuator.set_light(Light::Bin(bin), false)?;
        }
        if let Some(bin) = wanted {
            self.signal = Some((bin, now));
            self.open_lid(bin, true);
            self.actuator.set_light(Light::Bin(bin), true)?;
        }
        Ok(())
    }

    fn open_lid(&mut self, bin: BinId, open: bool) {
        if let Some(Some(lid)) = self.lids.get_mut(bin.0) {
            lid.set_open(open);
        }
    }

    fn move_lids(&mut self, now: Instant) -> Result<MotionTick> {
        let mut tick = Ok(MotionTick::Still);
        for (bin, lid) in self.lids.iter_mut().enumerate() {
            let Some(lid) = lid else { continue };
            // A servo that fails must not keep the others from closing.
            if let Some(NewPulse(pulse)) = lid.step(now) {
                match self.actuator.set_pulse(BinId(bin), pulse) {
                    Ok(()) => lid.confirm(pulse),
                    Err(error) => tick = Err(error),
                }
            }
            if lid.is_busy() && tick.is_ok() {
                tick = Ok(MotionTick::Again(TICK));
            }
        }
        tick
    }

    /// Shows how the daemon is on the status light.
    ///
    /// # Errors
    /// The board refuses.
    pub fn show_health(&mut self, health: Health, now: Instant) -> Result<()> {
        let lit = health.is_lit(now - self.started_at);
        if self.status == Some(lit) {
            return Ok(());
        }
        self.status = Some(lit);
        self.actuator.set_light(Light::Status, lit)
    }

    /// The longest time that [`park`](Self::park) takes.
    #[must_use]
    pub fn longest_parking(&self) -> Duration {
        let lids = self.lids.iter().flatten();
        lids.map(Lid::longest_closing).max().unwrap_or_default() + 2 * TICK
    }

    /// Switches every light off at once, closes the lids at their speed, and detaches them. `wait`
    /// lets time pass and answers with the new time.
    ///
    /// # Errors
    /// The board refuses; what could be brought to rest is.
    pub fn park(&mut self, now: Instant, mut wait: impl FnMut(Duration) -> Instant) -> Result<()> {
        let switched = self.switch(None, now);
        let dark = self.actuator.set_light(Light::Status, false);
        self.status = None;
        let end = now + self.longest_parking();
        let mut moved = self.move_lids(now);
        let mut now = now;
        let mut failed = None;
        while !matches!(moved, Ok(MotionTick::Still)) && now < end {
            now = wait(TICK);
            failed = failed.or(std::mem::replace(&mut moved, self.move_lids(now)).err());
        }
        switched.and(dark)?;
        failed.map_or(moved.map(|_| ()), Err)
    }
}

impl Drop for Outputs {
    /// Rest on every way out, a panic included. There is no time for a slow lid here, so each servo
    /// is sent home directly; errors have nowhere to go any more, and the unit's `sortd park` follows.
    fn drop(&mut self) {
        for bin in 0..self.lids.len() {
            let _ = self.actuator.set_light(Light::Bin(BinId(bin)), false);
        }
        let _ = self.actuator.set_light(Light::Status, false);
        let mut sent_home = false;
        for (bin, lid) in self.lids.iter().enumerate() {
            if let Some(lid) = lid.as_ref().filter(|lid| !lid.is_at_rest()) {
                let _ = self.actuator.set_pulse(BinId(bin), Some(lid.rest_pulse()));
                sent_home = true;
            }
        }
        if sent_home {
            // The pulses end with the process; the servo needs them until it has arrived.
            std::thread::sleep(SETTLE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Action, Timeline};
    use super::*;
    use crate::clock::SimulatedClock;
    use crate::error::Error;
    use crate::units::PulseWidth;
    use proptest::prelude::*;
    use std::path::Path;

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

    fn wired() -> (Outputs, Timeline, Arc<SimulatedClock>) {
        let config = Config::parse(TWO_LIDS, Path::new("two-lids.toml")).unwrap();
        let clock = Arc::new(SimulatedClock::default());
        let actuator = SimulatedActuator::new(clock.clone());
        let timeline = actuator.timeline();
        let outputs = Outputs::new(Box::new(actuator), &config, clock.now()).unwrap();
        (outputs, timeline, clock)
    }

    /// Lights that are on at the end, and the last pulse of each bin.
    fn final_state(timeline: &Timeline) -> (Vec<Light>, [Option<u16>; 2]) {
        let (mut lit, mut pulses) = (Vec::new(), [None; 2]);
        for (_, action) in timeline.actions() {
            match action {
                Action::Light(light, on) => {
                    lit.retain(|other| *other != light);
                    if on {
                        lit.push(light);
                    }
                }
                Action::Pulse(bin, pulse) => {
                    pulses[bin.0] = pulse.map(crate::units::PulseWidth::micros);
                }
            }
        }
        (lit, pulses)
    }

    proptest! {
        #[test]
        fn two_bins_never_show_at_once_and_parking_reaches_rest(
            wishes in prop::collection::vec((prop::option::of(0..2usize), 1..900u64), 1..40),
        ) {
            let (mut outputs, timeline, clock) = wired();
            for (wish, pause) in wishes {
                outputs.show(wish.map(BinId), clock.now()).unwrap();
                let bins = final_state(&timeline).0.len();
                prop_assert!(bins <= 1);
                clock.advance(Duration::from_millis(pause));
            }
            outputs.show_health(Health::Fine, clock.now()).unwrap();
            outputs.park(clock.now(), |pause| { clock.advance(pause); clock.now() }).unwrap();
            prop_assert_eq!(final_state(&timeline), (vec![], [None, None]));
        }
    }

    #[test]
    fn a_light_that_is_wanted_for_ever_goes_off_in_time_and_stays_off() {
        let (mut outputs, timeline, clock) = wired();
        for _ in 0..400 {
            outputs.show(Some(BinId(0)), clock.now()).unwrap();
            clock.advance(Duration::from_millis(10));
        }
        let switched: Vec<_> = timeline
            .actions()
            .into_iter()
            .filter(|(_, action)| matches!(action, Action::Light(Light::Bin(BinId(0)), _)))
            .collect();
        assert_eq!(switched.len(), 3, "off at the start, on, off: {switched:?}");
        assert_eq!(switched[2].0 - switched[1].0, Duration::from_secs(2));
        outputs.show(None, clock.now()).unwrap();
        outputs.show(Some(BinId(0)), clock.now()).unwrap();
        assert_eq!(
            final_state(&timeline).0,
            [Light::Bin(BinId(0))],
            "a new decision lights it"
        );
    }

    #[test]
    fn a_panic_leaves_no_light_on_and_no_lid_open() {
        // In the middle of the way, and long after the lid has opened.
        for turns in [2, 90] {
            let (mut outputs, timeline, clock) = wired();
            for _ in 0..turns {
                outputs.show(Some(BinId(1)), clock.now()).unwrap();
                clock.advance(Duration::from_millis(20));
            }
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

    /// A board one of whose servos never obeys.
    struct OneBroken(SimulatedActuator);

    impl Actuator for OneBroken {
        fn set_light(&mut self, light: Light, on: bool) -> Result<()> {
            self.0.set_light(light, on)
        }

        fn set_pulse(&mut self, bin: BinId, pulse: Option<PulseWidth>) -> Result<()> {
            if bin == BinId(0) {
                return Err(Error::unavailable("the servo does not obey"));
            }
            self.0.set_pulse(bin, pulse)
        }

        fn button_pressed(&mut self) -> Result<bool> {
            Ok(false)
        }
    }

    #[test]
    fn a_servo_that_fails_does_not_keep_the_others_open() {
        let (mut outputs, timeline, clock) = wired();
        for _ in 0..90 {
            outputs.show(Some(BinId(1)), clock.now()).unwrap();
            clock.advance(Duration::from_millis(20));
        }
        let board = SimulatedActuator::sharing(clock.clone(), timeline.clone());
        outputs.actuator = Box::new(OneBroken(board));
        outputs.lids[0].as_mut().unwrap().set_open(true);
        let parked = outputs.park(clock.now(), |pause| {
            clock.advance(pause);
            clock.now()
        });
        assert!(parked.is_err(), "the failure is told");
        assert_eq!(
            final_state(&timeline).1[1],
            None,
            "the other lid is closed and left alone"
        );
    }
}
