//! The memory of the real daemon: what it counted outlives its ends, and no state of its file stops the bin.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be set up fails where it stands"
)]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use common::daemon::{Daemon, endless};
use serde_json::Value;
use tempfile::TempDir;

/// A daemon that replays one photograph for ever, and keeps its memory in a folder.
struct Bin {
    sockets: TempDir,
    daemon: Daemon,
}

impl Bin {
    fn start(state: &Path) -> Self {
        let sockets = tempfile::tempdir().unwrap();
        let config = endless(sockets.path(), "");
        let mut program = common::sortd();
        program.env_remove("JOURNAL_STREAM");
        program.args(["run", "--sockets"]).arg(sockets.path());
        program.arg("--state").arg(state);
        let daemon = Daemon::run(program, &config);
        Self { sockets, daemon }
    }

    /// The events until one of each kind has come.
    fn events_until(&self, wanted: &[&dyn Fn(&Value) -> bool]) -> Vec<Value> {
        let mut events = Vec::new();
        let all = |events: &[Value]| wanted.iter().all(|kind| events.iter().any(kind));
        while !all(&events) {
            events.push(self.daemon.next());
        }
        events
    }

    fn ask(&self, words: &[&str]) -> String {
        let mut command = common::sortd();
        command
            .args(words)
            .arg("--sockets")
            .arg(self.sockets.path());
        let ran = common::finish(&mut command);
        assert_eq!(ran.status, 0, "{ran:?}");
        ran.out
    }

    fn stats(&self) -> Value {
        serde_json::from_str(&self.ask(&["stats", "--json"])).unwrap()
    }

    fn status(&self) -> Value {
        serde_json::from_str(&self.ask(&["status", "--json"])).unwrap()
    }
}

fn named(name: &'static str) -> impl Fn(&Value) -> bool {
    move |event| event["event"] == name
}

fn remark(words: &'static str) -> impl Fn(&Value) -> bool {
    move |event| {
        event["remark"]
            .as_str()
            .is_some_and(|text| text.contains(words))
    }
}

fn items(events: &[Value]) -> u64 {
    events
        .iter()
        .filter(|event| event["event"] == "item-seen")
        .count() as u64
}

#[test]
fn what_was_counted_outlives_an_end_and_a_kill() {
    let state = tempfile::tempdir().unwrap();
    let first = Bin::start(state.path());
    let mut events = first.events_until(&[&named("rearmed")]);
    first.daemon.signal("TERM");
    let (rest, status) = first.daemon.finish();
    assert_eq!(status.code(), Some(0));
    events.extend(rest);
    let before = items(&events);

    let mut second = Bin::start(state.path());
    let during = second.events_until(&[&named("signal-on")]);
    let counted = second.stats();
    let ever = counted["ever"]["items"].as_u64().unwrap();
    assert!(
        ever >= before + items(&during),
        "{ever}, {before} before: {counted}"
    );
    assert!(counted.get("memory").is_none(), "{counted}");
    assert!(
        counted["ever"]["signals"]["all"].as_u64().unwrap() >= 2,
        "{counted}"
    );
    second.daemon.child.kill().unwrap();
    second.daemon.child.wait().unwrap();

    let third = Bin::start(state.path());
    third.events_until(&[&named("signal-on")]);
    let counted = third.stats();
    let ever = counted["ever"]["items"].as_u64().unwrap();
    assert!(ever > before, "{ever}, {before} before: {counted}");
    assert!(!state.path().join("state.db.corrupt").exists());
    assert!(third.status().get("memory").is_none());
    let table = third.ask(&["stats", "--by", "day"]);
    assert!(
        table.contains("recognised") && table.contains("\never "),
        "{table}"
    );
    let csv = third.ask(&["stats", "--by", "hour", "--csv"]);
    assert!(csv.starts_with("hour,start,items,recognised,"), "{csv}");
}

#[test]
fn a_torn_file_is_set_aside_while_the_bin_sorts() {
    let state = tempfile::tempdir().unwrap();
    let file = state.path().join("state.db");
    fs::write(&file, [0x5a; 9000]).unwrap();
    let bin = Bin::start(state.path());
    bin.events_until(&[&named("signal-on"), &remark("state.db.corrupt")]);
    let aside = state.path().join("state.db.corrupt");
    assert_eq!(fs::read(aside).unwrap(), [0x5a; 9000]);
    assert!(bin.status().get("memory").is_none());
    bin.daemon.signal("TERM");
    assert_eq!(bin.daemon.finish().1.code(), Some(0));
    assert!(fs::read(file).unwrap().starts_with(b"SQLite format 3"));
}

#[test]
fn a_folder_that_cannot_be_written_stops_no_bin_and_is_told() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
    // No permission binds root, but nobody makes files there.
    let state = if common::is_root() {
        PathBuf::from("/proc")
    } else {
        folder.path().to_owned()
    };
    let bin = Bin::start(&state);
    bin.events_until(&[&named("signal-on"), &remark("cannot be opened")]);
    let status = bin.status();
    let trouble = status["memory"].as_str().unwrap();
    assert!(
        trouble.contains("state.db") && trouble.contains("tried again hourly"),
        "{trouble}"
    );
    assert!(bin.ask(&["status"]).contains(trouble));
    let counted = bin.stats();
    assert!(
        counted["total"]["items"].as_u64().unwrap() >= 1,
        "{counted}"
    );
    assert_eq!(counted["memory"], status["memory"]);
    bin.daemon.signal("TERM");
    assert_eq!(bin.daemon.finish().1.code(), Some(0));
}
