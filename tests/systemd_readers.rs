//! A systemd that does not read, its notification socket or its journal, holds up nobody.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be set up fails where it stands"
)]

mod common;

use std::io::pipe;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::Receiver;

use common::stuck::{Killed, LONGEST_STOP, PATIENCE, Systemd, busy, ended_within, lines, until};

fn run(config: &Path) -> Command {
    let mut command = common::sortd();
    command
        .args(["run", "--events", "json", "--config"])
        .arg(config)
        .env_remove("JOURNAL_STREAM")
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

/// Starts the daemon, whose events are read.
fn start(command: &mut Command) -> (Killed, Receiver<String>) {
    let mut daemon = Killed(command.spawn().unwrap());
    let events = lines(daemon.0.stdout.take().unwrap());
    (daemon, events)
}

/// Waits for so many lights that go off.
#[track_caller]
fn lights_off(events: &Receiver<String>, count: usize) {
    for _ in 0..count {
        until(events, r#""event":"signal-off""#);
    }
}

#[track_caller]
fn ends_well(mut daemon: Killed) {
    let status = ended_within(&mut daemon.0, LONGEST_STOP);
    assert_eq!(status.code(), Some(0));
}

#[test]
fn a_notification_socket_that_is_not_read_holds_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let systemd = Systemd::new(folder.path());
    systemd.fill();
    let mut command = run(&busy(folder.path()));
    command
        .env("NOTIFY_SOCKET", &systemd.path)
        .env("WATCHDOG_USEC", "600000");
    let (daemon, events) = start(&mut command);
    lights_off(&events, 3);
    common::signal(&daemon.0, "TERM");
    ends_well(daemon);
}

#[test]
fn a_notification_socket_that_is_read_again_tells_first_what_systemd_acts_upon() {
    let folder = tempfile::tempdir().unwrap();
    let systemd = Systemd::new(folder.path());
    systemd.fill();
    let mut command = run(&busy(folder.path()));
    command
        .env("NOTIFY_SOCKET", &systemd.path)
        .env("WATCHDOG_USEC", "600000");
    let (daemon, events) = start(&mut command);
    // Ten ticks and more, of which each tells the watchdog and the status.
    lights_off(&events, 3);
    assert!(systemd.next_of_daemon().contains("READY=1"));
    assert!(systemd.next_of_daemon().contains("WATCHDOG=1"));
    assert!(systemd.next_of_daemon().contains("STATUS=looking"));
    systemd.fill();
    common::signal(&daemon.0, "TERM");
    until(&events, r#""event":"stopping""#);
    systemd.wait_for("STOPPING=1");
    ends_well(daemon);
}

#[test]
fn that_systemd_cannot_be_told_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = run(&busy(folder.path()));
    command
        .env("NOTIFY_SOCKET", folder.path().join("missing"))
        .env("WATCHDOG_USEC", "600000")
        .stderr(Stdio::piped());
    let (mut daemon, events) = start(&mut command);
    let log = lines(daemon.0.stderr.take().unwrap());
    lights_off(&events, 3);
    common::signal(&daemon.0, "TERM");
    ends_well(daemon);
    let told = log
        .iter()
        .filter(|line| line.contains("systemd cannot be told"));
    assert_eq!(told.count(), 1);
}

/// journald's end of its socket, which only those see who are started by [`below_journald`].
struct Journald {
    socket: UnixDatagram,
}

impl Journald {
    fn new(folder: &Path) -> Self {
        let path = folder.join("socket");
        let socket = UnixDatagram::bind(&path).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { socket }
    }

    /// The next record as far as its fields are text of one line.
    fn next(&self) -> String {
        let mut buffer = vec![0; 1 << 16];
        loop {
            let length = self.socket.recv(&mut buffer).expect("it is told something");
            // Who opens the journal sends nothing first.
            if length > 0 {
                return String::from_utf8_lossy(&buffer[..length]).into_owned();
            }
        }
    }

    #[track_caller]
    fn wait_for(&self, wanted: &str) -> String {
        loop {
            let record = self.next();
            if record.contains(wanted) {
                return record;
            }
        }
    }
}

/// The command below a folder in the place of journald's; `None` where the system lets nobody do that.
fn below_journald(folder: &Path, command: &Command) -> Option<Command> {
    const MOUNT: &str = "mount -t tmpfs none /run && mkdir -p /run/systemd/journal \
        && mount --bind \"$0\" /run/systemd/journal && exec \"$@\"";
    let below = |program: &std::ffi::OsStr| {
        let mut command = Command::new("unshare");
        command
            .args(["--user", "--map-root-user", "--mount", "sh", "-c", MOUNT])
            .arg(folder)
            .arg(program);
        command
    };
    let allowed = below("true".as_ref())
        .output()
        .is_ok_and(|tried| tried.status.success());
    if !allowed {
        eprintln!("skipped: namespaces are not allowed here");
        return None;
    }
    let mut started = below(command.get_program());
    started.args(command.get_args()).stdout(Stdio::piped());
    Some(started)
}

#[test]
fn a_journal_that_is_not_read_holds_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let journal = tempfile::tempdir().unwrap();
    let journald = Journald::new(journal.path());
    let Some(mut command) = below_journald(journal.path(), &run(&busy(folder.path()))) else {
        return;
    };
    let (_reader, stderr) = pipe().unwrap();
    let stat = rustix::fs::fstat(&stderr).unwrap();
    command
        .env("JOURNAL_STREAM", format!("{}:{}", stat.st_dev, stat.st_ino))
        .current_dir(common::root())
        .stderr(stderr);
    let (daemon, events) = start(&mut command);
    let on = journald.wait_for("signal-on");
    let fields = [
        "PRIORITY=5\n",
        "SYSLOG_IDENTIFIER=sortd\n",
        "TARGET=sortd\n",
        "all: on\n",
    ];
    for field in fields.into_iter().chain(["SORTD_EVENT\n", "SORTD_BIN\n"]) {
        assert!(on.contains(field), "no {field:?} in {on:?}");
    }
    // Nobody reads any more; the socket takes a few records and then none.
    lights_off(&events, 12);
    common::signal(&daemon.0, "TERM");
    ends_well(daemon);
}
