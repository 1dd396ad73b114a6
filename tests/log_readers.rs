//! A reader who stops reading holds up nobody: not the light, not the end, and it learns how much it
//! missed. Readers are that of the log, that of the events, and systemd.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be set up fails where it stands"
)]

mod common;

use std::path::Path;
use std::process::Stdio;
use std::sync::mpsc::Receiver;

use common::stuck::{
    FullPipe, Killed, LONGEST_STOP, Systemd, busy, ended_within, lines, spoil, until,
};
use serde_json::Value;

/// Starts the daemon with all its events on standard output.
fn start(
    config: &Path,
    environment: &[(&str, &str)],
    stdout: impl Into<Stdio>,
    stderr: impl Into<Stdio>,
) -> Killed {
    let mut command = common::sortd();
    command
        .args(["run", "--verbose", "--events", "json", "--config"])
        .arg(config)
        .envs(environment.iter().copied())
        .env_remove("JOURNAL_STREAM")
        .stdout(stdout)
        .stderr(stderr);
    Killed(command.spawn().unwrap())
}

fn event(line: &str) -> Value {
    serde_json::from_str(line).expect("each line is a JSON object")
}

/// What a light's next time on looks like to a reader of the events.
#[track_caller]
fn light_goes_off_in_time(events: &Receiver<String>) {
    let time = |lines: Vec<String>| event(lines.last().unwrap())["time_ms"].as_u64().unwrap();
    let on = time(until(events, r#""event":"signal-on""#));
    let off = time(until(events, r#""event":"signal-off""#));
    assert!(off - on <= 2000, "on for {} ms of 1000", off - on);
}

/// How many events a log holds as records; each begins with its level. The code for a browser is a secret, and no event.
fn records(log: &[String]) -> usize {
    let levels = ["error: ", "warn: ", "info: ", "debug: "];
    let begins = |line: &&String| levels.iter().any(|level| line.starts_with(level));
    let records = log.iter().filter(begins);
    records
        .filter(|line| !line.contains("the code for a browser"))
        .count()
}

#[test]
fn a_log_that_is_not_read_holds_neither_the_light_nor_the_end() {
    for writers_wait in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let log = FullPipe::new(writers_wait);
        let stderr = log.writer.try_clone().unwrap();
        let mut daemon = start(&busy(folder.path()), &[], Stdio::piped(), stderr);
        let events = lines(daemon.0.stdout.take().unwrap());
        for _ in 0..3 {
            light_goes_off_in_time(&events);
        }
        until(&events, r#""event":"signal-on""#);
        common::signal(&daemon.0, "TERM");
        until(&events, r#""event":"stopping""#);
        let status = ended_within(&mut daemon.0, LONGEST_STOP);
        assert_eq!(status.code(), Some(0), "writers wait: {writers_wait}");
    }
}

#[test]
fn events_that_are_not_read_hold_neither_the_light_nor_the_end() {
    for writers_wait in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let events = FullPipe::new(writers_wait);
        let stdout = events.writer.try_clone().unwrap();
        let mut daemon = start(&busy(folder.path()), &[], stdout, Stdio::piped());
        let log = lines(daemon.0.stderr.take().unwrap());
        for _ in 0..3 {
            until(&log, "info: all: on");
            until(&log, "info: all: off");
        }
        common::signal(&daemon.0, "TERM");
        until(&log, "info: stopping: SIGTERM");
        let status = ended_within(&mut daemon.0, LONGEST_STOP);
        assert_eq!(status.code(), Some(0), "writers wait: {writers_wait}");
    }
}

#[test]
fn one_pipe_for_all_that_is_not_read_does_not_hold_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let systemd = Systemd::new(folder.path());
    let environment = [
        ("NOTIFY_SOCKET", systemd.path.to_str().unwrap()),
        ("WATCHDOG_USEC", "600000"),
    ];
    let all = FullPipe::new(true);
    let (stdout, stderr) = (
        all.writer.try_clone().unwrap(),
        all.writer.try_clone().unwrap(),
    );
    let mut daemon = start(&busy(folder.path()), &environment, stdout, stderr);
    systemd.wait_for("READY=1");
    for _ in 0..5 {
        systemd.wait_for("WATCHDOG=1");
    }
    common::signal(&daemon.0, "TERM");
    systemd.wait_for("STOPPING=1");
    let status = ended_within(&mut daemon.0, LONGEST_STOP);
    assert_eq!(status.code(), Some(0));
}

#[test]
fn an_error_that_nobody_reads_does_not_hold_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let config = busy(folder.path());
    spoil(&config);
    let log = FullPipe::new(true);
    let stderr = log.writer.try_clone().unwrap();
    let mut daemon = start(&config, &[], Stdio::null(), stderr);
    let status = ended_within(&mut daemon.0, LONGEST_STOP);
    assert_eq!(status.code(), Some(78));
}

#[test]
fn an_error_is_read_whole_before_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let config = busy(folder.path());
    spoil(&config);
    let run = common::run([Path::new("run"), Path::new("--config"), &config]);
    let check = common::run([Path::new("check"), Path::new("--config"), &config]);
    assert_eq!(run.status, 78);
    assert_eq!(run.err, check.err, "what `check` writes directly");
}

#[test]
fn a_log_that_is_read_again_tells_how_much_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let config = busy(folder.path());
    let log = FullPipe::new(true);
    let stderr = log.writer.try_clone().unwrap();
    let mut daemon = start(&config, &[], Stdio::piped(), stderr);
    let events = lines(daemon.0.stdout.take().unwrap());
    let mut happened = until(&events, r#""event":"signal-on""#);
    spoil(&config);
    // A megabyte waits at most.
    for _ in 0..15 {
        common::signal(&daemon.0, "HUP");
        happened.extend(until(&events, r#""event":"config-refused""#));
    }
    let log = lines(log.read_on());
    let mut told = until(&log, "the log is read again");
    let [.., began, ended] = &told[..] else {
        panic!("{told:?}");
    };
    assert_eq!(
        began,
        "warn: the log is not read; from here on its records are dropped"
    );
    let dropped: usize = ended
        .strip_prefix("warn: the log is read again; ")
        .and_then(|rest| rest.split(' ').next()?.parse().ok())
        .unwrap_or_else(|| panic!("no number: {ended}"));
    common::signal(&daemon.0, "TERM");
    assert_eq!(ended_within(&mut daemon.0, LONGEST_STOP).code(), Some(0));
    told.extend(log.iter());
    happened.extend(events.iter());
    let of_gaps = told
        .iter()
        .filter(|line| line.contains("the log is "))
        .count();
    assert_eq!(of_gaps, 2, "one gap is told once");
    // Each event is a record of the log.
    assert_eq!(records(&told) - of_gaps + dropped, happened.len());
    // Only what parking ends may come behind it.
    let end = &told[told.len().saturating_sub(2)..];
    assert!(
        end.iter().any(|line| line == "info: stopping: SIGTERM"),
        "{end:?}"
    );
}

#[test]
fn events_that_are_read_again_tell_how_many_are_missing() {
    let folder = tempfile::tempdir().unwrap();
    let config = busy(folder.path());
    let events = FullPipe::new(true);
    let stdout = events.writer.try_clone().unwrap();
    let mut daemon = start(&config, &[], stdout, Stdio::piped());
    let log = lines(daemon.0.stderr.take().unwrap());
    let mut told = until(&log, "all: on");
    spoil(&config);
    for _ in 0..15 {
        common::signal(&daemon.0, "HUP");
        told.extend(until(&log, "the old one goes on"));
    }
    let began = "warn: the events on standard output are not read; they are dropped";
    assert_eq!(told.iter().filter(|line| *line == began).count(), 1);
    let events = lines(events.read_on());
    let mut happened = until(&events, r#""event":"dropping-ended""#);
    told.extend(until(&log, "the events on standard output are read again"));
    common::signal(&daemon.0, "TERM");
    assert_eq!(ended_within(&mut daemon.0, LONGEST_STOP).code(), Some(0));
    told.extend(log.iter());
    let [.., began, ended] = &happened[..] else {
        panic!("{happened:?}");
    };
    let (began, ended) = (event(began), event(ended));
    assert_eq!(began["event"], "dropping-began");
    assert!(began["time_ms"].as_u64() <= ended["time_ms"].as_u64());
    let dropped = ended["dropped"].as_u64().unwrap() as usize;
    happened.extend(events.iter());
    assert_eq!(
        happened.len() + dropped,
        records(&told),
        "each event is a record"
    );
    // Only what parking ends may come behind it.
    let mut end = happened.iter().rev().take(2);
    assert!(
        end.any(|line| event(line)["event"] == "stopping"),
        "{happened:?}"
    );
}
