//! The daemon as systemd and a technician see it: events, signals, reload, readiness, watchdog.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be set up fails where it stands"
)]

mod common;

use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;

/// Long enough for a busy machine; a test that fails waits this long.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running daemon whose events are read as they come.
struct Daemon {
    child: Child,
    events: Receiver<Value>,
}

impl Daemon {
    fn start(config: &Path, environment: &[(&str, &str)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sortd"))
            .args(["run", "--events", "json", "--config"])
            .arg(config)
            .envs(environment.iter().copied())
            .env_remove("JOURNAL_STREAM")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (sender, events) = channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let event = serde_json::from_str(&line).expect("each line is a JSON object");
                if sender.send(event).is_err() {
                    return;
                }
            }
        });
        Self { child, events }
    }

    /// The next event of this name; others are passed over.
    fn wait_for(&self, name: &str) -> Value {
        loop {
            let event = self
                .events
                .recv_timeout(PATIENCE)
                .unwrap_or_else(|_| panic!("no {name}"));
            if event["event"] == name {
                return event;
            }
        }
    }

    fn signal(&self, name: &str) {
        common::signal(&self.child, name);
    }

    /// All further events and the exit status.
    fn finish(mut self) -> (Vec<Value>, ExitStatus) {
        let events = self.events.iter().collect();
        (events, self.child.wait().unwrap())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A configuration that replays one photograph for ever.
fn endless(folder: &Path, extra: &str) -> std::path::PathBuf {
    let photo = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/photos/metal/metal193.jpg");
    let text = format!(
        r#"
        [camera]
        source = "replay"
        path = "{}"
        fps = 30
        frames-per-photo = 20
        [trigger]
        learn-ms = 300
        [decision]
        hold-ms = 300
        rearm-ms = 200
        [gpio]
        backend = "simulated"
        [[bins]]
        name = "all"
        accepts = ["cardboard", "glass", "metal", "paper", "plastic", "trash"]
        led = {{ pin = 17 }}
        servo = {{ pin = 18 }}
        {extra}
        "#,
        photo.display()
    );
    let file = folder.join("sortd.toml");
    std::fs::write(&file, text).unwrap();
    file
}

#[test]
fn the_replay_example_tells_its_story_in_order() {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/examples/replay.toml");
    let (events, status) = Daemon::start(&config, &[]).finish();
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
        assert!((0.6..=1.0).contains(&confidence), "{event}");
    }
}

#[test]
fn a_signal_parks_and_ends_well_even_while_a_lid_is_open() {
    for signal in ["TERM", "INT"] {
        let folder = tempfile::tempdir().unwrap();
        let daemon = Daemon::start(&endless(folder.path(), ""), &[]);
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
    let daemon = Daemon::start(&file, &[]);
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
    let daemon = Daemon::start(&file, &[]);
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
    let daemon = Daemon::start(&file, &[("RUNTIME_DIRECTORY", &runtime)]);
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

/// systemd's end of the notification socket.
struct Systemd {
    socket: UnixDatagram,
    path: String,
}

impl Systemd {
    fn new(folder: &Path) -> Self {
        let path = folder.join("notify").to_str().unwrap().to_owned();
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { socket, path }
    }

    fn environment(&self) -> [(&str, &str); 2] {
        [("NOTIFY_SOCKET", &self.path), ("WATCHDOG_USEC", "600000")]
    }

    fn next(&self) -> String {
        let mut buffer = [0; 1024];
        let length = self
            .socket
            .recv(&mut buffer)
            .expect("systemd is told something");
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    }

    fn wait_for(&self, wanted: &str) {
        while !self.next().contains(wanted) {}
    }
}

#[test]
fn systemd_hears_of_readiness_frames_and_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let systemd = Systemd::new(folder.path());
    let daemon = Daemon::start(&endless(folder.path(), ""), &systemd.environment());
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
    let _daemon = Daemon::start(&file, &systemd.environment());
    systemd.wait_for("READY=1");
    // Each tick tells the status, so ten of them are ten chances to feed the watchdog.
    let mut ticks = 0;
    while ticks < 10 {
        let told = systemd.next();
        assert!(!told.contains("WATCHDOG=1"), "fed without a frame");
        ticks += u32::from(told.contains("STATUS="));
    }
}
