//! A panic that nobody contains is told once, in one line, and a contained one is not told at all.
//!
//! The test starts itself anew, because a panic hook belongs to a whole process.

use std::process::Command;

/// Set where the test is to panic instead of looking on.
const ROLE: &str = "SORTD_TEST_PANIC";

fn play(role: &str) {
    sortd::report::install_logger(false);
    sortd::panics::install_hook();
    if role == "contained" {
        assert!(sortd::panics::contained(|| panic!("foreign\ntrouble")).is_err());
    } else {
        assert!(std::panic::catch_unwind(|| panic!("our own\ntrouble")).is_err());
    }
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
