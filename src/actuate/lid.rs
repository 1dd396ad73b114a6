//! The motion of one lid: never faster than its speed limit, never beyond its two angles.

use std::time::{Duration, Instant};

use crate::config::ServoConfig;
use crate::units::{Angle, PulseWidth};

/// A servo is given this long to arrive after its last pulse width changed, before it is detached:
/// the slowest common ones need 0.2 s for 60°, and the speed limit has made them follow closely.
pub(super) const SETTLE: Duration = Duration::from_millis(400);

/// The pulse that a servo gets from now on; none detaches it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NewPulse(pub Option<PulseWidth>);

/// One lid.
#[derive(Debug)]
pub(super) struct Lid {
    servo: ServoConfig,
    /// Where the servo has been told to be; nobody knows before the first pulse.
    angle: Angle,
    target: Angle,
    /// When the angle was last brought forward.
    stepped_at: Option<Instant>,
    /// When the servo was told its present angle.
    arrived_at: Option<Instant>,
    /// The pulse that it gets now.
    pulse: Option<PulseWidth>,
}

impl Lid {
    /// A closed lid that has not had a pulse yet.
    pub fn new(servo: ServoConfig) -> Self {
        let rest = servo.rest;
        Self {
            servo,
            angle: rest,
            target: rest,
            stepped_at: None,
            arrived_at: None,
            pulse: None,
        }
    }

    /// Says where the lid is to be.
    pub fn set_open(&mut self, open: bool) {
        self.target = if open {
            self.servo.open
        } else {
            self.servo.rest
        };
    }

    /// Whether it moves, or has yet to be detached.
    pub fn is_busy(&self) -> bool {
        let holds = self.target == self.servo.rest && self.servo.detach && self.pulse.is_some();
        self.stepped_at.is_none() || self.angle != self.target || holds
    }

    /// Whether it is closed, and left alone where it is to be.
    pub fn is_at_rest(&self) -> bool {
        let closed = self.angle == self.servo.rest && self.target == self.servo.rest;
        self.stepped_at.is_some() && closed && !(self.servo.detach && self.pulse.is_some())
    }

    /// Whether the servo was last told its rest angle, or nothing at all.
    pub fn is_told_to_rest(&self) -> bool {
        let rests = |pulse| pulse == self.rest_pulse();
        self.angle == self.servo.rest && self.pulse.is_none_or(rests)
    }

    /// The board has taken the pulse that [`step`](Self::step) asked for.
    pub fn confirm(&mut self, pulse: Option<PulseWidth>) {
        self.pulse = pulse;
    }

    /// Brings the motion forward to `now`; a closed lid stays closed unless it `may_open`. Answers with the
    /// new pulse where it changes, which the board's answer must [`confirm`](Self::confirm).
    pub fn step(&mut self, now: Instant, may_open: bool) -> Option<NewPulse> {
        let elapsed = self
            .stepped_at
            .map_or(0.0, |last| (now - last).as_secs_f32());
        let first = self.stepped_at.replace(now).is_none();
        let waits = !may_open && self.is_told_to_rest();
        if self.angle != self.target && !waits {
            // After a pause the motion starts from where the lid rests, not with a leap.
            let step = self.servo.max_speed * elapsed.min(LONGEST_STEP);
            self.angle = self.angle.towards(self.target, step);
            self.arrived_at = Some(now);
        } else if first {
            self.arrived_at = Some(now);
        }
        let settled = self.arrived_at.is_none_or(|at| now - at >= SETTLE);
        let rests = self.angle == self.servo.rest && self.target == self.servo.rest;
        let wanted = if rests && settled && self.servo.detach {
            None
        } else {
            Some(self.pulse_of(self.angle))
        };
        (wanted != self.pulse).then_some(NewPulse(wanted))
    }

    /// The pulse of the closed lid.
    pub fn rest_pulse(&self) -> PulseWidth {
        self.pulse_of(self.servo.rest)
    }

    /// The longest time that closing can take, settling included.
    pub fn longest_closing(&self) -> Duration {
        let way = (self.servo.open.degrees() - self.servo.rest.degrees()).abs();
        Duration::from_secs_f32(way / self.servo.max_speed) + SETTLE
    }

    fn pulse_of(&self, angle: Angle) -> PulseWidth {
        self.servo
            .pulse_min
            .lerp(self.servo.pulse_max, angle.degrees() / 180.0)
    }
}

/// Steps are taken every few hundredths of a second while a lid moves; a longer gap was a pause.
const LONGEST_STEP: f32 = 0.05;

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::config::{Located, Position, ServoPwm};
    use crate::units::BcmPin;
    use proptest::prelude::*;

    pub fn servo(rest: f64, open: f64, max_speed: f32) -> ServoConfig {
        let pin = BcmPin::new(18).unwrap();
        ServoConfig {
            pin: Located {
                value: pin,
                key: "pin".into(),
                position: Position { line: 1, column: 1 },
            },
            pwm: ServoPwm::Hardware,
            rest: Angle::new(rest).unwrap(),
            open: Angle::new(open).unwrap(),
            pulse_min: PulseWidth::new(1_000).unwrap(),
            pulse_max: PulseWidth::new(2_000).unwrap(),
            max_speed,
            detach: true,
        }
    }

    /// A step on a board that takes every pulse.
    fn step(lid: &mut Lid, now: Instant) -> Option<NewPulse> {
        let pulse = lid.step(now, true);
        pulse.inspect(|pulse| lid.confirm(pulse.0))
    }

    proptest! {
        #[test]
        fn a_lid_never_leaves_its_angles_nor_breaks_its_speed(
            rest in 0.0..180.0f64, open in 0.0..180.0f64, speed in 10.0..400.0f32,
            wishes in prop::collection::vec((any::<bool>(), 1..300u64), 1..60),
        ) {
            let mut lid = Lid::new(servo(rest, open, speed));
            let mut now = Instant::now();
            let mut last = lid.rest_pulse().micros();
            let (low, high) = (rest.min(open), rest.max(open));
            let bound = |angle: f64| 1_000.0 + angle / 180.0 * 1_000.0;
            for (open, pause) in wishes {
                lid.set_open(open);
                now += Duration::from_millis(pause);
                if let Some(NewPulse(Some(pulse))) = step(&mut lid, now) {
                    let micros = f64::from(pulse.micros());
                    prop_assert!(micros >= bound(low) - 1.0 && micros <= bound(high) + 1.0);
                    let way = f32::from(pulse.micros().abs_diff(last)) * 0.18;
                    let seconds = (pause as f32 / 1_000.0).min(LONGEST_STEP);
                    prop_assert!(way <= speed * seconds + 0.4, "{way}° in {seconds} s");
                    last = pulse.micros();
                }
            }
        }

        #[test]
        fn a_lid_that_is_wished_closed_closes_and_is_left_alone(opened in 1..200u32) {
            let mut lid = Lid::new(servo(10.0, 120.0, 100.0));
            let mut now = Instant::now();
            let mut tick = |lid: &mut Lid| { now += Duration::from_millis(20); step(lid, now) };
            lid.set_open(true);
            for _ in 0..opened { tick(&mut lid); }
            lid.set_open(false);
            let ticks = (lid.longest_closing().as_millis() / 20) as u32 + 2;
            for _ in 0..ticks { tick(&mut lid); }
            prop_assert!(!lid.is_busy());
            prop_assert_eq!(lid.pulse, None);
            prop_assert_eq!(tick(&mut lid), None);
        }
    }

    #[test]
    fn the_first_pulse_closes_the_lid() {
        let mut lid = Lid::new(servo(30.0, 120.0, 100.0));
        assert_eq!(
            step(&mut lid, Instant::now()),
            Some(NewPulse(Some(lid.rest_pulse())))
        );
    }
}
