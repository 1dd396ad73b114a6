//! The shared outputs: what the keeper does while nobody else calls, and what a board that hangs costs.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Instant;

use super::super::{Action, Actuator, Light, Timeline};
use super::*;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::units::PulseWidth;

const ONE_LID: &str = r#"
    [gpio]
    backend = "simulated"
    max-on-ms = 1000
    [decision]
    hold-ms = 500
    [[bins]]
    name = "glass"
    led = { pin = 17 }
    servo = { pin = 18, max-deg-per-s = 900 }
"#;

/// A test that fails waits this long.
const PATIENCE_OF_TESTS: Duration = Duration::from_secs(60);

fn outputs_on(actuator: Box<dyn Actuator>) -> Outputs {
    let config = Config::parse(ONE_LID, Path::new("one-lid.toml")).unwrap();
    Outputs::new(actuator, &config, SystemClock.now()).unwrap()
}

fn board() -> (Board, Timeline) {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let actuator = SimulatedActuator::new(Arc::clone(&clock));
    let timeline = actuator.timeline();
    (Board::new(outputs_on(Box::new(actuator)), clock), timeline)
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE_OF_TESTS;
    while !holds() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(ASK_AGAIN);
    }
}

/// When the light of the only bin was switched like this, last.
fn switched(timeline: &Timeline, on: bool) -> Option<Instant> {
    let wanted = Action::Light(Light::Bin(BinId(0)), on);
    let actions = timeline.actions();
    let last = actions.iter().rev().find(|(_, action)| *action == wanted);
    last.map(|(at, _)| *at)
}

#[test]
fn a_light_goes_off_in_time_and_its_lid_closes_although_the_loop_does_not_turn() {
    let (board, timeline) = board();
    let _keeper = board.keep().unwrap();
    board.show(Some(BinId(0))).unwrap();
    let on = switched(&timeline, true).expect("it is on");
    // The loop is elsewhere: nobody calls the board any more.
    wait_until("the lid closes", || board.is_at_rest());
    let off = switched(&timeline, false).expect("it is off");
    assert!(off - on >= Duration::from_secs(1), "for as long as allowed");
    let closed = Action::Pulse(BinId(0), None);
    assert_eq!(timeline.actions().last().map(|last| last.1), Some(closed));
}

#[test]
fn the_control_side_brings_to_rest_what_the_loop_still_wants_to_show() {
    let (board, timeline) = board();
    let _keeper = board.keep().unwrap();
    board.show(Some(BinId(0))).unwrap();
    let control = board.clone();
    control.hold().unwrap();
    assert!(switched(&timeline, false) > switched(&timeline, true));
    board.show(Some(BinId(0))).unwrap();
    control.park(std::thread::sleep).unwrap();
    assert!(board.is_at_rest());
    assert!(switched(&timeline, false) > switched(&timeline, true));
}

/// A board whose calls for a light hang until they are let go.
struct Hanging {
    hangs: Sender<()>,
    go_on: Receiver<()>,
    armed: Arc<std::sync::atomic::AtomicBool>,
}

impl Actuator for Hanging {
    fn set_light(&mut self, _: Light, _: bool) -> Result<()> {
        if self.armed.load(std::sync::atomic::Ordering::Relaxed) {
            let _ = self.hangs.send(());
            let _ = self.go_on.recv();
        }
        Ok(())
    }

    fn set_pulse(&mut self, _: BinId, _: Option<PulseWidth>) -> Result<()> {
        Ok(())
    }

    fn button_pressed(&mut self) -> Result<bool> {
        Ok(false)
    }
}

#[test]
fn a_call_that_hangs_holds_up_neither_parking_nor_the_end() {
    let (hangs, is_hanging) = channel();
    let (let_go, go_on) = channel();
    let armed = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let actuator = Hanging {
        hangs,
        go_on,
        armed: Arc::clone(&armed),
    };
    let board = Board::new(outputs_on(Box::new(actuator)), Arc::new(SystemClock));
    let keeper = board.keep().unwrap();
    armed.store(true, std::sync::atomic::Ordering::Relaxed);
    let looping = board.clone();
    let stuck = std::thread::spawn(move || looping.show(Some(BinId(0))));
    is_hanging.recv().expect("the call has begun");
    let error = board
        .park(std::thread::sleep)
        .expect_err("it cannot be parked");
    assert!(error.to_string().contains("does not answer"), "{error}");
    assert!(!board.is_at_rest());
    drop(keeper);
    drop(let_go);
    stuck.join().unwrap().unwrap();
}

#[test]
fn the_keepers_failure_is_told_by_the_next_call() {
    struct Refusing(bool);
    impl Actuator for Refusing {
        fn set_light(&mut self, _: Light, on: bool) -> Result<()> {
            self.0 |= on;
            if self.0 && !on {
                return Err(Error::unavailable("the light does not obey"));
            }
            Ok(())
        }
        fn set_pulse(&mut self, _: BinId, _: Option<PulseWidth>) -> Result<()> {
            Ok(())
        }
        fn button_pressed(&mut self) -> Result<bool> {
            Ok(false)
        }
    }
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let board = Board::new(outputs_on(Box::new(Refusing(false))), clock);
    let _keeper = board.keep().unwrap();
    board.show(Some(BinId(0))).unwrap();
    wait_until("the failure is told", || board.button_pressed().is_err());
}

#[test]
fn a_board_that_is_held_for_good_hears_of_no_release() {
    let (board, timeline) = board();
    board.hold().unwrap();
    board.release();
    board.show(Some(BinId(0))).unwrap();
    assert!(switched(&timeline, true).is_some());
    board.hold_for_good().unwrap();
    let before = timeline.actions().len();
    board.release();
    board.show(Some(BinId(0))).unwrap();
    let driven = &timeline.actions()[before..];
    assert!(
        driven
            .iter()
            .all(|(_, action)| *action != Action::Light(Light::Bin(BinId(0)), true))
    );
}
