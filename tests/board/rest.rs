//! Nothing outside the loop holds a light, and nothing inside it forgets one: signals, storms of reloads,
//! calls that hang and limits of the process.

use std::process::Stdio;
use std::time::{Duration, Instant};

use super::common;
use super::common::board::{Board, Driven, State};
use super::common::daemon::Daemon;
use super::common::stuck::Systemd;
use super::{LID, LIGHT, is_at_rest, is_open, wired};

/// Every signal that ends a process by default and that `kill` knows by name, but for those of a fault.
const ENDING: [&str; 15] = [
    "TERM", "INT", "QUIT", "USR1", "USR2", "ALRM", "VTALRM", "PROF", "ABRT", "TRAP", "SYS", "IO",
    "PWR", "XCPU", "RTMIN",
];

/// Within this time of SIGTERM the daemon has switched its light off.
const SOON: Duration = Duration::from_secs(1);

fn is_dark(state: &State) -> bool {
    state.levels.get(&LIGHT) == Some(&false)
}

/// Whether the lid has left its rest.
fn is_on_its_way(state: &State) -> bool {
    let width = state.pulses.get(&LID);
    width.is_some_and(|width| *width > Some(1_200))
}

/// The configuration with a lid of another speed.
fn lid_at(degrees_a_second: u32, text: &str) -> String {
    let speed = format!("max-deg-per-s = {degrees_a_second}");
    text.replace("max-deg-per-s = 400", &speed)
}

/// Sends a signal that often, as fast as one process can.
fn storm(daemon: &Daemon, times: usize) {
    let storm = format!(
        "for i in $(seq {times}); do kill -HUP {}; done",
        daemon.child.id()
    );
    let sent = std::process::Command::new("bash")
        .args(["-c", &storm])
        .status();
    assert!(sent.unwrap().success());
}

#[test]
fn whatever_asks_the_daemon_to_end_ends_it_at_rest() {
    for signal in ENDING {
        let Some(board) = Board::new() else { return };
        let daemon = Daemon::start(board.sortd(), &wired(&board, |text| text));
        board.wait_for("open lid", is_open);
        daemon.signal(signal);
        let (_, status) = daemon.finish();
        assert_eq!(status.code(), Some(0), "after SIG{signal}");
        assert!(is_at_rest(&board.state()), "after SIG{signal}");
    }
}

/// Waits until the kernel shows the daemon as stopped.
fn wait_until_stopped(daemon: &Daemon) {
    let status = format!("/proc/{}/stat", daemon.child.id());
    let end = Instant::now() + common::board::PATIENCE;
    while !std::fs::read_to_string(&status).unwrap().contains(") T ") {
        assert!(Instant::now() < end, "it does not stop");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn ctrl_z_stops_the_daemon_at_rest_and_it_goes_on_when_it_is_told_to() {
    let Some(board) = Board::new() else { return };
    let daemon = Daemon::start(board.sortd(), &wired(&board, |text| text));
    board.wait_for("open lid", is_open);
    daemon.signal("TSTP");
    wait_until_stopped(&daemon);
    let state = board.state();
    assert!(is_dark(&state) && state.moving().is_empty(), "{state:?}");
    daemon.signal("CONT");
    daemon.wait_for("signal-on");
    daemon.signal("TERM");
    assert_eq!(daemon.finish().1.code(), Some(0));
}

#[test]
fn a_stop_that_is_taken_back_at_once_leaves_nothing_held() {
    let Some(board) = Board::new() else { return };
    // So few pictures come that the loop is often in the middle of a turn.
    let seldom = |text: String| text.replace("fps = 30", "fps = 10");
    let daemon = Daemon::start(board.sortd(), &wired(&board, seldom));
    for _ in 0..5 {
        board.wait_for("open lid", is_open);
        daemon.signal("TSTP");
        wait_until_stopped(&daemon);
        daemon.signal("CONT");
    }
    board.wait_for("open lid", is_open);
    daemon.signal("TERM");
    assert_eq!(daemon.finish().1.code(), Some(0));
}

#[test]
fn a_stop_that_is_taken_back_before_it_comes_never_comes() {
    let Some(board) = Board::new() else { return };
    let daemon = Daemon::start(board.sortd(), &wired(&board, |text| lid_at(100, &text)));
    for _ in 0..3 {
        board.wait_for("open lid", is_open);
        daemon.signal("TSTP");
        daemon.wait_for("signal-off");
        daemon.signal("CONT");
        // Nobody continues it a second time.
        daemon.wait_for("signal-on");
    }
    daemon.signal("TERM");
    assert_eq!(daemon.finish().1.code(), Some(0));
}

#[test]
fn an_end_is_obeyed_while_a_slow_lid_closes_for_ctrl_z() {
    let Some(board) = Board::new() else { return };
    let daemon = Daemon::start(board.sortd(), &wired(&board, |text| lid_at(30, &text)));
    board.wait_for("moving lid", is_on_its_way);
    daemon.signal("TSTP");
    daemon.wait_for("signal-off");
    daemon.signal("TERM");
    assert_eq!(daemon.finish().1.code(), Some(0));
    assert!(is_at_rest(&board.state()));
}

#[test]
fn a_storm_of_reloads_is_one_load_and_does_not_hold_up_the_end() {
    let Some(board) = Board::new() else { return };
    let file = wired(&board, |text| text);
    let daemon = Daemon::start(board.sortd(), &file);
    board.wait_for("open lid", is_open);
    std::fs::write(&file, "broken = ").unwrap();
    storm(&daemon, 1_000);
    daemon.wait_for("config-refused");
    board.wait_for("open lid", is_open);
    storm(&daemon, 1_000);
    daemon.signal("TERM");
    let asked = Board::now();
    board.wait_for("no light", is_dark);
    let (events, status) = daemon.finish();
    assert_eq!(status.code(), Some(0));
    let log = board.log();
    let off = log.iter().rfind(|at| at.what == Driven::Line(LIGHT, false));
    assert!(off.unwrap().at.saturating_sub(asked) < SOON);
    let loads = events
        .iter()
        .filter(|event| event["event"] == "config-refused");
    assert!(loads.count() <= 1, "{events:?}");
}

#[test]
fn a_reload_that_reads_a_pipe_is_refused_and_holds_up_nothing() {
    let Some(board) = Board::new() else { return };
    let file = wired(&board, |text| text);
    let daemon = Daemon::start(board.sortd(), &file);
    board.wait_for("open lid", is_open);
    std::fs::remove_file(&file).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&file).status();
    assert!(made.unwrap().success());
    daemon.signal("HUP");
    let refused = daemon.wait_for("config-refused");
    assert!(
        refused["error"].as_str().unwrap().contains("pipe"),
        "{refused}"
    );
    daemon.signal("TERM");
    assert_eq!(daemon.finish().1.code(), Some(0));
    assert!(is_at_rest(&board.state()));
}

#[test]
fn a_slow_lid_that_closes_for_a_reload_stops_neither_pictures_nor_the_watchdog() {
    let Some(board) = Board::new() else { return };
    let file = wired(&board, |text| lid_at(30, &text));
    let systemd = Systemd::new(board.path());
    let mut program = board.sortd();
    program
        .env("NOTIFY_SOCKET", &systemd.path)
        .env("WATCHDOG_USEC", "600000");
    let daemon = Daemon::start(program, &file);
    board.wait_for("moving lid", is_on_its_way);
    daemon.signal("HUP");
    systemd.wait_for("RELOADING=1");
    daemon.wait_for("signal-off");
    // The lid needs more than a second for the way back, which is five ticks of the watchdog.
    let mut fed = 0;
    while board.state().moving().contains(&LID) && fed < 2 {
        fed += usize::from(systemd.next().contains("WATCHDOG=1"));
    }
    assert!(fed >= 2, "the watchdog is fed while the lid closes");
    daemon.wait_for("config-reloaded");
}

#[test]
fn the_watchdog_hears_nothing_of_a_loop_that_stands_in_a_call_to_the_board() {
    let Some(board) = Board::new() else { return };
    let file = wired(&board, |text| text);
    let systemd = Systemd::new(board.path());
    let mut program = board.sortd();
    program
        .env("NOTIFY_SOCKET", &systemd.path)
        .env("WATCHDOG_USEC", "600000");
    let daemon = Daemon::start(program, &file);
    systemd.wait_for("WATCHDOG=1");
    board.hang(&format!("line {LIGHT}"));
    board.wait_for_log("hanging call", |log| {
        log.iter().any(|at| matches!(at.what, Driven::Arranged(..)))
    });
    // What was told before it stood is read first; then each tick tells the same status, and is a chance to
    // feed the watchdog.
    let (mut last, mut same) = (String::new(), 0);
    for _ in 0..1_000 {
        let told = systemd.next();
        if told.contains("WATCHDOG=1") {
            same = 0;
        } else if told.contains("STATUS=") {
            same = if told == last { same + 1 } else { 0 };
            last = told;
        }
        if same == 5 {
            break;
        }
    }
    assert_eq!(same, 5, "fed by a loop that stands");
    daemon.signal("TERM");
    let (_, status) = daemon.finish();
    assert_ne!(status.code(), Some(0), "what cannot be parked is told");
}

#[test]
fn too_few_open_files_are_told_of_in_words() {
    let Some(board) = Board::new() else { return };
    let short = |text: String| {
        text.replace("fps = 30", "fps = 120\n        repeat = false")
            .replace("frames-per-photo = 45", "frames-per-photo = 5")
    };
    let file = wired(&board, short);
    for most in 3..24 {
        let limit = format!("ulimit -n {most}; exec \"$@\"");
        let program = board.sortd();
        let mut limited = std::process::Command::new("sh");
        limited
            .args(["-c", &limit, "sh"])
            .arg(program.get_program());
        for (name, value) in program.get_envs() {
            match value {
                Some(value) => limited.env(name, value),
                None => limited.env_remove(name),
            };
        }
        let ran = limited
            .args(["run", "--config"])
            .arg(&file)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&ran.stderr);
        assert!(
            !told.contains("panicked") && !told.contains("a defect of sortd"),
            "{most}: {told}"
        );
    }
}
