//! The control sockets of a running daemon, as programs and people use them; the examples of docs/protocol.md are held.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be set up fails where it stands"
)]

mod common;

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::thread;
use std::time::Duration;

use common::bin::{Bin, Connection};
use common::daemon::{PATIENCE, endless};
use serde_json::{Value, json};

/// Whether `said` has no key that `documented` lacks, and the same kind of value under each. What is counted by bin has the
/// bins' names as keys.
fn same_shape(documented: &Value, said: &Value) -> bool {
    match (documented, said) {
        (Value::Object(documented), Value::Object(said)) => said.iter().all(|(key, value)| {
            let known = documented.get(key);
            ["signals", "votes"].contains(&key.as_str())
                || known.is_some_and(|known| same_shape(known, value))
        }),
        (Value::Array(documented), Value::Array(said)) => said
            .iter()
            .all(|value| documented.iter().any(|known| same_shape(known, value))),
        (documented, said) => std::mem::discriminant(documented) == std::mem::discriminant(said),
    }
}

#[test]
fn the_examples_of_the_documentation_hold() {
    let text = std::fs::read_to_string(common::root().join("docs/protocol.md")).unwrap();
    let bin = Bin::start();
    let mut connection = bin.connect("control.sock");
    let start = json!(bin.start_of());
    let whole = std::fs::read_to_string(bin.folder.path().join("sortd.toml")).unwrap();
    // What the examples have as numbers and texts of their own, the daemon draws and the bin has.
    let mut trial = Value::Null;
    let mut reply = Value::Null;
    let mut held = 0;
    for line in text.lines() {
        if let Some(request) = line.strip_prefix("> ") {
            // Each stream of events is a connection's only one.
            if request.contains("events") {
                connection = bin.connect("control.sock");
            }
            let request = request
                .replace("\"6e0a9c2b51d7f384\"", &start.to_string())
                .replace("\"(a whole configuration)\"", &json!(whole).to_string())
                .replace("2904711536", &trial.to_string());
            reply = connection.ask(&request);
            if let Some(number) = reply["ok"].get("trial") {
                trial = number.clone();
            }
        } else if let Some(documented) = line.strip_prefix("< ") {
            let documented: Value = serde_json::from_str(documented).unwrap();
            if documented.get("hello").is_some() {
                continue;
            }
            if documented.get("event").is_some() {
                reply = connection.read();
                while reply["event"]["event"] != "signal-on" {
                    reply = connection.read();
                }
            }
            assert!(
                same_shape(&documented, &reply),
                "documented {documented}, said {reply}"
            );
            assert_eq!(documented.get("error"), reply.get("error"));
            assert_eq!(documented["id"], reply["id"]);
            held += 1;
        }
    }
    assert!(held > 10, "{held} examples");
}

#[test]
fn a_bin_is_not_tested_while_something_is_there_and_a_pipe_is_not_watched() {
    let bin = Bin::start();
    let tested = bin.ask(&["bins", "test", "all"]);
    assert_eq!((tested.status, tested.out.as_str()), (69, ""), "{tested:?}");
    assert!(tested.err.contains("hands too"), "{tested:?}");
    let unknown = bin.ask(&["bins", "test", "none"]);
    assert_eq!(unknown.status, 2, "{unknown:?}");
    assert!(unknown.err.contains("choose one of: all"), "{unknown:?}");
    let watched = bin.ask(&["status", "--watch"]);
    assert_eq!(
        (watched.status, watched.out.as_str()),
        (2, ""),
        "{watched:?}"
    );
    assert!(watched.err.contains("use --json"), "{watched:?}");
}

#[test]
fn a_parked_daemon_signals_nothing_until_it_is_resumed() {
    let bin = Bin::start();
    let parked = bin.ask(&["park"]);
    assert_eq!(parked.status, 0, "{parked:?}");
    assert!(parked.out.contains("until `sortd resume`"), "{parked:?}");
    bin.daemon.wait_for("paused");
    bin.daemon.wait_for("signal-off");
    let status: Value = serde_json::from_str(&bin.ask(&["status", "--json"]).out).unwrap();
    assert_eq!(status["signal"], Value::Null, "{status}");
    assert!(status["paused_s"].as_u64().unwrap() > 800, "{status}");
    assert!(bin.ask(&["status"]).out.contains("sortd resume"));
    assert_eq!(bin.ask(&["resume"]).status, 0);
    // Nothing was lit between the two orders.
    let until_resumed = std::iter::from_fn(|| {
        let event = bin.daemon.next();
        (event["event"] != "resumed").then_some(event)
    });
    let between: Vec<Value> = until_resumed.collect();
    assert!(
        between.iter().all(|event| event["event"] != "signal-on"),
        "{between:?}"
    );
    bin.daemon.wait_for("signal-on");
}

#[test]
fn the_watch_socket_gives_no_orders() {
    let bin = Bin::start();
    let mut watch = bin.connect("watch.sock");
    for request in ["park", "resume", "reload", "look"] {
        let reply = watch.ask(&json!({"id": 1, "request": request}).to_string());
        assert_eq!(reply["error"]["code"], "not-allowed", "{reply}");
    }
    let stats = watch.ask(r#"{"id":4,"request":"stats","by":"day"}"#);
    assert_eq!(stats["ok"]["by"], "day", "{stats}");
    let reply = watch.ask(r#"{"id":2,"request":"pause","seconds":5}"#);
    assert_eq!(reply["error"]["code"], "not-allowed");
    assert_eq!(
        watch.ask(r#"{"id":3,"request":"status"}"#)["ok"]["health"],
        "fine"
    );
}

#[test]
fn a_look_is_a_picture_with_the_drop_zone_drawn_in() {
    let bin = Bin::start();
    for ending in ["png", "jpg"] {
        let file = bin.folder.path().join("view").with_extension(ending);
        let looked = bin.ask(&["look", "-o", file.to_str().unwrap()]);
        assert_eq!(looked.status, 0, "{looked:?}");
        assert!(looked.out.contains("the drop zone yellow"), "{looked:?}");
        let picture = image::open(&file).unwrap().into_rgb8();
        let [red, green, blue] = picture.get_pixel(0, picture.height() / 2).0;
        assert!(
            red > 200 && green > 150 && blue < 90,
            "the zone's left edge: {red} {green} {blue}"
        );
    }
    let nowhere = bin.ask(&["look", "-o", "no/such/folder/view.png"]);
    assert_eq!(nowhere.status, 2, "{nowhere:?}");
    let other = bin.folder.path().join("mine.gif");
    std::fs::write(&other, "mine").unwrap();
    assert_eq!(bin.ask(&["look", "-o", other.to_str().unwrap()]).status, 2);
    assert_eq!(
        std::fs::read(&other).unwrap(),
        b"mine",
        "a file of another kind is left alone"
    );
    let piped = bin.ask(&["look"]);
    assert_eq!(piped.status, 2, "{piped:?}");
    assert!(piped.err.contains("-o view.jpg"), "{piped:?}");
}

#[test]
fn events_go_on_where_they_were_left() {
    let bin = Bin::start();
    let start = bin.start_of();
    let since =
        |seq: u64| json!({"id": 1, "request": "events", "since": {"start": start, "seq": seq}});
    let mut first = bin.connect("watch.sock");
    let begins = first.ask(&since(0).to_string());
    assert_eq!(begins["ok"]["missed"], 0);
    let seen: Vec<Value> = (0..4).map(|_| first.read()).collect();
    let numbers: Vec<u64> = seen
        .iter()
        .map(|line| line["event"]["seq"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, [1, 2, 3, 4]);
    assert_eq!(seen[0]["event"]["event"], "started");
    drop(first);
    let mut second = bin.connect("watch.sock");
    second.ask(&since(3).to_string());
    assert_eq!(second.read(), seen[3]);
    // What another daemon numbered is over: everything is new.
    let mut third = bin.connect("control.sock");
    let other = json!({"id": 1, "request": "events", "since": {"start": "of another", "seq": 900}});
    assert_eq!(third.ask(&other.to_string())["ok"]["after"], 0);
    assert_eq!(third.read(), seen[0]);
    assert_eq!(
        third.ask(r#"{"id":2,"request":"events"}"#)["error"]["code"],
        "busy"
    );
}

#[test]
fn one_proof_of_the_model_runs_at_a_time() {
    let bin = Bin::start();
    let mut clients: Vec<_> = (0..3).map(|_| bin.connect("control.sock")).collect();
    for client in &mut clients {
        client.write("{\"id\":1,\"request\":\"model.test\"}");
    }
    let replies: Vec<_> = clients.iter_mut().map(Connection::read).collect();
    let proved = replies.iter().filter(|reply| reply.get("ok").is_some());
    assert_eq!(proved.count(), 1, "{replies:?}");
    let busy = replies
        .iter()
        .filter(|reply| reply["error"]["code"] == "busy");
    assert_eq!(busy.count(), 2, "{replies:?}");
    // Its end makes room for the next.
    let again = clients[0].ask("{\"id\":2,\"request\":\"model.test\"}");
    assert!(again.get("ok").is_some(), "{again}");
}

#[test]
fn hostile_clients_are_not_felt() {
    let bin = Bin::start();
    // One writes without end and reads nothing, one writes a line without end, one bytes that are no text.
    let flood = UnixStream::connect(bin.folder.path().join("control.sock")).unwrap();
    flood
        .set_write_timeout(Some(Duration::from_millis(200)))
        .unwrap();
    let request = "{\"id\":1,\"request\":\"status\"}\n".repeat(1_000);
    while (&flood).write_all(request.as_bytes()).is_ok() {}
    let mut endless = bin.connect("control.sock");
    let long = "x".repeat(200_000);
    let _ = endless.0.get_mut().write_all(long.as_bytes());
    assert!(endless.has_ended());
    let mut bytes = bin.connect("watch.sock");
    bytes.0.get_mut().write_all(&[0xff, 0xfe, b'\n']).unwrap();
    assert_eq!(bytes.read()["error"]["code"], "bad-line");
    assert!(bytes.has_ended());
    // More clients than there is room for; the others are served on.
    let mut crowd: Vec<_> = (0..40)
        .map(|_| UnixStream::connect(bin.folder.path().join("watch.sock")).unwrap())
        .collect();
    let mut said = String::new();
    let last = crowd.pop().unwrap();
    last.set_read_timeout(Some(PATIENCE)).unwrap();
    BufReader::new(last).read_line(&mut said).unwrap();
    assert!(said.contains("too-many"), "{said}");
    assert_eq!(
        bin.ask(&["status"]).status,
        0,
        "the control socket has room"
    );
    bin.daemon.wait_for("signal-off");
    bin.daemon.wait_for("signal-on");
    bin.daemon.signal("TERM");
    let (_, status) = bin.daemon.finish();
    assert_eq!(status.code(), Some(0));
}

#[test]
fn the_bin_can_be_parked_whoever_else_is_connected() {
    let bin = Bin::start();
    let mut crowd: Vec<_> = (0..16).map(|_| bin.connect("control.sock")).collect();
    // Nor do those who take the places for parking, and say nothing there.
    let mut silent: Vec<_> = (0..4).map(|_| bin.connect("control.sock")).collect();
    // All together may ask so ten times a second; to rest waits for none of it.
    for client in &mut crowd {
        let request = b"{\"id\":1,\"request\":\"privacy\"}\n";
        client.0.get_mut().write_all(request).unwrap();
    }
    let parked = bin.ask(&["park"]);
    assert_eq!(parked.status, 0, "{parked:?}");
    bin.daemon.wait_for("paused");
    let status = bin.ask(&["status"]);
    assert_eq!((status.status, status.out.as_str()), (69, ""), "{status:?}");
    assert!(
        status.err.contains("16 clients are served already"),
        "{status:?}"
    );
    let told = silent[0].read();
    assert_eq!(told["error"]["code"], "too-many", "{told}");
    drop(crowd);
}

#[test]
fn a_daemon_that_cannot_be_asked_is_not_taken_for_none() {
    let folder = tempfile::tempdir().unwrap();
    let socket = UnixListener::bind(folder.path().join("control.sock")).unwrap();
    // A stand-in for a daemon that has too many clients, and hears nobody.
    thread::spawn(move || {
        let line = "{\"id\":null,\"error\":{\"code\":\"too-many\",\"text\":\"16 clients are served already\",\"advice\":\"close one\"}}\n";
        for client in socket.incoming() {
            client.unwrap().write_all(line.as_bytes()).unwrap();
        }
    });
    let mut park = common::sortd();
    park.args(["park", "--sockets"]).arg(folder.path());
    let parked = common::finish(&mut park);
    assert_eq!((parked.status, parked.out.as_str()), (69, ""), "{parked:?}");
    assert!(
        parked.err.contains("16 clients are served already"),
        "{parked:?}"
    );
}

#[test]
fn a_name_with_a_line_break_forges_no_line() {
    let folder = tempfile::tempdir().unwrap();
    let config = endless(folder.path(), "");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(
        &config,
        text.replace("\"all\"", "\"all\\nhealth       forged\""),
    )
    .unwrap();
    let bin = Bin::run(folder, &config);
    let status = bin.ask(&["status"]);
    assert_eq!(
        status
            .out
            .lines()
            .filter(|line| line.starts_with("health"))
            .count(),
        1,
        "{status:?}"
    );
}

#[test]
fn where_no_daemon_runs_the_commands_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let ask = |words: &[&str], folder: &Path| {
        let mut command = common::sortd();
        command.args(words).arg("--sockets").arg(folder);
        common::finish(&mut command)
    };
    for words in [
        &["status"][..],
        &["events"],
        &["stats"],
        &["resume"],
        &["look", "-o", "view.png"],
    ] {
        let ran = ask(words, folder.path());
        assert_eq!(ran.status, 69, "{ran:?}");
        assert!(ran.err.contains("no daemon answers in"), "{ran:?}");
        assert!(ran.err.contains("systemctl start sortd"), "{ran:?}");
    }
    // A daemon that was killed leaves its sockets behind; they do not count, and the next one takes their place.
    let mut bin = Bin::start();
    bin.daemon.child.kill().unwrap();
    bin.daemon.child.wait().unwrap();
    assert!(bin.folder.path().join("control.sock").exists());
    assert_eq!(bin.ask(&["status"]).status, 69);
}

#[test]
fn a_socket_that_systemd_keeps_for_a_daemon_that_does_not_come_is_no_daemon() {
    let folder = tempfile::tempdir().unwrap();
    let config = endless(folder.path(), "");
    let listener = UnixListener::bind(folder.path().join("control.sock")).unwrap();
    std::thread::spawn(move || listener.incoming().for_each(drop));
    let run = |words: &[&str]| {
        let mut command = common::sortd();
        command.args(words).arg("--sockets").arg(folder.path());
        common::finish(&mut command)
    };
    let parked = run(&["park", "--config", config.to_str().unwrap()]);
    assert_eq!(parked.status, 0, "{parked:?}");
    assert!(parked.out.contains("every light is off"), "{parked:?}");
    let status = run(&["status"]);
    assert_eq!(status.status, 69);
    assert!(status.err.contains("journalctl -u sortd"), "{status:?}");
}
