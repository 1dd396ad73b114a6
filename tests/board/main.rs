//! What the program drives, seen at the pins: lights and lids of the unmodified daemon on a board that
//! is not there (`tests/common/board.rs`).

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be set up fails where it stands"
)]

#[path = "../common/mod.rs"]
mod common;
mod rest;

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use common::board::{At, Board, Driven, State};
use common::daemon::{Daemon, PATIENCE};
use serde_json::Value;

/// The light of the bin that takes everything, and the channel of its lid; 90° is a pulse of 1.5 ms.
const LIGHT: u8 = 17;
const LID: u8 = 0;
const OPEN: u32 = 1_500;
const CLOSED: u32 = 1_000;

/// The configuration of a board: one photograph, shown again and again, and two bins.
fn wired(board: &Board, change: impl Fn(String) -> String) -> PathBuf {
    let photo = common::root().join("tests/photos/metal/metal193.jpg");
    let text = format!(
        r#"
        [camera]
        source = "replay"
        path = "{}"
        width = 320
        height = 240
        fps = 30
        frames-per-photo = 45
        [trigger]
        learn-ms = 300
        [decision]
        hold-ms = 300
        rearm-ms = 200
        unsure-bin = "all"
        [gpio]
        backend = "gpiochip"
        [status-led]
        pin = 4
        [[bins]]
        name = "all"
        accepts = ["cardboard", "glass", "metal", "paper", "plastic", "trash"]
        led = {{ pin = 17 }}
        servo = {{ pin = 18, pwm-chip = 0, pwm-channel = 0, max-deg-per-s = 400 }}
        [[bins]]
        name = "none"
        led = {{ pin = 27 }}
        servo = {{ pin = 19, pwm-chip = 0, pwm-channel = 1 }}
        "#,
        photo.display()
    );
    let file = board.path().join("sortd.toml");
    std::fs::write(&file, change(text)).unwrap();
    file
}

fn is_at_rest(state: &State) -> bool {
    state.high().is_empty() && state.moving().is_empty()
}

fn is_open(state: &State) -> bool {
    state.levels.get(&LIGHT) == Some(&true) && state.pulses.get(&LID) == Some(&Some(OPEN))
}

/// When a line was last set to `high`.
fn last_set(log: &[At], line: u8, high: bool) -> Duration {
    let set = log.iter().rfind(|at| at.what == Driven::Line(line, high));
    set.expect("it was set").at
}

#[test]
fn an_item_lights_its_bin_and_opens_its_lid_and_then_both_rest() {
    let Some(board) = Board::new() else { return };
    let daemon = Daemon::start(board.sortd(), &wired(&board, |text| text));
    board.wait_for("open lid", is_open);
    let log = board.wait_for_log("light that went off", |log| {
        let levels = log.iter().filter_map(|at| match at.what {
            Driven::Line(LIGHT, high) => Some(high),
            _ => None,
        });
        levels.collect::<Vec<_>>().ends_with(&[true, false])
    });
    let lit = last_set(&log, LIGHT, false).saturating_sub(last_set(&log, LIGHT, true));
    assert!(lit >= Duration::from_millis(300), "{lit:?}");
    // The lid moves no faster than it may, and its first pulse was that of the closed lid.
    let mut last = None;
    for At { at, what } in &log {
        let Driven::Duty(LID, width) = *what else {
            continue;
        };
        let (before, narrower) = last.replace((*at, width)).unwrap_or((*at, CLOSED));
        let most = 400.0 * at.saturating_sub(before).as_secs_f64() / 180.0 * 1_000.0;
        let step = f64::from(width.abs_diff(narrower));
        assert!(
            step <= most.min(115.0) + 60.0,
            "{step} µs at once: {log:#?}"
        );
    }
    board.wait_for("rest", |state| state.moving().is_empty());
    let never = |what: &Driven| matches!(what, Driven::Line(27, true) | Driven::Duty(1, 1_001..));
    assert!(
        !log.iter().any(|at| never(&at.what)),
        "the other bin: {log:#?}"
    );
    drop(daemon);
}

#[test]
fn sigterm_while_a_light_is_on_ends_at_rest_with_every_line_given_back() {
    let Some(board) = Board::new() else { return };
    let daemon = Daemon::start(board.sortd(), &wired(&board, |text| text));
    board.wait_for("open lid", is_open);
    daemon.signal("TERM");
    assert_eq!(daemon.finish().1.code(), Some(0));
    let log = board.log();
    assert!(is_at_rest(&board.state()), "{log:#?}");
    let freed = |line| log.iter().any(|at| at.what == Driven::Freed(line));
    assert!([4, LIGHT, 27].into_iter().all(freed), "{log:#?}");
    let told_to_close = |at: &&At| at.what == Driven::Duty(LID, CLOSED);
    let closed = log.iter().rfind(told_to_close).unwrap().at;
    let detached = log
        .iter()
        .rfind(|at| at.what == Driven::Enabled(LID, false));
    assert!(
        detached.unwrap().at.saturating_sub(closed) >= Duration::from_millis(380),
        "the servo has time to arrive: {log:#?}"
    );
}

#[test]
fn a_second_program_on_the_board_is_refused_and_does_not_disturb_the_first() {
    let Some(board) = Board::new() else { return };
    let file = wired(&board, |text| text);
    let daemon = Daemon::start(board.sortd(), &file);
    board.wait_for("open lid", is_open);
    for command in ["run", "park"] {
        let started = Board::now();
        let mut second = board.sortd();
        // Without the runtime directory it does not find the daemon's sockets, and drives the board itself.
        second.env_remove("RUNTIME_DIRECTORY");
        second.args([command, "--config"]).arg(&file);
        if command == "park" {
            second.arg("--sockets").arg("no/such/folder");
        }
        let second = common::finish(&mut second);
        assert_eq!(second.status, 69, "{command}: {second:?}");
        assert!(second.err.contains("\"sortd\" uses it"), "{second:?}");
        let log = board.log();
        let taken = |at: &At| matches!(at.what, Driven::Taken(_) | Driven::Freed(_));
        let disturbed = log.iter().any(|at| at.at > started && taken(at));
        assert!(!disturbed, "{command}: {log:#?}");
    }
    // The first goes on to the next item.
    let now = Board::now();
    board.wait_for_log("next light", |log| {
        let on = |at: &At| at.at > now && at.what == Driven::Line(LIGHT, true);
        log.iter().any(on)
    });
    daemon.signal("TERM");
    assert_eq!(daemon.finish().1.code(), Some(0));
    assert!(is_at_rest(&board.state()), "{:#?}", board.log());
}

#[test]
fn a_running_daemon_that_is_asked_to_park_closes_the_lid_and_goes_on_when_it_is_resumed() {
    let Some(board) = Board::new() else { return };
    let daemon = Daemon::start(board.sortd(), &wired(&board, |text| text));
    board.wait_for("open lid", is_open);
    let parked = common::finish(board.sortd().arg("park"));
    assert_eq!(parked.status, 0, "{parked:?}");
    board.wait_for("rest", is_at_rest);
    assert_eq!(common::finish(board.sortd().arg("resume")).status, 0);
    board.wait_for("open lid again", is_open);
    daemon.signal("TERM");
    assert_eq!(daemon.finish().1.code(), Some(0));
    assert!(is_at_rest(&board.state()), "{:#?}", board.log());
}

#[test]
fn after_a_kill_everything_stays_as_it_was_until_park_brings_it_to_rest() {
    let Some(board) = Board::new() else { return };
    let file = wired(&board, |text| text);
    let daemon = Daemon::start(board.sortd(), &file);
    board.wait_for("open lid", is_open);
    daemon.signal("KILL");
    daemon.finish();
    assert!(is_open(&board.state()), "{:#?}", board.log());
    // The file on disk is another by then; what was driven is what counts.
    std::fs::write(&file, "broken = ").unwrap();
    let park = common::finish(board.sortd().args(["park", "--config"]).arg(&file));
    assert_eq!(park.status, 0, "{park:?}");
    assert!(is_at_rest(&board.state()), "{:#?}", board.log());
    let closed = Driven::Duty(LID, CLOSED);
    assert!(
        board.log().iter().any(|at| at.what == closed),
        "the lid was sent home"
    );
}

#[test]
fn an_active_low_light_is_dark_at_a_high_level() {
    let Some(board) = Board::new() else { return };
    let low = |text: String| text.replace("pin = 17", "pin = 17, active-low = true");
    let daemon = Daemon::start(board.sortd(), &wired(&board, low));
    let log = board.wait_for("low level", |state| {
        state.levels.get(&LIGHT) == Some(&false)
    });
    let first = log
        .iter()
        .find(|at| matches!(at.what, Driven::Line(LIGHT, _)));
    assert_eq!(
        first.unwrap().what,
        Driven::Line(LIGHT, true),
        "dark from the first moment"
    );
    daemon.signal("TERM");
    assert_eq!(daemon.finish().1.code(), Some(0));
    assert_eq!(board.state().high(), [LIGHT]);
}

#[test]
fn a_button_is_read_from_its_line() {
    let Some(board) = Board::new() else { return };
    let button = |text: String| {
        let mode = "[trigger]\nmode = \"button\"\npin = 5\nbutton-ms = 60000";
        text.replace("[trigger]", mode)
    };
    let daemon = Daemon::start(board.sortd(), &wired(&board, button));
    board.wait_for_log("button", |log| {
        log.iter().any(|at| at.what == Driven::Taken(5))
    });
    board.put(5, false);
    board.wait_for("light", |state| state.levels.get(&LIGHT) == Some(&true));
    drop(daemon);
}

#[test]
fn who_holds_the_button_lets_a_browser_in_without_a_code() {
    let Some(board) = Board::new() else { return };
    let button = |text: String| text.replace("[trigger]", "[trigger]\nmode = \"button\"\npin = 5");
    let daemon = Daemon::start(board.sortd(), &wired(&board, button));
    board.wait_for_log("button", |log| {
        log.iter().any(|at| at.what == Driven::Taken(5))
    });
    let ask = |request: &str| {
        let mut control = UnixStream::connect(board.path().join("control.sock")).unwrap();
        writeln!(control, "{{\"id\":1,\"request\":{request}}}").unwrap();
        let reply = BufReader::new(control).lines().nth(1);
        reply.unwrap().unwrap()
    };
    let wait_until_told = |words: &str, request: &str| {
        let began = Instant::now();
        while !ask(request).contains(words) {
            assert!(began.elapsed() < PATIENCE, "no {words} in {request}");
            sleep(Duration::from_millis(100));
        }
    };
    let pair = || ask("\"pair\",\"code\":\"\"").contains("\"ok\"");
    // By the end of its first look it has read the button.
    wait_until_told("turn_ms", "\"status\"");
    assert!(!pair(), "nobody holds it");
    board.put(5, false);
    wait_until_told("the button was held", "\"log\"");
    let events = daemon.told();
    let is_told = |event: &Value| event.to_string().contains("button");
    assert!(
        !events.iter().any(is_told),
        "who watches is not told: {events:?}"
    );
    assert!(pair());
    assert!(!pair(), "one is let in");
}

#[test]
fn a_light_that_does_not_obey_ends_the_daemon_with_all_else_at_rest() {
    let Some(board) = Board::new() else { return };
    let daemon = Daemon::start(board.sortd(), &wired(&board, |text| text));
    board.wait_for("start", |state| state.levels.contains_key(&27));
    board.fail("line 17");
    assert_eq!(daemon.finish().1.code(), Some(69));
    let log = board.log();
    assert!(log.iter().any(|at| matches!(at.what, Driven::Arranged(..))));
    assert!(is_at_rest(&board.state()), "{log:#?}");
}

#[test]
fn a_call_that_stands_holds_the_program_and_nothing_is_driven_meanwhile() {
    let Some(board) = Board::new() else { return };
    let daemon = Daemon::start(board.sortd(), &wired(&board, |text| text));
    board.wait_for("start", |state| state.levels.contains_key(&27));
    board.hang("line 17");
    let hung = Driven::Arranged("line 17".into(), "hangs".into());
    let log = board.wait_for_log("call that stands", |log| {
        log.iter().any(|at| at.what == hung)
    });
    assert!(!log.iter().any(|at| at.what == Driven::Line(LIGHT, true)));
    board.let_go();
    board.wait_for("light", |state| state.levels.get(&LIGHT) == Some(&true));
    drop(daemon);
}
