//! Configurations that are tried, committed and taken back through the control socket of a running daemon.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be set up fails where it stands"
)]

mod common;

use common::bin::{Bin, Connection};
use serde_json::{Value, json};
use sortd::config::committed::Committed;

/// The text of the bin's file with another hold time, by which configurations are told apart.
fn with_hold(bin: &Bin, ms: u32) -> String {
    let text = std::fs::read_to_string(bin.folder.path().join("sortd.toml")).unwrap();
    text.replace("hold-ms = 300", &format!("hold-ms = {ms}"))
}

fn ask(connection: &mut Connection, request: &Value) -> Value {
    connection.ask(&request.to_string())
}

fn attempt(connection: &mut Connection, text: &str) -> Value {
    ask(
        connection,
        &json!({"id": 1, "request": "config.try", "text": text}),
    )
}

fn get(connection: &mut Connection) -> Value {
    ask(connection, &json!({"id": 2, "request": "config.get"}))["ok"].clone()
}

/// Keeps what is tried, whoever tried it.
fn commit(connection: &mut Connection) -> Value {
    let trial = get(connection)["trying"]["trial"]
        .as_u64()
        .unwrap_or_default();
    commit_trial(connection, trial)
}

fn commit_trial(connection: &mut Connection, trial: u64) -> Value {
    ask(
        connection,
        &json!({"id": 3, "request": "config.commit", "trial": trial}),
    )
}

#[test]
fn nobody_keeps_what_another_tried() {
    let bin = Bin::start();
    let [mut one, mut other] = [(); 2].map(|()| bin.connect("control.sock"));
    let first = attempt(&mut one, &with_hold(&bin, 350));
    let wished = with_hold(&bin, 400);
    let second = attempt(&mut other, &wished);
    let number = |tried: &Value| tried["ok"]["trial"].as_u64().unwrap();
    let refused = commit_trial(&mut one, number(&first));
    assert_eq!(refused["error"]["code"], "busy", "{refused}");
    assert_eq!(get(&mut one)["source"], "tried");
    assert_eq!(
        commit_trial(&mut other, number(&second))["ok"]["generation"],
        1
    );
    assert_eq!(get(&mut one)["text"], wished);
}

#[test]
fn nobody_undoes_what_another_tried_or_committed() {
    let bin = Bin::start();
    let [mut one, mut other] = [(); 2].map(|()| bin.connect("control.sock"));
    let number = |tried: &Value| tried["ok"]["trial"].as_u64().unwrap();
    let undo = |connection: &mut Connection, trial: u64| {
        ask(
            connection,
            &json!({"id": 9, "request": "config.back", "trial": trial}),
        )
    };
    let first = number(&attempt(&mut one, &with_hold(&bin, 350)));
    let wished = with_hold(&bin, 400);
    let second = number(&attempt(&mut other, &wished));
    assert_eq!(undo(&mut one, first)["error"]["code"], "busy");
    assert_eq!(get(&mut one)["text"], wished);
    commit_trial(&mut other, second);
    assert_eq!(undo(&mut one, first)["error"]["code"], "busy");
    assert_eq!(get(&mut one)["text"], wished);
    let third = number(&attempt(&mut one, &with_hold(&bin, 350)));
    let both = json!({"id": 9, "request": "config.back", "trial": third, "generation": 0});
    assert_eq!(ask(&mut one, &both)["error"]["code"], "bad-request");
    assert_eq!(undo(&mut one, third)["ok"]["generation"], 1);
    assert_eq!(get(&mut one)["text"], wished);
}

#[test]
fn who_commits_twice_is_told_the_same_twice() {
    let bin = Bin::start();
    let mut control = bin.connect("control.sock");
    let tried = attempt(&mut control, &with_hold(&bin, 350));
    let trial = tried["ok"]["trial"].as_u64().unwrap();
    let committed = json!({"source": "committed", "generation": 1});
    for _ in 0..2 {
        assert_eq!(commit_trial(&mut control, trial)["ok"], committed);
    }
    ask(
        &mut control,
        &json!({"id": 5, "request": "config.back", "generation": 0}),
    );
    let refused = commit_trial(&mut control, trial);
    assert!(
        refused["error"]["text"]
            .as_str()
            .unwrap()
            .contains("something else is in force"),
        "{refused}"
    );
}

#[test]
fn nothing_is_committed_over_a_change_of_the_file_that_nobody_read() {
    let mut bin = Bin::start();
    let mut control = bin.connect("control.sock");
    attempt(&mut control, &with_hold(&bin, 350));
    let file = bin.folder.path().join("sortd.toml");
    let wished = with_hold(&bin, 450);
    std::fs::write(&file, with_hold(&bin, 400)).unwrap();
    let refused = commit(&mut control);
    let text = refused["error"]["text"].as_str().unwrap();
    assert!(
        text.contains("sortd.toml was changed and not read since"),
        "{text}"
    );
    assert_eq!(get(&mut control)["generations"], json!([]));
    bin.daemon.wait_for("config-tried");
    ask(&mut control, &json!({"id": 4, "request": "reload"}));
    bin.daemon.wait_for("config-reloaded");
    attempt(&mut control, &wished);
    assert_eq!(commit(&mut control)["ok"]["generation"], 1);
    bin.start_again();
    assert_eq!(get(&mut bin.connect("control.sock"))["text"], wished);
}

#[test]
fn what_is_tried_ends_with_the_daemon_and_what_is_committed_stays() {
    let mut bin = Bin::start();
    let mut control = bin.connect("control.sock");
    let tried = with_hold(&bin, 350);
    assert_eq!(attempt(&mut control, &tried)["ok"]["seconds"], 120);
    bin.daemon.wait_for("config-tried");
    let shown = get(&mut control);
    assert_eq!(
        (&shown["source"], shown["text"].as_str()),
        (&json!("tried"), Some(&*tried))
    );
    assert!(shown["trying"]["seconds"].as_u64().unwrap() > 60, "{shown}");

    bin.start_again();
    let mut control = bin.connect("control.sock");
    assert_eq!(get(&mut control)["source"], "file");

    attempt(&mut control, &tried);
    assert_eq!(
        commit(&mut control)["ok"],
        json!({"source": "committed", "generation": 1})
    );
    bin.start_again();
    let mut control = bin.connect("control.sock");
    let shown = get(&mut control);
    assert_eq!(
        (&shown["generation"], shown["text"].as_str()),
        (&json!(1), Some(&*tried))
    );
    assert_eq!(shown["generations"][0]["in_force"], true);
    let status = bin.ask(&["status"]);
    assert!(
        status.out.contains("generation 1 is in force in its place"),
        "{status:?}"
    );
}

#[test]
fn a_generation_gives_way_when_its_file_changes() {
    let mut bin = Bin::start();
    let mut control = bin.connect("control.sock");
    attempt(&mut control, &with_hold(&bin, 350));
    commit(&mut control);
    let file = bin.folder.path().join("sortd.toml");
    let changed = with_hold(&bin, 400);
    std::fs::write(&file, &changed).unwrap();
    assert_eq!(
        ask(&mut control, &json!({"id": 4, "request": "reload"}))["ok"],
        json!({})
    );
    bin.daemon.wait_for("config-committed");
    bin.daemon.wait_for("config-reloaded");
    let shown = get(&mut control);
    assert_eq!(
        (&shown["source"], shown["text"].as_str()),
        (&json!("file"), Some(&*changed))
    );
    bin.start_again();
    assert_eq!(get(&mut bin.connect("control.sock"))["source"], "file");
}

#[test]
fn one_goes_back_step_by_step() {
    let bin = Bin::start();
    let mut control = bin.connect("control.sock");
    for ms in [350, 400] {
        attempt(&mut control, &with_hold(&bin, ms));
        commit(&mut control);
    }
    let nowhere = json!({"id": 4, "request": "config.back", "generation": 77});
    let refused = &ask(&mut control, &nowhere)["error"];
    assert_eq!(
        (&refused["code"], &refused["text"]),
        (&json!("bad-request"), &json!("there is no generation 77"))
    );
    attempt(&mut control, &with_hold(&bin, 450));
    let back = || json!({"id": 5, "request": "config.back"});
    for expected in [
        json!({"source": "committed", "generation": 2}),
        json!({"source": "committed", "generation": 1}),
        json!({"source": "file"}),
    ] {
        assert_eq!(ask(&mut control, &back())["ok"], expected);
    }
    assert_eq!(ask(&mut control, &back())["error"]["code"], "busy");
    let to_two = json!({"id": 6, "request": "config.back", "generation": 2});
    ask(&mut control, &to_two);
    let shown = get(&mut control);
    assert!(
        shown["text"].as_str().unwrap().contains("hold-ms = 400"),
        "{shown}"
    );
    assert_eq!(
        get(&mut control)["generation"],
        2,
        "what was in force goes on"
    );
}

#[test]
fn a_wrong_configuration_is_told_by_place_and_what_was_in_force_goes_on() {
    let bin = Bin::start();
    let mut control = bin.connect("control.sock");
    let wrong = with_hold(&bin, 350).replace("pin = 17", "pin = 99");
    let refused = attempt(&mut control, &wrong);
    let problem = &refused["error"]["problems"][0];
    let line = wrong
        .lines()
        .position(|line| line.contains("pin = 99"))
        .unwrap()
        + 1;
    assert_eq!(
        (&refused["error"]["code"], &problem["line"]),
        (&json!("bad-config"), &json!(line))
    );
    assert_eq!(problem["key"], "bins[1].led.pin", "{refused}");
    assert_eq!(get(&mut control)["source"], "file");
    assert_eq!(commit(&mut control)["error"]["code"], "busy");
    let checked = ask(
        &mut control,
        &json!({"id": 8, "request": "config.check", "text": wrong}),
    );
    assert_eq!(&checked["ok"]["problems"][0], problem);
    bin.daemon.wait_for("signal-off");
    bin.daemon.wait_for("signal-on");
}

#[test]
fn a_generation_that_is_no_longer_right_lets_the_file_be_in_force() {
    let mut bin = Bin::start();
    let mut control = bin.connect("control.sock");
    attempt(&mut control, &with_hold(&bin, 350));
    commit(&mut control);
    let kept = bin.folder.path().join("state/config/1.toml");
    std::fs::write(kept, "torn").unwrap();
    bin.start_again();
    let status: Value = serde_json::from_str(&bin.ask(&["status", "--json"]).out).unwrap();
    assert_eq!(
        (&status["source"], &status["health"]),
        (&json!("file"), &json!("config-refused"))
    );
    assert!(
        status["trouble"].as_str().unwrap().contains("generation 1"),
        "{status}"
    );
}

#[test]
fn check_and_park_know_what_was_committed() {
    let bin = Bin::start();
    let mut control = bin.connect("control.sock");
    attempt(&mut control, &with_hold(&bin, 350));
    commit(&mut control);
    let mut check = common::sortd();
    check.env("STATE_DIRECTORY", bin.folder.path().join("state"));
    check
        .args(["check", "--config"])
        .arg(bin.folder.path().join("sortd.toml"));
    let checked = common::finish(&mut check);
    assert!(
        checked.out.contains("generation 1 was committed"),
        "{checked:?}"
    );
    // What parks where no daemon runs is what was committed: here it names a chip that is not there.
    let file = bin.folder.path().join("sortd.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let chip = "backend = \"gpiochip\"\nchip = \"/dev/no-such-gpiochip\"";
    let elsewhere = text
        .replace("backend = \"simulated\"", chip)
        .replace("servo = { pin = 18 }", "");
    let committed = Committed::of(&bin.folder.path().join("state"));
    committed.commit(&elsewhere, &file, &text).unwrap();
    let nobody = tempfile::tempdir().unwrap();
    let mut park = common::sortd();
    park.env("STATE_DIRECTORY", bin.folder.path().join("state"));
    park.args(["park", "--config"]).arg(&file);
    park.arg("--sockets").arg(nobody.path());
    let parked = common::finish(&mut park);
    assert_eq!(parked.status, 69, "{parked:?}");
    assert!(parked.err.contains("/dev/no-such-gpiochip"), "{parked:?}");
}

#[test]
fn a_browser_is_let_in_by_the_code_of_the_control_socket_alone() {
    let bin = Bin::start();
    let mut control = bin.connect("control.sock");
    let status = ask(&mut control, &json!({"id": 1, "request": "status"}));
    let code = status["ok"]["pairing"].as_str().unwrap().to_owned();
    let paired = ask(
        &mut control,
        &json!({"id": 2, "request": "pair", "code": code}),
    );
    assert_eq!(paired["ok"], json!({}));
    let mut watch = bin.connect("watch.sock");
    let status = ask(&mut watch, &json!({"id": 1, "request": "status"}));
    assert_eq!(status["ok"]["pairing"], Value::Null, "{status}");
    for request in ["config.get", "config.back", "model.test", "privacy"] {
        let refused = ask(&mut watch, &json!({"id": 3, "request": request}));
        assert_eq!(refused["error"]["code"], "not-allowed", "{refused}");
    }
    let pair = ask(
        &mut watch,
        &json!({"id": 4, "request": "pair", "code": code}),
    );
    assert_eq!(pair["error"]["code"], "not-allowed");
    assert!(bin.ask(&["status"]).out.contains(&code));
}

#[test]
fn without_a_daemon_privacy_is_told_of_what_was_committed() {
    let mut bin = Bin::start();
    let mut control = bin.connect("control.sock");
    let masked = "[camera]\n\
        zone = { left = 0.2, top = 0.0, width = 0.8, height = 1.0 }\n\
        mask = [{ left = 0.0, top = 0.0, width = 0.2, height = 1.0 }]";
    let text = with_hold(&bin, 350).replace("[camera]", masked);
    let tried = attempt(&mut control, &text);
    assert!(tried["ok"].is_object(), "{tried}");
    assert_eq!(commit(&mut control)["ok"]["generation"], 1);
    bin.daemon.signal("KILL");
    bin.daemon.child.wait().unwrap();
    let file = bin.folder.path().join("sortd.toml");
    let state = bin.folder.path().join("state");
    let [file, state] = [file, state].map(|path| path.display().to_string());
    let told = bin.ask(&["privacy", "--config", &file, "--state", &state]);
    assert!(
        told.out.contains("Masked: one part") && told.out.contains("generation 1 in place of"),
        "{told:?}"
    );
}

#[test]
fn privacy_tells_what_lies_on_the_disk() {
    let bin = Bin::start();
    let told = bin.ask(&["privacy"]);
    assert_eq!(told.status, 0, "{told:?}");
    for word in ["Sent: nothing", "state.db", "Masked"] {
        assert!(told.out.contains(word), "{told:?}");
    }
}
