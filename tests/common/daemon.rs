//! A running daemon whose events are read as they come.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;

/// Long enough for a busy machine; a test that fails waits this long.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// The daemon; it is killed when this is dropped.
pub struct Daemon {
    /// Its process.
    pub child: Child,
    events: Receiver<Value>,
}

impl Daemon {
    /// Starts `program run` with this configuration.
    pub fn start(mut program: Command, config: &Path) -> Self {
        program.arg("run");
        Self::run(program, config)
    }

    /// Starts a program that was told to run, with this configuration.
    pub fn run(mut program: Command, config: &Path) -> Self {
        let mut child = program
            .args(["--events", "json", "--config"])
            .arg(config)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let (sender, events) = channel();
        let stdout = BufReader::new(child.stdout.take().expect("it was piped"));
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
    #[track_caller]
    pub fn wait_for(&self, name: &str) -> Value {
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

    /// The next event.
    #[track_caller]
    pub fn next(&self) -> Value {
        self.events.recv_timeout(PATIENCE).expect("an event")
    }

    /// The events that were not asked for yet, as far as they have come.
    pub fn told(&self) -> Vec<Value> {
        self.events.try_iter().collect()
    }

    /// Sends it a signal, such as `TERM`.
    pub fn signal(&self, name: &str) {
        super::signal(&self.child, name);
    }

    /// All further events and the exit status.
    pub fn finish(mut self) -> (Vec<Value>, ExitStatus) {
        let events = self.events.iter().collect();
        (events, self.child.wait().expect("it is our child"))
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A configuration that replays one photograph for ever.
pub fn endless(folder: &Path, extra: &str) -> PathBuf {
    let photo = super::root().join("tests/photos/metal/metal193.jpg");
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
    std::fs::write(&file, text).expect("written");
    file
}
