//! What is promised, held by what the kernel is asked for: the daemon and the page under `strace`, while pictures are judged and
//! looked at, a browser is paired, and a configuration is reloaded, tried and committed. Nothing is written or sent but what
//! `sortd privacy` names; and what is acknowledged lies on the disk by then.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be set up fails where it stands"
)]

mod common;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use common::bin::Bin;
use common::daemon::{Daemon, PATIENCE, endless};
use common::page::Page;
use serde_json::json;
use tempfile::TempDir;

/// Calls by which a file comes to be, is written or brought onto the disk, and by which somebody is told something.
const CALLS: &str = "trace=open,openat,openat2,creat,mknod,mknodat,link,linkat,symlink,symlinkat,rename,renameat,renameat2,fsync,write,writev,socket,connect,sendto,sendmsg";

/// Whether this machine has strace, and lets it trace.
fn can_trace() -> bool {
    let traced = Command::new("strace")
        .args(["-o", "/dev/null", "true"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    traced.is_ok_and(|status| status.success())
}

/// The program, whose calls are written into a file; what is started is the program itself, and strace its grandchild.
fn traced(log: &Path) -> Command {
    let program = common::sortd();
    let mut command = Command::new("strace");
    command.args(["-D", "-f", "-q", "-y", "-s", "1000", "-e", CALLS, "-o"]);
    command.arg(log).arg(program.get_program());
    command.args(program.get_args()).current_dir(common::root());
    command
        .env_remove("RUST_BACKTRACE")
        .env_remove("JOURNAL_STREAM");
    command
}

/// The calls that succeeded, each in one line, of a program that has ended.
fn calls(log: &Path) -> Vec<String> {
    let began = Instant::now();
    // strace writes on for a moment after the program has ended.
    let text = loop {
        let text = fs::read_to_string(log).unwrap();
        let program = text.split(' ').next().unwrap_or_default();
        let is_end = |line: &str| line.starts_with(program) && line.contains("+++ exited with");
        if text.lines().any(is_end) {
            break text;
        }
        assert!(began.elapsed() < PATIENCE, "strace does not end: {text}");
        std::thread::sleep(Duration::from_millis(50));
    };
    let mut whole = whole_lines(&text);
    whole.retain(|line| !line.contains(" = -1 E"));
    whole
}

/// The calls of a trace, each where it ended: strace breaks the line of one during which another thread calls.
fn whole_lines(text: &str) -> Vec<String> {
    let mut begun = HashMap::new();
    let mut whole = Vec::new();
    for line in text.lines() {
        let thread = line.split(' ').next().unwrap_or_default();
        if let Some(beginning) = line.strip_suffix(" <unfinished ...>") {
            begun.insert(thread, beginning);
        } else if let Some((_, end)) = line.split_once(" resumed>") {
            let beginning = begun.remove(thread).unwrap_or_default();
            whole.push(format!("{beginning}{end}"));
        } else {
            whole.push(line.to_owned());
        }
    }
    whole
}

/// Which call is the first at or after `from` that is one of `names` and has all of `parts`.
fn position(calls: &[String], from: usize, names: &[&str], parts: &[&str]) -> usize {
    let is_it = |call: &String| {
        let (called, _) = call.split_once('(').unwrap_or_default();
        names
            .iter()
            .any(|name| called.ends_with(&format!(" {name}")))
            && parts.iter().all(|part| call.contains(part))
    };
    let found = calls.iter().skip(from).position(is_it);
    let found = found.unwrap_or_else(|| panic!("no {names:?} with {parts:?}: {calls:#?}"));
    from + found
}

/// After which call a file and its name are on the disk.
fn on_the_disk(calls: &[String], file: &Path) -> usize {
    let path = file.display().to_string();
    let folder = file.parent().unwrap().display();
    let renames = ["rename", "renameat", "renameat2"];
    let synced = position(calls, 0, &["fsync"], &[&format!("<{path}.new>")]);
    let named = position(calls, synced, &renames, &[&format!("\"{path}\"")]);
    position(calls, named, &["fsync"], &[&format!("<{folder}>")])
}

/// Which call tells somebody all of `parts`.
fn told(calls: &[String], parts: &[&str]) -> usize {
    position(calls, 0, &["write", "writev", "sendto", "sendmsg"], parts)
}

/// The files that were opened to be written, or made, without what the kernel shows as files.
fn written(calls: &[String]) -> Vec<PathBuf> {
    let opens = |call: &&String| {
        call.contains("O_WRONLY") || call.contains("O_RDWR") || call.contains("creat(")
    };
    let named = |call: &String| Some(PathBuf::from(call.split('"').nth(1)?));
    let files = calls.iter().filter(opens).filter_map(named);
    let is_kept = |file: &PathBuf| !file.starts_with("/dev") && !file.starts_with("/proc");
    files.filter(is_kept).collect()
}

/// Sockets of another kind than those of this machine, and what is sent to them.
fn to_networks(calls: &[String]) -> Vec<&String> {
    let is_network = |call: &&String| call.contains("AF_INET") && !call.contains("AF_NETLINK");
    calls.iter().filter(is_network).collect()
}

fn names(files: &[PathBuf]) -> Vec<String> {
    let mut names: Vec<String> = files
        .iter()
        .map(|file| {
            file.file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names.dedup();
    names
}

/// A daemon and a page that have ended.
struct Life {
    folder: TempDir,
    calls_of_daemon: Vec<String>,
    calls_of_page: Vec<String>,
}

/// The daemon and the page at work: all that is promised about happens once; `None` where nothing can be traced.
fn live() -> Option<Life> {
    if !can_trace() {
        println!("SKIPPED: strace is missing, or may not trace here");
        return None;
    }
    let [folder, logs] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let [daemon_log, page_log] = ["daemon", "page"].map(|name| logs.path().join(name));
    let config = endless(folder.path(), "");
    fs::create_dir(folder.path().join("state")).unwrap();
    let mut program = traced(&daemon_log);
    program.args(["run", "--sockets"]).arg(folder.path());
    program.arg("--state").arg(folder.path().join("state"));
    program.env("RUNTIME_DIRECTORY", folder.path());
    let daemon = Daemon::run(program, &config);
    daemon.wait_for("signal-on");
    let bin = Bin { folder, daemon };
    let mut program = traced(&page_log);
    program.args(["web", "--listen", "127.0.0.1:0"]);
    let page = Page::run(program, bin.folder.path());
    let token = page.pair(&bin);
    assert!(page.get("/api/look", &token)["jpeg"].is_string());
    assert_eq!(bin.ask(&["privacy"]).status, 0);
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, text.replace("hold-ms = 300", "hold-ms = 310")).unwrap();
    bin.daemon.signal("HUP");
    bin.daemon.wait_for("config-reloaded");
    let tried = json!({"text": text.replace("hold-ms = 300", "hold-ms = 320")});
    let tried = page.post("/api/config/try", &token, &tried);
    let trial = json!({"trial": tried.json()["trial"]});
    assert_eq!(page.post("/api/config/commit", &token, &trial).status, 200);
    bin.daemon.wait_for("signal-on");
    assert_eq!(page.end("TERM"), Some(0));
    bin.daemon.signal("TERM");
    let Bin { folder, daemon } = bin;
    assert_eq!(daemon.finish().1.code(), Some(0));
    Some(Life {
        folder,
        calls_of_daemon: calls(&daemon_log),
        calls_of_page: calls(&page_log),
    })
}

#[test]
fn what_is_acknowledged_is_on_the_disk_by_then() {
    let Some(Life {
        folder,
        calls_of_daemon,
        calls_of_page,
    }) = live()
    else {
        return;
    };
    let committed = told(&calls_of_daemon, &["committed", "generation", "id"]);
    for file in ["state/config/1.toml", "state/config/in-force.toml"] {
        let safe = on_the_disk(&calls_of_daemon, &folder.path().join(file));
        assert!(safe < committed, "{file}: {calls_of_daemon:#?}");
    }
    let paired = told(&calls_of_page, &["HTTP/1.1 200", "set-cookie"]);
    let safe = on_the_disk(&calls_of_page, &folder.path().join("web/sessions.json"));
    assert!(safe < paired, "{calls_of_page:#?}");
}

#[test]
fn nothing_is_written_or_sent_that_the_promise_does_not_name() {
    let Some(Life {
        folder,
        calls_of_daemon,
        calls_of_page,
    }) = live()
    else {
        return;
    };
    let of_daemon = written(&calls_of_daemon);
    assert!(
        of_daemon.iter().all(|file| file.starts_with(folder.path())),
        "{of_daemon:?}"
    );
    let known = [
        "1.toml.new",
        "in-force.new",
        "in-force.toml.new",
        "state.db",
        "state.db-journal",
        "state.db-shm",
        "state.db-wal",
    ];
    let others = names(&of_daemon)
        .into_iter()
        .filter(|name| !known.contains(&&**name));
    assert_eq!(others.collect::<Vec<_>>(), [""; 0], "{of_daemon:?}");
    assert_eq!(to_networks(&calls_of_daemon), Vec::<&String>::new());

    let of_page = written(&calls_of_page);
    assert_eq!(names(&of_page), ["sessions.json.new"], "{of_page:?}");
    let calls_out = calls_of_page
        .iter()
        .filter(|call| call.contains("connect("));
    assert!(calls_out.clone().count() > 0);
    for call in calls_out {
        assert!(
            call.contains("AF_UNIX") && call.contains("control.sock"),
            "{call}"
        );
    }

    let kept = common::files(folder.path());
    assert!(kept.iter().any(|file| file.ends_with("state.db")));
    for file in kept {
        let bytes = fs::read(&file).unwrap();
        let picture = bytes.windows(3).any(|three| three == [0xff, 0xd8, 0xff]);
        assert!(!picture, "{} holds a picture", file.display());
    }
}
