//! The daemon as systemd and a technician see it: events, signals, reload, readiness, watchdog.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be set up fails where it stands"
)]

mod common;

use std::path::Path;
use std::process::Command;

use common::daemon::{Daemon, endless};
use common::stuck::Systemd;

/// A daemon that no test's environment reaches but by `environment`.
fn start(config: &Path, environment: &[(&str, &str)]) -> Daemon {
    let mut program = common::sortd();
    program
        .env_remove("JOURNAL_STREAM")
        .envs(environment.iter().copied());
    Daemon::start(program, config)
}

#[test]
fn the_replay_example_tells_its_story_in_order() {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/examples/replay.toml");
    let (events, status) = start(&config, &[]).finish();
    assert_eq!(status.code(), Some(0));
    let names: Vec<&str> = events
        .iter()
        .map(|event| event["event"].as_str().unwrap())
        .collect();
    assert_eq!(names[..2], ["started", "camera-opened"]);
    assert_eq!(names[names.len() - 2..], ["recording-ended", "stopping"]);
    let items = names.iter().filter(|name| **name == "item-seen").count();
    assert_eq!(items, 18, "each photograph is one item: {names:?}");
    // Between its first sight and the empty zone, each item is judged once and its light goes on and off.
    let stories: Vec<&[&str]> = names.split(|name| *name == "item-seen").skip(1).collect();
    let known = [
        ["recognised", "signal-on", "signal-off", "rearmed"],
        ["unsure", "signal-on", "signal-off", "rearmed"],
    ];
    let (last, all_but_last) = stories.split_last().unwrap();
    for story in all_but_last {
        assert!(known.iter().any(|known| story == known), "{story:?}");
    }
    assert!(
        last.starts_with(&known[0][..3]) || last.starts_with(&known[1][..3]),
        "{last:?}"
    );
    let confidences = events.iter().filter(|event| event["event"] == "recognised");
    for event in confidences {
        let confidence = event["confidence"].as_f64().unwrap();
        assert!((0.7..=1.0).contains(&confidence), "{event}");
    }
}

#[test]
fn a_signal_parks_and_ends_well_even_while_a_lid_is_open() {
    for signal in ["TERM", "INT"] {
        let folder = tempfile::tempdir().unwrap();
        let daemon = start(&endless(folder.path(), ""), &[]);
        daemon.wait_for("signal-on");
        daemon.signal(signal);
        let stopping = daemon.wait_for("stopping");
        assert_eq!(stopping["cause"], format!("SIG{signal}"));
        let (_, status) = daemon.finish();
        assert_eq!(status.code(), Some(0), "after SIG{signal}");
    }
}

#[test]
fn a_reload_takes_over_what_is_right_and_refuses_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let file = endless(folder.path(), "");
    let daemon = start(&file, &[]);
    daemon.wait_for("signal-on");

    let good = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, good.replace("hold-ms = 300", "hold-ms = -1")).unwrap();
    daemon.signal("HUP");
    let refused = daemon.wait_for("config-refused");
    let error = refused["error"].as_str().unwrap();
    assert!(
        error.contains("decision.hold-ms") && error.contains("out of range"),
        "{error}"
    );
    assert_eq!(
        daemon.wait_for("signal-on")["bin"],
        "all",
        "the old configuration goes on"
    );

    std::fs::write(
        &file,
        good.replace("name = \"all\"", "name = \"everything\""),
    )
    .unwrap();
    daemon.signal("HUP");
    daemon.wait_for("config-reloaded");
    assert_eq!(daemon.wait_for("signal-on")["bin"], "everything");
}

#[test]
fn a_camera_that_is_not_there_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let file = endless(folder.path(), "");
    let text = std::fs::read_to_string(&file).unwrap();
    let missing = folder.path().join("later.jpg");
    let photo = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/photos/metal/metal193.jpg");
    std::fs::write(
        &file,
        text.replace(photo.to_str().unwrap(), missing.to_str().unwrap()),
    )
    .unwrap();
    let daemon = start(&file, &[]);
    let failed = daemon.wait_for("camera-failed");
    assert!(
        failed["error"].as_str().unwrap().contains("later.jpg"),
        "{failed}"
    );
    std::fs::copy(photo, missing).unwrap();
    daemon.wait_for("camera-opened");
    daemon.wait_for("signal-on");
}

#[test]
fn after_a_kill_park_knows_what_was_driven_although_the_file_is_broken() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = folder.path().to_str().unwrap().to_owned();
    let file = endless(folder.path(), "");
    let daemon = start(&file, &[("RUNTIME_DIRECTORY", &runtime)]);
    daemon.wait_for("signal-on");
    std::fs::write(&file, "broken = ").unwrap();
    daemon.signal("KILL");
    assert_eq!(daemon.finish().1.code(), None, "it had no chance to park");
    let park = |runtime: Option<&str>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sortd"));
        command.args(["park", "--config"]).arg(&file);
        if let Some(runtime) = runtime {
            command.env("RUNTIME_DIRECTORY", runtime);
        }
        command.output().unwrap().status.code()
    };
    assert_eq!(park(Some(&runtime)), Some(0));
    assert_eq!(park(None), Some(78));
}

/// What systemd gives to a unit that it watches.
fn watched_by(systemd: &Systemd) -> [(&str, &str); 2] {
    let path = systemd.path.to_str().unwrap();
    [("NOTIFY_SOCKET", path), ("WATCHDOG_USEC", "600000")]
}

#[test]
fn systemd_hears_of_readiness_frames_and_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let systemd = Systemd::new(folder.path());
    let daemon = start(&endless(folder.path(), ""), &watched_by(&systemd));
    systemd.wait_for("READY=1");
    systemd.wait_for("WATCHDOG=1");
    systemd.wait_for("STATUS=looking");
    daemon.signal("HUP");
    systemd.wait_for("RELOADING=1");
    systemd.wait_for("READY=1");
    daemon.signal("TERM");
    systemd.wait_for("STOPPING=1");
    assert_eq!(daemon.finish().1.code(), Some(0));
}

#[test]
fn the_watchdog_is_not_fed_without_frames() {
    let folder = tempfile::tempdir().unwrap();
    let systemd = Systemd::new(folder.path());
    let file = endless(folder.path(), "");
    let text = std::fs::read_to_string(&file)
        .unwrap()
        .replace("metal193.jpg", "missing.jpg");
    std::fs::write(&file, text).unwrap();
    let _daemon = start(&file, &watched_by(&systemd));
    systemd.wait_for("READY=1");
    // Each tick tells the status, so ten of them are ten chances to feed the watchdog.
    let mut ticks = 0;
    while ticks < 10 {
        let told = systemd.next();
        assert!(!told.contains("WATCHDOG=1"), "fed without a frame");
        ticks += u32::from(told.contains("STATUS="));
    }
}
