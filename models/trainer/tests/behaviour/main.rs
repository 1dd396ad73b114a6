//! What the trainer does, seen from outside.
//!
//! Tests that need the photographs of `../shared` pass without them and say that they were skipped.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop there"
)]

mod belonging;
mod calibrating;
mod commands;
mod data_commands;
mod demo;
mod export;
mod fetching;
mod misuse;
mod networks;
mod old_runs;
mod photographs;
mod pruning;
mod shapes;
mod shipped;
mod tiny;
mod training;

/// Says that a test was skipped, past the test runner's capture, so that it is seen.
fn skipped(why: &str) {
    use std::io::Write;
    // A closed standard error is no reason to fail.
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}
