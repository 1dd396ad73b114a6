//! The page as a browser, a phone and those who mean no good reach it: the real program before a real daemon.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be set up fails where it stands"
)]

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::process::Command;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use common::bin::Bin;
use common::daemon::PATIENCE;
use common::page::Page;
use serde_json::json;
use tempfile::TempDir;

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn a_phone_is_paired_and_sees_what_the_daemon_tells() {
    let bin = Bin::start();
    let page = Page::start(bin.folder.path());
    assert!(
        page.send("GET", "/", "", "")
            .body
            .contains("<!DOCTYPE html>")
    );
    assert_eq!(page.send("GET", "/api/status", "", "").status, 401);
    let pair = |code: &str| {
        page.post("/api/pair", "", &json!({ "code": code }))
            .outcome()
    };
    for none in ["", "no code"] {
        assert_eq!(pair(none), (400, json!("six-digits")));
    }
    // Of two codes one at least is wrong.
    let wrong = ["000000", "111111"].map(pair);
    assert!(wrong.contains(&(403, json!("wrong-code"))), "{wrong:?}");
    let token = page.pair(&bin);

    let status = page.get("/api/status", &token);
    assert_eq!(
        (&status["health"], &status["bins"]),
        (&json!("fine"), &json!(["all"]))
    );
    assert!(
        status["start"].is_string() && status.get("pairing").is_none(),
        "{status}"
    );
    assert_eq!(page.get("/api/bins", &token), json!({"bins": ["all"]}));
    let look = page.get("/api/look", &token);
    let jpeg = BASE64.decode(look["jpeg"].as_str().unwrap()).unwrap();
    let picture = image::load_from_memory(&jpeg).unwrap();
    assert_eq!(json!(picture.width()), look["width"]);
    let events = page.get("/api/events", &token);
    let first = &events["events"][0];
    assert_eq!(
        (&first["event"], &first["seq"]),
        (&json!("started"), &json!(1))
    );
    let since = format!(
        "/api/events?start={}&seq=1",
        status["start"].as_str().unwrap()
    );
    assert_eq!(page.get(&since, &token)["events"][0]["seq"], 2);
    assert_eq!(page.get("/api/stats?by=hour", &token)["by"], "hour");
    assert!(page.get("/api/model", &token)["labels"].is_array());
    assert!(page.get("/api/log", &token)["records"].is_array());
    assert!(page.get("/api/privacy", &token)["lines"].is_array());
    assert_eq!(page.get("/api/config", &token)["source"], "file");

    let check = json!({"text": "[camera]\nrotate = 45\n"});
    let problems = page.post("/api/config/check", &token, &check).json();
    assert_eq!(problems["problems"][1]["line"], 2, "{problems}");
    let tried = page.post("/api/config/try", &token, &json!({"text": ""}));
    assert_eq!(tried.outcome(), (400, json!("bad-config")));
    assert!(tried.json()["error"]["problems"].is_array());
    let tested = page.post("/api/bins/test", &token, &json!({"bin": "none"}));
    assert_eq!(tested.outcome(), (400, json!("bad-request")));
    let proved = page.post("/api/model/test", &token, &json!({}));
    assert!(proved.json()["passed"].as_u64() > Some(0), "{proved:?}");
    assert_eq!(page.post("/api/park", &token, &json!({})).json(), json!({}));
    std::thread::sleep(Duration::from_millis(400));
    assert_eq!(page.get("/api/status", &token)["health"], "paused");
}

#[test]
fn sessions_outlive_the_server_and_the_daemon() {
    let mut bin = Bin::start();
    let page = Page::start(bin.folder.path());
    let token = page.pair(&bin);
    assert_eq!(page.end("TERM"), Some(0));
    let kept = fs::read_to_string(bin.folder.path().join("web/sessions.json")).unwrap();
    assert!(!kept.contains(&token), "{kept}");
    let page = Page::start(bin.folder.path());
    let start = page.get("/api/status", &token)["start"].clone();
    bin.start_again();
    let begun = Instant::now();
    while page.send("GET", "/api/status", &token, "").status != 200 {
        assert!(begun.elapsed() < PATIENCE);
        std::thread::sleep(Duration::from_millis(100));
    }
    let events = page.get("/api/events", &token);
    assert_ne!(events["start"], start, "it is another daemon");
    bin.daemon.signal("KILL");
    bin.daemon.child.wait().unwrap();
    std::thread::sleep(Duration::from_millis(600));
    let gone = page.send("GET", "/api/status", &token, "");
    assert_eq!(gone.outcome(), (503, json!("no-daemon")));
}

#[test]
fn a_server_that_is_killed_never_stops_the_bin() {
    let bin = Bin::start();
    for _ in 0..3 {
        let page = Page::start(bin.folder.path());
        let token = page.pair(&bin);
        page.get("/api/look", &token);
        page.get("/api/events", &token);
        drop(page);
        bin.daemon.wait_for("signal-off");
        bin.daemon.wait_for("signal-on");
    }
}

#[test]
fn whoever_is_connected_does_not_hold_up_the_end() {
    let folder = folder();
    let page = Page::start(folder.path());
    let mut silent = page.connect();
    let mut begun = page.connect();
    begun.write_all(b"GET / HTTP/1.1\r\n").unwrap();
    // The answer proves that both before it were accepted.
    assert_eq!(page.send("GET", "/", "", "").status, 200);
    let since = Instant::now();
    assert_eq!(page.end("TERM"), Some(0));
    assert!(
        since.elapsed() < Duration::from_secs(8),
        "{:?}",
        since.elapsed()
    );
    let mut rest = Vec::new();
    let _ = silent.read_to_end(&mut rest);
    assert!(rest.is_empty());
}

#[test]
fn without_a_visitor_nothing_happens() {
    let folder = folder();
    let page = Page::start(folder.path());
    std::thread::sleep(Duration::from_millis(500));
    let before = page.sleeps();
    std::thread::sleep(Duration::from_secs(5));
    assert_eq!(page.sleeps(), before);
}

#[test]
fn it_answers_on_a_socket_that_it_is_passed() {
    let folder = folder();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let program = common::sortd();
    let mut command = Command::new("sh");
    // As systemd does: the socket is the first file after the three usual ones.
    let words = "LISTEN_PID=$$ LISTEN_FDS=1 exec \"$0\" \"$@\" 3<&0 </dev/null";
    command.args(["-c", words]).arg(program.get_program());
    command.args(program.get_args()).arg("web");
    command.stdin(OwnedFd::from(listener));
    let page = Page::run(command, folder.path());
    assert_eq!(page.address, address);
    assert_eq!(page.send("GET", "/", "", "").status, 200);
}

#[test]
fn what_cannot_be_served_is_told_with_its_cure() {
    let folder = folder();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let file = folder.path().join("file");
    fs::write(&file, "mine").unwrap();
    let file = file.to_str().unwrap();
    for (arguments, status, cure) in [
        (["--listen", "127.0.0.1"], 2, "--listen"),
        (["--host", "http://bin.example.org"], 2, "the name alone"),
        (["--host", "bin.example.org:8443"], 2, "the name alone"),
        (["--state", file], 69, "--state"),
        (["--listen", "192.0.2.1:8080"], 69, "`ip address`"),
        (["--listen", &taken], 69, "another port"),
    ] {
        let ran = common::run(["web"].iter().chain(&arguments));
        assert_eq!(ran.status, status, "{arguments:?}: {ran:?}");
        assert!(ran.err.contains(cure), "{arguments:?}: {ran:?}");
    }
}

#[test]
fn a_hundred_thousand_bad_requests_are_answered_leave_nothing_behind_and_stop_no_bin() {
    let bin = Bin::start();
    let page = Page::start(bin.folder.path());
    let address = page.address;
    let bad = [
        format!(
            "GET /api/status HTTP/1.1\r\nHost: {address}\r\nCookie: sortd=0123456789abcdef0123456789abcdef\r\n\r\n"
        ),
        "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n".to_owned(),
        format!(
            "POST /api/park HTTP/1.1\r\nHost: {address}\r\nOrigin: http://evil.example\r\nX-Sortd: 1\r\n\r\n"
        ),
        format!("GET /page/../../../etc/shadow HTTP/1.1\r\nHost: {address}\r\n\r\n"),
    ];
    let resident = || {
        let status = fs::read_to_string(format!("/proc/{}/status", page.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.unwrap().trim().trim_end_matches(" kB");
        kilobytes.parse::<u64>().unwrap()
    };
    let mut before = 0;
    for round in 0..100 {
        let mut stream = page.connect();
        let mut answers = BufReader::new(stream.try_clone().unwrap());
        for _ in 0..250 {
            for request in &bad {
                stream.write_all(request.as_bytes()).unwrap();
                let mut first = String::new();
                answers.read_line(&mut first).unwrap();
                let status = first.split(' ').nth(1).unwrap_or_default();
                assert!(["401", "421", "403", "404"].contains(&status), "{first}");
                let mut length = 0;
                loop {
                    let mut line = String::new();
                    answers.read_line(&mut line).unwrap();
                    if let Some(told) = line.strip_prefix("content-length: ") {
                        length = told.trim().parse().unwrap();
                    }
                    if line == "\r\n" {
                        break;
                    }
                }
                answers.read_exact(&mut vec![0; length]).unwrap();
            }
        }
        if round == 0 {
            before = resident();
        }
        if round % 10 == 0 {
            bin.daemon.wait_for("signal-off");
            bin.daemon.wait_for("signal-on");
        }
    }
    let grown = resident().saturating_sub(before);
    assert!(grown < 1024, "it grew by {grown} kB");
    assert_eq!(page.send("GET", "/", "", "").status, 200);
}
