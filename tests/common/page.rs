//! A running `sortd web`, and a browser of few words.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot be set up fails where it stands"
)]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::bin::Bin;
use super::daemon::PATIENCE;

/// A running `sortd web`; it is killed when this is dropped.
pub struct Page {
    /// Its process.
    pub child: Child,
    /// Where it answers.
    pub address: SocketAddr,
}

impl Page {
    /// Starts one for the daemon in `folder`, with its sessions beside.
    pub fn start(folder: &Path) -> Self {
        let mut command = super::sortd();
        command.args(["web", "--listen", "127.0.0.1:0"]);
        Self::run(command, folder)
    }

    /// Runs a program that was told to be one.
    pub fn run(mut command: Command, folder: &Path) -> Self {
        command.arg("--sockets").arg(folder);
        command.arg("--state").arg(folder.join("web"));
        command
            .env_remove("JOURNAL_STREAM")
            .stderr(Stdio::piped())
            .stdout(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        log.read_line(&mut line).unwrap();
        let (_, address) = line
            .split_once("http://")
            .unwrap_or_else(|| panic!("{line}"));
        let address = address.trim().trim_end_matches('/').parse().unwrap();
        // Nobody reads the rest, which must not hold it up.
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        Self { child, address }
    }

    /// A connection to it.
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// What is answered to a request; `token` is that of a session.
    pub fn send(&self, method: &str, path: &str, token: &str, body: &str) -> Told {
        let address = self.address;
        let mut stream = self.connect();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\nX-Sortd: 1\r\nConnection: close\r\n\
             Cookie: sortd={token}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer
            .split_once("\r\n\r\n")
            .unwrap_or_else(|| panic!("{answer}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Told {
            status,
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    /// The JSON that is answered to who may have it.
    #[track_caller]
    pub fn get(&self, path: &str, token: &str) -> Value {
        let told = self.send("GET", path, token, "");
        assert_eq!(told.status, 200, "{path}: {told:?}");
        told.json()
    }

    /// What is answered to an order.
    pub fn post(&self, path: &str, token: &str, body: &Value) -> Told {
        self.send("POST", path, token, &body.to_string())
    }

    /// Pairs as an admin, with the code that the daemon tells.
    #[track_caller]
    pub fn pair(&self, bin: &Bin) -> String {
        let status = bin.ask(&["status", "--json"]);
        let status: Value = serde_json::from_str(&status.out).unwrap();
        let told = self.post("/api/pair", "", &json!({ "code": status["pairing"] }));
        assert_eq!(told.status, 200, "{told:?}");
        told.token()
    }

    /// How it ended, once it was sent a signal.
    pub fn end(mut self, signal: &str) -> Option<i32> {
        super::signal(&self.child, signal);
        self.child.wait().unwrap().code()
    }

    /// How often its threads went to sleep.
    pub fn sleeps(&self) -> u64 {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap();
        let sleeps = tasks.map(|task| {
            let status = task.unwrap().path().join("status");
            let status = fs::read_to_string(status).unwrap_or_default();
            let switches = status
                .lines()
                .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
            switches.map_or(0, |switches| switches.trim().parse().unwrap())
        });
        sleeps.sum()
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What is answered.
#[derive(Debug)]
pub struct Told {
    /// The number of the status.
    pub status: u16,
    /// The status line and the headers.
    pub head: String,
    /// What follows them.
    pub body: String,
}

impl Told {
    /// The body, which is JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{self:?}: {error}"))
    }

    /// The token of the cookie that it sets.
    #[track_caller]
    pub fn token(&self) -> String {
        let (_, cookie) = self.head.split_once("set-cookie: sortd=").unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    /// The status, and the code of an error.
    pub fn outcome(&self) -> (u16, Value) {
        (self.status, self.json()["error"]["code"].clone())
    }
}
