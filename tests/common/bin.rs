//! A daemon whose control sockets are used.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be set up fails where it stands"
)]

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use super::daemon::{Daemon, PATIENCE, endless};

/// A daemon that replays one photograph for ever, and the folder of its sockets.
pub struct Bin {
    /// Its sockets, its configuration and, in `state`, what it keeps.
    pub folder: TempDir,
    /// Its process.
    pub daemon: Daemon,
}

impl Bin {
    /// Starts one, and waits until it signals.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = endless(folder.path(), "");
        Self::run(folder, &config)
    }

    /// The same with a configuration in a folder.
    pub fn run(folder: TempDir, config: &Path) -> Self {
        let daemon = Self::daemon(&folder, config);
        Self { folder, daemon }
    }

    fn daemon(folder: &TempDir, config: &Path) -> Daemon {
        let mut program = super::sortd();
        program.env_remove("JOURNAL_STREAM");
        program.args(["run", "--sockets"]).arg(folder.path());
        let state = folder.path().join("state");
        std::fs::create_dir_all(&state).unwrap();
        program.arg("--state").arg(state);
        let daemon = Daemon::run(program, config);
        daemon.wait_for("signal-on");
        daemon
    }

    /// Kills it, and starts it again with the same folder.
    pub fn start_again(&mut self) {
        self.daemon.signal("KILL");
        self.daemon.child.wait().unwrap();
        self.daemon = Self::daemon(&self.folder, &self.folder.path().join("sortd.toml"));
    }

    /// A connection to one of its sockets.
    pub fn connect(&self, socket: &str) -> Connection {
        let stream = UnixStream::connect(self.folder.path().join(socket)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut connection = Connection(BufReader::new(stream));
        assert_eq!(connection.read()["hello"]["api"], 1);
        connection
    }

    /// What a command that asks this daemon comes to.
    pub fn ask(&self, words: &[&str]) -> super::Ran {
        let mut command = super::sortd();
        command.args(words).arg("--sockets").arg(self.folder.path());
        super::finish(&mut command)
    }

    /// The number that this daemon drew at its start.
    pub fn start_of(&self) -> String {
        let stream = UnixStream::connect(self.folder.path().join("control.sock")).unwrap();
        let greeting = Connection(BufReader::new(stream)).read();
        greeting["hello"]["start"].as_str().unwrap().to_owned()
    }
}

/// A connection to a daemon.
pub struct Connection(pub BufReader<UnixStream>);

impl Connection {
    /// Writes a line.
    pub fn write(&mut self, line: &str) {
        writeln!(self.0.get_mut(), "{line}").unwrap();
    }

    /// The next line.
    pub fn read(&mut self) -> Value {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{line:?}: {error}"))
    }

    /// The reply to a request; events that come before it are passed over.
    pub fn ask(&mut self, request: &str) -> Value {
        self.write(request);
        loop {
            let read = self.read();
            if read.get("event").is_none() {
                return read;
            }
        }
    }

    /// Whether the daemon ends it.
    pub fn has_ended(mut self) -> bool {
        let mut rest = Vec::new();
        match self.0.read_to_end(&mut rest) {
            Ok(_) => true,
            Err(error) => error.kind() == ErrorKind::ConnectionReset,
        }
    }
}
