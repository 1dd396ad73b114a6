//! A panic that nobody contains is told once, in one line, and a contained one is not told at all.
//!
//! The test starts itself anew, because a panic hook belongs to a whole process.

mod common;

use std::io::Read;
use std::process::{Command, Stdio};

use common::stuck::{FullPipe, Killed, LONGEST_STOP, ended_within, lines, until};

/// Set where the test is to panic instead of looking on.
const ROLE: &str = "SORTD_TEST_PANIC";

fn play(role: &str) {
    sortd::panics::install_hook();
    if role == "queued" {
        return play_behind_a_queue();
    }
    sortd::report::install_logger(false);
    if role == "contained" {
        assert!(sortd::panics::contained(|| panic!("foreign\ntrouble")).is_err());
    } else {
        assert!(std::panic::catch_unwind(|| panic!("our own\ntrouble")).is_err());
    }
}

/// Logs more than may wait, panics, and stays until nobody needs to read any more.
fn play_behind_a_queue() {
    sortd::report::install_queued_logger(false).expect("a thread");
    for record in 0..3000 {
        log::info!(target: "sortd", "record {record}");
    }
    let looping = std::thread::spawn(|| panic!("our own\ntrouble"));
    assert!(looping.join().is_err());
    println!("all is said");
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

/// Standard error of a process that panics in this role.
fn told(role: &str, backtrace: &str) -> String {
    let this = std::env::current_exe().expect("we run");
    let output = Command::new(this)
        .args(["--exact", "a_panic_is_told_once", "--nocapture"])
        .env(ROLE, role)
        .env("RUST_BACKTRACE", backtrace)
        .output()
        .expect("it starts");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stderr).expect("text")
}

#[test]
fn a_panic_is_told_once() {
    if let Ok(role) = std::env::var(ROLE) {
        return play(&role);
    }
    assert_eq!(told("contained", "0"), "");
    assert_eq!(told("contained", "1"), "");
    let line = told("ours", "0");
    assert_eq!(line.lines().count(), 1, "{line}");
    assert!(
        line.starts_with("error: a defect of sortd at tests/panics.rs:"),
        "{line}"
    );
    assert!(line.contains(": our own trouble; please report"), "{line}");
    assert!(
        told("ours", "1").lines().count() > 3,
        "a backtrace was asked for"
    );
}

#[test]
fn a_panic_is_told_before_all_that_waits_for_a_slow_reader() {
    let log = FullPipe::new(true);
    let this = std::env::current_exe().expect("we run");
    let mut child = Killed(
        Command::new(this)
            .args(["--exact", "a_panic_is_told_once", "--nocapture"])
            .env(ROLE, "queued")
            .env_remove("JOURNAL_STREAM")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log.writer.try_clone().expect("another side"))
            .spawn()
            .expect("it starts"),
    );
    let said = lines(child.0.stdout.take().expect("it has one"));
    until(&said, "all is said");
    let log = lines(log.read_on());
    let told = until(&log, "a defect of sortd at tests/panics.rs:");
    assert_eq!(told.len(), 2, "one record was on its way already: {told:?}");
    until(&log, "the log is read again");
    drop(child.0.stdin.take());
    assert!(ended_within(&mut child.0, LONGEST_STOP).success());
}
